//! What a module declares and where: kept in step with its segments, one at a time.

use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use stockade_eval::Symbol;
use stockade_model::{Address, BlockId, BlockKind, Declared, FileId};
use stockade_rules::write_only;
use stockade_syntax::ast::{Attribute, Block, Item};
use stockade_syntax::{Header, Lowered};

use crate::memo::Key;
use crate::shards::Shards;
use crate::{rotate, suppress};

/// A segment that declares something.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) file: FileId,
    pub(crate) role: Role,
    pub(crate) declared: Declared,
    pub(crate) lowered: Arc<Lowered>,
    /// Which item of a `locals` block gives a name its value.
    locals: FxHashMap<SmolStr, usize>,
    /// What it refers to, once somebody has asked.
    mentions: OnceLock<Box<[Symbol]>>,
}

/// What a file's segments are to the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Base,
    /// Merged over a block of the same address.
    Override,
    /// Assigns variables; a higher rank wins.
    Variables(u32),
    /// Assigns variables when somebody names its file, which nobody does here.
    Unnamed,
}

impl Entry {
    pub(crate) fn new(file: FileId, role: Role, lowered: Arc<Lowered>) -> Entry {
        let declared = Declared::of(lowered.item.as_ref());
        let mut locals = FxHashMap::default();
        if let (Declared::Locals(_), Some(Item::Block(block))) = (&declared, &lowered.item) {
            for (at, item) in block.body.items.iter().enumerate() {
                if let Item::Attribute(attribute) = item {
                    locals.entry(attribute.name.name.clone()).or_insert(at);
                }
            }
        }
        Entry {
            file,
            role,
            declared,
            lowered,
            locals,
            mentions: OnceLock::new(),
        }
    }

    /// What it refers to.
    pub(crate) fn mentions(&self) -> &[Symbol] {
        self.mentions.get_or_init(|| {
            let items = self.lowered.item.iter();
            items.flat_map(write_only::mentions).collect()
        })
    }

    /// The definition of a local of a `locals` block.
    pub(crate) fn local(&self, name: &str) -> Option<&Attribute> {
        match self.block()?.body.items.get(*self.locals.get(name)?)? {
            Item::Attribute(attribute) => Some(attribute),
            Item::Block(_) => None,
        }
    }

    pub(crate) fn block(&self) -> Option<&Block> {
        match &self.lowered.item {
            Some(Item::Block(block)) => Some(block),
            _ => None,
        }
    }

    pub(crate) fn attribute(&self) -> Option<&Attribute> {
        match &self.lowered.item {
            Some(Item::Attribute(attribute)) => Some(attribute),
            _ => None,
        }
    }

    /// The address, when it is a block of the base configuration.
    pub(crate) fn address(&self) -> Option<&Address> {
        match &self.declared {
            Declared::Block(address) if self.role == Role::Base => Some(address),
            _ => None,
        }
    }
}

/// What an update of the index touched.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// Nodes whose definition is another one now.
    pub(crate) redefined: Vec<Key>,
    /// Facts that changed.
    pub(crate) changed: Vec<Key>,
    /// Blocks that are gone.
    pub(crate) removed: Vec<BlockId>,
    /// Blocks whose text is new: their rules run, whatever the values.
    pub(crate) rewritten: FxHashSet<BlockId>,
    /// Segments whose text came, is new, or went.
    pub(crate) texts: FxHashSet<BlockId>,
    /// What segments that are gone, or have another text now, had referred to.
    pub(crate) unmentioned: FxHashSet<Symbol>,
    /// Variables that a line of a `.tfvars` file began or ceased to assign.
    pub(crate) assigned: FxHashSet<SmolStr>,
    /// Types of which a block came or went.
    pub(crate) types: FxHashSet<(BlockKind, SmolStr)>,
    /// A `terraform` block changed.
    pub(crate) settings: bool,
    /// The lock file changed.
    pub(crate) lock: bool,
    /// Where the workspace keeps its states changed.
    pub(crate) stores: bool,
    /// What git has, or would take, changed.
    pub(crate) git: bool,
    /// What broken segments may be changed.
    pub(crate) unparsed: bool,
}

/// The declarations of a module by name. A snapshot shares what an edit does not change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    entries: Shards<BlockId, Arc<Entry>>,
    addresses: Shards<Address, Vec<BlockId>>,
    locals: Shards<SmolStr, Vec<BlockId>>,
    assignments: Shards<SmolStr, Vec<BlockId>>,
    types: Shards<(BlockKind, SmolStr), Shards<BlockId, ()>>,
    overridden: Shards<Address, Vec<BlockId>>,
    /// Segments that were broken when their file was opened and never parsed since.
    unparsed: Arc<FxHashMap<BlockId, Header>>,
    /// The few segments that every keystroke asks for.
    marked: [Shards<BlockId, ()>; Mark::ALL.len()],
}

/// What few segments have in them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mark {
    /// Comments that suppress findings.
    Suppression,
    /// Write-only arguments.
    WriteOnly,
}

impl Mark {
    const ALL: [Mark; 2] = [Mark::Suppression, Mark::WriteOnly];

    fn is_on(self, lowered: &Lowered) -> bool {
        match self {
            Mark::Suppression => suppress::has_any(lowered),
            Mark::WriteOnly => rotate::has_any(lowered),
        }
    }
}

impl Index {
    pub(crate) fn get(&self, id: BlockId) -> Option<&Entry> {
        self.entries.get(&id).map(|entry| &**entry)
    }

    pub(crate) fn named(&self, address: &Address) -> &[BlockId] {
        self.addresses.get(address).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn locals(&self, name: &str) -> &[BlockId] {
        self.locals
            .get(&SmolStr::new(name))
            .map_or(&[], Vec::as_slice)
    }

    pub(crate) fn assignments(&self, variable: &str) -> &[BlockId] {
        self.assignments
            .get(&SmolStr::new(variable))
            .map_or(&[], Vec::as_slice)
    }

    pub(crate) fn of_type(&self, kind: BlockKind, ty: &str) -> impl Iterator<Item = BlockId> + '_ {
        let ids = self.types.get(&(kind, SmolStr::new(ty)));
        ids.into_iter().flat_map(Shards::keys).copied()
    }

    /// The blocks of a kind, whatever their type.
    pub(crate) fn of_kind(&self, kind: BlockKind) -> impl Iterator<Item = BlockId> + '_ {
        let types = self.types.iter().filter(move |((k, _), _)| *k == kind);
        types.flat_map(|(_, ids)| ids.keys()).copied()
    }

    /// The types of which there is a block of this kind.
    pub(crate) fn types_of(&self, kind: BlockKind) -> impl Iterator<Item = SmolStr> {
        let types = self.types.iter();
        let types = types.filter(move |((k, _), ids)| *k == kind && !ids.is_empty());
        types.map(|((_, ty), _)| ty.clone())
    }

    /// The segments of override files that are merged into what has this address.
    pub(crate) fn overrides(&self, address: &Address) -> &[BlockId] {
        self.overridden.get(address).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (BlockId, &Entry)> {
        self.entries.iter().map(|(id, entry)| (*id, &**entry))
    }

    /// What a file declares, in the order of its numbers.
    pub(crate) fn of_file(&self, file: FileId) -> Vec<BlockId> {
        let own = self.entries().filter(|(_, entry)| entry.file == file);
        let mut ids: Vec<BlockId> = own.map(|(id, _)| id).collect();
        ids.sort_unstable();
        ids
    }

    /// All variables, resources, … by address.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.addresses.keys()
    }

    /// Whether a segment that can't be read may be a block of this type.
    pub(crate) fn may_be_unparsed(&self, kind: BlockKind, ty: &str) -> bool {
        self.unparsed.values().any(|header| match header {
            Header::Unreadable => true,
            Header::Known {
                kind: keyword,
                labels,
            } => {
                Address::kind_of_keyword(keyword) == Some(kind)
                    && labels
                        .first()
                        .is_none_or(|label| kind_has_no_type(kind) || label == ty)
            }
        })
    }

    pub(crate) fn insert(&mut self, id: BlockId, entry: Entry, touched: &mut Touched) {
        match (&entry.declared, entry.role) {
            (Declared::Block(address), Role::Base) => {
                self.addresses.change(address, |ids| ids.push(id));
                self.types.change(&type_of(address), |ids| {
                    ids.insert(id, ());
                });
                touched.rewritten.insert(id);
                touched.redefined.push(Key::Block(id));
            }
            (Declared::Block(address), Role::Override) => {
                self.overridden.change(address, |ids| ids.push(id));
            }
            (Declared::Locals(names), Role::Base) => {
                for name in names {
                    self.locals.change(name, |ids| ids.push(id));
                }
                touched.rewritten.insert(id);
                touched.redefined.push(Key::Block(id));
            }
            (Declared::Locals(names), Role::Override) => {
                for name in names {
                    self.overridden
                        .change(&local_address(name), |ids| ids.push(id));
                }
            }
            (Declared::Assignment(name), Role::Variables(_)) => {
                touched.assigned.insert(name.clone());
                self.assignments.change(name, |ids| ids.push(id));
            }
            _ => {}
        }
        self.touch(&entry, touched);
        touched.texts.insert(id);
        self.mark(id, Some(&entry.lowered));
        self.entries.insert(id, Arc::new(entry));
    }

    fn mark(&mut self, id: BlockId, lowered: Option<&Lowered>) {
        for mark in Mark::ALL {
            let marked = &mut self.marked[mark as usize];
            match lowered.is_some_and(|lowered| mark.is_on(lowered)) {
                true => marked.insert(id, ()),
                false => marked.remove(&id),
            };
        }
    }

    pub(crate) fn has(&self, mark: Mark, id: BlockId) -> bool {
        self.marked[mark as usize].contains(&id)
    }

    /// The segments of a file that have something in them, in no order.
    pub(crate) fn marked(&self, mark: Mark, file: FileId) -> impl Iterator<Item = BlockId> {
        let all = self.marked[mark as usize].keys().copied();
        all.filter(move |id| self.get(*id).is_some_and(|entry| entry.file == file))
    }

    pub(crate) fn remove(&mut self, id: BlockId, touched: &mut Touched) {
        let Some(entry) = self.entries.remove(&id) else {
            return;
        };
        self.mark(id, None);
        forget_mentions(&entry, touched);
        match (&entry.declared, entry.role) {
            (Declared::Block(address), Role::Base) => {
                drop_from(&mut self.addresses, address, id);
                self.types.change(&type_of(address), |ids| {
                    ids.remove(&id);
                });
            }
            (Declared::Block(address), Role::Override) => {
                drop_from(&mut self.overridden, address, id)
            }
            (Declared::Locals(names), Role::Base) => {
                names
                    .iter()
                    .for_each(|name| drop_from(&mut self.locals, name, id));
            }
            (Declared::Locals(names), Role::Override) => {
                names
                    .iter()
                    .for_each(|name| drop_from(&mut self.overridden, &local_address(name), id));
            }
            (Declared::Assignment(name), _) => {
                touched.assigned.insert(name.clone());
                drop_from(&mut self.assignments, name, id);
            }
            _ => {}
        }
        self.touch(&entry, touched);
        touched.texts.insert(id);
        touched.removed.push(id);
    }

    /// The text of a segment changed and what it declares did not: its place in the index stands.
    pub(crate) fn replace(&mut self, id: BlockId, entry: Entry, touched: &mut Touched) {
        let same = self.entries.get(&id).is_some_and(|old| {
            old.declared == entry.declared && old.role == entry.role && old.file == entry.file
        });
        if !same {
            self.remove(id, touched);
            touched.removed.pop();
            return self.insert(id, entry, touched);
        }
        match &entry.declared {
            Declared::Block(address) => match (address.kind, entry.role) {
                (BlockKind::Variable, Role::Override) => {
                    touched.changed.push(Key::Name(address.clone()));
                    touched.redefined.push(Key::Variable(address.name.clone()));
                }
                (_, Role::Override) => touched.changed.push(Key::Name(address.clone())),
                (BlockKind::Variable, _) => {
                    touched.redefined.push(Key::Variable(address.name.clone()))
                }
                (BlockKind::Terraform, _) => touched.settings = true,
                _ => {}
            },
            Declared::Locals(names) => {
                touched
                    .redefined
                    .extend(names.iter().cloned().map(Key::Local));
            }
            Declared::Assignment(name) => touched.redefined.push(Key::Variable(name.clone())),
            Declared::Nothing => {}
        }
        if entry.role == Role::Base {
            touched.redefined.push(Key::Block(id));
            touched.rewritten.insert(id);
        }
        touched.texts.insert(id);
        self.mark(id, Some(&entry.lowered));
        if let Some(old) = self.entries.insert(id, Arc::new(entry)) {
            forget_mentions(&old, touched);
        }
    }

    /// Notes a segment that can't be read, or (`None`) that it can be or is gone.
    pub(crate) fn set_unparsed(
        &mut self,
        id: BlockId,
        header: Option<Header>,
        touched: &mut Touched,
    ) {
        let old = match header {
            Some(header) => Arc::make_mut(&mut self.unparsed).insert(id, header),
            None => Arc::make_mut(&mut self.unparsed).remove(&id),
        };
        touched.unparsed |= old.as_ref() != self.unparsed.get(&id);
    }

    pub(crate) fn is_unparsed(&self, id: BlockId) -> bool {
        self.unparsed.contains_key(&id)
    }

    /// What all entries mean for something that knows none of them.
    pub(crate) fn touch_all(&self, touched: &mut Touched) {
        for (id, entry) in self.entries() {
            self.touch(entry, touched);
            if entry.role == Role::Base {
                touched.redefined.push(Key::Block(id));
                touched.rewritten.insert(id);
            }
        }
    }

    /// What the coming or going of an entry means for others.
    fn touch(&self, entry: &Entry, touched: &mut Touched) {
        match &entry.declared {
            Declared::Block(address) => {
                touched.changed.push(Key::Name(address.clone()));
                match address.kind {
                    BlockKind::Variable => {
                        touched.redefined.push(Key::Variable(address.name.clone()))
                    }
                    BlockKind::Terraform => touched.settings = true,
                    _ => {}
                }
                touched.types.insert(type_of(address));
            }
            Declared::Locals(names) => touched
                .redefined
                .extend(names.iter().cloned().map(Key::Local)),
            Declared::Assignment(name) => touched.redefined.push(Key::Variable(name.clone())),
            Declared::Nothing => {}
        }
    }
}

fn forget_mentions(entry: &Entry, touched: &mut Touched) {
    let known = entry.mentions.get().into_iter().flatten();
    touched.unmentioned.extend(known.cloned());
}

/// Locals share the table of overridden addresses.
pub(crate) fn local_address(name: &SmolStr) -> Address {
    Address {
        kind: BlockKind::Locals,
        ty: SmolStr::default(),
        name: name.clone(),
    }
}

fn type_of(address: &Address) -> (BlockKind, SmolStr) {
    (address.kind, address.ty.clone())
}

fn kind_has_no_type(kind: BlockKind) -> bool {
    !matches!(
        kind,
        BlockKind::Resource | BlockKind::Data | BlockKind::Ephemeral | BlockKind::Provider
    )
}

fn drop_from<K: std::hash::Hash + Eq + Clone>(
    map: &mut Shards<K, Vec<BlockId>>,
    key: &K,
    id: BlockId,
) {
    match map.get(key) {
        Some(ids) if ids.as_slice() == [id] => drop(map.remove(key)),
        Some(_) => map.change(key, |ids| ids.retain(|other| *other != id)),
        None => {}
    }
}
