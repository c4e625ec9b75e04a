//! Front matter: YAML, its values read as text with their places.

use smol_str::SmolStr;
use stockade_schema::version::Interval;

use super::source::{Source, suggestion};
use crate::finding::Severity;
use crate::page::Category;
use crate::yaml::{self, At, Node, Yaml};

/// What stands between the `---` lines.
pub(super) struct Front {
    pub(super) id: SmolStr,
    pub(super) severity: Severity,
    pub(super) category: Category,
    pub(super) same_as: Vec<SmolStr>,
    pub(super) compliance: Vec<(SmolStr, Vec<SmolStr>)>,
    pub(super) since: SmolStr,
    pub(super) default_off: bool,
    pub(super) deprecated: Option<String>,
    pub(super) is_about_deprecated: bool,
    pub(super) requires: Vec<(SmolStr, Interval)>,
    pub(super) supersedes: Vec<SmolStr>,
}

const KEYS: [&str; 11] = [
    "id",
    "severity",
    "category",
    "same-as",
    "compliance",
    "since",
    "default",
    "deprecated",
    "requires",
    "supersedes",
    "tag",
];

/// The front matter, and where the Markdown begins.
pub(super) fn read(source: &Source<'_>) -> (Front, usize) {
    let mut front = Front {
        id: SmolStr::default(),
        severity: Severity::Medium,
        category: Category::Hardening,
        same_as: Vec::new(),
        compliance: Vec::new(),
        since: SmolStr::default(),
        default_off: false,
        deprecated: None,
        is_about_deprecated: false,
        requires: Vec::new(),
        supersedes: Vec::new(),
    };
    let Some((yaml, start)) = split(source.text) else {
        source.error(
            0,
            "expected front matter: YAML between two lines `---` at the top of the page",
        );
        return (front, 0);
    };
    // The line `---` is above.
    let root = match yaml::read(yaml, 1) {
        Ok(root) => root,
        Err((at, message)) => {
            source.error_at(
                at.0,
                at.1,
                format!("the front matter is not valid YAML: {message}"),
            );
            return (front, start);
        }
    };
    let Yaml::Map(entries) = root.value else {
        source.error_at(2, 1, "expected `key: value` lines in the front matter");
        return (front, start);
    };
    let mut seen: Vec<&str> = Vec::new();
    for (key, at, node) in &entries {
        if seen.contains(&key.as_str()) {
            source.error_at(at.0, at.1, format!("`{key}` is there twice"));
        }
        seen.push(key);
        front.set(source, key, *at, node);
    }
    for required in ["id", "severity", "category", "since"] {
        if !seen.contains(&required) {
            source.error_at(1, 1, format!("the front matter lacks `{required}`"));
        }
    }
    (front, start)
}

/// The YAML and where the text after it begins.
fn split(text: &str) -> Option<(&str, usize)> {
    let after = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"))?;
    let start = text.len() - after.len();
    let mut offset = start;
    for line in after.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&text[start..offset], offset + line.len()));
        }
        offset += line.len();
    }
    None
}

impl Front {
    fn set(&mut self, source: &Source<'_>, key: &str, at: At, node: &Node) {
        match key {
            "id" => self.id = id(source, node),
            "severity" => {
                self.severity = one_of(source, node, &Severity::ALL.map(|s| (s.name(), s)))
                    .unwrap_or(self.severity)
            }
            "category" => {
                self.category = one_of(source, node, &Category::NAMES).unwrap_or(self.category)
            }
            "same-as" => self.same_as = texts(source, node),
            "compliance" => {
                self.compliance = map(source, node)
                    .iter()
                    .map(|(k, n)| (SmolStr::new(k), texts(source, n)))
                    .collect()
            }
            "since" => self.since = text(source, node).into(),
            "default" => {
                self.default_off =
                    one_of(source, node, &[("off", true), ("on", false)]).unwrap_or_default()
            }
            "deprecated" => self.deprecated = Some(text(source, node)),
            "requires" => {
                let constraints = map(source, node);
                self.requires = constraints
                    .iter()
                    .filter_map(|(k, n)| Some((SmolStr::new(k), interval(source, n)?)))
                    .collect();
            }
            "supersedes" => self.supersedes = texts(source, node),
            "tag" => {
                self.is_about_deprecated =
                    one_of(source, node, &[("deprecated", true)]).unwrap_or_default()
            }
            _ => {
                let known = KEYS.join("`, `");
                let hint = suggestion(key, KEYS);
                source.error_at(
                    at.0,
                    at.1,
                    format!("unknown key `{key}`{hint} The keys are `{known}`."),
                );
            }
        }
    }
}

fn id(source: &Source<'_>, node: &Node) -> SmolStr {
    let id = text(source, node);
    let is_kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_well_formed = id.chars().all(is_kebab)
        && id.contains('-')
        && !id.starts_with('-')
        && !id.ends_with('-')
        && !id.contains("--");
    if !is_well_formed && !id.is_empty() {
        source.error_at(node.at.0, node.at.1, format!("expected a kebab-case id with the provider first, such as `aws-s3-bucket-without-versioning`, found `{id}`"));
    }
    id.into()
}

fn one_of<T: Copy>(source: &Source<'_>, node: &Node, known: &[(&str, T)]) -> Option<T> {
    let word = text(source, node);
    let found = known.iter().find(|(name, _)| *name == word);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let hint = suggestion(&word, names.iter().copied());
        source.error_at(
            node.at.0,
            node.at.1,
            format!(
                "expected one of `{}`, found `{word}`{hint}",
                names.join("`, `")
            ),
        );
    }
    found.map(|(_, value)| *value)
}

fn interval(source: &Source<'_>, node: &Node) -> Option<Interval> {
    let constraint = text(source, node);
    match constraint.parse() {
        Ok(interval) => Some(interval),
        Err(_) => {
            source.error_at(
                node.at.0,
                node.at.1,
                format!("expected a version constraint such as `>= 5.0`, found `{constraint}`"),
            );
            None
        }
    }
}

fn text(source: &Source<'_>, node: &Node) -> String {
    match &node.value {
        Yaml::Text(text) => text.clone(),
        _ => {
            source.error_at(node.at.0, node.at.1, "expected a single value");
            String::new()
        }
    }
}

fn texts(source: &Source<'_>, node: &Node) -> Vec<SmolStr> {
    match &node.value {
        Yaml::List(nodes) => nodes.iter().map(|n| text(source, n).into()).collect(),
        Yaml::Text(_) => {
            source.error_at(node.at.0, node.at.1, "expected a list: `[a, b]`");
            Vec::new()
        }
        Yaml::Map(_) => {
            source.error_at(
                node.at.0,
                node.at.1,
                "expected a list: `[a, b]`, found a map",
            );
            Vec::new()
        }
    }
}

fn map<'a>(source: &Source<'_>, node: &'a Node) -> Vec<(&'a str, &'a Node)> {
    match &node.value {
        Yaml::Map(entries) => entries.iter().map(|(k, _, n)| (k.as_str(), n)).collect(),
        _ => {
            source.error_at(node.at.0, node.at.1, "expected a map: `{ name: … }`");
            Vec::new()
        }
    }
}
