//! What a fix needs beside it: where it asks for a key in a variable, there is one more that adds the key.

use std::sync::LazyLock;

use smol_str::SmolStr;
use stockade_model::BlockId;
use stockade_syntax::parse_body;

use crate::fix::{Fix, FixEdit, Safety};
use crate::layout::names::replaced;

const TEXT: &str = include_str!("../../../../queries/skeletons.hcl");

/// The resources by type, as they are written, with the data sources above each.
static SKELETONS: LazyLock<Vec<(SmolStr, &str)>> = LazyLock::new(|| {
    let (body, _) = parse_body(TEXT);
    let mut skeletons = Vec::new();
    let mut start: Option<usize> = None;
    for block in body.blocks() {
        let range = std::ops::Range::<usize>::from(block.range);
        let from = *start.get_or_insert(range.start);
        if block.kind.name == "resource"
            && let (Some(label), Some(text)) = (block.labels.first(), TEXT.get(from..range.end))
        {
            skeletons.push((label.name.clone(), text));
            start = None;
        }
    }
    skeletons
});

/// The fix that adds the resource which another one asks for, below a block.
pub(super) fn instead_of_variable(fix: &Fix, block: BlockId, label: &str) -> Option<Fix> {
    let mut asked = fix.edits.iter().filter_map(|edit| match edit {
        FixEdit::AddVariable { name, stand_in, .. } => Some((name, stand_in.as_ref()?)),
        _ => None,
    });
    let (Some((name, stand_in)), None) = (asked.next(), asked.next()) else {
        return None;
    };
    let (ty, attribute) = stand_in.split_once('.')?;
    let (_, skeleton) = SKELETONS.iter().find(|(of, _)| of == ty)?;
    let (variable, resource) = (format!("var.{name}"), format!("{ty}.{label}"));
    let reference = format!("{resource}.{attribute}");
    let written = |edit: &FixEdit| {
        let mut edit = edit.clone();
        match &mut edit {
            FixEdit::Set { value, .. }
            | FixEdit::Replace { value, .. }
            | FixEdit::ReplaceOrigin { value, .. }
            | FixEdit::Append { value, .. } => *value = replaced(value, &variable, &reference),
            FixEdit::AddBlock { text, .. } | FixEdit::AddBelow { text, .. } => {
                *text = replaced(text, &variable, &reference);
            }
            FixEdit::AddVariable { .. } => {
                return FixEdit::AddBelow {
                    block,
                    copied: Vec::new(),
                    text: skeleton
                        .replace("\"label\"", &format!("\"{label}\""))
                        .replace(".label.", &format!(".{label}.")),
                };
            }
            FixEdit::Remove { .. } | FixEdit::Keyword { .. } | FixEdit::AddLine { .. } => {}
        }
        edit
    };
    let title = fix.title.replace(
        &format!("asks for {variable}"),
        &format!("adds {resource}, which costs money"),
    );
    Some(Fix {
        title: replaced(&title, &variable, &reference),
        safety: Safety::Review,
        edits: fix.edits.iter().map(written).collect(),
    })
}
