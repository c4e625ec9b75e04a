//! Edits of a user's files that are not a rule's: minimal differences, suppression comments.

use similar::{DiffTag, TextDiff};
use stockade_eval::Symbol;
use stockade_model::{Address, BlockId, FileId};
use stockade_rules::finding::Place;
use stockade_rules::layout::{self, BlockSource};
use stockade_syntax::State;
use stockade_syntax::ast::{Body, Item};
use stockade_text::{Rope, TextEdit, TextRange, TextSize};

use crate::module::{Module, Sources};

/// The texts of a module, for a fix to be laid out in.
pub(crate) struct LayoutSources<'a> {
    pub(crate) sources: &'a Sources,
    /// Whether `.tfvars` files give values to its variables.
    pub(crate) is_root: bool,
}

impl layout::Sources for LayoutSources<'_> {
    fn block(&self, block: BlockId) -> Option<BlockSource> {
        let (file, start, segment) = self.sources.segment(block)?;
        let range = TextRange::at(start, segment.len);
        matches!(segment.state, State::Good).then_some(BlockSource {
            file: file.id,
            range,
        })
    }

    fn symbol(&self, symbol: &Symbol) -> Option<Place> {
        let place = self.sources.definition(symbol, &[], self.is_root)?;
        // A variable without a default has no place where its value is written.
        let is_written = !place.path.is_empty() || matches!(symbol, Symbol::Block(_));
        is_written.then_some(place)
    }

    fn text(&self, file: FileId) -> Option<Rope> {
        Some(self.sources.files.get(&file)?.document.rope().clone())
    }

    fn variables_file(&self) -> Option<FileId> {
        let files = self.sources.files.values();
        files
            .filter(|f| f.unreadable.is_none())
            .find(|f| f.name == "variables.tf")
            .map(|f| f.id)
    }

    fn is_taken(&self, address: &Address) -> bool {
        self.sources.first_named(address).is_some()
    }
}

/// The edits that make one text of another, line by line.
pub(crate) fn difference(before: &str, after: &str) -> Vec<TextEdit> {
    let diff = TextDiff::from_lines(before, after);
    let starts = |lines: &[&str]| {
        let mut at = 0;
        let mut starts = vec![0];
        starts.extend(lines.iter().map(|line| {
            at += line.len();
            at
        }));
        starts
    };
    let before_lines: Vec<&str> = diff.iter_old_slices().collect();
    let after_lines: Vec<&str> = diff.iter_new_slices().collect();
    let (old, new) = (starts(&before_lines), starts(&after_lines));
    diff.ops()
        .iter()
        .filter(|op| op.tag() != DiffTag::Equal)
        .map(|op| TextEdit {
            range: TextRange::new(
                size(old[op.old_range().start]),
                size(old[op.old_range().end]),
            ),
            insert: after[new[op.new_range().start]..new[op.new_range().end]].to_owned(),
        })
        .collect()
}

/// Lines at the end of a text, in its own line ends.
pub(crate) fn lines_at_end(text: &str, lines: &[&str]) -> TextEdit {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let is_open = !text.is_empty() && !text.ends_with('\n');
    let mut insert = String::from(if is_open { end } else { "" });
    for line in lines {
        insert.push_str(line);
        insert.push_str(end);
    }
    TextEdit {
        range: TextRange::empty(size(text.len())),
        insert,
    }
}

/// A comment on a line of its own above the line at an offset, indented like it.
pub(crate) fn comment_above(rope: &Rope, at: TextSize, comment: &str) -> Vec<TextEdit> {
    let line = rope.byte_to_line(usize::from(at).min(rope.len_bytes()));
    let start = rope.line_to_byte(line);
    let text = rope.line(line).to_string();
    let indent: String = text
        .chars()
        .take_while(|c| *c == ' ' || *c == '\t')
        .collect();
    let end = if text.ends_with("\r\n") { "\r\n" } else { "\n" };
    vec![TextEdit {
        range: TextRange::empty(size(start)),
        insert: format!("{indent}{comment}{end}"),
    }]
}

/// Where the item begins that a suppression of something at `range` must stand above: the innermost
/// argument or block around it that begins a line.
pub(crate) fn suppression_start(
    module: &Module,
    block: BlockId,
    range: TextRange,
) -> Option<TextSize> {
    let (_, start, _) = module.sources.segment(block)?;
    let top = module.sources.index.get(block)?.block()?;
    let relative = range.checked_sub(start)?;
    let mut best = top.range.start();
    innermost(&top.body, relative.start(), &mut best);
    Some(best + start)
}

fn innermost(body: &Body, offset: TextSize, best: &mut TextSize) {
    for item in &body.items {
        match item {
            Item::Attribute(attribute) if attribute.range.contains(offset) => {
                *best = attribute.range.start()
            }
            Item::Block(block) if block.range.contains(offset) => {
                *best = block.range.start();
                innermost(&block.body, offset, best);
            }
            _ => {}
        }
    }
}

fn size(n: usize) -> TextSize {
    TextSize::new(u32::try_from(n).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_apply() {
        let cases = [
            ("a\nb\nc\n", "a\nx\nc\n"),
            ("", "a\n"),
            ("a\n", ""),
            ("a\nb", "a\nb\nc\n"),
            ("é\nb\n", "é\nb\nü\n"),
        ];
        for (before, after) in cases {
            let edits = difference(before, after);
            assert_eq!(
                stockade_text::apply(before, &edits).as_deref(),
                Ok(after),
                "{before:?}"
            );
        }
    }
}
