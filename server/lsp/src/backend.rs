//! The requests: each computes on a blocking thread, from the snapshot of its place in the order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lsp_types::{
    CodeAction, CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, CompletionParams,
    CompletionResponse, DidChangeConfigurationParams, DocumentLink, DocumentLinkParams,
    ExecuteCommandParams, FoldingRange, FoldingRangeParams, Hover, HoverParams, InitializeParams,
    InitializeResult, InitializedParams, InlayHint, InlayHintParams, LSPAny, SelectionRange,
    SelectionRangeParams, WorkspaceEdit,
};
use stockade_engine::{Event, Publish, Snapshot};
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::{Client, LanguageServer};

use crate::command::{Fixes, RulePage, RuleParams};
use crate::features::{APPLY_FIXES, SCAN_WORKSPACE};
use crate::sequencer::TICKET;
use crate::session::{Session, SharedSession};
use crate::{code_action, command, completion, hover, lens, scan, structure, watch};

/// The handlers' view of the server.
#[derive(Debug)]
pub(crate) struct Backend {
    client: Client,
    session: SharedSession,
}

/// What a handler computes with.
pub(crate) struct Request {
    pub(crate) session: Arc<Session>,
    pub(crate) snapshot: Arc<Snapshot>,
    cancelled: Arc<AtomicBool>,
}

impl Request {
    /// Ends the computation when the client no longer waits for its result.
    ///
    /// # Errors
    /// `RequestCancelled`, to be handed up.
    pub(crate) fn go_on(&self) -> Result<()> {
        if self.cancelled.load(Ordering::Relaxed) {
            Err(Error::request_cancelled())
        } else {
            Ok(())
        }
    }
}

/// Tells the computation that its handler's future was dropped: that is how the framework cancels.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Backend {
    pub(crate) fn new(client: Client, session: SharedSession) -> Backend {
        Backend { client, session }
    }

    fn session(&self) -> Result<Arc<Session>> {
        self.session
            .get()
            .cloned()
            .ok_or_else(|| failed("the engine did not start"))
    }

    /// Runs `handler` on a blocking thread. A panic in it is this request's error and nobody else's.
    async fn compute<T: Send + 'static>(
        &self,
        handler: impl FnOnce(&Request) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let session = self.session()?;
        let ticket =
            TICKET.try_with(|ticket| ticket.lock().ok().and_then(|mut ticket| ticket.take()));
        let ticket = ticket
            .ok()
            .flatten()
            .unwrap_or_else(|| session.engine.ticket());
        let cancelled = Arc::new(AtomicBool::new(false));
        let _cancel = CancelOnDrop(cancelled.clone());
        let work = tokio::task::spawn_blocking(move || {
            let snapshot = ticket
                .wait()
                .ok_or_else(|| failed("the engine has ended"))?;
            let request = Request {
                session,
                snapshot,
                cancelled,
            };
            request.go_on()?;
            handler(&request)
        });
        work.await.unwrap_or_else(|panic| {
            tracing::error!(%panic, "a handler panicked");
            Err(failed("a handler panicked; the log says more"))
        })
    }

    /// `stockade/rule`: the page of a rule.
    pub(crate) async fn rule(&self, params: RuleParams) -> Result<Option<RulePage>> {
        self.compute(move |request| Ok(command::rule(request, &params)))
            .await
    }

    /// `stockade/workspaceFixes`: the safe fixes of all files that are looked at.
    pub(crate) async fn workspace_fixes(&self, _: LSPAny) -> Result<WorkspaceEdit> {
        self.compute(command::workspace_fixes).await
    }

    /// `stockade/settled`: answers when all that was said before is analysed and published. For tests.
    pub(crate) async fn settled(&self, _: LSPAny) -> Result<()> {
        let session = self.session()?;
        self.compute(|_| Ok(())).await?;
        session.publisher.barrier().await;
        Ok(())
    }
}

impl LanguageServer for Backend {
    async fn initialize(&self, _: InitializeParams) -> Result<InitializeResult> {
        Ok(self.session()?.features.answer())
    }

    async fn initialized(&self, _: InitializedParams) {
        if let Ok(session) = self.session() {
            watch::ask(&session, self.client.clone());
            scan::follow(&session, self.client.clone());
        }
    }

    /// Editors send it unasked; what is found depends on `stockade.toml` alone.
    async fn did_change_configuration(&self, _: DidChangeConfigurationParams) {}

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.compute(move |request| code_action::list(request, &params))
            .await
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        self.compute(move |request| code_action::resolve(request, action))
            .await
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        self.compute(move |request| hover::at(request, &params))
            .await
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        self.compute(move |request| completion::at(request, &params))
            .await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.compute(move |request| lens::lenses(request, &params))
            .await
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        self.compute(move |request| lens::hints(request, &params))
            .await
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.compute(move |request| lens::links(request, &params))
            .await
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        self.compute(move |request| structure::folding(request, &params))
            .await
    }

    async fn selection_range(
        &self,
        params: SelectionRangeParams,
    ) -> Result<Option<Vec<SelectionRange>>> {
        self.compute(move |request| structure::selection(request, &params))
            .await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<LSPAny>> {
        match params.command.as_str() {
            SCAN_WORKSPACE => self
                .session()?
                .engine
                .send(Event::Scope(Publish::Workspace)),
            APPLY_FIXES => {
                let argument = params.arguments.into_iter().next().unwrap_or_default();
                let wanted: Fixes = serde_json::from_value(argument)
                    .map_err(|error| Error::invalid_params(error.to_string()))?;
                let edit = self
                    .compute(move |request| command::fixes(request, &wanted))
                    .await?;
                let client = self.client.clone();
                // The client answers when the edit is applied, or asks its user before.
                tokio::spawn(async move {
                    if let Err(error) = client.apply_edit(edit).await {
                        tracing::warn!(%error, "the client does not apply edits");
                    }
                });
            }
            other => {
                return Err(Error::invalid_params(format!(
                    "there is no command {other:?}"
                )));
            }
        }
        Ok(None)
    }
}

/// An internal error with a message.
pub(crate) fn failed(message: &str) -> Error {
    Error {
        code: ErrorCode::InternalError,
        message: message.to_owned().into(),
        data: None,
    }
}

/// The text that an answer was made for is no longer there.
pub(crate) fn stale(message: &str) -> Error {
    Error {
        code: ErrorCode::ContentModified,
        message: message.to_owned().into(),
        data: None,
    }
}
