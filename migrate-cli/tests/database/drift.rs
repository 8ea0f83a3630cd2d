//! Drift of databases that are not like those of a test: of many tenants, with limits, restored from a dump.

use std::fs;
use std::process::Command;
use std::time::Duration;

use migrate_testkit::{Database, Server};

use crate::models::{LISTS, Shop};
use crate::support::{Project, shows};

fn run(project: &Project, line: &str) -> String {
    project.run_with(line, &[("MIGRATE_DEV_URL", Server::shared().unwrap().admin_url())])
}

const APP: &str = "CREATE TYPE app.mood AS ENUM ('sad', 'ok');
CREATE TABLE app.users (id serial PRIMARY KEY, mood app.mood DEFAULT 'ok');
CREATE VIEW app.ok AS SELECT id FROM app.users WHERE mood = 'ok';
CREATE FUNCTION app.count() RETURNS bigint LANGUAGE sql SET search_path TO app AS 'SELECT count(*) FROM app.users';
CREATE TABLE shared.plans (id int);";

#[test]
fn a_tenant_has_the_schema_under_another_name() {
    let project = Project::empty("tenants");
    let up = format!("CREATE SCHEMA app; CREATE SCHEMA shared; {APP}");
    project.write("1", "", &up, "DROP SCHEMA app CASCADE; DROP SCHEMA shared CASCADE;");
    let mut client = project.database.connect().unwrap();
    client
        .batch_execute(&format!("CREATE SCHEMA shared; {}", "CREATE TABLE shared.plans (id int)"))
        .unwrap();
    for tenant in ["tenant_41", "tenant_42"] {
        let sql = APP.replace("CREATE TABLE shared.plans (id int);", "").replace("app", tenant);
        client.batch_execute(&format!("CREATE SCHEMA {tenant}; {sql}")).unwrap();
        run(&project, &format!("migrate stamp head --yes --schema {tenant}"));
    }
    let line = "migrate check --drift --schema tenant_42 --schema-map app=tenant_42";
    let mut text = run(&project, line);
    client
        .batch_execute("ALTER TABLE tenant_42.users ADD extra text; CREATE TABLE tenant_41.other (); CREATE TABLE shared.by_hand ()")
        .unwrap();
    text.push_str(&run(&project, line));
    text.push_str(&run(&project, "migrate check --schema-map nowhere=tenant_42"));
    text.push_str(&run(&project, "migrate check --schema tenant_42 --schema-map app=nobody"));
    text.push_str(&run(&project, "migrate check --schema-map app"));
    shows("drift_of_a_tenant", &text);
}

#[test]
fn a_chain_in_public_can_be_of_a_tenant() {
    let project = Project::empty("public");
    project.write(
        "1",
        "",
        "CREATE TABLE users (id serial, at date DEFAULT now());",
        "DROP TABLE users;",
    );
    let mut client = project.database.connect().unwrap();
    client
        .batch_execute("CREATE SCHEMA t1; CREATE TABLE t1.users (id serial, at date DEFAULT now())")
        .unwrap();
    run(&project, "migrate stamp head --yes --schema t1");
    let text = run(&project, "migrate check --drift --schema t1 --schema-map public=t1");
    assert!(text.contains("is what the chain builds") && !text.contains("[exit"), "{text}");
}

/// Told by what they are: this chain's history has no say in how the others are called.
#[test]
fn histories_of_other_chains_are_no_drift() {
    let project = Project::line("1");
    run(&project, "migrate upgrade");
    for other in ["--table-prefix billing_", "--schema books --table-prefix x_"] {
        run(&project, &format!("migrate stamp head --yes {other}"));
    }
    let mut client = project.database.connect().unwrap();
    let same = run(&project, "migrate check --drift");
    assert!(same.contains("is what the chain builds") && !same.contains("[exit"), "{same}");
    // A table of that name is not enough.
    client
        .batch_execute("CREATE TABLE price_history (revision text); CREATE TABLE books.more ()")
        .unwrap();
    let text = run(&project, "migrate check --drift");
    for line in ["+ table price_history (revision)", "+ table books.more ()", "+ schema books"] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
    assert_eq!(text.matches("\n+ ").count(), 3, "{text}");
}

/// A role with short limits waits for a lock on a view like anybody else.
#[test]
fn limits_of_a_role_do_not_stop_a_comparison() {
    let project = Project::empty("limits");
    project.write("1", "", "CREATE VIEW v AS SELECT 1 AS a;", "DROP VIEW v;");
    run(&project, "migrate upgrade");
    let mut client = project.database.connect().unwrap();
    let name = project.database.name();
    for setting in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
        client
            .batch_execute(&format!("ALTER DATABASE \"{name}\" SET {setting} TO '400ms'"))
            .unwrap();
    }
    let mut other = project.database.connect().unwrap();
    other.batch_execute("SET statement_timeout TO 0; SET idle_in_transaction_session_timeout TO 0; BEGIN; LOCK TABLE v IN ACCESS EXCLUSIVE MODE").unwrap();
    let release = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(2500));
        other.batch_execute("COMMIT").unwrap();
    });
    let text = run(&project, "migrate check --drift");
    release.join().unwrap();
    assert!(text.contains("is what the chain builds") && !text.contains("[exit"), "{text}");
}

/// A database that was restored from a dump prints many definitions in another way.
#[test]
fn a_restored_dump_is_the_same() {
    let Some(pg_dump) = Server::shared().unwrap().program("pg_dump") else { return };
    let shop = Shop::new("restored");
    shop.models(LISTS);
    let by_hand = format!(
        "-- revision: start\n-- message: Start\n-- irreversible: a test\n\n-- migrate:up\n{LISTS}"
    );
    fs::write(shop.0.home().join("migrations/start_start.sql"), by_hand).unwrap();
    shop.run("migrate upgrade --quiet");
    let mut client = shop.0.database.connect().unwrap();
    client
        .batch_execute("CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp); INSERT INTO __diesel_schema_migrations VALUES ('start')")
        .unwrap();
    let dump = Command::new(pg_dump)
        .args(["--inserts", "--dbname", shop.0.database.url()])
        .output()
        .unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let dump = String::from_utf8(dump.stdout).unwrap();
    let sql: Vec<&str> = dump.lines().filter(|it| !it.starts_with('\\')).collect();
    let restored: Database = Server::shared().unwrap().database("restored").unwrap();
    restored.connect().unwrap().batch_execute(&sql.join("\n")).unwrap();
    let text = |catalog: &str| -> String {
        let sql =
            format!("SELECT string_agg({catalog}, ' ') FROM pg_constraint WHERE conname = 'ck'");
        let read = |database: &Database| -> String {
            database.connect().unwrap().query_one(&sql, &[]).unwrap().get(0)
        };
        assert_ne!(read(&restored), read(&shop.0.database), "the restored text is another one");
        read(&restored)
    };
    text("pg_get_constraintdef(oid)");
    let same = |line: &str, words: &str| {
        let text = shop.run(&format!("{line} --database-url '{}'", restored.url()));
        assert!(text.contains(words) && !text.contains("[exit"), "{text}");
    };
    same("migrate check --drift --grants", "is what the chain builds");
    same("migrate revision --autogenerate -m Again --grants", "nothing to do");
    // The dump itself can be the models.
    let schema: Vec<&str> = sql.iter().copied().filter(|it| !it.starts_with("INSERT")).collect();
    shop.models(&schema.join("\n"));
    same("migrate revision --autogenerate -m Again", "nothing to do");
    same("migrate forget --yes", "removed");
    same("migrate adopt --from diesel", "adopted start");
}
