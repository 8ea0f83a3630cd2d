//! What the lints say holds on a server: what is free, what reads or writes all rows, what fails; and
//! the safe way of each page runs.

mod facts;
mod modes;
mod newer;
mod peers;

use std::fs;
use std::path::Path;

use migrate_core::analysis::{Finding, lint};
use migrate_core::chain::{Config, Level, Lint};
use migrate_core::syntax::Source;
use migrate_core::{Chain, Runner};
use migrate_testkit::Server;

use crate::support::{Session, chain_of, database};

/// The rules that the pages of `rule` and `naming` show.
const RULES: &str = "
[[rule]]
type = \"money\"
message = \"the type money depends on lc_monetary\"

[naming]
tables = \"{snake}\"
";

/// All lints, also those that are off, and the rules of the pages.
fn strict() -> Config {
    let warn = |config: Config, lint| config.with_level(lint, Level::Warn);
    let rules = Config::read(Source::new("migrate.toml", RULES)).unwrap();
    Lint::ALL.into_iter().fold(rules, warn)
}

/// A chain of these upgrades; a first line can be a section's marker, and a downgrade can follow.
fn chain(upgrades: &[&str]) -> Chain<'static> {
    let file = |(at, up): (usize, &&str)| {
        let parent = if at == 0 { "--".to_owned() } else { format!("-- parent: r{at}") };
        let (marker, up) = match up.split_once('\n') {
            Some((marker, up)) if marker.starts_with("-- migrate:up") => (marker, up),
            _ => ("-- migrate:up", *up),
        };
        let id = at + 1;
        let undone = match up.contains("-- migrate:down") {
            true => "",
            false => "-- irreversible: a test\n",
        };
        let text =
            format!("-- revision: r{id}\n{parent}\n-- message: R{id}\n{undone}{marker}\n{up}\n");
        (format!("r{id}.sql"), text)
    };
    chain_of(&upgrades.iter().enumerate().map(file).collect::<Vec<_>>())
}

/// What is found in the revisions after the first.
fn found(upgrades: &[&str]) -> Vec<Finding> {
    lint(&chain(upgrades), &strict(), |migration| migration.id.as_str() != "r1")
}

fn codes(upgrades: &[&str]) -> Vec<Lint> {
    found(upgrades).iter().map(|found| found.lint).collect()
}

/// What the examples of the pages begin with.
const EXAMPLES: &str = "
    CREATE TABLE users (id bigint PRIMARY KEY, name varchar(100), email text, age int);
    INSERT INTO users SELECT n, 'n' || n, 'E' || n, 20 FROM generate_series(1, 9) n;
    CREATE TABLE posts (id bigint PRIMARY KEY, user_id bigint, title text,
        state text NOT NULL DEFAULT 'draft', CONSTRAINT posts_state CHECK (state IN ('draft', 'public')));
    INSERT INTO posts SELECT n, n, 't' FROM generate_series(1, 9) n;
    CREATE INDEX posts_user ON posts (user_id);
    CREATE FUNCTION shout(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT upper($1)';
    CREATE VIEW loud AS SELECT shout(name) FROM users;
    CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1';
    CREATE TYPE mood AS ENUM ('sad');
    CREATE MATERIALIZED VIEW totals AS SELECT 1 AS id, 9 AS posts;
    CREATE UNIQUE INDEX ON totals (id);";

/// The blocks of SQL in a page: what is warned of, and the revisions of the safe way.
fn blocks(page: &str) -> (Vec<&str>, Vec<&str>) {
    fn sql(text: &str) -> Vec<&str> {
        text.split("```sql\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
    }
    let (why, safe) = page.split_once("## The safe way").unwrap();
    (sql(why), sql(safe))
}

#[test]
fn the_safe_way_of_each_page_runs_and_is_safe() {
    for lint in Lint::ALL {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../migrate-cli/lints/{lint}.md"));
        let page = fs::read_to_string(path).unwrap();
        let (bad, safe) = blocks(&page);
        assert!(bad.len() == 1 && !safe.is_empty(), "{lint}");
        assert!(codes(&[EXAMPLES, bad[0]]).contains(&lint), "{lint}: {}", bad[0]);

        let upgrades: Vec<&str> = [EXAMPLES].into_iter().chain(safe).collect();
        let still = found(&upgrades);
        assert!(still.iter().all(|found| found.lint != lint), "{lint}: {still:?}");
        let database = database("lint page");
        let mut session = Session::new(&database);
        session
            .upgrade(&Runner::new(&chain(&upgrades)))
            .unwrap_or_else(|why| panic!("{lint}: {why}"));

        // What is warned of is right, too: the server takes it, where rows don't stand against it.
        let database = self::database("lint page");
        let result = Session::new(&database).upgrade(&Runner::new(&chain(&[EXAMPLES, bad[0]])));
        let fails = [Lint::AddColumnNotNull, Lint::DropsHistory].contains(&lint);
        assert_eq!(result.is_err(), fails, "{lint}");
    }
}

/// What a statement does to the rows of `t`: nothing, or it reads or writes them all.
#[derive(Debug, PartialEq, Eq)]
enum Does {
    Nothing,
    Reads,
    Writes,
    Fails,
}

fn does(session: &mut Session, setup: &str, sql: &str) -> Does {
    let state = |session: &mut Session| {
        let node = session.value("SELECT pg_relation_filenode('t')");
        let scans = session.value(
            "SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_xact_user_tables WHERE relname = 't'",
        );
        (node, scans)
    };
    session.execute("BEGIN");
    session.execute(setup);
    let before = state(session);
    let ran = session.try_rows(sql).is_ok();
    let after = if ran { state(session) } else { before.clone() };
    session.execute("ROLLBACK");
    match () {
        () if !ran => Does::Fails,
        () if before.0 != after.0 => Does::Writes,
        () if before.1 != after.1 => Does::Reads,
        () => Does::Nothing,
    }
}

/// Types, from and to; whatever is not reported leaves the rows alone, and what is reported does not.
#[test]
fn which_changes_of_types_are_free() {
    let types = [
        ("text", "'1'"),
        ("varchar", "'1'"),
        ("varchar(5)", "'1'"),
        ("varchar(9)", "'1'"),
        ("char(5)", "'1'"),
        ("int", "1"),
        ("bigint", "1"),
        ("numeric", "1"),
        ("numeric(5)", "1"),
        ("numeric(8, 2)", "1"),
        ("numeric(9, 2)", "1"),
        ("numeric(9, 3)", "1"),
        ("timestamp", "'2026-01-01'"),
        ("timestamp(3)", "'2026-01-01'"),
        ("timestamptz", "'2026-01-01'"),
        ("timestamptz(2)", "'2026-01-01'"),
        ("time", "'10:00'"),
        ("time(0)", "'10:00'"),
        ("interval", "'1 day'"),
        ("interval(2)", "'1 day'"),
        ("bit(4)", "B'1010'"),
        ("varbit", "B'1010'"),
        ("varbit(4)", "B'1010'"),
        ("varbit(6)", "B'1010'"),
        ("cidr", "'10.0.0.0/8'"),
        ("inet", "'10.0.0.1'"),
        ("json", "'1'"),
        ("jsonb", "'1'"),
        ("varchar(5)[]", "'{a}'"),
        ("varchar(9)[]", "'{a}'"),
    ];
    let database = database("lint types");
    let mut session = Session::new(&database);
    // In UTC these two are the same, and a migration does not know where it will run.
    session.execute("SET TimeZone = 'Asia/Tokyo'");
    let (mut wrong, mut free) = (Vec::new(), 0);
    for (from, value) in types {
        let setup = format!("CREATE TABLE t (a {from}); INSERT INTO t VALUES ({value});");
        for (to, _) in types {
            let sql = format!("ALTER TABLE t ALTER a TYPE {to}");
            let reported = codes(&[&setup, &format!("{sql};")]).contains(&Lint::TypeRewrites);
            let does = does(&mut session, &setup, &sql);
            free += usize::from(does == Does::Nothing);
            // Of these it is not known that they are free; a warning too many is no lie there.
            let is_careful =
                from.starts_with("interval") || from.contains("[]") || from.starts_with("char");
            let expected = match does {
                Does::Fails => continue,
                Does::Nothing => reported && is_careful,
                Does::Reads | Does::Writes => true,
            };
            if reported != expected {
                wrong.push(format!("{from} -> {to}: {does:?}, reported: {reported}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(free > 40, "{free}");
}

/// A column that is stored as before, and what hangs on it: an index that is built anew, a check for
/// which all rows are read.
#[test]
fn which_indexes_and_checks_outlive_a_change_of_type() {
    let table = "CREATE TABLE t (id int PRIMARY KEY, a int, b text, c text COLLATE \"C\", v varchar(10), i bit(4));
        INSERT INTO t VALUES (1, 1, 'b', 'c', 'v', B'1010');";
    let database = database("lint collations");
    let mut session = Session::new(&database);
    let setups = [
        "",
        "CREATE INDEX ON t (b);",
        "CREATE INDEX ON t (b COLLATE \"C\");",
        "CREATE INDEX ON t (a) INCLUDE (b, c, v);",
        "CREATE INDEX ON t USING hash (b);",
        "CREATE INDEX ON t (c);",
        "CREATE INDEX ON t (v);",
        "CREATE INDEX ON t (v varchar_pattern_ops);",
        "CREATE INDEX ON t (i);",
        "CREATE INDEX ON t (a);",
        "CREATE INDEX ON t (lower(v));",
        "CREATE INDEX ON t (lower(b)) WHERE v <> 'x';",
        "CREATE INDEX ON t (a) WHERE c IS NOT NULL;",
        "CREATE INDEX ON t (v) WHERE a > 1;",
        "ALTER TABLE t ADD UNIQUE (c);",
        "ALTER TABLE t ADD CHECK (v <> 'x');",
        "ALTER TABLE t ADD CHECK (b <> 'x') NOT VALID;",
        "ALTER TABLE t ADD CHECK (length(b) + length(c) > 0);",
        "ALTER TABLE t ADD CHECK (a > 0);",
    ];
    let changes = [
        "b TYPE text",
        "b TYPE varchar",
        "b TYPE text COLLATE \"C\"",
        "c TYPE text",
        "c TYPE varchar COLLATE \"C\"",
        "v TYPE varchar(10)",
        "v TYPE varchar(20)",
        "v TYPE text",
        "i TYPE varbit",
    ];
    let (mut wrong, mut found) = (Vec::new(), 0);
    for setup in setups {
        for change in changes {
            let (setup, sql) =
                (format!("{table} {setup}"), format!("ALTER TABLE t ALTER {change}"));
            let reported = codes(&[&setup, &format!("{sql};")]).contains(&Lint::TypeRewrites);
            let does = does(&mut session, &setup, &sql);
            found += usize::from(reported);
            if reported != (does == Does::Reads) {
                wrong.push(format!("{setup} {sql}: {does:?}, reported: {reported}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found > 15, "{found}");
}

/// `citext` is stored as `text` is, and sorted otherwise.
#[test]
fn a_change_to_citext_rebuilds_the_indexes_alone() {
    if !Server::shared().unwrap().offers_extension("citext").unwrap() {
        return;
    }
    let database = database("lint citext");
    let mut session = Session::new(&database);
    let table = "CREATE EXTENSION citext;
        CREATE TABLE t (id int PRIMARY KEY, b text, v varchar(9), n name, k citext);
        INSERT INTO t VALUES (1, 'b', 'v', 'n', 'k');";
    let check = |session: &mut Session, index: &str, change: &str, expected: Does| {
        let (setup, sql) = (format!("{table} {index}"), format!("ALTER TABLE t ALTER {change}"));
        let reported = codes(&[&setup, &format!("{sql};")]).contains(&Lint::TypeRewrites);
        assert_eq!(does(session, &setup, &sql), expected, "{index} {change}");
        assert_eq!(reported, expected != Does::Nothing, "{index} {change}");
    };
    let texts = ["b TYPE citext", "v TYPE public.citext USING v::public.citext"];
    for change in texts.into_iter().chain(["k TYPE text", "k TYPE varchar"]) {
        check(&mut session, "", change, Does::Nothing);
        check(&mut session, "CREATE INDEX ON t (b, v, k);", change, Does::Reads);
    }
    check(&mut session, "", "k TYPE varchar(9)", Does::Writes);
    check(&mut session, "", "n TYPE citext USING n::citext", Does::Writes);
}

#[test]
fn which_new_columns_rewrite_or_fail() {
    let setup = "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 1);
        CREATE FUNCTION lively() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
        CREATE FUNCTION calm() RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 1; END';
        CREATE FUNCTION settled() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END';
        CREATE FUNCTION inlined() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION counted() RETURNS int LANGUAGE sql AS 'SELECT count(*)::int FROM pg_class';
        CREATE FUNCTION drawn() RETURNS float8 LANGUAGE sql AS 'SELECT random()';
        CREATE FUNCTION guarded() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
        CREATE DOMAIN free AS int DEFAULT 1;
        CREATE DOMAIN checked AS int CHECK (VALUE > 0);
        CREATE DOMAIN required AS int NOT NULL DEFAULT 1;
        CREATE DOMAIN above AS checked;
        CREATE DOMAIN lots AS float8 DEFAULT random();";
    let database = database("lint columns");
    let mut session = Session::new(&database);
    let check = |session: &mut Session, column: &str, expected: Option<Lint>| {
        let sql = format!("ALTER TABLE t ADD COLUMN n {column}");
        let found: Vec<Lint> = codes(&[setup, &format!("{sql};")]);
        let found = found
            .into_iter()
            .find(|lint| [Lint::AddColumnNotNull, Lint::AddColumnRewrites].contains(lint));
        assert_eq!(found, expected, "{column}");
        let done = match expected {
            Some(Lint::AddColumnNotNull) => Does::Fails,
            Some(_) => Does::Writes,
            None => Does::Nothing,
        };
        assert_eq!(does(session, setup, &sql), done, "{column}");
    };
    for column in [
        "int",
        "int DEFAULT 7",
        "text NOT NULL DEFAULT 'x'",
        "timestamptz NOT NULL DEFAULT now()",
        "timestamptz DEFAULT CURRENT_TIMESTAMP",
        "int[] DEFAULT ARRAY[1, 2]",
        "text DEFAULT lower('X')",
        "bigint DEFAULT txid_current_if_assigned()",
        "int DEFAULT calm()",
        "int DEFAULT settled()",
        "int DEFAULT inlined()",
        "free",
        "checked[]",
    ] {
        check(&mut session, column, None);
    }
    for column in [
        "uuid DEFAULT gen_random_uuid()",
        "timestamptz DEFAULT clock_timestamp()",
        "float8 NOT NULL DEFAULT (random())",
        "text DEFAULT timeofday()",
        "bigserial",
        "int GENERATED BY DEFAULT AS IDENTITY",
        "int GENERATED ALWAYS AS (a + 1) STORED",
        "int DEFAULT lively()",
        "int DEFAULT counted()",
        "float8 DEFAULT drawn()",
        "int DEFAULT guarded()",
        "int DEFAULT 1 + public.lively()",
        "checked",
        "checked DEFAULT 5",
        "required",
        "above",
        "lots",
    ] {
        check(&mut session, column, Some(Lint::AddColumnRewrites));
    }
    for column in ["int NOT NULL", "text[] NOT NULL", "timestamptz DEFAULT NULL NOT NULL"] {
        check(&mut session, column, Some(Lint::AddColumnNotNull));
    }
}

/// Constraints: what is reported reads all rows, and the safe way reads none.
#[test]
fn which_constraints_read_all_rows() {
    let setup = "CREATE TABLE o (id int PRIMARY KEY); INSERT INTO o VALUES (1);
        CREATE TABLE t (id int PRIMARY KEY, a int, b int, CONSTRAINT b_set CHECK (b IS NOT NULL));
        INSERT INTO t VALUES (1, 1, 1); CREATE INDEX ON t (a); CREATE UNIQUE INDEX u ON t (b);";
    let database = database("lint constraints");
    let mut session = Session::new(&database);
    for (sql, expected) in [
        ("ALTER TABLE t ALTER a SET NOT NULL", Some(Lint::NotNullScans)),
        ("ALTER TABLE t ALTER b SET NOT NULL", None),
        ("ALTER TABLE t ALTER id SET NOT NULL", None),
        ("ALTER TABLE t ADD CHECK (a > 0)", Some(Lint::ConstraintScans)),
        ("ALTER TABLE t ADD CHECK (a > 0) NOT VALID", None),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES o", Some(Lint::ConstraintScans)),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES o NOT VALID", None),
        ("ALTER TABLE t ADD UNIQUE (a)", Some(Lint::UniqueBuildsIndex)),
        ("ALTER TABLE t ADD UNIQUE USING INDEX u", None),
        ("ALTER TABLE t ADD n int UNIQUE", Some(Lint::UniqueBuildsIndex)),
        ("CREATE INDEX ON t (b)", Some(Lint::IndexBlocksWrites)),
    ] {
        let mut found = codes(&[setup, &format!("{sql};")]);
        found.retain(|lint| *lint != Lint::DuplicateIndex);
        assert_eq!(found, Vec::from_iter(expected), "{sql}");
        let done = does(&mut session, setup, sql);
        let quiet = done == Does::Nothing;
        assert_eq!(quiet, expected.is_none(), "{sql}: {done:?}");
    }
}
