//! Functions on lists, sets, maps and objects. Many keep what they know of unknown elements.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{Strict, int, text};
use crate::expr::{Evaluated, Invalid, elements, equal, one_of, open_list, open_object};
use crate::value::{Kind, Sequence, Step, Type, Unknown, Value};

/// Functions that take unknown arguments, or unknown parts of them.
pub(super) fn lenient(name: &str) -> Option<Strict> {
    Some(match name {
        "lookup" => lookup,
        "merge" => merge,
        "concat" => concat,
        "coalesce" => coalesce,
        "coalescelist" => coalesce_list,
        "compact" => compact,
        "flatten" => flatten,
        "element" => element,
        "one" => one,
        "length" => length,
        "keys" => keys,
        "values" => values,
        "contains" => contains,
        "tolist" => |a| converted(a, Sequence::List),
        "toset" => to_set,
        "tomap" => |a| a.first().cloned().ok_or(Invalid),
        "reverse" => |a| whole_list(a, |l| l.iter().rev().cloned().collect()),
        "slice" => slice,
        "zipmap" => zipmap,
        "alltrue" => |a| quantified(a, true),
        "anytrue" => |a| quantified(a, false),
        "tobool" => |a| primitive(a, Type::Bool, |v| v.as_bool().map(Value::bool)),
        "tonumber" => |a| primitive(a, Type::Number, |v| v.as_number().map(Value::number)),
        "tostring" => |a| primitive(a, Type::String, |v| v.to_text().map(Value::string)),
        "ephemeralasnull" => |a| {
            a.first()
                .map(|v| {
                    if v.ephemeral {
                        Value::null()
                    } else {
                        v.clone()
                    }
                })
                .ok_or(Invalid)
        },
        "issensitive" => |a| Ok(Value::bool(a.first().ok_or(Invalid)?.sensitive)),
        _ => return None,
    })
}

pub(super) fn function(name: &str) -> Option<Strict> {
    Some(match name {
        "distinct" => |a| Ok(Value::sequence(Sequence::List, distinct(list(a, 0)?))),
        "sort" => |a| {
            let mut texts: Vec<_> = list(a, 0)?
                .iter()
                .map(|v| v.to_text().ok_or(Invalid))
                .collect::<Result<_, _>>()?;
            texts.sort();
            Ok(Value::sequence(
                Sequence::List,
                texts.into_iter().map(Value::string).collect(),
            ))
        },
        "index" => |a| {
            let at = list(a, 0)?
                .iter()
                .position(|v| Some(v) == a.get(1))
                .ok_or(Invalid)?;
            Ok(Value::int(at as i64))
        },
        "range" => range,
        "setunion" => |a| {
            let all: Vec<Value> = (0..a.len())
                .map(|i| list(a, i))
                .collect::<Result<Vec<_>, _>>()?
                .concat();
            Ok(set(distinct(&all)))
        },
        "setintersection" => |a| {
            let others: Vec<&[Value]> =
                (1..a.len()).map(|i| list(a, i)).collect::<Result<_, _>>()?;
            Ok(set(list(a, 0)?
                .iter()
                .filter(|v| others.iter().all(|o| o.contains(v)))
                .cloned()
                .collect()))
        },
        "setsubtract" => |a| {
            let without = list(a, 1)?;
            Ok(set(list(a, 0)?
                .iter()
                .filter(|v| !without.contains(v))
                .cloned()
                .collect()))
        },
        "setproduct" => set_product,
        "chunklist" => |a| {
            let size = usize::try_from(int(a, 1)?).map_err(|_| Invalid)?.max(1);
            Ok(Value::tuple(
                list(a, 0)?
                    .chunks(size)
                    .map(|c| Value::tuple(c.to_vec()))
                    .collect(),
            ))
        },
        "matchkeys" => |a| {
            let (values, keys, wanted) = (list(a, 0)?, list(a, 1)?, list(a, 2)?);
            Ok(Value::tuple(
                values
                    .iter()
                    .zip(keys)
                    .filter(|(_, k)| wanted.contains(k))
                    .map(|(v, _)| v.clone())
                    .collect(),
            ))
        },
        "transpose" => |a| {
            let mut out: BTreeMap<SmolStr, Vec<Value>> = BTreeMap::new();
            for (key, values) in a.first().and_then(Value::as_object).ok_or(Invalid)? {
                for value in values.as_list().ok_or(Invalid)? {
                    out.entry(value.to_text().ok_or(Invalid)?.as_ref().into())
                        .or_default()
                        .push(Value::string(key.as_str()));
                }
            }
            Ok(Value::object(
                out.into_iter()
                    .map(|(k, v)| (k, Value::sequence(Sequence::List, v)))
                    .collect(),
            ))
        },
        _ => return None,
    })
}

fn list(args: &[Value], at: usize) -> Result<&[Value], Invalid> {
    args.get(at).and_then(Value::as_list).ok_or(Invalid)
}

fn set(elements: Vec<Value>) -> Value {
    Value::sequence(Sequence::Set, elements)
}

fn distinct(list: &[Value]) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    for value in list {
        if !out.contains(value) {
            out.push(value.clone());
        }
    }
    out
}

fn unknown(args: &[Value], ty: Type) -> Evaluated {
    Ok(Value::unknown_of(Some(ty), true).derived_from(args))
}

fn any_list() -> Type {
    Type::List(Box::new(Type::Any))
}

/// `lookup(map, key, default)`
fn lookup(args: &[Value]) -> Evaluated {
    let (Some(map), Some(key)) = (args.first(), args.get(1)) else {
        return Err(Invalid);
    };
    match (&map.kind, key.to_text()) {
        (Kind::Object(entries), Some(key)) => match entries.get(key.as_ref()) {
            Some(entry) => Ok(map.part(entry, Step::Key(key.as_ref().into()))),
            None => args.get(2).cloned().ok_or(Invalid),
        },
        (Kind::Object(entries), None) if key.is_unknown() => Ok(one_of(
            entries.values().cloned().chain(args.get(2).cloned()),
        )),
        (Kind::Unknown(u), Some(key)) => match u.entries.get(key.as_ref()) {
            Some(entry) => Ok(map.part(entry, Step::Key(key.as_ref().into()))),
            None => Ok(Value::unknown().derived_from([map])),
        },
        (Kind::Unknown(_), _) => Ok(Value::unknown().derived_from([map])),
        _ => Err(Invalid),
    }
}

/// `merge`: the entries of a map behind an unknown one still win.
fn merge(args: &[Value]) -> Evaluated {
    let mut entries: BTreeMap<SmolStr, Value> = BTreeMap::new();
    let mut is_open = false;
    for map in args {
        match &map.kind {
            Kind::Null => {}
            Kind::Object(more) => {
                entries.extend(
                    more.iter()
                        .map(|(k, v)| (k.clone(), map.part(v, Step::Key(k.clone())))),
                );
            }
            Kind::Unknown(u) => {
                // It may overwrite anything so far.
                entries.clear();
                entries.extend(
                    u.entries
                        .iter()
                        .map(|(k, v)| (k.clone(), map.part(v, Step::Key(k.clone())))),
                );
                is_open = true;
            }
            _ => return Err(Invalid),
        }
    }
    Ok(if is_open {
        open_object(entries)
    } else {
        Value::object(entries)
    })
}

fn concat(args: &[Value]) -> Evaluated {
    let mut all = Vec::new();
    let mut is_open = false;
    for list in args {
        match &list.kind {
            Kind::List(_, elements) => all.extend(
                elements
                    .iter()
                    .enumerate()
                    .map(|(i, e)| list.part(e, Step::Index(i as u32))),
            ),
            Kind::Unknown(u) => {
                all.extend(u.contains.iter().cloned());
                is_open = true;
            }
            _ => return Err(Invalid),
        }
    }
    Ok(if is_open {
        open_list(all)
    } else {
        Value::tuple(all)
    })
}

/// `coalesce`: the first that is neither null nor an empty string.
fn coalesce(args: &[Value]) -> Evaluated {
    let mut possible: Vec<Value> = Vec::new();
    for value in args {
        let is_empty = value.is_null() || value.as_str() == Some("");
        let may_be_empty = value.is_unknown()
            && (value.may_be_null()
                || value
                    .as_unknown()
                    .is_some_and(|u| u.prefix.is_none() && value.refers.is_none()));
        if is_empty {
            continue;
        }
        possible.push(value.clone());
        if !may_be_empty {
            break;
        }
    }
    if possible.is_empty() {
        Err(Invalid)
    } else {
        Ok(one_of(possible))
    }
}

fn coalesce_list(args: &[Value]) -> Evaluated {
    let mut possible: Vec<Value> = Vec::new();
    for value in args {
        match &value.kind {
            Kind::List(_, elements) if elements.is_empty() => {}
            Kind::Null => {}
            Kind::Unknown(_) => possible.push(value.clone()),
            _ => {
                possible.push(value.clone());
                break;
            }
        }
    }
    if possible.is_empty() {
        Err(Invalid)
    } else {
        Ok(one_of(possible))
    }
}

fn compact(args: &[Value]) -> Evaluated {
    let Some(value) = args.first() else {
        return Err(Invalid);
    };
    let Kind::List(_, elements) = &value.kind else {
        return if value.is_unknown() {
            unknown(args, any_list())
        } else {
            Err(Invalid)
        };
    };
    let kept: Vec<Value> = elements
        .iter()
        .enumerate()
        .filter(|(_, e)| !e.is_null() && e.as_str() != Some(""))
        .map(|(i, e)| value.part(e, Step::Index(i as u32)))
        .collect();
    if kept.iter().any(|e| e.is_unknown() && e.may_be_null()) {
        let known = kept
            .into_iter()
            .filter(|e| !(e.is_unknown() && e.may_be_null()))
            .collect();
        return Ok(open_list(known));
    }
    Ok(Value::sequence(Sequence::List, kept))
}

fn flatten(args: &[Value]) -> Evaluated {
    fn collect(value: &Value, out: &mut Vec<Value>, is_open: &mut bool, depth: u32) {
        match &value.kind {
            Kind::List(_, elements) if depth < 64 => {
                for (i, element) in elements.iter().enumerate() {
                    let part = value.part(element, Step::Index(i as u32));
                    match &part.kind {
                        Kind::List(..) => collect(&part, out, is_open, depth + 1),
                        Kind::Unknown(u)
                            if !matches!(
                                u.ty,
                                Some(Type::String | Type::Number | Type::Bool | Type::Object(_))
                            ) && part.refers.is_none() =>
                        {
                            out.extend(u.contains.iter().cloned());
                            *is_open = true;
                        }
                        _ => out.push(part),
                    }
                }
            }
            _ => *is_open = true,
        }
    }
    let Some(value) = args.first() else {
        return Err(Invalid);
    };
    let (mut out, mut is_open) = (Vec::new(), false);
    collect(value, &mut out, &mut is_open, 0);
    Ok(if is_open {
        open_list(out)
    } else {
        Value::tuple(out)
    })
}

fn element(args: &[Value]) -> Evaluated {
    let (Some(value), Some(at)) = (args.first(), args.get(1)) else {
        return Err(Invalid);
    };
    match (&value.kind, at.as_i64()) {
        (Kind::List(_, elements), Some(at)) if !elements.is_empty() => {
            let at = at.rem_euclid(elements.len() as i64) as usize;
            Ok(value.part(&elements[at], Step::Index(at as u32)))
        }
        (Kind::List(_, elements), None) if at.is_unknown() && !elements.is_empty() => {
            Ok(one_of(elements.iter().cloned()))
        }
        (Kind::Unknown(_), _) => Ok(Value {
            refers: value.refers.clone(),
            ..Value::unknown()
        }
        .derived_from([value])),
        _ => Err(Invalid),
    }
}

fn one(args: &[Value]) -> Evaluated {
    let Some(value) = args.first() else {
        return Err(Invalid);
    };
    match &value.kind {
        Kind::List(_, elements) => match elements.as_slice() {
            [] => Ok(Value::null()),
            [only] => Ok(value.part(only, Step::Index(0))),
            _ => Err(Invalid),
        },
        Kind::Unknown(_) => Ok(Value {
            refers: value.refers.clone(),
            ..Value::unknown()
        }
        .derived_from([value])),
        _ => Err(Invalid),
    }
}

fn length(args: &[Value]) -> Evaluated {
    let Some(value) = args.first() else {
        return Err(Invalid);
    };
    match &value.kind {
        Kind::List(_, elements) => Ok(Value::int(elements.len() as i64)),
        Kind::Object(entries) => Ok(Value::int(entries.len() as i64)),
        Kind::String(text) => Ok(Value::int(text.chars().count() as i64)),
        Kind::Unknown(_) => unknown(args, Type::Number),
        _ => Err(Invalid),
    }
}

fn keys(args: &[Value]) -> Evaluated {
    match args.first().map(|v| &v.kind) {
        Some(Kind::Object(entries)) => Ok(Value::sequence(
            Sequence::List,
            entries.keys().map(|k| Value::string(k.as_str())).collect(),
        )),
        Some(Kind::Unknown(u)) => Ok(open_list(
            u.entries
                .keys()
                .map(|k| Value::string(k.as_str()))
                .collect(),
        )),
        _ => Err(Invalid),
    }
}

fn values(args: &[Value]) -> Evaluated {
    let Some(value) = args.first() else {
        return Err(Invalid);
    };
    let of = |entries: &BTreeMap<SmolStr, Value>| {
        entries
            .iter()
            .map(|(k, v)| value.part(v, Step::Key(k.clone())))
            .collect()
    };
    match &value.kind {
        Kind::Object(entries) => Ok(Value::tuple(of(entries))),
        Kind::Unknown(u) => Ok(open_list(of(&u.entries))),
        _ => Err(Invalid),
    }
}

fn contains(args: &[Value]) -> Evaluated {
    let (Some(value), Some(wanted)) = (args.first(), args.get(1)) else {
        return Err(Invalid);
    };
    let (elements, is_open): (&[Value], bool) = match &value.kind {
        Kind::List(_, elements) => (elements, false),
        Kind::Unknown(u) => (&u.contains, true),
        _ => return Err(Invalid),
    };
    let mut answer = Some(is_open).filter(|open| !open);
    for element in elements {
        match equal(element, wanted) {
            Some(true) => return Ok(Value::bool(true)),
            Some(false) => {}
            None => answer = None,
        }
    }
    match answer {
        Some(found) => Ok(Value::bool(found)),
        None => unknown(args, Type::Bool),
    }
}

fn converted(args: &[Value], to: Sequence) -> Evaluated {
    let value = args.first().ok_or(Invalid)?;
    match &value.kind {
        Kind::List(_, elements) => Ok(Value {
            kind: Kind::List(to, elements.clone()),
            ..value.clone()
        }),
        Kind::Null | Kind::Unknown(_) => Ok(value.clone()),
        _ => Err(Invalid),
    }
}

/// Sets are sorted and hold each element once.
fn to_set(args: &[Value]) -> Evaluated {
    let value = args.first().ok_or(Invalid)?;
    let Kind::List(_, elements) = &value.kind else {
        return converted(args, Sequence::Set);
    };
    let mut parts: Vec<Value> = distinct(elements);
    if parts.iter().all(|p| p.as_str().is_some()) {
        parts.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
    Ok(Value {
        kind: Kind::List(Sequence::Set, parts.into()),
        ..value.clone()
    })
}

fn whole_list(args: &[Value], map: impl Fn(&[Value]) -> Vec<Value>) -> Evaluated {
    let value = args.first().ok_or(Invalid)?;
    match &value.kind {
        Kind::List(of, elements) => {
            let parts: Vec<Value> = elements
                .iter()
                .enumerate()
                .map(|(i, e)| value.part(e, Step::Index(i as u32)))
                .collect();
            Ok(Value::sequence(*of, map(&parts)))
        }
        Kind::Unknown(_) => unknown(args, any_list()),
        _ => Err(Invalid),
    }
}

fn slice(args: &[Value]) -> Evaluated {
    if args.iter().skip(1).any(Value::is_unknown) {
        return unknown(args, any_list());
    }
    let bound = |at| usize::try_from(int(args, at)?).map_err(|_| Invalid);
    let (from, to) = (bound(1)?, bound(2)?);
    if let Some(list) = args.first().and_then(Value::as_list)
        && (from > to || to > list.len())
    {
        return Err(Invalid);
    }
    whole_list(args, |l| l[from..to].to_vec())
}

fn zipmap(args: &[Value]) -> Evaluated {
    if args.iter().any(Value::is_unknown) {
        return unknown(args, Type::Map(Box::new(Type::Any)));
    }
    let (keys, values) = (list(args, 0)?, list(args, 1)?);
    if keys.len() != values.len() {
        return Err(Invalid);
    }
    let mut entries = BTreeMap::new();
    for (key, value) in keys.iter().zip(values) {
        match key.to_text() {
            Some(key) => {
                entries.insert(SmolStr::from(key.as_ref()), value.clone());
            }
            None if key.is_unknown() => return Ok(open_object(entries)),
            None => return Err(Invalid),
        }
    }
    Ok(Value::object(entries))
}

fn quantified(args: &[Value], all: bool) -> Evaluated {
    let value = args.first().ok_or(Invalid)?;
    let Some(elements) = elements(value)? else {
        return unknown(args, Type::Bool);
    };
    let mut is_unknown = false;
    for (_, element) in elements {
        match element.as_bool() {
            Some(b) if b != all => return Ok(Value::bool(!all)),
            Some(_) => {}
            None if element.is_null() => return Ok(Value::bool(false)),
            None => is_unknown = true,
        }
    }
    if is_unknown {
        unknown(args, Type::Bool)
    } else {
        Ok(Value::bool(all))
    }
}

/// A conversion to a primitive keeps null, and what is known of the unknown.
fn primitive(args: &[Value], ty: Type, convert: impl Fn(&Value) -> Option<Value>) -> Evaluated {
    let value = args.first().ok_or(Invalid)?;
    match &value.kind {
        Kind::Null => Ok(value.clone()),
        Kind::Unknown(u) => {
            let kind = Kind::Unknown(std::sync::Arc::new(Unknown {
                ty: Some(ty),
                ..(**u).clone()
            }));
            Ok(Value {
                kind,
                ..value.clone()
            })
        }
        _ => convert(value)
            .map(|v| Value {
                kind: v.kind,
                ..value.clone()
            })
            .ok_or(Invalid),
    }
}

const MAX_RANGE: i64 = 1_024;

fn range(args: &[Value]) -> Evaluated {
    let (start, end, step) = match args.len() {
        1 => (0, int(args, 0)?, 1),
        2 => (
            int(args, 0)?,
            int(args, 1)?,
            if int(args, 0)? <= int(args, 1)? {
                1
            } else {
                -1
            },
        ),
        _ => (int(args, 0)?, int(args, 1)?, int(args, 2)?),
    };
    if step == 0 {
        return Err(Invalid);
    }
    let mut out = Vec::new();
    let mut at = start;
    while (step > 0 && at < end) || (step < 0 && at > end) {
        if out.len() as i64 >= MAX_RANGE {
            return Err(Invalid); // Terraform's own limit
        }
        out.push(Value::int(at));
        at += step;
    }
    Ok(Value::sequence(Sequence::List, out))
}

fn set_product(args: &[Value]) -> Evaluated {
    let lists: Vec<&[Value]> = (0..args.len())
        .map(|i| list(args, i))
        .collect::<Result<_, _>>()?;
    let size: usize = lists
        .iter()
        .map(|l| l.len())
        .try_fold(1_usize, usize::checked_mul)
        .ok_or(Invalid)?;
    if size > 10_000 {
        return unknown(args, any_list());
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for list in lists {
        rows = rows
            .into_iter()
            .flat_map(|row| {
                list.iter()
                    .map(move |v| [row.clone(), vec![v.clone()]].concat())
            })
            .collect();
    }
    Ok(Value::tuple(rows.into_iter().map(Value::tuple).collect()))
}

const _: fn(&[Value]) -> Result<std::sync::Arc<str>, Invalid> = |a| text(a, 0);
