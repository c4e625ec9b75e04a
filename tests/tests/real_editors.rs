//! Real editors with our configurations of them, where they are installed: `bash tests/editors/install.sh` does that, and each
//! `tests/editors/*.sh` here can be started by hand. With `STOCKADE_EDITORS_NEEDED` none may be missing.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use stockade_tests::skipped;

const STOCKADE: &str = env!("CARGO_BIN_EXE_stockade-under-test");

/// What a script ends with where there is no such editor, as automake's tests do.
const SKIPPED: i32 = 77;

/// What an editor needs of a machine leaves nothing for another.
static ALONE: Mutex<()> = Mutex::new(());

#[expect(
    clippy::print_stdout,
    reason = "what was measured, for those who ask with --nocapture"
)]
fn play(editor: &str) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let bin = tempfile::tempdir().expect("a temporary folder");
    fs::copy(STOCKADE, bin.path().join("stockade")).expect("copied");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors");
    let output = Command::new("bash")
        .arg(folder.join(format!("{editor}.sh")))
        .env("STOCKADE_BIN", bin.path())
        .output();
    let Ok(output) = output else {
        return skipped("there is no bash");
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let told = text(&output.stdout) + &text(&output.stderr);
    match output.status.code() {
        Some(0) => println!("{told}"),
        Some(SKIPPED) if env::var_os("STOCKADE_EDITORS_NEEDED").is_none() => skipped(told.trim()),
        _ => panic!("{editor}: {}\n{told}", output.status),
    }
}

#[test]
fn vscode() {
    play("vscode");
}

#[test]
fn neovim() {
    play("neovim");
}

#[test]
fn helix() {
    play("helix");
}

#[test]
fn emacs() {
    play("emacs");
}
