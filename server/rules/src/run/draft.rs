//! A fix while it is put together: its edits, how it is told, and why it may want a look.

use smol_str::SmolStr;
use stockade_eval::{Step, Symbol};
use stockade_model::{Address, BlockKind};
use stockade_schema::{Replaces, replacement};

use super::frame::{Frame, names};
use super::new_block::NewBody;
use super::render::Rendered;
use crate::finding::Place;
use crate::fix::{Fix, FixEdit, Safety};

#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    edits: Vec<FixEdit>,
    /// Verb and what it does: `Set`, `encrypted = true`.
    told: Vec<(&'static str, String)>,
    /// Why it wants a look.
    reasons: Vec<String>,
}

impl Draft {
    /// Notes a reason, if there is anything to give one for.
    pub(crate) fn reason_of_some(&mut self, why: &str) {
        if !self.edits.is_empty() {
            self.reason(why);
        }
    }

    /// Sets an argument of the body at `body` in the frame's block.
    pub(crate) fn set(&mut self, frame: &Frame<'_>, body: &[Step], name: &str, value: Rendered) {
        self.told.push(("Set", assignment(name, &value.text)));
        self.changes(&frame.subject.address, body, Some(name));
        self.needs(&value);
        self.push(FixEdit::Set {
            body: at(frame, body),
            attribute: name.into(),
            value: value.text,
        });
    }

    /// Overwrites what stands at a place of a block.
    pub(crate) fn replace(&mut self, of: &Address, place: &Place, value: Rendered) {
        let name = last_name(&place.path);
        self.told.push(match place.path.last() {
            Some(Step::Index(_)) => {
                let new = short(&value.text).unwrap_or("the secure value");
                ("Replace", format!("an element of {name} with {new}"))
            }
            _ => ("Set", assignment(&name, &value.text)),
        });
        self.changes(of, &place.path, None);
        self.needs(&value);
        self.push(FixEdit::Replace {
            at: place.clone(),
            value: value.text,
        });
    }

    /// Overwrites the literal that a value comes from; `argument` is where it is used.
    pub(crate) fn replace_origin(
        &mut self,
        frame: &Frame<'_>,
        argument: &[Step],
        (symbol, path): (Symbol, Vec<Step>),
        value: Rendered,
    ) {
        let name = match &symbol {
            Symbol::Variable(name) => format!("var.{name}"),
            Symbol::Local(name) => format!("local.{name}"),
            Symbol::Block(address) => address.to_string(),
        };
        let below = match shown_place(&path) {
            place if place.is_empty() || place.starts_with('[') => place,
            place => format!(".{place}"),
        };
        self.told.push((
            "Change",
            format!(
                "{name}{below} to {}",
                short(&value.text).unwrap_or("the secure value")
            ),
        ));
        self.changes(&frame.subject.address, argument, None);
        self.push(FixEdit::ReplaceOrigin {
            symbol,
            path,
            value: value.text,
        });
    }

    pub(crate) fn append(&mut self, of: &Address, place: &Place, value: Rendered) {
        let name = last_name(&place.path);
        self.told.push((
            "Add",
            short(&value.text).map_or(format!("an element to {name}"), |v| {
                format!("{v} to {name}")
            }),
        ));
        self.changes(of, &place.path, None);
        self.needs(&value);
        self.push(FixEdit::Append {
            at: place.clone(),
            value: value.text,
        });
    }

    pub(crate) fn remove(&mut self, of: &Address, place: &Place) {
        self.told.push(("Remove", shown_place(&place.path)));
        self.changes(of, &place.path, None);
        self.push(FixEdit::Remove { at: place.clone() });
    }

    /// Removes what another edit of the fix stands for.
    pub(crate) fn remove_too(&mut self, place: &Place) {
        self.push(FixEdit::Remove { at: place.clone() });
    }

    pub(crate) fn add_block(
        &mut self,
        frame: &Frame<'_>,
        body: &[Step],
        name: &str,
        new: &NewBody,
    ) {
        let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
            "an"
        } else {
            "a"
        };
        self.told.push(("Add", format!("{article} {name} block")));
        for argument in new.argument_paths(name) {
            self.changes(&frame.subject.address, body, Some(&argument));
        }
        let text = new.block(name);
        self.needs(&text);
        self.push(FixEdit::AddBlock {
            body: at(frame, body),
            text: text.text,
        });
    }

    /// New blocks below the frame's; `what` names them.
    pub(crate) fn add_below(
        &mut self,
        frame: &Frame<'_>,
        what: String,
        text: Rendered,
        copied: &[SmolStr],
    ) {
        self.told.push(("Add", what));
        self.needs(&text);
        let repeated = frame
            .subject
            .repeated
            .iter()
            .flat_map(|_| ["count", "for_each"]);
        let meta = repeated.chain(["provider"]).map(SmolStr::new);
        let copied: Vec<SmolStr> = meta.chain(copied.iter().cloned()).collect();
        let block = frame.block;
        self.push(FixEdit::AddBelow {
            block,
            copied,
            text: text.text,
        });
    }

    pub(crate) fn reason(&mut self, why: impl Into<String>) {
        let why = why.into();
        if !self.reasons.contains(&why) {
            self.reasons.push(why);
        }
    }

    /// The fix; `title` instead of the derived one.
    pub(crate) fn finish(mut self, title: Option<String>) -> Option<Fix> {
        if self.edits.is_empty() {
            return None;
        }
        // Variables come first: other texts follow their names.
        self.edits
            .sort_by_key(|e| !matches!(e, FixEdit::AddVariable { .. }));
        let asked: Vec<String> = self
            .edits
            .iter()
            .filter_map(|e| {
                if let FixEdit::AddVariable { name, .. } = e {
                    Some(format!("var.{name}"))
                } else {
                    None
                }
            })
            .collect();
        if !asked.is_empty() {
            self.reason(format!("asks for {}", asked.join(", ")));
        }
        let title = title.unwrap_or_else(|| self.title());
        let reasons = if self.reasons.is_empty() {
            String::new()
        } else {
            format!(" ({})", self.reasons.join("; "))
        };
        let safety = if self.reasons.is_empty() {
            Safety::Safe
        } else {
            Safety::Review
        };
        Some(Fix {
            title: format!("{title}{reasons}"),
            safety,
            edits: self.edits,
        })
    }

    fn push(&mut self, edit: FixEdit) {
        if !self.edits.contains(&edit) {
            self.edits.push(edit);
        }
    }

    fn needs(&mut self, text: &Rendered) {
        for variable in &text.variables {
            self.push(variable.clone());
        }
    }

    /// Notes whether a change of an existing argument replaces the resource.
    fn changes(&mut self, of: &Address, path: &[Step], name: Option<&str>) {
        if of.kind != BlockKind::Resource {
            return;
        }
        // A change in a document is a change of the argument that holds it.
        let outside = path
            .split(|step| *step == Step::Json)
            .next()
            .unwrap_or_default();
        let mut full: Vec<SmolStr> = names(outside);
        full.extend(name.map(SmolStr::new));
        if let Some(why) = replaces(&of.ty, &full.join(".")) {
            self.reason(why);
        }
    }

    fn title(&self) -> String {
        let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
        for (verb, what) in &self.told {
            match groups.iter_mut().find(|(v, _)| v == verb) {
                Some((_, all)) if all.contains(&what.as_str()) => {}
                Some((_, all)) => all.push(what),
                None => groups.push((verb, vec![what])),
            }
        }
        let told: Vec<String> = groups
            .iter()
            .map(|(verb, all)| format!("{verb} {}", listed(all)))
            .collect();
        let mut title = told.first().cloned().unwrap_or_default();
        for more in &told[1.min(told.len())..] {
            title.push_str(", ");
            let mut chars = more.chars();
            title.extend(chars.next().map(|c| c.to_ascii_lowercase()));
            title.push_str(chars.as_str());
        }
        title
    }
}

/// Why a change of an argument wants a look; `None` when the resource is changed where it is.
pub(crate) fn replaces(ty: &str, path: &str) -> Option<&'static str> {
    match replacement(ty, path) {
        Some(Replaces::No) => None,
        Some(Replaces::Yes) => Some("replaces the resource"),
        Some(Replaces::Sometimes) | None => Some("may replace the resource"),
    }
}

fn at(frame: &Frame<'_>, body: &[Step]) -> Place {
    Place {
        block: frame.block,
        path: body.to_vec(),
    }
}

fn listed(all: &[&str]) -> String {
    match all {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] if most.len() <= 3 => format!("{} and {last}", most.join(", ")),
        [first, second, rest @ ..] => format!("{first}, {second} and {} more", rest.len()),
    }
}

fn short(value: &str) -> Option<&str> {
    const LONGEST: usize = 48;
    (!value.contains('\n') && value.len() <= LONGEST).then_some(value)
}

fn assignment(name: &str, value: &str) -> String {
    short(value).map_or_else(|| name.to_owned(), |value| format!("{name} = {value}"))
}

fn last_name(path: &[Step]) -> String {
    names(path)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// `ingress[1].cidr_blocks[0]`
fn shown_place(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Attr(name) | Step::Key(name) | Step::Block(name, 0) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Step::Block(name, n) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(&format!("{name}[{n}]"));
            }
            Step::Index(n) => out.push_str(&format!("[{n}]")),
            Step::Json | Step::Text(..) => {}
        }
    }
    out
}
