//! A connection after `initialize`: the engine and what is known about the client.

use std::path::PathBuf;
use std::sync::Arc;

use lsp_types::{InitializeParams, WorkspaceFolder};
use stockade_engine::{Event, Handle, Options, spawn};

use crate::features::Features;
use crate::publish::Publisher;
use crate::uri::{Spellings, to_path};
use crate::watch::Folders;

/// What every part of the server needs once the client has introduced itself.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) engine: Handle,
    pub(crate) features: Features,
    pub(crate) spellings: Spellings,
    pub(crate) publisher: Publisher,
    pub(crate) folders: Folders,
}

impl Session {
    /// Starts the engine for this client.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(crate) fn open(
        params: &InitializeParams,
        publisher: Publisher,
    ) -> std::io::Result<Session> {
        let features = Features::of(params);
        let options = Options {
            encoding: features.encoding,
            publish: features.settings.publish(),
            ..Options::default()
        };
        let to_publisher = publisher.clone();
        let engine = spawn(options, Box::new(move |news| to_publisher.tell(news)))?;
        folders(params)
            .into_iter()
            .for_each(|folder| engine.send(Event::AddFolder(folder)));
        let folders = Folders::new(features.watches_files, &engine);
        Ok(Session {
            engine,
            features,
            spellings: Spellings::default(),
            publisher,
            folders,
        })
    }
}

/// The client's workspace folders; old clients have one root.
#[expect(
    deprecated,
    reason = "`rootUri` and `rootPath` are all that old clients send"
)]
fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    if let Some(folders) = &params.workspace_folders {
        return paths(folders);
    }
    let root = params.root_uri.as_ref().and_then(to_path);
    root.or_else(|| params.root_path.as_ref().map(PathBuf::from))
        .filter(|root| root.is_absolute())
        .into_iter()
        .collect()
}

/// The paths of those folders that are files.
pub(crate) fn paths(folders: &[WorkspaceFolder]) -> Vec<PathBuf> {
    folders
        .iter()
        .filter_map(|folder| to_path(&folder.uri))
        .collect()
}

/// Shared by the sequencer, which opens it, and the handlers.
pub(crate) type SharedSession = Arc<std::sync::OnceLock<Arc<Session>>>;
