//! A schema while it is being made: by `cargo xtask import-facts`, or from the hand-written text of
//! Terraform's own blocks. [`crate::table`] turns it into the form that is looked up.

use std::collections::{BTreeMap, HashMap};

use crate::body::{Flags, Nesting};

/// A provider's schema. Bodies are shared, and each stands after those it contains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// `aws`.
    pub provider: String,
    /// `5.100.0`.
    pub version: String,
    /// Every distinct body once.
    pub bodies: Vec<DraftBody>,
    /// The provider's own configuration.
    pub provider_body: Option<u32>,
    /// Type → index of its body, by [`crate::Kind`]; `None`: the schema this one is a difference to has it, this one doesn't.
    pub types: [BTreeMap<String, Option<u32>>; 3],
}

/// The arguments and nested blocks of a body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DraftBody {
    /// By name.
    pub attributes: BTreeMap<String, DraftAttribute>,
    /// By name.
    pub blocks: BTreeMap<String, DraftBlock>,
    /// The resource type as a whole.
    pub deprecated: bool,
    /// Other names are allowed as well.
    pub open: bool,
}

/// An argument or a computed attribute.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DraftAttribute {
    /// `s` string, `n` number, `b` bool, `*` anything, `T` tuple, `{}` object; `L` / `S` / `M` and an element: list, set, map.
    pub ty: String,
    /// What the schema says about it.
    pub flags: Flags,
    /// The body of the object in `ty`.
    pub object: Option<u32>,
}

/// A kind of nested block.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DraftBlock {
    /// How often it may occur, and under what.
    pub nesting: Nesting,
    /// Least number.
    pub min: u32,
    /// Greatest number, 0 for no limit.
    pub max: u32,
    /// What is in it.
    pub body: u32,
    /// It should no longer be written.
    pub deprecated: bool,
}

impl Draft {
    /// Adds a body, or finds an equal one.
    pub fn intern(&mut self, known: &mut HashMap<DraftBody, u32>, body: DraftBody) -> u32 {
        *known.entry(body).or_insert_with_key(|body| {
            self.bodies.push(body.clone());
            self.bodies.len() as u32 - 1
        })
    }

    /// Marks the attribute at `path` below `body` as sensitive, in a copy where that is shared.
    /// `None` if there is no such attribute.
    pub fn mark_sensitive(
        &mut self,
        known: &mut HashMap<DraftBody, u32>,
        body: u32,
        path: &[&str],
    ) -> Option<u32> {
        let (name, rest) = path.split_first()?;
        let mut copy = self.bodies.get(body as usize)?.clone();
        if let Some(block) = copy.blocks.get_mut(*name) {
            block.body = self.mark_sensitive(known, block.body, rest)?;
        } else {
            let attribute = copy.attributes.get_mut(*name)?;
            match attribute.object {
                Some(object) if !rest.is_empty() => {
                    attribute.object = Some(self.mark_sensitive(known, object, rest)?);
                }
                _ if rest.is_empty() => attribute.flags.insert(Flags::SENSITIVE),
                _ => return None,
            }
        }
        Some(self.intern(known, copy))
    }

    /// What this says differently from `base`: types with another body, new ones, and those gone.
    #[must_use]
    pub fn difference(&self, base: &Draft) -> Draft {
        let mut known = HashMap::new();
        let mut shapes = HashMap::new();
        let (own, others) = (shapes_of(self, &mut shapes), shapes_of(base, &mut shapes));
        let mut difference = Draft {
            provider: self.provider.clone(),
            version: self.version.clone(),
            ..Draft::default()
        };
        let mut copied = HashMap::new();
        difference.provider_body = self
            .provider_body
            .map(|body| difference.copy(self, body, &mut known, &mut copied));
        for kind in 0..self.types.len() {
            for (ty, body) in &self.types[kind] {
                let Some(body) = *body else { continue };
                let other = base.types[kind].get(ty).copied().flatten();
                if other.is_none_or(|other| others[other as usize] != own[body as usize]) {
                    let body = difference.copy(self, body, &mut known, &mut copied);
                    difference.types[kind].insert(ty.clone(), Some(body));
                }
            }
            for ty in base.types[kind]
                .keys()
                .filter(|ty| !self.types[kind].contains_key(*ty))
            {
                difference.types[kind].insert(ty.clone(), None);
            }
        }
        difference
    }

    /// The same without bodies that nothing refers to.
    #[must_use]
    pub fn pruned(&self) -> Draft {
        self.difference(&Draft::default())
    }

    fn copy(
        &mut self,
        from: &Draft,
        body: u32,
        known: &mut HashMap<DraftBody, u32>,
        copied: &mut HashMap<u32, u32>,
    ) -> u32 {
        if let Some(&copy) = copied.get(&body) {
            return copy;
        }
        let mut copy = from.bodies[body as usize].clone();
        for attribute in copy.attributes.values_mut() {
            attribute.object = attribute
                .object
                .map(|object| self.copy(from, object, known, copied));
        }
        for block in copy.blocks.values_mut() {
            block.body = self.copy(from, block.body, known, copied);
        }
        let index = self.intern(known, copy);
        copied.insert(body, index);
        index
    }
}

/// A number for each body; equal numbers, equal trees (also between drafts that share `known`).
fn shapes_of(draft: &Draft, known: &mut HashMap<DraftBody, u32>) -> Vec<u32> {
    let mut shapes: Vec<u32> = Vec::with_capacity(draft.bodies.len());
    for body in &draft.bodies {
        let mut shape = body.clone();
        for attribute in shape.attributes.values_mut() {
            attribute.object = attribute.object.map(|object| shapes[object as usize]);
        }
        for block in shape.blocks.values_mut() {
            block.body = shapes[block.body as usize];
        }
        let next = known.len() as u32;
        shapes.push(*known.entry(shape).or_insert(next));
    }
    shapes
}
