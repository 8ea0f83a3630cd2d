//! `migrate forget`: removes migrate's own tables, and nothing else.

use migrate_core::__private::counted;
use migrate_core::PlanError;
use serde::Serialize;

use crate::args::Forget;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::tree::Tree;
use crate::ui::{Page, View};

/// What was removed, or would be.
#[derive(Serialize)]
struct Forgotten {
    database: String,
    schema: String,
    removed: Vec<String>,
    /// What has a name of migrate's, and is something else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left: Vec<String>,
    #[serde(skip)]
    verb: &'static str,
}

impl View for Forgotten {
    fn text(&self, page: &mut Page) {
        for name in &self.removed {
            page.line(format!("{} {}.{name}", self.verb, self.schema));
        }
    }
}

/// `migrate forget`
pub(super) fn forget(context: &Context, arguments: &Forget) -> Result<Exit, Failure> {
    let tree = Tree::of(&context.source);
    let mut database = context.open()?;
    let find = |client: &mut postgres::Client| {
        context.with_runner(&tree, |runner| runner.history_tables(client))
    };
    let found = find(&mut database.client)?;
    for it in &found.foreign {
        context.ui.note(format!("{it}, not migrate's: it stays"));
    }
    let place = database.place.clone();
    let view = |removed: Vec<String>, verb| Forgotten {
        database: place.clone(),
        schema: context.connection.schema.clone(),
        removed,
        left: found.foreign.iter().map(|it| it.name.clone()).collect(),
        verb,
    };
    if arguments.dry_run || found.own.is_empty() {
        if found.own.is_empty() {
            context.ui.say(format!(
                "nothing to remove: {place} has no tables of migrate's in schema `{}`",
                context.connection.schema
            ));
        }
        context.ui.show(&view(found.own.clone(), "would remove"))?;
        return Ok(Exit::Fine);
    }
    if !arguments.yes && context.ui.can_ask() {
        // It may be of no use any more, which is why it is to go.
        let recorded = context.history(&mut database, &tree).map_or(0, |it| it.records.len());
        context.ui.say(format!(
            "This removes migrate's own tables from {place}; {} recorded. What the migrations have created stays:",
            match recorded {
                1 => "1 revision is".to_owned(),
                count => format!("{} are", counted(count, "revision")),
            }
        ));
        for name in &found.own {
            context.ui.say(format!("  {}.{name}", context.connection.schema));
        }
        if !context.ui.ask("Go on?") {
            return Err(Failure::Declined);
        }
        if find(&mut database.client)? != found {
            return Err(PlanError::Changed.into());
        }
    }
    let report = context.with_runner(&tree, |runner| runner.forget(&mut database.client))?;
    context.ui.show(&view(report.forgotten, "removed"))?;
    context.ui.say(
        "no revision is recorded now; what the migrations have created is still there: `migrate stamp REVISION` \
         records where the schema is",
    );
    Ok(Exit::Fine)
}
