//! `migrate history`: the chain, newest first, as Alembic has it.

use migrate_core::{Chain, History, PlanError, Target};
use serde::Serialize;

use super::show::{RevisionView, warn_if_broken};
use crate::args::{Point, Range};
use crate::context::{Context, current};
use crate::failure::{Exit, Failure};
use crate::tree::Tree;
use crate::ui::{FAINT, ID, Page, View, table};

#[derive(Serialize)]
struct Listed {
    revisions: Vec<RevisionView>,
}

impl View for Listed {
    fn text(&self, page: &mut Page) {
        if page.is_verbose {
            for (nth, revision) in self.revisions.iter().enumerate() {
                if nth > 0 {
                    page.line("");
                }
                revision.details(page);
            }
        } else if page.is_terminal {
            let row = |revision: &RevisionView| {
                let id = format!("{ID}{}{ID:#}{}", revision.revision, revision.marks());
                let parents = format!("{FAINT}{} ->{FAINT:#}", revision.parents());
                vec![parents, id, revision.message().to_owned()]
            };
            table(&self.revisions.iter().map(row).collect::<Vec<_>>())
                .iter()
                .for_each(|line| page.line(line));
        } else {
            self.revisions.iter().for_each(|revision| page.line(revision.line()));
        }
    }
}

/// `migrate history`
pub(super) fn history(
    context: &Context,
    range: Option<&Range>,
    indicate_current: bool,
) -> Result<Exit, Failure> {
    let tree = Tree::shown(&context.source)?;
    warn_if_broken(context, &tree);
    let asks = |point: &Option<Point>| matches!(point, Some(Point::Current));
    let needs_database = range.is_some_and(|range| asks(&range.from) || asks(&range.to));
    let applied = if indicate_current || needs_database {
        Some(context.history(&mut context.open()?, &tree)?)
    } else {
        None
    };
    let shown = match (range, &tree.chain) {
        (None, _) => vec![true; tree.entries.len()],
        (Some(range), Ok(chain)) => within(chain, range, applied.as_ref())?,
        (Some(_), Err(rejection)) => return Err(rejection.clone().into()),
    };
    let here: Option<Vec<&str>> = applied
        .as_ref()
        .filter(|_| indicate_current)
        .map(|applied| current(applied).iter().map(|record| record.revision.as_str()).collect());
    let entries = tree.entries.iter().zip(shown).filter(|(_, shown)| *shown).rev();
    let revisions = entries.map(|(entry, _)| {
        let mut view = RevisionView::of(&tree, entry);
        view.current = here.as_ref().map(|here| here.contains(&entry.id.as_str()));
        view
    });
    context.ui.show(&Listed { revisions: revisions.collect() })?;
    Ok(Exit::Fine)
}

/// Which revisions of a chain are in a range, both ends included.
fn within(
    chain: &Chain<'static>,
    range: &Range,
    applied: Option<&History>,
) -> Result<Vec<bool>, Failure> {
    let last = applied.and_then(History::last).map(|record| Target::revision(&record.revision));
    let target = |point: &Option<Point>, open: Target| match point {
        None => open,
        Some(Point::Current) => last.clone().unwrap_or(Target::Base),
        Some(Point::Target(target)) => target.clone(),
    };
    let (from, to) = (target(&range.from, Target::Base), target(&range.to, Target::Head));
    let place = |target: &Target| -> Result<i64, PlanError> {
        let found = target.find(chain)?;
        let at = found.and_then(|migration| chain.position(migration.id.as_str()));
        Ok(at.map_or(-1, |at| i64::try_from(at).unwrap_or(i64::MAX)))
    };
    // What is relative, is so to the other end.
    let (from, to) = match (&from, &to) {
        (Target::Relative(offset), to) => {
            let to = place(to)?;
            (to.saturating_add(*offset).max(-1), to)
        }
        (from, Target::Relative(offset)) => {
            let from = place(from)?;
            (from, from.saturating_add(*offset))
        }
        (from, to) => (place(from)?, place(to)?),
    };
    let id = |at: i64| {
        let at = usize::try_from(at).ok()?;
        chain.migrations().get(at).map(|migration| migration.id.as_str())
    };
    let last = chain.len() as i64 - 1;
    let Some(upper) = id(to.min(last)) else { return Ok(vec![false; chain.len()]) };
    let mut shown = chain.lineage(upper);
    if let Some(lower) = id(from) {
        let below = chain.lineage(lower);
        let at = usize::try_from(from).unwrap_or(0);
        shown.iter_mut().zip(below).enumerate().for_each(|(place, (shown, below))| {
            *shown &= !below || place == at;
        });
    }
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use migrate_core::{Folder, check as check_folder};

    use super::*;

    #[test]
    fn a_range_has_both_its_ends() {
        let file = |id: &str, parent: &str| {
            format!(
                "-- revision: {id}\n{parent}-- message: m\n-- migrate:up\nSELECT '{id}';\n-- migrate:down\nSELECT 1;\n"
            )
        };
        let texts: Vec<(String, String)> = ["a", "b", "c", "d"]
            .iter()
            .scan(String::new(), |parent, id| {
                let text = file(id, parent);
                *parent = format!("-- parent: {id}\n");
                Some((format!("{id}_x{id}.sql"), text))
            })
            .collect();
        let texts = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let chain = check_folder(Folder::of_texts("m", texts)).unwrap();
        let check = |range: &str, expected: &str| {
            let shown = within(&chain, &range.parse().unwrap(), None).unwrap();
            let shown = chain.migrations().iter().zip(shown).filter(|(_, shown)| *shown);
            let ids: Vec<&str> = shown.map(|(migration, _)| migration.id.as_str()).collect();
            assert_eq!(ids.join(""), expected, "{range}");
        };
        check("b:c", "bc");
        check("b:", "bcd");
        check(":b", "ab");
        check("base:head", "abcd");
        check("-1:c", "bc");
        check("-9:c", "abc");
        check("b:+1", "bc");
        check("b:+9", "bcd");
        check("c:b", "");
        check("d", "abcd");
        check("current:", "abcd");
    }
}
