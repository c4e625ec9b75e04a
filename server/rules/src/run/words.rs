//! Check blocks, and the words that are no pattern: `when`, `each`, `any_of`, `refers`, `forbid`, `require`.

use smol_str::SmolStr;
use stockade_eval::{Existence, Kind, Step, Value};
use stockade_model::BlockKind;
use stockade_syntax::ast::{Expr, ExprKind};

use super::frame::{Frame, Run, names};
use super::hit::{Judged, Offence};
use super::pattern::join;
use super::value::{any, for_possible, parts};
use super::view::{Blocks, Nested};
use crate::check::{CheckBlock, Condition, Each, FixRule, Refers, Unless, Unset, Word};
use crate::finding::{Place, Related, RelatedPlace};
use crate::page::Verdict;
use crate::reader::PATHS;
use crate::world::Target;
use stockade_syntax::walk;

impl Run<'_> {
    /// All that a check block demands.
    pub(crate) fn check(&self, frame: &Frame<'_>) -> Judged {
        if self.passes_in_every_row(frame) {
            return Judged::default();
        }
        match self.applies(frame) {
            Some(true) => {}
            Some(false) => return Judged::default(),
            None => return Judged::silent(),
        }
        self.words(frame)
    }

    /// Whether all that is demanded is met without a look at the row: it will be so in the others, whatever `when` says
    /// of them.
    fn passes_in_every_row(&self, frame: &Frame<'_>) -> bool {
        let has_others = self.row.is_some() && self.page.rows.len() > 1;
        if !has_others || frame.check.when.is_none() {
            return false;
        }
        self.shared.passes(frame, || {
            let judged = self.words(frame);
            judged.hits.is_empty() && !judged.silent
        })
    }

    fn words(&self, frame: &Frame<'_>) -> Judged {
        let mut judged = Judged::default();
        for (number, word) in frame.check.words.iter().enumerate() {
            let mut of_word = self.word(word, frame);
            for hit in &mut of_word.hits {
                hit.word.push(number);
            }
            judged.add(of_word);
        }
        judged
    }

    /// Its `unless` and `when`.
    pub(crate) fn applies(&self, frame: &Frame<'_>) -> Option<bool> {
        let used = frame.check.unless.iter().map(|u| self.is_used(u, frame));
        if any(used)? {
            return Some(false);
        }
        let Some(when) = &frame.check.when else {
            return Some(true);
        };
        let value = self.eval(when, frame);
        if value.is_null() {
            Some(false)
        } else {
            value.as_bool()
        }
    }

    /// Whether one of these points at the block; `None` where that can't be known.
    fn is_used(&self, unless: &Unless, frame: &Frame<'_>) -> Option<bool> {
        let names = &["arn".into(), "name".into()];
        let of_type = unless.types.iter().map(|ty| {
            let linked = self.world.linked(frame.block, ty, &unless.link, names);
            let users = linked.blocks.iter();
            let is_user = users.map(|(_, user)| match user.existence {
                Existence::Certain => Some(true),
                Existence::Never => Some(false),
                Existence::Maybe => None,
            });
            let is_all = !linked.unresolved && self.world.absence_known(BlockKind::Resource, ty);
            any(is_user.chain([is_all.then_some(false)]))
        });
        any(of_type)
    }

    fn word(&self, word: &Word, frame: &Frame<'_>) -> Judged {
        match word {
            Word::Secure(secure) => self.secure(secure, frame),
            Word::Insecure(insecure) => self.insecure(insecure, frame),
            Word::Each(each) => self.each(each, frame),
            Word::Companion(companion) => self.companion(companion, frame),
            Word::Refers(refers) => self.refers(refers, frame),
            Word::AnyOf(options) => self.any_of(options, frame),
            Word::Condition(condition) => self.condition(condition, frame),
        }
    }

    fn each(&self, each: &Each, frame: &Frame<'_>) -> Judged {
        let mut judged = Judged::default();
        for path in &each.paths {
            let found = elements(frame, path);
            judged.silent |= found.open;
            let within = path
                .iter()
                .fold(frame.defaults.clone(), |d, name| d.within(name));
            for nested in found.all {
                let own = self.defaults(&each.block, &frame.subject.address.ty);
                let element = Frame {
                    check: &each.block,
                    block: frame.block,
                    subject: frame.subject,
                    path: join(&frame.path, &nested.place),
                    view: nested.view,
                    parent: Some(frame),
                    is_element: true,
                    instance: nested.instance,
                    defaults: own.or(&within),
                };
                let mut inner = self.check(&element);
                if !nested.certain && !inner.hits.is_empty() {
                    inner = Judged::silent();
                }
                judged.add(inner);
            }
        }
        judged
    }

    /// One option must pass.
    fn any_of(&self, options: &[CheckBlock], frame: &Frame<'_>) -> Judged {
        let mut failed: Vec<Judged> = Vec::new();
        let mut silent = false;
        for option in options {
            let own = self.defaults(option, &frame.subject.address.ty);
            let inner = Frame {
                check: option,
                block: frame.block,
                subject: frame.subject,
                path: frame.path.clone(),
                view: frame.view,
                parent: Some(frame),
                is_element: frame.is_element,
                instance: frame.instance.clone(),
                defaults: own.or(&frame.defaults),
            };
            // An option that is not for this block is no way out.
            match self.applies(&inner) {
                Some(true) => {}
                Some(false) => continue,
                None => silent = true,
            }
            let judged = self.check(&inner);
            match judged.verdict() {
                Verdict::Pass => return Judged::default(),
                Verdict::Silent => silent = true,
                Verdict::Fail => failed.push(judged),
            }
        }
        if silent {
            return Judged::silent();
        }
        let fixes: Vec<_> = failed
            .iter()
            .flat_map(|j| j.hits.first())
            .flat_map(|h| h.fixes.clone())
            .collect();
        // What is advised tells more than another way out, and what is there and weak more than what is missing.
        let told = |j: &Judged| {
            let is_advised = j.hits.iter().any(|h| !h.fixes.is_empty());
            let is_there = j.hits.iter().any(|h| !h.missing);
            (!is_advised, !is_there)
        };
        let Some(mut told) = failed.into_iter().min_by_key(told) else {
            return Judged::default();
        };
        told.hits.truncate(1);
        for hit in &mut told.hits {
            hit.fixes.clone_from(&fixes);
        }
        told
    }

    fn refers(&self, refers: &Refers, frame: &Frame<'_>) -> Judged {
        let Some((path, value)) = self.find(frame, &refers.via) else {
            let name = refers
                .via
                .iter()
                .map(SmolStr::as_str)
                .collect::<Vec<_>>()
                .join(".");
            return match refers.unset {
                Unset::Passes => Judged::default(),
                Unset::Silent => Judged::silent(),
                Unset::Fails => {
                    let offence = Offence {
                        at: frame.place(&[]),
                        missing: true,
                        what: format!("`{name}` is not set"),
                        value: None,
                    };
                    let fixes = self.stated_fixes(&[], frame);
                    self.hit(&[offence], fixes, Some(&refers.block.wording), frame)
                }
            };
        };
        let mut judged = Judged::default();
        for value in parts(value) {
            let Target::Block(id, subject) = self.world.target(&value) else {
                judged.silent = true;
                continue;
            };
            if !refers.types.contains(&subject.address.ty) {
                judged.silent = true;
                continue;
            }
            let target = self.frame(&refers.block, id, &subject, Some(frame));
            let mut inner = self.check(&target);
            if subject.existence != Existence::Certain && !inner.hits.is_empty() {
                inner = Judged::silent();
            }
            for hit in &mut inner.hits {
                let at = RelatedPlace::Block(Place {
                    block: frame.block,
                    path: path.clone(),
                });
                hit.related.push(Related {
                    message: format!("used by {}", frame.subject.address).into(),
                    at,
                });
            }
            judged.add(inner);
        }
        judged
    }

    fn condition(&self, condition: &Condition, frame: &Frame<'_>) -> Judged {
        let value = self.eval(&condition.expr, frame);
        let mut offending: Vec<Value> = Vec::new();
        let verdict = for_possible(&value, &mut |v| {
            if condition.forbid {
                forbidden(v, &mut offending)
            } else {
                required(v)
            }
        });
        match verdict {
            Verdict::Pass => return Judged::default(),
            Verdict::Silent => return Judged::silent(),
            Verdict::Fail => {}
        }
        let mut offences: Vec<Offence> = offending
            .iter()
            .map(|v| self.offence(v, condition, frame))
            .collect();
        if offences.is_empty() {
            offences.push(self.offence_at(condition, frame));
        }
        offences.dedup_by(|a, b| a.at == b.at && a.what == b.what);
        let fixes = match &condition.fix {
            None => self.stated_fixes(&offences, frame),
            Some(FixRule::Written(spec)) => self.written_fixes(spec, &offences, frame),
            Some(_) => Vec::new(),
        };
        self.hit(&offences, fixes, Some(&condition.wording), frame)
    }

    /// An offending value, at the place where it is written.
    fn offence(&self, value: &Value, condition: &Condition, frame: &Frame<'_>) -> Offence {
        let Some(at) = self.place_of(value, frame).filter(|p| !p.path.is_empty()) else {
            return Offence {
                value: Some(value.clone()),
                ..self.offence_at(condition, frame)
            };
        };
        let name = names(&at.path)
            .iter()
            .map(SmolStr::as_str)
            .collect::<Vec<_>>()
            .join(".");
        let shown = frame.shown(value, &name);
        let what = match (&value.kind, at.path.last()) {
            (Kind::Object(_), _) => format!("`{name}` is not allowed"),
            (_, Some(Step::Index(_))) => format!("`{name}` has {shown}"),
            _ => format!("`{name}` is {shown}"),
        };
        Offence {
            at,
            missing: false,
            what,
            value: Some(value.clone()),
        }
    }

    /// Where a condition that is just not met is marked.
    fn offence_at(&self, condition: &Condition, frame: &Frame<'_>) -> Offence {
        let stated = condition.at.iter().map(|path| (frame, path.clone()));
        let mut read = Vec::new();
        walk(&condition.expr, &mut |expr| {
            read.extend(path_read(expr));
            true
        });
        let read = read.into_iter().filter_map(|(root, path)| {
            let of = match root {
                "self" => frame,
                "attrs" => frame.block_frame(),
                _ => frame.enclosing()?,
            };
            Some((of, path))
        });
        let candidates: Vec<(&Frame<'_>, Vec<SmolStr>)> = if condition.at.is_some() {
            stated.collect()
        } else {
            read.collect()
        };
        for (of, path) in &candidates {
            if let Some((steps, value)) = self.find(of, path) {
                let name = path.join(".");
                let what = format!("`{name}` is {}", of.shown(value, &name));
                return Offence {
                    at: Place {
                        block: of.block,
                        path: steps,
                    },
                    missing: false,
                    what,
                    value: Some(value.clone()),
                };
            }
            if let Some(nested) = elements(of, path).all.into_iter().next() {
                let at = Place {
                    block: of.block,
                    path: join(&of.path, &nested.place),
                };
                return Offence {
                    at,
                    missing: false,
                    what: format!("`{}` is there", path.join(".")),
                    value: None,
                };
            }
        }
        let what = match candidates.first() {
            Some((_, path)) if !path.is_empty() => format!("`{}` is not set", path.join(".")),
            _ => format!("{} does not meet the condition", frame.subject.address),
        };
        Offence {
            at: frame.place(&[]),
            missing: true,
            what,
            value: None,
        }
    }
}

/// The root and path that an expression reads of a block, without the root.
fn path_read(expr: &Expr) -> Option<(&'static str, Vec<SmolStr>)> {
    let ExprKind::Variable(name) = &expr.kind else {
        return None;
    };
    let mut names = name.trim_end_matches('?').split('.');
    let root = names.next()?;
    let root = PATHS.into_iter().find(|p| *p == root)?;
    let path: Vec<SmolStr> = names.map(SmolStr::new).collect();
    (!path.is_empty()).then_some((root, path))
}

fn required(value: &Value) -> Verdict {
    match value.as_bool() {
        Some(true) => Verdict::Pass,
        Some(false) => Verdict::Fail,
        None if value.is_null() => Verdict::Fail,
        None => Verdict::Silent,
    }
}

/// Collects the offending values of a `forbid`.
fn forbidden(value: &Value, offending: &mut Vec<Value>) -> Verdict {
    let (found, is_whole): (Vec<Value>, bool) = match &value.kind {
        Kind::Null | Kind::Bool(false) => return Verdict::Pass,
        Kind::Bool(true) => return Verdict::Fail,
        Kind::Unknown(unknown) => (unknown.contains.clone(), false),
        Kind::Object(entries) => (entries.values().cloned().collect(), true),
        _ => (parts(value), true),
    };
    let total = found.len();
    let known: Vec<Value> = found
        .into_iter()
        .filter(|v| !v.is_unknown() && !v.is_null())
        .collect();
    let all_known = is_whole && known.len() == total;
    offending.extend(known.iter().cloned());
    match (known.is_empty(), all_known) {
        (false, _) => Verdict::Fail,
        (true, true) => Verdict::Pass,
        (true, false) => Verdict::Silent,
    }
}

/// The nested blocks, or elements of a list, at a path of names.
pub(crate) fn elements<'a>(frame: &Frame<'a>, path: &[SmolStr]) -> Blocks<'a> {
    let start = Nested {
        view: frame.view,
        place: Vec::new(),
        certain: true,
        instance: None,
    };
    let mut level = Blocks {
        all: vec![start],
        open: false,
    };
    for name in path {
        let mut next = Blocks {
            all: Vec::new(),
            open: level.open,
        };
        for outer in level.all {
            let mut blocks = outer.view.blocks(name);
            if let (true, Some(value)) = (blocks.all.is_empty(), outer.view.argument(name)) {
                blocks = Blocks::elements(value, &[outer.view.step(name)]);
            }
            next.open |= blocks.open;
            next.all.extend(blocks.all.into_iter().map(|inner| Nested {
                place: join(&outer.place, &inner.place),
                certain: outer.certain && inner.certain,
                instance: inner.instance.or_else(|| outer.instance.clone()),
                view: inner.view,
            }));
        }
        level = next;
    }
    level
}
