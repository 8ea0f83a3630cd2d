//! The API server as a process: it starts on a schema at head, or says why not.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use actorhub_schema::migrations::{HEAD_DIGEST, Revision, runner};
use migrate_core::Target;
use migrate_testkit::{Database, Server, postgres};
use serde_json::Value;

fn server() -> &'static Server {
    Server::shared().unwrap()
}

/// The program. `cargo test` has built it, unless it was told to build this test alone.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        // target/debug/deps/this
        let profile = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
        let program = profile.join("examples/api_server");
        if is_fresh(&program) { program } else { build(&profile) }
    })
}

/// Whether the program is newer than all files it was made of, which cargo lists beside it.
fn is_fresh(program: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    let files = std::fs::read_to_string(program.with_extension("d")).unwrap_or_default();
    let Some((_, files)) = files.split_once(": ") else { return false };
    let files = files.replace("\\ ", "\0");
    let mut files = files.split_whitespace().map(|file| PathBuf::from(file.replace('\0', " ")));
    let built = changed(program);
    built.is_some() && files.all(|file| changed(&file).is_some_and(|file| Some(file) <= built))
}

fn build(profile: &Path) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "-p", "actorhub-schema", "--example", "api_server"]);
    cargo.args(["--message-format=json", "--target-dir"]).arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    let built = cargo.stderr(Stdio::inherit()).output().unwrap();
    assert!(built.status.success(), "the example does not build");
    let lines = String::from_utf8(built.stdout).unwrap();
    let mut programs = lines.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).unwrap();
        let of_it = message["target"]["name"] == "api_server";
        message["executable"].as_str().filter(|_| of_it).map(PathBuf::from)
    });
    programs.next_back().unwrap()
}

/// A server that runs. Dropping it kills it.
struct Api {
    process: Child,
    lines: Receiver<String>,
    /// What it said until now.
    said: Vec<String>,
}

impl Api {
    fn start(url: &str, listen: &str) -> Self {
        let mut process = Command::new(program())
            .env("DATABASE_URL", url)
            .env("LISTEN", listen)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|l| tell.send(l)));
        Api { process, lines, said: Vec::new() }
    }

    /// Starts it on any port, and waits until it listens.
    fn up(database: &Database) -> (Self, String) {
        let mut api = Self::start(database.url(), "127.0.0.1:0");
        let line = api.wait_for("listening on http://");
        let address = line.split("//").nth(1).unwrap().split(": /").next().unwrap().to_owned();
        (api, address)
    }

    fn wait_for(&mut self, beginning: &str) -> String {
        loop {
            match self.lines.recv_timeout(Duration::from_secs(60)) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if line.starts_with(beginning) {
                        return line;
                    }
                }
                Err(error) => panic!("{beginning:?} was never said ({error}): {:#?}", self.said),
            }
        }
    }

    /// Waits for its end; all that it said.
    fn end(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let status = loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end: {:#?}", self.said);
            thread::sleep(Duration::from_millis(10));
        };
        self.said.extend(self.lines.iter());
        (status, self.said.join("\n"))
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The status and the body of an answer.
fn get(address: &str, path: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// A start that fails: what it says.
fn refused(url: &str) -> String {
    let (status, said) = Api::start(url, "127.0.0.1:0").end();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.starts_with("error: "), "{said}");
    said
}

/// A database's own URL with another part of it.
fn with(database: &Database, change: impl FnOnce(&mut String, &mut String, &mut String)) -> String {
    let (login, rest) = database.url().split_once('@').unwrap();
    let (place, name) = rest.split_once('/').unwrap();
    let (mut login, mut place, mut name) = (login.to_owned(), place.to_owned(), name.to_owned());
    change(&mut login, &mut place, &mut name);
    format!("{login}@{place}/{name}")
}

fn password(database: &Database) -> String {
    let config: postgres::Config = database.url().parse().unwrap();
    String::from_utf8(config.get_password().unwrap().to_vec()).unwrap()
}

#[test]
fn the_first_start_applies_each_revision_and_the_second_has_nothing_to_do() {
    let database = server().database("starts").unwrap();
    let (mut api, address) = Api::up(&database);
    let count = Revision::ALL.len();
    for (line, revision) in api.said.iter().zip(Revision::ALL) {
        let applied = format!("  {revision} applied in ");
        assert!(line.starts_with(&applied) && line.ends_with(" ms"), "{line:?}");
    }
    let head = Revision::HEAD;
    let summary = format!("schema is at head ({head}): {count} revisions applied");
    assert_eq!(api.said[count..count + 1], [summary]);
    assert_eq!(get(&address, "/schema").1["applied_by_this_start"], count);
    api.signal("TERM");
    api.wait_for("stopped");

    let (api, address) = Api::up(&database);
    assert_eq!(api.said[0], format!("schema is at head ({head}): nothing to do"));
    assert_eq!(api.said.len(), 2, "{:#?}", api.said);
    assert_eq!(get(&address, "/schema").1["applied_by_this_start"], 0);
}

#[test]
fn it_answers() {
    let database = server().database("answers").unwrap();
    let (_api, address) = Api::up(&database);
    let (status, health) = get(&address, "/healthz");
    assert_eq!((status, &health["status"]), (200, &Value::from("ok")));
    assert_eq!(health["revision"], Revision::HEAD.id());
    assert_eq!(health["digest"], HEAD_DIGEST.to_string());
    let version = health["database_version"].as_str().unwrap().to_owned();
    assert!(version.starts_with(&server().version().to_string()), "{version}");

    let (status, schema) = get(&address, "/schema");
    assert_eq!(status, 200);
    let chain = schema["chain"].as_array().unwrap();
    assert_eq!(chain.len(), Revision::ALL.len());
    for (entry, revision) in chain.iter().zip(Revision::ALL) {
        assert_eq!(entry["revision"], revision.id());
        assert!(entry["message"].as_str().is_some_and(|message| !message.is_empty()), "{entry}");
        assert!(entry["digest"].as_str().unwrap().starts_with("sha256:"), "{entry}");
        assert_eq!(entry["applied"]["by"], "postgres");
        assert!(entry["applied"]["at"].as_str().unwrap().ends_with('Z'), "{entry}");
        assert!(entry["applied"]["milliseconds"].is_u64(), "{entry}");
    }
    assert_eq!(schema["chain"][Revision::ALL.len() - 1]["digest"], HEAD_DIGEST.to_string());

    let users = get(&address, "/users");
    assert_eq!((users.0, &users.1["users"]), (200, &Value::Array(Vec::new())));
    assert_eq!(get(&address, "/nothing").0, 404);
}

#[test]
fn health_is_the_state_of_the_database() {
    let database = server().database("health").unwrap();
    let (mut api, address) = Api::up(&database);
    let mut client = database.connect().unwrap();
    let below = Revision::ALL[Revision::ALL.len() - 2];
    runner().downgrade_to(&mut client, below).unwrap();
    let (status, health) = get(&address, "/healthz");
    assert_eq!((status, &health["head"]), (503, &Value::from(Revision::HEAD.id())));
    assert_eq!(health["revision"], below.id());
    assert!(health["status"].as_str().unwrap().starts_with("behind"), "{health}");

    runner().downgrade_to(&mut client, Target::Base).unwrap();
    let (status, health) = get(&address, "/healthz");
    assert_eq!((status, &health["revision"]), (503, &Value::Null));
    assert_eq!(get(&address, "/users").0, 503);
    let said = api.wait_for("error: ");
    assert!(said.contains("relation \"users\" does not exist"), "{said}");
}

#[test]
fn signals_stop_it_gracefully() {
    let database = server().database("signals").unwrap();
    for signal in ["INT", "TERM"] {
        let (api, address) = Api::up(&database);
        // A client that keeps its connection does not keep the server.
        let mut idle = TcpStream::connect(&address).unwrap();
        write!(idle, "GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
        assert!(idle.read(&mut [0; 1024]).unwrap() > 0);
        api.signal(signal);
        let (status, said) = api.end();
        assert_eq!(status.code(), Some(0), "{signal}: {said}");
        assert!(said.ends_with("\nstopped"), "{said}");
        assert!(TcpStream::connect(&address).is_err());
    }
}

#[test]
fn two_at_once_on_an_empty_database() {
    let database = server().database("two").unwrap();
    program();
    let two = thread::scope(|scope| {
        [(); 2].map(|()| scope.spawn(|| Api::up(&database))).map(|api| api.join().unwrap())
    });
    let mut applied: Vec<String> = Vec::new();
    for (api, address) in &two {
        assert_eq!(get(address, "/healthz").0, 200);
        applied.extend(api.said.iter().filter(|line| line.contains(" applied in ")).cloned());
    }
    // Each revision was applied, by one of them.
    assert_eq!(applied.len(), Revision::ALL.len(), "{applied:#?}");
    check_once(&database);
}

/// Each revision is applied, and was once.
fn check_once(database: &Database) {
    let mut client = database.connect().unwrap();
    for table in ["migrate_history", "migrate_log"] {
        let sql = format!("SELECT count(*), count(DISTINCT revision) FROM {table}");
        let row = client.query_one(&sql, &[]).unwrap();
        let count = i64::try_from(Revision::ALL.len()).unwrap();
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (count, count), "{table}");
    }
}

#[test]
fn one_that_is_killed_in_the_middle_leaves_nothing_half_done() {
    let database = server().database("killed").unwrap();
    let mut client = database.connect().unwrap();
    let runner = actorhub_schema::migrations::runner();
    runner.upgrade_to(&mut client, Revision::BASE).unwrap();
    // The second revision alters this table.
    let mut transaction = client.transaction().unwrap();
    transaction.batch_execute("LOCK TABLE users").unwrap();
    let mut api = Api::start(database.url(), "127.0.0.1:0");
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                 AND wait_event_type = 'Lock'";
    let mut watch = database.connect().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while watch.query_one(waits, &[]).unwrap().get::<_, i64>(0) == 0 {
        assert!(Instant::now() < deadline, "it never waits");
        thread::sleep(Duration::from_millis(10));
    }
    api.process.kill().unwrap();
    api.process.wait().unwrap();
    transaction.rollback().unwrap();
    // The server may finish the revision that it had got, or not: it is done and recorded once.
    let (_next, address) = Api::up(&database);
    assert_eq!(get(&address, "/healthz").0, 200);
    check_once(&database);
}

#[test]
fn a_port_that_is_taken() {
    let database = server().database("port").unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (status, said) = Api::start(database.url(), &address).end();
    assert_eq!(status.code(), Some(1), "{said}");
    let expected = format!("error: can't listen on {address}: Address already in use");
    assert!(said.contains(&expected) && said.contains("LISTEN="), "{said}");
    // Before anything is migrated.
    let tables = "SELECT count(*) FROM pg_class WHERE relname = 'users'";
    let count: i64 = database.connect().unwrap().query_one(tables, &[]).unwrap().get(0);
    assert_eq!(count, 0);
}

#[test]
fn a_database_that_goes_away_and_comes_back() {
    let database = server().database("gone").unwrap();
    let (mut api, address) = Api::up(&database);
    assert_eq!(get(&address, "/healthz").0, 200);
    // Sessions that end are replaced.
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.connect().unwrap().batch_execute(end).unwrap();
    let again = (0..100).any(|_| get(&address, "/healthz").0 == 200);
    assert!(again, "{:#?}", api.said);
    // The database is gone for good.
    let password = password(&database);
    drop(database);
    for path in ["/healthz", "/schema", "/users"] {
        let (status, body) = get(&address, path);
        assert_eq!((status, &body["error"]), (503, &Value::from("the database is unavailable")));
        assert!(api.wait_for("error: ").len() > "error: ".len());
    }
    api.signal("TERM");
    let (status, said) = api.end();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.contains("does not exist") && !said.contains(&password), "{said}");
}

#[test]
fn a_database_that_can_not_be_reached() {
    let database = server().database("unreachable").unwrap();
    let secret = password(&database);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cases = [
        (with(&database, |_, place, _| *place = free.to_string()), "refused"),
        (
            with(&database, |_, place, _| *place = "no-such-host.invalid:5432".into()),
            "no-such-host",
        ),
        (with(&database, |_, _, name| *name = "no_such_database".into()), "does not exist"),
        (with(&database, |login, _, _| login.push_str("wrong")), "password"),
        ("postgres://user:hunter2@host:notaport/x".to_owned(), ""),
        ("no url at all".to_owned(), ""),
    ];
    for (url, expected) in cases {
        let said = refused(&url);
        assert!(said.contains(expected), "{said}");
        assert!(said.contains("help: "), "{said}");
        assert!(!said.contains(&secret) && !said.contains("hunter2"), "{said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_database_that_has_diverged() {
    let database = server().database("diverged").unwrap();
    drop(Api::up(&database));
    let edit = "UPDATE migrate_history SET chain_digest = 'sha256:' || repeat('0', 64)";
    database.connect().unwrap().batch_execute(edit).unwrap();
    let said = refused(database.url());
    let expected = format!(
        "error: the database has diverged: revision `{}` was applied on top of other revisions",
        Revision::BASE
    );
    assert!(said.starts_with(&expected), "{said}");
}
