//! Tests of plans, by example: a chain, the applied revisions, the command, and the expected steps.

mod stored;

use super::*;
use crate::plan::history::StoredDown;
use crate::plan::samples::{chain, history};

/// Plans `upgrade TARGET` or `downgrade TARGET`. Steps are written as `+id` and `-id`, and an error
/// as its text, ` = ` and its help.
fn check(graph: &str, applied: &str, command: &str, expected: Result<&str, &str>) {
    let chain = chain(graph);
    let history = history(&chain, applied);
    let planned = plan(&chain, &history, command);
    let shown = planned.as_ref().map(steps).map_err(|e| format!("{e} = {}", e.help()));
    let shown = shown.as_ref().map(String::as_str).map_err(String::as_str);
    assert_eq!(shown, expected, "{command} of {graph:?} with {applied:?} applied");
}

fn plan<'c>(
    chain: &'c Chain<'static>,
    history: &History,
    command: &str,
) -> Result<Plan<'c>, PlanError> {
    let (direction, target) = command.split_once(' ').unwrap_or((command, ""));
    let target = target.parse().unwrap_or(Target::Head);
    match direction {
        "upgrade" => upgrade(chain, history, &target),
        _ => downgrade(chain, history, &target),
    }
}

fn steps(plan: &Plan<'_>) -> String {
    let step = |step: &Step<'_>| match step.direction {
        Direction::Up => format!("+{}", step.migration.id),
        Direction::Down => format!("-{}", step.migration.id),
    };
    plan.steps.iter().map(step).collect::<Vec<_>>().join(" ")
}

const LINE: &str = "a b:a c:b d:c";
/// Two branches from `b`, merged by `m`, and one more revision.
const MERGE: &str = "a b:a c:b d:b m:c,d z:m";

#[test]
fn upgrades_along_a_line() {
    check(LINE, "", "upgrade head", Ok("+a +b +c +d"));
    check(LINE, "", "upgrade heads", Ok("+a +b +c +d"));
    check(LINE, "a b", "upgrade head", Ok("+c +d"));
    check(LINE, "a b c d", "upgrade head", Ok(""));
    check(LINE, "a", "upgrade +2", Ok("+b +c"));
    check(LINE, "", "upgrade +0", Ok(""));
    check(LINE, "", "upgrade b", Ok("+a +b"));
    check(LINE, "a", "upgrade a", Ok(""));
    check(LINE, "a", "upgrade b+1", Ok("+b +c"));
    check(LINE, "a", "upgrade d-1", Ok("+b +c"));
    check(LINE, "a", "upgrade b+0", Ok("+b"));
}

#[test]
fn upgrades_in_a_chain_with_a_merge() {
    check(MERGE, "", "upgrade head", Ok("+a +b +c +d +m +z"));
    check(MERGE, "", "upgrade d", Ok("+a +b +d"));
    check(MERGE, "a b d", "upgrade head", Ok("+c +m +z"));
    check(MERGE, "a b d", "upgrade m", Ok("+c +m"));
    check(MERGE, "a b", "upgrade +1", Ok("+c"));
    check(MERGE, "a b d", "upgrade c", Ok("+c"));
}

#[test]
fn downgrades_along_a_line() {
    check(LINE, "a b c", "downgrade base", Ok("-c -b -a"));
    check(LINE, "", "downgrade base", Ok(""));
    check(LINE, "a b c", "downgrade -1", Ok("-c"));
    check(LINE, "a b c", "downgrade -3", Ok("-c -b -a"));
    check(LINE, "a b c", "downgrade -0", Ok(""));
    check(LINE, "a b c", "downgrade a", Ok("-c -b"));
    check(LINE, "a b c", "downgrade c", Ok(""));
    check(LINE, "a b c", "downgrade a+1", Ok("-c"));
    check(LINE, "a b c", "downgrade b-1", Ok("-c -b"));
    check(LINE, "a b c", "downgrade a-1", Ok("-c -b -a"));
}

#[test]
fn downgrades_undo_in_the_opposite_order_of_application() {
    check(MERGE, "a b c d m", "downgrade b", Ok("-m -d -c"));
    check(MERGE, "a b d c m", "downgrade b", Ok("-m -c -d"));
    check(MERGE, "a b d c m", "downgrade -2", Ok("-m -c"));
    // Being at `c` means that the other branch is not applied.
    check(MERGE, "a b c d m", "downgrade c", Ok("-m -d"));
    check(MERGE, "a b d c m", "downgrade c", Ok("-m -d"));
    check(MERGE, "a b c d m z", "downgrade m", Ok("-z"));
}

#[test]
fn a_revision_may_be_named_by_its_beginning() {
    let graph = "2025a_users 2025b_posts:2025a_users 2025ab:2025b_posts";
    check(graph, "", "upgrade 2025b", Ok("+2025a_users +2025b_posts"));
    check(graph, "", "upgrade 2025a_", Ok("+2025a_users"));
    check(graph, "", "upgrade 2025a_+1", Ok("+2025a_users +2025b_posts"));
    check(
        graph,
        "",
        "upgrade 2025a",
        Err("`2025a` may mean `2025a_users` and `2025ab` = write more of the id"),
    );
    // A full id takes precedence over a prefix of a longer one.
    check("a1 a:a1", "a1 a", "downgrade a1", Ok("-a"));
}

#[test]
fn an_id_with_a_hyphen_and_a_number_is_an_id() {
    let graph = "2025-01 2025-02:2025-01 2025-12:2025-02 v1-1:2025-12 v1:v1-1";
    check(graph, "", "upgrade 2025-12", Ok("+2025-01 +2025-02 +2025-12"));
    check(graph, "", "upgrade 2025-01", Ok("+2025-01"));
    check(graph, "", "upgrade 2025-02-1", Ok("+2025-01"));
    check(graph, "", "upgrade 2025-01+1", Ok("+2025-01 +2025-02"));
    // If this were `v1` and one back, it would be the same here, and another revision elsewhere.
    check(graph, "", "upgrade v1-1", Ok("+2025-01 +2025-02 +2025-12 +v1-1"));
    check("a-1 b:a-1", "a-1 b", "downgrade a-1", Ok("-b"));
}

#[test]
fn targets_that_the_chain_does_not_have() {
    let help = "`migrate history` lists the revisions of the chain";
    check(LINE, "", "upgrade x9", Err(&format!("the chain has no revision `x9` = {help}")));
    check(LINE, "a", "downgrade x9", Err(&format!("the chain has no revision `x9` = {help}")));
    check(
        "users posts:users",
        "",
        "upgrade usres",
        Err("the chain has no revision `usres` = did you mean `users`?"),
    );
    let help = "the chain is not that long; name a revision, head or base";
    check(LINE, "a", "upgrade +4", Err(&format!("`+4` goes beyond the chain = {help}")));
    check(LINE, "", "upgrade d+1", Err(&format!("`d+1` goes beyond the chain = {help}")));
    check(LINE, "", "upgrade a-1", Err(&format!("`a-1` goes beyond the chain = {help}")));
    check(LINE, "a b", "downgrade -3", Err(&format!("`-3` goes beyond the chain = {help}")));
    check(LINE, "a b", "downgrade b-3", Err(&format!("`b-3` goes beyond the chain = {help}")));
    let nothing = "nothing to downgrade: no revision is applied = `migrate status` shows where the database is";
    check(LINE, "", "downgrade -1", Err(nothing));
}

#[test]
fn the_wrong_way() {
    let check_up = |applied: &str, target: &str, current: &str| {
        let expected = format!(
            "`{target}` is not ahead: the database is at `{current}` = \
             to go back, use a downgrade: `migrate downgrade {target}`"
        );
        check(LINE, applied, &format!("upgrade {target}"), Err(&expected));
    };
    check_up("a b c", "b", "c");
    check_up("a b c", "base", "c");
    check_up("a b c", "-1", "c");
    check_up("", "base", "base");
    let check_down = |applied: &str, target: &str, current: &str| {
        let expected = format!(
            "`{target}` is not behind: {current} = \
             to go on, use an upgrade: `migrate upgrade {target}`"
        );
        check(LINE, applied, &format!("downgrade {target}"), Err(&expected));
    };
    check_down("a b", "c", "the database is at `b`");
    check_down("a b", "head", "the database is at `b`");
    check_down("a b", "+1", "the database is at `b`");
    check_down("", "a", "no revision is applied");
}

#[test]
fn what_can_not_be_undone_stops_the_whole_downgrade() {
    let graph = "a b!:a c:b";
    check(graph, "a b c", "downgrade -1", Ok("-c"));
    let expected = "revision `b` can't be undone: it is gone = \
                    restore a backup, or write a new revision that repairs what is wrong";
    check(graph, "a b c", "downgrade -2", Err(expected));
    check(graph, "a b c", "downgrade base", Err(expected));
}

#[test]
fn a_database_that_is_ahead() {
    let plan_of = |command| {
        let chain = chain(LINE);
        let applied = history(&chain, "a b c d new newer");
        plan(&chain, &applied, command).map(|plan| (steps(&plan), plan.ahead))
    };
    let ahead = vec!["new".to_owned(), "newer".to_owned()];
    assert_eq!(plan_of("upgrade head"), Ok((String::new(), ahead)));
    let expected = PlanError::UnknownApplied { revision: "newer".into() };
    assert!(expected.help().starts_with("a newer release applied it: run that release, or add"));
    assert_eq!(plan_of("downgrade -1"), Err(expected.clone()));
    assert_eq!(plan_of("downgrade d"), Err(expected.clone()));
    assert_eq!(plan_of("downgrade base"), Err(expected));
    check(
        LINE,
        "a b c d new",
        "upgrade d",
        Err("`d` is not ahead: the database is at `new` = \
             to go back, use a downgrade: `migrate downgrade d`"),
    );
}

#[test]
fn what_the_chain_does_not_have_is_undone_by_what_is_stored() {
    let check = |applied: &str, command: &str, expected: Result<&str, &str>| {
        let chain = chain(LINE);
        let mut history = history(&chain, applied);
        let mut before = "d".to_owned();
        for record in &mut history.records {
            let sql = Some("SELECT 'undone';").filter(|_| record.revision != "stuck");
            let options = crate::chain::Options::default();
            record.stored = Some(StoredDown { sql: sql.map(str::to_owned), options });
            if chain.get(&record.revision).is_none() {
                record.down = sql.map(|sql| crate::chain::section_digest(sql, true));
                record.parents = vec![before];
            }
            before = record.revision.clone();
        }
        let planned = plan(&chain, &history, command);
        let shown = planned.as_ref().map(steps).map_err(ToString::to_string);
        let shown = shown.as_ref().map(String::as_str).map_err(String::as_str);
        assert_eq!(shown, expected, "{command} with {applied:?} applied");
    };
    check("a b c d x y", "downgrade -1", Ok("-y"));
    check("a b c d x y", "downgrade x", Ok("-y"));
    check("a b c d x y", "downgrade d", Ok("-y -x"));
    check("a b c d x y", "downgrade head", Ok("-y -x"));
    check("a b x y", "downgrade head", Err("`head` is not behind: the database is at `y`"));
    check("a b c d x y", "downgrade b", Ok("-y -x -d -c"));
    check("a b c d x y", "downgrade base", Ok("-y -x -d -c -b -a"));
    // Another branch was deployed: its revisions are undone, so that the rest can follow.
    check("a b x y", "downgrade b", Ok("-y -x"));
    check("a b x y", "downgrade -2", Ok("-y -x"));
    let stuck = "the stored downgrade of revision `stuck` can't be used: none was stored: it can't be undone";
    check("a b c d x stuck", "downgrade d", Err(stuck));
    check("a b c d stuck y", "downgrade -1", Ok("-y"));
    check("a b c d x y", "downgrade z", Err("the chain has no revision `z`"));
}

#[test]
fn a_database_that_has_diverged_gets_no_plan() {
    for command in ["upgrade head", "upgrade b", "upgrade +1", "downgrade base", "downgrade -1"] {
        for applied in ["a x", "a c"] {
            let chain = chain(LINE);
            let planned = plan(&chain, &history(&chain, applied), command);
            assert!(matches!(planned, Err(PlanError::Diverged(_))), "{command}: {planned:?}");
        }
    }
}

#[test]
fn each_step_knows_the_history_that_it_starts_from() {
    let check =
        |graph: &str, applied: &str, command: &str, expected: &[(&str, i64, usize, &str)]| {
            let chain = chain(graph);
            let mut history = history(&chain, applied);
            // Positions may have gaps, where revisions were undone.
            history.records.iter_mut().for_each(|record| record.position *= 10);
            let planned = plan(&chain, &history, command).unwrap_or_default();
            let found = planned.steps.iter().map(|step| {
                (
                    step.migration.id.as_str(),
                    step.position,
                    step.count,
                    step.last.as_deref().unwrap_or("-"),
                )
            });
            assert_eq!(found.collect::<Vec<_>>(), expected, "{command} of {graph:?}");
        };
    check(LINE, "", "upgrade b", &[("a", 1, 0, "-"), ("b", 2, 1, "a")]);
    check(LINE, "a b", "upgrade d", &[("c", 21, 2, "b"), ("d", 22, 3, "c")]);
    check(LINE, "a b c", "downgrade a", &[("c", 30, 3, "c"), ("b", 20, 2, "b")]);
    // It is undone below a revision that stays, which therefore still is the last one.
    check(MERGE, "a b d c", "downgrade c", &[("d", 30, 4, "c")]);
    check(MERGE, "a b d", "upgrade m", &[("c", 31, 3, "d"), ("m", 32, 4, "c")]);
}

#[test]
fn texts_of_the_errors_that_the_engine_adds() {
    let check = |error: PlanError, text: &str, help: &str| {
        assert_eq!((error.to_string().as_str(), error.help().as_str()), (text, help));
    };
    check(
        PlanError::Ahead { unknown: vec!["x".into(), "y".into()] },
        "the database is ahead: `x` and `y` are not in this chain",
        "a newer release applied it: run that release",
    );
}
