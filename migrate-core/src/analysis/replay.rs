//! Replays the chain on a model of an empty database. Reports what a server would refuse, and what
//! a downgrade leaves behind or does not restore.
//!
//! A false error is worse than a missed one. Deployed revisions are replayed, too, because later
//! revisions depend on what they create. Nothing is reported for them, since databases have run
//! them.

mod access_methods;
mod alter;
mod blocks;
mod calls;
mod cascades;
mod columns;
mod constraints;
mod creation;
mod dynamic_sql;
mod existence_guards;
mod foreign_keys;
mod function_names;
mod implicit_calls;
mod indexes;
mod inheritance;
mod not_null;
mod other_statements;
mod program;
mod queries;
mod removal;
mod routine_shapes;
mod routines;
mod session_search_path;
mod signatures;
mod sql_bodies;
mod state;
mod subscriptions;
mod temporary_objects;
mod transaction_rules;
mod types;
mod value_types;
mod views;
mod window;

use self::window::Ran;
use super::annotations::{Note, notes};
use super::model::{Aspect, Difference, Mark, Model, Path};
use super::statement::{self, OnTable, Statement};
use crate::chain::chain::{Chain, Down, Migration};
use crate::chain::diagnostic::Diagnostic;
use crate::chain::problem::Problem;
use crate::chain::queries_lock::ProgramQuery;
use crate::chain::sections::{Options, Section};
use crate::syntax::cursor::Cursor;
use crate::syntax::source::{Source, Span};
use crate::syntax::statements::split_statements;

pub(super) use self::program::CheckedQuery;
pub(super) use self::state::{BlindSpot, Fault, ReplayState};
pub(super) use self::window::{Window, sources};
pub(super) use super::model::FileSpan;

/// The problems of a chain, and the blind spots of its upgrades. Files are numbered in the order of
/// the chain. The pending revisions must not break the queries of the deployed release, whose sources
/// follow those of the chain.
pub(super) fn replay(
    chain: &Chain<'_>,
    queries: &[ProgramQuery],
) -> (Vec<Diagnostic>, Vec<BlindSpot>) {
    let mut state = ReplayState::new();
    let mut found = Vec::new();
    // After the last revision that can have problems, nothing needs to be replayed.
    let is_pending = |migration: &Migration<'_>| !migration.deployed;
    let mut window = Window::new(queries, chain.len());
    let (mut is_open, mut is_deployed) = (false, false);
    let end = chain.migrations().iter().rposition(is_pending).map_or(0, |last| last + 1);
    for (at, migration) in chain.migrations()[..end].iter().enumerate() {
        state.source = at;
        state.model.begin();
        let before = state.model.mark();
        let offset = migration.up.span.start;
        let (sql, options) = (migration.up_sql(), migration.up.options);
        if migration.deployed {
            found.extend(section(&mut state, sql, offset, options, true));
            is_deployed = true;
            if is_open {
                window.begin(&mut state);
            }
            continue;
        }
        if !is_open && is_deployed && !window.is_empty() {
            window.begin(&mut state);
            is_open = true;
        }
        let watching = is_open.then_some(&mut window);
        let said = section_watched(&mut state, sql, offset, options, false, watching);
        let is_clean = said.is_empty();
        found.extend(said);
        if is_open {
            found.extend(window.finish(at));
        }
        if let (true, Down::Section(down)) = (is_clean, &migration.down) {
            let told = state.blind.len();
            found.extend(downgrade(&mut state, migration, *down, &before));
            state.blind.truncate(told);
        }
    }
    (found, state.blind)
}

/// The blind spots of the upgrades of a chain.
pub(super) fn blind(chain: &Chain<'_>) -> Vec<BlindSpot> {
    at_head(chain).blind
}

/// The state after all upgrades.
pub(super) fn at_head(chain: &Chain<'_>) -> ReplayState {
    let mut state = ReplayState::new();
    for (at, migration) in chain.migrations().iter().enumerate() {
        state.source = at;
        state.model.begin();
        let (sql, up) = (migration.up_sql(), migration.up);
        section(&mut state, sql, up.span.start, up.options, migration.deployed);
    }
    state.model.begin();
    state
}

/// Replays only the upgrades, and calls `show` with the model after each.
pub(super) fn upgrades(chain: &Chain<'_>, mut show: impl FnMut(&Model)) {
    let mut state = ReplayState::new();
    for (at, migration) in chain.migrations().iter().enumerate() {
        state.source = at;
        let (sql, up) = (migration.up_sql(), migration.up);
        section(&mut state, sql, up.span.start, up.options, migration.deployed);
        show(&state.model);
    }
}

/// Replays a section and returns its problems.
fn section(
    state: &mut ReplayState,
    sql: &str,
    offset: usize,
    options: Options,
    deployed: bool,
) -> Vec<Diagnostic> {
    section_watched(state, sql, offset, options, deployed, None)
}

/// The same, and shows each statement's effect to the window.
fn section_watched(
    state: &mut ReplayState,
    sql: &str,
    offset: usize,
    options: Options,
    deployed: bool,
    mut window: Option<&mut Window<'_>>,
) -> Vec<Diagnostic> {
    state.model.reset_path();
    state.added_values.clear();
    state.savepoints.clear();
    (state.is_pending, state.bodies_unread) = (!deployed, state.bodies_never_read);
    (state.in_transaction, state.section_start) = (options.transactional, state.model.now());
    let all_notes = notes(sql);
    let mut left = all_notes.as_slice();
    let mut found = Vec::new();
    for statement in split_statements(sql) {
        let (own, later) = left.split_at(left.partition_point(|(at, _)| *at < statement.span.end));
        left = later;
        let notes: Vec<&Note<'_>> = own.iter().map(|(_, note)| note).collect();
        state.model.advance();
        let all = Cursor::new(sql, &statement.tokens, offset);
        let touched = notes.iter().find_map(|note| match note {
            Note::Touches(names) => Some(names),
            Note::Allow(_) => None,
        });
        if let Some(names) = touched {
            for name in names {
                state.model.invalidate(&name.as_str().into());
            }
            continue;
        }
        state.statement = statement.span.within(offset);
        state.note_body_checks(&all);
        state.follow_subscriptions(&all);
        if state.in_transaction {
            state.check_mode(&all);
            if state.savepoint(&all) {
                continue;
            }
        }
        let before = window.is_some().then(|| state.model.mark());
        apply(state, &statement::read(sql, &statement, offset), &all);
        let faults = std::mem::take(&mut state.faults);
        let is_allowed = |code: &str| {
            notes.iter().any(|note| matches!(note, Note::Allow(allowed) if *allowed == code))
        };
        let (excused, faults): (Vec<_>, Vec<_>) =
            faults.into_iter().partition(|fault| deployed || is_allowed(fault.problem.code()));
        // The server accepted the statement, or its author says that it will. So the model is wrong
        // about it, and the names in it become unknown.
        if !excused.is_empty() {
            state.invalidate_all(&all);
        }
        for fault in faults {
            let mut told = Diagnostic::at(fault.problem, state.source, fault.span, fault.label);
            for (place, text) in fault.related {
                told = told.and(place.source, place.span, text);
            }
            found.push(told);
        }
        if state.has_event_triggers {
            state.go_blind("an event trigger runs behind each statement");
        }
        if let (Some(window), Some(before)) = (&mut window, before) {
            let is_allowed = is_allowed("breaks-deployed");
            window.after(state, &before, Ran { text: all, span: state.statement, is_allowed });
        }
    }
    found
}

/// Replays a downgrade, compares the result with the state before the upgrade, and rolls it back.
fn downgrade(
    state: &mut ReplayState,
    migration: &Migration<'_>,
    section_down: Section,
    before: &Mark,
) -> Vec<Diagnostic> {
    let down = section_down.span;
    let sql = migration.source.slice(down);
    if notes(sql).iter().any(|(_, note)| matches!(note, Note::Allow("down"))) {
        return Vec::new();
    }
    let (after, with_slot) = (state.model.mark(), state.with_slot.clone());
    let mut found = section(state, sql, down.start, section_down.options, false);
    if found.is_empty() {
        let marker = marker_line(&migration.source, down);
        let differences = state.model.differences(before);
        found = differences.iter().map(|one| incomplete(one, state.source, down, marker)).collect();
    }
    state.model.undo(after);
    state.with_slot = with_slot;
    state.open_below.clear();
    found
}

/// The position of `-- migrate:down`.
fn marker_line(source: &Source<'_>, down: Span) -> Span {
    let before = source.text().get(..down.start).unwrap_or_default().trim_end();
    Span::new(before.rfind('\n').map_or(0, |at| at + 1), before.len())
}

/// Describes what a downgrade leaves behind or does not restore. It is reported in the file of the
/// downgrade, even if other files are involved.
fn incomplete(one: &Difference, source: usize, down: Span, marker: Span) -> Diagnostic {
    let here = |place: &FileSpan| place.source == source && place.span != Span::default();
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
            // A type or NOT NULL is missing; the column itself is restored.
            let is_back = one.aspect == Aspect::OfColumn && down.range().contains(&gone.span.start);
            let text = if is_back { "it comes back without that" } else { "it goes here" };
            let told = Diagnostic::at(problem, source, gone.span, text);
            if one.made == FileSpan::default() {
                return told;
            }
            told.and(one.made.source, one.made.span, first)
        }
        None if here(&one.made) => Diagnostic::at(problem, source, one.made.span, "created here"),
        None => at_marker(problem).and(one.made.source, one.made.span, first),
    }
}

fn apply(state: &mut ReplayState, read: &Statement<'_>, all: &Cursor<'_>) {
    if state.is_of_temporary(read, all) {
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
    // In a default, a check or a policy, the function runs now, and possibly with each change of
    // data.
    if !is_about_routines && !state.active.is_empty() {
        let mut active = state.called_in(all);
        active.retain(|name| state.active.contains_key(name));
        if !active.is_empty() {
            state.stored.extend(active.iter().cloned());
            state.triggered.clear();
        }
        state.run_functions(active);
    }
    match read {
        Statement::CreateSchema { name, of_role, if_not_exists } => {
            state.create_schema(name, *if_not_exists);
            if *of_role {
                state.lead_to_role();
            }
        }
        Statement::CreateTable(table) => state.create_table(table),
        Statement::CreateTableAs { name, temporary, if_not_exists, columns, query } => {
            state.create_table_as(name, *temporary, *if_not_exists, columns, query);
        }
        Statement::CreateView(view) => state.create_view(view),
        Statement::CreateIndex(index) => state.create_index(index),
        Statement::CreateSequence { name, temporary, if_not_exists, owner } => {
            state.create_sequence(name, *temporary, *if_not_exists, owner.as_ref());
        }
        Statement::CreateType { name, body } => state.create_type(name, body),
        Statement::CreateDomain { name, base } => state.create_domain(name, base),
        Statement::CreateRoutine(routine) => {
            state.check_body(routine, all);
            state.create_routine(routine);
        }
        Statement::CreateTrigger(trigger) => state.create_trigger(trigger),
        Statement::CreateOnTable { what, name, or_replace, table, rest } => {
            if let Some(table) = state.relation(table, "table", false) {
                state.create_on_table(*what, name, *or_replace, table, rest, None);
                match what {
                    OnTable::Policy => state.check_policy(table, rest),
                    OnTable::Rule if state.checks_queries() => state.check_rule(table, rest),
                    OnTable::Rule | OnTable::Trigger => {}
                }
            }
        }
        Statement::CreateExtension { name, if_not_exists, cascade } => {
            state.create_extension(name, *if_not_exists);
            if *cascade {
                state.go_blind("which extensions come along is not known");
            }
        }
        Statement::AlterTable(alter) => state.alter_table(alter),
        Statement::AlterType(alter) => state.alter_type(alter),
        Statement::OwnSequence { name, if_exists, owner } => {
            let sequence = state.relation(name, "sequence", *if_exists);
            let is_there = |id| !*if_exists || state.model.is_sure(id);
            if let Some(sequence) = sequence.filter(|sequence| is_there(sequence.id)) {
                state.own_sequence(sequence.id, owner.as_ref());
            }
        }
        Statement::RenameSchema { name, to } => state.rename_schema(name, to),
        Statement::AlterRoutine { kind, name, arguments, change } => {
            state.alter_routine(*kind, name, arguments.as_deref(), change);
        }
        Statement::RenameOnTable { what, name, table, if_exists, to } => {
            if let Some(table) = state.relation(table, "table", *if_exists) {
                let (class, namespace) = removal::class_of(*what);
                if let Some(id) = state.on_table(class, namespace, name, table, *if_exists) {
                    state.rename(id, to, name.span);
                }
            }
        }
        Statement::Drop(drop) => state.drop_statement(drop),
        Statement::DropOnTable { what, name, table, if_exists } => {
            state.drop_on_table(*what, name, table, *if_exists);
        }
        Statement::DropRoutines { kind, routines, if_exists, cascade } => {
            state.drop_routines(*kind, routines, *if_exists, *cascade);
        }
        Statement::Comment { on } => state.comment(on),
        Statement::SetSearchPath { path } => {
            state.model.path = path.clone().map_or(Path::Unknown, Path::Known);
        }
        Statement::ResetSearchPath => state.model.reset_path(),
        Statement::SetDefaultPath { path } => state.set_default_path(path.as_deref()),
        Statement::Query { writes, rest } => {
            state.query(writes.as_ref(), rest);
            if let Some(table) = writes
                && all.is(0, "copy")
            {
                state.check_copy(all, table);
            }
        }
        Statement::Do { body, language } => {
            let body = body.as_ref().map(|(text, exact)| (&**text, *exact));
            state.run_block(body, *language);
        }
        Statement::Harmless if all.is_any(0, &["grant", "revoke"]) => state.check_grant(all),
        Statement::Harmless if all.starts(&["alter", "policy"]) => state.check_altered_policy(all),
        Statement::Harmless => {}
        Statement::Opaque { all, why } => state.opaque(why, all),
    }
}

#[cfg(test)]
mod tests;
