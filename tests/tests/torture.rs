//! Clients at their worst, over standard input and output: floods, silence, confusion. Each with what must come of it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::{Value, json};
use stockade_tests::script::Player;
use stockade_tests::script::Step::{Close, Finding, NoFinding, Open, Rewrite, Write as Put};
use stockade_tests::{Server, client};

const STOCKADE: &str = env!("CARGO_BIN_EXE_stockade-under-test");

const RULE: &str = "aws-kms-key-without-rotation";
const KEY: &str = "resource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = false\n}\n";

fn able() -> (tempfile::TempDir, Player) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = Server::start(STOCKADE, &["lsp"]);
    server.initialize(client::able("utf-16", &[folder.path()]));
    let player = Player::new(server, folder.path());
    (folder, player)
}

#[test]
fn a_burst_of_changes_ends_with_the_last_text() {
    let (_folder, mut player) = able();
    player.play(&[Open("main.tf", KEY), Finding("main.tf", 2, "warning", RULE)]);
    player.server.publications.clear();
    let at = player.find("main.tf", "false");
    for n in 0..10_000 {
        let (old, new) = if n % 2 == 0 {
            ("false", "true")
        } else {
            ("true", "false")
        };
        player.change("main.tf", at, at + old.len(), new);
    }
    player.play(&[Finding("main.tf", 2, "warning", RULE)]);
    let uri = player.uri("main.tf");
    // How many depends on who is faster, we or the server: it takes what has come and publishes once.
    println!(
        "{} publications of 10,000 changes",
        player.server.publications[&uri]
    );
    assert_eq!(player.server.published[&uri]["version"], 10_000);
    player.change("main.tf", at, at + "false".len(), "true");
    player.play(&[NoFinding("main.tf", RULE)]);
}

#[test]
fn requests_between_edits_are_answered_for_their_place_or_not_at_all() {
    let (_folder, mut player) = able();
    let text = KEY.repeat(300).replace("\"k\"", "\"K\"");
    let numbered: String = text
        .split("\"K\"")
        .enumerate()
        .map(|(n, part)| {
            if n == 0 {
                part.to_owned()
            } else {
                format!("\"k{n}\"{part}")
            }
        })
        .collect();
    player.play(&[Open("main.tf", &numbered)]);
    let uri = player.uri("main.tf");
    let mut asked = Vec::new();
    for n in 0..4_u64 {
        let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9_999, "character": 0 } });
        let params = json!({ "textDocument": { "uri": uri }, "range": whole, "context": { "diagnostics": [] } });
        asked.push(player.server.ask("textDocument/codeAction", params));
        player.change("main.tf", 0, 0, &format!("# {n}\n"));
    }
    player
        .server
        .notify("$/cancelRequest", json!({ "id": asked[1] }));
    for (nth, id) in asked.into_iter().enumerate() {
        let response = player.server.response(id);
        let is_right =
            response["result"].is_array() || nth == 1 && response["error"]["code"] == -32800;
        assert!(is_right, "{nth}: {response}");
    }
    player.play(&[Finding("main.tf", 6, "warning", RULE)]);
}

#[test]
fn a_client_that_never_answers_is_served() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut params = client::able("utf-16", &[folder.path()]);
    params["capabilities"]["workspace"]["didChangeWatchedFiles"] =
        json!({ "dynamicRegistration": true });
    params["capabilities"]["workspace"]["applyEdit"] = json!(true);
    let mut server = Server::start(STOCKADE, &["lsp"]);
    server.is_silent = true;
    server.initialize(params);
    let mut player = Player::new(server, folder.path());
    player.play(&[Open("main.tf", KEY), Finding("main.tf", 2, "warning", RULE)]);
    for _ in 0..100 {
        let fixes = json!({ "uri": player.uri("main.tf") });
        let params = json!({ "command": "stockade.applyFixes", "arguments": [fixes] });
        let response = player.server.request("workspace/executeCommand", params);
        assert!(response.get("error").is_none(), "{response}");
    }
    player.play(&[Rewrite("main.tf", ""), NoFinding("main.tf", RULE)]);
    assert!(
        player
            .server
            .asked
            .iter()
            .any(|(method, _)| method == "client/registerCapability")
    );
    assert_eq!(player.server.shut_down(), Some(0));
}

/// A server whose output nobody reads yet.
fn started() -> (Child, ChildStdin) {
    let mut process = Command::new(STOCKADE)
        .arg("lsp")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let input = process.stdin.take().expect("piped");
    (process, input)
}

fn framed(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The next message of a server.
fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut header = String::new();
    output.read_line(&mut header).ok().filter(|n| *n > 0)?;
    let length = header
        .trim()
        .strip_prefix("Content-Length: ")?
        .parse()
        .ok()?;
    let mut blank = String::new();
    output.read_line(&mut blank).ok()?;
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

#[test]
fn a_client_that_does_not_read_can_write_on() {
    let (mut process, mut input) = started();
    let mut send = |message: Value| input.write_all(&framed(&message)).expect("written");
    send(
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client::plain(&[]) }),
    );
    send(json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }));
    let uri = "file:///stockade-torture/main.tf";
    let document =
        json!({ "uri": uri, "languageId": "terraform", "version": 0, "text": KEY.repeat(50) });
    send(
        json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": { "textDocument": document } }),
    );
    // Far more than the pipe between us holds, in both directions.
    for version in 1..2_000 {
        let whole = json!([{ "text": format!("# {version}\n{}", KEY.repeat(20)) }]);
        let document = json!({ "uri": uri, "version": version });
        send(
            json!({ "jsonrpc": "2.0", "method": "textDocument/didChange", "params": { "textDocument": document, "contentChanges": whole } }),
        );
        let place =
            json!({ "textDocument": { "uri": uri }, "position": { "line": 2, "character": 25 } });
        send(
            json!({ "jsonrpc": "2.0", "id": version + 1, "method": "textDocument/hover", "params": place }),
        );
    }
    send(json!({ "jsonrpc": "2.0", "id": 9_999, "method": "shutdown" }));
    send(json!({ "jsonrpc": "2.0", "method": "exit" }));
    drop(input);
    let mut output = BufReader::new(process.stdout.take().expect("piped"));
    let mut answered = 0;
    while let Some(message) = read(&mut output) {
        answered += usize::from(message.get("method").is_none());
    }
    assert_eq!(answered, 2_001, "every request is answered");
    assert_eq!(process.wait().expect("ended").code(), Some(0));
}

#[test]
fn a_client_that_dies_takes_the_server_with_it() {
    let (mut process, mut input) = started();
    let initialize =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client::plain(&[]) });
    input.write_all(&framed(&initialize)).expect("written");
    // Both pipes close in the middle of a message.
    drop(process.stdout.take());
    input
        .write_all(b"Content-Length: 1000\r\n\r\n{\"jsonrpc\"")
        .expect("written");
    drop(input);
    assert_eq!(process.wait().expect("ended").code(), Some(1));
}

#[test]
fn versions_that_jump_are_taken_as_they_come() {
    let (_folder, mut player) = able();
    player.play(&[Open("main.tf", KEY)]);
    let uri = player.uri("main.tf");
    for (version, text) in [(900, ""), (3, KEY), (3, ""), (-7, KEY)] {
        let params = json!({
            "textDocument": { "uri": uri, "version": version },
            "contentChanges": [{ "text": text }],
        });
        player.server.notify("textDocument/didChange", params);
        player.server.settle();
        let published = &player.server.published[&uri];
        assert_eq!(published["version"], version);
        let count = published["diagnostics"].as_array().map(Vec::len);
        assert_eq!(
            count,
            Some(usize::from(!text.is_empty())),
            "version {version}"
        );
    }
}

#[test]
fn documents_of_every_size() {
    let (_folder, mut player) = able();
    let deep = format!(
        "locals {{\n  x = {}1{}\n}}\n",
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    let long = format!("locals {{\n  x = \"{}\"\n}}\n", "a".repeat(1_000_000));
    let texts = [
        "", "\n", "\u{feff}", "\0", "{", "\"", "<<", "/*", "${", &deep, &long,
    ];
    for text in texts {
        player.play(&[Open("odd.tf", text), Put("other.tf", "locals {}\n")]);
        let place = json!({ "textDocument": { "uri": player.uri("odd.tf") }, "position": { "line": 0, "character": 0 } });
        for method in ["textDocument/hover", "textDocument/completion"] {
            let response = player.server.request(method, place.clone());
            assert!(response.get("error").is_none(), "{method}: {response}");
        }
        player.play(&[
            Rewrite("odd.tf", KEY),
            Finding("odd.tf", 2, "warning", RULE),
            Close("odd.tf"),
        ]);
    }
}

#[test]
fn five_hundred_documents_and_a_folder_that_moves() {
    let (folder, mut player) = able();
    let name = |n: usize| format!("m{}/f{n}.tf", n % 50);
    for n in 0..500 {
        let text = KEY.replace("\"k\"", &format!("\"k{n}\""));
        player.open(&name(n), &text);
    }
    player.server.settle();
    for n in 0..500 {
        assert_eq!(player.findings(&name(n)).len(), 1, "{}", name(n));
    }
    // On disk the folder has another name now; the editor still has its documents.
    std::fs::create_dir(folder.path().join("m0")).expect("created");
    std::fs::rename(folder.path().join("m0"), folder.path().join("moved")).expect("renamed");
    let change = |name: &str, kind: i32| json!({ "uri": client::uri(&folder.path().join(name)), "type": kind });
    let changes = json!({ "changes": [change("m0", 3), change("moved", 1)] });
    player
        .server
        .notify("workspace/didChangeWatchedFiles", changes);
    player.server.settle();
    assert_eq!(player.findings(&name(0)).len(), 1, "what is open stays");
    for n in 0..500 {
        player.close(&name(n));
    }
    player.server.settle();
    for n in 0..500 {
        assert_eq!(player.findings(&name(n)).len(), 0, "{}", name(n));
    }
}

#[test]
fn a_branch_that_is_switched_comes_at_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut params = client::able("utf-16", &[folder.path()]);
    // It watches by itself, and tells all at once.
    params["capabilities"]["workspace"]["didChangeWatchedFiles"] =
        json!({ "dynamicRegistration": true });
    let mut server = Server::start(STOCKADE, &["lsp"]);
    server.initialize(params);
    let mut player = Player::new(server, folder.path());
    player.play(&[Open(
        "main.tf",
        "resource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.on\n}\n",
    )]);
    player.server.settle();
    let mut changes = Vec::new();
    for n in 0..400 {
        let path = folder.path().join(format!("v{n}.tf"));
        std::fs::write(&path, format!("variable \"v{n}\" {{}}\n")).expect("written");
        changes.push(json!({ "uri": client::uri(&path), "type": 1 }));
    }
    let path = folder.path().join("on.tf");
    std::fs::write(&path, "variable \"on\" {\n  default = false\n}\n").expect("written");
    changes.push(json!({ "uri": client::uri(&path), "type": 1 }));
    player.server.settle();
    player.server.publications.clear();
    player.server.notify(
        "workspace/didChangeWatchedFiles",
        json!({ "changes": changes }),
    );
    player.play(&[Finding("main.tf", 2, "warning", RULE)]);
    let uri = player.uri("main.tf");
    assert!(
        player.server.publications[&uri] <= 2,
        "{:?}",
        player.server.publications
    );
}

#[test]
fn a_whole_workspace_is_told_while_somebody_types() {
    const COUNT: usize = 300;
    let folder = tempfile::tempdir().expect("a temporary folder");
    for n in 0..COUNT {
        let module = folder.path().join(format!("m{n}"));
        std::fs::create_dir(&module).expect("created");
        std::fs::write(module.join("main.tf"), KEY).expect("written");
    }
    let mut params = client::able("utf-16", &[folder.path()]);
    params["capabilities"]["window"] = json!({ "workDoneProgress": true });
    params["initializationOptions"]["publish"] = json!("workspace");
    let mut server = Server::start(STOCKADE, &["lsp"]);
    server.initialize(params);
    let mut player = Player::new(server, folder.path());
    player.open("m7/main.tf", KEY);
    let uri = player.uri("m7/main.tf");
    for version in 1..50 {
        let text = match version % 2 {
            0 => KEY.to_owned(),
            _ => KEY.replace("false", "true"),
        };
        player.play(&[Rewrite("m7/main.tf", &text)]);
        player.server.published(&uri, version);
    }
    player.server.settle();
    for n in 0..COUNT {
        let expected = usize::from(n != 7);
        assert_eq!(
            player.findings(&format!("m{n}/main.tf")).len(),
            expected,
            "m{n}"
        );
    }
    // Nobody waits for the client's answers: how much of the scan is told depends on them, not in which form.
    let mut is_open = false;
    let mut last = 0;
    for params in std::mem::take(&mut player.server.progress) {
        let value = &params["value"];
        match value["kind"].as_str() {
            Some("begin") => {
                assert!(!is_open, "{params}");
                (is_open, last) = (true, 0);
            }
            Some("report") => {
                let percentage = value["percentage"].as_u64().expect("a percentage");
                assert!(is_open && (last..=100).contains(&percentage), "{params}");
                last = percentage;
            }
            Some("end") => is_open = false,
            _ => panic!("{params}"),
        }
    }
    assert_eq!(player.server.shut_down(), Some(0));
}
