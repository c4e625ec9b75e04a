//! Evaluated blocks: what rules look at.

use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_model::Address;

use crate::value::{Step, Value};

/// A body after evaluation: `dynamic` blocks expanded, lists of objects told as repeated blocks.
///
/// Equality is that of values: comments, layout and the order of arguments don't matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EvalBody {
    /// Sorted by name; an argument that is absent or known to be null is not in it.
    pub attributes: Vec<(SmolStr, Value)>,
    /// In source order, those of one `dynamic` in the order of its elements.
    pub blocks: Vec<EvalBlock>,
    /// Names of nested blocks of which there may be more than `blocks` shows: a `dynamic` over an
    /// unknown collection (its content is evaluated once, with presence [`Presence::Maybe`]), or a
    /// list-of-objects argument that is unknown or partly unknown.
    pub open: Vec<SmolStr>,
}

/// A nested block, or the element of a list of objects that stands for one.
#[derive(Clone, Debug, PartialEq)]
pub struct EvalBlock {
    pub name: SmolStr,
    pub labels: Vec<SmolStr>,
    pub presence: Presence,
    pub body: EvalBody,
    /// The way to the source from the enclosing body: `[Block("ingress", 0)]` for a block or a
    /// `dynamic`, `[Attr("ingress"), Index(0)]` for an element of a list.
    pub place: Vec<Step>,
    /// Which element of a `dynamic`'s collection it is, as it would be shown: `["https"]`.
    pub instance: Option<SmolStr>,
}

/// Whether something exists in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Certain,
    Maybe,
}

/// A top-level block after evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    pub address: Address,
    /// Labels as written, for blocks whose address does not tell them (`backend "s3"`).
    pub labels: Vec<SmolStr>,
    /// All instances as one: what differs between them is one of several values.
    pub body: EvalBody,
    /// The instances of a `count` or `for_each` that is known, in the order of their keys. Empty: `body` is all
    /// that is known.
    pub instances: Vec<Instance>,
    /// `count = 0` or an empty `for_each` is [`Existence::Never`]: no rule looks at it.
    pub existence: Existence,
    /// Whether `count` or `for_each` is set (a companion then gets the same).
    pub repeated: Option<Repetition>,
}

/// An instance of a block with `count` or `for_each`.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    pub key: InstanceKey,
    pub body: EvalBody,
}

/// What tells an instance from the others of its block; shown as it is written: `["logs"]`, `[0]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstanceKey {
    Index(i64),
    Name(SmolStr),
}

impl InstanceKey {
    /// As it is written between the brackets: `"logs"`, `0`.
    pub fn index(&self) -> SmolStr {
        match self {
            InstanceKey::Index(index) => SmolStr::from(index.to_string()),
            InstanceKey::Name(name) => SmolStr::from(format!("\"{name}\"")),
        }
    }
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.index())
    }
}

impl Subject {
    /// One instance as a block of its own.
    pub fn of_instance(&self, instance: &Instance) -> Subject {
        Subject {
            address: self.address.clone(),
            labels: self.labels.clone(),
            body: instance.body.clone(),
            instances: Vec::new(),
            existence: self.existence,
            repeated: self.repeated,
        }
    }

    /// Whether it is what `count = 1` makes of a block: no index tells anything apart.
    pub fn is_only(&self) -> bool {
        self.repeated == Some(Repetition::Count) && self.instances.len() == 1
    }

    /// Whether subjects that are equal were also read from the same places.
    pub fn same_origins(&self, other: &Subject) -> bool {
        let mut instances = self.instances.iter().zip(&other.instances);
        self.body.same_origins(&other.body) && instances.all(|(a, b)| a.body.same_origins(&b.body))
    }
}

/// How often a block exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existence {
    Never,
    /// `count` / `for_each` unknown: rules evaluate it as one instance; as a companion it may exist.
    Maybe,
    Certain,
}

/// The repetition meta-argument that a block has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repetition {
    Count,
    ForEach,
}

impl EvalBody {
    /// The value of an argument; `None` when it is absent or null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes
            .binary_search_by(|(n, _)| n.as_str().cmp(name))
            .ok()
            .map(|i| &self.attributes[i].1)
    }

    /// The nested blocks of that name.
    pub fn blocks_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a EvalBlock> {
        self.blocks.iter().filter(move |b| b.name == name)
    }

    /// Whether more blocks of that name may exist than [`EvalBody::blocks_of`] yields.
    pub fn is_open(&self, name: &str) -> bool {
        self.open.iter().any(|n| n == name)
    }
}

/// An evaluated block shared between the engine, its snapshots and the rules.
pub type SharedSubject = Arc<Subject>;
