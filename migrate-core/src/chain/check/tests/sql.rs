//! Test cases: the SQL in the sections.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    let up = |sql: &str| chain("1 2:1").edit("2.sql", "CREATE TABLE t2 ();", sql);
    let down = |sql: &str| chain("1 2:1").edit("2.sql", "DROP TABLE t2;", sql);
    let alone = |sql: &str| up(sql).edit("2.sql", "migrate:up", "migrate:up transaction:false");
    vec![
        case(
            "a string that swallows the down marker",
            up("INSERT INTO t VALUES ('it''s, 'c');"),
            &["unterminated-string 2.sql:6:33"],
        ),
        case(
            "a string that a quote in the downgrade closes",
            up("INSERT INTO t VALUES ('it's');").edit("2.sql", "DROP TABLE t2", "SELECT 'a'"),
            &["unterminated-string 2.sql:6:28"],
        ),
        case(
            "a string that the last quote of the file closes",
            up("INSERT INTO t VALUES ('it's');").edit("2.sql", "DROP TABLE t2", "SELECT 'a"),
            &["missing-down 2.sql:6:28"],
        ),
        case("a string in the downgrade", down("SELECT 'a"), &["unterminated-string 2.sql:9:8"]),
        case(
            "an identifier that swallows the down marker",
            up("CREATE TABLE \"users (id int);"),
            &["unterminated-identifier 2.sql:6:14"],
        ),
        case(
            "a comment that swallows the down marker",
            up("SELECT 1; /* a /* b */"),
            &["unterminated-comment 2.sql:6:11"],
        ),
        case("nothing but a comment", up("/* later"), &["unterminated-comment 2.sql:6:1"]),
        case(
            "a function that swallows the down marker",
            up("CREATE FUNCTION f() RETURNS void AS $body$ SELECT 1 $bdy$ LANGUAGE sql;"),
            &["unterminated-dollar-quote 2.sql:6:37"],
        ),
        case(
            "markers in strings and functions",
            up("SELECT '\n-- migrate:down\n', $$\n-- migrate:up\n$$;"),
            &[],
        ),
        case("a psql command", up("\\connect app\nSELECT 1;"), &["psql-command 2.sql:6:1"]),
        case(
            "a psql command with an apostrophe",
            up("SELECT 1;\n\\echo that's it\nSELECT 2;"),
            &["psql-command 2.sql:7:1"],
        ),
        case(
            "data as pg_dump writes it",
            up("COPY t (a) FROM stdin;\n1\n\\N\n\\.\n\nSELECT 1;"),
            &["copy-from-stdin 2.sql:6:1"],
        ),
        case(
            "data with an apostrophe",
            up("COPY t (a) FROM STDIN WITH CSV;\nit's\n\\.\n"),
            &["copy-from-stdin 2.sql:6:1"],
        ),
        case(
            "data that nobody reads",
            up("COPY t TO STDOUT;\nSELECT 1;"),
            &["copy-to-stdout 2.sql:6:1"],
        ),
        case(
            "a transaction of one's own",
            up("BEGIN;\nCREATE TABLE t2 ();\nCOMMIT;"),
            &["transaction-control 2.sql:6:1"],
        ),
        case(
            "transactions in both sections",
            up("BEGIN; SELECT 1; COMMIT;").edit("2.sql", "DROP", "START TRANSACTION; DROP"),
            &["transaction-control 2.sql:6:1", "transaction-control 2.sql:9:1"],
        ),
        case("a savepoint", up("SAVEPOINT a; SELECT 1; ROLLBACK TO a;"), &[]),
        case(
            "indexes that need no transaction",
            up("CREATE INDEX CONCURRENTLY a ON t (a);\nCREATE INDEX CONCURRENTLY b ON t (b);"),
            &["needs-no-transaction 2.sql:6:1"],
        ),
        case(
            "the same in the downgrade",
            down("DROP INDEX CONCURRENTLY a;"),
            &["needs-no-transaction 2.sql:9:1"],
        ),
        case("indexes without a transaction", alone("CREATE INDEX CONCURRENTLY a ON t (a);"), &[]),
        case("everything left to do", down("-- migrate:todo undo it"), &["todo 2.sql:9:1"]),
        case(
            "something left to do",
            up("ALTER TABLE t ADD a int;\n-- migrate:todo fill the rows that are there\n"),
            &["todo 2.sql:7:1"],
        ),
        case(
            "a new enum value, used twice",
            up(
                "ALTER TYPE mood ADD VALUE 'calm';\nALTER TABLE t ALTER m SET DEFAULT 'calm'::mood;\n\
                UPDATE t SET m = 'calm'::mood;",
            ),
            &["enum-value-used 2.sql:7:35"],
        ),
        case(
            "a new enum value, used outside a transaction",
            alone("ALTER TYPE mood ADD VALUE 'calm';\nUPDATE t SET m = 'calm'::mood;"),
            &[],
        ),
        case(
            "three mistakes",
            up("VACUUM;\nBEGIN;").edit("2.sql", "DROP", "SELECT \"a; DROP"),
            &[
                "needs-no-transaction 2.sql:6:1",
                "transaction-control 2.sql:7:1",
                "unterminated-identifier 2.sql:10:8",
            ],
        ),
    ]
}
