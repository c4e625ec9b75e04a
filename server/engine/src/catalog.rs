//! The rules by number: the built-in ones, read at first use, and those of an organisation.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use stockade_model::BlockKind;
use stockade_rules::accepted::Accepted;
use stockade_rules::page::Page;
use stockade_rules::secrets::Scanner;
use stockade_schema::version::Interval;

use crate::config::Selectable;
use crate::runs::RuleIndex;

/// Pages, and which look at a type of block.
#[derive(Debug)]
pub struct Catalog {
    pages: Vec<Arc<Page>>,
    by_id: FxHashMap<SmolStr, RuleIndex>,
    by_type: FxHashMap<(BlockKind, SmolStr), Vec<RuleIndex>>,
    /// Those that look at files.
    of_files: Vec<RuleIndex>,
    scanner: Scanner,
    accepted: OnceLock<Accepted>,
    /// The rules that ids of other scanners stand for, in small letters.
    same_as: OnceLock<FxHashMap<String, Vec<RuleIndex>>>,
}

impl Catalog {
    /// The rules that stand for an id of another scanner, or rows of which do, however it is spelt.
    pub(crate) fn same_as(&self, id: &str) -> Vec<RuleIndex> {
        let table = self.same_as.get_or_init(|| {
            let mut table: FxHashMap<String, Vec<RuleIndex>> = FxHashMap::default();
            for (rule, page) in self.pages.iter().enumerate() {
                let of_rows = page.rows.iter().flat_map(|row| &row.same_as);
                for id in page.same_as.iter().chain(of_rows) {
                    table.entry(id.to_ascii_lowercase()).or_default().push(rule);
                }
            }
            table
        });
        let rules = table.get(&id.to_ascii_lowercase());
        rules.cloned().unwrap_or_default()
    }

    /// The pages that Stockade brings.
    pub fn built_in() -> &'static Arc<Catalog> {
        static BUILT_IN: OnceLock<Arc<Catalog>> = OnceLock::new();
        BUILT_IN.get_or_init(|| Arc::new(Catalog::of(stockade_catalog::all().to_vec())))
    }

    /// The built-in pages and an organisation's own.
    pub(crate) fn with(own: Vec<Arc<Page>>) -> Arc<Catalog> {
        let built_in = Catalog::built_in();
        if own.is_empty() {
            return built_in.clone();
        }
        Arc::new(Catalog::of(
            built_in.pages.iter().cloned().chain(own).collect(),
        ))
    }

    /// The pages that hold in the workspace of a folder. What is wrong with its own ones is told when
    /// the workspace is looked at.
    pub fn of_workspace(folder: &Path) -> Arc<Catalog> {
        let root = stockade_model::workspace::root_of(folder);
        Catalog::with(crate::own_rules::read(&root).pages)
    }

    fn of(pages: Vec<Arc<Page>>) -> Catalog {
        let ids = pages.iter().enumerate();
        let by_id = ids.map(|(i, p)| (p.id.clone(), i)).collect();
        let mut by_type: FxHashMap<_, Vec<RuleIndex>> = FxHashMap::default();
        for (index, page) in pages.iter().enumerate() {
            for subject in page.subjects() {
                by_type.entry(subject).or_default().push(index);
            }
        }
        let numbered = pages.iter().enumerate();
        let of_files = numbered.filter(|(_, page)| page.is_about_files());
        let of_files = of_files.map(|(rule, _)| rule).collect();
        // Pages of an organisation were tried before they came here.
        let scanner = Scanner::of(pages.iter()).unwrap_or_default();
        Catalog {
            pages,
            by_id,
            by_type,
            of_files,
            scanner,
            accepted: OnceLock::new(),
            same_as: OnceLock::new(),
        }
    }

    /// Every page, in the catalog's order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Page>> {
        self.pages.iter()
    }

    /// The page of an id.
    pub fn find(&self, id: &str) -> Option<&Arc<Page>> {
        Some(&self.pages[*self.by_id.get(id)?])
    }

    pub(crate) fn number(&self, id: &str) -> Option<RuleIndex> {
        self.by_id.get(id).copied()
    }

    pub(crate) fn rule(&self, index: RuleIndex) -> &Arc<Page> {
        &self.pages[index]
    }

    /// The rules whose subject is `file`.
    pub(crate) fn of_files(&self) -> impl Iterator<Item = RuleIndex> {
        self.of_files.iter().copied()
    }

    /// What looks for secrets in text.
    pub fn scanner(&self) -> &Scanner {
        &self.scanner
    }

    /// What rules say of arguments; put together when an editor first asks.
    pub fn accepted(&self) -> &Accepted {
        self.accepted
            .get_or_init(|| Accepted::of(self.pages.iter()))
    }

    /// The rules that look at a type of block.
    pub(crate) fn rules_for(
        &self,
        kind: BlockKind,
        ty: &SmolStr,
    ) -> impl Iterator<Item = RuleIndex> {
        let of = |ty: SmolStr| self.by_type.get(&(kind, ty)).into_iter().flatten();
        // Some look at a kind of block, whatever its type.
        let of_any = (!ty.is_empty()).then(|| of(SmolStr::default()));
        of(ty.clone()).chain(of_any.into_iter().flatten()).copied()
    }

    /// What settings may name.
    pub(crate) fn selectable(&self) -> Vec<Selectable<'_>> {
        self.all().map(|page| selectable_of(page)).collect()
    }
}

/// Reads what the first document will need, on threads of its own: a client takes some milliseconds to
/// introduce itself.
pub fn warm_up() {
    std::thread::spawn(Catalog::built_in);
    std::thread::spawn(|| stockade_schema::schema("aws", &Interval::any()));
}

/// Every built-in page, in the catalog's order.
pub fn all() -> impl Iterator<Item = &'static Arc<Page>> {
    Catalog::built_in().all()
}

/// The built-in page of an id.
pub fn find(id: &str) -> Option<&'static Arc<Page>> {
    Catalog::built_in().find(id)
}

pub(crate) fn selectable_of(page: &Page) -> Selectable<'_> {
    Selectable {
        id: &page.id,
        category: page.category.as_str(),
        default_off: page.default_off,
        same_as: &page.same_as,
        rows: &page.rows,
    }
}
