//! The module as a rule sees it, each answer recorded.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use smol_str::SmolStr;
use stockade_eval::{EvalBody, Existence, SharedSubject, Subject, Symbol, Value};
use stockade_model::git::{Beside, Git};
use stockade_model::{Address, BlockId, BlockKind};
use stockade_rules::Policies;
use stockade_rules::fix::FixEdit;
use stockade_rules::world::{Linked, Target, World, Written};
use stockade_schema::version::Interval;
use stockade_syntax::State;
use stockade_text::TextRange;

use crate::index::Role;
use crate::instance::View;
use crate::links::{End, Link, single_end};
use crate::memo::Key;
use crate::module::{segment_id, variable_address};
use crate::runs::Read;
use crate::scope::Evaluator;
use crate::source::Notation;

/// Answers a rule's questions about the module and notes which they were.
pub(crate) struct Around<'m> {
    view: View<'m>,
    reads: RefCell<FxHashSet<Read>>,
}

impl<'m> Around<'m> {
    pub(crate) fn new(view: View<'m>) -> Around<'m> {
        Around {
            view,
            reads: RefCell::default(),
        }
    }

    /// The rule's own block; not recorded, since every rule of a block runs when it changes.
    pub(crate) fn own(&self, id: BlockId) -> Option<SharedSubject> {
        self.evaluator()
            .subject(id)
            .filter(|s| s.existence != Existence::Never)
    }

    pub(crate) fn into_reads(self) -> Box<[Read]> {
        self.reads.into_inner().into_iter().collect()
    }

    fn note(&self, read: Read) {
        self.reads.borrow_mut().insert(read);
    }

    fn evaluator(&self) -> Evaluator<'m> {
        self.view.evaluator()
    }

    fn sorted(&self, ids: impl IntoIterator<Item = BlockId>) -> Vec<(BlockId, SharedSubject)> {
        let mut ids: Vec<BlockId> = ids.into_iter().collect();
        ids.sort_by_cached_key(|id| self.view.sources.order(*id));
        ids.dedup();
        ids.into_iter()
            .filter_map(|id| Some((id, self.subject(id)?)))
            .collect()
    }

    /// Begins to keep the edges of a link when it is asked for the first time.
    fn ensure(&self, link: &Link) {
        let mut links = self.view.instance.links.borrow_mut();
        if links.knows(link) {
            return;
        }
        links.add(link.clone());
        let evaluator = self.evaluator();
        for id in self
            .view
            .sources
            .index
            .of_type(BlockKind::Resource, &link.ty)
        {
            links.set(link, id, evaluator.subject(id).as_deref());
        }
    }

    fn address(&self, id: BlockId) -> Option<Address> {
        self.view.sources.index.get(id)?.address().cloned()
    }

    /// The blocks that point at `to` by reference.
    fn pointing(&self, link: &Link, to: &Address, found: &mut Vec<BlockId>) {
        self.note(Read::Pointing(link.clone(), to.clone()));
        found.extend(self.view.instance.links.borrow().at_block(link, to));
        self.note(Read::Relays(link.clone(), to.ty.clone()));
        let relays = self.view.instance.links.borrow_mut().relays(link, &to.ty);
        for relay in relays {
            if self.leads_to(&relay, link, to) {
                self.note(Read::Pointing(link.clone(), relay.clone()));
                found.extend(self.view.instance.links.borrow().at_block(link, &relay));
            }
        }
    }

    /// Whether a resource is given to another module that may have a companion of a type for it.
    fn is_passed_on(&self, address: &Address, ty: &str) -> bool {
        self.note(Read::Mentions(address.clone()));
        let mentioning = self.view.instance.links.borrow().mentioning(address);
        if mentioning.is_empty() {
            return false;
        }
        self.note(Read::Reach);
        let reach = &self.view.instance.given.reach;
        mentioning.into_iter().any(|id| match self.address(id) {
            Some(call) if call.kind == BlockKind::Module => match reach.calls.get(&call) {
                Some(Some(types)) => types.contains(ty),
                _ => true,
            },
            _ => reach.above.contains(ty),
        })
    }

    fn block_of(&self, address: &Address) -> Option<BlockId> {
        self.note(Read::Memo(Key::Name(address.clone())));
        self.view.sources.first_named(address)
    }

    /// Whether a resource's own link of the same name is the block asked about.
    fn leads_to(&self, relay: &Address, link: &Link, to: &Address) -> bool {
        self.note(Read::Memo(Key::Name(relay.clone())));
        let Some(subject) = self
            .view
            .sources
            .first_named(relay)
            .and_then(|id| self.subject(id))
        else {
            return false;
        };
        crate::links::ends_of(&subject, &link.via)
            .iter()
            .any(|end| matches!(end, End::Block(a, _) if a == to))
    }
}

impl World for Around<'_> {
    fn subject(&self, id: BlockId) -> Option<SharedSubject> {
        self.note(Read::Memo(Key::Block(id)));
        self.own(id)
    }

    fn all(&self, kind: BlockKind, ty: &str) -> Vec<(BlockId, SharedSubject)> {
        self.note(Read::Type(kind, SmolStr::new(ty)));
        self.sorted(self.view.sources.index.of_type(kind, ty))
    }

    /// In no order, and no further than to the second one: a module may have thousands.
    fn single(
        &self,
        ty: &str,
        wanted: &dyn Fn(BlockId, &Subject) -> bool,
    ) -> Option<SharedSubject> {
        self.note(Read::Type(BlockKind::Resource, SmolStr::new(ty)));
        let all = self.view.sources.index.of_type(BlockKind::Resource, ty);
        let all = all.filter_map(|id| Some((id, self.subject(id)?)));
        let mut all = all.filter(|(id, subject)| wanted(*id, subject));
        match (all.next(), all.next()) {
            (Some((_, only)), None) => Some(only),
            _ => None,
        }
    }

    fn linked(&self, to: BlockId, ty: &str, via: &[SmolStr], names: &[SmolStr]) -> Linked {
        let link = Link {
            ty: SmolStr::new(ty),
            via: via.into(),
        };
        self.ensure(&link);
        let mut found = Vec::new();
        if let Some(address) = self.address(to) {
            self.pointing(&link, &address, &mut found);
        }
        let own = self.own(to);
        for name in own.iter().flat_map(|s| {
            names
                .iter()
                .filter_map(|n| s.body.get(n)?.as_str().map(str::to_owned))
        }) {
            self.note(Read::Naming(link.clone(), name.as_str().into()));
            found.extend(self.view.instance.links.borrow().at_name(&link, &name));
        }
        self.note(Read::Unresolved(link.clone()));
        let unresolved = self.view.instance.links.borrow().has_unresolved(&link)
            || self
                .address(to)
                .is_some_and(|to| self.is_passed_on(&to, ty));
        Linked {
            blocks: self.sorted(found),
            unresolved,
            of_others: false,
        }
    }

    fn target(&self, value: &Value) -> Target {
        match single_end(value) {
            Some(End::Block(address, _)) => {
                self.note(Read::Memo(Key::Name(address.clone())));
                let is_in_module =
                    matches!(address.kind, BlockKind::Resource | BlockKind::Ephemeral);
                match self.view.sources.first_named(&address) {
                    Some(id) if is_in_module => match self.subject(id) {
                        Some(subject) => Target::Block(id, instance_meant(value, subject)),
                        None => Target::Unknown,
                    },
                    _ if is_in_module => Target::Unknown,
                    _ => Target::Elsewhere,
                }
            }
            Some(End::Name(_)) => Target::Elsewhere,
            Some(End::Unresolved) => Target::Unknown,
            None => Target::Elsewhere,
        }
    }

    fn named(&self, address: &Address) -> Option<(BlockId, SharedSubject)> {
        self.note(Read::Memo(Key::Name(address.clone())));
        let id = self.view.sources.first_named(address)?;
        Some((id, self.subject(id)?))
    }

    fn is_declared(&self, address: &Address) -> bool {
        self.note(Read::Memo(Key::Name(address.clone())));
        self.view.sources.first_named(address).is_some()
    }

    fn absence_known(&self, kind: BlockKind, ty: &str) -> bool {
        self.note(Read::Absence(kind, SmolStr::new(ty)));
        let sources = self.view.sources;
        !sources.has_hidden_parts && !sources.index.may_be_unparsed(kind, ty)
    }

    fn may_be_elsewhere(&self, ty: &str) -> bool {
        self.note(Read::Reach);
        let reach = &self.view.instance.given.reach;
        let mut below = reach.calls.values();
        reach.above.contains(ty)
            || below.any(|types| types.as_ref().is_none_or(|types| types.contains(ty)))
    }

    fn provider_versions(&self, provider: &str) -> Interval {
        self.note(Read::Memo(Key::Versions(SmolStr::new(provider))));
        self.view.sources.provider_versions(provider)
    }

    fn terraform_versions(&self) -> Interval {
        self.note(Read::Memo(Key::Versions(SmolStr::default())));
        self.view.sources.versions.terraform().clone()
    }

    fn written(&self, block: BlockId) -> Option<Written> {
        self.note(Read::Text(block));
        let (file, start, segment) = self.view.sources.segment(block)?;
        let is_own = segment.id == segment_id(block) && matches!(segment.state, State::Good);
        if !is_own || file.notation() != Notation::Hcl {
            return None;
        }
        let range = TextRange::at(start, segment.len);
        let text = file
            .document
            .rope()
            .get_byte_slice(std::ops::Range::<usize>::from(range))?;
        Some(Written {
            lowered: self.view.sources.index.get(block)?.lowered.clone(),
            text: text.to_string(),
        })
    }

    fn readers(&self, symbol: &Symbol) -> Vec<BlockId> {
        self.note(Read::Readers(symbol.clone()));
        let entries = self.view.sources.index.entries();
        let readers =
            entries.filter(|(_, e)| e.role == Role::Base && e.mentions().contains(symbol));
        let mut ids: Vec<BlockId> = readers.map(|(id, _)| id).collect();
        ids.sort_by_cached_key(|id| self.view.sources.order(*id));
        ids
    }

    fn definition(&self, symbol: &Symbol) -> Option<BlockId> {
        let sources = self.view.sources;
        match symbol {
            Symbol::Local(name) => {
                self.note(Read::Memo(Key::Local(name.clone())));
                Some(sources.local_in_force(name)?.0)
            }
            Symbol::Variable(name) => self.block_of(&variable_address(name)),
            Symbol::Block(address) => self.block_of(address),
        }
    }

    fn assignments(&self, variable: &str) -> Vec<BlockId> {
        self.note(Read::Assignments(variable.into()));
        self.view.sources.index.assignments(variable).to_vec()
    }

    /// Not recorded: every rule runs again when settings change.
    fn allows_source(&self, source: &str) -> bool {
        self.view.sources.config.allows_source(source)
    }

    fn exposed(&self) -> Vec<(Beside, Option<FixEdit>)> {
        self.note(Read::Git);
        let git = &self.view.sources.git;
        git.exposed()
            .map(|file| (file.clone(), ignoring(git, file)))
            .collect()
    }

    fn exposure(&self, line: BlockId) -> Option<(Beside, Option<FixEdit>)> {
        self.note(Read::Git);
        let sources = self.view.sources;
        let path = &sources.files.get(&sources.index.get(line)?.file)?.path;
        let file = sources.git.exposed().find(|file| file.path == **path)?;
        Some((file.clone(), ignoring(&sources.git, file)))
    }

    fn anchor(&self) -> Option<BlockId> {
        let sources = self.view.sources;
        [BlockKind::Terraform, BlockKind::Provider]
            .into_iter()
            .find_map(|kind| {
                self.note(Read::Kind(kind));
                let all = sources.index.of_kind(kind);
                all.min_by_key(|id| sources.order(*id))
            })
    }

    fn policies(&self) -> Option<&Policies> {
        Some(&self.view.instance.policies)
    }

    fn is_root(&self) -> bool {
        self.note(Read::Kind(BlockKind::Provider));
        let mut providers = self.view.sources.index.of_kind(BlockKind::Provider);
        let places = |body: &EvalBody| {
            ["backend", "cloud"]
                .iter()
                .any(|n| body.blocks_of(n).next().is_some())
        };
        providers.next().is_some()
            || self
                .all(BlockKind::Terraform, "")
                .iter()
                .any(|(_, terraform)| places(&terraform.body))
    }

    fn keeps_state(&self, name: &str) -> bool {
        self.note(Read::Stores);
        self.view.sources.stores.contains(name)
    }

    fn lock_file(&self) -> Option<Arc<str>> {
        self.note(Read::Lock);
        self.view.sources.lock.clone()
    }

    fn local(&self, name: &str) -> Value {
        let key = Key::Local(SmolStr::new(name));
        self.note(Read::Memo(key.clone()));
        self.evaluator().value(&key)
    }
}

/// What makes git ignore a file; nothing does once it has it.
fn ignoring(git: &Git, file: &Beside) -> Option<FixEdit> {
    (!file.is_tracked).then_some(())?;
    Some(FixEdit::AddLine {
        file: git.nearest()?.path.clone(),
        line: git.line(file)?,
    })
}

/// The instance of a block that a reference names, else the block.
fn instance_meant(value: &Value, block: SharedSubject) -> SharedSubject {
    let index = value.refers.as_ref().and_then(|r| r.index.as_ref());
    let mut instances = block.instances.iter();
    match index.and_then(|index| instances.find(|i| i.key.index() == *index)) {
        Some(instance) => Arc::new(block.of_instance(instance)),
        None => block,
    }
}
