//! Changes of a text, shown as changed lines.

use std::io::{self, Write};

use similar::{ChangeTag, TextDiff};
use stockade_text::{Overlap, TextEdit, TextRange, apply};

use crate::outcome::Edit;
use crate::output::{BOLD, DIM, GREEN, RED, printable};

/// A patch that `git apply` and `patch -p1` take.
pub(crate) fn patch(out: &mut impl Write, file: &str, before: &str, after: &str) -> io::Result<()> {
    let diff = TextDiff::from_lines(before, after);
    let mut unified = diff.unified_diff();
    let unified = unified
        .context_radius(3)
        .header(&format!("a/{file}"), &format!("b/{file}"))
        .to_string();
    for line in unified.split_inclusive('\n') {
        let style = match line.as_bytes().first() {
            _ if line.starts_with("--- ") || line.starts_with("+++ ") => BOLD,
            Some(b'+') => GREEN,
            Some(b'-') => RED,
            Some(b'@') => DIM,
            _ => anstyle::Style::new(),
        };
        let text = line.strip_suffix('\n').unwrap_or(line);
        writeln!(out, "{style}{text}{style:#}")?;
    }
    Ok(())
}

/// The lines that change, with the line above and below, for a finding's fix in a report:
/// numbered as in the file, `-` and `+` before them.
pub(crate) fn excerpt(out: &mut impl Write, before: &str, after: &str) -> io::Result<()> {
    let diff = TextDiff::from_lines(before, after);
    let groups = diff.grouped_ops(1);
    let last_line = groups
        .iter()
        .flatten()
        .map(|op| op.new_range().end.max(op.old_range().end))
        .max();
    let width = last_line.unwrap_or(1).to_string().len();
    for (i, group) in groups.iter().enumerate() {
        if i > 0 {
            writeln!(out, "{DIM}{:width$} ...{DIM:#}", "")?;
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, style, line) = match change.tag() {
                ChangeTag::Delete => ('-', RED, change.old_index()),
                ChangeTag::Insert => ('+', GREEN, change.new_index()),
                ChangeTag::Equal => (' ', DIM, change.new_index()),
            };
            let number = line.map_or(String::new(), |line| (line + 1).to_string());
            let text = printable(change.value().trim_end_matches(['\r', '\n']));
            let line = format!("{sign} {text}");
            writeln!(
                out,
                "{DIM}{number:>width$}{DIM:#} {style}{}{style:#}",
                line.trim_end()
            )?;
        }
    }
    Ok(())
}

/// The text after the edits.
///
/// # Errors
/// When two of them overlap.
pub(crate) fn edited<'a>(
    text: &str,
    edits: impl IntoIterator<Item = &'a Edit>,
) -> Result<String, Overlap> {
    let edits: Vec<TextEdit> = edits.into_iter().filter_map(text_edit).collect();
    apply(text, &edits)
}

fn text_edit(edit: &Edit) -> Option<TextEdit> {
    let start = u32::try_from(edit.place.bytes.start).ok()?;
    let end = u32::try_from(edit.place.bytes.end).ok()?;
    Some(TextEdit {
        range: TextRange::new(start.into(), end.into()),
        insert: edit.insert.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(show: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        show(&mut out).expect("a Vec takes everything");
        anstream::adapter::strip_str(&String::from_utf8(out).expect("UTF-8")).to_string()
    }

    #[test]
    fn excerpts() {
        let cases = [
            (
                "a\nb\nc\nd\n",
                "a\nB\nc\nd\n",
                "1   a\n2 - b\n2 + B\n3   c\n",
            ),
            ("a\n", "a\nb\n", "1   a\n2 + b\n"),
            ("a\r\n\u{1b}b\r\n", "a\r\n", "1   a\n2 - \u{fffd}b\n"),
            (
                "1\n2\n3\n4\n5\n6\n",
                "1\n2\n3\n4\n5\nsix\n",
                "5   5\n6 - 6\n6 + six\n",
            ),
            ("same\n", "same\n", ""),
        ];
        for (before, after, shown) in cases {
            assert_eq!(plain(|out| excerpt(out, before, after)), shown);
        }
    }

    #[test]
    fn patches_name_the_file() {
        let shown = plain(|out| patch(out, "x/main.tf", "a\nb\n", "a\nc"));
        assert_eq!(
            shown,
            "--- a/x/main.tf\n+++ b/x/main.tf\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n"
        );
    }
}
