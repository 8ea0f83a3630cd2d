//! What the environment says, up to a session: variables, and a file with passwords.

use std::ffi::OsString;
use std::path::Path;

use migrate_core::ConnectError;
use migrate_core::connect::Connector;

use crate::certificates::CertificateKind;
use crate::server::{PASSWORD, Tls, connect, server, write_private};

/// By these variables, and a file with passwords.
fn connector(server: &Tls, role: &str, file: &Path) -> Connector {
    let (address, port) = server.address();
    let variable = |name: &str| match name {
        "PGHOSTADDR" => Some(OsString::from(address.to_string())),
        "PGPORT" => Some(port.to_string().into()),
        "PGUSER" => Some(role.into()),
        "PGDATABASE" => Some("postgres".into()),
        "PGAPPNAME" => Some("by variable".into()),
        "PGPASSFILE" => Some(file.into()),
        _ => None,
    };
    Connector::from_variables(None, variable).unwrap_or_else(|why| panic!("{why}"))
}

#[test]
fn variables_and_the_password_file_make_a_session() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    let (file, port) = (server.file("pgpass"), server.address().1);
    let lines = format!("# mine\n*:1:*:*:no\n*:{port}:postgres:by_password:{PASSWORD}\n");
    write_private(&file, lines.as_bytes(), 0o600);
    let found = connector(&server, "by_password", &file);
    assert!(found.warnings().is_empty(), "{:?}", found.warnings());
    for session in connect(&found) {
        let mut session = session.unwrap_or_else(|why| panic!("{why}"));
        let row = "SELECT current_user || ' ' || current_setting('application_name')";
        assert_eq!(session.value(row), "by_password by variable");
    }
    // A password of the file is in nothing that is shown, and not given to a child.
    assert!(!format!("{found} {found:?} {:?}", found.child_environment()).contains(PASSWORD));
    let fails = |found: &Connector| {
        for session in connect(found) {
            let error = session.err().unwrap_or_else(|| panic!("{found}"));
            assert!(matches!(error, ConnectError::NoPassword { .. }), "{error}");
        }
    };
    fails(&connector(&server, "by_scram", &file));
    fails(&connector(&server, "by_password", &server.file("no-such-file")));
}

#[test]
fn a_password_file_that_others_may_read_is_not_read() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    let file = server.file("open");
    for mode in [0o640, 0o604, 0o620] {
        write_private(&file, format!("*:*:*:*:{PASSWORD}\n").as_bytes(), mode);
        let found = connector(&server, "by_password", &file);
        if cfg!(unix) {
            let [warning] = found.warnings() else { panic!("{mode:o}: {:?}", found.warnings()) };
            assert!(warning.contains("`chmod 600`"), "{warning}");
            for session in connect(&found) {
                assert!(matches!(session, Err(ConnectError::NoPassword { .. })), "{mode:o}");
            }
        }
    }
    let found = connector(&server, "by_password", server.folder());
    assert!(found.warnings()[0].ends_with("it is no plain file"), "{:?}", found.warnings());
}
