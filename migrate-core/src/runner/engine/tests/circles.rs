//! A server, or a database behind it, that answers whatever it likes: a run ends nevertheless.

use super::*;

/// More questions than any of these runs has a reason for.
const MANY: usize = 500;

/// How a run ends that is answered with these, again and again.
fn end(chain: &Chain<'static>, goal: &Goal, answers: &[&Say]) -> String {
    let settings =
        Settings { lock_wait_timeout: Duration::from_secs(3), retries: 3, ..Settings::default() };
    let watch = Watch::default();
    let mut engine = match Engine::new(chain, &settings, &watch, goal.clone(), 7) {
        Ok(engine) => engine,
        Err(error) => return error.to_string(),
    };
    let (mut now, mut reply) = (Duration::ZERO, Reply::Start);
    for say in answers.iter().cycle().take(MANY) {
        reply = match engine.next(reply, now) {
            Ok(Ask::Done) => return "done".to_owned(),
            Err(error) => return error.to_string(),
            Ok(Ask::Wait(pause)) => {
                now += pause;
                Reply::Waited
            }
            Ok(Ask::Query(query) | Ask::Run(query)) => answer(say, chain, &query),
        };
    }
    panic!("asks without end: {goal:?} {answers:?}");
}

#[test]
fn whatever_is_answered_a_run_ends() {
    let says = [
        Say::Ok,
        NotAtHead,
        Applied(""),
        Applied("a"),
        Mark(1),
        Held("123"),
        BUSY,
        MOVED,
        LOCKED,
        Fail("42P01", "relation \"public.migrate_history\" does not exist"),
        Fail("42501", "permission denied for sequence migrate_statement"),
    ];
    let goals = [
        Goal::Upgrade(Target::Head),
        Goal::Upgrade(Target::Relative(1)),
        Goal::Downgrade(Target::Base),
        Goal::Stamp(Target::Head, true),
        Goal::Adopt(vec!["b".to_owned()]),
        Goal::Read,
        Goal::Log,
    ];
    for chain in [samples::chain("a b:a c:b"), samples::chain("a~ b~:a")] {
        for goal in &goals {
            for first in &says {
                for second in &says {
                    end(&chain, goal, &[first, second]);
                    // Three in turn are many; those that tell of the history are enough.
                    for third in &says[..2] {
                        end(&chain, goal, &[first, third, second, &MOVED]);
                    }
                }
            }
        }
    }
}

/// The tables are there for the guard, and not for who reads: a view over what is gone.
#[test]
fn a_history_that_is_there_and_is_not() {
    let missing = Fail("42P01", "relation \"other\" does not exist");
    let settings = Say::Ok;
    // Look, settings, create, roll back; and so on.
    let text = end(
        &samples::chain("a"),
        &Goal::Upgrade(Target::Head),
        &[&missing, &settings, &MOVED, &settings],
    );
    let expected = "the table \"public\".\"migrate_history\" is not a history of migrations: the \
                    server says that it has changed, and it reads as before\n = help: is this the";
    assert!(text.starts_with(expected), "{text}");
}
