//! Random edits against contract 1, within one process: `cargo run --release -p stockade-tests --bin fuzz [-- EDITS
//! [FIRST SEED]]`, a million by default. Ends with 1 when something panicked, or differs from what a fresh workspace finds
//! in the same texts.
//!
//! The scripts are those of tests/tests/equivalence.rs, which plays a few thousand of them through a whole server: what fails
//! here is looked into there, with `SCRIPT=<seed>`.

#![expect(
    clippy::print_stdout,
    reason = "what is told is what this program is for"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use stockade_engine::{Change, Event, Options, Report, ReportKind, Snapshot, Workspace};
use stockade_tests::edits::{Action, FIXTURES, Texts, script};
use stockade_text::{Encoding, Rope, TextSize, position};

/// Scripts that one workspace sees before it is replaced.
const PER_WORKSPACE: u64 = 25;

/// Every so many scripts the fixes of what was found are compared as well: they are laid out and proved.
const PROVED: u64 = 8;

static PANICKED: AtomicBool = AtomicBool::new(false);

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1);
    let mut numbers = arguments.map(|n| n.parse::<u64>().expect("a number"));
    let wanted = numbers.next().unwrap_or(1_000_000);
    let seeds = AtomicU64::new(numbers.next().unwrap_or_default());
    // The engine goes on after a rule's panic; here it is a fault.
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        PANICKED.store(true, Ordering::Relaxed);
        told(info);
    }));
    let (edits, faults) = (AtomicU64::new(0), AtomicU64::new(0));
    let start = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            // References nest on the stack, as deep as the engine's writer lets them.
            let thread = std::thread::Builder::new().stack_size(64 << 20);
            let work = || {
                while edits.load(Ordering::Relaxed) < wanted {
                    let first = seeds.fetch_add(PER_WORKSPACE, Ordering::Relaxed);
                    let found = play_all(first..first + PER_WORKSPACE, &edits);
                    faults.fetch_add(found, Ordering::Relaxed);
                }
            };
            thread.spawn_scoped(scope, work).expect("a thread");
        }
    });
    let (edits, faults) = (edits.into_inner(), faults.into_inner());
    let seeds = seeds.into_inner();
    println!(
        "{edits} edits up to seed {seeds} in {:.0?}: {faults} differences",
        start.elapsed()
    );
    match faults == 0 && !PANICKED.load(Ordering::Relaxed) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Plays scripts in one workspace. How many ended with a difference.
fn play_all(seeds: std::ops::Range<u64>, edits: &AtomicU64) -> u64 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut faults = 0;
    let mut play = Play {
        workspace: workspace(folder.path()),
        folder: PathBuf::new(),
        texts: Texts::at_first(),
        version: 0,
        edits: 0,
    };
    for seed in seeds {
        play.begin(folder.path().join(format!("s{seed}")));
        script(seed).iter().for_each(|action| play.act(action));
        play.mend();
        if let Some(difference) = play.difference(folder.path(), seed % PROVED == 0) {
            println!("seed {seed}: {difference}");
            faults += 1;
        }
        if PANICKED.load(Ordering::Relaxed) {
            println!("seed {seed}: a panic");
            break;
        }
        play.end();
    }
    edits.fetch_add(play.edits, Ordering::Relaxed);
    faults
}

fn workspace(folder: &Path) -> Workspace {
    let mut workspace = Workspace::new(Options {
        encoding: Encoding::Utf16,
        ..Options::default()
    });
    workspace.add_folder(folder);
    workspace
}

/// A script at work.
struct Play {
    workspace: Workspace,
    folder: PathBuf,
    texts: Texts,
    version: i32,
    edits: u64,
}

impl Play {
    fn begin(&mut self, folder: PathBuf) {
        self.folder = folder;
        self.texts = Texts::at_first();
        for (file, text) in &self.texts.disk {
            write(&self.folder.join(file), text);
        }
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Open(file, text) => {
                let path = self.folder.join(file);
                self.workspace.open(&path, self.version, text.clone());
            }
            Action::Change(file, changes) => self.change(file, changes),
            Action::Rewrite(file, text) => self.send(file, vec![whole(text)]),
            Action::Save(file) => {
                if let Some(text) = self.texts.open.get(file) {
                    write(&self.folder.join(file), text);
                }
                self.changed_on_disk(file);
            }
            Action::Close(file) => self.workspace.close(&self.folder.join(file)),
            Action::Write(file, text) => {
                write(&self.folder.join(file), text);
                self.changed_on_disk(file);
            }
            Action::Delete(file) => {
                // It may never have been saved.
                let _ = std::fs::remove_file(self.folder.join(file));
                self.changed_on_disk(file);
            }
            Action::Settle => drop(self.settle()),
        }
        self.texts.take(action);
    }

    fn change(&mut self, file: &str, changes: &[(usize, usize, String)]) {
        let Some(text) = self.texts.open.get(file) else {
            return;
        };
        let mut rope = Rope::from_str(text);
        let mut all = Vec::new();
        for (from, to, new) in changes {
            let at = |n: usize| {
                let byte = TextSize::new(u32::try_from(n).unwrap_or(u32::MAX));
                position(&rope, byte, Encoding::Utf16)
            };
            all.push(Change {
                range: Some((at(*from), at(*to))),
                text: new.clone(),
            });
            let start = rope.byte_to_char(*from);
            rope.remove(start..rope.byte_to_char(*to));
            rope.insert(start, new);
        }
        self.send(file, all);
    }

    fn send(&mut self, file: &str, changes: Vec<Change>) {
        self.version += 1;
        self.edits += changes.len() as u64;
        let path = self.folder.join(file);
        self.workspace.change(&path, self.version, &changes);
        // Typists are as fast as the engine about every second time.
        if self.version % 2 == 0 {
            self.settle();
        }
    }

    fn changed_on_disk(&mut self, file: &str) {
        let path = self.folder.join(file);
        self.workspace.apply(Event::FilesChanged(vec![path]));
    }

    fn settle(&mut self) -> std::sync::Arc<Snapshot> {
        let snapshot = self.workspace.settle();
        self.workspace.take_publications(&snapshot);
        self.workspace.grow();
        snapshot
    }

    /// Opens what is only on disk, and rewrites what has syntax errors.
    fn mend(&mut self) {
        for (file, text) in self.texts.disk.clone() {
            if !self.texts.open.contains_key(&file) {
                self.act(&Action::Open(file, text));
            }
        }
        let snapshot = self.settle();
        let files: Vec<String> = self.texts.open.keys().cloned().collect();
        for file in files {
            let reports = snapshot.reports(&self.folder.join(&file));
            if reports.iter().any(|r| r.kind == ReportKind::SyntaxError) {
                let good = FIXTURES.iter().find(|(name, _)| *name == file);
                let good = good.map_or("", |(_, text)| text);
                self.act(&Action::Rewrite(file, good.to_owned()));
            }
        }
    }

    /// How what is found (`-`) differs from what a fresh workspace finds (`+`).
    fn difference(&mut self, root: &Path, proves: bool) -> Option<String> {
        let edited = self.settle();
        let mut fresh = workspace(root);
        for (file, text) in &self.texts.open {
            fresh.open(&self.folder.join(file), 0, text.clone());
        }
        let fresh = fresh.settle();
        let paths = self.texts.open.keys().map(|file| self.folder.join(file));
        let mut told = BTreeMap::new();
        for path in paths {
            let (ours, theirs) = (edited.reports(&path), fresh.reports(&path));
            if ours != theirs {
                told.insert(path, shown(&ours, &theirs));
                continue;
            }
            let chosen = ours.iter().position(|r| !r.fixes.is_empty());
            if let Some(at) = chosen.filter(|_| proves)
                && edited.prove(&ours[at], 0) != fresh.prove(&theirs[at], 0)
            {
                told.insert(path, format!("the fix of {}", ours[at].rule));
            }
        }
        let lines = told
            .iter()
            .map(|(path, told)| format!("{}:\n{told}", path.display()));
        (!told.is_empty()).then(|| lines.collect::<Vec<_>>().join("\n"))
    }

    fn end(&mut self) {
        for file in self.texts.open.keys() {
            self.workspace.close(&self.folder.join(file));
        }
        self.settle();
    }
}

fn whole(text: &str) -> Change {
    Change {
        range: None,
        text: text.to_owned(),
    }
}

fn write(path: &Path, text: &str) {
    let folder = path.parent().expect("a file stands in a folder");
    std::fs::create_dir_all(folder).expect("a folder for the script");
    std::fs::write(path, text).expect("a file of the script");
}

/// The reports that only one of both has, whole: two can differ in a fix or a related place alone.
fn shown(ours: &[Report], theirs: &[Report]) -> String {
    let only = |sign: char, some: &[Report], others: &[Report]| -> String {
        let missing = some.iter().filter(|r| !others.contains(r));
        missing.map(|r| format!("{sign} {r:?}\n")).collect()
    };
    let told = only('-', ours, theirs) + &only('+', theirs, ours);
    match told.is_empty() {
        true => "another order".to_owned(),
        false => told,
    }
}
