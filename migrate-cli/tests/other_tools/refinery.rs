//! refinery, as a library.

use std::path::Path;

use migrate_core::schema::catalog::Catalog;
use migrate_core::{Runner, check, files};
use refinery_core::{Runner as Refinery, load_sql_migrations};

use crate::support::Place;

#[test]
fn a_database_of_refinerys_is_taken_over() {
    let place = Place::new("refinery");
    place.write("old/V1__initial.sql", "CREATE TABLE a ();\r\n");
    place.write("old/sub/U2__two__words.sql", "CREATE TABLE b ()");
    let migrations = load_sql_migrations(place.path().join("old")).unwrap();
    Refinery::new(&migrations).run(&mut place.client()).unwrap();
    place.write("old/V10__Next.sql", "CREATE TABLE c ();\n");

    place.migrate("import refinery old");
    let adopted = place.migrate("adopt --from refinery --json");
    assert!(adopted.contains(r#""applied":2,"verified":2"#), "{adopted}");
    place.migrate("upgrade head");
    assert_eq!(place.migrate("current"), "10 (head)\n");

    let applied = Refinery::new(&[]).get_applied_migrations(&mut place.client()).unwrap();
    assert_eq!(applied, migrations);
}

/// Its own folder stands for a file that was edited in the chain.
#[test]
fn a_file_that_was_edited_since() {
    let place = Place::new("edited");
    place.write("old/V1__initial.sql", "CREATE TABLE a ();\n");
    let migrations = load_sql_migrations(place.path().join("old")).unwrap();
    Refinery::new(&migrations).run(&mut place.client()).unwrap();
    place.migrate("import refinery old");
    let text = place
        .read("migrations/1_initial.sql")
        .replace("CREATE TABLE a", "-- why\nCREATE  TABLE  a");
    place.write("migrations/1_initial.sql", &text);
    let adopted = place.migrate("adopt --from refinery --dir old --json");
    assert!(adopted.contains(r#""verified":1"#), "{adopted}");
}

/// refinery runs a chain of ours, and we go on from there.
#[test]
fn refinery_runs_our_chain() {
    let place = Place::new("runner");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../actorhub-schema/migrations");
    let chain = check(files::read(&folder, "migrations")).unwrap();
    let mut client = place.client();
    let report = chain.refinery_runner().unwrap().run(&mut client).unwrap();
    assert_eq!(report.applied_migrations().len(), chain.len());
    let books = |name: &migrate_core::schema::catalog::Name| {
        name.name == "refinery_schema_history" || name.name.starts_with("migrate_")
    };
    let found = Catalog::read(&mut client).unwrap().without(books);

    let other = Place::new("own runner");
    let mut client = other.client();
    Runner::new(&chain).upgrade(&mut client).unwrap();
    let own = Catalog::read(&mut client).unwrap().without(books);
    assert_eq!(own.differences(&found), []);

    let folder = folder.display();
    let adopted = place.migrate(&format!("adopt --from refinery -d {folder} --json"));
    assert!(adopted.contains(r#""verified":5"#) && adopted.contains(r#""drift":[]"#), "{adopted}");
    place.migrate(&format!("status --exit-code -d {folder}"));
}
