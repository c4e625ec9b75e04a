//! What a check may ask beyond its own block.

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{SharedSubject, Subject, Symbol, Value};
use stockade_model::git::Beside;
use stockade_model::{Address, BlockId, BlockKind};
use stockade_schema::version::Interval;
use stockade_syntax::Lowered;

use crate::Policies;
use crate::fix::FixEdit;

/// The module around a subject. The engine's implementation records every answer, so that a
/// check runs again when, and only when, one of them changes.
pub trait World {
    /// Where policies are kept that rules have read.
    fn policies(&self) -> Option<&Policies> {
        None
    }

    /// The block itself; `None` when it is gone or does not exist (`count = 0`).
    fn subject(&self, block: BlockId) -> Option<SharedSubject>;

    /// The blocks of a type in the module, in file order.
    fn all(&self, kind: BlockKind, ty: &str) -> Vec<(BlockId, SharedSubject)>;

    /// The one resource of a type that is `wanted`; `None` where there is none, or more than one.
    fn single(
        &self,
        ty: &str,
        wanted: &dyn Fn(BlockId, &Subject) -> bool,
    ) -> Option<SharedSubject> {
        let all = self.all(BlockKind::Resource, ty).into_iter();
        let mut all = all.filter(|(id, subject)| wanted(*id, subject));
        match (all.next(), all.next()) {
            (Some((_, only)), None) => Some(only),
            _ => None,
        }
    }

    /// The resources of type `ty` whose value at `via` (a path of names into the body) points at
    /// `to`: by reference, or by being equal to the known value of one of `to`'s arguments `names`.
    fn linked(&self, to: BlockId, ty: &str, via: &[SmolStr], names: &[SmolStr]) -> Linked;

    /// What a value of this block points at.
    fn target(&self, value: &Value) -> Target;

    /// The block of that address, a data source included; `None` when the module does not have it.
    fn named(&self, address: &Address) -> Option<(BlockId, SharedSubject)>;

    /// Whether the module declares something of that address.
    fn is_declared(&self, address: &Address) -> bool;

    /// Whether "there is no block of this type" may be claimed: no `.tf.json` file,
    /// no broken segment that may be one.
    fn absence_known(&self, kind: BlockKind, ty: &str) -> bool;

    /// Whether a module that this one calls, or one that calls it, has or may have a resource of this type.
    fn may_be_elsewhere(&self, ty: &str) -> bool;

    /// The versions of a provider that `required_providers` and the lock file allow.
    fn provider_versions(&self, provider: &str) -> Interval;

    /// The versions of Terraform that `required_version` allows.
    fn terraform_versions(&self) -> Interval;

    /// The text of a block, a `locals` block or a line of a `.tfvars` file, and what it is read as.
    fn written(&self, block: BlockId) -> Option<Written>;

    /// The blocks whose text refers to something, in file order.
    fn readers(&self, symbol: &Symbol) -> Vec<BlockId>;

    /// The block that defines something.
    fn definition(&self, symbol: &Symbol) -> Option<BlockId>;

    /// The lines of `.tfvars` files that assign a variable.
    fn assignments(&self, variable: &str) -> Vec<BlockId>;

    /// Whether settings allow a module's source; they do if they name none.
    fn allows_source(&self, source: &str) -> bool;

    /// The state, plan and `.tfvars` files that git has or would take, each with what makes git ignore it.
    fn exposed(&self) -> Vec<(Beside, Option<FixEdit>)>;

    /// The same for the file that a line of a `.tfvars` file stands in.
    fn exposure(&self, line: BlockId) -> Option<(Beside, Option<FixEdit>)>;

    /// The block at which is told what concerns the module as a whole.
    fn anchor(&self) -> Option<BlockId>;

    /// Whether the module is certainly one that Terraform is run in: it configures a provider, or says where its state is.
    fn is_root(&self) -> bool;

    /// Whether a module of the workspace keeps its state in the bucket or storage account of this name.
    fn keeps_state(&self, name: &str) -> bool;

    /// The text of `.terraform.lock.hcl`.
    fn lock_file(&self) -> Option<Arc<str>>;

    /// The value of a local of the module (`locals` in rule expressions).
    fn local(&self, name: &str) -> Value;
}

/// The answer to [`World::written`].
#[derive(Clone, Debug)]
pub struct Written {
    pub lowered: Arc<Lowered>,
    /// The ranges in `lowered` are of this text.
    pub text: String,
}

/// The answer to [`World::linked`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Linked {
    pub blocks: Vec<(BlockId, SharedSubject)>,
    /// Some link can't be resolved and may mean the block that was asked about; absence can't be claimed.
    pub unresolved: bool,
    /// Further ones are linked with other instances of the block.
    pub of_others: bool,
}

/// The answer to [`World::target`].
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A block of the module.
    Block(BlockId, SharedSubject),
    /// Certainly not in the module: a literal name, a data source, another module.
    Elsewhere,
    Unknown,
}
