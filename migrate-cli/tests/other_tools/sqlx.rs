//! sqlx, as a library.

use sqlx::Connection;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;

use crate::support::Place;

/// Runs the migrations of the folder `old`; those that have run must be as they were.
fn run(place: &Place) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(place.database.url()).await.unwrap();
        let migrator = Migrator::new(place.path().join("old")).await.unwrap();
        migrator.run(&mut connection).await.unwrap();
    });
}

#[test]
fn a_database_of_sqlxs_is_taken_over() {
    let place = Place::new("sqlx");
    place.write("old/0001_users.up.sql", "CREATE TABLE users (id integer PRIMARY KEY);");
    place.write("old/0001_users.down.sql", "DROP TABLE users;\r\n");
    place.write(
        "old/20240102030405_index.sql",
        "-- no-transaction\r\nCREATE INDEX CONCURRENTLY ix ON users (id);\r\n",
    );
    run(&place);

    place.migrate("import sqlx old");
    place.migrate("revision -m more --rev-id 20250102030405");
    let name = "migrations/20250102030405_more.sql";
    let next = place.read(name);
    let next = next
        .replace("-- migrate:up\n", "-- migrate:up\nCREATE TABLE more ();\n")
        .replace("-- migrate:down\n", "-- migrate:down\nDROP TABLE more;\n");
    place.write(name, &next);
    let adopted = place.migrate("adopt --from sqlx --json");
    assert!(adopted.contains(r#""applied":2,"verified":2"#), "{adopted}");
    place.migrate("upgrade head");
    place.migrate("status --exit-code");

    run(&place);
    let seen = "SELECT string_agg(version::text, ' ' ORDER BY version) FROM _sqlx_migrations";
    assert_eq!(place.value(seen), "1 20240102030405");
}
