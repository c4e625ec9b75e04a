//! The built-in rule pages: the texts of `queries/rules`, embedded compressed per provider, read at
//! first use by the same reader as an organisation's own pages.

mod snippets;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use stockade_rules::page::{Page, PageError, read};

pub use snippets::{Snippet, snippets};

include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// The pages that could be read, and why others could not.
#[derive(Debug, Default)]
struct Pages {
    pages: Vec<Arc<Page>>,
    errors: Vec<PageError>,
}

/// Every page, by provider and path.
pub fn all() -> &'static [Arc<Page>] {
    &pages().pages
}

/// What is wrong with pages that are left out; a test keeps this empty.
pub fn errors() -> &'static [PageError] {
    &pages().errors
}

/// The texts of all pages with their paths below `queries/rules`.
pub fn texts() -> Vec<(String, String)> {
    match FOLDER.get() {
        Some(folder) => in_folder(folder),
        None => PACKS.iter().flat_map(|(_, pack)| unpack(pack)).collect(),
    }
}

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Takes the pages from a folder laid out like `queries/rules` instead of the embedded ones, so that who
/// writes pages need not build. Without effect once a page has been asked for.
pub fn use_folder(folder: &Path) {
    let _ = FOLDER.set(folder.to_path_buf());
}

fn in_folder(root: &Path) -> Vec<(String, String)> {
    let mut todo = vec![root.to_path_buf()];
    let mut pages = Vec::new();
    while let Some(folder) = todo.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            let is_page = path.extension().is_some_and(|e| e == "md")
                && path.file_name().is_some_and(|name| name != "README.md");
            if path.is_dir() {
                todo.push(path);
            } else if is_page
                && let (Ok(relative), Ok(text)) =
                    (path.strip_prefix(root), std::fs::read_to_string(&path))
            {
                pages.push((relative.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
    pages.sort();
    pages
}

fn pages() -> &'static Pages {
    static PAGES: OnceLock<Pages> = OnceLock::new();
    PAGES.get_or_init(|| {
        let texts = texts();
        let mut pages = Pages::default();
        for page in read_all(&texts) {
            match page {
                Ok(page) => pages.pages.push(Arc::new(page)),
                Err(errors) => pages.errors.extend(errors),
            }
        }
        pages
    })
}

/// On as many threads as there are processors. Not on rayon's: one of them may be waiting for these pages.
fn read_all(texts: &[(String, String)]) -> Vec<Result<Page, Vec<PageError>>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = texts.chunks(texts.len().div_ceil(threads).max(1));
    std::thread::scope(|scope| {
        let read_part =
            |part: &[(String, String)]| part.iter().map(|(path, text)| read(path, text)).collect();
        let parts: Vec<_> = parts
            .map(|part| scope.spawn(move || -> Vec<_> { read_part(part) }))
            .collect();
        let read = parts.into_iter().map(|part| {
            part.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        read.flatten().collect()
    })
}

fn unpack(pack: &[u8]) -> Vec<(String, String)> {
    // Our own build made it; a pack that can't be read holds no pages.
    let bytes = lz4_flex::decompress_size_prepended(pack).unwrap_or_default();
    let text = String::from_utf8(bytes).unwrap_or_default();
    let mut parts = text.split('\0');
    let mut pages = Vec::new();
    while let (Some(path), Some(page)) = (parts.next(), parts.next()) {
        pages.push((path.to_owned(), page.to_owned()));
    }
    pages
}

/// The page of an id.
pub fn find(id: &str) -> Option<&'static Arc<Page>> {
    all().iter().find(|page| page.id == id)
}

/// The pages of a provider: of a folder below `queries/rules`.
pub fn provider(name: &str) -> impl Iterator<Item = &'static Arc<Page>> {
    all()
        .iter()
        .filter(move |page| page.path.split('/').next() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_reads_and_names_what_exists() {
        let unreadable: Vec<String> = errors().iter().map(ToString::to_string).collect();
        let unknown: Vec<String> = all()
            .iter()
            .flat_map(|page| stockade_rules::lint(page))
            .map(|e| e.to_string())
            .collect();
        assert_eq!((unreadable, unknown), (Vec::new(), Vec::new()));
    }

    #[test]
    fn ids_are_unique_and_known() {
        let mut ids: Vec<&str> = all().iter().map(|page| page.id.as_str()).collect();
        ids.sort_unstable();
        let repeated: Vec<&[&str]> = ids.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        let superseded = all().iter().flat_map(|page| page.supersedes.iter());
        let unknown: Vec<String> = superseded
            .filter(|id| find(id).is_none())
            .map(ToString::to_string)
            .collect();
        assert_eq!((repeated, unknown), (Vec::new(), Vec::new()));
    }

    #[test]
    fn an_id_begins_with_its_provider() {
        for page in all() {
            let folder = page.path.split('/').next().unwrap_or_default();
            let own = ["terraform", "general"].contains(&folder)
                || page.id.starts_with(&format!("{folder}-"));
            assert!(own, "{}: {}", page.path, page.id);
        }
    }
}
