//! What each stage of a keystroke costs within the engine: `cargo run --release -p stockade-tests --bin stages
//! [-- LINES …]`, 1,000, 10,000 and 100,000 by default.
//!
//! The same keystrokes as `keystrokes`, given to a workspace in this process, each habit once unmeasured before.
//! `--tail` types in long blocks instead. `--rules N` selects the rules that find something, and others until they are N. Under callgrind, what is done in
//! `within_the_engine` is all that counts: instructions.rs beside this folder.

#![expect(
    clippy::print_stdout,
    reason = "the tables are what this program is for"
)]

mod tail;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use stockade_engine::{Change, Event, Options, Workspace, catalog};
use stockade_syntax::{Document, parse_body};
use stockade_tests::habits::{HABITS, Keystroke};
use stockade_tests::{percentile, shop};
use stockade_text::{Encoding, Rope, TextRange, TextSize, position};

/// What a keystroke passes through, in this order; each with what can't be saved of it, where that can be measured alone.
const STAGES: [&str; 7] = [
    "the text alone, as a rope",
    "the block parsed alone",
    "document: rope, cut, parse, lower",
    "with what it declares",
    "evaluate, run rules, make reports",
    "what is to be published",
    "all within the engine",
];

/// What the stages of one keystroke took.
type Cost = [Duration; STAGES.len()];

/// The costs of each habit's keystrokes.
type Costs = Vec<(&'static str, Vec<Cost>)>;

fn main() {
    let mut sizes = Vec::new();
    let mut rules = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--tail" => return tail::print(),
            "--rules" => rules = Some(number(arguments.next())),
            lines => sizes.push(number(Some(lines.to_owned()))),
        }
    }
    if sizes.is_empty() {
        sizes = vec![1_000, 10_000, 100_000];
    }
    let measured: Vec<Costs> = sizes.iter().map(|n| measure(*n, rules)).collect();
    print(&measured);
}

fn number(argument: Option<String>) -> usize {
    let number = argument.as_deref().and_then(|n| n.parse().ok());
    number.unwrap_or_else(|| panic!("{argument:?} is no number"))
}

/// A file in a workspace of its own.
struct Bench {
    workspace: Workspace,
    document: Document,
    rope: Rope,
    path: PathBuf,
    version: i32,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn open(text: &str, file: &str, rules: Option<usize>) -> Bench {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(file);
        std::fs::write(&path, text).expect("a temporary file");
        if let Some(count) = rules {
            let settings = format!("[rules]\nselect = {:?}\n", few_rules(text, &path, count));
            std::fs::write(folder.path().join("stockade.toml"), settings).expect("settings");
        }
        Bench {
            workspace: opened(text, &path),
            document: Document::new(text),
            rope: Rope::from_str(text),
            path,
            version: 0,
            _folder: folder,
        }
    }

    /// A keystroke as the engine is told of it.
    fn event(&mut self, key: &Keystroke) -> Event {
        let at = |n| position(&self.rope, size(n), Encoding::Utf8);
        self.version += 1;
        Event::Change {
            path: self.path.clone(),
            version: self.version,
            changes: vec![Change {
                range: Some((at(key.from), at(key.to))),
                text: key.text.clone(),
            }],
        }
    }

    /// What the first keystrokes of a process pay for all: tables that are unpacked, patterns that are compiled.
    fn warm_up(&mut self, key: &Keystroke) {
        let event = self.event(key);
        replace(&mut self.rope, key);
        self.document.edit(range(key), &key.text);
        self.workspace.apply(event);
        let snapshot = self.workspace.settle();
        self.workspace.take_publications(&snapshot);
    }

    /// What each stage takes of one keystroke.
    fn keystroke(&mut self, key: &Keystroke) -> Cost {
        let event = self.event(key);
        let start = Instant::now();
        replace(&mut self.rope, key);
        let rope = start.elapsed();
        let start = Instant::now();
        self.document.edit(range(key), &key.text);
        let document = start.elapsed();
        let block = self.document.segment_at(size(key.from));
        let block = block.map(|(start, segment)| self.document.text_at(start, segment));
        let start = Instant::now();
        block.iter().for_each(|text| drop(parse_body(text)));
        let parsed = start.elapsed();
        let [applied, settled, published] = within_the_engine(&mut self.workspace, event);
        [
            rope,
            parsed,
            document,
            applied,
            settled - applied,
            published - settled,
            published,
        ]
    }
}

/// When each stage of an edit has ended. A function of its own, so that callgrind can be told to count what is done in it.
#[inline(never)]
fn within_the_engine(workspace: &mut Workspace, event: Event) -> [Duration; 3] {
    let start = Instant::now();
    workspace.apply(event);
    let applied = start.elapsed();
    let snapshot = workspace.settle();
    let settled = start.elapsed();
    workspace.take_publications(&snapshot);
    [applied, settled, start.elapsed()]
}

fn opened(text: &str, path: &Path) -> Workspace {
    let mut workspace = Workspace::new(Options {
        encoding: Encoding::Utf8,
        ..Options::default()
    });
    workspace.open(path, 0, text.to_owned());
    let snapshot = workspace.settle();
    workspace.take_publications(&snapshot);
    workspace
}

/// The rules that find something in a text, and others until they are so many.
fn few_rules(text: &str, path: &Path, count: usize) -> Vec<String> {
    let reports = opened(text, path).settle().reports(path);
    let mut few: BTreeSet<String> = reports.iter().map(|r| r.rule.to_string()).collect();
    for page in catalog::all().step_by(10) {
        if few.len() < count {
            few.insert(page.id.to_string());
        }
    }
    few.into_iter().collect()
}

/// What keystrokes cost in a file of so many lines.
fn measure(lines: usize, rules: Option<usize>) -> Costs {
    let text = shop::file(lines);
    let mut bench = Bench::open(&text, "main.tf", rules);
    let only = std::env::var("HABIT").unwrap_or_default();
    let habits = HABITS.iter().filter(|habit| habit.name.contains(&only));
    let costs = habits.map(|habit| {
        let keys = habit.keystrokes(&text);
        keys.iter().for_each(|key| bench.warm_up(key));
        let costs = keys.iter().map(|key| bench.keystroke(key)).collect();
        (habit.name, costs)
    });
    costs.collect()
}

fn size(n: usize) -> TextSize {
    TextSize::new(u32::try_from(n).unwrap_or(u32::MAX))
}

fn range(key: &Keystroke) -> TextRange {
    TextRange::new(size(key.from), size(key.to))
}

fn replace(rope: &mut Rope, key: &Keystroke) {
    let start = rope.byte_to_char(key.from);
    rope.remove(start..rope.byte_to_char(key.to));
    rope.insert(start, &key.text);
}

/// Prints the median and the 99th percentile, in milliseconds: of each stage over all keystrokes, and of each habit.
fn print(measured: &[Costs]) {
    let row = |name: &str, of: &dyn Fn(&Costs) -> Vec<Duration>| {
        let cells = measured.iter().map(|run| {
            let times = of(run);
            format!(
                " {:.3} | {:.3} |",
                percentile(&times, 50),
                percentile(&times, 99)
            )
        });
        println!("| {name} |{}", cells.collect::<String>());
    };
    let last = STAGES.len() - 1;
    for (n, stage) in STAGES.iter().enumerate() {
        row(stage, &|run| {
            let all = run.iter().flat_map(|(_, costs)| costs);
            all.map(|cost| cost[n]).collect()
        });
    }
    for (n, (habit, _)) in measured.first().into_iter().flatten().enumerate() {
        row(habit, &|run| {
            run[n].1.iter().map(|cost| cost[last]).collect()
        });
    }
}
