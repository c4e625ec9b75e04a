//! Modules that `terraform init` fetched: `.terraform/modules/modules.json` says where they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use smol_str::SmolStr;

use crate::workspace::{local_source, normalize};

/// The end of the path of the file that `terraform init` writes.
pub const MANIFEST: &str = ".terraform/modules/modules.json";

/// Larger manifests are not read: a call takes some 200 bytes.
const MAX_MANIFEST: u64 = 16 << 20;

/// The folder that `terraform init` writes into.
const TOOL: &str = ".terraform";

/// Which folder answers a module call, by the caller's folder and the call's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installed {
    by_call: BTreeMap<(PathBuf, SmolStr), Fetched>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Fetched {
    source: String,
    folder: PathBuf,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "Modules", default)]
    modules: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    /// The names of the calls on the way from the root module, `vpc.endpoints`; empty for the root.
    key: String,
    source: String,
    /// From the root module's folder.
    dir: PathBuf,
}

impl Installed {
    /// What was fetched for a root module; nothing where `terraform init` has not run. A manifest that can't be
    /// read is none.
    pub fn of_root(root: &Path) -> Installed {
        let path = root.join(MANIFEST);
        let is_small = std::fs::metadata(&path).is_ok_and(|m| m.len() <= MAX_MANIFEST);
        let text = Some(path).filter(|_| is_small);
        let text = text.and_then(|path| std::fs::read_to_string(path).ok());
        text.and_then(|text| Installed::read(root, &text))
            .unwrap_or_default()
    }

    fn read(root: &Path, manifest: &str) -> Option<Installed> {
        let manifest: Manifest = serde_json::from_str(manifest).ok()?;
        let folder = |record: &Record| normalize(&root.join(&record.dir));
        let folders: BTreeMap<&str, PathBuf> = manifest
            .modules
            .iter()
            .map(|record| (record.key.as_str(), folder(record)))
            .collect();
        let called = manifest.modules.iter().filter(|r| !r.key.is_empty());
        let by_call = called.filter_map(|record| {
            let (caller, name) = record.key.rsplit_once('.').unwrap_or(("", &record.key));
            let caller = match caller {
                "" => normalize(root),
                caller => folders.get(caller)?.clone(),
            };
            let fetched = Fetched {
                source: record.source.clone(),
                folder: folder(record),
            };
            Some(((caller, SmolStr::new(name)), fetched))
        });
        Some(Installed {
            by_call: by_call.collect(),
        })
    }

    /// Takes on what was fetched for another root module. Of a call that both answer, the first counts.
    pub fn add(&mut self, other: Installed) {
        for (call, fetched) in other.by_call {
            self.by_call.entry(call).or_insert(fetched);
        }
    }

    /// The folder of the module that a call means: a local one, or one that was fetched from what the call names now.
    pub fn callee(&self, caller: &Path, name: &str, source: &str) -> Option<PathBuf> {
        local_source(caller, source).or_else(|| {
            let call = (caller.to_path_buf(), SmolStr::new(name));
            let fetched = self.by_call.get(&call)?;
            // The public registry, `git::https://` and `.git` are left out where they are understood.
            let plain = |source: &str| source.replace(".git", "");
            let is_same = plain(&fetched.source)
                .strip_suffix(&plain(source))
                .is_some_and(|host| host.is_empty() || host.ends_with('/'));
            is_same.then(|| fetched.folder.clone())
        })
    }
}

/// Whether a folder holds a module that was fetched: nobody edits it, and what is found in it is told at the call.
pub fn is_installed(folder: &Path) -> bool {
    folder.iter().any(|part| part == TOOL)
}

/// The folder of the root module that a fetched module was fetched for; any other folder itself.
pub(crate) fn home_of(folder: &Path) -> &Path {
    let inner = folder
        .ancestors()
        .filter(|f| f.file_name().is_some_and(|n| n == TOOL));
    inner.last().and_then(Path::parent).unwrap_or(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_answered_by_the_manifest() {
        let manifest = r#"{"Modules":[
            {"Key":"","Source":"","Dir":"."},
            {"Key":"vpc","Source":"registry.terraform.io/acme/vpc/aws","Version":"5.0.0","Dir":".terraform/modules/vpc"},
            {"Key":"vpc.flow","Source":"git::https://example.com/flow.git?ref=v1","Dir":".terraform/modules/vpc.flow"},
            {"Key":"flow","Source":"git::https://github.com/acme/flow.git?ref=v1","Dir":".terraform/modules/flow"},
            {"Key":"app","Source":"./app","Dir":"app"},
            {"Key":"app.bucket","Source":"registry.terraform.io/acme/bucket/aws//modules/private","Dir":".terraform/modules/app.bucket/modules/private"}]}"#;
        let installed = Installed::read(Path::new("/w/live"), manifest).expect("a manifest");
        let cases = [
            (
                "/w/live",
                "vpc",
                "acme/vpc/aws",
                Some("/w/live/.terraform/modules/vpc"),
            ),
            (
                "/w/live",
                "vpc",
                "registry.terraform.io/acme/vpc/aws",
                Some("/w/live/.terraform/modules/vpc"),
            ),
            ("/w/live", "vpc", "other/vpc/aws", None),
            ("/w/live", "vpc", "cme/vpc/aws", None),
            (
                "/w/live",
                "flow",
                "github.com/acme/flow?ref=v1",
                Some("/w/live/.terraform/modules/flow"),
            ),
            ("/w/live", "app", "./app", Some("/w/live/app")),
            ("/w/live", "new", "acme/vpc/aws", None),
            (
                "/w/live/.terraform/modules/vpc",
                "flow",
                "git::https://example.com/flow.git?ref=v1",
                Some("/w/live/.terraform/modules/vpc.flow"),
            ),
            (
                "/w/live/app",
                "bucket",
                "acme/bucket/aws//modules/private",
                Some("/w/live/.terraform/modules/app.bucket/modules/private"),
            ),
        ];
        for (caller, name, source, folder) in cases {
            let callee = installed.callee(Path::new(caller), name, source);
            assert_eq!(
                callee,
                folder.map(PathBuf::from),
                "{caller} {name} {source}"
            );
        }
        assert_eq!(Installed::read(Path::new("/w"), "{"), None);
    }

    #[test]
    fn homes() {
        let cases = [
            ("/w/live/.terraform/modules/vpc/modules/x", "/w/live", true),
            ("/w/live", "/w/live", false),
        ];
        for (folder, home, installed) in cases {
            assert_eq!(home_of(Path::new(folder)), Path::new(home));
            assert_eq!(is_installed(Path::new(folder)), installed);
        }
    }
}
