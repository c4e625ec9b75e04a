//! Versions and version constraints, as Terraform writes them.
//!
//! A module never says which version of a provider runs, only which ones it allows: an
//! [`Interval`]. What a rule requires is an interval too, and holds only if it holds on the whole
//! of what is allowed; see [`Interval::holds_on_whole`].
//!
//! Syntax and meaning: <https://developer.hashicorp.com/terraform/language/expressions/version-constraints>

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use smol_str::SmolStr;

mod interval;

pub use interval::Interval;

/// A semantic version. Build metadata (`+…`) is dropped: it has no part in precedence.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Version {
    /// `5` of `5.100.0`.
    pub major: u64,
    /// `100` of `5.100.0`.
    pub minor: u64,
    /// `0` of `5.100.0`.
    pub patch: u64,
    /// `beta1` of `1.12.0-beta1`; empty for a release.
    pub prerelease: SmolStr,
}

impl Version {
    /// A release.
    pub const fn new(major: u64, minor: u64, patch: u64) -> Version {
        Version {
            major,
            minor,
            patch,
            prerelease: SmolStr::new_static(""),
        }
    }

    /// Whether this is a prerelease, which a constraint matches only if it names one of the same release.
    pub fn is_prerelease(&self) -> bool {
        !self.prerelease.is_empty()
    }

    fn release(&self) -> (u64, u64, u64) {
        (self.major, self.minor, self.patch)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        self.release()
            .cmp(&other.release())
            .then_with(|| compare_prerelease(&self.prerelease, &other.prerelease))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Semantic Versioning 2.0.0, section 11: a release is above its prereleases, numbers are below words.
fn compare_prerelease(a: &str, b: &str) -> Ordering {
    if a.is_empty() || b.is_empty() {
        return a.is_empty().cmp(&b.is_empty());
    }
    let identifier = |x: &str, y: &str| match (x.parse::<u64>(), y.parse::<u64>()) {
        (Ok(x), Ok(y)) => x.cmp(&y),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => x.cmp(y),
    };
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        match (left.next(), right.next()) {
            (Some(x), Some(y)) => match identifier(x, y) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
            (x, y) => return x.is_some().cmp(&y.is_some()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if self.is_prerelease() {
            write!(f, "-{}", self.prerelease)
        } else {
            Ok(())
        }
    }
}

impl FromStr for Version {
    type Err = VersionError;

    /// `5`, `5.1`, `5.1.2`, `v5.1.2-beta1+build`; missing parts are zero.
    fn from_str(text: &str) -> Result<Version, VersionError> {
        parse_parts(text)
            .map(|(version, _)| version)
            .ok_or_else(|| VersionError {
                text: text.into(),
                constraint: false,
            })
    }
}

/// A version, and how many of its three numbers were written (`~>` depends on it).
fn parse_parts(text: &str) -> Option<(Version, usize)> {
    let text = text.trim();
    let text = text.strip_prefix('v').unwrap_or(text);
    let text = text
        .split_once('+')
        .map_or(text, |(version, _build)| version);
    let (release, prerelease) = match text.split_once('-') {
        Some((_, "")) => return None,
        Some((release, prerelease)) => (release, prerelease),
        None => (text, ""),
    };
    let is_identifier = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if !prerelease.chars().all(is_identifier) {
        return None;
    }
    let mut numbers = [0; 3];
    let mut written = 0;
    for part in release.split('.') {
        let digits_only = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        *numbers.get_mut(written)? = if digits_only {
            part.parse().ok()?
        } else {
            return None;
        };
        written += 1;
    }
    let [major, minor, patch] = numbers;
    Some((
        Version {
            major,
            minor,
            patch,
            prerelease: prerelease.into(),
        },
        written,
    ))
}

/// A text that is neither a version nor a constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionError {
    text: SmolStr,
    constraint: bool,
}

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let VersionError { text, constraint } = self;
        if *constraint {
            write!(
                f,
                "`{text}` is not a version constraint: write one such as `~> 5.0` or `>= 4.0, < 6.0`"
            )
        } else {
            write!(f, "`{text}` is not a version: write one such as `5.100.0`")
        }
    }
}

impl std::error::Error for VersionError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn versions_in_order() {
        let ascending = [
            "0.0.1",
            "v1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc1",
            "1",
            "1.0.1",
            "1.2",
            "1.10.0",
            "2.0.0-0",
            "2.0.0",
        ];
        for pair in ascending.windows(2) {
            assert!(
                version(pair[0]) < version(pair[1]),
                "{} < {}",
                pair[0],
                pair[1]
            );
        }
        assert_eq!(version("1.2.3+build.7"), version("1.2.3"));
        assert_eq!(version("5.1").to_string(), "5.1.0");
        assert_eq!(version("1.2.3-rc.1").to_string(), "1.2.3-rc.1");
    }

    #[test]
    fn a_bad_version_says_what_to_write() {
        assert!(
            "five"
                .parse::<Version>()
                .expect_err("five")
                .to_string()
                .contains("`five` is not a version")
        );
    }
}
