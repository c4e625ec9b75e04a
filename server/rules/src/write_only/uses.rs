//! What the expressions of a block refer to, and what may stand in the arguments that they give.

use smol_str::SmolStr;
use stockade_eval::{Step, Symbol};
use stockade_model::{Address, BlockKind};
use stockade_syntax::ast::{Attribute, Block, Body, Expr, ExprKind, Item};
use stockade_syntax::walk;
use stockade_text::TextRange;

/// An argument of a block.
pub(crate) struct Use<'a> {
    /// The way to it.
    pub(crate) path: Vec<Step>,
    /// The names of the nested blocks that it stands in.
    pub(crate) blocks: Vec<SmolStr>,
    pub(crate) argument: SmolStr,
    pub(crate) expr: &'a Expr,
    /// It says how often something is there: `for_each` of a `dynamic`.
    pub(crate) repeats: bool,
}

/// A reference in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ref {
    pub(crate) symbol: Symbol,
    /// `var.name`, `data.type.name`, `type.name`: without what is read of it.
    pub(crate) range: TextRange,
    /// The first attribute that is read of it.
    pub(crate) attribute: Option<SmolStr>,
    /// From its first name to that attribute.
    pub(crate) whole: TextRange,
}

/// The arguments of a block or line, nested ones included.
pub(crate) fn uses(item: &Item) -> Vec<Use<'_>> {
    let mut all = Vec::new();
    match item {
        Item::Block(block) => of_body(&block.body, &[], &[], &mut all),
        Item::Attribute(attribute) => of_attribute(attribute, &[], &[], &mut all),
    }
    all
}

fn of_attribute<'a>(
    attribute: &'a Attribute,
    path: &[Step],
    blocks: &[SmolStr],
    all: &mut Vec<Use<'a>>,
) {
    all.push(Use {
        path: [path, &[Step::Attr(attribute.name.name.clone())]].concat(),
        blocks: blocks.to_vec(),
        argument: attribute.name.name.clone(),
        expr: &attribute.value,
        repeats: false,
    });
}

fn of_body<'a>(body: &'a Body, path: &[Step], blocks: &[SmolStr], all: &mut Vec<Use<'a>>) {
    for attribute in body.attributes() {
        of_attribute(attribute, path, blocks, all);
    }
    let mut counts: Vec<(&str, u32)> = Vec::new();
    for block in body.blocks() {
        let nth = nth(&mut counts, block.produces());
        let path = [path, &[Step::Block(block.produces().into(), nth)]].concat();
        let blocks = [blocks, &[block.produces().into()]].concat();
        of_nested(block, &path, &blocks, all);
    }
}

fn of_nested<'a>(block: &'a Block, path: &[Step], blocks: &[SmolStr], all: &mut Vec<Use<'a>>) {
    if !block.is_dynamic() {
        return of_body(&block.body, path, blocks, all);
    }
    for attribute in block.body.attributes() {
        all.push(Use {
            path: path.to_vec(),
            blocks: blocks.to_vec(),
            argument: attribute.name.name.clone(),
            expr: &attribute.value,
            repeats: true,
        });
    }
    for content in block.body.blocks().filter(|b| b.kind.name == "content") {
        of_body(&content.body, path, blocks, all);
    }
}

fn nth<'a>(counts: &mut Vec<(&'a str, u32)>, name: &'a str) -> u32 {
    match counts.iter_mut().find(|(known, _)| *known == name) {
        Some((_, count)) => {
            *count += 1;
            *count
        }
        None => {
            counts.push((name, 0));
            0
        }
    }
}

/// The symbols that a block or line refers to, each once.
pub fn mentions(item: &Item) -> Vec<Symbol> {
    let mut all: Vec<Symbol> = Vec::new();
    for used in uses(item) {
        for reference in references(used.expr) {
            if !all.contains(&reference.symbol) {
                all.push(reference.symbol);
            }
        }
    }
    all
}

/// The references in an expression, in source order.
pub(crate) fn references(expr: &Expr) -> Vec<Ref> {
    let mut all = Vec::new();
    visit(expr, &mut all);
    all.sort_by_key(|r| r.range.start());
    all
}

fn visit(expr: &Expr, all: &mut Vec<Ref>) {
    walk(expr, &mut |inner| match &inner.kind {
        ExprKind::Variable(_) | ExprKind::GetAttr { .. } | ExprKind::Index { .. } => {
            traversal(inner, all);
            false
        }
        _ => true,
    });
}

/// A step of a traversal, from the outermost name inwards.
enum Part<'a> {
    Name(&'a SmolStr, TextRange),
    Index(&'a Expr),
}

fn traversal(expr: &Expr, all: &mut Vec<Ref>) {
    let mut parts = Vec::new();
    let mut at = expr;
    let first = loop {
        match &at.kind {
            ExprKind::GetAttr { of, name } => {
                parts.push(Part::Name(&name.name, name.range));
                at = of;
            }
            ExprKind::Index { of, key } => {
                parts.push(Part::Index(key));
                at = of;
            }
            ExprKind::Variable(first) => break first,
            _ => {
                visit(at, all);
                return keys(&parts, all);
            }
        }
    };
    parts.reverse();
    keys(&parts, all);
    let names: Vec<(&SmolStr, TextRange)> = parts
        .iter()
        .map_while(|part| match part {
            Part::Name(name, range) => Some((*name, *range)),
            Part::Index(_) => None,
        })
        .collect();
    let Some((symbol, used)) = symbol(first, &names) else {
        return;
    };
    let start = at.range.start();
    let range = TextRange::new(start, names[used - 1].1.end());
    let below = parts[used..].iter().find_map(|part| match part {
        Part::Name(name, range) => Some((*name, *range)),
        Part::Index(_) => None,
    });
    all.push(Ref {
        symbol,
        range,
        attribute: below.map(|(name, _)| name.clone()),
        whole: below.map_or(range, |(_, r)| TextRange::new(start, r.end())),
    });
}

fn keys(parts: &[Part<'_>], all: &mut Vec<Ref>) {
    for part in parts {
        if let Part::Index(key) = part {
            visit(key, all);
        }
    }
}

/// What the first names mean, and how many of those below the first.
fn symbol(first: &SmolStr, names: &[(&SmolStr, TextRange)]) -> Option<(Symbol, usize)> {
    let name = |n: usize| names.get(n).map(|(name, _)| (*name).clone());
    let block = |kind, ty, name| Symbol::Block(Address { kind, ty, name });
    Some(match first.as_str() {
        "var" => (Symbol::Variable(name(0)?), 1),
        "local" => (Symbol::Local(name(0)?), 1),
        "data" => (block(BlockKind::Data, name(0)?, name(1)?), 2),
        "ephemeral" => (block(BlockKind::Ephemeral, name(0)?, name(1)?), 2),
        "module" => (block(BlockKind::Module, SmolStr::default(), name(0)?), 1),
        "each" | "self" | "path" | "count" | "terraform" => return None,
        _ => (block(BlockKind::Resource, first.clone(), name(0)?), 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockade_syntax::parse_expression;

    #[test]
    fn what_expressions_refer_to() {
        let cases = [
            ("var.a", "var.a"),
            ("var.a.b[0].c", "var.a"),
            ("random_password.db[0].result", "random_password.db .result"),
            ("data.aws_x.y[each.key].z", "data.aws_x.y .z"),
            ("\"${local.u}:${module.m.out}\"", "local.u module.m .out"),
            ("jsondecode(data.a.b.c)[var.k]", "data.a.b .c var.k"),
            ("{ password = var.p }", "var.p"),
            (
                "[for x in var.l : x.name if local.on]",
                "var.l x.name local.on",
            ),
            ("each.value.password", ""),
        ];
        for (text, expected) in cases {
            let expr = parse_expression(text).expect("an expression");
            let shown = references(&expr).into_iter().map(|r| {
                let name = &text[std::ops::Range::<usize>::from(r.range)];
                let attribute = r.attribute.filter(|_| matches!(r.symbol, Symbol::Block(_)));
                attribute.map_or(name.to_owned(), |a| format!("{name} .{a}"))
            });
            assert_eq!(shown.collect::<Vec<_>>().join(" "), expected, "{text}");
        }
    }
}
