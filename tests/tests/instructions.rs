//! What a keystroke costs within the engine does not grow with the file, nor much with the catalog: instructions counted by callgrind through
//! gungraun within one run, as ratios, since processors and compilers differ. Told as skipped where valgrind or gungraun's runner is missing.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Deserializer, Value};

const INSTRUCTIONS: &str = env!("CARGO_BIN_EXE_instructions");

/// What `stockade-tests`' `instructions` counts, by the name of each run.
fn counted() -> BTreeMap<String, f64> {
    let home = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(INSTRUCTIONS)
        .args(["--bench", "--output-format=json", "--parallel=2", "--home"])
        .arg(home.path())
        .output()
        .expect("the bench starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let runs = Deserializer::from_slice(&output.stdout).into_iter();
    runs.map(|run: Result<Value, _>| {
        let run = run.expect("a line of JSON for each run");
        let count = &run["profiles"][0]["data"]["total"]["metrics"]["Ir"]["values"]["new"];
        let name = run["id"].as_str().expect("the name of a run");
        (name.to_owned(), count.as_f64().expect("a count"))
    })
    .collect()
}

#[test]
fn a_keystroke_costs_the_same_in_a_long_file_and_with_all_rules() {
    for needed in ["valgrind", "gungraun-runner"] {
        if Command::new(needed).arg("--version").output().is_err() {
            return stockade_tests::skipped(&format!("there is no {needed}"));
        }
    }
    let counted = counted();
    eprintln!("{counted:?}");
    // 1.12 in a release build, 1.22 in this one; what is copied or looked through whole shows as twice or more.
    let small = counted["lines_1000"];
    assert!(
        small > 0.0 && counted["lines_100000"] <= 1.4 * small,
        "{counted:?}"
    );
    assert!(small <= 1.5 * counted["rules_40"], "{counted:?}");
}
