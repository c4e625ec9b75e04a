//! What the server holds after ever more edits of a file.

use stockade_tests::habits::HABITS;
use stockade_tests::script::CHANGED;
use stockade_tests::shop;

/// After how many edits it is looked at.
const EDITS: [i64; 4] = [0, 1_000, 3_000, 10_000];

/// Prints what the server holds, in MB, for files of so many lines.
pub(crate) fn measure(sizes: &[usize]) {
    println!(
        "| lines |{}",
        EDITS.map(|n| format!(" {n} edits |")).concat()
    );
    println!("|---|{}", "---|".repeat(EDITS.len()));
    for lines in sizes {
        let held = held(*lines).map(|mb| format!(" {mb:.0} |"));
        println!("| {lines} |{}", held.concat());
    }
}

/// What the server holds after so many edits, all habits over and over.
fn held(lines: usize) -> [f64; EDITS.len()] {
    let text = shop::file(lines);
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join(crate::FILE), &text).expect("a temporary file");
    let mut player = crate::started("lsp", folder.path(), &serde_json::json!([]));
    player.open(crate::FILE, &text);
    let uri = player.uri(crate::FILE);
    let keys: Vec<_> = HABITS.iter().flat_map(|h| h.keystrokes(&text)).collect();
    let mut keys = keys.iter().cycle();
    let mut version = 0;
    EDITS.map(|edits| {
        while version < edits {
            let key = keys.next().expect("habits without end");
            version += 1;
            let change = player.changed_to(crate::FILE, key.from, key.to, &key.text);
            player.server.notify(CHANGED, change);
            player.server.published(&uri, version);
        }
        player.server.settle();
        player.server.memory().unwrap_or(f64::NAN)
    })
}
