//! Parses `CREATE`, except for tables and routines.

use std::rc::Rc;

use super::drop::{on_table, routine};
use super::parts::column;
use super::types::type_name;
use super::{
    CreateIndex, CreateTrigger, CreateView, Key, OnTable, Statement, TypeBody, routine as routines,
    table,
};
use crate::syntax::cursor::Cursor;

/// Parses what follows `CREATE`.
pub(super) fn create<'s>(cursor: &mut Cursor<'s>) -> Option<Statement<'s>> {
    let or_replace = cursor.take(&["or", "replace"]);
    let temporary = cursor.take_any(&[
        &["temporary"],
        &["temp"],
        &["local", "temporary"],
        &["local", "temp"],
        &["global", "temporary"],
        &["global", "temp"],
    ]);
    if !temporary {
        cursor.take(&["unlogged"]);
    }
    if cursor.take(&["table"]) {
        return table::create(cursor, temporary, false);
    }
    if cursor.take(&["foreign", "table"]) {
        return table::create(cursor, false, true);
    }
    if cursor.is(0, "view") || cursor.starts(&["recursive", "view"]) {
        return view(cursor, false, temporary, or_replace);
    }
    if cursor.take(&["materialized", "view"]) {
        return view(cursor, true, false, false);
    }
    if cursor.take(&["sequence"]) {
        let if_not_exists = cursor.take(&["if", "not", "exists"]);
        let name = cursor.name()?;
        let owner = cursor.after(&["owned", "by"]).and_then(|mut rest| rest.name());
        let owner = owner.filter(|owner| owner.parts.len() > 1);
        return Some(Statement::CreateSequence { name, temporary, if_not_exists, owner });
    }
    if cursor.is(0, "index") || cursor.starts(&["unique", "index"]) {
        let unique = cursor.take(&["unique"]);
        return index(cursor, unique);
    }
    if cursor.take(&["schema"]) {
        let if_not_exists = cursor.take(&["if", "not", "exists"]);
        let unnamed = cursor.take(&["authorization"]);
        let name = cursor.ident()?;
        // The name of this role is not known here.
        let is_somebody =
            |role: &str| ["current_user", "current_role", "session_user"].contains(&role);
        let mut of_role = unnamed;
        if !unnamed && cursor.take(&["authorization"]) {
            let role = cursor.ident()?;
            of_role = role.text == name.text;
        }
        let is_plain = cursor.is_empty() && !(unnamed && is_somebody(&name.text));
        of_role |= &*name.text == "postgres";
        return is_plain.then_some(Statement::CreateSchema { name, of_role, if_not_exists });
    }
    if cursor.take(&["type"]) {
        return type_(cursor);
    }
    if cursor.take(&["domain"]) {
        let name = cursor.name()?;
        cursor.take(&["as"]);
        return Some(Statement::CreateDomain { name, base: type_name(cursor)? });
    }
    if cursor.take(&["extension"]) {
        let if_not_exists = cursor.take(&["if", "not", "exists"]);
        let name = cursor.ident()?;
        let cascade = cursor.has(&["cascade"]);
        return Some(Statement::CreateExtension { name, if_not_exists, cascade });
    }
    let constraint = cursor.take(&["constraint"]);
    match on_table(cursor) {
        Some(OnTable::Trigger) => return trigger(cursor, or_replace, constraint),
        _ if constraint => return None,
        Some(what) => {
            let name = cursor.ident()?;
            let mut rest = match what {
                OnTable::Rule => cursor.after(&["to"])?,
                _ => cursor.after(&["on"])?,
            };
            let table = rest.name()?;
            return Some(Statement::CreateOnTable { what, name, or_replace, table, rest });
        }
        None => {}
    }
    if cursor.is(0, "aggregate") {
        return None;
    }
    routine(cursor).and_then(|kind| routines::create(cursor, kind, or_replace))
}

fn view<'s>(
    cursor: &mut Cursor<'s>,
    materialized: bool,
    temporary: bool,
    or_replace: bool,
) -> Option<Statement<'s>> {
    let recursive = cursor.take(&["recursive"]);
    cursor.take(&["view"]);
    let if_not_exists = cursor.take(&["if", "not", "exists"]);
    let name = cursor.name()?;
    let has_columns = cursor.is_sign(0, "(");
    let columns = if has_columns { cursor.column_list()? } else { Vec::new() };
    let query = cursor.after(&["as"])?;
    let view = CreateView {
        name,
        materialized,
        temporary,
        or_replace,
        if_not_exists,
        recursive,
        columns,
        query,
    };
    Some(Statement::CreateView(view))
}

fn index<'s>(cursor: &mut Cursor<'s>, unique: bool) -> Option<Statement<'s>> {
    let span = cursor.span();
    cursor.skip(1);
    let concurrently = cursor.take(&["concurrently"]);
    let if_not_exists = cursor.take(&["if", "not", "exists"]);
    let name = if cursor.is(0, "on") { None } else { Some(cursor.ident()?) };
    cursor.take(&["on"]).then_some(())?;
    let only = cursor.take(&["only"]);
    let table = cursor.name()?;
    let method = if cursor.take(&["using"]) { Some(cursor.ident()?) } else { None };
    let parts = cursor.parentheses()?.split();
    let with_class = parts.iter().map(names_class).collect();
    let keys = parts.into_iter().map(key).collect::<Option<_>>()?;
    let include = if cursor.take(&["include"]) { cursor.column_list()? } else { Vec::new() };
    let predicate = cursor.after(&["where"]);
    Some(Statement::CreateIndex(CreateIndex {
        name,
        if_not_exists,
        unique,
        concurrently,
        only,
        table,
        keys,
        with_class,
        method,
        include,
        predicate,
        span,
    }))
}

/// Parses a column with its options, or an expression.
pub(super) fn key(part: Cursor<'_>) -> Option<Key<'_>> {
    let mut rest = part;
    if let Some(inner) = rest.parentheses() {
        return Some(Key::Expression(inner));
    }
    let column = rest.ident()?;
    if !rest.is_sign(0, "(") && !rest.is_sign(0, ".") {
        return Some(Key::Column(column));
    }
    // `lower(a)` or `pg_catalog.lower(a)`. What follows is how it is sorted.
    rest = part;
    rest.name()?;
    rest.parentheses()?;
    Some(Key::Expression(rest.since(part)))
}

/// Whether a column in an index is followed by an operator class.
fn names_class(part: &Cursor<'_>) -> bool {
    let mut rest = *part;
    rest.skip(1);
    if rest.take(&["collate"]) {
        rest.name();
    }
    !rest.is_empty() && !rest.is_any(0, &["asc", "desc", "nulls"])
}

fn type_<'s>(cursor: &mut Cursor<'s>) -> Option<Statement<'s>> {
    let name = cursor.name()?;
    let body = if cursor.take(&["as", "enum"]) {
        let mut inner = cursor.parentheses()?;
        let mut labels = Vec::new();
        while !inner.is_empty() {
            let (label, span) = inner.string()?;
            labels.push((Rc::from(label), span));
            if !inner.take_sign(",") {
                break;
            }
        }
        inner.is_empty().then_some(())?;
        TypeBody::Enum(labels)
    } else if cursor.is(0, "as") && cursor.is_sign(1, "(") {
        cursor.skip(1);
        let parts = cursor.parentheses()?.split();
        let attributes = parts.into_iter().map(|mut part| column(&mut part, false));
        TypeBody::Composite(attributes.collect::<Option<_>>()?)
    } else if cursor.take(&["as", "range"]) {
        let options = cursor.parentheses()?.split();
        let multirange = options.into_iter().find_map(|mut option| {
            let is_name = option.take(&["multirange_type_name"]) && option.take_sign("=");
            if is_name { option.name() } else { None }
        });
        TypeBody::Range { multirange }
    } else {
        TypeBody::Other
    };
    Some(Statement::CreateType { name, body })
}

fn trigger<'s>(
    cursor: &mut Cursor<'s>,
    or_replace: bool,
    is_constraint: bool,
) -> Option<Statement<'s>> {
    let name = cursor.ident()?;
    let mut update_of = Vec::new();
    if let Some(mut columns) = cursor.after(&["update", "of"]) {
        update_of.push(columns.ident()?);
        while columns.take_sign(",") {
            update_of.push(columns.ident()?);
        }
    }
    let mut rest = cursor.after(&["on"])?;
    let table = rest.name()?;
    let mut call =
        rest.after(&["execute", "function"]).or_else(|| rest.after(&["execute", "procedure"]))?;
    let function = call.name()?;
    Some(Statement::CreateTrigger(CreateTrigger {
        name,
        or_replace,
        table,
        function,
        is_constraint,
        update_of,
        rest,
    }))
}
