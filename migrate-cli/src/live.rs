//! Catalogs of a live database and of a scratch one, side by side: read whatever limits the roles have, and told
//! from the role that runs the chain, which is called otherwise on each server.

use std::collections::BTreeSet;

use migrate_core::__private::literal;
use migrate_core::Runner;
use migrate_core::runner::histories_in;
use migrate_core::schema::catalog::{Catalog, Name};
use migrate_core::schema::diff::{comparable, without_not_null_names, without_privilege};
use postgres::{Client, SimpleQueryMessage};

use crate::compare::unreadable;
use crate::context::Context;
use crate::failure::{Failure, FailureKind};

/// A catalog, and where it was read.
pub(crate) struct Seen {
    pub(crate) catalog: Catalog,
    /// Who runs the chain there, as SQL has its name.
    pub(crate) role: String,
    /// The server's major version.
    version: u32,
}

/// Limits that a role may have, and that reading may not have time for.
const LIMITS: &str = "SELECT pg_catalog.set_config(name, '0', true) FROM pg_catalog.pg_settings WHERE name IN \
    ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')";

/// Since this version there is one privilege more.
const MAINTAIN_SINCE: u32 = 17;

/// Since this version a NOT NULL of a column has a name.
const NOT_NULL_NAMED_SINCE: u32 = 18;

impl Seen {
    /// Reads everything, and privileges. Who owns this table has run what was run: `public.migrate_history`.
    pub(crate) fn read(
        client: &mut Client,
        (schema, table): (&str, &str),
    ) -> Result<Self, Failure> {
        let asked = |error: postgres::Error| {
            let why =
                error.as_db_error().map_or_else(|| error.to_string(), |it| it.message().to_owned());
            let help = "check the connection, and run it again";
            Failure::refused(
                FailureKind::Catalog,
                format!("the catalog can't be read: {why}"),
                help,
            )
        };
        let who = format!(
            "SELECT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)) FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {} AND c.relname = {} \
             UNION ALL SELECT pg_catalog.quote_ident(CURRENT_USER) LIMIT 1",
            literal(schema),
            literal(table)
        );
        client
            .batch_execute(&format!("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; {LIMITS}"))
            .map_err(asked)?;
        let role = value(client, &who).map_err(asked)?;
        let version = value(client, "SHOW server_version_num").map_err(asked)?;
        let catalog = Catalog::read_with_grants_of(client, &role);
        client.batch_execute("ROLLBACK").map_err(asked)?;
        let catalog = catalog.map_err(|error| unreadable(&error))?;
        let version = version.parse().unwrap_or(0) / 10_000;
        Ok(Seen { catalog, role, version })
    }

    /// The same without migrate's own tables, and those of other tools and other chains.
    pub(crate) fn without_books(mut self, runner: Option<&Runner<'_>>) -> Self {
        let histories = histories_in(&self.catalog);
        let schemas: BTreeSet<&str> = histories.iter().map(|it| &*it.schema).collect();
        let schemas: BTreeSet<String> = schemas.into_iter().map(str::to_owned).collect();
        let catalog = crate::compare::without_books(self.catalog, runner);
        let mut catalog = catalog.without(|name: &Name| histories.contains(name));
        // A schema that was made for them.
        for schema in schemas
            .iter()
            .filter(|it| *it != "public" && !catalog.has_in(it))
            .cloned()
            .collect::<Vec<_>>()
        {
            catalog = catalog.without_schemas(|it| it == schema);
        }
        self.catalog = catalog;
        self
    }

    /// Two versions may print the same definition in two ways.
    pub(crate) fn warn_of_versions(&self, live: &Seen, context: &Context) {
        if live.version != self.version {
            context.ui.warn(format!(
                "the database is PostgreSQL {}, and was compared on {}: some definitions may be printed \
                 otherwise\n = help: name a server of its version: `--dev-url postgres://…`",
                live.version, self.version
            ));
        }
    }

    /// What is built, and what is live, in the same words.
    pub(crate) fn beside(self, live: Self) -> (Catalog, Catalog) {
        let (mut built, mut found) =
            comparable((&self.catalog, &self.role), (&live.catalog, &live.role));
        // An extension may have been installed by the server's administrator before the chain ran, so its comment says
        // nothing about the chain.
        for catalog in [&mut built, &mut found] {
            catalog.extensions.values_mut().for_each(|extension| extension.comment = None);
        }
        let only_one_since = |version: u32| {
            self.version.min(live.version) < version && self.version.max(live.version) >= version
        };
        let unnamed = only_one_since(NOT_NULL_NAMED_SINCE);
        built = without_not_null_names(built, unnamed);
        found = without_not_null_names(found, unnamed);
        match only_one_since(MAINTAIN_SINCE) {
            true => (without_privilege(built, "MAINTAIN"), without_privilege(found, "MAINTAIN")),
            false => (built, found),
        }
    }
}

/// The first value of an answer.
fn value(client: &mut Client, sql: &str) -> Result<String, postgres::Error> {
    let found = client.simple_query(sql)?;
    let value = found.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(value.unwrap_or_default().to_owned())
}
