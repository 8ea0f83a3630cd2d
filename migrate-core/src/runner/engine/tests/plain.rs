//! Runs in which nothing goes wrong.

use super::*;

const THREE: &str = "a b:a c:b";

#[test]
fn with_nothing_to_do_one_question_is_asked() {
    check(THREE, "upgrade head", &[("look", AtHead)], "nothing in 1");
    check(THREE, "upgrade c", &[("read", Applied("a b c"))], "nothing in 1");
    check(THREE, "downgrade base", &[("read", Applied(""))], "nothing in 1");
    check(THREE, "read", &[("read", Applied("a b"))], "nothing in 1");
    check(THREE, "read", &[("read", Applied("a x"))], "nothing in 1");
}

#[test]
fn the_question_is_the_same_for_a_long_chain() {
    let asked = |length: usize| {
        let chain = samples::long_chain(length);
        let (settings, watch) = (Settings::default(), Observers::default());
        let engine = Engine::new(&chain, &settings, &watch, Operation::Upgrade(Target::Head), 7);
        match engine.map(|mut engine| engine.next(Input::Start, Duration::ZERO)) {
            Ok(Ok(Output::Query(query))) => query
                .replace(chain.head().id.as_str(), "HEAD")
                .replace(&chain.head().digests.chain.to_string(), "DIGEST"),
            other => panic!("{:?}", other.err()),
        }
    };
    assert_eq!(asked(10), asked(1000));
    assert!(asked(10).len() < 300, "{}", asked(10));
}

#[test]
fn what_is_missing_is_sent_in_one_message() {
    let script = [("look", NotAtHead), ("read", Applied("a")), ("run b c", Say::Ok)];
    let events = check(THREE, "upgrade head", &script, "+b +c in 3");
    assert_eq!(events, "start b 1/2\nstart c 2/2\nfinish b 0\nfinish c 0\n");
    check(THREE, "upgrade +1", &[("read", Applied("a")), ("run b", Say::Ok)], "+b in 2");
    check(THREE, "downgrade a", &[("read", Applied("a b c")), ("run c b", Say::Ok)], "-c -b in 2");
}

#[test]
fn the_tables_are_made_when_they_are_missing() {
    for code in ["42P01", "3F000"] {
        let missing = Fail(code, "does not exist");
        let script = [
            ("look", missing.clone()),
            ("session", Say::Ok),
            ("create", Say::Ok),
            ("run a b c", Say::Ok),
        ];
        check(THREE, "upgrade head", &script, "+a +b +c in 4");
        // Not for those who only look, or have nothing to undo.
        let script = [("read", missing.clone()), ("session", Say::Ok)];
        check(THREE, "read", &script, "nothing in 2");
        check(THREE, "downgrade base", &script, "nothing in 2");
        check(
            THREE,
            "downgrade -1",
            &script,
            "nothing to downgrade: no revision is applied\n = help: `migrate status` shows where the \
             database is",
        );
    }
}

#[test]
fn revision_at_a_time() {
    let settings = Settings { revision_at_a_time: true, ..Settings::default() };
    let script =
        [("look", NotAtHead), ("read", Applied("a")), ("run b", Say::Ok), ("run c", Say::Ok)];
    let events = check_with(&settings, THREE, "upgrade head", &script, "+b +c in 4");
    assert_eq!(events, "start b 1/2\nfinish b 0\nstart c 2/2\nfinish c 0\n");
}

#[test]
fn a_long_chain_is_sent_in_pieces() {
    let chain = samples::long_chain(70);
    let ids =
        |from: usize, to: usize| -> String { (from..=to).map(|at| format!(" r{at:04}")).collect() };
    let (first, second, third) = (ids(1, 32), ids(33, 64), ids(65, 70));
    let (first, second, third) =
        (format!("run{first}"), format!("run{second}"), format!("run{third}"));
    let script = [
        ("look", NotAtHead),
        ("read", Applied("")),
        (first.as_str(), Say::Ok),
        (second.as_str(), Say::Ok),
        (third.as_str(), Say::Ok),
    ];
    let outcome = format!("{} in 5", ids(1, 70).trim().replace('r', "+r"));
    run(&Settings::default(), &chain, "upgrade head", &script, &outcome);
}

#[test]
fn a_database_that_is_ahead() {
    let ahead = [("look", NotAtHead), ("read", Applied("a b c new"))];
    check(THREE, "upgrade head", &ahead, "nothing in 2");
    let settings = Settings { refuse_ahead: true, ..Settings::default() };
    check_with(
        &settings,
        THREE,
        "upgrade head",
        &ahead,
        "the database is ahead: `new` is not in this chain\n = help: a newer release applied it: \
         run that release",
    );
    check_with(&settings, THREE, "upgrade head", &[("look", AtHead)], "nothing in 1");
}

#[test]
fn a_name_that_can_not_be_asks_nothing() {
    let settings = Settings { schema: String::new(), ..Settings::default() };
    let (chain, watch) = (samples::chain("a"), Observers::default());
    let engine = Engine::new(&chain, &settings, &watch, Operation::Read, 7);
    assert!(matches!(engine.err(), Some(Error::BadName { .. })));
}

/// Two runs of it would not see each other.
#[test]
fn a_server_without_locks_is_refused() {
    let (chain, settings, watch) = (samples::chain("a"), Settings::default(), Observers::default());
    let check = |version: &str, expected: bool| {
        let Ok(mut engine) = Engine::new(&chain, &settings, &watch, Operation::Read, 7) else {
            panic!()
        };
        let _ = engine.next(Input::Start, Duration::ZERO);
        let columns = [tag::SESSION, "public", "none", "0", "0", "on", "", "f", version];
        let session: Row = columns.iter().map(|column| Some((*column).to_owned())).collect();
        let ended = engine.next(Input::Rows(vec![session]), Duration::ZERO);
        let is_refused = matches!(ended, Err(Error::UnsupportedServer { .. }));
        assert_eq!(is_refused, expected, "{version}: {ended:?}");
    };
    check("CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu)", true);
    check("PostgreSQL 15.18 on x86_64-pc-linux-gnu, compiled by gcc", false);
}

/// It is never taken for the end of the run, which would be a proof of being at head.
#[test]
fn an_answer_to_another_question_is_an_error() {
    let (chain, settings, watch) = (samples::chain("a"), Settings::default(), Observers::default());
    for reply in [Input::Start, Input::Waited, Input::Rows(Vec::new())] {
        let Ok(mut engine) = Engine::new(&chain, &settings, &watch, Operation::Read, 7) else {
            panic!()
        };
        let asked = engine.next(Input::Start, Duration::ZERO);
        assert!(matches!(asked, Ok(Output::Query(_))));
        let ended = engine.next(Input::Waited, Duration::ZERO);
        assert!(matches!(ended, Err(Error::Internal { .. })), "{ended:?}");
        let ended = engine.next(reply, Duration::ZERO);
        assert!(matches!(ended, Err(Error::Internal { .. })), "{ended:?}");
    }
}
