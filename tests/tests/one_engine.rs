//! Contract 5: `check` and a freshly opened server report the same findings for the same files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use stockade_tests::script::Player;
use stockade_tests::{Server, client};

const STOCKADE: &str = env!("CARGO_BIN_EXE_stockade-under-test");

/// Files that an editor opens.
const OPENED: [&str; 5] = ["tf", "tofu", "tfvars", "json", "toml"];

/// The repository.
fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .and_then(|root| root.canonicalize().ok())
        .expect("the repository")
}

#[test]
fn check_and_the_server_find_the_same() {
    let checked = checked("examples");
    assert!(!checked.is_empty(), "the examples have findings");
    let served = served("examples");
    let only =
        |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>();
    assert_eq!(
        only(&checked, &served),
        Vec::<String>::new(),
        "only check says"
    );
    assert_eq!(
        only(&served, &checked),
        Vec::<String>::new(),
        "only the server says"
    );
}

/// What `check` finds below a folder, a line each.
fn checked(folder: &str) -> BTreeSet<String> {
    let mut command = Command::new(STOCKADE);
    let output = command
        .args(["check", folder, "--format", "json"])
        .current_dir(root())
        .output()
        .expect("stockade runs");
    let outcome: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let findings = outcome["findings"].as_array().expect("findings");
    findings
        .iter()
        .filter(|finding| finding["suppressed"].is_null())
        .map(finding_of_check)
        .collect()
}

fn finding_of_check(finding: &Value) -> String {
    let place = |value: &Value| {
        let point = |end: &str| {
            let point = &value["range"][end];
            format!("{}:{}", point["line"], point["column"])
        };
        format!(
            "{}:{}-{}",
            value["file"].as_str().unwrap_or_default(),
            point("start"),
            point("end")
        )
    };
    let related = finding["related"].as_array().into_iter().flatten();
    let related: Vec<String> = related
        .map(|related| format!("{} {}", place(related), related["message"]))
        .collect();
    let severity = match finding["severity"].as_str() {
        Some("critical" | "high") => 1,
        Some("medium") => 2,
        Some("low") => 3,
        _ => 4,
    };
    let [rule, message, address, fingerprint] =
        ["rule", "message", "resource", "fingerprint"].map(|name| &finding[name]);
    format!(
        "{} {severity} {rule} {address} {fingerprint} {message} {related:?}",
        place(finding)
    )
}

/// What a server publishes when all files below a folder are opened, a line each.
fn served(folder: &str) -> BTreeSet<String> {
    let folder = root().join(folder);
    // Columns of `check` count characters.
    let mut params = client::able("utf-32", &[&folder]);
    params["initializationOptions"] = json!({ "publish": "workspace" });
    let mut server = Server::start(STOCKADE, &["lsp"]);
    server.initialize(params);
    let mut player = Player::new(server, &folder);
    let mut files = Vec::new();
    files_below(&folder, &mut files);
    for file in &files {
        let name = file
            .strip_prefix(&folder)
            .expect("a file of the folder")
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{name}: {error}"));
        player.open(&name, &text);
    }
    player.server.settle();
    let published = player.server.published.values();
    let all = published.flat_map(|params| {
        let diagnostics = params["diagnostics"].as_array().into_iter().flatten();
        diagnostics.map(|diagnostic| finding_of_server(&params["uri"], diagnostic))
    });
    let all = all.collect();
    assert_eq!(player.server.shut_down(), Some(0));
    all
}

fn finding_of_server(uri: &Value, diagnostic: &Value) -> String {
    let root = client::uri(&root());
    let place = |uri: &Value, range: &Value| {
        let file = uri
            .as_str()
            .and_then(|uri| uri.strip_prefix(&format!("{root}/")))
            .unwrap_or_default()
            .to_owned();
        let point = |end: &str| {
            let [line, character] =
                ["line", "character"].map(|unit| range[end][unit].as_u64().unwrap_or_default() + 1);
            format!("{line}:{character}")
        };
        format!("{file}:{}-{}", point("start"), point("end"))
    };
    let related = diagnostic["relatedInformation"]
        .as_array()
        .into_iter()
        .flatten();
    let related: Vec<String> = related
        .map(|related| {
            let location = &related["location"];
            format!(
                "{} {}",
                place(&location["uri"], &location["range"]),
                related["message"]
            )
        })
        .collect();
    let (rule, message, severity) = (
        &diagnostic["code"],
        &diagnostic["message"],
        &diagnostic["severity"],
    );
    let (address, fingerprint) = (
        &diagnostic["data"]["address"],
        &diagnostic["data"]["fingerprint"],
    );
    let place = place(uri, &diagnostic["range"]);
    format!("{place} {severity} {rule} {address} {fingerprint} {message} {related:?}")
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            files_below(&entry, files);
        } else if entry
            .extension()
            .is_some_and(|ending| OPENED.iter().any(|opened| ending == *opened))
        {
            files.push(entry);
        }
    }
}
