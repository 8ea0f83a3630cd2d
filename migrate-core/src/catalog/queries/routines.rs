//! The parts of the query about routines and about objects of rare kinds.

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
            CASE WHEN a.aggsortop <> 0 THEN 'SORTOP = ' || a.aggsortop::pg_catalog.regoperator END,
            'PARALLEL = ' || p.proparallel::text, 'KIND = ' || a.aggkind::text, 'DIRECT = ' || a.aggnumdirectargs::text)
        FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid = p.oid) END,
    'comment', pg_catalog.obj_description(p.oid, 'pg_proc'))::text
FROM pg_catalog.pg_proc p
JOIN ns n ON n.oid = p.pronamespace
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                  AND d.objid = p.oid AND d.deptype IN ('e', 'i'))";

// The first oid that is no system's own is 16384. A user mapping can hold a password: only its name is read.
pub(super) const OTHERS: &str = "
SELECT 'other', pg_catalog.jsonb_build_array(i.type, i.identity)::text, pg_catalog.jsonb_build_object(
    'definition', o.definition,
    'comment', pg_catalog.obj_description(o.oid, c.relname))::text
FROM (
    SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass AS class, oid, (pg_catalog.to_jsonb(k) - '{oid,collname,collnamespace,collowner,collversion}'::text[])::text AS definition
    FROM pg_catalog.pg_collation k
    UNION ALL
    SELECT 'pg_catalog.pg_cast'::pg_catalog.regclass, oid, pg_catalog.concat_ws(' ', castfunc::pg_catalog.regprocedure, castcontext, castmethod)
    FROM pg_catalog.pg_cast
    UNION ALL
    SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, oid, pg_catalog.concat_ws(' ', oprcode, oprcom::pg_catalog.regoperator,
        oprnegate::pg_catalog.regoperator, oprrest, oprjoin, oprcanmerge, oprcanhash)
    FROM pg_catalog.pg_operator
    UNION ALL
    SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass, oid, pg_catalog.concat_ws(' ', pg_catalog.format_type(opcintype, NULL), opcdefault,
        CASE WHEN opckeytype <> 0 THEN pg_catalog.format_type(opckeytype, NULL) END)
    FROM pg_catalog.pg_opclass
    UNION ALL
    SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass, f.oid, pg_catalog.concat_ws('; ',
        (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.amopstrategy, a.amopopr::pg_catalog.regoperator, a.amoppurpose), ', '
                ORDER BY a.amopstrategy, a.amopopr::pg_catalog.regoperator::text COLLATE \"C\")
         FROM pg_catalog.pg_amop a WHERE a.amopfamily = f.oid),
        (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.amprocnum, a.amproc::pg_catalog.regprocedure), ', '
                ORDER BY a.amprocnum, a.amproc::pg_catalog.regprocedure::text COLLATE \"C\")
         FROM pg_catalog.pg_amproc a WHERE a.amprocfamily = f.oid))
    FROM pg_catalog.pg_opfamily f
    UNION ALL
    SELECT 'pg_catalog.pg_conversion'::pg_catalog.regclass, oid, pg_catalog.concat_ws(' ', pg_catalog.pg_encoding_to_char(conforencoding),
        pg_catalog.pg_encoding_to_char(contoencoding), conproc, condefault)
    FROM pg_catalog.pg_conversion
    UNION ALL
    SELECT 'pg_catalog.pg_language'::pg_catalog.regclass, oid, pg_catalog.concat_ws(' ', lanpltrusted,
        lanplcallfoid::pg_catalog.regprocedure, laninline::pg_catalog.regprocedure, lanvalidator::pg_catalog.regprocedure)
    FROM pg_catalog.pg_language
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, oid, pg_catalog.concat_ws(' ', fdwhandler::pg_catalog.regprocedure,
        fdwvalidator::pg_catalog.regprocedure, fdwoptions)
    FROM pg_catalog.pg_foreign_data_wrapper
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, s.oid, pg_catalog.concat_ws(' ', w.fdwname, s.srvtype, s.srvversion, s.srvoptions)
    FROM pg_catalog.pg_foreign_server s JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
    UNION ALL
    SELECT 'pg_catalog.pg_user_mapping'::pg_catalog.regclass, m.umid, '' FROM pg_catalog.pg_user_mappings m
    UNION ALL
    SELECT 'pg_catalog.pg_publication'::pg_catalog.regclass, p.oid,
        (pg_catalog.to_jsonb(p) - '{oid,pubname,pubowner}'::text[])::text || CASE WHEN p.puballtables THEN '' ELSE coalesce(
            (SELECT pg_catalog.string_agg((pg_catalog.to_jsonb(t) - 'pubname')::text, ', ' ORDER BY t.schemaname, t.tablename)
             FROM pg_catalog.pg_publication_tables t WHERE t.pubname = p.pubname), '') END
    FROM pg_catalog.pg_publication p
    UNION ALL
    SELECT 'pg_catalog.pg_event_trigger'::pg_catalog.regclass, oid, pg_catalog.concat_ws(' ', evtevent, evttags, evtfoid::pg_catalog.regprocedure, evtenabled)
    FROM pg_catalog.pg_event_trigger
    UNION ALL
    SELECT 'pg_catalog.pg_ts_config'::pg_catalog.regclass, f.oid, pg_catalog.concat_ws(' ',
        (SELECT pg_catalog.format('%I.%I', n.nspname, p.prsname) FROM pg_catalog.pg_ts_parser p
         JOIN pg_catalog.pg_namespace n ON n.oid = p.prsnamespace WHERE p.oid = f.cfgparser),
        (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', m.maptokentype, m.mapdict::pg_catalog.regdictionary), ', ' ORDER BY m.maptokentype, m.mapseqno)
         FROM pg_catalog.pg_ts_config_map m WHERE m.mapcfg = f.oid))
    FROM pg_catalog.pg_ts_config f
    UNION ALL
    SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, d.oid, pg_catalog.concat_ws(' ',
        (SELECT pg_catalog.format('%I.%I', n.nspname, t.tmplname) FROM pg_catalog.pg_ts_template t
         JOIN pg_catalog.pg_namespace n ON n.oid = t.tmplnamespace WHERE t.oid = d.dicttemplate), d.dictinitoption)
    FROM pg_catalog.pg_ts_dict d
    UNION ALL
    SELECT 'pg_catalog.pg_ts_parser'::pg_catalog.regclass, oid, pg_catalog.concat_ws(' ', prsstart, prstoken, prsend, prsheadline, prslextype)
    FROM pg_catalog.pg_ts_parser
    UNION ALL
    SELECT 'pg_catalog.pg_ts_template'::pg_catalog.regclass, oid, pg_catalog.concat_ws(' ', tmplinit, tmpllexize) FROM pg_catalog.pg_ts_template
    UNION ALL
    SELECT 'pg_catalog.pg_transform'::pg_catalog.regclass, oid, pg_catalog.concat_ws(' ', trffromsql::pg_catalog.regprocedure, trftosql::pg_catalog.regprocedure)
    FROM pg_catalog.pg_transform
    UNION ALL
    SELECT 'pg_catalog.pg_am'::pg_catalog.regclass, oid, pg_catalog.concat_ws(' ', amtype, amhandler::pg_catalog.regprocedure) FROM pg_catalog.pg_am
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, pg_catalog.concat_ws(' ', typisdefined, typinput, typoutput, typreceive, typsend,
        typmodin, typmodout, typanalyze, typlen, typbyval, typalign, typstorage, typcategory, typispreferred, typdelim, typdefault,
        CASE WHEN typelem <> 0 THEN pg_catalog.format_type(typelem, NULL) END)
    FROM pg_catalog.pg_type t JOIN ns ON ns.oid = t.typnamespace
    WHERE t.typtype IN ('b', 'p') AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)
) o
JOIN pg_catalog.pg_class c ON c.oid = o.class
CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) i
WHERE o.oid >= 16384 AND coalesce(i.schema, '') !~ '^pg_(temp|toast)'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype IN ('e', 'i'))";
