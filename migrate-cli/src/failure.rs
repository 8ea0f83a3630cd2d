//! Why a command did not do what was asked: data, which `rendering` shows to people and programs.

mod rendering;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use migrate_core::chain::edit::EditError;
use migrate_core::runner::ErrorKind;
use migrate_core::syntax::{Explanation, Source, Span};
use migrate_core::{ConnectError, Error, PlanError, Rejection};
use serde::Serialize;

pub(crate) use self::rendering::{
    FailureView, ProblemView, count, is_foreign, missing_extension, problem_count, problems,
};
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

/// What kind of failure it is; docs/CLI.md lists the words, which programs read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FailureKind {
    Adopt,
    Alembic,
    Autogenerate,
    Backup,
    BrokenChain,
    Busy,
    Catalog,
    Database,
    Declined,
    Denied,
    DevServer,
    Diverged,
    Drift,
    Edit,
    Editor,
    File,
    Hazards,
    Import,
    InDoubt,
    Irreversible,
    Models,
    NoConnection,
    NoDatabase,
    NoPlan,
    NotAtHead,
    Output,
    Partial,
    Queries,
    Run,
    Statement,
    Stopped,
    UnknownRevision,
    Usage,
}

impl FailureKind {
    /// The exit code of a command that fails so.
    pub(crate) fn exit(self) -> Exit {
        match self {
            FailureKind::Diverged => Exit::Diverged,
            FailureKind::NotAtHead => Exit::NotAtHead,
            FailureKind::NoDatabase | FailureKind::Usage => Exit::Usage,
            _ => Exit::Failed,
        }
    }
}

/// What revisions were analysed for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Apply,
    Pin,
}

/// Why the models can't be built, at its place in them.
#[derive(Debug)]
pub(crate) struct ModelProblem {
    pub(crate) message: String,
    pub(crate) source: Source<'static>,
    pub(crate) span: Span,
    /// What stands at the place; may be empty.
    pub(crate) label: String,
    pub(crate) help: &'static str,
}

impl ModelProblem {
    pub(crate) fn explain(&self) -> Explanation<'_> {
        Explanation::new(self.message.as_str())
            .with_snippet(&self.source, self.span, self.label.as_str())
            .with_help(self.help)
    }
}

/// A failure. What to do next is in it, or follows from it.
#[derive(Debug)]
pub(crate) enum Failure {
    Rejected(Rejection),
    /// Of what was about to run, or to be pinned.
    Unsound {
        rejection: Rejection,
        purpose: Purpose,
    },
    Import(Vec<Wrong>),
    Adopt(Vec<Wrong>),
    Edit(EditError),
    Plan(PlanError),
    UnknownRevision(String),
    Exists(PathBuf),
    Unwritable {
        path: PathBuf,
        source: io::Error,
    },
    Unreadable {
        path: PathBuf,
        reason: String,
    },
    Connect(ConnectError),
    /// With better advice than that of the connector, where there is some.
    Nowhere(Option<String>),
    Run(Box<Error>),
    /// The same, with better advice.
    Advised(Box<Error>, String),
    DevServer(ConnectError),
    OnScratch(Box<Error>),
    /// Some of them, and how many statements did not run beside these.
    Models {
        problems: Vec<ModelProblem>,
        more: usize,
    },
    /// What is not allowed, and the hazards that would have to be.
    Hazards {
        found: Vec<Found>,
        needed: String,
    },
    Refused {
        kind: FailureKind,
        what: String,
        help: String,
    },
    Declined,
    Output(io::Error),
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

impl From<Rejection> for Failure {
    fn from(error: Rejection) -> Self {
        Failure::Rejected(error)
    }
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        Failure::Edit(error)
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        Failure::Plan(error)
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        Failure::Connect(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

impl Failure {
    /// What a command refuses to do by itself.
    pub(crate) fn refused(
        kind: FailureKind,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Failure::Refused { kind, what: what.into(), help: help.into() }
    }

    /// What is wrong with the models, where it is one thing.
    pub(crate) fn model(problem: ModelProblem) -> Self {
        Failure::Models { problems: vec![problem], more: 0 }
    }

    pub(crate) fn exit(&self) -> Exit {
        self.kind().exit()
    }

    fn kind(&self) -> FailureKind {
        match self {
            Failure::Rejected(_) | Failure::Unsound { .. } => FailureKind::BrokenChain,
            Failure::Import(_) => FailureKind::Import,
            Failure::Adopt(_) => FailureKind::Adopt,
            Failure::Edit(_) => FailureKind::Edit,
            Failure::Plan(PlanError::Diverged(_)) => FailureKind::Diverged,
            Failure::Plan(PlanError::Irreversible { .. }) => FailureKind::Irreversible,
            Failure::Plan(PlanError::UnknownRevision { .. }) | Failure::UnknownRevision(_) => {
                FailureKind::UnknownRevision
            }
            Failure::Plan(PlanError::HalfDone(_)) => FailureKind::Partial,
            Failure::Plan(_) => FailureKind::NoPlan,
            Failure::Exists(_) | Failure::Unwritable { .. } | Failure::Unreadable { .. } => {
                FailureKind::File
            }
            Failure::Nowhere(_) => FailureKind::NoDatabase,
            Failure::Connect(_) => FailureKind::NoConnection,
            Failure::Run(error) | Failure::Advised(error, _) => match error.kind() {
                ErrorKind::Statement => FailureKind::Statement,
                ErrorKind::NotAtHead => FailureKind::NotAtHead,
                ErrorKind::LockTimeout => FailureKind::Busy,
                ErrorKind::InDoubt => FailureKind::InDoubt,
                ErrorKind::HalfDone => FailureKind::Partial,
                ErrorKind::Denied => FailureKind::Denied,
                ErrorKind::Stopped => FailureKind::Stopped,
                _ => FailureKind::Run,
            },
            Failure::OnScratch(_) | Failure::DevServer(_) => FailureKind::DevServer,
            Failure::Models { .. } => FailureKind::Models,
            Failure::Hazards { .. } => FailureKind::Hazards,
            Failure::Refused { kind, .. } => *kind,
            Failure::Declined => FailureKind::Declined,
            Failure::Output(_) => FailureKind::Output,
        }
    }
}
