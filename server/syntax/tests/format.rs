//! Layout, judged by the real `terraform fmt` where it is installed.

use std::io::Write;
use std::process::{Command, Stdio};

use stockade_syntax::format::format;

/// Snippets in bad layout, and the layout that `terraform fmt` gives them.
const CASES: &[(&str, &str)] = &[
    ("a=1\nbcd   =  2\n", "a   = 1\nbcd = 2\n"),
    (
        "resource \"a\"  \"b\"{\nx=1\n  long_name = [1,2 , 3]\n\ny={}\n}\n",
        "resource \"a\" \"b\" {\n  x         = 1\n  long_name = [1, 2, 3]\n\n  y = {}\n}\n",
    ),
    (
        "a {\n  b = {\n c=1\n    dd = 2 # x\n  eee = 3 # y\n}\n}\n",
        "a {\n  b = {\n    c   = 1\n    dd  = 2 # x\n    eee = 3 # y\n  }\n}\n",
    ),
    (
        "a = -1\nb = 1-2\nc = !x\nd = f( 1 ,2 )\ne = x [0]\n",
        "a = -1\nb = 1 - 2\nc = !x\nd = f(1, 2)\ne = x[0]\n",
    ),
    (
        "a = \"${ var.x }-${var.y}\"\n",
        "a = \"${var.x}-${var.y}\"\n",
    ),
    (
        "a = <<EOT\n  text ${x}\nEOT\nbcd = 1\n",
        "a   = <<EOT\n  text ${x}\nEOT\nbcd = 1\n",
    ),
    (
        "a = [for x in [1,2]:x if x>1]\n",
        "a = [for x in [1, 2] : x if x > 1]\n",
    ),
    (
        "a = {for k,v in m:k=>v...}\n",
        "a = { for k, v in m : k => v... }\n",
    ),
    ("a = f({\nb=1\n})\n", "a = f({\n  b = 1\n})\n"),
    (
        "a = [{\nb=1\n},{\nc=2\n}]\n",
        "a = [{\n  b = 1\n  }, {\n  c = 2\n}]\n",
    ),
    ("a { b=1 }\nc {}\n", "a { b = 1 }\nc {}\n"),
    (
        "# c\na = 1 # d\n  # e\nbb = 2 // f\n",
        "# c\na = 1 # d\n# e\nbb = 2 // f\n",
    ),
    (
        "a = x?1:2\nb = x.y.*.z\nc = x && y||z\n",
        "a = x ? 1 : 2\nb = x.y.*.z\nc = x && y || z\n",
    ),
    ("ü = 1\nab = 2\n", "ü  = 1\nab = 2\n"),
    (
        "a = jsonencode({\nS = [{\nE = \"Allow\"\n}]\n})\n",
        "a = jsonencode({\n  S = [{\n    E = \"Allow\"\n  }]\n})\n",
    ),
    ("a = provider::x::f( 1 )\n", "a = provider::x::f(1)\n"),
];

#[test]
fn layouts() {
    for (text, expected) in CASES {
        assert_eq!(format(text), *expected, "{text}");
        assert_eq!(format(expected), *expected, "idempotent: {expected}");
    }
}

#[test]
fn terraform_agrees() {
    for (text, _) in CASES {
        match terraform_fmt(text) {
            Some(theirs) => assert_eq!(format(text), theirs, "{text}"),
            None => return println!("skipped: terraform is not installed"),
        }
    }
}

fn terraform_fmt(text: &str) -> Option<String> {
    let mut child = Command::new("terraform")
        .args(["fmt", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
