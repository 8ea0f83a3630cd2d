//! The loop of a developer's day: apply, edit or move what was applied, and apply it again.

use std::fs;

use crate::support::{Project, shows};

#[test]
fn an_edited_revision_is_applied_again() {
    let project = Project::line("a b c");
    project.run("migrate upgrade");
    project.write("b", "a", "CREATE TABLE other ();", "DROP TABLE other;");
    shows(
        "an_edited_revision_is_applied_again",
        &project.runs(&[
            "migrate status",
            "migrate upgrade",
            "migrate downgrade -1",
            "migrate redo",
            "migrate redo b --dry-run",
            "migrate redo b --dry-run --json",
            "migrate redo b",
            "migrate verify",
            "migrate redo --json",
            "migrate redo x",
            "migrate downgrade a",
            "migrate redo b",
            "migrate downgrade base",
            "migrate redo",
        ]),
    );
    assert_eq!(tables(&project), "");
}

/// The command that the message of a fork proposes, after the revision was applied.
#[test]
fn a_revision_that_was_moved_is_applied_again() {
    let project = Project::line("a b");
    project.run("migrate upgrade");
    project.write("x", "a", "CREATE TABLE t_x ();", "DROP TABLE t_x;");
    shows(
        "a_revision_that_was_moved_is_applied_again",
        &project.runs(&[
            "migrate check",
            "migrate rebase b --onto x",
            "migrate status",
            "migrate redo b",
            "migrate status",
        ]),
    );
    assert_eq!(tables(&project), "t_a t_b t_x");
}

#[test]
fn the_downgrade_that_the_database_keeps() {
    let project = Project::line("a b c");
    project.run("migrate upgrade");
    project.write("b", "a", "CREATE TABLE other ();", "DROP TABLE other;");
    shows(
        "the_downgrade_that_the_database_keeps",
        &project.runs(&["migrate downgrade --stored a --dry-run", "migrate downgrade --stored a"]),
    );
    assert_eq!(tables(&project), "t_a");
}

/// A pinned revision has run on databases that matter.
#[test]
fn a_pinned_revision_is_to_be_restored() {
    let project = Project::line("a b");
    project.run("migrate upgrade");
    let theirs = Project::line("a b");
    theirs.write("b", "a", "CREATE TABLE other ();", "DROP TABLE other;");
    theirs.run("migrate lock");
    let status = format!("migrate -d {}/migrations status", theirs.home().display());
    let status = project.run(&status);
    assert!(status.contains("restore the text that ran"), "{status}");
    assert!(!status.contains(" redo "), "{status}");
}

/// What fails on the way up leaves a database that an upgrade brings on.
#[test]
fn a_redo_that_stops_halfway() {
    let project = Project::line("a b");
    project.run("migrate upgrade");
    project.write("b", "a", "CREATE TABLE t_a ();", "DROP TABLE t_a;");
    // Nothing is undone for what a check refuses.
    shows(
        "a_redo_that_stops_halfway",
        &project.runs(&[
            "migrate redo",
            "migrate current",
            "migrate redo --unchecked",
            "migrate redo --unchecked --json",
            "migrate current",
        ]),
    );
    project.write("b", "a", "CREATE TABLE t_b ();", "DROP TABLE t_b;");
    project.run("migrate upgrade b");
    assert_eq!(tables(&project), "t_a t_b");
}

/// What nobody can undo by the text that is kept, a person has to undo.
#[test]
fn a_stored_downgrade_that_fails() {
    let project = Project::line("a");
    project.write("b", "a", "CREATE TABLE t_b ();", "DROP TABLE wrong;");
    project.run("migrate upgrade --unchecked");
    project.write("b", "a", "CREATE TABLE t_b (id int);", "DROP TABLE t_b;");
    shows("a_stored_downgrade_that_fails", &project.run("migrate redo"));
    let mut client = project.database.connect().unwrap();
    client.batch_execute("DROP TABLE t_b").unwrap();
    project.runs(&["migrate stamp a --yes", "migrate upgrade"]);
    assert_eq!(tables(&project), "t_a t_b");
}

/// A revision of another branch of the repository is undone, and the chain's own follow.
#[test]
fn another_branch_was_applied() {
    let project = Project::line("a x");
    project.run("migrate upgrade");
    fs::remove_file(project.file("x")).unwrap();
    project.write("b", "a", "CREATE TABLE t_b ();", "DROP TABLE t_b;");
    shows(
        "another_branch_was_applied",
        &project.runs(&[
            "migrate upgrade",
            "migrate redo",
            "migrate downgrade --stored a",
            "migrate upgrade",
        ]),
    );
    assert_eq!(tables(&project), "t_a t_b");
}

/// The tables but ours.
fn tables(project: &Project) -> String {
    let sql = "SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class \
               WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'migrate%'";
    project.database.connect().unwrap().query_one(sql, &[]).unwrap().get(0)
}
