//! The rules of a project: statements that `[[rule]]` in `migrate.toml` describes.

use super::{Context, Raw, lock_key};
use crate::analysis::names::{Ident, Name};
use crate::analysis::statement::{
    Action, AlterTable, ColumnChange, Drop, Element, ObjectType, OnTable, RoutineChange, Statement,
    TypeChange, TypeName,
};
use crate::chain::lint::Lint;
use crate::chain::rules::{Pattern, Rule, Subject as Placeholders};
use crate::syntax::source::Span;
use crate::syntax::table_locks::locks;

/// Something that a statement does, as far as a rule can name it.
struct Subject<'s> {
    kind: &'static str,
    /// The schema and the name of its table.
    table: Option<(&'s str, &'s str)>,
    schema: Option<&'s str>,
    column_type: Option<&'s TypeName>,
    span: Span,
    /// Whether it is a part of another subject of the same kind.
    is_part: bool,
}

impl<'s> Subject<'s> {
    fn of(kind: &'static str, span: Span) -> Self {
        Subject { kind, table: None, schema: None, column_type: None, span, is_part: false }
    }

    fn on(kind: &'static str, table: &'s Name, span: Span) -> Self {
        let schema = schema(table);
        Subject {
            table: Some((schema, table.last())),
            schema: Some(schema),
            ..Subject::of(kind, span)
        }
    }

    /// Something in a schema that is not a table.
    fn named(kind: &'static str, name: &'s Name) -> Self {
        Subject { schema: Some(schema(name)), ..Subject::of(kind, name.span()) }
    }

    fn with_type(mut self, column_type: Option<&'s TypeName>) -> Self {
        self.column_type = column_type;
        self
    }
}

fn schema(name: &Name) -> &str {
    name.schema().map_or("public", |schema| &schema.text)
}

pub(super) fn check(context: &Context<'_>, report: &mut dyn FnMut(Raw)) {
    if context.config.rules().is_empty() {
        return;
    }
    let subjects = subjects(context);
    for rule in context.config.rules() {
        let places: Vec<Span> = match rule.lock {
            Some(_) => locked(context, rule, &subjects).into_iter().collect(),
            None => {
                let fits = subjects.iter().filter(|subject| fits(context, rule, subject));
                fits.map(|subject| subject.span).collect()
            }
        };
        for span in places {
            let help = match rule.help.as_str() {
                "" => {
                    "this is a rule of migrate.toml; where it does not apply, say so: `-- migrate:allow(rule): why`"
                }
                help => help,
            };
            let found = context.raw(Lint::Rule, span, rule.message.clone(), "", help.to_owned());
            report(Raw { level: rule.level, ..found });
        }
    }
}

fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|one| one.fits(text, Placeholders::default()))
}

fn is_kind(rule: &Rule, kind: &str) -> bool {
    rule.statements.is_empty() || rule.statements.contains(&kind)
}

fn fits(context: &Context<'_>, rule: &Rule, subject: &Subject<'_>) -> bool {
    let of_table =
        rule.tables.is_empty() || subject.table.is_some_and(|(_, table)| any(&rule.tables, table));
    let of_schema =
        rule.schemas.is_empty() || subject.schema.is_some_and(|schema| any(&rule.schemas, schema));
    let of_type = match rule.types.as_slice() {
        [] => !subject.is_part,
        types => subject.column_type.is_some_and(|it| is_type(context, types, it)),
    };
    is_kind(rule, subject.kind) && of_table && of_schema && of_type
}

/// Whether a type is one of these, as it is written or as the server calls it, with or without
/// modifiers.
fn is_type(context: &Context<'_>, types: &[Pattern], found: &TypeName) -> bool {
    let place = found
        .span
        .start
        .checked_sub(context.offset)
        .zip(found.span.end.checked_sub(context.offset));
    let written = place.and_then(|(start, end)| context.sql.get(start..end)).unwrap_or_default();
    let names = [written.to_lowercase(), found.name.last().to_owned(), found.shown()];
    names.iter().any(|name| any(types, name))
}

/// The statement, if it takes such a lock on such a table in use.
fn locked(context: &Context<'_>, rule: &Rule, subjects: &[Subject<'_>]) -> Option<Span> {
    let is_named = rule.statements.is_empty() && rule.types.is_empty()
        || subjects.iter().any(|subject| {
            let of_type = rule.types.is_empty()
                || subject.column_type.is_some_and(|it| is_type(context, &rule.types, it));
            is_kind(rule, subject.kind) && of_type
        });
    let takes = locks(context.sql, context.statement).iter().any(|lock| {
        let own = lock.relation.qualified();
        let [schema, table] = own.parts.as_slice() else { return false };
        rule.lock.is_some_and(|mode| lock.mode >= mode)
            && any(&rule.tables, table)
            && any(&rule.schemas, schema)
            && context.is_used(&lock_key(lock))
    });
    (is_named && takes).then_some(context.whole)
}

fn subjects<'c>(context: &'c Context<'_>) -> Vec<Subject<'c>> {
    let whole = context.whole;
    match context.view {
        Statement::CreateTable(table) => {
            let columns = table.elements.iter().filter_map(|element| match element {
                Element::Column(column) => column.kind.as_ref(),
                _ => None,
            });
            let column = |kind: &'c TypeName| Subject {
                is_part: true,
                ..Subject::on("create table", &table.name, kind.span).with_type(Some(kind))
            };
            let own = Subject::on("create table", &table.name, table.name.span());
            std::iter::once(own).chain(columns.map(column)).collect()
        }
        Statement::CreateTableAs { name, .. } => {
            vec![Subject::on("create table", name, name.span())]
        }
        Statement::CreateView(view) => {
            vec![Subject::on("create view", &view.name, view.name.span())]
        }
        Statement::CreateIndex(index) => vec![Subject::on("create index", &index.table, whole)],
        Statement::CreateSequence { name, .. } => vec![Subject::named("create sequence", name)],
        Statement::CreateType { name, .. } => vec![Subject::named("create type", name)],
        Statement::CreateDomain { name, base } => {
            vec![Subject::named("create domain", name).with_type(Some(base))]
        }
        Statement::CreateRoutine(routine) => vec![Subject::named("create function", &routine.name)],
        Statement::CreateTrigger(trigger) => {
            vec![Subject::on("create trigger", &trigger.table, trigger.name.span)]
        }
        Statement::CreateOnTable { what: OnTable::Policy, name, table, .. } => {
            vec![Subject::on("create policy", table, name.span)]
        }
        Statement::CreateExtension { name, .. } => vec![Subject::of("create extension", name.span)],
        Statement::CreateSchema { name, .. } => vec![of_schema("create schema", name)],
        Statement::RenameSchema { name, .. } => vec![of_schema("rename", name)],
        Statement::AlterTable(alter) => altered(alter),
        Statement::AlterType(alter) => match alter.change {
            TypeChange::RenameTo(_)
            | TypeChange::RenameValue { .. }
            | TypeChange::RenameAttribute { .. }
            | TypeChange::SetSchema(_) => vec![Subject::named("rename", &alter.name)],
            _ => Vec::new(),
        },
        Statement::AlterRoutine { name, change, .. } => match change {
            RoutineChange::Other => Vec::new(),
            _ => vec![Subject::named("rename", name)],
        },
        Statement::RenameOnTable { name, table, .. } => {
            vec![Subject::on("rename", table, name.span)]
        }
        Statement::Drop(drop) => dropped(drop),
        Statement::DropOnTable { what: OnTable::Policy, name, table, .. } => {
            vec![Subject::on("drop policy", table, name.span)]
        }
        Statement::DropOnTable { what: OnTable::Trigger, name, table, .. } => {
            vec![Subject::on("drop trigger", table, name.span)]
        }
        Statement::DropRoutines { routines, .. } => {
            routines.iter().map(|(name, _)| Subject::named("drop function", name)).collect()
        }
        Statement::Query { writes: Some(table), rest } => {
            let kinds = ["delete", "insert", "truncate", "update"];
            let kind = kinds.into_iter().find(|word| rest.is(0, word));
            kind.map(|kind| Subject::on(kind, table, table.span())).into_iter().collect()
        }
        Statement::Do { .. } => vec![Subject::of("do", whole)],
        Statement::Harmless => {
            let kinds = [("grant", "grant"), ("revoke", "revoke"), ("lock", "lock table")];
            let words = context.words();
            let kind = kinds.into_iter().find(|(word, _)| words.is(0, word));
            kind.map(|(_, kind)| Subject::of(kind, whole)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn of_schema<'s>(kind: &'static str, name: &'s Ident) -> Subject<'s> {
    Subject { schema: Some(&name.text), ..Subject::of(kind, name.span) }
}

fn altered<'s>(alter: &'s AlterTable<'_>) -> Vec<Subject<'s>> {
    let table = &alter.name;
    let subject = |action: &'s Action<'_>| {
        Some(match action {
            Action::AddColumn { column, .. } => {
                Subject::on("add column", table, column.name.span).with_type(column.kind.as_ref())
            }
            Action::AddConstraint(one) => Subject::on("add constraint", table, one.span),
            Action::DropColumn { name, .. } => Subject::on("drop column", table, name.span),
            Action::DropConstraint { name, .. } => Subject::on("drop constraint", table, name.span),
            Action::Column { name, change: ColumnChange::Type { to, .. } } => {
                Subject::on("alter column type", table, name.span).with_type(Some(to))
            }
            Action::Column { name, change: ColumnChange::SetNotNull } => {
                Subject::on("set not null", table, name.span)
            }
            Action::RenameTo(_) | Action::SetSchema(_) => {
                Subject::on("rename", table, table.span())
            }
            Action::RenameColumn { name, .. } | Action::RenameConstraint { name, .. } => {
                Subject::on("rename", table, name.span)
            }
            _ => return None,
        })
    };
    alter.actions.iter().filter_map(subject).collect()
}

fn dropped(drop: &Drop) -> Vec<Subject<'_>> {
    let subject = |name| match drop.kind {
        ObjectType::Table | ObjectType::ForeignTable => {
            Subject::on("drop table", name, name.span())
        }
        ObjectType::View | ObjectType::MaterializedView => {
            Subject::on("drop view", name, name.span())
        }
        ObjectType::Index => Subject::named("drop index", name),
        ObjectType::Sequence => Subject::named("drop sequence", name),
        ObjectType::Type | ObjectType::Domain => Subject::named("drop type", name),
        ObjectType::Schema => {
            Subject { schema: Some(name.last()), ..Subject::of("drop schema", name.span()) }
        }
        ObjectType::Extension => Subject::of("drop extension", name.span()),
    };
    drop.names.iter().map(subject).collect()
}
