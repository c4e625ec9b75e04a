//! The whole workspace is looked at a little at a time: what is open comes first, edits come between, and the end is what
//! looking at all at once finds.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use stockade_engine::{Change, Event, Handle, News, Options, Publish, Workspace};
use stockade_text::{Encoding, Position};

const RULE: &str = "aws-kms-key-without-rotation";

/// A module whose key is not rotated when its variable says so.
const MODULE: &str = r#"variable "on" {
  default = false
}

resource "aws_kms_key" "k" {
  enable_key_rotation = var.on
}
"#;

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
    std::fs::write(path, text).expect("written");
}

fn modules(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for n in 0..count {
        write(folder.path(), &format!("m{n}/main.tf"), MODULE);
    }
    let call = "module \"m\" {\n  source = \"../m1\"\n  on     = true\n}\n";
    write(folder.path(), "caller/main.tf", call);
    write(folder.path(), ".gitignore", "hidden/\n");
    write(folder.path(), "hidden/main.tf", MODULE);
    folder
}

fn workspace(folder: &Path) -> Workspace {
    let mut workspace = Workspace::new(Options {
        publish: Publish::Workspace,
        encoding: Encoding::Utf8,
        counts_work: true,
        ..Options::default()
    });
    workspace.add_folder(folder);
    workspace
}

/// What is published, with how many findings, by path below the folder.
fn published(
    workspace: &mut Workspace,
    folder: &Path,
    told: &mut BTreeMap<String, usize>,
) -> usize {
    let snapshot = workspace.settle();
    let publications = workspace.take_publications(&snapshot);
    let count = publications.len();
    for publication in publications {
        let path = publication.path.strip_prefix(folder).expect("within");
        let path = path.to_string_lossy().replace('\\', "/");
        told.insert(path, publication.reports.len());
    }
    count
}

/// Lines 2 of a module: the default.
fn default_is(value: &str) -> Vec<Change> {
    let (start, end) = (
        Position {
            line: 1,
            character: 12,
        },
        Position {
            line: 1,
            character: 99,
        },
    );
    vec![Change {
        range: Some((start, end)),
        text: value.to_owned(),
    }]
}

#[test]
fn what_is_open_comes_first_and_edits_between() {
    let folder = modules(40);
    let (path, m3) = (folder.path(), folder.path().join("m3/main.tf"));
    let mut workspace = workspace(path);
    let mut told = BTreeMap::new();
    workspace.open(&m3, 0, MODULE.to_owned());
    published(&mut workspace, path, &mut told);
    assert_eq!(told, BTreeMap::from([("m3/main.tf".to_owned(), 1)]));

    let mut steps = 0;
    let mut last = 0;
    while let Some(state) = workspace.scan() {
        assert!(state.done >= last && state.done <= state.all, "{state:?}");
        last = state.done;
        steps += 1;
        if steps == 3 {
            workspace.change(&m3, 1, &default_is("true"));
        }
        assert!(
            published(&mut workspace, path, &mut told) <= 10,
            "a step is short"
        );
    }
    assert!(steps > 4 && !workspace.is_scanning());

    let mut at_once = Workspace::new(Options::default());
    write(path, "m3/main.tf", &MODULE.replace("false", "true"));
    at_once.load_all(&[path.to_path_buf()]);
    let all = at_once.settle();
    let expected = all.all_files().filter(|(_, file)| !file.reports.is_empty());
    let expected: BTreeMap<String, usize> = expected
        .map(|(p, file)| {
            let path = p.strip_prefix(path).expect("within");
            (
                path.to_string_lossy().replace('\\', "/"),
                file.reports.len(),
            )
        })
        .collect();
    told.retain(|_, count| *count > 0);
    // m1 is called with `true`, m3 was edited, and git ignores one.
    assert_eq!(told, expected);
    assert_eq!(told.len(), 38);
}

#[test]
fn what_comes_with_a_change_on_disk_is_looked_at() {
    let folder = modules(3);
    let path = folder.path();
    let mut workspace = workspace(path);
    let mut told = BTreeMap::new();
    while workspace.scan().is_some() {}
    published(&mut workspace, path, &mut told);
    workspace.take_work();

    write(path, "new/deep/main.tf", MODULE);
    workspace.apply(Event::FilesChanged(vec![path.join("new")]));
    assert!(workspace.is_scanning());
    while workspace.scan().is_some() {}
    told.clear();
    published(&mut workspace, path, &mut told);
    assert_eq!(told, BTreeMap::from([("new/deep/main.tf".to_owned(), 1)]));

    // What is ignored stays so, whatever happens in it.
    workspace.apply(Event::FilesChanged(vec![path.join("hidden/main.tf")]));
    while workspace.scan().is_some() {}
    told.clear();
    published(&mut workspace, path, &mut told);
    assert_eq!(told, BTreeMap::new());

    // What waits in a folder that is taken away is not looked at.
    write(path, "later/main.tf", MODULE);
    workspace.apply(Event::FilesChanged(vec![path.join("later")]));
    workspace.remove_folder(path);
    assert!(!workspace.is_scanning());
    workspace.add_folder(path);
    while workspace.scan().is_some() {}
    told.clear();
    published(&mut workspace, path, &mut told);
    assert_eq!(told.get("later/main.tf"), Some(&1));

    // A file of a module that is known needs no search.
    workspace.apply(Event::FilesChanged(vec![path.join("m0/main.tf")]));
    assert!(!workspace.is_scanning());
    workspace.apply(Event::Scope(Publish::OpenDocuments));
    told.clear();
    published(&mut workspace, path, &mut told);
    assert!(
        told.len() == 4 && told.values().all(|count| *count == 0),
        "{told:?}"
    );
}

#[test]
fn a_scan_that_is_called_off_is_told_as_over() {
    let folder = modules(40);
    let options = Options {
        publish: Publish::Workspace,
        ..Options::default()
    };
    let states = Arc::new(Mutex::new(Vec::new()));
    let handle: Arc<OnceLock<Handle>> = Arc::default();
    let (seen, sender) = (states.clone(), handle.clone());
    let tell = move |news| {
        let News::Scan(state) = news else { return };
        let mut seen = seen.lock().expect("nobody panicked");
        seen.push(state);
        // In the middle of it.
        if state.done > 0 {
            let engine = sender.wait();
            engine.send(Event::Scope(Publish::OpenDocuments));
        }
    };
    let engine = stockade_engine::spawn(options, Box::new(tell)).expect("a thread");
    handle.set(engine.clone()).expect("set once");
    engine.send(Event::AddFolder(folder.path().to_path_buf()));
    engine.settled().wait();
    engine.shutdown();
    let states = states.lock().expect("nobody panicked");
    let last = states.last().expect("a state");
    assert!(last.is_over && last.done < 40, "{states:?}");
}

#[test]
fn a_default_in_two_thousand_modules_concerns_one() {
    let folder = modules(2_000);
    let path = folder.path();
    let m7 = path.join("m7/main.tf");
    let mut workspace = workspace(path);
    workspace.open(&m7, 0, MODULE.to_owned());
    while workspace.scan().is_some() {}
    let mut told = BTreeMap::new();
    published(&mut workspace, path, &mut told);
    assert_eq!(told.values().filter(|count| **count == 1).count(), 1_999);
    workspace.take_work();

    workspace.change(&m7, 1, &default_is("true"));
    told.clear();
    published(&mut workspace, path, &mut told);
    assert_eq!(told, BTreeMap::from([("m7/main.tf".to_owned(), 0)]));
    let work = workspace.take_work();
    let addresses = work
        .evaluated
        .iter()
        .map(|(_, address)| address.to_string());
    let addresses: std::collections::BTreeSet<String> = addresses.collect();
    let expected = ["aws_kms_key.k", "var.on"].map(str::to_owned);
    assert_eq!(addresses, expected.into());
    assert!(work.evaluated.iter().any(|(rule, _)| rule == RULE));
}
