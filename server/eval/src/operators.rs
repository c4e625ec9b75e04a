//! Operators on values, with Terraform's conversions; what is unknown stays so unless the other side decides.

use stockade_syntax::ast::{BinaryOp, UnaryOp};

use crate::combine::equality;
use crate::expr::{Evaluated, Invalid};
use crate::value::{Kind, Type, Value};

/// `!` and `-`
pub(crate) fn unary(op: UnaryOp, of: &Value) -> Evaluated {
    let unknown = |ty| Ok(Value::unknown_of(Some(ty), true));
    let result = match op {
        UnaryOp::Not if of.is_unknown() => unknown(Type::Bool),
        UnaryOp::Not => of.as_bool().map(|b| Value::bool(!b)).ok_or(Invalid),
        UnaryOp::Negate if of.is_unknown() => unknown(Type::Number),
        UnaryOp::Negate => of
            .as_number()
            .map(|n| Value::number(n.negate()))
            .ok_or(Invalid),
    };
    result.map(|v| v.derived_from([of]))
}

/// `&&` and `||`: one side may decide.
pub(crate) fn logic(is_and: bool, left: &Value, right: &Value) -> Evaluated {
    let side = |v: &Value| {
        if v.is_unknown() {
            Ok(None)
        } else {
            v.as_bool().map(Some).ok_or(Invalid)
        }
    };
    Ok(match (side(left)?, side(right)?) {
        (Some(a), Some(b)) => Value::bool(if is_and { a && b } else { a || b }),
        // One side may decide.
        (Some(known), None) | (None, Some(known)) if known != is_and => Value::bool(known),
        _ => Value::unknown_of(Some(Type::Bool), true),
    })
}

fn negated(value: Value) -> Value {
    match value.kind {
        Kind::Bool(b) => Value::bool(!b),
        _ => value,
    }
}

/// Comparisons and arithmetic.
pub(crate) fn binary(op: BinaryOp, left: &Value, right: &Value) -> Evaluated {
    match op {
        BinaryOp::Equal => Ok(equality(left, right)),
        BinaryOp::NotEqual => Ok(negated(equality(left, right))),
        _ => arithmetic(op, left, right),
    }
}

fn arithmetic(op: BinaryOp, left: &Value, right: &Value) -> Evaluated {
    let is_comparison = matches!(
        op,
        BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual
    );
    if left.is_unknown() || right.is_unknown() {
        return Ok(Value::unknown_of(
            Some(if is_comparison {
                Type::Bool
            } else {
                Type::Number
            }),
            true,
        ));
    }
    let (Some(a), Some(b)) = (left.as_number(), right.as_number()) else {
        return Err(Invalid);
    };
    Ok(match op {
        BinaryOp::Add => Value::number(a.add(&b)),
        BinaryOp::Subtract => Value::number(a.subtract(&b)),
        BinaryOp::Multiply => Value::number(a.multiply(&b)),
        // Infinity, with which Terraform does little.
        BinaryOp::Divide => a.divide(&b).map_or_else(
            || Value::unknown_of(Some(Type::Number), true),
            Value::number,
        ),
        BinaryOp::Modulo => Value::number(a.modulo(&b).unwrap_or(a)),
        BinaryOp::Less => Value::bool(a < b),
        BinaryOp::LessOrEqual => Value::bool(a <= b),
        BinaryOp::Greater => Value::bool(a > b),
        BinaryOp::GreaterOrEqual => Value::bool(a >= b),
        BinaryOp::And | BinaryOp::Or | BinaryOp::Equal | BinaryOp::NotEqual => return Err(Invalid),
    })
}
