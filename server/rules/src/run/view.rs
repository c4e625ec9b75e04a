//! A body, or an object value that stands for one, seen the same way.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use stockade_eval::{EvalBody, Kind, Presence, Step, Value};

/// What a pattern is matched with, or an expression reads of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View<'a> {
    Body(&'a EvalBody),
    Object(&'a BTreeMap<SmolStr, Value>),
    /// An element that is not an object: a string in a list.
    Value(&'a Value),
}

/// A nested block.
#[derive(Clone, Debug)]
pub(crate) struct Nested<'a> {
    pub(crate) view: View<'a>,
    /// From the enclosing body.
    pub(crate) place: Vec<Step>,
    pub(crate) certain: bool,
    pub(crate) instance: Option<SmolStr>,
}

/// The nested blocks of a name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks<'a> {
    pub(crate) all: Vec<Nested<'a>>,
    /// There may be more.
    pub(crate) open: bool,
}

impl<'a> View<'a> {
    /// The argument; `None` when it is absent or null.
    pub(crate) fn argument(self, name: &str) -> Option<&'a Value> {
        let value = match self {
            View::Body(body) => body.get(name),
            View::Object(map) => map.get(name),
            View::Value(_) => None,
        };
        value.filter(|v| v.kind != Kind::Null)
    }

    /// The step from here to an argument.
    pub(crate) fn step(self, name: &str) -> Step {
        match self {
            View::Body(_) => Step::Attr(name.into()),
            _ => Step::Key(name.into()),
        }
    }

    /// The nested blocks of a name, in any spelling.
    pub(crate) fn blocks(self, name: &str) -> Blocks<'a> {
        let mut blocks = Blocks::default();
        if let View::Body(body) = self {
            blocks.open = body.is_open(name);
            blocks.all = body
                .blocks
                .iter()
                .filter(|b| b.name == name)
                .map(|b| Nested {
                    view: View::Body(&b.body),
                    place: b.place.clone(),
                    certain: b.presence == Presence::Certain,
                    instance: b.instance.clone(),
                })
                .collect();
        }
        if let (true, Some(value)) = (blocks.all.is_empty(), self.argument(name)) {
            blocks.add(value, vec![self.step(name)]);
        }
        blocks
    }
}

impl<'a> Blocks<'a> {
    /// Adds the objects that a value consists of.
    fn add(&mut self, value: &'a Value, place: Vec<Step>) {
        match &value.kind {
            Kind::Object(map) => self.all.push(Nested {
                view: View::Object(map),
                place,
                certain: true,
                instance: None,
            }),
            Kind::List(_, elements) => {
                for (i, element) in (0u32..).zip(elements.iter()) {
                    let place = place.iter().cloned().chain([Step::Index(i)]).collect();
                    self.add(element, place);
                }
            }
            Kind::Unknown(_) => self.open = true,
            _ => {}
        }
    }

    /// The elements of a list or map of anything, for `each` over an argument.
    pub(crate) fn elements(value: &'a Value, place: &[Step]) -> Blocks<'a> {
        let mut blocks = Blocks::default();
        let nested = |value: &'a Value, step: Step| Nested {
            view: if let Kind::Object(map) = &value.kind {
                View::Object(map)
            } else {
                View::Value(value)
            },
            place: place.iter().cloned().chain([step]).collect(),
            certain: true,
            instance: None,
        };
        match &value.kind {
            Kind::List(_, elements) => blocks.all.extend(
                (0u32..)
                    .zip(elements.iter())
                    .map(|(i, v)| nested(v, Step::Index(i))),
            ),
            Kind::Unknown(_) => blocks.open = true,
            _ => blocks.all.push(Nested {
                view: View::Value(value),
                place: place.to_vec(),
                certain: true,
                instance: None,
            }),
        }
        blocks
    }
}
