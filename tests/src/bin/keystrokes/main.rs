//! How long a keystroke takes: `cargo run --release -p stockade-tests --bin keystrokes [-- LINES …]`, 1,000, 10,000 and
//! 100,000 by default.
//!
//! Over real standard input and output, from `didChange` to the `publishDiagnostics` of its version, for this server and
//! for an echo server on the same framework; the median of five runs. The same binary is all three processes, since
//! cargo builds the one that it runs.
//!
//! `… --bin keystrokes -- workspace [MODULES]`: the same in a workspace of so many modules that are all published, 2,000 by
//! default, while they are scanned and afterwards; and what a hundred open files hold.
//!
//! `… --bin keystrokes -- memory [LINES …]`: what the server holds after ever more edits.

#![expect(
    clippy::print_stdout,
    reason = "the tables are what this program is for"
)]

mod echo;
mod memory;
mod workspace;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stockade_tests::habits::HABITS;
use stockade_tests::script::{CHANGED, Player};
use stockade_tests::{Server, client, shop};

const RUNS: usize = 5;
const FILE: &str = "main.tf";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("lsp") => return stockade::main(),
        Some("echo") => return echo::run(),
        Some("workspace") => {
            let count = arguments.get(1).map_or(Ok(2_000), |n| n.parse());
            workspace::measure(count.expect("a number of modules"));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let mut sizes: Vec<usize> = arguments.iter().filter_map(|n| n.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![1_000, 10_000, 100_000];
    }
    if arguments.first().is_some_and(|first| first == "memory") {
        memory::measure(&sizes);
        return ExitCode::SUCCESS;
    }
    let worst: Vec<(usize, f64)> = sizes.into_iter().map(|n| (n, compare(n))).collect();
    for (lines, p99) in &worst {
        println!(
            "p99 of all keystrokes at {lines} lines is {:.2} times that at {} lines",
            p99 / worst[0].1,
            worst[0].0
        );
    }
    ExitCode::SUCCESS
}

/// Times of one run: of each keystroke by habit, and of what comes before.
struct Run {
    answered: Duration,
    opened: Duration,
    /// What the server held when the file was open and after all keystrokes, in MB.
    memory: [f64; 2],
    typed: BTreeMap<&'static str, Vec<Duration>>,
}

/// Prints the table of a file of so many lines. Returns the p99 of all keystrokes in milliseconds.
fn compare(lines: usize) -> f64 {
    let text = shop::file(lines);
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join(FILE), &text).expect("a temporary file");
    let diagnostics = diagnostics_of(folder.path(), &text);

    let mut ours = Vec::new();
    let mut echoes = Vec::new();
    for _ in 0..RUNS {
        ours.push(run("lsp", folder.path(), &text, &json!([])));
        echoes.push(run("echo", folder.path(), &text, &diagnostics));
    }

    let count = diagnostics.as_array().map_or(0, Vec::len);
    let size = diagnostics.to_string().len() / 1024;
    println!(
        "{} lines, {count} diagnostics ({size} KB), median of {RUNS} runs, in milliseconds\n",
        text.lines().count()
    );
    println!("| | median | echo | more | p99 | echo | more |");
    println!("|---|---|---|---|---|---|---|");
    let mut names: Vec<&str> = ours[0].typed.keys().copied().collect();
    names.push("all keystrokes");
    for name in names {
        let figures = [(50, &ours), (50, &echoes), (99, &ours), (99, &echoes)];
        let [median, echo, p99, echo99] =
            figures.map(|(percent, runs)| typical(runs, |run| percentile(run, name, percent)));
        let (more, more99) = (median - echo, p99 - echo99);
        println!(
            "| {name} | {median:.2} | {echo:.2} | {more:+.2} | {p99:.2} | {echo99:.2} | {more99:+.2} |"
        );
    }
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    let opened = typical(&ours, |run| milliseconds(run.opened));
    let answered = typical(&ours, |run| milliseconds(run.answered));
    println!(
        "\nfirst diagnostics after didOpen {opened:.1}; initialize answered {answered:.1} after the process starts"
    );
    let [at_first, at_last] = [0, 1].map(|n| typical(&ours, |run| run.memory[n]));
    println!("the server holds {at_first:.0} MB then, and {at_last:.0} MB after all keystrokes\n");
    typical(&ours, |run| percentile(run, "all keystrokes", 99))
}

/// What this server publishes about the file; the echo server publishes as much.
fn diagnostics_of(folder: &Path, text: &str) -> Value {
    let mut player = started("lsp", folder, &json!([]));
    player.open(FILE, text);
    player.server.settle();
    let uri = player.uri(FILE);
    player
        .server
        .published
        .get(&uri)
        .map(|params| params["diagnostics"].clone())
        .unwrap_or_else(|| json!([]))
}

fn started(mode: &str, folder: &Path, diagnostics: &Value) -> Player {
    let program = std::env::current_exe().expect("this program has a path");
    let mut server = Server::start(&program.to_string_lossy(), &[mode]);
    let mut params = client::able("utf-8", &[folder]);
    params["initializationOptions"] = json!({ "diagnostics": diagnostics });
    server.initialize(params);
    Player::new(server, folder)
}

fn run(mode: &str, folder: &Path, text: &str, diagnostics: &Value) -> Run {
    let start = Instant::now();
    let mut player = started(mode, folder, diagnostics);
    let answered = start.elapsed();

    let uri = player.uri(FILE);
    let start = Instant::now();
    player.open(FILE, text);
    player.server.published(&uri, 0);
    let opened = start.elapsed();
    if mode == "lsp" {
        player.server.settle();
    }

    let held = |player: &Player| player.server.memory().unwrap_or(f64::NAN);
    let at_first = held(&player);
    let mut typed = BTreeMap::new();
    let mut version = 0;
    let only = std::env::var("HABIT").unwrap_or_default();
    for habit in HABITS.iter().filter(|h| h.name.contains(&only)) {
        let mut times = Vec::new();
        for key in habit.keystrokes(text) {
            version += 1;
            let change = player.changed_to(FILE, key.from, key.to, &key.text);
            let start = Instant::now();
            player.server.notify(CHANGED, change);
            player.server.published(&uri, version);
            times.push(start.elapsed());
        }
        assert!(
            player.text(FILE) == Some(text),
            "{} leaves the file as it was",
            habit.name
        );
        typed.insert(habit.name, times);
    }
    Run {
        answered,
        opened,
        memory: [at_first, held(&player)],
        typed,
    }
}

/// A percentile of the times of a habit, or of all, in milliseconds.
fn percentile(run: &Run, name: &str, percent: usize) -> f64 {
    let chosen = run
        .typed
        .iter()
        .filter(|(habit, _)| **habit == name || name == "all keystrokes");
    let times: Vec<Duration> = chosen.flat_map(|(_, times)| times).copied().collect();
    stockade_tests::percentile(&times, percent)
}

/// The median over the runs.
fn typical(runs: &[Run], figure: impl Fn(&Run) -> f64) -> f64 {
    let mut figures: Vec<f64> = runs.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
