//! The values of a rule's words: paths, texts, severities, what a fix writes.

use smol_str::SmolStr;
use stockade_syntax::ast::{Body, Expr, ExprKind, Item};
use stockade_text::TextSize;

use super::bind::bind;
use super::rule::Reader;
use super::source::suggestion;
use crate::check::{DefaultBody, SeverityRule, Written, WrittenBody};
use crate::domain::FUNCTIONS;
use crate::finding::Severity;
use stockade_syntax::walk;

impl Reader<'_, '_> {
    pub(super) fn error(&self, expr: &Expr, message: impl Into<String>) {
        self.error_at(expr.range.start(), message);
    }

    pub(super) fn error_at(&self, at: TextSize, message: impl Into<String>) {
        self.source.error(self.base + usize::from(at), message);
    }

    pub(super) fn bound(&mut self, expr: &Expr) -> Expr {
        walk(expr, &mut |e| {
            self.check_function(e);
            true
        });
        bind(expr, &mut self.names)
    }

    /// Functions with a namespace are ours, or `core::…` for Terraform's own.
    fn check_function(&self, expr: &Expr) {
        let ExprKind::Call { name, .. } = &expr.kind else {
            return;
        };
        let is_known = FUNCTIONS.contains(&name.name.as_str()) || name.name.starts_with("core::");
        if name.name.contains("::") && !is_known {
            let hint = suggestion(&name.name, FUNCTIONS);
            self.error(expr, format!("unknown function `{}`{hint}", name.name));
        }
    }

    /// A value that may be written by a fix.
    pub(super) fn written(&mut self, expr: &Expr) -> Written {
        let range = expr.range;
        let text = SmolStr::new(
            self.text
                .get(std::ops::Range::<usize>::from(range))
                .unwrap_or_default(),
        );
        Written {
            expr: self.bound(expr),
            text,
            start: range.start(),
        }
    }

    /// A bare word or a string.
    pub(super) fn word(&self, expr: &Expr) -> Option<SmolStr> {
        match &expr.kind {
            ExprKind::Variable(name) => Some(name.clone()),
            _ => expr.literal_string(),
        }
    }

    /// One of the words that are expected here.
    pub(super) fn one_of<T: Copy>(&self, expr: &Expr, known: &[(&str, T)]) -> Option<T> {
        let word = self.word(expr).unwrap_or_default();
        let found = known.iter().find(|(name, _)| *name == word);
        if found.is_none() {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let hint = suggestion(&word, names.iter().copied());
            self.error(
                expr,
                format!("expected one of `{}`{hint}", names.join("`, `")),
            );
        }
        found.map(|(_, value)| *value)
    }

    pub(super) fn bool(&self, expr: &Expr) -> bool {
        match expr.kind {
            ExprKind::Bool(value) => value,
            _ => {
                self.error(expr, "expected `true` or `false`");
                false
            }
        }
    }

    pub(super) fn string(&self, expr: &Expr) -> SmolStr {
        expr.literal_string().unwrap_or_else(|| {
            self.error(expr, "expected a string without interpolation");
            SmolStr::default()
        })
    }

    pub(super) fn severity(&mut self, expr: &Expr) -> Option<SeverityRule> {
        match self.word(expr) {
            Some(_) => self
                .one_of(expr, &Severity::ALL.map(|s| (s.name(), s)))
                .map(SeverityRule::Is),
            None => Some(SeverityRule::Computed(self.bound(expr))),
        }
    }

    /// `a.b.c`, or a string with dots.
    pub(super) fn path(&self, expr: &Expr) -> Vec<SmolStr> {
        match names_of(expr) {
            Some(path) => path,
            None => {
                self.error(
                    expr,
                    "expected the path of an argument, such as `metadata_options.http_tokens`",
                );
                Vec::new()
            }
        }
    }

    pub(super) fn paths(&self, expr: &Expr) -> Vec<Vec<SmolStr>> {
        match &expr.kind {
            ExprKind::Tuple(items) => items.iter().map(|e| self.path(e)).collect(),
            _ => vec![self.path(expr)],
        }
    }

    pub(super) fn default_body(&mut self, body: &Body) -> DefaultBody {
        let mut defaults = DefaultBody::default();
        for item in &body.items {
            match item {
                Item::Attribute(a) => {
                    let value = self.bound(&a.value);
                    defaults.values.push((a.name.name.clone(), value));
                }
                Item::Block(b) => {
                    let inner = self.default_body(&b.body);
                    defaults.blocks.push((b.kind.name.clone(), inner));
                }
            }
        }
        defaults
    }

    pub(super) fn written_body(&mut self, body: &Body) -> WrittenBody {
        let mut written = WrittenBody::default();
        for item in &body.items {
            match item {
                Item::Attribute(a) => {
                    let value = self.written(&a.value);
                    written.arguments.push((a.name.name.clone(), value));
                }
                Item::Block(b) => {
                    let inner = self.written_body(&b.body);
                    written.blocks.push((b.kind.name.clone(), inner));
                }
            }
        }
        written
    }
}

fn names_of(expr: &Expr) -> Option<Vec<SmolStr>> {
    match &expr.kind {
        ExprKind::Variable(name) => Some(vec![name.clone()]),
        ExprKind::GetAttr { of, name } => {
            let mut path = names_of(of)?;
            path.push(name.name.clone());
            Some(path)
        }
        _ => {
            let text = expr.literal_string()?;
            (!text.is_empty()).then(|| text.split('.').map(SmolStr::new).collect())
        }
    }
}
