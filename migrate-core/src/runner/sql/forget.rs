//! The SQL that finds migrate's own tables, and that removes them.

use std::time::Duration;

use super::{Tables, guard, literal, step, tag};
use crate::syntax::ident::quote;

/// Everything in our schema that has one of our names: name, kind, columns;
/// [`history_tables::parse`](crate::runner::history_tables::parse) reads it.
pub(crate) fn find(tables: &Tables) -> String {
    let names: Vec<String> = tables.names().iter().map(|name| literal(name)).collect();
    format!(
        "SELECT '{tag}', c.relname, c.relkind::text, pg_catalog.array_to_string(ARRAY(\
         SELECT pg_catalog.concat(a.attname, ' ', pg_catalog.format_type(a.atttypid, a.atttypmod)) \
         FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         ORDER BY a.attnum), ',') \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = {schema} AND c.relname IN ({names}) \
         UNION ALL SELECT '{tag}', t.typname, 'type', '' \
         FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace \
         WHERE n.nspname = {schema} AND t.typname IN ({names}) AND t.typrelid = 0 \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)",
        tag = tag::TABLE,
        schema = literal(&tables.schema),
        names = names.join(", "),
    )
}

/// Removes these of our tables, and nothing that stands on them: a view of somebody's is an error.
pub(crate) fn forget(tables: &Tables, own: &[String], lock_timeout: Option<Duration>) -> String {
    let sequence = &tables.statement;
    let (sequences, relations): (Vec<String>, Vec<String>) = own
        .iter()
        .map(|name| format!("{}.{}", quote(&tables.schema), quote(name)))
        .partition(|name| name == sequence);
    let drop = |kind: &str, names: Vec<String>| match names.is_empty() {
        true => String::new(),
        false => format!("DROP {kind} {};\n", names.join(", ")),
    };
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED;\n{timeout}{guard}\n{relations}{sequences}COMMIT",
        timeout = lock_timeout.map_or_else(String::new, step::local_lock_timeout),
        guard = guard(tables, ""),
        relations = drop("TABLE", relations),
        sequences = drop("SEQUENCE", sequences),
    )
}
