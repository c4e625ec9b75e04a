//! What is still known of what is unknown, what refers where, and where values come from.

use std::sync::Arc;

use stockade_eval::{
    Existence, Kind, Origin, Presence, Scope, Step, Subject, Value, convert, eval, eval_block, locate,
    type_of_constraint,
};
use stockade_model::{Address, address_of};
use stockade_syntax::ast::{Block, Body};
use stockade_syntax::{parse_body, parse_expression};

const MODULE: &str = r#"
variable "any" {}
variable "text" {
  type     = string
  nullable = false
}
variable "flag" { type = bool }
variable "on" { default = true }
locals {
  list   = ["a", "b"]
  cidrs  = { open = "0.0.0.0/0", own = "10.0.0.0/8" }
  rules  = [{ port = 22, cidr = local.cidrs.open }]
  ref    = aws_s3_bucket.one.id
  two    = var.flag ? "x" : "y"
}
resource "aws_s3_bucket" "one" {
  bucket = "logs"
}
resource "aws_s3_bucket" "counted" {
  count  = 2
  bucket = "b"
}
resource "aws_s3_bucket" "none" {
  count  = 0
  bucket = "b"
}
resource "aws_s3_bucket" "perhaps" {
  count  = var.flag ? 1 : 0
  bucket = "b"
}
resource "aws_s3_bucket" "many" {
  for_each = var.any
  bucket   = each.key
}
resource "aws_s3_bucket" "each" {
  for_each = { a = "x", b = "y" }
  bucket   = each.value
}
resource "aws_instance" "i" {
  root_block_device { encrypted = true }
}
module "m" {
  source = "./m"
  bucket = "not an output"
}
"#;

struct Module(Body);

impl Module {
    fn read(text: &str) -> Module {
        let (body, errors) = parse_body(text);
        assert!(errors.is_empty(), "{errors:?}");
        Module(body)
    }

    fn named(&self, address: &Address) -> Option<&Block> {
        self.0.blocks().find(|b| address_of(b) == *address)
    }

    fn subject(&self, block: &Block) -> Subject {
        let address = address_of(block);
        let aws = stockade_schema::schema("aws", &stockade_schema::version::Interval::any());
        let schema = aws.and_then(|s| s.body(stockade_schema::Kind::Resource, &address.ty));
        eval_block(block, address, schema, self)
    }
}

impl Scope for Module {
    fn variable(&self, name: &str) -> Value {
        let Some(block) = self.0.blocks().find(|b| b.kind.name == "variable" && b.labels[0].name == name) else {
            return Value::unknown();
        };
        let ty = block.body.attribute("type").map(|a| type_of_constraint(&a.value));
        match block.body.attribute("default") {
            Some(default) => convert(&eval(&default.value, self), &ty.unwrap_or(stockade_eval::Type::Any)),
            None => Value::unknown_of(ty, block.body.attribute("nullable").is_some()),
        }
    }
    fn local(&self, name: &str) -> Value {
        let locals = self.0.blocks().filter(|b| b.kind.name == "locals");
        let attribute = locals.into_iter().find_map(|b| b.body.attribute(name));
        attribute.map_or_else(Value::unknown, |a| eval(&a.value, self))
    }
    fn block(&self, address: &Address) -> Value {
        match self.named(address) {
            Some(block) => self.subject(block).as_value(),
            None => Value::reference(address.clone()),
        }
    }
    fn file(&self, path: &str) -> Option<Arc<str>> {
        (path == "policies/p.json").then(|| "{}".into())
    }
    fn root(&self, _: &str) -> Option<Value> {
        None
    }
}

/// `"x"`, `?`, `?string!` (not null), `?string!^pre` (a prefix), `?(1|2)`, `?[1,…]`, `?{a:1,…}`, `-> ref`.
fn shown(value: &Value) -> String {
    let text = match &value.kind {
        Kind::Unknown(u) => {
            let mut text = "?".to_owned();
            match &u.ty {
                Some(stockade_eval::Type::String) => text += "string",
                Some(stockade_eval::Type::Bool) => text += "bool",
                Some(stockade_eval::Type::Number) => text += "number",
                _ => {}
            }
            if u.not_null {
                text += "!";
            }
            if let Some(prefix) = &u.prefix {
                text += &format!("^{prefix}");
            }
            let all = |values: &mut dyn Iterator<Item = String>, sep: &str| values.collect::<Vec<_>>().join(sep);
            if !u.one_of.is_empty() {
                text += &format!("({})", all(&mut u.one_of.iter().map(shown), "|"));
            }
            if !u.contains.is_empty() {
                text += &format!("[{},…]", all(&mut u.contains.iter().map(shown), ","));
            }
            if !u.entries.is_empty() && value.refers.is_none() {
                text += &format!("{{{},…}}", all(&mut u.entries.iter().map(|(k, v)| format!("{k}:{}", shown(v))), ","));
            }
            text
        }
        Kind::List(_, elements) => format!("[{}]", elements.iter().map(shown).collect::<Vec<_>>().join(",")),
        Kind::Object(entries) => {
            let entries = entries.iter().map(|(k, v)| format!("{k}:{}", shown(v)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        _ => value.to_json().unwrap_or_default(),
    };
    match &value.refers {
        Some(r) => {
            let index = r.index.as_ref().map_or_else(String::new, |i| format!("[{i}]"));
            let path: String = r.path.iter().map(|p| format!(".{p}")).collect();
            format!("{text}->{}{index}{path}", r.address)
        }
        None => text,
    }
}

fn check(table: &[(&str, &str)], show: impl Fn(&Value) -> String) {
    let module = Module::read(MODULE);
    let mut wrong = Vec::new();
    for (text, expected) in table {
        let expr = parse_expression(text).unwrap_or_else(|e| panic!("{text}: {}", e.message));
        let found = show(&eval(&expr, &module));
        if found != *expected {
            wrong.push(format!("{text}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unknown_is_never_wrong() {
    check(
        &[
            ("var.any", "?"),
            ("var.text", "?string!"),
            ("var.flag && false", "false"),
            ("var.flag || true", "true"),
            ("var.flag && true", "?bool!"),
            ("!var.flag", "?bool!"),
            ("var.text == null", "false"),
            ("var.any == null", "?bool!"),
            ("var.text == \"x\"", "?bool!"),
            ("\"a-${var.text}\" == \"b-x\"", "false"),
            ("\"a-${var.text}\" == \"a-x\"", "?bool!"),
            ("\"a-${var.text}-b\"", "?string!^a-"),
            ("\"s-${local.two}\"", "?string!^s-(\"s-x\"|\"s-y\")"),
            ("var.flag ? 1 : 2", "?number!(1|2)"),
            ("var.flag ? 1 : 1", "1"),
            ("var.flag ? \"a\" : null", "?(\"a\"|null)"),
            ("var.flag ? var.any : 1", "?"),
            ("(var.flag ? \"a\" : \"b\") == \"c\"", "false"),
            ("[1, var.any][0]", "1"),
            ("{ a = var.any, b = 2 }.b", "2"),
            ("{ a = 1, (var.text) = 2 }.a", "1"),
            ("{ a = 1, (var.text) = 2 }.c", "?"),
            ("merge({ a = 1 }, var.any)", "?!"),
            ("merge(var.any, { a = 1 })", "?!{a:1,…}"),
            ("merge(var.any, { a = 1 }).a", "1"),
            ("concat([1], var.any)", "?![1,…]"),
            ("contains(concat([1], var.any), 1)", "true"),
            ("contains(concat([1], var.any), 2)", "?bool!"),
            ("length([var.any, 1])", "2"),
            ("length(var.any)", "?number!"),
            ("length(toset([var.text, \"a\"]))", "?number!"),
            ("flatten([[1], var.any])", "?![1,…]"),
            ("flatten([[1], [var.text]])", "[1,?string!]"),
            ("compact([\"a\", var.text])", "?![\"a\",…]"),
            ("coalesce(var.any, \"x\")", "?"),
            ("coalesce(\"x\", var.any)", "\"x\""),
            ("try(var.any.a, 1)", "?"),
            ("try(var.any, 1)", "?"),
            ("try(local.list[0], var.any)", "\"a\""),
            ("try({ a = 1 }.b, var.text)", "?string!"),
            ("can(var.any.a)", "?bool!"),
            ("can(var.any)", "true"),
            ("lookup({ a = 1 }, var.text, 2)", "?number!(1|2)"),
            ("lookup({ a = 1 }, \"b\", var.any)", "?"),
            ("[for x in var.any : x]", "?!"),
            ("[for x in concat([1], var.any) : x + 1]", "?![2,…]"),
            ("[for x in [1, 2] : x if var.flag]", "?!"),
            ("{ for k in [\"a\", \"b\"] : k => 1 if k == var.text }", "?!"),
            ("tostring(var.flag)", "?string"),
            ("jsonencode({ a = var.any })", "?string!"),
            ("file(\"${path.module}/policies/p.json\")", "\"{}\""),
            ("file(\"${path.module}/none.json\")", "?string!"),
            ("timestamp()", "?string!"),
            ("unheard_of(1)", "?"),
            ("1 / 0 == 1", "?bool!"),
            ("range(100000)", "?"),
            ("\"%{ if var.flag }a%{ endif }\"", "?string!"),
            ("sensitive(var.text)", "?string!"),
        ],
        shown,
    );
}

#[test]
fn references_survive() {
    check(
        &[
            ("aws_s3_bucket.one.id", "?string!->aws_s3_bucket.one.id"),
            ("aws_s3_bucket.one.bucket", "\"logs\"->aws_s3_bucket.one.bucket"),
            ("aws_s3_bucket.one.bucket_prefix", "?string!->aws_s3_bucket.one.bucket_prefix"),
            ("aws_s3_bucket.one.force_destroy", "null->aws_s3_bucket.one.force_destroy"),
            ("local.ref", "?string!->aws_s3_bucket.one.id"),
            ("(local.ref)", "?string!->aws_s3_bucket.one.id"),
            ("\"${local.ref}\"", "?string!->aws_s3_bucket.one.id"),
            ("tostring(local.ref)", "?string!->aws_s3_bucket.one.id"),
            ("try(local.ref, null)", "?string!->aws_s3_bucket.one.id"),
            ("var.flag ? aws_s3_bucket.one.id : local.ref", "?string!->aws_s3_bucket.one.id"),
            ("\"${local.ref}-x\"", "?string!"),
            ("aws_s3_bucket.gone.arn", "?string!->aws_s3_bucket.gone.arn"),
            ("aws_s3_bucket.gone.tags", "?->aws_s3_bucket.gone.tags"),
            ("aws_s3_bucket.gone[0].arn", "?string!->aws_s3_bucket.gone[0].arn"),
            ("data.aws_iam_policy_document.p.json", "?->data.aws_iam_policy_document.p.json"),
            ("module.m.bucket", "?->module.m.bucket"),
            ("aws_s3_bucket.counted[0].bucket", "\"b\"->aws_s3_bucket.counted[0].bucket"),
            ("aws_s3_bucket.counted[*].id", "[?string!->aws_s3_bucket.counted[0].id,?string!->aws_s3_bucket.counted[1].id]"),
            ("aws_s3_bucket.counted[2].bucket", "?"),
            ("length(aws_s3_bucket.counted)", "2"),
            ("aws_s3_bucket.none[*].id", "[]"),
            ("one(aws_s3_bucket.none[*].id)", "null"),
            ("try(aws_s3_bucket.none[0].id, \"x\")", "\"x\""),
            ("try(aws_s3_bucket.perhaps[0].bucket, \"x\")", "?string!(\"b\"->aws_s3_bucket.perhaps[0].bucket|\"x\")"),
            ("aws_s3_bucket.perhaps[0].id", "?string!->aws_s3_bucket.perhaps[0].id"),
            ("one(aws_s3_bucket.perhaps[*].id)", "?(?string!->aws_s3_bucket.perhaps[0].id|null)"),
            ("aws_s3_bucket.each[\"a\"].bucket", "?string!(\"x\"|\"y\")->aws_s3_bucket.each[\"a\"].bucket"),
            ("aws_s3_bucket.each[\"c\"].bucket", "?"),
            ("aws_s3_bucket.many[\"k\"].id", "?string!->aws_s3_bucket.many[\"k\"].id"),
            ("element(aws_s3_bucket.many[*].id, 0)", "?->aws_s3_bucket.many[?].id"),
            ("[for k, b in aws_s3_bucket.each : k]", "[\"a\",\"b\"]"),
            ("aws_instance.i.root_block_device[0].encrypted", "true->aws_instance.i.root_block_device.encrypted"),
            ("aws_instance.i.root_block_device[0].kms_key_id", "?string!->aws_instance.i.root_block_device.kms_key_id"),
        ],
        shown,
    );
}

fn origin(value: &Value) -> String {
    let Some(Origin { symbol, path, derived, .. }) = value.origin.as_deref() else { return "-".to_owned() };
    let path: String = path
        .iter()
        .map(|step| match step {
            Step::Attr(name) | Step::Key(name) => format!(".{name}"),
            Step::Block(name, n) => format!(" {name}#{n}"),
            Step::Index(n) => format!("[{n}]"),
            Step::Json => "{}".to_owned(),
        })
        .collect();
    let symbol = match symbol {
        stockade_eval::Symbol::Variable(name) => format!("var.{name}"),
        stockade_eval::Symbol::Local(name) => format!("local.{name}"),
        stockade_eval::Symbol::Block(address) => address.to_string(),
    };
    format!("{symbol}{path}{}", if *derived { "~" } else { "" })
}

#[test]
fn origins_are_the_nearest_symbol() {
    check(
        &[
            ("1", "-"),
            ("var.on", "var.on"),
            ("local.list[1]", "local.list[1]"),
            ("local.cidrs.open", "local.cidrs.open"),
            ("local.cidrs[\"own\"]", "local.cidrs.own"),
            ("local.rules[0].cidr", "local.rules[0].cidr"),
            ("{ a = local.list[0] }.a", "local.list[0]"),
            ("[for x in local.list : x][1]", "local.list[1]"),
            ("merge({ a = 1 }, local.cidrs).own", "local.cidrs.own"),
            ("concat([\"z\"], local.list)[2]", "local.list[1]"),
            ("lookup(local.cidrs, \"open\", \"\")", "local.cidrs.open"),
            ("try(local.cidrs.none, local.cidrs.open)", "local.cidrs.open"),
            ("true ? local.list[0] : \"\"", "local.list[0]"),
            ("element(local.list, 3)", "local.list[1]"),
            ("one([local.list[0]])", "local.list[0]"),
            ("reverse(local.list)[0]", "local.list[1]"),
            ("[for s in toset(local.list) : s][0]", "local.list[0]"),
            ("\"${local.list[0]}-x\"", "local.list[0]~"),
            ("upper(local.list[0])", "local.list[0]~"),
            ("!var.on", "var.on~"),
            ("aws_s3_bucket.one.bucket", "aws_s3_bucket.one.bucket"),
            ("aws_instance.i.root_block_device[0].encrypted", "aws_instance.i root_block_device#0.encrypted"),
        ],
        origin,
    );
}

/// Nested blocks of the one resource of a module: `name(presence instance attributes)`, then `name…` where open.
fn blocks(text: &str) -> String {
    let module = Module::read(&format!("{MODULE}\n{text}"));
    let block = module.0.blocks().last().unwrap_or_else(|| panic!("no block"));
    let subject = module.subject(block);
    let mut out: Vec<String> = subject
        .body
        .blocks
        .iter()
        .map(|b| {
            let maybe = if b.presence == Presence::Maybe { "?" } else { "" };
            let instance = b.instance.clone().unwrap_or_default();
            let attributes = b.body.attributes.iter().map(|(k, v)| format!("{k}={}", shown(v)));
            format!("{}{maybe}{instance}({})", b.name, attributes.collect::<Vec<_>>().join(" "))
        })
        .collect();
    out.extend(subject.body.open.iter().map(|name| format!("{name}…")));
    let existence = match subject.existence {
        Existence::Never => " never",
        Existence::Maybe => " maybe",
        Existence::Certain => "",
    };
    out.join(" ") + existence
}

#[test]
fn blocks_are_expanded() {
    let group = |inner: &str| format!("resource \"aws_security_group\" \"g\" {{\n{inner}\n}}\n");
    let dynamic = |each: &str| {
        group(&format!(
            "dynamic \"ingress\" {{\n for_each = {each}\n content {{\n from_port = ingress.value\n description = ingress.key\n }}\n}}"
        ))
    };
    for (text, expected) in [
        (group("ingress {\n from_port = 1\n}"), "ingress(from_port=1)"),
        (group("ingress = [{ from_port = 1 }, { from_port = 2, to_port = null }]"), "ingress(from_port=1) ingress(from_port=2)"),
        (group("ingress = var.any"), "ingress…"),
        (group("ingress = [var.any, { from_port = 1 }]"), "ingress(from_port=1) ingress…"),
        (group("ingress = var.flag ? [{ from_port = 1 }] : []"), "ingress?(from_port=1)"),
        (dynamic("[22, 80]"), "ingress[0](description=0 from_port=22) ingress[1](description=1 from_port=80)"),
        (dynamic("{ a = 1 }"), "ingress[\"a\"](description=\"a\" from_port=1)"),
        (dynamic("toset([\"x\"])"), "ingress[\"x\"](description=\"x\" from_port=\"x\")"),
        (dynamic("[]"), ""),
        (dynamic("var.any"), "ingress?(description=?string! from_port=?) ingress…"),
        (dynamic("var.flag ? [22] : []"), "ingress?[0](description=0 from_port=22)"),
        (dynamic("concat([22], var.any)"), "ingress(description=?! from_port=22) ingress?(description=?string! from_port=?) ingress…"),
        (dynamic("{ for k, v in { a = 1, b = 2 } : k => v if v > 1 }"), "ingress[\"b\"](description=\"b\" from_port=2)"),
        (
            group("dynamic \"ingress\" {\n for_each = [[1], [2, 3]]\n iterator = it\n content {\n from_port = length(it.value)\n }\n}"),
            "ingress[0](from_port=1) ingress[1](from_port=2)",
        ),
        (group("count = 0"), " never"),
        (group("count = var.flag ? 1 : 0"), " maybe"),
        (group("count = var.flag ? 1 : 2"), ""),
        (group("for_each = {}"), " never"),
        (group("for_each = var.any"), " maybe"),
        (group("for_each = toset([\"a\"])\ningress {\n description = each.key\n}"), "ingress(description=\"a\")"),
        (
            group("for_each = { a = { p = 1 }, b = { p = 2 } }\ningress {\n from_port = each.value.p\n}"),
            "ingress(from_port=?number!(1|2))",
        ),
        (
            group("for_each = { a = { p = 1 }, b = {} }\ningress {\n from_port = try(each.value.p, 9)\n}"),
            "ingress(from_port=?number!(1|9))",
        ),
        (group("count = var.flag ? 1 : 0\ningress {\n from_port = count.index\n}"), "ingress(from_port=0) maybe"),
    ] {
        assert_eq!(blocks(&text), expected, "{text}");
    }
}

#[test]
fn places_are_found() {
    let text = r#"resource "t" "n" {
  a = { b = [1, "two"] }
  p = jsonencode({ Statement = [{ Effect = "Allow" }] })
  h = <<EOT
{"Statement": [{"Effect": "${var.x}", "Action": ["s3:*"]}]}
EOT
  x { y = 1 }
  dynamic "x" {
    for_each = []
    content { y = 2 }
  }
}
"#;
    let (body, _) = parse_body(text);
    let block = body.blocks().next().unwrap_or_else(|| panic!("a block"));
    let (attr, key, index, nth) = (
        |n: &str| Step::Attr(n.into()),
        |n: &str| Step::Key(n.into()),
        Step::Index,
        |n: &str, i| Step::Block(n.into(), i),
    );
    for (path, expected) in [
        (vec![attr("a"), key("b"), index(1)], "\"two\""),
        (vec![attr("a"), key("b"), index(7)], "[1, \"two\"]"),
        (vec![attr("p"), Step::Json, key("Statement"), index(0), key("Effect")], "\"Allow\""),
        (vec![attr("h"), Step::Json, key("Statement"), index(0), key("Effect")], "\"${var.x}\""),
        (vec![attr("h"), Step::Json, key("Statement"), index(0), key("Action"), index(0)], "\"s3:*\""),
        (vec![nth("x", 0), attr("y")], "1"),
        (vec![nth("x", 1), attr("y")], "2"),
        (vec![attr("none")], "resource \"t\" \"n\""),
        (vec![], "resource \"t\" \"n\""),
    ] {
        let range = locate(block, &path);
        assert_eq!(&text[usize::from(range.start())..usize::from(range.end())], expected, "{path:?}");
    }
}

#[test]
fn hostile_text_ends() {
    let doubled = |first: &str, step: &dyn Fn(usize) -> String| {
        let lines: Vec<String> = (1..60).map(step).collect();
        format!("locals {{\n  a0 = {first}\n{}\n}}\n", lines.join("\n"))
    };
    for text in [
        doubled("\"xxxxxxxx\"", &|i| format!("  a{i} = \"${{local.a{}}}${{local.a{}}}\"", i - 1, i - 1)),
        doubled("[1]", &|i| format!("  a{i} = [local.a{}, local.a{}]", i - 1, i - 1)),
        doubled("[1]", &|i| format!("  a{i} = concat(local.a{}, local.a{})", i - 1, i - 1)),
    ] {
        let module = Memoised(Module::read(&text), std::cell::RefCell::default());
        let value = (0..60).map(|i| module.local(&format!("a{i}"))).last();
        assert!(value.is_some_and(|v| !v.is_wholly_known()), "{text}");
    }
    let nested = "[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]]";
    let expr = parse_expression(nested).unwrap_or_else(|e| panic!("{}", e.message));
    let value = eval(&expr, &Module::read(""));
    assert!(!value.is_wholly_known());
}

/// A module whose locals are evaluated once, as the engine does.
struct Memoised(Module, std::cell::RefCell<std::collections::BTreeMap<String, Value>>);

impl Scope for Memoised {
    fn variable(&self, name: &str) -> Value {
        self.0.variable(name)
    }
    fn local(&self, name: &str) -> Value {
        if let Some(value) = self.1.borrow().get(name) {
            return value.clone();
        }
        let attribute = self.0.0.blocks().find_map(|b| b.body.attribute(name));
        let value = attribute.map_or_else(Value::unknown, |a| eval(&a.value, self));
        self.1.borrow_mut().insert(name.to_owned(), value.clone());
        value
    }
    fn block(&self, address: &Address) -> Value {
        self.0.block(address)
    }
    fn file(&self, _: &str) -> Option<Arc<str>> {
        None
    }
    fn root(&self, _: &str) -> Option<Value> {
        None
    }
}
