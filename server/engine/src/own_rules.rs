//! An organisation's own rules: the pages in `.stockade/rules/` at the root of a workspace, in the format of the
//! built-in ones, under ids of their own.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_rules::page::{Page, PageError};
use stockade_rules::secrets::{self, Scanner};

use crate::catalog::Catalog;
use crate::config::ConfigError;
use crate::source;

/// Where the pages stand, from the root of the workspace.
pub(crate) const FOLDER: &str = ".stockade/rules";

/// What a workspace has of its own.
#[derive(Debug, Default)]
pub struct OwnRules {
    /// Those without a mistake, by path.
    pub pages: Vec<Arc<Page>>,
    /// The files that have one; their pages are left out.
    pub(crate) faulty: Vec<Faulty>,
}

/// A page that can't be used.
#[derive(Debug)]
pub(crate) struct Faulty {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) errors: Vec<ConfigError>,
}

impl OwnRules {
    /// The pages in `.stockade/rules/` of the workspace that a folder is in.
    pub fn of_workspace(folder: &Path) -> OwnRules {
        read(&stockade_model::workspace::root_of(folder))
    }

    /// What is wrong with those that are left out: `path:line:column: what`.
    pub fn mistakes(&self, folder: &Path) -> Vec<String> {
        let root = stockade_model::workspace::root_of(folder);
        let of = |faulty: &Faulty| {
            let path = faulty.path.strip_prefix(&root).unwrap_or(&faulty.path);
            let path = path.to_string_lossy().replace('\\', "/");
            let told = faulty.errors.iter().map(|error| {
                let before = faulty.text.get(..error.range.start).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                let last = before.rsplit('\n').next().unwrap_or_default();
                format!(
                    "{path}:{line}:{}: {}",
                    last.chars().count() + 1,
                    error.message
                )
            });
            told.collect::<Vec<_>>()
        };
        self.faulty.iter().flat_map(of).collect()
    }
}

/// Whether a change of this file or folder can change a workspace's own rules.
pub(crate) fn concerns(path: &Path) -> bool {
    let is_page = path.extension().is_some_and(|e| e == "md");
    let mut above = path.ancestors();
    match is_page {
        true => above.any(|folder| folder.ends_with(FOLDER)),
        false => above.any(|folder| folder.ends_with(".stockade")),
    }
}

/// Reads the pages of a workspace.
pub(crate) fn read(root: &Path) -> OwnRules {
    let mut paths = Vec::new();
    below(&root.join(FOLDER), &mut paths);
    paths.sort();
    let mut own = OwnRules::default();
    let mut known: BTreeMap<SmolStr, PathBuf> = BTreeMap::new();
    for path in paths {
        let shown = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
        let (text, page) = match source::read(&path) {
            Ok(text) => {
                let page = page(&shown, &text, &known);
                (text, page)
            }
            Err(why) => (String::new(), Err(vec![whole(why.to_string())])),
        };
        match page {
            Ok(page) => {
                known.insert(page.id.clone(), shown);
                own.pages.push(page);
            }
            Err(errors) => own.faulty.push(Faulty { path, text, errors }),
        }
    }
    own
}

/// The `.md` files below a folder, but for what `README.md` says to people.
fn below(folder: &Path, paths: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let path = entry.path();
        match entry.file_type() {
            Ok(ty) if ty.is_dir() => below(&path, paths),
            Ok(_)
                if path.extension().is_some_and(|e| e == "md")
                    && path.file_name().is_some_and(|name| name != "README.md") =>
            {
                paths.push(path);
            }
            _ => {}
        }
    }
}

fn page(
    shown: &Path,
    text: &str,
    known: &BTreeMap<SmolStr, PathBuf>,
) -> Result<Arc<Page>, Vec<ConfigError>> {
    let located = |errors: Vec<PageError>| errors.iter().map(|e| located(e, text)).collect();
    let page = stockade_rules::page::read(&shown.to_string_lossy(), text).map_err(located)?;
    let errors = stockade_rules::lint(&page);
    if !errors.is_empty() {
        return Err(located(errors));
    }
    let refused = taken(&page.id, known).map(|message| ("id:", message));
    let of_code = page.code.as_ref().filter(|code| *code != secrets::TOKEN).map(|_| {
        let message = "`code` names what is written in Rust and comes with Stockade; say with the other words of a rule what it finds";
        ("code", message.to_owned())
    });
    let page = Arc::new(page);
    let of_rows = || {
        let scanner = Scanner::of(std::iter::once(&page));
        let message = scanner.and_then(|scanner| scanner.check()).err()?;
        Some(("row", message))
    };
    match refused.or(of_code).or_else(of_rows) {
        None => Ok(page),
        Some((word, message)) => Err(vec![ConfigError {
            range: line_of(text, word),
            message,
        }]),
    }
}

/// Why an id can't be used.
fn taken(id: &str, known: &BTreeMap<SmolStr, PathBuf>) -> Option<String> {
    let first = |id: &str| id.split('-').next().unwrap_or_default().to_owned();
    let prefix = first(id);
    if Catalog::built_in().all().any(|p| first(&p.id) == prefix) {
        return Some(format!(
            "ids that begin with `{prefix}-` are Stockade's; begin it with a name of your own, such as `acme-{id}`"
        ));
    }
    let other = known.get(id)?;
    Some(format!("{} has this id already", other.display()))
}

/// The line that begins with a word.
fn line_of(text: &str, word: &str) -> Range<usize> {
    let start = text.find(&format!("\n{word}")).map_or(0, |at| at + 1);
    let length = text[start..].find('\n').unwrap_or(text.len() - start);
    start..start + length
}

fn located(error: &PageError, text: &str) -> ConfigError {
    let lines = text.split_inclusive('\n');
    let line: usize = lines.take(error.line as usize - 1).map(str::len).sum();
    let rest = text[line..].split('\n').next().unwrap_or_default();
    let column = rest.char_indices().nth(error.column as usize - 1);
    let start = line + column.map_or(rest.len(), |(at, _)| at);
    ConfigError {
        range: start..line + rest.trim_end().len().max(start - line),
        message: error.message.clone(),
    }
}

fn whole(message: String) -> ConfigError {
    ConfigError {
        range: 0..0,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_changes_concern_rules() {
        let cases = [
            ("/w/.stockade/rules/a.md", true),
            ("/w/.stockade/rules/team/a.md", true),
            ("/w/.stockade/rules", true),
            ("/w/.stockade", true),
            ("/w/docs/a.md", false),
            ("/w/main.tf", false),
        ];
        for (path, expected) in cases {
            assert_eq!(concerns(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn places_of_errors() {
        let text = "---\nid: é x\n---\n";
        let at = |line, column| {
            let errors = stockade_rules::page::read("p.md", "").expect_err("an empty page");
            let error = PageError {
                line,
                column,
                ..errors[0].clone()
            };
            located(&error, text).range
        };
        assert_eq!(&text[at(2, 5)], "é x");
        assert_eq!(&text[at(2, 6)], " x");
        assert_eq!(at(9, 1), text.len()..text.len());
    }
}
