//! Nested blocks, companions, other files, several fixes.

use super::*;

#[test]
fn blocks() {
    check(&[
        (
            "resource \"a\" \"b\" {\n  x = 1\n}\n",
            vec![add_block("", "n {\n  a = 1\n  long = 2\n}")],
            "resource \"a\" \"b\" {\n  x = 1\n\n  n {\n    a    = 1\n    long = 2\n  }\n}\n",
        ),
        // As the body does it.
        (
            "resource \"a\" \"b\" {\n  x = 1\n  n {\n    a = 1\n  }\n}\n",
            vec![add_block("", "m {\n  a = 1\n}")],
            "resource \"a\" \"b\" {\n  x = 1\n  n {\n    a = 1\n  }\n  m {\n    a = 1\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n  }\n\n  m {\n    a = 2\n  }\n}\n",
            vec![add_block("", "n {\n  a = 3\n}")],
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n  }\n\n  n {\n    a = 3\n  }\n\n  m {\n    a = 2\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {}\n",
            vec![add_block("", "n {\n  a = 1\n}")],
            "resource \"a\" \"b\" {\n  n {\n    a = 1\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  n { x = 1 }\n}\n",
            vec![add_block("n/0", "m {\n  a = 1\n}")],
            "resource \"a\" \"b\" {\n  n {\n    x = 1\n\n    m {\n      a = 1\n    }\n  }\n}\n",
        ),
        (
            "resource \"a\" \"b\" {\n\tx = 1\n}\n",
            vec![add_block("", "n {\n  m {\n    a = 1\n  }\n}")],
            "resource \"a\" \"b\" {\n\tx = 1\n\n\tn {\n\t\tm {\n\t\t\ta = 1\n\t\t}\n\t}\n}\n",
        ),
        // Companions, in their order.
        (
            "resource \"a\" \"b\" {\n  x = 1\n} # end\n\n# other\nresource \"a\" \"c\" {}\n",
            vec![
                below("resource \"p\" \"b\" {\n  bucket = a.b.id\n  block_public = true\n}"),
                below("resource \"q\" \"b\" {}"),
            ],
            "resource \"a\" \"b\" {\n  x = 1\n} # end\n\nresource \"p\" \"b\" {\n  bucket       = a.b.id\n  block_public = true\n}\n\nresource \"q\" \"b\" {}\n\n# other\nresource \"a\" \"c\" {}\n",
        ),
        (
            "resource \"a\" \"b\" {}\nresource \"a\" \"c\" {}\n",
            vec![below("resource \"p\" \"b\" {}")],
            "resource \"a\" \"b\" {}\n\nresource \"p\" \"b\" {}\n\nresource \"a\" \"c\" {}\n",
        ),
        (
            "resource \"a\" \"b\" {}",
            vec![below("resource \"p\" \"b\" {}")],
            "resource \"a\" \"b\" {}\n\nresource \"p\" \"b\" {}",
        ),
        // As often as the block, by the same provider.
        (
            "resource \"a\" \"b\" {\n  for_each = toset([\n    var.x\n  ])\n  provider = aws.west\n}\n",
            vec![
                below_copying(
                    &["count", "for_each", "provider"],
                    "resource \"p\" \"b\" {\n  bucket = a.b[each.key].id\n}",
                ),
                below("resource \"q\" \"b\" {}"),
            ],
            "resource \"a\" \"b\" {\n  for_each = toset([\n    var.x\n  ])\n  provider = aws.west\n}\n\nresource \"p\" \"b\" {\n  for_each = toset([\n    var.x\n  ])\n  provider = aws.west\n\n  bucket = a.b[each.key].id\n}\n\nresource \"q\" \"b\" {}\n",
        ),
        (
            "resource \"a\" \"b\" {\n  count = 2\n  place = var.place # here\n  name  = \"b\"\n}\n",
            vec![below_copying(
                &["count", "place"],
                "resource \"p\" \"b\" {\n  a = a.b[count.index].id\n}",
            )],
            "resource \"a\" \"b\" {\n  count = 2\n  place = var.place # here\n  name  = \"b\"\n}\n\nresource \"p\" \"b\" {\n  count = 2\n\n  place = var.place\n  a     = a.b[count.index].id\n}\n",
        ),
        // A taken name.
        (
            "resource \"a\" \"b\" {}\n\nresource \"p\" \"b\" {}\n",
            vec![
                below("resource \"p\" \"b\" {}"),
                below("resource \"q\" \"b\" {\n  p = p.b.id\n  a = a.b.id\n}"),
            ],
            "resource \"a\" \"b\" {}\n\nresource \"p\" \"b_2\" {}\n\nresource \"q\" \"b\" {\n  p = p.b_2.id\n  a = a.b.id\n}\n\nresource \"p\" \"b\" {}\n",
        ),
        // A variable in the same file, and with a companion at its end.
        (
            "resource \"a\" \"b\" {}",
            vec![
                set("", "password", "var.pw"),
                below("resource \"p\" \"b\" {}"),
                variable("pw"),
            ],
            "resource \"a\" \"b\" {\n  password = var.pw\n}\n\nresource \"p\" \"b\" {}\n\nvariable \"pw\" {\n  description = \"The password.\"\n  type        = string\n  nullable    = false\n  sensitive   = true\n}\n",
        ),
    ]);
}

/// The files, the edits, the file that is looked at and what becomes of it.
type Elsewhere = (
    Vec<(&'static str, String)>,
    Vec<FixEdit>,
    usize,
    Result<String, NotPossible>,
);

#[test]
fn other_files() {
    let main = "resource \"a\" \"b\" {\n  x = var.x\n}\n";
    let var =
        |name: &str, default: &str| format!("variable \"{name}\" {{\n  default = {default}\n}}\n");
    let new = |name: &str| {
        format!(
            "\nvariable \"{name}\" {{\n  description = \"The password.\"\n  type        = string\n  nullable    = false\n  sensitive   = true\n}}\n"
        )
    };
    let x = || Symbol::Variable("x".into());
    let cases: Vec<Elsewhere> = vec![
        (
            vec![("main.tf", main.into()), ("variables.tf", var("x", "true"))],
            vec![origin(x(), "", "false")],
            1,
            Ok(var("x", "false")),
        ),
        (
            vec![
                ("main.tf", main.into()),
                ("terraform.tfvars", "y = 1\nx = [1, 2] # x\n".into()),
            ],
            vec![origin(x(), "#1", "3")],
            1,
            Ok("y = 1\nx = [1, 3] # x\n".into()),
        ),
        (
            vec![
                ("main.tf", main.into()),
                ("terraform.tfvars", "long_one = 1\nx        = 2\n".into()),
            ],
            vec![origin(x(), "", "true")],
            1,
            Ok("long_one = 1\nx        = true\n".into()),
        ),
        (
            vec![
                ("main.tf", main.into()),
                ("locals.tf", "locals {\n  a = { b = \"1\" }\n}\n".into()),
            ],
            vec![origin(Symbol::Local("a".into()), ".b", "\"2\"")],
            1,
            Ok("locals {\n  a = { b = \"2\" }\n}\n".into()),
        ),
        (
            vec![("main.tf", main.into()), ("variables.tf", var("x", "null"))],
            vec![variable("x")],
            1,
            Ok(var("x", "null") + &new("x_2")),
        ),
        (
            vec![("main.tf", main.into()), ("variables.tf", var("x", "null"))],
            vec![set("", "x", "var.x"), variable("x")],
            0,
            Ok(main.replace("var.x", "var.x_2")),
        ),
        (
            vec![("main.tf", main.into()), ("variables.tf", String::new())],
            vec![
                set("", "x", "\"${y}\""),
                set("", "z", "var.y"),
                variable("y"),
            ],
            1,
            Ok(new("y")[1..].to_owned()),
        ),
        (
            vec![
                ("main.tf", main.into()),
                ("locals.tf", "locals {\n  a = var.b\n}\n".into()),
            ],
            vec![origin(Symbol::Local("a".into()), "", "1")],
            1,
            Err(NotPossible::NotLiteral("a".into())),
        ),
        (
            vec![("main.tf", main.into())],
            vec![origin(x(), "", "1")],
            0,
            Err(NotPossible::Gone),
        ),
        (
            vec![("main.tf", main.into())],
            vec![remove("y")],
            0,
            Err(NotPossible::NoPlace("y".into())),
        ),
        (
            vec![("main.tf", main.into())],
            vec![set("n/0", "y", "1")],
            0,
            Err(NotPossible::NoPlace("n[0]".into())),
        ),
    ];
    for (files, edits, shown, expected) in cases {
        let texts: Vec<(&'static str, &str)> = files
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        let result = edited(&Files::new(&texts), &fix(edits.clone()));
        assert_eq!(
            result.map(|texts| texts[shown].clone()),
            expected,
            "{edits:?}"
        );
    }
}

#[test]
fn broken_texts_of_a_rule() {
    let files = Files::new(&[("main.tf", "resource \"a\" \"b\" {\n  l = []\n}\n")]);
    let both = fix(vec![add_block("", "l {}")]);
    assert_eq!(
        edited(&files, &both),
        Err(NotPossible::NoPlace("the block".into()))
    );
    for edits in [
        vec![set("", "x", "[1,")],
        vec![append("l", "=")],
        vec![add_block("", "n {")],
        vec![replace("l", "1 2")],
    ] {
        let result = edited(&files, &fix(edits.clone()));
        assert!(
            matches!(result, Err(NotPossible::Text(_))),
            "{edits:?}: {result:?}"
        );
    }
}

#[test]
fn several_fixes() {
    let source = "resource \"a\" \"b\" {\n  x = 1\n  l = [1, 2, 3]\n  n {\n    a = 1\n  }\n}\n\nresource \"a\" \"c\" {}\n";
    let with = |edits: &[(&str, &str)]| {
        edits.iter().fold(source.to_owned(), |text, (from, to)| {
            text.replacen(from, to, 1)
        })
    };
    let other = |edit: FixEdit| match edit {
        FixEdit::AddBelow { text, copied, .. } => FixEdit::AddBelow {
            block: BlockId(1),
            copied,
            text,
        },
        edit => edit,
    };
    let cases: Vec<(Vec<Vec<FixEdit>>, String)> = vec![
        // The same words once.
        (
            vec![vec![set("", "x", "2")], vec![set("", "x", "2")]],
            with(&[("x = 1", "x = 2")]),
        ),
        (
            vec![
                vec![below("resource \"k\" \"k\" {}")],
                vec![other(below("resource \"k\" \"k\" {}"))],
            ],
            with(&[("}\n\n", "}\n\nresource \"k\" \"k\" {}\n\n")]),
        ),
        // The first of two that contradict each other.
        (
            vec![vec![set("", "x", "2")], vec![set("", "x", "3")]],
            with(&[("x = 1", "x = 2")]),
        ),
        (
            vec![vec![remove("n/0")], vec![set("n/0", "a", "3")]],
            with(&[("  n {\n    a = 1\n  }\n", "")]),
        ),
        (
            vec![vec![set("n/0", "a", "3")], vec![remove("n/0")]],
            with(&[("    a = 1", "    a = 3")]),
        ),
        (
            vec![
                vec![add_block("", "m {\n  a = 1\n}")],
                vec![add_block("", "m {\n  b = 1\n}")],
            ],
            with(&[("  }\n}", "  }\n  m {\n    a = 1\n  }\n}")]),
        ),
        // Removals keep their places.
        (
            vec![
                vec![remove("l #0")],
                vec![remove("l #2")],
                vec![set("", "x", "2")],
            ],
            with(&[("[1, 2, 3]", "[2]"), ("x = 1", "x = 2")]),
        ),
        // One that can't be written does not stop the others.
        (
            vec![vec![remove("y")], vec![set("", "x", "2")]],
            with(&[("x = 1", "x = 2")]),
        ),
    ];
    for (fixes, expected) in cases {
        let files = Files::new(&[("main.tf", source)]);
        let fixes: Vec<Fix> = fixes.into_iter().map(fix).collect();
        let edits = combine(&fixes, &files, &[FileId(0)]);
        let edits = edits.into_iter().flat_map(|(_, edits)| edits);
        assert_eq!(
            apply(source, &edits.collect::<Vec<_>>()).as_deref(),
            Ok(expected.as_str()),
            "{fixes:?}"
        );
    }
    // A fix of another file is not part of it.
    let files = Files::new(&[
        ("main.tf", source),
        ("variables.tf", "variable \"v\" {\n  default = 1\n}\n"),
    ]);
    let fix = fix(vec![origin(Symbol::Variable("v".into()), "", "2")]);
    let within = |within: &[FileId]| {
        let edits = combine(std::slice::from_ref(&fix), &files, within);
        let files = edits.into_iter().map(|(file, _)| file);
        files.collect::<Vec<_>>()
    };
    assert_eq!(within(&[FileId(0)]), []);
    assert_eq!(within(&[FileId(0), FileId(1)]), [FileId(1)]);
}
