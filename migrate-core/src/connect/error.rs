//! Why there is no connection, and what to do next. No text here has a password in it.

mod text;

use std::error::Error;
use std::time::Duration;

use super::tls::SslMode;
use crate::runner::failure::Failure;

type Source = Box<dyn Error + Send + Sync>;

/// Why no connection was made. Its text says what is wrong and what to do next; neither it nor its
/// sources have the password in them.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The connection string can't be read.
    BadUrl {
        /// Which part of it.
        part: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The connection string has a parameter that nobody knows.
    UnknownParameter {
        /// Its name; `None` where it could be a part of the password.
        name: Option<String>,
        /// The name that is most like it.
        suggestion: Option<&'static str>,
    },
    /// A parameter of the connection string has a value that it can't have.
    BadValue {
        /// The parameter.
        parameter: &'static str,
        /// What it could have.
        expected: String,
        /// The name that is most like it.
        suggestion: Option<&'static str>,
    },
    /// A parameter asks for something that this client can't do, and that nobody should believe done.
    Unsupported {
        /// The parameter.
        parameter: &'static str,
        /// Why not, and what there is instead.
        why: &'static str,
    },
    /// The service that the string or `PGSERVICE` names has no usable settings.
    BadService {
        /// Its name.
        name: String,
        /// What is wrong, and in which file.
        reason: String,
    },
    /// Nothing says where the database is: no connection string, no variable of the environment.
    Nowhere,
    /// A variable of the environment is wrong.
    Variable {
        /// Its name.
        name: &'static str,
        /// What is wrong with what it says.
        error: Box<ConnectError>,
    },
    /// The certificates of the authorities to trust can't be had.
    BadRoots {
        /// Where they were to come from: a file, or `system`.
        from: String,
        /// Why not.
        reason: String,
    },
    /// The list of revoked certificates can't be had.
    BadRevocationList {
        /// The file or folder that it was to come from.
        from: String,
        /// Why not.
        reason: String,
    },
    /// The certificate that is to prove who we are, or its key, can't be had.
    BadClientCertificate {
        /// The file.
        file: String,
        /// Why not.
        reason: String,
    },
    /// This process can't open a connection here.
    Setup {
        /// Why not.
        reason: String,
    },
    /// The host's name has no address.
    UnknownHost {
        /// The host.
        host: String,
        /// What the operating system says.
        reason: String,
        /// The error itself.
        source: Source,
    },
    /// Nobody answers there.
    Unreachable {
        /// The host and port.
        place: String,
        /// What the operating system says.
        reason: String,
        /// The error itself.
        source: Source,
    },
    /// The server did not answer in time.
    Timeout {
        /// The host and port.
        place: String,
        /// How long it was waited for.
        after: Option<Duration>,
    },
    /// The server offers no TLS, and the connection string insists on it.
    NoTls {
        /// The host and port.
        place: String,
        /// How it insists.
        mode: SslMode,
    },
    /// The server's certificate is not accepted.
    Certificate {
        /// The host and port.
        place: String,
        /// The mode that does not accept it.
        mode: SslMode,
        /// What is wrong with it.
        fault: CertificateFault,
        /// The error itself.
        source: Source,
    },
    /// The server refuses our certificate.
    CertificateRefused {
        /// The host and port.
        place: String,
        /// Why.
        reason: String,
        /// The error itself.
        source: Source,
    },
    /// TLS did not come about, for a reason other than the certificate.
    Handshake {
        /// The host and port.
        place: String,
        /// Why not.
        reason: String,
        /// The error itself.
        source: Source,
    },
    /// The server asks for a password, and the connection string has none.
    NoPassword {
        /// The host and port.
        place: String,
    },
    /// The server and this client have no way in common to prove who is there.
    Authentication {
        /// The host and port.
        place: String,
        /// Why not.
        reason: String,
        /// The error itself.
        source: Source,
    },
    /// The password is wrong, or the role has none (SQLSTATE 28P01).
    WrongPassword {
        /// The host and port.
        place: String,
        /// What the server said.
        failure: Box<Failure>,
    },
    /// The role is unknown, or may not connect from here in this way (SQLSTATE 28000).
    RoleRefused {
        /// The host and port.
        place: String,
        /// What the server said.
        failure: Box<Failure>,
    },
    /// There is no such database (SQLSTATE 3D000).
    UnknownDatabase {
        /// The host and port.
        place: String,
        /// What the server said.
        failure: Box<Failure>,
    },
    /// The server has no connection left (SQLSTATE 53300).
    TooManyConnections {
        /// The host and port.
        place: String,
        /// What the server said.
        failure: Box<Failure>,
    },
    /// The server refuses for another reason.
    Refused {
        /// The host and port.
        place: String,
        /// What the server said.
        failure: Box<Failure>,
    },
    /// It is no PostgreSQL, and lacks what keeps two runs apart.
    UnsupportedServer {
        /// The host and port.
        place: String,
        /// What it is, and what it lacks.
        why: String,
    },
    /// `target_session_attrs` asks for another server.
    WrongServer {
        /// The host and port.
        place: String,
        /// What it is.
        reason: String,
    },
    /// The conversation with the server broke off, or makes no sense.
    Broken {
        /// The host and port.
        place: String,
        /// How.
        reason: String,
        /// The error itself.
        source: Source,
    },
    /// The connection string names several servers, and none of them will do.
    Several(Vec<ConnectError>),
}

/// The SQLSTATE of a server that is starting, stopping or recovering.
const CANNOT_CONNECT_NOW: &str = "57P03";

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateFault {
    /// It does not come from a trusted authority.
    Untrusted,
    /// It is no longer valid, or its authority's is not.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// Its authority has revoked it.
    Revoked,
    /// There are revocation lists, and none of an authority of its chain.
    NoRevocationList,
    /// The revocation list of its authority is out of date.
    ExpiredRevocationList,
    /// It is for other hosts.
    WrongHost {
        /// The hosts that it is for.
        names: Vec<String>,
    },
    /// Anything else.
    Other(String),
}

impl ConnectError {
    /// The same, where it was a variable that said it.
    pub(super) fn in_variable(self, name: Option<&'static str>) -> Self {
        match name {
            Some(name) => ConnectError::Variable { name, error: Box::new(self) },
            None => self,
        }
    }

    /// Whether it says that this parameter is wrong.
    pub(super) fn is_about(&self, parameter: &str) -> bool {
        match self {
            ConnectError::BadUrl { part, .. } => *part == parameter,
            ConnectError::BadValue { parameter: wrong, .. }
            | ConnectError::Unsupported { parameter: wrong, .. } => *wrong == parameter,
            _ => false,
        }
    }

    /// Whether it is the kind of failure after which `prefer` and `allow` try with or without TLS.
    pub(super) fn may_pass_another_way(&self) -> bool {
        use ConnectError::*;
        matches!(
            self,
            Certificate { .. } | CertificateRefused { .. } | Handshake { .. } | RoleRefused { .. }
        )
    }

    pub(super) fn is_no_tls(&self) -> bool {
        matches!(self, ConnectError::NoTls { .. })
    }

    /// Whether another attempt may succeed without any change: nobody answers yet, the server is
    /// starting, or it has no connection left.
    pub fn is_temporary(&self) -> bool {
        match self {
            ConnectError::TooManyConnections { .. } | ConnectError::Broken { .. } => true,
            ConnectError::Refused { failure, .. } => {
                failure.code.as_deref() == Some(CANNOT_CONNECT_NOW)
            }
            ConnectError::Several(errors) => errors.iter().any(ConnectError::is_temporary),
            error => error.is_no_answer(),
        }
    }

    pub(super) fn is_no_answer(&self) -> bool {
        use ConnectError::*;
        matches!(self, UnknownHost { .. } | Unreachable { .. } | Timeout { .. })
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        use ConnectError::*;
        match self {
            UnknownHost { source, .. }
            | Unreachable { source, .. }
            | Certificate { source, .. }
            | CertificateRefused { source, .. }
            | Handshake { source, .. }
            | Authentication { source, .. }
            | Broken { source, .. } => Some(source.as_ref()),
            WrongPassword { failure, .. }
            | RoleRefused { failure, .. }
            | UnknownDatabase { failure, .. }
            | TooManyConnections { failure, .. }
            | Refused { failure, .. } => failure.source.as_ref().map(|source| source.as_ref() as _),
            Variable { error, .. } => Some(error.as_ref()),
            _ => None,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
