//! A module of one text, for tests: evaluated anew at every question.

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::{
    EvalBody, Existence, Kind, Scope, SharedSubject, Step, Symbol, Value, eval, eval_block, locate,
};
use stockade_model::git::Beside;
use stockade_model::{Address, BlockId, BlockKind, Declared, FileId, address_of};
use stockade_rules::finding::Place;
use stockade_rules::fix::FixEdit;
use stockade_rules::layout::{BlockSource, Sources};
use stockade_rules::world::{Linked, Target, World, Written};
use stockade_schema::version::Interval;
use stockade_schema::{Kind as SchemaKind, bodies};
use stockade_syntax::Document;
use stockade_syntax::ast::{Block, Item};
use stockade_text::{Rope, TextRange};

/// The module; a block's id is its number among the file's items.
pub(crate) struct Module {
    document: Document,
    items: Vec<(TextRange, Item)>,
    pub(crate) provider_versions: Interval,
}

impl Module {
    pub(crate) fn new(text: &str) -> Module {
        let document = Document::new(text);
        let mut items = Vec::new();
        for (start, segment) in document.segments() {
            let item = segment.lowered.as_ref().and_then(|l| l.item.clone());
            assert!(
                item.is_some() || segment.lowered.is_some(),
                "the example has a syntax error: {text}"
            );
            items.extend(item.map(|item| (TextRange::at(start, segment.len), item)));
        }
        Module {
            document,
            items,
            provider_versions: Interval::any(),
        }
    }

    /// All blocks with an address.
    pub(crate) fn subjects(&self) -> Vec<(BlockId, SharedSubject)> {
        let ids = (0..self.items.len() as u64).map(BlockId);
        ids.filter_map(|id| Some((id, self.subject(id)?))).collect()
    }

    /// The line (from 1) on which a place begins.
    pub(crate) fn line(&self, place: &Place) -> usize {
        let (range, item) = &self.items[place.block.0 as usize];
        let Item::Block(block) = item else {
            panic!("a place in an argument")
        };
        let at = range.start() + locate(block, &place.path).start();
        self.document.rope().byte_to_line(at.into()) + 1
    }

    fn blocks(&self) -> impl Iterator<Item = (BlockId, &Block)> {
        (0u64..)
            .map(BlockId)
            .zip(&self.items)
            .filter_map(|(id, (_, item))| match item {
                Item::Block(block) => Some((id, block)),
                Item::Attribute(_) => None,
            })
    }

    fn evaluated(&self, block: &Block) -> SharedSubject {
        let address = address_of(block);
        let schema = match address.kind {
            BlockKind::Resource => bodies(SchemaKind::Resource, &address.ty).next(),
            BlockKind::Data => bodies(SchemaKind::Data, &address.ty).next(),
            _ => None,
        };
        Arc::new(eval_block(block, address, schema, self))
    }
}

impl Scope for Module {
    fn variable(&self, name: &str) -> Value {
        let declared = self
            .blocks()
            .find(|(_, b)| address_of(b).kind == BlockKind::Variable && address_of(b).name == name);
        let Some((_, block)) = declared else {
            return Value::unknown();
        };
        match block.body.attribute("default") {
            Some(default) => eval(&default.value, self).to_be_read(),
            None => {
                let nullable = block
                    .body
                    .attribute("nullable")
                    .map(|a| eval(&a.value, self));
                Value::unknown_of(None, nullable.is_some_and(|v| v.as_bool() == Some(false)))
            }
        }
    }

    fn local(&self, name: &str) -> Value {
        let all = self.blocks().filter(|(_, b)| b.kind.name == "locals");
        let found = all.filter_map(|(_, b)| b.body.attribute(name)).next();
        found.map_or_else(Value::unknown, |a| eval(&a.value, self).to_be_read())
    }

    fn block(&self, address: &Address) -> Value {
        match self.named(address) {
            Some((_, subject)) => subject.as_value(),
            None => Value::reference(address.clone()),
        }
    }

    fn file(&self, _path: &str) -> Option<Arc<str>> {
        None
    }

    fn root(&self, _name: &str) -> Option<Value> {
        None
    }
}

impl World for Module {
    fn subject(&self, block: BlockId) -> Option<SharedSubject> {
        let Item::Block(block) = &self.items.get(block.0 as usize)?.1 else {
            return None;
        };
        Some(self.evaluated(block)).filter(|s| s.existence != Existence::Never)
    }

    fn all(&self, kind: BlockKind, ty: &str) -> Vec<(BlockId, SharedSubject)> {
        self.subjects()
            .into_iter()
            .filter(|(_, s)| s.address.kind == kind && s.address.ty == ty)
            .collect()
    }

    fn linked(&self, to: BlockId, ty: &str, via: &[SmolStr], names: &[SmolStr]) -> Linked {
        let mut linked = Linked::default();
        let Some(target) = self.subject(to) else {
            return linked;
        };
        for (id, subject) in self.all(BlockKind::Resource, ty) {
            for value in values(&subject.body, via) {
                if let Some(refers) = &value.refers {
                    if refers.address == target.address {
                        linked.blocks.push((id, subject.clone()));
                    }
                } else if value.is_unknown() {
                    linked.unresolved = true;
                } else if names
                    .iter()
                    .any(|n| target.body.get(n).is_some_and(|v| v.kind == value.kind))
                {
                    linked.blocks.push((id, subject.clone()));
                }
            }
        }
        linked
    }

    fn target(&self, value: &Value) -> Target {
        match (&value.refers, &value.kind) {
            (Some(refers), _) => match self.named(&refers.address) {
                Some((id, subject)) if subject.address.kind == BlockKind::Resource => {
                    Target::Block(id, subject)
                }
                _ => Target::Elsewhere,
            },
            (None, Kind::Unknown(_)) => Target::Unknown,
            (None, _) => Target::Elsewhere,
        }
    }

    fn named(&self, address: &Address) -> Option<(BlockId, SharedSubject)> {
        let (id, _) = self.blocks().find(|(_, b)| address_of(b) == *address)?;
        Some((id, self.subject(id)?))
    }

    fn is_declared(&self, address: &Address) -> bool {
        self.blocks().any(|(_, b)| address_of(b) == *address)
    }

    fn absence_known(&self, _kind: BlockKind, _ty: &str) -> bool {
        true
    }

    fn may_be_elsewhere(&self, _ty: &str) -> bool {
        self.blocks().any(|(_, b)| b.kind.name == "module")
    }

    fn provider_versions(&self, _provider: &str) -> Interval {
        self.provider_versions.clone()
    }

    fn terraform_versions(&self) -> Interval {
        Interval::any()
    }

    fn written(&self, _: BlockId) -> Option<Written> {
        None
    }

    fn readers(&self, _: &Symbol) -> Vec<BlockId> {
        Vec::new()
    }

    fn definition(&self, _: &Symbol) -> Option<BlockId> {
        None
    }

    fn assignments(&self, _: &str) -> Vec<BlockId> {
        Vec::new()
    }

    fn allows_source(&self, _: &str) -> bool {
        true
    }

    fn exposed(&self) -> Vec<(Beside, Option<FixEdit>)> {
        Vec::new()
    }

    fn exposure(&self, _: BlockId) -> Option<(Beside, Option<FixEdit>)> {
        None
    }

    fn anchor(&self) -> Option<BlockId> {
        None
    }

    fn is_root(&self) -> bool {
        self.all(BlockKind::Terraform, "")
            .iter()
            .any(|(_, t)| t.body.blocks_of("backend").next().is_some())
    }

    fn keeps_state(&self, name: &str) -> bool {
        name == "example-state"
    }

    fn lock_file(&self) -> Option<Arc<str>> {
        None
    }

    fn local(&self, name: &str) -> Value {
        Scope::local(self, name)
    }
}

fn values(body: &EvalBody, path: &[SmolStr]) -> Vec<Value> {
    let Some((name, rest)) = path.split_first() else {
        return Vec::new();
    };
    let nested = body.blocks_of(name).flat_map(|b| values(&b.body, rest));
    nested.chain(body.get(name).cloned()).collect()
}

impl Sources for Module {
    fn block(&self, block: BlockId) -> Option<BlockSource> {
        let range = self.items.get(block.0 as usize)?.0;
        Some(BlockSource {
            file: FileId(0),
            range,
        })
    }

    fn symbol(&self, symbol: &Symbol) -> Option<Place> {
        let at = |id: BlockId, name: &str| Place {
            block: id,
            path: vec![Step::Attr(name.into())],
        };
        self.blocks().find_map(|(id, block)| match symbol {
            Symbol::Variable(name)
                if address_of(block).kind == BlockKind::Variable
                    && address_of(block).name == *name =>
            {
                Some(at(id, "default"))
            }
            Symbol::Local(name)
                if block.kind.name == "locals" && block.body.attribute(name).is_some() =>
            {
                Some(at(id, name))
            }
            Symbol::Block(address) if address_of(block) == *address => Some(Place {
                block: id,
                path: Vec::new(),
            }),
            _ => None,
        })
    }

    fn text(&self, _file: FileId) -> Option<Rope> {
        Some(self.document.rope().clone())
    }

    fn variables_file(&self) -> Option<FileId> {
        None
    }

    fn is_taken(&self, address: &Address) -> bool {
        self.items
            .iter()
            .any(|(_, item)| Declared::of(Some(item)) == Declared::Block(address.clone()))
    }
}
