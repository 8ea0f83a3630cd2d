//! The model: which revisions are applied, in which order, what has run, and what is half done.

/// The revisions in the order of the chain, and their parents.
pub(crate) const GRAPH: [(&str, &[&str]); 6] = [
    ("r1", &[]),
    ("r2", &["r1"]),
    ("r3", &["r1"]),
    ("r4", &["r2", "r3"]),
    ("r5", &["r4"]),
    ("r6", &["r5"]),
];

/// The one that runs outside a transaction.
pub(crate) const OUTSIDE: &str = "r5";

/// How many statements its sections have: the first and the last leave a row.
pub(crate) const STATEMENTS: usize = 3;

/// One revision, there or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) up: bool,
    pub(crate) id: &'static str,
}

impl Move {
    /// What it leaves in the table.
    pub(crate) fn says(self) -> [String; 2] {
        let sign = if self.up { '+' } else { '-' };
        [format!("{sign}{}", self.id), format!("{sign}{}.", self.id)]
    }

    /// The rows of these statements of the one outside a transaction.
    pub(crate) fn says_from(self, from: usize, to: usize) -> Vec<String> {
        let [first, last] = self.says();
        let rows = [(0, first), (STATEMENTS - 1, last)];
        rows.into_iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, row)| row).collect()
    }
}

/// How far the revision outside a transaction is that has stopped on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Partial {
    pub(crate) up: bool,
    /// How many statements are done.
    pub(crate) done: usize,
    /// Whether a downgrade is half done of which that is not known any more, so that it begins again.
    pub(crate) is_lost: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) applied: Vec<&'static str>,
    pub(crate) ran: Vec<String>,
    pub(crate) partial: Option<Partial>,
}

/// A revision and all that it stands on, in the order of the chain; of base nothing.
fn standing_on(at: Option<usize>) -> Vec<&'static str> {
    let mut wanted: Vec<&str> = at.map(|at| GRAPH[at].0).into_iter().collect();
    for (id, parents) in GRAPH.iter().rev() {
        if wanted.contains(id) {
            wanted.extend(*parents);
        }
    }
    GRAPH.iter().map(|(id, _)| *id).filter(|id| wanted.contains(id)).collect()
}

/// So many places from a revision; `Some(None)` is the base, `None` is no place.
fn place(id: &str, offset: i64) -> Option<Option<usize>> {
    let at = GRAPH.iter().position(|(known, _)| *known == id)? as i64 + offset;
    match at {
        -1 => Some(None),
        at => usize::try_from(at).ok().filter(|at| *at < GRAPH.len()).map(Some),
    }
}

/// What a target says: a number alone, or a place.
enum Words {
    Number(i64),
    Place(Option<usize>),
}

fn words(target: &str) -> Option<Words> {
    let (id, offset) = target.split_at(target.find(['+', '-']).unwrap_or(target.len()));
    let offset = if offset.is_empty() { 0 } else { offset.parse().unwrap() };
    match id {
        "" => Some(Words::Number(offset)),
        "base" => Some(Words::Place(None)),
        "head" => place("r6", offset).map(Words::Place),
        id => place(id, offset).map(Words::Place),
    }
}

impl Model {
    /// What a command does; `None` where it is refused.
    pub(crate) fn plan(&self, command: &str, single: bool) -> Option<Vec<Move>> {
        let (verb, target) = command.split_once(' ').unwrap();
        let up = verb == "upgrade";
        let ids = if up { self.up(target)? } else { self.down(target)? };
        let is_in_the_way = match self.partial {
            // All that can be undone is what the half done one stands on; and to stay is not to be on the way.
            Some(Partial { up: true, .. }) => {
                !up || matches!(words(target), Some(Words::Number(0)))
            }
            Some(Partial { up: false, .. }) => up || ids.is_empty(),
            None => false,
        };
        let refused = is_in_the_way || single && ids.contains(&OUTSIDE);
        (!refused).then(|| ids.into_iter().map(|id| Move { up, id }).collect())
    }

    fn up(&self, target: &str) -> Option<Vec<&'static str>> {
        let missing = |ids: Vec<&'static str>| -> Vec<&'static str> {
            ids.into_iter().filter(|id| !self.applied.contains(id)).collect()
        };
        let all = missing(standing_on(Some(GRAPH.len() - 1)));
        match words(target)? {
            Words::Number(count) => all.get(..usize::try_from(count).ok()?).map(<[_]>::to_vec),
            Words::Place(_) if target == "head" => Some(all),
            Words::Place(at) => {
                let ids = missing(standing_on(at));
                let here = self.applied.last().copied();
                (at.is_some() && (!ids.is_empty() || here == at.map(|at| GRAPH[at].0)))
                    .then_some(ids)
            }
        }
    }

    fn down(&self, target: &str) -> Option<Vec<&'static str>> {
        let kept = match words(target)? {
            Words::Number(count) => {
                let back = usize::try_from(-count).ok()?;
                self.applied.get(..self.applied.len().checked_sub(back)?)?.to_vec()
            }
            Words::Place(None) => Vec::new(),
            Words::Place(Some(at)) if self.applied.contains(&GRAPH[at].0) => standing_on(Some(at)),
            Words::Place(Some(_)) => return None,
        };
        Some(self.applied.iter().copied().rev().filter(|id| !kept.contains(id)).collect())
    }

    pub(crate) fn apply(&mut self, moves: &[Move]) {
        for it in moves {
            match it.id == OUTSIDE {
                true => self.goes_on(*it, STATEMENTS),
                false => self.ran.extend(it.says()),
            }
            if it.up {
                self.applied.push(it.id);
            } else {
                self.applied.retain(|id| *id != it.id);
            }
        }
    }

    /// The one outside a transaction comes so far, from where it was.
    pub(crate) fn goes_on(&mut self, it: Move, done: usize) {
        let from = self.done_of(it);
        self.ran.extend(it.says_from(from, done));
        if done == from && done < STATEMENTS {
            return;
        }
        let partial = Partial { up: it.up, done, is_lost: false };
        self.partial = (0 < done && done < STATEMENTS).then_some(partial);
    }

    /// How many of its statements are done already.
    pub(crate) fn done_of(&self, it: Move) -> usize {
        self.partial.filter(|partial| partial.up == it.up).map_or(0, |partial| partial.done)
    }

    /// The table with the progress is dropped; that a downgrade was half done is in the history as well.
    pub(crate) fn loses_progress(&mut self) {
        self.partial = self.partial.filter(|partial| !partial.up);
        if let Some(partial) = &mut self.partial {
            *partial = Partial { up: false, done: 0, is_lost: true };
        }
    }

    /// Nothing runs, whatever is recorded.
    pub(crate) fn stamp(&mut self, target: &str, purge: bool) -> Option<()> {
        let at = match (words(target)?, self.applied.last()) {
            (Words::Place(at), _) => at,
            (Words::Number(offset), Some(last)) => place(last, offset)?,
            (Words::Number(offset), None) => match usize::try_from(offset).ok()? {
                count if count <= GRAPH.len() => count.checked_sub(1),
                _ => return None,
            },
        };
        let wanted = standing_on(at);
        if self.partial.is_some_and(|partial| partial.up) && !wanted.contains(&OUTSIDE) {
            return None;
        }
        self.partial = None;
        self.applied.retain(|id| !purge && wanted.contains(id));
        let more: Vec<_> = wanted.into_iter().filter(|id| !self.applied.contains(id)).collect();
        self.applied.extend(more);
        Some(())
    }
}
