//! Runs that fail: what is asked then, and what is said.

use super::*;

/// A chain whose revisions `a`, `b` and `c` have three statements each.
fn three() -> Chain<'static> {
    let files: Vec<_> = [("a", ""), ("b", "a"), ("c", "b")]
        .map(|(id, parent)| {
            let up = format!("SELECT 'é', {id}1;\n  SELECT {id}2;\nSELECT {id}3");
            (format!("{id}.sql"), samples::file(id, parent, &up, &format!("SELECT not_{id};")))
        })
        .into();
    samples::chain_of(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

pub(super) fn fails(command: &str, script: &[(&str, Say)], outcome: &str) -> String {
    run(&Settings::default(), &three(), command, script, outcome)
}

const HELP: &str = "the revision was rolled back; fix its file and run it again";

const OWNER: &str = "connect as the role that owns the schema, or grant it to this one";
const PRIMARY: &str = "connect to the primary (of several hosts, `target_session_attrs=read-write` finds it): this server \
                       is a standby, or default_transaction_read_only is on for the role or the database";

#[test]
fn a_statement_that_the_server_points_at() {
    let script = [
        ("look", NotAtHead),
        ("read", Applied("")),
        ("run a b c", FailAt("42P01", "b2;")),
        ("rollback", ProgressMarker(6)),
        ("read", Applied("a")),
    ];
    let outcome = format!(
        "upgrade of `b` failed: no (SQLSTATE 42P01)
 --> migrations/b.sql:7:10
  |
7 |   SELECT b2;
  |          ^^^ statement 2 of 3
  = note: 1 revision before it stays done: `a`
  = help: {HELP}"
    );
    let events = fails("upgrade head", &script, &outcome);
    assert!(events.ends_with("finish a 1\n"), "{events}");
}

/// `a` has the marks 1 to 3 for its statements and 4 for its end, `b` 5 to 8, `c` 9 to 12.
#[test]
fn a_statement_that_only_its_mark_points_at() {
    let check = |marker: u64, applied: &'static str, place: &str, done: &str| {
        let script = [
            ("look", NotAtHead),
            ("read", Applied("")),
            ("run a b c", Fail("22012", "division by zero")),
            ("rollback", ProgressMarker(marker)),
            ("read", Applied(applied)),
        ];
        let id = place.split('.').next().unwrap_or_default();
        let outcome = format!(
            "upgrade of `{id}` failed: division by zero (SQLSTATE 22012)\n --> migrations/{place}\n{done}  = help: {HELP}"
        );
        fails("upgrade head", &script, &outcome);
    };
    let first = |id: &str| {
        format!("{id}.sql:6:1\n  |\n6 | SELECT 'é', {id}1;\n  | ^^^^^^^^^^^^^^^ statement 1 of 3")
    };
    check(1, "", &first("a"), "");
    check(3, "", "a.sql:8:1\n  |\n8 | SELECT a3\n  | ^^^^^^^^^ statement 3 of 3", "");
    check(5, "a", &first("b"), "  = note: 1 revision before it stays done: `a`\n");
    check(
        10,
        "a b",
        "c.sql:7:3\n  |\n7 |   SELECT c2;\n  |   ^^^^^^^^^^ statement 2 of 3",
        "  = note: 2 revisions before it stay done, up to `b`\n",
    );
    // All its statements are done: what failed is the end of the transaction.
    check(
        8,
        "a",
        "b.sql:6:1\n  |\n6 | SELECT 'é', b1;\n  | ^ when its transaction ended",
        "  = note: 1 revision before it stays done: `a`\n",
    );
}

/// The server parses a message before it runs any of it.
#[test]
fn a_text_that_is_no_sql_lets_those_before_it_run() {
    let script = [
        ("look", NotAtHead),
        ("read", Applied("")),
        ("run a b c", FailAt("42601", "c2;")),
        ("rollback", Fail("55000", "currval is not yet defined in this session")),
        ("read", Applied("")),
        ("run a b", Say::Ok),
        ("run c", FailAt("42601", "c2;")),
        ("rollback", ProgressMarker(8)),
        ("read", Applied("a b")),
    ];
    let outcome = format!(
        "upgrade of `c` failed: no (SQLSTATE 42601)
 --> migrations/c.sql:7:10
  |
7 |   SELECT c2;
  |          ^^^ statement 2 of 3
  = note: 2 revisions before it stay done, up to `b`
  = help: {HELP}"
    );
    fails("upgrade head", &script, &outcome);
}

#[test]
fn a_downgrade_points_at_its_section() {
    let script = [
        ("read", Applied("a b c")),
        ("run c b a", FailAt("42P01", "not_b")),
        ("rollback", ProgressMarker(3)),
        ("read", Applied("a b")),
    ];
    let outcome = format!(
        "downgrade of `b` failed: no (SQLSTATE 42P01)
  --> migrations/b.sql:11:8
   |
11 | SELECT not_b;
   |        ^^^^^^ statement 1 of 1
   = note: 1 revision before it stays done: `c`
   = help: {HELP}"
    );
    fails("downgrade base", &script, &outcome);
}

#[test]
fn what_is_not_allowed_to_be_recorded() {
    for (code, message, help) in [
        ("42501", "permission denied for sequence migrate_statement", OWNER),
        ("25006", "read-only", PRIMARY),
    ] {
        let outcome = format!(
            "recording migrations is not allowed: {message} (SQLSTATE {code})\n = help: {help}"
        );
        // Before the first statement, or after the last.
        for marker in [Fail("55000", "not yet defined"), ProgressMarker(99), ProgressMarker(4)] {
            let script = [
                ("read", Applied("")),
                ("run a", Fail(code, message)),
                ("rollback", marker),
                ("read", Applied("")),
            ];
            fails("upgrade a", &script, &outcome);
        }
    }
    let script = [
        ("read", Applied("")),
        ("run a", FailAt("42P01", "\"public\".\"migrate_log\"")),
        ("rollback", ProgressMarker(4)),
        ("read", Applied("")),
    ];
    let outcome = "recording migrations failed: no (SQLSTATE 42P01)\n = help: the migration is not the cause; \
             the server's log may say more";
    fails("upgrade a", &script, outcome);
}

/// A migration that takes a role which may not set our marks runs again without them.
#[test]
fn without_marks_the_revision_is_all_that_can_be_said() {
    let up = "SET ROLE app;\nSELECT 1;\nSELECT 2;";
    let chain = samples::chain_of([("a.sql", samples::file("a", "", up, "SELECT 1;").as_str())]);
    let denied = |name: &str| -> Say {
        match name {
            "sequence" => Fail("42501", "permission denied for sequence migrate_statement"),
            _ => Fail("42501", "permission denied for schema public"),
        }
    };
    for name in ["sequence", "schema"] {
        let mut script = vec![
            ("read", Applied("")),
            ("run a", denied(name)),
            ("rollback", ProgressMarker(1)),
            ("read", Applied("")),
            ("run a", Say::Ok),
        ];
        run(&Settings::default(), &chain, "upgrade a", &script, "+a in 5");
        script[4] = ("run a", Fail("22012", "division by zero"));
        script.extend([("rollback", ProgressMarker(5)), ("read", Applied(""))]);
        let outcome = format!(
            "upgrade of `a` failed: division by zero (SQLSTATE 22012)
 --> migrations/a.sql:6:1
  |
6 | SET ROLE app;
  | ^
  = help: {HELP}"
        );
        run(&Settings::default(), &chain, "upgrade a", &script, &outcome);
    }
    // A migration that takes no role has itself no right.
    let script = [
        ("read", Applied("")),
        ("run a", denied("schema")),
        ("rollback", ProgressMarker(2)),
        ("read", Applied("")),
    ];
    let outcome = "upgrade of `a` failed: permission denied for schema public (SQLSTATE 42501)
 --> migrations/a.sql:7:3
  |
7 |   SELECT a2;
  |   ^^^^^^^^^^ statement 2 of 3
  = note: the revision was rolled back
  = help: run as the role that owns the objects, or grant this one what it lacks: `GRANT CREATE ON SCHEMA …`, ON DATABASE or ON TABLESPACE";
    fails("upgrade a", &script, outcome);
}

/// What the guard says is the guard's only before the first statement; another text never is.
#[test]
fn a_migration_that_raises_what_the_guard_raises() {
    let raised = [
        (sql::BUSY, "mine"),
        (sql::HISTORY_CHANGED, "mine too"),
        ("22P02", "migrate: another migration is running"),
        ("22P02", "migrate: the history has changed"),
    ];
    for (code, message) in raised {
        let script = [
            ("read", Applied("a")),
            ("run b", Fail(code, message)),
            ("rollback", ProgressMarker(2)),
            ("read", Applied("a")),
        ];
        let outcome = format!(
            "upgrade of `b` failed: {message} (SQLSTATE {code})
 --> migrations/b.sql:7:3
  |
7 |   SELECT b2;
  |   ^^^^^^^^^^ statement 2 of 3
  = help: {HELP}"
        );
        fails("upgrade b", &script, &outcome);
    }
}

#[test]
fn a_table_that_is_not_ours() {
    let check = |code: &'static str, outcome: &str| {
        for (command, question) in [("upgrade head", "look"), ("read", "read")] {
            fails(command, &[(question, Fail(code, "why"))], outcome);
        }
    };
    let foreign = "the table \"public\".\"migrate_history\" is not a history of migrations: why\n \
                   = help: is this the right database? If it is, put migrate's tables elsewhere: \
                   `Runner::table_prefix` or `Runner::schema`";
    for code in ["42703", "42883", "42804", "42809", "42846", "22P02"] {
        check(code, foreign);
    }
    check(
        "42501",
        "reading the history of migrations is not allowed: why (SQLSTATE 42501)\n = help: connect \
         as the role that owns the schema, or grant it to this one",
    );
    check(
        "XX000",
        "reading the history of migrations failed: why (SQLSTATE XX000)\n = help: the migration is not the cause; \
             the server's log may say more",
    );
}

#[test]
fn tables_that_can_not_be_made() {
    let check = |code: &'static str, outcome: &str| {
        let script = [
            ("look", Fail("42P01", "missing")),
            ("session", Say::Ok),
            ("create", Fail(code, "why")),
            ("rollback", Say::Ok),
        ];
        fails("upgrade head", &script, outcome);
    };
    for code in ["42P07", "42710"] {
        check(
            code,
            "the table \"public\".\"migrate_history\" or its like is not a history of migrations: \
             why\n = help: is this the right database? If it is, put migrate's tables elsewhere: \
             `Runner::table_prefix` or `Runner::schema`",
        );
    }
    for (code, help) in [("42501", OWNER), ("25006", PRIMARY)] {
        check(
            code,
            &format!(
                "changing the history of migrations is not allowed: why (SQLSTATE {code})\n = help: {help}"
            ),
        );
    }
    for (code, help) in [
        (
            "53100",
            "the server's disk is full: make room and run it again; an index, and a table that is rewritten, \
                   needs its size once more while it is built",
        ),
        ("XX000", "the migration is not the cause; the server's log may say more"),
    ] {
        check(
            code,
            &format!(
                "changing the history of migrations failed: why (SQLSTATE {code})\n = help: {help}"
            ),
        );
    }
}

/// Whatever the server refuses, the transaction is rolled back before anything else.
#[test]
fn after_a_refusal_the_transaction_is_rolled_back() {
    for code in ["42601", "22012", "23505", "57014", "55P03", "40P01", "42501", "25006", "XX000"] {
        let chain = three();
        for settings in [Settings::default(), Settings { retries: 0, ..Settings::default() }] {
            let watch = Observers::default();
            let operation = Operation::Upgrade(Target::Head);
            let Ok(mut engine) = Engine::new(&chain, &settings, &watch, operation, 7) else {
                panic!()
            };
            let mut ask = |say: Say| match engine.next(answer(&say, &chain, ""), Duration::ZERO) {
                Ok(Output::Query(query)) => kind(&query),
                other => panic!("{other:?}"),
            };
            for (say, expected) in [
                (Say::Ok, "look"),
                (NotAtHead, "read"),
                (Applied(""), "run a b c"),
                (Fail(code, "why"), "rollback"),
                (ProgressMarker(1), "read"),
            ] {
                assert_eq!(ask(say), expected, "{code}");
            }
        }
    }
}

/// A connection that ends in the middle is told as what ended it.
#[test]
fn a_connection_that_is_lost() {
    let lost = |what: &str, why: &str| {
        format!(
            "{what} failed: {why}\n = help: check that the server is up, and run it \
             again: it continues where the database is; its log says what has ended the session"
        )
    };
    let closed = "connection closed";
    let reading = lost("reading the history of migrations", closed);
    let running = lost("running migrations", closed);
    let terminated = || Fail("57P01", "terminating connection due to administrator command");
    let ended = "the server has ended the session during the run: terminating connection due to administrator command \
                 (SQLSTATE 57P01)\n = help: somebody has ended the session (`pg_terminate_backend`), or the server was \
                 stopped; what was under way was rolled back; run it again: it continues where the database is";
    fails("upgrade head", &[("look", Lost)], &reading);
    fails("upgrade head", &[("look", NotAtHead), ("read", Lost)], &reading);
    let start = [("look", NotAtHead), ("read", Applied(""))];
    let after = |more: &[(&'static str, Say)], outcome: &str| {
        let mut script = start.to_vec();
        script.extend_from_slice(more);
        fails("upgrade head", &script, outcome);
    };
    after(&[("run a b c", Lost)], &running);
    after(&[("run a b c", terminated()), ("rollback", Lost)], ended);
    after(&[("run a b c", terminated()), ("rollback", ProgressMarker(1)), ("read", Lost)], ended);
    let missing = [("look", Fail("42P01", "missing")), ("session", Lost)];
    fails("upgrade head", &missing, &lost("talking to the server", closed));
    let create = [missing[0].clone(), ("session", Say::Ok), ("create", Lost)];
    fails("upgrade head", &create, &running);
    // While it waits.
    let busy = [("run a b c", BUSY), ("rollback", Say::Ok), ("read", Applied(""))];
    let mut script = busy.to_vec();
    script.extend([("wait", Later(60)), ("holder", Lost)]);
    after(&script, &lost("talking to the server", closed));
}

#[test]
fn a_session_with_old_strings() {
    let old = |applied: &str| {
        let chain = three();
        let (settings, watch) = (Settings::default(), Observers::default());
        let operation = Operation::Upgrade(Target::revision("b"));
        let Ok(mut engine) = Engine::new(&chain, &settings, &watch, operation, 7) else { panic!() };
        let asked = engine.next(Input::Start, Duration::ZERO);
        assert!(matches!(asked, Ok(Output::Query(_))));
        let applied: &'static str = if applied.is_empty() { "" } else { "a b" };
        let Input::Rows(mut rows) = answer(&Applied(applied), &chain, "") else { panic!() };
        rows[0][5] = Some("off".to_owned());
        engine.next(Input::Rows(rows), Duration::ZERO)
    };
    assert!(matches!(old(""), Err(Error::NonConformingStrings)));
    assert!(matches!(old("a b"), Ok(Output::Done)), "where none is to run it is no matter");
}
