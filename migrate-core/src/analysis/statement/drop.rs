//! Parses `DROP` and `COMMENT ON`, which name existing objects.

use super::routine::arguments;
use super::{Commented, Drop, ObjectType, OnTable, RoutineKind, Statement};
use crate::syntax::cursor::Cursor;

/// The keywords of the kinds that can be dropped by a list of names.
const KINDS: [(&[&str], ObjectType); 10] = [
    (&["schema"], ObjectType::Schema),
    (&["table"], ObjectType::Table),
    (&["view"], ObjectType::View),
    (&["materialized", "view"], ObjectType::MaterializedView),
    (&["index"], ObjectType::Index),
    (&["sequence"], ObjectType::Sequence),
    (&["foreign", "table"], ObjectType::ForeignTable),
    (&["type"], ObjectType::Type),
    (&["domain"], ObjectType::Domain),
    (&["extension"], ObjectType::Extension),
];

pub(super) fn kind(cursor: &mut Cursor<'_>) -> Option<ObjectType> {
    KINDS.iter().find(|(words, _)| cursor.take(words)).map(|(_, kind)| *kind)
}

pub(super) fn on_table(cursor: &mut Cursor<'_>) -> Option<OnTable> {
    let words =
        [("trigger", OnTable::Trigger), ("policy", OnTable::Policy), ("rule", OnTable::Rule)];
    words.iter().find(|(word, _)| cursor.take(&[word])).map(|(_, what)| *what)
}

pub(super) fn routine(cursor: &mut Cursor<'_>) -> Option<RoutineKind> {
    let words = [
        ("function", RoutineKind::Function),
        ("procedure", RoutineKind::Procedure),
        ("routine", RoutineKind::Either),
        ("aggregate", RoutineKind::Either),
    ];
    words.iter().find(|(word, _)| cursor.take(&[word])).map(|(_, kind)| *kind)
}

/// Parses what follows `DROP`.
pub(super) fn drop<'s>(cursor: &mut Cursor<'s>) -> Option<Statement<'s>> {
    if let Some(what) = on_table(cursor) {
        let if_exists = cursor.take(&["if", "exists"]);
        let name = cursor.ident()?;
        cursor.take(&["on"]).then_some(())?;
        let table = cursor.name()?;
        // The rule of a view can have dependents, but in practice it has none.
        cursor.take_any(&[&["cascade"], &["restrict"]]);
        let statement = Statement::DropOnTable { what, name, table, if_exists };
        return cursor.is_empty().then_some(statement);
    }
    if let Some(kind) = routine(cursor) {
        let if_exists = cursor.take(&["if", "exists"]);
        let mut routines = Vec::new();
        loop {
            let name = cursor.name()?;
            let has_arguments = cursor.is_sign(0, "(");
            let list = if has_arguments { Some(arguments(cursor.parentheses()?)?) } else { None };
            routines.push((name, list));
            if !cursor.take_sign(",") {
                break;
            }
        }
        let cascade = cursor.take(&["cascade"]);
        cursor.take(&["restrict"]);
        let statement = Statement::DropRoutines { kind, routines, if_exists, cascade };
        return cursor.is_empty().then_some(statement);
    }
    let kind = kind(cursor)?;
    let concurrently = cursor.take(&["concurrently"]);
    let if_exists = cursor.take(&["if", "exists"]);
    let names = cursor.names()?;
    let cascade = cursor.take(&["cascade"]);
    cursor.take(&["restrict"]);
    let statement = Statement::Drop(Drop { kind, names, if_exists, cascade, concurrently });
    cursor.is_empty().then_some(statement)
}

/// Parses what follows `COMMENT ON`.
pub(super) fn comment<'s>(cursor: &mut Cursor<'s>) -> Option<Statement<'s>> {
    let on = if cursor.take(&["column"]) {
        Commented::Column(cursor.name()?)
    } else if cursor.take(&["constraint"]) {
        let name = cursor.ident()?;
        cursor.take(&["on"]).then_some(())?;
        if cursor.is(0, "domain") && !cursor.is(1, "is") {
            return Some(Statement::Harmless);
        }
        Commented::Constraint { name, table: cursor.name()? }
    } else if let Some(what) = on_table(cursor) {
        let name = cursor.ident()?;
        cursor.take(&["on"]).then_some(())?;
        Commented::OnTable { what, name, table: cursor.name()? }
    } else if let Some(kind) = routine(cursor) {
        Commented::Routine(kind, cursor.name()?)
    } else {
        Commented::Object(kind(cursor)?, cursor.name()?)
    };
    cursor.is(0, "is").then_some(Statement::Comment { on })
}
