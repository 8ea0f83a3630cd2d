//! The kinds of statements that other linters report, by the names of their rules, and what is said of
//! each here. The examples are our own; docs/LINTS.md has the same table.

use migrate_core::Folder;
use migrate_core::analysis::{analyse_with, lint};
use migrate_core::chain::{Config, Level, Lint};

use super::{chain, strict};

/// What is said of an example.
#[derive(Debug, Clone, Copy)]
enum Here {
    /// It is reported unless a level is set.
    Warn(Lint),
    /// It is reported if the lint is enabled.
    Allow(Lint),
    /// A build refuses it, with this code.
    Error(&'static str),
    /// It is not reported. The reason is in the table of the documentation.
    Nothing,
}

use Here::{Allow, Error, Nothing, Warn};

/// Tables in use.
const BEFORE: &str = "CREATE TABLE t (id bigint PRIMARY KEY, a int, b text, r int4range, s int DEFAULT 1 NOT NULL);
    CREATE TABLE o (id bigint PRIMARY KEY, t bigint, u bigint NOT NULL, CONSTRAINT ot FOREIGN KEY (t) REFERENCES t);
    CREATE INDEX oi ON o (t);
    CREATE TABLE q (id bigint, at date);
    CREATE UNIQUE INDEX qi ON q (id);
    CREATE TABLE p (id bigint, at date) PARTITION BY RANGE (at);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    CREATE MATERIALIZED VIEW m AS SELECT 1 AS id;
    CREATE UNIQUE INDEX mi ON m (id);
    CREATE DOMAIN d AS int;
    CREATE TYPE y AS ENUM ('a');
    CREATE SCHEMA z;
    CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE TRIGGER tt BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tf();";

/// The kind of statement as the documentation names it, an example, and what is said of it.
const KINDS: &[(&str, &str, Here)] = &[
    ("`CREATE INDEX`", "CREATE INDEX ON t (a)", Warn(Lint::IndexBlocksWrites)),
    ("`DROP INDEX`", "DROP INDEX oi", Allow(Lint::DropIndexBlocks)),
    ("`REINDEX`", "REINDEX TABLE t", Warn(Lint::RewritesTable)),
    (
        "`CONCURRENTLY` in a transaction",
        "CREATE INDEX CONCURRENTLY x ON t (a)",
        Error("needs-no-transaction"),
    ),
    ("foreign key", "ALTER TABLE o ADD FOREIGN KEY (u) REFERENCES t", Warn(Lint::ConstraintScans)),
    ("check", "ALTER TABLE t ADD CHECK (a > 0)", Warn(Lint::ConstraintScans)),
    (
        "`VALIDATE` in the same transaction",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT k",
        Warn(Lint::ValidatesUnderLock),
    ),
    ("unique constraint", "ALTER TABLE t ADD UNIQUE (a)", Warn(Lint::UniqueBuildsIndex)),
    ("primary key", "ALTER TABLE q ADD PRIMARY KEY (id)", Warn(Lint::UniqueBuildsIndex)),
    (
        "primary key over a nullable index",
        "ALTER TABLE q ADD PRIMARY KEY USING INDEX qi",
        Warn(Lint::BlocksTable),
    ),
    (
        "exclusion constraint",
        "ALTER TABLE t ADD EXCLUDE USING gist (r WITH &&)",
        Warn(Lint::BlocksTable),
    ),
    ("`SET NOT NULL`", "ALTER TABLE t ALTER a SET NOT NULL", Warn(Lint::NotNullScans)),
    (
        "new column that is required",
        "ALTER TABLE t ADD n int NOT NULL",
        Warn(Lint::AddColumnNotNull),
    ),
    (
        "volatile default",
        "ALTER TABLE t ADD n uuid DEFAULT gen_random_uuid()",
        Warn(Lint::AddColumnRewrites),
    ),
    ("constant default", "ALTER TABLE t ADD n int DEFAULT 1", Nothing),
    (
        "serial, identity or stored column",
        "ALTER TABLE t ADD n bigserial",
        Warn(Lint::AddColumnRewrites),
    ),
    ("other type", "ALTER TABLE t ALTER a TYPE bigint", Warn(Lint::TypeRewrites)),
    (
        "long work under a lock",
        "ALTER TABLE t ADD n int; UPDATE t SET n = o.u FROM o WHERE o.t = t.id",
        Warn(Lint::WorkBehindLock),
    ),
    (
        "locks on two tables",
        "ALTER TABLE t ADD n int; ALTER TABLE o ADD n int",
        Allow(Lint::LocksTwoTables),
    ),
    ("`DROP COLUMN`", "ALTER TABLE t DROP COLUMN a", Warn(Lint::DropColumn)),
    ("`DROP TABLE`", "DROP TABLE o", Warn(Lint::DropTable)),
    ("`DROP SCHEMA`", "DROP SCHEMA z CASCADE", Warn(Lint::DropCascade)),
    ("`DROP DATABASE`", "DROP DATABASE x", Error("needs-no-transaction")),
    ("renamed column or table", "ALTER TABLE t RENAME a TO n", Warn(Lint::RenameBreaks)),
    ("renamed value or schema", "ALTER TYPE y RENAME VALUE 'a' TO 'b'", Warn(Lint::RenameBreaks)),
    ("`DROP NOT NULL`", "ALTER TABLE t ALTER s DROP NOT NULL", Allow(Lint::DropNotNull)),
    ("dropped constraint", "ALTER TABLE o DROP CONSTRAINT ot", Allow(Lint::DropConstraint)),
    ("dropped default", "ALTER TABLE t ALTER s DROP DEFAULT", Allow(Lint::DropDefault)),
    ("dropped function", "DROP FUNCTION g()", Allow(Lint::DropFunction)),
    ("dropped view", "DROP MATERIALIZED VIEW m", Warn(Lint::DropTable)),
    ("`TRUNCATE`", "TRUNCATE t CASCADE", Warn(Lint::DeleteAllRows)),
    ("`DELETE` without `WHERE`", "DELETE FROM o", Warn(Lint::DeleteAllRows)),
    ("`UPDATE` without `WHERE`", "UPDATE t SET a = 1", Warn(Lint::UpdateAllRows)),
    ("`VACUUM FULL`, `CLUSTER`", "CLUSTER t USING t_pkey", Warn(Lint::RewritesTable)),
    ("`REFRESH`", "REFRESH MATERIALIZED VIEW m", Warn(Lint::BlocksTable)),
    ("`REFRESH … CONCURRENTLY`", "REFRESH MATERIALIZED VIEW CONCURRENTLY m", Nothing),
    ("`DETACH PARTITION`", "ALTER TABLE p DETACH PARTITION p1", Warn(Lint::BlocksTable)),
    (
        "`ATTACH PARTITION`",
        "ALTER TABLE p ATTACH PARTITION q FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
        Warn(Lint::BlocksTable),
    ),
    ("constraint of a domain", "ALTER DOMAIN d ADD CHECK (VALUE > 0)", Warn(Lint::ConstraintScans)),
    ("domain with a constraint", "CREATE DOMAIN n AS int CHECK (VALUE > 0)", Nothing),
    ("`json`", "ALTER TABLE t ADD n json", Allow(Lint::Json)),
    ("`timestamp`", "ALTER TABLE t ADD n timestamp", Allow(Lint::TimestampWithoutZone)),
    ("`serial` in a new table", "CREATE TABLE n (id serial PRIMARY KEY)", Allow(Lint::Serial)),
    (
        "foreign key without an index",
        "CREATE TABLE n (x bigint REFERENCES t)",
        Warn(Lint::ForeignKeyWithoutIndex),
    ),
    (
        "name that is truncated",
        "CREATE TABLE a_name_that_is_so_long_that_the_server_has_to_truncate_it_to_63_bytes (a int)",
        Warn(Lint::NameTooLong),
    ),
    (
        "`ADD VALUE`",
        "ALTER TYPE y ADD VALUE 'b';\n-- migrate:down\n-- migrate:allow(down): it stays\nSELECT 1",
        Warn(Lint::AddValueIfNotExists),
    ),
    ("policy without row-level security", "CREATE POLICY x ON t", Warn(Lint::PolicyWithoutRls)),
    (
        "row-level security without policy",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        Allow(Lint::RlsWithoutPolicy),
    ),
    (
        "function without a search path",
        "CREATE FUNCTION f() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'",
        Warn(Lint::DefinerSearchPath),
    ),
    ("table without a primary key", "CREATE TABLE n (a int)", Allow(Lint::NoPrimaryKey)),
    ("duplicate index", "CREATE INDEX x ON o (t, id)", Warn(Lint::DuplicateIndex)),
    ("`BEGIN`, `COMMIT`", "BEGIN; ALTER TABLE t ADD n int; COMMIT", Error("transaction-control")),
    ("column assigned twice", "UPDATE t SET a = 1, a = 2 WHERE id = 1", Error("repeated-column")),
    ("triggers", "ALTER TABLE t DISABLE TRIGGER tt", Nothing),
    ("new enum", "CREATE TYPE n AS ENUM ('a')", Nothing),
    ("several `ALTER TABLE`", "ALTER TABLE t ADD n int; ALTER TABLE t ADD x int", Nothing),
    (
        "`int`, `varchar(n)`, `char(n)`",
        "ALTER TABLE t ADD n varchar(9), ADD x smallint, ADD y char(3)",
        Nothing,
    ),
    ("no `IF EXISTS`", "CREATE TABLE n (id bigint PRIMARY KEY)", Nothing),
    ("no schema before a name", "CREATE TABLE n (id bigint PRIMARY KEY)", Nothing),
    ("no timeouts", "ALTER TABLE t ADD n int", Nothing),
];

/// The lints of the example at these levels, and the code of what a build refuses.
fn said(sql: &str, config: &Config) -> (Vec<Lint>, Option<&'static str>) {
    let undone = if sql.contains("-- migrate:down") { "" } else { "-- irreversible: a test\n" };
    let first = format!(
        "-- revision: r1\n-- message: A\n-- irreversible: a test\n-- migrate:up\n{BEFORE}\n"
    );
    let second =
        format!("-- revision: r2\n-- parent: r1\n-- message: B\n{undone}-- migrate:up\n{sql};\n");
    let files = [("r1.sql", first.as_str()), ("r2.sql", second.as_str())];
    if let Err(rejection) = analyse_with(Folder::of_texts("m", files), Ok(Config::default())) {
        return (Vec::new(), rejection.diagnostics.first().map(|found| found.problem.code()));
    }
    let found = lint(&chain(&[BEFORE, &format!("{sql};")]), config, |one| one.id.as_str() == "r2");
    (found.iter().map(|found| found.lint).collect(), None)
}

#[test]
fn what_other_linters_report() {
    let page = include_str!("../../../../docs/LINTS.md");
    let mut wrong = Vec::new();
    for (kind, sql, here) in KINDS {
        let (by_default, code) = said(sql, &Config::default());
        let (strictly, _) = said(sql, &strict());
        let (is_right, cell) = match here {
            Warn(lint) => {
                let is_default = lint.default_level() == Level::Warn;
                (is_default && by_default.contains(lint), format!("`{lint}`"))
            }
            Allow(lint) => (
                by_default.is_empty() && strictly.contains(lint),
                format!("`{lint}`, off by default"),
            ),
            Error(expected) => (code == Some(expected), format!("an error: `{expected}`")),
            Nothing => (by_default.is_empty() && code.is_none(), "left out: ".to_owned()),
        };
        let row = page.lines().find(|line| line.starts_with(&format!("| {kind} |")));
        let is_told = row.is_some_and(|row| row.contains(&format!("| {cell}")));
        if !is_right || !is_told {
            wrong.push(format!(
                "{kind}: {by_default:?} {strictly:?} {code:?}; {row:?} has {cell:?}: {is_told}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let rows = page.split("## Beside other linters").nth(1).unwrap_or_default();
    let rows = rows.lines().filter(|line| line.starts_with("| ")).count();
    assert_eq!(rows, KINDS.len() + 2, "rows of the table, and its head");
}
