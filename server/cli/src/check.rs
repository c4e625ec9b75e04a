//! `stockade check`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use stockade_engine::Severity;
use stockade_engine::{Options, Report};

use crate::apply::{self, Change};
use crate::args::{CheckArgs, Format};
use crate::human::{Detail, count};
use crate::outcome::{Failure, Finding, Outcome, Status};
use crate::output::{BOLD, Output, printable};
use crate::session::Session;
use crate::{catalog, diff, human, sarif};

/// Runs the command.
///
/// # Errors
/// When standard output or standard error can't be written.
pub(crate) fn run(args: &CheckArgs, output: &mut Output) -> io::Result<Status> {
    let mut session = Session::load(&args.paths, options(args));
    let severity = Severity::from(args.severity);
    let is_shown = |report: &Report| args.format != Format::Human || report.severity >= severity;
    let mut outcome = session.outcome(is_shown);
    if args.diff {
        return print_diff(&mut session, &outcome, output);
    }
    if args.fix {
        let changes = session.fix_all();
        let written = write_all(&mut session, &changes);
        let remaining = session.outcome(is_shown);
        tell_fixed(args.format, &outcome, &remaining, &written, output)?;
        outcome = remaining;
    }
    if args.format != Format::Human {
        outcome.without_secrets();
    }
    print_report(args, &outcome, output)?;
    tell_errors(&outcome, output)?;
    // The process ends here: to take apart what it holds would take a thirtieth of its time.
    std::mem::forget(session);
    Ok(outcome.status())
}

fn options(args: &CheckArgs) -> Options {
    let options = Options::default();
    Options {
        today: args.today.unwrap_or(options.today),
        ..options
    }
}

fn print_diff(session: &mut Session, outcome: &Outcome, output: &mut Output) -> io::Result<Status> {
    for change in session.fix_all() {
        diff::patch(output.out(), &change.file, &change.before, &change.after)?;
    }
    output.finish()?;
    tell_errors(outcome, output)?;
    Ok(outcome.status())
}

/// Writes what can be written; the rest becomes failures.
fn write_all<'a>(session: &mut Session, changes: &'a [Change]) -> Vec<&'a Change> {
    let mut written = Vec::new();
    for change in changes {
        match apply::write(change) {
            Ok(()) => written.push(change),
            Err(message) => session.add_failure(Failure {
                file: change.file.clone(),
                range: None,
                kind: "not-written",
                message,
            }),
        }
    }
    session.reload(changes);
    written
}

/// Says what `--fix` did: beside the report for people, on standard error for programs.
fn tell_fixed(
    format: Format,
    before: &Outcome,
    after: &Outcome,
    written: &[&Change],
    output: &mut Output,
) -> io::Result<()> {
    let fixed = gone(before, after);
    let headline = match (written.len(), fixed.len()) {
        (0, _) => "Nothing was fixed: there is no safe fix to apply.".to_owned(),
        (files, fixed) => format!(
            "Fixed {} in {}.",
            count(fixed, "finding"),
            count(files, "file")
        ),
    };
    if format != Format::Human {
        return output.note(&headline);
    }
    let out = output.out();
    writeln!(out, "{BOLD}{headline}{BOLD:#}")?;
    for finding in fixed {
        let at = format!("{}:{}", finding.place.file, finding.place.range.start.line);
        writeln!(
            out,
            "  {} {} ({})",
            printable(&at),
            printable(&finding.resource),
            finding.rule
        )?;
    }
    writeln!(out)
}

/// The findings that were there and are no more.
fn gone<'a>(before: &'a Outcome, after: &'a Outcome) -> Vec<&'a Finding> {
    let key = |finding: &'a Finding| (&finding.place.path, &finding.fingerprint);
    let mut remaining: BTreeMap<_, usize> = BTreeMap::new();
    for finding in &after.findings {
        *remaining.entry(key(finding)).or_default() += 1;
    }
    let mut gone: Vec<&Finding> = before.findings.iter().collect();
    gone.retain(|finding| match remaining.get_mut(&key(finding)) {
        Some(n) if *n > 0 => {
            *n -= 1;
            false
        }
        _ => true,
    });
    gone
}

fn print_report(args: &CheckArgs, outcome: &Outcome, output: &mut Output) -> io::Result<()> {
    let out = output.out();
    match args.format {
        Format::Human => {
            let paths = shell_words(args);
            human::report(
                out,
                outcome,
                &Detail {
                    severity: args.severity.into(),
                    full: args.full,
                    paths: &paths,
                },
            )?;
        }
        Format::Json => print_json(out, outcome)?,
        Format::Sarif => print_json(out, &sarif::log(outcome, &catalog::rules()))?,
    }
    output.finish()
}

/// The paths as they would be typed again.
fn shell_words(args: &CheckArgs) -> String {
    let words = args.paths.iter().map(|path| {
        let path = path.to_string_lossy();
        let is_plain = path
            .chars()
            .all(|c| c.is_alphanumeric() || "/._-+@:,".contains(c));
        if is_plain {
            path.into_owned()
        } else {
            format!("'{}'", path.replace('\'', r"'\''"))
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Writes a document and the newline that ends it.
pub(crate) fn print_json(out: &mut impl Write, document: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

fn tell_errors(outcome: &Outcome, output: &mut Output) -> io::Result<()> {
    for failure in &outcome.errors {
        output.error(&failure.to_string())?;
    }
    Ok(())
}
