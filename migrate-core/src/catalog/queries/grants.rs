//! The part of the query about privileges and owners, which is asked only if somebody wants to know.

// Where nothing was granted or revoked, what PostgreSQL grants by itself holds: to everybody to run a
// function, for one. Role 0 is everybody.
const OBJECTS: &str = "
    SELECT 'schema' AS kind, '' AS nspname, n.nspname AS name, '' AS part, s.nspowner AS owner,
        coalesce(s.nspacl, pg_catalog.acldefault('n', s.nspowner)) AS acl
    FROM ns n JOIN pg_catalog.pg_namespace s ON s.oid = n.oid
    UNION ALL
    SELECT CASE r.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, r.nspname, r.relname, '', r.relowner,
        coalesce(r.relacl, pg_catalog.acldefault(CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", r.relowner))
    FROM rel r
    UNION ALL
    SELECT 'routine', n.nspname, p.proname, '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', p.proowner,
        coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
    FROM pg_catalog.pg_proc p JOIN ns n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                      AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
    UNION ALL
    SELECT 'type', n.nspname, t.typname, '', t.typowner, coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner))
    FROM pg_catalog.pg_type t JOIN ns n ON n.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
      AND NOT EXISTS (SELECT FROM ext WHERE ext.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND ext.objid = t.oid)";

// What an owner may do goes without saying, but for default privileges: that there are some which
// give others nothing is what they say.
const GRANTS: &str = "
    UNION ALL
    SELECT 'column', r.nspname, r.relname, k.attname, r.relowner, k.attacl
    FROM rel r JOIN pg_catalog.pg_attribute k ON k.attrelid = r.oid AND k.attnum > 0 AND NOT k.attisdropped
    UNION ALL
    SELECT 'default of ' || CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'routines'
        WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'others' END || ' in schema', '',
        coalesce(n.nspname, '*'), ' by ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)), d.defaclrole, d.defaclacl
    FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
) o
CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) a
WHERE a.grantee <> o.owner OR o.kind LIKE 'default of %'
GROUP BY o.kind, o.nspname, o.name, o.part, a.grantee";

/// The privileges.
pub(super) fn grants() -> String {
    format!(
        "
SELECT 'grant', pg_catalog.jsonb_build_array(o.kind, o.nspname, o.name, o.part,
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END)::text,
pg_catalog.jsonb_build_object(
    'privileges', pg_catalog.jsonb_agg(DISTINCT a.privilege_type),
    'grantable', coalesce(pg_catalog.jsonb_agg(DISTINCT a.privilege_type) FILTER (WHERE a.is_grantable), '[]'))::text
FROM ({OBJECTS}{GRANTS}"
    )
}

/// The owners, but for the role that asks, and for that of the system's schema.
pub(super) fn owners() -> String {
    format!(
        "
SELECT 'owner', pg_catalog.jsonb_build_array(o.kind, o.nspname, o.name, o.part)::text,
    pg_catalog.to_jsonb(pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o.owner)))::text
FROM ({OBJECTS}
) o
WHERE o.owner <> CURRENT_USER::pg_catalog.regrole AND NOT (o.kind = 'schema' AND o.name = 'public')"
    )
}
