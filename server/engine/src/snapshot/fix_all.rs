//! The safe fixes of many findings at once: of a document, of a module, of all files that may be written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use stockade_model::FileId;
use stockade_model::installed::is_installed;
use stockade_rules::fix::{Fix, Safety};
use stockade_rules::layout;
use stockade_text::TextEdit;

use super::{FileEdits, ModuleSnapshot, Snapshot};
use crate::module::Modules;
use crate::report::Report;

/// How often is looked again.
const ROUNDS: usize = 10;

impl Snapshot {
    /// All safe fixes of a document, as edits of its own text: applied until nothing changes.
    pub fn fix_all(&self, path: &Path) -> Vec<TextEdit> {
        self.fix_where(path, |_| true)
    }

    /// The safe fixes of those reports of a document that are wanted.
    pub fn fix_where(&self, path: &Path, wanted: impl Fn(&Report) -> bool) -> Vec<TextEdit> {
        let fixed = self.fix_together(&[path.into()], wanted);
        fixed.into_iter().flat_map(|(_, edits)| edits).collect()
    }

    /// The safe fixes of those reports of some documents of a module that are wanted, as edits of these documents: applied until
    /// nothing changes. A fix that would write elsewhere is left out.
    fn fix_together(
        &self,
        paths: &[Arc<Path>],
        wanted: impl Fn(&Report) -> bool,
    ) -> Vec<FileEdits> {
        let Some(module) = paths.first().and_then(|path| self.module_at(path)) else {
            return Vec::new();
        };
        let fixed = module.fixed(paths, &wanted);
        let edits = paths.iter().filter_map(|path| {
            let before = self.file(path)?.rope.to_string();
            let edits = crate::fixes::difference(&before, &fixed.text_of(path)?);
            (!edits.is_empty()).then(|| (path.clone(), edits))
        });
        edits.collect()
    }

    /// The safe fixes of the reports in all files that may be written (what was fetched never is), as edits of these files:
    /// applied until nothing changes. A fix that would write elsewhere is left out.
    ///
    /// # Errors
    /// What `go_on` gives, which is asked before each part of the work.
    pub fn fix_files<E: Send>(
        &self,
        may_write: impl Fn(&Path) -> bool,
        go_on: impl Fn() -> Result<(), E> + Sync,
    ) -> Result<Vec<FileEdits>, E> {
        let may_write = |path: &Path| may_write(path) && !is_installed(path);
        let mut current = self.clone();
        for _ in 0..ROUNDS {
            let mut edits = current.within_modules(&may_write, &go_on)?;
            if edits.is_empty() {
                edits = current.across_modules(&may_write, &go_on)?;
            }
            if edits.is_empty() {
                break;
            }
            current = current.edited(&edits).0;
        }
        let edits = self.files.iter().filter_map(|(path, file)| {
            let after = current
                .file(path)
                .filter(|after| !Arc::ptr_eq(after, file))?;
            let (before, after) = (file.rope.to_string(), after.rope.to_string());
            let edits = crate::fixes::difference(&before, &after);
            (!edits.is_empty()).then(|| (path.clone(), edits))
        });
        Ok(edits.collect())
    }

    /// The safe fixes of each module that stay within it.
    fn within_modules<E: Send>(
        &self,
        may_write: &impl Fn(&Path) -> bool,
        go_on: &(impl Fn() -> Result<(), E> + Sync),
    ) -> Result<Vec<FileEdits>, E> {
        let mut modules: BTreeMap<Option<&Path>, Vec<Arc<Path>>> = BTreeMap::new();
        for path in self.files.keys().filter(|path| may_write(path)) {
            modules.entry(path.parent()).or_default().push(path.clone());
        }
        let has_safe_fix =
            |path: &Arc<Path>| self.reports(path).iter().any(|r| safe_fix(r).is_some());
        let modules: Vec<_> = modules.into_values().collect();
        let fixable = modules
            .par_iter()
            .filter(|paths| paths.iter().any(has_safe_fix));
        let fixed = fixable.map(|paths| {
            go_on()?;
            Ok(self.fix_together(paths, |_| true))
        });
        let all: Result<Vec<_>, E> = fixed.collect();
        Ok(all?.into_iter().flatten().collect())
    }

    /// Those safe fixes, each proved, that a module can't have by itself: what they change is passed by a call, or written in
    /// another module. Of two that touch each other the first is taken.
    fn across_modules<E>(
        &self,
        may_write: &impl Fn(&Path) -> bool,
        go_on: &impl Fn() -> Result<(), E>,
    ) -> Result<Vec<FileEdits>, E> {
        let mut taken = BTreeMap::new();
        for (_, file) in self.files.iter().filter(|(path, _)| may_write(path)) {
            for report in file.reports.iter() {
                let Some(safe) = safe_fix(report) else {
                    continue;
                };
                go_on()?;
                match self.prove(report, safe) {
                    Ok(fix) if fix.edits.iter().all(|(path, _)| may_write(path)) => {
                        take(&mut taken, fix.edits);
                    }
                    Ok(_) => {}
                    Err(why) => tracing::debug!("{} in {}: {why}", report.rule, report.address),
                }
            }
        }
        Ok(taken.into_iter().collect())
    }
}

impl ModuleSnapshot {
    /// The module after all wanted safe fixes of some of its files.
    fn fixed(&self, paths: &[Arc<Path>], wanted: &impl Fn(&Report) -> bool) -> ModuleSnapshot {
        let own = self.sources.files.values();
        let own = own.filter(|f| paths.contains(&f.path));
        let files: Vec<FileId> = own.map(|f| f.id).collect();
        let mut current = self.edited(&[]);
        // Each round removes findings; a rule whose fix brings another's finding must not loop.
        for _ in 0..ROUNDS {
            let fixes = files.iter().flat_map(|f| current.safe_fixes(*f, wanted));
            let fixes: Vec<Fix> = fixes.collect();
            let edits = layout::combine(&fixes, &current.layout_sources(), &files);
            let edits = edits.into_iter().filter_map(|(file, edits)| {
                Some((current.sources.files.get(&file)?.path.clone(), edits))
            });
            let edits: Vec<FileEdits> = edits.collect();
            if edits.is_empty() {
                break;
            }
            current = current.edited(&edits);
        }
        current
    }

    fn text_of(&self, path: &Path) -> Option<String> {
        let mut files = self.sources.files.values();
        let file = files.find(|f| &*f.path == path)?;
        Some(file.document.rope().to_string())
    }

    fn safe_fixes(&self, file: FileId, wanted: &impl Fn(&Report) -> bool) -> Vec<Fix> {
        let reports = self
            .with(|module| crate::show::reports(&Modules::new(), module, file, self.today, &[]));
        let fixes = reports.iter().filter(|r| wanted(r)).filter_map(|r| {
            let safe = safe_fix(r)?;
            r.finding.as_ref()?.fixes.get(safe).cloned()
        });
        fixes.collect()
    }
}

/// The position of the fix of an open report that may be applied unseen.
fn safe_fix(report: &Report) -> Option<usize> {
    let mut fixes = report.fixes.iter();
    fixes
        .position(|fix| fix.safety == Safety::Safe)
        .filter(|_| report.suppressed.is_none())
}

/// Adds edits to others, unless they touch any of them. What is there in the same words counts once.
fn take(taken: &mut BTreeMap<Arc<Path>, Vec<TextEdit>>, new: Vec<FileEdits>) {
    let touches = |(path, edits): &FileEdits| {
        let old = taken.get(path).into_iter().flatten();
        let mut pairs = old.flat_map(|old| edits.iter().map(move |new| (old, new)));
        pairs.any(|(old, new)| old != new && old.range.intersect(new.range).is_some())
    };
    if new.iter().any(touches) {
        return;
    }
    for (path, edits) in new {
        let all = taken.entry(path).or_default();
        let edits: Vec<TextEdit> = edits
            .into_iter()
            .filter(|edit| !all.contains(edit))
            .collect();
        all.extend(edits);
    }
}
