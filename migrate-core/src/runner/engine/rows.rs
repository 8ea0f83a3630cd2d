//! Our rows in the server's answers.

use std::time::Duration;

use crate::plan::history::Row;
use crate::plan::step::Step;
use crate::runner::report::{LockHolder, StatementProgress};
use crate::runner::sql::tag;

/// The rows that begin with this tag.
pub(super) fn tagged<'t>(rows: &'t [Row], tag: &'t str) -> impl Iterator<Item = &'t Row> {
    rows.iter().filter(move |row| row.first().and_then(Option::as_deref) == Some(tag))
}

/// How long a step took, as its record says. A migration may answer anything, but not after it.
pub(super) fn duration(rows: &[Row], step: &Step<'_>) -> Option<Duration> {
    let id = Some(step.migration.id.as_str());
    let own = |row: &&Row| row.get(1).and_then(Option::as_deref) == id;
    let row = tagged(rows, tag::DONE).filter(own).last()?;
    Some(Duration::from_millis(row.get(2)?.as_deref()?.parse().ok()?))
}

/// Who holds the lock, if the answer names someone.
pub(super) fn holder(rows: &[Row]) -> Option<LockHolder> {
    let row = tagged(rows, tag::HOLDER).next()?;
    let column = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    Some(LockHolder {
        pid: column(1),
        application: column(2),
        role: column(3),
        since: column(4),
        query: column(5),
        progress: progress(row),
    })
}

/// How far a statement is, where a view of the server tells.
fn progress(row: &Row) -> Option<StatementProgress> {
    let column = |at: usize| row.get(at)?.as_deref();
    let number = |at: usize| column(at)?.parse().ok();
    Some(StatementProgress {
        phase: column(6)?.to_owned(),
        done: number(7).unwrap_or(0),
        total: number(8).unwrap_or(0),
        unit: column(9).unwrap_or_default().to_owned(),
        waits_for: column(10).map(str::to_owned),
    })
}
