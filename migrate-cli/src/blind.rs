//! Where the analysis goes blind, for `check` and `lint`: names that it can't follow are not checked.

use migrate_core::{Chain, Down, Migration, Section, Span, blind_spot, split_statements};
use serde::Serialize;

use crate::ui::Ui;

/// A place from which on something is not checked.
pub(crate) struct BlindSpot {
    /// Which of the chain's revisions.
    pub(crate) source: usize,
    /// The statement, in its file.
    pub(crate) span: Span,
    /// What can't be followed there: `EXECUTE of a computed string`.
    pub(crate) why: String,
    /// What is not checked behind it, in the plural: `names`.
    pub(crate) scope: String,
}

/// The places in what is not pinned, in the chain's order: each statement that can't be read, whether or not
/// it makes more unknown than the names in it.
pub(crate) fn blind_spots(chain: &Chain<'_>) -> Vec<BlindSpot> {
    let pending = chain.migrations().iter().enumerate().filter(|(_, one)| !one.deployed);
    let sections = pending.flat_map(|(source, one)| {
        let down = match &one.down {
            Down::Section(section) => Some(*section),
            Down::Irreversible(_) => None,
        };
        [Some(one.up), down].into_iter().flatten().map(move |section| (source, one, section))
    });
    sections.flat_map(|(source, one, section)| in_section(source, one, section)).collect()
}

fn in_section(source: usize, one: &Migration<'_>, section: Section) -> Vec<BlindSpot> {
    let sql = one.source.slice(section.span);
    let mut before = 0;
    let spot = |statement: &migrate_core::Statement| {
        let own = std::mem::replace(&mut before, statement.span.end)..statement.span.end;
        // Its author has said what it does.
        if sql.get(own).is_some_and(|text| text.contains("-- migrate:opaque")) {
            return None;
        }
        let why = blind_spot(sql, statement)?.to_owned();
        let [start, end] =
            [statement.span.start, statement.span.end].map(|at| at + section.span.start);
        Some(BlindSpot { source, span: Span::new(start, end), why, scope: "names".to_owned() })
    };
    split_statements(sql).iter().filter_map(spot).collect()
}

/// Such a place, for programs.
#[derive(Serialize)]
pub(crate) struct BlindView {
    file: String,
    line: usize,
    column: usize,
    why: String,
    scope: String,
}

/// The places in these revisions.
pub(crate) fn views(
    chain: &Chain<'_>,
    is_wanted: impl Fn(&Migration<'_>) -> bool,
) -> Vec<BlindView> {
    let view = |BlindSpot { source, span, why, scope }: BlindSpot| {
        let one = chain.migrations().get(source).filter(|one| is_wanted(one))?;
        let at = one.source.position(span.start);
        let file = one.source.path().to_owned();
        Some(BlindView { file, line: at.line, column: at.column, why, scope })
    };
    blind_spots(chain).into_iter().filter_map(view).collect()
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
