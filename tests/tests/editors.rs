//! What editors see: findings, fixes, hovers, files on disk; with what real editors say about themselves.

use std::path::Path;

use serde_json::{Value, json};
use stockade_tests::client::{self, EDITORS};
use stockade_tests::place::offset;
use stockade_tests::script::Player;
use stockade_tests::script::Step::{
    Apply, Close, Delete, Finding, NoFinding, NotPublished, Open, Replace, Rewrite, Save, Text,
    Write,
};
use stockade_tests::{Server, place};

const STOCKADE: &str = env!("CARGO_BIN_EXE_stockade-under-test");

const RULE: &str = "aws-rds-instance-without-storage-encryption";

/// The value stands behind characters that every encoding counts differently.
const DATABASE: &str = "resource \"aws_db_instance\" \"orders\" {\r\n  /* Größe 😀 */ storage_encrypted = false\r\n}\r\n";

const FROM_VARIABLE: &str =
    "resource \"aws_db_instance\" \"orders\" {\n  storage_encrypted = var.encrypted\n}\n";

const VARIABLE: &str = "variable \"encrypted\" {\n  type    = bool\n  default = false\n}\n";

/// A finding whose fix is safe.
const KEY: &str = "resource \"aws_kms_key\" \"main\" {\n  enable_key_rotation = false\n}\n";

const KEY_RULE: &str = "aws-kms-key-without-rotation";

fn player(params: Value, folder: &Path) -> Player {
    let mut server = Server::start(STOCKADE, &["lsp"]);
    server.initialize(params);
    Player::new(server, folder)
}

/// A player in an empty folder; the folder lives as long as the first part.
fn able() -> (tempfile::TempDir, Player) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let player = player(client::able("utf-16", &[folder.path()]), folder.path());
    (folder, player)
}

/// The published diagnostic of [`RULE`].
fn diagnostic(player: &Player, file: &str) -> Value {
    let published = &player.server.published[&player.uri(file)]["diagnostics"];
    let found = published
        .as_array()
        .and_then(|all| all.iter().find(|diagnostic| diagnostic["code"] == RULE));
    found
        .cloned()
        .unwrap_or_else(|| panic!("{RULE} is not among {published}"))
}

#[test]
fn every_editor_sees_and_fixes() {
    for name in EDITORS {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let params = client::editor(name, folder.path());
        let client = params["capabilities"].clone();
        let mut player = player(params, folder.path());
        player.play(&[
            Open("main.tf", DATABASE),
            Finding("main.tf", 2, "error", RULE),
        ]);

        let diagnostic = diagnostic(&player, "main.tf");
        let at = |end: &str| offset(DATABASE, &diagnostic["range"][end], player.server.encoding);
        assert_eq!(
            &DATABASE[at("start")..at("end")],
            "false",
            "{name}: the range of the finding"
        );

        let from = player.find("main.tf", "false");
        let action = player.actions("main.tf", from, from).swap_remove(0);
        let resolves = client["textDocument"]["codeAction"]["resolveSupport"].is_object();
        assert_eq!(
            action.get("edit").is_none(),
            resolves,
            "{name}: edits come when they are asked for"
        );
        let action = player.resolved(action);
        let versioned = client["workspace"]["workspaceEdit"]["documentChanges"] == true;
        assert_eq!(
            action["edit"].get("documentChanges").is_some(),
            versioned,
            "{name}: the form of edits"
        );
        player.apply_edit(&action["edit"]);
        player.play(&[
            NoFinding("main.tf", RULE),
            Text("main.tf", &DATABASE.replace("false", "true")),
        ]);
        assert_eq!(player.server.shut_down(), Some(0), "{name}");
    }
}

#[test]
fn positions_are_in_the_encoding_that_suits_both() {
    let cases = [
        (json!(["utf-16"]), "utf-16"),
        (json!(["utf-16", "utf-8"]), "utf-8"),
        (json!(["utf-32", "utf-16"]), "utf-16"),
        (json!(["utf-32"]), "utf-32"),
        (json!(["utf-7"]), "utf-16"),
        (json!([]), "utf-16"),
    ];
    for (offered, expected) in cases {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut params = client::able("utf-8", &[folder.path()]);
        params["capabilities"]["general"]["positionEncodings"] = offered;
        let mut server = Server::start(STOCKADE, &["lsp"]);
        let answer = server.initialize(params);
        assert_eq!(
            answer["result"]["capabilities"]["positionEncoding"],
            expected
        );
        let mut player = Player::new(server, folder.path());
        player.play(&[
            Open("main.tf", DATABASE),
            Replace("main.tf", "/* Größe 😀 */ ", ""),
            Replace("main.tf", "false", "/* 😀😀 */ false"),
            Finding("main.tf", 2, "error", RULE),
            Replace("main.tf", "😀😀 */ false", "ä */ true"),
            NoFinding("main.tf", RULE),
        ]);
    }
}

#[test]
fn a_finding_says_where_its_value_comes_from() {
    let (_folder, mut player) = able();
    player.play(&[
        Open("variables.tf", VARIABLE),
        Open("main.tf", FROM_VARIABLE),
        Finding("main.tf", 2, "error", RULE),
    ]);
    let diagnostic = diagnostic(&player, "main.tf");
    assert_eq!(diagnostic["source"], "stockade");
    assert_eq!(diagnostic["data"]["address"], "aws_db_instance.orders");
    let related = &diagnostic["relatedInformation"];
    let uri = player.uri("variables.tf");
    let place = related.as_array().and_then(|all| {
        all.iter()
            .find(|place| place["location"]["uri"] == uri.as_str())
    });
    let place = place.unwrap_or_else(|| panic!("variables.tf is not among {related}"));
    let at = |end: &str| {
        offset(
            VARIABLE,
            &place["location"]["range"][end],
            place::Encoding::Utf16,
        )
    };
    assert!(
        VARIABLE[at("start")..at("end")].contains("false"),
        "{place}"
    );

    // The first fix is where the value comes from.
    player.play(&[
        Apply("main.tf", "var.encrypted", ""),
        Text("variables.tf", &VARIABLE.replace("false", "true")),
        NoFinding("main.tf", RULE),
    ]);
}

#[test]
fn clients_without_related_information_read_it_in_the_message() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut player = player(client::plain(&[folder.path()]), folder.path());
    player.play(&[
        Open("variables.tf", VARIABLE),
        Open("main.tf", FROM_VARIABLE),
        Finding("main.tf", 2, "error", RULE),
    ]);
    let diagnostic = diagnostic(&player, "main.tf");
    assert!(
        diagnostic.get("relatedInformation").is_none(),
        "{diagnostic}"
    );
    assert!(
        diagnostic["message"]
            .as_str()
            .is_some_and(|text| text.contains("variables.tf:3")),
        "{diagnostic}"
    );
}

#[test]
fn findings_are_fixed_suppressed_and_explained() {
    let (_folder, mut player) = able();
    player.play(&[
        Open("main.tf", DATABASE),
        Apply("main.tf", "false", "Suppress"),
        NoFinding("main.tf", RULE),
        Rewrite("main.tf", DATABASE),
        Finding("main.tf", 2, "error", RULE),
        Rewrite("main.tf", KEY),
        Finding("main.tf", 2, "warning", KEY_RULE),
        Apply("main.tf", "false", "Fix all"),
        NoFinding("main.tf", KEY_RULE),
        Rewrite("main.tf", DATABASE),
    ]);
    let at = player.find("main.tf", "false");
    let hover = player.hover("main.tf", at);
    assert_eq!(hover["contents"]["kind"], "markdown");
    assert!(
        hover["contents"]["value"]
            .as_str()
            .is_some_and(|text| text.contains(RULE)),
        "{hover}"
    );
    let end = player.text("main.tf").map_or(0, str::len);
    assert_eq!(player.hover("main.tf", end), Value::Null);
}

#[test]
fn comments_of_other_scanners_are_written_as_ours() {
    let key = |above: &str, at_header: &str, within: &str| {
        format!(
            "{above}resource \"aws_kms_key\" \"main\" {{{at_header}\n{within}  enable_key_rotation = false\n}}\n"
        )
    };
    let ours = "# stockade:ignore aws-kms-key-without-rotation";
    let cases = [
        (
            key("", "", "  # checkov:skip=CKV_AWS_7: rotated by hand\n"),
            key(&format!("{ours} -- rotated by hand\n"), "", ""),
        ),
        (
            key("# trivy:ignore:AVD-AWS-0065:exp:2099-01-01\n", "", ""),
            key(&format!("{ours} until=2099-01-01\n"), "", ""),
        ),
        (
            key("", " #tfsec:ignore:aws-kms-auto-rotate-keys", ""),
            key(&format!("{ours}\n"), "", ""),
        ),
        (
            key("", "", "  #ts:skip=AC_AWS_0160 rotated by hand\n"),
            key(&format!("{ours} -- rotated by hand\n"), "", ""),
        ),
    ];
    for (before, after) in cases {
        let (_folder, mut player) = able();
        player.play(&[
            Open("main.tf", &before),
            NoFinding("main.tf", KEY_RULE),
            Apply(
                "main.tf",
                if before.contains("#t") { "#t" } else { "# " },
                "Write it as",
            ),
            Text("main.tf", &after),
            NoFinding("main.tf", KEY_RULE),
        ]);
    }
    // An id that no rule of ours stands for stays, and what covers nothing can be taken out.
    let strange = key("", "", "  # checkov:skip=CKV_AWS_99999: because\n");
    let idle = key(
        "# stockade:ignore aws-s3-bucket-without-versioning -- x\n",
        "",
        "",
    );
    let (_folder, mut player) = able();
    player.play(&[Open("main.tf", &strange)]);
    let at = player.find("main.tf", "# checkov");
    let titles = player
        .actions("main.tf", at, at)
        .iter()
        .map(|a| a["title"].to_string())
        .collect::<String>();
    assert!(!titles.contains("Write it"), "{titles}");
    player.play(&[
        Rewrite("main.tf", &idle),
        Apply("main.tf", "# stockade", "Remove the suppression"),
        Text("main.tf", &key("", "", "")),
    ]);
}

#[test]
fn what_snyks_file_accepts_is_written_as_ours() {
    let acl = "resource \"aws_s3_bucket_acl\" \"site\" {\n  bucket = \"site\"\n  acl    = \"public-read\"\n}\n";
    let policy = "ignore:\n  SNYK-CC-TF-19:\n    - '*':\n        reason: a website\n        expires: 2099-01-01\n";
    let rule = "aws-s3-bucket-with-public-acl";
    let ours = format!("# stockade:ignore {rule} until=2099-01-01 -- a website\n");
    let (_folder, mut player) = able();
    player.play(&[
        Write("stockade.toml", ""),
        Write(".snyk", policy),
        Write("main.tf", acl),
        Open("main.tf", acl),
        NoFinding("main.tf", rule),
        Apply("main.tf", "public-read", "as .snyk does"),
        Text(
            "main.tf",
            &acl.replace("  acl ", &format!("  {ours}  acl ")),
        ),
        Delete(".snyk"),
        NoFinding("main.tf", rule),
    ]);
    let at = player.find("main.tf", "public-read");
    let offered = player.actions("main.tf", at, at);
    assert!(offered.is_empty(), "{offered:?}");
}

#[test]
fn a_write_only_value_is_rotated() {
    let text = "resource \"aws_db_instance\" \"d\" {\n  password_wo         = var.p\n  password_wo_version = 9\n}\n";
    let (_folder, mut player) = able();
    player.play(&[
        Open("main.tf", text),
        Apply("main.tf", "9", "Raise password_wo_version"),
        Text("main.tf", &text.replace('9', "10")),
        Apply("main.tf", "var.p", "Raise password_wo_version to 11"),
        Text("main.tf", &text.replace('9', "11")),
    ]);
}

#[test]
fn a_write_only_value_that_changes_wants_a_new_version() {
    const HINT: &str = "write-only-value-without-new-version";
    let text = "resource \"aws_db_instance\" \"d\" {\n  password_wo         = var.p\n  password_wo_version = 1\n}\n";
    let (_folder, mut player) = able();
    player.play(&[
        Write("main.tf", text),
        Open("main.tf", text),
        NoFinding("main.tf", HINT),
        Replace("main.tf", "var.p", "var.q"),
        Finding("main.tf", 2, "hint", HINT),
        Replace("main.tf", "var.q", "var.p"),
        NoFinding("main.tf", HINT),
        Replace("main.tf", "var.p", "var.q"),
        Apply("main.tf", "var.q", "Raise password_wo_version to 2"),
        NoFinding("main.tf", HINT),
        Save("main.tf"),
        NoFinding("main.tf", HINT),
        Replace("main.tf", "var.q", "var.r"),
        Finding("main.tf", 2, "hint", HINT),
        Save("main.tf"),
        NoFinding("main.tf", HINT),
        Close("main.tf"),
    ]);
}

#[test]
fn what_git_would_take_is_ignored_by_a_fix() {
    const STATE: &str = "terraform-state-in-git";
    let (_folder, mut player) = able();
    std::fs::create_dir(player.path(".git")).expect("created");
    player.play(&[
        Write("terraform.tfstate", "{}"),
        Write(".gitignore", "*.tfplan"),
        Open("main.tf", "terraform {\n}\n"),
        Finding("main.tf", 1, "warning", STATE),
        Open(".gitignore", "*.tfplan"),
        Apply(
            "main.tf",
            "terraform {",
            "Have git ignore terraform.tfstate",
        ),
        Text(".gitignore", "*.tfplan\n*.tfstate*\n"),
        NoFinding("main.tf", STATE),
        Close(".gitignore"),
        Finding("main.tf", 1, "warning", STATE),
        Delete("terraform.tfstate"),
        NoFinding("main.tf", STATE),
    ]);
}

#[test]
fn secrets_are_not_shown() {
    let text = "locals {\n  api_key = \"q8Zr2LxT0bWc7NyVdE5gKj1u\"\n  url     = \"postgres://app:kR7-vuMq2x@db.internal/app\"\n}\n\nresource \"aws_ssm_parameter\" \"p\" {\n  name  = \"p\"\n  type  = \"String\"\n  value = local.url\n  description = local.api_key\n}\n";
    let (_folder, mut player) = able();
    let token = "terraform-token-in-configuration";
    player.play(&[Open("main.tf", text), Finding("main.tf", 3, "error", token)]);
    for place in ["local.url", "local.api_key"] {
        let at = player.find("main.tf", place);
        let hover = player.hover("main.tf", at).to_string();
        assert!(hover.contains("a sensitive value"), "{place}: {hover}");
    }
    let uri = player.uri("main.tf");
    let published = player.server.published[&uri].to_string();
    for secret in ["q8Zr2LxT0bWc7NyVdE5gKj1u", "kR7-vuMq2x"] {
        assert!(!published.contains(secret), "{published}");
    }
}

#[test]
fn a_hover_shows_the_value_of_an_expression() {
    let text = "locals {\n  size = var.big ? 100 : 10\n}\n\nvariable \"big\" {\n  default = true\n}\n\nvariable \"given\" {}\n\nvariable \"secret\" {\n  default   = \"hunter2\"\n  sensitive = true\n}\n\nresource \"aws_kms_key\" \"k\" {}\n\nresource \"aws_ebs_volume\" \"v\" {\n  for_each   = { a = 1, b = 2 }\n  size       = local.size\n  iops       = each.value\n  type       = \"gp3\"\n  kms_key_id = aws_kms_key.k.arn\n  snapshot_id = var.given\n  tags = {\n    name   = \"v-${each.key}-${local.size}\"\n    secret = var.secret\n  }\n}\n\nresource \"aws_db_instance\" \"d\" {\n  password = \"a${local.size}\"\n}\n";
    let (_folder, mut player) = able();
    player.play(&[Open("main.tf", text)]);
    let cases = [
        (
            "local.size\n",
            Some("```hcl\n100\n```\n← `local.size` main.tf:2\n"),
        ),
        (
            "var.big ?",
            Some("```hcl\ntrue\n```\n← `var.big` main.tf:6\n"),
        ),
        ("each.value", Some("```hcl\none of 1, 2\n```")),
        ("\"gp3\"", None),
        (
            "aws_kms_key.k.arn",
            Some(
                "```hcl\nknown after apply: aws_kms_key.k.arn\n```\n← `aws_kms_key.k` main.tf:16\n",
            ),
        ),
        (
            "var.given",
            Some(
                "```hcl\nknown after apply, or given from outside\n```\n← `var.given` main.tf:9\n",
            ),
        ),
        (
            "var.secret",
            Some("```hcl\na sensitive value\n```\n← `var.secret` main.tf:12\n"),
        ),
        (
            "\"a${local.size}\"",
            Some("```hcl\na sensitive value\n```\n← `local.size` main.tf:2\n"),
        ),
    ];
    for (place, expected) in cases {
        let at = player.find("main.tf", place);
        let hover = player.hover("main.tf", at);
        let value = hover["contents"]["value"].as_str();
        let value = value.map(|text| text.split("\n\n---\n\n").next().unwrap_or_default());
        assert_eq!(value, expected, "{place}");
    }
}

/// Blocks within blocks, a list, a heredoc and comments; the first letter of the name takes two units of UTF-16.
const NESTED: &str = "# one\n# two\nresource \"aws_instance\" \"😀\" {\n  root_block_device {\n    encrypted = true\n  }\n  tags = {\n    Name = \"w\"\n  }\n  user_data = <<EOT\ntext\nEOT\n}\n";

#[test]
fn structure_folds_and_selects_while_it_is_edited() {
    let (_folder, mut player) = able();
    player.open("main.tf", NESTED);
    let folds = |player: &mut Player| {
        let params = json!({ "textDocument": { "uri": player.uri("main.tf") } });
        let answer = player.server.request("textDocument/foldingRange", params);
        let ranges = answer["result"].as_array().cloned().unwrap_or_default();
        let lines = |r: &Value| (r["startLine"].as_u64(), r["endLine"].as_u64());
        let mut lines: Vec<_> = ranges.iter().map(lines).collect();
        lines.sort();
        let known = |(a, b): (Option<u64>, Option<u64>)| (a.unwrap_or(99), b.unwrap_or(99));
        lines.into_iter().map(known).collect::<Vec<_>>()
    };
    let first = vec![(0, 1), (2, 11), (3, 4), (6, 7), (9, 10)];
    assert_eq!(folds(&mut player), first);
    let at = player.find("main.tf", "encrypted");
    player.change("main.tf", at, at, "delete_on_termination = true\n    ");
    let edited = vec![(0, 1), (2, 12), (3, 5), (7, 8), (10, 11)];
    assert_eq!(folds(&mut player), edited);
    player.server.settle();
    assert_eq!(
        folds(&mut player),
        edited,
        "with trees that the writer has grown"
    );

    let position = json!({ "line": 5, "character": 17 });
    let params =
        json!({ "textDocument": { "uri": player.uri("main.tf") }, "positions": [position] });
    let answer = player.server.request("textDocument/selectionRange", params);
    let mut range = &answer["result"][0];
    let mut starts = Vec::new();
    while range.is_object() {
        let start = &range["range"]["start"];
        starts.push((
            start["line"].as_u64().unwrap_or(99),
            start["character"].as_u64().unwrap_or(99),
        ));
        range = &range["parent"];
    }
    starts.dedup();
    assert_eq!(starts, [(5, 16), (5, 4), (4, 4), (3, 2), (2, 0), (0, 0)]);
}

#[test]
fn actions_are_those_that_were_asked_for() {
    let (_folder, mut player) = able();
    player.play(&[
        Open("main.tf", KEY),
        Finding("main.tf", 2, "warning", KEY_RULE),
    ]);
    let uri = player.uri("main.tf");
    let zero = json!({ "line": 0, "character": 0 });
    let mut kinds = |only: Value| -> Vec<String> {
        let params = json!({
            "textDocument": { "uri": uri },
            "range": { "start": zero, "end": { "line": 9, "character": 99 } },
            "context": { "diagnostics": [], "only": only },
        });
        let response = player.server.request("textDocument/codeAction", params);
        let actions = response["result"].as_array().cloned().unwrap_or_default();
        let kind = |action: &Value| action["kind"].as_str().unwrap_or_default().to_owned();
        actions.iter().map(kind).collect()
    };
    assert!(
        kinds(json!(["quickfix"]))
            .iter()
            .all(|kind| kind == "quickfix")
    );
    assert!(!kinds(json!(["quickfix"])).is_empty());
    assert_eq!(kinds(json!([])), Vec::<String>::new());
    assert_eq!(kinds(json!(["source.fixAll"])), ["source.fixAll.stockade"]);
    assert_eq!(
        kinds(json!(["source.fixAll.stockade"])),
        ["source.fixAll.stockade"]
    );
    assert_eq!(kinds(json!(["refactor"])), Vec::<String>::new());
}

#[test]
fn an_answer_is_of_its_place_in_the_order() {
    let (_folder, mut player) = able();
    player.play(&[Open("main.tf", DATABASE)]);
    for _ in 0..50 {
        player.play(&[
            Replace("main.tf", "false", "true"),
            Replace("main.tf", "true", "false"),
        ]);
    }
    let from = player.find("main.tf", "false");
    let action = player.actions("main.tf", from, from).swap_remove(0);
    let action = player.resolved(action);
    assert_eq!(
        action["edit"]["documentChanges"][0]["textDocument"]["version"], 100,
        "{action}"
    );

    // What was offered for a text that has changed since is refused, not applied in the wrong place.
    let offered = player.actions("main.tf", from, from).swap_remove(0);
    player.play(&[Replace("main.tf", "false", "true")]);
    let response = player.server.request("codeAction/resolve", offered);
    assert_eq!(response["error"]["code"], -32801, "{response}");
}

#[test]
fn files_on_disk_count_when_they_are_not_open() {
    let (_folder, mut player) = able();
    player.play(&[
        Open("main.tf", FROM_VARIABLE),
        NoFinding("main.tf", RULE),
        Write("variables.tf", VARIABLE),
        Finding("main.tf", 2, "error", RULE),
        Open(
            "variables.tf",
            "variable \"encrypted\" {\n  default = true\n}\n",
        ),
        NoFinding("main.tf", RULE),
        Close("variables.tf"),
        Finding("main.tf", 2, "error", RULE),
        Open(
            "variables.tf",
            "variable \"encrypted\" {\n  default = true\n}\n",
        ),
        Save("variables.tf"),
        Close("variables.tf"),
        NoFinding("main.tf", RULE),
        Write("terraform.tfvars", "encrypted = false\n"),
        Finding("main.tf", 2, "error", RULE),
        Delete("terraform.tfvars"),
        NoFinding("main.tf", RULE),
        Close("main.tf"),
        NoFinding("main.tf", RULE),
    ]);
}

#[test]
fn files_are_watched_by_whoever_can() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = Server::start(STOCKADE, &["lsp"]);
    server.initialize(client::editor("helix-25.07.1", folder.path()));
    server.wait_until(|server| !server.asked.is_empty());
    let (method, params) = &server.asked[0];
    assert_eq!(method, "client/registerCapability");
    let watchers = params["registrations"][0]["registerOptions"]["watchers"].to_string();
    for name in [
        "tf,tofu,tfvars",
        "stockade.toml",
        "**/*.hcl",
        "modules.json",
    ] {
        assert!(watchers.contains(name), "{name} is not among {watchers}");
    }
    assert_eq!(server.shut_down(), Some(0));

    // This one can't: the folders of open documents are watched by the server.
    let folder = folder.path().canonicalize().expect("the folder");
    let mut player = player(client::editor("kate-22.12.3", &folder), &folder);
    player.play(&[Open("main.tf", FROM_VARIABLE), NoFinding("main.tf", RULE)]);
    std::fs::write(folder.join("variables.tf"), VARIABLE).expect("a file in the folder");
    let uri = player.uri("main.tf");
    player.server.wait_until(|server| {
        server.published[&uri]["diagnostics"]
            .to_string()
            .contains(RULE)
    });
    assert!(player.server.asked.is_empty(), "{:?}", player.server.asked);
}

#[test]
fn folders_are_modules_of_their_own() {
    let (folder, mut player) = able();
    for name in ["one", "two words/Größe"] {
        std::fs::create_dir_all(folder.path().join(name)).expect("a folder");
    }
    player.play(&[
        Open("one/main.tf", FROM_VARIABLE),
        Open("two words/Größe/main.tf", FROM_VARIABLE),
        Open("one/variables.tf", VARIABLE),
        Finding("one/main.tf", 2, "error", RULE),
        NoFinding("two words/Größe/main.tf", RULE),
    ]);
    let other = tempfile::tempdir().expect("a temporary folder");
    let change =
        json!({ "added": [{ "uri": client::uri(other.path()), "name": "other" }], "removed": [] });
    player.server.notify(
        "workspace/didChangeWorkspaceFolders",
        json!({ "event": change }),
    );
    let change = json!({ "added": [], "removed": [{ "uri": client::uri(folder.path()), "name": "folder" }] });
    player.server.notify(
        "workspace/didChangeWorkspaceFolders",
        json!({ "event": change }),
    );
    player.play(&[
        Finding("one/main.tf", 2, "error", RULE),
        Close("one/main.tf"),
        NoFinding("one/main.tf", RULE),
    ]);
}

#[test]
fn an_uri_may_be_spelled_in_many_ways() {
    let (folder, mut player) = able();
    let folder = folder.path().to_string_lossy().into_owned();
    for spelling in ["/a b.tf", "/%61%20b.tf", "/x/../a b.tf", "/ä[1]^.tf"] {
        let uri = format!("file://{folder}{spelling}");
        let document =
            json!({ "uri": uri, "languageId": "terraform", "version": 3, "text": DATABASE });
        player
            .server
            .notify("textDocument/didOpen", json!({ "textDocument": document }));
        player.server.settle();
        let escaped = uri
            .replace(' ', "%20")
            .replace('ä', "%C3%A4")
            .replace('[', "%5B")
            .replace(']', "%5D")
            .replace('^', "%5E");
        let published = player.server.published.get(&escaped);
        assert!(
            published.is_some_and(|params| params["version"] == 3),
            "{escaped}: {:?}",
            player.server.published.keys()
        );
        player.server.notify(
            "textDocument/didClose",
            json!({ "textDocument": { "uri": uri } }),
        );
    }
}

#[test]
fn a_file_is_told_by_its_name() {
    let (_folder, mut player) = able();
    player.play(&[
        Open("main.tofu", DATABASE),
        Finding("main.tofu", 2, "error", RULE),
        Open("notes.txt", DATABASE),
        NoFinding("notes.txt", RULE),
    ]);
    let document = json!({ "uri": player.uri("plain.tf"), "languageId": "plaintext", "version": 1, "text": DATABASE.replace("orders", "plain") });
    player
        .server
        .notify("textDocument/didOpen", json!({ "textDocument": document }));
    player.play(&[Finding("plain.tf", 2, "error", RULE)]);
}

#[test]
fn settings_count_while_they_are_typed() {
    let (_folder, mut player) = able();
    player.play(&[
        Open("main.tf", DATABASE),
        Open("stockade.toml", "[rules]\nignore = []\n"),
        Finding("main.tf", 2, "error", RULE),
        Replace(
            "stockade.toml",
            "[]",
            "[\"aws-rds-instance-without-storage-encryption\"]",
        ),
        NoFinding("main.tf", RULE),
        Replace("stockade.toml", "ignore", "ignroe"),
        Finding("stockade.toml", 2, "error", "configuration-error"),
        Rewrite("stockade.toml", ""),
        Finding("main.tf", 2, "error", RULE),
    ]);
}

#[test]
fn what_a_client_gets_wrong_is_survived() {
    let (_folder, mut player) = able();
    player.play(&[
        Open("main.tf", DATABASE),
        Finding("main.tf", 2, "error", RULE),
    ]);
    let uri = player.uri("main.tf");
    let far = json!({ "line": 4_000_000_000_u32, "character": 4_000_000_000_u32 });
    let zero = json!({ "line": 0, "character": 0 });
    for (start, end) in [(&far, &far), (&far, &zero), (&zero, &far)] {
        let range = json!({ "start": start, "end": end });
        let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
        let response = player.server.request("textDocument/codeAction", params);
        assert!(response["result"].is_array(), "{response}");
        let change = json!({ "range": range, "text": "# x\n" });
        let document = json!({ "uri": uri, "version": 7 });
        let params = json!({ "textDocument": document, "contentChanges": [change] });
        player.server.notify("textDocument/didChange", params);
        let params = json!({ "textDocument": { "uri": uri }, "position": start });
        assert!(
            player
                .server
                .request("textDocument/hover", params)
                .get("error")
                .is_none()
        );
    }
    let unknown = json!({ "uri": player.uri("never-opened.tf"), "version": 1 });
    let change = json!([{ "text": "x" }]);
    player.server.notify(
        "textDocument/didChange",
        json!({ "textDocument": unknown, "contentChanges": change }),
    );
    player
        .server
        .notify("textDocument/didClose", json!({ "textDocument": unknown }));
    player.play(&[
        Rewrite("main.tf", DATABASE),
        Open("main.tf", DATABASE),
        Finding("main.tf", 2, "error", RULE),
        NotPublished("never-opened.tf"),
    ]);
}

#[test]
fn a_file_that_is_too_large_says_so() {
    let (_folder, mut player) = able();
    let large = DATABASE.repeat(5_000_000 / DATABASE.len());
    player.play(&[
        Open("small.tf", DATABASE),
        Open("large.tf", &large),
        Finding("large.tf", 1, "warning", "not-analysed"),
        NoFinding("large.tf", RULE),
        Finding("small.tf", 2, "error", RULE),
        Rewrite("large.tf", DATABASE),
        Finding("large.tf", 2, "error", RULE),
    ]);
}

#[test]
fn a_client_may_mean_the_whole_line() {
    let (_folder, mut player) = able();
    player.play(&[
        Open("main.tf", DATABASE),
        Finding("main.tf", 2, "error", RULE),
    ]);
    let named = diagnostic(&player, "main.tf");
    let start = json!({ "line": 1, "character": 0 });
    let mut titles = |diagnostics: Value| -> Vec<String> {
        let params = json!({
            "textDocument": { "uri": player.uri("main.tf") },
            "range": { "start": start, "end": start },
            "context": { "diagnostics": diagnostics, "only": ["quickfix"] },
        });
        let response = player.server.request("textDocument/codeAction", params);
        let actions = response["result"].as_array().cloned().unwrap_or_default();
        let titles = actions.iter().filter_map(|a| a["title"].as_str());
        titles.map(str::to_owned).collect()
    };
    assert_eq!(titles(json!([])), [""; 0]);
    assert!(titles(json!([named]))[0].contains("storage_encrypted = true"));
}

#[test]
fn only_safe_fixes_are_preferred() {
    for (text, at, safe) in [(KEY, "false", true), (DATABASE, "false", false)] {
        let (_folder, mut player) = able();
        player.play(&[Open("main.tf", text)]);
        let from = player.find("main.tf", at);
        let actions = player.actions("main.tf", from, from);
        let preferred = actions
            .iter()
            .filter(|action| action["isPreferred"] == true);
        assert_eq!(preferred.count() > 0, safe, "{text}: {actions:?}");
    }
}
