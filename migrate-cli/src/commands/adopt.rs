//! `migrate adopt`: takes over a database that another tool has made.

mod drift;
mod noticed;

use std::collections::HashSet;

use migrate_core::__private::counted;
use migrate_core::Chain;
use migrate_core::chain::edit::FileEdit;
use migrate_core::plan::adopt as plan_adoption;
use migrate_core::schema::catalog::Difference;
use postgres::{Client, SimpleQueryMessage};
use serde::Serialize;

use self::drift::{Comparison, compare};
pub(super) use self::noticed::{Noticed, noticed, others as other_tools};
use super::current::At;
use super::import::read as read_folder;
use super::run::place;
use crate::adopt::{Adoption, Row, Table, query, rows, search_all, tips, verify, whose};
use crate::args::{Adopt, Gap, Tool};
use crate::compare::note_privileges;
use crate::context::{Context, current};
use crate::failure::{Exit, Failure, FailureKind, ProblemView, problem_count, problems};
use crate::guard;
use crate::import::{Imported, translate};
use crate::tree::Tree;
use crate::ui::{ID, Page, View};

/// What was recorded, or would be.
#[derive(Serialize)]
struct Adopted {
    database: String,
    tool: &'static str,
    table: String,
    /// How many versions the tool's table names.
    applied: usize,
    /// How many checksums were made again, and are the same.
    verified: usize,
    dry_run: bool,
    adopt: Vec<String>,
    /// The statements that give things the chain's names.
    renames: Vec<String>,
    /// What the database changes in what the chain builds; nobody has looked if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<Vec<Difference>>,
    /// The revision that would close the gap, if there is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    closing: Vec<Closing>,
    /// What `migrate check` would say of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ProblemView>,
    /// How many revisions of the chain run before it.
    #[serde(skip)]
    pending: usize,
    /// Where the database is now.
    current: Vec<At>,
}

/// A file for the chain's folder.
#[derive(Serialize)]
struct Closing {
    name: String,
    text: String,
}

impl View for Adopted {
    fn text(&self, page: &mut Page) {
        // A file may be all that there is, so that it can be one: what was done is told beside it.
        for Closing { name, text } in &self.closing {
            if self.closing.len() > 1 {
                page.line(format!("-- {name}"));
            }
            page.line(text.trim_end());
        }
        if !self.closing.is_empty() {
            return;
        }
        for revision in &self.adopt {
            page.line(format!("{} {ID}{revision}{ID:#}", self.word()));
        }
        for statement in &self.renames {
            page.line(format!("{statement};"));
        }
    }
}

impl Adopted {
    fn word(&self) -> &'static str {
        if self.dry_run { "adopt" } else { "adopted" }
    }
}

/// `migrate adopt`
pub(super) fn adopt(context: &Context, arguments: &Adopt) -> Result<Exit, Failure> {
    let tool = arguments.from;
    let chain = context.source.chain()?;
    let originals = originals(tool, arguments)?;
    let mut database = context.open()?;
    let client = &mut database.client;
    let (table, rows) = applied(client, tool, arguments.version_table.as_deref())?;
    let adoption = verify(tool, &chain, &table.shown(), &rows, &originals);
    let Adoption { revisions, verified, notes } = adoption.map_err(Failure::Adopt)?;
    notes.iter().for_each(|note| context.ui.warn(note));
    // What these stand on comes along.
    let revisions = tips(&chain, &revisions.iter().map(String::as_str).collect());

    let runner = context.runner(&chain);
    let history = runner.history(client)?;
    let plan = plan_adoption(&chain, &history, &revisions)?;
    let mut adopted = Adopted {
        database: database.place.clone(),
        tool: tool.word(),
        table: table.shown(),
        applied: rows.len(),
        verified,
        dry_run: arguments.dry_run,
        adopt: plan.insert.iter().map(|migration| migration.id.to_string()).collect(),
        renames: Vec::new(),
        drift: None,
        closing: Vec::new(),
        problems: Vec::new(),
        pending: 0,
        current: Vec::new(),
    };
    if !arguments.no_compare {
        let recorded = history.records.iter().map(|record| record.revision.as_str());
        let at: HashSet<&str> = lineage(&chain, &revisions).chain(recorded).collect();
        adopted.pending =
            chain.migrations().iter().filter(|it| !at.contains(it.id.as_str())).count();
        let at = tips(&chain, &at);
        let found = compare(context, arguments, &chain, &at, client, &table)?;
        note_privileges(context, found.privileges.len());
        judge_drift(context, arguments, &found, &adopted, &at)?;
        if let Some(gap) = arguments.accept_drift.filter(|_| !found.differences.is_empty()) {
            let closing = |FileEdit { name, text, .. }| Closing { name, text };
            let (files, left) = found.closing(&chain, gap)?;
            if let Some(refused) = guard::refused_files(&context.source, &chain, &files) {
                context.ui.warn(format!(
                    "`migrate check` refuses the revision that closes the gap: {}{}\n \
                     = help: fix it when you have saved it; `migrate check` shows each line",
                    problem_count(&refused),
                    guard::summary(&refused)
                ));
                adopted.problems = problems(&refused, &context.ui.name);
            }
            adopted.closing = files.into_iter().map(closing).collect();
            left.iter()
                .for_each(|left| context.ui.warn(format!("no statement closes this: {left}")));
        }
        if arguments.rename_constraints && !arguments.dry_run {
            found.rename(client)?;
        }
        adopted.renames = found.renames;
        adopted.drift = Some(found.differences);
    }
    if !arguments.dry_run {
        runner.adopt(client, revisions.iter().copied())?;
    }
    let tree = Tree::of(&context.source);
    let history = runner.history(client)?;
    adopted.current = current(&history).into_iter().map(|record| At::of(&tree, record)).collect();
    context.ui.show(&adopted)?;
    tell(context, arguments, &adopted);
    Ok(Exit::Fine)
}

/// Revisions, and all that they stand on.
fn lineage<'c>(chain: &'c Chain<'_>, revisions: &[&str]) -> impl Iterator<Item = &'c str> {
    let mut wanted = vec![false; chain.len()];
    for id in revisions {
        for (wanted, found) in wanted.iter_mut().zip(chain.lineage(id)) {
            *wanted |= found;
        }
    }
    let all = chain.migrations().iter().zip(wanted);
    all.filter_map(|(migration, wanted)| wanted.then_some(migration.id.as_str()))
}

/// The tool's own files, if the user has named their folder.
fn originals(tool: Tool, arguments: &Adopt) -> Result<Vec<Imported>, Failure> {
    let Some(folder) = &arguments.dir else { return Ok(Vec::new()) };
    if !tool.has_checksums() {
        let what = format!("{tool} keeps no checksums, so its folder says nothing here");
        return Err(Failure::refused(FailureKind::Usage, what, "leave `--dir` out"));
    }
    let translation = translate(tool, &read_folder(folder)?).map_err(Failure::Adopt)?;
    Ok(translation.revisions)
}

/// The tool's table, and what is in it.
fn applied(
    client: &mut Client,
    tool: Tool,
    named: Option<&str>,
) -> Result<(Table, Vec<Row>), Failure> {
    let table = Table::of(tool, named);
    let shown = table.shown();
    let found = select(client, &table.search(), &shown)?;
    let is_lost = found.is_empty() && named.is_none();
    let others = if is_lost { others(client, tool)? } else { Vec::new() };
    let table = table.found(&found).map_err(|schemas| match schemas.as_slice() {
        [] => {
            let what = format!("there is no table `{shown}`: {tool} has not been here");
            Failure::refused(FailureKind::Adopt, what, elsewhere(&others))
        }
        [first, ..] => Failure::refused(
            FailureKind::Adopt,
            format!("several schemas have a table `{shown}`: {}", schemas.join(", ")),
            format!("name one: `--version-table {first}.{shown}`"),
        ),
    })?;
    let found = select(client, &query(tool, &table), &table.shown())?;
    Ok((table, rows(found)))
}

/// The tables of other tools, under the names that they have by themselves.
fn others(client: &mut Client, tool: Tool) -> Result<Vec<(Tool, String)>, Failure> {
    let found = select(client, &search_all(), "pg_class")?;
    let others = found.into_iter().filter_map(whose).filter(|(whose, _)| *whose != tool);
    Ok(others.map(|(whose, table)| (whose, table.shown())).collect())
}

/// Where to look, when a tool's table is not there.
fn elsewhere(others: &[(Tool, String)]) -> String {
    match others {
        [] => "name the table, if it has another name: `--version-table [SCHEMA.]NAME`; an empty database needs no \
               adoption: `migrate upgrade`"
            .to_owned(),
        [(other, table), ..] => format!(
            "there is `{table}`, which is {other}'s: `migrate adopt --from {}`; or name the table: \
             `--version-table [SCHEMA.]NAME`",
            other.word()
        ),
    }
}

/// The rows of a query, as texts.
fn select(
    client: &mut Client,
    query: &str,
    table: &str,
) -> Result<Vec<Vec<Option<String>>>, Failure> {
    let messages = client.simple_query(query).map_err(|error| {
        let why = error.as_db_error().map_or_else(|| error.to_string(), |it| it.message().to_owned());
        let what = format!("the table `{table}` can't be read: {why}");
        let help = "is it the tool's own table? The role needs SELECT on it; `--version-table` names another one";
        Failure::refused(FailureKind::Adopt, what, help)
    })?;
    let row = |message: SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
        }
        _ => None,
    };
    Ok(messages.into_iter().filter_map(row).collect())
}

/// Real differences stop it, unless they are accepted.
fn judge_drift(
    context: &Context,
    arguments: &Adopt,
    found: &Comparison,
    adopted: &Adopted,
    at: &[&str],
) -> Result<(), Failure> {
    if found.differences.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
    let (database, at) = (&adopted.database, at.join(", "));
    let what = format!("{database} is not what the chain builds at {at}:\n{}", lines.join("\n"));
    if arguments.accept_drift.is_some() {
        context.ui.warn(what);
        return Ok(());
    }
    let help = "undo what was changed by hand, or fix the chain; `--accept-drift` takes the database over as it \
                is, and prints the revision that adds to the chain what only the database has; \
                `--accept-drift=drop` prints the one that drops it";
    Err(Failure::refused(FailureKind::Drift, what, help))
}

fn tell(context: &Context, arguments: &Adopt, adopted: &Adopted) {
    let ui = &context.ui;
    let Adopted { applied, verified, table, database, .. } = adopted;
    if let [Closing { name, .. }, ..] = &*adopted.closing {
        adopted.adopt.iter().for_each(|id| ui.say(format!("{} {id}", adopted.word())));
        adopted.renames.iter().for_each(|statement| ui.say(format!("{statement};")));
        ui.say(format!(
            "save it in the chain's folder, as `{name}`, and look at it: {}",
            match arguments.accept_drift {
                Some(Gap::Drop) => "a database without that gap it leaves as it is",
                _ => "it adds to each database what that lacks, and drops nothing",
            }
        ));
        if adopted.pending > 0 {
            let verb = if adopted.pending == 1 { "runs" } else { "run" };
            ui.say(format!(
                "{} of the chain {verb} before it, on the database as it is: where that fails, close the gap by hand",
                counted(adopted.pending, "revision")
            ));
        }
    }
    if !adopted.renames.is_empty() && !arguments.rename_constraints {
        let count = adopted.renames.len();
        let (verb, them) = if count == 1 { ("is", "it") } else { ("are", "them") };
        ui.warn(format!(
            "{} {verb} not the chain's, and a revision that names {them} fails: the statements above \
             change that\n = help: `--rename-constraints` runs them",
            counted(count, "name")
        ));
    }
    if arguments.no_compare {
        ui.warn("the schema was not compared with the chain");
    }
    let checked = match verified {
        0 => String::new(),
        1 => "; 1 checksum was verified".to_owned(),
        more => format!("; {more} checksums were verified"),
    };
    let versions = counted(*applied, "version");
    ui.say(format!("`{table}` of {database} lists {versions}{checked}; the table was not changed"));
    if adopted.adopt.is_empty() {
        ui.say("nothing to do: all of it is recorded already");
    }
    if !arguments.dry_run {
        ui.say(place(database, &adopted.current));
    }
    if !adopted.adopt.is_empty() && !arguments.dry_run {
        ui.say("pin these revisions in chain.lock: `migrate lock --from-database`");
    }
}
