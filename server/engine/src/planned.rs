//! What a plan of a root module would list, as far as it can be known.

use std::path::Path;

use stockade_eval::{EvalBody, Existence};
use stockade_model::{Address, BlockKind};

use crate::calls::{CallKey, calls_of_block};
use crate::instance::View;
use crate::module::Modules;

/// An instance of a resource or data source.
#[derive(Clone, Debug)]
pub struct Planned {
    /// From the root module: `module.db["a"].aws_db_instance.this[0]`. The key of an instance that can't be known is `?`.
    pub address: String,
    /// The block.
    pub of: Address,
    /// Its arguments and nested blocks.
    pub body: EvalBody,
}

/// Deeper calls are not followed.
const DEEPEST: usize = 64;

/// The instances in a root module and in all that it calls.
pub(crate) fn planned(modules: &Modules, root: &Path) -> Vec<Planned> {
    let mut all = Vec::new();
    let view = modules.get(root).and_then(|module| module.views().next());
    if let Some(view) = view {
        list(modules, view, 0, "", 0, &mut all);
    }
    all.sort_by(|a, b| a.address.cmp(&b.address));
    all
}

fn list(
    modules: &Modules,
    view: View<'_>,
    instance: usize,
    prefix: &str,
    depth: usize,
    all: &mut Vec<Planned>,
) {
    for (id, entry) in view.sources.index.entries() {
        let Some(address) = entry.address() else {
            continue;
        };
        match address.kind {
            BlockKind::Resource | BlockKind::Data => all.extend(instances(view, id, prefix)),
            BlockKind::Module if depth < DEEPEST => {
                for call in calls_of_block(view, instance, id) {
                    let key = match &call.key {
                        CallKey::Only => String::new(),
                        CallKey::Of(key) => key.to_string(),
                        CallKey::Any => "[?]".to_owned(),
                    };
                    let callee = modules.get(&call.callee);
                    let mut views = callee.into_iter().flat_map(|m| m.views().enumerate());
                    let answers = |v: &View<'_>| v.instance.given.inputs == call.inputs;
                    if let Some((at, callee)) = views.find(|(_, v)| answers(v)) {
                        let prefix = format!("{prefix}{address}{key}.");
                        list(modules, callee, at, &prefix, depth + 1, all);
                    }
                }
            }
            _ => {}
        }
    }
}

fn instances(view: View<'_>, id: stockade_model::BlockId, prefix: &str) -> Vec<Planned> {
    let Some(subject) = view.evaluator().subject(id) else {
        return Vec::new();
    };
    if subject.existence == Existence::Never {
        return Vec::new();
    }
    let planned = |key: &str, body: &EvalBody| Planned {
        address: format!("{prefix}{}{key}", subject.address),
        of: subject.address.clone(),
        body: body.clone(),
    };
    if subject.instances.is_empty() {
        let key = subject.repeated.map_or("", |_| "[?]");
        return vec![planned(key, &subject.body)];
    }
    let instances = subject.instances.iter();
    instances
        .map(|i| planned(&i.key.to_string(), &i.body))
        .collect()
}
