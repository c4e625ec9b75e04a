//! Suppression comments: `# stockade:ignore <rule>[, <rule>] [until=YYYY-MM-DD] [-- reason]`.
//!
//! At the end of a line it covers that line; on a line of its own the block, argument, element or
//! entry below it; `stockade:ignore-file` at the top of a file covers the file.

use jiff::civil::Date;
use smol_str::SmolStr;
use stockade_syntax::ast::{Body, Expr, ExprKind, Item};
use stockade_syntax::{Comment, Lowered};
use stockade_text::{TextRange, TextSize};

use crate::foreign::{self, Tool};

/// A suppression as written; ranges are relative to its segment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Suppression {
    /// The words after the marker, as far as they name rules.
    pub(crate) rules: Vec<Named>,
    pub(crate) until: Option<Date>,
    pub(crate) reason: Option<SmolStr>,
    pub(crate) scope: Scope,
    /// The comment.
    pub(crate) range: TextRange,
    /// What is wrong with it, if something is.
    pub(crate) fault: Option<String>,
    /// Whose comment it is, if not ours.
    pub(crate) tool: Option<Tool>,
}

/// A rule, or a row of one (`id:row`), and where it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: SmolStr,
    pub(crate) range: TextRange,
}

/// What a suppression covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    File,
    /// The line that the comment ends.
    Line,
    /// The item below.
    Range(TextRange),
    /// There is nothing below.
    Nothing,
}

pub(crate) const MARKER: &str = "stockade:ignore";

/// A suppression as we write it.
pub(crate) fn comment(
    marker: &str,
    rules: &str,
    until: Option<jiff::civil::Date>,
    reason: Option<&str>,
) -> String {
    let until = until.map(|day| format!(" until={day}")).unwrap_or_default();
    let reason = reason.filter(|reason| *reason != foreign::NO_REASON);
    let reason = reason
        .map(|reason| format!(" -- {reason}"))
        .unwrap_or_default();
    format!("# {marker} {rules}{until}{reason}")
}

/// Whether a lowered segment holds any; cheap, for all segments.
pub(crate) fn has_any(lowered: &Lowered) -> bool {
    lowered.comments.iter().any(|c| is_one(&c.text))
}

/// Whether a comment is one.
pub(crate) fn is_one(comment: &str) -> bool {
    comment.contains(MARKER) || foreign::is_any(comment)
}

/// What follows the marker in a comment of ours.
pub(crate) fn named_in(comment: &str) -> Option<&str> {
    let after = &comment[comment.find(MARKER)? + MARKER.len()..];
    let after = after.strip_prefix("-file").unwrap_or(after);
    after.starts_with([' ', '\t']).then_some(after)
}

/// The suppressions of a segment. `text` is the segment's.
pub(crate) fn read(lowered: &Lowered, text: &str) -> Vec<Suppression> {
    let comments = lowered.comments.iter();
    let all = comments.flat_map(|comment| {
        let foreign = foreign::read(comment, lowered, text);
        suppression(comment, lowered, text)
            .into_iter()
            .chain(foreign)
    });
    all.collect()
}

fn suppression(comment: &Comment, lowered: &Lowered, text: &str) -> Option<Suppression> {
    let at = comment.text.find(MARKER)?;
    let raw = text.get(usize::from(comment.range.start())..usize::from(comment.range.end()))?;
    let marker = raw.find(MARKER)?;
    debug_assert!(at <= marker, "the comment's text is part of its source");
    let after = &raw[marker + MARKER.len()..];
    let (is_file, body) = match after.strip_prefix("-file") {
        Some(rest) => (true, rest),
        None => (false, after),
    };
    if body.starts_with(|c: char| c.is_alphanumeric() || c == '-') {
        return None; // another word
    }
    let base = comment.range.start() + size(raw.len() - body.len());
    let body = body.trim_end_matches("*/");
    let (words, reason) = match body.split_once("--") {
        Some((words, reason)) => (words, Some(reason.trim())),
        None => (body, None),
    };
    let mut found = Suppression {
        rules: Vec::new(),
        until: None,
        reason: reason.filter(|r| !r.is_empty()).map(SmolStr::new),
        scope: scope(comment, lowered, text, is_file),
        range: comment.range,
        fault: None,
        tool: None,
    };
    for (offset, word) in words_of(words) {
        match word.strip_prefix("until=") {
            Some(date) => match date.parse() {
                Ok(date) => found.until = Some(date),
                Err(_) => {
                    found.fault = Some(format!(
                        "ends on \"{date}\", which is no date; write until=YYYY-MM-DD"
                    ))
                }
            },
            None => {
                let range = TextRange::at(base + size(offset), size(word.len()));
                found.rules.push(Named {
                    name: SmolStr::new(word),
                    range,
                });
            }
        }
    }
    if found.rules.is_empty() && found.fault.is_none() {
        found.fault = Some(format!("names no rule; write # {MARKER} <rule> -- reason"));
    }
    Some(found)
}

/// Words separated by commas and blanks, with their offsets.
fn words_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let separator = |c: char| c == ',' || c.is_whitespace();
    text.split(separator)
        .filter(|w| !w.is_empty())
        .map(move |word| {
            let offset = word.as_ptr() as usize - text.as_ptr() as usize;
            (offset, word)
        })
}

fn scope(comment: &Comment, lowered: &Lowered, text: &str, is_file: bool) -> Scope {
    if is_file {
        return Scope::File;
    }
    if !comment.own_line {
        return Scope::Line;
    }
    first_below(comment, lowered, text).map_or(Scope::Nothing, Scope::Range)
}

/// What begins below a comment on a line of its own, with nothing but comments between.
pub(crate) fn first_below(comment: &Comment, lowered: &Lowered, text: &str) -> Option<TextRange> {
    let mut below: Option<TextRange> = None;
    first_after(lowered.item.as_ref()?, comment.range.end(), &mut below);
    below.filter(|range| only_comments_between(comment.range.end(), range.start(), lowered, text))
}

/// The outermost item, element or entry that starts first at or after an offset.
fn first_after(item: &Item, offset: TextSize, best: &mut Option<TextRange>) {
    match item {
        Item::Attribute(attribute) => {
            consider(attribute.range, offset, best);
            elements_after(&attribute.value, offset, best);
        }
        Item::Block(block) => {
            consider(block.range, offset, best);
            body_after(&block.body, offset, best);
        }
    }
}

fn body_after(body: &Body, offset: TextSize, best: &mut Option<TextRange>) {
    for item in &body.items {
        first_after(item, offset, best);
    }
}

fn elements_after(expr: &Expr, offset: TextSize, best: &mut Option<TextRange>) {
    match &expr.kind {
        ExprKind::Tuple(elements) => {
            for element in elements {
                consider(element.range, offset, best);
                elements_after(element, offset, best);
            }
        }
        ExprKind::Object(entries) => {
            for entry in entries {
                consider(entry.key.range.cover(entry.value.range), offset, best);
                elements_after(&entry.value, offset, best);
            }
        }
        ExprKind::Call { args, .. } => args
            .iter()
            .for_each(|arg| elements_after(arg, offset, best)),
        ExprKind::Paren(inner) => elements_after(inner, offset, best),
        _ => {}
    }
}

fn consider(range: TextRange, offset: TextSize, best: &mut Option<TextRange>) {
    let is_better = best.is_none_or(|b| range.start() < b.start());
    if range.start() >= offset && is_better {
        *best = Some(range);
    }
}

fn only_comments_between(from: TextSize, to: TextSize, lowered: &Lowered, text: &str) -> bool {
    let mut at = from;
    let blank = |a: TextSize, b: TextSize| {
        text.get(usize::from(a)..usize::from(b))
            .is_some_and(|t| t.chars().all(char::is_whitespace))
    };
    for comment in lowered
        .comments
        .iter()
        .filter(|c| c.range.start() >= from && c.range.end() <= to)
    {
        if !blank(at, comment.range.start()) {
            return false;
        }
        at = comment.range.end();
    }
    blank(at, to)
}

pub(crate) fn size(n: usize) -> TextSize {
    TextSize::new(u32::try_from(n).unwrap_or(u32::MAX))
}
