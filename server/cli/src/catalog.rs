//! The rules as the command line tells about them: `rules`, `explain`, and the rules of a SARIF log.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use stockade_engine::catalog::Catalog;
use stockade_engine::own_rules::OwnRules;
use stockade_engine::{Report, Safety, Severity, trial};
use stockade_rules::page::{Page, plain_id};

use crate::args::ListFormat;
use crate::check::print_json;
use crate::human::count;
use crate::outcome::{Status, safety_name};
use crate::output::{BOLD, DIM, Output};

/// A rule; serialised it is an entry of `stockade rules --format json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) title: String,
    #[serde(serialize_with = "name")]
    pub(crate) severity: Severity,
    pub(crate) category: String,
    /// The first word of the id: `aws`.
    pub(crate) provider: String,
    /// The types of blocks that it looks at.
    pub(crate) resource_types: Vec<String>,
    /// What other scanners call the check.
    pub(crate) same_as: Vec<String>,
    /// What its best fix is: `safe`, `review`, or absent.
    #[serde(serialize_with = "fix")]
    pub(crate) fix: Option<Safety>,
    /// Controls of standards: `cis-aws-3.0/2.3.1`.
    pub(crate) compliance: Vec<String>,
    /// The sentences below the title.
    #[serde(skip)]
    pub(crate) summary: String,
    /// The page without its front matter, in Markdown.
    #[serde(skip)]
    pub(crate) page: String,
}

fn name<S: Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(severity.name())
}

fn fix<S: Serializer>(fix: &Option<Safety>, serializer: S) -> Result<S::Ok, S::Error> {
    fix.map(safety_name).serialize(serializer)
}

/// All rules, by id: the built-in ones, and those of the workspace of the current folder.
pub(crate) fn rules() -> Vec<Rule> {
    let catalog = match std::env::current_dir() {
        Ok(folder) => Catalog::of_workspace(&folder),
        Err(_) => Catalog::built_in().clone(),
    };
    let mut rules: Vec<Rule> = catalog.all().map(|page| rule_of_page(page)).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
}

fn rule_of_page(page: &Page) -> Rule {
    Rule {
        id: page.id.to_string(),
        title: page.title.to_string(),
        severity: page.severity,
        category: page.category.as_str().to_owned(),
        provider: page.id.split('-').next().unwrap_or_default().to_owned(),
        resource_types: page
            .subjects()
            .map(|(_, ty)| ty.to_string())
            .filter(|ty| !ty.is_empty())
            .collect(),
        same_as: aliases(page, |_| true),
        fix: page.fix_safety(),
        compliance: controls(page),
        summary: page.summary.to_string(),
        page: page.body.to_string(),
    }
}

/// `cis-aws-3.0/2.3.1`, for every control of every standard.
fn controls(page: &Page) -> Vec<String> {
    let pairs = page
        .compliance
        .iter()
        .flat_map(|(standard, controls)| controls.iter().map(move |control| (standard, control)));
    pairs
        .map(|(standard, control)| format!("{standard}/{control}"))
        .collect()
}

/// What other scanners call the page, and its rows as far as they are `wanted`.
fn aliases(page: &Page, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let rows = page
        .rows
        .iter()
        .filter(|row| wanted(&row.name))
        .flat_map(|row| &row.same_as);
    let mut aliases = Vec::new();
    for alias in page.same_as.iter().chain(rows).map(ToString::to_string) {
        if !aliases.contains(&alias) {
            aliases.push(alias);
        }
    }
    aliases
}

/// What a report's rule is called: its title, category and other scanners' ids.
pub(crate) fn names_of(report: &Report) -> (String, String, Vec<String>) {
    match report.page.as_ref() {
        Some(page) => {
            let same_as = aliases(page, |row| report.rows.iter().any(|hit| hit == row));
            (
                page.title.clone(),
                page.category.as_str().to_owned(),
                same_as,
            )
        }
        None => (report.rule.to_string(), String::new(), Vec::new()),
    }
}

/// `stockade rules`.
///
/// # Errors
/// When standard output can't be written.
pub(crate) fn list(format: ListFormat, output: &mut Output) -> io::Result<()> {
    let rules = rules();
    match format {
        ListFormat::Json => print_json(output.out(), &rules)?,
        ListFormat::Human => write_list(output.out(), &rules)?,
    }
    output.finish()
}

/// `stockade rules --test`: tries the examples of the workspace's own pages.
///
/// # Errors
/// When standard output or standard error can't be written.
pub(crate) fn test(output: &mut Output) -> io::Result<Status> {
    let folder = std::env::current_dir()?;
    let own = OwnRules::of_workspace(&folder);
    let mistakes = own.mistakes(&folder);
    for mistake in &mistakes {
        output.error(mistake)?;
    }
    if own.pages.is_empty() && mistakes.is_empty() {
        output.error("there are no rule pages: they stand in .stockade/rules at the root of the workspace, the folder of stockade.toml or else the git root")?;
        return Ok(Status::Incomplete);
    }
    let (mut examples, mut failed) = (0, 0);
    for page in &own.pages {
        let faults = trial::faults(page);
        examples += page.examples.len();
        failed += usize::from(!faults.is_empty());
        for fault in faults {
            writeln!(output.out(), "{}\n", fault.trim_end())?;
        }
    }
    let tried = format!(
        "{} with {}",
        count(own.pages.len(), "rule"),
        count(examples, "example")
    );
    match failed {
        0 if own.pages.is_empty() => {}
        0 => writeln!(output.out(), "{tried}: as their pages say.")?,
        _ => writeln!(
            output.out(),
            "{tried}: {} not as the page says.",
            count(failed, "rule")
        )?,
    }
    output.finish()?;
    Ok(match (mistakes.is_empty(), failed) {
        (false, _) => Status::Incomplete,
        (true, 0) => Status::Clean,
        _ => Status::Found,
    })
}

fn write_list(out: &mut impl Write, rules: &[Rule]) -> io::Result<()> {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for group in rules.chunk_by(|a, b| a.provider == b.provider) {
        writeln!(
            out,
            "{BOLD}{}{BOLD:#}",
            group.first().map_or("", |rule| &rule.provider)
        )?;
        for Rule {
            id,
            title,
            severity,
            ..
        } in group
        {
            writeln!(
                out,
                "  {id:width$}  {DIM}{:8}{DIM:#}  {title}",
                severity.name()
            )?;
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "{} rules. More about one: stockade explain RULE",
        rules.len()
    )
}

/// `stockade explain`: the page of a rule, or of the rules that another scanner's id stands for.
/// `false` when there is none.
///
/// # Errors
/// When standard output or standard error can't be written.
pub(crate) fn explain(wanted: &str, output: &mut Output) -> io::Result<bool> {
    let rules = rules();
    let alias = plain_id(wanted);
    let is_called = |id: &String| id.eq_ignore_ascii_case(alias);
    let found: Vec<&Rule> = rules
        .iter()
        .filter(|rule| rule.id == wanted || rule.same_as.iter().any(is_called))
        .collect();
    if found.is_empty() {
        let near = nearest(wanted, &rules)
            .map(|id| format!(" did you mean {id}?"))
            .unwrap_or_default();
        output.error(&format!(
            "there is no rule {wanted};{near} `stockade rules` lists all"
        ))?;
        return Ok(false);
    }
    for rule in found {
        write_page(output.out(), rule)?;
    }
    output.finish()?;
    Ok(true)
}

fn nearest<'a>(wanted: &str, rules: &'a [Rule]) -> Option<&'a str> {
    let likeness = |id: &str| strsim::normalized_damerau_levenshtein(wanted, id);
    let best = rules
        .iter()
        .map(|rule| rule.id.as_str())
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.6).then_some(best)
}

fn write_page(out: &mut impl Write, rule: &Rule) -> io::Result<()> {
    let fix = rule.fix.map_or("none", safety_name);
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}  {} severity, {}, fix: {fix}",
        rule.id,
        rule.severity.name(),
        rule.category
    )?;
    if !rule.same_as.is_empty() {
        writeln!(out, "{DIM}same as {}{DIM:#}", rule.same_as.join(", "))?;
    }
    writeln!(out, "\n{}\n", rule.page.trim())
}
