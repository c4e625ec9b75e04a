//! Putting fixed texts where they belong: whole or not at all.

use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use tempfile::NamedTempFile;

/// A file's text before and after the safe fixes.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) path: Arc<Path>,
    /// The path as shown.
    pub(crate) file: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// Replaces a file by its fixed text: written beside it and renamed over it, so that nobody ever
/// sees half of it. Permissions and owner stay; a symbolic link stays one.
///
/// # Errors
/// When the file can't be written, or is no longer the one that was looked at.
pub(crate) fn write(change: &Change) -> Result<(), String> {
    replace(change).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => {
            "not fixed: the file changed while it was looked at; run the command again".to_owned()
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            format!("not fixed: {error}; make it writable and run the command again")
        }
        _ => format!("not fixed: {error}"),
    })
}

fn replace(change: &Change) -> io::Result<()> {
    let path = fs::canonicalize(&change.path)?;
    let metadata = fs::metadata(&path)?;
    if metadata.permissions().readonly() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the file is read-only",
        ));
    }
    if fs::read(&path)? != change.before.as_bytes() {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(change.after.as_bytes())?;
    keep_owner(&metadata, file.path());
    fs::set_permissions(file.path(), metadata.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

/// Only root may give files away; anybody else's new file has the right owner anyway.
#[cfg(unix)]
fn keep_owner(metadata: &Metadata, path: &Path) {
    use std::os::unix::fs::{MetadataExt, chown};
    if let Err(error) = chown(path, Some(metadata.uid()), Some(metadata.gid())) {
        tracing::debug!("the owner of {} was not kept: {error}", path.display());
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &Metadata, _: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &Path, before: &str, after: &str) -> Change {
        Change {
            path: path.into(),
            file: path.display().to_string(),
            before: before.to_owned(),
            after: after.to_owned(),
        }
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("main.tf");
        fs::write(&path, "old").expect("written");
        assert_eq!(write(&change(&path, "old", "new")), Ok(()));
        assert_eq!(fs::read_to_string(&path).expect("read"), "new");
        assert_eq!(
            fs::read_dir(folder.path()).expect("listed").count(),
            1,
            "no temporary file stays"
        );
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("main.tf");
        fs::write(&path, "other").expect("written");
        assert!(write(&change(&path, "old", "new")).is_err_and(|e| e.contains("changed while")));
        assert_eq!(fs::read_to_string(&path).expect("read"), "other");
        fs::remove_file(&path).expect("removed");
        assert!(write(&change(&path, "old", "new")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (path, link) = (folder.path().join("main.tf"), folder.path().join("link.tf"));
        fs::write(&path, "old").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
        symlink("main.tf", &link).expect("linked");
        assert_eq!(write(&change(&link, "old", "new")), Ok(()));
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::read_to_string(&path).expect("read"), "new");
        assert_eq!(
            fs::metadata(&path).expect("there").permissions().mode() & 0o777,
            0o640
        );

        fs::set_permissions(&path, fs::Permissions::from_mode(0o440)).expect("set");
        assert!(write(&change(&path, "new", "newer")).is_err_and(|e| e.contains("read-only")));
    }
}
