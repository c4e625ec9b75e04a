//! The conventions of this repository, as tests: who may depend on whom, what files are called,
//! what they may not hold, and that links lead somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use pulldown_cmark::{Event, Parser, Tag};
use serde_json::Value;

/// From left to right: a crate may use those before it.
const LAYERS: &[&str] = &[
    "text", "syntax", "schema", "model", "eval", "rules", "catalog", "engine", "lsp", "cli",
];

/// Packages that only one layer may know.
const OWNED: &[(&str, &str)] = &[
    ("tree-sitter", "syntax"),
    ("tree-sitter-hcl", "syntax"),
    ("tower-lsp-server", "lsp"),
    ("ls-types", "lsp"),
    ("tokio", "lsp"),
    ("tower", "lsp"),
    ("anstream", "cli"),
    ("annotate-snippets", "cli"),
    ("clap", "cli"),
    ("serde-sarif", "cli"),
];

/// Names that say nothing about what is in a file.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "manager", "misc",
];

#[test]
fn layers_depend_to_the_left() {
    let mut faults = Vec::new();
    for package in packages() {
        let Some(layer) = layer_of(&package) else {
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let name = dependency["name"].as_str().unwrap_or_default();
            if let Some(fault) = fault_of(layer, name) {
                faults.push(fault);
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn the_layer_check_sees_what_is_wrong() {
    let cases = [
        ("eval", "stockade-model", None),
        (
            "eval",
            "stockade-rules",
            Some("eval may not use stockade-rules: it is to its right"),
        ),
        (
            "engine",
            "stockade",
            Some("engine may not use stockade: it is to its right"),
        ),
        (
            "engine",
            "tokio",
            Some("engine may not use tokio: only lsp does"),
        ),
        ("lsp", "tokio", None),
        ("engine", "serde", None),
    ];
    for (layer, dependency, fault) in cases {
        assert_eq!(fault_of(layer, dependency).as_deref(), fault);
    }
}

fn fault_of(layer: &str, dependency: &str) -> Option<String> {
    let place = |layer: &str| LAYERS.iter().position(|l| *l == layer);
    let other = if dependency == "stockade" {
        Some("cli")
    } else {
        dependency.strip_prefix("stockade-")
    };
    if let Some(other) = other {
        return (place(other) >= place(layer))
            .then(|| format!("{layer} may not use {dependency}: it is to its right"));
    }
    let (_, owner) = OWNED.iter().find(|(package, _)| *package == dependency)?;
    (*owner != layer).then(|| format!("{layer} may not use {dependency}: only {owner} does"))
}

/// The layer of a package under server/; `None` for xtask and the tests.
fn layer_of(package: &Value) -> Option<&'static str> {
    let manifest = Path::new(package["manifest_path"].as_str()?);
    let folder = manifest.parent()?.file_name()?.to_str()?;
    LAYERS.iter().copied().find(|layer| *layer == folder)
}

#[test]
fn every_layer_is_a_package() {
    let found: Vec<&str> = LAYERS
        .iter()
        .copied()
        .filter(|l| packages().iter().any(|p| layer_of(p) == Some(l)))
        .collect();
    assert_eq!(found, LAYERS);
}

#[test]
fn every_package_has_the_workspace_lints() {
    for package in packages() {
        let path = package["manifest_path"].as_str().unwrap_or_default();
        let manifest = read(Path::new(path));
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{path} lacks `[lints] workspace = true`"
        );
    }
}

#[test]
fn names_say_what_a_file_is_about() {
    for path in files() {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let folder = path
            .parent()
            .and_then(Path::file_name)
            .unwrap_or_default()
            .to_string_lossy();
        for name in [stem, folder] {
            assert!(
                !EMPTY_NAMES.contains(&name.as_ref()),
                "{} says nothing: name what is in it",
                path.display()
            );
        }
    }
}

#[test]
fn nothing_knows_the_machine_it_was_written_on() {
    let places = [
        concat!("/wo", "rk/main"),
        concat!("/wo", "rk/shared"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
    ];
    for path in files() {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        for place in places {
            assert!(
                !text.contains(place),
                "{} holds the path {place}",
                path.display()
            );
        }
    }
}

#[test]
fn links_in_the_documentation_lead_somewhere() {
    let mut links = 0;
    for path in files().into_iter().filter(|path| is_documentation(path)) {
        let folder = path.parent().unwrap_or(Path::new("."));
        for target in local_links(&read(&path)) {
            assert!(
                folder.join(&target).exists(),
                "{}: the link to {target} leads nowhere",
                path.display()
            );
            links += 1;
        }
    }
    assert!(links > 0, "the documentation has links");
}

/// Rule pages have tests of their own.
fn is_documentation(path: &Path) -> bool {
    let is_page = path
        .strip_prefix(root())
        .is_ok_and(|p| p.starts_with("queries"));
    path.extension().is_some_and(|e| e == "md") && !is_page
}

fn local_links(markdown: &str) -> Vec<String> {
    let targets = Parser::new(markdown).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            Some(dest_url.to_string())
        }
        _ => None,
    });
    let local = targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    local
        .filter_map(|t| t.split('#').next().map(str::to_owned))
        .filter(|t| !t.is_empty())
        .collect()
}

#[test]
fn one_version_everywhere() {
    let extension: Value = serde_json::from_str(&read(&root().join("editors/vscode/package.json")))
        .expect("package.json is JSON");
    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    for package in packages() {
        let of = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        versions.insert(of("name"), of("version"));
    }
    let own = env!("CARGO_PKG_VERSION");
    assert!(
        versions.values().all(|version| version == own),
        "{versions:?}"
    );
    assert_eq!(extension["version"], own);
    // What the tools of others want written out.
    let repeated = [
        ("editors/zed/Cargo.toml", "version = \"VERSION\""),
        ("editors/zed/extension.toml", "version = \"VERSION\""),
        ("editors/emacs/stockade.el", ";; Version: VERSION"),
        (
            "editors/agents/stockade/.claude-plugin/plugin.json",
            "\"version\": \"VERSION\"",
        ),
        ("editors/vscode/CHANGELOG.md", "## VERSION"),
        ("packaging/listings/mason.yaml", "stockade@VERSION"),
        ("packaging/listings/zed.toml", "version = \"VERSION\""),
    ];
    for (file, line) in repeated {
        let line = line.replace("VERSION", own);
        assert!(read(&root().join(file)).contains(&line), "{file}: {line}");
    }
}

/// Configurations of editors that no test starts: they are what they should be in form, and start `stockade lsp`.
#[test]
fn configurations_of_editors_start_the_server() {
    let json = |file: &str| -> Value {
        let text = read(&root().join("editors").join(file));
        let plain: Vec<&str> = text
            .lines()
            .filter(|l| !l.trim_start().starts_with("//"))
            .collect();
        serde_json::from_str(&plain.join("\n")).unwrap_or_else(|error| panic!("{file}: {error}"))
    };
    let command = serde_json::json!(["stockade", "lsp"]);
    assert_eq!(
        json("kate/settings.json")["servers"]["terraform"]["command"],
        command
    );
    assert_eq!(
        json("sublime/LSP-stockade.sublime-settings")["clients"]["stockade"]["command"],
        command
    );
    assert_eq!(
        json("jetbrains/template.json")["programArgs"]["default"],
        "stockade lsp"
    );
    let agent = &json("agents/stockade/.lsp.json")["stockade"];
    assert_eq!(
        (&agent["command"], &agent["args"]),
        (&command[0], &serde_json::json!(["lsp"]))
    );
    for file in [
        "jetbrains/settings.json",
        "jetbrains/initializationOptions.json",
    ] {
        assert!(json(file).is_object(), "{file}");
    }
}

/// What the server can be told is in the table of docs/editors.md, and VS Code's settings are.
#[test]
fn options_of_editors_are_documented() {
    let code = read(&root().join("server/lsp/src/features.rs"));
    let fields = code
        .split("pub(crate) struct Settings {")
        .nth(1)
        .and_then(|rest| rest.split("\n}").next());
    let fields = fields
        .expect("the settings")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub(crate) ")?.split(':').next());
    let camel = |name: &str| {
        let mut words = name.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |all, word| {
            all + &word[..1].to_uppercase() + &word[1..]
        })
    };
    let options: BTreeSet<String> = fields.map(camel).collect();
    let page = read(&root().join("docs/editors.md"));
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let documented: BTreeSet<String> = rows.map(str::to_owned).collect();
    assert_eq!(documented, options);

    let package: Value = serde_json::from_str(&read(&root().join("editors/vscode/package.json")))
        .expect("package.json is JSON");
    let settings = package["contributes"]["configuration"]["properties"]
        .as_object()
        .expect("settings");
    let readme = read(&root().join("editors/vscode/README.md"));
    for setting in settings.keys() {
        assert!(
            readme.contains(&format!("| `{setting}` |")),
            "{setting} is not in its README"
        );
    }
    // Two are the extension's own affair: links lead to its pages, and its hovers have the messages already.
    for option in options
        .iter()
        .filter(|o| !["ruleUri", "hoverMessages"].contains(&o.as_str()))
    {
        assert!(
            settings.contains_key(&format!("stockade.{option}")),
            "{option} is no setting"
        );
    }
}

/// The packages of the workspace, as `cargo metadata` tells them.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = [
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ];
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    metadata["packages"].as_array().cloned().unwrap_or_default()
}

/// The files that people wrote.
fn files() -> Vec<PathBuf> {
    let mut files = vec![
        root().join("README.md"),
        root().join("Cargo.toml"),
        root().join(".ci/run"),
    ];
    for folder in ["server", "tests", "queries", "editors", "docs", "examples"] {
        collect(&root().join(folder), &mut files);
    }
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        let name = path.file_name().unwrap_or_default();
        if name == "node_modules" || name == "target" || name == "out" {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)
        } else {
            files.push(path)
        }
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
