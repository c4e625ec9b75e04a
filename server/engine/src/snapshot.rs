//! What was found at one moment: immutable, cheap to clone, all that a request needs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use imbl::OrdMap;
use rayon::prelude::*;
use smol_str::SmolStr;
use stockade_model::git::Git;
use stockade_model::installed::is_installed;
use stockade_model::workspace::CallGraph;
use stockade_model::{Address, BlockId, FileId, FileKind};
use stockade_rules::fix::{Fix, FixEdit, Safety};
use stockade_rules::layout;
use stockade_rules::page::Verdict;
use stockade_syntax::Document;
use stockade_text::{Rope, TextEdit, TextRange, TextSize};

use crate::around::Around;
use crate::calls::Calls;
use crate::catalog::Catalog;
use crate::fixes::LayoutSources;
use crate::instance::{Given, View};
use crate::module::{Module, Modules, Sources};
use crate::report::{Report, ReportKind};
use crate::snyk;
use crate::suppress::MARKER;
use crate::suppressions::{CommentAction, Suppressions};
use crate::values::{self, Seen};
use crate::workspace::around;

mod fix_all;

/// The files that were looked at, their texts and reports.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    revision: u64,
    files: OrdMap<Arc<Path>, Arc<FileSnapshot>>,
    modules: OrdMap<Arc<Path>, Arc<ModuleSnapshot>>,
}

/// A file at one moment.
#[derive(Debug)]
pub struct FileSnapshot {
    /// The client's version, when the file is open.
    pub version: Option<i32>,
    /// The text.
    pub rope: Rope,
    /// The same in segments, with such trees as have been grown; empty for settings.
    pub document: Document,
    /// By position.
    pub reports: Arc<[Report]>,
}

impl FileSnapshot {
    /// A file that is no part of a module: settings, a page of a rule.
    pub(crate) fn of_text(version: Option<i32>, text: &str, reports: Vec<Report>) -> FileSnapshot {
        FileSnapshot {
            version,
            rope: Rope::from_str(text),
            document: Document::default(),
            reports: reports.into(),
        }
    }
}

/// A module's sources at one moment; evaluated again only when a fix is asked for.
#[derive(Debug)]
struct ModuleSnapshot {
    sources: Arc<Sources>,
    given: Vec<Given>,
    today: jiff::civil::Date,
    /// What was found in a module that was fetched: its callers tell it.
    inner: Vec<Report>,
    /// See [`Module::is_called`].
    is_called: bool,
    evaluated: OnceLock<Mutex<Module>>,
}

/// A file, and edits whose ranges are bytes of its text.
pub type FileEdits = (Arc<Path>, Vec<TextEdit>);

/// The edits of a fix, per file.
#[derive(Clone, Debug, PartialEq)]
pub struct FixEdits {
    /// What will be written.
    pub title: String,
    /// Whether it may be applied unseen.
    pub safety: Safety,
    /// At most once per file.
    pub edits: Vec<FileEdits>,
}

/// Why a fix is not offered after all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotProved {
    /// The finding is no longer there.
    Gone,
    /// The edit can't be laid out in this text.
    NotPossible(String),
    /// Applied on a copy, the finding is still there.
    Remains,
    /// Applied on a copy, something new is found: its rule and address.
    New(String),
}

impl std::fmt::Display for NotProved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotProved::Gone => f.write_str("the finding is no longer there"),
            NotProved::NotPossible(why) => write!(f, "the fix can't be written here: {why}"),
            NotProved::Remains => f.write_str("the fix does not remove the finding here"),
            NotProved::New(what) => write!(f, "the fix would bring a new finding: {what}"),
        }
    }
}

impl Snapshot {
    /// Counts up with every change.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// All files, by path.
    pub fn all_files(&self) -> impl Iterator<Item = (&Arc<Path>, &Arc<FileSnapshot>)> {
        self.files.iter()
    }

    /// A file.
    pub fn file(&self, path: &Path) -> Option<&Arc<FileSnapshot>> {
        self.files.get(path)
    }

    /// The reports of a file, by position; none for a file that is not looked at.
    pub fn reports(&self, path: &Path) -> Arc<[Report]> {
        self.file(path)
            .map_or_else(|| Arc::from([]), |f| f.reports.clone())
    }

    /// The rules that hold where a file stands.
    pub fn catalog_of(&self, path: &Path) -> Arc<Catalog> {
        let folder = path.parent().unwrap_or(path);
        let below = || {
            self.modules
                .values()
                .find(|m| m.sources.config.root == folder)
        };
        let module = self.module_at(path).or_else(below);
        module.map_or_else(
            || Catalog::built_in().clone(),
            |m| m.sources.config.catalog.clone(),
        )
    }

    /// The text of a file that is looked at, or of a `.gitignore` that holds for one.
    pub fn text(&self, path: &Path) -> Option<Rope> {
        if let Some(file) = self.file(path) {
            return Some(file.rope.clone());
        }
        let mut texts = self.modules.values().filter_map(|module| {
            let file = module.sources.git.ignore_file(path)?;
            file.text.clone()
        });
        texts.next().map(|text| Rope::from_str(&text))
    }

    /// The edits of each fix of a report, in the order of [`Report::fixes`]; not proved yet.
    pub fn fixes(&self, report: &Report) -> Vec<Result<FixEdits, NotProved>> {
        let all = 0..report.fixes.len();
        all.map(|fix| self.fix(report, fix)).collect()
    }

    /// The edits of a fix, proved: applied on a copy of the module the finding is gone and nothing
    /// new has come.
    ///
    /// # Errors
    /// When the fix can't be written here or doesn't do what it should.
    pub fn prove(&self, report: &Report, fix: usize) -> Result<FixEdits, NotProved> {
        let edits = self.fix(report, fix)?;
        let module = self.module_of(report)?;
        let is_own = |path: &Path| {
            module.sources.files.values().any(|f| &*f.path == path)
                || module.sources.git.ignore_file(path).is_some()
        };
        let block = report.finding.as_ref().map(|finding| finding.block);
        let is_about_own = block.is_some_and(|block| module.sources.segment(block).is_some());
        let (before, after) = if is_about_own && edits.edits.iter().all(|(path, _)| is_own(path)) {
            let after = module.edited(&edits.edits).all_reports();
            (module.all_reports(), after)
        } else {
            self.before_and_after(&edits.edits)
        };
        if after.iter().any(|r| is_same(r, report)) {
            return Err(NotProved::Remains);
        }
        match after.iter().find(|r| {
            r.suppressed.is_none() && !before.iter().any(|b| is_same(b, r) || b.uncovers(r))
        }) {
            Some(new) => Err(NotProved::New(format!("{} in {}", new.rule, new.address))),
            None => Ok(edits),
        }
    }

    /// The reports of all modules that edits in several may concern, before and after.
    fn before_and_after(&self, edits: &[FileEdits]) -> (Vec<Report>, Vec<Report>) {
        let (after, concerned) = self.edited(edits);
        let reports = |of: &Snapshot| {
            let all = concerned.iter().map(|path| of.reports(path));
            all.flat_map(|reports| reports.to_vec()).collect()
        };
        (reports(self), reports(&after))
    }

    /// A copy with edits applied, and the files of all modules that they may concern.
    fn edited(&self, edits: &[FileEdits]) -> (Snapshot, BTreeSet<Arc<Path>>) {
        let edited = edits.iter().filter_map(|(path, _)| self.module_at(path));
        let folders = self.around(edited.map(|m| m.sources.folder.to_path_buf()).collect());
        let concerned: Vec<_> = folders
            .iter()
            .filter_map(|f| self.modules.get(f.as_path()))
            .collect();
        let mut modules: Modules = concerned
            .into_par_iter()
            .map(|module| {
                let mut copy = Module::copy_of(&module.edited(edits).sources);
                copy.set_called(module.is_called);
                copy.evaluate();
                (module.sources.folder.to_path_buf(), copy)
            })
            .collect();
        let mut calls = Calls::default();
        let all = calls.settle(&mut modules, &folders);
        modules
            .par_iter_mut()
            .for_each(|(_, module)| drop(module.run()));
        let (mut after, mut files) = (self.clone(), BTreeSet::new());
        for folder in calls.with_tellers(all) {
            if let Some(module) = self.modules.get(folder.as_path()) {
                files.extend(after.put_module(&folder, &modules, module.today));
            }
        }
        (after, files)
    }

    /// These folders, their callers, and what all of them call.
    fn around(&self, folders: BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        let mut graph = CallGraph::default();
        for module in self.modules.values() {
            let callees = module.sources.callees().flatten().collect();
            graph.set(&module.sources.folder, callees);
        }
        around(folders, &[&graph])
    }

    /// What a rule says about each block of the module that a file belongs to: address and verdict.
    /// Runs the rule again; for tests of rules.
    pub fn verdicts(&self, path: &Path, rule: &str) -> Vec<(String, Verdict)> {
        let Some(module) = self.module_at(path) else {
            return Vec::new();
        };
        module.with(|module| {
            let Some(page) = module.sources.config.catalog.find(rule) else {
                return Vec::new();
            };
            let subjects: Vec<_> = page.subjects().collect();
            let entries = module
                .sources
                .index
                .entries()
                .filter_map(|(id, e)| Some((id, e.address()?)));
            let own = entries.filter(|(_, a)| {
                subjects
                    .iter()
                    .any(|(kind, ty)| *kind == a.kind && (ty.is_empty() || *ty == a.ty))
            });
            let of_instance = |(view, (id, address)): (View<'_>, (_, &Address))| {
                let around = Around::new(view);
                let subject = around.own(id)?;
                Some((address.to_string(), page.run(id, &subject, &around).verdict))
            };
            own.flat_map(|entry| module.views().map(move |view| (view, entry)))
                .filter_map(of_instance)
                .collect()
        })
    }

    /// What the expression at a place evaluates to, if there is one that is not a literal.
    pub fn value_at(&self, path: &Path, offset: TextSize) -> Option<Seen> {
        let module = self.module_at(path)?;
        module.with(|module| values::seen_at(module, path, offset))
    }

    /// The values in a range that rules look at, where they are not written there.
    pub fn security_values(&self, path: &Path, range: TextRange) -> Vec<Seen> {
        let Some(module) = self.module_at(path) else {
            return Vec::new();
        };
        module.with(|module| values::security_values(module, path, range))
    }

    /// The rules that suppression comments or settings in a file name, and where.
    pub fn named_rules(&self, path: &Path) -> Vec<(TextRange, SmolStr)> {
        let Some(text) = self.text(path) else {
            return Vec::new();
        };
        let catalog = self.catalog_of(path);
        let is_settings = FileKind::of(path) == Some(FileKind::Settings);
        let mut named = Vec::new();
        for (nth, line) in text.lines().enumerate() {
            let start = text.line_to_byte(nth);
            let line = line.to_string();
            let from = match is_settings {
                true => Some(0),
                false => line.find(crate::suppress::MARKER),
            };
            let Some(from) = from else { continue };
            let is_id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            for word in line[from..].split(|c| !is_id(c)) {
                if catalog.find(word).is_some() {
                    let at = start + (word.as_ptr() as usize - line.as_ptr() as usize);
                    let at = TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
                    named.push((TextRange::at(at, TextSize::of(word)), word.into()));
                }
            }
        }
        named
    }

    /// The comment that suppresses a report, on a line of its own above it.
    pub fn suppress(&self, report: &Report) -> Vec<TextEdit> {
        let Some(file) = self.file(&report.path) else {
            return Vec::new();
        };
        if !report.is_suppressible() {
            return Vec::new();
        }
        let comment = crate::suppress::comment(MARKER, &report.rule, None, Some("reason"));
        self.comment_on(file, report, &comment)
    }

    fn comment_on(&self, file: &FileSnapshot, report: &Report, comment: &str) -> Vec<TextEdit> {
        let module = self.module_at(&report.path);
        let at = module
            .and_then(|m| m.suppression_line(report))
            .unwrap_or(report.range.start());
        crate::fixes::comment_above(&file.rope, at, comment)
    }

    /// Whether a file has a suppression comment at a place: cheap, for every move of a cursor.
    pub fn has_comment(&self, path: &Path, at: TextRange) -> bool {
        let Some(file) = self.file(path) else {
            return false;
        };
        file.document.segments().any(|(start, segment)| {
            let comments = segment.lowered.iter().flat_map(|l| &l.comments);
            let mut near = comments.filter(|c| {
                let range = c.range + start;
                range.intersect(at).is_some()
            });
            near.any(|c| crate::suppress::is_one(&c.text))
        })
    }

    /// What can be done about the suppressions at a place: another scanner's comment or entry written as a comment of ours, one
    /// that covers nothing taken out.
    pub fn comment_actions(&self, path: &Path, at: TextRange) -> Vec<CommentAction> {
        let mut actions = self.suppressions(path, |suppressions, reports| {
            suppressions.actions(at, reports)
        });
        let Some(file) = self.file(path) else {
            return actions;
        };
        let accepted = self.suppressions(path, |suppressions, reports| {
            suppressions.accepted(at, reports)
        });
        actions.extend(accepted.into_iter().map(|(report, comment)| CommentAction {
            title: format!(
                "Accept {} by a {MARKER}, as {} does",
                report.rule,
                snyk::FILE
            ),
            edits: self.comment_on(file, &report, &comment),
        }));
        actions
    }

    /// Raises the version of the write-only argument at a place.
    pub fn rotation(&self, path: &Path, at: TextRange) -> Option<CommentAction> {
        let file = self.file(path)?;
        let (start, segment) = file.document.segment_at(at.start())?;
        let lowered = segment.lowered.as_ref()?;
        let is_good = matches!(segment.state, stockade_syntax::State::Good);
        let within = at.checked_sub(start).filter(|_| is_good)?;
        let action = crate::rotate::rotation(lowered, within)?;
        Some(crate::rotate::moved(action, start))
    }

    /// The edits that write the comments of other scanners in a file as ours.
    pub fn translated_comments(&self, path: &Path) -> Vec<TextEdit> {
        self.suppressions(path, |suppressions, reports| {
            suppressions.translations(reports)
        })
    }

    fn suppressions<T>(
        &self,
        path: &Path,
        read: impl FnOnce(&Suppressions, &[Report]) -> Vec<T>,
    ) -> Vec<T> {
        let Some(module) = self.module_at(path) else {
            return Vec::new();
        };
        module.with(|m| {
            let file = m.sources.files.values().find(|f| &*f.path == path);
            let Some(file) = file else {
                return Vec::new();
            };
            let suppressions = Suppressions::of(m, file, module.today);
            read(&suppressions, &self.reports(path))
        })
    }

    /// The edits of a fix, not proved yet.
    ///
    /// # Errors
    /// When it can't be written here.
    pub fn fix(&self, report: &Report, fix: usize) -> Result<FixEdits, NotProved> {
        let finding = report.finding.as_ref().ok_or(NotProved::Gone)?;
        let fix = finding.fixes.get(fix).ok_or(NotProved::Gone)?;
        let home = self.module_of(report)?;
        let mut parts: Vec<(&Arc<ModuleSnapshot>, Fix)> = Vec::new();
        for edit in &fix.edits {
            let module = match edit.block() {
                Some(block) => self.module_with(home, block).ok_or(NotProved::Gone)?,
                None => home,
            };
            match parts.iter_mut().find(|(part, _)| Arc::ptr_eq(part, module)) {
                Some((_, part)) => part.edits.push(edit.clone()),
                None => {
                    let edits = vec![edit.clone()];
                    parts.push((
                        module,
                        Fix {
                            edits,
                            ..fix.clone()
                        },
                    ));
                }
            }
        }
        let mut edits = self.added_lines(fix);
        for (module, part) in parts {
            edits.extend(module.lay_out(&part)?.edits);
        }
        edits.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(FixEdits {
            title: fix.title.clone(),
            safety: fix.safety,
            edits,
        })
    }

    /// The edits of a fix that add lines to files which are no part of a module.
    fn added_lines(&self, fix: &Fix) -> Vec<FileEdits> {
        let mut added: Vec<(Arc<Path>, Vec<&str>)> = Vec::new();
        for edit in &fix.edits {
            let FixEdit::AddLine { file, line } = edit else {
                continue;
            };
            match added.iter_mut().find(|(path, _)| path == file) {
                Some((_, lines)) if lines.contains(&line.as_str()) => {}
                Some((_, lines)) => lines.push(line),
                None => added.push((file.clone(), vec![line])),
            }
        }
        let edits = added.into_iter().map(|(path, lines)| {
            let text = self.text(&path).unwrap_or_default().to_string();
            let edit = crate::fixes::lines_at_end(&text, &lines);
            (path, vec![edit])
        });
        edits.collect()
    }

    /// The module that a block stands in, most likely the first.
    fn module_with<'s>(
        &'s self,
        first: &'s Arc<ModuleSnapshot>,
        block: BlockId,
    ) -> Option<&'s Arc<ModuleSnapshot>> {
        let holds = |module: &&Arc<ModuleSnapshot>| module.sources.segment(block).is_some();
        Some(first)
            .filter(holds)
            .or_else(|| self.modules.values().find(holds))
    }

    fn module_of(&self, report: &Report) -> Result<&Arc<ModuleSnapshot>, NotProved> {
        self.module_at(&report.path).ok_or(NotProved::Gone)
    }

    fn module_at(&self, path: &Path) -> Option<&Arc<ModuleSnapshot>> {
        let own = path.parent().and_then(|folder| self.modules.get(folder));
        own.or_else(|| {
            self.modules
                .values()
                .find(|m| m.sources.files.values().any(|f| &*f.path == path))
        })
    }

    pub(crate) fn advance(&mut self) {
        self.revision += 1;
    }

    pub(crate) fn put_file(&mut self, path: Arc<Path>, file: Arc<FileSnapshot>) {
        self.files.insert(path, file);
    }

    /// The document of a file has grown trees; nothing else is another one.
    pub(crate) fn put_trees(&mut self, path: &Arc<Path>, document: &Document) {
        if let Some(file) = self.files.get(path) {
            let grown = FileSnapshot {
                version: file.version,
                rope: file.rope.clone(),
                document: document.clone(),
                reports: file.reports.clone(),
            };
            self.files.insert(path.clone(), Arc::new(grown));
        }
    }

    pub(crate) fn remove_file(&mut self, path: &Path) {
        self.files.remove(path);
    }

    /// Shows a module as it is now. Returns the files that this concerns, those that are gone included.
    pub(crate) fn put_module(
        &mut self,
        folder: &Path,
        modules: &Modules,
        today: jiff::civil::Date,
    ) -> Vec<Arc<Path>> {
        let Some(module) = modules.get(folder) else {
            return self.remove_module(folder);
        };
        let old: Vec<Arc<Path>> = self
            .modules
            .get(folder)
            .map(|m| m.sources.files.values().map(|f| f.path.clone()).collect())
            .unwrap_or_default();
        for path in &old {
            self.files.remove(path);
        }
        let new = module.sources.files.values().map(|f| f.path.clone());
        let concerned = old.into_iter().chain(new).collect();
        let callees: BTreeSet<PathBuf> = module.sources.callees().flatten().collect();
        let fetched = callees
            .iter()
            .filter_map(|callee| self.modules.get(callee.as_path()));
        let fetched: Vec<Report> = fetched.flat_map(|m| m.inner.iter().cloned()).collect();
        let is_fetched = is_installed(folder);
        let mut inner = Vec::new();
        for file in module.sources.files.values() {
            let mut reports = crate::show::reports(modules, module, file.id, today, &fetched);
            if is_fetched {
                let counts = |r: &Report| r.kind == ReportKind::Finding && r.suppressed.is_none();
                inner.extend(std::mem::take(&mut reports).into_iter().filter(counts));
            }
            let reports = reports.into();
            let snapshot = FileSnapshot {
                version: file.version,
                rope: file.document.rope().clone(),
                document: file.document.clone(),
                reports,
            };
            self.files.insert(file.path.clone(), Arc::new(snapshot));
        }
        let snapshot = ModuleSnapshot {
            sources: module.sources.clone(),
            given: module.instances.iter().map(|i| i.given.clone()).collect(),
            today,
            inner,
            is_called: module.is_called,
            evaluated: OnceLock::new(),
        };
        self.modules.insert(folder.into(), Arc::new(snapshot));
        concerned
    }

    fn remove_module(&mut self, folder: &Path) -> Vec<Arc<Path>> {
        let module = self.modules.remove(folder).into_iter();
        let paths = module.flat_map(|module| {
            let files = module.sources.files.values();
            files.map(|file| file.path.clone()).collect::<Vec<_>>()
        });
        paths
            .inspect(|path| drop(self.files.remove(path)))
            .collect()
    }
}

/// The same finding, wherever it stands now.
fn is_same(a: &Report, b: &Report) -> bool {
    a.rule == b.rule
        && a.address == b.address
        && a.element == b.element
        && a.path == b.path
        && a.kind == b.kind
}

impl ModuleSnapshot {
    fn with<T>(&self, read: impl FnOnce(&Module) -> T) -> T {
        let module = self
            .evaluated
            .get_or_init(|| Mutex::new(Module::evaluated(&self.sources, &self.given)));
        // A panic while reading leaves nothing half-written.
        read(&module.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn all_reports(&self) -> Vec<Report> {
        let files: Vec<FileId> = self.sources.files.keys().copied().collect();
        self.with(|module| {
            files
                .iter()
                .flat_map(|f| crate::show::reports(&Modules::new(), module, *f, self.today, &[]))
                .collect()
        })
    }

    fn layout_sources(&self) -> LayoutSources<'_> {
        LayoutSources {
            sources: &self.sources,
            is_root: self.given.iter().any(|given| given.inputs.is_root()),
        }
    }

    fn lay_out(&self, fix: &Fix) -> Result<FixEdits, NotProved> {
        let edits = layout::lay_out(fix, &self.layout_sources());
        let edits = edits.map_err(|e| NotProved::NotPossible(e.to_string()))?;
        let path = |file: FileId| self.sources.files.get(&file).map(|f| f.path.clone());
        let mut edits: Vec<FileEdits> = edits
            .into_iter()
            .filter_map(|(file, edits)| Some((path(file)?, edits)))
            .collect();
        // Files are numbered in the order in which they were seen; what is shown must not depend on it.
        edits.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(FixEdits {
            title: fix.title.clone(),
            safety: fix.safety,
            edits,
        })
    }

    /// A copy with edits applied.
    fn edited(&self, edits: &[FileEdits]) -> ModuleSnapshot {
        let mut sources = self.sources.clone();
        for (path, edits) in edits {
            if let Some(file) = sources.git.ignore_file(path) {
                let text = file.text.as_deref().unwrap_or_default();
                let text = stockade_text::apply(text, edits).unwrap_or_default();
                Arc::make_mut(&mut sources).git =
                    Arc::new(Git::clone(&sources.git).with(path, &text));
                continue;
            }
            let Some(file) = Arc::make_mut(&mut sources)
                .files
                .values_mut()
                .find(|f| f.path == *path)
            else {
                continue;
            };
            let mut edits = edits.clone();
            edits.sort_by_key(|e| std::cmp::Reverse(e.range.start()));
            for edit in edits {
                file.edit(edit.range, &edit.insert);
            }
        }
        ModuleSnapshot {
            sources,
            given: self.given.clone(),
            today: self.today,
            inner: Vec::new(),
            is_called: self.is_called,
            evaluated: OnceLock::new(),
        }
    }

    /// Where a comment must stand so that it covers a report: above the outermost argument or block
    /// of the body that the finding is about.
    fn suppression_line(&self, report: &Report) -> Option<stockade_text::TextSize> {
        let finding = report.finding.as_ref()?;
        self.with(|module| crate::fixes::suppression_start(module, finding.at.block, report.range))
    }
}
