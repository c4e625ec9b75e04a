//! `cargo xtask coverage`: how much of what other tools' rules say the catalog says too, by the
//! `same-as` of its pages. A group of rules that say the same is covered by a page for any of them.

use std::collections::{BTreeMap, BTreeSet};

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

#[expect(clippy::print_stdout, reason = "the report is what the command is for")]
pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
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
    let coverage = Coverage::of(&stated);
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
    if coverage.unknown.is_empty() {
        Ok(())
    } else {
        Err(coverage.unknown.join("\n"))
    }
}

/// Which groups the pages cover.
struct Coverage {
    /// By [`PeerGroup::id`].
    covered: BTreeSet<&'static str>,
    /// What is wrong with ids that no tool has.
    unknown: Vec<String>,
}

impl Coverage {
    /// From the ids that pages state, each with its page's.
    fn of(stated: &[(&str, &str)]) -> Coverage {
        let mut coverage = Coverage {
            covered: BTreeSet::new(),
            unknown: Vec::new(),
        };
        for (id, page) in stated {
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
        coverage
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
        let coverage = Coverage::of(&[
            ("CKV_AWS_133", "page"),
            ("avd-aws-0107", "page"),
            ("CVK_AWS_16", "other"),
        ]);
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
}
