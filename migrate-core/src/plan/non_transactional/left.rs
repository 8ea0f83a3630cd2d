//! Describes what an incomplete statement has left behind, in words.

use super::Kind;
use super::verdict::{Doubt, Found, is_new};

/// What a statement that has just been refused has left behind, and what will happen to it, as
/// sentences.
pub(crate) fn left(kind: &Kind, doubt: &Doubt, found: &[Found]) -> Vec<String> {
    let left = found.iter().filter(|one| one.is_left());
    let new = left.clone().filter(|one| is_new(doubt, one));
    match kind {
        Kind::CreateIndex { .. } => new
            .map(|one| {
                format!(
                    "it has left the invalid index `{}`, which no query uses: the next run drops it and builds it again",
                    one.name
                )
            })
            .collect(),
        Kind::Reindex(_) => {
            let (own, others): (Vec<&Found>, _) = new.partition(|one| one.is_own);
            let dropped = own.iter().map(|one| {
                format!("it has left the invalid index `{}`: the next run drops it", one.name)
            });
            dropped.chain(others.into_iter().map(not_droppable)).collect()
        }
        Kind::DropIndex { .. } => left
            .map(|one| {
                format!(
                    "the index `{}` is invalid now, and no query uses it: the next run drops it",
                    one.name
                )
            })
            .collect(),
        Kind::Detach { .. } => left
            .map(|_| "the partition is still to be detached: the next run finalizes that".to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

/// What an earlier attempt of a statement has left behind and this role may not drop, as sentences.
pub(crate) fn kept(kind: &Kind, doubt: &Doubt, found: &[Found]) -> Vec<String> {
    if !matches!(kind, Kind::Reindex(_)) {
        return Vec::new();
    }
    let kept = found.iter().filter(|one| one.is_left() && !one.is_own && is_new(doubt, one));
    kept.map(not_droppable).collect()
}

fn not_droppable(one: &Found) -> String {
    format!(
        "it has left the invalid index `{name}`, which this role may not drop: as a superuser, run `DROP INDEX CONCURRENTLY {name}`",
        name = one.name
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::non_transactional::parts;
    use crate::plan::non_transactional::verdict::tests::{found, refused};

    #[test]
    fn what_is_left_is_told() {
        let check = |sql: &str, doubt: Doubt, now: &str, said: &[&str], stays: usize| {
            let (kind, found) = (&parts(sql)[0].kind, found(now));
            let left = left(kind, &doubt, &found);
            assert_eq!(left.len(), said.len(), "{sql}: {left:?}");
            let each = left.iter().zip(said).all(|(left, said)| left.contains(said));
            assert!(each, "{sql}: {left:?}");
            assert_eq!(kept(kind, &doubt, &found).len(), stays, "{sql}");
        };
        let create = "CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a)";
        check(
            create,
            refused(""),
            "8!",
            &["`s.8`, which no query uses: the next run drops it and builds"],
            0,
        );
        // It existed before; it is valid; another session is building it.
        check(create, refused("8"), "8!", &[], 0);
        check(create, refused(""), "8 9?", &[], 0);
        let reindex = "REINDEX TABLE CONCURRENTLY t";
        check(
            reindex,
            refused("7"),
            "7! 8! 9#",
            &["`s.8`: the next run drops", "DROP INDEX CONCURRENTLY s.9"],
            1,
        );
        check("DROP INDEX CONCURRENTLY ix", refused("8"), "8!", &["`s.8` is invalid now"], 0);
        check(
            "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
            refused("8"),
            "8!",
            &["finalizes"],
            0,
        );
        check("VACUUM t", refused(""), "8!", &[], 0);
    }
}
