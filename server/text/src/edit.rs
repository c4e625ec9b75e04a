//! Edits of a text.

use text_size::TextRange;

/// A range of bytes and what takes its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TextEdit {
    /// What is replaced; empty for an insertion.
    pub range: TextRange,
    /// What comes there.
    pub insert: String,
}

/// Two edits of one text that touch the same bytes, or an edit outside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap;

impl std::fmt::Display for Overlap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("edits overlap or lie outside of the text")
    }
}

impl std::error::Error for Overlap {}

/// Applies edits, given in any order, to a text. Insertions at one place keep their order.
///
/// # Errors
/// When two of them overlap or one lies outside of the text or inside of a character.
pub fn apply(text: &str, edits: &[TextEdit]) -> Result<String, Overlap> {
    let mut sorted: Vec<&TextEdit> = edits.iter().collect();
    sorted.sort_by_key(|e| (e.range.start(), e.range.end()));
    let mut out =
        String::with_capacity(text.len() + edits.iter().map(|e| e.insert.len()).sum::<usize>());
    let mut at = 0;
    for edit in sorted {
        let (start, end) = (
            usize::from(edit.range.start()),
            usize::from(edit.range.end()),
        );
        let between = text.get(at..start).ok_or(Overlap)?;
        text.get(start..end).ok_or(Overlap)?;
        out.push_str(between);
        out.push_str(&edit.insert);
        at = end;
    }
    out.push_str(text.get(at..).ok_or(Overlap)?);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_in_any_order() {
        let edit = |start: u32, end: u32, insert: &str| TextEdit {
            range: TextRange::new(start.into(), end.into()),
            insert: insert.to_owned(),
        };
        let cases: &[(&str, &[TextEdit], Result<&str, Overlap>)] = &[
            ("abc", &[edit(2, 3, "C"), edit(0, 1, "A")], Ok("AbC")),
            ("abc", &[edit(1, 1, "x"), edit(1, 1, "y")], Ok("axybc")),
            ("abc", &[edit(0, 2, ""), edit(1, 3, "")], Err(Overlap)),
            ("ü", &[edit(1, 1, "x")], Err(Overlap)),
            ("a", &[edit(1, 4, "")], Err(Overlap)),
        ];
        for (text, edits, expected) in cases {
            assert_eq!(
                apply(text, edits).as_deref(),
                expected.as_ref().copied(),
                "{text}"
            );
        }
    }
}
