//! Contract 4: an edit evaluates the rules of the block under the cursor and of what depends on something that changed
//! in value, and no others. A table of edits, each with the exact set of (address, rule) that it evaluates.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use smol_str::SmolStr;
use stockade_engine::{Change, Event, Options, Workspace, catalog};
use stockade_model::BlockKind;
use stockade_rules::page::Page;
use stockade_text::{Encoding, Rope, TextSize, position};

const MAIN: &str = r#"terraform {
  required_version = ">= 1.5"
}

# The logs.
resource "aws_s3_bucket" "logs" {
  bucket = "logs"
  tags   = { Name = local.title }
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket" "assets" {
  bucket = "assets"
}

resource "aws_db_instance" "orders" {
  identifier        = "orders"
  storage_encrypted = var.encrypted
}

resource "aws_db_instance" "carts" {
  identifier        = "carts"
  storage_encrypted = var.encrypted
  kms_key_id        = aws_kms_key.main.arn
}

resource "aws_kms_key" "main" {
  description = "main"
}

resource "aws_sqs_queue" "jobs" {
  name = "jobs-${var.suffix}"
}

module "site" {
  source    = "./site"
  sealed = true
  name   = "site-${var.suffix}"
}

resource "aws_ebs_volume" "copy" {
  size      = 10
  encrypted = module.site.is_encrypted
}
"#;

const SITE: &str = r#"variable "sealed" {}

variable "name" {}

resource "aws_ebs_volume" "data" {
  size      = 10
  encrypted = var.sealed
}

resource "aws_sqs_queue" "site" {
  name = var.name
}

output "is_encrypted" {
  value = var.sealed
}
"#;

const VARIABLES: &str = r#"variable "encrypted" {
  type    = bool
  default = true
}

variable "suffix" {
  default = "eu"
}

locals {
  title = upper("logs")
}
"#;

const ACL: &str = r#"resource "aws_s3_bucket_acl" "logs" {
  bucket = aws_s3_bucket.logs.id
}

"#;

/// Rules of one block.
#[derive(Clone, Copy, Debug)]
enum Rules {
    /// Every rule that looks at its type.
    All,
    /// Those of its rules that ask for companions of a type.
    AskingFor(&'static str),
    /// Those of its rules whose fix refers to the resource of a type that there is.
    ReferringTo(&'static str),
    /// Those of its rules that hold for some versions of a provider only.
    Requiring(&'static str),
}
use Rules::{All, AskingFor, ReferringTo, Requiring};

type Expected = &'static [(&'static str, Rules)];

/// What is done, to which file, what is replaced with what, and what that evaluates.
type Step = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Expected,
);

#[rustfmt::skip]
const STEPS: &[Step] = &[
    ("typing in a string", "main.tf", "\"carts\"\n", "\"carts1\"\n",
        &[("aws_db_instance.carts", All)]),
    ("a comment within a block", "main.tf", "  bucket = \"assets\"", "  # public\n  bucket = \"assets\"",
        &[("aws_s3_bucket.assets", All)]),
    ("a comment above a block", "main.tf", "# The logs.", "# All logs.",
        &[("aws_s3_bucket.logs", All)]),
    ("lines between blocks", "main.tf", "}\n\nresource \"aws_kms_key\"", "}\n\n\n\nresource \"aws_kms_key\"",
        &[]),
    ("a default becomes an equal value", "variables.tf", "= true", "= !false",
        &[("var.encrypted", All)]),
    ("a default becomes another value", "variables.tf", "= !false", "= false",
        &[("var.encrypted", All), ("aws_db_instance.orders", All), ("aws_db_instance.carts", All)]),
    ("a default that one block reads, and a call passes on", "variables.tf", "\"eu\"", "\"us\"",
        &[("var.suffix", All), ("module.site", All), ("aws_sqs_queue.jobs", All), ("aws_sqs_queue.site", All)]),
    ("an argument of a call becomes an equal value", "main.tf", "sealed = true", "sealed = !false",
        &[("module.site", All)]),
    ("an argument of a call becomes another value", "main.tf", "sealed = !false", "sealed = false",
        &[("module.site", All), ("aws_ebs_volume.data", All), ("output.is_encrypted", All), ("aws_ebs_volume.copy", All)]),
    ("a block of a called module", "site/main.tf", "size      = 10", "size      = 20",
        &[("aws_ebs_volume.data", All)]),
    ("an output becomes another value", "site/main.tf", "value = var.sealed", "value = true",
        &[("output.is_encrypted", All), ("aws_ebs_volume.copy", All)]),
    ("a local becomes an equal value", "variables.tf", "upper(\"logs\")", "\"LOGS\"",
        &[]),
    ("a local becomes another value", "variables.tf", "\"LOGS\"", "\"Logs\"",
        &[("aws_s3_bucket.logs", All), ("aws_s3_bucket.assets", ReferringTo("aws_s3_bucket"))]),
    ("a new variable that nothing reads", "variables.tf", "locals {", "variable \"new\" {}\n\nlocals {",
        &[("var.new", All)]),
    ("a companion's setting", "main.tf", "\"Enabled\"", "\"Suspended\"",
        &[("aws_s3_bucket_versioning.logs", All), ("aws_s3_bucket.logs", AskingFor("aws_s3_bucket_versioning"))]),
    ("a companion goes to another bucket", "main.tf", "aws_s3_bucket.logs.id", "aws_s3_bucket.assets.id",
        &[("aws_s3_bucket_versioning.logs", All),
          ("aws_s3_bucket.logs", AskingFor("aws_s3_bucket_versioning")),
          ("aws_s3_bucket.assets", AskingFor("aws_s3_bucket_versioning"))]),
    ("a companion is added", "main.tf", "resource \"aws_kms_key\"", "resource \"aws_s3_bucket_acl\" \"logs\" {\n  bucket = aws_s3_bucket.logs.id\n}\n\nresource \"aws_kms_key\"",
        &[("aws_s3_bucket_acl.logs", All), ("aws_s3_bucket.logs", AskingFor("aws_s3_bucket_acl"))]),
    ("a companion is removed", "main.tf", ACL, "",
        &[("aws_s3_bucket.logs", AskingFor("aws_s3_bucket_acl"))]),
    ("a block breaks", "main.tf", "name = \"jobs-", "name = jobs-",
        &[]),
    ("a broken block is typed in", "main.tf", "name = jobs-", "name = jobs1-",
        &[]),
    ("a broken block is what it was again", "main.tf", "name = jobs1-", "name = \"jobs-",
        &[]),
    ("a block breaks again", "main.tf", "name = \"jobs-", "name = jobs-",
        &[]),
    ("a broken block is mended", "main.tf", "name = jobs-", "name = \"tasks-",
        &[("aws_sqs_queue.jobs", All)]),
    ("a new block is begun", "main.tf", "resource \"aws_sqs_queue\"", "resource \"aws_ebs_volume\" \"v\" {\n\nresource \"aws_sqs_queue\"",
        &[]),
    ("a new block is closed", "main.tf", "\"v\" {\n", "\"v\" {}\n",
        &[("aws_ebs_volume.v", All)]),
    ("another version of Terraform", "main.tf", ">= 1.5", ">= 1.6",
        &[("terraform", All),
          ("aws_db_instance.orders", Requiring("terraform")),
          ("aws_db_instance.carts", Requiring("terraform"))]),
];

#[test]
fn an_edit_costs_what_depends_on_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut session = Session::open(folder.path());
    let mut faults = Vec::new();
    for (what, file, old, new, expected) in STEPS {
        session.replace(file, old, new);
        let (evaluated, expected) = (session.evaluated(), all_of(expected));
        let more: Vec<_> = evaluated.difference(&expected).collect();
        let less: Vec<_> = expected.difference(&evaluated).collect();
        if !(more.is_empty() && less.is_empty()) {
            faults.push(format!(
                "{what}:\n  too much: {more:?}\n  missing:  {less:?}"
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

struct Session {
    workspace: Workspace,
    folder: PathBuf,
    texts: [(&'static str, String); 3],
    version: i32,
}

impl Session {
    fn open(folder: &Path) -> Session {
        let options = Options {
            encoding: Encoding::Utf8,
            counts_work: true,
            ..Options::default()
        };
        let mut session = Session {
            workspace: Workspace::new(options),
            folder: folder.to_path_buf(),
            texts: [
                ("main.tf", MAIN.into()),
                ("variables.tf", VARIABLES.into()),
                ("site/main.tf", SITE.into()),
            ],
            version: 0,
        };
        for (file, text) in &session.texts {
            session.workspace.apply(Event::Open {
                path: session.folder.join(file),
                version: 0,
                text: text.clone(),
            });
        }
        assert!(
            !session.evaluated().is_empty(),
            "opening evaluates everything"
        );
        session
    }

    fn replace(&mut self, file: &str, old: &str, new: &str) {
        let text = self.texts.iter_mut().find(|(name, _)| *name == file);
        let (_, text) = text.expect("a file of the session");
        let found: Vec<usize> = text.match_indices(old).map(|(at, _)| at).collect();
        let [at] = found[..] else {
            panic!("{old:?} is not once in {file}\n{text}");
        };
        let rope = Rope::from_str(text);
        let place = |byte: usize| {
            let byte = TextSize::new(u32::try_from(byte).expect("a short text"));
            position(&rope, byte, Encoding::Utf8)
        };
        let range = Some((place(at), place(at + old.len())));
        text.replace_range(at..at + old.len(), new);
        self.version += 1;
        let change = Change {
            range,
            text: new.to_owned(),
        };
        self.workspace.apply(Event::Change {
            path: self.folder.join(file),
            version: self.version,
            changes: vec![change],
        });
    }

    /// What was evaluated since the last call: address and rule.
    fn evaluated(&mut self) -> BTreeSet<(String, String)> {
        self.workspace.settle();
        let work = self.workspace.take_work().evaluated;
        let pairs: BTreeSet<_> = work
            .iter()
            .map(|(rule, address)| (address.to_string(), rule.to_string()))
            .collect();
        assert_eq!(pairs.len(), work.len(), "something was evaluated twice");
        pairs
    }
}

fn all_of(expected: Expected) -> BTreeSet<(String, String)> {
    let of_one = |(address, rules): &(&'static str, Rules)| {
        let ty = address.split_once('.').map_or("", |(ty, _)| ty);
        let kind = match (address.split('.').next(), ty) {
            (Some("var"), _) => BlockKind::Variable,
            (Some("module"), _) => BlockKind::Module,
            (Some("output"), _) => BlockKind::Output,
            (_, "") => BlockKind::Terraform,
            _ => BlockKind::Resource,
        };
        let is_subject =
            |(k, t): (BlockKind, SmolStr)| k == kind && (kind != BlockKind::Resource || t == ty);
        let looking =
            catalog::all().filter(|page| !page.default_off && page.subjects().any(is_subject));
        let wanted = looking.filter(|page| match rules {
            All => true,
            AskingFor(other) => asks_for(page, other),
            ReferringTo(other) => page.body.contains(&format!("of = \"{other}.")),
            Requiring(provider) => page.requires.iter().any(|(of, _)| of == provider),
        });
        let pair = |page: &std::sync::Arc<Page>| ((*address).to_owned(), page.id.to_string());
        wanted.map(pair).collect::<Vec<_>>()
    };
    expected.iter().flat_map(of_one).collect()
}

/// Whether a page's rule names a type as a companion.
fn asks_for(page: &Page, ty: &str) -> bool {
    let rule = page.body.split("```hcl rule").nth(1).unwrap_or_default();
    let rule = rule.split("\n```").next().unwrap_or_default();
    rule.contains("companion") && rule.contains(&format!("\"{ty}\""))
}
