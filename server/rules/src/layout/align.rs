//! Changing a text so that its alignment follows: as `terraform fmt` would lay the change out,
//! without touching lines that the change does not concern.

use std::ops::Range;

use stockade_syntax::format::format;

use super::lines::indent;

/// A replacement in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) range: Range<usize>,
    pub(super) insert: String,
}

impl Splice {
    pub(super) fn insert(at: usize, insert: String) -> Splice {
        Splice {
            range: at..at,
            insert,
        }
    }

    pub(super) fn remove(range: Range<usize>) -> Splice {
        Splice {
            range,
            insert: String::new(),
        }
    }
}

/// A text under replacements, laid out when all are made.
pub(super) struct Edited<'t> {
    before: &'t str,
    /// The text now.
    pub(super) text: String,
    /// Which line each line was before; `None` for one that a replacement wrote, in part or whole.
    lines: Vec<Option<usize>>,
}

impl<'t> Edited<'t> {
    pub(super) fn of(before: &'t str) -> Edited<'t> {
        Edited {
            before,
            text: before.to_owned(),
            lines: (0..count(before)).map(Some).collect(),
        }
    }

    pub(super) fn replace(&mut self, splice: &Splice) {
        let Splice { range, insert } = splice;
        let after = [&self.text[..range.start], insert, &self.text[range.end..]].concat();
        let new = new_lines(&after, splice);
        let rest = count(&after) - new.end;
        let rest = self.lines.split_off(self.lines.len().saturating_sub(rest));
        self.lines.truncate(new.start);
        self.lines.resize(new.end, None);
        self.lines.extend(rest);
        self.text = after;
    }

    /// The text with its layout. What `terraform fmt` would have left alone stays so; else, of the lines that were there
    /// before, those move whose alignment is another one because of what was replaced.
    pub(super) fn aligned(self) -> String {
        let (format_before, format_after) = (formatted(self.before), formatted(&self.text));
        if format_before == self.before {
            return format_after;
        }
        let was: Vec<&str> = format_before.split('\n').collect();
        let becomes: Vec<&str> = format_after.split('\n').collect();
        if was.len() != count(self.before) || becomes.len() != self.lines.len() {
            return self.text;
        }
        let lines = self.text.split('\n').zip(&self.lines).zip(becomes);
        let lines = lines.map(|((line, old), becomes)| {
            let stays = old.is_some_and(|old| was.get(old) == Some(&becomes));
            match stays {
                true => line.to_owned(),
                false => with_layout(line, becomes),
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// The formatted text, with or without a final line end as it is.
fn formatted(text: &str) -> String {
    if text.ends_with('\n') {
        return format(text);
    }
    let mut formatted = format(&format!("{text}\n"));
    formatted.truncate(formatted.trim_end_matches('\n').len());
    formatted
}

fn count(text: &str) -> usize {
    text.split('\n').count()
}

/// The lines of the new text that the replacement wrote, in part or whole.
fn new_lines(after: &str, splice: &Splice) -> Range<usize> {
    let line_of = |at: usize| after[..at].matches('\n').count();
    let start = splice.range.start;
    let at_line_start = start == 0 || after[..start].ends_with('\n');
    let first = line_of(start);
    if splice.insert.is_empty() && at_line_start {
        return first..first;
    }
    let last = line_of(start + splice.insert.len());
    // What begins with a line end leaves the line before it as it is.
    let first = if splice.insert.starts_with('\n') {
        first + 1
    } else {
        first
    };
    // What ends with one leaves the line after it as it is.
    let last = if splice.insert.ends_with('\n') {
        last
    } else {
        last + 1
    };
    first..last.max(first)
}

/// A line laid out like its formatted form, at its own indentation.
fn with_layout(line: &str, formatted: &str) -> String {
    let own = indent(line, 0);
    if formatted.trim().is_empty() {
        formatted.to_owned()
    } else {
        format!("{own}{}", formatted.trim_start_matches([' ', '\t']))
    }
}
