//! Parses the body of a PL/pgSQL function or `DO` block into steps: which ones certainly run, and
//! which only under a condition, in a loop, or in an exception handler. Also finds syntax errors of
//! PL/pgSQL.
//!
//! SQL statements and expressions are not parsed here, except for where they end.

mod blocks;
mod conditions;
mod raise;
mod reader;
mod small;
mod steps;
mod variables;

use std::rc::Rc;

use self::reader::{Reader, Stop};
use crate::chain::problem::Problem;
use crate::syntax::cursor::Cursor;
use crate::syntax::source::Span;

/// People do not nest bodies deeper.
const DEEPEST: usize = 50;

#[derive(Debug)]
pub(crate) enum Step<'s> {
    /// An SQL statement.
    Sql(Cursor<'s>),
    /// `EXECUTE` and the expression that computes its text.
    Execute(Cursor<'s>),
    /// An expression, or a query whose rows are discarded. It has the effects of the functions in
    /// it.
    Evaluate(Cursor<'s>),
    /// `IF` and `CASE`: for each arm its condition (or its value in a simple `CASE`) and its steps.
    If {
        arms: Vec<(Cursor<'s>, Vec<Step<'s>>)>,
        otherwise: Vec<Step<'s>>,
    },
    Loop(Vec<Step<'s>>),
    Block {
        steps: Vec<Step<'s>>,
        handlers: Vec<Handler<'s>>,
    },
    /// `RETURN`, `EXIT` or `CONTINUE`: the steps after it may not run.
    Leave,
}

/// `WHEN condition OR condition THEN`.
#[derive(Debug)]
pub(crate) struct Handler<'s> {
    /// In lower case.
    pub(crate) conditions: Vec<Rc<str>>,
    pub(crate) steps: Vec<Step<'s>>,
}

#[derive(Debug)]
pub(crate) struct Body<'s> {
    pub(crate) steps: Vec<Step<'s>>,
    /// All values assigned to variables, anywhere in the body.
    assignments: Vec<(Rc<str>, Option<Cursor<'s>>)>,
    /// The variables that it declares. (The values of arguments are unknown.)
    declared: Vec<Rc<str>>,
    /// The SQL in the body.
    pieces: Vec<Piece<'s>>,
}

/// A statement or an expression in a body, which the server parses as SQL.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'s> {
    pub(crate) text: Cursor<'s>,
    /// The text to put in front to make it a statement.
    pub(crate) lead: &'static str,
    /// The part that is not SQL: the variables after `INTO`.
    pub(crate) without: Option<Span>,
}

impl Step<'_> {
    /// Whether the steps after this one may not run.
    pub(crate) fn may_leave(&self) -> bool {
        let any = |steps: &[Step<'_>]| steps.iter().any(Step::may_leave);
        match self {
            Step::Leave => true,
            Step::Sql(_) | Step::Execute(_) | Step::Evaluate(_) => false,
            Step::If { arms, otherwise } => {
                any(otherwise) || arms.iter().any(|(_, steps)| any(steps))
            }
            Step::Loop(steps) => any(steps),
            Step::Block { steps, handlers } => {
                any(steps) || handlers.iter().any(|handler| any(&handler.steps))
            }
        }
    }
}

impl<'s> Body<'s> {
    /// The only expression assigned to a variable, if there is exactly one.
    pub(crate) fn value(&self, variable: &str) -> Option<Cursor<'s>> {
        if !self.declared.iter().any(|name| **name == *variable) {
            return None;
        }
        let mut values = self.assignments.iter().filter(|(name, _)| **name == *variable);
        let (_, value) = values.next()?;
        if values.next().is_some() { None } else { *value }
    }
}

/// The kind of result that the `RETURN` statements of a routine must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    /// `DO` blocks, procedures, `RETURNS void`, and routines with output arguments.
    Nothing,
    One,
    Rows,
    Unknown,
}

/// The routine that a body belongs to.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) gives: Gives,
    /// The names of its arguments and result columns; `None` if unknown.
    pub(crate) variables: Option<Vec<Rc<str>>>,
    /// The name of the routine, which is a label of its body.
    pub(crate) name: Option<Rc<str>>,
}

impl Setting {
    /// For a body whose routine is unknown.
    const UNKNOWN: Setting = Setting { gives: Gives::Unknown, variables: None, name: None };
}

/// An error that a server would report for a body, and its position.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) problem: Problem,
    pub(crate) span: Span,
    pub(crate) label: String,
    /// A related position, such as the `IF` that is never closed.
    pub(crate) related: Option<(Span, &'static str)>,
}

/// Parses a body; `None` if it is not understood.
pub(crate) fn body<'s>(text: Cursor<'s>) -> Option<Body<'s>> {
    Reader::new(text, &Setting::UNKNOWN).body().ok()
}

/// The error that a server would report when the routine is created or the block runs. If there is
/// none, the SQL in the body, which the server parses as well.
pub(crate) fn refusal<'s>(
    text: Cursor<'s>,
    setting: &Setting,
) -> Result<Vec<Piece<'s>>, Option<Box<Refusal>>> {
    match Reader::new(text, setting).body() {
        Ok(body) => Ok(body.pieces),
        Err(Stop::Refused(refusal)) => Err(Some(refusal)),
        Err(Stop::Unknown) => Err(None),
    }
}

#[cfg(test)]
mod tests;
