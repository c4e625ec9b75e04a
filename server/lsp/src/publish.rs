//! What the server says on its own: published diagnostics.
//!
//! The engine's writer hands over publications and goes on. A thread here makes diagnostics of them, skipping those that
//! a later one of the same file has overtaken, and the result leaves in order with everything else that is sent.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crossbeam_channel::{Receiver, Sender};
use futures_core::Stream;
use serde_json::json;
use stockade_engine::Publication;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tower_lsp::jsonrpc::Request;
use tower_lsp::{ClientSocket, Loopback};

use crate::diagnostics;
use crate::session::Session;

/// Where the engine puts publications.
#[derive(Clone, Debug)]
pub(crate) struct Publisher(Sender<Job>);

#[derive(Debug)]
enum Job {
    Publish(Publication),
    Barrier(oneshot::Sender<()>),
    End,
}

#[derive(Debug)]
enum Outgoing {
    Message(Request),
    Barrier(oneshot::Sender<()>),
}

impl Publisher {
    /// A publisher, and what its thread works off.
    pub(crate) fn new() -> (Publisher, Jobs) {
        let (sender, jobs) = crossbeam_channel::unbounded();
        (Publisher(sender), Jobs(jobs))
    }

    pub(crate) fn publish(&self, publication: Publication) {
        // At the end of the connection there is nobody to publish to.
        let _ = self.0.send(Job::Publish(publication));
    }

    /// There is nobody left to publish to.
    pub(crate) fn end(&self) {
        let _ = self.0.send(Job::End);
    }

    /// Waits until all that was published before is on its way, ahead of every later response.
    pub(crate) async fn barrier(&self) {
        let (sender, passed) = oneshot::channel();
        let _ = self.0.send(Job::Barrier(sender));
        let _ = passed.await;
    }
}

/// Publications that wait to become diagnostics.
#[derive(Debug)]
pub(crate) struct Jobs(Receiver<Job>);

impl Jobs {
    /// Works them off on a thread of its own, for as long as the connection lasts.
    pub(crate) fn run(self, session: Arc<Session>, outgoing: OutgoingSender) {
        std::thread::spawn(move || {
            while let Ok(first) = self.0.recv() {
                let jobs: Vec<Job> = std::iter::once(first).chain(self.0.try_iter()).collect();
                if send(&session, jobs, &outgoing).is_none() {
                    return;
                }
            }
        });
    }
}

/// Makes messages of publications, leaving out those that were overtaken. `None` when the connection has ended.
fn send(session: &Session, jobs: Vec<Job>, outgoing: &OutgoingSender) -> Option<()> {
    let paths = jobs.iter().map(|job| match job {
        Job::Publish(publication) => Some(publication.path.clone()),
        Job::Barrier(_) | Job::End => None,
    });
    let paths: Vec<_> = paths.collect();
    for (at, job) in jobs.into_iter().enumerate() {
        let message = match job {
            Job::End => return None,
            Job::Barrier(passed) => Outgoing::Barrier(passed),
            Job::Publish(publication) => {
                let later = paths[at + 1..]
                    .iter()
                    .take_while(|path| path.is_some())
                    .flatten();
                if later.into_iter().any(|path| *path == publication.path) {
                    continue;
                }
                match notification(session, &publication) {
                    Some(request) => Outgoing::Message(request),
                    None => continue,
                }
            }
        };
        outgoing.0.send(message).ok()?;
    }
    Some(())
}

fn notification(session: &Session, publication: &Publication) -> Option<Request> {
    let uri = session.spellings.uri(&publication.path)?;
    let diagnostics = diagnostics::all(
        session,
        &publication.snapshot,
        &publication.path,
        &publication.reports,
    );
    let mut params = json!({ "uri": uri.as_str(), "diagnostics": diagnostics });
    if let Some(version) = publication.version {
        params["version"] = version.into();
    }
    Some(
        Request::build("textDocument/publishDiagnostics")
            .params(params)
            .finish(),
    )
}

/// Puts messages on the way to the client.
#[derive(Clone, Debug)]
pub(crate) struct OutgoingSender(UnboundedSender<Outgoing>);

/// The framework's connection to the client, with our own messages in front of its.
#[derive(Debug)]
pub(crate) struct Connection {
    outgoing: UnboundedReceiver<Outgoing>,
    socket: ClientSocket,
}

impl Connection {
    pub(crate) fn new(socket: ClientSocket) -> (OutgoingSender, Connection) {
        let (sender, outgoing) = unbounded_channel();
        (OutgoingSender(sender), Connection { outgoing, socket })
    }
}

impl Loopback for Connection {
    type RequestStream = Messages;
    type ResponseSink = <ClientSocket as Loopback>::ResponseSink;

    fn split(self) -> (Messages, Self::ResponseSink) {
        let (requests, responses) = self.socket.split();
        (
            Messages {
                outgoing: self.outgoing,
                requests,
            },
            responses,
        )
    }
}

/// All that is sent apart from responses.
#[derive(Debug)]
pub(crate) struct Messages {
    outgoing: UnboundedReceiver<Outgoing>,
    requests: <ClientSocket as Loopback>::RequestStream,
}

impl Stream for Messages {
    type Item = Request;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Request>> {
        // A message that was yielded is written before the next one is asked for: a barrier is passed then.
        while let Poll::Ready(Some(outgoing)) = self.outgoing.poll_recv(cx) {
            match outgoing {
                Outgoing::Message(request) => return Poll::Ready(Some(request)),
                Outgoing::Barrier(passed) => {
                    let _ = passed.send(());
                }
            }
        }
        Pin::new(&mut self.requests).poll_next(cx)
    }
}
