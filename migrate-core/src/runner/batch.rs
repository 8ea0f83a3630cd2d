//! One message to the server: whole transactions, and the way back from a place in it to the
//! migration's file.

use std::ops::Range;

use crate::plan::direction::Direction;
use crate::plan::history::Row;
use crate::plan::step::Step;
use crate::runner::deferrable::may_defer;
use crate::runner::session_settings::changed_settings;
use crate::runner::settings::Settings;
use crate::runner::sql::step::{self, AfterStep, Guard};
use crate::runner::sql::{Session, Tables};
use crate::syntax::source::Span;
use crate::syntax::statements::split_statements;

/// How many steps go in one message at most.
const MAX_STEPS: usize = 32;
/// A message that has grown to this many bytes takes no further step.
const MAX_BYTES: usize = 1 << 20;
/// The statements of a section with more than so many are not marked: a mark takes 10 µs.
pub(crate) const MAX_TRACKED: usize = 50_000;

/// A statement of a migration, in a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StatementRef {
    /// Where it begins in the message.
    at: usize,
    /// Where it is in its file.
    pub(crate) span: Span,
    /// Its step, in the plan.
    pub(crate) step: usize,
    /// Its number in its section, from 1.
    pub(crate) number: usize,
    /// How many statements its section has.
    pub(crate) total: usize,
}

/// How far a message has got.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ProgressMarker {
    /// This statement began; or one after it, where not each is marked.
    Statement(StatementRef),
    /// All statements of this step are done: its record, and the end of its transaction.
    End(usize),
}

/// A message: some steps of a plan, each a whole transaction with its record, or all of them in
/// one. It is sent whole, or in parts: the next one when the server has answered the last.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) sql: String,
    statements: Vec<StatementRef>,
    /// Where each part ends but the last.
    chunk_ends: Vec<usize>,
    /// Where the record of each step begins.
    records: Vec<usize>,
    /// How many parts were taken to be sent.
    sent: usize,
    /// The rows that tell of finished steps, from all parts.
    pub(crate) answers: Vec<Row>,
    /// Whether each statement is a part.
    statement_at_a_time: bool,
    /// Whether all steps are one transaction.
    pub(crate) is_single: bool,
    /// The number of the first mark.
    first_marker: u64,
    markers: Vec<ProgressMarker>,
    /// Whether the steps so far may have made a constraint that waits for the commit, or there was one before.
    defers: bool,
    /// How many steps of the plan it holds, from the first.
    pub(crate) steps: usize,
}

/// What all steps of a message have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchContext<'f> {
    pub(crate) tables: &'f Tables,
    pub(crate) settings: &'f Settings,
    pub(crate) session: &'f Session,
    /// The number of the first mark; no other message of the session has marks from here on.
    pub(crate) first_marker: u64,
    /// Whether each statement is marked, or only each step.
    pub(crate) tracks_progress: bool,
    /// Whether there may be a constraint that waits for the commit, before the first step.
    pub(crate) defers: bool,
    /// The revisions that were half done when the plan was made.
    pub(crate) half_done: &'f [&'f str],
}

impl Batch {
    /// The first steps of a plan, as many as fit in one message.
    pub(crate) fn new(steps: &[Step<'_>], context: BatchContext<'_>) -> Self {
        let mut message = Batch {
            sql: String::new(),
            statements: Vec::new(),
            chunk_ends: Vec::new(),
            records: Vec::new(),
            sent: 0,
            answers: Vec::new(),
            statement_at_a_time: context.settings.statement_at_a_time,
            is_single: context.settings.single_transaction,
            first_marker: context.first_marker,
            markers: Vec::new(),
            defers: context.defers,
            steps: 0,
        };
        let limit = match context.settings {
            Settings { single_transaction: true, .. } => usize::MAX,
            Settings { revision_at_a_time: true, .. }
            | Settings { statement_at_a_time: true, .. } => 1,
            _ => MAX_STEPS,
        };
        for next in steps.iter().take(limit).take_while(|step| step.is_transactional()) {
            // What returns rows is in a part of its own.
            let returns = returns_rows(text_of(next).1);
            if returns && !message.is_single && message.steps > 0 {
                break;
            }
            message.push(next, context, limit.min(steps.len()) > 1, returns);
            if returns && !message.is_single {
                break;
            }
            let part = message.sql.len() - message.chunk_ends.last().copied().unwrap_or(0);
            if part >= MAX_BYTES {
                if !message.is_single {
                    break;
                }
                message.chunk_ends.push(message.sql.len());
            }
        }
        if message.is_single {
            message.sql.push_str(step::COMMIT);
        }
        message
    }

    /// The next part to send, if one is left.
    pub(crate) fn next_part(&mut self) -> Option<String> {
        (self.sent <= self.chunk_ends.len()).then(|| {
            self.sent += 1;
            self.sql[self.part()].to_owned()
        })
    }

    /// Where the part that was sent last is in the message.
    fn part(&self) -> Range<usize> {
        let cut = |nth: usize| self.chunk_ends.get(nth).copied();
        let start = self.sent.checked_sub(2).and_then(cut).unwrap_or(0);
        start..self.sent.checked_sub(1).and_then(cut).unwrap_or(self.sql.len())
    }

    /// Whether a row is wanted of the part that was sent last: it has the record of a step.
    pub(crate) fn tells(&self) -> bool {
        let part = self.part();
        self.records.iter().any(|at| part.contains(at))
    }

    /// The statement that the part that was sent last is all about, if each has its own.
    pub(crate) fn alone(&self) -> Option<StatementRef> {
        if !self.statement_at_a_time {
            return None;
        }
        let part = self.part();
        let first = self.statements.partition_point(|statement_ref| statement_ref.at < part.start);
        let after = self.statements.partition_point(|statement_ref| statement_ref.at < part.end);
        (after == first + 1).then(|| self.statements[first])
    }

    /// Adds a step; there may be `others` in the same part.
    fn push(&mut self, next: &Step<'_>, context: BatchContext<'_>, others: bool, returns: bool) {
        let BatchContext { tables, settings, session, tracks_progress, half_done, .. } = context;
        let (section, text) = text_of(next);
        let statements = split_statements(text);
        let changes = changed_settings(text, &statements);
        let tracks_progress = tracks_progress && statements.len() <= MAX_TRACKED;
        let marker = self.next_marker();
        if returns && self.chunk_ends.last().copied().unwrap_or(0) < self.sql.len() {
            self.chunk_ends.push(self.sql.len());
        }
        self.sql.push_str(&label(next, if others { " and what follows" } else { "" }));
        self.sql.push_str(&if self.is_single && self.steps > 0 {
            step::continue_transaction(tables, next, settings, marker, &changes, self.defers)
        } else {
            step::begin(tables, next, settings, Guard::Quick(Some(marker)), &changes, half_done)
        });
        self.defers |= self.is_single && may_defer(text, &statements);
        for (nth, statement) in statements.iter().enumerate() {
            if settings.statement_at_a_time {
                self.chunk_ends.push(self.sql.len());
                let of = statements.len();
                self.sql.push_str(&label(next, &format!(", statement {} of {of}", nth + 1)));
            }
            if tracks_progress && nth > 0 {
                self.sql.push_str(&step::marker(tables, self.next_marker()));
            }
            let at = self.sql.len();
            let span = statement.span.within(section.start);
            let total = statements.len();
            let statement_ref = StatementRef { at, span, step: self.steps, number: nth + 1, total };
            self.statements.push(statement_ref);
            if tracks_progress || nth == 0 {
                self.markers.push(ProgressMarker::Statement(statement_ref));
            }
            self.sql.push_str(&text[statement.span.range()]);
            // The last statement of a section may have no semicolon.
            let ended =
                statement.tokens.last().is_some_and(|token| token.span.end < statement.span.end);
            self.sql.push_str(if ended { "\n" } else { ";\n" });
        }
        if settings.statement_at_a_time || returns {
            self.chunk_ends.push(self.sql.len());
        }
        self.records.push(self.sql.len());
        let marker = Some(self.next_marker());
        let then = match self.is_single {
            true => AfterStep::Next { deferrable: self.defers },
            false => AfterStep::Commit,
        };
        self.sql.push_str(&step::finish(tables, next, session, marker, &changes, then));
        if !self.is_single {
            self.sql.push_str(step::COMMIT);
        }
        self.markers.push(ProgressMarker::End(self.steps));
        self.steps += 1;
    }

    /// The number of the next mark.
    pub(crate) fn next_marker(&self) -> u64 {
        self.first_marker + self.markers.len() as u64
    }

    /// Whether this mark was set by the part that was sent last: the server has begun with it.
    pub(crate) fn began(&self, marker: ProgressMarker) -> bool {
        let part = self.part();
        let mut inside = self
            .statements
            .iter()
            .filter(|statement_ref| part.contains(&statement_ref.at))
            .peekable();
        match marker {
            ProgressMarker::Statement(statement_ref) => part.contains(&statement_ref.at),
            ProgressMarker::End(step) => {
                inside.peek().is_none() || inside.any(|statement_ref| statement_ref.step == step)
            }
        }
    }

    /// The step whose text first has this character, in the part that was sent last, and the statement, unless the
    /// character stands in what is recorded of the step.
    pub(crate) fn at_character(&self, c: char) -> Option<(usize, Option<(StatementRef, Span)>)> {
        let part = self.part();
        let offset = part.start + self.sql[part].find(c)?;
        let after = self.statements.partition_point(|statement_ref| statement_ref.at <= offset);
        let statement_ref = *self.statements.get(after.checked_sub(1)?)?;
        Some((statement_ref.step, self.at_offset(offset)))
    }

    /// The statement at a position that the server gave (in characters of the part that was sent
    /// last, from 1), and the place of the position in the migration's file.
    pub(crate) fn at_position(&self, position: usize) -> Option<(StatementRef, Span)> {
        let part = self.part();
        let offset = self.sql[part.clone()].char_indices().nth(position.checked_sub(1)?)?.0;
        self.at_offset(part.start + offset)
    }

    fn at_offset(&self, offset: usize) -> Option<(StatementRef, Span)> {
        let after = self.statements.partition_point(|statement_ref| statement_ref.at <= offset);
        let statement_ref = *self.statements.get(after.checked_sub(1)?)?;
        let start = statement_ref.span.start + (offset - statement_ref.at);
        // The end itself is the semicolon that we have added.
        (start <= statement_ref.span.end)
            .then_some((statement_ref, Span::new(start, statement_ref.span.end)))
    }

    /// What a number that was set as a mark stands for, if it is one of this message.
    pub(crate) fn at_marker(&self, number: u64) -> Option<ProgressMarker> {
        let nth = number.checked_sub(self.first_marker)?;
        self.markers.get(usize::try_from(nth).ok()?).copied()
    }
}

/// What makes rows of nothing, in a SELECT without FROM.
const MAKES_ROWS: [&str; 3] = ["from", "generate_series", "unnest"];
/// What begins a statement that returns rows, beside SELECT.
const RETURNS: [&str; 7] = ["with", "values", "table", "explain", "fetch", "execute", "call"];

/// Whether a section may return many rows. To be wrong costs memory, or a round trip.
fn returns_rows(text: &str) -> bool {
    split_statements(text).iter().any(|statement| {
        let tokens = &statement.tokens;
        let has = |words: &[&str]| {
            tokens.iter().any(|token| words.iter().any(|word| token.is_word(text, word)))
        };
        let first = tokens.iter().find(|token| token.text(text) != "(");
        let begins = |words: &[&str]| {
            first.is_some_and(|it| words.iter().any(|word| it.is_word(text, word)))
        };
        begins(&["select"]) && has(&MAKES_ROWS) || begins(&RETURNS) || has(&["returning"])
    })
}

/// How the label begins that stands before what is sent.
pub(crate) const LABEL: &str = "/* migrate: ";

/// What a server shows of a message in `pg_stat_activity` is how it begins: the revision, and not our BEGIN. An id has no
/// character that could end a comment.
pub(crate) fn label(step: &Step<'_>, more: &str) -> String {
    format!("{LABEL}{} of {}{more} */ ", step.direction, step.migration.id)
}

/// The section that a step runs: where it is in the file, and its text.
pub(crate) fn text_of<'s>(step: &'s Step<'_>) -> (Span, &'s str) {
    let migration = &step.migration;
    let span = match (step.direction, &migration.down) {
        (Direction::Up, _) => migration.up.span,
        (Direction::Down, crate::chain::chain::Down::Section(section)) => section.span,
        (Direction::Down, crate::chain::chain::Down::Irreversible(_)) => Span::default(),
    };
    (span, migration.source.slice(span))
}

/// Whether the section that a step runs says itself how long its statements may wait for locks.
pub(crate) fn sets_lock_timeout(step: &Step<'_>) -> bool {
    let options = match step.direction {
        Direction::Up => step.migration.up.options,
        Direction::Down => step.migration.down_options(),
    };
    let text = text_of(step).1;
    let changes = || changed_settings(text, &split_statements(text));
    options.lock_timeout.is_some() || changes().iter().any(|name| name == "lock_timeout")
}

/// How many statements a step runs.
pub(crate) fn statements_of(step: &Step<'_>) -> usize {
    split_statements(text_of(step).1).len()
}

#[cfg(test)]
mod tests;
