//! `migrate current`: where the database is.

use migrate_core::plan::{HalfDone, status};
use migrate_core::{Record, Status};
use serde::Serialize;

use crate::context::{Context, current as heads};
use crate::failure::{Exit, Failure};
use crate::tree::Tree;
use crate::ui::{ID, MARK, Page, View};

/// A revision that a database is at.
#[derive(Debug, Serialize)]
pub(super) struct At {
    pub(super) revision: String,
    pub(super) head: bool,
    /// Whether the chain has it.
    known: bool,
    message: String,
    applied_at: String,
    applied_by: String,
    chain_digest: String,
}

impl At {
    pub(super) fn of(tree: &Tree, record: &Record) -> Self {
        let entry = tree.get(&record.revision);
        At {
            revision: record.revision.clone(),
            head: entry.is_some() && tree.is_head(&record.revision),
            known: entry.is_some(),
            message: entry.map(|entry| entry.message.clone()).unwrap_or_default(),
            applied_at: record.applied_at.clone(),
            applied_by: record.applied_by.clone(),
            chain_digest: record.chain.to_string(),
        }
    }

    /// `001 (head)`
    pub(super) fn line(&self) -> String {
        let mark = match (self.head, self.known) {
            (true, _) => format!(" {MARK}(head){MARK:#}"),
            (_, false) => format!(" {MARK}(not in this chain){MARK:#}"),
            _ => String::new(),
        };
        format!("{ID}{}{ID:#}{mark}", self.revision)
    }
}

#[derive(Serialize)]
struct Current {
    database: String,
    current: Vec<At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<PartialView>,
}

/// A revision outside a transaction that is half done.
#[derive(Debug, Serialize)]
pub(super) struct PartialView {
    revision: String,
    direction: String,
    /// The number of the statement that is next.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<usize>,
    /// Whether that statement was begun, and it is not known whether it ran.
    in_doubt: bool,
    running: bool,
}

impl PartialView {
    pub(super) fn of(half_done: &HalfDone) -> Self {
        PartialView {
            revision: half_done.revision.clone(),
            direction: half_done.direction.to_string(),
            statement: half_done.done.map(|done| done + 1),
            of: half_done.total,
            in_doubt: half_done.in_doubt,
            running: half_done.is_running,
        }
    }
}

impl View for Current {
    fn text(&self, page: &mut Page) {
        for at in &self.current {
            page.line(at.line());
            if page.is_verbose {
                page.line(format!("Message: {}", at.message));
                page.line(format!("Applied: {} by {}", at.applied_at, at.applied_by));
                page.line(format!("Digest: {}", at.chain_digest));
                page.line(format!("Database: {}", self.database));
            }
        }
    }
}

/// `migrate current`
pub(super) fn current(context: &Context) -> Result<Exit, Failure> {
    let tree = Tree::of(&context.source);
    let mut database = context.open()?;
    let history = context.history(&mut database, &tree)?;
    let current: Vec<At> =
        heads(&history).into_iter().map(|record| At::of(&tree, record)).collect();
    if current.is_empty() {
        context.ui.say("no revision is applied");
    }
    let status = tree.chain.as_ref().ok().map(|chain| status(chain, &history));
    let (half_done, grant) = match status {
        Some(Status::Partial(half_done)) => (Some(half_done), None),
        Some(Status::BehindOrPartial { grant, .. }) => (None, Some(grant)),
        _ => (None, None),
    };
    let partial = half_done.as_ref().map(PartialView::of);
    context.ui.show(&Current { database: database.place, current, partial })?;
    if let Some(half_done) = half_done.filter(|_| !context.ui.json) {
        context.ui.warn(half_done.to_string());
    }
    note_unread(context, grant.as_deref());
    Ok(Exit::Fine)
}

/// Says that a revision may be half done, where the role may not read that without this `GRANT`.
pub(super) fn note_unread(context: &Context, grant: Option<&str>) {
    if let Some(grant) = grant.filter(|_| !context.ui.json) {
        context
            .ui
            .note(format!("this role may not read whether a revision is half done: `{grant}`"));
    }
}
