//! What a check found, as data: the reporters print it, and serialised it is the `json` format
//! (docs/check-json.md). Paths are relative to the current folder where they are below it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use stockade_engine::Safety;
use stockade_engine::Severity;

use crate::secrets::literals;

/// The version of the `json` format; it goes up when something in it is renamed or removed.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// The result of a run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Outcome {
    pub(crate) format_version: u32,
    pub(crate) stockade_version: &'static str,
    pub(crate) summary: Summary,
    /// The most severe first, then by file and position; suppressed ones too.
    pub(crate) findings: Vec<Finding>,
    /// What could not be looked at. Not empty: the exit status is 2.
    pub(crate) errors: Vec<Failure>,
    /// What no finding could be claimed about, for reasons that are no error.
    pub(crate) unseen: Unseen,
    /// The texts that places point into.
    #[serde(skip)]
    pub(crate) texts: BTreeMap<Arc<Path>, String>,
}

impl Outcome {
    /// What findings call secrets, the longest first: the literal or text that each is about, and what its fix takes out
    /// with it.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        /// Shorter ones in a fix are names of regions and the like.
        const KEY: usize = 16;
        let findings = self.findings.iter().filter(|f| f.category == "secrets");
        let mut secrets: Vec<&str> = Vec::new();
        for finding in findings {
            let text = |place: &Place| {
                let text = self.text(place).get(place.bytes.clone());
                text.unwrap_or_default()
            };
            let related = finding.related.iter().map(|related| &related.place);
            let edits = finding.fixes.iter().flat_map(|fix| &fix.edits);
            let places = std::iter::once(&finding.place).chain(related);
            secrets.extend(places.flat_map(|place| literals(text(place))));
            if finding.is_about_text() {
                secrets.extend(Some(text(&finding.place)).filter(|s| !s.contains('"')));
            }
            let taken_out = edits.flat_map(|edit| taken_out(text(&edit.place), &edit.insert));
            let taken_out = taken_out.flat_map(literals);
            secrets.extend(taken_out.filter(|s| s.len() >= KEY));
        }
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        secrets.retain(|secret| !secret.is_empty());
        secrets
    }

    /// Takes out fixes that would write a secret again, which a report must not repeat.
    pub(crate) fn without_secrets(&mut self) {
        let secrets: Vec<String> = self.secrets().into_iter().map(str::to_owned).collect();
        let repeats = |edit: &Edit| secrets.iter().any(|secret| edit.insert.contains(secret));
        for finding in &mut self.findings {
            finding.fixes.retain(|fix| !fix.edits.iter().any(repeats));
        }
    }
}

impl Finding {
    /// Whether it is about a part of a text, which has no quotes of its own.
    fn is_about_text(&self) -> bool {
        matches!(
            self.rule.as_str(),
            "terraform-token-in-configuration" | "terraform-secret-in-configuration"
        )
    }
}

/// The lines of a piece of HCL that its replacement no longer has, however they are aligned.
fn taken_out<'t>(before: &'t str, after: &str) -> impl Iterator<Item = &'t str> {
    let bare = |line: &str| line.split_whitespace().collect::<String>();
    let kept: Vec<String> = after.lines().map(bare).collect();
    before
        .lines()
        .filter(move |line| !kept.contains(&bare(line)))
}

/// Counts.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Summary {
    /// Findings that are not suppressed, by severity.
    #[serde(serialize_with = "by_name")]
    pub(crate) findings: BTreeMap<Severity, usize>,
    pub(crate) suppressed: usize,
    /// Findings at or above `fail-on` of their workspace: with any, the exit status is 1.
    pub(crate) failing: usize,
    /// Configuration files that were looked at.
    pub(crate) files: usize,
    /// Resources, data sources and other blocks that were evaluated.
    pub(crate) resources: usize,
}

/// Something insecure.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Finding {
    pub(crate) rule: String,
    pub(crate) title: String,
    #[serde(serialize_with = "name")]
    pub(crate) severity: Severity,
    pub(crate) category: String,
    pub(crate) message: String,
    #[serde(flatten)]
    pub(crate) place: Place,
    /// `aws_s3_bucket.logs`; empty where no block is concerned.
    pub(crate) resource: String,
    /// The nested block or element: `ingress[0]`; empty for the block itself.
    pub(crate) element: String,
    /// The instances of a `for_each` or `count` that it concerns, where not all.
    pub(crate) instances: Vec<String>,
    /// The rows of a rule with rows (ports, …) that it concerns.
    pub(crate) rows: Vec<String>,
    /// What other scanners call the check.
    pub(crate) same_as: Vec<String>,
    /// Where the value came from, what else takes part.
    pub(crate) related: Vec<Related>,
    /// The best one first.
    pub(crate) fixes: Vec<Fix>,
    /// One of its fixes is safe, also where they are not laid out.
    #[serde(skip)]
    pub(crate) is_safe_to_fix: bool,
    /// Rule, file, address and path in the block: stays while the text around it moves.
    pub(crate) fingerprint: String,
    pub(crate) suppressed: Option<Suppressed>,
}

/// A range of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) range: Span,
    #[serde(skip)]
    pub(crate) path: Arc<Path>,
    /// Bytes of the text.
    #[serde(skip)]
    pub(crate) bytes: Range<usize>,
}

/// Start and end (exclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Span {
    pub(crate) start: Point,
    pub(crate) end: Point,
}

/// Line and column, both from 1; columns count Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Point {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Another place that explains a finding.
#[derive(Debug, Serialize)]
pub(crate) struct Related {
    #[serde(flatten)]
    pub(crate) place: Place,
    pub(crate) message: String,
}

/// An edit that makes a finding go away.
#[derive(Debug, Serialize)]
pub(crate) struct Fix {
    pub(crate) title: String,
    #[serde(serialize_with = "safety")]
    pub(crate) safety: Safety,
    pub(crate) edits: Vec<Edit>,
}

/// One replaced range.
#[derive(Debug, Serialize)]
pub(crate) struct Edit {
    #[serde(flatten)]
    pub(crate) place: Place,
    pub(crate) insert: String,
}

/// Why a finding is accepted.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Suppressed {
    pub(crate) reason: Option<String>,
}

/// Something that could not be looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Failure {
    pub(crate) file: String,
    /// Absent where the whole file or folder is meant.
    pub(crate) range: Option<Span>,
    /// `syntax-error`, `configuration-error`, `limit`, `not-read` or `not-written`.
    pub(crate) kind: &'static str,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

impl Failure {
    /// A file or folder that was not looked at.
    pub(crate) fn not_read(file: String, message: String) -> Failure {
        Failure {
            file,
            range: None,
            kind: "not-read",
            message,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.range {
            Some(Span { start, .. }) => write!(
                f,
                "{}:{}:{}: {}",
                self.file, start.line, start.column, self.message
            ),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// What is unknown, and why.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Unseen {
    pub(crate) modules_not_installed: Vec<ModuleCall>,
    /// Files that are encrypted, or links to what is not there.
    pub(crate) files_not_readable: Vec<NotReadable>,
    /// Folders with configuration under PATHS that were not looked at.
    pub(crate) folders_left_out: Vec<LeftOut>,
    /// Arguments whose value is known only after `apply`, or from variables without a value.
    pub(crate) unknown_arguments: usize,
    /// All arguments that were looked at.
    pub(crate) arguments: usize,
}

/// A file of which nothing could be read.
#[derive(Debug, Serialize)]
pub(crate) struct NotReadable {
    pub(crate) file: String,
    pub(crate) reason: String,
}

/// A folder that settings leave out.
#[derive(Debug, Serialize)]
pub(crate) struct LeftOut {
    pub(crate) folder: String,
    /// `.gitignore` or `[files] exclude in stockade.toml`.
    pub(crate) reason: String,
}

/// A `module` block whose source is not on this machine.
#[derive(Debug, Serialize)]
pub(crate) struct ModuleCall {
    pub(crate) file: String,
    /// `module.vpc`.
    pub(crate) address: String,
    pub(crate) source: String,
}

/// The process's exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Nothing at or above `fail-on` remains.
    Clean = 0,
    /// Something does.
    Found = 1,
    /// Not everything could be looked at.
    Incomplete = 2,
}

impl Outcome {
    /// What the run ends with.
    pub(crate) fn status(&self) -> Status {
        if !self.errors.is_empty() {
            Status::Incomplete
        } else if self.summary.failing > 0 {
            Status::Found
        } else {
            Status::Clean
        }
    }

    /// The text that a place points into.
    pub(crate) fn text(&self, place: &Place) -> &str {
        self.texts.get(&place.path).map_or("", String::as_str)
    }
}

fn name<S: Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(severity.name())
}

fn by_name<S: Serializer>(
    counts: &BTreeMap<Severity, usize>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(
        counts
            .iter()
            .rev()
            .map(|(severity, count)| (severity.name(), count)),
    )
}

fn safety<S: Serializer>(safety: &Safety, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(safety_name(*safety))
}

/// `safe` or `review`.
pub(crate) fn safety_name(safety: Safety) -> &'static str {
    match safety {
        Safety::Safe => "safe",
        Safety::Review => "review",
    }
}
