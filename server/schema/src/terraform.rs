//! Terraform's own blocks: `terraform`, backends, `variable`, …, and the meta-arguments that every
//! resource takes. Written by hand in `data/terraform.txt`, which says its own form.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::body::{Body, Flags, Nesting};
use crate::draft::{Draft, DraftAttribute, DraftBlock, DraftBody};
use crate::shipped::Kind;
use crate::table::{Table, tabulate};

static TABLE: LazyLock<Option<Table>> =
    LazyLock::new(|| tabulate(&read(include_str!("../data/terraform.txt")).ok()?).ok());

/// What a top-level block of Terraform itself may hold: `terraform`, `variable`, `output`, `locals`,
/// `module`, `moved`, `import`, `removed`, `check`, `action`, `provider` (of a provider that isn't shipped).
pub fn block(name: &str) -> Option<Body> {
    if name.contains(' ') {
        None
    } else {
        named(name)
    }
}

/// What `backend "s3" { … }` may hold.
pub fn backend(ty: &str) -> Option<Body> {
    named(&format!("backend {ty}"))
}

/// What `provisioner "local-exec" { … }` may hold.
pub fn provisioner(ty: &str) -> Option<Body> {
    named(&format!("provisioner {ty}"))
}

/// What a `connection` block may hold.
pub fn connection() -> Option<Body> {
    named("connection")
}

/// The meta-arguments of a block of this kind: `count`, `lifecycle`, …
pub fn meta(kind: Kind) -> Option<Body> {
    named(match kind {
        Kind::Resource => "meta resource",
        Kind::Data => "meta data",
        Kind::Ephemeral => "meta ephemeral",
    })
}

/// The backends that are known, by name.
pub fn backends() -> impl Iterator<Item = &'static str> {
    let tops = TABLE.as_ref().map_or(&[][..], |table| &table.tops[0]);
    tops.iter()
        .filter_map(|(name, _)| TABLE.as_ref()?.name(*name).strip_prefix("backend "))
}

fn named(name: &str) -> Option<Body> {
    let table = TABLE.as_ref()?;
    let at = table.tops[0]
        .binary_search_by(|(top, _)| table.name(*top).cmp(name))
        .ok()?;
    Some(Body {
        table,
        row: table.tops[0][at].1,
    })
}

/// A line of the text: how deep it stands, and its words.
struct Line<'a> {
    number: usize,
    indent: usize,
    words: Vec<&'a str>,
}

fn read(text: &str) -> Result<Draft, String> {
    let lines = text.lines().enumerate().map(|(at, line)| Line {
        number: at + 1,
        indent: line.len() - line.trim_start().len(),
        words: line.split_whitespace().collect(),
    });
    let lines: Vec<Line<'_>> = lines
        .filter(|line| {
            line.words
                .first()
                .is_some_and(|word| !word.starts_with('#'))
        })
        .collect();
    let mut reader = Reader {
        draft: Draft::default(),
        known: HashMap::new(),
    };
    let mut rest = lines.as_slice();
    while let Some((head, below)) = rest.split_first() {
        let (body, after) = reader.body(below, head.indent)?;
        reader.draft.types[0].insert(head.words.join(" "), Some(body));
        rest = after;
    }
    Ok(reader.draft)
}

struct Reader {
    draft: Draft,
    known: HashMap<DraftBody, u32>,
}

impl Reader {
    /// Reads the lines that stand deeper than `indent`; returns the others.
    fn body<'l, 't>(
        &mut self,
        mut lines: &'l [Line<'t>],
        indent: usize,
    ) -> Result<(u32, &'l [Line<'t>]), String> {
        let mut body = DraftBody::default();
        while let Some((line, below)) = lines.split_first().filter(|(line, _)| line.indent > indent)
        {
            lines = below;
            match line.words.as_slice() {
                ["*"] => body.open = true,
                [name, kind @ ("block" | "blocks" | "labelled"), flags @ ..] => {
                    let (nested, after) = self.body(below, line.indent)?;
                    lines = after;
                    let nesting = if *kind == "labelled" {
                        Nesting::Map
                    } else {
                        Nesting::List
                    };
                    let deprecated = read_flags(flags, line.number)?.contains(Flags::DEPRECATED);
                    let block = DraftBlock {
                        nesting,
                        min: 0,
                        max: u32::from(*kind == "block"),
                        body: nested,
                        deprecated,
                    };
                    body.blocks.insert((*name).to_owned(), block);
                }
                [name, kind @ ("object" | "objects"), flags @ ..] => {
                    let (nested, after) = self.body(below, line.indent)?;
                    lines = after;
                    let ty = if *kind == "object" { "{}" } else { "L{}" };
                    let attribute = DraftAttribute {
                        ty: ty.to_owned(),
                        flags: read_flags(flags, line.number)?,
                        object: Some(nested),
                    };
                    body.attributes.insert((*name).to_owned(), attribute);
                }
                [name, ty, flags @ ..] => {
                    let ty = read_type(ty)
                        .ok_or_else(|| format!("line {}: `{ty}` is not a type", line.number))?;
                    let attribute = DraftAttribute {
                        ty,
                        flags: read_flags(flags, line.number)?,
                        object: None,
                    };
                    body.attributes.insert((*name).to_owned(), attribute);
                }
                _ => return Err(format!("line {}: expected a name and a type", line.number)),
            }
        }
        Ok((self.draft.intern(&mut self.known, body), lines))
    }
}

fn read_type(ty: &str) -> Option<String> {
    let code = match ty {
        "string" => "s",
        "number" => "n",
        "bool" => "b",
        "any" => "*",
        _ => {
            let (collection, element) = ty.strip_suffix(')')?.split_once('(')?;
            let letter = match collection {
                "list" => "L",
                "set" => "S",
                "map" => "M",
                _ => return None,
            };
            return Some(format!("{letter}{}", read_type(element)?));
        }
    };
    Some(code.to_owned())
}

fn read_flags(words: &[&str], line: usize) -> Result<Flags, String> {
    let mut flags = if words.contains(&"required") {
        Flags::default()
    } else {
        Flags::OPTIONAL
    };
    for word in words {
        flags.insert(match *word {
            "required" => Flags::REQUIRED,
            "deprecated" => Flags::DEPRECATED,
            "secret" => Flags::SENSITIVE,
            _ => {
                return Err(format!(
                    "line {line}: `{word}` is neither required, deprecated nor secret"
                ));
            }
        });
    }
    Ok(flags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Type;

    #[test]
    fn the_text_is_read() {
        read(include_str!("../data/terraform.txt"))
            .unwrap_or_else(|e| panic!("terraform.txt: {e}"));
        assert_eq!(backends().count(), 12);
        for name in [
            "terraform",
            "variable",
            "output",
            "locals",
            "module",
            "moved",
            "import",
            "removed",
            "check",
            "provider",
        ] {
            assert!(block(name).is_some(), "{name}");
        }
        assert!(
            Kind::ALL
                .into_iter()
                .all(|kind| meta(kind).is_some_and(|body| body.attribute("for_each").is_some()))
        );
    }

    #[test]
    fn facts_about_terraform() {
        let path = |body: Option<Body>, path: &[&str]| {
            body.and_then(|b| b.find(path))
                .unwrap_or_else(|| panic!("{path:?}"))
        };
        assert!(path(backend("s3"), &["dynamodb_table"]).is_deprecated());
        assert!(
            backend("azurerm")
                .and_then(|b| b.attribute("access_key"))
                .is_some_and(|a| a.sensitive)
        );
        assert!(
            backend("s3")
                .and_then(|b| b.attribute("bucket"))
                .is_some_and(|a| a.required && !a.optional)
        );
        assert!(
            matches!(backend("s3").and_then(|b| b.attribute("encrypt")), Some(a) if a.ty == Type::Bool && a.optional)
        );
        path(backend("s3"), &["assume_role", "role_arn"]);
        path(block("variable"), &["validation", "error_message"]);
        path(block("terraform"), &["cloud", "workspaces", "name"]);
        path(meta(Kind::Resource), &["lifecycle", "prevent_destroy"]);
        assert!(
            block("module")
                .is_some_and(|b| b.allows(&["any_input"]) && b.attribute("any_input").is_none())
        );
        assert!(block("terraform").is_some_and(|b| b.allows(&["required_providers", "aws"]) && !b.allows(&["bucket"])));
        assert!(
            block("terraform")
                .and_then(|b| b.block("backend"))
                .is_some_and(|b| b.nesting == Nesting::Map)
        );
        assert!(block("backend s3").is_none());
    }

    #[test]
    fn faults_name_their_line() {
        for (text, error) in [
            ("a\n  b", "line 2: expected a name and a type"),
            ("a\n  b text", "line 2: `text` is not a type"),
            ("# c\na\n  b string wanted", "line 3: `wanted` is neither"),
        ] {
            assert!(read(text).expect_err(text).starts_with(error));
        }
    }
}
