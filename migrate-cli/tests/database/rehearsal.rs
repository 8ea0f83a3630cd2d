//! Drafts that run only in another order, or with function bodies unchecked; and which tables are compared.

use crate::models::Shop;

/// Functions with the names of the tables whose rows they return, functions that call each other, and bodies over
/// what is not in the search path or not there yet.
const FUNCTIONS: &str = "SET check_function_bodies = off;
CREATE SCHEMA api;
CREATE TABLE film (id int PRIMARY KEY, director_id int);
CREATE TABLE director (id int PRIMARY KEY);
CREATE FUNCTION film(director) RETURNS SETOF film LANGUAGE sql STABLE AS 'SELECT * FROM public.film WHERE director_id = $1.id';
CREATE FUNCTION director(film) RETURNS SETOF director LANGUAGE sql STABLE AS 'SELECT * FROM public.director WHERE id = $1.director_id';
CREATE FUNCTION is_even(n int) RETURNS bool LANGUAGE sql AS 'SELECT CASE WHEN n = 0 THEN true ELSE public.is_odd(n - 1) END';
CREATE FUNCTION is_odd(n int) RETURNS bool LANGUAGE sql AS 'SELECT CASE WHEN n = 0 THEN false ELSE public.is_even(n - 1) END';
CREATE FUNCTION staged() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM staging_of_session';
CREATE TABLE api.items (id int PRIMARY KEY);
CREATE FUNCTION api.all_items() RETURNS SETOF api.items LANGUAGE sql STABLE AS 'SELECT * FROM items';
";

fn succeeds(shop: &Shop, line: &str) -> String {
    let text = shop.run(line);
    assert!(!text.contains("[exit"), "{line}: {text}");
    text
}

#[test]
fn function_bodies_that_the_server_refuses() {
    let shop = Shop::new("bodies");
    shop.models(FUNCTIONS);
    succeeds(&shop, "migrate revision --autogenerate -m Start --rev-id start");
    let file = shop.file("start_start.sql");
    let (up, down) = file.split_once("-- migrate:down").unwrap();
    assert!(!file.contains("todo") && !down.contains("check_function_bodies"), "{file}");
    let checked: Vec<&str> = up
        .split("SET LOCAL check_function_bodies = off;")
        .enumerate()
        .map(|(nth, part)| match nth {
            0 => part,
            _ => part.split_once("SET LOCAL check_function_bodies = on;").unwrap().1,
        })
        .collect();
    let checked = checked.concat();
    for (function, is_checked) in [
        ("public.film(", true),
        ("public.director(", true),
        ("public.staged(", false),
        ("api.all_items(", false),
    ] {
        let head = format!("CREATE OR REPLACE FUNCTION {function}");
        assert!(up.contains(&head) && checked.contains(&head) == is_checked, "{function} {up}");
    }
    succeeds(&shop, "migrate upgrade");
    let text = succeeds(&shop, "migrate check --drift");
    assert!(text.contains("is what the chain builds"), "{text}");
    let text = succeeds(&shop, "migrate revision --autogenerate -m Again");
    assert!(text.contains("nothing to do"), "{text}");

    // The way back needs the same.
    shop.models(&FUNCTIONS.replace("SELECT count(*) FROM staging_of_session", "SELECT 1::bigint"));
    succeeds(&shop, "migrate revision --autogenerate -m More --rev-id more");
    let file = shop.file("more_more.sql");
    let (up, down) = file.split_once("-- migrate:down").unwrap();
    assert!(!file.contains("todo") && !up.contains("check_function_bodies"), "{file}");
    let not_checked =
        "-- The body is not checked here: relation \"staging_of_session\" does not exist";
    assert!(down.contains(not_checked), "{file}");
    succeeds(&shop, "migrate upgrade");
    succeeds(&shop, "migrate downgrade base --yes");
}

#[test]
fn a_table_is_another_tools_by_its_columns() {
    let shop = Shop::new("books");
    // An application's own, of the name that many tools take; and a tool's.
    shop.models(
        "CREATE SCHEMA fleet; CREATE TABLE fleet.schema_migrations (tenant int, step text, PRIMARY KEY (tenant, step)); \
         CREATE VIEW fleet.latest AS SELECT tenant, max(step) AS step FROM fleet.schema_migrations GROUP BY tenant; \
         CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);",
    );
    succeeds(&shop, "migrate revision --autogenerate -m Start --rev-id start");
    let file = shop.file("start_start.sql");
    assert!(file.contains("CREATE TABLE fleet.schema_migrations"), "{file}");
    assert!(!file.contains("dirty") && !file.contains("todo"), "{file}");
    succeeds(&shop, "migrate upgrade");
    let mut client = shop.0.database.connect().unwrap();
    client
        .batch_execute(
            "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)",
        )
        .unwrap();
    succeeds(&shop, "migrate check --drift");
    client.batch_execute("DROP TABLE fleet.schema_migrations CASCADE").unwrap();
    let text = shop.run("migrate check --drift");
    assert!(
        text.contains("- table fleet.schema_migrations") && text.contains("[exit 1]"),
        "{text}"
    );
}
