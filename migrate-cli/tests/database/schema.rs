//! The schema as a file: written, and compared with what the chain builds.

use std::fs;
use std::path::Path;

use migrate_testkit::Server;

use crate::support::{Project, shows};

fn project(hint: &str, up: &str) -> Project {
    let project = Project::empty(hint);
    project.write("a", "", up, "DROP TABLE orders; DROP TABLE users; DROP TYPE mood;");
    project
}

const UP: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id bigint PRIMARY KEY, email varchar(300) NOT NULL UNIQUE, mood mood);
COMMENT ON TABLE users IS 'who may log in';
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE);
CREATE INDEX orders_user ON orders (user_id);";

fn run(project: &Project, line: &str) -> String {
    let server = Server::shared().unwrap();
    project.run_with(line, &[("MIGRATE_DEV_URL", server.admin_url())])
}

fn read(project: &Project, name: &str) -> String {
    fs::read_to_string(project.home().join(name)).unwrap()
}

#[test]
fn each_format_has_the_schema() {
    let project = project("formats", UP);
    let mut text = String::new();
    for format in ["sql", "mermaid", "dot", "json"] {
        let line = format!("migrate schema dump --format {format}");
        text.push_str(&run(&project, &line));
    }
    text.push_str(&run(&project, "migrate schema dump -o schema.html"));
    text.push_str(&run(&project, "migrate schema dump -o schema.txt"));
    text.push_str(&run(&project, "migrate schema dump -o none/schema.sql"));
    text.push_str(&run(&project, "migrate schema dump --format mermaid --json"));
    shows("schema_formats", &text);
    let page = read(&project, "schema.html");
    for part in ["<!doctype html>", "who may log in", "ON DELETE CASCADE", "varchar(300)"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // What is written can be read back: nothing is to do.
    run(&project, "migrate schema dump -o schema.sql");
    let again = run(&project, "migrate revision --autogenerate -m Again --models schema.sql");
    assert!(again.contains("nothing to do"), "{again}");
    // A database that has the chain has the same, without the books.
    assert!(!run(&project, "migrate upgrade").contains("[exit"));
    let url = project.database.url();
    let live = run(&project, &format!("migrate schema dump --database-url '{url}' -o live.sql"));
    assert!(live.contains("live.sql"), "{live}");
    assert_eq!(read(&project, "live.sql"), read(&project, "schema.sql"));
}

#[test]
fn a_stale_file_fails_the_check() {
    let project = project("stale", UP);
    let mut text = String::new();
    for file in ["schema.sql", "schema.html", "schema.json", "schema.mmd"] {
        fs::write(project.home().join("migrate.toml"), format!("schema_file = \"{file}\"\n"))
            .unwrap();
        let steps = ["migrate check", &format!("migrate schema dump -o {file}"), "migrate check"];
        steps.iter().for_each(|line| text.push_str(&run(&project, line)));
    }
    project.write(
        "a",
        "",
        &format!("{UP}\nALTER TABLE users ADD locale text;"),
        "DROP TABLE orders; DROP TABLE users; DROP TYPE mood;",
    );
    for file in ["schema.sql", "schema.html", "schema.json", "schema.mmd"] {
        fs::write(project.home().join("migrate.toml"), format!("schema-file = '{file}'\n"))
            .unwrap();
        text.push_str(&run(&project, "migrate check"));
    }
    shows("schema_stale", &text);

    // Another text of the same schema is not stale; what is no SQL is.
    let toml = project.home().join("migrate.toml");
    fs::write(toml, "schema_file = \"schema.sql\"\n").unwrap();
    run(&project, "migrate schema dump -o schema.sql");
    let same = read(&project, "schema.sql").replace("-- users\n", "-- the users\n");
    fs::write(project.home().join("schema.sql"), &same).unwrap();
    assert!(run(&project, "migrate check").contains("schema.sql is what the chain builds"));
    fs::write(project.home().join("schema.sql"), format!("<<<<<<< ours\n{same}")).unwrap();
    let text = run(&project, "migrate check");
    assert!(text.contains("it does not build a schema") && text.contains("[exit 1]"), "{text}");
    assert!(text.contains("schema.sql:1:1"), "{text}");
}

/// The chain of a real product. The text is the same on every version of the server.
#[test]
fn a_real_chain_as_sql() {
    let project = Project::empty("actorhub");
    let chain = Path::new(env!("CARGO_MANIFEST_DIR")).join("../actorhub-schema/migrations");
    let text = run(&project, &format!("migrate -d '{}' schema dump", chain.display()));
    assert!(!text.contains("warning"), "{text}");
    shows("schema_actorhub", text.split_once('\n').unwrap().1);
}
