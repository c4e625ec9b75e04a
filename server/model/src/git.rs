//! What git makes of the files beside a configuration: which it ignores, which it has, which it would take.
//!
//! Source: git's documentation, gitignore(5) and gitformat-index(5). Only files are read; git itself is never run.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The repository around a module's folder, as far as it concerns the module. Without one everything is empty.
#[derive(Clone, Debug, Default)]
pub struct Git {
    /// From the weakest to the strongest.
    ignore_files: Vec<IgnoreFile>,
    beside: Vec<Beside>,
}

/// A `.gitignore` that holds for the folder, or could be written.
#[derive(Clone, Debug)]
pub struct IgnoreFile {
    pub path: Arc<Path>,
    /// `None`: there is no such file.
    pub text: Option<Arc<str>>,
    patterns: Arc<Gitignore>,
}

/// A file that should not be in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// From the module's folder, with `/`.
    pub name: String,
    pub path: PathBuf,
    pub kind: BesideKind,
    /// Git has it already.
    pub is_tracked: bool,
}

/// What such a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BesideKind {
    /// `terraform.tfstate`, its backups, those of workspaces.
    State,
    /// What `terraform plan -out` wrote.
    Plan,
    /// A `.tfvars` file.
    Variables,
}

/// Buffers of an editor, which count instead of what is on disk.
pub trait Buffers {
    /// The text of an open file.
    fn text(&self, path: &Path) -> Option<String>;
    /// The open files of a folder.
    fn names(&self, folder: &Path) -> Vec<String>;
}

impl PartialEq for Git {
    fn eq(&self, other: &Git) -> bool {
        let texts = |git: &Git| -> Vec<(Arc<Path>, Option<Arc<str>>)> {
            let files = git.ignore_files.iter();
            files.map(|f| (f.path.clone(), f.text.clone())).collect()
        };
        self.beside == other.beside && texts(self) == texts(other)
    }
}

impl Git {
    /// Looks at the repository around a folder.
    pub fn around(folder: &Path, buffers: &dyn Buffers, repositories: &Repositories) -> Git {
        let beside = candidates(folder, buffers);
        if beside.is_empty() {
            return Git::default();
        }
        let Some(root) = repository_of(folder, buffers) else {
            return Git::default();
        };
        let data = data_of(&root);
        let ignore_files = ignore_files(folder, &root, &data, buffers, repositories);
        let index = repositories.index(&data);
        let tracked = tracked(index.as_ref().as_ref(), &root, &beside);
        let beside = beside.into_iter().map(|file| Beside {
            is_tracked: tracked.contains(&file.path),
            ..file
        });
        Git {
            ignore_files,
            beside: beside.collect(),
        }
    }

    /// Whether a folder that is not there comes from elsewhere: git ignores it, or it is in a submodule that is not checked out,
    /// which is an empty folder.
    pub fn expects(folder: &Path) -> bool {
        let mut there = folder.ancestors().filter(|above| above.is_dir());
        let entries = there.next().and_then(|above| std::fs::read_dir(above).ok());
        if entries.is_some_and(|mut entries| entries.next().is_none()) {
            return true;
        }
        let Some(root) = repository_of(folder, &NoBuffers) else {
            return false;
        };
        let repositories = Repositories::default();
        let git = Git {
            ignore_files: ignore_files(folder, &root, &data_of(&root), &NoBuffers, &repositories),
            beside: Vec::new(),
        };
        git.ignores(folder)
    }

    /// Whether git leaves a file alone: it is ignored, and not tracked all the same.
    pub fn leaves_alone(&self, path: &Path) -> bool {
        let is_tracked = self.beside.iter().any(|f| f.is_tracked && f.path == path);
        !is_tracked && self.ignores(path)
    }

    fn ignores(&self, path: &Path) -> bool {
        // The deepest file that says something decides.
        let said = self.ignore_files.iter().rev().find_map(|file| {
            let folder = file.patterns.path();
            let said = path
                .starts_with(folder)
                .then(|| file.patterns.matched_path_or_any_parents(path, false))?;
            (!said.is_none()).then(|| said.is_ignore())
        });
        said == Some(true)
    }

    /// The files that git has, or would take with the next `git add .`.
    pub fn exposed(&self) -> impl Iterator<Item = &Beside> {
        let files = self.beside.iter();
        files.filter(|file| file.is_tracked || !self.ignores(&file.path))
    }

    /// The `.gitignore` that a line is to be added to: the nearest that there is, else the repository's.
    pub fn nearest(&self) -> Option<&IgnoreFile> {
        let own = || self.ignore_files.iter().skip(1);
        let there = own().rev().find(|file| file.text.is_some());
        there.or_else(|| own().next())
    }

    /// The `.gitignore` at a path, if it holds here.
    pub fn ignore_file(&self, path: &Path) -> Option<&IgnoreFile> {
        self.ignore_files.iter().find(|file| &*file.path == path)
    }

    /// The same with another text in a `.gitignore`.
    #[must_use]
    pub fn with(mut self, path: &Path, text: &str) -> Git {
        let files = self.ignore_files.iter_mut();
        for file in files.filter(|file| &*file.path == path) {
            let folder = file.patterns.path().to_path_buf();
            *file = IgnoreFile::of(&folder, path, Some(text.to_owned()));
        }
        self
    }

    /// The line of a `.gitignore` that makes git leave a file alone.
    pub fn line(&self, file: &Beside) -> Option<String> {
        let folder = self.nearest()?.patterns.path().to_path_buf();
        Some(match file.kind {
            BesideKind::State => "*.tfstate*".to_owned(),
            BesideKind::Plan if has_extension(&file.path, "tfplan") => "*.tfplan".to_owned(),
            BesideKind::Plan | BesideKind::Variables => {
                format!("/{}", slashes(file.path.strip_prefix(folder).ok()?))
            }
        })
    }
}

impl IgnoreFile {
    fn of(folder: &Path, path: &Path, text: Option<String>) -> IgnoreFile {
        let mut builder = GitignoreBuilder::new(folder);
        for line in text.iter().flat_map(|text| text.lines()) {
            // Git passes over a pattern that it can't read, too.
            let _ = builder.add_line(None, line);
        }
        IgnoreFile {
            path: path.into(),
            text: text.map(Arc::from),
            patterns: Arc::new(builder.build().unwrap_or_else(|_| Gitignore::empty())),
        }
    }
}

fn read(path: &Path, buffers: &dyn Buffers) -> Option<String> {
    let open = buffers.text(path);
    open.or_else(|| Some(String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned()))
}

/// Only what is on disk.
struct NoBuffers;

impl Buffers for NoBuffers {
    fn text(&self, _: &Path) -> Option<String> {
        None
    }

    fn names(&self, _: &Path) -> Vec<String> {
        Vec::new()
    }
}

/// What holds for a folder of a repository, from the weakest to the strongest.
fn ignore_files(
    folder: &Path,
    root: &Path,
    data: &Path,
    buffers: &dyn Buffers,
    repositories: &Repositories,
) -> Vec<IgnoreFile> {
    let ignore_file = |folder: &Path, path: PathBuf| {
        repositories.ignore_file(&path, || {
            IgnoreFile::of(folder, &path, read(&path, buffers))
        })
    };
    let mut files = vec![ignore_file(root, data.join("info/exclude"))];
    let above = folder.ancestors();
    let mut folders: Vec<&Path> = above.take_while(|f| f.starts_with(root)).collect();
    folders.reverse();
    let own = folders.into_iter();
    files.extend(own.map(|folder| ignore_file(folder, folder.join(".gitignore"))));
    files
}

/// The nearest folder with a `.git`, or with a `.gitignore` in a buffer, which is a repository in the making.
fn repository_of(folder: &Path, buffers: &dyn Buffers) -> Option<PathBuf> {
    let has_buffer = |folder: &&Path| buffers.names(folder).iter().any(|n| n == ".gitignore");
    let on_disk = folder
        .ancestors()
        .find(|folder| folder.join(".git").exists());
    on_disk
        .or_else(|| folder.ancestors().find(has_buffer))
        .map(Path::to_path_buf)
}

/// Where a repository keeps its data: `.git`, or what the file of that name points at in a worktree.
fn data_of(root: &Path) -> PathBuf {
    let git = root.join(".git");
    let pointer = git.is_file().then(|| std::fs::read_to_string(&git).ok());
    let pointer = pointer.flatten();
    let target = pointer
        .as_deref()
        .and_then(|text| text.trim().strip_prefix("gitdir:"));
    target.map_or(git, |target| root.join(target.trim()))
}

/// Where the local states of workspaces are.
const WORKSPACES: &str = "terraform.tfstate.d";

/// The files of a folder that should not be in a repository, in the order of their names.
fn candidates(folder: &Path, buffers: &dyn Buffers) -> Vec<Beside> {
    let mut names: BTreeSet<String> = buffers.names(folder).into_iter().collect();
    names.extend(names_in(folder));
    // The states of other workspaces: terraform.tfstate.d/staging/terraform.tfstate.
    let workspaces = folder.join(WORKSPACES);
    if names.contains(WORKSPACES) {
        for workspace in names_in(&workspaces) {
            let states = names_in(&workspaces.join(&workspace));
            names.extend(states.map(|state| format!("{WORKSPACES}/{workspace}/{state}")));
        }
    }
    let files = names.into_iter().filter_map(|name| {
        let path = folder.join(&name);
        let kind = kind_of(&path)?;
        (!path.is_dir()).then_some(Beside {
            name,
            path,
            kind,
            is_tracked: false,
        })
    });
    files.collect()
}

fn names_in(folder: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

fn kind_of(path: &Path) -> Option<BesideKind> {
    let name = path.file_name()?.to_str()?;
    let is_state =
        name.ends_with(".tfstate") || name.contains(".tfstate.") && name.ends_with("backup");
    if is_state {
        return Some(BesideKind::State);
    }
    if has_extension(path, "tfplan") || ["tfplan", "plan.out", "tfplan.out"].contains(&name) {
        return Some(BesideKind::Plan);
    }
    let is_variables = name.ends_with(".tfvars") || name.ends_with(".tfvars.json");
    is_variables.then_some(BesideKind::Variables)
}

/// Whether a change of a file may be one of what git ignores, has or would take.
pub fn concerns(path: &Path) -> bool {
    let is_index = path.ends_with(".git/index") || path.ends_with(".git/info/exclude");
    is_index || path.ends_with(".gitignore") || kind_of(path).is_some()
}

/// The folder below which a change of such a file may matter.
pub fn reach(path: &Path) -> Option<&Path> {
    let special = |folder: &&Path| folder.ends_with(".git") || folder.ends_with(WORKSPACES);
    let inside = path.ancestors().find(special);
    inside.unwrap_or(path).parent()
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|e| e == extension)
}

/// What repositories have and ignore, each file read once: for looking at many folders at a time.
#[derive(Default)]
pub struct Repositories {
    indexes: Mutex<HashMap<PathBuf, Arc<Option<gix_index::File>>>>,
    ignore_files: Mutex<HashMap<PathBuf, IgnoreFile>>,
}

impl Repositories {
    /// The ignore file at a path.
    fn ignore_file(&self, path: &Path, read: impl FnOnce() -> IgnoreFile) -> IgnoreFile {
        let mut known = unpoisoned(&self.ignore_files);
        let file = known.entry(path.to_path_buf());
        file.or_insert_with(read).clone()
    }

    /// The index of a repository with this data, if there is one that can be read.
    fn index(&self, data: &Path) -> Arc<Option<gix_index::File>> {
        let mut known = unpoisoned(&self.indexes);
        let index = known.entry(data.to_path_buf()).or_insert_with(|| {
            let path = Some(data.join("index")).filter(|index| index.is_file());
            let options = gix_index::decode::Options::default();
            let sha1 = gix_index::hash::Kind::Sha1;
            let read = path.map(|path| gix_index::File::at(path, sha1, true, options));
            Arc::new(read.and_then(Result::ok))
        });
        index.clone()
    }
}

/// Whoever panicked has put nothing half-read in.
fn unpoisoned<T>(known: &Mutex<T>) -> MutexGuard<'_, T> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Those of the files that git's index has.
fn tracked(index: Option<&gix_index::File>, root: &Path, files: &[Beside]) -> BTreeSet<PathBuf> {
    let Some(index) = index else {
        return BTreeSet::new();
    };
    let has = |file: &&Beside| {
        let relative = file.path.strip_prefix(root).map(slashes);
        relative.is_ok_and(|path| index.entry_by_path(path.as_str().into()).is_some())
    };
    files
        .iter()
        .filter(has)
        .map(|file| file.path.clone())
        .collect()
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is exposed in `infra` of a repository, as `name` or `name!` where it is tracked.
    fn exposed(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path();
        std::fs::create_dir_all(root.join(".git/info")).expect("created");
        for (name, text) in files {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            std::fs::write(path, text).expect("written");
        }
        let git = Git::around(&root.join("infra"), &NoBuffers, &Repositories::default());
        let exposed = git.exposed();
        exposed
            .map(|f| format!("{}{}", f.name, if f.is_tracked { "!" } else { "" }))
            .collect()
    }

    #[test]
    fn the_nearest_file_decides() {
        let state = ("infra/terraform.tfstate", "{}");
        assert_eq!(exposed(&[state]), ["terraform.tfstate"]);
        assert_eq!(exposed(&[state, (".gitignore", "*.tfstate\n")]), [""; 0]);
        assert_eq!(exposed(&[state, (".gitignore", "/infra/\n")]), [""; 0]);
        assert_eq!(
            exposed(&[state, (".git/info/exclude", "*.tfstate")]),
            [""; 0]
        );
        let back = [
            state,
            (".gitignore", "*.tfstate\n"),
            ("infra/.gitignore", "!terraform.tfstate\n"),
        ];
        assert_eq!(exposed(&back), ["terraform.tfstate"]);
        let broken = [state, (".gitignore", "[\n*.tfstate\n")];
        assert_eq!(exposed(&broken), [""; 0]);
    }

    /// Writes an index, as `git add` does.
    fn add(root: &Path, names: &[&str]) {
        use gix_index::{File, State, entry, hash, write};
        let mut state = State::new(hash::Kind::Sha1);
        for name in names {
            let id = hash::ObjectId::null(hash::Kind::Sha1);
            let (flags, mode) = (entry::Flags::empty(), entry::Mode::FILE);
            state.dangerously_push_entry(Default::default(), id, flags, mode, (*name).into());
        }
        state.sort_entries();
        let mut file = File::from_state(state, root.join(".git/index"));
        file.write(write::Options::default()).expect("written");
    }

    #[test]
    fn what_git_has_is_not_ignored() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path();
        std::fs::create_dir_all(root.join(".git")).expect("created");
        std::fs::create_dir_all(root.join("infra")).expect("created");
        for name in ["terraform.tfstate", "terraform.tfvars"] {
            std::fs::write(root.join("infra").join(name), "").expect("written");
        }
        std::fs::write(root.join(".gitignore"), "terraform.tf*\n").expect("written");
        add(
            root,
            &["README.md", "infra/main.tf", "infra/terraform.tfstate"],
        );
        let git = Git::around(&root.join("infra"), &NoBuffers, &Repositories::default());
        let exposed: Vec<(&str, bool)> = git
            .exposed()
            .map(|f| (f.name.as_str(), f.is_tracked))
            .collect();
        assert_eq!(exposed, [("terraform.tfstate", true)]);
        assert!(git.leaves_alone(&root.join("infra/terraform.tfvars")));
        assert!(!git.leaves_alone(&root.join("infra/terraform.tfstate")));

        std::fs::write(root.join(".git/index"), "not an index").expect("written");
        let git = Git::around(&root.join("infra"), &NoBuffers, &Repositories::default());
        assert_eq!(
            git.exposed().count(),
            0,
            "one that can't be read has nothing"
        );
    }

    #[test]
    fn changes_reach_the_modules_that_they_concern() {
        let cases = [
            ("/w/.gitignore", "/w"),
            ("/w/.git/index", "/w"),
            ("/w/.git/info/exclude", "/w"),
            ("/w/infra/terraform.tfstate", "/w/infra"),
            (
                "/w/infra/terraform.tfstate.d/a/terraform.tfstate",
                "/w/infra",
            ),
        ];
        for (path, expected) in cases {
            assert!(concerns(Path::new(path)), "{path}");
            assert_eq!(reach(Path::new(path)), Some(Path::new(expected)), "{path}");
        }
    }

    #[test]
    fn what_should_not_be_there() {
        let files = [
            ("infra/a.tfplan", ""),
            ("infra/main.tf", ""),
            ("infra/prod.tfvars", ""),
            ("infra/terraform.tfstate.1700000000.backup", ""),
            ("infra/terraform.tfstate.backup", ""),
            ("infra/terraform.tfstate.d/staging/terraform.tfstate", ""),
            ("infra/tfplan", ""),
            ("infra/tfplan.md", ""),
        ];
        assert_eq!(
            exposed(&files),
            [
                "a.tfplan",
                "prod.tfvars",
                "terraform.tfstate.1700000000.backup",
                "terraform.tfstate.backup",
                "terraform.tfstate.d/staging/terraform.tfstate",
                "tfplan"
            ]
        );
    }
}
