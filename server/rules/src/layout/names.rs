//! Names that a fix declares, made unique in the module; its other texts follow.

use std::ops::Range;

use smol_str::SmolStr;
use stockade_model::{Address, BlockKind, address_of};
use stockade_syntax::ast::{Block, Ident};
use stockade_syntax::parse_body;

use crate::fix::FixEdit;

/// What a name in the texts of a fix becomes.
#[derive(Clone, Debug, Default)]
pub(super) struct Renames(Vec<(String, String)>);

impl Renames {
    /// `from` becomes `to` wherever it stands as a whole.
    pub(super) fn add(&mut self, from: &Address, to: &Address) {
        if from.kind == BlockKind::Variable {
            self.0
                .push((format!("${{{}}}", from.name), to.name.to_string()));
        }
        if from != to {
            self.0.push((from.to_string(), to.to_string()));
        }
    }

    pub(super) fn apply(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (from, to)| {
            replaced(&text, from, to)
        })
    }

    pub(super) fn apply_to(&self, edit: &FixEdit) -> FixEdit {
        let mut edit = edit.clone();
        match &mut edit {
            FixEdit::Set { value, .. }
            | FixEdit::Replace { value, .. }
            | FixEdit::ReplaceOrigin { value, .. }
            | FixEdit::Append { value, .. } => {
                *value = self.apply(value);
            }
            FixEdit::AddBlock { text, .. } | FixEdit::AddBelow { text, .. } => {
                *text = self.apply(text);
            }
            FixEdit::Remove { .. }
            | FixEdit::AddVariable { .. }
            | FixEdit::AddLine { .. }
            | FixEdit::Keyword { .. } => {}
        }
        edit
    }
}

/// Replaces a name where no part of a longer name is meant.
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> String {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(i) = rest.find(from) {
        let (before, after) = (&rest[..i], &rest[i + from.len()..]);
        let stands_alone = from.starts_with('$')
            || (!before.ends_with(|c| is_name(c) || c == '.') && !after.starts_with(is_name));
        out.push_str(before);
        out.push_str(if stands_alone { to } else { from });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The first free one of `name`, `name_2`, `name_3`, ….
pub(crate) fn unique(address: &Address, is_taken: impl Fn(&Address) -> bool) -> Address {
    let numbered = |n: u32| match n {
        1 => address.clone(),
        n => Address {
            name: format!("{}_{n}", address.name).into(),
            ..address.clone()
        },
    };
    let mut n = 1;
    while is_taken(&numbered(n)) {
        n += 1;
    }
    numbered(n)
}

/// The address of a variable.
pub(crate) fn variable(name: &SmolStr) -> Address {
    Address {
        kind: BlockKind::Variable,
        ty: SmolStr::default(),
        name: name.clone(),
    }
}

/// The resources, data sources and the like that a text declares.
pub(super) fn declared(text: &str) -> Vec<Address> {
    let (body, _) = parse_body(text);
    body.blocks()
        .filter(|b| named(b).is_some())
        .map(address_of)
        .collect()
}

/// The label that is a block's name within its type.
fn named(block: &Block) -> Option<&Ident> {
    match (block.kind.name.as_str(), block.labels.as_slice()) {
        ("resource" | "data" | "ephemeral", [_, name])
        | ("variable" | "module" | "output", [name]) => Some(name),
        _ => None,
    }
}

/// A text with the name of a block that it declares changed.
pub(super) fn with_name(text: &str, from: &Address, to: &Address) -> String {
    let (body, _) = parse_body(text);
    let label = body
        .blocks()
        .find(|b| address_of(b) == *from)
        .and_then(named);
    let Some(label) = label else {
        return text.to_owned();
    };
    let range = Range::<usize>::from(label.range);
    let written = text[range.clone()].replace(from.name.as_str(), &to.name);
    [&text[..range.start], &written, &text[range.end..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_only() {
        let cases = [
            ("var.a", "var.a_2"),
            ("var.ab", "var.ab"),
            ("x.var.a", "x.var.a"),
            ("\"${var.a}/x\"", "\"${var.a_2}/x\""),
            ("var.a.b", "var.a_2.b"),
            ("var.a-b", "var.a-b"),
        ];
        for (text, expected) in cases {
            assert_eq!(replaced(text, "var.a", "var.a_2"), expected);
        }
    }
}
