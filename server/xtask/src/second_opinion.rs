//! `cargo xtask second-opinion`: what Checkov says of the examples of our own pages, beside what we say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use stockade_engine::{ReportKind, catalog, examples};
use stockade_rules::page::Page;

/// Runs `checkov`, which must be on PATH, on the examples of all pages that name one of its checks.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A folder that is not there yet: the examples are written into it, a folder each.
    folder: PathBuf,
}

/// What is said of one example, as Checkov's ids.
#[derive(Default)]
struct Opinions {
    ours: BTreeSet<String>,
    theirs: BTreeSet<String>,
}

/// How often both say the same of a check, and of which examples one says it alone.
#[derive(Default)]
struct Tally {
    both: usize,
    ours: Vec<String>,
    theirs: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    std::fs::create_dir(&arguments.folder)
        .map_err(|error| format!("{}: {error}", arguments.folder.display()))?;
    let pages: Vec<Arc<Page>> = catalog::all()
        .filter(|page| !page.default_off)
        .cloned()
        .collect();
    let mut opinions = BTreeMap::new();
    for page in pages.iter().filter(|page| checks_of(page).next().is_some()) {
        write(page, &pages, &arguments.folder, &mut opinions)?;
    }
    ask(&arguments.folder, &mut opinions)?;
    let known: BTreeSet<&str> = pages.iter().flat_map(|page| checks_of(page)).collect();
    print(&tallied(&opinions, &known), opinions.len());
    Ok(())
}

/// The checks of Checkov's that a page stands for; those that it finds in graphs of resources are left out.
fn checks_of(page: &Page) -> impl Iterator<Item = &str> {
    let own = page.same_as.iter();
    let of_rows = page.rows.iter().flat_map(|row| &row.same_as);
    own.chain(of_rows).filter_map(|id| {
        let id: &str = id;
        id.starts_with("CKV_").then_some(id)
    })
}

/// Writes the examples of a page, and notes what we find in them.
fn write(
    page: &Page,
    pages: &[Arc<Page>],
    folder: &Path,
    opinions: &mut BTreeMap<String, Opinions>,
) -> Result<(), String> {
    for example in &page.examples {
        let name = format!("{}-{}", page.id, example.line);
        let texts = examples::texts(example);
        for (file, text) in &texts {
            let path = folder.join(&name).join(file);
            let written = path
                .parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| std::fs::write(&path, text));
            written.map_err(|error| format!("{}: {error}", path.display()))?;
        }
        let snapshot = examples::look(page, example, &texts);
        let reports = texts
            .iter()
            .flat_map(|(file, _)| snapshot.reports(&examples::path_of(file)).to_vec());
        let found: BTreeSet<_> = reports
            .filter(|report| report.kind == ReportKind::Finding)
            .map(|report| report.rule)
            .collect();
        let found = pages.iter().filter(|page| found.contains(&page.id));
        let ours = found.flat_map(|page| checks_of(page)).map(str::to_owned);
        opinions.entry(name).or_default().ours.extend(ours);
    }
    Ok(())
}

/// Notes what Checkov finds.
fn ask(folder: &Path, opinions: &mut BTreeMap<String, Opinions>) -> Result<(), String> {
    let output = Command::new("checkov")
        .args(["--framework", "terraform", "--quiet", "--compact"])
        .args(["--output", "json", "--directory"])
        .arg(folder)
        .output()
        .map_err(|error| format!("checkov: {error}"))?;
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("checkov's answer: {error}"))?;
    let failed = answer["results"]["failed_checks"]
        .as_array()
        .ok_or("checkov's answer has no results.failed_checks")?;
    for check in failed {
        let path = check["file_path"].as_str().unwrap_or_default();
        let name = path.trim_start_matches('/').split('/').next();
        let of_example = name.and_then(|name| opinions.get_mut(name));
        if let (Some(opinions), Some(id)) = (of_example, check["check_id"].as_str()) {
            opinions.theirs.insert(id.to_owned());
        }
    }
    Ok(())
}

fn tallied<'k>(
    opinions: &BTreeMap<String, Opinions>,
    known: &BTreeSet<&'k str>,
) -> BTreeMap<&'k str, Tally> {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for (name, Opinions { ours, theirs }) in opinions {
        for id in known {
            let tally = tallies.entry(id).or_default();
            match (ours.contains(*id), theirs.contains(*id)) {
                (true, true) => tally.both += 1,
                (true, false) => tally.ours.push(name.clone()),
                (false, true) => tally.theirs.push(name.clone()),
                (false, false) => {}
            }
        }
    }
    tallies
}

#[expect(clippy::print_stdout, reason = "the table is what the command is for")]
fn print(tallies: &BTreeMap<&str, Tally>, examples: usize) {
    let (mut both, mut ours, mut theirs) = (0, 0, 0);
    println!("| check | both | ours alone | theirs alone | for example |");
    println!("|---|---|---|---|---|");
    for (id, tally) in tallies {
        both += tally.both;
        ours += tally.ours.len();
        theirs += tally.theirs.len();
        if let Some(example) = tally.theirs.first().or(tally.ours.first()) {
            let (ours, theirs) = (tally.ours.len(), tally.theirs.len());
            println!("| {id} | {} | {ours} | {theirs} | {example} |", tally.both);
        }
    }
    println!(
        "\n{examples} examples: {both} findings of both, {ours} ours alone, {theirs} theirs alone"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_says_alone_is_told_with_its_example() {
        let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        let opinions = BTreeMap::from([
            (
                "a".to_owned(),
                Opinions {
                    ours: set(&["CKV_1", "CKV_2"]),
                    theirs: set(&["CKV_1", "CKV_9"]),
                },
            ),
            (
                "b".to_owned(),
                Opinions {
                    ours: set(&[]),
                    theirs: set(&["CKV_1"]),
                },
            ),
        ]);
        let tallies = tallied(&opinions, &BTreeSet::from(["CKV_1", "CKV_2"]));
        assert_eq!(
            tallies.len(),
            2,
            "of what no page stands for nothing is said"
        );
        assert_eq!(tallies["CKV_1"].both, 1);
        assert_eq!(tallies["CKV_1"].theirs, ["b"]);
        assert_eq!(tallies["CKV_2"].ours, ["a"]);
    }
}
