//! Adding arguments, nested blocks, list elements and object entries in the style of what is there.

use std::ops::Range;

use stockade_syntax::ast::{Attribute, Block, Body, Item};
use stockade_syntax::format::format;

use super::align::Splice;
use super::lines::{indent, indent_unit, indented, line_end, line_start};
use super::part::{Notation, Part, PartKind};
use super::step::block_name;

/// Arguments that by custom come first or last, so that others are not put below them.
const META: [&str; 6] = [
    "count",
    "for_each",
    "provider",
    "depends_on",
    "tags",
    "tags_all",
];

/// Adds `name = value` to a block: below `beside` if that is given, else below its plain arguments.
pub(super) fn argument(
    text: &str,
    block: &Block,
    beside: Option<&Attribute>,
    name: &str,
    value: &str,
) -> Splice {
    let unit = indent_unit(text);
    if !is_open(text, block) {
        return opened(text, block, "", &format!("{name} = {value}"));
    }
    match beside.or_else(|| neighbour(text, &block.body)) {
        Some(above) => {
            let at = line_end(text, above.range.end().into());
            let own = indent(text, above.range.start().into());
            Splice::insert(
                at,
                format!("\n{own}{name} = {}", indented(value, own, unit)),
            )
        }
        None => {
            let at = line_end(text, usize::from(block.braces.start()));
            let own = body_indent(text, block);
            let gap = if block.body.items.is_empty() {
                ""
            } else {
                "\n"
            };
            Splice::insert(
                at,
                format!("\n{own}{name} = {}{gap}", indented(value, &own, unit)),
            )
        }
    }
}

/// Adds a line to a `.tfvars` file.
pub(super) fn line(text: &str, name: &str, value: &str) -> Splice {
    let gap = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    Splice::insert(text.len(), format!("{gap}{name} = {value}\n"))
}

/// Adds a nested block: below the last of its kind, else at the end.
pub(super) fn nested_block(text: &str, block: &Block, snippet: &str) -> Splice {
    let snippet = format(snippet.trim());
    if !is_open(text, block) {
        return opened(text, block, "\n", &snippet);
    }
    let own = body_indent(text, block);
    let nested = indented(&snippet, &own, indent_unit(text));
    let name = block_name(&snippet);
    let same = block.body.blocks_of(name).last();
    let at = match same {
        Some(above) => line_end(text, above.range.end().into()),
        None => line_start(text, usize::from(block.braces.end()) - 1) - 1,
    };
    let follows_gap = text[..at].ends_with('\n');
    let gap = if follows_gap || !has_gaps(text, &block.body) {
        ""
    } else {
        "\n"
    };
    Splice::insert(at, format!("\n{gap}{own}{nested}"))
}

/// Whether an empty line stands before a nested block of the body, as far as it shows.
fn has_gaps(text: &str, body: &Body) -> bool {
    let below_another = body.items.windows(2).filter_map(|pair| match pair {
        [above, Item::Block(below)] => Some(end_of(above)..usize::from(below.range.start())),
        _ => None,
    });
    let gaps: Vec<bool> = below_another
        .map(|between| text[between].contains("\n\n"))
        .collect();
    gaps.last().copied().unwrap_or(!body.items.is_empty())
}

fn end_of(item: &Item) -> usize {
    match item {
        Item::Attribute(attribute) => attribute.range.end().into(),
        Item::Block(block) => block.range.end().into(),
    }
}

fn start_of(item: &Item) -> usize {
    match item {
        Item::Attribute(attribute) => attribute.range.start().into(),
        Item::Block(block) => block.range.start().into(),
    }
}

/// Whether the braces of a block stand on lines of their own.
fn is_open(text: &str, block: &Block) -> bool {
    text[Range::<usize>::from(block.braces)].contains('\n')
}

/// `{ a = 1 }` opened up, with something more in it below `gap`.
fn opened(text: &str, block: &Block, gap: &str, more: &str) -> Splice {
    let braces = Range::<usize>::from(block.braces);
    let outer = indent(text, block.range.start().into());
    let unit = indent_unit(text);
    let own = format!("{outer}{unit}");
    let inner = text[braces.start + 1..braces.end - 1].trim();
    let above = if inner.is_empty() {
        String::new()
    } else {
        format!("{own}{inner}\n{gap}")
    };
    let more = indented(more, &own, unit);
    Splice {
        range: braces,
        insert: format!("{{\n{above}{own}{more}\n{outer}}}"),
    }
}

/// How the body of a block is indented.
fn body_indent(text: &str, block: &Block) -> String {
    match block.body.items.first() {
        Some(first) => indent(text, start_of(first)).to_owned(),
        None => format!(
            "{}{}",
            indent(text, block.range.start().into()),
            indent_unit(text)
        ),
    }
}

/// The argument that a new one is put below.
fn neighbour<'a>(text: &str, body: &'a Body) -> Option<&'a Attribute> {
    let before_blocks: Vec<&Attribute> = body.items.iter().map_while(as_attribute).collect();
    let all = if before_blocks.is_empty() {
        body.attributes().collect()
    } else {
        before_blocks
    };
    let is_plain = |a: &&&Attribute| !META.contains(&a.name.name.as_str());
    let is_short = |a: &&&Attribute| !text[Range::<usize>::from(a.range)].contains('\n');
    let plain = || all.iter().filter(is_plain);
    plain()
        .rfind(is_short)
        .or_else(|| plain().next_back())
        .or_else(|| all.last())
        .copied()
}

fn as_attribute(item: &Item) -> Option<&Attribute> {
    match item {
        Item::Attribute(attribute) => Some(attribute),
        Item::Block(_) => None,
    }
}

/// Adds `key = value` to an object.
pub(super) fn entry(text: &str, map: &Part, key: &str, value: &str) -> Splice {
    let PartKind::Map(entries) = &map.kind else {
        return Splice::insert(map.range.end, String::new());
    };
    let first = entries.first();
    let is_quoted = first.is_some_and(|e| text[e.key_range.clone()].starts_with('"'));
    let key = if is_quoted || map.notation == Notation::Json || !is_identifier(key) {
        format!("\"{key}\"")
    } else {
        key.to_owned()
    };
    let separator = first.map(|e| &text[e.key_range.end..e.value.range.start]);
    let has_colon = separator.map_or(map.notation == Notation::Json, |s| s.contains(':'));
    let separator = if has_colon {
        separator.unwrap_or(": ")
    } else {
        " = "
    };
    item(text, map, &format!("{key}{separator}{value}"))
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Adds an element to a list, or an entry to a map, at its end.
pub(super) fn item(text: &str, list: &Part, item: &str) -> Splice {
    let unit = indent_unit(text);
    let (open, close) = (list.range.start + 1, list.range.end - 1);
    let items = list.items();
    let Some(last) = items.last().cloned() else {
        let outer = indent(text, list.range.start);
        let is_map = matches!(list.kind, PartKind::Map(_));
        let insert = match (
            item.contains('\n') || text[open..close].contains('\n'),
            is_map,
        ) {
            (true, _) => {
                let own = format!("{outer}{unit}");
                format!("\n{own}{}\n{outer}", indented(item, &own, unit))
            }
            (false, true) => format!(" {item} "),
            (false, false) => item.to_owned(),
        };
        return Splice {
            range: open..close,
            insert,
        };
    };
    if !begins_line(text, last.start) {
        let own = indent(text, last.start);
        return Splice::insert(last.end, format!(", {}", indented(item, own, unit)));
    }
    let own = indent(text, last.start);
    let item = indented(item, own, unit);
    let comma = comma_after(text, last.end);
    let needs_comma = needs_comma(text, list, &items);
    let at = comma.unwrap_or(last.end);
    let rest = text[at..line_end(text, at)].trim_start();
    let end = if rest.starts_with([']', '}']) {
        at
    } else {
        line_end(text, at)
    };
    match (comma, needs_comma) {
        (Some(_), true) if list.notation == Notation::Hcl => {
            Splice::insert(end, format!("\n{own}{item},"))
        }
        (None, true) => Splice {
            range: last.end..end,
            insert: format!(",{}\n{own}{item}", &text[last.end..end]),
        },
        _ => Splice::insert(end, format!("\n{own}{item}")),
    }
}

/// Whether items of a list that stand on lines of their own are separated by commas.
fn needs_comma(text: &str, list: &Part, items: &[Range<usize>]) -> bool {
    let is_map = matches!(list.kind, PartKind::Map(_));
    list.notation == Notation::Json
        || !is_map
        || items.iter().any(|i| comma_after(text, i.end).is_some())
}

/// The offset behind the comma that follows an item.
pub(super) fn comma_after(text: &str, end: usize) -> Option<usize> {
    let rest = &text[end..];
    let trimmed = rest.trim_start();
    trimmed
        .starts_with(',')
        .then(|| end + rest.len() - trimmed.len() + 1)
}

/// Whether nothing stands before an offset on its line.
pub(super) fn begins_line(text: &str, at: usize) -> bool {
    text[line_start(text, at)..at].trim().is_empty()
}
