//! What the words of a page mean, as data: the reader makes it, the runner interprets it.

use std::sync::OnceLock;

use smol_str::SmolStr;
use stockade_eval::Value;
use stockade_schema::version::Interval;
use stockade_syntax::ast::Expr;
use stockade_text::TextSize;

use crate::finding::Severity;
use crate::matcher::Matcher;

/// A subject block of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What it looks at.
    pub selector: Selector,
    /// What it demands.
    pub block: CheckBlock,
}

/// Which blocks a [`Check`] looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The kind of block.
    pub kind: SubjectKind,
    /// Resource types, provider names, backend types or module sources; empty: all of the kind.
    pub types: Vec<SmolStr>,
}

/// The kinds of subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// `resource`
    Resource,
    /// `data`
    Data,
    /// `ephemeral`
    Ephemeral,
    /// `provider`
    Provider,
    /// `terraform`
    Terraform,
    /// `backend` in `terraform`
    Backend,
    /// `module`
    Call,
    /// `variable`
    Variable,
    /// `output`
    Output,
    /// `file "*.tf"`: a file of the module by itself
    File,
}

/// The words of one block: a subject, `each`, `companion`, `refers`, `option`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckBlock {
    /// Looked at only if this is true.
    pub when: Option<Expr>,
    /// Not looked at if one of these points at it.
    pub unless: Vec<Unless>,
    /// Named values, in the order of the page.
    pub locals: Vec<(SmolStr, Expr)>,
    /// What the provider does when an argument is absent.
    pub defaults: Vec<Defaults>,
    /// The checks; each makes at most one finding on a block or element.
    pub words: Vec<Word>,
    /// Severity, message, review.
    pub wording: Wording,
    /// How it is fixed.
    pub fix: FixRule,
}

/// `unless "type" { link = path }`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unless {
    /// Resources of these types.
    pub types: Vec<SmolStr>,
    /// Their argument that points at the subject.
    pub link: Vec<SmolStr>,
}

/// How a finding is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wording {
    /// Instead of the page's.
    pub severity: Option<SeverityRule>,
    /// A template.
    pub message: Option<Expr>,
    /// Why the fix wants a look.
    pub review: Option<String>,
}

/// A severity in a check.
#[derive(Clone, Debug, PartialEq)]
pub enum SeverityRule {
    /// As written.
    Is(Severity),
    /// The name of one: `row.severity`.
    Computed(Expr),
}

/// One check.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// What the block must contain.
    Secure(Secure),
    /// What it must not.
    Insecure(Secure),
    /// For every nested block.
    Each(Each),
    /// Another resource that must exist.
    Companion(Companion),
    /// What this one points at must pass.
    Refers(Refers),
    /// One of several must pass.
    AnyOf(Vec<CheckBlock>),
    /// `forbid` and `require`.
    Condition(Condition),
}

/// The body of `secure` or `insecure`.
#[derive(Clone, Debug, PartialEq)]
pub struct Secure {
    /// Its lines.
    pub pattern: Pattern,
    /// Its own words.
    pub wording: Wording,
}

/// What a body is matched with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pattern {
    /// In the order of the page.
    pub lines: Vec<Line>,
}

/// A line of a [`Pattern`].
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// `name = matcher`
    Argument {
        /// The argument.
        name: SmolStr,
        /// What it must be.
        matcher: Matcher,
    },
    /// `name { }`, or `some "name" { }`
    Block {
        /// The nested block.
        name: SmolStr,
        /// Every such block; else at least one.
        every: bool,
        /// What it must contain.
        pattern: Pattern,
    },
    /// `entry "name" { }`
    Entry(Entry),
}

/// One of several nested blocks that hold a name and a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The nested block: `parameter`.
    pub block: SmolStr,
    /// The arguments that hold the name and the value.
    pub keys: (SmolStr, SmolStr),
    /// The name looked for.
    pub name: Written,
    /// What its value must be.
    pub value: Matcher,
    /// The absence of the entry passes.
    pub absent_passes: bool,
}

/// What the provider does when an argument is absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Defaults {
    /// For these versions of the provider; `None`: for all.
    pub versions: Option<Interval>,
    /// The values.
    pub body: DefaultBody,
}

/// The values of [`Defaults`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DefaultBody {
    /// By argument.
    pub values: Vec<(SmolStr, Expr)>,
    /// By nested block.
    pub blocks: Vec<(SmolStr, DefaultBody)>,
}

/// `each "a" "b.c" { }`
#[derive(Clone, Debug, PartialEq)]
pub struct Each {
    /// The nested blocks.
    pub paths: Vec<Vec<SmolStr>>,
    /// What each must be.
    pub block: CheckBlock,
}

/// `companion "type" { }`
#[derive(Clone, Debug, PartialEq)]
pub struct Companion {
    /// One of these types; the fix writes the first.
    pub types: Vec<SmolStr>,
    /// Where the link is; `None`: one in the module will do.
    pub link: Option<Vec<SmolStr>>,
    /// Who holds the link.
    pub direction: Direction,
    /// The attribute of the subject that is written into the link.
    pub to: SmolStr,
    /// Arguments of the subject by whose equal value a companion is linked.
    pub names: Vec<SmolStr>,
    /// It must not exist.
    pub absent: bool,
    /// The severity when there is none at all.
    pub absent_severity: Option<SeverityRule>,
    /// The message when there is none at all.
    pub absent_message: Option<Expr>,
    /// What it must be.
    pub block: CheckBlock,
}

/// Who holds the link between a subject and its companion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// The companion's argument points at the subject.
    #[default]
    In,
    /// The subject's argument points at the companion.
    Out,
    /// One of the two.
    Either,
}

/// `refers "type" { }`
#[derive(Clone, Debug, PartialEq)]
pub struct Refers {
    /// The types of what is pointed at.
    pub types: Vec<SmolStr>,
    /// The argument that points.
    pub via: Vec<SmolStr>,
    /// When the argument is absent.
    pub unset: Unset,
    /// What it must be.
    pub block: CheckBlock,
}

/// What an absent `via` means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unset {
    /// Nothing is said.
    #[default]
    Silent,
    /// It is fine.
    Passes,
    /// It is a finding.
    Fails,
}

/// `forbid` or `require`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// `forbid`: the value must be false or empty; else it must be true.
    pub forbid: bool,
    /// The expression.
    pub expr: Expr,
    /// Where a bool is marked.
    pub at: Option<Vec<SmolStr>>,
    /// Its own words.
    pub wording: Wording,
    /// Its own fix, else the block's.
    pub fix: Option<FixRule>,
}

/// How a finding is fixed.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FixRule {
    /// As the check says, where it does.
    #[default]
    Derived,
    /// Not at all.
    None,
    /// As the page says.
    Written(Box<FixSpec>),
}

/// `fix { }`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FixSpec {
    /// In the imperative; else derived.
    pub title: Option<Expr>,
    /// Why it wants a look.
    pub review: Option<String>,
    /// What is written.
    pub set: WrittenBody,
    /// What is removed.
    pub remove: Vec<Removed>,
    /// What every offending value becomes.
    pub replace: Option<Written>,
    /// What the values at these paths become.
    pub replace_at: Vec<(Vec<SmolStr>, Written)>,
    /// What is added to lists.
    pub append: Vec<(Vec<SmolStr>, Written)>,
    /// Text that is added below the subject.
    pub below: Option<Written>,
}

/// Something that a fix removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removed {
    /// Each offending value.
    Offending,
    /// The element of the `each`.
    Element,
    /// What stands at a path.
    Path(Vec<SmolStr>),
}

/// Arguments and nested blocks that a fix writes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WrittenBody {
    /// In the order of the page.
    pub arguments: Vec<(SmolStr, Written)>,
    /// In the order of the page.
    pub blocks: Vec<(SmolStr, WrittenBody)>,
}

/// A value that a fix may write: the text of the page, in which only our own names are evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// What it is compared with.
    pub expr: Expr,
    /// As it stands on the page.
    pub text: SmolStr,
    /// Where [`Written::text`] begins, in the ranges of [`Written::expr`].
    pub start: TextSize,
}

/// A row of a page: what runs once for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its label.
    pub name: SmolStr,
    /// Instead of the page's severity.
    pub severity: Option<Severity>,
    /// Further ids of other scanners.
    pub same_as: Vec<SmolStr>,
    /// Its arguments.
    pub values: Vec<(SmolStr, Expr)>,
    /// What `row` is on the page, once it was asked for, if its arguments are literals.
    pub(crate) object: OnceLock<Value>,
}
