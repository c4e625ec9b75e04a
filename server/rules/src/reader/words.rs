//! The words of the rule language, and those of the Terraform policy language with ours for them.

use super::source::suggestion;

/// Blocks at the top of a rule.
pub(super) const SUBJECTS: [&str; 14] = [
    "resource",
    "subject",
    "data",
    "ephemeral",
    "provider",
    "terraform",
    "backend",
    "call",
    "variable",
    "output",
    "file",
    "configuration",
    "row",
    "locals",
];

/// Arguments of every check block.
pub(super) const ARGUMENTS: [&str; 8] = [
    "when", "severity", "message", "review", "forbid", "require", "at", "fix",
];

/// Blocks in every check block.
pub(super) const BLOCKS: [&str; 13] = [
    "unless",
    "locals",
    "defaults",
    "secure",
    "insecure",
    "each",
    "companion",
    "refers",
    "any_of",
    "entry",
    "forbid",
    "require",
    "fix",
];

/// Arguments that `companion` has beside.
pub(super) const COMPANION: [&str; 7] = [
    "link",
    "direction",
    "to",
    "names",
    "absent",
    "absent_severity",
    "absent_message",
];

/// Arguments that `configuration` has beside.
pub(super) const CONFIGURATION: [&str; 3] = ["missing", "at", "when"];

/// Arguments that `refers` has beside.
pub(super) const REFERS: [&str; 2] = ["via", "unset"];

/// Matchers, which look like functions.
pub(super) const MATCHERS: [&str; 12] = [
    "one_of",
    "at_least",
    "at_most",
    "set",
    "literal",
    "none_of",
    "matches",
    "not_matches",
    "elements",
    "including",
    "excluding",
    "any",
];

/// Words of the Terraform policy language, and what is written here.
const FOREIGN: [(&str, &str); 13] = [
    ("resource_policy", "`resource \"type\" { … }`"),
    ("provider_policy", "`provider \"name\" { … }`"),
    ("module_policy", "`call \"source\" { … }`"),
    ("filter", "`when = …`"),
    ("enforce", "`require = …` with `message = …`"),
    (
        "condition",
        "`require = …`, or `condition` in a block `require { … }`",
    ),
    ("error_message", "`message = \"…\"`"),
    ("info_message", "`message = \"…\"`"),
    ("enforcement_level", "`severity = …`"),
    (
        "operations",
        "nothing: every block is looked at as it is written",
    ),
    ("policy", "front matter"),
    ("input", "`locals { … }`"),
    ("plugins", "nothing: functions are built in"),
];

/// What is wrong with a word, and what to write instead.
pub(super) fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    if let Some((_, ours)) = FOREIGN.iter().find(|(foreign, _)| *foreign == word) {
        return format!("`{word}` is a word of the Terraform policy language; write {ours} here");
    }
    let hint = suggestion(word, known.iter().copied());
    format!(
        "unknown {what} `{word}`{hint} Expected one of `{}`.",
        known.join("`, `")
    )
}
