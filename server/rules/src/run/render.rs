//! The text of what a fix writes: the page's own text, in which our names are replaced by values.

use std::ops::Range;

use smol_str::SmolStr;
use stockade_eval::{Existence, Kind, Repetition, Subject};
use stockade_syntax::ast::{BinaryOp, Expr, ExprKind, TemplatePart};

use super::frame::{Frame, Run};
use super::value::{escaped, literal};
use crate::check::Written;
use crate::fix::FixEdit;
use crate::reader::PATHS;
use stockade_syntax::walk;

/// A text, and the variables that it needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rendered {
    pub(crate) text: String,
    pub(crate) variables: Vec<FixEdit>,
}

impl Rendered {
    /// Whether it is a literal, which may stand in a variable's default.
    pub(crate) fn is_constant(&self) -> bool {
        self.variables.is_empty() && is_literal(&self.text)
    }
}

/// Whether an expression refers to nothing and calls nothing.
pub fn is_literal(text: &str) -> bool {
    let Ok(expr) = stockade_syntax::parse_expression(text) else {
        return false;
    };
    let mut literal = true;
    walk(&expr, &mut |e| {
        literal &= !matches!(
            e.kind,
            ExprKind::Variable(_) | ExprKind::Call { .. } | ExprKind::For(_)
        );
        true
    });
    literal
}

/// Replacements within the text of a page.
struct Splices<'r> {
    run: &'r Run<'r>,
    frame: &'r Frame<'r>,
    replaced: Vec<(Range<usize>, String)>,
    variables: Vec<FixEdit>,
    /// Something that is needed can't be known.
    failed: bool,
}

impl Run<'_> {
    /// The text of a value that a fix writes; `None` if something in it can't be known.
    pub(crate) fn render(&self, written: &Written, frame: &Frame<'_>) -> Option<Rendered> {
        let mut splices = Splices {
            run: self,
            frame,
            replaced: Vec::new(),
            variables: Vec::new(),
            failed: false,
        };
        splices.expr(&written.expr);
        if splices.failed {
            return None;
        }
        let mut text = written.text.to_string();
        splices
            .replaced
            .sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        for (range, with) in splices.replaced {
            let start = range.start.checked_sub(usize::from(written.start))?;
            let end = range.end.checked_sub(usize::from(written.start))?;
            text.get(start..end)?;
            text.replace_range(start..end, &with);
        }
        Some(Rendered {
            text,
            variables: splices.variables,
        })
    }
}

impl Splices<'_> {
    fn expr(&mut self, expr: &Expr) {
        let range = Range::<usize>::from(expr.range);
        match &expr.kind {
            ExprKind::Variable(name) if name == "subject" => {
                let reference = reference_to(self.frame.root());
                self.replaced.push((range, reference));
            }
            ExprKind::Call { name, args, .. } if name.name == "variable" => {
                self.variable(range, args)
            }
            _ if is_ours(expr) || chooses(expr) => {
                match literal(&self.run.eval(expr, self.frame)) {
                    Some(text) => self.replaced.push((range, text)),
                    None => self.failed = true,
                }
            }
            ExprKind::Template(template) => template.parts.iter().for_each(|p| self.part(p)),
            _ => {
                let mut inner: Vec<&Expr> = Vec::new();
                walk(expr, &mut |e| {
                    let is_self = std::ptr::eq(e, expr);
                    if !is_self {
                        inner.push(e);
                    }
                    is_self
                });
                inner.into_iter().for_each(|e| self.expr(e));
            }
        }
    }

    fn part(&mut self, part: &TemplatePart) {
        match part {
            TemplatePart::Literal { .. } => {}
            TemplatePart::Interpolation { expr, range } if is_ours(expr) => {
                match self.run.eval(expr, self.frame).to_text() {
                    Some(text) => self
                        .replaced
                        .push((Range::<usize>::from(*range), escaped(&text))),
                    None => self.expr(expr),
                }
            }
            TemplatePart::Interpolation { expr, .. } => self.expr(expr),
            TemplatePart::If {
                condition,
                then,
                otherwise,
                ..
            } => {
                self.expr(condition);
                then.iter().chain(otherwise).for_each(|p| self.part(p));
            }
            TemplatePart::For {
                collection, body, ..
            } => {
                self.expr(collection);
                body.iter().for_each(|p| self.part(p));
            }
        }
    }

    /// `variable("name", description = "…", sensitive = true)`; with `of = "aws_kms_key.arn"` the one that there is, if there is.
    fn variable(&mut self, range: Range<usize>, args: &[Expr]) {
        let text = |expr: &Expr| self.run.eval(expr, self.frame).as_str().map(str::to_owned);
        let Some(name) = args.first().and_then(text) else {
            self.failed = true;
            return;
        };
        let named = |wanted: &str| {
            args.iter().find_map(|arg| {
                let ExprKind::Binary {
                    op: BinaryOp::Equal,
                    left,
                    right,
                } = &arg.kind
                else {
                    return None;
                };
                matches!(&left.kind, ExprKind::Variable(n) if n == wanted).then_some(&**right)
            })
        };
        let is =
            |wanted: &str| named(wanted).is_some_and(|e| matches!(e.kind, ExprKind::Bool(true)));
        let like = named("like").and_then(text);
        let of = named("of").and_then(text);
        let existing = of
            .as_deref()
            .and_then(|of| existing(self.run, self.frame, of, like.as_deref()));
        if let Some(reference) = existing {
            return self.replaced.push((range, reference));
        }
        let name = self.run.free_variable(&name);
        self.replaced.push((range, format!("var.{name}")));
        self.variables.push(FixEdit::AddVariable {
            ty: named("type")
                .and_then(text)
                .unwrap_or_else(|| "string".to_owned()),
            description: named("description").and_then(text).unwrap_or_default(),
            sensitive: is("sensitive"),
            ephemeral: is("ephemeral"),
            stand_in: of.filter(|_| !is("own")).map(SmolStr::from),
            name,
        });
    }
}

/// The one resource of the module that can be meant: `aws_kms_key.main.arn` of `aws_kms_key.arn`. None where there are
/// several, or where it is not certain that it exists.
fn existing(run: &Run<'_>, frame: &Frame<'_>, of: &str, like: Option<&str>) -> Option<String> {
    let (ty, attribute) = of.split_once('.')?;
    let is_like = |name: &str| {
        let mut words = name.split(['_', '-']);
        like.is_none_or(|like| {
            words.any(|w| {
                w.strip_prefix(like)
                    .is_some_and(|rest| matches!(rest, "" | "s" | "ging"))
            })
        })
    };
    let plain = |subject: &Subject| {
        subject.existence == Existence::Certain
            && subject.repeated.is_none()
            && subject.body.get("provider").is_none()
    };
    let only = run.world.single(ty, &|id, subject| {
        id != frame.block && is_like(&subject.address.name) && plain(subject)
    })?;
    Some(format!("{}.{attribute}", only.address))
}

/// Whether an expression is one of our names, or a path below one.
fn is_ours(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Variable(name) => {
            let root = name.split(['.', '?']).next().unwrap_or_default();
            PATHS.contains(&root) || matches!(root, "row" | "meta" | "local" | "locals" | "value")
        }
        ExprKind::GetAttr { of, .. } | ExprKind::Index { of, .. } => is_ours(of),
        _ => false,
    }
}

/// Whether an expression computes with nothing but our names: what is written is what comes out. Documents are
/// written as they stand on the page, which reads better than their text.
fn chooses(expr: &Expr) -> bool {
    let computes = match &expr.kind {
        ExprKind::Paren(inner) => return chooses(inner),
        ExprKind::Conditional { .. } => true,
        ExprKind::Call { name, .. } => !matches!(&*name.name, "jsonencode" | "variable"),
        _ => false,
    };
    let (mut ours, mut others) = (false, false);
    walk(expr, &mut |e| {
        ours |= is_ours(e);
        others |= match &e.kind {
            ExprKind::Variable(name) => name == "subject" || name.starts_with("subject."),
            ExprKind::Call { name, .. } => matches!(&*name.name, "jsonencode" | "variable"),
            _ => false,
        };
        true
    });
    computes && ours && !others
}

/// A reference to a block from a companion that repeats as it does.
pub(crate) fn reference_to(frame: &Frame<'_>) -> String {
    let index = match frame.subject.repeated {
        None => "",
        Some(Repetition::Count) => "[count.index]",
        Some(Repetition::ForEach) => "[each.key]",
    };
    format!("{}{index}", frame.subject.address)
}

/// A variable that asks the user for a value.
pub(crate) fn placeholder(
    run: &Run<'_>,
    frame: &Frame<'_>,
    path: &[SmolStr],
    argument: &str,
) -> Rendered {
    let name = format!("{}_{argument}", frame.subject.address.name).replace('-', "_");
    let name = run.free_variable(&name);
    let full: Vec<SmolStr> = path.iter().cloned().chain([argument.into()]).collect();
    let entry = frame
        .schema_kind()
        .and_then(|kind| stockade_schema::find_anywhere(kind, &frame.subject.address.ty, &full));
    let attribute = match entry {
        Some(stockade_schema::Entry::Attribute(attribute)) => Some(attribute),
        _ => None,
    };
    let variable = FixEdit::AddVariable {
        ty: attribute.map_or("string".to_owned(), |a| type_text(a.ty)),
        description: format!(
            "The {} of {}.",
            argument.replace('_', " "),
            frame.subject.address
        ),
        sensitive: attribute.is_some_and(|a| a.sensitive || a.write_only),
        ephemeral: attribute.is_some_and(|a| a.write_only),
        stand_in: None,
        name: name.clone(),
    };
    Rendered {
        text: format!("var.{name}"),
        variables: vec![variable],
    }
}

fn type_text(ty: stockade_schema::Type) -> String {
    use stockade_schema::Type;
    match ty {
        Type::String => "string".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::List(element) => format!("list({})", type_text(element.ty())),
        Type::Set(element) => format!("set({})", type_text(element.ty())),
        Type::Map(element) => format!("map({})", type_text(element.ty())),
        _ => "any".to_owned(),
    }
}

/// Whether a value is a list, a map, or neither.
pub(crate) fn is_list(value: &stockade_eval::Value) -> bool {
    matches!(value.kind, Kind::List(..))
}
