//! Where a workspace begins, which folders of it hold modules, and who calls whom.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ignore::{DirEntry, WalkBuilder, WalkState};
use rustc_hash::FxHashMap;

use crate::file::{FileKind, SETTINGS};
use crate::installed::home_of;

/// The root of the workspace that a module's folder belongs to: the folder of the nearest
/// `stockade.toml` at or above it, else the git root; with neither, the folder itself.
/// The home folder and `/` are never a workspace.
pub fn root_of(folder: &Path) -> PathBuf {
    // What is fetched for a module belongs to the module, whatever repository it comes from.
    let folder = home_of(folder);
    let above = || folder.ancestors().take_while(|f| !is_too_wide(f));
    let marked = |mark: &str| {
        above()
            .find(|f| f.join(mark).exists())
            .map(Path::to_path_buf)
    };
    marked(SETTINGS)
        .or_else(|| marked(".git"))
        .unwrap_or_else(|| folder.to_path_buf())
}

fn is_too_wide(folder: &Path) -> bool {
    folder.parent().is_none()
        || std::env::var_os("HOME").is_some_and(|home| folder == Path::new(&home))
}

/// A folder or file that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub path: PathBuf,
    pub reason: String,
}

/// The folders below `root` that hold configuration, as `.gitignore` and `exclude` say which are
/// entered. Symbolic links are not followed. Sorted.
pub fn module_folders(
    root: &Path,
    is_excluded: impl Fn(&Path) -> bool + Sync,
) -> (Vec<PathBuf>, Vec<Skipped>) {
    let found = Mutex::new((BTreeSet::new(), Vec::new()));
    // Whoever panicked has put nothing half-done in.
    let locked = || found.lock().unwrap_or_else(PoisonError::into_inner);
    let visit = |entry: Result<DirEntry, ignore::Error>| {
        match entry {
            Ok(entry) => {
                let path = entry.path();
                let is_configuration = FileKind::of(path).is_some_and(FileKind::is_configuration);
                if is_configuration
                    && !is_excluded(path)
                    && entry.file_type().is_some_and(|t| !t.is_dir())
                {
                    locked().0.extend(path.parent().map(Path::to_path_buf));
                }
            }
            Err(error) => locked().1.push(skipped_by(root, &error)),
        }
        WalkState::Continue
    };
    let walk = walk(root).build_parallel();
    walk.run(|| Box::new(&visit));
    let (folders, mut skipped) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    (folders.into_iter().collect(), skipped)
}

/// A walk below a folder. Only git's own files decide where it goes; `stockade.toml` does afterwards.
fn walk(root: &Path) -> WalkBuilder {
    let mut walk = WalkBuilder::new(root);
    walk.hidden(false)
        .ignore(false)
        .require_git(false)
        .filter_entry(|entry| !is_tool_folder(entry.path()));
    walk
}

/// Folders with configuration that [`module_folders`] does not enter, each with why: the outermost ones.
pub fn left_out(root: &Path, is_excluded: impl Fn(&Path) -> bool) -> Vec<Skipped> {
    let folders = |walk: &WalkBuilder| -> BTreeSet<PathBuf> {
        let entries = walk.build().filter_map(Result::ok);
        let folders = entries.filter(|e| e.file_type().is_some_and(|t| t.is_dir()));
        folders.map(DirEntry::into_path).collect()
    };
    let entered = folders(&walk(root));
    let mut left_out: Vec<Skipped> = Vec::new();
    let mut add = |path: PathBuf, reason: &str| {
        let mut files = walk(&path)
            .standard_filters(false)
            .build()
            .take(FEW)
            .flatten();
        if files.any(|f| FileKind::of(f.path()).is_some_and(FileKind::is_configuration)) {
            let reason = reason.to_owned();
            left_out.push(Skipped { path, reason });
        }
    };
    for folder in &entered {
        let parent_is_excluded = folder.parent().is_some_and(&is_excluded) && folder != root;
        if is_excluded(folder) {
            if !parent_is_excluded {
                add(folder.clone(), "[files] exclude in stockade.toml");
            }
            continue;
        }
        let children = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let children = children.filter(|c| c.file_type().is_ok_and(|t| t.is_dir()));
        let mut children: Vec<PathBuf> = children.map(|c| c.path()).collect();
        children.retain(|c| !entered.contains(c) && !is_tool_folder(c));
        children.sort();
        children
            .into_iter()
            .for_each(|child| add(child, ".gitignore"));
    }
    left_out.sort_by(|a, b| a.path.cmp(&b.path));
    left_out
}

/// How many files of a folder that is left out are looked at, to see whether it holds configuration.
const FEW: usize = 2_000;

/// Folders that tools fill: nobody means them when a folder is to be checked.
fn is_tool_folder(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name == ".git" || name == ".terraform" || name == ".terragrunt-cache")
}

fn skipped_by(root: &Path, error: &ignore::Error) -> Skipped {
    fn path_of(error: &ignore::Error) -> Option<PathBuf> {
        match error {
            ignore::Error::WithPath { path, .. } => Some(path.clone()),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
                path_of(err)
            }
            ignore::Error::Loop { child, .. } => Some(child.clone()),
            _ => None,
        }
    }
    let reason = error
        .io_error()
        .map_or_else(|| error.to_string(), |error| error.kind().to_string());
    Skipped {
        path: path_of(error).unwrap_or_else(|| root.to_path_buf()),
        reason,
    }
}

/// The folder that a local module source names; `None` for registry, git and other sources.
pub fn local_source(caller: &Path, source: &str) -> Option<PathBuf> {
    (source.starts_with("./") || source.starts_with("../") || source == "." || source == "..")
        .then(|| normalize(&caller.join(source)))
}

/// Resolves `.` and `..` by name, without asking the disk.
pub fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(out.components().next_back(), Some(Component::Normal(_))) =>
            {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// Who calls whom by a local path, over one workspace.
#[derive(Clone, Debug, Default)]
pub struct CallGraph {
    callees: FxHashMap<PathBuf, BTreeSet<PathBuf>>,
    callers: FxHashMap<PathBuf, BTreeSet<PathBuf>>,
}

impl CallGraph {
    /// Replaces the calls of one folder. Returns the folders whose set of callers changed.
    pub fn set(&mut self, folder: &Path, callees: BTreeSet<PathBuf>) -> Vec<PathBuf> {
        let old = self
            .callees
            .insert(folder.to_path_buf(), callees.clone())
            .unwrap_or_default();
        let changed: Vec<PathBuf> = old.symmetric_difference(&callees).cloned().collect();
        for callee in &changed {
            let callers = self.callers.entry(callee.clone()).or_default();
            if callees.contains(callee) {
                callers.insert(folder.to_path_buf());
            } else {
                callers.remove(folder);
            }
        }
        changed
    }

    /// The folders that call this one.
    pub fn callers<'a>(&'a self, folder: &Path) -> impl Iterator<Item = &'a Path> {
        self.callers
            .get(folder)
            .into_iter()
            .flatten()
            .map(PathBuf::as_path)
    }

    /// The folders that this one calls.
    pub fn callees<'a>(&'a self, folder: &Path) -> impl Iterator<Item = &'a Path> {
        let callees = self.callees.get(folder).into_iter().flatten();
        callees.map(PathBuf::as_path)
    }

    /// The folders that others call.
    pub fn called(&self) -> impl Iterator<Item = &Path> {
        let called = self.callers.iter();
        let called = called.filter(|(_, callers)| !callers.is_empty());
        called.map(|(folder, _)| folder.as_path())
    }

    /// Whether a module's inputs come from elsewhere: it is called, and not only from folders
    /// named `examples` or `tests`, whose callers are not its users.
    pub fn has_inputs(&self, folder: &Path) -> bool {
        self.callers(folder)
            .any(|caller| caller != folder && !is_demonstration(caller))
    }
}

fn is_demonstration(folder: &Path) -> bool {
    folder
        .iter()
        .any(|part| part == "examples" || part == "example" || part == "tests" || part == "test")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources() {
        let caller = Path::new("/w/live/prod");
        let cases = [
            ("./net", Some("/w/live/prod/net")),
            ("../../modules/vpc", Some("/w/modules/vpc")),
            ("../", Some("/w/live")),
            ("terraform-aws-modules/vpc/aws", None),
            ("git::https://example.com/x.git", None),
        ];
        for (source, folder) in cases {
            assert_eq!(
                local_source(caller, source),
                folder.map(PathBuf::from),
                "{source}"
            );
        }
    }

    #[test]
    fn callers_follow_edits() {
        let mut graph = CallGraph::default();
        let (app, vpc, example) = (
            Path::new("/w/app"),
            Path::new("/w/vpc"),
            Path::new("/w/vpc/examples/a"),
        );
        assert_eq!(graph.set(example, [vpc.to_path_buf()].into()), [vpc]);
        assert!(
            !graph.has_inputs(vpc),
            "examples don't make a module a called one"
        );
        assert_eq!(graph.set(app, [vpc.to_path_buf()].into()), [vpc]);
        assert!(graph.has_inputs(vpc));
        assert_eq!(
            graph.set(app, [vpc.to_path_buf()].into()),
            Vec::<PathBuf>::new()
        );
        assert_eq!(graph.set(app, BTreeSet::new()), [vpc]);
        assert!(!graph.has_inputs(vpc));
    }
}
