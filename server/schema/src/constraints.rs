//! Which arguments go together, as far as schemas don't say it: read from the source of google's provider.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::packed::unpack_text;

/// A relation between arguments of a resource type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// The argument, its path dotted.
    pub path: &'static str,
    /// What holds between it and the others.
    pub relation: Relation,
    /// The other arguments, their paths dotted. [`Relation::ExactlyOneOf`] lists `path` as well.
    pub others: Vec<&'static str>,
}

/// What holds between an argument and others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// None of the others may be written with it.
    ConflictsWith,
    /// All of the others must be written with it.
    RequiredWith,
    /// One of the others, and only one, must be written.
    ExactlyOneOf,
}

static TEXT: LazyLock<String> = LazyLock::new(|| {
    unpack_text(include_bytes!("../data/google_constraints.bin")).unwrap_or_default()
});

static CONSTRAINTS: LazyLock<FxHashMap<&'static str, Vec<Constraint>>> = LazyLock::new(|| {
    let mut by_type: FxHashMap<&str, Vec<Constraint>> = FxHashMap::default();
    for line in TEXT.lines() {
        if let Some((ty, constraint)) = read(line) {
            by_type.entry(ty).or_default().push(constraint);
        }
    }
    by_type
});

/// The relations between the arguments of a resource type that are known.
pub fn constraints(ty: &str) -> &'static [Constraint] {
    CONSTRAINTS.get(ty).map_or(&[], Vec::as_slice)
}

fn read(line: &'static str) -> Option<(&'static str, Constraint)> {
    let mut columns = line.split('\t');
    let (ty, path, relation, others) = (
        columns.next()?,
        columns.next()?,
        columns.next()?,
        columns.next()?,
    );
    let relation = match relation {
        "conflicts" => Relation::ConflictsWith,
        "requires" => Relation::RequiredWith,
        "one of" => Relation::ExactlyOneOf,
        _ => return None,
    };
    Some((
        ty,
        Constraint {
            path,
            relation,
            others: others.split(' ').collect(),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(
            CONSTRAINTS.values().map(Vec::len).sum::<usize>(),
            TEXT.lines().count()
        );
        assert!(TEXT.lines().count() > 800);
    }

    #[test]
    fn facts_about_google() {
        let wanted = Constraint {
            path: "max_age.days",
            relation: Relation::ExactlyOneOf,
            others: vec!["max_age.days", "max_age.duration"],
        };
        assert!(constraints("google_bigtable_gc_policy").contains(&wanted));
        assert!(
            constraints("google_bigtable_gc_policy")
                .iter()
                .any(|c| c.relation == Relation::ConflictsWith)
        );
        assert!(constraints("aws_s3_bucket").is_empty());
    }
}
