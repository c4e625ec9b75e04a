//! Functions on strings.

use regex::Regex;

use super::{Strict, int, text};
use crate::expr::{Evaluated, Invalid};
use crate::value::{Kind, Sequence, Value};

pub(super) fn function(name: &str) -> Option<Strict> {
    Some(match name {
        "lower" => |a| Ok(Value::string(text(a, 0)?.to_lowercase())),
        "upper" => |a| Ok(Value::string(text(a, 0)?.to_uppercase())),
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
        "strrev" => |a| Ok(Value::string(text(a, 0)?.chars().rev().collect::<String>())),
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
        "regex" => |a| Ok(one_match(&compiled(&text(a, 0)?)?, &text(a, 1)?).ok_or(Invalid)?),
        "regexall" => |a| {
            let (pattern, whole) = (compiled(&text(a, 0)?)?, text(a, 1)?);
            Ok(Value::tuple(
                pattern
                    .captures_iter(&whole)
                    .map(|c| captured(&pattern, &c))
                    .collect(),
            ))
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
        "join" => |a| {
            let separator = text(a, 0)?;
            let lists = a
                .iter()
                .skip(1)
                .map(|l| l.as_list().ok_or(Invalid))
                .collect::<Result<Vec<_>, _>>()?;
            let parts: Vec<_> = lists
                .into_iter()
                .flatten()
                .map(|v| v.to_text().ok_or(Invalid))
                .collect::<Result<_, _>>()?;
            Ok(Value::string(parts.join(&separator)))
        },
        "substr" => |a| {
            let chars: Vec<char> = text(a, 0)?.chars().collect();
            let len = chars.len() as i64;
            let (start, length) = (int(a, 1)?, int(a, 2)?);
            let start = if start < 0 {
                (len + start).max(0)
            } else {
                start.min(len)
            };
            let end = if length < 0 {
                len
            } else {
                start.saturating_add(length).min(len)
            };
            Ok(Value::string(
                chars[start as usize..end as usize]
                    .iter()
                    .collect::<String>(),
            ))
        },
        "format" => |a| format(a).map(Value::string),
        "formatlist" => format_list,
        "tostring" => |a| match a.first().map(|v| &v.kind) {
            Some(Kind::Null) => Ok(Value::null()),
            _ => Ok(Value {
                refers: a.first().and_then(|v| v.refers.clone()),
                ..Value::string(text(a, 0)?)
            }),
        },
        "basename" => |a| {
            Ok(Value::string(
                text(a, 0)?.rsplit('/').next().unwrap_or_default(),
            ))
        },
        "dirname" => |a| {
            Ok(Value::string(
                text(a, 0)?.rsplit_once('/').map_or(".", |(d, _)| d),
            ))
        },
        _ => return None,
    })
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
        is_start = !c.is_alphanumeric() && c != '_' && c != '\'';
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
    Ok(Value::string(whole.replace(what.as_ref(), &with)))
}

/// A regular expression of bounded size; RE2's syntax is Rust's but for corners.
fn compiled(pattern: &str) -> Result<Regex, Invalid> {
    regex::RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
        .map_err(|_| Invalid)
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

/// `format`: the verbs of Go's that Terraform documents.
fn format(args: &[Value]) -> Result<String, Invalid> {
    let spec = text(args, 0)?;
    let mut out = String::new();
    let mut chars = spec.chars().peekable();
    let mut next = 1;
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut flags = String::new();
        let verb = loop {
            match chars.next().ok_or(Invalid)? {
                c if c.is_ascii_alphabetic() || c == '%' => break c,
                c => flags.push(c),
            }
        };
        if verb == '%' {
            out.push('%');
            continue;
        }
        let value = args.get(next).ok_or(Invalid)?;
        next += 1;
        out.push_str(&formatted(verb, &flags, value)?);
    }
    if next < args.len() {
        Err(Invalid)
    } else {
        Ok(out)
    }
}

fn formatted(verb: char, flags: &str, value: &Value) -> Result<String, Invalid> {
    let (width, precision) = flags.split_once('.').unwrap_or((flags, ""));
    let sign = if width.contains('+') { "+" } else { "" };
    let is_left = width.contains('-');
    let digits = width.trim_start_matches(['+', '-', ' ', '#']);
    let is_zero_padded = digits.starts_with('0');
    let width: usize = digits.parse().unwrap_or(0);
    let number = || value.as_number().ok_or(Invalid);
    let text = match verb {
        's' => value.to_text().ok_or(Invalid)?.to_string(),
        'v' => match value.to_text() {
            Some(text) if !flags.contains('#') => text.to_string(),
            _ => super::encoding::json(value).ok_or(Invalid)?,
        },
        'q' => {
            super::encoding::json(&Value::string(value.to_text().ok_or(Invalid)?)).ok_or(Invalid)?
        }
        't' => value.as_bool().ok_or(Invalid)?.to_string(),
        'd' => {
            let n = number()?.as_i64().ok_or(Invalid)?;
            if n >= 0 {
                format!("{sign}{n}")
            } else {
                n.to_string()
            }
        }
        'x' => format!("{:x}", number()?.as_i64().ok_or(Invalid)?),
        'X' => format!("{:X}", number()?.as_i64().ok_or(Invalid)?),
        'o' => format!("{:o}", number()?.as_i64().ok_or(Invalid)?),
        'b' => format!("{:b}", number()?.as_i64().ok_or(Invalid)?),
        'f' => {
            let precision = if precision.is_empty() {
                6
            } else {
                precision.parse().map_err(|_| Invalid)?
            };
            format!("{:.precision$}", number()?.to_f64())
        }
        _ => return Err(Invalid),
    };
    let length = text.chars().count();
    let padding = width.min(10_000).saturating_sub(length);
    Ok(match (is_left, is_zero_padded && verb != 's') {
        (true, _) => text + &" ".repeat(padding),
        (false, true) => match text.strip_prefix('-') {
            Some(rest) => format!("-{}{rest}", "0".repeat(padding)),
            None => "0".repeat(padding) + &text,
        },
        (false, false) => " ".repeat(padding) + &text,
    })
}

fn format_list(args: &[Value]) -> Evaluated {
    let length = args
        .iter()
        .skip(1)
        .filter_map(Value::as_list)
        .map(<[Value]>::len)
        .max()
        .unwrap_or(1);
    let row = |i: usize| -> Result<Vec<Value>, Invalid> {
        args.iter()
            .map(|a| match a.as_list() {
                Some(list) => list.get(i).cloned().ok_or(Invalid),
                None => Ok(a.clone()),
            })
            .collect()
    };
    (0..length)
        .map(|i| format(&row(i)?).map(Value::string))
        .collect::<Result<_, _>>()
        .map(|l| Value::sequence(Sequence::List, l))
}
