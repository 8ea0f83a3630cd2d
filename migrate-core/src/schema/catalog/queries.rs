//! The query that reads a catalog. It is one query, so that it sees one moment.
//!
//! Each row contains the kind of an object, its name as a JSON array and its properties as a JSON object. Tables and
//! functions are qualified, because objects of the caller's could hide PostgreSQL's. A column that not all versions from 14
//! to 18 have is read from the row as JSON, where a missing column is null.

mod grants;
mod others;
mod parts;
mod relations;
mod routines;
mod types;

/// What several parts ask for.
const COMMON: &str = "
WITH ext AS MATERIALIZED (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
),
-- What goes with an extension because somebody has said so.
follower AS MATERIALIZED (
    SELECT d.classid, d.objid, pg_catalog.jsonb_agg(e.extname ORDER BY e.extname) AS extensions
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
    WHERE d.deptype = 'x' AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
    GROUP BY d.classid, d.objid
),
ns AS MATERIALIZED (
    SELECT oid, nspname FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
),
rel AS MATERIALIZED (
    SELECT c.*, n.nspname FROM pg_catalog.pg_class c JOIN ns n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
      AND NOT EXISTS (SELECT FROM ext WHERE ext.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND ext.objid = c.oid)
)";

/// The whole query, with privileges if they are wanted, seen from a role or from the one that asks.
pub(super) fn catalog(privileges: Option<Option<&str>>) -> String {
    let parts = [
        types::SCHEMAS,
        types::EXTENSIONS,
        types::ENUMS,
        types::DOMAINS,
        types::COMPOSITES,
        types::RANGES,
        relations::SEQUENCES,
        relations::RELATIONS,
        relations::COLUMNS,
        relations::CONSTRAINTS,
        relations::INDEXES,
        parts::TRIGGERS,
        parts::RULES,
        parts::POLICIES,
        parts::STATISTICS,
        routines::ROUTINES,
    ];
    let privileges = privileges.map(|role| [grants::grants(role), grants::owners(role)]);
    let parts = parts.map(str::to_owned).into_iter().chain([others::others()]);
    let parts = parts.chain(privileges.into_iter().flatten());
    format!("{COMMON}{}", parts.collect::<Vec<_>>().join("\nUNION ALL"))
}
