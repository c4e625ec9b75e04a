//! Removing arguments, nested blocks, list elements and object entries, with their lines and the
//! comments that are about them.

use std::ops::Range;

use stockade_syntax::ast::{Block, Body};

use super::align::Splice;
use super::insert::{begins_line, comma_after};
use super::lines::{line_end, with_blank_line, with_comments};
use super::part::Part;
use super::path::Target;

/// Removes what a path leads to; `None` for what can't stand alone.
pub(super) fn target(text: &str, segment: &Body, target: &Target<'_>) -> Option<Splice> {
    match target {
        Target::Block(block) => Some(statement(text, block.range.into())),
        Target::Argument(attribute) => Some(statement(text, attribute.range.into())),
        Target::Item { list, index } => Some(item(text, list, *index)),
        Target::Lines(_) | Target::Document(_) => None,
    }
    .map(|splice| within_one_line(text, segment, splice))
}

/// An argument or a block, which has its lines to itself unless it is in a one-line block.
fn statement(text: &str, range: Range<usize>) -> Splice {
    if begins_line(text, range.start) {
        Splice::remove(with_blank_line(text, with_comments(text, range)))
    } else {
        Splice::remove(range)
    }
}

/// `{ a = 1 }` without its argument becomes `{}`.
fn within_one_line(text: &str, segment: &Body, splice: Splice) -> Splice {
    let inner = innermost(segment, &splice.range).map(|b| Range::<usize>::from(b.braces));
    match inner {
        Some(braces) if splice.insert.is_empty() => {
            let (before, after) = (
                &text[braces.start + 1..splice.range.start],
                &text[splice.range.end..braces.end - 1],
            );
            let is_all = [before, after]
                .iter()
                .all(|s| s.trim().is_empty() && !s.contains('\n'));
            if is_all {
                Splice::remove(braces.start + 1..braces.end - 1)
            } else {
                splice
            }
        }
        _ => splice,
    }
}

fn innermost<'a>(body: &'a Body, range: &Range<usize>) -> Option<&'a Block> {
    let holds = |b: &&Block| {
        let braces = Range::<usize>::from(b.braces);
        braces.start < range.start && range.end < braces.end
    };
    let block = body.blocks().find(holds)?;
    innermost(&block.body, range).or(Some(block))
}

/// An element or entry and its comma.
fn item(text: &str, list: &Part, index: usize) -> Splice {
    let items = list.items();
    let (open, close) = (list.range.start + 1, list.range.end - 1);
    let Some(own) = items.get(index).cloned() else {
        return Splice::remove(open..open);
    };
    if items.len() == 1 {
        return Splice::remove(open..close);
    }
    let comma = comma_after(text, own.end);
    let is_last = index + 1 == items.len();
    if has_own_lines(text, &own, comma) {
        let lines = with_blank_line(
            text,
            with_comments(text, own.start..comma.unwrap_or(own.end)),
        );
        return match is_last.then(|| items[index - 1].clone()) {
            Some(previous) if comma.is_none() => without_comma(text, &previous, lines),
            _ => Splice::remove(lines),
        };
    }
    match items.get(index + 1) {
        Some(next) => Splice::remove(own.start..next.start),
        None => Splice::remove(items[index - 1].end..own.end),
    }
}

/// Removes lines and the comma of the item above, when the list has none behind its last one.
fn without_comma(text: &str, previous: &Range<usize>, lines: Range<usize>) -> Splice {
    let Some(comma) = comma_after(text, previous.end).filter(|c| *c <= lines.start) else {
        return Splice::remove(lines);
    };
    let between = &text[comma..lines.start];
    Splice {
        range: previous.end..lines.end,
        insert: between.to_owned(),
    }
}

/// Whether nothing else stands on the lines of an item but its comma and a comment.
fn has_own_lines(text: &str, own: &Range<usize>, comma: Option<usize>) -> bool {
    let after = comma.unwrap_or(own.end).max(own.end);
    let rest = text[after..line_end(text, after)].trim();
    begins_line(text, own.start)
        && (rest.is_empty() || rest.starts_with('#') || rest.starts_with("//"))
}
