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

/// Brings a database to a revision of a chain, or tells how it stands.
///
/// `migrations::runner()` makes one for the chain that `embed_migrations!()` embedded;
/// [`Runner::new`] makes one for a chain that was read from a folder. The methods that run take
/// a client: [`postgres::Client`] (feature `postgres`), or [`tokio_postgres::Client`] in the
/// methods whose names end in `_async` (feature `tokio-postgres`).
///
/// Each revision runs in a transaction of its own, together with its record. Many runners may
/// start at once: one runs, the others wait and find the work done.
///
/// # Up, down, and where it is
///
#[cfg_attr(feature = "postgres", doc = "```no_run")]
#[cfg_attr(not(feature = "postgres"), doc = "```ignore")]
/// use migrate_core::{Chain, Error, Runner, Status, Target};
///
/// fn about(chain: &Chain<'static>, client: &mut postgres::Client) -> Result<(), Error> {
///     let runner = Runner::new(chain);
///     // Everything that is not applied yet. What it returns proves that the database is at head.
///     let at_head = runner.upgrade(client)?;
///     println!("{} revisions ran", at_head.report().done.len());
///
///     // To a place: head, base, +2, -1, a revision, or one so many from it.
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
///     // Proves the same as an upgrade, and only reads: for a role that may not migrate.
///     let at_head = runner.verify(client)?;
///
///     // Says where a database is that something else has made. Nothing runs.
///     runner.stamp(client, Target::Head)?;
///     Ok(())
/// }
/// ```
///
/// # Locks and time
///
#[cfg_attr(feature = "postgres", doc = "```no_run")]
#[cfg_attr(not(feature = "postgres"), doc = "```ignore")]
/// # use migrate_core::{Chain, Error, Runner};
/// use std::time::Duration;
///
/// # fn bounded(chain: &Chain<'static>, client: &mut postgres::Client) -> Result<(), Error> {
/// let runner = Runner::new(chain)
///     .lock_timeout(Duration::from_secs(2))         // for a lock on a table; then it is tried again,
///     .retries(20)                                  // so often,
///     .statement_timeout(Duration::from_secs(600))  // a statement takes no longer,
///     .lock_wait_timeout(Duration::from_secs(60));           // and another runner gets so much time to finish
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
///     .forward_notices(notices)                           // what the server says beside its answers
///     .statement_at_a_time()
///     .observe(|event| match event {
///         Event::Started { revision, number, of, .. } => println!("{revision}, {number} of {of}"),
///         Event::Statement { number, of, .. } => println!("  statement {number} of {of}"),
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
/// # All or nothing, and back without the release
///
#[cfg_attr(feature = "postgres", doc = "```no_run")]
#[cfg_attr(not(feature = "postgres"), doc = "```ignore")]
/// # use migrate_core::{Chain, Error, Runner, Target};
/// # fn more(chain: &Chain<'static>, client: &mut postgres::Client) -> Result<(), Error> {
/// Runner::new(chain).single_transaction().upgrade(client)?;
/// // After a rollback to this release: undoes what only a newer one knows.
/// Runner::new(chain).stored_downgrades().downgrade_to(client, Target::Head)?;
/// // Tables with other names, in a schema of their own; and no newer release was here.
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
    /// A runner of a chain that was read at run time.
    pub fn new(chain: &'a Chain<'static>) -> Self {
        Runner::of(chain)
    }
}

impl<R: Embedded> Runner<'static, R> {
    /// A runner of an embedded chain; `migrations::runner()` calls it.
    pub fn embedded() -> Self {
        Runner::of(R::chain())
    }
}

impl<'a, R> Runner<'a, R> {
    fn of(chain: &'a Chain<'static>) -> Self {
        let (settings, revisions) = (Settings::default(), PhantomData);
        Runner { chain, settings, watch: Observers::default(), revisions }
    }

    /// The schema of the history's tables; `public` unless set. It is created when it is missing.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.settings.schema = schema.into();
        self
    }

    /// How the names of the history's tables begin; `migrate_` unless set.
    #[must_use]
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.settings.table_prefix = prefix.into();
        self
    }

    /// How long a statement may wait for a lock on a table; 5 s unless set, zero for no limit. A
    /// migration that waits stops every query behind it, so a short wait and another try is kinder
    /// than a long wait. A section's own `lock_timeout` takes precedence.
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

    /// How often a revision is tried again after it waited too long for a lock on a table, or met
    /// a deadlock; 10 unless set.
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

    /// Sends each revision in a message of its own instead of many together: slower over a long
    /// line, but [`Event::Finished`] comes as soon as its revision is committed.
    #[must_use]
    pub fn revision_at_a_time(mut self) -> Self {
        self.settings.revision_at_a_time = true;
        self
    }

    /// Sends each statement in a message of its own: slower still, but [`Event::Statement`] tells of
    /// each one, and the run can [stop](Self::stop_when) after each.
    #[must_use]
    pub fn statement_at_a_time(mut self) -> Self {
        self.settings.statement_at_a_time = true;
        self
    }

    /// Runs all revisions of a run in one transaction: all are done, or none. Refused when one of
    /// them runs outside a transaction. Each table and index that is made or changed holds a lock
    /// until the end, so a chain of thousands of revisions may need a higher
    /// `max_locks_per_transaction` on the server.
    #[must_use]
    pub fn single_transaction(mut self) -> Self {
        self.settings.single_transaction = true;
        self
    }

    /// Lets a downgrade undo revisions that this chain does not have, or has with another text or in
    /// another place, with the downgrade that the database keeps of each: what to do after a rollback
    /// to an older release, or after an applied revision was edited. It is run only if
    /// it still has the digest that was recorded when the revision was applied; but whoever may
    /// write the history may write that, too, so this has to be asked for.
    #[must_use]
    pub fn stored_downgrades(mut self) -> Self {
        self.settings.stored_downgrades = true;
        self
    }

    /// Refuses a database that a newer release has taken further; unless set, it is accepted,
    /// since in a rolling deploy an old server may well start after a new one.
    #[must_use]
    pub fn refuse_ahead(mut self) -> Self {
        self.settings.refuse_ahead = true;
        self
    }

    /// Runs a statement again that may have run already: a `DO` or `CALL` that commits itself and was cut off, or one
    /// whose text was edited since. Unless set, such a run ends with [`Error::InDoubt`](crate::Error::InDoubt).
    #[must_use]
    pub fn run_in_doubt_again(mut self) -> Self {
        self.settings.run_in_doubt_again = true;
        self
    }

    /// Forgets how far a revision outside a transaction had come that has stopped on its way: for whoever has undone by
    /// hand what it did. An upgrade then begins it from the start; a downgrade or a stamp below it is no longer refused.
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

    /// Asks this between messages to the server, and ends the run with
    /// [`Error::Stopped`](crate::Error::Stopped) when it says so: what is finished stays, what is
    /// under way is rolled back. With [`statement_at_a_time`](Self::statement_at_a_time) that
    /// is after each statement.
    #[must_use]
    pub fn stop_when(mut self, stop: impl Fn() -> bool + Send + Sync + 'a) -> Self {
        self.watch.stop_when(stop);
        self
    }

    /// Tells the observer, as [`Event::Notice`], what a connection puts in here: the `NOTICE` and
    /// `WARNING` of the server.
    #[must_use]
    pub fn forward_notices(mut self, notices: &Notices) -> Self {
        self.watch.forward_notices(notices);
        self
    }

    /// Whether a table or sequence is the history's own, and no part of the schema.
    ///
    /// ```
    /// # fn of(runner: &migrate_core::Runner<'_>) {
    /// assert!(runner.keeps("public", "migrate_history"));
    /// assert!(!runner.keeps("public", "users"));
    /// # }
    /// ```
    pub fn keeps(&self, schema: &str, relation: &str) -> bool {
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
