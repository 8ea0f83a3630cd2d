//! Nothing that a program could log has the password in it: events, errors, what is printed of a value.

use std::fmt::{Debug, Write};
use std::sync::{Mutex, PoisonError};

use migrate_core::Runner;
use migrate_core::connect::Connector;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::certificates::CertificateKind;
use crate::server::{PASSWORD, Session, connect, server};

/// Everything that was traced in this process, whichever test did it.
static TRACED: Mutex<String> = Mutex::new(String::new());

fn traced() -> std::sync::MutexGuard<'static, String> {
    TRACED.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Everything;

struct Fields<'t>(&'t mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Fields(&mut traced()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Fields(&mut traced()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Fields(&mut traced()));
        traced().push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn no_password_is_traced_or_printed() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    // Another test binary of this package can't have one; another test of this one may.
    let _ = tracing::subscriber::set_global_default(Everything);
    let chain = crate::sessions::chain();
    let database = server.server().database("secrets").unwrap();
    let grant = format!("GRANT ALL ON DATABASE {} TO by_scram", database.name());
    server.admin().batch_execute(&grant).unwrap();
    let mut shown = String::new();
    let key = format!("sslkey=/no/such/key sslpassword={PASSWORD}");
    for settings in
        ["", "sslmode=verify-full", "password=wrong", "dbname=nowhere", "options='-c x=y'", &key]
    {
        let settings = format!("dbname={} {settings}", database.name());
        // Roots that are not there are an error, too.
        let connector = Connector::new(&server.string("by_scram", &settings)).unwrap();
        let _ = write!(shown, "{connector} {connector:?} {connector:#?} ");
        let variable = |name: &str| match name {
            "PGPASSWORD" => Some(PASSWORD.into()),
            "PGHOST" => Some("127.0.0.1".into()),
            "PGPORT" => Some("no".into()),
            _ => None,
        };
        let error = Connector::from_variables(None, variable).err().unwrap();
        let _ = write!(shown, "{error} {error:?} ");
        for session in connect(&connector) {
            let runner = Runner::new(&chain).schema("books");
            let _ = write!(shown, "{runner:?} ");
            match session {
                Ok(Session::Blocking(mut client)) => {
                    let canceller = connector.canceller(&client).unwrap();
                    let _ = write!(shown, "{canceller:?} {:?} ", runner.upgrade(&mut client));
                }
                Ok(Session::Tokio(runtime, client)) => {
                    let result = runtime.block_on(runner.upgrade_async(&client));
                    let canceller = connector.canceller_async(&client).unwrap();
                    let _ = write!(shown, "{canceller:?} {result:?} ");
                    // Its connection is lost under it.
                    let pid = "SELECT pg_terminate_backend(pg_backend_pid())";
                    let _ =
                        write!(shown, "{:?} ", runtime.block_on(client.simple_query(pid)).err());
                }
                Err(error) => {
                    let _ = write!(shown, "{error} {error:?} {:?} ", error.help());
                }
            }
        }
    }
    let traced = traced();
    assert!(traced.contains("revision") && traced.lines().count() > 3, "{traced}");
    for text in [shown.as_str(), traced.as_str()] {
        assert!(!text.contains("Xq7"), "the password is in: {text}");
    }
}
