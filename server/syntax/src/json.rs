//! HCL's JSON syntax: values with their places, and the expressions that they stand for.
//!
//! Source: the HCL JSON syntax specification, sections "Structural Elements" and "Expressions"
//! (<https://github.com/hashicorp/hcl/blob/main/json/spec.md>).

use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, ast};
use smol_str::SmolStr;
use stockade_text::{TextRange, TextSize};

use crate::ast::{Expr, ExprKind, Ident, ObjectEntry, Template, TemplatePart};
use crate::parse::{Parsed, SyntaxError};
use crate::ranges::map_ranges;
use crate::scan::size;

/// JSON as RFC 8259 has it: nothing looser.
pub const STRICT: ParseOptions = ParseOptions {
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

/// A JSON value and where it stands, in bytes of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Json {
    /// What it is.
    pub kind: JsonKind,
    /// Quotes and brackets included.
    pub range: TextRange,
}

/// The values of JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// As written.
    Number(SmolStr),
    /// A string.
    String(JsonString),
    /// `[…]`
    Array(Vec<Json>),
    /// `{…}`, in the order of the text; a name may come again.
    Object(Vec<Member>),
}

/// `"name": value`
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// With its escapes resolved.
    pub name: Ident,
    /// Its value.
    pub value: Json,
}

/// A string, its escapes resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonString {
    pieces: Vec<Piece>,
}

/// A run of a string's characters, or one that was escaped.
#[derive(Clone, Debug, PartialEq)]
struct Piece {
    text: String,
    range: TextRange,
}

/// How the strings of a value are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strings {
    /// As templates.
    Templates,
    /// As they are.
    Literal,
    /// As expressions of the native syntax: references, types.
    Native,
}

/// Reads a text.
///
/// # Errors
/// When it is not JSON.
pub fn parse(text: &str) -> Result<Json, SyntaxError> {
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &STRICT);
    let parsed = parsed.map_err(|error| SyntaxError {
        range: range_of(&error.range()),
        message: format!("not JSON: {}", error.kind()),
    })?;
    match parsed.value {
        Some(value) => Ok(json(text, &value)),
        None => Err(SyntaxError {
            range: TextRange::empty(TextSize::new(0)),
            message: "not JSON: the file is empty; write {} for nothing".to_owned(),
        }),
    }
}

fn range_of(range: &jsonc_parser::common::Range) -> TextRange {
    let start = size(range.start);
    TextRange::new(start, size(range.end).max(start))
}

fn json(text: &str, value: &ast::Value<'_>) -> Json {
    let range = range_of(&value.range());
    let kind = match value {
        ast::Value::NullKeyword(_) => JsonKind::Null,
        ast::Value::BooleanLit(b) => JsonKind::Bool(b.value),
        ast::Value::NumberLit(n) => JsonKind::Number(SmolStr::new(n.value)),
        ast::Value::StringLit(_) => JsonKind::String(JsonString::read(text, range)),
        ast::Value::Array(a) => JsonKind::Array(a.elements.iter().map(|e| json(text, e)).collect()),
        ast::Value::Object(o) => JsonKind::Object(
            o.properties
                .iter()
                .map(|member| Member {
                    name: Ident {
                        name: SmolStr::new(member.name.as_str()),
                        range: range_of(&member.name.range()),
                    },
                    value: json(text, &member.value),
                })
                .collect(),
        ),
    };
    Json { kind, range }
}

impl JsonString {
    /// Reads a string that is known to be one, quotes included.
    fn read(text: &str, range: TextRange) -> JsonString {
        let end = usize::from(range.end()).saturating_sub(1);
        let mut at = usize::from(range.start()) + 1;
        let mut pieces = Vec::new();
        let piece = |from: usize, to: usize, text: String| Piece {
            text,
            range: TextRange::new(size(from), size(to)),
        };
        while at < end {
            let rest = &text[at..end];
            let plain = rest.find('\\').unwrap_or(rest.len());
            if plain > 0 {
                pieces.push(piece(at, at + plain, rest[..plain].to_owned()));
                at += plain;
                continue;
            }
            let (c, length) = unescaped(rest);
            pieces.push(piece(at, at + length, c.to_string()));
            at += length;
        }
        JsonString { pieces }
    }

    /// The characters.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|p| p.text.as_str()).collect()
    }

    /// Where a byte of [`JsonString::text`] stands.
    fn raw(&self, offset: TextSize, is_end: bool) -> TextSize {
        let mut left = usize::from(offset);
        for piece in &self.pieces {
            if left < piece.text.len() || is_end && left == piece.text.len() {
                // Of an escape there is only the whole.
                let is_plain = piece.text.len() == usize::from(piece.range.len());
                return match (is_plain, is_end) {
                    (true, _) => piece.range.start() + size(left),
                    (false, true) => piece.range.end(),
                    (false, false) => piece.range.start(),
                };
            }
            left -= piece.text.len();
        }
        self.pieces.last().map_or(offset, |p| p.range.end())
    }

    fn raw_range(&self, range: TextRange) -> TextRange {
        let start = self.raw(range.start(), range.is_empty());
        let end = self.raw(range.end(), true);
        TextRange::new(start, end.max(start))
    }

    fn literal(&self) -> Vec<TemplatePart> {
        let parts = self.pieces.iter().map(|piece| TemplatePart::Literal {
            text: SmolStr::new(&piece.text),
            range: piece.range,
        });
        parts.collect()
    }

    fn parsed<T>(&self, read: fn(&str) -> Parsed<T>) -> Parsed<T> {
        read(&self.text()).map_err(|error| SyntaxError {
            range: self.raw_range(error.range),
            message: error.message,
        })
    }
}

/// The character that an escape at the start of a text stands for, and the escape's length.
fn unescaped(text: &str) -> (char, usize) {
    let hex = |at: usize| {
        let digits = text
            .get(at + 2..at + 6)
            .filter(|_| text[at..].starts_with("\\u"));
        digits.and_then(|d| u16::from_str_radix(d, 16).ok())
    };
    match text.as_bytes().get(1) {
        Some(b'u') => {
            let units = [hex(0), text.get(6..).and(hex(6))];
            let mut decoded = char::decode_utf16(units.into_iter().flatten());
            match decoded.next() {
                Some(Ok(c)) => (c, 6 * c.len_utf16()),
                _ => (char::REPLACEMENT_CHARACTER, 6.min(text.len())),
            }
        }
        Some(escaped) => {
            let c = match escaped {
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                other => char::from(*other),
            };
            (c, 2)
        }
        None => ('\\', 1),
    }
}

impl Json {
    /// The expression that it stands for; `strings` says how those in it are meant.
    ///
    /// # Errors
    /// When a template or expression in it is not valid.
    pub fn expression(&self, strings: Strings) -> Result<Expr, SyntaxError> {
        let kind = match &self.kind {
            JsonKind::Null => ExprKind::Null,
            JsonKind::Bool(b) => ExprKind::Bool(*b),
            JsonKind::Number(n) => ExprKind::Number(n.clone()),
            JsonKind::String(s) => return string(s, self.range, strings),
            JsonKind::Array(elements) => {
                let elements = elements.iter().map(|e| e.expression(strings));
                ExprKind::Tuple(elements.collect::<Result<_, _>>()?)
            }
            JsonKind::Object(members) => {
                let entries = members.iter().map(|member| entry(member, strings));
                ExprKind::Object(entries.collect::<Result<_, _>>()?)
            }
        };
        let range = self.range;
        Ok(Expr { kind, range })
    }

    /// The members of an object; of anything else none.
    pub fn members(&self) -> &[Member] {
        match &self.kind {
            JsonKind::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of an array; any other value is one by itself.
    pub fn elements(&self) -> &[Json] {
        match &self.kind {
            JsonKind::Array(elements) => elements,
            _ => std::slice::from_ref(self),
        }
    }
}

fn entry(member: &Member, strings: Strings) -> Result<ObjectEntry, SyntaxError> {
    let name = &member.name;
    let has_template = strings == Strings::Templates && has_sequence(&name.name);
    let parts = match has_template {
        true => {
            let mut parts = crate::parse_template(&name.name)?;
            map_ranges(&mut parts, &|_| name.range);
            parts
        }
        false => vec![TemplatePart::Literal {
            text: name.name.clone(),
            range: name.range,
        }],
    };
    Ok(ObjectEntry {
        key: template(parts, name.range),
        value: member.value.expression(strings)?,
    })
}

fn template(parts: Vec<TemplatePart>, range: TextRange) -> Expr {
    let heredoc = false;
    let kind = ExprKind::Template(Template { parts, heredoc });
    Expr { kind, range }
}

fn string(text: &JsonString, range: TextRange, strings: Strings) -> Result<Expr, SyntaxError> {
    match strings {
        Strings::Literal => Ok(template(text.literal(), range)),
        Strings::Templates if !has_sequence(&text.text()) => Ok(template(text.literal(), range)),
        Strings::Templates => {
            let mut parts = text.parsed(crate::parse_template)?;
            map_ranges(&mut parts, &|range| text.raw_range(range));
            Ok(template(parts, range))
        }
        Strings::Native => {
            let expr = text.parsed(crate::parse_expression)?;
            let of = TextRange::default();
            // An interpolation is what the ranges of parts are mapped through.
            let mut parts = vec![TemplatePart::Interpolation { expr, range: of }];
            map_ranges(&mut parts, &|range| text.raw_range(range));
            match parts.pop() {
                Some(TemplatePart::Interpolation { expr, .. }) => Ok(expr),
                _ => Ok(template(Vec::new(), range)),
            }
        }
    }
}

fn has_sequence(text: &str) -> bool {
    text.contains("${") || text.contains("%{")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, strings: Strings) -> Expr {
        let json = parse(text).expect("JSON");
        json.expression(strings).expect("an expression")
    }

    /// The texts of the literal parts and interpolations of a template.
    fn told(text: &str, expr: &Expr) -> Vec<String> {
        let ExprKind::Template(template) = &expr.kind else {
            return vec![text[std::ops::Range::<usize>::from(expr.range)].to_owned()];
        };
        let part = |part: &TemplatePart| match part {
            TemplatePart::Literal { text: of, range } => {
                format!("{of}={}", &text[std::ops::Range::<usize>::from(*range)])
            }
            TemplatePart::Interpolation { expr, .. } => {
                format!("<{}>", &text[std::ops::Range::<usize>::from(expr.range)])
            }
            _ => "directive".to_owned(),
        };
        template.parts.iter().map(part).collect()
    }

    #[test]
    fn strings_keep_their_places() {
        let cases: [(&str, Strings, &[&str]); 8] = [
            (r#""plain""#, Strings::Templates, &["plain=plain"]),
            (r#""a\"b""#, Strings::Templates, &["a=a", "\"=\\\"", "b=b"]),
            (
                r#""\u00e9\ud83d\ude00""#,
                Strings::Templates,
                &["é=\\u00e9", "😀=\\ud83d\\ude00"],
            ),
            (r#""${var.a}""#, Strings::Templates, &["<var.a>"]),
            (
                r#""x-${m[\"k\"]}""#,
                Strings::Templates,
                &["x-=x-", r#"<m[\"k\"]>"#],
            ),
            (r#""${var.a}""#, Strings::Literal, &["${var.a}=${var.a}"]),
            (r#""aws.west""#, Strings::Native, &["aws.west"]),
            (
                r#""%{ if a }b%{ endif }""#,
                Strings::Templates,
                &["directive"],
            ),
        ];
        for (text, strings, expected) in cases {
            assert_eq!(told(text, &read(text, strings)), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_are_placed() {
        let cases = [
            ("{", 0..1),
            ("", 0..0),
            ("{\"a\": 1,}", 7..8),
            ("{\"a\": tru}", 6..9),
        ];
        for (text, range) in cases {
            let error = parse(text).expect_err("not JSON");
            assert_eq!(
                std::ops::Range::<usize>::from(error.range),
                range,
                "{text}: {error:?}"
            );
        }
        let text = r#""a\n${var.}""#;
        let error = parse(text).expect("JSON").expression(Strings::Templates);
        let range: std::ops::Range<usize> = error.expect_err("no name").range.into();
        assert_eq!(&text[range.start..], "}\"", "{text}");
        let deep = "[".repeat(100_000);
        assert!(parse(&deep).is_err());
    }
}
