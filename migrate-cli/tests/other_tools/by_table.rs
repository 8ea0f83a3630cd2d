//! Tools that are not run here: their tables as they make them, with the rows of what they have applied, and one file
//! more than that.

use crate::support::Place;

/// What `import` is to write of the first file, whose table all of them make.
const USERS: &str = "CREATE TABLE users (id integer PRIMARY KEY);\n";
const POSTS: &str = "CREATE TABLE posts (id integer PRIMARY KEY);\n";

/// Imports a folder, adopts a database in which `books` and the first of two files have run, and upgrades.
fn run(tool: &str, files: [(&str, &str); 2], books: &str, ids: [&str; 2]) {
    let place = Place::new(tool);
    for (name, text) in files {
        place.write(&format!("old/{name}"), text);
    }
    let mut client = place.client();
    client.batch_execute(&format!("{USERS}{books}")).unwrap();
    // It is noticed before anybody has adopted it.
    place.migrate(&format!("import {tool} old"));
    let help = place.refused("upgrade head");
    assert!(help.contains(&format!("adopt --from {tool}")), "{help}");
    assert_eq!(place.migrate(&format!("adopt --from {tool}")), format!("adopted {}\n", ids[0]));
    place.migrate("upgrade head");
    assert_eq!(
        place.migrate("current --json").matches(&format!("\"revision\":\"{}\"", ids[1])).count(),
        1
    );
    assert_eq!(place.value("SELECT count(*) FROM posts"), "0");
    place.migrate("check --drift");
}

#[test]
fn golang_migrate() {
    run(
        "golang-migrate",
        [("000007_users.up.sql", USERS), ("000008_posts.up.sql", POSTS)],
        "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); \
         INSERT INTO schema_migrations VALUES (7, false)",
        ["7", "8"],
    );
}

#[test]
fn flyway() {
    let table = "CREATE TABLE flyway_schema_history (installed_rank integer NOT NULL PRIMARY KEY, version varchar(50), \
        description varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum integer, \
        installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(), execution_time integer NOT NULL, \
        success boolean NOT NULL); INSERT INTO flyway_schema_history VALUES ";
    let row = |rank: i32, version: &str, kind: &str, checksum: i32| {
        format!(
            "({rank}, '{version}', 'users', '{kind}', 'V1_1__users.sql', {checksum}, 'me', now(), 7, true)"
        )
    };
    // CRC-32 of the file without its line end.
    let checksum = crc32("CREATE TABLE users (id integer PRIMARY KEY);");
    let rows = [
        row(1, "1.1", "SQL", checksum),
        row(2, "1.1", "UNDO_SQL", 0),
        row(3, "1.1", "SQL", checksum),
    ];
    run(
        "flyway",
        [("sql/V1_1__users.sql", USERS), ("sql/V1_10__posts.sql", POSTS)],
        &format!("{table}{}", rows.join(", ")),
        ["1.1", "1.10"],
    );
}

/// The checksum as Java's `CRC32` makes it, bit by bit.
fn crc32(text: &str) -> i32 {
    let step = |crc: u32, byte: u8| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    };
    (!text.bytes().fold(!0, step)).cast_signed()
}

/// The table that has a checksum of `text`: SHA-256, as hexadecimal digits.
fn sha256(text: &str) -> String {
    format!("encode(sha256('{text}'), 'hex')")
}

#[test]
fn prisma() {
    let sum = sha256(USERS);
    run(
        "prisma",
        [
            ("20240102030405_users/migration.sql", USERS),
            ("20240102030406_posts/migration.sql", POSTS),
        ],
        &format!(
            "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT NULL, \
             finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, \
             started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0); \
             INSERT INTO _prisma_migrations (id, checksum, migration_name, rolled_back_at, finished_at) VALUES \
             ('a', 'other', '20240102030405_users', now(), NULL), ('b', {sum}, '20240102030405_users', NULL, now())"
        ),
        ["20240102030405", "20240102030406"],
    );
}

#[test]
fn drizzle() {
    let sum = sha256(USERS);
    run(
        "drizzle",
        [("0000_quick_hulk.sql", USERS), ("0001_slow_hulk.sql", POSTS)],
        &format!(
            "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, \
             created_at bigint); INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ({sum}, 1704164645000)"
        ),
        ["0", "1"],
    );
}

#[test]
fn supabase() {
    run(
        "supabase",
        [("20240102030405_users.sql", USERS), ("20240102030406_posts.sql", POSTS)],
        "CREATE SCHEMA supabase_migrations; CREATE TABLE supabase_migrations.schema_migrations (version text NOT NULL PRIMARY KEY, \
         statements text[], name text); INSERT INTO supabase_migrations.schema_migrations VALUES ('20240102030405', '{}', 'users')",
        ["20240102030405", "20240102030406"],
    );
}

#[test]
fn atlas() {
    run(
        "atlas",
        [("20240102030405_users.sql", USERS), ("20240102030406_posts.sql", POSTS)],
        "CREATE SCHEMA atlas_schema_revisions; CREATE TABLE atlas_schema_revisions.atlas_schema_revisions (version varchar NOT NULL \
         PRIMARY KEY, description varchar NOT NULL, type bigint NOT NULL DEFAULT 2, applied bigint NOT NULL DEFAULT 0, \
         total bigint NOT NULL DEFAULT 0, executed_at timestamptz NOT NULL, execution_time bigint NOT NULL, error text, \
         error_stmt text, hash varchar NOT NULL, partial_hashes jsonb, operator_version varchar NOT NULL); \
         INSERT INTO atlas_schema_revisions.atlas_schema_revisions VALUES ('.atlas_cloud_identifier', '', 2, 0, 0, now(), 0, NULL, NULL, 'h', NULL, 'v'), \
         ('20240102030405', 'users', 2, 1, 1, now(), 7, NULL, NULL, 'h1:x', NULL, 'v')",
        ["20240102030405", "20240102030406"],
    );
}
