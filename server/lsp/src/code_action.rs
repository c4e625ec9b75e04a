//! Code actions: the fixes of the findings in a range, suppressions, and fix-all.
//!
//! What is asked at every cursor move must be cheap: an action is its title and the data to find it again. The edit,
//! and for a fix the proof, is made when the client asks for it; at once only for clients that can't.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse,
    CreateFile, Diagnostic, DocumentChangeOperation, DocumentChanges, NumberOrString, OneOf,
    OptionalVersionedTextDocumentIdentifier, ResourceOp, TextDocumentEdit, TextEdit, Uri,
    WorkspaceEdit,
};
use serde::{Deserialize, Serialize};
use stockade_engine::{Report, ReportKind, Safety};
use stockade_text::{Rope, TextRange};
use tower_lsp::jsonrpc::{Error, Result};

use crate::backend::{Request, failed, stale};
use crate::diagnostics;
use crate::features::FIX_ALL;
use crate::uri::to_path;

/// Finds an offered action again, whatever has been typed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Offer {
    uri: Uri,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum What {
    /// The nth fix of the finding with this fingerprint.
    Fix {
        fingerprint: String,
        nth: usize,
    },
    Suppress {
        fingerprint: String,
    },
    /// What can be done about the suppressions at these bytes, by its title.
    Comment {
        at: (u32, u32),
        title: String,
    },
    /// The version of the write-only argument at these bytes is raised.
    Rotate {
        at: (u32, u32),
    },
    /// All safe fixes of a rule in the document.
    FixRule {
        rule: String,
    },
    /// The comments of other scanners as ours.
    TranslateAll,
    FixAll,
}

/// `textDocument/codeAction`.
pub(crate) fn list(
    request: &Request,
    params: &CodeActionParams,
) -> Result<Option<CodeActionResponse>> {
    let uri = &params.text_document.uri;
    let Some(path) = to_path(uri).filter(|_| request.session.features.actions) else {
        return Ok(None);
    };
    let Some(file) = request.snapshot.file(&path) else {
        return Ok(None);
    };
    let (text, reports) = (&file.rope, &file.reports);
    let wanted = |kind: &CodeActionKind| wanted(params.context.only.as_deref(), kind);

    let mut actions = Vec::new();
    if wanted(&CodeActionKind::QUICKFIX) {
        let range = diagnostics::bytes(&request.session, text, params.range);
        let open = || reports.iter().filter(|report| report.suppressed.is_none());
        let (at, beside): (Vec<&Report>, Vec<&Report>) =
            open().partition(|report| touches(report.range, range));
        // A client may mean the whole line of its cursor, and says so by the diagnostics on it.
        let meant = beside
            .into_iter()
            .filter(|report| is_meant(request, text, report, &params.context.diagnostics));
        let touched: Vec<&Report> = at.into_iter().chain(meant).collect();
        touched
            .iter()
            .for_each(|report| fixes(request, uri, text, report, &mut actions));
        of_rules(uri, &touched, reports, &mut actions);
        touched
            .iter()
            .for_each(|report| suppression(request, uri, text, report, &mut actions));
        let rotated = touched.iter().filter(|r| r.kind == ReportKind::Rotation);
        rotated.for_each(|report| rotations(request, uri, text, report, &mut actions));
        let is_accepted = |r: &Report| r.suppressed.is_some() && touches(r.range, range);
        if reports.iter().any(is_accepted) || request.snapshot.has_comment(&path, range) {
            comments(request, uri, &path, range, &mut actions);
        }
    }
    if wanted(&CodeActionKind::REFACTOR_REWRITE) {
        let range = diagnostics::bytes(&request.session, text, params.range);
        if let Some(rotation) = request.snapshot.rotation(&path, range) {
            let at = (range.start().into(), range.end().into());
            let kind = CodeActionKind::REFACTOR_REWRITE;
            actions.push(action(uri, rotation.title, kind, What::Rotate { at }));
        }
    }
    if wanted(&FIX_ALL) && reports.iter().any(has_safe_fix) {
        actions.push(action(
            uri,
            "Fix all that is safe to fix in this file".to_owned(),
            FIX_ALL,
            What::FixAll,
        ));
    }
    if !request.session.features.resolves_edits {
        actions = complete(request, actions)?;
    }
    Ok(Some(
        actions
            .into_iter()
            .map(CodeActionOrCommand::CodeAction)
            .collect(),
    ))
}

/// `codeAction/resolve`: the edit of an action that [`list`] offered, proved if it is a fix.
pub(crate) fn resolve(request: &Request, mut action: CodeAction) -> Result<CodeAction> {
    let data = action.data.clone().unwrap_or_default();
    let offer: Offer = serde_json::from_value(data)
        .map_err(|error| Error::invalid_params(format!("not an action of this server: {error}")))?;
    action.edit = Some(edit(request, &offer)?);
    Ok(action)
}

/// The actions with their edits; those that turn out to have none are dropped.
fn complete(request: &Request, actions: Vec<CodeAction>) -> Result<Vec<CodeAction>> {
    let mut complete = Vec::with_capacity(actions.len());
    for action in actions {
        request.go_on()?;
        complete.extend(resolve(request, action).map(|action| CodeAction {
            data: None,
            ..action
        }));
    }
    Ok(complete)
}

fn fixes(
    request: &Request,
    uri: &Uri,
    text: &Rope,
    report: &Report,
    actions: &mut Vec<CodeAction>,
) {
    for (nth, fix) in report.fixes.iter().enumerate() {
        let what = What::Fix {
            fingerprint: report.fingerprint.to_string(),
            nth,
        };
        actions.push(CodeAction {
            is_preferred: Some(nth == 0 && fix.safety == Safety::Safe),
            diagnostics: Some(vec![diagnostic(request, text, report)]),
            ..action(uri, fix.title.to_string(), CodeActionKind::QUICKFIX, what)
        });
    }
}

/// All safe fixes of a rule in the document, where there are several.
fn of_rules(uri: &Uri, touched: &[&Report], all: &[Report], actions: &mut Vec<CodeAction>) {
    let mut rules: Vec<&str> = touched.iter().map(|r| r.rule.as_str()).collect();
    rules.dedup();
    for rule in rules {
        let same = all.iter().filter(|r| r.rule == rule && has_safe_fix(r));
        let count = same.count();
        if count > 1 {
            let title = format!("Fix all {count} of {rule} in this file");
            let what = What::FixRule {
                rule: rule.to_owned(),
            };
            actions.push(action(uri, title, CodeActionKind::QUICKFIX, what));
        }
    }
}

fn suppression(
    request: &Request,
    uri: &Uri,
    text: &Rope,
    report: &Report,
    actions: &mut Vec<CodeAction>,
) {
    if !report.is_suppressible() {
        return;
    }
    let what = What::Suppress {
        fingerprint: report.fingerprint.to_string(),
    };
    actions.push(CodeAction {
        diagnostics: Some(vec![diagnostic(request, text, report)]),
        ..action(
            uri,
            format!("Suppress {} with a reason", report.rule),
            CodeActionKind::QUICKFIX,
            what,
        )
    });
}

/// The version of a write-only value that is another one now.
fn rotations(
    request: &Request,
    uri: &Uri,
    text: &Rope,
    report: &Report,
    actions: &mut Vec<CodeAction>,
) {
    let at = TextRange::empty(report.range.start());
    let Some(rotation) = request.snapshot.rotation(&report.path, at) else {
        return;
    };
    let what = What::Rotate {
        at: (at.start().into(), at.end().into()),
    };
    actions.push(CodeAction {
        is_preferred: Some(true),
        diagnostics: Some(vec![diagnostic(request, text, report)]),
        ..action(uri, rotation.title, CodeActionKind::QUICKFIX, what)
    });
}

/// What can be done about the suppressions under the cursor.
fn comments(
    request: &Request,
    uri: &Uri,
    path: &Path,
    range: TextRange,
    actions: &mut Vec<CodeAction>,
) {
    let at = (range.start().into(), range.end().into());
    let offered = request.snapshot.comment_actions(path, range).into_iter();
    let offered = offered.map(|offer| {
        let title = offer.title.clone();
        action(
            uri,
            offer.title,
            CodeActionKind::QUICKFIX,
            What::Comment { at, title },
        )
    });
    actions.extend(offered);
    if request.snapshot.translated_comments(path).len() > 1 {
        let title = "Write all comments of other scanners in this file as stockade:ignore";
        actions.push(action(
            uri,
            title.to_owned(),
            CodeActionKind::QUICKFIX,
            What::TranslateAll,
        ));
    }
}

fn action(uri: &Uri, title: String, kind: CodeActionKind, what: What) -> CodeAction {
    let offer = Offer {
        uri: uri.clone(),
        what,
    };
    CodeAction {
        title,
        kind: Some(kind),
        data: serde_json::to_value(offer).ok(),
        ..CodeAction::default()
    }
}

fn diagnostic(request: &Request, text: &Rope, report: &Report) -> Diagnostic {
    diagnostics::one(&request.session, &request.snapshot, text, report)
}

/// Whether a kind was asked for: by itself, or by one that it is below (`source.fixAll` for `source.fixAll.stockade`).
fn wanted(only: Option<&[CodeActionKind]>, kind: &CodeActionKind) -> bool {
    let below = |asked: &CodeActionKind| {
        let rest = kind.as_str().strip_prefix(asked.as_str());
        asked.as_str().is_empty()
            || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    only.is_none_or(|only| only.iter().any(below))
}

pub(crate) fn has_safe_fix(report: &Report) -> bool {
    report.suppressed.is_none()
        && report
            .fixes
            .first()
            .is_some_and(|fix| fix.safety == Safety::Safe)
}

/// Whether a client names a finding by its diagnostic.
fn is_meant(request: &Request, text: &Rope, report: &Report, named: &[Diagnostic]) -> bool {
    if named.is_empty() {
        return false;
    }
    let range = diagnostics::range(&request.session, text, report.range);
    let code = NumberOrString::String(report.rule.to_string());
    named
        .iter()
        .any(|one| one.range == range && one.code.as_ref() == Some(&code))
}

/// A cursor at either end of a finding is on it.
fn touches(report: TextRange, asked: TextRange) -> bool {
    report.start() <= asked.end() && asked.start() <= report.end()
}

fn edit(request: &Request, offer: &Offer) -> Result<WorkspaceEdit> {
    let path: Arc<Path> = to_path(&offer.uri)
        .ok_or_else(|| Error::invalid_params("not a file"))?
        .into();
    let snapshot = &request.snapshot;
    let found = |fingerprint: &str| {
        let reports = snapshot.reports(&path);
        let report = reports
            .iter()
            .find(|report| report.fingerprint == fingerprint)
            .cloned();
        report.ok_or_else(|| stale("the finding is gone"))
    };
    let edits = match &offer.what {
        What::FixAll => vec![(path.clone(), snapshot.fix_all(&path))],
        What::FixRule { rule } => {
            vec![(path.clone(), snapshot.fix_where(&path, |r| r.rule == *rule))]
        }
        What::Suppress { fingerprint } => {
            vec![(path.clone(), snapshot.suppress(&found(fingerprint)?))]
        }
        What::Comment { at, title } => {
            let at = TextRange::new(at.0.into(), at.1.into());
            let mut offered = snapshot.comment_actions(&path, at).into_iter();
            let found = offered.find(|offer| offer.title == *title);
            let found = found.ok_or_else(|| stale("the comment is gone"))?;
            vec![(path.clone(), found.edits)]
        }
        What::Rotate { at } => {
            let at = TextRange::new(at.0.into(), at.1.into());
            let rotation = snapshot.rotation(&path, at);
            let rotation = rotation.ok_or_else(|| stale("the version is gone"))?;
            vec![(path.clone(), rotation.edits)]
        }
        What::TranslateAll => vec![(path.clone(), snapshot.translated_comments(&path))],
        What::Fix { fingerprint, nth } => {
            let report = found(fingerprint)?;
            let proved = snapshot.prove(&report, *nth);
            proved
                .map_err(|why| failed(&format!("this fix can't be proved here: {why}")))?
                .edits
        }
    };
    request.go_on()?;
    workspace_edit(request, edits)
}

pub(crate) fn workspace_edit(
    request: &Request,
    edits: Vec<(Arc<Path>, Vec<stockade_text::TextEdit>)>,
) -> Result<WorkspaceEdit> {
    let mut documents = Vec::with_capacity(edits.len());
    for (path, edits) in edits {
        let text = request.snapshot.text(&path);
        let version = request.snapshot.file(&path).and_then(|file| file.version);
        let is_new = text.is_none();
        if is_new && !request.session.features.creates_files {
            return Err(failed(&format!("create {} first", path.display())));
        }
        let text = text.unwrap_or_default();
        let uri = request
            .session
            .spellings
            .uri(&path)
            .ok_or_else(|| failed("a path that no URI can name"))?;
        let edits: Vec<TextEdit> = edits
            .into_iter()
            .map(|edit| {
                TextEdit::new(
                    diagnostics::range(&request.session, &text, edit.range),
                    edit.insert,
                )
            })
            .collect();
        documents.push((uri, version, is_new, edits));
    }
    if !request.session.features.document_changes {
        let changes: HashMap<Uri, Vec<TextEdit>> = documents
            .into_iter()
            .map(|(uri, _, _, edits)| (uri, edits))
            .collect();
        return Ok(WorkspaceEdit {
            changes: Some(changes),
            ..WorkspaceEdit::default()
        });
    }
    let mut operations = Vec::new();
    for (uri, version, is_new, edits) in documents {
        if is_new {
            let create = CreateFile {
                uri: uri.clone(),
                options: None,
                annotation_id: None,
            };
            operations.push(DocumentChangeOperation::Op(ResourceOp::Create(create)));
        }
        operations.push(DocumentChangeOperation::Edit(TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
            edits: edits.into_iter().map(OneOf::Left).collect(),
        }));
    }
    Ok(WorkspaceEdit {
        document_changes: Some(DocumentChanges::Operations(operations)),
        ..WorkspaceEdit::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_wanted_by_what_they_are_below() {
        let check = |only: Option<&[&'static str]>, kind: &CodeActionKind, expected: bool| {
            let only = only.map(|only| {
                only.iter()
                    .map(|kind| CodeActionKind::new(kind))
                    .collect::<Vec<_>>()
            });
            assert_eq!(wanted(only.as_deref(), kind), expected, "{only:?} {kind:?}");
        };
        check(None, &CodeActionKind::QUICKFIX, true);
        check(None, &FIX_ALL, true);
        check(Some(&[""]), &FIX_ALL, true);
        check(Some(&["quickfix"]), &CodeActionKind::QUICKFIX, true);
        check(Some(&["quickfix"]), &FIX_ALL, false);
        check(Some(&["source"]), &FIX_ALL, true);
        check(Some(&["source.fixAll"]), &FIX_ALL, true);
        check(Some(&["source.fixAll.stockade"]), &FIX_ALL, true);
        check(Some(&["source.fixAll.eslint"]), &FIX_ALL, false);
        check(Some(&["source.fix"]), &FIX_ALL, false);
        check(
            Some(&["refactor", "quickfix"]),
            &CodeActionKind::QUICKFIX,
            true,
        );
        check(Some(&[]), &CodeActionKind::QUICKFIX, false);
    }
}
