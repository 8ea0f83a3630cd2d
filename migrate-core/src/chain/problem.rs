//! The list of all problems that a chain can have. Their codes and texts are in `table`.

use std::fmt;

use crate::chain::digest::Digest;
use crate::chain::id::BadId;
use crate::chain::lint::Lint;

mod table;

/// A problem. Its position is in the [`Diagnostic`](crate::chain::Diagnostic).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant's message, in the table, says what it and its fields are"
)]
pub enum Problem {
    // The folder and its files.
    NoDirectory {
        path: String,
        suggestion: Option<String>,
    },
    NotADirectory {
        path: String,
    },
    Unreadable {
        path: String,
        reason: String,
    },
    EmptyChain {
        path: String,
    },
    StrayFile {
        name: String,
    },
    /// The names of tools, each with its word for `migrate import`.
    ForeignFolder {
        path: String,
        tool: (String, String),
        or: Option<(String, String)>,
    },
    NotUtf8,
    NulByte,
    TooLarge {
        bytes: usize,
        limit: usize,
    },

    // The header.
    MissingKey {
        key: &'static str,
    },
    DuplicateKey {
        key: &'static str,
    },
    UnknownKey {
        key: String,
        suggestion: Option<&'static str>,
    },
    EmptyValue {
        key: &'static str,
    },
    BadId {
        id: String,
        why: BadId,
    },
    SqlBeforeSection,

    // Sections.
    NoUp,
    MissingDown,
    EmptyDown,
    IrreversibleWithDown,
    DuplicateSection {
        name: &'static str,
    },
    UnknownSection {
        name: String,
        suggestion: Option<&'static str>,
    },
    UnknownOption {
        option: String,
        suggestion: Option<&'static str>,
    },
    DuplicateOption {
        option: &'static str,
    },
    BadOption {
        option: &'static str,
        value: String,
        want: &'static str,
    },
    MarkerNotAlone,
    SectionAfterTest {
        name: &'static str,
    },

    // SQL syntax.
    UnterminatedString,
    UnterminatedIdentifier,
    UnterminatedComment,
    UnterminatedDollarQuote {
        delimiter: String,
    },
    PsqlCommand,
    CopyFromStdin,
    CopyToStdout,
    TransactionControl {
        statement: String,
    },
    NeedsNoTransaction {
        statement: String,
    },
    EnumValueUsed {
        value: String,
    },
    Todo {
        what: String,
    },
    Syntax {
        found: String,
        suggestion: Option<(String, &'static str)>,
        instead: Option<&'static str>,
    },
    MissingSemicolon,
    PsqlVariable {
        variable: String,
    },
    Parameter {
        parameter: String,
    },
    ReleasesLocks {
        what: &'static str,
    },
    NeedsTransaction {
        statement: &'static str,
    },
    TextSetting {
        setting: &'static str,
    },
    NeedsServer {
        what: &'static str,
        version: u32,
        oldest: u32,
    },
    Lint {
        lint: Lint,
        message: String,
        help: String,
    },
    UnknownCode {
        code: String,
        suggestion: Option<&'static str>,
    },

    // What the SQL means for what there is.
    AlreadyExists {
        what: String,
    },
    Missing {
        what: String,
        suggestion: Option<String>,
    },
    WrongKind {
        name: String,
        is: &'static str,
        wanted: &'static str,
    },
    ColumnCount {
        own: usize,
        other: usize,
    },
    NoKey {
        table: String,
        columns: Vec<String>,
    },
    AmbiguousColumn {
        column: String,
    },
    RepeatedColumn {
        column: String,
    },
    ValueCount {
        columns: usize,
        values: usize,
    },
    GeneratedColumn {
        column: String,
    },
    NotImmutable {
        function: String,
    },
    StillNeeded {
        what: String,
        by: Vec<String>,
        more: usize,
    },
    NotNullNeeded {
        column: String,
        why: String,
        first: String,
    },
    CannotReplace {
        what: String,
        why: String,
        instead: String,
    },
    Ambiguous {
        kind: &'static str,
        name: String,
        of: Vec<String>,
    },
    InvalidQuery {
        message: String,
        instead: String,
    },
    TypeMismatch {
        message: String,
        instead: String,
    },
    NoOperatorClass {
        kind: String,
        method: String,
        instead: String,
    },
    DownLeaves {
        what: String,
    },
    DownLoses {
        what: String,
    },

    // The chain.
    DuplicateRevision {
        id: String,
    },
    UnknownParent {
        parent: String,
        suggestion: Option<String>,
    },
    RepeatedParent {
        parent: String,
    },
    SeveralBases {
        ids: Vec<String>,
    },
    Fork {
        heads: Vec<String>,
        rebase: Option<String>,
        onto: String,
    },
    Cycle {
        ids: Vec<String>,
    },
    TwinMerges {
        ids: Vec<String>,
    },
    VariantClash {
        variant: String,
    },

    // The settings.
    ConfigSyntax {
        why: String,
    },
    UnknownSetting {
        key: String,
        suggestion: Option<&'static str>,
    },
    BadSetting {
        key: String,
        value: String,
        want: &'static str,
    },
    UnknownStatement {
        kind: String,
        suggestion: Option<&'static str>,
    },
    IncompleteRule {
        lacks: &'static str,
    },

    // The queries of the program.
    BreaksDeployed {
        what: String,
        queries: String,
        instead: String,
    },
    QueriesLock {
        why: String,
    },

    // Lock file.
    LockConflict,
    LockVersion {
        found: String,
    },
    LockSyntax {
        why: String,
    },
    LockDuplicate {
        id: String,
    },
    LockTampered {
        id: String,
    },
    PinnedMissing {
        id: String,
        moved_to: Option<String>,
    },
    PinnedEdited {
        id: String,
        pinned: Digest,
        found: Digest,
    },
    PinnedDownEdited {
        id: String,
        pinned: Option<Digest>,
        found: Option<Digest>,
    },
    PinnedReparented {
        id: String,
        pinned: Vec<String>,
        found: Vec<String>,
    },
}

impl Problem {
    /// Whether something is unterminated.
    pub(crate) const fn is_unclosed(&self) -> bool {
        matches!(
            self,
            Problem::UnterminatedString
                | Problem::UnterminatedIdentifier
                | Problem::UnterminatedComment
                | Problem::UnterminatedDollarQuote { .. }
        )
    }

    /// Whether the rest of the section may be part of it, so that something that seems missing may
    /// only be hidden.
    pub(crate) const fn hides_the_rest(&self) -> bool {
        self.is_unclosed() || matches!(self, Problem::PsqlCommand | Problem::CopyFromStdin)
    }

    /// Whether a required downgrade is missing.
    pub(crate) const fn is_missing_down(&self) -> bool {
        matches!(self, Problem::MissingDown | Problem::EmptyDown)
    }

    /// Whether a section is missing that only a merge may omit.
    pub(crate) const fn is_missing_section(&self) -> bool {
        self.is_missing_down() || matches!(self, Problem::NoUp)
    }

    /// Whether the revision may have been a merge that lost its parents.
    pub(crate) const fn is_missing_parents(&self) -> bool {
        match self {
            Problem::SeveralBases { .. } => true,
            Problem::PinnedReparented { pinned, found, .. } => pinned.len() > 1 && found.len() < 2,
            _ => false,
        }
    }

    /// Whether it says that a server refuses a statement because of its transaction mode.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Problem::NeedsNoTransaction { .. }
                | Problem::EnumValueUsed { .. }
                | Problem::ReleasesLocks { .. }
        )
    }

    /// Whether it is about the content of sections. In a deployed file, the mistake is the edit
    /// that caused it.
    pub(crate) const fn is_in_sections(&self) -> bool {
        self.is_missing_section()
            || self.hides_the_rest()
            || matches!(
                self,
                Problem::TransactionControl { .. }
                    | Problem::NeedsNoTransaction { .. }
                    | Problem::EnumValueUsed { .. }
                    | Problem::Syntax { .. }
                    | Problem::MissingSemicolon
                    | Problem::PsqlVariable { .. }
                    | Problem::Parameter { .. }
                    | Problem::ReleasesLocks { .. }
                    | Problem::NeedsTransaction { .. }
                    | Problem::TextSetting { .. }
                    | Problem::UnknownCode { .. }
            )
    }
}

/// The largest number of items listed by name.
const MOST_LISTED: usize = 20;

/// `a`, `a` and `b`, or `a`, `b` and `c`, each in backticks.
pub(crate) fn list<T: fmt::Display>(items: &[T]) -> String {
    let mut quoted: Vec<String> =
        items.iter().take(MOST_LISTED).map(|item| format!("`{item}`")).collect();
    let more = items.len().saturating_sub(MOST_LISTED);
    if more > 0 {
        quoted.push(format!("{more} more"));
    }
    match quoted.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
