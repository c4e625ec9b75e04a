//! Which arguments the rules look at, and which values they accept there: for completion and inlay hints.

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_model::BlockKind;
use stockade_syntax::ast::ExprKind;

use crate::check::{CheckBlock, Line, Pattern, SubjectKind, Word, Written};
use crate::matcher::Matcher;
use crate::page::Page;

/// An argument: the block's kind and type, the nested blocks around it, its name.
type Key = (BlockKind, SmolStr, Vec<SmolStr>);

/// What the rules of a catalog say of arguments.
#[derive(Debug, Default)]
pub struct Accepted {
    arguments: rustc_hash::FxHashMap<Key, Vec<Choice>>,
}

/// A value that a rule accepts.
#[derive(Clone, Debug)]
pub struct Choice {
    /// As HCL: `"required"`, `true`.
    pub value: SmolStr,
    /// The rule.
    pub page: Arc<Page>,
}

impl Accepted {
    /// What those pages say that run by default.
    pub fn of<'p>(pages: impl Iterator<Item = &'p Arc<Page>>) -> Accepted {
        let mut accepted = Accepted::default();
        for page in pages.filter(|page| !page.default_off) {
            for check in &page.checks {
                let Some(kind) = check.selector.kind.block_kind() else {
                    continue;
                };
                if check.selector.kind == SubjectKind::Backend {
                    continue;
                }
                for ty in &check.selector.types {
                    let subject = (kind, ty.clone(), Vec::new());
                    accepted.block(&subject, &check.block, page);
                }
            }
        }
        accepted
    }

    /// The values that rules accept at a path in a block: those that a fix would write come first.
    pub fn choices(&self, kind: BlockKind, ty: &str, path: &[SmolStr]) -> &[Choice] {
        let key = (kind, SmolStr::new(ty), path.to_vec());
        self.arguments.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Whether a rule looks at an argument.
    pub fn looks_at(&self, kind: BlockKind, ty: &str, path: &[SmolStr]) -> bool {
        let key = (kind, SmolStr::new(ty), path.to_vec());
        self.arguments.contains_key(&key)
    }

    fn block(&mut self, at: &Key, block: &CheckBlock, page: &Arc<Page>) {
        for word in &block.words {
            match word {
                Word::Secure(secure) => self.pattern(at, &secure.pattern, page, true),
                Word::Insecure(insecure) => self.pattern(at, &insecure.pattern, page, false),
                Word::Each(each) => {
                    for path in &each.paths {
                        self.block(&below(at, path), &each.block, page);
                    }
                }
                Word::Companion(companion) => {
                    for ty in companion.types.iter().filter(|_| !companion.absent) {
                        let other = (BlockKind::Resource, ty.clone(), Vec::new());
                        self.block(&other, &companion.block, page);
                    }
                }
                Word::Refers(refers) => {
                    for ty in &refers.types {
                        let other = (BlockKind::Resource, ty.clone(), Vec::new());
                        self.block(&other, &refers.block, page);
                    }
                }
                Word::AnyOf(blocks) => blocks.iter().for_each(|b| self.block(at, b, page)),
                Word::Condition(_) => {}
            }
        }
    }

    fn pattern(&mut self, at: &Key, pattern: &Pattern, page: &Arc<Page>, is_accepted: bool) {
        for line in &pattern.lines {
            match line {
                Line::Argument { name, matcher } => {
                    let values = match is_accepted {
                        true => values(matcher),
                        false => Vec::new(),
                    };
                    let choices = self
                        .arguments
                        .entry(below(at, std::slice::from_ref(name)))
                        .or_default();
                    for value in values {
                        if !choices.iter().any(|choice| choice.value == value) {
                            let page = page.clone();
                            choices.push(Choice { value, page });
                        }
                    }
                }
                Line::Block { name, pattern, .. } => {
                    let at = below(at, std::slice::from_ref(name));
                    self.pattern(&at, pattern, page, is_accepted);
                }
                Line::Entry(_) => {}
            }
        }
    }
}

fn below((kind, ty, path): &Key, further: &[SmolStr]) -> Key {
    (*kind, ty.clone(), [path, further].concat())
}

/// The literals that a matcher names.
fn values(matcher: &Matcher) -> Vec<SmolStr> {
    let all: Vec<&Written> = match matcher {
        Matcher::OneOf(all) => all.iter().collect(),
        Matcher::Elements(_) | Matcher::Including(_) | Matcher::Excluding(_) => Vec::new(),
        other => other.written().into_iter().collect(),
    };
    let literals = all.into_iter().filter(|written| {
        let is_text = written.expr.literal_string().is_some();
        is_text || matches!(written.expr.kind, ExprKind::Bool(_) | ExprKind::Number(_))
    });
    literals.map(|written| written.text.clone()).collect()
}
