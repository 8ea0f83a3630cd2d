//! Which of several servers will do, and which never.

use migrate_core::ConnectError;
use migrate_core::connect::Connector;
use migrate_testkit::postgres::{self, NoTls};
use migrate_testkit::{Backend, Server, Shutdown};

use crate::nonsense::{Do, login, say, scripted};
use crate::server::{PASSWORD, Session, connect, shell};

/// A primary and a standby, or nothing where servers can't be stopped and started.
fn pair() -> Option<[Server; 2]> {
    // On both with one password; the testkit's roles have one each.
    let start = || {
        let server = Server::start(&[Backend::Local])?;
        let sql = format!("CREATE ROLE visitor LOGIN PASSWORD '{PASSWORD}'");
        let mut admin = postgres::Client::connect(server.admin_url(), NoTls).unwrap();
        admin.batch_execute(&sql).unwrap();
        Ok::<_, migrate_testkit::Unavailable>(server)
    };
    // PG_BACKEND goes before the order above, so what came may be another kind of server.
    let local = || start().ok().filter(|server| server.backend() == Backend::Local);
    let (Some(primary), Some(standby)) = (local(), local()) else {
        eprintln!("not tested: a standby needs a server from local binaries");
        return None;
    };
    let mut admin = postgres::Client::connect(standby.admin_url(), NoTls).unwrap();
    let folder: String = admin.query_one("SHOW data_directory", &[]).unwrap().get(0);
    // It never hears of a primary, and is a standby all the same.
    shell(&mut admin, &format!("touch '{folder}/standby.signal'"));
    drop(admin);
    standby.stop(Shutdown::Fast).unwrap();
    standby.resume().unwrap();
    Some([primary, standby])
}

/// How to connect to the first of these servers that will do.
fn connector(servers: &[&Server], settings: &str) -> Connector {
    let configs =
        servers.iter().map(|server| server.admin_url().parse::<postgres::Config>().unwrap());
    let configs: Vec<_> = configs.collect();
    let list = |of: &dyn Fn(&postgres::Config) -> String| {
        configs.iter().map(of).collect::<Vec<_>>().join(",")
    };
    let host = list(&|config| match &config.get_hosts()[0] {
        postgres::config::Host::Tcp(host) => host.clone(),
        other => panic!("{other:?}"),
    });
    let port = list(&|config| config.get_ports()[0].to_string());
    let string = format!(
        "host={host} port={port} user=visitor password={PASSWORD} dbname=postgres {settings}"
    );
    Connector::new(&string).unwrap()
}

#[test]
fn the_one_that_is_asked_for() {
    let Some([primary, standby]) = pair() else { return };
    let check = |servers: &[&Server], attributes: &str, expected: Result<bool, &str>| {
        let connector = connector(servers, &format!("target_session_attrs={attributes}"));
        for result in connect(&connector) {
            match (result, expected) {
                (Ok(mut session), Ok(on_standby)) => {
                    let found = session.value("SELECT pg_is_in_recovery()") == "t";
                    assert_eq!(found, on_standby, "{attributes}: {connector}");
                }
                (Err(error), Err(piece)) => {
                    let text = error.to_string();
                    assert!(
                        text.contains(piece) && text.contains("target_session_attrs"),
                        "{text}"
                    );
                }
                (Ok(_), Err(_)) => panic!("{attributes} connects: {connector}"),
                (Err(error), Ok(_)) => panic!("{attributes}: {error}"),
            }
        }
    };
    for (servers, standby_first) in [([&primary, &standby], false), ([&standby, &primary], true)] {
        check(&servers, "any", Ok(standby_first));
        check(&servers, "primary", Ok(false));
        check(&servers, "read-write", Ok(false));
        check(&servers, "standby", Ok(true));
        check(&servers, "read-only", Ok(true));
        check(&servers, "prefer-standby", Ok(true));
    }
    check(&[&primary], "prefer-standby", Ok(false));
    check(&[&primary], "standby", Err("it is the primary"));
    check(&[&primary], "read-only", Err("it is not read-only"));
    check(&[&standby], "primary", Err("it is a standby"));
    check(&[&standby], "read-write", Err("it is read-only"));
    // One that is a primary, and yet takes no writes.
    let read_only = "options='-c default_transaction_read_only=on' target_session_attrs";
    for (attributes, connects) in [("read-only", true), ("read-write", false), ("primary", true)] {
        for result in connect(&connector(&[&primary], &format!("{read_only}={attributes}"))) {
            assert_eq!(result.is_ok(), connects, "{attributes}");
        }
    }
}

/// What it says of itself comes with the login; PostgreSQL is not asked anything more.
#[test]
fn a_server_without_locks_is_refused_by_name() {
    let greeting = |parameter: &[u8]| {
        vec![
            Do::Read,
            login(0, b""),
            say(b'S', parameter),
            say(b'K', &[0; 8]),
            say(b'Z', b"I"),
            Do::Hold,
        ]
    };
    let connects = |parameter: &[u8]| {
        let port = scripted(&greeting(parameter));
        let string = format!("host=127.0.0.1 port={port} user=u sslmode=disable connect_timeout=5");
        connect(&Connector::new(&string).unwrap())
    };
    let servers: [(&[u8], &str); 2] = [
        (b"crdb_version\0CockroachDB CCL v23.1.11\0", "it is CockroachDB, whose advisory locks"),
        (b"server_version\x0011.2-YB-2.20.1.0-b0\0", "it is YugabyteDB before 2025.1"),
    ];
    // The blocking driver keeps to itself what the server says.
    for (parameter, piece) in servers {
        let [_, refused] = connects(parameter);
        let error = refused.err().unwrap();
        assert!(matches!(error, ConnectError::UnsupportedServer { .. }), "{error}");
        assert!(error.to_string().contains(piece), "{error}");
    }
    for result in connects(b"server_version\x0015.3\0") {
        assert!(matches!(result, Ok(Session::Blocking(_) | Session::Tokio(..))));
    }
}
