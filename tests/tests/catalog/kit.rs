//! The catalog of one schema, in the form that is stored: read from a real server, and told apart.

use migrate_testkit::{Catalog, CatalogError, Column, Database, Server};

const SCHEMA: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE TABLE users (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_users PRIMARY KEY,
        gone int,
        email varchar(300) NOT NULL CONSTRAINT uq_users_email UNIQUE,
        mood mood DEFAULT 'ok',
        age int CONSTRAINT ck_users_age CHECK (age >= 0),
        created_at timestamptz NOT NULL DEFAULT now()
    );
    ALTER TABLE users DROP COLUMN gone;
    CREATE TABLE keys (id serial, user_id bigint CONSTRAINT fk_keys_user REFERENCES users ON DELETE CASCADE);
    CREATE INDEX ix_users_mood ON users (mood) WHERE age > 17;
    CREATE VIEW adults AS SELECT * FROM users WHERE age > 17;
    CREATE MATERIALIZED VIEW counts AS SELECT count(*) FROM users;
    CREATE TABLE parted (day date) PARTITION BY RANGE (day);
    CREATE TABLE migrate_history (revision text PRIMARY KEY);
    CREATE TABLE migrate_log (id bigserial PRIMARY KEY);
    CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);";

fn database(hint: &str, sql: &str) -> Database {
    let database = Server::shared().unwrap().database(hint).unwrap();
    database.connect().unwrap().batch_execute(sql).unwrap();
    database
}

fn catalog(sql: &str) -> Catalog {
    Catalog::read(&mut database("catalog", sql).connect().unwrap()).unwrap()
}

#[test]
fn everything_of_a_schema_is_read() {
    let catalog = catalog(SCHEMA);
    assert_eq!(catalog.tables.keys().collect::<Vec<_>>(), ["keys", "parted", "users"]);
    assert_eq!(catalog.sequences, ["keys_id_seq", "users_id_seq"]);
    assert_eq!(catalog.views, ["adults", "counts"]);
    assert_eq!(catalog.enums["mood"], ["sad", "ok", "happy"]);
    assert!(catalog.extensions.is_empty(), "{:?}", catalog.extensions);

    let users = &catalog.tables["users"];
    let names: Vec<_> = users.columns.iter().map(|c| (c.position, c.name.as_str())).collect();
    assert_eq!(names, [(1, "id"), (2, "email"), (3, "mood"), (4, "age"), (5, "created_at")]);
    let mood = Column {
        default: Some("'ok'::mood".to_owned()),
        name: "mood".to_owned(),
        not_null: false,
        position: 3,
        data_type: "mood".to_owned(),
    };
    assert_eq!(users.columns[2], mood);
    let kinds: Vec<_> =
        users.constraints.iter().map(|(name, c)| (name.as_str(), c.kind.as_str())).collect();
    assert_eq!(
        kinds,
        [("ck_users_age", "check"), ("pk_users", "primary key"), ("uq_users_email", "unique")]
    );
    assert_eq!(
        catalog.tables["keys"].constraints["fk_keys_user"].definition,
        "FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE"
    );
    assert_eq!(
        users.indexes["ix_users_mood"].definition,
        "CREATE INDEX ix_users_mood ON public.users USING btree (mood) WHERE (age > 17)"
    );
    let backed: Vec<_> =
        users.indexes.iter().filter(|(_, i)| i.backs_constraint).map(|(n, _)| n).collect();
    assert_eq!(backed, ["pk_users", "uq_users_email"]);
}

#[test]
fn a_catalog_survives_json() {
    let catalog = catalog(SCHEMA);
    let json = serde_json::to_value(&catalog).unwrap();
    assert_eq!(json["tables"]["users"]["columns"][1]["type"], "character varying(300)");
    assert_eq!(json["tables"]["users"]["constraints"]["pk_users"]["type"], "primary key");
    assert_eq!(serde_json::from_value::<Catalog>(json).unwrap(), catalog);
}

#[test]
fn differences_are_readable() {
    let before = catalog(SCHEMA);
    let after = catalog(&format!(
        "{SCHEMA}
         ALTER TABLE users DROP COLUMN mood CASCADE;
         ALTER TABLE users ALTER email TYPE text, ADD locale text DEFAULT 'en';
         ALTER TABLE users DROP CONSTRAINT ck_users_age;
         ALTER TYPE mood ADD VALUE 'elated';
         CREATE SEQUENCE extra;
         DROP TABLE keys;
         CREATE TABLE teams (id int, name text);"
    ));
    assert_eq!(
        before.differences(&after),
        [
            "~ enum mood: (sad, ok, happy) -> (sad, ok, happy, elated)",
            "- sequence keys_id_seq",
            "+ sequence extra",
            "- view adults",
            "- table keys (id, user_id)",
            "+ table teams (id, name)",
            "~ column users.email: character varying(300) NOT NULL -> text NOT NULL",
            "+ column users.locale text DEFAULT 'en'::text",
            "- column users.mood mood DEFAULT 'ok'::mood",
            "- constraint users.ck_users_age CHECK ((age >= 0))",
            "- index ix_users_mood CREATE INDEX ix_users_mood ON public.users USING btree (mood) WHERE (age > 17)",
        ]
    );
    assert_eq!(before.differences(&before), [""; 0]);
}

#[test]
fn the_order_of_columns_matters_but_a_dropped_one_does_not() {
    let plain = catalog("CREATE TABLE t (a int, b int)");
    let dropped = catalog("CREATE TABLE t (a int, x int, b int); ALTER TABLE t DROP x");
    let swapped = catalog("CREATE TABLE t (b int, a int)");
    assert_eq!(plain, dropped);
    assert_eq!(plain.differences(&swapped), ["~ order of the columns of t: a, b -> b, a"]);
}

#[test]
fn one_schema_is_read_as_if_it_were_alone() {
    let database = database(
        "schema",
        "CREATE SCHEMA \"My Shop\"; CREATE TYPE \"My Shop\".size AS ENUM ('s');
         CREATE TABLE \"My Shop\".item (size \"My Shop\".size); CREATE TABLE \"My Shop\".skipped (id serial);
         CREATE TABLE outside ()",
    );
    let mut client = database.connect().unwrap();
    let shop = Catalog::read_schema(&mut client, "My Shop", &["skipped"]).unwrap();
    assert_eq!(shop.tables.keys().collect::<Vec<_>>(), ["item"]);
    assert_eq!(shop.tables["item"].columns[0].data_type, "size");
    assert_eq!(shop.sequences, [""; 0]);

    let path: String = client.query_one("SHOW search_path", &[]).unwrap().get(0);
    assert_eq!(path, "\"$user\", public", "the session's own settings stay");
    let missing = Catalog::read_schema(&mut client, "none", &[]);
    assert!(matches!(missing, Err(CatalogError::NoSuchSchema { schema }) if schema == "none"));
}

#[test]
fn an_extension_is_one_line_and_can_be_left_out() {
    let server = Server::shared().unwrap();
    if !server.offers_extension("pgcrypto").unwrap() {
        return;
    }
    let with = catalog("CREATE EXTENSION pgcrypto");
    let without = catalog("");
    assert_eq!(with.differences(&without), ["- extension pgcrypto in schema public"]);
    assert_eq!(with.without_extension("pgcrypto"), without);
}
