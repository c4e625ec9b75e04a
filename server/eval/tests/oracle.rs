//! Expressions whose values come from the real `terraform`.
//!
//! `tests/oracle/expressions.txt` holds them; `tests/oracle/values.json` what Terraform 1.11.4 made
//! of them (null: it is null, or it rejects the expression). To make the values again, where Terraform is
//! installed: `STOCKADE_UPDATE_ORACLE=1 cargo test -p stockade-eval --test oracle`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use stockade_eval::{
    Kind, Scope, Sequence, Value, convert, eval, eval_checked, type_of_constraint,
};
use stockade_model::Address;
use stockade_syntax::ast::{Body, Item};

/// What the expressions may read.
const MODULE: &str = r#"
variable "list" {
  type    = list(string)
  default = ["a", "b"]
}
variable "object" {
  type    = object({ a = string, missing_default = optional(number, 5) })
  default = { a = 1 }
}
variable "objects" {
  type    = list(object({ name = string, on = optional(bool) }))
  default = [{ name = "x", on = true }, { name = "y", on = "false" }]
}
locals {
  nested = { deep = [{ k = 1 }, { k = "two" }] }
  t      = "hello $${name}"
}
"#;

/// Not (yet) ours: unknown is a right answer.
const UNKNOWN_TO_US: &[&str] = &[
    "md5(",
    "sha1(",
    "sha256(",
    "sha512(",
    "base64sha256(",
    "urlencode(",
    "yamlencode(",
    "yamldecode(",
    "csvdecode(",
    "cidrhost(",
    "cidrnetmask(",
    "cidrsubnet(",
    "cidrsubnets(",
    "formatdate(",
    "timeadd(",
    "timecmp(",
    "uuidv5(",
    "textencodebase64(",
    "textdecodebase64(",
    "templatestring(",
    "log(",
];

struct Module {
    body: Body,
}

impl Scope for Module {
    fn variable(&self, name: &str) -> Value {
        let block = self
            .body
            .blocks()
            .find(|b| b.kind.name == "variable" && b.labels[0].name == name);
        let Some(block) = block else {
            return Value::unknown();
        };
        let default = eval(
            &block.body.attribute("default").expect("a default").value,
            self,
        );
        convert(
            &default,
            &type_of_constraint(&block.body.attribute("type").expect("a type").value),
        )
    }
    fn local(&self, name: &str) -> Value {
        let locals = self.body.items.iter().find_map(|i| match i {
            Item::Block(b) if b.kind.name == "locals" => b.body.attribute(name),
            _ => None,
        });
        locals.map_or_else(Value::unknown, |a| eval(&a.value, self))
    }
    fn block(&self, address: &Address) -> Value {
        Value::reference(address.clone())
    }
    fn file(&self, _: &str) -> Option<Arc<str>> {
        None
    }
    fn root(&self, _: &str) -> Option<Value> {
        None
    }
}

/// One expression a line; a heredoc goes on to its end.
fn expressions() -> Vec<String> {
    let text = include_str!("oracle/expressions.txt");
    let mut out: Vec<String> = Vec::new();
    let mut heredoc = false;
    for line in text.lines() {
        match out.last_mut() {
            Some(last) if heredoc => {
                last.push('\n');
                last.push_str(line);
                heredoc = line != "EOT";
            }
            _ => {
                heredoc = line.starts_with("<<");
                out.push(line.to_owned());
            }
        }
    }
    out
}

fn values_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/values.json")
}

/// Our value as Terraform's JSON; `None` when something in it is unknown.
fn shown(value: &Value) -> Option<serde_json::Value> {
    use serde_json::Value as Json;
    Some(match &value.kind {
        Kind::Null => Json::Null,
        Kind::Bool(b) => Json::Bool(*b),
        Kind::Number(n) => serde_json::from_str(&n.to_string()).ok()?,
        Kind::String(s) => Json::String(s.to_string()),
        Kind::List(Sequence::Set, elements) => {
            let mut all = elements.iter().map(shown).collect::<Option<Vec<_>>>()?;
            all.sort_by_key(ToString::to_string);
            Json::Array(all)
        }
        Kind::List(_, elements) => Json::Array(elements.iter().map(shown).collect::<Option<_>>()?),
        Kind::Object(entries) => Json::Object(
            entries
                .iter()
                .map(|(k, v)| Some((k.to_string(), shown(v)?)))
                .collect::<Option<_>>()?,
        ),
        Kind::Unknown(_) => return None,
    })
}

#[test]
fn terraform_agrees() {
    if std::env::var_os("STOCKADE_UPDATE_ORACLE").is_some() {
        update();
    }
    let text = std::fs::read_to_string(values_file()).expect("the committed values");
    let expected: BTreeMap<String, Option<serde_json::Value>> =
        serde_json::from_str(&text).expect("JSON");
    let (body, errors) = stockade_syntax::parse_body(MODULE);
    assert_eq!(errors, []);
    let module = Module { body };
    let mut wrong = Vec::new();
    for expression in expressions() {
        let Some(theirs) = expected.get(&expression) else {
            wrong.push(format!(
                "{expression}\n  has no committed value; see the head of this file"
            ));
            continue;
        };
        let text = if expression.starts_with("<<") {
            format!("{expression}\n")
        } else {
            expression.clone()
        };
        let parsed = stockade_syntax::parse_expression(&text);
        let ours = parsed
            .map_err(|e| e.message)
            .map(|e| eval_checked(&e, &module));
        let is_excused = UNKNOWN_TO_US.iter().any(|f| expression.starts_with(f));
        let agrees = match (&ours, theirs) {
            (Ok(Err(_)) | Err(_), None) => true,
            (Ok(Ok(value)), Some(theirs)) => match shown(value) {
                Some(ours) => {
                    numbers(&ours) == numbers(theirs)
                        || sorted(&ours) == sorted(theirs)
                            && matches!(value.kind, Kind::List(Sequence::Set, _))
                }
                None => is_excused,
            },
            // An output that is null is left out of Terraform's answer.
            (Ok(Ok(value)), None) => shown(value).is_none_or(|v| v.is_null()),
            _ => false,
        };
        if !agrees {
            let ours = ours.map(|v| v.map(|v| shown(&v)));
            wrong.push(format!(
                "{expression}\n  ours   {ours:?}\n  theirs {theirs:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Numbers compare by value: 5.0 is 5.
fn numbers(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Json::Number(n) => n
            .as_f64()
            .map_or(Json::Null, |f| Json::String(format!("number {f}"))),
        Json::Array(a) => Json::Array(a.iter().map(numbers).collect()),
        Json::Object(o) => Json::Object(o.iter().map(|(k, v)| (k.clone(), numbers(v))).collect()),
        other => other.clone(),
    }
}

fn sorted(value: &serde_json::Value) -> Vec<String> {
    let mut all: Vec<String> = value
        .as_array()
        .into_iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    all.sort();
    all
}

/// Asks `terraform`: all expressions as outputs of one module, then those that it rejects by themselves.
fn update() {
    let all = expressions();
    let mut values: BTreeMap<String, Option<serde_json::Value>> = BTreeMap::new();
    let mut todo: Vec<Vec<String>> = vec![all];
    while let Some(group) = todo.pop() {
        match outputs(&group) {
            Some(found) => values.extend(group.into_iter().zip(found.into_iter().map(Some))),
            None if group.len() == 1 => {
                values.insert(group[0].clone(), None);
            }
            None => {
                let (a, b) = group.split_at(group.len() / 2);
                todo.extend([a.to_vec(), b.to_vec()]);
            }
        }
    }
    let text = serde_json::to_string_pretty(&values).expect("JSON");
    std::fs::write(values_file(), text + "\n").expect("the values are written");
}

fn outputs(group: &[String]) -> Option<Vec<serde_json::Value>> {
    let folder = tempfile::tempdir().ok()?;
    let mut text = MODULE.to_owned();
    for (i, expression) in group.iter().enumerate() {
        text.push_str(&format!("output \"o{i}\" {{\n  value = {expression}\n}}\n"));
    }
    std::fs::write(folder.path().join("main.tf"), text).ok()?;
    let terraform = |args: &[&str]| {
        Command::new("terraform")
            .args(args)
            .current_dir(&folder)
            .output()
            .ok()
    };
    if !terraform(&["apply", "-auto-approve", "-no-color"])?
        .status
        .success()
    {
        return None;
    }
    let json: serde_json::Value =
        serde_json::from_slice(&terraform(&["output", "-json"])?.stdout).ok()?;
    Some(
        (0..group.len())
            .map(|i| {
                json.get(format!("o{i}"))
                    .map_or(serde_json::Value::Null, |o| o["value"].clone())
            })
            .collect(),
    )
}
