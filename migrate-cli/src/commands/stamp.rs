//! `migrate stamp`: says where a database is, and runs nothing.

use migrate_core::plan::{HalfDone, stamp as plan_stamp};
use migrate_core::{Chain, History, PlanError};
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
    /// What is forgotten of revisions that are half done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    forget: Vec<String>,
}

impl View for Change {
    fn text(&self, page: &mut Page) {
        for revision in &self.unstamp {
            page.line(format!("unstamp {revision}"));
        }
        for revision in &self.stamp {
            page.line(format!("stamp {revision}"));
        }
        for half_done in &self.forget {
            page.line(format!("forget that {half_done}"));
        }
    }
}

/// `migrate stamp`
pub(super) fn stamp(context: &Context, arguments: &Stamp) -> Result<Exit, Failure> {
    let chain = context.source.chain()?;
    let mut database = context.open()?;
    let mut runner = context.runner(&chain);
    if let Some(limit) = arguments.lock_wait_timeout {
        runner = runner.lock_wait_timeout(limit);
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
            forget: half_done(&chain, &history),
        };
        if arguments.dry_run {
            context.ui.show(&change)?;
            return Ok(Exit::Fine);
        }
        if ![&change.unstamp, &change.stamp, &change.forget].iter().all(|it| it.is_empty()) {
            context.ui.say(format!(
                "This only changes the recorded history of {}; no migration SQL runs:",
                change.database
            ));
            let rows = [("unstamp", &change.unstamp), ("stamp", &change.stamp)];
            for (word, revisions) in rows {
                revisions.iter().for_each(|id| context.ui.say(format!("  {word} {id}")));
            }
            for half_done in &change.forget {
                context.ui.say(format!("  forget that {half_done}"));
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
    let mut warnings = Vec::new();
    run(context, &chain, database, runner, |runner, client| {
        let report = match arguments.purge {
            true => runner.stamp_purge(client, target)?,
            false => runner.stamp(client, target)?,
        };
        warnings = what_did_not_run(&report.stamped, &report.unstamped);
        Ok(report)
    })?;
    warnings.iter().for_each(|warning| context.ui.warn(warning));
    if !context.ui.json {
        context
            .ui
            .say("the schema was not compared with the chain: `migrate check --drift` does that");
    }
    Ok(Exit::Fine)
}

/// What is kept of revisions that have stopped on their way: a stamp forgets it. One that is running is waited for.
fn half_done(chain: &Chain<'_>, history: &History) -> Vec<String> {
    let stopped = history.partials.iter().filter(|partial| !partial.is_running);
    stopped.map(|partial| HalfDone::new(chain, partial).to_string()).collect()
}

/// What is recorded now without having run, and what is not recorded any more without having been undone.
fn what_did_not_run(stamped: &[String], unstamped: &[String]) -> Vec<String> {
    let split = |from: &[String], other: &[String]| -> (Vec<String>, Vec<String>) {
        from.iter().cloned().partition(|id| other.contains(id))
    };
    let (again, new) = split(stamped, unstamped);
    let (_, gone) = split(unstamped, stamped);
    let its = |ids: &[String]| if ids.len() == 1 { "its" } else { "their" };
    let mut warnings = Vec::new();
    if !gone.is_empty() {
        let its = if gone.len() == 1 { "its downgrade" } else { "their downgrades" };
        warnings.push(format!("removed the record of {} without running {its}", named(&gone)));
    }
    if !again.is_empty() {
        let them = if again.len() == 1 { "it" } else { "them" };
        let (again, its) = (named(&again), its(&again));
        warnings.push(format!(
            "recorded {again} again, as this chain has {them}, without running {its} SQL"
        ));
    }
    if !new.is_empty() {
        let (new, its) = (named(&new), its(&new));
        warnings.push(format!("recorded {new} as applied without running {its} SQL"));
    }
    warnings
}

/// A few are named each, of many the first and the last.
fn named(ids: &[String]) -> String {
    match ids {
        [only] => format!("`{only}`"),
        [one, other] => format!("`{one}` and `{other}`"),
        [first, .., last] => format!("{} revisions (`{first}` to `{last}`)", ids.len()),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_says_what_did_not_run() {
        let check = |stamped: &str, unstamped: &str, expected: &[&str]| {
            let ids = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(what_did_not_run(&ids(stamped), &ids(unstamped)), expected);
        };
        check("", "", &[]);
        check("a", "", &["recorded `a` as applied without running its SQL"]);
        check("a b", "", &["recorded `a` and `b` as applied without running their SQL"]);
        check(
            "a b c",
            "",
            &["recorded 3 revisions (`a` to `c`) as applied without running their SQL"],
        );
        check("", "c", &["removed the record of `c` without running its downgrade"]);
        check("", "b c", &["removed the record of `b` and `c` without running their downgrades"]);
        check(
            "b c2",
            "b c",
            &[
                "removed the record of `c` without running its downgrade",
                "recorded `b` again, as this chain has it, without running its SQL",
                "recorded `c2` as applied without running its SQL",
            ],
        );
    }
}
