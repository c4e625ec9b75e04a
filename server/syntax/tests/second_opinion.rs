//! Valid text means the same to another parser of HCL, `hcl-edit`.

mod notation;

use hcl_edit::expr::{BinaryOperator, Expression, ObjectKey, TraversalOperator, UnaryOperator};
use hcl_edit::structure::{BlockLabel, Body, Structure};
use hcl_edit::template::{Directive, Element, Template};
use notation::shown;
use proptest::prelude::*;
use stockade_syntax::ast::{self, BinaryOp, Item, UnaryOp};
use stockade_syntax::{parse_body, parse_expression};

fn ours(body: &ast::Body) -> String {
    let item = |item: &Item| match item {
        Item::Attribute(a) => format!("{} = {}\n", a.name.name, shown(&a.value)),
        Item::Block(b) => {
            let labels: Vec<&str> = b.labels.iter().map(|l| l.name.as_str()).collect();
            format!("{} {labels:?} {{\n{}}}\n", b.kind.name, ours(&b.body))
        }
    };
    body.items.iter().map(item).collect()
}

fn theirs(body: &Body) -> String {
    let item = |item: &Structure| match item {
        Structure::Attribute(a) => format!("{} = {}\n", a.key.as_str(), their(&a.value)),
        Structure::Block(b) => {
            let labels: Vec<&str> = b.labels.iter().map(BlockLabel::as_str).collect();
            format!(
                "{} {labels:?} {{\n{}}}\n",
                b.ident.as_str(),
                theirs(&b.body)
            )
        }
    };
    body.iter().map(item).collect()
}

/// Their expression in our notation.
fn their(expr: &Expression) -> String {
    match expr {
        Expression::Null(_) => "null".into(),
        Expression::Bool(b) => b.to_string(),
        Expression::Number(n) => match n.value().to_string().strip_prefix('-') {
            Some(number) => format!("(Negate {number})"),
            None => n.value().to_string(),
        },
        Expression::Variable(name) => name.as_str().to_owned(),
        Expression::String(text) => format!("\"{}\"", text.as_str().replace('\n', "\\n")),
        Expression::StringTemplate(t) => format!("\"{}\"", elements(t)),
        Expression::HeredocTemplate(h) => format!("\"{}\"", elements(&h.template)),
        Expression::Array(all) => format!("[{}]", list(all.iter())),
        Expression::Parenthesis(p) => format!("({})", their(p.inner())),
        Expression::Object(all) => {
            let key = |key: &ObjectKey| match key {
                ObjectKey::Ident(name) => name.as_str().to_owned(),
                ObjectKey::Expression(expr) => their(expr),
            };
            let all: Vec<String> = all
                .iter()
                .map(|(k, v)| format!("{}={}", key(k), their(v.expr())))
                .collect();
            format!("{{{}}}", all.join(","))
        }
        Expression::Conditional(c) => format!(
            "({} ? {} : {})",
            their(&c.cond_expr),
            their(&c.true_expr),
            their(&c.false_expr)
        ),
        Expression::FuncCall(call) => {
            let mut name = String::new();
            for part in &call.name.namespace {
                name.push_str(part.as_str());
                name.push_str("::");
            }
            let dots = if call.args.expand_final() { "..." } else { "" };
            let last = call.name.name.as_str();
            format!("{name}{last}({}{dots})", list(call.args.iter()))
        }
        Expression::Traversal(t) => {
            let steps: Vec<&TraversalOperator> = t.operators.iter().map(|o| &**o).collect();
            follow(their(&t.expr), &steps)
        }
        Expression::UnaryOp(op) => {
            let name = match op.operator.value() {
                UnaryOperator::Neg => UnaryOp::Negate,
                UnaryOperator::Not => UnaryOp::Not,
            };
            format!("({name:?} {})", their(&op.expr))
        }
        Expression::BinaryOp(op) => format!(
            "({:?} {} {})",
            operator(*op.operator.value()),
            their(&op.lhs_expr),
            their(&op.rhs_expr)
        ),
        Expression::ForExpr(f) => format!(
            "for({:?},{} in {}: {:?} {} if {:?} {})",
            f.intro.key_var.as_ref().map(|k| k.as_str()),
            f.intro.value_var.as_str(),
            their(&f.intro.collection_expr),
            f.key_expr.as_ref().map(their),
            their(&f.value_expr),
            f.cond.as_ref().map(|c| their(&c.expr)),
            f.grouping
        ),
    }
}

fn list<'e>(all: impl Iterator<Item = &'e Expression>) -> String {
    all.map(their).collect::<Vec<_>>().join(",")
}

fn follow(mut base: String, steps: &[&TraversalOperator]) -> String {
    let mut at = 0;
    while let Some(step) = steps.get(at) {
        at += 1;
        base = match step {
            TraversalOperator::GetAttr(name) => format!("{base}.{}", name.as_str()),
            TraversalOperator::Index(key) => format!("{base}[{}]", their(key)),
            TraversalOperator::LegacyIndex(n) => format!("{base}[{}]", n.value()),
            TraversalOperator::FullSplat(_) => {
                return format!("{base}[*]({})", follow("_".into(), &steps[at..]));
            }
            TraversalOperator::AttrSplat(_) => {
                let is_index = |s: &&TraversalOperator| {
                    !matches!(
                        s,
                        TraversalOperator::GetAttr(_) | TraversalOperator::LegacyIndex(_)
                    )
                };
                let end = steps[at..].iter().position(is_index);
                let end = end.map_or(steps.len(), |e| at + e);
                let each = follow("_".into(), &steps[at..end]);
                at = end;
                format!("{base}.*({each})")
            }
        };
    }
    base
}

fn elements(template: &Template) -> String {
    let element = |element: &Element| match element {
        Element::Literal(text) => text.value().replace('\n', "\\n"),
        Element::Interpolation(i) => format!("${{{}}}", their(&i.expr)),
        Element::Directive(d) => match &**d {
            Directive::If(i) => format!(
                "%{{if {}}}{}%{{else}}{}%{{endif}}",
                their(&i.if_expr.cond_expr),
                elements(&i.if_expr.template),
                i.else_expr
                    .as_ref()
                    .map(|e| elements(&e.template))
                    .unwrap_or_default()
            ),
            Directive::For(f) => format!(
                "%{{for {} in {}}}{}%{{endfor}}",
                f.for_expr.value_var.as_str(),
                their(&f.for_expr.collection_expr),
                elements(&f.for_expr.template)
            ),
        },
    };
    template.iter().map(element).collect()
}

fn operator(op: BinaryOperator) -> BinaryOp {
    match op {
        BinaryOperator::Eq => BinaryOp::Equal,
        BinaryOperator::NotEq => BinaryOp::NotEqual,
        BinaryOperator::LessEq => BinaryOp::LessOrEqual,
        BinaryOperator::GreaterEq => BinaryOp::GreaterOrEqual,
        BinaryOperator::Less => BinaryOp::Less,
        BinaryOperator::Greater => BinaryOp::Greater,
        BinaryOperator::Plus => BinaryOp::Add,
        BinaryOperator::Minus => BinaryOp::Subtract,
        BinaryOperator::Mul => BinaryOp::Multiply,
        BinaryOperator::Div => BinaryOp::Divide,
        BinaryOperator::Mod => BinaryOp::Modulo,
        BinaryOperator::And => BinaryOp::And,
        BinaryOperator::Or => BinaryOp::Or,
    }
}

const BODY: &str = r#"# A comment.
resource "aws_s3_bucket" "logs" {
  count  = var.on ? 1 : var.off ? 2 : 3 // another
  bucket = "logs-${var.name}-${lower(each.key)}"
  tags = merge(local.tags, {
    Name    = "x", "Team" : "y"
    (var.k) = a.*.b[0] # c
  })

  dynamic "rule" {
    for_each = { for k, v in var.rules : k => v... if v.on && !v.off }
    content {
      ids   = [for r in rule.value[*].id : upper(r)]
      /* all
         of it */
      on = -1 + 2 * 3 > 4 || rule.value.x == null
    }
  }
  lifecycle { prevent_destroy = true }
}

locals {
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Resource": "${aws_s3_bucket.logs[0].arn}/*"
    }
  EOT
  plain = <<EOT
  %{ if true }yes%{ else }no%{ endif }
EOT
  empty = {}
  deep  = [[1, 2.5], [], [{ a = "\t\"\u00e9" }]]
}
variable x {}
"#;

#[test]
fn a_body_means_the_same() {
    let (body, errors) = parse_body(BODY);
    assert_eq!(errors, []);
    let other: Body = BODY.parse().expect("valid HCL");
    assert_eq!(ours(&body), theirs(&other));
}

/// Expressions that are valid, nested at random.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "null",
        "true",
        "1",
        "2.5",
        "\"s\"",
        "var.x",
        "a.b[0].c",
        "a.*.b.c",
        "a[*].b[0]",
        "a.0.b",
        "\"${a}-\\n\"",
        "[]",
        "{}",
        "f()",
        "p::f(1)",
        "\"$${a}\"",
        "(1)",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            let ops = prop::sample::select(vec![
                "+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||",
            ]);
            let pair = (inner.clone(), inner.clone());
            prop_oneof![
                (inner.clone(), ops, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
                inner.clone().prop_map(|a| format!("!{a}")),
                inner.clone().prop_map(|a| format!("-{a}")),
                inner.clone().prop_map(|a| format!("({a})")),
                inner.clone().prop_map(|a| format!("({a}).b[\"k\"]")),
                inner.clone().prop_map(|a| format!("\"x ${{ {a} }} y\"")),
                pair.clone().prop_map(|(a, b)| format!("f({a}, {b}...)")),
                pair.clone().prop_map(|(a, b)| format!("[{a},\n {b},]")),
                pair.clone()
                    .prop_map(|(a, b)| format!("{{\n k = {a}\n \"l\" : {b}, (m) = 1\n}}")),
                pair.clone()
                    .prop_map(|(a, b)| format!("[for v in {a} : {b} if v]")),
                pair.clone()
                    .prop_map(|(a, b)| format!("{{for k, v in {a} : k => {b}...}}")),
                (inner, pair).prop_map(|(a, (b, c))| format!("{a} ? {b} : {c}")),
            ]
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn an_expression_means_the_same(text in expression()) {
        let expr = parse_expression(&text).expect("a valid expression");
        let other: Expression = text.parse().expect("a valid expression");
        prop_assert_eq!(shown(&expr), their(&other), "{}", text);
    }
}
