//! tree-sitter trees of segments: grown incrementally, with a budget, for open documents only.
//!
//! What rules see never depends on a tree: `tree-sitter-hcl` accepts what is invalid, rejects what
//! is valid and nests operators wrongly. Trees give structure to editors: outline and folding, by
//! the queries of `queries/hcl`.

use std::ops::{ControlFlow, Range};
use std::sync::OnceLock;

use stockade_text::{Rope, TextRange, TextSize};
use tree_sitter::{
    InputEdit, Language, ParseOptions, ParseState, Parser, Point, Query, QueryCursor,
    StreamingIterator, Tree,
};

use crate::cut::Cut;
use crate::document::Document;
use crate::scan::size;

/// How many progress callbacks (one for 100 parser operations) a tree may take: about 2 ms. Counted,
/// not timed, so that the same text gives the same trees on every machine.
const BUDGET: usize = 400;

/// How many of them until the parser lets others work, and what a tree costs at the least.
const SLICE: usize = 1_000;
const PER_TREE: usize = 10;

/// Deeper nested text gets no tree: the grammar's scanner copies its state for each template inside
/// of another one, hundreds of times the size of the text.
const MAX_NESTING: usize = 64;

/// Longer broken text gets no tree: error recovery takes time that grows with the square of the
/// text, most of it without a progress callback.
const MAX_BROKEN: usize = 16_384;

/// Whether a segment of a length is fit for a tree.
pub(crate) fn is_growable(cut: &Cut, length: usize, is_good: bool) -> bool {
    cut.nesting <= MAX_NESTING && (is_good || length <= MAX_BROKEN)
}

/// The text between two bytes of a rope, as a tree counts it: points know `\n` only.
fn point(rope: &Rope, from: usize, to: usize) -> Point {
    let (mut row, mut line) = (0, from);
    let mut at = from;
    while at < to {
        let (chunk, base, _, _) = rope.chunk_at_byte(at);
        let end = (base + chunk.len()).min(to);
        for found in memchr::memchr_iter(b'\n', &chunk.as_bytes()[at - base..end - base]) {
            row += 1;
            line = at + found + 1;
        }
        at = end;
    }
    Point {
        row,
        column: to - line,
    }
}

/// An edit as a tree is told of it, points taken before the text changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edit {
    base: usize,
    start: usize,
    old_end: usize,
    start_point: Point,
    old_end_point: Point,
}

impl Edit {
    /// `base` is the start of the first segment that the edit affects.
    pub(crate) fn before(rope: &Rope, base: usize, start: usize, old_end: usize) -> Edit {
        let base = rope
            .line_to_byte(rope.byte_to_line(start))
            .max(base)
            .min(start);
        Edit {
            base,
            start,
            old_end,
            start_point: point(rope, base, start),
            old_end_point: point(rope, base, old_end),
        }
    }

    /// Tells the tree of the segment that now is `segment` and was `old_len` bytes long.
    pub(crate) fn apply(
        &self,
        tree: &mut Tree,
        rope: &Rope,
        segment: Range<usize>,
        old_len: usize,
        new_end: usize,
    ) {
        let above = if self.base >= segment.start {
            point(rope, segment.start, self.base)
        } else {
            Point::default()
        };
        let start = segment.start;
        tree.edit(&InputEdit {
            start_byte: self.start - start,
            old_end_byte: self.old_end - start,
            new_end_byte: new_end - start,
            start_position: below(above, self.start_point),
            old_end_position: below(above, self.old_end_point),
            new_end_position: point(rope, start, new_end),
        });
        let moved_len = (old_len + new_end) - self.old_end;
        let len = segment.len();
        if moved_len != len {
            let common = moved_len.min(len);
            tree.edit(&InputEdit {
                start_byte: common,
                old_end_byte: moved_len,
                new_end_byte: len,
                start_position: point(rope, start, start + common),
                old_end_position: point(rope, start, (start + moved_len).min(rope.len_bytes())),
                new_end_position: point(rope, start, start + len),
            });
        }
    }
}

/// A point counted from another one.
fn below(above: Point, point: Point) -> Point {
    match point.row {
        0 => Point {
            row: above.row,
            column: above.column + point.column,
        },
        row => Point {
            row: above.row + row,
            column: point.column,
        },
    }
}

/// Parses segments one after the other.
#[derive(Default)]
pub(crate) struct Grower {
    parser: Option<Parser>,
    spent: usize,
}

impl Grower {
    /// Whether there is time for another tree.
    pub(crate) fn goes_on(&self) -> bool {
        self.spent < SLICE
    }

    /// The tree of a segment; `None` when its budget does not suffice.
    pub(crate) fn grow(
        &mut self,
        rope: &Rope,
        segment: Range<usize>,
        old: Option<&Tree>,
    ) -> Option<Tree> {
        if self.parser.is_none() {
            let mut parser = Parser::new();
            parser.set_language(language()).ok()?;
            self.parser = Some(parser);
        }
        let parser = self.parser.as_mut()?;
        let mut read = |offset: usize, _: Point| -> &[u8] {
            let at = segment.start + offset;
            if at >= segment.end {
                return &[];
            }
            let (chunk, base, _, _) = rope.chunk_at_byte(at);
            &chunk.as_bytes()[at - base..(segment.end - base).min(chunk.len())]
        };
        let mut spent = 0;
        let mut progress = |_: &ParseState| {
            spent += 1;
            if spent > BUDGET {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let options = ParseOptions::new().progress_callback(&mut progress);
        let tree = parser.parse_with_options(&mut read, old, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        self.spent += spent + PER_TREE;
        tree
    }
}

fn language() -> &'static Language {
    static LANGUAGE: OnceLock<Language> = OnceLock::new();
    LANGUAGE.get_or_init(|| tree_sitter_hcl::LANGUAGE.into())
}

/// An entry of a document's outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineItem {
    /// `resource "aws_s3_bucket" "logs"`, or an argument's name.
    pub name: String,
    /// Whether it is a block.
    pub is_block: bool,
    /// All of it.
    pub range: TextRange,
    /// What is shown as selected: the header or the name.
    pub selection: TextRange,
    /// How deep it is nested.
    pub depth: usize,
}

/// The blocks and arguments of a document in source order, as its trees and
/// `queries/hcl/outline.scm` tell them.
pub fn outline(document: &Document) -> Vec<OutlineItem> {
    static QUERY: OnceLock<Option<Query>> = OnceLock::new();
    let source = include_str!("../../../queries/hcl/outline.scm");
    let Some(query) = QUERY.get_or_init(|| Query::new(language(), source).ok()) else {
        return Vec::new();
    };
    let mut items = Vec::new();
    for (start, tree) in document.trees() {
        let text = tree_text(document.rope(), start, tree);
        outline_of(query, tree, &text, start, &mut items);
    }
    items
}

fn outline_of(
    query: &Query,
    tree: &Tree,
    text: &str,
    start: TextSize,
    items: &mut Vec<OutlineItem>,
) {
    let mut cursor = QueryCursor::new();
    let names = query.capture_names();
    let mut found = Vec::new();
    let mut matches = cursor.matches(query, tree.root_node(), text.as_bytes());
    while let Some(matched) = matches.next() {
        let Some(whole) = matched
            .captures()
            .iter()
            .find(|c| names[c.index as usize] != "name")
        else {
            continue;
        };
        let name: Vec<_> = matched
            .captures()
            .iter()
            .filter(|c| names[c.index as usize] == "name")
            .collect();
        let (Some(first), Some(last)) = (name.first(), name.last()) else {
            continue;
        };
        let selection = first.node.start_byte()..last.node.end_byte();
        let depth = std::iter::successors(whole.node.parent(), tree_sitter::Node::parent)
            .filter(|n| n.kind() == "block")
            .count();
        found.push(OutlineItem {
            name: text.get(selection.clone()).unwrap_or_default().to_owned(),
            is_block: names[whole.index as usize] == "block",
            range: range_of(whole.node, start),
            selection: TextRange::new(size(selection.start), size(selection.end)) + start,
            depth,
        });
    }
    found.sort_by_key(|item| (item.range.start(), item.depth));
    items.extend(found);
}

/// Something that can be folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// All of it, brackets and markers included.
    pub range: TextRange,
    /// A comment, as opposed to something in brackets or a heredoc.
    pub is_comment: bool,
}

/// What can be folded in a document, as its trees and `queries/hcl/folds.scm` tell it. Comment lines
/// that follow one another are one.
pub fn folds(document: &Document) -> Vec<Fold> {
    static QUERY: OnceLock<Option<Query>> = OnceLock::new();
    let source = include_str!("../../../queries/hcl/folds.scm");
    let Some(query) = QUERY.get_or_init(|| Query::new(language(), source).ok()) else {
        return Vec::new();
    };
    let names = query.capture_names();
    let mut folds: Vec<Fold> = Vec::new();
    for (start, tree) in document.trees() {
        let text = tree_text(document.rope(), start, tree);
        let mut cursor = QueryCursor::new();
        let mut matches = cursor.matches(query, tree.root_node(), text.as_bytes());
        while let Some(matched) = matches.next() {
            folds.extend(matched.captures().iter().map(|capture| Fold {
                range: range_of(capture.node, start),
                is_comment: names[capture.index as usize] == "comment",
            }));
        }
    }
    folds.sort_by_key(|fold| (fold.range.start(), std::cmp::Reverse(fold.range.end())));
    let rope = document.rope();
    let line = |at: TextSize| rope.byte_to_line(usize::from(at).min(rope.len_bytes()));
    folds.dedup_by(|next, fold| {
        let follows = line(next.range.start()) == line(fold.range.end()) + 1;
        let is_run = next.is_comment && fold.is_comment && follows;
        if is_run {
            fold.range = fold.range.cover(next.range);
        }
        is_run
    });
    folds
}

/// The nodes around a byte, the innermost first; with the whole document last.
pub fn enclosing(document: &Document, offset: TextSize) -> Vec<TextRange> {
    let mut ranges: Vec<TextRange> = Vec::new();
    let whole = TextRange::up_to(size(document.rope().len_bytes()));
    let tree = document.trees().find(|(start, tree)| {
        let end = *start + size(tree.root_node().end_byte());
        (*start..=end).contains(&offset)
    });
    if let Some((start, tree)) = tree {
        let at = usize::from(offset - start);
        let innermost = tree.root_node().named_descendant_for_byte_range(at, at);
        let around = std::iter::successors(innermost, tree_sitter::Node::parent);
        ranges.extend(around.map(|node| range_of(node, start)));
    }
    ranges.push(whole);
    ranges.dedup();
    ranges
}

fn range_of(node: tree_sitter::Node<'_>, start: TextSize) -> TextRange {
    TextRange::new(size(node.start_byte()), size(node.end_byte())) + start
}

fn tree_text(rope: &Rope, start: TextSize, tree: &Tree) -> String {
    let start = usize::from(start);
    rope.byte_slice(start..start + tree.root_node().end_byte())
        .to_string()
}
