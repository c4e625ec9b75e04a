//! Documents in another notation: their blocks were read by somebody else, from the whole text.

use std::sync::Arc;

use stockade_text::{Rope, TextRange, TextSize};

use crate::ast::Item;
use crate::document::{Changes, Document};
use crate::list::SegmentList;
use crate::parse::SyntaxError;
use crate::ranges::map_item;
use crate::scan::size;
use crate::segment::{Broken, Header, Lowered, Segment, SegmentId, State};

/// A block or argument that was read from a text. Pieces come in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Where it ends; it begins where the one before ends.
    pub end: TextSize,
    /// Its header, whether or not the rest can be read.
    pub header: Header,
    /// What it is, or why it can't be read. Ranges are those of the text.
    pub item: Result<Item, SyntaxError>,
}

/// The pieces of a text, or why it can't be cut into any.
pub type Pieces = Result<Vec<Piece>, SyntaxError>;

impl Document {
    /// A text and what was read from it.
    pub fn of_pieces(text: &str, pieces: Pieces) -> Document {
        let mut document = Document::closed("");
        document.rope = Rope::from_str(text);
        document.lay(pieces);
        document
    }

    /// Replaces a range of the text, and reads it again as a whole. While that fails, the segments that were
    /// edited are broken, and what was read of them last stands.
    pub fn edit_pieces(
        &mut self,
        range: TextRange,
        insert: &str,
        read: &dyn Fn(&str) -> Pieces,
    ) -> Changes {
        let len = self.rope.len_bytes();
        let start = self.boundary(usize::from(range.start()).min(len));
        let end = self.boundary(usize::from(range.end()).min(len)).max(start);
        let mut touched = self.merge(start, end);
        self.replace(start, end, insert);
        if let Some((at, segment)) = touched.segment.as_mut() {
            let inserted = insert.len();
            let kept = usize::from(segment.len) - (end - start);
            segment.len = size(kept + inserted);
            let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            segment.note_edit(small(start - *at), small(end - *at), small(inserted));
        }
        let text = self.rope.to_string();
        let mut changes = touched.put_back(self);
        let again = self.lay(read(&text));
        changes.removed.extend(again.removed);
        changes.changed.extend(again.changed);
        changes.added = again.added;
        changes
    }

    /// Takes what was read from the present text. A segment lives on in the piece of the same header.
    fn lay(&mut self, pieces: Pieces) -> Changes {
        match pieces {
            Ok(pieces) => {
                self.error = None;
                self.cut_into(pieces)
            }
            Err(error) => {
                self.error = Some(error);
                self.break_touched()
            }
        }
    }

    fn cut_into(&mut self, pieces: Vec<Piece>) -> Changes {
        let mut old: Vec<Segment> = self.segments().map(|(_, s)| s.clone()).collect();
        let adopted: Vec<(SegmentId, Arc<Lowered>)> = old
            .iter_mut()
            .flat_map(|s| std::mem::take(&mut s.adopted))
            .collect();
        let mut old: Vec<Option<(SegmentId, Option<Arc<Lowered>>)>> = old
            .into_iter()
            .map(|s| (s.id, s.lowered))
            .chain(adopted.into_iter().map(|(id, lowered)| (id, Some(lowered))))
            .map(Some)
            .collect();
        let mut changes = Changes::default();
        let mut segments = Vec::new();
        let len = size(self.rope.len_bytes());
        let mut start = TextSize::new(0);
        for piece in whole(pieces, len) {
            let heir = old.iter_mut().find_map(|slot| {
                let lowered = slot.as_ref()?.1.as_ref()?;
                (lowered.header().as_ref() == Some(&piece.header)).then(|| slot.take())?
            });
            let (id, lowered) = match heir {
                Some((id, lowered)) => {
                    changes.changed.push(id);
                    (id, lowered)
                }
                None => {
                    let id = SegmentId::fresh();
                    changes.added.push(id);
                    (id, None)
                }
            };
            let end = piece.end;
            segments.push(segment(id, lowered, piece, start));
            start = end;
        }
        changes.removed = old.into_iter().flatten().map(|(id, _)| id).collect();
        self.segments = SegmentList::new(segments);
        changes
    }

    /// What was edited no longer is what was read.
    fn break_touched(&mut self) -> Changes {
        let mut changes = Changes::default();
        let mut segments: Vec<Segment> = self.segments().map(|(_, s)| s.clone()).collect();
        if segments.is_empty() && self.rope.len_bytes() > 0 {
            let mut fresh = Segment::bare(SegmentId::fresh(), size(self.rope.len_bytes()));
            fresh.state = broken(Vec::new(), Header::Unreadable);
            changes.added.push(fresh.id);
            segments.push(fresh);
        }
        for segment in segments.iter_mut().filter(|s| !s.edits.is_empty()) {
            let header = segment.lowered.as_ref().and_then(|l| l.header());
            segment.state = broken(Vec::new(), header.unwrap_or(Header::Unreadable));
            changes.changed.push(segment.id);
        }
        self.segments = SegmentList::new(segments);
        changes
    }

    /// Takes the segments out that a range touches, as one.
    fn merge(&mut self, start: usize, end: usize) -> Touched {
        let mut touched = Touched::default();
        let mut at = 0;
        let all: Vec<Segment> = self.segments().map(|(_, s)| s.clone()).collect();
        for segment in all {
            let (from, to) = (at, at + usize::from(segment.len));
            at = to;
            let is_touched = to >= start && from < end.max(start + 1);
            match (is_touched, touched.segment.as_mut()) {
                (false, None) => touched.before.push(segment),
                (false, Some(_)) => touched.after.push(segment),
                (true, None) => touched.segment = Some((from, segment)),
                (true, Some((_, first))) => {
                    first.len += segment.len;
                    first.adopted.extend(segment.adopted);
                    first
                        .adopted
                        .extend(segment.lowered.map(|l| (segment.id, l)));
                }
            }
        }
        touched
    }
}

/// The segments of a document around those that an edit touches.
#[derive(Default)]
struct Touched {
    before: Vec<Segment>,
    segment: Option<(usize, Segment)>,
    after: Vec<Segment>,
}

impl Touched {
    fn put_back(self, document: &mut Document) -> Changes {
        let touched = self.segment.map(|(_, segment)| segment);
        let all = self.before.into_iter().chain(touched).chain(self.after);
        document.segments = SegmentList::new(all.collect());
        Changes::default()
    }
}

/// Pieces that fill the text: the last one goes on to its end, and there is one at least.
fn whole(mut pieces: Vec<Piece>, len: TextSize) -> Vec<Piece> {
    if let Some(last) = pieces.last_mut() {
        last.end = len;
    }
    pieces
}

fn segment(id: SegmentId, last: Option<Arc<Lowered>>, piece: Piece, start: TextSize) -> Segment {
    let mut segment = Segment::bare(id, piece.end - start);
    let within = |range: TextRange| {
        let at = |offset: TextSize| offset.max(start) - start;
        TextRange::new(at(range.start()), at(range.end()))
    };
    match piece.item {
        Ok(mut item) => {
            map_item(&mut item, &within);
            let lowered = Lowered {
                item: Some(item),
                comments: Vec::new(),
            };
            let same = last.filter(|last| **last == lowered);
            segment.lowered = Some(same.unwrap_or_else(|| Arc::new(lowered)));
        }
        Err(error) => {
            let error = SyntaxError {
                range: within(error.range),
                message: error.message,
            };
            segment.lowered = last;
            segment.state = broken(vec![error], piece.header);
        }
    }
    segment
}

fn broken(errors: Vec<SyntaxError>, header: Header) -> State {
    State::Broken(Arc::new(Broken { errors, header }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One piece a line, `name=value`; a line without `=` can't be read, and `!` spoils the text.
    fn read(text: &str) -> Pieces {
        if let Some(at) = text.find('!') {
            return Err(SyntaxError {
                range: TextRange::at(size(at), size(1)),
                message: "spoilt".to_owned(),
            });
        }
        let mut end = 0;
        let pieces = text.split_inclusive('\n').map(|line| {
            let start = end;
            end += line.len();
            let (body, errors) = crate::parse_body(line);
            let at = TextRange::new(size(start), size(end));
            let mut item = body.items.into_iter().next();
            if let Some(item) = &mut item {
                map_item(item, &|range| range + size(start));
            }
            let message = || {
                errors
                    .first()
                    .map(|e| e.message.clone())
                    .unwrap_or_default()
            };
            Piece {
                end: size(end),
                header: Header::Known {
                    kind: line.split(['=', '\n']).next().unwrap_or_default().into(),
                    labels: Vec::new(),
                },
                item: item.ok_or_else(|| SyntaxError {
                    range: at,
                    message: message(),
                }),
            }
        });
        Ok(pieces.collect())
    }

    fn told(document: &Document) -> Vec<String> {
        let text = document.rope().to_string();
        let shown = |(start, segment): (TextSize, &Segment)| {
            let value = segment.lowered.as_ref().and_then(|l| match &l.item {
                Some(Item::Attribute(a)) => Some(segment.moved(a.value.range) + start),
                _ => None,
            });
            let value = value.map(|range| &text[std::ops::Range::<usize>::from(range)]);
            let state = match segment.state {
                State::Good => "",
                State::Broken(_) => " broken",
            };
            format!("{}{state}", value.unwrap_or("-"))
        };
        document.segments().map(shown).collect()
    }

    #[test]
    fn segments_live_through_edits() {
        let mut document = Document::of_pieces("a=1\nb=22\nc=3\n", read("a=1\nb=22\nc=3\n"));
        assert_eq!(told(&document), ["1", "22", "3"]);
        let ids = |document: &Document| -> Vec<u64> {
            document.segments().map(|(_, s)| s.id.0).collect()
        };
        let before = ids(&document);
        let edit = |document: &mut Document, start: usize, end: usize, insert: &str| {
            document.edit_pieces(TextRange::new(size(start), size(end)), insert, &read)
        };
        let changes = edit(&mut document, 6, 7, "44!");
        assert!(
            changes.added.is_empty() && changes.removed.is_empty(),
            "{changes:?}"
        );
        assert_eq!(told(&document), ["1", "44!2 broken", "3"]);
        assert!(document.error().is_some());
        edit(&mut document, 8, 9, "");
        assert_eq!(told(&document), ["1", "442", "3"]);
        assert_eq!(ids(&document), before);
        assert!(document.error().is_none());
        let changes = edit(&mut document, 0, 4, "");
        assert_eq!(changes.removed, [SegmentId(before[0])]);
        assert_eq!(told(&document), ["442", "3"]);
        let changes = edit(&mut document, 0, 0, "d=5\n");
        assert_eq!(changes.added.len(), 1);
        assert_eq!(told(&document), ["5", "442", "3"]);
        // Over the edge of two, and back.
        edit(&mut document, 2, 6, "!");
        assert_eq!(ids(&document).len(), 2);
        edit(&mut document, 2, 3, "5\nb=");
        assert_eq!(told(&document), ["5", "442", "3"]);
        assert_eq!(ids(&document)[1..], before[1..]);
    }

    #[test]
    fn a_text_that_never_could_be_read() {
        let document = Document::of_pieces("a=1\n!", read("a=1\n!"));
        assert_eq!(told(&document), ["- broken"]);
        assert_eq!(Document::of_pieces("", read("")).segments().count(), 0);
    }
}
