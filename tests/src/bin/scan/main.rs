//! How long `stockade check` takes, and how that grows: with modules, lines, findings, rules. Prints the tables of
//! docs/performance.md.
//!
//! `cargo run --release -p stockade-tests --bin scan [MODULES]`: up to so many modules, 10,000 by default.
//! `… --bin scan FOLDER …`: on Terraform that is there, beside tree-sitter; with one folder also beside `checkov` and `trivy` if
//! they are on PATH.
//! With `STOCKADE_BIN=target/dist/stockade` before it: of the program that is shipped.

#![expect(
    clippy::print_stdout,
    reason = "the tables are what this program is for"
)]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use stockade_tests::memory_of;

/// Of so many runs the median counts.
const RUNS: usize = 3;

/// Module after module of a workspace, each a folder of its own.
struct Workspace {
    modules: usize,
    /// Blocks in each module, a tenth of which have a finding of medium severity.
    blocks: usize,
    has_findings: bool,
}

/// What a run took.
#[derive(Clone, Copy)]
struct Cost {
    time: Duration,
    /// The most memory it held, in MB.
    memory: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let program = program();
    println!("`{}`\n", program.display());
    let folders = arguments.iter().map(Path::new);
    let folders: Vec<&Path> = folders.filter(|folder| folder.is_dir()).collect();
    if !folders.is_empty() {
        return real(&program, &folders);
    }
    let most = arguments.first().and_then(|n| n.parse().ok());
    let most: usize = most.unwrap_or(10_000);

    println!("| modules | lines | check, s | MB | tree-sitter alone, s | times |");
    println!("|---|---|---|---|---|---|");
    let mut grown = Vec::new();
    for modules in [100, 1_000, 10_000].into_iter().filter(|n| *n <= most) {
        let workspace = Workspace {
            modules,
            blocks: 10,
            has_findings: true,
        };
        let (folder, lines) = workspace.write(None);
        let cost = check(&program, folder.path());
        let parsed = parse(&terraform_below(folder.path()));
        let times = cost.time.as_secs_f64() / parsed.as_secs_f64();
        println!(
            "| {modules} | {lines} | {:.2} | {:.0} | {:.2} | {times:.1} |",
            cost.time.as_secs_f64(),
            cost.memory,
            parsed.as_secs_f64()
        );
        grown.push((modules, cost));
    }

    println!("\n| what grows | from | to | s | MB | exponent |");
    println!("|---|---|---|---|---|---|");
    growth("modules", &grown);
    let of_lines = |blocks| Workspace {
        modules: 1,
        blocks,
        has_findings: true,
    };
    series(
        &program,
        "blocks of a file, a tenth with a finding",
        &[
            (100, of_lines(100)),
            (1_000, of_lines(1_000)),
            (10_000, of_lines(10_000)),
        ],
    );
    let clean = |blocks| Workspace {
        modules: 1,
        blocks,
        has_findings: false,
    };
    series(
        &program,
        "blocks of a file without findings",
        &[
            (100, clean(100)),
            (1_000, clean(1_000)),
            (10_000, clean(10_000)),
        ],
    );
    println!();
    rules(&program);
}

/// Other scanners, and how each is told to look at a folder.
const OTHERS: [(&str, &[&str]); 2] = [
    (
        "checkov",
        &["--framework", "terraform", "--quiet", "--compact", "-d"],
    ),
    ("trivy", &["config", "--quiet"]),
];

/// The same folders by this program, by tree-sitter, and by what else is there.
fn real(program: &Path, folders: &[&Path]) {
    println!("| folder | files | check, s | MB | tree-sitter alone, s | times |");
    println!("|---|---|---|---|---|---|");
    let row = |name: &str, files: usize, own: f64, memory: f64, parsed: f64| {
        let times = own / parsed;
        println!("| {name} | {files} | {own:.2} | {memory:.0} | {parsed:.2} | {times:.1} |");
    };
    let (mut files, mut own, mut memory, mut parsed) = (0, 0.0, 0.0_f64, 0.0);
    for folder in folders {
        let terraform = terraform_below(folder);
        assert!(
            !terraform.is_empty(),
            "no .tf file below {}",
            folder.display()
        );
        let cost = check(program, folder);
        let (time, alone) = (cost.time.as_secs_f64(), parse(&terraform).as_secs_f64());
        let name = folder.file_name().unwrap_or(folder.as_os_str());
        row(
            &name.to_string_lossy(),
            terraform.len(),
            time,
            cost.memory,
            alone,
        );
        files += terraform.len();
        own += time;
        memory = memory.max(cost.memory);
        parsed += alone;
    }
    match folders {
        [folder] => others(folder, own),
        _ => row("together", files, own, memory, parsed),
    }
}

/// What other scanners take that are on PATH, beside our time.
fn others(folder: &Path, own: f64) {
    for (name, arguments) in OTHERS {
        let start = Instant::now();
        let run = Command::new(name)
            .args(arguments)
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if run.is_ok() {
            let time = start.elapsed().as_secs_f64();
            println!("\n{name}: {time:.1} s, {:.0} times as long", time / own);
        }
    }
}

/// The one that `STOCKADE_BIN` names, or the program beside this one.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("STOCKADE_BIN") {
        return std::path::absolute(program).expect("a path");
    }
    let own = std::env::current_exe().expect("the path of this program");
    let program = own.with_file_name("stockade-under-test");
    assert!(
        program.exists(),
        "build it first: cargo build --release -p stockade-tests --bins"
    );
    program
}

impl Workspace {
    /// Writes it to a folder of its own; how many lines it has. `settings` become its `stockade.toml`.
    fn write(&self, settings: Option<&str>) -> (tempfile::TempDir, usize) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("stockade.toml"), settings.unwrap_or(""))
            .expect("written");
        let text = self.text();
        for n in 0..self.modules {
            let module = folder.path().join(format!("live/{}/m{n}", n % 100));
            std::fs::create_dir_all(&module).expect("created");
            std::fs::write(module.join("main.tf"), &text).expect("written");
            std::fs::write(module.join("variables.tf"), VARIABLES).expect("written");
        }
        let lines = text.lines().count() + VARIABLES.lines().count();
        (folder, lines * self.modules)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for n in 0..self.blocks {
            let is_bad = self.has_findings && n % 10 == 0;
            let rotation = if is_bad { "var.off" } else { "true" };
            let _ = write!(
                text,
                "resource \"aws_kms_key\" \"k{n}\" {{\n  description             = \"Key {n} of ${{var.name}}\"\n  deletion_window_in_days = 30\n  enable_key_rotation     = {rotation}\n\n  tags = {{\n    Name  = \"${{var.name}}-{n}\"\n    Owner = local.owner\n  }}\n}}\n\n"
            );
        }
        text
    }
}

const VARIABLES: &str = "variable \"name\" {\n  type    = string\n  default = \"shop\"\n}\n\nvariable \"off\" {\n  type    = bool\n  default = false\n}\n\nlocals {\n  owner = \"team-${var.name}\"\n}\n";

/// Runs `check` on a folder some times.
fn check(program: &Path, folder: &Path) -> Cost {
    let mut costs: Vec<Cost> = (0..RUNS).map(|_| check_once(program, folder)).collect();
    costs.sort_by_key(|cost| cost.time);
    costs[RUNS / 2]
}

fn check_once(program: &Path, folder: &Path) -> Cost {
    let start = Instant::now();
    let mut process = Command::new(program)
        .args(["check", "--format", "json"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let mut memory = 0.0;
    while process.try_wait().expect("waited for").is_none() {
        // The system tells the peak of a process only while it runs, so it is asked again and again; what the last
        // milliseconds add is lost.
        memory = memory_of(process.id(), "VmHWM:").unwrap_or(memory);
        std::thread::sleep(Duration::from_millis(2));
    }
    Cost {
        time: start.elapsed(),
        memory,
    }
}

/// What it takes to read files and make tree-sitter's trees of them, on as many threads: the median of some runs.
fn parse(files: &[PathBuf]) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS).map(|_| parse_once(files)).collect();
    times.sort();
    times[RUNS / 2]
}

fn parse_once(files: &[PathBuf]) -> Duration {
    let start = Instant::now();
    let nodes: usize = files
        .par_iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).expect("read");
            let mut parser = tree_sitter::Parser::new();
            parser
                .set_language(&tree_sitter_hcl::LANGUAGE.into())
                .expect("the grammar");
            parser
                .parse(&text, None)
                .map_or(0, |tree| tree.root_node().descendant_count())
        })
        .sum();
    assert!(nodes > 0, "trees");
    start.elapsed()
}

/// The files with Terraform below a folder; links that lead nowhere are none.
fn terraform_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(terraform_below(&path));
        } else if path.extension().is_some_and(|e| e == "tf") && path.exists() {
            files.push(path);
        }
    }
    files
}

/// Measures a series, and prints how it grows.
fn series(program: &Path, what: &str, sizes: &[(usize, Workspace)]) {
    let measured = sizes.iter().map(|(size, workspace)| {
        let (folder, _) = workspace.write(None);
        (*size, check(program, folder.path()))
    });
    growth(what, &measured.collect::<Vec<_>>());
}

/// Between each size and the next: cost is as size to the power of the exponent, what a start costs taken off.
fn growth(what: &str, measured: &[(usize, Cost)]) {
    for pair in measured.windows(2) {
        let ((from, before), (to, after)) = (pair[0], pair[1]);
        let ratio = after.time.as_secs_f64() / before.time.as_secs_f64();
        let exponent = ratio.ln() / (to as f64 / from as f64).ln();
        println!(
            "| {what} | {from} | {to} | {:.2} | {:.0} | {exponent:.2} |",
            after.time.as_secs_f64(),
            after.memory
        );
    }
}

/// The whole catalog beside forty rules on the same workspace.
fn rules(program: &Path) {
    let workspace = Workspace {
        modules: 1_000,
        blocks: 10,
        has_findings: true,
    };
    let listed = Command::new(program)
        .args(["rules", "--format", "json"])
        .output()
        .expect("listed");
    let rules: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("rules as JSON");
    let ids = rules
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|rule| rule["id"].as_str());
    let all = ids.clone().count();
    // What is found is the same: a selection runs rules that are off by default as well.
    let others = ids.filter(|id| !id.starts_with("aws-kms")).step_by(10);
    let forty: Vec<&str> = ["aws-kms-key-without-rotation"]
        .into_iter()
        .chain(others)
        .take(40)
        .collect();
    let few = format!("[rules]\nselect = {forty:?}\n");
    let (folder, _) = workspace.write(Some(&few));
    let with_few = check(program, folder.path());
    let (folder, _) = workspace.write(None);
    let with_all = check(program, folder.path());
    println!("| rules | s | times |");
    println!("|---|---|---|");
    println!(
        "| {} | {:.2} | 1 |",
        forty.len(),
        with_few.time.as_secs_f64()
    );
    let times = with_all.time.as_secs_f64() / with_few.time.as_secs_f64();
    println!(
        "| {all} | {:.2} | {times:.2} |",
        with_all.time.as_secs_f64()
    );
}
