//! Parses `ALTER TABLE` and the like, action by action, and `ALTER TYPE`.

use std::rc::Rc;

use super::parts::{
    ColumnDef, ConstraintDef, Identity, column, is_table_constraint, table_constraint,
};
use super::types::{TypeName, type_name};
use super::{ObjectType, Statement};
use crate::analysis::names::{Ident, Name};
use crate::syntax::cursor::Cursor;
use crate::syntax::source::Span;

/// `ALTER TABLE`, `VIEW`, `MATERIALIZED VIEW`, `INDEX`, `SEQUENCE`, `FOREIGN TABLE`.
#[derive(Debug)]
pub(crate) struct AlterTable<'s> {
    pub(crate) kind: ObjectType,
    pub(crate) name: Name,
    pub(crate) if_exists: bool,
    pub(crate) only: bool,
    pub(crate) actions: Vec<Action<'s>>,
}

#[derive(Debug)]
pub(crate) enum Action<'s> {
    AddColumn {
        column: ColumnDef<'s>,
        if_not_exists: bool,
    },
    AddConstraint(ConstraintDef<'s>),
    DropColumn {
        name: Ident,
        if_exists: bool,
        cascade: bool,
    },
    DropConstraint {
        name: Ident,
        if_exists: bool,
        cascade: bool,
    },
    Column {
        name: Ident,
        change: ColumnChange<'s>,
    },
    RenameTo(Ident),
    RenameColumn {
        name: Ident,
        to: Ident,
    },
    RenameConstraint {
        name: Ident,
        to: Ident,
    },
    SetSchema(Ident),
    /// `VALIDATE CONSTRAINT` and `ALTER CONSTRAINT`.
    UseConstraint(Ident),
    /// `CLUSTER ON`, `REPLICA IDENTITY USING INDEX`.
    UseIndex(Ident),
    /// `ENABLE TRIGGER` and `DISABLE TRIGGER`.
    UseTrigger(Ident),
    Inherit {
        parent: Name,
        no: bool,
    },
    Attach(Name),
    Detach(Name),
    /// Changes nothing that the model tracks.
    Harmless,
    /// Not understood; contains the names in it.
    Opaque(Cursor<'s>),
}

#[derive(Debug)]
pub(crate) enum ColumnChange<'s> {
    Type {
        to: TypeName,
        using: Option<Cursor<'s>>,
    },
    SetDefault(Cursor<'s>),
    DropDefault,
    SetNotNull,
    DropNotNull,
    AddIdentity(Identity),
    DropIdentity,
    DropExpression,
    /// Statistics, storage, options.
    Other,
}

/// Parses what follows `ALTER TABLE` and the like.
pub(super) fn table<'s>(cursor: &mut Cursor<'s>, kind: ObjectType) -> Option<Statement<'s>> {
    if cursor.take(&["all", "in", "tablespace"]) {
        return Some(Statement::Harmless);
    }
    let if_exists = cursor.take(&["if", "exists"]);
    let only = cursor.take(&["only"]);
    let parenthesised = cursor.is_sign(0, "(");
    if parenthesised {
        return None;
    }
    let name = cursor.name()?;
    cursor.take_sign("*");
    let parts = cursor.split();
    let actions = parts.iter().map(|part| action(*part).unwrap_or(Action::Opaque(*part))).collect();
    Some(Statement::AlterTable(AlterTable { kind, name, if_exists, only, actions }))
}

fn cascade(cursor: &mut Cursor<'_>) -> bool {
    let cascade = cursor.take(&["cascade"]);
    cursor.take(&["restrict"]);
    cascade
}

fn action(mut cursor: Cursor<'_>) -> Option<Action<'_>> {
    let all = cursor;
    let action = if cursor.take(&["add"]) {
        return added(cursor);
    } else if cursor.take(&["drop", "constraint"]) {
        let if_exists = cursor.take(&["if", "exists"]);
        let name = cursor.ident()?;
        Action::DropConstraint { name, if_exists, cascade: cascade(&mut cursor) }
    } else if cursor.take(&["drop"]) {
        cursor.take(&["column"]);
        let if_exists = cursor.take(&["if", "exists"]);
        let name = cursor.ident()?;
        Action::DropColumn { name, if_exists, cascade: cascade(&mut cursor) }
    } else if cursor.take_any(&[&["validate", "constraint"], &["alter", "constraint"]]) {
        return Some(Action::UseConstraint(cursor.ident()?));
    } else if cursor.take(&["alter"]) {
        cursor.take(&["column"]);
        let change = column_change(&mut cursor)?;
        return Some(change);
    } else if cursor.take(&["rename", "to"]) {
        Action::RenameTo(cursor.ident()?)
    } else if cursor.take(&["rename", "constraint"]) {
        let name = cursor.ident()?;
        cursor.take(&["to"]).then_some(())?;
        Action::RenameConstraint { name, to: cursor.ident()? }
    } else if cursor.take(&["rename"]) {
        cursor.take(&["column"]);
        let name = cursor.ident()?;
        cursor.take(&["to"]).then_some(())?;
        Action::RenameColumn { name, to: cursor.ident()? }
    } else if cursor.take(&["set", "schema"]) {
        Action::SetSchema(cursor.ident()?)
    } else if cursor.take_any(&[&["cluster", "on"], &["replica", "identity", "using", "index"]]) {
        Action::UseIndex(cursor.ident()?)
    } else if cursor.take(&["attach", "partition"]) {
        let name = cursor.name()?;
        return Some(Action::Attach(name));
    } else if cursor.take(&["detach", "partition"]) {
        let name = cursor.name()?;
        cursor.take_any(&[&["concurrently"], &["finalize"]]);
        Action::Detach(name)
    } else if cursor.take(&["inherit"]) {
        Action::Inherit { parent: cursor.name()?, no: false }
    } else if cursor.take(&["no", "inherit"]) {
        Action::Inherit { parent: cursor.name()?, no: true }
    } else if cursor.is_any(0, &["enable", "disable"]) {
        let trigger = cursor.len() > 2 && cursor.is_any(cursor.len() - 2, &["trigger"]);
        if !trigger || cursor.is_any(cursor.len() - 1, &["all", "user"]) {
            return Some(Action::Harmless);
        }
        cursor.skip(cursor.len() - 1);
        Action::UseTrigger(cursor.ident()?)
    } else if harmless(&cursor) {
        return Some(Action::Harmless);
    } else {
        return Some(Action::Opaque(all));
    };
    cursor.is_empty().then_some(action)
}

/// Whether the action only concerns ownership, storage, the planner or the disk.
fn harmless(cursor: &Cursor<'_>) -> bool {
    cursor.starts(&["owner", "to"])
        || cursor.starts(&["set", "tablespace"])
        || cursor.starts(&["set", "logged"])
        || cursor.starts(&["set", "unlogged"])
        || cursor.starts(&["set", "without"])
        || cursor.starts(&["set", "access"])
        || cursor.starts(&["without", "cluster"])
        || cursor.starts(&["replica", "identity"])
        || cursor.starts(&["force", "row"])
        || cursor.starts(&["no", "force"])
        || cursor.is_any(0, &["set", "reset", "options"]) && cursor.is_sign(1, "(")
        // The numbers of a sequence.
        || cursor.is_any(
            0,
            &["increment", "minvalue", "maxvalue", "no", "start", "restart", "cache", "cycle", "as"],
        )
}

fn added(mut cursor: Cursor<'_>) -> Option<Action<'_>> {
    if is_table_constraint(&cursor) {
        let constraint = table_constraint(&mut cursor)?;
        return cursor.is_empty().then_some(Action::AddConstraint(constraint));
    }
    cursor.take(&["column"]);
    let if_not_exists = cursor.take(&["if", "not", "exists"]);
    let column = column(&mut cursor, false)?;
    cursor.is_empty().then_some(Action::AddColumn { column, if_not_exists })
}

fn column_change<'s>(cursor: &mut Cursor<'s>) -> Option<Action<'s>> {
    let name = cursor.ident()?;
    let change = if cursor.take_any(&[&["type"], &["set", "data", "type"]]) {
        let to = type_name(cursor)?;
        if cursor.take(&["collate"]) {
            cursor.name()?;
        }
        let using = cursor.take(&["using"]).then_some(*cursor);
        (using.is_some() || cursor.is_empty()).then_some(())?;
        ColumnChange::Type { to, using }
    } else if cursor.take(&["set", "default"]) {
        ColumnChange::SetDefault(*cursor)
    } else if cursor.take(&["drop", "default"]) {
        ColumnChange::DropDefault
    } else if cursor.take(&["set", "not", "null"]) {
        ColumnChange::SetNotNull
    } else if cursor.take(&["drop", "not", "null"]) {
        ColumnChange::DropNotNull
    } else if cursor.take(&["add", "generated"]) {
        ColumnChange::AddIdentity(Identity::of(cursor.after(&["identity"])?.parentheses()))
    } else if cursor.take(&["drop", "identity"]) {
        ColumnChange::DropIdentity
    } else if cursor.take(&["drop", "expression"]) {
        ColumnChange::DropExpression
    } else if cursor.is_any(0, &["set", "reset", "restart", "options"]) {
        ColumnChange::Other
    } else {
        return None;
    };
    Some(Action::Column { name, change })
}

/// `ALTER TYPE` and `ALTER DOMAIN`.
#[derive(Debug)]
pub(crate) struct AlterType {
    pub(crate) name: Name,
    pub(crate) is_domain: bool,
    pub(crate) change: TypeChange,
}

#[derive(Debug)]
pub(crate) enum TypeChange {
    AddValue {
        label: (Rc<str>, Span),
        if_not_exists: bool,
        beside: Option<(Rc<str>, Span)>,
    },
    RenameValue {
        from: (Rc<str>, Span),
        to: (Rc<str>, Span),
    },
    RenameTo(Ident),
    RenameAttribute {
        name: Ident,
        to: Ident,
    },
    SetSchema(Ident),
    /// The attributes of a composite type, or the constraints of a domain.
    Members,
    Harmless,
}

/// Parses what follows `ALTER TYPE` or `ALTER DOMAIN`.
pub(super) fn type_<'s>(cursor: &mut Cursor<'s>, is_domain: bool) -> Option<Statement<'s>> {
    let name = cursor.name()?;
    let label = |cursor: &mut Cursor<'s>| {
        let (text, span) = cursor.string()?;
        Some((Rc::from(text), span))
    };
    let change = if cursor.take(&["add", "value"]) {
        let if_not_exists = cursor.take(&["if", "not", "exists"]);
        let new = label(cursor)?;
        let beside = cursor.take_any(&[&["before"], &["after"]]);
        let beside = if beside { Some(label(cursor)?) } else { None };
        TypeChange::AddValue { label: new, if_not_exists, beside }
    } else if cursor.take(&["rename", "value"]) {
        let from = label(cursor)?;
        cursor.take(&["to"]).then_some(())?;
        TypeChange::RenameValue { from, to: label(cursor)? }
    } else if cursor.take(&["rename", "to"]) {
        TypeChange::RenameTo(cursor.ident()?)
    } else if cursor.take(&["rename", "attribute"]) {
        let name = cursor.ident()?;
        cursor.take(&["to"]).then_some(())?;
        TypeChange::RenameAttribute { name, to: cursor.ident()? }
    } else if cursor.take(&["set", "schema"]) {
        TypeChange::SetSchema(cursor.ident()?)
    } else if cursor.starts(&["owner", "to"]) || cursor.is(0, "set") && cursor.is_sign(1, "(") {
        TypeChange::Harmless
    } else {
        TypeChange::Members
    };
    Some(Statement::AlterType(AlterType { name, is_domain, change }))
}
