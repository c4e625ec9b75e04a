//! Laying out a fix: from "set this argument of that body" to edits of the text, in the style of
//! the file. Alignment is that of `terraform fmt`; lines whose alignment does not change because
//! of the fix are left alone, however they are laid out.
//!
//! A fix is written step by step into a draft of each block it touches, and the draft is then
//! compared with the text: edits never overlap, and what is not changed is not touched. This module
//! knows the text and the tree of a block, and neither values nor rules.

mod align;
mod combine;
mod difference;
mod draft;
mod insert;
mod json;
mod lines;
pub(crate) mod names;
mod part;
mod path;
mod remove;
mod step;
#[cfg(test)]
mod tests;

use std::fmt;

use stockade_eval::Symbol;
use stockade_model::{Address, BlockId, FileId};
use stockade_text::{Rope, TextEdit, TextRange};

use crate::finding::Place;
use crate::fix::Fix;

pub use combine::combine;

/// The texts that fixes are written into.
pub trait Sources {
    /// Where a block, or a line of a `.tfvars` file, is written. `None` when it is gone, broken, or
    /// not written in HCL's native syntax.
    fn block(&self, block: BlockId) -> Option<BlockSource>;

    /// Where the value of a symbol is written: `default` of a variable or its line in a `.tfvars`
    /// file, whichever gives the value, an argument of `locals`, a block's body.
    /// A place in a `.tfvars` line is the path of its name: `[Attr("region")]`.
    fn symbol(&self, symbol: &Symbol) -> Option<Place>;

    /// The text of a file.
    fn text(&self, file: FileId) -> Option<Rope>;

    /// The module's `variables.tf`, if it has one.
    fn variables_file(&self) -> Option<FileId>;

    /// Whether the module declares that variable, resource or data source.
    fn is_taken(&self, address: &Address) -> bool;
}

/// Where a block is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockSource {
    /// The file.
    pub file: FileId,
    /// The block's segment, bytes of the file's text: the block and the comments above it.
    pub range: TextRange,
}

/// Why a fix can't be written into the present text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotPossible {
    /// The block, symbol or file is not there, or it is broken.
    Gone,
    /// The path leads to something that is not written there: the place.
    NoPlace(String),
    /// The value at the origin is computed, so that it can't be overwritten.
    NotLiteral(String),
    /// The text that the rule wants to write does not fit: why.
    Text(String),
}

impl fmt::Display for NotPossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotPossible::Gone => f.write_str("the block is gone or has a syntax error"),
            NotPossible::NoPlace(path) => write!(f, "`{path}` is not written out there"),
            NotPossible::NotLiteral(path) => write!(f, "`{path}` is computed, not a literal"),
            NotPossible::Text(why) => write!(f, "the rule's text does not fit: {why}"),
        }
    }
}

impl std::error::Error for NotPossible {}

/// The edits of a fix, per file in the order of their ids; ranges are bytes of each file's text
/// and don't overlap.
///
/// # Errors
/// When some part of the fix can't be written into the present text; nothing is offered then.
pub fn lay_out(
    fix: &Fix,
    sources: &dyn Sources,
) -> Result<Vec<(FileId, Vec<TextEdit>)>, NotPossible> {
    let mut draft = draft::Draft::new(sources);
    draft.add(fix)?;
    draft.edits()
}
