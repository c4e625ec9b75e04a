//! Functions on sets, and conversions between types.

use std::sync::Arc;

use super::{Strict, list};
use crate::expr::{Evaluated, Invalid};
use crate::unify::{set_elements, unify};
use crate::value::{Kind, Sequence, Step, Type, Unknown, Value};

/// Conversions: they keep what is known of the unknown.
pub(super) fn conversion(name: &str) -> Option<Strict> {
    Some(match name {
        "tolist" => |a| to_sequence(a, Sequence::List),
        "toset" => |a| to_sequence(a, Sequence::Set),
        "tomap" => to_map,
        "tobool" => |a| primitive(a, Type::Bool, |v| v.as_bool().map(Value::bool)),
        "tonumber" => |a| primitive(a, Type::Number, |v| v.as_number().map(Value::number)),
        "tostring" => |a| primitive(a, Type::String, |v| v.to_text().map(Value::string)),
        "ephemeralasnull" => |a| match a {
            [value] if value.ephemeral => Ok(Value::null()),
            [value] => Ok(value.clone()),
            _ => Err(Invalid),
        },
        _ => return None,
    })
}

pub(super) fn function(name: &str) -> Option<Strict> {
    Some(match name {
        "setunion" => |a| {
            let all = lists(a)?.concat();
            set(all)
        },
        "setintersection" => |a| {
            let all = lists(a)?;
            let (first, others) = all.split_first().ok_or(Invalid)?;
            set(first
                .iter()
                .filter(|v| others.iter().all(|o| o.contains(v)))
                .cloned()
                .collect())
        },
        "setsubtract" => |a| {
            let without = list(a, 1)?;
            set(list(a, 0)?
                .iter()
                .filter(|v| !without.contains(v))
                .cloned()
                .collect())
        },
        "setproduct" => product,
        _ => return None,
    })
}

fn set(mut elements: Vec<Value>) -> Evaluated {
    unify(&mut elements)?;
    Ok(Value::sequence(Sequence::Set, set_elements(elements)))
}

/// The arguments as lists of one type.
fn lists(args: &[Value]) -> Result<Vec<Vec<Value>>, Invalid> {
    if args.is_empty() {
        return Err(Invalid);
    }
    let mut all: Vec<Vec<Value>> = (0..args.len())
        .map(|i| Ok(list(args, i)?.to_vec()))
        .collect::<Result<_, _>>()?;
    let counts: Vec<usize> = all.iter().map(Vec::len).collect();
    let mut flat = all.concat();
    unify(&mut flat)?;
    let mut flat = flat.into_iter();
    for (list, count) in all.iter_mut().zip(counts) {
        *list = flat.by_ref().take(count).collect();
    }
    Ok(all)
}

const MAX_PRODUCT: usize = 10_000;

fn product(args: &[Value]) -> Evaluated {
    if args.len() < 2 {
        return Err(Invalid);
    }
    let lists: Vec<&[Value]> = (0..args.len())
        .map(|i| list(args, i))
        .collect::<Result<_, _>>()?;
    let size = lists
        .iter()
        .map(|l| l.len())
        .try_fold(1_usize, usize::checked_mul);
    if size.is_none_or(|size| size > MAX_PRODUCT) {
        return Ok(Value::unknown_of(
            Some(Type::List(Box::new(Type::Any))),
            true,
        ));
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for list in lists {
        let longer =
            |row: &Vec<Value>, v: &Value| [row.as_slice(), std::slice::from_ref(v)].concat();
        rows = rows
            .iter()
            .flat_map(|row| list.iter().map(|v| longer(row, v)))
            .collect();
    }
    let mut rows: Vec<Value> = rows.into_iter().map(Value::tuple).collect();
    unify(&mut rows)?;
    let are_sets = args
        .iter()
        .all(|a| matches!(a.kind, Kind::List(Sequence::Set, _)));
    Ok(Value::sequence(
        if are_sets {
            Sequence::Set
        } else {
            Sequence::List
        },
        rows,
    ))
}

/// `tolist` and `toset`. A set is sorted and holds each element once.
fn to_sequence(args: &[Value], to: Sequence) -> Evaluated {
    let [value] = args else { return Err(Invalid) };
    let Kind::List(_, elements) = &value.kind else {
        return match value.kind {
            Kind::Null | Kind::Unknown(_) => Ok(value.clone()),
            _ => Err(Invalid),
        };
    };
    let mut parts: Vec<Value> = elements.iter().cloned().collect();
    if to == Sequence::Set {
        // Its order is not the one in which it is written: elements keep their places.
        parts = parts
            .iter()
            .enumerate()
            .map(|(i, e)| value.part(e, Step::Index(i as u32)))
            .collect();
    }
    unify(&mut parts)?;
    if to == Sequence::Set {
        parts = set_elements(parts);
    }
    Ok(Value {
        kind: Kind::List(to, Arc::new(parts)),
        ..value.clone()
    })
}

fn to_map(args: &[Value]) -> Evaluated {
    let [value] = args else { return Err(Invalid) };
    let Kind::Object(entries) = &value.kind else {
        return match value.kind {
            Kind::Null | Kind::Unknown(_) => Ok(value.clone()),
            _ => Err(Invalid),
        };
    };
    let mut all: Vec<Value> = entries.values().cloned().collect();
    unify(&mut all)?;
    let entries = entries.keys().cloned().zip(all).collect();
    Ok(Value {
        kind: Kind::Object(Arc::new(entries)),
        ..value.clone()
    })
}

/// A conversion to a primitive keeps null, and what is known of the unknown.
fn primitive(args: &[Value], ty: Type, convert: impl Fn(&Value) -> Option<Value>) -> Evaluated {
    let [value] = args else { return Err(Invalid) };
    let kind = match &value.kind {
        Kind::Null => return Ok(value.clone()),
        Kind::Unknown(u) => {
            let one_of = u.one_of.iter().map(|m| {
                if m.is_null() {
                    Some(m.clone())
                } else {
                    convert(m)
                }
            });
            let one_of = one_of.collect::<Option<_>>().unwrap_or_default();
            Kind::Unknown(Arc::new(Unknown {
                ty: Some(ty),
                one_of,
                ..(**u).clone()
            }))
        }
        _ => convert(value).ok_or(Invalid)?.kind,
    };
    Ok(Value {
        kind,
        ..value.clone()
    })
}
