//! Lines of a text with `\n` line ends: where they begin, how they are indented, what comments
//! stand above them.

use std::ops::Range;

/// Where the line of an offset begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |i| i + 1)
}

/// Where the line of an offset ends, its `\n` not included.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |i| at + i)
}

/// The white space that the line of an offset begins with.
pub(super) fn indent(text: &str, at: usize) -> &str {
    let line = &text[line_start(text, at)..line_end(text, at)];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// One level of indentation, as the text does it.
pub(super) fn indent_unit(text: &str) -> &'static str {
    let indented = text.lines().find(|l| l.starts_with([' ', '\t']));
    if indented.is_some_and(|l| l.starts_with('\t')) {
        "\t"
    } else {
        "  "
    }
}

/// A snippet laid out from column 0, moved to an indentation: every line but the first, those of
/// heredocs excepted. `unit` replaces each level of two spaces.
pub(super) fn indented(snippet: &str, indent: &str, unit: &str) -> String {
    let mut out = String::with_capacity(snippet.len() + 16);
    let mut heredoc: Option<String> = None;
    for (i, line) in snippet.trim().split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        if let Some(marker) = &heredoc {
            out.push_str(line);
            if line.trim() == marker {
                heredoc = None;
            }
            continue;
        }
        let content = line.trim_start_matches(' ');
        if i > 0 && !content.is_empty() {
            out.push_str(indent);
            out.push_str(&unit.repeat((line.len() - content.len()) / 2));
        }
        out.push_str(content.trim_end());
        heredoc = heredoc_marker(content);
    }
    out
}

/// The marker of a heredoc that begins at the end of a line.
fn heredoc_marker(line: &str) -> Option<String> {
    let after = line.rsplit_once("<<")?.1;
    let marker = after.strip_prefix('-').unwrap_or(after);
    let is_marker = !marker.is_empty()
        && marker
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    is_marker.then(|| marker.to_owned())
}

/// Whole lines around something that stands alone on them: its trailing comment and the comments
/// above that are about it, the final `\n` included.
pub(super) fn with_comments(text: &str, item: Range<usize>) -> Range<usize> {
    let end = (line_end(text, item.end) + 1).min(text.len());
    let start = line_start(text, item.start);
    let above = comments_above(text, start);
    let heads_a_group = above < start && !is_about_one(text, above, end);
    (if heads_a_group { start } else { above })..end
}

/// Whether a comment between lines is about the one thing below it, not about a group: something
/// other than an empty line or an opening brace is above it, or nothing follows the thing.
fn is_about_one(text: &str, comment: usize, end: usize) -> bool {
    let above = line_before(text, comment).map_or("", str::trim);
    let below = text[end..].lines().next().map_or("", str::trim);
    let in_a_run = !above.is_empty() && !above.ends_with(['{', '[', '(']);
    in_a_run || below.is_empty() || below.starts_with(['}', ']', ')']) || is_comment(below)
}

/// Where the comment lines directly above a line begin; `start` itself when there are none.
pub(super) fn comments_above(text: &str, start: usize) -> usize {
    let mut first = start;
    while let Some(above) = line_before(text, first) {
        if !is_comment(above.trim()) {
            break;
        }
        first -= above.len() + 1;
    }
    first
}

fn is_comment(line: &str) -> bool {
    line.starts_with('#')
        || line.starts_with("//")
        || (line.starts_with("/*") && line.ends_with("*/"))
}

/// The line before the one that begins at `start`.
fn line_before(text: &str, start: usize) -> Option<&str> {
    let end = start.checked_sub(1)?;
    Some(&text[line_start(text, end)..end])
}

/// Widens a range of whole lines that is to be removed by the empty line that would be left over.
pub(super) fn with_blank_line(text: &str, lines: Range<usize>) -> Range<usize> {
    let above = line_before(text, lines.start).map(str::trim);
    let below = text[lines.end..].lines().next().map(str::trim);
    let opens = above.is_none_or(|l| l.is_empty() || l.ends_with(['{', '[', '(']));
    if opens && below == Some("") {
        let end = (line_end(text, lines.end) + 1).min(text.len());
        return lines.start..end;
    }
    let closes = below.is_none_or(|l| l.starts_with(['}', ']', ')']));
    match above {
        Some("") if closes => line_start(text, lines.start - 1)..lines.end,
        _ => lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snippets_are_indented() {
        let cases = [
            (
                "a {\n  b = 1\n\n  c {}\n}",
                "  ",
                "  ",
                "a {\n    b = 1\n\n    c {}\n  }",
            ),
            ("a {\n  b = 1\n}", "\t", "\t", "a {\n\t\tb = 1\n\t}"),
            ("x = <<EOT\n  {\nEOT\n", "  ", "  ", "x = <<EOT\n  {\nEOT"),
        ];
        for (snippet, indent, unit, expected) in cases {
            assert_eq!(indented(snippet, indent, unit), expected, "{snippet:?}");
        }
    }
}
