//! From the Markdown of a page to its data.

mod bind;
mod configuration;
mod controls;
mod error;
mod front;
mod line;
mod markdown;
mod matcher;
mod named;
mod rule;
mod sets;
mod source;
mod values;
mod words;

pub(crate) use bind::PATHS;
pub use error::PageError;

use crate::page::Page;
use source::Source;

/// Reads a page; `path` is what errors call it.
///
/// # Errors
/// Everything on the page that does not follow the format, in the order of its lines.
pub fn read(path: &str, text: &str) -> Result<Page, Vec<PageError>> {
    let source = Source::new(path, text);
    let (front, start) = front::read(&source);
    let document = markdown::read(&source, start);
    let rule = rule::read(&source, &document.fences);
    let body_start = text.len() - text[start..].trim_start().len();
    let body_line = source.position(body_start).0;
    let errors = source.into_errors();
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Page {
        id: front.id,
        title: document.title,
        severity: front.severity,
        category: front.category,
        same_as: front.same_as,
        compliance: controls::with_others(front.compliance),
        since: front.since,
        default_off: front.default_off,
        deprecated: front.deprecated,
        is_about_deprecated: front.is_about_deprecated,
        requires: front.requires,
        supersedes: front.supersedes,
        summary: document.summary,
        body: text[start..].trim().to_owned(),
        notes: document.notes,
        examples: document.examples,
        checks: rule.checks,
        rows: rule.rows,
        code: rule.code,
        names: rule.names,
        body_line,
        path: path.to_owned(),
    })
}
