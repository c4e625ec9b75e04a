//! Every argument that has a write-only sibling, converted with each kind of source: what comes out is accepted by
//! `terraform validate` where it can be, else by the shipped schemas; it is formatted, has nothing more to convert, and
//! nothing of a literal is left in any file.

#![allow(
    clippy::print_stdout,
    reason = "a test that needs terraform says when it skips"
)]

#[expect(dead_code, reason = "the test of pages uses more of it")]
#[path = "pages/terraform.rs"]
mod terraform;

use std::path::Path;
use std::sync::Arc;

use stockade_engine::examples::{self, Texts};
use stockade_engine::{FixEdits, Options, Report, Snapshot, Workspace};
use stockade_schema::secrets::all_write_only;
use stockade_schema::version::Version;
use stockade_schema::{Kind, WriteOnly, find_anywhere};
use stockade_syntax::format::format;

const RULE: &str = "terraform-argument-stored-in-state";
const LITERAL: &str = "Zq7-hunter-battery";

/// What resources of AWS 5.100 need beside the argument for `terraform validate`.
const BASES: [(&str, &str); 7] = [
    (
        "aws_db_instance",
        "identifier = \"x\"\nengine = \"postgres\"\ninstance_class = \"db.t4g.medium\"\nallocated_storage = 20\nusername = \"x\"\nskip_final_snapshot = true",
    ),
    (
        "aws_docdb_cluster",
        "cluster_identifier = \"x\"\nmaster_username = \"x\"",
    ),
    (
        "aws_rds_cluster",
        "cluster_identifier = \"x\"\nengine = \"aurora-postgresql\"\nmaster_username = \"x\"",
    ),
    (
        "aws_redshift_cluster",
        "cluster_identifier = \"x\"\nnode_type = \"ra3.xlplus\"\nmaster_username = \"x\"",
    ),
    (
        "aws_redshiftserverless_namespace",
        "namespace_name = \"x\"\nadmin_username = \"x\"",
    ),
    ("aws_secretsmanager_secret_version", "secret_id = \"x\""),
    ("aws_ssm_parameter", "name = \"x\"\ntype = \"SecureString\""),
];

/// Where a value comes from: its expression, and the files beside.
struct Source {
    name: &'static str,
    value: String,
    more: Vec<(&'static str, String)>,
    /// Whether Terraform with nothing but AWS's provider knows it.
    is_aws: bool,
}

fn sources(is_list: bool) -> Vec<Source> {
    let listed = |value: &str| match is_list {
        true => format!("[{value}]"),
        false => value.to_owned(),
    };
    let ty = if is_list { "list(string)" } else { "string" };
    vec![
        Source {
            name: "literal",
            value: listed(&format!("\"{LITERAL}\"")),
            more: Vec::new(),
            is_aws: true,
        },
        Source {
            name: "variable",
            value: "var.given".to_owned(),
            more: vec![("variables.tf", format!("variable \"given\" {{\n  type      = {ty}\n  sensitive = true\n}}\n"))],
            is_aws: true,
        },
        Source {
            name: "variable with a default and a line in terraform.tfvars",
            value: "var.given".to_owned(),
            more: vec![
                ("variables.tf", format!("variable \"given\" {{\n  type    = {ty}\n  default = {}\n}}\n", listed(&format!("\"{LITERAL}\"")))),
                ("terraform.tfvars", format!("given = {}\n", listed(&format!("\"{LITERAL}\"")))),
            ],
            is_aws: false,
        },
        Source {
            name: "data source",
            value: listed("data.aws_secretsmanager_secret_version.given.secret_string"),
            more: vec![("data.tf", "data \"aws_secretsmanager_secret_version\" \"given\" {\n  secret_id = \"x\"\n}\n".to_owned())],
            is_aws: true,
        },
        Source {
            name: "random password of AWS",
            value: listed("data.aws_secretsmanager_random_password.given.random_password"),
            more: vec![("data.tf", "data \"aws_secretsmanager_random_password\" \"given\" {\n  password_length = 20\n}\n".to_owned())],
            is_aws: true,
        },
        Source {
            name: "random_password behind a local",
            value: listed("local.given"),
            more: vec![("random.tf", "resource \"random_password\" \"given\" {\n  length = 20\n\n  keepers = {\n    when = 1\n  }\n}\n\nlocals {\n  given = random_password.given.result\n}\n".to_owned())],
            is_aws: false,
        },
    ]
}

fn module(row: &WriteOnly, argument: &str, source: &Source) -> Texts {
    let base = BASES.iter().find(|(ty, _)| *ty == row.resource);
    let mut body = format!("{argument} = {}", source.value);
    for block in row.block.iter().rev() {
        body = format!("{block} {{\n{body}\n}}");
    }
    let base = base.map_or("", |(_, base)| base);
    let main = format(&format!(
        "resource \"{}\" \"main\" {{\n{base}\n{body}\n}}\n",
        row.resource
    ));
    let versions = format!(
        "terraform {{\n  required_version = \">= 1.5\"\n\n  required_providers {{\n    {0} = {{\n      source  = \"hashicorp/{0}\"\n      version = \">= {1}.0\"\n    }}\n  }}\n}}\n",
        row.provider, row.since.major
    );
    let mut texts = vec![
        ("main.tf".to_owned(), main),
        ("versions.tf".to_owned(), versions),
    ];
    texts.extend(
        source
            .more
            .iter()
            .map(|(file, text)| ((*file).to_owned(), text.clone())),
    );
    texts
}

fn look(texts: &Texts) -> Arc<Snapshot> {
    let mut workspace = Workspace::new(Options::default());
    for (name, text) in texts {
        workspace.open(&examples::path_of(name), 1, text.clone());
    }
    workspace.settle()
}

fn found(snapshot: &Snapshot, texts: &Texts) -> Vec<Report> {
    let all = texts
        .iter()
        .flat_map(|(name, _)| snapshot.reports(&examples::path_of(name)).to_vec());
    all.filter(|r| r.rule == RULE || r.hides.iter().any(|rule| rule == RULE))
        .collect()
}

fn applied(edits: &FixEdits, texts: &Texts) -> Result<Texts, String> {
    let mut after = texts.clone();
    examples::apply(edits, &mut after)?;
    Ok(after)
}

/// What is wrong with the result of a conversion.
fn faults(row: &WriteOnly, before: &Texts, after: &Texts, is_whole: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let snapshot = look(after);
    faults.extend(
        found(&snapshot, after)
            .iter()
            .map(|r| format!("still found: {}", r.message)),
    );
    for (name, text) in after {
        if format(text) != *text {
            faults.push(format!("{name} is not formatted"));
        }
        if is_whole && text.contains(LITERAL) {
            faults.push(format!("{name} still has the literal"));
        }
        let reports = snapshot.reports(&examples::path_of(name));
        let broken = reports.iter().filter(|r| r.rule == "syntax-error");
        faults.extend(broken.map(|r| r.message.to_string()));
    }
    let main = &after[0].1;
    if !main.contains(&format!("{} ", row.argument)) {
        faults.push("the write-only argument is not there".to_owned());
    }
    if before[0].1 == *main {
        faults.push("nothing was written".to_owned());
    }
    faults
}

#[test]
fn every_argument_is_converted() {
    let aws: Version = "5.100.0".parse().expect("a version");
    let mut faulty: Vec<String> = Vec::new();
    let mut for_terraform: Vec<(String, Texts)> = Vec::new();
    let (mut arguments, mut conversions) = (0, 0);
    for row in all_write_only().into_iter().filter(|row| row.secret) {
        let Some(argument) = row.replaces else {
            continue;
        };
        arguments += 1;
        let path = [row.block.as_slice(), &[row.argument]].concat();
        let ty = find_anywhere(Kind::Resource, row.resource, &path);
        let is_list = matches!(row.argument, "passwords_wo")
            || ty.is_some_and(|entry| format!("{entry:?}").contains("List"));
        for source in sources(is_list) {
            let texts = module(row, argument, &source);
            let snapshot = look(&texts);
            let what = format!("{}.{} from a {}", row.resource, row.argument, source.name);
            let reports = found(&snapshot, &texts);
            let [report] = reports.as_slice() else {
                faulty.push(format!("{what}: {} findings", reports.len()));
                continue;
            };
            let of_state = report
                .fixes
                .iter()
                .enumerate()
                .filter(|(_, fix)| fix.title.contains(row.argument));
            for (nth, (n, fix)) in of_state.enumerate() {
                let edits = match snapshot.prove(report, n) {
                    Ok(edits) => edits,
                    Err(why) => {
                        faulty.push(format!("{what}: {}: {why}", fix.title));
                        continue;
                    }
                };
                conversions += 1;
                let after = match applied(&edits, &texts) {
                    Ok(after) => after,
                    Err(why) => {
                        faulty.push(format!("{what}: {why}"));
                        continue;
                    }
                };
                let told = |fault: String| {
                    let texts: String = after
                        .iter()
                        .map(|(name, text)| format!("--- {name}\n{text}"))
                        .collect();
                    format!("{what}: {fault}\n{}\n{texts}", fix.title)
                };
                faulty.extend(faults(row, &texts, &after, nth == 0).into_iter().map(told));
                let is_known = BASES.iter().any(|(ty, _)| *ty == row.resource) && row.since <= aws;
                if source.is_aws && is_known {
                    let files = after
                        .into_iter()
                        .filter(|(name, _)| Path::new(name).extension().is_some_and(|e| e == "tf"));
                    for_terraform.push((what.clone(), files.collect()));
                }
            }
        }
    }
    println!(
        "{arguments} arguments, {conversions} conversions, {} of them through terraform validate",
        for_terraform.len()
    );
    assert!(
        arguments > 100 && conversions > 1_000,
        "{arguments} {conversions}"
    );
    faulty.extend(terraform::validate_modules(for_terraform.into_iter()));
    let shown: Vec<&str> = faulty.iter().take(12).map(String::as_str).collect();
    assert!(
        faulty.is_empty(),
        "{} faults\n\n{}",
        faulty.len(),
        shown.join("\n\n")
    );
}
