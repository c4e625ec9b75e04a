//! Stand-in for the engine until it lands: finds `0.0.0.0/0`. To be deleted.
#![allow(missing_docs, dead_code, unreachable_pub)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use stockade_text::{Encoding, Position, Rope, TextEdit, TextRange, TextSize, offset};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publish {
    OpenDocuments,
    Workspace,
}
#[derive(Clone, Debug)]
pub struct Options {
    pub today: (),
    pub encoding: Encoding,
    pub publish: Publish,
}
impl Default for Options {
    fn default() -> Self {
        Options {
            today: (),
            encoding: Encoding::Utf16,
            publish: Publish::OpenDocuments,
        }
    }
}
#[derive(Clone, Debug)]
pub struct Change {
    pub range: Option<(Position, Position)>,
    pub text: String,
}
#[derive(Debug)]
pub enum Event {
    AddFolder(PathBuf),
    RemoveFolder(PathBuf),
    Open {
        path: PathBuf,
        version: i32,
        text: String,
    },
    Change {
        path: PathBuf,
        version: i32,
        changes: Vec<Change>,
    },
    Close {
        path: PathBuf,
    },
    FilesChanged(Vec<PathBuf>),
    Scope(Publish),
    Encoding(Encoding),
    Shutdown,
}
#[derive(Clone, Debug)]
pub struct Publication {
    pub path: Arc<Path>,
    pub version: Option<i32>,
    pub reports: Arc<[Report]>,
    pub snapshot: Arc<Snapshot>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}
impl Severity {
    pub fn name(self) -> &'static str {
        "high"
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    Safe,
    Review,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    Finding,
    SyntaxError,
    Configuration,
    Suppression,
    Limit,
}
#[derive(Clone, Debug)]
pub struct Page {
    pub title: String,
    pub text: String,
}
#[derive(Clone, Debug)]
pub struct RelatedReport {
    pub path: Arc<Path>,
    pub range: TextRange,
    pub message: String,
}
#[derive(Clone, Debug)]
pub struct FixSummary {
    pub title: String,
    pub safety: Safety,
}
#[derive(Clone, Debug)]
pub struct FixEdits {
    pub title: String,
    pub safety: Safety,
    pub edits: Vec<(Arc<Path>, Vec<TextEdit>)>,
}
#[derive(Clone, Debug)]
pub struct NotProved;
impl std::fmt::Display for NotProved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not proved")
    }
}
#[derive(Clone, Debug)]
pub struct Report {
    pub rule: String,
    pub kind: ReportKind,
    pub severity: Severity,
    pub message: String,
    pub path: Arc<Path>,
    pub range: TextRange,
    pub address: String,
    pub related: Vec<RelatedReport>,
    pub fixes: Vec<FixSummary>,
    pub fingerprint: String,
    pub suppressed: Option<()>,
}

impl Report {
    pub fn page(&self) -> Option<&Arc<Page>> {
        None
    }
}

#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    files: BTreeMap<PathBuf, (i32, Rope, Vec<Report>)>,
}
#[derive(Debug)]
pub struct FileSnapshot {
    pub version: Option<i32>,
    pub rope: Rope,
    pub reports: Arc<[Report]>,
}
impl Snapshot {
    pub fn file(&self, path: &Path) -> Option<Arc<FileSnapshot>> {
        self.files.get(path).map(|f| {
            Arc::new(FileSnapshot {
                version: Some(f.0),
                rope: f.1.clone(),
                reports: f.2.clone().into(),
            })
        })
    }
    pub fn reports(&self, path: &Path) -> Arc<[Report]> {
        self.files
            .get(path)
            .map(|f| f.2.clone())
            .unwrap_or_default()
            .into()
    }
    pub fn prove(&self, report: &Report, _: usize) -> Result<FixEdits, NotProved> {
        let edit = TextEdit {
            range: report.range,
            insert: "10.0.0.0/8".into(),
        };
        Ok(FixEdits {
            title: "Replace".into(),
            safety: Safety::Safe,
            edits: vec![(report.path.clone(), vec![edit])],
        })
    }
    pub fn fix_all(&self, path: &Path) -> Vec<TextEdit> {
        self.reports(path)
            .iter()
            .map(|r| TextEdit {
                range: r.range,
                insert: "10.0.0.0/8".into(),
            })
            .collect()
    }
    pub fn suppress(&self, report: &Report) -> Vec<TextEdit> {
        vec![TextEdit {
            range: TextRange::empty(report.range.end()),
            insert: " # stockade:ignore x -- reason".into(),
        }]
    }
}

enum Message {
    Event(Event),
    Ticket(mpsc::Sender<Arc<Snapshot>>),
}
#[derive(Clone)]
pub struct Handle(mpsc::Sender<Message>);
impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle")
    }
}
#[derive(Debug)]
pub struct Ticket(mpsc::Receiver<Arc<Snapshot>>);
impl Ticket {
    pub fn wait(self) -> Option<Arc<Snapshot>> {
        self.0.recv().ok()
    }
}
impl Handle {
    pub fn send(&self, event: Event) {
        let _ = self.0.send(Message::Event(event));
    }
    pub fn ticket(&self) -> Ticket {
        let (a, b) = mpsc::channel();
        let _ = self.0.send(Message::Ticket(a));
        Ticket(b)
    }
    pub fn settled(&self) -> Ticket {
        self.ticket()
    }
}
pub fn spawn(
    options: Options,
    mut publish: Box<dyn FnMut(Publication) + Send>,
) -> std::io::Result<Handle> {
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new().spawn(move || {
        let mut snapshot = Snapshot::default();
        for message in receiver {
            let event = match message {
                Message::Ticket(reply) => {
                    let _ = reply.send(Arc::new(snapshot.clone()));
                    continue;
                }
                Message::Event(event) => event,
            };
            let path = match event {
                Event::Open {
                    path,
                    version,
                    text,
                } => {
                    snapshot
                        .files
                        .insert(path.clone(), (version, Rope::from(text), Vec::new()));
                    path
                }
                Event::Change {
                    path,
                    version,
                    changes,
                } => {
                    let Some(file) = snapshot.files.get_mut(&path) else {
                        continue;
                    };
                    file.0 = version;
                    for change in changes {
                        match change.range {
                            None => file.1 = Rope::from(change.text),
                            Some((a, b)) => {
                                let at = |p| {
                                    file.1.byte_to_char(usize::from(offset(
                                        &file.1,
                                        p,
                                        options.encoding,
                                    )))
                                };
                                let (a, b) = (at(a), at(b));
                                file.1.remove(a..b.max(a));
                                file.1.insert(a, &change.text);
                            }
                        }
                    }
                    path
                }
                Event::Close { path } => {
                    snapshot.files.remove(&path);
                    path
                }
                Event::Shutdown => return,
                _ => continue,
            };
            let shared: Arc<Path> = path.as_path().into();
            if let Some(file) = snapshot.files.get_mut(&path) {
                let text = file.1.to_string();
                file.2 = text
                    .match_indices("0.0.0.0/0")
                    .enumerate()
                    .map(|(i, (at, found))| Report {
                        rule: "stub".into(),
                        kind: ReportKind::Finding,
                        severity: Severity::High,
                        message: "open".into(),
                        path: shared.clone(),
                        range: TextRange::at(TextSize::from(at as u32), TextSize::of(found)),
                        address: "x.y".into(),
                        related: vec![],
                        fixes: vec![FixSummary {
                            title: "Replace".into(),
                            safety: Safety::Safe,
                        }],
                        fingerprint: format!("{i}"),
                        suppressed: None,
                    })
                    .collect();
            }
            let shot = Arc::new(snapshot.clone());
            publish(Publication {
                version: shot.files.get(&path).map(|f| f.0),
                reports: shot.reports(&path),
                path: shared,
                snapshot: shot,
            });
        }
    })?;
    Ok(Handle(sender))
}
