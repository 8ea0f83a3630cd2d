//! `migrate stamp`: says where a database is, and runs nothing.

use migrate_core::{PlanError, stamp as plan_stamp};
use serde::Serialize;

use super::run::run;
use crate::args::Stamp;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::ui::{Page, View};

/// What a stamp would change.
#[derive(Serialize)]
struct Change {
    database: String,
    unstamp: Vec<String>,
    stamp: Vec<String>,
}

impl View for Change {
    fn text(&self, page: &mut Page) {
        for revision in &self.unstamp {
            page.line(format!("unstamp {revision}"));
        }
        for revision in &self.stamp {
            page.line(format!("stamp {revision}"));
        }
    }
}

/// `migrate stamp`
pub(super) fn stamp(context: &Context, arguments: &Stamp) -> Result<Exit, Failure> {
    let chain = context.source.chain()?;
    let mut database = context.open()?;
    let mut runner = context.runner(&chain);
    if let Some(limit) = arguments.patience {
        runner = runner.patience(limit);
    }
    if arguments.forget_progress {
        runner = runner.forget_progress();
    }
    let asks = !arguments.yes && context.ui.can_ask();
    if asks || arguments.dry_run {
        let history = runner.history(&mut database.client)?;
        let planned = match arguments.forget_progress {
            true => history.clone().without_progress(),
            false => history.clone(),
        };
        let plan = plan_stamp(&chain, &planned, &arguments.target, arguments.purge)?;
        let change = Change {
            database: database.place.clone(),
            unstamp: plan.remove,
            stamp: plan.insert.iter().map(|migration| migration.id.to_string()).collect(),
        };
        if arguments.dry_run {
            context.ui.show(&change)?;
            return Ok(Exit::Fine);
        }
        if !(change.unstamp.is_empty() && change.stamp.is_empty()) {
            context.ui.say(format!(
                "This only changes the recorded history of {}; no migration SQL runs:",
                change.database
            ));
            let rows = [("unstamp", &change.unstamp), ("stamp", &change.stamp)];
            for (word, revisions) in rows {
                revisions.iter().for_each(|id| context.ui.say(format!("  {word} {id}")));
            }
            if !context.ui.ask("Go on?") {
                return Err(Failure::Declined);
            }
            if runner.history(&mut database.client)? != history {
                return Err(PlanError::Changed.into());
            }
        }
    }
    let target = arguments.target.clone();
    run(context, &chain, database, runner, |runner, client| match arguments.purge {
        true => runner.stamp_purge(client, target),
        false => runner.stamp(client, target),
    })?;
    if !context.ui.json {
        context
            .ui
            .say("the schema was not compared with the chain: `migrate check --drift` does that");
    }
    Ok(Exit::Fine)
}
