//! Contract 1: after any sequence of edits that ends without a broken segment, what the server says is what a fresh
//! server says about the same files with the same open buffers.
//!
//! `SCRIPT=<seed> cargo nextest run -p stockade-tests equivalence` plays one script alone and prints it; with `SCRIPTS=<n>`
//! each of the eight tests plays that many.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use stockade_tests::edits::{Action, EXTRA, FIXTURES, Texts, difference, script};
use stockade_tests::script::Player;
use stockade_tests::{Server, client};

const STOCKADE: &str = env!("CARGO_BIN_EXE_stockade-under-test");

/// Scripts of one test, unless `SCRIPTS` says how many; the tests run in parallel.
const SCRIPTS: u64 = 175;

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
    let number = |name| std::env::var(name).ok()?.parse().ok();
    let scripts: u64 = number("SCRIPTS").unwrap_or(SCRIPTS);
    let seeds: Vec<u64> = match number("SCRIPT") {
        Some(seed) if seed / scripts == part => vec![seed],
        Some(_) => return,
        None => (part * scripts..(part + 1) * scripts).collect(),
    };
    for batch in seeds.chunks(PER_SERVER as usize) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut player = started(folder.path());
        for &seed in batch {
            let actions = script(seed);
            if let Some(difference) = difference_after(
                &mut player,
                &format!("s{seed}"),
                &Texts::at_first(),
                &actions,
            ) {
                panic!(
                    "script {seed}\n{}",
                    smallest(&actions).unwrap_or(difference)
                );
            }
        }
        assert_eq!(player.server.shut_down(), Some(0));
    }
}

fn started(folder: &Path) -> Player {
    let mut server = Server::start(STOCKADE, &["lsp"]);
    server.initialize(client::able("utf-16", &[folder]));
    Player::new(server, folder)
}

/// Plays actions in a new folder with these texts. How what the server says then differs from what a fresh one says.
fn difference_after(
    player: &mut Player,
    folder: &str,
    start: &Texts,
    actions: &[Action],
) -> Option<String> {
    let path = player.path(folder);
    std::fs::create_dir(&path).expect("a folder for the script");
    for (file, text) in &start.disk {
        let file = path.join(file);
        let folder = file.parent().expect("a file stands in a folder");
        std::fs::create_dir_all(folder).expect("a folder for the script");
        std::fs::write(file, text).expect("a file of the script");
    }
    start
        .open
        .iter()
        .for_each(|(file, text)| player.open(&format!("{folder}/{file}"), text));
    actions
        .iter()
        .for_each(|action| play(player, folder, action));
    open_all(player, folder);
    mend(player);

    let files = player.open_files();
    let edited = said(player, &files);
    let mut fresh = started(&player.path(""));
    for file in &files {
        fresh.open(file, player.text(file).unwrap_or_default());
    }
    fresh.server.settle();
    let expected = said(&mut fresh, &files);
    let difference = (edited != expected).then(|| difference_between(player, &edited, &expected));
    files.iter().for_each(|file| player.close(file));
    player.server.settle();
    difference
}

/// The shortest part of a script that makes a difference, with the texts before it; for whoever has to find out why.
fn smallest(actions: &[Action]) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut tries = 0;
    let mut fails = |from: usize, to: usize| {
        let mut start = Texts::at_first();
        actions[..from].iter().for_each(|action| start.take(action));
        tries += 1;
        let mut player = started(folder.path());
        let difference = difference_after(
            &mut player,
            &format!("t{tries}"),
            &start,
            &actions[from..to],
        )?;
        Some((from, to, start, difference))
    };
    let (_, to, ..) = (0..=actions.len()).find_map(|to| fails(0, to))?;
    let (from, to, start, difference) = (0..=to).rev().find_map(|from| fails(from, to))?;
    let texts = start
        .open
        .iter()
        .map(|(file, text)| format!("--- {file}\n{text}"))
        .collect::<String>();
    Some(format!(
        "{texts}--- then {from}..{to}\n{:#?}\n{difference}",
        &actions[from..to]
    ))
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
fn open_all(player: &mut Player, folder: &str) {
    let names = FIXTURES.iter().map(|(file, _)| *file).chain(EXTRA);
    let files = names.map(|file| format!("{folder}/{file}"));
    let mut files: Vec<String> = files.filter(|file| player.path(file).exists()).collect();
    files.sort();
    for file in files {
        if player.text(&file).is_none() {
            let text = std::fs::read_to_string(player.path(&file)).expect("a file of the script");
            player.open(&file, &text);
        }
    }
}

/// Edits files with syntax errors until there are none.
fn mend(player: &mut Player) {
    player.server.settle();
    for file in player.open_files() {
        let broken = player
            .findings(&file)
            .iter()
            .any(|finding| finding.ends_with(" syntax-error"));
        if broken {
            let name = file.split_once('/').map_or("", |(_, name)| name);
            let good = FIXTURES
                .iter()
                .find(|(fixture, _)| *fixture == name)
                .map_or("", |(_, text)| text);
            let (from, to, new) = difference(player.text(&file).unwrap_or_default(), good);
            player.change(&file, from, to, new);
        }
    }
    player.server.settle();
}

/// All that the server says about the files: diagnostics, actions, and the edit of one of them.
fn said(player: &mut Player, files: &[String]) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for file in files {
        let uri = player.uri(file);
        let published = player.server.published.get(&uri);
        let diagnostics = published
            .map(|params| params["diagnostics"].clone())
            .unwrap_or_else(|| json!([]));
        let length = player.text(file).map_or(0, str::len);
        let actions = player.actions(file, 0, length);
        let chosen = actions.get(length % actions.len().max(1)).cloned();
        let edit = chosen.map(|action| without_versions(player.resolved(action)));
        all.insert(
            file.clone(),
            json!({ "diagnostics": diagnostics, "actions": actions, "edit": edit }),
        );
    }
    all
}

/// The versions of documents differ by the history that they had.
fn without_versions(mut action: Value) -> Value {
    for document in action["edit"]["documentChanges"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        document["textDocument"]["version"].take();
    }
    action
}

fn difference_between(
    player: &Player,
    edited: &BTreeMap<String, Value>,
    fresh: &BTreeMap<String, Value>,
) -> String {
    let mut text = String::new();
    for (file, said) in edited
        .iter()
        .filter(|(file, said)| fresh.get(*file) != Some(said))
    {
        text.push_str(&format!(
            "--- {file} in the end\n{}\n",
            player.text(file).unwrap_or_default()
        ));
        for part in ["diagnostics", "actions"] {
            let lines = |value: &Value| {
                value[part]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(Value::to_string)
                    .collect()
            };
            let (edited, fresh): (Vec<String>, Vec<String>) = (lines(said), lines(&fresh[file]));
            edited
                .iter()
                .filter(|line| !fresh.contains(line))
                .for_each(|line| text.push_str(&format!("  edited: {line}\n")));
            fresh
                .iter()
                .filter(|line| !edited.contains(line))
                .for_each(|line| text.push_str(&format!("  fresh:  {line}\n")));
        }
        if said["edit"] != fresh[file]["edit"] {
            text.push_str(&format!(
                "  edited: {}\n  fresh:  {}\n",
                said["edit"], fresh[file]["edit"]
            ));
        }
    }
    text
}
