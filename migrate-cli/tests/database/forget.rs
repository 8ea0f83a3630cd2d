//! Start over: the history was dropped by hand, or is to go.

use crate::support::{Project, shows};

fn execute(project: &Project, sql: &str) {
    project.database.connect().unwrap().batch_execute(sql).unwrap();
}

/// The classic of everybody who starts over.
#[test]
fn the_history_was_dropped_by_hand() {
    let project = Project::line("a b");
    project.run("migrate upgrade");
    execute(&project, "DROP TABLE migrate_history");
    let mut text = project.runs(&["migrate status", "migrate upgrade"]);
    execute(&project, "DROP TABLE migrate_history");
    text.push('\n');
    text.push_str(&project.runs(&["migrate stamp head", "migrate verify", "migrate log"]));
    execute(&project, "DROP TABLE migrate_history, t_a, t_b");
    text.push('\n');
    text.push_str(&project.run("migrate upgrade --json"));
    shows("the_history_was_dropped_by_hand", &text);
}

/// The layout of the others is not known then; nobody has to hear of each thing that is there already.
#[test]
fn the_layout_was_dropped_by_hand() {
    let project = Project::line("a b");
    project.run("migrate upgrade a");
    execute(&project, "DROP TABLE migrate_layout");
    shows(
        "the_layout_was_dropped_by_hand",
        &project.runs(&["migrate status", "migrate upgrade --yes"]),
    );
}

#[test]
fn what_has_the_names_of_our_tables_and_is_something_else() {
    let project = Project::line("a");
    execute(&project, "CREATE VIEW migrate_log AS SELECT 1; CREATE TABLE migrate_progress (n int)");
    shows(
        "what_has_the_names_of_our_tables",
        &project.runs(&[
            "migrate status",
            "migrate upgrade",
            "migrate upgrade --json",
            "migrate stamp head",
            "migrate forget",
            "migrate upgrade --table-prefix own_",
            "migrate forget --table-prefix own_ --json",
        ]),
    );
}

#[test]
fn all_of_our_tables_are_removed() {
    let project = Project::line("a b");
    let mut text = project.run("migrate forget");
    project.run("migrate upgrade");
    text.push('\n');
    text.push_str(&project.runs(&[
        "migrate forget --dry-run",
        "migrate forget --dry-run --json",
        "migrate forget --yes",
        "migrate forget --json",
        "migrate status",
        "migrate stamp head",
        "migrate verify",
        "migrate forget --json",
    ]));
    shows("all_of_our_tables_are_removed", &text);
}
