//! How often a run asks the server: what the report says, and what goes over the line.

use migrate_core::{Chain, Report, Runner};

use crate::proxy::Proxy;
use crate::support::{ClientKind, Session, database, line, tables};

/// Runs something behind a proxy, once with each client; the round trips have to be these.
fn check(
    session: &mut Session,
    proxy: &Proxy,
    expected: usize,
    what: &str,
    run: impl Fn(&mut Session) -> Report,
) {
    proxy.count();
    let report = run(session);
    let (queries, others, _) = proxy.count();
    assert_eq!(queries, expected, "{what}: queries over the line");
    assert_eq!(report.round_trips, expected, "{what}: in the report");
    assert_eq!(others, 0, "{what}: nothing is prepared, so nothing else is sent");
}

/// Opens a session behind a proxy, once with each client.
fn each(hint: &str, test: impl Fn(&mut Session, &Proxy)) {
    for kind in ClientKind::ALL {
        println!("with the client {kind:?}");
        let database = database(hint);
        let proxy = Proxy::new(&database);
        test(&mut Session::open(kind, &proxy.url(&database)), &proxy);
    }
}

#[test]
fn an_upgrade_takes_few_round_trips_and_one_with_nothing_to_do_takes_one() {
    // Look, read the settings, make the tables; then 32 revisions a message.
    let cases = [(1, 4, 2), (5, 4, 2), (32, 4, 2), (40, 5, 3), (100, 7, 5)];
    each("round_trips", |session, proxy| {
        for (count, first, down) in cases {
            let chain = tables(count);
            let runner = Runner::new(&chain);
            let up = |session: &mut Session| session.upgrade(&runner).unwrap();
            let to = |target| {
                let runner = &runner;
                move |session: &mut Session| session.upgrade_to(runner, target).unwrap()
            };
            check(session, proxy, first, &format!("{count} revisions"), up);
            check(session, proxy, 1, "nothing to do", up);
            check(session, proxy, 1, "nothing to do up to head", to("head"));
            check(session, proxy, 1, "nothing to do up to a revision", to(&format!("r{count}")));
            let verify = |session: &mut Session| session.verify(&runner).unwrap();
            check(session, proxy, 1, "verify", verify);
            let undo = |session: &mut Session| session.downgrade_to(&runner, "base").unwrap();
            check(session, proxy, down, &format!("{count} revisions back"), undo);
            check(session, proxy, 1, "nothing to undo", undo);
            // Now the tables are there: look, read.
            check(session, proxy, first - 1, &format!("{count} revisions again"), up);
            session.clear();
        }
    });
}

#[test]
fn one_by_one_is_a_round_trip_for_each() {
    let chain = tables(5);
    each("one_by_one", |session, proxy| {
        let runner = Runner::new(&chain).revision_at_a_time();
        check(session, proxy, 3 + 5, "up", |session| session.upgrade(&runner).unwrap());
        check(session, proxy, 1, "again", |session| session.upgrade(&runner).unwrap());
        let down = |session: &mut Session| session.downgrade_to(&runner, "r2").unwrap();
        check(session, proxy, 1 + 3, "down", down);
    });
}

#[test]
fn a_message_ends_when_it_is_large() {
    let large = format!("SELECT length('{}');", "x".repeat(700 << 10));
    let down = "SELECT 1;".to_owned();
    let chain: Chain<'static> = line(&vec![(large, down); 5]);
    each("large", |session, proxy| {
        let runner = Runner::new(&chain);
        // Two and two and one.
        check(session, proxy, 3 + 3, "up", |session| session.upgrade(&runner).unwrap());
    });
}

#[test]
fn the_question_is_as_long_for_a_long_chain() {
    let database = database("question");
    let proxy = Proxy::new(&database);
    let mut session = Session::open(ClientKind::Blocking, &proxy.url(&database));
    let sizes = [10, 99].map(|count| {
        let chain = tables(count);
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap();
        proxy.count();
        session.upgrade(&runner).unwrap();
        let (queries, _, bytes) = proxy.count();
        assert_eq!(queries, 1);
        bytes
    });
    // The ids of the heads, `r10` and `r99`, have the same length.
    assert_eq!(sizes[0], sizes[1]);
    assert!(sizes[0] < 400, "{sizes:?}");
}
