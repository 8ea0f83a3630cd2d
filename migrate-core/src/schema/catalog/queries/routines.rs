//! The part of the query about routines.

// What a range type brings along depends on it internally. PostgreSQL has no words for a whole
// aggregate; its options are put together here, and those that say nothing are left out.
pub(super) const ROUTINES: &str = "
SELECT 'routine', pg_catalog.jsonb_build_array(n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid))::text,
pg_catalog.jsonb_build_object(
    'kind', CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window function' ELSE 'function' END,
    'signature', pg_catalog.oidvectortypes(p.proargtypes),
    'result', pg_catalog.pg_get_function_result(p.oid),
    'definition', CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) ELSE (
        SELECT pg_catalog.concat_ws(', ',
            'SFUNC = ' || a.aggtransfn::text, 'STYPE = ' || pg_catalog.format_type(a.aggtranstype, NULL),
            'SSPACE = ' || nullif(a.aggtransspace, 0)::text,
            'FINALFUNC = ' || nullif(a.aggfinalfn::text, '-'), CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
            'FINALFUNC_MODIFY = ' || a.aggfinalmodify::text,
            'COMBINEFUNC = ' || nullif(a.aggcombinefn::text, '-'),
            'SERIALFUNC = ' || nullif(a.aggserialfn::text, '-'),
            'DESERIALFUNC = ' || nullif(a.aggdeserialfn::text, '-'),
            'INITCOND = ' || pg_catalog.quote_literal(a.agginitval),
            'MSFUNC = ' || nullif(a.aggmtransfn::text, '-'),
            'MINVFUNC = ' || nullif(a.aggminvtransfn::text, '-'),
            CASE WHEN a.aggmtranstype <> 0 THEN 'MSTYPE = ' || pg_catalog.format_type(a.aggmtranstype, NULL) END,
            'MSSPACE = ' || nullif(a.aggmtransspace, 0)::text,
            'MFINALFUNC = ' || nullif(a.aggmfinalfn::text, '-'), CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
            'MFINALFUNC_MODIFY = ' || a.aggmfinalmodify::text,
            'MINITCOND = ' || pg_catalog.quote_literal(a.aggminitval),
            'SORTOP = ' || (SELECT pg_catalog.format('OPERATOR(%I.%s)', s.nspname, o.oprname) FROM pg_catalog.pg_operator o
                JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace WHERE o.oid = a.aggsortop),
            'PARALLEL = ' || p.proparallel::text, 'KIND = ' || a.aggkind::text, 'DIRECT = ' || a.aggnumdirectargs::text)
        FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid = p.oid) END,
    'depends_on', coalesce((SELECT f.extensions FROM follower f
                            WHERE f.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND f.objid = p.oid), '[]'),
    'comment', pg_catalog.obj_description(p.oid, 'pg_proc'))::text
FROM pg_catalog.pg_proc p
JOIN ns n ON n.oid = p.pronamespace
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                  AND d.objid = p.oid AND d.deptype IN ('e', 'i'))";
