//! URIs as clients spell them, and the paths they mean.
//!
//! Clients differ: VS Code writes `file:///c%3A/a%20b.tf`, others `file:///C:/a%20b.tf`, some forget to escape. A path
//! is the identity of a file; what is published about an open file goes back under the spelling that it was opened with.

use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use dashmap::DashMap;
use lsp_types::Uri;

/// The spellings under which clients opened files.
#[derive(Debug, Default)]
pub(crate) struct Spellings(DashMap<PathBuf, Uri>);

impl Spellings {
    /// The path of a document that the client opens, remembering its spelling. `None` for what is not a file.
    pub(crate) fn opened(&self, uri: &Uri, language: &str) -> Option<PathBuf> {
        // A document without a file has no name that tells what it is.
        if is_untitled(uri) && !UNTITLED_LANGUAGES.contains(&language) {
            return None;
        }
        let path = to_path(uri)?;
        self.0.insert(path.clone(), uri.clone());
        Some(path)
    }

    /// The URI of a file: as the client spells it, else as the specification's examples do.
    pub(crate) fn uri(&self, path: &Path) -> Option<Uri> {
        if let Some(spelling) = self.0.get(path) {
            return Some(spelling.clone());
        }
        Uri::from_str(&from_path(path)).ok()
    }
}

/// The languages of documents without a file that are configuration.
const UNTITLED_LANGUAGES: [&str; 2] = ["terraform", "opentofu"];

/// Below it documents without a file stand, each a module of its own. Nobody has such a folder.
const UNTITLED: &str = if cfg!(windows) {
    "C:\\.stockade-untitled"
} else {
    "/.stockade-untitled"
};

fn is_untitled(uri: &Uri) -> bool {
    uri.as_str().starts_with("untitled:")
}

/// The path that a `file:` URI means, or stands for a document without a file; `None` for other schemes and hosts.
pub(crate) fn to_path(uri: &Uri) -> Option<PathBuf> {
    if let Some(name) = uri.as_str().strip_prefix("untitled:") {
        let name = String::from_utf8_lossy(&decode(name)).replace(['/', '\\', ':', '\0'], "_");
        let own = name != "." && name != ".." && !name.is_empty();
        return own.then(|| Path::new(UNTITLED).join(name).join("untitled.tf"));
    }
    let bytes = path_bytes(uri.as_str(), cfg!(windows))?;
    os_path(bytes).map(|path| without_dots(&path))
}

/// `.` and `..` resolved by their names alone, as everybody who compares paths expects.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            component => plain.push(component),
        }
    }
    plain
}

#[cfg(unix)]
fn os_path(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

#[cfg(not(unix))]
fn os_path(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// The bytes of the path in a `file:` URI, in the form of Unix or of Windows.
fn path_bytes(uri: &str, windows: bool) -> Option<Vec<u8>> {
    let (scheme, rest) = uri.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("file") {
        return None;
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/')?),
        None => ("", rest),
    };
    let host = if host.eq_ignore_ascii_case("localhost") {
        ""
    } else {
        host
    };
    let mut bytes = decode(path);
    if !windows {
        return (host.is_empty() && bytes.first() == Some(&b'/') && !bytes.contains(&0))
            .then_some(bytes);
    }
    if !host.is_empty() {
        bytes.splice(0..0, format!("//{host}").bytes());
    } else if bytes.len() >= 3
        && bytes[0] == b'/'
        && bytes[1].is_ascii_alphabetic()
        && bytes[2] == b':'
    {
        bytes.remove(0);
        bytes[0] = bytes[0].to_ascii_uppercase();
    }
    bytes
        .iter_mut()
        .filter(|byte| **byte == b'/')
        .for_each(|byte| *byte = b'\\');
    Some(bytes)
}

/// Percent escapes undone; what only looks like one stays.
fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match escape(bytes, at) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    decoded
}

/// The byte that the percent escape at `at` stands for.
fn escape(bytes: &[u8], at: usize) -> Option<u8> {
    if bytes[at] != b'%' {
        return None;
    }
    let digit = |at: usize| bytes.get(at).and_then(|byte| (*byte as char).to_digit(16));
    Some((digit(at + 1)? * 16 + digit(at + 2)?) as u8)
}

/// The `file:` URI of an absolute path.
fn from_path(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut uri = String::with_capacity(bytes.len() + 8);
    uri.push_str("file://");
    if cfg!(windows) && !bytes.starts_with(b"\\\\") {
        uri.push('/');
    }
    for &byte in bytes {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(byte as char)
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// Escapes what a URI may not hold, for clients that send `file:///a b.tf`. `None` if nothing is wrong with it.
pub(crate) fn mended(uri: &str) -> Option<String> {
    let bytes = uri.as_bytes();
    let wrong = |at: usize| match bytes[at] {
        b'%' => escape(bytes, at).is_none(),
        byte => byte <= b' ' || byte >= 0x7f || b"\"<>\\^`{|}[]".contains(&byte),
    };
    if !(0..bytes.len()).any(wrong) {
        return None;
    }
    let mut mended = String::with_capacity(uri.len() + 16);
    for (at, &byte) in bytes.iter().enumerate() {
        if wrong(at) {
            mended.push_str(&format!("%{byte:02X}"));
        } else {
            mended.push(byte as char);
        }
    }
    Some(mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_means_a_path() {
        let check = |uri: &str, unix: Option<&str>, windows: Option<&str>| {
            let path = |windows| {
                path_bytes(uri, windows).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            };
            assert_eq!(path(false).as_deref(), unix, "{uri} on Unix");
            assert_eq!(path(true).as_deref(), windows, "{uri} on Windows");
        };
        check(
            "file:///srv/main.tf",
            Some("/srv/main.tf"),
            Some("\\srv\\main.tf"),
        );
        check(
            "file:///srv/a%20b/m%C3%A4in.tf",
            Some("/srv/a b/mäin.tf"),
            Some("\\srv\\a b\\mäin.tf"),
        );
        check(
            "file:///c%3A/shop/main.tf",
            Some("/c:/shop/main.tf"),
            Some("C:\\shop\\main.tf"),
        );
        check(
            "file:///C:/shop/main.tf",
            Some("/C:/shop/main.tf"),
            Some("C:\\shop\\main.tf"),
        );
        check(
            "file://localhost/srv/main.tf",
            Some("/srv/main.tf"),
            Some("\\srv\\main.tf"),
        );
        check(
            "file://server/share/main.tf",
            None,
            Some("\\\\server\\share\\main.tf"),
        );
        check(
            "FILE:/srv/main.tf?x#y",
            Some("/srv/main.tf"),
            Some("\\srv\\main.tf"),
        );
        check(
            "file:///srv/100%.tf",
            Some("/srv/100%.tf"),
            Some("\\srv\\100%.tf"),
        );
        check("file:///srv/%00.tf", None, Some("\\srv\\\0.tf"));
        check("untitled:Untitled-1", None, None);
        check("git:/srv/main.tf?ref=HEAD", None, None);
        check("main.tf", None, None);
        check("file://", None, None);
    }

    #[cfg(unix)]
    #[test]
    fn a_path_comes_back() {
        use std::os::unix::ffi::OsStrExt;
        for bytes in [
            &b"/srv/main.tf"[..],
            b"/srv/a b/[x]/100%20.tf",
            "/ä/😀.tf".as_bytes(),
            b"/srv/\xff.tf",
        ] {
            let path = Path::new(std::ffi::OsStr::from_bytes(bytes));
            let uri = Uri::from_str(&from_path(path)).expect("a URI");
            assert_eq!(to_path(&uri).as_deref(), Some(path), "{}", uri.as_str());
        }
    }

    #[test]
    fn the_clients_spelling_goes_back() {
        let spellings = Spellings::default();
        let uri = Uri::from_str("file:///srv/%6Dain.tf").expect("a URI");
        let path = spellings.opened(&uri, "terraform").expect("a path");
        assert_eq!(
            spellings.uri(&path).as_ref().map(|uri| uri.as_str()),
            Some("file:///srv/%6Dain.tf")
        );
        let other = spellings.uri(Path::new("/srv/other.tf"));
        assert_eq!(
            other.as_ref().map(|uri| uri.as_str()),
            Some("file:///srv/other.tf")
        );
    }

    #[test]
    fn unescaped_uris_are_mended() {
        for (uri, expected) in [
            ("file:///a b/ä.tf", Some("file:///a%20b/%C3%A4.tf")),
            ("file:///[x]/50%.tf", Some("file:///%5Bx%5D/50%25.tf")),
            ("file:///a%20b.tf", None),
        ] {
            assert_eq!(mended(uri).as_deref(), expected, "{uri}");
        }
    }
}
