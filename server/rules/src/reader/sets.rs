//! Named sets of subjects: `queries/subjects.hcl`, read at first use.

use std::sync::LazyLock;

use smol_str::SmolStr;
use stockade_syntax::ast::{Block, Expr, ExprKind};
use stockade_syntax::parse_body;

use crate::check::{Check, CheckBlock, Each, Selector, SubjectKind, Unless, Word};

/// A set: each resource type with the nested blocks in it that are meant.
pub(crate) struct SubjectSet {
    pub(crate) name: SmolStr,
    pub(crate) types: Vec<(SmolStr, Vec<Vec<SmolStr>>)>,
    /// What a resource that is meant by one of these is not.
    pub(crate) unless: Vec<Unless>,
}

static SETS: LazyLock<Vec<SubjectSet>> = LazyLock::new(|| {
    let (body, _) = parse_body(include_str!("../../../../queries/subjects.hcl"));
    body.blocks().filter_map(set).collect()
});

/// All sets.
pub(crate) fn all() -> &'static [SubjectSet] {
    &SETS
}

impl SubjectSet {
    /// A check block on every member of the set: one check for all types that have it in the same place.
    pub(super) fn checks(&self, block: &CheckBlock) -> Vec<Check> {
        let mut block = block.clone();
        block.unless.extend(self.unless.iter().cloned());
        let mut checks: Vec<(&Vec<Vec<SmolStr>>, Check)> = Vec::new();
        for (ty, paths) in &self.types {
            match checks.iter_mut().find(|(of, _)| *of == paths) {
                Some((_, check)) => check.selector.types.push(ty.clone()),
                None => checks.push((paths, check(ty, paths, &block))),
            }
        }
        checks.into_iter().map(|(_, check)| check).collect()
    }
}

fn check(ty: &SmolStr, paths: &[Vec<SmolStr>], block: &CheckBlock) -> Check {
    let each = |paths: &[Vec<SmolStr>]| CheckBlock {
        words: vec![Word::Each(Each {
            paths: paths.to_vec(),
            block: block.clone(),
        })],
        ..CheckBlock::default()
    };
    let is_whole = paths.iter().all(Vec::is_empty);
    Check {
        selector: Selector {
            kind: SubjectKind::Resource,
            types: vec![ty.clone()],
        },
        block: if is_whole { block.clone() } else { each(paths) },
    }
}

fn set(block: &Block) -> Option<SubjectSet> {
    let types = block.body.attributes();
    let single = types.map(|a| (a.name.name.clone(), paths(&a.value)));
    let combined = block.body.blocks().flat_map(combined);
    let whole = combined.map(|ty| (ty, vec![Vec::new()]));
    Some(SubjectSet {
        name: block.labels.first()?.name.clone(),
        types: single.chain(whole).collect(),
        unless: block.body.blocks().filter_map(unless).collect(),
    })
}

/// `combined { before = "a_" of = ["b", "c"] with = ["_d", "_e"] }`: types whose names have a system.
fn combined(block: &Block) -> Vec<SmolStr> {
    let words = |name: &str| {
        let value = block.body.attribute(name).map(|a| strings(&a.value));
        value.unwrap_or_default()
    };
    let (before, of, with) = (words("before"), words("of"), words("with"));
    let mut types = Vec::new();
    for of in &of {
        let named = with
            .iter()
            .map(|with| format!("{}{of}{with}", before.concat()));
        types.extend(named.map(SmolStr::from));
    }
    types
}

fn unless(block: &Block) -> Option<Unless> {
    let link = paths(&block.body.attribute("link")?.value);
    Some(Unless {
        types: block.labels.iter().map(|l| l.name.clone()).collect(),
        link: link.into_iter().next()?,
    })
}

fn paths(value: &Expr) -> Vec<Vec<SmolStr>> {
    let path = |text: SmolStr| {
        let names = text.split('.').filter(|name| !name.is_empty());
        names.map(SmolStr::new).collect()
    };
    strings(value).into_iter().map(path).collect()
}

/// A string, or those of a list.
fn strings(value: &Expr) -> Vec<SmolStr> {
    let items = match &value.kind {
        ExprKind::Tuple(items) => items.iter().collect(),
        _ => vec![value],
    };
    items.into_iter().filter_map(Expr::literal_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockade_schema::{Kind, bodies};

    #[test]
    fn every_type_and_path_exists() {
        assert!(all().iter().any(|set| set.name == "pod-spec"));
        for set in all() {
            for (ty, paths) in &set.types {
                assert!(!paths.is_empty(), "{}: {ty} has no path", set.name);
                for path in paths {
                    let is_known = bodies(Kind::Resource, ty).any(|b| b.allows(path));
                    assert!(is_known, "{}: {ty} has no {}", set.name, path.join("."));
                }
            }
            for unless in &set.unless {
                for ty in &unless.types {
                    let is_known = bodies(Kind::Resource, ty).any(|b| b.allows(&unless.link));
                    assert!(
                        is_known,
                        "{}: {ty} has no {}",
                        set.name,
                        unless.link.join(".")
                    );
                }
            }
        }
    }
}
