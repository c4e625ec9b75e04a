//! A file of a module: its text, read from disk or held open by an editor.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_model::file::is_json;
use stockade_model::{FileId, FileKind, json, terragrunt};
use stockade_syntax::{Changes, Document, Pieces};
use stockade_text::TextRange;

/// Larger files are not analysed.
pub const MAX_FILE_BYTES: u64 = 4 << 20;

/// A file of a module.
#[derive(Clone, Debug)]
pub(crate) struct SourceFile {
    pub(crate) id: FileId,
    pub(crate) path: Arc<Path>,
    pub(crate) name: SmolStr,
    pub(crate) kind: FileKind,
    pub(crate) document: Document,
    /// The client's version while the file is open.
    pub(crate) version: Option<i32>,
    /// The text on disk while the file is open.
    pub(crate) saved: Option<Arc<str>>,
    /// Why the file could not be looked at; its document is empty then.
    pub(crate) unreadable: Option<Unreadable>,
}

/// Why a file is not analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    TooLarge(u64),
    NotText,
    Binary,
    /// By git-crypt, whose key is not here.
    Encrypted,
    /// A symbolic link to what is not there.
    Dangling(String),
    Io(String),
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let limit = MAX_FILE_BYTES >> 20;
        match self {
            Unreadable::TooLarge(bytes) => write!(
                f,
                "not analysed: {:.1} MB is more than {limit} MB; split the file, or leave it out with [files] exclude in stockade.toml",
                *bytes as f64 / f64::from(1 << 20)
            ),
            Unreadable::NotText => f.write_str("not analysed: not UTF-8 text; save it as UTF-8"),
            Unreadable::Binary => f.write_str("not analysed: it holds NUL bytes, a binary file?"),
            Unreadable::Encrypted => f.write_str("encrypted by git-crypt"),
            Unreadable::Dangling(target) => write!(f, "a link to {target}, which is not there"),
            Unreadable::Io(error) => write!(f, "not read: {error}"),
        }
    }
}

/// Reads a file as text.
pub(crate) fn read(path: &Path) -> Result<String, Unreadable> {
    let io = |error: std::io::Error| Unreadable::Io(error.to_string());
    // Asked before it is opened: to open a pipe that nobody writes to never ends.
    let metadata = std::fs::metadata(path).map_err(|error| match std::fs::read_link(path) {
        Ok(target) if error.kind() == std::io::ErrorKind::NotFound => {
            Unreadable::Dangling(target.display().to_string())
        }
        _ => io(error),
    })?;
    if !metadata.is_file() {
        return Err(Unreadable::Io("not a regular file".to_owned()));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(Unreadable::TooLarge(metadata.len()));
    }
    let file = std::fs::File::open(path).map_err(io)?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // The file may grow while it is read.
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    text(bytes)
}

/// Whether there is something at a path that is no folder, be it a link to nothing.
pub(crate) fn stands(path: &Path) -> bool {
    path.symlink_metadata().is_ok() && !path.is_dir()
}

/// How a file begins that git-crypt has encrypted.
const GIT_CRYPT: &[u8] = b"\0GITCRYPT\0";

/// Bytes as text: UTF-8 without NULs, a byte order mark kept.
fn text(bytes: Vec<u8>) -> Result<String, Unreadable> {
    if bytes.starts_with(GIT_CRYPT) {
        return Err(Unreadable::Encrypted);
    }
    let text = String::from_utf8(bytes).map_err(|_| Unreadable::NotText)?;
    if text.contains('\0') {
        Err(Unreadable::Binary)
    } else {
        Ok(text)
    }
}

impl SourceFile {
    /// A file from disk, its trees dropped.
    pub(crate) fn closed(id: FileId, path: Arc<Path>, kind: FileKind) -> SourceFile {
        match read(&path) {
            Ok(text) => {
                let document = match Notation::of(&path) {
                    Notation::Hcl => Document::closed(&text),
                    other => Document::of_pieces(&text, other.pieces(&text, &path, kind)),
                };
                SourceFile::new(id, path, kind, document, None)
            }
            Err(error) => SourceFile {
                unreadable: Some(error),
                ..SourceFile::new(id, path, kind, Document::closed(""), None)
            },
        }
    }

    /// A document that an editor holds open.
    pub(crate) fn open(
        id: FileId,
        path: Arc<Path>,
        kind: FileKind,
        text: &str,
        version: i32,
    ) -> SourceFile {
        let bytes = text.len() as u64;
        if bytes > MAX_FILE_BYTES {
            let unreadable = Some(Unreadable::TooLarge(bytes));
            return SourceFile {
                unreadable,
                ..SourceFile::new(id, path, kind, Document::closed(""), Some(version))
            };
        }
        let document = match Notation::of(&path) {
            Notation::Hcl => Document::new(text),
            other => Document::of_pieces(text, other.pieces(text, &path, kind)),
        };
        SourceFile::new(id, path, kind, document, Some(version))
    }

    /// Why nothing of it can be read, where that is meant for those without a key, or without values of their own.
    pub(crate) fn hidden(&self) -> Option<&Unreadable> {
        self.unreadable.as_ref().filter(|why| match why {
            Unreadable::Encrypted => true,
            Unreadable::Dangling(_) => self.kind.is_variables(),
            _ => false,
        })
    }

    /// How it is written.
    pub(crate) fn notation(&self) -> Notation {
        Notation::of(&self.path)
    }

    /// Replaces a range of the text.
    pub(crate) fn edit(&mut self, range: TextRange, text: &str) -> Changes {
        match self.notation() {
            Notation::Hcl => self.document.edit(range, text),
            other => {
                let (path, kind) = (self.path.clone(), self.kind);
                let read = |text: &str| other.pieces(text, &path, kind);
                self.document.edit_pieces(range, text, &read)
            }
        }
    }

    fn new(
        id: FileId,
        path: Arc<Path>,
        kind: FileKind,
        document: Document,
        version: Option<i32>,
    ) -> SourceFile {
        let name = path
            .file_name()
            .map(|n| SmolStr::new(n.to_string_lossy()))
            .unwrap_or_default();
        SourceFile {
            id,
            path,
            name,
            kind,
            document,
            version,
            saved: None,
            unreadable: None,
        }
    }
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    Hcl,
    /// HCL's JSON syntax.
    Json,
    /// HCL that means something else: its blocks are not those that are evaluated.
    Terragrunt,
}

impl Notation {
    /// Told by the file's name.
    pub(crate) fn of(path: &Path) -> Notation {
        match path.file_name().and_then(|name| name.to_str()) {
            Some(terragrunt::FILE) => Notation::Terragrunt,
            Some(name) if is_json(name) => Notation::Json,
            _ => Notation::Hcl,
        }
    }

    /// What is read from a text that isn't plain HCL.
    fn pieces(self, text: &str, path: &Path, kind: FileKind) -> Pieces {
        match self {
            Notation::Terragrunt => terragrunt::pieces(text, path),
            _ => json::pieces(text, kind),
        }
    }

    /// The module calls of a text.
    pub(crate) fn module_calls(self, text: &str, path: &Path) -> Vec<(SmolStr, SmolStr)> {
        match self {
            Notation::Hcl => stockade_syntax::module_calls(text),
            Notation::Json => json::module_calls(text),
            Notation::Terragrunt => terragrunt::module_calls(text, path),
        }
    }
}
