//! Sets of versions: what a list of constraints allows.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Bound;
use std::str::FromStr;

use super::{Version, VersionError, parse_parts};

/// The versions that a list of constraints (`>= 4.0, < 6.0, != 5.2.1`) allows: a range with holes.
///
/// Equal sets of constraints are equal intervals, however they were written. The default is
/// [`Interval::any`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Interval {
    low: Bound<Version>,
    high: Bound<Version>,
    /// What `!=` takes out; sorted, each inside the range and not at an end of it.
    except: Vec<Version>,
}

impl Default for Interval {
    fn default() -> Interval {
        Interval::any()
    }
}

impl Interval {
    /// Every version: no constraint was written.
    pub const fn any() -> Interval {
        Interval {
            low: Bound::Unbounded,
            high: Bound::Unbounded,
            except: Vec::new(),
        }
    }

    /// One version, such as the lock file's.
    pub fn exactly(version: Version) -> Interval {
        Interval {
            low: Bound::Included(version.clone()),
            high: Bound::Included(version),
            except: Vec::new(),
        }
    }

    /// `low` and later.
    pub fn at_least(low: Version) -> Interval {
        Interval {
            low: Bound::Included(low),
            ..Interval::any()
        }
    }

    /// All releases of a major version.
    pub fn major(major: u64) -> Interval {
        let low = Bound::Included(Version::new(major, 0, 0));
        Interval {
            low,
            high: Bound::Excluded(Version::new(major.saturating_add(1), 0, 0)),
            except: Vec::new(),
        }
    }

    /// The only version, if there is but one.
    pub fn as_point(&self) -> Option<&Version> {
        match (&self.low, &self.high) {
            (Bound::Included(low), Bound::Included(high))
                if low == high && self.except.is_empty() =>
            {
                Some(low)
            }
            _ => None,
        }
    }

    /// Whether the constraints contradict each other.
    pub fn is_empty(&self) -> bool {
        match (&self.low, &self.high) {
            (Bound::Included(low), Bound::Included(high)) => low > high,
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (
                Bound::Included(low) | Bound::Excluded(low),
                Bound::Included(high) | Bound::Excluded(high),
            ) => low >= high,
        }
    }

    /// Whether a version is allowed. A prerelease is only if an end of the interval is a prerelease
    /// of the same release, as Terraform has it.
    pub fn contains(&self, version: &Version) -> bool {
        let names_a_prerelease = |bound: &Bound<Version>| match bound {
            Bound::Included(end) | Bound::Excluded(end) => {
                end.is_prerelease() && end.release() == version.release()
            }
            Bound::Unbounded => false,
        };
        let eligible = !version.is_prerelease()
            || names_a_prerelease(&self.low)
            || names_a_prerelease(&self.high);
        eligible && self.in_range(version) && !self.except.contains(version)
    }

    fn in_range(&self, version: &Version) -> bool {
        let above = match &self.low {
            Bound::Included(low) => version >= low,
            Bound::Excluded(low) => version > low,
            Bound::Unbounded => true,
        };
        let below = match &self.high {
            Bound::Included(high) => version <= high,
            Bound::Excluded(high) => version < high,
            Bound::Unbounded => true,
        };
        above && below
    }

    /// What both allow.
    #[must_use]
    pub fn intersection(&self, other: &Interval) -> Interval {
        let low = if low_rank(&self.low) >= low_rank(&other.low) {
            &self.low
        } else {
            &other.low
        };
        let high = if compare_high(&self.high, &other.high).is_le() {
            &self.high
        } else {
            &other.high
        };
        let except = self.except.iter().chain(&other.except).cloned().collect();
        Interval {
            low: low.clone(),
            high: high.clone(),
            except,
        }
        .normalized()
    }

    /// Whether some version is allowed by both.
    pub fn intersects(&self, other: &Interval) -> bool {
        !self.intersection(other).is_empty()
    }

    /// Whether this (what a rule or a default requires) holds for every version in `allowed`.
    /// Nothing holds for contradictory constraints.
    pub fn holds_on_whole(&self, allowed: &Interval) -> bool {
        self.applies_to(allowed) == Some(true)
    }

    /// `Some(true)` if this requirement holds for every version in `allowed`, `Some(false)` if for
    /// none, `None` if it depends on which one runs.
    pub fn applies_to(&self, allowed: &Interval) -> Option<bool> {
        if allowed.is_empty() {
            return None;
        }
        let common = self.intersection(allowed);
        if common.is_empty() {
            return Some(false);
        }
        (common == *allowed).then_some(true)
    }

    /// One canonical form: holes sorted and inside, a hole at an end makes the end open.
    fn normalized(mut self) -> Interval {
        self.except.sort();
        self.except.dedup();
        for bound in [&mut self.low, &mut self.high] {
            if let Bound::Included(end) = bound
                && self.except.contains(end)
            {
                *bound = Bound::Excluded(end.clone());
            }
        }
        let range = Interval {
            low: self.low.clone(),
            high: self.high.clone(),
            except: Vec::new(),
        };
        self.except.retain(|hole| range.in_range(hole));
        self
    }
}

/// Orders lower ends: later starts are greater, an open start after a closed one.
fn low_rank(bound: &Bound<Version>) -> Option<(&Version, bool)> {
    match bound {
        Bound::Unbounded => None,
        Bound::Included(low) => Some((low, false)),
        Bound::Excluded(low) => Some((low, true)),
    }
}

/// Orders upper ends: earlier ends are less, an open end before a closed one.
fn compare_high(a: &Bound<Version>, b: &Bound<Version>) -> Ordering {
    let rank = |bound: &Bound<Version>| match bound {
        Bound::Unbounded => None,
        Bound::Included(high) => Some((high.clone(), true)),
        Bound::Excluded(high) => Some((high.clone(), false)),
    };
    match (rank(a), rank(b)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => a.cmp(&b),
    }
}

impl FromStr for Interval {
    type Err = VersionError;

    /// Constraints separated by commas; an empty text allows every version.
    fn from_str(text: &str) -> Result<Interval, VersionError> {
        if text.trim().is_empty() {
            return Ok(Interval::any());
        }
        text.split(',')
            .try_fold(Interval::any(), |all, constraint| {
                let one = parse_constraint(constraint).ok_or_else(|| VersionError {
                    text: constraint.trim().into(),
                    constraint: true,
                })?;
                Ok(all.intersection(&one))
            })
    }
}

fn parse_constraint(text: &str) -> Option<Interval> {
    let text = text.trim();
    let start_of_version = text.find(|c: char| !"=!<>~".contains(c))?;
    let (operator, version) = text.split_at(start_of_version);
    let (version, written) = parse_parts(version)?;
    let any = Interval::any();
    Some(match operator {
        "" | "=" => Interval::exactly(version),
        "!=" => Interval {
            except: vec![version],
            ..any
        },
        ">" => Interval {
            low: Bound::Excluded(version),
            ..any
        },
        ">=" => Interval::at_least(version),
        "<" => Interval {
            high: Bound::Excluded(version),
            ..any
        },
        "<=" => Interval {
            high: Bound::Included(version),
            ..any
        },
        "~>" => {
            let next = match written {
                3 => Version::new(version.major, version.minor.checked_add(1)?, 0),
                _ => Version::new(version.major.checked_add(1)?, 0, 0),
            };
            Interval {
                low: Bound::Included(version),
                high: Bound::Excluded(next),
                ..any
            }
        }
        _ => return None,
    })
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(version) = self.as_point() {
            return write!(f, "= {version}");
        }
        let low = match &self.low {
            Bound::Included(low) => Some(format!(">= {low}")),
            Bound::Excluded(low) => Some(format!("> {low}")),
            Bound::Unbounded => None,
        };
        let high = match &self.high {
            Bound::Included(high) => Some(format!("<= {high}")),
            Bound::Excluded(high) => Some(format!("< {high}")),
            Bound::Unbounded => None,
        };
        let holes = self.except.iter().map(|hole| format!("!= {hole}"));
        let parts: Vec<String> = low.into_iter().chain(high).chain(holes).collect();
        f.write_str(if parts.is_empty() { "any version" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(text: &str) -> Interval {
        text.parse().unwrap_or_else(|e| panic!("{e}"))
    }

    fn version(text: &str) -> Version {
        text.parse().unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn what_is_allowed() {
        let table: [(&str, &[&str], &[&str]); 14] = [
            ("", &["0.1.0", "9.9.9"], &["1.0.0-beta1"]),
            ("5.1.0", &["5.1.0"], &["5.1.1", "5.1.0-beta1"]),
            ("= 5.1", &["5.1.0"], &["5.1.1"]),
            (
                "~> 5.0",
                &["5.0.0", "5.100.0"],
                &["6.0.0", "4.9.9", "6.0.0-beta1"],
            ),
            ("~> 5.1.2", &["5.1.2", "5.1.9"], &["5.2.0", "5.1.1"]),
            ("~> 5", &["5.0.0", "5.9.0"], &["6.0.0"]),
            (">= 4, < 6", &["4.0.0", "5.100.0"], &["3.9.9", "6.0.0"]),
            (">4.0,<=4.2", &["4.0.1", "4.2.0"], &["4.0.0", "4.2.1"]),
            ("!= 5.2.1", &["5.2.0", "5.2.2"], &["5.2.1"]),
            ("~> 1.0, != 1.3.0", &["1.2.9"], &["1.3.0"]),
            (">= 2.0, != 2.0.0", &["2.0.1"], &["2.0.0"]),
            ("1.0.0-beta1", &["1.0.0-beta1"], &["1.0.0"]),
            (
                ">= 1.0.0-beta1",
                &["1.0.0-beta2", "1.0.0", "1.4.0"],
                &["1.1.0-beta1"],
            ),
            (">= 2, < 1", &[], &["1.5.0", "2.0.0"]),
        ];
        for (constraint, allowed, refused) in table {
            for v in allowed {
                assert!(
                    interval(constraint).contains(&version(v)),
                    "`{constraint}` allows {v}"
                );
            }
            for v in refused {
                assert!(
                    !interval(constraint).contains(&version(v)),
                    "`{constraint}` refuses {v}"
                );
            }
        }
    }

    #[test]
    fn requirements_on_what_is_allowed() {
        let table = [
            (">= 4.0", "~> 5.0", Some(true)),
            (">= 4.0", "", None),
            (">= 4.0", "~> 3.0", Some(false)),
            (">= 4.0", ">= 3.0", None),
            ("< 4", "<= 4.0", None),
            ("< 4", "< 4.0.0", Some(true)),
            ("<= 4", "< 4", Some(true)),
            ("> 4", ">= 4", None),
            (">= 5.88", "5.100.0", Some(true)),
            (">= 5.88", "5.87.0", Some(false)),
            ("!= 5.2.1", "~> 5.0", None),
            ("!= 5.2.1", "~> 5.3", Some(true)),
            ("!= 5.2.1", "~> 5.0, != 5.2.1", Some(true)),
            ("", ">= 1.0", Some(true)),
            (">= 1.0", ">= 2, < 1", None),
            ("< 5", ">= 5", Some(false)),
            ("<= 5", ">= 5", None),
        ];
        for (required, allowed, expected) in table {
            let (required, allowed) = (interval(required), interval(allowed));
            assert_eq!(
                required.applies_to(&allowed),
                expected,
                "{required} on {allowed}"
            );
            assert_eq!(required.holds_on_whole(&allowed), expected == Some(true));
            if !allowed.is_empty() {
                assert_eq!(
                    required.intersects(&allowed),
                    expected != Some(false),
                    "{required} meets {allowed}"
                );
            }
        }
    }

    #[test]
    fn one_form_for_equal_constraints() {
        for (a, b) in [
            ("~> 5.0", ">= 5, < 6"),
            (">= 1, >= 2", ">= 2.0.0"),
            ("!= 3, < 2", "< 2.0"),
            (">= 2, != 2.0.0", "> 2"),
        ] {
            assert_eq!(interval(a), interval(b));
        }
        assert_eq!(
            interval(">= 4, < 6, != 5.2.1").to_string(),
            ">= 4.0.0, < 6.0.0, != 5.2.1"
        );
        assert_eq!(interval("").to_string(), "any version");
        assert_eq!(interval("=1.2.3").as_point(), Some(&Version::new(1, 2, 3)));
        assert_eq!(Interval::major(5), interval("~> 5.0"));
    }

    #[test]
    fn bad_texts_say_what_to_write() {
        for bad in [
            "5.x",
            "~>",
            "=> 1.0",
            ">= 1.0 < 2.0",
            "1.2.3.4",
            "1.0-",
            "latest",
            ">= 1.0,",
            "1..2",
            "99999999999999999999",
        ] {
            let error = bad.parse::<Interval>().expect_err(bad).to_string();
            assert!(
                error.contains("is not a version constraint: write one such as"),
                "{error}"
            );
        }
    }
}
