//! The report for people: by file, the most severe first, each finding with its source lines,
//! where the value came from, and its fix as changed lines.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use stockade_engine::Severity;

use crate::diff;
use crate::outcome::{Edit, Finding, Fix, ModuleCall, Outcome, Place, safety_name};
use crate::output::{BOLD, DIM, GREEN, printable};
use crate::secrets::masked;

/// Up to this many findings, each is shown with its source lines; beyond, the first of each rule is.
const IN_FULL: usize = 20;
/// Related places that are shown with a finding.
const RELATED: usize = 4;
/// Columns of a message.
const WIDTH: usize = 100;
/// Lines of a fix that are shown.
const FIX_LINES: usize = 16;
/// Of things of one kind that could not be seen, how many are named.
const FEW: usize = 3;

/// What to show.
pub(crate) struct Detail<'a> {
    /// Findings of this severity and above are listed.
    pub(crate) severity: Severity,
    /// Each with its source lines.
    pub(crate) full: bool,
    /// The paths as they were given, for the commands that the report proposes.
    pub(crate) paths: &'a str,
}

/// Writes the report.
pub(crate) fn report(
    out: &mut impl Write,
    outcome: &Outcome,
    detail: &Detail<'_>,
) -> io::Result<()> {
    let listed: Vec<&Finding> = outcome
        .findings
        .iter()
        .filter(|f| is_listed(f, detail.severity))
        .collect();
    let in_full = detail.full || listed.len() <= IN_FULL;
    let secrets = outcome.secrets();
    let mut shown_rules = BTreeSet::new();
    for (file, findings) in by_file(&listed) {
        writeln!(
            out,
            "{BOLD}{}{BOLD:#}  {}\n",
            printable(file),
            counted(&findings)
        )?;
        for finding in findings {
            if shown_rules.insert(finding.rule.as_str()) || in_full {
                write_finding(out, outcome, finding, &secrets)?;
            } else {
                write_line(out, finding)?;
            }
        }
    }
    write_summary(out, outcome, detail, &listed, in_full)
}

/// Whether a finding is listed, as opposed to counted.
pub(crate) fn is_listed(finding: &Finding, severity: Severity) -> bool {
    finding.severity >= severity && finding.suppressed.is_none()
}

/// Files by their worst finding; the order within a file stays.
fn by_file<'a>(findings: &[&'a Finding]) -> Vec<(&'a str, Vec<&'a Finding>)> {
    let mut files: Vec<(&str, Vec<&Finding>)> = Vec::new();
    for finding in findings {
        match files
            .iter_mut()
            .find(|(file, _)| *file == finding.place.file)
        {
            Some((_, group)) => group.push(finding),
            None => files.push((&finding.place.file, vec![finding])),
        }
    }
    files
}

fn counted(findings: &[&Finding]) -> String {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.severity).or_insert(0) += 1;
    }
    counts_text(&counts)
}

/// `2 critical, 1 high`.
fn counts_text(counts: &BTreeMap<Severity, usize>) -> String {
    let parts: Vec<String> = counts
        .iter()
        .rev()
        .filter(|(_, n)| **n > 0)
        .map(|(severity, n)| format!("{n} {}", severity.name()))
        .collect();
    parts.join(", ")
}

fn write_finding(
    out: &mut impl Write,
    outcome: &Outcome,
    finding: &Finding,
    secrets: &[&str],
) -> io::Result<()> {
    let message = shown_message(finding);
    let mut group = Group::with_title(level(finding.severity).primary_title(&message));
    let marked = marks_by_file(outcome, finding);
    for (place, marks) in &marked {
        group = group.element(excerpt(outcome.text(place), &place.file, marks));
    }
    if let Some(more) = finding.related.len().checked_sub(RELATED + 1) {
        group = group.element(
            Level::NOTE.message(format!("{} take part too", count(more + 1, "more place"))),
        );
    }
    group = group.element(Level::NOTE.with_name("rule").message(&finding.rule));
    let mut text = format!("{}\n", Renderer::styled().render(&[group])).into_bytes();
    write_fixes(&mut text, outcome, finding)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    writeln!(out, "{}", masked(text, secrets))
}

/// The message, wrapped; what the fix below says again is left out.
fn shown_message(finding: &Finding) -> String {
    let (what, why) = finding
        .message
        .split_once('\n')
        .unwrap_or((&finding.message, ""));
    let repeated = finding.fixes.first().map(|fix| format!("{}.", fix.title));
    let why = repeated
        .and_then(|r| why.strip_suffix(r.as_str()))
        .unwrap_or(why);
    let indent = finding.severity.name().len() + ": ".len();
    let lines = [what, why]
        .into_iter()
        .filter(|line| !line.trim().is_empty());
    let options =
        textwrap::Options::new(WIDTH - indent).word_splitter(textwrap::WordSplitter::NoHyphenation);
    let wrapped = lines.flat_map(|line| textwrap::wrap(line.trim(), &options));
    wrapped.collect::<Vec<_>>().join("\n")
}

fn level(severity: Severity) -> Level<'static> {
    let level = match severity {
        Severity::Critical | Severity::High => Level::ERROR,
        Severity::Medium => Level::WARNING,
        Severity::Low | Severity::Info => Level::INFO,
    };
    level.with_name(severity.name())
}

/// A marked range of a text.
struct Mark {
    kind: AnnotationKind,
    bytes: Range<usize>,
    label: String,
}

/// What is to be marked for a finding: its own file first.
fn marks_by_file<'a>(outcome: &Outcome, finding: &'a Finding) -> Vec<(&'a Place, Vec<Mark>)> {
    let mut files: Vec<(&Place, Vec<Mark>)> = Vec::new();
    let mut mark = |place: &'a Place, kind, label: String| {
        let text = outcome.text(place);
        let mark = Mark {
            kind,
            bytes: first_line(text, &place.bytes),
            label,
        };
        let header = Mark {
            kind: AnnotationKind::Visible,
            bytes: match finding.resource.is_empty() {
                true => mark.bytes.clone(),
                false => header_above(text, mark.bytes.start),
            },
            label: String::new(),
        };
        match files.iter_mut().find(|(first, _)| first.path == place.path) {
            Some((_, marks)) => marks.extend([mark, header]),
            None => files.push((place, vec![mark, header])),
        }
    };
    mark(&finding.place, AnnotationKind::Primary, subject(finding));
    for related in finding.related.iter().take(RELATED) {
        mark(
            &related.place,
            AnnotationKind::Context,
            related.message.clone(),
        );
    }
    files
}

/// `aws_security_group.web, ingress[0]`.
fn subject(finding: &Finding) -> String {
    let mut parts = vec![finding.resource.as_str(), finding.element.as_str()];
    parts.retain(|part| !part.is_empty());
    let instances = if finding.instances.is_empty() {
        String::new()
    } else {
        format!(" ({})", finding.instances.join(", "))
    };
    parts.join(", ") + &instances
}

/// A range cut to the line that it starts in: a whole block or heredoc would hide the message.
fn first_line(text: &str, bytes: &Range<usize>) -> Range<usize> {
    let marked = text.get(bytes.clone()).unwrap_or_default();
    let len = marked.find(['\r', '\n']).unwrap_or(marked.len());
    bytes.start..bytes.start + len
}

/// The nearest line at or above `offset` that starts at column 0: the block's header.
fn header_above(text: &str, offset: usize) -> Range<usize> {
    let before = text.get(..offset).unwrap_or_default();
    let mut end = before.len();
    for line in before.rsplit('\n') {
        let start = end - line.len();
        let rest = text.get(start..).unwrap_or_default();
        if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return first_line(
                text,
                &(start..start + rest.find('\n').unwrap_or(rest.len())),
            );
        }
        end = start.saturating_sub(1);
    }
    offset..offset
}

/// The lines from the first mark to the last; the renderer folds what is between.
fn excerpt<'a>(text: &'a str, file: &'a str, marks: &'a [Mark]) -> Snippet<'a, Annotation<'a>> {
    let first = marks.iter().map(|mark| mark.bytes.start).min().unwrap_or(0);
    let last = marks.iter().map(|mark| mark.bytes.end).max().unwrap_or(0);
    let start = text
        .get(..first)
        .and_then(|t| t.rfind('\n'))
        .map_or(0, |at| at + 1);
    let end = text
        .get(last..)
        .and_then(|t| t.find('\n'))
        .map_or(text.len(), |at| last + at);
    let lines_before = text.get(..start).unwrap_or_default().matches('\n').count();
    let annotations = marks.iter().map(|mark| {
        let span = mark.bytes.start.saturating_sub(start)..mark.bytes.end.saturating_sub(start);
        let label = (!mark.label.is_empty()).then_some(mark.label.as_str());
        mark.kind.span(span).label(label)
    });
    Snippet::source(text.get(start..end).unwrap_or_default())
        .line_start(lines_before + 1)
        .path(file)
        .annotations(annotations)
}

fn write_fixes(out: &mut impl Write, outcome: &Outcome, finding: &Finding) -> io::Result<()> {
    for (i, fix) in finding.fixes.iter().enumerate() {
        let word = if i == 0 { "fix" } else { "or" };
        let safety = safety_name(fix.safety);
        writeln!(
            out,
            "   {GREEN}{word}{GREEN:#} ({safety}): {}",
            printable(&fix.title)
        )?;
        if i == 0 {
            write_fix(out, outcome, finding, fix)?;
        }
    }
    Ok(())
}

fn write_fix(
    out: &mut impl Write,
    outcome: &Outcome,
    finding: &Finding,
    fix: &Fix,
) -> io::Result<()> {
    for (place, edits) in edits_by_file(fix) {
        let before = outcome.text(place);
        let Ok(after) = diff::edited(before, edits) else {
            continue;
        };
        if place.path != finding.place.path {
            writeln!(out, "      {DIM}in {}{DIM:#}", printable(&place.file))?;
        }
        let mut lines = Vec::new();
        diff::excerpt(&mut lines, before, &after)?;
        let lines = String::from_utf8_lossy(&lines);
        for line in lines.lines().take(FIX_LINES) {
            writeln!(out, "      {line}")?;
        }
        if let Some(more) = lines
            .lines()
            .count()
            .checked_sub(FIX_LINES)
            .filter(|more| *more > 0)
        {
            writeln!(
                out,
                "      {DIM}… {} (--diff shows all){DIM:#}",
                count(more, "more line")
            )?;
        }
    }
    Ok(())
}

fn edits_by_file(fix: &Fix) -> Vec<(&Place, Vec<&Edit>)> {
    let mut files: Vec<(&Place, Vec<&Edit>)> = Vec::new();
    for edit in &fix.edits {
        match files
            .iter_mut()
            .find(|(first, _)| first.path == edit.place.path)
        {
            Some((_, edits)) => edits.push(edit),
            None => files.push((&edit.place, vec![edit])),
        }
    }
    files
}

/// A finding of a rule that has been shown in full already.
fn write_line(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let Finding {
        severity,
        rule,
        message,
        place,
        ..
    } = finding;
    let message = message.lines().next().unwrap_or_default();
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}: {}",
        severity.name(),
        printable(message)
    )?;
    writeln!(
        out,
        "  {DIM}-->{DIM:#} {}:{} {} ({rule})\n",
        printable(&place.file),
        place.range.start.line,
        printable(&subject(finding))
    )
}

fn write_summary(
    out: &mut impl Write,
    outcome: &Outcome,
    detail: &Detail<'_>,
    listed: &[&Finding],
    in_full: bool,
) -> io::Result<()> {
    let summary = &outcome.summary;
    let looked_at = format!(
        "{} in {}",
        count(summary.resources, "resource"),
        count(summary.files, "file")
    );
    let found = counts_text(&summary.findings);
    match (summary.resources, found.is_empty()) {
        (0, true) => writeln!(
            out,
            "{BOLD}Nothing was evaluated{BOLD:#}: no resource, data source or provider block in {}.",
            count(summary.files, "file")
        )?,
        (_, true) => writeln!(out, "{GREEN}No findings{GREEN:#} in {looked_at}.")?,
        (_, false) => writeln!(out, "{BOLD}{found}{BOLD:#} in {looked_at}.")?,
    }
    let unlisted = summary
        .findings
        .range(..detail.severity)
        .map(|(severity, n)| (*severity, *n))
        .collect();
    write_unlisted(out, &unlisted, detail)?;
    if summary.suppressed > 0 {
        writeln!(
            out,
            "{} suppressed by comments (--format json lists them).",
            count(summary.suppressed, "finding")
        )?;
    }
    write_fixable(out, outcome, listed, detail)?;
    if !in_full {
        writeln!(
            out,
            "A rule's first finding is shown with its source; all of them: stockade check --full {}",
            detail.paths
        )?;
    }
    write_unseen(out, outcome)
}

fn write_unlisted(
    out: &mut impl Write,
    counts: &BTreeMap<Severity, usize>,
    detail: &Detail<'_>,
) -> io::Result<()> {
    let Some(lowest) = counts
        .iter()
        .find(|(_, n)| **n > 0)
        .map(|(severity, _)| severity.name())
    else {
        return Ok(());
    };
    writeln!(
        out,
        "Not listed: {}. To list them: stockade check --severity {lowest} {}",
        counts_text(counts),
        detail.paths
    )
}

fn write_fixable(
    out: &mut impl Write,
    outcome: &Outcome,
    listed: &[&Finding],
    detail: &Detail<'_>,
) -> io::Result<()> {
    let is_safe = |finding: &&Finding| finding.is_safe_to_fix && finding.suppressed.is_none();
    let all = outcome.findings.iter().filter(is_safe).count();
    let of_listed = listed.iter().copied().filter(is_safe).count();
    let which = match (of_listed, all - of_listed) {
        (0, 0) => return Ok(()),
        (0, others) => format!("{others} that are not listed can"),
        (_, 0) => format!("{of_listed} of the listed can"),
        _ => format!("{all}, {of_listed} of them listed, can"),
    };
    writeln!(
        out,
        "{which} be fixed safely: stockade check --diff {} shows it, --fix does it.",
        detail.paths
    )
}

/// The first of some things, as a list.
fn first_few<T>(all: &[T], name: impl Fn(&T) -> String) -> String {
    let mut named = all
        .iter()
        .take(FEW)
        .map(name)
        .collect::<Vec<_>>()
        .join(", ");
    if all.len() > FEW {
        named.push_str(", …");
    }
    named
}

/// What no finding could be claimed about.
fn write_unseen(out: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    let unseen = &outcome.unseen;
    let calls = &unseen.modules_not_installed;
    let folders = &unseen.folders_left_out;
    let files = &unseen.files_not_readable;
    let is_all_seen =
        calls.is_empty() && files.is_empty() && folders.is_empty() && unseen.unknown_arguments == 0;
    if is_all_seen && outcome.errors.is_empty() {
        return Ok(());
    }
    writeln!(out, "{BOLD}Not seen:{BOLD:#}")?;
    let (folders_of_ours, fetched): (Vec<_>, Vec<_>) =
        calls.iter().partition(|call| call.source.starts_with('.'));
    let how = "`terraform init` fetches them";
    write_calls(out, &fetched, "modules that are not on this machine", how)?;
    let how = "they are looked at once they are there";
    write_calls(
        out,
        &folders_of_ours,
        "folders that are submodules, or ignored by git, and not here",
        how,
    )?;
    if !files.is_empty() {
        let named = first_few(files, |f| format!("{} ({})", f.file, f.reason));
        writeln!(
            out,
            "  {} can't be read: {}; what they may set is unknown.",
            count(files.len(), "file"),
            printable(&named)
        )?;
    }
    if !folders.is_empty() {
        let named = first_few(folders, |f| format!("{} ({})", f.folder, f.reason));
        let by_git = folders.iter().find(|f| f.reason == ".gitignore");
        let how = match by_git {
            Some(folder) => format!("; to look there: stockade check {}", folder.folder),
            None => String::new(),
        };
        writeln!(
            out,
            "  {} left out: {}{}.",
            count(folders.len(), "folder"),
            printable(&named),
            printable(&how)
        )?;
    }
    if unseen.unknown_arguments > 0 {
        let (unknown, all) = (
            unseen.unknown_arguments,
            count(unseen.arguments, "argument"),
        );
        writeln!(
            out,
            "  {unknown} of {all} have a value that the configuration does not tell; stockade.toml can name .tfvars files: [variables] files."
        )?;
    }
    if !outcome.errors.is_empty() {
        writeln!(
            out,
            "  {}: standard error says what and why.",
            count(outcome.errors.len(), "error")
        )?;
    }
    Ok(())
}

fn write_calls(
    out: &mut impl Write,
    calls: &[&ModuleCall],
    into: &str,
    how: &str,
) -> io::Result<()> {
    if calls.is_empty() {
        return Ok(());
    }
    let named = first_few(calls, |call| format!("{} ({})", call.address, call.file));
    let calls = count(calls.len(), "module call");
    writeln!(out, "  {calls} into {into}: {}; {how}.", printable(&named))
}

/// `1 file`, `2 files`.
pub(crate) fn count(n: usize, what: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {what}{plural}")
}
