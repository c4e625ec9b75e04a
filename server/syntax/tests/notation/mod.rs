//! A notation for expressions that shows their structure.

use stockade_syntax::ast::{Expr, ExprKind, TemplatePart};

/// An expression with its structure in brackets.
pub(crate) fn shown(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Null => "null".into(),
        ExprKind::Bool(b) => b.to_string(),
        ExprKind::Number(n) => n.to_string(),
        ExprKind::Variable(name) => name.to_string(),
        ExprKind::Template(t) => format!("\"{}\"", parts(&t.parts)),
        ExprKind::Tuple(all) => format!("[{}]", list(all)),
        ExprKind::Object(all) => {
            let all: Vec<String> = all
                .iter()
                .map(|e| format!("{}={}", shown(&e.key), shown(&e.value)))
                .collect();
            format!("{{{}}}", all.join(","))
        }
        ExprKind::GetAttr { of, name } => format!("{}.{}", shown(of), name.name),
        ExprKind::Index { of, key } => format!("{}[{}]", shown(of), shown(key)),
        ExprKind::Splat { of, each, full } => format!(
            "{}{}({})",
            shown(of),
            if *full { "[*]" } else { ".*" },
            shown(each)
        ),
        ExprKind::SplatItem => "_".into(),
        ExprKind::Call { name, args, expand } => format!(
            "{}({}{})",
            name.name,
            list(args),
            if *expand { "..." } else { "" }
        ),
        ExprKind::Unary { op, of } => format!("({op:?} {})", shown(of)),
        ExprKind::Binary { op, left, right } => {
            format!("({op:?} {} {})", shown(left), shown(right))
        }
        ExprKind::Conditional {
            condition,
            then,
            otherwise,
        } => format!(
            "({} ? {} : {})",
            shown(condition),
            shown(then),
            shown(otherwise)
        ),
        ExprKind::For(f) => format!(
            "for({:?},{} in {}: {:?} {} if {:?} {})",
            f.key.as_ref().map(|k| k.name.as_str()),
            f.value.name,
            shown(&f.collection),
            f.result_key.as_ref().map(shown),
            shown(&f.result),
            f.condition.as_ref().map(shown),
            f.group
        ),
        ExprKind::Paren(inner) => format!("({})", shown(inner)),
    }
}

fn list(all: &[Expr]) -> String {
    all.iter().map(shown).collect::<Vec<_>>().join(",")
}

fn parts(parts: &[TemplatePart]) -> String {
    let part = |p: &TemplatePart| match p {
        TemplatePart::Literal { text, .. } => text.replace('\n', "\\n"),
        TemplatePart::Interpolation { expr, .. } => format!("${{{}}}", shown(expr)),
        TemplatePart::If {
            condition,
            then,
            otherwise,
            ..
        } => {
            format!(
                "%{{if {}}}{}%{{else}}{}%{{endif}}",
                shown(condition),
                self::parts(then),
                self::parts(otherwise)
            )
        }
        TemplatePart::For {
            value,
            collection,
            body,
            ..
        } => {
            format!(
                "%{{for {} in {}}}{}%{{endfor}}",
                value.name,
                shown(collection),
                self::parts(body)
            )
        }
    };
    parts.iter().map(part).collect()
}
