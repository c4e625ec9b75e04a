//! Files that change on disk: watched by the client if it can.

use std::sync::Arc;

use lsp_types::{DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, Registration};
use tower_lsp::Client;

use crate::session::Session;

/// All that a module, its settings and its calls are made of.
const WATCHED: [&str; 6] = [
    "**/*.{tf,tofu,tfvars}",
    "**/*.{tf,tofu,tfvars}.json",
    "**/stockade.toml",
    "**/.terraform.lock.hcl",
    "**/.terraform/modules/modules.json",
    "**/.stockade/rules/**/*.md",
];

/// Asks the client to watch; the answer is waited for by nobody.
pub(crate) fn start(session: &Arc<Session>, client: Client) {
    if !session.features.watches_files {
        return;
    }
    tokio::spawn(async move {
        if let Err(error) = client.register_capability(vec![registration()]).await {
            tracing::warn!(%error, "the client watches no files");
        }
    });
}

fn registration() -> Registration {
    let watchers = WATCHED.iter().map(|glob| FileSystemWatcher {
        glob_pattern: GlobPattern::String((*glob).to_owned()),
        kind: None,
    });
    let options = DidChangeWatchedFilesRegistrationOptions { watchers: watchers.collect() };
    Registration {
        id: "stockade-files".to_owned(),
        method: "workspace/didChangeWatchedFiles".to_owned(),
        register_options: serde_json::to_value(options).ok(),
    }
}
