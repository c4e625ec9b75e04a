//! What a run could not see, so that "no findings" is never said of what was not looked at.

use std::path::Path;
use std::sync::Arc;

use stockade_eval::{EvalBody, Value};
use stockade_model::BlockKind;
use stockade_model::git::Git;

use crate::instance::View;
use crate::module::Module;

/// What could not be seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unseen {
    /// Module calls whose source is not a folder on this disk: address, source, file.
    pub modules: Vec<(String, String, Arc<Path>)>,
    /// Files of which nothing can be read, and why.
    pub files: Vec<(Arc<Path>, String)>,
    /// Arguments whose value can't be known.
    pub unknown_arguments: usize,
    /// All arguments.
    pub arguments: usize,
    /// Resources and data sources that were evaluated.
    pub resources: usize,
}

impl Unseen {
    pub(crate) fn add(&mut self, other: Unseen) {
        self.modules.extend(other.modules);
        self.files.extend(other.files);
        self.unknown_arguments += other.unknown_arguments;
        self.arguments += other.arguments;
        self.resources += other.resources;
    }
}

impl Module {
    /// Counts what of this module's files can't be known.
    pub(crate) fn unseen(&self, is_shown: &dyn Fn(&Path) -> bool) -> Unseen {
        let Some(evaluator) = self.views().next().map(View::evaluator) else {
            return Unseen::default();
        };
        let mut unseen = Unseen::default();
        let is_left_out = |path: &Path| self.sources.config.excludes(path);
        let files = self.sources.files.values();
        for file in files.filter(|f| is_shown(&f.path) && !is_left_out(&f.path)) {
            let why = file
                .hidden()
                .map(|why| (file.path.clone(), why.to_string()));
            unseen.files.extend(why);
        }
        for (id, entry) in self.sources.index.entries() {
            let file = self.sources.files.get(&entry.file);
            if file.is_none_or(|f| !is_shown(&f.path)) {
                continue;
            }
            let Some(address) = entry.address() else {
                continue;
            };
            match address.kind {
                BlockKind::Resource | BlockKind::Data | BlockKind::Ephemeral => {
                    unseen.resources += 1;
                    if let Some(subject) = evaluator.subject(id) {
                        count(&subject.body, &mut unseen);
                    }
                }
                BlockKind::Module => {
                    let source = entry
                        .block()
                        .and_then(|b| b.body.attribute("source"))
                        .and_then(|a| a.value.literal_string());
                    // A local folder that should be there is an error, told as one.
                    let folder = self.sources.callee(id);
                    if folder.is_none_or(|folder| !folder.exists() && Git::expects(&folder))
                        && let Some(file) = self.sources.files.get(&entry.file)
                    {
                        unseen.modules.push((
                            address.to_string(),
                            source.unwrap_or_default().to_string(),
                            file.path.clone(),
                        ));
                    }
                }
                _ => {}
            }
        }
        unseen.modules.sort();
        unseen
    }
}

fn count(body: &EvalBody, unseen: &mut Unseen) {
    for (_, value) in &body.attributes {
        unseen.arguments += 1;
        unseen.unknown_arguments += usize::from(is_unseen(value));
    }
    for block in &body.blocks {
        count(&block.body, unseen);
    }
}

/// A reference to something is knowledge.
fn is_unseen(value: &Value) -> bool {
    value.is_unknown() && value.refers.is_none()
}
