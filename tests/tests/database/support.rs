//! What all the tests use: chains made of a few lines of SQL, the clients behind one face, and
//! what a run may not leave behind.

mod access;
mod clients;
mod traces;
mod way;

use migrate_core::runner::LogEntry;
use migrate_core::{Chain, Error, Folder, History, Plan, Report, Runner, Status, Target, check};
use migrate_testkit::{Database, Server, postgres};
use sqlx::{ConnectOptions, PgConnection};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::SimpleQueryMessage;

pub(crate) use self::access::{Role, address, connection};
use self::clients::sqlx_rows;
pub(crate) use self::clients::{ClientKind, Refused, dropped_after, polled, settle, sqlx_options};
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

/// One of the clients; the tests don't know which.
pub(crate) enum Session {
    Blocking(postgres::Client),
    Tokio(Runtime, tokio_postgres::Client),
    Sqlx(Runtime, PgConnection),
}

/// Calls a method of a runner, by the name that it has for the client of a session.
macro_rules! call {
    ($session:expr, $runner:ident.$blocking:ident $tokio:ident $sqlx:ident($($argument:expr),*)) => {
        match $session {
            Session::Blocking(client) => $runner.$blocking(client, $($argument),*),
            Session::Tokio(runtime, client) => runtime.block_on($runner.$tokio(client, $($argument),*)),
            Session::Sqlx(runtime, client) => runtime.block_on($runner.$sqlx(&mut *client, $($argument),*)),
        }
    };
}
pub(crate) use call;

impl Session {
    pub(crate) fn open(kind: ClientKind, url: &str) -> Self {
        Self::try_open(kind, url).unwrap()
    }

    pub(crate) fn try_open(kind: ClientKind, url: &str) -> Result<Self, Refused> {
        let runtime = || Builder::new_current_thread().enable_all().build().unwrap();
        match kind {
            ClientKind::Blocking => {
                Ok(Session::Blocking(postgres::Client::connect(url, postgres::NoTls)?))
            }
            ClientKind::Tokio => {
                let runtime = runtime();
                let (client, connection) =
                    runtime.block_on(tokio_postgres::connect(url, tokio_postgres::NoTls))?;
                runtime.spawn(connection);
                Ok(Session::Tokio(runtime, client))
            }
            ClientKind::Sqlx => {
                let runtime = runtime();
                let client = runtime.block_on(sqlx_options(url).connect())?;
                Ok(Session::Sqlx(runtime, client))
            }
        }
    }

    pub(crate) fn kind(&self) -> ClientKind {
        match self {
            Session::Blocking(_) => ClientKind::Blocking,
            Session::Tokio(..) => ClientKind::Tokio,
            Session::Sqlx(..) => ClientKind::Sqlx,
        }
    }

    /// The blocking client, where it makes no difference.
    pub(crate) fn new(database: &Database) -> Self {
        Self::open(ClientKind::Blocking, database.url())
    }

    pub(crate) fn upgrade<R>(&mut self, runner: &Runner<'_, R>) -> Result<Report, Error> {
        let at_head = call!(self, runner.upgrade upgrade_async upgrade_sqlx());
        at_head.map(|at_head| at_head.report().clone())
    }

    pub(crate) fn upgrade_to<R>(
        &mut self,
        runner: &Runner<'_, R>,
        to: &str,
    ) -> Result<Report, Error> {
        call!(self, runner.upgrade_to upgrade_to_async upgrade_to_sqlx(target(to)))
    }

    pub(crate) fn downgrade_to<R>(
        &mut self,
        runner: &Runner<'_, R>,
        to: &str,
    ) -> Result<Report, Error> {
        call!(self, runner.downgrade_to downgrade_to_async downgrade_to_sqlx(target(to)))
    }

    /// Runs a plan that was made before.
    pub(crate) fn apply<R>(
        &mut self,
        runner: &Runner<'_, R>,
        plan: &Plan<'_>,
    ) -> Result<Report, Error> {
        call!(self, runner.apply apply_async apply_sqlx(plan))
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
        match purge {
            false => call!(self, runner.stamp stamp_async stamp_sqlx(target(at))),
            true => call!(self, runner.stamp_purge stamp_purge_async stamp_purge_sqlx(target(at))),
        }
    }

    /// Records what another tool has applied.
    pub(crate) fn adopt(&mut self, runner: &Runner<'_>, ids: &str) -> Result<Report, Error> {
        call!(self, runner.adopt adopt_async adopt_sqlx(ids.split_whitespace()))
    }

    pub(crate) fn status<R>(&mut self, runner: &Runner<'_, R>) -> Result<Status, Error> {
        call!(self, runner.status status_async status_sqlx())
    }

    pub(crate) fn history<R>(&mut self, runner: &Runner<'_, R>) -> Result<History, Error> {
        call!(self, runner.history history_async history_sqlx())
    }

    pub(crate) fn log<R>(&mut self, runner: &Runner<'_, R>) -> Result<Vec<LogEntry>, Error> {
        call!(self, runner.log log_async log_sqlx())
    }

    pub(crate) fn verify<R>(&mut self, runner: &Runner<'_, R>) -> Result<Report, Error> {
        let at_head = call!(self, runner.verify verify_async verify_sqlx());
        at_head.map(|at_head| at_head.report().clone())
    }

    /// The rows of some statements, their columns joined by `|`, NULL as `-`.
    pub(crate) fn try_rows(&mut self, sql: &str) -> Result<Vec<String>, Refused> {
        let messages = match self {
            Session::Blocking(client) => client.simple_query(sql)?,
            Session::Tokio(runtime, client) => runtime.block_on(client.simple_query(sql))?,
            Session::Sqlx(runtime, client) => return runtime.block_on(sqlx_rows(client, sql)),
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

/// Runs a test with each client, on a fresh database each.
pub(crate) fn both(hint: &str, test: impl Fn(&Database, &mut Session)) {
    for kind in ClientKind::ALL {
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
pub(crate) fn terminated(kind: ClientKind, error: &Error) {
    let (Error::Server { failure, .. } | Error::Ended { failure, .. }) = error else {
        panic!("{error:?}")
    };
    let text = error.to_string();
    match (kind, failure.code.as_deref()) {
        (_, Some("57P01")) => {
            assert!(text.contains("terminating connection due to administrator command"), "{text}");
        }
        (ClientKind::Blocking, None) => {}
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
