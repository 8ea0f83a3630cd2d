//! What the server has refused of a draft: it is put behind the other statements, or left to a person.

use super::{DraftSection, DraftStatement};

/// How often a statement is put behind the others before it is left to a person.
const MOVES: u8 = 2;

/// The SQLSTATEs that another order may help: something is not there yet, is there still, or is still in use.
const OF_ORDER: [&str; 10] =
    ["2BP01", "0A000", "3F000", "42703", "42704", "42710", "42723", "42883", "42P01", "42P07"];

impl DraftSection {
    /// What the server has refused: the nth statement, from 1, of those that are written. It is put behind the others
    /// if that may help, or left to a person; false if there is no such statement.
    pub(crate) fn refuse(&mut self, number: usize, code: &str, why: String) -> bool {
        let written = self.statements.iter().enumerate().filter(|(_, it)| it.todo.is_none());
        let places: Vec<usize> = written.map(|(at, _)| at).collect();
        let Some(at) = number.checked_sub(1).and_then(|nth| places.get(nth).copied()) else {
            return false;
        };
        let missed = missed(&why).filter(|_| OF_ORDER.contains(&code));
        let left = self.statements.iter().filter(|it| it.todo.is_some());
        let follows = missed.is_some_and(|name| left.into_iter().any(|it| it.makes(name)));
        let is_last = places.last() == Some(&at);
        let moves = self.statements[at].moves;
        if OF_ORDER.contains(&code) && !follows && !is_last && moves < MOVES {
            let mut statement = self.statements.remove(at);
            statement.moves += 1;
            self.statements.push(statement);
        } else {
            let statement = &mut self.statements[at];
            (statement.todo, statement.follows) = (Some(why), follows);
        }
        true
    }
}

impl DraftStatement {
    /// Is this the statement that would make something of this name?
    fn makes(&self, name: &str) -> bool {
        let sql = &self.step.sql;
        let makes = sql.starts_with("CREATE ") || sql.contains(" ADD ") || sql.contains(" RENAME ");
        let mut words = sql.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        makes && words.any(|word| word == name)
    }
}

/// The name of what a message says does not exist: `relation "public.t" does not exist`.
pub(super) fn missed(message: &str) -> Option<&str> {
    let (before, _) = message.split_once(" does not exist")?;
    let name = match before.split('"').nth(1) {
        Some(quoted) => quoted,
        None => before.split('(').next()?.rsplit(' ').next()?,
    };
    name.rsplit('.').next().filter(|name| !name.is_empty())
}
