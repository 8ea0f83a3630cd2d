//! What the server has refused of a draft: it is put behind the other statements, or left to a person.

use super::{DraftSection, DraftStatement};

/// How often a statement is put behind others before it is left to a person.
const MOVES: u8 = 8;

/// The SQLSTATEs that another order may help: something is not there yet, is there still, or is still in use.
const OF_ORDER: [&str; 10] =
    ["2BP01", "0A000", "3F000", "42703", "42704", "42710", "42723", "42883", "42P01", "42P07"];

impl DraftSection {
    /// What the server has refused: the nth statement, from 1, of those that are written. If that may help, it is put
    /// behind the one that creates what it lacks, or else behind all others; if not, it is left to a person. False if
    /// there is no such statement.
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
            let creates = |it: &DraftStatement| missed.is_some_and(|name| it.creates(name));
            let later = self.statements[at..].iter().position(creates);
            let to = later.map_or(self.statements.len(), |later| at + later + 1);
            self.statements.insert(to, statement);
        } else {
            let statement = &mut self.statements[at];
            (statement.todo, statement.follows) = (Some(why), follows);
        }
        true
    }
}

impl DraftStatement {
    /// Does it create something of this name, as its beginning says?
    fn creates(&self, name: &str) -> bool {
        let head = self.step.sql.split(['(', '\n']).next().unwrap_or_default();
        let head = head.split(" AS ").next().unwrap_or_default();
        head.starts_with("CREATE ") && words(head).any(|word| word == name)
    }

    /// Is this the statement that would make something of this name?
    fn makes(&self, name: &str) -> bool {
        let sql = &self.step.sql;
        let makes = sql.starts_with("CREATE ") || sql.contains(" ADD ") || sql.contains(" RENAME ");
        makes && words(sql).any(|word| word == name)
    }
}

fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|c: char| !(c.is_alphanumeric() || c == '_'))
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
