//! What other tools have applied, or undone, and nobody has recorded here: before an adoption, or since.

use std::collections::{HashMap, HashSet};

use migrate_core::runner::LogEntry;
use migrate_core::{Chain, History};
use postgres::{Client, SimpleQueryMessage};
use serde::Serialize;

use crate::adopt::{Table, query, rows, search_all, undone, unrecorded, verify, whose};
use crate::args::Tool;
use crate::context::Context;

/// What a tool's table has and our history has not, or the other way round.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct Noticed {
    tool: &'static str,
    /// Its name, for people.
    #[serde(skip)]
    name: String,
    table: String,
    versions: Vec<String>,
    /// What was taken over from it, and is not in its table any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    undone: Vec<String>,
}

/// How many versions are told in words.
const MOST: usize = 3;

impl Noticed {
    /// For people.
    pub(in crate::commands) fn warnings(&self) -> Vec<String> {
        let Noticed { tool, name, table, versions, undone } = self;
        let mut warnings = Vec::new();
        if !versions.is_empty() {
            warnings.push(format!(
                "`{table}` says that {name} has applied {}; that is not recorded here\n \
                 = help: `migrate adopt --from {tool}` takes it over",
                listed(versions)
            ));
        }
        if !undone.is_empty() {
            warnings.push(format!(
                "`{table}` says that {name} has undone {} since it was adopted; here it is recorded as applied\n \
                 = help: `migrate check --drift` shows what is there; `migrate stamp REVISION` records where the schema is",
                listed(undone)
            ));
        }
        warnings
    }
}

/// The first of some versions.
fn listed(versions: &[String]) -> String {
    let shown: Vec<String> =
        versions.iter().take(MOST).map(|version| format!("`{version}`")).collect();
    let more = match versions.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}

/// What to do about what another tool has made, where something of that is not recorded here.
pub(in crate::commands) fn others(
    context: &Context,
    client: &mut Client,
    chain: &Chain<'static>,
    history: &History,
) -> Option<String> {
    let recorded: HashSet<&str> =
        history.records.iter().map(|record| record.revision.as_str()).collect();
    tables(client).into_iter().find_map(|(tool, table)| {
        let (found, shown) = (rows(select(client, &query(tool, &table))), table.shown());
        if unrecorded(tool, chain, &recorded, &found).is_empty() {
            return None;
        }
        let word = tool.word();
        let what = match verify(tool, chain, &shown, &found, &[]) {
            Ok(_) => format!("record what it has applied: `migrate adopt --from {word}`"),
            Err(_) => format!(
                "if this is the right database, bring its migrations into the chain \
                 (`migrate import {word} FOLDER`), and then adopt it: `migrate adopt --from {word}`"
            ),
        };
        let help = format!("{tool} has migrated this database (see `{shown}`); {what}");
        Some(context.ui.name.in_advice(&help))
    })
}

/// The tables of other tools that this role may read.
fn tables(client: &mut Client) -> Vec<(Tool, Table)> {
    select(client, &search_all()).into_iter().filter_map(whose).collect()
}

/// Looks for the tables of other tools, under the names that they have by themselves. A table that this
/// role may not read is none of its business.
pub(in crate::commands) fn noticed(
    context: &Context,
    client: &mut Client,
    chain: &Chain<'static>,
    history: &History,
) -> Vec<Noticed> {
    let recorded: HashSet<&str> =
        history.records.iter().map(|record| record.revision.as_str()).collect();
    let found = tables(client);
    // The log doesn't say from whom something was taken over; a role that may not read it does without.
    let log = match &*found {
        [_] => context.runner(chain).log(client).unwrap_or_default(),
        _ => Vec::new(),
    };
    let adopted: HashSet<&str> = adopted(&log).intersection(&recorded).copied().collect();
    let mut noticed = Vec::new();
    for (tool, table) in found {
        let found = rows(select(client, &query(tool, &table)));
        let versions = unrecorded(tool, chain, &recorded, &found);
        let undone = undone(tool, chain, &adopted, &found);
        if !versions.is_empty() || !undone.is_empty() {
            noticed.push(Noticed {
                tool: tool.word(),
                name: tool.to_string(),
                table: table.shown(),
                versions,
                undone,
            });
        }
    }
    noticed
}

/// The revisions of which the last that happened was an adoption.
fn adopted(log: &[LogEntry]) -> HashSet<&str> {
    let mut last: HashMap<&str, &str> = HashMap::new();
    for entry in log.iter().filter(|entry| entry.error.is_none()) {
        last.insert(&entry.revision, &entry.action);
    }
    last.into_iter().filter(|(_, action)| *action == "adopt").map(|(id, _)| id).collect()
}

fn select(client: &mut Client, query: &str) -> Vec<Vec<Option<String>>> {
    let messages = client.simple_query(query).unwrap_or_default();
    let row = |message: SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
        }
        _ => None,
    };
    messages.into_iter().filter_map(row).collect()
}
