//! The body of a `DO` block or of a function in PL/pgSQL, as steps: which run for certain, and which only
//! under a condition, in a loop, or behind an exception; and what PL/pgSQL's grammar has against it.
//!
//! Statements of SQL and expressions are not looked into, but for where they end.

mod blocks;
mod conditions;
mod raise;
mod reader;
mod small;
mod steps;
mod variables;

use std::rc::Rc;

use self::reader::{Reader, Stop};
use crate::analysis::cursor::Cursor;
use crate::chain::problem::Problem;
use crate::syntax::source::Span;

/// Bodies are not nested deeper by people.
const DEEPEST: usize = 50;

#[derive(Debug)]
pub(crate) enum Step<'s> {
    /// A statement of SQL.
    Sql(Cursor<'s>),
    /// `EXECUTE`: what computes the text.
    Execute(Cursor<'s>),
    /// An expression or a query whose rows are thrown away: it does what the functions in it do.
    Evaluate(Cursor<'s>),
    /// `IF` and `CASE`; a condition that is none of a `CASE` is empty.
    If {
        arms: Vec<(Cursor<'s>, Vec<Step<'s>>)>,
        otherwise: Vec<Step<'s>>,
    },
    Loop(Vec<Step<'s>>),
    Block {
        steps: Vec<Step<'s>>,
        handlers: Vec<Handler<'s>>,
    },
    /// `RETURN`, `EXIT`, `CONTINUE`: what follows may not run.
    Leave,
}

/// `WHEN condition OR condition THEN`.
#[derive(Debug)]
pub(crate) struct Handler<'s> {
    /// Lower case.
    pub(crate) conditions: Vec<Rc<str>>,
    pub(crate) steps: Vec<Step<'s>>,
}

#[derive(Debug)]
pub(crate) struct Body<'s> {
    pub(crate) steps: Vec<Step<'s>>,
    /// What variables are set to, wherever that is.
    assignments: Vec<(Rc<str>, Option<Cursor<'s>>)>,
    /// The variables of its own; arguments have values that nobody knows.
    declared: Vec<Rc<str>>,
    /// The SQL in it.
    pieces: Vec<Piece<'s>>,
}

/// A statement or an expression in a body, which a server reads as SQL.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'s> {
    pub(crate) text: Cursor<'s>,
    /// What makes a statement of it.
    pub(crate) lead: &'static str,
    /// What is no SQL in it: the variables behind an `INTO`.
    pub(crate) without: Option<Span>,
}

impl Step<'_> {
    /// Whether what follows it may not run.
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
    /// The one expression that a variable is set to, if there is one only.
    pub(crate) fn value(&self, variable: &str) -> Option<Cursor<'s>> {
        if !self.declared.iter().any(|name| **name == *variable) {
            return None;
        }
        let mut values = self.assignments.iter().filter(|(name, _)| **name == *variable);
        let (_, value) = values.next()?;
        if values.next().is_some() { None } else { *value }
    }
}

/// What a routine gives back, as far as its `RETURN` statements must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    /// `DO` blocks, procedures, `RETURNS void`, and what has arguments for its results.
    Nothing,
    One,
    Rows,
    Unknown,
}

/// The routine that a body is of.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) gives: Gives,
    /// Its arguments and columns by their names; nothing where they are not known.
    pub(crate) variables: Option<Vec<Rc<str>>>,
    /// The name of the routine, which is a label around its body.
    pub(crate) name: Option<Rc<str>>,
}

impl Setting {
    /// Of a body whose routine nobody knows.
    const UNKNOWN: Setting = Setting { gives: Gives::Unknown, variables: None, name: None };
}

/// What a server has against a body, and where.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) problem: Problem,
    pub(crate) span: Span,
    pub(crate) label: String,
    /// What it belongs to: the `IF` that is never closed.
    pub(crate) related: Option<(Span, &'static str)>,
}

/// Reads a body; nothing where it is not understood.
pub(crate) fn body<'s>(text: Cursor<'s>) -> Option<Body<'s>> {
    Reader::new(text, &Setting::UNKNOWN).body().ok()
}

/// What a server refuses in a body when the routine is made or the block runs; or else the SQL in it, which it
/// reads, too.
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
