//! The parts of the query about triggers, rules, policies and statistics.

// Until version 14 the copies of a trigger on partitions count as internal.
pub(super) const TRIGGERS: &str = "
SELECT 'trigger', pg_catalog.jsonb_build_array(r.nspname, r.relname, t.tgname)::text, pg_catalog.jsonb_build_object(
    'definition', pg_catalog.pg_get_triggerdef(t.oid),
    'firing', CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END,
    'inherited', t.tgparentid <> 0,
    'depends_on', coalesce((SELECT f.extensions FROM follower f
                            WHERE f.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND f.objid = t.oid), '[]'),
    'comment', pg_catalog.obj_description(t.oid, 'pg_trigger'))::text
FROM rel r
JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid
LEFT JOIN pg_catalog.pg_trigger p ON p.oid = t.tgparentid
WHERE CASE WHEN t.tgparentid = 0 THEN NOT t.tgisinternal ELSE t.tgconstraint = 0 AND t.tgenabled <> p.tgenabled END
  AND NOT EXISTS (SELECT FROM ext WHERE ext.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND ext.objid = t.oid)";

pub(super) const RULES: &str = "
SELECT 'rule', pg_catalog.jsonb_build_array(r.nspname, r.relname, w.rulename)::text, pg_catalog.jsonb_build_object(
    'definition', pg_catalog.pg_get_ruledef(w.oid),
    'firing', CASE w.ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END,
    'comment', pg_catalog.obj_description(w.oid, 'pg_rewrite'))::text
FROM rel r
JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid
WHERE w.rulename <> '_RETURN'
  AND NOT EXISTS (SELECT FROM ext WHERE ext.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND ext.objid = w.oid)";

// Role 0 is everybody.
pub(super) const POLICIES: &str = "
SELECT 'policy', pg_catalog.jsonb_build_array(r.nspname, r.relname, p.polname)::text, pg_catalog.jsonb_build_object(
    'permissive', p.polpermissive,
    'command', CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END,
    'roles', (SELECT coalesce(pg_catalog.jsonb_agg(n.name ORDER BY n.name COLLATE \"C\"), '[]') FROM (
                  SELECT CASE o.role WHEN 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(o.role)::text END AS name
                  FROM pg_catalog.unnest(p.polroles) o (role)) n),
    'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
    'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
    'comment', pg_catalog.obj_description(p.oid, 'pg_policy'))::text
FROM rel r
JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid";

pub(super) const STATISTICS: &str = "
SELECT 'statistics', pg_catalog.jsonb_build_array(n.nspname, s.stxname)::text, pg_catalog.jsonb_build_object(
    'table', pg_catalog.jsonb_build_array(r.nspname, r.relname),
    'definition', pg_catalog.pg_get_statisticsobjdef(s.oid),
    'target', nullif(s.stxstattarget, -1),
    'comment', pg_catalog.obj_description(s.oid, 'pg_statistic_ext'))::text
FROM rel r
JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = r.oid
JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
WHERE NOT EXISTS (SELECT FROM ext WHERE ext.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND ext.objid = s.oid)";
