//! Which block points at which: the edges that companion rules ask for, kept by their ends so that
//! a change of one block touches only what it pointed at and what it points at now.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use stockade_eval::{Existence, Kind, Reference, Subject, Value};
use stockade_model::{Address, BlockId, BlockKind};

use crate::runs::Read;

/// The argument of a type that links its resources to others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Link {
    pub(crate) ty: SmolStr,
    pub(crate) via: Arc<[SmolStr]>,
}

/// What a link points at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum End {
    /// A block of the module, and the attribute that is taken of it.
    Block(Address, SmolStr),
    /// A known name without a reference.
    Name(Arc<str>),
    /// Can't be known.
    Unresolved,
}

/// The edges of every link that was ever asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    by_link: FxHashMap<Link, Ends>,
    mentions: Mentions,
}

/// Which module calls and outputs have a reference to a block somewhere in them.
#[derive(Clone, Debug, Default)]
struct Mentions {
    of: FxHashMap<BlockId, BTreeSet<Address>>,
    at: FxHashMap<Address, FxHashSet<BlockId>>,
}

#[derive(Clone, Debug, Default)]
struct Ends {
    of: FxHashMap<BlockId, BTreeSet<End>>,
    at: FxHashMap<End, FxHashSet<BlockId>>,
    /// The same by address alone.
    at_block: FxHashMap<Address, FxHashSet<BlockId>>,
    /// The types for which [`Links::relays`] was asked.
    relays_asked: BTreeSet<SmolStr>,
}

impl Links {
    pub(crate) fn knows(&self, link: &Link) -> bool {
        self.by_link.contains_key(link)
    }

    /// The links that a resource of a type has, or had when it was something else.
    fn concerned(&self, id: BlockId, ty: &str) -> Vec<Link> {
        let links = self.by_link.iter();
        links
            .filter(|(link, ends)| link.ty == ty || ends.of.contains_key(&id))
            .map(|(link, _)| link.clone())
            .collect()
    }

    /// Begins to keep a link.
    pub(crate) fn add(&mut self, link: Link) {
        self.by_link.entry(link).or_default();
    }

    /// Sets what a block points at; `None` when it is gone. Returns the ends that gained or lost it.
    pub(crate) fn set(&mut self, link: &Link, id: BlockId, subject: Option<&Subject>) -> Vec<End> {
        let Some(ends) = self.by_link.get_mut(link) else {
            return Vec::new();
        };
        let new = subject.map(|s| ends_of(s, &link.via)).unwrap_or_default();
        let old = ends.of.remove(&id).unwrap_or_default();
        let changed: Vec<End> = old.symmetric_difference(&new).cloned().collect();
        for end in &changed {
            let is_new = new.contains(end);
            update(&mut ends.at, end, id, is_new);
        }
        for end in &changed {
            if let End::Block(address, _) = end {
                let still = new
                    .iter()
                    .any(|e| matches!(e, End::Block(a, _) if a == address));
                update(&mut ends.at_block, address, id, still);
            }
        }
        if !new.is_empty() {
            ends.of.insert(id, new);
        }
        changed
    }

    /// Sets every link of a block and says which reads that changes.
    pub(crate) fn update(&mut self, id: BlockId, subject: Option<&Subject>) -> Vec<Read> {
        let mut changed = self.mentions.update(id, subject);
        let links: Vec<Link> = match subject {
            // What it was before may have had another type.
            Some(subject) => self.concerned(id, &subject.address.ty),
            None => self.by_link.keys().cloned().collect(),
        };
        for link in links {
            let was_unresolved = self.has_unresolved(&link);
            let subject = subject.filter(|s| s.address.ty == link.ty);
            for end in self.set(&link, id, subject) {
                changed.extend(self.reads_of(&link, end));
            }
            if was_unresolved != self.has_unresolved(&link) {
                changed.push(Read::Unresolved(link));
            }
        }
        changed
    }

    /// The reads that see a block come to or leave an end.
    fn reads_of(&self, link: &Link, end: End) -> Vec<Read> {
        match end {
            End::Block(address, _) => {
                let asked = self
                    .by_link
                    .get(link)
                    .into_iter()
                    .flat_map(|ends| &ends.relays_asked);
                let relays = asked
                    .filter(|ty| **ty != address.ty)
                    .map(|ty| Read::Relays(link.clone(), ty.clone()));
                relays
                    .chain([Read::Pointing(link.clone(), address.clone())])
                    .collect()
            }
            End::Name(name) => vec![Read::Naming(link.clone(), name)],
            End::Unresolved => Vec::new(),
        }
    }

    /// The blocks that point at a block of this address.
    pub(crate) fn at_block(&self, link: &Link, address: &Address) -> Vec<BlockId> {
        let ends = self.by_link.get(link);
        ends.and_then(|e| e.at_block.get(address))
            .into_iter()
            .flatten()
            .copied()
            .collect()
    }

    /// The blocks whose link is this known name.
    pub(crate) fn at_name(&self, link: &Link, name: &str) -> Vec<BlockId> {
        let ends = self.by_link.get(link);
        ends.and_then(|e| e.at.get(&End::Name(name.into())))
            .into_iter()
            .flatten()
            .copied()
            .collect()
    }

    /// The module calls and outputs that mention a block.
    pub(crate) fn mentioning(&self, address: &Address) -> Vec<BlockId> {
        let ids = self.mentions.at.get(address);
        ids.into_iter().flatten().copied().collect()
    }

    /// Whether some link can't be resolved.
    pub(crate) fn has_unresolved(&self, link: &Link) -> bool {
        self.by_link
            .get(link)
            .is_some_and(|e| e.at.contains_key(&End::Unresolved))
    }

    /// The resources of other types that links go to by their `id` or by the very argument they
    /// have in common: `bucket = aws_s3_bucket_versioning.a.id` means that one's bucket.
    pub(crate) fn relays(&mut self, link: &Link, target_type: &str) -> Vec<Address> {
        let Some(ends) = self.by_link.get_mut(link) else {
            return Vec::new();
        };
        ends.relays_asked.insert(SmolStr::new(target_type));
        let last = link.via.last();
        let relay = |end: &End| match end {
            End::Block(address, attribute)
                if address.kind == BlockKind::Resource
                    && address.ty != target_type
                    && (attribute == "id" || Some(attribute) == last) =>
            {
                Some(address.clone())
            }
            _ => None,
        };
        let found: BTreeSet<Address> = ends.at.keys().filter_map(relay).collect();
        found.into_iter().collect()
    }
}

impl Mentions {
    fn update(&mut self, id: BlockId, subject: Option<&Subject>) -> Vec<Read> {
        let passes_on = |s: &&Subject| {
            matches!(s.address.kind, BlockKind::Module | BlockKind::Output)
                && s.existence != Existence::Never
        };
        let mut new = BTreeSet::new();
        if let Some(subject) = subject.filter(passes_on) {
            let values = subject.body.attributes.iter().map(|(_, value)| value);
            values.for_each(|value| mentioned(value, &mut new));
        }
        let old = self.of.remove(&id).unwrap_or_default();
        let changed: Vec<Address> = old.symmetric_difference(&new).cloned().collect();
        for address in &changed {
            update(&mut self.at, address, id, new.contains(address));
        }
        if !new.is_empty() {
            self.of.insert(id, new);
        }
        changed.into_iter().map(Read::Mentions).collect()
    }
}

/// The blocks of the module that a value refers to, itself or in its parts.
fn mentioned(value: &Value, all: &mut BTreeSet<Address>) {
    if let Some(reference) = value.refers.as_ref().filter(|r| r.module.is_none()) {
        all.insert(reference.address.clone());
    }
    match &value.kind {
        Kind::List(_, elements) => elements.iter().for_each(|e| mentioned(e, all)),
        Kind::Object(entries) => entries.values().for_each(|e| mentioned(e, all)),
        Kind::Unknown(unknown) => {
            let parts = unknown.one_of.iter().chain(&unknown.contains);
            parts
                .chain(unknown.entries.values())
                .for_each(|e| mentioned(e, all));
        }
        _ => {}
    }
}

fn update<K: std::hash::Hash + Eq + Clone>(
    map: &mut FxHashMap<K, FxHashSet<BlockId>>,
    key: &K,
    id: BlockId,
    insert: bool,
) {
    if insert {
        map.entry(key.clone()).or_default().insert(id);
    } else if let Some(ids) = map.get_mut(key) {
        ids.remove(&id);
        if ids.is_empty() {
            map.remove(key);
        }
    }
}

/// What a block's value at a path of names points at.
pub(crate) fn ends_of(subject: &Subject, via: &[SmolStr]) -> BTreeSet<End> {
    let mut ends = BTreeSet::new();
    if subject.existence == Existence::Never {
        return ends;
    }
    collect_body(&subject.body, via, &mut ends);
    ends
}

fn collect_body(body: &stockade_eval::EvalBody, via: &[SmolStr], ends: &mut BTreeSet<End>) {
    let Some((first, rest)) = via.split_first() else {
        return;
    };
    if body.is_open(first) {
        ends.insert(End::Unresolved);
    }
    for block in body.blocks_of(first) {
        collect_body(&block.body, rest, ends);
    }
    if let Some(value) = body.get(first) {
        collect_value(value, ends);
    }
}

fn collect_value(value: &Value, ends: &mut BTreeSet<End>) {
    if let Some(reference) = &value.refers {
        if reference.module.is_none() {
            ends.insert(end_of(reference));
        }
        return;
    }
    match &value.kind {
        Kind::Null => {}
        Kind::List(_, elements) => elements.iter().for_each(|e| collect_value(e, ends)),
        Kind::Unknown(unknown) => {
            unknown.one_of.iter().for_each(|v| collect_value(v, ends));
            unknown.contains.iter().for_each(|v| collect_value(v, ends));
            if unknown.one_of.is_empty() {
                ends.insert(End::Unresolved);
            }
        }
        Kind::String(text) => {
            ends.insert(End::Name(text.clone()));
        }
        _ => {}
    }
}

fn end_of(reference: &Reference) -> End {
    match reference.address.kind {
        // A module's output may be anything, a resource of this module included.
        BlockKind::Module => End::Unresolved,
        _ => End::Block(
            reference.address.clone(),
            reference.path.first().cloned().unwrap_or_default(),
        ),
    }
}

/// Where a reference in a value points, for [`stockade_rules::world::World::target`].
pub(crate) fn single_end(value: &Value) -> Option<End> {
    let mut ends = BTreeSet::new();
    collect_value(value, &mut ends);
    let mut ends = ends.into_iter();
    match (ends.next(), ends.next()) {
        (Some(end), None) => Some(end),
        (None, _) => None,
        _ => Some(End::Unresolved),
    }
}
