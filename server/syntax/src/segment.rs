//! A segment: one top-level block with the comments above it, by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use smol_str::SmolStr;
use stockade_text::{TextRange, TextSize};
use tree_sitter::Tree;

use crate::ast::{Ident, Item};
use crate::cut::Cut;
use crate::parse::{Parser, SyntaxError};
use crate::scan::{Comment, size};
use crate::tree::is_growable;

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
    pub(crate) tree: Option<Arc<Tree>>,
    /// The tree is that of another text: it was edited, or never made.
    pub(crate) is_tree_stale: bool,
    /// What was edited since the last good lowering, oldest first.
    pub(crate) edits: Vec<Replaced>,
}

/// A range of a text, and how many bytes took its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replaced {
    start: u32,
    end: u32,
    inserted: u32,
}

/// More edits than this become one that spans them.
const MAX_EDITS: usize = 16;

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
    /// Empty where the whole text can't be read; see [`crate::Document::error`].
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

impl Lowered {
    /// The type and labels of its block, or the name of its argument.
    pub(crate) fn header(&self) -> Option<Header> {
        let (kind, labels): (_, &[Ident]) = match self.item.as_ref()? {
            Item::Block(block) => (&block.kind, &block.labels),
            Item::Attribute(attribute) => (&attribute.name, &[]),
        };
        Some(Header::Known {
            kind: kind.name.clone(),
            labels: labels.iter().map(|l| l.name.clone()).collect(),
        })
    }
}

impl Segment {
    pub(crate) fn new(text: &str, cut: &Cut, keeps_tree: bool) -> Segment {
        let mut segment = Segment::bare(SegmentId::fresh(), TextSize::default());
        segment.read(text, cut, keeps_tree);
        segment
    }

    /// A segment that nothing was read from yet.
    pub(crate) fn bare(id: SegmentId, len: TextSize) -> Segment {
        Segment {
            id,
            len,
            lowered: None,
            state: State::Good,
            adopted: Vec::new(),
            look: 0,
            is_far: false,
            tree: None,
            is_tree_stale: false,
            edits: Vec::new(),
        }
    }

    /// Lowers the present text; what it was stays when that fails. The tree waits to be grown.
    pub(crate) fn read(&mut self, text: &str, cut: &Cut, keeps_tree: bool) {
        self.len = size(text.len());
        self.look = cut.look;
        self.is_far = cut.is_far;
        let lowered = lower(text);
        self.is_tree_stale = keeps_tree && is_growable(cut, text.len(), lowered.is_ok());
        if !self.is_tree_stale {
            self.tree = None;
        }
        match lowered {
            Ok(lowered) => {
                // Who compares pointers sees that nothing changed.
                if self.lowered.as_deref() != Some(&lowered) {
                    self.lowered = Some(Arc::new(lowered));
                }
                self.state = State::Good;
                self.edits.clear();
            }
            Err(broken) => self.state = State::Broken(Arc::new(broken)),
        }
    }

    /// Whether its text is not HCL, or it still holds what it has swallowed meanwhile.
    pub(crate) fn is_broken(&self) -> bool {
        !matches!(self.state, State::Good) || !self.adopted.is_empty()
    }

    /// Where a range of the last good lowering stands in the present text: before the edits it
    /// stays, after them it moves along, and what was edited is cut to what is left of it.
    pub fn moved(&self, range: TextRange) -> TextRange {
        let (mut start, mut end) = (u32::from(range.start()), u32::from(range.end()));
        for edit in &self.edits {
            // What is inserted at an edge stays outside.
            start = if start >= edit.end {
                edit.shift(start)
            } else {
                start.min(edit.start)
            };
            end = if end <= edit.start {
                end
            } else {
                edit.shift(end.max(edit.end))
            };
        }
        let len = u32::from(self.len);
        let (start, end) = (start.min(len), end.min(len));
        TextRange::new(start.into(), end.max(start).into())
    }

    /// Where a range of an adopted lowering is shown: the segment's first line has swallowed it.
    pub fn moved_adopted(&self) -> TextRange {
        TextRange::empty(TextSize::new(0))
    }

    /// Remembers an edit. `start..old_end` are bytes of the text before it.
    pub(crate) fn note_edit(&mut self, start: u32, old_end: u32, inserted: u32) {
        let edit = Replaced {
            start,
            end: old_end,
            inserted,
        };
        let is_full = self.edits.len() >= MAX_EDITS;
        match self.edits.last_mut() {
            Some(last) if is_full || last.touches(&edit) => *last = last.then(&edit),
            _ => self.edits.push(edit),
        }
    }

    /// The type and labels of what the segment was, or now looks like.
    pub(crate) fn header(&self) -> Option<(SmolStr, Vec<SmolStr>)> {
        let lowered = self.lowered.as_ref().and_then(|lowered| lowered.header());
        let header = match (lowered, &self.state) {
            (Some(header), _) => header,
            (None, State::Broken(broken)) => broken.header.clone(),
            (None, State::Good) => return None,
        };
        match header {
            Header::Known { kind, labels } => Some((kind, labels)),
            Header::Unreadable => None,
        }
    }
}

impl Replaced {
    /// A place behind the range, after it was replaced.
    fn shift(&self, at: u32) -> u32 {
        at - self.end + self.start + self.inserted
    }

    /// A place behind what was inserted, before that.
    fn unshift(&self, at: u32) -> u32 {
        at - self.start - self.inserted + self.end
    }

    /// Whether a later edit is in or beside what this one inserted.
    fn touches(&self, later: &Replaced) -> bool {
        later.start <= self.start + self.inserted && later.end >= self.start
    }

    /// The one edit that spans both.
    fn then(&self, later: &Replaced) -> Replaced {
        let inserted_end = self.start + self.inserted;
        let end = self.unshift(later.end.max(inserted_end));
        let start = self.start.min(later.start);
        let new_end = later.shift(later.end.max(inserted_end));
        Replaced {
            start,
            end,
            inserted: new_end - start,
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
