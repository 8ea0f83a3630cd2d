//! Why a command did not do what was asked, and how a program learns that.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{fmt, io};

use migrate_core::__private::counted;
use migrate_core::chain::edit::EditError;
use migrate_core::runner::ErrorKind;
use migrate_core::{ConnectError, Error, PlanError, Rejection};
use serde::Serialize;

use crate::hazards::Found;
use crate::import::Wrong;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Fine = 0,
    Failed = 1,
    Usage = 2,
    NotAtHead = 3,
    Diverged = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// What revisions were analysed for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Apply,
    Pin,
}

impl Purpose {
    fn anyway(self) -> &'static str {
        match self {
            Purpose::Apply => "applies them anyway",
            Purpose::Pin => "pins them anyway",
        }
    }
}

/// A failure, with what to do next; what people see on standard error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{}", rejected(.0))]
    Rejected(#[from] Rejection),
    /// Of what was about to run, or to be pinned.
    #[error(
        "{problems}\n\n{count}\n = help: fix the files, and look again with `migrate check`; \
         `--unchecked` {anyway}",
        problems = each_problem(.rejection),
        count = unsound(.rejection, *.purpose),
        anyway = .purpose.anyway()
    )]
    Unsound { rejection: Rejection, purpose: Purpose },
    #[error("{}", each(.0, "written"))]
    Import(Vec<Wrong>),
    #[error("{}", each(.0, "adopted"))]
    Adopt(Vec<Wrong>),
    #[error("{0}\n = help: {help}", help = .0.help())]
    Edit(#[from] EditError),
    #[error("{0}\n = help: {help}", help = .0.help())]
    Plan(#[from] PlanError),
    #[error("there is no revision `{0}`\n = help: `migrate history` lists the revisions")]
    UnknownRevision(String),
    #[error("`{path}` already exists and was not changed\n = help: choose another id with `--rev-id`", path = .0.display())]
    Exists(PathBuf),
    #[error("`{path}` can't be written: {source}\n = help: check the folder's permissions", path = path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error(
        "`{path}` can't be read: {reason}\n = help: fix it, or name another file: `--env-file=FILE`",
        path = path.display()
    )]
    Unreadable { path: PathBuf, reason: String },
    #[error("{}", connect(.0))]
    Connect(#[from] ConnectError),
    /// With better advice than that of the connector, where there is some.
    #[error("{}", advised(&ConnectError::Nowhere, .0.as_deref()))]
    Nowhere(Option<String>),
    #[error("{0}")]
    Run(#[from] Box<Error>),
    /// The same, with better advice.
    #[error("{}", advised(.0, Some(.1)))]
    Advised(Box<Error>, String),
    #[error("the server for scratch databases: {0}")]
    DevServer(ConnectError),
    #[error("in a scratch database, not in yours: {}", on_scratch(.0))]
    OnScratch(Box<Error>),
    #[error("{0}")]
    Models(String),
    #[error("{text}")]
    Hazards { text: String, found: Vec<Found> },
    #[error("{what}\n = help: {help}")]
    Refused { kind: &'static str, what: String, help: String },
    #[error("nothing was done\n = help: `--yes` answers the question in scripts")]
    Declined,
    #[error("nothing can be printed: {0}")]
    Output(#[from] io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Plan(why) => Failure::Plan(why),
            // Core's help is for programs that call it.
            Error::UnrecognizedTable { .. } | Error::NameTaken { .. } => {
                let help = "is this the right database? If it is, put migrate's tables elsewhere: \
                            `--table-prefix` or `--schema`";
                Failure::Advised(Box::new(error), help.to_owned())
            }
            error => Failure::Run(Box::new(error)),
        }
    }
}

impl Failure {
    /// What a command refuses to do by itself.
    pub(crate) fn refused(
        kind: &'static str,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Failure::Refused { kind, what: what.into(), help: help.into() }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Failure::Plan(PlanError::Diverged(_)) => Exit::Diverged,
            Failure::Run(error) if error.kind() == ErrorKind::NotAtHead => Exit::NotAtHead,
            Failure::Nowhere(_) => Exit::Usage,
            Failure::Refused { kind: "usage", .. } => Exit::Usage,
            _ => Exit::Failed,
        }
    }

    /// A word for programs; docs/CLI.md lists them.
    fn kind(&self) -> &'static str {
        match self {
            Failure::Rejected(_) | Failure::Unsound { .. } => "broken-chain",
            Failure::Import(_) => "import",
            Failure::Adopt(_) => "adopt",
            Failure::Edit(_) => "edit",
            Failure::Plan(PlanError::Diverged(_)) => "diverged",
            Failure::Plan(PlanError::Irreversible { .. }) => "irreversible",
            Failure::Plan(PlanError::UnknownRevision { .. }) | Failure::UnknownRevision(_) => {
                "unknown-revision"
            }
            Failure::Plan(PlanError::HalfDone(_)) => "partial",
            Failure::Plan(_) => "no-plan",
            Failure::Exists(_) | Failure::Unwritable { .. } | Failure::Unreadable { .. } => "file",
            Failure::Nowhere(_) => "no-database",
            Failure::Connect(_) => "no-connection",
            Failure::Run(error) | Failure::Advised(error, _) => match error.kind() {
                ErrorKind::Statement => "statement",
                ErrorKind::NotAtHead => "not-at-head",
                ErrorKind::LockTimeout => "busy",
                ErrorKind::InDoubt => "in-doubt",
                ErrorKind::HalfDone => "partial",
                ErrorKind::Denied => "denied",
                ErrorKind::Stopped => "stopped",
                _ => "run",
            },
            Failure::OnScratch(_) | Failure::DevServer(_) => "dev-server",
            Failure::Models(_) => "models",
            Failure::Hazards { .. } => "hazards",
            Failure::Refused { kind, .. } => kind,
            Failure::Declined => "declined",
            Failure::Output(_) => "output",
        }
    }

    /// The same for programs, whose advice names this program.
    pub(crate) fn view(&self, addressed: impl Fn(&str) -> String) -> FailureView {
        let text = addressed(&self.to_string());
        let mut view = FailureView {
            kind: self.kind(),
            exit: self.exit() as u8,
            // Help is the last line of it.
            message: text.lines().next().unwrap_or_default().to_owned(),
            help: text
                .rsplit_once(" = help: ")
                .map(|(_, help)| help.lines().next().unwrap_or_default().to_owned()),
            text,
            problems: Vec::new(),
            statement: None,
        };
        match self {
            Failure::Rejected(rejection) => {
                view.problems = problems(rejection);
                view.help = None;
                view.message = count(rejection);
            }
            Failure::Unsound { rejection, purpose } => {
                view.problems = problems(rejection);
                view.message = unsound(rejection, *purpose);
            }
            Failure::Import(wrong) | Failure::Adopt(wrong) => {
                view.problems = wrong.iter().map(|wrong| problem(wrong, view.kind)).collect();
                view.help = None;
                view.message = view.text.lines().last().unwrap_or_default().to_owned();
            }
            Failure::Hazards { found, .. } => {
                view.problems = found.iter().map(hazard).collect();
            }
            Failure::Run(error) | Failure::Advised(error, _) => view.statement = statement(error),
            _ => {}
        }
        view
    }
}

/// A failure, for programs.
#[derive(Debug, Serialize)]
pub(crate) struct FailureView {
    kind: &'static str,
    exit: u8,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ProblemView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<StatementView>,
    text: String,
}

impl FailureView {
    /// What makes no command of the arguments.
    pub(crate) fn usage(error: &clap::Error) -> Self {
        let text = error.to_string();
        let (message, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let tip = rest.lines().find_map(|line| line.trim().strip_prefix("tip: "));
        FailureView {
            kind: "usage",
            exit: Exit::Usage as u8,
            message: message.strip_prefix("error: ").unwrap_or(message).to_owned(),
            help: Some(tip.unwrap_or("`--help` lists the commands and their options").to_owned()),
            problems: Vec::new(),
            statement: None,
            text: text.trim_end().to_owned(),
        }
    }
}

/// What is wrong with a chain, for programs.
#[derive(Debug, Serialize)]
pub(crate) struct ProblemView {
    code: &'static str,
    message: String,
    help: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

/// Which statement the server refused, for programs.
#[derive(Debug, Serialize)]
pub(crate) struct StatementView {
    revision: String,
    direction: String,
    number: Option<usize>,
    of: usize,
    file: String,
    line: usize,
    column: usize,
    sqlstate: Option<String>,
    message: String,
    done: Vec<String>,
}

fn statement(error: &Error) -> Option<StatementView> {
    let Error::Statement(error) = error else { return None };
    let position = error.source.position(error.span.start);
    Some(StatementView {
        revision: error.revision.clone(),
        direction: error.direction.to_string(),
        number: error.statement,
        of: error.total,
        file: error.source.path().to_owned(),
        line: position.line,
        column: position.column,
        sqlstate: error.failure.code.clone(),
        message: error.failure.message.clone(),
        done: error.done.iter().map(|done| done.revision.clone()).collect(),
    })
}

pub(crate) fn problems(rejection: &Rejection) -> Vec<ProblemView> {
    let view = |found: &migrate_core::chain::Diagnostic| {
        let place = found.primary.as_ref().and_then(|label| {
            let source = rejection.sources.get(label.source)?;
            Some((source.path().to_owned(), source.position(label.span.start)))
        });
        let (file, position) = place.unzip();
        ProblemView {
            code: found.problem.code(),
            message: found.problem.to_string(),
            help: found.problem.help(),
            file,
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
        }
    };
    rejection.diagnostics.iter().map(view).collect()
}

fn hazard(found: &Found) -> ProblemView {
    let (code, message, help) =
        (found.hazard.code(), found.what.clone(), found.hazard.about().to_owned());
    ProblemView { code, message, help, file: None, line: None, column: None }
}

fn problem(wrong: &Wrong, code: &'static str) -> ProblemView {
    let (file, line) = wrong.place.clone().unzip();
    ProblemView {
        code,
        message: wrong.what.clone(),
        help: wrong.help.clone(),
        file,
        line: line.flatten(),
        column: None,
    }
}

/// An error with this help in place of its own, which is its last line.
fn advised(error: &impl fmt::Display, help: Option<&str>) -> String {
    let text = error.to_string();
    match (text.rsplit_once("= help: "), help) {
        (Some((before, _)), Some(help)) => format!("{before}= help: {help}"),
        _ => text,
    }
}

/// Why there is no connection, with a command where core's help is a statement.
fn connect(error: &ConnectError) -> String {
    let is_missing = matches!(error, ConnectError::UnknownDatabase { .. });
    let help = "check its name, or create it: `migrate db create` (without one in the connection string, the \
                database is called like the role)";
    advised(error, is_missing.then_some(help))
}

/// What a scratch server said. That it lacks an extension is no fault of the chain.
fn on_scratch(error: &Error) -> String {
    let lacks = match error {
        Error::Statement(error) => missing_extension(&error.failure.message),
        _ => None,
    };
    let help = lacks.map(|extension| {
        format!(
            "the server for scratch databases does not have the extension `{extension}`: install it there, or \
             name a server that has it: `--dev-url postgres://…` or MIGRATE_DEV_URL (`adopt --no-compare` needs none)"
        )
    });
    advised(error, help.as_deref())
}

/// The extension whose files a server does not have, from its message.
pub(crate) fn missing_extension(message: &str) -> Option<&str> {
    let named = message.strip_prefix("extension \"");
    let named = named.and_then(|rest| rest.strip_suffix("\" is not available"));
    // Up to PostgreSQL 14.
    let file = || {
        let path = message.strip_prefix("could not open extension control file \"")?;
        let (path, _) = path.split_once('"')?;
        path.rsplit(['/', '\\']).next()?.strip_suffix(".control")
    };
    named.or_else(file)
}

/// Why nothing was done, each reason told apart by an empty line.
fn each(wrong: &[Wrong], done: &str) -> String {
    let each: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    let problems = counted(wrong.len(), "problem");
    format!("{}\n\nnothing was {done}: {problems}", each.join("\n\nerror: "))
}

/// Each problem, told apart by an empty line.
fn each_problem(rejection: &Rejection) -> String {
    // The first one gets its `error: ` from whoever prints it.
    rejection.messages().collect::<Vec<_>>().join("\n\nerror: ")
}

/// Each problem, and how many there are.
fn rejected(rejection: &Rejection) -> String {
    let mut text = each_problem(rejection) + "\n\n";
    if rejection.diagnostics.iter().any(|found| found.problem.code() == "no-directory") {
        text.push_str(" = help: on the command line, name another folder with `-d FOLDER`\n\n");
    }
    text + &count(rejection)
}

pub(crate) fn count(rejection: &Rejection) -> String {
    if is_foreign(rejection) {
        return "the folder is not a chain".to_owned();
    }
    format!("the chain has {}", problem_count(rejection))
}

/// Whether the folder is another tool's, which is all that there is to say about it.
pub(crate) fn is_foreign(rejection: &Rejection) -> bool {
    rejection.diagnostics.iter().any(|found| found.problem.code() == "foreign-folder")
}

fn unsound(rejection: &Rejection, purpose: Purpose) -> String {
    let (verb, done) = match purpose {
        Purpose::Apply => ("apply", "applied"),
        Purpose::Pin => ("pin", "pinned"),
    };
    format!("nothing was {done}: {} in the revisions to {verb}", problem_count(rejection))
}

pub(crate) fn problem_count(rejection: &Rejection) -> String {
    counted(rejection.diagnostics.len(), "problem")
}

#[cfg(test)]
mod tests {
    use super::missing_extension;

    /// Each is what a server says.
    #[test]
    fn an_extension_that_a_server_lacks() {
        let check = |message: &str, expected: Option<&str>| {
            assert_eq!(missing_extension(message), expected, "{message}");
        };
        check("extension \"nope\" is not available", Some("nope"));
        check(
            "could not open extension control file \"/usr/share/postgresql/14/extension/nope.control\": No such file or directory",
            Some("nope"),
        );
        check("extension \"nope\" already exists", None);
        check("could not open extension control file \"", None);
    }
}
