//! What a report must not repeat.

use stockade_syntax::ast::{Body, Expr, ExprKind, Item, TemplatePart};
use stockade_syntax::{parse_body, parse_expression, walk};
use stockade_text::TextSize;

/// A text without these secrets. One that is a word or a name is one only where it stands alone.
pub(crate) fn masked(text: String, secrets: &[&str]) -> String {
    let mask = |text: String, secret: &&str| {
        let mut masked = String::with_capacity(text.len());
        let mut last = 0;
        for (at, found) in text.match_indices(*secret) {
            let end = at + found.len();
            let around = [text[..at].chars().next_back(), text[end..].chars().next()];
            if is_name(secret) && around.into_iter().flatten().any(is_of_name) {
                continue;
            }
            masked.push_str(&text[last..at]);
            masked.push_str("********");
            last = end;
        }
        masked + &text[last..]
    };
    secrets.iter().fold(text, mask)
}

fn is_name(secret: &str) -> bool {
    secret
        .chars()
        .all(|c| c.is_ascii_lowercase() || "_-".contains(c))
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || "_-".contains(c)
}

/// The strings in a piece of HCL that are long enough to be secrets: those that are values, and not names of blocks, keys, or what something
/// is compared with.
pub(crate) fn literals(text: &str) -> Vec<&str> {
    const SHORTEST: usize = 6;
    let mut found = values(text).unwrap_or_else(|| quoted(text).collect());
    found.retain(|s| s.len() >= SHORTEST && !s.contains("${"));
    found
}

/// The strings that are values in a text that can be read: as an expression, as lines of an object, as arguments and blocks, or as a header.
fn values(text: &str) -> Option<Vec<&str>> {
    for (before, after) in [("", ""), ("{\n", "\n}")] {
        if let Ok(expr) = parse_expression(&format!("{before}{text}{after}")) {
            let mut values = Values::of(text, before.len());
            values.expression(&expr);
            return Some(values.found);
        }
    }
    for after in ["", " {}"] {
        let (body, errors) = parse_body(&format!("{text}{after}"));
        if errors.is_empty() {
            let mut values = Values::of(text, 0);
            values.body(&body);
            return Some(values.found);
        }
    }
    None
}

/// What stands between quotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}

/// Collects strings of a text, which was parsed with so many bytes before it.
struct Values<'t> {
    text: &'t str,
    before: usize,
    found: Vec<&'t str>,
}

impl<'t> Values<'t> {
    fn of(text: &'t str, before: usize) -> Values<'t> {
        let found = Vec::new();
        Values {
            text,
            before,
            found,
        }
    }

    fn body(&mut self, body: &Body) {
        for item in &body.items {
            match item {
                Item::Attribute(attribute) => self.expression(&attribute.value),
                Item::Block(block) => self.body(&block.body),
            }
        }
    }

    fn expression(&mut self, expr: &Expr) {
        walk(expr, &mut |expr| match &expr.kind {
            ExprKind::Binary { .. } => false,
            ExprKind::Index { of, .. } => {
                self.expression(of);
                false
            }
            ExprKind::Template(template) => {
                let is_literal = |part: &TemplatePart| matches!(part, TemplatePart::Literal { .. });
                let text = self.text_of(expr);
                if template.heredoc {
                    // A script or a document, with quotes of its own.
                    self.found.extend(quoted(text));
                } else if template.parts.iter().all(is_literal) {
                    let inner = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
                    self.found.extend(inner);
                }
                true
            }
            _ => true,
        });
    }

    fn text_of(&self, expr: &Expr) -> &'t str {
        let of = |at: TextSize| usize::from(at) - self.before;
        let text = self.text.get(of(expr.range.start())..of(expr.range.end()));
        text.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_masked_where_they_stand_alone() {
        let masked = |text: &str, secret: &str| masked(text.to_owned(), &[secret]);
        assert_eq!(
            masked("shop_orders.tf: orders = \"orders\"", "orders"),
            "shop_orders.tf: ******** = \"********\""
        );
        assert_eq!(masked("xhunter2x", "hunter2"), "x********x");
        assert_eq!(masked("ü-a ä", "a"), "ü-a ä");
    }

    #[test]
    fn values_are_told_from_names() {
        let cases: [(&str, &[&str]); 15] = [
            ("\"hunter2-hunter2\"", &["hunter2-hunter2"]),
            ("\"with \\\" a quote\"", &["with \\\" a quote"]),
            ("\"short\"", &[]),
            ("\"a ${b} secret\"", &[]),
            (
                "[\"secret-1\", upper(\"secret-2\")]",
                &["secret-1", "secret-2"],
            ),
            (
                "var.stage == \"production\" ? \"secret-1\" : \"secret-2\"",
                &["secret-1", "secret-2"],
            ),
            ("local.all[\"a-long-key\"]", &[]),
            ("{ \"a-long-key\" = \"secret-1\" }", &["secret-1"]),
            ("  \"a-long-key\" : \"secret-1\" # ours", &["secret-1"]),
            ("password = \"secret-1\"", &["secret-1"]),
            ("variable \"password\"", &[]),
            (
                "provider \"kubernetes\" {\n  token = \"secret-1\"\n}",
                &["secret-1"],
            ),
            (
                "resource \"aws_db_instance\" \"main\" {\n  a {",
                &["aws_db_instance"],
            ),
            (
                "<<-EOT\n  export TOKEN=\"secret-1\"\n  EOT\n",
                &["secret-1"],
            ),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(literals(text), expected, "{text}");
        }
    }
}
