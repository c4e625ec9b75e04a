//! The rules by number, read at first use.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use stockade_model::BlockKind;
use stockade_rules::page::Page;

use crate::config::Selectable;
use crate::runs::RuleIndex;

/// All pages, and which look at a type of block.
struct Catalog {
    pages: Vec<Arc<Page>>,
    by_id: FxHashMap<SmolStr, RuleIndex>,
    by_type: FxHashMap<(BlockKind, SmolStr), Vec<RuleIndex>>,
}

fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| {
        let pages: Vec<Arc<Page>> = stockade_catalog::all().to_vec();
        let by_id = pages
            .iter()
            .enumerate()
            .map(|(i, p)| (p.id.clone(), i))
            .collect();
        let mut by_type: FxHashMap<_, Vec<RuleIndex>> = FxHashMap::default();
        for (index, page) in pages.iter().enumerate() {
            for subject in page.subjects() {
                by_type.entry(subject).or_default().push(index);
            }
        }
        Catalog {
            pages,
            by_id,
            by_type,
        }
    })
}

/// Every page, in the catalog's order.
pub fn all() -> impl Iterator<Item = &'static Arc<Page>> {
    catalog().pages.iter()
}

/// The page of an id.
pub fn find(id: &str) -> Option<&'static Arc<Page>> {
    let catalog = catalog();
    Some(&catalog.pages[*catalog.by_id.get(id)?])
}

pub(crate) fn rule(index: RuleIndex) -> &'static Arc<Page> {
    &catalog().pages[index]
}

/// The rules that look at a type of block.
pub(crate) fn rules_for(kind: BlockKind, ty: &SmolStr) -> impl Iterator<Item = RuleIndex> {
    catalog()
        .by_type
        .get(&(kind, ty.clone()))
        .into_iter()
        .flatten()
        .copied()
}

pub(crate) fn selectable_of(page: &Page) -> Selectable<'_> {
    Selectable {
        id: &page.id,
        category: page.category.as_str(),
        default_off: page.default_off,
    }
}

/// What settings may name.
pub(crate) fn selectable() -> Vec<Selectable<'static>> {
    all().map(|page| selectable_of(page)).collect()
}
