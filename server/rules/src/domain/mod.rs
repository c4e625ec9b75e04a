//! Functions of the rule language beside Terraform's own: networks, policies, documents, versions.

mod iam;
mod net;

use std::sync::Arc;

use stockade_eval::{Kind, Origin, Step, Unknown, Value};
use stockade_schema::version::{Interval, Version};

pub use iam::Policies;

use crate::run::{Run, is_empty, placed};

/// The functions that there are, for the reader.
pub const FUNCTIONS: [&str; 15] = [
    "net::open",
    "net::is_open",
    "net::wide",
    "net::private",
    "net::covers",
    "net::covers_all",
    "iam::statements",
    "iam::allows",
    "iam::public",
    "iam::denies_plain_http",
    "secret::literal",
    "state::kept_in",
    "module::is_root",
    "version::satisfies",
    "document",
];

/// The check that calls.
pub(crate) struct Around<'r> {
    pub(crate) run: &'r Run<'r>,
}

/// Calls a function of the domain; `None` if it is none.
pub(crate) fn call(name: &str, args: &[Value], around: &Around<'_>) -> Option<Value> {
    Some(match name {
        "net::open" => net::open(args),
        "net::is_open" => net::is_open(args),
        "net::wide" => net::of_scope(args, net::Scope::Wide),
        "net::private" => net::of_scope(args, net::Scope::Private),
        "net::covers" => decided(net::covers(args)),
        "net::covers_all" => decided(net::covers_all(args)),
        "iam::statements" => iam::statements_value(args.first()?, around),
        "iam::allows" => iam::allows(args, around),
        "iam::public" => iam::public(args.first()?, around),
        "iam::denies_plain_http" => decided(iam::denies_plain_http(args.first()?, around)),
        "secret::literal" => decided(literal(args.first()?)),
        "state::kept_in" => Value::bool(is_kept_in(args.first()?, around)),
        "module::is_root" => Value::bool(around.run.world.is_root()),
        "version::satisfies" => decided(satisfies(args)),
        "document" => document(args.first()?),
        _ => return None,
    })
}

fn decided(value: Option<bool>) -> Value {
    value.map_or_else(Value::unknown, Value::bool)
}

fn literal(value: &Value) -> Option<bool> {
    match &value.kind {
        Kind::Unknown(_) => None,
        Kind::String(text) if crate::secrets::is_placeholder(text) => Some(false),
        Kind::String(_) => is_empty(value).map(|empty| !empty),
        _ => Some(false),
    }
}

/// A name that can't be known is taken for that of any other bucket.
fn is_kept_in(name: &Value, around: &Around<'_>) -> bool {
    name.as_str()
        .is_some_and(|name| around.run.world.keeps_state(name))
}

fn satisfies(args: &[Value]) -> Option<bool> {
    let version: Version = args.first()?.to_text()?.parse().ok()?;
    let allowed: Interval = args.get(1)?.as_str()?.parse().ok()?;
    Some(allowed.contains(&version))
}

/// The JSON in a string, each part placed in it.
fn document(value: &Value) -> Value {
    let Some(document) = stockade_eval::json::document(value) else {
        return Value::unknown();
    };
    match &value.origin {
        Some(origin) => {
            let path = origin.path.iter().cloned().chain([Step::Json]).collect();
            placed(
                &document,
                &Arc::new(Origin {
                    path,
                    ..(**origin).clone()
                }),
            )
        }
        None => document,
    }
}

/// What was found, where more may be: unknown only if nothing was.
fn found(all: Vec<Value>, is_whole: bool) -> Value {
    if is_whole || !all.is_empty() {
        Value::tuple(all)
    } else {
        Value::unknown_of(None, true)
    }
}

/// A list of which these elements are known.
fn partly(contains: Vec<Value>) -> Value {
    Kind::Unknown(Arc::new(Unknown {
        contains,
        not_null: true,
        ..Unknown::default()
    }))
    .into()
}
