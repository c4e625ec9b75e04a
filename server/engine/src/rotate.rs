//! Rotation of a write-only value: its version is raised, so that the provider reads the value again.

use stockade_schema::write_only;
use stockade_syntax::ast::{Attribute, Block, Body, ExprKind, Item};
use stockade_syntax::{Lowered, parse_body};
use stockade_text::{TextEdit, TextRange, TextSize};

use crate::suppressions::CommentAction;

/// The version under a cursor, or that of the write-only argument there, raised by one. Ranges are of the segment.
pub(crate) fn rotation(lowered: &Lowered, at: TextRange) -> Option<CommentAction> {
    let (top, ty) = resource(lowered)?;
    in_body(&top.body, ty, &mut Vec::new(), at)
}

/// The write-only values of a block that are others than in the saved file while their version, a number, is the same:
/// each with the range of its argument and the name of its version. `text` is what `lowered` was read from.
pub(crate) fn forgotten(
    lowered: &Lowered,
    text: &str,
    saved: &str,
) -> Vec<(TextRange, &'static str)> {
    let Some((now, ty)) = resource(lowered) else {
        return Vec::new();
    };
    if saved.contains(text.trim()) {
        return Vec::new();
    }
    let (saved_body, _) = parse_body(saved);
    let is_same = |block: &&Block| {
        let names = |block: &Block| -> Vec<_> {
            let labels = block.labels.iter();
            labels.map(|label| label.name.clone()).collect()
        };
        block.kind.name == "resource" && names(block) == names(now)
    };
    let Some(then) = saved_body.blocks().find(is_same) else {
        return Vec::new();
    };
    let now = (&now.body, text);
    let mut found = Vec::new();
    compare(now, (&then.body, saved), ty, &mut Vec::new(), &mut found);
    found
}

/// Whether a segment has a write-only argument.
pub(crate) fn has_any(lowered: &Lowered) -> bool {
    resource(lowered).is_some_and(|(block, ty)| has_write_only(&block.body, ty))
}

/// A resource and its type.
fn resource(lowered: &Lowered) -> Option<(&Block, &str)> {
    let Some(Item::Block(block)) = &lowered.item else {
        return None;
    };
    let ty = block
        .labels
        .first()
        .filter(|_| block.kind.name == "resource")?;
    Some((block, &ty.name))
}

fn has_write_only(body: &Body, ty: &str) -> bool {
    let is_written = |row: &stockade_schema::WriteOnly| {
        let inner = row.block.iter().try_fold(vec![body], |bodies, name| {
            let inner = bodies.iter().flat_map(|body| body.blocks_of(name));
            let inner: Vec<&Body> = inner.map(|block| &block.body).collect();
            (!inner.is_empty()).then_some(inner)
        });
        inner.is_some_and(|all| all.iter().any(|b| b.attribute(row.argument).is_some()))
    };
    write_only(ty).iter().any(is_written)
}

/// A body, and the text that its ranges are of.
type Read<'b> = (&'b Body, &'b str);

fn compare<'b>(
    now: Read<'b>,
    then: Read<'b>,
    ty: &str,
    blocks: &mut Vec<&'b str>,
    found: &mut Vec<(TextRange, &'static str)>,
) {
    let written = |(body, text): Read<'b>, name: &str| {
        let attribute = body.attribute(name)?;
        text.get(std::ops::Range::<usize>::from(attribute.value.range))
    };
    for row in write_only(ty).iter().filter(|row| row.block == *blocks) {
        let Some(version) = &row.version_argument else {
            continue;
        };
        let (Some(new), Some(old)) = (written(now, row.argument), written(then, row.argument))
        else {
            continue;
        };
        let number = now.0.attribute(version.name).map(|a| &a.value.kind);
        let is_kept = matches!(number, Some(ExprKind::Number(_)))
            && written(now, version.name) == written(then, version.name);
        if new != old && is_kept {
            let argument = now.0.attribute(row.argument);
            found.extend(argument.map(|a| (a.range, version.name)));
        }
    }
    for (block, before) in now.0.blocks().zip(then.0.blocks()) {
        if block.kind.name == before.kind.name {
            blocks.push(block.produces());
            compare(
                (&block.body, now.1),
                (&before.body, then.1),
                ty,
                blocks,
                found,
            );
            blocks.pop();
        }
    }
}

fn in_body<'b>(
    body: &'b Body,
    ty: &str,
    blocks: &mut Vec<&'b str>,
    at: TextRange,
) -> Option<CommentAction> {
    for row in write_only(ty).iter().filter(|row| row.block == *blocks) {
        let version = row.version_argument.as_ref()?;
        let attribute = body.attribute(version.name);
        let touched = [row.argument, version.name]
            .into_iter()
            .filter_map(|name| body.attribute(name));
        let mut touched = touched.filter(|a| touches(a, at));
        if let (Some(_), Some(attribute)) = (touched.next(), attribute) {
            return raised(attribute);
        }
    }
    let nested: Vec<&Block> = body
        .blocks()
        .filter(|b| b.range.contains_range(at))
        .collect();
    nested.into_iter().find_map(|block| {
        blocks.push(block.produces());
        let content = match block.is_dynamic() {
            true => block.body.blocks().find(|b| b.kind.name == "content"),
            false => Some(block),
        };
        let found = content.and_then(|block| in_body(&block.body, ty, blocks, at));
        blocks.pop();
        found
    })
}

fn touches(attribute: &Attribute, at: TextRange) -> bool {
    attribute.range.start() <= at.end() && at.start() <= attribute.range.end()
}

fn raised(attribute: &Attribute) -> Option<CommentAction> {
    let ExprKind::Number(number) = &attribute.value.kind else {
        return None;
    };
    let next = number.parse::<u64>().ok()?.checked_add(1)?;
    Some(CommentAction {
        title: format!(
            "Raise {} to {next}: the value is sent anew",
            attribute.name.name
        ),
        edits: vec![TextEdit {
            range: attribute.value.range,
            insert: next.to_string(),
        }],
    })
}

/// Moves the edits of an action from a segment to its file.
pub(crate) fn moved(mut action: CommentAction, start: TextSize) -> CommentAction {
    for edit in &mut action.edits {
        edit.range += start;
    }
    action
}
