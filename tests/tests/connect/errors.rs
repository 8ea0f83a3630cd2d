//! Every error that a server, a network or a file can give, and that none has the password in it.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use migrate_core::connect::Connector;
use migrate_core::{ConnectError, connect_async};

use crate::certificates::CertificateKind;
use crate::server::{PASSWORD, connect, server};

/// Everything that a program could show of an error.
fn all_of(error: &(dyn Error + 'static)) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    if let Some(source) = error.source() {
        text.push_str(&all_of(source));
    }
    text
}

fn variant(error: &ConnectError) -> String {
    format!("{error:?}").chars().take_while(|c| c.is_alphanumeric()).collect()
}

/// Both clients fail with this variant, and a text that has all these pieces.
fn check(string: &str, expected: &str, pieces: &[&str]) {
    let errors = match Connector::new(string) {
        Ok(connector) => {
            let shown = format!("{connector} {connector:?}");
            assert!(!shown.contains(PASSWORD), "{shown}");
            connect(&connector)
                .map(|result| result.err().unwrap_or_else(|| panic!("{connector}")))
                .into()
        }
        Err(error) => vec![error],
    };
    for error in errors {
        let text = error.to_string();
        assert_eq!(variant(&error), expected, "{text}");
        assert!(text.contains("\n = help: ") && error.help().len() > 20, "{text}");
        for piece in pieces {
            assert!(text.contains(piece), "no {piece:?} in: {text}");
        }
        assert!(!all_of(&error).contains("Xq7"), "the password is in: {}", all_of(&error));
    }
}

#[test]
fn what_the_server_refuses() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    let (address, port) = server.address();
    let place = format!("db.test:{port}");
    let string = |role, settings| server.string(role, settings);
    let wrong = format!("password=not-{PASSWORD}");
    check(&string("by_password", &wrong), "WrongPassword", &[&place, "28P01", "by_password"]);
    check(&string("by_scram", &wrong), "WrongPassword", &[&place, "28P01"]);
    check(&string("by_password", "password=''"), "NoPassword", &[&place]);
    check(&string("nobody", ""), "RoleRefused", &["28000", "nobody", "pg_hba.conf"]);
    check(&string("idle", ""), "RoleRefused", &["28000", "idle"]);
    check(&string("by_password", "dbname=nowhere"), "UnknownDatabase", &["3D000", "nowhere"]);
    check(&string("full", ""), "TooManyConnections", &["53300"]);
    check(&string("by_password", "options='-c no.such=1 -c x=y'"), "Refused", &["42704"]);
    check(
        &string("by_password", "target_session_attrs=read-only"),
        "WrongServer",
        &["it is not read-only"],
    );
    // The same by URL; the host's name is its address, for which the certificate is not.
    let root = server.file("ca.crt");
    let url = format!("postgres://by_password:{PASSWORD}@{address}:{port}/postgres");
    let verified = format!("{url}?sslmode=verify-full&sslrootcert={}", root.display());
    check(&verified, "Certificate", &["verify-full", "it is for db.test", "verify-ca"]);
    check(&url.replace(PASSWORD, &format!("{PASSWORD}%40")), "WrongPassword", &["28P01"]);

    server.show(CertificateKind::NoTls);
    check(&server.string("by_password", "sslmode=require"), "NoTls", &[&place, "ssl = on"]);
}

#[test]
fn root_certificates() {
    let Some(mut server) = server() else { return };
    server.show(CertificateKind::Good);
    let (empty, bad) = (server.file("empty.crt"), server.file("bad.crt"));
    std::fs::write(&empty, "no certificate\n").unwrap();
    std::fs::write(&bad, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let missing = server.file("missing.crt");
    for path in [missing.as_path(), server.folder(), empty.as_path(), bad.as_path()] {
        let path = path.display().to_string();
        for mode in ["require", "verify-ca", "verify-full"] {
            let settings = format!("sslmode={mode} sslrootcert={path}");
            check(
                &server.string("by_password", &settings),
                "BadRoots",
                &[&path, "sslrootcert=system"],
            );
        }
    }
}

/// A listener that says this to whoever comes, and then hangs up; or nothing, and holds the line.
fn says(answers: &'static [&'static [u8]]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for client in listener.incoming().flatten() {
            let mut client = client;
            for answer in answers {
                let mut request = [0; 1024];
                let _ = client.read(&mut request);
                let _ = client.write_all(answer);
            }
            if answers.is_empty() {
                held.push(client);
            }
        }
    });
    port
}

#[test]
fn what_is_no_server() {
    let string = |port: u16, settings: &str| {
        format!(
            "host=localhost hostaddr=127.0.0.1 port={port} user=u password={PASSWORD} {settings}"
        )
    };
    check(&string(1, ""), "Unreachable", &["localhost:1", "efused"]);
    check(
        &format!("host=no.such.host.invalid password={PASSWORD}"),
        "UnknownHost",
        &["the host name `no.such.host.invalid` can't be resolved"],
    );
    check(
        &format!("host=/no/such/folder password={PASSWORD}"),
        "Unreachable",
        &["/no/such/folder/.s.PGSQL.5432"],
    );
    let two = format!("host=127.0.0.1,localhost port=1 password={PASSWORD}");
    check(&two, "Several", &["127.0.0.1:1", "localhost:1"]);

    let silent = says(&[]);
    for mode in ["disable", "require"] {
        let settings = format!("connect_timeout=1 sslmode={mode}");
        check(&string(silent, &settings), "Timeout", &["localhost", "within 1 s"]);
    }
    let stranger = says(&[b"HTTP/1.1 400 Bad Request\r\n\r\n"]);
    check(&string(stranger, "sslmode=disable"), "Broken", &["is it PostgreSQL"]);
    let half = says(&[b"S", b"what?"]);
    check(&string(half, "sslmode=require"), "Handshake", &["no TLS with localhost"]);
}

#[test]
fn what_can_t_be_read() {
    let strings = [
        format!("mysql://u:{PASSWORD}@h/d"),
        format!("postgres://u:{PASSWORD}@/d"),
        format!("postgres://u:a/{PASSWORD}@h/d"),
        format!("postgres://u:1/{PASSWORD}@h/d"),
        format!("postgres://u:1?{PASSWORD}@h/d"),
        format!("postgres://u:1?{PASSWORD}=1@h/d"),
        format!("postgres://u:{PASSWORD}@h:{PASSWORD}/d"),
        format!("postgres://u:a@b?{PASSWORD}=d@h"),
        format!("postgres://u:{PASSWORD}@[h/d"),
        format!("postgres://u:{PASSWORD}%00@h/d"),
        format!("postgres://u:{PASSWORD}@h/%ff"),
        format!("postgres://u:{PASSWORD}@h/d?sslmode=maybe"),
        format!("postgres://u:{PASSWORD}@h/d?nothing"),
        format!("postgres://u:{PASSWORD}@h/d?ssl_mode=require"),
        format!("host=h password=a {PASSWORD}"),
        format!("host=h password=a {PASSWORD}=b"),
        format!("host=h password='{PASSWORD}"),
        format!("host=h password={PASSWORD} port=x"),
        format!("host=h password={PASSWORD} sslmode=require sslrootcert=system"),
        format!("password={PASSWORD}"),
        PASSWORD.to_owned(),
    ];
    for string in strings {
        let error = Connector::new(&string).err().unwrap_or_else(|| panic!("{string}"));
        check(&string, &variant(&error), &[]);
    }
}

#[test]
fn outside_of_a_runtime_there_is_an_error_and_no_panic() {
    let connecting = pin!(connect_async("host=localhost"));
    let Poll::Ready(Err(error)) = connecting.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it should have failed");
    };
    assert_eq!(variant(&error), "Setup", "{error}");
}
