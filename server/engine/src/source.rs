//! A file of a module: its text, read from disk or held open by an editor.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_model::{FileId, FileKind, json};
use stockade_syntax::{Changes, Document};
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
    /// Why the file could not be looked at; its document is empty then.
    pub(crate) unreadable: Option<Unreadable>,
}

/// Why a file is not analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    TooLarge(u64),
    NotText,
    Binary,
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
            Unreadable::Io(error) => write!(f, "not read: {error}"),
        }
    }
}

/// Reads a file as text.
pub(crate) fn read(path: &Path) -> Result<String, Unreadable> {
    let io = |error: std::io::Error| Unreadable::Io(error.to_string());
    // Asked before it is opened: to open a pipe that nobody writes to never ends.
    let metadata = std::fs::metadata(path).map_err(io)?;
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

/// Bytes as text: UTF-8 without NULs, a byte order mark kept.
fn text(bytes: Vec<u8>) -> Result<String, Unreadable> {
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
                let document = match is_json(&path) {
                    true => Document::of_pieces(&text, json::pieces(&text, kind)),
                    false => Document::closed(&text),
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
        let document = match is_json(&path) {
            true => Document::of_pieces(text, json::pieces(text, kind)),
            false => Document::new(text),
        };
        SourceFile::new(id, path, kind, document, Some(version))
    }

    /// Whether it is written in HCL's JSON syntax.
    pub(crate) fn is_json(&self) -> bool {
        is_json(&self.path)
    }

    /// Replaces a range of the text.
    pub(crate) fn edit(&mut self, range: TextRange, text: &str) -> Changes {
        if self.is_json() {
            let kind = self.kind;
            let read = |text: &str| json::pieces(text, kind);
            return self.document.edit_pieces(range, text, &read);
        }
        self.document.edit(range, text)
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
            unreadable: None,
        }
    }
}

/// Whether a file is in JSON, by its name.
pub(crate) fn is_json(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(stockade_model::file::is_json)
}
