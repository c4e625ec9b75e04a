//! `secure` and `insecure`: a body against the lines of a pattern.

use smol_str::SmolStr;
use stockade_eval::{Step, Value};

use super::frame::{Default, Defaults, Frame, Run};
use super::hit::{Judged, Offence};
use super::matching::absent;
use super::view::View;
use crate::check::{Entry, Line, Pattern, Secure};
use crate::matcher::Matcher;
use crate::page::Verdict;

/// A body that is matched: where it is, and what is in it. `None`: it is absent.
#[derive(Clone)]
pub(crate) struct Body<'a> {
    pub(crate) view: Option<View<'a>>,
    /// From the top-level block.
    pub(crate) path: Vec<Step>,
    pub(crate) defaults: Defaults<'a>,
}

/// A line that is not as it should be.
#[derive(Clone, Debug)]
pub(crate) struct Failed<'p> {
    /// Where it stands, or the body in which it is missing.
    pub(crate) path: Vec<Step>,
    /// `metadata_options.http_tokens`.
    pub(crate) name: String,
    /// What is written there; `None` when it is missing.
    pub(crate) value: Option<Value>,
    pub(crate) change: Change<'p>,
}

/// What makes a line as it should be.
#[derive(Clone, Debug)]
pub(crate) enum Change<'p> {
    /// The argument of the body at this path.
    Set {
        body: Vec<Step>,
        name: SmolStr,
        matcher: &'p Matcher,
    },
    /// Elements of the list at [`Failed::path`].
    Elements {
        matcher: &'p Matcher,
        indices: Vec<u32>,
    },
    Remove,
    AddBlock {
        body: Vec<Step>,
        name: SmolStr,
        pattern: &'p Pattern,
    },
    AddEntry {
        body: Vec<Step>,
        entry: &'p Entry,
    },
}

/// What became of the lines of a pattern.
#[derive(Default)]
pub(crate) struct Lines<'p> {
    pub(crate) failed: Vec<Failed<'p>>,
    pub(crate) silent: bool,
}

impl Lines<'_> {
    fn verdict(&self) -> Verdict {
        match (self.failed.is_empty(), self.silent) {
            (false, _) => Verdict::Fail,
            (true, true) => Verdict::Silent,
            (true, false) => Verdict::Pass,
        }
    }
}

impl<'a> Frame<'a> {
    pub(crate) fn body(&self) -> Body<'a> {
        Body {
            view: Some(self.view),
            path: self.path.clone(),
            defaults: self.defaults.clone(),
        }
    }
}

impl Run<'_> {
    pub(crate) fn secure(&self, secure: &Secure, frame: &Frame<'_>) -> Judged {
        let mut lines = Lines::default();
        self.lines(&secure.pattern, &frame.body(), frame, &mut lines);
        if lines.failed.is_empty() {
            return Judged {
                silent: lines.silent,
                ..Judged::default()
            };
        }
        let offences: Vec<Offence> = lines.failed.iter().map(|f| Offence::of(f, frame)).collect();
        let fixes = self.secure_fixes(&lines.failed, &secure.wording, frame);
        self.hit(&offences, fixes, Some(&secure.wording), frame)
    }

    fn lines<'p>(
        &self,
        pattern: &'p Pattern,
        body: &Body<'_>,
        frame: &Frame<'_>,
        out: &mut Lines<'p>,
    ) {
        for line in &pattern.lines {
            match line {
                Line::Argument { name, matcher } => self.argument(name, matcher, body, frame, out),
                Line::Block {
                    name,
                    every,
                    pattern,
                } => self.nested(name, *every, pattern, body, frame, out),
                Line::Entry(entry) => self.entry(entry, body, frame, out),
            }
        }
    }

    fn argument<'p>(
        &self,
        name: &SmolStr,
        matcher: &'p Matcher,
        body: &Body<'_>,
        frame: &Frame<'_>,
        out: &mut Lines<'p>,
    ) {
        let written = body.view.and_then(|v| v.argument(name));
        // An argument whose nested blocks can't all be known, or that is written as blocks, is not absent.
        if let (None, Some(view)) = (written, body.view) {
            let blocks = view.blocks(name);
            if blocks.open || !blocks.all.is_empty() {
                match matcher {
                    Matcher::Null if blocks.all.iter().any(|b| b.certain) => {
                        out.failed.push(Failed {
                            path: join(&body.path, &blocks.all[0].place),
                            name: dotted(&body.path, name),
                            value: None,
                            change: Change::Remove,
                        })
                    }
                    Matcher::Set(_) | Matcher::Any(_) if blocks.all.iter().any(|b| b.certain) => {}
                    _ => out.silent = true,
                }
                return;
            }
        }
        let value = self.effective(written, &body.defaults.of(name), frame);
        match self.matches(matcher, value.as_ref(), frame) {
            Verdict::Pass => {}
            Verdict::Silent => out.silent = true,
            Verdict::Fail => out
                .failed
                .push(self.failed_argument(name, matcher, written, body, frame)),
        }
    }

    fn failed_argument<'p>(
        &self,
        name: &SmolStr,
        matcher: &'p Matcher,
        written: Option<&Value>,
        body: &Body<'_>,
        frame: &Frame<'_>,
    ) -> Failed<'p> {
        let path = match (written, body.view) {
            (Some(_), Some(view)) => join(&body.path, &[view.step(name)]),
            _ => body.path.clone(),
        };
        let change = match (matcher, written) {
            (Matcher::Null, _) => Change::Remove,
            (Matcher::Excluding(_) | Matcher::Elements(_), Some(value)) => Change::Elements {
                matcher,
                indices: self.offending_elements(matcher, value, frame),
            },
            _ => Change::Set {
                body: body.path.clone(),
                name: name.clone(),
                matcher,
            },
        };
        // The offending element is marked, where there is one.
        let path = match &change {
            Change::Elements { indices, .. } if !indices.is_empty() => {
                join(&path, &[Step::Index(indices[0])])
            }
            _ => path,
        };
        Failed {
            path,
            name: dotted(&body.path, name),
            value: written.cloned(),
            change,
        }
    }

    fn nested<'p>(
        &self,
        name: &SmolStr,
        every: bool,
        pattern: &'p Pattern,
        body: &Body<'_>,
        frame: &Frame<'_>,
        out: &mut Lines<'p>,
    ) {
        let defaults = body.defaults.within(name);
        let blocks = body.view.map(|v| v.blocks(name)).unwrap_or_default();
        let judge = |view: Option<View<'_>>, path: Vec<Step>| {
            let mut lines = Lines::default();
            self.lines(
                pattern,
                &Body {
                    view,
                    path,
                    defaults: defaults.clone(),
                },
                frame,
                &mut lines,
            );
            lines
        };
        let mut judged: Vec<(bool, Lines<'p>)> = blocks
            .all
            .iter()
            .map(|b| (b.certain, judge(Some(b.view), join(&body.path, &b.place))))
            .collect();
        if judged.is_empty() {
            let absent = judge(None, body.path.clone());
            match absent.verdict() {
                Verdict::Pass if !blocks.open => {}
                Verdict::Fail if !blocks.open && body.view.is_some() => {
                    out.failed.push(missing(name, pattern, body))
                }
                Verdict::Fail if !blocks.open => out.failed.extend(absent.failed),
                _ => out.silent = true,
            }
            return;
        }
        if every {
            for (certain, lines) in judged {
                out.silent |= lines.silent || (!certain && !lines.failed.is_empty());
                if certain {
                    out.failed.extend(lines.failed);
                }
            }
            return;
        }
        let best = judged
            .iter()
            .map(|(certain, l)| {
                if *certain || l.verdict() != Verdict::Pass {
                    l.verdict()
                } else {
                    Verdict::Silent
                }
            })
            .min();
        match best {
            Some(Verdict::Pass) => {}
            Some(Verdict::Fail) if !blocks.open && judged.iter().all(|(certain, _)| *certain) => {
                out.failed.append(&mut judged[0].1.failed)
            }
            _ => out.silent = true,
        }
    }

    fn entry<'p>(&self, entry: &'p Entry, body: &Body<'_>, frame: &Frame<'_>, out: &mut Lines<'p>) {
        let (name_key, value_key) = &entry.keys;
        let wanted = self.eval(&entry.name.expr, frame);
        let blocks = body
            .view
            .map(|v| v.blocks(&entry.block))
            .unwrap_or_default();
        let mut unsure = blocks.open;
        for nested in &blocks.all {
            let name = nested.view.argument(name_key);
            match name.map(|n| super::value::equal(&wanted, n)) {
                Some(Some(true)) => {}
                Some(Some(false)) => continue,
                Some(None) | None => {
                    unsure |= name.is_some();
                    continue;
                }
            }
            let inner = Body {
                view: Some(nested.view),
                path: join(&body.path, &nested.place),
                defaults: Defaults::default(),
            };
            let mut lines = Lines::default();
            self.argument(value_key, &entry.value, &inner, frame, &mut lines);
            out.silent |= lines.silent || (!nested.certain && !lines.failed.is_empty());
            if nested.certain {
                out.failed.extend(lines.failed);
            }
            return;
        }
        match (unsure, entry.absent_passes) {
            (true, _) => out.silent = true,
            (false, true) => {}
            (false, false) => out.failed.push(Failed {
                path: body.path.clone(),
                name: wanted.as_str().unwrap_or(&entry.block).to_owned(),
                value: None,
                change: Change::AddEntry {
                    body: body.path.clone(),
                    entry,
                },
            }),
        }
    }

    /// Fires when all lines match.
    pub(crate) fn insecure(&self, insecure: &Secure, frame: &Frame<'_>) -> Judged {
        let mut found = Vec::new();
        match self.all_match(&insecure.pattern, &frame.body(), frame, &mut found) {
            Verdict::Pass => Judged::default(),
            Verdict::Silent => Judged {
                silent: true,
                ..Judged::default()
            },
            Verdict::Fail => {
                found.truncate(1);
                let offences: Vec<Offence> = found.iter().map(|f| Offence::of(f, frame)).collect();
                let fixes = self.secure_fixes(&found, &insecure.wording, frame);
                self.hit(&offences, fixes, Some(&insecure.wording), frame)
            }
        }
    }

    /// `Fail` when all lines match, `Pass` when one does not. The arguments that do are collected.
    fn all_match<'p>(
        &self,
        pattern: &'p Pattern,
        body: &Body<'_>,
        frame: &Frame<'_>,
        found: &mut Vec<Failed<'p>>,
    ) -> Verdict {
        let mut result = Verdict::Fail;
        for line in &pattern.lines {
            let verdict = match line {
                Line::Argument { name, matcher } => {
                    self.argument_matches(name, matcher, body, frame, found)
                }
                Line::Block { name, pattern, .. } => {
                    self.some_matches(name, pattern, body, frame, found)
                }
                Line::Entry(entry) => {
                    let mut lines = Lines::default();
                    self.entry(entry, body, frame, &mut lines);
                    match lines.verdict() {
                        Verdict::Pass => Verdict::Fail,
                        Verdict::Fail => Verdict::Pass,
                        Verdict::Silent => Verdict::Silent,
                    }
                }
            };
            result = result.min(verdict);
            if verdict == Verdict::Pass {
                return Verdict::Pass;
            }
        }
        result
    }

    fn argument_matches<'p>(
        &self,
        name: &SmolStr,
        matcher: &'p Matcher,
        body: &Body<'_>,
        frame: &Frame<'_>,
        found: &mut Vec<Failed<'p>>,
    ) -> Verdict {
        let written = body.view.and_then(|v| v.argument(name));
        if let (None, Some(view)) = (written, body.view) {
            let blocks = view.blocks(name);
            if blocks.open || !blocks.all.is_empty() {
                return Verdict::Silent;
            }
        }
        let default = body.defaults.of(name);
        let value = self.effective(written, &default, frame);
        let verdict = match (&value, &default) {
            (None, Default::None) => {
                if matches!(matcher, Matcher::Null) {
                    Verdict::Fail
                } else {
                    Verdict::Pass
                }
            }
            _ => match self.matches(matcher, value.as_ref(), frame) {
                Verdict::Pass => Verdict::Fail,
                Verdict::Fail => Verdict::Pass,
                Verdict::Silent => Verdict::Silent,
            },
        };
        if verdict == Verdict::Fail {
            let path = match (written, body.view) {
                (Some(_), Some(view)) => join(&body.path, &[view.step(name)]),
                _ => body.path.clone(),
            };
            let change = if written.is_some() {
                Change::Remove
            } else {
                Change::Set {
                    body: body.path.clone(),
                    name: name.clone(),
                    matcher: &NOTHING,
                }
            };
            found.push(Failed {
                path,
                name: dotted(&body.path, name),
                value: written.cloned().or(value),
                change,
            });
        }
        verdict
    }

    fn some_matches<'p>(
        &self,
        name: &SmolStr,
        pattern: &'p Pattern,
        body: &Body<'_>,
        frame: &Frame<'_>,
        found: &mut Vec<Failed<'p>>,
    ) -> Verdict {
        let defaults = body.defaults.within(name);
        let blocks = body.view.map(|v| v.blocks(name)).unwrap_or_default();
        let mut best = if blocks.open {
            Verdict::Silent
        } else {
            Verdict::Pass
        };
        for nested in &blocks.all {
            let mut inside = Vec::new();
            let inner = Body {
                view: Some(nested.view),
                path: join(&body.path, &nested.place),
                defaults: defaults.clone(),
            };
            let verdict = self.all_match(pattern, &inner, frame, &mut inside);
            let verdict = if verdict == Verdict::Fail && !nested.certain {
                Verdict::Silent
            } else {
                verdict
            };
            if verdict == Verdict::Fail {
                found.append(&mut inside);
                return Verdict::Fail;
            }
            best = best.max(verdict);
        }
        best
    }
}

/// The matcher of an absent argument whose default is insecure: there is nothing to remove.
static NOTHING: Matcher = Matcher::Null;

fn missing<'p>(name: &SmolStr, pattern: &'p Pattern, body: &Body<'_>) -> Failed<'p> {
    Failed {
        path: body.path.clone(),
        name: dotted(&body.path, name),
        value: None,
        change: Change::AddBlock {
            body: body.path.clone(),
            name: name.clone(),
            pattern,
        },
    }
}

/// Whether a line of a pattern that is absent is as it should be.
pub(crate) fn passes_absent(matcher: &Matcher) -> bool {
    absent(matcher) == Verdict::Pass
}

pub(crate) fn join(path: &[Step], more: &[Step]) -> Vec<Step> {
    path.iter().chain(more).cloned().collect()
}

/// The name of an argument with those of the blocks around it.
fn dotted(path: &[Step], name: &str) -> String {
    let mut names: Vec<String> = super::frame::names(path)
        .iter()
        .map(ToString::to_string)
        .collect();
    names.push(name.to_owned());
    names.join(".")
}
