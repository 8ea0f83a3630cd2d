//! The database itself: created, dropped, reset, waited for.

use std::io::copy;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::support::{Project, shows};

#[test]
fn a_database_comes_and_goes() {
    let project = Project::line("a b");
    let mut text = project.runs(&["migrate db create", "migrate upgrade", "migrate db drop"]);
    let open = project.database.connect().unwrap();
    text.push('\n');
    text.push_str(&project.run("migrate db drop --yes"));
    drop(open);
    text.push('\n');
    text.push_str(&project.runs(&[
        "migrate db drop --yes --force",
        "migrate db drop --yes",
        "migrate status 2>&1 | sed 's/[^ ]* refuses/db.example:5432 refuses/'",
        "migrate db wait",
        "migrate db create --json",
        "migrate db create --json",
        "migrate db wait --json | sed 's/:[0-9]*}/:0}/'",
        "migrate db reset",
        "migrate db reset --yes",
        "migrate verify",
        "migrate db drop -y --json",
        "migrate db drop -y --json",
        "migrate db reset -y --json",
        "migrate db drop --json",
    ]));
    shows("a_database_comes_and_goes", &text);
}

/// A chain that can't be applied is no reason to lose what is there.
#[test]
fn a_reset_checks_the_chain_first() {
    let project = Project::line("a");
    project.run("migrate upgrade");
    project.write("b", "a", "CREATE TABEL b ();", "DROP TABLE b;");
    let said = project.run("migrate db reset --yes");
    assert!(said.contains("syntax error at `TABEL`") && said.contains("[exit 1]"), "{said}");
    assert!(project.run("migrate current").contains("\na"));
}

#[test]
fn a_reset_keeps_the_owner_the_encoding_and_the_locale() {
    let project = Project::line("a");
    let name = format!("{}_own", project.database.name());
    let url = project.database.url().replace(project.database.name(), &name);
    let mut client = project.database.connect().unwrap();
    client
        .batch_execute(&format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
        ))
        .unwrap();
    client.batch_execute(&format!("ALTER DATABASE {name} SET work_mem = '5MB'")).unwrap();
    let said = project.run(&format!("migrate db reset --yes --database-url '{url}'"));
    assert!(said.contains("1 revision applied"), "{said}");
    assert!(said.contains("had settings or privileges of its own"), "{said}");
    let row = client
        .query_one(
            "SELECT pg_encoding_to_char(encoding), datcollate::text FROM pg_database WHERE datname = $1",
            &[&name],
        )
        .unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("LATIN1", "C"));
    let again = project.run(&format!("migrate db reset --yes --database-url '{url}'"));
    assert!(again.contains("1 revision applied") && !again.contains("settings"), "{again}");
    client.batch_execute(&format!("DROP DATABASE {name}")).unwrap();
}

#[test]
fn a_scratch_server_that_lacks_an_extension_is_told() {
    let project = Project::empty("extension");
    project.write("a", "", "CREATE EXTENSION nope_at_all;", "DROP EXTENSION nope_at_all;");
    std::fs::write(project.home().join("schema.sql"), "CREATE EXTENSION nope_at_all;").unwrap();
    let said = project.run("migrate check --models schema.sql");
    for part in [
        "error: in a scratch database, not in yours: ",
        "= help: the server for scratch databases does not have the extension `nope_at_all`: install it there",
    ] {
        assert!(said.contains(part), "{said}");
    }
    project.write("a", "", "SELECT 1;", "SELECT 1;");
    let said = project.run("migrate check --models schema.sql");
    assert!(said.contains("install the extension on the server for scratch databases"), "{said}");
}

/// Where nobody answers first, and the server comes later.
#[test]
fn a_server_that_is_still_starting_is_waited_for() {
    let project = Project::line("a");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let url = project.database.url();
    let (front, rest) = url.rsplit_once('@').unwrap();
    let (real, path) = rest.split_once('/').unwrap();
    let there = format!("{front}@{address}/{path}");
    let said = project.run(&format!("migrate db wait --timeout 300ms --database-url '{there}'"));
    for part in ["2> waiting for the server: ", "2> gave up after 0 s", "error: ", "[exit 1]"] {
        assert!(said.contains(part), "{said}");
    }

    let mut shell =
        project.shell(&format!("migrate upgrade --wait 1min --database-url '{there}' 2>&1"));
    let waiting = thread::spawn(move || shell.output().unwrap());
    thread::sleep(Duration::from_millis(700));
    let listener = TcpListener::bind(address).unwrap();
    let real = real.to_owned();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(&real) else { continue };
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                thread::spawn(move || copy(&mut from, &mut to));
            }
        }
    });
    let output = waiting.join().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("waiting for the server: ") && said.contains("1 revision applied"),
        "{said}"
    );
    // What no waiting helps against is told at once.
    let said = project.run(&format!("migrate upgrade --wait 1min --database-url '{url}_nowhere'"));
    assert!(said.contains("migrate db create") && !said.contains("waiting"), "{said}");
}
