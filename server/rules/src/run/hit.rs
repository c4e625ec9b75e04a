//! What a check found on a block, before it is told as a finding.

use smol_str::SmolStr;
use stockade_eval::{InstanceKey, Step, Value};

use super::frame::{Frame, Run};
use super::pattern::{Change, Failed};
use super::value::shown;
use crate::check::{SeverityRule, Wording};
use crate::finding::{Place, Related, RelatedPlace, Severity};
use crate::fix::{Fix, joined};
use crate::page::{Category, Verdict};

/// What the checks of a block came to.
#[derive(Default)]
pub(crate) struct Judged {
    pub(crate) hits: Vec<Hit>,
    pub(crate) silent: bool,
}

/// A finding in the making.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) at: Place,
    /// Something is missing, rather than of a wrong value.
    pub(crate) missing: bool,
    pub(crate) element: Vec<Step>,
    /// Which elements of a `dynamic`.
    pub(crate) instances: Vec<SmolStr>,
    /// The word of the page that it is about: its number in each check block on the way to it.
    pub(crate) word: Vec<usize>,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    /// See [`crate::finding::Finding::advises`].
    pub(crate) advises: bool,
    pub(crate) related: Vec<Related>,
    pub(crate) fixes: Vec<Fix>,
}

impl Hit {
    /// Whether both are one mistake: hit by several rows, or in several elements of a `dynamic`.
    pub(crate) fn is_same_as(&self, other: &Hit) -> bool {
        self.at == other.at && self.element == other.element && self.word == other.word
    }

    /// Names the instance of the block.
    pub(crate) fn is_in(&mut self, key: &InstanceKey) {
        match self.instances.as_mut_slice() {
            [] => self.instances.push(key.to_string().into()),
            inner => inner
                .iter_mut()
                .for_each(|within| *within = SmolStr::from(format!("{key} {within}"))),
        }
    }

    /// Takes on the same mistake in another instance: what mends one must mend both.
    pub(crate) fn merge_instance(&mut self, other: Hit) {
        let fixes = joined(&self.fixes, &other.fixes);
        self.merge(other);
        self.fixes = fixes;
    }

    /// Takes on what another hit of the same mistake says.
    pub(crate) fn merge(&mut self, mut other: Hit) {
        let mut instances = std::mem::take(&mut self.instances);
        instances.extend(std::mem::take(&mut other.instances));
        if other.severity > self.severity {
            *self = other;
        }
        for instance in instances {
            if !self.instances.contains(&instance) {
                self.instances.push(instance);
            }
        }
    }
}

/// One thing that is wrong in a hit.
#[derive(Clone, Debug)]
pub(crate) struct Offence {
    pub(crate) at: Place,
    pub(crate) missing: bool,
    /// `` `storage_encrypted` is false ``
    pub(crate) what: String,
    pub(crate) value: Option<Value>,
}

impl Judged {
    pub(crate) fn silent() -> Judged {
        Judged {
            silent: true,
            ..Judged::default()
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        match (self.hits.is_empty(), self.silent) {
            (false, _) => Verdict::Fail,
            (true, true) => Verdict::Silent,
            (true, false) => Verdict::Pass,
        }
    }

    pub(crate) fn add(&mut self, other: Judged) {
        self.hits.extend(other.hits);
        self.silent |= other.silent;
    }
}

impl Offence {
    pub(crate) fn of(failed: &Failed<'_>, frame: &Frame<'_>) -> Offence {
        let name = &failed.name;
        let what = match (&failed.value, &failed.change) {
            (None, Change::Remove) => format!("`{name}` is there"),
            (None, _) => format!("`{name}` is not set"),
            (Some(value), _) => format!("`{name}` is {}", frame.shown(value, name)),
        };
        // What is missing in an element is marked at its header.
        Offence {
            at: Place {
                block: frame.block,
                path: failed.path.clone(),
            },
            missing: failed.value.is_none(),
            what,
            value: failed.value.clone(),
        }
    }
}

impl Frame<'_> {
    /// A value as a message may show it; `name` is the dotted path of its argument.
    pub(crate) fn shown(&self, value: &Value, name: &str) -> String {
        let path: Vec<&str> = name.split('.').collect();
        let is_secret = self.schema_kind().is_some_and(|kind| {
            stockade_schema::sensitive(kind, &self.subject.address.ty, &path) == Some(true)
        });
        if is_secret && value.is_wholly_known() {
            "a secret written in the configuration".to_owned()
        } else {
            shown(value)
        }
    }
}

impl Run<'_> {
    /// A hit about these offences; the first one is its place.
    pub(crate) fn hit(
        &self,
        offences: &[Offence],
        fixes: Vec<Fix>,
        own: Option<&Wording>,
        frame: &Frame<'_>,
    ) -> Judged {
        let Some(first) = offences.first() else {
            return Judged::default();
        };
        let wordings: Vec<&Wording> = own.into_iter().chain(frame.wordings()).collect();
        let stated = wordings.iter().find_map(|w| w.severity.as_ref());
        let severity = self.severity(stated, frame);
        let template = wordings.iter().find_map(|w| w.message.as_ref());
        let stated =
            template.and_then(|t| self.eval_about(t, frame, first.value.as_ref()).to_text());
        let advises = stated.is_none();
        let message = stated.map_or_else(
            || self.derived_message(offences),
            |text| text.trim().to_owned(),
        );
        let element_frame = frame
            .chain()
            .find(|f| f.is_element && f.block == first.at.block);
        let hit = Hit {
            at: first.at.clone(),
            missing: first.missing || first.value.is_none(),
            element: element_frame.map(|f| f.path.clone()).unwrap_or_default(),
            instances: frame
                .chain()
                .find_map(|f| f.instance.clone())
                .into_iter()
                .collect(),
            word: Vec::new(),
            severity,
            message,
            advises,
            related: self.related(offences),
            fixes,
        };
        Judged {
            hits: vec![hit],
            silent: false,
        }
    }

    pub(crate) fn severity(&self, stated: Option<&SeverityRule>, frame: &Frame<'_>) -> Severity {
        let row = self.row.and_then(|r| r.severity);
        match stated {
            Some(SeverityRule::Is(severity)) => *severity,
            Some(SeverityRule::Computed(expr)) => {
                let named = self.eval(expr, frame).as_str().and_then(Severity::named);
                named.or(row).unwrap_or(self.page.severity)
            }
            None => row.unwrap_or(self.page.severity),
        }
    }

    /// What and why, in two lines; what to do follows.
    fn derived_message(&self, offences: &[Offence]) -> String {
        const TOLD: usize = 3;
        let is_secret = self.page.category == Category::Secrets;
        let told = offences.iter().take(TOLD).map(|o| {
            if is_secret && o.value.is_some() {
                o.what
                    .split(" is ")
                    .next()
                    .map_or_else(String::new, |name| {
                        format!("{name} is written in the configuration")
                    })
            } else {
                o.what.clone()
            }
        });
        let mut what: Vec<String> = told.collect();
        if offences.len() > TOLD {
            what.push(format!("and {} more", offences.len() - TOLD));
        }
        let rows = if self.rows.is_empty() {
            String::new()
        } else {
            format!(" ({})", self.rows.join(", "))
        };
        let why = first_sentence(&self.page.summary);
        format!(
            "{}: {}{rows}.\n{}",
            self.page.title,
            what.join(", "),
            why.trim()
        )
        .trim_end()
        .to_owned()
    }

    /// The other offences, and where their values come from.
    fn related(&self, offences: &[Offence]) -> Vec<Related> {
        let others = offences.iter().skip(1).filter(|o| o.at != offences[0].at);
        let mut related: Vec<Related> = others
            .map(|o| Related {
                message: o.what.as_str().into(),
                at: RelatedPlace::Block(o.at.clone()),
            })
            .collect();
        for offence in offences {
            let Some(origin) = self.origin_at(offence) else {
                continue;
            };
            let entry = Related {
                message: SmolStr::new_static("the value comes from here"),
                at: RelatedPlace::Symbol(origin.symbol.clone(), origin.path.clone()),
            };
            if !related.contains(&entry) {
                related.push(entry);
            }
        }
        related
    }

    /// Where the value at an offence's place was read from.
    fn origin_at(&self, offence: &Offence) -> Option<stockade_eval::Origin> {
        let subject = self.world.subject(offence.at.block)?;
        let value = super::origin::value_at(&subject.body, &offence.at.path)?;
        Some(value.origin.as_deref()?.clone())
    }
}

/// Up to the first full stop that ends a sentence.
fn first_sentence(text: &str) -> String {
    let text = text
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .replace('\n', " ");
    match text.find(". ") {
        Some(end) => text[..=end].to_owned(),
        None => text.trim().to_owned(),
    }
}
