//! Rotation of a write-only value: its version is raised, so that the provider reads the value again.

use stockade_schema::write_only;
use stockade_syntax::Lowered;
use stockade_syntax::ast::{Attribute, Block, Body, ExprKind, Item};
use stockade_text::{TextEdit, TextRange, TextSize};

use crate::suppressions::CommentAction;

/// The version under a cursor, or that of the write-only argument there, raised by one. Ranges are of the segment.
pub(crate) fn rotation(lowered: &Lowered, at: TextRange) -> Option<CommentAction> {
    let Some(Item::Block(top)) = &lowered.item else {
        return None;
    };
    let ty = top.labels.first().filter(|_| top.kind.name == "resource")?;
    in_body(&top.body, &ty.name, &mut Vec::new(), at)
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
