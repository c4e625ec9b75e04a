//! The module around one instance of a block with `count` or `for_each`.

use smol_str::SmolStr;
use stockade_eval::{SharedSubject, Value};
use stockade_model::{Address, BlockId, BlockKind};
use stockade_schema::version::Interval;

use crate::world::{Linked, Target, World};

/// A world in which a block is one of its instances.
pub(crate) struct OfInstance<'a> {
    pub(crate) world: &'a dyn World,
    pub(crate) block: BlockId,
    pub(crate) subject: &'a SharedSubject,
}

impl OfInstance<'_> {
    fn own(&self, (id, subject): (BlockId, SharedSubject)) -> (BlockId, SharedSubject) {
        match id == self.block {
            true => (id, self.subject.clone()),
            false => (id, subject),
        }
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

    fn linked(&self, to: BlockId, ty: &str, via: &[SmolStr], names: &[SmolStr]) -> Linked {
        self.world.linked(to, ty, via, names)
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

    fn local(&self, name: &str) -> Value {
        self.world.local(name)
    }
}
