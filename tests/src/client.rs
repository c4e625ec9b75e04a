//! What real editors say when they introduce themselves, recorded in tests/clients/.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The recorded editors, by the names of their files.
pub const EDITORS: [&str; 8] = [
    "emacs-28.2-eglot-1.9",
    "emacs-30.1-eglot-1.17.30",
    "helix-25.01.1",
    "helix-25.07.1",
    "kate-22.12.3",
    "neovim-0.11.4",
    "neovim-0.12.4",
    "vscode-1.139.1-languageclient-11.0.0",
];

/// The `initialize` parameters of a recorded editor that has `folder` open.
pub fn editor(name: &str, folder: &Path) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("clients")
        .join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let text = text.replace("/WORKSPACE", &folder.to_string_lossy());
    let mut params: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // The process of the recording is long gone.
    params["processId"] = Value::Null;
    params
}

/// A client that declares nothing, with these folders.
pub fn plain(folders: &[&Path]) -> Value {
    with(&json!({}), folders)
}

/// A client that can do what this server makes use of.
pub fn able(encoding: &str, folders: &[&Path]) -> Value {
    let capabilities = json!({
        "general": { "positionEncodings": [encoding] },
        "workspace": {
            "workspaceEdit": { "documentChanges": true },
            "workspaceFolders": true,
        },
        "textDocument": {
            "publishDiagnostics": { "relatedInformation": true, "versionSupport": true, "dataSupport": true },
            "codeAction": {
                "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix", "source.fixAll"] } },
                "isPreferredSupport": true,
                "dataSupport": true,
                "resolveSupport": { "properties": ["edit"] },
            },
            "hover": { "contentFormat": ["markdown"] },
        },
    });
    with(&capabilities, folders)
}

fn with(capabilities: &Value, folders: &[&Path]) -> Value {
    let folders: Vec<Value> = folders
        .iter()
        .map(|folder| json!({ "uri": uri(folder), "name": "folder" }))
        .collect();
    json!({ "processId": null, "rootUri": null, "capabilities": capabilities, "workspaceFolders": folders, "initializationOptions": { "syntaxErrors": true } })
}

/// The `file:` URI of an absolute path.
pub fn uri(path: &Path) -> String {
    let path = path.to_string_lossy();
    let escaped = path.bytes().map(|byte| match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    format!("file://{}", escaped.collect::<String>())
}
