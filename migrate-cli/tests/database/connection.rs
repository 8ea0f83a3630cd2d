//! Which database a command finds, and what it says when it can't use it. No password shows anywhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use migrate_testkit::{Database, postgres};

use crate::support::{Project, shows};

/// A password that would be noticed.
const PASSWORD: &str = "geh3im";

/// A role that may log in with the password; dropped with the value.
struct Role<'d> {
    name: String,
    database: &'d Database,
    host: String,
    port: String,
}

impl<'d> Role<'d> {
    /// The role, and what it may do.
    fn new(database: &'d Database, grants: &[&str]) -> Self {
        let config: postgres::Config = database.url().parse().unwrap();
        let host = match &config.get_hosts()[0] {
            postgres::config::Host::Tcp(host) => host.clone(),
            postgres::config::Host::Unix(folder) => folder.display().to_string(),
        };
        let port = config.get_ports()[0].to_string();
        let name = format!("{}_role", database.name().trim_start_matches("migrate_test_"));
        let mut client = database.connect().unwrap();
        let sql = format!("CREATE ROLE \"{name}\" LOGIN PASSWORD '{PASSWORD}'");
        client.batch_execute(&sql).unwrap();
        for grant in grants {
            client.batch_execute(&format!("GRANT {grant} TO \"{name}\"")).unwrap();
        }
        Role { name, database, host, port }
    }

    /// The variables by which psql would connect as it.
    fn variables(&self) -> Vec<(&str, &str)> {
        vec![
            ("PGHOST", &self.host),
            ("PGPORT", &self.port),
            ("PGUSER", &self.name),
            ("PGDATABASE", self.database.name()),
            // It goes before them, unless it is empty.
            ("DATABASE_URL", ""),
        ]
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        let sql = format!("DROP OWNED BY \"{name}\" CASCADE; DROP ROLE \"{name}\"");
        // A failed test tells more than what it left here.
        let _ = self.database.connect().map(|mut client| client.batch_execute(&sql));
    }
}

#[test]
fn no_database() {
    let project = Project::line("a");
    let nobody = format!("postgres://app:{PASSWORD}@127.0.0.1:1/app");
    let text = project.runs(&[
        "env -u DATABASE_URL migrate status",
        "env -u DATABASE_URL migrate status --json",
        "env -u DATABASE_URL migrate check",
        &format!("migrate current --database-url '{nobody}'"),
        &format!("migrate current --database-url '{nobody}' --json"),
        "migrate current --database-url 'mysql://app@localhost/app'",
        "DATABASE_URL= PGPORT=none PGHOST=localhost migrate current",
    ]);
    shows("no_database", &text.replace(PASSWORD, "[password]"));
    for line in text.lines().filter(|line| !line.starts_with("$ ")) {
        assert!(!line.contains(PASSWORD), "{line}");
    }
}

#[test]
fn the_variables_of_psql_and_its_file_of_passwords() {
    let project = Project::line("a b");
    project.run("migrate upgrade a");
    let role = Role::new(&project.database, &["SELECT ON migrate_history, migrate_progress"]);
    let mut variables = role.variables();
    let without = project.run_with("migrate current", &variables);

    let file = project.home().join(".pgpass");
    fs::write(&file, format!("*:*:*:{}:{PASSWORD}\n", role.name)).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(project.run_with("migrate current", &variables), "$ migrate current\na\n");
    // psql does not read one that others can read.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let ignored = project.run_with("migrate current", &variables);
    assert!(ignored.contains("2> warning: "), "{ignored}");
    fs::remove_file(&file).unwrap();

    variables.push(("PGPASSWORD", "wr0ng"));
    let wrong = project.run_with("migrate current", &variables);
    // Where the server asks for no password, none is wrong.
    if !without.ends_with("\na\n") {
        assert!(wrong.contains("[exit 1]") && wrong.contains(" = help: "), "{wrong}");
    }
    variables.push(("PGPASSWORD", PASSWORD));
    assert_eq!(project.run_with("migrate current", &variables), "$ migrate current\na\n");
    for text in [without, ignored, wrong] {
        assert!(!text.contains(PASSWORD) && !text.contains("wr0ng"), "{text}");
    }
}

#[test]
fn a_file_of_variables_is_read_when_it_is_named() {
    let project = Project::line("a");
    let url = project.database.url().to_owned();
    let write = |name: &str, text: &str| fs::write(project.home().join(name), text).unwrap();
    write(".env", &format!("# for development\nDATABASE_URL='{url}'\n"));
    write("other.env", &format!("export DATABASE_URL=\"{url}\"\n"));
    write("broken.env", &format!("DATABASE_URL=postgres://app:{PASSWORD} @localhost\n"));
    let text = project.runs(&[
        "unset DATABASE_URL; migrate current",
        "unset DATABASE_URL; migrate current --env-file",
        "unset DATABASE_URL; migrate upgrade --env-file=other.env",
        "unset DATABASE_URL; migrate current --env-file=broken.env",
        "unset DATABASE_URL; migrate current --env-file=none.env",
        "unset DATABASE_URL; migrate downgrade base --env-file --quiet",
        "DATABASE_URL=postgres://app@127.0.0.1:1/app migrate current --env-file",
    ]);
    shows("a_file_of_variables_is_read_when_it_is_named", &text);
}

#[test]
fn a_role_that_may_only_read() {
    let project = Project::line("a b");
    project.run("migrate upgrade a");
    let grants = ["SELECT ON migrate_history, migrate_log", "USAGE ON SCHEMA public"];
    let role = Role::new(&project.database, &grants);
    let mut variables = role.variables();
    variables.push(("PGPASSWORD", PASSWORD));
    let lines = [
        "migrate current",
        "migrate status --exit-code",
        "migrate verify",
        "migrate log -n 1",
        "migrate upgrade --dry-run",
        "migrate upgrade",
        "migrate upgrade --json",
        "migrate stamp b",
        "migrate downgrade -1",
    ];
    let text: Vec<String> = lines.iter().map(|line| project.run_with(line, &variables)).collect();
    let place = format!("{}@{}:{}/app", role.name, role.host, role.port);
    let text = text.join("\n").replace(&place, "reader@db.example:5432/app");
    shows("a_role_that_may_only_read", &text.replace(&role.name, "reader"));
}

#[test]
fn another_place_for_the_history() {
    let project = Project::line("a");
    shows(
        "another_place_for_the_history",
        &project.runs(&[
            "migrate upgrade --schema ops --table-prefix chain_",
            "migrate current",
            "migrate current --schema ops --table-prefix chain_",
            "migrate current --table-prefix 'a$b'",
            "migrate downgrade base --schema ops --table-prefix chain_",
        ]),
    );
}
