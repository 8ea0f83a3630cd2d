//! Parses the parts of tables: columns and constraints.

use super::Key;
use super::create::key;
use super::types::{TypeName, type_name};
use crate::analysis::names::{Ident, Name};
use crate::syntax::cursor::Cursor;
use crate::syntax::source::Span;

/// An element in the parentheses of `CREATE TABLE`.
#[derive(Debug)]
pub(crate) enum Element<'s> {
    Column(ColumnDef<'s>),
    Constraint(ConstraintDef<'s>),
    /// `LIKE table`, and what is copied in addition to the columns.
    Like {
        source: Name,
        including: Vec<Ident>,
    },
}

#[derive(Debug)]
pub(crate) struct ColumnDef<'s> {
    pub(crate) name: Ident,
    /// `None` in a typed table or in a partition.
    pub(crate) kind: Option<TypeName>,
    pub(crate) not_null: bool,
    pub(crate) default: Option<Default<'s>>,
    /// The column's own `CHECK`, `UNIQUE`, `REFERENCES` and key constraints.
    pub(crate) constraints: Vec<ConstraintDef<'s>>,
}

/// Where the value of a column comes from if a row provides none.
#[derive(Debug)]
pub(crate) enum Default<'s> {
    Expression(Cursor<'s>),
    Generated(Cursor<'s>),
    Identity(Identity),
}

#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// The name of its sequence, if specified, as in dumps.
    pub(crate) sequence: Option<Name>,
}

impl Identity {
    /// Parses the options in parentheses.
    pub(crate) fn of(options: Option<Cursor<'_>>) -> Self {
        let named = options.and_then(|options| options.after(&["sequence", "name"]));
        Identity { sequence: named.and_then(|mut rest| rest.name()) }
    }
}

#[derive(Debug)]
pub(crate) struct ConstraintDef<'s> {
    pub(crate) name: Option<Ident>,
    pub(crate) kind: ConstraintKind<'s>,
    pub(crate) not_valid: bool,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum ConstraintKind<'s> {
    PrimaryKey {
        columns: Vec<Ident>,
        include: Vec<Ident>,
        using_index: Option<Ident>,
    },
    Unique {
        columns: Vec<Ident>,
        include: Vec<Ident>,
        using_index: Option<Ident>,
    },
    ForeignKey {
        columns: Vec<Ident>,
        target: Name,
        target_columns: Vec<Ident>,
    },
    Check(Cursor<'s>),
    /// Its columns, and whether it has only columns and no expressions such as `lower(a)`.
    Exclude {
        columns: Vec<Ident>,
        is_plain: bool,
        all: Cursor<'s>,
    },
    NotNull(Ident),
}

/// Parses a column and its constraints; `None` unless all of it is understood.
pub(crate) fn column<'s>(cursor: &mut Cursor<'s>, may_lack_type: bool) -> Option<ColumnDef<'s>> {
    let name = cursor.ident()?;
    let has_type =
        !may_lack_type || !(cursor.is_empty() || begins_constraint(cursor) || cursor.is(0, "with"));
    let kind = if has_type { Some(type_name(cursor)?) } else { None };
    let mut column =
        ColumnDef { name, kind, not_null: false, default: None, constraints: Vec::new() };
    cursor.take(&["with", "options"]);
    while !cursor.is_empty() {
        let start = *cursor;
        let label = if cursor.take(&["constraint"]) { Some(cursor.ident()?) } else { None };
        let one = || vec![column.name.clone()];
        let kind = if cursor.take(&["not", "null"]) {
            column.not_null = true;
            cursor.take(&["no", "inherit"]);
            match label {
                Some(_) => ConstraintKind::NotNull(column.name.clone()),
                None => continue,
            }
        } else if cursor.take(&["null"]) {
            continue;
        } else if cursor.take(&["default"]) {
            column.default = Some(Default::Expression(cursor.expression(begins_constraint)));
            continue;
        } else if cursor.take_any(&[&["generated", "always"], &["generated", "by", "default"]]) {
            cursor.take(&["as"]).then_some(())?;
            column.default = Some(if cursor.take(&["identity"]) {
                column.not_null = true;
                Default::Identity(Identity::of(cursor.parentheses()))
            } else {
                let expression = cursor.parentheses()?;
                cursor.take_any(&[&["stored"], &["virtual"]]);
                Default::Generated(expression)
            });
            continue;
        } else if cursor.take(&["primary", "key"]) {
            column.not_null = true;
            let include = index_options(cursor)?;
            ConstraintKind::PrimaryKey { columns: one(), include, using_index: None }
        } else if cursor.take(&["unique"]) {
            let include = index_options(cursor)?;
            ConstraintKind::Unique { columns: one(), include, using_index: None }
        } else if cursor.take(&["check"]) {
            let check = cursor.parentheses()?;
            cursor.take(&["no", "inherit"]);
            ConstraintKind::Check(check)
        } else if cursor.take(&["references"]) {
            references(cursor, one())?
        } else if cursor.take(&["collate"]) {
            cursor.name()?;
            continue;
        } else if cursor.take_any(&[&["storage"], &["compression"]]) {
            cursor.ident()?;
            continue;
        } else if cursor.take(&["options"]) {
            cursor.parentheses()?;
            continue;
        } else if attribute(cursor) {
            continue;
        } else {
            return None;
        };
        let span = cursor.since(start).span();
        column.constraints.push(ConstraintDef { name: label, kind, not_valid: false, span });
    }
    Some(column)
}

fn begins_constraint(cursor: &Cursor<'_>) -> bool {
    cursor.is_any(
        0,
        &[
            "constraint",
            "not",
            "null",
            "default",
            "generated",
            "primary",
            "unique",
            "check",
            "references",
            "collate",
            "deferrable",
            "initially",
            "enforced",
            "storage",
            "compression",
        ],
    )
}

/// Reads an attribute that says when a constraint is checked.
fn attribute(cursor: &mut Cursor<'_>) -> bool {
    cursor.take_any(&[
        &["not", "deferrable"],
        &["deferrable"],
        &["initially", "deferred"],
        &["initially", "immediate"],
        &["not", "enforced"],
        &["enforced"],
    ])
}

/// Reads `NULLS NOT DISTINCT`, `INCLUDE (…)`, `WITH (…)` and `USING INDEX TABLESPACE …`.
fn index_options(cursor: &mut Cursor<'_>) -> Option<Vec<Ident>> {
    let mut include = Vec::new();
    cursor.take_any(&[&["nulls", "not", "distinct"], &["nulls", "distinct"]]);
    if cursor.take(&["include"]) {
        include = cursor.column_list()?;
    }
    if cursor.take(&["with"]) {
        cursor.parentheses()?;
    }
    if cursor.take(&["using", "index", "tablespace"]) {
        cursor.ident()?;
    }
    Some(include)
}

/// Parses what follows `REFERENCES`.
fn references<'s>(cursor: &mut Cursor<'s>, columns: Vec<Ident>) -> Option<ConstraintKind<'s>> {
    let target = cursor.name()?;
    let has_columns = cursor.is_sign(0, "(");
    let target_columns = if has_columns { cursor.column_list()? } else { Vec::new() };
    loop {
        if cursor.take(&["match"]) {
            cursor.ident()?;
        } else if cursor.take_any(&[&["on", "delete"], &["on", "update"]]) {
            let sets = cursor.take(&["set"]);
            cursor.ident()?;
            if sets && cursor.is_sign(0, "(") {
                cursor.column_list()?;
            } else if !sets {
                cursor.take(&["action"]);
            }
        } else {
            return Some(ConstraintKind::ForeignKey { columns, target, target_columns });
        }
    }
}

/// Whether a table constraint comes next.
pub(crate) fn is_table_constraint(cursor: &Cursor<'_>) -> bool {
    cursor.is(0, "constraint")
        || cursor.starts(&["primary", "key"])
        || cursor.starts(&["foreign", "key"])
        || cursor.starts(&["not", "null"])
        || cursor.is_any(0, &["unique", "check", "exclude"])
            && (cursor.is_sign(1, "(") || cursor.is_any(1, &["using", "nulls"]))
}

/// Parses a table constraint; `None` unless all of it is understood.
pub(crate) fn table_constraint<'s>(cursor: &mut Cursor<'s>) -> Option<ConstraintDef<'s>> {
    let start = *cursor;
    let name = if cursor.take(&["constraint"]) { Some(cursor.ident()?) } else { None };
    let primary = cursor.take(&["primary", "key"]);
    let kind = if primary || cursor.take(&["unique"]) {
        let (mut columns, mut include, mut using_index) = (Vec::new(), Vec::new(), None);
        if cursor.take(&["using", "index"]) {
            using_index = Some(cursor.ident()?);
        } else {
            cursor.take_any(&[&["nulls", "not", "distinct"], &["nulls", "distinct"]]);
            columns = cursor.column_list()?;
            include = index_options(cursor)?;
        }
        match primary {
            true => ConstraintKind::PrimaryKey { columns, include, using_index },
            false => ConstraintKind::Unique { columns, include, using_index },
        }
    } else if cursor.take(&["foreign", "key"]) {
        let columns = cursor.column_list()?;
        cursor.take(&["references"]).then_some(())?;
        references(cursor, columns)?
    } else if cursor.take(&["check"]) {
        ConstraintKind::Check(cursor.parentheses()?)
    } else if cursor.take(&["not", "null"]) {
        ConstraintKind::NotNull(cursor.ident()?)
    } else if cursor.take(&["exclude"]) {
        let all = *cursor;
        if cursor.take(&["using"]) {
            cursor.ident()?;
        }
        let elements = cursor.parentheses()?.split();
        let column = |element: &Cursor<'_>| match key(*element) {
            Some(Key::Column(column)) => Some(column),
            _ => None,
        };
        let columns: Vec<Ident> = elements.iter().filter_map(column).collect();
        let is_plain = columns.len() == elements.len();
        index_options(cursor)?;
        if cursor.take(&["where"]) {
            cursor.parentheses()?;
        }
        ConstraintKind::Exclude { columns, is_plain, all }
    } else {
        return None;
    };
    let mut not_valid = false;
    while !cursor.is_empty() {
        if cursor.take(&["not", "valid"]) {
            not_valid = true;
        } else if !attribute(cursor) && !cursor.take(&["no", "inherit"]) {
            return None;
        }
    }
    Some(ConstraintDef { name, kind, not_valid, span: cursor.since(start).span() })
}
