//! The engine, answered by hand: no database, no clock. A case is a script of what has to be asked
//! and what is answered, and how the run ends.

mod cancelled;
mod circles;
mod failing;
mod plain;
mod release;
mod tables;
mod waiting;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::plan::direction::Direction;
use crate::plan::samples;
use crate::runner::report::Event;

/// What is answered to a question.
#[derive(Debug, Clone)]
enum Say {
    /// Nothing to tell.
    Ok,
    /// The head is recorded, and so many revisions are.
    AtHead,
    /// Behind the head.
    NotAtHead,
    /// These are applied.
    Applied(&'static str),
    /// This mark was set last; the first of the run is 1.
    ProgressMarker(u64),
    /// These have our names: each a name and a kind.
    Tables(&'static [(&'static str, &'static str)]),
    /// The lock is held by this process.
    Held(&'static str),
    /// Refused: SQLSTATE and message.
    Fail(&'static str, &'static str),
    /// Refused, at this text of the message.
    FailAt(&'static str, &'static str),
    /// The connection is gone.
    Lost,
    /// So much time has passed, in milliseconds.
    Later(u64),
}

use Say::{Applied, AtHead, Fail, FailAt, Held, Later, Lost, NotAtHead, ProgressMarker};

/// Another runner has the lock.
const BUSY: Say = Fail(
    "22P02",
    "invalid input syntax for type integer: \"migrate: another migration is running\"",
);
/// The history is another than the plan was made for; the server speaks German.
const HISTORY_CHANGED: Say =
    Fail("22P02", "ungültige Eingabesyntax für Typ integer: »migrate: the history has changed«");
/// The same of a `DO` block, where the tables are made and the history is stamped.
const RAISED_BUSY: Say = Fail(sql::BUSY, "another migration is running");
const RAISED_HISTORY_CHANGED: Say = Fail(sql::HISTORY_CHANGED, "the history has changed");
/// A table is locked.
const LOCKED: Say = Fail("55P03", "canceling statement due to lock timeout");

/// Runs a script: `upgrade TARGET`, `downgrade TARGET` or `read` of the chain of a graph. Gives
/// the events, one a line.
///
/// The outcome is what is done and how often the server was asked, or the error's text.
fn check_with(
    settings: &Settings,
    graph: &str,
    command: &str,
    script: &[(&str, Say)],
    outcome: &str,
) -> String {
    run(settings, &samples::chain(graph), command, script, outcome)
}

fn check(graph: &str, command: &str, script: &[(&str, Say)], outcome: &str) -> String {
    check_with(&Settings::default(), graph, command, script, outcome)
}

fn run(
    settings: &Settings,
    chain: &Chain<'static>,
    command: &str,
    script: &[(&str, Say)],
    outcome: &str,
) -> String {
    let events = Mutex::new(String::new());
    // Whoever cancels a statement has told the run to stop before.
    let is_stopping = AtomicBool::new(false);
    let mut watch = Observers::default();
    watch.stop_when(|| is_stopping.load(Ordering::Relaxed));
    watch.observe(|event| {
        if let Ok(mut events) = events.lock() {
            events.push_str(&shown(event));
            events.push('\n');
        }
    });
    let operation = match command.split_once(' ') {
        Some(("upgrade", target)) => Operation::Upgrade(target.parse().unwrap_or(Target::Head)),
        _ if command == "forget" => Operation::Forget,
        Some((_, target)) => Operation::Downgrade(target.parse().unwrap_or(Target::Base)),
        None => Operation::Read,
    };
    let mut engine = match Engine::new(chain, settings, &watch, operation, 7) {
        Ok(engine) => engine,
        Err(error) => panic!("{error}"),
    };
    let mut now = Duration::ZERO;
    let mut reply = Input::Start;
    let mut left = script.iter();
    let ended = loop {
        let asked = match engine.next(reply, now) {
            Ok(Output::Done) => {
                let report = engine.take_outcome().report;
                break format!("{} in {}", done_text(&report), report.round_trips);
            }
            Err(error) => break error.to_string(),
            Ok(Output::Wait(pause)) => {
                assert!(pause > Duration::ZERO && pause <= Duration::from_secs(1), "{pause:?}");
                ("wait".to_owned(), String::new())
            }
            Ok(Output::Query(query) | Output::Run(query)) => (kind(&query), query),
        };
        if asked.0 == "note" {
            // A failure that can't be noted is the same failure.
            assert_eq!(left.len(), 0, "noted too early: {}", asked.1);
            reply = answer(&Fail("42501", "permission denied"), chain, &asked.1);
            continue;
        }
        let Some((expected, say)) = left.next() else { panic!("nothing to say to {asked:?}") };
        assert_eq!(asked.0, *expected, "after {:?}", &script[..script.len() - left.len() - 1]);
        if let Later(milliseconds) = say {
            now += Duration::from_millis(*milliseconds);
        }
        is_stopping.fetch_or(matches!(say, Fail("57014", _)), Ordering::Relaxed);
        reply = answer(say, chain, &asked.1);
    };
    assert_eq!(left.len(), 0, "never asked: {:?}", left.as_slice());
    assert_eq!(ended, outcome, "{command} of {:?}", chain.head().id);
    drop(engine);
    drop(watch);
    events.into_inner().unwrap_or_default()
}

/// What a query asks, in a word; of migrations, which.
fn kind(query: &str) -> String {
    let is = |text: &str| query.starts_with(text);
    match () {
        () if is("SELECT 'migrate:head'") => "look".to_owned(),
        () if is("SELECT 'migrate:session'") && query.contains("migrate:record") => "read".into(),
        () if is("SELECT 'migrate:session'") => "session".into(),
        () if is("SELECT 'migrate:holder'") => "holder".into(),
        () if is("ROLLBACK") => "rollback".into(),
        () if query.contains("CREATE SEQUENCE IF NOT EXISTS") => "repair".into(),
        () if query.contains("CREATE SEQUENCE") => "create".into(),
        () if query.contains("DROP SEQUENCE") => "forget".into(),
        () if query.contains("'failure'") => "note".into(),
        () => {
            let ids = |direction: &str| -> Vec<String> {
                let record = format!("session_user, '{direction}', E'");
                let rest = query.split(&record).skip(1);
                rest.filter_map(|rest| Some(rest.split('\'').next()?.to_owned())).collect()
            };
            let (up, down) = (ids("upgrade"), ids("downgrade"));
            format!("run {}", up.into_iter().chain(down).collect::<Vec<_>>().join(" "))
        }
    }
}

fn answer(say: &Say, chain: &Chain<'static>, query: &str) -> Input {
    let row = |columns: &[&str]| -> Row { columns.iter().map(|c| Some((*c).to_owned())).collect() };
    let refused = |code: Option<&str>, message: &str, position| {
        Input::Failed(Failure {
            code: code.map(str::to_owned),
            message: message.to_owned(),
            detail: None,
            hint: None,
            position,
            source: None,
        })
    };
    let session = [tag::SESSION, "public", "none", "0", "0", "on", ""];
    match say {
        Say::Ok if kind(query) == "session" => Input::Rows(vec![row(&session)]),
        Say::Ok => Input::Rows(Vec::new()),
        Later(_) => Input::Waited,
        AtHead => Input::Rows(vec![row(&[tag::HEAD, &chain.len().to_string(), "0", "1"])]),
        NotAtHead => Input::Rows(vec![row(&[tag::HEAD, "1", "0", "0"])]),
        Applied(ids) => {
            let records = samples::history(chain, ids).records;
            let records = records.into_iter().map(|record| {
                let (up, chain) = (record.up.to_string(), record.chain.to_string());
                let mut row = row(&[tag::RECORD, &record.revision, &record.parents.join(",")]);
                row.extend([Some(up), record.down.map(|down| down.to_string()), Some(chain)]);
                row.extend([Some(record.position.to_string()), Some(record.applied_at)]);
                row.extend([Some(record.applied_by), Some(record.duration_ms.to_string())]);
                row
            });
            Input::Rows(std::iter::once(row(&session)).chain(records).collect())
        }
        ProgressMarker(number) => Input::Rows(vec![row(&[tag::STATEMENT, &number.to_string()])]),
        Say::Tables(found) => {
            let found = found.iter().map(|(name, kind)| row(&[tag::TABLE, name, kind, ""]));
            Input::Rows(std::iter::once(row(&session)).chain(found).collect())
        }
        Held(pid) => Input::Rows(vec![row(&[tag::HOLDER, pid, "app", "deploy", "00:00:12", "x"])]),
        Fail(code, message) => refused(Some(code), message, None),
        FailAt(code, text) => {
            let Some(at) = query.find(text) else { panic!("{text:?} is not in {query}") };
            refused(Some(code), "no", Some(query[..at].chars().count() + 1))
        }
        Lost => refused(None, "connection closed", None),
    }
}

fn done_text(report: &Report) -> String {
    let done = report.done.iter().map(|done| match done.direction {
        Direction::Up => format!("+{}", done.revision),
        Direction::Down => format!("-{}", done.revision),
    });
    let done: Vec<_> = done.collect();
    if done.is_empty() { "nothing".to_owned() } else { done.join(" ") }
}

fn shown(event: &Event<'_>) -> String {
    match event {
        Event::Started { revision, number, total, .. } => {
            format!("start {revision} {number}/{total}")
        }
        Event::Finished { revision, duration, .. } => {
            format!("finish {revision} {}", duration.as_millis())
        }
        Event::Waiting { holder, waited } => {
            let holder = holder.map_or("somebody", |holder| holder.pid.as_str());
            format!("wait for {holder} {}", waited.as_millis())
        }
        Event::Retrying { revision, reason, .. } => format!("retry {revision}: {reason}"),
        other => format!("{other:?}"),
    }
}
