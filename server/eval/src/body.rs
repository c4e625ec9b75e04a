//! Evaluating blocks: `dynamic` expanded, lists of objects told as repeated blocks, `count` and
//! `for_each` as existence.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;
use stockade_model::{Address, BlockKind};
use stockade_schema as schema;
use stockade_syntax::ast::{Attribute, Block, Body, Expr, ExprKind, Item};

use crate::access::elements;
use crate::block::{
    EvalBlock, EvalBody, Existence, Instance, InstanceKey, Presence, Repetition, Subject,
};
use crate::combine::{one_of, open_object};
use crate::expr::{Bound, Scope, eval};
use crate::value::{Kind, Reference, Step, Symbol, Type, Value};

/// Evaluates a top-level block.
pub fn eval_block(
    block: &Block,
    address: Address,
    schema: Option<schema::Body>,
    scope: &dyn Scope,
) -> Subject {
    let repeated = Repeated::of(&block.body, &address, scope);
    let is_variable = address.kind == BlockKind::Variable;
    let evaluate = |names| {
        let mut body = eval_body(&block.body, schema, &Bound::new(scope, names));
        if is_variable {
            name_type(&block.body, &mut body);
        }
        body
    };
    let instances = repeated.instances.into_iter().map(|(key, names)| Instance {
        key,
        body: evaluate(names),
    });
    Subject {
        address,
        labels: block.labels.iter().map(|l| l.name.clone()).collect(),
        instances: instances.collect(),
        body: evaluate(repeated.names),
        existence: repeated.existence,
        repeated: repeated.by,
    }
}

/// Makes a variable's `type = list(string)` the text `list`: types are no values.
fn name_type(written: &Body, body: &mut EvalBody) {
    let name = written
        .attribute("type")
        .and_then(|ty| match &ty.value.kind {
            ExprKind::Variable(name) => Some(name),
            ExprKind::Call { name, .. } => Some(&name.name),
            _ => None,
        });
    let mut attributes = body.attributes.iter_mut();
    if let Some(name) = name
        && let Some((_, value)) = attributes.find(|(attribute, _)| attribute == "type")
    {
        *value = Value::string(name.as_str());
    }
}

/// What `each` and `count` mean in a block, in all its instances at once.
pub fn repetition_names(
    block: &Block,
    address: &Address,
    scope: &dyn Scope,
) -> Vec<(SmolStr, Value)> {
    Repeated::of(&block.body, address, scope).names
}

/// Names with a meaning in a place.
type Names = Vec<(SmolStr, Value)>;

/// What `count` and `for_each` say.
struct Repeated {
    existence: Existence,
    by: Option<Repetition>,
    /// What `each` and `count` mean in all instances at once.
    names: Names,
    /// By the instance's key.
    instances: Vec<(InstanceKey, Names)>,
}

/// Of more instances than these, each is not looked at by itself.
const MAX_INSTANCES: i64 = 100;

impl Repeated {
    fn of(body: &Body, address: &Address, scope: &dyn Scope) -> Repeated {
        let is_repeatable = matches!(
            address.kind,
            BlockKind::Resource | BlockKind::Data | BlockKind::Ephemeral | BlockKind::Module
        );
        let argument = |name: &str| {
            let attribute = body.attribute(name).filter(|_| is_repeatable)?;
            Some(eval(&attribute.value, scope))
        };
        if let Some(count) = argument("count") {
            return Repeated::counted(&count);
        }
        match argument("for_each") {
            Some(collection) => Repeated::for_each(&collection),
            None => Repeated {
                existence: Existence::Certain,
                by: None,
                names: Names::new(),
                instances: Vec::new(),
            },
        }
    }

    fn counted(count: &Value) -> Repeated {
        let names = |index: Value| {
            vec![(
                "count".into(),
                Value::object([("index".into(), index)].into()),
            )]
        };
        let known = count.as_i64().filter(|n| (1..=MAX_INSTANCES).contains(n));
        let instances = (0..known.unwrap_or_default())
            .map(|index| (InstanceKey::Index(index), names(Value::int(index))));
        Repeated {
            existence: match count.as_i64() {
                Some(n) if n <= 0 => Existence::Never,
                Some(_) => Existence::Certain,
                None => Existence::Maybe,
            },
            by: Some(Repetition::Count),
            names: names(match count.as_i64() {
                Some(1) => Value::int(0),
                _ => Value::unknown_of(Some(Type::Number), true),
            }),
            instances: instances.collect(),
        }
    }

    fn for_each(collection: &Value) -> Repeated {
        let names = |key: Value, value: Value| {
            // `for_each = aws_s3_bucket.all`: each.value is an instance of it.
            let refers = collection.refers.as_ref().filter(|r| r.path.is_empty());
            let value = Value {
                refers: value.refers.clone().or_else(|| refers.cloned()),
                ..value
            };
            vec![(
                "each".into(),
                Value::object([("key".into(), key), ("value".into(), value)].into()),
            )]
        };
        let any_key = || Value::unknown_of(Some(Type::String), true);
        let all = elements(collection).ok().flatten();
        let (existence, together) = match all.as_deref() {
            Some([]) => (Existence::Never, names(Value::unknown(), Value::unknown())),
            Some([(key, value)]) => (Existence::Certain, names(key.clone(), value.clone())),
            Some(several) => (Existence::Certain, names(any_key(), common(several))),
            None => (Existence::Maybe, names(any_key(), Value::unknown())),
        };
        let all = all
            .filter(|all| i64::try_from(all.len()).is_ok_and(|n| n <= MAX_INSTANCES))
            .unwrap_or_default();
        let instances = all
            .into_iter()
            .map(|(key, value)| Some((instance_key(&key)?, names(key, value))));
        Repeated {
            existence,
            by: Some(Repetition::ForEach),
            names: together,
            // A key that is not known names nothing.
            instances: instances.collect::<Option<Vec<_>>>().unwrap_or_default(),
        }
    }
}

fn instance_key(key: &Value) -> Option<InstanceKey> {
    Some(match key.as_i64().filter(|_| key.as_str().is_none()) {
        Some(index) => InstanceKey::Index(index),
        None => InstanceKey::Name(key.to_text()?.into()),
    })
}

/// What all elements of a `for_each` are: one of them.
fn common(elements: &[(Value, Value)]) -> Value {
    let values: Vec<&Value> = elements.iter().map(|(_, v)| v).collect();
    let objects: Option<Vec<_>> = values.iter().map(|v| v.as_object()).collect();
    let Some(objects) = objects else {
        return one_of(values.into_iter().cloned());
    };
    let mut entries = BTreeMap::new();
    for key in objects.iter().flat_map(|o| o.keys()) {
        let of_each = values
            .iter()
            .map(|v| match v.as_object().and_then(|o| o.get(key)) {
                Some(entry) => v.part(entry, Step::Key(key.clone())),
                None => Value::unknown(),
            });
        entries
            .entry(key.clone())
            .or_insert_with(|| one_of(of_each));
    }
    open_object(entries)
}

/// Evaluates the arguments and nested blocks of a body.
pub fn eval_body(body: &Body, schema: Option<schema::Body>, scope: &dyn Scope) -> EvalBody {
    let mut out = EvalBody::default();
    let mut counts: BTreeMap<SmolStr, u32> = BTreeMap::new();
    for item in &body.items {
        match item {
            Item::Attribute(attribute) => eval_attribute(attribute, schema, scope, &mut out),
            Item::Block(block) => {
                let name = SmolStr::new(block.produces());
                let nth = counts.entry(name.clone()).or_default();
                let place = vec![Step::Block(name.clone(), *nth)];
                *nth += 1;
                let inner = schema.and_then(|s| s.repeated(&name));
                if block.is_dynamic() {
                    eval_dynamic(block, name, place, inner, scope, &mut out);
                } else {
                    let labels = block.labels.iter().map(|l| l.name.clone()).collect();
                    let body = eval_body(&block.body, inner, scope);
                    out.blocks.push(EvalBlock {
                        name,
                        labels,
                        presence: Presence::Certain,
                        body,
                        place,
                        instance: None,
                    });
                }
            }
        }
    }
    out.attributes.sort_by(|a, b| a.0.cmp(&b.0));
    out.attributes.dedup_by(|a, b| a.0 == b.0);
    out
}

fn eval_attribute(
    attribute: &Attribute,
    schema: Option<schema::Body>,
    scope: &dyn Scope,
    out: &mut EvalBody,
) {
    let name = attribute.name.name.clone();
    let value = eval(&attribute.value, scope);
    if let Some(inner) = schema.and_then(|s| s.repeated(&name)) {
        return as_blocks(&value, name, inner, out);
    }
    if !value.is_null() {
        out.attributes.push((name, value));
    }
}

/// `ingress = [{ … }]` as `ingress { … }`.
fn as_blocks(value: &Value, name: SmolStr, schema: schema::Body, out: &mut EvalBody) {
    let is_single = matches!(value.kind, Kind::Object(_));
    let (all, is_open): (Vec<Value>, bool) = match &value.kind {
        Kind::Null => return,
        Kind::Object(_) => (vec![value.clone()], false),
        Kind::List(_, elements) => (
            elements
                .iter()
                .enumerate()
                .map(|(i, e)| value.part(e, Step::Index(i as u32)))
                .collect(),
            false,
        ),
        Kind::Unknown(u) => (u.contains.clone(), true),
        _ => (Vec::new(), true),
    };
    let mut is_open = is_open;
    for (i, element) in all.iter().enumerate() {
        let mut place = vec![Step::Attr(name.clone())];
        if !is_single {
            place.push(Step::Index(i as u32));
        }
        match &element.kind {
            Kind::Object(_) => {
                let body = object_body(element, schema);
                out.blocks.push(EvalBlock {
                    name: name.clone(),
                    labels: Vec::new(),
                    presence: Presence::Certain,
                    body,
                    place,
                    instance: None,
                });
            }
            Kind::Null => {}
            _ => is_open = true,
        }
    }
    if is_open {
        out.open.push(name);
    }
}

/// The entries of an object as the arguments of a block.
fn object_body(object: &Value, schema: schema::Body) -> EvalBody {
    let mut out = EvalBody::default();
    for (name, value) in object.as_object().into_iter().flatten() {
        let value = object.part(value, Step::Key(name.clone()));
        match schema.repeated(name) {
            Some(inner) => {
                as_blocks(&value, name.clone(), inner, &mut out);
            }
            None if value.is_null() => {}
            None => out.attributes.push((name.clone(), value)),
        }
    }
    out
}

/// `dynamic "name" { for_each = …; content { } }`
fn eval_dynamic(
    block: &Block,
    name: SmolStr,
    place: Vec<Step>,
    schema: Option<schema::Body>,
    scope: &dyn Scope,
    out: &mut EvalBody,
) {
    let Some(content) = block.body.blocks().find(|b| b.kind.name == "content") else {
        return;
    };
    let iterator = block
        .body
        .attribute("iterator")
        .and_then(|a| iterator_name(&a.value))
        .unwrap_or_else(|| name.clone());
    let collection = block
        .body
        .attribute("for_each")
        .map_or_else(Value::unknown, |a| eval(&a.value, scope));
    let mut push = |key: Value, value: Value, presence: Presence| {
        let instance = instance_key(&key).filter(|_| presence == Presence::Certain);
        let element = Value::object([("key".into(), key), ("value".into(), value)].into());
        let bound = Bound::new(scope, vec![(iterator.clone(), element)]);
        let body = eval_body(&content.body, schema, &bound);
        let place = place.clone();
        out.blocks.push(EvalBlock {
            name: name.clone(),
            labels: Vec::new(),
            presence,
            body,
            place,
            instance: instance.map(|key| key.to_string().into()),
        });
    };
    match elements(&collection) {
        Ok(Some(all)) => {
            for (key, value) in all.into_iter().take(MAX_DYNAMIC) {
                push(key, value, Presence::Certain);
            }
        }
        _ => {
            push(
                Value::unknown_of(Some(Type::String), true),
                Value::unknown(),
                Presence::Maybe,
            );
            out.open.push(name);
        }
    }
}

const MAX_DYNAMIC: usize = 1_000;

fn iterator_name(expr: &Expr) -> Option<SmolStr> {
    match &expr.kind {
        stockade_syntax::ast::ExprKind::Variable(name) => Some(name.clone()),
        _ => expr.literal_string(),
    }
}

impl Subject {
    /// The block as expressions read it: what is configured, and everything else unknown until the
    /// plan, a reference to it. With `count` or `for_each` it is a list or map of such, if the keys are known.
    pub fn as_value(&self) -> Value {
        let whole = || self.reference(None, Vec::new());
        let instances = self
            .instances
            .iter()
            .map(|i| (&i.key, self.read(&i.body, Some(&i.key))));
        let kind = match (self.repeated, self.existence) {
            (Some(Repetition::Count), Existence::Never) => Value::tuple(Vec::new()).kind,
            (Some(Repetition::ForEach), Existence::Never) => Value::object(BTreeMap::new()).kind,
            (Some(Repetition::Count), _) if !self.instances.is_empty() => {
                Value::tuple(instances.map(|(_, value)| value).collect()).kind
            }
            (Some(Repetition::ForEach), _) if !self.instances.is_empty() => {
                let entries = instances.map(|(key, value)| match key {
                    InstanceKey::Name(name) => (name.clone(), value),
                    InstanceKey::Index(index) => (SmolStr::from(index.to_string()), value),
                });
                Value::object(entries.collect()).kind
            }
            _ => self.read(&self.body, None).kind,
        };
        Value {
            refers: Some(whole()),
            ..kind.into()
        }
    }

    fn reference(&self, key: Option<&InstanceKey>, path: Vec<SmolStr>) -> Arc<Reference> {
        Arc::new(Reference {
            address: self.address.clone(),
            index: key.map(InstanceKey::index),
            path,
            module: None,
        })
    }

    /// One instance, or all as one.
    fn read(&self, body: &EvalBody, key: Option<&InstanceKey>) -> Value {
        let refers = |path: Vec<SmolStr>| Some(self.reference(key, path));
        let mut entries = BTreeMap::new();
        if self.existence != Existence::Never {
            for (name, value) in &body.attributes {
                let mut value = value.clone();
                // A literal read through a block still means that block; a reference the one behind.
                value.refers = value.refers.or_else(|| refers(vec![name.clone()]));
                value.origin = None;
                entries.insert(name.clone(), value);
            }
        }
        // Nested blocks are there, in whatever spelling.
        for block in &body.blocks {
            let refers = refers(vec![block.name.clone()]);
            let nested = Value::unknown_of(None, true);
            entries
                .entry(block.name.clone())
                .or_insert(Value { refers, ..nested });
        }
        let mut value = open_object(entries);
        if let Kind::Unknown(unknown) = &mut value.kind {
            let unknown = Arc::make_mut(unknown);
            // Without a key it may be a list or a map of objects.
            unknown.ty = key.map(|_| Type::Object(BTreeMap::new()));
            unknown.body = self.schema();
        }
        Value {
            refers: refers(Vec::new()),
            ..value
        }
    }
}

impl Subject {
    /// What the newest schema of its type says; nothing of a block that does not exist.
    fn schema(&self) -> Option<schema::Body> {
        let kind = match self.address.kind {
            BlockKind::Resource => schema::Kind::Resource,
            BlockKind::Data => schema::Kind::Data,
            BlockKind::Ephemeral => schema::Kind::Ephemeral,
            _ => return None,
        };
        let exists = self.existence != Existence::Never;
        schema::bodies(kind, &self.address.ty)
            .next()
            .filter(|_| exists)
    }
}

impl EvalBody {
    /// Whether values that are equal were also read from the same places.
    pub fn same_origins(&self, other: &EvalBody) -> bool {
        let attributes = self
            .attributes
            .iter()
            .zip(&other.attributes)
            .all(|(a, b)| same_origin(&a.1, &b.1));
        attributes
            && self
                .blocks
                .iter()
                .zip(&other.blocks)
                .all(|(a, b)| a.body.same_origins(&b.body))
    }
}

fn same_origin(a: &Value, b: &Value) -> bool {
    let hop = |v: &Value| {
        v.origin
            .as_ref()
            .map(|o| (o.symbol.clone(), o.path.clone(), o.derived))
    };
    if hop(a) != hop(b) {
        return false;
    }
    match (&a.kind, &b.kind) {
        (Kind::List(_, a), Kind::List(_, b)) => {
            a.iter().zip(b.iter()).all(|(a, b)| same_origin(a, b))
        }
        (Kind::Object(a), Kind::Object(b)) => {
            a.values().zip(b.values()).all(|(a, b)| same_origin(a, b))
        }
        (Kind::Unknown(a), Kind::Unknown(b)) => {
            let parts = |u: &crate::value::Unknown| {
                [
                    u.one_of.clone(),
                    u.contains.clone(),
                    u.entries.values().cloned().collect(),
                ]
                .concat()
            };
            parts(a)
                .iter()
                .zip(&parts(b))
                .all(|(a, b)| same_origin(a, b))
        }
        _ => true,
    }
}

const _: fn(Symbol) = |_| {};
