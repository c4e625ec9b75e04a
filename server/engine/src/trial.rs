//! What the examples of a page promise, tried: the bad ones are found where they are marked, the good ones pass, what is
//! unknown is silent, and the fixed ones are what the fixes make.

use stockade_rules::page::{Example, Page, Section, Verdict};

use crate::examples::{self, Texts};
use crate::report::{Report, ReportKind};
use crate::snapshot::Snapshot;

/// What is wrong with the examples of a page.
pub fn faults(page: &Page) -> Vec<String> {
    let bad: Vec<&Example> = page.examples_of(Section::Bad).collect();
    let mut faults: Vec<String> = bad
        .iter()
        .flat_map(|example| marks(page, example))
        .collect();
    if bad.is_empty() {
        faults.push(format!("{} ({}) has no bad example", page.id, page.path));
    }
    let passing = [Section::Good, Section::Fixed]
        .into_iter()
        .flat_map(|s| page.examples_of(s));
    faults.extend(passing.flat_map(|example| quiet(page, example, Verdict::Pass)));
    let unknown = page.examples_of(Section::Unknown);
    faults.extend(unknown.flat_map(|example| quiet(page, example, Verdict::Silent)));
    let fixed: Vec<&Example> = page.examples_of(Section::Fixed).collect();
    if !fixed.is_empty() && fixed.len() != bad.len() {
        faults.push(format!(
            "{} ({}) has {} bad examples and {} fixed ones",
            page.id,
            page.path,
            bad.len(),
            fixed.len()
        ));
    }
    faults.extend(
        fixed
            .into_iter()
            .zip(bad)
            .filter_map(|(fixed, bad)| differs(page, bad, fixed)),
    );
    faults
}

/// A fixed example that is not what the fixes make of the bad one.
fn differs(page: &Page, bad: &Example, fixed: &Example) -> Option<String> {
    match examples::fixed(page, bad) {
        Ok(texts) if texts == examples::texts(fixed) => None,
        Ok(texts) => {
            let texts: Vec<String> = texts.into_iter().map(|(_, text)| text).collect();
            Some(fault(
                page,
                fixed,
                format!(
                    "the fixes make this of the bad example:\n{}",
                    texts.join("\n")
                ),
            ))
        }
        Err(why) => Some(fault(page, bad, why)),
    }
}

/// A fault of an example, with the line of the page.
pub fn fault(page: &Page, example: &Example, what: impl std::fmt::Display) -> String {
    format!(
        "{} ({}:{}, {})\n  {what}",
        page.id,
        page.path,
        example.line,
        example.section.name()
    )
}

/// A finding in a line: file, line, message.
pub fn shown(report: &Report, texts: &Texts) -> String {
    let name = report
        .path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let at = usize::from(report.range.start());
    let text = texts
        .iter()
        .find(|(n, _)| *n == name)
        .map_or("", |(_, text)| text.as_str());
    let line = text.get(..at).unwrap_or_default().matches('\n').count();
    let source = text.lines().nth(line).unwrap_or_default();
    format!(
        "{name}:{} `{}`: {}",
        line + 1,
        source.trim(),
        report.message.replace('\n', " ")
    )
}

/// All findings of the catalog in a module, code rules included, and syntax errors.
pub fn everything(snapshot: &Snapshot, texts: &Texts) -> Vec<Report> {
    let reports = texts
        .iter()
        .flat_map(|(name, _)| snapshot.reports(&examples::path_of(name)).to_vec());
    reports
        .filter(|r| r.page.is_some() || r.kind == ReportKind::SyntaxError)
        .collect()
}

/// What a rule says of the blocks of a module: the addresses with that verdict.
pub fn with_verdict(
    snapshot: &Snapshot,
    page: &Page,
    texts: &Texts,
    verdict: Verdict,
) -> Vec<String> {
    let Some((name, _)) = texts.first() else {
        return Vec::new();
    };
    let verdicts = snapshot.verdicts(&examples::path_of(name), &page.id);
    verdicts
        .into_iter()
        .filter(|(_, v)| *v == verdict)
        .map(|(address, _)| address)
        .collect()
}

/// Compares the findings of a bad example with its markers.
pub fn marks(page: &Page, example: &Example) -> Vec<String> {
    let texts = examples::texts(example);
    let snapshot = examples::look(page, example, &texts);
    let mut found: Vec<Report> = everything(&snapshot, &texts);
    let mut faults: Vec<String> = Vec::new();
    let errors = found.iter().filter(|r| r.kind == ReportKind::SyntaxError);
    faults.extend(
        errors.map(|r| fault(page, example, format!("syntax error: {}", shown(r, &texts)))),
    );
    found.retain(|r| r.rule == page.id);
    if example.files.iter().all(|f| f.marks.is_empty()) {
        faults.push(fault(page, example, "no line is marked with `# finding`"));
    }
    for file in &example.files {
        for mark in &file.marks {
            let is_it = |r: &Report| {
                let is_line = *r.path == *examples::path_of(&file.name)
                    && line_of(&file.text, r) == mark.line as usize;
                is_line
                    && mark
                        .message
                        .as_ref()
                        .is_none_or(|part| r.message.contains(part.as_str()))
            };
            match found.iter().position(is_it) {
                Some(i) => drop(found.remove(i)),
                None => {
                    let line = file
                        .text
                        .lines()
                        .nth(mark.line as usize)
                        .unwrap_or_default();
                    let message = mark
                        .message
                        .as_deref()
                        .map(|m| format!(" with `{m}`"))
                        .unwrap_or_default();
                    faults.push(fault(
                        page,
                        example,
                        format!(
                            "not found{message}: {}:{} `{}`",
                            file.name,
                            mark.line + 1,
                            line.trim()
                        ),
                    ));
                }
            }
        }
    }
    faults.extend(
        found
            .iter()
            .map(|r| fault(page, example, format!("not marked: {}", shown(r, &texts)))),
    );
    faults
}

fn line_of(text: &str, report: &Report) -> usize {
    text.get(..usize::from(report.range.start()))
        .unwrap_or_default()
        .matches('\n')
        .count()
}

/// An example without findings, whose blocks pass, or some of them are silent.
pub fn quiet(page: &Page, example: &Example, wanted: Verdict) -> Vec<String> {
    let texts = examples::texts(example);
    let snapshot = examples::look(page, example, &texts);
    let noise = everything(&snapshot, &texts)
        .into_iter()
        .filter(|r| r.rule == page.id || r.kind == ReportKind::SyntaxError);
    let mut faults: Vec<String> = noise
        .map(|r| fault(page, example, shown(&r, &texts)))
        .collect();
    let silent = with_verdict(&snapshot, page, &texts, Verdict::Silent);
    match wanted {
        Verdict::Silent if silent.is_empty() => faults.push(fault(
            page,
            example,
            "nothing in it is unknown to the rule: it passes",
        )),
        Verdict::Pass if !silent.is_empty() && !asks_the_user(page, example) => faults.push(fault(
            page,
            example,
            format!(
                "the rule is silent instead of passing: {}",
                silent.join(", ")
            ),
        )),
        _ => {}
    }
    faults
}

/// Whether a fixed example has a variable for what only the user can know, and the page says so by name.
fn asks_the_user(page: &Page, example: &Example) -> bool {
    let texts = example.files.iter().map(|file| file.text.as_str());
    let mut variables = texts.flat_map(|text| text.split("variable \"").skip(1));
    example.section == Section::Fixed
        && variables.any(|variable| {
            let name = variable.split('"').next().unwrap_or_default();
            page.notes.contains(&format!("`{name}`"))
        })
}
