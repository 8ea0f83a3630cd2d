//! Parses statements into typed values, as far as the model needs their content.
//!
//! A statement that is not understood is [`Statement::Opaque`], with the names in it. Nothing here
//! knows which objects exist.

mod alter;
mod create;
mod drop;
mod dynamic_sql;
mod guard;
mod parts;
mod plpgsql;
mod query;
mod read;
mod routine;
mod table;
mod types;

use std::borrow::Cow;
use std::rc::Rc;

use super::names::{Ident, Name};
use crate::syntax::cursor::Cursor;
use crate::syntax::source::Span;

pub(crate) use alter::{Action, AlterTable, AlterType, ColumnChange, TypeChange};
pub(crate) use dynamic_sql::{HOLE, constant, text as executed};
pub(crate) use guard::{Asked, AskedKind, Guard, guard};
pub(crate) use parts::{ColumnDef, ConstraintDef, ConstraintKind, Default, Element, Identity};
pub(crate) use plpgsql::{Body, Gives, Handler, Piece, Refusal, Setting, Step, body, refusal};
pub(crate) use query::{calls, relations, written};
pub(crate) use read::{ELSEWHERE, HARMLESS, default_path, read};
pub(crate) use routine::{Argument, Language, Routine, language, quoted_body, tokens};
pub(crate) use types::{TypeName, canonical, is_built_in, type_name};

/// A parsed statement.
#[derive(Debug)]
pub(crate) enum Statement<'s> {
    CreateSchema {
        name: Ident,
        /// Whether it is named after a role of the server.
        of_role: bool,
        if_not_exists: bool,
    },
    CreateTable(CreateTable<'s>),
    /// `CREATE TABLE … AS` and `SELECT … INTO`. The columns are those of a query.
    CreateTableAs {
        name: Name,
        temporary: bool,
        if_not_exists: bool,
        /// The names of its columns, if specified.
        columns: Vec<Ident>,
        query: Cursor<'s>,
    },
    CreateView(CreateView<'s>),
    CreateIndex(CreateIndex<'s>),
    CreateSequence {
        name: Name,
        temporary: bool,
        if_not_exists: bool,
        owner: Option<Name>,
    },
    CreateType {
        name: Name,
        body: TypeBody<'s>,
    },
    CreateDomain {
        name: Name,
        base: TypeName,
    },
    CreateRoutine(Routine<'s>),
    CreateTrigger(CreateTrigger<'s>),
    /// A policy or a rule, which is named within its table.
    CreateOnTable {
        what: OnTable,
        name: Ident,
        or_replace: bool,
        table: Name,
        rest: Cursor<'s>,
    },
    CreateExtension {
        name: Ident,
        if_not_exists: bool,
        cascade: bool,
    },
    AlterTable(AlterTable<'s>),
    AlterType(AlterType),
    /// An `ALTER SEQUENCE` that does more than set numbers.
    OwnSequence {
        name: Name,
        if_exists: bool,
        owner: Option<Name>,
    },
    RenameSchema {
        name: Ident,
        to: Ident,
    },
    AlterRoutine {
        kind: RoutineKind,
        name: Name,
        arguments: Option<Vec<Argument>>,
        change: RoutineChange,
    },
    RenameOnTable {
        what: OnTable,
        name: Ident,
        table: Name,
        if_exists: bool,
        to: Ident,
    },
    Drop(Drop),
    DropOnTable {
        what: OnTable,
        name: Ident,
        table: Name,
        if_exists: bool,
    },
    DropRoutines {
        kind: RoutineKind,
        routines: Vec<(Name, Option<Vec<Argument>>)>,
        if_exists: bool,
        cascade: bool,
    },
    /// `COMMENT ON kind name`.
    Comment {
        on: Commented,
    },
    /// The search path from here on; `None` if it is unclear.
    SetSearchPath {
        path: Option<Vec<Ident>>,
    },
    /// The search path of new sessions of a role or a database; `None` if it is unclear.
    SetDefaultPath {
        path: Option<Vec<Ident>>,
    },
    /// `RESET search_path`, `RESET ALL`, `DISCARD ALL`.
    ResetSearchPath,
    /// A query or a change of data.
    Query {
        writes: Option<Name>,
        rest: Cursor<'s>,
    },
    /// A `DO` block: its body without quotes, if it is plain text, and its position, if the file
    /// contains it literally.
    Do {
        body: Option<(Cow<'s, str>, Option<Span>)>,
        language: Language,
    },
    /// Changes nothing that the model tracks.
    Harmless,
    /// Not understood. Every name in it is unknown from here on.
    Opaque {
        why: &'static str,
        all: Cursor<'s>,
    },
}

#[derive(Debug)]
pub(crate) struct CreateTable<'s> {
    pub(crate) name: Name,
    pub(crate) temporary: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) elements: Vec<Element<'s>>,
    pub(crate) inherits: Vec<Name>,
    pub(crate) partition_of: Option<Name>,
    /// The type of a typed table.
    pub(crate) of_type: Option<Name>,
    pub(crate) partitioned: bool,
    pub(crate) foreign: bool,
    /// Whether all of it was understood.
    pub(crate) is_clear: bool,
}

#[derive(Debug)]
pub(crate) struct CreateView<'s> {
    pub(crate) name: Name,
    pub(crate) materialized: bool,
    pub(crate) temporary: bool,
    pub(crate) or_replace: bool,
    pub(crate) if_not_exists: bool,
    /// `CREATE RECURSIVE VIEW`: the query refers to the view itself.
    pub(crate) recursive: bool,
    /// The names of its columns, if specified.
    pub(crate) columns: Vec<Ident>,
    pub(crate) query: Cursor<'s>,
}

#[derive(Debug)]
pub(crate) struct CreateIndex<'s> {
    /// The server chooses a name if there is none.
    pub(crate) name: Option<Ident>,
    pub(crate) if_not_exists: bool,
    pub(crate) unique: bool,
    pub(crate) concurrently: bool,
    pub(crate) only: bool,
    pub(crate) table: Name,
    /// The keys of the index: columns or expressions.
    pub(crate) keys: Vec<Key<'s>>,
    /// For each key, whether it specifies an operator class.
    pub(crate) with_class: Vec<bool>,
    /// The method after `USING`.
    pub(crate) method: Option<Ident>,
    pub(crate) include: Vec<Ident>,
    pub(crate) predicate: Option<Cursor<'s>>,
    /// The position, for an index without a name.
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum Key<'s> {
    Column(Ident),
    Expression(Cursor<'s>),
}

#[derive(Debug)]
pub(crate) enum TypeBody<'s> {
    Enum(Vec<(Rc<str>, Span)>),
    Composite(Vec<ColumnDef<'s>>),
    /// The name of its multirange, if specified.
    Range {
        multirange: Option<Name>,
    },
    /// Base types and shell types.
    Other,
}

#[derive(Debug)]
pub(crate) struct CreateTrigger<'s> {
    pub(crate) name: Ident,
    pub(crate) or_replace: bool,
    pub(crate) table: Name,
    pub(crate) function: Name,
    /// `CREATE CONSTRAINT TRIGGER`.
    pub(crate) is_constraint: bool,
    /// The columns of `UPDATE OF`.
    pub(crate) update_of: Vec<Ident>,
    pub(crate) rest: Cursor<'s>,
}

/// The kinds of objects that are named within their table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum OnTable {
    Trigger,
    Policy,
    Rule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoutineKind {
    Function,
    Procedure,
    /// `ROUTINE`, which can be either, and aggregates.
    Either,
}

#[derive(Debug)]
pub(crate) enum RoutineChange {
    Rename(Ident),
    SetSchema(Ident),
    Other,
}

/// The kinds of objects that `DROP` accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ObjectType {
    Schema,
    Table,
    View,
    MaterializedView,
    Index,
    Sequence,
    ForeignTable,
    Type,
    Domain,
    Extension,
}

#[derive(Debug)]
pub(crate) struct Drop {
    pub(crate) kind: ObjectType,
    pub(crate) names: Vec<Name>,
    pub(crate) if_exists: bool,
    pub(crate) cascade: bool,
    pub(crate) concurrently: bool,
}

#[derive(Debug)]
pub(crate) enum Commented {
    Object(ObjectType, Name),
    /// A routine, without its arguments.
    Routine(RoutineKind, Name),
    /// A column, with the table in the same name.
    Column(Name),
    Constraint {
        name: Ident,
        table: Name,
    },
    OnTable {
        what: OnTable,
        name: Ident,
        table: Name,
    },
}

#[cfg(test)]
mod tests;
