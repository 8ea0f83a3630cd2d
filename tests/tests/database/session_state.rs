//! Migrations that change the session they run in: what they change ends with them.

use migrate_core::{Error, Runner};

use crate::support::{
    ClientKind, Role, Session, Way, both, database, done, server, upgrades, without_trace,
};

/// The beginning of every dump, with the session's settings that `pg_dump` writes.
const DUMP: &str = "SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.t1 (n int);";

/// Statements that change the session, the table `t1` made after them.
const CHANGES: [&str; 16] = [
    DUMP,
    "SET search_path = pg_catalog; CREATE TABLE public.t1 ();",
    "SET search_path = ''; CREATE TABLE public.t1 ();",
    "SET SCHEMA 'pg_catalog'; CREATE TABLE public.t1 ();",
    "SET LOCAL search_path = pg_catalog; SET LOCAL work_mem = '1MB'; CREATE TABLE public.t1 ();",
    "SET LOCAL lock_timeout = '1s'; SET lock_timeout = 0; CREATE TABLE t1 ();",
    "SET work_mem = '1MB'; RESET work_mem; CREATE TABLE t1 ();",
    "SET work_mem = '1MB'; SET TIME ZONE 'Asia/Tokyo'; CREATE TABLE t1 ();",
    "RESET work_mem; RESET search_path; CREATE TABLE t1 ();",
    "RESET ALL; CREATE TABLE t1 ();",
    "SET standard_conforming_strings = off; CREATE TABLE t1 ();",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; CREATE TABLE t1 ();",
    "SET client_min_messages = error; SELECT set_config('Work_Mem', '2MB', false); \
     CREATE TABLE t1 ();",
    "SET default_transaction_isolation = 'serializable'; CREATE TABLE t1 ();",
    "SET default_transaction_read_only = on; SET transaction_read_only = off; CREATE TABLE t1 ();",
    "SET ROLE pg_monitor; SELECT current_user; SELECT 1; RESET ROLE; CREATE TABLE t1 ();",
];

#[test]
fn what_a_revision_changes_in_the_session_ends_with_it() {
    both("changes", |database, session| {
        for change in CHANGES {
            let chain = upgrades(&[change, "CREATE TABLE t2 ();", "CREATE TABLE t3 ();"]);
            session.execute("RESET ALL");
            let own =
                "SET work_mem = '7MB'; SET search_path = public, pg_temp; SET lock_timeout = '3s'";
            let ways = Way::ALL.into_iter().map(|way| ("", way));
            for (own, way) in ways.chain([(own, Way::Together), (own, Way::SingleByStatement)]) {
                println!("own settings {own:?}, {way:?}, {change}");
                session.execute(own);
                let runner = way.of(Runner::new(&chain));
                let report =
                    without_trace(session, database, |session| session.upgrade(&runner).unwrap());
                assert_eq!(done(&report), "+r1 +r2 +r3");
                assert_eq!(session.tables(), "t1 t2 t3");
                session.clear();
            }
        }
    });
}

#[test]
fn what_a_failed_revision_has_changed_ends_with_it_too() {
    both("failed_changes", |database, session| {
        session.execute("SET work_mem = '7MB'");
        for change in CHANGES {
            let chain = upgrades(&[&format!("{change}\nSELECT 1 / 0;")]);
            let result =
                without_trace(session, database, |session| session.upgrade(&Runner::new(&chain)));
            let Err(Error::Statement(error)) = result else { panic!("{change}: {result:?}") };
            assert_eq!(error.failure.code.as_deref(), Some("22012"), "{change}: {error}");
            assert_eq!(session.tables(), "");
        }
    });
}

/// A role that may make tables in one schema, and nothing in ours.
#[test]
fn a_revision_may_take_another_role_and_keep_it() {
    let takes = ["SET ROLE", "SET SESSION AUTHORIZATION", "SET LOCAL ROLE"];
    for (take, way) in takes.into_iter().flat_map(|take| Way::ALL.map(|way| (take, way))) {
        both("role", |database, session| {
            println!("{take}, {way:?}");
            let role = Role::new(database);
            session.execute("CREATE SCHEMA theirs");
            role.grant("ALL ON SCHEMA theirs");
            let first = format!(
                "{take} \"{}\";\nCREATE TABLE theirs.t1 ();\nSELECT 1;\nCREATE TABLE theirs.t2 ();",
                role.name
            );
            let chain = upgrades(&[&first, "CREATE TABLE t3 ();"]);
            let runner = way.of(Runner::new(&chain));
            let report =
                without_trace(session, database, |session| session.upgrade(&runner).unwrap());
            assert_eq!(done(&report), "+r1 +r2", "{take}");
            let owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'theirs'";
            assert_eq!(session.value(owners), role.name, "{take}");
            // Whoever logged in has done it.
            let by = "SELECT DISTINCT applied_by FROM migrate_history";
            assert_eq!(session.value(by), "postgres", "{take}");
            let by = "SELECT DISTINCT by FROM migrate_log";
            assert_eq!(session.value(by), "postgres", "{take}");
            // Each revision once: the tries that could not note their progress left nothing.
            assert_eq!(session.value("SELECT count(*) FROM migrate_log"), "2", "{take}");
            assert_eq!(
                session.value("SELECT tableowner FROM pg_tables WHERE tablename = 't3'"),
                "postgres"
            );
        });
    }
}

#[test]
fn a_statement_that_fails_under_another_role_is_found() {
    both("role_fails", |database, session| {
        let role = Role::new(database);
        let check = |session: &mut Session, schema: &str, way: Way, last: &str, place: &str| {
            println!("{schema}, {way:?}, {last}");
            let first = format!("SET ROLE \"{}\";\nSELECT 1;\n{last}", role.name);
            let chain = upgrades(&["SELECT 1;", &first]);
            let runner = way.of(Runner::new(&chain).schema(schema));
            let result = without_trace(session, database, |session| session.upgrade(&runner));
            let Err(Error::Statement(error)) = result else { panic!("{result:?}") };
            let text = Error::Statement(error).to_string();
            assert!(text.contains(&format!("--> migrations/r2.sql:{place}\n")), "{text}");
        };
        let schemas = ["public", "books of ours"];
        for (schema, way) in
            schemas.into_iter().flat_map(|schema| Way::ALL.map(|way| (schema, way)))
        {
            // The server gives the place itself.
            check(session, schema, way, "SELECT * FROM nothing;", "8:15");
            // It does not, and there are no marks: the revision is all that can be said, unless the
            // statement was sent alone.
            let alone = matches!(way, Way::ByStatement | Way::SingleByStatement);
            let place = if alone { "8:1" } else { "6:1" };
            check(session, schema, way, "SELECT 1 / 0;\nSELECT 4;", place);
        }
    });
}

/// The server parses a message before it runs any of it, so the setting is for what comes later.
#[test]
fn old_strings_in_a_migration_change_how_none_is_read() {
    let up = r"SET standard_conforming_strings = off;
CREATE TABLE t1 AS SELECT 'a\b' AS a, E'c\\d' AS b;";
    let next = r"CREATE TABLE t2 AS SELECT 'a\' AS a, 'b' AS b;";
    let chain = upgrades(&[up, next, next.replace("t2", "t3").as_str()]);
    both("old_strings", |_, session| {
        for revision_at_a_time in [false, true] {
            let runner = Runner::new(&chain);
            let runner = if revision_at_a_time { runner.revision_at_a_time() } else { runner };
            session.upgrade(&runner).unwrap();
            assert_eq!(session.value("TABLE t1"), r"a\b|c\d");
            assert_eq!(session.value("TABLE t2; TABLE t3"), r"a\|b a\|b");
            session.execute("DROP TABLE t1, t2, t3; DELETE FROM migrate_history");
        }
    });
}

#[test]
fn a_session_with_old_strings_runs_no_migration() {
    let chain = upgrades(&["SELECT 1;", "SELECT 2;"]);
    both("old_session", |database, session| {
        let runner = Runner::new(&chain);
        session.execute("SET standard_conforming_strings = off");
        let error =
            without_trace(session, database, |session| session.upgrade(&runner).unwrap_err());
        assert!(matches!(error, Error::NonConformingStrings), "{error}");
        assert!(error.to_string().contains("set standard_conforming_strings to on"), "{error}");
        assert_eq!(session.applied(), "no history");
        session.execute("SET standard_conforming_strings = on");
        session.upgrade(&runner).unwrap();
        session.execute("SET standard_conforming_strings = off");
        // To look is no migration, and neither is to find that nothing is to do.
        assert_eq!(session.status(&runner).unwrap(), migrate_core::Status::AtHead);
        session.verify(&runner).unwrap();
        session.upgrade(&runner).unwrap();
        assert!(matches!(session.downgrade_to(&runner, "-1"), Err(Error::NonConformingStrings)));
    });
}

/// Rows that look like ours.
#[test]
fn rows_of_a_migration_are_not_mistaken_for_ours() {
    let tags = [
        "done",
        "head",
        "holder",
        "session",
        "record",
        "statement",
        "lock",
        "state",
        "progress",
        "index",
    ];
    let rows = tags.map(|tag| {
        format!("SELECT 'migrate:{tag}', '987654321', '2', '3', '4', '5', '6', '7', '8', '9';")
    });
    let up =
        format!("{}\nSELECT 'migrate:done', r FROM generate_series(1, 100) r;", rows.join("\n"));
    let chain = upgrades(&[&up, &format!("{up}\nSELECT NULL, 'a';"), "SELECT;", "SELECT 1 / 0;"]);
    both("hostile_rows", |_, session| {
        let runner = Runner::new(&chain);
        let report = session.upgrade_to(&runner, "r3").unwrap();
        assert_eq!(done(&report), "+r1 +r2 +r3");
        for done in &report.done {
            assert!(done.duration.as_secs() < 60, "{done:?}");
        }
        let Err(Error::Statement(error)) = session.upgrade(&runner) else { panic!() };
        assert_eq!((error.revision.as_str(), error.statement), ("r4", Some(1)));
        assert_eq!(session.applied(), "r1 r2 r3");
    });
}

/// Answers that are no text in UTF-8, or no rows at all.
#[test]
fn answers_of_a_migration_may_be_anything() {
    let check = |session: &mut Session, up: &str| {
        let chain = upgrades(&[up, "CREATE TABLE t2 ();"]);
        let result = session.upgrade(&Runner::new(&chain));
        let applied = session.applied();
        match result {
            Ok(report) => {
                assert_eq!(
                    (done(&report).as_str(), applied.as_str()),
                    ("+r1 +r2", "r1 r2"),
                    "{up}"
                );
            }
            Err(error) => assert_eq!(applied, "", "{up}: {error}"),
        }
        let left = "SELECT state FROM pg_stat_activity WHERE pid = pg_backend_pid()";
        assert_eq!(session.value(left), "active");
        session.execute("DROP TABLE IF EXISTS t2; TRUNCATE migrate_history");
    };
    both("answers", |_, session| {
        session.upgrade_to(&Runner::new(&upgrades(&["SELECT 1;"])), "+0").unwrap();
        for up in [
            "SET LOCAL client_encoding = 'LATIN1'; SELECT 'é';",
            "SET client_encoding = 'LATIN1'; SELECT 'é', 'migrate:done';",
            "SELECT; SELECT 1 AS \"é\", NULL; VALUES (1), (2); TABLE pg_class LIMIT 0;",
            "EXPLAIN SELECT 1; SHOW work_mem; FETCH ALL FROM nothing;",
            "LISTEN a; NOTIFY a; UNLISTEN *; DO $$ BEGIN RAISE NOTICE 'n'; RAISE WARNING 'w'; END $$;",
        ] {
            println!("{up}");
            check(session, up);
        }
    });
}

/// Such a database counts bytes, not letters: the place is not to be had, the statement is.
#[test]
fn a_database_without_an_encoding() {
    let name = format!("{}_ascii", database("ascii").name());
    let mut admin = Session::open(ClientKind::Blocking, server().admin_url());
    admin.execute(&format!(
        "CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'"
    ));
    let url = server().lasting_database(&name).unwrap();
    let result = std::panic::catch_unwind(|| {
        for text in ["'ééééé'", "'é'", "'éééééééééééééééééééééééééééééééééééééééééééé'"]
        {
            let mut session = Session::open(ClientKind::Blocking, &url);
            let fails = format!("SELECT 1;\nSELECT {text}, * FROM missing;");
            let chain = upgrades(&["SELECT 1;", &fails, "SELECT 3;"]);
            let Err(Error::Statement(error)) = session.upgrade(&Runner::new(&chain)) else {
                panic!()
            };
            assert_eq!((error.revision.as_str(), error.statement), ("r2", Some(2)), "{error}");
        }
    });
    admin.execute(&format!("DROP DATABASE \"{name}\" WITH (FORCE)"));
    result.unwrap();
}
