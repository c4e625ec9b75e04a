//! Terraform's functions, by name. One that is not here, or whose arguments are unknown, has an
//! unknown result of its type.

mod collection;
mod date;
mod encoding;
mod format;
mod hash;
mod network;
mod numeric;
mod set;
mod string;
mod yaml;

pub use encoding::decode_base64;

use std::sync::Arc;

use crate::expr::{Evaluated, Invalid, Scope};
use crate::value::{Kind, Type, Value};

/// How a function treats unknown arguments.
type Strict = fn(&[Value]) -> Evaluated;

/// How many arguments a function takes, where the number is fixed.
fn arity(name: &str) -> Option<usize> {
    Some(match name {
        "abs" | "ceil" | "floor" | "signum" | "upper" | "lower" | "title" | "strrev"
        | "trimspace" | "chomp" | "length" | "keys" | "values" | "flatten" | "compact"
        | "distinct" | "reverse" | "sort" | "sum" | "alltrue" | "anytrue" | "one" | "transpose"
        | "tostring" | "tonumber" | "tobool" | "tolist" | "toset" | "tomap" | "jsonencode"
        | "jsondecode" | "yamldecode" | "base64encode" | "base64decode" | "md5" | "sha1"
        | "sha256" | "sha512" | "urlencode" | "base64sha256" | "base64sha512" | "csvdecode"
        | "cidrnetmask" | "dirname" | "basename" | "sensitive" | "nonsensitive" => 1,
        "split" | "trim" | "trimprefix" | "trimsuffix" | "startswith" | "endswith"
        | "strcontains" | "indent" | "regex" | "regexall" | "element" | "index" | "contains"
        | "chunklist" | "zipmap" | "pow" | "log" | "parseint" | "cidrhost" | "timeadd"
        | "timecmp" | "formatdate" | "setsubtract" | "uuidv5" | "textencodebase64"
        | "textdecodebase64" => 2,
        "substr" | "replace" | "slice" | "matchkeys" | "cidrsubnet" => 3,
        _ => return None,
    })
}

/// Calls a function.
pub(crate) fn call(name: &str, args: &[Value], scope: &dyn Scope) -> Evaluated {
    if arity(name).is_some_and(|n| n != args.len()) {
        return Err(Invalid);
    }
    if let Some(lenient) = collection::lenient(name).or_else(|| set::conversion(name)) {
        return lenient(args).map(|v| marked(v, args));
    }
    match name {
        _ if reads_file(name) => return Ok(marked(file(name, args, scope), args)),
        "sensitive" => return Ok(with_marks(args, |v| v.sensitive = true)),
        "nonsensitive" => return Ok(with_marks(args, |v| v.sensitive = false)),
        "issensitive" => return is_sensitive(args),
        "jsonencode" => return Ok(encoding::json_text(args)),
        _ => {}
    }
    if args.iter().any(|a| !a.is_wholly_known()) {
        return Ok(unknown_result(name).derived_from(args));
    }
    let strict = string::function(name)
        .or_else(|| collection::function(name))
        .or_else(|| numeric::function(name))
        .or_else(|| set::function(name))
        .or_else(|| encoding::function(name))
        .or_else(|| network::function(name))
        .or_else(|| hash::function(name))
        .or_else(|| date::function(name));
    match strict {
        Some(function) => function(args).map(|v| marked(v, args)),
        None => Ok(unknown_result(name).derived_from(args)),
    }
}

/// Whether the first argument is the path of a file that is read.
pub(crate) fn reads_file(name: &str) -> bool {
    name.starts_with("file") || name == "templatefile"
}

/// Whether a function may reject arguments of the right types.
pub(crate) fn may_fail(name: &str) -> bool {
    !matches!(
        name,
        "length"
            | "keys"
            | "values"
            | "merge"
            | "concat"
            | "join"
            | "lower"
            | "upper"
            | "title"
            | "trimspace"
            | "jsonencode"
            | "yamlencode"
            | "base64encode"
            | "toset"
            | "tolist"
            | "tomap"
            | "tostring"
            | "distinct"
            | "flatten"
            | "compact"
            | "sort"
            | "reverse"
            | "contains"
            | "replace"
            | "split"
            | "alltrue"
            | "anytrue"
            | "sensitive"
            | "nonsensitive"
            | "startswith"
            | "endswith"
            | "strcontains"
            | "trimprefix"
            | "trimsuffix"
            | "trim"
            | "md5"
            | "sha1"
            | "sha256"
            | "sha512"
            | "try"
            | "can"
            | "setunion"
            | "urlencode"
            | "chomp"
    )
}

/// What is known of a function's result by its name alone.
pub(crate) fn unknown_result(name: &str) -> Value {
    let list = || Type::List(Box::new(Type::Any));
    let ty = match name {
        "length" | "max" | "min" | "abs" | "ceil" | "floor" | "parseint" | "sum" | "pow"
        | "log" | "signum" | "index" | "tonumber" => Type::Number,
        "contains" | "can" | "alltrue" | "anytrue" | "startswith" | "endswith" | "strcontains"
        | "fileexists" | "tobool" | "issensitive" => Type::Bool,
        "concat" | "compact" | "flatten" | "keys" | "values" | "split" | "distinct" | "sort"
        | "reverse" | "slice" | "range" | "tolist" | "toset" | "chunklist" | "setunion"
        | "setintersection" | "setsubtract" | "setproduct" | "regexall" | "formatlist"
        | "matchkeys" | "fileset" => list(),
        "merge" | "zipmap" | "tomap" | "transpose" => Type::Map(Box::new(Type::Any)),
        "format" | "join" | "lower" | "upper" | "title" | "replace" | "substr" | "trim"
        | "trimspace" | "trimprefix" | "trimsuffix" | "chomp" | "indent" | "jsonencode"
        | "yamlencode" | "base64encode" | "base64decode" | "md5" | "sha1" | "sha256" | "sha512"
        | "uuid" | "timestamp" | "file" | "filebase64" | "cidrhost" | "cidrsubnet"
        | "cidrnetmask" | "basename" | "dirname" | "abspath" | "pathexpand" | "formatdate"
        | "timeadd" | "urlencode" | "bcrypt" | "base64gzip" | "strrev" | "textencodebase64"
        | "base64sha256" | "base64sha512" | "filesha256" | "filesha1" | "filesha512"
        | "filemd5" | "filebase64sha256" | "filebase64sha512" | "plantimestamp" | "uuidv5"
        | "rsadecrypt" | "templatefile" => Type::String,
        _ => return Value::unknown(),
    };
    // A conversion keeps null.
    let not_null = !matches!(
        name,
        "tostring" | "tonumber" | "tobool" | "tolist" | "toset" | "tomap"
    );
    Value::unknown_of(Some(ty), not_null)
}

/// A result is as sensitive as what it was made of.
fn marked(mut value: Value, args: &[Value]) -> Value {
    let keeps = value.origin.is_some() || value.refers.is_some();
    if keeps {
        for arg in args {
            value.sensitive |= arg.sensitive;
            value.ephemeral |= arg.ephemeral;
        }
        return value;
    }
    if args
        .iter()
        .any(|a| a.origin.is_some() || a.sensitive || a.ephemeral)
    {
        value.derived_from(args)
    } else {
        value
    }
}

fn with_marks(args: &[Value], set: impl Fn(&mut Value)) -> Value {
    let mut value = args.first().cloned().unwrap_or_else(Value::unknown);
    set(&mut value);
    value
}

/// A mark is known before the value is; that there is none, only then.
fn is_sensitive(args: &[Value]) -> Evaluated {
    match args {
        [value] if value.sensitive || value.is_wholly_known() => Ok(Value::bool(value.sensitive)),
        [_] => Ok(unknown_result("issensitive")),
        _ => Err(Invalid),
    }
}

/// Functions that read the module's files.
fn file(name: &str, args: &[Value], scope: &dyn Scope) -> Value {
    let unknown = || unknown_result(name);
    let Some(path) = args.first().and_then(Value::as_str) else {
        return unknown();
    };
    let path = path.trim_start_matches("./");
    match name {
        "file" => scope.file(path).map_or_else(unknown, Value::string),
        "filebase64" => scope.file(path).map_or_else(unknown, |text| {
            Value::string(encoding::base64(text.as_bytes()))
        }),
        "templatefile" => scope
            .file(path)
            .map_or_else(unknown, |text| template(&text, args.get(1), scope)),
        // A file that is not in the workspace may still exist.
        "fileexists" if scope.file(path).is_some() => Value::bool(true),
        _ => match (hash::of_file(name), scope.file(path)) {
            (Some(hash), Some(text)) => hash(&[Value::string(text)]).unwrap_or_else(|_| unknown()),
            _ => unknown(),
        },
    }
}

/// The text of a template with its variables.
fn template(text: &str, variables: Option<&Value>, scope: &dyn Scope) -> Value {
    let Some(Kind::Object(entries)) = variables.map(|v| &v.kind) else {
        return unknown_result("templatefile");
    };
    let names = entries
        .iter()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let bound = crate::expr::Bound::new(scope, names);
    match stockade_syntax::parse_template(text) {
        Ok(parts) => crate::expr::eval_parts(&parts, &bound),
        Err(_) => unknown_result("templatefile"),
    }
}

/// A value as a JSON text.
pub(crate) fn json(value: &Value) -> Option<String> {
    encoding::json(value)
}

/// A JSON text as a value.
pub(crate) fn parse_json(text: &str) -> Option<Value> {
    encoding::parse_json(text)
}

/// A list, tuple or set.
pub(crate) fn list(args: &[Value], at: usize) -> Result<&[Value], crate::expr::Invalid> {
    args.get(at)
        .and_then(Value::as_list)
        .ok_or(crate::expr::Invalid)
}

/// A string argument, converted.
pub(crate) fn text(args: &[Value], at: usize) -> Result<Arc<str>, crate::expr::Invalid> {
    args.get(at)
        .and_then(Value::to_text)
        .ok_or(crate::expr::Invalid)
}

/// A whole number argument.
pub(crate) fn int(args: &[Value], at: usize) -> Result<i64, crate::expr::Invalid> {
    args.get(at)
        .and_then(Value::as_i64)
        .ok_or(crate::expr::Invalid)
}
