//! What the check says beside what the server says, and the table of it.

use std::fmt::{self, Write as _};
use std::time::Duration;

use migrate_core::schema::catalog::{Change, Difference};

use crate::check::{Checked, Said};
use crate::climb::{Climbed, Refusal, Step};
use crate::file::{File, Half};

/// A row of the table.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) files: usize,
    pub(crate) statements: usize,
    /// Errors of form: a chain can't have `COMMIT`, or an upgrade without a statement.
    pub(crate) form: usize,
    /// The server says it, too.
    pub(crate) true_errors: usize,
    /// The server has refused something earlier in the section, so that it can't be asked.
    pub(crate) behind: usize,
    pub(crate) false_errors: usize,
    /// Statements that only the server refuses.
    pub(crate) missed: usize,
    /// Revisions whose downgrade leaves or loses something, where the check says nothing.
    pub(crate) differs: usize,
    pub(crate) blind: Option<usize>,
    pub(crate) time: Duration,
}

/// What is to be said of a chain.
pub(crate) struct Verdict {
    pub(crate) row: Row,
    lines: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    True,
    Behind,
    False,
    /// The climb has not come so far.
    Unasked,
    /// It is about how a chain is written down.
    Form,
}

pub(crate) fn judge(files: &[File], checked: &Checked, climbed: &Climbed) -> Verdict {
    let statements = files.iter().map(|file| file.statements().len()).sum();
    let mut row = Row {
        files: files.len(),
        statements,
        blind: checked.blind,
        time: checked.time,
        ..Row::default()
    };
    let mut lines = Vec::new();
    lines.extend(climbed.lacks.iter().map(|why| format!("the climb ends at {why}")));
    lines.extend(checked.stopped.iter().map(|why| format!("the check can't go on: {why}")));
    let mut said: Vec<&Said> = checked.said.iter().collect();
    said.sort_by_key(|said| (said.revision, said.file, said.line));
    for said in &said {
        let truth = truth(said, files, climbed);
        match truth {
            Truth::True => row.true_errors += 1,
            Truth::Behind | Truth::Unasked => row.behind += 1,
            Truth::False => row.false_errors += 1,
            Truth::Form => row.form += 1,
        }
        let word = match truth {
            Truth::True => "true",
            Truth::Behind => "behind",
            Truth::Unasked => "unasked",
            Truth::False => "FALSE",
            Truth::Form => "form",
        };
        let file = &files[said.file];
        let mut line = format!(
            "{word}: {}:{}: {}: {}\n    {}",
            file.name(),
            said.line,
            said.code,
            said.message,
            file.shown(said.line)
        );
        if said.round > 0 {
            let _ = write!(line, "\n    (in round {})", said.round + 1);
        }
        if said.is_of_downgrade() && truth != Truth::Unasked {
            let _ = write!(line, "\n    (of {})", files[said.revision].name());
            for left in climbed.steps[said.revision].left.iter().take(5) {
                let _ = write!(line, "\n    {left}");
            }
        }
        lines.push(line);
    }
    for (nth, (step, file)) in climbed.steps.iter().zip(files).enumerate() {
        missed(&said, nth, step, file, &mut row, &mut lines);
    }
    Verdict { row, lines }
}

/// What only the server says of a revision.
fn missed(
    said: &[&Said],
    nth: usize,
    step: &Step,
    file: &File,
    row: &mut Row,
    lines: &mut Vec<String>,
) {
    for (half, refusals) in [(Half::Up, &step.up), (Half::Down, &step.down)] {
        let known = said
            .iter()
            .filter(|said| said.file == nth && !said.is_of_downgrade())
            .filter(|said| file.half(said.line) == half)
            .map(|said| said.line)
            .min();
        for Refusal { lines: at, message, raised } in refusals {
            if *raised {
                lines.push(format!("raised: {}:{}: {message}", file.name(), at.start));
            } else if known.is_none_or(|line| line >= at.end) {
                row.missed += 1;
                let statement = file.shown(at.start);
                lines.push(format!(
                    "missed: {}:{}: {message}\n    {statement}",
                    file.name(),
                    at.start
                ));
            }
        }
    }
    for Refusal { lines: at, message, .. } in &step.again {
        lines.push(format!("up again: {}:{}: {message}", file.name(), at.start));
    }
    let of_existence = |left: &&Difference| left.change != Change::Alter;
    let left: Vec<&Difference> = step.left.iter().filter(of_existence).collect();
    let is_told = said.iter().any(|said| said.is_of_downgrade() && said.revision == nth);
    if !left.is_empty() && step.down.is_empty() && !is_told {
        row.differs += 1;
        let mut line = format!("differs: {}", file.name());
        for left in left.iter().take(5) {
            let _ = write!(line, "\n    {left}");
        }
        lines.push(line);
    }
}

fn truth(said: &Said, files: &[File], climbed: &Climbed) -> Truth {
    if said.is_of_form() {
        return Truth::Form;
    }
    let Some(step) = climbed.steps.get(said.revision) else { return Truth::Unasked };
    if said.is_of_downgrade() {
        return match () {
            () if step.left.iter().any(|left| mentions(left, &said.message)) => Truth::True,
            () if !step.up.is_empty() || !step.down.is_empty() => Truth::Behind,
            () => Truth::False,
        };
    }
    let (refusals, of_up) = match files[said.file].half(said.line) {
        Half::Up => (&step.up, false),
        Half::Down => (&step.down, !step.up.is_empty()),
    };
    match () {
        () if refusals.iter().any(|one| one.lines.contains(&said.line)) => Truth::True,
        () if of_up || refusals.iter().any(|one| one.lines.end <= said.line) => Truth::Behind,
        () => Truth::False,
    }
}

/// Whether a difference is about what a message names: `t.c`, or `k` of `t`; or about the table of that.
fn mentions(difference: &Difference, message: &str) -> bool {
    let mut named: Vec<Vec<String>> = message.split('`').skip(1).step_by(2).map(parts).collect();
    if let [what, of] = named.as_slice() {
        named = vec![of.iter().chain(what).cloned().collect()];
    }
    let found = parts(&difference.name);
    let (Some(found_last), Some(named)) = (found.last(), named.first()) else { return false };
    let mut from_last = named.iter().rev();
    let (last, of) = (from_last.next(), from_last.next());
    let found_of = found.iter().rev().nth(1);
    let is_it = last == Some(found_last) && (of.is_none() || found_of.is_none() || found_of == of);
    is_it || of == Some(found_last)
}

/// A name by its parts, without quotes and without arguments.
fn parts(name: &str) -> Vec<String> {
    let name = name.split('(').next().unwrap_or_default();
    name.split('.').map(|part| part.trim_matches('"').to_owned()).collect()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// The table, in Markdown.
pub(crate) fn table(rows: &[(String, Option<Row>)]) -> String {
    let mut table = format!(
        "| chain | {} |\n|{}\n",
        Row::TITLES.join(" | "),
        " --- |".repeat(Row::TITLES.len() + 1)
    );
    for (name, row) in rows {
        let Some(row) = row else {
            let _ = writeln!(table, "| {name} | skipped |");
            continue;
        };
        let blind = row.blind.map_or_else(|| "?".to_owned(), |count| count.to_string());
        let _ = writeln!(
            table,
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {} | {blind} | {} ms |",
            row.files,
            row.statements,
            row.form,
            row.true_errors,
            row.behind,
            row.false_errors,
            row.missed,
            row.differs,
            row.time.as_millis()
        );
    }
    table
}
