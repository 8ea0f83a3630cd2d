//! A database with a schema for each tenant: what the chain builds in one schema, under the name of another.

use std::collections::BTreeSet;

use migrate_core::__private::quote;
use migrate_core::schema::catalog::{Catalog, ObjectName};
use postgres::Client;

use crate::args::SchemaMap;
use crate::failure::{Failure, FailureKind};

/// Where the history is in the scratch database: its schema must not have the name of a tenant's.
pub(crate) const BOOKS: &str = "migrate_scratch_history";

/// Gives the schemas of a scratch database the names that they have in the live one, with what it has in them:
/// the server knows all that speaks of a name.
pub(crate) fn rename(
    client: &mut Client,
    maps: &[SchemaMap],
    (built, live): (&Catalog, &Catalog),
) -> Result<(), Failure> {
    check(maps, built, live)?;
    for sql in statements(maps) {
        client.batch_execute(&sql).map_err(|error| {
            let why =
                error.as_db_error().map_or_else(|| error.to_string(), |it| it.message().to_owned());
            let help =
                "`--schema-map app=tenant_42` names a schema of the chain and one of the database";
            Failure::refused(
                FailureKind::Drift,
                format!("the schemas can't be mapped: {why}"),
                help,
            )
        })?;
    }
    // Tenants share an extension, which is in one schema; not every extension can be moved.
    for (name, it) in &live.extensions {
        if built.extensions.get(name).is_some_and(|built| built.schema != it.schema) {
            let _ = client.batch_execute(&format!(
                "ALTER EXTENSION {} SET SCHEMA {}",
                quote(name),
                quote(&it.schema)
            ));
        }
    }
    Ok(())
}

/// What is mapped must be there.
fn check(maps: &[SchemaMap], built: &Catalog, live: &Catalog) -> Result<(), Failure> {
    let listed = |catalog: &Catalog| {
        let names: Vec<String> = catalog.schemas.keys().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    for SchemaMap { chain, database } in maps {
        if !built.schemas.contains_key(chain) {
            let what =
                format!("`--schema-map {chain}={database}`: the chain builds no schema `{chain}`");
            let help = format!("it builds {}", listed(built));
            return Err(Failure::refused(FailureKind::Usage, what, help));
        }
        if !live.schemas.contains_key(database) {
            let what = format!(
                "`--schema-map {chain}={database}`: the database has no schema `{database}`"
            );
            return Err(Failure::refused(
                FailureKind::Usage,
                what,
                format!("it has {}", listed(live)),
            ));
        }
    }
    Ok(())
}

/// In two steps, as two schemas may change places.
fn statements(maps: &[SchemaMap]) -> Vec<String> {
    let between = |nth: usize| quote(&format!("migrate_scratch_{nth}"));
    let rename = |from: &str, to: &str| format!("ALTER SCHEMA {from} RENAME TO {to}");
    let away = maps.iter().enumerate().map(|(nth, it)| rename(&quote(&it.chain), &between(nth)));
    let there =
        maps.iter().enumerate().map(|(nth, it)| rename(&between(nth), &quote(&it.database)));
    let mut statements: Vec<String> = away.chain(there).collect();
    if maps.iter().any(|it| it.chain == "public") {
        statements.push("CREATE SCHEMA IF NOT EXISTS public".to_owned());
    }
    statements
}

/// Both catalogs without what belongs to other tenants, or to no chain at all, and without what differs by its
/// nature: bodies of functions that spell out a schema, and what the schemas themselves are given.
pub(crate) fn alike(
    maps: &[SchemaMap],
    (mut built, mut live): (Catalog, Catalog),
) -> (Catalog, Catalog) {
    let schemas: BTreeSet<String> = built.schemas.keys().cloned().collect();
    live = live.without_schemas(|schema| !schemas.contains(schema));
    let mapped: BTreeSet<&str> = maps.iter().flat_map(|it| [&*it.chain, &*it.database]).collect();
    for catalog in [&mut built, &mut live] {
        let stays = |on: &ObjectName| on.kind != "schema" || !mapped.contains(&*on.name);
        catalog.grants.retain(|on, _| stays(&on.object()));
        catalog.owners.retain(|on, _| stays(on));
        // One publication can have the tables of many tenants.
        catalog.others.retain(|name, _| name.kind != "publication");
    }
    for (name, schema) in &mut built.schemas {
        if let Some(it) = live.schemas.get(name).filter(|_| mapped.contains(&**name)) {
            schema.clone_from(it);
        }
    }
    for (name, it) in &mut built.extensions {
        if let Some(live) = live.extensions.get(name) {
            it.clone_from(live);
        }
    }
    for (name, it) in &mut built.routines {
        if let Some(live) = live.routines.get(name)
            && maps.iter().fold(it.definition.clone(), |text, map| renamed(&text, map))
                == live.definition
        {
            it.definition.clone_from(&live.definition);
        }
    }
    (built, live)
}

/// A text with another name for a schema, where that is a word of it.
fn renamed(text: &str, map: &SchemaMap) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(&map.chain) {
        let (before, after) = (&rest[..at], &rest[at + map.chain.len()..]);
        let is_word = !before.ends_with(is_part) && !after.starts_with(is_part);
        found.push_str(before);
        found.push_str(if is_word { &map.database } else { &map.chain });
        rest = after;
    }
    found + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> SchemaMap {
        text.parse().unwrap()
    }

    #[test]
    fn schemas_can_change_places() {
        assert_eq!(
            statements(&[map("a=b"), map("b=a")]),
            [
                "ALTER SCHEMA \"a\" RENAME TO \"migrate_scratch_0\"",
                "ALTER SCHEMA \"b\" RENAME TO \"migrate_scratch_1\"",
                "ALTER SCHEMA \"migrate_scratch_0\" RENAME TO \"b\"",
                "ALTER SCHEMA \"migrate_scratch_1\" RENAME TO \"a\"",
            ]
        );
        let public = statements(&[map("public=t")]);
        assert_eq!(public.last().unwrap(), "CREATE SCHEMA IF NOT EXISTS public");
    }

    #[test]
    fn a_schema_is_renamed_where_it_is_a_word() {
        let check =
            |text: &str, expected: &str| assert_eq!(renamed(text, &map("app=t_1")), expected);
        check("SELECT app.f(application.x, my_app.y)", "SELECT t_1.f(application.x, my_app.y)");
        check("SET search_path TO 'app', 'public'", "SET search_path TO 't_1', 'public'");
        check("", "");
    }
}
