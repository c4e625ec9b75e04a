//! Tables of texts and fixes, and what the text becomes; `terraform fmt` is the judge beside them.

use std::process::Command;

use smol_str::SmolStr;
use stockade_eval::{Step, Symbol};
use stockade_model::{Address, BlockId, BlockKind, Declared, FileId};
use stockade_syntax::Document;
use stockade_text::{Rope, TextRange, apply};

use super::{BlockSource, NotPossible, Sources, combine, lay_out};
use crate::finding::Place;
use crate::fix::{Fix, FixEdit, Safety};

/// The files of a module; a block's id is its file and number among the file's items.
struct Files(Vec<(&'static str, Document)>);

impl Files {
    fn new(files: &[(&'static str, &str)]) -> Files {
        Files(
            files
                .iter()
                .map(|(name, text)| (*name, Document::new(text)))
                .collect(),
        )
    }

    /// All items: id, file, segment and what it declares.
    fn items(&self) -> Vec<(BlockId, FileId, TextRange, Declared)> {
        let mut items = Vec::new();
        for (f, (_, document)) in self.0.iter().enumerate() {
            let mut n = 0;
            for (start, segment) in document.segments() {
                let Some(lowered) = segment.lowered.as_ref().filter(|l| l.item.is_some()) else {
                    continue;
                };
                let declared = Declared::of(lowered.item.as_ref());
                items.push((
                    BlockId(f as u64 * 100 + n),
                    FileId(f as u32),
                    TextRange::at(start, segment.len),
                    declared,
                ));
                n += 1;
            }
        }
        items
    }
}

impl Sources for Files {
    fn block(&self, block: BlockId) -> Option<BlockSource> {
        let (_, file, range, _) = self.items().into_iter().find(|(id, ..)| *id == block)?;
        Some(BlockSource { file, range })
    }

    fn symbol(&self, symbol: &Symbol) -> Option<Place> {
        let items = self.items();
        let place = |block: &BlockId, path: Vec<Step>| {
            Some(Place {
                block: *block,
                path,
            })
        };
        items
            .iter()
            .find_map(|(id, .., declared)| match (symbol, declared) {
                (Symbol::Variable(name), Declared::Assignment(n)) if n == name => {
                    place(id, vec![Step::Attr(name.clone())])
                }
                (Symbol::Variable(name), Declared::Block(a))
                    if a.kind == BlockKind::Variable && a.name == *name =>
                {
                    place(id, vec![Step::Attr("default".into())])
                }
                (Symbol::Local(name), Declared::Locals(names)) if names.contains(name) => {
                    place(id, vec![Step::Attr(name.clone())])
                }
                (Symbol::Block(address), Declared::Block(a)) if a == address => {
                    place(id, Vec::new())
                }
                _ => None,
            })
    }

    fn text(&self, file: FileId) -> Option<Rope> {
        Some(self.0.get(file.0 as usize)?.1.rope().clone())
    }

    fn variables_file(&self) -> Option<FileId> {
        self.0
            .iter()
            .position(|(name, _)| *name == "variables.tf")
            .map(|i| FileId(i as u32))
    }

    fn is_taken(&self, address: &Address) -> bool {
        self.items()
            .iter()
            .any(|(.., declared)| *declared == Declared::Block(address.clone()))
    }
}

/// `ingress/0 cidr_blocks #1`: words are arguments, `name/n` nested blocks, `#n` elements, `.k`
/// entries, `$` the JSON in a value.
fn path(text: &str) -> Vec<Step> {
    let step = |word: &str| {
        if word == "$" {
            Step::Json
        } else if let Some(n) = word.strip_prefix('#') {
            Step::Index(n.parse().unwrap())
        } else if let Some(key) = word.strip_prefix('.') {
            Step::Key(key.into())
        } else if let Some((name, n)) = word.split_once('/') {
            Step::Block(name.into(), n.parse().unwrap())
        } else {
            Step::Attr(word.into())
        }
    };
    text.split_whitespace().map(step).collect()
}

fn at(text: &str) -> Place {
    Place {
        block: BlockId(0),
        path: path(text),
    }
}

fn set(body: &str, attribute: &str, value: &str) -> FixEdit {
    FixEdit::Set {
        body: at(body),
        attribute: attribute.into(),
        value: value.into(),
    }
}

fn replace(place: &str, value: &str) -> FixEdit {
    FixEdit::Replace {
        at: at(place),
        value: value.into(),
    }
}

fn append(place: &str, value: &str) -> FixEdit {
    FixEdit::Append {
        at: at(place),
        value: value.into(),
    }
}

fn remove(place: &str) -> FixEdit {
    FixEdit::Remove { at: at(place) }
}

fn add_block(body: &str, text: &str) -> FixEdit {
    FixEdit::AddBlock {
        body: at(body),
        text: text.into(),
    }
}

fn below(text: &str) -> FixEdit {
    FixEdit::AddBelow {
        block: BlockId(0),
        copied: Vec::new(),
        text: text.into(),
    }
}

fn below_copying(names: &[&str], text: &str) -> FixEdit {
    FixEdit::AddBelow {
        block: BlockId(0),
        copied: names.iter().map(|n| (*n).into()).collect(),
        text: text.into(),
    }
}

fn variable(name: &str) -> FixEdit {
    let name: SmolStr = name.into();
    FixEdit::AddVariable {
        name,
        ty: "string".into(),
        description: "The password.".into(),
        sensitive: true,
        ephemeral: false,
    }
}

fn origin(symbol: Symbol, steps: &str, value: &str) -> FixEdit {
    FixEdit::ReplaceOrigin {
        symbol,
        path: path(steps),
        value: value.into(),
    }
}

fn fix(edits: Vec<FixEdit>) -> Fix {
    Fix {
        title: String::new(),
        safety: Safety::Safe,
        edits,
    }
}

fn edited(files: &Files, fix: &Fix) -> Result<Vec<String>, NotPossible> {
    let mut texts: Vec<String> = files.0.iter().map(|(_, d)| d.rope().to_string()).collect();
    for (file, edits) in lay_out(fix, files)? {
        let text = &mut texts[file.0 as usize];
        *text = apply(text, &edits).unwrap();
    }
    Ok(texts)
}

/// Checks a table of (source, edits, expected) in one file, with all line ends and the judge.
fn check(cases: &[(&str, Vec<FixEdit>, &str)]) {
    let mut wrong = String::new();
    for (source, edits, expected) in cases {
        for line_end in ["\n", "\r\n"] {
            // A file without a line end can't tell which it has.
            let line_end = if source.contains('\n') {
                line_end
            } else {
                "\n"
            };
            let (source, expected) = (
                source.replace('\n', line_end),
                expected.replace('\n', line_end),
            );
            let files = Files::new(&[("main.tf", &source)]);
            match edited(&files, &fix(edits.clone())) {
                Ok(texts) if texts[0] == expected => {}
                Ok(texts) => wrong.push_str(&format!(
                    "--- {edits:?}\n{source}--- became\n{}--- expected\n{expected}\n",
                    texts[0]
                )),
                Err(error) => wrong.push_str(&format!("--- {edits:?}\n{source}--- {error}\n")),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    judge(
        cases
            .iter()
            .map(|(source, _, expected)| (*source, *expected)),
    );
}

/// What `terraform fmt` finds nothing to change in must stay so.
fn judge<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for (i, (before, after)) in pairs.enumerate() {
        std::fs::write(folder.path().join(format!("{i}_before.tf")), before).unwrap();
        std::fs::write(folder.path().join(format!("{i}_after.tf")), after).unwrap();
        count = i + 1;
    }
    let settings = folder.path().join("settings.tfrc");
    std::fs::write(&settings, "").unwrap();
    let mut fmt = Command::new("terraform");
    fmt.args(["fmt", "-check", "-list=true"])
        .current_dir(folder.path())
        .env("TF_CLI_CONFIG_FILE", settings);
    let Ok(output) = fmt.output() else {
        println!("skipped: `terraform fmt` as the judge of {count} cases, no terraform here");
        return;
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty(), "{errors}");
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let unformatted = |name: String| listed.lines().any(|l| l == name);
    let grown: Vec<usize> = (0..count)
        .filter(|i| unformatted(format!("{i}_after.tf")) && !unformatted(format!("{i}_before.tf")))
        .collect();
    assert!(
        grown.is_empty(),
        "terraform fmt would change what came of cases {grown:?}"
    );
}

#[test]
fn arguments() {
    check(&[
        (
            "resource \"a\" \"b\" {\n  engine = \"mysql\"\n}\n",
            vec![set("", "storage_encrypted", "true")],
            "resource \"a\" \"b\" {\n  engine            = \"mysql\"\n  storage_encrypted = true\n}\n",
        ),
        // Replaced in place; the comment follows.
        (
            "resource \"a\" \"b\" {\n  public = true # why\n  x      = 1    # x\n}\n",
            vec![set("", "public", "false")],
            "resource \"a\" \"b\" {\n  public = false # why\n  x      = 1     # x\n}\n",
        ),
        // Below the plain arguments, not below tags or blocks.
        (
            "resource \"a\" \"b\" {\n  count = 2\n\n  name = \"x\"\n\n  tags = {\n    A = 1\n  }\n\n  nested {\n    c = 1\n  }\n}\n",
            vec![set("", "public", "false"), set("", "kms", "null")],
            "resource \"a\" \"b\" {\n  count = 2\n\n  name   = \"x\"\n  public = false\n  kms    = null\n\n  tags = {\n    A = 1\n  }\n\n  nested {\n    c = 1\n  }\n}\n",
        ),
        // Empty and one-line blocks are opened up.
        (
            "resource \"a\" \"b\" {}\n",
            vec![set("", "x", "1")],
            "resource \"a\" \"b\" {\n  x = 1\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n}\n",
            vec![set("", "x", "1")],
            "resource \"a\" \"b\" {\n  x = 1\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  n { a = 1 }\n}\n",
            vec![set("n/0", "long", "true")],
            "resource \"a\" \"b\" {\n  n {\n    a    = 1\n    long = true\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  n { a = 1 }\n}\n",
            vec![set("n/0", "a", "2")],
            "resource \"a\" \"b\" {\n  n { a = 2 }\n}\n",
        ),
        // A body of blocks only.
        (
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n  }\n}\n",
            vec![set("", "x", "1")],
            "resource \"a\" \"b\" {\n  x = 1\n\n  n {\n    a = 1\n  }\n}\n",
        ),
        // The content of a dynamic block, a list of objects.
        (
            "resource \"a\" \"b\" {\n  dynamic \"n\" {\n    for_each = var.n\n    content {\n      a = n.value\n    }\n  }\n}\n",
            vec![set("n/0", "open", "false")],
            "resource \"a\" \"b\" {\n  dynamic \"n\" {\n    for_each = var.n\n    content {\n      a    = n.value\n      open = false\n    }\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  n = [{ a = 1 }, {\n    a = 2\n  }]\n}\n",
            vec![set("n #0", "open", "false"), set("n #1", "open", "true")],
            "resource \"a\" \"b\" {\n  n = [{ a = 1, open = false }, {\n    a    = 2\n    open = true\n  }]\n}\n",
        ),
        // A value of several lines.
        (
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n  }\n}\n",
            vec![set("n/0", "list", "[\n  1,\n  2,\n]")],
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n    list = [\n      1,\n      2,\n    ]\n  }\n}\n",
        ),
        // Tabs stay, and lines that are laid out otherwise are left alone.
        (
            "resource \"a\" \"b\" {\n\tname = \"x\"\n\tlong_one=1\n}\n",
            vec![set("", "y", "true")],
            "resource \"a\" \"b\" {\n\tname = \"x\"\n\tlong_one=1\n\ty        = true\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n    far   =  1\n\n    x  = 2\n}\n",
            vec![set("", "x", "3")],
            "resource \"a\" \"b\" {\n    far   =  1\n\n    x = 3\n}\n",
        ),
        // The new one stands where the old one goes.
        (
            "resource \"a\" \"b\" {\n  user = \"u\"\n  password = \"p\"\n  z = 1\n}\n",
            vec![
                remove("password"),
                set("", "password_wo", "var.p"),
                set("", "password_wo_version", "1"),
            ],
            "resource \"a\" \"b\" {\n  user                = \"u\"\n  password_wo         = var.p\n  password_wo_version = 1\n  z                   = 1\n}\n",
        ),
        // No line end at the end of the file.
        (
            "resource \"a\" \"b\" {\n  x = 1\n}",
            vec![set("", "yy", "1")],
            "resource \"a\" \"b\" {\n  x  = 1\n  yy = 1\n}",
        ),
        // Beside a multi-byte text, below a comment at the end of a line.
        (
            "# ü\nresource \"a\" \"b\" {\n  name = \"ä😀\" # ö\n}\n",
            vec![set("", "yy", "1")],
            "# ü\nresource \"a\" \"b\" {\n  name = \"ä😀\" # ö\n  yy   = 1\n}\n",
        ),
    ]);
}

#[test]
fn removals() {
    check(&[
        (
            "resource \"a\" \"b\" {\n  x = 1\n  # on public:\n  public_one = true # really\n  y = 1\n}\n",
            vec![remove("public_one")],
            "resource \"a\" \"b\" {\n  x = 1\n  y = 1\n}\n",
        ),
        // A comment that heads a group stays.
        (
            "resource \"a\" \"b\" {\n  # Network\n  public = true\n  subnet = 1\n}\n",
            vec![remove("public")],
            "resource \"a\" \"b\" {\n  # Network\n  subnet = 1\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  public = true\n}\n",
            vec![remove("public")],
            "resource \"a\" \"b\" {\n}\n",
        ),
        (
            "resource \"a\" \"b\" { public = true }\n",
            vec![remove("public")],
            "resource \"a\" \"b\" {}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  x = 1\n\n  n {\n    a = 1\n  }\n\n  # second\n  n {\n    a = 2\n  }\n}\n",
            vec![remove("n/1")],
            "resource \"a\" \"b\" {\n  x = 1\n\n  n {\n    a = 1\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n  }\n  n {\n    a = 2\n  }\n  n {\n    a = 3\n  }\n}\n",
            vec![remove("n/0"), remove("n/2")],
            "resource \"a\" \"b\" {\n  n {\n    a = 2\n  }\n}\n",
        ),
        // Elements.
        (
            "resource \"a\" \"b\" {\n  l = [1, 2, 3]\n}\n",
            vec![remove("l #1")],
            "resource \"a\" \"b\" {\n  l = [1, 3]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [1, 2, 3]\n}\n",
            vec![remove("l #2"), remove("l #0")],
            "resource \"a\" \"b\" {\n  l = [2]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [\"0.0.0.0/0\"]\n}\n",
            vec![remove("l #0")],
            "resource \"a\" \"b\" {\n  l = []\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [\n    1, # one\n    # two\n    2, # zwei\n    3\n  ]\n}\n",
            vec![remove("l #1")],
            "resource \"a\" \"b\" {\n  l = [\n    1, # one\n    3\n  ]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [\n    1,\n    2\n  ]\n}\n",
            vec![remove("l #1")],
            "resource \"a\" \"b\" {\n  l = [\n    1\n  ]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [\n    1,\n    2,\n  ]\n}\n",
            vec![remove("l #1")],
            "resource \"a\" \"b\" {\n  l = [\n    1,\n  ]\n}\n",
        ),
        // Entries.
        (
            "resource \"a\" \"b\" {\n  m = {\n    a = 1\n    long = 2\n    c = 3\n  }\n}\n",
            vec![remove("m .long")],
            "resource \"a\" \"b\" {\n  m = {\n    a = 1\n    c = 3\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  m = { a = 1, b = 2 }\n}\n",
            vec![remove("m .a")],
            "resource \"a\" \"b\" {\n  m = { b = 2 }\n}\n",
        ),
        // A whole block.
        (
            "resource \"a\" \"b\" {\n  x = 1\n}\n\nresource \"a\" \"c\" {}\n",
            vec![remove("")],
            "resource \"a\" \"c\" {}\n",
        ),
    ]);
}

#[test]
fn lists_and_objects() {
    check(&[
        (
            "resource \"a\" \"b\" {\n  l = [1]\n}\n",
            vec![append("l", "2")],
            "resource \"a\" \"b\" {\n  l = [1, 2]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = []\n}\n",
            vec![append("l", "2")],
            "resource \"a\" \"b\" {\n  l = [2]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [\n    1,\n  ]\n}\n",
            vec![append("l", "2"), append("l", "3")],
            "resource \"a\" \"b\" {\n  l = [\n    1,\n    2,\n    3,\n  ]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [\n    0,\n    1 # one\n  ]\n}\n",
            vec![append("l", "2")],
            "resource \"a\" \"b\" {\n  l = [\n    0,\n    1, # one\n    2\n  ]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = toset([1])\n}\n",
            vec![append("l", "2")],
            "resource \"a\" \"b\" {\n  l = toset([1, 2])\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  l = [1, 2]\n}\n",
            vec![replace("l #1", "\"x\"")],
            "resource \"a\" \"b\" {\n  l = [1, \"x\"]\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  m = {}\n}\n",
            vec![set("m", "k", "1")],
            "resource \"a\" \"b\" {\n  m = { k = 1 }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  m = {\n    \"a\" : 1,\n    \"b\" : 2\n  }\n}\n",
            vec![set("m", "long", "true")],
            "resource \"a\" \"b\" {\n  m = {\n    \"a\" : 1,\n    \"b\" : 2,\n    \"long\" : true\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  m = merge(var.m, {\n    a = 1\n  })\n}\n",
            vec![set("m", "a", "2"), set("m", "x.y/z", "\"v\"")],
            "resource \"a\" \"b\" {\n  m = merge(var.m, {\n    a       = 2\n    \"x.y/z\" = \"v\"\n  })\n}\n",
        ),
    ]);
}

#[test]
fn json() {
    let heredoc = "resource \"a\" \"b\" {\n  policy = <<EOF\n{\n  \"Statement\": [\n    {\n      \"Action\": \"*\",\n      \"Resource\": [\"${aws_s3_bucket.b.arn}/*\", \"x\"]\n    }\n  ]\n}\nEOF\n}\n";
    let encoded = "resource \"a\" \"b\" {\n  policy = jsonencode({\n    Statement = [{\n      Action = \"*\"\n      Effect = \"Allow\"\n    }]\n  })\n}\n";
    let replaced = |from: &str, to: &str| heredoc.replace(from, to);
    check(&[
        (
            heredoc,
            vec![replace("policy $ .Statement #0 .Action", "[\"s3:Get*\"]")],
            &replaced("\"*\"", "[\"s3:Get*\"]"),
        ),
        (
            heredoc,
            vec![remove("policy $ .Statement #0 .Resource #0")],
            &replaced("\"${aws_s3_bucket.b.arn}/*\", ", ""),
        ),
        (
            heredoc,
            vec![set(
                "policy $ .Statement #0",
                "Condition",
                "{ Bool = { x = aws_s3_bucket.b.arn } }",
            )],
            &replaced(
                "\"x\"]\n",
                "\"x\"],\n      \"Condition\": { \"Bool\": { \"x\": \"${aws_s3_bucket.b.arn}\" } }\n",
            ),
        ),
        (
            heredoc,
            vec![remove("policy $ .Statement #0 .Resource")],
            &replaced(
                "\"*\",\n      \"Resource\": [\"${aws_s3_bucket.b.arn}/*\", \"x\"]\n",
                "\"*\"\n",
            ),
        ),
        (
            encoded,
            vec![replace("policy $ .Statement #0 .Action", "[\"s3:Get*\"]")],
            &encoded.replace("\"*\"", "[\"s3:Get*\"]"),
        ),
        (
            encoded,
            vec![append("policy $ .Statement", "{\n  Effect = \"Deny\"\n}")],
            &encoded.replace("    }]\n", "      }, {\n      Effect = \"Deny\"\n    }]\n"),
        ),
    ]);
}

#[test]
fn blocks() {
    check(&[
        (
            "resource \"a\" \"b\" {\n  x = 1\n}\n",
            vec![add_block("", "n {\n  a = 1\n  long = 2\n}")],
            "resource \"a\" \"b\" {\n  x = 1\n\n  n {\n    a    = 1\n    long = 2\n  }\n}\n",
        ),
        // As the body does it.
        (
            "resource \"a\" \"b\" {\n  x = 1\n  n {\n    a = 1\n  }\n}\n",
            vec![add_block("", "m {\n  a = 1\n}")],
            "resource \"a\" \"b\" {\n  x = 1\n  n {\n    a = 1\n  }\n  m {\n    a = 1\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n  }\n\n  m {\n    a = 2\n  }\n}\n",
            vec![add_block("", "n {\n  a = 3\n}")],
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n  }\n\n  n {\n    a = 3\n  }\n\n  m {\n    a = 2\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {}\n",
            vec![add_block("", "n {\n  a = 1\n}")],
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  n { x = 1 }\n}\n",
            vec![add_block("n/0", "m {\n  a = 1\n}")],
            "resource \"a\" \"b\" {\n  n {\n    x = 1\n\n    m {\n      a = 1\n    }\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n\tx = 1\n}\n",
            vec![add_block("", "n {\n  m {\n    a = 1\n  }\n}")],
            "resource \"a\" \"b\" {\n\tx = 1\n\n\tn {\n\t\tm {\n\t\t\ta = 1\n\t\t}\n\t}\n}\n",
        ),
        // Companions, in their order.
        (
            "resource \"a\" \"b\" {\n  x = 1\n} # end\n\n# other\nresource \"a\" \"c\" {}\n",
            vec![
                below("resource \"p\" \"b\" {\n  bucket = a.b.id\n  block_public = true\n}"),
                below("resource \"q\" \"b\" {}"),
            ],
            "resource \"a\" \"b\" {\n  x = 1\n} # end\n\nresource \"p\" \"b\" {\n  bucket       = a.b.id\n  block_public = true\n}\n\nresource \"q\" \"b\" {}\n\n# other\nresource \"a\" \"c\" {}\n",
        ),
        (
            "resource \"a\" \"b\" {}\nresource \"a\" \"c\" {}\n",
            vec![below("resource \"p\" \"b\" {}")],
            "resource \"a\" \"b\" {}\n\nresource \"p\" \"b\" {}\n\nresource \"a\" \"c\" {}\n",
        ),
        (
            "resource \"a\" \"b\" {}",
            vec![below("resource \"p\" \"b\" {}")],
            "resource \"a\" \"b\" {}\n\nresource \"p\" \"b\" {}",
        ),
        // As often as the block, by the same provider.
        (
            "resource \"a\" \"b\" {\n  for_each = toset([\n    var.x\n  ])\n  provider = aws.west\n}\n",
            vec![
                below_copying(
                    &["count", "for_each", "provider"],
                    "resource \"p\" \"b\" {\n  bucket = a.b[each.key].id\n}",
                ),
                below("resource \"q\" \"b\" {}"),
            ],
            "resource \"a\" \"b\" {\n  for_each = toset([\n    var.x\n  ])\n  provider = aws.west\n}\n\nresource \"p\" \"b\" {\n  for_each = toset([\n    var.x\n  ])\n  provider = aws.west\n\n  bucket = a.b[each.key].id\n}\n\nresource \"q\" \"b\" {}\n",
        ),
        // A taken name.
        (
            "resource \"a\" \"b\" {}\n\nresource \"p\" \"b\" {}\n",
            vec![
                below("resource \"p\" \"b\" {}"),
                below("resource \"q\" \"b\" {\n  p = p.b.id\n  a = a.b.id\n}"),
            ],
            "resource \"a\" \"b\" {}\n\nresource \"p\" \"b_2\" {}\n\nresource \"q\" \"b\" {\n  p = p.b_2.id\n  a = a.b.id\n}\n\nresource \"p\" \"b\" {}\n",
        ),
        // A variable in the same file, and with a companion at its end.
        (
            "resource \"a\" \"b\" {}",
            vec![
                set("", "password", "var.pw"),
                below("resource \"p\" \"b\" {}"),
                variable("pw"),
            ],
            "resource \"a\" \"b\" {\n  password = var.pw\n}\n\nresource \"p\" \"b\" {}\n\nvariable \"pw\" {\n  description = \"The password.\"\n  type        = string\n  nullable    = false\n  sensitive   = true\n}\n",
        ),
    ]);
}

/// The files, the edits, the file that is looked at and what becomes of it.
type Elsewhere = (
    Vec<(&'static str, String)>,
    Vec<FixEdit>,
    usize,
    Result<String, NotPossible>,
);

#[test]
fn other_files() {
    let main = "resource \"a\" \"b\" {\n  x = var.x\n}\n";
    let var =
        |name: &str, default: &str| format!("variable \"{name}\" {{\n  default = {default}\n}}\n");
    let new = |name: &str| {
        format!(
            "\nvariable \"{name}\" {{\n  description = \"The password.\"\n  type        = string\n  nullable    = false\n  sensitive   = true\n}}\n"
        )
    };
    let x = || Symbol::Variable("x".into());
    let cases: Vec<Elsewhere> = vec![
        (
            vec![("main.tf", main.into()), ("variables.tf", var("x", "true"))],
            vec![origin(x(), "", "false")],
            1,
            Ok(var("x", "false")),
        ),
        (
            vec![
                ("main.tf", main.into()),
                ("terraform.tfvars", "y = 1\nx = [1, 2] # x\n".into()),
            ],
            vec![origin(x(), "#1", "3")],
            1,
            Ok("y = 1\nx = [1, 3] # x\n".into()),
        ),
        (
            vec![
                ("main.tf", main.into()),
                ("terraform.tfvars", "long_one = 1\nx        = 2\n".into()),
            ],
            vec![origin(x(), "", "true")],
            1,
            Ok("long_one = 1\nx        = true\n".into()),
        ),
        (
            vec![
                ("main.tf", main.into()),
                ("locals.tf", "locals {\n  a = { b = \"1\" }\n}\n".into()),
            ],
            vec![origin(Symbol::Local("a".into()), ".b", "\"2\"")],
            1,
            Ok("locals {\n  a = { b = \"2\" }\n}\n".into()),
        ),
        (
            vec![("main.tf", main.into()), ("variables.tf", var("x", "null"))],
            vec![variable("x")],
            1,
            Ok(var("x", "null") + &new("x_2")),
        ),
        (
            vec![("main.tf", main.into()), ("variables.tf", var("x", "null"))],
            vec![set("", "x", "var.x"), variable("x")],
            0,
            Ok(main.replace("var.x", "var.x_2")),
        ),
        (
            vec![("main.tf", main.into()), ("variables.tf", String::new())],
            vec![
                set("", "x", "\"${y}\""),
                set("", "z", "var.y"),
                variable("y"),
            ],
            1,
            Ok(new("y")[1..].to_owned()),
        ),
        (
            vec![
                ("main.tf", main.into()),
                ("locals.tf", "locals {\n  a = var.b\n}\n".into()),
            ],
            vec![origin(Symbol::Local("a".into()), "", "1")],
            1,
            Err(NotPossible::NotLiteral("a".into())),
        ),
        (
            vec![("main.tf", main.into())],
            vec![origin(x(), "", "1")],
            0,
            Err(NotPossible::Gone),
        ),
        (
            vec![("main.tf", main.into())],
            vec![remove("y")],
            0,
            Err(NotPossible::NoPlace("y".into())),
        ),
        (
            vec![("main.tf", main.into())],
            vec![set("n/0", "y", "1")],
            0,
            Err(NotPossible::NoPlace("n[0]".into())),
        ),
    ];
    for (files, edits, shown, expected) in cases {
        let texts: Vec<(&'static str, &str)> = files
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        let result = edited(&Files::new(&texts), &fix(edits.clone()));
        assert_eq!(
            result.map(|texts| texts[shown].clone()),
            expected,
            "{edits:?}"
        );
    }
}

#[test]
fn broken_texts_of_a_rule() {
    let files = Files::new(&[("main.tf", "resource \"a\" \"b\" {\n  l = []\n}\n")]);
    let both = fix(vec![add_block("", "l {}")]);
    assert_eq!(
        edited(&files, &both),
        Err(NotPossible::NoPlace("the block".into()))
    );
    for edits in [
        vec![set("", "x", "[1,")],
        vec![append("l", "=")],
        vec![add_block("", "n {")],
        vec![replace("l", "1 2")],
    ] {
        let result = edited(&files, &fix(edits.clone()));
        assert!(
            matches!(result, Err(NotPossible::Text(_))),
            "{edits:?}: {result:?}"
        );
    }
}

#[test]
fn several_fixes() {
    let source = "resource \"a\" \"b\" {\n  x = 1\n  l = [1, 2, 3]\n  n {\n    a = 1\n  }\n}\n\nresource \"a\" \"c\" {}\n";
    let with = |edits: &[(&str, &str)]| {
        edits.iter().fold(source.to_owned(), |text, (from, to)| {
            text.replacen(from, to, 1)
        })
    };
    let other = |edit: FixEdit| match edit {
        FixEdit::AddBelow { text, copied, .. } => FixEdit::AddBelow {
            block: BlockId(1),
            copied,
            text,
        },
        edit => edit,
    };
    let cases: Vec<(Vec<Vec<FixEdit>>, String)> = vec![
        // The same words once.
        (
            vec![vec![set("", "x", "2")], vec![set("", "x", "2")]],
            with(&[("x = 1", "x = 2")]),
        ),
        (
            vec![
                vec![below("resource \"k\" \"k\" {}")],
                vec![other(below("resource \"k\" \"k\" {}"))],
            ],
            with(&[("}\n\n", "}\n\nresource \"k\" \"k\" {}\n\n")]),
        ),
        // The first of two that contradict each other.
        (
            vec![vec![set("", "x", "2")], vec![set("", "x", "3")]],
            with(&[("x = 1", "x = 2")]),
        ),
        (
            vec![vec![remove("n/0")], vec![set("n/0", "a", "3")]],
            with(&[("  n {\n    a = 1\n  }\n", "")]),
        ),
        (
            vec![vec![set("n/0", "a", "3")], vec![remove("n/0")]],
            with(&[("    a = 1", "    a = 3")]),
        ),
        (
            vec![
                vec![add_block("", "m {\n  a = 1\n}")],
                vec![add_block("", "m {\n  b = 1\n}")],
            ],
            with(&[("  }\n}", "  }\n  m {\n    a = 1\n  }\n}")]),
        ),
        // Removals keep their places.
        (
            vec![
                vec![remove("l #0")],
                vec![remove("l #2")],
                vec![set("", "x", "2")],
            ],
            with(&[("[1, 2, 3]", "[2]"), ("x = 1", "x = 2")]),
        ),
        // One that can't be written does not stop the others.
        (
            vec![vec![remove("y")], vec![set("", "x", "2")]],
            with(&[("x = 1", "x = 2")]),
        ),
    ];
    for (fixes, expected) in cases {
        let files = Files::new(&[("main.tf", source)]);
        let fixes: Vec<Fix> = fixes.into_iter().map(fix).collect();
        let edits = combine(&fixes, &files, FileId(0));
        assert_eq!(
            apply(source, &edits).as_deref(),
            Ok(expected.as_str()),
            "{fixes:?}"
        );
    }
    // A fix of another file is not part of it.
    let files = Files::new(&[
        ("main.tf", source),
        ("variables.tf", "variable \"v\" {\n  default = 1\n}\n"),
    ]);
    assert_eq!(
        combine(
            &[fix(vec![origin(Symbol::Variable("v".into()), "", "2")])],
            &files,
            FileId(0)
        ),
        []
    );
}
