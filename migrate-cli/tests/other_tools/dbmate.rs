//! dbmate.

use crate::support::{Place, tool};

#[test]
fn a_database_of_dbmates_is_taken_over() {
    let Some(dbmate) = tool("dbmate") else { return };
    let place = Place::new("dbmate");
    place.write("old/20240101000000_users.sql", "-- migrate:up\nCREATE TABLE users (id integer PRIMARY KEY);\n\n-- migrate:down\nDROP TABLE users;\n");
    place.write("old/20240102000000_index.sql", "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY ix ON users (id);\n\n-- migrate:down\n");
    let url = format!(
        "--url {}?sslmode=disable --migrations-dir old --no-dump-schema",
        place.database.url()
    );
    place.run(&dbmate, &format!("{url} migrate"));

    place.migrate("import dbmate old");
    place.migrate("revision -m more --rev-id next");
    let next = place.read("migrations/next_more.sql");
    let next = next
        .replace("-- migrate:up\n", "-- migrate:up\nCREATE TABLE more ();\n")
        .replace("-- migrate:down\n", "-- migrate:down\nDROP TABLE more;\n");
    place.write("migrations/next_more.sql", &next);
    assert_eq!(
        place.migrate("adopt --from dbmate"),
        "adopted 20240101000000\nadopted 20240102000000\n"
    );
    place.migrate("upgrade head");
    place.migrate("status --exit-code");

    let seen = place.run(&dbmate, &format!("{url} status"));
    assert!(seen.contains("Applied: 2") && seen.contains("Pending: 0"), "{seen}");
}
