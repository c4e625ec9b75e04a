//! Hover: on a finding what the rule's page says, on an expression its value and where that comes from.

use lsp_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};
use stockade_engine::{Definition, Report, Seen};
use stockade_text::TextRange;
use tower_lsp::jsonrpc::Result;

use crate::backend::Request;
use crate::diagnostics;
use crate::uri::to_path;

/// `textDocument/hover`.
pub(crate) fn at(request: &Request, params: &HoverParams) -> Result<Option<Hover>> {
    let place = &params.text_document_position_params;
    let Some(path) = to_path(&place.text_document.uri) else {
        return Ok(None);
    };
    let Some(file) = request.snapshot.file(&path) else {
        return Ok(None);
    };
    let at = diagnostics::byte(&request.session, &file.rope, place.position);
    let under: Vec<&Report> = file
        .reports
        .iter()
        .filter(|report| report.range.contains_inclusive(at))
        .collect();
    let seen = request.snapshot.value_at(&path, at);
    let ranges = under.iter().map(|report| report.range);
    let Some(range) = ranges
        .chain(seen.iter().map(|seen| seen.range))
        .reduce(narrower)
    else {
        return Ok(None);
    };
    let markdown = request.session.features.markdown;
    let values = seen.iter().map(|seen| value(seen, markdown));
    let findings = under
        .iter()
        .map(|report| explain(request, report, markdown));
    let texts: Vec<String> = values.chain(findings).collect();
    let kind = if markdown {
        MarkupKind::Markdown
    } else {
        MarkupKind::PlainText
    };
    let separator = if markdown { "\n\n---\n\n" } else { "\n\n" };
    Ok(Some(Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind,
            value: texts.join(separator),
        }),
        range: Some(diagnostics::range(&request.session, &file.rope, range)),
    }))
}

fn narrower(a: TextRange, b: TextRange) -> TextRange {
    if b.len() < a.len() { b } else { a }
}

/// A value, and the definitions that it comes from.
fn value(seen: &Seen, markdown: bool) -> String {
    let mut text = match markdown {
        true => format!("```hcl\n{}\n```", seen.value),
        false => seen.value.clone(),
    };
    for Definition { name, file, line } in &seen.origins {
        text.push_str(&match markdown {
            true => format!("\n← `{name}` {file}:{line}\n"),
            false => format!("\n← {name} {file}:{line}"),
        });
    }
    text
}

/// The finding, and what the rule's page says about it.
fn explain(request: &Request, report: &Report, markdown: bool) -> String {
    let (severity, rule) = (report.severity.name(), &report.rule);
    let link = request.session.features.rule_uri(rule);
    let head = if let (true, Some(uri)) = (markdown, &link) {
        format!("**{severity}** · [`{rule}`]({})", uri.as_str())
    } else if markdown {
        format!("**{severity}** · `{rule}`")
    } else {
        format!("{severity} · {rule}")
    };
    let page = report
        .page
        .as_ref()
        .map(|page| format!("\n\n{}", page.hover()));
    let message = match request.session.features.settings.hover_messages {
        true => format!("\n\n{}", report.message),
        false => String::new(),
    };
    format!("{head}{message}{}", page.unwrap_or_default())
}
