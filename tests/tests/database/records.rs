//! What a database holds after a run: every column of the history, and the log.

use migrate_core::chain::DIGEST_VERSION;
use migrate_core::{RevisionId, Runner};

use crate::support::{Role, Session, both, chain_of, database, file, line, tables};

#[test]
fn every_column_of_the_history_is_what_ran() {
    let options = "CREATE TABLE t2 ();\n-- migrate:down transaction:true\nDROP TABLE t2;";
    let (name, text) = file("r2", "r1", options, "");
    let text = text[..text.rfind("\n\n-- migrate:down").unwrap()].to_owned() + "\n";
    let chain = chain_of(&[file("r1", "", "CREATE TABLE t1 ();", "DROP TABLE t1;"), (name, text)]);
    both("columns", |_, session| {
        let before = session.value("SELECT clock_timestamp()");
        session.upgrade(&Runner::new(&chain)).unwrap();
        let fixed = "SELECT revision, position, parents, up_digest, down_digest, chain_digest, \
                     digest_version, down_sql, down_transactional, transactional, applied_by, tool \
                     FROM migrate_history ORDER BY position";
        let expected = |at: usize, parents: &str| {
            let migration = &chain.migrations()[at];
            format!(
                "r{number}|{number}|{parents}|{up}|{down}|{chain}|{DIGEST_VERSION}|{sql}|t|t|postgres|\
                 migrate 0.3.0",
                number = at + 1,
                up = migration.digests.up,
                down = migration.digests.down.unwrap(),
                chain = migration.digests.chain,
                sql = migration.down_sql().unwrap(),
            )
        };
        assert_eq!(session.rows(fixed), [expected(0, "{}"), expected(1, "{r1}")]);
        let moving = format!(
            "SELECT bool_and(applied_at BETWEEN '{before}' AND clock_timestamp()), \
             bool_and(duration_ms BETWEEN 0 AND 5000) FROM migrate_history"
        );
        assert_eq!(session.value(&moving), "t|t");
    });
}

#[test]
fn the_history_that_is_read_is_the_one_that_was_written() {
    let chain = line(&[("SELECT pg_sleep(0.02);", "SELECT 1;"), ("SELECT 2;", "SELECT 2;")]);
    both("read_back", |_, session| {
        let runner = Runner::new(&chain);
        let report = session.upgrade(&runner).unwrap();
        let history = session.history(&runner).unwrap();
        for ((record, migration), done) in
            history.records.iter().zip(chain.migrations()).zip(&report.done)
        {
            assert_eq!(record.revision, migration.id.as_str());
            assert_eq!(
                record.parents,
                migration.parents.iter().map(RevisionId::as_str).collect::<Vec<_>>()
            );
            assert_eq!((record.up, record.down), (migration.digests.up, migration.digests.down));
            assert_eq!(record.chain, migration.digests.chain);
            assert_eq!(record.applied_by, "postgres");
            // The log's clock was read a moment later.
            let milliseconds = i64::try_from(done.duration.as_millis()).unwrap();
            assert!((milliseconds - record.duration_ms).abs() <= 5, "{record:?} {done:?}");
        }
        let first = &history.records[0];
        assert!(first.duration_ms >= 20, "{first:?}");
        assert!(first.duration_ms > history.records[1].duration_ms, "{history:?}");
        // In UTC, whatever the session's time zone.
        session.execute("SET timezone = 'Asia/Kolkata'; SET datestyle = 'German'");
        assert_eq!(session.history(&runner).unwrap(), history);
        let at = &first.applied_at;
        assert!(at.len() == 24 && at.ends_with('Z') && at.as_bytes()[10] == b'T', "{at}");
        let same = format!(
            "SELECT abs(extract(epoch FROM applied_at - '{at}'::timestamptz)) < 0.002 FROM migrate_history LIMIT 1"
        );
        assert_eq!(session.value(&same), "t");
    });
}

#[test]
fn the_log_keeps_what_was_undone() {
    let chain = tables(2);
    both("log", |_, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap();
        session.upgrade(&runner).unwrap();
        session.downgrade_to(&runner, "-1").unwrap();
        session.upgrade(&runner).unwrap();
        let log = "SELECT action, revision, by, error, tool, duration_ms IS NOT NULL \
                   FROM migrate_log ORDER BY at";
        let row = |action: &str, revision: &str| {
            format!("{action}|{revision}|postgres|-|migrate 0.3.0|t")
        };
        let expected = [
            row("upgrade", "r1"),
            row("upgrade", "r2"),
            row("downgrade", "r2"),
            row("upgrade", "r2"),
        ];
        assert_eq!(session.rows(log), expected);
        // A revision that is applied again comes last.
        assert_eq!(
            session.rows("SELECT revision, position FROM migrate_history ORDER BY position"),
            ["r1|1", "r2|2"]
        );
        assert_eq!(session.value("SELECT version FROM migrate_layout"), "3");
    });
}

/// Whatever a downgrade is made of, it is kept byte for byte: another release may have to run it.
#[test]
fn a_downgrade_is_kept_byte_for_byte() {
    let downs = [
        r"SELECT 'it''s', E'\'\\', '\', $$ $ $$, $q$ '$$' $q$, U&'\0041' -- 'open
;",
        "SELECT 'ünï', '日本語', '🦀', E'\\t\\x41', '\ttab', '
line';",
        "/* /* nested '*/ */ SELECT $migrate$ END $migrate$, '%s %I {} {0} \\\\ \\' ;\r\nSELECT ';';",
        "DO $$ BEGIN EXECUTE 'SELECT $x$ \\ $x$'; END $$; SELECT \"oid\" AS \"a \"\"b\" FROM pg_class LIMIT 0",
    ];
    let chain = line(&downs.map(|down| ("SELECT 1;", down)));
    both("bytes", |_, session| {
        let runner = Runner::new(&chain);
        session.upgrade(&runner).unwrap();
        for migration in chain.migrations() {
            let stored = format!(
                "SELECT encode(convert_to(down_sql, 'UTF8'), 'hex') FROM migrate_history \
                 WHERE revision = '{}'",
                migration.id
            );
            let hex: String =
                migration.down_sql().unwrap().bytes().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(session.value(&stored), hex, "{}", migration.id);
        }
        // And it runs.
        assert_eq!(session.downgrade_to(&runner, "base").unwrap().done.len(), 4);
    });
}

#[test]
fn the_one_who_logged_in_is_recorded() {
    let database = database("applied_by");
    let role = Role::new(&database);
    role.grant("ALL ON SCHEMA public");
    let mut session = Session::new(&database);
    session.execute(&format!("SET ROLE \"{}\"", role.name));
    let chain = tables(1);
    session.upgrade(&Runner::new(&chain)).unwrap();
    // As in the server's own log; the role that owns the tables is another question.
    assert_eq!(session.value("SELECT applied_by FROM migrate_history"), "postgres");
    let owner = "SELECT tableowner FROM pg_tables WHERE tablename = 't1'";
    assert_eq!(session.value(owner), role.name);
    assert_eq!(session.value("SELECT current_user"), role.name);
}
