//! The order of things: the service in front of the framework.
//!
//! `call` runs in the order in which messages arrive; the handlers' futures race. So every notification about documents,
//! files and folders is put on the engine's queue here, synchronously, and every request gets a ticket on the same
//! queue: the snapshot of exactly its place in the order.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use lsp_types::{
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    InitializeParams, TextDocumentContentChangeEvent,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use stockade_engine::{Change, Event, Ticket};
use stockade_text::Position;
use tower::Service;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};
use tower_lsp::{ExitedError, LspService};

use crate::backend::Backend;
use crate::publish::{Jobs, Publisher};
use crate::session::{Session, SharedSession, paths};
use crate::transport::{MALFORMED, Output};
use crate::uri::{mended, to_path};

tokio::task_local! {
    /// The place of the request that is being handled.
    pub(crate) static TICKET: Mutex<Option<Ticket>>;
}

/// How the connection stands.
#[derive(Debug, Default)]
pub(crate) struct Life {
    /// `shutdown` was requested.
    pub(crate) shut_down: AtomicBool,
}

/// The service in front of the framework's.
pub(crate) struct Sequencer {
    inner: LspService<Backend>,
    session: SharedSession,
    life: Arc<Life>,
    /// Taken by `initialize`.
    publisher: Option<Publisher>,
    /// Taken by what comes after it: before `initialize` is answered, nothing may be sent.
    jobs: Option<(Jobs, Output)>,
}

impl Sequencer {
    pub(crate) fn new(
        inner: LspService<Backend>,
        session: SharedSession,
        life: Arc<Life>,
        output: Output,
    ) -> Sequencer {
        let (publisher, jobs) = Publisher::new();
        Sequencer {
            inner,
            session,
            life,
            publisher: Some(publisher),
            jobs: Some((jobs, output)),
        }
    }

    /// Opens the session if the parameters are right; if not, the framework answers with what is wrong.
    fn initialize(&mut self, params: Option<&Value>) {
        let Some(params) = params.and_then(read::<InitializeParams>) else {
            return;
        };
        let Some(publisher) = self.publisher.take() else {
            return;
        };
        match Session::open(&params, publisher) {
            Ok(session) => drop(self.session.set(Arc::new(session))),
            Err(error) => tracing::error!(%error, "the engine did not start"),
        }
    }

    fn start_publishing(&mut self) {
        if let Some(session) = self.session.get()
            && let Some((jobs, output)) = self.jobs.take()
        {
            jobs.run(session.clone(), output);
        }
    }
}

impl Service<Request> for Sequencer {
    type Response = Option<Response>;
    type Error = ExitedError;
    type Future = Pin<Box<dyn Future<Output = Result<Option<Response>, ExitedError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ExitedError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let request = with_mended_uris(request);
        self.start_publishing();
        match request.method() {
            MALFORMED => return ready(Some(malformed(request.params()))),
            "initialize" => self.initialize(request.params()),
            "shutdown" if self.session.get().is_some() => {
                self.life.shut_down.store(true, Ordering::Relaxed)
            }
            _ => {}
        }
        let live = self
            .session
            .get()
            .filter(|_| !self.life.shut_down.load(Ordering::Relaxed));
        let Some(session) = live else {
            return self.inner.call(request);
        };
        if request.id().is_none() && note(session, request.method(), request.params()) {
            return ready(None);
        }
        let ticket = request.id().map(|_| match request.method() {
            "stockade/settled" => session.engine.settled(),
            _ => session.engine.ticket(),
        });
        Box::pin(TICKET.scope(Mutex::new(ticket), self.inner.call(request)))
    }
}

fn ready(response: Option<Response>) -> <Sequencer as Service<Request>>::Future {
    Box::pin(std::future::ready(Ok(response)))
}

/// Puts what a notification says on the engine's queue. False if the notification is not about files.
fn note(session: &Session, method: &str, params: Option<&Value>) -> bool {
    let events = match method {
        "textDocument/didOpen" => params
            .and_then(read)
            .and_then(|params| opened(session, params))
            .into_iter()
            .collect(),
        "textDocument/didChange" => params
            .and_then(read)
            .and_then(changed)
            .into_iter()
            .collect(),
        "textDocument/didClose" => params
            .and_then(read)
            .and_then(|params| closed(&params))
            .into_iter()
            .collect(),
        "textDocument/didSave" => params
            .and_then(read)
            .and_then(|params| saved(&params))
            .into_iter()
            .collect(),
        "workspace/didChangeWatchedFiles" => params
            .and_then(read)
            .map(|params| touched(&params))
            .into_iter()
            .collect(),
        "workspace/didChangeWorkspaceFolders" => params
            .and_then(read)
            .map(|params| folders(&params))
            .unwrap_or_default(),
        _ => return false,
    };
    if events.is_empty() {
        tracing::debug!(method, "not about a file of ours");
    }
    events
        .into_iter()
        .for_each(|event| session.engine.send(event));
    true
}

fn opened(session: &Session, params: DidOpenTextDocumentParams) -> Option<Event> {
    let document = params.text_document;
    let path = session
        .spellings
        .opened(&document.uri, &document.language_id)?;
    session.folders.watch_beside(&path);
    Some(Event::Open {
        path,
        version: document.version,
        text: document.text,
    })
}

fn changed(params: DidChangeTextDocumentParams) -> Option<Event> {
    let path = to_path(&params.text_document.uri)?;
    let changes = params.content_changes.into_iter().map(change).collect();
    Some(Event::Change {
        path,
        version: params.text_document.version,
        changes,
    })
}

fn change(change: TextDocumentContentChangeEvent) -> Change {
    let position = |at: lsp_types::Position| Position {
        line: at.line,
        character: at.character,
    };
    let range = change
        .range
        .map(|range| (position(range.start), position(range.end)));
    Change {
        range,
        text: change.text,
    }
}

fn closed(params: &DidCloseTextDocumentParams) -> Option<Event> {
    Some(Event::Close {
        path: to_path(&params.text_document.uri)?,
    })
}

/// Clients that watch no files say at least when they write one.
fn saved(params: &DidSaveTextDocumentParams) -> Option<Event> {
    Some(Event::FilesChanged(vec![to_path(
        &params.text_document.uri,
    )?]))
}

fn touched(params: &DidChangeWatchedFilesParams) -> Event {
    Event::FilesChanged(
        params
            .changes
            .iter()
            .filter_map(|change| to_path(&change.uri))
            .collect(),
    )
}

fn folders(params: &DidChangeWorkspaceFoldersParams) -> Vec<Event> {
    let removed = paths(&params.event.removed)
        .into_iter()
        .map(Event::RemoveFolder);
    removed
        .chain(paths(&params.event.added).into_iter().map(Event::AddFolder))
        .collect()
}

fn read<Params: DeserializeOwned>(params: &Value) -> Option<Params> {
    let read = Params::deserialize(params);
    read.inspect_err(|error| tracing::warn!(%error, "parameters that can't be read"))
        .ok()
}

/// Clients that don't escape what a URI may not hold are understood all the same.
fn with_mended_uris(request: Request) -> Request {
    let (method, id, mut params) = request.into_parts();
    if let Some(params) = &mut params {
        mend_uris(params);
    }
    let mut builder = Request::build(method);
    if let Some(params) = params {
        builder = builder.params(params);
    }
    if let Some(id) = id {
        builder = builder.id(id);
    }
    builder.finish()
}

fn mend_uris(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| match value {
            Value::String(uri) if name == "uri" || name == "rootUri" => {
                if let Some(mended) = mended(uri) {
                    *uri = mended;
                }
            }
            value => mend_uris(value),
        }),
        Value::Array(values) => values.iter_mut().for_each(mend_uris),
        _ => {}
    }
}

/// The answer to a message that could not be read.
fn malformed(params: Option<&Value>) -> Response {
    let field = |name| params.and_then(|params| params.get(name));
    let id = field("id")
        .cloned()
        .and_then(|id| serde_json::from_value(id).ok())
        .unwrap_or(Id::Null);
    let code = field("code").and_then(Value::as_i64).unwrap_or(-32700);
    let message = field("message")
        .and_then(Value::as_str)
        .unwrap_or("Parse error")
        .to_owned();
    Response::from_error(
        id,
        Error {
            code: ErrorCode::from(code),
            message: message.into(),
            data: None,
        },
    )
}
