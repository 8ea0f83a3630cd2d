//! What follows the faults: who is asked decides on what is in doubt, and the chain comes to its head.

use std::collections::BTreeMap;

use migrate_core::runner::DoubtReason;
use migrate_core::{Direction, Error, PlanError, Runner};
use migrate_testkit::Database;

use super::Story;
use super::faults::spared;
use super::story::{Revision, Statement};
use crate::random::Random;
use crate::support::{ClientKind, Session};

/// What was done by hand, or again by word: how many rows there are more of a label than runs tell.
pub(crate) type ByHand = BTreeMap<String, i64>;

/// Somebody who puts a database right.
pub(crate) struct Operator<'a> {
    pub(crate) story: &'a Story,
    pub(crate) session: Session,
    pub(crate) by_hand: ByHand,
    /// What was decided.
    pub(crate) trace: Vec<String>,
    /// How often something was in doubt.
    pub(crate) decided: usize,
}

/// A statement of which nobody knows whether it ran.
struct Doubtful<'a> {
    revision: &'a Revision,
    direction: Direction,
    /// From 0.
    at: usize,
    /// How often each of its rows is there that no finished run has left.
    seen: Vec<(String, i64)>,
}

impl<'a> Operator<'a> {
    pub(crate) fn new(story: &'a Story, database: &Database) -> Self {
        let session = Session::open(ClientKind::Blocking, &spared(database));
        Operator { story, session, by_hand: ByHand::new(), trace: Vec::new(), decided: 0 }
    }

    /// The statement that was announced and has not been answered, in two words.
    pub(crate) fn cut_off_at(&mut self) -> Option<String> {
        let announced =
            "SELECT revision, direction, next_statement FROM migrate_progress WHERE started";
        let rows = self.session.try_rows(announced).unwrap_or_default();
        let mut columns = rows.first()?.split('|');
        let revision = &self.story.revisions[self.position(columns.next()?)];
        let statements = match columns.next()? {
            "upgrade" => &revision.up,
            _ => &revision.down,
        };
        let sql = &statements[columns.next()?.parse::<usize>().unwrap()].sql;
        let words = sql.split([' ', '(', ';']).filter(|word| *word != "UNIQUE").take(2);
        let words = words.collect::<Vec<_>>().join(" ");
        Some(words.trim_end_matches(" p").trim_end_matches(" t").to_owned())
    }

    /// Brings the database to head.
    pub(crate) fn finish(&mut self, random: &mut Random) -> Result<(), String> {
        let chain = self.story.chain(self.story.revisions.len());
        let runner = Runner::new(&chain);
        for _ in 0..self.story.revisions.len() * 3 {
            let error = match self.session.upgrade(&runner) {
                Ok(_) => {
                    let again = self.session.upgrade(&runner).map_err(|error| error.to_string())?;
                    self.session.verify(&runner).map_err(|error| error.to_string())?;
                    return match again.done.len() {
                        0 => Ok(()),
                        _ => Err(format!("there was more to do: {again:?}")),
                    };
                }
                Err(error) => error,
            };
            self.goes_on(error, random)?;
        }
        Err("it never ended".into())
    }

    /// Does what an error asks for that may remain after faults.
    fn goes_on(&mut self, error: Error, random: &mut Random) -> Result<(), String> {
        self.trace.push(format!("{error:?}"));
        match error {
            Error::InDoubt { revision, direction, statement, why: DoubtReason::Commits } => {
                self.decide(&revision, direction, statement, random)
            }
            Error::Plan(PlanError::HalfDone(half)) if half.direction == Direction::Down => {
                let chain = self.story.chain(self.story.revisions.len());
                let below = self.below(&half.revision);
                match self.session.downgrade_to(&Runner::new(&chain), &below) {
                    Ok(_) => Ok(()),
                    Err(Error::Plan(_)) => Err(format!("no way down to {below}")),
                    Err(error) => self.goes_on(error, random),
                }
            }
            error => Err(format!("after the faults: {error:?}\n{error}")),
        }
    }

    fn position(&self, id: &str) -> usize {
        self.story.revisions.iter().position(|revision| revision.id == id).unwrap()
    }

    fn below(&self, id: &str) -> String {
        self.story.revisions[self.position(id) - 1].id.clone()
    }

    /// Looks at what the statement in doubt has left, and decides in one of the ways that there are.
    fn decide(
        &mut self,
        id: &str,
        direction: Direction,
        statement: usize,
        random: &mut Random,
    ) -> Result<(), String> {
        self.decided += 1;
        let doubtful = self.looks(id, direction, statement)?;
        let counts: Vec<i64> = doubtful.seen.iter().map(|(_, count)| *count).collect();
        if ![[0, 0], [1, 0], [1, 1]].contains(&[counts[0], counts[1]]) {
            return Err(format!("{id}, statement {statement}, left {counts:?}"));
        }
        match random.below(3) {
            0 if direction == Direction::Up => return self.ends_by_hand(&doubtful),
            1 => {
                self.trace.push("its rows are removed, and it runs again".into());
                for (label, count) in &doubtful.seen {
                    self.session.execute(&format!(
                        "DELETE FROM ran WHERE n IN \
                         (SELECT n FROM ran WHERE what = '{label}' ORDER BY n DESC LIMIT {count})"
                    ));
                }
            }
            _ => {
                self.trace.push("it runs again".into());
                for (label, count) in &doubtful.seen {
                    *self.by_hand.entry(label.clone()).or_default() += count;
                }
            }
        }
        let chain = self.story.chain(self.story.revisions.len());
        let runner = Runner::new(&chain).run_in_doubt_again();
        let ran = match direction {
            Direction::Up => self.session.upgrade_to(&runner, id),
            Direction::Down => self.session.downgrade_to(&runner, &self.below(id)),
        };
        ran.map(drop).map_err(|error| format!("again: {error:?}\n{error}"))
    }

    fn looks(
        &mut self,
        id: &str,
        direction: Direction,
        statement: usize,
    ) -> Result<Doubtful<'a>, String> {
        let story = self.story;
        let revision = &story.revisions[self.position(id)];
        let (statements, action) = match direction {
            Direction::Up => (&revision.up, "upgrade"),
            Direction::Down => (&revision.down, "downgrade"),
        };
        let in_doubt: &Statement = &statements[statement - 1];
        if !in_doubt.commits {
            return Err(format!("in doubt: {in_doubt:?}"));
        }
        let finished = format!(
            "SELECT count(*) FROM migrate_log WHERE action = '{action}' AND revision = '{id}'"
        );
        let finished: i64 = self.session.value(&finished).parse().unwrap();
        let mut seen = Vec::new();
        for label in &in_doubt.labels {
            let all = format!("SELECT count(*) FROM ran WHERE what = '{label}'");
            let all: i64 = self.session.value(&all).parse().unwrap();
            let before = finished + self.by_hand.get(label).copied().unwrap_or(0);
            seen.push((label.clone(), all - before));
        }
        Ok(Doubtful { revision, direction, at: statement - 1, seen })
    }

    /// Does the rest of the revision by hand, and records it.
    fn ends_by_hand(&mut self, doubtful: &Doubtful<'_>) -> Result<(), String> {
        let Doubtful { revision, direction, at, seen } = doubtful;
        assert_eq!(*direction, Direction::Up);
        self.trace.push("the rest is done by hand, and recorded".into());
        for (label, count) in seen {
            if *count == 0 {
                self.session.execute(&format!("INSERT INTO ran (what) VALUES ('{label}')"));
            }
        }
        for statement in &revision.up[at + 1..] {
            self.session.execute(&statement.sql);
        }
        for label in revision.up.iter().flat_map(|statement| &statement.labels) {
            *self.by_hand.entry(label.clone()).or_default() += 1;
        }
        let chain = self.story.chain(self.story.revisions.len());
        let stamped = self.session.stamp(&Runner::new(&chain), &revision.id, false);
        stamped.map(drop).map_err(|error| format!("stamp: {error:?}\n{error}"))
    }
}
