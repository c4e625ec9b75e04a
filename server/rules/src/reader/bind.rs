//! Expressions of a page, prepared for evaluation: what is read of a block becomes one name.
//!
//! `attrs.metadata_options.http_tokens` becomes the name `attrs.metadata_options.http_tokens`, which
//! the runner looks up in the evaluated block: an absent argument is null and no error, and a single
//! nested block needs no index. Compared with `null` it ends in `?`: absent nested blocks are null
//! there, and an empty list elsewhere.

use smol_str::SmolStr;
use stockade_syntax::ast::{BinaryOp, Expr, ExprKind, For, ObjectEntry, Template, TemplatePart};

/// The names below which a path is looked up by the runner.
pub(crate) const PATHS: [&str; 3] = ["attrs", "self", "parent"];

/// Prepares an expression, and adds every name that is read below some value to `names`.
pub(super) fn bind(expr: &Expr, names: &mut Vec<SmolStr>) -> Expr {
    if let Some(path) = path_of(expr) {
        return Expr {
            kind: ExprKind::Variable(path),
            range: expr.range,
        };
    }
    Expr {
        kind: kind(&expr.kind, names),
        range: expr.range,
    }
}

/// The dotted path, when the expression is one that begins in [`PATHS`].
fn path_of(expr: &Expr) -> Option<SmolStr> {
    match &expr.kind {
        ExprKind::Variable(name) if PATHS.contains(&name.as_str()) => Some(name.clone()),
        ExprKind::GetAttr { of, name } if is_locals(of) => {
            Some(format!("local.{}", name.name).into())
        }
        ExprKind::GetAttr { of, name } => {
            let path = path_of(of).filter(|p| !p.starts_with("local."))?;
            Some(format!("{path}.{}", name.name).into())
        }
        _ => None,
    }
}

fn is_locals(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Variable(name) if name == "local" || name == "locals")
}

fn kind(kind: &ExprKind, names: &mut Vec<SmolStr>) -> ExprKind {
    let mut boxed = |expr: &Expr| Box::new(bind(expr, names));
    match kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Number(_)
        | ExprKind::Variable(_)
        | ExprKind::SplatItem => kind.clone(),
        ExprKind::Binary {
            op: op @ (BinaryOp::Equal | BinaryOp::NotEqual),
            left,
            right,
        } if is_null(left) || is_null(right) => {
            let mut side = |expr: &Expr| match path_of(expr.unparenthesized()) {
                Some(path) if !path.starts_with("local.") => Box::new(Expr {
                    kind: ExprKind::Variable(format!("{path}?").into()),
                    range: expr.range,
                }),
                _ => Box::new(bind(expr, names)),
            };
            ExprKind::Binary {
                op: *op,
                left: side(left),
                right: side(right),
            }
        }
        ExprKind::Binary { op, left, right } => ExprKind::Binary {
            op: *op,
            left: boxed(left),
            right: boxed(right),
        },
        ExprKind::Unary { op, of } => ExprKind::Unary {
            op: *op,
            of: boxed(of),
        },
        ExprKind::Paren(inner) => ExprKind::Paren(boxed(inner)),
        ExprKind::Index { of, key } => ExprKind::Index {
            of: boxed(of),
            key: boxed(key),
        },
        ExprKind::Splat { of, each, full } => ExprKind::Splat {
            of: boxed(of),
            each: boxed(each),
            full: *full,
        },
        ExprKind::Conditional {
            condition,
            then,
            otherwise,
        } => ExprKind::Conditional {
            condition: boxed(condition),
            then: boxed(then),
            otherwise: boxed(otherwise),
        },
        ExprKind::GetAttr { of, name } => {
            let of = boxed(of);
            if !names.contains(&name.name) {
                names.push(name.name.clone());
            }
            ExprKind::GetAttr {
                of,
                name: name.clone(),
            }
        }
        ExprKind::Call { name, args, expand } => ExprKind::Call {
            name: name.clone(),
            args: args.iter().map(|a| bind(a, names)).collect(),
            expand: *expand,
        },
        ExprKind::Tuple(items) => ExprKind::Tuple(items.iter().map(|e| bind(e, names)).collect()),
        ExprKind::Object(entries) => {
            ExprKind::Object(entries.iter().map(|e| entry(e, names)).collect())
        }
        ExprKind::Template(template) => ExprKind::Template(Template {
            parts: parts(&template.parts, names),
            heredoc: template.heredoc,
        }),
        ExprKind::For(of) => ExprKind::For(Box::new(For {
            key: of.key.clone(),
            value: of.value.clone(),
            collection: bind(&of.collection, names),
            result_key: of.result_key.as_ref().map(|e| bind(e, names)),
            result: bind(&of.result, names),
            condition: of.condition.as_ref().map(|e| bind(e, names)),
            group: of.group,
        })),
    }
}

fn is_null(expr: &Expr) -> bool {
    matches!(expr.unparenthesized().kind, ExprKind::Null)
}

/// A bare key is a name, not a reference.
fn entry(entry: &ObjectEntry, names: &mut Vec<SmolStr>) -> ObjectEntry {
    let key = if entry.literal_key().is_some() {
        entry.key.clone()
    } else {
        bind(&entry.key, names)
    };
    ObjectEntry {
        key,
        value: bind(&entry.value, names),
    }
}

fn parts(all: &[TemplatePart], names: &mut Vec<SmolStr>) -> Vec<TemplatePart> {
    all.iter().map(|p| part(p, names)).collect()
}

fn part(part: &TemplatePart, names: &mut Vec<SmolStr>) -> TemplatePart {
    match part {
        TemplatePart::Literal { .. } => part.clone(),
        TemplatePart::Interpolation { expr, range } => TemplatePart::Interpolation {
            expr: bind(expr, names),
            range: *range,
        },
        TemplatePart::If {
            condition,
            then,
            otherwise,
            range,
        } => TemplatePart::If {
            condition: bind(condition, names),
            then: parts(then, names),
            otherwise: parts(otherwise, names),
            range: *range,
        },
        TemplatePart::For {
            key,
            value,
            collection,
            body,
            range,
        } => TemplatePart::For {
            key: key.clone(),
            value: value.clone(),
            collection: bind(collection, names),
            body: parts(body, names),
            range: *range,
        },
    }
}
