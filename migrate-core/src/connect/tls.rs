//! What a connection string asks of TLS: whether it is used, and whom it trusts. Decided here, as
//! data; carried out in `tls/client.rs`.

mod client;
mod deferred;
mod files;
mod identity;
mod revocation;
mod verifier;

use std::fmt;
use std::path::{Path, PathBuf};

pub(crate) use client::connector;
pub(crate) use deferred::Connector;

use crate::connect::ConnectError;
use crate::syntax::suggest::did_you_mean;

/// How much TLS is asked for: `sslmode` in a connection string, with libpq's meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SslMode {
    /// No TLS.
    Disable,
    /// TLS only if the server refuses a connection without.
    Allow,
    /// TLS if the server offers it and it works; nothing is verified. The default.
    Prefer,
    /// TLS or no connection; nothing is verified unless there are root certificates (`sslrootcert`, or
    /// else `~/.postgresql/root.crt`): then as [`VerifyCa`](Self::VerifyCa).
    Require,
    /// TLS, and the server's certificate comes from a trusted authority.
    VerifyCa,
    /// As [`VerifyCa`](Self::VerifyCa), and the certificate is for the host of the connection string.
    VerifyFull,
}

impl SslMode {
    const ALL: [Self; 6] =
        [Self::Disable, Self::Allow, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull];

    /// The word for it in a connection string.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    fn read(word: &str) -> Result<Self, ConnectError> {
        Self::ALL.into_iter().find(|mode| mode.word() == word).ok_or_else(|| {
            ConnectError::BadValue {
                parameter: "sslmode",
                expected: "one of disable, allow, prefer, require, verify-ca and verify-full"
                    .into(),
                suggestion: did_you_mean(word, Self::ALL.map(Self::word)),
            }
        })
    }
}

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The certificates of the authorities to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Roots {
    /// Those of the operating system: `sslrootcert=system`.
    System,
    /// Those in a file: `sslrootcert=path`.
    File(PathBuf),
    /// Those in `~/.postgresql/root.crt`, libpq's default.
    Home,
    /// The same if there is that file, or else anyone's certificate will do.
    HomeIfThere,
}

/// Whose certificate is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Anyone's.
    Anyone,
    /// One that comes from these authorities.
    Chain(Roots),
    /// One that comes from these authorities, and is for the host.
    ChainAndName(Roots),
}

/// Where the lists of revoked certificates are; `~/.postgresql/root.crl`, if it is there, where neither
/// is named. Without effect where anyone is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Revocation {
    file: Option<PathBuf>,
    folder: Option<PathBuf>,
}

impl Revocation {
    fn place(&self) -> &Path {
        let named = self.file.as_deref().or(self.folder.as_deref());
        named.unwrap_or(Path::new("~/.postgresql/root.crl"))
    }
}

/// What is not shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// How we prove who we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Not by a certificate.
    None,
    /// By these files, or else those in `~/.postgresql` if they are there.
    Files {
        certificate: Option<PathBuf>,
        key: Option<PathBuf>,
        /// Of the key.
        password: Option<Secret>,
    },
}

/// Which versions of TLS will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocols {
    /// 1.2 and 1.3.
    Any,
    Only12,
    Only13,
}

/// What is asked of TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    pub(crate) mode: SslMode,
    pub(crate) trust: Trust,
    pub(crate) revocation: Revocation,
    pub(crate) identity: Identity,
    pub(crate) protocols: Protocols,
    /// Whether the host's name goes to the server in the clear (SNI).
    pub(crate) names_host: bool,
}

impl Tls {
    /// What the parameters ask for, each if it is there.
    pub(crate) fn decide<'s>(
        get: &dyn Fn(&str) -> Option<&'s str>,
        key_password: Option<&[u8]>,
    ) -> Result<Self, ConnectError> {
        let has_list = get("sslcrl").or(get("sslcrldir")).is_some();
        let (mode, trust) = mode_and_trust(get("sslmode"), get("sslrootcert"), has_list)?;
        let path = |parameter| get(parameter).map(PathBuf::from);
        let wants_identity = match get("sslcertmode") {
            Some("disable") => false,
            None | Some("allow") => true,
            Some("require") => {
                let why = "this client can't insist that the server asks for a certificate";
                return Err(ConnectError::Unsupported { parameter: "sslcertmode", why });
            }
            Some(_) => return Err(bad_value("sslcertmode", "disable or allow")),
        };
        let identity = match wants_identity && mode != SslMode::Disable {
            false => Identity::None,
            true => Identity::Files {
                certificate: path("sslcert"),
                key: path("sslkey"),
                password: key_password.map(|password| Secret(password.to_vec())),
            },
        };
        let names_host = match get("sslsni") {
            None | Some("1") => true,
            Some("0") => false,
            Some(_) => return Err(bad_value("sslsni", "0 or 1")),
        };
        Ok(Tls {
            mode,
            trust,
            revocation: Revocation { file: path("sslcrl"), folder: path("sslcrldir") },
            identity,
            protocols: protocols(get)?,
            names_host,
        })
    }

    /// For where there is no TLS: reads no file.
    pub(crate) fn unused() -> Self {
        Tls {
            mode: SslMode::Disable,
            trust: Trust::Anyone,
            revocation: Revocation::default(),
            identity: Identity::None,
            protocols: Protocols::Any,
            names_host: true,
        }
    }

    /// What is asked for in vain, since nothing is verified.
    pub(crate) fn warning(&self, has: impl Fn(&str) -> bool) -> Option<String> {
        let parameter = ["sslcrl", "sslcrldir"].into_iter().find(|parameter| has(parameter))?;
        (self.trust == Trust::Anyone && self.mode != SslMode::Disable).then(|| {
            format!(
                "{parameter} is not used: sslmode={} does not verify the server's certificate",
                self.mode
            )
        })
    }
}

fn mode_and_trust(
    mode: Option<&str>,
    roots: Option<&str>,
    has_list: bool,
) -> Result<(SslMode, Trust), ConnectError> {
    let given = mode.map(SslMode::read).transpose()?;
    if roots == Some("system") {
        // Anybody can have a certificate of some authority of the system: without the host name
        // it proves nothing. As libpq.
        return match given {
            None | Some(SslMode::VerifyFull) => {
                Ok((SslMode::VerifyFull, Trust::ChainAndName(Roots::System)))
            }
            Some(_) => Err(ConnectError::BadValue {
                parameter: "sslmode",
                expected: "verify-full beside sslrootcert=system: whoever has a certificate \
                           for any host at all would pass a weaker check"
                    .into(),
                suggestion: Some(SslMode::VerifyFull.word()),
            }),
        };
    }
    let mode = given.unwrap_or(SslMode::Prefer);
    let file = roots.map(|path| Roots::File(PathBuf::from(path)));
    let trust = match mode {
        SslMode::Disable | SslMode::Allow | SslMode::Prefer => Trust::Anyone,
        SslMode::Require => Trust::Chain(file.unwrap_or(match has_list {
            // Whoever names a list relies on it.
            true => Roots::Home,
            false => Roots::HomeIfThere,
        })),
        SslMode::VerifyCa => Trust::Chain(file.unwrap_or(Roots::Home)),
        SslMode::VerifyFull => Trust::ChainAndName(file.unwrap_or(Roots::Home)),
    };
    Ok((mode, trust))
}

/// Those that libpq has words for, oldest first. The first two are too old for us.
const PROTOCOLS: [&str; 4] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

fn protocols<'s>(get: &dyn Fn(&str) -> Option<&'s str>) -> Result<Protocols, ConnectError> {
    let age = |parameter: &'static str| {
        let Some(word) = get(parameter) else { return Ok(None) };
        let found = PROTOCOLS.iter().position(|known| known.eq_ignore_ascii_case(word));
        found
            .map(Some)
            .ok_or_else(|| bad_value(parameter, "one of TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3"))
    };
    let oldest = age("ssl_min_protocol_version")?.unwrap_or(2).max(2);
    let newest = age("ssl_max_protocol_version")?.unwrap_or(3);
    match (oldest, newest) {
        (_, ..2) => Err(bad_value(
            "ssl_max_protocol_version",
            "TLSv1.2 or TLSv1.3: this client speaks no older one",
        )),
        (2, 2) => Ok(Protocols::Only12),
        (2, _) => Ok(Protocols::Any),
        (_, 2) => {
            Err(bad_value("ssl_max_protocol_version", "no older than ssl_min_protocol_version"))
        }
        _ => Ok(Protocols::Only13),
    }
}

fn bad_value(parameter: &'static str, expected: &str) -> ConnectError {
    ConnectError::BadValue { parameter, expected: expected.into(), suggestion: None }
}

#[cfg(test)]
mod tests;
