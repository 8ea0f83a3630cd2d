//! Scratch databases, in which the chain and the models are built to be compared: on a server that
//! is started for it, or on one that the user names. The database that the chain is for is not touched.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use jiff::Timestamp;
use migrate_core::__private::{literal, quote};
use migrate_core::connect::Connector;
use migrate_scratch::{Backend, Server};
use postgres::Client;
use postgres::error::SqlState;

use crate::args::ModelArgs;
use crate::context::Context;
use crate::env_file::Variables;
use crate::failure::{Failure, FailureKind};
use crate::interrupt;

/// How the names of our databases begin; the second that they were made in follows.
const PREFIX: &str = "migrate_dev_";
/// The role that we make on a server of our own.
const OWN_ROLE: &str = "migrate_scratch_owner";
/// So old is no comparison that is still under way.
const ABANDONED_SECONDS: i64 = 3600;

/// A server for scratch databases.
pub(crate) struct Scratch {
    admin: Arc<Connector>,
    name: String,
    made: Cell<u32>,
    /// It stops when this goes.
    server: Option<Server>,
}

impl Scratch {
    /// Opens the server of `--dev-url` or `MIGRATE_DEV_URL`, or starts one.
    pub(crate) fn open(context: &Context, dev_url: Option<&str>) -> Result<Self, Failure> {
        let variables = Variables::read(context.connection.env_file.as_deref())?;
        let named = dev_url.map(str::to_owned).or_else(|| context.connection.dev_url(&variables));
        let (admin, server) = match named {
            Some(url) => {
                let admin = Connector::from_variables(Some(&url), |name| variables.get(name));
                (admin.map_err(Failure::DevServer)?, None)
            }
            None => {
                let server = start()?;
                let admin = match own_role(&server, OWN_ROLE) {
                    Some(admin) => admin,
                    None => Connector::new(server.admin_url()).map_err(Failure::DevServer)?,
                };
                (admin, Some(server))
            }
        };
        let random = RandomState::new().build_hasher().finish() & 0xffff_ffff;
        let name = format!("{PREFIX}{}_{random:08x}", Timestamp::now().as_second());
        let scratch = Scratch { admin: Arc::new(admin), name, made: Cell::new(0), server };
        if scratch.server.is_none() {
            scratch.sweep()?;
        }
        Ok(scratch)
    }

    /// Connects to the server itself.
    pub(crate) fn admin(&self) -> Arc<Connector> {
        Arc::clone(&self.admin)
    }

    /// The server for a comparison with models.
    pub(crate) fn for_models(context: &Context, arguments: &ModelArgs) -> Result<Self, Failure> {
        let mut scratch = Self::open(context, arguments.dev_url.as_deref())?;
        let Some(role) = &arguments.run_as else { return Ok(scratch) };
        let refused =
            |what: String, help: &str| Err(Failure::refused(FailureKind::Usage, what, help));
        if scratch.server.is_none() {
            let what = "`--run-as` is for a server that is started for the comparison".to_owned();
            return refused(what, "leave `--run-as` out, or `--dev-url` and MIGRATE_DEV_URL");
        }
        match scratch.run_as(&quote(role)) {
            true => Ok(scratch),
            false => refused(
                format!("`--run-as {role}`: there can be no such role"),
                "name the role as it is, without quotes",
            ),
        }
    }

    /// On a server of our own, makes databases from now on as a role of this name, given as SQL has it: what a
    /// chain says of the role that runs it is then true of ours. Elsewhere that role may be somebody, and the answer is false.
    pub(crate) fn run_as(&mut self, role: &str) -> bool {
        let admin = self.server.as_ref().and_then(|server| own_role(server, role));
        let found = admin.is_some();
        if let Some(admin) = admin {
            self.admin = Arc::new(admin);
        }
        found
    }

    /// An empty database.
    pub(crate) fn database(&self) -> Result<ScratchDatabase, Failure> {
        // The other template may have been changed.
        self.make("template0")
    }

    /// Waits, for a moment, until nobody is connected to a database: the server takes some time to notice that a connection
    /// was closed, and copies no database that is in use.
    pub(crate) fn wait_until_left(
        &self,
        admin: &mut Client,
        database: &ScratchDatabase,
    ) -> Result<(), Failure> {
        let asked = format!(
            "SELECT 1 FROM pg_catalog.pg_stat_activity WHERE datname = {}",
            literal(&database.name)
        );
        for _ in 0..500 {
            let found = admin.simple_query(&asked).map_err(|error| refused(&error))?;
            if !found.iter().any(|it| matches!(it, postgres::SimpleQueryMessage::Row(_))) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        Ok(())
    }

    /// A copy of a database that nobody is connected to.
    pub(crate) fn copy(&self, of: &ScratchDatabase) -> Result<ScratchDatabase, Failure> {
        self.make(&of.name)
    }

    /// Makes the role that the server misses, on a server of our own: grants name roles, which belong
    /// to a server and not to a database. Tells whether it is worth another try.
    pub(crate) fn makes_role(&self, code: &str, message: &str) -> bool {
        let name =
            message.strip_prefix("role \"").and_then(|rest| rest.strip_suffix("\" does not exist"));
        // The second is what SET ROLE says.
        let codes = [SqlState::UNDEFINED_OBJECT.code(), SqlState::INVALID_PARAMETER_VALUE.code()];
        let Some(name) = name.filter(|_| codes.contains(&code)) else { return false };
        let sql = format!("CREATE ROLE {}", quote(name));
        self.server.is_some()
            && self.admin.connect().is_ok_and(|mut admin| admin.batch_execute(&sql).is_ok())
    }

    fn make(&self, template: &str) -> Result<ScratchDatabase, Failure> {
        let number = self.made.replace(self.made.get() + 1);
        let name = format!("{}_{number}", self.name);
        let mut admin = self.admin.connect().map_err(Failure::DevServer)?;
        let made = admin.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        made.map_err(|error| refused(&error))?;
        let database = ScratchDatabase {
            connector: self.admin.to_database(&name).map_err(Failure::DevServer)?,
            admin: Arc::clone(&self.admin),
            name,
        };
        // A server of our own goes with this process, and all its databases with it.
        if self.server.is_none() {
            let (admin, name) = (Arc::clone(&self.admin), database.name.clone());
            interrupt::before_exit(move || drop_database(&admin, &name));
        }
        Ok(database)
    }

    /// Drops the databases of runs that were killed, unless somebody is connected to them.
    fn sweep(&self) -> Result<(), Failure> {
        let mut admin = self.admin.connect().map_err(Failure::DevServer)?;
        let oldest = Timestamp::now().as_second() - ABANDONED_SECONDS;
        let found = admin.simple_query(&format!(
            "SELECT datname FROM pg_catalog.pg_database WHERE datname ~ '^{PREFIX}[0-9]+_[0-9a-f]{{8}}_[0-9]+$' \
             AND pg_catalog.split_part(datname, '_', 3)::bigint < {oldest}"
        ));
        for row in found.into_iter().flatten() {
            if let postgres::SimpleQueryMessage::Row(row) = row
                && let Some(name) = row.get(0)
            {
                // Another run may be doing the same, or it may be another role's.
                let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name}"));
            }
        }
        Ok(())
    }
}

/// A scratch database. Dropping the value drops it.
pub(crate) struct ScratchDatabase {
    connector: Connector,
    admin: Arc<Connector>,
    name: String,
}

impl ScratchDatabase {
    pub(crate) fn connect(&self) -> Result<Client, Failure> {
        self.connector.connect().map_err(Failure::DevServer)
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        drop_database(&self.admin, &self.name);
    }
}

/// Whether it works is seen by nobody; what is left is dropped by a later run.
fn drop_database(admin: &Connector, name: &str) {
    let Ok(mut client) = admin.connect() else { return };
    let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    if client.batch_execute(&sql).is_err() {
        // A database that subscribes to another one can't be dropped.
        let _ =
            admin.to_database(name).map(|place| place.connect().map(|mut it| unsubscribe(&mut it)));
        let _ = client.batch_execute(&sql);
    }
}

/// Drops all subscriptions, and leaves the publishers alone.
fn unsubscribe(client: &mut Client) {
    let sql = "SELECT pg_catalog.quote_ident(subname) FROM pg_catalog.pg_subscription s \
               JOIN pg_catalog.pg_database d ON d.oid = s.subdbid WHERE d.datname = pg_catalog.current_database()";
    for row in client.simple_query(sql).into_iter().flatten() {
        if let postgres::SimpleQueryMessage::Row(row) = row
            && let Some(name) = row.get(0)
        {
            for change in ["DISABLE", "SET (slot_name = NONE)"] {
                let _ = client.batch_execute(&format!("ALTER SUBSCRIPTION {name} {change}"));
            }
            let _ = client.batch_execute(&format!("DROP SUBSCRIPTION {name}"));
        }
    }
}

/// A PostgreSQL of our own for this process: what is installed is ready sooner than a container.
fn start() -> Result<Server, Failure> {
    let help = "or name a server on which a role may create databases, and which is not production's: \
                `--dev-url postgres://…`, or the variable MIGRATE_DEV_URL";
    let server = Server::start(&[Backend::Local, Backend::Docker])
        .map_err(|error| Failure::refused(FailureKind::DevServer, error.to_string(), help))?;
    if server.backend() == Backend::Url {
        let what = "PG_BACKEND=url would compare on the server of DATABASE_URL";
        return Err(Failure::refused(FailureKind::DevServer, what, help));
    }
    Ok(server)
}

/// A role on a server of our own, by its name as SQL has it. The server's own role is `postgres`, of which a
/// chain and models may say something that is true of no other.
fn own_role(server: &Server, role: &str) -> Option<Connector> {
    let url = server.admin_url();
    let admin = Connector::new(url).ok()?;
    let mut client = admin.connect().ok()?;
    let is_admin = format!("SELECT 1 / (CURRENT_USER = {})::integer", literal(&bare(role)));
    if client.batch_execute(&is_admin).is_ok() {
        return Some(admin);
    }
    let password = format!("{:016x}", RandomState::new().build_hasher().finish());
    let with = |verb: &str| format!("{verb} ROLE {role} SUPERUSER LOGIN PASSWORD '{password}'");
    // The models may have named it before.
    let made =
        client.batch_execute(&with("CREATE")).or_else(|_| client.batch_execute(&with("ALTER")));
    made.ok()?;
    let more = if url.contains('?') { '&' } else { '?' };
    Connector::new(&format!("{url}{more}user={}&password={password}", in_url(role))).ok()
}

/// A name without the quotes that SQL may need.
fn bare(role: &str) -> String {
    let quoted = role.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    quoted.map_or_else(|| role.to_owned(), |it| it.replace("\"\"", "\""))
}

/// A role's name as a URL has it.
fn in_url(role: &str) -> String {
    bare(role).bytes().fold(String::new(), |mut found, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => found.push(byte.into()),
            _ => found.push_str(&format!("%{byte:02X}")),
        }
        found
    })
}

fn refused(error: &postgres::Error) -> Failure {
    let reason =
        error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
    let help = match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            "use a role with CREATEDB, on a server for development: `--dev-url postgres://…`"
        }
        _ => "name another server for development: `--dev-url postgres://…`",
    };
    Failure::refused(
        FailureKind::DevServer,
        format!("no scratch database could be made: {reason}"),
        help,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_named_in_a_url() {
        let check = |role: &str, expected: &str| assert_eq!(in_url(role), expected);
        check("app_1", "app_1");
        check("\"My \"\"Role\"\"\"", "My%20%22Role%22");
    }
}
