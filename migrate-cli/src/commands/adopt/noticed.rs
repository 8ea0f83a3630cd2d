//! What other tools have applied and nobody has recorded here: before an adoption, or since.

use std::collections::HashSet;

use migrate_core::{Chain, History};
use postgres::{Client, SimpleQueryMessage};
use serde::Serialize;

use crate::adopt::{Table, query, rows, search_all, unrecorded};
use crate::args::Tool;

/// What a tool's table has and our history has not.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct Noticed {
    tool: &'static str,
    table: String,
    versions: Vec<String>,
}

/// How many versions are told in words.
const MOST: usize = 3;

impl Noticed {
    /// For people.
    pub(in crate::commands) fn warning(&self) -> String {
        let Noticed { tool, table, versions } = self;
        let shown: Vec<String> =
            versions.iter().take(MOST).map(|version| format!("`{version}`")).collect();
        let more = match versions.len().saturating_sub(MOST) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "`{table}` says that {tool} has applied {}{more}; that is not recorded here\n \
             = help: `migrate adopt --from {tool}` takes it over",
            shown.join(", ")
        )
    }
}

/// Looks for the tables of other tools, under the names that they have by themselves. A table that this
/// role may not read is none of its business.
pub(in crate::commands) fn noticed(
    client: &mut Client,
    chain: &Chain<'static>,
    history: &History,
) -> Vec<Noticed> {
    let recorded: HashSet<&str> =
        history.records.iter().map(|record| record.revision.as_str()).collect();
    let mut noticed = Vec::new();
    for columns in select(client, &search_all()) {
        let mut columns = columns.into_iter().flatten();
        let (Some(schema), Some(name)) = (columns.next(), columns.next()) else { continue };
        let of = |tool: &Tool| Table::of(*tool, None).name == name;
        let Some(tool) = Tool::ALL.into_iter().find(of) else { continue };
        let table = Table { schema: Some(schema), name };
        let found = rows(select(client, &query(tool, &table)));
        let versions = unrecorded(tool, chain, &recorded, &found);
        if !versions.is_empty() {
            noticed.push(Noticed { tool: tool.word(), table: table.shown(), versions });
        }
    }
    noticed
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
