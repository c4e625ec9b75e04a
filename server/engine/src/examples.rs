//! Modules in memory, such as the examples of rule pages: looked at, and fixed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use stockade_rules::finding::Severity;
use stockade_rules::fix::Safety;
use stockade_rules::page::{Example, Page};
use stockade_schema::provider_of;

use crate::catalog::Catalog;
use crate::report::{Report, ReportKind};
use crate::snapshot::{FixEdits, Snapshot};
use crate::workspace::{Options, Workspace};

/// Names of files and their texts.
pub type Texts = Vec<(String, String)>;

/// The folder that modules in memory are said to stand in; nothing is read from it.
const FOLDER: &str = "/stockade-example";

/// How many findings an example may have before its fixes are taken to bring ever new ones.
const MAX_FIXES: usize = 50;

/// The path that a file of a module in memory has.
pub fn path_of(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name)
}

/// Looks at a module by the whole catalog. `page` runs even if it is off by default, under the
/// versions that `example` asks for.
pub fn look(page: &Page, example: &Example, texts: &[(String, String)]) -> Arc<Snapshot> {
    let is_own = Catalog::built_in().find(&page.id).is_none();
    let options = Options {
        today: jiff::civil::date(2026, 1, 1),
        rules: is_own.then(|| Arc::new(page.clone())).into_iter().collect(),
        ..Options::default()
    };
    let mut workspace = Workspace::new(options);
    if page.default_off {
        workspace.open(
            &path_of("stockade.toml"),
            1,
            "[rules]\nselect = [\"*\"]\n".to_owned(),
        );
    }
    if let Some(versions) = versions(page, example) {
        workspace.open(&path_of("stockade_versions.tf"), 1, versions);
    }
    for (name, text) in texts {
        workspace.open(&path_of(name), 1, text.clone());
    }
    workspace.settle()
}

/// A module in memory after the first fix of each of its findings, and what is found in it then. Advice whose fix wants a
/// look is not followed.
///
/// # Errors
/// When a fix can't be laid out, or fixes bring ever new findings.
pub fn mended(texts: &[(String, String)]) -> Result<(Texts, Vec<Report>), String> {
    let mut texts = texts.to_vec();
    for _ in 0..MAX_FIXES {
        let mut workspace = Workspace::new(Options::default());
        for (name, text) in &texts {
            workspace.open(&path_of(name), 1, text.clone());
        }
        let snapshot = workspace.settle();
        let all = texts
            .iter()
            .flat_map(|(name, _)| snapshot.reports(&path_of(name)).to_vec());
        let found: Vec<Report> = all.collect();
        let is_safe = |r: &Report| r.fixes.first().is_some_and(|f| f.safety == Safety::Safe);
        let is_followed = |r: &&Report| r.severity > Severity::Info || is_safe(r);
        let fixable = found.iter().filter(|r| !r.fixes.is_empty());
        let fixable = fixable.filter(is_followed);
        let mut edits = fixable.filter_map(|report| snapshot.prove(report, 0).ok());
        match edits.next() {
            Some(edits) => apply(&edits, &mut texts)?,
            None => return Ok((texts, found)),
        }
    }
    Err("the fixes bring ever new findings".to_owned())
}

/// The texts of an example.
pub fn texts(example: &Example) -> Texts {
    example
        .files
        .iter()
        .map(|f| (f.name.clone(), f.text.clone()))
        .collect()
}

/// The findings of a rule in a module in memory, in the order of its files and their lines.
pub fn findings(snapshot: &Snapshot, rule: &str, texts: &[(String, String)]) -> Vec<Report> {
    let reports = texts
        .iter()
        .flat_map(|(name, _)| snapshot.reports(&path_of(name)).to_vec());
    reports
        .filter(|r| r.kind == ReportKind::Finding && r.rule == rule)
        .collect()
}

/// What becomes of an example when the first fix of each finding of its page is applied.
///
/// # Errors
/// When a fix can't be laid out, or fixes bring ever new findings.
pub fn fixed(page: &Page, example: &Example) -> Result<Texts, String> {
    let mut texts = texts(example);
    for _ in 0..MAX_FIXES {
        let snapshot = look(page, example, &texts);
        let found = findings(&snapshot, &page.id, &texts);
        let Some(report) = found.iter().find(|r| !r.fixes.is_empty()) else {
            return Ok(texts);
        };
        match snapshot.fixes(report).into_iter().next() {
            Some(Ok(edits)) => apply(&edits, &mut texts)?,
            Some(Err(error)) => return Err(format!("{}: {error}", report.message)),
            None => return Ok(texts),
        }
    }
    Err("the fixes bring ever new findings of the same rule".to_owned())
}

/// Applies a fix to the texts of a module in memory.
///
/// # Errors
/// When it edits a file that is not among them, or its edits overlap.
pub fn apply(edits: &FixEdits, texts: &mut Texts) -> Result<(), String> {
    for (path, edits) in &edits.edits {
        let file = texts.iter_mut().find(|(name, _)| path_of(name) == **path);
        let (_, text) = file.ok_or_else(|| {
            format!(
                "{}: edits a file that is not part of the example",
                path.display()
            )
        })?;
        *text = stockade_text::apply(text, edits)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// A `terraform` block that states what an example asks for.
fn versions(page: &Page, example: &Example) -> Option<String> {
    let terraform = example
        .terraform
        .as_ref()
        .map(|v| format!("  required_version = \"{v}\"\n"));
    let provider = example.provider.as_ref().and_then(|version| {
        let (_, ty) = page.subjects().find(|(_, ty)| !ty.is_empty())?;
        let name = provider_of(&ty);
        Some(format!("  required_providers {{\n    {name} = {{\n      source  = \"hashicorp/{name}\"\n      version = \"{version}\"\n    }}\n  }}\n"))
    });
    let lines = [terraform, provider]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n");
    (!lines.is_empty()).then(|| format!("terraform {{\n{lines}}}\n"))
}
