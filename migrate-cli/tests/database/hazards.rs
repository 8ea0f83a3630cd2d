//! Hazards of generated revisions: told, refused, allowed, asked about.

use std::fs;

use migrate_testkit::Server;
use regex::Regex;

use crate::support::{Project, shows};

const START: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text, age numeric(8, 3), born timestamp, nick text);\n";
const CHANGED: &str = "CREATE TABLE users (id bigint PRIMARY KEY, mail text, age numeric(8, 1), born timestamp NOT NULL, code bigint, UNIQUE (code));\n";

fn project(hint: &str) -> Project {
    let project = Project::empty(hint);
    fs::write(project.home().join("schema.sql"), START).unwrap();
    let text = run(&project, "migrate revision --autogenerate -m Start --rev-id start");
    assert!(text.contains("migrations/start_start.sql"), "{text}");
    fs::write(project.home().join("schema.sql"), CHANGED).unwrap();
    project
}

fn run(project: &Project, line: &str) -> String {
    let server = Server::shared().unwrap();
    let variables = [("MIGRATE_MODELS", "schema.sql"), ("MIGRATE_DEV_URL", server.admin_url())];
    project.run_with(line, &variables)
}

const NEXT: &str = "migrate revision --autogenerate -m Next --rev-id next";

#[test]
fn what_is_not_allowed_is_refused_and_nothing_is_written() {
    let project = project("hazards");
    let mut text = run(&project, &format!("{NEXT} --allow-hazards none"));
    text.push_str(&run(&project, &format!("{NEXT} --plain --allow-hazards deletes-data,may-fail")));
    text.push_str(&run(&project, &format!("{NEXT} --allow-hazards drops-data")));
    text.push_str(&run(&project, "ls migrations"));
    shows("hazards_refused", &text);

    let json = run(&project, &format!("{NEXT} --allow-hazards lossy-cast,may-fail --json"));
    for part in [
        "\"kind\":\"hazards\"",
        "\"code\":\"deletes-data\"",
        "--allow-hazards deletes-data,lossy-cast,may-be-rename,",
    ] {
        assert!(json.contains(part), "{part}: {json}");
    }
    fs::write(project.home().join("migrate.toml"), "allow_hazards = [\"may-fail\"]\n").unwrap();
    let refused = run(&project, NEXT);
    assert!(
        refused.contains("hazards are not allowed") && refused.contains("[exit 1]"),
        "{refused}"
    );

    // What the command line says counts more, and allowed is allowed.
    let json = run(&project, &format!("{NEXT} --allow-hazards all --json"));
    assert!(!json.contains("[exit"), "{json}");
    let json = json.lines().find(|line| line.starts_with('{')).unwrap();
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    let drop = &value["hazards"][0];
    assert_eq!(drop["hazard"], "deletes-data", "{value:#}");
    let file = fs::read_to_string(project.home().join("migrations/next_next.sql")).unwrap();
    let line = usize::try_from(drop["line"].as_u64().unwrap()).unwrap();
    assert_eq!(file.lines().nth(line - 1), Some(&*format!("{};", drop["sql"].as_str().unwrap())));
    let changes = value["changes"].as_array().unwrap();
    let nick = changes.iter().find(|it| it["name"] == "users.nick").unwrap();
    assert_eq!(nick["hazards"], serde_json::json!(["deletes-data", "may-be-rename"]), "{value:#}");
}

/// Without a word about hazards, files are written as ever: a file is read before it is run.
#[test]
fn nothing_is_refused_unless_somebody_asked_for_it() {
    let project = project("open");
    let text = run(&project, NEXT);
    assert!(text.contains("migrations/next_next.sql") && !text.contains("[exit"), "{text}");
}

/// A new column whose default is another for each row does not rewrite the table.
#[test]
fn a_backfill_is_proposed() {
    let project = project("backfill");
    let more = START.replace(
        "nick text",
        "nick text, token uuid NOT NULL DEFAULT gen_random_uuid(), n int NOT NULL DEFAULT 7",
    );
    fs::write(project.home().join("schema.sql"), more).unwrap();
    let text = run(&project, &format!("{NEXT} --allow-hazards may-fail"));
    assert!(!text.contains("[exit"), "{text}");
    let read = |name: &str| {
        let text = fs::read_to_string(project.home().join("migrations").join(name)).unwrap();
        Regex::new(r"created: \S+").unwrap().replace(&text, "created: [day]").into_owned()
    };
    shows(
        "hazards_backfill",
        &format!("{}\n{}", read("next_next.sql"), read("next_online_next_online.sql")),
    );

    // The rows that are there get values, and each another one.
    let url = project.database.url();
    assert!(!run(&project, "migrate upgrade start").contains("[exit"));
    let mut client = project.database.connect().unwrap();
    client.batch_execute("INSERT INTO users (id) SELECT generate_series(1, 1000)").unwrap();
    assert!(!run(&project, &format!("migrate upgrade --database-url '{url}'")).contains("[exit"));
    let row = client.query_one("SELECT count(DISTINCT token), sum(n) FROM users", &[]).unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1000, 7000));
    assert!(!run(&project, "migrate downgrade start --yes").contains("[exit"));
}
