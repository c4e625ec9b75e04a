//! The segments of a document, in order: lengths only, so that what follows an edit moves for free.

use std::sync::Arc;

use crate::segment::{Segment, SegmentId};

/// Segments in chunks whose lengths are summed: finding one costs no walk over all of them, and a
/// clone shares every chunk until one of the two changes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct SegmentList {
    chunks: Vec<Arc<Chunk>>,
    /// What is to be known of each [`GROUP`] of chunks to pass it by.
    groups: Vec<Group>,
    /// How many segments end where all of the text below decides.
    far: usize,
    /// How many trees wait to be grown.
    stale_trees: usize,
}

/// A run of segments. What is asked of all chunks is gathered beside the segments.
#[derive(Clone, Debug, Default)]
struct Chunk {
    bytes: usize,
    ids: Vec<SegmentId>,
    /// The least and the greatest of the ids: they are counted up, so that most chunks have a range of their own.
    bounds: Option<(SegmentId, SegmentId)>,
    has_broken: bool,
    segments: Vec<Segment>,
}

const CHUNK: usize = 128;

/// What chunks that follow one another have together.
#[derive(Clone, Copy, Debug)]
struct Group {
    bytes: usize,
    bounds: Option<(SegmentId, SegmentId)>,
}

const GROUP: usize = 16;

/// A place in the list, and the byte where its segment starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    chunk: usize,
    index: usize,
    pub(crate) start: usize,
}

impl SegmentList {
    pub(crate) fn new(segments: Vec<Segment>) -> SegmentList {
        let mut list = SegmentList::default();
        list.put(&At::FIRST, segments);
        list
    }

    /// The first segment that ends where all of the text below decides.
    pub(crate) fn first_far(&self) -> Option<At> {
        if self.far == 0 {
            return None;
        }
        let mut start = 0;
        for (number, chunk) in self.chunks.iter().enumerate() {
            let mut at = start;
            for (index, segment) in chunk.segments.iter().enumerate() {
                if segment.is_far {
                    return Some(At {
                        chunk: number,
                        index,
                        start: at,
                    });
                }
                at += usize::from(segment.len);
            }
            start += chunk.bytes;
        }
        None
    }

    pub(crate) fn has_stale_trees(&self) -> bool {
        self.stale_trees > 0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Segment)> {
        let mut start = 0;
        self.chunks
            .iter()
            .flat_map(|c| &c.segments)
            .map(move |segment| {
                let at = start;
                start += usize::from(segment.len);
                (at, segment)
            })
    }

    /// The segments that are broken, or hold what one that was has swallowed.
    pub(crate) fn broken(&self) -> impl Iterator<Item = (usize, &Segment)> {
        let mut start = 0;
        let chunks = self.chunks.iter().map(move |chunk| {
            let at = start;
            start += chunk.bytes;
            (at, chunk)
        });
        let chunks = chunks.filter(|(_, chunk)| chunk.has_broken);
        chunks.flat_map(|(start, chunk)| {
            let starts = chunk.segments.iter().scan(start, |at, segment| {
                let start = *at;
                *at += usize::from(segment.len);
                Some((start, segment))
            });
            starts.filter(|(_, segment)| segment.is_broken())
        })
    }

    /// A segment by its own id, and where it starts.
    pub(crate) fn find(&self, id: SegmentId) -> Option<(usize, &Segment)> {
        let may_have = |bounds: Option<(SegmentId, SegmentId)>| {
            bounds.is_some_and(|(least, most)| least <= id && id <= most)
        };
        let mut group_start = 0;
        for (group, chunks) in self.groups.iter().zip(self.chunks.chunks(GROUP)) {
            let mut start = group_start;
            group_start += group.bytes;
            if !may_have(group.bounds) {
                continue;
            }
            for chunk in chunks {
                let index = may_have(chunk.bounds).then(|| chunk.position(id));
                if let Some(index) = index.flatten() {
                    let before = &chunk.segments[..index];
                    let before: usize = before.iter().map(|s| usize::from(s.len)).sum();
                    return Some((start + before, &chunk.segments[index]));
                }
                start += chunk.bytes;
            }
        }
        None
    }

    /// Sums up chunks that are others now.
    fn regroup(&mut self) {
        let groups = self.chunks.chunks(GROUP).map(|chunks| Group {
            bytes: chunks.iter().map(|c| c.bytes).sum(),
            bounds: chunks
                .iter()
                .filter_map(|c| c.bounds)
                .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
        });
        self.groups = groups.collect();
    }

    pub(crate) fn get(&self, at: &At) -> Option<&Segment> {
        self.chunks.get(at.chunk)?.segments.get(at.index)
    }

    /// The segment that holds a byte; the last one for what lies behind. `None` in an empty list.
    pub(crate) fn locate(&self, offset: usize) -> Option<At> {
        let mut start = 0;
        let last_chunk = self.chunks.len().checked_sub(1)?;
        let (number, chunk) = self.chunks.iter().enumerate().find(|(number, chunk)| {
            let is_here = offset < start + chunk.bytes || *number == last_chunk;
            if !is_here {
                start += chunk.bytes;
            }
            is_here
        })?;
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
        None
    }

    pub(crate) fn next(&self, at: &At) -> Option<At> {
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

    pub(crate) fn previous(&self, at: &At) -> Option<At> {
        let (chunk, index) = match at.index.checked_sub(1) {
            Some(index) => (at.chunk, index),
            None => {
                let chunk = at.chunk.checked_sub(1)?;
                (chunk, self.chunks[chunk].segments.len().checked_sub(1)?)
            }
        };
        let len = usize::from(self.chunks[chunk].segments[index].len);
        Some(At {
            chunk,
            index,
            start: at.start - len,
        })
    }

    /// Takes segments out, from a place on.
    pub(crate) fn take(&mut self, from: &At, count: usize) -> Vec<Segment> {
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
        self.far -= count_of(&taken, |s| s.is_far);
        self.stale_trees -= count_of(&taken, |s| s.is_tree_stale);
        self.regroup();
        taken
    }

    /// Puts segments in at a place.
    pub(crate) fn put(&mut self, at: &At, segments: Vec<Segment>) {
        self.far += count_of(&segments, |s| s.is_far);
        self.stale_trees += count_of(&segments, |s| s.is_tree_stale);
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
        self.regroup();
    }

    /// Gives the segments whose trees wait to `grow`, with their starts, until it says that it has
    /// done enough. A segment that it was given waits no longer.
    pub(crate) fn grow_trees(&mut self, mut grow: impl FnMut(usize, &mut Segment) -> bool) {
        let mut start = 0;
        for chunk in &mut self.chunks {
            if self.stale_trees == 0 {
                return;
            }
            if chunk.segments.iter().any(|s| s.is_tree_stale) {
                let mut at = start;
                for segment in &mut Arc::make_mut(chunk).segments {
                    let len = usize::from(segment.len);
                    if segment.is_tree_stale {
                        segment.is_tree_stale = false;
                        self.stale_trees -= 1;
                        if !grow(at, segment) {
                            return;
                        }
                    }
                    at += len;
                }
            }
            start += chunk.bytes;
        }
    }
}

impl At {
    const FIRST: At = At {
        chunk: 0,
        index: 0,
        start: 0,
    };
}

impl Chunk {
    fn position(&self, id: SegmentId) -> Option<usize> {
        self.ids.iter().position(|own| *own == id)
    }

    fn sum(&mut self) {
        self.bytes = self.segments.iter().map(|s| usize::from(s.len)).sum();
        self.ids = self.segments.iter().map(|s| s.id).collect();
        self.has_broken = self.segments.iter().any(Segment::is_broken);
        self.bounds = self
            .ids
            .iter()
            .min()
            .copied()
            .zip(self.ids.iter().max().copied());
    }
}

fn chunked(segments: Vec<Segment>) -> Vec<Arc<Chunk>> {
    let mut chunks = Vec::with_capacity(segments.len() / CHUNK + 1);
    let mut rest = segments.into_iter();
    loop {
        let segments: Vec<Segment> = rest.by_ref().take(CHUNK).collect();
        if segments.is_empty() {
            return chunks;
        }
        let mut chunk = Chunk {
            segments,
            ..Chunk::default()
        };
        chunk.sum();
        chunks.push(Arc::new(chunk));
    }
}

fn count_of(segments: &[Segment], is_one: impl Fn(&Segment) -> bool) -> usize {
    segments.iter().filter(|s| is_one(s)).count()
}
