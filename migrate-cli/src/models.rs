//! The models: SQL that builds the wanted schema in an empty database. It comes from files, from a
//! command, or from the program.

mod build;
mod command;
mod files;
mod queue;
mod refusal;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use migrate_core::syntax::Source;
use postgres::Client;

use self::build::Build;
use crate::args::ModelArgs;
use crate::context::Context;
use crate::deadline::Deadline;
use crate::env_file::Variables;
use crate::failure::{Failure, FailureKind};
use crate::scratch::Scratch;

/// How long building the models may take, unless it is said.
const LIMIT: Duration = Duration::from_secs(300);

/// The models.
pub(crate) struct Models {
    origin: Origin,
    /// None means no limit.
    limit: Option<Duration>,
}

/// Where the models come from.
enum Origin {
    /// Files, and folders of files.
    Files(Vec<PathBuf>),
    /// What a command prints, and where it runs, if not here.
    Command(String, Option<PathBuf>),
    /// This program, which declares them in Rust.
    Program(fn() -> String),
}

impl Models {
    /// Those of the arguments, of the program, of `MIGRATE_MODELS`, or of migrate.toml, if there are any.
    pub(crate) fn find(context: &Context, arguments: &ModelArgs) -> Result<Option<Self>, Failure> {
        let limit = arguments.models_timeout.unwrap_or(LIMIT);
        let limit = (!limit.is_zero()).then_some(limit);
        let origin = match (&arguments.models_command, context.models) {
            (Some(command), _) => Some(Origin::Command(command.clone(), None)),
            (None, _) if !arguments.models.is_empty() => {
                Some(Origin::Files(arguments.models.clone()))
            }
            (None, Some(models)) => Some(Origin::Program(models)),
            (None, None) => {
                let variables = Variables::read(context.connection.env_file.as_deref())?;
                match variables.get("MIGRATE_MODELS") {
                    Some(file) => Some(Origin::Files(vec![PathBuf::from(file)])),
                    None => configured(context)?,
                }
            }
        };
        Ok(origin.map(|origin| Models { origin, limit }))
    }

    /// Models in one file.
    pub(crate) fn of_file(file: PathBuf) -> Self {
        Models { origin: Origin::Files(vec![file]), limit: Some(LIMIT) }
    }

    /// Builds the schema.
    pub(crate) fn build(&self, client: &mut Client, scratch: &Scratch) -> Result<(), Failure> {
        let began = Instant::now();
        let sources = self.sources()?;
        for source in &sources {
            refusal::readable(source)?;
        }
        // What the command has taken is gone.
        let left = self.limit.map(|limit| limit.saturating_sub(began.elapsed()));
        let deadline = Deadline::of(left, client, scratch)?;
        Build { client, scratch, deadline: &deadline, limit: self.limit }.run(&sources)
    }

    fn sources(&self) -> Result<Vec<Source<'static>>, Failure> {
        match &self.origin {
            Origin::Program(models) => {
                Ok(vec![Source::new("models", files::without_psql(models()))])
            }
            Origin::Files(paths) => files::read(paths),
            Origin::Command(command, directory) => {
                let text = command::output(command, directory.as_deref(), self.limit)?;
                let name = format!("the output of `{command}`");
                Ok(vec![Source::new(name, files::without_psql(text))])
            }
        }
    }
}

/// Those that migrate.toml names.
fn configured(context: &Context) -> Result<Option<Origin>, Failure> {
    let config = context.source.config()?;
    let (paths, command) = (config.models(), config.models_command());
    if !paths.is_empty() && command.is_some() {
        let what = "migrate.toml has both `models` and `models_command`";
        return Err(Failure::refused(FailureKind::Usage, what, "remove one of the two"));
    }
    let here = || context.source.settings_folder().unwrap_or_default();
    Ok(match command {
        Some(command) => Some(Origin::Command(command.to_owned(), Some(here()))),
        None if paths.is_empty() => None,
        None => Some(Origin::Files(paths.iter().map(|path| here().join(path)).collect())),
    })
}
