//! Reading a catalog: how it is done, and what a reader finds.

use migrate_core::schema::catalog::{Catalog, Name, RelationKind};
use migrate_testkit::{Database, Server};

const SCHEMA: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE TABLE users (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_users PRIMARY KEY,
        email varchar(300) NOT NULL CONSTRAINT uq_users_email UNIQUE,
        mood mood DEFAULT 'ok',
        seen timestamptz DEFAULT '2026-01-02 03:04:05.678+00',
        ratio float8 DEFAULT 0.1::float8 + 0.2
    );
    CREATE TABLE keys (
        id serial,
        user_id bigint CONSTRAINT fk_keys_user REFERENCES users DEFERRABLE INITIALLY DEFERRED
    );
    CREATE INDEX ix_users_mood ON users (mood, (email || 'x')) INCLUDE (seen) WHERE mood <> 'sad';
    CREATE SCHEMA books;
    CREATE TABLE books.log (id bigserial PRIMARY KEY);
    CREATE STATISTICS books.s ON id, (id + 1) FROM books.log;";

fn database(hint: &str, sql: &str) -> Database {
    let database = Server::shared().unwrap().database(hint).unwrap();
    database.connect().unwrap().batch_execute(sql).unwrap();
    database
}

#[test]
fn a_reader_finds_the_parts() {
    let database = database("parts", SCHEMA);
    let catalog = Catalog::read(&mut database.connect().unwrap()).unwrap();
    let users = &catalog.relations[&Name::new("public", "users")];
    assert_eq!(users.kind, RelationKind::Table);
    let columns: Vec<(&str, &str)> =
        users.columns.iter().map(|column| (&*column.name, &*column.data_type)).collect();
    assert_eq!(
        columns,
        [
            ("id", "bigint"),
            ("email", "character varying(300)"),
            ("mood", "public.mood"),
            ("seen", "timestamp with time zone"),
            ("ratio", "double precision"),
        ]
    );
    let constraints: Vec<(&str, &str)> =
        users.constraints.iter().map(|(name, it)| (&**name, &*it.kind)).collect();
    assert_eq!(constraints, [("pk_users", "primary key"), ("uq_users_email", "unique")]);
    let index = &users.indexes["ix_users_mood"];
    assert_eq!((&*index.method, index.unique, index.valid), ("btree", false, true));
    assert_eq!(index.keys, ["mood", "(((email)::text || 'x'::text))"]);
    assert_eq!(index.include, ["seen"]);
    assert_eq!(index.predicate.as_deref(), Some("(mood <> 'sad'::public.mood)"));
    assert_eq!(users.indexes["pk_users"].constraint.as_deref(), Some("pk_users"));

    let keys = &catalog.relations[&Name::new("public", "keys")];
    let foreign = &keys.constraints["fk_keys_user"];
    assert_eq!(foreign.references, Some(Name::new("public", "users")));
    assert_eq!(foreign.columns, ["user_id"]);
    assert_eq!((foreign.deferrable, foreign.deferred, foreign.validated), (true, true, true));
    let sequence = &catalog.sequences[&Name::new("public", "keys_id_seq")];
    assert_eq!(sequence.owned_by, Some((Name::new("public", "keys"), "id".to_owned())));
    assert!(catalog.sequences[&Name::new("public", "users_id_seq")].identity);
    assert_eq!(catalog.schemas.keys().collect::<Vec<_>>(), ["books", "public"]);
}

/// Some servers write a number beside each column that is made, and pg_dump leaves it out.
#[test]
fn what_the_server_notes_beside_a_column_is_no_option() {
    let database = database("notes", "CREATE TABLE t (a int, b int)");
    let mut client = database.connect().unwrap();
    client
        .batch_execute(
            "ALTER TABLE t ALTER a SET (n_distinct = 5);
             UPDATE pg_attribute SET attoptions = ARRAY['pg_attver=292263848'] || attoptions
             WHERE attrelid = 't'::regclass AND attnum > 0",
        )
        .unwrap();
    let catalog = Catalog::read(&mut client).unwrap();
    let columns = &catalog.relations[&Name::new("public", "t")].columns;
    let options: Vec<&[String]> = columns.iter().map(|column| &*column.options).collect();
    assert_eq!(options, [&["n_distinct=5".to_owned()][..], &[]]);
}

#[test]
fn no_setting_of_the_session_changes_what_is_read_and_none_is_changed() {
    let database = database("settings", SCHEMA);
    let mut client = database.connect().unwrap();
    let expected = Catalog::read(&mut client).unwrap();
    client
        .batch_execute(
            "SET search_path TO books, \"$user\"; SET DateStyle TO 'SQL, DMY'; SET TimeZone TO 'Asia/Tokyo';
             SET IntervalStyle TO iso_8601; SET quote_all_identifiers TO on; SET extra_float_digits TO -10;
             SET bytea_output TO escape; SET standard_conforming_strings TO off;
             CREATE TEMP TABLE pg_class (oid int); CREATE TEMP TABLE pg_attribute (oid int)",
        )
        .unwrap();
    let settings = |client: &mut migrate_testkit::postgres::Client| -> String {
        let sql = "SELECT string_agg(name || '=' || setting, ';' ORDER BY name) FROM pg_settings";
        client.query_one(sql, &[]).unwrap().get(0)
    };
    let before = settings(&mut client);
    assert_eq!(Catalog::read(&mut client).unwrap(), expected);
    assert_eq!(settings(&mut client), before);

    // Inside a transaction it is the same, and the transaction goes on.
    client.batch_execute("BEGIN; CREATE TABLE public.more ()").unwrap();
    let before = settings(&mut client);
    let inside = Catalog::read(&mut client).unwrap();
    assert_eq!(settings(&mut client), before);
    let lines: Vec<String> =
        expected.differences(&inside).iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["+ table more ()"]);
    client.batch_execute("ROLLBACK").unwrap();
    assert_eq!(Catalog::read(&mut client).unwrap(), expected);
}

#[test]
fn both_clients_read_the_same() {
    let database = database("clients", SCHEMA);
    let blocking = Catalog::read(&mut database.connect().unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let other = runtime.block_on(async {
        let (client, connection) =
            tokio_postgres::connect(database.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        Catalog::read_async(&client).await.unwrap()
    });
    assert_eq!(blocking, other);
}

#[test]
fn names_can_be_seen_from_a_schema() {
    let database = database("seen_from", SCHEMA);
    let mut client = database.connect().unwrap();
    let catalog = Catalog::read_seen_from(&mut client, "public").unwrap();
    let users = &catalog.relations[&Name::new("public", "users")];
    assert_eq!(users.columns[2].data_type, "mood");
    assert_eq!(users.columns[2].default.as_deref(), Some("'ok'::mood"));
}

#[test]
fn tables_can_be_left_out_with_what_belongs_to_them() {
    let with = database("with", SCHEMA);
    let without = database("without", &format!("{SCHEMA}; DROP TABLE books.log"));
    let left_out = |database: &Database| {
        let catalog = Catalog::read(&mut database.connect().unwrap()).unwrap();
        catalog.without(|name| name.schema == "books" && name.name == "log")
    };
    assert_eq!(left_out(&with), left_out(&without));
}

#[test]
fn a_role_without_rights_reads_the_same() {
    let database = database("rights", SCHEMA);
    let mut client = database.connect().unwrap();
    let expected = Catalog::read(&mut client).unwrap();
    client
        .batch_execute("BEGIN; CREATE ROLE catalog_reader; SET LOCAL ROLE catalog_reader")
        .unwrap();
    assert_eq!(Catalog::read(&mut client).unwrap(), expected);
    client.batch_execute("ROLLBACK").unwrap();
}

#[test]
fn what_happened_is_said_when_it_fails() {
    let database = database("fails", "");
    let mut client = database.connect().unwrap();
    let mut other = database.connect().unwrap();
    other.batch_execute("BEGIN; LOCK TABLE pg_catalog.pg_description").unwrap();
    client.batch_execute("SET lock_timeout TO '100ms'").unwrap();
    let error = Catalog::read(&mut client).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the catalog can't be read: ERROR: canceling statement due to lock timeout"
    );
}
