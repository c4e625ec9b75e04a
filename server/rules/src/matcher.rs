//! What an argument is compared with.

use crate::check::Written;

/// A matcher of `secure` or `insecure`. Written values are what a fix writes; the first one counts.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// Equal after Terraform's conversions.
    Equals(Written),
    /// Equal to one of them.
    OneOf(Vec<Written>),
    /// A number or version of at least this.
    AtLeast(Written),
    /// A number or version of at most this.
    AtMost(Written),
    /// Neither null nor empty.
    Set(Option<Written>),
    /// Known and not empty: written in the workspace.
    Literal(Option<Written>),
    /// Equal to none of them.
    NoneOf(Vec<Written>, Option<Written>),
    /// A regular expression that is found in it, or (`negated`) is not.
    Matches {
        /// The expression.
        regex: regex::Regex,
        /// Must not be found.
        negated: bool,
        /// What the fix writes.
        write: Option<Written>,
    },
    /// Each element passes.
    Elements(Box<Matcher>),
    /// A list with these elements, or a map with these entries.
    Including(Vec<Written>),
    /// A list without these elements.
    Excluding(Vec<Written>),
    /// Anything; this is written when it is missing.
    Any(Written),
    /// Must be absent.
    Null,
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        use Matcher::*;
        match (self, other) {
            (Equals(a), Equals(b))
            | (AtLeast(a), AtLeast(b))
            | (AtMost(a), AtMost(b))
            | (Any(a), Any(b)) => a == b,
            (OneOf(a), OneOf(b)) | (Including(a), Including(b)) | (Excluding(a), Excluding(b)) => {
                a == b
            }
            (Set(a), Set(b)) | (Literal(a), Literal(b)) => a == b,
            (NoneOf(a, x), NoneOf(b, y)) => a == b && x == y,
            (
                Matches {
                    regex: a,
                    negated: m,
                    write: x,
                },
                Matches {
                    regex: b,
                    negated: n,
                    write: y,
                },
            ) => a.as_str() == b.as_str() && m == n && x == y,
            (Elements(a), Elements(b)) => a == b,
            (Null, Null) => true,
            _ => false,
        }
    }
}

impl Matcher {
    /// What the fix writes; `None` where only the user can know it.
    pub fn written(&self) -> Option<&Written> {
        match self {
            Matcher::Equals(w) | Matcher::AtLeast(w) | Matcher::AtMost(w) | Matcher::Any(w) => {
                Some(w)
            }
            Matcher::OneOf(values) | Matcher::Including(values) => values.first(),
            Matcher::Set(write)
            | Matcher::Literal(write)
            | Matcher::NoneOf(_, write)
            | Matcher::Matches { write, .. } => write.as_ref(),
            Matcher::Elements(inner) => inner.written(),
            Matcher::Excluding(_) | Matcher::Null => None,
        }
    }
}
