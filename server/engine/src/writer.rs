//! The one writer: a thread that takes every edit in its order, settles, and publishes snapshots.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use crate::report::Report;
use crate::scan::ScanState;
use crate::snapshot::Snapshot;
use crate::workspace::{Change, Options, Publish, Workspace};

/// Something that happened to the workspace. Events take effect in the order they are sent.
#[derive(Debug)]
pub enum Event {
    /// A folder of the workspace was added.
    AddFolder(PathBuf),
    /// A folder of the workspace was removed.
    RemoveFolder(PathBuf),
    /// A document was opened: its text wins over the disk until it is closed.
    Open {
        /// The document's file.
        path: PathBuf,
        /// The client's version of it.
        version: i32,
        /// The whole text.
        text: String,
    },
    /// A document was edited.
    Change {
        /// The document's file.
        path: PathBuf,
        /// The version after the changes.
        version: i32,
        /// In the order in which they apply.
        changes: Vec<Change>,
    },
    /// A document was closed: the disk counts again.
    Close {
        /// The document's file.
        path: PathBuf,
    },
    /// Files or folders were created, changed or deleted on disk.
    FilesChanged(Vec<PathBuf>),
    /// What is published.
    Scope(Publish),
    /// Positions come in this encoding from now on.
    Encoding(stockade_text::Encoding),
    /// Ends the writer.
    Shutdown,
}

/// The findings of one file, all of them: an empty list clears what was shown.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The file.
    pub path: Arc<Path>,
    /// The version of the open document; `None` for a file on disk.
    pub version: Option<i32>,
    /// By position.
    pub reports: Arc<[Report]>,
    /// What they were computed from.
    pub snapshot: Arc<Snapshot>,
}

enum Message {
    Event(Event),
    Ticket(Sender<Arc<Snapshot>>),
    /// Answered when everything before it is settled, finished and published.
    Settled(Sender<Arc<Snapshot>>),
}

/// Sends events to the writer; any number of threads may hold one.
#[derive(Clone, Debug)]
pub struct Handle {
    queue: Sender<Message>,
    thread: Arc<std::sync::Mutex<Option<JoinHandle<()>>>>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Message::Event(event) => event.fmt(f),
            Message::Ticket(_) => f.write_str("Ticket"),
            Message::Settled(_) => f.write_str("Settled"),
        }
    }
}

/// A place in the order of events.
#[derive(Debug)]
pub struct Ticket(Receiver<Arc<Snapshot>>);

impl Ticket {
    /// Blocks until the writer has come to this place. `None`: the writer has ended.
    pub fn wait(self) -> Option<Arc<Snapshot>> {
        self.0.recv().ok()
    }
}

impl Handle {
    /// Queues an event; never blocks.
    pub fn send(&self, event: Event) {
        // The writer is gone only after `Shutdown`; what comes later has no one to tell.
        let _ = self.queue.send(Message::Event(event));
    }

    /// A ticket for the snapshot of exactly this place in the order of events.
    pub fn ticket(&self) -> Ticket {
        let (reply, ticket) = crossbeam_channel::bounded(1);
        let _ = self.queue.send(Message::Ticket(reply));
        Ticket(ticket)
    }

    /// A ticket that is honoured when all before it is finished and published, parses that were
    /// put off included.
    pub fn settled(&self) -> Ticket {
        let (reply, ticket) = crossbeam_channel::bounded(1);
        let _ = self.queue.send(Message::Settled(reply));
        Ticket(ticket)
    }

    /// Ends the writer and waits for it.
    pub fn shutdown(&self) {
        self.send(Event::Shutdown);
        let thread = self.thread.lock().ok().and_then(|mut t| t.take());
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

/// References between locals nest as deep as a user writes them; evaluation follows on the stack.
const STACK: usize = 512 << 20;

/// Starts the writer. `tell` is called on its thread and must not block.
///
/// # Errors
/// When the system has no thread to give.
pub fn spawn(options: Options, tell: Box<dyn FnMut(News) + Send>) -> std::io::Result<Handle> {
    let (queue, events) = unbounded();
    let writer = move || {
        Writer {
            workspace: Workspace::new(options),
            events,
            tell,
            waiting: Vec::new(),
            is_behind: false,
            told: None,
            tells_scan: false,
        }
        .run()
    };
    let thread = std::thread::Builder::new()
        .name("writer".into())
        .stack_size(STACK)
        .spawn(writer)?;
    Ok(Handle {
        queue,
        thread: Arc::new(std::sync::Mutex::new(Some(thread))),
    })
}

/// What the engine tells on its own.
#[derive(Clone, Debug)]
pub enum News {
    /// The findings of a file.
    Findings(Publication),
    /// How far the scan of the workspace is.
    Scan(ScanState),
}

/// Trees grow when nobody has typed for so long: the next keystroke should not wait for one. No result depends on it,
/// since whoever asks for the outline before grows what is missing.
const PAUSE: Duration = Duration::from_millis(40);

/// Files that are not open are told no more often.
const INTERVAL: Duration = Duration::from_millis(200);

/// When there is something to do again, if no message comes before.
enum Next {
    Now,
    In(Duration),
    /// With the next message.
    Never,
}

struct Writer {
    workspace: Workspace,
    events: Receiver<Message>,
    tell: Box<dyn FnMut(News) + Send>,
    waiting: Vec<Sender<Arc<Snapshot>>>,
    /// Whether something came since the last settling.
    is_behind: bool,
    /// When files that are not open were last told.
    told: Option<Instant>,
    /// Whether a scan was told that is not over.
    tells_scan: bool,
}

impl Writer {
    fn run(mut self) {
        while let Ok(message) = self.events.recv() {
            if !self.take(message) {
                return;
            }
            let mut patience = Duration::ZERO;
            loop {
                match self.events.recv_timeout(patience) {
                    Ok(message) => {
                        if !self.take(message) {
                            return;
                        }
                        patience = Duration::ZERO;
                    }
                    Err(RecvTimeoutError::Timeout) => match self.rest() {
                        Next::Now => patience = Duration::ZERO,
                        Next::In(pause) => patience = pause,
                        Next::Never => break,
                    },
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        }
    }

    /// Applies a message; false when it was the last one.
    fn take(&mut self, message: Message) -> bool {
        self.is_behind = true;
        match message {
            Message::Event(Event::Shutdown) => return false,
            Message::Event(event) => self.workspace.apply(event),
            Message::Ticket(reply) => {
                // A client that no longer waits is no fault.
                let _ = reply.send(self.workspace.settle());
            }
            Message::Settled(reply) => self.waiting.push(reply),
        }
        true
    }

    /// The queue is empty: publish, look at more of the workspace, and then grow trees, a little at a time.
    fn rest(&mut self) -> Next {
        if std::mem::take(&mut self.is_behind) {
            return self.publish();
        }
        if let Some(state) = self.workspace.scan() {
            self.tell_scan(state);
            self.is_behind = true;
            return Next::Now;
        }
        if self.workspace.has_publications() {
            return self.publish();
        }
        match self.workspace.grow() {
            true => Next::Now,
            false => Next::Never,
        }
    }

    fn tell_scan(&mut self, state: ScanState) {
        self.tells_scan = !state.is_over;
        (self.tell)(News::Scan(state));
    }

    /// Tells what is found in open documents, and in others if that was not done just now.
    fn publish(&mut self) -> Next {
        let snapshot = self.workspace.settle();
        let is_scanning = self.workspace.is_scanning();
        let somebody_waits = !self.waiting.is_empty() && !is_scanning;
        let since = self.told.map(|told| told.elapsed());
        let tells_all = somebody_waits || since.is_none_or(|since| since >= INTERVAL);
        let publications = match tells_all {
            true => self.workspace.take_publications(&snapshot),
            false => self.workspace.urgent_publications(&snapshot),
        };
        if publications.iter().any(|p| p.version.is_none()) {
            self.told = Some(Instant::now());
        }
        for publication in publications {
            (self.tell)(News::Findings(publication));
        }
        if is_scanning {
            return Next::Now;
        }
        // What was still to be looked at may be wanted no more.
        if self.tells_scan {
            self.tell_scan(self.workspace.scan_state());
        }
        if !self.workspace.has_publications() {
            for reply in self.waiting.drain(..) {
                let _ = reply.send(snapshot.clone());
            }
            return Next::In(PAUSE);
        }
        Next::In(INTERVAL.saturating_sub(since.unwrap_or_default()))
    }
}
