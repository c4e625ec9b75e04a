//! The text of templates as it grows, with what is known of it when a part is unknown.

use std::sync::Arc;

use crate::expr::Invalid;
use crate::value::{Kind, Type, Unknown, Value};

/// Stands for an unknown part in a text that may be JSON.
const HOLE: &str = "\u{E000}";
/// Longer texts are unknown, and more alternatives than this not kept apart.
const MAX_LENGTH: usize = 1 << 20;
const MAX_VARIANTS: usize = 16;

/// A template's text; from the first unknown part on only its beginning is known.
pub(crate) struct Text {
    known: String,
    /// From the first unknown part on: all of it, unknown parts as [`HOLE`].
    whole: Option<String>,
    /// All texts that it can be, while that is known.
    variants: Vec<String>,
    sources: Vec<Value>,
}

impl Text {
    pub(crate) fn new() -> Text {
        Text {
            known: String::new(),
            whole: None,
            variants: Vec::new(),
            sources: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, text: &str) {
        match &mut self.whole {
            None => self.known.push_str(text),
            Some(whole) => {
                whole.push_str(text);
                self.variants.iter_mut().for_each(|v| v.push_str(text));
            }
        }
    }

    pub(crate) fn push_value(&mut self, value: &Value) -> Result<(), Invalid> {
        match &value.kind {
            Kind::Unknown(unknown) => self.push_unknown(unknown),
            Kind::String(text) => self.push(text),
            _ => self.push(&value.to_text().ok_or(Invalid)?),
        }
        self.push_marks(value);
        Ok(())
    }

    /// What was read without leaving text: a directive's condition or collection.
    pub(crate) fn push_marks(&mut self, value: &Value) {
        if value.origin.is_some() || value.sensitive || value.ephemeral {
            self.sources.push(Value {
                kind: Kind::Null,
                refers: None,
                document: None,
                ..value.clone()
            });
        }
    }

    /// Whether it has grown so long that the rest need not be read.
    pub(crate) fn is_full(&self) -> bool {
        self.known.len() > MAX_LENGTH || self.whole.as_ref().is_some_and(|w| w.len() > MAX_LENGTH)
    }

    fn push_unknown(&mut self, unknown: &Unknown) {
        let parts: Option<Vec<Arc<str>>> = unknown.one_of.iter().map(Value::to_text).collect();
        let parts = parts.filter(|p| !p.is_empty());
        let so_far = match &self.whole {
            None => vec![self.known.clone()],
            Some(_) => std::mem::take(&mut self.variants),
        };
        if let Some(parts) = parts.filter(|p| p.len() * so_far.len() <= MAX_VARIANTS) {
            self.variants = so_far
                .iter()
                .flat_map(|start| parts.iter().map(move |p| format!("{start}{p}")))
                .collect();
        } else {
            self.variants.clear();
        }
        if let Some(prefix) = &unknown.prefix {
            self.push_prefix(prefix);
        }
        self.whole
            .get_or_insert_with(|| self.known.clone())
            .push_str(HOLE);
    }

    /// The start of an unknown part is known.
    fn push_prefix(&mut self, prefix: &str) {
        match &mut self.whole {
            None => self.known.push_str(prefix),
            Some(whole) => whole.push_str(prefix),
        }
    }

    pub(crate) fn finish(self) -> Value {
        if self.is_full() {
            return Value::unknown_of(Some(Type::String), true).derived_from(&self.sources);
        }
        let Some(whole) = self.whole else {
            return Value::string(self.known).derived_from(&self.sources);
        };
        let is_json = whole.trim_start().starts_with(['{', '[']);
        let document = if is_json {
            crate::json::with_holes(&whole, HOLE)
        } else {
            None
        };
        let unknown = Unknown {
            ty: Some(Type::String),
            not_null: true,
            prefix: (!self.known.is_empty()).then(|| self.known.into()),
            one_of: self.variants.into_iter().map(Value::string).collect(),
            ..Unknown::default()
        };
        let value = Value {
            document: document.map(Arc::new),
            ..Kind::Unknown(Arc::new(unknown)).into()
        };
        value.derived_from(&self.sources)
    }
}
