//! Which changes destroy a resource and create it anew.
//!
//! Providers say it in their documentation ("forces new resource") and in their source, not in their
//! schema, so `data/replacement.tsv` is written by hand. What it doesn't state is not known.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::packed::rows;

/// What a change of an argument does to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Replaces {
    /// It is destroyed and created anew.
    Yes,
    /// It is changed where it is.
    No,
    /// That depends on the values or on other arguments.
    Sometimes,
}

static TABLE: LazyLock<FxHashMap<(&'static str, &'static str), Replaces>> = LazyLock::new(|| {
    rows(include_str!("../data/replacement.tsv"))
        .filter_map(read)
        .flatten()
        .collect()
});

/// What a change of the argument at `path` (dotted, without indices: `root_block_device.encrypted`)
/// does to a resource of this type. `None`: not stated, which a fix must treat as possible.
pub fn replacement(ty: &str, path: &str) -> Option<Replaces> {
    let stated = |path: &str| -> Option<Replaces> {
        let table: &FxHashMap<(&str, &str), Replaces> = &TABLE;
        table.get(&(ty, path)).copied()
    };
    let outer = std::iter::successors(Some(path), |path| {
        path.rsplit_once('.').map(|(outer, _)| outer)
    })
    .skip(1);
    stated(path)
        .or_else(|| {
            outer
                .map(|outer| format!("{outer}.*"))
                .find_map(|below| stated(&below))
        })
        .or_else(|| stated("*"))
}

type Statement = ((&'static str, &'static str), Replaces);

/// Types separated by spaces, what the change does, paths separated by spaces (`x.*`: all below `x`;
/// `*`: all that no other line states).
fn read(row: Vec<&'static str>) -> Option<impl Iterator<Item = Statement>> {
    let [types, replaces, paths] = row.try_into().ok()?;
    let replaces = match replaces {
        "yes" => Replaces::Yes,
        "no" => Replaces::No,
        "sometimes" => Replaces::Sometimes,
        _ => return None,
    };
    Some(
        types
            .split(' ')
            .flat_map(move |ty| paths.split(' ').map(move |path| ((ty, path), replaces))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped::{Kind, known_anywhere};

    #[test]
    fn every_row_names_what_exists() {
        let mut seen = FxHashMap::default();
        for row in rows(include_str!("../data/replacement.tsv")) {
            let shown = row.join(" ");
            let statements = read(row).unwrap_or_else(|| {
                panic!("`{shown}`: expected types, yes | no | sometimes, paths")
            });
            for ((ty, path), replaces) in statements {
                let names: Vec<&str> = path.split('.').filter(|name| *name != "*").collect();
                assert!(
                    known_anywhere(Kind::Resource, ty, &names),
                    "`{shown}`: no shipped schema has {ty} {path}"
                );
                assert!(
                    seen.insert((ty, path), replaces).is_none(),
                    "{ty} {path} is stated twice"
                );
            }
        }
        assert!(seen.len() > 300, "{}", seen.len());
    }

    #[test]
    fn lookups() {
        let table = [
            ("aws_db_instance", "storage_encrypted", Some(Replaces::Yes)),
            ("aws_db_instance", "publicly_accessible", Some(Replaces::No)),
            (
                "aws_instance",
                "root_block_device.encrypted",
                Some(Replaces::Yes),
            ),
            (
                "aws_instance",
                "metadata_options.http_tokens",
                Some(Replaces::No),
            ),
            (
                "aws_cloudtrail",
                "enable_log_file_validation",
                Some(Replaces::No),
            ),
            ("aws_cloudtrail", "name", Some(Replaces::Yes)),
            (
                "aws_s3_bucket_public_access_block",
                "block_public_acls",
                Some(Replaces::No),
            ),
            ("aws_db_instance", "identifier_prefix", None),
            ("aws_unheard_of", "name", None),
        ];
        for (ty, path, expected) in table {
            assert_eq!(replacement(ty, path), expected, "{ty}.{path}");
        }
    }
}
