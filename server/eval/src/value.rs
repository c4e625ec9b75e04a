//! Values as an expression yields them: known, unknown with what is still known of it, or null.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::number::Number;

/// A value, what it refers to, its marks and where it came from.
///
/// Equality compares everything but the origin: a memoised value that is computed again and is
/// equal stops the propagation of a change, whatever text it was read from.
#[derive(Clone, Debug)]
pub struct Value {
    pub kind: Kind,
    /// What an expression that is nothing but a reference points at, known or not.
    pub refers: Option<Arc<Reference>>,
    pub sensitive: bool,
    pub ephemeral: bool,
    pub origin: Option<Arc<Origin>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    String(Arc<str>),
    /// A tuple, list or set; an element may be unknown.
    List(Sequence, Arc<Vec<Value>>),
    /// An object or a map; an entry may be unknown.
    Object(Arc<BTreeMap<SmolStr, Value>>),
    Unknown(Arc<Unknown>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    Tuple,
    List,
    Set,
}

/// What is still known of an unknown value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unknown {
    pub ty: Option<Type>,
    /// Certain not to be null.
    pub not_null: bool,
    /// The known start of a string.
    pub prefix: Option<Arc<str>>,
    /// All values it can be, such as both branches of a conditional; empty when not known.
    pub one_of: Vec<Value>,
    /// Elements or entries of a collection that are certainly in it, whatever else is.
    pub contains: Vec<Value>,
    pub entries: BTreeMap<SmolStr, Value>,
}

/// Terraform's type constraints.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    Any,
    Bool,
    Number,
    String,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    Tuple(Vec<Type>),
    /// Attribute, its type, whether it is `optional()`.
    Object(BTreeMap<SmolStr, (Type, bool)>),
}

/// `aws_kms_key.main.arn`: an address and the path below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    pub address: stockade_model::Address,
    /// The instance key as written, when it is one: `[0]`, `["a"]`, `[each.key]`.
    pub index: Option<SmolStr>,
    /// `arn`, `id`, `versioning_configuration`, ….
    pub path: Vec<SmolStr>,
}

/// Where a value was read from: the nearest symbol first.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    pub symbol: Symbol,
    /// The way from the symbol's value to this one.
    pub path: Vec<Step>,
    /// Where the symbol in turn had it from. `None`: it is written there.
    pub from: Option<Arc<Origin>>,
    /// Computed from what was read (a template, an operation), not the very value.
    pub derived: bool,
}

/// A named thing whose value an expression reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symbol {
    Variable(SmolStr),
    Local(SmolStr),
    Block(stockade_model::Address),
}

/// A step down into a block or a value. A path is resolved against the present text when it is
/// shown, so that what is stored survives edits that leave the value equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The argument of that name in a body.
    Attr(SmolStr),
    /// The nth nested block that produces blocks of that name, in source order (`dynamic` counts once).
    Block(SmolStr, u32),
    /// An entry of an object.
    Key(SmolStr),
    /// An element of a tuple or list.
    Index(u32),
    /// Into the JSON document that the string holds (`jsonencode`, heredoc).
    Json,
}
