//! Determines which lock a statement takes on which table, and which data it drops, as far as its
//! text shows.
//!
//! What a statement does inside of a function, a `DO` block or a view is not analysed. For an
//! unknown statement, nothing is returned.

mod alter;
mod drops;
mod others;
mod relations;

use std::fmt;

pub use self::drops::{Loss, losses};
use crate::syntax::cursor::Cursor;
use crate::syntax::ident::shown;
use crate::syntax::statements::Statement;

/// A lock mode of a table, from the weakest to the strongest. See "Explicit Locking" in
/// PostgreSQL's manual. A transaction keeps its strongest lock until it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockMode {
    /// Taken by a `SELECT`.
    AccessShare,
    /// Taken by a `SELECT … FOR UPDATE`.
    RowShare,
    /// Taken by `INSERT`, `UPDATE` and `DELETE`.
    RowExclusive,
    /// Blocks other schema changes.
    ShareUpdateExclusive,
    /// Blocks writes.
    Share,
    /// Blocks writes, and other locks of this mode.
    ShareRowExclusive,
    /// Allows only reads.
    Exclusive,
    /// Blocks all access.
    AccessExclusive,
}

impl LockMode {
    /// All modes, the weakest first.
    pub const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// Its name in `LOCK TABLE`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Whether it blocks a `SELECT`.
    pub fn blocks_reads(self) -> bool {
        self == Self::AccessExclusive
    }

    /// Whether it blocks `INSERT`, `UPDATE` and `DELETE`.
    pub fn blocks_writes(self) -> bool {
        self >= Self::Share
    }
}

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a statement may do with all rows of a table while it holds its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// Nothing: its duration does not depend on the size of the table. Or it is a query, whose text
    /// does not show this.
    None,
    /// It reads all rows.
    Scan,
    /// It rewrites all rows.
    Rewrite,
}

/// The functions of the server and of its extensions that return a different value for each row. A
/// new column with such a default rewrites its table.
#[cfg(any(feature = "analysis", feature = "catalog"))]
pub(crate) const VOLATILE: [&str; 16] = [
    "clock_timestamp",
    "currval",
    "gen_random_bytes",
    "gen_random_uuid",
    "lastval",
    "nextval",
    "random",
    "random_normal",
    "timeofday",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
    "setval",
    "pg_sleep",
];

/// How a lock refers to the locked table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockedBy {
    /// By its own name.
    Name,
    /// By the name of an index, whose table is locked.
    Index,
    /// By the name of a domain: each table with a column of this domain is locked.
    Domain,
}

/// A lock taken by a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableLock {
    /// The table, view or sequence, or what it is found by.
    pub relation: RelationName,
    /// What `relation` is the name of.
    pub locked_by: LockedBy,
    /// The lock mode.
    pub mode: LockMode,
    /// The most that the statement may do with the rows while it holds the lock.
    pub work: Work,
}

impl fmt::Display for TableLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = match self.locked_by {
            LockedBy::Name => "",
            LockedBy::Index => "the table of ",
            LockedBy::Domain => "each table with a column of type ",
        };
        write!(f, "{} on {of}{}", self.mode, self.relation)?;
        if self.mode.blocks_reads() {
            write!(f, ", blocks reads and writes")?;
        } else if self.mode.blocks_writes() {
            write!(f, ", blocks writes")?;
        }
        match self.work {
            Work::None => Ok(()),
            Work::Scan => write!(f, ", while it reads all rows"),
            Work::Rewrite => write!(f, ", while it may rewrite all rows"),
        }
    }
}

/// The name of a relation, in parts: `app.users` has two. The parts are as in the catalog, i.e. in
/// lower case unless they were quoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelationName {
    /// The parts; at least one.
    pub parts: Vec<String>,
}

impl RelationName {
    /// The schema and the name, as resolved by the default search path: an unqualified name is in
    /// `public`.
    ///
    /// ```
    /// use migrate_core::syntax::RelationName;
    ///
    /// let name = |parts: &[&str]| RelationName { parts: parts.iter().map(ToString::to_string).collect() };
    /// assert_eq!(name(&["users"]).qualified(), name(&["public", "users"]));
    /// assert_eq!(name(&["app", "users"]).qualified(), name(&["app", "users"]));
    /// ```
    #[must_use]
    pub fn qualified(&self) -> RelationName {
        let own = match self.parts.as_slice() {
            [name] => vec!["public".to_owned(), name.clone()],
            // If a database is specified, it is the one that the session is connected to.
            [.., schema, name] => vec![schema.clone(), name.clone()],
            [] => Vec::new(),
        };
        RelationName { parts: own }
    }
}

impl fmt::Display for RelationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, part) in self.parts.iter().enumerate() {
            if nth > 0 {
                f.write_str(".")?;
            }
            f.write_str(&shown(part))?;
        }
        Ok(())
    }
}

/// The locks that a statement of `sql` takes on the tables that it names, with the strongest mode
/// for each.
///
/// Locks that the text does not show are left out: those on partitions, on tables behind a view or
/// a key, those taken in a function, and the effects of a domain's constraints on a new column. A
/// table that the statement creates is left out as well, since nobody else uses it yet.
///
/// ```
/// use migrate_core::syntax::{LockMode, Work, locks, split_statements};
///
/// let sql = "ALTER TABLE users ALTER COLUMN email SET NOT NULL;";
/// let [lock] = locks(sql, &split_statements(sql)[0]).try_into().unwrap();
/// assert_eq!((lock.mode, lock.work), (LockMode::AccessExclusive, Work::Scan));
/// assert_eq!(
///     lock.to_string(),
///     "ACCESS EXCLUSIVE on users, blocks reads and writes, while it reads all rows"
/// );
/// ```
pub fn locks(sql: &str, statement: &Statement) -> Vec<TableLock> {
    let words = Cursor::new(sql, &statement.tokens, 0);
    let found = alter::locks(words).or_else(|| others::locks(words)).unwrap_or_default();
    let mut locks: Vec<TableLock> = Vec::new();
    for lock in found {
        let same = locks.iter_mut().find(|known| {
            known.locked_by == lock.locked_by
                && known.relation.qualified() == lock.relation.qualified()
        });
        match same {
            Some(known) => {
                known.mode = known.mode.max(lock.mode);
                known.work = known.work.max(lock.work);
            }
            None => locks.push(lock),
        }
    }
    locks
}

/// A lock on a relation of this name.
fn on(relation: RelationName, mode: LockMode, work: Work) -> TableLock {
    TableLock { relation, locked_by: LockedBy::Name, mode, work }
}

#[cfg(test)]
mod tests;
