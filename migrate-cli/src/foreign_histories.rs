//! The tables in which other migration tools note what they have applied. They stay after a move to this one, and
//! are no part of the schema. A table is one of them by its name and its columns: a name alone may be anybody's.

use std::collections::HashSet;

use migrate_core::schema::catalog::{Catalog, Name, Relation, RelationKind};

/// What a tool's table is called, and the columns that each version of the tool gives it.
const FOREIGN_HISTORIES: [(&str, &[&str]); 11] = [
    ("alembic_version", &["version_num"]),
    ("refinery_schema_history", &["version", "name", "applied_on", "checksum"]),
    ("_sqlx_migrations", &["version", "description", "success", "checksum"]),
    ("__diesel_schema_migrations", &["version", "run_on"]),
    ("seaql_migrations", &["version", "applied_at"]),
    ("goose_db_version", &["version_id", "is_applied"]),
    (SHARED_NAME, &["version"]),
    (
        "flyway_schema_history",
        &["installed_rank", "version", "type", "script", "checksum", "success"],
    ),
    ("_prisma_migrations", &["checksum", "finished_at", "migration_name", "rolled_back_at"]),
    ("__drizzle_migrations", &["hash", "created_at"]),
    ("atlas_schema_revisions", &["version", "applied", "total"]),
];

/// Several tools have a table of this name, and applications have, too. So it must have no other columns than these:
/// those of golang-migrate, Ecto and Supabase.
const SHARED_NAME: &str = "schema_migrations";
const SHARED_COLUMNS: [&str; 8] = [
    "version",
    "dirty",
    "inserted_at",
    "statements",
    "name",
    "created_by",
    "idempotency_key",
    "rollback",
];

/// Those that a catalog has.
pub(crate) fn foreign_histories(catalog: &Catalog) -> HashSet<Name> {
    let found = catalog.relations.iter().filter(|(name, relation)| is_history(name, relation));
    found.map(|(name, _)| name.clone()).collect()
}

fn is_history(name: &Name, relation: &Relation) -> bool {
    let columns: Vec<&str> = relation.columns.iter().map(|it| &*it.name).collect();
    relation.kind == RelationKind::Table && has_columns(&name.name, &columns)
}

fn has_columns(table: &str, columns: &[&str]) -> bool {
    let Some((_, required)) = FOREIGN_HISTORIES.iter().find(|(name, _)| *name == table) else {
        return false;
    };
    let is_known = |it: &&str| table != SHARED_NAME || SHARED_COLUMNS.contains(it);
    required.iter().all(|it| columns.contains(it)) && columns.iter().all(is_known)
}

#[cfg(test)]
mod tests {
    use super::has_columns;

    #[test]
    fn a_name_is_not_enough() {
        let check = |table: &str, columns: &str, expected: bool| {
            let columns: Vec<&str> = columns.split_whitespace().collect();
            assert_eq!(has_columns(table, &columns), expected, "{table} {columns:?}");
        };
        check("alembic_version", "version_num", true);
        check("alembic_version", "release notes", false);
        check(
            "_sqlx_migrations",
            "version description installed_on success checksum execution_time",
            true,
        );
        check("schema_migrations", "version", true);
        check("schema_migrations", "version dirty", true);
        check("schema_migrations", "version statements name", true);
        check("schema_migrations", "tenant step body", false);
        check("schema_migrations", "version tenant", false);
        check("seaql_migrations", "id", false);
        check("users", "version", false);
    }
}
