//! Functions that encode and decode.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{Strict, text};
use crate::expr::Invalid;
use crate::value::{Kind, Type, Value};

pub(super) fn function(name: &str) -> Option<Strict> {
    Some(match name {
        "jsondecode" => |a| parse_json(&text(a, 0)?).ok_or(Invalid),
        "base64encode" => |a| Ok(Value::string(base64(text(a, 0)?.as_bytes()))),
        "base64decode" => |a| {
            let bytes = decode_base64(&text(a, 0)?).ok_or(Invalid)?;
            String::from_utf8(bytes)
                .map(Value::string)
                .map_err(|_| Invalid)
        },
        _ => return None,
    })
}

/// JSON as Terraform writes it: keys sorted, `<`, `>` and `&` escaped.
pub(crate) fn json(value: &Value) -> Option<String> {
    let mut out = String::new();
    write_json(value, &mut out)?;
    Some(out)
}

fn write_json(value: &Value, out: &mut String) -> Option<()> {
    match &value.kind {
        Kind::Null => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) => out.push_str(&n.to_string()),
        Kind::String(s) => write_string(s, out),
        Kind::List(_, elements) => {
            out.push('[');
            for (i, element) in elements.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_json(element, out)?;
            }
            out.push(']');
        }
        Kind::Object(entries) => {
            out.push('{');
            for (i, (key, entry)) in entries.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_string(key, out);
                out.push(':');
                write_json(entry, out)?;
            }
            out.push('}');
        }
        Kind::Unknown(_) => return None,
    }
    Some(())
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)))
            }
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// `jsonencode`: the text as far as it is known, and the document that it encodes.
pub(super) fn json_text(args: &[Value]) -> Value {
    let Some(of) = args.first() else {
        return Value::unknown();
    };
    let text = json(of).map_or_else(
        || Value::unknown_of(Some(Type::String), true),
        Value::string,
    );
    let mut text = text.derived_from(args);
    text.document = Some(std::sync::Arc::new(of.clone()));
    text
}

/// A JSON text as a value; `None` when it isn't one.
pub(crate) fn parse_json(text: &str) -> Option<Value> {
    let options = jsonc_parser::ParseOptions::default();
    let parsed = jsonc_parser::parse_to_value(text, &options).ok()??;
    Some(of_json(parsed))
}

fn of_json(value: jsonc_parser::JsonValue<'_>) -> Value {
    use jsonc_parser::JsonValue;
    match value {
        JsonValue::Null => Value::null(),
        JsonValue::Boolean(b) => Value::bool(b),
        JsonValue::Number(n) => n.parse().map_or_else(
            |_| Value::unknown_of(Some(Type::Number), true),
            Value::number,
        ),
        JsonValue::String(s) => Value::string(s.into_owned()),
        JsonValue::Array(a) => Value::tuple(a.into_iter().map(of_json).collect()),
        JsonValue::Object(o) => {
            let entries: BTreeMap<SmolStr, Value> = o
                .into_iter()
                .map(|(k, v)| (SmolStr::from(k.to_string()), of_json(v)))
                .collect();
            Value::object(entries)
        }
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648, section 4.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let n =
            chunk.iter().fold(0_u32, |n, b| (n << 8) | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let six = (n >> (18 - 6 * i)) & 63;
            out.push(if i <= chunk.len() {
                char::from(ALPHABET[six as usize])
            } else {
                '='
            });
        }
    }
    out
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        let six = ALPHABET.iter().position(|a| *a == byte)? as u32;
        bits = (bits << 6) | six;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}
