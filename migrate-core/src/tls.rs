//! What a connection string asks of TLS: whether it is used, and whom it trusts. Decided here, as
//! data; carried out in `tls/client.rs`.

mod client;
mod verifier;

use std::fmt;
use std::path::PathBuf;

pub(crate) use client::connector;

use crate::connect::ConnectError;
use crate::id::did_you_mean;

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
    /// TLS or no connection; nothing is verified unless `sslrootcert` names a file: then as
    /// [`VerifyCa`](Self::VerifyCa).
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
                meant: did_you_mean(word, Self::ALL.map(Self::word)),
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

/// What is asked of TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    pub(crate) mode: SslMode,
    pub(crate) trust: Trust,
}

impl Tls {
    /// What `sslmode` and `sslrootcert` ask for, each if it is there.
    pub(crate) fn decide(mode: Option<&str>, roots: Option<&str>) -> Result<Self, ConnectError> {
        let given = mode.map(SslMode::read).transpose()?;
        if roots == Some("system") {
            // Anybody can have a certificate of some authority of the system: without the host name
            // it proves nothing. As libpq.
            return match given {
                None | Some(SslMode::VerifyFull) => {
                    Ok(Tls { mode: SslMode::VerifyFull, trust: Trust::ChainAndName(Roots::System) })
                }
                Some(_) => Err(ConnectError::BadValue {
                    parameter: "sslmode",
                    expected: "verify-full beside sslrootcert=system: whoever has a certificate \
                               for any host at all would pass a weaker check"
                        .into(),
                    meant: Some(SslMode::VerifyFull.word()),
                }),
            };
        }
        let mode = given.unwrap_or(SslMode::Prefer);
        let file = roots.map(|path| Roots::File(PathBuf::from(path)));
        let trust = match mode {
            SslMode::Disable | SslMode::Allow | SslMode::Prefer => Trust::Anyone,
            SslMode::Require => file.map_or(Trust::Anyone, Trust::Chain),
            SslMode::VerifyCa => Trust::Chain(file.unwrap_or(Roots::Home)),
            SslMode::VerifyFull => Trust::ChainAndName(file.unwrap_or(Roots::Home)),
        };
        Ok(Tls { mode, trust })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sslmode_and_sslrootcert_decide() {
        use SslMode::*;
        let file = || Roots::File("ca.crt".into());
        let check =
            |mode: Option<&str>, roots: Option<&str>, expected: Option<(SslMode, Trust)>| {
                let tls = Tls::decide(mode, roots).ok();
                let expected = expected.map(|(mode, trust)| Tls { mode, trust });
                assert_eq!(tls, expected, "sslmode={mode:?} sslrootcert={roots:?}");
            };
        check(None, None, Some((Prefer, Trust::Anyone)));
        check(Some("disable"), None, Some((Disable, Trust::Anyone)));
        check(Some("allow"), None, Some((Allow, Trust::Anyone)));
        check(Some("prefer"), None, Some((Prefer, Trust::Anyone)));
        check(Some("require"), None, Some((Require, Trust::Anyone)));
        check(Some("verify-ca"), None, Some((VerifyCa, Trust::Chain(Roots::Home))));
        check(Some("verify-full"), None, Some((VerifyFull, Trust::ChainAndName(Roots::Home))));

        let ca = Some("ca.crt");
        check(None, ca, Some((Prefer, Trust::Anyone)));
        check(Some("disable"), ca, Some((Disable, Trust::Anyone)));
        check(Some("prefer"), ca, Some((Prefer, Trust::Anyone)));
        check(Some("require"), ca, Some((Require, Trust::Chain(file()))));
        check(Some("verify-ca"), ca, Some((VerifyCa, Trust::Chain(file()))));
        check(Some("verify-full"), ca, Some((VerifyFull, Trust::ChainAndName(file()))));

        let system = Some("system");
        check(None, system, Some((VerifyFull, Trust::ChainAndName(Roots::System))));
        check(Some("verify-full"), system, Some((VerifyFull, Trust::ChainAndName(Roots::System))));
        for weaker in ["disable", "allow", "prefer", "require", "verify-ca"] {
            check(Some(weaker), system, None);
        }
        for unknown in ["", "Require", "verify_full", "on"] {
            check(Some(unknown), None, None);
        }
    }
}
