//! The strings of a segment, each with its place and the names by which it goes.

use smol_str::SmolStr;
use stockade_eval::{Step, locate, locate_expr};
use stockade_schema::Kind;
use stockade_syntax::Lowered;
use stockade_syntax::ast::{
    Attribute, Block, Body, Expr, ExprKind, Item, ObjectEntry, Template, TemplatePart,
};
use stockade_text::{TextRange, TextSize};

/// Stands for an interpolation in the text of a template.
pub(super) const HOLE: char = '\u{1a}';

/// A string as it is written.
pub(super) struct Written {
    /// Its text; [`HOLE`] for what is interpolated.
    pub(super) text: Text,
    /// The way to the argument, element or entry that it stands in.
    pub(super) path: Vec<Step>,
    /// It is all that stands there.
    pub(super) is_whole: bool,
    /// Where it is written, quotes included.
    pub(super) range: TextRange,
    /// What its value is called: an argument, a key, the `name` beside a `value`. The nearest first.
    pub(super) names: Vec<SmolStr>,
    /// What its nearest argument is called.
    pub(super) argument: SmolStr,
    /// Whether the provider calls the argument sensitive.
    pub(super) is_sensitive: bool,
}

/// A file that a function reads, as it is named.
pub(super) struct FileRead {
    pub(super) file: String,
    pub(super) path: Vec<Step>,
    pub(super) range: TextRange,
}

/// A text and where its parts are written.
#[derive(Default)]
pub(super) struct Text {
    pub(super) text: String,
    /// Where a part begins in the text, and where it is written.
    parts: Vec<(usize, TextRange)>,
    pub(super) has_holes: bool,
}

/// What is found in a segment.
#[derive(Default)]
pub(super) struct Found {
    pub(super) strings: Vec<Written>,
    pub(super) files: Vec<FileRead>,
}

/// The strings of a segment, its comments left out, and the files that it names.
pub(super) fn walk(lowered: &Lowered) -> Found {
    let mut found = Found::default();
    match &lowered.item {
        Some(Item::Block(block)) => {
            let mut walk = Walk {
                top: Some(block),
                found: &mut found,
            };
            walk.body(&block.body, &[], &[]);
        }
        Some(Item::Attribute(attribute)) => {
            let mut walk = Walk {
                top: None,
                found: &mut found,
            };
            walk.attribute(attribute, None, &[], &[]);
        }
        None => {}
    }
    found
}

struct Walk<'a, 'f> {
    /// `None` for a line of a `.tfvars` file.
    top: Option<&'a Block>,
    found: &'f mut Found,
}

/// What is known about the value that an expression gives.
#[derive(Clone, Default)]
struct About {
    path: Vec<Step>,
    /// The expression is what `path` leads to.
    is_whole: bool,
    names: Vec<SmolStr>,
    argument: SmolStr,
    is_sensitive: bool,
}

impl About {
    /// About a part of what gives the value, or one of several that may.
    fn partly(&self) -> About {
        About {
            is_whole: false,
            ..self.clone()
        }
    }

    /// About what is read on the way to the value, and is not it.
    fn loose(&self) -> About {
        About {
            names: Vec::new(),
            is_sensitive: false,
            ..self.partly()
        }
    }
}

impl<'a> Walk<'a, '_> {
    /// `path` leads to the body, `schema` are the names of the blocks that it is nested in.
    fn body(&mut self, body: &'a Body, path: &[Step], schema: &[&'a str]) {
        for attribute in body.attributes() {
            self.attribute(attribute, Some(body), path, schema);
        }
        let mut counts: Vec<(&str, u32)> = Vec::new();
        for block in body.blocks() {
            let name = block.produces();
            let nth = match counts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => {
                    *count += 1;
                    *count
                }
                None => {
                    counts.push((name, 0));
                    0
                }
            };
            let path = [path, &[Step::Block(name.into(), nth)]].concat();
            let schema = [schema, &[name]].concat();
            if !block.is_dynamic() {
                self.body(&block.body, &path, &schema);
                continue;
            }
            for attribute in block.body.attributes() {
                let about = About {
                    names: vec![name.into()],
                    argument: name.into(),
                    ..About::default()
                };
                self.expression(&attribute.value, &about);
            }
            for content in block.body.blocks().filter(|b| b.kind.name == "content") {
                self.body(&content.body, &path, &schema);
            }
        }
    }

    fn attribute(
        &mut self,
        attribute: &'a Attribute,
        body: Option<&'a Body>,
        path: &[Step],
        schema: &[&str],
    ) {
        let name = &attribute.name.name;
        let beside = body
            .filter(|_| is_value(name))
            .and_then(|body| beside(|key| body.attribute(key).map(|a| &a.value)));
        let label = self.label(name).filter(|_| schema.is_empty());
        let names = beside.into_iter().chain([name.clone()]).chain(label);
        let about = About {
            path: [path, &[Step::Attr(name.clone())]].concat(),
            is_whole: true,
            names: names.collect(),
            argument: name.clone(),
            is_sensitive: self.is_sensitive(name, schema),
        };
        self.expression(&attribute.value, &about);
    }

    /// The label by which a value goes: `default` of a variable is the variable's.
    fn label(&self, argument: &str) -> Option<SmolStr> {
        let block = self.top?;
        let is_it = match block.kind.name.as_str() {
            "variable" => argument == "default",
            "output" => argument == "value",
            _ => is_value(argument),
        };
        let label = block.labels.last().filter(|_| is_it)?;
        Some(label.name.clone())
    }

    fn is_sensitive(&self, name: &str, schema: &[&str]) -> bool {
        let Some(block) = self.top else {
            return false;
        };
        let kind = match block.kind.name.as_str() {
            "resource" => Kind::Resource,
            "data" => Kind::Data,
            "ephemeral" => Kind::Ephemeral,
            _ => return false,
        };
        let Some(ty) = block.labels.first() else {
            return false;
        };
        let path = [schema, &[name]].concat();
        stockade_schema::sensitive(kind, &ty.name, &path) == Some(true)
    }

    fn expression(&mut self, expr: &'a Expr, about: &About) {
        let loose = || about.loose();
        let partly = || about.partly();
        match &expr.kind {
            ExprKind::Template(template) => self.template(expr, template, about),
            ExprKind::Paren(inner) => self.expression(inner, &partly()),
            ExprKind::Tuple(elements) => {
                for (n, element) in elements.iter().enumerate() {
                    self.expression(element, &self.below(about, index(n), &[]));
                }
            }
            ExprKind::Object(entries) => self.object(entries, about),
            ExprKind::Call { name, args, .. } => self.call(expr, &name.name, args, about),
            ExprKind::Conditional {
                condition,
                then,
                otherwise,
            } => {
                self.expression(condition, &loose());
                self.expression(then, &partly());
                self.expression(otherwise, &partly());
            }
            ExprKind::For(each) => {
                let parts = [&each.collection, &each.result];
                let more = each.result_key.iter().chain(&each.condition);
                parts
                    .into_iter()
                    .chain(more)
                    .for_each(|part| self.expression(part, &loose()));
            }
            ExprKind::GetAttr { of, .. } | ExprKind::Unary { of, .. } => {
                self.expression(of, &loose());
            }
            ExprKind::Index { of, key } => {
                self.expression(of, &loose());
                self.expression(key, &loose());
            }
            ExprKind::Splat { of, each, .. } => {
                self.expression(of, &loose());
                self.expression(each, &loose());
            }
            ExprKind::Binary { left, right, .. } => {
                self.expression(left, &loose());
                self.expression(right, &loose());
            }
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Variable(_)
            | ExprKind::SplatItem => {}
        }
    }

    /// One step down, if the step can be found again.
    fn below(&self, about: &About, step: Step, names: &[SmolStr]) -> About {
        let names = match names.is_empty() {
            true => about.names.clone(),
            false => names.to_vec(),
        };
        let path = match about.is_whole {
            true => [about.path.as_slice(), &[step]].concat(),
            false => about.path.clone(),
        };
        About {
            path,
            names,
            ..about.clone()
        }
    }

    fn object(&mut self, entries: &'a [ObjectEntry], about: &About) {
        let value_of = |key: &str| {
            let entry = entries
                .iter()
                .find(|e| e.literal_key().is_some_and(|k| k.eq_ignore_ascii_case(key)));
            entry.map(|e| &e.value)
        };
        for entry in entries {
            self.expression(&entry.key, &About::default());
            let Some(key) = entry.literal_key() else {
                self.expression(&entry.value, &about.partly());
                continue;
            };
            // Looked for only where it counts: an object may have thousands of keys.
            let beside = is_value(&key).then(|| beside(value_of)).flatten();
            let names: Vec<SmolStr> = beside.into_iter().chain([key.clone()]).collect();
            self.expression(&entry.value, &self.below(about, Step::Key(key), &names));
        }
    }

    fn call(&mut self, expr: &'a Expr, name: &str, args: &'a [Expr], about: &About) {
        if matches!(name, "file" | "templatefile" | "filebase64") {
            let file = args.first().and_then(file_name);
            self.found.files.extend(file.map(|file| FileRead {
                file,
                path: about.path.clone(),
                range: expr.range,
            }));
        }
        for (n, arg) in args.iter().enumerate() {
            let about = match name {
                "jsonencode" => self.below(about, Step::Json, &[]),
                // Their result is, or holds, the argument.
                "sensitive" | "nonsensitive" | "tostring" | "coalesce" | "try" | "trimspace"
                | "base64encode" | "chomp" | "concat" | "merge" | "tolist" | "toset" | "tomap"
                | "yamlencode" => about.partly(),
                // The values of a template, and what it stands for when a key is absent.
                "templatefile" if n == 1 => about.partly(),
                "lookup" if n == 2 => about.partly(),
                _ => about.loose(),
            };
            self.expression(arg, &about);
        }
    }

    fn template(&mut self, expr: &'a Expr, template: &'a Template, about: &About) {
        let mut text = Text::default();
        self.parts(&template.parts, &mut text, about);
        if text.text.is_empty() {
            return;
        }
        self.found.strings.push(Written {
            text,
            path: about.path.clone(),
            is_whole: about.is_whole,
            range: expr.range,
            names: about.names.clone(),
            argument: about.argument.clone(),
            is_sensitive: about.is_sensitive,
        });
    }

    fn parts(&mut self, parts: &'a [TemplatePart], text: &mut Text, about: &About) {
        let loose = about.loose();
        for part in parts {
            match part {
                TemplatePart::Literal {
                    text: literal,
                    range,
                } => text.push(literal, *range),
                TemplatePart::Interpolation { expr, range } => {
                    text.hole(*range);
                    self.expression(expr, &loose);
                }
                TemplatePart::If {
                    condition,
                    then,
                    otherwise,
                    range,
                } => {
                    text.hole(*range);
                    self.expression(condition, &loose);
                    self.parts(then, text, about);
                    text.hole(*range);
                    self.parts(otherwise, text, about);
                }
                TemplatePart::For {
                    collection,
                    body,
                    range,
                    ..
                } => {
                    text.hole(*range);
                    self.expression(collection, &loose);
                    self.parts(body, text, about);
                }
            }
        }
    }
}

impl Text {
    fn push(&mut self, literal: &str, range: TextRange) {
        self.parts.push((self.text.len(), range));
        self.text.push_str(literal);
    }

    fn hole(&mut self, range: TextRange) {
        self.parts.push((self.text.len(), range));
        self.text.push(HOLE);
        self.has_holes = true;
    }

    /// Where a part of the text is written.
    pub(super) fn source(&self, part: std::ops::Range<usize>) -> Option<TextRange> {
        let start = self.at(part.start)?;
        let last = self.at(part.end.checked_sub(1)?)?;
        (start <= last).then(|| TextRange::new(start, last + TextSize::new(1)))
    }

    fn at(&self, offset: usize) -> Option<TextSize> {
        let n = self.parts.partition_point(|(start, _)| *start <= offset);
        let (start, range) = self.parts.get(n.checked_sub(1)?)?;
        let within = TextSize::try_from(offset - start).ok()?;
        let last = range.end().checked_sub(TextSize::new(1))?;
        Some((range.start() + within).min(last.max(range.start())))
    }
}

impl Written {
    /// The way to a part of it, so that it is found again when its block has moved.
    pub(super) fn place_of(&self, lowered: &Lowered, part: TextRange) -> Vec<Step> {
        place_of(lowered, &self.path, part)
    }
}

/// The way to a range by the argument, element or entry that it stands in.
pub(super) fn place_of(lowered: &Lowered, path: &[Step], part: TextRange) -> Vec<Step> {
    let base = match &lowered.item {
        Some(Item::Block(block)) if !path.is_empty() => locate(block, path),
        Some(Item::Attribute(attribute)) if !path.is_empty() => {
            locate_expr(&attribute.value, &path[1..]).0
        }
        _ => TextRange::empty(TextSize::new(0)),
    };
    let length = u32::from(part.len());
    match part.start().checked_sub(base.start()) {
        Some(offset) if base.is_empty() || base.contains_range(part) => {
            [path, &[Step::Text(offset.into(), length)]].concat()
        }
        _ => vec![Step::Text(part.start().into(), length)],
    }
}

fn index(n: usize) -> Step {
    Step::Index(u32::try_from(n).unwrap_or(u32::MAX))
}

/// Names that say nothing of what they hold: something beside them does.
pub(super) fn is_value(name: &str) -> bool {
    const VALUES: [&str; 7] = [
        "value",
        "default",
        "content",
        "plaintext_value",
        "string_value",
        "text",
        "secret_data",
    ];
    VALUES.iter().any(|v| name.eq_ignore_ascii_case(v))
}

/// The literal that names a `value`: `{ name = "DB_PASSWORD", value = "…" }`.
fn beside<'a>(value_of: impl Fn(&str) -> Option<&'a Expr>) -> Option<SmolStr> {
    ["name", "key", "parameter_name", "variable", "secret_name"]
        .into_iter()
        .find_map(|key| value_of(key)?.literal_string())
}

/// `"${path.module}/init.sh"`, from the module's folder.
fn file_name(expr: &Expr) -> Option<String> {
    let ExprKind::Template(template) = &expr.kind else {
        return None;
    };
    let mut name = String::new();
    for (n, part) in template.parts.iter().enumerate() {
        match part {
            TemplatePart::Literal { text, .. } if n == 0 => name.push_str(text),
            TemplatePart::Literal { text, .. } => name.push_str(text.trim_start_matches('/')),
            TemplatePart::Interpolation { expr, .. } if n == 0 && is_here(expr) => {}
            _ => return None,
        }
    }
    Some(name)
}

/// `path.module`
fn is_here(expr: &Expr) -> bool {
    let ExprKind::GetAttr { of, name } = &expr.kind else {
        return false;
    };
    matches!(&of.kind, ExprKind::Variable(first) if first == "path") && name.name == "module"
}
