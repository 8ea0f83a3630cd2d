//! Tests: the state of a database relative to a chain, by example.

use super::*;
use crate::plan::samples::{chain, history};

const LINE: &str = "a b:a c:b";
const MERGE: &str = "a b:a c:a m:b,c";

/// Checks the status after these revisions are applied. A divergence includes its help.
fn check(graph: &str, applied: &str, expected: &str) {
    check_edited(graph, applied, |_| {}, expected);
}

/// The same after the records were edited by hand.
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
    check(LINE, "a", "behind: `b` and `c` are pending");
    check(LINE, "a b", "behind: `c` is pending");
    check(LINE, "a b c", "at head");
    check(LINE, "a b c x", "ahead: `x` is not in this chain");
    check(LINE, "a b c x y", "ahead: `x` and `y` are not in this chain");
}

/// A role that may not read the progress of revisions does not know that none is half done.
#[test]
fn what_may_be_half_done_is_not_called_behind() {
    let check = |applied: &str, expected: &str| {
        let (chain, applied) = (chain(LINE), history(&chain(LINE), applied));
        let history = History { partials_need: Some("GRANT".into()), ..applied };
        assert_eq!(status(&chain, &history).to_string(), expected);
    };
    let unread = "not applied, and this role may not read whether one is half done";
    check("", &format!("behind or partial: `a`, `b` and `c` are {unread}"));
    check("a b", &format!("behind or partial: `c` is {unread}"));
    check("a b c", "at head");
    check("a b c x", "ahead: `x` is not in this chain");
}

#[test]
fn branches_may_be_applied_in_any_order() {
    check(MERGE, "a c", "behind: `b` and `m` are pending");
    check(MERGE, "a c b m", "at head");
    check(MERGE, "a c b m x", "ahead: `x` is not in this chain");
}

#[test]
fn a_revision_that_the_chain_does_not_have() {
    check(
        LINE,
        "a x y",
        "diverged: revision `x` (applied 2025-12-17T10:11:12.002Z by deploy) is not in this chain, \
         and the chain's own are not all applied = another branch was applied here: add its \
         revisions to this chain, or connect to the right database; on a development database, undo it: \
         `migrate downgrade --stored base`; if only the recorded id is wrong, name the \
         revision that the schema is at: `migrate stamp REVISION`",
    );
    // Nothing of this chain is applied: it is the database of another program.
    check(
        LINE,
        "x",
        "diverged: revision `x` (applied 2025-12-17T10:11:12.001Z by deploy) is not in this chain, \
         and the chain's own are not all applied = another branch was applied here: add its \
         revisions to this chain, or connect to the right database; on a development database, undo it: \
         `migrate downgrade --stored base`; if only the recorded id is wrong, name the \
         revision that the schema is at: `migrate stamp REVISION`",
    );
}

#[test]
fn a_parent_that_is_not_applied() {
    let expected = |revision: &str, at: u8, parent: &str| {
        format!(
            "diverged: revision `{revision}` (applied 2025-12-17T10:11:12.00{at}Z by deploy) is \
             applied, but its parent `{parent}` is not = somebody edited the history by hand; name the \
             revision that the schema is at: `migrate stamp REVISION`"
        )
    };
    check(LINE, "a c", &expected("c", 2, "b"));
    check(LINE, "b c", &expected("b", 1, "a"));
    check(MERGE, "a b m", &expected("m", 3, "c"));
    // A gap takes precedence over an unknown revision.
    check(LINE, "a x c", &expected("c", 3, "b"));
}

#[test]
fn another_text() {
    let seven = Digest::from_bytes([7; 32]);
    let expected = |revision: &str, what: &str, own: &str, at: u8| {
        format!(
            "diverged: revision `{revision}` was applied {what}: the database has \
             sha256:070707070707…, this chain {own} (applied 2025-12-17T10:11:12.00{at}Z by deploy) \
             = it is not pinned in chain.lock; on a development database, undo it and apply it again: \
             `migrate redo {revision}` (or only undo it: `migrate downgrade --stored {below}`); on any other \
             database, restore its file as it was",
            below = if revision == "a" { "base" } else { "a" },
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
    // The first revision that differs is the cause.
    check_edited(LINE, "a b c", other, &expected("a", "with another text", &short("a"), 1));
    check_edited(LINE, "a b c x", other, &expected("a", "with another text", &short("a"), 1));
}

/// A pinned revision has run on deployed databases, so its text has to be restored.
#[test]
fn a_pinned_revision_is_not_to_be_undone() {
    let check = |pinned: bool, parents: &[&str], expected: &str| {
        let chain = chain(LINE);
        let Some(record) = history(&chain, "a b").records.pop() else { panic!("two are applied") };
        let parents = parents.iter().map(|id| (*id).to_owned()).collect();
        let record = Box::new(Record { parents, ..record });
        let expected_digest = chain.head().digests.chain;
        let divergence =
            Divergence::Digest { record, expected: expected_digest, same_upgrade: false, pinned };
        let help = divergence.help();
        assert!(help.contains(expected), "{help}");
        assert_eq!(help.contains("migrate redo b"), !pinned, "{help}");
    };
    check(true, &["a"], "restore the text that ran");
    check(false, &["a"], "`migrate downgrade --stored a`");
    check(false, &["a", "x"], "`migrate downgrade --stored REVISION`");
}

/// The descendants of an edited revision were not edited.
#[test]
fn only_the_edited_revision_has_changed() {
    let seven = Digest::from_bytes([7; 32]);
    let check = |graph: &str, edit: &dyn Fn(&mut Vec<Record>), expected: &[&str]| {
        let chain = chain(graph);
        let ids: Vec<&str> = graph.split(' ').filter_map(|node| node.split(':').next()).collect();
        let mut history = history(&chain, &ids.join(" "));
        edit(&mut history.records);
        assert_eq!(changed(&chain, &history), expected, "{graph:?}");
    };
    let all = |records: &mut Vec<Record>| records.iter_mut().for_each(|it| it.chain = seven);
    check(LINE, &|_| {}, &[]);
    check(
        LINE,
        &|records| {
            records[0].up = seven;
            all(records);
        },
        &["a"],
    );
    check(
        MERGE,
        &|records| {
            records[2].up = seven;
            records[2].chain = seven;
            records[3].chain = seven;
        },
        &["c"],
    );
    // Two edits, one in a descendant of the other.
    check(
        LINE,
        &|records| {
            records[0].up = seven;
            records[2].up = seven;
            all(records);
        },
        &["a", "c"],
    );
    // It was moved in the chain.
    check(
        LINE,
        &|records| {
            records[2].parents = vec!["a".into()];
            records[2].chain = seven;
        },
        &["c"],
    );
    // None of its ancestors explains the difference.
    check(LINE, &|records| records[1].chain = seven, &["b"]);
}

#[test]
fn an_edited_downgrade_is_no_divergence() {
    // The downgrade did not create the schema; the runner checks it when it downgrades.
    let edit = |records: &mut Vec<Record>| records[0].down = Some(Digest::from_bytes([7; 32]));
    check_edited(LINE, "a b c", edit, "at head");
}
