//! Splits the way from one catalog to another into parts that can be deployed one after the other, each as a revision.

use std::collections::BTreeSet;

use super::definitions::behind_extensions;
use super::lossless_renames::settled;
use super::online_phase::held_back;
use super::privileges::{only_in, with_privileges_of};
use super::{Script, Step, enum_labels, write};
use crate::schema::catalog::{Catalog, Difference};

/// How to write it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Everything in one transaction, as far as PostgreSQL can: no `CONCURRENTLY`, and no `NOT
    /// VALID` that is validated later.
    pub plain: bool,
    /// Privileges and owners, too, are to be as in the second catalog; both were read with them.
    pub grants: bool,
}

/// The way from one catalog to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// In the order in which they are upgraded; none is empty.
    pub parts: Vec<Part>,
    /// What the upgrades leave as it is, with the reason.
    pub unwritten: Vec<Difference>,
    /// What the downgrades leave as it is, although the upgrades change it.
    pub not_undone: Vec<Difference>,
}

/// A part of the way, and the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Why it is a part of its own.
    pub kind: PartKind,
    /// There.
    pub up: Section,
    /// And back.
    pub down: Section,
}

/// Why a part is one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// Labels of enums, which can't be used in the transaction that adds them.
    EnumValues,
    /// All that one transaction can do.
    Main,
    /// What would keep others from tables for as long as it takes to read them.
    Online,
}

/// The statements of one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Does it run in a transaction?
    pub transaction: bool,
    /// In the order in which they run.
    pub steps: Vec<Step>,
}

/// The way from one catalog to another in at most three parts: the labels of enums that the next
/// part uses, what goes into one transaction, and what keeps others from tables if it does.
///
/// Where the first catalog was read with privileges, what is dropped and made again gets back its own,
/// and its owner. Privileges of the second catalog are not looked at, unless [`Options::grants`] is set.
///
/// ```
/// use migrate_core::schema::catalog::{Catalog, Enum, Name};
/// use migrate_core::schema::diff::{Options, PartKind, propose};
///
/// let mut wanted = Catalog::default();
/// let labels = vec!["sad".to_owned(), "ok".to_owned()];
/// wanted.enums.insert(Name::new("public", "mood"), Enum { labels, comment: None });
///
/// let proposal = propose(&Catalog::default(), &wanted, &Options::default());
/// let [part] = &*proposal.parts else { panic!("{proposal:?}") };
/// assert_eq!(part.kind, PartKind::Main);
/// assert_eq!(part.up.steps[0].sql, "CREATE TYPE mood AS ENUM ('sad', 'ok')");
/// assert_eq!(part.down.steps[0].sql, "DROP TYPE mood");
/// ```
#[must_use]
pub fn propose(from: &Catalog, to: &Catalog, options: &Options) -> Proposal {
    let (untold, kept);
    let to = if options.grants {
        untold = BTreeSet::new();
        to
    } else {
        untold = only_in(to, from);
        kept = with_privileges_of(to, from);
        &kept
    };
    let held = if options.plain {
        to.clone()
    } else {
        held_back(&behind_extensions(settled(from, to).0, to), to)
    };
    let labelled = enum_labels::with_used(from, &held);
    let mut proposal = Proposal::default();
    let ways = [
        (PartKind::EnumValues, from, &labelled),
        (PartKind::Main, &labelled, &held),
        (PartKind::Online, &held, to),
    ];
    for (kind, before, after) in ways {
        let online = kind == PartKind::Online;
        let (up, down) =
            (write(before, after, online, &untold), write(after, before, online, &untold));
        proposal.unwritten.extend(up.unwritten.iter().cloned());
        let again = |it: &Difference| {
            up.unwritten.iter().any(|up| up.kind == it.kind && up.name == it.name)
        };
        proposal.not_undone.extend(down.unwritten.iter().filter(|it| !again(it)).cloned());
        if up.steps.is_empty() && down.steps.is_empty() {
            continue;
        }
        let section = |script: Script, transaction| {
            let steps = script.steps.into_iter().map(Step::unprinted).collect();
            Section { transaction, steps }
        };
        let up = section(up, kind == PartKind::Main);
        let down = section(down, !online);
        proposal.parts.push(Part { kind, up, down });
    }
    proposal
}
