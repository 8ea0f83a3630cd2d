//! The history: which revisions a database has recorded as applied.

use std::collections::HashSet;
use std::time::Duration;

use crate::chain::digest::Digest;
use crate::chain::id::RevisionId;
use crate::chain::sections::Options;
use crate::plan::direction::Direction;

/// A revision that a database has applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub revision: String,
    /// Its parents at that time.
    pub parents: Vec<String>,
    /// The digest of the upgrade that ran.
    pub up: Digest,
    /// The digest of the downgrade that belongs to it, if there is one.
    pub down: Option<Digest>,
    /// The digest of the revision and all its ancestors.
    pub chain: Digest,
    /// Its position in the order of application. Positions increase, but may have gaps.
    pub position: i64,
    /// When it was applied, in UTC (`2025-12-17T10:11:12.131Z`).
    pub applied_at: String,
    /// The database role that applied it.
    pub applied_by: String,
    /// How long the upgrade took, in milliseconds.
    pub duration_ms: i64,
    /// The downgrade recorded in the database, if it was read: see
    /// [`Runner::stored_downgrades`](crate::Runner::stored_downgrades).
    pub stored: Option<StoredDown>,
}

/// The downgrade of a revision, as recorded in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDown {
    /// Its SQL; `None` if the revision cannot be undone.
    pub sql: Option<String>,
    /// How it runs.
    pub options: Options,
}

impl StoredDown {
    /// Reads the columns of the history: the SQL, whether it is transactional, and the timeouts in
    /// milliseconds.
    pub(crate) fn read(columns: [Option<&str>; 4]) -> Self {
        let [sql, transactional, lock_timeout, statement_timeout] = columns;
        let timeout = |text: Option<&str>| Some(Duration::from_millis(text?.parse().ok()?));
        StoredDown {
            sql: sql.map(str::to_owned),
            options: Options {
                transactional: transactional != Some("f"),
                lock_timeout: timeout(lock_timeout),
                statement_timeout: timeout(statement_timeout),
            },
        }
    }
}

/// Everything that a database has recorded as applied, in the order of application.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    /// The revisions.
    pub records: Vec<Record>,
    /// The revision whose non-transactional downgrade has stopped before its end.
    pub undoing: Option<String>,
    /// The non-transactional revisions that are running or have stopped, in the order in which they
    /// were started; empty if the role may not read this.
    pub partials: Vec<Partial>,
    /// The `GRANT` that the role needs to read which revisions are half done, if it may not.
    pub partials_need: Option<String>,
}

/// A non-transactional revision that is half done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partial {
    /// Its id.
    pub revision: String,
    /// Whether it is being applied or undone.
    pub direction: Direction,
    /// How many of its statements are done.
    pub done: usize,
    /// Whether the next statement was started without an answer from the server.
    pub in_doubt: bool,
    /// Whether a migration is running.
    pub is_running: bool,
    /// The digest of the statements that are done; `None` if the recorded value is not a valid
    /// digest.
    pub digest: Option<Digest>,
}

impl History {
    /// The record of a revision.
    pub fn get(&self, revision: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.revision == revision)
    }

    /// The non-transactional revisions that are half done.
    pub(crate) fn half_done(&self) -> impl Iterator<Item = &str> {
        self.partials.iter().map(|partial| partial.revision.as_str())
    }

    /// The history without half done revisions, as it is after
    /// [`Runner::forget_progress`](crate::Runner::forget_progress).
    #[must_use]
    pub fn without_progress(self) -> Self {
        History { undoing: None, partials: Vec::new(), partials_need: None, ..self }
    }

    /// A revision and all its ancestors, as recorded in the database: for each record, whether it
    /// is one of them.
    pub(crate) fn lineage(&self, revision: &str) -> Vec<bool> {
        let mut wanted: HashSet<&str> = HashSet::from([revision]);
        let mut found = vec![false; self.records.len()];
        // Parents were applied before their children, so one backward pass marks them all.
        for (record, found) in self.records.iter().zip(&mut found).rev() {
            *found = wanted.contains(record.revision.as_str());
            if *found {
                wanted.extend(record.parents.iter().map(String::as_str));
            }
        }
        found
    }

    /// The revision that was applied last, if there is one.
    pub fn last(&self) -> Option<&Record> {
        self.records.last()
    }
}

/// A row of the server's answer, with each column as text.
pub(crate) type Row = Vec<Option<String>>;

/// Parses the rows of [`sql::read`](crate::runner::sql::read); `Err` describes the invalid row.
pub(crate) fn parse(rows: &[Row]) -> Result<History, String> {
    let records = rows.iter().map(|row| record(row).ok_or_else(|| format!("{row:?}")));
    let is_undoing = |row: &&Row| row.get(10).and_then(Option::as_deref) == Some("t");
    let undoing = rows.iter().find(is_undoing).and_then(|row| row.get(1)?.clone());
    Ok(History { records: records.collect::<Result<_, _>>()?, undoing, ..History::default() })
}

/// Parses the rows of [`sql::partials`](crate::runner::sql::partials); `Err` describes the invalid
/// row.
pub(crate) fn parse_partials<'r>(
    rows: impl Iterator<Item = &'r Row>,
) -> Result<Vec<Partial>, String> {
    rows.map(|row| partial(row).ok_or_else(|| format!("{row:?}"))).collect()
}

fn partial(row: &Row) -> Option<Partial> {
    let column = |at: usize| row.get(at)?.as_deref();
    Some(Partial {
        revision: id(column(1)?)?,
        direction: match column(2)? {
            "upgrade" => Direction::Up,
            "downgrade" => Direction::Down,
            _ => return None,
        },
        done: column(3)?.parse().ok()?,
        in_doubt: column(4)? == "t",
        is_running: column(5)? == "t",
        digest: column(6).and_then(|digest| digest.parse().ok()),
    })
}

/// The largest position that leaves room for further ones.
const MOST_POSITION: i64 = i64::MAX / 2;

/// Parses the id of a revision. No release writes an invalid id, so one was inserted by hand,
/// possibly to manipulate the output or the SQL that it becomes part of.
fn id(text: &str) -> Option<String> {
    RevisionId::new(text).ok().map(|id| id.as_str().to_owned())
}

fn record(row: &Row) -> Option<Record> {
    let column = |at: usize| row.get(at)?.as_deref();
    let digest = |at: usize| column(at)?.parse::<Digest>().ok();
    let down = match column(4) {
        None => None,
        Some(text) => Some(text.parse().ok()?),
    };
    Some(Record {
        revision: id(column(1)?)?,
        parents: column(2)?
            .split(',')
            .filter(|id| !id.is_empty())
            .map(id)
            .collect::<Option<_>>()?,
        up: digest(3)?,
        down,
        chain: digest(5)?,
        position: column(6)?.parse().ok().filter(|position| *position <= MOST_POSITION)?,
        applied_at: column(7)?.to_owned(),
        applied_by: column(8)?.to_owned(),
        duration_ms: column(9)?.parse().ok()?,
        stored: (row.len() > 11)
            .then(|| StoredDown::read([column(11), column(12), column(13), column(14)])),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row in the format of [`sql::read`](crate::runner::sql::read), with one column replaced.
    fn row(at: usize, value: Option<&str>) -> Row {
        let digest = format!("sha256:{}", "0f".repeat(32));
        let columns = ["migrate:record", "b", "a,x", &digest, &digest, &digest];
        let rest = ["20", "2025-12-17T10:11:12.131Z", "deploy", "7"];
        let mut row: Row = columns.iter().chain(&rest).map(|c| Some((*c).to_owned())).collect();
        row[at] = value.map(str::to_owned);
        row
    }

    #[test]
    fn a_row_is_read_whole() {
        let history = parse(&[row(0, None)]).unwrap_or_default();
        let digest = Digest::from_bytes([0x0f; 32]);
        let expected = Record {
            revision: "b".into(),
            parents: vec!["a".into(), "x".into()],
            up: digest,
            down: Some(digest),
            chain: digest,
            position: 20,
            applied_at: "2025-12-17T10:11:12.131Z".into(),
            applied_by: "deploy".into(),
            duration_ms: 7,
            stored: None,
        };
        assert_eq!((history.last(), history.get("b")), (Some(&expected), Some(&expected)));
        assert_eq!((history.get("a"), history.records.len()), (None, 1));
        let parents =
            |text| parse(&[row(2, Some(text))]).unwrap_or_default().records[0].parents.len();
        assert_eq!((parents(""), parents("a")), (0, 1));
        assert_eq!(parse(&[row(4, None)]).unwrap_or_default().records[0].down, None);
    }

    #[test]
    fn a_row_of_another_shape_is_shown() {
        let check = |row: Row| {
            let shown = format!("{row:?}");
            assert_eq!(parse(&[row]), Err(shown));
        };
        // All columns are required except for the tag and the digest of the downgrade.
        for at in [1, 2, 3, 5, 6, 7, 8, 9] {
            check(row(at, None));
        }
        let values = [
            (1, ""),
            (1, "head"),
            (1, "x'; DROP TABLE t; --"),
            (1, "\u{1b}[2J"),
            (2, "a b"),
            (2, "a,\"b\""),
            (3, "0f"),
            (4, ""),
            (5, "sha256:"),
            (6, "first"),
            (6, "9223372036854775807"),
            (9, "1.5"),
            (9, ""),
        ];
        for (at, value) in values {
            check(row(at, Some(value)));
        }
        check(row(0, None)[..9].to_vec());
        check(Row::new());
    }

    #[test]
    fn the_columns_of_a_recorded_downgrade() {
        let check = |columns: [Option<&str>; 4], expected: (bool, Option<u64>, Option<u64>)| {
            let Options { transactional, lock_timeout, statement_timeout } =
                StoredDown::read(columns).options;
            let (all, lock, statement) = expected;
            assert_eq!(transactional, all, "{columns:?}");
            assert_eq!(lock_timeout, lock.map(Duration::from_millis), "{columns:?}");
            assert_eq!(statement_timeout, statement.map(Duration::from_millis), "{columns:?}");
        };
        check([None, Some("t"), None, None], (true, None, None));
        check([None, Some("f"), Some("5000"), Some("0")], (false, Some(5000), Some(0)));
        check([None, None, Some("soon"), None], (true, None, None));
    }
}
