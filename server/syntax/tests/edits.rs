//! After any sequence of edits a document is what a fresh one of the same text is.

use proptest::prelude::*;
use stockade_syntax::{Document, State};
use stockade_text::TextRange;

const SAMPLE: &str = r#"# The bucket.
resource "aws_s3_bucket" "logs" {
  bucket = "logs-${var.name}" # ü
  tags = {
    a = 1
  }
}

variable "name" {
  default = "x"
}

data "aws_iam_policy_document" "p" {
  statement {
    actions = ["s3:*"]
  }
}

locals {
  text = <<-EOT
    Hello ${var.name}
      %{if true}yes%{endif}
  EOT
  n = 1 + 2 * 3
}
/* a
   comment */
module "m" { source = "./m" }
"#;

const PIECES: &[&str] = &[
    "{",
    "}",
    "\"",
    "${",
    "<<EOT\n",
    "EOT\n",
    "/*",
    "*/",
    "\n",
    "\r\n",
    "# c\n",
    "a = 1\n",
    "😀",
    "ü",
    "(",
    ")",
    "[",
    "]",
    " ",
    "resource \"a\" \"b\" {\n  x = 1\n}\n",
    "locals {\n}\n",
    "variable \"v\" {}\n",
    "  x = [\n    1,\n  ]\n",
    "resource \"aws_s3_bucket\" \"logs\" {\n",
    "=",
];

/// What matters of a document: cuts, states, good lowerings.
fn shape(document: &Document) -> Vec<String> {
    document
        .segments()
        .map(|(start, s)| match &s.state {
            State::Good => format!("{start:?} {:?} {:?}", s.len, s.lowered),
            State::Broken(broken) => format!("{start:?} {:?} {broken:?}", s.len),
        })
        .collect()
}

fn check(document: &Document) {
    let text = document.rope().to_string();
    let fresh = Document::new(&text);
    assert_eq!(shape(document), shape(&fresh), "{text:?}");
    let length: usize = document.segments().map(|(_, s)| usize::from(s.len)).sum();
    assert_eq!(length, text.len());
    for (start, segment) in document.segments() {
        assert_eq!(document.start_of(segment.id), Some(start));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn edited_is_fresh(edits in prop::collection::vec((0.0..1.0f64, 0u32..12, 0..PIECES.len()), 1..25)) {
        let mut document = Document::new(SAMPLE);
        for (place, removed, piece) in edits {
            let len = document.rope().len_bytes() as f64;
            let start = (place * len) as u32;
            document.edit(TextRange::at(start.into(), removed.into()), PIECES[piece]);
            check(&document);
            document.finish();
        }
        document.edit(TextRange::up_to(u32::MAX.into()), "");
        check(&document);
        document.edit(TextRange::default(), SAMPLE);
        check(&document);
    }

    #[test]
    fn anything_is_a_document(text in "\\PC{0,200}") {
        check(&Document::new(&text));
    }
}
