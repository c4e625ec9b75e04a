//! What is wrong with a page.

use std::fmt;

/// A place of a page that does not follow the format, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageError {
    /// The page, as it was called.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// What is wrong, what was expected, and what to write instead.
    pub message: String,
}

impl PageError {
    pub(crate) fn new(path: &str, line: u32, column: u32, message: impl Into<String>) -> PageError {
        PageError {
            path: path.to_owned(),
            line,
            column,
            message: message.into(),
        }
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.path, self.line, self.column, self.message
        )
    }
}

impl std::error::Error for PageError {}
