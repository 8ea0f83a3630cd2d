//! Runners that come alone or in company, and what happens to them on their way.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::process::{Child, Command};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use migrate_core::Runner;
use migrate_testkit::Database;

use super::Story;
use crate::process::{LOCK_TIMEOUT, process};
use crate::proxy::{Proxy, When};
use crate::random::Random;
use crate::support::{ClientKind, Session, Way, connection};

/// How many of each kind have happened.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<BTreeMap<String, usize>>);

impl Counts {
    pub(crate) fn count(&self, what: &str) {
        *self.0.lock().unwrap().entry(what.to_owned()).or_default() += 1;
    }

    pub(crate) fn all(&self) -> BTreeMap<String, usize> {
        self.0.lock().unwrap().clone()
    }
}

/// What happens to one runner: when it sends its nth message, or after so many milliseconds.
#[derive(Debug, Clone, Copy)]
enum Blow {
    /// Its process is killed.
    Killed,
    /// Its process stands still for a while.
    Stopped,
    /// The line carries nothing for a while, and ends then.
    Stalled,
    /// Its process is killed, and the server does not hear of that for a while.
    Vanished,
}

#[derive(Debug)]
enum Client {
    /// A process; something happens to it at a message.
    AtMessage(Blow, usize, When, u64),
    /// A process; something happens to it after so many milliseconds, for so many.
    AfterTime(Blow, u64, u64),
    /// A session of this process, whose line is cut after so many messages, if any.
    Thread(bool, Option<usize>),
}

/// One runner.
#[derive(Debug)]
struct Part {
    client: Client,
    way: Way,
    command: String,
    /// How many revisions its release has.
    length: usize,
    /// Its limit of waits for locks, in milliseconds, if it is short.
    lock_timeout: Option<u64>,
}

/// What somebody else does at the server, after so many milliseconds.
#[derive(Debug)]
enum Act {
    Terminate(u64),
    Cancel(u64),
    /// A transaction with a lock on the tables, for so long.
    Hold(u64, u64),
}

/// A few runners, and what happens to them.
#[derive(Debug)]
pub(crate) struct Attempt {
    parts: Vec<Part>,
    acts: Vec<Act>,
}

impl Attempt {
    pub(crate) fn new(story: &Story, random: &mut Random) -> Self {
        let count = [1, 1, 2, 2, 3][random.below(5)];
        let parts = (0..count).map(|_| Part::new(story, random)).collect();
        let acts = (0..random.below(4)).map(|_| {
            let after = random.below(350) as u64;
            match random.below(4) {
                0 => Act::Terminate(after),
                1 => Act::Cancel(after),
                _ => Act::Hold(after / 2, 50 + random.below(500) as u64),
            }
        });
        let acts = acts.collect();
        Attempt { parts, acts }
    }

    /// Runs all of it; gives what the runners say that fail.
    pub(crate) fn run(&self, story: &Story, database: &Database, counts: &Counts) -> Vec<Said> {
        let said = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for part in &self.parts {
                scope.spawn(|| said.lock().unwrap().extend(part.run(story, database, counts)));
            }
            for act in &self.acts {
                scope.spawn(|| act.run(database, counts));
            }
        });
        said.into_inner().unwrap()
    }
}

/// What a runner has said that failed.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) command: String,
    /// The error, as `{:?}` shows it.
    pub(crate) error: String,
}

impl Part {
    fn new(story: &Story, random: &mut Random) -> Self {
        let all = story.revisions.len();
        let client = match random.below(10) {
            kind @ 0..=4 => {
                let blow =
                    [Blow::Killed, Blow::Killed, Blow::Stopped, Blow::Stalled, Blow::Vanished]
                        [kind];
                let when = [When::Before, When::After][random.below(2)];
                // Most of a run is at its beginning, since many of them end early.
                let most = 10 + random.below(90);
                Client::AtMessage(blow, 1 + random.below(most), when, 20 + random.below(400) as u64)
            }
            kind @ 5..=6 => {
                let blow = [Blow::Killed, Blow::Stopped][kind - 5];
                let after = 30 + random.below(400) as u64;
                Client::AfterTime(blow, after, 20 + random.below(400) as u64)
            }
            _ => {
                let cut_after = (random.below(3) > 0).then(|| 1 + random.below(60));
                Client::Thread(random.below(2) == 0, cut_after)
            }
        };
        let is_older = random.below(6) == 0;
        let length = if is_older { all - random.below(2) } else { all };
        let command = match random.below(10) {
            0..=5 => "upgrade head".to_owned(),
            6 => format!("upgrade r{}", 2 + random.below(all - 2)),
            _ if length < all => "upgrade head".to_owned(),
            _ => format!("downgrade r{}", 1 + random.below(all - 1)),
        };
        Part {
            client,
            way: [Way::Together, Way::OneByOne, Way::ByStatement][random.below(3)],
            command,
            length,
            lock_timeout: (random.below(3) == 0).then(|| 10 + random.below(60) as u64),
        }
    }

    fn run(&self, story: &Story, database: &Database, counts: &Counts) -> Option<Said> {
        let said = match &self.client {
            Client::Thread(is_async, cut_after) => {
                let kind = if *is_async { ClientKind::Tokio } else { ClientKind::Blocking };
                let ran = self.in_this_process(kind, *cut_after, story, database, counts);
                ran.err().unwrap_or_default()
            }
            _ => self.in_a_process(story, database, counts),
        };
        // What a test says that fails: its panic is at the end.
        let error = said.split("an `Err` value: ").nth(1)?;
        let error = error.split("\nnote: ").next().unwrap_or_default().to_owned();
        Some(Said { command: self.command.clone(), error })
    }

    fn in_this_process(
        &self,
        kind: ClientKind,
        cut_after: Option<usize>,
        story: &Story,
        database: &Database,
        counts: &Counts,
    ) -> Result<(), String> {
        let proxy = Proxy::new(database);
        let failed = |error: String| format!("an `Err` value: {error}");
        let open = Session::try_open(kind, &proxy.url(database));
        let mut session = open.map_err(|error| failed(format!("{error:?}")))?;
        // A session that has been terminated meanwhile says so later.
        let before = own_state(&mut session);
        if let Some(cut_after) = cut_after {
            proxy.cut_after(cut_after);
        }
        let chain = story.chain(self.length);
        let mut runner = self.way.of(Runner::new(&chain));
        if let Some(limit) = self.lock_timeout {
            runner = runner.lock_timeout(Duration::from_millis(limit)).retries(1);
        }
        let ran = session.command(&runner, &self.command);
        if proxy.is_cut() {
            counts.count("line cut at a message");
        }
        let after = own_state(&mut session);
        if before.is_some() && after.is_some() && before != after {
            return Err(failed(format!("LeftBehind {{ {before:?} -> {after:?}, {ran:?} }}")));
        }
        ran.map(drop).map_err(|error| failed(format!("{error:?}")))
    }

    fn in_a_process(&self, story: &Story, database: &Database, counts: &Counts) -> String {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("migrate-stress-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let command = |url: &str| {
            let mut command = process(url, &story.name(self.length), self.way, &self.command);
            if let Some(limit) = self.lock_timeout {
                command.env(LOCK_TIMEOUT, limit.to_string());
            }
            command.stdout(File::create(&path).unwrap()).env("RUST_BACKTRACE", "0");
            command
        };
        match self.client {
            Client::AtMessage(blow, nth, when, pause) => {
                let proxy = Proxy::new(database);
                let strikes = AtomicUsize::new(0);
                let struck = std::sync::Arc::new(strikes);
                let count = std::sync::Arc::clone(&struck);
                let strike = move |child: &mut Child| {
                    count.fetch_add(1, Ordering::SeqCst);
                    blow.strikes(child, Duration::from_millis(pause));
                };
                let url = proxy.url(database);
                proxy.run_until(&mut command(&url), Some((nth, when)), Box::new(strike));
                if struck.load(Ordering::SeqCst) > 0 {
                    counts.count(blow.name());
                }
            }
            Client::AfterTime(blow, after, pause) => {
                let mut child = command(database.url()).spawn().unwrap();
                thread::sleep(Duration::from_millis(after));
                if child.try_wait().unwrap().is_none() {
                    blow.strikes(&mut child, Duration::from_millis(pause));
                    counts.count(blow.name());
                }
                child.wait().unwrap();
            }
            Client::Thread(..) => {}
        }
        let said = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(&path);
        said
    }
}

impl Blow {
    fn name(self) -> &'static str {
        match self {
            Blow::Killed => "client killed",
            Blow::Stopped => "client stopped for a while",
            Blow::Stalled => "line silent, then cut",
            Blow::Vanished => "client killed, line left open for a while",
        }
    }

    fn strikes(self, child: &mut Child, pause: Duration) {
        let signal = |child: &Child, name: &str| {
            // It may have ended meanwhile.
            let _ = Command::new("kill").args([name, &child.id().to_string()]).status();
        };
        let kill = |child: &mut Child| {
            let _ = child.kill();
            child.wait().unwrap();
        };
        match self {
            Blow::Killed => kill(child),
            Blow::Stopped => {
                signal(child, "-STOP");
                thread::sleep(pause);
                signal(child, "-CONT");
            }
            Blow::Stalled => thread::sleep(pause),
            Blow::Vanished => {
                kill(child);
                thread::sleep(pause);
            }
        }
    }
}

/// How somebody connects whose session no fault meets.
pub(crate) fn spared(database: &Database) -> String {
    connection(database, &[("application_name", "spared")])
}

/// What a run may not change of its session, unless that has ended.
fn own_state(session: &mut Session) -> Option<String> {
    let state = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'), \
                 current_setting('search_path'), current_user, (SELECT count(*) FROM pg_locks \
                 WHERE pid = pg_backend_pid() AND locktype = 'advisory'), \
                 (SELECT count(*) FROM pg_prepared_statements)";
    match session.try_rows(state) {
        Ok(rows) => Some(rows.concat()),
        // Terminated, cut, or cancelled just now.
        Err(error) => error.code.filter(|code| code == "25P02").map(|_| error.text),
    }
}

impl Act {
    fn run(&self, database: &Database, counts: &Counts) {
        let (Act::Terminate(after) | Act::Cancel(after) | Act::Hold(after, _)) = self;
        thread::sleep(Duration::from_millis(*after));
        let mut session = Session::open(ClientKind::Blocking, &spared(database));
        let other = format!(
            "(SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND \
             backend_type = 'client backend' AND application_name <> 'spared' \
             ORDER BY md5(pid::text || '{after}') LIMIT 1)"
        );
        let (name, sql) = match self {
            Act::Terminate(_) => ("session terminated", "pg_terminate_backend"),
            Act::Cancel(_) => ("statement cancelled", "pg_cancel_backend"),
            Act::Hold(after, pause) => {
                counts.count("long transaction");
                let sql = match after % 2 {
                    0 => "BEGIN; INSERT INTO t (n) VALUES (0); SELECT count(*) FROM parts",
                    _ => "BEGIN; SELECT count(*) FROM t; SELECT count(*) FROM parts",
                };
                // It waits itself while somebody has the table.
                if session.try_rows(sql).is_ok() {
                    thread::sleep(Duration::from_millis(*pause));
                }
                let _ = session.try_rows("ROLLBACK");
                return;
            }
        };
        let sql = format!("SELECT {sql}(pid) FROM {other} AS other");
        if !session.rows(&sql).is_empty() {
            counts.count(name);
        }
    }
}
