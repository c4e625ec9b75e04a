//! The workspace: folders, their settings, call graphs and modules. Written by one thread.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use stockade_model::backend::stores_in;
use stockade_model::git::{self, Buffers, Git, Repositories};
use stockade_model::installed::{Installed, MANIFEST, is_installed};
use stockade_model::workspace::{CallGraph, Skipped, module_folders, normalize, root_of};
use stockade_model::{FileId, FileKind};
use stockade_rules::page::Page;
use stockade_text::{Encoding, Position, TextRange, offset, position};

use crate::calls::Calls;
use crate::catalog::Catalog;
use crate::config::{Config, ConfigError};
use crate::known::Known;
use crate::module::{self, Chosen, Module, Modules, Work};
use crate::own_rules::Faulty;
use crate::planned::{self, Planned};
use crate::progress::Progress;
use crate::report::Report;
use crate::scan::{Next, Scan, ScanState};
use crate::snapshot::{FileSnapshot, Snapshot};
use crate::source::{self, Notation, SourceFile};
use crate::unseen::Unseen;
use crate::writer::{Event, Publication};

/// What a server or a run is told from outside; settings that change findings are in `stockade.toml`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The day that suppressions with `until=` are compared with.
    pub today: jiff::civil::Date,
    /// In which positions of edits are counted.
    pub encoding: Encoding,
    /// What is published.
    pub publish: Publish,
    /// Whether [`Workspace::take_work`] will be asked.
    pub counts_work: bool,
    /// Where [`Workspace::load_all`] and the first settling count their steps.
    pub progress: Progress,
    /// Rules beside the built-in ones and those that a workspace has of its own.
    pub rules: Vec<Arc<Page>>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            today: jiff::ZonedDateTime::now().date(),
            encoding: Encoding::Utf16,
            publish: Publish::OpenDocuments,
            counts_work: false,
            progress: Progress::default(),
            rules: Vec::new(),
        }
    }
}

/// Which files' findings are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publish {
    /// Those of open documents.
    OpenDocuments,
    /// Those of every file below the workspace folders.
    Workspace,
}

/// An edit as a client sends it; without a range it is the whole text.
#[derive(Clone, Debug)]
pub struct Change {
    /// What is replaced, in the encoding of [`Options::encoding`].
    pub range: Option<(Position, Position)>,
    /// What it is replaced with.
    pub text: String,
}

/// Folders, modules and open documents.
#[derive(Debug)]
pub struct Workspace {
    options: Options,
    files: Files,
    folders: Vec<PathBuf>,
    roots: BTreeMap<PathBuf, Root>,
    /// The roots of folders, until files or settings change.
    root_names: FxHashMap<PathBuf, PathBuf>,
    modules: Modules,
    open: BTreeMap<PathBuf, Open>,
    /// Modules that were asked for by path, and stay when nothing in them is open.
    kept: BTreeSet<PathBuf>,
    dirty: BTreeSet<PathBuf>,
    scan: Scan,
    calls: Calls,
    /// Documents to publish even if nothing in them changed.
    edited: BTreeSet<PathBuf>,
    /// Files of the snapshot that are others than when publications were last taken.
    moved: BTreeSet<Arc<Path>>,
    /// Whether other files are shown than then.
    shows_others: bool,
    /// Whether settings, or pages of own rules, are to be shown again.
    shows_settings: bool,
    published: FxHashMap<Arc<Path>, Published>,
    /// The entries of a root's policy file that cover something, by file.
    accepted: BTreeMap<PathBuf, BTreeMap<Arc<Path>, BTreeSet<usize>>>,
    snapshot: Arc<Snapshot>,
    work: Work,
}

/// An open document that is not (only) part of a module: settings, or a file of no interest.
#[derive(Debug)]
struct Open {
    version: i32,
    text: String,
}

/// What a client was last told about a file.
#[derive(Debug, PartialEq)]
struct Published {
    reports: Arc<[Report]>,
    /// Where the reports' places in other files stand: the same bytes may be another line.
    related: Vec<(Position, Position)>,
}

/// A workspace in the sense of `stockade.toml`: see [`root_of`].
#[derive(Debug)]
struct Root {
    config: Arc<Config>,
    config_text: Option<String>,
    config_errors: Vec<ConfigError>,
    /// Pages of its own rules, and a policy file of Snyk's, that can't be used.
    faulty: Vec<Faulty>,
    graph: CallGraph,
    /// Where each folder keeps its state, as far as it does.
    stores: BTreeMap<PathBuf, BTreeSet<SmolStr>>,
    all_stores: Arc<BTreeSet<SmolStr>>,
    installed: Arc<Installed>,
    skipped: Vec<Skipped>,
    /// The folders with configuration when it was read.
    folders: Vec<PathBuf>,
}

/// The buffers around a module.
struct OpenFiles<'w> {
    open: &'w BTreeMap<PathBuf, Open>,
    /// The files of the module, as far as it is loaded.
    own: Vec<Arc<Path>>,
}

impl Buffers for OpenFiles<'_> {
    fn text(&self, path: &Path) -> Option<String> {
        self.open.get(path).map(|open| open.text.clone())
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let others = self.open.keys().map(PathBuf::as_path);
        let paths = others.chain(self.own.iter().map(|p| &**p));
        let within = paths.filter(|path| path.parent() == Some(folder));
        let names = within.filter_map(|path| path.file_name()?.to_str());
        names.map(str::to_owned).collect()
    }
}

/// A folder and the files of it that a module is read from.
struct Listed {
    folder: PathBuf,
    files: Vec<(FileId, Arc<Path>, FileKind)>,
    config: Arc<Config>,
    progress: Progress,
}

impl Listed {
    fn read(self, open: &BTreeMap<PathBuf, Open>, repositories: &Repositories) -> Module {
        let files = self.files.into_iter();
        let files = files.map(|(id, path, kind)| SourceFile::closed(id, path, kind));
        let folder = self.folder.as_path();
        let mut module = Module::new(folder.into(), self.config, files.collect());
        module.set_lock(lock_of(folder, open).as_deref());
        let own = module.paths().collect();
        module.set_git(Git::around(folder, &OpenFiles { open, own }, repositories));
        self.progress.step();
        module
    }
}

/// Paths by number.
#[derive(Debug, Default)]
struct Files {
    ids: FxHashMap<Arc<Path>, FileId>,
    paths: Vec<Arc<Path>>,
}

impl Files {
    fn intern(&mut self, path: &Path) -> (FileId, Arc<Path>) {
        if let Some((path, id)) = self.ids.get_key_value(path) {
            return (*id, path.clone());
        }
        let path: Arc<Path> = path.into();
        let id = FileId(u32::try_from(self.paths.len()).unwrap_or(u32::MAX));
        self.paths.push(path.clone());
        self.ids.insert(path.clone(), id);
        (id, path)
    }
}

impl Workspace {
    /// A workspace without folders.
    pub fn new(options: Options) -> Workspace {
        Workspace {
            options,
            files: Files::default(),
            folders: Vec::new(),
            roots: BTreeMap::new(),
            root_names: FxHashMap::default(),
            modules: BTreeMap::new(),
            open: BTreeMap::new(),
            kept: BTreeSet::new(),
            dirty: BTreeSet::new(),
            scan: Scan::default(),
            calls: Calls::default(),
            edited: BTreeSet::new(),
            moved: BTreeSet::new(),
            shows_others: false,
            shows_settings: false,
            published: FxHashMap::default(),
            accepted: BTreeMap::new(),
            snapshot: Arc::default(),
            work: Work::default(),
        }
    }

    /// Takes one event.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::AddFolder(path) => self.add_folder(&path),
            Event::RemoveFolder(path) => self.remove_folder(&path),
            Event::Open {
                path,
                version,
                text,
            } => self.open(&path, version, text),
            Event::Change {
                path,
                version,
                changes,
            } => self.change(&path, version, &changes),
            Event::Close { path } => self.close(&path),
            Event::FilesChanged(paths) => self.files_changed(&paths),
            Event::Scope(publish) => {
                self.options.publish = publish;
                self.scan.retain(|_| false);
                self.shows_others = true;
                self.kept.clear();
                self.load_folders();
            }
            Event::Encoding(encoding) => self.options.encoding = encoding,
            Event::Shutdown => {}
        }
    }

    /// Adds a workspace folder. Its modules are loaded when they are published.
    pub fn add_folder(&mut self, path: &Path) {
        let path = normalize(path);
        self.root_names.clear();
        self.shows_others = true;
        if !self.folders.contains(&path) {
            self.folders.push(path);
        }
        self.load_folders();
    }

    /// Removes a workspace folder: what is not open in it is forgotten.
    pub fn remove_folder(&mut self, path: &Path) {
        let path = normalize(path);
        self.folders.retain(|folder| *folder != path);
        let folders = &self.folders;
        self.scan
            .retain(|place| folders.iter().any(|folder| place.starts_with(folder)));
        self.shows_others = true;
        self.forget_unused();
    }

    /// Opens a document: its text wins over the disk.
    pub fn open(&mut self, path: &Path, version: i32, text: String) {
        let path = normalize(path);
        let kind = FileKind::of(&path);
        self.edited.insert(path.clone());
        if let (Some(kind), Some(folder)) = (kind.filter(|k| k.is_source()), path.parent()) {
            let (id, shared) = self.files.intern(&path);
            let file = SourceFile {
                saved: source::read(&path).ok().map(Arc::from),
                ..SourceFile::open(id, shared, kind, &text, version)
            };
            let folder = folder.to_path_buf();
            self.ensure_module(&folder);
            self.put(&folder, file);
            if kind.is_variables() {
                self.look_at_git(&folder);
            }
            return;
        }
        self.open.insert(path.clone(), Open { version, text });
        self.other_changed(&path);
    }

    /// Edits an open document. An edit of a document that is not open is dropped: the client is wrong.
    pub fn change(&mut self, path: &Path, version: i32, changes: &[Change]) {
        let path = normalize(path);
        if let Some(open) = self.open.get_mut(&path) {
            let mut rope = stockade_text::Rope::from_str(&open.text);
            for change in changes {
                replace(&mut rope, change, self.options.encoding);
            }
            open.text = rope.to_string();
            open.version = version;
            self.edited.insert(path.clone());
            return self.other_changed(&path);
        }
        let Some(folder) = path.parent() else { return };
        let (id, _) = self.files.intern(&path);
        let encoding = self.options.encoding;
        let Some(module) = self.modules.get_mut(folder) else {
            return;
        };
        if !module.edit(id, version, changes, encoding) {
            tracing::warn!(path = %path.display(), "edit of a document that is not open");
            return;
        }
        self.edited.insert(path.clone());
        let folder = folder.to_path_buf();
        self.calls_changed(&folder);
        self.dirty.insert(folder);
    }

    /// Closes a document: the disk counts again.
    pub fn close(&mut self, path: &Path) {
        let path = normalize(path);
        self.edited.insert(path.clone());
        if self.open.remove(&path).is_some() {
            return self.other_changed(&path);
        }
        let Some(folder) = path.parent().map(Path::to_path_buf) else {
            return;
        };
        self.look_up(&folder, &path);
        self.forget_unused();
    }

    /// Files or folders were created, changed or deleted on disk.
    pub fn files_changed(&mut self, paths: &[PathBuf]) {
        self.root_names.clear();
        for path in paths.iter().map(|p| normalize(p)) {
            if path.extension().is_some_and(|e| e == "hcl") {
                self.included_changed(&path);
            }
            if git::concerns(&path) {
                self.git_changed(&path);
            }
            match (FileKind::of(&path), path.parent()) {
                _ if crate::own_rules::concerns(&path)
                    || crate::snyk::concerns(&path)
                    || path.ends_with(MANIFEST) =>
                {
                    self.settings_changed();
                }
                (Some(FileKind::Settings | FileKind::Lock), _) => self.other_changed(&path),
                (Some(_), Some(folder)) => {
                    let folder = folder.to_path_buf();
                    if self.modules.contains_key(&folder) {
                        self.reload(&folder, &path);
                    } else {
                        self.scan_calls(&folder);
                        self.load_for_callers(&folder);
                    }
                }
                _ => self.folder_changed(&path),
            }
        }
        self.scan_changed(paths);
        self.forget_unused();
    }

    /// Loads every module below the paths, in parallel. For `check`.
    pub fn load_all(&mut self, paths: &[PathBuf]) -> Vec<Skipped> {
        let mut skipped = Vec::new();
        let mut wanted = BTreeSet::new();
        for path in paths.iter().map(|p| normalize(p)) {
            if path.is_dir() {
                let (folders, errors) = self.folders_below(&path);
                wanted.extend(folders);
                skipped.extend(errors);
            } else {
                wanted.extend(path.parent().map(Path::to_path_buf));
            }
        }
        self.kept.extend(wanted.iter().cloned());
        self.load(wanted);
        self.load_around(self.kept.clone());
        skipped
    }

    /// The folders with configuration below a path.
    fn folders_below(&mut self, path: &Path) -> (Vec<PathBuf>, Vec<Skipped>) {
        let known = self.roots.len();
        let name = self.ensure_root(path);
        let is_new = self.roots.len() > known;
        let root = &self.roots[&name];
        match is_new && path == name {
            // They were looked for a moment ago.
            true => (root.folders.clone(), root.skipped.clone()),
            false => module_folders(path, |p| root.config.excludes(p)),
        }
    }

    /// Reads modules, in parallel.
    fn load(&mut self, folders: impl IntoIterator<Item = PathBuf>) {
        let folders = folders.into_iter();
        let new: Vec<PathBuf> = folders.filter(|f| !self.modules.contains_key(f)).collect();
        let listed: Vec<Listed> = new.into_iter().map(|folder| self.listed(folder)).collect();
        let (open, repositories) = (&self.open, Repositories::default());
        let read = listed.into_par_iter().map(|l| l.read(open, &repositories));
        let read: Vec<Module> = read.collect();
        for module in read {
            self.add_module(module);
        }
    }

    /// Evaluates what is dirty and returns the snapshot of now.
    pub fn settle(&mut self) -> Arc<Snapshot> {
        let dirty = std::mem::take(&mut self.dirty);
        let closed: Vec<PathBuf> = self
            .edited
            .iter()
            .filter(|p| self.is_closed(p))
            .cloned()
            .collect();
        if dirty.is_empty()
            && closed.iter().all(|p| self.snapshot.file(p).is_none())
            && self.snapshot.revision() > 0
        {
            return self.snapshot.clone();
        }
        let moved = self.evaluate(&dirty);
        let mut concerned = match moved.is_empty() {
            true => BTreeSet::new(),
            false => self.calls.settle(&mut self.modules, &moved),
        };
        concerned.extend(dirty);
        self.run_rules(&concerned);
        let mut snapshot = (*self.snapshot).clone();
        snapshot.advance();
        let mut shown = self.calls.callees_of(&concerned);
        shown.extend(concerned);
        let mut moved: BTreeSet<Arc<Path>> = BTreeSet::new();
        for folder in self.calls.with_tellers(shown) {
            moved.extend(snapshot.put_module(&folder, &self.modules, self.options.today));
        }
        self.note_accepted(&snapshot, &moved);
        self.moved.extend(moved);
        if std::mem::take(&mut self.shows_settings) {
            self.add_settings(&mut snapshot);
            self.shows_others = true;
        }
        self.show_policies(&mut snapshot);
        self.snapshot = Arc::new(snapshot);
        self.snapshot.clone()
    }

    /// Notes what the policy files of roots cover in files that were put into a snapshot.
    fn note_accepted(&mut self, snapshot: &Snapshot, moved: &BTreeSet<Arc<Path>>) {
        if self
            .roots
            .values()
            .all(|root| root.config.policy.is_empty())
        {
            return;
        }
        for path in moved {
            let root = path.parent().map(|folder| self.ensure_root(folder));
            let Some((name, root)) = root.and_then(|name| self.roots.get_key_value(&name)) else {
                continue;
            };
            let (reports, file) = (snapshot.reports(path), root.config.shown(path));
            let used = root.config.policy.used(&reports, &file, self.options.today);
            let files = self.accepted.entry(name.clone()).or_default();
            match used.is_empty() {
                true => drop(files.remove(path)),
                false => drop(files.insert(path.clone(), used)),
            }
        }
    }

    /// Policy files are shown with those of their entries that cover nothing, or no more.
    fn show_policies(&mut self, snapshot: &mut Snapshot) {
        for (name, root) in &self.roots {
            let policy = &root.config.policy;
            if policy.is_empty() {
                continue;
            }
            let (_, shared) = self.files.intern(&policy.path);
            let used = self.accepted.get(name);
            let is_used = |n| {
                used.into_iter()
                    .flatten()
                    .any(|(_, used)| used.contains(&n))
            };
            let is_loaded = |folder: &Path| self.modules.contains_key(folder);
            let is_seen = |file: Option<&str>| match file {
                None => root.folders.iter().all(|folder| is_loaded(folder)),
                Some(file) => {
                    let file = name.join(file);
                    file.parent().is_some_and(is_loaded) || !file.exists()
                }
            };
            let today = self.options.today;
            let reports = policy.reports(&root.config, &shared, today, is_used, is_seen);
            let old = snapshot.file(&shared).map(|file| &*file.reports);
            if old.unwrap_or_default() == reports {
                continue;
            }
            match reports.is_empty() {
                true => snapshot.remove_file(&shared),
                false => snapshot.put_file(shared.clone(), Arc::new(policy.shown(reports))),
            }
            self.moved.insert(shared);
        }
    }

    /// Evaluates modules. Returns those with a value that is another one, or that are gone.
    fn evaluate(&mut self, dirty: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        let moved = module::evaluate(&mut self.modules, dirty).into_iter();
        let gone = dirty.iter().filter(|f| !self.modules.contains_key(*f));
        gone.cloned().chain(moved).collect()
    }

    /// Runs the rules that changes concern.
    fn run_rules(&mut self, folders: &BTreeSet<PathBuf>) {
        let progress = self.options.progress.clone();
        let mut chosen = Chosen::new(&mut self.modules, folders);
        let run = |(_, module): &mut (PathBuf, Module)| {
            progress.step();
            module.run()
        };
        let works = module::on_each(&mut chosen.taken, run);
        drop(chosen);
        if self.options.counts_work {
            works.into_iter().for_each(|work| self.work.add(work));
        }
    }

    /// Grows trees of an open document for some milliseconds. False when there is nothing to grow.
    pub fn grow(&mut self) -> bool {
        let folders: BTreeSet<&Path> = self.open.keys().filter_map(|path| path.parent()).collect();
        let modules = &mut self.modules;
        let grown = |folder| modules.get_mut(folder).and_then(Module::grow);
        let Some((path, document)) = folders.into_iter().find_map(grown) else {
            return false;
        };
        let mut snapshot = (*self.snapshot).clone();
        snapshot.put_trees(&path, &document);
        self.snapshot = Arc::new(snapshot);
        true
    }

    /// The rule evaluations since the last call, where [`Options::counts_work`]: contract 4's counter.
    pub fn take_work(&mut self) -> Work {
        std::mem::take(&mut self.work)
    }

    /// The settings that hold for a folder.
    pub fn config(&mut self, folder: &Path) -> Arc<Config> {
        let root = self.ensure_root(&normalize(folder));
        self.roots[&root].config.clone()
    }

    /// What is to be published now: documents that were edited, files whose findings changed.
    pub fn take_publications(&mut self, snapshot: &Arc<Snapshot>) -> Vec<Publication> {
        self.publications(snapshot, |_| true)
    }

    /// Those of open documents; others can wait.
    pub(crate) fn urgent_publications(&mut self, snapshot: &Arc<Snapshot>) -> Vec<Publication> {
        let is_open = |path: &Path| snapshot.file(path).is_none_or(|f| f.version.is_some());
        self.publications(snapshot, is_open)
    }

    /// Whether something is left that could wait.
    pub(crate) fn has_publications(&self) -> bool {
        !self.moved.is_empty()
    }

    fn publications(
        &mut self,
        snapshot: &Arc<Snapshot>,
        is_wanted: impl Fn(&Path) -> bool,
    ) -> Vec<Publication> {
        let edited = std::mem::take(&mut self.edited);
        let edited: BTreeSet<Arc<Path>> = edited.iter().map(|p| self.files.intern(p).1).collect();
        if std::mem::take(&mut self.shows_others) {
            let shown = snapshot.all_files().map(|(path, _)| path.clone());
            self.moved
                .extend(shown.chain(self.published.keys().cloned()));
        }
        let moved = std::mem::take(&mut self.moved).into_iter();
        let (mut wanted, rest): (BTreeSet<Arc<Path>>, _) = moved.partition(|p| is_wanted(p));
        self.moved = rest;
        wanted.extend(edited.iter().cloned());
        let all = wanted.into_iter();
        let mut publications: Vec<Publication> = all
            .filter_map(|path| self.publication(&path, edited.contains(&path), snapshot))
            .collect();
        // The document that was typed in comes first.
        publications.sort_by_key(|p| !edited.contains(&p.path));
        publications
    }

    /// What is to be told of a file, if that is something else than what was told last, or it was edited.
    fn publication(
        &mut self,
        path: &Arc<Path>,
        is_edited: bool,
        snapshot: &Arc<Snapshot>,
    ) -> Option<Publication> {
        let old = self.published.get(path);
        let whole = self.options.publish == Publish::Workspace;
        let in_folder = || whole && self.folders.iter().any(|f| path.starts_with(f));
        let is_shown = |file: &&Arc<FileSnapshot>| {
            file.version.is_some() || in_folder() || whole && (is_edited || old.is_some())
        };
        let shown = snapshot.file(path).filter(is_shown);
        let (version, reports) = match shown {
            Some(file) => (file.version, file.reports.clone()),
            None => (None, Arc::from([])),
        };
        let is_edited = is_edited && shown.is_some();
        if old.is_none() && reports.is_empty() && !is_edited {
            return None;
        }
        let new = Published {
            related: related_positions(snapshot, &reports, self.options.encoding),
            reports: reports.clone(),
        };
        if old.is_some_and(|old| *old == new) && !is_edited {
            return None;
        }
        match shown {
            Some(_) => drop(self.published.insert(path.clone(), new)),
            None => drop(self.published.remove(path)),
        }
        Some(Publication {
            path: path.clone(),
            version,
            reports,
            snapshot: snapshot.clone(),
        })
    }

    fn is_closed(&self, path: &Path) -> bool {
        let module = path.parent().and_then(|folder| self.modules.get(folder));
        module.is_none_or(|m| m.file_at(path).is_none()) && !self.open.contains_key(path)
    }

    fn put(&mut self, folder: &Path, file: SourceFile) {
        if let Some(module) = self.modules.get_mut(folder) {
            module.put(file);
            self.dirty.insert(folder.to_path_buf());
            self.calls_changed(folder);
        }
    }

    /// Files of Terragrunt in the folders below may include one that changed.
    fn included_changed(&mut self, path: &Path) {
        let Some(above) = path.parent() else { return };
        for folder in module::below(&self.modules, above) {
            let file = folder.join(stockade_model::terragrunt::FILE);
            if file != path && self.files.ids.contains_key(&*file) {
                self.reload(&folder, &file);
            }
        }
    }

    /// Looks a file of a loaded module up on disk, unless it is open.
    fn reload(&mut self, folder: &Path, path: &Path) {
        let (id, _) = self.files.intern(path);
        let open = self
            .modules
            .get(folder)
            .is_some_and(|module| module.is_open(id));
        if !open {
            self.look_up(folder, path);
        } else if let Some(module) = self.modules.get_mut(folder) {
            module.set_saved(id, source::read(path).ok());
            self.dirty.insert(folder.to_path_buf());
        }
    }

    /// Takes a file of a loaded module from disk.
    fn look_up(&mut self, folder: &Path, path: &Path) {
        let (id, shared) = self.files.intern(path);
        let Some(module) = self.modules.get_mut(folder) else {
            return;
        };
        match FileKind::of(path) {
            Some(kind) if source::stands(path) => module.put(SourceFile::closed(id, shared, kind)),
            _ => module.remove(id),
        }
        self.dirty.insert(folder.to_path_buf());
        self.calls_changed(folder);
    }

    /// A folder, or a file that only functions read, changed.
    fn folder_changed(&mut self, path: &Path) {
        for folder in module::below(&self.modules, path) {
            self.relist(&folder);
        }
        // A function reads what is in its module's folder or below it.
        for folder in path.ancestors() {
            let module = self.modules.get_mut(folder);
            if module.is_some_and(|module| module.file_read(path)) {
                self.dirty.insert(folder.to_path_buf());
            }
        }
        if path.is_dir() {
            self.rescan(path);
        }
    }

    /// Compares a module's files with its folder.
    fn relist(&mut self, folder: &Path) {
        let listed = self.list(folder);
        let Some(module) = self.modules.get(folder) else {
            return;
        };
        let known: Vec<Arc<Path>> = module.paths().collect();
        let paths: BTreeSet<PathBuf> = listed
            .iter()
            .map(|(_, p, _)| p.to_path_buf())
            .chain(known.iter().map(|p| p.to_path_buf()))
            .collect();
        for path in paths {
            self.reload(folder, &path);
        }
    }

    /// `stockade.toml` or a lock file changed, on disk or in a buffer.
    fn other_changed(&mut self, path: &Path) {
        let Some(folder) = path.parent() else { return };
        match FileKind::of(path) {
            Some(FileKind::Lock) => {
                let lock = lock_of(folder, &self.open);
                if let Some(module) = self.modules.get_mut(folder) {
                    module.set_lock(lock.as_deref());
                    self.dirty.insert(folder.to_path_buf());
                }
            }
            Some(FileKind::Settings) => {
                self.settings_changed();
                // They are shown with their mistakes, even where no module is.
                if self.open.contains_key(path) {
                    self.ensure_root(folder);
                }
                self.dirty.insert(folder.to_path_buf());
            }
            _ if git::concerns(path) => self.git_changed(path),
            _ => {}
        }
    }

    /// A `.gitignore`, git's index, or a file that should be in neither changed.
    fn git_changed(&mut self, path: &Path) {
        let Some(above) = git::reach(path) else {
            return;
        };
        for folder in module::below(&self.modules, above) {
            self.look_at_git(&folder);
        }
    }

    fn look_at_git(&mut self, folder: &Path) {
        let git = self.git_of(folder);
        if let Some(module) = self.modules.get_mut(folder) {
            module.set_git(git);
            self.dirty.insert(folder.to_path_buf());
        }
    }

    fn git_of(&self, folder: &Path) -> Git {
        let own = self.modules.get(folder).into_iter().flat_map(Module::paths);
        let buffers = OpenFiles {
            open: &self.open,
            own: own.collect(),
        };
        Git::around(folder, &buffers, &Repositories::default())
    }

    /// Another root may begin or end here, or have other rules: every module is assigned anew.
    fn settings_changed(&mut self) {
        self.roots.clear();
        self.root_names.clear();
        self.accepted.clear();
        self.shows_settings = true;
        let folders: Vec<PathBuf> = self.modules.keys().cloned().collect();
        for folder in &folders {
            self.configure(folder);
        }
        self.load_around(folders.into_iter().collect());
        self.load_folders();
    }

    /// Gives a module the settings and callers that hold for it now.
    fn configure(&mut self, folder: &Path) {
        let root = self.ensure_root(folder);
        let Some(root) = self.roots.get(&root) else {
            return;
        };
        let config = root.config.clone();
        let installed = root.installed.clone();
        let stores = root.all_stores.clone();
        let is_called = self.is_called(folder);
        let named: Vec<(FileId, Arc<Path>)> = config
            .variable_files
            .iter()
            .map(|p| self.files.intern(p))
            .collect();
        if let Some(module) = self.modules.get_mut(folder) {
            module.set_config(config);
            module.set_installed(&installed);
            module.set_stores(&stores);
            module.set_named_variables(named);
            module.set_called(is_called);
            self.dirty.insert(folder.to_path_buf());
        }
    }

    fn ensure_module(&mut self, folder: &Path) {
        if self.modules.contains_key(folder) {
            return;
        }
        self.load([folder.to_path_buf()]);
        self.load_around([folder.to_path_buf()].into());
    }

    /// Loads the modules whose values cross to these: who calls them, directly or not, and what is called.
    fn load_around(&mut self, folders: BTreeSet<PathBuf>) {
        let around = self.around(folders).into_iter();
        let there: Vec<PathBuf> = around.filter(|folder| folder.is_dir()).collect();
        self.load(there);
    }

    /// Loads a folder that has become a module, if modules that are loaded call it.
    fn load_for_callers(&mut self, folder: &Path) {
        let callers = self.roots.values().flat_map(|r| r.graph.callers(folder));
        let callers = callers.filter(|caller| self.modules.contains_key(*caller));
        let callers: BTreeSet<PathBuf> = callers.map(Path::to_path_buf).collect();
        if !callers.is_empty() {
            self.dirty.extend(callers.iter().cloned());
            self.load_around(callers);
        }
    }

    /// These folders, their callers, and what all of them call.
    fn around(&self, folders: BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        let graphs: Vec<&CallGraph> = self.roots.values().map(|root| &root.graph).collect();
        around(folders, &graphs)
    }

    /// What a module is read from.
    fn listed(&mut self, folder: PathBuf) -> Listed {
        let root = self.ensure_root(&folder);
        self.options.progress.add_module();
        Listed {
            progress: self.options.progress.clone(),
            files: self.list(&folder),
            config: self.roots[&root].config.clone(),
            folder,
        }
    }

    fn add_module(&mut self, module: Module) {
        let folder = module.sources.folder.to_path_buf();
        self.modules.insert(folder.clone(), module);
        self.configure(&folder);
    }

    /// The files of a folder that are something to a module.
    fn list(&mut self, folder: &Path) -> Vec<(FileId, Arc<Path>, FileKind)> {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Vec::new();
        };
        let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
        paths.sort();
        let kept = paths
            .into_iter()
            .filter_map(|path| Some((FileKind::of(&path)?, path)));
        kept.filter(|(kind, path)| kind.is_source() && !path.is_dir())
            .map(|(kind, path)| {
                let (id, path) = self.files.intern(&path);
                (id, path, kind)
            })
            .collect()
    }

    /// The root of a folder, scanned for calls when it is new.
    fn ensure_root(&mut self, folder: &Path) -> PathBuf {
        let known = self.root_names.get(folder).cloned();
        let root = known.unwrap_or_else(|| {
            let root = root_of(folder);
            self.root_names.insert(folder.to_path_buf(), root.clone());
            root
        });
        if !self.roots.contains_key(&root) {
            let loaded = self.load_root(&root);
            self.roots.insert(root.clone(), loaded);
            self.shows_settings = true;
            let called = self.roots[&root].graph.called();
            self.called_again(called.map(Path::to_path_buf).collect());
            // What is loaded may say something else than what is on disk.
            let below = module::below(&self.modules, &root).into_iter();
            for folder in below.filter(|f| root_of(f) == root) {
                let stores = self.modules[&folder].sources.own_stores();
                self.set_stores(&folder, stores);
            }
        }
        root
    }

    /// Whether a module's users call it, in any workspace that is known.
    fn is_called(&self, folder: &Path) -> bool {
        let mut graphs = self.roots.values().map(|root| &root.graph);
        graphs.any(|graph| graph.has_inputs(folder))
    }

    /// Tells loaded modules whether they are called.
    fn called_again(&mut self, folders: Vec<PathBuf>) {
        for folder in folders {
            let is_called = self.is_called(&folder);
            if let Some(module) = self.modules.get_mut(&folder)
                && module.set_called(is_called)
            {
                self.dirty.insert(folder);
            }
        }
    }

    fn load_root(&self, root: &Path) -> Root {
        let settings = root.join(stockade_model::file::SETTINGS);
        let read = match self.open.get(&settings) {
            Some(open) => Ok(open.text.clone()),
            None => source::read(&settings),
        };
        let unreadable = read.as_ref().err().filter(|_| settings.exists());
        let unreadable = unreadable.map(|why| ConfigError {
            range: 0..0,
            message: format!("{why}; no setting of it holds"),
        });
        let text = match &unreadable {
            Some(_) => Some(String::new()),
            None => read.ok(),
        };
        let own_rules = crate::own_rules::read(root);
        let rules = self.options.rules.iter().cloned();
        let catalog = Catalog::with(own_rules.pages.into_iter().chain(rules).collect());
        let (mut config, mut config_errors) = match &text {
            Some(text) => Config::parse(root, text, &catalog.selectable()),
            None => (Config::default_for(root), Vec::new()),
        };
        config.catalog = catalog;
        config_errors.extend(unreadable);
        let mut faulty = own_rules.faulty;
        match crate::snyk::of(root) {
            Ok(policy) => config.policy = Arc::new(policy),
            Err(fault) => faulty.push(fault),
        }
        let (folders, skipped) = module_folders(root, |p| config.excludes(p));
        let mut installed = Installed::default();
        for folder in &folders {
            installed.add(Installed::of_root(folder));
        }
        let (graph, stores) = call_graph(&folders, &installed);
        let all_stores = Arc::new(stores.values().flatten().cloned().collect());
        Root {
            config: Arc::new(config),
            config_text: text,
            config_errors,
            faulty,
            graph,
            stores,
            all_stores,
            installed: Arc::new(installed),
            skipped,
            folders,
        }
    }

    /// Scans a folder that is not loaded for its module calls.
    fn scan_calls(&mut self, folder: &Path) {
        let root = self.ensure_root(folder);
        let scanned = Scanned::of(folder, &self.roots[&root].installed);
        self.set_stores(folder, scanned.stores);
        self.set_calls(folder, scanned.callees);
    }

    fn rescan(&mut self, path: &Path) {
        let (folders, _) = module_folders(path, |_| false);
        for folder in folders {
            if !self.modules.contains_key(&folder) {
                self.scan_calls(&folder);
            }
        }
    }

    /// The calls of a loaded module may have changed.
    fn calls_changed(&mut self, folder: &Path) {
        let Some(module) = self.modules.get_mut(folder) else {
            return;
        };
        let stores = module.changed_stores();
        if let Some(callees) = module.changed_calls() {
            self.set_calls(folder, callees);
        }
        if let Some(stores) = stores {
            self.set_stores(folder, stores);
        }
    }

    /// Tells the modules of a workspace where one of them keeps its state.
    fn set_stores(&mut self, folder: &Path, stores: BTreeSet<SmolStr>) {
        let name = self.ensure_root(folder);
        let Some(root) = self.roots.get_mut(&name) else {
            return;
        };
        let old = match stores.is_empty() {
            true => root.stores.remove(folder),
            false => root.stores.insert(folder.to_path_buf(), stores.clone()),
        };
        if old.unwrap_or_default() == stores {
            return;
        }
        root.all_stores = Arc::new(root.stores.values().flatten().cloned().collect());
        let all = root.all_stores.clone();
        for folder in module::below(&self.modules, &name) {
            let module = self.modules.get_mut(&folder);
            let own = module.filter(|_| root_of(&folder) == name);
            if own.is_some_and(|module| module.set_stores(&all)) {
                self.dirty.insert(folder);
            }
        }
    }

    fn set_calls(&mut self, folder: &Path, callees: BTreeSet<PathBuf>) {
        let root = self.ensure_root(folder);
        let Some(root) = self.roots.get_mut(&root) else {
            return;
        };
        let changed = root.graph.set(folder, callees);
        if changed.is_empty() {
            return;
        }
        self.called_again(changed);
        if self.modules.contains_key(folder) {
            self.load_around([folder.to_path_buf()].into());
        }
    }

    /// With the whole workspace published, every module of it is to be loaded.
    fn load_folders(&mut self) {
        if self.options.publish == Publish::Workspace {
            self.scan.add(self.folders.iter().cloned());
        }
    }

    /// The same for what has come with changes on disk.
    fn scan_changed(&mut self, paths: &[PathBuf]) {
        if self.options.publish != Publish::Workspace {
            return;
        }
        let paths = paths.iter().map(|path| normalize(path));
        let new = paths.filter_map(|path| match FileKind::of(&path) {
            Some(kind) if kind.is_source() => path.parent().map(Path::to_path_buf),
            _ => path.is_dir().then_some(path),
        });
        let new: Vec<PathBuf> = new.filter(|f| !self.modules.contains_key(f)).collect();
        // From the workspace folder on: what is ignored is so by what stands above it.
        let has_new = |folder: &&PathBuf| new.iter().any(|f| f.starts_with(folder));
        self.scan.add(self.folders.iter().filter(has_new).cloned());
    }

    /// Looks at a few more modules of the workspace folders, where all of these are published. `None` when all have been
    /// looked at.
    pub fn scan(&mut self) -> Option<ScanState> {
        match self.scan.next()? {
            Next::Find(place) => {
                let (mut folders, _) = self.folders_below(&place);
                folders.retain(|folder| !self.modules.contains_key(folder));
                self.scan.found(folders);
            }
            Next::Load(folders) => {
                self.load(folders.iter().cloned());
                self.load_around(folders.into_iter().collect());
            }
        }
        Some(self.scan.state())
    }

    /// How far [`Workspace::scan`] is.
    pub(crate) fn scan_state(&self) -> ScanState {
        self.scan.state()
    }

    /// Whether [`Workspace::scan`] has something to look at.
    pub fn is_scanning(&self) -> bool {
        !self.scan.is_over()
    }

    /// Drops modules that nothing is shown of.
    fn forget_unused(&mut self) {
        let whole = self.options.publish == Publish::Workspace;
        let is_used = |(folder, module): &(&PathBuf, &Module)| {
            let in_folder = whole && self.folders.iter().any(|f| folder.starts_with(f));
            module.has_open() || self.kept.contains(*folder) || in_folder && module.has_files()
        };
        let used = self.modules.iter().filter(is_used);
        let used = self.around(used.map(|(folder, _)| folder.clone()).collect());
        let loaded = self.modules.keys();
        let unused: Vec<PathBuf> = loaded.filter(|f| !used.contains(*f)).cloned().collect();
        for folder in unused {
            self.modules.remove(&folder);
            self.dirty.insert(folder);
        }
    }

    /// `stockade.toml` is shown with its mistakes.
    fn add_settings(&mut self, snapshot: &mut Snapshot) {
        self.add_faulty(snapshot);
        for (path, root) in &self.roots {
            let settings = path.join(stockade_model::file::SETTINGS);
            let Some(text) = &root.config_text else {
                snapshot.remove_file(&settings);
                continue;
            };
            let (_, shared) = self.files.intern(&settings);
            let version = self.open.get(&settings).map(|o| o.version);
            let errors = root.config_errors.iter();
            let reports = errors.map(|e| Report::configuration(&shared, e)).collect();
            let file = FileSnapshot::of_text(version, text, reports);
            snapshot.put_file(shared, Arc::new(file));
        }
    }

    /// Pages of rules that can't be used are shown with their mistakes.
    fn add_faulty(&mut self, snapshot: &mut Snapshot) {
        let pages = snapshot.all_files().map(|(path, _)| path.clone());
        let may_be = |p: &Arc<Path>| crate::own_rules::concerns(p) || crate::snyk::concerns(p);
        let old: Vec<Arc<Path>> = pages.filter(may_be).collect();
        old.iter().for_each(|path| snapshot.remove_file(path));
        for faulty in self.roots.values().flat_map(|root| &root.faulty) {
            let (_, shared) = self.files.intern(&faulty.path);
            let errors = faulty.errors.iter();
            let reports = errors.map(|e| Report::configuration(&shared, e)).collect();
            let file = FileSnapshot::of_text(None, &faulty.text, reports);
            snapshot.put_file(shared, Arc::new(file));
        }
    }

    /// How many of the arguments with wanted names have a value that is known, in all modules that were asked for.
    pub fn known(&self, wanted: &dyn Fn(&str) -> bool) -> Known {
        let mut known = Known::default();
        let asked = self.modules.iter().filter(|(f, _)| self.kept.contains(*f));
        asked.for_each(|(_, module)| module.known(wanted, &mut known));
        known
    }

    /// What a plan of a root module that is loaded would list, as far as it can be known.
    pub fn planned(&self, root: &Path) -> Vec<Planned> {
        planned::planned(&self.modules, root)
    }

    /// What could not be seen in the files that are shown.
    pub fn unseen(&self, is_shown: impl Fn(&Path) -> bool) -> Unseen {
        let mut all = Unseen::default();
        for (folder, module) in &self.modules {
            if self.kept.is_empty() || self.kept.contains(folder) {
                all.add(module.unseen(&is_shown));
            }
        }
        all
    }

    /// Folders with configuration below a path that are not looked at, each with why.
    pub fn left_out(&mut self, path: &Path) -> Vec<Skipped> {
        if !path.is_dir() {
            return Vec::new();
        }
        let config = self.config(path);
        stockade_model::workspace::left_out(&normalize(path), |p| config.excludes(p))
    }

    /// Folders and files below the roots that could not be looked at.
    pub fn skipped(&self) -> Vec<Skipped> {
        self.roots
            .values()
            .flat_map(|r| r.skipped.iter().cloned())
            .collect()
    }
}

/// The text of a module's lock file: that of a buffer, else the disk's.
fn lock_of(folder: &Path, open: &BTreeMap<PathBuf, Open>) -> Option<String> {
    let path = folder.join(".terraform.lock.hcl");
    let open = open.get(&path).map(|open| open.text.clone());
    open.or_else(|| source::read(&path).ok())
}

/// These folders, their callers, and what all of them call.
pub(crate) fn around(folders: BTreeSet<PathBuf>, graphs: &[&CallGraph]) -> BTreeSet<PathBuf> {
    let callers = |folder: &Path| {
        let all = graphs.iter().flat_map(|graph| graph.callers(folder));
        all.map(Path::to_path_buf).collect::<Vec<_>>()
    };
    let callees = |folder: &Path| {
        let all = graphs.iter().flat_map(|graph| graph.callees(folder));
        all.map(Path::to_path_buf).collect::<Vec<_>>()
    };
    reached(reached(folders, callers), callees)
}

/// What is reached from some folders, these included.
pub(crate) fn reached(
    from: BTreeSet<PathBuf>,
    next: impl Fn(&Path) -> Vec<PathBuf>,
) -> BTreeSet<PathBuf> {
    let mut todo: Vec<PathBuf> = from.iter().cloned().collect();
    let mut all = from;
    while let Some(folder) = todo.pop() {
        for other in next(&folder) {
            if all.insert(other.clone()) {
                todo.push(other);
            }
        }
    }
    all
}

fn related_positions(
    snapshot: &Snapshot,
    reports: &[Report],
    encoding: Encoding,
) -> Vec<(Position, Position)> {
    let related = reports.iter().flat_map(|report| &report.related);
    let places = related.filter_map(|related| {
        let rope = &snapshot.file(&related.path)?.rope;
        let at = |offset| position(rope, offset, encoding);
        Some((at(related.range.start()), at(related.range.end())))
    });
    places.collect()
}

fn replace(rope: &mut stockade_text::Rope, change: &Change, encoding: Encoding) {
    let Some((start, end)) = change.range else {
        *rope = stockade_text::Rope::from_str(&change.text);
        return;
    };
    let range = range_of(rope, (start, end), encoding);
    let (from, to) = (
        rope.byte_to_char(range.start().into()),
        rope.byte_to_char(range.end().into()),
    );
    rope.remove(from..to);
    rope.insert(from, &change.text);
}

/// The bytes between two positions, in whichever order they come.
pub(crate) fn range_of(
    rope: &stockade_text::Rope,
    (a, b): (Position, Position),
    encoding: Encoding,
) -> TextRange {
    let (a, b) = (offset(rope, a, encoding), offset(rope, b, encoding));
    TextRange::new(a.min(b), a.max(b))
}

/// Who calls whom among some folders, and among what was fetched for them.
fn call_graph(
    folders: &[PathBuf],
    installed: &Installed,
) -> (CallGraph, BTreeMap<PathBuf, BTreeSet<SmolStr>>) {
    let mut stores = BTreeMap::new();
    let mut graph = CallGraph::default();
    let mut seen: BTreeSet<PathBuf> = folders.iter().cloned().collect();
    let mut todo = folders.to_vec();
    while !todo.is_empty() {
        let scanned: Vec<(PathBuf, Scanned)> = std::mem::take(&mut todo)
            .into_par_iter()
            .map(|folder| {
                let scanned = Scanned::of(&folder, installed);
                (folder, scanned)
            })
            .collect();
        for (folder, scanned) in scanned {
            let callees = scanned.callees;
            if !scanned.stores.is_empty() && !is_installed(&folder) {
                stores.insert(folder.clone(), scanned.stores);
            }
            let fetched = callees.iter().filter(|c| is_installed(c));
            todo.extend(fetched.filter(|c| seen.insert((*c).clone())).cloned());
            graph.set(&folder, callees);
        }
    }
    (graph, stores)
}

/// What a raw scan of a folder's files tells about it.
#[derive(Debug, Default)]
struct Scanned {
    /// The folders that it calls.
    callees: BTreeSet<PathBuf>,
    /// Where it keeps its state.
    stores: BTreeSet<SmolStr>,
}

impl Scanned {
    fn of(folder: &Path, installed: &Installed) -> Scanned {
        let mut scanned = Scanned::default();
        let Ok(entries) = std::fs::read_dir(folder) else {
            return scanned;
        };
        let paths = entries.filter_map(|e| Some(e.ok()?.path()));
        let configuration =
            paths.filter(|p| FileKind::of(p).is_some_and(FileKind::is_configuration));
        for path in configuration {
            let text = source::read(&path).unwrap_or_default();
            let notation = Notation::of(&path);
            for (name, source) in notation.module_calls(&text, &path) {
                scanned
                    .callees
                    .extend(installed.callee(folder, &name, &source));
            }
            if notation == Notation::Hcl {
                scanned.stores.extend(stores_in(&text));
            }
        }
        scanned
    }
}
