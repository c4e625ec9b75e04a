//! What the client can do, and what the server answers to `initialize`.

use lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeLensOptions, CompletionOptions,
    DocumentLinkOptions, ExecuteCommandOptions, FoldingRangeProviderCapability,
    HoverProviderCapability, InitializeParams, InitializeResult, MarkupKind, OneOf,
    PositionEncodingKind, ResourceOperationKind, SaveOptions, SelectionRangeProviderCapability,
    ServerCapabilities, ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};
use serde::Deserialize;
use serde_json::Value;
use stockade_engine::Publish;
use stockade_text::Encoding;

use crate::completion::TRIGGERS;

/// The kind of the action that applies every safe fix of a document.
pub(crate) const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.stockade");

/// The command that makes the server publish findings of files that are not open.
pub(crate) const SCAN_WORKSPACE: &str = "stockade.scanWorkspace";

/// The command that applies safe fixes of a document: see [`crate::command::Fixes`].
pub(crate) const APPLY_FIXES: &str = "stockade.applyFixes";

/// What the client declared, as far as answers depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Progress that the server reports on its own is shown.
    pub(crate) shows_progress: bool,
    /// Completions may have tab stops.
    pub(crate) snippets: bool,
    /// What the user set, as far as it is the server's.
    pub(crate) settings: Settings,
}

/// `initializationOptions`. They change what is shown, never what is found.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Settings {
    /// Which files' findings are published.
    pub(crate) publish: Scope,
    /// Whether what is not HCL is told: where another server tells it, once is enough.
    pub(crate) syntax_errors: bool,
    /// Whether there are lenses above blocks with findings.
    pub(crate) code_lens: bool,
    /// Whether there are hints behind arguments that rules look at.
    pub(crate) inlay_hints: bool,
    /// Whether a hover repeats the findings' messages: some clients show them there by themselves.
    pub(crate) hover_messages: bool,
    /// The URI of a rule's page, `{id}` standing for its id. Without it rules are not links.
    pub(crate) rule_uri: Option<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            publish: Scope::OpenDocuments,
            syntax_errors: false,
            code_lens: false,
            inlay_hints: false,
            hover_messages: true,
            rule_uri: None,
        }
    }
}

/// See [`Settings::publish`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Scope {
    #[default]
    OpenDocuments,
    Workspace,
}

impl Settings {
    /// What is right in the options counts, whatever else they hold.
    fn of(options: Option<&Value>) -> Settings {
        let Some(options) = options.filter(|options| !options.is_null()) else {
            return Settings::default();
        };
        let read = Settings::deserialize(options);
        read.inspect_err(|error| tracing::warn!(%error, "initializationOptions that can't be read"))
            .unwrap_or_default()
    }

    pub(crate) fn publish(&self) -> Publish {
        match self.publish {
            Scope::OpenDocuments => Publish::OpenDocuments,
            Scope::Workspace => Publish::Workspace,
        }
    }
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
            shows_progress: client
                .window
                .as_ref()
                .and_then(|can| can.work_done_progress)
                == Some(true),
            snippets: document
                .and_then(|document| document.completion.as_ref())
                .and_then(|can| can.completion_item.as_ref())
                .and_then(|can| can.snippet_support)
                == Some(true),
            settings: Settings::of(params.initialization_options.as_ref()),
        }
    }

    /// The URI of a rule's page, if the client has one.
    pub(crate) fn rule_uri(&self, id: &str) -> Option<Uri> {
        let template = self.settings.rule_uri.as_ref()?;
        template.replace("{id}", id).parse().ok()
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
                commands: vec![SCAN_WORKSPACE.to_owned(), APPLY_FIXES.to_owned()],
                ..ExecuteCommandOptions::default()
            }),
            completion_provider: Some(CompletionOptions {
                trigger_characters: Some(TRIGGERS.map(str::to_owned).to_vec()),
                ..CompletionOptions::default()
            }),
            code_lens_provider: self.settings.code_lens.then_some(CodeLensOptions {
                resolve_provider: Some(false),
            }),
            inlay_hint_provider: self.settings.inlay_hints.then_some(OneOf::Left(true)),
            document_link_provider: self
                .settings
                .rule_uri
                .as_ref()
                .map(|_| DocumentLinkOptions {
                    resolve_provider: Some(false),
                    work_done_progress_options: Default::default(),
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
