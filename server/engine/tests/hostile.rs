//! Configurations that mean harm, or that a program went wrong over: what can't be computed within bounds is unknown,
//! and everything else is looked at as usual.

use std::fmt::Write;

use stockade_engine::{Event, Options, ReportKind, Workspace};

const RULE: &str = "aws-rds-instance-without-storage-encryption";

/// A database that is encrypted if an expression says so.
fn database(encrypted: &str) -> String {
    format!("resource \"aws_db_instance\" \"d\" {{\n  storage_encrypted = {encrypted}\n}}\n")
}

/// `locals` of which each is made of the one before.
fn chain(first: &str, next: &dyn Fn(usize) -> String, length: usize) -> String {
    let mut text = format!("locals {{\n  a0 = {first}\n");
    for i in 1..length {
        writeln!(text, "  a{i} = {}", next(i - 1)).expect("a string takes everything");
    }
    text + "}\n"
}

/// How often the rule finds the database of a configuration unencrypted.
fn findings(files: &[(String, String)]) -> usize {
    found(files, RULE)
}

/// How often a rule finds something in a file.
fn reports_of(text: &str, rule: &str) -> usize {
    found(&[("main.tf".to_owned(), text.to_owned())], rule)
}

fn found(files: &[(String, String)], rule: &str) -> usize {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut workspace = Workspace::new(Options::default());
    for (file, text) in files {
        workspace.apply(Event::Open {
            path: folder.path().join(file),
            version: 0,
            text: text.clone(),
        });
    }
    let snapshot = workspace.settle();
    let reports = snapshot
        .all_files()
        .flat_map(|(_, file)| file.reports.iter());
    let found = reports.filter(|r| r.kind == ReportKind::Finding && r.rule == rule);
    found.count()
}

#[test]
fn evaluation_is_bounded() {
    const LONG: usize = 20_000;
    let last = |value: &str| database(&value.replace('@', &(LONG - 1).to_string()));
    let cases = [
        (
            "a long chain",
            chain("false", &|i| format!("local.a{i}"), LONG) + &last("local.a@"),
            1,
        ),
        (
            "a long circle",
            chain("local.a19999", &|i| format!("local.a{i}"), LONG) + &last("local.a@"),
            0,
        ),
        (
            "lists in lists",
            chain("false", &|i| format!("[local.a{i}]"), LONG) + &database("local.a100 == 1"),
            1,
        ),
        (
            "a string that doubles",
            chain(
                "\"x\"",
                &|i| format!("\"${{local.a{i}}}${{local.a{i}}}\""),
                60,
            ) + &database("local.a59 == \"\""),
            0,
        ),
        (
            "a list that triples",
            chain(
                "[1]",
                &|i| format!("concat(local.a{i}, local.a{i}, local.a{i})"),
                40,
            ) + &database("length(local.a39) < 0"),
            0,
        ),
        (
            "a billion numbers",
            database("length([for i in range(1000000000) : i]) < 0"),
            0,
        ),
        (
            "loops in loops",
            database(
                "length([for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a * b * c]]]) < 0",
            ),
            0,
        ),
        (
            "a product of lists",
            database("length(setproduct(range(1000), range(1000), range(1000))) < 0"),
            0,
        ),
        (
            "a backtracking expression",
            database(&format!(
                "can(regex(\"^(a+)+$\", \"{}b\"))",
                "a".repeat(5_000)
            )),
            1,
        ),
        (
            "a large expression",
            database("can(regex(\"(?:a{1,1000}){1,1000}\", \"a\")) && false"),
            1,
        ),
        (
            "a wide number",
            database("format(\"%1000000000d\", 1) == \"\""),
            1,
        ),
        ("a high power", database("pow(10, 1000000000) < 0"), 0),
    ];
    for (what, text, expected) in cases {
        assert_eq!(
            findings(&[("main.tf".to_owned(), text)]),
            expected,
            "{what}"
        );
    }
}

#[test]
fn nesting_is_bounded() {
    let deep =
        |open: &str, inner: &str, close: &str| open.repeat(10_000) + inner + &close.repeat(10_000);
    let texts = [
        deep("${\"", "x", "\"}"),
        deep("(", "1", ")"),
        deep("[", "1", "]"),
        deep("{ a = ", "1", "}"),
        deep("!", "true", ""),
        deep("x(", "1", ")"),
    ];
    for text in texts {
        let broken = format!("locals {{\n  a = {text}\n}}\n");
        let files = [
            ("broken.tf".to_owned(), broken),
            ("main.tf".to_owned(), database("false")),
        ];
        assert_eq!(findings(&files), 1, "{}", &text[..20]);
        let json = [
            ("a.tf.json".to_owned(), text),
            ("main.tf".to_owned(), database("false")),
        ];
        assert_eq!(findings(&json), 1);
    }
}

#[test]
fn calls_are_bounded() {
    let call = |name: String, source: &str| {
        format!("module \"{name}\" {{\n  source = \"{source}\"\n  n = \"${{var.n}}{name}\"\n}}\n")
    };
    let module = |calls: String| {
        ("variable \"n\" {\n  default = \"\"\n}\n".to_owned() + &calls)
            + &database("var.n == \"x\"")
    };
    // Ten calls on each of seven levels are ten million ways.
    let mut tree: Vec<(String, String)> = (0..8)
        .map(|level| {
            let source = format!("../m{}", level + 1);
            let calls = (0..10)
                .filter(|_| level < 7)
                .map(|i| call(format!("c{i}"), &source));
            (format!("m{level}/main.tf"), module(calls.collect()))
        })
        .collect();
    tree.push((
        "main.tf".to_owned(),
        module(call("root".to_owned(), "./m0")),
    ));
    assert!(findings(&tree) >= 9);

    let wide: String = (0..10_000).map(|i| call(format!("c{i}"), "./m")).collect();
    let wide = [
        ("main.tf".to_owned(), module(wide)),
        ("m/main.tf".to_owned(), module(String::new())),
    ];
    assert!(findings(&wide) >= 1);

    let mut deep: Vec<(String, String)> = (0..60)
        .map(|level| {
            (
                format!("m{level}/main.tf"),
                module(call("c".to_owned(), &format!("../m{}", level + 1))),
            )
        })
        .collect();
    deep.push(("m60/main.tf".to_owned(), module(String::new())));
    assert_eq!(findings(&deep), 61);

    let circle = [
        ("a/main.tf".to_owned(), module(call("b".to_owned(), "../b"))),
        ("b/main.tf".to_owned(), module(call("a".to_owned(), "../a"))),
    ];
    // What goes in a circle is not followed.
    assert_eq!(findings(&circle), 0);
}

/// Texts that are all beginnings of tokens: what each costs, and how many are told, is bounded.
#[test]
fn looking_for_secrets_is_bounded() {
    let beginnings = [
        "eyJ-",
        "glpat-",
        "-----BEGIN ",
        "://a:",
        "password=",
        "xoxb-1-",
        "Bearer Basic ",
        "key-us",
    ];
    for beginning in beginnings {
        let text = beginning.repeat(500_000 / beginning.len());
        let file = format!("locals {{\n  text = \"{text}\"\n}}\n") + &database("false");
        assert_eq!(findings(&[("main.tf".to_owned(), file)]), 1, "{beginning}");
    }
    let many: String = (0..2_000)
        .map(|n| format!("    export DB_PASSWORD=Zq{n}-hunter\n"))
        .collect();
    let file = format!("locals {{\n  text = <<-EOT\n{many}  EOT\n}}\n");
    let told = reports_of(&file, "terraform-secret-in-configuration");
    assert!((100..=200).contains(&told), "{told} are told");
}
