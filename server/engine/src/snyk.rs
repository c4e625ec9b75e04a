//! Snyk's policy file, `.snyk` at the root of a workspace: what a team has accepted there is accepted here too, by the `same-as` of
//! our rules.
//!
//! Source: <https://docs.snyk.io/developer-tools/snyk-cli/scan-and-maintain-projects-using-the-cli/snyk-cli-for-iac/iac-ignores-using-the-.snyk-policy-file>.

use std::path::Path;

use jiff::civil::Date;
use smol_str::{SmolStr, format_smolstr};
use stockade_rules::yaml::{self, Node};

use crate::config::ConfigError;
use crate::foreign::{self, NO_REASON, Tool};
use crate::own_rules::Faulty;
use crate::report::Report;
use crate::source::{self, Unreadable};

/// Its name.
pub(crate) const FILE: &str = ".snyk";

/// An entry: an id of Snyk's at a place, for a time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Accepted {
    id: SmolStr,
    place: Place,
    reason: SmolStr,
    until: Option<Date>,
}

/// `*`, or `main.tf > resource > aws_security_group[web] > ingress[0]` as far as it goes.
#[derive(Clone, Debug, Default, PartialEq)]
struct Place {
    /// From the folder of the policy file, with `/`.
    file: Option<SmolStr>,
    address: Option<SmolStr>,
    /// One of several nested blocks of a name.
    element: Option<SmolStr>,
}

impl Accepted {
    /// Why a report is accepted, if it is. `file` is from the root of the workspace, with `/`.
    pub(crate) fn covers(&self, report: &Report, file: &str, today: Date) -> Option<&SmolStr> {
        let is_meant = foreign::is_meant(Tool::Snyk, &self.id, report);
        let holds = self.until.is_none_or(|until| today <= until);
        (is_meant && holds && self.place.covers(report, file)).then_some(&self.reason)
    }
}

impl Place {
    fn read(text: &str) -> Place {
        let mut parts = text.split('>').map(str::trim);
        let file = parts.next().filter(|file| *file != "*");
        // `input` is what the rest was read from, `[DocId: 0]` which document of a file.
        let mut below = parts.filter(|p| *p != "*" && *p != "input" && !p.starts_with('['));
        let kind = below.next();
        let block = below.next().and_then(|block| {
            let (ty, name) = block.strip_suffix(']')?.split_once('[')?;
            Some(format_smolstr!("{ty}.{name}"))
        });
        let address = match (kind, block) {
            (Some("data"), Some(block)) => Some(format_smolstr!("data.{block}")),
            (Some(_), Some(block)) => Some(block),
            // A place that can't be read is nowhere, and not everywhere.
            (Some(other), None) => Some(other.into()),
            (None, _) => None,
        };
        let is_numbered = |part: &&str| {
            let number = part.strip_suffix(']').and_then(|p| p.rsplit_once('['));
            number.is_some_and(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        };
        Place {
            file: file.map(|file| file.replace('\\', "/").into()),
            address,
            element: below.next().filter(is_numbered).map(SmolStr::from),
        }
    }

    fn covers(&self, report: &Report, file: &str) -> bool {
        let is_one = |wanted: &Option<SmolStr>, is: &str| wanted.as_ref().is_none_or(|w| w == is);
        is_one(&self.file, file)
            && is_one(&self.address, &report.address)
            && is_one(&self.element, &report.element)
    }
}

/// What is accepted in the policy file of a workspace, if it has one.
pub(crate) fn of(root: &Path) -> Result<Vec<Accepted>, Faulty> {
    let path = root.join(FILE);
    let (text, read) = match source::read(&path) {
        Ok(text) => {
            let read = read(&text);
            (text, read)
        }
        Err(Unreadable::Io(_)) if !path.exists() => return Ok(Vec::new()),
        Err(why) => {
            let message = format!("{why}; nothing of it holds");
            (
                String::new(),
                Err(ConfigError {
                    range: 0..0,
                    message,
                }),
            )
        }
    };
    read.map_err(|error| Faulty {
        path,
        text,
        errors: vec![error],
    })
}

/// The entries of a policy file.
fn read(text: &str) -> Result<Vec<Accepted>, ConfigError> {
    let policy = yaml::read(text, 0).map_err(|((line, column), message)| ConfigError {
        range: byte_of(text, line, column),
        message: format!("not valid YAML: {message}; nothing of it holds"),
    })?;
    let ids = policy.get("ignore").into_iter().flat_map(Node::entries);
    let entries = ids.flat_map(|(id, _, places)| {
        let entries = places.items().iter().flat_map(Node::entries);
        entries.filter_map(|(place, _, says)| accepted(id, place, says))
    });
    Ok(entries.collect())
}

fn byte_of(text: &str, line: u32, column: u32) -> std::ops::Range<usize> {
    let before = (line as usize).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(before).map(str::len).sum();
    let line = text[start..].lines().next().unwrap_or_default();
    let column = (column as usize).saturating_sub(1);
    let at = start
        + line
            .char_indices()
            .nth(column)
            .map_or(line.len(), |(at, _)| at);
    at..at
}

/// `None` for a date that can't be read: what nobody knows the end of does not hold.
fn accepted(id: &str, place: &str, says: &Node) -> Option<Accepted> {
    let reason = says.get("reason").and_then(Node::text).map(str::trim);
    let reason = reason.filter(|reason| !["", "None Given"].contains(reason));
    let until = match says.get("expires").map(Node::text) {
        Some(expires) => Some(date(expires?)?),
        None => None,
    };
    Some(Accepted {
        id: id.into(),
        place: Place::read(place),
        reason: reason.unwrap_or(NO_REASON).into(),
        until,
    })
}

/// ISO 8601 or RFC 2822, as Snyk takes them.
fn date(text: &str) -> Option<Date> {
    let day = text.get(..10).and_then(|day| day.parse().ok());
    day.or_else(|| Some(jiff::fmt::rfc2822::parse(text).ok()?.date()))
}

/// Whether a file is one, if it stands where one counts.
pub(crate) fn concerns(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_far_as_they_go() {
        let place = |file: &str, address: &str, element: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| SmolStr::from(text));
            Place {
                file: some(file),
                address: some(address),
                element: some(element),
            }
        };
        let cases = [
            ("*", place("", "", "")),
            ("net/main.tf > *", place("net/main.tf", "", "")),
            (r"net\main.tf", place("net/main.tf", "", "")),
            (
                "main.tf > resource > aws_s3_bucket[logs] > versioning > enabled",
                place("main.tf", "aws_s3_bucket.logs", ""),
            ),
            (
                "main.tf > input > resource > aws_security_group[web] > ingress[1]",
                place("main.tf", "aws_security_group.web", "ingress[1]"),
            ),
            (
                "main.tf > data > aws_iam_policy_document[all]",
                place("main.tf", "data.aws_iam_policy_document.all", ""),
            ),
            (
                "main.tf > resource > kubernetes_pod[web] > spec > containers[web]",
                place("main.tf", "kubernetes_pod.web", ""),
            ),
            ("main.tf > something", place("main.tf", "something", "")),
        ];
        for (text, expected) in cases {
            assert_eq!(Place::read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_policy_file_accepts_nothing() {
        let garbage = [
            "",
            "\u{feff}\0",
            "- a\n- b",
            "ignore",
            "ignore: [SNYK-CC-TF-4]",
            "ignore: { SNYK-CC-TF-4: '*' }",
            "ignore: { SNYK-CC-TF-4: ['*'] }",
            "ignore:\n  SNYK-CC-TF-4:\n    - '*': { expires: [2099-01-01] }",
            "a: &x [*x]",
            "ö: [\n\n",
        ];
        for text in garbage {
            assert!(read(text).unwrap_or_default().is_empty(), "{text:?}");
        }
        let deep = format!("ignore: {}", "[".repeat(10_000));
        assert!(read(&deep).is_err());
    }

    #[test]
    fn days_are_read_in_both_forms() {
        let day: Date = "2027-01-31".parse().expect("a day");
        for text in [
            "2027-01-31T08:40:35.249Z",
            "2027-01-31",
            "Sun, 31 Jan 2027 08:40:35 +0000",
        ] {
            assert_eq!(date(text), Some(day), "{text}");
        }
        assert_eq!(date("soon"), None);
    }
}
