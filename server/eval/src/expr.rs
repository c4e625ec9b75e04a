//! Expressions: operators with their conversions, references, templates, `for`, splats, calls.
//!
//! An evaluation that Terraform would reject yields an error inside, which `try` and `can` see, and
//! an unknown value outside: nothing may be concluded from it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_model::{Address, BlockKind};
use stockade_syntax::ast::{BinaryOp, Expr, ExprKind, For, Ident, Template, TemplatePart};

use crate::access::{any_instance, attribute, elements, index, possible};
use crate::combine::{either, open_list, open_object};
use crate::functions;
use crate::operators::{binary, logic, unary};
use crate::template::Text;
use crate::unify::chosen;
use crate::value::{Kind, Reference, Sequence, Step, Symbol, Type, Value};

/// What an expression may read. Implementations memoise, record what was read, and stop cycles.
pub trait Scope {
    /// `var.name`, as [`Value::to_be_read`] makes it; unknown when it is not declared.
    fn variable(&self, name: &str) -> Value;
    /// `local.name`, likewise; unknown when it is not declared.
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
    let (steps, doubt) = (Cell::new(0), Cell::new(false));
    Evaluation::new(scope, &steps, &doubt).expr(expr)
}

/// How many nodes one evaluation may visit: bounds nested `for` loops over long lists.
const MAX_STEPS: u32 = 200_000;

/// An evaluation with the names that are bound around it.
#[derive(Clone, Copy)]
struct Evaluation<'e> {
    scope: &'e dyn Scope,
    bindings: Option<&'e Binding<'e>>,
    item: Option<&'e Value>,
    steps: &'e Cell<u32>,
    /// Set when something unknown may turn out to be an error, which `try` would catch.
    doubt: &'e Cell<bool>,
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
    fn new(scope: &'e dyn Scope, steps: &'e Cell<u32>, doubt: &'e Cell<bool>) -> Evaluation<'e> {
        Evaluation {
            scope,
            bindings: None,
            item: None,
            steps,
            doubt,
        }
    }

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
            ExprKind::Object(entries) => self.object(entries),
            ExprKind::Variable(name) => self.root(name),
            ExprKind::GetAttr { of, name } => match self.symbol(of, name) {
                Some(value) => Ok(value),
                None => attribute(&self.expr(of)?, &name.name, self.doubt),
            },
            ExprKind::Index { of, key } => index(&self.expr(of)?, &self.expr(key)?, self.doubt),
            ExprKind::Splat { of, each, .. } => self.splat(of, each),
            ExprKind::SplatItem => Ok(self.item.cloned().unwrap_or_else(Value::unknown)),
            ExprKind::Call { name, args, expand } => self.call(name, args, *expand),
            ExprKind::Unary { op, of } => {
                let of = self.expr(of)?;
                self.doubt_operand(&of);
                unary(*op, &of)
            }
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

    fn object(&self, literal: &[stockade_syntax::ast::ObjectEntry]) -> Evaluated {
        let mut entries = BTreeMap::new();
        let mut is_open = false;
        for entry in literal {
            let key = match &entry.key.kind {
                ExprKind::Variable(name) => Some(name.clone()),
                ExprKind::Null => entry.literal_key(),
                _ => self.key(&entry.key)?,
            };
            let value = self.expr(&entry.value)?;
            match key {
                Some(key) => {
                    entries.insert(key, value);
                }
                None => is_open = true,
            }
        }
        Ok(if is_open {
            open_object(entries)
        } else {
            Value::object(entries)
        })
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

    fn root(&self, name: &SmolStr) -> Evaluated {
        let bound = self.bound_value(name).cloned();
        Ok(bound
            .or_else(|| self.scope.root(name))
            .unwrap_or_else(Value::unknown))
    }

    fn bound_value(&self, name: &str) -> Option<&'e Value> {
        let mut binding = self.bindings;
        while let Some(bound) = binding {
            if bound.name == name {
                return Some(&bound.value);
            }
            binding = bound.outer;
        }
        None
    }

    /// `var.x`, `local.x`, `module.x`, `data.t.n`, `t.n`: the symbol that two or three names make.
    fn symbol(&self, of: &Expr, name: &Ident) -> Option<Value> {
        let (root, ty) = match &of.kind {
            ExprKind::Variable(root) => (root, None),
            ExprKind::GetAttr { of, name } => match &of.kind {
                ExprKind::Variable(root) => (root, Some(&name.name)),
                _ => return None,
            },
            _ => return None,
        };
        if self.bound_value(root).is_some() {
            return None;
        }
        let name = &name.name;
        let block = |kind, ty: &SmolStr| {
            self.block(Address {
                kind,
                ty: ty.clone(),
                name: name.clone(),
            })
        };
        Some(match (root.as_str(), ty) {
            ("var", None) => self
                .scope
                .variable(name)
                .read_from(Symbol::Variable(name.clone())),
            ("local", None) => self
                .scope
                .local(name)
                .read_from(Symbol::Local(name.clone())),
            ("module", None) => block(BlockKind::Module, &SmolStr::default()),
            ("data", Some(ty)) => block(BlockKind::Data, ty),
            ("ephemeral", Some(ty)) => block(BlockKind::Ephemeral, ty),
            (_, None) if root.contains('_') && self.scope.root(root).is_none() => {
                block(BlockKind::Resource, root)
            }
            _ => return None,
        })
    }

    fn block(&self, address: Address) -> Value {
        let mut value = self.scope.block(&address);
        if value.refers.as_ref().is_none_or(|r| r.address != address) {
            value.refers = Some(Arc::new(Reference {
                address: address.clone(),
                index: None,
                path: Vec::new(),
                module: None,
            }));
        }
        value.read_from(Symbol::Block(address))
    }

    // ---- operators

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Evaluated {
        let left = self.expr(left)?;
        let value = match op {
            BinaryOp::And | BinaryOp::Or => {
                let is_and = op == BinaryOp::And;
                let right = self.expr(right)?;
                self.doubt_operand(&left);
                self.doubt_operand(&right);
                return Ok(logic(is_and, &left, &right)?.derived_from([&left, &right]));
            }
            BinaryOp::Equal | BinaryOp::NotEqual => {
                let right = self.expr(right)?;
                return Ok(binary(op, &left, &right)?.derived_from([&left, &right]));
            }
            _ => {
                let right = self.expr(right)?;
                self.doubt_operand(&left);
                self.doubt_operand(&right);
                binary(op, &left, &right)?.derived_from([&left, &right])
            }
        };
        Ok(value)
    }

    /// An unknown operand may have another type, or be null.
    fn doubt_operand(&self, operand: &Value) {
        let is_sound = operand
            .as_unknown()
            .is_none_or(|u| u.not_null && matches!(u.ty, Some(Type::Number | Type::Bool)));
        if !is_sound {
            self.doubt.set(true);
        }
    }

    fn conditional(&self, condition: &Expr, then: &Expr, otherwise: &Expr) -> Evaluated {
        let decided = self.expr(condition)?;
        let mut value = match decided.as_bool() {
            Some(is_true) => {
                let (yes, no) = if is_true {
                    (then, otherwise)
                } else {
                    (otherwise, then)
                };
                let value = self.expr(yes)?;
                if is_converted(&value, no) {
                    // What the other one is tells the type; it may well be an error.
                    let before = self.doubt.get();
                    let other = self.expr(no);
                    self.doubt.set(before);
                    other.map_or_else(|_| value.clone(), |other| chosen(value.clone(), other))
                } else {
                    value
                }
            }
            None if decided.is_unknown() => match (self.expr(then), self.expr(otherwise)) {
                (Ok(then), Ok(otherwise)) => {
                    let mut both = [then, otherwise];
                    let _ = crate::unify::unify(&mut both);
                    let [then, otherwise] = both;
                    either(then, otherwise)
                }
                _ => {
                    self.doubt.set(true);
                    Value::unknown()
                }
            },
            None => return Err(Invalid),
        };
        value.sensitive |= decided.sensitive;
        value.ephemeral |= decided.ephemeral;
        Ok(value)
    }

    // ---- templates

    fn template(&self, template: &Template) -> Evaluated {
        match template.parts.as_slice() {
            [] => return Ok(Value::string("")),
            [TemplatePart::Literal { text, .. }] => return Ok(Value::string(text.as_str())),
            // "${x}" is x itself
            [TemplatePart::Interpolation { expr, .. }] if !template.heredoc => {
                return self.expr(expr);
            }
            _ => {}
        }
        let mut text = Text::new();
        self.parts(&template.parts, &mut text)?;
        Ok(text.finish())
    }

    fn parts(&self, parts: &[TemplatePart], text: &mut Text) -> Result<(), Invalid> {
        for part in parts {
            match part {
                TemplatePart::Literal { text: literal, .. } => text.push(literal),
                TemplatePart::Interpolation { expr, .. } => {
                    let value = self.expr(expr)?;
                    if value.is_unknown() {
                        self.doubt.set(true);
                    }
                    text.push_value(&value)?;
                }
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
                        None if decided.is_unknown() => {
                            text.push_value(&Value::unknown_of(Some(Type::String), true))?;
                        }
                        None => return Err(Invalid),
                    }
                    text.push_marks(&decided);
                }
                TemplatePart::For {
                    key,
                    value,
                    collection,
                    body,
                    ..
                } => {
                    let collection = self.expr(collection)?;
                    text.push_marks(&collection);
                    let Some(elements) = elements(&collection)? else {
                        text.push_value(&Value::unknown_of(Some(Type::String), true))?;
                        continue;
                    };
                    for (k, v) in elements {
                        if text.is_full() || self.steps.get() >= MAX_STEPS {
                            return text.push_value(&Value::unknown_of(Some(Type::String), true));
                        }
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
        let (all, is_whole) = match elements(&collection)? {
            Some(all) => (all, true),
            None => {
                let possible = possible(&collection);
                self.doubt.set(true);
                (
                    possible
                        .elements
                        .into_iter()
                        .take(possible.certain)
                        .collect(),
                    false,
                )
            }
        };
        let mut built = Built {
            is_open: !is_whole,
            ..Built::default()
        };
        for (k, v) in all {
            if self.steps.get() >= MAX_STEPS {
                return Ok(Value::unknown());
            }
            self.bound(f.key.as_ref(), &f.value, k, v, |inner| {
                inner.for_element(f, &mut built)
            })?;
        }
        let mut value = built.finish(f.result_key.is_some());
        value.sensitive |= collection.sensitive;
        value.ephemeral |= collection.ephemeral;
        Ok(if is_whole {
            value
        } else {
            value.derived_from([&collection])
        })
    }

    fn for_element(&self, f: &For, built: &mut Built) -> Result<(), Invalid> {
        if let Some(condition) = &f.condition {
            let decided = self.expr(condition)?;
            match decided.as_bool() {
                Some(true) => {}
                Some(false) => return Ok(()),
                None if decided.is_unknown() => {
                    built.is_open = true;
                    return Ok(());
                }
                None => return Err(Invalid),
            }
        }
        let Some(key) = &f.result_key else {
            built.list.push(self.expr(&f.result)?);
            return Ok(());
        };
        let key = self.key(key)?;
        let result = self.expr(&f.result)?;
        match key {
            Some(key) if f.group => built.groups.entry(key).or_default().push(result),
            Some(key) => {
                if built.entries.insert(key, result).is_some() {
                    return Err(Invalid);
                }
            }
            None => built.is_open = true,
        }
        Ok(())
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
            Kind::List(sequence, elements) => {
                let parts = elements
                    .iter()
                    .enumerate()
                    .map(|(i, e)| of.part(e, Step::Index(i as u32)));
                let all = parts
                    .map(|part| each_of(&part))
                    .collect::<Result<Vec<_>, _>>()?;
                let sequence = if *sequence == Sequence::Tuple {
                    Sequence::Tuple
                } else {
                    Sequence::List
                };
                Ok(Value::sequence(sequence, all))
            }
            Kind::Unknown(unknown) if !unknown.one_of.is_empty() => {
                let lists = unknown
                    .one_of
                    .iter()
                    .map(|member| self.splat_of(member, each));
                Ok(lists
                    .collect::<Result<Vec<_>, _>>()?
                    .into_iter()
                    .reduce(either)
                    .ok_or(Invalid)?)
            }
            // A block without count or for_each, or one that is not (yet) known.
            Kind::Unknown(unknown) if matches!(unknown.ty, Some(Type::Object(_))) => {
                each_of(&of).map(|one| Value::tuple(vec![one]))
            }
            Kind::Unknown(unknown) => {
                let one = each_of(&any_instance(&of, unknown)).ok();
                self.doubt.set(true);
                let refers = one.as_ref().and_then(|v| v.refers.clone());
                let ty = Some(Type::List(Box::new(Type::Any)));
                let list = Value::unknown_of(ty, true);
                Ok(Value { refers, ..list }.derived_from([&of]))
            }
            _ => each_of(&of).map(|one| Value::tuple(vec![one])),
        }
    }

    fn splat_of(&self, member: &Value, each: &Expr) -> Evaluated {
        match elements(member) {
            Ok(Some(elements)) if !matches!(member.kind, Kind::Object(_)) => {
                let all = elements.iter().map(|(_, item)| {
                    Evaluation {
                        item: Some(item),
                        ..*self
                    }
                    .expr(each)
                });
                all.collect::<Result<_, _>>().map(Value::tuple)
            }
            _ if member.is_null() => Ok(Value::tuple(Vec::new())),
            _ => Ok(Value::unknown_of(
                Some(Type::List(Box::new(Type::Any))),
                true,
            )),
        }
    }

    // ---- calls

    fn call(&self, name: &Ident, args: &[Expr], expand: bool) -> Evaluated {
        let name = name.name.strip_prefix("core::").unwrap_or(&name.name);
        match (name, args) {
            ("try", _) if !expand => return self.first_valid(args),
            ("can", [arg]) => {
                let (value, is_doubtful) = self.tried(arg);
                return Ok(match value {
                    Ok(_) if !is_doubtful => Value::bool(true),
                    Ok(_) => Value::unknown_of(Some(Type::Bool), true),
                    Err(_) => Value::bool(false),
                });
            }
            (_, [path, ..]) if functions::reads_file(name) => {
                if let Some(path) = self.path_in_module(path)? {
                    let rest = args[1..].iter().map(|a| self.expr(a));
                    let values = std::iter::once(Ok(path))
                        .chain(rest)
                        .collect::<Result<Vec<_>, _>>()?;
                    return functions::call(name, &values, self.scope);
                }
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
                    self.doubt.set(true);
                    return Ok(
                        functions::unknown_result(name).derived_from(values.iter().chain([&last]))
                    );
                }
            }
        }
        if let Some(value) = self.scope.function(name, &values) {
            return Ok(value);
        }
        if functions::may_fail(name) && !values.iter().all(Value::is_wholly_known) {
            self.doubt.set(true);
        }
        functions::call(name, &values, self.scope)
    }

    /// `"${path.module}/a.json"` as a path within the module.
    fn path_in_module(&self, expr: &Expr) -> Result<Option<Value>, Invalid> {
        let ExprKind::Template(template) = &expr.unparenthesized().kind else {
            return Ok(None);
        };
        let [TemplatePart::Interpolation { expr, .. }, rest @ ..] = template.parts.as_slice()
        else {
            return Ok(None);
        };
        if !is_path_module(expr) {
            return Ok(None);
        }
        let mut text = Text::new();
        self.parts(rest, &mut text)?;
        let path = text.finish();
        Ok(path
            .as_str()
            .map(|p| Value::string(p.trim_start_matches('/'))))
    }

    /// An expression by itself: its value, and whether that may turn out to be an error.
    fn tried(&self, expr: &Expr) -> (Evaluated, bool) {
        let doubt = Cell::new(false);
        let value = Evaluation {
            doubt: &doubt,
            ..*self
        }
        .expr(expr);
        (value, doubt.get())
    }

    /// `try`: the first argument that is no error; an unknown one may yet turn out to be one.
    fn first_valid(&self, args: &[Expr]) -> Evaluated {
        let mut possible = Vec::new();
        for arg in args {
            let (value, is_doubtful) = self.tried(arg);
            let Ok(value) = value else { continue };
            possible.push(value);
            if !is_doubtful {
                return Ok(crate::combine::one_of(possible));
            }
        }
        self.doubt.set(true);
        possible.into_iter().reduce(either).ok_or(Invalid)
    }
}

/// What a `for` has built so far.
#[derive(Default)]
struct Built {
    list: Vec<Value>,
    entries: BTreeMap<SmolStr, Value>,
    groups: BTreeMap<SmolStr, Vec<Value>>,
    /// There may be more.
    is_open: bool,
}

impl Built {
    fn finish(mut self, is_object: bool) -> Value {
        if !is_object {
            return if self.is_open {
                open_list(self.list)
            } else {
                Value::tuple(self.list)
            };
        }
        let group = if self.is_open {
            open_list
        } else {
            Value::tuple
        };
        self.entries
            .extend(self.groups.into_iter().map(|(k, v)| (k, group(v))));
        if self.is_open {
            open_object(self.entries)
        } else {
            Value::object(self.entries)
        }
    }
}

/// Whether the type of the other result may change a conditional's.
fn is_converted(value: &Value, other: &Expr) -> bool {
    match (&value.kind, &other.unparenthesized().kind) {
        (Kind::Null | Kind::String(_) | Kind::Unknown(_), _) | (_, ExprKind::Null) => false,
        (Kind::Bool(_), ExprKind::Bool(_)) | (Kind::Number(_), ExprKind::Number(_)) => false,
        _ => true,
    }
}

fn is_path_module(expr: &Expr) -> bool {
    let ExprKind::GetAttr { of, name } = &expr.unparenthesized().kind else {
        return false;
    };
    name.name == "module" && matches!(&of.kind, ExprKind::Variable(root) if root == "path")
}

/// The value of a template's parts, as one text.
pub(crate) fn eval_parts(parts: &[TemplatePart], scope: &dyn Scope) -> Value {
    let (steps, doubt) = (Cell::new(0), Cell::new(false));
    let mut text = Text::new();
    match Evaluation::new(scope, &steps, &doubt).parts(parts, &mut text) {
        Ok(()) => text.finish(),
        Err(Invalid) => Value::unknown_of(Some(Type::String), true),
    }
}
