//! What all keystrokes cost within the engine, in instructions counted by callgrind through gungraun: in files of 1,000 and 100,000 lines, and
//! with forty rules only. `cargo run --release -p stockade-tests --bin instructions -- --bench`; whatever else is given is an argument of
//! gungraun's. It takes valgrind and gungraun's runner, which `bash tests/gungraun.sh` installs. tests/tests/instructions.rs is the gate.

#![expect(missing_docs, reason = "gungraun's macros make a module of the group")]

use std::env::consts::EXE_EXTENSION;
use std::path::PathBuf;

use gungraun::{
    Bench, BinaryBenchmark, BinaryBenchmarkConfig, BinaryBenchmarkGroup, Callgrind, Command,
    EntryPoint, binary_benchmark_group,
};

/// What is counted: its name, and what `stages` is given.
const RUNS: [(&str, &[&str]); 3] = [
    ("lines_100000", &["100000"]),
    ("lines_1000", &["1000"]),
    ("rules_40", &["1000", "--rules", "40"]),
];

fn keystrokes(group: &mut BinaryBenchmarkGroup) {
    let mut all = BinaryBenchmark::new("keystrokes");
    for (name, arguments) in RUNS {
        let mut command = Command::new(stages());
        command.args(arguments.iter().copied());
        all.bench(Bench::new(name).command(command));
    }
    group.binary_benchmark(all);
}

/// The program whose keystrokes are counted, which cargo has put beside this one.
fn stages() -> PathBuf {
    let this = std::env::current_exe().expect("the path of this program");
    this.with_file_name("stages").with_extension(EXE_EXTENSION)
}

/// Only what is done between an edit and its publications counts: not the start, nor what the bench itself does.
fn callgrind() -> Callgrind {
    let mut tool = Callgrind::with_args(["--cache-sim=no"]);
    tool.entry_point(EntryPoint::Custom("*within_the_engine*".to_owned()));
    tool
}

binary_benchmark_group!(name = engine, benchmarks = |group| keystrokes(group));

gungraun::main!(
    config = BinaryBenchmarkConfig::default().tool(callgrind());
    binary_benchmark_groups = engine
);
