//! A plan as data: the steps to run, in order.

use std::borrow::Cow;

use crate::chain::chain::Migration;
use crate::plan::direction::Direction;
use crate::plan::plan_error::PlanError;

/// A revision to apply or to undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<'c> {
    /// Whether to apply or to undo it.
    pub direction: Direction,
    /// The revision, from the chain or as recorded in the database.
    pub migration: Cow<'c, Migration<'static>>,
    /// Its position in the order of application.
    pub position: i64,
    /// How many revisions are applied before the step.
    pub count: usize,
    /// The revision applied last before the step, if there is one.
    pub last: Option<Cow<'c, str>>,
}

impl Step<'_> {
    /// Whether it runs inside a transaction.
    pub fn is_transactional(&self) -> bool {
        match self.direction {
            Direction::Up => self.migration.up.options.transactional,
            Direction::Down => self.migration.down_options().transactional,
        }
    }
}

/// The steps to run, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan<'c> {
    /// The steps; empty if there is nothing to do.
    pub steps: Vec<Step<'c>>,
    /// The revisions in the database that are not in the chain, if the database is ahead.
    pub ahead: Vec<String>,
}

impl Plan<'_> {
    /// Checks that everything can run in one transaction.
    pub(crate) fn one_transaction(&self) -> Result<(), PlanError> {
        match self.steps.iter().find(|step| !step.is_transactional()) {
            None => Ok(()),
            Some(step) => {
                Err(PlanError::NotOneTransaction { revision: step.migration.id.to_string() })
            }
        }
    }
}
