//! Row security on our tables: what is hidden is told, and never taken for nothing.

use migrate_core::{Error, Runner, Status};

use crate::support::{ClientKind, Role, Session, both, done, tables};

const OURS: [&str; 4] = ["migrate_history", "migrate_progress", "migrate_layout", "migrate_log"];

fn log_in(role: &Role<'_>, kind: ClientKind) -> Session {
    Session::open(kind, &role.url())
}

/// A role that may do everything, beside an owner whose history is at the second of three revisions.
fn with_role(test: impl Fn(&mut Session, &Role<'_>, ClientKind)) {
    both("security", |database, owner| {
        owner.upgrade_to(&Runner::new(&tables(3)), "r2").unwrap();
        let role = Role::new(database);
        role.grant("ALL ON ALL TABLES IN SCHEMA public");
        role.grant("ALL ON ALL SEQUENCES IN SCHEMA public");
        role.grant("ALL ON SCHEMA public");
        let kind = owner.kind();
        test(owner, &role, kind);
    });
}

fn hidden(error: &Error, table: &str) {
    let Error::Hidden { table: found, role } = error else { panic!("{error:?}") };
    let full = format!("\"public\".\"{table}\"");
    assert_eq!(*found, full);
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("row security hides rows of {full} from this role\n")),
        "{text}"
    );
    assert!(text.contains(&format!("`ALTER TABLE {full} DISABLE ROW LEVEL SECURITY`")), "{text}");
    assert!(text.contains(&format!("ON {full} TO {role} USING (true)")), "{text}");
    assert!(role.contains("security"), "{role}");
}

#[test]
fn a_table_that_hides_rows_is_an_error() {
    let chain = tables(3);
    with_role(|owner, role, kind| {
        let runner = Runner::new(&chain);
        for table in OURS {
            owner.execute(&format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"));
            let mut session = log_in(role, kind);
            for command in ["upgrade head", "upgrade +1", "downgrade -1"] {
                hidden(&session.command(&runner, command).unwrap_err(), table);
            }
            hidden(&session.stamp(&runner, "r1", false).unwrap_err(), table);
            let is_read = ["migrate_history", "migrate_progress"].contains(&table);
            match session.status(&runner) {
                Err(error) if is_read => hidden(&error, table),
                status => assert_eq!(
                    status.unwrap(),
                    Status::Behind { pending: vec!["r3".into()] },
                    "{table}"
                ),
            }
            match session.log(&runner) {
                Err(error) if table == "migrate_log" => hidden(&error, table),
                log => assert_eq!(log.unwrap().len(), 2, "{table}"),
            }
            // Its owner is not concerned.
            assert_eq!(
                owner.status(&runner).unwrap(),
                Status::Behind { pending: vec!["r3".into()] }
            );
            owner.execute(&format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"));
        }
        assert_eq!(owner.applied(), "r1 r2");
    });
}

/// A false error would keep a release from starting.
#[test]
fn a_policy_that_hides_nothing_is_fine() {
    let chain = tables(3);
    with_role(|owner, role, kind| {
        let runner = Runner::new(&chain);
        let name = &role.name;
        for table in OURS {
            owner.execute(&format!(
                "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; CREATE POLICY readers ON {table} FOR SELECT USING (true)"
            ));
        }
        let mut session = log_in(role, kind);
        assert_eq!(session.status(&runner).unwrap(), Status::Behind { pending: vec!["r3".into()] });
        assert_eq!(session.log(&runner).unwrap().len(), 2);
        // It would see no row to delete.
        hidden(&session.command(&runner, "downgrade -1").unwrap_err(), "migrate_history");
        for table in OURS {
            owner.execute(&format!("CREATE POLICY writers ON {table} TO \"{name}\" USING (true)"));
        }
        assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r3");
        assert_eq!(done(&session.downgrade_to(&runner, "r2").unwrap()), "-r3");
        session.verify(&runner).unwrap_err();
        // One that takes rows away again.
        owner.execute(
            "CREATE POLICY restricts ON migrate_history AS RESTRICTIVE USING (revision <> 'r1')",
        );
        hidden(&session.status(&runner).unwrap_err(), "migrate_history");
    });
}

/// What the session and the migrations have for themselves is not touched.
#[test]
fn the_migrations_read_as_the_session_does() {
    let chain = crate::support::upgrades(&[
        "CREATE TABLE t1 AS SELECT current_setting('row_security') AS row_security;",
    ]);
    both("setting", |_, session| {
        for value in ["on", "off"] {
            session.clear();
            session.execute(&format!("SET row_security = {value}"));
            session.upgrade(&Runner::new(&chain)).unwrap();
            assert_eq!(session.value("SELECT row_security FROM t1"), value);
            assert_eq!(session.value("SHOW row_security"), value);
        }
    });
}
