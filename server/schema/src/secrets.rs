//! How secrets stay out of the state: arguments that hold one, write-only arguments that take their
//! place, and the ephemeral types that fetch one.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::body::Entry;
use crate::packed::rows;
use crate::shipped::{Kind, bodies};
use crate::version::Version;

/// An argument that is never stored, and what it takes the place of.
///
/// It conflicts with what it replaces; it needs Terraform 1.11, or OpenTofu 1.11.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteOnly {
    /// `aws`.
    pub provider: &'static str,
    /// `aws_db_instance`.
    pub resource: &'static str,
    /// The names of the nested blocks that it stands in, outermost first.
    pub block: Vec<&'static str>,
    /// `password_wo`.
    pub argument: &'static str,
    /// The argument whose change tells the provider to read this one again, `password_wo_version`.
    pub version_argument: Option<VersionArgument>,
    /// The plain argument, in the same block: `password`.
    pub replaces: Option<&'static str>,
    /// The first version of the provider that is known to have it; it may be in earlier ones.
    pub since: Version,
    /// The version that no longer has it.
    pub removed_in: Option<Version>,
    /// Whether it holds a secret, rather than an identifier or a setting.
    pub secret: bool,
}

/// The companion of a write-only argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionArgument {
    /// `password_wo_version`.
    pub name: &'static str,
    /// The names of the nested blocks that it stands in; mostly those of the write-only argument.
    pub block: Vec<&'static str>,
    /// Whether it must be written with it; `None` where that isn't known.
    pub required: Option<bool>,
}

/// An ephemeral resource type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EphemeralType {
    /// `aws`.
    pub provider: &'static str,
    /// `aws_secretsmanager_secret_version`.
    pub ty: &'static str,
    /// Its attributes that hold the secret.
    pub secrets: Vec<&'static str>,
}

static WRITE_ONLY: LazyLock<FxHashMap<&'static str, Vec<WriteOnly>>> = LazyLock::new(|| {
    let mut by_type: FxHashMap<&str, Vec<WriteOnly>> = FxHashMap::default();
    for row in rows(include_str!("../data/write_only.tsv")).filter_map(read_write_only) {
        by_type.entry(row.resource).or_default().push(row);
    }
    by_type
});

static EPHEMERAL: LazyLock<Vec<EphemeralType>> = LazyLock::new(|| {
    rows(include_str!("../data/ephemeral.tsv"))
        .filter_map(read_ephemeral)
        .collect()
});

/// The write-only arguments of a resource type, of any version of its provider.
pub fn write_only(ty: &str) -> &'static [WriteOnly] {
    WRITE_ONLY.get(ty).map_or(&[], Vec::as_slice)
}

/// The write-only arguments of every resource type that has some, by type.
pub fn all_write_only() -> Vec<&'static WriteOnly> {
    let mut all: Vec<&WriteOnly> = WRITE_ONLY.values().flatten().collect();
    all.sort_by(|a, b| (a.resource, &a.block, a.argument).cmp(&(b.resource, &b.block, b.argument)));
    all
}

/// The ephemeral resource types, also of providers whose schema isn't shipped.
pub fn ephemeral_types() -> &'static [EphemeralType] {
    &EPHEMERAL
}

/// Whether the argument or attribute at a path holds a secret, by any shipped version of the provider.
/// `None` if none of them knows it.
pub fn sensitive<N: AsRef<str>>(kind: Kind, ty: &str, path: &[N]) -> Option<bool> {
    let marks = bodies(kind, ty).filter_map(|body| match body.find(path)? {
        Entry::Attribute(attribute) => Some(attribute.sensitive),
        Entry::Block(_) => Some(false),
    });
    marks.reduce(|a, b| a || b)
}

fn read_write_only(row: Vec<&'static str>) -> Option<WriteOnly> {
    let [
        provider,
        resource,
        block,
        argument,
        version,
        version_block,
        required,
        replaces,
        since,
        removed,
        secret,
    ] = row.try_into().ok()?;
    let path = |dotted: &'static str| dotted.split('.').filter(|name| !name.is_empty()).collect();
    let required = match required {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    Some(WriteOnly {
        provider,
        resource,
        block: path(block),
        argument,
        version_argument: (!version.is_empty()).then(|| VersionArgument {
            name: version,
            block: path(version_block),
            required,
        }),
        replaces: (!replaces.is_empty()).then_some(replaces),
        since: since.parse().ok()?,
        removed_in: removed.parse().ok(),
        secret: secret == "yes",
    })
}

fn read_ephemeral(row: Vec<&'static str>) -> Option<EphemeralType> {
    let [provider, ty, secrets] = row.try_into().ok()?;
    Some(EphemeralType {
        provider,
        ty,
        secrets: secrets.split_whitespace().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped::{find_anywhere, schema};
    use crate::version::Interval;

    #[test]
    fn every_row_is_read() {
        assert_eq!(
            all_write_only().len(),
            rows(include_str!("../data/write_only.tsv")).count()
        );
        assert_eq!(
            ephemeral_types().len(),
            rows(include_str!("../data/ephemeral.tsv")).count()
        );
        assert!(all_write_only().len() > 150 && ephemeral_types().len() > 50);
    }

    #[test]
    fn rows_agree_with_the_schemas() {
        for row in all_write_only()
            .iter()
            .filter(|row| schema(row.provider, &Interval::any()).is_some())
        {
            let at = |block: &[&'static str], name| [block, &[name]].concat();
            let stands =
                |path: &[&str]| find_anywhere(Kind::Resource, row.resource, path).is_some();
            if bodies(Kind::Resource, row.resource).next().is_none()
                || !stands(&at(&row.block, row.argument))
            {
                continue;
            }
            if let Some(version) = &row.version_argument {
                assert!(stands(&at(&version.block, version.name)), "{row:?}");
            }
            if let Some(replaced) = row.replaces {
                assert!(stands(&at(&row.block, replaced)), "{row:?}");
            }
        }
    }

    #[test]
    fn facts_about_write_only_arguments() {
        let table = [
            (
                "aws_db_instance",
                "password_wo",
                Some("password_wo_version"),
                Some("password"),
                "5.88.0",
            ),
            (
                "aws_secretsmanager_secret_version",
                "secret_string_wo",
                Some("secret_string_wo_version"),
                Some("secret_string"),
                "5.88.0",
            ),
            (
                "azurerm_key_vault_secret",
                "value_wo",
                Some("value_wo_version"),
                Some("value"),
                "4.23.0",
            ),
            (
                "aws_transfer_host_key",
                "host_key_body_wo",
                None,
                Some("host_key_body"),
                "6.25.0",
            ),
        ];
        for (ty, argument, version, replaces, since) in table {
            let row = write_only(ty)
                .iter()
                .find(|row| row.argument == argument)
                .unwrap_or_else(|| panic!("{ty}.{argument}"));
            assert_eq!(
                row.version_argument.as_ref().map(|v| v.name),
                version,
                "{ty}"
            );
            assert_eq!(
                (row.replaces, row.since.to_string().as_str(), row.secret),
                (replaces, since, true),
                "{ty}"
            );
        }
        assert!(write_only("aws_s3_bucket").is_empty());
        assert!(
            ephemeral_types()
                .iter()
                .any(|e| e.ty == "aws_secretsmanager_secret_version"
                    && e.secrets.contains(&"secret_string"))
        );
    }

    #[test]
    fn facts_about_secrets() {
        let table: [(&str, &[&str], Option<bool>); 5] = [
            ("aws_db_instance", &["password"], Some(true)),
            ("aws_db_instance", &["username"], Some(false)),
            (
                "aws_alb_listener",
                &["default_action", "authenticate_oidc", "client_secret"],
                Some(true),
            ),
            (
                "azurerm_linux_virtual_machine",
                &["admin_password"],
                Some(true),
            ),
            ("aws_db_instance", &["pass"], None),
        ];
        for (ty, path, expected) in table {
            assert_eq!(
                sensitive(Kind::Resource, ty, path),
                expected,
                "{ty} {path:?}"
            );
        }
    }
}
