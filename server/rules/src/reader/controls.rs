//! What the controls that a page states mean in other standards: `queries/compliance.hcl`, read at first use.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use stockade_syntax::ast::{Body, Expr, ExprKind, Item};
use stockade_syntax::parse_body;

/// A standard and controls of it.
type Controls = (SmolStr, Vec<SmolStr>);

/// The standard that pages state first.
const STATED: &str = "nist-800-53-r5";

static OTHERS: LazyLock<FxHashMap<SmolStr, Vec<Controls>>> = LazyLock::new(|| {
    let (body, _) = parse_body(include_str!("../../../../queries/compliance.hcl"));
    let one = |block: &stockade_syntax::ast::Block| {
        let label = block.labels.first()?;
        Some((label.name.clone(), controls(&block.body)))
    };
    body.blocks().filter_map(one).collect()
});

fn controls(body: &Body) -> Vec<Controls> {
    let attributes = body.items.iter().filter_map(|item| match item {
        Item::Attribute(attribute) => Some(attribute),
        Item::Block(_) => None,
    });
    let listed = attributes.map(|attribute| {
        let items = match &attribute.value.kind {
            ExprKind::Tuple(items) => items.as_slice(),
            _ => &[],
        };
        let names = items.iter().filter_map(Expr::literal_string);
        (attribute.name.name.clone(), names.collect())
    });
    listed.collect()
}

/// The controls that a page states, with those of other standards that ask for the same.
pub(super) fn with_others(mut stated: Vec<Controls>) -> Vec<Controls> {
    let first = stated.iter().find(|(standard, _)| standard == STATED);
    let first = first
        .map(|(_, controls)| controls.clone())
        .unwrap_or_default();
    let others = first.iter().filter_map(|control| OTHERS.get(control));
    for (standard, controls) in others.flatten() {
        let known = match stated.iter().position(|(of, _)| of == standard) {
            Some(at) => at,
            None => {
                stated.push((standard.clone(), Vec::new()));
                stated.len() - 1
            }
        };
        let Some((_, all)) = stated.get_mut(known) else {
            continue;
        };
        let new = controls.iter().filter(|c| !all.contains(c));
        let new: Vec<SmolStr> = new.cloned().collect();
        all.extend(new);
    }
    stated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_states_stays_and_others_follow() {
        let list = |names: &[&str]| names.iter().map(SmolStr::new).collect::<Vec<_>>();
        let stated = vec![
            (STATED.into(), list(&["SC-28", "XX-1", "SC-12"])),
            ("soc-2".into(), list(&["CC6.1"])),
        ];
        let all = with_others(stated);
        let of = |standard: &str| {
            all.iter()
                .find(|(s, _)| s == standard)
                .map(|(_, c)| c.clone())
        };
        assert_eq!(of(STATED), Some(list(&["SC-28", "XX-1", "SC-12"])));
        assert_eq!(of("soc-2"), Some(list(&["CC6.1"])));
        assert_eq!(of("iso-27001-2022"), Some(list(&["A.8.24"])));
        assert_eq!(of("gdpr"), Some(list(&["32(1)(a)"])));
    }
}
