//! Databases that other tools have made: here their tables are made by hand; `tests/elsewhere` has the tools.

use std::fs;

use crate::support::{Project, shows};

/// A project of three revisions whose database another tool has brought to the second.
fn project(table: &str) -> Project {
    let project = Project::empty("adopt");
    project.write(
        "1",
        "",
        "CREATE TABLE users (id integer CONSTRAINT pk_users PRIMARY KEY, mail text);",
        "DROP TABLE users;",
    );
    project.write("2", "1", "CREATE INDEX ix_mail ON users (mail);", "DROP INDEX ix_mail;");
    project.write("3", "2", "CREATE TABLE posts ();", "DROP TABLE posts;");
    let mut client = project.database.connect().unwrap();
    client.batch_execute("CREATE TABLE users (id integer CONSTRAINT pk_users PRIMARY KEY, mail text); CREATE INDEX ix_mail ON users (mail);").unwrap();
    client.batch_execute(table).unwrap();
    project
}

const DIESEL: &str = "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY NOT NULL, run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP); \
    INSERT INTO __diesel_schema_migrations VALUES ('1'), ('2');";

#[test]
fn what_another_tool_has_applied_is_taken_over() {
    let project = project(DIESEL);
    shows(
        "taken_over",
        &runs(
            &project,
            &[
                "migrate status",
                "migrate adopt --from sqlx",
                "migrate adopt --from diesel --dry-run",
                "migrate current",
                "migrate adopt --from diesel",
                "migrate current",
                "migrate adopt --from diesel --json",
                "migrate upgrade",
                "migrate adopt --from diesel",
                "migrate log --limit 3",
                "migrate adopt --from diesel --dir .",
                "migrate adopt --from goose --json",
            ],
        ),
    );
    let mut client = project.database.connect().unwrap();
    let kept = client.query_one("SELECT count(*) FROM __diesel_schema_migrations", &[]).unwrap();
    assert_eq!(kept.get::<_, i64>(0), 2);
}

#[test]
fn a_database_that_differs_is_not_taken_over_unless_it_is_accepted() {
    let project = project(DIESEL);
    let mut client = project.database.connect().unwrap();
    client
        .batch_execute("ALTER TABLE users RENAME CONSTRAINT pk_users TO users_pkey; ALTER INDEX ix_mail RENAME TO users_mail_idx")
        .unwrap();
    let names = runs(
        &project,
        &[
            "migrate adopt --from diesel --dry-run",
            "migrate adopt --from diesel --rename-constraints --dry-run",
            "migrate adopt --from diesel --rename-constraints",
            "migrate adopt --from diesel",
        ],
    );
    client.batch_execute("ALTER TABLE users ADD COLUMN extra text").unwrap();
    let drift = runs(
        &project,
        &[
            "migrate adopt --from diesel",
            "migrate adopt --from diesel --json",
            "migrate adopt --from diesel --accept-drift",
            "printf '[lints]\\ndrop-column = \"deny\"\\n' > migrate.toml; migrate adopt --from diesel --accept-drift -q",
            "migrate adopt --from diesel --accept-drift --json -q 2> /dev/null | grep -o '\"problems\".*'",
            "migrate adopt --from diesel --no-compare",
        ],
    );
    shows("what_differs", &without_ids(&format!("{names}\n{drift}")));
}

/// The revision that is printed makes one of both, whether it is run where something is already or where it is not.
#[test]
fn what_only_the_database_has_can_be_kept() {
    let project = project(DIESEL);
    let mut client = project.database.connect().unwrap();
    client
        .batch_execute(
            "ALTER TABLE users ADD COLUMN extra text DEFAULT 'x', ADD CONSTRAINT ck CHECK (id > 0); DROP INDEX ix_mail;
             CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE notes (id serial PRIMARY KEY, user_id integer REFERENCES users, mood mood);
             CREATE VIEW v AS SELECT id FROM notes; CREATE INDEX ix_extra ON users (extra) WHERE extra IS NOT NULL;
             CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
             CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f(); COMMENT ON TABLE notes IS 'by hand'",
        )
        .unwrap();
    let other = migrate_testkit::Server::shared().unwrap().database("kept").unwrap();
    let file = "migrations/9_kept.sql";
    let mut text = runs(
        &project,
        &[
            &format!(
                "migrate adopt --from diesel --accept-drift -q > kept.sql; mv kept.sql {file}"
            ),
            "migrate check",
            "migrate upgrade",
            "migrate check --drift",
        ],
    );
    for line in ["upgrade", "check --drift"] {
        let line = format!("migrate {line} --database-url '{}'", other.url());
        text.push_str(&runs(&project, &[&line]));
    }
    assert_eq!(text.matches("is what the chain builds").count(), 2, "{text}");
    let file = fs::read_to_string(project.home().join(file)).unwrap();
    for part in ["DROP ", "todo"] {
        assert!(!file.contains(part), "{part}: {file}");
    }
    assert!(file.contains("CREATE INDEX IF NOT EXISTS ix_mail"), "{file}");
    let kept = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'extra'";
    assert_eq!(other.connect().unwrap().query_one(kept, &[]).unwrap().get::<_, i64>(0), 1);
}

#[test]
fn what_does_not_fit_is_told() {
    let project = project("CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL);
        INSERT INTO _sqlx_migrations VALUES (1, 'make 1', now(), true, sha384('CREATE TABLE other ();'), 1), (3, 'make 3', now(), false, sha384('CREATE TABLE posts ();'), 1), (7, 'x', now(), true, '', 1);
        CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.goose_db_version (x integer); CREATE TABLE b.goose_db_version (x integer);");
    fs::create_dir(project.home().join("old")).unwrap();
    fs::write(project.home().join("old/1_make_1.sql"), "CREATE TABLE other ();").unwrap();
    shows(
        "what_does_not_fit",
        &runs(
            &project,
            &[
                "migrate adopt --from sqlx",
                "migrate adopt --from sqlx --dir old",
                "migrate adopt --from goose",
                "migrate adopt --from goose --version-table b.goose_db_version",
                "migrate adopt --from goose --version-table nowhere.goose_db_version",
                "migrate current",
            ],
        ),
    );
}

#[test]
fn mistakes_that_people_make() {
    let project = Project::line("1 2");
    let adopt = "migrate adopt --from alembic";
    let mut shown = runs(&project, &[adopt]);
    let mut client = project.database.connect().unwrap();
    for (text, lines) in [
        ("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)", [adopt].as_slice()),
        // Made by a newer folder than the chain was imported from.
        ("INSERT INTO alembic_version VALUES ('3')", &[adopt]),
        // The tables are in another database.
        (
            "UPDATE alembic_version SET version_num = '2'",
            &[adopt, "migrate import sqlx migrations --to new"],
        ),
        // The chain was run, too: nothing is left to do.
        (
            "CREATE TABLE t_1 (); CREATE TABLE t_2 ()",
            &[adopt, adopt, "migrate adopt --from alembic --version-table t_1"],
        ),
        // Alembic has gone back.
        ("UPDATE alembic_version SET version_num = '1'", &[adopt, "migrate status"]),
    ] {
        client.batch_execute(text).unwrap();
        shown.push('\n');
        shown.push_str(&runs(&project, lines));
    }
    shows("mistakes_in_adoption", &shown);
}

/// Runs lines in turn; the scratch databases are on the server of the tests.
fn runs(project: &Project, lines: &[&str]) -> String {
    let run = |line: &&str| project.run_with(line, &[("MIGRATE_DEV_URL", project.database.url())]);
    lines.iter().map(run).collect::<Vec<_>>().join("\n")
}

/// goose adds a row for each way; what counts is the last one. What it does later is noticed.
#[test]
fn goose_has_gone_back_and_on() {
    let project = project(
        "CREATE TABLE goose_db_version (id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, version_id bigint NOT NULL, \
         is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now());
         INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (2, true), (3, true), (3, false)",
    );
    let before = runs(&project, &["migrate adopt --from goose", "migrate status --json"]);
    let mut client = project.database.connect().unwrap();
    client
        .batch_execute(
            "INSERT INTO goose_db_version (version_id, is_applied) VALUES (3, true), (4, true)",
        )
        .unwrap();
    let after =
        runs(&project, &["migrate status", "migrate status --json", "migrate adopt --from goose"]);
    shows("goose_goes_on", &format!("{before}\n{after}"));
}

/// Alembic names the heads alone; its table may be in another schema.
#[test]
fn two_heads_of_alembic() {
    let project = Project::empty("heads");
    project.write("a", "", "CREATE TABLE t_a ();", "DROP TABLE t_a;");
    project.write("b", "a", "CREATE TABLE t_b ();", "DROP TABLE t_b;");
    project.write("c", "a", "CREATE TABLE t_c ();", "DROP TABLE t_c;");
    project.write("m", "b, c", "CREATE TABLE t_m ();", "DROP TABLE t_m;");
    let mut client = project.database.connect().unwrap();
    client
        .batch_execute(
            "CREATE TABLE t_a (); CREATE TABLE t_b (); CREATE TABLE t_c (); CREATE SCHEMA app; \
             CREATE TABLE app.alembic_version (version_num varchar(32) NOT NULL); \
             INSERT INTO app.alembic_version VALUES ('b'), ('c')",
        )
        .unwrap();
    shows(
        "two_heads_of_alembic",
        &runs(&project, &["migrate adopt --from alembic", "migrate upgrade", "migrate status"]),
    );
}

/// Without the ids of revisions that are made up, and their dates.
fn without_ids(text: &str) -> String {
    let id = regex::Regex::new(r"\b\d{14}_[0-9a-f]{4}").unwrap();
    let day = regex::Regex::new(r"created: \d{4}-\d\d-\d\d").unwrap();
    day.replace_all(&id.replace_all(text, "[id]"), "created: [day]").into_owned()
}
