//! A document: a rope cut into segments, edited in place.

use std::collections::VecDeque;
use std::sync::Arc;

use stockade_text::{Rope, TextRange, TextSize};

use crate::cut::{Cut, Scanner};
use crate::scan::size;
use crate::segment::{Header, Lowered, Segment, SegmentId, State, lower, read_header};
use crate::tree::{self, Grower};

/// A text and its segments. A clone shares everything until one of the two is edited.
#[derive(Clone, Debug, Default)]
pub struct Document {
    rope: Rope,
    chunks: Vec<Arc<Chunk>>,
    /// Whether trees are kept.
    keeps_trees: bool,
    /// Segments whose end depends on all of the text below.
    far: usize,
    stale_trees: usize,
}

/// A run of segments, their lengths summed, so that finding one costs no walk over all.
#[derive(Clone, Debug, Default)]
struct Chunk {
    bytes: usize,
    ids: Vec<SegmentId>,
    segments: Vec<Segment>,
}

const CHUNK: usize = 128;

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
        Document {
            keeps_trees: true,
            ..Document::closed(text)
        }
        .with_stale_trees()
    }

    /// Cuts and lowers a text, and keeps no trees.
    pub fn closed(text: &str) -> Document {
        let rope = Rope::from_str(text);
        let mut document = Document {
            rope,
            ..Document::default()
        };
        let segments = fresh_segments(text, &scan(&document.rope, 0));
        document.far = segments.iter().filter(|s| s.is_far).count();
        document.chunks = chunked(segments);
        document
    }

    /// The text.
    pub fn rope(&self) -> &Rope {
        &self.rope
    }

    /// All segments and where they start.
    pub fn segments(&self) -> impl Iterator<Item = (TextSize, &Segment)> {
        let mut start = 0;
        self.chunks
            .iter()
            .flat_map(|c| &c.segments)
            .map(move |segment| {
                let at = start;
                start += usize::from(segment.len);
                (size(at), segment)
            })
    }

    /// A segment, or the one that has adopted it, and where it starts.
    pub fn segment(&self, id: SegmentId) -> Option<(TextSize, &Segment)> {
        let mut start = 0;
        for chunk in &self.chunks {
            if let Some(index) = chunk.ids.iter().position(|i| *i == id) {
                let before: usize = chunk.segments[..index]
                    .iter()
                    .map(|s| usize::from(s.len))
                    .sum();
                return Some((size(start + before), &chunk.segments[index]));
            }
            start += chunk.bytes;
        }
        self.segments()
            .find(|(_, s)| s.adopted.iter().any(|(adopted, _)| *adopted == id))
    }

    /// Where a segment starts.
    pub fn start_of(&self, id: SegmentId) -> Option<TextSize> {
        self.segment(id).map(|(start, _)| start)
    }

    /// The segment that holds a byte; the last one for the text's end.
    pub fn segment_at(&self, offset: TextSize) -> Option<(TextSize, &Segment)> {
        let at = self.locate(offset.into())?;
        Some((size(at.start), self.get(&at)?))
    }

    /// Whether trees wait to be grown.
    pub fn pending(&self) -> bool {
        self.stale_trees > 0
    }

    /// Grows the trees that wait, with a budget each; those that exceed it wait for the next edit.
    pub fn finish(&mut self) {
        if self.stale_trees == 0 {
            return;
        }
        let mut grower = Grower::default();
        let mut start = 0;
        for chunk in &mut self.chunks {
            if chunk.segments.iter().any(|s| s.is_tree_stale) {
                let mut at = start;
                for segment in &mut Arc::make_mut(chunk).segments {
                    let end = at + usize::from(segment.len);
                    if segment.is_tree_stale {
                        segment.tree = grower.grow(&self.rope, at..end, segment.tree.as_ref());
                        segment.is_tree_stale = false;
                    }
                    at = end;
                }
            }
            start += chunk.bytes;
        }
        self.stale_trees = 0;
    }

    /// The trees of the segments, each with its start.
    pub fn trees(&self) -> impl Iterator<Item = (TextSize, &tree_sitter::Tree)> {
        self.segments()
            .filter_map(|(start, s)| Some((start, s.tree.as_ref().filter(|_| !s.is_tree_stale)?)))
    }

    /// Replaces a range of the text. A range outside of it is cut to it.
    pub fn edit(&mut self, range: TextRange, text: &str) -> Changes {
        let len = self.rope.len_bytes();
        let start = self.boundary(usize::from(range.start()).min(len));
        let old_end = self.boundary(usize::from(range.end()).min(len)).max(start);
        let new_end = start + text.len();
        let first = self.first_affected(start);
        let edit = tree::Edit::before(
            &self.rope,
            first.as_ref().map_or(0, |a| a.start),
            start,
            old_end,
        );
        self.replace(start, old_end, text);
        let Some(first) = first else {
            let segments = fresh_segments(text, &scan(&self.rope, 0));
            let added = segments.iter().map(|s| s.id).collect();
            self.far = segments.iter().filter(|s| s.is_far).count();
            self.chunks = chunked(segments);
            self.restale();
            return Changes {
                added,
                ..Changes::default()
            };
        };
        let (cuts, count) = self.rescan(&first, start, old_end, new_end);
        let old = self.take(&first, count);
        let splice = Splice {
            rope: &self.rope,
            base: first.start,
            start,
            old_end,
            new_end,
            edit,
        };
        let (new, changes) = splice.segments(old, &cuts);
        self.put(&first, new);
        changes
    }

    fn boundary(&self, at: usize) -> usize {
        self.rope.char_to_byte(self.rope.byte_to_char(at))
    }

    fn replace(&mut self, start: usize, old_end: usize, text: &str) {
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
        if self.far > 0 {
            return self.locate(0);
        }
        let at = self.locate(start)?;
        match self.previous(&at) {
            Some(before) if self.get(&before).is_some_and(|s| start - at.start < s.look) => {
                Some(before)
            }
            _ => Some(at),
        }
    }

    /// Cuts from a segment on until they meet the old ones behind the edit; how many old segments
    /// they replace.
    fn rescan(
        &self,
        first: &At,
        _start: usize,
        old_end: usize,
        new_end: usize,
    ) -> (Vec<Cut>, usize) {
        let mut scanner = Scanner::new(&self.rope);
        let len = self.rope.len_bytes();
        let mut cuts: Vec<Cut> = Vec::new();
        let (mut old, mut count, mut at) = (Some(first.clone()), 0, first.start);
        loop {
            if at >= len && at >= new_end {
                while let Some(here) = old.filter(|a| self.get(a).is_some()) {
                    count += 1;
                    old = self.next(&here);
                }
                return (cuts, count);
            }
            if at >= new_end && !cuts.is_empty() {
                // The same place in the old text.
                let before = at + old_end - new_end;
                while let Some(here) = old
                    .clone()
                    .filter(|a| self.get(a).is_some() && a.start < before)
                {
                    count += 1;
                    old = self.next(&here);
                }
                if before >= old_end
                    && old
                        .as_ref()
                        .is_some_and(|a| a.start == before && self.get(a).is_some())
                {
                    return (cuts, count);
                }
            }
            let cut = scanner.next(at);
            at = cut.end;
            cuts.push(cut);
        }
    }

    fn get(&self, at: &At) -> Option<&Segment> {
        self.chunks.get(at.chunk)?.segments.get(at.index)
    }

    fn locate(&self, offset: usize) -> Option<At> {
        let mut start = 0;
        let last_chunk = self.chunks.len().checked_sub(1)?;
        for (number, chunk) in self.chunks.iter().enumerate() {
            if offset < start + chunk.bytes || number == last_chunk {
                let last = chunk.segments.len().checked_sub(1)?;
                for (index, segment) in chunk.segments.iter().enumerate() {
                    let len = usize::from(segment.len);
                    if offset < start + len || index == last {
                        return Some(At {
                            chunk: number,
                            index,
                            start,
                        });
                    }
                    start += len;
                }
            }
            start += chunk.bytes;
        }
        None
    }

    fn next(&self, at: &At) -> Option<At> {
        let chunk = self.chunks.get(at.chunk)?;
        let start = at.start + usize::from(chunk.segments.get(at.index)?.len);
        if at.index + 1 < chunk.segments.len() {
            return Some(At {
                chunk: at.chunk,
                index: at.index + 1,
                start,
            });
        }
        (at.chunk + 1 < self.chunks.len()).then_some(At {
            chunk: at.chunk + 1,
            index: 0,
            start,
        })
    }

    fn previous(&self, at: &At) -> Option<At> {
        let (chunk, index) = match (at.chunk, at.index) {
            (chunk, index) if index > 0 => (chunk, index - 1),
            (0, _) => return None,
            (chunk, _) => (
                chunk - 1,
                self.chunks[chunk - 1].segments.len().checked_sub(1)?,
            ),
        };
        let len = usize::from(self.chunks[chunk].segments[index].len);
        Some(At {
            chunk,
            index,
            start: at.start - len,
        })
    }

    /// Takes segments out, from a place on.
    fn take(&mut self, from: &At, count: usize) -> Vec<Segment> {
        let mut taken = Vec::with_capacity(count);
        let (mut chunk, mut index) = (from.chunk, from.index);
        while taken.len() < count && chunk < self.chunks.len() {
            let here = Arc::make_mut(&mut self.chunks[chunk]);
            let end = (index + count - taken.len()).min(here.segments.len());
            taken.extend(here.segments.drain(index..end));
            here.sum();
            chunk += 1;
            index = 0;
        }
        self.far -= taken.iter().filter(|s| s.is_far).count();
        self.stale_trees -= taken.iter().filter(|s| s.is_tree_stale).count();
        taken
    }

    /// Puts segments in at a place.
    fn put(&mut self, at: &At, segments: Vec<Segment>) {
        self.far += segments.iter().filter(|s| s.is_far).count();
        let keeps_trees = self.keeps_trees;
        let mut segments = segments;
        for segment in &mut segments {
            if !keeps_trees {
                segment.tree = None;
                segment.is_tree_stale = false;
            }
        }
        self.stale_trees += segments.iter().filter(|s| s.is_tree_stale).count();
        if at.chunk >= self.chunks.len() {
            self.chunks.extend(chunked(segments));
        } else {
            let chunk = Arc::make_mut(&mut self.chunks[at.chunk]);
            chunk.segments.splice(at.index..at.index, segments);
            chunk.sum();
            if chunk.segments.len() > 2 * CHUNK {
                let parts = chunked(std::mem::take(&mut chunk.segments));
                self.chunks.splice(at.chunk..=at.chunk, parts);
            }
        }
        self.chunks.retain(|c| !c.segments.is_empty());
    }

    fn with_stale_trees(mut self) -> Document {
        self.restale();
        self
    }

    fn restale(&mut self) {
        if !self.keeps_trees {
            return;
        }
        self.stale_trees = 0;
        for chunk in &mut self.chunks {
            for segment in &mut Arc::make_mut(chunk).segments {
                segment.is_tree_stale = true;
                self.stale_trees += 1;
            }
        }
    }
}

/// A place in the list of segments.
#[derive(Clone, Debug)]
struct At {
    chunk: usize,
    index: usize,
    start: usize,
}

impl Chunk {
    fn sum(&mut self) {
        self.bytes = self.segments.iter().map(|s| usize::from(s.len)).sum();
        self.ids = self.segments.iter().map(|s| s.id).collect();
    }
}

fn chunked(segments: Vec<Segment>) -> Vec<Arc<Chunk>> {
    let mut rest: VecDeque<Segment> = segments.into();
    let mut chunks = Vec::with_capacity(rest.len() / CHUNK + 1);
    while !rest.is_empty() {
        let segments: Vec<Segment> = rest.drain(..CHUNK.min(rest.len())).collect();
        let mut chunk = Chunk {
            segments,
            ..Chunk::default()
        };
        chunk.sum();
        chunks.push(Arc::new(chunk));
    }
    chunks
}

fn scan(rope: &Rope, from: usize) -> Vec<Cut> {
    let mut scanner = Scanner::new(rope);
    let (mut at, mut cuts) = (from, Vec::new());
    while at < rope.len_bytes() {
        let cut = scanner.next(at);
        at = cut.end;
        cuts.push(cut);
    }
    cuts
}

fn fresh_segments(text: &str, cuts: &[Cut]) -> Vec<Segment> {
    let mut at = 0;
    cuts.iter()
        .map(|cut| {
            let segment = new_segment(&text[at..cut.end], cut);
            at = cut.end;
            segment
        })
        .collect()
}

fn new_segment(text: &str, cut: &Cut) -> Segment {
    let mut segment = Segment {
        id: SegmentId::fresh(),
        len: size(text.len()),
        lowered: None,
        state: State::Good,
        adopted: Vec::new(),
        look: cut.look,
        is_far: cut.is_far,
        tree: None,
        is_tree_stale: true,
        hull: None,
    };
    segment.lower(text);
    segment
}

impl Segment {
    /// Lowers the present text; what it was stays when that fails.
    fn lower(&mut self, text: &str) {
        match lower(text) {
            Ok(lowered) => {
                self.lowered = Some(Arc::new(lowered));
                self.state = State::Good;
                self.forget_edits();
            }
            Err(broken) => self.state = State::Broken(Arc::new(broken)),
        }
    }
}

/// An edit and the segments that it replaces.
struct Splice<'r> {
    rope: &'r Rope,
    /// Where the first replaced segment starts.
    base: usize,
    start: usize,
    old_end: usize,
    new_end: usize,
    edit: tree::Edit,
}

impl Splice<'_> {
    /// The segments of the new cuts: kept, edited, inherited or new.
    fn segments(&self, old: Vec<Segment>, cuts: &[Cut]) -> (Vec<Segment>, Changes) {
        let mut changes = Changes::default();
        let mut old = self.placed(old);
        let new = self.heirs(&mut old, cuts, &mut changes);
        (self.adopt(new, old, &mut changes), changes)
    }

    /// The replaced segments with where they started, in the old text.
    fn placed(&self, old: Vec<Segment>) -> Vec<(usize, Option<Segment>)> {
        let mut at = self.base;
        old.into_iter()
            .map(|segment| {
                let start = at;
                at += usize::from(segment.len);
                (start, Some(segment))
            })
            .collect()
    }

    fn heirs(
        &self,
        old: &mut [(usize, Option<Segment>)],
        cuts: &[Cut],
        changes: &mut Changes,
    ) -> Vec<Segment> {
        let mut pieces: Vec<(usize, &Cut, Option<Segment>)> = Vec::with_capacity(cuts.len());
        let mut at = self.base;
        for cut in cuts {
            let kept = self.unchanged(old, at, cut);
            pieces.push((at, cut, kept));
            at = cut.end;
        }
        let wanted: Vec<usize> = (0..pieces.len())
            .filter(|i| pieces[*i].2.is_none())
            .collect();
        let texts: Vec<String> = wanted
            .iter()
            .map(|i| self.text(pieces[*i].0, pieces[*i].1.end))
            .collect();
        let heirs = inherit(old, &texts, |i| {
            self.contains_edit(pieces[wanted[i]].0, pieces[wanted[i]].1.end)
        });
        for ((index, text), heir) in wanted.into_iter().zip(texts).zip(heirs) {
            let (start, cut, piece) = &mut pieces[index];
            *piece = Some(
                match heir.and_then(|h| Some((old[h].0, old[h].1.take()?))) {
                    Some((old_start, segment)) => {
                        changes.changed.push(segment.id);
                        self.edited(segment, old_start, *start, cut, &text)
                    }
                    None => {
                        let segment = new_segment(&text, cut);
                        changes.added.push(segment.id);
                        segment
                    }
                },
            );
        }
        pieces
            .into_iter()
            .filter_map(|(_, _, segment)| segment)
            .collect()
    }

    /// An old segment that the edit left as it was.
    fn unchanged(
        &self,
        old: &mut [(usize, Option<Segment>)],
        at: usize,
        cut: &Cut,
    ) -> Option<Segment> {
        let before = cut.end <= self.start;
        let after = at >= self.new_end && at > self.base;
        if !before && !after {
            return None;
        }
        let old_at = if before {
            at
        } else {
            at + self.old_end - self.new_end
        };
        let found = old
            .iter_mut()
            .find(|(start, s)| *start == old_at && s.is_some())?;
        let is_same = |s: &Segment| {
            usize::from(s.len) == cut.end - at
                && (before && old_at + usize::from(s.len) <= self.start
                    || after && old_at >= self.old_end)
        };
        if !found.1.as_ref().is_some_and(is_same) {
            return None;
        }
        let mut segment = found.1.take()?;
        segment.look = cut.look;
        segment.is_far = cut.is_far;
        Some(segment)
    }

    fn contains_edit(&self, start: usize, end: usize) -> bool {
        start <= self.start && self.new_end <= end
    }

    fn text(&self, start: usize, end: usize) -> String {
        self.rope.byte_slice(start..end).to_string()
    }

    /// A segment whose text is another one now.
    fn edited(
        &self,
        mut segment: Segment,
        old_start: usize,
        start: usize,
        cut: &Cut,
        text: &str,
    ) -> Segment {
        let old_len = usize::from(segment.len);
        let is_in_place =
            old_start == start && self.start >= start && self.old_end <= start + old_len;
        if is_in_place && self.new_end <= cut.end {
            let (from, to) = (self.start - start, self.old_end - start);
            segment.note_edit(narrow(from), narrow(to), narrow(self.new_end - self.start));
            if let Some(tree) = &mut segment.tree {
                self.edit
                    .apply(tree, self.rope, start..cut.end, old_len, self.new_end);
            }
        } else {
            segment.note_edit(0, narrow(old_len), narrow(text.len()));
            segment.tree = None;
        }
        segment.len = size(text.len());
        segment.look = cut.look;
        segment.is_far = cut.is_far;
        segment.is_tree_stale = true;
        segment.lower(text);
        segment
    }

    /// Lowerings without an heir stay with the first broken segment, else they are gone.
    fn adopt(
        &self,
        mut new: Vec<Segment>,
        old: Vec<(usize, Option<Segment>)>,
        changes: &mut Changes,
    ) -> Vec<Segment> {
        let mut orphans: Vec<(SegmentId, Arc<Lowered>)> = Vec::new();
        for segment in &mut new {
            if matches!(segment.state, State::Good) {
                changes
                    .removed
                    .extend(segment.adopted.drain(..).map(|(id, _)| id));
            }
        }
        for segment in old.into_iter().filter_map(|(_, s)| s) {
            orphans.extend(segment.adopted);
            match segment.lowered {
                Some(lowered) => orphans.push((segment.id, lowered)),
                None => changes.removed.push(segment.id),
            }
        }
        match new.iter_mut().find(|s| matches!(s.state, State::Broken(_))) {
            Some(broken) => broken.adopted.extend(orphans),
            None => changes
                .removed
                .extend(orphans.into_iter().map(|(id, _)| id)),
        }
        new
    }
}

/// For each new text the old segment that it goes on from: by header, then by order.
fn inherit(
    old: &[(usize, Option<Segment>)],
    texts: &[String],
    has_edit: impl Fn(usize) -> bool,
) -> Vec<Option<usize>> {
    let mut heirs: Vec<Option<usize>> = vec![None; texts.len()];
    let free: Vec<usize> = (0..old.len()).filter(|i| old[*i].1.is_some()).collect();
    let mut taken = vec![false; old.len()];
    let headers: Vec<Header> = texts.iter().map(|t| read_header(t)).collect();
    for (index, header) in headers.iter().enumerate() {
        let Header::Known { kind, labels } = header else {
            continue;
        };
        let same = |i: &usize| {
            !taken[*i]
                && old[*i]
                    .1
                    .as_ref()
                    .and_then(Segment::header)
                    .is_some_and(|(k, l)| k == *kind && l == *labels)
        };
        if let Some(found) = free.iter().copied().find(same) {
            taken[found] = true;
            heirs[index] = Some(found);
        }
    }
    let mut rest = free
        .into_iter()
        .filter(|i| !taken[*i])
        .collect::<VecDeque<_>>();
    // The segment that was typed in goes first: its header may be what was edited.
    let (mut order, others): (Vec<usize>, Vec<usize>) = (0..texts.len())
        .filter(|i| heirs[*i].is_none())
        .partition(|i| has_edit(*i));
    order.extend(others);
    for index in order {
        heirs[index] = rest.pop_front();
    }
    heirs
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
