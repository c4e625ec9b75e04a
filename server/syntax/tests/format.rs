//! Layout, judged by the real `terraform fmt` where it is installed.

use std::fs;
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
    (
        "a = <<EOT\nx\n EOT  \nbcd=1\n",
        "a   = <<EOT\nx\n EOT  \nbcd = 1\n",
    ),
    ("a=1\r\nbcd=2 # x\r\n", "a   = 1\r\nbcd = 2 # x\r\n"),
    ("a=1", "a = 1"),
    (
        "a {\n/* b\n c */\nd=1 /* e */\nfg=2 /* h */\n}\n",
        "a {\n  /* b\n c */\n  d  = 1 /* e */\n  fg = 2 /* h */\n}\n",
    ),
    (
        "a = \"${~ b ~}x%{if c}y%{ endif ~}\"\n",
        "a = \"${~b~}x%{if c}y%{endif~}\"\n",
    ),
    (
        "a=[\n1, # b\n22,  # c\n]\nd=(1+\n2)\n",
        "a = [\n  1,  # b\n  22, # c\n]\nd = (1 +\n2)\n",
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
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |index: usize| folder.path().join(format!("{index}.tf"));
    for (index, (text, _)) in CASES.iter().enumerate() {
        fs::write(file(index), text).expect("a file");
    }
    let status = Command::new("terraform")
        .args(["fmt", "-list=false"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if status.is_err() {
        return println!("skipped: terraform is not installed");
    }
    for (index, (text, _)) in CASES.iter().enumerate() {
        let theirs = fs::read_to_string(file(index)).expect("a file");
        assert_eq!(format(text), theirs, "{text}");
    }
}
