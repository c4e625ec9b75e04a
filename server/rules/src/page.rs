//! A rule page as read.

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::SharedSubject;
use stockade_model::{BlockId, BlockKind};
use stockade_schema::version::Interval;

use crate::check::{Check, Row, SubjectKind};
use crate::finding::{Finding, Severity};
use crate::fix::Safety;
use crate::world::World;

pub use crate::reader::{PageError, read};

/// A rule: its documentation, its check, its fix and its tests. Two pages are equal if their ids are.
#[derive(Clone, Debug)]
pub struct Page {
    /// `aws-s3-bucket-without-versioning`; never reused.
    pub id: SmolStr,
    /// The heading of the page.
    pub title: String,
    /// Unless a check says otherwise.
    pub severity: Severity,
    /// What it is about.
    pub category: Category,
    /// What other scanners call it.
    pub same_as: Vec<SmolStr>,
    /// Standard and its controls.
    pub compliance: Vec<(SmolStr, Vec<SmolStr>)>,
    /// The Stockade version that brought it.
    pub since: SmolStr,
    /// Runs only when selected.
    pub default_off: bool,
    /// Why it should no longer be used.
    pub deprecated: Option<String>,
    /// It finds what the provider or cloud has deprecated: editors strike it through.
    pub is_about_deprecated: bool,
    /// Provider (or `terraform`) and the versions for which it holds.
    pub requires: Vec<(SmolStr, Interval)>,
    /// Less specific rules that this one hides.
    pub supersedes: Vec<SmolStr>,
    /// The sentences below the title.
    pub summary: String,
    /// The page without its front matter, in Markdown.
    pub body: String,
    /// The text of `## Notes`.
    pub notes: String,
    /// The examples, in the order of the page.
    pub examples: Vec<Example>,
    /// The subject blocks.
    pub checks: Vec<Check>,
    /// What every check runs once for; empty: once.
    pub rows: Vec<Row>,
    /// A rule that is written in Rust.
    pub code: Option<SmolStr>,
    /// Names that are read below a value, so that absent ones are null and not an error.
    pub(crate) names: Vec<SmolStr>,
    /// The line of the page on which [`Page::body`] begins, from 1.
    pub(crate) body_line: u32,
    /// The path under which it was read, as shown in errors.
    pub path: String,
}

impl PartialEq for Page {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Who may do what.
    Access,
    /// Data at rest and in transit.
    Encryption,
    /// Who can reach it.
    Network,
    /// Who notices.
    Logging,
    /// Passwords, keys and tokens in code and state.
    Secrets,
    /// Backups, versions, protection from deletion.
    Resilience,
    /// Everything that makes an attack harder.
    Hardening,
    /// What is fetched from elsewhere.
    SupplyChain,
}

/// A module of a section: one that shows the rule at work, and tests it.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The section that it stands in.
    pub section: Section,
    /// Its files, markers stripped.
    pub files: Vec<ExampleFile>,
    /// By provider, under which versions it is looked at.
    pub provider: Option<SmolStr>,
    /// The same for Terraform.
    pub terraform: Option<SmolStr>,
    /// The line of the page on which its first fence begins, from 1.
    pub line: u32,
}

/// A file of an [`Example`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleFile {
    /// `main.tf` unless the fence says otherwise.
    pub name: String,
    /// Without markers.
    pub text: String,
    /// The findings that are expected, in the order of their lines.
    pub marks: Vec<Mark>,
}

/// An expected finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The line of the file on which its primary range begins, from 0.
    pub line: u32,
    /// A part of its message.
    pub message: Option<String>,
}

/// The sections that hold examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// Findings are expected at the markers.
    Bad,
    /// The bad example after its fix.
    Fixed,
    /// The rule passes.
    Good,
    /// The rule is silent.
    Unknown,
}

/// What a rule says about a block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// At most one per word of the page and element of the block.
    pub findings: Vec<Finding>,
    /// What decides without findings.
    pub verdict: Verdict,
}

/// The three answers of a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Everything that was looked at is as it should be, or nothing was.
    #[default]
    Pass,
    /// Something can't be known.
    Silent,
    /// There are findings.
    Fail,
}

impl Page {
    /// Whether it looks at files.
    pub fn is_about_files(&self) -> bool {
        let mut kinds = self.checks.iter().map(|check| check.selector.kind);
        kinds.any(|kind| kind == SubjectKind::File)
    }

    /// The kinds and types of blocks that it must be run on, each once. An empty type stands for
    /// kinds without one.
    pub fn subjects(&self) -> impl Iterator<Item = (BlockKind, SmolStr)> + use<> {
        let mut subjects: Vec<(BlockKind, SmolStr)> = Vec::new();
        if let Some(code) = self.coded() {
            subjects.extend((code.subjects)(self));
        }
        for check in &self.checks {
            let Some(kind) = check.selector.kind.block_kind() else {
                continue;
            };
            let is_typed = matches!(
                kind,
                BlockKind::Resource | BlockKind::Data | BlockKind::Ephemeral | BlockKind::Provider
            );
            let types = if is_typed {
                check.selector.types.clone()
            } else {
                vec![SmolStr::default()]
            };
            for ty in types {
                if !subjects.contains(&(kind, ty.clone())) {
                    subjects.push((kind, ty));
                }
            }
        }
        subjects.into_iter()
    }

    /// Runs all checks of the page on a block.
    pub fn run(
        self: &Arc<Self>,
        block: BlockId,
        subject: &SharedSubject,
        world: &dyn World,
    ) -> Outcome {
        match self.coded() {
            Some(code) => (code.run)(self, block, subject, world),
            None => crate::run::run(self, block, subject, world),
        }
    }

    /// What its best fix is on its own bad examples, as far as the page tells: `None` for no fix.
    pub fn fix_safety(&self) -> Option<Safety> {
        match self.coded() {
            Some(code) => code.fix,
            None => crate::run::fix_safety(self),
        }
    }

    /// The row of that name.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|r| r.name == name)
    }

    /// Whether another scanner calls the page, or one of its rows, so.
    pub fn is_called(&self, id: &str) -> bool {
        is_called(&self.same_as, &self.rows, id)
    }

    /// The text with which editors and `explain` show it: title, description and notes, in Markdown.
    pub fn hover(&self) -> String {
        let notes = if self.notes.is_empty() {
            String::new()
        } else {
            format!("\n\n{}", self.notes)
        };
        format!("**{}**\n\n{}{notes}", self.title, self.summary)
    }

    /// The examples of a section.
    pub fn examples_of(&self, section: Section) -> impl Iterator<Item = &Example> {
        self.examples.iter().filter(move |e| e.section == section)
    }
}

/// See [`Page::is_called`].
pub fn is_called(same_as: &[SmolStr], rows: &[Row], id: &str) -> bool {
    let id = plain_id(id);
    let of_rows = rows.iter().flat_map(|row| &row.same_as);
    let mut all = same_as.iter().chain(of_rows);
    all.any(|name| name.eq_ignore_ascii_case(id))
}

/// An id of another scanner as `same-as` spells it: Trivy's have been written with and without `AVD-`.
pub fn plain_id(id: &str) -> &str {
    match id.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("AVD-") => &id[4..],
        _ => id,
    }
}

impl SubjectKind {
    /// The kind of top-level block that holds it; `None` for those that are none.
    pub fn block_kind(self) -> Option<BlockKind> {
        Some(match self {
            SubjectKind::Resource => BlockKind::Resource,
            SubjectKind::Data => BlockKind::Data,
            SubjectKind::Ephemeral => BlockKind::Ephemeral,
            SubjectKind::Provider => BlockKind::Provider,
            SubjectKind::Terraform | SubjectKind::Backend => BlockKind::Terraform,
            SubjectKind::Call => BlockKind::Module,
            SubjectKind::Variable => BlockKind::Variable,
            SubjectKind::Output => BlockKind::Output,
            SubjectKind::File => return None,
        })
    }
}

impl Category {
    /// Every category, with the name that pages and settings use.
    pub const NAMES: [(&'static str, Category); 8] = [
        ("access", Category::Access),
        ("encryption", Category::Encryption),
        ("network", Category::Network),
        ("logging", Category::Logging),
        ("secrets", Category::Secrets),
        ("resilience", Category::Resilience),
        ("hardening", Category::Hardening),
        ("supply-chain", Category::SupplyChain),
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        Category::NAMES
            .iter()
            .find(|(_, c)| *c == self)
            .map_or("", |(name, _)| name)
    }
}

impl Section {
    /// The heading.
    pub const fn name(self) -> &'static str {
        match self {
            Section::Bad => "Bad",
            Section::Fixed => "Fixed",
            Section::Good => "Good",
            Section::Unknown => "Unknown",
        }
    }
}
