//! Chains with all that has to run outside a transaction, while everything that can happen to runners, lines and sessions
//! happens to them. Then runs without faults bring the database to head, and it has to be as if nothing had happened:
//! what may not run twice ran once, or a run has said that it is in doubt.
//!
//! A plain run tries a few rounds, always the same chains and faults unless `PROVE_SEED` says otherwise (when a fault strikes
//! depends on the machine); `PROVE=full` tries 300. `PROVE_ROUND` has one of them tried alone.

mod aftermath;
mod expected;
mod faults;
mod story;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use migrate_core::Runner;

use self::aftermath::Operator;
use self::faults::{Attempt, Counts, Said};
pub(crate) use self::story::Story;
use crate::process::is_full;
use crate::random::{Random, seed};
use crate::support::{Session, database};

/// How many rounds run side by side: most of their time they wait.
const SIDE_BY_SIDE: usize = 4;

/// The rounds of a plain run.
const A_FEW: usize = 8;
const ALL: usize = 300;

/// What a runner may say while faults happen to it, as `{:?}` shows it: the connection is lost, a statement was refused
/// for a reason of ours, something is half done or in doubt.
fn is_expected(said: &Said) -> bool {
    let Said { command, error } = said;
    let code = error.split("code: Some(\"").nth(1).and_then(|rest| rest.get(..5));
    // Terminated, cancelled, waited too long for a lock.
    let is_ours = matches!(code, None | Some("57P01" | "57014" | "55P03"));
    // The connection could not be opened, or it is lost.
    is_ours && ["Refused {", "Server {", "Ended {"].iter().any(|it| error.starts_with(it))
        || error.starts_with("Statement(") && (is_ours || code == Some("23505"))
        || error.starts_with("InDoubt {") && error.contains("why: Commits")
        || error.starts_with("Plan(HalfDone(")
        || command.starts_with("upgrade r") && error.starts_with("Plan(NotAhead")
        // What is not applied can't be undone.
        || command.starts_with("downgrade") && error.starts_with("Plan(")
}

/// One round; gives what is wrong.
fn round(seed: u64, counts: &Counts) -> Vec<String> {
    let (story, random) = (Story::new(seed), &mut Random::of(!seed));
    let database = database("stress");
    let chain = story.chain(story.revisions.len());
    Session::new(&database).upgrade_to(&Runner::new(&chain), "r1").unwrap();
    let mut operator = Operator::new(&story, &database);
    let (mut wrong, mut trace) = (Vec::new(), Vec::new());
    let attempts = 3 + random.below(5);
    let clean_at = random.below(attempts);
    for at in 0..attempts {
        if at == clean_at {
            for column in &story.unique {
                operator.session.execute(&format!("UPDATE t SET {column} = n"));
            }
        }
        let attempt = Attempt::new(&story, random);
        let said = attempt.run(&story, &database, counts);
        wrong.extend(said.iter().filter(|said| !is_expected(said)).map(|it| format!("{it:?}")));
        trace.push(format!("{attempt:?}\n    {said:?}"));
        if let Some(statement) = operator.cut_off_at() {
            counts.count(&format!("cut off at {statement}"));
        }
        // In doubt, nothing would follow.
        if said.iter().any(|said| said.error.starts_with("InDoubt")) && at >= clean_at {
            wrong.extend(operator.finish(random).err());
        }
    }
    wrong.extend(operator.finish(random).err());
    // A server goes on with what a client had sent before it was killed: a downgrade can follow the last upgrade.
    operator.waits_for_the_others();
    wrong.extend(operator.finish(random).err());
    (0..operator.decided).for_each(|_| counts.count("in doubt, decided by the test"));
    if wrong.is_empty() {
        wrong.extend(operator.check());
    }
    if !wrong.is_empty() {
        let texts = chain.migrations().iter().skip(1).map(|it| it.source.text().to_owned());
        wrong.extend(texts);
        wrong.extend(trace);
        wrong.append(&mut operator.trace);
        wrong.extend(
            operator.session.try_rows("SELECT * FROM migrate_log ORDER BY at").unwrap_or_default(),
        );
        wrong.extend(operator.session.try_rows("SELECT * FROM ran ORDER BY n").unwrap_or_default());
    }
    wrong
}

#[test]
fn whatever_happens_each_statement_runs_once() {
    let seed = seed();
    println!("PROVE_SEED={seed}");
    let only = std::env::var("PROVE_ROUND").ok().and_then(|round| round.parse().ok());
    let all = if is_full() { ALL } else { A_FEW };
    let rounds = only.map_or(0..all, |round| round..round + 1);
    let (counts, all_wrong) = (Counts::default(), Mutex::new(Vec::new()));
    let next = AtomicUsize::new(rounds.start);
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= rounds.end {
                        return;
                    }
                    let of_round = seed.wrapping_mul(1_000_000).wrapping_add(number as u64);
                    let run = AssertUnwindSafe(|| round(of_round, &counts));
                    let wrong = catch_unwind(run).unwrap_or_else(|_| vec!["it panicked".into()]);
                    if !wrong.is_empty() {
                        println!("PROVE_SEED={seed} PROVE_ROUND={number}: {}", wrong.join("\n  "));
                        all_wrong.lock().unwrap().push(number);
                    }
                }
            });
        }
    });
    let (faults, wrong) = (counts.all(), all_wrong.into_inner().unwrap());
    for (what, count) in &faults {
        println!("{what}: {count}");
    }
    println!("{} rounds, {} wrong: {wrong:?}", rounds.len(), wrong.len());
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(faults.len() >= 6 || only.is_some(), "{faults:?}");
}
