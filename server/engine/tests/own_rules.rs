//! An organisation's rule pages in `.stockade/rules/`: they run beside the built-in ones, are read again when they
//! change, and say what is wrong with them.

use std::fs;
use std::path::{Path, PathBuf};

use stockade_engine::{Options, ReportKind, Workspace};
use tempfile::TempDir;

const MAIN: &str = "resource \"aws_sns_topic\" \"alerts\" {\n  name = \"alerts\"\n}\n";

/// A page that wants topics to have a name that begins like this.
fn page(id: &str, prefix: &str) -> String {
    format!(
        "---\nid: {id}\nseverity: high\ncategory: hardening\nsince: 1.0.0\n---\n# Topic with another name\n\nThey are told apart by it.\n\n```hcl rule\nresource \"aws_sns_topic\" {{\n  secure {{ name = matches(\"^{prefix}\") }}\n}}\n```\n\n## Bad\n\n```hcl\nresource \"aws_sns_topic\" \"a\" {{\n  name = \"b\" # finding\n}}\n```\n"
    )
}

/// A folder and a workspace that looks at it.
struct Case {
    folder: TempDir,
    workspace: Workspace,
}

impl Case {
    fn new(files: &[(&str, &str)]) -> Case {
        let mut case = Case {
            folder: TempDir::new().expect("a folder"),
            workspace: Workspace::new(Options::default()),
        };
        case.write("stockade.toml", "");
        files.iter().for_each(|(name, text)| case.write(name, text));
        case.workspace.load_all(&[case.folder.path().to_path_buf()]);
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&mut self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(&path, text).expect("written");
        self.workspace.files_changed(&[path]);
    }

    fn remove(&mut self, name: &str) {
        let path = self.path(name);
        fs::remove_file(&path).expect("removed");
        self.workspace.files_changed(&[path]);
    }

    /// The findings of own rules, and the mistakes of pages: `file:line: what`.
    fn told(&mut self) -> Vec<String> {
        let snapshot = self.workspace.settle();
        let root = self.folder.path();
        let mut told = Vec::new();
        for (path, file) in snapshot.all_files() {
            for report in file.reports.iter() {
                let is_own = report.rule.starts_with("acme-");
                if !is_own && report.kind == ReportKind::Finding {
                    continue;
                }
                let line = file.rope.byte_to_line(report.range.start().into()) + 1;
                let what = if is_own {
                    report.rule.as_str()
                } else {
                    &report.message
                };
                told.push(format!("{}:{line}: {what}", shown(path, root)));
            }
        }
        told
    }
}

fn shown(path: &Path, root: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    relative.to_string_lossy().into_owned()
}

#[test]
fn own_rules_are_read_again_when_they_change() {
    const PAGE: &str = ".stockade/rules/naming/topic.md";
    let mut case = Case::new(&[("main.tf", MAIN), (PAGE, &page("acme-topic", "acme"))]);
    assert_eq!(case.told(), ["main.tf:2: acme-topic"]);
    case.write(PAGE, &page("acme-topic", "alerts"));
    assert!(case.told().is_empty());
    case.write(PAGE, &page("acme-topic-name", "acme"));
    assert_eq!(case.told(), ["main.tf:2: acme-topic-name"]);
    case.write("stockade.toml", "[rules]\nignore = [\"acme-topic-name\"]\n");
    assert!(case.told().is_empty());
    case.write("stockade.toml", "");
    let suppressed = MAIN.replace("\n}", " # stockade:ignore acme-topic-name -- old\n}");
    case.write("main.tf", &suppressed);
    assert_eq!(
        case.told(),
        ["main.tf:2: acme-topic-name"],
        "marked, not dropped"
    );
    case.remove(PAGE);
    assert_eq!(
        case.told(),
        ["main.tf:2: There is no rule \"acme-topic-name\"."]
    );
}

#[test]
fn mistakes_are_told_and_the_other_pages_run() {
    const PAGE: &str = ".stockade/rules/b.md";
    let good = page("acme-topic", "acme");
    let cases = [
        (
            good.replace("secure", "secur"),
            ".stockade/rules/b.md:13: unknown block in a check `secur`; did you mean `secure`?",
        ),
        (
            good.replace("{ name =", "{ nmae ="),
            ".stockade/rules/b.md:13: `aws_sns_topic` has no `nmae`; did you mean `name`?",
        ),
        (
            page("aws-topic", "acme"),
            ".stockade/rules/b.md:2: ids that begin with `aws-` are Stockade's; begin it with a name of your own, such as `acme-aws-topic`",
        ),
        (
            page("acme-code", "acme").replacen(
                "resource \"aws_sns_topic\" {\n  secure { name = matches(\"^acme\") }\n}",
                "code = \"suppression\"",
                1,
            ),
            ".stockade/rules/b.md:12: `code` names what is written in Rust",
        ),
        (
            good.clone(),
            ".stockade/rules/b.md:2: .stockade/rules/a.md has this id already",
        ),
    ];
    let mut case = Case::new(&[
        ("main.tf", MAIN),
        (".stockade/rules/README.md", "# What these are\n"),
        (".stockade/rules/a.md", &good),
    ]);
    for (text, expected) in cases {
        case.write(PAGE, &text);
        let told = case.told();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with(expected), "{told:?}\n{text}");
        assert_eq!(told[1], "main.tf:2: acme-topic", "{text}");
    }
    case.remove(PAGE);
    assert_eq!(case.told(), ["main.tf:2: acme-topic"]);
}

/// A page about files; its rule is that.
fn of_files(rule: &str) -> String {
    let page = page("acme-files", "acme");
    let (start, end) = (
        page.find("resource").expect("a rule"),
        page.find("```\n\n## Bad"),
    );
    format!(
        "{}{rule}\n{}",
        &page[..start],
        &page[end.expect("an example")..]
    )
}

#[test]
fn files_are_looked_at_by_name_and_by_what_is_declared_in_them() {
    const PAGE: &str = ".stockade/rules/files.md";
    const VERSIONS: &str = "terraform {\n  required_version = \">= 1.11\"\n}\n";
    const PROVIDERS: &str =
        "\nprovider \"aws\" {\n  region = \"eu-central-1\"\n}\n\nvariable \"name\" {}\n";
    let cases: [(&str, &[&str]); 6] = [
        (
            "file \"*.tf\" {\n  each \"blocks\" {\n    when    = self.kind == \"provider\" && self.name == \"aws\"\n    require = attrs.name == \"providers.tf\"\n  }\n}",
            &["net/main.tf:2: acme-files"],
        ),
        (
            "file \"net/*\" {\n  forbid  = attrs.folder == \"net\" && attrs.name == \"main.tf\"\n  message = \"Nothing is called main.\"\n}",
            &["net/main.tf:1: acme-files"],
        ),
        (
            "file \"*.tfvars\" {\n  forbid = anytrue([for b in attrs.blocks : b.kind == \"password\"])\n}",
            &["net/terraform.tfvars:1: acme-files"],
        ),
        (
            "file {\n  each \"blocks\" {\n    forbid = self.kind == \"resource\" && self.type == \"aws_sns_topic\" && self.name == \"alerts\"\n  }\n}",
            &["main.tf:1: acme-files"],
        ),
        (
            "file \"*.tf\" {\n  forbid = attrs.nmae == \"main.tf\"\n}",
            &[
                ".stockade/rules/files.md:13: a file has no `attrs.nmae`; it has `name`, `folder`, `path`, `blocks`",
            ],
        ),
        (
            "file \"*.tf\" {\n  each \"blocks\" {\n    secure { name = \"a\" }\n  }\n}",
            &[
                ".stockade/rules/files.md:14: `secure` can't be said of a file: use `forbid` or `require`",
            ],
        ),
    ];
    for (rule, expected) in cases {
        let mut case = Case::new(&[
            ("main.tf", MAIN),
            ("net/main.tf", PROVIDERS),
            ("net/terraform.tfvars", "password = \"hunter2hunter2\"\n"),
            ("net/versions.tf", VERSIONS),
            (PAGE, &of_files(rule)),
        ]);
        assert_eq!(case.told(), expected, "{rule}");
    }
    // It follows what is typed, and a comment in the file accepts it.
    let rule = "file {\n  each \"blocks\" {\n    forbid = self.kind == \"provider\"\n  }\n}";
    let mut case = Case::new(&[("main.tf", MAIN), (PAGE, &of_files(rule))]);
    assert!(case.told().is_empty());
    case.write("main.tf", &format!("{MAIN}\nprovider \"aws\" {{}}\n"));
    assert_eq!(case.told(), ["main.tf:5: acme-files"]);
    let line = "provider \"aws\" {} # stockade:ignore acme-files -- here it is right";
    case.write("main.tf", &format!("{MAIN}\n{line}\n"));
    let snapshot = case.workspace.settle();
    let reports = snapshot.reports(&case.path("main.tf"));
    let found = reports.iter().find(|r| r.rule == "acme-files");
    let why = found.and_then(|r| r.suppressed.as_deref());
    assert_eq!(why, Some("here it is right"));
}

/// Of what is not looked at nothing is claimed, and what is mended is told no more.
#[test]
fn entries_of_a_policy_file_are_told_when_what_they_cover_is_known() {
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| {
        fs::create_dir_all(path(name).parent().expect("a folder")).expect("created");
        fs::write(path(name), text).expect("written");
    };
    let acl = |acl: &str| {
        format!(
            "resource \"aws_s3_bucket_acl\" \"a\" {{\n  bucket = \"a\"\n  acl    = \"{acl}\"\n}}\n"
        )
    };
    write("stockade.toml", "");
    write(
        ".snyk",
        "ignore:\n  SNYK-CC-TF-19:\n    - '*': { reason: a website }\n",
    );
    write("web/main.tf", &acl("private"));
    write("db/main.tf", MAIN);
    let mut workspace = Workspace::new(Options::default());
    let told = |workspace: &mut Workspace| workspace.settle().reports(&path(".snyk")).len();

    workspace.open(&path("web/main.tf"), 1, acl("private"));
    assert_eq!(told(&mut workspace), 0, "db may have one");
    workspace.load_all(&[folder.path().to_path_buf()]);
    assert_eq!(told(&mut workspace), 1);
    workspace.open(&path("web/main.tf"), 2, acl("public-read"));
    assert_eq!(told(&mut workspace), 0, "it covers something");
    workspace.open(&path("web/main.tf"), 3, acl("private"));
    assert_eq!(told(&mut workspace), 1);
    write(".snyk", "ignore: {}\n");
    workspace.files_changed(&[path(".snyk")]);
    assert_eq!(told(&mut workspace), 0, "the entry is gone");
}
