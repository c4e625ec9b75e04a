//! What a page's fix is, as far as its words tell.

use smol_str::SmolStr;

use super::draft::replaces;
use crate::check::{
    CheckBlock, Condition, FixRule, FixSpec, Line, Pattern, SubjectKind, Word, WrittenBody,
};
use crate::fix::Safety;
use crate::matcher::Matcher;
use crate::page::Page;

/// The best fix that the checks of a page offer; `None` for no fix.
pub fn fix_safety(page: &Page) -> Option<Safety> {
    page.checks
        .iter()
        .filter_map(|check| {
            let is_resource = check.selector.kind == SubjectKind::Resource;
            let ty = check
                .selector
                .types
                .first()
                .filter(|_| is_resource)
                .cloned();
            of_block(
                &check.block,
                &Place {
                    ty,
                    path: Vec::new(),
                },
                &FixRule::Derived,
            )
        })
        .min()
}

/// Where a change is made.
struct Place {
    /// The resource type, where a change may replace it.
    ty: Option<SmolStr>,
    path: Vec<SmolStr>,
}

impl Place {
    fn below(&self, names: &[SmolStr]) -> Place {
        Place {
            ty: self.ty.clone(),
            path: self.path.iter().chain(names).cloned().collect(),
        }
    }

    fn change(&self, name: &str) -> Safety {
        let path: Vec<&str> = self
            .path
            .iter()
            .map(SmolStr::as_str)
            .chain([name])
            .collect();
        match &self.ty {
            Some(ty) if replaces(ty, &path.join(".")).is_some() => Safety::Review,
            _ => Safety::Safe,
        }
    }
}

fn of_block(block: &CheckBlock, place: &Place, outer: &FixRule) -> Option<Safety> {
    let rule = if block.fix == FixRule::Derived {
        outer
    } else {
        &block.fix
    };
    let best = block
        .words
        .iter()
        .filter_map(|word| of_word(word, place, rule))
        .min()?;
    Some(if block.wording.review.is_some() {
        Safety::Review
    } else {
        best
    })
}

fn of_word(word: &Word, place: &Place, rule: &FixRule) -> Option<Safety> {
    match (word, rule) {
        (Word::Each(each), _) => of_block(
            &each.block,
            &place.below(each.paths.first().map_or(&[], Vec::as_slice)),
            rule,
        ),
        (Word::AnyOf(options), _) => options
            .iter()
            .filter_map(|o| of_block(o, place, rule))
            .min(),
        (Word::Refers(refers), _) => of_block(
            &refers.block,
            &Place {
                ty: refers.types.first().cloned(),
                path: Vec::new(),
            },
            rule,
        ),
        (Word::Companion(companion), _)
            if companion.block.fix != FixRule::None && *rule != FixRule::None =>
        {
            let is_review = companion.block.wording.review.is_some();
            Some(if is_review {
                Safety::Review
            } else {
                Safety::Safe
            })
        }
        (
            Word::Condition(Condition {
                fix: Some(FixRule::Written(spec)),
                ..
            }),
            _,
        )
        | (_, FixRule::Written(spec)) => Some(of_spec(spec, place)),
        (_, FixRule::None) | (Word::Condition(_), _) | (Word::Companion(_), _) => None,
        (Word::Secure(secure), FixRule::Derived) => of_pattern(&secure.pattern, place),
        (Word::Insecure(insecure), FixRule::Derived) => match insecure.pattern.lines.first()? {
            Line::Argument { name, .. } => Some(place.change(name)),
            Line::Block { name, .. } => Some(place.change(name)),
            Line::Entry(_) => None,
        },
    }
}

fn of_pattern(pattern: &Pattern, place: &Place) -> Option<Safety> {
    let of_line = |line: &Line| match line {
        Line::Argument {
            matcher: Matcher::Set(None) | Matcher::Literal(None),
            ..
        } => Some(Safety::Review),
        Line::Argument {
            matcher: Matcher::NoneOf(_, None) | Matcher::Matches { write: None, .. },
            ..
        } => None,
        Line::Argument { name, .. } => Some(place.change(name)),
        Line::Block { name, pattern, .. } => {
            of_pattern(pattern, &place.below(std::slice::from_ref(name)))
        }
        Line::Entry(entry) => Some(place.change(&entry.block)),
    };
    let all: Option<Vec<Safety>> = pattern.lines.iter().map(of_line).collect();
    all?.into_iter().max()
}

fn of_spec(spec: &FixSpec, place: &Place) -> Safety {
    let changes = of_body(&spec.set, place);
    let removed = spec.remove.iter().map(|r| match r {
        crate::check::Removed::Path(path) => place.change(
            &path
                .iter()
                .map(SmolStr::as_str)
                .collect::<Vec<_>>()
                .join("."),
        ),
        _ => Safety::Safe,
    });
    let reviewed = if spec.review.is_some() {
        Safety::Review
    } else {
        Safety::Safe
    };
    removed
        .chain([changes, reviewed])
        .max()
        .unwrap_or(Safety::Safe)
}

fn of_body(body: &WrittenBody, place: &Place) -> Safety {
    let arguments = body.arguments.iter().map(|(name, _)| place.change(name));
    let blocks = body
        .blocks
        .iter()
        .map(|(name, inner)| of_body(inner, &place.below(std::slice::from_ref(name))));
    arguments.chain(blocks).max().unwrap_or(Safety::Safe)
}
