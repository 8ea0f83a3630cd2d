//! What all the tests use: chains made of a few lines of SQL, both clients behind one face, and
//! what a run may not leave behind.

mod access;
mod traces;
mod way;

use migrate_core::{
    Chain, Error, Folder, History, LogEntry, Plan, Report, Runner, Status, Target, check,
};
use migrate_testkit::{Database, Server, postgres};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::SimpleQueryMessage;

pub(crate) use self::access::{Role, address, connection};
pub(crate) use self::traces::{Traces, without_trace};
pub(crate) use self::way::Way;

/// The one server of this binary.
pub(crate) fn server() -> &'static Server {
    Server::shared().unwrap()
}

/// A fresh database.
pub(crate) fn database(hint: &str) -> Database {
    server().database(hint).unwrap()
}

/// The file of a revision. Its upgrade begins on line 6.
pub(crate) fn file(id: &str, parent: &str, up: &str, down: &str) -> (String, String) {
    let parent = if parent.is_empty() { "--".to_owned() } else { format!("-- parent: {parent}") };
    let text = format!(
        "-- revision: {id}\n{parent}\n-- message: Revision {id}\n\n\
         -- migrate:up\n{up}\n\n-- migrate:down\n{down}\n"
    );
    (format!("{id}.sql"), text)
}

/// A chain of these files.
pub(crate) fn chain_of(files: &[(String, String)]) -> Chain<'static> {
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    check(Folder::of_texts("migrations", files)).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// A chain in one line: `r1`, `r2` and on, each with this upgrade and this downgrade.
pub(crate) fn line<T: AsRef<str>>(sections: &[(T, T)]) -> Chain<'static> {
    let id = |at: usize| if at == 0 { String::new() } else { format!("r{at}") };
    let files = sections
        .iter()
        .enumerate()
        .map(|(at, (up, down))| file(&id(at + 1), &id(at), up.as_ref(), down.as_ref()));
    chain_of(&files.collect::<Vec<_>>())
}

/// A chain in one line where revision `rN` makes the table `tN`.
pub(crate) fn tables(count: usize) -> Chain<'static> {
    let sections = |at| (format!("CREATE TABLE t{at} ();"), format!("DROP TABLE t{at};"));
    line(&(1..=count).map(sections).collect::<Vec<_>>())
}

/// A chain in one line of these upgrades, whose downgrades are not what the test is about.
pub(crate) fn upgrades(texts: &[&str]) -> Chain<'static> {
    line(&texts.iter().map(|up| (*up, "SELECT 'not undone';")).collect::<Vec<_>>())
}

/// A chain whose second revision takes until the table `go` is there, or too long.
pub(crate) fn slow() -> Chain<'static> {
    upgrades(&[
        "CREATE TABLE t1 ();",
        "CREATE TABLE t2 (); DO $$ BEGIN FOR n IN 1..2000 LOOP EXIT WHEN EXISTS (SELECT FROM pg_tables WHERE tablename = 'go'); \
         PERFORM pg_sleep(0.01); END LOOP; END $$;",
        "CREATE TABLE t3 ();",
    ])
}

/// A target, as people write it.
pub(crate) fn target(text: &str) -> Target {
    text.parse().unwrap()
}

/// One of the two clients; the tests don't know which.
pub(crate) enum Session {
    Blocking(postgres::Client),
    Tokio(Runtime, tokio_postgres::Client),
}

/// Which of them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Blocking,
    Tokio,
}

impl Session {
    pub(crate) fn open(kind: Kind, url: &str) -> Self {
        Self::try_open(kind, url).unwrap()
    }

    pub(crate) fn try_open(kind: Kind, url: &str) -> Result<Self, postgres::Error> {
        match kind {
            Kind::Blocking => {
                Ok(Session::Blocking(postgres::Client::connect(url, postgres::NoTls)?))
            }
            Kind::Tokio => {
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                let (client, connection) =
                    runtime.block_on(tokio_postgres::connect(url, tokio_postgres::NoTls))?;
                runtime.spawn(connection);
                Ok(Session::Tokio(runtime, client))
            }
        }
    }

    /// The blocking client, where it makes no difference.
    pub(crate) fn new(database: &Database) -> Self {
        Self::open(Kind::Blocking, database.url())
    }

    pub(crate) fn upgrade<R>(&mut self, runner: &Runner<'_, R>) -> Result<Report, Error> {
        let at_head = match self {
            Session::Blocking(client) => runner.upgrade(client),
            Session::Tokio(runtime, client) => runtime.block_on(runner.upgrade_async(client)),
        };
        at_head.map(|at_head| at_head.report().clone())
    }

    pub(crate) fn upgrade_to<R>(
        &mut self,
        runner: &Runner<'_, R>,
        to: &str,
    ) -> Result<Report, Error> {
        match self {
            Session::Blocking(client) => runner.upgrade_to(client, target(to)),
            Session::Tokio(runtime, client) => {
                runtime.block_on(runner.upgrade_to_async(client, target(to)))
            }
        }
    }

    pub(crate) fn downgrade_to<R>(
        &mut self,
        runner: &Runner<'_, R>,
        to: &str,
    ) -> Result<Report, Error> {
        match self {
            Session::Blocking(client) => runner.downgrade_to(client, target(to)),
            Session::Tokio(runtime, client) => {
                runtime.block_on(runner.downgrade_to_async(client, target(to)))
            }
        }
    }

    /// Runs a plan that was made before.
    pub(crate) fn apply<R>(
        &mut self,
        runner: &Runner<'_, R>,
        plan: &Plan<'_>,
    ) -> Result<Report, Error> {
        match self {
            Session::Blocking(client) => runner.apply(client, plan),
            Session::Tokio(runtime, client) => runtime.block_on(runner.apply_async(client, plan)),
        }
    }

    /// Runs `upgrade TARGET`, `downgrade TARGET` or `verify`.
    pub(crate) fn command<R>(
        &mut self,
        runner: &Runner<'_, R>,
        command: &str,
    ) -> Result<Report, Error> {
        match command.split_once(' ') {
            Some(("upgrade", "head")) => self.upgrade(runner),
            Some(("upgrade", to)) => self.upgrade_to(runner, to),
            Some((_, to)) => self.downgrade_to(runner, to),
            None => self.verify(runner),
        }
    }

    /// Records that the database is at a revision; `purge` throws away what was recorded.
    pub(crate) fn stamp(
        &mut self,
        runner: &Runner<'_>,
        at: &str,
        purge: bool,
    ) -> Result<Report, Error> {
        match (self, purge) {
            (Session::Blocking(client), false) => runner.stamp(client, target(at)),
            (Session::Blocking(client), true) => runner.stamp_purge(client, target(at)),
            (Session::Tokio(runtime, client), false) => {
                runtime.block_on(runner.stamp_async(client, target(at)))
            }
            (Session::Tokio(runtime, client), true) => {
                runtime.block_on(runner.stamp_purge_async(client, target(at)))
            }
        }
    }

    /// Records what another tool has applied.
    pub(crate) fn adopt(&mut self, runner: &Runner<'_>, ids: &str) -> Result<Report, Error> {
        let ids = ids.split_whitespace();
        match self {
            Session::Blocking(client) => runner.adopt(client, ids),
            Session::Tokio(runtime, client) => runtime.block_on(runner.adopt_async(client, ids)),
        }
    }

    pub(crate) fn status<R>(&mut self, runner: &Runner<'_, R>) -> Result<Status, Error> {
        match self {
            Session::Blocking(client) => runner.status(client),
            Session::Tokio(runtime, client) => runtime.block_on(runner.status_async(client)),
        }
    }

    pub(crate) fn history<R>(&mut self, runner: &Runner<'_, R>) -> Result<History, Error> {
        match self {
            Session::Blocking(client) => runner.history(client),
            Session::Tokio(runtime, client) => runtime.block_on(runner.history_async(client)),
        }
    }

    pub(crate) fn log<R>(&mut self, runner: &Runner<'_, R>) -> Result<Vec<LogEntry>, Error> {
        match self {
            Session::Blocking(client) => runner.log(client),
            Session::Tokio(runtime, client) => runtime.block_on(runner.log_async(client)),
        }
    }

    pub(crate) fn verify<R>(&mut self, runner: &Runner<'_, R>) -> Result<Report, Error> {
        let at_head = match self {
            Session::Blocking(client) => runner.verify(client),
            Session::Tokio(runtime, client) => runtime.block_on(runner.verify_async(client)),
        };
        at_head.map(|at_head| at_head.report().clone())
    }

    /// The rows of some statements, their columns joined by `|`, NULL as `-`.
    pub(crate) fn try_rows(&mut self, sql: &str) -> Result<Vec<String>, postgres::Error> {
        let messages = match self {
            Session::Blocking(client) => client.simple_query(sql)?,
            Session::Tokio(runtime, client) => runtime.block_on(client.simple_query(sql))?,
        };
        let row = |message: &SimpleQueryMessage| {
            let SimpleQueryMessage::Row(row) = message else { return None };
            let columns: Vec<_> = (0..row.len()).map(|at| row.get(at).unwrap_or("-")).collect();
            Some(columns.join("|"))
        };
        Ok(messages.iter().filter_map(row).collect())
    }

    pub(crate) fn rows(&mut self, sql: &str) -> Vec<String> {
        self.try_rows(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    /// The rows in one line.
    pub(crate) fn value(&mut self, sql: &str) -> String {
        self.rows(sql).join(" ")
    }

    pub(crate) fn execute(&mut self, sql: &str) {
        self.rows(sql);
    }

    /// Makes the database empty again.
    pub(crate) fn clear(&mut self) {
        self.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }

    /// The revisions in the history, in the order of application.
    pub(crate) fn applied(&mut self) -> String {
        let exists = "SELECT to_regclass('public.migrate_history') IS NOT NULL";
        match self.value(exists).as_str() {
            "t" => self.value("SELECT revision FROM public.migrate_history ORDER BY position"),
            _ => "no history".to_owned(),
        }
    }

    /// The tables in `public` that are not ours.
    pub(crate) fn tables(&mut self) -> String {
        self.value(
            "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'public' \
             AND tablename NOT LIKE 'migrate%' ORDER BY tablename",
        )
    }

    /// The process that serves it.
    pub(crate) fn pid(&mut self) -> String {
        self.value("SELECT pg_catalog.pg_backend_pid()")
    }
}

/// Runs a test with either client, on a fresh database each.
pub(crate) fn both(hint: &str, test: impl Fn(&Database, &mut Session)) {
    for kind in [Kind::Blocking, Kind::Tokio] {
        // Shown when the test fails.
        println!("with the client {kind:?}");
        let database = database(hint);
        test(&database, &mut Session::open(kind, database.url()));
    }
}

/// The ids of the revisions that a run has done.
pub(crate) fn done(report: &Report) -> String {
    let done = report.done.iter().map(|done| match done.direction {
        migrate_core::Direction::Up => format!("+{}", done.revision),
        migrate_core::Direction::Down => format!("-{}", done.revision),
    });
    done.collect::<Vec<_>>().join(" ")
}

/// The error of a session that was terminated. The blocking client may see the end of the
/// connection before it sees the reason.
pub(crate) fn terminated(kind: Kind, error: &Error) {
    let (Error::Server { failure, .. } | Error::Ended { failure, .. }) = error else {
        panic!("{error:?}")
    };
    let text = error.to_string();
    match (kind, failure.code.as_deref()) {
        (_, Some("57P01")) => {
            assert!(text.contains("terminating connection due to administrator command"), "{text}");
        }
        (Kind::Blocking, None) => {}
        _ => panic!("{error:?}"),
    }
    assert!(text.contains("it continues where the database is"), "{text}");
}

/// Waits for something that happens soon.
pub(crate) fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !happened() {
        assert!(std::time::Instant::now() < deadline, "not within 30 s: {what}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// Does something in a thread of its own: in a callback of the async client nothing may block on
/// another client.
pub(crate) fn aside(run: impl FnOnce() + Send) {
    std::thread::scope(|scope| scope.spawn(run).join().unwrap());
}
