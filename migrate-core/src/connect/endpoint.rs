//! Where the servers are that a connection string names, and how each is asked. Pure.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{LoadBalanceHosts, SslMode as Way, SslNegotiation};

use super::ConnectError;
use super::parameters::{self, PARAMETERS, ParameterSupport, REQUIREPEER};
use super::pgpass::{self, PasswordLine, Session};
use super::session_attributes::SessionAttributes;
use super::settings::Settings;
use super::tls::{SslMode, Tls};

/// How long to wait for a server unless the string says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What the server shows as the name of the application unless the string says otherwise.
const APPLICATION: &str = "migrate";
const DEFAULT_PORT: u16 = 5432;

/// A server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    /// The host's name, its address, or the folder of a Unix socket.
    pub(super) host: String,
    /// The address, if it need not be looked up.
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
}

impl Server {
    /// Whether it is reached by a Unix socket, over which there is no TLS.
    pub(super) fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    /// The attempts that a mode means, each as the driver's own mode.
    pub(super) fn ways(&self, mode: SslMode) -> &'static [Way] {
        match mode {
            _ if self.is_socket() => &[Way::Disable],
            SslMode::Disable => &[Way::Disable],
            SslMode::Allow => &[Way::Disable, Way::Require],
            SslMode::Prefer => &[Way::Prefer, Way::Disable],
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[Way::Require],
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            host if self.is_socket() => write!(f, "{host}/.s.PGSQL.{}", self.port),
            host if host.contains(':') => write!(f, "[{host}]:{}", self.port),
            host => write!(f, "{host}:{}", self.port),
        }
    }
}

/// All that a connection string says, checked.
pub(super) struct ConnectConfig {
    /// In the order of the string.
    pub(super) places: Vec<Server>,
    /// Whether the order is to be another each time.
    pub(super) shuffled: bool,
    pub(super) tls: Tls,
    /// What a server has to be.
    pub(super) attributes: SessionAttributes,
    /// For one attempt, from the first packet until the session stands.
    pub(super) connect_timeout: Option<Duration>,
    /// For where nothing else says a password.
    pub(super) passwords: Vec<PasswordLine>,
    /// Everything else: no host, no port, no mode.
    base: Config,
    /// All of it, as it was said.
    pub(super) settings: Settings,
    /// What the user should know, though it is no error.
    pub(super) warnings: Vec<String>,
}

impl ConnectConfig {
    /// By the string alone.
    pub(super) fn read(text: &str) -> Result<Self, ConnectError> {
        let settings = Settings::read(text)?;
        let files = ["service", "servicefile", "passfile"];
        if let Some(parameter) = files.into_iter().find(|parameter| settings.has(parameter)) {
            let why = "only Connector::from_environment reads service and password files";
            return Err(ConnectError::Unsupported { parameter, why });
        }
        Self::of(settings)
    }

    pub(super) fn of(settings: Settings) -> Result<Self, ConnectError> {
        let places = places(&settings)?;
        refuse_what_is_unsupported(&settings, &places)?;
        let tls =
            Tls::decide(&|parameter| settings.get(parameter), settings.secret("sslpassword"))?;
        let attributes = SessionAttributes::read(settings.get("target_session_attrs"))?;
        let mut base = config(&settings)?;
        let weak = tls.mode < SslMode::Require;
        if weak && base.get_ssl_negotiation() == SslNegotiation::Direct {
            return Err(ConnectError::BadValue {
                parameter: "sslmode",
                expected: "require, verify-ca or verify-full beside sslnegotiation=direct".into(),
                suggestion: None,
            });
        }
        if settings.get("connect_timeout").is_none() {
            base.connect_timeout(CONNECT_TIMEOUT);
        }
        if settings.get("application_name").is_none() {
            base.application_name(APPLICATION);
        }
        let mut warnings = settings.notes.clone();
        warnings.extend(tls.warning(|parameter| settings.has(parameter)));
        Ok(ConnectConfig {
            places,
            shuffled: base.get_load_balance_hosts() == LoadBalanceHosts::Random,
            tls,
            attributes,
            connect_timeout: base.get_connect_timeout().copied(),
            passwords: Vec::new(),
            base,
            settings,
            warnings,
        })
    }

    /// How one place is asked, one way.
    pub(super) fn config(&self, place: &Server, address: Option<IpAddr>, way: Way) -> Config {
        let mut config = self.base.clone();
        config.host(&place.host).port(place.port).ssl_mode(way);
        if let Some(address) = address {
            config.hostaddr(address);
        }
        if let Some(password) = self.filed_password(place) {
            config.password(password);
        }
        config
    }

    /// The name of the database, said or by itself.
    pub(super) fn database(&self) -> Option<&str> {
        self.base.get_dbname().or_else(|| self.base.get_user())
    }

    /// Whether a password was said, for all the places.
    pub(super) fn has_own_password(&self) -> bool {
        self.base.get_password().is_some()
    }

    pub(super) fn has_password(&self, place: &Server) -> bool {
        self.has_own_password() || self.filed_password(place).is_some()
    }

    /// The password that the user's file has for this place, unless one was said.
    fn filed_password(&self, place: &Server) -> Option<&str> {
        let (database, user) = (self.base.get_dbname()?, self.base.get_user()?);
        let session = Session { host: &place.host, port: place.port, database, user };
        pgpass::find(&self.passwords, &session).filter(|_| !self.has_own_password())
    }
}

/// For people: who, where and which database, and no password.
impl fmt::Display for ConnectConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = self.base.get_user() {
            write!(f, "{user}@")?;
        }
        let places: Vec<String> = self.places.iter().map(ToString::to_string).collect();
        f.write_str(&places.join(","))?;
        self.base.get_dbname().map_or(Ok(()), |database| write!(f, "/{database}"))
    }
}

/// A word that promises something is never passed over in silence.
fn refuse_what_is_unsupported(settings: &Settings, places: &[Server]) -> Result<(), ConnectError> {
    for known in &PARAMETERS {
        let ParameterSupport::Refused { unless, why } = known.support else { continue };
        let is_harmless = settings.get(known.name).is_some_and(|value| unless.contains(&value));
        let is_beside_the_point =
            known.name == REQUIREPEER && !places.iter().any(Server::is_socket);
        if settings.has(known.name) && !is_harmless && !is_beside_the_point {
            return Err(ConnectError::Unsupported { parameter: known.name, why });
        }
    }
    Ok(())
}

/// What the driver understands by itself.
fn config(settings: &Settings) -> Result<Config, ConnectError> {
    let mut text = String::new();
    for (parameter, value) in settings.iter() {
        if parameters::find(parameter).is_none_or(|known| known.support != ParameterSupport::Driver)
        {
            continue;
        }
        let value = value.replace('\\', "\\\\").replace('\'', "\\'");
        let pair = format!("{parameter}='{value}' ");
        pair.parse::<Config>().map_err(|_| bad_value(parameter))?;
        text.push_str(&pair);
    }
    let mut config: Config = text
        .parse()
        .map_err(|_| ConnectError::BadUrl { part: "parameters", why: "do not go together" })?;
    if let Some(password) = settings.secret("password") {
        config.password(password);
    }
    Ok(config)
}

fn places(settings: &Settings) -> Result<Vec<Server>, ConnectError> {
    let list =
        |parameter| settings.get(parameter).map(|value| value.split(',').collect::<Vec<_>>());
    let (hosts, addresses) = (list("host"), list("hostaddr"));
    let ports = list("port").unwrap_or_default();
    let count = match (&hosts, &addresses) {
        (None, None) => return Err(ConnectError::BadUrl { part: "host", why: "is missing" }),
        (Some(hosts), Some(addresses)) if hosts.len() != addresses.len() => {
            return Err(ConnectError::BadUrl {
                part: "hostaddr",
                why: "names more or fewer servers than the host",
            });
        }
        (Some(names), _) | (None, Some(names)) => names.len(),
    };
    if ports.len() > 1 && ports.len() != count {
        let why = "is given more or fewer times than the host; one is for all";
        return Err(ConnectError::BadUrl { part: "port", why });
    }
    let address = |at: usize| -> Result<Option<IpAddr>, ConnectError> {
        let given = addresses.as_ref().and_then(|addresses| addresses.get(at));
        given.map(|text| text.parse().map_err(|_| bad_value("hostaddr"))).transpose()
    };
    let port = |at: usize| match ports.get(at).or(ports.first()).copied().unwrap_or_default() {
        "" => Ok(DEFAULT_PORT),
        port => match port.parse() {
            Ok(0) | Err(_) => Err(bad_value("port")),
            Ok(port) => Ok(port),
        },
    };
    let place = |at: usize| {
        let (given, port) = (address(at)?, port(at)?);
        let host = match (hosts.as_ref().and_then(|hosts| hosts.get(at)), given) {
            (Some(&""), _) => return Err(ConnectError::BadUrl { part: "host", why: "is empty" }),
            (Some(host), _) => (*host).to_owned(),
            (None, given) => given.map(|address| address.to_string()).unwrap_or_default(),
        };
        let address = given.or_else(|| host.parse().ok());
        Ok(Server { host, address, port })
    };
    (0..count).map(place).collect()
}

fn bad_value(parameter: &'static str) -> ConnectError {
    let expected = match parameter {
        "channel_binding" => "disable, prefer or require",
        "hostaddr" => "an IP address, or several with commas between",
        "load_balance_hosts" => "disable or random",
        "port" => "a number from 1 to 65535, or several with commas between",
        "sslnegotiation" => "postgres or direct",
        _ => "a number",
    };
    ConnectError::BadValue { parameter, expected: expected.into(), suggestion: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> String {
        match ConnectConfig::read(text) {
            Ok(wanted) => {
                let shown = |place: &Server| match place.address {
                    Some(address) => format!("{place}={address}"),
                    None => place.to_string(),
                };
                wanted.places.iter().map(shown).collect::<Vec<_>>().join(" ")
            }
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn places_of_a_string() {
        let check = |text: &str, expected: &str| assert_eq!(places(text), expected, "{text}");
        check("host=h", "h:5432");
        check("host=h port=6", "h:6");
        check("host=a,b port=6", "a:6 b:6");
        check("postgres://a:1,b,c:3", "a:1 b:5432 c:3");
        check("host=a,b hostaddr=10.0.0.1,::1", "a:5432=10.0.0.1 b:5432=::1");
        check("hostaddr=10.0.0.1", "10.0.0.1:5432=10.0.0.1");
        check("postgres://[::1]:6", "[::1]:6=::1");
        check("host=/run/pg port=6", "/run/pg/.s.PGSQL.6");
    }

    #[test]
    fn what_is_no_place() {
        let check = |text: &str, part: &str| {
            let found = places(text);
            assert!(found.contains(&format!("{part:?}")), "{text}: {found}");
        };
        check("user=u", "host");
        check("postgres:///d", "host");
        check("host=a,", "host");
        check("host=a,b hostaddr=10.0.0.1", "hostaddr");
        check("hostaddr=localhost", "hostaddr");
        check("host=a,b,c port=1,2", "port");
        check("host=a port=x", "port");
        check("host=a port=0", "port");
        check("host=a port=65536", "port");
    }

    #[test]
    fn values_are_the_driver_s_to_judge() {
        let check = |text: &str, parameter: &str| {
            let found = places(&format!("host=h {text}"));
            assert!(found.starts_with(&format!("BadValue {{ parameter: {parameter:?}")), "{found}");
        };
        check("connect_timeout=soon", "connect_timeout");
        check("keepalives=x", "keepalives");
        check("target_session_attrs=slave", "target_session_attrs");
        check("channel_binding=yes", "channel_binding");
        check("sslnegotiation=direct", "sslmode");
        check("sslmode=verify_full", "sslmode");
    }

    #[test]
    fn defaults() {
        let check = |text: &str, application: &str, connect_timeout: Option<u64>| {
            let wanted = ConnectConfig::read(text).ok();
            let found = wanted.as_ref().and_then(|wanted| wanted.base.get_application_name());
            assert_eq!(found, Some(application), "{text}");
            let connect_timeout = connect_timeout.map(Duration::from_secs);
            assert_eq!(wanted.and_then(|wanted| wanted.connect_timeout), connect_timeout, "{text}");
        };
        check("host=h", "migrate", Some(10));
        check("host=h application_name='it\\'s \\\\ me'", "it's \\ me", Some(10));
        check("host=h connect_timeout=3", "migrate", Some(3));
        check("host=h connect_timeout=0", "migrate", None);
        check("host=h connect_timeout=-1", "migrate", None);
    }

    #[test]
    fn one_attempt_has_one_place() {
        let wanted = ConnectConfig::read("postgres://u:p@a,b:6/d?sslmode=require").unwrap();
        let config = wanted.config(&wanted.places[1], None, Way::Require);
        let shown = format!("{config:?}");
        assert_eq!(config.get_hosts().len(), 1, "{shown}");
        assert_eq!(config.get_ports(), [6]);
        assert_eq!(config.get_ssl_mode(), Way::Require);
        assert_eq!(config.get_password(), Some(b"p".as_slice()));
        assert_eq!((config.get_user(), config.get_dbname()), (Some("u"), Some("d")));
        assert_eq!(wanted.to_string(), "u@a:5432,b:6/d");
    }
}
