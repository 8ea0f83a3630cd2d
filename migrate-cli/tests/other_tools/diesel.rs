//! diesel, as its command.

use crate::support::{Place, tool};

#[test]
fn a_database_of_diesels_is_taken_over() {
    let Some(diesel) = tool("diesel") else { return };
    let place = Place::new("diesel");
    let first = "old/00000000000000_diesel_initial_setup";
    place.write(
        &format!("{first}/up.sql"),
        "CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;\n",
    );
    place.write(&format!("{first}/down.sql"), "DROP FUNCTION one;\n");
    place
        .write("old/2024-01-02-030405_users/up.sql", "CREATE TABLE users (id integer PRIMARY KEY)");
    place.write("old/2024-01-02-030405_users/down.sql", "-- nothing to do\n");
    let index = "old/2024-01-03-000000_index";
    place.write(&format!("{index}/up.sql"), "CREATE INDEX CONCURRENTLY ix ON users (id);\n");
    place.write(&format!("{index}/down.sql"), "DROP INDEX CONCURRENTLY ix;\n");
    place.write(&format!("{index}/metadata.toml"), "run_in_transaction = false\n");
    let options = format!("--migration-dir old --database-url {}", place.database.url());
    place.run(&diesel, &format!("migration run {options}"));
    place.run(&diesel, &format!("migration revert {options}"));

    place.migrate("import diesel old");
    let adopted = place.migrate("adopt --from diesel");
    assert_eq!(adopted, "adopted 00000000000000\nadopted 20240102030405\n");
    place.migrate("upgrade head");
    place.migrate("status --exit-code");

    let seen = place.run(&diesel, &format!("migration list {options}"));
    let applied = seen.lines().filter(|line| line.contains("[X]")).count();
    assert_eq!(applied, 2, "{seen}");
}
