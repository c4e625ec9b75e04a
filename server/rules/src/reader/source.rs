//! The text of a page, and what is found wrong with it on the way.

use std::cell::RefCell;

use super::PageError;

/// A page's text. Offsets are bytes of it.
pub(super) struct Source<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a str,
    errors: RefCell<Vec<PageError>>,
}

impl<'a> Source<'a> {
    pub(super) fn new(path: &'a str, text: &'a str) -> Source<'a> {
        Source {
            path,
            text,
            errors: RefCell::default(),
        }
    }

    /// Notes an error at an offset.
    pub(super) fn error(&self, offset: usize, message: impl Into<String>) {
        let (line, column) = self.position(offset);
        self.error_at(line, column, message);
    }

    /// Notes an error at a line and column, both from 1.
    pub(super) fn error_at(&self, line: u32, column: u32, message: impl Into<String>) {
        self.errors
            .borrow_mut()
            .push(PageError::new(self.path, line, column, message));
    }

    /// Line and column, both from 1, the latter in characters.
    pub(super) fn position(&self, offset: usize) -> (u32, u32) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        (
            u32::try_from(line).unwrap_or(u32::MAX),
            u32::try_from(column).unwrap_or(u32::MAX),
        )
    }

    /// All errors in the order of their places.
    pub(super) fn into_errors(self) -> Vec<PageError> {
        let mut errors = self.errors.into_inner();
        errors.sort_by_key(|e| (e.line, e.column));
        errors
    }
}

/// `; did you mean …?`, when something known is near.
pub(super) fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near = known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(word, k), k))
        .min();
    match near {
        Some((distance, k)) if distance <= 1 + word.chars().count() / 3 => {
            format!("; did you mean `{k}`?")
        }
        _ => String::new(),
    }
}
