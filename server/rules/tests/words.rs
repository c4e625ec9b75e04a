//! Tables of rules, modules and what the rules say of them; each offered fix is applied and proved.

mod world;

use std::sync::Arc;

use stockade_rules::finding::Finding;
use stockade_rules::layout::lay_out;
use stockade_rules::page::{Outcome, Page, Verdict, read};
use stockade_text::apply;
use world::Module;

/// A page with this rule.
fn page(rule: &str) -> Arc<Page> {
    let text = format!(
        "---\nid: test-rule\nseverity: high\ncategory: hardening\nsince: 0.1.0\n---\n# It is bad\n\nBecause it is. And more.\n\n```hcl rule\n{rule}\n```\n\n## Bad\n\n```hcl\n```\n"
    );
    match read("test.md", &text) {
        Ok(page) => Arc::new(page),
        Err(errors) => panic!(
            "{rule}\n{}",
            errors
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        ),
    }
}

/// What a page says of all blocks of a module.
fn run(page: &Arc<Page>, module: &Module) -> Outcome {
    let subjects: Vec<_> = page.subjects().collect();
    let mut all = Outcome::default();
    for (id, subject) in module.subjects() {
        if subjects.iter().any(|(kind, ty)| {
            *kind == subject.address.kind && (ty.is_empty() || *ty == subject.address.ty)
        }) {
            let outcome = page.run(id, &subject, module);
            all.verdict = all.verdict.max(outcome.verdict);
            all.findings.extend(outcome.findings);
        }
    }
    all
}

/// Findings as `line severity: first line of the message` and `-> title [safety]` for each fix.
fn told(findings: &[Finding], module: &Module) -> String {
    let mut lines = Vec::new();
    for finding in findings {
        let message = finding
            .message
            .strip_prefix("It is bad: ")
            .unwrap_or(&finding.message);
        let rows = if finding.rows.is_empty() {
            String::new()
        } else {
            format!(" {:?}", finding.rows)
        };
        let instances = if finding.instances.is_empty() {
            String::new()
        } else {
            format!(" {:?}", finding.instances)
        };
        let first = message.lines().next().unwrap_or_default();
        lines.push(format!(
            "{} {}{rows}{instances}: {first}",
            module.line(&finding.at),
            finding.severity.name()
        ));
        lines.extend(
            finding
                .fixes
                .iter()
                .map(|f| format!("  -> {} [{:?}]", f.title, f.safety)),
        );
    }
    lines.join("\n")
}

/// The text after a fix.
fn fixed(module: &Module, text: &str, finding: &Finding, fix: usize) -> String {
    let edits = lay_out(&finding.fixes[fix], module)
        .unwrap_or_else(|e| panic!("{}: {e}\n{text}", finding.fixes[fix].title));
    let all: Vec<_> = edits.into_iter().flat_map(|(_, edits)| edits).collect();
    apply(text, &all).unwrap_or_else(|_| panic!("overlapping edits: {all:?}"))
}

/// Checks a rule against a module. `expected` is `pass`, `silent` or what [`told`] makes of the findings.
/// Every fix, applied alone, must take its finding away and leave none that was not there.
fn check(rule: &str, text: &str, expected: &str) {
    check_with(rule, text, "", expected);
}

fn check_with(rule: &str, text: &str, versions: &str, expected: &str) {
    let page = page(rule);
    let with_versions = |text: &str| {
        let mut module = Module::new(text);
        module.provider_versions = versions.parse().expect("versions");
        module
    };
    let module = with_versions(text);
    let outcome = run(&page, &module);
    let actual = match outcome.verdict {
        Verdict::Pass => "pass".to_owned(),
        Verdict::Silent => "silent".to_owned(),
        Verdict::Fail => told(&outcome.findings, &module),
    };
    assert_eq!(
        actual,
        unindented(expected),
        "\nrule:\n{rule}\nmodule:\n{text}"
    );
    for finding in &outcome.findings {
        for fix in 0..finding.fixes.len() {
            let after = fixed(&module, text, finding, fix);
            let proof = run(&page, &with_versions(&after));
            assert_eq!(
                proof.findings.len() + 1,
                outcome.findings.len(),
                "{} leaves findings:\n{after}\n{}",
                finding.fixes[fix].title,
                told(&proof.findings, &with_versions(&after))
            );
            if outcome.findings.len() == 1 {
                assert_eq!(
                    proof.verdict,
                    Verdict::Pass,
                    "{} silences:\n{after}",
                    finding.fixes[fix].title
                );
            }
        }
    }
}

fn unindented(text: &str) -> String {
    let indent = text
        .lines()
        .filter(|l| !l.trim().is_empty())
        .map(|l| l.len() - l.trim_start().len())
        .min()
        .unwrap_or(0);
    text.trim_matches('\n')
        .lines()
        .map(|l| l.get(indent..).unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n")
        .trim_end()
        .to_owned()
}

/// Checks the text after the first fix of the only finding.
fn check_fixed(rule: &str, text: &str, expected: &str) {
    let page = page(rule);
    let module = Module::new(text);
    let outcome = run(&page, &module);
    assert_eq!(
        outcome.findings.len(),
        1,
        "{}",
        told(&outcome.findings, &module)
    );
    assert!(!outcome.findings[0].fixes.is_empty(), "no fix for {rule}");
    assert_eq!(
        fixed(&module, text, &outcome.findings[0], 0).trim(),
        unindented(expected).trim()
    );
}

const STORAGE: &str = r#"resource "aws_db_instance" { secure { storage_encrypted = true } }"#;

#[test]
fn secure_arguments() {
    check(
        STORAGE,
        "resource \"aws_db_instance\" \"a\" {\n  storage_encrypted = true\n}\n",
        "pass",
    );
    check(
        STORAGE,
        "resource \"aws_db_instance\" \"a\" {\n  storage_encrypted = \"true\"\n}\n",
        "pass",
    );
    check(
        STORAGE,
        "resource \"aws_db_instance\" \"a\" {\n}\n",
        "
        1 high: `storage_encrypted` is not set.
          -> Set storage_encrypted = true (replaces the resource) [Review]
        ",
    );
    check(
        STORAGE,
        "resource \"aws_db_instance\" \"a\" {\n  storage_encrypted = false\n}\n",
        "
        2 high: `storage_encrypted` is false.
          -> Set storage_encrypted = true (replaces the resource) [Review]
        ",
    );
    check(
        STORAGE,
        "variable \"e\" {}\nresource \"aws_db_instance\" \"a\" {\n  storage_encrypted = var.e\n}\n",
        "silent",
    );
    check(
        STORAGE,
        "resource \"aws_db_instance\" \"a\" {\n  count = 0\n}\n",
        "pass",
    );
    // Both branches are known, and only one of them is bad.
    check(
        STORAGE,
        "variable \"e\" {}\nresource \"aws_db_instance\" \"a\" {\n  storage_encrypted = var.e ? true : false\n}\n",
        "silent",
    );
}

#[test]
fn values_from_elsewhere_are_fixed_there_first() {
    let text = "variable \"e\" {\n  default = false\n}\n\nresource \"aws_db_instance\" \"a\" {\n  storage_encrypted = var.e\n}\n";
    check(
        STORAGE,
        text,
        "
        6 high: `storage_encrypted` is false.
          -> Change var.e to true (replaces the resource) [Review]
          -> Set storage_encrypted = true (replaces the resource; overwrites what is set elsewhere) [Review]
        ",
    );
    check_fixed(
        STORAGE,
        text,
        &text.replace("default = false", "default = true"),
    );
    let through_local = "variable \"e\" {\n  default = { on = false }\n}\nlocals {\n  on = var.e.on\n}\nresource \"aws_db_instance\" \"a\" {\n  storage_encrypted = local.on\n}\n";
    check_fixed(
        STORAGE,
        through_local,
        &through_local.replace("on = false", "on = true"),
    );
    let computed = "variable \"e\" {\n  default = true\n}\nresource \"aws_db_instance\" \"a\" {\n  storage_encrypted = !var.e\n}\n";
    check(
        STORAGE,
        computed,
        "
        5 high: `storage_encrypted` is false.
          -> Set storage_encrypted = true (replaces the resource; overwrites what is set elsewhere) [Review]
        ",
    );
}

const METADATA: &str = r#"
resource "aws_instance" {
  defaults { metadata_options { http_endpoint = "enabled" } }
  defaults ">= 7.0" { metadata_options { http_tokens = "required" } }
  secure { metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  } }
}"#;

#[test]
fn nested_blocks_and_defaults() {
    check_with(
        METADATA,
        "resource \"aws_instance\" \"a\" {\n}\n",
        "~> 5.0",
        "
        1 high: `metadata_options` is not set.
          -> Add a metadata_options block [Safe]
        ",
    );
    check_with(
        METADATA,
        "resource \"aws_instance\" \"a\" {\n}\n",
        ">= 7.0",
        "pass",
    );
    check_with(
        METADATA,
        "resource \"aws_instance\" \"a\" {\n}\n",
        ">= 5.0",
        "silent",
    );
    check_with(
        METADATA,
        "resource \"aws_instance\" \"a\" {\n  metadata_options {\n    http_tokens = \"optional\"\n  }\n}\n",
        "~> 5.0",
        "
        3 high: `metadata_options.http_tokens` is \"optional\".
          -> Set http_tokens = \"required\" [Safe]
        ",
    );
    check_with(
        METADATA,
        "variable \"v\" {}\nresource \"aws_instance\" \"a\" {\n  dynamic \"metadata_options\" {\n    for_each = var.v\n    content {\n      http_tokens = \"optional\"\n    }\n  }\n}\n",
        "~> 5.0",
        "silent",
    );
    check_fixed(
        r#"resource "aws_instance" { secure { metadata_options { http_tokens = "required" } } }"#,
        "resource \"aws_instance\" \"a\" {\n  ami = \"x\"\n}\n",
        "
        resource \"aws_instance\" \"a\" {
          ami = \"x\"

          metadata_options {
            http_tokens = \"required\"
          }
        }
        ",
    );
}

#[test]
fn matchers() {
    let instance = |args: &str| {
        format!(
            "variable \"u\" {{}}\nresource \"aws_kms_key\" \"k\" {{}}\nresource \"aws_db_instance\" \"a\" {{\n  {args}\n}}\n"
        )
    };
    let cases = [
        ("engine = one_of(\"a\", \"b\")", "engine = \"b\"", true),
        ("engine = one_of(\"a\", \"b\")", "engine = \"c\"", false),
        ("engine = one_of(\"a\", \"b\")", "", false),
        (
            "backup_retention_period = at_least(7)",
            "backup_retention_period = 7",
            true,
        ),
        (
            "backup_retention_period = at_least(7)",
            "backup_retention_period = 6",
            false,
        ),
        (
            "engine_version = at_least(\"1.10\")",
            "engine_version = \"1.9\"",
            false,
        ),
        (
            "backup_retention_period = at_most(7)",
            "backup_retention_period = 8",
            false,
        ),
        ("kms_key_id = set()", "kms_key_id = aws_kms_key.k.arn", true),
        ("kms_key_id = set()", "kms_key_id = \"\"", false),
        ("kms_key_id = any(\"x\")", "", false),
        (
            "engine = none_of([\"a\"], write = \"b\")",
            "engine = \"a\"",
            false,
        ),
        ("engine = none_of([\"a\"], write = \"b\")", "", true),
        (
            "engine = matches(\"^my\", write = \"mysql\")",
            "engine = \"postgres\"",
            false,
        ),
        (
            "engine = not_matches(\"^my\", write = \"pg\")",
            "engine = \"mysql\"",
            false,
        ),
        (
            "enabled_cloudwatch_logs_exports = including(\"audit\")",
            "enabled_cloudwatch_logs_exports = [\"error\"]",
            false,
        ),
        (
            "enabled_cloudwatch_logs_exports = including(\"audit\")",
            "enabled_cloudwatch_logs_exports = [\"audit\"]",
            true,
        ),
        (
            "enabled_cloudwatch_logs_exports = including(\"audit\")",
            "",
            false,
        ),
        (
            "vpc_security_group_ids = excluding(\"x\")",
            "vpc_security_group_ids = [\"y\", \"x\"]",
            false,
        ),
        (
            "vpc_security_group_ids = elements(none_of([\"x\"]))",
            "vpc_security_group_ids = [\"y\", \"x\"]",
            false,
        ),
        (
            "tags = including({ a = \"b\" })",
            "tags = { c = \"d\" }",
            false,
        ),
        ("engine = null", "engine = \"x\"", false),
        ("engine = null", "", true),
    ];
    for (line, args, passes) in cases {
        let rule = format!("resource \"aws_db_instance\" {{ secure {{ {line} }} }}");
        let text = instance(args);
        let page = page(&rule);
        let module = Module::new(&text);
        let outcome = run(&page, &module);
        let expected = if passes { Verdict::Pass } else { Verdict::Fail };
        assert_eq!(outcome.verdict, expected, "{line} with {args}");
        for finding in &outcome.findings {
            assert!(!finding.fixes.is_empty(), "{line} with {args}");
            let after = fixed(&module, &text, finding, 0);
            assert_eq!(
                run(&page, &Module::new(&after)).verdict,
                Verdict::Pass,
                "{line}:\n{after}"
            );
        }
    }
    for line in [
        "engine = one_of(\"a\")",
        "engine = set()",
        "engine = null",
        "engine = none_of([\"a\"])",
        "engine = elements(one_of(\"a\"))",
        "engine = at_least(1)",
    ] {
        let rule = format!("resource \"aws_db_instance\" {{ secure {{ {line} }} }}");
        check(&rule, &instance("engine = var.u"), "silent");
    }
}

#[test]
fn what_only_the_user_knows_is_a_variable() {
    check_fixed(
        r#"resource "aws_db_instance" { secure { monitoring_role_arn = set() } }"#,
        "resource \"aws_db_instance\" \"main\" {\n}\n",
        "
        resource \"aws_db_instance\" \"main\" {
          monitoring_role_arn = var.main_monitoring_role_arn
        }

        variable \"main_monitoring_role_arn\" {
          description = \"The monitoring role arn of aws_db_instance.main.\"
          type        = string
          nullable    = false
        }
        ",
    );
}

const PUBLIC: &str = r#"resource "aws_db_instance" { insecure { publicly_accessible = true } }"#;

#[test]
fn insecure() {
    check(
        PUBLIC,
        "resource \"aws_db_instance\" \"a\" {\n  publicly_accessible = true\n}\n",
        "
        2 high: `publicly_accessible` is true.
          -> Remove publicly_accessible [Safe]
        ",
    );
    check(PUBLIC, "resource \"aws_db_instance\" \"a\" {\n}\n", "pass");
    check(
        PUBLIC,
        "variable \"p\" {}\nresource \"aws_db_instance\" \"a\" {\n  publicly_accessible = var.p\n}\n",
        "silent",
    );
    check(
        r#"resource "aws_db_instance" {
          insecure { password = literal() }
          fix {
            remove = password
            set {
              password_wo         = variable("db_password", description = "The password.", sensitive = true, ephemeral = true)
              password_wo_version = 1
            }
            title = "Keep the password out of the state"
          }
        }"#,
        "resource \"aws_db_instance\" \"a\" {\n  password = \"hunter22\"\n}\n",
        "
        2 high: `password` is a secret written in the configuration.
          -> Keep the password out of the state (asks for var.db_password) [Review]
        ",
    );
}

const OPEN_PORTS: &str = r#"
row "ssh" {
  port  = 22
  title = "SSH"
}
row "rdp" {
  port     = 3389
  title    = "RDP"
  severity = critical
}
resource "aws_security_group" {
  each "ingress" {
    when   = net::covers(self.from_port, self.to_port, row.port, self.protocol)
    forbid = net::open(self.cidr_blocks, self.ipv6_cidr_blocks)
    fix { replace = "10.0.0.0/8" }
  }
}"#;

#[test]
fn each_forbid_and_rows() {
    let group = |ingress: &str| {
        format!("variable \"u\" {{}}\nresource \"aws_security_group\" \"a\" {{\n{ingress}\n}}\n")
    };
    let rule = |from: u32, to: u32, cidr: &str| {
        format!(
            "  ingress {{\n    from_port = {from}\n    to_port = {to}\n    protocol = \"tcp\"\n    cidr_blocks = {cidr}\n  }}"
        )
    };
    check(OPEN_PORTS, &group(&rule(80, 80, "[\"0.0.0.0/0\"]")), "pass");
    check(OPEN_PORTS, &group(&rule(22, 22, "var.u")), "silent");
    check(OPEN_PORTS, &group(&rule(22, 22, "[var.u]")), "silent");
    check(
        OPEN_PORTS,
        &group(&rule(22, 22, "[\"10.0.0.0/8\", \"0.0.0.0/0\"]")),
        "
        7 high [\"ssh\"]: `ingress.cidr_blocks` has \"0.0.0.0/0\" (SSH).
          -> Replace an element of cidr_blocks with \"10.0.0.0/8\" [Safe]
        ",
    );
    check(
        OPEN_PORTS,
        &group(&rule(0, 65535, "[\"0.0.0.0/0\"]")),
        "
        7 critical [\"ssh\", \"rdp\"]: `ingress.cidr_blocks` has \"0.0.0.0/0\" (SSH, RDP).
          -> Replace an element of cidr_blocks with \"10.0.0.0/8\" [Safe]
        ",
    );
    let list = "  ingress = [{\n    from_port = 22\n    to_port = 22\n    protocol = \"tcp\"\n    cidr_blocks = [\"0.0.0.0/0\"]\n  }]";
    check(
        OPEN_PORTS,
        &group(list),
        "
        7 high [\"ssh\"]: `ingress.cidr_blocks` has \"0.0.0.0/0\" (SSH).
          -> Replace an element of cidr_blocks with \"10.0.0.0/8\" [Safe]
        ",
    );
    let dynamic = "  dynamic \"ingress\" {\n    for_each = [22, 3389, 80]\n    content {\n      from_port = ingress.value\n      to_port = ingress.value\n      protocol = \"tcp\"\n      cidr_blocks = [\"0.0.0.0/0\"]\n    }\n  }";
    check(
        OPEN_PORTS,
        &group(dynamic),
        "
        9 critical [\"ssh\", \"rdp\"] [\"[0]\", \"[1]\"]: `ingress.cidr_blocks` has \"0.0.0.0/0\" (SSH, RDP).
          -> Replace an element of cidr_blocks with \"10.0.0.0/8\" [Safe]
        ",
    );
}

#[test]
fn rows_do_not_share_what_another_block_is_asked() {
    let rule = r#"
row "one" {
  port = 1
}
row "two" {
  port = 2
}
resource "aws_instance" { each "ebs_block_device" {
  refers "aws_kms_key" {
    via     = kms_key_id
    when    = row.port > 0
    forbid  = parent.volume_size > 10
  }
} }"#;
    let device = |size: u32| {
        format!(
            "  ebs_block_device {{\n    volume_size = {size}\n    kms_key_id = aws_kms_key.k.arn\n  }}\n"
        )
    };
    let module = |sizes: [u32; 2]| {
        let devices = sizes.map(device).concat();
        format!(
            "resource \"aws_kms_key\" \"k\" {{}}\nresource \"aws_instance\" \"i\" {{\n{devices}}}\n"
        )
    };
    check(rule, &module([5, 6]), "pass");
    check(
        rule,
        &module([5, 50]),
        "8 high [\"one\", \"two\"]: `volume_size` is 50 (one, two).",
    );
}

const BLOCKED: &str = r#"
resource "aws_s3_bucket" {
  companion "aws_s3_bucket_public_access_block" {
    link            = bucket
    absent_severity = low
    secure {
      block_public_acls  = true
      restrict_public_buckets = true
    }
  }
}"#;

#[test]
fn companions() {
    let bucket = "resource \"aws_s3_bucket\" \"logs\" {\n  bucket = \"logs\"\n}\n";
    let block = |link: &str, flag: &str| {
        format!(
            "{bucket}resource \"aws_s3_bucket_public_access_block\" \"x\" {{\n  bucket = {link}\n  block_public_acls = {flag}\n  restrict_public_buckets = true\n}}\n"
        )
    };
    for link in [
        "aws_s3_bucket.logs.id",
        "aws_s3_bucket.logs.bucket",
        "\"logs\"",
    ] {
        check(BLOCKED, &block(link, "true"), "pass");
    }
    check(
        BLOCKED,
        &format!("variable \"b\" {{}}\n{}", block("var.b", "true")),
        "silent",
    );
    check(
        BLOCKED,
        &format!(
            "variable \"b\" {{}}\n{}",
            block("aws_s3_bucket.logs.id", "var.b")
        ),
        "silent",
    );
    let absent = "
        1 low: it has no `aws_s3_bucket_public_access_block`.
          -> Add aws_s3_bucket_public_access_block.logs [Safe]
        ";
    check(BLOCKED, bucket, absent);
    check(BLOCKED, &block("\"other\"", "true"), absent);
    check(
        BLOCKED,
        &block("aws_s3_bucket.logs.id", "false"),
        "
        6 high: `block_public_acls` is false.
          -> Set block_public_acls = true [Safe]
        ",
    );
    check_fixed(
        BLOCKED,
        "resource \"aws_s3_bucket\" \"logs\" {\n  for_each = toset([\"a\", \"b\"])\n  provider = aws.west\n  bucket   = each.key\n}\n",
        "
        resource \"aws_s3_bucket\" \"logs\" {
          for_each = toset([\"a\", \"b\"])
          provider = aws.west
          bucket   = each.key
        }

        resource \"aws_s3_bucket_public_access_block\" \"logs\" {
          for_each = toset([\"a\", \"b\"])
          provider = aws.west

          bucket                  = aws_s3_bucket.logs[each.key].id
          block_public_acls       = true
          restrict_public_buckets = true
        }
        ",
    );
}

#[test]
fn companions_that_must_not_be_or_that_the_subject_points_at() {
    let rule = r#"resource "aws_s3_bucket" { companion "aws_s3_bucket_website_configuration" {
      link   = bucket
      absent = true
    } }"#;
    let text = "resource \"aws_s3_bucket\" \"a\" {\n}\n";
    check(rule, text, "pass");
    check(
        rule,
        &format!(
            "{text}resource \"aws_s3_bucket_website_configuration\" \"a\" {{\n  bucket = aws_s3_bucket.a.id\n}}\n"
        ),
        "3 high: `aws_s3_bucket_website_configuration.a` is there.",
    );
    let out = r#"resource "aws_db_instance" { companion "aws_kms_key" {
      link      = kms_key_id
      direction = out
      to        = arn
      secure { enable_key_rotation = true }
    } }"#;
    let instance = "resource \"aws_db_instance\" \"a\" {\n  kms_key_id = aws_kms_key.k.arn\n}\n";
    check(
        out,
        &format!("{instance}resource \"aws_kms_key\" \"k\" {{\n  enable_key_rotation = true\n}}\n"),
        "pass",
    );
    check(
        out,
        "resource \"aws_db_instance\" \"a\" {\n}\n",
        "
        1 high: it has no `aws_kms_key`.
          -> Add aws_kms_key.a, set kms_key_id = aws_kms_key.a.arn (replaces the resource) [Review]
        ",
    );
}

#[test]
fn refers() {
    let rule = r#"resource "aws_db_instance" { refers "aws_db_parameter_group" {
      via   = parameter_group_name
      unset = "passes"
      when  = startswith(attrs.family, "postgres")
      entry "parameter" {
        name  = "rds.force_ssl"
        value = "1"
      }
    } }"#;
    let text = |family: &str, parameters: &str| {
        format!(
            "resource \"aws_db_instance\" \"a\" {{\n  parameter_group_name = aws_db_parameter_group.p.name\n}}\nresource \"aws_db_parameter_group\" \"p\" {{\n  family = {family}\n{parameters}}}\n"
        )
    };
    let parameter = |value: &str| {
        format!("  parameter {{\n    name  = \"rds.force_ssl\"\n    value = {value}\n  }}\n")
    };
    check(rule, "resource \"aws_db_instance\" \"a\" {\n}\n", "pass");
    check(
        rule,
        "resource \"aws_db_instance\" \"a\" {\n  parameter_group_name = \"default\"\n}\n",
        "silent",
    );
    check(rule, &text("\"mysql8.0\"", ""), "pass");
    check(rule, &text("\"postgres16\"", &parameter("1")), "pass");
    check(
        rule,
        &text("\"postgres16\"", &parameter("\"0\"")),
        "
        8 high: `parameter.value` is \"0\".
          -> Set value = \"1\" [Safe]
        ",
    );
    check(
        rule,
        &text("\"postgres16\"", ""),
        "
        4 high: `rds.force_ssl` is not set.
          -> Add a parameter block [Safe]
        ",
    );
}

#[test]
fn alternatives() {
    let rule = r#"resource "aws_s3_bucket" { any_of {
      option { companion "aws_s3_bucket_versioning" {
        link = bucket
        secure { versioning_configuration { status = "Enabled" } }
      } }
      option { secure { versioning { enabled = true } } }
    } }"#;
    let bucket = |body: &str| format!("resource \"aws_s3_bucket\" \"a\" {{\n{body}}}\n");
    check(
        rule,
        &bucket("  versioning {\n    enabled = true\n  }\n"),
        "pass",
    );
    check(
        rule,
        &bucket(""),
        "
        1 high: it has no `aws_s3_bucket_versioning`.
          -> Add aws_s3_bucket_versioning.a [Safe]
          -> Add a versioning block [Safe]
        ",
    );
}

#[test]
fn blocks_of_terraform_itself() {
    check(
        r#"backend "s3" { secure { encrypt = true } }"#,
        "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key    = \"k\"\n  }\n}\n",
        "
        2 high: `backend.encrypt` is not set.
          -> Set encrypt = true [Safe]
        ",
    );
    // Partial: the rest comes with `terraform init`.
    check(
        r#"backend "s3" { secure { encrypt = true } }"#,
        "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n  }\n}\n",
        "silent",
    );
    check(
        r#"backend "s3" { secure { encrypt = true } }"#,
        "terraform {\n  backend \"gcs\" {\n  }\n}\n",
        "pass",
    );
    check(
        r#"provider "aws" { insecure { access_key = literal() } }"#,
        "provider \"aws\" {\n  access_key = \"AKIA\"\n}\n",
        "
        2 high: `access_key` is \"AKIA\".
          -> Remove access_key [Safe]
        ",
    );
    check(
        r#"variable { require = attrs.type != null }"#,
        "variable \"a\" {\n}\n",
        "1 high: `type` is not set.",
    );
    check(
        r#"call { forbid = attrs.source == "x" }"#,
        "module \"a\" {\n  source = \"x\"\n}\n",
        "2 high: `source` is \"x\".",
    );
}

#[test]
fn policies_in_every_spelling() {
    let rule = r#"resource "aws_iam_policy" {
      forbid = iam::allows(attrs.policy, "*", "*")
      fix {
        replace = "s3:GetObject"
        review  = "narrows what is allowed"
      }
    }"#;
    let found = |line: u32| {
        format!(
            "{line} high: `policy.Statement.Action` is \"*\".\n  -> Set Action = \"s3:GetObject\" (may replace the resource; narrows what is allowed) [Review]"
        )
    };
    let json = "resource \"aws_iam_policy\" \"a\" {\n  policy = jsonencode({\n    Statement = [{\n      Effect = \"Allow\"\n      Action = \"*\"\n      Resource = \"*\"\n    }]\n  })\n}\n";
    let told_json = found(5);
    check(
        rule,
        json,
        &told_json.replace("may replace the resource; ", ""),
    );
    let heredoc = "resource \"aws_iam_policy\" \"a\" {\n  policy = <<EOT\n{\n  \"Statement\": {\n    \"Effect\": \"Allow\",\n    \"Action\": \"*\",\n    \"Resource\": \"*\"\n  }\n}\nEOT\n}\n";
    check(
        rule,
        heredoc,
        &found(6).replace("may replace the resource; ", ""),
    );
    let document = "data \"aws_iam_policy_document\" \"d\" {\n  statement {\n    actions   = [\"s3:*\", \"*\"]\n    resources = [\"*\"]\n  }\n}\nresource \"aws_iam_policy\" \"a\" {\n  policy = data.aws_iam_policy_document.d.json\n}\n";
    check(
        rule,
        document,
        "
        3 high: `statement.actions` has \"*\".
          -> Replace an element of actions with \"s3:GetObject\" (narrows what is allowed) [Review]
        ",
    );
    for (from, to) in [
        ("\"*\"\n      Resource", "var.u\n      Resource"),
        ("Resource = \"*\"", "Resource = var.u"),
        ("\"Allow\"", "var.u"),
    ] {
        check(
            rule,
            &format!("variable \"u\" {{}}\n{}", json.replace(from, to)),
            "silent",
        );
    }
    check(rule, &json.replace("\"Allow\"", "\"Deny\""), "pass");
    check(rule, "resource \"aws_iam_policy\" \"a\" {\n}\n", "pass");
}

/// Three documents put together into the one that a policy has: the base, its source and its override.
#[test]
fn policy_documents_are_merged_by_sid() {
    let rule = r#"resource "aws_iam_policy" {
      forbid = iam::allows(attrs.policy, "*", "*")
      fix    = none
    }"#;
    let statement = |(sid, action): (&str, &str)| {
        format!(
            "  statement {{\n    sid       = {sid}\n    actions   = [\"{action}\"]\n    resources = [\"*\"]\n  }}\n"
        )
    };
    let module = |source: (&str, &str), own: (&str, &str), over: (&str, &str)| {
        format!(
            "variable \"u\" {{}}\ndata \"aws_iam_policy_document\" \"source\" {{\n{}}}\ndata \"aws_iam_policy_document\" \"over\" {{\n{}}}\ndata \"aws_iam_policy_document\" \"d\" {{\n  source_policy_documents   = [data.aws_iam_policy_document.source.json]\n  override_policy_documents = [data.aws_iam_policy_document.over.json]\n{}}}\nresource \"aws_iam_policy\" \"a\" {{\n  policy = data.aws_iam_policy_document.d.json\n}}\n",
            statement(source),
            statement(over),
            statement(own)
        )
    };
    const ALL: &str = "*";
    const READ: &str = "s3:GetObject";
    let cases = [
        // Every statement counts where none replaces another.
        ((r#""a""#, ALL), (r#""b""#, READ), (r#""c""#, READ), "5"),
        ((r#""a""#, READ), (r#""b""#, ALL), (r#""c""#, READ), "21"),
        ((r#""a""#, READ), (r#""b""#, READ), (r#""c""#, ALL), "12"),
        // A later one replaces that of the same id, not one without.
        ((r#""a""#, ALL), (r#""a""#, READ), (r#""c""#, READ), ""),
        ((r#""a""#, READ), (r#""b""#, ALL), (r#""b""#, READ), ""),
        ((r#""a""#, READ), (r#""b""#, READ), (r#""b""#, ALL), "12"),
        ((r#""""#, ALL), (r#""""#, READ), (r#""""#, READ), "5"),
        // An id that is not known may be that of another.
        ((r#""a""#, ALL), ("var.u", READ), (r#""c""#, READ), ""),
        ((r#""""#, ALL), ("var.u", READ), (r#""c""#, READ), "5"),
    ];
    for (source, own, over, line) in cases {
        let module = Module::new(&module(source, own, over));
        let found = run(&page(rule), &module).findings;
        let lines: Vec<String> = found
            .iter()
            .map(|f| module.line(&f.at).to_string())
            .collect();
        assert_eq!(lines.concat(), line, "{source:?} {own:?} {over:?}");
    }
}

#[test]
fn messages_and_severities() {
    check(
        r#"resource "aws_db_instance" {
          severity = "low"
          message  = "${meta.address} keeps backups for ${attrs.backup_retention_period} days. ${value} is too short."
          locals { least = 3 + 4 }
          require = attrs.backup_retention_period >= local.least
        }"#,
        "resource \"aws_db_instance\" \"a\" {\n  backup_retention_period = 1\n}\n",
        "2 low: aws_db_instance.a keeps backups for 1 days. 1 is too short.",
    );
    check(
        r#"resource "aws_db_instance" {
          when = attrs.replicate_source_db == null
          secure {
            storage_encrypted = true
            severity          = critical
          }
          fix = none
        }"#,
        "resource \"aws_db_instance\" \"a\" {\n}\nresource \"aws_db_instance\" \"b\" {\n  replicate_source_db = \"a\"\n}\n",
        "1 critical: `storage_encrypted` is not set.",
    );
}

#[test]
fn subject_sets() {
    let rule = r#"subject "pod-spec" {
        insecure { host_network = true }
        each "container" "init_container" {
            defaults { security_context { run_as_non_root = parent.security_context.run_as_non_root } }
            secure { security_context { run_as_non_root = true } }
        }
    }"#;
    let module = |ty: &str, body: &str| format!("resource \"{ty}\" \"a\" {{\n{body}}}\n");
    let pod = "  spec {\n    host_network = true\n    container {\n      security_context {\n        run_as_non_root = true\n      }\n    }\n  }\n";
    let deployment = "  spec {\n    template {\n      spec {\n        container {\n        }\n        init_container {\n          security_context {\n            run_as_non_root = false\n          }\n        }\n      }\n    }\n  }\n";
    let inherited = "  spec {\n    security_context {\n      run_as_non_root = true\n    }\n    container {\n    }\n  }\n";
    check(
        rule,
        &module("kubernetes_pod_v1", pod),
        "
        3 high: `spec.host_network` is true.
          -> Remove spec.host_network (replaces the resource) [Review]
        ",
    );
    check(
        rule,
        &module("kubernetes_deployment", deployment),
        "
        5 high: `spec.template.spec.container.security_context` is not set.
          -> Add a security_context block [Safe]
        9 high: `spec.template.spec.init_container.security_context.run_as_non_root` is false.
          -> Set run_as_non_root = true [Safe]
        ",
    );
    check(rule, &module("kubernetes_pod", inherited), "pass");
    // What a job calls its template is no pod of a deployment.
    check(rule, &module("kubernetes_cron_job_v1", pod), "pass");
    let apps = r#"subject "web-app" { secure { https_only = true } }"#;
    check(
        apps,
        &module("azurerm_linux_web_app", ""),
        "
        1 high: `https_only` is not set.
          -> Set https_only = true [Safe]
        ",
    );
}

#[test]
fn configuration() {
    let rule = r#"configuration {
        missing = aws_iam_account_password_policy
        at      = provider.aws
        secure { minimum_password_length = at_least(14) }
    }"#;
    let provider = "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n";
    let aliased = "provider \"aws\" {\n  alias = \"us\"\n}\n";
    let missing = "
        1 high: it has no `aws_iam_account_password_policy`.
          -> Add aws_iam_account_password_policy.main [Safe]
        ";
    check(rule, provider, missing);
    check(rule, &format!("{provider}{aliased}"), missing);
    check(rule, aliased, "pass");
    let policy =
        "resource \"aws_iam_account_password_policy\" \"p\" {\n  minimum_password_length = 8\n}\n";
    check(
        rule,
        &format!("{provider}{policy}"),
        "
        5 high: `minimum_password_length` is 8.
          -> Set minimum_password_length = 14 [Safe]
        ",
    );
    // It may stand in there.
    let call = "module \"account\" {\n  source = \"./account\"\n}\n";
    check(rule, &format!("{provider}{call}"), "silent");
    check_fixed(
        rule,
        provider,
        "
        provider \"aws\" {
          region = \"eu-west-1\"
        }

        resource \"aws_iam_account_password_policy\" \"main\" {
          minimum_password_length = 14
        }
        ",
    );
    let when = r#"configuration {
        missing = [aws_guardduty_detector]
        at      = provider.aws
        when    = attrs.region != "us-gov-west-1"
        secure { enable = true }
    }"#;
    check(
        when,
        "provider \"aws\" {\n  region = \"us-gov-west-1\"\n}\n",
        "pass",
    );
}
