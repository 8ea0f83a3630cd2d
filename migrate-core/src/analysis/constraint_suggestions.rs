//! Suggests the constraint that was probably meant by an unknown constraint name. Similar names
//! often belong to constraints over different columns, so the columns are compared first and the
//! spelling second.

use crate::syntax::suggest::within;

/// An existing constraint.
#[derive(Debug)]
pub(super) struct Candidate<'c> {
    pub(super) name: &'c str,
    pub(super) kind: ConstraintCategory,
    /// The names of its columns; `None` if not all of them are known.
    pub(super) columns: Option<Vec<&'c str>>,
}

/// The kind of a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConstraintCategory {
    Primary,
    Unique,
    Foreign,
    Check,
    Other,
}

/// Name parts that reveal the kind of a constraint: the suffixes that the server chooses, and those
/// that people use.
const KINDS: [(&str, ConstraintCategory); 12] = [
    ("pkey", ConstraintCategory::Primary),
    ("pk", ConstraintCategory::Primary),
    ("key", ConstraintCategory::Unique),
    ("unique", ConstraintCategory::Unique),
    ("uniq", ConstraintCategory::Unique),
    ("uq", ConstraintCategory::Unique),
    ("uk", ConstraintCategory::Unique),
    ("fkey", ConstraintCategory::Foreign),
    ("fk", ConstraintCategory::Foreign),
    ("check", ConstraintCategory::Check),
    ("chk", ConstraintCategory::Check),
    ("ck", ConstraintCategory::Check),
];

/// The constraint that was meant: one over the column that appears in the name, or one whose name
/// differs by a typo.
pub(super) fn near<'c>(
    wanted: &str,
    table: &str,
    columns: &[&str],
    candidates: &[Candidate<'c>],
) -> Option<&'c str> {
    let rest = wanted.strip_prefix(table).and_then(|rest| rest.strip_prefix('_')).unwrap_or(wanted);
    let kind = kind(rest);
    let asked = asked(rest, columns);
    let names = |of: &[&Candidate<'c>], limit| within(wanted, of.iter().map(|one| one.name), limit);
    if asked.is_empty() {
        // A name with the server's suffix most likely is a server-chosen name with a wrong column.
        let limit = if kind.is_some() { 1 } else { 2 };
        return names(&candidates.iter().collect::<Vec<_>>(), limit.min(wanted.len() / 3));
    }
    let over = |is_it: &dyn Fn(&[&str]) -> bool| -> Vec<&Candidate<'c>> {
        candidates.iter().filter(|one| one.columns.as_deref().is_some_and(is_it)).collect()
    };
    let is_asked = |column: &&str| asked.contains(column);
    let exact = over(&|own| own.len() == asked.len() && own.iter().all(is_asked));
    let partial = || over(&|own| !own.is_empty() && own.iter().all(is_asked));
    let same = if exact.is_empty() { partial() } else { exact };
    let alike: Vec<&Candidate<'c>> =
        same.iter().copied().filter(|one| kind.is_none_or(|kind| one.kind == kind)).collect();
    match alike.as_slice() {
        [one] => Some(one.name),
        [] => {
            let unknown = candidates.iter().filter(|one| one.columns.is_none());
            names(&same.into_iter().chain(unknown).collect::<Vec<_>>(), 2)
        }
        // Several constraints are over the column: compare the spelling, or suggest nothing.
        several => names(several, wanted.len() / 3),
    }
}

/// The columns whose names appear in a constraint name as whole words, except those that are part
/// of a longer match.
fn asked<'c>(name: &str, columns: &[&'c str]) -> Vec<&'c str> {
    let is_in = |part: &str, whole: &str| {
        whole.match_indices(part).any(|(at, _)| {
            let before = whole[..at].chars().next_back();
            let behind = whole[at + part.len()..].chars().next();
            [before, behind].into_iter().flatten().all(|c| c == '_')
        })
    };
    // A short column name appears in many names by chance.
    let found: Vec<&str> = columns
        .iter()
        .copied()
        .filter(|column| is_in(column, name))
        .filter(|column| column.len() > 2 || name.starts_with(&format!("{column}_")))
        .collect();
    let is_part = |column: &&str| {
        found.iter().any(|other| other.len() > column.len() && is_in(column, other))
    };
    found.iter().copied().filter(|column| !is_part(column)).collect()
}

/// The kind of constraint that a name suggests, by its last or first word.
fn kind(name: &str) -> Option<ConstraintCategory> {
    let of = |word: Option<&str>| {
        KINDS.iter().find(|(known, _)| Some(*known) == word).map(|(_, kind)| *kind)
    };
    of(name.rsplit('_').next()).or_else(|| of(name.split('_').next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table like the one in the bug report: two keys over columns with similar names.
    const LICENSES: [(&str, ConstraintCategory, &[&str]); 6] = [
        ("licenses_pkey", ConstraintCategory::Primary, &["id"]),
        ("licenses_licensor_id_fkey", ConstraintCategory::Foreign, &["licensor_id"]),
        ("licenses_track_id_fkey", ConstraintCategory::Foreign, &["track_id"]),
        ("licenses_track_id_key", ConstraintCategory::Unique, &["track_id"]),
        ("price_is_positive", ConstraintCategory::Check, &["price"]),
        ("licenses_starts_ends_key", ConstraintCategory::Unique, &["starts", "ends"]),
    ];

    fn check(wanted: &str, expected: Option<&str>) {
        let columns = ["id", "licensor_id", "licensee_id", "track_id", "price", "starts", "ends"];
        let candidates: Vec<Candidate<'_>> = LICENSES
            .iter()
            .map(|(name, kind, columns)| Candidate {
                name,
                kind: *kind,
                columns: Some(columns.to_vec()),
            })
            .collect();
        assert_eq!(near(wanted, "licenses", &columns, &candidates), expected, "{wanted}");
    }

    #[test]
    fn the_column_decides_before_the_letters() {
        // A constraint over another column is not suggested, however similar its name.
        check("licenses_licensee_id_fkey", None);
        check("licenses_licensee_id_key", None);
        check("licenses_price_key", None);
        check("fk_licensee_id", None);
        // A constraint over the same column and of the same kind is suggested.
        check("licenses_track_fkey", None);
        check("license_track_id_fkey", Some("licenses_track_id_fkey"));
        check("fk_licenses_track_id", Some("licenses_track_id_fkey"));
        check("fk_licenses_track_id_tracks", Some("licenses_track_id_fkey"));
        check("uq_track_id", Some("licenses_track_id_key"));
        check("licenses_licensor_id_tracks_fk", Some("licenses_licensor_id_fkey"));
        check("licenses_price_check", Some("price_is_positive"));
        check("licenses_ends_starts_key", Some("licenses_starts_ends_key"));
        check("licenses_starts_key", None);
        // A constraint of another kind is suggested only for a typo.
        check("licenses_licensor_id_key", Some("licenses_licensor_id_fkey"));
        check("licenses_id_pkey", Some("licenses_pkey"));
    }

    #[test]
    fn a_slip_of_the_finger() {
        check("licences_track_id_fkey", Some("licenses_track_id_fkey"));
        check("licenses_track_id_fkeys", Some("licenses_track_id_fkey"));
        check("licenses_trakc_id_fkey", Some("licenses_track_id_fkey"));
        check("licenses_pkye", Some("licenses_pkey"));
        check("price_is_postive", Some("price_is_positive"));
        check("price_positive", Some("price_is_positive"));
        check("anything_else", None);
    }
}
