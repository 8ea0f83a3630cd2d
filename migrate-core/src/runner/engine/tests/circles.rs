//! A server, or a database behind it, that answers whatever it likes: a run ends nevertheless.

use super::*;

/// More questions than any of these runs has a reason for.
const MANY: usize = 500;

/// How a run ends that is answered with these, again and again.
fn end(chain: &Chain<'static>, operation: &Operation, answers: &[&Say]) -> String {
    let settings =
        Settings { lock_wait_timeout: Duration::from_secs(3), retries: 3, ..Settings::default() };
    let watch = Observers::default();
    let mut engine = match Engine::new(chain, &settings, &watch, operation.clone(), 7) {
        Ok(engine) => engine,
        Err(error) => return error.to_string(),
    };
    let (mut now, mut reply) = (Duration::ZERO, Input::Start);
    for say in answers.iter().cycle().take(MANY) {
        reply = match engine.next(reply, now) {
            Ok(Output::Done) => return "done".to_owned(),
            Err(error) => return error.to_string(),
            Ok(Output::Wait(pause)) => {
                now += pause;
                Input::Waited
            }
            Ok(Output::Query(query) | Output::Run(query)) => answer(say, chain, &query),
        };
    }
    panic!("asks without end: {operation:?} {answers:?}");
}

#[test]
fn whatever_is_answered_a_run_ends() {
    let says = [
        Say::Ok,
        NotAtHead,
        Applied(""),
        Applied("a"),
        ProgressMarker(1),
        Held("123"),
        BUSY,
        HISTORY_CHANGED,
        LOCKED,
        Fail("42P01", "relation \"public.migrate_history\" does not exist"),
        Fail("42501", "permission denied for sequence migrate_statement"),
    ];
    let operations = [
        Operation::Upgrade(Target::Head),
        Operation::Upgrade(Target::Relative(1)),
        Operation::Downgrade(Target::Base),
        Operation::Stamp(Target::Head, true),
        Operation::Adopt(vec!["b".to_owned()]),
        Operation::Read,
        Operation::Log,
    ];
    for chain in [samples::chain("a b:a c:b"), samples::chain("a~ b~:a")] {
        for operation in &operations {
            for first in &says {
                for second in &says {
                    end(&chain, operation, &[first, second]);
                    // Three in turn are many; those that tell of the history are enough.
                    for third in &says[..2] {
                        end(&chain, operation, &[first, third, second, &HISTORY_CHANGED]);
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
        &Operation::Upgrade(Target::Head),
        &[&missing, &settings, &HISTORY_CHANGED, &settings],
    );
    let expected = "the table \"public\".\"migrate_history\" is not a history of migrations: the \
                    server says that it has changed, and it reads as before\n = help: is this the";
    assert!(text.starts_with(expected), "{text}");
}
