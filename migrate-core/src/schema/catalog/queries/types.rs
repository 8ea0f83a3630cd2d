//! The parts of the query about schemas, extensions and types.

pub(super) const SCHEMAS: &str = "
SELECT 'schema', pg_catalog.to_jsonb(n.nspname)::text, pg_catalog.jsonb_build_object(
    'comment', pg_catalog.obj_description(n.oid, 'pg_namespace'))::text
FROM ns n
WHERE NOT EXISTS (SELECT FROM ext WHERE ext.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND ext.objid = n.oid)";

pub(super) const EXTENSIONS: &str = "
SELECT 'extension', pg_catalog.to_jsonb(e.extname)::text, pg_catalog.jsonb_build_object(
    'schema', n.nspname,
    'comment', CASE WHEN d.comment IS DISTINCT FROM a.comment AND a.name IS NOT NULL THEN coalesce(d.comment, '') END,
    'usual_comment', a.comment)::text
FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
CROSS JOIN LATERAL (SELECT pg_catalog.obj_description(e.oid, 'pg_extension')) d (comment)
LEFT JOIN pg_catalog.pg_available_extensions() a ON a.name = e.extname
WHERE e.extname <> 'plpgsql'";

pub(super) const ENUMS: &str = "
SELECT 'enum', pg_catalog.jsonb_build_array(n.nspname, t.typname)::text, pg_catalog.jsonb_build_object(
    'labels', (SELECT coalesce(pg_catalog.jsonb_agg(l.enumlabel ORDER BY l.enumsortorder), '[]')
               FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid),
    'comment', pg_catalog.obj_description(t.oid, 'pg_type'))::text
FROM pg_catalog.pg_type t JOIN ns n ON n.oid = t.typnamespace
WHERE t.typtype = 'e'
  AND NOT EXISTS (SELECT FROM ext WHERE ext.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND ext.objid = t.oid)";

// Since version 17 a NOT NULL of a domain has a row among the constraints, too.
pub(super) const DOMAINS: &str = "
SELECT 'domain', pg_catalog.jsonb_build_array(n.nspname, t.typname)::text, pg_catalog.jsonb_build_object(
    'base', pg_catalog.format_type(t.typbasetype, t.typtypmod),
    'not_null', t.typnotnull,
    'not_null_name', (SELECT k.conname FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'n'),
    'default', coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 0), t.typdefault),
    'collation', CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::pg_catalog.regcollation::text END,
    'constraints', (SELECT coalesce(pg_catalog.jsonb_object_agg(k.conname, pg_catalog.pg_get_constraintdef(k.oid)), '{}')
                    FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype <> 'n'),
    'constraint_comments', (SELECT coalesce(pg_catalog.jsonb_object_agg(k.conname, o.comment), '{}')
                            FROM pg_catalog.pg_constraint k
                            CROSS JOIN LATERAL (SELECT pg_catalog.obj_description(k.oid, 'pg_constraint')) o (comment)
                            WHERE k.contypid = t.oid AND o.comment IS NOT NULL),
    'comment', pg_catalog.obj_description(t.oid, 'pg_type'))::text
FROM pg_catalog.pg_type t
JOIN ns n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
WHERE t.typtype = 'd'
  AND NOT EXISTS (SELECT FROM ext WHERE ext.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND ext.objid = t.oid)";

pub(super) const COMPOSITES: &str = "
SELECT 'composite', pg_catalog.jsonb_build_array(n.nspname, t.typname)::text, pg_catalog.jsonb_build_object(
    'attributes', (
        SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', a.attname,
            'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
            'collation', CASE WHEN a.attcollation <> b.typcollation THEN a.attcollation::pg_catalog.regcollation::text END,
            'comment', pg_catalog.col_description(c.oid, a.attnum)) ORDER BY a.attnum), '[]')
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type b ON b.oid = a.atttypid
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'comment', pg_catalog.obj_description(t.oid, 'pg_type'))::text
FROM pg_catalog.pg_type t
JOIN ns n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
WHERE NOT EXISTS (SELECT FROM ext WHERE ext.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND ext.objid = t.oid)";

pub(super) const RANGES: &str = "
SELECT 'range', pg_catalog.jsonb_build_array(n.nspname, t.typname)::text, pg_catalog.jsonb_build_object(
    'subtype', pg_catalog.format_type(r.rngsubtype, NULL),
    'operator_class', (SELECT pg_catalog.format('%I.%I', o.nspname, c.opcname) FROM pg_catalog.pg_opclass c
                       JOIN pg_catalog.pg_namespace o ON o.oid = c.opcnamespace WHERE c.oid = r.rngsubopc),
    'collation', CASE WHEN r.rngcollation <> b.typcollation THEN r.rngcollation::pg_catalog.regcollation::text END,
    'canonical', nullif(r.rngcanonical::pg_catalog.oid, 0)::pg_catalog.regprocedure::text,
    'difference', nullif(r.rngsubdiff::pg_catalog.oid, 0)::pg_catalog.regprocedure::text,
    'multirange', (SELECT pg_catalog.jsonb_build_array(o.nspname, m.typname) FROM pg_catalog.pg_type m
                   JOIN pg_catalog.pg_namespace o ON o.oid = m.typnamespace WHERE m.oid = r.rngmultitypid),
    'comment', pg_catalog.obj_description(t.oid, 'pg_type'))::text
FROM pg_catalog.pg_range r
JOIN pg_catalog.pg_type t ON t.oid = r.rngtypid
JOIN ns n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_type b ON b.oid = r.rngsubtype
WHERE NOT EXISTS (SELECT FROM ext WHERE ext.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND ext.objid = t.oid)";
