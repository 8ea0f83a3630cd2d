//! The locks of `ALTER TABLE` and the like, by subcommand.

use super::{LockMode, RelationName, TableLock, Work, on};
use crate::syntax::cursor::Cursor;

use LockMode::{AccessExclusive, AccessShare, ShareRowExclusive, ShareUpdateExclusive};

/// The locks of one subcommand: on the table itself, and on others.
struct Taken {
    mode: LockMode,
    work: Work,
    others: Vec<TableLock>,
}

impl Taken {
    fn only(mode: LockMode, work: Work) -> Option<Self> {
        Some(Taken { mode, work, others: Vec::new() })
    }
}

/// The locks, if it is one of these statements and all its subcommands are known.
pub(super) fn locks(mut words: Cursor<'_>) -> Option<Vec<TableLock>> {
    let (table, commands) = target(&mut words)?;
    let mut locks = Vec::new();
    for command in commands {
        let taken = subcommand(command)?;
        locks.push(on(table.clone(), taken.mode, taken.work));
        locks.extend(taken.others);
    }
    Some(locks)
}

/// The table that is altered, and the subcommands.
pub(super) fn target<'s>(words: &mut Cursor<'s>) -> Option<(RelationName, Vec<Cursor<'s>>)> {
    let altered = words.take(&["alter"])
        && words.take_any(&[
            &["table"],
            &["materialized", "view"],
            &["view"],
            &["foreign", "table"],
        ]);
    if !altered || words.take(&["all", "in"]) {
        return None;
    }
    words.take(&["if", "exists"]);
    let table = words.table()?;
    let commands = words.split();
    commands.iter().all(|command| !command.is_empty()).then_some((table, commands))
}

fn subcommand(mut words: Cursor<'_>) -> Option<Taken> {
    use Work::{None, Rewrite, Scan};
    if words.take(&["add"]) {
        return add(words);
    }
    if words.take(&["alter", "constraint"]) {
        return Taken::only(AccessExclusive, None);
    }
    if words.take(&["alter"]) {
        words.take(&["column"]);
        words.part()?;
        return column(words);
    }
    if words.take(&["validate", "constraint"]) {
        return Taken::only(ShareUpdateExclusive, Scan);
    }
    if words.take_any(&[&["cluster", "on"], &["set", "without", "cluster"]]) {
        return Taken::only(ShareUpdateExclusive, None);
    }
    if words.take(&["set", "tablespace"])
        || words.take_any(&[&["set", "logged"], &["set", "unlogged"]])
    {
        return Taken::only(AccessExclusive, Rewrite);
    }
    if words.take(&["set", "access", "method"]) {
        return Taken::only(AccessExclusive, Rewrite);
    }
    let mut parameters = words;
    if parameters.take_any(&[&["set"], &["reset"]])
        && let Some(options) = parameters.parentheses()
    {
        return all_quiet(options).then(|| Taken::only(ShareUpdateExclusive, None))?;
    }
    if words.take(&["attach", "partition"]) {
        let partition = words.relation()?;
        let others = vec![on(partition, AccessExclusive, Scan)];
        return Some(Taken { mode: ShareUpdateExclusive, work: None, others });
    }
    if words.take(&["detach", "partition"]) {
        let partition = words.relation()?;
        let concurrently = words.has(&["concurrently"]) || words.has(&["finalize"]);
        let mode = if concurrently { ShareUpdateExclusive } else { AccessExclusive };
        let others = vec![on(partition, AccessExclusive, None)];
        return Some(Taken { mode, work: None, others });
    }
    // PostgreSQL 19, from its documentation.
    if words.take(&["merge", "partitions"]) {
        let partitions = words.parentheses()?.split();
        let lock =
            |mut partition: Cursor<'_>| Some(on(partition.relation()?, AccessExclusive, Rewrite));
        let others = partitions.into_iter().map(lock).collect::<Option<Vec<_>>>()?;
        return Some(Taken { mode: AccessExclusive, work: None, others });
    }
    if words.take(&["split", "partition"]) {
        let others = vec![on(words.relation()?, AccessExclusive, Rewrite)];
        return Some(Taken { mode: AccessExclusive, work: None, others });
    }
    let inherits = words.take(&["inherit"]);
    if inherits || words.take(&["no", "inherit"]) {
        let mode = if inherits { ShareUpdateExclusive } else { AccessShare };
        let others = vec![on(words.relation()?, mode, None)];
        return Some(Taken { mode: AccessExclusive, work: None, others });
    }
    if words.take_any(&[&["enable"], &["disable"]]) {
        words.take_any(&[&["replica"], &["always"]]);
        if words.take(&["trigger"]) {
            return Taken::only(ShareRowExclusive, None);
        }
        return words
            .take_any(&[&["rule"], &["row", "level", "security"]])
            .then(|| Taken::only(AccessExclusive, None))?;
    }
    let known: &[&[&str]] = &[
        &["drop"],
        &["rename"],
        &["owner", "to"],
        &["set", "schema"],
        &["set", "without", "oids"],
        &["replica", "identity"],
        &["force", "row", "level", "security"],
        &["no", "force", "row", "level", "security"],
    ];
    words.take_any(known).then(|| Taken::only(AccessExclusive, None))?
}

/// `ALTER COLUMN c …`
fn column(mut words: Cursor<'_>) -> Option<Taken> {
    if words.take_any(&[&["type"], &["set", "data", "type"], &["set", "expression"]]) {
        return Taken::only(AccessExclusive, Work::Rewrite);
    }
    if words.take(&["set", "not", "null"]) {
        return Taken::only(AccessExclusive, Work::Scan);
    }
    if words.take(&["set", "statistics"]) {
        return Taken::only(ShareUpdateExclusive, Work::None);
    }
    let known: &[&[&str]] = &[
        &["set", "default"],
        &["drop", "default"],
        &["drop", "not", "null"],
        &["drop", "expression"],
        &["drop", "identity"],
        &["set", "storage"],
        &["set", "compression"],
        &["add", "generated"],
        &["set", "generated"],
        &["restart"],
    ];
    if words.take_any(known) {
        return Taken::only(AccessExclusive, Work::None);
    }
    words.take_any(&[&["set"], &["reset"]]);
    words.parentheses().and_then(|_| Taken::only(ShareUpdateExclusive, Work::None))
}

/// `ADD …`
fn add(mut words: Cursor<'_>) -> Option<Taken> {
    let mut constraint = words;
    if constraint.take(&["constraint"]) {
        constraint.part()?;
        return add_constraint(constraint);
    }
    let kinds: [&[&str]; 6] = [
        &["check"],
        &["unique"],
        &["primary"],
        &["exclude"],
        &["foreign", "key"],
        &["not", "null"],
    ];
    if constraint.take_any(&kinds) {
        return add_constraint(words);
    }
    words.take(&["column"]);
    words.take(&["if", "not", "exists"]);
    words.part()?;
    let others: Vec<TableLock> = words
        .all_after("references")
        .into_iter()
        .map(|other| on(other, ShareRowExclusive, Work::None))
        .collect();
    Some(Taken { mode: AccessExclusive, work: new_column(words), others })
}

/// The keywords that end the default of a column.
const CONSTRAINTS: [&str; 9] = [
    "check",
    "collate",
    "constraint",
    "generated",
    "not",
    "null",
    "primary",
    "references",
    "unique",
];

/// Cursor before a parenthesis in a default that has the same value for each row: `now()` does
/// within one transaction, and the others are not functions.
const NO_CALLS: [&str; 12] = [
    "array",
    "bit",
    "char",
    "character",
    "decimal",
    "interval",
    "now",
    "numeric",
    "time",
    "timestamp",
    "timestamptz",
    "varchar",
];

/// The work for a new column, from its type on.
fn new_column(words: Cursor<'_>) -> Work {
    let mut of_type = words;
    let counts = of_type.take_any(&[&["serial"], &["bigserial"], &["smallserial"]]);
    // A virtual generated column is computed when it is read.
    let generated = words.has(&["identity"]) || words.has(&["stored"]);
    // The default of existing rows is stored once, unless it differs for each row.
    let default = words.after(&["default"]).map(|value| value.until(&CONSTRAINTS));
    let volatile = default.is_some_and(|value| value.calls_other_than(&NO_CALLS));
    if counts || generated || volatile {
        return Work::Rewrite;
    }
    // If all rows are NULL, there are no references to check.
    let for_values: [&[&str]; 1] =
        [if default.is_some() { &["references"] } else { &["not", "null"] }];
    let checked: [&[&str]; 3] = [&["check"], &["unique"], &["primary"]];
    let scans = checked.iter().chain(&for_values).any(|word| words.has(word));
    if scans { Work::Scan } else { Work::None }
}

fn add_constraint(mut words: Cursor<'_>) -> Option<Taken> {
    // The columns of an index that becomes the primary key may have to be checked for NULL.
    let ready = words.has(&["using", "index"]) && !words.has(&["primary"]);
    let unchecked = ready || words.has(&["not", "valid"]) || words.has(&["not", "enforced"]);
    let work = if unchecked { Work::None } else { Work::Scan };
    if !words.take(&["foreign", "key"]) {
        return Taken::only(AccessExclusive, work);
    }
    let other = words.after(&["references"])?.relation()?;
    let others = vec![on(other, ShareRowExclusive, Work::None)];
    Some(Taken { mode: ShareRowExclusive, work, others })
}

/// Whether all of these storage parameters can be set without blocking readers and writers.
fn all_quiet(options: Cursor<'_>) -> bool {
    const QUIET: [&str; 5] = [
        "fillfactor",
        "toast_tuple_target",
        "parallel_workers",
        "vacuum_index_cleanup",
        "vacuum_truncate",
    ];
    options.split().into_iter().all(|mut option| {
        let Some(name) = option.relation() else { return false };
        let last = name.parts.last().map(String::as_str).unwrap_or_default();
        QUIET.contains(&last)
            || last.starts_with("autovacuum_")
            || last == "log_autovacuum_min_duration"
    })
}
