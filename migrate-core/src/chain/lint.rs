//! The list of lints: valid statements in a revision that are unsafe on a live database.

mod hazard;

use std::fmt;

pub use self::hazard::Hazard;
use crate::syntax::suggest::did_you_mean;

/// A lint for revisions that are not deployed. Each has a page: `migrate lint --explain CODE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each lint's `about`, in the table, says what it is")]
pub enum Lint {
    AddColumnNotNull,
    AddColumnRewrites,
    ConstraintScans,
    DeleteAllRows,
    DropCascade,
    DropColumn,
    DropIndexBlocks,
    DropTable,
    DropsHistory,
    EmptyUpgrade,
    ForeignKeyWithoutIndex,
    IndexBlocksWrites,
    Json,
    MixedOutside,
    NotNullScans,
    RenameBreaks,
    RewritesTable,
    Serial,
    TimestampWithoutZone,
    TypeRewrites,
    UniqueBuildsIndex,
    UnnamedIndex,
    UpdateAllRows,
    ValidatesUnderLock,
}

/// A row of the table of lints.
struct Row {
    lint: Lint,
    code: &'static str,
    default_level: Level,
    about: &'static str,
}

const fn row(lint: Lint, code: &'static str, default_level: Level, about: &'static str) -> Row {
    Row { lint, code, default_level, about }
}

use Level::{Allow, Warn};
use Lint::*;

/// The lints in the order of their variants, which is that of their codes.
const TABLE: [Row; 24] = [
    row(
        AddColumnNotNull,
        "add-column-not-null",
        Warn,
        "a new column that is NOT NULL without a default: it fails when there are rows",
    ),
    row(
        AddColumnRewrites,
        "add-column-rewrites",
        Warn,
        "a new column whose values differ from row to row: the table is rewritten",
    ),
    row(
        ConstraintScans,
        "constraint-scans",
        Warn,
        "a foreign key or a check that is validated under the lock that adds it",
    ),
    row(DeleteAllRows, "delete-all-rows", Warn, "a DELETE without WHERE, or a TRUNCATE"),
    row(DropCascade, "drop-cascade", Warn, "a CASCADE: what else is dropped is not in the file"),
    row(DropColumn, "drop-column", Warn, "a column that the running release may still use"),
    row(DropIndexBlocks, "drop-index-blocks", Allow, "a DROP INDEX that is not CONCURRENTLY"),
    row(DropTable, "drop-table", Warn, "a table or view that the running release may still use"),
    row(
        DropsHistory,
        "drops-history",
        Warn,
        "a statement that drops the tables of migrate: the revision can't be recorded",
    ),
    row(EmptyUpgrade, "empty-upgrade", Warn, "an upgrade without a statement"),
    row(
        ForeignKeyWithoutIndex,
        "foreign-key-without-index",
        Warn,
        "a foreign key whose columns begin no index",
    ),
    row(IndexBlocksWrites, "index-blocks-writes", Warn, "a CREATE INDEX that is not CONCURRENTLY"),
    row(Json, "json", Allow, "a column of type json, where jsonb can be searched and compared"),
    row(
        MixedOutside,
        "mixed-outside",
        Warn,
        "a section outside a transaction with statements that could be inside one",
    ),
    row(NotNullScans, "not-null-scans", Warn, "a SET NOT NULL that has to look at every row"),
    row(
        RenameBreaks,
        "rename-breaks",
        Warn,
        "a new name for what the running release knows by the old one",
    ),
    row(
        RewritesTable,
        "rewrites-table",
        Warn,
        "a statement that rewrites a table or its indexes, while nobody can use it",
    ),
    row(
        Serial,
        "serial",
        Allow,
        "a column of type serial, where an identity column does more with less",
    ),
    row(TimestampWithoutZone, "timestamp-without-zone", Allow, "a timestamp without a time zone"),
    row(
        TypeRewrites,
        "type-rewrites",
        Warn,
        "a new type or collation that makes the server rewrite the table or an index",
    ),
    row(
        UniqueBuildsIndex,
        "unique-builds-index",
        Warn,
        "a key whose index is built while nobody can use the table",
    ),
    row(
        UnnamedIndex,
        "unnamed-index",
        Warn,
        "a CREATE INDEX CONCURRENTLY without a name: one that fails leaves an index behind",
    ),
    row(
        UpdateAllRows,
        "update-all-rows",
        Warn,
        "an UPDATE without WHERE: every row is written in one transaction",
    ),
    row(
        ValidatesUnderLock,
        "validates-under-lock",
        Warn,
        "a constraint that is validated in the transaction that has the table locked",
    ),
];

impl Lint {
    /// All lints, by their codes.
    pub const ALL: [Lint; TABLE.len()] = {
        let mut all = [TABLE[0].lint; TABLE.len()];
        let mut nth = 1;
        while nth < all.len() {
            all[nth] = TABLE[nth].lint;
            nth += 1;
        }
        all
    };

    const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// A short, stable name: `drop-column`.
    pub const fn code(self) -> &'static str {
        self.row().code
    }

    /// A one-line description of what it finds.
    pub const fn about(self) -> &'static str {
        self.row().about
    }

    /// The default level. No lint is denied by default, because no file shows whether a table has
    /// rows, or what the running release uses.
    pub const fn default_level(self) -> Level {
        self.row().default_level
    }

    /// The lint with this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Lint::ALL.into_iter().find(|lint| lint.code() == code)
    }

    /// The code that was probably meant by a word.
    pub fn suggestion(word: &str) -> Option<&'static str> {
        did_you_mean(&word.replace('_', "-"), Lint::ALL.map(Lint::code))
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// How the findings of a lint are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not at all.
    Allow,
    /// By `migrate lint` and `migrate check`.
    Warn,
    /// As an error: the program does not build.
    Deny,
}

impl Level {
    /// All levels, in ascending order.
    pub const ALL: [Level; 3] = [Level::Allow, Level::Warn, Level::Deny];

    /// The name used in `migrate.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Allow => "allow",
            Level::Warn => "warn",
            Level::Deny => "deny",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_found() {
        let codes = Lint::ALL.map(Lint::code);
        assert!(codes.is_sorted(), "{codes:?}");
        for (nth, lint) in Lint::ALL.into_iter().enumerate() {
            assert_eq!(lint as usize, nth, "{lint} has another lint's row");
            assert_eq!(Lint::of_code(lint.code()), Some(lint));
        }
        assert_eq!(Lint::suggestion("drop_columns"), Some("drop-column"));
        assert_eq!(Lint::suggestion("x"), None);
    }
}
