//! The rules that are written in Rust: pages whose check no words can say.

use std::sync::Arc;

use smol_str::SmolStr;
use stockade_eval::SharedSubject;
use stockade_model::{BlockId, BlockKind};

use crate::fix::Safety;
use crate::page::{Outcome, Page};
use crate::world::World;
use crate::{committed, secrets, supply, write_only};

/// A rule that is written in Rust; a page names it with `code`.
pub(crate) struct Code {
    pub(crate) name: &'static str,
    /// The kinds and types of blocks that it looks at; none where the engine runs it on texts.
    pub(crate) subjects: fn(&Page) -> Vec<(BlockKind, SmolStr)>,
    pub(crate) run: fn(&Arc<Page>, BlockId, &SharedSubject, &dyn World) -> Outcome,
    /// What its best fix is: `None` for no fix.
    pub(crate) fix: Option<Safety>,
}

const fn on_text(name: &'static str, fix: Option<Safety>) -> Code {
    Code {
        name,
        subjects: |_| Vec::new(),
        run: |_, _, _, _| Outcome::default(),
        fix,
    }
}

const fn write_only(name: &'static str, fix: Option<Safety>) -> Code {
    Code {
        name,
        subjects: write_only::subjects,
        run: write_only::run,
        fix,
    }
}

const fn supply(name: &'static str) -> Code {
    Code {
        name,
        subjects: supply::subjects,
        run: supply::run,
        fix: None,
    }
}

const fn committed(name: &'static str) -> Code {
    Code {
        name,
        subjects: committed::subjects,
        run: committed::run,
        fix: Some(Safety::Review),
    }
}

static ALL: &[Code] = &[
    on_text("suppression", None),
    on_text(secrets::TOKEN, Some(Safety::Review)),
    on_text(secrets::VALUE, Some(Safety::Review)),
    on_text(secrets::UNMASKED, None),
    on_text(secrets::COMMAND, None),
    write_only(write_only::STORED, Some(Safety::Review)),
    write_only(write_only::VERSION, Some(Safety::Review)),
    write_only(write_only::EPHEMERAL, None),
    supply(supply::SOURCE),
    supply(supply::LOCK),
    committed(committed::STATE),
    committed(committed::VARIABLES),
];

/// The rule of that name.
pub(crate) fn named(name: &str) -> Option<&'static Code> {
    ALL.iter().find(|code| code.name == name)
}

impl Page {
    /// The rule in Rust that is behind the page.
    pub(crate) fn coded(&self) -> Option<&'static Code> {
        named(self.code.as_deref()?)
    }
}
