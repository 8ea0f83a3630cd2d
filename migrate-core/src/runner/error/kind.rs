//! The kinds of errors of a run, and what they have in common, for programs that decide by them.

use super::Error;
use crate::plan::plan_error::PlanError;
use crate::runner::failure::Failure;

/// Which kind of error it is: what a program decides by, where it does not need the details.
///
/// ```
/// use migrate_core::runner::ErrorKind;
///
/// /// Whether a server that starts should try again later instead of giving up.
/// fn is_worth_a_retry(kind: ErrorKind) -> bool {
///     matches!(kind, ErrorKind::LockTimeout | ErrorKind::Connection)
/// }
/// # assert!(is_worth_a_retry(ErrorKind::LockTimeout));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A statement of a migration was refused: the migration or the data must change.
    Statement,
    /// The request can't be carried out with this chain and this history.
    Plan,
    /// The history contradicts the chain.
    Diverged,
    /// A revision outside a transaction is half done, and the request would skip what is left of it.
    HalfDone,
    /// It is unknown whether a statement ran; a person must decide.
    InDoubt,
    /// The database is not at head, and the run may not change it.
    NotAtHead,
    /// The run was told to stop.
    Stopped,
    /// Another run held the lock for too long.
    LockTimeout,
    /// The role lacks a privilege, or row security hides rows from it.
    Denied,
    /// The history's tables can't be used: other objects have their names, or a newer program made them.
    HistoryTables,
    /// The session is not fit for migrations: a transaction is open, a pooler is in between, the lock was released or
    /// can't be, or the server is not supported.
    Session,
    /// The connection was lost, or the server ended the session.
    Connection,
    /// The server refused something other than a statement of a migration.
    Server,
    /// A fault of this program.
    Internal,
}

impl Error {
    /// Which kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Statement(_) => ErrorKind::Statement,
            Error::Plan(PlanError::Diverged(_)) => ErrorKind::Diverged,
            Error::Plan(PlanError::HalfDone(_)) => ErrorKind::HalfDone,
            Error::Plan(_) => ErrorKind::Plan,
            Error::InDoubt { .. } => ErrorKind::InDoubt,
            Error::NotAtHead { .. } => ErrorKind::NotAtHead,
            Error::Stopped { .. } => ErrorKind::Stopped,
            Error::LockTimeout { .. } => ErrorKind::LockTimeout,
            Error::Denied { .. } | Error::Hidden { .. } => ErrorKind::Denied,
            Error::UnrecognizedTable { .. }
            | Error::NameTaken { .. }
            | Error::NewerLayout { .. }
            | Error::BadName { .. } => ErrorKind::HistoryTables,
            Error::InTransaction
            | Error::TransactionPooler { .. }
            | Error::LostLock { .. }
            | Error::LockKept { .. }
            | Error::UnsupportedServer { .. }
            | Error::NonConformingStrings => ErrorKind::Session,
            Error::Ended { .. } => ErrorKind::Connection,
            Error::Server { failure, .. } if failure.is_lost() => ErrorKind::Connection,
            Error::Server { .. } => ErrorKind::Server,
            Error::Internal { .. } => ErrorKind::Internal,
        }
    }

    /// The revision that the error is about, if it is about one.
    pub fn revision(&self) -> Option<&str> {
        match self {
            Error::Statement(error) => Some(&error.revision),
            Error::InDoubt { revision, .. }
            | Error::TransactionPooler { revision }
            | Error::LostLock { revision, .. } => Some(revision),
            Error::Stopped { revision, .. } => revision.as_deref(),
            Error::Ended { revision, .. } => {
                revision.as_ref().map(|(_, revision)| revision.as_str())
            }
            _ => None,
        }
    }

    /// What the server or the connection said, if that is the reason.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Error::Statement(error) => Some(&error.failure),
            Error::Denied { failure, .. }
            | Error::Server { failure, .. }
            | Error::Ended { failure, .. }
            | Error::LockKept { failure, .. } => Some(failure),
            _ => None,
        }
    }
}
