//! The settings around functions whose bodies the server would refuse: which statements they stand around.

use super::DraftSection;

/// Around the functions whose bodies the server would refuse, although they are like that in the models.
pub(crate) const UNCHECKED: &str = "SET LOCAL check_function_bodies = off";
pub(crate) const CHECKED: &str = "SET LOCAL check_function_bodies = on";

impl DraftSection {
    /// The SQL that is written and runs, in order, each with the number of its statement; a setting has none.
    pub(super) fn written(&self) -> impl Iterator<Item = (Option<usize>, &str)> {
        self.statements.iter().enumerate().flat_map(|(at, statement)| {
            let own = statement.todo.is_none().then_some((Some(at), &*statement.step.sql));
            let before = self.opens(at).then_some((None, UNCHECKED));
            let after = self.closes(at).then_some((None, CHECKED));
            [before, own, after].into_iter().flatten()
        })
    }

    /// Does the body of this one stay unchecked?
    fn is_unchecked(&self, at: usize) -> bool {
        self.statements.get(at).is_some_and(|it| it.todo.is_none() && it.unchecked.is_some())
    }

    /// Is it the first of such functions, one behind the other?
    pub(super) fn opens(&self, at: usize) -> bool {
        self.is_unchecked(at) && !at.checked_sub(1).is_some_and(|before| self.is_unchecked(before))
    }

    /// Is it the last of them?
    pub(super) fn closes(&self, at: usize) -> bool {
        self.is_unchecked(at) && !self.is_unchecked(at + 1)
    }
}
