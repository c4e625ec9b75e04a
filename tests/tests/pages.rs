//! What the rule pages promise, over every page of the catalog: the bad example is found on the
//! marked lines, the good one passes, what is unknown is silent (contract 2), and each fix does what
//! it says and nothing else (contract 3).

#![allow(
    clippy::print_stdout,
    reason = "a test that needs terraform says when it skips"
)]

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use stockade_engine::Report;
use stockade_engine::catalog;
use stockade_engine::examples::{self, Texts};
use stockade_engine::trial::{everything, fault, marks, quiet, shown, with_verdict};
use stockade_rules::page::{Example, Page, Section, Verdict};

#[path = "pages/fixes.rs"]
mod fixes;
#[path = "pages/terraform.rs"]
mod terraform;
#[path = "pages/unknown.rs"]
mod unknown;

/// The pages of the repository as they are now, so that who writes pages need not build: `PAGES=<part of a path>` chooses
/// some, `RULES=<folder>` takes them from elsewhere.
fn pages() -> Vec<&'static Arc<Page>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../queries/rules");
    let folder = std::env::var_os("RULES").unwrap_or_else(|| folder.into());
    stockade_catalog::use_folder(Path::new(&folder));
    let chosen = std::env::var("PAGES").unwrap_or_default();
    let pages: Vec<_> = catalog::all()
        .filter(|page| page.path.contains(&chosen))
        .collect();
    assert!(!pages.is_empty(), "the catalog has no page");
    pages
}

/// Runs a check over all pages and reports everything that it says at once.
fn over_pages(check: impl Fn(&Page) -> Vec<String> + Sync) {
    let pages = pages();
    let faults: Vec<String> = pages.par_iter().flat_map(|page| check(page)).collect();
    assert!(
        faults.is_empty(),
        "{} faults on {} pages\n\n{}\n",
        faults.len(),
        pages.len(),
        faults.join("\n\n")
    );
}

#[test]
fn pages_can_be_read_and_name_what_exists() {
    let pages = pages();
    let errors = stockade_catalog::errors().iter().map(ToString::to_string);
    let unknown = pages.iter().flat_map(|page| stockade_rules::lint(page));
    let faults: Vec<String> = errors.chain(unknown.map(|e| e.to_string())).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn findings_stand_where_pages_say() {
    over_pages(|page| {
        let bad = page.examples_of(Section::Bad);
        let mut faults: Vec<String> = bad.flat_map(|example| marks(page, example)).collect();
        if page.examples_of(Section::Bad).next().is_none() {
            faults.push(format!("{} ({}) has no bad example", page.id, page.path));
        }
        faults
    });
}

#[test]
fn good_examples_pass_and_unknown_ones_are_silent() {
    over_pages(|page| {
        let passing = [Section::Good, Section::Fixed]
            .into_iter()
            .flat_map(|s| page.examples_of(s))
            .flat_map(|e| quiet(page, e, Verdict::Pass));
        let silent = page
            .examples_of(Section::Unknown)
            .flat_map(|e| quiet(page, e, Verdict::Silent));
        passing.chain(silent).collect()
    });
}

/// A value in which two rules see a fault is one mistake: one of them supersedes the other. What is absent is told at the header of its block,
/// which is the place of many.
#[test]
fn a_value_is_the_matter_of_one_rule() {
    over_pages(|page| {
        let bad = page.examples_of(Section::Bad);
        bad.flat_map(|example| shared_values(page, example))
            .collect()
    });
}

fn shared_values(page: &Page, example: &Example) -> Vec<String> {
    let texts = examples::texts(example);
    let mut found = everything(&examples::look(page, example, &texts), &texts);
    let is_header = |report: &Report| {
        let of_file = |(name, _): &&(String, String)| *report.path == *examples::path_of(name);
        let text = texts.iter().find(of_file).map_or("", |(_, text)| text);
        let after = text.get(usize::from(report.range.end())..);
        after.is_some_and(|after| after.trim_start().starts_with('{'))
    };
    found.retain(|report| !is_header(report));
    let is_shared = |one: &Report, other: &Report| {
        let is_same = one.path == other.path && one.range == other.range;
        is_same && one.rule < other.rule
    };
    let pairs = found.iter().flat_map(|one| {
        let others = found.iter().filter(|other| is_shared(one, other));
        others.map(|other| format!("{} and {}: {}", one.rule, other.rule, shown(one, &texts)))
    });
    pairs.map(|pair| fault(page, example, pair)).collect()
}

#[test]
fn unknown_never_fires() {
    over_pages(|page| {
        let fixed = page
            .examples_of(Section::Fixed)
            .flat_map(|e| unknown::of_fixed(page, e));
        let bad = page
            .examples_of(Section::Bad)
            .flat_map(|e| unknown::of_bad(page, e));
        fixed.chain(bad).collect()
    });
}

#[test]
fn fixes_are_proved() {
    over_pages(|page| {
        page.examples_of(Section::Bad)
            .flat_map(|e| fixes::proof(page, e))
            .collect()
    });
}

#[test]
fn fixed_sections_are_what_the_fixes_make() {
    over_pages(|page| {
        let bad: Vec<&Example> = page.examples_of(Section::Bad).collect();
        let fixed: Vec<&Example> = page.examples_of(Section::Fixed).collect();
        let has_fix = || {
            let is_changed = |e: &Example| examples::fixed(page, e) != Ok(examples::texts(e));
            bad.iter().any(|e| is_changed(e))
        };
        if fixed.is_empty() && !has_fix() {
            let good = page.examples_of(Section::Good).next();
            let fault = || {
                format!(
                    "{} ({}) has neither a fix nor a good example",
                    page.id, page.path
                )
            };
            return good.is_none().then(fault).into_iter().collect();
        }
        if bad.len() != fixed.len() {
            return vec![format!(
                "{} ({}) has {} bad examples and {} fixed ones; run `cargo xtask fixed`",
                page.id,
                page.path,
                bad.len(),
                fixed.len()
            )];
        }
        bad.into_iter()
            .zip(fixed)
            .filter_map(|(bad, fixed)| fixed_section(page, bad, fixed))
            .collect()
    });
}

fn fixed_section(page: &Page, bad: &Example, fixed: &Example) -> Option<String> {
    match examples::fixed(page, bad) {
        Err(error) => Some(fault(page, bad, error)),
        Ok(made) => {
            let differs = |(made, written): (&(String, String), &(String, String))| {
                made.0 != written.0 || made.1.trim_end() != written.1.trim_end()
            };
            let written = examples::texts(fixed);
            let first = made.iter().zip(&written).find(|pair| differs(*pair));
            let (made, _) = first?;
            Some(fault(
                page,
                fixed,
                format!(
                    "not what the fixes make; run `cargo xtask fixed`. {} should be:\n{}",
                    made.0, made.1
                ),
            ))
        }
    }
}

#[test]
fn terraform_accepts_fixed_examples() {
    let faults = terraform::validate(pages().iter().map(|page| &***page));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn terraform_has_no_more_to_format() {
    let pages = pages();
    let pairs: Vec<(String, Texts, Texts)> = pages
        .par_iter()
        .flat_map(|page| fixes::before_and_after(page))
        .collect();
    let faults = terraform::format(&pairs);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
