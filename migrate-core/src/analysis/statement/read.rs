//! Parses a statement, starting from its first words.

use std::borrow::Cow;

use super::alter;
use super::create::create;
use super::drop::{comment, drop, kind, on_table, routine};
use super::dynamic_sql::HOLE;
use super::routine::{Language, arguments, inside, language};
use super::{ObjectType, OnTable, RoutineChange, Statement};
use crate::analysis::names::Ident;
use crate::syntax::cursor::Cursor;
use crate::syntax::lexer::TokenKind;
use crate::syntax::source::Span;
use crate::syntax::statements;

/// Parses a statement of `sql`. `offset` is the offset of `sql` in its file.
pub(crate) fn read<'s>(
    sql: &'s str,
    statement: &'s statements::Statement,
    offset: usize,
) -> Statement<'s> {
    let all = Cursor::new(sql, &statement.tokens, offset);
    // Names with Unicode escapes are not decoded, so they cannot be compared with others.
    if all.tokens().iter().any(|token| all.is_escaped(*token)) {
        return Statement::Opaque { why: "a name in it is written with escapes", all };
    }
    let mut cursor = all;
    known(&mut cursor).unwrap_or(Statement::Opaque { why: "it is not understood", all })
}

fn known<'s>(cursor: &mut Cursor<'s>) -> Option<Statement<'s>> {
    if let Some(path) = default_path(cursor) {
        return Some(Statement::SetDefaultPath { path });
    }
    if harmless(cursor) {
        return Some(Statement::Harmless);
    }
    if cursor.take(&["create"]) {
        return create(cursor);
    }
    if cursor.take(&["drop"]) {
        return drop(cursor);
    }
    if cursor.take(&["alter"]) {
        return altered(cursor);
    }
    if cursor.take(&["comment", "on"]) {
        return Some(comment(cursor).unwrap_or(Statement::Harmless));
    }
    if cursor.take(&["do"]) {
        return Some(block(cursor));
    }
    if cursor.starts(&["call"]) {
        return Some(Statement::Query { writes: None, rest: *cursor });
    }
    if cursor.take(&["set"]) {
        return Some(setting(cursor));
    }
    if cursor.take(&["reset"]) {
        let path = cursor.is_any(0, &["search_path", "all"]);
        return Some(if path { Statement::ResetSearchPath } else { Statement::Harmless });
    }
    query(cursor)
}

/// Parses what follows `DO`.
fn block<'s>(cursor: &Cursor<'s>) -> Statement<'s> {
    let mut bodies = cursor.tokens().iter().filter_map(|token| {
        let text = cursor.text(*token);
        // If a string has escapes, its source is not the text that the server runs.
        let is_plain = token.kind == TokenKind::DollarString || !text.contains('\\');
        let body = inside(text, token.kind).filter(|_| is_plain)?;
        let place = cursor.place(*token);
        let start = place.start + (body.as_ptr() as usize - text.as_ptr() as usize);
        Some(match token.kind {
            TokenKind::String if body.contains("''") => (Cow::Owned(body.replace("''", "'")), None),
            _ => (Cow::Borrowed(body), Some(Span::new(start, start + body.len()))),
        })
    });
    Statement::Do { body: bodies.next_back(), language: language(cursor, Language::Plpgsql) }
}

/// Objects that are not tracked: those outside of the database, and those that refer to no
/// relation, type or routine.
pub(crate) const ELSEWHERE: [&str; 14] = [
    "role",
    "user",
    "group",
    "database",
    "tablespace",
    "publication",
    "subscription",
    "server",
    "collation",
    "statistics",
    "system",
    "default",
    "text",
    "conversion",
];

/// Statements that start with one of these change nothing that is tracked: privileges, statistics,
/// locks.
pub(crate) const HARMLESS: [&str; 20] = [
    "grant",
    "revoke",
    "analyze",
    "analyse",
    "vacuum",
    "reindex",
    "cluster",
    "lock",
    "security",
    "notify",
    "listen",
    "unlisten",
    "checkpoint",
    "show",
    "savepoint",
    "release",
    "deallocate",
    "rollback",
    "load",
    "prepare",
];

/// Whether a statement changes nothing that is tracked: privileges, roles, objects outside of the
/// database, statistics.
fn harmless(cursor: &Cursor<'_>) -> bool {
    // With CASCADE, the dependents of a server or a collation are dropped, too.
    let cascades = cursor.is(0, "drop") && cursor.has(&["cascade"]);
    cursor.is_any(0, &HARMLESS)
        || !cascades
            && cursor.is_any(0, &["create", "alter", "drop"])
            && cursor.is_any(1, &ELSEWHERE)
}

/// Parses `ALTER ROLE … SET search_path`, and the same for a database: the path, if it is clear.
pub(crate) fn default_path(all: &Cursor<'_>) -> Option<Option<Vec<Ident>>> {
    if !(all.is(0, "alter") && all.is_any(1, &["role", "user", "database"])) {
        return None;
    }
    let mut rest = all.after(&["set"])?;
    if !rest.take(&["search_path"]) {
        // The name of the setting may only be known at run time.
        let is_known = rest.tokens().first().is_none_or(|token| !rest.text(*token).contains(HOLE));
        return (!is_known).then_some(None);
    }
    let _ = rest.take(&["to"]) || rest.take_sign("=");
    Some(paths(rest).filter(|path| !path.iter().any(|name| name.text.contains(HOLE))))
}

fn altered<'s>(cursor: &mut Cursor<'s>) -> Option<Statement<'s>> {
    if let Some(what) = on_table(cursor) {
        let if_exists = cursor.take(&["if", "exists"]);
        let name = cursor.ident()?;
        cursor.take(&["on"]).then_some(())?;
        let table = cursor.name()?;
        if !cursor.take(&["rename", "to"]) {
            // For a policy, its expressions change. A trigger may become dependent on an extension.
            let changed = matches!(what, OnTable::Policy | OnTable::Trigger);
            return changed.then_some(Statement::Harmless);
        }
        return Some(Statement::RenameOnTable {
            what,
            name,
            table,
            if_exists,
            to: cursor.ident()?,
        });
    }
    if let Some(kind) = routine(cursor) {
        let name = cursor.name()?;
        let has_arguments = cursor.is_sign(0, "(");
        let arguments = if has_arguments { Some(arguments(cursor.parentheses()?)?) } else { None };
        let change = if cursor.take(&["rename", "to"]) {
            RoutineChange::Rename(cursor.ident()?)
        } else if cursor.take(&["set", "schema"]) {
            RoutineChange::SetSchema(cursor.ident()?)
        } else {
            RoutineChange::Other
        };
        return Some(Statement::AlterRoutine { kind, name, arguments, change });
    }
    match kind(cursor)? {
        ObjectType::Schema => {
            let name = cursor.ident()?;
            if cursor.take(&["owner", "to"]) {
                return Some(Statement::Harmless);
            }
            cursor.take(&["rename", "to"]).then_some(())?;
            Some(Statement::RenameSchema { name, to: cursor.ident()? })
        }
        ObjectType::Sequence if cursor.has(&["owned", "by"]) => {
            let if_exists = cursor.take(&["if", "exists"]);
            let name = cursor.name()?;
            let owner = cursor.after(&["owned", "by"])?.name()?;
            Some(Statement::OwnSequence {
                name,
                if_exists,
                owner: (owner.parts.len() > 1).then_some(owner),
            })
        }
        // The index of a partition is attached to the parent's.
        ObjectType::Index if cursor.has(&["attach", "partition"]) => None,
        ObjectType::Index if cursor.has(&["depends", "on"]) => None,
        ObjectType::Type => alter::type_(cursor, false),
        ObjectType::Domain => alter::type_(cursor, true),
        ObjectType::Extension => None,
        kind => alter::table(cursor, kind),
    }
}

/// Parses what follows `SET`.
fn setting<'s>(cursor: &mut Cursor<'s>) -> Statement<'s> {
    cursor.take_any(&[&["local"], &["session"]]);
    if cursor.is(0, "schema") && cursor.len() == 2 {
        cursor.skip(1);
        return Statement::SetSearchPath { path: paths(*cursor) };
    }
    if cursor.take_any(&[&["role"], &["authorization"], &["session", "authorization"]]) {
        return Statement::Harmless;
    }
    if !cursor.take(&["search_path"]) {
        return Statement::Harmless;
    }
    let _ = cursor.take(&["to"]) || cursor.take_sign("=");
    if cursor.is(0, "default") {
        return Statement::ResetSearchPath;
    }
    Statement::SetSearchPath { path: paths(*cursor) }
}

fn paths(mut cursor: Cursor<'_>) -> Option<Vec<Ident>> {
    let mut path = Vec::new();
    loop {
        let schema = match cursor.string() {
            // A string is a single name, taken literally.
            Some((text, span)) => Ident { text: text.into(), span },
            None => cursor.ident()?,
        };
        path.push(schema);
        if !cursor.take_sign(",") {
            break;
        }
    }
    cursor.is_empty().then_some(path)
}

/// Parses queries and changes of data.
fn query<'s>(cursor: &mut Cursor<'s>) -> Option<Statement<'s>> {
    let all = *cursor;
    if cursor.take(&["explain"]) {
        let mut options = cursor.parentheses();
        while cursor.take_any(&[&["analyze"], &["analyse"], &["verbose"]]) {
            options = Some(all);
        }
        let runs = options.is_some_and(|options| {
            (0..options.len()).any(|at| options.is_any(at, &["analyze", "analyse"]))
        });
        return if runs { query(cursor) } else { Some(Statement::Harmless) };
    }
    if cursor.take(&["copy"]) {
        if let Some(inner) = cursor.parentheses() {
            return Some(Statement::Query { writes: None, rest: inner });
        }
        let is_table =
            cursor.is_any(1, &["from", "to"]) || cursor.is_sign(1, "(") || cursor.is_sign(1, ".");
        if !is_table {
            cursor.take(&["binary"]);
        }
        // Files and programs are not relations.
        let writes = cursor.name()?;
        return Some(Statement::Query { writes: Some(writes), rest: all.since(all) });
    }
    if cursor.take(&["select"]) {
        let Some(mut into) = cursor.after(&["into"]) else {
            return Some(Statement::Query { writes: None, rest: all });
        };
        let temporary = into.take_any(&[&["temporary"], &["temp"]]);
        into.take(&["unlogged"]);
        into.take(&["table"]);
        let name = into.name()?;
        return Some(Statement::CreateTableAs {
            name,
            temporary,
            if_not_exists: false,
            columns: Vec::new(),
            query: all,
        });
    }
    if cursor.is_any(0, &["with", "values", "table"]) || cursor.is_sign(0, "(") {
        return Some(Statement::Query { writes: None, rest: all });
    }
    let changes = cursor.take_any(&[
        &["insert", "into"],
        &["update"],
        &["delete", "from"],
        &["merge", "into"],
        &["truncate", "table"],
        &["truncate"],
        &["refresh", "materialized", "view"],
    ]);
    changes.then_some(())?;
    cursor.take(&["only"]);
    cursor.take(&["concurrently"]);
    let writes = cursor.name();
    Some(Statement::Query { writes, rest: all })
}
