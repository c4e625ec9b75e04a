//! What each stage of a keystroke costs within the engine: `cargo run --release -p stockade-tests --bin stages
//! [-- LINES …]`, 1,000, 10,000 and 100,000 by default.
//!
//! The same keystrokes as `keystrokes`, given to a workspace in this process; the median and the mean of each stage.

#![expect(
    clippy::print_stdout,
    reason = "the tables are what this program is for"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use stockade_engine::{Change, Event, Options, Workspace};
use stockade_syntax::Document;
use stockade_tests::habits::{HABITS, Keystroke};
use stockade_tests::shop;
use stockade_text::{Encoding, TextRange, TextSize, position};

/// What a keystroke passes through, in this order.
const STAGES: [&str; 5] = [
    "rope, cut, parse, lower",
    "the same, and what is declared",
    "evaluate, run rules, make reports",
    "what is to be published",
    "all within the engine",
];

fn main() {
    let sizes = std::env::args().skip(1).filter_map(|n| n.parse().ok());
    let mut sizes: Vec<usize> = sizes.collect();
    if sizes.is_empty() {
        sizes = vec![1_000, 10_000, 100_000];
    }
    for lines in sizes {
        measure(lines);
    }
}

/// Prints the table of a file of so many lines.
fn measure(lines: usize) {
    let text = shop::file(lines);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("main.tf");
    std::fs::write(&path, &text).expect("a temporary file");
    let mut workspace = Workspace::new(Options {
        encoding: Encoding::Utf8,
        ..Options::default()
    });
    workspace.add_folder(folder.path());
    workspace.open(&path, 0, text.clone());
    let snapshot = workspace.settle();
    workspace.take_publications(&snapshot);
    let mut document = Document::new(&text);

    println!("{} lines, in milliseconds\n", text.lines().count());
    println!("| | stage | median | mean | most |");
    println!("|---|---|---|---|---|");
    let only = std::env::var("HABIT").unwrap_or_default();
    let mut all: Vec<[Duration; 5]> = Vec::new();
    let mut version = 0;
    for habit in HABITS.iter().filter(|h| h.name.contains(&only)) {
        let mut costs = Vec::new();
        for key in habit.keystrokes(&text) {
            version += 1;
            costs.push(keystroke(
                &mut workspace,
                &mut document,
                &path,
                version,
                &key,
            ));
        }
        tell(habit.name, &costs);
        all.extend(costs);
    }
    tell("all keystrokes", &all);
    println!();
}

/// What each stage takes of one keystroke. A function of its own, so that callgrind can be told to count within it.
#[inline(never)]
fn keystroke(
    workspace: &mut Workspace,
    document: &mut Document,
    path: &Path,
    version: i32,
    key: &Keystroke,
) -> [Duration; 5] {
    let size = |n: usize| TextSize::new(u32::try_from(n).unwrap_or(u32::MAX));
    let at = |n| position(document.rope(), size(n), Encoding::Utf8);
    let range = Some((at(key.from), at(key.to)));
    let event = Event::Change {
        path: path.to_path_buf(),
        version,
        changes: vec![Change {
            range,
            text: key.text.clone(),
        }],
    };

    let start = Instant::now();
    document.edit(TextRange::new(size(key.from), size(key.to)), &key.text);
    let cut = start.elapsed();
    let start = Instant::now();
    workspace.apply(event);
    let applied = start.elapsed();
    let snapshot = workspace.settle();
    let settled = start.elapsed();
    workspace.take_publications(&snapshot);
    let published = start.elapsed();
    while workspace.grow() {}
    while document.pending() {
        document.finish();
    }
    [
        cut,
        applied,
        settled - applied,
        published - settled,
        published,
    ]
}

/// Prints the rows of some keystrokes.
fn tell(name: &str, costs: &[[Duration; 5]]) {
    for (n, stage) in STAGES.iter().enumerate() {
        let mut times: Vec<f64> = costs.iter().map(|c| c[n].as_secs_f64() * 1_000.0).collect();
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        let most = times[times.len() - 1];
        println!("| {name} | {stage} | {median:.3} | {mean:.3} | {most:.3} |");
    }
}
