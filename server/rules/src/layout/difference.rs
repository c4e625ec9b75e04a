//! From a text and what became of it to the smallest edits, line by line. Line ends are those of
//! the text, whatever they are; the new text has `\n`.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use stockade_text::{TextEdit, TextRange, TextSize};

/// The edits that make `new` of `old`, where `old` begins at byte `base` of its file.
pub(super) fn difference(old: &str, new: &str, base: usize, line_end: &str) -> Vec<TextEdit> {
    let old_lines: Vec<&str> = old.split_inclusive('\n').collect();
    let new_lines: Vec<&str> = new.split_inclusive('\n').collect();
    let old_plain: Vec<(&str, bool)> = old_lines.iter().map(|l| plain(l)).collect();
    let new_plain: Vec<(&str, bool)> = new_lines.iter().map(|l| plain(l)).collect();
    let starts = starts(&old_lines, base);
    let mut edits = Vec::new();
    let mut change = |old_from: usize, old_to: usize, lines: &[&str]| {
        let before: String = old_lines[old_from..old_to].concat();
        let after = lines.concat().replace('\n', line_end);
        edits.push(trimmed(&before, &after, starts[old_from]));
    };
    for op in capture_diff_slices(Algorithm::Myers, &old_plain, &new_plain) {
        match op {
            DiffOp::Equal { .. } => {}
            DiffOp::Delete {
                old_index, old_len, ..
            } => change(old_index, old_index + old_len, &[]),
            DiffOp::Insert {
                old_index,
                new_index,
                new_len,
            } => {
                change(
                    old_index,
                    old_index,
                    &new_lines[new_index..new_index + new_len],
                );
            }
            DiffOp::Replace {
                old_index,
                old_len,
                new_index,
                new_len,
            } if old_len == new_len => {
                for i in 0..old_len {
                    change(
                        old_index + i,
                        old_index + i + 1,
                        &new_lines[new_index + i..=new_index + i],
                    );
                }
            }
            DiffOp::Replace {
                old_index,
                old_len,
                new_index,
                new_len,
            } => {
                change(
                    old_index,
                    old_index + old_len,
                    &new_lines[new_index..new_index + new_len],
                );
            }
        }
    }
    edits
}

/// A line without its end, and whether it has one.
fn plain(line: &str) -> (&str, bool) {
    match line.strip_suffix('\n') {
        Some(content) => (content.strip_suffix('\r').unwrap_or(content), true),
        None => (line, false),
    }
}

fn starts(lines: &[&str], base: usize) -> Vec<usize> {
    let mut at = base;
    let mut starts = vec![base];
    starts.extend(lines.iter().map(|line| {
        at += line.len();
        at
    }));
    starts
}

/// A replacement without what both sides begin and end with.
fn trimmed(before: &str, after: &str, start: usize) -> TextEdit {
    let same = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| -> usize {
        a.zip(b)
            .take_while(|(x, y)| x == y)
            .map(|(x, _)| x.len_utf8())
            .sum()
    };
    let prefix = same(&mut before.chars(), &mut after.chars());
    let (before, after) = (&before[prefix..], &after[prefix..]);
    let suffix = same(&mut before.chars().rev(), &mut after.chars().rev());
    let from = start + prefix;
    let range = TextRange::new(size(from), size(from + before.len() - suffix));
    TextEdit {
        range,
        insert: after[..after.len() - suffix].to_owned(),
    }
}

/// A byte offset; files are far smaller than 4 GB.
pub(super) fn size(offset: usize) -> TextSize {
    TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX))
}
