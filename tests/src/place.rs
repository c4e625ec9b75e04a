//! Positions in the units of the protocol, counted without the product's own code.

use serde_json::{Value, json};

/// How a connection counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Code units of UTF-16.
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The encoding that a server chose, by its name in the protocol.
    pub fn named(name: Option<&str>) -> Encoding {
        match name {
            Some("utf-8") => Encoding::Utf8,
            Some("utf-32") => Encoding::Utf32,
            _ => Encoding::Utf16,
        }
    }

    fn units(self, c: char) -> usize {
        match self {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// The position of a byte offset. Lines end at `\n`, `\r\n` and `\r`.
pub fn position(text: &str, offset: usize, encoding: Encoding) -> Value {
    let (mut line, mut character) = (0, 0);
    let mut before = text[..offset].chars().peekable();
    while let Some(c) = before.next() {
        let next = before.peek().copied().or(text[offset..].chars().next());
        let ends = c == '\n' || (c == '\r' && next != Some('\n'));
        if ends {
            line += 1;
            character = 0;
        } else {
            character += encoding.units(c);
        }
    }
    json!({ "line": line, "character": character })
}

/// The range between two byte offsets.
pub fn range(text: &str, from: usize, to: usize, encoding: Encoding) -> Value {
    json!({ "start": position(text, from, encoding), "end": position(text, to, encoding) })
}

/// The byte offset of a position that is within the text.
pub fn offset(text: &str, position: &Value, encoding: Encoding) -> usize {
    let line = position["line"].as_u64().unwrap_or_default();
    let character = position["character"].as_u64().unwrap_or_default() as usize;
    let mut at = 0;
    for _ in 0..line {
        at += line_end(&text[at..]);
    }
    let mut units = 0;
    for c in text[at..].chars() {
        if units >= character {
            break;
        }
        units += encoding.units(c);
        at += c.len_utf8();
    }
    at
}

/// The length of the first line with its end.
fn line_end(text: &str) -> usize {
    match text.find(['\n', '\r']) {
        None => text.len(),
        Some(at) if text[at..].starts_with("\r\n") => at + 2,
        Some(at) => at + 1,
    }
}

/// The text after a list of `TextEdit`s, none of which overlap.
pub fn edited(text: &str, edits: &Value, encoding: Encoding) -> String {
    let mut edits: Vec<(usize, usize, &str)> = edits
        .as_array()
        .into_iter()
        .flatten()
        .map(|edit| {
            let at = |end: &str| offset(text, &edit["range"][end], encoding);
            (
                at("start"),
                at("end"),
                edit["newText"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    edits.sort_by_key(|edit| (edit.0, edit.1));
    let mut edited = text.to_owned();
    for (from, to, new) in edits.into_iter().rev() {
        edited.replace_range(from..to, new);
    }
    edited
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_in_units() {
        let text = "a😀ä\r\nb\rc\n";
        let check = |offset: usize, line: u64, units: [u64; 3]| {
            for (encoding, character) in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32]
                .into_iter()
                .zip(units)
            {
                let position = position(text, offset, encoding);
                assert_eq!(
                    position,
                    json!({ "line": line, "character": character }),
                    "{offset} {encoding:?}"
                );
                assert_eq!(
                    super::offset(text, &position, encoding),
                    offset,
                    "{position}"
                );
            }
        };
        check(0, 0, [0, 0, 0]);
        check(1, 0, [1, 1, 1]);
        check(5, 0, [5, 3, 2]);
        check(7, 0, [7, 4, 3]);
        check(9, 1, [0, 0, 0]);
        check(11, 2, [0, 0, 0]);
        check(12, 2, [1, 1, 1]);
        check(13, 3, [0, 0, 0]);
    }

    #[test]
    fn edits_apply_in_any_order() {
        let at = |from, to, text| json!({ "range": range("0123456789", from, to, Encoding::Utf8), "newText": text });
        let edits = json!([at(7, 8, ""), at(1, 3, "x"), at(5, 5, "yy")]);
        assert_eq!(edited("0123456789", &edits, Encoding::Utf8), "0x34yy5689");
    }
}
