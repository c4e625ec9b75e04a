//! The rule ids of other tools: which exist, how they are spelled, and which of them say the same.
//! They serve to check the `same-as` of a page, to translate suppression comments, and to tell how
//! much of the others the catalog covers.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::packed::unpack_text;

/// A tool with rules for Terraform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Peer {
    /// Ids such as `CKV_AWS_16`.
    Checkov,
    /// Ids such as `AWS-0080`.
    Trivy,
    /// Ids such as `tfsec:aws-rds-encrypt-instance-storage-data`.
    Tfsec,
    /// Ids such as `kics:08bd0760-8752-44e1-9779-7bb369b2b4e4`.
    Kics,
    /// Ids such as `terrascan:AC_AWS_0058`.
    Terrascan,
    /// Ids such as `tflint:aws_write_only_arguments`.
    Tflint,
}

impl Peer {
    /// The tool's name, which stands before the colon in ids that have one.
    pub fn name(self) -> &'static str {
        match self {
            Peer::Checkov => "checkov",
            Peer::Trivy => "trivy",
            Peer::Tfsec => "tfsec",
            Peer::Kics => "kics",
            Peer::Terrascan => "terrascan",
            Peer::Tflint => "tflint",
        }
    }

    fn named(name: &str) -> Option<Peer> {
        let all = [
            Peer::Checkov,
            Peer::Trivy,
            Peer::Tfsec,
            Peer::Kics,
            Peer::Terrascan,
            Peer::Tflint,
        ];
        all.into_iter().find(|peer| peer.name() == name)
    }
}

/// A rule of another tool.
#[derive(Clone, Copy, Debug)]
pub struct PeerRule {
    /// As a page's `same-as` spells it.
    pub id: &'static str,
    /// Whose it is.
    pub peer: Peer,
    group: usize,
}

impl PeerRule {
    /// The rules that say the same, this one included.
    pub fn group(&self) -> &'static PeerGroup {
        &TABLE.groups[self.group]
    }
}

impl PartialEq for PeerRule {
    fn eq(&self, other: &PeerRule) -> bool {
        self.id == other.id
    }
}

/// Rules of different tools that say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerGroup {
    /// The provider they are about.
    pub provider: &'static str,
    /// A name for what they say; not always unique, see [`PeerGroup::id`].
    pub slug: &'static str,
    /// The template that they are an instance of (port × scope, action × principal).
    pub template: Option<&'static str>,
    /// What the template is filled with: a port, a set of actions.
    pub template_argument: Option<&'static str>,
    /// Why it belongs to the core catalog, if it does.
    pub core: Option<Core>,
    /// Ids of the rules, the first one's the group's own.
    pub members: Vec<&'static str>,
}

impl PeerGroup {
    /// The first member's id: unique.
    pub fn id(&self) -> &'static str {
        self.members.first().copied().unwrap_or_default()
    }
}

/// Why a group belongs to the core catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Core {
    /// Three or more tools have it.
    Tools,
    /// It is about one of the most used resources.
    Resources,
    /// It is an instance of a template that is in the catalog.
    Template,
}

struct Peers {
    groups: Vec<PeerGroup>,
    rules: Vec<PeerRule>,
    /// Spelling, see [`key`] → indices into `rules`.
    spellings: FxHashMap<String, Vec<usize>>,
}

static TEXT: LazyLock<String> =
    LazyLock::new(|| unpack_text(include_bytes!("../data/peers.bin")).unwrap_or_default());

static TABLE: LazyLock<Peers> = LazyLock::new(|| {
    let mut peers = Peers {
        groups: Vec::new(),
        rules: Vec::new(),
        spellings: FxHashMap::default(),
    };
    for line in TEXT.lines() {
        peers.read(line);
    }
    peers
});

/// The rule that an id means, in any of its tool's spellings: `AVD-AWS-0089`, `aws-0089`, a bare
/// UUID, a former id. If several share a spelling, the one whose own id it is.
pub fn peer_rule(spelling: &str) -> Option<&'static PeerRule> {
    let rules = peer_rules(spelling);
    let own = rules.iter().find(|rule| key(rule.id) == key(spelling));
    own.or(rules.first()).copied()
}

/// Every rule that a spelling may mean; a prefix such as `tfsec:` narrows it to that tool.
pub fn peer_rules(spelling: &str) -> Vec<&'static PeerRule> {
    let (peer, _) = split(spelling);
    let found = TABLE
        .spellings
        .get(&key(spelling))
        .into_iter()
        .flatten()
        .map(|at| &TABLE.rules[*at]);
    found
        .filter(|rule| peer.is_none_or(|peer| rule.peer == peer))
        .collect()
}

/// Every group, in the order of the facts.
pub fn peer_groups() -> &'static [PeerGroup] {
    &TABLE.groups
}

/// Every rule.
pub fn all_peer_rules() -> &'static [PeerRule] {
    &TABLE.rules
}

/// The id that was probably meant by one that doesn't exist.
pub fn suggest_peer_rule(spelling: &str) -> Option<&'static str> {
    let (peer, _) = split(spelling);
    let wanted = key(spelling);
    let rules = TABLE
        .rules
        .iter()
        .filter(|rule| peer.is_none_or(|peer| rule.peer == peer));
    let distances = rules.map(|rule| (strsim::osa_distance(&wanted, &key(rule.id)), rule.id));
    let (distance, id) = distances.min()?;
    (distance <= (wanted.len() / 8).max(1)).then_some(id)
}

/// The tool that a prefix names, and the rest.
fn split(spelling: &str) -> (Option<Peer>, &str) {
    let prefixed = spelling
        .split_once(':')
        .and_then(|(prefix, id)| Some((Peer::named(&prefix.to_ascii_lowercase())?, id)));
    prefixed.map_or((None, spelling), |(peer, id)| (Some(peer), id))
}

/// What all spellings of an id have in common: no tool's prefix, no `AVD-`, lower case.
fn key(spelling: &str) -> String {
    let lower = split(spelling.trim()).1.to_ascii_lowercase();
    lower
        .strip_prefix("avd-")
        .map(str::to_owned)
        .unwrap_or(lower)
}

/// Whose an id is, by its form.
fn peer_of(id: &str) -> Peer {
    let checkov = ["CKV_", "CKV2_", "CKV3_"]
        .iter()
        .any(|prefix| id.starts_with(prefix));
    split(id)
        .0
        .unwrap_or(if checkov { Peer::Checkov } else { Peer::Trivy })
}

impl Peers {
    /// Provider, slug, template, its argument, why it is core, members; a member and its aliases are
    /// joined by `|`.
    fn read(&mut self, line: &'static str) -> Option<()> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [provider, slug, template, argument, core, members] = columns.try_into().ok()?;
        let core = match core {
            "tools" => Some(Core::Tools),
            "resources" => Some(Core::Resources),
            "template" => Some(Core::Template),
            _ => None,
        };
        let stated = |text: &'static str| (!text.is_empty()).then_some(text);
        let mut group = PeerGroup {
            provider,
            slug,
            template: stated(template),
            template_argument: stated(argument),
            core,
            members: Vec::new(),
        };
        for member in members.split(' ') {
            let mut spellings = member.split('|');
            let id = spellings.next()?;
            let at = self.rules.len();
            self.rules.push(PeerRule {
                id,
                peer: peer_of(id),
                group: self.groups.len(),
            });
            group.members.push(id);
            // Two rules may share an id, told apart by a word in parentheses.
            let bare = id.split('(').next();
            for spelling in std::iter::once(id)
                .chain(bare.filter(|bare| *bare != id))
                .chain(spellings)
            {
                let rules = self.spellings.entry(key(spelling)).or_default();
                if !rules.contains(&at) {
                    rules.push(at);
                }
            }
        }
        self.groups.push(group);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(peer_groups().len(), TEXT.lines().count());
        assert!(peer_groups().len() > 1900 && all_peer_rules().len() > 3000);
        let mut ids: Vec<&str> = peer_groups().iter().map(PeerGroup::id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), peer_groups().len(), "a group's id is unique");
        for why in [Core::Tools, Core::Resources, Core::Template] {
            assert!(
                peer_groups()
                    .iter()
                    .filter(|group| group.core == Some(why))
                    .count()
                    > 100,
                "{why:?}"
            );
        }
    }

    #[test]
    fn every_id_means_itself() {
        for rule in all_peer_rules() {
            assert_eq!(peer_rule(rule.id).map(|found| found.id), Some(rule.id));
            assert!(rule.group().members.contains(&rule.id));
        }
    }

    #[test]
    fn spellings() {
        let table = [
            ("CKV_AWS_16", "CKV_AWS_16", Peer::Checkov),
            ("ckv_aws_16", "CKV_AWS_16", Peer::Checkov),
            ("checkov:CKV_AWS_16", "CKV_AWS_16", Peer::Checkov),
            ("AWS-0080", "AWS-0080", Peer::Trivy),
            ("AVD-AWS-0080", "AWS-0080", Peer::Trivy),
            ("avd-aws-0080", "AWS-0080", Peer::Trivy),
            ("aws-0080", "AWS-0080", Peer::Trivy),
            ("trivy:AVD-AWS-0080", "AWS-0080", Peer::Trivy),
            (
                "kics:1b44e234-3d73-41a8-9954-0b154135280e",
                "kics:1b44e234-3d73-41a8-9954-0b154135280e",
                Peer::Kics,
            ),
            (
                "1B44E234-3d73-41a8-9954-0b154135280e",
                "kics:1b44e234-3d73-41a8-9954-0b154135280e",
                Peer::Kics,
            ),
            ("AC_AWS_0052", "terrascan:AC_AWS_0052", Peer::Terrascan),
            (
                "aws-rds-specify-backup-retention",
                "tfsec:aws-rds-specify-backup-retention",
                Peer::Tfsec,
            ),
            (
                "tfsec:AVD-AWS-0006",
                "tfsec:aws-athena-enable-at-rest-encryption",
                Peer::Tfsec,
            ),
        ];
        for (spelling, id, peer) in table {
            let rule = peer_rule(spelling).unwrap_or_else(|| panic!("{spelling}"));
            assert_eq!((rule.id, rule.peer), (id, peer), "{spelling}");
        }
        assert_eq!(peer_rules("CKV_NCP_22").len(), 2);
        assert!(
            peer_rules("kics:CKV_AWS_16").is_empty()
                && peer_rule("CKV_AWS_99999").is_none()
                && peer_rule("").is_none()
        );
    }

    #[test]
    fn suggestions() {
        let table = [
            ("CVK_AWS_16", Some("CKV_AWS_16")),
            (
                "tfsec:aws-rds-specify-backup-retension",
                Some("tfsec:aws-rds-specify-backup-retention"),
            ),
            (
                "kics:1b44e234-3d73-41a8-9954-0b154135280f",
                Some("kics:1b44e234-3d73-41a8-9954-0b154135280e"),
            ),
            ("nothing-like-it", None),
        ];
        for (spelling, expected) in table {
            assert_eq!(suggest_peer_rule(spelling), expected, "{spelling}");
        }
    }

    #[test]
    fn groups_say_the_same() {
        let group = peer_rule("CKV_AWS_133")
            .unwrap_or_else(|| panic!("CKV_AWS_133"))
            .group();
        assert_eq!((group.provider, group.core), ("aws", Some(Core::Tools)));
        assert!(group.members.contains(&"AWS-0077") && group.template.is_none());
        let ssh = peer_rule("CKV_AWS_24")
            .unwrap_or_else(|| panic!("CKV_AWS_24"))
            .group();
        assert_eq!(
            (ssh.template, ssh.template_argument),
            (Some("sg-ingress-public"), Some("22"))
        );
    }
}
