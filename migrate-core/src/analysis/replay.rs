//! Runs the chain over an empty database that is only thought of, and says what a server would
//! refuse, and what a downgrade leaves behind or does not bring back.
//!
//! A false error is worse than a missed one. Deployed revisions are replayed, too, since they make
//! what later ones stand on, but nothing is said of them: databases have run them.

mod alter;
mod blocks;
mod calls;
mod cascades;
mod columns;
mod constraints;
mod create;
mod drops;
mod executed;
mod faces;
mod foreign;
mod function_names;
mod guards;
mod hidden_calls;
mod indexes;
mod inheritance;
mod methods;
mod modes;
mod not_null;
mod others;
mod paths;
mod queries;
mod routines;
mod signatures;
mod sql_bodies;
mod subscriptions;
mod temporaries;
mod types;
mod values;
mod views;
mod world;

use self::world::World;
use super::catalog::{Aspect, Catalog, Difference, Mark, Path};
use super::cursor::Cursor;
use super::notes::{Note, notes};
use super::statement::{self, OnTable, Statement};
use crate::chain::chain::{Chain, Down, Migration};
use crate::chain::diagnostic::Diagnostic;
use crate::chain::problem::Problem;
use crate::chain::sections::{Options, Section};
use crate::syntax::source::{Source, Span};
use crate::syntax::statements::split_statements;

pub(super) use self::world::BlindSpot;
pub(super) use super::catalog::Place;

/// What is wrong with a chain, and where its upgrades make the replay blind; its files are counted in its order.
pub(super) fn replay(chain: &Chain<'_>) -> (Vec<Diagnostic>, Vec<BlindSpot>) {
    let mut world = World::new();
    let mut found = Vec::new();
    // Behind the last revision that something can be said of, nothing needs to be known.
    let is_pending = |migration: &Migration<'_>| !migration.deployed;
    let end = chain.migrations().iter().rposition(is_pending).map_or(0, |last| last + 1);
    for (at, migration) in chain.migrations()[..end].iter().enumerate() {
        world.source = at;
        world.catalog.begin();
        let before = world.catalog.mark();
        let offset = migration.up.span.start;
        let (sql, options) = (migration.up_sql(), migration.up.options);
        let said = section(&mut world, sql, offset, options, migration.deployed);
        let is_clean = said.is_empty();
        found.extend(said);
        if let (false, true, Down::Section(down)) = (migration.deployed, is_clean, &migration.down)
        {
            let told = world.blind.len();
            found.extend(downgrade(&mut world, migration, *down, &before));
            world.blind.truncate(told);
        }
    }
    (found, world.blind)
}

/// Where the upgrades of a chain make it blind.
pub(super) fn blind(chain: &Chain<'_>) -> Vec<BlindSpot> {
    let mut world = World::new();
    for (at, migration) in chain.migrations().iter().enumerate() {
        world.source = at;
        world.catalog.begin();
        let (sql, up) = (migration.up_sql(), migration.up);
        section(&mut world, sql, up.span.start, up.options, migration.deployed);
    }
    world.blind
}

/// Replays the upgrades alone, and shows what is there behind each.
pub(super) fn upgrades(chain: &Chain<'_>, mut show: impl FnMut(&Catalog)) {
    let mut world = World::new();
    for (at, migration) in chain.migrations().iter().enumerate() {
        world.source = at;
        let (sql, up) = (migration.up_sql(), migration.up);
        section(&mut world, sql, up.span.start, up.options, migration.deployed);
        show(&world.catalog);
    }
}

/// Replays a section; what is wrong with it.
fn section(
    world: &mut World,
    sql: &str,
    offset: usize,
    options: Options,
    deployed: bool,
) -> Vec<Diagnostic> {
    world.catalog.reset_path();
    world.added_values.clear();
    world.savepoints.clear();
    (world.is_pending, world.bodies_unread) = (!deployed, world.bodies_never_read);
    (world.in_transaction, world.section_start) = (options.transactional, world.catalog.now());
    let all_notes = notes(sql);
    let mut left = all_notes.as_slice();
    let mut found = Vec::new();
    for statement in split_statements(sql) {
        let (own, later) = left.split_at(left.partition_point(|(at, _)| *at < statement.span.end));
        left = later;
        let notes: Vec<&Note<'_>> = own.iter().map(|(_, note)| note).collect();
        world.catalog.tick();
        let all = Cursor::new(sql, &statement.tokens, offset);
        let touched = notes.iter().find_map(|note| match note {
            Note::Touches(names) => Some(names),
            Note::Allow(_) => None,
        });
        if let Some(names) = touched {
            for name in names {
                world.catalog.blur(&name.as_str().into());
            }
            continue;
        }
        world.statement = statement.span.within(offset);
        world.note_body_checks(&all);
        world.follow_subscriptions(&all);
        if world.in_transaction {
            world.check_mode(&all);
            if world.savepoint(&all) {
                continue;
            }
        }
        apply(world, &statement::read(sql, &statement, offset), &all);
        let faults = std::mem::take(&mut world.faults);
        let is_allowed = |code: &str| {
            notes.iter().any(|note| matches!(note, Note::Allow(allowed) if *allowed == code))
        };
        let (excused, faults): (Vec<_>, Vec<_>) =
            faults.into_iter().partition(|fault| deployed || is_allowed(fault.problem.code()));
        // The server has taken it, whatever it looks like here.
        if !excused.is_empty() {
            world.blur_all(&all);
        }
        for fault in faults {
            let mut told = Diagnostic::at(fault.problem, world.source, fault.span, fault.label);
            for (place, text) in fault.related {
                told = told.and(place.source, place.span, text);
            }
            found.push(told);
        }
        if world.has_event_triggers {
            world.go_blind("an event trigger runs behind each statement");
        }
    }
    found
}

/// Replays a downgrade, compares, and takes it back.
fn downgrade(
    world: &mut World,
    migration: &Migration<'_>,
    section_down: Section,
    before: &Mark,
) -> Vec<Diagnostic> {
    let down = section_down.span;
    let sql = migration.source.slice(down);
    if notes(sql).iter().any(|(_, note)| matches!(note, Note::Allow("down"))) {
        return Vec::new();
    }
    let (after, with_slot) = (world.catalog.mark(), world.with_slot.clone());
    let mut found = section(world, sql, down.start, section_down.options, false);
    if found.is_empty() {
        let marker = marker_line(&migration.source, down);
        let differences = world.catalog.differences(before);
        found = differences.iter().map(|one| incomplete(one, world.source, down, marker)).collect();
    }
    world.catalog.undo(after);
    world.with_slot = with_slot;
    world.open_below.clear();
    found
}

/// Where `-- migrate:down` is.
fn marker_line(source: &Source<'_>, down: Span) -> Span {
    let before = source.text().get(..down.start).unwrap_or_default().trim_end();
    Span::new(before.rfind('\n').map_or(0, |at| at + 1), before.len())
}

/// What a downgrade leaves behind or does not bring back. It is told in its own file, whatever others have
/// to do with it.
fn incomplete(one: &Difference, source: usize, down: Span, marker: Span) -> Diagnostic {
    let here = |place: &Place| place.source == source && place.span != Span::default();
    let what = one.what.clone();
    let at_marker = |problem| Diagnostic::at(problem, source, marker, "this downgrade");
    if one.is_new {
        let problem = Problem::DownLeaves { what };
        if here(&one.made) {
            let text = match one.aspect {
                Aspect::Value => "the upgrade adds it here",
                _ => "the upgrade makes it here",
            };
            return Diagnostic::at(problem, source, one.made.span, text);
        }
        return at_marker(problem);
    }
    let problem = Problem::DownLoses { what };
    let first = "first created here";
    match one.gone.filter(here) {
        Some(gone) => {
            // Its type or its NOT NULL; the column itself is there again.
            let is_back = one.aspect == Aspect::OfColumn && down.range().contains(&gone.span.start);
            let text = if is_back { "it comes back without that" } else { "it goes here" };
            let told = Diagnostic::at(problem, source, gone.span, text);
            if one.made == Place::default() {
                return told;
            }
            told.and(one.made.source, one.made.span, first)
        }
        None if here(&one.made) => Diagnostic::at(problem, source, one.made.span, "created here"),
        None => at_marker(problem).and(one.made.source, one.made.span, first),
    }
}

fn apply(world: &mut World, read: &Statement<'_>, all: &Cursor<'_>) {
    if world.is_of_temporary(read, all) {
        return;
    }
    let is_about_routines = matches!(
        read,
        Statement::CreateRoutine(_)
            | Statement::DropRoutines { .. }
            | Statement::AlterRoutine { .. }
            | Statement::CreateTrigger(_)
            | Statement::Query { .. }
            | Statement::Do { .. }
            | Statement::Harmless
    );
    // In a default, a check or a policy: it runs now, and perhaps with each change of data.
    if !is_about_routines && !world.active.is_empty() {
        let mut active = world.called_in(all);
        active.retain(|name| world.active.contains_key(name));
        if !active.is_empty() {
            world.stored.extend(active.iter().cloned());
            world.triggered.clear();
        }
        world.run_functions(active);
    }
    match read {
        Statement::CreateSchema { name, of_role, if_not_exists } => {
            world.create_schema(name, *if_not_exists);
            if *of_role {
                world.lead_to_role();
            }
        }
        Statement::CreateTable(table) => world.create_table(table),
        Statement::CreateTableAs { name, temporary, if_not_exists, columns, query } => {
            world.create_table_as(name, *temporary, *if_not_exists, columns, query);
        }
        Statement::CreateView(view) => world.create_view(view),
        Statement::CreateIndex(index) => world.create_index(index),
        Statement::CreateSequence { name, temporary, if_not_exists, owner } => {
            world.create_sequence(name, *temporary, *if_not_exists, owner.as_ref());
        }
        Statement::CreateType { name, body } => world.create_type(name, body),
        Statement::CreateDomain { name, base } => world.create_domain(name, base),
        Statement::CreateRoutine(routine) => {
            world.check_body(routine, all);
            world.create_routine(routine);
        }
        Statement::CreateTrigger(trigger) => world.create_trigger(trigger),
        Statement::CreateOnTable { what, name, or_replace, table, rest } => {
            if let Some(table) = world.relation(table, "table", false) {
                world.create_on_table(*what, name, *or_replace, table, rest, None);
                match what {
                    OnTable::Policy => world.check_policy(table, rest),
                    OnTable::Rule if world.checks_queries() => world.check_rule(table, rest),
                    OnTable::Rule | OnTable::Trigger => {}
                }
            }
        }
        Statement::CreateExtension { name, if_not_exists, cascade } => {
            world.create_extension(name, *if_not_exists);
            if *cascade {
                world.go_blind("which extensions come along is not known");
            }
        }
        Statement::AlterTable(alter) => world.alter_table(alter),
        Statement::AlterType(alter) => world.alter_type(alter),
        Statement::OwnSequence { name, if_exists, owner } => {
            let sequence = world.relation(name, "sequence", *if_exists);
            let is_there = |id| !*if_exists || world.catalog.is_sure(id);
            if let Some(sequence) = sequence.filter(|sequence| is_there(sequence.id)) {
                world.own_sequence(sequence.id, owner.as_ref());
            }
        }
        Statement::RenameSchema { name, to } => world.rename_schema(name, to),
        Statement::AlterRoutine { kind, name, arguments, change } => {
            world.alter_routine(*kind, name, arguments.as_deref(), change);
        }
        Statement::RenameOnTable { what, name, table, if_exists, to } => {
            if let Some(table) = world.relation(table, "table", *if_exists) {
                let (class, space) = drops::class_of(*what);
                if let Some(id) = world.on_table(class, space, name, table, *if_exists) {
                    world.rename(id, to, name.span);
                }
            }
        }
        Statement::Drop(drop) => world.drop_statement(drop),
        Statement::DropOnTable { what, name, table, if_exists } => {
            world.drop_on_table(*what, name, table, *if_exists);
        }
        Statement::DropRoutines { kind, routines, if_exists, cascade } => {
            world.drop_routines(*kind, routines, *if_exists, *cascade);
        }
        Statement::Comment { on } => world.comment(on),
        Statement::SetSearchPath { path } => {
            world.catalog.path = path.clone().map_or(Path::Unknown, Path::Known);
        }
        Statement::ResetSearchPath => world.catalog.reset_path(),
        Statement::SetDefaultPath { path } => world.set_default_path(path.as_deref()),
        Statement::Query { writes, rest } => {
            world.query(writes.as_ref(), rest);
            if let Some(table) = writes
                && all.is(0, "copy")
            {
                world.check_copy(all, table);
            }
        }
        Statement::Do { body, language } => {
            let body = body.as_ref().map(|(text, exact)| (&**text, *exact));
            world.run_block(body, *language);
        }
        Statement::Harmless if all.is_any(0, &["grant", "revoke"]) => world.check_grant(all),
        Statement::Harmless if all.starts(&["alter", "policy"]) => world.check_altered_policy(all),
        Statement::Harmless => {}
        Statement::Opaque { all, why } => world.opaque(why, all),
    }
}

#[cfg(test)]
mod tests;
