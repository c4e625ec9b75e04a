//! What the reader says of pages that do not follow the format.

use stockade_rules::page::{Section, read};

const FRONT: &str = "---\nid: aws-x-bad\nseverity: high\ncategory: network\nsince: 0.1.0\n---\n";

/// A page whose rule is this; the rule begins on line 12.
fn with_rule(rule: &str) -> String {
    format!(
        "{FRONT}# Title\n\nWhy.\n\n```hcl rule\n{rule}\n```\n\n## Bad\n\n```hcl\na = 1 # finding\n```\n"
    )
}

/// The errors as `line:column: message`, one a line.
fn errors(text: &str) -> String {
    match read("page.md", text) {
        Ok(_) => String::new(),
        Err(errors) => errors
            .iter()
            .map(|e| format!("{}:{}: {}", e.line, e.column, e.message))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

/// Every text must give an error at this place that says this.
fn check(text: &str, place: &str, part: &str) {
    let errors = errors(text);
    assert!(
        errors
            .lines()
            .any(|l| l.starts_with(place) && l.contains(part)),
        "expected {place} …{part}…, found:\n{errors}\nfor:\n{text}"
    );
}

#[test]
fn words_of_a_rule() {
    let cases = [
        (
            "subject \"pod-spek\" {\n  forbid = true\n}",
            "12:9:",
            "there is no subject set `pod-spek`; did you mean `pod-spec`?",
        ),
        (
            "configuration {\n  at = terraform\n}",
            "12:1:",
            "expected `missing = <resource type>`",
        ),
        (
            "configuration {\n  missing = aws_config_configuration_recorder\n  at = module.x\n}",
            "14:8:",
            "expected `provider.<name>` or `terraform`",
        ),
        (
            "subject {\n  forbid = true\n}",
            "12:1:",
            "expected the name of one set: `pod-spec`",
        ),
        (
            "subject \"web-app\" {\n}",
            "12:1:",
            "the block demands nothing",
        ),
        (
            "resorce \"aws_s3_bucket\" {\n  forbid = true\n}",
            "12:1:",
            "did you mean `resource`?",
        ),
        (
            "resource_policy \"aws_s3_bucket\" \"x\" {\n}",
            "12:1:",
            "Terraform policy language; write `resource",
        ),
        (
            "resource \"aws_s3_bucket\" {\n  filter = true\n  forbid = true\n}",
            "13:3:",
            "write `when = …`",
        ),
        (
            "resource \"aws_s3_bucket\" {\n  enforce {\n    condition = true\n  }\n}",
            "13:3:",
            "`require = …`",
        ),
        (
            "resource \"aws_s3_bucket\" {\n  secur {\n    a = 1\n  }\n}",
            "13:3:",
            "did you mean `secure`?",
        ),
        (
            "resource \"aws_s3_bucket\" {\n}",
            "12:1:",
            "demands nothing",
        ),
        ("resource {\n  forbid = true\n}", "12:1:", "expected a type"),
        (
            "resource \"x\" {\n  severity = \"hihg\"\n  forbid = true\n}",
            "13:14:",
            "did you mean `high`?",
        ),
        (
            "resource \"x\" {\n  secure {\n    a = one_off(1)\n  }\n}",
            "14:9:",
            "did you mean `one_of`?",
        ),
        (
            "resource \"x\" {\n  secure {\n    a = set(1)\n  }\n}",
            "14:9:",
            "takes 0 arguments",
        ),
        (
            "resource \"x\" {\n  secure {\n    a = matches(\"(\")\n  }\n}",
            "14:17:",
            "not a regular expression",
        ),
        (
            "resource \"x\" {\n  secure {\n    a = none_of([1], write=2)\n  }\n}",
            "14:27:",
            "space around the `=`",
        ),
        (
            "resource \"x\" {\n  companion \"y\" {\n  }\n}",
            "13:3:",
            "expected `link",
        ),
        (
            "resource \"x\" {\n  refers \"y\" {\n  }\n}",
            "13:3:",
            "expected `via",
        ),
        (
            "resource \"x\" {\n  forbid = net::opne(attrs.a)\n}",
            "13:12:",
            "did you mean `net::open`?",
        ),
        ("resource \"x\" {\n  forbid = true\n", "", ""),
        (
            "row \"a\" {\n}\nrow \"a\" {\n}\nresource \"x\" {\n  forbid = true\n}",
            "14:1:",
            "there twice",
        ),
        (
            "resource \"x\" {\n  defaults \"newest\" {\n    a = 1\n  }\n  forbid = true\n}",
            "13:12:",
            "version constraint",
        ),
        (
            "resource \"x\" {\n  at = a\n  secure {\n    a = 1\n  }\n}",
            "13:3:",
            "goes with `forbid",
        ),
    ];
    for (rule, place, part) in cases {
        check(&with_rule(rule), place, part);
    }
}

#[test]
fn front_matter_and_sections() {
    let good = with_rule("resource \"x\" {\n  forbid = true\n}");
    assert_eq!(errors(&good), "");
    let cases = [
        (
            "severity: high",
            "severity: hihg",
            "3:11:",
            "did you mean `high`?",
        ),
        (
            "severity: high",
            "severty: high",
            "3:1:",
            "did you mean `severity`?",
        ),
        ("since: 0.1.0\n", "", "1:1:", "lacks `since`"),
        ("id: aws-x-bad", "id: AWS_x", "2:5:", "kebab-case"),
        (
            "since: 0.1.0",
            "since: 0.1.0\nsame-as: CKV_1",
            "6:10:",
            "expected a list",
        ),
        (
            "since: 0.1.0",
            "since: 0.1.0\nrequires: { aws: newest }",
            "6:18:",
            "version constraint",
        ),
        ("since: 0.1.0", "since: [", "", "not valid YAML"),
        ("## Bad", "## Bda", "17:1:", "did you mean `Bad`?"),
        ("# Title", "Title", "7:1:", "lacks a title"),
        (
            "```hcl\na",
            "```hcl fiel=\"x.tf\"\na",
            "19:1:",
            "did you mean `file`?",
        ),
    ];
    for (from, to, place, part) in cases {
        check(&good.replacen(from, to, 1), place, part);
    }
    check("no front matter", "1:1:", "expected front matter");
}

#[test]
fn examples_and_texts() {
    let text = format!(
        "{FRONT}# Title\n\nWhy. More.\n\n```hcl rule\nresource \"x\" {{\n  forbid = true\n}}\n```\n\n## Bad\n\n```hcl file=\"a.tf\" provider=\"< 4\"\na = 1 # finding: so\n```\n\n```hcl file=\"b.tf\"\nb = 1\n```\n\n### Another\n\n```hcl\nc = 1 # finding # finding\n```\n\n## Good\n\n```hcl\nd = 1\n```\n\n## Notes\n\nCosts nothing.\n"
    );
    let page = read("page.md", &text).unwrap();
    assert_eq!(
        (
            page.title.as_str(),
            page.summary.as_str(),
            page.notes.as_str()
        ),
        ("Title", "Why. More.", "Costs nothing.")
    );
    let shape: Vec<String> = page
        .examples
        .iter()
        .map(|e| {
            let files = e
                .files
                .iter()
                .map(|f| format!("{} {:?} {}", f.name, f.text.trim(), f.marks.len()))
                .collect::<Vec<_>>()
                .join(", ");
            format!("{} {files} {:?}", e.section.name(), e.provider)
        })
        .collect();
    assert_eq!(
        shape,
        [
            "Bad a.tf \"a = 1\" 1, b.tf \"b = 1\" 0 Some(\"< 4\")",
            "Bad main.tf \"c = 1\" 2 None",
            "Good main.tf \"d = 1\" 0 None"
        ]
    );
    assert_eq!(
        page.examples_of(Section::Bad)
            .next()
            .and_then(|e| e.files[0].marks[0].message.clone())
            .as_deref(),
        Some("so")
    );
}
