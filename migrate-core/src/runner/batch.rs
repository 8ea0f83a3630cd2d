//! One message to the server: whole transactions, and the way back from a place in it to the
//! migration's file.

use std::ops::Range;

use crate::plan::direction::Direction;
use crate::plan::history::Row;
use crate::plan::step::Step;
use crate::runner::deferrable::may_defer;
use crate::runner::session_settings::changed_settings;
use crate::runner::settings::Settings;
use crate::runner::sql::step::{self, Guard, Then};
use crate::runner::sql::{Session, Tables};
use crate::syntax::source::Span;
use crate::syntax::statements::split_statements;

/// How many steps go in one message at most.
const MAX_STEPS: usize = 32;
/// A message that has grown to this many bytes takes no further step.
const MAX_BYTES: usize = 1 << 20;
/// The statements of a section with more than so many are not marked: a mark takes 10 µs.
pub(crate) const MAX_MARKED: usize = 50_000;

/// A statement of a migration, in a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
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
pub(crate) enum Mark {
    /// This statement began; or one after it, where not each is marked.
    Statement(Piece),
    /// All statements of this step are done: its record, and the end of its transaction.
    End(usize),
}

/// A message: some steps of a plan, each a whole transaction with its record, or all of them in
/// one. It is sent whole, or in parts: the next one when the server has answered the last.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) sql: String,
    pieces: Vec<Piece>,
    /// Where each part ends but the last.
    cuts: Vec<usize>,
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
    first_mark: u64,
    marks: Vec<Mark>,
    /// Whether the steps so far may have made a constraint that waits for the commit, or there was one before.
    defers: bool,
    /// How many steps of the plan it holds, from the first.
    pub(crate) steps: usize,
}

/// What all steps of a message have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'f> {
    pub(crate) tables: &'f Tables,
    pub(crate) settings: &'f Settings,
    pub(crate) session: &'f Session,
    /// The number of the first mark; no other message of the session has marks from here on.
    pub(crate) first_mark: u64,
    /// Whether each statement is marked, or only each step.
    pub(crate) marked: bool,
    /// Whether there may be a constraint that waits for the commit, before the first step.
    pub(crate) defers: bool,
    /// The revisions that were half done when the plan was made.
    pub(crate) half_done: &'f [&'f str],
}

impl Message {
    /// The first steps of a plan, as many as fit in one message.
    pub(crate) fn new(steps: &[Step<'_>], frame: Frame<'_>) -> Self {
        let mut message = Message {
            sql: String::new(),
            pieces: Vec::new(),
            cuts: Vec::new(),
            records: Vec::new(),
            sent: 0,
            answers: Vec::new(),
            statement_at_a_time: frame.settings.statement_at_a_time,
            is_single: frame.settings.single_transaction,
            first_mark: frame.first_mark,
            marks: Vec::new(),
            defers: frame.defers,
            steps: 0,
        };
        let limit = match frame.settings {
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
            message.push(next, frame, limit.min(steps.len()) > 1, returns);
            if returns && !message.is_single {
                break;
            }
            let part = message.sql.len() - message.cuts.last().copied().unwrap_or(0);
            if part >= MAX_BYTES {
                if !message.is_single {
                    break;
                }
                message.cuts.push(message.sql.len());
            }
        }
        if message.is_single {
            message.sql.push_str(step::COMMIT);
        }
        message
    }

    /// The next part to send, if one is left.
    pub(crate) fn next_part(&mut self) -> Option<String> {
        (self.sent <= self.cuts.len()).then(|| {
            self.sent += 1;
            self.sql[self.part()].to_owned()
        })
    }

    /// Where the part that was sent last is in the message.
    fn part(&self) -> Range<usize> {
        let cut = |nth: usize| self.cuts.get(nth).copied();
        let start = self.sent.checked_sub(2).and_then(cut).unwrap_or(0);
        start..self.sent.checked_sub(1).and_then(cut).unwrap_or(self.sql.len())
    }

    /// Whether a row is wanted of the part that was sent last: it has the record of a step.
    pub(crate) fn tells(&self) -> bool {
        let part = self.part();
        self.records.iter().any(|at| part.contains(at))
    }

    /// The statement that the part that was sent last is all about, if each has its own.
    pub(crate) fn alone(&self) -> Option<Piece> {
        if !self.statement_at_a_time {
            return None;
        }
        let part = self.part();
        let first = self.pieces.partition_point(|piece| piece.at < part.start);
        let after = self.pieces.partition_point(|piece| piece.at < part.end);
        (after == first + 1).then(|| self.pieces[first])
    }

    /// Adds a step; there may be `others` in the same part.
    fn push(&mut self, next: &Step<'_>, frame: Frame<'_>, others: bool, returns: bool) {
        let Frame { tables, settings, session, marked, half_done, .. } = frame;
        let (section, text) = text_of(next);
        let statements = split_statements(text);
        let changes = changed_settings(text, &statements);
        let marked = marked && statements.len() <= MAX_MARKED;
        let mark = self.next_mark();
        if returns && self.cuts.last().copied().unwrap_or(0) < self.sql.len() {
            self.cuts.push(self.sql.len());
        }
        self.sql.push_str(&label(next, if others { " and what follows" } else { "" }));
        self.sql.push_str(&if self.is_single && self.steps > 0 {
            step::go_on(tables, next, settings, mark, &changes, self.defers)
        } else {
            step::begin(tables, next, settings, Guard::Quick(Some(mark)), &changes, half_done)
        });
        self.defers |= self.is_single && may_defer(text, &statements);
        for (nth, statement) in statements.iter().enumerate() {
            if settings.statement_at_a_time {
                self.cuts.push(self.sql.len());
                let of = statements.len();
                self.sql.push_str(&label(next, &format!(", statement {} of {of}", nth + 1)));
            }
            if marked && nth > 0 {
                self.sql.push_str(&step::mark(tables, self.next_mark()));
            }
            let at = self.sql.len();
            let span = statement.span.within(section.start);
            let total = statements.len();
            let piece = Piece { at, span, step: self.steps, number: nth + 1, total };
            self.pieces.push(piece);
            if marked || nth == 0 {
                self.marks.push(Mark::Statement(piece));
            }
            self.sql.push_str(&text[statement.span.range()]);
            // The last statement of a section may have no semicolon.
            let ended =
                statement.tokens.last().is_some_and(|token| token.span.end < statement.span.end);
            self.sql.push_str(if ended { "\n" } else { ";\n" });
        }
        if settings.statement_at_a_time || returns {
            self.cuts.push(self.sql.len());
        }
        self.records.push(self.sql.len());
        let mark = Some(self.next_mark());
        let then = match self.is_single {
            true => Then::Next { deferrable: self.defers },
            false => Then::Commit,
        };
        self.sql.push_str(&step::finish(tables, next, session, mark, &changes, then));
        if !self.is_single {
            self.sql.push_str(step::COMMIT);
        }
        self.marks.push(Mark::End(self.steps));
        self.steps += 1;
    }

    /// The number of the next mark.
    pub(crate) fn next_mark(&self) -> u64 {
        self.first_mark + self.marks.len() as u64
    }

    /// Whether this mark was set by the part that was sent last: the server has begun with it.
    pub(crate) fn began(&self, mark: Mark) -> bool {
        let part = self.part();
        let mut inside = self.pieces.iter().filter(|piece| part.contains(&piece.at)).peekable();
        match mark {
            Mark::Statement(piece) => part.contains(&piece.at),
            Mark::End(step) => inside.peek().is_none() || inside.any(|piece| piece.step == step),
        }
    }

    /// The step whose text first has this character, in the part that was sent last, and the statement, unless the
    /// character stands in what is recorded of the step.
    pub(crate) fn at_character(&self, c: char) -> Option<(usize, Option<(Piece, Span)>)> {
        let part = self.part();
        let offset = part.start + self.sql[part].find(c)?;
        let after = self.pieces.partition_point(|piece| piece.at <= offset);
        let piece = *self.pieces.get(after.checked_sub(1)?)?;
        Some((piece.step, self.at_offset(offset)))
    }

    /// The statement at a position that the server gave (in characters of the part that was sent
    /// last, from 1), and the place of the position in the migration's file.
    pub(crate) fn at_position(&self, position: usize) -> Option<(Piece, Span)> {
        let part = self.part();
        let offset = self.sql[part.clone()].char_indices().nth(position.checked_sub(1)?)?.0;
        self.at_offset(part.start + offset)
    }

    fn at_offset(&self, offset: usize) -> Option<(Piece, Span)> {
        let after = self.pieces.partition_point(|piece| piece.at <= offset);
        let piece = *self.pieces.get(after.checked_sub(1)?)?;
        let start = piece.span.start + (offset - piece.at);
        // The end itself is the semicolon that we have added.
        (start <= piece.span.end).then_some((piece, Span::new(start, piece.span.end)))
    }

    /// What a number that was set as a mark stands for, if it is one of this message.
    pub(crate) fn at_mark(&self, number: u64) -> Option<Mark> {
        let nth = number.checked_sub(self.first_mark)?;
        self.marks.get(usize::try_from(nth).ok()?).copied()
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
