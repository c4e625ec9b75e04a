//! What an edit makes of the segments that it touches: kept, edited, inherited, new, or adopted by
//! a broken one.

use std::collections::VecDeque;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_text::Rope;

use crate::cut::Cut;
use crate::document::Changes;
use crate::segment::{Header, Lowered, Segment, SegmentId, State, read_header};
use crate::tree;

/// An edit and the segments that it replaces.
pub(crate) struct Splice<'r> {
    /// The text after the edit.
    pub(crate) rope: &'r Rope,
    /// Where the first replaced segment starts.
    pub(crate) base: usize,
    /// Where the edit starts, where what it replaced ended, and where what it wrote ends.
    pub(crate) start: usize,
    pub(crate) old_end: usize,
    pub(crate) new_end: usize,
    pub(crate) edit: tree::Edit,
    /// Whether trees are kept.
    pub(crate) keeps_trees: bool,
}

impl Splice<'_> {
    /// The segments of the new cuts: kept, edited, inherited or new.
    pub(crate) fn segments(&self, old: Vec<Segment>, cuts: &[Cut]) -> (Vec<Segment>, Changes) {
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
                        let segment = Segment::new(&text, cut, self.keeps_trees);
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
        let index = old
            .binary_search_by_key(&old_at, |(start, _)| *start)
            .ok()?;
        let found = &mut old[index];
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
            if let Some(tree) = segment.tree.as_mut().map(Arc::make_mut) {
                self.edit
                    .apply(tree, self.rope, start..cut.end, old_len, self.new_end);
            }
        } else {
            segment.note_edit(0, narrow(old_len), narrow(text.len()));
            segment.tree = None;
        }
        segment.read(text, cut, self.keeps_trees);
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
    let mut free: VecDeque<(usize, Option<OldHeader>)> = old
        .iter()
        .enumerate()
        .filter_map(|(index, (_, segment))| Some((index, segment.as_ref()?.header())))
        .collect();
    let mut heirs: Vec<Option<usize>> = texts
        .iter()
        .map(|text| {
            let Header::Known { kind, labels } = read_header(text) else {
                return None;
            };
            let header = Some((kind, labels));
            let found = free.iter().position(|(_, h)| *h == header)?;
            free.remove(found).map(|(index, _)| index)
        })
        .collect();
    // The segment that was typed in goes first: its header may be what was edited.
    let (mut order, others): (Vec<usize>, Vec<usize>) = (0..texts.len())
        .filter(|i| heirs[*i].is_none())
        .partition(|i| has_edit(*i));
    order.extend(others);
    for index in order {
        heirs[index] = free.pop_front().map(|(index, _)| index);
    }
    heirs
}

type OldHeader = (SmolStr, Vec<SmolStr>);

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
