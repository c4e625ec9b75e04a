//! Where a check is: the block it looks at, the element in it, and how it got there.

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{Step, Subject, Value};
use stockade_model::{BlockId, BlockKind};
use stockade_schema::{Kind as SchemaKind, provider_of};
use stockade_syntax::ast::Expr;

use super::shared::Shared;
use super::view::View;
use crate::check::{CheckBlock, DefaultBody, FixRule, Row, Wording};
use crate::finding::Place;
use crate::layout::names as free;
use crate::page::Page;
use crate::world::World;

/// One run of a page on a block, for one row.
pub(crate) struct Run<'a> {
    pub(crate) page: &'a Arc<Page>,
    pub(crate) world: &'a dyn World,
    pub(crate) row: Option<&'a Row>,
    /// The names of all rows that were hit, for messages.
    pub(crate) rows: Vec<String>,
    pub(crate) shared: &'a Shared,
}

impl Run<'_> {
    /// The first name like this one that the module has no variable of.
    pub(crate) fn free_variable(&self, name: &str) -> SmolStr {
        let wanted = free::variable(&name.into());
        free::unique(&wanted, |taken| self.world.is_declared(taken)).name
    }
}

/// A check block at work on a block or element.
pub(crate) struct Frame<'a> {
    pub(crate) check: &'a CheckBlock,
    pub(crate) block: BlockId,
    pub(crate) subject: &'a Subject,
    /// From the block to [`Frame::view`].
    pub(crate) path: Vec<Step>,
    pub(crate) view: View<'a>,
    /// The frame of the check block around this one.
    pub(crate) parent: Option<&'a Frame<'a>>,
    /// This frame looks at an element of the same block as its parent.
    pub(crate) is_element: bool,
    /// Which element of a `dynamic`.
    pub(crate) instance: Option<SmolStr>,
    pub(crate) defaults: Defaults<'a>,
}

/// The defaults for a body, and whether each is known to apply.
#[derive(Clone, Default)]
pub(crate) struct Defaults<'a>(Vec<(&'a DefaultBody, bool)>);

/// What the provider does when an argument is absent.
pub(crate) enum Default<'a> {
    None,
    Value(&'a Expr),
    Unknown,
}

impl<'a> Frame<'a> {
    pub(crate) fn place(&self, steps: &[Step]) -> Place {
        Place {
            block: self.block,
            path: self.path.iter().chain(steps).cloned().collect(),
        }
    }

    /// This frame and those around it.
    pub(crate) fn chain(&'a self) -> impl Iterator<Item = &'a Frame<'a>> {
        std::iter::successors(Some(self), |frame| frame.parent)
    }

    /// The frame of the block that this one's element is in.
    pub(crate) fn block_frame(&'a self) -> &'a Frame<'a> {
        self.chain().find(|f| !f.is_element).unwrap_or(self)
    }

    /// The frame of the page's subject.
    pub(crate) fn root(&'a self) -> &'a Frame<'a> {
        self.chain().last().unwrap_or(self)
    }

    /// The frame of what encloses this one's block or element.
    pub(crate) fn enclosing(&'a self) -> Option<&'a Frame<'a>> {
        self.chain()
            .find(|f| f.block != self.block || f.path != self.path)
    }

    /// What the page says of how findings are told, the innermost first.
    pub(crate) fn wordings(&'a self) -> impl Iterator<Item = &'a Wording> {
        self.chain().map(|f| &f.check.wording)
    }

    /// The fix that holds here, and the frame whose block it is about.
    pub(crate) fn fix(&'a self) -> (&'a FixRule, &'a Frame<'a>) {
        let stated = self.chain().find(|f| f.check.fix != FixRule::Derived);
        stated.map_or((&self.check.fix, self), |f| (&f.check.fix, f))
    }

    /// The names on the way from the block to here, without indices.
    pub(crate) fn names(&self) -> Vec<SmolStr> {
        names(&self.path)
    }

    pub(crate) fn schema_kind(&self) -> Option<SchemaKind> {
        match self.subject.address.kind {
            BlockKind::Resource => Some(SchemaKind::Resource),
            BlockKind::Data => Some(SchemaKind::Data),
            BlockKind::Ephemeral => Some(SchemaKind::Ephemeral),
            _ => None,
        }
    }

    /// What the schema says may stand at `name` here.
    pub(crate) fn schema_entry(&self, name: &str) -> Option<stockade_schema::Entry> {
        let mut path = self.names();
        path.push(name.into());
        stockade_schema::find_anywhere(self.schema_kind()?, &self.subject.address.ty, &path)
    }
}

/// The names of a path.
pub(crate) fn names(path: &[Step]) -> Vec<SmolStr> {
    let name = |step: &Step| match step {
        Step::Attr(name) | Step::Key(name) | Step::Block(name, _) => Some(name.clone()),
        Step::Index(_) | Step::Json | Step::Text(..) => None,
    };
    path.iter().filter_map(name).collect()
}

impl Run<'_> {
    /// A frame for a whole block.
    pub(crate) fn frame<'f>(
        &self,
        check: &'f CheckBlock,
        block: BlockId,
        subject: &'f Subject,
        parent: Option<&'f Frame<'f>>,
    ) -> Frame<'f> {
        Frame {
            check,
            block,
            subject,
            path: Vec::new(),
            view: View::Body(&subject.body),
            parent,
            is_element: false,
            instance: None,
            defaults: self.defaults(check, &subject.address.ty),
        }
    }

    /// The defaults of a check block that may apply to the versions in use.
    pub(crate) fn defaults<'f>(&self, check: &'f CheckBlock, ty: &str) -> Defaults<'f> {
        let applies = |defaults: &crate::check::Defaults| match &defaults.versions {
            None => Some(true),
            Some(versions) => {
                match versions.applies_to(&self.world.provider_versions(provider_of(ty))) {
                    Some(false) => None,
                    Some(true) => Some(true),
                    None => Some(false),
                }
            }
        };
        Defaults(
            check
                .defaults
                .iter()
                .filter_map(|d| Some((&d.body, applies(d)?)))
                .collect(),
        )
    }

    /// The value of an argument where the provider's default counts as well.
    pub(crate) fn effective(
        &self,
        value: Option<&Value>,
        default: &Default<'_>,
        frame: &Frame<'_>,
    ) -> Option<Value> {
        match (value, default) {
            (Some(value), _) => Some(value.clone()),
            (None, Default::Value(expr)) => Some(self.eval(expr, frame)),
            (None, Default::Unknown) => Some(Value::unknown()),
            (None, Default::None) => None,
        }
    }
}

impl<'a> Defaults<'a> {
    /// The default of an argument.
    pub(crate) fn of(&self, name: &str) -> Default<'a> {
        let stated = |(body, sure): &(&'a DefaultBody, bool)| {
            let value = body
                .values
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, v)| v)?;
            Some((value, *sure))
        };
        // The most specific one stands last on the page.
        match self.0.iter().rev().find_map(stated) {
            None => Default::None,
            Some((value, true)) => Default::Value(value),
            Some((_, false)) => Default::Unknown,
        }
    }

    /// These, and where they say nothing, others.
    pub(crate) fn or(&self, others: &Defaults<'a>) -> Defaults<'a> {
        // The last one that says something wins.
        Defaults(others.0.iter().chain(&self.0).copied().collect())
    }

    /// Those within a nested block.
    pub(crate) fn within(&self, block: &str) -> Defaults<'a> {
        let inner = |(body, sure): &(&'a DefaultBody, bool)| {
            body.blocks
                .iter()
                .filter(|(n, _)| n == block)
                .map(|(_, b)| (b, *sure))
                .collect::<Vec<_>>()
        };
        Defaults(self.0.iter().flat_map(inner).collect())
    }
}
