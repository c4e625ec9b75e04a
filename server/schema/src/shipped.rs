//! The provider schemas that are part of the program: one per provider and major version.

use std::fmt;
use std::sync::OnceLock;

use crate::body::{Body, Entry};
use crate::table::{REMOVED, Table, decode, header};
use crate::version::{Interval, Version};

/// A committed schema; decoded when it is first asked for.
struct Shipped {
    provider: &'static str,
    major: u64,
    /// The provider, of the same or the last major, that this one is written as a difference to.
    base: Option<(&'static str, u64)>,
    bytes: &'static [u8],
    decoded: OnceLock<Option<Schema>>,
}

/// By provider, majors in ascending order. `server/schema/data/README.md` says where they come from.
static SHIPPED: [Shipped; 10] = [
    shipped("aws", 5, include_bytes!("../data/aws-5.bin")),
    shipped("aws", 6, include_bytes!("../data/aws-6.bin")),
    shipped("azurerm", 4, include_bytes!("../data/azurerm-4.bin")),
    difference(
        "azurerm",
        5,
        ("azurerm", 4),
        include_bytes!("../data/azurerm-5.bin"),
    ),
    shipped("google", 8, include_bytes!("../data/google-8.bin")),
    difference(
        "google-beta",
        8,
        ("google", 8),
        include_bytes!("../data/google-beta-8.bin"),
    ),
    shipped("kubernetes", 3, include_bytes!("../data/kubernetes-3.bin")),
    shipped("random", 3, include_bytes!("../data/random-3.bin")),
    shipped("tls", 4, include_bytes!("../data/tls-4.bin")),
    shipped("vault", 5, include_bytes!("../data/vault-5.bin")),
];

const fn shipped(provider: &'static str, major: u64, bytes: &'static [u8]) -> Shipped {
    Shipped {
        provider,
        major,
        base: None,
        bytes,
        decoded: OnceLock::new(),
    }
}

const fn difference(
    provider: &'static str,
    major: u64,
    base: (&'static str, u64),
    bytes: &'static [u8],
) -> Shipped {
    Shipped {
        provider,
        major,
        base: Some(base),
        bytes,
        decoded: OnceLock::new(),
    }
}

impl Shipped {
    /// `None` only if the committed bytes are corrupt, which a test excludes.
    fn schema(&'static self) -> Option<&'static Schema> {
        self.decoded.get_or_init(|| self.decode()).as_ref()
    }

    fn decode(&self) -> Option<Schema> {
        let base = match self.base {
            Some((provider, major)) => Some(of_major(provider, major)?),
            None => None,
        };
        let (provider, version) = header(self.bytes).ok()?;
        let table = decode(self.bytes).ok()?;
        Some(Schema {
            provider,
            version: version.parse().ok()?,
            table,
            base,
        })
    }
}

fn of_major(provider: &str, major: u64) -> Option<&'static Schema> {
    SHIPPED
        .iter()
        .find(|s| s.provider == provider && s.major == major)?
        .schema()
}

/// The three kinds of typed blocks that a provider offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `resource`
    Resource,
    /// `data`
    Data,
    /// `ephemeral`
    Ephemeral,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 3] = [Kind::Resource, Kind::Data, Kind::Ephemeral];
}

/// A provider that the program ships schemas of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    name: &'static str,
}

impl Provider {
    /// All of them, by name.
    pub fn all() -> impl Iterator<Item = Provider> {
        let mut last = "";
        SHIPPED
            .iter()
            .filter(move |s| std::mem::replace(&mut last, s.provider) != s.provider)
            .map(|s| Provider { name: s.provider })
    }

    /// The one of this name (the last part of its source address).
    pub fn named(name: &str) -> Option<Provider> {
        Provider::all().find(|provider| provider.name == name)
    }

    /// `aws`.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Its shipped schemas, oldest first.
    pub fn schemas(self) -> impl DoubleEndedIterator<Item = &'static Schema> {
        SHIPPED
            .iter()
            .filter(move |s| s.provider == self.name)
            .filter_map(Shipped::schema)
    }

    /// The schema of the newest shipped major version that is allowed. If none is, the nearest one:
    /// the oldest shipped if only older versions are allowed, else the newest.
    pub fn schema(self, allowed: &Interval) -> Option<&'static Schema> {
        let majors = || SHIPPED.iter().filter(move |s| s.provider == self.name);
        let inside = majors().rfind(|s| allowed.intersects(&Interval::major(s.major)));
        inside.or_else(|| nearest(majors(), allowed))?.schema()
    }
}

fn nearest<'a>(
    majors: impl DoubleEndedIterator<Item = &'a Shipped> + Clone,
    allowed: &Interval,
) -> Option<&'a Shipped> {
    let oldest = majors.clone().next()?;
    let only_older = !allowed.intersects(&Interval::at_least(Version::new(oldest.major, 0, 0)));
    if only_older {
        Some(oldest)
    } else {
        majors.last()
    }
}

/// The schema of a provider's newest shipped version inside what is allowed; see [`Provider::schema`].
/// `None` for a provider that isn't shipped.
pub fn schema(provider: &str, allowed: &Interval) -> Option<&'static Schema> {
    Provider::named(provider)?.schema(allowed)
}

/// The local name of the provider that a resource type belongs to when no `provider` argument says
/// otherwise: what stands before the first `_`.
pub fn provider_of(ty: &str) -> &str {
    ty.split_once('_').map_or(ty, |(provider, _)| provider)
}

/// The providers whose schemas know types of this prefix: `google_…` is google's and google-beta's.
fn providers_of(ty: &str) -> impl Iterator<Item = Provider> {
    let prefix = provider_of(ty);
    Provider::all()
        .filter(move |p| p.name == prefix || p.name.strip_suffix("-beta") == Some(prefix))
}

/// Whether any shipped version of any provider knows this type and path (the empty path: the type).
/// What one major knows is known: a rule for the other must not call it misspelt.
pub fn known_anywhere<N: AsRef<str>>(kind: Kind, ty: &str, path: &[N]) -> bool {
    bodies(kind, ty).any(|body| body.allows(path))
}

/// What stands at a path in the newest shipped version that knows it.
pub fn find_anywhere<N: AsRef<str>>(kind: Kind, ty: &str, path: &[N]) -> Option<Entry> {
    bodies(kind, ty).find_map(|body| body.find(path))
}

/// The bodies of a type in every shipped version that has it, newest first.
pub fn bodies(kind: Kind, ty: &str) -> impl Iterator<Item = Body> {
    providers_of(ty)
        .flat_map(|provider| provider.schemas().rev())
        .filter_map(move |schema| schema.body(kind, ty))
}

/// What a block of this type may hold in the version that [`schema`] chooses; if that doesn't have
/// the type, in the newest one that does (google-beta's own types, those of another major).
pub fn body(kind: Kind, ty: &str, allowed: &Interval) -> Option<Body> {
    let chosen = schema(provider_of(ty), allowed).and_then(|schema| schema.body(kind, ty));
    chosen.or_else(|| bodies(kind, ty).next())
}

/// The schema of one version of a provider.
pub struct Schema {
    provider: &'static str,
    version: Version,
    table: Table,
    base: Option<&'static Schema>,
}

impl Schema {
    /// `aws`.
    pub fn provider(&self) -> &'static str {
        self.provider
    }

    /// The exact version that was read.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// What a block of this type may hold (meta-arguments aside, see [`crate::terraform`]); `None`
    /// for a type that this version doesn't have.
    pub fn body(&'static self, kind: Kind, ty: &str) -> Option<Body> {
        let types = &self.table.tops[kind as usize];
        match types.binary_search_by(|(name, _)| self.table.name(*name).cmp(ty)) {
            Ok(at) => (types[at].1 != REMOVED).then_some(Body {
                table: &self.table,
                row: types[at].1,
            }),
            Err(_) => self.base?.body(kind, ty),
        }
    }

    /// What a `provider` block may hold.
    pub fn provider_body(&'static self) -> Option<Body> {
        let row = self.table.provider_body?;
        Some(Body {
            table: &self.table,
            row,
        })
    }

    /// The types of a kind, by name.
    pub fn types(&'static self, kind: Kind) -> Vec<&'static str> {
        let own = self.table.tops[kind as usize]
            .iter()
            .map(|(name, body)| (self.table.name(*name), *body != REMOVED));
        let inherited = self.base.map_or_else(Vec::new, |base| base.types(kind));
        let mut all: std::collections::BTreeMap<&str, bool> =
            inherited.into_iter().map(|ty| (ty, true)).collect();
        all.extend(own);
        all.into_iter()
            .filter_map(|(ty, there)| there.then_some(ty))
            .collect()
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({} {})", self.provider, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_committed_schema_decodes() {
        for shipped in &SHIPPED {
            let name = format!("{} {}", shipped.provider, shipped.major);
            let schema = shipped
                .schema()
                .unwrap_or_else(|| panic!("{name} does not decode"));
            assert_eq!(
                (schema.provider, schema.version.major),
                (shipped.provider, shipped.major)
            );
            assert!(schema.provider_body().is_some(), "{name}");
            for ty in Kind::ALL.into_iter().flat_map(|kind| schema.types(kind)) {
                assert_eq!(
                    provider_of(ty),
                    schema.provider.trim_end_matches("-beta"),
                    "{name}: {ty}"
                );
            }
        }
    }
}
