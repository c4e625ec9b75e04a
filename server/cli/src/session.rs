//! The engine, as `check` uses it: loaded once, asked for an [`Outcome`], fixed in memory.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use stockade_engine::{
    FixEdits, Options, RelatedReport, Report, ReportKind, Safety, Severity, Snapshot, Workspace,
};
use stockade_model::FileKind;
use stockade_model::installed::is_installed;
use stockade_text::{Encoding, TextRange, apply, position};

use crate::apply::Change;
use crate::outcome::{
    Edit, FORMAT_VERSION, Failure, Finding, Fix, LeftOut, ModuleCall, NotReadable, Outcome, Place,
    Point, Related, Span, Summary, Suppressed, Unseen,
};
use crate::progress::shown_while;

/// A workspace that has been loaded for PATHS.
pub(crate) struct Session {
    workspace: Workspace,
    snapshot: Arc<Snapshot>,
    /// What the report is limited to, absolute.
    paths: Vec<PathBuf>,
    /// What could not be looked at, as far as no report says it.
    failures: Vec<Failure>,
    shown: ShownPaths,
}

impl Session {
    /// Looks at everything under `paths`.
    pub(crate) fn load(paths: &[PathBuf], options: Options) -> Session {
        let shown = ShownPaths::from_current_folder();
        let mut failures = Vec::new();
        let mut found = Vec::new();
        for path in paths {
            match existing(path) {
                Ok(absolute) => found.push(absolute),
                Err(message) => {
                    failures.push(Failure::not_read(path.display().to_string(), message));
                }
            }
        }
        let progress = options.progress.clone();
        let mut workspace = Workspace::new(options);
        let (skipped, snapshot) = shown_while(&progress, || {
            let skipped = workspace.load_all(&found);
            (skipped, workspace.settle())
        });
        failures.extend(skipped.into_iter().map(|skipped| {
            let message = format!("not read: {}; make it readable, or leave it out with [files] exclude in stockade.toml", skipped.reason);
            Failure::not_read(shown.of(&skipped.path), message)
        }));
        Session {
            workspace,
            snapshot,
            paths: found,
            failures,
            shown,
        }
    }

    /// What stands in the files now. Fixes are laid out for the reports that `is_shown`.
    pub(crate) fn outcome(&mut self, is_shown: impl Fn(&Report) -> bool + Sync) -> Outcome {
        let unseen = self.workspace.unseen(|path| self.is_asked(path));
        let calls = unseen.modules.iter();
        let not_here = calls.map(|(address, _, path)| (path.clone(), address.clone()));
        let not_here = not_here.collect();
        let mut outcome = Outcome {
            format_version: FORMAT_VERSION,
            stockade_version: env!("CARGO_PKG_VERSION"),
            summary: Summary {
                resources: unseen.resources,
                ..Summary::default()
            },
            findings: Vec::new(),
            errors: self.failures.clone(),
            unseen: Unseen {
                folders_left_out: self.folders_left_out(),
                ..self.shown_unseen(unseen)
            },
            texts: BTreeMap::new(),
        };
        let files = self.files();
        let is_source = |path: &&Arc<Path>| FileKind::of(path).is_some_and(FileKind::is_source);
        outcome.summary.files = files.iter().filter(is_source).count();
        let teller = Teller {
            snapshot: &self.snapshot,
            shown: &self.shown,
            asked: &self.paths,
            not_here: &not_here,
            is_whole: files.len()
                == self
                    .snapshot
                    .all_files()
                    .filter(|(path, _)| !is_installed(path))
                    .count(),
        };
        let told: Vec<Vec<Told>> = files
            .par_iter()
            .map(|path| teller.all(path, &is_shown))
            .collect();
        for told in told.into_iter().flatten() {
            self.add(&mut outcome, told);
        }
        outcome.findings.sort_by(|a, b| order(a).cmp(&order(b)));
        outcome.texts = self.texts(&outcome);
        outcome
    }

    /// The files under PATHS.
    fn files(&self) -> Vec<Arc<Path>> {
        let files = self.snapshot.all_files().map(|(path, _)| path);
        let asked = files.filter(|path| self.is_asked(path) && !is_installed(path));
        asked.cloned().collect()
    }

    fn is_asked(&self, path: &Path) -> bool {
        is_asked(&self.paths, path)
    }

    fn add(&mut self, outcome: &mut Outcome, told: Told) {
        match told {
            Told::Failure(failure) => outcome.errors.push(failure),
            Told::Finding(finding) => {
                let folder = finding.place.path.parent().unwrap_or(Path::new("/"));
                let fail_on = self.workspace.config(folder).fail_on;
                count(&mut outcome.summary, &finding, fail_on);
                outcome.findings.push(*finding);
            }
        }
    }

    fn folders_left_out(&mut self) -> Vec<LeftOut> {
        let paths = self.paths.iter();
        let left_out = paths.flat_map(|path| self.workspace.left_out(path));
        left_out
            .map(|left_out| LeftOut {
                folder: self.shown.of(&left_out.path),
                reason: left_out.reason,
            })
            .collect()
    }

    fn shown_unseen(&self, unseen: stockade_engine::Unseen) -> Unseen {
        let calls = unseen.modules.into_iter();
        let calls = calls.map(|(address, source, path)| ModuleCall {
            file: self.shown.of(&path),
            address,
            source,
        });
        let files = unseen.files.into_iter();
        let files = files.map(|(path, reason)| NotReadable {
            file: self.shown.of(&path),
            reason,
        });
        Unseen {
            modules_not_installed: calls.collect(),
            files_not_readable: files.collect(),
            unknown_arguments: unseen.unknown_arguments,
            arguments: unseen.arguments,
            folders_left_out: Vec::new(),
        }
    }

    /// The texts that the places of an outcome point into.
    fn texts(&self, outcome: &Outcome) -> BTreeMap<Arc<Path>, String> {
        let places = outcome.findings.iter().flat_map(|finding| {
            let related = finding.related.iter().map(|related| &related.place);
            let edits = finding
                .fixes
                .iter()
                .flat_map(|fix| &fix.edits)
                .map(|edit| &edit.place);
            std::iter::once(&finding.place).chain(related).chain(edits)
        });
        let paths: BTreeSet<&Arc<Path>> = places.map(|place| &place.path).collect();
        paths
            .into_iter()
            .map(|path| (path.clone(), self.text(path)))
            .collect()
    }

    fn text(&self, path: &Path) -> String {
        self.snapshot.text(path).unwrap_or_default().to_string()
    }

    /// Applies the safe fixes under PATHS in memory, again until there are none left.
    pub(crate) fn fix_all(&mut self) -> Vec<Change> {
        let Ok(fixed) = self
            .snapshot
            .fix_files(|path| self.is_asked(path), || Ok::<_, Infallible>(()));
        let mut changes = Vec::new();
        for (path, edits) in fixed {
            let before = self.text(&path);
            match apply(&before, &edits) {
                Ok(after) => changes.push(Change {
                    file: self.shown.of(&path),
                    path,
                    before,
                    after,
                }),
                Err(overlap) => {
                    tracing::warn!("the fixes of {} overlap: {overlap:?}", path.display());
                }
            }
        }
        for change in &changes {
            self.workspace.open(&change.path, 0, change.after.clone());
        }
        self.snapshot = self.workspace.settle();
        changes
    }

    /// Looks at the disk again after `changes` were written, or not.
    pub(crate) fn reload(&mut self, changes: &[Change]) {
        for change in changes {
            self.workspace.close(&change.path);
        }
        self.snapshot = self.workspace.settle();
    }

    /// Something could not be done.
    pub(crate) fn add_failure(&mut self, failure: Failure) {
        self.failures.push(failure);
    }
}

fn is_asked(asked: &[PathBuf], path: &Path) -> bool {
    asked.iter().any(|asked| path.starts_with(asked))
}

/// What a report becomes in an outcome.
enum Told {
    Finding(Box<Finding>),
    Failure(Failure),
}

/// Puts the reports of a snapshot in the words of an outcome.
struct Teller<'s> {
    snapshot: &'s Snapshot,
    shown: &'s ShownPaths,
    /// See [`Session::paths`].
    asked: &'s [PathBuf],
    /// Whether that is all there is.
    is_whole: bool,
    /// Module calls that are told as not seen, by file and address.
    not_here: &'s BTreeSet<(Arc<Path>, String)>,
}

impl Teller<'_> {
    /// The reports of a file. Fixes are laid out for those that `is_shown`.
    fn all(&self, path: &Path, is_shown: &(impl Fn(&Report) -> bool + Sync)) -> Vec<Told> {
        let reports = self.snapshot.reports(path);
        let told = reports
            .par_iter()
            .filter_map(|report| self.told(report, is_shown(report)));
        told.collect()
    }

    fn told(&self, report: &Report, is_shown: bool) -> Option<Told> {
        let kind = match report.kind {
            ReportKind::Finding | ReportKind::Suppression => {
                return Some(Told::Finding(Box::new(self.finding(report, is_shown))));
            }
            ReportKind::SyntaxError => "syntax-error",
            ReportKind::Configuration => "configuration-error",
            ReportKind::Limit if self.is_not_here(report) => return None,
            ReportKind::Limit => "limit",
            ReportKind::Rotation => return None, // nothing is open
        };
        let place = self.place(&report.path, report.range);
        Some(Told::Failure(Failure {
            file: place.file,
            range: Some(place.range),
            kind,
            message: report.message.to_string(),
        }))
    }

    fn is_not_here(&self, report: &Report) -> bool {
        let call = (report.path.clone(), report.address.to_string());
        self.not_here.contains(&call)
    }

    fn finding(&self, report: &Report, is_shown: bool) -> Finding {
        let (title, category, same_as) = crate::catalog::names_of(report);
        Finding {
            rule: report.rule.to_string(),
            title,
            severity: report.severity,
            category,
            message: report.message.to_string(),
            place: self.place(&report.path, report.range),
            resource: report.address.to_string(),
            element: report.element.to_string(),
            instances: texts(&report.instances),
            rows: texts(&report.rows),
            same_as,
            related: report
                .related
                .iter()
                .map(|related| self.related(related))
                .collect(),
            fixes: if is_shown {
                self.fixes(report)
            } else {
                Vec::new()
            },
            is_safe_to_fix: self.is_safe_to_fix(report),
            fingerprint: report.fingerprint.to_string(),
            suppressed: report.suppressed.as_ref().map(|reason| Suppressed {
                reason: Some(reason.to_string()),
            }),
        }
    }

    /// Whether `--fix` writes a fix of it: a safe one that stays within what was asked for.
    fn is_safe_to_fix(&self, report: &Report) -> bool {
        let mut fixes = report.fixes.iter();
        let Some(safe) = fixes.position(|fix| fix.safety == Safety::Safe) else {
            return false;
        };
        let stays = |fix: FixEdits| fix.edits.iter().all(|(path, _)| is_asked(self.asked, path));
        self.is_whole || self.snapshot.fix(report, safe).is_ok_and(stays)
    }

    fn related(&self, related: &RelatedReport) -> Related {
        Related {
            place: self.place(&related.path, related.range),
            message: related.message.to_string(),
        }
    }

    fn fixes(&self, report: &Report) -> Vec<Fix> {
        let fixes = self.snapshot.fixes(report).into_iter().flatten();
        fixes
            .map(|fix| Fix {
                title: fix.title,
                safety: fix.safety,
                edits: self.edits(&fix.edits),
            })
            .collect()
    }

    fn edits(&self, edits: &[(Arc<Path>, Vec<stockade_text::TextEdit>)]) -> Vec<Edit> {
        let flat = edits
            .iter()
            .flat_map(|(path, edits)| edits.iter().map(move |edit| (path, edit)));
        flat.map(|(path, edit)| Edit {
            place: self.place(path, edit.range),
            insert: edit.insert.clone(),
        })
        .collect()
    }

    fn place(&self, path: &Arc<Path>, range: TextRange) -> Place {
        let text = self.snapshot.text(path);
        let point = |offset| {
            let position = text
                .as_ref()
                .map(|text| position(text, offset, Encoding::Utf32));
            position.map_or(Point { line: 1, column: 1 }, |p| Point {
                line: p.line + 1,
                column: p.character + 1,
            })
        };
        Place {
            file: self.shown.of(path),
            range: Span {
                start: point(range.start()),
                end: point(range.end()),
            },
            path: path.clone(),
            bytes: range.start().into()..range.end().into(),
        }
    }
}

fn count(summary: &mut Summary, finding: &Finding, fail_on: Severity) {
    if finding.suppressed.is_some() {
        summary.suppressed += 1;
        return;
    }
    *summary.findings.entry(finding.severity).or_default() += 1;
    summary.failing += usize::from(finding.severity >= fail_on);
}

/// The most severe first, then as one reads.
fn order(finding: &Finding) -> (Reverse<Severity>, &str, Point, &str) {
    (
        Reverse(finding.severity),
        &finding.place.file,
        finding.place.range.start,
        &finding.rule,
    )
}

fn texts(list: &[impl ToString]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

/// An absolute path of something that is there, or what is wrong with it.
fn existing(path: &Path) -> Result<PathBuf, String> {
    let metadata = std::fs::metadata(path)
        .map_err(|error| format!("{error}; give a file or folder that exists"))?;
    let is_configuration = stockade_model::FileKind::of(path).is_some();
    if metadata.is_file() && !is_configuration {
        return Err(
            "not a file of Terraform or OpenTofu (.tf, .tofu, .tfvars, .tf.json)".to_owned(),
        );
    }
    let absolute = std::path::absolute(path).map_err(|error| error.to_string())?;
    Ok(stockade_model::workspace::normalize(&absolute))
}

/// How paths are shown: relative to the current folder where they are below it, with `/`.
struct ShownPaths {
    current: Option<PathBuf>,
}

impl ShownPaths {
    fn from_current_folder() -> ShownPaths {
        ShownPaths {
            current: std::env::current_dir().ok(),
        }
    }

    fn of(&self, path: &Path) -> String {
        let relative = self
            .current
            .as_ref()
            .and_then(|current| path.strip_prefix(current).ok());
        match relative {
            Some(relative) if relative.as_os_str().is_empty() => ".".to_owned(),
            relative => relative
                .unwrap_or(path)
                .to_string_lossy()
                .replace(std::path::MAIN_SEPARATOR, "/"),
        }
    }
}
