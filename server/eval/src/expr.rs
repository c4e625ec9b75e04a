//! Expressions: operators with their conversions, references, templates, `for`, splats, calls.
//!
//! An evaluation that Terraform would reject yields an error inside, which `try` and `can` see, and
//! an unknown value outside: nothing may be concluded from it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_model::{Address, BlockKind};
use stockade_syntax::ast::{BinaryOp, Expr, ExprKind, For, Ident, Template, TemplatePart, UnaryOp};

use crate::functions;
use crate::value::{Kind, Reference, Sequence, Step, Symbol, Type, Unknown, Value};

/// What an expression may read. Implementations memoise, record what was read, and stop cycles.
pub trait Scope {
    /// `var.name`; unknown when it is not declared.
    fn variable(&self, name: &str) -> Value;
    /// `local.name`; unknown when it is not declared.
    fn local(&self, name: &str) -> Value;
    /// A resource, data source, ephemeral resource or module call as one object.
    fn block(&self, address: &Address) -> Value;
    /// A file that a function reads, relative to the module; `None`: unknown.
    fn file(&self, path: &str) -> Option<Arc<str>>;
    /// Any other root name: `each`, `count`, `path`, `terraform`, `self`, a bound name.
    fn root(&self, name: &str) -> Option<Value>;
    /// A function that Terraform doesn't have.
    fn function(&self, _name: &str, _args: &[Value]) -> Option<Value> {
        None
    }
}

/// What Terraform would report; what it says is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid;

pub(crate) type Evaluated = Result<Value, Invalid>;

/// The value of an expression; unknown where it can't be known or is not valid.
pub fn eval(expr: &Expr, scope: &dyn Scope) -> Value {
    eval_checked(expr, scope).unwrap_or_else(|_| Value::unknown())
}

/// The value of an expression.
///
/// # Errors
/// When Terraform would reject it.
pub fn eval_checked(expr: &Expr, scope: &dyn Scope) -> Evaluated {
    let steps = Cell::new(0);
    Evaluation {
        scope,
        bindings: None,
        item: None,
        steps: &steps,
    }
    .expr(expr)
}

/// How many nodes one evaluation may visit: bounds nested `for` loops over long lists.
const MAX_STEPS: u32 = 2_000_000;

/// An evaluation with the names that are bound around it.
#[derive(Clone, Copy)]
struct Evaluation<'e> {
    scope: &'e dyn Scope,
    bindings: Option<&'e Binding<'e>>,
    item: Option<&'e Value>,
    steps: &'e Cell<u32>,
}

/// A name of a `for`, and those around it.
struct Binding<'e> {
    name: &'e str,
    value: Value,
    outer: Option<&'e Binding<'e>>,
}

/// A scope with further root names, such as `each` or the iterator of a `dynamic`.
pub struct Bound<'s> {
    scope: &'s dyn Scope,
    names: Vec<(SmolStr, Value)>,
}

impl<'s> Bound<'s> {
    /// The names win over those of `scope`.
    pub fn new(scope: &'s dyn Scope, names: Vec<(SmolStr, Value)>) -> Bound<'s> {
        Bound { scope, names }
    }
}

impl Scope for Bound<'_> {
    fn variable(&self, name: &str) -> Value {
        self.scope.variable(name)
    }
    fn local(&self, name: &str) -> Value {
        self.scope.local(name)
    }
    fn block(&self, address: &Address) -> Value {
        self.scope.block(address)
    }
    fn file(&self, path: &str) -> Option<Arc<str>> {
        self.scope.file(path)
    }
    fn root(&self, name: &str) -> Option<Value> {
        let bound = self
            .names
            .iter()
            .rev()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.clone());
        bound.or_else(|| self.scope.root(name))
    }
    fn function(&self, name: &str, args: &[Value]) -> Option<Value> {
        self.scope.function(name, args)
    }
}

impl<'e> Evaluation<'e> {
    fn expr(&self, expr: &Expr) -> Evaluated {
        let steps = self.steps.get();
        if steps >= MAX_STEPS {
            return Ok(Value::unknown());
        }
        self.steps.set(steps + 1);
        match &expr.kind {
            ExprKind::Null => Ok(Value::null()),
            ExprKind::Bool(b) => Ok(Value::bool(*b)),
            ExprKind::Number(text) => text.parse().map(Value::number).map_err(|_| Invalid),
            ExprKind::Template(template) => self.template(template),
            ExprKind::Tuple(elements) => elements
                .iter()
                .map(|e| self.expr(e))
                .collect::<Result<_, _>>()
                .map(Value::tuple),
            ExprKind::Object(entries) => {
                let mut object = BTreeMap::new();
                let mut is_open = false;
                for entry in entries {
                    let key = match &entry.key.kind {
                        ExprKind::Variable(name) => Some(name.clone()),
                        _ => self.key(&entry.key)?,
                    };
                    let value = self.expr(&entry.value)?;
                    match key {
                        Some(key) => {
                            object.insert(key, value);
                        }
                        None => is_open = true,
                    }
                }
                Ok(if is_open {
                    open_object(object)
                } else {
                    Value::object(object)
                })
            }
            ExprKind::Variable(_) | ExprKind::GetAttr { .. } | ExprKind::Index { .. } => {
                self.reference(expr)
            }
            ExprKind::Splat { of, each, .. } => self.splat(of, each),
            ExprKind::SplatItem => Ok(self.item.cloned().unwrap_or_else(Value::unknown)),
            ExprKind::Call { name, args, expand } => self.call(name, args, *expand),
            ExprKind::Unary { op, of } => unary(*op, &self.expr(of)?),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right),
            ExprKind::Conditional {
                condition,
                then,
                otherwise,
            } => self.conditional(condition, then, otherwise),
            ExprKind::For(f) => self.for_expression(f),
            ExprKind::Paren(inner) => self.expr(inner),
        }
    }

    /// The key of an object's entry; `None` when it is unknown.
    fn key(&self, expr: &Expr) -> Result<Option<SmolStr>, Invalid> {
        let key = self.expr(expr)?;
        match &key.kind {
            Kind::Unknown(_) => Ok(None),
            _ => key
                .to_text()
                .map(|t| Some(SmolStr::from(t.as_ref())))
                .ok_or(Invalid),
        }
    }

    // ---- references

    fn reference(&self, expr: &Expr) -> Evaluated {
        match &expr.kind {
            ExprKind::Variable(name) => self.root(name),
            ExprKind::GetAttr { of, name } => {
                if let Some(value) = self.symbol(of, name) {
                    return Ok(value);
                }
                attribute(&self.expr(of)?, &name.name)
            }
            ExprKind::Index { of, key } => {
                let of = self.expr(of)?;
                let key = self.expr(key)?;
                index(&of, &key)
            }
            _ => self.expr(expr),
        }
    }

    fn root(&self, name: &SmolStr) -> Evaluated {
        let mut binding = self.bindings;
        while let Some(bound) = binding {
            if bound.name == name {
                return Ok(bound.value.clone());
            }
            binding = bound.outer;
        }
        Ok(self.scope.root(name).unwrap_or_else(Value::unknown))
    }

    fn is_bound(&self, name: &str) -> bool {
        let mut binding = self.bindings;
        while let Some(bound) = binding {
            if bound.name == name {
                return true;
            }
            binding = bound.outer;
        }
        false
    }

    /// `var.x`, `local.x`, `module.x`, `data.t.n`, `t.n`: the symbol that two or three names make.
    fn symbol(&self, of: &Expr, name: &Ident) -> Option<Value> {
        let address = |kind, ty: SmolStr| Address {
            kind,
            ty,
            name: name.name.clone(),
        };
        match &of.kind {
            ExprKind::Variable(root) if self.is_bound(root) => None,
            ExprKind::Variable(root) => match root.as_str() {
                "var" => Some(
                    self.scope
                        .variable(&name.name)
                        .read_from(Symbol::Variable(name.name.clone())),
                ),
                "local" => Some(
                    self.scope
                        .local(&name.name)
                        .read_from(Symbol::Local(name.name.clone())),
                ),
                "module" => Some(self.block(address(BlockKind::Module, SmolStr::default()))),
                "data" | "ephemeral" | "each" | "count" | "path" | "terraform" | "self" => None,
                ty if ty.contains('_') && self.scope.root(ty).is_none() => {
                    Some(self.block(address(BlockKind::Resource, root.clone())))
                }
                _ => None,
            },
            ExprKind::GetAttr {
                of: outer,
                name: ty,
            } => match &outer.kind {
                ExprKind::Variable(root) if self.is_bound(root) => None,
                ExprKind::Variable(root) if root == "data" => {
                    Some(self.block(address(BlockKind::Data, ty.name.clone())))
                }
                ExprKind::Variable(root) if root == "ephemeral" => {
                    Some(self.block(address(BlockKind::Ephemeral, ty.name.clone())))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn block(&self, address: Address) -> Value {
        let mut value = self.scope.block(&address);
        value.refers = Some(Arc::new(Reference {
            address: address.clone(),
            index: None,
            path: Vec::new(),
        }));
        value.read_from(Symbol::Block(address))
    }

    // ---- operators

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Evaluated {
        let left = self.expr(left)?;
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            let right = self.expr(right)?;
            return logic(op == BinaryOp::And, &left, &right)
                .map(|v| v.derived_from([&left, &right]));
        }
        let right = self.expr(right)?;
        let result = match op {
            BinaryOp::Equal => Ok(equality(&left, &right)),
            BinaryOp::NotEqual => Ok(negated(equality(&left, &right))),
            _ => arithmetic(op, &left, &right),
        };
        result.map(|v| v.derived_from([&left, &right]))
    }

    fn conditional(&self, condition: &Expr, then: &Expr, otherwise: &Expr) -> Evaluated {
        let decided = self.expr(condition)?;
        match decided.as_bool() {
            Some(true) => self.expr(then),
            Some(false) => self.expr(otherwise),
            None if decided.is_unknown() => {
                let (then, otherwise) = (self.expr(then), self.expr(otherwise));
                Ok(either(
                    then.unwrap_or_else(|_| Value::unknown()),
                    otherwise.unwrap_or_else(|_| Value::unknown()),
                ))
            }
            None => Err(Invalid),
        }
    }

    // ---- templates

    fn template(&self, template: &Template) -> Evaluated {
        if let [TemplatePart::Interpolation { expr, .. }] = template.parts.as_slice()
            && !template.heredoc
        {
            return self.expr(expr); // "${x}" is x itself
        }
        let mut text = Text::default();
        self.parts(&template.parts, &mut text)?;
        Ok(text.finish())
    }

    fn parts(&self, parts: &[TemplatePart], text: &mut Text) -> Result<(), Invalid> {
        for part in parts {
            match part {
                TemplatePart::Literal { text: literal, .. } => text.push(literal),
                TemplatePart::Interpolation { expr, .. } => text.push_value(&self.expr(expr)?)?,
                TemplatePart::If {
                    condition,
                    then,
                    otherwise,
                    ..
                } => {
                    let decided = self.expr(condition)?;
                    match decided.as_bool() {
                        Some(true) => self.parts(then, text)?,
                        Some(false) => self.parts(otherwise, text)?,
                        None => text.push_value(&decided)?,
                    }
                }
                TemplatePart::For {
                    key,
                    value,
                    collection,
                    body,
                    ..
                } => {
                    let collection = self.expr(collection)?;
                    let Some(elements) = elements(&collection)? else {
                        text.push_value(&Value::unknown().derived_from([&collection]))?;
                        continue;
                    };
                    for (k, v) in elements {
                        self.bound(key.as_ref(), value, k, v, |inner| inner.parts(body, text))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn bound<T>(
        &self,
        key: Option<&Ident>,
        value: &Ident,
        k: Value,
        v: Value,
        run: impl FnOnce(&Evaluation<'_>) -> T,
    ) -> T {
        let outer = key.map(|key| Binding {
            name: &key.name,
            value: k,
            outer: self.bindings,
        });
        let binding = Binding {
            name: &value.name,
            value: v,
            outer: outer.as_ref().or(self.bindings),
        };
        run(&Evaluation {
            bindings: Some(&binding),
            ..*self
        })
    }

    // ---- collections

    fn for_expression(&self, f: &For) -> Evaluated {
        let collection = self.expr(&f.collection)?;
        let Some(elements) = elements(&collection)? else {
            let ty = Some(if f.result_key.is_some() {
                Type::Map(Box::new(Type::Any))
            } else {
                Type::List(Box::new(Type::Any))
            });
            return Ok(Value::unknown_of(ty, true).derived_from([&collection]));
        };
        let mut results: Vec<Value> = Vec::new();
        let mut entries: BTreeMap<SmolStr, Value> = BTreeMap::new();
        let mut groups: BTreeMap<SmolStr, Vec<Value>> = BTreeMap::new();
        let mut is_open = false;
        for (k, v) in elements {
            self.bound(
                f.key.as_ref(),
                &f.value,
                k,
                v,
                |inner| -> Result<(), Invalid> {
                    if let Some(condition) = &f.condition {
                        match inner.expr(condition)?.as_bool() {
                            Some(true) => {}
                            Some(false) => return Ok(()),
                            None => {
                                is_open = true;
                                return Ok(());
                            }
                        }
                    }
                    let Some(key) = &f.result_key else {
                        results.push(inner.expr(&f.result)?);
                        return Ok(());
                    };
                    let result = inner.expr(&f.result)?;
                    match inner.key(key)? {
                        Some(key) if f.group => groups.entry(key).or_default().push(result),
                        Some(key) => {
                            entries.insert(key, result);
                        }
                        None => is_open = true,
                    }
                    Ok(())
                },
            )?;
        }
        let sensitive = collection.sensitive;
        let mut value = match (&f.result_key, is_open) {
            (None, false) => Value::tuple(results),
            (None, true) => open_list(results),
            (Some(_), _) => {
                entries.extend(groups.into_iter().map(|(k, v)| (k, Value::tuple(v))));
                if is_open {
                    open_object(entries)
                } else {
                    Value::object(entries)
                }
            }
        };
        value.sensitive |= sensitive;
        Ok(value)
    }

    fn splat(&self, of: &Expr, each: &Expr) -> Evaluated {
        let of = self.expr(of)?;
        let each_of = |item: &Value| {
            Evaluation {
                item: Some(item),
                ..*self
            }
            .expr(each)
        };
        match &of.kind {
            Kind::Null => Ok(Value::tuple(Vec::new())),
            Kind::List(_, elements) => {
                let parts = elements
                    .iter()
                    .enumerate()
                    .map(|(i, e)| of.part(e, Step::Index(i as u32)));
                parts
                    .map(|part| each_of(&part))
                    .collect::<Result<_, _>>()
                    .map(Value::tuple)
            }
            Kind::Unknown(unknown) => {
                // A block that is counted, or perhaps not: what its elements have in common is known.
                let element = Value {
                    kind: Kind::Unknown(Arc::default()),
                    ..of.clone()
                };
                let one = if unknown.one_of.is_empty() {
                    each_of(&element).ok()
                } else {
                    None
                };
                let refers = one.as_ref().and_then(|v| v.refers.clone());
                let list = Unknown {
                    ty: Some(Type::List(Box::new(Type::Any))),
                    not_null: true,
                    ..Unknown::default()
                };
                Ok(Value {
                    kind: Kind::Unknown(Arc::new(list)),
                    refers,
                    ..of
                })
            }
            _ => each_of(&of).map(|one| Value::tuple(vec![one])),
        }
    }

    // ---- calls

    fn call(&self, name: &Ident, args: &[Expr], expand: bool) -> Evaluated {
        let name = name.name.strip_prefix("core::").unwrap_or(&name.name);
        match name {
            "try" => return Ok(self.first_valid(args)),
            "can" => {
                let Some(arg) = args.first() else {
                    return Err(Invalid);
                };
                return Ok(match self.expr(arg) {
                    Ok(value) if value.is_wholly_known() || value.refers.is_some() => {
                        Value::bool(true)
                    }
                    Ok(_) => Value::unknown_of(Some(Type::Bool), true),
                    Err(_) => Value::bool(false),
                });
            }
            _ => {}
        }
        let mut values: Vec<Value> = args
            .iter()
            .map(|a| self.expr(a))
            .collect::<Result<_, _>>()?;
        if expand && let Some(last) = values.pop() {
            match elements(&last)? {
                Some(elements) => values.extend(elements.into_iter().map(|(_, v)| v)),
                None => {
                    return Ok(
                        functions::unknown_result(name).derived_from(values.iter().chain([&last]))
                    );
                }
            }
        }
        if let Some(value) = self.scope.function(name, &values) {
            return Ok(value);
        }
        functions::call(name, &values, self.scope)
    }

    /// `try`: the first argument that is no error. One that is unknown may yet turn out to be one.
    fn first_valid(&self, args: &[Expr]) -> Value {
        for (i, arg) in args.iter().enumerate() {
            let Ok(value) = self.expr(arg) else { continue };
            let may_fail = value.as_unknown().is_some_and(|u| *u == Unknown::default())
                && value.refers.is_none();
            if may_fail && i + 1 < args.len() && !is_plain_reference(arg) {
                return Value::unknown();
            }
            return value;
        }
        Value::unknown()
    }
}

fn is_plain_reference(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Variable(_) => true,
        ExprKind::GetAttr { of, .. } => matches!(of.kind, ExprKind::Variable(_)),
        _ => false,
    }
}

/// Elements with their keys, in Terraform's order; `None` when they are not known.
pub(crate) fn elements(collection: &Value) -> Result<Option<Vec<(Value, Value)>>, Invalid> {
    match &collection.kind {
        Kind::List(Sequence::Set, elements) => Ok(Some(
            elements
                .iter()
                .enumerate()
                .map(|(i, e)| (e.clone(), collection.part(e, Step::Index(i as u32))))
                .collect(),
        )),
        Kind::List(_, elements) => Ok(Some(
            elements
                .iter()
                .enumerate()
                .map(|(i, e)| {
                    (
                        Value::int(i as i64),
                        collection.part(e, Step::Index(i as u32)),
                    )
                })
                .collect(),
        )),
        Kind::Object(entries) => Ok(Some(
            entries
                .iter()
                .map(|(k, v)| {
                    (
                        Value::string(k.as_str()),
                        collection.part(v, Step::Key(k.clone())),
                    )
                })
                .collect(),
        )),
        Kind::Unknown(_) => Ok(None),
        _ => Err(Invalid),
    }
}

/// `of.name`
pub(crate) fn attribute(of: &Value, name: &SmolStr) -> Evaluated {
    match &of.kind {
        Kind::Object(entries) => match entries.get(name) {
            Some(entry) => Ok(of.part(entry, step_of(of, name))),
            None => Err(Invalid),
        },
        Kind::Unknown(unknown) => {
            if let Some(entry) = unknown.entries.get(name) {
                return Ok(of.part(entry, step_of(of, name)));
            }
            if !unknown.one_of.is_empty() {
                let all: Result<Vec<Value>, Invalid> =
                    unknown.one_of.iter().map(|v| attribute(v, name)).collect();
                return all.map(|all| {
                    all.into_iter()
                        .reduce(either)
                        .unwrap_or_else(Value::unknown)
                });
            }
            let refers = of.refers.as_ref().map(|r| {
                let mut path = r.path.clone();
                path.push(name.clone());
                Arc::new(Reference {
                    path,
                    ..(**r).clone()
                })
            });
            let part = Value {
                refers,
                sensitive: of.sensitive,
                ephemeral: of.ephemeral,
                ..Value::unknown()
            };
            Ok(of.part(&part, step_of(of, name)))
        }
        _ => Err(Invalid),
    }
}

/// The first step into a block is an argument of it.
fn step_of(of: &Value, name: &SmolStr) -> Step {
    let is_block = of
        .origin
        .as_ref()
        .is_some_and(|o| matches!(o.symbol, Symbol::Block(_)) && o.path.is_empty());
    if is_block {
        Step::Attr(name.clone())
    } else {
        Step::Key(name.clone())
    }
}

/// `of[key]`
pub(crate) fn index(of: &Value, key: &Value) -> Evaluated {
    if let Some(instance) = instance(of, key) {
        return Ok(instance);
    }
    match (&of.kind, &key.kind) {
        (Kind::List(_, elements), Kind::Number(_) | Kind::String(_)) => {
            let n = key.as_number().and_then(|n| n.as_i64()).ok_or(Invalid)?;
            let at = usize::try_from(n).map_err(|_| Invalid)?;
            let element = elements.get(at).ok_or(Invalid)?;
            Ok(of.part(element, Step::Index(at as u32)))
        }
        (Kind::Object(_), Kind::Number(_) | Kind::String(_) | Kind::Bool(_)) => {
            let key = key.to_text().ok_or(Invalid)?;
            attribute(of, &SmolStr::from(key.as_ref()))
        }
        (Kind::Unknown(unknown), Kind::String(name))
            if unknown.entries.contains_key(name.as_ref()) =>
        {
            attribute(of, &SmolStr::from(name.as_ref()))
        }
        (Kind::Unknown(_), _) => Ok(Value {
            refers: of.refers.clone(),
            ..Value::unknown()
        }
        .derived_from([of, key])),
        (Kind::List(_, elements), Kind::Unknown(_)) => Ok(one_of(elements.iter().cloned())),
        (Kind::Object(entries), Kind::Unknown(_)) => Ok(one_of(entries.values().cloned())),
        _ => Err(Invalid),
    }
}

/// An instance of a counted block is the block: it is evaluated once for all of them.
fn instance(of: &Value, key: &Value) -> Option<Value> {
    let reference = of
        .refers
        .as_ref()
        .filter(|r| r.path.is_empty() && r.index.is_none())?;
    if of.is_unknown() && of.as_unknown().is_some_and(|u| u.entries.is_empty()) && key.is_null() {
        return None;
    }
    let shown = match &key.kind {
        Kind::String(text) => SmolStr::from(format!("\"{text}\"")),
        Kind::Number(n) => SmolStr::from(n.to_string()),
        _ => SmolStr::new_static("?"),
    };
    Some(Value {
        refers: Some(Arc::new(Reference {
            index: Some(shown),
            ..(**reference).clone()
        })),
        ..of.clone()
    })
}

/// A value that is one of several; itself when they are equal.
pub(crate) fn one_of(values: impl IntoIterator<Item = Value>) -> Value {
    values
        .into_iter()
        .reduce(either)
        .unwrap_or_else(Value::unknown)
}

/// One of two values.
pub(crate) fn either(a: Value, b: Value) -> Value {
    if a == b {
        return a;
    }
    let sensitive = a.sensitive || b.sensitive;
    let ephemeral = a.ephemeral || b.ephemeral;
    let refers = if a.refers == b.refers {
        a.refers.clone()
    } else {
        None
    };
    let mut members: Vec<Value> = Vec::new();
    let mut not_null = true;
    for value in [a, b] {
        match &value.kind {
            Kind::Unknown(u) if !u.one_of.is_empty() => members.extend(u.one_of.iter().cloned()),
            _ => members.push(value.clone()),
        }
        not_null &= !value.may_be_null();
    }
    members.dedup();
    let unknown = if members.len() > MAX_MEMBERS {
        Unknown {
            not_null,
            ..Unknown::default()
        }
    } else {
        Unknown {
            not_null,
            one_of: members,
            ..Unknown::default()
        }
    };
    Value {
        kind: Kind::Unknown(Arc::new(unknown)),
        refers,
        sensitive,
        ephemeral,
        origin: None,
        document: None,
    }
}

const MAX_MEMBERS: usize = 16;

/// An object of which not all entries are known.
pub(crate) fn open_object(entries: BTreeMap<SmolStr, Value>) -> Value {
    Kind::Unknown(Arc::new(Unknown {
        ty: Some(Type::Map(Box::new(Type::Any))),
        not_null: true,
        entries,
        ..Unknown::default()
    }))
    .into()
}

/// A list of which not all elements are known.
pub(crate) fn open_list(contains: Vec<Value>) -> Value {
    Kind::Unknown(Arc::new(Unknown {
        ty: Some(Type::List(Box::new(Type::Any))),
        not_null: true,
        contains,
        ..Unknown::default()
    }))
    .into()
}

fn unary(op: UnaryOp, of: &Value) -> Evaluated {
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

fn logic(is_and: bool, left: &Value, right: &Value) -> Evaluated {
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

/// `==`: unknown unless both sides are known, or a difference already shows.
pub(crate) fn equality(left: &Value, right: &Value) -> Value {
    match equal(left, right) {
        Some(answer) => Value::bool(answer),
        None => Value::unknown_of(Some(Type::Bool), true),
    }
}

pub(crate) fn equal(left: &Value, right: &Value) -> Option<bool> {
    match (&left.kind, &right.kind) {
        (Kind::Null, Kind::Null) => Some(true),
        (Kind::Unknown(_), Kind::Null) => {
            if left.may_be_null() {
                None
            } else {
                Some(false)
            }
        }
        (Kind::Null, Kind::Unknown(_)) => {
            if right.may_be_null() {
                None
            } else {
                Some(false)
            }
        }
        (Kind::Unknown(u), _) if !u.one_of.is_empty() => {
            all_agree(u.one_of.iter().map(|m| equal(m, right)))
        }
        (_, Kind::Unknown(u)) if !u.one_of.is_empty() => {
            all_agree(u.one_of.iter().map(|m| equal(left, m)))
        }
        (Kind::Unknown(u), Kind::String(s)) | (Kind::String(s), Kind::Unknown(u)) => u
            .prefix
            .as_ref()
            .filter(|p| !s.starts_with(p.as_ref()))
            .map(|_| false),
        (Kind::Unknown(_), _) | (_, Kind::Unknown(_)) => None,
        (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
        (Kind::Number(a), Kind::Number(b)) => Some(a == b),
        (Kind::String(a), Kind::String(b)) => Some(a == b),
        (Kind::List(_, a), Kind::List(_, b)) => {
            if a.len() != b.len() {
                return Some(false);
            }
            all_equal(a.iter().zip(b.iter()).map(|(a, b)| equal(a, b)))
        }
        (Kind::Object(a), Kind::Object(b)) => {
            if !a.keys().eq(b.keys()) {
                return Some(false);
            }
            all_equal(a.values().zip(b.values()).map(|(a, b)| equal(a, b)))
        }
        _ => Some(false),
    }
}

fn all_equal(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut answer = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            None => answer = None,
            Some(true) => {}
        }
    }
    answer
}

fn all_agree(mut answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let first = answers.next()??;
    answers.all(|a| a == Some(first)).then_some(first)
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
        BinaryOp::Divide => Value::number(a.divide(&b).ok_or(Invalid)?),
        BinaryOp::Modulo => Value::number(a.modulo(&b).ok_or(Invalid)?),
        BinaryOp::Less => Value::bool(a < b),
        BinaryOp::LessOrEqual => Value::bool(a <= b),
        BinaryOp::Greater => Value::bool(a > b),
        BinaryOp::GreaterOrEqual => Value::bool(a >= b),
        BinaryOp::And | BinaryOp::Or | BinaryOp::Equal | BinaryOp::NotEqual => return Err(Invalid),
    })
}

/// The value of a template's parts, as one text.
pub(crate) fn eval_parts(parts: &[TemplatePart], scope: &dyn Scope) -> Value {
    let steps = Cell::new(0);
    let mut text = Text::default();
    match (Evaluation {
        scope,
        bindings: None,
        item: None,
        steps: &steps,
    })
    .parts(parts, &mut text)
    {
        Ok(()) => text.finish(),
        Err(Invalid) => Value::unknown_of(Some(Type::String), true),
    }
}

/// Stands for an unknown part in a text that may be JSON.
const HOLE: &str = "\u{E000}";

/// A template's text as it grows; from the first unknown part on only its beginning is known.
#[derive(Default)]
struct Text {
    known: String,
    /// All of it, unknown parts as [`HOLE`].
    whole: String,
    is_open: bool,
    sources: Vec<Value>,
}

impl Text {
    fn push(&mut self, text: &str) {
        self.whole.push_str(text);
        if !self.is_open {
            self.known.push_str(text);
        }
    }

    fn push_value(&mut self, value: &Value) -> Result<(), Invalid> {
        match &value.kind {
            Kind::Unknown(unknown) => {
                if let Some(prefix) = &unknown.prefix {
                    self.push(prefix);
                }
                self.is_open = true;
                self.whole.push_str(HOLE);
            }
            _ => {
                let text = value.to_text().ok_or(Invalid)?;
                self.push(&text);
            }
        }
        if value.origin.is_some() || value.sensitive || value.ephemeral {
            self.sources.push(Value {
                kind: Kind::Null,
                ..value.clone()
            });
        }
        Ok(())
    }

    fn finish(self) -> Value {
        let value: Value = if self.is_open {
            let is_json = self.whole.trim_start().starts_with(['{', '[']);
            let document = if is_json {
                crate::json::with_holes(&self.whole, HOLE)
            } else {
                None
            };
            let prefix = (!self.known.is_empty()).then(|| self.known.into());
            let unknown = Unknown {
                ty: Some(Type::String),
                not_null: true,
                prefix,
                ..Unknown::default()
            };
            Value {
                document: document.map(Arc::new),
                ..Kind::Unknown(Arc::new(unknown)).into()
            }
        } else {
            Value::string(self.known)
        };
        value.derived_from(&self.sources)
    }
}
