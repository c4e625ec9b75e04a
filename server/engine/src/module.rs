//! A module under evaluation: its files, what they declare, what was computed and found.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use stockade_eval::{Step, Symbol, Value};
use stockade_model::backend;
use stockade_model::git::Git;
use stockade_model::installed::Installed;
use stockade_model::overrides;
use stockade_model::{Address, BlockId, BlockKind, FileId, FileKind, file};
use stockade_rules::finding::Place;
use stockade_schema::version::Interval;
use stockade_syntax::ast::{Attribute, Block};
use stockade_syntax::{Changes, Document, Lowered, Segment, SegmentId, State};
use stockade_text::{Encoding, TextSize};

use crate::config::Config;
use crate::index::{Entry, Index, Mark, Role, Touched, local_address};
use crate::instance::{CallSite, Given, Instance, View};
use crate::memo::Key;
use crate::source::SourceFile;
use crate::versions::Versions;
use crate::workspace::{Change, range_of};
use crate::written::Written;

/// Rule evaluations, one for each rule on one block: what contract 4 counts.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// Rule id and block address.
    pub evaluated: Vec<(SmolStr, Address)>,
    /// Segments whose text was looked at for secrets.
    pub scanned: usize,
}

impl Work {
    pub(crate) fn add(&mut self, other: Work) {
        self.evaluated.extend(other.evaluated);
        self.scanned += other.scanned;
    }
}

/// Modules by folder.
pub(crate) type Modules = BTreeMap<PathBuf, Module>;

/// The folders of the modules in a folder and below it, which stand side by side.
pub(crate) fn below(modules: &Modules, folder: &Path) -> Vec<PathBuf> {
    let from = (Bound::Included(folder), Bound::Unbounded);
    let folders = modules.range::<Path, _>(from).map(|(f, _)| f);
    folders
        .take_while(|f| f.starts_with(folder))
        .cloned()
        .collect()
}

/// Modules that are taken from all, to be worked on at once, and put back when this is dropped.
pub(crate) struct Chosen<'m> {
    all: &'m mut Modules,
    pub(crate) taken: Vec<(PathBuf, Module)>,
}

impl<'m> Chosen<'m> {
    /// Those of the modules that have these folders: what that costs does not depend on how many others there are.
    pub(crate) fn new(all: &'m mut Modules, folders: &BTreeSet<PathBuf>) -> Chosen<'m> {
        let taken = folders.iter().filter_map(|folder| all.remove_entry(folder));
        let taken = taken.collect();
        Chosen { all, taken }
    }
}

impl Drop for Chosen<'_> {
    fn drop(&mut self) {
        self.all.extend(self.taken.drain(..));
    }
}

/// Does some work on each, in parallel when there are several.
pub(crate) fn on_each<T: Send, R: Send>(
    all: &mut [T],
    work: impl Fn(&mut T) -> R + Sync + Send,
) -> Vec<R> {
    match all {
        [one] => vec![work(one)],
        several => several.par_iter_mut().map(work).collect(),
    }
}

/// Evaluates modules, in parallel when there are several. Returns those with a value, or its origin, that is another one.
pub(crate) fn evaluate(modules: &mut Modules, folders: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let moved =
        |(folder, module): &mut (PathBuf, Module)| module.evaluate().then(|| folder.clone());
    let moved = on_each(&mut Chosen::new(modules, folders).taken, moved);
    moved.into_iter().flatten().collect()
}

/// A folder of files, evaluated as one.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) sources: Arc<Sources>,
    /// Never empty.
    pub(crate) instances: Vec<Instance>,
    /// Whether others call it, and not only to show it: its defaults are not what its users get.
    pub(crate) is_called: bool,
    must_be_given: bool,
    touched: Touched,
    /// What this module called when [`Module::changed_calls`] was last asked.
    calls: Option<BTreeSet<PathBuf>>,
    calls_may_differ: bool,
    own_stores: Option<BTreeSet<SmolStr>>,
    all_rules: bool,
    /// What was found in the text.
    pub(crate) written: Written,
    /// The segments to look at again for it.
    texts: FxHashSet<BlockId>,
}

/// What evaluation reads: text, declarations and settings.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    pub(crate) folder: Arc<Path>,
    pub(crate) files: BTreeMap<FileId, SourceFile>,
    pub(crate) index: Index,
    pub(crate) config: Arc<Config>,
    pub(crate) versions: Versions,
    /// What `terraform init` fetched in this workspace.
    pub(crate) installed: Arc<Installed>,
    pub(crate) lock: Option<Arc<str>>,
    /// The buckets and storage accounts in which the workspace keeps its states.
    pub(crate) stores: Arc<BTreeSet<SmolStr>>,
    /// What git makes of the files beside it.
    pub(crate) git: Arc<Git>,
    /// `.tfvars` files that settings name, weakest first.
    named_variables: Vec<FileId>,
    /// Files that can't be read: absence can't be claimed.
    pub(crate) has_hidden_parts: bool,
    /// The strongest of the `.tfvars` files that count and can't be read: what they don't outdo is unknown.
    hidden_variables: Option<u32>,
}

impl Module {
    pub(crate) fn new(folder: Arc<Path>, config: Arc<Config>, files: Vec<SourceFile>) -> Module {
        let mut module = Module {
            sources: Arc::new(Sources {
                folder,
                files: BTreeMap::new(),
                index: Index::default(),
                config,
                versions: Versions::default(),
                installed: Arc::default(),
                lock: None,
                stores: Arc::default(),
                git: Arc::default(),
                named_variables: Vec::new(),
                has_hidden_parts: false,
                hidden_variables: None,
            }),
            instances: vec![Instance::default()],
            is_called: false,
            must_be_given: true,
            touched: Touched {
                settings: true,
                ..Touched::default()
            },
            calls: None,
            calls_may_differ: true,
            own_stores: None,
            all_rules: false,
            written: Written::default(),
            texts: FxHashSet::default(),
        };
        let ids: Vec<FileId> = files.iter().map(|file| file.id).collect();
        Arc::make_mut(&mut module.sources)
            .files
            .extend(files.into_iter().map(|file| (file.id, file)));
        module.reassign(&ids);
        module
    }

    /// The same sources, not evaluated yet.
    pub(crate) fn copy_of(sources: &Sources) -> Module {
        let files = sources.files.values().cloned().collect();
        let mut module = Module::new(sources.folder.clone(), sources.config.clone(), files);
        module.set_lock(sources.lock.as_deref());
        let own = Arc::make_mut(&mut module.sources);
        own.git = sources.git.clone();
        own.stores = sources.stores.clone();
        own.installed = sources.installed.clone();
        own.named_variables.clone_from(&sources.named_variables);
        module.reassign(&[]);
        module
    }

    /// The same sources, evaluated afresh: what a snapshot of the module is worth.
    pub(crate) fn evaluated(sources: &Sources, given: &[Given]) -> Module {
        let mut module = Module::copy_of(sources);
        module.instances = given.iter().map(|_| Instance::default()).collect();
        for (instance, given) in module.instances.iter_mut().zip(given) {
            instance.give(&module.sources, given.clone());
        }
        module.settle();
        module
    }

    /// The module as each of its instances sees it.
    pub(crate) fn views(&self) -> impl Iterator<Item = View<'_>> {
        self.instances.iter().map(|instance| View {
            sources: &self.sources,
            instance,
        })
    }

    /// The types of its resources.
    pub(crate) fn resource_types(&self) -> impl Iterator<Item = SmolStr> {
        self.sources.index.types_of(BlockKind::Resource)
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = Arc<Path>> {
        self.sources.files.values().map(|f| f.path.clone())
    }

    pub(crate) fn file_at(&self, path: &Path) -> Option<&SourceFile> {
        self.sources.files.values().find(|f| &*f.path == path)
    }

    pub(crate) fn is_open(&self, id: FileId) -> bool {
        self.sources
            .files
            .get(&id)
            .is_some_and(|f| f.version.is_some())
    }

    /// The segments of a file that have something in them, in the order of the text.
    pub(crate) fn marked<'s>(
        &self,
        mark: Mark,
        source: &'s SourceFile,
    ) -> Vec<(TextSize, &'s Segment)> {
        let ids = self.sources.index.marked(mark, source.id);
        let found = ids.filter_map(|id| {
            let found = source.document.segment(segment_id(id))?;
            // Another one may have adopted it.
            (found.1.id == segment_id(id)).then_some(found)
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|(start, _)| *start);
        found
    }

    pub(crate) fn has_open(&self) -> bool {
        self.sources.files.values().any(|f| f.version.is_some())
    }

    pub(crate) fn has_files(&self) -> bool {
        !self.sources.files.is_empty()
    }

    /// Adds a file or replaces its whole text.
    pub(crate) fn put(&mut self, file: SourceFile) {
        let id = file.id;
        self.take_out(id);
        Arc::make_mut(&mut self.sources).files.insert(id, file);
        self.reassign(&[id]);
        self.calls_may_differ = true;
    }

    /// Removes a file.
    pub(crate) fn remove(&mut self, id: FileId) {
        self.take_out(id);
        Arc::make_mut(&mut self.sources).files.remove(&id);
        self.reassign(&[]);
        self.calls_may_differ = true;
    }

    /// Edits an open document; false when it is not open.
    pub(crate) fn edit(
        &mut self,
        id: FileId,
        version: i32,
        changes: &[Change],
        encoding: Encoding,
    ) -> bool {
        let Some(file) = Arc::make_mut(&mut self.sources)
            .files
            .get_mut(&id)
            .filter(|f| f.version.is_some())
        else {
            return false;
        };
        file.version = Some(version);
        // What comes before a whole text is gone with it.
        let rewrite = changes.iter().rposition(|c| c.range.is_none());
        if let Some(at) = rewrite {
            let (path, kind, saved) = (file.path.clone(), file.kind, file.saved.clone());
            self.put(SourceFile {
                saved,
                ..SourceFile::open(id, path, kind, &changes[at].text, version)
            });
            return self.edit(id, version, &changes[at + 1..], encoding);
        }
        let mut all = Vec::new();
        for change in changes {
            if let (Some(range), None) = (change.range, &file.unreadable) {
                let range = range_of(file.document.rope(), range, encoding);
                all.push(file.edit(range, &change.text));
            }
        }
        self.sync(id, &all);
        true
    }

    /// An open file was written.
    pub(crate) fn set_saved(&mut self, id: FileId, text: Option<String>) {
        if let Some(file) = Arc::make_mut(&mut self.sources).files.get_mut(&id) {
            file.saved = text.map(Arc::from);
        }
    }

    /// Grows trees of an open file for some milliseconds.
    pub(crate) fn grow(&mut self) -> Option<(Arc<Path>, Document)> {
        let is_growing = |f: &SourceFile| f.version.is_some() && f.document.pending();
        let id = self.sources.files.values().find(|f| is_growing(f))?.id;
        let file = Arc::make_mut(&mut self.sources).files.get_mut(&id)?;
        file.document.finish();
        Some((file.path.clone(), file.document.clone()))
    }

    pub(crate) fn set_config(&mut self, config: Arc<Config>) {
        if !Arc::ptr_eq(&self.sources.config, &config) {
            Arc::make_mut(&mut self.sources).config = config;
            self.all_rules = true;
        }
    }

    pub(crate) fn set_installed(&mut self, installed: &Arc<Installed>) {
        if self.sources.installed != *installed {
            Arc::make_mut(&mut self.sources).installed = installed.clone();
            self.calls_may_differ = true;
            self.must_be_given = true;
        }
    }

    pub(crate) fn set_lock(&mut self, lock: Option<&str>) {
        if self.sources.lock.as_deref() != lock {
            Arc::make_mut(&mut self.sources).lock = lock.map(Arc::from);
            self.touched.settings = true;
            self.touched.lock = true;
        }
    }

    /// Where it keeps its state, when that is not what it was at the last call.
    pub(crate) fn changed_stores(&mut self) -> Option<BTreeSet<SmolStr>> {
        let stores = self.sources.own_stores();
        let is_new = self.own_stores.as_ref() != Some(&stores);
        self.own_stores = Some(stores.clone());
        is_new.then_some(stores)
    }

    /// True if that is new.
    pub(crate) fn set_stores(&mut self, stores: &Arc<BTreeSet<SmolStr>>) -> bool {
        let is_new = self.sources.stores != *stores;
        if is_new {
            self.touched.stores = true;
            Arc::make_mut(&mut self.sources).stores = stores.clone();
        }
        is_new
    }

    pub(crate) fn set_git(&mut self, git: Git) {
        if *self.sources.git == git {
            return;
        }
        Arc::make_mut(&mut self.sources).git = Arc::new(git);
        self.touched.git = true;
        let files = self.sources.files.values();
        let variables = files.filter(|f| f.kind.is_variables()).map(|f| f.id);
        let lines = variables.flat_map(|file| self.sources.index.of_file(file));
        self.texts.extend(lines);
    }

    /// Notes whether others call it. What they pass is given with the next round of calls.
    /// True if that is new.
    pub(crate) fn set_called(&mut self, is_called: bool) -> bool {
        let is_new = self.is_called != is_called;
        self.must_be_given |= is_new;
        self.is_called = is_called;
        is_new
    }

    /// Evaluates the module once for each of these: instances whose inputs stay, stay.
    /// `callers` are the calls behind each. True if there is something to evaluate.
    pub(crate) fn give(&mut self, given: Vec<Given>, callers: Vec<Vec<CallSite>>) -> bool {
        let is_same = self.instances.iter().map(|i| &i.given).eq(&given);
        if !is_same {
            self.instantiate(given);
        }
        for (instance, callers) in self.instances.iter_mut().zip(callers) {
            instance.callers = callers;
        }
        !is_same
    }

    fn instantiate(&mut self, given: Vec<Given>) {
        let mut old: Vec<Option<Instance>> = self.instances.drain(..).map(Some).collect();
        let same = |old: &Option<Instance>, given: &Given| {
            old.as_ref().is_some_and(|i| i.given.inputs == given.inputs)
        };
        let mut new: Vec<(Given, Option<Instance>)> = given
            .into_iter()
            .map(|given| {
                let found = old.iter().position(|o| same(o, &given));
                let instance = found.and_then(|at| old[at].take());
                (given, instance)
            })
            .collect();
        let mut rest = old.into_iter().flatten();
        for (given, instance) in new.iter_mut().filter(|(_, i)| i.is_none()) {
            *instance = rest.next();
            // What its calls yield under the new inputs is known when it has been evaluated.
            if let Some(instance) = instance {
                given.outputs.clone_from(&instance.given.outputs);
            }
        }
        self.instances = new
            .into_iter()
            .map(|(given, instance)| match instance {
                Some(mut instance) => {
                    instance.give(&self.sources, given);
                    instance
                }
                None => Instance::new(&self.sources, given),
            })
            .collect();
    }

    /// The `.tfvars` files that settings name; those elsewhere are read from disk.
    pub(crate) fn set_named_variables(&mut self, named: Vec<(FileId, Arc<Path>)>) {
        let ids: Vec<FileId> = named.iter().map(|(id, _)| *id).collect();
        if self.sources.named_variables == ids {
            return;
        }
        for (id, path) in named {
            Arc::make_mut(&mut self.sources)
                .files
                .entry(id)
                .or_insert_with(|| SourceFile::closed(id, path, FileKind::NamedVariables));
        }
        Arc::make_mut(&mut self.sources).named_variables = ids;
        self.reassign(&[]);
    }

    /// A file that is no part of the module changed on disk; true if a function had read it.
    pub(crate) fn file_read(&mut self, path: &Path) -> bool {
        let Ok(relative) = path.strip_prefix(&self.sources.folder) else {
            return false;
        };
        let relative = SmolStr::new(relative.to_string_lossy());
        let scanned = self.written.readers(&relative);
        let is_scanned = !scanned.is_empty();
        self.texts.extend(scanned);
        let key = Key::File(relative);
        let is_read = self.instances.iter().any(|i| i.memo.is_read(&key));
        if is_read {
            self.touched.changed.push(key);
        }
        is_read || is_scanned
    }

    /// The folders that it calls, when they are not what they were at the last call.
    pub(crate) fn changed_calls(&mut self) -> Option<BTreeSet<PathBuf>> {
        if !std::mem::take(&mut self.calls_may_differ) {
            return None;
        }
        let callees: BTreeSet<PathBuf> = self.sources.callees().flatten().collect();
        let is_new = self.calls.as_ref() != Some(&callees);
        self.calls = Some(callees.clone());
        is_new.then_some(callees)
    }

    /// Evaluates what changed, runs the rules that it concerns, and says which they were.
    pub(crate) fn settle(&mut self) -> Work {
        self.evaluate();
        self.run()
    }

    /// Evaluates what changed; true if a value or its origin is another one.
    pub(crate) fn evaluate(&mut self) -> bool {
        let mut touched = std::mem::take(&mut self.touched);
        self.texts.extend(&touched.texts);
        let facts = if std::mem::take(&mut touched.settings) {
            Arc::make_mut(&mut self.sources).refresh_versions()
        } else {
            Vec::new()
        };
        let mut is_moved = std::mem::take(&mut self.must_be_given);
        let sources = &self.sources;
        let evaluate = |instance: &mut Instance| {
            instance.take(sources, &touched, &facts);
            instance.evaluate(sources)
        };
        is_moved |= on_each(&mut self.instances, evaluate).contains(&true);
        is_moved
    }

    /// Runs the rules that what changed since the last run concerns.
    pub(crate) fn run(&mut self) -> Work {
        let everything = std::mem::take(&mut self.all_rules);
        let mut texts = std::mem::take(&mut self.texts);
        if everything {
            texts.extend(self.sources.index.entries().map(|(id, _)| id));
        }
        let mut work = self.written.run(&self.sources, &texts);
        let sources = &self.sources;
        let run = |instance: &mut Instance| {
            texts.iter().for_each(|id| instance.runs.forget_told(*id));
            instance.run(sources, everything)
        };
        let works = on_each(&mut self.instances, run).into_iter();
        works.for_each(|one| work.add(one));
        work
    }

    /// Takes a file's segments out of the index, those that broken ones have adopted included.
    fn take_out(&mut self, id: FileId) {
        let sources = Arc::make_mut(&mut self.sources);
        for block in sources.index.of_file(id) {
            sources.index.remove(block, &mut self.touched);
        }
        let Some(file) = sources.files.get(&id) else {
            return;
        };
        for (_, segment) in file.document.segments() {
            let block = block_id(segment.id);
            sources.index.set_unparsed(block, None, &mut self.touched);
        }
    }

    /// Gives each file its role; which files a module has decides the roles of others. A segment of
    /// a `new` file that can't be read silences absence.
    fn reassign(&mut self, new: &[FileId]) {
        let hidden: FxHashSet<String> = self
            .sources
            .files
            .values()
            .filter_map(|f| file::hidden_by_tofu(&f.name))
            .collect();
        let ids: Vec<FileId> = self.sources.files.keys().copied().collect();
        for id in ids {
            let role = self.sources.role(id, &hidden);
            self.assign(id, role, new.contains(&id));
        }
        let is_hidden = |f: &SourceFile| f.unreadable.is_some() && f.kind.is_configuration();
        let has_hidden_parts = self.sources.files.values().any(is_hidden);
        if self.sources.has_hidden_parts != has_hidden_parts {
            Arc::make_mut(&mut self.sources).has_hidden_parts = has_hidden_parts;
            self.touched.unparsed = true;
        }
        let unreadable = self
            .sources
            .files
            .values()
            .filter(|f| f.unreadable.is_some());
        let ranks = unreadable.filter_map(|f| match self.sources.role(f.id, &hidden) {
            Some(Role::Variables(rank)) => Some(rank),
            _ => None,
        });
        let hidden_variables = ranks.max();
        if self.sources.hidden_variables != hidden_variables {
            Arc::make_mut(&mut self.sources).hidden_variables = hidden_variables;
            let names: Vec<SmolStr> = self.sources.variables().collect();
            let values = names.iter().cloned().map(Key::Variable);
            self.touched.redefined.extend(values);
            self.touched.assigned.extend(names);
        }
    }

    /// Brings the index in line with a file's segments and its role.
    fn assign(&mut self, id: FileId, role: Option<Role>, is_new: bool) {
        let strangers = self.sources.index.of_file(id).into_iter();
        let strangers =
            strangers.filter(|b| self.sources.index.get(*b).map(|entry| entry.role) != role);
        for block in strangers.collect::<Vec<_>>() {
            Arc::make_mut(&mut self.sources)
                .index
                .remove(block, &mut self.touched);
        }
        let (Some(role), Some(file)) = (role, self.sources.files.get(&id)) else {
            return;
        };
        let document = file.document.clone();
        for (_, segment) in document.segments() {
            let block = block_id(segment.id);
            if self.sources.index.get(block).is_none() {
                let unparsed = is_new || self.sources.index.is_unparsed(block);
                self.declare(id, role, segment, unparsed);
            }
            for (adopted, lowered) in &segment.adopted {
                self.enter(id, role, block_id(*adopted), lowered.clone());
            }
        }
    }

    /// Brings the index in line with edits of a file.
    fn sync(&mut self, id: FileId, changes: &[Changes]) {
        let hidden: FxHashSet<String> = self
            .sources
            .files
            .values()
            .filter_map(|f| file::hidden_by_tofu(&f.name))
            .collect();
        let Some(role) = self.sources.role(id, &hidden) else {
            return;
        };
        let Some(document) = self.sources.files.get(&id).map(|f| f.document.clone()) else {
            return;
        };
        let removed: FxHashSet<SegmentId> = changes
            .iter()
            .flat_map(|c| c.removed.iter().copied())
            .collect();
        let mut was_unparsed = false;
        for segment in removed.iter().filter(|s| document.segment(**s).is_none()) {
            let block = block_id(*segment);
            was_unparsed |= self.sources.index.is_unparsed(block);
            Arc::make_mut(&mut self.sources)
                .index
                .set_unparsed(block, None, &mut self.touched);
            Arc::make_mut(&mut self.sources)
                .index
                .remove(block, &mut self.touched);
        }
        let present: FxHashSet<SegmentId> = changes
            .iter()
            .flat_map(|c| c.changed.iter().chain(&c.added).copied())
            .collect();
        for segment in present {
            let Some((_, segment)) = document.segment(segment) else {
                continue;
            };
            let stays_unparsed =
                was_unparsed || self.sources.index.is_unparsed(block_id(segment.id));
            self.declare(id, role, segment, stays_unparsed);
        }
        self.calls_may_differ = true;
    }

    /// Enters a segment. One that never parsed declares nothing; it only silences absence if it was
    /// there when the file was opened (`unparsed`).
    fn declare(&mut self, file: FileId, role: Role, segment: &Segment, unparsed: bool) {
        let block = block_id(segment.id);
        let header = match (&segment.state, &segment.lowered) {
            (State::Broken(broken), None) if unparsed => Some(broken.header.clone()),
            _ => None,
        };
        Arc::make_mut(&mut self.sources)
            .index
            .set_unparsed(block, header, &mut self.touched);
        let Some(lowered) = segment.lowered.clone() else {
            return Arc::make_mut(&mut self.sources)
                .index
                .remove(block, &mut self.touched);
        };
        // What reads its text had none to read while it was broken.
        if matches!(segment.state, State::Good) {
            self.touched.texts.insert(block);
        }
        self.enter(file, role, block, lowered);
    }

    fn enter(&mut self, file: FileId, role: Role, block: BlockId, lowered: Arc<Lowered>) {
        let entry = self.sources.index.get(block);
        if entry.is_some_and(|e| Arc::ptr_eq(&e.lowered, &lowered)) {
            return; // broken: the last good lowering stands
        }
        let entry = Entry::new(file, role, lowered);
        Arc::make_mut(&mut self.sources)
            .index
            .replace(block, entry, &mut self.touched);
    }
}

impl Sources {
    /// What a file is to the module; `None`: nothing is read from it.
    fn role(&self, id: FileId, hidden: &FxHashSet<String>) -> Option<Role> {
        let file = self.files.get(&id)?;
        match file.kind {
            kind if kind.is_configuration() && hidden.contains(file.name.as_str()) => None,
            FileKind::Configuration | FileKind::Terragrunt => Some(Role::Base),
            FileKind::Override => Some(Role::Override),
            FileKind::AutoVariables => {
                let automatic = self
                    .files
                    .values()
                    .filter(|f| f.kind == FileKind::AutoVariables);
                let order = file::variables_order(&file.name);
                let weaker = automatic
                    .filter(|f| file::variables_order(&f.name) < order)
                    .count();
                Some(Role::Variables(u32::try_from(weaker).unwrap_or(u32::MAX)))
            }
            FileKind::NamedVariables => {
                let rank = self.named_variables.iter().position(|n| *n == id);
                Some(rank.map_or(Role::Unnamed, |rank| {
                    Role::Variables(1_000_000 + u32::try_from(rank).unwrap_or(0))
                }))
            }
            _ => None,
        }
    }

    /// The names of the variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = SmolStr> {
        let addresses = self.index.addresses();
        let variables = addresses.filter(|a| a.kind == BlockKind::Variable);
        variables.map(|a| a.name.clone())
    }

    /// The folders of the modules that it calls; `None` for one that isn't on this machine.
    pub(crate) fn callees(&self) -> impl Iterator<Item = Option<PathBuf>> {
        let blocks = self.index.of_type(BlockKind::Module, "");
        blocks.map(|block| self.callee(block))
    }

    /// Where the module keeps its state.
    pub(crate) fn own_stores(&self) -> BTreeSet<SmolStr> {
        let blocks = self.index.of_type(BlockKind::Terraform, "");
        let blocks = blocks.filter_map(|id| self.index.get(id)?.block());
        blocks.flat_map(backend::stores_of).collect()
    }

    /// The folder that a `module` block calls, local or fetched; `None` when it isn't on this machine.
    pub(crate) fn callee(&self, block: BlockId) -> Option<PathBuf> {
        let block = self.in_force(block)?;
        let source = block.body.attribute("source")?.value.literal_string()?;
        let name = &block.labels.first()?.name;
        self.installed.callee(&self.folder, name, &source)
    }

    /// A block of a base file as override files leave it.
    pub(crate) fn in_force(&self, id: BlockId) -> Option<Cow<'_, Block>> {
        let entry = self.index.get(id)?;
        Some(self.merged(entry.block()?, entry.address()?))
    }

    /// A block as override files leave it.
    pub(crate) fn merged<'b>(&self, block: &'b Block, address: &Address) -> Cow<'b, Block> {
        let mut overrides = self.index.overrides(address).to_vec();
        if overrides.is_empty() {
            return Cow::Borrowed(block);
        }
        overrides.sort_by_cached_key(|id| self.order(*id));
        let blocks = overrides
            .iter()
            .filter_map(|id| self.index.get(*id)?.block());
        Cow::Owned(overrides::merged(block, blocks))
    }

    /// What gives a local its value, and the block it stands in: the last override file, or its definition.
    pub(crate) fn local_in_force(&self, name: &str) -> Option<(BlockId, &Attribute)> {
        let address = local_address(&SmolStr::new(name));
        let over = self.last_override(&address, name);
        over.or_else(|| self.local(name))
    }

    /// What gives a variable of a called module, or one that nothing assigns, its value.
    pub(crate) fn default_in_force(&self, name: &SmolStr) -> Option<(BlockId, &Attribute)> {
        let address = variable_address(name);
        let base = || {
            let id = self.first_named(&address)?;
            Some((id, self.index.get(id)?.block()?.body.attribute("default")?))
        };
        self.last_override(&address, "default").or_else(base)
    }

    fn last_override(&self, address: &Address, argument: &str) -> Option<(BlockId, &Attribute)> {
        let overrides = self.index.overrides(address).iter();
        let setting = overrides.filter_map(|id| {
            let block = self.index.get(*id)?.block()?;
            Some((*id, block.body.attribute(argument)?))
        });
        setting.max_by_key(|(id, _)| self.order(*id))
    }

    /// Where a symbol gets its value: the block and the way into it. `is_root`: tfvars files count.
    pub(crate) fn definition(
        &self,
        symbol: &Symbol,
        path: &[Step],
        is_root: bool,
    ) -> Option<Place> {
        let (block, mut steps) = match symbol {
            Symbol::Variable(name) => match self.assignment(name).filter(|_| is_root) {
                Some((id, _)) => (id, vec![Step::Attr(name.clone())]),
                None => match self.default_in_force(name) {
                    Some((id, _)) => (id, vec![Step::Attr("default".into())]),
                    None => (self.first_named(&variable_address(name))?, Vec::new()),
                },
            },
            Symbol::Local(name) => (self.local_in_force(name)?.0, vec![Step::Attr(name.clone())]),
            Symbol::Block(address) => (self.first_named(address)?, Vec::new()),
        };
        let is_block = matches!(symbol, Symbol::Block(_));
        // The first step into a block is one of its arguments.
        steps.extend(path.iter().enumerate().map(|(i, step)| match step {
            Step::Key(name) if is_block && i == 0 => Step::Attr(name.clone()),
            other => other.clone(),
        }));
        Some(Place { block, path: steps })
    }

    /// The declaration of a variable.
    pub(crate) fn variable(&self, name: &SmolStr) -> Option<&Block> {
        let address = variable_address(name);
        self.index.get(self.first_named(&address)?)?.block()
    }

    /// Whether a `.tfvars` file that can't be read may set a variable of a root module.
    pub(crate) fn may_be_set(&self, name: &str) -> bool {
        let Some(hidden) = self.hidden_variables else {
            return false;
        };
        let own = self.assignment(name).and_then(|(id, _)| self.index.get(id));
        own.is_none_or(|own| matches!(own.role, Role::Variables(rank) if rank < hidden))
    }

    /// The `.tfvars` line that counts for a variable of a root module.
    pub(crate) fn assignment(&self, name: &str) -> Option<(BlockId, &Attribute)> {
        let entries = self
            .index
            .assignments(name)
            .iter()
            .filter_map(|id| Some((*id, self.index.get(*id)?)));
        let rank = |entry: &Entry| match entry.role {
            Role::Variables(rank) => rank,
            _ => 0,
        };
        let (id, entry) = entries.max_by_key(|(id, entry)| (rank(entry), self.start(*id)))?;
        Some((id, entry.attribute()?))
    }

    /// The definition of a local, and the block it stands in.
    pub(crate) fn local(&self, name: &str) -> Option<(BlockId, &Attribute)> {
        let id = self.first(self.index.locals(name))?;
        Some((id, self.index.get(id)?.local(name)?))
    }

    /// The block of an address: the first one in file order, should there be several.
    pub(crate) fn first_named(&self, address: &Address) -> Option<BlockId> {
        self.first(self.index.named(address))
    }

    fn first(&self, ids: &[BlockId]) -> Option<BlockId> {
        match ids {
            [] => None,
            [only] => Some(*only),
            several => several.iter().copied().min_by_key(|id| self.order(*id)),
        }
    }

    /// A block's place among all of the module's.
    pub(crate) fn order(&self, id: BlockId) -> (Option<SmolStr>, Option<TextSize>) {
        let file = self.index.get(id).and_then(|e| self.files.get(&e.file));
        (file.map(|f| f.name.clone()), self.start(id))
    }

    /// Where a block's segment starts in its file.
    pub(crate) fn start(&self, id: BlockId) -> Option<TextSize> {
        let file = self.files.get(&self.index.get(id)?.file)?;
        file.document.start_of(segment_id(id))
    }

    /// A block's segment and where it starts.
    pub(crate) fn segment(&self, id: BlockId) -> Option<(&SourceFile, TextSize, &Segment)> {
        let file = self.files.get(&self.index.get(id)?.file)?;
        let (start, segment) = file.document.segment(segment_id(id))?;
        Some((file, start, segment))
    }

    /// `terraform.workspace`, when settings say what it is.
    pub(crate) fn terraform_object(&self) -> Option<Value> {
        let workspace = self.config.terraform_workspace.clone()?;
        Some(Value::object(
            [("workspace".into(), Value::string(workspace.as_str()))].into(),
        ))
    }

    /// Reads a file that a function names, inside the workspace only.
    pub(crate) fn read_file(&self, path: &str) -> Option<Arc<str>> {
        let path = stockade_model::workspace::normalize(&self.folder.join(path));
        let is_inside = path.starts_with(&self.config.root);
        // A link may lead out of the workspace.
        let real = path.canonicalize().ok().filter(|p| {
            is_inside
                && self
                    .config
                    .root
                    .canonicalize()
                    .is_ok_and(|r| p.starts_with(r))
        })?;
        crate::source::read(&real).ok().map(Arc::from)
    }

    /// The versions that a provider may have.
    pub(crate) fn provider_versions(&self, provider: &str) -> Interval {
        self.versions.provider(provider)
    }

    /// Reads required versions again, and says which changed.
    fn refresh_versions(&mut self) -> Vec<Key> {
        let blocks: Vec<&Block> = self
            .index
            .of_type(BlockKind::Terraform, "")
            .filter_map(|id| self.index.get(id)?.block())
            .collect();
        let new = Versions::read(&blocks, self.lock.as_deref());
        let changed = self.versions.difference(&new);
        self.versions = new;
        changed.into_iter().map(Key::Versions).collect()
    }
}

pub(crate) fn variable_address(name: &SmolStr) -> Address {
    Address {
        kind: BlockKind::Variable,
        ty: SmolStr::default(),
        name: name.clone(),
    }
}

/// Documents by the block they hold; the two numbers are one.
pub fn block_id(segment: SegmentId) -> BlockId {
    BlockId(segment.0)
}

/// The segment of a block.
pub(crate) fn segment_id(block: BlockId) -> SegmentId {
    SegmentId(block.0)
}
