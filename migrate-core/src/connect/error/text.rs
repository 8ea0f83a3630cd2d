//! What people read of an error: what is wrong, and what to do next.

use std::fmt;

use super::{CertificateFault, ConnectError};
use crate::connect::tls::SslMode;
use crate::syntax::explanation::Explanation;

impl ConnectError {
    /// What is wrong, and what to do next, before it is rendered.
    pub fn explain(&self) -> Explanation<'static> {
        Explanation::new(fmt::from_fn(|f| self.what(f)).to_string()).with_help(self.help())
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        use ConnectError::*;
        match self {
            BadUrl { part: "password", .. } => {
                "write `%40` for `@`, `%2F` for `/`, `%3A` for `:`, `%3F` for `?` in it".into()
            }
            BadUrl { .. } => {
                "write `postgres://user:password@host:5432/database` with `%XX` for special \
                              characters, or `host=… port=… user=… password='…' dbname=…`"
                    .into()
            }
            UnknownParameter { suggestion: Some(suggestion), .. } => format!("did you mean `{suggestion}`?"),
            UnknownParameter { name: Some(_), .. } => {
                "remove it: the parameters are those of PostgreSQL's own clients, and sqlx's".into()
            }
            UnknownParameter { name: None, .. } => {
                "remove it; if it is a part of the password, put the password in quotes, or \
                 write `%XX` for its special characters in a URL"
                    .into()
            }
            BadValue { suggestion: Some(suggestion), .. } => format!("did you mean `{suggestion}`?"),
            BadValue { parameter: "port", .. } => {
                "correct it; if it is a part of the password, write `%2F` for `/`, `%3F` for `?` in that"
                    .into()
            }
            BadValue { .. } => "correct it, or leave it out".into(),
            Unsupported { .. } => {
                "remove it, if the connection may go without; it is not ignored, since you would \
                 rely on it"
                    .into()
            }
            BadService { name, .. } => format!(
                "write its settings below a line `[{name}]` in ~/.pg_service.conf, or in the file \
                 that PGSERVICEFILE names; or name no service (PGSERVICE)"
            ),
            Nowhere => "set DATABASE_URL or pass --database-url, as in \
                        `postgres://user:password@host:5432/database`; PGHOST and the like do as well"
                .into(),
            Variable { name: "DATABASE_URL", error } => error.help(),
            Variable { error, .. } => match error.as_ref() {
                BadValue { suggestion: Some(_), .. } => error.help(),
                Unsupported { .. } => "unset it, if the connection may go without; it is not \
                                       ignored, since you would rely on it"
                    .into(),
                _ => "correct it, or unset it; what DATABASE_URL or --database-url say goes before it"
                    .into(),
            },
            BadRoots { from, .. } if from == "system" => {
                "install the system's certificates (the package is often called \
                 ca-certificates), or name a file: sslrootcert=/path/to/ca.crt"
                    .into()
            }
            BadRoots { .. } => {
                "name the authority's certificate, sslrootcert=/path/to/ca.crt, or take the \
                 operating system's authorities, sslrootcert=system"
                    .into()
            }
            BadRevocationList { .. } => {
                "name a file with the lists of all authorities of the server's chain, as `openssl ca \
                 -gencrl` writes them: sslcrl=/path/to/root.crl"
                    .into()
            }
            BadClientCertificate { .. } => {
                "name both in PEM form, sslcert=/path/to/client.crt sslkey=/path/to/client.key, or \
                 connect without a certificate: sslcertmode=disable"
                    .into()
            }
            Setup { .. } => {
                "call `connect_async` inside of a tokio runtime, `connect` outside".into()
            }
            UnknownHost { .. } => {
                "check how the host is written, and that this machine's DNS or /etc/hosts knows it".into()
            }
            Unreachable { place, .. } if place.starts_with('/') => {
                "is PostgreSQL running, and is this one of its unix_socket_directories?".into()
            }
            Unreachable { .. } => "is PostgreSQL running there, does it listen on this port \
                                   (listen_addresses), and does every firewall let you through?"
                .into(),
            Timeout { .. } => "is the host right, and does every firewall let you through? \
                               connect_timeout=60 waits longer"
                .into(),
            NoTls { .. } => {
                "set `ssl = on` at the server; or, if nobody can listen on the way, connect \
                 without: sslmode=prefer takes TLS only where it is offered"
                    .into()
            }
            Certificate { fault, mode, .. } => fault.help(*mode),
            CertificateRefused { .. } => {
                "take one whose authority is in the server's ssl_ca_file: sslcert=… sslkey=…; or \
                 connect without one: sslcertmode=disable. The server's log may tell more"
                    .into()
            }
            Handshake { .. } => {
                "does the server speak TLS 1.2 or 1.3? Its log may tell more; sslmode=disable \
                 connects without"
                    .into()
            }
            NoPassword { .. } => {
                "add it: `postgres://user:password@…`, or `password='…'`; the command line takes it \
                 from PGPASSWORD or ~/.pgpass as well"
                    .into()
            }
            Authentication { .. } => {
                "channel_binding=require needs TLS, and scram-sha-256 for this role in the server's \
                 pg_hba.conf; Kerberos and the like are not supported"
                    .into()
            }
            WrongPassword { .. } => {
                "check the role and its password; in a URL, special characters are written \
                 `%XX`. For a role without a password: ALTER ROLE … PASSWORD '…'"
                    .into()
            }
            RoleRefused { failure, .. } if failure.message.contains("certificate") => {
                "name a certificate whose CN is the role, and its key: sslcert=… sslkey=…".into()
            }
            RoleRefused { .. } => {
                "is it the right role, and may it log in? If the server knows it, a line in its \
                 pg_hba.conf has to admit it to this database, from this address, and with \
                 (sslmode=require) or without (sslmode=disable) TLS"
                    .into()
            }
            UnknownDatabase { .. } => {
                "check its name, or create it: CREATE DATABASE … (without one in the connection \
                 string, the database is called like the role)"
                    .into()
            }
            TooManyConnections { .. } => {
                "try again when others have ended, close what is idle (pg_stat_activity shows \
                 it), or raise max_connections"
                    .into()
            }
            Refused { failure, .. } if failure.is("57P03") => {
                "it is starting, stopping or recovering: try again in a moment".into()
            }
            Refused { .. } => "the server's log may tell more".into(),
            UnsupportedServer { .. } => {
                "connect to PostgreSQL, or to a database that has its advisory locks".into()
            }
            WrongServer { .. } => {
                "name the other servers, too (host=one,other), or ask for target_session_attrs=any"
                    .into()
            }
            Broken { .. } => "is it PostgreSQL that listens there? Its log may tell more".into(),
            Several(errors) => match errors.as_slice() {
                [] => "name a server: host=…".into(),
                [.., last] => last.help(),
            },
        }
    }

    /// What is wrong with a setting, where a file has it and not the connection string.
    pub(in crate::connect) fn in_short(&self) -> String {
        use ConnectError::*;
        match self {
            UnknownParameter { name: Some(name), .. } => format!("unknown parameter `{name}`"),
            UnknownParameter { name: None, .. } => "unknown parameter".to_owned(),
            BadValue { parameter, expected, .. } => format!("`{parameter}` must be {expected}"),
            BadUrl { part, why } => format!("`{part}` {why}"),
            Unsupported { parameter, why } => format!("`{parameter}` can't be honoured: {why}"),
            other => other.to_string(),
        }
    }

    /// What was wrong, without the help.
    fn what(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use ConnectError::*;
        match self {
            BadUrl { part, why } => {
                write!(f, "the connection string can't be read: its {part} {why}")
            }
            UnknownParameter { name: Some(name), .. } => {
                write!(f, "the connection string has an unknown parameter `{name}`")
            }
            UnknownParameter { name: None, .. } => {
                write!(f, "the connection string has an unknown parameter")
            }
            BadValue { parameter, expected, .. } => {
                write!(f, "the connection string's `{parameter}` must be {expected}")
            }
            Unsupported { parameter, why } => {
                write!(f, "the connection string's `{parameter}` can't be honoured: {why}")
            }
            BadService { name, reason } => {
                write!(f, "the service `{name}` can't be used: {reason}")
            }
            Nowhere => write!(f, "nothing says which database to connect to"),
            Variable { name, error } => match error.as_ref() {
                BadValue { expected, .. } if *name != "DATABASE_URL" => {
                    write!(f, "the environment variable {name} must be {expected}")
                }
                Unsupported { why, .. } if *name != "DATABASE_URL" => {
                    write!(f, "the environment variable {name} can't be honoured: {why}")
                }
                BadUrl { why, .. } if *name != "DATABASE_URL" => {
                    write!(f, "the environment variable {name} {why}")
                }
                error => {
                    write!(f, "the environment variable {name}: ")?;
                    error.what(f)
                }
            },
            BadRoots { from, reason } => {
                write!(f, "no root certificates from `{from}`: {reason}")
            }
            BadRevocationList { from, reason } => {
                write!(f, "no certificate revocation list from `{from}`: {reason}")
            }
            BadClientCertificate { file, reason } => {
                write!(f, "no client certificate: `{file}` {reason}")
            }
            Setup { reason } => write!(f, "no connection can be opened here: {reason}"),
            UnknownHost { host, reason, .. } => {
                write!(f, "the host name `{host}` can't be resolved: {reason}")
            }
            Unreachable { place, reason, .. } => write!(f, "{place} can't be reached: {reason}"),
            Timeout { place, after: Some(after) } => {
                write!(f, "{place} did not answer within {} s", after.as_secs())
            }
            Timeout { place, after: None } => write!(f, "{place} did not answer in time"),
            NoTls { place, mode } => {
                write!(f, "{place} offers no TLS, and sslmode={mode} insists on it")
            }
            Certificate { place, mode, fault, .. } => {
                write!(f, "sslmode={mode} refuses the certificate of {place}: {fault}")
            }
            CertificateRefused { place, reason, .. } => {
                write!(f, "{place} refuses this client's certificate: {reason}")
            }
            Handshake { place, reason, .. } => write!(f, "no TLS with {place}: {reason}"),
            Authentication { place, reason, .. } => write!(f, "no login at {place}: {reason}"),
            NoPassword { place } => {
                write!(f, "{place} asks for a password, and there is none")
            }
            WrongPassword { place, failure }
            | RoleRefused { place, failure }
            | UnknownDatabase { place, failure }
            | TooManyConnections { place, failure }
            | Refused { place, failure } => write!(f, "{place} refuses: {failure}"),
            UnsupportedServer { place, why } => write!(f, "{place} is not supported: {why}"),
            WrongServer { place, reason } => {
                write!(f, "{place} is not what target_session_attrs asks for: {reason}")
            }
            Broken { place, reason, .. } => {
                write!(f, "the conversation with {place} broke off: {reason}")
            }
            Several(errors) => {
                write!(f, "none of the servers will do")?;
                errors.iter().try_for_each(|error| {
                    write!(f, "\n - ")?;
                    error.what(f)
                })
            }
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.explain().fmt(f)
    }
}

impl CertificateFault {
    fn help(&self, mode: SslMode) -> String {
        let mend = match self {
            CertificateFault::WrongHost { .. } => {
                return "connect by a name that it is for (one that stands only in its CN does not count). sslmode=verify-ca accepts it, since it checks all but the name: enough \
                        if this authority is only for your servers"
                    .into();
            }
            CertificateFault::Untrusted => {
                "name the certificate of the authority that issued it, or the server's own: \
                 sslrootcert=/path/to/ca.crt"
            }
            CertificateFault::Expired => "renew it at the server",
            CertificateFault::NotYetValid => {
                "set this machine's clock, or the server's certificate, right"
            }
            CertificateFault::Revoked => {
                return "issue another for the server; somebody else may have the key of this one"
                    .into();
            }
            CertificateFault::NoRevocationList => {
                return "add the list of each authority of its chain to sslcrl, as `openssl ca \
                        -gencrl` writes it: where there is any list, each authority needs one"
                    .into();
            }
            CertificateFault::ExpiredRevocationList => {
                return "get a new list from the authority, as `openssl ca -gencrl` writes it"
                    .into();
            }
            CertificateFault::Other(_) => {
                return "issue another at the server, of X.509 version 3 and with a subjectAltName"
                    .into();
            }
        };
        let refusing = match mode {
            SslMode::Require => {
                "sslmode=require refuses it only because there are root certificates"
            }
            _ => "verify-ca and verify-full both refuse it",
        };
        format!(
            "{mend}. {refusing}; sslmode=require without root certificates accepts any, and so anyone \
             who gets in between"
        )
    }
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untrusted => write!(f, "it does not come from a trusted authority"),
            Self::Expired => write!(f, "it has expired"),
            Self::NotYetValid => write!(f, "it is not valid yet"),
            Self::Revoked => write!(f, "its authority has revoked it"),
            Self::NoRevocationList => {
                write!(f, "no revocation list says whether it, or its authority, is revoked")
            }
            Self::ExpiredRevocationList => {
                write!(f, "the revocation list of its authority is out of date")
            }
            Self::WrongHost { names } if names.is_empty() => write!(f, "it is for other hosts"),
            Self::WrongHost { names } => write!(f, "it is for {}", names.join(", ")),
            Self::Other(reason) => write!(f, "{reason}"),
        }
    }
}
