//! Our rows in the server's answers.

use crate::history::Row;
use crate::report::Holder;
use crate::sql::tag;

/// The rows that begin with this tag.
pub(super) fn tagged<'t>(rows: &'t [Row], tag: &'t str) -> impl Iterator<Item = &'t Row> {
    rows.iter().filter(move |row| row.first().and_then(Option::as_deref) == Some(tag))
}

/// Who holds the lock, if the answer names someone.
pub(super) fn holder(rows: &[Row]) -> Option<Holder> {
    let row = tagged(rows, tag::HOLDER).next()?;
    let column = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    Some(Holder {
        pid: column(1),
        application: column(2),
        role: column(3),
        since: column(4),
        query: column(5),
    })
}
