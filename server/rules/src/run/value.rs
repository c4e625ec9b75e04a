//! Comparing values, and writing them down.

use stockade_eval::{Kind, Step, Value};

use crate::page::Verdict;

/// Whether two values are equal after Terraform's conversions; `None` when that can't be known.
pub(crate) fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (&a.kind, &b.kind) {
        (Kind::Unknown(unknown), other) | (other, Kind::Unknown(unknown)) => {
            match (&unknown.prefix, other) {
                (Some(prefix), Kind::String(s)) if !s.starts_with(&**prefix) => Some(false),
                (_, Kind::Null) if unknown.not_null => Some(false),
                _ => None,
            }
        }
        (Kind::Null, Kind::Null) => Some(true),
        (Kind::List(_, a), Kind::List(_, b)) => equal_lists(a, b),
        (Kind::Object(a), Kind::Object(b)) => {
            let keys = a.keys().chain(b.keys());
            let null = Value::null();
            all(keys.map(|k| equal(a.get(k).unwrap_or(&null), b.get(k).unwrap_or(&null))))
        }
        _ => Some(match (a.to_text(), b.to_text()) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        }),
    }
}

/// Order counts only if both are tuples or lists of the same elements in another order: sets are
/// written as lists, so that it doesn't.
fn equal_lists(a: &[Value], b: &[Value]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    let in_order = all(a.iter().zip(b).map(|(a, b)| equal(a, b)));
    match in_order {
        Some(false) => all(a.iter().map(|x| any(b.iter().map(|y| equal(x, y))))),
        decided => decided,
    }
}

fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            None => result = None,
            Some(true) => {}
        }
    }
    result
}

/// Whether one is true; `None` when none is known to be and some can't be known.
pub(crate) fn any(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(parts.map(|p| p.map(|b| !b))).map(|b| !b)
}

/// Whether it is null, `""` or an empty collection; `None` when that can't be known.
pub(crate) fn is_empty(value: &Value) -> Option<bool> {
    match &value.kind {
        Kind::Null => Some(true),
        Kind::String(s) => Some(s.is_empty()),
        Kind::List(_, elements) => Some(elements.is_empty()),
        Kind::Object(map) => Some(map.is_empty()),
        Kind::Unknown(unknown) => {
            let has_parts = !unknown.contains.is_empty()
                || !unknown.entries.is_empty()
                || unknown.prefix.as_ref().is_some_and(|p| !p.is_empty());
            (unknown.not_null || has_parts).then_some(false)
        }
        _ => Some(false),
    }
}

/// Judges a value, or all values that it can be: it fails only if each of them does.
pub(crate) fn for_possible(value: &Value, judge: &mut dyn FnMut(&Value) -> Verdict) -> Verdict {
    let Kind::Unknown(unknown) = &value.kind else {
        return judge(value);
    };
    if unknown.one_of.is_empty() {
        return judge(value);
    }
    let mut verdicts = unknown.one_of.iter().map(|v| for_possible(v, judge));
    let first = verdicts.next().unwrap_or(Verdict::Silent);
    if verdicts.all(|v| v == first) {
        first
    } else {
        Verdict::Silent
    }
}

/// As HCL; `None` if some part is unknown and no reference.
pub fn literal(value: &Value) -> Option<String> {
    Some(match &value.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(b) => b.to_string(),
        Kind::Number(n) => n.to_string(),
        Kind::String(s) => quoted(s),
        Kind::List(_, elements) => {
            let parts: Option<Vec<String>> = elements.iter().map(literal).collect();
            format!("[{}]", parts?.join(", "))
        }
        Kind::Object(map) => {
            let entry = |(k, v): (&smol_str::SmolStr, &Value)| {
                Some(format!("{} = {}", key(k), literal(v)?))
            };
            let parts: Option<Vec<String>> = map.iter().map(entry).collect();
            format!("{{ {} }}", parts?.join(", "))
        }
        Kind::Unknown(_) => reference(value)?,
    })
}

/// The reference that an unknown value is.
fn reference(value: &Value) -> Option<String> {
    let reference = value.refers.as_ref().filter(|r| r.module.is_none())?;
    let index = reference.index.as_deref().unwrap_or_default();
    let path: String = reference.path.iter().map(|p| format!(".{p}")).collect();
    Some(format!("{}{index}{path}", reference.address))
}

fn key(name: &str) -> String {
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if is_name {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// A string literal.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// What stands between the quotes of a string literal.
pub(crate) fn escaped(text: &str) -> String {
    let text = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\r', "\\r")
        .replace('\t', "\\t");
    text.replace("${", "$${").replace("%{", "%%{")
}

/// As a message shows it: shortened, sensitive ones not at all.
pub(crate) fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    if value.sensitive || value.ephemeral {
        return "a sensitive value".to_owned();
    }
    let text = literal(value).or_else(|| alternatives(value));
    let text = text.unwrap_or_else(|| "a value that is only partly known".to_owned());
    let text = text.replace('\n', " ");
    if text.chars().count() <= LONGEST {
        return text;
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("{}…", start.trim_end())
}

/// `"a" or "b"`, where nothing else is possible.
fn alternatives(value: &Value) -> Option<String> {
    let Kind::Unknown(unknown) = &value.kind else {
        return None;
    };
    let all: Option<Vec<String>> = unknown.one_of.iter().map(literal).collect();
    all.filter(|all| !all.is_empty())
        .map(|all| all.join(" or "))
}

/// A list of strings.
pub(crate) fn strings(all: impl IntoIterator<Item = String>) -> Value {
    Value::tuple(all.into_iter().map(Value::string).collect())
}

/// The parts of a list, each with its place; a single value is a list of one.
pub(crate) fn parts(value: &Value) -> Vec<Value> {
    match &value.kind {
        Kind::List(_, elements) => (0u32..)
            .zip(elements.iter())
            .map(|(i, e)| value.part(e, Step::Index(i)))
            .collect(),
        Kind::Null => Vec::new(),
        _ => vec![value.clone()],
    }
}

/// An entry of an object, with its place.
pub(crate) fn entry(value: &Value, key: &str) -> Option<Value> {
    let child = value.as_object()?.get(key)?;
    Some(value.part(child, Step::Key(key.into())))
}
