//! What a section outside a transaction does to its session: our own statements are not changed by it.

use migrate_core::Runner;

use super::{TABLE, no_progress, upgrades};
use crate::support::{ClientKind, Session, both, database, done, without_trace};

/// Whatever a section sets for its session, its progress and its record are written.
#[test]
fn our_own_statements_are_ours() {
    both("own", |database, session| {
        session.execute("DROP ROLE IF EXISTS migrate_app_16; CREATE ROLE migrate_app_16");
        for set in [
            "SET SESSION AUTHORIZATION migrate_app_16; SELECT 1;",
            "SET SESSION AUTHORIZATION migrate_app_16; VACUUM; SET ROLE migrate_app_16; SELECT 1;",
            "SET default_transaction_read_only = on; SELECT 1;",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; VACUUM;",
            "DO $$ BEGIN PERFORM set_config('client_encoding', 'LATIN1', false); END $$; CREATE TABLE made AS SELECT 'é' AS text;",
        ] {
            let chain = upgrades(&["CREATE TABLE t1 ();", &format!("!{set}")]);
            without_trace(session, database, |session| {
                assert_eq!(
                    done(&session.upgrade(&Runner::new(&chain)).unwrap()),
                    "+r1 +r2",
                    "{set}"
                );
            });
            no_progress(session);
            if set.contains("made") {
                assert_eq!(session.value("SELECT length(text) FROM made"), "1");
            }
            session.clear();
        }
        session.execute("DROP ROLE migrate_app_16");
    });
}

/// What is repeated for a run that goes on has only set something.
#[test]
fn only_constants_are_set_again() {
    let chain = upgrades(&[
        &format!(
            "{TABLE} CREATE TABLE noted (what text); CREATE FUNCTION note(what text) RETURNS text LANGUAGE sql AS \
                  $$ INSERT INTO noted VALUES (what) RETURNING what $$;"
        ),
        "!SELECT set_config('app.run', note('started'), false); SELECT 1 / (SELECT count(*) FROM t1 WHERE n = 777);",
    ]);
    both("constants", |_, session| {
        let runner = Runner::new(&chain);
        for _ in 0..3 {
            session.upgrade(&runner).unwrap_err();
        }
        assert_eq!(session.value("SELECT count(*) FROM noted"), "1");
    });
}

/// Where a name is cut, the encoding of the database says.
#[test]
fn a_long_name_in_a_single_byte_encoding() {
    let (beside, name) = (database("latin1"), "ä".repeat(40));
    let mut session = Session::new(&beside);
    let other = format!("{}_latin1", session.value("SELECT current_database()"));
    session.execute(&format!(
        "CREATE DATABASE \"{other}\" ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    ));
    let url = beside.url().replace(&session.value("SELECT current_database()"), &other);
    let chain = upgrades(&[
        "CREATE TABLE t1 (n int); INSERT INTO t1 VALUES (1), (1);",
        &format!("!CREATE UNIQUE INDEX CONCURRENTLY {name} ON t1 (n);"),
    ]);
    {
        let mut session = Session::open(ClientKind::Blocking, &url);
        session.upgrade(&Runner::new(&chain)).unwrap_err();
        session.execute("DELETE FROM t1");
        assert_eq!(done(&session.upgrade(&Runner::new(&chain)).unwrap()), "+r2");
    }
    session.execute(&format!("DROP DATABASE \"{other}\" WITH (FORCE)"));
}
