//! The locks of all statements except `ALTER TABLE`.

use super::{LockMode, LockedBy, RelationName, TableLock, Work, on};
use crate::syntax::cursor::Cursor;

use LockMode::{
    AccessExclusive, AccessShare, Exclusive, RowExclusive, Share, ShareRowExclusive,
    ShareUpdateExclusive,
};

/// The locks, if the statement is known.
pub(super) fn locks(mut words: Cursor<'_>) -> Option<Vec<TableLock>> {
    if words.take(&["create"]) {
        return create(words);
    }
    if words.take(&["drop"]) {
        return drop(words);
    }
    if words.take(&["alter", "domain"]) {
        return domain(words);
    }
    if words.take(&["alter", "policy"]) {
        return one(words.after(&["on"])?.relation()?, AccessExclusive, Work::None);
    }
    if words.take_any(&[&["insert", "into"], &["merge", "into"], &["delete", "from"], &["update"]])
    {
        return one(words.table()?, RowExclusive, Work::None);
    }
    if words.take(&["truncate"]) {
        words.take(&["table"]);
        return Some(all(words.tables()?, AccessExclusive));
    }
    if words.take(&["lock"]) {
        return lock(words);
    }
    if words.take(&["copy"]) {
        let table = words.relation()?;
        words.parentheses();
        let reads = words.take(&["to"]);
        let mode = if reads { AccessShare } else { RowExclusive };
        return (reads || words.take(&["from"])).then(|| one(table, mode, Work::None))?;
    }
    if words.take(&["refresh", "materialized", "view"]) {
        let beside = words.take(&["concurrently"]);
        let (mode, work) =
            if beside { (Exclusive, Work::Scan) } else { (AccessExclusive, Work::Rewrite) };
        return one(words.relation()?, mode, work);
    }
    if words.take(&["reindex"]) {
        return reindex(words);
    }
    if words.take(&["cluster"]) {
        return cluster(words);
    }
    if words.take(&["repack"]) {
        return repack(words);
    }
    if words.take(&["vacuum"]) {
        return vacuum(words);
    }
    if words.take_any(&[&["analyze"], &["analyse"]]) {
        words.take(&["verbose"]);
        words.parentheses();
        return each(words, ShareUpdateExclusive, Work::None);
    }
    if words.take(&["comment", "on", "table"]) {
        return one(words.relation()?, ShareUpdateExclusive, Work::None);
    }
    if words.take(&["comment", "on", "column"]) {
        let mut table = words.relation()?;
        table.parts.pop();
        return (!table.parts.is_empty()).then(|| one(table, ShareUpdateExclusive, Work::None))?;
    }
    None
}

fn one(relation: RelationName, mode: LockMode, work: Work) -> Option<Vec<TableLock>> {
    Some(vec![on(relation, mode, work)])
}

fn all(relations: Vec<RelationName>, mode: LockMode) -> Vec<TableLock> {
    relations.into_iter().map(|relation| on(relation, mode, Work::None)).collect()
}

/// A lock on the table of an index.
fn by_index(index: RelationName, mode: LockMode, work: Work) -> TableLock {
    TableLock { locked_by: LockedBy::Index, ..on(index, mode, work) }
}

/// Locks on a list of tables, with optional columns in parentheses; none if there is no table.
fn each(words: Cursor<'_>, mode: LockMode, work: Work) -> Option<Vec<TableLock>> {
    if words.is_empty() {
        return None;
    }
    words.split().into_iter().map(|mut part| Some(on(part.table()?, mode, work))).collect()
}

/// `ALTER DOMAIN`: a check reads each table with a column of this domain.
fn domain(mut words: Cursor<'_>) -> Option<Vec<TableLock>> {
    let domain = words.relation()?;
    let added = words.take(&["add"]) && !words.has(&["not", "valid"]);
    let checks = added || words.take_any(&[&["validate", "constraint"], &["set", "not", "null"]]);
    checks.then(|| vec![TableLock { locked_by: LockedBy::Domain, ..on(domain, Share, Work::Scan) }])
}

fn create(mut words: Cursor<'_>) -> Option<Vec<TableLock>> {
    let replaces = words.take(&["or", "replace"]);
    words.take(&["unique"]);
    if words.take(&["index"]) {
        let beside = words.take(&["concurrently"]);
        let mode = if beside { ShareUpdateExclusive } else { Share };
        return one(words.after(&["on"])?.table()?, mode, Work::Scan);
    }
    words.take(&["constraint"]);
    if words.take(&["trigger"]) {
        return one(words.after(&["on"])?.relation()?, ShareRowExclusive, Work::None);
    }
    if words.take(&["policy"]) {
        return one(words.after(&["on"])?.relation()?, AccessExclusive, Work::None);
    }
    if words.take(&["rule"]) {
        return one(words.after(&["to"])?.relation()?, AccessExclusive, Work::None);
    }
    if words.take(&["statistics"]) {
        return one(words.after(&["from"])?.relation()?, ShareUpdateExclusive, Work::None);
    }
    if replaces && words.take(&["view"]) {
        return one(words.relation()?, AccessExclusive, Work::None);
    }
    words.take(&["unlogged"]);
    words.take(&["table"]).then(|| table(words))?
}

/// `CREATE TABLE …`: its locks on other tables.
fn table(mut words: Cursor<'_>) -> Option<Vec<TableLock>> {
    words.take(&["if", "not", "exists"]);
    let own = words.relation()?;
    let mut locks = Vec::new();
    if words.take(&["partition", "of"]) {
        locks.push(on(words.relation()?, AccessExclusive, Work::None));
    }
    // A query may contain these words, or columns with these names.
    if words.has(&["as"]) {
        return None;
    }
    let references = words
        .all_after("references")
        .into_iter()
        .filter(|other| other.qualified() != own.qualified());
    locks.extend(all(references.collect(), ShareRowExclusive));
    if let Some(parents) = words.after(&["inherits"]).and_then(|mut rest| rest.parentheses()) {
        locks.extend(parents.split().into_iter().filter_map(|mut parent| {
            Some(on(parent.relation()?, ShareUpdateExclusive, Work::None))
        }));
    }
    Some(locks)
}

fn drop(mut words: Cursor<'_>) -> Option<Vec<TableLock>> {
    if words.take(&["index"]) {
        let beside = words.take(&["concurrently"]);
        let mode = if beside { ShareUpdateExclusive } else { AccessExclusive };
        words.take(&["if", "exists"]);
        let indexes = words.tables()?.into_iter();
        return Some(indexes.map(|index| by_index(index, mode, Work::None)).collect());
    }
    if words.take_any(&[&["trigger"], &["rule"], &["policy"]]) {
        return one(words.after(&["on"])?.relation()?, AccessExclusive, Work::None);
    }
    let relations: &[&[&str]] =
        &[&["table"], &["view"], &["materialized", "view"], &["sequence"], &["foreign", "table"]];
    if !words.take_any(relations) {
        return None;
    }
    words.take(&["if", "exists"]);
    Some(all(words.tables()?, AccessExclusive))
}

/// `LOCK [TABLE] a, b [IN … MODE]`
fn lock(mut words: Cursor<'_>) -> Option<Vec<TableLock>> {
    words.take(&["table"]);
    let tables = words.tables()?;
    if !words.take(&["in"]) {
        return Some(all(tables, AccessExclusive));
    }
    let mode = LockMode::ALL.into_iter().find(|mode| {
        let mut rest = words;
        let name: Vec<&str> = mode.name().split(' ').chain(["mode"]).collect();
        rest.take(&name)
    });
    Some(all(tables, mode?))
}

fn reindex(mut words: Cursor<'_>) -> Option<Vec<TableLock>> {
    let options = words.parentheses();
    let table = words.take(&["table"]);
    if !table && !words.take(&["index"]) {
        return None;
    }
    let beside = words.take(&["concurrently"])
        || options.is_some_and(|options| is_on(options, "concurrently"));
    let mode = if beside { ShareUpdateExclusive } else { Share };
    let name = words.relation()?;
    if table {
        return one(name, mode, Work::Scan);
    }
    Some(vec![by_index(name, mode, Work::Scan)])
}

/// `CLUSTER t USING ix`, or in the older form `CLUSTER ix ON t`.
fn cluster(mut words: Cursor<'_>) -> Option<Vec<TableLock>> {
    words.take(&["verbose"]);
    words.parentheses();
    let first = words.relation()?;
    let table = if words.take(&["on"]) { words.relation()? } else { first };
    one(table, AccessExclusive, Work::Rewrite)
}

/// `REPACK` of PostgreSQL 19. CONCURRENTLY, it locks out everybody only while it swaps the files in the end.
fn repack(mut words: Cursor<'_>) -> Option<Vec<TableLock>> {
    let beside = words.parentheses().is_some_and(|options| is_on(options, "concurrently"));
    let (mode, work) =
        if beside { (ShareUpdateExclusive, Work::Scan) } else { (AccessExclusive, Work::Rewrite) };
    one(words.relation()?, mode, work)
}

fn vacuum(mut words: Cursor<'_>) -> Option<Vec<TableLock>> {
    let options = words.parentheses();
    let full = words.take(&["full"]) || options.is_some_and(|options| is_on(options, "full"));
    words.take(&["freeze"]);
    words.take(&["verbose"]);
    words.take_any(&[&["analyze"], &["analyse"]]);
    let (mode, work) =
        if full { (AccessExclusive, Work::Rewrite) } else { (ShareUpdateExclusive, Work::Scan) };
    each(words, mode, work)
}

/// Whether an option is specified and not set to false.
fn is_on(options: Cursor<'_>, name: &str) -> bool {
    options.split().into_iter().any(|mut option| {
        option.take(&[name])
            && !option.take_any(&[&["false"], &["off"]])
            && (option.is_empty() || option.take_any(&[&["true"], &["on"]]))
    })
}
