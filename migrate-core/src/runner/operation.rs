//! What a run is for.

use std::fmt;

use crate::plan::target::Target;

/// What a run is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Read the history and end.
    Read,
    /// Is the database at head? Reads more than the history only if it is not.
    Verify,
    /// Read the log and end.
    Log,
    /// Look for our own tables and end.
    Tables,
    /// Remove our own tables.
    Forget,
    /// Ask who is migrating, and end.
    LockHolder,
    /// Apply revisions.
    Upgrade(Target),
    /// Undo revisions.
    Downgrade(Target),
    /// Run a plan that was made before.
    Apply,
    /// Record revisions without running them; whether all that is recorded is thrown away before.
    Stamp(Target, bool),
    /// Record what another tool has applied: these revisions, and all that they stand on.
    Adopt(Vec<String>),
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Read => write!(f, "read"),
            Operation::Verify => write!(f, "verify"),
            Operation::Log => write!(f, "log"),
            Operation::Tables => write!(f, "tables"),
            Operation::Forget => write!(f, "forget"),
            Operation::LockHolder => write!(f, "running"),
            Operation::Upgrade(target) => write!(f, "upgrade {target}"),
            Operation::Downgrade(target) => write!(f, "downgrade {target}"),
            Operation::Apply => write!(f, "apply"),
            Operation::Stamp(target, false) => write!(f, "stamp {target}"),
            Operation::Stamp(target, true) => write!(f, "stamp --purge {target}"),
            Operation::Adopt(revisions) => write!(f, "adopt {}", revisions.join(" ")),
        }
    }
}
