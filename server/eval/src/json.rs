//! JSON documents in arguments: their value, and where each part of them stands.

use std::collections::BTreeMap;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use smol_str::SmolStr;
use stockade_syntax::ast::{Template, TemplatePart};
use stockade_text::{TextRange, TextSize};

use crate::value::{Kind, Step, Type, Value};

/// The document that a string value holds. Parts of it may be unknown.
pub fn document(value: &Value) -> Option<Value> {
    if let Some(document) = &value.document {
        return Some((**document).clone());
    }
    let text = value.as_str()?;
    let mut document = crate::functions::parse_json(text)?;
    document.sensitive = value.sensitive;
    Some(document)
}

/// The text of a template with each interpolation as a run of `_`, and where its bytes stand.
struct Flat {
    text: String,
    /// Start in `text`, start in the source, length; for literal parts.
    spans: Vec<(usize, TextRange)>,
}

fn flat(template: &Template) -> Option<Flat> {
    let mut flat = Flat {
        text: String::new(),
        spans: Vec::new(),
    };
    for part in &template.parts {
        match part {
            TemplatePart::Literal { text, range } => {
                flat.spans.push((flat.text.len(), *range));
                flat.text.push_str(text);
            }
            TemplatePart::Interpolation { range, .. } => {
                flat.spans.push((flat.text.len(), *range));
                // Inside of a string any text will do; elsewhere a number.
                flat.text.push('0');
            }
            TemplatePart::If { .. } | TemplatePart::For { .. } => return None,
        }
    }
    Some(flat)
}

impl Flat {
    fn source(&self, start: usize, end: usize) -> Option<TextRange> {
        let at = |offset: usize, is_end: bool| -> Option<TextSize> {
            let span = self.spans.iter().rev().find(|(from, _)| {
                if is_end {
                    *from < offset
                } else {
                    *from <= offset
                }
            })?;
            let into = TextSize::new(u32::try_from(offset - span.0).ok()?);
            let is_literal_run = usize::from(span.1.len()) >= usize::from(into);
            Some(if is_literal_run {
                span.1.start() + into
            } else {
                span.1.end()
            })
        };
        let (from, to) = (at(start, false)?, at(end, true)?);
        Some(TextRange::new(from.min(to), to.max(from)))
    }
}

/// The source range of a part of the JSON in a template.
pub(crate) fn locate(template: &Template, path: &[Step]) -> Option<TextRange> {
    let flat = flat(template)?;
    let parsed =
        jsonc_parser::parse_to_ast(&flat.text, &Default::default(), &Default::default()).ok()?;
    let mut value = parsed.value.as_ref()?;
    for step in path {
        value = match (value, step) {
            (ast::Value::Array(array), Step::Index(n)) => array.elements.get(*n as usize)?,
            (ast::Value::Object(object), Step::Key(name) | Step::Attr(name)) => {
                &object
                    .properties
                    .iter()
                    .rev()
                    .find(|p| p.name.as_str() == name)?
                    .value
            }
            _ => break,
        };
    }
    flat.source(value.start(), value.end())
}

/// A JSON text in which interpolations are unknown: `texts` and `holes` alternate.
pub(crate) fn with_holes(text: &str, hole: &str) -> Option<Value> {
    let parsed = crate::functions::parse_json(text)?;
    Some(open_holes(parsed, hole))
}

/// Strings that hold the mark of an interpolation are unknown from there on.
fn open_holes(value: Value, hole: &str) -> Value {
    match &value.kind {
        Kind::String(text) => match text.find(hole) {
            None => value,
            Some(at) => {
                let prefix = (at > 0).then(|| text[..at].into());
                let unknown = crate::value::Unknown {
                    ty: Some(Type::String),
                    not_null: true,
                    prefix,
                    ..Default::default()
                };
                Kind::Unknown(std::sync::Arc::new(unknown)).into()
            }
        },
        Kind::List(of, elements) => Value::sequence(
            *of,
            elements
                .iter()
                .cloned()
                .map(|e| open_holes(e, hole))
                .collect(),
        ),
        Kind::Object(entries) => {
            let entries: BTreeMap<SmolStr, Value> = entries
                .iter()
                .map(|(k, v)| (k.clone(), open_holes(v.clone(), hole)))
                .collect();
            Value::object(entries)
        }
        _ => value,
    }
}
