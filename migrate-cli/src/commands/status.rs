//! `migrate status`: the chain beside the database.

use std::collections::{HashMap, HashSet};

use migrate_core::plan::{HalfDone, Partial, changed, half_done_elsewhere, status as standing};
use migrate_core::{History, Record, Status};
use postgres::Client;
use serde::Serialize;

use super::adopt::{Noticed, noticed};
use super::current::PartialView;
use super::show::warn_if_broken;
use crate::context::{Context, current};
use crate::failure::{Exit, Failure, count, is_foreign};
use crate::tree::Tree;
use crate::ui::{ADDED, FAINT, HolderView, ID, Page, REMOVED, View, WARN, table};

/// The chain beside a database.
#[derive(Serialize)]
struct Standing {
    database: String,
    status: &'static str,
    /// The same in words.
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// The revision outside a transaction that is under way, or has stopped on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<PartialView>,
    head: Vec<String>,
    current: Vec<String>,
    revisions: Vec<Row>,
    /// Who is migrating it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<HolderView>,
    /// The same in words.
    #[serde(skip)]
    running_text: Option<String>,
    /// The tables of migrate's own that are there without the history.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left: Vec<String>,
    /// What other tools have applied or undone, and nobody has recorded here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    elsewhere: Vec<Noticed>,
}

/// A revision of the chain, or of the database.
#[derive(Serialize)]
struct Row {
    revision: String,
    state: State,
    message: String,
    deployed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Applied,
    Pending,
    /// Some of its statements are done.
    Partial,
    /// Applied with another text, or on top of something else; what only stands on such a one is applied.
    Changed,
    /// Applied, but not in this chain.
    Unknown,
}

impl View for Standing {
    fn text(&self, page: &mut Page) {
        let style = match self.status {
            "at-head" | "ahead" => ADDED,
            "diverged" | "broken" => REMOVED,
            _ => WARN,
        };
        page.line(format!("database: {}", self.database));
        page.line(format!("status: {style}{}{style:#}", self.text));
        if let Some(running) = &self.running_text {
            page.line(format!("running: {WARN}{running}{WARN:#}"));
        }
        let row = |row: &Row| {
            let style = match row.state {
                State::Applied => ADDED,
                State::Pending | State::Partial => WARN,
                State::Changed | State::Unknown => REMOVED,
            };
            let state = format!("{:?}", row.state).to_lowercase();
            let mut cells = vec![
                format!("{style}{state}{style:#}"),
                format!("{ID}{}{ID:#}", row.revision),
                if row.deployed { "pinned" } else { "-" }.to_owned(),
                if row.message.is_empty() { "-" } else { &row.message }.to_owned(),
            ];
            if let (true, Some(at), Some(by)) = (page.is_verbose, &row.applied_at, &row.applied_by)
            {
                cells.push(format!("{FAINT}{at} by {by}{FAINT:#}"));
            }
            cells
        };
        let rows: Vec<Vec<String>> = self.revisions.iter().map(row).collect();
        table(&rows).iter().for_each(|line| page.line(line));
    }
}

/// `migrate status`
pub(super) fn status(context: &Context, exit_code: bool) -> Result<Exit, Failure> {
    let tree = Tree::of(&context.source);
    if let Err(rejection) = &tree.chain
        && is_foreign(rejection)
    {
        return Err(rejection.clone().into());
    }
    warn_if_broken(context, &tree);
    let mut database = context.open()?;
    let history = context.history(&mut database, &tree)?;
    let status = tree.chain.as_ref().ok().map(|chain| standing(chain, &history));
    let (word, exit) = match &status {
        None => ("broken", Exit::Failed),
        Some(Status::Empty) => ("empty", Exit::NotAtHead),
        Some(Status::Behind { .. }) => ("behind", Exit::NotAtHead),
        Some(Status::BehindOrPartial { .. }) => ("behind-or-partial", Exit::NotAtHead),
        Some(Status::Ahead { .. }) => ("ahead", Exit::Fine),
        Some(Status::Partial(_)) => ("partial", Exit::NotAtHead),
        Some(Status::Diverged(_)) => ("diverged", Exit::Diverged),
        Some(_) => ("at-head", Exit::Fine),
    };
    let noticed = match &tree.chain {
        Ok(chain) => noticed(context, &mut database.client, chain, &history),
        Err(_) => Vec::new(),
    };
    // Who may not see it sees the rest.
    let running = context.with_runner(&tree, |runner| runner.running(&mut database.client));
    let running = running.ok().flatten();
    let left = match &status {
        Some(Status::Empty) => left(context, &tree, &mut database.client),
        _ => Vec::new(),
    };
    // An upgrade is refused until that is finished.
    let elsewhere = match (&status, &tree.chain) {
        (Some(Status::Empty | Status::Behind { .. }), Ok(chain)) => {
            half_done_elsewhere(chain, &history)
        }
        _ => None,
    };
    let help = match (left.is_empty(), elsewhere) {
        (false, _) => Some(HELP_LEFT.to_owned()),
        (true, Some(half_done)) => Some(half_done.help()),
        (true, None) => help(status.as_ref()),
    };
    let help = help.map(|help| context.ui.name.in_advice(&help));
    let standing = Standing {
        database: database.place,
        status: word,
        text: match (&status, &tree.chain) {
            (Some(Status::Behind { pending }), _) if pending.len() > 3 => {
                format!("behind: {} revisions are pending", pending.len())
            }
            (Some(Status::BehindOrPartial { pending, .. }), _) if pending.len() > 3 => format!(
                "behind or partial: {} revisions are not applied, and this role may not read whether one is half done",
                pending.len()
            ),
            (Some(Status::Empty), _) if !left.is_empty() => format!(
                "empty: the table `{}` is missing, and other tables of migrate are there: {}",
                context.connection.history(),
                left.join(", ")
            ),
            (Some(status), _) => status.to_string(),
            (None, Err(rejection)) => format!("unknown: {}", count(rejection)),
            (None, Ok(_)) => String::new(),
        },
        help: help.clone(),
        partial: match &status {
            Some(Status::Partial(half_done)) => Some(PartialView::of(half_done)),
            _ => None,
        },
        head: tree.heads().map(|head| head.id.clone()).collect(),
        current: current(&history).iter().map(|record| record.revision.clone()).collect(),
        revisions: rows(&tree, &history),
        left,
        running: running.as_ref().map(HolderView::of),
        running_text: running.as_ref().map(ToString::to_string),
        elsewhere: noticed,
    };
    context.ui.show(&standing)?;
    if let Ok(chain) = &tree.chain {
        let unknown = history.partials.iter().filter(|one| chain.get(&one.revision).is_none());
        for partial in unknown {
            context
                .ui
                .warn(format!("{}, and it is not in this chain", HalfDone::new(chain, partial)));
        }
    }
    for warning in standing.elsewhere.iter().flat_map(Noticed::warnings) {
        context.ui.warn(warning);
    }
    if let (Some(help), false) = (help, context.ui.json) {
        context.ui.say(format!(" = help: {help}"));
    }
    Ok(if exit_code { exit } else { Exit::Fine })
}

/// The tables of migrate's own that are there, if the history itself is missing among them: somebody has dropped it.
fn left(context: &Context, tree: &Tree, client: &mut Client) -> Vec<String> {
    let found = context.with_runner(tree, |runner| runner.history_tables(client));
    // Who may not see it sees the rest.
    let own = found.map(|found| found.own).unwrap_or_default();
    if own.contains(&context.connection.history()) { Vec::new() } else { own }
}

const HELP_LEFT: &str = "somebody has dropped it. If the schema is there, record where it is: `migrate stamp REVISION`; \
     to start over in an empty schema: `migrate upgrade head`. Both create the table again; `migrate forget` removes \
     what is left";

fn help(status: Option<&Status>) -> Option<String> {
    Some(match status? {
        Status::Empty => {
            "`migrate upgrade head` applies the chain; if the schema already exists, record where it \
             is: `migrate stamp REVISION`"
                .to_owned()
        }
        Status::Behind { .. } => "`migrate upgrade head` applies what is pending".to_owned(),
        Status::BehindOrPartial { grant, .. } => format!(
            "`{grant}` lets this role read it; `migrate upgrade head`, as a role that may, applies or finishes what is not \
             applied"
        ),
        Status::Ahead { .. } => {
            "a newer release was here, and this one can serve; `migrate downgrade head --stored` \
             undoes what is newer"
                .to_owned()
        }
        Status::Partial(half_done) => half_done.help(),
        Status::Diverged(why) => why.help().to_owned(),
        _ => return None,
    })
}

fn rows(tree: &Tree, history: &History) -> Vec<Row> {
    let row = |revision: &str, state, message: &str, deployed, record: Option<&Record>| Row {
        revision: revision.to_owned(),
        state,
        message: message.to_owned(),
        deployed,
        applied_at: record.map(|record| record.applied_at.clone()),
        applied_by: record.map(|record| record.applied_by.clone()),
        duration_ms: record.map(|record| record.duration_ms),
    };
    let applied: HashMap<&str, &Record> =
        history.records.iter().map(|record| (record.revision.as_str(), record)).collect();
    let changed = tree.chain.as_ref().map(|chain| changed(chain, history)).unwrap_or_default();
    let known = tree.entries.iter().map(|entry| {
        let record = applied.get(entry.id.as_str()).copied();
        let is_partial = |one: &Partial| one.revision == entry.id;
        let state = match record {
            _ if history.partials.iter().any(is_partial) => State::Partial,
            None => State::Pending,
            Some(_) if changed.contains(&entry.id.as_str()) => State::Changed,
            Some(_) => State::Applied,
        };
        row(&entry.id, state, &entry.message, entry.deployed, record)
    });
    let ids: HashSet<&str> = tree.entries.iter().map(|entry| entry.id.as_str()).collect();
    let unknown = history.records.iter().filter(|record| !ids.contains(record.revision.as_str()));
    let unknown =
        unknown.map(|record| row(&record.revision, State::Unknown, "", false, Some(record)));
    known.chain(unknown).collect()
}
