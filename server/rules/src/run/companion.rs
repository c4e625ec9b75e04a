//! `companion`: another resource that must exist, or must not.

use stockade_eval::{Existence, SharedSubject, Value};
use stockade_model::{BlockId, BlockKind};

use super::frame::{Frame, Run};
use super::hit::{Judged, Offence};
use super::value::parts;
use super::view::View;
use crate::check::{Companion, Direction, Wording};
use crate::finding::{Place, Related, RelatedPlace};
use crate::page::Verdict;
use crate::world::Target;

/// The companions of a block, as far as links can be followed.
#[derive(Default)]
struct Companions {
    blocks: Vec<(BlockId, SharedSubject)>,
    /// There may be more.
    unresolved: bool,
    /// There are some, for other instances of the block.
    of_others: bool,
}

impl Run<'_> {
    pub(crate) fn companion(&self, companion: &Companion, frame: &Frame<'_>) -> Judged {
        let found = self.companions(companion, frame);
        let mut unsure = found.unresolved;
        let mut weak: Option<Judged> = None;
        for (id, subject) in &found.blocks {
            let inner = self.frame(&companion.block, *id, subject, Some(frame));
            let counts = self.applies(&inner);
            if counts == Some(false) {
                continue;
            }
            let is_certain = counts == Some(true) && subject.existence == Existence::Certain;
            let judged = self.check(&inner);
            match judged.verdict() {
                Verdict::Pass if is_certain => {
                    return if companion.absent {
                        self.present(companion, *id, subject, frame)
                    } else {
                        Judged::default()
                    };
                }
                // A weak one counts, whatever else may exist.
                Verdict::Fail if is_certain && !companion.absent => {
                    weak.get_or_insert(judged);
                }
                Verdict::Fail if is_certain => {}
                _ => unsure = true,
            }
        }
        let is_unknowable = unsure && !found.unresolved;
        match weak {
            _ if is_unknowable => Judged::silent(),
            Some(judged) => self.weak(judged, frame),
            None if companion.absent => Judged {
                silent: unsure,
                ..Judged::default()
            },
            None if unsure || !self.absence_known(companion) => Judged::silent(),
            None => self.absent(companion, found.of_others, frame),
        }
    }

    fn absence_known(&self, companion: &Companion) -> bool {
        companion
            .types
            .iter()
            .all(|ty| self.world.absence_known(BlockKind::Resource, ty))
    }

    fn companions(&self, companion: &Companion, frame: &Frame<'_>) -> Companions {
        let subject = frame.block_frame().block;
        let mut found = Companions::default();
        let Some(link) = &companion.link else {
            let types = || companion.types.iter();
            found.blocks = types()
                .flat_map(|ty| self.world.all(BlockKind::Resource, ty))
                .collect();
            found.unresolved = types().any(|ty| self.world.may_be_elsewhere(ty));
            return found;
        };
        if companion.direction != Direction::Out {
            for ty in &companion.types {
                let linked = self.world.linked(subject, ty, link, &companion.names);
                found.unresolved |= linked.unresolved;
                found.of_others |= linked.of_others;
                found.blocks.extend(linked.blocks);
            }
        }
        if companion.direction != Direction::In {
            self.pointed_at(companion, link, frame, &mut found);
        }
        found
    }

    /// Those that the subject's own argument points at.
    fn pointed_at(
        &self,
        companion: &Companion,
        link: &[smol_str::SmolStr],
        frame: &Frame<'_>,
        found: &mut Companions,
    ) {
        let mut ends: Vec<Value> = Vec::new();
        collect(
            frame.block_frame().view,
            link,
            &mut ends,
            &mut found.unresolved,
        );
        for end in ends {
            match self.world.target(&end) {
                Target::Block(id, subject) if companion.types.contains(&subject.address.ty) => {
                    found.blocks.push((id, subject))
                }
                Target::Block(..) => {}
                Target::Elsewhere | Target::Unknown => found.unresolved = true,
            }
        }
    }

    fn absent(&self, companion: &Companion, of_others: bool, frame: &Frame<'_>) -> Judged {
        let what = match companion.types.as_slice() {
            [only] => format!("it has no `{only}`"),
            types => format!("it has none of `{}`", types.join("`, `")),
        };
        let offence = Offence {
            at: frame.place(&[]),
            missing: true,
            what,
            value: None,
        };
        // A new one would be another one for the instances that have theirs.
        let fixes = match of_others {
            true => Vec::new(),
            false => self.companion_fixes(companion, frame),
        };
        let own = &companion.block.wording;
        let wording = Wording {
            severity: companion
                .absent_severity
                .clone()
                .or_else(|| own.severity.clone()),
            message: companion
                .absent_message
                .clone()
                .or_else(|| own.message.clone()),
            review: own.review.clone(),
        };
        self.hit(&[offence], fixes, Some(&wording), frame)
    }

    /// It exists and must not.
    fn present(
        &self,
        companion: &Companion,
        id: BlockId,
        subject: &SharedSubject,
        frame: &Frame<'_>,
    ) -> Judged {
        let at = Place {
            block: id,
            path: Vec::new(),
        };
        let offence = Offence {
            at,
            missing: false,
            what: format!("`{}` is there", subject.address),
            value: None,
        };
        let fixes = self.stated_fixes(std::slice::from_ref(&offence), frame);
        self.hit(&[offence], fixes, Some(&companion.block.wording), frame)
    }

    /// It is fixed where it stands.
    fn weak(&self, mut judged: Judged, frame: &Frame<'_>) -> Judged {
        for hit in &mut judged.hits {
            let at = RelatedPlace::Block(Place {
                block: frame.block,
                path: Vec::new(),
            });
            hit.related.push(Related {
                message: format!("it is about {}", frame.subject.address).into(),
                at,
            });
        }
        judged
    }
}

/// The values at a path of names, through all nested blocks.
pub(super) fn collect(
    view: View<'_>,
    path: &[smol_str::SmolStr],
    ends: &mut Vec<Value>,
    unresolved: &mut bool,
) {
    let Some((name, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        ends.extend(view.argument(name).into_iter().flat_map(parts));
        return;
    }
    let blocks = view.blocks(name);
    *unresolved |= blocks.open;
    for nested in blocks.all {
        collect(nested.view, rest, ends, unresolved);
    }
}
