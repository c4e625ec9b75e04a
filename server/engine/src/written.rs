//! What rules find in the text itself, segment by segment, whatever it evaluates to.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use stockade_model::BlockId;
use stockade_rules::finding::Finding;
use stockade_rules::secrets::Files;

use crate::index::Entry;
use crate::module::{Sources, Work};

/// The findings of a module's segments.
#[derive(Debug, Default)]
pub(crate) struct Written {
    segments: FxHashMap<BlockId, Segment>,
}

#[derive(Debug)]
struct Segment {
    findings: Vec<Arc<Finding>>,
    /// The files that were read for it, from the module's folder.
    files: Box<[SmolStr]>,
}

impl Written {
    /// The findings of a segment.
    pub(crate) fn of(&self, id: BlockId) -> &[Arc<Finding>] {
        self.segments
            .get(&id)
            .map_or(&[], |segment| &segment.findings)
    }

    /// The segments that have findings.
    pub(crate) fn found(&self) -> impl Iterator<Item = BlockId> {
        let found = self.segments.iter().filter(|(_, s)| !s.findings.is_empty());
        found.map(|(id, _)| *id)
    }

    /// The segments for which a file was read.
    pub(crate) fn readers(&self, file: &str) -> Vec<BlockId> {
        let readers = self.segments.iter();
        let readers = readers.filter(|(_, s)| s.files.iter().any(|f| f == file));
        readers.map(|(id, _)| *id).collect()
    }

    /// Looks again at what is new.
    pub(crate) fn run(&mut self, sources: &Sources, ids: &FxHashSet<BlockId>) -> Work {
        let mut work = Work::default();
        for id in ids {
            self.segments.remove(id);
            let Some(entry) = sources.index.get(*id) else {
                continue;
            };
            if is_local(sources, entry) {
                continue;
            }
            let reader = Reader {
                sources,
                read: RefCell::default(),
            };
            let scanner = sources.config.catalog.scanner();
            let findings = scanner.find(*id, &entry.lowered, &reader);
            let selected = findings.into_iter().filter(|finding| {
                let rule = sources.config.catalog.number(&finding.page.id);
                rule.is_some_and(|rule| sources.config.runs(rule))
            });
            let segment = Segment {
                findings: selected.map(Arc::new).collect(),
                files: reader.read.into_inner().into_boxed_slice(),
            };
            work.scanned += 1;
            if !segment.findings.is_empty() || !segment.files.is_empty() {
                self.segments.insert(*id, segment);
            }
        }
        work
    }
}

/// Whether a line stands in a `.tfvars` file that git ignores: such a file is where secrets may be, and CI never sees it.
fn is_local(sources: &Sources, entry: &Entry) -> bool {
    let file = sources.files.get(&entry.file);
    file.is_some_and(|f| f.kind.is_variables() && sources.git.leaves_alone(&f.path))
}

struct Reader<'s> {
    sources: &'s Sources,
    read: RefCell<Vec<SmolStr>>,
}

impl Files for Reader<'_> {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        self.read.borrow_mut().push(path.into());
        self.sources.read_file(path)
    }
}
