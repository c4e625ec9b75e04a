//! What the server says on its own: published diagnostics.
//!
//! The engine's writer hands over publications and goes on. A thread here makes diagnostics of them, skipping those that
//! a later one of the same file has overtaken, and writes them past the framework, which would make a tree of JSON
//! values of each first: half of what a keystroke in a file with many findings costs.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use lsp_types::{Diagnostic, Uri};
use serde::Serialize;
use stockade_engine::Publication;
use tokio::sync::oneshot;

use crate::diagnostics;
use crate::session::Session;
use crate::transport::{Output, framed};

/// Where the engine puts publications.
#[derive(Clone, Debug)]
pub(crate) struct Publisher(Sender<Job>);

#[derive(Debug)]
enum Job {
    Publish(Publication),
    Barrier(oneshot::Sender<()>),
    End,
}

/// `textDocument/publishDiagnostics`, as it is written.
#[derive(Serialize)]
struct Message {
    jsonrpc: &'static str,
    method: &'static str,
    params: Params,
}

#[derive(Serialize)]
struct Params {
    uri: Uri,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
    diagnostics: Vec<Diagnostic>,
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
    pub(crate) fn run(self, session: Arc<Session>, output: Output) {
        std::thread::spawn(move || {
            while let Ok(first) = self.0.recv() {
                let jobs: Vec<Job> = std::iter::once(first).chain(self.0.try_iter()).collect();
                if send(&session, jobs, &output).is_none() {
                    return;
                }
            }
        });
    }
}

/// Writes publications, leaving out those that were overtaken. `None` when the connection has ended.
fn send(session: &Session, jobs: Vec<Job>, output: &Output) -> Option<()> {
    let paths = jobs.iter().map(|job| match job {
        Job::Publish(publication) => Some(publication.path.clone()),
        Job::Barrier(_) | Job::End => None,
    });
    let paths: Vec<_> = paths.collect();
    for (at, job) in jobs.into_iter().enumerate() {
        match job {
            Job::End => return None,
            Job::Barrier(passed) => {
                // Who waited may be gone.
                let _ = passed.send(());
            }
            Job::Publish(publication) => {
                let mut later = paths[at + 1..].iter().map_while(Option::as_ref);
                if !later.any(|path| *path == publication.path)
                    && let Some(message) = notification(session, &publication)
                {
                    output.send(message)?;
                }
            }
        }
    }
    Some(())
}

fn notification(session: &Session, publication: &Publication) -> Option<Vec<u8>> {
    let Publication {
        path,
        version,
        reports,
        snapshot,
    } = publication;
    let params = Params {
        uri: session.spellings.uri(path)?,
        version: *version,
        diagnostics: diagnostics::all(session, snapshot, path, reports),
    };
    let message = Message {
        jsonrpc: "2.0",
        method: "textDocument/publishDiagnostics",
        params,
    };
    Some(framed(&serde_json::to_vec(&message).ok()?))
}
