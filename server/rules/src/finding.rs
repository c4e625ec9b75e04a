//! What a check reports, in terms that survive edits elsewhere: blocks and paths, not offsets.

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{Step, Symbol};
use stockade_model::BlockId;

use crate::fix::Fix;
use crate::page::Page;

/// How bad a finding is; the order is from harmless to critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// A rule and the block, or the element of an `each`, that it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub page: Arc<Page>,
    /// The rows of the page that were hit; empty for a page without rows.
    pub rows: Vec<SmolStr>,
    /// The subject. [`Finding::at`] may stand in another block.
    pub block: BlockId,
    /// The way to the element of an `each` within the subject; empty for the block itself.
    pub element: Vec<Step>,
    pub severity: Severity,
    /// What and why in at most two lines, with the value that was found; see [`Finding::told`].
    pub message: String,
    /// The message is followed by what the first fix writes.
    pub advises: bool,
    pub at: Place,
    pub related: Vec<Related>,
    /// The best one first.
    pub fixes: Vec<Fix>,
    /// Elements of a `dynamic` that share the finding, as shown: `["https"]`.
    pub instances: Vec<SmolStr>,
}

impl Finding {
    /// What, why and what to do in at most two lines.
    pub fn told(&self) -> String {
        match self.fixes.first().filter(|_| self.advises) {
            Some(fix) => format!("{} {}.", self.message, fix.title),
            None => self.message.clone(),
        }
    }

    /// The same mistake under other inputs of the module, with fixes that mend both.
    #[must_use]
    pub fn joined(&self, other: &Finding) -> Finding {
        Finding {
            fixes: crate::fix::joined(&self.fixes, &other.fixes),
            ..self.clone()
        }
    }
}

/// A place in a block. An empty path is the block's header.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub block: BlockId,
    pub path: Vec<Step>,
}

/// Another place that explains a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    pub message: SmolStr,
    pub at: RelatedPlace,
}

/// Where a [`Related`] stands; a symbol is looked up when the finding is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum RelatedPlace {
    Block(Place),
    Symbol(Symbol, Vec<Step>),
}

impl Severity {
    /// From harmless to critical.
    pub const ALL: [Severity; 5] = [
        Severity::Info,
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ];

    /// As it is written in pages and settings.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// The severity of that name.
    pub fn named(name: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|s| s.name() == name)
    }
}
