//! A report as a diagnostic.

use std::path::Path;

use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag,
    Location, NumberOrString, Position, Range,
};
use serde_json::json;
use stockade_engine::{Report, ReportKind, Severity, Snapshot};
use stockade_text::{Rope, TextRange, TextSize, offset, position};

use crate::session::Session;

/// More places than these would bury the message of a client that shows them as text.
const TEXTUAL_PLACES: usize = 3;

/// The diagnostics of a file: all that is not suppressed.
pub(crate) fn all(
    session: &Session,
    snapshot: &Snapshot,
    path: &Path,
    reports: &[Report],
) -> Vec<Diagnostic> {
    let Some(file) = snapshot.file(path) else {
        return Vec::new();
    };
    let tells_syntax = session.features.settings.syntax_errors;
    let shown = reports.iter().filter(|report| {
        report.suppressed.is_none() && (tells_syntax || report.kind != ReportKind::SyntaxError)
    });
    shown
        .map(|report| one(session, snapshot, &file.rope, report))
        .collect()
}

/// The diagnostic of a report; `text` is that of its file.
pub(crate) fn one(
    session: &Session,
    snapshot: &Snapshot,
    text: &Rope,
    report: &Report,
) -> Diagnostic {
    let features = &session.features;
    // What is missing can't be struck through.
    let is_written = report
        .finding
        .as_ref()
        .is_some_and(|f| !f.at.path.is_empty());
    let is_about_deprecated = report.page.as_ref().is_some_and(|p| p.is_about_deprecated);
    let is_deprecated = is_about_deprecated && is_written;
    let tag = match report.kind {
        ReportKind::Suppression => Some(DiagnosticTag::UNNECESSARY),
        _ => is_deprecated.then_some(DiagnosticTag::DEPRECATED),
    };
    let related = related(session, snapshot, report);
    let mut message = report.message.to_string();
    if !features.related {
        related
            .iter()
            .take(TEXTUAL_PLACES)
            .for_each(|place| message.push_str(&textual(place)));
    }
    Diagnostic {
        range: range(session, text, report.range),
        severity: Some(severity(report.severity)),
        code: Some(NumberOrString::String(report.rule.to_string())),
        code_description: report
            .page
            .as_ref()
            .and_then(|page| features.rule_uri(&page.id))
            .map(|href| CodeDescription { href }),
        source: Some("stockade".to_owned()),
        message,
        related_information: (features.related && !related.is_empty()).then_some(related),
        tags: tag.filter(|_| features.tags).map(|tag| vec![tag]),
        data: Some(json!({
            "fingerprint": report.fingerprint.as_str(),
            "address": report.address.as_str(),
            "severity": report.severity.name(),
            "category": report.page.as_ref().map(|page| page.category.as_str()),
            "safeFix": crate::code_action::has_safe_fix(report),
        })),
    }
}

/// A range of bytes in the units that the client counts in.
pub(crate) fn range(session: &Session, text: &Rope, range: TextRange) -> Range {
    let at = |offset| {
        let position = position(text, offset, session.features.encoding);
        Position::new(position.line, position.character)
    };
    Range::new(at(range.start()), at(range.end()))
}

/// The byte at a position of the client.
pub(crate) fn byte(session: &Session, text: &Rope, at: Position) -> TextSize {
    let position = stockade_text::Position {
        line: at.line,
        character: at.character,
    };
    offset(text, position, session.features.encoding)
}

/// The bytes of a range of the client, whichever end comes first.
pub(crate) fn bytes(session: &Session, text: &Rope, range: Range) -> TextRange {
    let (start, end) = (
        byte(session, text, range.start),
        byte(session, text, range.end),
    );
    TextRange::new(start.min(end), start.max(end))
}

fn related(
    session: &Session,
    snapshot: &Snapshot,
    report: &Report,
) -> Vec<DiagnosticRelatedInformation> {
    let places = report.related.iter().filter_map(|place| {
        let file = snapshot.file(&place.path)?;
        let uri = session.spellings.uri(&place.path)?;
        let location = Location::new(uri, range(session, &file.rope, place.range));
        Some(DiagnosticRelatedInformation {
            location,
            message: place.message.to_string(),
        })
    });
    places.collect()
}

/// A place as a line of the message: `variables.tf:3: the default`.
fn textual(place: &DiagnosticRelatedInformation) -> String {
    let uri = place.location.uri.as_str();
    let file = uri.rsplit('/').next().unwrap_or(uri);
    format!(
        "\n{file}:{}: {}",
        place.location.range.start.line + 1,
        place.message
    )
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Critical | Severity::High => DiagnosticSeverity::ERROR,
        Severity::Medium => DiagnosticSeverity::WARNING,
        Severity::Low => DiagnosticSeverity::INFORMATION,
        Severity::Info => DiagnosticSeverity::HINT,
    }
}
