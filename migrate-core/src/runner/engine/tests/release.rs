//! What is asked at the end of a step outside a transaction, whatever is cancelled there.

use super::*;

const CANCELLED: Say = Fail("57014", "canceling statement due to user request");
const NO_ROLE: Say = Fail("22023", "role \"app\" does not exist");

/// Runs `a`, whose only statement is sent alone; each message that fails is the next one that has this text. Gives the
/// messages from the first of them on, in a word each, and how the run ends.
fn ends(chain: &Chain<'static>, mut failing: Vec<(&str, Say)>) -> (Vec<&'static str>, String) {
    let (settings, watch) = (Settings { retries: 0, ..Settings::default() }, Observers::default());
    let operation = Operation::Upgrade(Target::Head);
    let Ok(mut engine) = Engine::new(chain, &settings, &watch, operation, 7) else { panic!() };
    let row = |columns: &[&str]| -> Row { columns.iter().map(|c| Some((*c).to_owned())).collect() };
    let (mut reply, mut asked, mut is_begun) = (Input::Start, Vec::new(), false);
    for _ in 0..60 {
        let query = match engine.next(reply, Duration::ZERO) {
            Ok(Output::Query(query) | Output::Run(query)) => query,
            Ok(Output::Wait(_)) => {
                reply = Input::Waited;
                continue;
            }
            Ok(Output::Done) => return (asked, "done".to_owned()),
            Err(error) => {
                return (asked, error.to_string().lines().next().unwrap_or_default().to_owned());
            }
        };
        let word = match kind(&query).as_str() {
            "rollback" if query.contains("'role'") => "roll back and unlock",
            "rollback" if query.contains("advisory_unlock") => "only unlock",
            "rollback" => "roll back",
            "note" => "log",
            "look" | "read" | "session" | "create" | "repair" => "other",
            _ if query.contains("advisory_unlock") => "unlock",
            _ if query.contains("try_advisory_lock") => "lock",
            _ if query.contains("started = excluded") => "keep",
            _ => "other",
        };
        let fails = failing.first().is_some_and(|(text, _)| query.contains(text));
        let failed = fails.then(|| failing.remove(0).1);
        is_begun |= fails;
        if is_begun {
            asked.push(word);
        }
        reply = match word {
            _ if let Some(say) = &failed => answer(say, chain, &query),
            "lock" | "unlock" | "roll back and unlock" | "only unlock" => {
                Input::Rows(vec![row(&[tag::LOCK, "t"]), row(&[tag::PROCESS, "9"])])
            }
            _ => match kind(&query).as_str() {
                "look" => answer(&NotAtHead, chain, &query),
                "read" => answer(&Applied(""), chain, &query),
                _ if query.contains(tag::PROCESS) => Input::Rows(vec![row(&[tag::PROCESS, "9"])]),
                _ => answer(&Say::Ok, chain, &query),
            },
        };
    }
    panic!("asks without end: {asked:?}");
}

fn vacuum() -> Chain<'static> {
    let text = "-- revision: a\n--\n-- message: a\n\n-- migrate:up transaction:false\nVACUUM t;\n\n\
                -- migrate:down\nSELECT 1;\n";
    samples::chain_of([("a.sql", text)])
}

/// A session that keeps the lock would keep everybody else waiting.
#[test]
fn a_lock_whose_release_is_cancelled_is_given_back_nevertheless() {
    let unlock = || ("advisory_unlock", CANCELLED);
    let (asked, end) = ends(&vacuum(), vec![unlock(), unlock()]);
    assert_eq!(asked, ["unlock", "roll back and unlock", "roll back and unlock"]);
    assert_eq!(end, "done");
}

/// The statement is refused, and what notes that as well: its transaction has failed, and is left before the lock is given back.
#[test]
fn a_refusal_that_can_not_be_noted_leaves_no_failed_transaction() {
    let (asked, end) =
        ends(&vacuum(), vec![("VACUUM", CANCELLED), ("started = excluded", CANCELLED)]);
    assert_eq!(asked, ["other", "keep", "roll back and unlock", "log"]);
    assert!(end.starts_with("upgrade of `a` failed: canceling statement"), "{end}");
}

/// What can't be put back of the session keeps nobody from giving back the lock, and is told.
#[test]
fn a_lock_is_given_back_where_the_settings_can_not_be_put_back() {
    let (asked, end) = ends(&vacuum(), vec![("advisory_unlock", NO_ROLE)]);
    assert_eq!(asked, ["unlock", "only unlock"]);
    let settings = "putting the session's settings back failed: role \"app\" does not exist";
    assert!(end.starts_with(settings), "{end}");
    // What went wrong first is said.
    let (asked, end) = ends(&vacuum(), vec![("VACUUM", NO_ROLE), ("advisory_unlock", NO_ROLE)]);
    assert_eq!(asked, ["other", "keep", "unlock", "only unlock", "log"]);
    assert!(end.starts_with("upgrade of `a` failed: role"), "{end}");
}

/// A caller whose own client keeps the lock has to know.
#[test]
fn a_lock_that_can_not_be_given_back_is_told() {
    let unlock = || ("advisory_unlock", NO_ROLE);
    let (asked, end) = ends(&vacuum(), vec![unlock(), unlock()]);
    assert_eq!(asked, ["unlock", "only unlock"]);
    assert!(end.starts_with("the session keeps the lock of the migrations: role"), "{end}");
}

/// A refusal that the run can go on after is not why it ended, if the session ends right then.
#[test]
fn what_ended_the_session_is_told_and_not_what_was_refused_before() {
    let text = "-- revision: a\n--\n-- message: a\n\n-- migrate:up transaction:false\n\
                DO $x$ BEGIN COMMIT; END $x$;\n\n-- migrate:down\nSELECT 1;\n";
    let refused = || ("DO $x$", Fail("2D000", "invalid transaction termination"));
    let chain = samples::chain_of([("a.sql", text)]);
    let (_, end) = ends(&chain, vec![refused(), ("ROLLBACK", Lost)]);
    assert!(end.starts_with("running migrations failed: connection closed"), "{end}");
    let terminated = ("ROLLBACK", Fail("57P01", "terminating connection"));
    let (_, end) = ends(&chain, vec![refused(), terminated]);
    let expected = "the server has ended the session during the upgrade of `a`: terminating";
    assert!(end.starts_with(expected), "{end}");
}
