//! Values as an expression yields them: known, unknown with what is still known of it, or null.

use std::collections::BTreeMap;
use std::path::Path;
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
    /// The value that a JSON text encodes, where parts of it are unknown or have places of their own.
    pub document: Option<Arc<Value>>,
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
    /// What may stand in the block that it is, so that attributes which are not configured are known as such.
    pub body: Option<stockade_schema::Body>,
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
    Object(BTreeMap<SmolStr, Field>),
}

/// An attribute of an object type.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub ty: Type,
    /// `optional(…)`
    pub optional: bool,
    /// What an absent optional one is; null unless the type says otherwise.
    pub default: Value,
}

/// `aws_kms_key.main.arn`: an address and the path below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    pub address: stockade_model::Address,
    /// The instance key as written, when it is one: `[0]`, `["a"]`, `[each.key]`.
    pub index: Option<SmolStr>,
    /// `arn`, `id`, `versioning_configuration`, ….
    pub path: Vec<SmolStr>,
    /// The folder of the module whose block it is, when that is another one.
    pub module: Option<Arc<Path>>,
}

/// Where a value was read from: the nearest symbol first.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    pub symbol: Symbol,
    /// The way from the symbol's value to this one.
    pub path: Vec<Step>,
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
    /// Bytes of what is written there: where they begin, from its start, and how many they are. As the
    /// only step: bytes of the segment.
    Text(u32, u32),
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.kind == other.kind
            && self.refers == other.refers
            && self.sensitive == other.sensitive
            && self.ephemeral == other.ephemeral
            && self.document == other.document
    }
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Value {
        Value {
            kind,
            refers: None,
            sensitive: false,
            ephemeral: false,
            origin: None,
            document: None,
        }
    }
}

impl Value {
    /// Anything at all, null included.
    pub fn unknown() -> Value {
        Kind::Unknown(Arc::default()).into()
    }

    /// Unknown, of a type; `not_null` if it can't be null.
    pub fn unknown_of(ty: Option<Type>, not_null: bool) -> Value {
        Kind::Unknown(Arc::new(Unknown {
            ty,
            not_null,
            ..Unknown::default()
        }))
        .into()
    }

    /// The whole of a block of which nothing is known.
    pub fn reference(address: stockade_model::Address) -> Value {
        let refers = Some(Arc::new(Reference {
            address,
            index: None,
            path: Vec::new(),
            module: None,
        }));
        Value {
            refers,
            ..Value::unknown_of(None, true)
        }
    }

    /// The value as a module in another folder gets it: what it refers to is not of that module, and
    /// where it was read from means nothing there.
    pub fn exported(&self, from: &Arc<Path>, to: &Path) -> Value {
        let all = |values: &[Value]| {
            values
                .iter()
                .map(|v| v.exported(from, to))
                .collect::<Vec<_>>()
        };
        let entries = |entries: &BTreeMap<SmolStr, Value>| {
            let exported = entries
                .iter()
                .map(|(k, v)| (k.clone(), v.exported(from, to)));
            exported.collect::<BTreeMap<_, _>>()
        };
        let kind = match &self.kind {
            Kind::List(of, elements) => Kind::List(*of, Arc::new(all(elements))),
            Kind::Object(of) => Kind::Object(Arc::new(entries(of))),
            Kind::Unknown(unknown) => Kind::Unknown(Arc::new(Unknown {
                one_of: all(&unknown.one_of),
                contains: all(&unknown.contains),
                entries: entries(&unknown.entries),
                ..(**unknown).clone()
            })),
            simple => simple.clone(),
        };
        let refers = self.refers.as_deref().map(|reference| {
            let module = reference.module.as_ref().unwrap_or(from);
            Arc::new(Reference {
                module: (**module != *to).then(|| module.clone()),
                ..reference.clone()
            })
        });
        Value {
            kind,
            refers,
            sensitive: self.sensitive,
            ephemeral: self.ephemeral,
            origin: None,
            document: self
                .document
                .as_ref()
                .map(|d| Arc::new(d.exported(from, to))),
        }
    }

    /// Null.
    pub fn null() -> Value {
        Kind::Null.into()
    }

    /// A bool.
    pub fn bool(value: bool) -> Value {
        Kind::Bool(value).into()
    }

    /// A whole number.
    pub fn int(value: i64) -> Value {
        Kind::Number(Number::Int(value)).into()
    }

    /// A number.
    pub fn number(value: Number) -> Value {
        Kind::Number(value).into()
    }

    /// A string.
    pub fn string(value: impl Into<Arc<str>>) -> Value {
        Kind::String(value.into()).into()
    }

    /// A tuple.
    pub fn tuple(elements: Vec<Value>) -> Value {
        Kind::List(Sequence::Tuple, Arc::new(elements)).into()
    }

    /// A list or set.
    pub fn sequence(of: Sequence, elements: Vec<Value>) -> Value {
        Kind::List(of, Arc::new(elements)).into()
    }

    /// An object.
    pub fn object(entries: BTreeMap<SmolStr, Value>) -> Value {
        Kind::Object(Arc::new(entries)).into()
    }

    /// An object of which not all entries are known.
    pub fn open_object(entries: BTreeMap<SmolStr, Value>) -> Value {
        crate::combine::open_object(entries)
    }

    /// Whether it is known to be null.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// Whether it is unknown itself; elements of a known collection may still be.
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, Kind::Unknown(_))
    }

    /// What is known of an unknown value.
    pub fn as_unknown(&self) -> Option<&Unknown> {
        match &self.kind {
            Kind::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    /// Whether it may turn out to be null.
    pub fn may_be_null(&self) -> bool {
        match &self.kind {
            Kind::Null => true,
            Kind::Unknown(u) if !u.one_of.is_empty() => u.one_of.iter().any(Value::may_be_null),
            Kind::Unknown(u) => !u.not_null,
            _ => false,
        }
    }

    /// Whether nothing in it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match &self.kind {
            Kind::Unknown(_) => false,
            Kind::List(_, elements) => elements.iter().all(Value::is_wholly_known),
            Kind::Object(entries) => entries.values().all(Value::is_wholly_known),
            _ => true,
        }
    }

    /// The bool, with Terraform's conversion from strings.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            Kind::Bool(b) => Some(*b),
            Kind::String(s) => match s.as_ref() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The string itself; no conversion.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(s) => Some(s),
            _ => None,
        }
    }

    /// The number, with Terraform's conversion from strings.
    pub fn as_number(&self) -> Option<Number> {
        match &self.kind {
            Kind::Number(n) => Some(n.clone()),
            Kind::String(s) => s.parse().ok(),
            _ => None,
        }
    }

    /// The whole number.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(|n| n.as_i64())
    }

    /// The text of a primitive, as Terraform converts it.
    pub fn to_text(&self) -> Option<Arc<str>> {
        match &self.kind {
            Kind::String(s) => Some(s.clone()),
            Kind::Bool(b) => Some(if *b { "true" } else { "false" }.into()),
            Kind::Number(n) => Some(n.to_string().into()),
            _ => None,
        }
    }

    /// The JSON text that `jsonencode` gives; `None` when a part of it is unknown.
    pub fn to_json(&self) -> Option<String> {
        crate::functions::json(self)
    }

    /// The elements of a sequence.
    pub fn as_list(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(_, elements) => Some(elements),
            _ => None,
        }
    }

    /// The entries of an object.
    pub fn as_object(&self) -> Option<&BTreeMap<SmolStr, Value>> {
        match &self.kind {
            Kind::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// What stands below a step, as it is stored: without an origin of its own it stands in this
    /// value's.
    pub fn child(&self, step: &Step) -> Option<&Value> {
        match (step, &self.kind) {
            (Step::Key(name) | Step::Attr(name), Kind::Object(entries)) => entries.get(name),
            (Step::Index(n), Kind::List(_, elements)) => elements.get(*n as usize),
            _ => None,
        }
    }

    /// What a path leads to in this value, with the origin that it has there. What a function has put together
    /// does not tell where its parts are from.
    pub fn at(&self, path: &[Step]) -> Option<Value> {
        let mut value = self.clone();
        for step in path {
            let is_made = value.origin.as_ref().is_some_and(|origin| origin.derived);
            let child = value.child(step)?.clone();
            value = match is_made {
                true => child,
                false => value.part(&child, step.clone()),
            };
        }
        Some(value)
    }

    /// A part of this value, with the origin that it has as one: its own, or this one's and a step.
    pub fn part(&self, child: &Value, step: Step) -> Value {
        let mut part = child.clone();
        part.sensitive |= self.sensitive;
        part.ephemeral |= self.ephemeral;
        if part.origin.is_none()
            && let Some(origin) = &self.origin
        {
            let mut path = origin.path.clone();
            path.push(step);
            part.origin = Some(Arc::new(Origin {
                path,
                ..(**origin).clone()
            }));
        }
        part
    }

    /// The value of a variable or local as an expression that names it gets it: within bounds, and its parts stand at
    /// their place in it.
    #[must_use]
    pub fn to_be_read(&self) -> Value {
        if !is_bounded(self, MAX_LEVELS, &mut { MAX_PARTS }) {
            return Value::unknown();
        }
        let mut value = self.clone();
        forget_inner_origins(&mut value);
        value
    }

    /// The value as read through a symbol.
    pub(crate) fn read_from(mut self, symbol: Symbol) -> Value {
        self.origin = Some(Arc::new(Origin {
            symbol,
            path: Vec::new(),
            derived: false,
        }));
        self
    }

    /// Marks and the first origin of what it was computed from.
    pub(crate) fn derived_from<'v>(
        mut self,
        sources: impl IntoIterator<Item = &'v Value>,
    ) -> Value {
        for source in sources {
            self.sensitive |= source.sensitive;
            self.ephemeral |= source.ephemeral;
            if self.origin.is_none()
                && let Some(origin) = &source.origin
            {
                self.origin = Some(Arc::new(Origin {
                    derived: true,
                    ..(**origin).clone()
                }));
            }
        }
        self
    }
}

/// Larger values are unknown: a few lines can nest one a billion times.
const MAX_PARTS: u32 = 50_000;

/// So are those that nest deeper: whoever goes through a value does so by recursion.
const MAX_LEVELS: u32 = 200;

fn is_bounded(value: &Value, levels: u32, left: &mut u32) -> bool {
    let (Some(levels), Some(rest)) = (levels.checked_sub(1), left.checked_sub(1)) else {
        return false;
    };
    *left = rest;
    match &value.kind {
        Kind::List(_, elements) => elements.iter().all(|e| is_bounded(e, levels, left)),
        Kind::Object(entries) => entries.values().all(|e| is_bounded(e, levels, left)),
        Kind::Unknown(u) => {
            let mut parts = u.one_of.iter().chain(&u.contains).chain(u.entries.values());
            parts.all(|e| is_bounded(e, levels, left))
        }
        _ => true,
    }
}

impl Unknown {
    /// Whether it can be anything at all.
    pub fn tells_nothing(&self) -> bool {
        *self
            == Unknown {
                not_null: self.not_null,
                ..Unknown::default()
            }
    }
}

/// Below a symbol that was read, parts stand at their place in that symbol's value; where that had
/// them from is looked up when it is shown.
fn forget_inner_origins(value: &mut Value) {
    match &mut value.kind {
        Kind::List(_, elements) if elements.iter().any(has_origin) => {
            for element in Arc::make_mut(elements) {
                element.origin = None;
                forget_inner_origins(element);
            }
        }
        Kind::Object(entries) if entries.values().any(has_origin) => {
            for entry in Arc::make_mut(entries).values_mut() {
                entry.origin = None;
                forget_inner_origins(entry);
            }
        }
        _ => {}
    }
}

fn has_origin(value: &Value) -> bool {
    value.origin.is_some()
        || match &value.kind {
            Kind::List(_, elements) => elements.iter().any(has_origin),
            Kind::Object(entries) => entries.values().any(has_origin),
            _ => false,
        }
}
