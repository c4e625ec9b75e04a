//! Type constraints, and the conversion of values to them.
//!
//! Source: Terraform's documentation, "Type constraints".

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_model::Address;
use stockade_syntax::ast::{Expr, ExprKind};

use crate::expr::{Scope, eval};
use crate::value::{Field, Kind, Sequence, Step, Type, Unknown, Value};

/// The type that a `type = …` expression means; what it does not say is [`Type::Any`].
pub fn type_of_constraint(expr: &Expr) -> Type {
    match &expr.kind {
        ExprKind::Paren(inner) => type_of_constraint(inner),
        ExprKind::Variable(name) => match name.as_str() {
            "string" => Type::String,
            "number" => Type::Number,
            "bool" => Type::Bool,
            "list" => Type::List(Box::new(Type::Any)),
            "set" => Type::Set(Box::new(Type::Any)),
            "map" => Type::Map(Box::new(Type::Any)),
            _ => Type::Any,
        },
        ExprKind::Call { name, args, .. } => constructed(&name.name, args),
        _ => Type::Any,
    }
}

fn constructed(name: &str, args: &[Expr]) -> Type {
    let element = || Box::new(args.first().map_or(Type::Any, type_of_constraint));
    match (name, args.first().map(|a| &a.kind)) {
        ("list", _) => Type::List(element()),
        ("set", _) => Type::Set(element()),
        ("map", _) => Type::Map(element()),
        ("optional", _) => *element(),
        ("tuple", Some(ExprKind::Tuple(elements))) => {
            Type::Tuple(elements.iter().map(type_of_constraint).collect())
        }
        ("object", Some(ExprKind::Object(entries))) => Type::Object(
            entries
                .iter()
                .filter_map(|e| Some((e.literal_key()?, field(&e.value))))
                .collect(),
        ),
        _ => Type::Any,
    }
}

fn field(expr: &Expr) -> Field {
    let ty = type_of_constraint(expr);
    match &expr.kind {
        ExprKind::Call { name, args, .. } if name.name == "optional" => {
            // A default may only be a literal or a function of literals.
            let default = args
                .get(1)
                .map_or_else(Value::null, |d| convert(&eval(d, &Nothing), &ty));
            Field {
                ty,
                optional: true,
                default,
            }
        }
        _ => Field {
            ty,
            optional: false,
            default: Value::null(),
        },
    }
}

/// A scope in which there is nothing to read.
struct Nothing;

impl Scope for Nothing {
    fn variable(&self, _: &str) -> Value {
        Value::unknown()
    }
    fn local(&self, _: &str) -> Value {
        Value::unknown()
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

/// The value as one of the type; unknown where Terraform would reject it.
pub fn convert(value: &Value, ty: &Type) -> Value {
    let kind = match (&value.kind, ty) {
        (_, Type::Any) | (Kind::Null, _) => return value.clone(),
        (Kind::Unknown(unknown), ty) => {
            let ty = unknown
                .ty
                .clone()
                .filter(|t| *t != Type::Any)
                .or_else(|| Some(ty.clone()));
            Kind::Unknown(Arc::new(Unknown {
                ty,
                ..(**unknown).clone()
            }))
        }
        (_, Type::String) => value.to_text().map_or_else(invalid, Kind::String),
        (_, Type::Bool) => value.as_bool().map_or_else(invalid, Kind::Bool),
        (_, Type::Number) => value.as_number().map_or_else(invalid, Kind::Number),
        (Kind::List(_, elements), Type::List(of)) => sequence(value, elements, of, Sequence::List),
        (Kind::List(_, elements), Type::Set(of)) => sequence(value, elements, of, Sequence::Set),
        (Kind::List(_, elements), Type::Tuple(types)) if elements.len() == types.len() => {
            let elements = elements
                .iter()
                .zip(types)
                .map(|(e, t)| convert(e, t))
                .collect();
            Kind::List(Sequence::Tuple, Arc::new(elements))
        }
        (Kind::Object(entries), Type::Map(of)) => Kind::Object(Arc::new(
            entries
                .iter()
                .map(|(k, v)| (k.clone(), convert(v, of)))
                .collect(),
        )),
        (Kind::Object(entries), Type::Object(attributes)) => object(entries, attributes),
        _ => invalid(),
    };
    Value {
        kind,
        ..value.clone()
    }
}

fn invalid() -> Kind {
    Kind::Unknown(Arc::default())
}

fn sequence(value: &Value, elements: &[Value], of: &Type, to: Sequence) -> Kind {
    let mut converted: Vec<Value> = elements.iter().map(|e| convert(e, of)).collect();
    if to == Sequence::Set && converted.iter().all(Value::is_wholly_known) {
        // A set has an order of its own; elements keep the place where they are written.
        for (i, element) in converted.iter_mut().enumerate() {
            *element = value.part(element, Step::Index(u32::try_from(i).unwrap_or(u32::MAX)));
        }
        // Strings by themselves, null behind them.
        if converted
            .iter()
            .all(|e| e.as_str().is_some() || e.is_null())
        {
            let order = |e: &Value| (e.is_null(), e.as_str().map(str::to_owned));
            converted.sort_by_cached_key(order);
        }
        converted.dedup();
    }
    Kind::List(to, Arc::new(converted))
}

/// Attributes that the type has: converted, optional ones that are absent null.
fn object(entries: &BTreeMap<SmolStr, Value>, attributes: &BTreeMap<SmolStr, Field>) -> Kind {
    let mut out = BTreeMap::new();
    for (name, field) in attributes {
        match entries.get(name) {
            // A null takes the default as well.
            Some(value) if !(field.optional && value.is_null()) => {
                out.insert(name.clone(), convert(value, &field.ty));
            }
            _ if field.optional => {
                out.insert(name.clone(), field.default.clone());
            }
            Some(value) => {
                out.insert(name.clone(), value.clone());
            }
            None => return invalid(),
        }
    }
    Kind::Object(Arc::new(out))
}
