//! Whatever is asked of a database, in whichever order, and whatever ends in the middle: it is as a model of a few
//! lines says. The model knows which revisions are applied, in which order, what has run, and how far the revision
//! outside a transaction is that has stopped on its way.
//!
//! A plain run tries the same few stories each time unless `PROVE_SEED` says otherwise; `PROVE=full` tries many.

mod expected;

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};

use migrate_core::{Chain, Direction, Error, Runner, Status};
use migrate_testkit::Database;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use self::expected::{GRAPH, Model, Move, OUTSIDE, Partial, STATEMENTS};
use crate::process::is_full;
use crate::proxy::Proxy;
use crate::random::seed;
use crate::support::{ClientKind, Session, Way, chain_of, database, eventually, file, target};

/// One thing that somebody does.
#[derive(Debug, Clone)]
enum Deed {
    Run {
        command: String,
        way: Way,
    },
    /// The same, and the server refuses the first or the last statement of the revision outside a transaction.
    Refuse {
        command: String,
        way: Way,
        last: bool,
    },
    /// The same by somebody who says that what is half done was undone by hand.
    ForgetProgress {
        command: String,
        way: Way,
    },
    Stamp {
        at: &'static str,
        purge: bool,
    },
    /// Somebody drops some of our tables by hand; the first is the history.
    Lose {
        choice: usize,
    },
    /// All of our tables are removed.
    Forget,
    /// The line breaks behind so many messages.
    Crash {
        command: String,
        way: Way,
        after: usize,
    },
    /// The future is dropped after so many polls.
    Drop {
        command: String,
        way: Way,
        polls: usize,
    },
}

const TARGETS: [&str; 18] = [
    "head", "head", "head", "base", "+0", "+1", "+2", "-1", "-2", "+9", "r1", "r2", "r3", "r4",
    "r5", "r6", "r2+1", "r5-2",
];

fn deed() -> impl Strategy<Value = Deed> {
    let command = || {
        let verb = select(vec!["upgrade", "upgrade", "downgrade"]);
        (verb, select(TARGETS.to_vec())).prop_map(|(verb, to)| format!("{verb} {to}"))
    };
    // Most of these come to the one outside a transaction.
    let over_outside = || {
        let likely = ["upgrade head", "upgrade r5", "downgrade base", "downgrade r3"];
        prop_oneof![2 => select(likely.map(str::to_owned).to_vec()), 1 => command()]
    };
    let way = || select(Way::ALL.to_vec());
    let stamp = (select(TARGETS.to_vec()), any::<bool>());
    prop_oneof![
        4 => (command(), way()).prop_map(|(command, way)| Deed::Run { command, way }),
        3 => (over_outside(), way(), any::<bool>())
            .prop_map(|(command, way, first)| Deed::Refuse { command, way, last: !first }),
        1 => (command(), way()).prop_map(|(command, way)| Deed::ForgetProgress { command, way }),
        1 => stamp.prop_map(|(at, purge)| Deed::Stamp { at, purge }),
        1 => (1..1_usize << OURS.len()).prop_map(|choice| Deed::Lose { choice }),
        1 => Just(Deed::Forget),
        3 => (command(), way(), 1..12_usize)
            .prop_map(|(command, way, after)| Deed::Crash { command, way, after }),
        1 => (command(), way(), 1..12_usize)
            .prop_map(|(command, way, polls)| Deed::Drop { command, way, polls }),
    ]
}

/// How our tables are dropped.
const OURS: [&str; 5] = [
    "DROP TABLE IF EXISTS migrate_history;",
    "DROP TABLE IF EXISTS migrate_log;",
    "DROP TABLE IF EXISTS migrate_layout;",
    "DROP TABLE IF EXISTS migrate_progress;",
    "DROP SEQUENCE IF EXISTS migrate_statement;",
];

/// Where each statement says that it ran, and which ones are refused.
const TABLES: &str = "CREATE TABLE ran (n serial, what text); CREATE TABLE refused (what text); \
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
    IF EXISTS (SELECT FROM refused WHERE what = new.what) THEN RAISE 'refused'; END IF; RETURN new; END $$; \
    CREATE TRIGGER refuse BEFORE INSERT ON ran FOR EACH ROW EXECUTE FUNCTION refuse()";

/// Each revision says in a table that it was here, by two statements.
fn chain() -> Chain<'static> {
    let say = |what: String| format!("INSERT INTO ran (what) VALUES ('{what}');");
    let section = |sign: &str, id: &str| {
        let between = if id == OUTSIDE { "\nVACUUM ran;" } else { "" };
        format!("{}{between}\n{}", say(format!("{sign}{id}")), say(format!("{sign}{id}.")))
    };
    let of = |(id, parents): &(&str, &[&str])| {
        let (name, text) = file(id, &parents.join(", "), &section("+", id), &section("-", id));
        let outside = if *id == OUTSIDE { " transaction:false" } else { "" };
        let text = text.replace("migrate:up", &format!("migrate:up{outside}"));
        (name, text.replace("migrate:down", &format!("migrate:down{outside}")))
    };
    chain_of(&GRAPH.iter().map(of).collect::<Vec<_>>())
}

/// A database and what it should be like.
struct World<'c> {
    chain: &'c Chain<'static>,
    database: Database,
    session: Session,
    model: Model,
}

impl World<'_> {
    fn does(&mut self, deed: &Deed) {
        match deed {
            Deed::Run { command, way } => {
                let ran = self.session.command(&way.of(Runner::new(self.chain)), command);
                let steps = self.model.plan(command, way.is_single());
                assert_eq!(ran.is_ok(), steps.is_some(), "{ran:?}");
                self.model.apply(&steps.unwrap_or_default());
            }
            Deed::Refuse { command, way, last } => self.is_refused(command, *way, *last),
            Deed::ForgetProgress { command, way } => {
                let runner = way.of(Runner::new(self.chain)).forget_progress();
                let ran = self.session.command(&runner, command);
                // What is refused has forgotten nothing.
                let partial = self.model.partial.take();
                let steps = self.model.plan(command, way.is_single());
                assert_eq!(ran.is_ok(), steps.is_some(), "{ran:?}");
                match steps {
                    Some(steps) => self.model.apply(&steps),
                    None => self.model.partial = partial,
                }
            }
            Deed::Stamp { at, purge } => {
                let stamped = self.session.stamp(&Runner::new(self.chain), at, *purge);
                assert_eq!(stamped.is_ok(), self.model.stamp(at, *purge).is_some(), "{stamped:?}");
            }
            Deed::Lose { choice } => {
                let chosen = OURS.iter().enumerate().filter(|(at, _)| choice & (1 << at) != 0);
                self.session.execute(&chosen.map(|(_, drop)| *drop).collect::<String>());
                if choice & 1 != 0 {
                    self.model.applied.clear();
                    self.model.partial = None;
                } else if choice & 8 != 0 {
                    self.model.loses_progress();
                }
            }
            Deed::Forget => {
                let Session::Tokio(runtime, client) = &mut self.session else { unreachable!() };
                runtime.block_on(Runner::new(self.chain).forget_async(client)).unwrap();
                self.model.applied.clear();
                self.model.partial = None;
            }
            Deed::Crash { command, way, after } => {
                let proxy = Proxy::new(&self.database);
                let mut broken = Session::open(ClientKind::Blocking, &proxy.url(&self.database));
                proxy.cut_after(*after);
                let _ = broken.command(&way.of(Runner::new(self.chain)), command);
                drop(broken);
                self.all_is_quiet();
                self.ended_early(command, *way);
            }
            Deed::Drop { command, way, polls } => {
                self.drops(command, *way, *polls);
                self.ended_early(command, *way);
            }
        }
        assert_eq!(self.seen(), (self.model.applied.clone(), self.model.ran.clone()));
        let half = self.model.partial.map(|it| {
            // When all are done, and only the record is missing, none is next.
            let done = Some(it.done).filter(|done| !it.is_lost && *done < STATEMENTS);
            (it.up, done)
        });
        assert_eq!(self.half_done(), half);
    }

    /// Begins a run, and drops it.
    fn drops(&mut self, command: &str, way: Way, polls: usize) {
        let Session::Tokio(runtime, client) = &mut self.session else { unreachable!() };
        let runner = way.of(Runner::new(self.chain));
        let (verb, to) = command.split_once(' ').unwrap();
        runtime.block_on(async {
            let mut run: std::pin::Pin<Box<dyn Future<Output = bool>>> = match verb {
                "upgrade" => {
                    let run = runner.upgrade_to_async(client, target(to));
                    Box::pin(async { run.await.is_ok() })
                }
                _ => {
                    let run = runner.downgrade_to_async(client, target(to));
                    Box::pin(async { run.await.is_ok() })
                }
            };
            let mut run = pin!(run.as_mut());
            for _ in 0..polls {
                let mut context = Context::from_waker(Waker::noop());
                if run.as_mut().poll(&mut context).is_ready() {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(3)).await;
            }
        });
    }

    /// A run has ended somewhere: its first steps are done, and one of those outside a transaction may be half done.
    fn ended_early(&mut self, command: &str, way: Way) {
        let steps = self.model.plan(command, way.is_single()).unwrap_or_default();
        let (applied, _) = self.seen();
        let done = applied.len().abs_diff(self.model.applied.len());
        assert!(done <= steps.len(), "{applied:?}");
        assert!(!way.is_single() || done == 0 || done == steps.len(), "a part of one transaction");
        self.model.apply(&steps[..done]);
        let Some(next) = steps.get(done).filter(|next| next.id == OUTSIDE) else { return };
        let so_far =
            "SELECT next_statement FROM migrate_progress WHERE started OR next_statement > 0";
        // There may be no such table yet.
        let so_far = self.session.try_rows(so_far).unwrap_or_default();
        let Some(so_far) = so_far.first().map(|row| row.parse().unwrap()) else { return };
        self.model.ran.extend(next.says_from(self.model.done_of(*next), so_far));
        self.model.partial = Some(Partial { up: next.up, done: so_far, is_lost: false });
    }

    /// Runs a command that one of the statements outside a transaction is refused in, if it comes to that.
    fn is_refused(&mut self, command: &str, way: Way, last: bool) {
        let label = |up| {
            let [first_row, last_row] = Move { up, id: OUTSIDE }.says();
            if last { last_row } else { first_row }
        };
        let labels =
            format!("INSERT INTO refused VALUES ('{}'), ('{}')", label(true), label(false));
        self.session.execute(&labels);
        let ran = self.session.command(&way.of(Runner::new(self.chain)), command);
        self.session.execute("TRUNCATE refused");
        let steps = self.model.plan(command, way.is_single());
        let is_planned = steps.is_some();
        let steps = steps.unwrap_or_default();
        let refused_at = if last { STATEMENTS - 1 } else { 0 };
        let comes_to_it = |it: &Move| it.id == OUTSIDE && self.model.done_of(*it) <= refused_at;
        let Some(at) = steps.iter().position(comes_to_it) else {
            assert_eq!(ran.is_ok(), is_planned, "{ran:?}");
            return self.model.apply(&steps);
        };
        let error = ran.unwrap_err();
        assert!(matches!(error, Error::Statement(_)), "{error:?}");
        self.model.apply(&steps[..at]);
        self.model.goes_on(steps[at], refused_at);
    }

    /// What is half done, as the status tells: the direction, and how many statements are done.
    fn half_done(&mut self) -> Option<(bool, Option<usize>)> {
        let Status::Partial(half) = self.session.status(&Runner::new(self.chain)).unwrap() else {
            return None;
        };
        assert_eq!((half.revision.as_str(), half.is_running), (OUTSIDE, false));
        Some((half.direction == Direction::Up, half.done))
    }

    /// The revisions that are recorded, and what has run.
    fn seen(&mut self) -> (Vec<&'static str>, Vec<String>) {
        let applied = self.session.applied();
        let known = |id: &str| GRAPH.iter().map(|(known, _)| *known).find(|known| *known == id);
        let applied = match applied.as_str() {
            "no history" => Vec::new(),
            ids => ids.split_whitespace().map(|id| known(id).unwrap()).collect(),
        };
        (applied, self.session.rows("SELECT what FROM ran ORDER BY n"))
    }

    /// The server finishes what it got before it sees that nobody is there.
    fn all_is_quiet(&mut self) {
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                      AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
        let session = &mut self.session;
        eventually("the broken session ends", || session.value(others) == "0");
    }
}

#[test]
fn a_database_is_as_the_model_says() {
    let chain = chain();
    let ids = chain.migrations().iter().map(|migration| migration.id.as_str());
    assert!(ids.eq(GRAPH.iter().map(|(id, _)| *id)));
    let config = Config {
        cases: if is_full() { 500 } else { 16 },
        rng_seed: RngSeed::Fixed(seed()),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    // Where there is nothing to undo, nothing can be half undone.
    let story = (any::<bool>(), vec(deed(), 1..12));
    let (half_up, half_down) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let told = TestRunner::new(config).run(&story, |(from_head, deeds)| {
        let database = database("model");
        let mut session = Session::open(ClientKind::Tokio, database.url());
        session.execute(TABLES);
        let mut world = World { chain: &chain, database, session, model: Model::default() };
        if from_head {
            world.does(&Deed::Run { command: "upgrade head".to_owned(), way: Way::Together });
        }
        for deed in &deeds {
            world.does(deed);
            if let Some(Partial { up, .. }) = world.model.partial {
                let half = if up { &half_up } else { &half_down };
                half.fetch_add(1, Ordering::Relaxed);
            }
        }
        let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
                     (SELECT oid FROM pg_database WHERE datname = current_database())";
        assert_eq!(world.session.value(locks), "0");
        Ok(())
    });
    told.unwrap_or_else(|error| panic!("PROVE_SEED={}: {error}", seed()));
    let half = (half_up.into_inner(), half_down.into_inner());
    println!("half done after {} deeds on the way up, and {} on the way down", half.0, half.1);
    assert!(half.0 + half.1 > 0 && (half.1 > 0 || !is_full()));
}
