//! The `hcl rule` fences: subject blocks, rows, and the words of check blocks.

use std::ops::Range;
use std::sync::OnceLock;

use globset::Glob;
use smol_str::SmolStr;
use stockade_syntax::ast::{Attribute, Block, Body, Expr, ExprKind, Ident, Item};
use stockade_syntax::parse_body;

use super::named::as_comparisons;
use super::sets;
use super::source::{Source, suggestion};
use super::words::{ARGUMENTS, BLOCKS, COMPANION, REFERS, SUBJECTS, unknown};
use crate::check::*;
use crate::finding::Severity;

/// What the fences say.
#[derive(Default)]
pub(super) struct Rule {
    pub(super) checks: Vec<Check>,
    pub(super) rows: Vec<Row>,
    pub(super) code: Option<SmolStr>,
    pub(super) names: Vec<SmolStr>,
}

/// Reads one fence.
pub(super) struct Reader<'s, 'a> {
    pub(super) source: &'s Source<'a>,
    /// Where the fence begins in the page.
    pub(super) base: usize,
    /// The fence, named arguments as comparisons.
    pub(super) text: String,
    pub(super) names: Vec<SmolStr>,
}

/// Reads all fences, as one rule.
pub(super) fn read(source: &Source<'_>, fences: &[Range<usize>]) -> Rule {
    let mut rule = Rule::default();
    let mut shared = Vec::new();
    for fence in fences {
        let (text, unspaced) = as_comparisons(source.text.get(fence.clone()).unwrap_or_default());
        for at in unspaced {
            source.error(
                fence.start + at,
                "write a space around the `=` of a named argument",
            );
        }
        let (body, errors) = parse_body(&text);
        for error in errors {
            source.error(
                fence.start + usize::from(error.range.start()),
                error.message,
            );
        }
        let mut reader = Reader {
            source,
            base: fence.start,
            text,
            names: std::mem::take(&mut rule.names),
        };
        reader.top(&body, &mut rule, &mut shared);
        rule.names = reader.names;
    }
    for check in &mut rule.checks {
        check.block.locals.splice(0..0, shared.iter().cloned());
    }
    let is_empty = rule.checks.is_empty() && rule.code.is_none();
    if let Some(fence) = fences.first().filter(|_| is_empty) {
        source.error(
            fence.start,
            "the rule has no subject: write `resource \"type\" { … }`",
        );
    }
    rule
}

impl Reader<'_, '_> {
    fn top(&mut self, body: &Body, rule: &mut Rule, shared: &mut Vec<(SmolStr, Expr)>) {
        for item in &body.items {
            match item {
                Item::Attribute(a) if a.name.name == "code" => rule.code = self.code(&a.value),
                Item::Attribute(a) => {
                    self.unknown("argument at the top of a rule", &a.name, &["code"])
                }
                Item::Block(b) => match b.kind.name.as_str() {
                    "row" => {
                        let row = self.row(b);
                        if rule.rows.iter().any(|r| r.name == row.name) {
                            self.error_at(
                                b.header.start(),
                                format!("the row `{}` is there twice", row.name),
                            );
                        }
                        rule.rows.push(row);
                    }
                    "locals" => shared.extend(self.locals(&b.body)),
                    "subject" => rule.checks.extend(self.subject_set(b)),
                    "configuration" => rule.checks.extend(self.configuration(b)),
                    _ => rule.checks.extend(self.subject(b, &mut rule.code)),
                },
            }
        }
    }

    fn unknown(&self, what: &str, name: &Ident, known: &[&str]) {
        self.error_at(name.range.start(), unknown(what, &name.name, known));
    }

    /// `subject "pod-spec" { … }`: what the set of that name says.
    fn subject_set(&mut self, block: &Block) -> Vec<Check> {
        let demands = self.check_block(&block.body, &[]);
        if demands.words.is_empty() {
            self.demands_nothing(block);
        }
        let names = || sets::all().iter().map(|set| set.name.as_str());
        let [label] = block.labels.as_slice() else {
            let names: Vec<&str> = names().collect();
            self.error_at(
                block.header.start(),
                format!("expected the name of one set: `{}`", names.join("`, `")),
            );
            return Vec::new();
        };
        let Some(set) = sets::all().iter().find(|set| set.name == label.name) else {
            let hint = suggestion(&label.name, names());
            self.error_at(
                label.range.start(),
                format!("there is no subject set `{}`{hint}", label.name),
            );
            return Vec::new();
        };
        set.checks(&demands)
    }

    /// A misspelt word in it has been told already.
    fn demands_nothing(&self, block: &Block) {
        let mut words = block.body.blocks();
        if words.any(|b| !BLOCKS.contains(&b.kind.name.as_str())) {
            return;
        }
        self.error_at(
            block.header.start(),
            "the block demands nothing: write `secure { … }`, `forbid = …` or another check in it",
        );
    }

    fn subject(&mut self, block: &Block, code: &mut Option<SmolStr>) -> Option<Check> {
        let kind = match block.kind.name.as_str() {
            "resource" => SubjectKind::Resource,
            "data" => SubjectKind::Data,
            "ephemeral" => SubjectKind::Ephemeral,
            "provider" => SubjectKind::Provider,
            "terraform" => SubjectKind::Terraform,
            "backend" => SubjectKind::Backend,
            "call" => SubjectKind::Call,
            "variable" => SubjectKind::Variable,
            "output" => SubjectKind::Output,
            "file" => SubjectKind::File,
            _ => {
                self.unknown("subject", &block.kind, &SUBJECTS);
                return None;
            }
        };
        let types: Vec<SmolStr> = block.labels.iter().map(|l| l.name.clone()).collect();
        let needs_type = matches!(
            kind,
            SubjectKind::Resource
                | SubjectKind::Data
                | SubjectKind::Ephemeral
                | SubjectKind::Provider
                | SubjectKind::Backend
        );
        if needs_type && types.is_empty() {
            self.error_at(
                block.header.start(),
                format!("expected a type: `{} \"…\" {{ … }}`", block.kind.name),
            );
        }
        if let Some(named) = block.body.attribute("code") {
            *code = self.code(&named.value);
        }
        if kind == SubjectKind::File {
            self.of_file(block);
        }
        let demands = self.check_block(&block.body, &["code"]);
        if demands.words.is_empty() && code.is_none() {
            self.demands_nothing(block);
        }
        Some(Check {
            selector: Selector { kind, types },
            block: demands,
        })
    }

    /// A file is looked at by itself: what needs more than its name and blocks can't be said of it.
    fn of_file(&self, block: &Block) {
        for label in &block.labels {
            if let Err(error) = Glob::new(&label.name) {
                let message = format!("not a pattern for names of files: {}", error.kind());
                self.error_at(label.range.start(), message);
            }
        }
        self.of_file_only(&block.body);
    }

    fn of_file_only(&self, body: &Body) {
        let words = ["each", "forbid", "locals", "require"];
        for inner in body.blocks() {
            let name = inner.kind.name.as_str();
            if BLOCKS.contains(&name) && !words.contains(&name) {
                let message =
                    format!("`{name}` can't be said of a file: use `forbid` or `require`");
                self.error_at(inner.header.start(), message);
            }
            if name == "each" {
                self.of_file_only(&inner.body);
            }
        }
    }

    /// The name of a rule that is written in Rust.
    fn code(&self, expr: &Expr) -> Option<SmolStr> {
        let name = self.string(expr);
        if crate::code::named(&name).is_none() {
            self.error(expr, format!("there is no code rule `{name}`"));
        }
        Some(name)
    }

    fn row(&mut self, block: &Block) -> Row {
        let mut row = Row {
            name: SmolStr::default(),
            severity: None,
            same_as: Vec::new(),
            values: Vec::new(),
            object: OnceLock::new(),
        };
        match block.labels.as_slice() {
            [label] => row.name = label.name.clone(),
            _ => self.error_at(
                block.header.start(),
                "expected one label: `row \"name\" { … }`",
            ),
        }
        for attribute in block.body.attributes() {
            match attribute.name.name.as_str() {
                "severity" => {
                    row.severity =
                        self.one_of(&attribute.value, &Severity::ALL.map(|s| (s.name(), s)))
                }
                "same-as" => row.same_as = self.words(&attribute.value),
                name => {
                    let value = self.bound(&attribute.value);
                    row.values.push((name.into(), value));
                }
            }
        }
        row
    }

    pub(super) fn words(&self, expr: &Expr) -> Vec<SmolStr> {
        let ExprKind::Tuple(items) = &expr.kind else {
            self.error(expr, "expected a list: `[a, b]`");
            return Vec::new();
        };
        items.iter().filter_map(|e| self.word(e)).collect()
    }

    fn locals(&mut self, body: &Body) -> Vec<(SmolStr, Expr)> {
        body.attributes()
            .map(|a| (a.name.name.clone(), self.bound(&a.value)))
            .collect()
    }

    /// The words of a check block; `beside` are those that its kind has beside, read elsewhere.
    pub(super) fn check_block(&mut self, body: &Body, beside: &[&str]) -> CheckBlock {
        let mut block = CheckBlock::default();
        let at = body.attribute("at").map(|a| self.path(&a.value));
        let mut used_at = at.is_none() || beside.contains(&"at");
        for item in &body.items {
            match item {
                Item::Attribute(a) if beside.contains(&a.name.name.as_str()) => {}
                Item::Attribute(a) => {
                    used_at |= matches!(a.name.name.as_str(), "forbid" | "require");
                    self.check_argument(a, at.as_ref(), beside, &mut block);
                }
                Item::Block(b) => self.check_word(b, &mut block),
            }
        }
        if let (false, Some(at)) = (used_at, body.attribute("at")) {
            self.error_at(
                at.range.start(),
                "`at` goes with `forbid = …` or `require = …`",
            );
        }
        block
    }

    fn check_argument(
        &mut self,
        a: &Attribute,
        at: Option<&Vec<SmolStr>>,
        beside: &[&str],
        block: &mut CheckBlock,
    ) {
        match a.name.name.as_str() {
            "when" => block.when = Some(self.bound(&a.value)),
            "forbid" | "require" => {
                let expr = self.bound(&a.value);
                let forbid = a.name.name == "forbid";
                block.words.push(Word::Condition(Condition {
                    forbid,
                    expr,
                    at: at.cloned(),
                    wording: Wording::default(),
                    fix: None,
                }));
            }
            "at" => {}
            "fix" => block.fix = self.no_fix(&a.value),
            _ if self.wording(a, &mut block.wording) => {}
            _ => {
                let known: Vec<&str> = ARGUMENTS.iter().chain(beside).copied().collect();
                self.unknown("argument of a check", &a.name, &known);
            }
        }
    }

    fn no_fix(&self, expr: &Expr) -> FixRule {
        self.one_of(expr, &[("none", ())]);
        FixRule::None
    }

    /// Takes an argument that says how a finding is told.
    fn wording(&mut self, a: &Attribute, wording: &mut Wording) -> bool {
        match a.name.name.as_str() {
            "severity" => wording.severity = self.severity(&a.value),
            "message" => wording.message = Some(self.bound(&a.value)),
            "review" => wording.review = Some(self.string(&a.value).to_string()),
            _ => return false,
        }
        true
    }

    fn check_word(&mut self, b: &Block, block: &mut CheckBlock) {
        match b.kind.name.as_str() {
            "unless" => block.unless.extend(self.unless(b)),
            "locals" => block.locals.extend(self.locals(&b.body)),
            "defaults" => block.defaults.extend(self.defaults(b)),
            "secure" => block.words.push(Word::Secure(self.secure(b))),
            "insecure" => block.words.push(Word::Insecure(self.secure(b))),
            "each" => {
                let paths = self
                    .labels(b)
                    .iter()
                    .map(|l| l.split('.').map(SmolStr::new).collect())
                    .collect();
                let inner = self.check_block(&b.body, &[]);
                block.words.push(Word::Each(Each {
                    paths,
                    block: inner,
                }));
            }
            "companion" => block.words.extend(self.companion(b).map(Word::Companion)),
            "refers" => block.words.extend(self.refers(b).map(Word::Refers)),
            "any_of" => block.words.extend(self.any_of(b)),
            "entry" => {
                let line = Line::Entry(self.entry(b));
                let pattern = Pattern { lines: vec![line] };
                block.words.push(Word::Secure(Secure {
                    pattern,
                    wording: Wording::default(),
                }));
            }
            "forbid" | "require" => block.words.extend(self.condition(b)),
            "fix" => block.fix = FixRule::Written(Box::new(self.fix(&b.body))),
            _ => self.unknown("block in a check", &b.kind, &BLOCKS),
        }
    }

    fn labels(&self, block: &Block) -> Vec<SmolStr> {
        if block.labels.is_empty() {
            self.error_at(
                block.header.start(),
                format!("expected a label: `{} \"…\" {{ … }}`", block.kind.name),
            );
        }
        block.labels.iter().map(|l| l.name.clone()).collect()
    }

    fn defaults(&mut self, block: &Block) -> Option<Defaults> {
        let versions = match block.labels.first().map(|l| (l, l.name.parse())) {
            None => None,
            Some((_, Ok(interval))) => Some(interval),
            Some((label, Err(_))) => {
                self.error_at(
                    label.range.start(),
                    format!(
                        "expected a version constraint such as `>= 5.0`, found `{}`",
                        label.name
                    ),
                );
                return None;
            }
        };
        Some(Defaults {
            versions,
            body: self.default_body(&block.body),
        })
    }

    fn secure(&mut self, block: &Block) -> Secure {
        let mut wording = Wording::default();
        let lines: Vec<&Item> = block
            .body
            .items
            .iter()
            .filter(|item| !matches!(item, Item::Attribute(a) if self.wording(a, &mut wording)))
            .collect();
        if lines.is_empty() {
            self.error_at(
                block.header.start(),
                format!(
                    "`{}` is empty: write what the block must contain",
                    block.kind.name
                ),
            );
        }
        Secure {
            pattern: self.pattern(&lines),
            wording,
        }
    }

    fn condition(&mut self, block: &Block) -> Option<Word> {
        let Some(condition) = block.body.attribute("condition") else {
            self.error_at(block.header.start(), "expected `condition = …` in it");
            return None;
        };
        let expr = self.bound(&condition.value);
        let at = block.body.attribute("at").map(|a| self.path(&a.value));
        let forbid = block.kind.name == "forbid";
        let mut condition = Condition {
            forbid,
            expr,
            at,
            wording: Wording::default(),
            fix: None,
        };
        for item in &block.body.items {
            match item {
                Item::Attribute(a) if matches!(a.name.name.as_str(), "condition" | "at") => {}
                Item::Attribute(a) if a.name.name == "fix" => {
                    condition.fix = Some(self.no_fix(&a.value))
                }
                Item::Attribute(a) => {
                    if !self.wording(a, &mut condition.wording) {
                        self.unknown(
                            "argument",
                            &a.name,
                            &["condition", "at", "severity", "message", "review", "fix"],
                        );
                    }
                }
                Item::Block(b) if b.kind.name == "fix" => {
                    condition.fix = Some(FixRule::Written(Box::new(self.fix(&b.body))))
                }
                Item::Block(b) => self.unknown("block", &b.kind, &["fix"]),
            }
        }
        Some(Word::Condition(condition))
    }

    fn unless(&mut self, block: &Block) -> Option<Unless> {
        let Some(link) = block.body.attribute("link") else {
            self.error_at(
                block.header.start(),
                "expected `link = …`: the argument of those resources that points at the subject",
            );
            return None;
        };
        let others = block.body.attributes().filter(|a| a.name.name != "link");
        others.for_each(|a| self.unknown("argument of `unless`", &a.name, &["link"]));
        Some(Unless {
            types: self.labels(block),
            link: self.path(&link.value),
        })
    }

    fn companion(&mut self, block: &Block) -> Option<Companion> {
        let types = self.labels(block);
        let mut companion = Companion {
            types,
            link: None,
            direction: Direction::In,
            to: "id".into(),
            names: Vec::new(),
            absent: false,
            absent_severity: None,
            absent_message: None,
            block: self.check_block(&block.body, &COMPANION),
        };
        let Some(link) = block.body.attribute("link") else {
            self.error_at(
                block.header.start(),
                "expected `link = …`: the argument that points at the subject, or `none`",
            );
            return None;
        };
        companion.link = Some(self.path(&link.value)).filter(|p| p.iter().ne(["none"]));
        for a in block.body.attributes() {
            match a.name.name.as_str() {
                "direction" => {
                    let known = [
                        ("in", Direction::In),
                        ("out", Direction::Out),
                        ("either", Direction::Either),
                    ];
                    companion.direction = self.one_of(&a.value, &known).unwrap_or_default();
                }
                "to" => companion.to = self.word(&a.value).unwrap_or_default(),
                "names" => companion.names = self.words(&a.value),
                "absent" => companion.absent = self.bool(&a.value),
                "absent_severity" => companion.absent_severity = self.severity(&a.value),
                "absent_message" => companion.absent_message = Some(self.bound(&a.value)),
                _ => {}
            }
        }
        if companion.names.is_empty() {
            companion.names = companion
                .link
                .iter()
                .filter_map(|l| l.last().cloned())
                .chain(["name".into()])
                .collect();
        }
        Some(companion)
    }

    fn refers(&mut self, block: &Block) -> Option<Refers> {
        let types = self.labels(block);
        let inner = self.check_block(&block.body, &REFERS);
        let Some(via) = block.body.attribute("via") else {
            self.error_at(
                block.header.start(),
                "expected `via = …`: the argument that points at the other resource",
            );
            return None;
        };
        let known = [
            ("passes", Unset::Passes),
            ("fails", Unset::Fails),
            ("silent", Unset::Silent),
        ];
        let unset = block
            .body
            .attribute("unset")
            .and_then(|a| self.one_of(&a.value, &known));
        Some(Refers {
            types,
            via: self.path(&via.value),
            unset: unset.unwrap_or_default(),
            block: inner,
        })
    }

    fn any_of(&mut self, block: &Block) -> Option<Word> {
        let mut options = Vec::new();
        for item in &block.body.items {
            match item {
                Item::Block(b) if b.kind.name == "option" => {
                    options.push(self.check_block(&b.body, &[]))
                }
                Item::Block(b) => self.unknown("block in `any_of`", &b.kind, &["option"]),
                Item::Attribute(a) => self.unknown("argument of `any_of`", &a.name, &["option"]),
            }
        }
        if options.len() < 2 {
            self.error_at(
                block.header.start(),
                "expected at least two blocks `option { … }`",
            );
        }
        Some(Word::AnyOf(options)).filter(|_| block.labels.is_empty())
    }
}
