//! From the project's one catalog to the part of it that is stored here.

use std::collections::BTreeMap;

use migrate_core::schema::catalog::{self, Name, Relation, RelationKind};
use postgres::Client;

use super::{Catalog, CatalogError, Column, Constraint, Extension, Index, Table};

/// Reads one schema.
pub(super) fn read(
    client: &mut Client,
    schema: &str,
    leave_out: &[&str],
) -> Result<Catalog, CatalogError> {
    let whole = catalog::Catalog::read_seen_from(client, schema)?;
    if !whole.schemas.contains_key(schema) {
        return Err(CatalogError::NoSuchSchema { schema: schema.to_owned() });
    }
    let whole =
        whole.without(|name| name.schema == schema && leave_out.contains(&name.name.as_str()));
    let here = |name: &Name| name.schema == schema;
    let relations = || whole.relations.iter().filter(|(name, _)| here(name));
    Ok(Catalog {
        enums: whole
            .enums
            .iter()
            .filter(|(name, _)| here(name))
            .map(|(name, it)| (name.name.clone(), it.labels.clone()))
            .collect(),
        extensions: whole
            .extensions
            .iter()
            .map(|(name, it)| (name.clone(), Extension { schema: it.schema.clone() }))
            .collect(),
        sequences: whole.sequences.keys().filter(|&name| here(name)).map(last).collect(),
        tables: relations()
            .filter(|(_, it)| {
                matches!(it.kind, RelationKind::Table | RelationKind::PartitionedTable)
            })
            .map(|(name, it)| (last(name), table(it)))
            .collect(),
        views: relations()
            .filter(|(_, it)| {
                matches!(it.kind, RelationKind::View | RelationKind::MaterializedView)
            })
            .map(|(name, _)| last(name))
            .collect(),
    })
}

fn last(name: &Name) -> String {
    name.name.clone()
}

fn table(relation: &Relation) -> Table {
    let columns = (1..).zip(&relation.columns).map(|(position, column)| Column {
        default: column.default.clone(),
        name: column.name.clone(),
        not_null: column.not_null,
        position,
        data_type: column.data_type.clone(),
    });
    let mut constraints: BTreeMap<String, Constraint> = BTreeMap::new();
    for (name, it) in &relation.constraints {
        let constraint = Constraint { definition: it.definition.clone(), kind: it.kind.clone() };
        constraints.insert(name.clone(), constraint);
    }
    // PostgreSQL counts a constraint trigger among both.
    for (name, it) in &relation.triggers {
        if it.definition.starts_with("CREATE CONSTRAINT TRIGGER ") {
            let (definition, kind) = (it.definition.clone(), "trigger".to_owned());
            constraints.insert(name.clone(), Constraint { definition, kind });
        }
    }
    let indexes = relation.indexes.iter().map(|(name, it)| {
        let index =
            Index { backs_constraint: it.constraint.is_some(), definition: it.definition.clone() };
        (name.clone(), index)
    });
    Table { columns: columns.collect(), constraints, indexes: indexes.collect() }
}
