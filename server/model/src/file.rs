//! Which files make up a module, and in which order Terraform reads them.
//!
//! Source: Terraform's documentation, "Files and configuration structure", "Override files" and
//! "Variable definition precedence"; OpenTofu's documentation on the `.tofu` extension.

use std::path::Path;

/// What a file is to the module whose folder it is in, told by its name alone; one in JSON is what it would be in HCL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// `.tf` or `.tofu`.
    Configuration,
    /// `override.tf`, `*_override.tf` and their `.tofu` forms: merged over the others.
    Override,
    /// `terraform.tfvars` and `*.auto.tfvars`: always loaded.
    AutoVariables,
    /// Other `.tfvars` files, loaded only when named.
    NamedVariables,
    /// `terragrunt.hcl`: a call of a module with inputs.
    Terragrunt,
    /// `.terraform.lock.hcl`.
    Lock,
    /// `stockade.toml`.
    Settings,
}

/// The name of the settings file that marks a workspace.
pub const SETTINGS: &str = "stockade.toml";

impl FileKind {
    /// The kind of a file, or `None` when it is nothing to us (`.tftest.hcl`, `main.tf~`, `.#main.tf`).
    pub fn of(path: &Path) -> Option<FileKind> {
        let name = path.file_name()?.to_str()?;
        match name {
            SETTINGS => return Some(FileKind::Settings),
            ".terraform.lock.hcl" => return Some(FileKind::Lock),
            crate::terragrunt::FILE => return Some(FileKind::Terragrunt),
            _ => {}
        }
        if is_ignored(name) {
            return None;
        }
        let name = name.strip_suffix(".json").unwrap_or(name);
        if let Some(stem) = name
            .strip_suffix(".tf")
            .or_else(|| name.strip_suffix(".tofu"))
        {
            return Some(if is_override(stem) {
                FileKind::Override
            } else {
                FileKind::Configuration
            });
        }
        let stem = name.strip_suffix(".tfvars")?;
        Some(if stem == "terraform" || stem.ends_with(".auto") {
            FileKind::AutoVariables
        } else {
            FileKind::NamedVariables
        })
    }

    /// Whether the file is part of a module: it is evaluated, and shown with its findings.
    pub fn is_source(self) -> bool {
        !matches!(self, FileKind::Lock | FileKind::Settings)
    }

    /// Whether the file gives variables their values.
    pub fn is_variables(self) -> bool {
        matches!(self, FileKind::AutoVariables | FileKind::NamedVariables)
    }

    /// Whether the file belongs to the configuration itself.
    pub fn is_configuration(self) -> bool {
        matches!(
            self,
            FileKind::Configuration | FileKind::Override | FileKind::Terragrunt
        )
    }
}

/// Whether a file of a module is in HCL's JSON syntax.
pub fn is_json(name: &str) -> bool {
    name.ends_with(".json")
}

/// Terraform skips hidden files and editors' leavings.
fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
}

fn is_override(stem: &str) -> bool {
    stem == "override" || stem.ends_with("_override")
}

/// The `.tf` name that a `.tofu` file of the same module hides.
pub fn hidden_by_tofu(name: &str) -> Option<String> {
    if let Some(stem) = name.strip_suffix(".tofu") {
        return Some(format!("{stem}.tf"));
    }
    name.strip_suffix(".tofu.json")
        .map(|stem| format!("{stem}.tf.json"))
}

/// Sorts files of variable values from the weakest to the strongest: `terraform.tfvars`, then
/// `*.auto.tfvars` by name.
pub fn variables_order(name: &str) -> (u8, &str) {
    (u8::from(!name.starts_with("terraform.tfvars")), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        let cases = [
            ("main.tf", Some(FileKind::Configuration)),
            ("main.tofu", Some(FileKind::Configuration)),
            ("override.tf", Some(FileKind::Override)),
            ("a_override.tofu", Some(FileKind::Override)),
            ("main.tf.json", Some(FileKind::Configuration)),
            ("a_override.tofu.json", Some(FileKind::Override)),
            ("package.json", None),
            ("stockade.toml.json", None),
            ("terraform.tfvars", Some(FileKind::AutoVariables)),
            ("x.auto.tfvars", Some(FileKind::AutoVariables)),
            ("prod.tfvars", Some(FileKind::NamedVariables)),
            ("x.auto.tfvars.json", Some(FileKind::AutoVariables)),
            (".terraform.lock.hcl", Some(FileKind::Lock)),
            ("stockade.toml", Some(FileKind::Settings)),
            ("terragrunt.hcl", Some(FileKind::Terragrunt)),
            ("main.tftest.hcl", None),
            ("main.tf~", None),
            (".#main.tf", None),
            ("#main.tf#", None),
            ("README.md", None),
        ];
        for (name, kind) in cases {
            assert_eq!(FileKind::of(Path::new(name)), kind, "{name}");
        }
    }
}
