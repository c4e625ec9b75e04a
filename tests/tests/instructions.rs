//! What a keystroke costs within the engine does not grow with the file, nor much with the catalog: instructions counted by callgrind within
//! one run each, as ratios, since processors and compilers differ. Told as skipped where there is no valgrind.

use std::process::{Command, Stdio};

const STAGES: &str = env!("CARGO_BIN_EXE_stages");

/// Starts counting what all keystrokes take within the engine.
fn count(arguments: &[&str]) -> std::process::Child {
    let child = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg("--toggle-collect=*within_the_engine*")
        .arg("--callgrind-out-file=/dev/null")
        .arg(STAGES)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    child.expect("valgrind starts")
}

/// What was counted, in instructions.
fn counted(child: std::process::Child) -> f64 {
    let output = child.wait_with_output().expect("valgrind ends");
    let told = String::from_utf8_lossy(&output.stderr);
    let collected = told
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let count = collected.and_then(|(_, count)| count.trim().parse().ok());
    count
        .filter(|count| *count > 0.0)
        .unwrap_or_else(|| panic!("nothing was counted:\n{told}"))
}

#[test]
fn a_keystroke_costs_the_same_in_a_long_file_and_with_all_rules() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("skipped: there is no valgrind");
        return;
    }
    let large = count(&["100000"]);
    let small = counted(count(&["1000"]));
    let few = counted(count(&["1000", "--rules", "40"]));
    let large = counted(large);
    let told = format!("{large} at 100,000 lines, {small} at 1,000, {few} of it with 40 rules");
    eprintln!("{told}");
    // 1.12 in a release build, 1.22 in this one; what is copied or looked through whole shows as twice or more.
    assert!(large <= 1.4 * small, "{told}");
    assert!(small <= 1.5 * few, "{told}");
}
