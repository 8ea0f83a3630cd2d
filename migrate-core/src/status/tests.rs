//! How a database stands to a chain, by example.

use super::*;
use crate::samples::{chain, history};

const LINE: &str = "a b:a c:b";
const MERGE: &str = "a b:a c:a m:b,c";

/// What the applied revisions of a chain come to; a divergence with its help.
fn check(graph: &str, applied: &str, expected: &str) {
    check_edited(graph, applied, |_| {}, expected);
}

/// The same, after somebody has edited the records by hand.
fn check_edited(graph: &str, applied: &str, edit: impl Fn(&mut Vec<Record>), expected: &str) {
    let chain = chain(graph);
    let mut history = history(&chain, applied);
    edit(&mut history.records);
    let shown = match status(&chain, &history) {
        Status::Diverged(divergence) => format!("diverged: {divergence} = {}", divergence.help()),
        status => status.to_string(),
    };
    assert_eq!(shown, expected, "{graph:?} with {applied:?} applied");
}

#[test]
fn on_the_way() {
    check(LINE, "", "empty: no revision is applied");
    check(LINE, "a", "behind: `b` and `c` to come");
    check(LINE, "a b", "behind: `c` to come");
    check(LINE, "a b c", "at head");
    check(LINE, "a b c x", "ahead: `x` is not in this chain");
    check(LINE, "a b c x y", "ahead: `x` and `y` are not in this chain");
}

#[test]
fn branches_may_be_applied_in_any_order() {
    check(MERGE, "a c", "behind: `b` and `m` to come");
    check(MERGE, "a c b m", "at head");
    check(MERGE, "a c b m x", "ahead: `x` is not in this chain");
}

#[test]
fn a_revision_that_the_chain_does_not_have() {
    check(
        LINE,
        "a x y",
        "diverged: revision `x` (applied 2025-12-17T10:11:12.002Z by deploy) is not in this chain, \
         and the chain's own are not all applied = another branch was deployed here: bring its \
         revisions into this chain, or point at the right database; if only its id is wrong: `migrate stamp --purge REVISION`",
    );
    // Nothing of this chain at all: another program's database.
    check(
        LINE,
        "x",
        "diverged: revision `x` (applied 2025-12-17T10:11:12.001Z by deploy) is not in this chain, \
         and the chain's own are not all applied = another branch was deployed here: bring its \
         revisions into this chain, or point at the right database; if only its id is wrong: `migrate stamp --purge REVISION`",
    );
}

#[test]
fn a_parent_that_is_not_applied() {
    let expected = |revision: &str, at: u8, parent: &str| {
        format!(
            "diverged: revision `{revision}` (applied 2025-12-17T10:11:12.00{at}Z by deploy) is \
             applied, but its parent `{parent}` is not = the history was edited by hand: stamp the \
             revision that the schema is at"
        )
    };
    check(LINE, "a c", &expected("c", 2, "b"));
    check(LINE, "b c", &expected("b", 1, "a"));
    check(MERGE, "a b m", &expected("m", 3, "c"));
    // A gap goes before a revision that nobody knows.
    check(LINE, "a x c", &expected("c", 3, "b"));
}

#[test]
fn another_text() {
    let seven = Digest::from_bytes([7; 32]);
    let expected = |revision: &str, what: &str, own: &str, at: u8| {
        format!(
            "diverged: revision `{revision}` was applied {what}: the database has \
             sha256:070707070707…, this chain {own} (applied 2025-12-17T10:11:12.00{at}Z by deploy) \
             = the text that ran is not the text of this chain: run the release that was deployed, \
             or bring its text back; if the database is right, stamp it: `migrate stamp REVISION`"
        )
    };
    let short = |id: &str| {
        let digest = chain(LINE).get(id).map(|migration| migration.digests.chain.short());
        digest.map(|digest| digest.to_string()).unwrap_or_default()
    };
    check_edited(
        LINE,
        "a b",
        |records| records[1].chain = seven,
        &expected("b", "on top of other revisions", &short("b"), 2),
    );
    let other = |records: &mut Vec<Record>| {
        for record in records {
            (record.up, record.chain) = (seven, seven);
        }
    };
    // The first that differs is where it went wrong.
    check_edited(LINE, "a b c", other, &expected("a", "with another text", &short("a"), 1));
    check_edited(LINE, "a b c x", other, &expected("a", "with another text", &short("a"), 1));
}

#[test]
fn an_edited_downgrade_is_no_divergence() {
    // It is not what the schema was made by; the runner asks about it when it goes down.
    let edit = |records: &mut Vec<Record>| records[0].down = Some(Digest::from_bytes([7; 32]));
    check_edited(LINE, "a b c", edit, "at head");
}
