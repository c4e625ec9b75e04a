//! What an expression of a module reads: memoised symbols, each read recorded.

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{
    Scope, SharedSubject, Subject, Value, convert, eval, eval_block, type_of_constraint,
};
use stockade_model::{Address, BlockId, BlockKind};
use stockade_syntax::ast::Block;

use crate::index::{Role, local_address};
use crate::instance::{Given, Inputs};
use crate::memo::{Computed, Key};
use crate::module::Sources;

/// Evaluates the nodes of a module.
pub(crate) struct Evaluator<'m> {
    pub(crate) sources: &'m Sources,
    pub(crate) given: &'m Given,
    pub(crate) memo: &'m crate::memo::Memo,
}

impl Evaluator<'_> {
    pub(crate) fn compute(&self, key: &Key) -> Computed {
        match key {
            Key::Variable(name) => Computed::value(self.variable_value(name)),
            Key::Local(name) => Computed::value(self.local_value(name)),
            Key::Block(id) => Computed::Subject(self.subject_of(*id).map(Arc::new)),
            Key::Name(_) | Key::File(_) | Key::Outputs(_) | Key::Versions(_) => {
                Computed::Subject(None)
            }
        }
    }

    /// The value of a variable or local, with where its parts were read from.
    pub(crate) fn value(&self, key: &Key) -> Value {
        match self.memo.read(key, &|k| self.compute(k)) {
            Computed::Value { value, .. } => value,
            Computed::Subject(_) => Value::unknown(),
        }
    }

    fn value_to_read(&self, key: &Key) -> Value {
        match self.memo.read(key, &|k| self.compute(k)) {
            Computed::Value { read, .. } => read,
            Computed::Subject(_) => Value::unknown(),
        }
    }

    /// An evaluated block, if it has been evaluated and is there.
    pub(crate) fn peek_subject(&self, id: BlockId) -> Option<SharedSubject> {
        self.sources.index.get(id)?;
        self.subject(id)
    }

    /// An evaluated block.
    pub(crate) fn subject(&self, id: BlockId) -> Option<SharedSubject> {
        match self.memo.read(&Key::Block(id), &|k| self.compute(k)) {
            Computed::Subject(subject) => subject,
            Computed::Value { .. } => None,
        }
    }

    fn variable_value(&self, name: &SmolStr) -> Value {
        let Some(declaration) = self.sources.variable(name) else {
            return Value::unknown();
        };
        let address = stockade_model::address_of(declaration);
        self.memo.record(&Key::Name(address.clone()));
        let declaration = self.sources.merged(declaration, &address);
        let constraint = declaration
            .body
            .attribute("type")
            .map(|a| type_of_constraint(&a.value));
        let nullable = declaration
            .body
            .attribute("nullable")
            .is_none_or(|a| eval(&a.value, self).as_bool() != Some(false));
        let is_set = |word: &str| {
            declaration
                .body
                .attribute(word)
                .is_some_and(|a| eval(&a.value, self).as_bool() == Some(true))
        };
        let default = declaration.body.attribute("default");
        let default = || default.map(|a| eval(&a.value, self));
        let given = match &self.given.inputs {
            Inputs::Own if self.sources.may_be_set(name) => None,
            Inputs::Own => self.assigned(name).or_else(default),
            Inputs::Unknown => None,
            Inputs::Call(arguments) => match arguments.get(name) {
                Some(value) if value.is_null() && !nullable => default(),
                Some(value) => Some(value.clone()),
                None => default(),
            },
        };
        let mut value = match (given, &constraint) {
            (Some(value), Some(ty)) => convert(&value, ty),
            (Some(value), None) => value,
            (None, ty) => Value::unknown_of(ty.clone(), !nullable),
        };
        value.sensitive |= is_set("sensitive");
        value.ephemeral |= is_set("ephemeral");
        value
    }

    /// What tfvars files say.
    fn assigned(&self, name: &str) -> Option<Value> {
        Some(eval(&self.sources.assignment(name)?.1.value, self))
    }

    fn local_value(&self, name: &SmolStr) -> Value {
        self.memo.record(&Key::Name(local_address(name)));
        let attribute = self.sources.local_in_force(name);
        attribute.map_or_else(Value::unknown, |(_, attribute)| {
            eval(&attribute.value, self)
        })
    }

    fn subject_of(&self, id: BlockId) -> Option<Subject> {
        let entry = self.sources.index.get(id)?;
        let block = entry.block()?;
        let address = stockade_model::address_of(block);
        if entry.role != Role::Base {
            return None;
        }
        self.memo.record(&Key::Name(address.clone()));
        let schema = self.schema(block, &address);
        let block = self.sources.merged(block, &address);
        Some(eval_block(&block, address, schema, self))
    }

    fn schema(&self, block: &Block, address: &Address) -> Option<stockade_schema::Body> {
        let provider = match address.kind {
            BlockKind::Resource | BlockKind::Data | BlockKind::Ephemeral => {
                stockade_schema::provider_of(&address.ty)
            }
            BlockKind::Provider => address.ty.as_str(),
            _ => return stockade_schema::terraform::block(&block.kind.name),
        };
        self.memo.record(&Key::Versions(SmolStr::new(provider)));
        let schema = stockade_schema::schema(provider, &self.sources.provider_versions(provider))?;
        match address.kind {
            BlockKind::Resource => schema.body(stockade_schema::Kind::Resource, &address.ty),
            BlockKind::Data => schema.body(stockade_schema::Kind::Data, &address.ty),
            BlockKind::Ephemeral => schema.body(stockade_schema::Kind::Ephemeral, &address.ty),
            _ => schema.provider_body(),
        }
    }
}

impl Scope for Evaluator<'_> {
    fn variable(&self, name: &str) -> Value {
        self.value_to_read(&Key::Variable(SmolStr::new(name)))
    }

    fn local(&self, name: &str) -> Value {
        self.value_to_read(&Key::Local(SmolStr::new(name)))
    }

    fn block(&self, address: &Address) -> Value {
        self.memo.record(&Key::Name(address.clone()));
        if address.kind == BlockKind::Module {
            self.memo.record(&Key::Outputs(address.clone()));
            let outputs = self.given.outputs.get(address).cloned();
            return outputs.unwrap_or_else(|| Value::reference(address.clone()));
        }
        let id = self.sources.first_named(address);
        match id.and_then(|id| self.subject(id)) {
            Some(subject) => subject.as_value(),
            None => Value::reference(address.clone()),
        }
    }

    fn file(&self, path: &str) -> Option<Arc<str>> {
        self.memo.record(&Key::File(SmolStr::new(path)));
        self.sources.read_file(path)
    }

    fn root(&self, name: &str) -> Option<Value> {
        match name {
            "terraform" => self.sources.terraform_object(),
            _ => None,
        }
    }
}
