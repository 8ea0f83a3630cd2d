//! The methods of a runner that need a client, written once for all clients.

/// Gives [`Runner`](crate::Runner) these methods over one client: what carries a run out over it, what is `async` about
/// that, and what the methods are called, in the order of this macro.
macro_rules! methods {
    (
        client: $client:ty,
        run: $run:ident,
        async: [$($async:tt)?],
        await: [$($await:tt)*],
        names: [
            $upgrade:ident $upgrade_to:ident $downgrade_to:ident $apply:ident $stamp:ident $stamp_purge:ident
            $adopt:ident $status:ident $history:ident $log:ident $history_tables:ident $forget:ident $running:ident $verify:ident
        ],
    ) => {
        use $crate::plan::history::History;
        use $crate::plan::status::Status;
        use $crate::plan::step::Plan;
        use $crate::plan::target::Target;
        use $crate::runner::embedded::{AtHead, IntoTarget};
        use $crate::runner::history_tables::HistoryTables;
        use $crate::runner::log::LogEntry;
        use $crate::runner::operation::Operation;
        use $crate::runner::report::{LockHolder, Report};

        impl<R> $crate::runner::runner::Runner<'_, R> {
            /// Applies every revision that is not applied yet. One round trip when there is none.
            ///
            /// # Errors
            ///
            /// When a statement fails, the database has diverged from the chain, another runner holds the
            /// lock for too long, or the server or the role does not allow it. What was finished stays.
            pub $($async)? fn $upgrade(&self, client: $client) -> Result<AtHead<R>, Error> {
                let outcome = $run(client, self.engine(Operation::Upgrade(Target::Head))?) $($await)* ?;
                self.at_head(outcome)
            }

            /// Applies what is needed to be at a revision, and no more.
            ///
            /// # Errors
            ///
            #[doc = concat!(" As [`", stringify!($upgrade), "`](Self::", stringify!($upgrade), "); also when the target is not ahead of the database.")]
            pub $($async)? fn $upgrade_to(
                &self,
                client: $client,
                target: impl IntoTarget<R>,
            ) -> Result<Report, Error> {
                let outcome = $run(client, self.engine(Operation::Upgrade(target.into_target()))?) $($await)* ?;
                Ok(outcome.report)
            }

            /// Undoes what was applied after a revision, or everything for [`Target::Base`], last first.
            ///
            /// # Errors
            ///
            #[doc = concat!(" As [`", stringify!($upgrade), "`](Self::", stringify!($upgrade), "); also when the target is not behind the database, or a")]
            /// revision can't be undone.
            pub $($async)? fn $downgrade_to(
                &self,
                client: $client,
                target: impl IntoTarget<R>,
            ) -> Result<Report, Error> {
                let outcome = $run(client, self.engine(Operation::Downgrade(target.into_target()))?) $($await)* ?;
                Ok(outcome.report)
            }

            /// Runs exactly this plan, which somebody may have been shown and asked about; [`upgrade`](crate::plan::upgrade()) and
            #[doc = concat!(" [`downgrade`](crate::plan::downgrade()) plan from a [`", stringify!($history), "`](Self::", stringify!($history), ").")]
            ///
            /// # Errors
            ///
            #[doc = concat!(" As [`", stringify!($upgrade), "`](Self::", stringify!($upgrade), "); also when the database is no longer where the plan begins.")]
            pub $($async)? fn $apply(&self, client: $client, plan: &Plan<'_>) -> Result<Report, Error> {
                let outcome = $run(client, self.engine_of(plan)?) $($await)* ?;
                Ok(outcome.report)
            }

            /// Records that the database is at a revision, forwards or back, and runs nothing: for a schema
            /// that was created by hand or by another tool. Records that are right already stay as they are.
            ///
            /// # Errors
            ///
            /// When the chain has no such revision, or the history can't be written.
            pub $($async)? fn $stamp(&self, client: $client, target: impl IntoTarget<R>) -> Result<Report, Error> {
                let outcome = $run(client, self.engine(Operation::Stamp(target.into_target(), false))?) $($await)* ?;
                Ok(outcome.report)
            }

            /// The same, but first throws away all that is recorded.
            ///
            /// # Errors
            ///
            #[doc = concat!(" As [`", stringify!($stamp), "`](Self::", stringify!($stamp), ").")]
            pub $($async)? fn $stamp_purge(
                &self,
                client: $client,
                target: impl IntoTarget<R>,
            ) -> Result<Report, Error> {
                let outcome = $run(client, self.engine(Operation::Stamp(target.into_target(), true))?) $($await)* ?;
                Ok(outcome.report)
            }

            /// Records what another tool has applied: these revisions, and all that they stand on. Nothing
            /// runs, and what is recorded stays as it is. The log tells it from a stamp.
            ///
            /// # Errors
            ///
            /// When the chain has no such revision, what is recorded is not of this chain, or the history
            /// can't be written.
            pub $($async)? fn $adopt(
                &self,
                client: $client,
                revisions: impl IntoIterator<Item = impl Into<String>>,
            ) -> Result<Report, Error> {
                let revisions = revisions.into_iter().map(Into::into).collect();
                let outcome = $run(client, self.engine(Operation::Adopt(revisions))?) $($await)* ?;
                Ok(outcome.report)
            }

            /// How the database stands to the chain. Writes nothing; needs SELECT on the history alone.
            ///
            /// # Errors
            ///
            /// When the history can't be read.
            pub $($async)? fn $status(&self, client: $client) -> Result<Status, Error> {
                let outcome = $run(client, self.engine(Operation::Read)?) $($await)* ?;
                Ok(self.status_of(&outcome.history))
            }

            /// What the database says was applied to it. Writes nothing.
            ///
            /// # Errors
            ///
            /// When the history can't be read.
            pub $($async)? fn $history(&self, client: $client) -> Result<History, Error> {
                let outcome = $run(client, self.engine(Operation::Read)?) $($await)* ?;
                Ok(outcome.history)
            }

            /// What happened to the database, the oldest first: each upgrade, downgrade, stamp and failure.
            /// Writes nothing; needs SELECT on the log.
            ///
            /// # Errors
            ///
            /// When the log can't be read.
            pub $($async)? fn $log(&self, client: $client) -> Result<Vec<LogEntry>, Error> {
                let outcome = $run(client, self.engine(Operation::Log)?) $($await)* ?;
                Ok(outcome.log)
            }

            /// Which of migrate's own tables the database has, and what else has one of their names. Writes nothing.
            ///
            /// # Errors
            ///
            /// When the server can't be asked.
            pub $($async)? fn $history_tables(&self, client: $client) -> Result<HistoryTables, Error> {
                let outcome = $run(client, self.engine(Operation::Tables)?) $($await)* ?;
                Ok(outcome.tables)
            }

            /// Removes migrate's own tables and nothing else: what is recorded is forgotten, and what the migrations have made
            /// stays. [`Report::forgotten`] says which tables that were.
            ///
            /// # Errors
            ///
            /// When another migration is running, something of somebody else's stands on the tables, or the role may not
            /// remove them.
            pub $($async)? fn $forget(&self, client: $client) -> Result<Report, Error> {
                let outcome = $run(client, self.engine(Operation::Forget)?) $($await)* ?;
                Ok(outcome.report)
            }

            /// Who is migrating this database now, and how far its statement is. Writes nothing and waits for nothing; another
            /// client than the one that migrates can ask at any time.
            ///
            /// # Errors
            ///
            /// When the server does not answer.
            pub $($async)? fn $running(&self, client: $client) -> Result<Option<LockHolder>, Error> {
                let outcome = $run(client, self.engine(Operation::LockHolder)?) $($await)* ?;
                Ok(outcome.holder)
            }

            /// Compares every recorded digest with the chain, and gives the proof of being at head without
            /// changing anything: for a server whose role may not migrate.
            ///
            /// # Errors
            ///
            /// When the database is not at head, has diverged, or can't be read.
            pub $($async)? fn $verify(&self, client: $client) -> Result<AtHead<R>, Error> {
                let outcome = $run(client, self.engine(Operation::Verify)?) $($await)* ?;
                self.verified(outcome)
            }
        }
    };
}

pub(super) use methods;
