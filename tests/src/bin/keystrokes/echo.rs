//! The least that a language server can do with the same framework: every change is answered with the same diagnostics,
//! those of `initializationOptions.diagnostics`. What a server takes longer than this one, it takes for its work.

use std::process::ExitCode;
use std::sync::OnceLock;

use lsp_types::{
    Diagnostic, DidChangeTextDocumentParams, DidOpenTextDocumentParams, InitializeParams,
    InitializeResult, ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind, Uri,
};
use tower_lsp::jsonrpc::Result;
use tower_lsp::{Client, LanguageServer, LspService, Server};

struct Echo {
    client: Client,
    diagnostics: OnceLock<Vec<Diagnostic>>,
}

impl Echo {
    async fn answer(&self, uri: Uri, version: i32) {
        let diagnostics = self.diagnostics.get().cloned().unwrap_or_default();
        self.client
            .publish_diagnostics(uri, diagnostics, Some(version))
            .await;
    }
}

impl LanguageServer for Echo {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let given = params
            .initialization_options
            .and_then(|mut options| options.get_mut("diagnostics").map(serde_json::Value::take));
        self.diagnostics.get_or_init(|| {
            given
                .and_then(|given| serde_json::from_value(given).ok())
                .unwrap_or_default()
        });
        let capabilities = ServerCapabilities {
            text_document_sync: Some(TextDocumentSyncCapability::Kind(
                TextDocumentSyncKind::INCREMENTAL,
            )),
            ..ServerCapabilities::default()
        };
        Ok(InitializeResult {
            capabilities,
            ..InitializeResult::default()
        })
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        self.answer(params.text_document.uri, params.text_document.version)
            .await;
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        self.answer(params.text_document.uri, params.text_document.version)
            .await;
    }
}

/// Serves on standard input and output, as the framework's documentation shows it.
pub(crate) fn run() -> ExitCode {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else {
        return ExitCode::FAILURE;
    };
    runtime.block_on(async {
        let (service, socket) = LspService::new(|client| Echo {
            client,
            diagnostics: OnceLock::new(),
        });
        Server::new(tokio::io::stdin(), tokio::io::stdout(), socket)
            .serve(service)
            .await;
    });
    runtime.shutdown_background();
    ExitCode::SUCCESS
}
