//! Any life of a database: upgrades, downgrades and stamps, some of which end in the middle. A fake server keeps the
//! history that the plans ask for, and refuses what a real one would; a model of a few lines says what is applied.

use migrate_core::chain::Down;
use migrate_core::plan::{Step, adopt, downgrade, stamp, status, upgrade};
use migrate_core::{Chain, Direction, History, Migration, PlanError, Record, Status, Target};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;

use crate::chain::{chain_of, checked, ids, steps};

/// Where a command leads: what people write, before there is a chain.
#[derive(Debug, Clone)]
enum Where {
    Head,
    Base,
    By(i64),
    At(Index, i64),
}

#[derive(Debug, Clone)]
enum Deed {
    /// All of it is done, or only a part of its steps.
    Upgrade(Where, Option<Index>),
    Downgrade(Where, Option<Index>),
    Stamp(Where, bool),
    Adopt(Vec<Index>),
}

fn deed() -> impl Strategy<Value = Deed> {
    let place = || {
        prop_oneof![
            3 => Just(Where::Head),
            1 => Just(Where::Base),
            4 => (-4..5_i64).prop_map(Where::By),
            4 => (any::<Index>(), prop_oneof![4 => Just(0), 1 => -2..3_i64])
                .prop_map(|(at, offset)| Where::At(at, offset)),
        ]
    };
    let part = || any::<Option<Index>>();
    prop_oneof![
        4 => (place(), part()).prop_map(|(to, part)| Deed::Upgrade(to, part)),
        3 => (place(), part()).prop_map(|(to, part)| Deed::Downgrade(to, part)),
        1 => (place(), any::<bool>()).prop_map(|(to, purge)| Deed::Stamp(to, purge)),
        1 => vec(any::<Index>(), 0..3).prop_map(Deed::Adopt),
    ]
}

/// A database: it takes a step only if the history is as the step expects it.
#[derive(Default)]
struct Server {
    history: History,
}

impl Server {
    fn take(&mut self, step: &Step<'_>) -> Result<(), TestCaseError> {
        let records = &mut self.history.records;
        assert_eq!(step.count, records.len());
        assert_eq!(step.last.as_deref(), records.last().map(|last| last.revision.as_str()));
        let id = step.migration.id.as_str();
        let there = records.iter().position(|record| record.revision == id);
        match step.direction {
            Direction::Up => {
                assert_eq!(there, None, "{id} is applied");
                self.insert(&step.migration, step.position);
            }
            Direction::Down => {
                let no = || TestCaseError::fail(format!("{id} is not applied"));
                let at = there.ok_or_else(no)?;
                assert_eq!(records[at].position, step.position);
                let stands = records.iter().find(|it| it.parents.iter().any(|it| it == id));
                assert_eq!(stands, None, "it stands on {id}");
                records.remove(at);
            }
        }
        Ok(())
    }

    fn insert(&mut self, migration: &Migration<'static>, position: i64) {
        let parents: Vec<String> = migration.parents.iter().map(ToString::to_string).collect();
        for parent in &parents {
            assert!(self.history.get(parent).is_some(), "{parent} of {}", migration.id);
        }
        assert!(self.history.last().is_none_or(|last| last.position < position));
        self.history.records.push(Record {
            revision: migration.id.to_string(),
            parents,
            up: migration.digests.up,
            down: migration.digests.down,
            chain: migration.digests.chain,
            position,
            applied_at: String::new(),
            applied_by: String::new(),
            duration_ms: 0,
            stored: None,
        });
    }
}

/// What is applied, in order, as places in the chain.
struct Model<'c> {
    chain: &'c Chain<'static>,
    applied: Vec<usize>,
}

impl Model<'_> {
    /// A revision and all that it stands on, by walking from child to parent.
    fn standing_on(&self, at: Option<usize>) -> Vec<usize> {
        let (mut found, mut left) = (Vec::new(), Vec::from_iter(at));
        while let Some(at) = left.pop() {
            if !found.contains(&at) {
                found.push(at);
                let parents = self.chain.migrations()[at].parents.iter();
                left.extend(parents.filter_map(|parent| self.chain.position(parent.as_str())));
            }
        }
        found.sort_unstable();
        found
    }

    /// The place so far from one; `Some(None)` is the base.
    fn place(&self, at: usize, offset: i64) -> Option<Option<usize>> {
        match at as i64 + offset {
            -1 => Some(None),
            at => usize::try_from(at).ok().filter(|at| *at < self.chain.len()).map(Some),
        }
    }

    fn at(&self, index: &Index) -> usize {
        index.index(self.chain.len())
    }

    /// What an upgrade applies; `None` where it is refused.
    fn up(&self, to: &Where) -> Option<Vec<usize>> {
        let missing = |places: Vec<usize>| -> Vec<usize> {
            places.into_iter().filter(|at| !self.applied.contains(at)).collect()
        };
        let all = || missing((0..self.chain.len()).collect());
        match to {
            Where::Head => Some(all()),
            Where::Base => None,
            Where::By(count) => all().get(..usize::try_from(*count).ok()?).map(<[_]>::to_vec),
            Where::At(at, offset) => {
                let at = self.place(self.at(at), *offset)??;
                let wanted = missing(self.standing_on(Some(at)));
                (!wanted.is_empty() || self.applied.last() == Some(&at)).then_some(wanted)
            }
        }
    }

    /// What a downgrade undoes.
    fn down(&self, to: &Where) -> Option<Vec<usize>> {
        let behind = |at: usize| self.applied.contains(&at).then(|| self.standing_on(Some(at)));
        let kept = match to {
            Where::Head => behind(self.chain.len() - 1)?,
            Where::Base => Vec::new(),
            Where::By(count) => {
                let back = usize::try_from(-count).ok()?;
                self.applied[..self.applied.len().checked_sub(back)?].to_vec()
            }
            Where::At(at, offset) => match self.place(self.at(at), *offset)? {
                None => Vec::new(),
                Some(at) => behind(at)?,
            },
        };
        let undone: Vec<usize> =
            self.applied.iter().rev().copied().filter(|at| !kept.contains(at)).collect();
        let can = |at: &usize| matches!(self.chain.migrations()[*at].down, Down::Section(_));
        undone.iter().all(can).then_some(undone)
    }

    fn stamped(&self, to: &Where, purge: bool) -> Option<Vec<usize>> {
        let at = match to {
            Where::Head => Some(self.chain.len() - 1),
            Where::Base => None,
            Where::At(at, offset) => self.place(self.at(at), *offset)?,
            Where::By(offset) => match self.applied.last() {
                Some(last) => self.place(*last, *offset)?,
                None if *offset == 0 => None,
                None => {
                    Some(usize::try_from(*offset - 1).ok().filter(|at| *at < self.chain.len())?)
                }
            },
        };
        let wanted = self.standing_on(at);
        let kept = self.applied.iter().copied().filter(|at| !purge && wanted.contains(at));
        let kept: Vec<usize> = kept.collect();
        let more = wanted.into_iter().filter(|at| !kept.contains(at));
        Some(kept.iter().copied().chain(more).collect())
    }
}

fn ids_of(chain: &Chain<'_>, places: &[usize]) -> Vec<String> {
    places.iter().map(|at| chain.migrations()[*at].id.to_string()).collect()
}

fn target(chain: &Chain<'_>, to: &Where) -> Target {
    match to {
        Where::Head => Target::Head,
        Where::Base => Target::Base,
        Where::By(offset) => Target::Relative(*offset),
        Where::At(at, offset) => {
            let id = chain.migrations()[at.index(chain.len())].id.to_string();
            Target::Revision { id, offset: *offset }
        }
    }
}

proptest! {
    // The same lives each time, unless a variable of proptest's says otherwise.
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn any_life_of_a_database_is_as_the_model_says(
        steps in steps(),
        ids in ids(),
        deeds in vec(deed(), 0..20),
    ) {
        let chain = checked(&chain_of(&steps, &ids), "")?;
        let mut server = Server::default();
        let mut model = Model { chain: &chain, applied: Vec::new() };
        for deed in &deeds {
            match deed {
                Deed::Upgrade(to, part) | Deed::Downgrade(to, part) => {
                    let (to_target, up) = (target(&chain, to), matches!(deed, Deed::Upgrade(..)));
                    let (plan, expected) = match up {
                        true => (upgrade(&chain, &server.history, &to_target), model.up(to)),
                        false => (downgrade(&chain, &server.history, &to_target), model.down(to)),
                    };
                    prop_assert_eq!(plan.is_ok(), expected.is_some(), "{:?}: {:?}", deed, plan);
                    let (Ok(plan), Some(expected)) = (plan, expected) else { continue };
                    prop_assert_eq!(&plan.ahead, &Vec::<String>::new());
                    let planned: Vec<_> = plan.steps.iter().map(|it| it.migration.id.to_string()).collect();
                    prop_assert_eq!(planned, ids_of(&chain, &expected), "{:?}", deed);
                    let done = part.map_or(plan.steps.len(), |part| part.index(plan.steps.len() + 1));
                    plan.steps[..done].iter().try_for_each(|step| server.take(step))?;
                    for at in &expected[..done] {
                        if up {
                            model.applied.push(*at);
                        } else {
                            model.applied.retain(|it| it != at);
                        }
                    }
                }
                Deed::Stamp(to, purge) => {
                    let stamp = stamp(&chain, &server.history, &target(&chain, to), *purge);
                    let expected = model.stamped(to, *purge);
                    prop_assert_eq!(stamp.is_ok(), expected.is_some(), "{:?}: {:?}", deed, stamp);
                    let (Ok(stamp), Some(expected)) = (stamp, expected) else { continue };
                    server.history.records.retain(|it| !stamp.remove.contains(&it.revision));
                    for (migration, position) in stamp.insert.iter().zip(stamp.position..) {
                        server.insert(migration, position);
                    }
                    model.applied = expected;
                }
                Deed::Adopt(places) => {
                    let places: Vec<usize> = places.iter().map(|at| model.at(at)).collect();
                    let stamp: Result<_, PlanError> = adopt(&chain, &server.history, &ids_of(&chain, &places));
                    let Ok(stamp) = stamp else { return Err(TestCaseError::fail("not adopted")) };
                    prop_assert_eq!(&stamp.remove, &Vec::<String>::new());
                    for (migration, position) in stamp.insert.iter().zip(stamp.position..) {
                        server.insert(migration, position);
                    }
                    for at in 0..chain.len() {
                        let wanted = places.iter().any(|it| model.standing_on(Some(*it)).contains(&at));
                        if wanted && !model.applied.contains(&at) {
                            model.applied.push(at);
                        }
                    }
                }
            }
            let applied: Vec<_> = server.history.records.iter().map(|it| it.revision.clone()).collect();
            prop_assert_eq!(applied, ids_of(&chain, &model.applied), "{:?}", deed);
            match status(&chain, &server.history) {
                Status::Empty => prop_assert!(model.applied.is_empty()),
                Status::AtHead => prop_assert_eq!(model.applied.len(), chain.len()),
                Status::Behind { pending } => {
                    prop_assert_eq!(pending.len(), chain.len() - model.applied.len());
                    prop_assert!(!model.applied.is_empty());
                }
                other => return Err(TestCaseError::fail(other.to_string())),
            }
        }
    }
}
