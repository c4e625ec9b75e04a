//! Whether a value is what a matcher asks for.

use stockade_eval::{Kind, Value};
use stockade_schema::version::Version;

use super::frame::{Frame, Run};
use super::value::{any, equal, for_possible, is_empty};
use crate::check::Written;
use crate::matcher::Matcher;
use crate::page::Verdict;
use crate::secrets::is_placeholder;

impl Run<'_> {
    /// Judges a value; `None` when it is absent and no default is known.
    pub(crate) fn matches(
        &self,
        matcher: &Matcher,
        value: Option<&Value>,
        frame: &Frame<'_>,
    ) -> Verdict {
        match value {
            Some(value) if value.kind != Kind::Null => {
                for_possible(value, &mut |v| self.matches_one(matcher, v, frame))
            }
            _ => absent(matcher),
        }
    }

    fn matches_one(&self, matcher: &Matcher, value: &Value, frame: &Frame<'_>) -> Verdict {
        if value.kind == Kind::Null {
            return absent(matcher);
        }
        let is = |expected: &Written| equal(&self.eval(&expected.expr, frame), value);
        match matcher {
            Matcher::Equals(expected) => passes(is(expected)),
            Matcher::OneOf(all) => passes(any(all.iter().map(is))),
            Matcher::NoneOf(all, _) => passes(any(all.iter().map(is)).map(|found| !found)),
            Matcher::AtLeast(least) => passes(
                compare(value, &self.eval(&least.expr, frame)).map(std::cmp::Ordering::is_ge),
            ),
            Matcher::AtMost(most) => {
                passes(compare(value, &self.eval(&most.expr, frame)).map(std::cmp::Ordering::is_le))
            }
            Matcher::Set(_) | Matcher::Any(_) => passes(is_empty(value).map(|empty| !empty)),
            // What stands for what is to be put in is no secret.
            Matcher::Literal(_) if value.as_str().is_some_and(is_placeholder) => Verdict::Fail,
            Matcher::Literal(_) => match is_empty(value) {
                Some(empty) if !matches!(value.kind, Kind::Unknown(_)) => passes(Some(!empty)),
                _ => Verdict::Silent,
            },
            Matcher::Matches { regex, negated, .. } => {
                passes(value.to_text().map(|t| regex.is_match(&t) != *negated))
            }
            Matcher::Elements(inner) => self.elements(inner, value, frame),
            Matcher::Including(all) => self.including(all, value, frame),
            Matcher::Excluding(all) => self.excluding(all, value, frame),
            Matcher::Null => match &value.kind {
                Kind::Unknown(unknown) if !unknown.not_null => Verdict::Silent,
                _ => Verdict::Fail,
            },
        }
    }

    fn elements(&self, inner: &Matcher, value: &Value, frame: &Frame<'_>) -> Verdict {
        let (known, is_whole) = known_elements(value);
        let worst = known
            .iter()
            .map(|v| self.matches(inner, Some(v), frame))
            .max();
        match worst {
            Some(Verdict::Fail) => Verdict::Fail,
            _ if !is_whole => Verdict::Silent,
            worst => worst.unwrap_or(Verdict::Pass),
        }
    }

    fn including(&self, all: &[Written], value: &Value, frame: &Frame<'_>) -> Verdict {
        let (known, is_whole) = known_elements(value);
        let verdicts = all.iter().map(|expected| {
            let expected = self.eval(&expected.expr, frame);
            if let (Kind::Object(entries), Some((has, whole))) =
                (&expected.kind, known_entries(value))
            {
                let found = entries.iter().map(|(key, v)| match has.get(key) {
                    Some(actual) => passes(equal(v, actual)),
                    None if whole => Verdict::Fail,
                    None => Verdict::Silent,
                });
                return found.max().unwrap_or(Verdict::Pass);
            }
            match any(known.iter().map(|v| equal(&expected, v))) {
                Some(true) => Verdict::Pass,
                Some(false) if is_whole => Verdict::Fail,
                _ => Verdict::Silent,
            }
        });
        verdicts.max().unwrap_or(Verdict::Pass)
    }

    fn excluding(&self, all: &[Written], value: &Value, frame: &Frame<'_>) -> Verdict {
        let (known, is_whole) = known_elements(value);
        let unwanted: Vec<Value> = all.iter().map(|w| self.eval(&w.expr, frame)).collect();
        let found = any(known
            .iter()
            .flat_map(|v| unwanted.iter().map(move |u| equal(u, v))));
        match found {
            Some(true) => Verdict::Fail,
            Some(false) if is_whole => Verdict::Pass,
            _ => Verdict::Silent,
        }
    }

    /// The elements of a list that `excluding` or `elements` objects to, by index.
    pub(crate) fn offending_elements(
        &self,
        matcher: &Matcher,
        value: &Value,
        frame: &Frame<'_>,
    ) -> Vec<u32> {
        let Kind::List(_, elements) = &value.kind else {
            return Vec::new();
        };
        let objects = |element: &Value| match matcher {
            Matcher::Excluding(all) => {
                any(all
                    .iter()
                    .map(|w| equal(&self.eval(&w.expr, frame), element)))
                    == Some(true)
            }
            Matcher::Elements(inner) => self.matches(inner, Some(element), frame) == Verdict::Fail,
            _ => false,
        };
        (0u32..)
            .zip(elements.iter())
            .filter(|(_, e)| objects(e))
            .map(|(i, _)| i)
            .collect()
    }
}

/// What the absence of an argument without a default means.
pub(crate) fn absent(matcher: &Matcher) -> Verdict {
    match matcher {
        Matcher::NoneOf(..)
        | Matcher::Matches { negated: true, .. }
        | Matcher::Elements(_)
        | Matcher::Excluding(_)
        | Matcher::Null => Verdict::Pass,
        _ => Verdict::Fail,
    }
}

fn passes(holds: Option<bool>) -> Verdict {
    match holds {
        Some(true) => Verdict::Pass,
        Some(false) => Verdict::Fail,
        None => Verdict::Silent,
    }
}

/// The elements that are certainly in a collection, and whether these are all. A single value is a
/// list of one, as in policies.
fn known_elements(value: &Value) -> (Vec<&Value>, bool) {
    match &value.kind {
        Kind::List(_, elements) => (elements.iter().collect(), true),
        Kind::Object(map) => (map.values().collect(), true),
        Kind::Unknown(unknown) => (
            unknown
                .contains
                .iter()
                .chain(unknown.entries.values())
                .collect(),
            false,
        ),
        _ => (vec![value], true),
    }
}

type Entries = std::collections::BTreeMap<smol_str::SmolStr, Value>;

fn known_entries(value: &Value) -> Option<(&Entries, bool)> {
    match &value.kind {
        Kind::Object(map) => Some((map, true)),
        Kind::Unknown(unknown) => Some((&unknown.entries, false)),
        _ => None,
    }
}

/// Numbers, or versions where the page writes a string.
fn compare(value: &Value, bound: &Value) -> Option<std::cmp::Ordering> {
    if let Kind::Number(bound) = &bound.kind {
        return Some(value.as_number()?.cmp(bound));
    }
    let version = |v: &Value| v.to_text()?.parse::<Version>().ok();
    Some(version(value)?.cmp(&version(bound)?))
}
