//! Lowers every file below the folders given and says what did not parse, and how long it took.
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]
use std::path::Path;
use std::time::Instant;
use stockade_syntax::{Document, State};

fn main() {
    let mut files = Vec::new();
    for folder in std::env::args().skip(1) {
        collect(Path::new(&folder), &mut files);
    }
    let texts: Vec<(String, String)> = files
        .into_iter()
        .filter_map(|f| Some((f.clone(), std::fs::read_to_string(f).ok()?)))
        .collect();
    let bytes: usize = texts.iter().map(|t| t.1.len()).sum();
    let start = Instant::now();
    let (mut broken, mut segments) = (0, 0);
    for (path, text) in &texts {
        let document = Document::closed(text);
        for (at, segment) in document.segments() {
            segments += 1;
            if let State::Broken(why) = &segment.state {
                broken += 1;
                let line = text[..usize::from(at + why.errors[0].range.start())]
                    .lines()
                    .count();
                println!("{path}:{line}: {}", why.errors[0].message);
            }
        }
    }
    let time = start.elapsed();
    println!(
        "{} files, {bytes} bytes, {segments} segments, {broken} broken, {time:?}, {:.1} MB/s",
        texts.len(),
        bytes as f64 / time.as_secs_f64() / 1e6
    );
}

fn collect(folder: &Path, files: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "tf" || e == "tfvars") {
            files.push(path.display().to_string());
        }
    }
}
