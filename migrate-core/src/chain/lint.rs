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
    AddValueIfNotExists,
    BlocksTable,
    ConstraintScans,
    DefinerSearchPath,
    DeleteAllRows,
    DropCascade,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropFunction,
    DropIndexBlocks,
    DropNotNull,
    DropTable,
    DropsHistory,
    DuplicateIndex,
    EmptyUpgrade,
    ForeignKeyWithoutIndex,
    IndexBlocksWrites,
    Json,
    LocksTwoTables,
    MixedOutside,
    NameTooLong,
    Naming,
    NoPrimaryKey,
    NotNullScans,
    PolicyWithoutRls,
    RenameBreaks,
    RewritesTable,
    RlsWithoutPolicy,
    Rule,
    Serial,
    TimestampWithoutZone,
    TypeRewrites,
    UniqueBuildsIndex,
    UnnamedIndex,
    UpdateAllRows,
    ValidatesUnderLock,
    WorkBehindLock,
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
const TABLE: [Row; 40] = [
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
        AddValueIfNotExists,
        "add-value-if-not-exists",
        Warn,
        "an ADD VALUE that fails when the revision is applied again after a downgrade",
    ),
    row(
        BlocksTable,
        "blocks-table",
        Warn,
        "an exclusion constraint, a partition, a refresh or a LOCK TABLE that blocks a table in use",
    ),
    row(
        ConstraintScans,
        "constraint-scans",
        Warn,
        "a foreign key or a check that is validated under the lock that adds it",
    ),
    row(
        DefinerSearchPath,
        "definer-search-path",
        Warn,
        "a SECURITY DEFINER function that does not set its search_path",
    ),
    row(DeleteAllRows, "delete-all-rows", Warn, "a DELETE without WHERE, or a TRUNCATE"),
    row(DropCascade, "drop-cascade", Warn, "a CASCADE: what else is dropped is not in the file"),
    row(DropColumn, "drop-column", Warn, "a column that the running release may still use"),
    row(
        DropConstraint,
        "drop-constraint",
        Allow,
        "a constraint that the running release may rely on",
    ),
    row(DropDefault, "drop-default", Allow, "a default that the running release may rely on"),
    row(DropFunction, "drop-function", Allow, "a function that the running release may call"),
    row(DropIndexBlocks, "drop-index-blocks", Allow, "a DROP INDEX that is not CONCURRENTLY"),
    row(
        DropNotNull,
        "drop-not-null",
        Allow,
        "a column that may become NULL, which the running release may not expect",
    ),
    row(DropTable, "drop-table", Warn, "a table or view that the running release may still use"),
    row(
        DropsHistory,
        "drops-history",
        Warn,
        "a statement that drops the tables of migrate: the revision can't be recorded",
    ),
    row(DuplicateIndex, "duplicate-index", Warn, "an index that another index makes superfluous"),
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
        LocksTwoTables,
        "locks-two-tables",
        Allow,
        "a transaction that blocks all access to two tables in use",
    ),
    row(
        MixedOutside,
        "mixed-outside",
        Warn,
        "a section outside a transaction with statements that could be inside one",
    ),
    row(
        NameTooLong,
        "name-too-long",
        Warn,
        "a name of more than 63 bytes, which the server truncates",
    ),
    row(Naming, "naming", Warn, "a name that does not match the patterns in migrate.toml"),
    row(NoPrimaryKey, "no-primary-key", Allow, "a table without a primary key"),
    row(NotNullScans, "not-null-scans", Warn, "a SET NOT NULL that has to look at every row"),
    row(
        PolicyWithoutRls,
        "policy-without-rls",
        Warn,
        "a policy on a table without row-level security: it has no effect",
    ),
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
        RlsWithoutPolicy,
        "rls-without-policy",
        Allow,
        "row-level security without a policy: only the owner sees rows",
    ),
    row(Rule, "rule", Warn, "a statement that a rule in migrate.toml describes"),
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
    row(
        WorkBehindLock,
        "work-behind-lock",
        Warn,
        "a statement that reads or joins all rows in a transaction that blocks a table in use",
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
