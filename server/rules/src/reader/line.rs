//! The lines of `secure` and `insecure`, entries, and `fix`.

use smol_str::SmolStr;
use stockade_syntax::ast::{Block, Body, Expr, ExprKind, Item};

use super::rule::Reader;
use crate::check::{Entry, FixSpec, Line, Pattern, Removed, Written};
use crate::matcher::Matcher;

const FIX: [&str; 7] = [
    "set", "remove", "replace", "append", "below", "title", "review",
];

impl Reader<'_, '_> {
    pub(super) fn pattern(&mut self, items: &[&Item]) -> Pattern {
        let lines = items.iter().map(|item| match item {
            Item::Attribute(a) => Line::Argument {
                name: a.name.name.clone(),
                matcher: self.matcher(&a.value),
            },
            Item::Block(b) if b.kind.name == "entry" && b.labels.len() == 1 => {
                Line::Entry(self.entry(b))
            }
            Item::Block(b) => self.nested(b),
        });
        Pattern {
            lines: lines.collect(),
        }
    }

    fn nested(&mut self, block: &Block) -> Line {
        let (name, every) = match block.labels.as_slice() {
            [] => (block.kind.name.clone(), true),
            [label] if block.kind.name == "some" => (label.name.clone(), false),
            _ => {
                self.error_at(
                    block.header.start(),
                    "expected `name { … }`, `some \"name\" { … }` or `entry \"name\" { … }`",
                );
                (block.kind.name.clone(), true)
            }
        };
        let items: Vec<&Item> = block.body.items.iter().collect();
        Line::Block {
            name,
            every,
            pattern: self.pattern(&items),
        }
    }

    pub(super) fn entry(&mut self, block: &Block) -> Entry {
        let mut keys = ("name".into(), "value".into());
        let mut absent_passes = false;
        let (mut name, mut value) = (None, None);
        for item in &block.body.items {
            let Item::Attribute(a) = item else {
                self.error_at(
                    block.header.start(),
                    "`entry` takes arguments only: `name`, `value`, `keys`, `absent`",
                );
                continue;
            };
            match a.name.name.as_str() {
                "name" => name = Some(self.written(&a.value)),
                "value" => value = Some(self.matcher(&a.value)),
                "absent" => absent_passes = self.one_of(&a.value, &[("passes", true), ("fails", false)]).unwrap_or_default(),
                "keys" => match &a.value.kind {
                    ExprKind::Tuple(items) if items.len() == 2 => keys = (self.string(&items[0]), self.string(&items[1])),
                    _ => self.error(&a.value, "expected two names: `keys = [\"name\", \"value\"]`"),
                },
                other => self.error_at(a.range.start(), format!("unknown argument `{other}` of `entry`; it takes `name`, `value`, `keys`, `absent`")),
            }
        }
        if name.is_none() || value.is_none() {
            self.error_at(
                block.header.start(),
                "`entry` needs `name = …` and `value = …`",
            );
        }
        let empty = || Written {
            expr: Expr {
                kind: ExprKind::Null,
                range: block.header,
            },
            text: SmolStr::default(),
            start: block.header.start(),
        };
        Entry {
            block: block
                .labels
                .first()
                .map(|l| l.name.clone())
                .unwrap_or_default(),
            keys,
            name: name.unwrap_or_else(empty),
            value: value.unwrap_or(Matcher::Null),
            absent_passes,
        }
    }

    pub(super) fn fix(&mut self, body: &Body) -> FixSpec {
        let mut fix = FixSpec::default();
        for item in &body.items {
            match item {
                Item::Attribute(a) => match a.name.name.as_str() {
                    "remove" => {
                        fix.remove = self.paths(&a.value).into_iter().map(removed).collect()
                    }
                    "replace" => fix.replace = Some(self.written(&a.value)),
                    "below" => fix.below = Some(self.written(&a.value)),
                    "title" => fix.title = Some(self.bound(&a.value)),
                    "review" => fix.review = Some(self.string(&a.value).to_string()),
                    other => self.error_at(
                        a.range.start(),
                        super::words::unknown("argument of `fix`", other, &FIX),
                    ),
                },
                Item::Block(b) => match b.kind.name.as_str() {
                    "set" => fix.set = self.written_body(&b.body),
                    "replace" => fix.replace_at = self.at_paths(&b.body, &mut Vec::new()),
                    "append" => fix.append = self.at_paths(&b.body, &mut Vec::new()),
                    "below" => fix.below = Some(self.block_text(b)),
                    other => self.error_at(
                        b.header.start(),
                        super::words::unknown("block of `fix`", other, &FIX),
                    ),
                },
            }
        }
        fix
    }

    /// The arguments of a body and its nested blocks, each with its path.
    fn at_paths(&mut self, body: &Body, path: &mut Vec<SmolStr>) -> Vec<(Vec<SmolStr>, Written)> {
        let mut all = Vec::new();
        for item in &body.items {
            match item {
                Item::Attribute(a) => {
                    let full = path.iter().cloned().chain([a.name.name.clone()]).collect();
                    all.push((full, self.written(&a.value)));
                }
                Item::Block(b) => {
                    path.push(b.kind.name.clone());
                    all.extend(self.at_paths(&b.body, path));
                    path.pop();
                }
            }
        }
        all
    }

    /// What stands between the braces, as text whose own names are evaluated when it is written:
    /// an expression that holds every value in it.
    fn block_text(&mut self, block: &Block) -> Written {
        let start = usize::from(block.braces.start()) + 1;
        let end = usize::from(block.braces.end()) - 1;
        let text: SmolStr = self.text.get(start..end).unwrap_or_default().into();
        let mut values = Vec::new();
        self.values(&block.body, &mut values);
        let expr = Expr {
            kind: ExprKind::Tuple(values),
            range: block.braces,
        };
        Written {
            expr,
            text,
            start: block.braces.start() + stockade_text::TextSize::from(1),
        }
    }

    fn values(&mut self, body: &Body, values: &mut Vec<Expr>) {
        for item in &body.items {
            match item {
                Item::Attribute(a) => values.push(self.bound(&a.value)),
                Item::Block(b) => self.values(&b.body, values),
            }
        }
    }
}

fn removed(path: Vec<SmolStr>) -> Removed {
    match path.as_slice() {
        [only] if only == "offending" => Removed::Offending,
        [only] if only == "self" => Removed::Element,
        [first, ..] if first == "self" || first == "attrs" => Removed::Path(path[1..].to_vec()),
        _ => Removed::Path(path),
    }
}
