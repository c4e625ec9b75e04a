//! Functions that encode and decode.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{Strict, text};
use crate::expr::{Evaluated, Invalid};
use crate::value::{Kind, Sequence, Type, Value};

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
        "urlencode" => |a| Ok(Value::string(url(&text(a, 0)?))),
        "textencodebase64" => |a| {
            Ok(text_bytes(&text(a, 0)?, &text(a, 1)?)
                .map_or_else(unknown_text, |b| Value::string(base64(&b))))
        },
        "textdecodebase64" => |a| {
            let bytes = decode_base64(&text(a, 0)?).ok_or(Invalid)?;
            Ok(bytes_text(&bytes, &text(a, 1)?).map_or_else(unknown_text, Value::string))
        },
        "csvdecode" => |a| csv(&text(a, 0)?),
        "yamldecode" => super::yaml::decode,
        "yamlencode" => super::yaml::encode,
        _ => return None,
    })
}

fn unknown_text() -> Value {
    Value::unknown_of(Some(Type::String), true)
}

/// `application/x-www-form-urlencoded`, as Go escapes a query.
fn url(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte))
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The text in an encoding; `None` for one that is not known here.
fn text_bytes(text: &str, encoding: &str) -> Option<Vec<u8>> {
    match encoding.to_ascii_uppercase().as_str() {
        "UTF-8" => Some(text.as_bytes().to_vec()),
        "UTF-16LE" => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        "UTF-16BE" => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        "ISO-8859-1" => text
            .chars()
            .map(|c| u8::try_from(u32::from(c)).ok())
            .collect(),
        _ => None,
    }
}

fn bytes_text(bytes: &[u8], encoding: &str) -> Option<String> {
    let units = |unit: fn([u8; 2]) -> u16| -> Option<String> {
        let units: Vec<u16> = bytes
            .chunks(2)
            .map(|c| Some(unit(c.try_into().ok()?)))
            .collect::<Option<_>>()?;
        String::from_utf16(&units).ok()
    };
    match encoding.to_ascii_uppercase().as_str() {
        "UTF-8" => String::from_utf8(bytes.to_vec()).ok(),
        "UTF-16LE" => units(u16::from_le_bytes),
        "UTF-16BE" => units(u16::from_be_bytes),
        "ISO-8859-1" => Some(bytes.iter().map(|b| char::from(*b)).collect()),
        _ => None,
    }
}

/// `csvdecode` (RFC 4180): an object for each line below the first.
fn csv(text: &str) -> Evaluated {
    let mut rows = rows(text)?.into_iter();
    let header = rows.next().ok_or(Invalid)?;
    let mut out = Vec::new();
    for row in rows {
        let entries: BTreeMap<SmolStr, Value> = header
            .iter()
            .zip(&row)
            .map(|(name, field)| (SmolStr::new(name), Value::string(field.as_str())))
            .collect();
        if row.len() != header.len() || entries.len() != header.len() {
            return Err(Invalid);
        }
        out.push(Value::object(entries));
    }
    Ok(Value::sequence(Sequence::List, out))
}

fn rows(text: &str) -> Result<Vec<Vec<String>>, Invalid> {
    let mut rows = Vec::new();
    let mut row: Vec<String> = Vec::new();
    let mut field = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if field.is_empty() => loop {
                match (chars.next().ok_or(Invalid)?, chars.peek()) {
                    ('"', Some('"')) => {
                        chars.next();
                        field.push('"');
                    }
                    ('"', None | Some(',' | '\n' | '\r')) => break,
                    ('"', Some(_)) => return Err(Invalid),
                    (c, _) => field.push(c),
                }
            },
            '"' => return Err(Invalid),
            ',' => row.push(std::mem::take(&mut field)),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' if row.is_empty() && field.is_empty() => {}
            '\n' => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    if !row.is_empty() || !field.is_empty() {
        row.push(field);
        rows.push(row);
    }
    Ok(rows)
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
    let options = jsonc_parser::ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
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

/// The bytes of a base64 text (RFC 4648, padded); `None` if it is none.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let text = text
        .strip_suffix("==")
        .or_else(|| text.strip_suffix('='))
        .unwrap_or(text);
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
