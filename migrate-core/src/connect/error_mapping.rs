//! From the driver's error to ours. Pure.
//!
//! The driver does not tell the kinds of its errors apart but by their text; the tests with a server
//! hold each of those that are read here.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use rustls::{AlertDescription, CertificateError};
use tokio_postgres::Error;
use tokio_postgres::error::DbError;

use super::endpoint::Server;
use super::error::{CertificateFault, ConnectError};
use super::tls::SslMode;
use crate::runner::failure::Failure;
use crate::syntax::source::printable;

/// What an attempt was.
#[derive(Clone)]
pub(super) struct Attempt {
    pub(super) place: String,
    pub(super) mode: SslMode,
    pub(super) has_password: bool,
    pub(super) connect_timeout: Option<Duration>,
}

impl Attempt {
    /// Why it failed.
    pub(super) fn failed(self, error: Error) -> ConnectError {
        let Attempt { place, mode, .. } = self;
        let reason = reason(&error);
        if let Some(server) = error.as_db_error() {
            let failure = failure(server);
            return refused(place, Box::new(Failure { source: Some(Box::new(error)), ..failure }));
        }
        if let Some(fault) = tls_error(&error).and_then(fault) {
            return ConnectError::Certificate { place, mode, fault, source: Box::new(error) };
        }
        if let Some(reason) = tls_error(&error).and_then(why_not_ours) {
            return ConnectError::CertificateRefused { place, reason, source: Box::new(error) };
        }
        let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
        match (error.to_string().as_str(), cause.map(io::Error::kind)) {
            ("error connecting to server", Some(io::ErrorKind::TimedOut)) => {
                ConnectError::Timeout { place, after: self.connect_timeout }
            }
            ("error connecting to server", _) => {
                ConnectError::Unreachable { place, reason, source: Box::new(error) }
            }
            ("error performing TLS handshake", None) => ConnectError::NoTls { place, mode },
            ("error performing TLS handshake", Some(_)) => {
                ConnectError::Handshake { place, reason, source: Box::new(error) }
            }
            ("invalid configuration", _) if !self.has_password => {
                ConnectError::NoPassword { place }
            }
            ("authentication error", _) => {
                ConnectError::Authentication { place, reason, source: Box::new(error) }
            }
            _ => ConnectError::Broken { place, reason, source: Box::new(error) },
        }
    }

    /// It is not what `target_session_attrs` asks for.
    pub(super) fn wrong_server(self, reason: &str) -> ConnectError {
        ConnectError::WrongServer { place: self.place, reason: reason.to_owned() }
    }

    /// It took too long.
    pub(super) fn timed_out(self) -> ConnectError {
        ConnectError::Timeout { place: self.place, after: self.connect_timeout }
    }
}

/// The name of this place's host has no address.
pub(super) fn unknown_host(place: &Server, error: io::Error) -> ConnectError {
    let reason = printable(&error.to_string()).into_owned();
    ConnectError::UnknownHost { host: place.host.clone(), reason, source: Box::new(error) }
}

fn refused(place: String, failure: Box<Failure>) -> ConnectError {
    match failure.code.as_deref() {
        Some("28P01") => ConnectError::WrongPassword { place, failure },
        Some("28000") => ConnectError::RoleRefused { place, failure },
        Some("3D000") => ConnectError::UnknownDatabase { place, failure },
        Some("53300") => ConnectError::TooManyConnections { place, failure },
        _ => ConnectError::Refused { place, failure },
    }
}

fn failure(server: &DbError) -> Failure {
    Failure {
        code: Some(server.code().code().to_owned()),
        message: server.message().to_owned(),
        detail: server.detail().map(str::to_owned),
        hint: server.hint().map(str::to_owned),
        position: None,
        source: None,
    }
}

/// The error of rustls inside of another: an IO error does not give away what it wraps as its source.
fn tls_error<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = wrapped.map(|error| error as &(dyn StdError + 'static)).or_else(|| error.source());
    }
    None
}

fn fault(error: &rustls::Error) -> Option<CertificateFault> {
    use CertificateError::*;
    let error = match error {
        rustls::Error::InvalidCertificate(error) => error,
        rustls::Error::InvalidCertRevocationList(error) => {
            let why = format!("the revocation list of its authority is not valid ({error:?})");
            return Some(CertificateFault::Other(why));
        }
        _ => return None,
    };
    Some(match error {
        Revoked => CertificateFault::Revoked,
        UnknownRevocationStatus => CertificateFault::NoRevocationList,
        ExpiredRevocationList | ExpiredRevocationListContext { .. } => {
            CertificateFault::ExpiredRevocationList
        }
        UnknownIssuer | BadSignature => CertificateFault::Untrusted,
        Expired | ExpiredContext { .. } => CertificateFault::Expired,
        NotValidYet | NotValidYetContext { .. } => CertificateFault::NotYetValid,
        NotValidForName => CertificateFault::WrongHost { names: Vec::new() },
        NotValidForNameContext { presented, .. } => {
            CertificateFault::WrongHost { names: presented.iter().map(|name| host(name)).collect() }
        }
        Other(error) => match error.0.to_string().as_str() {
            // Made as an authority's own and not in the root file; webpki looks at this first.
            "CaUsedAsEndEntity" => CertificateFault::Untrusted,
            "UnsupportedCertVersion" => CertificateFault::Other("it is of X.509 version 1".into()),
            other => CertificateFault::Other(other.to_owned()),
        },
        other => CertificateFault::Other(other.to_string()),
    })
}

/// Why the server refuses our certificate, if that is what it says.
fn why_not_ours(error: &rustls::Error) -> Option<String> {
    use AlertDescription::*;
    let rustls::Error::AlertReceived(alert) = error else { return None };
    Some(match alert {
        UnknownCA => "it does not know the authority that issued it".to_owned(),
        CertificateExpired => "it has expired".to_owned(),
        CertificateRevoked => "it is revoked".to_owned(),
        CertificateRequired => "there is none".to_owned(),
        BadCertificate
        | UnsupportedCertificate
        | CertificateUnknown
        | DecryptError
        | AccessDenied => format!("it says {alert:?}"),
        _ => return None,
    })
}

/// `a.example` of `DnsName("a.example")`.
fn host(presented: &str) -> String {
    let quoted = presented.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"'));
    quoted.map_or(presented, |(name, _)| name).to_owned()
}

/// What caused an error, in one line; the error itself only if nothing did.
pub(super) fn reason(error: &(dyn StdError + 'static)) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !causes.iter().any(|seen| seen.contains(&text)) {
            causes.push(text);
        }
        next = cause.source();
    }
    let text = if causes.is_empty() { error.to_string() } else { causes.join(": ") };
    // It may repeat what whoever listens there has said.
    printable(&text).into_owned()
}
