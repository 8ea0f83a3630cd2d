//! Offline scripts, run by psql: what they do is what the runner does.

mod psql;

use migrate_core::{Chain, Runner, Status, Target};
use migrate_testkit::{Catalog, Database};

use self::psql::{Psql, psql};
use crate::support::{Role, Session, chain_of, database, done, file, line, tables, target};

/// Runs the script of `upgrade a:b` or `downgrade a:b`.
fn run(psql: &Psql, database: &Database, runner: &Runner<'_>, command: &str) -> Result<(), String> {
    let (direction, range) = command.split_once(' ').unwrap();
    let (from, to) = range.split_once(':').unwrap();
    let script = match direction {
        "upgrade" => runner.upgrade_script(target(from), target(to)),
        _ => runner.downgrade_script(target(from), target(to)),
    };
    psql.run(database.url(), &script.unwrap())
}

fn runs(psql: &Psql, database: &Database, runner: &Runner<'_>, command: &str) {
    run(psql, database, runner, command).unwrap_or_else(|error| panic!("{command}: {error}"));
}

/// The schema, and what the history says but for times.
fn state(database: &Database) -> (Catalog, Vec<String>) {
    let history = "SELECT revision, position, parents, up_digest, down_digest, chain_digest, \
                   digest_version, down_sql, down_transactional, transactional, applied_by, tool, \
                   undoing, duration_ms >= 0 FROM migrate_history ORDER BY position; \
                   SELECT action, revision, by, error, tool FROM migrate_log ORDER BY at; \
                   TABLE migrate_progress; TABLE migrate_layout";
    let rows = Session::new(database).rows(history);
    (Catalog::read(&mut database.connect().unwrap()).unwrap(), rows)
}

/// A script leads where the runner leads.
fn same(by_script: &Database, by_runner: &Database) {
    let (script, runner) = (state(by_script), state(by_runner));
    assert_eq!(script.0.differences(&runner.0), Vec::<String>::new());
    assert_eq!(script.1, runner.1);
}

/// Up and down again, in two scripts each way, beside the runner.
fn check(psql: &Psql, hint: &str, chain: &Chain<'static>, middle: &str) {
    let (by_script, by_runner) = (database(hint), database(hint));
    let (runner, mut session) = (Runner::new(chain), Session::new(&by_runner));
    let mut other = Session::new(&by_script);
    for _ in 0..2 {
        runs(psql, &by_script, &runner, &format!("upgrade base:{middle}"));
        session.upgrade_to(&runner, middle).unwrap();
        same(&by_script, &by_runner);
        runs(psql, &by_script, &runner, &format!("upgrade {middle}:head"));
        session.upgrade(&runner).unwrap();
        same(&by_script, &by_runner);
        other.verify(&runner).unwrap();
        runs(psql, &by_script, &runner, &format!("downgrade head:{middle}"));
        session.downgrade_to(&runner, middle).unwrap();
        same(&by_script, &by_runner);
        runs(psql, &by_script, &runner, &format!("downgrade {middle}:base"));
        session.downgrade_to(&runner, "base").unwrap();
        same(&by_script, &by_runner);
        assert_eq!(other.status(&runner).unwrap(), Status::Empty);
    }
    // The runner takes over wherever a script has led.
    runs(psql, &by_script, &runner, &format!("upgrade base:{middle}"));
    assert!(!other.upgrade(&runner).unwrap().done.is_empty());
}

#[test]
fn the_example_chain() {
    let Some(psql) = psql() else { return };
    let chain = &actorhub_schema::migrations::CHAIN;
    check(&psql, "script_example", chain, chain.migrations()[2].id.as_str());
}

#[test]
fn what_psql_would_read_in_its_own_way() {
    let Some(psql) = psql() else { return };
    let values = "CREATE TABLE t1 (a text);\n\
        INSERT INTO t1 VALUES (':x \\q'), (E'\\':x \\\\ \\n'), ($$:x $1 \\echo '$$), ($migration$:'x'$migration$);\n\
        INSERT INTO t1 SELECT (ARRAY[1, 2, 3])[1:x]::text FROM (SELECT 2 AS x) s;\n\
        INSERT INTO t1 SELECT (ARRAY[1, 2, 3])[1:2]::text;\n\
        INSERT INTO t1 SELECT (ARRAY[1, 2, 3])[:\"PORT\"]::text FROM (SELECT 1 AS \"PORT\") s;\n\
        INSERT INTO t1 SELECT (ARRAY[1, 2, 3])[:'1'::int]::text -- \\q :x\n;\n\
        INSERT INTO t1 VALUES ('a'\n'b:x'), (/* :x \\q /* ; */ */ 'é;');\n";
    let routines = "CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql BEGIN ATOMIC \
        SELECT CASE WHEN x > 1 THEN (ARRAY[1, 2])[1] ELSE 2 END; SELECT x; END;\n\
        CREATE FUNCTION \"begin\"(x text DEFAULT ':x') RETURNS text LANGUAGE sql AS $migration$ SELECT x; $migration$;\n\
        CREATE FUNCTION begin(x int) RETURNS int LANGUAGE sql AS $$ SELECT x; $$;\n\
        CREATE RULE r AS ON DELETE TO t1 DO INSTEAD (SELECT 1; SELECT 2);\n\
        INSERT INTO t1 VALUES ('after')";
    let chain = line(&[
        (values, "DROP TABLE t1;"),
        (
            routines,
            "DROP RULE r ON t1; DROP FUNCTION f; DROP FUNCTION begin(int); DROP FUNCTION begin(text)",
        ),
    ]);
    check(&psql, "script_text", &chain, "r1");
    let (by_script, by_runner) = (database("script_rows"), database("script_rows"));
    let runner = Runner::new(&chain);
    runs(&psql, &by_script, &runner, "upgrade base:head");
    Session::new(&by_runner).upgrade(&runner).unwrap();
    let rows = |database| {
        Session::new(database).rows(
            "TABLE t1; SELECT prosrc, pg_get_function_arguments(oid) FROM \
            pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 2, 1",
        )
    };
    assert_eq!(rows(&by_script), rows(&by_runner));
    assert!(rows(&by_script).len() > 10);
}

/// A chain with revisions outside a transaction; `third` is the third statement of the second.
fn outside(third: &str) -> Chain<'static> {
    let first = file(
        "r1",
        "",
        "CREATE TABLE t1 AS SELECT n, n AS m FROM generate_series(1, 10) n; \
         CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.t1 VALUES (0, 0); COMMIT; END $$;",
        "DROP TABLE t1; DROP PROCEDURE p",
    );
    let up = format!(
        "SET search_path = pg_catalog;\nCREATE INDEX CONCURRENTLY ix ON public.t1 (n);\n{third};\n\
         CALL public.p();\nVACUUM public.t1"
    );
    let (name, second) = file("r2", "r1", &up, "DROP INDEX CONCURRENTLY ix;");
    let second = second.replace("-- migrate:up", "-- migrate:up transaction:false");
    let second = second.replace("-- migrate:down", "-- migrate:down transaction:false");
    let third = file("r3", "r2", "CREATE TABLE t3 ();", "DROP TABLE t3;");
    chain_of(&[first, (name, second), third])
}

#[test]
fn revisions_outside_a_transaction() {
    let Some(psql) = psql() else { return };
    check(&psql, "script_outside", &outside("SELECT 1"), "r2");
    check(&psql, "script_outside", &outside("SELECT 1"), "r1");
}

#[test]
fn the_runner_ends_what_a_script_has_begun() {
    let Some(psql) = psql() else { return };
    let database = database("script_stops");
    let (broken, mended) = (outside("SELECT 1 / 0"), outside("SELECT 2"));
    let error = run(&psql, &database, &Runner::new(&broken), "upgrade base:head").unwrap_err();
    assert!(error.contains("division by zero"), "{error}");
    let mut session = Session::new(&database);
    assert_eq!(session.value("SELECT next_statement, started FROM migrate_progress"), "2|f");
    let runner = Runner::new(&mended);
    for command in ["upgrade r1:head", "upgrade base:head"] {
        let error = run(&psql, &database, &runner, command).unwrap_err();
        assert!(error.contains("a revision has stopped on its way"), "{error}");
    }
    assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r2 +r3");
    assert_eq!(session.value("SELECT count(*) FROM t1 WHERE n = 0"), "1");
}

#[test]
fn a_statement_that_fails_stops_the_script() {
    let Some(psql) = psql() else { return };
    let database = database("script_fails");
    let chain = line(&[
        ("CREATE TABLE t1 ();", "DROP TABLE t1;"),
        ("CREATE TABLE t2 (); SELECT 1 / 0; CREATE TABLE t9 ();", "SELECT 1;"),
        ("CREATE TABLE t3 ();", "DROP TABLE t3;"),
    ]);
    let error = run(&psql, &database, &Runner::new(&chain), "upgrade base:head").unwrap_err();
    assert!(error.contains("division by zero"), "{error}");
    let mut session = Session::new(&database);
    assert_eq!((session.applied(), session.tables()), ("r1".into(), "t1".into()));
    let runner = Runner::new(&chain).single_transaction();
    let error = run(&psql, &database, &runner, "upgrade r1:head").unwrap_err();
    assert!(error.contains("division by zero"), "{error}");
    assert_eq!((session.applied(), session.tables()), ("r1".into(), "t1".into()));
}

#[test]
fn a_script_is_for_one_history() {
    let Some(psql) = psql() else { return };
    let database = database("script_history");
    let (three, mut session) = (tables(3), Session::new(&database));
    let runner = Runner::new(&three);
    let refused = |command: &str| {
        let error = run(&psql, &database, &runner, command).unwrap_err();
        assert!(error.contains("MG002"), "{command}: {error}");
    };
    let error = run(&psql, &database, &runner, "upgrade r1:head").unwrap_err();
    assert!(error.contains("42P01"), "no tables: {error}");
    runs(&psql, &database, &runner, "upgrade base:r2");
    refused("upgrade base:head");
    refused("upgrade r1:head");
    refused("downgrade r3:base");
    refused("downgrade r1:base");
    assert_eq!((session.applied(), session.tables()), ("r1 r2".into(), "t1 t2".into()));
    // The same names and another text.
    let other = line(&[
        ("CREATE TABLE t1 (a int);", "DROP TABLE t1;"),
        ("CREATE TABLE t2 ();", "DROP TABLE t2;"),
        ("CREATE TABLE t3 ();", "DROP TABLE t3;"),
    ]);
    let error = run(&psql, &database, &Runner::new(&other), "upgrade r2:head").unwrap_err();
    assert!(error.contains("the database is not where this script begins"), "{error}");
    runs(&psql, &database, &runner, "upgrade r2:head");
    assert_eq!(session.applied(), "r1 r2 r3");
}

#[test]
fn another_runner_is_not_waited_for() {
    let Some(psql) = psql() else { return };
    let database = database("script_busy");
    let chain = outside("SELECT 1");
    let runner = Runner::new(&chain);
    runs(&psql, &database, &runner, "upgrade base:r1");
    let key = runner.upgrade_script(target("r1"), Target::Head).unwrap();
    let key = key.split("pg_try_advisory_lock(").nth(1).and_then(|rest| rest.split(')').next());
    let mut session = Session::new(&database);
    session.execute(&format!("SELECT pg_advisory_lock({})", key.unwrap()));
    let error = run(&psql, &database, &runner, "upgrade r1:head").unwrap_err();
    assert!(error.contains("MG001"), "{error}");
    session.execute("SELECT pg_advisory_unlock_all()");
    runs(&psql, &database, &runner, "upgrade r1:head");
}

#[test]
fn all_in_one_transaction() {
    let Some(psql) = psql() else { return };
    let database = database("script_single");
    let chain = tables(3);
    let runner = Runner::new(&chain).single_transaction();
    runs(&psql, &database, &runner, "upgrade base:head");
    let mut session = Session::new(&database);
    assert_eq!(session.value("SELECT count(DISTINCT xmin::text) FROM migrate_history"), "1");
    session.verify(&runner).unwrap();
    runs(&psql, &database, &runner, "downgrade head:base");
    assert_eq!((session.applied(), session.tables()), (String::new(), String::new()));
}

/// The role that a login is given, and what a migration sets, are as for the runner.
#[test]
fn roles_and_settings_between_revisions() {
    let Some(psql) = psql() else { return };
    let set =
        "SET search_path = pg_catalog; SET work_mem = '1MB'; SET ROLE pg_monitor; RESET ROLE;";
    let owner = "CREATE TABLE %t AS SELECT current_user, current_setting('search_path') AS path, \
                 current_setting('work_mem') AS mem;";
    let table = |name: &str| owner.replace("%t", name);
    let chain = line(&[
        (table("t1") + set, "DROP TABLE t1;".to_owned()),
        (
            table("t2") + "SET SESSION AUTHORIZATION DEFAULT; RESET ALL;",
            "DROP TABLE t2;".to_owned(),
        ),
        (table("t3"), "DROP TABLE t3;".to_owned()),
    ]);
    let database = database("script_roles");
    let (role, mut admin) = (Role::new(&database), Session::new(&database));
    let owns = format!("{}_owner", role.name);
    admin.execute(&format!(
        "CREATE ROLE \"{owns}\"; GRANT \"{owns}\", pg_monitor TO \"{login}\"; \
         GRANT ALL ON SCHEMA public TO \"{owns}\"; \
         ALTER ROLE \"{login}\" IN DATABASE \"{database}\" SET role = '{owns}'; \
         ALTER ROLE \"{login}\" IN DATABASE \"{database}\" SET search_path = public, pg_temp",
        login = role.name,
        database = database.name(),
    ));
    let script = Runner::new(&chain).upgrade_script(Target::Base, Target::Head).unwrap();
    let ran = psql.run(&role.url(), &script);
    let rows = ran.map(|()| admin.rows("TABLE t1; TABLE t2; TABLE t3"));
    let shown = admin.value("SHOW work_mem");
    admin.execute(&format!("DROP OWNED BY \"{owns}\" CASCADE; DROP ROLE \"{owns}\""));
    let row = format!("{owns}|public, pg_temp|{shown}");
    assert_eq!(rows, Ok(vec![row; 3]));
}

/// A script can't know what somebody has left of a history that was dropped, so it says so.
#[test]
fn tables_that_are_left_of_a_history_that_was_dropped() {
    let Some(psql) = psql() else { return };
    let (database, chain) = (database("script_left"), tables(2));
    let (runner, mut session) = (Runner::new(&chain), Session::new(&database));
    session.upgrade(&runner).unwrap();
    session.execute("DROP TABLE migrate_history, t1, t2");
    let error = run(&psql, &database, &runner, "upgrade base:head").unwrap_err();
    assert!(error.contains("tables of migrate are left, and its history is missing"), "{error}");
    assert!(error.contains("migrate forget"), "{error}");
    session.execute(
        "DROP TABLE migrate_log, migrate_layout, migrate_progress; DROP SEQUENCE migrate_statement",
    );
    runs(&psql, &database, &runner, "upgrade base:head");
    session.verify(&runner).unwrap();
}
