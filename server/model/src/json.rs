//! Configuration and variable values in JSON: which blocks and arguments the objects are.
//!
//! Source: Terraform's documentation, "JSON Configuration Syntax". What is a nested block and what an argument
//! is the provider's to say: an object is read as the value of an argument, which evaluation takes apart.

use smol_str::SmolStr;
use stockade_syntax::ast::{Attribute, Block, Body, Ident, Item};
use stockade_syntax::json::{Json, JsonKind, Member, Strings, parse};
use stockade_syntax::{Header, Piece, Pieces, SyntaxError};
use stockade_text::{TextRange, TextSize};

use crate::file::FileKind;

/// The blocks of a file of configuration, or the assignments of one of variables.
///
/// # Errors
/// When it is not JSON, or not an object. A block that can't be read is told in its piece.
pub fn pieces(text: &str, kind: FileKind) -> Pieces {
    let whole = parse(text)?;
    let mut pieces = Vec::new();
    for object in whole.elements() {
        let JsonKind::Object(members) = &object.kind else {
            return Err(SyntaxError {
                range: object.range,
                message: "expected an object".to_owned(),
            });
        };
        for member in members.iter().filter(|m| !is_comment(m)) {
            match kind.is_configuration() {
                true => blocks(member, &mut pieces),
                false => pieces.push(assignment(member)),
            }
        }
    }
    Ok(pieces)
}

/// The name and source of each module call of a file.
pub fn module_calls(text: &str) -> Vec<(SmolStr, SmolStr)> {
    let pieces = pieces(text, FileKind::Configuration).unwrap_or_default();
    let call = |piece: Piece| match piece.item {
        Ok(Item::Block(block)) if block.kind.name == "module" => {
            let source = block.body.attribute("source")?.value.literal_string()?;
            Some((block.labels.first()?.name.clone(), source))
        }
        _ => None,
    };
    pieces.into_iter().filter_map(call).collect()
}

/// `"//"` holds a comment.
fn is_comment(member: &Member) -> bool {
    member.name.name == "//"
}

fn assignment(member: &Member) -> Piece {
    Piece {
        end: member.value.range.end(),
        header: Header::Known {
            kind: member.name.name.clone(),
            labels: Vec::new(),
        },
        item: attribute(member, Strings::Literal).map(Item::Attribute),
    }
}

fn attribute(member: &Member, strings: Strings) -> Result<Attribute, SyntaxError> {
    Ok(Attribute {
        name: member.name.clone(),
        value: member.value.expression(strings)?,
        range: member.name.range.cover(member.value.range),
    })
}

/// How many labels a top-level block has.
fn labels(kind: &str) -> Option<usize> {
    Some(match kind {
        "resource" | "data" | "ephemeral" => 2,
        "module" | "variable" | "output" | "provider" | "check" => 1,
        "locals" | "terraform" | "moved" | "import" | "removed" => 0,
        _ => return None,
    })
}

fn blocks(member: &Member, pieces: &mut Vec<Piece>) {
    let Some(labels) = labels(&member.name.name) else {
        return;
    };
    labelled(
        &member.value,
        labels,
        &member.name,
        &mut Vec::new(),
        &mut |block| {
            let item = block.read(&member.name.name);
            let header = Header::Known {
                kind: member.name.name.clone(),
                labels: block.labels.iter().map(|l| l.name.clone()).collect(),
            };
            pieces.push(Piece {
                end: block.value.range.end(),
                header,
                item: item.map(Item::Block),
            });
        },
    );
}

/// A block as JSON has it.
struct Written<'j> {
    kind: &'j Ident,
    labels: &'j [Ident],
    value: &'j Json,
}

/// Finds the blocks below as many levels of names as there are labels.
fn labelled<'j>(
    value: &'j Json,
    levels: usize,
    kind: &'j Ident,
    labels: &mut Vec<Ident>,
    found: &mut dyn FnMut(Written<'_>),
) {
    for element in value.elements() {
        if levels == 0 {
            if matches!(element.kind, JsonKind::Object(_)) {
                found(Written {
                    kind,
                    labels,
                    value: element,
                });
            }
            continue;
        }
        for member in element.members().iter().filter(|m| !is_comment(m)) {
            labels.push(member.name.clone());
            labelled(&member.value, levels - 1, kind, labels, found);
            labels.pop();
        }
    }
}

impl Written<'_> {
    /// `within`: the type of the block, or of the one around it.
    fn read(&self, within: &str) -> Result<Block, SyntaxError> {
        // What stands nearest before the body: an element of an array has nothing of its own.
        let name = self.labels.last().unwrap_or(self.kind);
        let is_beside = name.range.end() <= self.value.range.start();
        let open = TextRange::at(self.value.range.start(), TextSize::new(1));
        let header = if is_beside { name.range } else { open };
        let at_header = |ident: &Ident| Ident {
            name: ident.name.clone(),
            range: header,
        };
        Ok(Block {
            kind: at_header(self.kind),
            labels: self.labels.iter().map(at_header).collect(),
            body: body(self.value, within)?,
            header,
            range: header.cover(self.value.range),
            braces: self.value.range,
        })
    }
}

fn body(object: &Json, within: &str) -> Result<Body, SyntaxError> {
    let mut items = Vec::new();
    for member in object.members().iter().filter(|m| !is_comment(m)) {
        match nested(within, &member.name.name) {
            Some((levels, inside)) => {
                let mut all = Vec::new();
                let value = &member.value;
                labelled(value, levels, &member.name, &mut Vec::new(), &mut |block| {
                    all.push(block.read(inside));
                });
                let all = all.into_iter().collect::<Result<Vec<_>, _>>()?;
                items.extend(all.into_iter().map(Item::Block));
            }
            None => {
                let strings = strings(within, &member.name.name);
                items.push(Item::Attribute(attribute(member, strings)?));
            }
        }
    }
    Ok(Body { items })
}

/// The nested blocks that are Terraform's own: how many labels they have, and by which rules what is in them is read.
fn nested(within: &str, name: &str) -> Option<(usize, &'static str)> {
    let is_provider_body = matches!(
        within,
        "resource" | "data" | "ephemeral" | "provider" | "content"
    );
    Some(match (within, name) {
        (_, "dynamic") if is_provider_body => (1, "dynamic"),
        ("dynamic", "content") => (0, "content"),
        (_, "lifecycle") => (0, "lifecycle"),
        ("resource", "connection") => (0, "connection"),
        ("resource", "provisioner") => (1, "provisioner"),
        ("terraform", "backend" | "provider_meta") => (1, "terraform"),
        ("terraform", "cloud" | "required_providers" | "encryption") => (0, "terraform"),
        ("variable", "validation") => (0, "validation"),
        ("lifecycle" | "output" | "check", "precondition" | "postcondition" | "assert") => {
            (0, "validation")
        }
        ("check", "data") => (2, "data"),
        _ => return None,
    })
}

/// How strings are meant, where Terraform does not take them for templates.
fn strings(within: &str, name: &str) -> Strings {
    match (within, name) {
        ("variable", "type")
        | ("moved" | "removed", _)
        | ("import", "to" | "provider")
        | ("dynamic", "iterator")
        | ("lifecycle", "ignore_changes" | "replace_triggered_by")
        | ("resource" | "data" | "ephemeral", "provider" | "depends_on")
        | ("module", "providers" | "depends_on")
        | ("output", "depends_on") => Strings::Native,
        ("variable" | "terraform", _) | ("module", "source" | "version") => Strings::Literal,
        _ => Strings::Templates,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Range;

    fn told(text: &str, kind: FileKind) -> Vec<String> {
        let piece = |piece: &Piece| match &piece.item {
            Ok(item) => shown(text, item),
            Err(error) => format!("{}: {}", slice(text, error.range), error.message),
        };
        pieces(text, kind)
            .expect("JSON")
            .iter()
            .map(piece)
            .collect()
    }

    fn slice(text: &str, range: TextRange) -> &str {
        &text[Range::<usize>::from(range)]
    }

    fn shown(text: &str, item: &Item) -> String {
        match item {
            Item::Attribute(a) => format!("{}={}", a.name.name, slice(text, a.value.range)),
            Item::Block(block) => {
                let labels: Vec<&str> = block.labels.iter().map(|l| l.name.as_str()).collect();
                let body: Vec<String> = block.body.items.iter().map(|i| shown(text, i)).collect();
                let names = std::iter::once(block.kind.name.as_str()).chain(labels);
                let names: Vec<&str> = names.collect();
                format!(
                    "{}({})@{}",
                    names.join("."),
                    body.join(" "),
                    slice(text, block.header)
                )
            }
        }
    }

    #[test]
    fn objects_are_blocks() {
        let cases: [(&str, &[&str]); 9] = [
            (
                r#"{"//": "x", "resource": {"a_b": {"c": {"//": "y", "d": 1, "e": {"f": 2}}}}}"#,
                &[r#"resource.a_b.c(d=1 e={"f": 2})@"c""#],
            ),
            (
                r#"{"resource": [{"a": {"b": [{"c": 1}]}}, {"a": {"d": {}}}]}"#,
                &["resource.a.b(c=1)@\"b\"", "resource.a.d()@\"d\""],
            ),
            (
                r#"{"provider": {"aws": [{}, {"alias": "west"}]}}"#,
                &[
                    "provider.aws()@\"aws\"",
                    "provider.aws(alias=\"west\")@\"aws\"",
                ],
            ),
            (
                r#"{"locals": [{"a": 1}, {"b": "${local.a}"}]}"#,
                &[
                    "locals(a=1)@\"locals\"",
                    "locals(b=\"${local.a}\")@\"locals\"",
                ],
            ),
            (
                r#"{"terraform": {"backend": {"s3": {"key": "k"}}, "required_providers": {"aws": {"version": "5"}}}}"#,
                &[
                    r#"terraform(backend.s3(key="k")@"s3" required_providers(aws={"version": "5"})@"required_providers")@"terraform""#,
                ],
            ),
            (
                r#"{"resource": {"a": {"b": {"dynamic": {"i": {"for_each": "${var.x}", "content": {"p": "${i.value}"}}}}}}}"#,
                &[
                    r#"resource.a.b(dynamic.i(for_each="${var.x}" content(p="${i.value}")@"content")@"i")@"b""#,
                ],
            ),
            (
                r#"{"variable": {"a": {"type": "list(string)", "default": ["${x"]}}}"#,
                &[r#"variable.a(type=list(string) default=["${x"])@"a""#],
            ),
            (
                r#"{"resource": {"a": {"b": {"c": "${"}}}}"#,
                &[": expected an expression, found the end of the block"],
            ),
            (r#"{"unknown": {"a": 1}}"#, &[]),
        ];
        for (text, expected) in cases {
            let found = told(text, FileKind::Configuration);
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(
            told(r#"{"a": "${b}", "c": [1]}"#, FileKind::AutoVariables),
            ["a=\"${b}\"", "c=[1]"]
        );
        assert!(pieces("[1]", FileKind::Configuration).is_err());
    }

    #[test]
    fn calls() {
        let text = r#"{"module": {"a": {"source": "./a"}, "b": {"source": "acme/b/aws"}}}"#;
        let expected = [("a", "./a"), ("b", "acme/b/aws")];
        let expected = expected.map(|(name, source)| (name.into(), source.into()));
        assert_eq!(module_calls(text), expected);
    }
}
