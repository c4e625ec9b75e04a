//! What a fix needs beside it: where it asks for a key in a variable, there is one more that adds the key.

use std::sync::LazyLock;

use smol_str::SmolStr;
use stockade_model::BlockId;
use stockade_syntax::parse_body;

use crate::fix::{Fix, FixEdit, Safety};
use crate::layout::names::replaced;

const TEXT: &str = include_str!("../../../../queries/skeletons.hcl");

/// A resource, with all that it takes.
struct Skeleton {
    ty: &'static str,
    /// The blocks, as they are written.
    text: &'static str,
    label: SmolStr,
}

/// Stands for the label of the block that needs it.
const LABEL: &str = "label";

static SKELETONS: LazyLock<Vec<Skeleton>> = LazyLock::new(|| {
    let parts = TEXT.split("\n\n# ").skip(1);
    parts.filter_map(Skeleton::read).collect()
});

impl Skeleton {
    /// `aws_kms_key: what it is`, and the blocks below.
    fn read(part: &'static str) -> Option<Skeleton> {
        let (head, text) = part.split_once('\n')?;
        let (ty, _) = head.split_once(':')?;
        let (body, _) = parse_body(text);
        let mut labels = body.blocks().map(|block| block.labels.as_slice());
        let label = labels.find_map(|labels| match labels {
            [of, label] if of.name == ty => Some(label.name.clone()),
            _ => None,
        })?;
        let text = text.trim_end();
        Some(Skeleton { ty, text, label })
    }

    fn label<'l>(&'l self, own: &'l str) -> &'l str {
        if self.label == LABEL {
            own
        } else {
            &self.label
        }
    }

    fn labelled(&self, own: &str) -> String {
        if self.label != LABEL {
            return self.text.to_owned();
        }
        let text = self.text.replace("\"label\"", &format!("\"{own}\""));
        text.replace(".label.", &format!(".{own}."))
    }
}

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
    let skeleton = SKELETONS.iter().find(|skeleton| skeleton.ty == ty)?;
    let label = skeleton.label(label);
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
                    text: skeleton.labelled(label),
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
