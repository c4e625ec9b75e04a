//! `cargo xtask fixed`: writes the `Fixed` sections of rule pages by running the engine over their
//! bad examples.

use std::fs;
use std::path::{Path, PathBuf};

use stockade_engine::examples::{self, Texts};
use stockade_rules::page::{Page, Section, read};

/// Write the `Fixed` sections of the rule pages: each bad example after the first fix of each finding.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only pages whose path contains one of these; all without.
    pages: Vec<String>,
    /// Write nothing; fail if a section is not what it should be.
    #[arg(long)]
    check: bool,
    /// The folder of the rule pages; queries/rules by default.
    #[arg(long)]
    rules: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../queries/rules");
    let rules = arguments.rules.clone().unwrap_or(committed);
    stockade_catalog::use_folder(&rules);
    let mut paths = Vec::new();
    pages_below(&rules, &mut paths)?;
    paths.sort();
    let mut faults = Vec::new();
    for path in paths {
        let shown = path
            .strip_prefix(&rules)
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        if !arguments.pages.is_empty()
            && !arguments
                .pages
                .iter()
                .any(|part| shown.contains(part.as_str()))
        {
            continue;
        }
        match refreshed(&path, &shown) {
            Ok(None) => {}
            Ok(Some(_)) if arguments.check => faults.push(format!(
                "{shown}: its Fixed section is out of date; run `cargo xtask fixed`"
            )),
            Ok(Some(text)) => {
                fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
                say(&shown);
            }
            Err(error) => faults.push(error),
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("\n"))
    }
}

fn pages_below(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            pages_below(&path, paths)?;
        } else if path.extension().is_some_and(|e| e == "md") {
            paths.push(path);
        }
    }
    Ok(())
}

/// The page with the section that it should have; `None` when it has it.
fn refreshed(path: &Path, shown: &str) -> Result<Option<String>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let page = match read(shown, &text) {
        Ok(page) => page,
        Err(errors) => {
            return Err(errors
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n"));
        }
    };
    let unknown = stockade_rules::lint(&page);
    if !unknown.is_empty() {
        let lines = unknown.iter().map(ToString::to_string);
        return Err(lines.collect::<Vec<_>>().join("\n"));
    }
    let mut fixed = Texts::new();
    let mut bad = Texts::new();
    for example in page.examples_of(Section::Bad) {
        fixed.extend(fixed_example(&page, example, shown)?);
        bad.extend(examples::texts(example));
    }
    // A rule without a fix has nothing to show.
    let fixed = if fixed == bad { Texts::new() } else { fixed };
    let new = with_section(&text, &fixed);
    Ok((new != text).then_some(new))
}

fn fixed_example(
    page: &Page,
    example: &stockade_rules::page::Example,
    shown: &str,
) -> Result<Texts, String> {
    examples::fixed(page, example).map_err(|error| format!("{shown}:{}: {error}", example.line))
}

/// The page with a `Fixed` section below its `Bad` one: the same fences, with these texts in them.
fn with_section(page: &str, fixed: &[(String, String)]) -> String {
    let sections = sections(page);
    let Some(bad) = sections.iter().find(|s| is_heading(s, "Bad")) else {
        return page.to_owned();
    };
    let section = match fixed {
        [] => String::new(),
        fixed => fixed_section(bad, fixed),
    };
    let kept = sections.iter().filter(|s| !is_heading(s, "Fixed"));
    let mut out = String::with_capacity(page.len() + section.len());
    for text in kept {
        out.push_str(text);
        if is_heading(text, "Bad") && !section.is_empty() {
            out.truncate(out.trim_end().len());
            out.push_str("\n\n");
            out.push_str(&section);
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// A page cut at its `## ` headings.
fn sections(page: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    let mut at = 0;
    let mut in_fence = false;
    for line in page.split_inclusive('\n') {
        if line.starts_with("```") {
            in_fence = !in_fence;
        } else if !in_fence && line.starts_with("## ") {
            cuts.push(at);
        }
        at += line.len();
    }
    cuts.push(page.len());
    cuts.windows(2).map(|w| &page[w[0]..w[1]]).collect()
}

fn is_heading(section: &str, name: &str) -> bool {
    section
        .lines()
        .next()
        .and_then(|l| l.strip_prefix("## "))
        .is_some_and(|heading| heading.trim() == name)
}

/// The `Bad` section with its fences' contents replaced and its prose left out.
fn fixed_section(bad: &str, fixed: &[(String, String)]) -> String {
    let mut out = String::from("## Fixed\n");
    let mut texts = fixed.iter();
    let mut in_fence = false;
    for line in bad.lines() {
        let is_fence = line.starts_with("```");
        if is_fence && !in_fence && line[3..].trim_start().starts_with("hcl") {
            let text = texts.next().map_or("", |(_, text)| text);
            out.push_str(&format!("\n{line}\n{}```\n", with_line_end(text)));
        } else if !in_fence && line.starts_with("### ") {
            out.push_str(&format!("\n{line}\n"));
        }
        in_fence ^= is_fence;
    }
    out
}

fn with_line_end(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') {
        text.to_owned()
    } else {
        format!("{text}\n")
    }
}

#[expect(clippy::print_stdout, reason = "a command line program answers there")]
fn say(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_written_and_replaced() {
        let bad = "# T\n\n## Bad\n\nprose\n\n### One\n\n```hcl file=\"a.tf\"\nx = 1 # finding\n## Bad\n```\n";
        let fixed = "\n## Fixed\n\n### One\n\n```hcl file=\"a.tf\"\nx = 2\n```\n";
        let old = "\n## Fixed\n\n```hcl\nold\n```\n";
        let notes = "\n## Notes\n\nn\n";
        let texts = [("a.tf".to_owned(), "x = 2\n".to_owned())];
        let cases = [
            (bad.to_owned(), format!("{bad}{fixed}")),
            (format!("{bad}{notes}"), format!("{bad}{fixed}{notes}")),
            (format!("{bad}{old}{notes}"), format!("{bad}{fixed}{notes}")),
            (format!("{bad}{notes}{old}"), format!("{bad}{fixed}{notes}")),
            (
                format!("{bad}{fixed}{notes}"),
                format!("{bad}{fixed}{notes}"),
            ),
        ];
        for (page, expected) in cases {
            assert_eq!(with_section(&page, &texts), expected);
        }
    }
}
