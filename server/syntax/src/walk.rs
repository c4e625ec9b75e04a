//! Going through an expression.

use crate::ast::{Expr, ExprKind, TemplatePart};

/// Calls `visit` on an expression and what is in it, outermost and leftmost first; `false` means
/// not to go further in.
pub fn walk<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr) -> bool) {
    if !visit(expr) {
        return;
    }
    match &expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Number(_)
        | ExprKind::Variable(_)
        | ExprKind::SplatItem => {}
        ExprKind::Template(template) => parts(&template.parts, visit),
        ExprKind::Tuple(items) => items.iter().for_each(|e| walk(e, visit)),
        ExprKind::Object(entries) => {
            for entry in entries {
                if entry.literal_key().is_none() {
                    walk(&entry.key, visit);
                }
                walk(&entry.value, visit);
            }
        }
        ExprKind::GetAttr { of, .. } | ExprKind::Unary { of, .. } | ExprKind::Paren(of) => {
            walk(of, visit)
        }
        ExprKind::Index { of, key } => {
            walk(of, visit);
            walk(key, visit);
        }
        ExprKind::Splat { of, each, .. } => {
            walk(of, visit);
            walk(each, visit);
        }
        ExprKind::Call { args, .. } => args.iter().for_each(|e| walk(e, visit)),
        ExprKind::Binary { left, right, .. } => {
            walk(left, visit);
            walk(right, visit);
        }
        ExprKind::Conditional {
            condition,
            then,
            otherwise,
        } => {
            walk(condition, visit);
            walk(then, visit);
            walk(otherwise, visit);
        }
        ExprKind::For(f) => {
            walk(&f.collection, visit);
            f.result_key
                .iter()
                .chain([&f.result])
                .chain(&f.condition)
                .for_each(|e| walk(e, visit));
        }
    }
}

fn parts<'e>(all: &'e [TemplatePart], visit: &mut dyn FnMut(&'e Expr) -> bool) {
    for part in all {
        match part {
            TemplatePart::Literal { .. } => {}
            TemplatePart::Interpolation { expr, .. } => walk(expr, visit),
            TemplatePart::If {
                condition,
                then,
                otherwise,
                ..
            } => {
                walk(condition, visit);
                parts(then, visit);
                parts(otherwise, visit);
            }
            TemplatePart::For {
                collection, body, ..
            } => {
                walk(collection, visit);
                parts(body, visit);
            }
        }
    }
}
