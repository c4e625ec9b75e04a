//! Characters of HCL: what identifiers, blanks and comments are made of.

use smol_str::SmolStr;
use stockade_text::{TextRange, TextSize};

/// A comment of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The comment with its marker, without the line break.
    pub range: TextRange,
    /// What follows the marker, trimmed.
    pub text: SmolStr,
    /// Nothing but blanks stands before it on its line.
    pub own_line: bool,
}

/// A reader over the text of a segment.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'t> {
    pub(crate) text: &'t str,
    pub(crate) at: usize,
    pub(crate) comments: Vec<Comment>,
}

/// Whether an identifier can begin with a character (UAX #31 `ID_Start`, `_`).
pub(crate) fn is_start(c: char) -> bool {
    unicode_ident::is_xid_start(c) || c == '_'
}

/// Whether an identifier can go on with a character (UAX #31 `ID_Continue`, `-`).
pub(crate) fn is_continue(c: char) -> bool {
    unicode_ident::is_xid_continue(c) || c == '-'
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t str) -> Cursor<'t> {
        let at = if text.starts_with('\u{FEFF}') {
            '\u{FEFF}'.len_utf8()
        } else {
            0
        };
        Cursor {
            text,
            at,
            comments: Vec::new(),
        }
    }

    pub(crate) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(crate) fn byte(&self) -> u8 {
        self.byte_at(0)
    }

    /// The byte some places ahead; 0 past the end.
    pub(crate) fn byte_at(&self, ahead: usize) -> u8 {
        self.text
            .as_bytes()
            .get(self.at + ahead)
            .copied()
            .unwrap_or(0)
    }

    pub(crate) fn is_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Whether a line ends here: at `\n` or `\r\n`; a `\r` alone is nothing in HCL.
    pub(crate) fn is_line_end(&self) -> bool {
        self.byte() == b'\n' || (self.byte() == b'\r' && self.byte_at(1) == b'\n')
    }

    pub(crate) fn size(&self) -> TextSize {
        size(self.at)
    }

    pub(crate) fn range_from(&self, start: TextSize) -> TextRange {
        TextRange::new(start, self.size().max(start))
    }

    /// Skips blanks and inline comments, and with `newlines` everything that is not a token.
    pub(crate) fn skip(&mut self, newlines: bool) {
        loop {
            match self.byte() {
                b' ' | b'\t' => self.at += 1,
                b'\n' if newlines => self.at += 1,
                b'\r' if newlines && self.byte_at(1) == b'\n' => self.at += 2,
                b'#' => self.line_comment(1),
                b'/' if self.byte_at(1) == b'/' => self.line_comment(2),
                b'/' if self.byte_at(1) == b'*' => {
                    let Some(length) = self.rest().find("*/") else {
                        return;
                    };
                    if self.rest().get(2..).is_some_and(|r| r.starts_with('/')) && length == 1 {
                        // "/*/" opens, it does not close.
                        let Some(end) = self.rest()[2..].find("*/") else {
                            return;
                        };
                        self.comment(2, end + 4);
                        continue;
                    }
                    self.comment(2, length + 2);
                }
                _ => return,
            }
        }
    }

    /// A comment to the end of the line, the line break left for the caller.
    fn line_comment(&mut self, marker: usize) {
        let length = self.rest().find('\n').unwrap_or(self.rest().len());
        let length = self.rest()[..length].trim_end_matches('\r').len();
        self.comment(marker, length);
    }

    fn comment(&mut self, marker: usize, length: usize) {
        let raw = &self.rest()[..length];
        let range = TextRange::at(self.size(), size(length));
        if self
            .comments
            .last()
            .is_none_or(|c| c.range.start() < range.start())
        {
            let mut before = self.text[..self.at].bytes().rev();
            let text = raw[marker..].trim_end_matches("*/").trim();
            self.comments.push(Comment {
                range,
                text: SmolStr::new(text),
                own_line: matches!(
                    before.find(|b| !matches!(b, b' ' | b'\t' | b'\r')),
                    None | Some(b'\n')
                ),
            });
        }
        self.at += length;
    }

    /// The identifier here, taken.
    pub(crate) fn word(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let mut chars = rest.char_indices();
        let (_, first) = chars.next()?;
        if !is_start(first) {
            return None;
        }
        let end = chars
            .find(|(_, c)| !is_continue(*c))
            .map_or(rest.len(), |(i, _)| i);
        self.at += end;
        Some(&rest[..end])
    }

    /// The identifier here, left.
    pub(crate) fn peek_word(&self) -> &'t str {
        let mut ahead = Cursor {
            text: self.text,
            at: self.at,
            comments: Vec::new(),
        };
        ahead.word().unwrap_or_default()
    }

    pub(crate) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }
}

pub(crate) fn size(n: usize) -> TextSize {
    TextSize::new(u32::try_from(n).unwrap_or(u32::MAX))
}
