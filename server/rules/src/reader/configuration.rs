//! `configuration { missing = …  at = … }`: what a module as a whole lacks, told at one of its blocks.

use stockade_syntax::ast::{BinaryOp, Block, Expr, ExprKind};
use stockade_syntax::parse_body;

use super::rule::Reader;
use super::words::CONFIGURATION;
use crate::check::{Check, CheckBlock, Companion, Direction, Selector, SubjectKind, Word, Wording};

/// One of several provider blocks of the same name: the one without an alias.
const MAIN_PROVIDER: &str = "main = attrs.alias == null";

impl Reader<'_, '_> {
    /// A check on the block at which it is told, with what is missing as a companion without a link.
    pub(super) fn configuration(&mut self, block: &Block) -> Option<Check> {
        let (Some(missing), Some(at)) =
            (block.body.attribute("missing"), block.body.attribute("at"))
        else {
            self.error_at(
                block.header.start(),
                "expected `missing = <resource type>` and `at = provider.<name>` or `at = terraform`",
            );
            return None;
        };
        let types = match self.word(&missing.value) {
            Some(ty) => vec![ty],
            None => self.words(&missing.value),
        };
        let selector = self.told_at(&at.value)?;
        let when = block.body.attribute("when").map(|a| self.bound(&a.value));
        let demanded = self.check_block(&block.body, &CONFIGURATION);
        let companion = Companion {
            types,
            link: None,
            direction: Direction::In,
            to: "id".into(),
            names: Vec::new(),
            absent: false,
            absent_severity: None,
            absent_message: None,
            block: demanded,
        };
        let is_main = (selector.kind == SubjectKind::Provider).then(|| self.main_provider());
        Some(Check {
            selector,
            block: CheckBlock {
                when: both(is_main.flatten(), when),
                wording: Wording::default(),
                words: vec![Word::Companion(companion)],
                ..CheckBlock::default()
            },
        })
    }

    fn told_at(&self, at: &Expr) -> Option<Selector> {
        let path = self.path(at);
        let (kind, types) = match path.as_slice() {
            [kind] if kind == "terraform" => (SubjectKind::Terraform, Vec::new()),
            [kind, name] if kind == "provider" => (SubjectKind::Provider, vec![name.clone()]),
            _ => {
                self.error(at, "expected `provider.<name>` or `terraform`");
                return None;
            }
        };
        Some(Selector { kind, types })
    }

    fn main_provider(&mut self) -> Option<Expr> {
        let (body, _) = parse_body(MAIN_PROVIDER);
        let condition = body.attributes().next()?;
        Some(self.bound(&condition.value))
    }
}

fn both(a: Option<Expr>, b: Option<Expr>) -> Option<Expr> {
    match (a, b) {
        (Some(left), Some(right)) => Some(Expr {
            range: right.range,
            kind: ExprKind::Binary {
                op: BinaryOp::And,
                left: Box::new(left),
                right: Box::new(right),
            },
        }),
        (a, b) => a.or(b),
    }
}
