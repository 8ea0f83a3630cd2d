//! What `migrate.toml` says of databases: two chains in one, environments, limits.

use std::fs;

use crate::support::{Project, shows};

const SETTINGS: &str = "lock_timeout = \"3s\"

[chain.migrations]
table_prefix = \"app_\"

[chain.billing]
table_prefix = \"billing_\"

[env.staging]
database_url_env = \"STAGING_URL\"

[env.tenant]
schema = \"tenant\"
statement_timeout = \"10min\"
";

fn project() -> Project {
    let project = Project::line("a b");
    let home = project.home();
    fs::write(home.join("migrate.toml"), SETTINGS).unwrap();
    fs::create_dir(home.join("billing")).unwrap();
    let text = "-- revision: x\n-- message: Make x\n\n-- migrate:up\nCREATE TABLE bill (id int);\n\
                -- migrate:allow(missing): the other chain has it\nCREATE VIEW bills AS SELECT count(*) FROM bill, t_a;\n\n-- migrate:down\nDROP VIEW bills;\nDROP TABLE bill;\n";
    fs::write(home.join("billing/x_make_x.sql"), text).unwrap();
    project
}

#[test]
fn two_chains_in_one_database() {
    let project = project();
    let mut text = project.runs(&[
        "migrate upgrade a",
        "migrate -d billing upgrade",
        "migrate status",
        "migrate -d billing status",
        // What the other one has created is no drift, whichever needs the other.
        "migrate check --drift",
        "migrate -d billing check --drift",
        "migrate upgrade",
        "migrate -d billing check --drift",
    ]);
    let mut client = project.database.connect().unwrap();
    client.batch_execute("CREATE TABLE by_hand ()").unwrap();
    text.push('\n');
    text.push_str(&project.run("migrate -d billing check --drift"));
    fs::write(
        project.home().join("migrate.toml"),
        SETTINGS.replace("[chain.billing]", "[chain.other]"),
    )
    .unwrap();
    text.push('\n');
    text.push_str(&project.run("migrate check --drift"));
    shows("two_chains_in_one_database", &text);
    let tables = client
        .query_one("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relname ~ '_history$'", &[])
        .unwrap();
    assert_eq!(tables.get::<_, &str>(0), "app_history billing_history");
}

#[test]
fn environments() {
    let project = project();
    let url = project.database.url().to_owned();
    let mut text = project.runs(&[
        "migrate --env staging status",
        "migrate --env nowhere status",
        "migrate upgrade --sql --env tenant | grep -o \"SET[^;]*_timeout[^;]*\" | sort -u",
        "migrate upgrade --sql --lock-timeout 1s | grep -o \"SET[^;]*_timeout[^;]*\" | sort -u",
        "migrate upgrade a --env tenant --schema other",
        "migrate current --env tenant",
        "migrate current --env tenant --schema other",
    ]);
    text.push('\n');
    text.push_str(&project.run_with("migrate --env staging current", &[("STAGING_URL", &url)]));
    fs::write(
        project.home().join("migrate.toml"),
        "schema = 1\n[env.a]\nscheme = \"b\"\ndev_url_env = \"postgres://secret@x\"\n",
    )
    .unwrap();
    text.push('\n');
    text.push_str(&project.runs(&["migrate status", "migrate history"]));
    shows("environments", &text);
    assert!(!text.contains("secret"), "{text}");
}
