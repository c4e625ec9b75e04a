//! Expressions against Terraform itself.
//!
//! `tests/terraform/*.tsv` hold an expression a line, then what the real `terraform` makes of it:
//! its value as JSON and how it is typed, or `error`. (`⏎` stands for a line break.) The names they
//! read are in `context.tf`. After adding lines, have the answers written:
//!
//!     STOCKADE_ORACLE=terraform cargo test -p stockade-eval --test terraform

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::Value as Json;
use stockade_eval::{Kind, Scope, Sequence, Value, eval, eval_checked};
use stockade_model::Address;
use stockade_syntax::ast::{Body, Item};
use stockade_syntax::{parse_body, parse_expression};

/// What a value doesn't tell: lists from tuples where a function keeps the kind, maps from objects;
/// and results of a conditional whose types don't go together.
const UNTOLD: &[&str] = &[
    "keys(local.map)",
    "values(local.map)",
    "[1] == tolist([1])",
    "local.empty == tolist([])",
    "tolist([]) == []",
    "{} == {}",
    "tomap({}) == {}",
    "true ? true : 1",
];

#[test]
fn expressions_mean_what_terraform_says() {
    if std::env::var_os("STOCKADE_ORACLE").is_some() {
        tables().iter().for_each(|table| ask_terraform(table));
    }
    let locals = Locals::read();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for table in tables() {
        let name = table
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&table).expect("a table");
        for line in text.lines() {
            let (expression, expected) = line.split_once('\t').unwrap_or((line, "not asked yet"));
            let found = ours(expression, &locals);
            count += 1;
            if found != expected && !UNTOLD.contains(&expression) {
                wrong.push(format!(
                    "{name}: {expression}\n   terraform: {expected}\n   ours:      {found}"
                ));
            }
        }
    }
    assert!(count > 1_900, "only {count} expressions");
    assert!(
        wrong.is_empty(),
        "{} of {count} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terraform")
}

fn tables() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).expect("tests/terraform");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut tables: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "tsv"))
        .collect();
    tables.sort();
    tables
}

/// The locals of `context.tf`.
struct Locals(Body);

impl Locals {
    fn read() -> Locals {
        let text = fs::read_to_string(folder().join("context.tf")).expect("context.tf");
        let (body, errors) = parse_body(&text);
        assert!(errors.is_empty(), "{errors:?}");
        match body.items.into_iter().next() {
            Some(Item::Block(block)) => Locals(block.body),
            _ => panic!("context.tf holds one block"),
        }
    }
}

impl Scope for Locals {
    fn variable(&self, _: &str) -> Value {
        Value::unknown()
    }
    fn local(&self, name: &str) -> Value {
        self.0
            .attribute(name)
            .map_or_else(Value::unknown, |a| eval(&a.value, self))
    }
    fn block(&self, _: &Address) -> Value {
        Value::unknown()
    }
    fn file(&self, _: &str) -> Option<Arc<str>> {
        None
    }
    fn root(&self, _: &str) -> Option<Value> {
        None
    }
}

/// What we make of an expression, in the words of the tables.
fn ours(expression: &str, locals: &Locals) -> String {
    let Ok(expr) = parse_expression(&expression.replace('⏎', "\n")) else {
        return "error".to_owned();
    };
    match eval_checked(&expr, locals) {
        Err(_) => "error".to_owned(),
        Ok(value) => match value.to_json() {
            Some(json) => format!("{json}\t{}", shape(&value)),
            None => format!("unknown {value:?}"),
        },
    }
}

/// How its sequences are typed, as far as a value tells: `tuple[list[-],-]`.
fn shape(value: &Value) -> String {
    match &value.kind {
        Kind::List(of, elements) => {
            let word = match of {
                Sequence::Tuple => "tuple",
                Sequence::List => "list",
                Sequence::Set => "set",
            };
            let inner: Vec<String> = elements.iter().map(shape).collect();
            format!("{word}[{}]", inner.join(","))
        }
        Kind::Object(entries) => {
            let inner: Vec<String> = entries
                .iter()
                .map(|(k, v)| format!("{k}:{}", shape(v)))
                .collect();
            format!("{{{}}}", inner.join(","))
        }
        Kind::Null => "null".to_owned(),
        _ => "-".to_owned(),
    }
}

/// The same of Terraform's value and type.
fn shape_of(value: &Json, ty: &Json) -> String {
    let word = ty.get(0).and_then(Json::as_str).unwrap_or_default();
    let inner = |at: usize| match ty.get(1) {
        Some(Json::Array(types)) if word == "tuple" => types.get(at).cloned().unwrap_or_default(),
        Some(element) => element.clone(),
        None => Json::Null,
    };
    match value {
        Json::Array(elements) => {
            let parts: Vec<String> = elements
                .iter()
                .enumerate()
                .map(|(i, e)| shape_of(e, &inner(i)))
                .collect();
            format!("{word}[{}]", parts.join(","))
        }
        Json::Object(entries) => {
            let of = |key: &str| match word {
                "object" => ty[1].get(key).cloned().unwrap_or_default(),
                _ => ty[1].clone(),
            };
            let sorted: BTreeMap<&String, &Json> = entries.iter().collect();
            let parts: Vec<String> = sorted
                .iter()
                .map(|(k, v)| format!("{k}:{}", shape_of(v, &of(k))))
                .collect();
            format!("{{{}}}", parts.join(","))
        }
        Json::Null => "null".to_owned(),
        _ => "-".to_owned(),
    }
}

/// Writes a table's answers anew.
fn ask_terraform(table: &Path) {
    let text = fs::read_to_string(table).expect("a table");
    let expressions: Vec<&str> = text
        .lines()
        .map(|l| l.split('\t').next().unwrap_or(l))
        .collect();
    let answers = answers(&expressions);
    let lines = expressions
        .iter()
        .zip(answers)
        .map(|(e, a)| format!("{e}\t{a}\n"));
    fs::write(table, lines.collect::<String>()).expect("the table can be written");
}

/// An output each; those that Terraform rejects before it evaluates are taken out until it doesn't.
fn answers(expressions: &[&str]) -> Vec<String> {
    let dir = tempfile::tempdir().expect("a folder");
    fs::copy(folder().join("context.tf"), dir.path().join("context.tf")).expect("context.tf");
    for (i, expression) in expressions.iter().enumerate() {
        let expression = expression.replace('⏎', "\n");
        let text = format!(
            "output \"o{i}\" {{\n  value = try({{ v = nonsensitive({expression}\n), j = jsonencode(nonsensitive({expression}\n)) }}, null)\n}}\n"
        );
        fs::write(dir.path().join(format!("o{i}.tf")), text).expect("an output");
    }
    let empty = dir.path().join("empty.tfrc");
    fs::write(&empty, "").expect("a CLI configuration");
    let terraform = |args: &[&str]| {
        let out = Command::new("terraform")
            .args(args)
            .current_dir(dir.path())
            .env("TF_CLI_CONFIG_FILE", &empty)
            .output()
            .expect("terraform runs");
        String::from_utf8(out.stdout).expect("UTF-8")
    };
    loop {
        let report = terraform(&["validate", "-json"]);
        let report: Json = serde_json::from_str(&report).expect("JSON");
        let mut removed = false;
        for diagnostic in report["diagnostics"].as_array().into_iter().flatten() {
            let file = diagnostic["range"]["filename"].as_str().unwrap_or_default();
            removed |= file != "context.tf" && fs::remove_file(dir.path().join(file)).is_ok();
        }
        if report["valid"] == true {
            break;
        }
        assert!(removed, "{report}");
    }
    terraform(&["apply", "-auto-approve", "-input=false"]);
    let outputs: Json = serde_json::from_str(&terraform(&["output", "-json"])).expect("JSON");
    assert!(
        outputs.as_object().is_some_and(|o| !o.is_empty()),
        "terraform apply failed"
    );
    (0..expressions.len())
        .map(|i| {
            let output = &outputs[format!("o{i}")];
            match output["value"]["j"].as_str() {
                Some(json) => format!(
                    "{json}\t{}",
                    shape_of(&output["value"]["v"], &output["type"][1]["v"])
                ),
                None => "error".to_owned(),
            }
        })
        .collect()
}
