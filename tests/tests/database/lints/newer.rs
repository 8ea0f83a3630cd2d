//! What is said to need a newer server, an older one refuses, and that one takes.

use migrate_core::analysis::analyse_with;
use migrate_core::chain::Config;
use migrate_core::syntax::Source;
use migrate_core::{Folder, Problem};

use crate::support::{Session, database};

/// What all statements begin with.
const SETUP: &str = "
    CREATE TABLE u (id int PRIMARY KEY, a int, body text);
    CREATE TABLE t (id int PRIMARY KEY, a int, n int, body text, r int4range);
    CREATE SEQUENCE s;
    CREATE ROLE newer_role;
    CREATE ROLE newer_member;";

/// A statement, and the first version that takes it.
const STATEMENTS: &[(&str, u32)] = &[
    ("MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE", 15),
    ("CREATE UNIQUE INDEX x ON t (a) NULLS NOT DISTINCT", 15),
    ("CREATE TABLE x (a int UNIQUE NULLS NOT DISTINCT)", 15),
    ("CREATE TABLE x (a int, UNIQUE NULLS DISTINCT (a))", 15),
    ("CREATE VIEW x WITH (security_invoker = true) AS SELECT 1", 15),
    ("ALTER TABLE t SET ACCESS METHOD heap", 15),
    ("CREATE UNLOGGED SEQUENCE x", 15),
    ("GRANT SET ON PARAMETER work_mem TO newer_role", 15),
    ("CREATE PUBLICATION x FOR TABLES IN SCHEMA public", 15),
    ("CREATE TABLE x (a int, b int, FOREIGN KEY (a) REFERENCES u ON DELETE SET NULL (a))", 15),
    ("CREATE PUBLICATION x FOR TABLE t (id, a)", 15),
    ("CREATE PUBLICATION x FOR TABLE u, t WHERE (id > 1)", 15),
    ("WITH w AS (SELECT 1 AS id) MERGE INTO t USING w ON t.id = w.id WHEN MATCHED THEN DELETE", 15),
    ("ALTER TABLE t ALTER body SET STORAGE DEFAULT", 16),
    ("CREATE TABLE x (a text STORAGE plain)", 16),
    ("CREATE STATISTICS ON a, n FROM t", 16),
    ("GRANT newer_role TO newer_member WITH SET FALSE", 16),
    ("GRANT newer_role TO newer_member WITH ADMIN TRUE", 16),
    ("REVOKE INHERIT OPTION FOR newer_role FROM newer_member", 16),
    ("SELECT * FROM (SELECT 1)", 16),
    ("SELECT * FROM t JOIN (VALUES (1)) ON true", 16),
    ("SELECT body IS JSON FROM t", 16),
    ("SELECT body IS NOT JSON OBJECT FROM t", 16),
    ("INSERT INTO t (id) VALUES (1_000)", 16),
    ("INSERT INTO t (id) VALUES (0xff)", 16),
    ("GRANT newer_role TO newer_member WITH INHERIT TRUE", 16),
    ("COPY t FROM '/dev/null' (DEFAULT 'x')", 16),
    ("MERGE INTO t USING u ON t.id = u.id WHEN NOT MATCHED BY SOURCE THEN DELETE", 17),
    ("MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE RETURNING t.id", 17),
    ("SELECT * FROM JSON_TABLE('[1]'::jsonb, '$[*]' COLUMNS (a int PATH '$')) x", 17),
    ("SELECT now() AT LOCAL", 17),
    ("GRANT MAINTAIN ON t TO newer_role", 17),
    ("COPY t FROM '/dev/null' WITH (ON_ERROR ignore)", 17),
    ("COPY t FROM '/dev/null' WITH (ON_ERROR ignore, LOG_VERBOSITY verbose)", 17),
    ("ALTER TABLE t ALTER a SET STATISTICS DEFAULT", 17),
    ("ALTER TABLE t SET ACCESS METHOD DEFAULT", 17),
    (
        "WITH m AS (MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE RETURNING t.id) \
         SELECT * FROM m",
        17,
    ),
    ("CREATE TABLE x (a int, g int GENERATED ALWAYS AS (a) STORED)", 14),
    ("CREATE TABLE x (a int, NOT NULL a)", 18),
    ("CREATE TABLE x (a int NOT NULL NO INHERIT)", 18),
    ("ANALYZE ONLY t", 18),
    ("CREATE TABLE x (a int, g int GENERATED ALWAYS AS (a))", 18),
    ("ALTER TABLE t ADD g int GENERATED ALWAYS AS (a) VIRTUAL", 18),
    ("ALTER TABLE t ADD NOT NULL a", 18),
    ("ALTER TABLE t ADD CONSTRAINT x NOT NULL a NOT VALID", 18),
    ("ALTER TABLE t ADD CHECK (a > 0) NOT ENFORCED", 18),
    ("CREATE TABLE x (a int4range, b int4range, PRIMARY KEY (a, b WITHOUT OVERLAPS))", 18),
    ("COPY t FROM '/dev/null' WITH (ON_ERROR ignore, REJECT_LIMIT 5)", 18),
    // From the documentation of PostgreSQL 19.
    ("REPACK t", 19),
    ("REPACK (VERBOSE) t USING INDEX t_pkey", 19),
    ("ALTER TABLE t MERGE PARTITIONS (u, t) INTO x", 19),
    ("ALTER TABLE t SPLIT PARTITION u INTO (PARTITION x DEFAULT)", 19),
    ("UPDATE t FOR PORTION OF r FROM 1 TO 2 SET a = 1", 19),
    ("DELETE FROM t FOR PORTION OF r FROM 1 TO 2", 19),
    ("INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO SELECT RETURNING id", 19),
    ("SELECT a, count(*) FROM t GROUP BY ALL", 19),
    ("SELECT lag(a) IGNORE NULLS OVER (ORDER BY id) FROM t", 19),
    ("CREATE PROPERTY GRAPH g VERTEX TABLES (t)", 19),
    ("CHECKPOINT (MODE fast)", 19),
    ("CREATE PUBLICATION x FOR ALL SEQUENCES", 19),
    ("CREATE PUBLICATION x FOR ALL TABLES EXCEPT (TABLE t)", 19),
    ("COPY t TO '/dev/null' (FORMAT json)", 19),
    ("COPY t FROM '/dev/null' (ON_ERROR set_null)", 19),
    // What older servers take, though it looks newer.
    ("CREATE VIEW x (security_invoker) AS SELECT 1", 14),
    ("GRANT newer_role TO newer_member", 14),
    ("ALTER TABLE t ADD x int CONSTRAINT y NOT NULL", 14),
    ("SELECT json_build_object('a', 1), 1 AS maintain", 14),
    ("SELECT * FROM (SELECT 1) x", 14),
    ("SELECT extract(day FROM (SELECT now()))", 14),
    ("CREATE STATISTICS x ON a, n FROM t", 14),
    ("ALTER TABLE t ALTER body SET STORAGE plain", 14),
    ("CREATE TABLE x (storage text, main int)", 14),
];

/// The version that a build says a statement needs, on a chain for PostgreSQL 14.
fn said(sql: &str) -> u32 {
    let text = format!(
        "-- revision: 1\n-- message: M\n-- irreversible: a test\n-- migrate:up{SETUP}\n{sql};\n"
    );
    let folder = Folder::of_texts("m", [("1.sql", text.as_str())]);
    let config = Config::read(Source::new("migrate.toml", "min_server = 14\n"));
    let Err(rejection) = analyse_with(folder, config) else { return 14 };
    match &rejection.diagnostics[..] {
        [one] => match one.problem {
            Problem::NeedsServer { version, .. } => version,
            _ => panic!("{sql}: {rejection}"),
        },
        _ => panic!("{sql}: {rejection}"),
    }
}

#[test]
fn each_statement_needs_what_is_said() {
    let database = database("newer");
    let mut session = Session::new(&database);
    let server: u32 = session.value("SHOW server_version_num").parse().unwrap();
    let server = server / 10_000;
    let mut wrong = Vec::new();
    for (sql, version) in STATEMENTS {
        assert_eq!(said(sql), *version, "{sql}");
        session.execute("BEGIN");
        session.execute(SETUP);
        let result = session.try_rows(sql);
        session.execute("ROLLBACK");
        // There are cases of syntax that a server knows, and refuses on these tables.
        let is_wrong = match version {
            19 if server >= 19 => false,
            _ => result.is_ok() != (server >= *version),
        };
        if is_wrong {
            wrong.push(format!("{sql}: {:?}", result.err()));
        }
    }
    assert!(wrong.is_empty(), "on {server}:\n{}", wrong.join("\n"));
}
