//! The rule page: its format, its reader, what its words do; checks and fixes.
#[allow(missing_docs, reason = "documented on the types")]
pub mod finding;
#[allow(missing_docs, reason = "documented on the types")]
pub mod fix;
/// A rule page as read.
pub mod page {
    /// A rule page as read.
    #[derive(Debug, PartialEq)]
    pub struct Page {}
}
// pub mod world;   // needs stockade_schema::version
