//! `migrate test`: mistakes that only rows show, found in ActorHub's chain, and correct revisions that pass.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use migrate_testkit::Server;

use crate::support::{Project, shows};

/// A type that is too small: the column, the type, and the type that it had.
const NARROWED: [(&str, &str, &str, &str); 29] = [
    ("users", "email", "varchar(20)", "varchar(255)"),
    ("users", "hashed_password", "varchar(60)", "varchar(255)"),
    ("users", "first_name", "varchar(10)", "varchar(100)"),
    ("users", "avatar_url", "varchar(100)", "text"),
    ("users", "phone_number", "varchar(10)", "varchar(20)"),
    ("users", "billing_email", "varchar(64)", "varchar(255)"),
    ("api_keys", "name", "varchar(30)", "varchar(100)"),
    ("api_keys", "key_hash", "varchar(32)", "varchar(64)"),
    ("api_keys", "rate_limit", "smallint", "integer"),
    ("identities", "display_name", "varchar(50)", "varchar(255)"),
    ("identities", "bio", "varchar(200)", "text"),
    ("identities", "total_licenses", "smallint", "integer"),
    ("actor_packs", "description", "varchar(140)", "text"),
    ("actor_packs", "quality_score", "real", "double precision"),
    ("listings", "title", "varchar(80)", "varchar(255)"),
    ("listings", "slug", "varchar(20)", "varchar(100)"),
    ("listings", "view_count", "smallint", "integer"),
    ("licenses", "project_name", "varchar(99)", "varchar(255)"),
    ("licenses", "price_usd", "numeric(6,2)", "double precision"),
    ("transactions", "description", "varchar(120)", "text"),
    ("usage_logs", "endpoint", "varchar(100)", "varchar(255)"),
    ("usage_logs", "response_time_ms", "smallint", "integer"),
    ("notifications", "title", "varchar(40)", "varchar(255)"),
    ("audit_logs", "user_agent", "varchar(64)", "text"),
    ("webhook_events", "event_id", "varchar(30)", "varchar(255)"),
    ("webhook_events", "attempts", "smallint", "integer"),
    ("subscriptions", "identities_limit", "smallint", "integer"),
    ("payouts", "amount", "integer", "double precision"),
    ("payouts", "failure_reason", "varchar(255)", "text"),
];

/// Columns with NULLs.
const NOT_NULL: [(&str, &str); 15] = [
    ("users", "first_name"),
    ("users", "clerk_user_id"),
    ("users", "tier"),
    ("api_keys", "expires_at"),
    ("identities", "legal_name"),
    ("actor_packs", "identity_id"),
    ("listings", "category"),
    ("licenses", "valid_until"),
    ("transactions", "license_id"),
    ("usage_logs", "identity_id"),
    ("notifications", "read_at"),
    ("audit_logs", "user_id"),
    ("webhook_events", "headers"),
    ("subscriptions", "amount"),
    ("payouts", "fee"),
];

/// Tables with rows, and a column without a default.
const ADDED: [(&str, &str); 5] = [
    ("users", "locale text"),
    ("listings", "language varchar(5)"),
    ("transactions", "tax_usd numeric(10,2)"),
    ("payouts", "approved_by uuid"),
    ("webhook_events", "received_at timestamptz"),
];

/// Columns with duplicates.
const UNIQUE: [(&str, &str); 12] = [
    ("users", "phone_number"),
    ("users", "stripe_customer_id"),
    ("api_keys", "user_id"),
    ("identities", "user_id"),
    ("listings", "identity_id"),
    ("licenses", "licensee_id"),
    ("transactions", "stripe_charge_id"),
    ("usage_logs", "endpoint"),
    ("audit_logs", "request_id"),
    ("webhook_events", "event_type"),
    ("subscriptions", "user_id"),
    ("payouts", "status"),
];

/// What old rows do not obey.
const CHECKS: [(&str, &str); 13] = [
    ("users", "email LIKE '%@%'"),
    ("users", "role IN ('user', 'admin')"),
    ("api_keys", "rate_limit >= 0"),
    ("listings", "avg_rating BETWEEN 0 AND 5"),
    ("licenses", "valid_until > valid_from"),
    ("licenses", "price_usd > 0"),
    ("licenses", "currency ~ '^[A-Z]{3}$'"),
    ("transactions", "amount_usd >= 0"),
    ("usage_logs", "length(country_code) = 2"),
    ("usage_logs", "faces_detected >= 0"),
    ("notifications", "title <> ''"),
    ("subscriptions", "amount >= 0"),
    ("payouts", "net_amount <= amount"),
];

/// Keys to rows that are not there.
const KEYS: [(&str, &str, &str); 7] = [
    ("usage_logs", "requester_id", "users (id)"),
    ("audit_logs", "resource_id", "identities (id)"),
    ("users", "tier", "new_parents (code)"),
    ("licenses", "currency", "new_parents (code)"),
    ("usage_logs", "country_code", "new_parents (code)"),
    ("subscriptions", "stripe_price_id", "new_parents (code)"),
    ("notifications", "action_url", "new_parents (code)"),
];

/// Casts that fail for some values.
const CASTS: [(&str, &str, &str, &str); 8] = [
    ("users", "tier", "integer", "varchar(20)"),
    ("users", "phone_number", "bigint", "varchar(20)"),
    ("api_keys", "last_used_ip", "inet", "varchar(50)"),
    ("usage_logs", "ip_address", "inet", "varchar(50)"),
    ("listings", "category", "uuid", "varchar(100)"),
    ("webhook_events", "event_type", "notificationtype", "varchar(100)"),
    ("identities", "bio", "jsonb", "text"),
    ("transactions", "status", "boolean", "varchar(20)"),
];

/// Downgrades that lose something without a word.
const LOSSES: [(&str, &str); 11] = [
    ("ALTER TABLE users DROP COLUMN avatar_url;", "ALTER TABLE users ADD COLUMN avatar_url text;"),
    ("ALTER TABLE identities DROP COLUMN bio;", "ALTER TABLE identities ADD COLUMN bio text;"),
    ("UPDATE users SET first_name = lower(first_name);", "SELECT 1;"),
    ("UPDATE listings SET tags = NULL;", "SELECT 1;"),
    ("UPDATE users SET last_name = trim(last_name);", "SELECT 1;"),
    ("DELETE FROM notifications WHERE read_at IS NULL;", "SELECT 1;"),
    (
        "ALTER TABLE licenses ALTER COLUMN valid_from TYPE date;",
        "ALTER TABLE licenses ALTER COLUMN valid_from TYPE timestamp;",
    ),
    (
        "ALTER TABLE transactions ALTER COLUMN amount_usd TYPE numeric(20,2);",
        "ALTER TABLE transactions ALTER COLUMN amount_usd TYPE double precision;",
    ),
    (
        "ALTER TABLE users RENAME COLUMN display_name TO shown_name;",
        "ALTER TABLE users DROP COLUMN shown_name; ALTER TABLE users ADD COLUMN display_name varchar(100);",
    ),
    ("UPDATE api_keys SET permissions = '{}';", "SELECT 1;"),
    ("UPDATE payouts SET amount = fee, fee = amount WHERE fee IS NOT NULL;", "SELECT 1;"),
];

/// Revisions that are right: they have to pass.
const RIGHT: [(&str, &str); 14] = [
    (
        "ALTER TABLE users ALTER COLUMN email TYPE text;",
        "ALTER TABLE users ALTER COLUMN email TYPE varchar(255);",
    ),
    (
        "UPDATE users SET tier = 'free' WHERE tier IS NULL; ALTER TABLE users ALTER COLUMN tier SET NOT NULL;",
        "ALTER TABLE users ALTER COLUMN tier DROP NOT NULL;",
    ),
    (
        "ALTER TABLE users ADD COLUMN locale text NOT NULL DEFAULT 'en';",
        "ALTER TABLE users DROP COLUMN locale;",
    ),
    (
        "ALTER TABLE payouts ALTER COLUMN method TYPE text;",
        "ALTER TABLE payouts ALTER COLUMN method TYPE payoutmethod USING method::payoutmethod;",
    ),
    (
        "ALTER TABLE api_keys ALTER COLUMN rate_limit TYPE bigint;",
        "ALTER TABLE api_keys ALTER COLUMN rate_limit TYPE integer;",
    ),
    (
        "ALTER TABLE users RENAME COLUMN display_name TO shown_name;",
        "ALTER TABLE users RENAME COLUMN shown_name TO display_name;",
    ),
    (
        "CREATE TABLE profiles AS SELECT id, avatar_url FROM users; ALTER TABLE users DROP COLUMN avatar_url;",
        "ALTER TABLE users ADD COLUMN avatar_url text; UPDATE users u SET avatar_url = p.avatar_url FROM profiles p WHERE p.id = u.id; DROP TABLE profiles;",
    ),
    (
        "ALTER TABLE licenses ADD CONSTRAINT price CHECK (price_usd >= 0) NOT VALID;",
        "ALTER TABLE licenses DROP CONSTRAINT price;",
    ),
    ("CREATE UNIQUE INDEX one_hash ON api_keys (key_hash, name);", "DROP INDEX one_hash;"),
    (
        "-- Loses the column identities.bio\nALTER TABLE identities DROP COLUMN bio;",
        "ALTER TABLE identities ADD COLUMN bio text;",
    ),
    (
        "-- migrate:allow(rows): the API writes numbers alone\nALTER TABLE users ALTER COLUMN tier TYPE integer USING tier::integer;",
        "ALTER TABLE users ALTER COLUMN tier TYPE varchar(20);",
    ),
    (
        "ALTER TABLE audit_logs ADD CONSTRAINT fk_key FOREIGN KEY (api_key_id) REFERENCES api_keys (id);",
        "ALTER TABLE audit_logs DROP CONSTRAINT fk_key;",
    ),
    (
        "ALTER TYPE payoutstatus ADD VALUE IF NOT EXISTS 'HELD';",
        "-- migrate:allow(down): an enum keeps its values\nSELECT 1;",
    ),
    (
        "INSERT INTO users (email) VALUES ('system@actorhub.example'); UPDATE users SET updated_at = now() WHERE email = 'system@actorhub.example';",
        "DELETE FROM users WHERE email = 'system@actorhub.example';",
    ),
];

/// All the mistakes: what kind it is, the upgrade, the downgrade.
fn mistakes() -> Vec<(&'static str, String, String)> {
    let mut all = Vec::new();
    let mut add = |kind, up: String, down: String| all.push((kind, up, down));
    for (table, column, to, from) in NARROWED {
        let alter = |to: &str| format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE {to};");
        add("narrowed", alter(to), alter(from));
    }
    for (table, column) in NOT_NULL {
        let alter =
            |verb: &str| format!("ALTER TABLE {table} ALTER COLUMN {column} {verb} NOT NULL;");
        add("not null", alter("SET"), alter("DROP"));
    }
    for (table, column) in ADDED {
        let name = column.split(' ').next().unwrap();
        let down = format!("ALTER TABLE {table} DROP COLUMN {name};");
        add("added", format!("ALTER TABLE {table} ADD COLUMN {column} NOT NULL;"), down);
    }
    for (table, column) in UNIQUE {
        let up = format!("ALTER TABLE {table} ADD CONSTRAINT one_{column} UNIQUE ({column});");
        add("unique", up, format!("ALTER TABLE {table} DROP CONSTRAINT one_{column};"));
    }
    for (table, check) in CHECKS {
        let up = format!("ALTER TABLE {table} ADD CONSTRAINT new_check CHECK ({check});");
        add("check", up, format!("ALTER TABLE {table} DROP CONSTRAINT new_check;"));
    }
    for (table, column, parent) in KEYS {
        let is_new = parent.starts_with("new_parents");
        let [create, drop] = match is_new {
            true => {
                ["CREATE TABLE new_parents (code text PRIMARY KEY); ", " DROP TABLE new_parents;"]
            }
            false => ["", ""],
        };
        let up = format!(
            "{create}ALTER TABLE {table} ADD CONSTRAINT new_key FOREIGN KEY ({column}) REFERENCES {parent};"
        );
        add("key", up, format!("ALTER TABLE {table} DROP CONSTRAINT new_key;{drop}"));
    }
    for (table, column, to, from) in CASTS {
        let alter = |to: &str| {
            format!(
                "ALTER TABLE {table} ALTER COLUMN {column} TYPE {to} USING {column}::text::{to};"
            )
        };
        add("cast", alter(to), alter(from));
    }
    for (up, down) in LOSSES {
        add("loss", up.to_owned(), down.to_owned());
    }
    all
}

/// ActorHub's chain, and behind it these revisions, each followed by one that takes it back.
fn chain_with(revisions: &[(String, String, String)]) -> Project {
    let project = Project::empty("staircase");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../actorhub-schema/migrations");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if name != "chain.lock" {
            std::fs::copy(&path, project.home().join("migrations").join(name)).unwrap();
        }
    }
    let mut parent = "20251218_stripe_connect".to_owned();
    for (id, up, down) in revisions {
        project.write(id, &parent, up, down);
        let back = format!("{id}_back");
        project.write(&back, id, down, up);
        parent = back;
    }
    project
}

/// Tests these revisions with rows, and gives the failures of each.
fn failures(project: &Project, ids: &str) -> BTreeMap<String, Vec<serde_json::Value>> {
    let server = Server::shared().unwrap().admin_url();
    let line = format!("migrate test {ids} --rows 50 --json --dev-url '{server}'");
    let output = project.shell(&line).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let results = serde_json::from_str::<serde_json::Value>(&text);
    assert!(results.is_ok(), "{told}");
    let results = results.unwrap();
    assert!(results["not_reached"].is_null(), "{}", results["not_reached"]);
    assert!(results["unfilled"].is_null(), "{}", results["unfilled"]);
    let revisions = results["revisions"].as_array().unwrap().iter();
    let failures = |it: &serde_json::Value| it["failures"].as_array().cloned().unwrap_or_default();
    revisions.map(|it| (it["revision"].as_str().unwrap().to_owned(), failures(it))).collect()
}

/// `MIGRATE_MISTAKES` says how many of them are tried; the number of all is 100.
#[test]
fn mistakes_that_only_rows_show_are_found() {
    let all = mistakes();
    assert_eq!(all.len(), 100);
    let count = std::env::var("MIGRATE_MISTAKES").ok().and_then(|it| it.parse().ok());
    let count: usize = count.unwrap_or(20).clamp(1, all.len());
    // Some of each kind.
    let tried: Vec<_> = (0..count).map(|nth| &all[nth * all.len() / count]).collect();
    let revision = |(nth, (_, up, down)): (usize, &&(&str, String, String))| {
        (format!("m{nth:03}"), up.clone(), down.clone())
    };
    let revisions: Vec<_> = tried.iter().enumerate().map(revision).collect();
    let project = chain_with(&revisions);
    let ids: Vec<&str> = revisions.iter().map(|(id, ..)| id.as_str()).collect();
    let found = failures(&project, &ids.join(" "));
    let mut missed = String::new();
    for ((id, up, _), (kind, ..)) in revisions.iter().zip(&tried) {
        match found[id].as_slice() {
            [] => writeln!(missed, "{id} {kind}: {up}").unwrap(),
            failures => {
                let table = up.split_whitespace().nth(if *kind == "loss" { 1 } else { 2 });
                let is_named = failures.iter().any(|it| {
                    let tables = it["tables"].as_array().cloned().unwrap_or_default();
                    tables.iter().any(|it| up.contains(it.as_str().unwrap()))
                });
                assert!(is_named, "{id} {kind} {table:?}: {failures:?}");
            }
        }
    }
    let missed_count = missed.lines().count();
    eprintln!("{} of {count} mistakes were found; missed:\n{missed}", count - missed_count);
    assert!(missed_count * 10 <= count, "{missed_count} of {count} were missed:\n{missed}");
}

#[test]
fn revisions_that_are_right_pass() {
    let right = RIGHT.iter().enumerate();
    let right =
        right.map(|(nth, (up, down))| (format!("r{nth:03}"), (*up).to_owned(), (*down).to_owned()));
    let project = chain_with(&right.collect::<Vec<_>>());
    let ids: Vec<String> = (0..RIGHT.len()).map(|nth| format!("r{nth:03}")).collect();
    let original =
        "001 91fd970f8f07 20251217_indexes 20251218_notifications 20251218_stripe_connect";
    let found = failures(&project, &format!("{original} {}", ids.join(" ")));
    assert_eq!(found.len(), RIGHT.len() + 5);
    for (id, failures) in found {
        assert!(failures.is_empty(), "{id}: {failures:#?}");
    }
}

/// What each kind of failure looks like.
#[test]
fn failures_are_told_at_their_lines() {
    let project = Project::empty("staircase texts");
    project.write(
        "1",
        "",
        "CREATE TABLE users (id int PRIMARY KEY, email text, age int);",
        "DROP TABLE users;",
    );
    project.write(
        "2",
        "1",
        "ALTER TABLE users\n    ALTER COLUMN email SET NOT NULL;",
        "ALTER TABLE users ALTER COLUMN email DROP NOT NULL;",
    );
    project.write(
        "3",
        "2",
        "ALTER TABLE users DROP COLUMN age;\nCREATE TABLE extra ();",
        "ALTER TABLE users ADD COLUMN age int;",
    );
    project.write(
        "4",
        "3",
        "CREATE INDEX ix ON users (email);",
        "DROP INDEX ix;\nDROP INDEX ix_2;",
    );
    // It leaves rows behind, so the second upgrade meets them.
    let insert = "INSERT INTO users VALUES (-7, 'system');";
    project.write("4b", "4", insert, "DELETE FROM users WHERE email = 'sytem';");
    let again = "ALTER TABLE users ALTER COLUMN age2 TYPE";
    project.write(
        "4c",
        "4b",
        "ALTER TABLE users ADD COLUMN age2 numeric(3,1) CHECK (age2 >= 0);",
        "ALTER TABLE users DROP COLUMN age2;",
    );
    // The server leaves a cast in the check.
    let [up, down] = ["integer", "numeric(3,1)"].map(|to| format!("{again} {to};"));
    let up = format!("-- Loses the tenths of users.age2\n{up}");
    project.write("4d", "4c", &up, &down);
    project.write("5", "4d", "INSERT INTO nowhere VALUES (1);", "SELECT 1;");
    project.write("6", "5", "SELECT 1;", "SELECT 1;");
    let server = Server::shared().unwrap().admin_url();
    let text = project.run_with("migrate test --rows 10 --seed 3", &[("MIGRATE_DEV_URL", server)]);
    shows("test", &text);
    // Without rows, what fails does not hinder the next.
    let text = project.run_with("migrate test", &[("MIGRATE_DEV_URL", server)]);
    let results: Vec<&str> = text.lines().filter(|it| it.starts_with(['o', 'F'])).collect();
    let expected = [
        "ok      1   Make 1   up, down, up again",
        "ok      2   Make 2   up, down, up again",
        "FAILED  3   Make 3   up, down",
        "FAILED  4   Make 4   up, down",
        "FAILED  4b  Make 4b  up, down, up again",
        "ok      4c  Make 4c  up, down, up again",
        "FAILED  4d  Make 4d  up, down",
        "FAILED  5   Make 5   up",
    ];
    assert_eq!(results, expected, "{text}");
    let line = "migrate test 2 1 --format junit; migrate test 2 --json";
    let text = project.run_with(line, &[("MIGRATE_DEV_URL", server)]);
    let times = regex::Regex::new(r#"time="[\d.]+""#).unwrap();
    shows("test_formats", &times.replace_all(&text, "time=\"[time]\""));
    // What the database has applied is left out.
    project.run("migrate upgrade 3 --unchecked");
    let text = project.run_with("migrate test --pending", &[("MIGRATE_DEV_URL", server)]);
    assert!(!text.contains("ok  3") && text.contains("FAILED  5"), "{text}");
}

/// Rows that the author puts there, and queries that must return none.
#[test]
fn test_sections_are_run_and_kept_out_of_the_chain() {
    let project = Project::empty("staircase tests");
    project.write(
        "1",
        "",
        "CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL);",
        "DROP TABLE people;",
    );
    let up = "ALTER TABLE people ADD COLUMN first text, ADD COLUMN last text;\n\
              UPDATE people SET first = split_part(name, ' ', 1), last = split_part(name, ' ', 2);";
    let tests = "ALTER TABLE people DROP COLUMN first, DROP COLUMN last;\n\n\
                 -- migrate:test before up\n\
                 INSERT INTO people VALUES (-1, 'Ada Lovelace'), (-2, 'Charles de Gaulle');\n\n\
                 -- migrate:test after up\n\
                 SELECT * FROM people WHERE id = -1 AND (first, last) <> ('Ada', 'Lovelace');\n\
                 SELECT first, last FROM people WHERE id = -2 AND last <> 'de Gaulle';\n\n\
                 -- migrate:test after down\n\
                 SELECT nothing FROM people;";
    project.write("2", "1", up, tests);
    let server = Server::shared().unwrap().admin_url();
    let run = |line: &str| project.run_with(line, &[("MIGRATE_DEV_URL", server)]);
    shows("test_sections", &run("migrate test 2 --rows 5"));
    // Without them it is the same chain.
    let with = run("migrate lock");
    let text = std::fs::read_to_string(project.file("2")).unwrap();
    let (without, _) = text.split_once("-- migrate:test").unwrap();
    std::fs::write(project.file("2"), without).unwrap();
    let checked = run("migrate check && migrate upgrade && migrate verify");
    assert!(!checked.contains("[exit"), "{with}{checked}");
    std::fs::write(project.file("2"), text).unwrap();
    let verified = run("migrate verify && migrate test 1 --rows 5");
    assert!(!verified.contains("[exit"), "{verified}");
}
