//! The engine: the workspace (one writer), snapshots, what must run again, suppressions and
//! settings. Knows nothing of the Language Server Protocol and prints nothing.
//!
//! Text comes in as events ([`Event`]); [`Workspace`] keeps the modules; each settles by running
//! exactly the rules that read something that changed; a [`Snapshot`] is what was found at one moment.

mod around;
mod calls;
pub mod catalog;
mod complete;
pub mod config;
pub mod examples;
mod fixes;
mod foreign;
mod index;
mod instance;
mod known;
mod links;
mod memo;
mod module;
mod of_files;
mod origins;
pub mod own_rules;
mod planned;
mod progress;
mod report;
mod rotate;
mod runs;
mod scan;
mod scope;
mod shards;
mod show;
mod snapshot;
mod snyk;
mod source;
mod suppress;
mod suppressions;
mod told;
pub mod trial;
mod unseen;
mod values;
mod versions;
mod workspace;
mod writer;
mod written;

pub use complete::{Completion, CompletionKind, Completions, Insert};
pub use config::Config;
pub use known::Known;
pub use module::{Work, block_id};
pub use planned::Planned;
pub use progress::Progress;
pub use report::{FixSummary, RelatedReport, Report, ReportKind};
pub use scan::ScanState;
pub use snapshot::{FileEdits, FileSnapshot, FixEdits, NotProved, Snapshot};
pub use source::MAX_FILE_BYTES;
pub use stockade_model::workspace::Skipped;
pub use stockade_rules::finding::Severity;
pub use stockade_rules::fix::Safety;
pub use suppressions::CommentAction;
pub use unseen::Unseen;
pub use values::{Definition, Seen};
pub use workspace::{Change, Options, Publish, Workspace};
pub use writer::{Event, Handle, News, Publication, Ticket, spawn};
