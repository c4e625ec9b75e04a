//! What the client can do, and what the server answers to `initialize`.

use lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, ExecuteCommandOptions,
    FoldingRangeProviderCapability, HoverProviderCapability, InitializeParams, InitializeResult,
    MarkupKind, OneOf, PositionEncodingKind, ResourceOperationKind, SaveOptions,
    SelectionRangeProviderCapability, ServerCapabilities, ServerInfo, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
    WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};
use serde_json::Value;
use stockade_engine::Publish;
use stockade_text::Encoding;

/// The kind of the action that applies every safe fix of a document.
pub(crate) const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.stockade");

/// The command that makes the server publish findings of files that are not open.
pub(crate) const SCAN_WORKSPACE: &str = "stockade.scanWorkspace";

/// What the client declared, as far as answers depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Features {
    /// How positions count characters.
    pub(crate) encoding: Encoding,
    /// Diagnostics may have related information.
    pub(crate) related: bool,
    /// Diagnostics may be marked as unnecessary.
    pub(crate) tags: bool,
    /// Code actions may be literals, not only commands.
    pub(crate) actions: bool,
    /// An action's edit may be asked for later.
    pub(crate) resolves_edits: bool,
    /// Edits may name the version of a document.
    pub(crate) document_changes: bool,
    /// Edits may create files.
    pub(crate) creates_files: bool,
    /// Hovers may be Markdown.
    pub(crate) markdown: bool,
    /// The client watches files when asked to.
    pub(crate) watches_files: bool,
    /// What is published to begin with.
    pub(crate) publish: Publish,
}

impl Features {
    /// Reads what the client declared; what it is silent about it can't do.
    pub(crate) fn of(params: &InitializeParams) -> Features {
        let client = &params.capabilities;
        let document = client.text_document.as_ref();
        let workspace = client.workspace.as_ref();
        let diagnostics = document.and_then(|document| document.publish_diagnostics.as_ref());
        let action = document.and_then(|document| document.code_action.as_ref());
        let hover = document.and_then(|document| document.hover.as_ref());
        let resolved = action.and_then(|action| action.resolve_support.as_ref());
        let edit = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let watched = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
        Features {
            encoding: encoding(client),
            related: diagnostics.and_then(|can| can.related_information) == Some(true),
            tags: diagnostics.is_some_and(|can| can.tag_support.is_some()),
            actions: action.is_some_and(|can| can.code_action_literal_support.is_some()),
            resolves_edits: action.and_then(|can| can.data_support) == Some(true)
                && resolved
                    .is_some_and(|can| can.properties.iter().any(|property| property == "edit")),
            document_changes: edit.and_then(|can| can.document_changes) == Some(true),
            creates_files: edit
                .filter(|can| can.document_changes == Some(true))
                .and_then(|can| can.resource_operations.as_ref())
                .is_some_and(|kinds| kinds.contains(&ResourceOperationKind::Create)),
            markdown: hover
                .and_then(|can| can.content_format.as_ref())
                .is_some_and(|formats| formats.contains(&MarkupKind::Markdown)),
            watches_files: watched.and_then(|can| can.dynamic_registration) == Some(true),
            publish: publish(params.initialization_options.as_ref()),
        }
    }

    /// The answer to `initialize`.
    pub(crate) fn answer(&self) -> InitializeResult {
        InitializeResult {
            capabilities: self.capabilities(),
            server_info: Some(ServerInfo {
                name: "stockade".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            offset_encoding: None,
        }
    }

    fn capabilities(&self) -> ServerCapabilities {
        let sync = TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions {
                include_text: Some(false),
            })),
            ..TextDocumentSyncOptions::default()
        };
        let actions = CodeActionOptions {
            code_action_kinds: Some(vec![
                CodeActionKind::QUICKFIX,
                CodeActionKind::REFACTOR_REWRITE,
                FIX_ALL,
            ]),
            resolve_provider: Some(true),
            ..CodeActionOptions::default()
        };
        let folders = WorkspaceFoldersServerCapabilities {
            supported: Some(true),
            change_notifications: Some(OneOf::Left(true)),
        };
        ServerCapabilities {
            position_encoding: Some(match self.encoding {
                Encoding::Utf8 => PositionEncodingKind::UTF8,
                Encoding::Utf16 => PositionEncodingKind::UTF16,
                Encoding::Utf32 => PositionEncodingKind::UTF32,
            }),
            text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
            code_action_provider: Some(actions.into()),
            hover_provider: Some(HoverProviderCapability::Simple(true)),
            folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
            selection_range_provider: Some(SelectionRangeProviderCapability::Simple(true)),
            execute_command_provider: Some(ExecuteCommandOptions {
                commands: vec![SCAN_WORKSPACE.to_owned()],
                ..ExecuteCommandOptions::default()
            }),
            workspace: Some(WorkspaceServerCapabilities {
                workspace_folders: Some(folders),
                file_operations: None,
            }),
            ..ServerCapabilities::default()
        }
    }
}

/// UTF-8 costs nothing, UTF-16 is what a client that says nothing means.
fn encoding(client: &ClientCapabilities) -> Encoding {
    let offered = client
        .general
        .as_ref()
        .and_then(|general| general.position_encodings.as_deref())
        .unwrap_or_default();
    let preferred = [
        (PositionEncodingKind::UTF8, Encoding::Utf8),
        (PositionEncodingKind::UTF16, Encoding::Utf16),
        (PositionEncodingKind::UTF32, Encoding::Utf32),
    ];
    preferred
        .into_iter()
        .find(|(kind, _)| offered.contains(kind))
        .map_or(Encoding::Utf16, |(_, encoding)| encoding)
}

/// The setting `publish` of `initializationOptions`: `"workspace"`, or open documents.
fn publish(options: Option<&Value>) -> Publish {
    match options
        .and_then(|options| options.get("publish"))
        .and_then(Value::as_str)
    {
        Some("workspace") => Publish::Workspace,
        _ => Publish::OpenDocuments,
    }
}
