//! What runs is cancelled from another thread, with TLS and without.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use migrate_core::ConnectError;
use migrate_core::connect::Connector;
use migrate_testkit::postgres;
use tokio::runtime::Builder;

use crate::certificates::CertificateKind;
use crate::server::{Tls, server};

const SLEEP: &str = "SELECT pg_catalog.pg_sleep(600)";

/// Waits until the statement runs.
fn runs(server: &Tls) {
    let sql = "SELECT 1 FROM pg_catalog.pg_stat_activity WHERE state = 'active' AND query = $1";
    let deadline = Instant::now() + Duration::from_secs(30);
    while server.admin().query(sql, &[&SLEEP]).unwrap().is_empty() {
        assert!(Instant::now() < deadline, "the statement does not run");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn was_cancelled(error: &postgres::Error) {
    let code = error.code().map(postgres::error::SqlState::code);
    assert_eq!(code, Some("57014"), "{error:?}");
}

/// Runs a statement until it has been cancelled since it was asked for. The server sends two signals
/// for one request, and the second may meet the statement that follows.
fn cancelled(asked: &AtomicBool, mut run: impl FnMut() -> Result<(), postgres::Error>) {
    loop {
        was_cancelled(&run().unwrap_err());
        if asked.load(Ordering::SeqCst) {
            return;
        }
    }
}

/// Runs a statement that nobody cancels, unless it is by a signal that comes late.
fn goes_on(mut run: impl FnMut() -> Result<(), postgres::Error>) {
    let mut result = run();
    for _ in 0..3 {
        if let Err(error) = &result {
            was_cancelled(error);
            result = run();
        }
    }
    result.unwrap();
}

/// A session of each client is cancelled, and goes on.
fn check(server: &Tls, settings: &str, tls: &str) {
    let connector = Connector::new(&server.string("by_password", settings)).unwrap();
    let is_tls = "SELECT ssl::text FROM pg_catalog.pg_stat_ssl \
                  WHERE pid = pg_catalog.pg_backend_pid()";
    let mut client = connector.connect().unwrap();
    assert_eq!(client.query_one(is_tls, &[]).unwrap().get::<_, String>(0), tls, "{settings}");
    let canceller = connector.canceller(&client).unwrap();
    for _ in 0..2 {
        let asked = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                runs(server);
                asked.store(true, Ordering::SeqCst);
                canceller.cancel().unwrap();
            });
            cancelled(&asked, || client.batch_execute(SLEEP));
        });
        goes_on(|| client.batch_execute("SELECT 1"));
    }
    // Nothing runs; nothing may follow, either, since the request could meet it.
    canceller.cancel().unwrap();

    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let client = runtime.block_on(connector.connect_async()).unwrap();
    let canceller = connector.canceller_async(&client).unwrap();
    let asked = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            runs(server);
            asked.store(true, Ordering::SeqCst);
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(canceller.cancel_async()).unwrap();
        });
        cancelled(&asked, || runtime.block_on(client.batch_execute(SLEEP)));
    });
    goes_on(|| runtime.block_on(client.batch_execute("SELECT 1")));
}

#[test]
fn a_statement_is_cancelled_from_another_thread() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    let verified = format!("sslmode=verify-full sslrootcert={}", server.file("ca.crt").display());
    check(&server, &verified, "true");
    check(&server, "sslmode=prefer", "true");
    check(&server, "sslmode=disable", "false");
    server.show(CertificateKind::Good12);
    check(&server, &verified, "true");
    server.show(CertificateKind::NoTls);
    check(&server, "sslmode=prefer", "false");
}

/// The request goes over a connection of its own, which checks the certificate as the first did.
#[test]
fn a_server_that_is_no_longer_trusted_is_not_asked() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    let verified = format!("sslmode=verify-full sslrootcert={}", server.file("ca.crt").display());
    let connector = Connector::new(&server.string("by_password", &verified)).unwrap();
    let client = connector.connect().unwrap();
    let canceller = connector.canceller(&client).unwrap();
    server.show(CertificateKind::OtherAuthority);
    let error = canceller.cancel().unwrap_err();
    assert!(matches!(error, ConnectError::Certificate { .. }), "{error}");
    let shown = format!("{canceller:?}");
    assert!(shown.contains("db.test:") && !shown.contains(crate::server::PASSWORD), "{shown}");
}

#[test]
fn it_can_be_sent_and_shared() {
    fn sent<T: Send + Sync>() {}
    sent::<migrate_core::connect::Canceller<postgres::CancelToken>>();
    sent::<migrate_core::connect::Canceller<tokio_postgres::CancelToken>>();
}
