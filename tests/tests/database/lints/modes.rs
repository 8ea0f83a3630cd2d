//! What is said to need `transaction:false`, the server refuses in a transaction, and what looks like it
//! and is not said to, it takes; what is said to be two statements it refuses as one.

use migrate_core::Folder;
use migrate_core::analysis::analyse;

use crate::support::{Session, database};

/// What all statements begin with.
const SETUP: &str = "
    CREATE TABLE t (id int PRIMARY KEY, a int);
    CLUSTER t USING t_pkey;";

/// A statement, and whether it is refused in a transaction.
const STATEMENTS: &[(&str, bool)] = &[
    ("REINDEX (VERBOSE) SCHEMA public", true),
    ("REINDEX (CONCURRENTLY) TABLE t", true),
    ("REINDEX (CONCURRENTLY FALSE) TABLE t", false),
    ("REINDEX (VERBOSE) TABLE t", false),
    ("CLUSTER", true),
    ("CLUSTER VERBOSE", true),
    ("CLUSTER VERBOSE t", false),
    ("VACUUM (ANALYZE) t", true),
    ("ALTER DATABASE postgres SET TABLESPACE pg_default", true),
    ("CREATE SUBSCRIPTION x CONNECTION 'host=/nowhere' PUBLICATION p", true),
    ("CREATE SUBSCRIPTION x CONNECTION 'host=/nowhere' PUBLICATION p WITH (create_slot)", true),
    (
        "CREATE SUBSCRIPTION x CONNECTION 'host=/nowhere' PUBLICATION p WITH (connect = false)",
        false,
    ),
    ("DO $$ BEGIN COMMIT; END $$", true),
    ("DO $$ DECLARE a int; BEGIN a := 1; ROLLBACK; END $$", true),
    ("DO $$ BEGIN IF false THEN COMMIT; END IF; END $$", false),
    ("DO $$ BEGIN RETURN; COMMIT; END $$", false),
    ("DO $$ BEGIN COMMIT; EXCEPTION WHEN OTHERS THEN NULL; END $$", false),
    ("DO $$ DECLARE commit int; BEGIN commit := 1; END $$", false),
];

/// The code of what is wrong with a statement, as far as a build knows.
fn said(sql: &str) -> Option<&'static str> {
    let head = "-- revision: 1\n-- message: M\n-- irreversible: a test\n-- migrate:up\n";
    let text = format!("{head}{sql};\n");
    let rejection = analyse(Folder::of_texts("m", [("1.sql", text.as_str())])).err()?;
    rejection.diagnostics.first().map(|found| found.problem.code())
}

#[test]
fn each_statement_runs_in_the_mode_that_is_said() {
    let database = database("modes");
    let mut session = Session::new(&database);
    let mut wrong = Vec::new();
    for (sql, refused) in STATEMENTS {
        let code = said(&format!("{SETUP}{sql}"));
        assert_eq!(code == Some("needs-no-transaction"), *refused, "{sql}: {code:?}");
        session.execute("BEGIN");
        session.execute(SETUP);
        let result = session.try_rows(sql);
        session.execute("ROLLBACK");
        if result.is_err() != *refused {
            wrong.push(format!("{sql}: {:?}", result.err()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn two_statements_without_a_semicolon_are_refused() {
    const SOME: [&str; 14] = [
        "CREATE TABLE x (a int)",
        "CREATE INDEX ON t (a)",
        "CREATE VIEW v AS SELECT 1 AS one",
        "CREATE TYPE m AS ENUM ('a')",
        "CREATE SCHEMA s",
        "CREATE FUNCTION f() RETURNS int RETURN 1",
        "ALTER TABLE t ADD b int NOT NULL DEFAULT 1",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "INSERT INTO t VALUES (1)",
        "UPDATE t SET a = 1 WHERE id = 1",
        "DELETE FROM t",
        "SELECT * FROM t",
        "COMMENT ON TABLE t IS 'x'",
        "SET search_path = public",
    ];
    let database = database("semicolons");
    let mut session = Session::new(&database);
    session.execute(SETUP);
    let (mut refused, mut wrong) = (0, Vec::new());
    for first in SOME {
        for second in SOME {
            let sql = format!("{first}\n{second}");
            session.execute("BEGIN");
            let result = session.try_rows(&sql);
            session.execute("ROLLBACK");
            let code = result.err().and_then(|error| error.code);
            let is_refused = code.is_some_and(|code| code == "42601");
            refused += usize::from(is_refused);
            if (said(&sql) == Some("missing-semicolon")) != is_refused {
                wrong.push(sql);
            }
        }
    }
    assert!(refused > 150 && wrong.is_empty(), "{refused}\n{}", wrong.join("\n\n"));
}
