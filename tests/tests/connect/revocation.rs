//! Lists of revoked certificates: who is refused, and which lists are.

use migrate_core::ConnectError;
use migrate_core::connect::{CertificateFault, Connector};

use crate::certificates::{Authority, CertificateKind, own_list};
use crate::server::{Session, Tls, connect, server};

/// What came of it, in a word.
fn outcome(result: &Result<Session, ConnectError>) -> &'static str {
    match result {
        Ok(_) => "tls",
        Err(ConnectError::BadRevocationList { .. }) => "bad-list",
        Err(ConnectError::BadRoots { .. }) => "no-roots",
        Err(ConnectError::Certificate { fault, .. }) => match fault {
            CertificateFault::Revoked => "revoked",
            CertificateFault::NoRevocationList => "no-list",
            CertificateFault::ExpiredRevocationList => "old-list",
            CertificateFault::Untrusted => "untrusted",
            CertificateFault::WrongHost { .. } => "wrong-host",
            CertificateFault::Other(_) => "other",
            fault => panic!("{fault}"),
        },
        Err(other) => panic!("{other}"),
    }
}

fn both(connector: &Connector) -> &'static str {
    let [blocking, tokio] = connect(connector);
    assert_eq!(outcome(&blocking), outcome(&tokio), "{connector:?}");
    outcome(&blocking)
}

/// The years of most lists.
const NOW: [i32; 2] = [2005, 2100];

/// The lists of this test, as files of the server's folder.
fn write_lists(server: &Tls) {
    let (ours, other) = (server.authority(), Authority::new("Somebody else"));
    let good = CertificateKind::Good.serial();
    let pages = [
        ("revoked.crl", ours.list(&[good], NOW)),
        ("others.crl", ours.list(&[good + 100], NOW)),
        ("old.crl", ours.list(&[good + 100], [2001, 2002])),
        ("newer.crl", ours.list(&[good], [2010, 2100])),
        ("newer-without.crl", ours.list(&[], [2010, 2100])),
        ("stranger.crl", other.list(&[good], NOW)),
        // The same name, and another key.
        ("forged.crl", Authority::new("Tests").list(&[], NOW)),
        ("own.crl", own_list(&[CertificateKind::Own.serial()])),
        ("own-without.crl", own_list(&[])),
        ("empty.crl", "no list\n".to_owned()),
        ("garbage.crl", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n".to_owned()),
    ];
    for (name, text) in pages {
        std::fs::write(server.file(name), text).unwrap();
    }
    for (folder, file, list) in [
        ("hashed", "0a1b2c3d.r0", "newer.crl"),
        ("hashed-without", "0a1b2c3d.r1", "newer-without.crl"),
        ("unhashed", "root.crl", "newer.crl"),
    ] {
        std::fs::create_dir_all(server.file(folder)).unwrap();
        std::fs::copy(server.file(list), server.file(folder).join(file)).unwrap();
    }
}

#[test]
fn a_revoked_certificate_is_refused_where_certificates_are_verified() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    write_lists(&server);
    let ca = server.file("ca.crt").display().to_string();
    let check = |settings: &str, expected: &str| {
        let folder = server.folder().display().to_string();
        let settings = settings.replace('@', &format!("{folder}/"));
        let string = server.string("by_password", &format!("sslrootcert={ca} {settings}"));
        assert_eq!(both(&Connector::new(&string).unwrap()), expected, "{settings}");
    };
    for mode in ["require", "verify-ca", "verify-full"] {
        check(&format!("sslmode={mode}"), "tls");
        check(&format!("sslmode={mode} sslcrl=@revoked.crl"), "revoked");
        check(&format!("sslmode={mode} sslcrl=@others.crl"), "tls");
        check(&format!("sslmode={mode} sslcrl=@old.crl"), "old-list");
        check(&format!("sslmode={mode} sslcrl=@stranger.crl"), "no-list");
        check(&format!("sslmode={mode} sslcrl=@forged.crl"), "other");
        check(&format!("sslmode={mode} sslcrldir=@hashed"), "revoked");
        // The newest list of an authority counts, wherever it is.
        check(&format!("sslmode={mode} sslcrl=@others.crl sslcrldir=@hashed"), "revoked");
        check(&format!("sslmode={mode} sslcrl=@old.crl sslcrldir=@hashed"), "revoked");
        check(&format!("sslmode={mode} sslcrl=@revoked.crl sslcrldir=@hashed-without"), "tls");
        for bad in ["no-such", "empty", "garbage"] {
            check(&format!("sslmode={mode} sslcrl=@{bad}.crl"), "bad-list");
        }
        check(&format!("sslmode={mode} sslcrl=@hashed"), "bad-list");
        check(&format!("sslmode={mode} sslcrldir=@unhashed"), "bad-list");
        check(&format!("sslmode={mode} sslcrldir=@no-such"), "bad-list");
    }
    // Nothing is verified, so there is nothing to revoke; it is told.
    for mode in ["allow", "prefer"] {
        check(&format!("sslmode={mode} sslcrl=@revoked.crl"), "tls");
    }
    if !std::env::home_dir().is_some_and(|home| home.join(".postgresql/root.crt").exists()) {
        check("sslmode=require sslrootcert='' sslcrl=@revoked.crl", "no-roots");
    }
}

/// To webpki such a certificate is none of a server's, so the list is read here.
#[test]
fn a_certificate_that_is_trusted_by_itself_can_be_revoked_too() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Own);
    write_lists(&server);
    let root = server.file("server.crt").display().to_string();
    let check = |list: &str, expected: &str| {
        let list = server.file(list).display().to_string();
        let settings = format!("sslmode=verify-full sslrootcert={root} sslcrl={list}");
        let connector = Connector::new(&server.string("by_password", &settings)).unwrap();
        assert_eq!(both(&connector), expected, "{list}");
    };
    check("own.crl", "revoked");
    check("own-without.crl", "tls");
    check("others.crl", "no-list");
}

#[test]
fn the_texts_say_which_file() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    write_lists(&server);
    let ca = server.file("ca.crt").display().to_string();
    for (list, piece) in [
        ("no-such.crl", "No such file"),
        ("empty.crl", "no revocation list in PEM form"),
        ("garbage.crl", "can't be read"),
    ] {
        let path = server.file(list).display().to_string();
        let settings = format!("sslmode=verify-full sslrootcert={ca} sslcrl={path}");
        let connector = Connector::new(&server.string("by_password", &settings)).unwrap();
        for refused in connect(&connector) {
            let text = refused.err().unwrap().to_string();
            assert!(text.contains(&path) && text.contains(piece), "{text}");
        }
    }
}

#[test]
fn the_environment_says_it_as_well() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    write_lists(&server);
    let (address, port) = server.address();
    let url = format!("postgres://by_password@db.test:{port}/postgres?hostaddr={address}");
    let with = |list: &str| {
        let variable = |name: &str| match name {
            "PGPASSWORD" => Some(crate::server::PASSWORD.into()),
            "PGSSLMODE" => Some("verify-full".into()),
            "PGSSLROOTCERT" => Some(server.file("ca.crt").into()),
            "PGSSLCRL" => Some(server.file(list).into()),
            _ => None,
        };
        both(&Connector::from_variables(Some(&url), variable).unwrap())
    };
    assert_eq!(with("revoked.crl"), "revoked");
    assert_eq!(with("others.crl"), "tls");
    assert_eq!(with("no-such.crl"), "bad-list");
}
