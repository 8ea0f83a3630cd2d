//! Servers that refuse for a reason that is in no migration: the help says what lifts it.

use migrate_core::{Error, Runner};

use crate::support::{ClientKind, Role, Session, both, connection, tables, upgrades};

/// The help of an error, and whether it is one of a statement.
fn help(error: &Error) -> (bool, String) {
    let text = error.to_string();
    assert!(!text.contains("fix its file"), "{text}");
    let (_, help) = text.rsplit_once("= help: ").unwrap_or_else(|| panic!("{text}"));
    (matches!(error, Error::Statement(_)), help.to_owned())
}

#[test]
fn a_session_that_only_reads() {
    let chain = tables(2);
    both("reads", |database, session| {
        let runner = Runner::new(&chain);
        let url = connection(database, &[("options", "-c default_transaction_read_only=on")]);
        let mut reader = Session::open(ClientKind::Blocking, &url);
        for before in ["", "r1"] {
            if !before.is_empty() {
                session.upgrade_to(&runner, before).unwrap();
            }
            let (_, help) = help(&reader.upgrade(&runner).unwrap_err());
            assert!(help.starts_with("connect to the primary (of several hosts,"), "{help}");
        }
        // With nothing to do it is as good as any other.
        session.upgrade(&runner).unwrap();
        reader.upgrade(&runner).unwrap();
    });
}

#[test]
fn a_search_path_without_a_schema() {
    both("path", |database, _| {
        let url = connection(database, &[("options", "-c search_path=nowhere")]);
        let error = Session::open(ClientKind::Blocking, &url).upgrade(&Runner::new(&tables(1)));
        let (is_statement, help) = help(&error.unwrap_err());
        assert!(is_statement && help.starts_with("no schema of search_path is there"), "{help}");
    });
}

/// Ours are made by statements, too.
#[test]
fn an_event_trigger_that_raises() {
    let raises = "CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not at noon'; END $$; \
                  CREATE EVENT TRIGGER no ON ddl_command_start EXECUTE FUNCTION no()";
    both("event", |_, session| {
        let chain = tables(2);
        let runner = Runner::new(&chain);
        session.execute(raises);
        let (is_statement, first) = help(&session.upgrade(&runner).unwrap_err());
        assert!(
            !is_statement && first.contains("an event trigger (`\\dy` in psql lists those)"),
            "{first}"
        );
        session.execute("ALTER EVENT TRIGGER no DISABLE");
        session.upgrade_to(&runner, "r1").unwrap();
        session.execute("ALTER EVENT TRIGGER no ENABLE");
        let (is_statement, second) = help(&session.upgrade(&runner).unwrap_err());
        assert!(is_statement && second == first, "{second}");
    });
}

#[test]
fn rights_and_room() {
    both("room", |database, owner| {
        let role = Role::new(database);
        owner.execute("REVOKE CREATE ON SCHEMA public FROM public; CREATE SCHEMA ours");
        role.grant("ALL ON SCHEMA ours");
        for (up, expected) in [
            ("CREATE TABLE public.t1 ();", "grant this one what it lacks: `GRANT CREATE ON SCHEMA"),
            (
                "SET LOCAL work_mem = '64kB'; SELECT count(*) FROM (SELECT n FROM generate_series(1, 100000) n ORDER BY -n) q;",
                "raise temp_file_limit",
            ),
        ] {
            owner.execute(&format!("ALTER ROLE \"{}\" SET temp_file_limit = '64kB'", role.name));
            let mut session = Session::open(ClientKind::Blocking, &role.url());
            let chain = upgrades(&[up]);
            let (is_statement, help) =
                help(&session.upgrade(&Runner::new(&chain).schema("ours")).unwrap_err());
            assert!(is_statement && help.contains(expected), "{help}");
        }
    });
}
