//! `--dry-run`: what a run would do, statement by statement.

use migrate_core::analysis::blind_spot;
use migrate_core::chain::{Down, Section};
use migrate_core::plan::{Partial, Step};
use migrate_core::syntax::{
    LockedBy, RelationName, Statement, TableLock, Token, Work, locks, losses, split_statements,
};
use migrate_core::{Direction, History, Migration, Plan};
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::ui::{ADDED, FAINT, ID, Page, REMOVED, View, WARN};

/// What a run would do.
#[derive(Serialize)]
struct Planned {
    database: String,
    steps: Vec<StepView>,
}

/// A revision that would run.
#[derive(Serialize)]
struct StepView {
    revision: String,
    direction: String,
    message: String,
    file: String,
    transaction: bool,
    /// The number of the first statement that would run, where an earlier run has stopped on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    continues_at: Option<usize>,
    /// Whether that statement may have run already.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    in_doubt: bool,
    statements: Vec<StatementView>,
}

/// A statement that would run.
#[derive(Serialize)]
pub(super) struct StatementView {
    number: usize,
    line: usize,
    sql: String,
    /// Those that others may wait for: not on a table that the revision itself has made.
    locks: Vec<LockView>,
    /// What it drops that has data in it.
    drops: Vec<String>,
    /// Why there may be more to it than that.
    #[serde(skip_serializing_if = "Option::is_none")]
    blind: Option<&'static str>,
}

/// A lock that a statement takes.
#[derive(Serialize)]
struct LockView {
    relation: String,
    /// Whether that is an index, whose table is locked.
    of_index: bool,
    /// Whether that is a domain: each table that has a column of it is locked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    of_domain: bool,
    mode: &'static str,
    blocks_reads: bool,
    blocks_writes: bool,
    work: &'static str,
    #[serde(skip)]
    text: String,
}

impl LockView {
    fn of(lock: &TableLock) -> Self {
        LockView {
            relation: lock.relation.to_string(),
            of_index: lock.locked_by == LockedBy::Index,
            of_domain: lock.locked_by == LockedBy::Domain,
            mode: lock.mode.name(),
            blocks_reads: lock.mode.blocks_reads(),
            blocks_writes: lock.mode.blocks_writes(),
            work: match lock.work {
                Work::None => "none",
                Work::Scan => "scan",
                Work::Rewrite => "rewrite",
            },
            text: lock.to_string(),
        }
    }
}

/// The longest statement that is shown whole, in characters.
const WIDTH: usize = 96;

impl View for Planned {
    fn text(&self, page: &mut Page) {
        for step in &self.steps {
            let (style, sign) = match step.direction.as_str() {
                "upgrade" => (ADDED, '+'),
                _ => (REMOVED, '-'),
            };
            let StepView { revision, message, file, .. } = step;
            let mode = if step.transaction { "" } else { ", outside a transaction" };
            let mode = match step.continues_at {
                Some(number) if step.in_doubt => {
                    format!("{mode}, continues at statement {number}, which may have run")
                }
                Some(number) => format!("{mode}, continues at statement {number}"),
                None => mode.to_owned(),
            };
            page.line(format!(
                "{style}{sign}{style:#} {ID}{revision}{ID:#}  {message}  {FAINT}{file}{mode}{FAINT:#}"
            ));
            let done = step.continues_at.map_or(0, |number| number - 1);
            for statement in step.statements.iter().skip(done) {
                statement.lines(page, page.is_verbose);
            }
        }
    }
}

impl StatementView {
    /// Its line, its text, whole or shortened, and what is to be known of it.
    pub(super) fn lines(&self, page: &mut Page, whole: bool) {
        let statement = self;
        let place = format!("{FAINT}{:>5}{FAINT:#}", statement.line);
        if whole {
            let mut lines = statement.sql.lines();
            page.line(format!("{place}  {}", lines.next().unwrap_or_default()));
            lines.for_each(|line| page.line(format!("       {line}")));
        } else {
            page.line(format!("{place}  {}", short(&statement.sql)));
        }
        for lock in &statement.locks {
            let style = if lock.blocks_writes { WARN } else { FAINT };
            page.line(format!("       {style}lock:{style:#} {}", lock.text));
        }
        for loss in &statement.drops {
            page.line(format!("       {REMOVED}drops:{REMOVED:#} {loss}"));
        }
        if let Some(why) = statement.blind {
            page.line(format!("       {FAINT}not seen:{FAINT:#} {why}"));
        }
    }
}

/// A statement in one line.
fn short(sql: &str) -> String {
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= WIDTH {
        return words;
    }
    words.chars().take(WIDTH - 1).chain(['…']).collect()
}

/// Shows a plan instead of carrying it out.
pub(super) fn show(
    context: &Context,
    database: String,
    plan: &Plan<'_>,
    history: &History,
) -> Result<Exit, Failure> {
    if plan.steps.is_empty() {
        context.ui.say("nothing to do");
    }
    let steps = plan.steps.iter().map(|one| step(one, history)).collect();
    context.ui.show(&Planned { database, steps })?;
    Ok(Exit::Fine)
}

fn step(step: &Step<'_>, history: &History) -> StepView {
    let migration = &*step.migration;
    let section = match (step.direction, &migration.down) {
        (Direction::Up, _) => Some(migration.up),
        (Direction::Down, Down::Section(section)) => Some(*section),
        (Direction::Down, Down::Irreversible(_)) => None,
    };
    let is_it =
        |one: &&Partial| one.revision == migration.id.as_str() && one.direction == step.direction;
    let partial = history.partials.iter().find(is_it);
    StepView {
        revision: migration.id.to_string(),
        direction: step.direction.to_string(),
        message: migration.message.to_string(),
        file: migration.source.path().to_owned(),
        transaction: step.is_transactional(),
        continues_at: partial.map(|one| one.done + 1),
        in_doubt: partial.is_some_and(|one| one.in_doubt),
        statements: section.map(|section| statements(migration, section)).unwrap_or_default(),
    }
}

/// The statements of one of its sections.
pub(super) fn statements(migration: &Migration<'_>, section: Section) -> Vec<StatementView> {
    let sql = migration.source.slice(section.span);
    let mut own = Made::default();
    let view = |(number, statement): (usize, Statement)| {
        let start = section.span.start + statement.span.start;
        own.follow_path(sql, &statement);
        let seen = |lock: &TableLock| lock.locked_by != LockedBy::Name || !own.has(&lock.relation);
        let locks = locks(sql, &statement);
        let view = StatementView {
            number,
            line: migration.source.position(start).line,
            sql: sql.get(statement.span.range()).unwrap_or_default().to_owned(),
            locks: locks.iter().filter(|lock| seen(lock)).map(LockView::of).collect(),
            drops: losses(sql, &statement).iter().map(ToString::to_string).collect(),
            blind: blind_spot(sql, &statement),
        };
        // Nobody else sees it before the transaction ends.
        let new = made(sql, &statement).filter(|_| section.options.transactional);
        new.into_iter().for_each(|name| own.add(name));
        view
    };
    (1..).zip(split_statements(sql)).map(view).collect()
}

/// The tables that a section has made so far.
#[derive(Default)]
struct Made {
    names: Vec<RelationName>,
    /// Whether a statement has set the search path, so that nobody knows which schema a bare name is in.
    is_path_set: bool,
}

impl Made {
    /// As it is told from others: with its schema, where that is known.
    fn resolved(&self, name: &RelationName) -> RelationName {
        if self.is_path_set { name.clone() } else { name.qualified() }
    }

    fn add(&mut self, name: RelationName) {
        self.names.push(self.resolved(&name));
    }

    fn has(&self, name: &RelationName) -> bool {
        self.names.contains(&self.resolved(name))
    }

    /// A path that is set makes another name of each bare one.
    fn follow_path(&mut self, sql: &str, statement: &Statement) {
        let sets_schema =
            || statement.leading_words(sql).starts_with(&["SET".into(), "SCHEMA".into()]);
        let names_path =
            |token: &Token| token.text(sql).to_ascii_lowercase().contains("search_path");
        if statement.tokens.iter().any(names_path) || sets_schema() {
            self.is_path_set = true;
            self.names.retain(|name| name.parts.len() > 1);
        }
    }
}

/// The table that a statement makes, if it makes one for sure.
fn made(sql: &str, statement: &Statement) -> Option<RelationName> {
    let mut tokens = statement.tokens.iter().peekable();
    let is = |token: &&Token, words: &[&str]| words.iter().any(|word| token.is_word(sql, word));
    tokens.next_if(|token| is(token, &["create"]))?;
    tokens.next_if(|token| is(token, &["unlogged"]));
    tokens.next_if(|token| is(token, &["table"]))?;
    // It may be there already, and in use.
    if tokens.peek().is_some_and(|token| is(token, &["if"])) {
        return None;
    }
    let rest: Vec<Token> = tokens.copied().collect();
    let (parts, _) = migrate_core::__private::read_qualified(sql, &rest)?;
    Some(RelationName { parts })
}

/// What a step drops that has data in it.
pub(super) fn drops(migration: &Migration<'_>, direction: Direction) -> Vec<String> {
    let sql = match direction {
        Direction::Up => migration.up_sql(),
        Direction::Down => migration.down_sql().unwrap_or_default(),
    };
    let statements = split_statements(sql);
    let losses = statements.iter().flat_map(|statement| losses(sql, statement));
    losses.map(|loss| loss.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_made_is_known() {
        let check = |sql: &str, expected: Option<&str>| {
            let found = made(sql, &split_statements(sql)[0]).map(|name| name.to_string());
            assert_eq!(found.as_deref(), expected, "{sql}");
        };
        check("CREATE TABLE Users (id int);", Some("users"));
        check("create unlogged table app.\"Users\" ();", Some("app.\"Users\""));
        check("CREATE TABLE t AS SELECT 1;", Some("t"));
        check("CREATE TABLE IF NOT EXISTS t ();", None);
        check("CREATE TABLE", None);
        check("CREATE INDEX i ON t (a);", None);
        check("ALTER TABLE t ADD a int;", None);
    }

    /// A name with its schema and one without are one, as long as nothing sets the path.
    #[test]
    fn what_a_section_has_made_is_known_by_both_names() {
        let check = |setup: &str, other: &str, expected: bool| {
            let mut own = Made::default();
            for statement in &split_statements(setup) {
                own.follow_path(setup, statement);
                made(setup, statement).into_iter().for_each(|name| own.add(name));
            }
            let sql = format!("TRUNCATE {other}");
            let lock = locks(&sql, &split_statements(&sql)[0]).remove(0);
            assert_eq!(own.has(&lock.relation), expected, "{setup} {other}");
        };
        check("CREATE TABLE t ()", "t", true);
        check("CREATE TABLE t ()", "public.t", true);
        check("CREATE TABLE public.t ()", "t", true);
        check("CREATE TABLE public.t ()", "PUBLIC.T", true);
        check("CREATE TABLE t ()", "shop.public.t", true);
        check("CREATE TABLE t ()", "app.t", false);
        check("CREATE TABLE app.t ()", "t", false);
        check("CREATE TABLE t (); SET search_path TO app", "t", false);
        check("CREATE TABLE t (); SET search_path TO app", "public.t", true);
        check("SET search_path TO app; CREATE TABLE t ()", "t", true);
        check("SET search_path TO app; CREATE TABLE t ()", "public.t", false);
        check("SET SCHEMA 'app'; CREATE TABLE t ()", "public.t", false);
        check(
            "SELECT set_config('search_path', 'app', true); CREATE TABLE t ()",
            "public.t",
            false,
        );
        check("SET LOCAL search_path = app; CREATE TABLE t (); RESET search_path", "t", false);
    }

    #[test]
    fn a_long_statement_is_shortened() {
        assert_eq!(short("CREATE\n  TABLE t ();"), "CREATE TABLE t ();");
        let long = format!("SELECT '{}';", "é".repeat(100));
        let shown = short(&long);
        assert_eq!((shown.chars().count(), shown.ends_with("é…")), (WIDTH, true));
    }
}
