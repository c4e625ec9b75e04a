//! Steps as data, and the player that takes them to a server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::client::uri;
use crate::place::{edited, position, range};
use crate::server::Server;

/// One step of a script. Files are named relative to the player's folder.
#[derive(Clone, Debug)]
pub enum Step<'a> {
    /// Opens a document with this text, whatever is on disk.
    Open(&'a str, &'a str),
    /// Replaces the only occurrence of a text in an open document.
    Replace(&'a str, &'a str, &'a str),
    /// Replaces the whole text of an open document, without a range.
    Rewrite(&'a str, &'a str),
    /// Saves an open document.
    Save(&'a str),
    /// Closes a document.
    Close(&'a str),
    /// Writes a file on disk, and says so.
    Write(&'a str, &'a str),
    /// Deletes a file on disk, and says so.
    Delete(&'a str),
    /// Expects a finding of a file to be published: its line, counted from 1, severity and rule.
    Finding(&'a str, u64, &'a str, &'a str),
    /// Expects no finding of a rule in a file.
    NoFinding(&'a str, &'a str),
    /// Expects that nothing was ever published about a file.
    NotPublished(&'a str),
    /// Applies the first action with this in its title at the only occurrence of a text.
    Apply(&'a str, &'a str, &'a str),
    /// Expects an open document to have this text.
    Text(&'a str, &'a str),
}

/// A server, a folder on disk, and the documents that are open in it.
pub struct Player {
    /// The server under test.
    pub server: Server,
    folder: PathBuf,
    open: BTreeMap<String, Document>,
}

struct Document {
    version: i64,
    text: String,
}

/// What tells of an edit.
pub const CHANGED: &str = "textDocument/didChange";

impl Player {
    /// A player for an initialized server.
    pub fn new(server: Server, folder: &Path) -> Player {
        Player {
            server,
            folder: folder.to_path_buf(),
            open: BTreeMap::new(),
        }
    }

    /// Plays a script.
    pub fn play(&mut self, steps: &[Step<'_>]) {
        for step in steps {
            self.step(step);
        }
    }

    /// The path of a file in the player's folder.
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// The URI of a file in the player's folder.
    pub fn uri(&self, file: &str) -> String {
        uri(&self.folder.join(file))
    }

    /// The text of an open document.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.open.get(file).map(|document| document.text.as_str())
    }

    /// The open documents.
    pub fn open_files(&self) -> Vec<String> {
        self.open.keys().cloned().collect()
    }

    fn step(&mut self, step: &Step<'_>) {
        match *step {
            Step::Open(file, text) => self.open(file, text),
            Step::Replace(file, old, new) => {
                let at = self.find(file, old);
                self.change(file, at, at + old.len(), new);
            }
            Step::Rewrite(file, text) => self.rewrite(file, text),
            Step::Save(file) => self.save(file),
            Step::Close(file) => self.close(file),
            Step::Write(file, text) => self.write(file, text),
            Step::Delete(file) => self.delete(file),
            Step::Finding(file, line, severity, rule) => {
                self.server.settle();
                let (found, expected) = (self.findings(file), format!("{line} {severity} {rule}"));
                assert!(
                    found.contains(&expected),
                    "{expected} is not in {file}: {found:?}"
                );
            }
            Step::NoFinding(file, rule) => {
                self.server.settle();
                let found = self.findings(file);
                assert!(
                    !found.iter().any(|finding| finding.ends_with(rule)),
                    "{rule} is in {file}: {found:?}"
                );
            }
            Step::NotPublished(file) => {
                self.server.settle();
                assert_eq!(self.server.published.get(&self.uri(file)), None, "{file}");
            }
            Step::Apply(file, at, title) => self.apply(file, at, title),
            Step::Text(file, text) => assert_eq!(self.text(file), Some(text), "the text of {file}"),
        }
    }

    /// Opens a document.
    pub fn open(&mut self, file: &str, text: &str) {
        let document =
            json!({ "uri": self.uri(file), "languageId": "terraform", "version": 0, "text": text });
        self.server
            .notify("textDocument/didOpen", json!({ "textDocument": document }));
        self.open.insert(
            file.to_owned(),
            Document {
                version: 0,
                text: text.to_owned(),
            },
        );
    }

    /// Replaces bytes of an open document.
    pub fn change(&mut self, file: &str, from: usize, to: usize, new: &str) {
        self.change_all(file, &[(from, to, new.to_owned())]);
    }

    /// The same, but for the sending: the parameters of the notification.
    pub fn changed_to(&mut self, file: &str, from: usize, to: usize, new: &str) -> Value {
        self.edited(file, &[(from, to, new.to_owned())])
    }

    /// Replaces bytes of an open document, one change after the other, in one notification.
    pub fn change_all(&mut self, file: &str, changes: &[(usize, usize, String)]) {
        let params = self.edited(file, changes);
        self.server.notify(CHANGED, params);
    }

    fn edited(&mut self, file: &str, changes: &[(usize, usize, String)]) -> Value {
        let encoding = self.server.encoding;
        let document = self.document(file);
        let mut sent = Vec::with_capacity(changes.len());
        for (from, to, new) in changes {
            sent.push(json!({ "range": range(&document.text, *from, *to, encoding), "text": new }));
            document.text.replace_range(from..to, new);
        }
        self.changed(file, &json!(sent))
    }

    /// Replaces the whole text of an open document.
    pub fn rewrite(&mut self, file: &str, text: &str) {
        text.clone_into(&mut self.document(file).text);
        let params = self.changed(file, &json!([{ "text": text }]));
        self.server.notify(CHANGED, params);
    }

    fn changed(&mut self, file: &str, changes: &Value) -> Value {
        let uri = self.uri(file);
        let document = self.document(file);
        document.version += 1;
        let identifier = json!({ "uri": uri, "version": document.version });
        json!({ "textDocument": identifier, "contentChanges": changes })
    }

    /// Writes an open document to disk, and says so.
    pub fn save(&mut self, file: &str) {
        let text = self.document(file).text.clone();
        std::fs::write(self.folder.join(file), text)
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        let params = json!({ "textDocument": { "uri": self.uri(file) } });
        self.server.notify("textDocument/didSave", params);
    }

    /// Closes a document.
    pub fn close(&mut self, file: &str) {
        let params = json!({ "textDocument": { "uri": self.uri(file) } });
        self.server.notify("textDocument/didClose", params);
        self.open.remove(file);
    }

    /// Writes a file on disk, and says so.
    pub fn write(&mut self, file: &str, text: &str) {
        let path = self.folder.join(file);
        let kind = if path.exists() { 2 } else { 1 };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{file}: {error}"));
        }
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{file}: {error}"));
        self.touched(file, kind);
    }

    /// Deletes a file on disk, and says so.
    pub fn delete(&mut self, file: &str) {
        std::fs::remove_file(self.folder.join(file))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        self.touched(file, 3);
    }

    fn touched(&mut self, file: &str, kind: i32) {
        let change = json!({ "uri": self.uri(file), "type": kind });
        self.server.notify(
            "workspace/didChangeWatchedFiles",
            json!({ "changes": [change] }),
        );
    }

    /// The published findings of a file: `line severity rule`.
    pub fn findings(&self, file: &str) -> Vec<String> {
        let published = self.server.published.get(&self.uri(file));
        let diagnostics = published
            .and_then(|params| params["diagnostics"].as_array())
            .into_iter()
            .flatten();
        diagnostics
            .map(|diagnostic| {
                let line = diagnostic["range"]["start"]["line"]
                    .as_u64()
                    .unwrap_or_default()
                    + 1;
                let severity = match diagnostic["severity"].as_u64() {
                    Some(1) => "error",
                    Some(2) => "warning",
                    Some(3) => "information",
                    _ => "hint",
                };
                format!(
                    "{line} {severity} {}",
                    diagnostic["code"].as_str().unwrap_or_default()
                )
            })
            .collect()
    }

    /// The code actions between two bytes of a document.
    pub fn actions(&mut self, file: &str, from: usize, to: usize) -> Vec<Value> {
        let encoding = self.server.encoding;
        let text = self.document(file).text.clone();
        let params = json!({
            "textDocument": { "uri": self.uri(file) },
            "range": range(&text, from, to, encoding),
            "context": { "diagnostics": [] },
        });
        let response = self.server.request("textDocument/codeAction", params);
        response["result"]
            .as_array()
            .cloned()
            .unwrap_or_else(|| panic!("no actions: {response}"))
    }

    /// An action with its edit.
    pub fn resolved(&mut self, action: Value) -> Value {
        if action.get("edit").is_some() {
            return action;
        }
        self.server.request("codeAction/resolve", action)["result"].take()
    }

    /// The hover at a byte of a document.
    pub fn hover(&mut self, file: &str, at: usize) -> Value {
        let encoding = self.server.encoding;
        let position = position(&self.document(file).text, at, encoding);
        let params = json!({ "textDocument": { "uri": self.uri(file) }, "position": position });
        self.server.request("textDocument/hover", params)["result"].take()
    }

    fn apply(&mut self, file: &str, at: &str, title: &str) {
        let from = self.find(file, at);
        let actions = self.actions(file, from, from + at.len());
        let wanted = |action: &&Value| {
            action["title"]
                .as_str()
                .is_some_and(|found| found.contains(title))
        };
        let titles: Vec<&Value> = actions.iter().map(|action| &action["title"]).collect();
        let action = actions
            .iter()
            .find(wanted)
            .unwrap_or_else(|| panic!("no {title:?} among {titles:?}"))
            .clone();
        let action = self.resolved(action);
        self.apply_edit(&action["edit"]);
    }

    /// Applies a workspace edit, as an editor would: to open documents only.
    pub fn apply_edit(&mut self, edit: &Value) {
        let documents = edit["documentChanges"].as_array();
        let versioned = documents.into_iter().flatten();
        let versioned = versioned
            .map(|document| (document["textDocument"]["uri"].as_str(), &document["edits"]));
        let plain = edit["changes"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(uri, edits)| (Some(uri.as_str()), edits));
        let all: Vec<(Option<&str>, &Value)> = versioned.chain(plain).collect();
        assert!(!all.is_empty(), "an edit without documents: {edit}");
        for (uri, edits) in all {
            let file = self
                .open
                .keys()
                .find(|file| Some(self.uri(file).as_str()) == uri)
                .cloned();
            let file = file.unwrap_or_else(|| panic!("an edit of {uri:?}, which is not open"));
            let encoding = self.server.encoding;
            let text = edited(&self.document(&file).text, edits, encoding);
            self.rewrite(&file, &text);
        }
    }

    /// The only occurrence of a text in an open document.
    pub fn find(&self, file: &str, text: &str) -> usize {
        let whole = self
            .text(file)
            .unwrap_or_else(|| panic!("{file} is not open"));
        let found: Vec<usize> = whole.match_indices(text).map(|(at, _)| at).collect();
        assert_eq!(found.len(), 1, "{text:?} in {file}");
        found[0]
    }

    fn document(&mut self, file: &str) -> &mut Document {
        self.open
            .get_mut(file)
            .unwrap_or_else(|| panic!("{file} is not open"))
    }
}
