//! What the expressions of a page read.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{Kind, Origin, Scope, Step, Symbol, Value};
use stockade_model::{Address, BlockKind};
use stockade_syntax::ast::{Expr, ExprKind};

use super::frame::{Frame, Run};
use super::value::strings;
use super::view::View;
use crate::check::Row;
use crate::finding::Place;

/// A check block's names.
struct RuleScope<'r> {
    run: &'r Run<'r>,
    frame: &'r Frame<'r>,
    value: Option<&'r Value>,
    /// Locals that are being evaluated, against cycles.
    open: Vec<&'r str>,
}

impl Run<'_> {
    /// The value of an expression of the page.
    pub(crate) fn eval(&self, expr: &Expr, frame: &Frame<'_>) -> Value {
        stockade_eval::eval(
            expr,
            &RuleScope {
                run: self,
                frame,
                value: None,
                open: Vec::new(),
            },
        )
    }

    /// The same, for a message about an offending value.
    pub(crate) fn eval_about(
        &self,
        expr: &Expr,
        frame: &Frame<'_>,
        value: Option<&Value>,
    ) -> Value {
        stockade_eval::eval(
            expr,
            &RuleScope {
                run: self,
                frame,
                value,
                open: Vec::new(),
            },
        )
    }

    /// The place that a value was read from, if it was read from a block.
    pub(crate) fn place_of(&self, value: &Value, frame: &Frame<'_>) -> Option<Place> {
        let origin = value.origin.as_ref()?;
        let Symbol::Block(address) = &origin.symbol else {
            return None;
        };
        let near = frame
            .chain()
            .find(|f| f.subject.address == *address)
            .map(|f| f.block);
        let block = near.or_else(|| self.world.named(address).map(|(id, _)| id))?;
        Some(Place {
            block,
            path: origin.path.clone(),
        })
    }

    /// What stands at a path of names below a frame; an empty nested block's list, or (`or_null`) null.
    pub(crate) fn read(&self, frame: &Frame<'_>, names: &[&str], or_null: bool) -> Value {
        let reader = PathReader {
            run: self,
            frame,
            or_null,
        };
        reader.read(frame.view, &mut frame.path.clone(), names)
    }

    /// The way to a path of names below a frame, and what stands there: an argument that is written.
    pub(crate) fn find<'f>(
        &self,
        frame: &Frame<'f>,
        names: &[SmolStr],
    ) -> Option<(Vec<Step>, &'f Value)> {
        let mut view = frame.view;
        let mut path = frame.path.clone();
        let (last, blocks) = names.split_last()?;
        for name in blocks {
            let mut nested = view.blocks(name);
            if nested.all.len() != 1 {
                return None;
            }
            let nested = nested.all.remove(0);
            path.extend(nested.place);
            view = nested.view;
        }
        path.push(view.step(last));
        Some((path, view.argument(last)?))
    }
}

struct PathReader<'r> {
    run: &'r Run<'r>,
    frame: &'r Frame<'r>,
    or_null: bool,
}

impl PathReader<'_> {
    fn read(&self, view: View<'_>, path: &mut Vec<Step>, names: &[&str]) -> Value {
        let Some((name, rest)) = names.split_first() else {
            return self.whole(view, path);
        };
        if let (true, Some(value)) = (self.is_argument(view, name), view.argument(name)) {
            path.push(view.step(name));
            return below(self.placed(value, path), rest);
        }
        let blocks = view.blocks(name);
        let is_single = blocks.all.len() == 1 && blocks.all[0].certain && !blocks.open;
        if rest.is_empty() {
            return self.blocks(&blocks, path, name);
        }
        match blocks.all.first() {
            Some(only) if is_single => {
                path.extend(only.place.iter().cloned());
                self.read(only.view, path, rest)
            }
            None if !blocks.open => Value::null(),
            _ => Value::unknown(),
        }
    }

    fn is_argument(&self, view: View<'_>, name: &str) -> bool {
        !matches!(view, View::Body(body) if body.blocks.iter().any(|b| b.name == name))
    }

    /// The nested blocks of a name as a list of objects.
    fn blocks(&self, blocks: &super::view::Blocks<'_>, path: &[Step], name: &str) -> Value {
        if blocks.all.is_empty() && !blocks.open {
            let is_block = !self.or_null
                && self
                    .frame
                    .schema_entry(name)
                    .is_some_and(|e| matches!(e, stockade_schema::Entry::Block(_)));
            return if is_block {
                Value::tuple(Vec::new())
            } else {
                Value::null()
            };
        }
        let object = |nested: &super::view::Nested<'_>| {
            let mut path: Vec<Step> = path.iter().chain(&nested.place).cloned().collect();
            self.whole(nested.view, &mut path)
        };
        let certain: Vec<Value> = blocks
            .all
            .iter()
            .filter(|b| b.certain)
            .map(object)
            .collect();
        if blocks.open || certain.len() < blocks.all.len() {
            let partly = stockade_eval::Unknown {
                contains: certain,
                not_null: true,
                ..Default::default()
            };
            return Value::from(Kind::Unknown(Arc::new(partly)));
        }
        Value::tuple(certain)
    }

    /// A body as an object. Names that the page reads and the body lacks are null.
    fn whole(&self, view: View<'_>, path: &mut Vec<Step>) -> Value {
        let mut entries: BTreeMap<SmolStr, Value> = self
            .run
            .page
            .names
            .iter()
            .map(|n| (n.clone(), Value::null()))
            .collect();
        match view {
            View::Value(value) => return self.placed(value, path),
            View::Object(map) => {
                for (name, value) in map {
                    path.push(Step::Key(name.clone()));
                    entries.insert(name.clone(), self.placed(value, path));
                    path.pop();
                }
            }
            View::Body(body) => {
                for (name, value) in &body.attributes {
                    path.push(Step::Attr(name.clone()));
                    entries.insert(name.clone(), self.placed(value, path));
                    path.pop();
                }
                for name in body.blocks.iter().map(|b| &b.name).chain(&body.open) {
                    let nested = self.blocks(&view.blocks(name), path, name);
                    entries.insert(name.clone(), nested);
                }
            }
        }
        Value::from(Kind::Object(Arc::new(entries)))
    }

    /// A value that knows where in the block it was read.
    fn placed(&self, value: &Value, path: &[Step]) -> Value {
        let symbol = Symbol::Block(self.frame.subject.address.clone());
        placed(
            value,
            &Arc::new(Origin {
                symbol,
                path: path.to_vec(),
                derived: false,
            }),
        )
    }
}

/// A value that stands at `origin`, and so do its parts, wherever they were read from.
pub(crate) fn placed(value: &Value, origin: &Arc<Origin>) -> Value {
    let mut value = without_origins(value);
    if let Kind::Unknown(unknown) = &mut value.kind {
        for element in &mut Arc::make_mut(unknown).contains {
            element.origin = Some(origin.clone());
        }
    }
    value.origin = Some(origin.clone());
    value
}

fn without_origins(value: &Value) -> Value {
    let mut value = Value {
        origin: None,
        ..value.clone()
    };
    match &mut value.kind {
        Kind::List(_, elements) => Arc::make_mut(elements)
            .iter_mut()
            .for_each(|e| *e = without_origins(e)),
        Kind::Object(entries) => Arc::make_mut(entries)
            .values_mut()
            .for_each(|e| *e = without_origins(e)),
        _ => {}
    }
    value
}

/// What stands at a path of names within a value. A list of one object is that object.
fn below(value: Value, names: &[&str]) -> Value {
    let Some((name, rest)) = names.split_first() else {
        return value;
    };
    match &value.kind {
        Kind::Object(map) => match map.get(*name) {
            Some(child) => below(value.part(child, Step::Key((*name).into())), rest),
            None => Value::null(),
        },
        Kind::List(_, elements) if elements.len() == 1 => {
            below(value.part(&elements[0], Step::Index(0)), names)
        }
        Kind::Null => Value::null(),
        _ => Value::unknown(),
    }
}

impl Scope for RuleScope<'_> {
    fn variable(&self, _name: &str) -> Value {
        Value::unknown()
    }

    fn local(&self, name: &str) -> Value {
        self.stated(name).to_be_read()
    }

    fn block(&self, _address: &Address) -> Value {
        Value::unknown()
    }

    fn file(&self, _path: &str) -> Option<Arc<str>> {
        None
    }

    fn root(&self, name: &str) -> Option<Value> {
        let (path, or_null) = name
            .strip_suffix('?')
            .map_or((name, false), |path| (path, true));
        let mut names = path.split('.');
        let root = names.next()?;
        let names: Vec<&str> = names.collect();
        Some(match root {
            "self" => self.run.read(self.frame, &names, or_null),
            "attrs" => self.run.read(self.frame.block_frame(), &names, or_null),
            "parent" => self.run.read(self.frame.enclosing()?, &names, or_null),
            "meta" => self.meta(),
            "row" => self.row()?,
            "rows" => strings(self.run.rows.iter().cloned()),
            "value" => self.value.cloned().unwrap_or_else(Value::null),
            "local" => self.stated(names.first()?),
            "locals" => object(
                self.frame
                    .chain()
                    .flat_map(|f| &f.check.locals)
                    .map(|(n, _)| (n.as_str(), self.stated(n))),
            ),
            _ => return None,
        })
    }

    fn function(&self, name: &str, args: &[Value]) -> Option<Value> {
        crate::domain::call(name, args, &crate::domain::Around { run: self.run })
    }
}

impl RuleScope<'_> {
    /// A local of the rule, with where its parts were read from.
    fn stated(&self, name: &str) -> Value {
        let stated = self.frame.chain().find_map(|frame| {
            let (name, expr) = frame.check.locals.iter().find(|(n, _)| n == name)?;
            Some((frame, name.as_str(), expr))
        });
        match stated {
            Some((frame, name, expr)) if !self.open.contains(&name) => {
                let open = self.open.iter().copied().chain([name]).collect();
                let scope = RuleScope {
                    run: self.run,
                    frame,
                    value: self.value,
                    open,
                };
                stockade_eval::eval(expr, &scope)
            }
            _ => Value::unknown(),
        }
    }

    fn meta(&self) -> Value {
        let subject = self.frame.subject;
        let address = &subject.address;
        let kind = match address.kind {
            BlockKind::Resource => "resource",
            BlockKind::Data => "data",
            BlockKind::Ephemeral => "ephemeral",
            BlockKind::Module => "module",
            BlockKind::Variable => "variable",
            BlockKind::Output => "output",
            BlockKind::Provider => "provider",
            BlockKind::Terraform => "terraform",
            BlockKind::Locals | BlockKind::Other => "other",
        };
        object([
            ("kind", Value::string(kind)),
            ("type", Value::string(address.ty.as_str())),
            ("name", Value::string(address.name.as_str())),
            ("address", Value::string(address.to_string())),
            (
                "labels",
                strings(subject.labels.iter().map(ToString::to_string)),
            ),
        ])
    }

    fn row(&self) -> Option<Value> {
        let row = self.run.row?;
        self.run.shared.row_is_read();
        if row.values.iter().all(|(_, expr)| is_literal(expr)) {
            return Some(row.object.get_or_init(|| self.row_object(row)).clone());
        }
        Some(self.row_object(row))
    }

    fn row_object(&self, row: &Row) -> Value {
        let values = row
            .values
            .iter()
            .map(|(name, expr)| (name.as_str(), self.run.eval(expr, self.frame)));
        let severity = row
            .severity
            .map(|s| Value::string(s.name()))
            .unwrap_or_else(Value::null);
        let title = Value::string(row.name.as_str());
        object(
            [
                ("name", Value::string(row.name.as_str())),
                ("severity", severity),
                ("title", title),
            ]
            .into_iter()
            .chain(values),
        )
    }
}

/// Whether an expression reads nothing.
fn is_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) => true,
        ExprKind::Template(_) => expr.literal_string().is_some(),
        ExprKind::Tuple(elements) => elements.iter().all(is_literal),
        _ => false,
    }
}

fn object<'n>(entries: impl IntoIterator<Item = (&'n str, Value)>) -> Value {
    let map: BTreeMap<SmolStr, Value> = entries.into_iter().map(|(k, v)| (k.into(), v)).collect();
    Value::from(Kind::Object(Arc::new(map)))
}
