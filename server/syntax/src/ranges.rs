//! Moving an expression to another text.

use crate::ast::{Expr, ExprKind, Ident, Item, TemplatePart};
use stockade_text::TextRange;

type Map<'m> = &'m dyn Fn(TextRange) -> TextRange;

/// Replaces every range in the parts of a template.
pub(crate) fn map_ranges(parts: &mut [TemplatePart], map: Map<'_>) {
    for part in parts {
        match part {
            TemplatePart::Literal { range, .. } => *range = map(*range),
            TemplatePart::Interpolation { expr, range } => {
                *range = map(*range);
                map_expr(expr, map);
            }
            TemplatePart::If {
                condition,
                then,
                otherwise,
                range,
            } => {
                *range = map(*range);
                map_expr(condition, map);
                map_ranges(then, map);
                map_ranges(otherwise, map);
            }
            TemplatePart::For {
                key,
                value,
                collection,
                body,
                range,
            } => {
                *range = map(*range);
                key.iter_mut()
                    .chain([value])
                    .for_each(|i| map_ident(i, map));
                map_expr(collection, map);
                map_ranges(body, map);
            }
        }
    }
}

fn map_ident(ident: &mut Ident, map: Map<'_>) {
    ident.range = map(ident.range);
}

/// An expression that stands wholly in one place.
#[must_use]
pub fn moved_to(mut expr: Expr, range: TextRange) -> Expr {
    map_expr(&mut expr, &|_| range);
    expr
}

/// Replaces every range in an expression.
pub(crate) fn map_expr(expr: &mut Expr, map: Map<'_>) {
    expr.range = map(expr.range);
    match &mut expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Number(_)
        | ExprKind::Variable(_)
        | ExprKind::SplatItem => {}
        ExprKind::Template(template) => map_ranges(&mut template.parts, map),
        ExprKind::Tuple(items) => items.iter_mut().for_each(|e| map_expr(e, map)),
        ExprKind::Object(entries) => {
            for entry in entries {
                map_expr(&mut entry.key, map);
                map_expr(&mut entry.value, map);
            }
        }
        ExprKind::GetAttr { of, name } => {
            map_expr(of, map);
            map_ident(name, map);
        }
        ExprKind::Unary { of, .. } | ExprKind::Paren(of) => map_expr(of, map),
        ExprKind::Index { of, key } => {
            map_expr(of, map);
            map_expr(key, map);
        }
        ExprKind::Splat { of, each, .. } => {
            map_expr(of, map);
            map_expr(each, map);
        }
        ExprKind::Call { name, args, .. } => {
            map_ident(name, map);
            args.iter_mut().for_each(|e| map_expr(e, map));
        }
        ExprKind::Binary { left, right, .. } => {
            map_expr(left, map);
            map_expr(right, map);
        }
        ExprKind::Conditional {
            condition,
            then,
            otherwise,
        } => {
            map_expr(condition, map);
            map_expr(then, map);
            map_expr(otherwise, map);
        }
        ExprKind::For(f) => {
            f.key
                .iter_mut()
                .chain([&mut f.value])
                .for_each(|i| map_ident(i, map));
            map_expr(&mut f.collection, map);
            f.result_key
                .iter_mut()
                .chain([&mut f.result])
                .chain(&mut f.condition)
                .for_each(|e| map_expr(e, map));
        }
    }
}

/// Replaces every range in an item.
pub(crate) fn map_item(item: &mut Item, map: Map<'_>) {
    match item {
        Item::Attribute(attribute) => {
            attribute.range = map(attribute.range);
            map_ident(&mut attribute.name, map);
            map_expr(&mut attribute.value, map);
        }
        Item::Block(block) => {
            for range in [&mut block.range, &mut block.header, &mut block.braces] {
                *range = map(*range);
            }
            let names = std::iter::once(&mut block.kind).chain(&mut block.labels);
            names.for_each(|name| map_ident(name, map));
            block
                .body
                .items
                .iter_mut()
                .for_each(|item| map_item(item, map));
        }
    }
}
