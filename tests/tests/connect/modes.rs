//! Each mode with each certificate.

use std::fmt::Write;

use migrate_core::ConnectError;
use migrate_core::connect::{CertificateFault, Connector};

use crate::certificates::CertificateKind;
use crate::server::{Session, connect, server};

/// What came of it, in a word.
fn outcome(result: &mut Result<Session, ConnectError>) -> &'static str {
    match result {
        Ok(session) => match session.has_tls() {
            true => "tls",
            false => "plain",
        },
        Err(ConnectError::NoTls { .. }) => "no-tls",
        Err(ConnectError::Certificate { fault, .. }) => match fault {
            CertificateFault::Untrusted => "untrusted",
            CertificateFault::Expired => "expired",
            CertificateFault::WrongHost { .. } => "wrong-host",
            other => panic!("{other}"),
        },
        Err(ConnectError::RoleRefused { .. }) => "refused",
        Err(other) => panic!("{other}"),
    }
}

/// What comes of a string, with both clients.
fn both(string: &str) -> &'static str {
    let connector = Connector::new(string).unwrap();
    let [mut blocking, mut tokio] = connect(&connector);
    let (blocking, tokio) = (outcome(&mut blocking), outcome(&mut tokio));
    assert_eq!(blocking, tokio, "{connector:?}");
    blocking
}

#[test]
fn each_mode_with_each_certificate() {
    let Some(mut server) = server() else { return };
    let ca = format!("sslrootcert={}", server.file("ca.crt").display());
    let own = format!("sslrootcert={}", server.file("server.crt").display());
    let kinds = [
        CertificateKind::Good,
        CertificateKind::Good384,
        CertificateKind::Good12,
        CertificateKind::OtherHost,
        CertificateKind::OtherAuthority,
        CertificateKind::Expired,
        CertificateKind::Own,
        CertificateKind::OwnExpired,
        CertificateKind::NoTls,
    ];
    let rows = [
        ("''", ""),
        ("disable", ""),
        ("allow", ""),
        ("prefer", ""),
        ("prefer", "ca"),
        ("require", ""),
        ("require", "ca"),
        ("verify-ca", "ca"),
        ("verify-full", "ca"),
        ("verify-ca", "own"),
        ("verify-full", "own"),
        ("verify-full", "system"),
    ];
    let mut cells = vec![vec![""; kinds.len()]; rows.len()];
    for (column, kind) in kinds.into_iter().enumerate() {
        server.show(kind);
        for (row, (mode, roots)) in rows.into_iter().enumerate() {
            let roots = match roots {
                "ca" => ca.as_str(),
                "own" => own.as_str(),
                "system" => "sslrootcert=system",
                _ => "",
            };
            cells[row][column] =
                both(&server.string("by_password", &format!("sslmode={mode} {roots}")));
        }
    }
    let mut table = String::new();
    for ((mode, roots), cells) in rows.iter().zip(cells) {
        writeln!(table, "{mode} {roots}: {}", cells.join(" ")).unwrap();
    }
    let expected = "\
'' : tls tls tls tls tls tls tls tls plain
disable : plain plain plain plain plain plain plain plain plain
allow : plain plain plain plain plain plain plain plain plain
prefer : tls tls tls tls tls tls tls tls plain
prefer ca: tls tls tls tls tls tls tls tls plain
require : tls tls tls tls tls tls tls tls no-tls
require ca: tls tls tls tls untrusted expired untrusted expired no-tls
verify-ca ca: tls tls tls tls untrusted expired untrusted expired no-tls
verify-full ca: tls tls tls wrong-host untrusted expired untrusted expired no-tls
verify-ca own: tls tls tls tls tls expired tls expired no-tls
verify-full own: tls tls tls wrong-host tls expired tls expired no-tls
verify-full system: untrusted untrusted untrusted untrusted untrusted expired untrusted expired no-tls
";
    assert_eq!(table, expected);
}

/// `allow` and `prefer` go the other way when the server refuses the first.
#[test]
fn the_server_insists_on_one_way() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    let check = |role: &str, mode: &str, expected: &str| {
        let found = both(&server.string(role, &format!("sslmode={mode}")));
        assert_eq!(found, expected, "{role} {mode}");
    };
    check("with_tls", "disable", "refused");
    check("with_tls", "allow", "tls");
    check("with_tls", "prefer", "tls");
    check("with_tls", "require", "tls");
    check("without_tls", "disable", "plain");
    check("without_tls", "allow", "plain");
    check("without_tls", "prefer", "plain");
    check("without_tls", "require", "refused");
    server.show(CertificateKind::NoTls);
    assert_eq!(both(&server.string("with_tls", "sslmode=allow")), "refused");
}

/// The certificate is bound to the login, which somebody in between can't pass on.
#[test]
fn channel_binding() {
    let Some(mut server) = server() else { return };
    for kind in [CertificateKind::Good, CertificateKind::Good384, CertificateKind::Good12] {
        server.show(kind);
        let string = server.string("by_scram", "sslmode=require channel_binding=require");
        assert_eq!(both(&string), "tls", "{kind:?}");
    }
    let string = server.string("by_password", "sslmode=disable channel_binding=require");
    for refused in connect(&Connector::new(&string).unwrap()) {
        let error = refused.err().unwrap();
        assert!(matches!(error, ConnectError::Authentication { .. }), "{error}");
    }
}
