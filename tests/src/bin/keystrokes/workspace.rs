//! Keystrokes in a workspace of many modules, and what many open files hold.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use stockade_tests::script::{CHANGED, Player};
use stockade_tests::{Server, client, percentile, shop};

/// A module of which each has a finding; what its variable is by default decides about another.
const MODULE: &str = r#"variable "on" {
  default = true
}

resource "aws_kms_key" "k" {
  enable_key_rotation = var.on
}

resource "aws_sqs_queue" "q" {
  name                    = "q"
  sqs_managed_sse_enabled = false
}
"#;

/// How often the default is changed when all has been looked at.
const TIMES: usize = 100;

/// How long the idle server is watched.
const IDLE: Duration = Duration::from_secs(3);

/// Prints what is measured in a workspace of so many modules.
pub(crate) fn measure(count: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("stockade.toml"), "").expect("settings");
    for n in 0..count {
        let module = folder.path().join(format!("m{n}"));
        std::fs::create_dir(&module).expect("a folder");
        std::fs::write(module.join("main.tf"), MODULE).expect("a file");
    }
    let start = Instant::now();
    let mut player = started(folder.path());
    let file = "m7/main.tf";
    player.open(file, MODULE);
    player.server.published(&player.uri(file), 0);
    let first = start.elapsed();
    let mut typist = Typist {
        player,
        file,
        version: 0,
    };
    let mut during = Vec::new();
    while typist.player.server.publications.len() < count {
        during.push(typist.change());
    }
    let scanned = start.elapsed();
    typist.player.server.settle();
    let after: Vec<Duration> = (0..TIMES).map(|_| typist.change()).collect();
    println!(
        "{count} modules: first diagnostics {first:.0?} after the start, all of them {scanned:.0?}"
    );
    println!(
        "a default changed while they are scanned: {}",
        shown(&during)
    );
    println!("a default changed when all are scanned: {}", shown(&after));
    typist.player.server.settle();
    let server = &typist.player.server;
    println!(
        "the server holds {:.0} MB",
        server.memory().unwrap_or(f64::NAN)
    );
    let busy = server.busy();
    // That nothing happens is what is measured: there is nothing to wait for.
    std::thread::sleep(IDLE);
    let idle = server.busy().zip(busy).map(|(now, then)| now - then);
    println!(
        "processor time in {IDLE:.0?} of doing nothing: {:.0?}",
        idle.unwrap_or_default()
    );
    open_files();
}

/// What a hundred open files of 500 lines hold.
fn open_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut player = started(folder.path());
    let text = shop::file(0);
    let all = text.match_indices("\n}\n").map(|(at, end)| at + end.len());
    let is_short = |end: &usize| text[..*end].lines().count() <= 500;
    let text = &text[..all.take_while(is_short).last().unwrap_or_default()];
    for n in 0..100 {
        std::fs::create_dir(folder.path().join(format!("m{n}"))).expect("a folder");
        player.open(&format!("m{n}/main.tf"), text);
    }
    player.server.settle();
    let memory = player.server.memory().unwrap_or(f64::NAN);
    let lines = text.lines().count();
    println!("a hundred open files of {lines} lines: {memory:.0} MB");
}

fn started(folder: &Path) -> Player {
    let program = std::env::current_exe().expect("this program has a path");
    let mut server = Server::start(&program.to_string_lossy(), &["lsp"]);
    let mut params = client::able("utf-8", &[folder]);
    params["initializationOptions"] = json!({ "publish": "workspace" });
    server.initialize(params);
    Player::new(server, folder)
}

/// Changes the default to and fro.
struct Typist {
    player: Player,
    file: &'static str,
    version: i64,
}

impl Typist {
    /// How long until the findings are told.
    fn change(&mut self) -> Duration {
        let (old, new) = match self.version % 2 {
            0 => ("true", "false"),
            _ => ("false", "true"),
        };
        self.version += 1;
        let at = MODULE.find("true").unwrap_or_default();
        let change = self.player.changed_to(self.file, at, at + old.len(), new);
        let uri = self.player.uri(self.file);
        let start = Instant::now();
        self.player.server.notify(CHANGED, change);
        self.player.server.published(&uri, self.version);
        start.elapsed()
    }
}

fn shown(times: &[Duration]) -> String {
    let [median, p99, most] = [50, 99, 100].map(|percent| percentile(times, percent));
    format!(
        "{} times, median {median:.2} ms, p99 {p99:.2} ms, at most {most:.2} ms",
        times.len()
    )
}
