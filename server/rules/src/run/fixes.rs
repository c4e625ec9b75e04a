//! Fixes, derived from what a check says or as the page writes them.

use smol_str::SmolStr;
use stockade_eval::{EvalBody, Existence, Kind, Step, Subject, Value};
use stockade_model::{Address, BlockId, BlockKind};
use stockade_schema::{Entry, Kind as SchemaKind, Type, find_anywhere};
use stockade_syntax::ast::ExprKind;

use super::draft::Draft;
use super::frame::{Frame, Run};
use super::hit::Offence;
use super::new_block::NewBody;
use super::origin::value_at;
use super::pattern::{Change, Failed, join};
use super::render::{Rendered, is_list, placeholder, reference_to};
use super::value::literal;
use crate::check::{
    Companion, Direction, FixRule, FixSpec, Line, Pattern, Removed, Word, Wording, Written,
    WrittenBody,
};
use crate::finding::Place;
use crate::fix::Fix;
use crate::matcher::Matcher;

/// A fix where the argument is, and one where its value comes from.
#[derive(Default)]
struct Drafts {
    here: Draft,
    origin: Draft,
    /// Some value comes from elsewhere.
    from_elsewhere: bool,
    /// One of these can't be changed where it comes from.
    origin_lacks: bool,
}

impl Drafts {
    fn both(&mut self, mut change: impl FnMut(&mut Draft)) {
        change(&mut self.here);
        change(&mut self.origin);
    }

    /// The one at the origin first, where there is one.
    fn finish(mut self, title: Option<&str>) -> Vec<Fix> {
        if !self.from_elsewhere {
            return self
                .here
                .finish(title.map(str::to_owned))
                .into_iter()
                .collect();
        }
        self.here.reason("overwrites what is set elsewhere");
        let origin = if self.origin_lacks {
            None
        } else {
            self.origin.finish(None)
        };
        origin
            .into_iter()
            .chain(self.here.finish(title.map(str::to_owned)))
            .collect()
    }
}

impl Run<'_> {
    /// The fixes of lines of `secure` or `insecure` that are not as they should be.
    pub(crate) fn secure_fixes(
        &self,
        failed: &[Failed<'_>],
        own: &Wording,
        frame: &Frame<'_>,
    ) -> Vec<Fix> {
        match frame.fix() {
            (FixRule::None, _) => return Vec::new(),
            (FixRule::Written(_), _) => {
                let offences: Vec<Offence> = failed.iter().map(|f| Offence::of(f, frame)).collect();
                return self.stated_fixes(&offences, frame);
            }
            (FixRule::Derived, _) => {}
        }
        let mut drafts = Drafts::default();
        for line in failed {
            if self.mend(line, frame, &mut drafts).is_none() {
                return Vec::new();
            }
        }
        self.review(&mut drafts, Some(own), frame);
        drafts.finish(None)
    }

    fn review(&self, drafts: &mut Drafts, own: Option<&Wording>, frame: &Frame<'_>) {
        let stated = own
            .into_iter()
            .chain(frame.wordings())
            .find_map(|w| w.review.as_ref());
        if let Some(why) = stated {
            drafts.both(|d| d.reason_of_some(why));
        }
    }

    /// Adds what makes one line as it should be; `None` when that can't be known.
    fn mend(&self, failed: &Failed<'_>, frame: &Frame<'_>, drafts: &mut Drafts) -> Option<()> {
        match &failed.change {
            Change::Remove => {
                let place = Place {
                    block: frame.block,
                    path: failed.path.clone(),
                };
                drafts.both(|d| d.remove(&self.owner(frame, &place), &place));
            }
            Change::Set {
                body,
                name,
                matcher,
            } => self.mend_argument(failed, body, name, matcher, frame, drafts)?,
            Change::Elements { matcher, indices } => {
                self.mend_elements(failed, matcher, indices, frame, drafts)?
            }
            Change::AddBlock {
                body,
                name,
                pattern,
            } => {
                let mut new = NewBody::default();
                let path = super::frame::names(body)
                    .into_iter()
                    .chain([name.clone()])
                    .collect::<Vec<_>>();
                self.fill(&mut new, pattern, &path, frame)?;
                drafts.both(|d| d.add_block(frame, body, name, &new));
            }
            Change::AddEntry { body, entry } => {
                let mut new = NewBody::default();
                new.set(&entry.keys.0, self.render(&entry.name, frame)?);
                new.set(&entry.keys.1, self.render(entry.value.written()?, frame)?);
                drafts.both(|d| d.add_block(frame, body, &entry.block, &new));
            }
        }
        Some(())
    }

    fn mend_argument(
        &self,
        failed: &Failed<'_>,
        body: &[Step],
        name: &SmolStr,
        matcher: &Matcher,
        frame: &Frame<'_>,
        drafts: &mut Drafts,
    ) -> Option<()> {
        if let (Matcher::Including(all), Some(value)) = (matcher, &failed.value) {
            return self.include(all, value, failed, frame, drafts);
        }
        let text = self.value_of(matcher, &super::frame::names(body), name, frame)?;
        let origin = failed.value.as_ref().filter(|v| v.origin.is_some());
        if origin.is_some() {
            drafts.from_elsewhere = true;
            match failed
                .value
                .as_ref()
                .and_then(|v| self.source_of(v))
                .filter(|_| text.is_constant())
            {
                Some(source) => {
                    drafts
                        .origin
                        .replace_origin(frame, &failed.path, source, text.clone())
                }
                None => drafts.origin_lacks = true,
            }
        } else {
            drafts.origin.set(frame, body, name, text.clone());
        }
        drafts.here.set(frame, body, name, text);
        Some(())
    }

    /// What is written for a matcher.
    fn value_of(
        &self,
        matcher: &Matcher,
        path: &[SmolStr],
        name: &str,
        frame: &Frame<'_>,
    ) -> Option<Rendered> {
        match (matcher, matcher.written()) {
            (Matcher::Including(all), _) => {
                let texts: Option<Vec<Rendered>> =
                    all.iter().map(|w| self.render(w, frame)).collect();
                let is_object = all.iter().all(|w| w.text.trim_start().starts_with('{'));
                let texts = texts?;
                let variables = texts.iter().flat_map(|t| t.variables.clone()).collect();
                let joined = texts
                    .iter()
                    .map(|t| t.text.as_str())
                    .collect::<Vec<_>>()
                    .join(", ");
                Some(Rendered {
                    text: if is_object {
                        joined
                    } else {
                        format!("[{joined}]")
                    },
                    variables,
                })
            }
            (_, Some(written)) => self.render(written, frame),
            (Matcher::Set(_) | Matcher::Literal(_), None) => {
                Some(placeholder(self, frame, path, name))
            }
            _ => None,
        }
    }

    /// Adds the elements or entries that a list or map lacks.
    fn include(
        &self,
        all: &[Written],
        value: &Value,
        failed: &Failed<'_>,
        frame: &Frame<'_>,
        drafts: &mut Drafts,
    ) -> Option<()> {
        let place = Place {
            block: frame.block,
            path: failed.path.clone(),
        };
        for written in all {
            let expected = self.eval(&written.expr, frame);
            match (&expected.kind, is_list(value)) {
                (Kind::Object(entries), false) => {
                    for (key, entry) in entries.iter() {
                        let has = value.as_object().and_then(|o| o.get(key));
                        if has.is_none_or(|h| super::value::equal(h, entry) != Some(true)) {
                            let text = Rendered {
                                text: literal(entry)?,
                                ..Rendered::default()
                            };
                            drafts.both(|d| d.set(frame, &place.path, key, text.clone()));
                        }
                    }
                }
                (_, true) => {
                    let has = value
                        .as_list()
                        .into_iter()
                        .flatten()
                        .any(|v| super::value::equal(v, &expected) == Some(true));
                    if !has {
                        let text = self.render(written, frame)?;
                        drafts.both(|d| d.append(&self.owner(frame, &place), &place, text.clone()));
                    }
                }
                _ => return None,
            }
        }
        Some(())
    }

    fn mend_elements(
        &self,
        failed: &Failed<'_>,
        matcher: &Matcher,
        indices: &[u32],
        frame: &Frame<'_>,
        drafts: &mut Drafts,
    ) -> Option<()> {
        let value = failed.value.as_ref()?;
        let elements = value.as_list()?;
        let argument: Vec<Step> = match failed.path.as_slice() {
            [outer @ .., Step::Index(_)] => outer.to_vec(),
            path => path.to_vec(),
        };
        let write = match matcher.written() {
            Some(written) => Some(self.render(written, frame)?),
            None => None,
        };
        if value.origin.is_some() {
            let kept = |(i, e): (u32, &Value)| {
                if !indices.contains(&i) {
                    literal(e)
                } else {
                    write.as_ref().map(|w| w.text.clone())
                }
            };
            let kept: Vec<String> = (0u32..).zip(elements).filter_map(kept).collect();
            let text = Rendered {
                text: format!("[{}]", kept.join(", ")),
                variables: Vec::new(),
            };
            drafts.from_elsewhere = true;
            let (name, body) = argument.split_last()?;
            let (Step::Attr(name) | Step::Key(name)) = name else {
                return None;
            };
            match self.source_of(value).filter(|_| text.is_constant()) {
                Some(source) => {
                    drafts
                        .origin
                        .replace_origin(frame, &argument, source, text.clone())
                }
                None => drafts.origin_lacks = true,
            }
            drafts.here.set(frame, body, name, text);
            return Some(());
        }
        for index in indices {
            let place = Place {
                block: frame.block,
                path: join(&argument, &[Step::Index(*index)]),
            };
            match &write {
                Some(text) => {
                    drafts.both(|d| d.replace(&self.owner(frame, &place), &place, text.clone()))
                }
                None => drafts.both(|d| d.remove(&self.owner(frame, &place), &place)),
            }
        }
        Some(())
    }

    /// The fix that the page writes for the check block, if it does.
    pub(crate) fn stated_fixes(&self, offences: &[Offence], frame: &Frame<'_>) -> Vec<Fix> {
        match frame.fix() {
            (FixRule::Written(spec), of) => self.written_fixes(spec, offences, of),
            _ => Vec::new(),
        }
    }

    pub(crate) fn written_fixes(
        &self,
        spec: &FixSpec,
        offences: &[Offence],
        frame: &Frame<'_>,
    ) -> Vec<Fix> {
        let mut drafts = Drafts::default();
        if self
            .write_spec(spec, offences, frame, &mut drafts)
            .is_none()
        {
            return Vec::new();
        }
        if let Some(why) = &spec.review {
            drafts.both(|d| d.reason(why));
        }
        self.review(&mut drafts, None, frame);
        let title = spec
            .title
            .as_ref()
            .and_then(|t| self.eval(t, frame).to_text());
        drafts.finish(title.as_deref())
    }

    fn write_spec(
        &self,
        spec: &FixSpec,
        offences: &[Offence],
        frame: &Frame<'_>,
        drafts: &mut Drafts,
    ) -> Option<()> {
        self.write_body(&spec.set, frame.view, &frame.path, frame, drafts)?;
        for removed in &spec.remove {
            match removed {
                Removed::Offending => {
                    for offence in offences.iter().filter(|o| !o.missing) {
                        drafts.both(|d| d.remove(&self.owner(frame, &offence.at), &offence.at));
                    }
                }
                Removed::Element => {
                    let element = frame.chain().find(|f| f.is_element)?;
                    drafts.both(|d| {
                        d.remove(&self.owner(frame, &element.place(&[])), &element.place(&[]))
                    });
                }
                Removed::Path(path) => self.remove_at(path, frame, drafts),
            }
        }
        if let Some(replace) = &spec.replace {
            let text = self.render(replace, frame)?;
            self.overwrite_all(offences, &text, frame, drafts);
        }
        for (path, written) in &spec.replace_at {
            let text = self.render(written, frame)?;
            let (steps, _) = self.find(frame, path)?;
            self.overwrite(
                &Place {
                    block: frame.block,
                    path: steps,
                },
                &text,
                frame,
                drafts,
            );
        }
        for (path, written) in &spec.append {
            self.append_at(path, self.render(written, frame)?, frame, drafts)?;
        }
        if let Some(below) = &spec.below {
            let text = self.render(below, frame)?;
            let what = declared(&text.text);
            drafts.both(|d| d.add_below(frame.block_frame(), what.clone(), text.clone(), &[]));
        }
        Some(())
    }

    fn write_body(
        &self,
        body: &WrittenBody,
        view: super::view::View<'_>,
        path: &[Step],
        frame: &Frame<'_>,
        drafts: &mut Drafts,
    ) -> Option<()> {
        for (name, written) in &body.arguments {
            let text = self.render(written, frame)?;
            drafts.both(|d| d.set(frame, path, name, text.clone()));
        }
        for (name, inner) in &body.blocks {
            let mut existing = view.blocks(name).all;
            if existing.is_empty() {
                let new = self.written_body(inner, frame)?;
                drafts.both(|d| d.add_block(frame, path, name, &new));
            } else {
                let nested = existing.remove(0);
                self.write_body(
                    inner,
                    nested.view,
                    &join(path, &nested.place),
                    frame,
                    drafts,
                )?;
            }
        }
        Some(())
    }

    fn remove_at(&self, path: &[SmolStr], frame: &Frame<'_>, drafts: &mut Drafts) {
        if let Some((steps, _)) = self.find(frame, path) {
            drafts.both(|d| {
                d.remove(
                    &self.owner(
                        frame,
                        &Place {
                            block: frame.block,
                            path: steps.clone(),
                        },
                    ),
                    &Place {
                        block: frame.block,
                        path: steps.clone(),
                    },
                )
            });
            return;
        }
        for nested in super::words::elements(frame, path).all {
            let place = frame.place(&nested.place);
            drafts.both(|d| d.remove(&self.owner(frame, &place), &place));
        }
    }

    /// The block that a place is in.
    fn owner(&self, frame: &Frame<'_>, place: &Place) -> Address {
        let near = frame
            .chain()
            .find(|f| f.block == place.block)
            .map(|f| f.subject.address.clone());
        let elsewhere = || self.world.subject(place.block).map(|s| s.address.clone());
        near.or_else(elsewhere)
            .unwrap_or_else(|| frame.subject.address.clone())
    }

    fn append_at(
        &self,
        path: &[SmolStr],
        text: Rendered,
        frame: &Frame<'_>,
        drafts: &mut Drafts,
    ) -> Option<()> {
        match self.find(frame, path) {
            Some((steps, _)) => {
                let place = Place {
                    block: frame.block,
                    path: steps,
                };
                drafts.both(|d| d.append(&self.owner(frame, &place), &place, text.clone()));
            }
            None => {
                let (name, outer) = path.split_last()?;
                let body = if outer.is_empty() {
                    frame.path.clone()
                } else {
                    frame
                        .place(&super::words::elements(frame, outer).all.first()?.place)
                        .path
                };
                let list = Rendered {
                    text: format!("[{}]", text.text),
                    ..text
                };
                drafts.both(|d| d.set(frame, &body, name, list.clone()));
            }
        }
        Some(())
    }

    /// Overwrites each offending value; of several in one list the first, since they all become the same.
    fn overwrite_all(
        &self,
        offences: &[Offence],
        text: &Rendered,
        frame: &Frame<'_>,
        drafts: &mut Drafts,
    ) {
        let there: Vec<&Place> = offences
            .iter()
            .filter(|o| !o.missing)
            .map(|o| &o.at)
            .collect();
        let mut lists: Vec<Place> = Vec::new();
        for at in &there {
            let Some(list) = list_of(at) else {
                self.overwrite(at, &typed_principal(at, text), frame, drafts);
                continue;
            };
            let is_further = lists.contains(&list);
            if !is_further {
                self.name_type_of_principals(&list, frame, drafts);
            }
            match self.rewritten(&list, &there, text) {
                Some(_) if is_further => {}
                Some(text) => self.overwrite(&list, &text, frame, drafts),
                None if is_further => drafts.both(|d| d.remove_too(at)),
                None => self.overwrite(at, text, frame, drafts),
            }
            lists.push(list);
        }
    }

    /// `type = "*"` is that of everybody only: where the identifiers of a policy document change, so does it.
    fn name_type_of_principals(&self, list: &Place, frame: &Frame<'_>, drafts: &mut Drafts) {
        let [outer @ .., Step::Attr(name)] = list.path.as_slice() else {
            return;
        };
        let place = Place {
            block: list.block,
            path: join(outer, &[Step::Attr("type".into())]),
        };
        let subject = self.world.subject(list.block);
        let ty = subject.and_then(|s| value_at(&s.body, &place.path));
        if name == "identifiers" && ty.is_some_and(|t| t.as_str() == Some("*")) {
            let text = Rendered {
                text: "\"AWS\"".into(),
                ..Rendered::default()
            };
            self.overwrite(&place, &text, frame, drafts);
        }
    }

    /// A list that is written elsewhere, as it would be written here with an offending element replaced.
    fn rewritten(&self, list: &Place, offending: &[&Place], text: &Rendered) -> Option<Rendered> {
        let subject = self.world.subject(list.block)?;
        let value = value_at(&subject.body, &list.path).filter(|v| v.origin.is_some())?;
        let is_offending = |index: u32| {
            let at = Place {
                block: list.block,
                path: join(&list.path, &[Step::Index(index)]),
            };
            offending.contains(&&at)
        };
        let mut elements: Vec<String> = Vec::new();
        for (index, element) in (0u32..).zip(value.as_list()?) {
            let new = match is_offending(index) {
                true => text.text.clone(),
                false => literal(element)?,
            };
            if !elements.contains(&new) {
                elements.push(new);
            }
        }
        Some(Rendered {
            text: format!("[{}]", elements.join(", ")),
            variables: text.variables.clone(),
        })
    }

    /// Overwrites a value where it stands, or where it comes from.
    fn overwrite(&self, place: &Place, text: &Rendered, frame: &Frame<'_>, drafts: &mut Drafts) {
        let value = self
            .world
            .subject(place.block)
            .and_then(|s| value_at(&s.body, &place.path));
        let source = value
            .as_ref()
            .and_then(|v| self.source_of(v))
            .filter(|_| text.is_constant());
        let is_from_elsewhere = value.is_some_and(|v| v.origin.is_some());
        drafts.from_elsewhere |= is_from_elsewhere;
        match source {
            Some(source) => drafts
                .origin
                .replace_origin(frame, &place.path, source, text.clone()),
            None if is_from_elsewhere => drafts.origin_lacks = true,
            None => drafts
                .origin
                .replace(&self.owner(frame, place), place, text.clone()),
        }
        drafts
            .here
            .replace(&self.owner(frame, place), place, text.clone());
    }

    /// The fix for an absent companion: it is added below, with all that is demanded of it.
    pub(crate) fn companion_fixes(&self, companion: &Companion, frame: &Frame<'_>) -> Vec<Fix> {
        let (rule, of) = frame.fix();
        match (&companion.block.fix, rule) {
            (FixRule::None, _) | (FixRule::Derived, FixRule::None) => return Vec::new(),
            (FixRule::Derived, FixRule::Written(spec)) => return self.written_fixes(spec, &[], of),
            _ => {}
        }
        let mut drafts = Drafts::default();
        let subject = frame.block_frame();
        let new = self.new_companion(companion, &reference_to(subject), frame);
        let Some(NewCompanion { what, text, copied }) = new else {
            return Vec::new();
        };
        drafts.both(|d| d.add_below(subject, what.clone(), text.clone(), &copied));
        if let (Direction::Out, Some([name])) = (companion.direction, companion.link.as_deref()) {
            let value = format!(
                "{}.{}.{}",
                companion.types[0], subject.subject.address.name, companion.to
            );
            drafts.both(|d| {
                d.set(
                    subject,
                    &[],
                    name,
                    Rendered {
                        text: value.clone(),
                        variables: Vec::new(),
                    },
                )
            });
        }
        let spec_review = match &companion.block.fix {
            FixRule::Written(spec) => spec.review.clone(),
            _ => None,
        };
        if let Some(why) = spec_review {
            drafts.both(|d| d.reason(&why));
        }
        self.review(&mut drafts, Some(&companion.block.wording), frame);
        drafts.finish(None)
    }

    /// A new companion; further companions of it follow in its text.
    fn new_companion(
        &self,
        companion: &Companion,
        subject: &str,
        outer: &Frame<'_>,
    ) -> Option<NewCompanion> {
        let ty = companion.types.first()?;
        let label = match &outer.root().subject.address.name {
            // A provider's block has none.
            name if name.is_empty() => "main".into(),
            name => name.clone(),
        };
        // Values on the page are read as if it were there, and empty.
        let empty = Subject {
            address: Address {
                kind: BlockKind::Resource,
                ty: ty.clone(),
                name: label.clone(),
            },
            labels: Vec::new(),
            body: EvalBody::default(),
            instances: Vec::new(),
            existence: Existence::Certain,
            repeated: outer.subject.repeated,
        };
        let frame = &self.frame(&companion.block, BlockId(u64::MAX), &empty, Some(outer));
        let mut new = NewBody::default();
        if let (Some(link), true) = (&companion.link, companion.direction != Direction::Out) {
            let reference = format!("{subject}.{}", companion.to);
            let text = match wants_list(ty, link) {
                true => format!("[{reference}]"),
                false => reference,
            };
            new.set_at(
                link,
                Rendered {
                    text,
                    variables: Vec::new(),
                },
            );
        }
        let stated = if let FixRule::Written(spec) = &companion.block.fix {
            Some(spec)
        } else {
            None
        };
        for word in &companion.block.words {
            if let Word::Secure(secure) = word {
                self.fill(&mut new, &secure.pattern, &[], frame)?;
            }
        }
        // What is demanded of it can't be derived from a condition.
        let is_written = stated.is_some()
            || companion
                .block
                .words
                .iter()
                .all(|w| !matches!(w, Word::Condition(_) | Word::AnyOf(_) | Word::Each(_)));
        let has_lines = companion
            .block
            .words
            .iter()
            .any(|w| matches!(w, Word::Secure(_)));
        if !is_written && !has_lines {
            return None;
        }
        if let Some(spec) = stated {
            if let Some(below) = &spec.below {
                let text = self.render(below, frame)?;
                return Some(NewCompanion {
                    what: declared(&text.text),
                    text,
                    copied: Vec::new(),
                });
            }
            new.merge(self.written_body(&spec.set, frame)?);
            for (path, written) in &spec.append {
                let text = self.render(written, frame)?;
                new.set_at(
                    path,
                    Rendered {
                        text: format!("[{}]", text.text),
                        ..text
                    },
                );
            }
        }
        let mut text = new.block(&format!("resource \"{ty}\" \"{label}\""));
        let mut what = format!("{ty}.{label}");
        for word in &companion.block.words {
            let Word::Companion(inner) = word else {
                continue;
            };
            let inner = self.new_companion(inner, &reference_to(frame), frame)?;
            what = format!("{what} and {}", inner.what);
            text.text = format!("{}\n\n{}", text.text, inner.text.text);
            text.variables.extend(inner.text.variables);
        }
        Some(NewCompanion {
            what,
            text,
            copied: new.copied().to_vec(),
        })
    }

    fn written_body(&self, body: &WrittenBody, frame: &Frame<'_>) -> Option<NewBody> {
        let mut new = NewBody::default();
        for (name, written) in &body.arguments {
            new.set(name, self.render(written, frame)?);
        }
        for (name, inner) in &body.blocks {
            new.add(name, self.written_body(inner, frame)?);
        }
        Some(new)
    }

    /// Writes all lines of a pattern into a new body.
    fn fill(
        &self,
        new: &mut NewBody,
        pattern: &Pattern,
        path: &[SmolStr],
        frame: &Frame<'_>,
    ) -> Option<()> {
        for line in &pattern.lines {
            match line {
                Line::Argument { matcher, .. } if super::pattern::passes_absent(matcher) => {}
                Line::Argument {
                    name,
                    matcher: Matcher::Any(written),
                } if path.is_empty() && is_copied(written, name, frame) => new.copy(name),
                Line::Argument { name, matcher } => {
                    new.set(name, self.value_of(matcher, path, name, frame)?)
                }
                Line::Block { name, pattern, .. } => {
                    let mut inner = NewBody::default();
                    let path: Vec<SmolStr> = path.iter().chain([name]).cloned().collect();
                    self.fill(&mut inner, pattern, &path, frame)?;
                    new.add(name, inner);
                }
                Line::Entry(entry) => {
                    let mut inner = NewBody::default();
                    inner.set(&entry.keys.0, self.render(&entry.name, frame)?);
                    inner.set(&entry.keys.1, self.render(entry.value.written()?, frame)?);
                    new.add(&entry.block, inner);
                }
            }
        }
        Some(())
    }
}

/// What the fix for an absent companion adds.
struct NewCompanion {
    /// What it is called.
    what: String,
    text: Rendered,
    /// The subject's arguments that it begins with.
    copied: Vec<SmolStr>,
}

/// Whether a new companion's argument is the subject's of the same name, which is written.
fn is_copied(written: &Written, name: &SmolStr, frame: &Frame<'_>) -> bool {
    let ExprKind::Variable(path) = &written.expr.kind else {
        return false;
    };
    let stated = path.strip_prefix("parent.");
    let parent = frame.parent.filter(|_| stated == Some(name.as_str()));
    parent.is_some_and(|p| p.path.is_empty() && p.view.argument(name).is_some())
}

/// What a text declares, for a title: `aws_kms_key.logs and aws_kms_alias.logs`.
fn declared(text: &str) -> String {
    let (body, _) = stockade_syntax::parse_body(text);
    let names: Vec<String> = body
        .blocks()
        .map(|b| stockade_model::address_of(b).to_string())
        .collect();
    names.join(" and ")
}

/// Whether a resource's argument is a list or set of plain values.
fn wants_list(ty: &str, path: &[SmolStr]) -> bool {
    match find_anywhere(SchemaKind::Resource, ty, path) {
        Some(Entry::Attribute(a)) => matches!(a.ty, Type::List(_) | Type::Set(_)),
        _ => false,
    }
}

/// In a policy only `"*"` is a principal without a type (IAM reference, "AWS JSON policy elements: Principal").
fn typed_principal(at: &Place, text: &Rendered) -> Rendered {
    let is_principal = matches!(at.path.last(), Some(Step::Key(key)) if key == "Principal");
    Rendered {
        text: match is_principal {
            true => format!("{{ AWS = {} }}", text.text),
            false => text.text.clone(),
        },
        variables: text.variables.clone(),
    }
}

/// The list that a place is an element of.
fn list_of(at: &Place) -> Option<Place> {
    let [outer @ .., Step::Index(_)] = at.path.as_slice() else {
        return None;
    };
    Some(Place {
        block: at.block,
        path: outer.to_vec(),
    })
}
