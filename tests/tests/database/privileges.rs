//! What a role needs, and no more: docs/SECURITY.md has the same grants. Each that is missing is told.

use migrate_core::{Chain, Error, Runner, Status};

use crate::support::{ClientKind, Role, Session, chain_of, database, done, file};

/// What the page says that a server's role needs.
const SERVER: [&str; 1] = ["SELECT ON migrate_history"];

/// What the page says that a role needs which migrates, where another owns the tables.
const MIGRATING: [&str; 6] = [
    "SELECT ON migrate_history",
    "INSERT, UPDATE, DELETE ON migrate_history",
    "SELECT, INSERT ON migrate_log",
    "SELECT ON migrate_layout",
    "SELECT, INSERT, UPDATE, DELETE ON migrate_progress",
    "SELECT, UPDATE ON SEQUENCE migrate_statement",
];

/// A chain whose last revision runs outside a transaction, both ways.
fn chain() -> Chain<'static> {
    let (name, text) = file("r3", "r2", "CREATE TABLE theirs.t3 ();", "DROP TABLE theirs.t3;");
    let text = text.replace("-- migrate:up", "-- migrate:up transaction:false");
    let text = text.replace("-- migrate:down", "-- migrate:down transaction:false");
    chain_of(&[
        file("r1", "", "SELECT 1;", "SELECT 1;"),
        file("r2", "r1", "CREATE TABLE theirs.t2 ();", "DROP TABLE theirs.t2;"),
        (name, text),
    ])
}

/// A role with these rights and a schema of its own, beside a history at the first revision.
fn with_rights<'d>(
    database: &'d migrate_testkit::Database,
    owner: &mut Session,
    chain: &Chain<'static>,
    rights: &[&str],
) -> (Role<'d>, Session) {
    owner.clear();
    owner.execute("DROP SCHEMA IF EXISTS theirs CASCADE");
    owner.upgrade_to(&Runner::new(chain), "r1").unwrap();
    // As PostgreSQL 15 has it by itself.
    owner.execute(
        "REVOKE CREATE ON SCHEMA public FROM public; GRANT USAGE ON SCHEMA public TO public",
    );
    let role = Role::new(database);
    for right in rights {
        role.grant(right);
    }
    owner.execute(&format!("CREATE SCHEMA theirs AUTHORIZATION \"{}\"", role.name));
    let session = Session::open(ClientKind::Blocking, &role.url());
    (role, session)
}

/// What each command says, in a line.
fn commands(session: &mut Session, chain: &Chain<'static>) -> Vec<(&'static str, String)> {
    let runner = Runner::new(chain);
    let first = |result: Result<String, Error>| {
        let text = result.unwrap_or_else(|error| error.to_string());
        text.lines().next().unwrap_or_default().to_owned()
    };
    let mut said = vec![
        ("status", first(session.status(&runner).map(|status| status.to_string()))),
        ("log", first(session.log(&runner).map(|_| "fine".to_owned()))),
    ];
    for command in ["upgrade r2", "upgrade head", "verify", "downgrade r2", "downgrade r1"] {
        let result =
            session.command(&runner, command).map(|report| format!("fine: {}", done(&report)));
        said.push((command, first(result)));
    }
    let stamped = session.stamp(&runner, "r2", false).map(|_| "fine".to_owned());
    said.push(("stamp r2", first(stamped)));
    said
}

#[test]
fn these_rights_are_enough_and_each_is_needed() {
    let (chain, database) = (chain(), database("rights"));
    let mut owner = Session::new(&database);
    let mut page = String::new();
    let mut try_with = |title: &str, rights: &[&str]| {
        let (role, mut session) = with_rights(&database, &mut owner, &chain, rights);
        page.push_str(&format!("# {title}\n"));
        let said = commands(&mut session, &chain);
        for (command, text) in &said {
            page.push_str(&format!("{command}: {}\n", text.replace(&role.name, "role")));
        }
        page.push('\n');
        said
    };
    let all = try_with("all of a migrating role's", &MIGRATING);
    assert!(all.iter().all(|(_, said)| !said.contains("not allowed")), "{all:?}");
    let server = try_with("a server's", &SERVER);
    assert!(server[0].1.starts_with("behind or partial: "), "{server:?}");
    for missing in MIGRATING {
        let rights: Vec<&str> = MIGRATING.into_iter().filter(|right| *right != missing).collect();
        let said = try_with(&format!("without {missing}"), &rights);
        let denied = said.iter().filter(|(_, said)| said.contains("permission denied for")).count();
        assert!(denied > 0, "{missing} is not needed: {said:?}");
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("privileges", page);
    });
}

/// A server whose database is at head starts with nothing but SELECT on the history.
#[test]
fn a_server_at_head_needs_one_right() {
    let (chain, database) = (chain(), database("server_rights"));
    let mut owner = Session::new(&database);
    let (role, mut session) = with_rights(&database, &mut owner, &chain, &SERVER);
    owner.upgrade(&Runner::new(&chain)).unwrap();
    let runner = Runner::new(&chain);
    assert_eq!(session.upgrade(&runner).unwrap().round_trips, 1);
    session.verify(&runner).unwrap();
    owner.execute(&format!("REVOKE SELECT ON migrate_history FROM \"{}\"", role.name));
    let error = session.upgrade(&runner).unwrap_err();
    let expected = "reading the history of migrations is not allowed: \
                    permission denied for table migrate_history (SQLSTATE 42501)";
    assert!(error.to_string().starts_with(expected), "{error}");
}

/// Who may not read how far a revision has come is told so, and what would let it.
#[test]
fn a_role_that_watches_says_what_it_may_not_see() {
    let (name, text) = file("r2", "r1", "SELECT 1;\nSELECT 1 / 0;", "SELECT 1;");
    let text = text.replace("-- migrate:up", "-- migrate:up transaction:false");
    let chain = chain_of(&[file("r1", "", "SELECT 1;", "SELECT 1;"), (name, text)]);
    let database = database("watches");
    let mut owner = Session::new(&database);
    let (_role, mut session) = with_rights(&database, &mut owner, &chain, &SERVER);
    owner.upgrade(&Runner::new(&chain)).unwrap_err();
    let runner = Runner::new(&chain);
    let status = session.status(&runner).unwrap();
    let Status::BehindOrPartial { pending, grant } = &status else { panic!("{status}") };
    assert_eq!(*pending, ["r2"]);
    let error = session.verify(&runner).unwrap_err().to_string();
    assert!(error.contains("this role may not read whether one is half done"), "{error}");
    owner.execute(grant);
    let half_done = "the upgrade of `r2` stopped at statement 2 of 2";
    let status = session.status(&runner).unwrap().to_string();
    assert_eq!(status, format!("partial: {half_done}"));
    let error = session.verify(&runner).unwrap_err().to_string();
    assert!(error.starts_with(half_done), "{error}");
}
