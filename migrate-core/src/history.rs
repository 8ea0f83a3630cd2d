//! What a database says was applied to it.

use crate::digest::Digest;

/// A revision that a database has applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub revision: String,
    /// Its parents then.
    pub parents: Vec<String>,
    /// The digest of the upgrade that ran.
    pub up: Digest,
    /// The digest of the downgrade that belongs to it, if there is one.
    pub down: Option<Digest>,
    /// The digest of the revision and of all that it stands on.
    pub chain: Digest,
    /// Its place in the order of application; grows, but may have gaps.
    pub position: i64,
    /// When it was applied, in UTC (`2025-12-17T10:11:12.131Z`).
    pub applied_at: String,
    /// The database role that applied it.
    pub applied_by: String,
    /// How long the upgrade took, in milliseconds.
    pub duration_ms: i64,
}

/// All that a database has applied, in the order of application.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// The revisions.
    pub records: Vec<Record>,
}

impl History {
    /// The record of a revision.
    pub fn get(&self, revision: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.revision == revision)
    }

    /// The revision that was applied last, if any is.
    pub fn last(&self) -> Option<&Record> {
        self.records.last()
    }
}

/// A row of the server's answer as text, column by column.
pub(crate) type Row = Vec<Option<String>>;

/// Reads the rows of [`sql::read`](crate::sql::read); `Err` says which row is none of ours.
pub(crate) fn parse(rows: &[Row]) -> Result<History, String> {
    let records = rows.iter().map(|row| record(row).ok_or_else(|| format!("{row:?}")));
    Ok(History { records: records.collect::<Result<_, _>>()? })
}

fn record(row: &Row) -> Option<Record> {
    let column = |at: usize| row.get(at)?.as_deref();
    let digest = |at: usize| column(at)?.parse::<Digest>().ok();
    let down = match column(4) {
        None => None,
        Some(text) => Some(text.parse().ok()?),
    };
    Some(Record {
        revision: column(1)?.to_owned(),
        parents: column(2)?.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
        up: digest(3)?,
        down,
        chain: digest(5)?,
        position: column(6)?.parse().ok()?,
        applied_at: column(7)?.to_owned(),
        applied_by: column(8)?.to_owned(),
        duration_ms: column(9)?.parse().ok()?,
    })
}
