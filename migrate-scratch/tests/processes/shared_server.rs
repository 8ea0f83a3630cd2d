//! A server of `DATABASE_URL`, which several runs use at once.

use migrate_scratch::postgres::{Client, NoTls};
use migrate_scratch::{Backend, Server};

use crate::process::{Process, eventually};

/// A server for the children to share; to them it is somebody else's.
fn server() -> &'static Server {
    Server::shared().unwrap()
}

fn admin() -> Client {
    Client::connect(server().admin_url(), NoTls).unwrap()
}

fn exists(database: &str) -> bool {
    let sql = "SELECT FROM pg_database WHERE datname = $1";
    admin().query_opt(sql, &[&database]).unwrap().is_some()
}

fn on(url: &str) -> Process {
    Process::shared(&[("PG_BACKEND", "url"), ("DATABASE_URL", url)])
}

#[test]
fn databases_of_a_killed_run_are_dropped_by_the_next_but_never_those_of_a_live_one() {
    let live = on(server().admin_url());
    let mut killed = on(server().admin_url());
    assert_eq!(live.fact("backend"), Backend::Url.name(), "{}", live.fact("error"));
    assert!(live.fact("server").contains("from DATABASE_URL, "), "{}", live.fact("server"));
    killed.kill("KILL", "");
    assert!(exists(killed.fact("database")));

    eventually("a later run drops the database of the killed one", || {
        let later = on(server().admin_url());
        assert!(exists(live.fact("database")));
        assert!(later.end());
        !exists(killed.fact("database"))
    });
    let database = live.fact("database").to_owned();
    assert!(live.end());
    // The child forgets to drop its database; that is as good as killed.
    eventually("a later run drops what was forgotten", || {
        assert!(on(server().admin_url()).end());
        !exists(&database)
    });
}

#[test]
fn a_database_somebody_is_connected_to_stays() {
    let name = format!("migrate_test_1_{:08x}_0_orphan", std::process::id());
    admin().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let url = format!("{}/{name}", server().admin_url().rsplit_once('/').unwrap().0);
    let client = Client::connect(&url, NoTls).unwrap();
    assert!(on(server().admin_url()).end());
    assert!(exists(&name));
    drop(client);
    eventually("it is dropped once it is free", || {
        assert!(on(server().admin_url()).end());
        !exists(&name)
    });
}

#[test]
fn a_role_that_may_not_create_databases_is_told_what_to_do() {
    let role = format!("weak_{}", std::process::id());
    admin().batch_execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 's3cret'")).unwrap();
    let place = server().admin_url().rsplit_once('@').unwrap().1;
    let process = on(&format!("postgresql://{role}:s3cret@{place}"));
    let text = process.fact("error");
    assert!(text.contains(&format!("run `ALTER ROLE \"{role}\" CREATEDB`")), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
    admin().batch_execute(&format!("DROP ROLE {role}")).unwrap();
}
