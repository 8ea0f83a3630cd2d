//! The order in which the statements of a section run. What the server refuses waits for the statement that creates
//! what it lacks, is tried again behind the others, or is left to a person.

use std::collections::VecDeque;

use super::refused::{Missing, MissingKind, Refusal};
use super::{DraftSection, DraftStatement};

/// A section whose statements are tried one by one. Each that is refused leaves no trace, so that the others go on.
pub(crate) struct Rehearsal {
    /// What is still to be tried.
    queue: VecDeque<Candidate>,
    /// What waits for another statement, by the number of that one.
    parked: Vec<(usize, Candidate)>,
    /// The statements in the order in which they ran, and those that are left to a person.
    settled: Vec<DraftStatement>,
    /// How many have run.
    done: usize,
    /// Only in a transaction a setting can be limited to a statement.
    transactional: bool,
}

struct Candidate {
    number: usize,
    statement: DraftStatement,
    /// How many had run when it was put behind the others.
    put_back: Option<usize>,
}

/// What to run next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt<'a> {
    pub(crate) sql: &'a str,
    /// With `check_function_bodies` off.
    pub(crate) unchecked: bool,
}

impl DraftSection {
    /// Takes the statements, which [`Rehearsal::finish`] gives back.
    pub(crate) fn rehearsal(&mut self) -> Rehearsal {
        let statements = std::mem::take(&mut self.statements).into_iter().enumerate();
        let candidate = |(number, statement)| Candidate { number, statement, put_back: None };
        Rehearsal {
            queue: statements.map(candidate).collect(),
            parked: Vec::new(),
            settled: Vec::new(),
            done: 0,
            transactional: self.transactional,
        }
    }
}

impl Rehearsal {
    /// The statement to run, until [`Rehearsal::answer`] tells what came of it.
    pub(crate) fn next(&mut self) -> Option<Attempt<'_>> {
        while let Some(left) = self.queue.pop_front_if(|it| it.statement.todo.is_some()) {
            self.settled.push(left.statement);
        }
        let statement = &self.queue.front()?.statement;
        Some(Attempt { sql: &statement.step.sql, unchecked: statement.unchecked.is_some() })
    }

    pub(crate) fn answer(&mut self, ran: Result<(), Refusal>) {
        let Some(mut it) = self.queue.pop_front() else { return };
        let Err(why) = ran else {
            self.done += 1;
            return self.settle(it);
        };
        let was_unchecked = it.statement.unchecked.take().is_some();
        let missing = why.missing();
        let left = self.settled.iter().chain(self.queue.iter().map(|it| &it.statement));
        let mut left = left.filter(|it| it.todo.is_some());
        if missing.is_some_and(|missing| left.any(|it| it.makes(missing))) {
            it.statement.follows = true;
            return self.leave(it, why);
        }
        if let Some(creator) = missing.and_then(|missing| self.creator(missing, it.number)) {
            return self.parked.push((creator, it));
        }
        // What nobody creates does not come later.
        let is_nowhere = missing.is_some_and(|it| it.kind != MissingKind::Other);
        let is_last = !why.is_of_order()
            || self.queue.is_empty()
            || it.put_back.is_some_and(|done| done == self.done);
        if self.transactional
            && !was_unchecked
            && it.statement.is_routine()
            && (is_nowhere || is_last)
        {
            it.statement.unchecked = Some(why.message);
            self.queue.push_front(it);
        } else if is_last {
            self.leave(it, why);
        } else {
            it.put_back = Some(self.done);
            self.queue.push_back(it);
        }
    }

    /// The section's statements.
    pub(crate) fn finish(self) -> Vec<DraftStatement> {
        let rest = self.queue.into_iter().chain(self.parked.into_iter().map(|(_, it)| it));
        self.settled.into_iter().chain(rest.map(|it| it.statement)).collect()
    }

    /// A statement that is still to run and creates this, and that does not itself wait for this one.
    fn creator(&self, missing: Missing<'_>, of: usize) -> Option<usize> {
        let all = self.queue.iter().chain(self.parked.iter().map(|(_, it)| it));
        let mut creators = all.filter(|it| it.statement.todo.is_none());
        let found = creators.find(|it| it.statement.creates(missing) && !self.waits(it.number, of));
        found.map(|it| it.number)
    }

    /// Does the first wait for the second, directly or by way of others?
    fn waits(&self, mut number: usize, of: usize) -> bool {
        while let Some((creator, _)) = self.parked.iter().find(|(_, it)| it.number == number) {
            number = *creator;
        }
        number == of
    }

    fn leave(&mut self, mut it: Candidate, why: Refusal) {
        it.statement.todo = Some(why.message);
        self.settle(it);
    }

    /// What has waited for it is next.
    fn settle(&mut self, it: Candidate) {
        let (waited, parked) = std::mem::take(&mut self.parked)
            .into_iter()
            .partition(|(creator, _)| *creator == it.number);
        self.parked = parked;
        let waited: Vec<(usize, Candidate)> = waited;
        for (_, waiting) in waited.into_iter().rev() {
            self.queue.push_front(waiting);
        }
        self.settled.push(it.statement);
    }
}
