//! Files that change on disk: watched by the client if it can, else in the folders of open documents by us.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use lsp_types::{
    DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, Registration,
};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use stockade_engine::{Event, Handle};
use tower_lsp::Client;

use crate::session::Session;

/// All that a module, its settings and its calls are made of.
const WATCHED: [&str; 10] = [
    "**/*.{tf,tofu,tfvars}",
    "**/*.{tf,tofu,tfvars}.json",
    "**/stockade.toml",
    "**/*.hcl",
    "**/.terraform/modules/modules.json",
    "**/.stockade/rules/**/*.md",
    "**/.snyk",
    "**/.gitignore",
    "**/.git/index",
    "**/*.{tfstate,tfplan}",
];

/// The same for our own watching, which looks into a folder but not below it.
const ENDINGS: [&str; 12] = [
    ".tf",
    ".tofu",
    ".tfvars",
    ".tf.json",
    ".tofu.json",
    ".tfvars.json",
    "stockade.toml",
    ".hcl",
    ".snyk",
    ".gitignore",
    ".tfstate",
    ".tfplan",
];

/// Asks a client that can to watch; nobody waits for its answer.
pub(crate) fn ask(session: &Session, client: Client) {
    if !session.features.watches_files {
        return;
    }
    tokio::spawn(async move {
        if let Err(error) = client.register_capability(vec![registration()]).await {
            tracing::warn!(%error, "the client does not watch files");
        }
    });
}

fn registration() -> Registration {
    let watchers = WATCHED.iter().map(|glob| FileSystemWatcher {
        glob_pattern: GlobPattern::String((*glob).to_owned()),
        kind: None,
    });
    let options = DidChangeWatchedFilesRegistrationOptions {
        watchers: watchers.collect(),
    };
    Registration {
        id: "stockade-files".to_owned(),
        method: "workspace/didChangeWatchedFiles".to_owned(),
        register_options: serde_json::to_value(options).ok(),
    }
}

/// Folders that are watched because the client can't.
#[derive(Debug)]
pub(crate) struct Folders(Option<Mutex<Watched>>);

#[derive(Debug)]
struct Watched {
    watcher: RecommendedWatcher,
    folders: HashSet<PathBuf>,
}

impl Folders {
    /// Nothing is watched yet; for clients that watch by themselves, nothing ever is.
    pub(crate) fn new(client_watches: bool, engine: &Handle) -> Folders {
        if client_watches {
            return Folders(None);
        }
        let engine = engine.clone();
        let watcher = notify::recommended_watcher(move |event| report(&engine, event));
        let watcher = watcher
            .inspect_err(|error| tracing::warn!(%error, "files can't be watched"))
            .ok();
        Folders(watcher.map(|watcher| {
            Mutex::new(Watched {
                watcher,
                folders: HashSet::new(),
            })
        }))
    }

    /// Watches the folder of a file from now on.
    pub(crate) fn watch_beside(&self, file: &Path) {
        let (Some(watched), Some(folder)) = (&self.0, file.parent()) else {
            return;
        };
        let mut watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
        if watched.folders.insert(folder.to_path_buf())
            && let Err(error) = watched.watcher.watch(folder, RecursiveMode::NonRecursive)
        {
            tracing::warn!(%error, "a folder can't be watched");
        }
    }
}

fn report(engine: &Handle, event: notify::Result<notify::Event>) {
    let Ok(event) = event else { return };
    if matches!(event.kind, EventKind::Access(_)) {
        return;
    }
    let ours = |path: &PathBuf| {
        ENDINGS
            .iter()
            .any(|ending| path.to_string_lossy().ends_with(ending))
    };
    let paths: Vec<PathBuf> = event.paths.into_iter().filter(ours).collect();
    if !paths.is_empty() {
        engine.send(Event::FilesChanged(paths));
    }
}
