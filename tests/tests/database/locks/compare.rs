//! What a statement takes, by what the server says while it has it.

use std::collections::BTreeMap;

use migrate_core::syntax::{LockMode, LockedBy, TableLock, Work, locks, split_statements};
use migrate_testkit::Database;

use crate::support::{Session, database};

/// Tables with rows, so that a scan or a rewrite shows.
const SCHEMA: &str = "
    CREATE TABLE o (id int PRIMARY KEY, u int UNIQUE);
    INSERT INTO o SELECT n, n FROM generate_series(1, 5) n;
    CREATE TABLE t (
        id int PRIMARY KEY,
        a int,
        b text,
        n int NOT NULL,
        d int DEFAULT 1,
        CONSTRAINT positive CHECK (a > 0)
    );
    INSERT INTO t SELECT n, n, 'b' || n, n, n FROM generate_series(1, 5) n;
    ALTER TABLE t ADD CONSTRAINT unchecked CHECK (n > 0) NOT VALID;
    ALTER TABLE t ADD CONSTRAINT key FOREIGN KEY (a) REFERENCES o NOT VALID;
    ALTER TABLE t ADD CONSTRAINT late UNIQUE (b) DEFERRABLE;
    CREATE INDEX ix ON t (a);
    CREATE UNIQUE INDEX ux ON t (n);
    CREATE INDEX cx ON t (d);
    ALTER TABLE t CLUSTER ON cx;
    CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE TRIGGER tt BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf();
    CREATE RULE tr AS ON DELETE TO o DO INSTEAD NOTHING;
    CREATE POLICY tp ON t USING (true);
    CREATE TABLE s (id int);
    INSERT INTO s VALUES (1);
    CREATE UNIQUE INDEX su ON s (id);
    CREATE VIEW v AS SELECT id FROM s;
    CREATE MATERIALIZED VIEW m AS SELECT id FROM s;
    CREATE UNIQUE INDEX mx ON m (id);
    CREATE SEQUENCE q;
    CREATE SCHEMA elsewhere;
    CREATE TABLE parent (id int);
    CREATE TABLE child () INHERITS (parent);
    CREATE FOREIGN DATA WRAPPER w;
    CREATE SERVER sv FOREIGN DATA WRAPPER w;
    CREATE FOREIGN TABLE f (id int) SERVER sv;
    CREATE TABLE p (id int NOT NULL) PARTITION BY RANGE (id);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
    INSERT INTO p VALUES (1);
    CREATE TABLE p2 (id int NOT NULL);
    INSERT INTO p2 VALUES (11);
    CREATE TABLE c (id int);
    CREATE TABLE \"C\" (id int);
    CREATE UNLOGGED TABLE ul (id int);
    CREATE TABLE i (id int GENERATED ALWAYS AS IDENTITY, g int GENERATED ALWAYS AS (1) STORED);
    INSERT INTO i DEFAULT VALUES;
    CREATE DOMAIN dom AS int;
    ALTER DOMAIN dom ADD CONSTRAINT unchecked CHECK (VALUE > 0) NOT VALID;
    CREATE DOMAIN subdom AS dom;
    CREATE TABLE of_dom (id dom);
    INSERT INTO of_dom VALUES (1);
    CREATE TABLE of_subdom (id subdom);
    INSERT INTO of_subdom VALUES (1);
    CREATE VIEW over_dom AS SELECT * FROM of_dom;
    CREATE TYPE mood AS ENUM ('sad');
    CREATE TABLE moods (m mood);
    CREATE TABLE elsewhere.there (id int);
";

/// A mode, as `pg_locks` names it.
fn server_name(mode: LockMode) -> String {
    let words = mode.name().split(' ').map(|word| {
        let (first, rest) = word.split_at(1);
        format!("{first}{}", rest.to_lowercase())
    });
    words.collect::<String>() + "Lock"
}

pub(super) fn mode_of(server: &str) -> LockMode {
    let mut all = LockMode::ALL.into_iter();
    all.find(|mode| server_name(*mode) == server).unwrap_or_else(|| panic!("{server}"))
}

/// What is said of a statement: `t ACCESS EXCLUSIVE scan`, sorted.
pub(super) fn said(sql: &str) -> Vec<TableLock> {
    let statements = split_statements(sql);
    assert_eq!(statements.len(), 1, "{sql}");
    locks(sql, &statements[0])
}

/// The tables of the test, by number, and the table of each index.
pub(super) struct Relations(pub(super) BTreeMap<String, String>);

impl Relations {
    pub(super) fn read(session: &mut Session) -> Self {
        let sql = "SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace \
                   AND relkind IN ('r', 'v', 'm', 'p', 'S', 'f')";
        let pair =
            |row: String| row.split_once('|').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        Relations(session.rows(sql).into_iter().map(pair).collect())
    }

    /// The names of what a lock is on.
    pub(super) fn names(session: &mut Session, lock: &TableLock) -> Vec<String> {
        let name = lock.relation.parts.last().unwrap();
        match lock.locked_by {
            LockedBy::Name => vec![name.clone()],
            LockedBy::Index => session.rows(&format!(
                "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = indrelid \
                 WHERE indexrelid = '{name}'::regclass"
            )),
            // What is stored: views have no rows to look at.
            LockedBy::Domain => session.rows(&format!(
                "SELECT DISTINCT relname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid \
                 LEFT JOIN pg_type t ON t.oid = atttypid \
                 WHERE '{name}'::regtype IN (atttypid, t.typbasetype) AND relkind IN ('r', 'm')"
            )),
        }
    }
}

/// How far a table was read, and where its rows are.
fn work(session: &mut Session) -> BTreeMap<String, (String, u64)> {
    let rows = session.rows(
        "SELECT c.oid, pg_relation_filenode(c.oid), seq_scan FROM pg_class c \
         JOIN pg_stat_xact_user_tables s ON s.relid = c.oid WHERE c.relkind IN ('r', 'm')",
    );
    let entry = |row: String| {
        let columns: Vec<&str> = row.split('|').collect();
        (columns[0].to_owned(), (columns[1].to_owned(), columns[2].parse().unwrap()))
    };
    rows.into_iter().map(entry).collect()
}

/// A statement that only moves rows, whose scans the words don't tell.
fn is_query(sql: &str) -> bool {
    ["INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "TRUNCATE", "DROP"]
        .iter()
        .any(|word| sql.starts_with(word))
}

/// Statements, each with the tables that it locks and does not name.
pub(super) type Cases<'c> = &'c [(&'c str, &'c [&'c str])];

/// Runs statements, and shows each that is not as it is said.
pub(super) fn check(statements: Cases<'_>) {
    let (_database, mut session) = prepared();
    let wrong: Vec<String> = statements
        .iter()
        .filter_map(|(sql, unnamed)| compare(&mut session, sql, unnamed).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs a statement, and compares. Besides the tables named, those of `unnamed` are locked so that
/// others notice, and no more.
fn compare(session: &mut Session, sql: &str, unnamed: &[&str]) -> Result<(), String> {
    let relations = Relations::read(session);
    let said = said(sql);
    if said.is_empty() {
        return Err(format!("nothing is said of: {sql}"));
    }
    let mut named: Vec<(String, TableLock)> = Vec::new();
    for lock in said {
        let names = Relations::names(session, &lock);
        assert!(!names.is_empty(), "{sql}");
        named.extend(names.into_iter().map(|name| (name, lock.clone())));
    }
    let said = named;
    session.execute("BEGIN");
    let before = work(session);
    if let Err(error) = session.try_rows(sql) {
        session.execute("ROLLBACK");
        return Err(format!("{sql}: {error:?}"));
    }
    let held = session.rows(
        "SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'",
    );
    let after = work(session);
    session.execute("ROLLBACK");

    let mut strongest: BTreeMap<&str, LockMode> = BTreeMap::new();
    for row in &held {
        let (relation, mode) = row.split_once('|').unwrap();
        let Some(name) = relations.0.get(relation) else { continue };
        let mode = mode_of(mode);
        strongest.entry(name).and_modify(|m| *m = mode.max(*m)).or_insert(mode);
    }
    for (name, lock) in &said {
        let found = strongest.get(name.as_str()).copied();
        if found != Some(lock.mode) {
            return Err(format!("{name}: {found:?}, and {:?} is said: {sql}", lock.mode));
        }
        let oid = relations.0.iter().find(|(_, known)| *known == name).map(|(oid, _)| oid).unwrap();
        let (Some(before), Some(after)) = (before.get(oid), after.get(oid)) else { continue };
        if !is_query(sql) {
            let found = match (before.0 != after.0, after.1 > before.1) {
                (true, _) => Work::Rewrite,
                (false, true) => Work::Scan,
                (false, false) => Work::None,
            };
            // Where it already is, it stays.
            let stays = sql.contains("TABLESPACE") && found == Work::None;
            if found != lock.work && !stays {
                return Err(format!("{name}: {found:?}, and {:?} is said: {sql}", lock.work));
            }
        }
    }
    let noticed = |mode: &LockMode| *mode > LockMode::RowExclusive;
    let others: Vec<&str> = strongest
        .iter()
        .filter(|(name, mode)| noticed(mode) && !said.iter().any(|(said, _)| said == *name))
        .map(|(name, _)| *name)
        .collect();
    if others == unnamed { Ok(()) } else { Err(format!("also locked: {others:?}: {sql}")) }
}

/// Runs statements of which nothing is said, and shows each that locks or reads a table after all.
pub(super) fn check_quiet(statements: &[&str]) {
    let (_database, mut session) = prepared();
    let mut wrong = Vec::new();
    for sql in statements {
        assert_eq!(said(sql), [], "{sql}");
        session.execute("BEGIN");
        let before = work(&mut session);
        let result = session.try_rows(sql);
        let held = session.rows(
            "SELECT relname, mode FROM pg_locks JOIN pg_class c ON c.oid = relation \
             WHERE pid = pg_backend_pid() AND c.oid >= 16384",
        );
        let after = work(&mut session);
        session.execute("ROLLBACK");
        if result.is_err() || !held.is_empty() || before != after {
            wrong.push(format!("{sql}: {result:?} {held:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub(super) fn prepared() -> (Database, Session) {
    let database = database("locks");
    let mut session = Session::new(&database);
    session.execute(SCHEMA);
    (database, session)
}
