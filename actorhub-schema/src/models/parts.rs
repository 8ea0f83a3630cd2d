//! The words that the models are written in: ActorHub's conventions over barrel's builders.

use barrel::types::{Type, custom, unique_constraint};
use barrel::{Migration, Table, types};

/// A column that may be NULL, as most are.
pub(super) fn optional(table: &mut Table, name: &str, kind: Type) {
    table.add_column(name, kind.nullable(true));
}

/// A column that may not be NULL.
pub(super) fn required(table: &mut Table, name: &str, kind: Type) {
    table.add_column(name, kind.nullable(false));
}

/// The column `id`, which the server fills.
pub(super) fn generated_id(table: &mut Table) {
    // barrel would quote the function's name, were it given as a default.
    required(table, "id", custom("uuid DEFAULT uuid_generate_v4()"));
}

/// A point in time, by default that of the insertion.
pub(super) fn now() -> Type {
    custom("timestamp DEFAULT now()")
}

/// barrel's own UUIDs are unique.
pub(super) fn uuid() -> Type {
    types::uuid().unique(false)
}

/// barrel's own JSON is kept as text.
pub(super) fn jsonb() -> Type {
    custom("jsonb")
}

/// The primary key `id`, named by the convention.
pub(super) fn primary_key(table: &mut Table) {
    // barrel's own primary key can't be named.
    table.inject_custom(format!("CONSTRAINT pk_{} PRIMARY KEY (id)", table.meta.name));
}

/// A unique constraint, named by the convention.
pub(super) fn unique(table: &mut Table, column: &str) {
    let name = format!("uq_{}_{column}", table.meta.name);
    table.add_constraint(name, unique_constraint([column]));
}

/// A foreign key to the `id` of another table, named by the convention.
pub(super) fn foreign_key(table: &mut Table, column: &str, to: &str) {
    // barrel's own foreign key can't be named.
    table.inject_custom(format!(
        "CONSTRAINT fk_{}_{column}_{to} FOREIGN KEY ({column}) REFERENCES {to} (id)",
        table.meta.name
    ));
}

/// An enum type.
pub(super) fn enumeration(schema: &mut Migration, name: &str, labels: &[&str]) {
    // barrel has no enum types of PostgreSQL's kind.
    schema.inject_custom(format!("CREATE TYPE {name} AS ENUM ('{}')", labels.join("', '")));
}
