//! What may be written in a block: looked up by name, in a provider's schema.

use std::fmt;

use crate::table::{AttributeRow, BlockRow, BodyRow, Table};

/// The arguments and nested blocks that a block may hold. Cheap to copy; equal bodies of one schema
/// version compare equal.
#[derive(Clone, Copy)]
pub struct Body {
    pub(crate) table: &'static Table,
    pub(crate) row: u32,
}

impl Body {
    /// The argument (or computed attribute) of this name.
    pub fn attribute(self, name: &str) -> Option<Attribute> {
        let rows = self.attribute_rows();
        let at = rows
            .binary_search_by(|row| self.table.name(row.name).cmp(name))
            .ok()?;
        Some(self.read_attribute(&rows[at]))
    }

    /// The kind of nested block of this name.
    pub fn block(self, name: &str) -> Option<NestedBlock> {
        let rows = self.block_rows();
        let at = rows
            .binary_search_by(|row| self.table.name(row.name).cmp(name))
            .ok()?;
        Some(self.read_block(&rows[at]))
    }

    /// The argument or nested block of this name.
    pub fn entry(self, name: &str) -> Option<Entry> {
        let attribute = self.attribute(name).map(Entry::Attribute);
        attribute.or_else(|| self.block(name).map(Entry::Block))
    }

    /// All arguments and attributes, by name.
    pub fn attributes(self) -> impl Iterator<Item = Attribute> {
        self.attribute_rows()
            .iter()
            .map(move |row| self.read_attribute(row))
    }

    /// All kinds of nested blocks, by name.
    pub fn blocks(self) -> impl Iterator<Item = NestedBlock> {
        self.block_rows()
            .iter()
            .map(move |row| self.read_block(row))
    }

    /// The body of what may be written `name { … }` or `name = [{ … }]`: a nested block, or an
    /// argument that is an object or a list, set or map of objects. Terraform takes many of the
    /// latter in either spelling (`aws_security_group.ingress`).
    pub fn repeated(self, name: &str) -> Option<Body> {
        self.entry(name)?.body()
    }

    /// What stands at a path of names below this body, through nested blocks and objects. `None`
    /// also for a path into a value whose parts the schema doesn't name (a map, anything); see
    /// [`Body::allows`].
    pub fn find<N: AsRef<str>>(self, path: &[N]) -> Option<Entry> {
        let (last, outer) = path.split_last()?;
        let body = outer
            .iter()
            .try_fold(self, |body, name| body.repeated(name.as_ref()))?;
        body.entry(last.as_ref())
    }

    /// Whether the path may be written: it is named by the schema, or leads into a map or a value
    /// of any type or a body that is open. The empty path may.
    pub fn allows<N: AsRef<str>>(self, path: &[N]) -> bool {
        let Some((first, rest)) = path.split_first() else {
            return true;
        };
        match self.entry(first.as_ref()) {
            None => self.is_open(),
            Some(_) if rest.is_empty() => true,
            Some(entry) => entry
                .body()
                .map_or_else(|| entry.is_open(), |body| body.allows(rest)),
        }
    }

    /// The resource type as a whole is deprecated.
    pub fn is_deprecated(self) -> bool {
        self.body_row().deprecated
    }

    /// Names that the schema doesn't list are allowed as well (a module call's inputs).
    pub fn is_open(self) -> bool {
        self.body_row().open
    }

    fn body_row(self) -> &'static BodyRow {
        &self.table.bodies[self.row as usize]
    }

    fn attribute_rows(self) -> &'static [AttributeRow] {
        let (start, end) = self.body_row().attributes;
        &self.table.attributes[start as usize..end as usize]
    }

    fn block_rows(self) -> &'static [BlockRow] {
        let (start, end) = self.body_row().blocks;
        &self.table.blocks[start as usize..end as usize]
    }

    fn read_attribute(self, row: &AttributeRow) -> Attribute {
        let nested = (row.object != u32::MAX).then_some(Body {
            table: self.table,
            row: row.object,
        });
        Attribute {
            name: self.table.name(row.name),
            ty: Type::read(&self.table.types[usize::from(row.ty)], nested),
            required: row.flags.contains(Flags::REQUIRED),
            optional: row.flags.contains(Flags::OPTIONAL),
            computed: row.flags.contains(Flags::COMPUTED),
            sensitive: row.flags.contains(Flags::SENSITIVE),
            write_only: row.flags.contains(Flags::WRITE_ONLY),
            deprecated: row.flags.contains(Flags::DEPRECATED),
            nested,
        }
    }

    fn read_block(self, row: &BlockRow) -> NestedBlock {
        NestedBlock {
            name: self.table.name(row.name),
            nesting: row.nesting,
            min: row.min,
            max: (row.max != 0).then_some(row.max),
            body: Body {
                table: self.table,
                row: row.body,
            },
            deprecated: row.deprecated,
        }
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Body) -> bool {
        std::ptr::eq(self.table, other.table) && self.row == other.row
    }
}

impl Eq for Body {}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self
            .attributes()
            .map(|a| a.name)
            .chain(self.blocks().map(|b| b.name));
        f.debug_tuple("Body")
            .field(&names.collect::<Vec<_>>())
            .finish()
    }
}

/// An argument, or an attribute that only the provider sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// `storage_encrypted`.
    pub name: &'static str,
    /// The type of its value.
    pub ty: Type,
    /// It must be written.
    pub required: bool,
    /// It may be written.
    pub optional: bool,
    /// The provider sets it when it is not written. Neither required nor optional: only the provider does.
    pub computed: bool,
    /// It holds a secret, by the provider's schema or by `sensitive.json` of the facts.
    pub sensitive: bool,
    /// It is never stored in the state (`password_wo`).
    pub write_only: bool,
    /// It should no longer be written.
    pub deprecated: bool,
    /// The body of the object that its value is or consists of.
    pub nested: Option<Body>,
}

impl Attribute {
    /// Whether a configuration may set it.
    pub fn is_settable(&self) -> bool {
        self.required || self.optional
    }
}

/// A kind of nested block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NestedBlock {
    /// `root_block_device`.
    pub name: &'static str,
    /// How it nests.
    pub nesting: Nesting,
    /// Least number that must be written.
    pub min: u32,
    /// Greatest number that may be written; `None`: no limit.
    pub max: Option<u32>,
    /// What is in it.
    pub body: Body,
    /// It should no longer be written.
    pub deprecated: bool,
}

impl NestedBlock {
    /// Whether more than one may be written.
    pub fn is_repeated(&self) -> bool {
        self.max != Some(1) && !matches!(self.nesting, Nesting::Single | Nesting::Group)
    }
}

/// What a name in a body stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// `name = …`
    Attribute(Attribute),
    /// `name { … }`
    Block(NestedBlock),
}

impl Entry {
    /// The body of the nested block, or of the objects that the argument holds.
    pub fn body(&self) -> Option<Body> {
        match self {
            Entry::Attribute(attribute) => attribute.nested,
            Entry::Block(block) => Some(block.body),
        }
    }

    /// It should no longer be written.
    pub fn is_deprecated(&self) -> bool {
        match self {
            Entry::Attribute(attribute) => attribute.deprecated,
            Entry::Block(block) => block.deprecated,
        }
    }

    /// Whether it may have parts that the schema doesn't name.
    fn is_open(&self) -> bool {
        match self {
            Entry::Attribute(attribute) => attribute.ty.is_open(),
            Entry::Block(_) => false,
        }
    }
}

/// How blocks of one kind nest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nesting {
    /// Several, in order.
    List,
    /// Several, without order.
    Set,
    /// Several, each with a label.
    Map,
    /// At most one.
    Single,
    /// At most one, which is there with its defaults even if it isn't written.
    Group,
}

impl Nesting {
    const ALL: [Nesting; 5] = [
        Nesting::List,
        Nesting::Set,
        Nesting::Map,
        Nesting::Single,
        Nesting::Group,
    ];

    pub(crate) fn from_index(index: u32) -> Option<Nesting> {
        Nesting::ALL.get(index as usize).copied()
    }
}

/// The type of a value. The elements of a collection are read on demand, so that it stays cheap to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `string`
    String,
    /// `number`
    Number,
    /// `bool`
    Bool,
    /// Any type, or one that isn't known.
    Dynamic,
    /// `tuple([…])`; what of isn't known.
    Tuple,
    /// `object({…})`
    Object(Body),
    /// `list(…)`
    List(Element),
    /// `set(…)`
    Set(Element),
    /// `map(…)`
    Map(Element),
}

/// The type of a collection's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    code: &'static str,
    object: Option<Body>,
}

impl Element {
    /// The type itself.
    pub fn ty(self) -> Type {
        Type::read(self.code, self.object)
    }
}

impl Type {
    /// Reads a type's code, see [`crate::draft::DraftAttribute::ty`].
    fn read(code: &'static str, object: Option<Body>) -> Type {
        let element = || Element {
            code: code.get(1..).unwrap_or_default(),
            object,
        };
        match code.as_bytes().first() {
            Some(b's') => Type::String,
            Some(b'n') => Type::Number,
            Some(b'b') => Type::Bool,
            Some(b'T') => Type::Tuple,
            Some(b'{') => object.map_or(Type::Dynamic, Type::Object),
            Some(b'L') => Type::List(element()),
            Some(b'S') => Type::Set(element()),
            Some(b'M') => Type::Map(element()),
            _ => Type::Dynamic,
        }
    }

    /// The type of the elements of a list, set or map.
    pub fn element(self) -> Option<Type> {
        match self {
            Type::List(element) | Type::Set(element) | Type::Map(element) => Some(element.ty()),
            _ => None,
        }
    }

    /// A list or set of objects: usable as repeated blocks.
    pub fn is_repeated_object(self) -> bool {
        matches!(self, Type::List(_) | Type::Set(_))
            && matches!(self.element(), Some(Type::Object(_)))
    }

    /// Whether a value may have parts that the type doesn't name.
    fn is_open(self) -> bool {
        match self {
            Type::Dynamic | Type::Tuple | Type::Map(_) => true,
            Type::List(element) | Type::Set(element) => element.ty().is_open(),
            Type::String | Type::Number | Type::Bool | Type::Object(_) => false,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::String => f.write_str("string"),
            Type::Number => f.write_str("number"),
            Type::Bool => f.write_str("bool"),
            Type::Dynamic => f.write_str("any"),
            Type::Tuple => f.write_str("tuple"),
            Type::Object(_) => f.write_str("object"),
            Type::List(element) => write!(f, "list({})", element.ty()),
            Type::Set(element) => write!(f, "set({})", element.ty()),
            Type::Map(element) => write!(f, "map({})", element.ty()),
        }
    }
}

/// What a schema says about an attribute, as a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flags(u8);

impl Flags {
    /// It must be written.
    pub const REQUIRED: Flags = Flags(1);
    /// It may be written.
    pub const OPTIONAL: Flags = Flags(2);
    /// The provider may set it.
    pub const COMPUTED: Flags = Flags(4);
    /// It holds a secret.
    pub const SENSITIVE: Flags = Flags(8);
    /// It is never stored.
    pub const WRITE_ONLY: Flags = Flags(16);
    /// It should no longer be written.
    pub const DEPRECATED: Flags = Flags(32);

    /// By the letters that the facts use: r, o, c, x (sensitive), w (write-only), d (deprecated).
    pub fn from_letter(letter: char) -> Option<Flags> {
        Some(match letter {
            'r' => Flags::REQUIRED,
            'o' => Flags::OPTIONAL,
            'c' => Flags::COMPUTED,
            'x' => Flags::SENSITIVE,
            'w' => Flags::WRITE_ONLY,
            'd' => Flags::DEPRECATED,
            _ => return None,
        })
    }

    /// Whether all of `other` are set.
    pub fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Sets those of `other`.
    pub fn insert(&mut self, other: Flags) {
        self.0 |= other.0;
    }

    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    pub(crate) fn from_bits(bits: u32) -> Option<Flags> {
        (bits < 64).then_some(Flags(bits as u8))
    }
}
