//! What an expression of a document evaluates to, and where that comes from: for hovers.

use std::ops::Range;
use std::path::Path;

use smol_str::SmolStr;
use stockade_eval::{Bound, Origin, Step, Symbol, Value, eval, repetition_names};
use stockade_model::{Address, BlockKind};
use stockade_rules::run::{is_literal, literal};
use stockade_rules::secrets::is_called_secret;
use stockade_schema::Kind;
use stockade_syntax::ast::{Block, Body, Expr, ExprKind, Item};
use stockade_syntax::{State, walk};
use stockade_text::{TextRange, TextSize};

use crate::instance::View;
use crate::module::{Module, Modules, block_id};
use crate::show;

/// The value of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The expression, bytes of the file's text.
    pub range: TextRange,
    /// As HCL, or what is known of it.
    pub value: String,
    /// The definitions that it comes from, the nearest first.
    pub origins: Vec<Definition>,
}

/// Where a name is given its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// `var.encrypted`
    pub name: String,
    /// The name of the file.
    pub file: String,
    /// From 1.
    pub line: usize,
}

/// An expression under the cursor, and the way to it.
struct Under<'e> {
    expr: &'e Expr,
    /// The nested blocks that it stands in, and the argument.
    names: Vec<SmolStr>,
    /// What `dynamic` blocks and `for` expressions around it name: of many values at once there is none to show.
    bound: Vec<SmolStr>,
}

/// What the expression at a place of a file evaluates to. `None` for a literal, and where nothing is evaluated.
pub(crate) fn seen_at(module: &Module, path: &Path, offset: TextSize) -> Option<Seen> {
    let file = module.file_at(path)?;
    let (start, segment) = file
        .document
        .segments()
        .find(|(start, segment)| TextRange::at(*start, segment.len).contains(offset))?;
    if !matches!(segment.state, State::Good) {
        return None; // its text is not what was evaluated
    }
    let item = segment.lowered.as_ref()?.item.as_ref()?;
    let under = under(item, offset.checked_sub(start)?)?;
    let range = under.expr.range + start;
    let text = file
        .document
        .rope()
        .get_byte_slice(Range::<usize>::from(range))?;
    if is_literal(&text.to_string()) || under.is_bound() {
        return None;
    }
    let id = block_id(segment.id);
    let address = module.sources.index.get(id)?.address();
    let value_in = |view: View<'_>| match item {
        Item::Attribute(_) => eval(under.expr, &view.evaluator()),
        Item::Block(block) => value_in(block, address, &under, view),
    };
    let scanner = module.sources.config.catalog.scanner();
    let is_secret = address.is_some_and(|address| under.is_secret(address))
        || under
            .names
            .last()
            .is_some_and(|name| is_called_secret(name));
    let mut values: Vec<String> = Vec::new();
    let mut all_origins: Vec<Definition> = Vec::new();
    for view in module.views() {
        let value = value_in(view);
        let is_secret = is_secret || value.origin.as_deref().is_some_and(is_of_secret);
        let told = match told(&value, is_secret)? {
            text if scanner.is_in(&text) => SENSITIVE.to_owned(),
            text => text,
        };
        if !values.contains(&told) {
            values.push(told);
        }
        let new = origins(view, &value).into_iter();
        let new: Vec<Definition> = new.filter(|d| !all_origins.contains(d)).collect();
        all_origins.extend(new);
    }
    Some(Seen {
        range,
        // Each call of the module has its own.
        value: values.join(" or "),
        origins: all_origins,
    })
}

/// The values of arguments in a range that rules look at, where they are not written there.
pub(crate) fn security_values(module: &Module, path: &Path, range: TextRange) -> Vec<Seen> {
    let Some(file) = module.file_at(path) else {
        return Vec::new();
    };
    let accepted = module.sources.config.catalog.accepted();
    let mut places = Vec::new();
    for (start, segment) in file.document.segments() {
        let here = TextRange::at(start, segment.len);
        let entry = module.sources.index.get(block_id(segment.id));
        let (Some(address), Some(top)) = (
            entry.and_then(|entry| entry.address()),
            entry.and_then(|entry| entry.block()),
        ) else {
            continue;
        };
        if here.intersect(range).is_none() {
            continue;
        }
        below(&top.body, &mut Vec::new(), &mut |path, expr| {
            let place = expr.range + start;
            if range.contains_range(place) && accepted.looks_at(address.kind, &address.ty, path) {
                places.push(expr.range.start() + start);
            }
        });
    }
    let seen = places
        .into_iter()
        .filter_map(|at| seen_at(module, path, at));
    seen.filter(|seen| seen.value.len() <= LONGEST_HINT && !seen.value.contains('\n'))
        .collect()
}

/// Longer values would hide the code.
const LONGEST_HINT: usize = 40;

/// Every argument of a body, with the way to it.
fn below<'b>(body: &'b Body, path: &mut Vec<SmolStr>, take: &mut impl FnMut(&[SmolStr], &'b Expr)) {
    for attribute in body.attributes() {
        path.push(attribute.name.name.clone());
        take(path, &attribute.value);
        path.pop();
    }
    for block in body.blocks() {
        let is_content = block.kind.name == "content";
        if !is_content {
            path.push(SmolStr::new(block.produces()));
        }
        below(&block.body, path, take);
        if !is_content {
            path.pop();
        }
    }
}

fn value_in(block: &Block, address: Option<&Address>, under: &Under<'_>, view: View<'_>) -> Value {
    let evaluator = view.evaluator();
    let names = address.map(|address| repetition_names(block, address, &evaluator));
    eval(
        under.expr,
        &Bound::new(&evaluator, names.unwrap_or_default()),
    )
}

impl Under<'_> {
    fn is_bound(&self) -> bool {
        let mut is_bound = false;
        walk(self.expr, &mut |e| {
            is_bound |= matches!(&e.kind, ExprKind::Variable(name) if self.bound.contains(name));
            true
        });
        is_bound
    }

    /// Whether the provider says that the argument holds a secret.
    fn is_secret(&self, address: &Address) -> bool {
        let kind = match address.kind {
            BlockKind::Resource => Kind::Resource,
            BlockKind::Data => Kind::Data,
            BlockKind::Ephemeral => Kind::Ephemeral,
            _ => return false,
        };
        stockade_schema::sensitive(kind, &address.ty, &self.names) == Some(true)
    }
}

fn under(item: &Item, offset: TextSize) -> Option<Under<'_>> {
    let mut found = Under {
        expr: match item {
            Item::Attribute(attribute) => &attribute.value,
            Item::Block(block) => return in_block(block, offset),
        },
        names: Vec::new(),
        bound: Vec::new(),
    };
    narrow(&mut found, offset);
    Some(found)
}

fn in_block(block: &Block, offset: TextSize) -> Option<Under<'_>> {
    let mut names = Vec::new();
    let mut bound = Vec::new();
    let mut body: &Body = &block.body;
    loop {
        let item = body.items.iter().find(|item| match item {
            Item::Attribute(attribute) => attribute.range.contains_inclusive(offset),
            Item::Block(block) => block.range.contains(offset),
        })?;
        match item {
            Item::Attribute(attribute) => {
                names.push(attribute.name.name.clone());
                let mut found = Under {
                    expr: &attribute.value,
                    names,
                    bound,
                };
                narrow(&mut found, offset);
                return Some(found);
            }
            Item::Block(nested) => {
                if nested.is_dynamic() {
                    let iterator = nested.body.attribute("iterator").map(|a| &a.value.kind);
                    bound.push(match iterator {
                        Some(ExprKind::Variable(name)) => name.clone(),
                        _ => SmolStr::new(nested.produces()),
                    });
                }
                if nested.kind.name != "content" {
                    names.push(SmolStr::new(nested.produces()));
                }
                body = &nested.body;
            }
        }
    }
}

/// The smallest expression around the cursor that has a value of its own: of a reference the whole.
fn narrow(found: &mut Under<'_>, offset: TextSize) {
    let whole = found.expr;
    if !whole.range.contains_inclusive(offset) {
        return;
    }
    walk(whole, &mut |expr| {
        if !expr.range.contains_inclusive(offset) {
            return false;
        }
        if let ExprKind::For(f) = &expr.kind {
            found
                .bound
                .extend(f.key.iter().chain([&f.value]).map(|i| i.name.clone()));
        }
        found.expr = expr;
        !matches!(
            expr.kind,
            ExprKind::GetAttr { .. } | ExprKind::Index { .. } | ExprKind::Splat { .. }
        )
    });
}

/// What stands for what is not to be seen.
const SENSITIVE: &str = "a sensitive value";

/// Whether a value was read from what is called a secret.
fn is_of_secret(origin: &Origin) -> bool {
    let name = match &origin.symbol {
        Symbol::Variable(name) | Symbol::Local(name) => Some(name),
        Symbol::Block(_) => None,
    };
    let below = origin.path.iter().filter_map(|step| match step {
        Step::Attr(name) | Step::Key(name) => Some(name),
        _ => None,
    });
    name.into_iter()
        .chain(below)
        .any(|name| is_called_secret(name))
}

/// A value as a hover shows it.
fn told(value: &Value, is_secret: bool) -> Option<String> {
    const LONGEST: usize = 2_000;
    if is_secret || value.sensitive || value.ephemeral {
        return Some(SENSITIVE.to_owned());
    }
    let Some(unknown) = value.as_unknown() else {
        let text = literal(value).unwrap_or_else(|| "known in part only".to_owned());
        let cut: String = text.chars().take(LONGEST).collect();
        return Some(if cut.len() < text.len() {
            format!("{cut}…")
        } else {
            text
        });
    };
    if !unknown.one_of.is_empty() {
        let all: Option<Vec<String>> = unknown.one_of.iter().map(literal).collect();
        return Some(format!("one of {}", all?.join(", ")));
    }
    let what = match &value.refers {
        Some(_) => format!("known after apply: {}", literal(value)?),
        None => "known after apply, or given from outside".to_owned(),
    };
    Some(match &unknown.prefix {
        Some(prefix) => format!("{what}; it begins with \"{prefix}\""),
        None => what,
    })
}

fn origins(view: View<'_>, value: &Value) -> Vec<Definition> {
    let Some(origin) = &value.origin else {
        return Vec::new();
    };
    let alone = Modules::new();
    let hops = show::chain(&alone, view, &origin.symbol, &origin.path);
    let definition = |hop: show::Hop<'_>| {
        let (source, range) = show::place(hop.view.sources, &hop.at)?;
        Some(Definition {
            name: hop.name,
            file: source.name.to_string(),
            line: source.document.rope().byte_to_line(range.start().into()) + 1,
        })
    };
    hops.into_iter().filter_map(definition).collect()
}
