//! What a run did, and what it says while it runs.

use std::fmt;
use std::time::Duration;

use crate::plan::direction::Direction;
use crate::plan::history::Partial;
use crate::runner::batch::LABEL;
use crate::runner::notices::Notice;
use crate::syntax::source::printable;

/// A revision that a run has applied or undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Which way.
    pub direction: Direction,
    /// The revision.
    pub revision: String,
    /// How long it took on the server.
    pub duration: Duration,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The revisions, in the order in which they ran; empty if there was nothing to do.
    pub done: Vec<Done>,
    /// The revisions that a stamp recorded.
    pub stamped: Vec<String>,
    /// The revisions whose record a stamp removed or replaced.
    pub unstamped: Vec<String>,
    /// The history's tables that were removed; one of them is a sequence.
    pub forgotten: Vec<String>,
    /// The revisions in the database that this chain does not have, because a newer release has applied them.
    pub ahead: Vec<String>,
    /// How many messages were sent to the server and answered.
    pub round_trips: usize,
}

/// Who holds the lock that a run waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockHolder {
    /// The server process.
    pub pid: String,
    /// Its `application_name`, if it sets one.
    pub application: String,
    /// Its role.
    pub role: String,
    /// For how long it has held the lock, as the server writes it (`00:00:12`).
    pub since: String,
    /// The beginning of the statement that it runs, if this role may see it.
    pub query: String,
    /// The progress of that statement: of an index build, `VACUUM`, `CLUSTER` or `VACUUM FULL`, if this role may see it.
    pub progress: Option<StatementProgress>,
}

/// The progress of a long statement, from a view such as `pg_stat_progress_create_index`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementProgress {
    /// The phase, in the server's words: `building index: scanning table`.
    pub phase: String,
    /// How much of the phase is done.
    pub done: u64,
    /// The total; 0 if the phase has none.
    pub total: u64,
    /// The unit: `blocks`, `rows`, or the `transactions` that it waits for.
    pub unit: String,
    /// The server process that it waits for.
    pub waits_for: Option<String>,
}

impl StatementProgress {
    /// How much of the phase is done, in whole per cent, if it has a total.
    pub fn percent(&self) -> Option<u64> {
        let done = u128::from(self.done.min(self.total)) * 100;
        u64::try_from(done.checked_div(u128::from(self.total))?).ok()
    }
}

impl fmt::Display for StatementProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.phase))?;
        if let Some(percent) = self.percent() {
            let Self { done, total, unit, .. } = self;
            write!(f, ", {percent} % ({done} of {total} {})", printable(unit))?;
        }
        match &self.waits_for {
            Some(pid) => write!(f, ", waits for process {}", printable(pid)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {}", self.pid)?;
        if !self.application.is_empty() {
            write!(f, " ({})", printable(&self.application))?;
        }
        write!(f, " of {}", printable(&self.role))?;
        if !self.since.is_empty() {
            write!(f, ", for {}", self.since)?;
        }
        if let Some((label, _)) = self.query.strip_prefix(LABEL).and_then(|it| it.split_once(" */"))
        {
            write!(f, ", running the {}", printable(label))?;
        } else {
            // In one line; the beginning tells which it is.
            let words: Vec<&str> = self.query.split_whitespace().collect();
            let query: String = words.join(" ").chars().take(60).collect();
            if !query.is_empty() {
                write!(f, ", with `{}`", printable(&query))?;
            }
        }
        match &self.progress {
            Some(progress) => write!(f, ": {progress}"),
            None => Ok(()),
        }
    }
}

/// Something that happens during a run; see [`Runner::observe`](crate::Runner::observe).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'e> {
    /// A revision was sent to the server.
    Started {
        /// Which way.
        direction: Direction,
        /// The revision.
        revision: &'e str,
        /// Its number in this run, from 1.
        number: usize,
        /// How many there are in this run.
        total: usize,
    },
    /// A statement was sent to the server: of a revision outside a transaction, or of any
    /// revision with [`Runner::statement_at_a_time`](crate::Runner::statement_at_a_time).
    Statement {
        /// The revision.
        revision: &'e str,
        /// Its number in its section, from 1.
        number: usize,
        /// How many statements the section has.
        total: usize,
    },
    /// A revision and its record are committed.
    Finished {
        /// Which way.
        direction: Direction,
        /// The revision.
        revision: &'e str,
        /// How long it took on the server.
        duration: Duration,
    },
    /// Another runner holds the lock.
    Waiting {
        /// Its session, if that can be seen.
        holder: Option<&'e LockHolder>,
        /// How long this run has waited.
        waited: Duration,
    },
    /// A revision was rolled back for a temporary reason, and will be tried again.
    Retrying {
        /// The revision.
        revision: &'e str,
        /// What the server said.
        reason: &'e str,
        /// The pause before the next attempt.
        after: Duration,
    },
    /// Some of the history's tables had been dropped, and were created again.
    Recreated {
        /// The tables that were created; one may be a sequence.
        tables: &'e [String],
        /// The revisions that were half done under the dropped history; their progress was removed.
        unfinished: &'e [Partial],
    },
    /// A condition that does not stop the run, but needs attention: an invalid index that an interrupted
    /// `REINDEX CONCURRENTLY` has left behind, and that this role may not drop.
    Warning {
        /// The revision that runs.
        revision: &'e str,
        /// What is wrong, and what to do.
        message: &'e str,
    },
    /// A `NOTICE` or `WARNING` of the server, if the connection forwards them; see
    /// [`Runner::forward_notices`](crate::Runner::forward_notices).
    Notice {
        /// The revision that runs; `None` between revisions, and where several run in one message.
        revision: Option<&'e str>,
        /// What it said.
        notice: &'e Notice,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_named_by_its_revision() {
        let check = |query: &str, expected: &str| {
            let holder = LockHolder {
                pid: "7".into(),
                application: "migrate".into(),
                role: "app".into(),
                since: "00:00:04".into(),
                query: query.into(),
                progress: None,
            };
            let expected = format!("process 7 (migrate) of app, for 00:00:04{expected}");
            assert_eq!(holder.to_string(), expected, "{query}");
        };
        check("", "");
        check("/* migrate: upgrade of b */ BEGIN ISOLATION", ", running the upgrade of b");
        let part = "/* migrate: downgrade of b, statement 2 of 3 */ SELECT pg_catalog.setval(";
        check(part, ", running the downgrade of b, statement 2 of 3");
        check("CREATE INDEX\n  i ON t (a)", ", with `CREATE INDEX i ON t (a)`");
        // Cut off by the server.
        check("/* migrate: upgrade of b", ", with `/* migrate: upgrade of b`");
    }

    #[test]
    fn progress_is_a_phase_and_how_much_of_it() {
        let check = |done: u64, total: u64, unit: &str, waits_for: Option<&str>, expected: &str| {
            let progress = StatementProgress {
                phase: "building index".into(),
                done,
                total,
                unit: unit.into(),
                waits_for: waits_for.map(str::to_owned),
            };
            assert_eq!(progress.to_string(), format!("building index{expected}"));
        };
        check(0, 0, "rows", None, "");
        check(42, 100, "blocks", None, ", 42 % (42 of 100 blocks)");
        check(999, 1000, "rows", None, ", 99 % (999 of 1000 rows)");
        // The counters are read one after the other.
        check(7, 5, "rows", None, ", 100 % (7 of 5 rows)");
        check(u64::MAX, u64::MAX, "rows", None, &format!(", 100 % ({0} of {0} rows)", u64::MAX));
        check(0, 2, "transactions", Some("9"), ", 0 % (0 of 2 transactions), waits for process 9");
    }
}
