//! The queries behind a catalog. PostgreSQL 14 to 18 answer them alike.

use std::collections::BTreeMap;

use postgres::{Client, IsolationLevel, Row, Transaction};

use super::{Catalog, Column, Constraint, Extension, Index, Table};
use crate::connection::quoted;
use crate::error::Error;

const SCHEMA: &str = "SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1";

const EXTENSIONS: &str = "
SELECT e.extname::text, n.nspname::text
FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname <> 'plpgsql'";

const ENUMS: &str = "
SELECT t.typname::text, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
WHERE t.typnamespace = $1
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
GROUP BY t.typname";

// A sequence belongs to its table: it goes when the table is left out.
const RELATIONS: &str = "
SELECT c.oid, c.relname::text, c.relkind::text
FROM pg_catalog.pg_class c
WHERE c.relnamespace = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relname <> ALL ($2)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  JOIN pg_catalog.pg_class owner ON owner.oid = d.refobjid
                  WHERE c.relkind = 'S' AND d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
                    AND owner.relnamespace = $1 AND owner.relname = ANY ($2))
ORDER BY c.relname COLLATE \"C\"";

const COLUMNS: &str = "
SELECT a.attrelid, (row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum))::int, a.attname::text,
       pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
FROM pg_catalog.pg_attribute a
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum";

// Since version 18 a NOT NULL has a row here, too.
const CONSTRAINTS: &str = "
SELECT conrelid, conname::text, contype::text, pg_catalog.pg_get_constraintdef(oid)
FROM pg_catalog.pg_constraint
WHERE conrelid = ANY ($1) AND contype <> 'n'";

const INDEXES: &str = "
SELECT x.indrelid, i.relname::text, pg_catalog.pg_get_indexdef(i.oid),
       EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.oid AND k.conrelid = x.indrelid)
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
WHERE x.indrelid = ANY ($1)";

/// Reads one schema on one snapshot.
pub(super) fn read(
    client: &mut Client,
    schema: &str,
    leave_out: &[&str],
) -> Result<Catalog, Error> {
    let doing = || Error::doing(format!("read the catalog of the schema {schema}"));
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .map_err(doing())?;
    // Names inside definitions are qualified unless they are on the search path.
    transaction
        .batch_execute(&format!("SET LOCAL search_path TO {}", quoted(schema)))
        .map_err(doing())?;
    let Some(row) = transaction.query_opt(SCHEMA, &[&schema]).map_err(doing())? else {
        return Err(Error::NoSuchSchema { schema: schema.to_owned() });
    };
    let namespace = row.try_get(0).map_err(doing())?;
    let catalog = in_transaction(&mut transaction, namespace, leave_out).map_err(doing())?;
    transaction.commit().map_err(doing())?;
    Ok(catalog)
}

fn in_transaction(
    transaction: &mut Transaction<'_>,
    namespace: u32,
    leave_out: &[&str],
) -> Result<Catalog, postgres::Error> {
    let mut catalog = Catalog::default();
    for row in transaction.query(EXTENSIONS, &[])? {
        catalog.extensions.insert(row.try_get(0)?, Extension { schema: row.try_get(1)? });
    }
    for row in transaction.query(ENUMS, &[&namespace])? {
        catalog.enums.insert(row.try_get(0)?, row.try_get(1)?);
    }
    let mut tables: BTreeMap<u32, (String, Table)> = BTreeMap::new();
    for row in transaction.query(RELATIONS, &[&namespace, &leave_out])? {
        let (oid, name): (u32, String) = (row.try_get(0)?, row.try_get(1)?);
        let kind: String = row.try_get(2)?;
        match kind.as_str() {
            "S" => catalog.sequences.push(name),
            "v" | "m" => catalog.views.push(name),
            _ => {
                tables.insert(oid, (name, Table::default()));
            }
        }
    }
    let oids: Vec<u32> = tables.keys().copied().collect();
    let mut fill = |sql: &str, put: Put| -> Result<(), postgres::Error> {
        for row in transaction.query(sql, &[&oids])? {
            if let Some((_, table)) = tables.get_mut(&row.try_get(0)?) {
                put(table, &row)?;
            }
        }
        Ok(())
    };
    fill(COLUMNS, put_column)?;
    fill(CONSTRAINTS, put_constraint)?;
    fill(INDEXES, put_index)?;
    catalog.tables = tables.into_values().collect();
    Ok(catalog)
}

type Put = fn(&mut Table, &Row) -> Result<(), postgres::Error>;

fn put_column(table: &mut Table, row: &Row) -> Result<(), postgres::Error> {
    table.columns.push(Column {
        position: row.try_get(1)?,
        name: row.try_get(2)?,
        data_type: row.try_get(3)?,
        not_null: row.try_get(4)?,
        default: row.try_get(5)?,
    });
    Ok(())
}

fn put_constraint(table: &mut Table, row: &Row) -> Result<(), postgres::Error> {
    let letter: String = row.try_get(2)?;
    let kind = match letter.as_str() {
        "p" => "primary key",
        "u" => "unique",
        "f" => "foreign key",
        "c" => "check",
        "x" => "exclusion",
        "t" => "trigger",
        other => other,
    };
    let constraint = Constraint { kind: kind.to_owned(), definition: row.try_get(3)? };
    table.constraints.insert(row.try_get(1)?, constraint);
    Ok(())
}

fn put_index(table: &mut Table, row: &Row) -> Result<(), postgres::Error> {
    let index = Index { definition: row.try_get(2)?, backs_constraint: row.try_get(3)? };
    table.indexes.insert(row.try_get(1)?, index);
    Ok(())
}
