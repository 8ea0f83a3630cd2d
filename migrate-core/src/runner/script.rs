//! The offline script: what a run does, as text that psql runs. Pure, and the same bytes every time.

mod psql;

use std::fmt::Write as _;

use crate::chain::chain::Chain;
use crate::plan::direction::Direction;
use crate::plan::history::{History, Record};
use crate::plan::non_transactional::{
    StatementPlan, digest_of, may_be_alone, parts, statement_digest,
};
use crate::plan::plan_error::PlanError;
use crate::plan::planner::{self};
use crate::plan::step::{Plan, Step};
use crate::plan::target::Target;
use crate::runner::batch::{sets_lock_timeout, text_of};
use crate::runner::embedded::IntoTarget;
use crate::runner::error::Error;
use crate::runner::runner::Runner;
use crate::runner::session_settings::changed_settings;
use crate::runner::settings::Settings;
use crate::runner::sql::non_transactional::{NextStatement, Progress, SessionNeeds};
use crate::runner::sql::step::{self as around, AfterStep, Guard};
use crate::runner::sql::{self, BUSY, HISTORY_CHANGED, Session, Tables, literal};
use crate::syntax::statements::split_statements;

impl<R> Runner<'_, R> {
    /// The SQL that upgrades from one revision to another, for people who run it themselves: one
    /// script for psql, with the history's statements in it. `from` is [`Target::Base`] for a
    /// database to which nothing was applied; the script makes the history's tables there.
    ///
    /// Run it as `psql -X -v ON_ERROR_STOP=1 -f script.sql`. It does what this runner does: each
    /// revision is a transaction with its record, and a database with another history is refused.
    /// It does not try again: what stops it has to be fixed by whoever runs it.
    ///
    /// ```
    /// use migrate_core::{Folder, Runner, Target, check};
    ///
    /// let sql = "-- revision: 001\n-- message: Users\n\
    ///            -- migrate:up\nCREATE TABLE users ();\n-- migrate:down\nDROP TABLE users;\n";
    /// let chain = check(Folder::of_texts("migrations", [("001_users.sql", sql)]))?;
    /// let script = Runner::new(&chain).upgrade_script(Target::Base, Target::Head)?;
    /// assert!(script.contains("CREATE TABLE users ();"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no such upgrade, or the names for the history's tables can't be used.
    pub fn upgrade_script(
        &self,
        from: impl IntoTarget<R>,
        to: impl IntoTarget<R>,
    ) -> Result<String, Error> {
        self.script(Direction::Up, &from.into_target(), &to.into_target())
    }

    /// The SQL that downgrades from one revision to another, as
    /// [`upgrade_script`](Self::upgrade_script) does.
    ///
    /// # Errors
    ///
    /// When there is no such downgrade, a revision can't be undone, or the names for the history's
    /// tables can't be used.
    pub fn downgrade_script(
        &self,
        from: impl IntoTarget<R>,
        to: impl IntoTarget<R>,
    ) -> Result<String, Error> {
        self.script(Direction::Down, &from.into_target(), &to.into_target())
    }

    fn script(&self, direction: Direction, from: &Target, to: &Target) -> Result<String, Error> {
        if let Some(reason) = self.settings.bad_name() {
            return Err(Error::BadName { reason });
        }
        Ok(script(self.chain, direction, (from, to), &self.settings)?)
    }
}

/// The script that leads from one revision to another.
fn script(
    chain: &Chain<'static>,
    direction: Direction,
    (from, to): (&Target, &Target),
    settings: &Settings,
) -> Result<String, PlanError> {
    let before = history_at(chain, from)?;
    let plan = match direction {
        Direction::Up => planner::upgrade(chain, &before, to)?,
        Direction::Down => planner::downgrade(chain, &before, to)?,
    };
    if settings.single_transaction {
        plan.one_transaction()?;
    }
    let mut script = Script {
        text: String::new(),
        tables: Tables::new(&settings.schema, &settings.table_prefix),
        settings,
        // A session of its own: but for the role, what it was given when it began is its default.
        session: Session { role: ROLE.to_owned(), ..Session::default() },
    };
    script.head(direction, &before, &plan);
    for (nth, step) in plan.steps.iter().enumerate() {
        script.name(step, nth + 1, plan.steps.len());
        if step.is_transactional() {
            script.transaction(step, nth);
        } else {
            script.non_transactional(step);
        }
    }
    if settings.single_transaction && !plan.steps.is_empty() {
        script.text.push_str(around::COMMIT);
    }
    Ok(script.text)
}

/// The history of a database that is at this revision.
fn history_at(chain: &Chain<'static>, from: &Target) -> Result<History, PlanError> {
    if *from == Target::Base {
        return Ok(History::default());
    }
    let record = |step: &Step<'_>| Record {
        revision: step.migration.id.to_string(),
        parents: step.migration.parents.iter().map(ToString::to_string).collect(),
        up: step.migration.digests.up,
        down: step.migration.digests.down,
        chain: step.migration.digests.chain,
        position: step.position,
        applied_at: String::new(),
        applied_by: String::new(),
        duration_ms: 0,
        stored: None,
    };
    let records =
        planner::upgrade(chain, &History::default(), from)?.steps.iter().map(record).collect();
    Ok(History { records, ..History::default() })
}

/// Stands for the role that the session has when it begins, which psql keeps in a variable.
const ROLE: &str = "migrate:role";

struct Script<'s> {
    text: String,
    tables: Tables,
    settings: &'s Settings,
    session: Session,
}

impl Script<'_> {
    /// What the script is, and what has to hold before it begins.
    fn head(&mut self, direction: Direction, before: &History, plan: &Plan<'_>) {
        let from = before.last().map_or("base", |record| &record.revision);
        let to = match (direction, plan.steps.last()) {
            (Direction::Up, Some(step)) => step.migration.id.as_str(),
            (Direction::Down, Some(step)) => end_of(before, plan, step),
            (_, None) => from,
        };
        let whole = if self.settings.single_transaction {
            "All revisions are one transaction: if the script stops, nothing is done."
        } else {
            "Each revision is a transaction with its record. If the script stops, what came before is\n\
             -- done: fix the cause, and make a script that begins there."
        };
        // What a psqlrc may have set would change what the lines below mean.
        let _ = writeln!(
            self.text,
            "-- {direction} from {from} to {to}, by {tool}.\n\
             -- Run it with: psql -X -v ON_ERROR_STOP=1 -f FILE\n\
             -- {whole}\n\
             \\set ON_ERROR_STOP on\n\
             \\set ON_ERROR_ROLLBACK off\n\
             \\set AUTOCOMMIT on\n\
             \\set SINGLELINE off\n\
             \\set FETCH_COUNT 0\n\
             \\encoding UTF8\n\
             \\pset format unaligned\n\
             \\pset tuples_only on",
            tool = sql::TOOL,
        );
        if plan.steps.is_empty() {
            self.text.push_str("\n-- There is nothing to do.\n");
            return;
        }
        self.text.push_str(
            "\nDO $migrate$ BEGIN IF pg_catalog.current_setting('standard_conforming_strings') <> 'on' THEN \
             RAISE EXCEPTION USING MESSAGE = 'standard_conforming_strings is off: the migrations would mean \
             something else'; END IF; END $migrate$;\n\
             SELECT pg_catalog.current_setting('role') AS migrate_role \\gset\n",
        );
        if before.records.is_empty() {
            let _ = write!(
                self.text,
                "\n-- The history's tables, unless they are there.\n\
                 SELECT pg_catalog.to_regclass({history}) IS NULL AS migrate_is_new \\gset\n\
                 \\if :migrate_is_new\n{nothing_left}{create}\\endif\n",
                history = literal(&self.tables.history),
                nothing_left = sql::layout::nothing_left(&self.tables),
                create = sql::layout::create(&self.tables),
            );
        }
        let _ = writeln!(
            self.text,
            "\nDO $migrate$ BEGIN IF EXISTS (SELECT FROM {progress} p WHERE {half_done}) THEN RAISE EXCEPTION USING MESSAGE = \
             'a revision has stopped on its way', HINT = 'end it with `migrate upgrade` or `migrate downgrade`'; \
             END IF; IF (SELECT pg_catalog.max(version) FROM {layout}) <> {version} THEN RAISE EXCEPTION USING \
             MESSAGE = 'the history''s tables have another layout', HINT = 'make the script with the release of \
             migrate that last wrote them'; END IF; {other}END $migrate$;",
            layout = self.tables.layout,
            version = sql::layout::VERSION,
            progress = self.tables.progress,
            half_done = sql::HALF_DONE,
            other = self.other_history(before),
        );
    }

    /// Refuses a database whose revisions have these names but were others. Each step looks at how many
    /// there are; the digest of one is that of all that it stands on.
    fn other_history(&self, before: &History) -> String {
        let followed = |id: &str| before.records.iter().any(|r| r.parents.iter().any(|p| p == id));
        let last = before.records.iter().filter(|record| !followed(&record.revision));
        let others: String = last
            .map(|record| {
                format!(
                    "IF NOT EXISTS (SELECT FROM {history} WHERE revision = {id} AND chain_digest = '{digest}') \
                     THEN RAISE EXCEPTION USING ERRCODE = '{HISTORY_CHANGED}', \
                     MESSAGE = 'the database is not where this script begins', \
                     HINT = 'look at `migrate status`, and make a script from there'; END IF; ",
                    history = self.tables.history,
                    id = literal(&record.revision),
                    digest = record.chain,
                )
            })
            .collect();
        others
    }

    /// Which revision follows.
    fn name(&mut self, step: &Step<'_>, number: usize, of: usize) {
        let migration = &step.migration;
        let named = format!(
            "{number} of {of}: {} of {}, {} ({})",
            step.direction,
            migration.id,
            migration.message,
            migration.source.path()
        );
        let named = named.replace(char::is_control, " ");
        let _ = writeln!(self.text, "\n-- {named}");
    }

    fn transaction(&mut self, step: &Step<'_>, nth: usize) {
        let text = text_of(step).1;
        let statements = split_statements(text);
        let changes = changed_settings(text, &statements);
        let single = self.settings.single_transaction;
        let begin = match u64::try_from(nth) {
            Ok(marker @ 1..) if single => around::continue_transaction(
                &self.tables,
                step,
                self.settings,
                marker,
                &changes,
                true,
            ),
            _ => around::begin(&self.tables, step, self.settings, Guard::Worded, &changes, &[]),
        };
        self.ours(&begin);
        for statement in &statements {
            psql::push(&mut self.text, text, statement);
        }
        // Of the database nothing is known.
        let then = if single { AfterStep::Next { deferrable: true } } else { AfterStep::Commit };
        let finish = around::finish(&self.tables, step, &self.session, None, &changes, then);
        self.ours(&finish);
        if !single {
            self.text.push_str(around::COMMIT);
        }
    }

    fn non_transactional(&mut self, step: &Step<'_>) {
        let text = text_of(step).1;
        let statements = split_statements(text);
        let parts = parts(text);
        self.text.push_str(
            "-- Outside a transaction, statement by statement. If it stops on its way, `migrate upgrade`\n\
             -- or `migrate downgrade` goes on after the last statement that is done.\n",
        );
        let lock = format!(
            "DO $migrate$ BEGIN IF NOT pg_catalog.pg_try_advisory_lock({key}) THEN RAISE EXCEPTION USING \
             ERRCODE = '{BUSY}', MESSAGE = 'another migration is running'; END IF; {moved}END $migrate$;\n{timeouts}",
            key = self.tables.lock_key,
            moved = around::raise_if(&around::moved_before(&self.tables, step, &[])),
            timeouts = around::timeouts("SET", step, self.settings),
        );
        self.ours(&lock);
        let sets_lock_timeout = sets_lock_timeout(step);
        for (done, (statement, part)) in statements.iter().zip(&parts).enumerate() {
            let begin = "BEGIN ISOLATION LEVEL READ COMMITTED;\n";
            self.text.push_str(begin);
            if may_be_alone(text, statement, &part.kind) {
                let objects = sql::non_transactional::objects(&part.kind);
                let before = objects
                    .map_or(sql::non_transactional::NO_IDS.to_owned(), |objects| objects.ids());
                let digest = statement_digest(text, part);
                self.keep(
                    step,
                    &parts[..done],
                    Some(NextStatement {
                        digest,
                        is_announced: true,
                        has_left: false,
                        found: &before,
                    }),
                );
                let is_free = part.kind.waits_freely() && !sets_lock_timeout;
                if is_free {
                    self.text.push_str("SET lock_timeout = 0;\n");
                }
                psql::push(&mut self.text, text, statement);
                if is_free {
                    self.text.push_str("RESET lock_timeout;\n");
                    self.text.push_str(&around::timeouts("SET", step, self.settings));
                }
                self.text.push_str(begin);
            } else {
                psql::push(&mut self.text, text, statement);
            }
            self.keep(step, &parts[..=done], None);
        }
        let own = [step.migration.id.as_str()];
        let record = sql::non_transactional::record(
            &self.tables,
            step,
            self.settings,
            &self.session,
            Guard::Worded,
            &own,
            SessionNeeds::default(),
        );
        self.ours(&record);
        let changes = changed_settings(text, &statements);
        let changed = changes.iter().map(|name| self.session.reset(name, "")).collect();
        let first = changes.first().map(String::as_str);
        let columns = Session::columns(changed, first, self.session.restore_all());
        self.ours(&format!(
            "SELECT {};\nSELECT pg_catalog.pg_advisory_unlock({});\n",
            columns.join(", "),
            self.tables.lock_key,
        ));
    }

    /// Keeps how far the step is, and ends the transaction.
    fn keep(&mut self, step: &Step<'_>, parts: &[StatementPlan], next: Option<NextStatement<'_>>) {
        let digest = digest_of(text_of(step).1, parts);
        let progress = Progress { done: parts.len(), digest, next };
        let keep = sql::non_transactional::keep(
            &self.tables,
            step,
            &self.session,
            progress,
            SessionNeeds::default(),
        );
        self.ours(&format!("{keep};\n{}", around::COMMIT));
    }

    /// Adds SQL of our own, in which the session's role is psql's to fill in. Inside of another
    /// literal the quotes would be doubled, so this finds no text of a migration.
    fn ours(&mut self, sql: &str) {
        self.text.push_str(&sql.replace(&literal(ROLE), ":'migrate_role'"));
    }
}

/// Where a database is when the steps of a downgrade are done.
fn end_of<'n>(before: &'n History, plan: &Plan<'_>, last: &Step<'_>) -> &'n str {
    let undone = |revision: &str| plan.steps.iter().any(|s| s.migration.id.as_str() == revision);
    let mut left = before.records.iter().filter(|record| !undone(&record.revision));
    debug_assert_eq!(last.count, before.records.len() + 1 - plan.steps.len());
    left.next_back().map_or("base", |record| &record.revision)
}

#[cfg(test)]
mod tests;
