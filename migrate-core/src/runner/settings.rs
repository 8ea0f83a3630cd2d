//! How a runner behaves: names, timeouts, what it tolerates.

use std::time::Duration;

use crate::chain::run_settings::RunSettings;
use crate::syntax::ident::LONGEST;

/// The settings of a runner; see [`Runner`](crate::Runner) for what each does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) schema: String,
    pub(crate) table_prefix: String,
    pub(crate) lock_timeout: Option<Duration>,
    pub(crate) statement_timeout: Option<Duration>,
    /// How long to wait for another runner.
    pub(crate) lock_wait_timeout: Duration,
    /// How often a step is tried again after it waited for a lock too long.
    pub(crate) retries: u32,
    pub(crate) revision_at_a_time: bool,
    /// Each statement in a message of its own.
    pub(crate) statement_at_a_time: bool,
    pub(crate) single_transaction: bool,
    /// Undo what the chain does not have by what the database keeps.
    pub(crate) stored_downgrades: bool,
    pub(crate) refuse_ahead: bool,
    /// Run again what may have run already.
    pub(crate) run_in_doubt_again: bool,
    /// Take revisions that have stopped on their way for not begun.
    pub(crate) forget_progress: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            schema: "public".to_owned(),
            table_prefix: "migrate_".to_owned(),
            lock_timeout: Some(Duration::from_secs(5)),
            statement_timeout: None,
            lock_wait_timeout: Duration::from_secs(300),
            retries: 10,
            revision_at_a_time: false,
            statement_at_a_time: false,
            single_transaction: false,
            stored_downgrades: false,
            refuse_ahead: false,
            run_in_doubt_again: false,
            forget_progress: false,
        }
    }
}

/// The longest of our tables' own names.
const LONGEST_TABLE: usize = "statement".len();

impl Settings {
    /// The usual ones, and what the chain's project says instead.
    pub(crate) fn of(project: &RunSettings) -> Self {
        let usual = Settings::default();
        Settings {
            schema: project.schema.as_ref().map_or(usual.schema, ToString::to_string),
            table_prefix: project
                .table_prefix
                .as_ref()
                .map_or(usual.table_prefix, ToString::to_string),
            lock_timeout: project.lock_timeout.or(usual.lock_timeout),
            statement_timeout: project.statement_timeout,
            lock_wait_timeout: project.lock_wait_timeout.unwrap_or(usual.lock_wait_timeout),
            ..usual
        }
    }

    /// Why the names can't be used, if they can't.
    pub(crate) fn bad_name(&self) -> Option<String> {
        let Settings { schema, table_prefix, .. } = self;
        if schema.is_empty() {
            return Some("the schema's name is empty".to_owned());
        }
        if schema.contains('\0') || table_prefix.contains('\0') {
            return Some("a name has a NUL byte".to_owned());
        }
        if schema.len() > LONGEST || table_prefix.len() + LONGEST_TABLE > LONGEST {
            return Some(format!(
                "`{schema}.{table_prefix}…` is longer than PostgreSQL's {LONGEST} bytes"
            ));
        }
        // A dollar could end the quotes that the guard's body stands in.
        let dollar = schema.contains('$') || table_prefix.contains('$');
        dollar.then(|| format!("`{schema}.{table_prefix}…` has a dollar sign"))
    }
}
