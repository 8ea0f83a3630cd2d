//! What `migrate check` refuses is not applied, not written as a script and not pinned.

use std::fs;

use crate::support::{Project, shows};

const LEAVES: &str = "CREATE TABLE t_b (); CREATE TYPE mood AS ENUM ('ok');";

/// Three revisions, of which the second's downgrade forgets a type.
fn forgetful() -> Project {
    let project = Project::line("a b c");
    project.write("b", "a", LEAVES, "DROP TABLE t_b;");
    project
}

/// How many relations there are, those of the history too.
fn counted(project: &Project) -> i64 {
    let mut client = project.database.connect().unwrap();
    let query = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    client.query_one(query, &[]).unwrap().get(0)
}

#[test]
fn an_upgrade_refuses_what_a_check_refuses() {
    let project = forgetful();
    let check = project.run("migrate check");
    let problem = |text: &str| {
        let text = text.split_once('\n').unwrap().1;
        text.split("\n2>\n").next().unwrap().to_owned()
    };
    for line in [
        "migrate upgrade",
        "migrate upgrade +2",
        "migrate upgrade b",
        "migrate upgrade --dry-run",
        "migrate upgrade --backup-command 'touch saved'",
        "migrate upgrade --single-transaction",
        "migrate upgrade --sql",
        "migrate upgrade a:b --sql",
        "migrate upgrade a:+1 --sql",
        "migrate lock",
        "migrate lock --through b",
    ] {
        let said = project.run(line);
        assert_eq!(problem(&said), problem(&check), "{line}");
        assert!(said.ends_with("[exit 1]\n"), "{line}: {said}");
    }
    assert_eq!(counted(&project), 0);
    assert!(!project.home().join("saved").exists());
    assert!(!project.home().join("migrations/chain.lock").exists());
    shows(
        "an_upgrade_refuses_what_a_check_refuses",
        &project.runs(&[
            "migrate check",
            "migrate upgrade",
            "migrate upgrade --json",
            "migrate upgrade --dry-run",
            "migrate lock",
            "migrate lock --json",
            "migrate upgrade +1",
            "migrate upgrade b --sql --unchecked | grep -c mood",
            "migrate upgrade b:c --sql | grep -c t_c",
            "migrate upgrade +1 --dry-run --unchecked",
            "migrate upgrade +1 --unchecked",
            // It has run: what is still to come is right.
            "migrate upgrade",
            "migrate upgrade",
            "migrate downgrade base",
            "migrate lock --unchecked",
            "migrate check",
            // A pinned revision is not spoken of, also where a database lacks it; and the type is there still.
            "migrate upgrade",
        ]),
    );
}

#[test]
fn what_is_wrong_elsewhere_stops_nobody() {
    let project = forgetful();
    project.write("c", "b", "CREATE TABEL t_c ();", "DROP TABLE t_c;");
    shows(
        "what_is_wrong_elsewhere_stops_nobody",
        &project.runs(&[
            "migrate upgrade a",
            "migrate upgrade +1",
            "migrate upgrade b --unchecked",
            "migrate upgrade",
            "migrate downgrade b:a --sql | grep -c t_b",
            "migrate downgrade a",
            "migrate lock --from-database",
            "migrate stamp b",
            "migrate lock --from-database",
        ]),
    );
}

/// Beside a fork an upgrade says all that is wrong, as a check does.
#[test]
fn a_broken_chain_is_told_whole() {
    let project = Project::line("a b");
    project.write("c", "a", "CREATE TABEL t_c ();", "DROP TABLE t_c;");
    let said = |line: &str| project.run(line).split_once('\n').unwrap().1.to_owned();
    let check = said("migrate check");
    assert!(check.contains("2 heads") && check.contains("`TABEL`"), "{check}");
    assert_eq!(said("migrate upgrade"), check);
    assert_eq!(said("migrate upgrade --sql"), check);
    assert_eq!(said("migrate lock"), check);
    let unchecked = said("migrate upgrade --unchecked");
    assert!(unchecked.contains("2 heads") && !unchecked.contains("`TABEL`"), "{unchecked}");
}

/// A lint that is denied, and settings that nobody can read, as a check has them.
#[test]
fn settings_count() {
    let project = Project::line("a");
    project.write("b", "a", "ALTER TABLE t_a ADD COLUMN c int;", "ALTER TABLE t_a DROP COLUMN c;");
    project.write("c", "b", "ALTER TABLE t_a DROP COLUMN c;", "ALTER TABLE t_a ADD COLUMN c int;");
    project.run("migrate upgrade b && migrate lock --through b");
    let settings = project.home().join("migrate.toml");
    fs::write(&settings, "[lints]\ndrop-column = \"deny\"\n").unwrap();
    let denied = project.run("migrate upgrade");
    assert!(denied.contains("the lint `drop-column` is denied"), "{denied}");
    fs::write(&settings, "[lints]\nnothing = \"deny\"\n").unwrap();
    let unread = project.run("migrate upgrade");
    assert!(unread.contains("--> migrate.toml:2") && unread.contains("[exit 1]"), "{unread}");
    // They say where the history is, so nothing is read and nothing runs without them.
    for line in ["migrate current", "migrate upgrade --unchecked"] {
        let refused = project.run(line);
        assert!(
            refused.contains("--> migrate.toml:2") && refused.contains("[exit 1]"),
            "{refused}"
        );
    }
    fs::write(&settings, "[lints]\ndrop-column = \"deny\"\n").unwrap();
    assert_eq!(project.run("migrate current"), "$ migrate current\nb\n");
    let done = project.run("migrate upgrade --unchecked");
    assert!(done.contains("1 revision applied"), "{done}");
    // There is nothing to apply, so nothing is denied.
    let idle = project.run("migrate upgrade");
    assert!(idle.contains("2> nothing to do") && !idle.contains("[exit"), "{idle}");
}
