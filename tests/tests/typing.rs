//! What appears while somebody types, beside findings: completion, lenses, hints, links, fixes of many findings.

use serde_json::{Value, json};
use stockade_tests::script::Player;
use stockade_tests::script::Step::{Apply, Close, Finding, NoFinding, Open, Replace, Text, Write};
use stockade_tests::{Server, client, place};

const STOCKADE: &str = env!("CARGO_BIN_EXE_stockade-under-test");

const KEYS: &str = "resource \"aws_kms_key\" \"a\" {\n  enable_key_rotation = false\n}\n\nresource \"aws_kms_key\" \"b\" {\n  enable_key_rotation = false\n}\n";
const KEY_RULE: &str = "aws-kms-key-without-rotation";

/// A player whose client can all that is asked here, with these settings.
fn player(settings: Value) -> (tempfile::TempDir, Player) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut params = client::able("utf-16", &[folder.path()]);
    params["initializationOptions"] = settings;
    params["capabilities"]["textDocument"]["completion"] =
        json!({ "completionItem": { "snippetSupport": true } });
    let mut server = Server::start(STOCKADE, &["lsp"]);
    server.initialize(params);
    let player = Player::new(server, folder.path());
    (folder, player)
}

/// What is offered at `|` in a text: labels, and the text after the first one is taken.
fn completed(player: &mut Player, file: &str, marked: &str) -> (Vec<String>, Option<String>) {
    let at = marked.find('|').expect("a cursor");
    let text = marked.replacen('|', "", 1);
    player.open(file, &text);
    let encoding = player.server.encoding;
    let position = place::position(&text, at, encoding);
    let params = json!({ "textDocument": { "uri": player.uri(file) }, "position": position });
    let response = player.server.request("textDocument/completion", params);
    let items = response["result"].as_array().cloned().unwrap_or_default();
    let labels = items.iter().filter_map(|i| i["label"].as_str());
    let labels = labels.map(str::to_owned).collect();
    let taken = items
        .first()
        .map(|item| place::edited(&text, &json!([item["textEdit"]]), encoding));
    player.close(file);
    (labels, taken)
}

#[test]
fn values_that_rules_accept_are_completed() {
    let (_folder, mut player) = player(Value::Null);
    let instance = "resource \"aws_instance\" \"web\" {\n  metadata_options {\n    ";
    let cases = [
        (
            "http_tokens = |\n  }\n}\n",
            "http_tokens = \"required\"\n  }\n}\n",
        ),
        (
            "http_tokens = \"opt|\"\n  }\n}\n",
            "http_tokens = \"required\"\n  }\n}\n",
        ),
        ("http_tokens = \"|\n", "http_tokens = \"required\"\n"),
    ];
    for (typed, expected) in cases {
        let (labels, taken) = completed(&mut player, "main.tf", &format!("{instance}{typed}"));
        assert_eq!(labels, ["\"required\""], "{typed}");
        assert_eq!(taken, Some(format!("{instance}{expected}")), "{typed}");
    }
    for nothing in [
        "resource \"aws_instance\" \"web\" {\n  ami = |\n}\n",
        "locals {\n  x = |\n}\n",
        "resource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.x ? tr|\n}\n",
        "# http_tokens = |\n",
        "resource \"aws_instance\" \"web\" {\n  tags = {\n    http_tokens = |\n",
    ] {
        let (labels, _) = completed(&mut player, "main.tf", nothing);
        assert_eq!(labels, [""; 0], "{nothing}");
    }
}

#[test]
fn secure_resources_are_completed() {
    let (_folder, mut player) = player(Value::Null);
    for typed in [
        "aws_sqs|\n",
        "resource \"aws_sqs|\"\n",
        "resource \"aws_sqs|\n",
    ] {
        let (labels, taken) = completed(&mut player, "main.tf", typed);
        assert_eq!(labels, ["aws_sqs_queue"], "{typed}");
        let expected = "resource \"aws_sqs_queue\" \"${1:main}\" {\n  name                    = \"${2:example}\"\n  sqs_managed_sse_enabled = true\n\\}\n\n";
        assert_eq!(taken.as_deref(), Some(expected), "{typed}");
    }
    let (labels, _) = completed(&mut player, "main.tf", "variable \"aws_sqs|\" {}\n");
    assert_eq!(labels, [""; 0]);
}

#[test]
fn rules_are_completed_in_comments_and_settings() {
    let (_folder, mut player) = player(Value::Null);
    let (labels, taken) = completed(
        &mut player,
        "main.tf",
        "# stockade:ignore |\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = false\n}\n",
    );
    assert_eq!(labels[0], KEY_RULE, "what is found comes first");
    assert!(labels.len() > 400);
    let expected = format!("# stockade:ignore {KEY_RULE}\nresource");
    assert!(taken.is_some_and(|text| text.starts_with(&expected)));
    let (labels, _) = completed(&mut player, "main.tf", "# stockade:ignore x -- |\n");
    assert_eq!(labels, [""; 0]);

    let cases: [(&str, &[&str]); 6] = [
        (
            "[|]\n",
            &[
                "rules",
                "files",
                "variables",
                "modules",
                "report",
                "terraform",
            ],
        ),
        ("[rules]\n|\n", &["select", "ignore"]),
        (
            "[report]\nfail-on = |\n",
            &["critical", "high", "medium", "low", "info"],
        ),
        ("[rules.aws-kms-key-without-rotation]\n|\n", &["severity"]),
        ("[files]\nexclude = [\"|\"]\n", &[]),
        ("# |\n", &[]),
    ];
    for (text, expected) in cases {
        let (labels, _) = completed(&mut player, "stockade.toml", text);
        assert_eq!(labels, expected, "{text}");
    }
    let (labels, taken) = completed(
        &mut player,
        "stockade.toml",
        "[rules]\nignore = [\n  \"acc|\",\n]\n",
    );
    assert_eq!(labels[0], "access");
    assert_eq!(
        taken.as_deref(),
        Some("[rules]\nignore = [\n  \"access\",\n]\n")
    );
    let (labels, _) = completed(&mut player, "stockade.toml", "[rules.aws-|]\n");
    assert!(labels.iter().any(|label| label == KEY_RULE));
}

fn lenses(player: &mut Player, file: &str) -> Vec<Value> {
    let params = json!({ "textDocument": { "uri": player.uri(file) } });
    let response = player.server.request("textDocument/codeLens", params);
    response["result"].as_array().cloned().unwrap_or_default()
}

#[test]
fn lenses_count_and_fix() {
    let (_folder, mut player) = player(json!({ "codeLens": true }));
    player.play(&[
        Open("main.tf", KEYS),
        Finding("main.tf", 2, "warning", KEY_RULE),
    ]);
    let lenses = lenses(&mut player, "main.tf");
    let told: Vec<String> = lenses
        .iter()
        .map(|lens| {
            format!(
                "{} {}",
                lens["range"]["start"]["line"], lens["command"]["title"]
            )
        })
        .collect();
    let count = |line| format!("{line} \"1 finding: 1 medium\"");
    let fix = |line| format!("{line} \"fix the one that is safe\"");
    assert_eq!(told, [count(0), fix(0), count(4), fix(4)]);
    let command = &lenses[3]["command"];
    let params = json!({ "command": command["command"], "arguments": command["arguments"] });
    player.server.request("workspace/executeCommand", params);
    player.server.wait_until(|server| !server.asked.is_empty());
    let (method, asked) = player.server.asked.pop().expect("the edit");
    assert_eq!(method, "workspace/applyEdit");
    player.apply_edit(&asked["edit"]);
    let expected = KEYS.replacen(
        "\"b\" {\n  enable_key_rotation = false",
        "\"b\" {\n  enable_key_rotation = true",
        1,
    );
    player.play(&[Text("main.tf", &expected)]);
}

#[test]
fn fixes_of_a_rule_and_of_everything() {
    let (_folder, mut player) = player(Value::Null);
    let fixed = KEYS.replace("false", "true");
    player.play(&[
        Open("main.tf", KEYS),
        Apply(
            "main.tf",
            "\"a\" {\n  enable_key_rotation = false",
            "Fix all 2 of aws-kms-key-without-rotation",
        ),
        Text("main.tf", &fixed),
        Replace(
            "main.tf",
            "\"a\" {\n  enable_key_rotation = true",
            "\"a\" {\n  enable_key_rotation = false",
        ),
        Finding("main.tf", 2, "warning", KEY_RULE),
    ]);
    player.play(&[
        Open("called/main.tf", "variable \"on\" {}\n\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.on\n}\n"),
        Open("calls/main.tf", "module \"called\" {\n  source = \"../called\"\n  on     = false\n}\n"),
        Finding("called/main.tf", 4, "warning", KEY_RULE),
    ]);
    let response = player.server.request("stockade/workspaceFixes", json!({}));
    player.apply_edit(&response["result"]);
    player.play(&[
        NoFinding("main.tf", KEY_RULE),
        Text("main.tf", &fixed),
        NoFinding("called/main.tf", KEY_RULE),
    ]);
}

#[test]
fn values_stand_behind_arguments_that_rules_look_at() {
    let (_folder, mut player) = player(json!({ "inlayHints": true }));
    let text = "locals {\n  on = true\n}\n\nresource \"aws_kms_key\" \"k\" {\n  description         = local.on\n  enable_key_rotation = local.on\n}\n";
    player.play(&[Open("main.tf", text)]);
    let whole =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let params = json!({ "textDocument": { "uri": player.uri("main.tf") }, "range": whole });
    let response = player.server.request("textDocument/inlayHint", params);
    let hints = response["result"].as_array().cloned().unwrap_or_default();
    let told: Vec<String> = hints
        .iter()
        .map(|hint| {
            format!(
                "{} {} {}",
                hint["position"]["line"], hint["label"], hint["tooltip"]
            )
        })
        .collect();
    assert_eq!(told, ["6 \"= true\" \"local.on main.tf:2\""]);
}

#[test]
fn rules_are_links() {
    let (_folder, mut player) = player(json!({ "ruleUri": "stockade-rule:/{id}.md" }));
    let text = format!("# stockade:ignore {KEY_RULE}, nothing -- for a test\n# {KEY_RULE}\n{KEYS}");
    player.play(&[
        Open("main.tf", &text),
        Write("stockade.toml", ""),
        Open(
            "stockade.toml",
            &format!("[rules.{KEY_RULE}]\nseverity = \"low\"\n"),
        ),
    ]);
    let links = |player: &mut Player, file: &str| -> Vec<String> {
        let params = json!({ "textDocument": { "uri": player.uri(file) } });
        let response = player.server.request("textDocument/documentLink", params);
        let links = response["result"].as_array().cloned().unwrap_or_default();
        links
            .iter()
            .map(|link| format!("{} {}", link["range"]["start"]["line"], link["target"]))
            .collect()
    };
    let link = format!("0 \"stockade-rule:/{KEY_RULE}.md\"");
    assert_eq!(links(&mut player, "main.tf"), [link.clone()]);
    assert_eq!(links(&mut player, "stockade.toml"), [link]);
    player.server.settle();
    let published = player.server.published[&player.uri("main.tf")].to_string();
    assert!(
        published.contains(&format!("{{\"href\":\"stockade-rule:/{KEY_RULE}.md\"}}")),
        "{published}"
    );

    let page = player
        .server
        .request("stockade/rule", json!({ "id": KEY_RULE }));
    let markdown = page["result"]["markdown"].as_str().unwrap_or_default();
    assert!(markdown.contains("## Bad"), "{page}");
    let page = player
        .server
        .request("stockade/rule", json!({ "id": "nothing" }));
    assert_eq!(page["result"], Value::Null);
}

#[test]
fn what_is_deprecated_is_struck_through() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut params = client::able("utf-16", &[folder.path()]);
    params["capabilities"]["textDocument"]["publishDiagnostics"]["tagSupport"] =
        json!({ "valueSet": [1, 2] });
    let mut server = Server::start(STOCKADE, &["lsp"]);
    server.initialize(params);
    let mut player = Player::new(server, folder.path());
    let text = r#"terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 2.99" }
  }
}

resource "google_container_cluster" "c" {
  name               = "c"
  enable_legacy_abac = true
}

resource "azurerm_storage_account" "written" {
  min_tls_version = "TLS1_0"
}

resource "azurerm_storage_account" "missing" {
  name = "old"
}
"#;
    player.play(&[Open("main.tf", text)]);
    player.server.settle();
    let published = player.server.published[&player.uri("main.tf")]["diagnostics"].clone();
    let all = published.as_array().expect("diagnostics");
    let of_tls = |d: &&Value| d["code"] == "azurerm-storage-account-with-old-tls";
    assert_eq!(all.iter().filter(of_tls).count(), 2);
    let tagged = all.iter().filter(|d| d["tags"] == json!([2]));
    let tagged: Vec<(&Value, &Value)> = tagged
        .map(|d| (&d["code"], &d["data"]["address"]))
        .collect();
    // What is missing can't be struck through.
    let expected = [
        (
            "google-container-cluster-with-legacy-abac",
            "google_container_cluster.c",
        ),
        (
            "azurerm-storage-account-with-old-tls",
            "azurerm_storage_account.written",
        ),
    ];
    assert_eq!(
        format!("{tagged:?}"),
        format!("{:?}", expected.map(|(a, b)| (json!(a), json!(b))))
    );
}

#[test]
fn syntax_errors_are_told_where_they_are_asked_for() {
    let broken = "resource \"aws_kms_key\" \"k\" {\n  a = = 1\n}\n";
    let (_folder, mut silent) = player(Value::Null);
    silent.play(&[
        Open("main.tf", broken),
        NoFinding("main.tf", "syntax-error"),
    ]);
    let (_folder, mut told) = player(json!({ "syntaxErrors": true, "unknown": 1 }));
    told.play(&[
        Open("main.tf", broken),
        Finding("main.tf", 2, "error", "syntax-error"),
        Close("main.tf"),
    ]);
}

#[test]
fn documents_without_a_file_are_modules_of_their_own() {
    let (_folder, mut player) = player(Value::Null);
    let server = &mut player.server;
    for (uri, language) in [
        ("untitled:Untitled-1", "terraform"),
        ("untitled:Untitled-2", "opentofu"),
        ("untitled:Untitled-3", "plaintext"),
        ("untitled:/srv/new.tf", "terraform"),
    ] {
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": KEYS });
        server.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }
    server.settle();
    let count = |server: &Server, uri: &str| {
        let published = server.published.get(uri)?;
        published["diagnostics"].as_array().map(Vec::len)
    };
    assert_eq!(count(server, "untitled:Untitled-1"), Some(2));
    assert_eq!(
        count(server, "untitled:Untitled-2"),
        Some(2),
        "nothing is declared twice"
    );
    assert_eq!(count(server, "untitled:Untitled-3"), None);
    assert_eq!(count(server, "untitled:/srv/new.tf"), Some(2));
    let identifier = json!({ "uri": "untitled:Untitled-1" });
    server.notify(
        "textDocument/didClose",
        json!({ "textDocument": identifier }),
    );
    server.settle();
    assert_eq!(count(server, "untitled:Untitled-1"), Some(0));
}
