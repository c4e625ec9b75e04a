//! Contract 2: every argument, list element, object entry and JSON leaf in turn is an untyped,
//! nullable variable without a default, and every nested block stands in a `dynamic` over it.

use std::ops::Range;

use regex::Regex;
use stockade_engine::Report;
use stockade_engine::examples::{self, Texts};
use stockade_rules::page::{Example, Page};
use stockade_syntax::ast::{Block, Body, Expr, ExprKind};
use stockade_syntax::parse_body;

use crate::fixes::{count, was_hidden};
use crate::{everything, fault, shown};

const UNKNOWN: &str = "var.stockade_unknown";

/// From a fixed example: the rule stays silent.
pub(crate) fn of_fixed(page: &Page, example: &Example) -> Vec<String> {
    check(page, example, |r, _, _| r.rule == page.id)
}

/// From a bad one: nothing new, and nothing in the place that is unknown now.
pub(crate) fn of_bad(page: &Page, example: &Example) -> Vec<String> {
    check(page, example, |r, variant, before| {
        let is_in = |range: &Range<usize>| {
            range.contains(&usize::from(r.range.start())) && usize::from(r.range.end()) <= range.end
        };
        let is_touched = r.rule == page.id
            && *r.path == *examples::path_of(&variant.name)
            && is_in(&variant.touched);
        is_touched || count(&variant.found, r) > count(before, r) && !was_hidden(before, r)
    })
}

/// An example in which something is unknown.
struct Variant {
    /// The file that is another one.
    name: String,
    /// Where the unknown value or the `dynamic` stands in it.
    touched: Range<usize>,
    /// What became unknown.
    what: String,
    texts: Texts,
    found: Vec<Report>,
}

fn check(
    page: &Page,
    example: &Example,
    is_wrong: impl Fn(&Report, &Variant, &[Report]) -> bool,
) -> Vec<String> {
    let texts = examples::texts(example);
    let before = everything(&examples::look(page, example, &texts), &texts);
    let mut faults = Vec::new();
    for mut variant in variants(&texts) {
        variant.found = everything(
            &examples::look(page, example, &variant.texts),
            &variant.texts,
        );
        let wrong = variant
            .found
            .iter()
            .filter(|r| is_wrong(r, &variant, &before));
        faults.extend(wrong.map(|r| {
            fault(
                page,
                example,
                format!(
                    "with {} unknown: {}: {}",
                    variant.what,
                    r.rule,
                    shown(r, &variant.texts)
                ),
            )
        }));
    }
    faults
}

fn variants(texts: &Texts) -> Vec<Variant> {
    let mut variants = Vec::new();
    for (i, (name, text)) in texts.iter().enumerate() {
        let (body, _) = parse_body(text);
        let mut places = Vec::new();
        for block in body.blocks().filter(|b| b.kind.name != "variable") {
            in_body(
                text,
                &block.body,
                block.kind.name == "terraform",
                &mut places,
            );
        }
        for Place { range, insert } in places {
            let what = text[range.clone()]
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            let line = text[..range.start].matches('\n').count() + 1;
            let mut texts = texts.clone();
            texts[i].1 = [&text[..range.start], &insert, &text[range.end..]].concat();
            texts.push((
                "stockade_unknown.tf".to_owned(),
                "variable \"stockade_unknown\" {}\n".to_owned(),
            ));
            let touched = range.start..range.start + insert.len();
            variants.push(Variant {
                name: name.clone(),
                touched,
                what: format!("`{what}` ({name}:{line})"),
                texts,
                found: Vec::new(),
            });
        }
    }
    variants
}

/// A place and what stands there instead.
struct Place {
    range: Range<usize>,
    insert: String,
}

/// Arguments that Terraform wants as literals or as references to blocks.
const STATIC: [&str; 6] = [
    "depends_on",
    "provider",
    "providers",
    "source",
    "version",
    "required_version",
];
/// Blocks that can't be `dynamic`.
const FIXED: [&str; 8] = [
    "lifecycle",
    "provisioner",
    "connection",
    "backend",
    "required_providers",
    "cloud",
    "dynamic",
    "content",
];

fn in_body(text: &str, body: &Body, is_static: bool, places: &mut Vec<Place>) {
    for attribute in body
        .attributes()
        .filter(|a| !STATIC.contains(&a.name.name.as_str()))
    {
        in_value(text, &attribute.value, places);
    }
    for block in body
        .blocks()
        .filter(|b| !matches!(b.kind.name.as_str(), "lifecycle" | "required_providers"))
    {
        if !is_static && !FIXED.contains(&block.kind.name.as_str()) {
            places.push(dynamic(text, block));
        }
        in_body(text, &block.body, is_static, places);
    }
}

fn dynamic(text: &str, block: &Block) -> Place {
    let range = Range::<usize>::from(block.range);
    let braces = Range::<usize>::from(block.braces);
    let body = text[braces.start + 1..braces.end - 1].trim();
    let insert = format!(
        "dynamic \"{}\" {{\n    for_each = {UNKNOWN}\n    content {{\n      {body}\n    }}\n  }}",
        block.kind.name
    );
    Place { range, insert }
}

fn in_value(text: &str, value: &Expr, places: &mut Vec<Place>) {
    places.push(Place {
        range: value.range.into(),
        insert: UNKNOWN.to_owned(),
    });
    parts(text, value, places);
}

fn parts(text: &str, value: &Expr, places: &mut Vec<Place>) {
    match &value.kind {
        ExprKind::Paren(inner) => parts(text, inner, places),
        ExprKind::Tuple(items) => items.iter().for_each(|item| in_value(text, item, places)),
        ExprKind::Object(entries) => entries
            .iter()
            .for_each(|entry| in_value(text, &entry.value, places)),
        ExprKind::Call { args, .. } => args.iter().for_each(|arg| parts(text, arg, places)),
        ExprKind::Template(template) if template.heredoc => {
            json_leaves(text, value.range.into(), places)
        }
        _ => {}
    }
}

/// The values in a heredoc that looks like JSON.
fn json_leaves(text: &str, range: Range<usize>, places: &mut Vec<Place>) {
    let heredoc = &text[range.clone()];
    let Ok(leaf) = Regex::new(r#"("(?:[^"\\\n]|\\.)*"|\btrue\b|\bfalse\b|\b\d+\b)(\s*:)?"#) else {
        return;
    };
    if !heredoc.contains('{') {
        return;
    }
    for found in leaf.captures_iter(heredoc) {
        let (Some(value), None) = (found.get(1), found.get(2)) else {
            continue;
        };
        let range = range.start + value.start()..range.start + value.end();
        places.push(Place {
            range,
            insert: format!("\"${{{UNKNOWN}}}\""),
        });
    }
}
