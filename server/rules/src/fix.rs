//! Fixes as data: what is to be written where. Laid out as text when somebody asks.

use std::path::Path;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{Step, Symbol};
use stockade_model::BlockId;

use crate::finding::Place;

/// An edit that makes a finding go away.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// What will be written, and what it costs when it is not safe.
    pub title: String,
    pub safety: Safety,
    pub edits: Vec<FixEdit>,
}

impl Fix {
    /// Both fixes as one.
    #[must_use]
    pub fn and(mut self, other: &Fix) -> Fix {
        let missing = other.edits.iter().filter(|edit| !self.edits.contains(edit));
        let missing: Vec<FixEdit> = missing.cloned().collect();
        if !missing.is_empty() && self.title != other.title {
            self.title = both(&self.title, &other.title);
        }
        self.edits.extend(missing);
        self.safety = self.safety.max(other.safety);
        self
    }
}

/// The fixes that mend both of two mistakes: one by one together, or those that they share.
pub(crate) fn joined(ours: &[Fix], theirs: &[Fix]) -> Vec<Fix> {
    if ours.len() == theirs.len() {
        let pairs = ours.iter().zip(theirs);
        return pairs.map(|(a, b)| a.clone().and(b)).collect();
    }
    let shared = ours.iter().filter(|fix| theirs.contains(fix));
    shared.cloned().collect()
}

impl FixEdit {
    /// The block that it changes, or writes below; `None` where the module says which.
    pub fn block(&self) -> Option<BlockId> {
        match self {
            FixEdit::Set { body: at, .. }
            | FixEdit::AddBlock { body: at, .. }
            | FixEdit::Replace { at, .. }
            | FixEdit::Append { at, .. }
            | FixEdit::Remove { at } => Some(at.block),
            FixEdit::AddBelow { block, .. } | FixEdit::Keyword { block, .. } => Some(*block),
            FixEdit::ReplaceOrigin { .. }
            | FixEdit::AddVariable { .. }
            | FixEdit::AddLine { .. } => None,
        }
    }
}

/// Longer titles are not added to.
const LONG: usize = 120;

/// Two titles as one. What they cost is said once.
fn both(first: &str, second: &str) -> String {
    const MORE: &str = ", and more";
    if first.ends_with(MORE) {
        return first.to_owned();
    }
    if first.len() > LONG {
        return format!("{first}{MORE}");
    }
    let reasons = |title: &str| title.find(" (").map(|at| title[at..].to_owned());
    let first = match reasons(first) {
        Some(same) if reasons(second).as_ref() == Some(&same) => &first[..first.len() - same.len()],
        _ => first,
    };
    let mut letters = second.chars();
    let initial = letters.next().map(|c| c.to_ascii_lowercase());
    format!(
        "{first}, {}{}",
        initial.unwrap_or_default(),
        letters.as_str()
    )
}

/// Whether a fix may be applied without a look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Safety {
    Safe,
    /// Changes behaviour, may replace the resource, costs money, or leaves something to fill in.
    Review,
}

/// One step of a fix. HCL texts are single expressions or blocks, laid out when applied.
#[derive(Clone, Debug, PartialEq)]
pub enum FixEdit {
    /// Sets or adds an argument of the body at `body` (empty path: the block's own body).
    Set {
        body: Place,
        attribute: SmolStr,
        value: String,
    },
    /// Overwrites the expression at `at`.
    Replace { at: Place, value: String },
    /// Overwrites the literal at the origin of a value.
    ReplaceOrigin {
        symbol: Symbol,
        path: Vec<Step>,
        value: String,
    },
    /// Adds an element at the end of the list at `at`.
    Append { at: Place, value: String },
    /// Removes an argument, a nested block, a list element or an object entry.
    Remove { at: Place },
    /// Adds a nested block at the end of a body.
    AddBlock { body: Place, text: String },
    /// Overwrites what a block begins with: `resource` becomes `ephemeral`.
    Keyword { block: BlockId, keyword: SmolStr },
    /// Adds top-level blocks below another one. The first of them begins with the arguments of
    /// `block` that `copied` names (`count`, `for_each`, `provider`), as they are written there.
    AddBelow {
        block: BlockId,
        copied: Vec<SmolStr>,
        text: String,
    },
    /// Adds a line at the end of a file that is no part of the module: a `.gitignore`, created if need be.
    AddLine { file: Arc<Path>, line: String },
    /// Adds a variable without a default, in variables.tf where there is one; `name` is made
    /// unique in the module when the fix is laid out, and `${name}` in other texts follows it.
    AddVariable {
        name: SmolStr,
        ty: String,
        description: String,
        sensitive: bool,
        ephemeral: bool,
        /// What could stand there if the module had it: `aws_kms_key.arn`.
        stand_in: Option<SmolStr>,
    },
}
