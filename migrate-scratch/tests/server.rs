//! One server for the binary, and a database of its own for each test.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use migrate_scratch::{Database, Error, Server, Shutdown};

fn server() -> &'static Server {
    Server::shared().unwrap()
}

fn exists(name: &str) -> bool {
    let mut admin = migrate_scratch::postgres::Client::connect(
        server().admin_url(),
        migrate_scratch::postgres::NoTls,
    )
    .unwrap();
    let sql = "SELECT FROM pg_database WHERE datname = $1";
    admin.query_opt(sql, &[&name]).unwrap().is_some()
}

fn count(database: &Database, sql: &str) -> i64 {
    database.connect().unwrap().query_one(sql, &[]).unwrap().get(0)
}

#[test]
fn tests_do_not_see_each_other_s_tables() {
    let one = server().database("one").unwrap();
    let other = server().database("other").unwrap();
    one.connect().unwrap().batch_execute("CREATE TABLE t ()").unwrap();
    let sql = "SELECT count(*) FROM pg_tables WHERE tablename = 't'";
    assert_eq!(count(&one, sql), 1);
    assert_eq!(count(&other, sql), 0);
    assert_ne!(one.name(), other.name());
}

#[test]
fn many_threads_may_ask_at_once() {
    let server = server();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let database = server.database("thread").unwrap();
                assert_eq!(
                    count(&database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"),
                    0
                );
            });
        }
    });
}

#[test]
fn a_dropped_database_is_gone_although_a_client_is_connected() {
    let database = server().database("busy").unwrap();
    let name = database.name().to_owned();
    let client = database.connect().unwrap();
    assert!(exists(&name));
    drop(database);
    assert!(!exists(&name));
    drop(client);
}

#[test]
fn a_panic_drops_the_database() {
    let name = std::thread::spawn(|| {
        let database = server().database("panic").unwrap();
        let name = database.name().to_owned();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _moved = database;
            std::panic::resume_unwind(Box::new("a test failed"));
        }));
        assert!(panicked.is_err());
        name
    })
    .join()
    .unwrap();
    assert!(!exists(&name));
}

#[test]
fn a_copy_has_what_its_template_has() {
    let template = server().database("template").unwrap();
    template.connect().unwrap().batch_execute("CREATE TABLE t AS SELECT 7 AS n").unwrap();
    let copy = server().database_from(&template).unwrap();
    assert_eq!(count(&copy, "SELECT n::bigint FROM t"), 7);
    assert!(copy.name().ends_with("_template"), "{}", copy.name());
}

#[test]
fn a_lasting_database_is_made_once_and_stays() {
    let name = format!("lasting_{}", std::process::id());
    let url = server().lasting_database(&name).unwrap();
    assert_eq!(server().lasting_database(&name).unwrap(), url);
    assert!(exists(&name));
    // On a server that is not ours it would stay.
    let admin = server().database("admin").unwrap();
    let mut admin = admin.connect().unwrap();
    admin.batch_execute(&format!("DROP DATABASE {name}")).unwrap();
}

#[test]
fn the_server_can_be_described_without_its_password() {
    let server = server();
    assert!(server.version().major >= 14);
    let text = format!("{server} {server:?} {:?}", server.database("shown").unwrap());
    let password = server.admin_url().split([':', '@']).nth(2).unwrap();
    assert!(text.contains(&server.version().to_string()), "{text}");
    assert!(!text.contains(password), "{text}");
}

#[test]
fn extensions_are_asked_for() {
    assert!(server().offers_extension("plpgsql").unwrap());
    assert!(!server().offers_extension("no such extension").unwrap());
}

#[test]
fn only_our_own_postmaster_can_be_stopped() {
    // A private one, so that the other tests go on.
    let server = Server::start(&[server().backend()]).unwrap();
    let database = server.database("kept").unwrap();
    database.connect().unwrap().batch_execute("CREATE TABLE t AS SELECT 1 AS n").unwrap();
    for how in [Shutdown::Fast, Shutdown::Immediate] {
        match server.stop(how) {
            Err(Error::NotOurs { backend }) => {
                assert_eq!(backend, server.backend());
                return;
            }
            done => done.unwrap(),
        }
        assert!(database.connect().is_err());
        server.resume().unwrap();
        assert_eq!(count(&database, "SELECT n::bigint FROM t"), 1);
    }
}
