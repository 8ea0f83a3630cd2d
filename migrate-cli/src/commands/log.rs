//! `migrate log`: what was done to the database.

use migrate_core::runner::LogEntry;
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::tree::Tree;
use crate::ui::{ADDED, FAINT, ID, Page, REMOVED, View, WARN, table};

#[derive(Serialize)]
struct Log {
    database: String,
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    at: String,
    action: String,
    revision: String,
    by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    tool: String,
}

impl View for Log {
    fn text(&self, page: &mut Page) {
        let row = |entry: &Entry| {
            let style = match entry.action.as_str() {
                "upgrade" => ADDED,
                "downgrade" | "failure" => REMOVED,
                _ => WARN,
            };
            let Entry { at, action, revision, by, duration_ms, tool, .. } = entry;
            let mut cells = vec![
                format!("{FAINT}{at}{FAINT:#}"),
                format!("{style}{action}{style:#}"),
                format!("{ID}{revision}{ID:#}"),
                format!("by {by}"),
                duration_ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms} ms")),
            ];
            if page.is_verbose {
                cells.push(format!("{FAINT}{tool}{FAINT:#}"));
            }
            cells
        };
        let rows: Vec<Vec<String>> = self.entries.iter().map(row).collect();
        for (line, entry) in table(&rows).iter().zip(&self.entries) {
            page.line(line);
            for line in entry.error.iter().flat_map(|error| error.lines()) {
                page.line(format!("    {line}"));
            }
        }
    }
}

/// `migrate log`: the newest first.
pub(super) fn log(context: &Context, limit: usize) -> Result<Exit, Failure> {
    let tree = Tree::of(&context.source);
    let mut database = context.open()?;
    let entries = context.with_runner(&tree, |runner| runner.log(&mut database.client))?;
    let limit = if limit == 0 { usize::MAX } else { limit };
    let entry = |entry: LogEntry| Entry {
        at: entry.at,
        action: entry.action,
        revision: entry.revision,
        by: entry.by,
        duration_ms: entry.duration_ms,
        error: entry.error,
        tool: entry.tool,
    };
    if entries.is_empty() {
        context.ui.say("the log is empty: nothing was done yet, or its table was dropped");
    }
    let entries = entries.into_iter().rev().take(limit).map(entry).collect();
    context.ui.show(&Log { database: database.place, entries })?;
    Ok(Exit::Fine)
}
