//! Describes what an incomplete statement has left behind, in words.

use super::StatementKind;
use super::verdict::{EarlierAttempt, FoundObject, is_new};

/// What a statement has left that has just been refused: what it has made and not finished, or begun to drop or to detach.
pub(crate) fn left_behind<'f>(
    kind: &StatementKind,
    doubt: &EarlierAttempt,
    found: &'f [FoundObject],
) -> Vec<&'f FoundObject> {
    let left = found.iter().filter(|one| one.is_left());
    match kind {
        StatementKind::CreateIndex { .. } | StatementKind::Reindex(_) => {
            left.filter(|one| is_new(doubt, one)).collect()
        }
        StatementKind::DropIndex { .. } | StatementKind::Detach { .. } => left.collect(),
        _ => Vec::new(),
    }
}

/// The same, and what becomes of it: a sentence each.
pub(crate) fn left(
    kind: &StatementKind,
    doubt: &EarlierAttempt,
    found: &[FoundObject],
) -> Vec<String> {
    let sentence = |one: &FoundObject| match kind {
        StatementKind::CreateIndex { .. } => format!(
            "it has left the invalid index `{}`, which {}: the next run drops it and builds it again",
            one.name,
            use_of(one)
        ),
        StatementKind::Reindex(_) if !one.is_own => not_droppable(one),
        StatementKind::Reindex(_) => {
            format!("it has left the invalid index `{}`: the next run drops it", one.name)
        }
        StatementKind::Detach { .. } => {
            "the partition is still to be detached: the next run finalizes that".to_owned()
        }
        _ => format!(
            "the index `{}` is invalid now, and no query uses it: the next run drops it",
            one.name
        ),
    };
    left_behind(kind, doubt, found).into_iter().map(sentence).collect()
}

/// What an invalid index still does.
fn use_of(one: &FoundObject) -> &'static str {
    match one.definition.starts_with("CREATE UNIQUE ") {
        true => "no query uses, but which may refuse duplicate rows",
        false => "no query uses",
    }
}

/// What is said where an invalid index is dropped of which no try of this statement is known: whoever has made it wants to
/// know.
pub(crate) fn dropped(doubt: &EarlierAttempt, found: &[FoundObject], name: &str) -> Option<String> {
    let one = found.iter().find(|one| one.name == name && !is_new(doubt, one))?;
    Some(format!(
        "the invalid index `{name}` was there before, which {}: it is dropped, and built again as the migration says; \
         it was: {}",
        use_of(one),
        one.definition
    ))
}

/// What is to be done about what a refused statement has left that is no longer in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Orphans {
    /// Drop this invalid index, and look again.
    Drop(String),
    /// Nothing, but these sentences are to be told.
    Told(Vec<String>),
}

/// Decides on what is left, by what there still is. What the statement has made is dropped; what was there before it is
/// somebody's, who has to decide.
pub(crate) fn orphans(before: &[String], found: &[FoundObject]) -> Orphans {
    let left: Vec<&FoundObject> = found.iter().filter(|one| one.is_left()).collect();
    let was_there = |one: &FoundObject| before.contains(&one.oid);
    if let Some(own) = left.iter().find(|one| one.is_own && !was_there(one)) {
        return Orphans::Drop(own.name.clone());
    }
    let sentence = |one: &FoundObject| match (was_there(one), one.definition.is_empty()) {
        (false, _) => not_droppable(one),
        (true, true) => format!(
            "a statement that is no longer in the file was stopped while it detached a partition: run `{}` to end that",
            one.name
        ),
        (true, false) => format!(
            "a statement that is no longer in the file has made the index `{name}` invalid: `DROP INDEX CONCURRENTLY \
             {name}` drops it, and `REINDEX INDEX CONCURRENTLY {name}` builds it again",
            name = one.name
        ),
    };
    Orphans::Told(left.into_iter().map(sentence).collect())
}

/// What an earlier try of a statement has left that stays, since this role may not drop it: a sentence each.
pub(crate) fn kept(
    kind: &StatementKind,
    doubt: &EarlierAttempt,
    found: &[FoundObject],
) -> Vec<String> {
    if !matches!(kind, StatementKind::Reindex(_)) {
        return Vec::new();
    }
    let kept = found.iter().filter(|one| one.is_left() && !one.is_own && is_new(doubt, one));
    kept.map(not_droppable).collect()
}

fn not_droppable(one: &FoundObject) -> String {
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
        let check = |sql: &str, doubt: EarlierAttempt, now: &str, said: &[&str], stays: usize| {
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
        let unique = FoundObject {
            definition: "CREATE UNIQUE INDEX ix ON public.t USING btree (a)".into(),
            ..found("8!").remove(0)
        };
        let said = left(&parts(create)[0].kind, &refused(""), std::slice::from_ref(&unique));
        assert!(
            said[0]
                .contains("which no query uses, but which may refuse duplicate rows: the next run"),
            "{said:?}"
        );
        // It was there before; it is whole; somebody else builds it.
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

    #[test]
    fn what_is_left_of_a_statement_that_is_gone() {
        let check = |before: &str, now: &str, expected: &str| {
            let before: Vec<String> = before.split_whitespace().map(str::to_owned).collect();
            let text = format!("{:?}", orphans(&before, &found(now)));
            assert!(text.contains(expected), "{text}");
        };
        check("", "8!", "Drop(\"s.8\")");
        check("7", "7! 8!", "Drop(\"s.8\")");
        // It is whole by now, or somebody builds it.
        check("", "8", "Told([])");
        check("", "8?", "Told([])");
        check("7", "7!", "has made the index `s.7` invalid: `DROP INDEX CONCURRENTLY s.7`");
        check("", "8#", "this role may not drop");
        let partition =
            FoundObject { oid: "7".into(), name: "ALTER TABLE t".into(), ..FoundObject::default() };
        let told = format!("{:?}", orphans(&["7".to_owned()], &[partition]));
        assert!(told.contains("run `ALTER TABLE t` to end that"), "{told}");
    }

    #[test]
    fn an_invalid_index_of_somebody_is_not_dropped_in_silence() {
        let told = dropped(&EarlierAttempt::None, &found("8!"), "s.8").unwrap_or_default();
        assert!(told.contains("it was: CREATE INDEX t_a_idx ON public.t"), "{told}");
        assert_eq!(dropped(&refused(""), &found("8!"), "s.8"), None);
        assert!(dropped(&refused("8"), &found("8!"), "s.8").is_some());
    }
}
