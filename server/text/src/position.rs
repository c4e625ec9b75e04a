//! Positions as editors count them.

use ropey::Rope;
use text_size::TextSize;

/// The unit in which [`Position::character`] counts (LSP 3.17, `PositionEncodingKind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units: what a client means that says nothing.
    Utf16,
    /// Characters.
    Utf32,
}

/// A zero-based line and a place in it. Lines end at `\n`, `\r\n` or `\r` (LSP 3.17, "Position").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, counted from 0.
    pub line: u32,
    /// The place in the line, in units of an [`Encoding`].
    pub character: u32,
}

/// The position of a byte. An offset past the end means the end; one inside a character its start.
pub fn position(rope: &Rope, offset: TextSize, encoding: Encoding) -> Position {
    let offset = usize::from(offset).min(rope.len_bytes());
    let line = rope.byte_to_line(offset);
    let start = rope.line_to_byte(line);
    let Some(before) = rope.get_byte_slice(start..offset) else {
        let start_of_character = rope.char_to_byte(rope.byte_to_char(offset));
        return position(rope, TextSize::new(narrow(start_of_character)), encoding);
    };
    let character = match encoding {
        Encoding::Utf8 => before.len_bytes(),
        Encoding::Utf16 => before.len_utf16_cu(),
        Encoding::Utf32 => before.len_chars(),
    };
    Position {
        line: narrow(line),
        character: narrow(character),
    }
}

/// The byte at a position. A character past the end of its line means the line's end, before its
/// line break; a line past the last one means the text's end; the middle of a character its start.
pub fn offset(rope: &Rope, position: Position, encoding: Encoding) -> TextSize {
    let line = position.line as usize;
    if line >= rope.len_lines() {
        return TextSize::new(narrow(rope.len_bytes()));
    }
    let start = rope.line_to_char(line);
    let end = end_of_line(rope, line);
    let wanted = position.character as usize;
    let char = match encoding {
        Encoding::Utf8 => {
            rope.byte_to_char((rope.char_to_byte(start) + wanted).min(rope.char_to_byte(end)))
        }
        Encoding::Utf16 => rope.utf16_cu_to_char(
            (rope.char_to_utf16_cu(start) + wanted).min(rope.char_to_utf16_cu(end)),
        ),
        Encoding::Utf32 => (start + wanted).min(end),
    };
    TextSize::new(narrow(rope.char_to_byte(char)))
}

/// The character after the last one of a line, its line break left out.
fn end_of_line(rope: &Rope, line: usize) -> usize {
    let text = rope.line(line);
    let mut end = text.len_chars();
    if end > 0 && text.char(end - 1) == '\n' {
        end -= 1;
    }
    if end > 0 && text.char(end - 1) == '\r' {
        end -= 1;
    }
    rope.line_to_char(line) + end
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let text = "a\u{1F600}b\r\nü\rx\n\nz";
        // (byte, line, utf-8, utf-16, utf-32)
        let cases = [
            (0, 0, 0, 0, 0),
            (1, 0, 1, 1, 1),
            (5, 0, 5, 3, 2),
            (6, 0, 6, 4, 3),
            (8, 1, 0, 0, 0),
            (10, 1, 2, 1, 1),
            (11, 2, 0, 0, 0),
            (12, 2, 1, 1, 1),
            (13, 3, 0, 0, 0),
            (14, 4, 0, 0, 0),
            (15, 4, 1, 1, 1),
        ];
        let rope = Rope::from_str(text);
        for (byte, line, utf8, utf16, utf32) in cases {
            for (encoding, character) in [
                (Encoding::Utf8, utf8),
                (Encoding::Utf16, utf16),
                (Encoding::Utf32, utf32),
            ] {
                let at = Position { line, character };
                assert_eq!(
                    position(&rope, TextSize::new(byte), encoding),
                    at,
                    "{byte} {encoding:?}"
                );
                assert_eq!(
                    offset(&rope, at, encoding),
                    TextSize::new(byte),
                    "{at:?} {encoding:?}"
                );
            }
        }
    }

    #[test]
    fn outside_is_clamped() {
        let rope = Rope::from_str("ab\r\nü");
        let cases = [(0, 99, 2), (1, 99, 6), (7, 0, 6), (u32::MAX, u32::MAX, 6)];
        for (line, character, byte) in cases {
            for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                assert_eq!(
                    offset(&rope, Position { line, character }, encoding),
                    TextSize::new(byte),
                    "{line}:{character}"
                );
            }
        }
        let middle = Position {
            line: 0,
            character: 2,
        };
        assert_eq!(
            offset(&Rope::from_str("a\u{1F600}"), middle, Encoding::Utf16),
            TextSize::new(1)
        );
    }
}
