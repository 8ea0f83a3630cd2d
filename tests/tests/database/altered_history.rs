//! What somebody may have done to our tables: every case, with what each command says to it, is in a
//! snapshot. No command panics or goes on for ever, and one that fails changes nothing.

use std::time::Duration;

use migrate_core::{Chain, Error, Runner};

use crate::support::{ClientKind, Session, chain_of, database, done, file, tables, without_trace};

/// The commands, the ones that only read before the others.
const COMMANDS: [&str; 7] =
    ["status", "verify", "log", "upgrade head", "downgrade base", "stamp", "purge"];

/// Whatever is of ours, and what the migrations have made. What failed may be noted in the log.
const STATE: &str = "SELECT relname, relkind FROM pg_class \
    WHERE relnamespace = 'public'::regnamespace ORDER BY 1, 2";

/// What a command says.
fn say(session: &mut Session, runner: &Runner<'_>, command: &str) -> Result<String, Error> {
    Ok(match command {
        "status" => session.status(runner)?.to_string(),
        "log" => session.log(runner).map(|_| "fine".to_owned())?,
        "stamp" | "purge" => {
            let report = session.stamp(runner, "head", command == "purge")?;
            format!("fine: {} stamped", report.stamped.len())
        }
        _ => format!("fine: {}", done(&session.command(runner, command)?)),
    })
}

/// The rows of the tables that keep the state, where they can be read.
fn rows(session: &mut Session) -> Vec<Option<Vec<String>>> {
    let tables = ["history", "progress", "layout"];
    tables.map(|name| session.try_rows(&format!("TABLE migrate_{name}")).ok()).to_vec()
}

/// The text without the number of a mark, which is another in each run; and what PostgreSQL 18 says in other words than
/// the versions before it, in theirs.
fn settled(text: &str) -> String {
    let (since_18, before) = (
        "cannot open relation \"migrate_statement\" (SQLSTATE 42809); detail: This operation is not supported for tables.",
        "\"migrate_statement\" is not a sequence (SQLSTATE 42809)",
    );
    let text = &text.replace(since_18, before);
    match text.split_once("setval: value ") {
        Some((before, after)) => {
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}setval: value [number]{after}")
        }
        None => text.to_owned(),
    }
}

/// A case as a paragraph: the commands that say the same, and what they say.
fn told(
    case: &str,
    session: &mut Session,
    database: &migrate_testkit::Database,
    runner: &Runner<'_>,
    prepare: &dyn Fn(&mut Session),
) -> String {
    let mut said: Vec<(Vec<&str>, String)> = Vec::new();
    let mut is_fresh = false;
    for command in COMMANDS {
        if !is_fresh {
            session.clear();
            prepare(session);
        }
        let before = (session.rows(STATE), rows(session));
        let result = without_trace(session, database, |session| say(session, runner, command));
        let is_reading = matches!(command, "status" | "verify" | "log");
        is_fresh = is_reading || result.is_err();
        if is_fresh {
            assert_eq!((session.rows(STATE), rows(session)), before, "{case}: {command}");
        }
        let text = settled(&result.unwrap_or_else(|error| error.to_string()));
        assert!(text.len() < 2000, "{case}: {command}: {} bytes", text.len());
        match said.iter_mut().find(|(_, before)| *before == text) {
            Some((commands, _)) => commands.push(command),
            None => said.push((vec![command], text)),
        }
    }
    let said = said.iter().map(|(commands, text)| {
        format!("{}:\n    {}\n", commands.join(", "), text.replace('\n', "\n    "))
    });
    format!("# {case}\n{}", said.collect::<String>())
}

/// Tries all cases over a chain of which the first revision is applied, with the two clients in turn.
fn check(name: &str, chain: &Chain<'static>, cases: &[(&str, &str)], at_least: usize) {
    assert!(cases.len() >= at_least, "{} cases", cases.len());
    println!("{}: {} cases", name, cases.len());
    let database = database(name);
    let mut sessions =
        [ClientKind::Blocking, ClientKind::Tokio].map(|kind| Session::open(kind, database.url()));
    let runner = Runner::new(chain).lock_wait_timeout(Duration::from_millis(200));
    let page = cases.iter().enumerate().map(|(nth, (case, change))| {
        println!("{case}");
        told(case, &mut sessions[nth % 2], &database, &runner, &|session| {
            session.upgrade_to(&Runner::new(chain), "r1").unwrap();
            // The same in each run.
            session.execute(
                "UPDATE migrate_history SET applied_at = '2026-01-02 03:04:05Z', duration_ms = 6; \
                 UPDATE migrate_log SET at = '2026-01-02 03:04:05Z', duration_ms = 6",
            );
            session.execute(change);
        })
    });
    let page = page.collect::<Vec<_>>().join("\n");
    assert!(!page.chars().any(|c| c.is_control() && c != '\n'), "{page:?}");
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, page);
    });
}

#[test]
fn a_history_that_is_something_else() {
    let cases = [
        (
            "a table of another program, partitioned",
            "DROP TABLE migrate_history; \
             CREATE TABLE migrate_history (version int, name text) PARTITION BY LIST (version)",
        ),
        (
            "ours, partitioned, without a partition",
            "ALTER TABLE migrate_history RENAME TO h; \
             CREATE TABLE migrate_history (LIKE h) PARTITION BY LIST (revision)",
        ),
        (
            "a foreign table that nobody serves",
            "DROP TABLE migrate_history; DROP FOREIGN DATA WRAPPER IF EXISTS nobody CASCADE; \
             CREATE FOREIGN DATA WRAPPER nobody; CREATE SERVER nowhere FOREIGN DATA WRAPPER nobody; \
             CREATE FOREIGN TABLE migrate_history (revision text, chain_digest text) SERVER nowhere",
        ),
        (
            "a view that can't be written",
            "ALTER TABLE migrate_history RENAME TO h; \
             CREATE VIEW migrate_history AS SELECT DISTINCT * FROM h",
        ),
        (
            "a view that can't be read",
            "ALTER TABLE migrate_history RENAME TO h; \
             CREATE VIEW migrate_history AS SELECT * FROM h WHERE 1 / (position - 1) > 0",
        ),
        (
            "a view over a table that is gone",
            "DROP TABLE migrate_history; CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS \
             'BEGIN RETURN (SELECT x FROM gone); END'; \
             CREATE VIEW migrate_history AS SELECT f() AS revision, f() AS chain_digest",
        ),
        (
            "a trigger that says that the history has changed",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN RAISE EXCEPTION USING ERRCODE = ''MG002'', MESSAGE = ''changed''; END'; \
             CREATE TRIGGER t BEFORE INSERT OR DELETE ON migrate_history EXECUTE FUNCTION f()",
        ),
        (
            "a trigger that says that another migration runs",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN RAISE EXCEPTION USING ERRCODE = ''MG001'', MESSAGE = ''busy''; END'; \
             CREATE TRIGGER t BEFORE INSERT OR DELETE ON migrate_history EXECUTE FUNCTION f()",
        ),
        (
            "a trigger that refuses",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN RAISE EXCEPTION ''not here''; END'; \
             CREATE TRIGGER t BEFORE INSERT OR DELETE ON migrate_history EXECUTE FUNCTION f()",
        ),
        ("a column too few", "ALTER TABLE migrate_history DROP undoing"),
        ("parents as a text", "ALTER TABLE migrate_history ALTER parents TYPE text USING 'r0'"),
        ("places as words", "ALTER TABLE migrate_history ALTER position TYPE text USING 'first'"),
        ("digests as bytes", "ALTER TABLE migrate_history ALTER chain_digest TYPE bytea USING 'x'"),
        ("times as text", "ALTER TABLE migrate_history ALTER applied_at TYPE text USING 'noon'"),
        (
            "durations as intervals",
            "ALTER TABLE migrate_history ALTER duration_ms TYPE interval USING '1 day'",
        ),
    ];
    check("altered_history_shapes", &tables(3), &cases, 15);
}

#[test]
fn a_history_with_other_rows() {
    let set = |what: &str| format!("UPDATE migrate_history SET {what}");
    let cases = [
        ("the last place that there is", set("position = 9223372036854775807")),
        ("the first place that there is", set("position = -9223372036854775808")),
        ("a duration of ages", set("duration_ms = 9223372036854775807")),
        ("a duration of less than nothing", set("duration_ms = -9223372036854775808")),
        ("applied for ever", set("applied_at = 'infinity'")),
        ("applied never", set("applied_at = '-infinity'")),
        ("applied before Christ", set("applied_at = '4713-01-01 BC'")),
        ("applied in far future", set("applied_at = '294276-12-31'")),
        ("digests of a version that nobody knows", set("digest_version = 99")),
        ("a digest of another kind", set("chain_digest = 'sha512:' || repeat('0', 128)")),
        ("a digest without end", set("up_digest = repeat('x', 10000000)")),
        ("no digest of the upgrade", set("up_digest = ''")),
        ("an id with a quote", set("revision = 'r1''; DROP TABLE t1; --'")),
        ("an id with a backslash", set(r"revision = E'r1\\'' OR true --'")),
        ("an id with our dollar quote", set("revision = '$migrate$; DROP TABLE t1; $migrate$'")),
        ("an id that speaks to terminals", set(r"revision = E'\x1b]0;gotcha\x07\x1b[2J'")),
        ("an id in two lines", set(r"revision = E'r1\nerror: all is lost'")),
        ("an id without end", set("revision = repeat('r', 1000)")),
        ("an empty id", set("revision = ''")),
        ("a word as an id", set("revision = 'head'")),
        ("an id of another chain", set("revision = 'zz'")),
        ("a role that speaks to terminals", set(r"revision = 'zz', applied_by = E'\x1b[2J\u202e'")),
        ("a parent that is none", set("parents = ARRAY['a b']")),
        ("a parent with a quote", set("parents = ARRAY['x''; DROP TABLE t1; --']")),
        ("a parent that nobody has", set("parents = ARRAY['zz']")),
        ("its own parent", set("parents = ARRAY['r1']")),
        ("NULL as a parent", set("parents = ARRAY[NULL]::text[]")),
        ("parents in two dimensions", set("parents = ARRAY[['a', 'b'], ['c', 'd']]")),
        ("10,000 parents", set("parents = ARRAY(SELECT 'p' || n FROM generate_series(1, 10000) n)")),
        ("a downgrade of ten megabytes", set("down_sql = repeat('DROP TABLE t1; ', 700000)")),
        (
            "the same row twice",
            "ALTER TABLE migrate_history DROP CONSTRAINT migrate_history_pkey, \
             DROP CONSTRAINT migrate_history_position_key; \
             INSERT INTO migrate_history SELECT * FROM migrate_history"
                .to_owned(),
        ),
        (
            "two rows at one place",
            "ALTER TABLE migrate_history DROP CONSTRAINT migrate_history_position_key; \
             INSERT INTO migrate_history SELECT 'r2', position, false, chain_digest, '{r1}', up_digest, \
             down_digest, 1, down_sql, true, true, applied_at, applied_by, 0, tool FROM migrate_history"
                .to_owned(),
        ),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(case, sql)| (*case, sql.as_str())).collect();
    check("altered_history_rows", &tables(3), &cases, 32);
}

#[test]
fn what_belongs_to_a_history_is_something_else() {
    let cases = [
        (
            "a log of another program",
            "DROP TABLE migrate_log; CREATE TABLE migrate_log (line text)",
        ),
        (
            "a log that is a view",
            "ALTER TABLE migrate_log RENAME TO l; CREATE VIEW migrate_log AS SELECT DISTINCT * FROM l",
        ),
        (
            "a log that says nothing of what was done",
            "ALTER TABLE migrate_log ALTER action DROP NOT NULL; UPDATE migrate_log SET action = NULL",
        ),
        (
            "a log with durations in words",
            "ALTER TABLE migrate_log ALTER duration_ms TYPE text USING 'long'",
        ),
        ("a log of what happens never", "UPDATE migrate_log SET at = 'infinity'"),
        (
            "a log that refuses",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN RAISE EXCEPTION ''full''; END'; \
             CREATE TRIGGER t BEFORE INSERT ON migrate_log EXECUTE FUNCTION f()",
        ),
        ("a layout before the first", "UPDATE migrate_layout SET version = -1"),
        ("a layout after the last", "UPDATE migrate_layout SET version = 2147483647"),
        ("a layout in words", "ALTER TABLE migrate_layout ALTER version TYPE text USING 'two'"),
        ("two layouts", "INSERT INTO migrate_layout VALUES (1)"),
        (
            "a layout that can't be written",
            "ALTER TABLE migrate_layout RENAME TO l; UPDATE l SET version = 1; \
             CREATE VIEW migrate_layout AS SELECT DISTINCT * FROM l",
        ),
        (
            "marks that are too large",
            "DROP SEQUENCE migrate_statement; CREATE SEQUENCE migrate_statement MINVALUE 0 START 0 MAXVALUE 1",
        ),
        (
            "marks in a table",
            "DROP SEQUENCE migrate_statement; CREATE TABLE migrate_statement (n int)",
        ),
    ];
    check("altered_history_helpers", &tables(3), &cases, 13);
}

/// What a run outside a transaction has left, or seems to have left.
#[test]
fn a_progress_that_makes_no_sense() {
    let upgrade = "CREATE TABLE t2 ();\nSELECT 'then this';";
    let (name, text) = file("r2", "r1", upgrade, "DROP TABLE t2;");
    let text = text.replace("-- migrate:up", "-- migrate:up transaction:false");
    let first = file("r1", "", "CREATE TABLE t1 ();", "DROP TABLE t1;");
    let chain = chain_of(&[first, (name, text)]);
    let left = |direction: &str, next: &str, started: bool, digest: &str| {
        format!(
            "INSERT INTO migrate_progress VALUES ('r2', '{direction}', {next}, {started}, '{digest}', now())"
        )
    };
    let cases = [
        ("a statement before the first", left("upgrade", "-1", false, "")),
        ("a statement after the last", left("upgrade", "2147483647", false, "")),
        ("done with another text", left("upgrade", "1", false, "sha256:nonsense")),
        ("in a direction that there is not", left("sideways", "1", true, "")),
        (
            "of a revision that nobody has",
            "INSERT INTO migrate_progress VALUES ('zz''; --', 'upgrade', 1, true, '', now())"
                .to_owned(),
        ),
        (
            "of another program",
            "DROP TABLE migrate_progress; CREATE TABLE migrate_progress (n int)".to_owned(),
        ),
        ("not there", "DROP TABLE migrate_progress".to_owned()),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(case, sql)| (*case, sql.as_str())).collect();
    check("altered_history_progress", &chain, &cases, 7);
}
