//! Findings as they are shown: places resolved against the present text, the chain of a value's
//! origins put together, suppressions applied.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_rules::finding::{Finding, Severity};
use stockade_rules::fix::{Fix, Safety};
use stockade_rules::page::Page;
use stockade_text::{TextRange, TextSize};

use crate::config::ConfigError;
use crate::source::Notation;

/// The rule of [`ReportKind::Suppression`].
pub(crate) const SUPPRESSION: &str = "suppression-without-effect";

/// Something to show at a place of a file.
#[derive(Clone, Debug)]
pub struct Report {
    /// What kind of report it is.
    pub kind: ReportKind,
    /// The rule's id, or the name of a report of our own: `syntax-error`.
    pub rule: SmolStr,
    /// How bad it is, settings applied.
    pub severity: Severity,
    /// At most two lines.
    pub message: SmolStr,
    /// The file.
    pub path: Arc<Path>,
    /// Bytes of the file's text.
    pub range: TextRange,
    /// The address in its module, `aws_s3_bucket.logs`; empty where there is none.
    pub address: SmolStr,
    /// The way to the element within the block, `ingress[0]`; empty for the block itself.
    pub element: SmolStr,
    /// Further places that explain it.
    pub related: Vec<RelatedReport>,
    /// The rows of the rule that were hit.
    pub rows: Vec<SmolStr>,
    /// Which elements of a `dynamic` share it.
    pub instances: Vec<SmolStr>,
    /// What can be done about it, the best first.
    pub fixes: Arc<[FixSummary]>,
    /// Stable over edits elsewhere: rule, file, address and path, no offsets.
    pub fingerprint: SmolStr,
    /// Why it does not count, if a comment says so.
    pub suppressed: Option<SmolStr>,
    /// The rules that found the same cause, less specific than this one.
    pub hides: Vec<SmolStr>,
    /// The rule's page.
    pub page: Option<Arc<Page>>,
    /// What it was made from; absent where nothing can be written here to mend it.
    pub finding: Option<Arc<Finding>>,
}

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// A rule's finding.
    Finding,
    /// Text that is not HCL.
    SyntaxError,
    /// A mistake in `stockade.toml` or a rule page.
    Configuration,
    /// A suppression that covers nothing, names no rule or has expired.
    Suppression,
    /// A file that was not analysed.
    Limit,
    /// A write-only value that is not the saved one, while its version is: no finding, and only in editors.
    Rotation,
}

/// Another place of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct RelatedReport {
    /// What it has to do with the finding.
    pub message: SmolStr,
    /// Its file.
    pub path: Arc<Path>,
    /// Bytes of that file's text.
    pub range: TextRange,
}

/// A fix as it is offered.
#[derive(Clone, Debug, PartialEq)]
pub struct FixSummary {
    /// What will be written.
    pub title: SmolStr,
    /// Whether it may be applied unseen.
    pub safety: Safety,
}

impl FixSummary {
    pub(crate) fn of(fix: &Fix) -> FixSummary {
        FixSummary {
            title: SmolStr::new(&fix.title),
            safety: fix.safety,
        }
    }
}

impl Report {
    /// Whether another finding comes to light when this one is mended: it was there, hidden, or is the finer point of the
    /// same thing, which can't be asked for before.
    pub fn uncovers(&self, other: &Report) -> bool {
        let supersedes = |finding: &Arc<Finding>| finding.page.supersedes.contains(&other.rule);
        let is_finer = self.finding.as_ref().is_some_and(supersedes);
        (self.hides.contains(&other.rule) || is_finer)
            && self.address == other.address
            && self.path == other.path
    }

    /// Whether a comment in its file can accept it: JSON has none.
    pub fn is_suppressible(&self) -> bool {
        self.kind == ReportKind::Finding && Notation::of(&self.path) == Notation::Hcl
    }

    /// A report that no check of a page makes.
    pub(crate) fn own(
        kind: ReportKind,
        severity: Severity,
        path: &Arc<Path>,
        range: TextRange,
        message: impl Into<SmolStr>,
    ) -> Report {
        let message = message.into();
        let rule = SmolStr::new_static(match kind {
            ReportKind::Finding => "finding",
            ReportKind::SyntaxError => "syntax-error",
            ReportKind::Configuration => "configuration-error",
            ReportKind::Suppression => SUPPRESSION,
            ReportKind::Limit => "not-analysed",
            ReportKind::Rotation => "write-only-value-without-new-version",
        });
        let fingerprint = fingerprint(&[&rule, &path.to_string_lossy(), &message]);
        let page = crate::catalog::find(&rule).cloned();
        Report {
            kind,
            rule,
            severity,
            message,
            path: path.clone(),
            range,
            address: SmolStr::default(),
            element: SmolStr::default(),
            related: Vec::new(),
            rows: Vec::new(),
            instances: Vec::new(),
            fixes: Arc::default(),
            fingerprint,
            suppressed: None,
            hides: Vec::new(),
            page,
            finding: None,
        }
    }

    /// A mistake in `stockade.toml`.
    pub(crate) fn configuration(path: &Arc<Path>, error: &ConfigError) -> Report {
        let size = |n: usize| TextSize::new(u32::try_from(n).unwrap_or(u32::MAX));
        let range = TextRange::new(size(error.range.start), size(error.range.end));
        Report::own(
            ReportKind::Configuration,
            Severity::High,
            path,
            range,
            error.message.as_str(),
        )
    }
}

impl Report {
    /// Whether two instances of a module say the same of the same place.
    pub(crate) fn is_alike(&self, other: &Report) -> bool {
        self.kind == other.kind
            && self.rule == other.rule
            && self.severity == other.severity
            && self.said() == other.said()
            && self.path == other.path
            && self.range == other.range
            && self.address == other.address
            && self.element == other.element
            && self.rows == other.rows
            && self.suppressed == other.suppressed
    }

    /// Its message, without what to do about it: which call that is about is no part of what is wrong.
    fn said(&self) -> &str {
        let finding = self.finding.as_ref();
        finding.map_or(&self.message, |finding| &finding.message)
    }

    /// Adds the places that explain a report which is alike, and what mends it there.
    pub(crate) fn take_alike(&mut self, other: Report) {
        // Different edits may have the same title: variables of two modules that are named alike.
        if let (Some(ours), Some(theirs)) = (&self.finding, &other.finding)
            && ours.fixes != theirs.fixes
            && !(self.fixes.is_empty() && other.fixes.is_empty())
        {
            let joined = Arc::new(ours.joined(theirs));
            self.fixes = joined.fixes.iter().map(FixSummary::of).collect();
            self.message = joined.told().into();
            self.finding = Some(joined);
        }
        if self.instances != other.instances {
            self.instances = match self.instances.is_empty() || other.instances.is_empty() {
                true => Vec::new(),
                false => BTreeSet::from_iter(self.instances.drain(..).chain(other.instances))
                    .into_iter()
                    .collect(),
            };
        }
        for related in other.related {
            if !self.related.contains(&related) {
                self.related.push(related);
            }
        }
    }
}

/// Reports are equal when they look the same.
impl PartialEq for Report {
    fn eq(&self, other: &Report) -> bool {
        self.is_alike(other)
            && self.instances == other.instances
            && self.fixes == other.fixes
            && self.related == other.related
    }
}

/// FNV-1a over the parts, in hexadecimal: short, and the same on every machine.
pub(crate) fn fingerprint(parts: &[&str]) -> SmolStr {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    smol_str::format_smolstr!("{hash:016x}")
}
