//! The parts of the query about tables, views and sequences, their columns, constraints and indexes.

pub(super) const RELATIONS: &str = "
SELECT 'relation', pg_catalog.jsonb_build_array(r.nspname, r.relname)::text, pg_catalog.jsonb_build_object(
    'kind', CASE r.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned-table' WHEN 'f' THEN 'foreign-table'
                           WHEN 'v' THEN 'view' ELSE 'materialized-view' END,
    'definition', CASE WHEN r.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(r.oid) END,
    'unlogged', r.relpersistence = 'u',
    'of_type', CASE WHEN r.reloftype <> 0 THEN pg_catalog.format_type(r.reloftype, NULL) END,
    'inherits', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(o.nspname, p.relname) ORDER BY i.inhseqno), '[]')
                 FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
                 JOIN pg_catalog.pg_namespace o ON o.oid = p.relnamespace WHERE i.inhrelid = r.oid),
    'bound', pg_catalog.pg_get_expr(r.relpartbound, r.oid),
    'partition_key', CASE WHEN r.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(r.oid) END,
    'access_method', (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = r.relam),
    'tablespace', (SELECT s.spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = r.reltablespace),
    'options', (SELECT coalesce(pg_catalog.jsonb_agg(o.option ORDER BY o.option COLLATE \"C\"), '[]') FROM (
                    SELECT pg_catalog.unnest(r.reloptions) AS option
                    UNION ALL
                    SELECT 'toast.' || pg_catalog.unnest(t.reloptions) FROM pg_catalog.pg_class t WHERE t.oid = r.reltoastrelid) o),
    'server', (SELECT s.srvname FROM pg_catalog.pg_foreign_table f
               JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = r.oid),
    'server_options', (SELECT coalesce(pg_catalog.jsonb_agg(o ORDER BY o COLLATE \"C\"), '[]')
                       FROM pg_catalog.pg_foreign_table f, pg_catalog.unnest(f.ftoptions) o WHERE f.ftrelid = r.oid),
    'row_security', r.relrowsecurity,
    'force_row_security', r.relforcerowsecurity,
    'replica_identity', CASE r.relreplident WHEN 'n' THEN CASE WHEN r.relkind NOT IN ('v', 'f') THEN 'nothing' END WHEN 'f' THEN 'full' WHEN 'i' THEN
        (SELECT 'index ' || i.relname FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
         WHERE x.indrelid = r.oid AND x.indisreplident) END,
    'depends_on', coalesce((SELECT f.extensions FROM follower f
                            WHERE f.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND f.objid = r.oid), '[]'),
    'comment', pg_catalog.obj_description(r.oid, 'pg_class'))::text
FROM rel r WHERE r.relkind <> 'S'";

// Options that begin with pg_ are the server's own notes (15.20 has pg_attver, another number each time a
// column is made): nobody can set them, and pg_dump leaves them out.
pub(super) const COLUMNS: &str = "
SELECT 'column', pg_catalog.jsonb_build_array(r.nspname, r.relname, a.attnum)::text, pg_catalog.jsonb_build_object(
    'name', a.attname,
    'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
    'not_null', a.attnotnull,
    'not_null_options', nullif(pg_catalog.concat_ws(' ', CASE WHEN k.connoinherit THEN 'NO INHERIT' END,
                                                    CASE WHEN NOT k.convalidated THEN 'NOT VALID' END), ''),
    'not_null_constraint', k.conname,
    'not_null_name', CASE WHEN k.conislocal AND (k.coninhcount = 0 OR NOT r.relispartition AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_constraint p ON p.conrelid = i.inhparent
        WHERE i.inhrelid = r.oid AND p.contype = 'n' AND p.conname = k.conname)) THEN k.conname END,
    'not_null_comment', CASE WHEN k.conislocal THEN pg_catalog.obj_description(k.oid, 'pg_constraint') END,
    'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
    'generated', CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END,
    'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
    'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::pg_catalog.regcollation::text END,
    'storage', CASE WHEN a.attstorage <> t.typstorage THEN
        CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended' ELSE 'main' END END,
    'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
    'statistics', nullif(a.attstattarget, -1),
    'options', (SELECT coalesce(pg_catalog.jsonb_agg(o.setting ORDER BY o.place), '[]')
                FROM pg_catalog.unnest(a.attoptions) WITH ORDINALITY o (setting, place)
                WHERE NOT pg_catalog.starts_with(o.setting, 'pg_')),
    'server_options', coalesce(pg_catalog.to_jsonb(a.attfdwoptions), '[]'),
    'local', a.attislocal,
    'inherited', a.attinhcount > 0,
    'comment', pg_catalog.col_description(r.oid, a.attnum))::text
FROM rel r
JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum]
WHERE r.relkind <> 'S'";

// A foreign key to a partitioned table has a row for each partition, made and named by the server.
pub(super) const CONSTRAINTS: &str = "
SELECT 'constraint', pg_catalog.jsonb_build_array(r.nspname, r.relname, k.conname)::text, pg_catalog.jsonb_build_object(
    'kind', CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key'
                           WHEN 'c' THEN 'check' ELSE 'exclusion' END,
    'definition', pg_catalog.pg_get_constraintdef(k.oid),
    'columns', (SELECT coalesce(pg_catalog.jsonb_agg(a.attname ORDER BY p.place), '[]')
                FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY p (attnum, place)
                JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.attnum),
    'references', (SELECT pg_catalog.jsonb_build_array(o.nspname, f.relname) FROM pg_catalog.pg_class f
                   JOIN pg_catalog.pg_namespace o ON o.oid = f.relnamespace WHERE f.oid = k.confrelid),
    'deferrable', k.condeferrable,
    'deferred', k.condeferred,
    'validated', k.convalidated,
    'local', k.conislocal,
    'inherited', k.coninhcount > 0,
    'comment', pg_catalog.obj_description(k.oid, 'pg_constraint'))::text
FROM rel r
JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x')
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)";

pub(super) const INDEXES: &str = "
SELECT 'index', pg_catalog.jsonb_build_array(r.nspname, r.relname, i.relname)::text, pg_catalog.jsonb_build_object(
    'definition', pg_catalog.pg_get_indexdef(i.oid),
    'method', (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = i.relam),
    'unique', x.indisunique,
    'keys', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.pg_get_indexdef(i.oid, n, false) ORDER BY n), '[]')
             FROM pg_catalog.generate_series(1, x.indnkeyatts::int) n),
    'include', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.pg_get_indexdef(i.oid, n, false) ORDER BY n), '[]')
                FROM pg_catalog.generate_series(x.indnkeyatts + 1, x.indnatts::int) n),
    'predicate', pg_catalog.pg_get_expr(x.indpred, x.indrelid),
    'valid', x.indisvalid,
    'constraint', (SELECT k.conname FROM pg_catalog.pg_constraint k
                   WHERE k.conindid = i.oid AND k.conrelid = x.indrelid AND k.contype IN ('p', 'u', 'x')),
    'part_of', (SELECT pg_catalog.jsonb_build_array(o.nspname, p.relname) FROM pg_catalog.pg_inherits h
                JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
                JOIN pg_catalog.pg_namespace o ON o.oid = p.relnamespace WHERE h.inhrelid = i.oid),
    'clustered', x.indisclustered,
    'tablespace', (SELECT s.spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = i.reltablespace),
    'statistics', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.format('%s=%s', a.attnum, a.attstattarget) ORDER BY a.attnum), '[]')
                   FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.oid AND a.attstattarget >= 0),
    'depends_on', coalesce((SELECT f.extensions FROM follower f
                            WHERE f.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND f.objid = i.oid), '[]'),
    'comment', pg_catalog.obj_description(i.oid, 'pg_class'))::text
FROM rel r
JOIN pg_catalog.pg_index x ON x.indrelid = r.oid
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid";

pub(super) const SEQUENCES: &str = "
SELECT 'sequence', pg_catalog.jsonb_build_array(r.nspname, r.relname)::text, pg_catalog.jsonb_build_object(
    'type', pg_catalog.format_type(s.seqtypid, NULL),
    'start', s.seqstart,
    'increment', s.seqincrement,
    'min', s.seqmin,
    'max', s.seqmax,
    'cache', s.seqcache,
    'cycle', s.seqcycle,
    'unlogged', r.relpersistence = 'u',
    'owned_by', (SELECT pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_array(o.nspname, c.relname), a.attname)
                 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace o ON o.oid = c.relnamespace
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
                 WHERE c.oid = d.refobjid AND a.attnum = d.refobjsubid),
    'identity', coalesce(d.deptype = 'i', false),
    'comment', pg_catalog.obj_description(r.oid, 'pg_class'))::text
FROM rel r
JOIN pg_catalog.pg_sequence s ON s.seqrelid = r.oid
LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = r.oid AND d.objsubid = 0
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')";
