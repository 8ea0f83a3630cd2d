//! Pairs of schemas, as slots with a look on each side.

use std::collections::BTreeMap;
use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;

use super::parts::text;

/// What a slot looks like: each number chooses something, zero the plainest.
pub(crate) type Look = [u8; 6];

/// What can be in a schema. The numbers tell tables apart, and things in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    Enum(u8),
    Domain(u8),
    Sequence,
    Function(u8),
    Table(u8),
    Column(u8, u8),
    Key(u8),
    Unique(u8, u8),
    Check(u8, u8),
    Exclusion(u8),
    Reference(u8, u8),
    Index(u8, u8),
    Statistics(u8),
    View(u8),
    Trigger(u8),
    Policy(u8),
    Rule(u8),
}

/// A schema.
pub(crate) type Side = BTreeMap<Slot, Look>;

/// Two schemas.
#[derive(Clone)]
pub(crate) struct Pair(Side, Side);

impl Pair {
    pub(crate) fn from(&self) -> String {
        text(&self.0)
    }

    pub(crate) fn to(&self) -> String {
        text(&self.1)
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n-- from\n{}\n-- to\n{}\n", self.from(), self.to())
    }
}

/// How the second look follows from the first.
#[derive(Debug, Clone)]
enum Change {
    Same,
    One(usize, u8),
    Other(Look),
    Gone,
    New,
}

pub(crate) fn pair() -> impl Strategy<Value = Pair> {
    let look = || proptest::array::uniform6(prop_oneof![2 => Just(0_u8), 3 => 0..32_u8]);
    let change = prop_oneof![
        6 => Just(Change::Same),
        5 => (0..6_usize, 0..32_u8).prop_map(|(at, to)| Change::One(at, to)),
        1 => look().prop_map(Change::Other),
        2 => Just(Change::Gone),
        2 => Just(Change::New),
    ];
    vec((slot(), look(), change), 1..26).prop_map(|slots| {
        let (mut from, mut to) = (Side::new(), Side::new());
        for (slot, look, change) in slots {
            if from.contains_key(&slot) || to.contains_key(&slot) {
                continue;
            }
            let mut other = look;
            match change {
                Change::Same => {}
                Change::One(at, value) => other[at] = value,
                Change::Other(value) => other = value,
                Change::Gone => {
                    from.insert(slot, look);
                    continue;
                }
                Change::New => {
                    to.insert(slot, look);
                    continue;
                }
            }
            from.insert(slot, look);
            to.insert(slot, other);
        }
        Pair(from, to)
    })
}

fn slot() -> impl Strategy<Value = Slot> {
    let table = || 0..3_u8;
    prop_oneof![
        12 => (table(), 0..5_u8).prop_map(|(table, n)| Slot::Column(table, n)),
        2 => (0..2_u8).prop_map(Slot::Enum),
        2 => (0..2_u8).prop_map(Slot::Domain),
        1 => Just(Slot::Sequence),
        2 => (0..3_u8).prop_map(Slot::Function),
        1 => table().prop_map(Slot::Table),
        3 => table().prop_map(Slot::Key),
        2 => (table(), 0..2_u8).prop_map(|(table, n)| Slot::Unique(table, n)),
        2 => (table(), 0..2_u8).prop_map(|(table, n)| Slot::Check(table, n)),
        1 => table().prop_map(Slot::Exclusion),
        3 => (table(), 0..2_u8).prop_map(|(table, n)| Slot::Reference(table, n)),
        4 => (table(), 0..3_u8).prop_map(|(table, n)| Slot::Index(table, n)),
        1 => table().prop_map(Slot::Statistics),
        3 => (0..3_u8).prop_map(Slot::View),
        1 => table().prop_map(Slot::Trigger),
        1 => table().prop_map(Slot::Policy),
        1 => table().prop_map(Slot::Rule),
    ]
}
