//! Text that would be SQL if it were not quoted: in names, messages, settings, and in what the history
//! keeps. A table that would be dropped is there to the end.

use migrate_core::{Error, Folder, Runner, check};

use crate::support::{Session, both, chain_of, connection, database, done, file, tables};

/// Each would drop the table where it got out of its quotes.
const HOSTILE: [&str; 6] = [
    "x'; DROP TABLE victim; --",
    "x\"; DROP TABLE victim; --",
    "x\\'; DROP TABLE victim; --",
    "$migrate$; DROP TABLE victim; $migrate$",
    "x', 'y'); DROP TABLE victim; /*",
    "x'); DROP TABLE victim; --\u{2028}",
];

fn is_there(session: &mut Session) {
    assert_eq!(session.value("SELECT to_regclass('victim') IS NOT NULL"), "t");
}

#[test]
fn no_id_can_hold_a_quote() {
    for text in HOSTILE {
        let (_, sql) = file(text, "", "SELECT 1;", "SELECT 1;");
        let why = check(Folder::of_texts("m", [("a.sql", sql.as_str())])).unwrap_err().to_string();
        assert!(why.contains("can't be a revision id"), "{why}");
        let (_, sql) = file("r2", text, "SELECT 1;", "SELECT 1;");
        let first = file("r1", "", "SELECT 1;", "SELECT 1;").1;
        let texts = [("1.sql", first.as_str()), ("2.sql", sql.as_str())];
        assert!(check(Folder::of_texts("m", texts)).is_err(), "{text}");
    }
}

/// A message is kept nowhere, a reason is shown, a downgrade is stored; all of it with old strings, too.
#[test]
fn texts_of_a_file_stay_texts() {
    for settings in ["on", "off"] {
        let database = database("texts");
        let options =
            format!("-c standard_conforming_strings={settings} -c escape_string_warning=off");
        let mut session = Session::open(
            crate::support::ClientKind::Tokio,
            &connection(&database, &[("options", &options)]),
        );
        session.execute("CREATE TABLE victim ()");
        for text in HOSTILE {
            let quoted = text.replace('\'', "''");
            // What it stores has every quote and backslash.
            let down = format!("SELECT E'{}';\n-- {text}", quoted.replace('\\', "\\\\"));
            let (name, sql) = file("r1", "", "SELECT 1;", &down);
            let sql = sql.replace("-- message: Revision r1", &format!("-- message: {text}"));
            let chain = chain_of(&[(name, sql)]);
            let runner = Runner::new(&chain);
            match session.upgrade(&runner) {
                Ok(report) => assert_eq!((done(&report).as_str(), settings), ("+r1", "on")),
                // Where a string ends is another question there, so nothing is sent.
                Err(Error::NonConformingStrings) => assert_eq!(settings, "off"),
                Err(error) => panic!("{error}"),
            }
            is_there(&mut session);
            if settings == "on" {
                let stored = "SELECT down_sql = convert_from(decode('";
                let hex: String = chain.migrations()[0]
                    .down_sql()
                    .unwrap()
                    .bytes()
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                let same = format!("{stored}{hex}', 'hex'), 'UTF8') FROM migrate_history");
                assert_eq!(session.value(&same), "t", "{text}");
                assert_eq!(done(&session.downgrade_to(&runner, "base").unwrap()), "-r1");
            }
            // A stamp sends no text of the chain, and goes on with either.
            session.stamp(&runner, "head", false).unwrap();
            session.stamp(&runner, "base", false).unwrap();
            is_there(&mut session);
        }
    }
}

/// What the server is told of the session goes back to it: the values of its settings, its role.
#[test]
fn names_of_roles_settings_and_programs() {
    let chain = tables(2);
    both("settings", |_, session| {
        session.execute("CREATE TABLE victim ()");
        for text in HOSTILE {
            let literal = format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
            let name = format!("\"{}\"", text.replace('"', "\"\""));
            let set = format!(
                "SELECT set_config('application_name', {literal}, false), set_config('my.own', {literal}, false), \
                 set_config('search_path', {path}, false)",
                path = format_args!("'public, ' || quote_ident({literal})"),
            );
            session.execute(&set);
            let kept = "SELECT current_setting('application_name'), current_setting('my.own'), \
                        current_setting('search_path'), current_user";
            session.execute(&format!(
                "DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {literal}) THEN \
                 CREATE ROLE {name}; END IF; END $do$; GRANT ALL ON SCHEMA public TO {name}; SET ROLE {name}"
            ));
            let before = session.value(kept);
            let runner = Runner::new(&chain);
            // With settings of its own, which have to be put back.
            assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r1 +r2");
            assert_eq!(done(&session.downgrade_to(&runner, "base").unwrap()), "-r2 -r1");
            assert_eq!(session.value(kept), before, "{text}");
            session.execute(&format!(
                "RESET ROLE; RESET search_path; DROP TABLE migrate_history, migrate_log, migrate_layout, \
                 migrate_progress; DROP SEQUENCE migrate_statement; DROP OWNED BY {name}; DROP ROLE {name}"
            ));
            is_there(session);
        }
    });
}

/// A database may be called like this, too.
#[test]
fn the_name_of_a_database() {
    let (chain, database) = (tables(1), database("dbname"));
    let mut owner = Session::new(&database);
    // At most 63 bytes, of which the end of a name of our own keeps it apart from others.
    let own = &database.name()[database.name().len() - 20..];
    let text = format!("{own}\\'; DROP TABLE victim; --\"$migrate$");
    let name = format!("\"{}\"", text.replace('"', "\"\""));
    owner.execute(&format!("CREATE DATABASE {name}"));
    {
        let url = connection(&database, &[("dbname", &text)]);
        let mut session = Session::open(crate::support::ClientKind::Blocking, &url);
        session.execute("CREATE TABLE victim ()");
        assert_eq!(done(&session.upgrade(&Runner::new(&chain)).unwrap()), "+r1");
        is_there(&mut session);
    }
    owner.execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
}

/// Who may write the history puts SQL in each of its texts: it is shown or refused, and never run.
#[test]
fn what_a_history_keeps_is_not_run() {
    let (chain, newer) = (tables(2), tables(3));
    both("kept", |_, session| {
        for text in HOSTILE {
            session.clear();
            session.execute("CREATE TABLE victim ()");
            session.upgrade(&Runner::new(&newer)).unwrap();
            let literal = format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
            for column in ["applied_by", "down_sql", "tool", "revision", "parents"] {
                let value = match column {
                    "parents" => format!("ARRAY[{literal}]"),
                    _ => literal.clone(),
                };
                session.execute(&format!(
                    "UPDATE migrate_history SET {column} = {value} WHERE position = 3"
                ));
                for runner in [Runner::new(&chain), Runner::new(&chain).stored_downgrades()] {
                    let results = [
                        session.status(&runner).map(|_| ()),
                        session.upgrade(&runner).map(|_| ()),
                        session.downgrade_to(&runner, "-1").map(|_| ()),
                        session.log(&runner).map(|_| ()),
                    ];
                    // The last revision is not this chain's: without its own text it stays.
                    assert!(column == "applied_by" || column == "tool" || results[2].is_err());
                    is_there(session);
                    if column == "applied_by" || column == "tool" {
                        session.upgrade(&Runner::new(&newer)).unwrap();
                    }
                }
            }
            // As many as before: nothing was undone but by its right text.
            assert_eq!(session.tables(), "t1 t2 t3 victim");
        }
    });
}
