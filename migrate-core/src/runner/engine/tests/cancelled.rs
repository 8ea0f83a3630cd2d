//! Runs that were told to stop, and whose statement was cancelled then.

use super::failing::fails;
use super::*;

/// The one who told the run to stop has cancelled the statement.
#[test]
fn what_was_cancelled_on_purpose_has_not_failed() {
    let cancelled = || Fail("57014", "canceling statement due to user request");
    let check = |failure: Say, marker: u64, applied: &'static str, outcome: &str| {
        let script = [
            ("look", NotAtHead),
            ("read", Applied("")),
            ("run a b c", failure),
            ("rollback", ProgressMarker(marker)),
            ("read", Applied(applied)),
        ];
        fails("upgrade head", &script, outcome);
    };
    let stopped =
        |what: &str| format!("stopped at your request: {what}\n = help: run it again to continue");
    check(cancelled(), 2, "", &stopped("`a` was rolled back"));
    check(cancelled(), 6, "a", &stopped("`a` is done, `b` was rolled back"));
    check(cancelled(), 9, "a b", &stopped("2 revisions are done, up to `b`, `c` was rolled back"));
    // Of a limit this is told, also when somebody has just told the run to stop.
    let limit = "canceling statement due to statement timeout";
    check(
        Fail("57014", limit),
        2,
        "",
        &format!(
            "upgrade of `a` failed: {limit} (SQLSTATE 57014)
 --> migrations/a.sql:7:3
  |
7 |   SELECT a2;
  |   ^^^^^^^^^^ statement 2 of 3
  = note: the revision was rolled back
  = help: it took longer than statement_timeout, or somebody cancelled it; allow more time: `-- migrate:up \
             statement_timeout:10min`"
        ),
    );
}
