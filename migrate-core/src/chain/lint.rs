//! The list of lints: valid statements in a revision that are unsafe on a live database.

mod hazard;

use std::fmt;

pub use self::hazard::Hazard;
use crate::syntax::suggest::did_you_mean;

/// A lint for revisions that are not deployed. Each has a page: `migrate lint --explain CODE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each lint's `about`, below, says what it is")]
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

use Lint::*;

impl Lint {
    /// All lints, by their codes.
    pub const ALL: [Lint; 40] = [
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
    ];

    /// A short, stable name: `drop-column`.
    pub const fn code(self) -> &'static str {
        match self {
            AddColumnNotNull => "add-column-not-null",
            AddColumnRewrites => "add-column-rewrites",
            AddValueIfNotExists => "add-value-if-not-exists",
            BlocksTable => "blocks-table",
            ConstraintScans => "constraint-scans",
            DefinerSearchPath => "definer-search-path",
            DeleteAllRows => "delete-all-rows",
            DropCascade => "drop-cascade",
            DropColumn => "drop-column",
            DropConstraint => "drop-constraint",
            DropDefault => "drop-default",
            DropFunction => "drop-function",
            DropIndexBlocks => "drop-index-blocks",
            DropNotNull => "drop-not-null",
            DropTable => "drop-table",
            DropsHistory => "drops-history",
            DuplicateIndex => "duplicate-index",
            EmptyUpgrade => "empty-upgrade",
            ForeignKeyWithoutIndex => "foreign-key-without-index",
            IndexBlocksWrites => "index-blocks-writes",
            Json => "json",
            LocksTwoTables => "locks-two-tables",
            MixedOutside => "mixed-outside",
            NameTooLong => "name-too-long",
            Naming => "naming",
            NoPrimaryKey => "no-primary-key",
            NotNullScans => "not-null-scans",
            PolicyWithoutRls => "policy-without-rls",
            RenameBreaks => "rename-breaks",
            RewritesTable => "rewrites-table",
            RlsWithoutPolicy => "rls-without-policy",
            Rule => "rule",
            Serial => "serial",
            TimestampWithoutZone => "timestamp-without-zone",
            TypeRewrites => "type-rewrites",
            UniqueBuildsIndex => "unique-builds-index",
            UnnamedIndex => "unnamed-index",
            UpdateAllRows => "update-all-rows",
            ValidatesUnderLock => "validates-under-lock",
            WorkBehindLock => "work-behind-lock",
        }
    }

    /// A one-line description of what it finds.
    pub const fn about(self) -> &'static str {
        match self {
            AddColumnNotNull => {
                "a new column that is NOT NULL without a default: it fails when there are rows"
            }
            AddColumnRewrites => {
                "a new column whose values differ from row to row: the table is rewritten"
            }
            AddValueIfNotExists => {
                "an ADD VALUE that fails when the revision is applied again after a downgrade"
            }
            BlocksTable => {
                "an exclusion constraint, a partition, a refresh or a LOCK TABLE that blocks a table in use"
            }
            ConstraintScans => {
                "a foreign key or a check that is validated under the lock that adds it"
            }
            DefinerSearchPath => "a SECURITY DEFINER function that does not set its search_path",
            DeleteAllRows => "a DELETE without WHERE, or a TRUNCATE",
            DropCascade => "a CASCADE: what else is dropped is not in the file",
            DropColumn => "a column that the running release may still use",
            DropConstraint => "a constraint that the running release may rely on",
            DropDefault => "a default that the running release may rely on",
            DropFunction => "a function that the running release may call",
            DropIndexBlocks => "a DROP INDEX that is not CONCURRENTLY",
            DropNotNull => {
                "a column that may become NULL, which the running release may not expect"
            }
            DropTable => "a table or view that the running release may still use",
            DropsHistory => {
                "a statement that drops the tables of migrate: the revision can't be recorded"
            }
            DuplicateIndex => "an index that another index makes superfluous",
            EmptyUpgrade => "an upgrade without a statement",
            ForeignKeyWithoutIndex => "a foreign key whose columns begin no index",
            IndexBlocksWrites => "a CREATE INDEX that is not CONCURRENTLY",
            Json => "a column of type json, where jsonb can be searched and compared",
            LocksTwoTables => "a transaction that blocks all access to two tables in use",
            MixedOutside => {
                "a section outside a transaction with statements that could be inside one"
            }
            NameTooLong => "a name of more than 63 bytes, which the server truncates",
            Naming => "a name that does not match the patterns in migrate.toml",
            NoPrimaryKey => "a table without a primary key",
            NotNullScans => "a SET NOT NULL that has to look at every row",
            PolicyWithoutRls => "a policy on a table without row-level security: it has no effect",
            RenameBreaks => "a new name for what the running release knows by the old one",
            RewritesTable => {
                "a statement that rewrites a table or its indexes, while nobody can use it"
            }
            RlsWithoutPolicy => "row-level security without a policy: only the owner sees rows",
            Rule => "a statement that a rule in migrate.toml describes",
            Serial => "a column of type serial, where an identity column does more with less",
            TimestampWithoutZone => "a timestamp without a time zone",
            TypeRewrites => {
                "a new type or collation that makes the server rewrite the table or an index"
            }
            UniqueBuildsIndex => "a key whose index is built while nobody can use the table",
            UnnamedIndex => {
                "a CREATE INDEX CONCURRENTLY without a name: one that fails leaves an index behind"
            }
            UpdateAllRows => "an UPDATE without WHERE: every row is written in one transaction",
            ValidatesUnderLock => {
                "a constraint that is validated in the transaction that has the table locked"
            }
            WorkBehindLock => {
                "a statement that reads or joins all rows in a transaction that blocks a table in use"
            }
        }
    }

    /// The default level. No lint is denied by default, because no file shows whether a table has
    /// rows, or what the running release uses.
    pub const fn default_level(self) -> Level {
        match self {
            DropConstraint | DropDefault | DropFunction | DropIndexBlocks | DropNotNull | Json
            | LocksTwoTables | NoPrimaryKey | RlsWithoutPolicy | Serial | TimestampWithoutZone => {
                Level::Allow
            }
            _ => Level::Warn,
        }
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
        for lint in Lint::ALL {
            assert_eq!(Lint::of_code(lint.code()), Some(lint));
        }
        assert_eq!(Lint::suggestion("drop_columns"), Some("drop-column"));
        assert_eq!(Lint::suggestion("x"), None);
    }
}
