//! What messages say of a database: that advice fits the cause, and names what can be done.

use std::fs;

use crate::support::Project;

/// What is said must have these parts.
#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

#[test]
fn only_the_edited_revision_is_called_changed() {
    let project = Project::line("a b c");
    project.run("migrate upgrade");
    project.write("a", "", "CREATE TABLE t_a (id int);", "DROP TABLE t_a;");
    let status = project.run("migrate status");
    says(
        &status,
        &["changed  a  -  Make a\n", "applied  b  -  Make b\n", "applied  c  -  Make c\n"],
    );
    says(&status, &["revision `a` was applied with another text"]);
    says(&status, &["`migrate redo a`", "`migrate downgrade --stored base`"]);
    // A stamp forgets nothing that is right, and says what it has not done.
    let stamped = project.run("migrate stamp c --yes");
    says(
        &stamped,
        &[
            "warning: recorded 3 revisions (`a` to `c`) again, as this chain has them, without running their SQL",
        ],
    );
    says(&project.run("migrate verify"), &["3 digests verified"]);
}

#[test]
fn one_wrong_id_is_put_right_by_a_plain_stamp() {
    let project = Project::line("a b c");
    project.run("migrate upgrade");
    let before = project.run("migrate status --json");
    let file = project.file("c");
    let text = fs::read_to_string(&file).unwrap().replace("-- revision: c", "-- revision: c2");
    fs::write(&file, text).unwrap();
    let status = project.run("migrate status");
    says(
        &status,
        &["unknown  c ", "name the revision that the schema is at: `migrate stamp REVISION`"],
    );
    let stamped = project.run("migrate stamp c2 --yes");
    says(&stamped, &["unstamped c\nstamped c2\n", "1 revision unstamped, 1 revision stamped"]);
    says(
        &stamped,
        &["the schema was not compared with the chain: `migrate check --drift` does that"],
    );
    assert!(before.contains("\"current\":[\"c\"]"), "{before}");
    says(&project.run("migrate verify"), &["3 digests verified"]);
}

#[test]
fn what_another_tool_has_made_is_to_be_adopted() {
    let project = Project::line("a b");
    let mut client = project.database.connect().unwrap();
    client
        .batch_execute(
            "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY); \
             INSERT INTO alembic_version VALUES ('b'); CREATE TABLE t_a (); CREATE TABLE t_b ();",
        )
        .unwrap();
    let advice = "Alembic has migrated this database (see `alembic_version`); record what it has applied: \
                  `migrate adopt --from alembic`";
    let failed = project.run("migrate upgrade");
    says(
        &failed,
        &["relation \"t_a\" already exists", "note: the revision was rolled back", advice],
    );
    assert!(!failed.contains("migrate stamp"), "{failed}");
    says(&project.run("migrate upgrade --json"), &["\"kind\":\"statement\"", advice]);

    let adopted = project.run("migrate adopt --from alembic --no-compare");
    says(&adopted, &["app@db.example:5432/app is at b (head)\n", "the schema was not compared"]);
    says(
        &adopted,
        &[
            "`alembic_version` of app@db.example:5432/app lists 1 version; the table was not changed",
        ],
    );
    says(
        &project.run("migrate adopt --from alembic --no-compare --json"),
        &["\"current\":[{\"revision\":\"b\""],
    );
    says(&project.run("migrate verify"), &["2 digests verified"]);

    // The chain has other ids than the tool.
    client.batch_execute("UPDATE alembic_version SET version_num = 'x'").unwrap();
    project.run("migrate stamp base --yes");
    let import = "if this is the right database, bring its migrations into the chain (`migrate import alembic FOLDER`)";
    says(&project.run("migrate upgrade"), &["Alembic has migrated this database", import]);
    // Nobody else was here.
    client.batch_execute("DROP TABLE alembic_version").unwrap();
    says(
        &project.run("migrate upgrade"),
        &["another tool or a person created it", "`migrate stamp REVISION`"],
    );
}

#[test]
fn a_host_that_nobody_knows() {
    let project = Project::line("a");
    let lines = [
        "migrate current --database-url postgres://app@nobody.invalid/app",
        "migrate upgrade --database-url postgres://app@nobody.invalid/app",
    ];
    for line in lines {
        let said = project.run(line);
        says(&said, &["the host name `nobody.invalid` can't be resolved: ", "DNS"]);
        assert!(!said.contains("listen_addresses"), "{said}");
    }
}

#[test]
fn a_url_without_its_scheme() {
    let project = Project::line("a");
    for url in ["app:geheim@host/db", "app:geheim@host/db?sslmode=require"] {
        let said = project.run(&format!("migrate current --database-url '{url}'"));
        let said = said.split_once('\n').unwrap().1;
        says(said, &["its scheme is missing: a URL begins with `postgres://`"]);
        assert!(!said.contains("geheim"), "{said}");
    }
}

#[test]
fn a_file_of_variables_that_nobody_has_named() {
    let project = Project::line("a");
    let status = "env -u DATABASE_URL migrate status";
    says(&project.run(status), &["nothing says which database", "set DATABASE_URL"]);
    let url = project.database.url().to_owned();
    fs::write(project.home().join(".env"), format!("DATABASE_URL={url}\n")).unwrap();
    let advice = "`.env` is only read when it is asked for: add `--env-file`";
    let said = project.run(status);
    says(&said, &["nothing says which database", advice, "[exit 2]"]);
    says(&project.run(&format!("{status} --json")), &["\"kind\":\"no-database\"", advice]);
    says(&project.run(&format!("{status} --env-file")), &["status: empty"]);
    fs::write(project.home().join("other.env"), "OTHER=1\n").unwrap();
    let other = project.run(&format!("{status} --env-file=other.env"));
    says(&other, &["`other.env` doesn't set DATABASE_URL"]);
}
