//! What a report must not repeat.

use stockade_syntax::ast::{Body, Expr, ExprKind, Item, TemplatePart};
use stockade_syntax::{parse_body, parse_expression, walk};

/// The strings in a piece of HCL that are long enough to be secrets: those that are values, and not names of blocks, keys, or what something
/// is compared with.
pub(crate) fn literals(text: &str) -> Vec<&str> {
    const SHORTEST: usize = 6;
    let mut found = values(text).unwrap_or_else(|| text.split('"').skip(1).step_by(2).collect());
    found.retain(|s| s.len() >= SHORTEST && !s.contains("${"));
    found
}

/// The strings that are values in a text that can be read: as an expression, as lines of an object, as arguments and blocks, or as a header.
fn values(text: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    for (before, after) in [("", ""), ("{\n", "\n}")] {
        if let Ok(expr) = parse_expression(&format!("{before}{text}{after}")) {
            of_expression(&expr, &mut |range| {
                found.extend(text.get(range.start - before.len()..range.end - before.len()));
            });
            return Some(found);
        }
    }
    for after in ["", " {}"] {
        let (body, errors) = parse_body(&format!("{text}{after}"));
        if errors.is_empty() {
            of_body(&body, &mut |range| found.extend(text.get(range)));
            return Some(found);
        }
    }
    None
}

type Found<'f> = &'f mut dyn FnMut(std::ops::Range<usize>);

fn of_body(body: &Body, found: Found<'_>) {
    for item in &body.items {
        match item {
            Item::Attribute(attribute) => of_expression(&attribute.value, found),
            Item::Block(block) => of_body(&block.body, found),
        }
    }
}

fn of_expression(expr: &Expr, found: Found<'_>) {
    walk(expr, &mut |expr| match &expr.kind {
        ExprKind::Binary { .. } => false,
        ExprKind::Index { of, .. } => {
            of_expression(of, found);
            false
        }
        ExprKind::Template(template) => {
            let is_literal = |part: &TemplatePart| matches!(part, TemplatePart::Literal { .. });
            if !template.heredoc && template.parts.iter().all(is_literal) {
                found(usize::from(expr.range.start()) + 1..usize::from(expr.range.end()) - 1);
            }
            true
        }
        _ => true,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_from_names() {
        let cases: [(&str, &[&str]); 13] = [
            ("\"hunter2-hunter2\"", &["hunter2-hunter2"]),
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
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(literals(text), expected, "{text}");
        }
    }
}
