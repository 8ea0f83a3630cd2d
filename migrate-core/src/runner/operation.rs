//! What a run is for.

use std::fmt;

use crate::plan::target::Target;

/// What a run is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Goal {
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

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::Read => write!(f, "read"),
            Goal::Verify => write!(f, "verify"),
            Goal::Log => write!(f, "log"),
            Goal::Tables => write!(f, "tables"),
            Goal::Forget => write!(f, "forget"),
            Goal::LockHolder => write!(f, "running"),
            Goal::Upgrade(target) => write!(f, "upgrade {target}"),
            Goal::Downgrade(target) => write!(f, "downgrade {target}"),
            Goal::Apply => write!(f, "apply"),
            Goal::Stamp(target, false) => write!(f, "stamp {target}"),
            Goal::Stamp(target, true) => write!(f, "stamp --purge {target}"),
            Goal::Adopt(revisions) => write!(f, "adopt {}", revisions.join(" ")),
        }
    }
}
