//! `migrate test`: does each revision go up, down and up again, also when there are rows?

mod junit;

use migrate_core::__private::counted;
use migrate_core::{Chain, Event};
use serde::Serialize;

use self::junit::junit;
use crate::args::{TestArgs, TestFormat};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::scratch::Scratch;
use crate::staircase::{Plan, Step, TestFailure, Tested, unfilled};
use crate::tree::Tree;
use crate::ui::{ADDED, FAINT, ID, Page, REMOVED, View, message, table};

/// What the tests have shown.
#[derive(Serialize)]
struct Results {
    revisions: Vec<RevisionView>,
    passed: usize,
    failed: usize,
    /// The revisions that stand above one that can't be applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_reached: Vec<String>,
    /// How many rows were wanted in each table.
    rows: u32,
    seed: u64,
    /// The tables that got no rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unfilled: Vec<UnfilledView>,
}

/// A revision that was tested.
#[derive(Serialize)]
struct RevisionView {
    revision: String,
    message: String,
    file: String,
    result: &'static str,
    steps: Vec<Step>,
    /// How many rows were there before, and in how many tables.
    rows: usize,
    tables: usize,
    duration_ms: u128,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failures: Vec<TestFailure>,
}

/// A table that got no rows.
#[derive(Serialize)]
struct UnfilledView {
    table: String,
    reason: String,
}

impl RevisionView {
    fn of(chain: &Chain<'static>, tested: Tested) -> Self {
        let migration = &chain.migrations()[tested.nth];
        RevisionView {
            revision: migration.id.to_string(),
            message: migration.message.to_string(),
            file: migration.source.path().to_owned(),
            result: if tested.failures.is_empty() { "passed" } else { "failed" },
            steps: tested.steps,
            rows: tested.rows,
            tables: tested.tables,
            duration_ms: tested.duration.as_millis(),
            failures: tested.failures,
        }
    }

    fn cells(&self, with_time: bool) -> Vec<String> {
        let (style, word) = match self.failures.is_empty() {
            true => (ADDED, "ok"),
            false => (REMOVED, "FAILED"),
        };
        let steps: Vec<&str> = self.steps.iter().map(|step| step.name()).collect();
        let rows = match self.rows {
            0 => String::new(),
            rows => format!("{} in {}", counted(rows, "row"), counted(self.tables, "table")),
        };
        let time = match with_time {
            true => format!("{FAINT}{} ms{FAINT:#}", self.duration_ms),
            false => String::new(),
        };
        let id = format!("{ID}{}{ID:#}", self.revision);
        vec![
            format!("{style}{word}{style:#}"),
            id,
            self.message.clone(),
            steps.join(", "),
            rows,
            time,
        ]
    }
}

impl View for Results {
    fn text(&self, page: &mut Page) {
        let is_terminal = page.is_terminal;
        let rows: Vec<_> = self.revisions.iter().map(|it| it.cells(is_terminal)).collect();
        table(&rows).into_iter().for_each(|line| page.line(line));
        for failure in self.revisions.iter().flat_map(|it| &it.failures) {
            page.line("");
            let kind = format!("error[{}]", failure.step.name());
            page.line(message(&kind, REMOVED, &failure.text));
        }
    }
}

/// `migrate test`
pub(super) fn run(context: &Context, arguments: &TestArgs) -> Result<Exit, Failure> {
    let chain = context.source.chain()?;
    let chosen = chosen(context, &chain, arguments)?;
    let count = chosen.iter().filter(|chosen| **chosen).count();
    if count == 0 {
        context.ui.say("nothing to test: the database has applied every revision");
    }
    let wanted: Vec<usize> = (0..chain.len()).filter(|nth| chosen[*nth]).collect();
    let plan = Plan {
        context,
        chain: &chain,
        chosen,
        rows: usize::try_from(arguments.rows).unwrap_or_default(),
        seed: arguments.seed,
        grants: context.grants(arguments.grants)?,
    };
    let tested = match count {
        0 => Vec::new(),
        _ => {
            let scratch = Scratch::open(context, arguments.dev_url.as_deref())?;
            let progress = context.ui.progress().of(&chain);
            let tell = |nth: usize| {
                if progress.has_bar() {
                    let number = wanted.iter().position(|it| *it == nth).unwrap_or_default() + 1;
                    let revision = chain.migrations()[nth].id.as_str();
                    let direction = migrate_core::Direction::Up;
                    progress.tell(&Event::Started { direction, revision, number, total: count });
                }
            };
            let tested = plan.run(&scratch, &tell);
            progress.end();
            tested?
        }
    };
    let results = results(&chain, arguments, &wanted, tested);
    match arguments.format {
        TestFormat::Text => context.ui.show(&results)?,
        TestFormat::Junit => context.ui.verbatim(&junit(&results), &results)?,
    }
    for UnfilledView { table, reason } in &results.unfilled {
        context.ui.note(format!("`{table}` was tested without rows: {reason}"));
    }
    if count > 0 {
        context.ui.say(summary(&results));
    }
    Ok(if results.failed > 0 { Exit::Failed } else { Exit::Fine })
}

fn results(
    chain: &Chain<'static>,
    arguments: &TestArgs,
    wanted: &[usize],
    tested: Vec<Tested>,
) -> Results {
    let show = |(table, reason): (&str, &str)| UnfilledView {
        table: table.to_owned(),
        reason: reason.to_owned(),
    };
    let unfilled = unfilled(&tested).into_iter().map(show).collect();
    let is_reached = |nth: &&usize| tested.iter().any(|tested| tested.nth == **nth);
    let not_reached = wanted.iter().filter(|nth| !is_reached(nth));
    let id = |nth: &usize| chain.migrations()[*nth].id.to_string();
    let not_reached = not_reached.map(id).collect();
    let failed = tested.iter().filter(|tested| !tested.failures.is_empty()).count();
    Results {
        passed: tested.len() - failed,
        failed,
        not_reached,
        rows: arguments.rows,
        seed: arguments.seed,
        unfilled,
        revisions: tested.into_iter().map(|tested| RevisionView::of(chain, tested)).collect(),
    }
}

/// Of each revision, whether it is to be tested.
fn chosen(
    context: &Context,
    chain: &Chain<'static>,
    arguments: &TestArgs,
) -> Result<Vec<bool>, Failure> {
    if arguments.pending {
        let mut database = context.open()?;
        let history = context.runner(chain).history(&mut database.client)?;
        let is_pending = |one: &migrate_core::Migration<'_>| history.get(one.id.as_str()).is_none();
        return Ok(chain.migrations().iter().map(is_pending).collect());
    }
    if arguments.revisions.is_empty() {
        return Ok(vec![true; chain.len()]);
    }
    let tree = Tree::of(&context.source);
    let mut chosen = vec![false; chain.len()];
    for text in &arguments.revisions {
        let found = chain.position(&tree.find(text)?.id);
        if let Some(chosen) = found.and_then(|at| chosen.get_mut(at)) {
            *chosen = true;
        }
    }
    Ok(chosen)
}

/// How it went, in words.
fn summary(results: &Results) -> String {
    let Results { passed, failed, rows, seed, not_reached, .. } = results;
    let tested = counted(passed + failed, "revision");
    let mut text = match failed {
        0 => format!("{tested} tested, no failures"),
        failed => format!("{tested} tested, {failed} failed"),
    };
    match not_reached.as_slice() {
        [] => {}
        [first, ..] => text.push_str(&format!(
            "; {} from `{first}` on not tested: a revision before can't be applied",
            counted(not_reached.len(), "revision")
        )),
    }
    if *failed > 0 && *rows > 0 {
        text.push_str(&format!("; `--rows {rows} --seed {seed}` generates the same rows again"));
    }
    text
}
