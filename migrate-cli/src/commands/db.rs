//! `migrate db`: the database itself, from another database of the same server.

use std::time::{Duration, Instant};

use migrate_core::__private::quote;
use migrate_core::connect::Connector;
use migrate_core::{Chain, ConnectError, Target};
use postgres::error::SqlState;
use postgres::{Client, SimpleQueryMessage};
use serde::Serialize;

use self::template::Template;
use super::run::{limited, run};
use crate::args::{DbCommand, Removal, Reset};
use crate::context::Context;
use crate::failure::{Exit, Failure, FailureKind};
use crate::guard;
use crate::server_wait;
use crate::ui::{Page, View};

mod template;

/// What became of the database.
#[derive(Serialize)]
struct Became {
    database: String,
    /// `created`, `exists`, `dropped` or `missing`.
    state: &'static str,
    #[serde(skip)]
    text: String,
}

impl View for Became {
    fn text(&self, page: &mut Page) {
        page.line(&self.text);
    }
}

/// A server that accepts connections.
#[derive(Serialize)]
struct Ready {
    database: String,
    /// Whether the database exists, too.
    exists: bool,
    waited_ms: u64,
}

impl View for Ready {
    fn text(&self, page: &mut Page) {
        let exists = if self.exists { "" } else { ", but the database does not exist" };
        page.line(format!("{} accepts connections{exists}", self.database));
    }
}

/// `migrate db`
pub(super) fn db(context: &Context, command: &DbCommand) -> Result<Exit, Failure> {
    match command {
        DbCommand::Create => create(context),
        DbCommand::Drop(removal) => drop_it(context, removal),
        DbCommand::Reset(arguments) => reset(context, arguments),
        DbCommand::Wait { timeout } => wait(context, *timeout),
    }
}

/// The database, and a session in another one of its server.
struct Server {
    name: String,
    place: String,
    admin: Client,
}

impl Server {
    fn open(context: &Context) -> Result<Self, Failure> {
        let connector = context.connector()?;
        let name = connector.database().ok_or_else(|| {
            let help = "name it in the URL: `postgres://user@host:5432/database`";
            Failure::refused(FailureKind::Usage, "nothing says what the database is called", help)
        })?;
        let (name, place) = (name.to_owned(), connector.to_string());
        let admin = beside(&connector, &name)?;
        Ok(Server { name, place, admin })
    }

    fn exists(&mut self) -> Result<bool, Failure> {
        Ok(self.template()?.is_some())
    }

    /// How the database was made, if it exists.
    fn template(&mut self) -> Result<Option<Template>, Failure> {
        let found = self.admin.simple_query(&template::query(&self.name));
        let found = found.map_err(|error| refused(&error, None))?;
        let row = |message: SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
            }
            _ => None,
        };
        Ok(found.into_iter().find_map(row).map(Template::of))
    }

    fn create(&mut self, template: Option<&Template>) -> Result<(), Failure> {
        let like = template.map(Template::clauses).unwrap_or_default();
        let sql = format!("CREATE DATABASE {}{like}", quote(&self.name));
        self.admin.batch_execute(&sql).map_err(|error| refused(&error, None))
    }

    fn drop(&mut self, force: bool) -> Result<(), Failure> {
        let force = if force { " WITH (FORCE)" } else { "" };
        let sql = format!("DROP DATABASE IF EXISTS {}{force}", quote(&self.name));
        self.admin.batch_execute(&sql).map_err(|error| refused(&error, Some(&self.place)))
    }
}

/// Connects to another database of the server: `postgres`, which somebody may have dropped, or the template.
fn beside(connector: &Connector, name: &str) -> Result<Client, Failure> {
    let others = ["postgres", "template1"].into_iter().filter(|other| *other != name);
    let mut last = None;
    for other in others {
        match connector.to_database(other)?.connect() {
            Err(error @ ConnectError::UnknownDatabase { .. }) => last = Some(error),
            result => return Ok(result?),
        }
    }
    Err(last.unwrap_or(ConnectError::Nowhere).into())
}

/// What the server says, in its words.
fn refused(error: &postgres::Error, place: Option<&str>) -> Failure {
    let Some(said) = error.as_db_error() else {
        let help = "check the server, and run the command again";
        return Failure::refused(FailureKind::Database, error.to_string(), help);
    };
    let mut what =
        format!("the server refuses: {} (SQLSTATE {})", said.message(), said.code().code());
    if let Some(detail) = said.detail() {
        what.push_str(&format!("\n = note: {detail}"));
    }
    let code = said.code();
    let help = match place {
        Some(place) if *code == SqlState::OBJECT_IN_USE => {
            format!("close the connections to {place}, or end them: `--force`")
        }
        _ if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            "use a role that may do it: to create a database needs CREATEDB, to drop one its owner"
                .to_owned()
        }
        _ => said.hint().unwrap_or("the server's log may say more").to_owned(),
    };
    Failure::refused(FailureKind::Database, what, help)
}

/// Asks, where somebody can be asked; elsewhere a yes is needed in the command.
fn agree(context: &Context, yes: bool, what: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if context.ui.can_ask() {
        context.ui.say(what);
        if context.ui.ask("Go on?") {
            return Ok(());
        }
    }
    Err(Failure::Declined)
}

/// `migrate db create`
fn create(context: &Context) -> Result<Exit, Failure> {
    let mut server = Server::open(context)?;
    let (state, text) = if server.exists()? {
        ("exists", format!("{} exists already", server.place))
    } else {
        server.create(None)?;
        ("created", format!("created {}", server.place))
    };
    context.ui.show(&Became { database: server.place, state, text })?;
    Ok(Exit::Fine)
}

/// `migrate db drop`
fn drop_it(context: &Context, removal: &Removal) -> Result<Exit, Failure> {
    let mut server = Server::open(context)?;
    let (state, text) = if server.exists()? {
        let what = format!("This drops the database {} with all that is in it.", server.place);
        agree(context, removal.yes, &what)?;
        server.drop(removal.force)?;
        ("dropped", format!("dropped {}", server.place))
    } else {
        ("missing", format!("{} does not exist", server.place))
    };
    context.ui.show(&Became { database: server.place, state, text })?;
    Ok(Exit::Fine)
}

/// `migrate db reset`
fn reset(context: &Context, arguments: &Reset) -> Result<Exit, Failure> {
    // A chain that can't be applied is no reason to drop a database.
    let chain = match arguments.unchecked {
        true => guard::chain(&context.source, true)?,
        false => context.source.built()?,
    };
    let mut server = Server::open(context)?;
    let template = server.template()?;
    if let Some(template) = &template {
        let what = format!(
            "This drops the database {} with all that is in it, creates it again, and applies the chain.",
            server.place
        );
        agree(context, arguments.removal.yes, &what)?;
        server.drop(arguments.removal.force)?;
        if template.has_more {
            context.ui.warn(format!(
                "{} had settings or privileges of its own, which a new database does not have\n \
                 = help: repeat its `ALTER DATABASE … SET` and `GRANT … ON DATABASE`",
                server.place
            ));
        }
    }
    server.create(template.as_ref())?;
    context.ui.say(format!("created {}", server.place));
    fill(context, &chain, arguments)?;
    Ok(Exit::Fine)
}

/// Applies the chain to the new database.
fn fill(context: &Context, chain: &Chain<'static>, arguments: &Reset) -> Result<(), Failure> {
    let database = context.open()?;
    let runner = limited(context, chain, &arguments.limits);
    run(context, chain, database, runner, |runner, client| runner.upgrade_to(client, Target::Head))
}

/// `migrate db wait`
fn wait(context: &Context, limit: Duration) -> Result<Exit, Failure> {
    let connector = context.connector()?;
    let begin = Instant::now();
    let exists = match server_wait::connect(&context.ui, &connector, limit) {
        Ok(_) => true,
        Err(ConnectError::UnknownDatabase { .. }) => false,
        Err(error) => return Err(error.into()),
    };
    let waited_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    context.ui.show(&Ready { database: connector.to_string(), exists, waited_ms })?;
    if !exists {
        context.ui.say("`migrate db create` creates the database");
    }
    Ok(Exit::Fine)
}
