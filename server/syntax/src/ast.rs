//! The typed view of a segment: what the rest of Stockade knows of HCL.
//!
//! All ranges are relative to the start of the segment, so that a block that moves keeps its
//! lowered form. Names follow the HCL native syntax specification
//! (<https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md>).

use smol_str::SmolStr;
use stockade_text::TextRange;

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    pub name: SmolStr,
    pub range: TextRange,
}

/// What stands between the braces of a block, or a whole segment's item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Attribute(Attribute),
    Block(Block),
}

/// `name = expression`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: Ident,
    pub value: Expr,
    /// From the name to the end of the expression.
    pub range: TextRange,
}

/// `kind "label" … { body }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub kind: Ident,
    pub labels: Vec<Ident>,
    pub body: Body,
    /// From the block's type to the end of its last label (without the brace).
    pub header: TextRange,
    /// The whole block, closing brace included.
    pub range: TextRange,
    /// From the opening brace to the closing one, both included.
    pub braces: TextRange,
}

/// Arguments and nested blocks in source order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    pub items: Vec<Item>,
}

impl Body {
    /// The argument of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes().find(|a| a.name.name == name)
    }

    /// All arguments, in source order.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.items.iter().filter_map(|item| match item {
            Item::Attribute(a) => Some(a),
            Item::Block(_) => None,
        })
    }

    /// All nested blocks, in source order, `dynamic` ones as they are written.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.items.iter().filter_map(|item| match item {
            Item::Block(b) => Some(b),
            Item::Attribute(_) => None,
        })
    }

    /// The nested blocks that yield blocks called `name`: `name { }` and `dynamic "name" { }`.
    pub fn blocks_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks().filter(move |b| b.produces() == name)
    }
}

impl Block {
    /// The type of the blocks this one stands for: the label of a `dynamic` block, else its own type.
    pub fn produces(&self) -> &str {
        match self.labels.first() {
            Some(label) if self.is_dynamic() => &label.name,
            _ => &self.kind.name,
        }
    }

    /// Whether this is `dynamic "name" { for_each … content { } }`.
    pub fn is_dynamic(&self) -> bool {
        self.kind.name == "dynamic" && self.labels.len() == 1
    }
}

/// An expression and where it stands, parentheses included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    pub kind: ExprKind,
    pub range: TextRange,
}

/// The expressions of HCL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    Null,
    Bool(bool),
    /// As written; [`crate`] does not know how large a number may be.
    Number(SmolStr),
    /// A quoted template or a heredoc. A string without interpolation is one literal part, or none.
    Template(Template),
    Tuple(Vec<Expr>),
    Object(Vec<ObjectEntry>),
    /// The first name of a reference: `var`, `aws_s3_bucket`, `each`.
    Variable(SmolStr),
    /// `of.name`; `name` may be a legacy index (`.0`), which is an [`ExprKind::Index`].
    GetAttr {
        of: Box<Expr>,
        name: Ident,
    },
    Index {
        of: Box<Expr>,
        key: Box<Expr>,
    },
    /// `of.*.each` or `of[*].each`: `each` is applied to every element; its innermost expression
    /// is [`ExprKind::SplatItem`].
    Splat {
        of: Box<Expr>,
        each: Box<Expr>,
        full: bool,
    },
    /// The element of the nearest enclosing splat.
    SplatItem,
    /// `name(args)`, `namespace::name(args)`; `expand` when the last argument ends in `...`.
    Call {
        name: Ident,
        args: Vec<Expr>,
        expand: bool,
    },
    Unary {
        op: UnaryOp,
        of: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Conditional {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
    },
    For(Box<For>),
    Paren(Box<Expr>),
}

/// `key = value` or `key : value` in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectEntry {
    pub key: Expr,
    pub value: Expr,
}

impl ObjectEntry {
    /// The key when it is literally there: a bare name or a string without interpolation.
    pub fn literal_key(&self) -> Option<SmolStr> {
        match &self.key.kind {
            ExprKind::Variable(name) => Some(name.clone()),
            ExprKind::Number(text) => Some(text.clone()),
            ExprKind::Bool(b) => Some(SmolStr::new(if *b { "true" } else { "false" })),
            ExprKind::Null => Some(SmolStr::new("null")),
            _ => self.key.literal_string(),
        }
    }
}

/// `[for key, value in collection : result if condition]` and its object form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct For {
    pub key: Option<Ident>,
    pub value: Ident,
    pub collection: Expr,
    /// The key of the object form.
    pub result_key: Option<Expr>,
    pub result: Expr,
    pub condition: Option<Expr>,
    /// `...` after the result of the object form.
    pub group: bool,
}

/// A template; `heredoc` tells `<<EOT` from a quoted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub parts: Vec<TemplatePart>,
    pub heredoc: bool,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// Text with its escapes resolved, trim markers and `<<-` indentation applied. A heredoc has
    /// a part a line and a quoted string is split after each escape, so that a byte of `text`
    /// stands at `range.start() + offset` unless the part is a lone escape.
    Literal { text: SmolStr, range: TextRange },
    /// `${ expr }`; the range spans the markers.
    Interpolation { expr: Expr, range: TextRange },
    /// `%{ if condition }then%{ else }otherwise%{ endif }`.
    If {
        condition: Expr,
        then: Vec<TemplatePart>,
        otherwise: Vec<TemplatePart>,
        range: TextRange,
    },
    /// `%{ for key, value in collection }body%{ endfor }`.
    For {
        key: Option<Ident>,
        value: Ident,
        collection: Expr,
        body: Vec<TemplatePart>,
        range: TextRange,
    },
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    Not,
    Negate,
}

/// Infix operators, loosest first in [`BinaryOp::precedence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl BinaryOp {
    /// Whether it makes a number; all others make a bool.
    pub fn is_arithmetic(self) -> bool {
        self.precedence() >= BinaryOp::Add.precedence()
    }

    /// 1 binds loosest (`||`), 6 tightest (`*`). All are left-associative.
    pub fn precedence(self) -> u8 {
        match self {
            BinaryOp::Or => 1,
            BinaryOp::And => 2,
            BinaryOp::Equal | BinaryOp::NotEqual => 3,
            BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterOrEqual => 4,
            BinaryOp::Add | BinaryOp::Subtract => 5,
            BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => 6,
        }
    }
}

impl Expr {
    /// The string of a template without interpolation.
    pub fn literal_string(&self) -> Option<SmolStr> {
        let ExprKind::Template(template) = &self.kind else {
            return None;
        };
        match template.parts.as_slice() {
            [] => Some(SmolStr::default()),
            [TemplatePart::Literal { text, .. }] => Some(text.clone()),
            parts => {
                let mut joined = String::new();
                for part in parts {
                    let TemplatePart::Literal { text, .. } = part else {
                        return None;
                    };
                    joined.push_str(text);
                }
                Some(joined.into())
            }
        }
    }

    /// The expression inside any parentheses.
    pub fn unparenthesized(&self) -> &Expr {
        match &self.kind {
            ExprKind::Paren(inner) => inner.unparenthesized(),
            _ => self,
        }
    }
}
