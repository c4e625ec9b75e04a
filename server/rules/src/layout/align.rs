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

/// The text after a replacement. What `terraform fmt` would have left alone stays so; else, of the
/// lines that were there before, those move whose alignment is another one because of it.
pub(super) fn apply(text: &str, splice: &Splice) -> String {
    let after = replaced(text, splice);
    aligned(text, &after, splice).unwrap_or(after)
}

/// The text after a replacement, as it is.
pub(super) fn replaced(text: &str, splice: &Splice) -> String {
    let Splice { range, insert } = splice;
    [&text[..range.start], insert, &text[range.end..]].concat()
}

fn aligned(before: &str, after: &str, splice: &Splice) -> Option<String> {
    let (format_before, format_after) = (formatted(before), formatted(after));
    if format_before == before {
        return Some(format_after);
    }
    let (old_lines, lines) = (count(before), count(after));
    if count(&format_before) != old_lines || count(&format_after) != lines {
        return None;
    }
    let new = new_lines(after, splice);
    let was: Vec<&str> = format_before.split('\n').collect();
    let becomes: Vec<&str> = format_after.split('\n').collect();
    let out: Vec<String> = after
        .split('\n')
        .enumerate()
        .map(|(i, line)| {
            let old = if i < new.start {
                Some(i)
            } else {
                (i + old_lines).checked_sub(lines)
            };
            let is_new = new.contains(&i);
            let moves = is_new || old.and_then(|o| was.get(o)) != Some(&becomes[i]);
            if moves {
                with_layout(line, becomes[i])
            } else {
                line.to_owned()
            }
        })
        .collect();
    Some(out.join("\n"))
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
