//! The runner: how a program brings its database to a revision of its chain.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::marker::PhantomData;
use std::time::Duration;

use crate::chain::chain::Chain;
use crate::plan::history::History;
use crate::plan::plan_error::PlanError;
use crate::plan::status::{Status, status};
use crate::plan::step::Plan;
use crate::runner::embedded::{AtHead, Embedded};
use crate::runner::engine::{Engine, Outcome};
use crate::runner::error::Error;
use crate::runner::notices::Notices;
use crate::runner::observer::Observers;
use crate::runner::operation::Operation;
use crate::runner::report::Event;
use crate::runner::settings::Settings;
use crate::runner::sql::Tables;
use crate::syntax::ident::quote;

/// Brings a database to a revision of a chain, or reports where it is.
///
/// `migrations::runner()` makes one for the chain that `embed_migrations!()` embedded;
/// [`Runner::new`] makes one for a chain that was read from a folder. The methods that run take
/// a client: [`postgres::Client`] (feature `postgres`), or [`tokio_postgres::Client`] in the
/// methods whose names end in `_async` (feature `tokio-postgres`).
///
/// Each revision runs in its own transaction, together with its record in the history. Any number of runners may start
/// at the same time: one of them migrates, the others wait and then have nothing to do.
///
/// # Upgrade, downgrade, status
///
#[cfg_attr(feature = "postgres", doc = "```no_run")]
#[cfg_attr(not(feature = "postgres"), doc = "```ignore")]
/// use migrate_core::{Chain, Error, Runner, Status, Target};
///
/// fn about(chain: &Chain<'static>, client: &mut postgres::Client) -> Result<(), Error> {
///     let runner = Runner::new(chain);
///     // Applies everything that is pending. The result proves that the database is at head.
///     let at_head = runner.upgrade(client)?;
///     println!("{} revisions ran", at_head.report().done.len());
///
///     // To a target: head, base, +2, -1, a revision, or a number of steps from one.
///     runner.downgrade_to(client, Target::Relative(-1))?;
///     runner.upgrade_to(client, Target::revision("20251217_indexes"))?;
///
///     match runner.status(client)? {
///         Status::Behind { pending } => println!("pending: {pending:?}"),
///         Status::Diverged(why) => println!("{why}: {}", why.help()),
///         status => println!("{status}"),
///     }
///     for entry in runner.log(client)? {
///         println!("{} {} of {} by {}", entry.at, entry.action, entry.revision, entry.by);
///     }
///     // Proves the same as an upgrade, but only reads: for a role that may not migrate.
///     let at_head = runner.verify(client)?;
///
///     // Records where a database is that was created by other means. No migration runs.
///     runner.stamp(client, Target::Head)?;
///     Ok(())
/// }
/// ```
///
/// # Locks and timeouts
///
#[cfg_attr(feature = "postgres", doc = "```no_run")]
#[cfg_attr(not(feature = "postgres"), doc = "```ignore")]
/// # use migrate_core::{Chain, Error, Runner};
/// use std::time::Duration;
///
/// # fn bounded(chain: &Chain<'static>, client: &mut postgres::Client) -> Result<(), Error> {
/// let runner = Runner::new(chain)
///     .lock_timeout(Duration::from_secs(2))         // the wait for a lock on a table, after which
///     .retries(20)                                  // the revision is tried again, up to 20 times
///     .statement_timeout(Duration::from_secs(600))  // the time that a statement may take
///     .lock_wait_timeout(Duration::from_secs(60));  // the wait for another runner
/// runner.upgrade(client)?;
/// # Ok(())
/// # }
/// ```
///
/// # Events, and stopping
///
#[cfg_attr(feature = "postgres", doc = "```no_run")]
#[cfg_attr(not(feature = "postgres"), doc = "```ignore")]
/// # use migrate_core::{Chain, Error, Runner};
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use migrate_core::Event;
/// use migrate_core::runner::Notices;
///
/// static STOP: AtomicBool = AtomicBool::new(false);
///
/// # fn watched(chain: &Chain<'static>, client: &mut postgres::Client, notices: &Notices) -> Result<(), Error> {
/// let runner = Runner::new(chain)
///     .forward_notices(notices)  // NOTICE and WARNING messages of the server
///     .statement_at_a_time()
///     .observe(|event| match event {
///         Event::Started { revision, number, total, .. } => println!("{revision}, {number} of {total}"),
///         Event::Statement { number, total, .. } => println!("  statement {number} of {total}"),
///         Event::Finished { duration, .. } => println!("  took {duration:?}"),
///         Event::Waiting { holder: Some(holder), .. } => println!("waiting for {holder}"),
///         Event::Notice { notice, .. } => println!("  {}: {}", notice.severity, notice.message),
///         _ => {}
///     })
///     .stop_when(|| STOP.load(Ordering::Relaxed));
/// match runner.upgrade(client) {
///     Err(Error::Stopped { done, .. }) => println!("stopped after {} revisions", done.len()),
///     result => println!("{:?}", result?.report()),
/// }
/// # Ok(())
/// # }
/// ```
///
/// # One transaction, and downgrades after a rollback
///
#[cfg_attr(feature = "postgres", doc = "```no_run")]
#[cfg_attr(not(feature = "postgres"), doc = "```ignore")]
/// # use migrate_core::{Chain, Error, Runner, Target};
/// # fn more(chain: &Chain<'static>, client: &mut postgres::Client) -> Result<(), Error> {
/// Runner::new(chain).single_transaction().upgrade(client)?;
/// // After a rollback to this release: undoes the revisions that only a newer release has.
/// Runner::new(chain).stored_downgrades().downgrade_to(client, Target::Head)?;
/// // The history's tables with other names, in another schema; refuses what a newer release has migrated.
/// Runner::new(chain).schema("ops").table_prefix("actorhub_").refuse_ahead().upgrade(client)?;
/// # Ok(())
/// # }
/// ```
pub struct Runner<'a, R = ()> {
    pub(crate) chain: &'a Chain<'static>,
    pub(crate) settings: Settings,
    watch: Observers<'a>,
    revisions: PhantomData<fn() -> R>,
}

impl<R> fmt::Debug for Runner<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, _) = self.chain.tip();
        f.debug_struct("Runner").field("head", &head).field("settings", &self.settings).finish()
    }
}

impl<'a> Runner<'a> {
    /// A runner for a chain that was read at run time.
    pub fn new(chain: &'a Chain<'static>) -> Self {
        Runner::of(chain)
    }
}

impl<R: Embedded> Runner<'static, R> {
    /// A runner for an embedded chain; `migrations::runner()` calls it.
    pub fn embedded() -> Self {
        Runner::of(R::chain())
    }
}

impl<'a, R> Runner<'a, R> {
    fn of(chain: &'a Chain<'static>) -> Self {
        let (settings, revisions) = (Settings::of(chain.settings()), PhantomData);
        Runner { chain, settings, watch: Observers::default(), revisions }
    }

    /// The schema of the history's tables; `public` unless set. It is created if it does not exist.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.settings.schema = schema.into();
        self
    }

    /// The prefix of the names of the history's tables; `migrate_` unless set.
    #[must_use]
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.settings.table_prefix = prefix.into();
        self
    }

    /// How long a statement may wait for a lock on a table; 5 s unless set, zero for no limit. While a migration waits,
    /// every later query on the table waits behind it, so several short waits do less harm than one long wait. A
    /// section's own `lock_timeout` takes precedence.
    #[must_use]
    pub fn lock_timeout(mut self, limit: Duration) -> Self {
        self.settings.lock_timeout = Some(limit);
        self
    }

    /// How long a statement may take; the server's own setting unless set, zero for no limit. A
    /// section's own `statement_timeout` takes precedence.
    #[must_use]
    pub fn statement_timeout(mut self, limit: Duration) -> Self {
        self.settings.statement_timeout = Some(limit);
        self
    }

    /// How often a revision is tried again after a lock timeout or a deadlock; 10 unless set.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.settings.retries = retries;
        self
    }

    /// How long to wait for another runner to finish; 5 min unless set.
    #[must_use]
    pub fn lock_wait_timeout(mut self, limit: Duration) -> Self {
        self.settings.lock_wait_timeout = limit;
        self
    }

    /// Sends each revision in a message of its own instead of many together. This is slower over a connection with high
    /// latency, but [`Event::Finished`] comes as soon as its revision is committed.
    #[must_use]
    pub fn revision_at_a_time(mut self) -> Self {
        self.settings.revision_at_a_time = true;
        self
    }

    /// Sends each statement in a message of its own. This is slower still, but each statement is reported by
    /// [`Event::Statement`], and the run can [stop](Self::stop_when) after each of them.
    #[must_use]
    pub fn statement_at_a_time(mut self) -> Self {
        self.settings.statement_at_a_time = true;
        self
    }

    /// Runs all revisions in one transaction: either all of them are applied, or none. Refused if one of them runs
    /// outside a transaction. Every table and index that is created or changed stays locked until the end, so a chain
    /// of thousands of revisions may need a higher `max_locks_per_transaction` on the server.
    #[must_use]
    pub fn single_transaction(mut self) -> Self {
        self.settings.single_transaction = true;
        self
    }

    /// Lets a downgrade undo revisions that this chain does not have, or has with another text or in another place, by
    /// the downgrade that the database stores for each revision. Use it after a rollback to an older release, or after
    /// an applied revision was edited. A stored downgrade runs only if it still has the digest that was recorded when
    /// the revision was applied. A role that may write the history could change both, so this has to be requested.
    #[must_use]
    pub fn stored_downgrades(mut self) -> Self {
        self.settings.stored_downgrades = true;
        self
    }

    /// Refuses a database to which a newer release has applied further revisions. Unless set, such a database is
    /// accepted, because in a rolling deployment an old server may start after a new one.
    #[must_use]
    pub fn refuse_ahead(mut self) -> Self {
        self.settings.refuse_ahead = true;
        self
    }

    /// Runs a statement again that may have run already: a `DO` or `CALL` that commits itself and was interrupted, or a
    /// statement whose text was edited since. Unless set, such a run ends with
    /// [`Error::InDoubt`](crate::Error::InDoubt).
    #[must_use]
    pub fn run_in_doubt_again(mut self) -> Self {
        self.settings.run_in_doubt_again = true;
        self
    }

    /// Forgets the progress of revisions outside a transaction that are half done, after somebody has undone by hand
    /// what they did. An upgrade then starts them from the beginning, and a downgrade or a stamp below them is no
    /// longer refused.
    #[must_use]
    pub fn forget_progress(mut self) -> Self {
        self.settings.forget_progress = true;
        self
    }

    /// Calls this with each [`Event`] of a run, besides `tracing`.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&Event<'_>) + Send + Sync + 'a) -> Self {
        self.watch.observe(observer);
        self
    }

    /// Calls this between messages to the server, and ends the run with [`Error::Stopped`](crate::Error::Stopped) when
    /// it returns true. Finished revisions stay, the current one is rolled back. With
    /// [`statement_at_a_time`](Self::statement_at_a_time) it is called after each statement.
    #[must_use]
    pub fn stop_when(mut self, stop: impl Fn() -> bool + Send + Sync + 'a) -> Self {
        self.watch.stop_when(stop);
        self
    }

    /// Reports the messages that a connection puts in here, `NOTICE` and `WARNING` of the server, to the observer as
    /// [`Event::Notice`].
    #[must_use]
    pub fn forward_notices(mut self, notices: &Notices) -> Self {
        self.watch.forward_notices(notices);
        self
    }

    /// Whether a table or sequence belongs to the history, and is not part of the application's schema.
    ///
    /// ```
    /// # fn of(runner: &migrate_core::Runner<'_>) {
    /// assert!(runner.owns_relation("public", "migrate_history"));
    /// assert!(!runner.owns_relation("public", "users"));
    /// # }
    /// ```
    pub fn owns_relation(&self, schema: &str, relation: &str) -> bool {
        let Tables { history, log, layout, progress, statement, .. } =
            &Tables::new(&self.settings.schema, &self.settings.table_prefix);
        let full = format!("{}.{}", quote(schema), quote(relation));
        [history, log, layout, progress, statement].contains(&&full)
    }

    pub(crate) fn engine(&self, operation: Operation) -> Result<Engine<'_>, Error> {
        let seed = RandomState::new().build_hasher().finish();
        Engine::new(self.chain, &self.settings, &self.watch, operation, seed)
    }

    pub(crate) fn engine_of<'r>(&'r self, plan: &Plan<'r>) -> Result<Engine<'r>, Error> {
        Ok(self.engine(Operation::Apply)?.with_plan(plan.clone()))
    }

    /// The proof of being at head, if the run saw the database there.
    pub(crate) fn at_head(&self, outcome: Outcome) -> Result<AtHead<R>, Error> {
        match outcome.is_at_head {
            true => Ok(AtHead::new(outcome.report)),
            false => Err(Error::internal("an upgrade ended before the head")),
        }
    }

    pub(crate) fn status_of(&self, history: &History) -> Status {
        status(self.chain, history)
    }

    /// The proof of being at head, if the history is it.
    pub(crate) fn verified(&self, outcome: Outcome) -> Result<AtHead<R>, Error> {
        let mut report = outcome.report;
        match self.status_of(&outcome.history) {
            Status::AtHead => Ok(AtHead::new(report)),
            Status::Ahead { unknown } if self.settings.refuse_ahead => {
                Err(PlanError::Ahead { unknown }.into())
            }
            Status::Ahead { unknown } => {
                report.ahead = unknown;
                Ok(AtHead::new(report))
            }
            Status::Diverged(divergence) => Err(PlanError::Diverged(divergence).into()),
            Status::Partial(half_done) => Err(PlanError::HalfDone(half_done).into()),
            status @ (Status::Empty | Status::Behind { .. } | Status::BehindOrPartial { .. }) => {
                Err(Error::NotAtHead { status })
            }
        }
    }
}
