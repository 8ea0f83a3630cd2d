//! The SQL of a stamp: one transaction that changes the history and runs no migration.

use std::fmt::Write as _;

use super::{TOOL, Tables, guard, literal, step};
use crate::plan::history::History;
use crate::plan::stamp::Stamp;

/// The condition that the history, or what is half done, is not what was read.
fn moved(tables: &Tables, before: &History) -> String {
    let last = before.last().map(|record| record.revision.as_str());
    let moved = step::moved(tables, before.records.len(), last);
    let half_done: Vec<&str> = before.half_done().collect();
    format!("{moved} OR {}", step::begun_since(tables, &half_done))
}

/// Forgets how far revisions have come that have stopped on their way, if the history still is what was read.
pub(crate) fn forget_progress(tables: &Tables, before: &History) -> String {
    let moved = moved(tables, before);
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED;\n{guard}\n\
         INSERT INTO {log} SELECT pg_catalog.clock_timestamp(), session_user, 'forget-progress', revision, NULL, NULL, '{TOOL}' \
         FROM {progress};\n{forget};\nCOMMIT",
        log = tables.log,
        progress = tables.progress,
        guard = guard(tables, &step::raise_if(&moved)),
        forget = no_progress(tables),
    )
}

fn no_progress(tables: &Tables) -> String {
    format!(
        "UPDATE {} SET undoing = false WHERE undoing;\nDELETE FROM {}",
        tables.history, tables.progress,
    )
}

/// Makes the history what the stamp says, if it still is what the stamp was planned for.
/// `adopts` tells the log that another tool has applied what is recorded.
pub(crate) fn stamp(tables: &Tables, stamp: &Stamp<'_>, before: &History, adopts: bool) -> String {
    let moved = moved(tables, before);
    let guard = guard(tables, &step::raise_if(&moved));
    let mut sql = format!("BEGIN ISOLATION LEVEL READ COMMITTED;\n{guard}\n");
    let log = |sql: &mut String, action: &str, revision: &str| {
        let _ = writeln!(
            sql,
            "INSERT INTO {} VALUES (pg_catalog.clock_timestamp(), session_user, '{action}', {}, NULL, NULL, '{TOOL}');",
            tables.log,
            literal(revision),
        );
    };
    for revision in &stamp.remove {
        let _ =
            writeln!(sql, "DELETE FROM {} WHERE revision = {};", tables.history, literal(revision));
        log(&mut sql, "unstamp", revision);
    }
    for (position, migration) in (stamp.position..).zip(&stamp.insert) {
        sql.push_str(&step::insert(tables, migration, position, "0"));
        log(&mut sql, if adopts { "adopt" } else { "stamp" }, migration.id.as_str());
        if adopts {
            // What a run of ours has left half done, the other tool has done.
            let id = literal(migration.id.as_str());
            let _ = writeln!(sql, "DELETE FROM {} WHERE revision = {id};", tables.progress);
        }
    }
    if adopts {
        sql.push_str("COMMIT");
        return sql;
    }
    // What an interrupted run had begun is now as the stamp says.
    let _ = write!(sql, "{};\nCOMMIT", no_progress(tables));
    sql
}
