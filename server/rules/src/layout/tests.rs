//! Tables of texts and fixes, and what the text becomes; `terraform fmt` is the judge beside them.

mod across_blocks;
mod within_a_block;

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
        stand_in: None,
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
