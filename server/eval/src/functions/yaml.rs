//! `yamldecode` and `yamlencode`.
//!
//! Source: <https://github.com/zclconf/go-cty-yaml>.

use std::collections::BTreeMap;
use std::fmt::Write;

use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use smol_str::SmolStr;

use super::text;
use crate::expr::{Evaluated, Invalid};
use crate::number::Number;
use crate::value::{Kind, Type, Value};

/// More nodes than this, aliases written out, are unknown.
const MAX_NODES: u32 = 20_000;
const MAX_DEPTH: u32 = 100;

pub(super) fn decode(args: &[Value]) -> Evaluated {
    let text = text(args, 0)?;
    let mut reader = Reader {
        parser: Parser::new_from_str(&text),
        anchors: FxHashMap::default(),
        nodes: 0,
    };
    loop {
        match reader.next()? {
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            Event::StreamEnd | Event::DocumentEnd => return Err(Invalid), // no document at all
            event => {
                let value = reader.node(event, 0)?;
                let one = matches!(reader.next()?, Event::DocumentEnd)
                    && matches!(reader.next()?, Event::StreamEnd);
                return if one { Ok(value) } else { Err(Invalid) };
            }
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: FxHashMap<usize, (Value, u32)>,
    nodes: u32,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Event<'t>, Invalid> {
        match self.parser.next_event() {
            Some(Ok((event, _))) => Ok(event),
            _ => Err(Invalid),
        }
    }

    fn node(&mut self, event: Event<'t>, depth: u32) -> Evaluated {
        self.nodes += 1;
        if self.nodes > MAX_NODES || depth > MAX_DEPTH {
            return Err(Invalid);
        }
        let before = self.nodes;
        let (anchor, value) = match event {
            Event::Alias(anchor) => {
                let (value, nodes) = self.anchors.get(&anchor).cloned().ok_or(Invalid)?;
                self.nodes = self.nodes.saturating_add(nodes);
                return Ok(value);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = match (style, tag) {
                    (_, Some(_)) => return Ok(Value::unknown()),
                    (ScalarStyle::Plain, None) => plain(&text)?,
                    _ => Value::string(text.as_ref()),
                };
                (anchor, value)
            }
            Event::SequenceStart(anchor, _) => {
                let mut elements = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break,
                        event => elements.push(self.node(event, depth + 1)?),
                    }
                }
                (anchor, Value::tuple(elements))
            }
            Event::MappingStart(anchor, _) => (anchor, self.mapping(depth)?),
            _ => return Err(Invalid),
        };
        if anchor > 0 {
            self.anchors
                .insert(anchor, (value.clone(), self.nodes - before + 1));
        }
        Ok(value)
    }

    fn mapping(&mut self, depth: u32) -> Evaluated {
        let mut entries: BTreeMap<SmolStr, Value> = BTreeMap::new();
        loop {
            let key = match self.next()? {
                Event::MappingEnd => return Ok(Value::object(entries)),
                event => self.node(event, depth + 1)?,
            };
            let event = self.next()?;
            let value = self.node(event, depth + 1)?;
            let key = key.to_text().ok_or(Invalid)?;
            if key.as_ref() == "<<" {
                let merged = value.as_object().ok_or(Invalid)?;
                merged.iter().for_each(|(k, v)| {
                    entries.entry(k.clone()).or_insert_with(|| v.clone());
                });
            } else {
                entries.insert(key.as_ref().into(), value);
            }
        }
    }
}

/// YAML 1.1's words, as the decoder of Terraform has them.
fn plain(text: &str) -> Evaluated {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::null(),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::bool(false)
        }
        ".inf" | "-.inf" | ".nan" | ".Inf" | "-.Inf" | ".NaN" | ".INF" | "-.INF" | ".NAN"
        | "+.inf" => {
            return Err(Invalid);
        }
        _ => match number(text) {
            Some(number) => Value::number(number),
            None if looks_like_time(text) => time(text),
            None => Value::string(text),
        },
    })
}

fn number(text: &str) -> Option<Number> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let radix = |prefix: &str, base| {
        digits
            .strip_prefix(prefix)
            .and_then(|d| i64::from_str_radix(d, base).ok())
    };
    if let Some(n) = radix("0x", 16)
        .or_else(|| radix("0o", 8))
        .or_else(|| radix("0b", 2))
    {
        return Some(Number::Int(sign * n));
    }
    if digits.len() > 1
        && digits.starts_with('0')
        && digits.bytes().all(|b| (b'0'..=b'7').contains(&b))
    {
        return i64::from_str_radix(digits, 8)
            .ok()
            .map(|n| Number::Int(sign * n));
    }
    let starts = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if starts && digits.bytes().any(|b| b.is_ascii_digit()) {
        text.trim_start_matches('+').parse().ok()
    } else {
        None
    }
}

fn looks_like_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 8
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
        && bytes[5].is_ascii_digit()
}

fn time(text: &str) -> Value {
    let is_date = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| {
            if i == 4 || i == 7 {
                b == b'-'
            } else {
                b.is_ascii_digit()
            }
        });
    if is_date {
        Value::string(format!("{text}T00:00:00Z"))
    } else {
        Value::unknown_of(Some(Type::String), true)
    }
}

pub(super) fn encode(args: &[Value]) -> Evaluated {
    let [value] = args else { return Err(Invalid) };
    let mut out = String::new();
    write(value, 0, &mut out);
    Ok(Value::string(if out.starts_with('\n') {
        out[1..].to_owned()
    } else {
        out.trim_start().to_owned()
    }))
}

/// Writes what follows a key or a dash: a scalar on its line, a collection below.
fn write(value: &Value, indent: usize, out: &mut String) {
    match &value.kind {
        Kind::List(_, elements) if elements.is_empty() => out.push_str(" []\n"),
        Kind::Object(entries) if entries.is_empty() => out.push_str(" {}\n"),
        Kind::List(_, elements) => {
            out.push('\n');
            for element in elements.iter() {
                let _ = write!(out, "{:indent$}-", "");
                write_inline(element, indent + 2, out);
            }
        }
        Kind::Object(_) => {
            out.push('\n');
            write_entries(value, indent, true, out);
        }
        Kind::String(text) if text.contains('\n') => write_block(text, indent, out),
        _ => {
            let _ = writeln!(out, " {}", scalar(value));
        }
    }
}

/// After a dash the first entry or element stands on the same line.
fn write_inline(value: &Value, indent: usize, out: &mut String) {
    match &value.kind {
        Kind::Object(entries) if !entries.is_empty() => {
            out.push(' ');
            write_entries(value, indent, false, out);
        }
        Kind::List(_, elements) if !elements.is_empty() => {
            let start = out.len();
            write(value, indent, out);
            // "-\n  - x" is "- - x".
            out.replace_range(start..start + 1 + indent, " ");
        }
        _ => write(value, indent, out),
    }
}

fn write_entries(value: &Value, indent: usize, indent_first: bool, out: &mut String) {
    for (i, (key, entry)) in value.as_object().into_iter().flatten().enumerate() {
        if i > 0 || indent_first {
            let _ = write!(out, "{:indent$}", "");
        }
        let _ = write!(out, "{}:", scalar(&Value::string(key.as_str())));
        let inner = if matches!(entry.kind, Kind::List(..)) {
            indent
        } else {
            indent + 2
        };
        write(entry, inner, out);
    }
}

fn write_block(text: &str, indent: usize, out: &mut String) {
    let indent = indent.max(2);
    let keep = match text.strip_suffix('\n') {
        None => "-",
        Some(rest) if rest.ends_with('\n') || rest.is_empty() => "+",
        Some(_) => "",
    };
    let _ = writeln!(out, " |{keep}");
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        let _ = if line.is_empty() {
            writeln!(out)
        } else {
            writeln!(out, "{:indent$}{line}", "")
        };
    }
}

fn scalar(value: &Value) -> String {
    match &value.kind {
        Kind::String(_) => super::json(value)
            .unwrap_or_default()
            .replace("\\u003c", "<")
            .replace("\\u003e", ">")
            .replace("\\u0026", "&"),
        Kind::Null => "null".to_owned(),
        _ => value.to_text().map_or_else(String::new, |t| t.to_string()),
    }
}
