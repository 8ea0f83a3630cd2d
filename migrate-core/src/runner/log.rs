//! What happened to a database, as its log tells.

use crate::plan::history::Row;

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// When, in UTC (`2025-12-17T10:11:12.131Z`).
    pub at: String,
    /// The database role.
    pub by: String,
    /// What happened: `upgrade`, `downgrade`, `stamp`, `unstamp`, `adopt`, `forget-progress` or
    /// `failure`; a newer
    /// release may have other words.
    pub action: String,
    /// The revision.
    pub revision: String,
    /// How long it took, in milliseconds, where something ran to its end.
    pub duration_ms: Option<i64>,
    /// What was wrong, of a failure.
    pub error: Option<String>,
    /// The program that wrote the entry, and its version.
    pub tool: String,
}

/// Reads the rows of [`sql::log::read`](crate::runner::sql::log::read); `Err` says which row is none of ours.
pub(crate) fn parse<'r>(rows: impl Iterator<Item = &'r Row>) -> Result<Vec<LogEntry>, String> {
    rows.map(|row| entry(row).ok_or_else(|| format!("{row:?}"))).collect()
}

fn entry(row: &Row) -> Option<LogEntry> {
    let column = |at: usize| row.get(at)?.clone();
    let duration_ms = match column(5) {
        None => None,
        Some(text) => Some(text.parse().ok()?),
    };
    Some(LogEntry {
        at: column(1)?,
        by: column(2)?,
        action: column(3)?,
        revision: column(4)?,
        duration_ms,
        error: column(6),
        tool: column(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_whole_or_shown() {
        let row: Row = ["migrate:log", "now", "me", "upgrade", "r1", "7", "", "migrate 0.3.0"]
            .map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()))
            .to_vec();
        let check = |change: &dyn Fn(&mut Row), expected: Option<Option<i64>>| {
            let mut row = row.clone();
            change(&mut row);
            let shown = format!("{row:?}");
            let found = parse([row].iter());
            match expected {
                Some(duration) => assert_eq!(found.map(|log| log[0].duration_ms), Ok(duration)),
                None => assert_eq!(found, Err(shown)),
            }
        };
        check(&|_| {}, Some(Some(7)));
        check(&|row| row[5] = None, Some(None));
        check(&|row| row[5] = Some("x".into()), None);
        check(&|row| row[4] = None, None);
        check(&|row| row.truncate(6), None);
    }
}
