//! Certificates by which a server knows its clients.

use std::path::PathBuf;
use std::process::Command;

use migrate_core::ConnectError;
use migrate_core::connect::Connector;

use crate::certificates::{Authority, CertificateKind, Pair};
use crate::server::{Tls, connect, server, write_private};

/// The role that may come in by its certificate alone.
const ROLE: &str = "certified";

/// A certificate for this name, and its key.
fn write(server: &Tls, name: &str, pair: &Pair) -> (PathBuf, PathBuf) {
    let (certificate, key) =
        (server.file(&format!("{name}.crt")), server.file(&format!("{name}.key")));
    std::fs::write(&certificate, &pair.certificate).unwrap();
    write_private(&key, pair.key.as_bytes(), 0o600);
    (certificate, key)
}

/// What either client says; `None` if it connects, as this role.
fn says(server: &Tls, settings: &str) -> Option<ConnectError> {
    let string = server.string(ROLE, &format!("password='' sslmode=require {settings}"));
    let connector = Connector::new(&string).unwrap();
    let [blocking, tokio] = connect(&connector).map(|result| {
        result.map(|mut session| assert_eq!(session.value("SELECT current_user"), ROLE)).err()
    });
    let text = |error: &Option<ConnectError>| error.as_ref().map(ToString::to_string);
    assert_eq!(text(&blocking), text(&tokio), "{settings}");
    blocking
}

#[track_caller]
fn connects(server: &Tls, settings: &str) {
    let error = says(server, settings);
    assert!(error.is_none(), "{settings}: {}", error.unwrap());
}

#[track_caller]
fn fails(server: &Tls, settings: &str, pieces: &[&str]) {
    let Some(error) = says(server, settings) else { panic!("it connects: {settings}") };
    let text = error.to_string();
    for piece in pieces {
        assert!(text.contains(piece), "no {piece:?} in: {text}");
    }
}

fn files(certificate: &std::path::Path, key: &std::path::Path) -> String {
    format!("sslcert={} sslkey={}", certificate.display(), key.display())
}

#[test]
fn a_role_comes_in_by_its_certificate() {
    let Some(mut server) = server() else { return };
    for kind in [CertificateKind::Good, CertificateKind::Good12] {
        server.show(kind);
        let (certificate, key) = write(&server, "client", &server.authority().client(ROLE, 1001));
        connects(&server, &files(&certificate, &key));
        let ca = server.file("ca.crt").display().to_string();
        connects(
            &server,
            &format!("{} sslmode=verify-full sslrootcert={ca}", files(&certificate, &key)),
        );
        let none = "connection requires a valid client certificate";
        fails(&server, "", &[none, "28000", "sslcert=… sslkey=…"]);
        fails(&server, &format!("{} sslcertmode=disable", files(&certificate, &key)), &[none]);

        let (other, its_key) =
            write(&server, "other", &server.authority().client("somebody", 1002));
        fails(&server, &files(&other, &its_key), &["28000", "a certificate whose CN is the role"]);
        let old = server.authority().expired_client(ROLE, 1003);
        let (old, its_key) = write(&server, "old", &old);
        fails(
            &server,
            &files(&old, &its_key),
            &["refuses this client's certificate: it has expired"],
        );
        let stranger = Authority::new("Somebody else").client(ROLE, 1004);
        let (stranger, its_key) = write(&server, "stranger", &stranger);
        let unknown = "it does not know the authority that issued it";
        fails(&server, &files(&stranger, &its_key), &[unknown, "ssl_ca_file"]);
        server.revoke_clients(&[1005]);
        let revoked = server.authority().client(ROLE, 1005);
        let (revoked, its_key) = write(&server, "revoked", &revoked);
        fails(
            &server,
            &files(&revoked, &its_key),
            &["refuses this client's certificate: it is revoked"],
        );
        connects(&server, &files(&certificate, &key));
    }
}

#[test]
fn files_that_will_not_do() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    let (certificate, key) = write(&server, "client", &server.authority().client(ROLE, 1001));
    let (_, other) = write(&server, "other", &server.authority().client(ROLE, 1002));
    let (missing, empty) = (server.file("no-such-file"), server.file("empty.key"));
    write_private(&empty, b"nothing\n", 0o600);
    let shown = |path: &PathBuf| path.display().to_string();
    let wrong = "no client certificate: ";
    fails(
        &server,
        &files(&certificate, &other),
        &[wrong, &shown(&other), "is not the key of", &shown(&certificate)],
    );
    fails(
        &server,
        &files(&missing, &key),
        &[wrong, &shown(&missing), "can't be read: No such file"],
    );
    fails(
        &server,
        &files(&certificate, &missing),
        &[&shown(&missing), "can't be read: No such file"],
    );
    fails(&server, &files(&empty, &key), &[&shown(&empty), "holds no certificate in PEM form"]);
    fails(&server, &files(&certificate, &empty), &["holds no private key in PEM or DER form"]);
    fails(&server, &files(&certificate, server.folder()), &["is no plain file"]);
    fails(&server, &format!("sslkey={}", shown(&key)), &["is a key without a certificate"]);
    for mode in [0o640, 0o604, 0o660, 0o666] {
        // The group may read a key that is root's, as libpq has it.
        let is_allowed = mode == 0o640 && is_root(&key);
        if cfg!(unix) && !is_allowed {
            write_private(&other, b"not even looked at", mode);
            fails(
                &server,
                &files(&certificate, &other),
                &["can be read or written by others", "`chmod 600`"],
            );
        }
    }
    // Where there is no TLS, nobody looks at them.
    let string =
        server.string("without_tls", &format!("sslmode=disable {}", files(&missing, &missing)));
    for session in connect(&Connector::new(&string).unwrap()) {
        assert!(!session.unwrap_or_else(|why| panic!("{why}")).has_tls());
    }
}

#[cfg(unix)]
fn is_root(path: &std::path::Path) -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(path).unwrap()) == 0
}

#[cfg(not(unix))]
fn is_root(_: &std::path::Path) -> bool {
    false
}

/// Keys and certificates as OpenSSL writes them.
#[test]
fn what_openssl_makes() {
    let Some(mut server) = server() else { return };
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("not tested: there is no openssl");
        return;
    }
    server.show(CertificateKind::Good);
    let (certificate, key) = write(&server, "client", &server.authority().client(ROLE, 1001));
    let out = server.file("made.key");
    let make = |arguments: &str| {
        let made = Command::new("openssl")
            .current_dir(server.folder())
            .args(arguments.split(' '))
            .output()
            .unwrap();
        if made.status.success() && out.exists() {
            let bytes = std::fs::read(&out).unwrap();
            write_private(&out, &bytes, 0o600);
        }
        made.status.success()
    };
    let with = |password: &str| format!("{} sslpassword={password}", files(&certificate, &out));

    assert!(make("pkey -in client.key -outform DER -out made.key"));
    connects(&server, &files(&certificate, &out));
    connects(&server, &with("ignored"));
    assert!(make("ec -in client.key -out made.key"));
    connects(&server, &files(&certificate, &out));
    for how in
        ["-v2 aes-256-cbc", "-v2 aes-128-cbc", "-v2 aes-256-cbc -v2prf hmacWithSHA512", "-scrypt"]
    {
        assert!(make(&format!(
            "pkcs8 -topk8 {how} -passout pass:s3cret -in client.key -out made.key"
        )));
        connects(&server, &with("s3cret"));
        let wrong = ["is encrypted, and not with the password that sslpassword says"];
        fails(&server, &with("wrong"), &wrong);
        fails(&server, &files(&certificate, &out), &["sslpassword does not say its password"]);
    }
    assert!(make("ec -aes256 -passout pass:s3cret -in client.key -out made.key"));
    fails(&server, &with("s3cret"), &["as OpenSSL did it long ago", "openssl pkcs8 -topk8"]);
    assert!(make("pkcs8 -topk8 -v2 des3 -passout pass:s3cret -in client.key -out made.key"));
    fails(&server, &with("s3cret"), &["in a way that can't be read", "openssl pkcs8 -topk8"]);
    for error in [says(&server, &with("s3cret")), says(&server, &with("wr0ng"))] {
        let text = format!("{0} {0:?}", error.unwrap());
        assert!(!text.contains("s3cret") && !text.contains("wr0ng"), "{text}");
    }

    // Without extensions OpenSSL long made certificates of version 1.
    assert!(make(
        "req -new -newkey rsa:2048 -nodes -subj /CN=certified -keyout made.key -out made.csr"
    ));
    write_private(&server.file("authority.key"), server.authority().key.as_bytes(), 0o600);
    let certificate = server.file("made.crt");
    assert!(make(
        "x509 -req -in made.csr -CA ca.crt -CAkey authority.key -set_serial 77 -days 2 -out made.crt"
    ));
    connects(&server, &files(&certificate, &out));
    fails(&server, &files(&certificate, &key), &["is not the key of"]);
}

/// Of a home: all that libpq looks for there.
#[test]
fn at_home() {
    const URL: &str = "MIGRATE_TEST_AT_HOME";
    if let Ok(string) = std::env::var(URL) {
        let connector = Connector::new(&string).unwrap();
        for result in connect(&connector) {
            println!("{}", result.map_or_else(|why| why.to_string(), |_| "it connects".to_owned()));
        }
        return;
    }
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    let home = server.file("home");
    let folder = home.join(".postgresql");
    std::fs::create_dir_all(&folder).unwrap();
    let run = |settings: &str| {
        let string = server.string(ROLE, &format!("password='' {settings}"));
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "identity::at_home", "--nocapture"])
            .env("HOME", &home)
            .env(URL, string);
        String::from_utf8(test.output().unwrap().stdout).unwrap()
    };
    let check = |settings: &str, piece: &str| {
        let text = run(settings);
        assert_eq!(text.matches(piece).count(), 2, "{settings}: {text}");
    };
    check("sslmode=verify-full", "no root certificates from");
    std::fs::copy(server.file("ca.crt"), folder.join("root.crt")).unwrap();
    check("sslmode=verify-full", "requires a valid client certificate");
    let pair = server.authority().client(ROLE, 1001);
    std::fs::write(folder.join("postgresql.crt"), &pair.certificate).unwrap();
    check("sslmode=verify-full", "postgresql.key` can't be read: No such file");
    write_private(&folder.join("postgresql.key"), pair.key.as_bytes(), 0o666);
    check("sslmode=verify-full", "can be read or written by others");
    write_private(&folder.join("postgresql.key"), pair.key.as_bytes(), 0o600);
    check("sslmode=verify-full", "it connects");
    std::fs::write(
        folder.join("root.crl"),
        server.authority().list(&[CertificateKind::Good.serial()], [2001, 2100]),
    )
    .unwrap();
    check("sslmode=verify-full", "its authority has revoked it");
    // As for libpq, whoever has root certificates at home has them verified.
    check("sslmode=require", "its authority has revoked it");
    std::fs::write(folder.join("root.crl"), "nothing").unwrap();
    check("sslmode=verify-full", "no certificate revocation list from");
}
