//! Code lenses above blocks with findings, inlay hints behind arguments that rules look at, links of rules' names.
//! All three are off unless a client asks for them.

use lsp_types::{
    CodeLens, CodeLensParams, Command, DocumentLink, DocumentLinkParams, InlayHint, InlayHintLabel,
    InlayHintParams, Range,
};
use serde_json::json;
use stockade_engine::{Report, ReportKind, Severity};
use stockade_syntax::ast::Item;
use stockade_text::TextRange;
use tower_lsp::jsonrpc::Result;

use crate::backend::Request;
use crate::code_action::has_safe_fix;
use crate::diagnostics;
use crate::features::APPLY_FIXES;
use crate::uri::to_path;

/// `textDocument/codeLens`.
pub(crate) fn lenses(request: &Request, params: &CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
    let uri = &params.text_document.uri;
    let Some(file) = to_path(uri).and_then(|path| request.snapshot.file(&path).cloned()) else {
        return Ok(None);
    };
    let mut lenses = Vec::new();
    for (start, segment) in file.document.segments() {
        let block = TextRange::at(start, segment.len);
        let is_open = |r: &&Report| {
            r.kind == ReportKind::Finding && r.suppressed.is_none() && block.contains_range(r.range)
        };
        let found: Vec<&Report> = file.reports.iter().filter(is_open).collect();
        let Some(first) = found.first() else {
            continue;
        };
        let header = segment
            .lowered
            .as_ref()
            .and_then(|lowered| lowered.item.as_ref())
            .map_or(first.range, |item| match item {
                Item::Block(block) => block.range + start,
                Item::Attribute(attribute) => attribute.range + start,
            });
        let range = diagnostics::range(&request.session, &file.rope, header);
        let range = Range::new(range.start, range.start);
        let lens = |title: String, command: &str, arguments: Vec<serde_json::Value>| CodeLens {
            range,
            command: Some(Command {
                title,
                command: command.to_owned(),
                arguments: (!arguments.is_empty()).then_some(arguments),
            }),
            data: None,
        };
        lenses.push(lens(counted(&found), "", Vec::new()));
        let is_safe = |r: &&&Report| has_safe_fix(r);
        let safe = found.iter().filter(is_safe).count();
        if safe > 0 {
            let title = match safe {
                1 => "fix the one that is safe".to_owned(),
                n => format!("fix the {n} that are safe"),
            };
            let fingerprints = found.iter().filter(is_safe).map(|r| r.fingerprint.as_str());
            let fingerprints: Vec<&str> = fingerprints.collect();
            let what = json!({ "uri": uri, "fingerprints": fingerprints });
            lenses.push(lens(title, APPLY_FIXES, vec![what]));
        }
    }
    Ok(Some(lenses))
}

/// `2 findings: 1 high, 1 low`
fn counted(found: &[&Report]) -> String {
    let of = |severity: Severity| {
        let count = found.iter().filter(|r| r.severity == severity).count();
        (count > 0).then(|| format!("{count} {}", severity.name()))
    };
    let counts: Vec<String> = Severity::ALL.into_iter().rev().filter_map(of).collect();
    let noun = if found.len() == 1 {
        "finding"
    } else {
        "findings"
    };
    format!("{} {noun}: {}", found.len(), counts.join(", "))
}

/// `textDocument/inlayHint`.
pub(crate) fn hints(request: &Request, params: &InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
    let Some(path) = to_path(&params.text_document.uri) else {
        return Ok(None);
    };
    let Some(file) = request.snapshot.file(&path) else {
        return Ok(None);
    };
    let range = diagnostics::bytes(&request.session, &file.rope, params.range);
    let seen = request.snapshot.security_values(&path, range).into_iter();
    let hints = seen.map(|seen| {
        let place = diagnostics::range(&request.session, &file.rope, seen.range);
        let origin = seen.origins.last();
        let from = origin.map(|o| format!("{} {}:{}", o.name, o.file, o.line));
        InlayHint {
            position: place.end,
            label: InlayHintLabel::String(format!("= {}", seen.value)),
            kind: None,
            text_edits: None,
            tooltip: from.map(lsp_types::InlayHintTooltip::String),
            padding_left: Some(true),
            padding_right: None,
            data: None,
        }
    });
    Ok(Some(hints.collect()))
}

/// `textDocument/documentLink`: the names of rules in suppression comments and settings.
pub(crate) fn links(
    request: &Request,
    params: &DocumentLinkParams,
) -> Result<Option<Vec<DocumentLink>>> {
    let Some(path) = to_path(&params.text_document.uri) else {
        return Ok(None);
    };
    let Some(file) = request.snapshot.file(&path) else {
        return Ok(None);
    };
    let named = request.snapshot.named_rules(&path).into_iter();
    let links = named.filter_map(|(range, rule)| {
        Some(DocumentLink {
            range: diagnostics::range(&request.session, &file.rope, range),
            target: Some(request.session.features.rule_uri(&rule)?),
            tooltip: Some("Open the rule's page".to_owned()),
            data: None,
        })
    });
    Ok(Some(links.collect()))
}
