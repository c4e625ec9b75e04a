//! The command line, through the binary: exit statuses, formats, fixes, and what it does with bad input.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_stockade-under-test");

const SECURE: &str = r#"resource "aws_sqs_queue" "jobs" {
  name                    = "jobs"
  sqs_managed_sse_enabled = true
}
"#;

/// Two mistakes: one with a safe fix, one whose fix needs a look.
const INSECURE: &str = r#"resource "aws_sqs_queue" "jobs" {
  name                    = "jobs"
  sqs_managed_sse_enabled = false
}

resource "aws_ebs_volume" "data" {
  availability_zone = "eu-west-1a"
  size              = 10
  encrypted         = false
}
"#;
const SAFE: &str = "aws-sqs-queue-unencrypted";
const REVIEW: &str = "aws-ebs-volume-unencrypted";

/// One finding of severity `low`.
const LOW: &str = r#"terraform {
  backend "s3" {
    bucket = "state"
    key    = "state"
    region = "eu-west-1"
  }
}
"#;

/// A run of the binary and what is expected of it.
#[derive(Default)]
struct Case<'a> {
    files: &'a [(&'a str, &'a str)],
    arguments: &'a [&'a str],
    environment: &'a [(&'a str, &'a str)],
    status: i32,
    /// Parts of standard output.
    shows: &'a [&'a str],
    hides: &'a [&'a str],
    /// Parts of standard error; empty: nothing is said there.
    says: &'a [&'a str],
}

struct Run {
    status: Option<i32>,
    out: String,
    err: String,
}

fn check(name: &str, case: &Case<'_>) {
    let folder = folder_with(case.files);
    let run = run(folder.path(), case.arguments, case.environment);
    case.expect(name, &run);
}

impl Case<'_> {
    fn expect(&self, name: &str, run: &Run) {
        let Run { status, out, err } = run;
        assert_eq!(*status, Some(self.status), "{name}\n{out}\n{err}");
        for part in self.shows {
            assert!(
                out.contains(part),
                "{name}: standard output lacks {part:?}\n{out}\n{err}"
            );
        }
        for part in self.hides {
            assert!(
                !out.contains(part),
                "{name}: standard output has {part:?}\n{out}"
            );
        }
        for part in self.says {
            assert!(
                err.contains(part),
                "{name}: standard error lacks {part:?}\n{err}"
            );
        }
        assert_eq!(
            err.is_empty(),
            self.says.is_empty(),
            "{name}: standard error\n{err}"
        );
        assert!(!err.contains("panicked"), "{name}\n{err}");
    }
}

/// A folder that is a workspace of its own.
fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null());
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "STOCKADE_LOG"] {
        command.env_remove(variable);
    }
    command
}

fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    finish(command(folder, arguments).envs(environment.iter().copied()))
}

fn finish(command: &mut Command) -> Run {
    let output = command.output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Run {
        status: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let run = run(folder, arguments, &[]);
    serde_json::from_str(&run.out)
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", run.out, run.err))
}

#[test]
fn exit_statuses() {
    let fail_on_critical = ("stockade.toml", "[report]\nfail-on = \"critical\"\n");
    let cases = [
        (
            "clean",
            Case {
                files: &[("main.tf", SECURE)],
                shows: &["No findings in 1 resource in 1 file."],
                ..Case::default()
            },
        ),
        (
            "found",
            Case {
                files: &[("main.tf", INSECURE)],
                status: 1,
                shows: &[REVIEW, SAFE],
                ..Case::default()
            },
        ),
        (
            "below fail-on",
            Case {
                files: &[("main.tf", INSECURE), fail_on_critical],
                shows: &[REVIEW],
                ..Case::default()
            },
        ),
        (
            "nothing evaluated",
            Case {
                shows: &["Nothing was evaluated"],
                hides: &["No findings"],
                ..Case::default()
            },
        ),
        (
            "only variables",
            Case {
                files: &[("v.tf", "variable \"x\" {}\n")],
                shows: &["Nothing was evaluated"],
                hides: &["No findings"],
                ..Case::default()
            },
        ),
    ];
    for (name, case) in cases {
        check(
            name,
            &Case {
                arguments: &["check"],
                ..case
            },
        );
    }
}

#[test]
fn usage() {
    let cases = [
        (
            "help",
            Case {
                arguments: &["--help"],
                shows: &["stockade check", "stockade lsp"],
                ..Case::default()
            },
        ),
        (
            "help of check",
            Case {
                arguments: &["check", "--help"],
                shows: &["Exit status:", "--fix"],
                ..Case::default()
            },
        ),
        (
            "version",
            Case {
                arguments: &["--version"],
                shows: &[env!("CARGO_PKG_VERSION")],
                ..Case::default()
            },
        ),
        (
            "no command",
            Case {
                arguments: &[],
                status: 2,
                says: &["Usage:"],
                ..Case::default()
            },
        ),
        (
            "unknown command",
            Case {
                arguments: &["chek"],
                status: 2,
                says: &["check"],
                ..Case::default()
            },
        ),
        (
            "fix and diff",
            Case {
                arguments: &["check", "--fix", "--diff"],
                status: 2,
                says: &["cannot be used with"],
                ..Case::default()
            },
        ),
        (
            "bad date",
            Case {
                arguments: &["check", "--today", "soon"],
                status: 2,
                says: &["--today"],
                ..Case::default()
            },
        ),
        (
            "bad severity",
            Case {
                arguments: &["check", "--severity", "bad"],
                status: 2,
                says: &["critical"],
                ..Case::default()
            },
        ),
        (
            "unknown rule",
            Case {
                arguments: &["explain", "aws-ebs-volume-unencripted"],
                status: 2,
                says: &[REVIEW],
                ..Case::default()
            },
        ),
    ];
    for (name, case) in cases {
        check(name, &case);
    }
}

#[test]
fn a_report_shows_source_value_and_fix() {
    let from_variable = r#"variable "encrypted" {
  type    = bool
  default = false
}

resource "aws_sqs_queue" "jobs" {
  name                    = "jobs"
  sqs_managed_sse_enabled = var.encrypted
}
"#;
    let cases = [
        (
            "a literal",
            Case {
                files: &[("sub folder/main.tf", INSECURE)],
                arguments: &["check", "sub folder"],
                shows: &[
                    "sub folder/main.tf:3:29",
                    "sqs_managed_sse_enabled = false",
                    "aws_sqs_queue.jobs",
                    "3 -   sqs_managed_sse_enabled = false",
                    "3 +   sqs_managed_sse_enabled = true",
                ],
                ..Case::default()
            },
        ),
        (
            "the value's origin",
            Case {
                files: &[("main.tf", from_variable)],
                arguments: &["check"],
                shows: &[
                    "sqs_managed_sse_enabled = var.encrypted",
                    "default = false",
                    "3 +   default = true",
                ],
                ..Case::default()
            },
        ),
    ];
    for (name, case) in cases {
        check(name, &Case { status: 1, ..case });
    }
}

#[test]
fn paths_and_severities_filter_the_report() {
    let files: &[(&str, &str)] = &[
        ("a/main.tf", INSECURE),
        ("b/main.tf", INSECURE),
        ("b/clean.tf", SECURE),
        (".gitignore", "c/\n"),
        ("c/main.tf", INSECURE),
    ];
    let low: &[(&str, &str)] = &[("main.tf", LOW)];
    let cases = [
        (
            "a folder",
            Case {
                files,
                arguments: &["check", "a"],
                status: 1,
                shows: &["a/main.tf"],
                hides: &["b/main.tf"],
                ..Case::default()
            },
        ),
        (
            "a file",
            Case {
                files,
                arguments: &["check", "b/clean.tf"],
                shows: &["No findings"],
                hides: &["main.tf"],
                ..Case::default()
            },
        ),
        (
            "ignored by git",
            Case {
                files,
                arguments: &["check"],
                status: 1,
                shows: &["a/main.tf", "b/main.tf"],
                hides: &["c/main.tf"],
                ..Case::default()
            },
        ),
        (
            "low is one line",
            Case {
                files: low,
                arguments: &["check"],
                shows: &["Not listed: ", "--severity low"],
                hides: &["-->"],
                ..Case::default()
            },
        ),
        (
            "low when asked for",
            Case {
                files: low,
                arguments: &["check", "--severity", "low"],
                shows: &["-->"],
                hides: &["Not listed: "],
                ..Case::default()
            },
        ),
        (
            "high only",
            Case {
                files,
                arguments: &["check", "--severity", "critical", "a"],
                status: 1,
                shows: &["Not listed: "],
                ..Case::default()
            },
        ),
    ];
    for (name, case) in cases {
        check(name, &case);
    }
}

#[test]
fn suppressions_end_on_their_day() {
    let suppressed = INSECURE.replace(
        "resource",
        &format!("# stockade:ignore {REVIEW}, {SAFE} until=2026-06-30 -- moving\nresource"),
    );
    let files: &[(&str, &str)] = &[("main.tf", &suppressed)];
    let cases = [
        (
            "before",
            Case {
                arguments: &["check", "--today", "2026-06-30"],
                shows: &["2 findings suppressed"],
                ..Case::default()
            },
        ),
        (
            "after",
            Case {
                arguments: &["check", "--today", "2026-07-01"],
                status: 1,
                shows: &[REVIEW],
                ..Case::default()
            },
        ),
    ];
    for (name, case) in cases {
        check(name, &Case { files, ..case });
    }
}

#[test]
fn colours() {
    let colours = |environment, arguments: &[&str]| {
        let folder = folder_with(&[("main.tf", INSECURE), ("broken.tf", "resource \"x\" {\n")]);
        let run = run(folder.path(), arguments, environment);
        (run.out.contains('\u{1b}'), run.err.contains('\u{1b}'))
    };
    assert_eq!(colours(&[], &["check"]), (false, false), "a pipe");
    assert_eq!(
        colours(&[("CLICOLOR_FORCE", "1")], &["check"]),
        (true, true),
        "forced"
    );
    assert_eq!(
        colours(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &["check"]),
        (false, false),
        "NO_COLOR"
    );
    assert_eq!(
        colours(&[("NO_COLOR", "1")], &["check", "--color", "always"]),
        (true, true),
        "asked for"
    );
    assert_eq!(
        colours(&[("CLICOLOR_FORCE", "1")], &["check", "--color", "never"]),
        (false, false),
        "refused"
    );
    assert!(
        !colours(&[("CLICOLOR_FORCE", "1")], &["check", "--format", "json"]).0,
        "for programs"
    );
}

#[test]
fn a_configuration_can_not_write_to_the_terminal() {
    let hostile = INSECURE
        .replace("= false\n", "= false # \u{1b}]0;title\u{7}\n")
        .replace("\"jobs\"\n", "\"\u{1b}[31m\"\n");
    let folder = folder_with(&[("main.tf", &hostile)]);
    let run = run(folder.path(), &["check", "--color", "never"], &[]);
    assert!(run.out.contains(SAFE), "{}\n{}", run.out, run.err);
    assert!(
        !run.out.contains(['\u{1b}', '\u{7}']) && !run.err.contains(['\u{1b}', '\u{7}']),
        "{}\n{}",
        run.out,
        run.err
    );
}

#[test]
fn json_holds_everything() {
    let folder = folder_with(&[("modules/a b/main.tf", INSECURE), ("low.tf", LOW)]);
    let outcome = json(folder.path(), &["check", "--format", "json"]);
    assert_eq!(outcome["format-version"], 1);
    assert_eq!(outcome["errors"], serde_json::json!([]));
    assert_eq!(outcome["summary"]["files"], 2);
    let findings = outcome["findings"].as_array().expect("a list");
    let finding = findings
        .iter()
        .find(|f| f["rule"] == SAFE)
        .expect("the rule fires");
    assert_eq!(finding["file"], "modules/a b/main.tf");
    assert_eq!(finding["resource"], "aws_sqs_queue.jobs");
    assert_eq!(
        finding["range"]["start"],
        serde_json::json!({ "line": 3, "column": 29 })
    );
    let edit = &finding["fixes"][0]["edits"][0];
    let (start, end) = (
        &edit["range"]["start"]["column"],
        &edit["range"]["end"]["column"],
    );
    assert_eq!(
        fixed_line(start, end, &edit["insert"]),
        "  sqs_managed_sse_enabled = true"
    );
    assert!(
        findings.iter().any(|f| f["severity"] == "low"),
        "json holds every severity"
    );
    for member in [
        "title",
        "severity",
        "category",
        "message",
        "element",
        "instances",
        "rows",
        "same-as",
        "related",
        "fingerprint",
        "suppressed",
    ] {
        assert!(finding.get(member).is_some(), "a finding has {member}");
    }
}

/// The third line of [`INSECURE`] with an edit applied; columns count from 1.
fn fixed_line(start: &Value, end: &Value, insert: &Value) -> String {
    let column = |value: &Value| {
        value
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .expect("a column")
            - 1
    };
    let mut line = INSECURE.lines().nth(2).expect("three lines").to_owned();
    line.replace_range(column(start)..column(end), insert.as_str().expect("text"));
    line
}

#[test]
fn json_does_not_depend_on_the_order_of_work() {
    let many: Vec<(String, String)> = (0..40)
        .map(|i| {
            (
                format!("m{i}/main.tf"),
                INSECURE.replace("jobs", &format!("jobs{i}")),
            )
        })
        .collect();
    let files: Vec<(&str, &str)> = many
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let folder = folder_with(&files);
    let once = run(folder.path(), &["check", "--format", "json"], &[]);
    let again = run(folder.path(), &["check", "--format", "json"], &[]);
    assert!(once.out == again.out, "two runs differ");
    let rules = json(folder.path(), &["check", "--format", "json"]);
    assert!(rules["findings"].as_array().is_some_and(|f| f.len() >= 80));
}

#[test]
fn sarif_is_what_code_scanning_needs() {
    let folder = folder_with(&[
        ("ä b/main.tf", INSECURE),
        ("broken.tf", "resource \"aws_s3_bucket\" \"x\" {\n"),
    ]);
    let log = json(folder.path(), &["check", "--format", "sarif"]);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    assert_eq!(run["invocations"][0]["exitCode"], 2);
    let results = run["results"].as_array().expect("results");
    let result = results
        .iter()
        .find(|r| r["ruleId"] == SAFE)
        .expect("the rule fires");
    assert_eq!(result["properties"]["resource"], "aws_sqs_queue.jobs");
    assert_eq!(
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "%C3%A4%20b/main.tf"
    );
    assert_eq!(
        result["locations"][0]["physicalLocation"]["region"]["startLine"],
        3
    );
    let replacement = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    let region = &replacement["deletedRegion"];
    let insert = &replacement["insertedContent"]["text"];
    assert_eq!(
        fixed_line(&region["startColumn"], &region["endColumn"], insert),
        "  sqs_managed_sse_enabled = true"
    );
    assert!(result["partialFingerprints"]["stockade/v1"].is_string());
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
    assert_eq!(rules[index]["id"], SAFE);
    for rule in rules {
        let properties = &rule["properties"];
        assert!(
            properties["aliases"].is_array() && properties["tags"].is_array(),
            "{rule}"
        );
        assert!(
            properties["security-severity"]
                .as_str()
                .is_some_and(|s| s.parse::<f64>().is_ok()),
            "{rule}"
        );
        assert!(
            rule["help"]["markdown"]
                .as_str()
                .is_some_and(|text| text.len() > 100),
            "{rule}"
        );
    }
}

#[test]
fn no_report_repeats_a_secret() {
    let secrets = [
        "wB4-nTq8Lz",
        "Zaq12wsx-Cde3",
        "h3Vt9XeS1dQm6RbUoZ4fCw8y",
        "AGx7-Pq2.Zt9",
    ];
    let [url, script, token, argument] = secrets;
    let text = format!(
        r#"# token: xoxb-2345678901-2345678901234-{token}
locals {{
  url = "postgres://app:{url}@db.internal/app"
}}
resource "aws_instance" "i" {{
  user_data = <<-EOT
    export DB_PASSWORD={script}
  EOT
}}
resource "aws_secretsmanager_secret_version" "s" {{
  secret_id     = "s"
  secret_string = jsonencode({{ password = "{argument}", key = aws_instance.i.id }})
}}
"#
    );
    let folder = folder_with(&[("main.tf", &text)]);
    for format in ["human", "json", "sarif"] {
        let arguments = ["check", "--severity", "info", "--full", "--format", format];
        let told = run(folder.path(), &arguments, &[]).out;
        assert!(told.contains("terraform-token-in-configuration"), "{told}");
        for secret in secrets {
            assert!(!told.contains(secret), "{format} repeats {secret}:\n{told}");
        }
    }
}

#[test]
fn comments_of_other_scanners_count_with_their_own_scope() {
    let header = "resource \"aws_kms_key\" \"main\" {";
    let line = "  enable_key_rotation = false";
    let key = |above: &str, at_header: &str, within: &str, at_line: &str| {
        format!("{above}{header}{at_header}\n{within}{line}{at_line}\n}}\n")
    };
    let kics = "22fbfeac-7b5a-421a-8a27-7a2178bb910b";
    let cases = [
        (
            key("", "", "  # checkov:skip=CKV_AWS_7: rotated by hand\n", ""),
            true,
        ),
        (
            key("", "", "  #checkov:skip=CKV_AWS_1,CKV_AWS_7\n", ""),
            true,
        ),
        (key("# checkov:skip=CKV_AWS_7\n", "", "", ""), false),
        (key("", "", "  # checkov:skip=CKV_AWS_19\n", ""), false),
        (key("#trivy:ignore:AVD-AWS-0065\n", "", "", ""), true),
        (
            key("# trivy:ignore:aws-0065:exp:2099-01-01\n", "", "", ""),
            true,
        ),
        (
            key("# trivy:ignore:AWS-0065:exp:2020-01-01\n", "", "", ""),
            false,
        ),
        (key("# trivy:ignore:AWS-0065:exp:soon\n", "", "", ""), false),
        (
            key(
                "# tfsec:ignore:aws-s3-x tfsec:ignore:aws-kms-auto-rotate-keys\n",
                "",
                "",
                "",
            ),
            true,
        ),
        (
            key("", " #tfsec:ignore:aws-kms-auto-rotate-keys", "", ""),
            true,
        ),
        (key("", "", "", " # tfsec:ignore:*"), true),
        (key("# tfsec:ignore:AWS-0065\n\n", "", "", ""), true),
        (key("", "", "  # kics-scan ignore-line\n", ""), true),
        (key("# kics-scan ignore-block\n", "", "", ""), true),
        (
            key(&format!("# kics-scan disable={kics}\n"), "", "", ""),
            true,
        ),
        (key("# kics-scan ignore\n", "", "", ""), true),
        (
            key("", "", "  #ts:skip=AC_AWS_0160 rotated by hand\n", ""),
            true,
        ),
        (key("", "", "  #ts:skip=AC_AWS_0001\n", ""), false),
    ];
    for (text, is_suppressed) in cases {
        let folder = folder_with(&[("main.tf", &text)]);
        let report = json(folder.path(), &["check", "--format", "json"]);
        let findings = report["findings"].as_array().expect("findings");
        let rotation = |f: &&Value| f["rule"] == "aws-kms-key-without-rotation";
        let finding = findings.iter().find(rotation).expect("the finding");
        assert_eq!(finding["suppressed"].is_object(), is_suppressed, "{text}");
        // One that covers nothing is worth a hint, no more.
        let own = |f: &Value| f["rule"] == "suppression-without-effect" && f["severity"] != "info";
        assert!(!findings.iter().any(own), "{text}");
    }
}

/// What other values would find is not said to be nothing, and what is found where a policy is used can be accepted at its document.
#[test]
fn suppressions_that_may_be_of_use_are_left_alone() {
    const KEY: &str = "resource \"aws_kms_key\" \"k\" {\n  # checkov:skip=CKV_AWS_7: rotated by hand\n  count               = VALUE\n  enable_key_rotation = var.rotates\n}\nvariable \"rotates\" {\n  nullable = false\n}\nvariable \"wanted\" {\n  default = false\n}\n";
    const POLICY: &str = "resource \"aws_iam_policy\" \"p\" {\n  policy = data.aws_iam_policy_document.p.json\n}\ndata \"aws_iam_policy_document\" \"p\" {\n  # checkov:skip=CKV_AWS_108: parameters are public\n  statement {\n    actions   = [\"ssm:GetParameters\"]\n    resources = [\"*\"]\n  }\n}\n";
    let unknown = KEY.replace("VALUE", "1");
    let absent = KEY.replace("VALUE", "var.wanted ? 1 : 0");
    let known = unknown.replace("= var.rotates", "= true");
    // What writes to every resource is part of what makes its holder administrator.
    let hidden = POLICY.replace("CKV_AWS_108", "CKV_AWS_111").replace(
        "[\"ssm:GetParameters\"]",
        "[\"iam:PassRole\", \"ec2:RunInstances\"]",
    );
    for (text, accepted, idle) in [
        (unknown.as_str(), 0, 0),
        (&absent, 0, 0),
        (&known, 0, 1),
        (POLICY, 1, 0),
        (&hidden, 0, 0),
        (
            "module \"m\" {\n  # checkov:skip=CKV_AWS_7: within it\n  source = \"a/b/c\"\n}\n",
            0,
            0,
        ),
        (
            "# # checkov:skip=CKV_AWS_7: gone\n# resource \"aws_kms_key\" \"k\" {}\n",
            0,
            0,
        ),
    ] {
        let folder = folder_with(&[("main.tf", text)]);
        let report = json(folder.path(), &["check", "--format", "json"]);
        let findings = report["findings"].as_array().expect("findings");
        let count = |is_one: &dyn Fn(&Value) -> bool| findings.iter().filter(|f| is_one(f)).count();
        assert_eq!(count(&|f| f["suppressed"].is_object()), accepted, "{text}");
        assert_eq!(
            count(&|f| f["rule"] == "suppression-without-effect"),
            idle,
            "{text}"
        );
    }
}

#[test]
fn what_a_policy_file_of_snyk_accepts_is_accepted() {
    let bucket = |name: &str| {
        format!(
            "resource \"aws_s3_bucket_acl\" \"{name}\" {{\n  bucket = \"{name}\"\n  acl    = \"public-read\"\n}}\n"
        )
    };
    let main = format!("{}\n{}", bucket("site"), bucket("assets"));
    let entry = |place: &str, more: &str| {
        format!(
            "version: v1.25.0\nignore:\n  SNYK-CC-TF-19:\n    - '{place}':\n        reason: it is a website\n{more}  SNYK-JS-LODASH-1:\n    - '*': {{}}\npatch: {{}}\n"
        )
    };
    let nothing = "\"SNYK-CC-TF-19\" finds nothing here";
    // Each with the buckets that stay open, and what is said of the entry.
    let cases = [
        (entry("*", ""), vec![], None),
        (
            entry("*", "        expires: 2099-01-01T00:00:00.000Z\n"),
            vec![],
            None,
        ),
        (
            entry("*", "        expires: 2020-01-01T00:00:00.000Z\n"),
            vec!["site", "assets"],
            Some("This entry for SNYK-CC-TF-19 has expired on 2020-01-01"),
        ),
        (
            entry("*", "        expires: soon\n"),
            vec!["site", "assets"],
            Some("\"soon\" is not a date"),
        ),
        (entry("web/main.tf > *", ""), vec![], None),
        (
            entry("main.tf > *", ""),
            vec!["site", "assets"],
            Some(nothing),
        ),
        (
            entry("web/main.tf > resource > aws_s3_bucket_acl[site] > acl", ""),
            vec!["assets"],
            None,
        ),
        (
            entry("web/main.tf > somewhere", ""),
            vec!["site", "assets"],
            Some(nothing),
        ),
        (
            entry("*", "").replace("TF-19", "TF-4"),
            vec!["site", "assets"],
            Some("\"SNYK-CC-TF-4\" finds nothing here"),
        ),
        ("ignore: nothing\n".to_owned(), vec!["site", "assets"], None),
        (String::new(), vec!["site", "assets"], None),
    ];
    for (policy, expected, said) in cases {
        let folder = folder_with(&[
            ("stockade.toml", ""),
            (".snyk", &policy),
            ("web/main.tf", &main),
        ]);
        let report = json(folder.path(), &["check", "--format", "json"]);
        let findings = || report["findings"].as_array().expect("findings").iter();
        let open = findings()
            .filter(|f| f["rule"] == "aws-s3-bucket-with-public-acl" && f["suppressed"].is_null());
        let names: Vec<&str> = open
            .filter_map(|f| f["resource"].as_str()?.rsplit('.').next())
            .collect();
        assert_eq!(names, expected, "{policy}");
        let told: Vec<_> = findings().filter(|f| f["file"] == ".snyk").collect();
        let messages = told.iter().filter_map(|f| f["message"].as_str());
        let messages: Vec<&str> = messages.collect();
        assert_eq!(
            messages.len(),
            usize::from(said.is_some()),
            "{policy}\n{messages:?}"
        );
        assert!(
            messages
                .iter()
                .zip(said)
                .all(|(m, said)| m.starts_with(said)),
            "{policy}\n{messages:?}"
        );
        let lines = told.iter().map(|f| &f["range"]["start"]["line"]);
        assert!(
            lines.into_iter().all(|line| line == 4),
            "{policy}\n{told:?}"
        );
    }
    check(
        "an entry whose place is more bytes than characters",
        &Case {
            files: &[
                ("stockade.toml", ""),
                (
                    ".snyk",
                    "ignore:\n  SNYK-CC-TF-19:\n    - 'main.tf > resource > é': { expires: bald }",
                ),
                ("main.tf", INSECURE),
            ],
            arguments: &["check", "--severity", "info"],
            status: 1,
            shows: &["\"bald\" is not a date", ".snyk:3:7", "^^^^^^^^^^"],
            ..Case::default()
        },
    );
    check(
        "a policy file that is no YAML",
        &Case {
            files: &[
                ("stockade.toml", ""),
                (".snyk", "ignore:\n  SNYK-CC-TF-19: [\n"),
                ("main.tf", INSECURE),
            ],
            arguments: &["check"],
            status: 2,
            shows: &[SAFE],
            says: &["error: .snyk:3:1: not valid YAML", "nothing of it holds"],
            ..Case::default()
        },
    );
}

/// What README.md shows of `stockade check examples/webshop`: its lines are there, in this order.
#[test]
fn the_readme_shows_what_check_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).expect("README.md");
    let (_, after) = readme
        .split_once("$ stockade check examples/webshop\n")
        .expect("the example");
    let (example, _) = after.split_once("```").expect("its end");
    let told = run(&root, &["check", "examples/webshop"], &[]).out;
    let mut lines = told.lines();
    for shown in example.lines().filter(|line| *line != "…") {
        assert!(
            lines.any(|line| line == shown),
            "`{shown}` is not in its place in\n{told}"
        );
    }
}

#[test]
fn what_is_not_evaluated_is_said() {
    check(
        "folders",
        &Case {
            files: &[
                (".gitignore", "scratch/\nempty/\n"),
                ("stockade.toml", "[files]\nexclude = [\"legacy\"]\n"),
                ("main.tf", SECURE),
                ("scratch/main.tf", SECURE),
                ("empty/readme.md", ""),
                ("legacy/main.tf", SECURE),
                ("legacy/deep/main.tf", SECURE),
            ],
            arguments: &["check"],
            shows: &[
                "2 folders left out: legacy ([files] exclude in stockade.toml), scratch (.gitignore); to look there: stockade check scratch",
            ],
            ..Case::default()
        },
    );
}

#[test]
fn folders_that_come_from_elsewhere_are_not_seen_and_no_error() {
    let call =
        |name: &str, source: &str| format!("module \"{name}\" {{\n  source = \"{source}\"\n}}\n");
    let calls = [
        call("aks", "./vendor/aks"),
        call("keys", "./shared/keys"),
        call("mistyped", "./mistyped"),
    ];
    let folder = folder_with(&[
        (".gitignore", "vendor/\n"),
        ("stockade.toml", ""),
        ("main.tf", &calls.concat()),
    ]);
    // A submodule that is not checked out.
    fs::create_dir(folder.path().join("shared")).expect("created");
    finish(
        Command::new("git")
            .args(["init", "-q"])
            .current_dir(folder.path()),
    );
    let case = Case {
        status: 2,
        shows: &[
            "2 module calls into folders that are submodules, or ignored by git, and not here: module.aks (main.tf), module.keys (main.tf)",
        ],
        says: &["main.tf:8:12: There is no module in ./mistyped"],
        ..Case::default()
    };
    let run = run(folder.path(), &["check"], &[]);
    case.expect("elsewhere", &run);
    assert!(
        !run.err.contains("./vendor") && !run.err.contains("./shared"),
        "{}",
        run.err
    );
}

const VARIABLE: &str = "variable \"on\" {\n  type    = bool\n  default = false\n}\n";

#[test]
fn what_is_safe_is_fixed_where_it_comes_from() {
    let folder = folder_with(&[
        (
            "main.tf",
            "resource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.on\n}\n",
        ),
        ("variables.tf", VARIABLE),
    ]);
    let fixed = run(folder.path(), &["check", "--fix"], &[]);
    assert!(
        fixed.out.starts_with("Fixed 1 finding in 1 file."),
        "{}",
        fixed.out
    );
    assert!(read(folder.path(), "variables.tf").contains("default = true"));
}

/// One call passes a literal, one a default of its own, one nothing; what is found stands in the module that all call.
const CALLED: [(&str, &str); 7] = [
    (
        "keys/main.tf",
        "resource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.on\n}\n",
    ),
    ("keys/variables.tf", VARIABLE),
    (
        "a/main.tf",
        "module \"keys\" {\n  source = \"../keys\"\n  on     = false\n}\n",
    ),
    (
        "b/main.tf",
        "module \"keys\" {\n  source = \"../keys\"\n  on     = var.on\n}\n",
    ),
    ("b/variables.tf", VARIABLE),
    (
        "c/main.tf",
        "module \"keys\" {\n  source = \"../keys\"\n}\n",
    ),
    ("stockade.toml", ""),
];

#[test]
fn what_is_safe_is_fixed_in_the_modules_that_pass_it() {
    const OFFERED: &str = "can be fixed safely";
    // Without the literal, what is to be changed has the same name in all modules.
    let named_alike: Vec<_> = CALLED
        .into_iter()
        .filter(|(file, _)| *file != "a/main.tf")
        .collect();
    for files in [&CALLED, named_alike.as_slice()] {
        let folder = folder_with(files);
        let narrow = run(folder.path(), &["check", "--fix", "keys"], &[]);
        assert!(
            narrow.out.starts_with("Nothing was fixed"),
            "{}",
            narrow.out
        );
        assert!(!narrow.out.contains(OFFERED), "{}", narrow.out);

        let offered = run(folder.path(), &["check"], &[]);
        assert!(offered.out.contains(OFFERED), "{}", offered.out);
        let fixed = run(folder.path(), &["check", "--fix"], &[]);
        assert!(
            fixed.out.starts_with("Fixed 1 finding in "),
            "{}",
            fixed.out
        );
        assert!(!fixed.out.contains(OFFERED), "{}", fixed.out);
        for (file, text) in files {
            assert_eq!(
                read(folder.path(), file),
                text.replace("false", "true"),
                "{file}"
            );
        }
    }
}

#[test]
fn what_is_encrypted_is_not_seen_and_no_error() {
    check(
        "git-crypt",
        &Case {
            files: &[
                (
                    "main.tf",
                    "variable \"on\" {\n  default = false\n}\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.on\n}\n",
                ),
                ("terraform.tfvars", "\0GITCRYPT\0"),
            ],
            arguments: &["check"],
            status: 0,
            shows: &[
                "1 file can't be read: terraform.tfvars (encrypted by git-crypt); what they may set is unknown.",
            ],
            hides: &["aws-kms-key-without-rotation"],
            ..Case::default()
        },
    );
}

/// A root module, what `terraform init` fetched for it, and what that calls in turn.
const FETCHED: &[(&str, &str)] = &[
    (
        "main.tf",
        "module \"db\" {\n  source    = \"acme/db/aws\"\n  version   = \"1.0.0\"\n  encrypted = false\n}\n\nmodule \"other\" {\n  source = \"acme/other/aws\"\n}\n",
    ),
    (
        ".terraform/modules/modules.json",
        r#"{"Modules":[
            {"Key":"","Source":"","Dir":"."},
            {"Key":"db","Source":"registry.terraform.io/acme/db/aws","Version":"1.0.0","Dir":".terraform/modules/db"},
            {"Key":"db.inner","Source":"./modules/inner","Dir":".terraform/modules/db/modules/inner"}]}"#,
    ),
    (
        ".terraform/modules/db/main.tf",
        "variable \"encrypted\" {\n  default = true\n}\nmodule \"inner\" {\n  source    = \"./modules/inner\"\n  encrypted = var.encrypted\n}\nresource \"aws_ebs_volume\" \"v\" {\n  encrypted = var.encrypted\n}\n",
    ),
    (
        ".terraform/modules/db/modules/inner/main.tf",
        "variable \"encrypted\" {}\nresource \"aws_db_instance\" \"this\" {\n  storage_encrypted = var.encrypted\n}\n",
    ),
];

#[test]
fn what_is_found_in_a_fetched_module_is_told_at_its_call() {
    let folder = folder_with(FETCHED);
    let report = json(folder.path(), &["check", "--format", "json"]);
    let told = |rule: &str| {
        let findings = report["findings"].as_array().expect("findings").iter();
        let findings = findings.filter(|f| f["rule"] == rule);
        let place = |f: &Value| {
            format!(
                "{}:{}",
                f["file"].as_str().unwrap_or_default(),
                f["range"]["start"]["line"]
            )
        };
        let one = |f: &Value| {
            let related = f["related"].as_array().expect("related").iter().map(place);
            let related: Vec<String> = related.collect();
            format!(
                "{} {} <- {}",
                place(f),
                f["resource"].as_str().unwrap_or_default(),
                related.join(" ")
            )
        };
        findings.map(one).collect::<Vec<String>>()
    };
    assert_eq!(
        told("aws-ebs-volume-unencrypted"),
        ["main.tf:4 module.db.aws_ebs_volume.v <- .terraform/modules/db/main.tf:9 main.tf:1"]
    );
    assert_eq!(
        told("aws-rds-instance-without-storage-encryption"),
        [
            "main.tf:4 module.db.module.inner.aws_db_instance.this <- .terraform/modules/db/main.tf:6 .terraform/modules/db/modules/inner/main.tf:3 .terraform/modules/db/main.tf:4 main.tf:1"
        ]
    );
    assert_eq!(report["summary"]["files"], 1);
    let findings = report["findings"].as_array().expect("findings").iter();
    let volume = findings.filter(|f| f["rule"] == "aws-ebs-volume-unencrypted");
    let fixes = volume.flat_map(|f| f["fixes"].as_array().expect("fixes"));
    let fixes: Vec<String> = fixes
        .map(|fix| {
            format!(
                "{}: {} {}",
                fix["title"], fix["edits"][0]["file"], fix["edits"][0]["insert"]
            )
        })
        .collect();
    assert_eq!(
        fixes,
        ["\"Change module.db's encrypted to true (replaces the resource)\": \"main.tf\" \"tru\""]
    );
    let unseen = report["unseen"]["modules-not-installed"]
        .as_array()
        .expect("calls");
    let unseen: Vec<&Value> = unseen.iter().map(|call| &call["address"]).collect();
    assert_eq!(unseen, ["module.other"]);
}

#[test]
fn a_mistake_in_settings_is_told_once() {
    let folder = folder_with(&[
        ("main.tf", SECURE),
        ("stockade.toml", "[variables]\nfiles = [\"no.tfvars\"]\n"),
    ]);
    let run = run(folder.path(), &["check"], &[]);
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    assert!(
        run.err
            .contains("stockade.toml:2:10: no.tfvars is not a file"),
        "{}",
        run.err
    );
}

#[test]
fn a_byte_order_mark_stays_where_it_is() {
    let folder = folder_with(&[("main.tf", "\u{feff}resource \"aws_kms_key\" \"main\" {}\n")]);
    run(folder.path(), &["check", "--fix"], &[]);
    let fixed = fs::read_to_string(folder.path().join("main.tf")).expect("read");
    assert!(
        fixed.starts_with("\u{feff}resource \"aws_kms_key\" \"main\" {\n"),
        "{fixed}"
    );
}

#[test]
fn a_fix_is_told_with_the_names_that_it_writes() {
    let listener = "resource \"aws_lb_listener\" \"web\" {\n  load_balancer_arn = \"arn\"\n  port              = 80\n  protocol          = \"HTTP\"\n}\n\nvariable \"certificate_arn\" {}\n";
    let folder = folder_with(&[("main.tf", listener)]);
    let report = json(folder.path(), &["check", "--format", "json"]);
    let fixes = report["findings"].as_array().expect("findings").iter();
    let fixes = fixes.filter(|f| f["rule"] == "aws-elb-listener-without-tls");
    let titles: Vec<&str> = fixes
        .flat_map(|f| f["fixes"].as_array().expect("fixes"))
        .filter_map(|fix| fix["title"].as_str())
        .collect();
    assert!(
        titles.iter().any(|t| t.contains("var.certificate_arn_2")),
        "{titles:?}"
    );
}

#[test]
fn a_secret_is_not_repeated() {
    let literal = format!("{}{}", "kW8s2mQ0xTz7Lr4uYb1N", "c6Vd9Ea3Hf5JgPq0RiZx");
    let provider = format!(
        "provider \"aws\" {{\n  region     = \"eu-west-1\"\n  access_key = \"AKIAQYLPMN5HHHFPZAM2\"\n  secret_key = \"{literal}\"\n}}\n"
    );
    let database = "resource \"aws_db_instance\" \"main\" {\n  password = \"hunter2-hunter2\"\n}\n";
    check(
        "secrets",
        &Case {
            files: &[("main.tf", &provider), ("database.tf", database)],
            arguments: &["check"],
            status: 1,
            shows: &["aws-provider-with-static-credentials", "********"],
            hides: &[&literal, "AKIAQYLPMN5HHHFPZAM2", "hunter2-hunter2"],
            ..Case::default()
        },
    );
    let parameter = "terraform {\n  required_version = \">= 1.11\"\n\n  required_providers {\n    aws = {\n      source  = \"hashicorp/aws\"\n      version = \"~> 6.0\"\n    }\n  }\n}\n\nresource \"aws_ssm_parameter\" \"p\" {\n  name  = \"the_name_of_the_parameter\"\n  type  = \"SecureString\"\n  value = var.given\n}\n\nvariable \"given\" {\n  nullable = false\n}\n";
    check(
        "what a fix only aligns is none",
        &Case {
            files: &[("main.tf", parameter)],
            arguments: &["check", "--severity", "low"],
            status: 0,
            shows: &[
                "+   name             = \"the_name_of_the_parameter\"",
                "value_wo",
            ],
            hides: &["********"],
            ..Case::default()
        },
    );
}

#[test]
fn rules_are_listed_and_explained() {
    let folder = folder_with(&[]);
    let rules = json(folder.path(), &["rules", "--format", "json"]);
    let rules = rules.as_array().expect("an array");
    assert!(rules.len() >= 24, "{} rules", rules.len());
    let list = run(folder.path(), &["rules"], &[]).out;
    for rule in rules {
        let id = rule["id"].as_str().expect("an id");
        for member in [
            "title",
            "severity",
            "category",
            "provider",
            "resource-types",
            "same-as",
            "fix",
        ] {
            assert!(rule.get(member).is_some(), "{id} has no {member}");
        }
        assert!(list.contains(id));
    }
    for rule in rules.iter().step_by(12) {
        let id = rule["id"].as_str().expect("an id");
        let page = run(folder.path(), &["explain", id], &[]);
        assert_eq!(page.status, Some(0));
        assert!(
            page.out.contains(rule["title"].as_str().expect("a title")),
            "{}",
            page.out
        );
        if let Some(alias) = rule["same-as"][0].as_str() {
            assert!(
                run(folder.path(), &["explain", alias], &[])
                    .out
                    .contains(id),
                "explain {alias}"
            );
        }
    }
}

#[test]
fn fix_writes_what_diff_shows() {
    let files: &[(&str, &str)] = &[("db.tf", INSECURE), ("clean.tf", SECURE)];
    let (patched, fixed) = (folder_with(files), folder_with(files));

    let diff = run(patched.path(), &["check", "--diff"], &[]);
    assert_eq!(diff.status, Some(1), "{}", diff.err);
    assert_eq!(
        read(patched.path(), "db.tf"),
        INSECURE,
        "--diff changes nothing"
    );
    fs::write(patched.path().join("fix.patch"), &diff.out).expect("written");
    let applied = finish(
        Command::new("git")
            .args(["apply", "fix.patch"])
            .current_dir(patched.path()),
    );
    assert_eq!(applied.status, Some(0), "{}\n{}", applied.err, diff.out);

    let fix = run(fixed.path(), &["check", "--fix"], &[]);
    assert!(
        fix.out
            .starts_with("Fixed 1 finding in 1 file.\n  db.tf:3 aws_sqs_queue.jobs"),
        "{}",
        fix.out
    );
    assert_eq!(
        fix.status,
        Some(1),
        "the one to review remains\n{}",
        fix.out
    );
    assert_eq!(
        read(fixed.path(), "db.tf"),
        INSECURE.replace(
            "sqs_managed_sse_enabled = false",
            "sqs_managed_sse_enabled = true"
        )
    );
    assert_eq!(read(fixed.path(), "db.tf"), read(patched.path(), "db.tf"));
    assert_eq!(read(fixed.path(), "clean.tf"), SECURE);

    let again = run(fixed.path(), &["check", "--fix"], &[]);
    assert!(again.out.starts_with("Nothing was fixed"), "{}", again.out);
    let names: Vec<_> = fs::read_dir(fixed.path())
        .expect("listed")
        .map(|e| e.expect("entry").file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn fix_tells_programs_on_standard_error() {
    let folder = folder_with(&[("db.tf", INSECURE)]);
    let run = run(folder.path(), &["check", "--fix", "--format", "json"], &[]);
    assert!(
        run.err.contains("Fixed 1 finding in 1 file."),
        "{}",
        run.err
    );
    let outcome: Value = serde_json::from_str(&run.out).expect("only JSON on standard output");
    let rules: Vec<&str> = outcome["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|f| f["rule"].as_str())
        .collect();
    assert!(
        rules.contains(&REVIEW) && !rules.contains(&SAFE),
        "{rules:?}"
    );
}

#[test]
fn a_file_that_can_not_be_written_is_said() {
    let folder = folder_with(&[
        ("db.tf", INSECURE),
        ("other.tf", &INSECURE.replace("jobs", "others")),
    ]);
    let path = folder.path().join("db.tf");
    let mut permissions = fs::metadata(&path).expect("there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).expect("set");
    let run = run(folder.path(), &["check", "--fix"], &[]);
    let case = Case {
        status: 2,
        shows: &["Fixed 1 finding in 1 file.", SAFE],
        says: &["db.tf: not fixed: the file is read-only"],
        ..Case::default()
    };
    case.expect("read-only", &run);
    assert_eq!(read(folder.path(), "db.tf"), INSECURE);
    assert!(
        read(folder.path(), "other.tf").contains("sqs_managed_sse_enabled = true"),
        "the rest is fixed"
    );
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("read")
}

#[test]
fn bad_files_are_said_and_the_rest_is_looked_at() {
    let cases: &[(&str, &str, &str, &[&str])] = &[
        (
            "a syntax error",
            "broken.tf",
            "resource \"aws_sqs_queue\" \"q\" {\n  name = = 1\n}\n",
            &["error: broken.tf:2:10: "],
        ),
        (
            "an unclosed block",
            "broken.tf",
            "resource \"aws_sqs_queue\" \"q\" {\n",
            &["error: broken.tf:"],
        ),
        (
            "not JSON",
            "broken.tf.json",
            "{\n  \"resource\": {]\n}\n",
            &["error: broken.tf.json:2:16: not JSON: "],
        ),
        (
            "a template in JSON",
            "broken.tf.json",
            "{\n  \"locals\": {\"a\": \"${1 +}\"}\n}\n",
            &["error: broken.tf.json:2:25: "],
        ),
        (
            "not TOML",
            "stockade.toml",
            "[rules\n",
            &["error: stockade.toml:1:"],
        ),
        (
            "an unknown key",
            "stockade.toml",
            "\n[rule]\n",
            &["error: stockade.toml:2:2: ", "did you mean \"rules\"?"],
        ),
        (
            "an unknown rule",
            "stockade.toml",
            "[rules]\nignore = [\"aws-nothing\"]\n",
            &["error: stockade.toml:2:11: "],
        ),
        (
            "a binary file",
            "binary.tf",
            "\u{0}\u{1}\u{2}",
            &["error: binary.tf", "NUL bytes"],
        ),
    ];
    for (name, file, text, says) in cases {
        check(
            name,
            &Case {
                files: &[("main.tf", INSECURE), (file, text)],
                arguments: &["check"],
                status: 2,
                shows: &[SAFE],
                says,
                ..Case::default()
            },
        );
    }
}

/// A page of an organisation's own with the form of its tokens.
const OWN_TOKEN: &str = "---\nid: acme-token-in-configuration\nseverity: critical\ncategory: secrets\nsince: 1.0.0\n---\n# Acme token\n\nIt opens the gateway.\n\n```hcl rule\ncode = \"secret-token\"\n\nrow \"gateway\" {\n  title  = \"Acme gateway token\"\n  starts = \"acme_\"\n  then   = \"[a-z0-9]{24}\"\n}\n```\n\n## Bad\n\n```hcl\nlocals {\n  token = \"acme_k3v9x2m7q4w8r1t6y5u0p2s4\" # finding\n}\n```\n";

#[test]
fn tokens_of_an_organisation() {
    let text = "locals {\n  gateway = \"acme_h4c8z1n6b3f7d2g9j5l0a4e8\"\n}\n";
    let page = ".stockade/rules/token.md";
    let look = |page_text: &str| {
        let folder = folder_with(&[("stockade.toml", ""), ("main.tf", text), (page, page_text)]);
        run(folder.path(), &["check"], &[])
    };
    let found = look(OWN_TOKEN);
    assert_eq!(found.status, Some(1), "{}", found.out);
    assert!(
        found.out.contains("An Acme gateway token is written"),
        "{}",
        found.out
    );
    assert!(!found.out.contains("acme_h4c8"), "{}", found.out);
    for (wrong, said) in [
        ("[a-z0-9{24}", "no regular expression"),
        ("then   =", "`other` is none of title"),
    ] {
        let right = if wrong.starts_with('[') {
            "[a-z0-9]{24}"
        } else {
            wrong
        };
        let written = if wrong.starts_with('[') {
            wrong
        } else {
            "other ="
        };
        let refused = look(&OWN_TOKEN.replacen(right, written, 1));
        assert_eq!(refused.status, Some(2), "{wrong}: {}", refused.out);
        assert!(
            refused.err.contains(page) && refused.err.contains(said),
            "{wrong}: {}",
            refused.err
        );
    }
}

/// A page of an organisation's own that wants every topic to have another name.
const OWN_RULE: &str = "---\nid: acme-topic-name\nseverity: high\ncategory: hardening\nsince: 1.0.0\n---\n# Topic with another name\n\nTold apart by it.\n\n```hcl rule\nresource \"aws_sns_topic\" {\n  secure { name = matches(\"^acme-\") }\n}\n```\n\n## Bad\n\n```hcl\nresource \"aws_sns_topic\" \"a\" {\n  name = \"b\" # finding\n}\n```\n";

#[test]
fn rules_of_an_organisation() {
    let topic = "resource \"aws_sns_topic\" \"alerts\" {\n  name              = \"alerts\"\n  kms_master_key_id = \"alias/acme\"\n}\n";
    let page = ".stockade/rules/topic.md";
    let files = [("stockade.toml", ""), ("main.tf", topic), (page, OWN_RULE)];
    let cases: [(&[&str], i32, &str); 4] = [
        (&["check"], 1, "acme-topic-name"),
        (
            &["check", "--format", "sarif"],
            1,
            "\"id\": \"acme-topic-name\"",
        ),
        (
            &["explain", "acme-topic-name"],
            0,
            "Topic with another name",
        ),
        (&["rules"], 0, "acme-topic-name"),
    ];
    for (arguments, status, shown) in cases {
        check(
            arguments[0],
            &Case {
                files: &files,
                arguments,
                status,
                shows: &[shown],
                ..Case::default()
            },
        );
    }
    let misspelt = OWN_RULE.replace("secure {", "secur {");
    check(
        "a mistake in a page",
        &Case {
            files: &[
                ("stockade.toml", ""),
                ("main.tf", INSECURE),
                (page, &misspelt),
            ],
            arguments: &["check"],
            status: 2,
            shows: &[SAFE],
            says: &[
                "error: .stockade/rules/topic.md:13:3: ",
                "did you mean `secure`?",
            ],
            ..Case::default()
        },
    );
}

#[test]
fn examples_of_own_pages_are_tried() {
    const PAGE: &str = ".stockade/rules/topic.md";
    let good = |name: &str| {
        format!(
            "{OWN_RULE}\n## Good\n\n```hcl\nresource \"aws_sns_topic\" \"a\" {{\n  name = \"{name}\"\n}}\n```\n"
        )
    };
    let unmarked = OWN_RULE.replace(" # finding", "");
    let misspelt = OWN_RULE.replace("secure {", "secur {");
    let cases: [(&str, Option<&str>, i32, &[&str], &[&str]); 5] = [
        (
            "fine",
            Some(OWN_RULE),
            0,
            &["1 rule with 1 example: as their pages say."],
            &[],
        ),
        (
            "a good example that is found",
            Some(&good("alerts")),
            1,
            &[
                "(.stockade/rules/topic.md:",
                "Good)",
                "1 rule not as the page says.",
            ],
            &[],
        ),
        (
            "a line that is not marked",
            Some(&unmarked),
            1,
            &["no line is marked with `# finding`", "not marked: main.tf:"],
            &[],
        ),
        (
            "a page that can't be read",
            Some(&misspelt),
            2,
            &[],
            &[
                "error: .stockade/rules/topic.md:13:3: ",
                "did you mean `secure`?",
            ],
        ),
        (
            "no page",
            None,
            2,
            &[],
            &["there are no rule pages", ".stockade/rules"],
        ),
    ];
    for (name, page, status, shows, says) in cases {
        let mut files = vec![("stockade.toml", "")];
        files.extend(page.map(|page| (PAGE, page)));
        check(
            name,
            &Case {
                files: &files,
                arguments: &["rules", "--test"],
                status,
                shows,
                says,
                ..Case::default()
            },
        );
    }
}

/// Files that can't be made of text alone.
#[test]
fn unreadable_files_are_said_and_the_rest_is_looked_at() {
    type Make = fn(&Path);
    let invalid: Make = |path| fs::write(path, b"resource \"\xff\xfe\" {}\n").expect("written");
    let large: Make = |path| {
        fs::File::create(path)
            .and_then(|file| file.set_len(50 << 20))
            .expect("made")
    };
    let mut cases: Vec<(&str, Make, &str)> = vec![
        ("invalid UTF-8", invalid, "UTF-8"),
        ("50 MB", large, "50.0 MB"),
    ];
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        cases.push((
            "a file that vanished",
            |path| symlink("nowhere", path).expect("linked"),
            "a link to nowhere, which is not there",
        ));
        cases.push((
            "a link to itself",
            |path| symlink(path.file_name().expect("a name"), path).expect("linked"),
            "symbolic links",
        ));
        cases.push((
            "a pipe",
            |path| {
                assert!(
                    Command::new("mkfifo")
                        .arg(path)
                        .status()
                        .expect("mkfifo runs")
                        .success()
                )
            },
            "not a regular file",
        ));
    }
    for (name, make, says) in cases {
        let folder = folder_with(&[("main.tf", INSECURE)]);
        make(&folder.path().join("bad.tf"));
        let run = run(folder.path(), &["check"], &[]);
        Case {
            status: 2,
            shows: &[SAFE],
            says: &["error: bad.tf", says],
            ..Case::default()
        }
        .expect(name, &run);
    }
}

#[test]
fn paths_that_are_not_there_are_said_and_the_rest_is_looked_at() {
    let files: &[(&str, &str)] = &[("main.tf", INSECURE), ("notes.md", "# Notes\n")];
    let cases: &[(&str, &[&str], &str)] = &[
        (
            "nothing",
            &["check", "main.tf", "nowhere"],
            "error: nowhere: ",
        ),
        (
            "not Terraform",
            &["check", "main.tf", "notes.md"],
            "error: notes.md: not a file of Terraform",
        ),
        (
            "below a file",
            &["check", "main.tf", "main.tf/x"],
            "error: main.tf/x: ",
        ),
    ];
    for (name, arguments, says) in cases {
        check(
            name,
            &Case {
                files,
                arguments,
                status: 2,
                shows: &[SAFE],
                says: &[says],
                ..Case::default()
            },
        );
    }
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_are_not_followed() {
    let folder = folder_with(&[("a/main.tf", INSECURE)]);
    std::os::unix::fs::symlink("..", folder.path().join("a/up")).expect("linked");
    let run = run(folder.path(), &["check"], &[]);
    Case {
        status: 1,
        shows: &["a/main.tf:3"],
        hides: &["up/"],
        ..Case::default()
    }
    .expect("a circle", &run);
}

/// Root may read everything, so the run is somebody else's where the tests are root's.
#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_said_and_the_rest_is_looked_at() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let folder = folder_with(&[("main.tf", INSECURE), ("secret/main.tf", INSECURE)]);
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set")
    };
    mode(folder.path(), 0o755);
    mode(&folder.path().join("secret"), 0o000);
    let is_root = fs::metadata(folder.path()).expect("there").uid() == 0;
    let mut command = command(folder.path(), &["check"]);
    if is_root {
        let binary = folder.path().join("stockade");
        fs::copy(BINARY, &binary).expect("copied");
        mode(&binary, 0o755);
        command = Command::new("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(binary)
            .arg("check")
            .current_dir(folder.path());
    }
    let run = finish(&mut command);
    mode(&folder.path().join("secret"), 0o755);
    Case {
        status: 2,
        shows: &[SAFE],
        says: &["error: secret: not read: permission denied; "],
        ..Case::default()
    }
    .expect("no permission", &run);
}

/// `stockade check | head -0`.
#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let folder = folder_with(&[("main.tf", INSECURE)]);
    for format in ["human", "json", "sarif"] {
        let mut child = command(folder.path(), &["check", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("ends");
        assert_eq!(
            output.status.code(),
            Some(1),
            "{format}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            output.stderr.is_empty(),
            "{format}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
