//! `stockade.toml`: the only thing that changes what is found.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use globset::{Glob, GlobMatcher, GlobSet, GlobSetBuilder};
use smol_str::SmolStr;
use stockade_rules::check::Row;
use stockade_rules::finding::Severity;
use stockade_rules::page::is_called;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::catalog::Catalog;
use crate::runs::RuleIndex;
use crate::snyk::Policy;

/// The settings of one workspace.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of `stockade.toml`, or the workspace's root where there is none.
    pub root: PathBuf,
    /// The rules that there are: the built-in ones and the workspace's own.
    pub catalog: Arc<Catalog>,
    select: Option<Vec<Pattern>>,
    ignore: Vec<Pattern>,
    severities: BTreeMap<SmolStr, Severity>,
    exclude: GlobSet,
    /// `.tfvars` files to load beside the automatic ones, weakest first, absolute.
    pub variable_files: Vec<PathBuf>,
    /// Where modules may come from, beside folders of the workspace; `None`: from anywhere.
    module_sources: Option<GlobSet>,
    /// What is accepted in a policy file of Snyk's.
    pub(crate) policy: Arc<Policy>,
    /// The value of `terraform.workspace`, when it is stated.
    pub terraform_workspace: Option<SmolStr>,
    /// `check` fails when a finding of this severity or above remains.
    pub fail_on: Severity,
    /// Which rules of the catalog run, by their numbers: asked for every block.
    running: OnceLock<Vec<bool>>,
}

/// A table of `stockade.toml`.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) says: &'static str,
    /// Its keys, and what each says.
    pub(crate) keys: &'static [(&'static str, &'static str)],
}

/// All that `stockade.toml` may say.
pub(crate) const SECTIONS: [Section; 6] = [
    Section {
        name: "rules",
        says: "which rules run; [rules.ID] changes one",
        keys: &[
            ("select", "only these rules: ids, globs of them, categories"),
            ("ignore", "not these rules"),
        ],
    },
    Section {
        name: "files",
        says: "which files are looked at",
        keys: &[("exclude", "globs of files and folders that are left out")],
    },
    Section {
        name: "variables",
        says: "what variables are",
        keys: &[("files", ".tfvars files to load beside the automatic ones")],
    },
    Section {
        name: "modules",
        says: "where modules may come from",
        keys: &[("sources", "globs of the sources that are allowed")],
    },
    Section {
        name: "report",
        says: "when `stockade check` fails",
        keys: &[("fail-on", "the least severity that makes it fail")],
    },
    Section {
        name: "terraform",
        says: "what Terraform itself knows",
        keys: &[("workspace", "the value of terraform.workspace")],
    },
];

/// The names of the keys of a section.
fn keys_of(section: &str) -> Vec<&'static str> {
    let section = SECTIONS.iter().filter(|s| s.name == section);
    section.flat_map(|s| s.keys).map(|(key, _)| *key).collect()
}

/// A mistake in `stockade.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Bytes of the file.
    pub range: Range<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

/// What settings may name, and what a rule is selected by.
#[derive(Clone, Copy, Debug)]
pub struct Selectable<'a> {
    /// The rule's id.
    pub id: &'a str,
    /// Its category.
    pub category: &'a str,
    /// `default: off` on its page.
    pub default_off: bool,
    /// What other scanners call it.
    pub same_as: &'a [SmolStr],
    /// Its rows, which other scanners may have rules for.
    pub rows: &'a [Row],
}

/// A rule id, a glob of them, or a category.
#[derive(Clone, Debug)]
struct Pattern {
    text: SmolStr,
    ids: GlobMatcher,
}

impl Pattern {
    fn matches(&self, rule: Selectable<'_>) -> bool {
        self.text == rule.category || self.ids.is_match(rule.id)
    }
}

impl Config {
    /// The settings of a workspace without `stockade.toml`.
    pub fn default_for(root: &Path) -> Config {
        Config {
            root: root.to_path_buf(),
            catalog: Catalog::built_in().clone(),
            select: None,
            ignore: Vec::new(),
            severities: BTreeMap::new(),
            exclude: GlobSet::empty(),
            variable_files: Vec::new(),
            module_sources: None,
            policy: Arc::default(),
            terraform_workspace: None,
            fail_on: Severity::Medium,
            running: OnceLock::new(),
        }
    }

    /// Reads `stockade.toml`. What is right in it holds even where something else is wrong.
    pub fn parse(root: &Path, text: &str, rules: &[Selectable<'_>]) -> (Config, Vec<ConfigError>) {
        let mut reader = Reader {
            config: Config::default_for(root),
            errors: Vec::new(),
            rules,
        };
        let (table, syntax_errors) = DeTable::parse_recoverable(text);
        for error in syntax_errors {
            let range = error.span().unwrap_or(0..text.len().min(1));
            reader.errors.push(ConfigError {
                range,
                message: format!("not valid TOML: {}", error.message()),
            });
        }
        reader.top(table.get_ref());
        (reader.config, reader.errors)
    }

    /// Whether a rule of the catalog runs.
    pub(crate) fn runs(&self, rule: RuleIndex) -> bool {
        let running = self.running.get_or_init(|| {
            let rules = self.catalog.selectable();
            rules.into_iter().map(|rule| self.selects(rule)).collect()
        });
        running.get(rule) == Some(&true)
    }

    /// The same by its id.
    pub(crate) fn runs_id(&self, id: &str) -> bool {
        self.catalog.number(id).is_some_and(|rule| self.runs(rule))
    }

    /// Whether a rule is selected.
    pub fn selects(&self, rule: Selectable<'_>) -> bool {
        let any = |patterns: &[Pattern]| patterns.iter().any(|p| p.matches(rule));
        let selected = match &self.select {
            Some(patterns) => any(patterns),
            None => !rule.default_off,
        };
        selected && !any(&self.ignore)
    }

    /// The severity that a rule has here, where it is not its own.
    pub fn severity(&self, rule: &str) -> Option<Severity> {
        self.severities.get(rule).copied()
    }

    /// Whether modules may be taken from a source: from any, if none is named.
    pub(crate) fn allows_source(&self, source: &str) -> bool {
        let globs = self.module_sources.as_ref();
        globs.is_none_or(|globs| globs.is_match(source))
    }

    /// A path as it is told: from the root of the workspace, with `/`.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        below.to_string_lossy().replace('\\', "/")
    }

    /// Whether findings of a file are left out.
    pub fn excludes(&self, path: &Path) -> bool {
        path.strip_prefix(&self.root)
            .is_ok_and(|relative| self.exclude.is_match(relative))
    }
}

/// Walks the table, collecting settings and mistakes.
struct Reader<'a> {
    config: Config,
    errors: Vec<ConfigError>,
    rules: &'a [Selectable<'a>],
}

impl Reader<'_> {
    fn top(&mut self, table: &DeTable<'_>) {
        for (key, value) in table.iter() {
            let Some(section) = self.table(value) else {
                continue;
            };
            match key.get_ref().as_ref() {
                "rules" => self.rules(section),
                "files" => self.files(section),
                "variables" => self.variables(section),
                "report" => self.report(section),
                "modules" => self.modules(section),
                "terraform" => self.terraform(section),
                _ => self.unknown_key(key, &SECTIONS.map(|section| section.name)),
            }
        }
    }

    fn rules(&mut self, table: &DeTable<'_>) {
        for entry in table.iter() {
            match entry.0.get_ref().as_ref() {
                "select" => self.config.select = Some(self.patterns(entry.1)),
                "ignore" => self.config.ignore = self.patterns(entry.1),
                id if self.rules.iter().any(|r| r.id == id) => self.rule(SmolStr::new(id), entry.1),
                id => {
                    let known = self.rules.iter().map(|r| r.id).chain(keys_of("rules"));
                    let hint = suggestion(id, known);
                    self.error(entry.0.span(), format!("there is no rule \"{id}\"{hint}"));
                }
            }
        }
    }

    fn rule(&mut self, id: SmolStr, value: &Spanned<DeValue<'_>>) {
        let Some(table) = self.table(value) else {
            return;
        };
        for entry in table.iter() {
            match entry.0.get_ref().as_ref() {
                "severity" => {
                    if let Some(severity) = self.severity(entry.1) {
                        self.config.severities.insert(id.clone(), severity);
                    }
                }
                _ => self.unknown_key(entry.0, &["severity"]),
            }
        }
    }

    fn files(&mut self, table: &DeTable<'_>) {
        for entry in table.iter() {
            match entry.0.get_ref().as_ref() {
                "exclude" => {
                    let mut globs = GlobSetBuilder::new();
                    for (text, span) in self.strings(entry.1) {
                        match Glob::new(&text) {
                            // A folder's name means what is in it.
                            Ok(glob) => {
                                globs.add(glob);
                                globs.add_inside(&text);
                            }
                            Err(error) => self.error(span, format!("not a glob: {}", error.kind())),
                        }
                    }
                    self.config.exclude = globs.build().unwrap_or_default();
                }
                _ => self.unknown_key(entry.0, &keys_of("files")),
            }
        }
    }

    fn variables(&mut self, table: &DeTable<'_>) {
        for entry in table.iter() {
            match entry.0.get_ref().as_ref() {
                "files" => {
                    let files = self.strings(entry.1);
                    for (file, span) in files {
                        let path = self.config.root.join(&file);
                        if !path.is_file() {
                            self.error(
                                span,
                                format!(
                                    "{file} is not a file below {}",
                                    self.config.root.display()
                                ),
                            );
                        }
                        self.config.variable_files.push(path);
                    }
                }
                _ => self.unknown_key(entry.0, &keys_of("variables")),
            }
        }
    }

    fn modules(&mut self, table: &DeTable<'_>) {
        for entry in table.iter() {
            match entry.0.get_ref().as_ref() {
                "sources" => {
                    let mut globs = GlobSetBuilder::new();
                    for (text, span) in self.strings(entry.1) {
                        match Glob::new(&text) {
                            Ok(glob) => drop(globs.add(glob)),
                            Err(error) => self.error(span, format!("not a glob: {}", error.kind())),
                        }
                    }
                    self.config.module_sources = globs.build().ok();
                }
                _ => self.unknown_key(entry.0, &keys_of("modules")),
            }
        }
    }

    fn report(&mut self, table: &DeTable<'_>) {
        for entry in table.iter() {
            match entry.0.get_ref().as_ref() {
                "fail-on" => {
                    if let Some(severity) = self.severity(entry.1) {
                        self.config.fail_on = severity;
                    }
                }
                _ => self.unknown_key(entry.0, &keys_of("report")),
            }
        }
    }

    fn terraform(&mut self, table: &DeTable<'_>) {
        for entry in table.iter() {
            match entry.0.get_ref().as_ref() {
                "workspace" => {
                    self.config.terraform_workspace = self.string(entry.1).map(SmolStr::new)
                }
                _ => self.unknown_key(entry.0, &keys_of("terraform")),
            }
        }
    }

    fn patterns(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        for (text, span) in self.strings(value) {
            match Glob::new(&text) {
                Ok(glob) => {
                    let pattern = Pattern {
                        text: SmolStr::new(&text),
                        ids: glob.compile_matcher(),
                    };
                    if !self.rules.iter().any(|rule| pattern.matches(*rule)) {
                        let hint = hint(&text, self.rules);
                        self.error(
                            span,
                            format!("\"{text}\" names no rule and no category{hint}"),
                        );
                    }
                    patterns.push(pattern);
                }
                Err(error) => self.error(span, format!("not a rule id or glob: {}", error.kind())),
            }
        }
        patterns
    }

    fn severity(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Severity> {
        let text = self.string(value)?;
        let severity = Severity::named(&text);
        if severity.is_none() {
            let names = Severity::ALL.map(Severity::name);
            let hint = suggestion(&text, names);
            self.error(
                value.span(),
                format!("\"{text}\" is not a severity ({}){hint}", names.join(", ")),
            );
        }
        severity
    }

    fn strings(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<(String, Range<usize>)> {
        let Some(array) = value.get_ref().as_array() else {
            self.error(value.span(), "expected a list of strings".to_owned());
            return Vec::new();
        };
        array
            .iter()
            .filter_map(|item| self.string(item).map(|text| (text, item.span())))
            .collect()
    }

    fn string(&mut self, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            let found = value.get_ref().type_str();
            self.error(value.span(), format!("expected a string, found {found}"));
        }
        text
    }

    fn table<'t, 'i>(&mut self, value: &'t Spanned<DeValue<'i>>) -> Option<&'t DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.error(value.span(), "expected a table".to_owned());
        }
        table
    }

    fn unknown_key(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, known: &[&str]) {
        let name = key.get_ref();
        let hint = suggestion(name, known.iter().copied());
        self.error(
            key.span(),
            format!(
                "unknown key \"{name}\"; expected one of: {}{hint}",
                known.join(", ")
            ),
        );
    }

    fn error(&mut self, range: Range<usize>, message: String) {
        self.errors.push(ConfigError { range, message });
    }
}

/// Adds "everything below" to a set of globs.
trait AddInside {
    fn add_inside(&mut self, folder: &str);
}

impl AddInside for GlobSetBuilder {
    fn add_inside(&mut self, folder: &str) {
        if let Ok(glob) = Glob::new(&format!("{}/**", folder.trim_end_matches('/'))) {
            self.add(glob);
        }
    }
}

/// What may have been meant by a word that is no rule's id: the rule that another scanner calls so, or
/// an id or category like it. Empty, or it begins with a semicolon.
pub(crate) fn hint(text: &str, rules: &[Selectable<'_>]) -> String {
    let same: Vec<String> = rules
        .iter()
        .filter(|rule| is_called(rule.same_as, rule.rows, text))
        .map(|rule| format!("\"{}\"", rule.id))
        .collect();
    match same.is_empty() {
        true => suggestion(text, rules.iter().flat_map(|r| [r.id, r.category])),
        false => format!("; here it is called {}", same.join(" and ")),
    }
}

/// `; did you mean "x"?` when something known is close.
pub(crate) fn suggestion<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let close = known
        .into_iter()
        .map(|k| (strsim::normalized_damerau_levenshtein(text, k), k));
    match close.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((likeness, known)) if likeness >= 0.6 => format!("; did you mean \"{known}\"?"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &[Selectable<'_>] = &[
        Selectable {
            id: "aws-s3-bucket-with-public-acl",
            category: "exposure",
            default_off: false,
            same_as: &[],
            rows: &[],
        },
        Selectable {
            id: "aws-rds-instance-public",
            category: "exposure",
            default_off: false,
            same_as: &[],
            rows: &[],
        },
        Selectable {
            id: "aws-s3-bucket-without-logging",
            category: "logging",
            default_off: true,
            same_as: &[SmolStr::new_static("CKV_AWS_18")],
            rows: &[],
        },
    ];

    fn selected(text: &str) -> (Vec<&'static str>, Vec<String>) {
        let (config, errors) = Config::parse(Path::new("/w"), text, RULES);
        let ids = RULES
            .iter()
            .filter(|r| config.selects(**r))
            .map(|r| r.id)
            .collect();
        (
            ids,
            errors
                .into_iter()
                .map(|e| format!("{}: {}", &text[e.range], e.message))
                .collect(),
        )
    }

    #[test]
    fn selection() {
        let (acl, rds, logging) = (RULES[0].id, RULES[1].id, RULES[2].id);
        let cases: &[(&str, &[&str])] = &[
            ("", &[acl, rds]),
            ("[rules]\nselect = [\"aws-s3-*\"]", &[acl, logging]),
            ("[rules]\nignore = [\"exposure\"]", &[]),
            (
                "[rules]\nselect = [\"*\"]\nignore = [\"aws-rds-instance-public\"]",
                &[acl, logging],
            ),
        ];
        for (text, ids) in cases {
            assert_eq!(selected(text), (ids.to_vec(), vec![]), "{text}");
        }
    }

    #[test]
    fn mistakes_are_placed_and_explained() {
        let cases = [
            (
                "[rule]",
                "rule: unknown key \"rule\"; expected one of: rules, files, variables, modules, report, terraform; did you mean \"rules\"?",
            ),
            (
                "[rules]\nignore = [\"aws-rds-instance-publik\"]",
                "\"aws-rds-instance-publik\": \"aws-rds-instance-publik\" names no rule and no category; did you mean \"aws-rds-instance-public\"?",
            ),
            (
                "[rules]\nignore = [\"ckv_aws_18\"]",
                "\"ckv_aws_18\": \"ckv_aws_18\" names no rule and no category; here it is called \"aws-s3-bucket-without-logging\"",
            ),
            (
                "[report]\nfail-on = \"hihg\"",
                "\"hihg\": \"hihg\" is not a severity (info, low, medium, high, critical); did you mean \"high\"?",
            ),
            (
                "[report]\nfail-on = 3",
                "3: expected a string, found integer",
            ),
        ];
        for (text, error) in cases {
            assert_eq!(selected(text).1, [error], "{text}");
        }
        assert!(!selected("[rules\n").1.is_empty());
    }

    #[test]
    fn exclusion_covers_folders() {
        let (config, errors) = Config::parse(
            Path::new("/w"),
            "[files]\nexclude = [\"legacy\", \"**/*.gen.tf\"]",
            RULES,
        );
        assert_eq!(errors, []);
        let cases = [
            ("/w/legacy/a/main.tf", true),
            ("/w/x/a.gen.tf", true),
            ("/w/main.tf", false),
            ("/v/legacy/a.tf", false),
        ];
        for (path, excluded) in cases {
            assert_eq!(config.excludes(Path::new(path)), excluded, "{path}");
        }
    }
}
