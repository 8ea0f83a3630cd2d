//! Plans a stamp: the changes to the history after which it says "at this revision". No migration
//! SQL runs.

use crate::chain::chain::{Chain, Migration};
use crate::plan::history::History;
use crate::plan::plan_error::PlanError;
use crate::plan::status::{HalfDone, Status, half_done, half_done_above, status};
use crate::plan::target::{self, Target};
use crate::syntax::suggest::did_you_mean;

/// The changes that a stamp makes to the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp<'c> {
    /// The records to delete: undone, not in the chain, or different from it.
    pub remove: Vec<String>,
    /// The revisions to record, parents before children.
    pub insert: Vec<&'c Migration<'static>>,
    /// The position of the first of them in the order of application.
    pub position: i64,
}

/// Plans a stamp. A record that already is correct keeps its time and author, unless the history is
/// purged.
///
/// # Errors
///
/// If the chain contains no such revision, or if a revision is half applied that would not be
/// recorded.
pub fn stamp<'c>(
    chain: &'c Chain<'static>,
    history: &History,
    target: &Target,
    purge: bool,
) -> Result<Stamp<'c>, PlanError> {
    let wanted = match place(chain, history, target)? {
        None => vec![false; chain.len()],
        Some(at) => chain.lineage(chain.migrations()[at].id.as_str()),
    };
    let wanted: Vec<&Migration<'static>> = chain
        .migrations()
        .iter()
        .zip(wanted)
        .filter_map(|(migration, wanted)| wanted.then_some(migration))
        .collect();
    let is_missing = |id: &str| !wanted.iter().any(|migration| migration.id.as_str() == id);
    if let Some(half_done) = half_done_above(chain, history, is_missing) {
        return Err(PlanError::HalfDone(half_done));
    }
    let half_undone = half_done(chain, history).filter(HalfDone::is_downgrade);
    if let Some(half_undone) = half_undone.filter(|it| !is_missing(&it.revision)) {
        return Err(PlanError::HalfDone(half_undone));
    }
    let (kept, removed): (Vec<_>, Vec<_>) = history.records.iter().partition(|record| {
        let as_wanted = |migration: &&&Migration<'_>| {
            migration.id.as_str() == record.revision
                && migration.digests.chain == record.chain
                && migration.digests.down == record.down
        };
        !purge && wanted.iter().find(as_wanted).is_some()
    });
    let is_kept = |migration: &Migration<'_>| {
        kept.iter().any(|record| record.revision == migration.id.as_str())
    };
    Ok(Stamp {
        remove: removed.iter().map(|record| record.revision.clone()).collect(),
        insert: wanted.into_iter().filter(|migration| !is_kept(migration)).collect(),
        position: kept.last().map_or(0, |record| record.position) + 1,
    })
}

/// Plans to adopt what another tool has applied: these revisions and all their ancestors. Existing
/// records stay as they are, so a second adoption inserts nothing.
///
/// # Errors
///
/// If the chain contains no such revision, or if the recorded revisions are not those of this
/// chain.
pub fn adopt<'c, T: AsRef<str>>(
    chain: &'c Chain<'static>,
    history: &History,
    revisions: &[T],
) -> Result<Stamp<'c>, PlanError> {
    match status(chain, history) {
        Status::Diverged(divergence) => return Err(PlanError::Diverged(divergence)),
        Status::Partial(half_done) if half_done.is_downgrade() => {
            return Err(PlanError::HalfDone(half_done));
        }
        // A revision that our run has half applied was applied by the other tool.
        _ => {}
    }
    let mut wanted = vec![false; chain.len()];
    for id in revisions.iter().map(AsRef::as_ref) {
        if chain.get(id).is_none() {
            let known = chain.migrations().iter().map(|migration| migration.id.as_str());
            let suggestion = did_you_mean(id, known).map(str::to_owned);
            return Err(PlanError::UnknownRevision { id: id.to_owned(), suggestion });
        }
        for (wanted, found) in wanted.iter_mut().zip(chain.lineage(id)) {
            *wanted |= found;
        }
    }
    let is_new = |(migration, wanted): (&'c Migration<'static>, bool)| {
        (wanted && history.get(migration.id.as_str()).is_none()).then_some(migration)
    };
    Ok(Stamp {
        remove: Vec::new(),
        insert: chain.migrations().iter().zip(wanted).filter_map(is_new).collect(),
        position: history.last().map_or(0, |record| record.position) + 1,
    })
}

/// The index in the chain of a target; `None` for the base.
fn place(
    chain: &Chain<'_>,
    history: &History,
    target: &Target,
) -> Result<Option<usize>, PlanError> {
    match target {
        Target::Head => Ok(Some(chain.len() - 1)),
        Target::Base => Ok(None),
        Target::Revision { id, offset } => target::find_from(chain, id, *offset),
        Target::Relative(offset) => match history.last() {
            Some(record) => target::find_from(chain, &record.revision, *offset),
            // From the base, +1 is the first revision.
            None => usize::try_from(*offset)
                .ok()
                .filter(|count| *count <= chain.len())
                .map(|count| count.checked_sub(1))
                .ok_or_else(|| PlanError::OutOfChain { target: target.to_string() }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::check::check as check_folder;
    use crate::chain::folder::Folder;
    use crate::plan::history::Record;

    fn chain() -> Option<Chain<'static>> {
        let file = |id: &str, parent: &str| {
            format!(
                "-- revision: {id}\n{parent}-- message: m\n-- migrate:up\nSELECT '{id}';\n-- migrate:down\nSELECT 2;\n"
            )
        };
        let texts = [
            ("a_one.sql", file("a", "")),
            ("b_two.sql", file("b", "-- parent: a\n")),
            ("c_three.sql", file("c", "-- parent: b\n")),
        ];
        let texts = texts.iter().map(|(name, text)| (*name, text.as_str()));
        check_folder(Folder::of_texts("m", texts)).ok()
    }

    /// The history of these revisions. One in capitals was applied with another text.
    fn history(chain: &Chain<'_>, applied: &str) -> History {
        let record = |(at, id): (usize, &str)| {
            let known = chain.get(&id.to_lowercase()).unwrap_or(chain.base());
            let digests = known.digests;
            Record {
                revision: id.to_lowercase(),
                parents: vec![],
                up: digests.up,
                down: digests.down,
                chain: if id.to_lowercase() == id { digests.chain } else { digests.up },
                position: at as i64 + 1,
                applied_at: String::new(),
                applied_by: String::new(),
                duration_ms: 0,
                stored: None,
            }
        };
        let records = applied.split_whitespace().enumerate().map(record).collect();
        History { records, ..History::default() }
    }

    fn check(applied: &str, target: &str, purge: bool, remove: &str, insert: &str, position: i64) {
        let Some(chain) = chain() else { panic!("the chain is whole") };
        let target: Target = target.parse().unwrap_or(Target::Base);
        let found = stamp(&chain, &history(&chain, applied), &target, purge);
        let found = found.map(|stamp| {
            let insert: Vec<_> =
                stamp.insert.iter().map(|migration| migration.id.as_str()).collect();
            (stamp.remove.join(" "), insert.join(" "), stamp.position)
        });
        assert_eq!(found, Ok((remove.into(), insert.into(), position)), "{applied} -> {target}");
    }

    #[test]
    fn stamps() {
        check("", "head", false, "", "a b c", 1);
        check("", "b", false, "", "a b", 1);
        check("", "+2", false, "", "a b", 1);
        check("a", "head", false, "", "b c", 2);
        check("a b c", "a", false, "b c", "", 2);
        check("a b c", "-1", false, "c", "", 3);
        check("a b c", "base", false, "a b c", "", 1);
        check("a B c", "head", false, "b", "b", 4);
        check("a x", "b", false, "x", "b", 2);
        check("a b", "b", true, "a b", "a b", 1);
    }

    #[test]
    fn what_another_tool_has_applied_is_added() {
        let Some(chain) = chain() else { panic!("the chain is whole") };
        let check = |applied: &str, revisions: &[&str], expected: Result<(&str, i64), &str>| {
            let found = adopt(&chain, &history(&chain, applied), revisions);
            let found = found.map(|stamp| {
                assert_eq!(stamp.remove, Vec::<String>::new());
                let ids = stamp.insert.iter().map(|migration| migration.id.as_str());
                (ids.collect::<Vec<_>>().join(" "), stamp.position)
            });
            let expected = expected.map(|(insert, position)| (insert.to_owned(), position));
            assert_eq!(found.map_err(|why| why.to_string()), expected.map_err(str::to_owned));
        };
        check("", &["b"], Ok(("a b", 1)));
        check("", &["a", "b", "c"], Ok(("a b c", 1)));
        check("a", &["c"], Ok(("b c", 2)));
        check("a b", &["a"], Ok(("", 3)));
        check("", &[], Ok(("", 1)));
        check("", &["x"], Err("the chain has no revision `x`"));
        let found = adopt(&chain, &history(&chain, "A"), &["b"]);
        assert!(matches!(found, Err(PlanError::Diverged(_))), "{found:?}");
    }
}
