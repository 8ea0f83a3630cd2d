//! Every parameter of a connection string and the environment variable for it: those of libpq, and
//! the names that other drivers have for them. Pure.

/// What becomes of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParameterSupport {
    /// The driver reads it.
    Driver,
    /// We read it.
    Ours,
    /// It makes no difference to a migration, whatever it says.
    Harmless,
    /// It asks for something that we can't do, unless it has one of these values.
    Refused {
        /// The values that ask for nothing.
        unless: &'static [&'static str],
        /// Why not, and what there is instead.
        why: &'static str,
    },
}

/// A parameter.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// The variable that libpq has for it.
    pub(super) variable: Option<&'static str>,
    pub(super) support: ParameterSupport,
    /// Whether no output may show its value.
    pub(super) secret: bool,
}

const fn new(
    name: &'static str,
    variable: Option<&'static str>,
    support: ParameterSupport,
) -> Parameter {
    Parameter { name, variable, support, secret: false }
}

const fn secret(
    name: &'static str,
    variable: Option<&'static str>,
    support: ParameterSupport,
) -> Parameter {
    Parameter { name, variable, support, secret: true }
}

const fn refused(unless: &'static [&'static str], why: &'static str) -> ParameterSupport {
    ParameterSupport::Refused { unless, why }
}

use ParameterSupport::{Driver, Harmless, Ours};

const OAUTH: ParameterSupport = refused(&[], "OAuth is not supported");
const SCRAM_KEY: ParameterSupport = refused(&[], "SCRAM works with the password only");

/// docs/CONNECTING.md has the same table for users.
pub(super) const PARAMETERS: [Parameter; 52] = [
    new("application_name", Some("PGAPPNAME"), Driver),
    new("channel_binding", Some("PGCHANNELBINDING"), Driver),
    // Sessions are in UTF-8, and the server converts.
    new("client_encoding", Some("PGCLIENTENCODING"), Harmless),
    new("connect_timeout", Some("PGCONNECT_TIMEOUT"), Driver),
    new("dbname", Some("PGDATABASE"), Driver),
    new("fallback_application_name", None, Harmless),
    // Where a server insists on Kerberos, the login fails with an error of its own.
    new("gssdelegation", Some("PGGSSDELEGATION"), Harmless),
    new(
        "gssencmode",
        Some("PGGSSENCMODE"),
        refused(
            &["disable", "prefer"],
            "GSSAPI encryption is not supported; TLS is (sslmode=verify-full)",
        ),
    ),
    new("gsslib", Some("PGGSSLIB"), Harmless),
    new("host", Some("PGHOST"), Ours),
    new("hostaddr", Some("PGHOSTADDR"), Ours),
    new("keepalives", None, Driver),
    new("keepalives_idle", None, Driver),
    new("keepalives_interval", None, Driver),
    new("keepalives_retries", None, Driver),
    new("krbsrvname", Some("PGKRBSRVNAME"), Harmless),
    new("load_balance_hosts", Some("PGLOADBALANCEHOSTS"), Driver),
    // Version 3.0 is what every server speaks.
    new("max_protocol_version", Some("PGMAXPROTOCOLVERSION"), Harmless),
    new(
        "min_protocol_version",
        Some("PGMINPROTOCOLVERSION"),
        refused(&["3.0"], "this client speaks version 3.0 of the protocol"),
    ),
    new("oauth_ca_file", Some("PGOAUTHCAFILE"), Harmless),
    new("oauth_client_id", None, OAUTH),
    secret("oauth_client_secret", None, OAUTH),
    new("oauth_issuer", None, OAUTH),
    new("oauth_scope", None, OAUTH),
    new("options", Some("PGOPTIONS"), Driver),
    new("passfile", Some("PGPASSFILE"), Ours),
    secret("password", Some("PGPASSWORD"), Ours),
    new("port", Some("PGPORT"), Ours),
    new(
        "replication",
        None,
        refused(&["false", "off", "no", "0"], "migrations need an ordinary connection"),
    ),
    new(
        "require_auth",
        Some("PGREQUIREAUTH"),
        refused(
            &[],
            "this client can't restrict how it logs in; channel_binding=require insists on SCRAM over TLS",
        ),
    ),
    new(
        REQUIREPEER,
        Some("PGREQUIREPEER"),
        refused(&[], "this client can't tell who runs the server behind a Unix socket"),
    ),
    secret("scram_client_key", None, SCRAM_KEY),
    secret("scram_server_key", None, SCRAM_KEY),
    new("service", Some("PGSERVICE"), Ours),
    new("servicefile", Some("PGSERVICEFILE"), Ours),
    new("ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION"), Ours),
    new("ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION"), Ours),
    new("sslcert", Some("PGSSLCERT"), Ours),
    new("sslcertmode", Some("PGSSLCERTMODE"), Ours),
    // Nobody compresses TLS any more.
    new("sslcompression", Some("PGSSLCOMPRESSION"), Harmless),
    new("sslcrl", Some("PGSSLCRL"), Ours),
    new("sslcrldir", Some("PGSSLCRLDIR"), Ours),
    new("sslkey", Some("PGSSLKEY"), Ours),
    new("sslkeylogfile", None, refused(&[], "session keys are never written to a file")),
    new("sslmode", Some("PGSSLMODE"), Ours),
    new("sslnegotiation", Some("PGSSLNEGOTIATION"), Driver),
    secret("sslpassword", None, Ours),
    new("sslrootcert", Some("PGSSLROOTCERT"), Ours),
    new("sslsni", Some("PGSSLSNI"), Ours),
    new("target_session_attrs", Some("PGTARGETSESSIONATTRS"), Ours),
    new("tcp_user_timeout", None, Driver),
    new("user", Some("PGUSER"), Driver),
];

/// Of no concern where no place is a Unix socket.
pub(super) const REQUIREPEER: &str = "requirepeer";

/// Other names: libpq's where the driver has one of its own, and sqlx's.
const ALIASES: [(&str, &str); 7] = [
    ("application-name", "application_name"),
    ("keepalives_count", "keepalives_retries"),
    ("ssl-ca", "sslrootcert"),
    ("ssl-cert", "sslcert"),
    ("ssl-key", "sslkey"),
    ("ssl-mode", "sslmode"),
    ("ssl-root-cert", "sslrootcert"),
];

/// The parameter of this name, or with this name among others.
pub(super) fn find(name: &str) -> Option<&'static Parameter> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name, |(_, name)| name);
    PARAMETERS.iter().find(|parameter| parameter.name == name)
}

/// What to say of a parameter that is another driver's own, and is passed over.
pub(super) fn foreign(name: &str) -> Option<String> {
    (name == "statement-cache-capacity").then(|| {
        format!("the connection string's `{name}` is ignored: it is a setting of sqlx's cache")
    })
}

/// All names, for a name that was misspelt.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PARAMETERS.iter().map(|parameter| parameter.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_and_variable_is_there_once_and_in_order() {
        let names: Vec<&str> = names().collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
        let mut variables: Vec<_> = PARAMETERS.iter().filter_map(|known| known.variable).collect();
        let count = variables.len();
        variables.sort_unstable();
        variables.dedup();
        assert_eq!(variables.len(), count);
    }

    #[test]
    fn other_names_lead_to_parameters() {
        for (alias, name) in ALIASES {
            assert_eq!(find(alias).map(|found| found.name), Some(name));
            assert!(!names().any(|known| known == alias), "{alias}");
        }
        assert!(find("sslfoo").is_none() && foreign("sslfoo").is_none());
    }

    #[test]
    fn the_documentation_has_each_with_what_becomes_of_it() {
        let page = include_str!("../../../docs/CONNECTING.md");
        let mut rows =
            page.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 4);
        let mut rows = rows.by_ref().skip_while(|line| !line.contains("`application_name`"));
        for known in &PARAMETERS {
            let row = rows.next().unwrap_or_default();
            let variable = known.variable.map(|name| format!("`{name}` ")).unwrap_or_default();
            let word = match known.support {
                Driver | Ours => "honoured",
                Harmless => "no effect",
                ParameterSupport::Refused { .. } => "refused",
            };
            let expected = format!("| `{}` | {variable}| {word}", known.name);
            assert!(row.starts_with(&expected), "{expected} is not: {row}");
        }
        assert_eq!(rows.next(), None);
    }
}
