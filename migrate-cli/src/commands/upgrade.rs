//! `migrate upgrade` and `migrate downgrade`.

use std::process::Command;

use migrate_core::__private::counted;
use migrate_core::plan::{Step, downgrade as plan_downgrade, upgrade as plan_upgrade};
use migrate_core::{Chain, Direction, History, Plan, PlanError, Report, Runner, Target};

use super::current::note_unread;
use super::plan;
use super::run::{configured, finish, run};
use super::script::script;
use crate::args::{Downgrade, How, Point, Range, Upgrade};
use crate::context::{Context, Database};
use crate::failure::{Exit, Failure, FailureKind, Purpose};
use crate::guard::{self, Ids};
use crate::ui::{ID, REMOVED, table};

/// `migrate upgrade`
pub(super) fn upgrade(context: &Context, arguments: &Upgrade) -> Result<Exit, Failure> {
    if arguments.sql {
        let Upgrade { target, how, unchecked, .. } = arguments;
        return script(context, Direction::Up, target, how, *unchecked);
    }
    let chain = guard::chain(&context.source, arguments.unchecked)?;
    let target = single(&arguments.target)?;
    let mut database = context.open_within(arguments.wait)?;
    let runner = configured(context, &chain, &arguments.how);
    let history = history(&runner, &mut database, &arguments.how)?;
    match plan_upgrade(&chain, &history, &target) {
        Ok(plan) => {
            if !arguments.unchecked {
                sound(context, &chain, &plan, &history)?;
            }
            if arguments.dry_run {
                note_unread(context, history.partials_need.as_deref());
                return plan::show(context, database.place, &plan, &history);
            }
            if plan.steps.is_empty() && !arguments.how.forget_progress {
                // What was read says all of it, so nobody asks again.
                let report = Report { ahead: plan.ahead, ..Report::default() };
                finish(context, database.place, report, &history)?;
                return Ok(Exit::Fine);
            }
            if let Some(command) = &arguments.backup_command {
                backup(context, command, &database)?;
            }
        }
        Err(why) if arguments.dry_run || arguments.backup_command.is_some() => {
            return Err(why.into());
        }
        // The runner says so itself, unless the head's digest is enough for it.
        Err(_) => {}
    }
    run(context, &chain, database, runner, |runner, client| runner.upgrade_to(client, target))?;
    Ok(Exit::Fine)
}

/// What `migrate check` refuses does not run. Only what would run now is looked at: an error elsewhere
/// stops nobody who does not come by there.
pub(super) fn sound(
    context: &Context,
    chain: &Chain<'static>,
    plan: &Plan<'_>,
    history: &History,
) -> Result<(), Failure> {
    let wanted: Ids<'_> = plan.steps.iter().map(|step| step.migration.id.as_str()).collect();
    let settled = history.records.iter().map(|record| record.revision.as_str()).collect();
    let found = guard::refused(&context.source, chain, &wanted, &settled);
    found.map_or(Ok(()), |rejection| Err(Failure::Unsound { rejection, purpose: Purpose::Apply }))
}

/// `migrate downgrade`
pub(super) fn downgrade(context: &Context, arguments: &Downgrade) -> Result<Exit, Failure> {
    if arguments.sql {
        // The way back is open whatever else is wrong with the chain.
        return script(context, Direction::Down, &arguments.target, &arguments.how, true);
    }
    let chain = context.source.chain()?;
    let target = single(&arguments.target)?;
    let mut database = context.open()?;
    let mut runner = configured(context, &chain, &arguments.how);
    if arguments.stored {
        runner = runner.stored_downgrades();
    }
    let before = history(&runner, &mut database, &arguments.how)?;
    let asks = !arguments.yes && context.ui.can_ask();
    let plan = match plan_downgrade(&chain, &before, &target) {
        // The runner waits for whoever is at work, and looks twice.
        Err(PlanError::HalfDone(_)) if !asks && !arguments.dry_run => Plan::default(),
        plan => plan?,
    };
    if arguments.dry_run {
        return plan::show(context, database.place, &plan, &before);
    }
    if asks && !plan.steps.is_empty() {
        tell(context, Verb::Undo, &plan, &database.place);
        if !context.ui.ask("Go on?") {
            return Err(Failure::Declined);
        }
    } else {
        tell_lost(context, &plan);
    }
    run(context, &chain, database, runner, |runner, client| match asks {
        // `-1` of two people must not undo two revisions, of which they saw one.
        true => runner.apply(client, &plan),
        false => runner.downgrade_to(client, target),
    })?;
    Ok(Exit::Fine)
}

/// What is applied, as a run with these arguments takes it.
fn history(runner: &Runner<'_>, database: &mut Database, how: &How) -> Result<History, Failure> {
    let history = runner.history(&mut database.client)?;
    Ok(if how.forget_progress { history.without_progress() } else { history })
}

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Undo,
    Redo,
}

/// What would be undone, for the question.
pub(super) fn tell(context: &Context, verb: Verb, plan: &Plan<'_>, place: &str) {
    let count = counted(plan.steps.len(), "revision");
    let again = match (verb, plan.steps.len()) {
        (Verb::Undo, _) => "",
        (Verb::Redo, 1) => ", and applies it again from its file",
        (Verb::Redo, _) => ", and applies them again from their files",
    };
    context.ui.say(format!("This undoes {count} on {place}{again}:"));
    let row = |step: &Step<'_>| {
        let migration = &*step.migration;
        vec![
            format!("  {REMOVED}-{REMOVED:#} {ID}{}{ID:#}", migration.id),
            migration.message.to_string(),
            lost(step)
                .map_or_else(String::new, |(_, lost)| format!("{REMOVED}drops {lost}{REMOVED:#}")),
        ]
    };
    let rows: Vec<Vec<String>> = plan.steps.iter().map(row).collect();
    table(&rows).iter().for_each(|line| context.ui.say(line));
}

/// What is dropped that has data in it, where nobody is asked.
pub(super) fn tell_lost(context: &Context, plan: &Plan<'_>) {
    for (id, lost) in plan.steps.iter().filter_map(lost).filter(|_| !context.ui.json) {
        context.ui.say(format!("the downgrade of `{id}` drops {lost}"));
    }
}

/// The revision of a step, and what it drops that has data in it, if it does.
fn lost(step: &Step<'_>) -> Option<(String, String)> {
    let lost = plan::drops(&step.migration, step.direction);
    (!lost.is_empty()).then(|| (step.migration.id.to_string(), lost.join(", ")))
}

/// The one place that a run leads to.
fn single(range: &Range) -> Result<Target, Failure> {
    match range {
        Range { is_range: false, to: Some(Point::Target(target)), .. } => Ok(target.clone()),
        Range { is_range: true, .. } => Err(Failure::refused(
            FailureKind::Usage,
            "a run begins where the database is, not at FROM",
            "name TO alone; FROM:TO is for `--sql`",
        )),
        _ => Err(Failure::refused(
            FailureKind::Usage,
            "the database is at `current` already",
            "name a revision, head, base, +1 or -1",
        )),
    }
}

/// Runs the command that makes a backup. It shares our terminal, and learns the database from its
/// environment.
fn backup(context: &Context, command: &str, database: &Database) -> Result<(), Failure> {
    let help = "nothing was changed; run it by hand to see what is wrong";
    context.ui.say("making a backup first");
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut child = Command::new(shell);
    child.arg(flag).arg(command);
    for (name, value) in context.child_environment(&database.connector)? {
        match value {
            Some(value) => child.env(name, value),
            None => child.env_remove(name),
        };
    }
    if context.ui.json {
        // What it prints is no data of ours.
        child.stdout(std::io::stderr());
    }
    let status = child.status().map_err(|error| {
        Failure::refused(
            FailureKind::Backup,
            format!("the backup command can't be started: {error}"),
            help,
        )
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::refused(FailureKind::Backup, format!("the backup command failed: {status}"), help))
}
