//! One message to the server: whole transactions, and the way back from a place in it to the
//! migration's file.

use crate::leaks::changed_settings;
use crate::plan::{Direction, Step};
use crate::settings::Settings;
use crate::sql::{Session, Tables, step};
use crate::statements::split_statements;
use crate::text::Span;

/// How many steps go in one message at most.
const MAX_STEPS: usize = 32;
/// A message that has grown to this many bytes takes no further step.
const MAX_BYTES: usize = 1 << 20;
/// How many statements of a section are marked at most; of more, some.
const MAX_MARKS: usize = 1000;

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
}

/// A message: some steps of a plan, each a whole transaction with its record.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) sql: String,
    pieces: Vec<Piece>,
    /// How many steps of the plan it holds, from the first.
    pub(crate) steps: usize,
}

impl Message {
    /// The first steps of a plan, as many as fit in one message.
    pub(crate) fn new(
        steps: &[Step<'_>],
        tables: &Tables,
        settings: &Settings,
        session: &Session,
        marked: bool,
    ) -> Self {
        let mut message = Message { sql: String::new(), pieces: Vec::new(), steps: 0 };
        let limit = if settings.one_by_one { 1 } else { MAX_STEPS };
        for next in steps.iter().take(limit).take_while(|step| step.is_transactional()) {
            message.push(next, tables, settings, session, marked);
            if message.sql.len() >= MAX_BYTES {
                break;
            }
        }
        message
    }

    fn push(
        &mut self,
        next: &Step<'_>,
        tables: &Tables,
        settings: &Settings,
        session: &Session,
        marked: bool,
    ) {
        let (section, text) = text_of(next);
        let statements = split_statements(text);
        let changes = changed_settings(text, &statements);
        let stride = statements.len().div_ceil(MAX_MARKS).max(1);
        self.sql.push_str(&step::begin(tables, next, settings, self.pieces.len() + 1, &changes));
        for (nth, statement) in statements.iter().enumerate() {
            if marked && nth > 0 && nth % stride == 0 {
                self.sql.push_str(&step::mark(tables, self.pieces.len() + 1));
            }
            let span =
                Span::new(section.start + statement.span.start, section.start + statement.span.end);
            self.pieces.push(Piece { at: self.sql.len(), span, step: self.steps, number: nth + 1 });
            self.sql.push_str(&text[statement.span.range()]);
            // The last statement of a section may have no semicolon.
            let ended =
                statement.tokens.last().is_some_and(|token| token.span.end < statement.span.end);
            self.sql.push_str(if ended { "\n" } else { ";\n" });
        }
        self.sql.push_str(&step::finish(tables, next, session, marked, &changes));
        self.steps += 1;
    }

    /// The statement at a position that the server gave (in characters, from 1), and the place of
    /// the position in the migration's file.
    pub(crate) fn at_position(&self, position: usize) -> Option<(Piece, Span)> {
        let offset = self.sql.char_indices().nth(position.checked_sub(1)?)?.0;
        let after = self.pieces.partition_point(|piece| piece.at <= offset);
        let piece = *self.pieces.get(after.checked_sub(1)?)?;
        let start = piece.span.start + (offset - piece.at);
        (start < piece.span.end).then_some((piece, Span::new(start, piece.span.end)))
    }

    /// The statement that was marked with this number.
    pub(crate) fn at_mark(&self, number: usize) -> Option<Piece> {
        self.pieces.get(number.checked_sub(1)?).copied()
    }
}

/// The section that a step runs: where it is in the file, and its text.
pub(crate) fn text_of<'s>(step: &'s Step<'_>) -> (Span, &'s str) {
    let migration = step.migration;
    let span = match (step.direction, &migration.down) {
        (Direction::Up, _) => migration.up.span,
        (Direction::Down, crate::chain::Down::Section(section)) => section.span,
        (Direction::Down, crate::chain::Down::Irreversible(_)) => Span::default(),
    };
    (span, migration.source.slice(span))
}

/// How many statements a step runs.
pub(crate) fn statements_of(step: &Step<'_>) -> usize {
    split_statements(text_of(step).1).len()
}
