//! What to do about each error.

use super::remedy::remedy;
use super::statement::run_again_help;
use super::{DoubtReason, Error};

/// What to do after a session has ended.
const CONTINUES: &str = "run it again: it continues where the database is";

impl Error {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Error::Statement(error) => error.help(),
            Error::Plan(error) => error.help(),
            Error::NotAtHead { .. } => {
                "upgrade it first: `migrate upgrade head`, or start the server \
                 with a role that may"
                    .into()
            }
            Error::InDoubt { why: DoubtReason::Edited, .. } => {
                "restore the text that it had, and run it again; or make sure that nothing of it is left in the database, \
                 and run it as it is now: add `--run-again`"
                    .into()
            }
            Error::InDoubt { why: DoubtReason::OtherIndex, .. } => {
                "drop the index or rename it, and run it again".into()
            }
            Error::InDoubt { revision, direction, why: DoubtReason::Commits, .. } => {
                run_again_help(*direction, revision)
            }
            Error::LostLock { .. } => {
                "remove what releases all advisory locks (`pg_advisory_unlock_all()`, `DISCARD ALL`), and run it \
                 again: it continues where the database is"
                    .into()
            }
            Error::LockKept { .. } => {
                "close this connection: until then no other migration can run".into()
            }
            Error::Ended { rolled_back, failure, .. } => {
                let outcome = match rolled_back {
                    true => "what was under way was rolled back",
                    false => "the statement that was under way may be done, which the next run finds out",
                };
                let cause = failure.ended_by().unwrap_or("the server has ended the session");
                format!("{cause}; {outcome}; {CONTINUES}")
            }
            Error::UnsupportedServer { .. } => "connect to a PostgreSQL server".into(),
            Error::Internal { .. } => {
                "please report this; what was finished is recorded, and a new run continues there".into()
            }
            Error::Stopped { .. } => "run it again to continue".into(),
            Error::LockTimeout { .. } => {
                "run it again when the other one has ended; if that hangs, end it on the server: \
                 `SELECT pg_terminate_backend(pid)`"
                    .into()
            }
            Error::UnrecognizedTable { .. } | Error::NameTaken { .. } => {
                "is this the right database? If it is, put migrate's tables elsewhere: \
                 `Runner::table_prefix` or `Runner::schema`"
                    .into()
            }
            Error::NewerLayout { .. } => "run a newer release of this program".into(),
            Error::Denied { failure, .. } => {
                let owner = "connect as the role that owns the schema, or grant it to this one";
                let is_right = failure.is("42501") && !failure.message.contains("row-level");
                let other = remedy(failure).filter(|_| !is_right);
                other.unwrap_or(owner).into()
            }
            Error::Hidden { table, role } => format!(
                "connect as the table's owner or a role with BYPASSRLS, or switch it off: \
                 `ALTER TABLE {table} DISABLE ROW LEVEL SECURITY`; a policy that hides nothing will do, too: \
                 `CREATE POLICY migrate ON {table} TO {role} USING (true)`"
            ),
            Error::BadName { .. } => "choose shorter, plain names".into(),
            Error::InTransaction => {
                "commit it or roll it back first: each revision has a transaction of its own".into()
            }
            Error::TransactionPooler { .. } => {
                "connect to the server itself for this run, or let the pooler keep sessions".into()
            }
            Error::NonConformingStrings => {
                "set standard_conforming_strings to on, the default, for this role or database"
                    .into()
            }
            Error::Server { failure, .. } if failure.is_lost() => {
                match failure.ended_by() {
                    Some(cause) => format!("{cause}; {CONTINUES}"),
                    None => format!(
                        "check that the server is up, and {CONTINUES}; its log says what has ended the session"
                    ),
                }
            }
            Error::Server { failure, .. } => remedy(failure)
                .unwrap_or("the migration is not the cause; the server's log may say more")
                .into(),
        }
    }
}
