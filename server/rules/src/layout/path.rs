//! Where the path of a fix leads in the tree of a block.

use std::ops::Range;

use stockade_eval::Step;
use stockade_syntax::ast::{Attribute, Block, Body, Item};

use super::NotPossible;
use super::part::{Part, PartKind};

/// What a path leads to.
#[derive(Debug)]
pub(super) enum Target<'a> {
    /// A block. Its arguments are those of [`content`].
    Block(&'a Block),
    /// The lines of a `.tfvars` file.
    Lines(&'a Body),
    Argument(&'a Attribute),
    /// The element or entry `index` of a list or map.
    Item {
        list: Part,
        index: usize,
    },
    /// The JSON document in a value.
    Document(Part),
}

/// A place where arguments can be written.
#[derive(Debug)]
pub(super) enum Arguments<'a> {
    Block(&'a Block),
    Lines(&'a Body),
    /// An object.
    Map(Part),
}

/// Resolves a path from what a segment holds.
pub(super) fn resolve<'a>(
    text: &str,
    segment: &'a Body,
    path: &[Step],
) -> Result<Target<'a>, NotPossible> {
    let mut target = match segment.items.as_slice() {
        [Item::Block(block)] => Target::Block(block),
        _ => Target::Lines(segment),
    };
    let mut rest = path;
    while let Some(step) = rest.first() {
        let (next, used) = match &target {
            Target::Block(block) => in_body(&content(block).body, rest),
            Target::Lines(body) => in_body(body, rest),
            Target::Argument(attribute) => {
                in_part(Part::of(&attribute.value, text), step).map(|t| (t, 1))
            }
            Target::Item { list, index } => item(list, *index)
                .and_then(|p| in_part(p, step))
                .map(|t| (t, 1)),
            Target::Document(part) => in_part(part.clone(), step).map(|t| (t, 1)),
        }
        .ok_or_else(|| NotPossible::NoPlace(shown(path)))?;
        target = next;
        rest = &rest[used..];
    }
    Ok(target)
}

/// The place for arguments that a path leads to.
pub(super) fn arguments<'a>(
    text: &str,
    segment: &'a Body,
    path: &[Step],
) -> Result<Arguments<'a>, NotPossible> {
    let part = match resolve(text, segment, path)? {
        Target::Block(block) => return Ok(Arguments::Block(content(block))),
        Target::Lines(body) => return Ok(Arguments::Lines(body)),
        Target::Argument(attribute) => Some(Part::of(&attribute.value, text)),
        Target::Item { list, index } => item(&list, index),
        Target::Document(part) => Some(part),
    };
    let map = part.and_then(|part| match part.kind {
        PartKind::Map(_) => Some(part),
        PartKind::Merge(parts) => parts
            .into_iter()
            .rev()
            .find(|p| matches!(p.kind, PartKind::Map(_))),
        _ => None,
    });
    map.map(Arguments::Map)
        .ok_or_else(|| NotPossible::NoPlace(shown(path)))
}

/// The block whose body holds the arguments: the `content` of a `dynamic` one.
pub(super) fn content(block: &Block) -> &Block {
    let inner = if block.is_dynamic() {
        block.body.blocks().find(|b| b.kind.name == "content")
    } else {
        None
    };
    inner.unwrap_or(block)
}

impl Arguments<'_> {
    pub(super) fn body(&self) -> Option<&Body> {
        match self {
            Arguments::Block(block) => Some(&block.body),
            Arguments::Lines(body) => Some(body),
            Arguments::Map(_) => None,
        }
    }
}

/// One step from a body, or two where a list of blocks is told as name and index.
fn in_body<'a>(body: &'a Body, path: &[Step]) -> Option<(Target<'a>, usize)> {
    let block = |name: &str, n: u32| -> Option<Target<'a>> {
        body.blocks()
            .filter(|b| b.produces() == name)
            .nth(n as usize)
            .map(Target::Block)
    };
    match path {
        [Step::Attr(name) | Step::Key(name), Step::Index(n), ..]
            if body.attribute(name).is_none() =>
        {
            Some((block(name, *n)?, 2))
        }
        [Step::Attr(name) | Step::Key(name), ..] => {
            Some((Target::Argument(body.attribute(name)?), 1))
        }
        [Step::Block(name, n), ..] => Some((block(name, *n)?, 1)),
        _ => None,
    }
}

fn in_part<'a>(part: Part, step: &Step) -> Option<Target<'a>> {
    match (&part.kind, step) {
        (PartKind::Encoded(inner), Step::Json) => Some(Target::Document((**inner).clone())),
        (PartKind::Encoded(_), _) => None,
        (PartKind::List(items), Step::Index(n)) => {
            let index = *n as usize;
            (index < items.len()).then_some(Target::Item { list: part, index })
        }
        // A single object where a list of them may stand, as policy documents allow.
        (PartKind::Map(entries), Step::Key(name) | Step::Attr(name)) => {
            let index = entries.iter().rposition(|e| e.key.as_ref() == Some(name))?;
            Some(Target::Item { list: part, index })
        }
        (PartKind::Merge(parts), Step::Key(_) | Step::Attr(_)) => {
            parts.iter().rev().find_map(|p| in_part(p.clone(), step))
        }
        _ => None,
    }
}

/// An element of a list, or the value of an entry of a map.
pub(super) fn item(list: &Part, index: usize) -> Option<Part> {
    match &list.kind {
        PartKind::List(items) => items.get(index).cloned(),
        PartKind::Map(entries) => entries.get(index).map(|e| e.value.clone()),
        _ => None,
    }
}

impl Target<'_> {
    /// The value that can be overwritten there.
    pub(super) fn value(&self, text: &str) -> Option<Part> {
        match self {
            Target::Argument(attribute) => {
                let whole = Range::<usize>::from(attribute.value.range);
                Some(Part {
                    range: whole,
                    ..Part::of(&attribute.value, text)
                })
            }
            Target::Item { list, index } => item(list, *index),
            Target::Document(part) => Some(part.clone()),
            Target::Block(_) | Target::Lines(_) => None,
        }
    }
}

/// A path as it is shown: `ingress[0].cidr_blocks[1]`.
pub(super) fn shown(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Attr(name) | Step::Key(name) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Step::Block(name, n) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(&format!("{name}[{n}]"));
            }
            Step::Index(n) => out.push_str(&format!("[{n}]")),
            Step::Json | Step::Text(..) => {}
        }
    }
    if out.is_empty() {
        "the block".to_owned()
    } else {
        out
    }
}
