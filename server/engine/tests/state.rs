//! The bucket of a state is known wherever in the workspace the backend stands.

use std::path::Path;

use stockade_engine::{Event, Options, Severity, Workspace};

const VERSIONING: &str = "aws-s3-bucket-without-versioning";
const BUCKET: &str = "resource \"aws_s3_bucket\" \"state\" {\n  bucket = \"example-state\"\n}\n";

fn backend(bucket: &str) -> String {
    format!(
        "terraform {{\n  backend \"s3\" {{\n    bucket = \"{bucket}\"\n    key    = \"k\"\n  }}\n}}\n"
    )
}

fn severity(workspace: &mut Workspace, path: &Path) -> Severity {
    let reports = workspace.settle().reports(path);
    let report = reports.iter().find(|r| r.rule == VERSIONING);
    report.expect("the bucket has no versioning").severity
}

#[test]
fn a_backend_in_another_folder_counts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    let (bucket, app) = (root.join("bootstrap/main.tf"), root.join("app/main.tf"));
    for (path, text) in [(&bucket, BUCKET), (&app, &*backend("example-state"))] {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, text).expect("written");
    }
    std::fs::write(root.join("stockade.toml"), "").expect("written");

    let mut workspace = Workspace::new(Options::default());
    workspace.open(&bucket, 1, BUCKET.to_owned());
    assert_eq!(severity(&mut workspace, &bucket), Severity::High);

    workspace.open(&app, 1, backend("another"));
    assert_eq!(severity(&mut workspace, &bucket), Severity::Low);
    workspace.apply(Event::FilesChanged(vec![root.join("stockade.toml")]));
    assert_eq!(
        severity(&mut workspace, &bucket),
        Severity::Low,
        "the buffer counts"
    );
    workspace.close(&app);
    assert_eq!(severity(&mut workspace, &bucket), Severity::High);
    std::fs::write(&app, "").expect("written");
    workspace.apply(Event::FilesChanged(vec![app]));
    assert_eq!(severity(&mut workspace, &bucket), Severity::Low);
}
