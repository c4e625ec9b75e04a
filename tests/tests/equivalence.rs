//! Contract 1: after any sequence of edits that ends without a broken segment, what the server says is what a fresh
//! server says about the same files with the same open buffers.
//!
//! `SCRIPT=<seed> cargo nextest run -p stockade-tests equivalence` plays one script alone and prints it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use stockade_tests::edits::{Action, FIXTURES, difference, script};
use stockade_tests::script::Player;
use stockade_tests::{Server, client};

const STOCKADE: &str = env!("CARGO_BIN_EXE_stockade-under-test");

/// Scripts of one test; the tests run in parallel.
const SCRIPTS: u64 = 250;

/// Scripts that one server process sees before it is replaced.
const PER_SERVER: u64 = 25;

#[test]
fn scripts_1() {
    scripts(0);
}

#[test]
fn scripts_2() {
    scripts(1);
}

#[test]
fn scripts_3() {
    scripts(2);
}

#[test]
fn scripts_4() {
    scripts(3);
}

#[test]
fn scripts_5() {
    scripts(4);
}

#[test]
fn scripts_6() {
    scripts(5);
}

#[test]
fn scripts_7() {
    scripts(6);
}

#[test]
fn scripts_8() {
    scripts(7);
}

fn scripts(part: u64) {
    let seeds: Vec<u64> = match std::env::var("SCRIPT").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) if seed / SCRIPTS == part => vec![seed],
        Some(_) => return,
        None => (part * SCRIPTS..(part + 1) * SCRIPTS).collect(),
    };
    for batch in seeds.chunks(PER_SERVER as usize) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut player = started(folder.path());
        for &seed in batch {
            check(&mut player, folder.path(), seed);
        }
        assert_eq!(player.server.shut_down(), Some(0));
    }
}

fn started(folder: &Path) -> Player {
    let mut server = Server::start(STOCKADE, &["lsp"]);
    server.initialize(client::able("utf-16", &[folder]));
    Player::new(server, folder)
}

/// Plays a script in a folder of its own, then compares with a fresh server.
fn check(player: &mut Player, folder: &Path, seed: u64) {
    let name = format!("s{seed}");
    std::fs::create_dir(folder.join(&name)).expect("a folder for the script");
    for (file, text) in FIXTURES {
        std::fs::write(folder.join(&name).join(file), text).expect("a fixture");
    }
    let actions = script(seed);
    actions.iter().for_each(|action| play(player, &name, action));
    open_all(player, folder, &name);
    mend(player);

    let files = player.open_files();
    let edited = said(player, &files, seed);
    let mut fresh = started(folder);
    for file in &files {
        fresh.open(file, player.text(file).unwrap_or_default());
    }
    fresh.server.settle();
    let expected = said(&mut fresh, &files, seed);
    if edited != expected {
        report(seed, &actions, player, &edited, &expected);
    }
    files.iter().for_each(|file| player.close(file));
    player.server.settle();
}

fn play(player: &mut Player, folder: &str, action: &Action) {
    let path = |file: &str| format!("{folder}/{file}");
    match action {
        Action::Open(file, text) => player.open(&path(file), text),
        Action::Change(file, changes) => player.change_all(&path(file), changes),
        Action::Rewrite(file, text) => player.rewrite(&path(file), text),
        Action::Save(file) => player.save(&path(file)),
        Action::Close(file) => player.close(&path(file)),
        Action::Write(file, text) => player.write(&path(file), text),
        Action::Delete(file) => player.delete(&path(file)),
        Action::Settle => player.server.settle(),
    }
}

/// Opens what is only on disk: the server speaks of open documents only.
fn open_all(player: &mut Player, folder: &Path, name: &str) {
    let mut files: Vec<String> = std::fs::read_dir(folder.join(name))
        .expect("the script's folder")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .map(|file| format!("{name}/{file}"))
        .collect();
    files.sort();
    for file in files {
        if player.text(&file).is_none() {
            let text = std::fs::read_to_string(folder.join(&file)).expect("a file of the script");
            player.open(&file, &text);
        }
    }
}

/// Edits files with syntax errors until there are none.
fn mend(player: &mut Player) {
    player.server.settle();
    for file in player.open_files() {
        let broken = player.findings(&file).iter().any(|finding| finding.ends_with(" syntax-error"));
        if broken {
            let name = file.rsplit('/').next().unwrap_or_default();
            let good = FIXTURES.iter().find(|(fixture, _)| *fixture == name).map_or("", |(_, text)| text);
            let (from, to, new) = difference(player.text(&file).unwrap_or_default(), good);
            player.change(&file, from, to, new);
        }
    }
    player.server.settle();
}

/// All that the server says about the files: diagnostics, actions, and the edit of one of them.
fn said(player: &mut Player, files: &[String], seed: u64) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for file in files {
        let uri = player.uri(file);
        let published = player.server.published.get(&uri);
        let diagnostics = published.map(|params| params["diagnostics"].clone()).unwrap_or_else(|| json!([]));
        let length = player.text(file).map_or(0, str::len);
        let actions = player.actions(file, 0, length);
        let chosen = actions.get(seed as usize % actions.len().max(1)).cloned();
        let edit = chosen.map(|action| without_versions(player.resolved(action)));
        all.insert(file.clone(), json!({ "diagnostics": diagnostics, "actions": actions, "edit": edit }));
    }
    all
}

/// The versions of documents differ by the history that they had.
fn without_versions(mut action: Value) -> Value {
    for document in action["edit"]["documentChanges"].as_array_mut().into_iter().flatten() {
        document["textDocument"]["version"].take();
    }
    action
}

fn report(
    seed: u64,
    actions: &[Action],
    player: &Player,
    edited: &BTreeMap<String, Value>,
    expected: &BTreeMap<String, Value>,
) {
    let mut text = format!("script {seed}:\n");
    actions.iter().for_each(|action| text.push_str(&format!("  {action:?}\n")));
    for (file, said) in edited.iter().filter(|(file, said)| expected.get(*file) != Some(said)) {
        text.push_str(&format!("{file}:\n{}\n", player.text(file).unwrap_or_default()));
        for part in ["diagnostics", "actions"] {
            let lines = |value: &Value| value[part].as_array().into_iter().flatten().map(Value::to_string).collect();
            let (edited, fresh): (Vec<String>, Vec<String>) = (lines(said), lines(&expected[file]));
            edited.iter().filter(|line| !fresh.contains(line)).for_each(|line| text.push_str(&format!("  edited: {line}\n")));
            fresh.iter().filter(|line| !edited.contains(line)).for_each(|line| text.push_str(&format!("  fresh:  {line}\n")));
        }
        if said["edit"] != expected[file]["edit"] {
            text.push_str(&format!("  edited: {}\n  fresh:  {}\n", said["edit"], expected[file]["edit"]));
        }
    }
    panic!("{text}");
}
