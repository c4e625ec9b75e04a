//! After any sequence of edits a document is what a fresh one of the same text is.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use stockade_syntax::ast::{ExprKind, Item};
use stockade_syntax::{Changes, Document, Lowered, Segment, SegmentId, State};
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

fn ids(document: &Document) -> BTreeSet<SegmentId> {
    let with_adopted = |s: &Segment| {
        let adopted = s.adopted.iter().map(|(id, _)| *id);
        adopted.chain([s.id]).collect::<Vec<_>>()
    };
    document
        .segments()
        .flat_map(|(_, s)| with_adopted(s))
        .collect()
}

/// A document is what a fresh one of its text is.
fn check(document: &Document) {
    let text = document.rope().to_string();
    let fresh = Document::closed(&text);
    assert_eq!(shape(document), shape(&fresh), "{text:?}");
    let length: usize = document.segments().map(|(_, s)| usize::from(s.len)).sum();
    assert_eq!(length, text.len());
    for (start, segment) in document.segments() {
        assert_eq!(document.start_of(segment.id), Some(start));
        assert_eq!(
            document.segment_at(start).map(|(_, s)| s.id),
            Some(segment.id)
        );
    }
}

/// An edit tells what it changed: all else is the very same.
fn check_changes(before: &Document, after: &Document, changes: &Changes) {
    let (old, new) = (ids(before), ids(after));
    let gone: BTreeSet<SegmentId> = old.difference(&new).copied().collect();
    let come: BTreeSet<SegmentId> = new.difference(&old).copied().collect();
    assert_eq!(gone, changes.removed.iter().copied().collect());
    assert_eq!(come, changes.added.iter().copied().collect());
    for (_, segment) in after.segments() {
        let is_told = changes.changed.contains(&segment.id) || changes.added.contains(&segment.id);
        if !is_told {
            let (_, was) = before.segment(segment.id).expect("an old segment");
            let same = match (&was.lowered, &segment.lowered) {
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                (a, b) => a.is_none() && b.is_none(),
            };
            assert!(same && was.len == segment.len, "{segment:?}");
        }
    }
}

/// The trees that an edited document has are those of a fresh one, where these have no error.
fn check_trees(document: &Document) {
    let mut fresh = Document::new(&document.rope().to_string());
    while fresh.pending() {
        fresh.finish();
    }
    let grown: Vec<_> = document.trees().collect();
    for (start, tree) in fresh.trees() {
        if !tree.root_node().has_error() {
            let (_, edited) = grown
                .iter()
                .find(|(s, _)| *s == start)
                .expect("a tree for each segment");
            let (edited, fresh) = (edited.root_node(), tree.root_node());
            assert_eq!(edited.to_sexp(), fresh.to_sexp());
            assert_eq!(edited.range(), fresh.range());
        }
    }
}

fn edit_all(document: &mut Document, edits: &[(f64, u32, usize)]) {
    for (place, removed, piece) in edits {
        let len = document.rope().len_bytes() as f64;
        let start = (place * len) as u32;
        let before = document.clone();
        let changes = document.edit(
            TextRange::at(start.into(), (*removed).into()),
            PIECES[*piece],
        );
        check(document);
        check_changes(&before, document, &changes);
        while document.pending() {
            document.finish();
        }
        check_trees(document);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn edited_is_fresh(
        crlf in any::<bool>(),
        edits in prop::collection::vec((0.0..1.0f64, 0u32..12, 0..PIECES.len()), 1..25),
    ) {
        let sample = if crlf { SAMPLE.replace('\n', "\r\n") } else { SAMPLE.to_owned() };
        let mut document = Document::new(&sample);
        edit_all(&mut document, &edits);
        document.edit(TextRange::up_to(u32::MAX.into()), "");
        check(&document);
        document.edit(TextRange::default(), &sample);
        check(&document);
    }

    #[test]
    fn anything_is_a_document(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&Document::new(&String::from_utf8_lossy(&bytes)));
    }

    #[test]
    fn hcl_characters_are_a_document(text in "[a-b{}()\\[\\]\"$%~<\\-EOT#/*\\\\=.,:?! 1\n\r\u{e9}]{0,120}") {
        check(&Document::new(&text));
    }
}

/// Edits within a block, one after the other, and what its ranges show while it is broken.
#[test]
fn ranges_of_a_broken_block_move() {
    let text = "resource \"a\" \"b\" {\n  x = 1\n  y = 2\n  z = 3\n}\n";
    // (where, how much, what) and what the values of x, y and z are shown as.
    type Case = (
        &'static [(&'static str, u32, &'static str)],
        [&'static str; 3],
    );
    let cases: &[Case] = &[
        (&[("  y", 0, "  new =\n")], ["1", "2", "3"]),
        (&[("  y", 0, "\u{1F600}"), ("  z", 0, "[")], ["1", "2", "3"]),
        (
            &[("  z", 0, "["), ("  y", 0, "{{"), ("  x", 2, "")],
            ["1", "2", "3"],
        ),
        (&[("2\n", 1, "\"")], ["1", "\"", "3"]),
        (&[("2\n", 2, "\"")], ["1", "\"", "3"]),
        (&[("y = 2", 5, "{")], ["1", "{", "3"]),
    ];
    for (edits, shown) in cases {
        let mut document = Document::new(text);
        for (place, length, insert) in *edits {
            let now = document.rope().to_string();
            let start = now.find(place).expect("the place") as u32;
            document.edit(TextRange::at(start.into(), (*length).into()), insert);
        }
        let now = document.rope().to_string();
        let (start, segment) = document.segments().next().expect("a segment");
        assert!(matches!(segment.state, State::Broken(_)), "{now}");
        let lowered = segment.lowered.as_deref().expect("the last good lowering");
        let Some(Item::Block(block)) = &lowered.item else {
            panic!("a block");
        };
        let values: Vec<&str> = block
            .body
            .attributes()
            .map(|a| &now[segment.moved(a.value.range) + start])
            .collect();
        assert_eq!(values, shown, "{now}");
    }
}

const X: &str = "a x 1";
const Y: &str = "b y 2";
const Z: &str = "c z 3";

/// What stays of blocks while something around them is broken.
#[test]
fn heirs() {
    let text = "a \"x\" {\n  v = 1\n}\n\nb \"y\" {\n  v = 2\n}\n\nc \"z\" {\n  v = 3\n}\n";
    // (where, how much, what) and the lowerings that stand, adopted ones behind their segment's.
    type Case = (
        &'static [(&'static str, u32, &'static str)],
        &'static [&'static str],
    );
    let cases: &[Case] = &[
        // A quote, a brace, a header that can't be read: the block stays what it was.
        (&[("1", 1, "\"")], &[X, Y, Z]),
        (&[("}", 1, "")], &[X, Y, Z]),
        (&[("a \"x\"", 6, "\"")], &[X, "-", Y, Z]),
        // A comment that swallows all below: they stay, adopted; and come back.
        (&[("v = 1", 0, "/*")], &[X, Y, Z]),
        (&[("v = 1", 0, "/*"), ("/*", 2, "")], &[X, Y, Z]),
        // Two blocks become one that is good.
        (&[("}\n\nb \"y\" {\n  v = 2\n", 19, "")], &["a x 1", Z]),
        // One block becomes two.
        (&[("  v = 2", 0, "}\nd {\n")], &[X, "b y -", "d  2", Z]),
        // A block that moves above another is itself.
        (
            &[("b", 19, ""), ("a", 0, "b \"y\" {\n  v = 2\n}\n")],
            &[Y, X, Z],
        ),
        // A broken block that is deleted takes its own with it.
        (&[("2", 1, "\""), ("b", 19, "")], &[X, Z]),
        // New text in between is new.
        (&[("b", 0, "e {\n")], &[X, "-", Y, Z]),
    ];
    for (edits, expected) in cases {
        let mut document = Document::new(text);
        for (place, length, insert) in *edits {
            let now = document.rope().to_string();
            let start = now.find(place).expect("the place") as u32;
            document.edit(TextRange::at(start.into(), (*length).into()), insert);
        }
        let mut standing = Vec::new();
        for (_, segment) in document.segments() {
            standing.push(segment.lowered.as_deref().map_or("-".to_owned(), named));
            standing.extend(segment.adopted.iter().map(|(_, l)| named(l)));
        }
        assert_eq!(standing, *expected, "{}", document.rope());
    }
}

fn named(lowered: &Lowered) -> String {
    let Some(Item::Block(block)) = &lowered.item else {
        return "no block".to_owned();
    };
    let labels: Vec<&str> = block.labels.iter().map(|l| l.name.as_str()).collect();
    let value = match block.body.attribute("v").map(|a| &a.value.kind) {
        Some(ExprKind::Number(n)) => n.as_str(),
        _ => "-",
    };
    format!("{} {} {value}", block.kind.name, labels.join(" "))
}

#[test]
fn a_heredoc_ends_wherever_the_rope_is_cut() {
    for padding in 0..1_500 {
        let text = format!(
            "a = <<EOT\nresource \"x\" \"y\" {{\n{}\nEOT\nb = 1\n",
            "z".repeat(padding)
        );
        assert_eq!(Document::new(&text).segments().count(), 2, "{padding}");
    }
}
