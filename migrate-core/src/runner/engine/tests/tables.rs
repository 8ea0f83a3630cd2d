//! Some of our own tables are missing, or something else has their names; and all of them are to go.

use super::*;

const MISSING: (&str, Say) = ("look", Fail("42P01", "missing"));
const LEFT: Say = Say::Tables(&[("migrate_statement", "S")]);

#[test]
fn what_is_missing_beside_what_is_left_is_created() {
    let script = [
        MISSING,
        ("session", LEFT),
        ("repair", Say::Ok),
        ("read", Applied("")),
        ("run a", Say::Ok),
    ];
    let events = check("a", "upgrade head", &script, "+a in 5");
    let tables =
        r#"tables: ["migrate_history", "migrate_log", "migrate_layout", "migrate_progress"]"#;
    assert!(events.starts_with(&format!("Recreated {{ {tables}, unfinished: [] }}\n")), "{events}");
}

#[test]
fn what_vanishes_again_is_not_created_for_ever() {
    let script = [
        MISSING,
        ("session", LEFT),
        ("repair", Say::Ok),
        ("read", Fail("42P01", "missing")),
        ("session", LEFT),
    ];
    let outcome = "the table \"public\".\"migrate_history\" is not a history of migrations: \
                   `migrate_history`, `migrate_log`, `migrate_layout` and `migrate_progress` are missing again right after \
                   they were created\n = help: is this the right database? If it is, put migrate's tables elsewhere: \
                   `Runner::table_prefix` or `Runner::schema`";
    check("a", "upgrade head", &script, outcome);
}

#[test]
fn another_runner_has_created_it() {
    let script = [
        MISSING,
        ("session", LEFT),
        ("repair", RAISED_HISTORY_CHANGED),
        ("rollback", Say::Ok),
        ("look", AtHead),
    ];
    check("a", "upgrade head", &script, "nothing in 5");
}

#[test]
fn what_is_not_ours_is_named_and_nothing_is_written() {
    let script =
        [MISSING, ("session", Say::Tables(&[("migrate_log", "v"), ("migrate_statement", "S")]))];
    let outcome = "migrate's tables can't be created in schema `public`: `migrate_log` is a view\n = help: is this \
                   the right database? If it is, put migrate's tables elsewhere: `Runner::table_prefix` or \
                   `Runner::schema`";
    check("a", "upgrade head", &script, outcome);
}

#[test]
fn what_a_newer_program_has_left() {
    let script =
        [MISSING, ("session", LEFT), ("repair", Fail(layout::NEWER, "9")), ("rollback", Say::Ok)];
    let outcome = format!(
        "the history's tables have layout 9, of a newer program; this one knows up to {}\n = help: run a newer \
         release of this program",
        layout::VERSION
    );
    check("a", "upgrade head", &script, &outcome);
}

#[test]
fn our_tables_are_removed() {
    check("a", "forget", &[("session", Say::Ok)], "nothing in 1");
    check("a", "forget", &[("session", LEFT), ("forget", Say::Ok)], "nothing in 2");
    // The other has ended in between.
    let script = [
        ("session", LEFT),
        ("forget", RAISED_BUSY),
        ("rollback", Say::Ok),
        ("holder", Say::Ok),
        ("session", LEFT),
        ("forget", Say::Ok),
    ];
    check("a", "forget", &script, "nothing in 6");
}

#[test]
fn nothing_is_removed_while_another_migration_runs() {
    let script =
        [("session", LEFT), ("forget", RAISED_BUSY), ("rollback", Say::Ok), ("holder", Held("7"))];
    let outcome = "another migration is running: process 7 (app) of deploy, for 00:00:12, with `x`; waited 0 s\n = \
                   help: run it again when the other one has ended; if that hangs, end it on the server: `SELECT \
                   pg_terminate_backend(pid)`";
    check("a", "forget", &script, outcome);
}
