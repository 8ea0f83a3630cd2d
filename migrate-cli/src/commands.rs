//! The commands: each in a few lines over what core decides.

mod adopt;
mod autogenerate;
mod check;
mod current;
mod db;
mod forget;
mod graph;
mod history;
mod import;
mod init;
mod lint;
mod log;
mod plan;
mod queries;
mod redo;
mod run;
mod schema;
mod script;
mod shell;
mod show;
mod stamp;
mod status;
mod test;
mod upgrade;
mod write;

use std::path::Path;

use crate::args::{ChainCommand, RevisionArgs, SchemaCommand, WriteCommand};
use crate::context::Context;
use crate::failure::{Exit, Failure};

/// Runs a command over a chain and a database.
pub(crate) fn run(context: &Context, command: ChainCommand) -> Result<Exit, Failure> {
    match command {
        ChainCommand::Upgrade(arguments) => upgrade::upgrade(context, &arguments),
        ChainCommand::Downgrade(arguments) => upgrade::downgrade(context, &arguments),
        ChainCommand::Redo(arguments) => redo::redo(context, &arguments),
        ChainCommand::Stamp(arguments) => stamp::stamp(context, &arguments),
        ChainCommand::Adopt(arguments) => adopt::adopt(context, &arguments),
        ChainCommand::Forget(arguments) => forget::forget(context, &arguments),
        ChainCommand::Current => current::current(context),
        ChainCommand::Status { exit_code } => status::status(context, exit_code),
        ChainCommand::Verify => check::verify(context),
        ChainCommand::Check { at_head, format, drift, grants, schema_map, models } => {
            let drift = check::DriftArgs { drift, grants, schema_map: &schema_map };
            check::check(context, at_head, format, drift, &models)
        }
        ChainCommand::Lint(arguments) => lint::run(context, &arguments),
        ChainCommand::Test(arguments) => test::run(context, &arguments),
        ChainCommand::History { rev_range, indicate_current } => {
            history::history(context, rev_range.as_ref(), indicate_current)
        }
        ChainCommand::Heads => show::heads(context),
        ChainCommand::Branches => show::branches(context),
        ChainCommand::Show { revision } => show::revision(context, &revision),
        ChainCommand::Graph { format } => graph::graph(context, format),
        ChainCommand::Db(command) => db::db(context, &command),
        ChainCommand::Schema(SchemaCommand::Dump(arguments)) => schema::dump(context, &arguments),
        ChainCommand::Log { limit } => log::log(context, limit),
        ChainCommand::Completions { shell } => shell::completions(context, shell),
        ChainCommand::Man { command } => shell::man(context, command.as_deref()),
    }
}

/// Runs a command that writes files.
pub(crate) fn write(
    context: &Context,
    directory: &Path,
    command: &WriteCommand,
) -> Result<Exit, Failure> {
    match command {
        WriteCommand::Revision(arguments) => revision(context, directory, arguments),
        WriteCommand::Merge { message, rev_id } => {
            write::merge(context, directory, message, rev_id.as_deref())
        }
        WriteCommand::Rebase { revision, onto } => {
            write::rebase(context, directory, revision, onto)
        }
        WriteCommand::Lock { accept_down: Some(revision), unchecked, .. } => {
            write::accept_down(context, directory, revision, *unchecked)
        }
        WriteCommand::Lock { from_database: true, .. } => {
            write::lock_from_database(context, directory)
        }
        WriteCommand::Lock { through, unchecked, .. } => {
            write::lock(context, directory, through.as_deref(), *unchecked)
        }
        WriteCommand::Queries(arguments) => queries::run(context, directory, arguments),
        WriteCommand::Import(arguments) => import::import(context, directory, arguments),
        WriteCommand::Init { message } => init::init(context, directory, message),
        WriteCommand::Edit { revision } => write::edit(context, directory, revision),
    }
}

/// Writes a new revision: empty, or from the models.
pub(crate) fn revision(
    context: &Context,
    directory: &Path,
    arguments: &RevisionArgs,
) -> Result<Exit, Failure> {
    if arguments.autogenerate {
        return autogenerate::autogenerate(context, directory, arguments);
    }
    let RevisionArgs { message, rev_id, head, .. } = arguments;
    write::revision(context, directory, message, rev_id.as_deref(), head.as_deref())
}
