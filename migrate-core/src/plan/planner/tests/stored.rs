//! Tests of a developer's daily work: applied revisions are edited, moved, or left on another
//! branch.

use super::*;
use crate::chain::Digest;
use crate::plan::history::{Partial, Record};
use crate::plan::planner::redo;
use crate::plan::samples;
use crate::plan::status::changed;

/// The history of these revisions, with their recorded downgrades. A revision in capitals was
/// applied with another text, one with `!` without a downgrade; `b<x` means that `b` was applied
/// after `x`.
fn stored(chain: &Chain<'_>, applied: &str) -> History {
    let names = applied.split_whitespace().map(|word| {
        let id = word.trim_end_matches('!').split('<').next().unwrap_or_default();
        id.to_lowercase()
    });
    let mut history = history(chain, &names.collect::<Vec<_>>().join(" "));
    let mut before = None;
    for (record, word) in history.records.iter_mut().zip(applied.split_whitespace()) {
        let sql = Some("SELECT 'stored';").filter(|_| !word.ends_with('!'));
        let options = crate::chain::Options::default();
        record.stored = Some(StoredDown { sql: sql.map(str::to_owned), options });
        let is_known = chain.get(&record.revision).is_some();
        let moved = word.split_once('<').map(|(_, parent)| parent.to_owned());
        if word.starts_with(char::is_uppercase) || moved.is_some() || !is_known {
            record.chain = Digest::from_bytes([9; 32]);
            if moved.is_none() {
                record.up = record.chain;
            }
            record.down = sql.map(|sql| crate::chain::section_digest(sql, true));
            record.parents = moved.or(before).into_iter().collect();
        }
        before = Some(record.revision.clone());
    }
    history
}

/// The steps. One that runs the recorded downgrade ends in `*`.
fn shown(plan: &Plan<'_>) -> String {
    let step = |step: &Step<'_>| {
        let is_stored = step.migration.source.path().ends_with("(stored downgrade)");
        format!(
            "{}{}",
            steps(&Plan { steps: vec![step.clone()], ..Plan::default() }),
            if is_stored { "*" } else { "" }
        )
    };
    plan.steps.iter().map(step).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_differs_from_the_chain_is_undone_by_what_is_stored() {
    let check = |graph: &str, applied: &str, target: &str, expected: Result<&str, &str>| {
        let chain = chain(graph);
        let history = stored(&chain, applied);
        let planned = downgrade(&chain, &history, &target.parse().unwrap_or(Target::Head));
        let found = planned.as_ref().map(shown).map_err(ToString::to_string);
        let found = found.as_ref().map(String::as_str).map_err(String::as_str);
        assert_eq!(found, expected, "downgrade {target} of {graph:?} with {applied:?} applied");
    };
    // Edited.
    check(LINE, "a b C", "-1", Ok("-c*"));
    check(LINE, "a B c", "-1", Ok("-c"));
    check(LINE, "a B c", "a", Ok("-c -b*"));
    check(LINE, "a B c", "base", Ok("-c -b* -a"));
    check(LINE, "A b c", "b", Ok("-c"));
    check(LINE, "a b c D", "head", Ok(""));
    // Moved after a revision of another branch, which is not applied.
    let moved = "a x:a b:x";
    check(moved, "a b<a", "a", Ok("-b*"));
    check(moved, "a b<a", "-1", Ok("-b*"));
    check(moved, "a b<a", "base", Ok("-b* -a"));
    // Named by the history, where the revision of this name in the chain is not applied.
    check(moved, "a b<a", "b-1", Ok("-b*"));
    check(moved, "a b<a", "x", Err("`x` is not behind: the database is at `b`"));
    check("2025_a 2025_x:2025_a", "2025_a 2024_b", "2024", Ok(""));
    check("2025_a 2025_x:2025_a", "2025_a 2024_b 2024_c", "2024_b", Ok("-2024_c*"));
    check("2025_a 2025_x:2025_a", "2025_a 2024_b 2024_c", "2024_c-2", Ok("-2024_c* -2024_b*"));
    check("2025_a 2025_x:2025_a", "2025_a 2024_b", "2024_b-2", Ok("-2024_b* -2025_a"));
    check(
        "2025_a 2025_x:2025_a",
        "2025_a 2024_b 2024_c",
        "2024",
        Err("the chain has no revision `2024`"),
    );
    // A record was deleted by hand.
    check(LINE, "a c", "a", Ok("-c"));
    check(LINE, "a c", "-1", Ok("-c"));
    // A recorded downgrade that cannot be trusted is refused, as always.
    let none =
        "the stored downgrade of revision `b` can't be used: none was stored: it can't be undone";
    check(LINE, "a B!", "-1", Err(none));
    check("a b!:a", "a b", "-1", Err("revision `b` can't be undone: it is gone"));
    check("a b!:a", "a B", "-1", Ok("-b*"));
}

#[test]
fn a_stored_text_that_was_changed_is_refused_for_what_was_edited_too() {
    let chain = chain(LINE);
    let mut history = stored(&chain, "a B");
    history.records[1].down = Some(Digest::from_bytes([1; 32]));
    let planned = downgrade(&chain, &history, &Target::Relative(-1));
    assert!(matches!(planned, Err(PlanError::RecordedDowngradeInvalid { .. })), "{planned:?}");
}

#[test]
fn down_and_up_again() {
    let check = |graph: &str, applied: &str, revision: &str, expected: Result<&str, &str>| {
        let chain = chain(graph);
        let history = stored(&chain, applied);
        let planned = redo(&chain, &history, Some(revision).filter(|it| !it.is_empty()));
        let found = planned.as_ref().map_err(|why| format!("{why} = {}", why.help()));
        let found = found.map(|redo| {
            let forward: Vec<_> = redo.forward.iter().map(ToString::to_string).collect();
            let (back, forward) = (redo.back.to_string(), forward.join(" "));
            format!("{} {} ({back}, {forward})", shown(&redo.down), steps(&redo.up))
        });
        let found = found.as_ref().map(String::as_str).map_err(String::as_str);
        assert_eq!(found, expected, "redo {revision} of {graph:?} with {applied:?} applied");
    };
    check(LINE, "a b C", "", Ok("-c* +c (b, c)"));
    check(LINE, "a b c", "", Ok("-c +c (b, c)"));
    check(LINE, "a B c", "b", Ok("-c -b* +b +c (a, c)"));
    check(LINE, "A", "a", Ok("-a* +a (base, a)"));
    check(LINE, "A b", "a", Ok("-b -a* +a +b (base, b)"));
    check("2025_a 2026_b:2025_a", "2025_a 2026_B", "2026", Ok("-2026_b +2026_b (2025_a, 2026_b)"));
    // Moved: its current ancestors are applied first.
    check("a x:a b:x", "a b<a", "", Ok("-b* +x +b (a, b)"));
    check("a x:a b:x c:b", "a b<a C", "b", Ok("-c* -b* +x +b +c (a, c)"));
    // A revision of another branch stays, or is undone with the one applied before it.
    check(MERGE, "a b c d", "d", Ok("-d +d (c, d)"));
    check(MERGE, "a b c d", "c", Ok("-d -c +c +d (b, c d)"));
    check(MERGE, "a b c d M", "m", Ok("-m* +m (-1, m)"));
    // The remaining revisions must be in the chain's form.
    let own = chain(LINE).get("b").map(|migration| migration.digests.chain.short().to_string());
    let diverged = format!(
        "the database has diverged: revision `b` was applied with another text: the database has \
         sha256:090909090909…, this chain {} (applied 2025-12-17T10:11:12.002Z by deploy) = it is not pinned in \
         chain.lock; on a development database, undo it and apply it again: `migrate redo b` (or only undo it: \
         `migrate downgrade --stored a`); on any other database, restore its file as it was",
        own.unwrap_or_default()
    );
    check(LINE, "a B c", "", Err(&diverged));
    check(
        LINE,
        "",
        "",
        Err("nothing to redo: no revision is applied = `migrate upgrade` applies the chain"),
    );
    check(
        LINE,
        "a",
        "b",
        Err("nothing to redo: revision `b` is not applied = apply it: `migrate upgrade b`"),
    );
    check(
        LINE,
        "a",
        "x9",
        Err("the chain has no revision `x9` = `migrate history` lists the revisions of the chain"),
    );
    let undo = "undo it by the downgrade that the database keeps: `migrate downgrade --stored";
    let gone = |id: &str, below: &str| {
        format!(
            "revision `{id}` is applied, but not in this chain, so it can't be applied again = {undo} {below}`; then apply what is pending: `migrate upgrade`"
        )
    };
    check(LINE, "a b x", "", Err(&gone("x", "b")));
    check(LINE, "a x", "a", Err(&gone("x", "a")));
    check(LINE, "x", "x", Err(&gone("x", "base")));
    check(
        "a b!:a",
        "a b",
        "",
        Err(
            "revision `b` can't be undone: it is gone = restore a backup, or write a new revision that repairs what is wrong",
        ),
    );
}

/// Whatever was applied and edited: a redo is planned exactly if the remaining revisions are in the
/// chain's form, and afterwards all that was applied is, too.
#[test]
fn a_redo_ends_as_the_chain_has_it() {
    for graph in [LINE, MERGE] {
        let chain = chain(graph);
        let ids: Vec<&str> = chain.migrations().iter().map(|one| one.id.as_str()).collect();
        for count in 1..=ids.len() {
            for edited in 0..1_usize << count {
                let word = |at: usize| match edited & (1 << at) {
                    0 => ids[at].to_owned(),
                    _ => ids[at].to_uppercase(),
                };
                let applied: Vec<String> = (0..count).map(word).collect();
                let history = stored(&chain, &applied.join(" "));
                for at in 0..count {
                    let what = format!("redo {} with {applied:?} applied", ids[at]);
                    let planned = redo(&chain, &history, Some(ids[at]));
                    let stays_edited = edited & ((1 << at) - 1) != 0;
                    let Ok(planned) = planned else {
                        assert!(stays_edited, "{what}: {planned:?}");
                        continue;
                    };
                    assert!(!stays_edited, "{what}");
                    // The commands named by the plan do what the plan says.
                    let down = downgrade(&chain, &history, &planned.back);
                    assert_eq!(down.as_ref(), Ok(&planned.down), "{what}");
                    let mut left = history.clone();
                    for step in &planned.down.steps {
                        left.records.retain(|it| it.revision != step.migration.id.as_str());
                    }
                    let mut steps = Vec::new();
                    for target in &planned.forward {
                        let up = upgrade(&chain, &left, target).map(|plan| plan.steps);
                        for step in up.unwrap_or_default() {
                            let id = step.migration.id.to_string();
                            let one = samples::history(&chain, &id).records;
                            left.records.extend(
                                one.into_iter()
                                    .map(|record| Record { position: step.position, ..record }),
                            );
                            steps.push(step);
                        }
                    }
                    assert_eq!(steps, planned.up.steps, "{what}");
                    assert_eq!(changed(&chain, &left), [""; 0], "{what}");
                    let all = left.records.iter().map(|record| record.revision.as_str());
                    assert!(all.eq(ids[..count].iter().copied()), "{what}");
                }
            }
        }
    }
}

/// A half done revision is not applied, and has to be completed.
#[test]
fn what_is_half_done_is_not_redone() {
    let chain = samples::chain("a b:a");
    let mut history = stored(&chain, "a");
    let applied = redo(&chain, &history, Some("b")).map(|_| ());
    assert_eq!(applied, Err(PlanError::NotApplied { revision: "b".into() }));
    history.partials.push(Partial {
        revision: "b".into(),
        direction: Direction::Up,
        done: 0,
        in_doubt: true,
        is_running: false,
        digest: None,
    });
    let half_done = redo(&chain, &history, Some("b")).map(|_| ()).map_err(|why| why.help());
    let help = "finish it: `migrate upgrade b` finds out whether that statement ran, and continues";
    assert!(half_done.as_ref().is_err_and(|it| it.starts_with(help)), "{half_done:?}");
}
