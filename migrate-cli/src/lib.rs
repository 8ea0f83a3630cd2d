//! Alembic's commands for a chain of PostgreSQL migrations, as a library: the binary `migrate` is
//! one call of [`run`], and a program with an embedded chain one of [`run_embedded`].
//!
//! ```
//! use std::process::ExitCode;
//!
//! let code: ExitCode = migrate_cli::run(["migrate", "--version"]);
//! ```
//!
//! Everything that can be decided is decided in `migrate-core`; here are arguments, files and
//! words. Data goes to standard output, words to standard error.

mod adopt;
mod args;
mod blind;
mod commands;
mod compare;
mod connection;
mod context;
mod deadline;
mod diagram;
mod draft;
mod env_file;
mod failure;
mod foreign_histories;
mod graph;
mod guard;
mod hazards;
mod heartbeat;
mod import;
mod interrupt;
mod live;
mod meaning;
mod models;
mod program_name;
mod schema_file;
mod scratch;
mod server_wait;
mod staircase;
mod tenants;
mod tree;
mod trial;
mod ui;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, FromArgMatches};
use migrate_core::Chain;

use crate::args::{Embedded, FolderCommand, ModelCommand, OnFolder, WRITING, WithModels, advise};
use crate::connection::Connection;
use crate::context::Context;
use crate::failure::{Exit, Failure, FailureView};
use crate::program_name::ProgramName;
use crate::tree::{Source, settings};
use crate::ui::Ui;

/// Runs one command over a folder, and tells how it went: 0 when all is well, 1 when it failed, 2
/// when the arguments make no command, 3 when the database is not at head and 4 when it has diverged.
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let program = OnFolder::command();
    let OnFolder { directory, env, common, command } = match read(program.clone(), arguments, false)
    {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    let ui = Ui::new(&common.output, ProgramName::new("migrate", &[])).of_folder(&directory);
    let source = Source::Folder(directory.clone());
    let connection = match Connection::of_folder(common.connection, env, settings(&directory)) {
        Ok(connection) => connection,
        Err(failure) => return tell(&ui, Err(failure)),
    };
    let context = Context { source, connection, ui: ui.clone(), models: None, program };
    let result = match command {
        FolderCommand::Write(command) => commands::write(&context, &directory, &command),
        FolderCommand::Chain(command) => commands::run(&context, command),
    };
    tell(&ui, result)
}

/// The same over the chain that `embed_migrations!()` has put into this program, whose name it is
/// given. Without the commands that write files.
///
/// ```
/// use migrate_core::Chain;
///
/// fn main_of(chain: &'static Chain<'static>) -> std::process::ExitCode {
///     migrate_cli::run_embedded("actorhub-migrate", chain, std::env::args_os())
/// }
/// ```
pub fn run_embedded(
    name: &'static str,
    chain: &'static Chain<'static>,
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> ExitCode {
    let program = named(Embedded::command(), name);
    let Embedded { common, command } = match read(program.clone(), arguments, true) {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    let ui = Ui::new(&common.output, ProgramName::new(name, &WRITING));
    let source = Source::Embedded(chain);
    let connection = Connection::of_program(common.connection, chain.settings());
    let context = Context { source, connection, ui: ui.clone(), models: None, program };
    tell(&ui, commands::run(&context, command))
}

/// The same for developers: the program declares the models, too, so `check` compares the chain with
/// them, and `revision --autogenerate` writes the next revision into the folder of the migrations.
///
/// ```
/// use migrate_core::Chain;
///
/// fn main_of(chain: &'static Chain<'static>) -> std::process::ExitCode {
///     let models = || "CREATE TABLE users (id bigint PRIMARY KEY)".to_owned();
///     let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
///     migrate_cli::run_with_models("shop-migrate", chain, models, folder, std::env::args_os())
/// }
/// ```
pub fn run_with_models(
    name: &'static str,
    chain: &'static Chain<'static>,
    models: fn() -> String,
    folder: &'static str,
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> ExitCode {
    // As a person would write it, who is in the workspace.
    let folder = std::env::current_dir()
        .ok()
        .and_then(|here| Path::new(folder).strip_prefix(here).ok()?.to_str())
        .unwrap_or(folder);
    let program = named(WithModels::command(), name)
        .mut_arg("directory", |argument| argument.default_value(folder));
    let WithModels { directory, common, command } = match read(program.clone(), arguments, true) {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    // Of the commands that write files, this program has the first.
    let elsewhere = WRITING.split_first().map_or(&[][..], |(_, others)| others);
    let ui = Ui::new(&common.output, ProgramName::new(name, elsewhere));
    let connection = Connection::of_program(common.connection, chain.settings());
    let (source, models) = (Source::Embedded(chain), Some(models));
    let context = Context { source, connection, ui: ui.clone(), models, program };
    let result = match command {
        ModelCommand::Revision(arguments) => commands::revision(&context, &directory, &arguments),
        ModelCommand::Chain(command) => commands::run(&context, command),
    };
    tell(&ui, result)
}

/// The arguments of a program with another name.
fn named(program: clap::Command, name: &'static str) -> clap::Command {
    program.name(name).mut_subcommands(|command| {
        let help = command.get_after_help().map(ToString::to_string);
        match help {
            Some(help) => command.after_help(help.replace("  migrate ", &format!("  {name} "))),
            None => command,
        }
    })
}

fn read<T: FromArgMatches>(
    program: clap::Command,
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    embedded: bool,
) -> Result<T, Exit> {
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    // Of arguments that make no command, this one can be told all the same.
    let json = arguments.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    let matches = program.try_get_matches_from(arguments);
    matches.and_then(|matches| T::from_arg_matches(&matches)).map_err(|mut error| {
        if let Some(advice) = advise(&error, embedded) {
            // We know better than what merely looks alike.
            error.remove(ContextKind::SuggestedSubcommand);
            let advice = ContextValue::StyledStrs(vec![advice.into()]);
            error.insert(ContextKind::Suggested, advice);
        }
        if json && error.use_stderr() {
            ui::tell_program(&FailureView::usage(&error));
        }
        let _ = error.print();
        // Help and version are asked for, and no mistake.
        if error.use_stderr() { Exit::Usage } else { Exit::Fine }
    })
}

fn tell(ui: &Ui, result: Result<Exit, Failure>) -> ExitCode {
    let exit = result.unwrap_or_else(|failure| {
        ui.fail(&failure);
        failure.exit()
    });
    exit.into()
}
