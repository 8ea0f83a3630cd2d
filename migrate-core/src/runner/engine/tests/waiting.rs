//! Runs that meet other runners, and locks.

use super::*;
use crate::runner::engine::waiting::Backoff;

const THREE: &str = "a b:a c:b";

#[test]
fn who_finds_the_lock_taken_waits_and_finds_the_work_done() {
    let script = [
        ("look", NotAtHead),
        ("read", Applied("")),
        ("run a b c", BUSY),
        ("rollback", Say::Ok),
        ("read", Applied("")),
        ("wait", Later(60)),
        ("holder", Held("123")),
        ("wait", Later(100)),
        ("holder", Held("123")),
        ("wait", Later(200)),
        ("holder", Say::Ok),
        ("look", AtHead),
    ];
    let events = check(THREE, "upgrade head", &script, "nothing in 9");
    let expected = "start a 1/3\nstart b 2/3\nstart c 3/3\n\
                    wait for somebody 0\nwait for 123 60\nwait for 123 160\n";
    assert_eq!(events, expected);
}

#[test]
fn who_finds_the_lock_taken_does_what_is_left() {
    let script = [
        ("read", Applied("")),
        ("run a b", BUSY),
        ("rollback", Say::Ok),
        ("read", Applied("")),
        ("wait", Later(60)),
        ("holder", Say::Ok),
        ("read", Applied("a")),
        ("run b", Say::Ok),
    ];
    check(THREE, "upgrade b", &script, "+b in 7");
}

#[test]
fn patience_ends_and_the_error_names_the_holder() {
    let settings = Settings { lock_wait_timeout: Duration::from_secs(2), ..Settings::default() };
    let busy = [
        ("read", Applied("")),
        ("run a b c", BUSY),
        ("rollback", Say::Ok),
        ("read", Applied("")),
        ("wait", Later(1000)),
    ];
    let outcome = "another migration is running: process 123 (app) of deploy, for 00:00:12, with `x`; \
                   waited 2 s\n = help: run it again when the other one has ended; if that \
                   hangs, end it on the server: `SELECT pg_terminate_backend(pid)`";
    let mut script = busy.to_vec();
    script.extend([("holder", Held("123")), ("wait", Later(1000)), ("holder", Held("123"))]);
    check_with(&settings, THREE, "upgrade c", &script, outcome);
    // Somebody else comes and goes: the time goes on, and the last one is named.
    let mut script = busy.to_vec();
    script.extend([("holder", Held("99")), ("wait", Later(500)), ("holder", Say::Ok)]);
    script.extend([("read", Applied("")), ("run a b c", BUSY), ("rollback", Say::Ok)]);
    script.extend([("read", Applied("")), ("wait", Later(600)), ("holder", Held("123"))]);
    let events = check_with(&settings, THREE, "upgrade c", &script, outcome);
    assert!(
        events.ends_with(
            "wait for 99 1000\nstart a 1/3\nstart b 2/3\nstart c 3/3\nwait for somebody 1500\n"
        ),
        "{events}"
    );
    // Nobody to be seen any more.
    let settings = Settings { lock_wait_timeout: Duration::ZERO, ..Settings::default() };
    let outcome = "another migration is running; waited 0 s\n = help: run it again when the other \
                   one has ended; if that hangs, end it on the server: \
                   `SELECT pg_terminate_backend(pid)`";
    check_with(&settings, THREE, "upgrade c", &busy[..4], outcome);
}

#[test]
fn pauses_are_no_longer_than_patience() {
    let settings = Settings { lock_wait_timeout: Duration::from_millis(10), ..Settings::default() };
    let (chain, watch) = (samples::chain("a"), Observers::default());
    let operation = Operation::Upgrade(Target::Head);
    let Ok(mut engine) = Engine::new(&chain, &settings, &watch, operation, 7) else { panic!() };
    let asked = engine.wait(Duration::from_secs(5));
    assert!(matches!(asked, Ok(Output::Wait(pause)) if pause <= Duration::from_millis(10)));
    let asked = engine.wait(Duration::from_millis(5009));
    assert!(matches!(asked, Ok(Output::Wait(pause)) if pause <= Duration::from_millis(1)));
    let asked = engine.wait(Duration::from_millis(5010));
    assert!(matches!(asked, Err(Error::LockTimeout { .. })));
}

#[test]
fn tables_that_another_runner_is_making_or_has_made() {
    let missing = || ("look", Fail("42P01", "does not exist"));
    let script = [
        missing(),
        ("session", Say::Ok),
        ("create", RAISED_BUSY),
        ("rollback", Say::Ok),
        ("wait", Later(60)),
        ("holder", Say::Ok),
        missing(),
        ("session", Say::Ok),
        ("create", RAISED_HISTORY_CHANGED),
        ("rollback", Say::Ok),
        ("look", NotAtHead),
        ("read", Applied("a")),
        ("run b c", Say::Ok),
    ];
    check(THREE, "upgrade head", &script, "+b +c in 12");
}

#[test]
fn a_history_that_has_moved_makes_a_new_plan() {
    let script = [
        ("look", NotAtHead),
        ("read", Applied("")),
        ("run a b c", HISTORY_CHANGED),
        ("rollback", Say::Ok),
        ("read", Applied("a b")),
        ("run c", Say::Ok),
    ];
    check(THREE, "upgrade head", &script, "+c in 6");
    let script = [
        ("look", NotAtHead),
        ("read", Applied("")),
        ("run a b c", HISTORY_CHANGED),
        ("rollback", Say::Ok),
        ("read", Applied("a b c")),
    ];
    check(THREE, "upgrade head", &script, "nothing in 5");
    // Diverged meanwhile.
    let script = [
        ("read", Applied("a")),
        ("run b c", HISTORY_CHANGED),
        ("rollback", Say::Ok),
        ("read", Applied("a x")),
    ];
    let outcome = "the database has diverged: revision `x` (applied 2025-12-17T10:11:12.002Z by \
                   deploy) is not in this chain, and the chain's own are not all applied\n \
                   = help: another branch was applied here: add its revisions to this chain, or \
                   connect to the right database; on a development database, undo it: \
                   `migrate downgrade --stored base`; if only the recorded id is wrong, name the \
                   revision that the schema is at: `migrate stamp REVISION`";
    check(THREE, "upgrade c", &script, outcome);
}

/// The lock is free for a moment between two transactions of a message.
#[test]
fn what_was_done_before_another_came_between_is_reported() {
    // `a` has the marks 1 and 2, `b` 3 and 4.
    for (between, then) in [(BUSY, true), (HISTORY_CHANGED, false)] {
        let mut script = vec![
            ("look", NotAtHead),
            ("read", Applied("")),
            ("run a b c", between),
            ("rollback", ProgressMarker(2)),
            ("read", Applied("a b")),
        ];
        if then {
            script.extend([("wait", Later(60)), ("holder", Say::Ok)]);
            script.extend([("look", NotAtHead), ("read", Applied("a b"))]);
        }
        script.push(("run c", Say::Ok));
        let outcome = if then { "+a +c in 9" } else { "+a +c in 6" };
        let events = check(THREE, "upgrade head", &script, outcome);
        assert!(events.contains("finish a 1\n"), "{events}");
        assert!(!events.contains("finish b"), "{events}");
        assert!(events.contains("start c 2/2\n"), "{events}");
    }
}

#[test]
fn a_mark_of_another_run_is_no_mark_of_this() {
    let script = [
        ("look", NotAtHead),
        ("read", Applied("")),
        ("run a b c", HISTORY_CHANGED),
        ("rollback", ProgressMarker(123_456_789)),
        ("read", Applied("a b c")),
    ];
    check(THREE, "upgrade head", &script, "nothing in 5");
    let mut script = script.to_vec();
    script[3] = ("rollback", Fail("55000", "currval is not yet defined in this session"));
    check(THREE, "upgrade head", &script, "nothing in 5");
}

#[test]
fn a_locked_table_is_tried_again_so_many_times() {
    let settings = Settings { retries: 2, ..Settings::default() };
    let turn = [
        ("run b c", LOCKED),
        ("rollback", ProgressMarker(1)),
        ("read", Applied("a")),
        ("wait", Later(60)),
        ("holder", Say::Ok),
        ("look", NotAtHead),
        ("read", Applied("a")),
    ];
    let mut script = vec![("look", NotAtHead), ("read", Applied("a"))];
    script.extend(turn.clone());
    let mut second = turn.to_vec();
    second[1] = ("rollback", ProgressMarker(5));
    script.extend(second);
    script.extend([("run b c", LOCKED), ("rollback", ProgressMarker(9)), ("read", Applied("a"))]);
    let outcome = "upgrade of `b` failed: canceling statement due to lock timeout (SQLSTATE 55P03)
 --> migrations/b.sql:6:1
  |
6 | CREATE TABLE t_b ();
  | ^^^^^^^^^^^^^^^^^^^^ statement 1 of 1
  = note: the revision was rolled back
  = help: another session held a lock on the table for too long, each time; run at a quieter time, or allow a longer wait: `-- migrate:up lock_timeout:30s`";
    let events = check_with(&settings, THREE, "upgrade head", &script, outcome);
    let retries = events.matches("retry b: canceling statement due to lock timeout\n").count();
    assert_eq!(retries, 2);
    // Free in time.
    let mut script = vec![("look", NotAtHead), ("read", Applied("a"))];
    script.extend(turn);
    script.push(("run b c", Say::Ok));
    check_with(&settings, THREE, "upgrade head", &script, "+b +c in 9");
}

#[test]
fn each_revision_has_its_own_tries() {
    let settings = Settings { retries: 1, ..Settings::default() };
    let again = |applied| {
        [("wait", Later(60)), ("holder", Say::Ok), ("look", NotAtHead), ("read", Applied(applied))]
    };
    let mut script = vec![("look", NotAtHead), ("read", Applied(""))];
    script.extend([("run a b c", LOCKED), ("rollback", ProgressMarker(1)), ("read", Applied(""))]);
    script.extend(again(""));
    // Six marks later: `a` is done, `b` meets a lock of its own.
    script.extend([("run a b c", LOCKED), ("rollback", ProgressMarker(9)), ("read", Applied("a"))]);
    script.extend(again("a"));
    script.push(("run b c", Say::Ok));
    check_with(&settings, THREE, "upgrade head", &script, "+a +b +c in 15");
}

#[test]
fn what_counts_from_where_the_database_was_counts_once() {
    let again = [("wait", Later(60)), ("holder", Say::Ok)];
    let mut script =
        vec![("read", Applied("a")), ("run b c", LOCKED), ("rollback", ProgressMarker(3))];
    script.push(("read", Applied("a b")));
    script.extend(again.clone());
    script.extend([("read", Applied("a b")), ("run c", Say::Ok)]);
    check("a b:a c:b d:c e:d", "upgrade +2", &script, "+b +c in 7");
    let mut script =
        vec![("read", Applied("a b c d")), ("run d c", LOCKED), ("rollback", ProgressMarker(3))];
    script.push(("read", Applied("a b c")));
    script.extend(again);
    script.extend([("read", Applied("a b c")), ("run c", Say::Ok)]);
    check("a b:a c:b d:c e:d", "downgrade -2", &script, "-d -c in 7");
    // Another runner went further.
    let script = [
        ("read", Applied("a")),
        ("run b", HISTORY_CHANGED),
        ("rollback", Say::Ok),
        ("read", Applied("a b c")),
    ];
    check(THREE, "upgrade +1", &script, "nothing in 4");
}

/// In a chain with branches, the revisions to run are not all below the last of them.
#[test]
fn what_counts_from_where_the_database_was_is_the_same_with_branches() {
    let graph = "a b:a c:b d:b m:c,d";
    let again = [("wait", Later(60)), ("holder", Say::Ok)];
    let check_again = |command, applied, first, between, then, outcome: &str| {
        let mut script =
            vec![("read", Applied(applied)), (first, LOCKED), ("rollback", ProgressMarker(3))];
        script.push(("read", Applied(between)));
        script.extend(again.clone());
        script.extend([("read", Applied(between)), (then, Say::Ok)]);
        check(graph, command, &script, outcome);
    };
    check_again("upgrade +2", "a b", "run c d", "a b", "run c d", "+c +d in 7");
    check_again("upgrade +2", "a b", "run c d", "a b c", "run d", "+c +d in 7");
    check_again("upgrade +2", "a b d", "run c m", "a b d", "run c m", "+c +m in 7");
    check_again("downgrade -1", "a b c d m", "run m", "a b c d m", "run m", "-m in 7");
    check_again("downgrade -2", "a b c d m", "run m d", "a b c d", "run d", "-m -d in 7");
    check_again("downgrade -2", "a b d c m", "run m c", "a b d c", "run c", "-m -c in 7");
    check_again(
        "downgrade -5",
        "a b c d m",
        "run m d c b a",
        "a b c d",
        "run d c b a",
        "-m -d -c -b -a in 7",
    );
}

#[test]
fn deadlocks_and_conflicts_are_tried_again() {
    for code in ["40P01", "40001"] {
        let script = [
            ("read", Applied("a")),
            ("run b", Fail(code, "try again")),
            ("rollback", ProgressMarker(1)),
            ("read", Applied("a")),
            ("wait", Later(60)),
            ("holder", Say::Ok),
            ("read", Applied("a")),
            ("run b", Say::Ok),
        ];
        let events = check(THREE, "upgrade b", &script, "+b in 7");
        assert_eq!(events.matches("retry b: try again\n").count(), 1);
    }
}

#[test]
fn pauses_grow_within_bounds() {
    let milliseconds = |pause: Duration| pause.as_secs_f64() * 1000.0;
    let mut seen = Vec::new();
    for seed in [0, 1, 7, 1 << 40, u64::MAX] {
        let mut backoff = Backoff::new(seed);
        for longest in [50.0, 100.0, 200.0, 400.0, 800.0, 1000.0, 1000.0, 1000.0] {
            let pause = milliseconds(backoff.next());
            assert!(longest / 2.0 <= pause && pause <= longest, "{seed}: {pause} of {longest}");
            seen.push(pause);
        }
    }
    seen.sort_by(f64::total_cmp);
    seen.dedup();
    assert!(seen.len() > 30, "those that wait don't come back at once: {seen:?}");
}
