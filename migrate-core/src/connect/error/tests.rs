//! Every error once, as people read it.

use super::*;

fn source() -> Source {
    "the source".into()
}

fn place() -> String {
    "db.example:5432".into()
}

fn failure(code: &str, message: &str) -> Box<Failure> {
    Box::new(Failure {
        code: Some(code.into()),
        message: message.into(),
        detail: None,
        hint: None,
        position: None,
        source: None,
    })
}

pub(in crate::connect) fn unreachable() -> ConnectError {
    let reason = "connection refused".into();
    ConnectError::Unreachable { place: place(), reason, source: source() }
}

pub(in crate::connect) fn no_tls() -> ConnectError {
    ConnectError::NoTls { place: place(), mode: SslMode::Require }
}

pub(in crate::connect) fn handshake() -> ConnectError {
    let reason = "unexpected end of file".into();
    ConnectError::Handshake { place: place(), reason, source: source() }
}

pub(in crate::connect) fn password() -> ConnectError {
    let failure = failure("28P01", "password authentication failed for user \"app\"");
    ConnectError::WrongPassword { place: place(), failure }
}

pub(in crate::connect) fn role() -> ConnectError {
    let failure = failure("28000", "role \"app\" does not exist");
    ConnectError::RoleRefused { place: place(), failure }
}

fn certificate(mode: SslMode, fault: CertificateFault) -> ConnectError {
    ConnectError::Certificate { place: place(), mode, fault, source: source() }
}

#[test]
fn what_people_read() {
    let names = vec!["other.example".into(), "*.other.example".into()];
    let socket = "/run/postgresql/.s.PGSQL.5432";
    let all = [
        ConnectError::BadUrl { part: "host", why: "is missing" },
        ConnectError::BadUrl { part: "password", why: "has a `/` in it" },
        ConnectError::UnknownParameter {
            name: Some("ssl-mode".into()),
            suggestion: Some("sslmode"),
        },
        ConnectError::UnknownParameter { name: Some("schema".into()), suggestion: None },
        ConnectError::UnknownParameter { name: None, suggestion: None },
        ConnectError::BadValue { parameter: "port", expected: "a number".into(), suggestion: None },
        ConnectError::BadValue {
            parameter: "sslmode",
            expected: "one of disable and require".into(),
            suggestion: Some("require"),
        },
        ConnectError::Nowhere,
        ConnectError::BadValue { parameter: "port", expected: "a number".into(), suggestion: None }
            .in_variable(Some("PGPORT")),
        ConnectError::BadUrl { part: "host", why: "is missing" }.in_variable(Some("DATABASE_URL")),
        ConnectError::BadRoots { from: "/ca.crt".into(), reason: "No such file".into() },
        ConnectError::BadRoots { from: "system".into(), reason: "there is no certificate".into() },
        ConnectError::Unsupported { parameter: "require_auth", why: "it can't be done" },
        ConnectError::Unsupported { parameter: "require_auth", why: "it can't be done" }
            .in_variable(Some("PGREQUIREAUTH")),
        ConnectError::BadService { name: "shop".into(), reason: "there is no service file".into() },
        ConnectError::BadRevocationList { from: "/root.crl".into(), reason: "No such file".into() },
        ConnectError::BadClientCertificate {
            file: "/client.key".into(),
            reason: "can be read by others".into(),
        },
        ConnectError::Setup { reason: "there is no reactor running".into() },
        ConnectError::UnknownHost {
            host: "db.exmaple".into(),
            reason: "failed to lookup address information: Name or service not known".into(),
            source: source(),
        },
        unreachable(),
        ConnectError::Unreachable {
            place: socket.into(),
            reason: "No such file".into(),
            source: source(),
        },
        ConnectError::Timeout { place: place(), after: Some(Duration::from_secs(10)) },
        ConnectError::Timeout { place: place(), after: None },
        no_tls(),
        ConnectError::NoTls { place: place(), mode: SslMode::VerifyFull },
        certificate(SslMode::VerifyCa, CertificateFault::Untrusted),
        certificate(SslMode::Require, CertificateFault::Untrusted),
        certificate(SslMode::VerifyFull, CertificateFault::Expired),
        certificate(SslMode::VerifyFull, CertificateFault::NotYetValid),
        certificate(SslMode::VerifyFull, CertificateFault::WrongHost { names }),
        certificate(SslMode::VerifyFull, CertificateFault::WrongHost { names: Vec::new() }),
        certificate(SslMode::VerifyFull, CertificateFault::Revoked),
        certificate(SslMode::VerifyFull, CertificateFault::NoRevocationList),
        certificate(SslMode::VerifyFull, CertificateFault::ExpiredRevocationList),
        ConnectError::CertificateRefused {
            place: place(),
            reason: "it has expired".into(),
            source: source(),
        },
        certificate(SslMode::VerifyCa, CertificateFault::Other("it is of version 1".into())),
        handshake(),
        ConnectError::NoPassword { place: place() },
        ConnectError::Authentication {
            place: place(),
            reason: "server did not use channel binding".into(),
            source: source(),
        },
        password(),
        role(),
        ConnectError::RoleRefused {
            place: place(),
            failure: failure("28000", "connection requires a valid client certificate"),
        },
        ConnectError::UnknownDatabase {
            place: place(),
            failure: failure("3D000", "database \"shop\" does not exist"),
        },
        ConnectError::TooManyConnections {
            place: place(),
            failure: failure("53300", "sorry, too many clients already"),
        },
        ConnectError::Refused {
            place: place(),
            failure: failure("57P03", "the database system is starting up"),
        },
        ConnectError::Refused { place: place(), failure: failure("XX000", "out of luck") },
        ConnectError::WrongServer { place: place(), reason: "it is a standby".into() },
        ConnectError::UnsupportedServer { place: place(), why: "it is CockroachDB".into() },
        ConnectError::Broken {
            place: place(),
            reason: "unexpected message".into(),
            source: source(),
        },
        ConnectError::Several(vec![unreachable(), password()]),
        ConnectError::Several(Vec::new()),
    ];
    let page: Vec<String> = all.iter().map(ToString::to_string).collect();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("errors", page.join("\n\n"));
    });
}
