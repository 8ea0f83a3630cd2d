//! Behind PgBouncer in transaction mode, which gives each message another session if it likes.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use migrate_core::{Error, Runner};
use migrate_testkit::{Database, postgres};

use crate::support::{
    ClientKind, Session, Way, address, chain_of, connection, database, done, eventually, file,
    tables,
};

/// A pooler in front of one database, with a few sessions that it hands out in turn.
pub(crate) struct Pooler {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Pooler {
    /// `None` where PgBouncer is not installed.
    pub(crate) fn new(database: &Database, sessions: usize) -> Option<Self> {
        let installed = Command::new("pgbouncer").arg("--version").output().is_ok();
        if !installed {
            eprintln!("skipped: pgbouncer is not installed");
            return None;
        }
        let config: postgres::Config = database.url().parse().unwrap();
        let (host, to) = address(&config);
        let user = config.get_user().unwrap_or("postgres");
        let password =
            String::from_utf8_lossy(config.get_password().unwrap_or_default()).into_owned();
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        // As root it becomes another account, which has to read its settings.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let name = database.name();
        let settings = format!(
            "[databases]\n{name} = host={host} port={to} dbname={name} user={user} password='{password}'\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n\
             unix_socket_dir =\npool_mode = transaction\ndefault_pool_size = {sessions}\n\
             min_pool_size = {sessions}\nserver_round_robin = 1\nmax_client_conn = 200\n\
             ignore_startup_parameters = extra_float_digits\n"
        );
        let ini = folder.path().join("pgbouncer.ini");
        fs::write(&ini, settings).unwrap();
        let mut command = Command::new("pgbouncer");
        if fs::metadata("/proc/self")
            .is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
        {
            command.args(["-u", "nobody"]);
        }
        let process = command
            .arg("--quiet")
            .arg(&ini)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pooler = Pooler { process, port, _folder: folder };
        eventually("the pooler listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(pooler)
    }

    pub(crate) fn url(&self, database: &Database) -> String {
        connection(database, &[("host", "127.0.0.1"), ("port", &self.port.to_string())])
    }

    /// Opens a session, and sees to it that the pool is filled: each message then gets another one.
    fn open(&self, kind: ClientKind, database: &Database) -> Session {
        let mut session = Session::open(kind, &self.url(database));
        let mut busy: Vec<_> = (0..3).map(|_| Session::open(kind, &self.url(database))).collect();
        for other in &mut busy {
            other.execute("BEGIN; SELECT 1");
        }
        for other in &mut busy {
            other.execute("COMMIT");
        }
        eventually("each message gets another session", || session.pid() != session.pid());
        session
    }
}

/// What sessions of the pool must not have kept: locks and settings.
pub(crate) fn nothing_is_left(database: &Database, session: &mut Session) {
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
                 (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(Session::new(database).value(locks), "0");
    // The pooler sets the time zone that sqlx asks for when it connects.
    let settings = "SELECT name, setting FROM pg_settings WHERE source = 'session' \
                    AND name NOT LIKE 'transaction\\_%' AND name <> 'TimeZone'";
    for _ in 0..4 {
        assert_eq!(session.rows(settings), [""; 0]);
    }
}

#[test]
fn revisions_run_behind_a_pooler_as_without_one() {
    let chain = tables(40);
    for kind in ClientKind::ALL {
        let database = database("pooler");
        let Some(pooler) = Pooler::new(&database, 3) else { return };
        let mut session = pooler.open(kind, &database);
        for way in Way::ALL {
            println!("{kind:?}, {way:?}");
            let runner = way.of(Runner::new(&chain));
            assert_eq!(session.upgrade(&runner).unwrap().done.len(), 40);
            assert_eq!(session.downgrade_to(&runner, "r1").unwrap().done.len(), 39);
            session.stamp(&runner, "r40", false).unwrap();
            session.verify(&runner).unwrap();
            nothing_is_left(&database, &mut session);
            session.clear();
        }
    }
}

#[test]
fn a_failure_behind_a_pooler_is_found_and_nothing_is_left() {
    let database = database("pooler_fails");
    let Some(pooler) = Pooler::new(&database, 3) else { return };
    let mut session = pooler.open(ClientKind::Tokio, &database);
    let text = "SET search_path = nowhere; SET work_mem = '1MB';\nSELECT 1;\nSELECT 1 / 0;";
    let chain =
        chain_of(&[file("r1", "", "SELECT 1;", "SELECT 1;"), file("r2", "r1", text, "SELECT 1;")]);
    for way in Way::ALL {
        let error = session.upgrade(&way.of(Runner::new(&chain))).unwrap_err();
        assert!(error.to_string().contains("--> migrations/r2.sql:8:1"), "{way:?}: {error}");
        nothing_is_left(&database, &mut session);
    }
}

#[test]
fn many_start_at_once_behind_a_pooler() {
    let chain = tables(20);
    let database = database("pooler_many");
    let Some(pooler) = Pooler::new(&database, 4) else { return };
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..16)
            .map(|n| {
                let kind = ClientKind::nth(n);
                let (pooler, database, chain) = (&pooler, &database, &chain);
                scope.spawn(move || {
                    Session::open(kind, &pooler.url(database)).upgrade(&Runner::new(chain))
                })
            })
            .collect();
        let did: usize = runs.into_iter().map(|run| run.join().unwrap().unwrap().done.len()).sum();
        assert_eq!(did, 20, "each revision once");
    });
    let mut session = Session::new(&database);
    assert_eq!(session.value("SELECT count(*) FROM migrate_log"), "20");
    nothing_is_left(&database, &mut session);
}

/// Outside a transaction a session is needed; where there is none, that is said, and nothing is lost.
#[test]
fn a_revision_outside_a_transaction_wants_a_session() {
    let (name, text) =
        file("r2", "r1", "SELECT 1;\nCREATE INDEX CONCURRENTLY ix ON t1 (n);", "DROP INDEX ix;");
    let text = text.replace("-- migrate:up", "-- migrate:up transaction:false lock_timeout:9s");
    let first = file("r1", "", "CREATE TABLE t1 (n int);", "DROP TABLE t1;");
    let chain = chain_of(&[first, (name, text)]);
    for kind in ClientKind::ALL {
        let database = database("pooler_outside");
        let Some(pooler) = Pooler::new(&database, 3) else { return };
        let mut session = pooler.open(kind, &database);
        let runner = Runner::new(&chain);
        let error = session.upgrade(&runner).unwrap_err();
        assert!(matches!(error, Error::TransactionPooler { .. }), "{error:?}");
        let expected = "revision `r2` runs outside a transaction, and the session changes between \
                        its statements: a pooler in transaction mode is in between\n = help: \
                        connect to the server itself for this run";
        assert!(error.to_string().starts_with(expected), "{error}");
        nothing_is_left(&database, &mut session);
        let mut direct = Session::new(&database);
        assert_eq!(direct.applied(), "r1");
        assert_eq!(done(&direct.upgrade(&runner).unwrap()), "+r2");
    }
}
