//! Parts of values: attributes, elements, instances of counted blocks.

use std::cell::Cell;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_schema::{Attribute, Entry};

use crate::combine::{either, one_of};
use crate::expr::{Evaluated, Invalid};
use crate::value::{Kind, Reference, Sequence, Step, Symbol, Type, Unknown, Value};

/// Elements with their keys, in Terraform's order; `None` when they are not known.
pub(crate) fn elements(collection: &Value) -> Result<Option<Vec<(Value, Value)>>, Invalid> {
    match &collection.kind {
        Kind::List(of, elements) => {
            let of_each = elements.iter().enumerate().map(|(i, element)| {
                let key = if *of == Sequence::Set {
                    element.clone()
                } else {
                    Value::int(i as i64)
                };
                (key, collection.part(element, Step::Index(i as u32)))
            });
            Ok(Some(of_each.collect()))
        }
        Kind::Object(entries) => {
            let of_each = entries.iter().map(|(k, v)| {
                (
                    Value::string(k.as_str()),
                    collection.part(v, Step::Key(k.clone())),
                )
            });
            Ok(Some(of_each.collect()))
        }
        Kind::Unknown(_) => Ok(None),
        _ => Err(Invalid),
    }
}

/// The elements that an unknown collection may have.
pub(crate) struct Possible {
    pub(crate) elements: Vec<(Value, Value)>,
    /// Those that are certainly in it come first; this many.
    pub(crate) certain: usize,
    /// It may have others.
    pub(crate) has_more: bool,
}

/// What a collection may hold, known or not.
pub(crate) fn possible(collection: &Value) -> Possible {
    let nothing = || Possible {
        elements: Vec::new(),
        certain: 0,
        has_more: true,
    };
    match &collection.kind {
        Kind::Unknown(u) if !u.one_of.is_empty() => {
            let mut all = Possible {
                has_more: false,
                ..nothing()
            };
            for member in &u.one_of {
                match elements(member) {
                    Ok(Some(elements)) => all.elements.extend(elements),
                    Err(Invalid) if member.is_null() => {}
                    _ => all.has_more = true,
                }
            }
            all
        }
        Kind::Unknown(u) => {
            let entries = u.entries.iter();
            let elements: Vec<_> = entries
                .map(|(k, v)| {
                    (
                        Value::string(k.as_str()),
                        collection.part(v, Step::Key(k.clone())),
                    )
                })
                .chain(
                    u.contains
                        .iter()
                        .map(|v| (Value::unknown_of(None, true), v.clone())),
                )
                .collect();
            Possible {
                certain: elements.len(),
                elements,
                has_more: true,
            }
        }
        _ => match elements(collection) {
            Ok(Some(elements)) => Possible {
                certain: elements.len(),
                elements,
                has_more: false,
            },
            _ => nothing(),
        },
    }
}

/// `of.name`. Sets `doubt` when it may turn out not to be there.
pub(crate) fn attribute(of: &Value, name: &SmolStr, doubt: &Cell<bool>) -> Evaluated {
    match &of.kind {
        Kind::Object(entries) => match entries.get(name) {
            Some(entry) => Ok(of.part(entry, step_of(of, name))),
            None => Err(Invalid),
        },
        Kind::Unknown(unknown) => {
            if let Some(entry) = unknown.entries.get(name) {
                return Ok(of.part(entry, step_of(of, name)));
            }
            if !unknown.one_of.is_empty() {
                return of_each_member(unknown, doubt, |member| attribute(member, name, doubt));
            }
            Ok(unknown_attribute(of, unknown, name, doubt))
        }
        _ => Err(Invalid),
    }
}

/// What is left of the possible values when something is done to each.
fn of_each_member(
    unknown: &Unknown,
    doubt: &Cell<bool>,
    of: impl Fn(&Value) -> Evaluated,
) -> Evaluated {
    let results: Vec<Value> = unknown
        .one_of
        .iter()
        .filter_map(|member| of(member).ok())
        .collect();
    if results.len() < unknown.one_of.len() {
        doubt.set(true);
    }
    results.into_iter().reduce(either).ok_or(Invalid)
}

/// An attribute that isn't known: of a block's, the schema still tells something.
fn unknown_attribute(of: &Value, unknown: &Unknown, name: &SmolStr, doubt: &Cell<bool>) -> Value {
    let refers = of.refers.as_ref().map(|r| {
        let path = r.path.iter().chain([name]).cloned().collect();
        Arc::new(Reference {
            path,
            ..(**r).clone()
        })
    });
    let is_block = unknown.body.is_some() || of.refers.as_ref().is_some_and(|r| r.path.is_empty());
    if !is_block && !matches!(unknown.ty, Some(Type::Object(_))) {
        doubt.set(true);
    }
    let entry = unknown.body.and_then(|body| body.entry(name));
    let value = match (entry, &unknown.ty) {
        (Some(Entry::Attribute(attribute)), _) => of_schema(&attribute),
        (Some(Entry::Block(_)), _) => Value::unknown(),
        (None, Some(Type::Object(fields))) => match fields.get(name) {
            Some(field) => Value::unknown_of(Some(field.ty.clone()), false),
            None => Value::unknown(),
        },
        (None, _) if is_block && is_always_set(of, name) => {
            Value::unknown_of(Some(Type::String), true)
        }
        (None, _) => Value::unknown(),
    };
    let sensitive = value.sensitive || of.sensitive;
    of.part(
        &Value {
            refers,
            sensitive,
            ephemeral: of.ephemeral,
            ..value
        },
        step_of(of, name),
    )
}

/// An attribute that is not configured: what the provider sets is not null, the rest is.
fn of_schema(attribute: &Attribute) -> Value {
    let mut value = match (attribute.computed, attribute.optional) {
        (true, _) => Value::unknown_of(Some(schema_type(attribute.ty)), true),
        (false, true) => Value::null(),
        (false, false) => Value::unknown_of(Some(schema_type(attribute.ty)), false),
    };
    value.sensitive = attribute.sensitive;
    value
}

/// Every resource has these.
fn is_always_set(of: &Value, name: &str) -> bool {
    let is_resource = of.refers.as_ref().is_some_and(|r| {
        use stockade_model::BlockKind::{Data, Ephemeral, Resource};
        r.path.is_empty() && matches!(r.address.kind, Resource | Data | Ephemeral)
    });
    is_resource && matches!(name, "id" | "arn" | "self_link" | "name")
}

fn schema_type(ty: stockade_schema::Type) -> Type {
    use stockade_schema::Type as Schema;
    let element = || Box::new(ty.element().map_or(Type::Any, schema_type));
    match ty {
        Schema::String => Type::String,
        Schema::Number => Type::Number,
        Schema::Bool => Type::Bool,
        Schema::List(_) => Type::List(element()),
        Schema::Set(_) => Type::Set(element()),
        Schema::Map(_) => Type::Map(element()),
        Schema::Dynamic | Schema::Tuple | Schema::Object(_) => Type::Any,
    }
}

/// The first step into a block is an argument of it.
fn step_of(of: &Value, name: &SmolStr) -> Step {
    let is_block = of
        .origin
        .as_ref()
        .is_some_and(|o| matches!(o.symbol, Symbol::Block(_)) && o.path.is_empty());
    if is_block {
        Step::Attr(name.clone())
    } else {
        Step::Key(name.clone())
    }
}

/// `of[key]`. Sets `doubt` when it may turn out not to be there.
pub(crate) fn index(of: &Value, key: &Value, doubt: &Cell<bool>) -> Evaluated {
    let mut value = indexed(of, key, doubt)?;
    value.sensitive |= key.sensitive;
    value.ephemeral |= key.ephemeral;
    Ok(value)
}

fn indexed(of: &Value, key: &Value, doubt: &Cell<bool>) -> Evaluated {
    match (&of.kind, &key.kind) {
        (Kind::List(Sequence::Set, _), _) | (_, Kind::Null) => Err(Invalid),
        (Kind::List(_, elements), Kind::Number(_) | Kind::String(_)) => {
            let at = key
                .as_i64()
                .and_then(|n| usize::try_from(n).ok())
                .ok_or(Invalid)?;
            let element = elements.get(at).ok_or(Invalid)?;
            Ok(of.part(element, Step::Index(at as u32)))
        }
        (Kind::Object(_), Kind::Number(_) | Kind::String(_) | Kind::Bool(_)) => {
            let key = key.to_text().ok_or(Invalid)?;
            attribute(of, &SmolStr::from(key.as_ref()), doubt)
        }
        (Kind::List(..) | Kind::Object(_), Kind::Unknown(_)) => {
            doubt.set(true);
            let elements = elements(of)?.unwrap_or_default();
            elements
                .into_iter()
                .map(|(_, v)| v)
                .reduce(either)
                .ok_or(Invalid)
        }
        (Kind::Unknown(unknown), _) => unknown_index(of, unknown, key, doubt),
        _ => Err(Invalid),
    }
}

fn unknown_index(of: &Value, unknown: &Unknown, key: &Value, doubt: &Cell<bool>) -> Evaluated {
    if let Some(instance) = instance(of, unknown, key, doubt)? {
        return Ok(instance);
    }
    if let Some(name) = key
        .as_str()
        .filter(|name| unknown.entries.contains_key(*name))
    {
        return attribute(of, &SmolStr::new(name), doubt);
    }
    if !unknown.one_of.is_empty() {
        return of_each_member(unknown, doubt, |member| index(member, key, doubt));
    }
    doubt.set(true);
    let ty = match &unknown.ty {
        Some(Type::List(element) | Type::Map(element)) => {
            Some((**element).clone()).filter(|t| *t != Type::Any)
        }
        _ => None,
    };
    let element = Value {
        refers: of.refers.clone(),
        ..Value::unknown_of(ty, false)
    };
    Ok(element.derived_from([of, key]))
}

/// An instance of a counted block is the block: it is evaluated once for all of them.
fn instance(
    of: &Value,
    unknown: &Unknown,
    key: &Value,
    doubt: &Cell<bool>,
) -> Result<Option<Value>, Invalid> {
    let Some(reference) = of
        .refers
        .as_ref()
        .filter(|r| r.path.is_empty() && r.index.is_none())
    else {
        return Ok(None);
    };
    match &unknown.ty {
        Some(Type::Object(_)) => return Err(Invalid), // neither count nor for_each
        Some(Type::List(_)) if key.as_i64().is_none() && !key.is_unknown() => return Err(Invalid),
        _ => doubt.set(true),
    }
    Ok(Some(one_instance(
        of,
        unknown,
        reference,
        instance_key(key),
    )))
}

/// The key of an instance as it is shown.
pub(crate) fn instance_key(key: &Value) -> SmolStr {
    match &key.kind {
        Kind::String(text) => SmolStr::from(format!("\"{text}\"")),
        Kind::Number(n) => SmolStr::from(n.to_string()),
        _ => SmolStr::new_static("?"),
    }
}

fn one_instance(of: &Value, unknown: &Unknown, reference: &Reference, index: SmolStr) -> Value {
    let ty = unknown
        .ty
        .as_ref()
        .map(|_| Type::Object(Default::default()));
    Value {
        kind: Kind::Unknown(Arc::new(Unknown {
            ty,
            ..unknown.clone()
        })),
        refers: Some(Arc::new(Reference {
            index: Some(index),
            ..reference.clone()
        })),
        ..of.clone()
    }
}

/// What `of[*]` goes over when it is not known how many there are.
pub(crate) fn any_instance(of: &Value, unknown: &Unknown) -> Value {
    match of
        .refers
        .as_ref()
        .filter(|r| r.path.is_empty() && r.index.is_none())
    {
        Some(reference) => one_instance(of, unknown, reference, SmolStr::new_static("?")),
        None => {
            let all = unknown
                .contains
                .iter()
                .chain(unknown.entries.values())
                .cloned();
            let known = one_of(all.chain([Value::unknown()]));
            Value {
                kind: known.kind,
                ..of.clone()
            }
        }
    }
}
