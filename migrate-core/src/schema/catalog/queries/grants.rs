//! The part of the query about privileges and owners, which is sent only on request.

use crate::syntax::ident::literal;

// Whatever has an owner and privileges; `builtin` is what holds where nothing was granted or revoked: of what an
// extension or the system brings along, what it was given then. Of what belongs to an extension the owner goes
// without saying, and the sequence of a column has the owner of its table.
const OBJECTS: &str = "
    SELECT 'schema' AS kind, '' AS nspname, s.nspname AS name, '' AS part, s.nspowner AS owner, s.nspacl AS acl,
        'n'::\"char\" AS code, 'pg_catalog.pg_namespace'::pg_catalog.regclass AS class, s.oid, true AS owned
    FROM ns n JOIN pg_catalog.pg_namespace s ON s.oid = n.oid
    UNION ALL
    SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, n.nspname, c.relname, '', c.relowner, c.relacl,
        CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid,
        c.relkind <> 'S' OR NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
            AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i'))
    FROM pg_catalog.pg_class c JOIN ns n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    UNION ALL
    SELECT 'routine', n.nspname, p.proname, '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', p.proowner,
        p.proacl, 'f', 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, true
    FROM pg_catalog.pg_proc p JOIN ns n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                      AND d.objid = p.oid AND d.deptype = 'i')
    UNION ALL
    SELECT 'type', n.nspname, t.typname, '', t.typowner, t.typacl, 'T', 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, true
    FROM pg_catalog.pg_type t JOIN ns n ON n.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c'
    UNION ALL
    SELECT 'server', '', pg_catalog.quote_ident(s.srvname), '', s.srvowner, s.srvacl, 'S',
        'pg_catalog.pg_foreign_server'::pg_catalog.regclass, s.oid, true
    FROM pg_catalog.pg_foreign_server s
    UNION ALL
    SELECT 'foreign-data wrapper', '', pg_catalog.quote_ident(w.fdwname), '', w.fdwowner, w.fdwacl, 'F',
        'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, w.oid, true
    FROM pg_catalog.pg_foreign_data_wrapper w
    UNION ALL
    SELECT 'language', '', pg_catalog.quote_ident(l.lanname), '', l.lanowner, l.lanacl, 'l',
        'pg_catalog.pg_language'::pg_catalog.regclass, l.oid, l.oid >= 16384
    FROM pg_catalog.pg_language l";

// What has an owner, and nobody can be granted anything on it.
const OWNED: &str = "
    SELECT i.type, '', i.identity, '', o.owner, o.class, o.oid
    FROM (
        SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass AS class, oid, collowner AS owner FROM pg_catalog.pg_collation
        UNION ALL SELECT 'pg_catalog.pg_conversion'::pg_catalog.regclass, oid, conowner FROM pg_catalog.pg_conversion
        UNION ALL SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, oid, oprowner FROM pg_catalog.pg_operator
        UNION ALL SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass, oid, opcowner FROM pg_catalog.pg_opclass
        UNION ALL SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass, oid, opfowner FROM pg_catalog.pg_opfamily
        UNION ALL SELECT 'pg_catalog.pg_publication'::pg_catalog.regclass, oid, pubowner FROM pg_catalog.pg_publication
        UNION ALL SELECT 'pg_catalog.pg_event_trigger'::pg_catalog.regclass, oid, evtowner FROM pg_catalog.pg_event_trigger
        UNION ALL SELECT 'pg_catalog.pg_ts_config'::pg_catalog.regclass, oid, cfgowner FROM pg_catalog.pg_ts_config
        UNION ALL SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, oid, dictowner FROM pg_catalog.pg_ts_dict
        UNION ALL SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, oid, stxowner FROM pg_catalog.pg_statistic_ext
    ) o
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) i
    WHERE o.oid >= 16384 AND coalesce(i.schema, '') !~ '^pg_(temp|toast)'";

// Default privileges of a schema come on top of the others, so nobody has any by nature.
const DEFAULTS: &str = "
    UNION ALL
    SELECT 'column', r.nspname, r.relname, k.attname, r.relowner, k.attacl, NULL::pg_catalog.aclitem[]
    FROM rel r JOIN pg_catalog.pg_attribute k ON k.attrelid = r.oid AND k.attnum > 0 AND NOT k.attisdropped AND k.attacl IS NOT NULL
    UNION ALL
    SELECT 'default privileges on ' || CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'routines'
        WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END, '', coalesce(n.nspname, '*'),
        CASE WHEN d.defaclrole = who.oid THEN '' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)) END,
        d.defaclrole, d.defaclacl, CASE WHEN d.defaclnamespace = 0
            THEN pg_catalog.acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole) END
    FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace";

/// Who the catalog is seen from: a role by its name, quoted where that has to be, or the one that asks.
fn who(role: Option<&str>) -> String {
    let found = role.map_or_else(|| "pg_catalog.quote_ident(CURRENT_USER)".to_owned(), literal);
    format!("(SELECT {found}::pg_catalog.regrole::pg_catalog.oid AS oid) who")
}

/// What a role is called that has the number of this expression. Role 0 is everybody.
fn named(number: &str) -> String {
    format!(
        "CASE WHEN {number} = 0 THEN 'PUBLIC' WHEN {number} = who.oid THEN 'CURRENT_ROLE' \
         ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid({number})) END"
    )
}

/// The privileges, of those who have others than by nature. An owner may grant what is its own, so that it
/// may pass it on goes without saying.
pub(super) fn grants(role: Option<&str>) -> String {
    let (who, named) = (who(role), named("h.grantee"));
    format!(
        "
SELECT 'grant', pg_catalog.jsonb_build_array(o.kind, o.nspname, o.name, o.part,
    CASE WHEN h.grantee = o.owner THEN 'OWNER' ELSE {named} END)::text,
pg_catalog.jsonb_build_object('privileges', coalesce(h.privileges, '[]'), 'grantable', coalesce(h.grantable, '[]'),
    'initial', coalesce(h.privileges_before, '[]'))::text
FROM {who} CROSS JOIN LATERAL (
    SELECT b.kind, b.nspname, b.name, b.part, b.owner, b.acl, coalesce(
        (SELECT p.initprivs FROM pg_catalog.pg_init_privs p WHERE p.classoid = b.class AND p.objoid = b.oid AND p.objsubid = 0),
        pg_catalog.acldefault(b.code, b.owner)) AS builtin
    FROM ({OBJECTS}
    ) b WHERE b.acl IS NOT NULL{DEFAULTS}
) o
CROSS JOIN LATERAL (
    SELECT a.grantee, pg_catalog.jsonb_agg(DISTINCT a.privilege_type) FILTER (WHERE a.is_now) AS privileges,
        pg_catalog.jsonb_agg(DISTINCT a.privilege_type) FILTER (WHERE a.is_now AND a.is_grantable AND a.grantee <> o.owner) AS grantable,
        pg_catalog.jsonb_agg(DISTINCT a.privilege_type) FILTER (WHERE NOT a.is_now) AS privileges_before,
        pg_catalog.jsonb_agg(DISTINCT a.privilege_type) FILTER (WHERE NOT a.is_now AND a.is_grantable AND a.grantee <> o.owner) AS grantable_before
    FROM (
        SELECT true AS is_now, n.* FROM pg_catalog.aclexplode(o.acl) n
        UNION ALL
        SELECT false, n.* FROM pg_catalog.aclexplode(o.builtin) n
    ) a
    GROUP BY a.grantee
) h
WHERE (h.privileges, h.grantable) IS DISTINCT FROM (h.privileges_before, h.grantable_before)"
    )
}

/// The owners, but for the role that the catalog is seen from, and for that which the system gives its own schema.
pub(super) fn owners(role: Option<&str>) -> String {
    let (who, named) = (who(role), named("o.owner"));
    format!(
        "
SELECT 'owner', pg_catalog.jsonb_build_array(o.kind, o.nspname, o.name, o.part)::text, pg_catalog.to_jsonb({named})::text
FROM {who} CROSS JOIN LATERAL (
    SELECT b.kind, b.nspname, b.name, b.part, b.owner, b.class, b.oid FROM ({OBJECTS}
    ) b WHERE b.owned
    UNION ALL{OWNED}
) o
WHERE CASE WHEN o.kind = 'schema' AND o.name = 'public'
      THEN o.owner <> 10 AND pg_catalog.pg_get_userbyid(o.owner) <> 'pg_database_owner' ELSE o.owner <> who.oid END
  AND NOT EXISTS (SELECT FROM ext WHERE ext.classid = o.class AND ext.objid = o.oid)"
    )
}
