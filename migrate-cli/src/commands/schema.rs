//! `migrate schema dump`: the schema as SQL or as a diagram.

use std::path::Path;

use migrate_core::Chain;
use migrate_core::schema::catalog::{Catalog, Difference};
use migrate_core::schema::diff;
use serde::Serialize;

use crate::args::{Dump, SchemaFormat};
use crate::compare::{build_chain, differences, read};
use crate::context::{Context, stand_in};
use crate::failure::{Exit, Failure};
use crate::meaning::agreed;
use crate::schema_file::{format_of, written};
use crate::scratch::Scratch;
use crate::ui::{Page, View};

#[derive(Serialize)]
struct Dumped {
    format: &'static str,
    /// Where it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// It, if it was not written to a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    tables: usize,
    /// What the SQL lacks.
    missing: Vec<Difference>,
}

impl View for Dumped {
    fn text(&self, page: &mut Page) {
        if let Some(path) = &self.path {
            page.line(path);
        }
    }
}

/// `migrate schema dump`
pub(super) fn dump(context: &Context, arguments: &Dump) -> Result<Exit, Failure> {
    let format = match (&arguments.format, &arguments.output) {
        (Some(format), _) => *format,
        (None, Some(path)) => format_of(path)?,
        (None, None) => SchemaFormat::Sql,
    };
    // A database that is named here, and not in the environment, is named for a reason.
    let catalog = match context.connection.database_url {
        Some(_) => of_database(context)?,
        None => of_chain(context, arguments.dev_url.as_deref(), format)?,
    };
    let missing = match format {
        SchemaFormat::Sql => diff::dump(&catalog).unwritten,
        _ => Vec::new(),
    };
    for it in &missing {
        let why = it.after.as_ref().or(it.before.as_ref());
        let why = why.map_or_else(String::new, |why| format!(" ({why})"));
        context.ui.warn(format!("missing in the SQL: {} {}{why}", it.kind, it.name));
    }
    let text = written(&catalog, format);
    let mut dumped = Dumped {
        format: name(format),
        path: None,
        text: None,
        tables: catalog.relations.len(),
        missing,
    };
    match &arguments.output {
        Some(path) => {
            save(path, &text)?;
            dumped.path = Some(path.display().to_string());
            context.ui.show(&dumped)?;
        }
        None if context.ui.json => {
            dumped.text = Some(text);
            context.ui.show(&dumped)?;
        }
        None => context.ui.verbatim(&text, &dumped)?,
    }
    Ok(Exit::Fine)
}

fn name(format: SchemaFormat) -> &'static str {
    match format {
        SchemaFormat::Sql => "sql",
        SchemaFormat::Mermaid => "mermaid",
        SchemaFormat::Dot => "dot",
        SchemaFormat::Html => "html",
        SchemaFormat::Json => "json",
    }
}

/// A file that is the same already is left as it is.
fn save(path: &Path, text: &str) -> Result<(), Failure> {
    if std::fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes()) {
        return Ok(());
    }
    std::fs::write(path, text)
        .map_err(|source| Failure::Unwritable { path: path.to_owned(), source })
}

/// What a database has, but for the tables of migration tools. The chain may be broken, or not there.
fn of_database(context: &Context) -> Result<Catalog, Failure> {
    let mut database = context.open()?;
    let chain = context.source.chain().or_else(|_| stand_in())?;
    read(&mut database.client, Some(&context.runner(&chain)))
}

fn of_chain(
    context: &Context,
    dev_url: Option<&str>,
    format: SchemaFormat,
) -> Result<Catalog, Failure> {
    let chain: Chain<'static> = context.source.built()?;
    let scratch = Scratch::open(context, dev_url)?;
    let (_, catalog) = build_chain(context, &scratch, Some(&chain), None)?;
    let catalog = catalog.without_privileges();
    if format == SchemaFormat::Sql {
        verify(context, &scratch, &catalog)?;
    }
    Ok(catalog)
}

/// Runs the statements, and says where they lead elsewhere: nobody should find that out later.
fn verify(context: &Context, scratch: &Scratch, catalog: &Catalog) -> Result<(), Failure> {
    let dump = diff::dump(catalog);
    if !dump.unwritten.is_empty() {
        // That is said, and the rest may need it.
        return Ok(());
    }
    let database = scratch.database()?;
    let mut client = database.connect()?;
    // All of it at once, as it is written: one commit.
    if let Err(error) = client.batch_execute(&dump.to_string()) {
        let why =
            error.as_db_error().map_or_else(|| error.to_string(), |it| it.message().to_owned());
        context.ui.warn(format!(
            "the SQL of the dump does not run: {why}\n = help: please report it, with the migrations"
        ));
        return Ok(());
    }
    let found = read(&mut database.connect()?, None)?;
    let catalog = agreed(&mut database.connect()?, catalog, &found);
    let differences = differences(&found, &catalog);
    if !differences.is_empty() {
        let lines: Vec<String> = differences.iter().map(|it| format!("\n   {it}")).collect();
        context.ui.warn(format!(
            "the SQL of the dump builds another schema:{}\n = help: please report it, with the migration",
            lines.concat()
        ));
    }
    Ok(())
}
