//! JSON in a heredoc: where its parts are, and HCL values in its notation. Strings may hold
//! template interpolations, which are skipped as they are.

use std::ops::Range;

use smol_str::SmolStr;
use stockade_syntax::ast::{Expr, ExprKind, ObjectEntry, TemplatePart, UnaryOp};
use stockade_syntax::parse_expression;

use super::NotPossible;
use super::part::{Entry, Notation, Part, PartKind};

/// The object or array that a range of the text holds, if that is all that it holds.
pub(super) fn document(text: &str, range: Range<usize>) -> Option<Part> {
    let mut scanner = Scanner {
        text: &text[..range.end],
        at: range.start,
    };
    let part = scanner.value()?;
    scanner.skip_space();
    let is_document = matches!(part.kind, PartKind::List(_) | PartKind::Map(_));
    (is_document && scanner.at == range.end).then_some(part)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn value(&mut self) -> Option<Part> {
        self.skip_space();
        let start = self.at;
        let kind = match self.peek()? {
            b'{' => PartKind::Map(self.items(b'}', Scanner::entry)?),
            b'[' => PartKind::List(self.items(b']', Scanner::value)?),
            b'"' => self.string()?,
            _ => self.word()?,
        };
        Some(Part {
            range: start..self.at,
            kind,
            notation: Notation::Json,
        })
    }

    fn items<T>(
        &mut self,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.peek()? {
                b if b == close => {
                    self.at += 1;
                    return Some(items);
                }
                b',' if !items.is_empty() => self.at += 1,
                _ => items.push(item(self)?),
            }
        }
    }

    fn entry(&mut self) -> Option<Entry> {
        self.skip_space();
        let start = self.at;
        self.string()?;
        let key_range = start..self.at;
        self.skip_space();
        if self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        let key = SmolStr::new(&self.text[key_range.start + 1..key_range.end - 1]);
        Some(Entry {
            key: Some(key),
            key_range,
            value: self.value()?,
        })
    }

    /// A string with its quotes.
    fn string(&mut self) -> Option<PartKind> {
        if self.peek()? != b'"' {
            return None;
        }
        self.at += 1;
        let mut kind = PartKind::Literal;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(kind);
                }
                b'\\' => self.at += 2,
                b'$' | b'%' if self.is_interpolation() => {
                    kind = PartKind::Computed;
                    self.interpolation()?;
                }
                b'\n' => return None,
                _ => self.at += 1,
            }
        }
    }

    /// `true`, `12`, or an interpolation outside of a string.
    fn word(&mut self) -> Option<PartKind> {
        if self.is_interpolation() {
            self.interpolation()?;
            return Some(PartKind::Computed);
        }
        let start = self.at;
        while self
            .peek()
            .is_some_and(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        {
            self.at += 1;
        }
        (self.at > start).then_some(PartKind::Literal)
    }

    fn is_interpolation(&self) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        let is_escaped = self.at > 0 && self.text.as_bytes()[self.at - 1] == rest[0];
        !is_escaped && rest.get(1) == Some(&b'{')
    }

    fn interpolation(&mut self) -> Option<()> {
        self.at += 1;
        let mut depth = 0_u32;
        loop {
            match self.peek()? {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b'"' => {
                    self.string()?;
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// An HCL expression as JSON within a template: what is not a literal becomes an interpolation.
pub(super) fn written(hcl: &str) -> Result<String, NotPossible> {
    let expr = parse_expression(hcl).map_err(|e| NotPossible::Text(e.message))?;
    let mut out = String::new();
    write(&expr, hcl, &mut out);
    Ok(out)
}

fn write(expr: &Expr, hcl: &str, out: &mut String) {
    let source = || hcl[Range::<usize>::from(expr.range)].to_owned();
    match &expr.kind {
        ExprKind::Null => out.push_str("null"),
        ExprKind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        ExprKind::Number(text) => out.push_str(text),
        ExprKind::Unary {
            op: UnaryOp::Negate,
            of,
        } if matches!(of.kind, ExprKind::Number(_)) => out.push_str(&source()),
        ExprKind::Paren(inner) => write(inner, hcl, out),
        ExprKind::Tuple(items) => {
            separated(items, ("[", "]"), out, |item, out| write(item, hcl, out));
        }
        ExprKind::Object(entries) => separated(entries, ("{ ", " }"), out, |entry, out| {
            write_entry(entry, hcl, out);
        }),
        ExprKind::Template(template) => {
            out.push('"');
            for part in &template.parts {
                match part {
                    TemplatePart::Literal { text, .. } => escape(text, out),
                    TemplatePart::Interpolation { range, .. }
                    | TemplatePart::If { range, .. }
                    | TemplatePart::For { range, .. } => {
                        out.push_str(&hcl[Range::<usize>::from(*range)]);
                    }
                }
            }
            out.push('"');
        }
        _ => {
            out.push_str("\"${");
            out.push_str(&source());
            out.push_str("}\"");
        }
    }
}

fn write_entry(entry: &ObjectEntry, hcl: &str, out: &mut String) {
    match entry.literal_key() {
        Some(key) => {
            out.push('"');
            escape(&key, out);
            out.push('"');
        }
        None => write(&entry.key, hcl, out),
    }
    out.push_str(": ");
    write(&entry.value, hcl, out);
}

fn separated<T>(
    items: &[T],
    (open, close): (&str, &str),
    out: &mut String,
    mut each: impl FnMut(&T, &mut String),
) {
    out.push_str(open);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        each(item, out);
    }
    out.push_str(close);
}

/// Text as it stands between the quotes of a JSON string in a heredoc.
fn escape(text: &str, out: &mut String) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            // A literal `${` must not become an interpolation.
            '$' | '%' if chars.peek() == Some(&'{') => out.extend([c, c]),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notation() {
        let cases = [
            (
                r#"{ Effect = "Deny", Action = ["s3:*"] }"#,
                r#"{ "Effect": "Deny", "Action": ["s3:*"] }"#,
            ),
            (
                r#""${aws_s3_bucket.b.arn}/*""#,
                r#""${aws_s3_bucket.b.arn}/*""#,
            ),
            ("aws_s3_bucket.b.arn", r#""${aws_s3_bucket.b.arn}""#),
            (r#""a\"b""#, r#""a\"b""#),
            ("-1", "-1"),
            ("null", "null"),
        ];
        for (hcl, json) in cases {
            assert_eq!(written(hcl).as_deref(), Ok(json), "{hcl}");
        }
    }

    #[test]
    fn parts() {
        let text = r#"{"a": [1, "x${f("}")}y"], "b": {"c": true}}"#;
        let part = document(text, 0..text.len());
        let Some(Part {
            kind: PartKind::Map(entries),
            ..
        }) = part
        else {
            panic!("{part:?}")
        };
        let PartKind::List(items) = &entries[0].value.kind else {
            panic!("{entries:?}")
        };
        assert_eq!(&text[items[1].range.clone()], r#""x${f("}")}y""#);
        assert_eq!(items[1].kind, PartKind::Computed);
        for broken in ["", "{", "{\"a\" 1}", "[1", "x", "[\"a\n\"]"] {
            assert_eq!(document(broken, 0..broken.len()), None, "{broken:?}");
        }
    }
}
