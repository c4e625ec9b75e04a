//! `cargo xtask coverage`: how much of what other tools' rules say the catalog says too, by the
//! `same-as` of its pages. A group of rules that say the same is covered by a page for any of them. A group of the core
//! catalog is covered, excused in docs/not-covered.md, or open; while one is open, the command fails. So it does when
//! fewer than nine in ten rules come with a fix, which the page's `Fixed` section shows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use stockade_rules::page::{Page, Section};
use stockade_schema::peers::{Core, PeerGroup, peer_groups, peer_rules, suggest_peer_rule};

/// Show how many groups of other tools' rules have a page, by provider.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// List the groups without a page.
    #[arg(long)]
    missing: bool,
    /// Every group, not just the core catalog.
    #[arg(long)]
    all: bool,
    /// One provider only.
    #[arg(long)]
    provider: Option<String>,
}

/// Of the core catalog, one group in so many may be excused.
const EXCUSED: usize = 20;

/// Of the rules, one in so many may have no fix.
const UNFIXED: usize = 10;

#[expect(clippy::print_stdout, reason = "the report is what the command is for")]
pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    stockade_catalog::use_folder(&repository.join("queries/rules"));
    let reasons = repository.join("docs/not-covered.md");
    let reasons = std::fs::read_to_string(&reasons)
        .map_err(|error| format!("{}: {error}", reasons.display()))?;
    let mut stated: Vec<(&str, &str)> = Vec::new();
    for page in stockade_catalog::all() {
        let of_rows = page.rows.iter().flat_map(|row| &row.same_as);
        stated.extend(
            page.same_as
                .iter()
                .chain(of_rows)
                .map(|id| (id.as_str(), page.id.as_str())),
        );
    }
    let coverage = Coverage::of(&stated, &excused(&reasons));
    let wanted = |group: &PeerGroup| {
        (arguments.all || group.core.is_some())
            && arguments
                .provider
                .as_ref()
                .is_none_or(|provider| group.provider == provider)
    };
    println!("{}", coverage.table(wanted));
    if arguments.missing {
        println!("{}", coverage.missing(wanted));
    }
    let core: Vec<&PeerGroup> = peer_groups().iter().filter(|g| g.core.is_some()).collect();
    let has_fix = |page: &&Page| page.examples_of(Section::Fixed).next().is_some();
    let pages: Vec<&Page> = stockade_catalog::all().iter().map(AsRef::as_ref).collect();
    let (fixes, few) = enough_fixes(pages.iter().copied().filter(has_fix).count(), pages.len());
    let (summary, mut faults) = coverage.judge(&core);
    faults.extend(few);
    println!("{fixes}\n{summary}");
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("\n"))
    }
}

/// A line of the report, and why the command fails.
fn enough_fixes(fixed: usize, all: usize) -> (String, Option<String>) {
    let without = all - fixed;
    let fault = format!("{without} of {all} rules have no fix: more than one in {UNFIXED}");
    (
        format!("fixes: {fixed} of {all} rules"),
        (without * UNFIXED > all).then_some(fault),
    )
}

/// The ids in the first column of the table of reasons.
fn excused(reasons: &str) -> Vec<&str> {
    let rows = reasons.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| Some(row.split_once('`')?.0))
        .collect()
}

/// Which groups the pages cover.
struct Coverage {
    /// By [`PeerGroup::id`].
    covered: BTreeSet<&'static str>,
    /// By [`PeerGroup::id`]: left out on purpose.
    excused: BTreeSet<&'static str>,
    /// What is wrong with ids that no tool has, and with excuses.
    unknown: Vec<String>,
}

impl Coverage {
    /// From the ids that pages state, each with its page's, and those that are excused.
    fn of(stated: &[(&str, &str)], excused: &[&str]) -> Coverage {
        let mut coverage = Coverage {
            covered: BTreeSet::new(),
            excused: BTreeSet::new(),
            unknown: Vec::new(),
        };
        // What Snyk's rules are is in no table of facts.
        let known = stated.iter().filter(|(id, _)| !id.starts_with("snyk:"));
        for (id, page) in known {
            let rules = peer_rules(id);
            coverage
                .covered
                .extend(rules.iter().map(|rule| rule.group().id()));
            if rules.is_empty() {
                let hint = suggest_peer_rule(id)
                    .map_or_else(String::new, |id| format!("; did you mean `{id}`?"));
                coverage.unknown.push(format!(
                    "{page}: same-as names `{id}`, which no tool has{hint}"
                ));
            }
        }
        for id in excused {
            let groups = peer_rules(id).into_iter().map(|rule| rule.group().id());
            let groups: Vec<&str> = groups.collect();
            let has_page = |group: &&str| coverage.covered.contains(group);
            if groups.is_empty() || groups.iter().all(has_page) {
                let what = if groups.is_empty() {
                    "no tool has"
                } else {
                    "a page covers"
                };
                coverage
                    .unknown
                    .push(format!("docs/not-covered.md: `{id}`, which {what}"));
            }
            coverage.excused.extend(groups);
        }
        coverage
    }

    /// The last line of the report, and why the command fails.
    fn judge(&self, core: &[&PeerGroup]) -> (String, Vec<String>) {
        let is_covered = |group: &&&PeerGroup| self.covered.contains(group.id());
        let covered = core.iter().filter(is_covered).count();
        let is_excused =
            |group: &&&PeerGroup| !is_covered(group) && self.excused.contains(group.id());
        let excused = core.iter().filter(is_excused).count();
        let open = core.len() - covered - excused;
        let summary = format!(
            "core: {covered} of {} groups covered, {excused} excused, {open} open",
            core.len()
        );
        let mut faults = self.unknown.clone();
        if open > 0 {
            faults.push(format!(
                "{open} groups of the core have no page (--missing lists them)"
            ));
        }
        if excused * EXCUSED >= core.len() && excused > 0 {
            faults.push(format!(
                "{excused} groups are excused: more than one in {EXCUSED}"
            ));
        }
        (summary, faults)
    }

    /// A line a provider: covered and wanted, in all and by why they are in the core catalog.
    fn table(&self, wanted: impl Fn(&PeerGroup) -> bool) -> String {
        let mut counts: BTreeMap<(&str, Option<Core>), (usize, usize)> = BTreeMap::new();
        for group in peer_groups().iter().filter(|group| wanted(group)) {
            for provider in [group.provider, "all"] {
                let (covered, all) = counts.entry((provider, group.core)).or_default();
                *covered += usize::from(self.covered.contains(group.id()));
                *all += 1;
            }
        }
        let line =
            |((provider, core), (covered, all)): (&(&str, Option<Core>), &(usize, usize))| {
                let why = match core {
                    Some(Core::Tools) => "in three or more tools",
                    Some(Core::Resources) => "on much used resources",
                    Some(Core::Template) => "instances of a template",
                    None => "not in the core",
                };
                format!("{provider:<14}{covered:>5} of {all:<5}{why}")
            };
        counts.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Provider, name and members of what has no page.
    fn missing(&self, wanted: impl Fn(&PeerGroup) -> bool) -> String {
        let missing = peer_groups()
            .iter()
            .filter(|group| wanted(group) && !self.covered.contains(group.id()));
        let line = |group: &PeerGroup| {
            format!(
                "{}\t{}\t{}",
                group.provider,
                group.slug,
                group.members.join(" ")
            )
        };
        missing.map(line).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_covers_the_groups_of_its_ids() {
        let coverage = Coverage::of(
            &[
                ("CKV_AWS_133", "page"),
                ("avd-aws-0107", "page"),
                ("CVK_AWS_16", "other"),
            ],
            &[],
        );
        let [group, ssh] = ["CKV_AWS_133", "CKV_AWS_24"];
        assert_eq!(
            coverage.covered.iter().copied().collect::<Vec<_>>(),
            [group, ssh]
        );
        assert_eq!(
            coverage.unknown,
            ["other: same-as names `CVK_AWS_16`, which no tool has; did you mean `CKV_AWS_16`?"]
        );
        let only = |group: &PeerGroup| group.id() == "CKV_AWS_133" || group.id() == "CKV_AWS_16";
        assert!(
            coverage
                .table(only)
                .contains("aws               1 of 2    in three or more tools"),
            "{}",
            coverage.table(only)
        );
        assert!(
            coverage.missing(only).contains("CKV_AWS_16")
                && !coverage.missing(only).contains("CKV_AWS_133")
        );
    }

    #[test]
    fn the_core_is_covered() {
        let all = Arguments {
            missing: true,
            all: false,
            provider: None,
        };
        run(&all).unwrap_or_else(|faults| panic!("{faults}"));
    }

    #[test]
    fn too_many_rules_without_a_fix_fail() {
        assert_eq!(
            enough_fixes(90, 100),
            ("fixes: 90 of 100 rules".into(), None)
        );
        let (_, fault) = enough_fixes(89, 100);
        assert_eq!(
            fault.as_deref(),
            Some("11 of 100 rules have no fix: more than one in 10")
        );
    }

    #[test]
    fn what_is_open_or_excused_too_freely_fails() {
        let groups = |ids: &[&str]| -> Vec<&'static PeerGroup> {
            let all = peer_groups().iter();
            all.filter(|g| ids.contains(&g.id())).collect()
        };
        let core = groups(&["CKV_AWS_133", "CKV_AWS_16"]);
        let judge = |pages: &[(&str, &str)], reasons: &str| {
            Coverage::of(pages, &excused(reasons)).judge(&core)
        };
        let (both, one) = (
            [("CKV_AWS_133", "a"), ("CKV_AWS_16", "b")],
            [("CKV_AWS_133", "a")],
        );
        let reason = "| rule | why |\n|---|---|\n| `CKV_AWS_16` | it says nothing |\n";
        let cases = [
            (
                judge(&both, ""),
                "2 of 2 groups covered, 0 excused, 0 open",
                "",
            ),
            (
                judge(&one, ""),
                "1 of 2 groups covered, 0 excused, 1 open",
                "1 groups of the core have no page",
            ),
            (
                judge(&one, reason),
                "1 of 2 groups covered, 1 excused, 0 open",
                "more than one in 20",
            ),
            (
                judge(&both, reason),
                "2 of 2 groups covered, 0 excused, 0 open",
                "which a page covers",
            ),
        ];
        for ((summary, faults), expected, fault) in cases {
            assert_eq!(summary, format!("core: {expected}"));
            let faults = faults.join("\n");
            assert!(
                faults.contains(fault) && faults.is_empty() == fault.is_empty(),
                "{faults}"
            );
        }
    }
}
