//! The ways in which a runner sends what it has to send.

use migrate_core::Runner;

/// How the revisions of a run are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Many whole transactions in a message.
    Together,
    /// Each revision in a message.
    OneByOne,
    /// Each statement in a message.
    ByStatement,
    /// All revisions in one transaction.
    Single,
    /// The same, each statement in a message.
    SingleByStatement,
}

impl Way {
    pub(crate) const ALL: [Way; 5] =
        [Way::Together, Way::OneByOne, Way::ByStatement, Way::Single, Way::SingleByStatement];

    /// Makes a runner go this way.
    pub(crate) fn of<R>(self, runner: Runner<'_, R>) -> Runner<'_, R> {
        match self {
            Way::Together => runner,
            Way::OneByOne => runner.revision_at_a_time(),
            Way::ByStatement => runner.statement_at_a_time(),
            Way::Single => runner.single_transaction(),
            Way::SingleByStatement => runner.single_transaction().statement_at_a_time(),
        }
    }

    pub(crate) fn is_single(self) -> bool {
        matches!(self, Way::Single | Way::SingleByStatement)
    }
}
