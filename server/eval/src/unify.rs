//! Finding one type for several values, as Terraform does for the elements of a list and the two
//! results of a conditional.
//!
//! Source: `convert.Unify` of <https://github.com/zclconf/go-cty>.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::expr::Invalid;
use crate::value::{Kind, Sequence, Type, Value};

/// Converts the values to one type. What is unknown or null takes part only by its type.
///
/// # Errors
/// When they have none in common.
pub(crate) fn unify(values: &mut [Value]) -> Result<(), Invalid> {
    if values.len() < 2 {
        return Ok(());
    }
    let is = |test: fn(&Value) -> bool| values.iter().any(test);
    let has_text = is(|v| matches!(v.kind, Kind::String(_)) || is_typed(v, &Type::String));
    let has_bool = is(|v| matches!(v.kind, Kind::Bool(_)));
    let has_number = is(|v| matches!(v.kind, Kind::Number(_)));
    let has_list = is(|v| matches!(v.kind, Kind::List(..)));
    let has_object = is(|v| matches!(v.kind, Kind::Object(_)));
    if has_text || has_bool || has_number {
        return match (has_list || has_object, has_text) {
            (true, _) => Err(Invalid),
            (false, true) => {
                values.iter_mut().for_each(to_text);
                Ok(())
            }
            (false, false) if has_bool && has_number => Err(Invalid),
            (false, false) => Ok(()),
        };
    }
    match (has_list, has_object) {
        (true, true) => Err(Invalid),
        (true, false) => unify_lists(values),
        (false, true) => unify_objects(values),
        (false, false) => Ok(()),
    }
}

/// The two results of a conditional, the one that was chosen first.
pub(crate) fn chosen(chosen: Value, other: Value) -> Value {
    let mut pair = [chosen, other];
    // Types that don't go together are an error that Terraform reports before anything else.
    let _ = unify(&mut pair);
    let [chosen, _] = pair;
    chosen
}

fn is_typed(value: &Value, ty: &Type) -> bool {
    value
        .as_unknown()
        .is_some_and(|u| u.ty.as_ref() == Some(ty))
}

fn to_text(value: &mut Value) {
    if !matches!(value.kind, Kind::String(_))
        && let Some(text) = value.to_text()
    {
        value.kind = Kind::String(text);
    }
}

fn unify_lists(values: &mut [Value]) -> Result<(), Invalid> {
    let all = || values.iter().filter_map(kind_and_elements);
    let Some(length) = all().next().map(|(_, elements)| elements.len()) else {
        return Ok(());
    };
    let are_tuples = all().all(|(of, e)| of == Sequence::Tuple && e.len() == length);
    if are_tuples {
        for at in 0..length {
            unify_parts(values, |v| elements_mut(v)?.get_mut(at))?;
        }
        return Ok(());
    }
    let has_set = all().any(|(of, _)| of == Sequence::Set);
    let has_list = all().any(|(of, _)| of == Sequence::List);
    let to = if has_set && !has_list {
        Sequence::Set
    } else {
        Sequence::List
    };
    let counts: Vec<usize> = values
        .iter()
        .map(|v| kind_and_elements(v).map_or(0, |(_, e)| e.len()))
        .collect();
    let mut parts: Vec<Value> = values
        .iter()
        .filter_map(kind_and_elements)
        .flat_map(|(_, e)| e.iter().cloned())
        .collect();
    unify(&mut parts)?;
    let mut parts = parts.into_iter();
    for (value, count) in values.iter_mut().zip(counts) {
        if let Kind::List(of, elements) = &mut value.kind {
            let unified = parts.by_ref().take(count).collect();
            *of = to;
            *elements = Arc::new(if to == Sequence::Set {
                set_elements(unified)
            } else {
                unified
            });
        }
    }
    Ok(())
}

fn unify_objects(values: &mut [Value]) -> Result<(), Invalid> {
    let all = || values.iter().filter_map(Value::as_object);
    let Some(first) = all().next() else {
        return Ok(());
    };
    if all().all(|o| o.keys().eq(first.keys())) {
        let keys: Vec<SmolStr> = first.keys().cloned().collect();
        for key in keys {
            unify_parts(values, |v| entries_mut(v)?.get_mut(&key))?;
        }
        return Ok(());
    }
    // Objects of other attributes: maps.
    let mut parts: Vec<Value> = all().flat_map(|o| o.values().cloned()).collect();
    unify(&mut parts)?;
    let mut parts = parts.into_iter();
    for value in values {
        for entry in entries_mut(value)
            .into_iter()
            .flat_map(BTreeMap::values_mut)
        {
            if let Some(unified) = parts.next() {
                *entry = unified;
            }
        }
    }
    Ok(())
}

/// Unifies one part of each value.
fn unify_parts(
    values: &mut [Value],
    part: impl for<'v> Fn(&'v mut Value) -> Option<&'v mut Value>,
) -> Result<(), Invalid> {
    let mut parts: Vec<Value> = values.iter_mut().filter_map(|v| part(v).cloned()).collect();
    unify(&mut parts)?;
    let mut parts = parts.into_iter();
    for value in values {
        if let Some(place) = part(value)
            && let Some(unified) = parts.next()
        {
            *place = unified;
        }
    }
    Ok(())
}

fn kind_and_elements(value: &Value) -> Option<(Sequence, &Vec<Value>)> {
    match &value.kind {
        Kind::List(of, elements) => Some((*of, elements)),
        _ => None,
    }
}

fn elements_mut(value: &mut Value) -> Option<&mut Vec<Value>> {
    match &mut value.kind {
        Kind::List(_, elements) => Some(Arc::make_mut(elements)),
        _ => None,
    }
}

fn entries_mut(value: &mut Value) -> Option<&mut BTreeMap<SmolStr, Value>> {
    match &mut value.kind {
        Kind::Object(entries) => Some(Arc::make_mut(entries)),
        _ => None,
    }
}

/// The elements of a set: each once, in Terraform's order. Unknown ones may be equal to others.
pub(crate) fn set_elements(elements: Vec<Value>) -> Vec<Value> {
    // Null comes last.
    let (nulls, mut elements): (Vec<Value>, Vec<Value>) =
        elements.into_iter().partition(Value::is_null);
    let are = |test: fn(&Value) -> bool| elements.iter().all(test);
    if are(|v| matches!(v.kind, Kind::String(_))) {
        elements.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    } else if are(|v| matches!(v.kind, Kind::Number(_))) {
        elements.sort_by_key(Value::as_number);
    } else if are(|v| matches!(v.kind, Kind::Bool(_))) {
        elements.sort_by_key(Value::as_bool);
    }
    elements.extend(nulls);
    distinct(elements)
}

/// Each once, in the order in which they come.
pub(crate) fn distinct(elements: Vec<Value>) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::with_capacity(elements.len());
    let mut texts = rustc_hash::FxHashSet::default();
    for element in elements {
        let is_new = match &element.kind {
            Kind::String(text) => texts.insert(text.clone()),
            _ => !out
                .iter()
                .any(|o| o.kind == element.kind && element.is_wholly_known()),
        };
        if is_new {
            out.push(element);
        }
    }
    out
}
