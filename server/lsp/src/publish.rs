//! What the server says on its own: published diagnostics, and how far it is with the workspace.
//!
//! The engine's writer hands over publications and goes on. A thread here makes diagnostics of them, those of open
//! documents before all others, skipping what a later one of the same file has overtaken, and writes them past the
//! framework, which would make a tree of JSON values of each first: half of what a keystroke in a file with many
//! findings costs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TryRecvError, select, unbounded};
use lsp_types::{Diagnostic, Uri};
use serde::Serialize;
use stockade_engine::{News, Publication, ScanState};
use tokio::sync::{oneshot, watch};

use crate::diagnostics;
use crate::session::Session;
use crate::transport::{Output, framed};

/// Where the engine puts what it tells.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    /// Of open documents.
    urgent: Sender<Job>,
    others: Sender<Job>,
    count: Arc<AtomicU64>,
    scan: watch::Sender<ScanState>,
}

#[derive(Debug)]
enum Job {
    /// With its number among all.
    Publish(u64, Publication),
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
        let (urgent, first) = unbounded();
        let (others, then) = unbounded();
        let is_over = ScanState {
            is_over: true,
            ..ScanState::default()
        };
        let publisher = Publisher {
            urgent,
            others,
            count: Arc::default(),
            scan: watch::Sender::new(is_over),
        };
        let jobs = Jobs {
            urgent: first,
            others: then,
            told: HashMap::new(),
        };
        (publisher, jobs)
    }

    /// Tells it to the client, some time.
    pub(crate) fn tell(&self, news: News) {
        match news {
            News::Findings(publication) => {
                let number = self.count.fetch_add(1, Ordering::Relaxed);
                let queue = match publication.version {
                    Some(_) => &self.urgent,
                    None => &self.others,
                };
                // At the end of the connection there is nobody to publish to.
                let _ = queue.send(Job::Publish(number, publication));
            }
            News::Scan(state) => drop(self.scan.send_replace(state)),
        }
    }

    /// How far scans of the workspace are, from now on.
    pub(crate) fn scans(&self) -> watch::Receiver<ScanState> {
        self.scan.subscribe()
    }

    /// There is nobody left to publish to.
    pub(crate) fn end(&self) {
        let _ = self.urgent.send(Job::End);
    }

    /// Waits until all that was published before is on its way, ahead of every later response.
    pub(crate) async fn barrier(&self) {
        let (sender, passed) = oneshot::channel();
        let _ = self.others.send(Job::Barrier(sender));
        let _ = passed.await;
    }
}

/// Publications that wait to become diagnostics.
#[derive(Debug)]
pub(crate) struct Jobs {
    urgent: Receiver<Job>,
    others: Receiver<Job>,
    /// The number of the last publication of each file that was written: it may have passed an older one.
    told: HashMap<Arc<Path>, u64>,
}

impl Jobs {
    /// Works them off on a thread of its own, for as long as the connection lasts.
    pub(crate) fn run(mut self, session: Arc<Session>, output: Output) {
        std::thread::spawn(move || while self.step(&session, &output).is_some() {});
    }

    /// What is urgent, all of it, or one of the others. `None` when the connection has ended.
    fn step(&mut self, session: &Session, output: &Output) -> Option<()> {
        let first = match self.urgent.try_recv() {
            Ok(job) => job,
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {
                select! {
                    recv(self.urgent) -> job => job.ok()?,
                    // What has become urgent meanwhile goes first.
                    recv(self.others) -> job => {
                        let job = job.ok()?;
                        self.work_off(session, self.urgent.try_iter().collect(), output)?;
                        return self.work_off(session, vec![job], output);
                    }
                }
            }
        };
        let jobs = std::iter::once(first).chain(self.urgent.try_iter());
        self.work_off(session, jobs.collect(), output)
    }

    /// Writes publications, leaving out those that were overtaken.
    fn work_off(&mut self, session: &Session, jobs: Vec<Job>, output: &Output) -> Option<()> {
        let newest: HashMap<Arc<Path>, u64> = jobs
            .iter()
            .filter_map(|job| match job {
                Job::Publish(number, publication) => Some((publication.path.clone(), *number)),
                Job::Barrier(_) | Job::End => None,
            })
            .collect();
        for job in jobs {
            match job {
                Job::End => return None,
                Job::Barrier(passed) => {
                    // Who waited may be gone.
                    let _ = passed.send(());
                }
                Job::Publish(number, publication) => {
                    let path = &publication.path;
                    let is_newest = newest.get(path).is_none_or(|n| *n == number);
                    let is_new = self.told.get(path).is_none_or(|told| *told < number);
                    if is_newest
                        && is_new
                        && let Some(message) = notification(session, &publication)
                    {
                        self.told.insert(path.clone(), number);
                        output.send(message)?;
                    }
                }
            }
        }
        Some(())
    }
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
