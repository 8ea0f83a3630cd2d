//! Where the analysis goes blind, for `check` and `lint`: names that it can't follow are not checked.

use migrate_core::analysis::BlindSpot;
use migrate_core::{Chain, Migration};
use serde::Serialize;

use crate::ui::Ui;

/// A place from which on names are not checked, for programs.
#[derive(Serialize)]
pub(crate) struct BlindView {
    file: String,
    line: usize,
    column: usize,
    why: String,
    scope: String,
}

/// The places in these revisions. One in a pinned revision counts as long as a later one is not pinned:
/// behind that nothing is checked anyway.
pub(crate) fn views(
    chain: &Chain<'_>,
    spots: Vec<BlindSpot>,
    is_wanted: impl Fn(&Migration<'_>) -> bool,
) -> Vec<BlindView> {
    let last = chain.migrations().iter().rposition(|one| !one.deployed);
    let checked = &chain.migrations()[..last.map_or(0, |last| last + 1)];
    let view = |BlindSpot { source, span, why, scope }: BlindSpot| {
        let one = checked.get(source).filter(|one| is_wanted(one))?;
        let at = one.source.position(span.start);
        let file = one.source.path().to_owned();
        Some(BlindView { file, line: at.line, column: at.column, why, scope })
    };
    spots.into_iter().filter_map(view).collect()
}

/// What can be done about it.
const ADVICE: &str = "say what the statement changes: `-- migrate:opaque touches(…)` above it";

/// Says where names are not checked: the first place and how many more there are, or, with `-v`, each.
pub(crate) fn tell(ui: &Ui, spots: &[BlindView], command: &str) {
    let place = |BlindView { file, line, why, scope, .. }: &BlindView| {
        format!("{scope} are not checked from {file}:{line} on: {why}")
    };
    let text = match spots {
        [] => return,
        spots if ui.verbose => spots.iter().map(place).collect::<Vec<_>>().join("\nnote: "),
        [only] => place(only),
        [first, more @ ..] => {
            format!("{}; and {} more: `migrate {command} -v`", place(first), more.len())
        }
    };
    ui.note(format!("{text}\n = help: {ADVICE}"));
}
