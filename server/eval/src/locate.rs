//! Where a path leads in the present text of a block.

use stockade_syntax::ast::{Block, Body, Expr, ExprKind};
use stockade_text::TextRange;

use crate::value::Step;

/// The range, relative to the segment, of what a path leads to, or of the last step of it that is
/// there. An empty path, or one whose first step is absent, gives the block's header.
pub fn locate(block: &Block, path: &[Step]) -> TextRange {
    located(block, path).unwrap_or(block.header)
}

fn located(block: &Block, path: &[Step]) -> Option<TextRange> {
    let (first, rest) = path.split_first()?;
    match first {
        Step::Block(name, nth) => {
            let nested = block.body.blocks_of(name).nth(*nth as usize)?;
            Some(match content(nested) {
                Some(content) if !rest.is_empty() => {
                    located(content, rest).unwrap_or(nested.header)
                }
                _ => locate(nested, rest),
            })
        }
        Step::Attr(name) | Step::Key(name) => {
            attribute(&block.body, name).map(|expr| locate_expr(expr, rest).0)
        }
        Step::Text(start, length) if rest.is_empty() => Some(span(*start, *length)),
        Step::Index(_) | Step::Json | Step::Text(..) => None,
    }
}

fn span(start: u32, length: u32) -> TextRange {
    TextRange::at(start.into(), length.into())
}

fn attribute<'b>(body: &'b Body, name: &str) -> Option<&'b Expr> {
    body.attribute(name).map(|a| &a.value)
}

/// The content of a `dynamic` block.
fn content(block: &Block) -> Option<&Block> {
    block
        .body
        .blocks()
        .find(|b| block.is_dynamic() && b.kind.name == "content")
}

/// The range of what a path leads to within an expression, and whether all steps were there.
pub fn locate_expr(expr: &Expr, path: &[Step]) -> (TextRange, bool) {
    let Some((first, rest)) = path.split_first() else {
        return (expr.range, true);
    };
    let below = |inner: &Expr| locate_expr(inner, rest);
    match (&expr.kind, first) {
        (_, Step::Text(start, length)) => (span(*start, *length) + expr.range.start(), true),
        (ExprKind::Paren(inner), _) => locate_expr(inner, path),
        (ExprKind::Call { name, args, .. }, Step::Json) if name.name == "jsonencode" => {
            args.first().map_or((expr.range, false), below)
        }
        (ExprKind::Call { name, args, .. }, _) if is_transparent(&name.name) => args
            .first()
            .map_or((expr.range, false), |arg| locate_expr(arg, path)),
        (ExprKind::Tuple(elements), Step::Index(n)) => {
            elements.get(*n as usize).map_or((expr.range, false), below)
        }
        (ExprKind::Object(entries), Step::Key(name) | Step::Attr(name)) => {
            let entry = entries
                .iter()
                .rev()
                .find(|e| e.literal_key().as_ref() == Some(name));
            entry.map_or((expr.range, false), |e| below(&e.value))
        }
        (ExprKind::Template(template), Step::Json) => crate::json::locate(template, rest)
            .map_or((expr.range, rest.is_empty()), |range| (range, true)),
        _ => (expr.range, false),
    }
}

/// Functions whose result holds the parts of their first argument where they were.
fn is_transparent(name: &str) -> bool {
    matches!(name, "tolist" | "tomap" | "sensitive" | "nonsensitive")
}
