//! `--sql`: what a run would do, as a script for psql.

use migrate_core::{Direction, Target};
use serde::Serialize;

use super::run::limited;
use crate::args::{How, Point, Range};
use crate::context::Context;
use crate::failure::{Exit, Failure};

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
) -> Result<Exit, Failure> {
    let chain = context.source.chain()?;
    let runner = limited(context, &chain, how);
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
            runner.upgrade_script(from.unwrap_or(Target::Base), to.unwrap_or(Target::Head))?
        }
        (Direction::Down, Some(from), Some(to)) => runner.downgrade_script(from, to)?,
        (Direction::Down, _, _) => {
            return Err(Failure::refused(
                "usage",
                "a script can't look where the database is",
                "say from where to where: `migrate downgrade FROM:TO --sql`; FROM may be `current`, to look now",
            ));
        }
    };
    context.ui.verbatim(&sql, &Script { sql: &sql })?;
    Ok(Exit::Fine)
}
