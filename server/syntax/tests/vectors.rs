//! Expressions and blocks that grammars get wrong.

mod notation;

use notation::shown;
use stockade_syntax::ast::{Body, Item};
use stockade_syntax::{parse_body, parse_expression};

#[test]
fn expressions() {
    let cases = [
        ("a.b == c.d", "(Equal a.b c.d)"),
        ("!var.x", "(Not var.x)"),
        ("-a.b * 2", "(Multiply (Negate a.b) 2)"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a || b && c == d", "(Or a (And b (Equal c d)))"),
        ("1 - 2 - 3", "(Subtract (Subtract 1 2) 3)"),
        ("1e5", "1e5"),
        ("1.5E-3", "1.5E-3"),
        ("\" x \"", "\" x \""),
        ("\"$$${x}\"", "\"$${x}\""),
        ("\"$${x}\"", "\"${x}\""),
        ("\"%%{x}\"", "\"%{x}\""),
        ("\"a\\\"b\\u00e9\"", "\"a\"b\u{e9}\""),
        ("\"${a.b[\"c\"]}d\"", "\"${a.b[\"c\"]}d\""),
        ("a.0.b", "a[0].b"),
        ("a.*.b.c", "a.*(_.b.c)"),
        ("a.*.b[0]", "a.*(_.b)[0]"),
        ("a[*].b[0]", "a[*](_.b[0])"),
        ("provider::aws::f(1)", "provider::aws::f(1)"),
        ("max(a...)", "max(a...)"),
        ("(provider\n::aws\n::f\n(1))", "(provider::aws::f(1))"),
        ("a[max\n(1)]", "a[max(1)]"),
        (
            "[for s in a : upper(s) if s != \"\"]",
            "for(None,s in a: None upper(s) if Some(\"(NotEqual s \\\"\\\")\") false)",
        ),
        (
            "{for k, v in a : k => v...}",
            "for(Some(\"k\"),v in a: Some(\"k\") v if None true)",
        ),
        ("{ \"for\" = 1 }", "{\"for\"=1}"),
        ("10 %{ a = 1 }.a", "(Modulo 10 {a=1}.a)"),
        ("e\u{301}.b", "e\u{301}.b"),
        ("{\n a = 1\n \"b\" : 2, (c) = 3\n}", "{a=1,\"b\"=2,(c)=3}"),
        ("[\n 1,\n 2,\n]", "[1,2]"),
        ("(a\n + b)", "((Add a b))"),
        (
            "\"%{ if a }x%{ else }y%{ endif }\"",
            "\"%{if a}x%{else}y%{endif}\"",
        ),
        (
            "\"%{ for x in y ~}  ${x}%{ endfor }\"",
            "\"%{for x in y}${x}%{endfor}\"",
        ),
        ("\"${a ~}\\n  b\"", "\"${a}b\""),
        ("\"a \\n ${~ b}\"", "\"a${b}\""),
        ("\"a ${~ b ~} $${c}\"", "\"a${b}${c}\""),
        ("10 % 3", "(Modulo 10 3)"),
        ("a /* c */ + b", "(Add a b)"),
    ];
    for (text, expected) in cases {
        assert_eq!(
            parse_expression(text).as_ref().map(shown),
            Ok(expected.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn heredocs() {
    let cases = [
        ("a = <<EOT\n x ${y}\nEOT\n", "\" x ${y}\\n\""),
        ("a = <<EOT\nx\nEOT", "\"x\\n\""),
        (
            "a = <<-EOT\r\n  x\r\n\r\n    y\r\n  EOT\r\n",
            "\"x\r\\n\r\\n  y\r\\n\"",
        ),
        (
            "a = <<-EOT\n      a\n\n        b\n    EOT\n",
            "\"a\\n\\n  b\\n\"",
        ),
        (
            "a = <<-EOT\n      ${1}a\n    ${2}\n      %{ if true ~}\n        x\n      %{ endif ~}\n    y\n    EOT\n",
            "\"  ${1}a\\n${2}\\n  %{if true}        x\\n  %{else}%{endif}    y\\n\"",
        ),
        ("a = <<É\nx\nÉ\n", "\"x\\n\""),
        ("a = <<EOT\nEOT${x}\nEOT\n", "\"EOT${x}\\n\""),
        ("a = <<EOT\n\\t\nEOT\n", "\"\\t\\n\""),
    ];
    for (text, expected) in cases {
        let (body, errors) = parse_body(text);
        assert_eq!(errors, [], "{text}");
        let value = &body.attribute("a").expect("an attribute").value;
        assert_eq!(shown(value), expected, "{text}");
    }
}

#[test]
fn what_is_not_hcl() {
    let cases = [
        (
            "a =\nb = 1\n",
            "expected an expression, found the end of the line",
        ),
        ("a = 1 b = 2\n", "expected a new line, found \"b\""),
        (
            "a = \"x\ny\"\n",
            "a string can't go on to the next line: '\"' is missing, or use a heredoc",
        ),
        (
            "a = 1 +\n 2\n",
            "expected an expression, found the end of the line",
        ),
        ("a = \"${}\"\n", "expected an expression, found \"}\""),
        ("a = 0x1F\n", "not a number"),
        ("a = 1.2.3\n", "not a number: more than one \".\""),
        (
            "a = b.0.1\n",
            "\".0\" can't follow another index; write \"[0]\"",
        ),
        (
            "a = { for = 1 }\n",
            "expected a name after \"for\", found \"=\"",
        ),
        (
            "a = f(b...,)\n",
            "expected \")\" after \"...\", found \",\"",
        ),
        (
            "a = 1\rb = 2\n",
            "expected a new line, found a carriage return without a line feed",
        ),
        ("a = b\u{b2}\n", "expected a new line, found \"\u{b2}\""),
        (
            "a {\n  b = 1\n",
            "this block is not closed: \"}\" is missing",
        ),
        (
            "a = <<EOT\nx\n",
            "this heredoc is not closed: a line \"EOT\" is missing",
        ),
        (
            "a \"x\" { b = 1\n c = 2 }\n",
            "expected \"}\": a block on one line holds one argument, found the end of the line",
        ),
        ("a = \"\\q\"\n", "not an escape; write \\\\ for a backslash"),
        ("a = [1 2]\n", "expected \",\" or \"]\", found \"2\""),
        (
            "a = x.\n",
            "expected a name after \".\", found the end of the line",
        ),
    ];
    for (text, message) in cases {
        let (_, errors) = parse_body(text);
        assert_eq!(
            errors
                .iter()
                .map(|e| e.message.as_str())
                .collect::<Vec<_>>(),
            [message],
            "{text}"
        );
    }
}

#[test]
fn nesting_is_bounded() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a=", "}"),
        ("\"${", "}\""),
        ("!", ""),
        ("f(", ")"),
        ("a[", "]"),
        ("1+(", ")"),
        ("a?b:", ""),
    ] {
        let text = format!("x = {}1{}\n", open.repeat(50_000), close.repeat(50_000));
        let (_, errors) = parse_body(&text);
        assert_eq!(errors.len(), 1, "{open}");
    }
    let blocks = format!("{}{}", "a {\n".repeat(50_000), "}\n".repeat(50_000));
    assert_eq!(parse_body(&blocks).1.len(), 1);
}

#[test]
fn ranges_are_those_of_the_source() {
    let text = "resource \"a\" \"b\" {\n  x = \"1\" # c\n}\n";
    let (Body { items }, _) = parse_body(text);
    let Some(Item::Block(block)) = items.first() else {
        panic!("a block")
    };
    let at = |range: stockade_text::TextRange| &text[range];
    assert_eq!(at(block.header), "resource \"a\" \"b\"");
    assert_eq!(at(block.braces), "{\n  x = \"1\" # c\n}");
    let attribute = block.body.attribute("x").expect("x");
    assert_eq!(
        (at(attribute.range), at(attribute.value.range)),
        ("x = \"1\"", "\"1\"")
    );
}
