//! What is known of a value that is one of several, and of collections that are known in part.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::value::{Kind, Reference, Sequence, Type, Unknown, Value};

/// Of more possible values than this nothing is kept.
const MAX_MEMBERS: usize = 16;

/// A value that is one of several; itself when they are equal.
pub(crate) fn one_of(values: impl IntoIterator<Item = Value>) -> Value {
    values
        .into_iter()
        .reduce(either)
        .unwrap_or_else(Value::unknown)
}

/// One of two values.
pub(crate) fn either(a: Value, b: Value) -> Value {
    if a == b {
        return a;
    }
    let refers = common_target(&a, &b);
    let (sensitive, ephemeral) = (a.sensitive || b.sensitive, a.ephemeral || b.ephemeral);
    let not_null = !a.may_be_null() && !b.may_be_null();
    let ty = type_of(&a).filter(|ty| Some(ty) == type_of(&b).as_ref());
    let mut members: Vec<Value> = Vec::new();
    for value in [a, b] {
        match &value.kind {
            Kind::Unknown(u) if !u.one_of.is_empty() => members.extend(u.one_of.iter().cloned()),
            _ => members.push(value),
        }
    }
    let is_anything = |v: &Value| {
        v.refers.is_none()
            && v.as_unknown()
                .is_some_and(super::value::Unknown::tells_nothing)
    };
    let one_of = if members.len() > MAX_MEMBERS || members.iter().any(is_anything) {
        Vec::new()
    } else {
        crate::unify::distinct(members)
    };
    let unknown = Unknown {
        ty,
        not_null,
        one_of,
        ..Unknown::default()
    };
    Value {
        refers,
        sensitive,
        ephemeral,
        ..Kind::Unknown(Arc::new(unknown)).into()
    }
}

/// What both refer to, be it by different instances.
fn common_target(a: &Value, b: &Value) -> Option<Arc<Reference>> {
    let (left, right) = (a.refers.as_ref()?, b.refers.as_ref()?);
    if left == right {
        return Some(left.clone());
    }
    let is_same =
        left.address == right.address && left.path == right.path && left.module == right.module;
    is_same.then(|| {
        Arc::new(Reference {
            index: Some(SmolStr::new_static("?")),
            ..(**left).clone()
        })
    })
}

/// The primitive type of a value.
fn type_of(value: &Value) -> Option<Type> {
    match &value.kind {
        Kind::String(_) => Some(Type::String),
        Kind::Number(_) => Some(Type::Number),
        Kind::Bool(_) => Some(Type::Bool),
        Kind::Unknown(u) => u.ty.clone(),
        _ => None,
    }
}

/// An object of which not all entries are known.
pub(crate) fn open_object(entries: BTreeMap<SmolStr, Value>) -> Value {
    let ty = Some(Type::Map(Box::new(Type::Any)));
    Kind::Unknown(Arc::new(Unknown {
        ty,
        not_null: true,
        entries,
        ..Unknown::default()
    }))
    .into()
}

/// A list of which not all elements are known.
pub(crate) fn open_list(contains: Vec<Value>) -> Value {
    let ty = Some(Type::List(Box::new(Type::Any)));
    Kind::Unknown(Arc::new(Unknown {
        ty,
        not_null: true,
        contains,
        ..Unknown::default()
    }))
    .into()
}

/// `==`: unknown unless both sides are known, or a difference already shows.
pub(crate) fn equality(left: &Value, right: &Value) -> Value {
    match equal(left, right) {
        Some(answer) => Value::bool(answer),
        None => Value::unknown_of(Some(Type::Bool), true),
    }
}

/// Whether two values are equal in Terraform's sense; `None` when that can't be known.
pub(crate) fn equal(left: &Value, right: &Value) -> Option<bool> {
    match (&left.kind, &right.kind) {
        (Kind::Null, Kind::Null) => Some(true),
        (Kind::Unknown(_), Kind::Null) if !left.may_be_null() => Some(false),
        (Kind::Null, Kind::Unknown(_)) if !right.may_be_null() => Some(false),
        (Kind::Unknown(u), _) if !u.one_of.is_empty() => {
            all_agree(u.one_of.iter().map(|m| equal(m, right)))
        }
        (_, Kind::Unknown(u)) if !u.one_of.is_empty() => {
            all_agree(u.one_of.iter().map(|m| equal(left, m)))
        }
        (Kind::Unknown(u), Kind::String(s)) | (Kind::String(s), Kind::Unknown(u)) => u
            .prefix
            .as_ref()
            .filter(|p| !s.starts_with(p.as_ref()))
            .map(|_| false),
        (Kind::Unknown(_), _) | (_, Kind::Unknown(_)) => None,
        (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
        (Kind::Number(a), Kind::Number(b)) => Some(a == b),
        (Kind::String(a), Kind::String(b)) => Some(a == b),
        (Kind::List(of_a, a), Kind::List(of_b, b)) => equal_lists(*of_a, a, *of_b, b),
        (Kind::Object(a), Kind::Object(b)) => equal_objects(a, b),
        _ => Some(false),
    }
}

/// A tuple never equals a list; which of the two it is, values don't always tell.
fn equal_lists(of_a: Sequence, a: &[Value], of_b: Sequence, b: &[Value]) -> Option<bool> {
    let is_set = |of| of == Sequence::Set;
    if is_set(of_a) != is_set(of_b) {
        return Some(false);
    }
    if a.len() != b.len() {
        let may_shrink = is_set(of_a) && !a.iter().chain(b).all(Value::is_wholly_known);
        return if may_shrink { None } else { Some(false) };
    }
    let is_ordered = !is_set(of_a) || a.iter().chain(b).all(|v| v.as_str().is_some());
    let answer = match all_equal(a.iter().zip(b).map(|(a, b)| equal(a, b))) {
        Some(false) if !is_ordered => None,
        answer => answer,
    };
    answer.filter(|is_equal| !is_equal || of_a == of_b)
}

fn equal_objects(a: &BTreeMap<SmolStr, Value>, b: &BTreeMap<SmolStr, Value>) -> Option<bool> {
    if !a.keys().eq(b.keys()) {
        return Some(false);
    }
    // `{}` is no map, and a map without entries looks like it.
    all_equal(a.values().zip(b.values()).map(|(a, b)| equal(a, b)))
        .filter(|is_equal| !is_equal || !a.is_empty())
}

fn all_equal(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut answer = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            None => answer = None,
            Some(true) => {}
        }
    }
    answer
}

fn all_agree(mut answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let first = answers.next()??;
    answers.all(|a| a == Some(first)).then_some(first)
}
