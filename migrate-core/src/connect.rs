//! From a connection string to a client, with TLS by rustls.

// Imports `syntax` and, of `runner`, how a server's refusal is stored. What it does is decided in `settings`, `endpoint`
// and `attempts`; `blocking` and `tokio` carry it out, and are the same text but for `.await`; `tls` is what a string
// asks of TLS. Start reading at `Connector`.

mod attempts;
#[cfg(feature = "postgres")]
mod blocking;
mod cancel;
mod endpoint;
mod environment;
mod error;
mod error_mapping;
mod notices;
mod parameters;
mod pgpass;
mod process_env;
mod service;
mod session_attributes;
mod settings;
pub(crate) mod tls;
#[cfg(feature = "tokio-postgres")]
mod tokio;

use std::ffi::OsString;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{IpAddr, SocketAddr};

use tokio_postgres::error::{DbError, SqlState};

use self::attempts::AttemptIterator;
pub use self::cancel::Canceller;
use self::endpoint::{ConnectConfig, Server};
pub use self::error::{CertificateFault, ConnectError};
use self::error_mapping::Attempt;
use self::notices::Notices;
pub use crate::connect::tls::SslMode;
use crate::connect::tls::{Connector as TlsConnector, Tls, connector};

/// Connects, and blocks until the session stands. [`Connector`] tells what the string may say.
///
/// ```no_run
/// let mut client = migrate_core::connect("postgres://app@db.example/app?sslmode=verify-full")?;
/// client.batch_execute("SELECT 1")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// As with [`postgres::Client`] itself, inside an async task this is wrong: there it is
/// `connect_async`, or `spawn_blocking`.
///
/// # Errors
///
/// When the string can't be read, no server can be reached, TLS does not come about as asked for, or
/// the server refuses.
#[cfg(feature = "postgres")]
pub fn connect(url: &str) -> Result<postgres::Client, ConnectError> {
    Connector::new(url)?.connect()
}

/// Connects, and lets a task of the current tokio runtime serve the connection. [`Connector`] tells
/// what the string may say.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = migrate_core::connect_async("host=/run/postgresql user=app").await?;
/// client.batch_execute("SELECT 1").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As for [`Connector::new`] and [`Connector::connect_async`].
#[cfg(feature = "tokio-postgres")]
pub async fn connect_async(url: &str) -> Result<tokio_postgres::Client, ConnectError> {
    Connector::new(url)?.connect_async().await
}

/// A connection string that was read and found right, ready to connect.
///
/// It is a URL, `postgres://user:password@host:port/database?parameter=value`, or
/// `host=… user=… password='…'`. The parameters are those of libpq, and sqlx's names for them; the last
/// value counts. One that asks for something that can't be done is an error, and never ignored:
/// `docs/CONNECTING.md` lists them all.
///
/// | `sslmode` | TLS | the server's certificate |
/// | --- | --- | --- |
/// | `disable` | no | |
/// | `allow` | if the server refuses without | any |
/// | `prefer` (default) | if the server offers it and it works | any |
/// | `require` | yes | any; as `verify-ca` where there are root certificates |
/// | `verify-ca` | yes | from a trusted authority |
/// | `verify-full` | yes | from a trusted authority, and for this host |
///
/// `sslrootcert` names the file with the trusted authorities' certificates, or the server's own;
/// `~/.postgresql/root.crt` unless given. It is an error if that is needed and missing.
/// `sslrootcert=system` trusts the operating system's authorities, and means `verify-full`. `sslcrl` and
/// `sslcrldir` name lists of revoked certificates; `~/.postgresql/root.crl`, if it is there, unless
/// given. `sslcert` and `sslkey` are the client's own certificate and its key; `postgresql.crt` and
/// `postgresql.key` of that folder, if they are there, unless given. `sslpassword`, the password of the
/// key, needs the feature `encrypted-keys`. Over a Unix socket there is no TLS, whatever `sslmode` says.
///
/// `target_session_attrs` chooses among several hosts: `any`, `read-write`, `read-only`, `primary`,
/// `standby` or `prefer-standby`.
///
/// `application_name` is `migrate` and `connect_timeout` 10 s unless set. The latter is for each
/// address of each host, until the session stands; zero waits forever.
///
/// The environment has no say in it; for a command line, where it should, there is
/// [`from_environment`](Self::from_environment).
///
/// What the server says beside its answers (`NOTICE`, `WARNING`) goes to `tracing`.
#[cfg_attr(feature = "postgres", doc = "```no_run")]
#[cfg_attr(not(feature = "postgres"), doc = "```ignore")]
/// use migrate_core::connect::Connector;
///
/// let connector = Connector::new("postgres://app:secret@db.example/app?sslmode=require")?
///     .on_notice(|notice| eprintln!("{}: {}", notice.severity(), notice.message()));
/// assert_eq!(connector.to_string(), "app@db.example:5432/app");
/// let client = connector.connect()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Neither its `Display` nor its `Debug` have the password.
pub struct Connector {
    wanted: ConnectConfig,
    notices: Notices,
}

impl Connector {
    /// Reads a connection string. Nothing is opened yet, not even the file with the certificates.
    ///
    /// # Errors
    ///
    /// When it can't be read, or a parameter is unknown or has a value that it can't have.
    pub fn new(url: &str) -> Result<Self, ConnectError> {
        Ok(Self::to(ConnectConfig::read(url)?))
    }

    fn to(wanted: ConnectConfig) -> Self {
        for warning in &wanted.warnings {
            tracing::warn!("{warning}");
        }
        Connector { wanted, notices: Notices::default() }
    }

    /// What the user should know, though it is no error: a file with passwords that was not read, a
    /// parameter that was passed over. It went to `tracing`, too.
    pub fn warnings(&self) -> &[String] {
        &self.wanted.warnings
    }

    /// The variables of the environment by which a program of PostgreSQL's own (`pg_dump`, `psql`)
    /// connects to the same database: `PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`, `PGSSLMODE`,
    /// `PGPASSWORD` and the rest. Those with `None` are to be removed, or the program could go
    /// elsewhere.
    ///
    /// A secret: the password is among them. One that comes from `~/.pgpass` is not; the program
    /// reads that itself.
    ///
    /// ```no_run
    /// # let connector = migrate_core::connect::Connector::new("host=db.example")?;
    /// let mut backup = std::process::Command::new("pg_dump");
    /// for (name, value) in connector.child_environment() {
    ///     match value {
    ///         Some(value) => backup.env(name, value),
    ///         None => backup.env_remove(name),
    ///     };
    /// }
    /// # Ok::<(), migrate_core::ConnectError>(())
    /// ```
    pub fn child_environment(&self) -> Vec<(&'static str, Option<OsString>)> {
        environment::for_a_child(&self.wanted.settings)
    }

    /// Is told what the server says beside its answers, in the thread or task of the connection.
    #[must_use]
    pub fn on_notice(mut self, told: impl Fn(&DbError) + Send + Sync + 'static) -> Self {
        self.notices = Notices::to(told);
        self
    }

    /// Hands what the server says beside its answers to a [`Runner`](crate::Runner) that
    /// [listens](crate::Runner::forward_notices), in place of [`on_notice`](Self::on_notice).
    #[must_use]
    pub fn pass_on_notices(self, notices: &crate::runner::Notices) -> Self {
        let notices = notices.clone();
        self.on_notice(move |notice| {
            // The runner rolls back to be sure, also where nothing is left to roll back.
            if *notice.code() != SqlState::NO_ACTIVE_SQL_TRANSACTION {
                notices.push(notice.severity(), notice.message());
            }
        })
    }

    /// The name of the database: what was said, or else the role's name, as everywhere in PostgreSQL.
    pub fn database(&self) -> Option<&str> {
        self.wanted.database()
    }

    /// A way to another database of the same server, as the same role.
    ///
    /// ```
    /// let connector = migrate_core::connect::Connector::new("postgres://app@db.example/shop")?;
    /// let other = connector.to_database("shop_copy")?;
    /// assert_eq!(other.to_string(), "app@db.example:5432/shop_copy");
    /// # Ok::<(), migrate_core::ConnectError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When no database can have that name.
    pub fn to_database(&self, name: &str) -> Result<Self, ConnectError> {
        let mut settings = self.wanted.settings.clone();
        settings.fill("dbname", name.to_owned())?;
        let mut wanted = ConnectConfig::of(settings)?;
        wanted.passwords = self.wanted.passwords.clone();
        wanted.warnings.clear();
        Ok(Connector { wanted, notices: self.notices.clone() })
    }

    fn search(&self) -> AttemptIterator {
        let places = self.in_order(self.wanted.places.clone());
        AttemptIterator::new(self.wanted.tls.mode, places, self.wanted.attributes.passes())
    }

    fn tls(&self) -> Result<TlsConnector, ConnectError> {
        let only_sockets = self.wanted.places.iter().all(Server::is_socket);
        match only_sockets {
            true => connector(&Tls::unused()),
            false => connector(&self.wanted.tls),
        }
    }

    fn attempt(&self, place: &Server) -> Attempt {
        Attempt {
            place: place.to_string(),
            mode: self.wanted.tls.mode,
            has_password: self.wanted.has_password(place),
            connect_timeout: self.wanted.connect_timeout,
        }
    }

    fn addresses(&self, found: impl Iterator<Item = SocketAddr>) -> Vec<IpAddr> {
        self.in_order(found.map(|found| found.ip()).collect())
    }

    /// As they are, or in another order each time if the string says so.
    fn in_order<T>(&self, mut items: Vec<T>) -> Vec<T> {
        if self.wanted.shuffled {
            items.sort_by_cached_key(|_| RandomState::new().build_hasher().finish());
        }
        items
    }
}

impl fmt::Display for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.wanted.fmt(f)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = self.wanted.to_string();
        f.debug_struct("Connector").field("to", &to).field("tls", &self.wanted.tls).finish()
    }
}
