//! A segment: one top-level block with the comments above it, by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use smol_str::SmolStr;
use stockade_text::{TextRange, TextSize};
use tree_sitter::Tree;

use crate::ast::Item;
use crate::parse::{Parser, SyntaxError};
use crate::scan::Comment;

/// Tells a segment from all others of the process, through edits, as long as it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId(pub u64);

impl SegmentId {
    pub(crate) fn fresh() -> SegmentId {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        SegmentId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A piece of a document.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Kept through edits.
    pub id: SegmentId,
    /// Bytes.
    pub len: TextSize,
    /// The last good lowering; `None` if it never parsed.
    pub lowered: Option<Arc<Lowered>>,
    /// Whether the present text is what was lowered.
    pub state: State,
    /// Lowerings of blocks that this broken segment has swallowed and that found no other heir.
    pub adopted: Vec<(SegmentId, Arc<Lowered>)>,
    pub(crate) look: usize,
    pub(crate) is_far: bool,
    pub(crate) tree: Option<Tree>,
    /// The tree is that of another text: it was edited, or never made.
    pub(crate) is_tree_stale: bool,
    /// What was edited since the last good lowering: old start and end, and how much longer the text is.
    pub(crate) hull: Option<Hull>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Hull {
    start: u32,
    end: u32,
    delta: i64,
}

/// Whether a segment's text is HCL.
#[derive(Clone, Debug)]
pub enum State {
    /// It is; [`Segment::lowered`] is its form.
    Good,
    /// It is not; [`Segment::lowered`] is what it was when it last was.
    Broken(Arc<Broken>),
}

/// Why a segment is broken, and what it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Never empty.
    pub errors: Vec<SyntaxError>,
    /// What the text's header says.
    pub header: Header,
}

/// The header of a text that does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Header {
    /// The block's type and as many labels as can be read.
    Known {
        /// `resource`, `data`, ….
        kind: SmolStr,
        /// Without their quotes.
        labels: Vec<SmolStr>,
    },
    /// It may be anything.
    Unreadable,
}

/// A segment's text as typed items; ranges count from its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lowered {
    /// The block or argument; `None` for a segment of comments alone.
    pub item: Option<Item>,
    /// In source order.
    pub comments: Vec<Comment>,
}

impl Segment {
    /// Where a range of the last good lowering stands in the present text: before the edits it
    /// stays, after them it moves along, and what was edited is cut to what is left of it.
    pub fn moved(&self, range: TextRange) -> TextRange {
        let Some(hull) = self.hull else { return range };
        let shift = |at: u32| u32::try_from((i64::from(at) + hull.delta).max(0)).unwrap_or(0);
        let new_end = shift(hull.end);
        let move_one = |at: u32| match at {
            _ if at <= hull.start => at,
            _ if at >= hull.end => shift(at),
            _ => at.min(new_end),
        };
        let len = u32::from(self.len);
        let start = move_one(range.start().into()).min(len);
        let end = move_one(range.end().into()).min(len);
        TextRange::new(start.min(end).into(), end.into())
    }

    /// Where a range of an adopted lowering is shown: the segment's first line has swallowed it.
    pub fn moved_adopted(&self) -> TextRange {
        TextRange::empty(TextSize::new(0))
    }

    /// Widens what was edited. `start..old_end` are bytes of the present text, before the edit.
    pub(crate) fn note_edit(&mut self, start: u32, old_end: u32, inserted: u32) {
        let grown = i64::from(inserted) - i64::from(old_end - start);
        self.hull = Some(match self.hull {
            None => Hull {
                start,
                end: old_end,
                delta: grown,
            },
            Some(hull) => {
                // The same places in the text that was lowered.
                let shifted_end = i64::from(hull.end) + hull.delta;
                let old = if i64::from(old_end) >= shifted_end {
                    i64::from(old_end) - hull.delta
                } else {
                    i64::from(hull.end)
                };
                Hull {
                    start: hull.start.min(start),
                    end: u32::try_from(old.max(i64::from(hull.end))).unwrap_or(hull.end),
                    delta: hull.delta + grown,
                }
            }
        });
    }

    pub(crate) fn forget_edits(&mut self) {
        self.hull = None;
    }

    /// The type and labels of what the segment was, or now looks like.
    pub(crate) fn header(&self) -> Option<(SmolStr, Vec<SmolStr>)> {
        match (&self.state, self.lowered.as_deref()) {
            (
                _,
                Some(Lowered {
                    item: Some(Item::Block(block)),
                    ..
                }),
            ) => Some((
                block.kind.name.clone(),
                block.labels.iter().map(|l| l.name.clone()).collect(),
            )),
            (
                _,
                Some(Lowered {
                    item: Some(Item::Attribute(attribute)),
                    ..
                }),
            ) => Some((attribute.name.name.clone(), Vec::new())),
            (State::Broken(broken), _) => match &broken.header {
                Header::Known { kind, labels } => Some((kind.clone(), labels.clone())),
                Header::Unreadable => None,
            },
            _ => None,
        }
    }
}

/// Lowers the text of a segment.
pub(crate) fn lower(text: &str) -> Result<Lowered, Broken> {
    let mut parser = Parser::new(text);
    match parser.segment() {
        Ok(item) => Ok(Lowered {
            item,
            comments: parser.cursor.comments,
        }),
        Err(error) => Err(Broken {
            errors: vec![error],
            header: read_header(text),
        }),
    }
}

/// Reads the header of a text, whatever follows.
pub(crate) fn read_header(text: &str) -> Header {
    let mut parser = Parser::new(text);
    parser.cursor.skip(true);
    let Some(kind) = parser.cursor.word().map(SmolStr::new) else {
        return Header::Unreadable;
    };
    let mut labels = Vec::new();
    loop {
        parser.cursor.skip(false);
        match parser.cursor.byte() {
            b'"' => {
                let rest = &parser.cursor.rest()[1..];
                let Some(end) = rest
                    .find(['"', '\n'])
                    .filter(|i| rest.as_bytes()[*i] == b'"')
                else {
                    break;
                };
                labels.push(SmolStr::new(&rest[..end]));
                parser.cursor.at += end + 2;
            }
            _ => match parser.cursor.word() {
                Some(word) => labels.push(SmolStr::new(word)),
                None => break,
            },
        }
    }
    Header::Known { kind, labels }
}
