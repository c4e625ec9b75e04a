//! Functions on lists, maps and objects. They keep what they know of unknown elements.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::{Strict, int, list};
use crate::access::elements;
use crate::combine::{either, equal, one_of, open_list, open_object};
use crate::expr::{Evaluated, Invalid};
use crate::number::Number;
use crate::unify::{distinct, unify};
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
        "reverse" => reverse,
        "slice" => slice,
        "zipmap" => zipmap,
        "alltrue" => |a| quantified(a, true),
        "anytrue" => |a| quantified(a, false),
        _ => return None,
    })
}

/// Functions that want to know everything.
pub(super) fn function(name: &str) -> Option<Strict> {
    Some(match name {
        "distinct" => |a| {
            let mut all = list(a, 0)?.to_vec();
            unify(&mut all)?;
            Ok(Value::sequence(Sequence::List, distinct(all)))
        },
        "sort" => |a| {
            let texts = list(a, 0)?.iter().map(|v| v.to_text().ok_or(Invalid));
            let mut texts = texts.collect::<Result<Vec<_>, _>>()?;
            texts.sort();
            Ok(Value::sequence(
                Sequence::List,
                texts.into_iter().map(Value::string).collect(),
            ))
        },
        "index" => |a| {
            let at = ordered(a, 0)?
                .iter()
                .position(|v| Some(v) == a.get(1))
                .ok_or(Invalid)?;
            Ok(Value::int(at as i64))
        },
        "range" => range,
        "chunklist" => chunk_list,
        "matchkeys" => match_keys,
        "transpose" => transpose,
        _ => return None,
    })
}

fn first(args: &[Value]) -> Result<&Value, Invalid> {
    args.first().ok_or(Invalid)
}

/// A list or tuple; a set has no order.
fn ordered(args: &[Value], at: usize) -> Result<&[Value], Invalid> {
    match args.get(at).map(|v| &v.kind) {
        Some(Kind::List(Sequence::List | Sequence::Tuple, elements)) => Ok(elements),
        _ => Err(Invalid),
    }
}

fn unknown(args: &[Value], ty: Type) -> Evaluated {
    Ok(Value::unknown_of(Some(ty), true).derived_from(args))
}

fn any_list() -> Type {
    Type::List(Box::new(Type::Any))
}

/// The elements, each with its origin.
fn parts<'v>(
    value: &'v Value,
    elements: &'v [Value],
) -> impl DoubleEndedIterator<Item = Value> + ExactSizeIterator + 'v {
    elements
        .iter()
        .enumerate()
        .map(|(i, element)| value.part(element, Step::Index(i as u32)))
}

/// `lookup(map, key, default)`
fn lookup(args: &[Value]) -> Evaluated {
    let (map, key, default) = match args {
        [map, key] => (map, key, None),
        [map, key, default] => (map, key, Some(default)),
        _ => return Err(Invalid),
    };
    match (&map.kind, key.to_text()) {
        (Kind::Object(entries), Some(key)) => match (entries.get(key.as_ref()), default) {
            (Some(entry), _) => Ok(map.part(entry, Step::Key(key.as_ref().into()))),
            (None, Some(default)) => Ok(like_the_rest(default, entries)),
            (None, None) => Err(Invalid),
        },
        (Kind::Object(entries), None) if key.is_unknown() => {
            let all = entries
                .iter()
                .map(|(k, v)| map.part(v, Step::Key(k.clone())));
            all.chain(default.cloned()).reduce(either).ok_or(Invalid)
        }
        (Kind::Unknown(u), Some(key)) => match u.entries.get(key.as_ref()) {
            Some(entry) => Ok(map.part(entry, Step::Key(key.as_ref().into()))),
            None if !u.one_of.is_empty() => {
                let all = u
                    .one_of
                    .iter()
                    .map(|m| lookup(&[&[m.clone()], &args[1..]].concat()));
                Ok(one_of(all.collect::<Result<Vec<_>, _>>()?))
            }
            None => Ok(Value::unknown().derived_from([map])),
        },
        (Kind::Unknown(_), _) => Ok(Value::unknown().derived_from([map])),
        _ => Err(Invalid),
    }
}

/// The default of a map of strings is a string. (An object's attributes have types of their own; but
/// one that holds nothing but strings is hardly asked for a number.)
fn like_the_rest(default: &Value, entries: &BTreeMap<SmolStr, Value>) -> Value {
    let are_strings = !entries.is_empty() && entries.values().all(|v| v.as_str().is_some());
    match (are_strings, default.to_text()) {
        (true, Some(text)) => Value {
            kind: Kind::String(text),
            ..default.clone()
        },
        _ => default.clone(),
    }
}

/// `merge`: the entries of a map behind an unknown one still win.
fn merge(args: &[Value]) -> Evaluated {
    let mut entries: BTreeMap<SmolStr, Value> = BTreeMap::new();
    let mut is_open = false;
    for map in args {
        let of = |entries: &BTreeMap<SmolStr, Value>| -> Vec<(SmolStr, Value)> {
            entries
                .iter()
                .map(|(k, v)| (k.clone(), map.part(v, Step::Key(k.clone()))))
                .collect()
        };
        match &map.kind {
            Kind::Null => {}
            Kind::Object(more) => entries.extend(of(more)),
            Kind::Unknown(u) => {
                // It may overwrite anything so far.
                entries.clear();
                entries.extend(of(&u.entries));
                is_open = true;
            }
            _ => return Err(Invalid),
        }
    }
    Ok(if is_open {
        open_object(entries).derived_from(args)
    } else {
        Value::object(entries)
    })
}

fn concat(args: &[Value]) -> Evaluated {
    let mut all = Vec::new();
    let (mut is_open, mut are_lists) = (false, !args.is_empty());
    for list in args {
        match &list.kind {
            Kind::List(Sequence::Set, _) => return Err(Invalid),
            Kind::List(of, elements) => {
                are_lists &= *of == Sequence::List;
                all.extend(parts(list, elements));
            }
            Kind::Unknown(u) => {
                all.extend(u.contains.iter().cloned());
                is_open = true;
            }
            _ => return Err(Invalid),
        }
    }
    Ok(match (is_open, are_lists) {
        (true, _) => open_list(all).derived_from(args),
        (false, true) => {
            unify(&mut all)?;
            Value::sequence(Sequence::List, all)
        }
        (false, false) => Value::tuple(all),
    })
}

/// `coalesce`: the first that is neither null nor an empty string.
fn coalesce(args: &[Value]) -> Evaluated {
    let mut args = args.to_vec();
    unify(&mut args)?;
    let mut possible: Vec<Value> = Vec::new();
    for value in args {
        if value.is_null() || value.as_str() == Some("") {
            continue;
        }
        let is_certain = !value.is_unknown()
            || value
                .as_unknown()
                .is_some_and(|u| is_never_empty(&value, u));
        possible.push(value);
        if is_certain {
            break;
        }
    }
    possible.into_iter().reduce(either).ok_or(Invalid)
}

fn is_never_empty(value: &Value, unknown: &Unknown) -> bool {
    let is_other = unknown
        .ty
        .as_ref()
        .is_some_and(|ty| !matches!(ty, Type::String | Type::Any));
    !value.may_be_null() && (unknown.prefix.is_some() || is_other || value.refers.is_some())
}

fn coalesce_list(args: &[Value]) -> Evaluated {
    let mut possible: Vec<Value> = Vec::new();
    for value in args {
        match &value.kind {
            Kind::Null => return Err(Invalid),
            Kind::List(Sequence::Set, _) => return Err(Invalid),
            Kind::List(_, elements) if elements.is_empty() => {}
            Kind::List(..) => {
                possible.push(value.clone());
                break;
            }
            Kind::Unknown(u) if u.contains.is_empty() => possible.push(value.clone()),
            Kind::Unknown(_) => {
                possible.push(value.clone());
                break;
            }
            _ => return Err(Invalid),
        }
    }
    possible.into_iter().reduce(either).ok_or(Invalid)
}

fn compact(args: &[Value]) -> Evaluated {
    let value = first(args)?;
    let Kind::List(_, elements) = &value.kind else {
        return if value.is_unknown() {
            unknown(args, any_list())
        } else {
            Err(Invalid)
        };
    };
    let mut kept = Vec::new();
    let mut is_open = false;
    for element in parts(value, elements) {
        match &element.kind {
            Kind::Null => {}
            Kind::Unknown(u) if !is_never_empty(&element, u) => is_open = true,
            Kind::Unknown(_) => kept.push(element),
            _ => {
                let text = element.to_text().ok_or(Invalid)?;
                if !text.is_empty() {
                    kept.push(Value {
                        kind: Kind::String(text),
                        ..element
                    });
                }
            }
        }
    }
    Ok(if is_open {
        open_list(kept)
    } else {
        Value::sequence(Sequence::List, kept)
    })
}

fn flatten(args: &[Value]) -> Evaluated {
    let value = first(args)?;
    if !matches!(value.kind, Kind::List(..) | Kind::Unknown(_)) {
        return Err(Invalid);
    }
    let (mut out, mut is_open) = (Vec::new(), false);
    flatten_into(value, &mut out, &mut is_open, 0);
    Ok(if is_open {
        open_list(out).derived_from(args)
    } else {
        Value::tuple(out)
    })
}

fn flatten_into(value: &Value, out: &mut Vec<Value>, is_open: &mut bool, depth: u32) {
    match &value.kind {
        Kind::List(_, elements) if depth < 64 => {
            parts(value, elements).for_each(|part| flatten_into(&part, out, is_open, depth + 1));
        }
        // It may be a list of any length.
        Kind::Unknown(u) if !is_single(u) || depth == 0 => {
            for known in &u.contains {
                flatten_into(known, out, is_open, depth + 1);
            }
            *is_open = true;
        }
        _ => out.push(value.clone()),
    }
}

/// Whether it certainly is no list.
fn is_single(unknown: &Unknown) -> bool {
    matches!(
        unknown.ty,
        Some(Type::String | Type::Number | Type::Bool | Type::Object(_) | Type::Map(_))
    )
}

fn element(args: &[Value]) -> Evaluated {
    let [value, at] = args else {
        return Err(Invalid);
    };
    match (&value.kind, at.as_i64()) {
        (Kind::List(Sequence::Set, _), _) => Err(Invalid),
        (Kind::List(_, elements), Some(at)) if !elements.is_empty() && at >= 0 => {
            let at = at as usize % elements.len();
            Ok(value.part(&elements[at], Step::Index(at as u32)))
        }
        (Kind::List(_, elements), None) if at.is_unknown() && !elements.is_empty() => {
            Ok(one_of(parts(value, elements)))
        }
        (Kind::Unknown(_), _) => of_list(value),
        _ => Err(Invalid),
    }
}

/// An element of an unknown list: `element(aws_subnet.a[*].id, 0)` still refers to the block.
fn of_list(list: &Value) -> Evaluated {
    let element = Value {
        refers: list.refers.clone(),
        ..Value::unknown()
    };
    Ok(element.derived_from([list]))
}

fn one(args: &[Value]) -> Evaluated {
    let value = first(args)?;
    match &value.kind {
        Kind::List(_, elements) => match elements.as_slice() {
            [] => Ok(Value::null()),
            [only] => Ok(value.part(only, Step::Index(0))),
            _ => Err(Invalid),
        },
        Kind::Unknown(u) if !u.one_of.is_empty() => {
            let all = u.one_of.iter().map(|m| one(std::slice::from_ref(m)));
            Ok(one_of(all.collect::<Result<Vec<_>, _>>()?))
        }
        Kind::Unknown(_) => of_list(value),
        _ => Err(Invalid),
    }
}

fn length(args: &[Value]) -> Evaluated {
    match &first(args)?.kind {
        // Unknown elements of a set may be the same one.
        Kind::List(Sequence::Set, elements)
            if elements.len() > 1 && !elements.iter().all(Value::is_wholly_known) =>
        {
            unknown(args, Type::Number)
        }
        Kind::List(_, elements) => Ok(Value::int(elements.len() as i64)),
        Kind::Object(entries) => Ok(Value::int(entries.len() as i64)),
        Kind::String(text) => Ok(Value::int(super::string::characters(text).count() as i64)),
        Kind::Unknown(u) if !u.one_of.is_empty() => {
            let all = u.one_of.iter().map(|m| length(std::slice::from_ref(m)));
            Ok(one_of(all.collect::<Result<Vec<_>, _>>()?).derived_from(args))
        }
        Kind::Unknown(_) => unknown(args, Type::Number),
        _ => Err(Invalid),
    }
}

fn keys(args: &[Value]) -> Evaluated {
    let names = |entries: &BTreeMap<SmolStr, Value>| {
        entries.keys().map(|k| Value::string(k.as_str())).collect()
    };
    match &first(args)?.kind {
        Kind::Object(entries) => Ok(Value::tuple(names(entries))),
        Kind::Unknown(u) => Ok(open_list(names(&u.entries)).derived_from(args)),
        _ => Err(Invalid),
    }
}

fn values(args: &[Value]) -> Evaluated {
    let value = first(args)?;
    let of = |entries: &BTreeMap<SmolStr, Value>| {
        entries
            .iter()
            .map(|(k, v)| value.part(v, Step::Key(k.clone())))
            .collect()
    };
    match &value.kind {
        Kind::Object(entries) => Ok(Value::tuple(of(entries))),
        Kind::Unknown(u) => Ok(open_list(of(&u.entries)).derived_from(args)),
        _ => Err(Invalid),
    }
}

fn contains(args: &[Value]) -> Evaluated {
    let [value, wanted] = args else {
        return Err(Invalid);
    };
    if wanted.is_null() {
        return Err(Invalid);
    }
    let (elements, is_open): (&[Value], bool) = match &value.kind {
        Kind::List(_, elements) => (elements, false),
        Kind::Unknown(u) => (&u.contains, true),
        _ => return Err(Invalid),
    };
    let mut answer = (!is_open).then_some(false);
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

fn reverse(args: &[Value]) -> Evaluated {
    let value = first(args)?;
    match &value.kind {
        Kind::List(of, elements) => {
            let of = if *of == Sequence::Tuple {
                Sequence::Tuple
            } else {
                Sequence::List
            };
            Ok(Value::sequence(of, parts(value, elements).rev().collect()))
        }
        Kind::Unknown(u) => Ok(open_list(u.contains.clone()).derived_from(args)),
        _ => Err(Invalid),
    }
}

fn slice(args: &[Value]) -> Evaluated {
    let value = first(args)?;
    if args.iter().any(Value::is_unknown) {
        return unknown(args, any_list());
    }
    let Kind::List(of @ (Sequence::List | Sequence::Tuple), elements) = &value.kind else {
        return Err(Invalid);
    };
    let bound = |at| usize::try_from(int(args, at)?).map_err(|_| Invalid);
    let (from, to) = (bound(1)?, bound(2)?);
    if from > to || to > elements.len() {
        return Err(Invalid);
    }
    Ok(Value::sequence(
        *of,
        parts(value, elements).take(to).skip(from).collect(),
    ))
}

fn zipmap(args: &[Value]) -> Evaluated {
    if args.iter().any(Value::is_unknown) {
        return unknown(args, Type::Map(Box::new(Type::Any)));
    }
    let (keys, values) = (ordered(args, 0)?, ordered(args, 1)?);
    if keys.len() != values.len() {
        return Err(Invalid);
    }
    let mut entries = BTreeMap::new();
    let mut is_open = false;
    for (key, value) in keys.iter().zip(parts(&args[1], values)) {
        match key.to_text() {
            Some(key) => {
                entries.insert(SmolStr::from(key.as_ref()), value);
            }
            // It may be the same as another.
            None if key.is_unknown() => is_open = true,
            None => return Err(Invalid),
        }
    }
    Ok(if is_open {
        open_object(BTreeMap::new())
    } else {
        Value::object(entries)
    })
}

fn quantified(args: &[Value], all: bool) -> Evaluated {
    let value = first(args)?;
    if matches!(value.kind, Kind::Object(_)) {
        return Err(Invalid);
    }
    let Some(elements) = elements(value)? else {
        let decides = value
            .as_unknown()
            .is_some_and(|u| u.contains.iter().any(|v| v.as_bool() == Some(!all)));
        return if decides {
            Ok(Value::bool(!all))
        } else {
            unknown(args, Type::Bool)
        };
    };
    let is_bool =
        |element: &Value| element.is_null() || element.is_unknown() || element.as_bool().is_some();
    if !elements.iter().all(|(_, element)| is_bool(element)) {
        return Err(Invalid);
    }
    let mut is_unknown = false;
    for (_, element) in elements {
        match element.as_bool() {
            Some(b) if b != all => return Ok(Value::bool(!all)),
            Some(_) => {}
            None if element.is_null() => {
                if all {
                    return Ok(Value::bool(false));
                }
            }
            None if element.is_unknown() => is_unknown = true,
            None => return Err(Invalid),
        }
    }
    if is_unknown {
        unknown(args, Type::Bool)
    } else {
        Ok(Value::bool(all))
    }
}

/// Terraform's own limit.
const MAX_RANGE: usize = 1_024;

fn range(args: &[Value]) -> Evaluated {
    let numbers: Vec<Number> = args
        .iter()
        .map(|v| v.as_number().ok_or(Invalid))
        .collect::<Result<_, _>>()?;
    let zero = Number::Int(0);
    let step_towards = |from: &Number, to: &Number| Number::Int(if from <= to { 1 } else { -1 });
    let (start, end, step) = match numbers.as_slice() {
        [end] => (zero.clone(), end.clone(), step_towards(&zero, end)),
        [start, end] => (start.clone(), end.clone(), step_towards(start, end)),
        [start, end, step] => (start.clone(), end.clone(), step.clone()),
        _ => return Err(Invalid),
    };
    let is_up = step > zero;
    let is_backwards = if is_up { start > end } else { start < end };
    if step == zero || is_backwards {
        return Err(Invalid);
    }
    let mut out = Vec::new();
    let mut at = start;
    while (is_up && at < end) || (!is_up && at > end) {
        if out.len() >= MAX_RANGE {
            return Err(Invalid);
        }
        out.push(Value::number(at.clone()));
        at = at.add(&step);
    }
    Ok(Value::sequence(Sequence::List, out))
}

fn chunk_list(args: &[Value]) -> Evaluated {
    let all = ordered(args, 0)?;
    let size = usize::try_from(int(args, 1)?).map_err(|_| Invalid)?;
    let size = if size == 0 { all.len().max(1) } else { size };
    let chunks = all
        .chunks(size)
        .map(|chunk| Value::sequence(Sequence::List, chunk.to_vec()));
    Ok(Value::sequence(Sequence::List, chunks.collect()))
}

fn match_keys(args: &[Value]) -> Evaluated {
    let (values, keys, wanted) = (list(args, 0)?, list(args, 1)?, list(args, 2)?);
    if values.len() != keys.len() {
        return Err(Invalid);
    }
    let matching = values
        .iter()
        .zip(keys)
        .filter(|(_, key)| wanted.contains(key));
    Ok(Value::sequence(
        Sequence::List,
        matching.map(|(value, _)| value.clone()).collect(),
    ))
}

fn transpose(args: &[Value]) -> Evaluated {
    let mut out: BTreeMap<SmolStr, Vec<Value>> = BTreeMap::new();
    for (key, values) in first(args)?.as_object().ok_or(Invalid)? {
        for value in values.as_list().ok_or(Invalid)? {
            let name = value.to_text().ok_or(Invalid)?;
            out.entry(name.as_ref().into())
                .or_default()
                .push(Value::string(key.as_str()));
        }
    }
    let lists = out
        .into_iter()
        .map(|(k, v)| (k, Value::sequence(Sequence::List, v)));
    Ok(Value {
        kind: Kind::Object(Arc::new(lists.collect())),
        ..Value::null()
    })
}
