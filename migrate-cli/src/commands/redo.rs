//! `migrate redo`: down by what the database keeps, up by the files as they are now.

use std::cell::Cell;

use migrate_core::plan::{Redo as Planned, redo as plan_redo};
use migrate_core::{Error, Plan, PlanError, Report, Runner, Target};

use super::plan;
use super::run::{limited, run};
use super::upgrade::{Verb, sound, tell, tell_lost};
use crate::args::Redo;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::guard;

/// `migrate redo`
pub(super) fn redo(context: &Context, arguments: &Redo) -> Result<Exit, Failure> {
    let chain = guard::chain(&context.source, arguments.unchecked)?;
    let mut database = context.open()?;
    let runner = limited(context, &chain, &arguments.limits).stored_downgrades();
    let history = runner.history(&mut database.client)?;
    let revision = arguments.revision.as_deref();
    let planned = plan_redo(&chain, &history, revision)?;
    if !arguments.unchecked {
        // Nothing is undone that could not be applied again.
        let mut kept = history.clone();
        kept.records.truncate(history.records.len() - planned.down.steps.len());
        sound(context, &chain, &planned.up, &kept)?;
    }
    if arguments.dry_run {
        let steps = planned.down.steps.into_iter().chain(planned.up.steps).collect();
        return plan::show(context, database.place, &Plan { steps, ahead: Vec::new() }, &history);
    }
    if !arguments.yes && context.ui.can_ask() {
        tell(context, Verb::Redo, &planned.down, &database.place);
        if !context.ui.ask("Go on?") {
            return Err(Failure::Declined);
        }
        let history = runner.history(&mut database.client)?;
        if plan_redo(&chain, &history, revision).ok().as_ref() != Some(&planned) {
            return Err(PlanError::Changed.into());
        }
    } else {
        tell_lost(context, &planned.down);
    }
    let Planned { back, forward, .. } = planned;
    let (down, up) = (back.clone(), forward.clone());
    let is_undone = Cell::new(false);
    let ran = run(context, &chain, database, runner, |runner, client| {
        again(runner, client, back, forward, &is_undone)
    });
    match ran {
        Err(Failure::Run(error)) => {
            let help = match is_undone.get() {
                true => advice(&error.help(), &goes_on(&up)),
                false => in_doubt(&error.help(), &down, &up),
            };
            Err(Failure::Advised(error, help))
        }
        ran => ran.map(|()| Exit::Fine),
    }
}

/// Down and up, as one report.
fn again(
    runner: &Runner<'_>,
    client: &mut postgres::Client,
    back: Target,
    forward: Vec<Target>,
    is_undone: &Cell<bool>,
) -> Result<Report, Error> {
    let mut all = runner.downgrade_to(client, back)?;
    is_undone.set(true);
    for target in forward {
        let report = runner.upgrade_to(client, target)?;
        all.done.extend(report.done);
        all.ahead = report.ahead;
        all.round_trips += report.round_trips;
    }
    Ok(all)
}

/// The command that does the second half alone.
fn goes_on(forward: &[Target]) -> String {
    match forward {
        [target] => format!("`migrate upgrade {target}`"),
        _ => "`migrate upgrade`".to_owned(),
    }
}

/// What core advises where a statement may have done a part of its work.
const AGAIN: [&str; 2] =
    ["add `--run-again` to `migrate downgrade`", "add `--run-again` to `migrate upgrade`"];

/// Help for a first half that failed: a redo takes no word that something may run twice.
fn in_doubt(help: &str, back: &Target, forward: &[Target]) -> String {
    let commands = format!(
        "use `migrate downgrade --stored --run-again {back}`, and then {}",
        goes_on(forward)
    );
    let below = match back {
        Target::Base | Target::Revision { .. } => back.to_string(),
        _ => "REVISION".to_owned(),
    };
    help.replace(AGAIN[0], &commands)
        .replace("`migrate stamp REVISION`", &format!("`migrate stamp {below}`"))
}

/// Help for a second half that failed. The same command again would undo another revision.
fn advice(help: &str, goes_on: &str) -> String {
    if help.contains(AGAIN[1]) {
        let again = goes_on.replacen("`migrate upgrade", "use `migrate upgrade --run-again", 1);
        return help.replace(AGAIN[1], &again);
    }
    match help.contains("run it again") {
        true => help.replace("run it again", &format!("run {goes_on}")),
        false => format!("{help}; what was undone is not applied again yet: {goes_on}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redo_that_stops_halfway_goes_on_by_an_upgrade() {
        let check = |help: &str, forward: &[&str], expected: &str| {
            let forward: Vec<Target> = forward.iter().map(|id| Target::revision(*id)).collect();
            assert_eq!(advice(help, &goes_on(&forward)), expected);
        };
        check(
            "the revision was rolled back; fix its file and run it again",
            &["b"],
            "the revision was rolled back; fix its file and run `migrate upgrade b`",
        );
        check(
            "run as the role that owns the objects",
            &["b", "c"],
            "run as the role that owns the objects; what was undone is not applied again yet: `migrate upgrade`",
        );
        check(
            "look at what it did. To run it again from its start, add `--run-again` to `migrate upgrade`; or do the rest",
            &["b"],
            "look at what it did. To run it again from its start, use `migrate upgrade --run-again b`; or do the rest",
        );
    }

    #[test]
    fn what_a_redo_can_not_do_has_its_commands() {
        let help = "To run it again from its start, add `--run-again` to `migrate downgrade`; or undo the rest";
        assert_eq!(
            in_doubt(help, &Target::revision("a"), &[Target::revision("b")]),
            "To run it again from its start, use `migrate downgrade --stored --run-again a`, and then `migrate upgrade b`; or undo \
             the rest"
        );
        assert_eq!(in_doubt("fix it", &Target::Base, &[]), "fix it");
    }
}
