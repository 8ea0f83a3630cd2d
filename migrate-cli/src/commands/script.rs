//! `--sql`: what a run would do, as a script for psql.

use migrate_core::{Chain, Direction, Target};
use serde::Serialize;

use super::run::configured;
use crate::args::{How, Point, Range};
use crate::context::Context;
use crate::failure::{Exit, Failure, FailureKind, Purpose};
use crate::guard::{self, Ids};

#[derive(Serialize)]
struct Script<'s> {
    sql: &'s str,
}

/// `migrate upgrade FROM:TO --sql`, and the same of `downgrade`.
pub(super) fn script(
    context: &Context,
    direction: Direction,
    range: &Range,
    how: &How,
    unchecked: bool,
) -> Result<Exit, Failure> {
    let chain = guard::chain(&context.source, unchecked)?;
    let runner = configured(context, &chain, how);
    let target = |point: &Option<Point>| match point {
        None => Ok(None),
        Some(Point::Target(target)) => Ok(Some(target.clone())),
        Some(Point::Current) => {
            let history = runner.history(&mut context.open()?.client)?;
            let last = history.last().map(|record| Target::revision(&record.revision));
            Ok::<_, Failure>(Some(last.unwrap_or(Target::Base)))
        }
    };
    let (from, to) = (target(&range.from)?, target(&range.to)?);
    let sql = match (direction, from, to) {
        (Direction::Up, from, to) => {
            let (from, to) = (from.unwrap_or(Target::Base), to.unwrap_or(Target::Head));
            let script = runner.upgrade_script(from.clone(), to.clone())?;
            if !unchecked {
                sound(context, &chain, &from, &to)?;
            }
            script
        }
        (Direction::Down, Some(from), Some(to)) => runner.downgrade_script(from, to)?,
        (Direction::Down, _, _) => {
            return Err(Failure::refused(
                FailureKind::Usage,
                "a script can't look where the database is",
                "say from where to where: `migrate downgrade FROM:TO --sql`; FROM may be `current`, to look now",
            ));
        }
    };
    context.ui.verbatim(&sql, &Script { sql: &sql })?;
    Ok(Exit::Fine)
}

/// What `migrate check` refuses is in no script, either. Both targets are in the chain.
fn sound(
    context: &Context,
    chain: &Chain<'static>,
    from: &Target,
    to: &Target,
) -> Result<(), Failure> {
    let lineage = |target: &Target| -> Result<Vec<bool>, Failure> {
        let found = target.find(chain)?;
        Ok(found.map_or_else(|| vec![false; chain.len()], |one| chain.lineage(one.id.as_str())))
    };
    let before = lineage(from)?;
    let ids = |wanted: bool| {
        let all = chain.migrations().iter().zip(&before).filter(move |(_, is)| **is == wanted);
        all.map(|(one, _)| one.id.as_str())
    };
    let wanted: Ids<'_> = match to {
        Target::Head => ids(false).collect(),
        Target::Relative(count) => ids(false).take(usize::try_from(*count).unwrap_or(0)).collect(),
        to => {
            let lineage: Ids<'_> = (chain.migrations().iter().zip(lineage(to)?))
                .filter_map(|(one, is)| is.then_some(one.id.as_str()))
                .collect();
            ids(false).filter(|id| lineage.contains(id)).collect()
        }
    };
    let found = guard::refused(&context.source, chain, &wanted, &ids(true).collect());
    found.map_or(Ok(()), |rejection| Err(Failure::Unsound { rejection, purpose: Purpose::Apply }))
}
