//! The module around one instance of a block with `count` or `for_each`.

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{EvalBody, InstanceKey, SharedSubject, Subject, Symbol, Value};
use stockade_model::git::Beside;
use stockade_model::{Address, BlockId, BlockKind};
use stockade_schema::version::Interval;

use super::companion::collect;
use super::view::View;
use crate::Policies;
use crate::fix::FixEdit;
use crate::world::{Linked, Target, World, Written};

/// A world in which a block is one of its instances.
pub(crate) struct OfInstance<'a> {
    pub(crate) world: &'a dyn World,
    pub(crate) block: BlockId,
    pub(crate) subject: &'a SharedSubject,
    pub(crate) key: &'a InstanceKey,
}

impl OfInstance<'_> {
    fn own(&self, (id, subject): (BlockId, SharedSubject)) -> (BlockId, SharedSubject) {
        match id == self.block {
            true => (id, self.subject.clone()),
            false => (id, subject),
        }
    }

    /// What of a linked block belongs to this instance: the block, its instance for it, or nothing.
    fn linked_with(&self, other: SharedSubject, via: &[SmolStr]) -> Option<SharedSubject> {
        if other.instances.is_empty() {
            return Some(other.clone()).filter(|o| !self.is_of_another(&o.body, via));
        }
        let instances = other.instances.iter();
        let mut own = instances.filter(|i| !self.is_of_another(&i.body, via));
        let first = own.next()?;
        let is_whole = own.count() + 1 == other.instances.len();
        Some(if is_whole {
            other.clone()
        } else {
            Arc::new(other.of_instance(first))
        })
    }

    /// Whether a link certainly points at other instances of the block, and at nothing else.
    fn is_of_another(&self, body: &EvalBody, via: &[SmolStr]) -> bool {
        let (mut ends, mut unresolved) = (Vec::new(), false);
        collect(View::Body(body), via, &mut ends, &mut unresolved);
        !unresolved
            && !ends.is_empty()
            && ends.iter().all(|end| {
                end.refers.as_ref().is_some_and(|r| {
                    r.module.is_none()
                        && r.address == self.subject.address
                        && r.index
                            .as_ref()
                            .is_some_and(|i| i != "?" && *i != self.key.index())
                })
            })
    }
}

impl World for OfInstance<'_> {
    fn subject(&self, block: BlockId) -> Option<SharedSubject> {
        let subject = self.world.subject(block)?;
        Some(self.own((block, subject)).1)
    }

    fn all(&self, kind: BlockKind, ty: &str) -> Vec<(BlockId, SharedSubject)> {
        let all = self.world.all(kind, ty).into_iter();
        all.map(|found| self.own(found)).collect()
    }

    fn single(
        &self,
        ty: &str,
        wanted: &dyn Fn(BlockId, &Subject) -> bool,
    ) -> Option<SharedSubject> {
        self.world.single(ty, wanted)
    }

    fn linked(&self, to: BlockId, ty: &str, via: &[SmolStr], names: &[SmolStr]) -> Linked {
        let linked = self.world.linked(to, ty, via, names);
        if to != self.block {
            return linked;
        }
        let all = linked.blocks.len();
        let with_this =
            |(id, other): (BlockId, SharedSubject)| Some((id, self.linked_with(other, via)?));
        let blocks: Vec<_> = linked.blocks.into_iter().filter_map(with_this).collect();
        Linked {
            of_others: blocks.len() < all,
            blocks,
            ..linked
        }
    }

    fn target(&self, value: &Value) -> Target {
        self.world.target(value)
    }

    fn named(&self, address: &Address) -> Option<(BlockId, SharedSubject)> {
        self.world.named(address).map(|found| self.own(found))
    }

    fn is_declared(&self, address: &Address) -> bool {
        self.world.is_declared(address)
    }

    fn absence_known(&self, kind: BlockKind, ty: &str) -> bool {
        self.world.absence_known(kind, ty)
    }

    fn may_be_elsewhere(&self, ty: &str) -> bool {
        self.world.may_be_elsewhere(ty)
    }

    fn provider_versions(&self, provider: &str) -> Interval {
        self.world.provider_versions(provider)
    }

    fn terraform_versions(&self) -> Interval {
        self.world.terraform_versions()
    }

    fn written(&self, block: BlockId) -> Option<Written> {
        self.world.written(block)
    }

    fn readers(&self, symbol: &Symbol) -> Vec<BlockId> {
        self.world.readers(symbol)
    }

    fn definition(&self, symbol: &Symbol) -> Option<BlockId> {
        self.world.definition(symbol)
    }

    fn assignments(&self, variable: &str) -> Vec<BlockId> {
        self.world.assignments(variable)
    }

    fn allows_source(&self, source: &str) -> bool {
        self.world.allows_source(source)
    }

    fn exposed(&self) -> Vec<(Beside, Option<FixEdit>)> {
        self.world.exposed()
    }

    fn exposure(&self, line: BlockId) -> Option<(Beside, Option<FixEdit>)> {
        self.world.exposure(line)
    }

    fn anchor(&self) -> Option<BlockId> {
        self.world.anchor()
    }

    fn policies(&self) -> Option<&Policies> {
        self.world.policies()
    }

    fn is_root(&self) -> bool {
        self.world.is_root()
    }

    fn keeps_state(&self, name: &str) -> bool {
        self.world.keeps_state(name)
    }

    fn lock_file(&self) -> Option<Arc<str>> {
        self.world.lock_file()
    }

    fn local(&self, name: &str) -> Value {
        self.world.local(name)
    }
}
