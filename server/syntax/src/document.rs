//! A document: a rope cut into segments, edited in place.

use std::sync::Arc;

use stockade_text::{Rope, TextRange, TextSize};

use crate::cut::{Cut, Scanner};
use crate::list::{At, SegmentList};
use crate::parse::SyntaxError;
use crate::scan::size;
use crate::segment::{Segment, SegmentId};
use crate::splice::Splice;
use crate::tree::{self, Grower};

/// A text and its segments. A clone shares everything until one of the two is edited.
#[derive(Clone, Debug, Default)]
pub struct Document {
    pub(crate) rope: Rope,
    pub(crate) segments: SegmentList,
    /// Whether trees are kept.
    keeps_trees: bool,
    /// Why a text in another notation can't be read as a whole.
    pub(crate) error: Option<SyntaxError>,
}

/// What an edit did to the segments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Gone.
    pub removed: Vec<SegmentId>,
    /// With another lowering, state or text.
    pub changed: Vec<SegmentId>,
    /// New.
    pub added: Vec<SegmentId>,
}

impl Document {
    /// Cuts and lowers a text that will be edited.
    pub fn new(text: &str) -> Document {
        Document::with_trees(text, true)
    }

    /// Cuts and lowers a text, and keeps no trees.
    pub fn closed(text: &str) -> Document {
        Document::with_trees(text, false)
    }

    fn with_trees(text: &str, keeps_trees: bool) -> Document {
        let rope = Rope::from_str(text);
        let segments = SegmentList::new(fresh_segments(text, &scan(&rope), keeps_trees));
        Document {
            rope,
            segments,
            keeps_trees,
            error: None,
        }
    }

    /// The text.
    pub fn rope(&self) -> &Rope {
        &self.rope
    }

    /// Why a text that was read by somebody else can't be cut into segments; in bytes of the text. HCL always can.
    pub fn error(&self) -> Option<&SyntaxError> {
        self.error.as_ref()
    }

    /// All segments and where they start.
    pub fn segments(&self) -> impl Iterator<Item = (TextSize, &Segment)> {
        self.segments.iter().map(|(start, s)| (size(start), s))
    }

    /// Those that are not HCL as they stand, or still hold what they swallowed while they were not.
    pub fn broken(&self) -> impl Iterator<Item = (TextSize, &Segment)> {
        self.segments.broken().map(|(start, s)| (size(start), s))
    }

    /// The text of a segment that starts there.
    pub fn text_at(&self, start: TextSize, segment: &Segment) -> String {
        let range = TextRange::at(start, segment.len);
        let text = self.rope.byte_slice(std::ops::Range::<usize>::from(range));
        text.to_string()
    }

    /// A segment, or the one that has adopted it, and where it starts.
    pub fn segment(&self, id: SegmentId) -> Option<(TextSize, &Segment)> {
        if let Some((start, segment)) = self.segments.find(id) {
            return Some((size(start), segment));
        }
        self.broken()
            .find(|(_, s)| s.adopted.iter().any(|(adopted, _)| *adopted == id))
    }

    /// Where a segment starts.
    pub fn start_of(&self, id: SegmentId) -> Option<TextSize> {
        self.segment(id).map(|(start, _)| start)
    }

    /// The segment that holds a byte; the last one for the text's end.
    pub fn segment_at(&self, offset: TextSize) -> Option<(TextSize, &Segment)> {
        let at = self.segments.locate(offset.into())?;
        Some((size(at.start), self.segments.get(&at)?))
    }

    /// Whether trees wait to be grown. Nothing but the outline depends on them.
    pub fn pending(&self) -> bool {
        self.segments.has_stale_trees()
    }

    /// Grows trees that wait, for some milliseconds; [`Document::pending`] tells if more of them do.
    pub fn finish(&mut self) {
        let rope = &self.rope;
        let mut grower = Grower::default();
        self.segments.grow_trees(|start, segment| {
            let end = start + usize::from(segment.len);
            let tree = grower.grow(rope, start..end, segment.tree.as_deref());
            segment.tree = tree.map(Arc::new);
            grower.goes_on()
        });
    }

    /// The trees of the segments, each with its start.
    pub fn trees(&self) -> impl Iterator<Item = (TextSize, &tree_sitter::Tree)> {
        self.segments()
            .filter_map(|(start, s)| Some((start, s.tree.as_deref().filter(|_| !s.is_tree_stale)?)))
    }

    /// Replaces a range of the text. A range outside of it is cut to it.
    pub fn edit(&mut self, range: TextRange, text: &str) -> Changes {
        let len = self.rope.len_bytes();
        let start = self.boundary(usize::from(range.start()).min(len));
        let old_end = self.boundary(usize::from(range.end()).min(len)).max(start);
        let Some(first) = self.first_affected(start) else {
            return self.fill(text);
        };
        let edit = tree::Edit::before(&self.rope, first.start, start, old_end);
        self.replace(start, old_end, text);
        let new_end = start + text.len();
        let (cuts, count) = self.rescan(&first, old_end, new_end);
        let old = self.segments.take(&first, count);
        let splice = Splice {
            rope: &self.rope,
            base: first.start,
            start,
            old_end,
            new_end,
            edit,
            keeps_trees: self.keeps_trees,
        };
        let (new, changes) = splice.segments(old, &cuts);
        self.segments.put(&first, new);
        changes
    }

    /// Writes into an empty document.
    fn fill(&mut self, text: &str) -> Changes {
        *self = Document::with_trees(text, self.keeps_trees);
        Changes {
            added: self.segments().map(|(_, s)| s.id).collect(),
            ..Changes::default()
        }
    }

    pub(crate) fn boundary(&self, at: usize) -> usize {
        self.rope.char_to_byte(self.rope.byte_to_char(at))
    }

    pub(crate) fn replace(&mut self, start: usize, old_end: usize, text: &str) {
        let char = self.rope.byte_to_char(start);
        if old_end > start {
            let end = self.rope.byte_to_char(old_end);
            self.rope.remove(char..end);
        }
        if !text.is_empty() {
            self.rope.insert(char, text);
        }
    }

    /// The first segment whose end an edit can move. `None` in an empty document.
    fn first_affected(&self, start: usize) -> Option<At> {
        let at = self.segments.locate(start)?;
        let before = self.segments.previous(&at).filter(|before| {
            let looked = self.segments.get(before).map_or(0, |s| s.look);
            start - at.start < looked
        });
        let first = before.unwrap_or(at);
        // What ends where all of the text below decides may end elsewhere now.
        let far = self
            .segments
            .first_far()
            .filter(|far| far.start < first.start);
        Some(far.unwrap_or(first))
    }

    /// Cuts from a segment on until they meet the old ones behind the edit; how many old segments
    /// they replace.
    fn rescan(&self, first: &At, old_end: usize, new_end: usize) -> (Vec<Cut>, usize) {
        let mut scanner = Scanner::new(&self.rope);
        let len = self.rope.len_bytes();
        let mut cuts: Vec<Cut> = Vec::new();
        let (mut old, mut count, mut at) = (Some(*first), 0, first.start);
        while at < len || at < new_end {
            if at >= new_end && !cuts.is_empty() {
                // The same place in the old text.
                let before = at + old_end - new_end;
                while let Some(here) = old.filter(|a| a.start < before) {
                    count += 1;
                    old = self.segments.next(&here);
                }
                if before >= old_end && old.is_some_and(|a| a.start == before) {
                    return (cuts, count);
                }
            }
            let cut = scanner.next(at);
            at = cut.end;
            cuts.push(cut);
        }
        while let Some(here) = old {
            count += 1;
            old = self.segments.next(&here);
        }
        (cuts, count)
    }
}

fn scan(rope: &Rope) -> Vec<Cut> {
    let mut scanner = Scanner::new(rope);
    let (mut at, mut cuts) = (0, Vec::new());
    while at < rope.len_bytes() {
        let cut = scanner.next(at);
        at = cut.end;
        cuts.push(cut);
    }
    cuts
}

fn fresh_segments(text: &str, cuts: &[Cut], keeps_trees: bool) -> Vec<Segment> {
    let mut at = 0;
    cuts.iter()
        .map(|cut| {
            let segment = Segment::new(&text[at..cut.end], cut, keeps_trees);
            at = cut.end;
            segment
        })
        .collect()
}
