//! Snyk's policy file, `.snyk` at the root of a workspace: what a team has accepted there is accepted here too, by the `same-as` of
//! our rules.
//!
//! Source: <https://docs.snyk.io/developer-tools/snyk-cli/scan-and-maintain-projects-using-the-cli/snyk-cli-for-iac/iac-ignores-using-the-.snyk-policy-file>.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use smol_str::{SmolStr, format_smolstr};
use stockade_rules::finding::Severity;
use stockade_rules::yaml::{self, Node};
use stockade_text::TextRange;

use crate::config::{Config, ConfigError};
use crate::foreign::{self, NO_REASON, Tool};
use crate::own_rules::Faulty;
use crate::report::{Report, ReportKind, SUPPRESSION};
use crate::snapshot::FileSnapshot;
use crate::source::{self, Unreadable};
use crate::suppress::{self, MARKER, size};

/// Its name.
pub(crate) const FILE: &str = ".snyk";

/// A policy file that was read.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    pub(crate) path: PathBuf,
    text: String,
    entries: Vec<Accepted>,
}

/// An entry: an id of Snyk's at a place, for a time.
#[derive(Clone, Debug, PartialEq)]
struct Accepted {
    id: SmolStr,
    place: Place,
    reason: SmolStr,
    until: Until,
    /// From the place to the end of its line: bytes of the file.
    at: Range<usize>,
}

/// How long an entry holds.
#[derive(Clone, Debug, PartialEq)]
enum Until {
    Always,
    Day(Date),
    /// What nobody knows the end of does not hold.
    Unreadable(SmolStr),
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

impl Policy {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Why a report is accepted, if it is. `file` is from the root of the workspace, with `/`.
    pub(crate) fn why(&self, report: &Report, file: &str, today: Date) -> Option<SmolStr> {
        Some(self.covering(report, file, today)?.reason.clone())
    }

    /// The comment of ours that accepts a report which is accepted here.
    pub(crate) fn comment(&self, report: &Report, file: &str, today: Date) -> Option<String> {
        let entry = self.covering(report, file, today)?;
        let until = match entry.until {
            Until::Day(day) => Some(day),
            Until::Always | Until::Unreadable(_) => None,
        };
        let (rule, reason) = (&report.rule, Some(&*entry.reason));
        Some(suppress::comment(MARKER, rule, until, reason))
    }

    fn covering(&self, report: &Report, file: &str, today: Date) -> Option<&Accepted> {
        let mut all = self.entries.iter();
        all.find(|entry| entry.covers(report, file, today))
    }

    /// The entries, by number, that cover some reports of a file.
    pub(crate) fn used(&self, reports: &[Report], file: &str, today: Date) -> BTreeSet<usize> {
        let accepted = || reports.iter().filter(|r| r.suppressed.is_some());
        let entries = self.entries.iter().enumerate();
        let used = entries.filter(|(_, e)| accepted().any(|r| e.covers(r, file, today)));
        used.map(|(n, _)| n).collect()
    }

    /// What is wrong with the entries. `is_used` is asked for the number of one, `is_seen` for the file that one is about, or
    /// (`None`) for all: whether what is found there is known. An id that no rule of ours stands for is none of our business.
    pub(crate) fn reports(
        &self,
        config: &Config,
        path: &Arc<Path>,
        today: Date,
        is_used: impl Fn(usize) -> bool,
        is_seen: impl Fn(Option<&str>) -> bool,
    ) -> Vec<Report> {
        if !config.runs_id(SUPPRESSION) {
            return Vec::new();
        }
        let stated = config.severity(SUPPRESSION);
        let fault = |(n, entry): (usize, &Accepted)| {
            if !foreign::is_looked_for(Tool::Snyk, &entry.id, config) {
                return None;
            }
            let (severity, message) = match entry.fault(today) {
                Some(message) => (Severity::Low, message),
                None if is_used(n) || !is_seen(entry.place.file.as_deref()) => return None,
                None => (Severity::Info, foreign::idle(Tool::Snyk, &entry.id)),
            };
            let severity = stated.unwrap_or(severity);
            let range = TextRange::new(size(entry.at.start), size(entry.at.end));
            let kind = ReportKind::Suppression;
            Some(Report::own(kind, severity, path, range, message))
        };
        self.entries.iter().enumerate().filter_map(fault).collect()
    }

    /// The file as it is shown, with what is wrong with it.
    pub(crate) fn shown(&self, reports: Vec<Report>) -> FileSnapshot {
        FileSnapshot::of_text(None, &self.text, reports)
    }
}

impl Accepted {
    /// Why it holds no more, or never did.
    fn fault(&self, today: Date) -> Option<String> {
        let id = &self.id;
        match &self.until {
            Until::Day(day) if *day < today => Some(format!(
                "This entry for {id} has expired on {day}: mend what it covers, or set a new date."
            )),
            Until::Unreadable(text) => Some(format!(
                "\"{text}\" is not a date, so that this entry for {id} covers nothing. Write it as 2030-12-31."
            )),
            _ => None,
        }
    }

    fn covers(&self, report: &Report, file: &str, today: Date) -> bool {
        let holds = self.fault(today).is_none();
        holds && foreign::is_meant(Tool::Snyk, &self.id, report) && self.place.covers(report, file)
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

/// The policy file of a workspace; an empty one where there is none.
pub(crate) fn of(root: &Path) -> Result<Policy, Faulty> {
    let path = root.join(FILE);
    let (text, read) = match source::read(&path) {
        Ok(text) => {
            let read = read(&text);
            (text, read)
        }
        Err(Unreadable::Io(_)) if !path.exists() => return Ok(Policy::default()),
        Err(why) => {
            let message = format!("{why}; nothing of it holds");
            let error = ConfigError {
                range: 0..0,
                message,
            };
            (String::new(), Err(error))
        }
    };
    match read {
        Ok(entries) => Ok(Policy {
            path,
            text,
            entries,
        }),
        Err(error) => Err(Faulty {
            path,
            text,
            errors: vec![error],
        }),
    }
}

/// The entries of a policy file.
fn read(text: &str) -> Result<Vec<Accepted>, ConfigError> {
    let policy = yaml::read(text, 0).map_err(|(at, message)| ConfigError {
        range: byte_of(text, at)..byte_of(text, at),
        message: format!("not valid YAML: {message}; nothing of it holds"),
    })?;
    let ids = policy.get("ignore").into_iter().flat_map(Node::entries);
    let entries = ids.flat_map(|(id, _, places)| {
        let entries = places.items().iter().flat_map(Node::entries);
        entries.map(|(place, at, says)| {
            let start = byte_of(text, *at);
            let line = text[start..].lines().next().unwrap_or_default();
            accepted(id, place, says, start..start + line.trim_end().len())
        })
    });
    Ok(entries.collect())
}

fn byte_of(text: &str, (line, column): yaml::At) -> usize {
    let before = (line as usize).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(before).map(str::len).sum();
    let line = text[start..].lines().next().unwrap_or_default();
    let column = (column as usize).saturating_sub(1);
    let before = line.char_indices().nth(column);
    start + before.map_or(line.len(), |(at, _)| at)
}

fn accepted(id: &str, place: &str, says: &Node, at: Range<usize>) -> Accepted {
    let reason = says.get("reason").and_then(Node::text).map(str::trim);
    let reason = reason.filter(|reason| !["", "None Given"].contains(reason));
    let until = match says.get("expires") {
        None => Until::Always,
        Some(expires) => {
            let text = expires.text().unwrap_or_default();
            date(text).map_or_else(|| Until::Unreadable(text.into()), Until::Day)
        }
    };
    Accepted {
        id: id.into(),
        place: Place::read(place),
        reason: reason.unwrap_or(NO_REASON).into(),
        until,
        at,
    }
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
            let entries = read(text).unwrap_or_default();
            let holds = |entry: &Accepted| !matches!(entry.until, Until::Unreadable(_));
            assert!(!entries.iter().any(holds), "{text:?}");
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
