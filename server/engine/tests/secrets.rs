//! Secrets in configurations: planted ones, made as their forms say and never committed, are found where they stand;
//! what only looks like one is not; and nothing that is shown holds a secret.

use std::fmt::Write;
use std::path::Path;

use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use stockade_engine::{Event, Options, Report, ReportKind, Workspace, catalog};
use stockade_syntax::ast::{Expr, ExprKind};

const TOKEN: &str = "terraform-token-in-configuration";
const VALUE: &str = "terraform-secret-in-configuration";

/// A form of token, and texts that have it.
struct Form {
    name: String,
    /// The name that tells it, if its form doesn't.
    called: Option<String>,
    pattern: String,
}

fn forms() -> Vec<Form> {
    let page = catalog::find(TOKEN).expect("the page of tokens");
    let forms = page.rows.iter().filter_map(|row| {
        let value = |name: &str| row.values.iter().find(|(n, _)| n == name).map(|(_, e)| e);
        let first = |expr: &Expr| match &expr.kind {
            ExprKind::Tuple(all) => all[0].literal_string(),
            _ => expr.literal_string(),
        };
        let text = |name: &str| value(name).and_then(first).map(|text| text.to_string());
        // Those whose text is more than a pattern are below.
        if text("form").is_some() || row.name.ends_with("private-key") {
            return None;
        }
        let pattern = match text("starts") {
            Some(starts) => regex_escape(&starts) + &text("then")?,
            None => text("pattern")?,
        };
        Some(Form {
            name: row.name.to_string(),
            called: text("names"),
            pattern,
        })
    });
    forms.collect()
}

fn regex_escape(text: &str) -> String {
    let escaped = |c: char| match c.is_ascii_alphanumeric() || c == '_' || c == '-' {
        true => c.to_string(),
        false => format!("[{c}]"),
    };
    text.chars().map(escaped).collect()
}

/// Makes texts after regular expressions, the same in every run.
struct Maker(TestRunner);

impl Maker {
    fn new() -> Maker {
        Maker(TestRunner::deterministic())
    }

    /// Not one that reads as a placeholder by chance.
    fn text(&mut self, pattern: &str) -> String {
        let strategy = string_regex(pattern).expect("a pattern that texts can be made of");
        strategy.new_tree(&mut self.0).expect("a text").current()
    }
}

/// The findings about secrets of a folder of files, with the folder's path taken off.
fn secrets(files: &[(String, String)]) -> Vec<(String, Report)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (file, text) in files {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let mut workspace = Workspace::new(Options::default());
    let is_looked_at = |file: &str| file.ends_with(".tf") || file.ends_with(".tfvars");
    for (file, text) in files.iter().filter(|(file, _)| is_looked_at(file)) {
        workspace.apply(Event::Open {
            path: folder.path().join(file),
            version: 0,
            text: text.clone(),
        });
    }
    let snapshot = workspace.settle();
    let mut all = Vec::new();
    for (path, file) in snapshot.all_files() {
        let name = path.strip_prefix(folder.path()).unwrap_or(Path::new(""));
        let found = file
            .reports
            .iter()
            .filter(|r| r.kind == ReportKind::Finding && (r.rule == TOKEN || r.rule == VALUE));
        all.extend(found.map(|r| (name.to_string_lossy().into_owned(), r.clone())));
    }
    all
}

/// All that is shown of a report.
fn shown(report: &Report) -> String {
    let mut all = format!(
        "{} {} {} {:?}",
        report.message, report.address, report.element, report.instances
    );
    let related = report.related.iter().map(|r| r.message.as_str());
    let fixes = report.fixes.iter().map(|f| f.title.as_str());
    for text in related.chain(fixes).chain([report.fingerprint.as_str()]) {
        all.push_str(text);
    }
    all
}

#[test]
fn every_form_is_found_wherever_it_stands() {
    let mut maker = Maker::new();
    let mut missed = Vec::new();
    let all = forms();
    assert!(all.len() >= 140, "{} forms", all.len());
    for form in &all {
        let token = maker.text(&form.pattern);
        let name = form.called.clone().unwrap_or_else(|| "x".to_owned());
        let quoted = token.replace('$', "$$$$").replace("$$$$", "$");
        let alone = format!("locals {{\n  {name} = \"{quoted}\"\n}}\n");
        let script = format!(
            "resource \"aws_instance\" \"a\" {{\n  user_data = <<-EOT\n    #!/bin/sh\n    export {name}={token}\n  EOT\n}}\n"
        );
        let key = format!("locals {{\n  x = {{ \"{quoted}\" = \"{quoted}\" }}\n}}\n");
        // Some forms are one only by their name.
        let key = form.called.is_none().then_some(key);
        for text in [alone, script].into_iter().chain(key) {
            let found = secrets(&[("main.tf".to_owned(), text.clone())]);
            if found.is_empty() {
                missed.push(format!("{}: {text}", form.name));
            }
            for (_, report) in found {
                let letters = |text: &str| text.replace('_', "").to_lowercase();
                assert!(
                    !letters(&shown(&report)).contains(&letters(&token)),
                    "{}: {}",
                    form.name,
                    report.message
                );
            }
        }
    }
    assert!(missed.is_empty(), "missed:\n{}", missed.join("\n"));
}

/// A secret, the form or name by which it goes, and the file and line that it is planted in.
struct Planted {
    kind: String,
    secret: String,
    file: String,
    line: usize,
}

#[test]
fn planted_secrets_are_found_and_look_alikes_are_not() {
    let mut maker = Maker::new();
    let mut files: Vec<(String, String)> = Vec::new();
    let mut planted: Vec<Planted> = Vec::new();
    let mut alike = 0;
    let forms: Vec<Form> = forms().into_iter().filter(|f| f.called.is_none()).collect();
    let mut kinds = forms.iter().step_by(2).cycle();
    for n in 0..30 {
        let file = match n % 10 {
            9 => format!("m{n}/prod.tfvars"),
            _ => format!("m{n}/main.tf"),
        };
        let mut text = String::new();
        for place in 0..3 + usize::from(n % 3 == 0) {
            let form = kinds.next().expect("forms without end");
            let secret = match place {
                1 => maker.text("[A-Za-z][0-9][A-Za-z0-9]{10}[!@#]"),
                _ => maker.text(&form.pattern),
            };
            let kind = if place == 1 { "password" } else { &form.name };
            let written = secret.replace("${", "$${");
            let (snippet, line) = match (file.ends_with(".tfvars"), place) {
                (true, 1) => (format!("a{place}_password = \"{written}\"\n"), 0),
                (true, _) => (format!("a{place} = \"{written}\"\n"), 0),
                (false, 1) => (
                    format!("variable \"p{place}_password\" {{\n  default = \"{written}\"\n}}\n"),
                    1,
                ),
                (false, 2) => (
                    format!(
                        "resource \"aws_instance\" \"i{place}\" {{\n  user_data = <<-EOT\n    export X={written}\n  EOT\n}}\n"
                    ),
                    2,
                ),
                (false, _) => (
                    format!(
                        "resource \"aws_lambda_function\" \"f{place}\" {{\n  environment {{\n    variables = {{\n      X = \"{written}\"\n    }}\n  }}\n}}\n"
                    ),
                    3,
                ),
            };
            let line = text.matches('\n').count() + line;
            planted.push(Planted {
                kind: kind.to_owned(),
                secret,
                file: file.clone(),
                line,
            });
            text.push_str(&snippet);
        }
        for k in 0..10 {
            look_alike(&mut maker, n * 10 + k, file.ends_with(".tfvars"), &mut text);
            alike += 1;
        }
        files.push((file, text));
    }
    let found = secrets(&files);
    let line_of = |file: &str, report: &Report| {
        let text = &files
            .iter()
            .find(|(name, _)| name == file)
            .expect("a file")
            .1;
        text[..usize::from(report.range.start())]
            .matches('\n')
            .count()
    };
    let is_of = |p: &Planted, file: &str, line: usize| p.file == *file && p.line == line;
    let places: Vec<(String, usize)> = found
        .iter()
        .map(|(file, r)| (file.clone(), line_of(file, r)))
        .collect();
    let missed: Vec<String> = planted
        .iter()
        .filter(|p| !places.iter().any(|(file, line)| is_of(p, file, *line)))
        .map(|p| format!("{} {}", p.kind, p.secret))
        .collect();
    let wrong: Vec<&str> = found
        .iter()
        .zip(&places)
        .filter(|(_, (file, line))| !planted.iter().any(|p| is_of(p, file, *line)))
        .map(|((file, r), _)| {
            let text = &files
                .iter()
                .find(|(name, _)| name == file)
                .expect("a file")
                .1;
            &text[std::ops::Range::<usize>::from(r.range)]
        })
        .collect();
    let mut kinds: Vec<&String> = planted.iter().map(|p| &p.kind).collect();
    kinds.sort();
    kinds.dedup();
    println!(
        "{} planted of {} kinds, {} missed; {alike} look-alikes, {} reported",
        planted.len(),
        kinds.len(),
        missed.len(),
        wrong.len()
    );
    assert!(planted.len() >= 100 && kinds.len() >= 40 && alike >= 300);
    assert!(missed.len() * 100 <= planted.len(), "missed: {missed:#?}");
    assert!(wrong.len() <= 1, "wrong: {wrong:#?}");
    for (_, report) in &found {
        let shown = shown(report);
        assert!(
            planted.iter().all(|p| !shown.contains(&p.secret)),
            "{shown}"
        );
    }
}

/// Something that has the looks of a secret.
fn look_alike(maker: &mut Maker, n: usize, is_values: bool, text: &mut String) {
    let kinds = [
        (
            "request_id",
            "[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[a-f0-9]{4}-[a-f0-9]{12}",
        ),
        ("source_code_hash", "[A-Za-z0-9+/]{43}="),
        ("checksum", "[a-f0-9]{64}"),
        ("ami", "ami-[a-f0-9]{17}"),
        (
            "secret_arn",
            "arn:aws:secretsmanager:eu-west-1:[0-9]{12}:secret:[a-z]{6}-[A-Za-z0-9]{6}",
        ),
        (
            "kms_key_id",
            "arn:aws:kms:eu-west-1:[0-9]{12}:key/[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}",
        ),
        (
            "public_key",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA[A-Za-z0-9+/]{44} ops@host",
        ),
        ("image", "registry[.]internal/app@sha256:[a-f0-9]{64}"),
        (
            "source",
            "git::https://git[.]internal/modules/vpc[.]git[?]ref=[a-f0-9]{40}",
        ),
        ("secret_name", "[a-z]{5}/[a-z]{7}/password"),
        ("thumbprint", "[A-F0-9]{40}"),
        ("zone_id", "Z[A-Z0-9]{20}"),
        ("token", "[a-z]{4,8}-[a-z]{4,8}-token"),
        ("password", "<[a-z]{6} password>"),
        ("api_key", "REPLACE_ME_[A-Z0-9]{12}"),
        (
            "token_url",
            "https://login[.]internal/[a-f0-9]{32}/oauth2/token",
        ),
        ("db_password", "/[a-z]{5}/[a-z]{5}/password"),
        (
            "secret",
            "projects/[a-z]{6}/secrets/[a-z]{8}/versions/[0-9]",
        ),
        (
            "certificate_pem",
            "-----BEGIN CERTIFICATE-----[A-Za-z0-9+/]{64}",
        ),
        ("etag", "[a-f0-9]{32}"),
        ("commit", "[a-f0-9]{40}"),
        ("instance_id", "i-[a-f0-9]{17}"),
        (
            "subscription_id",
            "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}",
        ),
        ("user_pool_id", "eu-west-1_[A-Za-z0-9]{9}"),
        ("distribution", "E[A-Z0-9]{13}"),
        ("password_policy", "min-[0-9]{2}-upper-lower-digit"),
        ("key_name", "[a-z]{6}-[0-9]{4}-[a-z]{4}"),
        ("connection", "postgres://app:password@localhost:5432/app"),
        ("private_key", "-----BEGIN PRIVATE KEY-----"),
        ("access_key", "AKIA[A-Z2-7]{9}EXAMPLE"),
    ];
    let (name, pattern) = kinds[n % kinds.len()];
    let value = maker.text(pattern);
    let line = match is_values {
        true => writeln!(text, "l{n}_{name} = \"{value}\""),
        false => writeln!(
            text,
            "resource \"null_resource\" \"l{n}\" {{\n  triggers = {{\n    {name} = \"{value}\"\n  }}\n}}"
        ),
    };
    line.expect("a string takes everything");
}
