//! Snyk's policy file, `.snyk` at the root of a workspace: what a team has accepted there is accepted here too.
//!
//! Source: <https://docs.snyk.io/developer-tools/snyk-cli/scan-and-maintain-projects-using-the-cli/snyk-cli-for-iac/iac-ignores-using-the-.snyk-policy-file>.

use std::path::Path;

use jiff::civil::Date;
use smol_str::{SmolStr, format_smolstr};
use stockade_rules::yaml::{self, Node};

use crate::config::ConfigError;
use crate::foreign::NO_REASON;
use crate::own_rules::Faulty;
use crate::report::Report;
use crate::source::{self, Unreadable};

/// Its name.
pub(crate) const FILE: &str = ".snyk";

/// What Snyk's ids say, by the titles that its tool prints, and our rules that say the same. Where ours say more than its
/// own, an id is left out: it would hide too much.
const RULES: [(&str, &[&str]); 45] = [
    // Open ingress.
    (
        "SNYK-CC-TF-1",
        &[
            "aws-ec2-security-group-ingress-from-anywhere",
            "aws-ec2-security-group-http-from-anywhere",
            "aws-ec2-security-group-open-to-everything",
        ],
    ),
    ("SNYK-CC-TF-4", &["aws-s3-bucket-without-encryption"]),
    ("SNYK-CC-TF-19", &["aws-s3-bucket-with-public-acl"]),
    // A network security group, and a rule of its own.
    ("SNYK-CC-TF-33", AZURE_INGRESS),
    ("SNYK-CC-TF-35", AZURE_INGRESS),
    ("SNYK-CC-TF-45", &["aws-s3-bucket-without-access-log"]),
    (
        "SNYK-CC-TF-51",
        &[
            "aws-ec2-instance-with-public-address",
            "aws-ec2-launch-template-with-public-address",
        ],
    ),
    (
        "SNYK-CC-TF-53",
        &["aws-ec2-instance-with-unencrypted-volume"],
    ),
    (
        "SNYK-CC-TF-56",
        &["aws-vpc-security-group-without-description"],
    ),
    ("SNYK-CC-TF-61", &["aws-ecr-repository-without-scanning"]),
    // Open egress, of a rule and of a group.
    ("SNYK-CC-TF-72", &["aws-vpc-security-group-open-egress"]),
    ("SNYK-CC-TF-73", &["aws-vpc-security-group-open-egress"]),
    // Each of the four public access settings.
    (
        "SNYK-CC-TF-95",
        &["aws-s3-bucket-without-public-access-block"],
    ),
    (
        "SNYK-CC-TF-96",
        &["aws-s3-bucket-without-public-access-block"],
    ),
    (
        "SNYK-CC-TF-97",
        &["aws-s3-bucket-without-public-access-block"],
    ),
    (
        "SNYK-CC-TF-98",
        &["aws-s3-bucket-without-public-access-block"],
    ),
    (
        "SNYK-CC-TF-118",
        &["aws-apigateway-stage-without-access-log"],
    ),
    ("SNYK-CC-TF-119", &["aws-iam-policy-allows-everything"]),
    ("SNYK-CC-TF-124", &["aws-s3-bucket-without-versioning"]),
    ("SNYK-CC-TF-126", &["aws-ecr-repository-with-mutable-tags"]),
    ("SNYK-CC-TF-127", &["aws-s3-versioning-without-mfa-delete"]),
    (
        "SNYK-CC-TF-130",
        &["aws-ec2-instance-metadata-without-token"],
    ),
    ("SNYK-CC-TF-133", &["aws-lambda-function-without-tracing"]),
    (
        "SNYK-CC-TF-136",
        &["aws-redshift-cluster-without-audit-log"],
    ),
    ("SNYK-CC-TF-149", &["azurerm-storage-account-with-old-tls"]),
    (
        "SNYK-CC-TF-175",
        &["azurerm-keyvault-vault-without-purge-protection"],
    ),
    (
        "SNYK-CC-TF-185",
        &["google-storage-bucket-without-customer-key"],
    ),
    ("SNYK-CC-TF-235", &["google-sql-instance-open-to-anywhere"]),
    (
        "SNYK-CC-TF-236",
        &["google-bigquery-dataset-open-to-everybody"],
    ),
    ("SNYK-CC-TF-244", &["azurerm-storage-account-without-https"]),
    (
        "SNYK-CC-AWS-405",
        &["aws-elb-load-balancer-keeps-invalid-headers"],
    ),
    (
        "SNYK-CC-AWS-415",
        &["aws-cloudwatch-log-group-without-customer-key"],
    ),
    (
        "SNYK-CC-AZURE-475",
        &["azurerm-compute-virtual-machine-without-host-encryption"],
    ),
    (
        "SNYK-CC-AZURE-624",
        &["azurerm-keyvault-vault-without-purge-protection"],
    ),
    ("SNYK-CC-GCP-270", &["google-sql-instance-without-tls"]),
    (
        "SNYK-CC-GCP-274",
        &["google-storage-bucket-without-access-log"],
    ),
    ("SNYK-CC-GCP-283", &["google-sql-instance-without-backup"]),
    (
        "SNYK-CC-K8S-1",
        &["kubernetes-workload-container-privileged"],
    ),
    (
        "SNYK-CC-K8S-4",
        &["kubernetes-workload-container-without-memory-limit"],
    ),
    (
        "SNYK-CC-K8S-5",
        &["kubernetes-workload-container-without-cpu-limit"],
    ),
    (
        "SNYK-CC-K8S-6",
        &["kubernetes-workload-container-without-dropped-capabilities"],
    ),
    (
        "SNYK-CC-K8S-8",
        &["kubernetes-workload-container-with-writable-root"],
    ),
    (
        "SNYK-CC-K8S-9",
        &["kubernetes-workload-container-may-gain-privileges"],
    ),
    (
        "SNYK-CC-K8S-10",
        &["kubernetes-workload-pod-that-may-run-as-root"],
    ),
    (
        "SNYK-CC-K8S-41",
        &["kubernetes-workload-container-without-liveness-probe"],
    ),
];

const AZURE_INGRESS: &[&str] = &[
    "azurerm-network-security-rule-open-to-internet",
    "azurerm-network-security-rule-http-from-internet",
    "azurerm-network-security-rule-open-to-everything",
];

/// An entry: an id of Snyk's at a place, for a time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Accepted {
    rules: &'static [&'static str],
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
        let is_meant = self.rules.contains(&report.rule.as_str());
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

/// The entries of a policy file whose ids a rule of ours stands for.
fn read(text: &str) -> Result<Vec<Accepted>, ConfigError> {
    let policy = yaml::read(text, 0).map_err(|((line, column), message)| ConfigError {
        range: byte_of(text, line, column),
        message: format!("not valid YAML: {message}; nothing of it holds"),
    })?;
    let ids = policy.get("ignore").into_iter().flat_map(Node::entries);
    let entries = ids.flat_map(|(id, _, places)| {
        let known = RULES.iter().find(|(known, _)| known == id);
        known.into_iter().flat_map(|(_, rules)| {
            let entries = places.items().iter().flat_map(Node::entries);
            entries.filter_map(|(place, _, says)| accepted(rules, place, says))
        })
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
fn accepted(rules: &'static [&'static str], place: &str, says: &Node) -> Option<Accepted> {
    let reason = says.get("reason").and_then(Node::text).map(str::trim);
    let reason = reason.filter(|reason| !["", "None Given"].contains(reason));
    let until = match says.get("expires").map(Node::text) {
        Some(expires) => Some(date(expires?)?),
        None => None,
    };
    Some(Accepted {
        rules,
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
    use crate::catalog::Catalog;

    #[test]
    fn every_id_stands_for_rules_that_exist() {
        for (id, rules) in RULES {
            for rule in rules {
                let catalog = Catalog::built_in();
                assert!(
                    catalog.find(rule).is_some(),
                    "{id}: there is no rule {rule}"
                );
            }
        }
        assert!(
            RULES.is_sorted_by_key(|(id, _)| order(id)),
            "in the order of their numbers"
        );
    }

    fn order(id: &str) -> (usize, u32) {
        let groups = ["TF", "AWS", "AZURE", "GCP", "K8S"];
        let (group, number) = id["SNYK-CC-".len()..].split_once('-').expect("an id");
        let group = groups.iter().position(|g| *g == group).expect("a group");
        (group, number.parse().expect("a number"))
    }

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
