//! Contract 1: after an edit, what is found is what a fresh workspace finds in the same text. Every fix is laid out and proved.
//! Input: the text before, and after a NUL the text after. What begins with `{` is a `main.tf.json`.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use stockade_engine::{Change, Options, Snapshot, Workspace};

fuzz_target!(|text: &str| {
    let (before, after) = text.split_once('\0').unwrap_or(("", text));
    let name = match after.trim_start().starts_with('{') {
        true => "main.tf.json",
        false => "main.tf",
    };
    let path = Path::new("/nowhere/to/be/found").join(name);
    let mut edited = Workspace::new(Options::default());
    edited.open(&path, 0, before.to_owned());
    edited.settle();
    let change = Change {
        range: None,
        text: after.to_owned(),
    };
    edited.change(&path, 1, &[change]);
    let mut fresh = Workspace::new(Options::default());
    fresh.open(&path, 1, after.to_owned());
    let (edited, fresh) = (edited.settle(), fresh.settle());
    assert_eq!(told(&edited, &path), told(&fresh, &path));
    for report in fresh.reports(&path).iter() {
        for fix in 0..report.fixes.len() {
            // Not every fix can be written everywhere.
            let _ = fresh.prove(report, fix);
        }
    }
});

fn told(snapshot: &Snapshot, path: &Path) -> Vec<String> {
    let reports = snapshot.reports(path);
    let told = reports.iter().map(|r| {
        let fixes: Vec<&str> = r.fixes.iter().map(|fix| fix.title.as_str()).collect();
        format!("{:?} {} {} {} {} {fixes:?}", r.range, r.rule, r.address, r.element, r.message)
    });
    told.collect()
}
