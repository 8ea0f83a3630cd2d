//! Lints for columns that fail on existing rows or make the server rewrite the table.

use super::objects::DomainWork;
use super::tables::{Column, Table, collation};
use super::types::{is_citext, is_free, is_known};
use super::{Context, Raw};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{
    Action, AlterTable, ColumnChange, ColumnDef, Default, ObjectType, Statement, TypeName, calls,
};
use crate::chain::lint::Lint;
use crate::syntax::cursor::Cursor;
use crate::syntax::table_locks::VOLATILE;

const SERIAL: [&str; 6] = ["bigserial", "serial", "serial2", "serial4", "serial8", "smallserial"];

pub(super) fn check(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    let Statement::AlterTable(alter) = context.view else { return };
    if alter.kind != ObjectType::Table || !context.in_use(&alter.name) {
        return;
    }
    for action in &alter.actions {
        match action {
            Action::AddColumn { column, .. } => match rewrites(context, column) {
                Some((why, help)) => report(added(context, alter, column, &why, help)),
                None => lacks_value(context, alter, column).into_iter().for_each(&mut *report),
            },
            Action::Column { name, change: ColumnChange::Type { to, using } } => {
                let table = context.tables.get(&alter.name);
                let known = table.and_then(|table| table.columns.get(&*name.text));
                let from = known.and_then(|column| column.kind.as_ref());
                let is_cast = using.is_none_or(|using| is_cast(using, &name.text));
                if is_cast
                    && from.is_none_or(|from| is_free(from, to))
                    && (from.is_some() || opens(to))
                {
                    if let (Some(table), Some(known)) = (table, known) {
                        depends(context, alter, (table, known), (name, to))
                            .into_iter()
                            .for_each(&mut *report);
                    }
                    continue;
                }
                report(changed(context, alter, from, to));
            }
            _ => {}
        }
    }
}

/// Whether this is a built-in function that returns a different value for each row.
pub(super) fn is_volatile(name: &Name) -> bool {
    let schema = name.schema().is_none_or(|schema| &*schema.text == "pg_catalog");
    schema && VOLATILE.contains(&name.last())
}

pub(super) fn is_serial(kind: &Name) -> bool {
    kind.parts.len() == 1 && SERIAL.contains(&kind.last())
}

/// What to do instead of adding a column with a volatile default.
const LATER: &str = "add the column without it, `SET DEFAULT` for new rows, and fill the rows that there are in batches, \
                     from a program or a revision with `transaction:false`";
const COUNT_LATER: &str = "add a plain column, fill it in batches, then `SET NOT NULL` and `ADD GENERATED … AS IDENTITY \
                           (START WITH …)`, from behind the largest value";
const KEEP: &str = "add a plain column that a trigger or the program keeps, and fill the rows that there are in batches; or \
                    make the value when it is read, by a view or an index over the expression";

const DECLARE: &str = "if it gives the same for each row of a statement, declare it `STABLE`; if not, add the column without \
                       the default, `SET DEFAULT` for new rows, and fill the rows that there are in batches";
const UNCHECKED: &str = "add a column of the type under the domain, with a `CHECK` of its own that is added `NOT VALID` and \
                         validated in the next revision";

/// Why each row gets its own value, if it does, and what to do instead.
pub(super) fn rewrites(
    context: &Context<'_>,
    column: &ColumnDef<'_>,
) -> Option<(String, &'static str)> {
    let of_column = rewrites_for_default(context, column);
    of_column.or_else(|| {
        let kind = column.kind.as_ref()?;
        Some(match context.objects.domain_work(kind, column.default.is_some())? {
            DomainWork::Checks => (
                format!("the domain `{}` has a constraint: each row is checked", kind.name),
                UNCHECKED,
            ),
            DomainWork::Default => {
                (format!("the default of `{}` is another for each row", kind.name), LATER)
            }
        })
    })
}

fn rewrites_for_default(
    context: &Context<'_>,
    column: &ColumnDef<'_>,
) -> Option<(String, &'static str)> {
    if let Some(kind) = column.kind.as_ref().filter(|kind| is_serial(&kind.name)) {
        return Some((format!("`{}` counts", kind.name), COUNT_LATER));
    }
    match column.default.as_ref()? {
        Default::Identity(_) => Some(("an identity column counts".to_owned(), COUNT_LATER)),
        Default::Generated(_) => {
            let stored = context.says(context.whole, "stored");
            stored.then(|| ("a generated column is stored in each row".to_owned(), KEEP))
        }
        Default::Expression(value) => {
            let calls = calls(value);
            if let Some(call) = calls.iter().find(|name| is_volatile(name)) {
                return Some((format!("`{call}()` gives another value for each row"), LATER));
            }
            let call = calls.iter().find(|name| context.objects.is_volatile(name))?;
            Some((format!("`{call}()` is VOLATILE: it is called for each row"), DECLARE))
        }
    }
}

fn added(
    context: &Context<'_>,
    alter: &AlterTable<'_>,
    column: &ColumnDef<'_>,
    why: &str,
    help: &str,
) -> Raw {
    let (table, name) = (&alter.name, &column.name);
    let message =
        format!("`{table}` is rewritten for the column `{name}`, while nobody can use it");
    context.raw(Lint::AddColumnRewrites, column.name.span, message, why, help.to_owned())
}

/// `NOT NULL` where existing rows get no value.
fn lacks_value(
    context: &Context<'_>,
    alter: &AlterTable<'_>,
    column: &ColumnDef<'_>,
) -> Option<Raw> {
    let null = match &column.default {
        None => true,
        Some(Default::Expression(value)) => value.len() == 1 && value.is(0, "null"),
        Some(_) => false,
    };
    // A domain may have its own default.
    let is_plain = column.kind.as_ref().is_some_and(|kind| kind.is_array || is_known(kind));
    if !column.not_null || !null || !is_plain {
        return None;
    }
    let (table, name) = (&alter.name, &column.name);
    let message = format!("the new column `{name}` is NOT NULL: this fails if `{table}` has rows");
    let help = "give it a `DEFAULT`, which costs nothing if it is a constant; or add it without `NOT NULL`, fill \
                it, and set that later";
    let label = "the rows that there are have no value for it";
    Some(context.raw(Lint::AddColumnNotNull, column.name.span, message, label, help.to_owned()))
}

/// Whether a column most likely can change to this type without a table rewrite, whatever type it
/// had.
fn opens(to: &TypeName) -> bool {
    let is_text = matches!(to.name.last(), "text" | "character varying");
    is_text && to.modifiers.is_empty() && !to.is_array
}

/// Whether `USING` is the same as the implicit conversion: `c`, or `c::type`.
fn is_cast(mut using: Cursor<'_>, column: &str) -> bool {
    let own = using.ident().is_some_and(|ident| &*ident.text == column);
    own && (using.is_empty()
        || using.is_sign(0, "::") && !using.tokens().iter().any(|token| using.text(*token) == "("))
}

fn changed(
    context: &Context<'_>,
    alter: &AlterTable<'_>,
    from: Option<&TypeName>,
    to: &TypeName,
) -> Raw {
    let table = &alter.name;
    let message = match from {
        Some(from) => format!(
            "`{table}` is rewritten, from `{}` to `{}`, while nobody can use it",
            from.shown(),
            to.shown()
        ),
        None => format!("`{table}` is rewritten for `{}`, while nobody can use it", to.shown()),
    };
    let help = "add a column of the new type, fill it in batches while a trigger or the program keeps both, and \
                change over in a later release";
    let label = match from {
        Some(_) => "these two are not stored alike, or each value must be looked at",
        None => "unless the old type, which is not in this chain, is stored alike",
    };
    context.raw(Lint::TypeRewrites, to.span, message, label, help.to_owned())
}

/// Work on indexes and checks that a type change causes even though it leaves the rows as they are.
fn depends(
    context: &Context<'_>,
    alter: &AlterTable<'_>,
    (table, known): (&Table, &Column),
    (name, to): (&Ident, &TypeName),
) -> Option<Raw> {
    let is_read = |kind: &TypeName| is_known(kind) || is_citext(kind);
    let from = known.kind.as_ref().filter(|from| is_read(from) && is_read(to))?;
    let is_text =
        |kind: &TypeName| matches!(kind.name.last(), "text" | "character varying" | "character");
    let collated = collation(context.words(), to) != known.collation && is_text(to);
    // These types have separate operators for sorting.
    let is_bits = from.name.last() == "bit" && to.name.last() == "bit varying";
    let sorts_otherwise = is_bits || is_citext(from) != is_citext(to);
    let table_name = &alter.name;
    if let Some(index) = table.rebuilt(&name.text, collated || sorts_otherwise) {
        let index = index.map_or("an index".to_owned(), |index| format!("the index `{index}`"));
        let message = format!("{index} is rebuilt while nobody can use `{table_name}`");
        let label = match collated {
            true => "the column has another collation, so the index is sorted again",
            false => "the rows stay as they are, but the server rebuilds this index",
        };
        let help = "first `DROP INDEX CONCURRENTLY`, and afterwards `CREATE INDEX CONCURRENTLY`, each in a revision with \
                    `transaction:false`; the index of a key can't be dropped: add a column of the new type instead";
        return Some(context.raw(Lint::TypeRewrites, to.span, message, label, help.to_owned()));
    }
    table.is_rechecked(&name.text).then(|| {
        let message = format!("nobody can use `{table_name}` while every row is checked again");
        let label = "the rows stay as they are, but a check of this column has to hold for the new type";
        let help = "drop the check first, and add it again with `NOT VALID`; in the next revision `VALIDATE CONSTRAINT`";
        context.raw(Lint::TypeRewrites, to.span, message, label, help.to_owned())
    })
}
