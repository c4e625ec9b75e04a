//! Matchers: `one_of(a, b)`, `set()`, ….

use stockade_syntax::ast::{Expr, ExprKind};

use super::named::named;
use super::rule::Reader;
use super::source::suggestion;
use super::words::MATCHERS;
use crate::check::Written;
use crate::matcher::Matcher;

impl Reader<'_, '_> {
    /// What stands on the right of a line of `secure`.
    pub(super) fn matcher(&mut self, expr: &Expr) -> Matcher {
        match &expr.kind {
            ExprKind::Null => Matcher::Null,
            ExprKind::Call { name, args, .. } if MATCHERS.contains(&name.name.as_str()) => {
                self.call(expr, &name.name, args)
            }
            ExprKind::Call { name, .. } if !name.name.contains("::") => {
                let hint = suggestion(&name.name, MATCHERS);
                if !hint.is_empty() {
                    self.error(expr, format!("unknown matcher `{}`{hint}", name.name));
                }
                Matcher::Equals(self.written(expr))
            }
            _ => Matcher::Equals(self.written(expr)),
        }
    }

    fn call(&mut self, expr: &Expr, name: &str, args: &[Expr]) -> Matcher {
        let mut write = None;
        let mut positional: Vec<&Expr> = Vec::new();
        for arg in args {
            match named(arg) {
                Some(("write", value)) => write = Some(self.written(value)),
                Some((other, _)) => self.error(
                    arg,
                    format!("unknown named argument `{other}`; the only one is `write`"),
                ),
                None => positional.push(arg),
            }
        }
        let takes: usize = match name {
            "set" | "literal" => 0,
            "one_of" | "including" | "excluding" => positional.len().max(1),
            _ => 1,
        };
        if positional.len() != takes {
            self.error(
                expr,
                format!(
                    "`{name}` takes {takes} argument{}, found {}",
                    if takes == 1 { "" } else { "s" },
                    positional.len()
                ),
            );
        }
        let takes_write = matches!(
            name,
            "set" | "literal" | "none_of" | "matches" | "not_matches"
        );
        if write.is_some() && !takes_write {
            self.error(
                expr,
                format!("`{name}` writes its first value; it takes no `write`"),
            );
        }
        let Some(first) = positional.first().copied() else {
            return if name == "literal" {
                Matcher::Literal(write)
            } else {
                Matcher::Set(write)
            };
        };
        match name {
            "one_of" => Matcher::OneOf(self.all(&positional)),
            "including" => Matcher::Including(self.all(&positional)),
            "excluding" => Matcher::Excluding(self.all(&positional)),
            "at_least" => Matcher::AtLeast(self.written(first)),
            "at_most" => Matcher::AtMost(self.written(first)),
            "none_of" => match &first.kind {
                ExprKind::Tuple(items) => {
                    Matcher::NoneOf(self.all(&items.iter().collect::<Vec<_>>()), write)
                }
                _ => {
                    self.error(first, "expected a list: `none_of([…], write = …)`");
                    Matcher::NoneOf(Vec::new(), write)
                }
            },
            "matches" | "not_matches" => self.regex(first, name == "not_matches", write),
            "elements" => Matcher::Elements(Box::new(self.matcher(first))),
            _ => Matcher::Any(self.written(first)),
        }
    }

    fn all(&mut self, args: &[&Expr]) -> Vec<Written> {
        args.iter().map(|e| self.written(e)).collect()
    }

    fn regex(&mut self, expr: &Expr, negated: bool, write: Option<Written>) -> Matcher {
        let text = self.string(expr);
        match regex::Regex::new(&text) {
            Ok(regex) => Matcher::Matches {
                regex,
                negated,
                write,
            },
            Err(error) => {
                let why = error.to_string();
                self.error(
                    expr,
                    format!(
                        "not a regular expression: {}",
                        why.lines().last().unwrap_or_default()
                    ),
                );
                Matcher::Set(write)
            }
        }
    }
}
