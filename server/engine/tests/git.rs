//! What git ignores, has or would take decides about files beside a configuration, and follows its changes.

use std::path::Path;

use stockade_engine::{Event, Options, Workspace};

const STATE: &str = "terraform-state-in-git";
const VARIABLE: &str = "terraform-sensitive-variable-in-git";
const SECRET: &str = "terraform-secret-in-configuration";

const MAIN: &str = "terraform {\n}\n\nvariable \"db_password\" {\n  sensitive = true\n}\n\nvariable \"license\" {\n  sensitive = true\n}\n";

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("written");
}

/// The rules that find something, sorted.
fn found(workspace: &mut Workspace) -> Vec<String> {
    let snapshot = workspace.settle();
    let reports = snapshot.all_files().flat_map(|(_, f)| f.reports.to_vec());
    let mut rules: Vec<String> = reports.map(|r| r.rule.to_string()).collect();
    rules.sort();
    rules
}

#[test]
fn findings_follow_gitignore() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    std::fs::create_dir(folder.join(".git")).expect("created");
    write(folder, "main.tf", MAIN);
    write(
        folder,
        "terraform.tfvars",
        "db_password = \"mQ7-battery-staple\"\n",
    );
    write(folder, "terraform.tfstate", "{}");
    let mut workspace = Workspace::new(Options::default());
    workspace.load_all(&[folder.to_path_buf()]);
    assert_eq!(found(&mut workspace), [SECRET, STATE]);

    let mut change = |name: &str, text: Option<&str>| {
        let path = folder.join(name);
        match text {
            Some(text) => std::fs::write(&path, text).expect("written"),
            None => std::fs::remove_file(&path).expect("removed"),
        }
        workspace.apply(Event::FilesChanged(vec![path]));
        found(&mut workspace)
    };
    assert_eq!(change(".gitignore", Some("*.tfstate\n")), [SECRET]);
    assert_eq!(change(".gitignore", Some("*.tfstate\n*.tfvars\n")), [""; 0]);
    assert_eq!(change("a.tfplan", Some("-")), [STATE]);
    assert_eq!(change("a.tfplan", None), [""; 0]);
    let license = "license = \"seven plain words\"\n";
    assert_eq!(change("terraform.tfvars", Some(license)), [""; 0]);
    assert_eq!(change(".gitignore", None), [VARIABLE, STATE]);
}

#[test]
fn a_buffer_counts_before_it_is_saved() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    std::fs::create_dir(folder.join(".git")).expect("created");
    write(folder, "main.tf", MAIN);
    write(folder, "terraform.tfstate", "{}");
    let mut workspace = Workspace::new(Options::default());
    workspace.open(&folder.join("main.tf"), 1, MAIN.to_owned());
    assert_eq!(found(&mut workspace), [STATE]);
    let ignore = folder.join(".gitignore");
    workspace.open(&ignore, 1, "*.tfstate\n".to_owned());
    assert_eq!(found(&mut workspace), [""; 0]);
    workspace.close(&ignore);
    assert_eq!(found(&mut workspace), [STATE]);
}
