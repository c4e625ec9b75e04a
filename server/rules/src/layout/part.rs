//! An expression, or the JSON it holds, as nothing but lists, maps and leaves with their ranges:
//! what a path can lead through.

use std::ops::Range;

use smol_str::SmolStr;
use stockade_syntax::ast::{Expr, ExprKind};

use super::json;

/// A part of a value as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Bytes of the text; of a list or map, both brackets included.
    pub(super) range: Range<usize>,
    pub(super) kind: PartKind,
    pub(super) notation: Notation,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PartKind {
    /// A literal: nothing in it is computed.
    Literal,
    /// Any other expression.
    Computed,
    List(Vec<Part>),
    Map(Vec<Entry>),
    /// `merge(…)`: a later one wins.
    Merge(Vec<Part>),
    /// `jsonencode(…)` or a JSON document in a heredoc.
    Encoded(Box<Part>),
}

/// `key = value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// `None` when it is computed.
    pub(super) key: Option<SmolStr>,
    pub(super) key_range: Range<usize>,
    pub(super) value: Part,
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Hcl,
    Json,
}

impl Part {
    /// The parts of an expression of `text`.
    pub(super) fn of(expr: &Expr, text: &str) -> Part {
        let range = Range::<usize>::from(expr.range);
        let part = |kind| Part {
            range: range.clone(),
            kind,
            notation: Notation::Hcl,
        };
        match &expr.kind {
            ExprKind::Paren(inner) => Part::of(inner, text),
            ExprKind::Tuple(items) => part(PartKind::List(
                items.iter().map(|e| Part::of(e, text)).collect(),
            )),
            ExprKind::Object(entries) => part(PartKind::Map(
                entries
                    .iter()
                    .map(|entry| Entry {
                        key: entry.literal_key(),
                        key_range: entry.key.range.into(),
                        value: Part::of(&entry.value, text),
                    })
                    .collect(),
            )),
            ExprKind::Call {
                name,
                args,
                expand: false,
            } => match (name.name.as_str(), args.as_slice()) {
                ("tolist" | "toset" | "tomap", [arg]) => Part::of(arg, text),
                ("jsonencode", [arg]) => part(PartKind::Encoded(Box::new(Part::of(arg, text)))),
                ("merge", args) => part(PartKind::Merge(
                    args.iter().map(|a| Part::of(a, text)).collect(),
                )),
                _ => part(PartKind::Computed),
            },
            ExprKind::Template(template) if template.heredoc => {
                let document = json::document(text, heredoc_content(text, range.clone()));
                part(match document {
                    Some(document) => PartKind::Encoded(Box::new(document)),
                    None => literal_or_computed(expr),
                })
            }
            _ => part(literal_or_computed(expr)),
        }
    }

    /// Whether nothing in it is computed.
    pub(super) fn is_literal(&self) -> bool {
        match &self.kind {
            PartKind::Literal => true,
            PartKind::Computed | PartKind::Merge(_) => false,
            PartKind::List(items) => items.iter().all(Part::is_literal),
            PartKind::Map(entries) => entries
                .iter()
                .all(|e| e.key.is_some() && e.value.is_literal()),
            PartKind::Encoded(inner) => inner.is_literal(),
        }
    }

    /// The ranges of a list's elements or a map's entries.
    pub(super) fn items(&self) -> Vec<Range<usize>> {
        match &self.kind {
            PartKind::List(items) => items.iter().map(|i| i.range.clone()).collect(),
            PartKind::Map(entries) => entries
                .iter()
                .map(|e| e.key_range.start..e.value.range.end)
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn literal_or_computed(expr: &Expr) -> PartKind {
    let is_literal = match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) => true,
        ExprKind::Unary { of, .. } => matches!(of.kind, ExprKind::Number(_)),
        _ => expr.literal_string().is_some(),
    };
    if is_literal {
        PartKind::Literal
    } else {
        PartKind::Computed
    }
}

/// The lines between a heredoc's markers.
fn heredoc_content(text: &str, range: Range<usize>) -> Range<usize> {
    let heredoc = text[range.clone()].trim_end();
    let start = heredoc.find('\n').map_or(heredoc.len(), |i| i + 1);
    let end = heredoc.rfind('\n').unwrap_or(start).max(start);
    range.start + start..range.start + end
}
