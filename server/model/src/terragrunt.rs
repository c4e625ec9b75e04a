//! Terragrunt's files: a call of the module in `source` with the `inputs` as arguments.
//!
//! Source: Terragrunt's documentation, "Attributes" (`inputs`) and "Blocks" (`terraform`, `include`, `locals`). What is
//! not written literally, such as what `dependency` blocks yield, stays unknown.

use std::path::{Path, PathBuf};

use smol_str::SmolStr;
use stockade_syntax::ast::{
    Attribute, Block, Body, Expr, ExprKind, Ident, Item, Template, TemplatePart,
};
use stockade_syntax::{Header, Piece, Pieces, SyntaxError, moved_to, parse_body, walk};
use stockade_text::{TextRange, TextSize};

use crate::workspace::{normalize, root_of};

/// The name of the file.
pub const FILE: &str = "terragrunt.hcl";

/// The name that the call goes by.
const CALL: &str = "terragrunt";

/// Larger files are not included.
const MAX_BYTES: u64 = 1 << 20;

/// The locals of a file, and the call that it stands for: none, if its source or inputs are not written literally.
///
/// # Errors
/// When it is not HCL.
pub fn pieces(text: &str, path: &Path) -> Pieces {
    let body = parsed(text)?;
    let mut items: Vec<Item> = body
        .blocks()
        .filter(|b| b.kind.name == "locals")
        .cloned()
        .map(Item::Block)
        .collect();
    items.extend(call(&body, path).map(Item::Block));
    items.sort_by_key(|item| range(item).start());
    Ok(items.into_iter().map(piece).collect())
}

/// The source of the call that a file stands for.
pub fn module_calls(text: &str, path: &Path) -> Vec<(SmolStr, SmolStr)> {
    let body = parsed(text).unwrap_or_default();
    let call = call(&body, path);
    let source = call.and_then(|call| call.body.attribute("source")?.value.literal_string());
    source
        .map(|source| (SmolStr::new_static(CALL), source))
        .into_iter()
        .collect()
}

fn parsed(text: &str) -> Result<Body, SyntaxError> {
    let (body, errors) = parse_body(text);
    match errors.into_iter().next() {
        None => Ok(body),
        Some(error) => Err(error),
    }
}

fn piece(item: Item) -> Piece {
    let names = match &item {
        Item::Attribute(attribute) => vec![attribute.name.name.clone()],
        Item::Block(block) => {
            let names = std::iter::once(&block.kind).chain(&block.labels);
            names.map(|i| i.name.clone()).collect()
        }
    };
    let (kind, labels) = (names[0].clone(), names[1..].to_vec());
    Piece {
        end: range(&item).end(),
        header: Header::Known { kind, labels },
        item: Ok(item),
    }
}

fn range(item: &Item) -> TextRange {
    match item {
        Item::Attribute(attribute) => attribute.range,
        Item::Block(block) => block.range,
    }
}

/// A file and the one that it includes.
struct Files<'f> {
    path: &'f Path,
    own: &'f Body,
    included: Option<(Body, TextRange)>,
}

fn call(body: &Body, path: &Path) -> Option<Block> {
    let include = body.blocks().find(|b| b.kind.name == "include");
    let included = match include {
        Some(include) => Some((included(include, path)?, include.header)),
        None => None,
    };
    let files = Files {
        path,
        own: body,
        included,
    };
    let source = files.source()?;
    let inputs = files.inputs()?;
    let own = body.attribute("inputs");
    let settings = body.blocks().find(|b| b.kind.name == "terraform");
    let (header, whole) = match (own, settings, include) {
        (Some(own), ..) => (own.name.range, own.range),
        (None, Some(block), _) | (None, None, Some(block)) => (block.header, block.range),
        (None, None, None) => return None,
    };
    let at = |name: &str| Ident {
        name: SmolStr::new(name),
        range: header,
    };
    let source = Attribute {
        name: at("source"),
        value: string(&source, header),
        range: header,
    };
    let items = std::iter::once(source).chain(inputs).map(Item::Attribute);
    Some(Block {
        kind: at("module"),
        labels: vec![at(CALL)],
        body: Body {
            items: items.collect(),
        },
        header,
        range: whole,
        braces: TextRange::at(whole.end(), TextSize::new(0)),
    })
}

fn string(text: &str, range: TextRange) -> Expr {
    let literal = TemplatePart::Literal {
        text: SmolStr::new(text),
        range,
    };
    let template = Template {
        parts: vec![literal],
        heredoc: false,
    };
    Expr {
        kind: ExprKind::Template(template),
        range,
    }
}

impl Files<'_> {
    fn source(&self) -> Option<String> {
        let of = |body: &Body| {
            let settings = body.blocks().find(|b| b.kind.name == "terraform")?;
            Some(settings.body.attribute("source")?.value.clone())
        };
        let included = || of(&self.included.as_ref()?.0);
        let written = of(self.own).or_else(included)?;
        // `//` tells where the copied part begins.
        let source = text(&written, self.path)?.replace("//", "/");
        match source.starts_with('/') {
            true => Some(relative(Path::new(&source), self.path.parent()?)),
            false => Some(source),
        }
    }

    /// The inputs, its own ones before those that it includes; `None` if some are computed.
    fn inputs(&self) -> Option<Vec<Attribute>> {
        let mut all = entries(self.own)?;
        if let Some((body, at)) = &self.included {
            for mut entry in entries(body)? {
                if all.iter().any(|own| own.name.name == entry.name.name) {
                    continue;
                }
                // What the other file says is told where it is included; its names mean nothing here.
                if reads_names(&entry.value) {
                    entry.value.kind = ExprKind::Call {
                        name: entry.name.clone(),
                        args: Vec::new(),
                        expand: false,
                    };
                }
                entry.range = *at;
                entry.name.range = *at;
                entry.value = moved_to(entry.value, *at);
                all.push(entry);
            }
        }
        Some(all)
    }
}

fn reads_names(expr: &Expr) -> bool {
    let mut reads = false;
    walk(expr, &mut |e| {
        reads |= matches!(e.kind, ExprKind::Variable(_));
        true
    });
    reads
}

fn entries(body: &Body) -> Option<Vec<Attribute>> {
    let Some(inputs) = body.attribute("inputs") else {
        return Some(Vec::new());
    };
    let ExprKind::Object(entries) = &inputs.value.unparenthesized().kind else {
        return None;
    };
    let attribute = |entry: &stockade_syntax::ast::ObjectEntry| {
        Some(Attribute {
            name: Ident {
                name: entry.literal_key()?,
                range: entry.key.range,
            },
            value: entry.value.clone(),
            range: entry.key.range.cover(entry.value.range),
        })
    };
    entries.iter().map(attribute).collect()
}

/// The file that an `include` block names, when that is written literally or looked for in the folders above. It is
/// read inside the workspace only.
fn included(include: &Block, path: &Path) -> Option<Body> {
    let written = &include.body.attribute("path")?.value;
    let included = match &written.unparenthesized().kind {
        ExprKind::Call { name, args, .. } if name.name == "find_in_parent_folders" => {
            let wanted = match args.first() {
                Some(name) => name.literal_string()?,
                None => SmolStr::new_static(FILE),
            };
            let above = path.parent()?.ancestors().skip(1);
            above
                .map(|folder| folder.join(&wanted))
                .find(|p| p.is_file())?
        }
        _ => path.parent()?.join(text(written, path)?),
    };
    let included = included.canonicalize().ok()?;
    let root = root_of(path.parent()?).canonicalize().ok()?;
    let is_small = std::fs::metadata(&included).is_ok_and(|m| m.is_file() && m.len() <= MAX_BYTES);
    if !is_small || !included.starts_with(root) {
        return None;
    }
    parsed(&std::fs::read_to_string(included).ok()?).ok()
}

/// A text that is literal but for where its file stands.
fn text(expr: &Expr, path: &Path) -> Option<String> {
    let ExprKind::Template(template) = &expr.unparenthesized().kind else {
        return None;
    };
    let part = |part: &TemplatePart| match part {
        TemplatePart::Literal { text, .. } => Some(text.to_string()),
        TemplatePart::Interpolation { expr, .. } => match &expr.kind {
            ExprKind::Call { name, .. } => folder(&name.name, path),
            _ => None,
        },
        _ => None,
    };
    template.parts.iter().map(part).collect()
}

fn folder(function: &str, path: &Path) -> Option<String> {
    let own = path.parent()?;
    let found: PathBuf = match function {
        "get_terragrunt_dir" | "get_original_terragrunt_dir" => own.to_path_buf(),
        "get_repo_root" => own
            .ancestors()
            .find(|f| f.join(".git").exists())?
            .to_path_buf(),
        _ => return None,
    };
    found.to_str().map(str::to_owned)
}

/// A path as seen from a folder, as module sources are written.
fn relative(path: &Path, from: &Path) -> String {
    let path = normalize(path);
    let shared = from
        .ancestors()
        .find(|f| path.starts_with(f))
        .unwrap_or(Path::new("/"));
    let up = from
        .strip_prefix(shared)
        .map_or(0, |rest| rest.components().count());
    let down = path.strip_prefix(shared).unwrap_or(&path);
    format!("./{}{}", "../".repeat(up), down.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_call() {
        let outside = tempfile::tempdir().expect("a folder");
        let at = |name: &str| outside.path().join("root").join(name);
        std::fs::create_dir_all(at("live/db")).expect("folders");
        std::fs::write(
            at("../secret.hcl"),
            "terraform {\n  source = \"./elsewhere\"\n}\n",
        )
        .expect("a file");
        std::fs::create_dir(at(".git")).expect("a repository");
        std::fs::write(
            at("root.hcl"),
            "inputs = {\n  region = \"eu\"\n  name = local.x\n  own = 1\n}\nterraform {\n  source = \"../modules/shared\"\n}\n",
        )
        .expect("a file");
        let cases = [
            (
                "inputs = { a = 1, b = local.b }\nterraform {\n  source = \"../../modules//db\"\n}\nlocals { b = 2 }\n",
                Some("../../modules/db a b"),
            ),
            (
                "terraform {\n  source = \"${get_repo_root()}/modules/db\"\n}\n",
                Some("./../../modules/db "),
            ),
            (
                "include \"root\" {\n  path = find_in_parent_folders(\"root.hcl\")\n}\ninputs = {\n  own = 2\n}\n",
                Some("../modules/shared own region name"),
            ),
            (
                "include {\n  path = \"../../root.hcl\"\n}\n",
                Some("../modules/shared region name own"),
            ),
            (
                "include {\n  path = \"../gone.hcl\"\n}\ninputs = {}\n",
                None,
            ),
            ("include {\n  path = \"../../../secret.hcl\"\n}\n", None),
            (
                "terraform {\n  source = \"../../modules/db\"\n}\ninputs = merge(local.a, {})\n",
                None,
            ),
            ("inputs = { a = 1 }\n", None),
        ];
        for (text, expected) in cases {
            let path = at("live/db/terragrunt.hcl");
            let pieces = pieces(text, &path).expect("HCL");
            let call = pieces.iter().find_map(|piece| match &piece.item {
                Ok(Item::Block(block)) if block.kind.name == "module" => Some(block),
                _ => None,
            });
            let told = call.map(|call| {
                let names = call.body.attributes().skip(1).map(|a| a.name.name.as_str());
                let source = call
                    .body
                    .attribute("source")
                    .and_then(|a| a.value.literal_string());
                format!(
                    "{} {}",
                    source.unwrap_or_default(),
                    names.collect::<Vec<_>>().join(" ")
                )
            });
            assert_eq!(told.as_deref(), expected, "{text}");
        }
        assert!(pieces("inputs = {", Path::new("/terragrunt.hcl")).is_err());
    }
}
