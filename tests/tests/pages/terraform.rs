//! The real `terraform` as the judge of fixes, where it and the AWS provider are present.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use stockade_engine::examples::{self, Texts};
use stockade_rules::page::{Example, Page, Section};
use stockade_schema::provider_of;
use stockade_schema::version::{Interval, Version};
use stockade_syntax::parse_body;
use stockade_tests::skipped;

/// The version of the AWS provider that these machines have.
const AWS: &str = "5.100.0";

/// What `terraform validate` has against the fixed examples of pages about AWS.
pub(crate) fn validate<'p>(pages: impl Iterator<Item = &'p Page>) -> Vec<String> {
    let of_page = |page: &'p Page| {
        let examples = page.examples_of(Section::Fixed);
        let examples = examples.filter(|e| is_about_aws(page, e));
        examples.map(|example| {
            let name = format!("{} ({}:{})", page.id, page.path, example.line);
            (name, examples::texts(example))
        })
    };
    validate_modules(pages.flat_map(of_page))
}

/// What `terraform validate` has against modules that need no other provider than AWS's: all of them in one go.
pub(crate) fn validate_modules(modules: impl Iterator<Item = (String, Texts)>) -> Vec<String> {
    let Some(provider) = provider_folder(Path::new("/opt")) else {
        skipped("`terraform validate`, no AWS provider below /opt");
        return Vec::new();
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = format!(
        "provider_installation {{\n  dev_overrides {{\n    \"hashicorp/aws\" = \"{}\"\n  }}\n  direct {{}}\n}}\n",
        provider.display()
    );
    fs::write(folder.path().join("settings.tfrc"), settings).expect("settings");
    let mut root = String::new();
    let mut cases: Vec<String> = Vec::new();
    for (case, texts) in modules {
        let name = format!("c{}", cases.len());
        root.push_str(&add_module(folder.path(), &name, &texts));
        cases.push(case);
    }
    fs::write(folder.path().join("main.tf"), root).expect("the root module");
    let run = |arguments: &[&str]| terraform(folder.path(), arguments);
    let (Some(_), Some(output)) = (run(&["get"]), run(&["validate", "-json"])) else {
        let count = cases.len();
        skipped(&format!(
            "`terraform validate` of {count} modules, no terraform here"
        ));
        return Vec::new();
    };
    println!("terraform validate: {} modules", cases.len());
    diagnostics(&output, &cases)
}

fn diagnostics(output: &str, cases: &[String]) -> Vec<String> {
    let Ok(result) = serde_json::from_str::<Value>(output) else {
        return vec![format!("terraform validate: {output}")];
    };
    let errors = result["diagnostics"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|d| d["severity"] == "error");
    errors
        .map(|d| {
            let file = d["range"]["filename"].as_str().unwrap_or_default();
            let case = file
                .strip_prefix('c')
                .and_then(|f| f.split('/').next())
                .and_then(|n| n.parse::<usize>().ok());
            let case = case.and_then(|n| cases.get(n)).map_or(file, String::as_str);
            let text = |key: &str| d[key].as_str().unwrap_or_default().replace('\n', " ");
            format!(
                "{case}: {}: {}\n  {}",
                text("summary"),
                text("detail"),
                d["snippet"]["code"].as_str().unwrap_or_default().trim()
            )
        })
        .collect()
}

/// Writes a module and returns its call, which gives it what its variables want.
fn add_module(folder: &Path, name: &str, texts: &Texts) -> String {
    let module = folder.join(name);
    fs::create_dir(&module).expect("a folder for a module");
    let mut variables = Vec::new();
    for (file, text) in texts {
        fs::write(module.join(file), text).expect("a file of a module");
        let (body, _) = parse_body(text);
        let required = body
            .blocks()
            .filter(|b| b.kind.name == "variable" && b.body.attribute("default").is_none());
        variables.extend(required.filter_map(|b| {
            let is_ephemeral = b.body.attribute("ephemeral").is_some();
            Some((b.labels.first()?.name.clone(), is_ephemeral))
        }));
    }
    let mut call = format!("module \"{name}\" {{\n  source = \"./{name}\"\n");
    let mut declared = String::new();
    for (variable, is_ephemeral) in variables {
        call.push_str(&format!("  {variable} = var.{name}_{variable}\n"));
        let ephemeral = if is_ephemeral {
            "\n  ephemeral = true\n"
        } else {
            ""
        };
        declared.push_str(&format!("variable \"{name}_{variable}\" {{{ephemeral}}}\n"));
    }
    format!("{call}}}\n{declared}")
}

fn is_about_aws(page: &Page, example: &Example) -> bool {
    let (Ok(aws), Ok(wanted)) = (
        AWS.parse::<Version>(),
        example
            .provider
            .as_deref()
            .unwrap_or_default()
            .parse::<Interval>(),
    ) else {
        return false;
    };
    let is_aws = page.subjects().any(|(_, ty)| provider_of(&ty) == "aws");
    let foreign = |text: &str| {
        let (body, _) = parse_body(text);
        body.blocks().any(|b| {
            matches!(
                b.kind.name.as_str(),
                "resource" | "data" | "ephemeral" | "provider"
            ) && b
                .labels
                .first()
                .is_some_and(|l| provider_of(&l.name) != "aws")
        })
    };
    is_aws && wanted.contains(&aws) && !example.files.iter().any(|f| foreign(&f.text))
}

/// The folder of the AWS provider's binary, told by its name.
fn provider_folder(folder: &Path) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .ok()?
        .filter_map(|e| Some(e.ok()?.path()))
        .collect();
    entries.sort();
    let is_provider = |p: &PathBuf| {
        p.file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with("terraform-provider-aws_v5"))
    };
    if entries.iter().any(is_provider) {
        return Some(folder.to_path_buf());
    }
    entries
        .iter()
        .filter(|p| p.is_dir() && !p.is_symlink())
        .find_map(|p| provider_folder(p))
}

/// Files that `terraform fmt` would change after a fix and not before.
pub(crate) fn format(pairs: &[(String, Texts, Texts)]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("settings.tfrc"), "").expect("settings");
    for (i, (_, before, after)) in pairs.iter().enumerate() {
        for (side, texts) in [("before", before), ("after", after)] {
            for (name, text) in texts {
                fs::write(folder.path().join(format!("{i}_{side}_{name}")), text).expect("a file");
            }
        }
    }
    let Some(listed) = terraform(folder.path(), &["fmt", "-check", "-list=true"]) else {
        let count = pairs.len();
        skipped(&format!(
            "`terraform fmt` after {count} fixes, no terraform here"
        ));
        return Vec::new();
    };
    println!("terraform fmt: after {} fixes", pairs.len());
    let is_listed = |name: &str| listed.lines().any(|l| l == name);
    let grown = pairs.iter().enumerate().filter(|(i, (_, before, _))| {
        before.iter().any(|(name, _)| {
            is_listed(&format!("{i}_after_{name}")) && !is_listed(&format!("{i}_before_{name}"))
        })
    });
    grown
        .map(|(_, (what, _, _))| format!("terraform fmt would change the result of {what}"))
        .collect()
}

/// Runs terraform; `None` where it is not installed.
fn terraform(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("terraform");
    command
        .args(arguments)
        .current_dir(folder)
        .env("TF_CLI_CONFIG_FILE", folder.join("settings.tfrc"));
    let output = command.output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
