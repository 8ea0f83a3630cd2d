//! What can be done with a client once there is one.

use std::sync::{Arc, Mutex};

use migrate_core::connect::Connector;
use migrate_core::{Chain, Folder, Runner, check};

use crate::certificates::CertificateKind;
use crate::server::{Session, connect, server};

pub(crate) fn chain() -> Chain<'static> {
    let file = |id: &str, parent: &str| {
        let text = format!(
            "-- revision: {id}\n{parent}-- message: Revision {id}\n\n-- migrate:up\n\
             CREATE TABLE t{id} ();\n\n-- migrate:down\nDROP TABLE t{id};\n"
        );
        (format!("{id}.sql"), text)
    };
    let files = [file("1", ""), file("2", "-- parent: 1\n")];
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    check(Folder::of_texts("migrations", files)).unwrap_or_else(|wrong| panic!("{wrong}"))
}

#[test]
fn a_chain_is_run_over_tls() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    let (chain, root) = (chain(), server.file("ca.crt"));
    for blocking in [true, false] {
        let database = server.server().database("over_tls").unwrap();
        let grant = format!("GRANT ALL ON DATABASE {} TO by_scram", database.name());
        server.admin().batch_execute(&grant).unwrap();
        let grant = "GRANT ALL ON SCHEMA public TO by_scram";
        database.connect().unwrap().batch_execute(grant).unwrap();
        let settings = format!(
            "sslmode=verify-full sslrootcert={} dbname={}",
            root.display(),
            database.name()
        );
        let connector = Connector::new(&server.string("by_scram", &settings)).unwrap();
        let [first, second] = connect(&connector);
        let mut session =
            if blocking { first } else { second }.unwrap_or_else(|why| panic!("{why}"));
        assert!(session.has_tls());
        let runner = Runner::new(&chain);
        let at_head = match &mut session {
            Session::Blocking(client) => runner.upgrade(client),
            Session::Tokio(runtime, client) => runtime.block_on(runner.upgrade_async(client)),
        };
        let at_head = at_head.unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(at_head.report().done.len(), 2);
        assert_eq!(session.value("SELECT count(*) FROM public.migrate_history"), "2");
    }
}

#[test]
fn defaults_and_settings_reach_the_server() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    let check = |settings: &str, sql: &str, expected: &str| {
        let connector = Connector::new(&server.string("by_password", settings)).unwrap();
        for session in connect(&connector) {
            let mut session = session.unwrap_or_else(|why| panic!("{why}"));
            assert_eq!(session.value(sql), expected, "{settings}");
        }
    };
    check("", "SHOW application_name", "migrate");
    check("application_name='it\\'s me'", "SHOW application_name", "it's me");
    check("options='-c statement_timeout=7s'", "SHOW statement_timeout", "7s");
    check("target_session_attrs=read-write", "SELECT current_user", "by_password");
    check("load_balance_hosts=random", "SELECT current_user", "by_password");
}

#[test]
fn the_next_server_is_asked_when_the_first_does_not_answer() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    let (address, port) = server.address();
    // Nobody has port 1.
    let hosts = format!("host=a,b hostaddr={address},{address} port=1,{port}");
    let connector = Connector::new(&server.string("by_password", &hosts)).unwrap();
    for session in connect(&connector) {
        assert!(session.unwrap_or_else(|why| panic!("{why}")).has_tls());
    }
}

#[test]
fn what_the_server_says_is_heard() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = Arc::clone(&heard);
    let connector =
        Connector::new(&server.string("by_password", "")).unwrap().on_notice(move |notice| {
            let text = format!("{}: {}", notice.severity(), notice.message());
            hears.lock().unwrap().push(text);
        });
    for session in connect(&connector) {
        let mut session = session.unwrap_or_else(|why| panic!("{why}"));
        session.value("DO $$ BEGIN RAISE NOTICE 'by the way'; RAISE WARNING 'mind'; END $$");
        session.value("SELECT 1");
        let heard = std::mem::take(&mut *heard.lock().unwrap());
        assert_eq!(heard, ["NOTICE: by the way", "WARNING: mind"]);
    }
}

/// A server may want to connect in a task of its own.
#[test]
fn the_future_can_be_sent() {
    fn sent<T: Send>(future: T) -> T {
        future
    }
    drop(sent(migrate_core::connect_async("host=h")));
}
