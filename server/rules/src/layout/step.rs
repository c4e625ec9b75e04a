//! One step of a fix as a replacement in the text of a block.

use stockade_eval::{Step, locate, locate_expr};
use stockade_syntax::ast::{Attribute, Body, Item};
use stockade_syntax::{parse_body, parse_expression};
use stockade_text::TextRange;

use super::align::{Edited, Splice};
use super::lines::{indent, indent_unit, indented};
use super::part::{Notation, Part, PartKind};
use super::path::{Arguments, Target, arguments, item, resolve, shown};
use super::{NotPossible, insert, json, remove};

/// A change within one block; paths begin at its body.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    Set {
        body: Vec<Step>,
        name: String,
        value: String,
    },
    Replace {
        at: Vec<Step>,
        value: String,
    },
    /// Overwrites a literal; anything else is an error.
    ReplaceLiteral {
        at: Vec<Step>,
        value: String,
    },
    Append {
        at: Vec<Step>,
        value: String,
    },
    AddBlock {
        body: Vec<Step>,
        text: String,
    },
    Remove {
        at: Vec<Step>,
    },
    /// Overwrites what the block begins with.
    Keyword {
        value: String,
    },
}

impl Change {
    /// The path of what it writes or removes. A new block is a place of its own below its body.
    pub(super) fn footprint(&self) -> Vec<Step> {
        match self {
            Change::Set { body, name, .. } => {
                [body.as_slice(), &[Step::Attr(name.into())]].concat()
            }
            Change::Replace { at, .. }
            | Change::ReplaceLiteral { at, .. }
            | Change::Remove { at } => at.clone(),
            Change::Append { at, .. } => [at.as_slice(), &[Step::Index(u32::MAX)]].concat(),
            Change::AddBlock { body, text } => {
                let name = block_name(text);
                [body.as_slice(), &[Step::Block(name.into(), u32::MAX)]].concat()
            }
            Change::Keyword { .. } => vec![Step::Index(0)],
        }
    }
}

/// The type of the block that a text is.
pub(super) fn block_name(text: &str) -> &str {
    let text = text.trim_start();
    text.split([' ', '{', '\n']).next().unwrap_or_default()
}

/// Writes changes into the text of a segment, one after the other.
///
/// What is written does not move the places of what comes later; removals do, so that they come
/// last, from the end.
pub(super) fn write(text: &str, changes: &[Change]) -> Result<String, NotPossible> {
    let (mut removals, others): (Vec<&Change>, Vec<&Change>) = changes
        .iter()
        .partition(|c| matches!(c, Change::Remove { .. }));
    removals.sort_by_key(|c| std::cmp::Reverse(c.footprint()));
    // A line of a `.tfvars` file is aligned with lines of other segments.
    let is_block = matches!(parsed(text)?.items.as_slice(), [Item::Block(_)]);
    let mut edited = Edited::of(text);
    // Those of parts of one text from its end, so that none moves another.
    let (mut parts, others): (Vec<&Change>, Vec<&Change>) = others
        .into_iter()
        .partition(|c| matches!(c.footprint().last(), Some(Step::Text(..))));
    parts.sort_by_key(|c| std::cmp::Reverse(c.footprint()));
    for change in parts.into_iter().chain(others) {
        let splice = splice(&edited.text, change, &removals)?;
        edited.replace(&splice);
    }
    for change in removals {
        let splice = splice(&edited.text, change, &[])?;
        edited.replace(&splice);
    }
    parsed(&edited.text)?;
    Ok(match is_block {
        true => edited.aligned(),
        false => edited.text,
    })
}

fn parsed(text: &str) -> Result<Body, NotPossible> {
    let (body, errors) = parse_body(text);
    match errors.into_iter().next() {
        None => Ok(body),
        Some(error) => Err(NotPossible::Text(error.message)),
    }
}

fn splice(text: &str, change: &Change, removals: &[&Change]) -> Result<Splice, NotPossible> {
    let segment = parsed(text)?;
    match change {
        Change::Set { body, name, value } => match arguments(text, &segment, body)? {
            Arguments::Map(map) => Ok(set_entry(text, &map, name, &written(value, map.notation)?)),
            place => {
                let existing = place.body().and_then(|b| b.attribute(name));
                match (existing, &place) {
                    (Some(attribute), _) => {
                        Ok(overwrite(text, attribute.value.range.into(), value))
                    }
                    (None, Arguments::Block(block)) => {
                        let beside = renamed(&block.body, body, name, removals);
                        Ok(insert::argument(text, block, beside, name, value))
                    }
                    (None, _) => Ok(insert::line(text, name, value)),
                }
            }
        },
        Change::Replace { at, value } if matches!(at.last(), Some(Step::Text(..))) => {
            replace_text(text, &segment, at, value)
        }
        Change::Replace { at, value } => match resolve(text, &segment, at) {
            Ok(target) => replace(text, &target, at, value),
            // An argument that is not there is set.
            Err(error) => match at.split_last() {
                Some((Step::Attr(name) | Step::Key(name), body)) => {
                    let change = Change::Set {
                        body: body.to_vec(),
                        name: name.to_string(),
                        value: value.clone(),
                    };
                    splice(text, &change, removals).map_err(|_| error)
                }
                _ => Err(error),
            },
        },
        Change::ReplaceLiteral { at, value } => {
            let target = resolve(text, &segment, at)?;
            let is_literal = target.value(text).is_some_and(|v| v.is_literal());
            if is_literal {
                replace(text, &target, at, value)
            } else {
                Err(NotPossible::NotLiteral(shown(at)))
            }
        }
        Change::Append { at, value } => {
            let part = match resolve(text, &segment, at)? {
                Target::Argument(attribute) => Some(Part::of(&attribute.value, text)),
                Target::Item { list, index } => item(&list, index),
                Target::Document(part) => Some(part),
                Target::Block(_) | Target::Lines(_) => None,
            };
            let list = part
                .filter(|p| matches!(p.kind, PartKind::List(_)))
                .ok_or_else(|| NotPossible::NoPlace(shown(at)))?;
            Ok(insert::item(text, &list, &written(value, list.notation)?))
        }
        Change::AddBlock {
            body,
            text: snippet,
        } => match arguments(text, &segment, body)? {
            // `ingress = [...]` and `ingress { }` exclude each other.
            Arguments::Block(block) if block.body.attribute(block_name(snippet)).is_none() => {
                Ok(insert::nested_block(text, block, snippet))
            }
            _ => Err(NotPossible::NoPlace(shown(body))),
        },
        Change::Keyword { value } => match segment.items.as_slice() {
            [Item::Block(block)] => Ok(Splice {
                range: block.kind.range.into(),
                insert: value.clone(),
            }),
            _ => Err(NotPossible::NoPlace(shown(&[]))),
        },
        Change::Remove { at } => {
            let target = resolve(text, &segment, at)?;
            remove::target(text, &segment, &target).ok_or_else(|| NotPossible::NoPlace(shown(at)))
        }
    }
}

fn replace(
    text: &str,
    target: &Target<'_>,
    at: &[Step],
    value: &str,
) -> Result<Splice, NotPossible> {
    let part = target
        .value(text)
        .ok_or_else(|| NotPossible::NoPlace(shown(at)))?;
    Ok(overwrite(text, part.range, &written(value, part.notation)?))
}

/// Overwrites a whole literal, or with an interpolation a part of one.
fn replace_text(
    text: &str,
    segment: &Body,
    at: &[Step],
    value: &str,
) -> Result<Splice, NotPossible> {
    let range = match (segment.items.as_slice(), at) {
        (_, [Step::Text(start, length)]) => TextRange::at((*start).into(), (*length).into()),
        ([Item::Block(block)], _) => locate(block, at),
        ([Item::Attribute(attribute)], [_, below @ ..]) => locate_expr(&attribute.value, below).0,
        _ => return Err(NotPossible::NoPlace(shown(at))),
    };
    let range = std::ops::Range::<usize>::from(range);
    let old = text
        .get(range.clone())
        .ok_or_else(|| NotPossible::NoPlace(shown(at)))?;
    let is_whole = old.starts_with('"') && parse_expression(old).is_ok();
    let value = written(value, Notation::Hcl)?;
    let insert = if is_whole {
        value
    } else {
        format!("${{{value}}}")
    };
    Ok(Splice { insert, range })
}

fn set_entry(text: &str, map: &Part, name: &str, value: &str) -> Splice {
    let PartKind::Map(entries) = &map.kind else {
        return insert::entry(text, map, name, value);
    };
    match entries.iter().rfind(|e| e.key.as_deref() == Some(name)) {
        Some(entry) => overwrite(text, entry.value.range.clone(), value),
        None => insert::entry(text, map, name, value),
    }
}

fn overwrite(text: &str, range: std::ops::Range<usize>, value: &str) -> Splice {
    let own = indent(text, range.start);
    Splice {
        insert: indented(value, own, indent_unit(text)),
        range,
    }
}

/// An expression in the notation of the place it goes to.
fn written(value: &str, notation: Notation) -> Result<String, NotPossible> {
    match notation {
        Notation::Json => json::written(value),
        Notation::Hcl => match parse_expression(value) {
            Ok(_) => Ok(value.trim().to_owned()),
            Err(error) => Err(NotPossible::Text(error.message)),
        },
    }
}

/// The argument that the fix removes in favour of the new one: `password` for `password_wo`.
fn renamed<'a>(
    body: &'a Body,
    path: &[Step],
    name: &str,
    removals: &[&Change],
) -> Option<&'a Attribute> {
    let is_removed = |a: &&Attribute| {
        let at = [path, &[Step::Attr(a.name.name.clone())]].concat();
        removals.iter().any(|r| r.footprint() == at)
    };
    let removed: Vec<&Attribute> = body.attributes().filter(is_removed).collect();
    let below = body.attributes().filter(|a| {
        removed
            .iter()
            .any(|r| a.name.name.starts_with(r.name.name.as_str()))
    });
    below
        .filter(|a| {
            name.starts_with(a.name.name.as_str())
                || removed
                    .iter()
                    .any(|r| name.starts_with(r.name.name.as_str()))
        })
        .last()
}
