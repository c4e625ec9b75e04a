//! Whether the types and arguments that a page names exist in the providers' schemas.
//!
//! Not a part of reading: an organisation may write pages about providers that are not shipped, or
//! about versions that are newer. A test lints the catalog.

use smol_str::SmolStr;
use stockade_schema::{Body, Kind, Provider, bodies, provider_of, terraform};
use stockade_syntax::ast::{Expr, ExprKind};

use crate::check::*;
use crate::page::{Page, PageError};
use stockade_syntax::walk;

/// What a page names that no shipped schema knows.
pub fn lint(page: &Page) -> Vec<PageError> {
    let mut lint = Lint {
        page,
        errors: Vec::new(),
    };
    for check in &page.checks {
        let kind = check.selector.kind;
        let own: Vec<Of> = match kind {
            SubjectKind::Terraform
            | SubjectKind::Variable
            | SubjectKind::Output
            | SubjectKind::Call => {
                let name = if kind == SubjectKind::Call {
                    "module"
                } else {
                    kind_name(kind)
                };
                vec![Of {
                    name: name.to_owned(),
                    bodies: terraform::block(name).into_iter().collect(),
                }]
            }
            SubjectKind::File => {
                lint.of_file(&check.block);
                continue;
            }
            _ => check
                .selector
                .types
                .iter()
                .filter_map(|ty| lint.typed(kind, ty))
                .collect(),
        };
        lint.block(
            &check.block,
            &Scope {
                own: own.clone(),
                attrs: own.clone(),
                parent: own,
            },
        );
    }
    lint.errors
}

/// The names that an expression reads, each with its path.
fn names_in(expr: &Expr, read: &mut Vec<SmolStr>) {
    walk(expr, &mut |e| {
        if let ExprKind::Variable(name) = &e.kind {
            read.push(name.clone());
        }
        true
    });
}

fn kind_name(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Variable => "variable",
        SubjectKind::Output => "output",
        _ => "terraform",
    }
}

/// The bodies of a type in every version; empty: nothing is known.
#[derive(Clone)]
struct Of {
    name: String,
    bodies: Vec<Body>,
}

impl Of {
    fn allows(&self, path: &[SmolStr]) -> bool {
        let is_meta = || terraform::meta(Kind::Resource).is_some_and(|m| m.allows(path));
        self.bodies.is_empty() || self.bodies.iter().any(|b| b.allows(path)) || is_meta()
    }

    fn below(&self, path: &[SmolStr]) -> Of {
        let inner = |body: &Body| path.iter().try_fold(*body, |b, name| b.repeated(name));
        let name = path
            .iter()
            .fold(self.name.clone(), |n, p| format!("{n}.{p}"));
        Of {
            name,
            bodies: self.bodies.iter().filter_map(inner).collect(),
        }
    }
}

/// What the names of a check block are about.
struct Scope {
    own: Vec<Of>,
    attrs: Vec<Of>,
    parent: Vec<Of>,
}

struct Lint<'p> {
    page: &'p Page,
    errors: Vec<PageError>,
}

impl Lint<'_> {
    /// Notes an error at the first place of the page that has the word.
    fn error(&mut self, word: &str, message: String) {
        let before = self
            .page
            .body
            .find(word)
            .map_or(0, |at| self.page.body[..at].matches('\n').count());
        let line = self.page.body_line + u32::try_from(before).unwrap_or(0);
        self.errors
            .push(PageError::new(&self.page.path, line, 1, message));
    }

    fn typed(&mut self, kind: SubjectKind, ty: &SmolStr) -> Option<Of> {
        let known: Vec<Body> = match kind {
            SubjectKind::Resource => bodies(Kind::Resource, ty).collect(),
            SubjectKind::Data => bodies(Kind::Data, ty).collect(),
            SubjectKind::Ephemeral => bodies(Kind::Ephemeral, ty).collect(),
            SubjectKind::Provider => Provider::named(ty)
                .into_iter()
                .flat_map(stockade_schema::Provider::schemas)
                .filter_map(stockade_schema::Schema::provider_body)
                .collect(),
            _ => terraform::backend(ty).into_iter().collect(),
        };
        let provider = if kind == SubjectKind::Provider {
            ty.as_str()
        } else {
            provider_of(ty)
        };
        let is_shipped = kind == SubjectKind::Backend || Provider::named(provider).is_some();
        if known.is_empty() && is_shipped {
            self.error(ty, format!("no shipped schema knows the type `{ty}`"));
            return None;
        }
        Some(Of {
            name: ty.to_string(),
            bodies: known,
        })
    }

    /// A path must exist in at least one of several types.
    fn path(&mut self, of: &[Of], path: &[SmolStr]) {
        let is_known = of.is_empty() || of.iter().any(|o| o.allows(path));
        if let (false, Some(last)) = (is_known, path.last()) {
            let names: Vec<&str> = of.iter().map(|o| o.name.as_str()).collect();
            let known = of.iter().flat_map(|o| &o.bodies).flat_map(|b| {
                b.attributes()
                    .map(|a| a.name)
                    .chain(b.blocks().map(|n| n.name))
            });
            let near = known
                .map(|k| (strsim::damerau_levenshtein(last, k), k))
                .min()
                .filter(|(d, _)| *d <= 3);
            let hint = near
                .map(|(_, k)| format!("; did you mean `{k}`?"))
                .unwrap_or_default();
            self.error(
                last,
                format!("`{}` has no `{}`{hint}", names.join("`, `"), path.join(".")),
            );
        }
    }

    /// What there is of a file.
    fn of_file(&mut self, block: &CheckBlock) {
        let conditions = block.words.iter().filter_map(|word| match word {
            Word::Condition(condition) => Some(condition),
            _ => None,
        });
        let of_conditions =
            conditions.flat_map(|c| std::iter::once(&c.expr).chain(&c.wording.message));
        let own = block.when.iter().chain(&block.wording.message);
        let expressions = own.chain(block.locals.iter().map(|(_, e)| e));
        let mut read: Vec<SmolStr> = Vec::new();
        for expr in expressions.chain(of_conditions) {
            names_in(expr, &mut read);
        }
        for name in read {
            let path = name.trim_end_matches('?');
            let (of, word) = path.split_once('.').unwrap_or((path, ""));
            let known: &[&str] = match of {
                "attrs" | "parent" => &["name", "folder", "path", "blocks"],
                "self" => &["kind", "type", "name"],
                _ => continue,
            };
            let word = word.split('.').next().unwrap_or_default();
            if !word.is_empty() && !known.contains(&word) {
                let hint = known.join("`, `");
                self.error(path, format!("a file has no `{path}`; it has `{hint}`"));
            }
        }
        for word in &block.words {
            if let Word::Each(each) = word {
                let other = each.paths.iter().find(|path| path.as_slice() != ["blocks"]);
                if let Some(path) = other.map(|path| path.join(".")) {
                    self.error(
                        &path,
                        format!("a file has no `{path}` to go through; write `each \"blocks\"`"),
                    );
                }
                self.of_file(&each.block);
            }
        }
    }

    fn expr(&mut self, expr: &Expr, scope: &Scope) {
        let mut read: Vec<SmolStr> = Vec::new();
        names_in(expr, &mut read);
        for name in read {
            let mut path = name.trim_end_matches('?').split('.').map(SmolStr::new);
            let of = match path.next().as_deref() {
                Some("attrs") => &scope.attrs,
                Some("self") => &scope.own,
                Some("parent") => &scope.parent,
                _ => continue,
            };
            self.path(of, &path.collect::<Vec<_>>());
        }
    }

    fn block(&mut self, block: &CheckBlock, scope: &Scope) {
        let expressions = block
            .when
            .iter()
            .chain(block.locals.iter().map(|(_, e)| e))
            .chain(&block.wording.message);
        expressions.for_each(|e| self.expr(e, scope));
        for unless in &block.unless {
            let types = unless.types.iter();
            let of: Vec<Of> = types
                .filter_map(|ty| self.typed(SubjectKind::Resource, ty))
                .collect();
            self.path(&of, &unless.link);
        }
        for defaults in &block.defaults {
            self.defaults(&defaults.body, &scope.own);
        }
        if let FixRule::Written(fix) = &block.fix {
            self.fix(fix, scope);
        }
        for word in &block.words {
            self.word(word, scope);
        }
    }

    fn word(&mut self, word: &Word, scope: &Scope) {
        match word {
            Word::Secure(secure) | Word::Insecure(secure) => {
                self.pattern(&secure.pattern, &scope.own)
            }
            Word::Each(each) => {
                each.paths
                    .iter()
                    .for_each(|path| self.path(&scope.own, path));
                let own: Vec<Of> = each
                    .paths
                    .iter()
                    .flat_map(|path| scope.own.iter().map(|o| o.below(path)))
                    .collect();
                self.block(
                    &each.block,
                    &Scope {
                        own,
                        attrs: scope.attrs.clone(),
                        parent: scope.own.clone(),
                    },
                );
            }
            Word::AnyOf(options) => options.iter().for_each(|option| self.block(option, scope)),
            Word::Companion(companion) => {
                let of: Vec<Of> = companion
                    .types
                    .iter()
                    .filter_map(|ty| self.typed(SubjectKind::Resource, ty))
                    .collect();
                let holder = if companion.direction == Direction::Out {
                    &scope.attrs
                } else {
                    &of
                };
                companion
                    .link
                    .iter()
                    .for_each(|link| self.path(holder, link));
                self.block(
                    &companion.block,
                    &Scope {
                        own: of.clone(),
                        attrs: of,
                        parent: scope.own.clone(),
                    },
                );
            }
            Word::Refers(refers) => {
                self.path(&scope.own, &refers.via);
                let of: Vec<Of> = refers
                    .types
                    .iter()
                    .filter_map(|ty| self.typed(SubjectKind::Resource, ty))
                    .collect();
                self.block(
                    &refers.block,
                    &Scope {
                        own: of.clone(),
                        attrs: of,
                        parent: scope.own.clone(),
                    },
                );
            }
            Word::Condition(condition) => {
                self.expr(&condition.expr, scope);
                condition.at.iter().for_each(|at| self.path(&scope.own, at));
                if let Some(FixRule::Written(fix)) = &condition.fix {
                    self.fix(fix, scope);
                }
            }
        }
    }

    fn pattern(&mut self, pattern: &Pattern, of: &[Of]) {
        for line in &pattern.lines {
            match line {
                Line::Argument { name, .. } => self.path(of, std::slice::from_ref(name)),
                Line::Block { name, pattern, .. } => {
                    let path = std::slice::from_ref(name);
                    self.path(of, path);
                    self.pattern(
                        pattern,
                        &of.iter().map(|o| o.below(path)).collect::<Vec<_>>(),
                    );
                }
                Line::Entry(entry) => {
                    self.path(of, &[entry.block.clone(), entry.keys.0.clone()]);
                    self.path(of, &[entry.block.clone(), entry.keys.1.clone()]);
                }
            }
        }
    }

    fn defaults(&mut self, body: &DefaultBody, of: &[Of]) {
        body.values
            .iter()
            .for_each(|(name, _)| self.path(of, std::slice::from_ref(name)));
        for (name, inner) in &body.blocks {
            self.path(of, std::slice::from_ref(name));
            self.defaults(
                inner,
                &of.iter()
                    .map(|o| o.below(std::slice::from_ref(name)))
                    .collect::<Vec<_>>(),
            );
        }
    }

    fn fix(&mut self, fix: &FixSpec, scope: &Scope) {
        self.written(&fix.set, &scope.own);
        for removed in &fix.remove {
            if let Removed::Path(path) = removed {
                self.path(&scope.own, path);
            }
        }
        fix.replace_at
            .iter()
            .chain(&fix.append)
            .for_each(|(path, _)| self.path(&scope.own, path));
    }

    fn written(&mut self, body: &WrittenBody, of: &[Of]) {
        body.arguments
            .iter()
            .for_each(|(name, _)| self.path(of, std::slice::from_ref(name)));
        for (name, inner) in &body.blocks {
            self.path(of, std::slice::from_ref(name));
            self.written(
                inner,
                &of.iter()
                    .map(|o| o.below(std::slice::from_ref(name)))
                    .collect::<Vec<_>>(),
            );
        }
    }
}
