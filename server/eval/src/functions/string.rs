//! Functions on strings.

use std::cell::RefCell;
use std::rc::Rc;

use regex::Regex;
use rustc_hash::FxHashMap;
use unicode_segmentation::UnicodeSegmentation;

use super::{Strict, int, text};
use crate::expr::{Evaluated, Invalid};
use crate::value::{Sequence, Type, Value};

pub(super) fn function(name: &str) -> Option<Strict> {
    Some(match name {
        "lower" => |a| Ok(Value::string(text(a, 0)?.to_lowercase())),
        "upper" => |a| Ok(Value::string(upper(&text(a, 0)?))),
        "title" => |a| Ok(Value::string(title(&text(a, 0)?))),
        "trimspace" => |a| Ok(Value::string(text(a, 0)?.trim())),
        "chomp" => |a| Ok(Value::string(text(a, 0)?.trim_end_matches(['\n', '\r']))),
        "trim" => |a| {
            let cut = text(a, 1)?;
            Ok(Value::string(text(a, 0)?.trim_matches(|c| cut.contains(c))))
        },
        "trimprefix" => |a| {
            let whole = text(a, 0)?;
            Ok(Value::string(
                whole.strip_prefix(text(a, 1)?.as_ref()).unwrap_or(&whole),
            ))
        },
        "trimsuffix" => |a| {
            let whole = text(a, 0)?;
            Ok(Value::string(
                whole.strip_suffix(text(a, 1)?.as_ref()).unwrap_or(&whole),
            ))
        },
        "startswith" => |a| Ok(Value::bool(text(a, 0)?.starts_with(text(a, 1)?.as_ref()))),
        "endswith" => |a| Ok(Value::bool(text(a, 0)?.ends_with(text(a, 1)?.as_ref()))),
        "strcontains" => |a| Ok(Value::bool(text(a, 0)?.contains(text(a, 1)?.as_ref()))),
        "strrev" => |a| {
            Ok(Value::string(
                characters(&text(a, 0)?).rev().collect::<String>(),
            ))
        },
        "indent" => |a| {
            Ok(Value::string(text(a, 1)?.replace(
                '\n',
                &format!(
                    "\n{}",
                    " ".repeat(usize::try_from(int(a, 0)?).map_err(|_| Invalid)?.min(1_000))
                ),
            )))
        },
        "replace" => replace,
        "regex" => |a| one_match(compiled(&text(a, 0)?)?.as_ref(), &text(a, 1)?).ok_or(Invalid),
        "regexall" => |a| {
            let (pattern, whole) = (compiled(&text(a, 0)?)?, text(a, 1)?);
            let all = pattern
                .captures_iter(&whole)
                .map(|c| captured(&pattern, &c))
                .collect();
            Ok(Value::sequence(Sequence::List, all))
        },
        "split" => |a| {
            let (separator, whole) = (text(a, 0)?, text(a, 1)?);
            let parts = if separator.is_empty() {
                whole
                    .chars()
                    .map(|c| Value::string(c.to_string()))
                    .collect()
            } else {
                whole.split(separator.as_ref()).map(Value::string).collect()
            };
            Ok(Value::sequence(Sequence::List, parts))
        },
        "join" => join,
        "substr" => substr,
        "format" => |a| super::format::format(a).map(Value::string),
        "formatlist" => super::format::format_list,
        "basename" => |a| Ok(Value::string(basename(&text(a, 0)?))),
        "dirname" => |a| Ok(Value::string(dirname(&text(a, 0)?))),
        "abspath" | "pathexpand" => |a| match text(a, 0)? {
            path if path.starts_with('/') => Ok(Value::string(clean(&path))),
            _ => Ok(Value::unknown_of(Some(Type::String), true)),
        },
        _ => return None,
    })
}

/// User-perceived characters, in which Terraform counts.
pub(super) fn characters(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.graphemes(true)
}

/// Go's: a character each.
fn upper(text: &str) -> String {
    let one = |c: char| {
        let mut upper = c.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(upper), None) => upper,
            _ => c,
        }
    };
    text.chars().map(one).collect()
}

/// Longer results are not computed.
const MAX_LENGTH: usize = 1 << 20;

fn too_long() -> Evaluated {
    Ok(Value::unknown_of(Some(Type::String), true))
}

fn join(args: &[Value]) -> Evaluated {
    let separator = text(args, 0)?;
    let mut parts = Vec::new();
    for list in args.iter().skip(1) {
        for element in list.as_list().ok_or(Invalid)? {
            parts.push(element.to_text().ok_or(Invalid)?);
        }
    }
    let length = parts
        .iter()
        .map(|p| p.len() + separator.len())
        .sum::<usize>();
    if length > MAX_LENGTH {
        return too_long();
    }
    Ok(Value::string(parts.join(&separator)))
}

fn substr(args: &[Value]) -> Evaluated {
    let whole = text(args, 0)?;
    let all: Vec<&str> = characters(&whole).collect();
    let (offset, length) = (int(args, 1)?, int(args, 2)?);
    let count = all.len() as i64;
    let start = if offset < 0 {
        count.saturating_add(offset).max(0)
    } else {
        offset.min(count)
    };
    // Go's implementation takes no characters for "to the end" when it counts from the end.
    let end = if length < 0 || (length == 0 && offset < 0) {
        count
    } else {
        start.saturating_add(length).min(count)
    };
    Ok(Value::string(all[start as usize..end as usize].concat()))
}

/// Go's `path.Clean`.
fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            ".." if is_rooted => {}
            part => parts.push(part),
        }
    }
    match (is_rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

fn basename(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        Some("") | None if path.is_empty() => ".".to_owned(),
        Some("") | None => "/".to_owned(),
        Some(last) => last.to_owned(),
    }
}

fn dirname(path: &str) -> String {
    let end = path.rfind('/').map_or(0, |at| at + 1);
    clean(&path[..end])
}

fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_start = true;
    for c in text.chars() {
        if is_start {
            out.extend(c.to_uppercase())
        } else {
            out.push(c)
        }
        // Go's `isSeparator`: beyond ASCII only spaces are.
        is_start = match c.is_ascii() {
            true => !c.is_alphanumeric() && c != '_',
            false => c.is_whitespace(),
        };
    }
    out
}

fn replace(args: &[Value]) -> Evaluated {
    let (whole, what, with) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
    if what.len() > 1 && what.starts_with('/') && what.ends_with('/') {
        let pattern = compiled(&what[1..what.len() - 1])?;
        return Ok(Value::string(
            pattern.replace_all(&whole, with.as_ref()).into_owned(),
        ));
    }
    let count = if what.is_empty() {
        whole.len() + 1
    } else {
        whole.matches(what.as_ref()).count()
    };
    if count.saturating_mul(with.len()) > MAX_LENGTH {
        return too_long();
    }
    Ok(Value::string(whole.replace(what.as_ref(), &with)))
}

/// As many regular expressions are kept; then all are made anew.
const KEPT: usize = 64;

thread_local! {
    /// Making one costs a hundred times what using it does, and rules ask the same of every block.
    static COMPILED: RefCell<FxHashMap<String, Result<Rc<Regex>, Invalid>>> = RefCell::default();
}

/// A regular expression of bounded size; RE2's syntax is Rust's but for corners.
fn compiled(pattern: &str) -> Result<Rc<Regex>, Invalid> {
    COMPILED.with_borrow_mut(|kept| {
        if let Some(known) = kept.get(pattern) {
            return known.clone();
        }
        if kept.len() == KEPT {
            kept.clear();
        }
        let new = compile(pattern).map(Rc::new);
        kept.insert(pattern.to_owned(), new.clone());
        new
    })
}

fn compile(pattern: &str) -> Result<Regex, Invalid> {
    regex::RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
        .ok()
        .filter(|r| {
            // Named groups and others don't go together.
            let names = r.capture_names().flatten().count();
            names == 0 || names + 1 == r.captures_len()
        })
        .ok_or(Invalid)
}

fn one_match(pattern: &Regex, whole: &str) -> Option<Value> {
    pattern.captures(whole).map(|c| captured(pattern, &c))
}

/// A match as Terraform gives it: a string, or its groups as a list or an object.
fn captured(pattern: &Regex, captures: &regex::Captures<'_>) -> Value {
    let group =
        |m: Option<regex::Match<'_>>| m.map_or_else(Value::null, |m| Value::string(m.as_str()));
    let names: Vec<&str> = pattern.capture_names().flatten().collect();
    if !names.is_empty() {
        return Value::object(
            names
                .into_iter()
                .map(|n| (n.into(), group(captures.name(n))))
                .collect(),
        );
    }
    if captures.len() == 1 {
        group(captures.get(0))
    } else {
        Value::tuple(captures.iter().skip(1).map(group).collect())
    }
}
