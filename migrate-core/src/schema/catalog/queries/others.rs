//! The part of the query about objects of rare kinds: for each the statement that creates it, and the properties that
//! can be changed without recreating it.

/// A foreign-data option as it may be shown: of one that may be a secret, only that it is set.
fn options(array: &str) -> String {
    format!(
        "(SELECT coalesce(pg_catalog.jsonb_agg(CASE WHEN pg_catalog.split_part(u, '=', 1) ~* '{SECRETS}'
            THEN pg_catalog.split_part(u, '=', 1) ELSE u END ORDER BY u COLLATE \"C\"), '[]') FROM pg_catalog.unnest({array}) u)"
    )
}

const SECRETS: &str = "pass|secret|token|credential|private_?key|api_?key|access_?key";

/// The members of an operator class or family, as rows of a key and a clause.
fn members(class: &str, owner: &str) -> String {
    format!(
        "(SELECT pg_catalog.format('OPERATOR %s (%s, %s)', a.amopstrategy, pg_catalog.format_type(a.amoplefttype, NULL), pg_catalog.format_type(a.amoprighttype, NULL)) AS key,
                 pg_catalog.format('OPERATOR %s %s', a.amopstrategy, a.amopopr::pg_catalog.regoperator)
                     || coalesce((SELECT pg_catalog.format(' FOR ORDER BY %I.%I', sn.nspname, sf.opfname) FROM pg_catalog.pg_opfamily sf
                                  JOIN pg_catalog.pg_namespace sn ON sn.oid = sf.opfnamespace WHERE sf.oid = a.amopsortfamily), '') AS clause,
                 0 AS place, a.amopstrategy AS number
          FROM pg_catalog.pg_amop a JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass AND d.objid = a.oid
              AND d.refclassid = '{class}'::pg_catalog.regclass AND d.refobjid = {owner}
          UNION ALL
          SELECT pg_catalog.format('FUNCTION %s (%s, %s)', a.amprocnum, pg_catalog.format_type(a.amproclefttype, NULL), pg_catalog.format_type(a.amprocrighttype, NULL)),
                 pg_catalog.format('FUNCTION %s (%s, %s) %s', a.amprocnum, pg_catalog.format_type(a.amproclefttype, NULL),
                                   pg_catalog.format_type(a.amprocrighttype, NULL), a.amproc::pg_catalog.regprocedure), 1, a.amprocnum
          FROM pg_catalog.pg_amproc a JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass AND d.objid = a.oid
              AND d.refclassid = '{class}'::pg_catalog.regclass AND d.refobjid = {owner}) m"
    )
}

/// An operator as a statement names it.
fn operator(oid: &str) -> String {
    format!(
        "(SELECT pg_catalog.format('OPERATOR(%I.%s)', s.nspname, p.oprname) FROM pg_catalog.pg_operator p
          JOIN pg_catalog.pg_namespace s ON s.oid = p.oprnamespace WHERE p.oid = {oid})"
    )
}

/// The whole part. The first oid that is no system's own is 16384.
pub(super) fn others() -> String {
    let kinds = [
        COLLATIONS.to_owned(),
        CASTS.to_owned(),
        OPERATORS
            .replace("{commutator}", &operator("k.oprcom"))
            .replace("{negator}", &operator("k.oprnegate")),
        CLASSES.replace("{members}", &members("pg_catalog.pg_opclass", "k.oid")),
        FAMILIES.replace("{members}", &members("pg_catalog.pg_opfamily", "k.oid")),
        CONVERSIONS.to_owned(),
        LANGUAGES.to_owned(),
        WRAPPERS.replace("{options}", &options("k.fdwoptions")),
        SERVERS.replace("{options}", &options("k.srvoptions")),
        MAPPINGS.replace("{options}", &options("k.umoptions")),
        PUBLICATIONS.to_owned(),
        SUBSCRIPTIONS.to_owned(),
        EVENT_TRIGGERS.to_owned(),
        TEXT_SEARCH.to_owned(),
        TRANSFORMS.to_owned(),
        METHODS.to_owned(),
        TYPES.to_owned(),
    ];
    FRAME.replace("{kinds}", &kinds.join("\n    UNION ALL"))
}

const FRAME: &str = "
SELECT 'other', pg_catalog.jsonb_build_array(i.type, i.identity)::text, pg_catalog.jsonb_build_object(
    'definition', o.definition,
    'options', o.options,
    'parts', o.parts,
    'comment', CASE WHEN c.relname = 'pg_subscription' THEN pg_catalog.shobj_description(o.oid, c.relname) ELSE pg_catalog.obj_description(o.oid, c.relname) END)::text
FROM ({kinds}
) o (class, oid, definition, options, parts)
JOIN pg_catalog.pg_class c ON c.oid = o.class
CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) i
WHERE o.oid >= 16384 AND coalesce(i.schema, '') !~ '^pg_(temp|toast)'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype IN ('e', 'i'))";

// The locale of ICU stands in another column in each of 14, 15 and 17.
const COLLATIONS: &str = "
    SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE COLLATION %I.%I (%s)', n.nspname, k.collname, pg_catalog.concat_ws(', ',
            'PROVIDER = ' || CASE k.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
            CASE WHEN k.collprovider <> 'c' THEN 'LOCALE = ' || pg_catalog.quote_literal(coalesce(j.row ->> 'colllocale', j.row ->> 'colliculocale', j.row ->> 'collcollate'))
                 WHEN j.row ->> 'collcollate' = j.row ->> 'collctype' THEN 'LOCALE = ' || pg_catalog.quote_literal(j.row ->> 'collcollate')
                 ELSE pg_catalog.format('LC_COLLATE = %L, LC_CTYPE = %L', j.row ->> 'collcollate', j.row ->> 'collctype') END,
            CASE WHEN NOT k.collisdeterministic THEN 'DETERMINISTIC = false' END,
            'RULES = ' || pg_catalog.quote_literal(j.row ->> 'collicurules'))), '[]'::jsonb, '{}'::jsonb
    FROM pg_catalog.pg_collation k JOIN pg_catalog.pg_namespace n ON n.oid = k.collnamespace
    CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(k)) j (row)";

const CASTS: &str = "
    SELECT 'pg_catalog.pg_cast'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE CAST (%s AS %s) %s%s',
            pg_catalog.format_type(k.castsource, NULL), pg_catalog.format_type(k.casttarget, NULL),
            CASE k.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || k.castfunc::pg_catalog.regprocedure WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END,
            CASE k.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END), '[]', '{}'
    FROM pg_catalog.pg_cast k";

// One without a function is only spoken of by another one.
const OPERATORS: &str = "
    SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE OPERATOR %I.%s (%s)', n.nspname, k.oprname, pg_catalog.concat_ws(', ',
            'FUNCTION = ' || k.oprcode::text, 'LEFTARG = ' || pg_catalog.format_type(nullif(k.oprleft, 0), NULL),
            'RIGHTARG = ' || pg_catalog.format_type(nullif(k.oprright, 0), NULL), 'COMMUTATOR = ' || {commutator}, 'NEGATOR = ' || {negator},
            CASE WHEN k.oprcanhash THEN 'HASHES' END, CASE WHEN k.oprcanmerge THEN 'MERGES' END)), '[]',
        pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('RESTRICT', nullif(k.oprrest::text, '-'), 'JOIN', nullif(k.oprjoin::text, '-')))
    FROM pg_catalog.pg_operator k JOIN pg_catalog.pg_namespace n ON n.oid = k.oprnamespace WHERE k.oprcode <> 0";

const CLASSES: &str = "
    SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I FAMILY %I.%I AS %s',
            n.nspname, k.opcname, CASE WHEN k.opcdefault THEN ' DEFAULT' ELSE '' END, pg_catalog.format_type(k.opcintype, NULL), m.amname, fn.nspname, f.opfname,
            coalesce(pg_catalog.concat_ws(', ',
                (SELECT pg_catalog.string_agg(m.clause, ', ' ORDER BY m.place, m.number, m.key COLLATE \"C\") FROM {members}),
                'STORAGE ' || pg_catalog.format_type(nullif(k.opckeytype, 0), NULL)), '')), '[]', '{}'
    FROM pg_catalog.pg_opclass k JOIN pg_catalog.pg_namespace n ON n.oid = k.opcnamespace JOIN pg_catalog.pg_am m ON m.oid = k.opcmethod
    JOIN pg_catalog.pg_opfamily f ON f.oid = k.opcfamily JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace
    WHERE k.oid >= 16384";

// Its parts are the members that no class has as its own.
const FAMILIES: &str = "
    SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass, k.oid,
        pg_catalog.format('CREATE OPERATOR FAMILY %I.%I USING %I', n.nspname, k.opfname, m.amname), '[]',
        (SELECT coalesce(pg_catalog.jsonb_object_agg(m.key, m.clause), '{}') FROM {members})
    FROM pg_catalog.pg_opfamily k JOIN pg_catalog.pg_namespace n ON n.oid = k.opfnamespace JOIN pg_catalog.pg_am m ON m.oid = k.opfmethod
    WHERE k.oid >= 16384";

const CONVERSIONS: &str = "
    SELECT 'pg_catalog.pg_conversion'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE %sCONVERSION %I.%I FOR %L TO %L FROM %s',
        CASE WHEN k.condefault THEN 'DEFAULT ' ELSE '' END, n.nspname, k.conname, pg_catalog.pg_encoding_to_char(k.conforencoding),
        pg_catalog.pg_encoding_to_char(k.contoencoding), k.conproc), '[]', '{}'
    FROM pg_catalog.pg_conversion k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace";

const LANGUAGES: &str = "
    SELECT 'pg_catalog.pg_language'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE %sLANGUAGE %I HANDLER %s%s%s',
        CASE WHEN k.lanpltrusted THEN 'TRUSTED ' ELSE '' END, k.lanname, k.lanplcallfoid::pg_catalog.regproc,
        coalesce(' INLINE ' || nullif(k.laninline, 0)::pg_catalog.regproc, ''), coalesce(' VALIDATOR ' || nullif(k.lanvalidator, 0)::pg_catalog.regproc, '')), '[]', '{}'
    FROM pg_catalog.pg_language k WHERE k.lanispl";

const WRAPPERS: &str = "
    SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE FOREIGN DATA WRAPPER %I', k.fdwname), {options},
        pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('HANDLER', nullif(k.fdwhandler, 0)::pg_catalog.regproc, 'VALIDATOR', nullif(k.fdwvalidator, 0)::pg_catalog.regproc))
    FROM pg_catalog.pg_foreign_data_wrapper k";

const SERVERS: &str = "
    SELECT 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE SERVER %I%s FOREIGN DATA WRAPPER %I',
        k.srvname, coalesce(' TYPE ' || pg_catalog.quote_literal(k.srvtype), ''), w.fdwname), {options},
        pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('VERSION', pg_catalog.quote_literal(k.srvversion)))
    FROM pg_catalog.pg_foreign_server k JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = k.srvfdw";

const MAPPINGS: &str = "
    SELECT 'pg_catalog.pg_user_mapping'::pg_catalog.regclass, k.umid, pg_catalog.format('CREATE USER MAPPING FOR %s SERVER %I',
        CASE WHEN k.umuser = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(k.usename) END, k.srvname), {options}, '{}'
    FROM pg_catalog.pg_user_mappings k";

// Column lists and conditions are there since 15, as are the schemas of a publication, whose catalog (6237) the
// query can't name for the sake of 14; generated columns since 18.
const PUBLICATIONS: &str = "
    SELECT 'pg_catalog.pg_publication'::pg_catalog.regclass, k.oid,
        pg_catalog.format('CREATE PUBLICATION %I%s', k.pubname, CASE WHEN k.puballtables THEN ' FOR ALL TABLES' ELSE '' END),
        pg_catalog.to_jsonb(pg_catalog.array_remove(ARRAY[
            CASE WHEN NOT (k.pubinsert AND k.pubupdate AND k.pubdelete AND k.pubtruncate) THEN 'publish=' || pg_catalog.concat_ws(', ',
                CASE WHEN k.pubinsert THEN 'insert' END, CASE WHEN k.pubupdate THEN 'update' END,
                CASE WHEN k.pubdelete THEN 'delete' END, CASE WHEN k.pubtruncate THEN 'truncate' END) END,
            CASE WHEN k.pubviaroot THEN 'publish_via_partition_root=true' END,
            CASE WHEN pg_catalog.to_jsonb(k) ->> 'pubgencols' = 's' THEN 'publish_generated_columns=stored' END], NULL)),
        (SELECT coalesce(pg_catalog.jsonb_object_agg(m.key, m.clause), '{}') FROM (
            SELECT pg_catalog.format('TABLE %I.%I', n.nspname, t.relname) AS key, pg_catalog.format('TABLE %s%I.%I%s%s',
                CASE WHEN t.relkind <> 'p' AND EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = t.oid) THEN 'ONLY ' ELSE '' END, n.nspname, t.relname,
                coalesce((SELECT ' (' || pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')'
                          FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.oid
                              AND nullif(pg_catalog.to_jsonb(r) -> 'prattrs', 'null') @> pg_catalog.to_jsonb(a.attnum)), ''),
                coalesce(' WHERE ' || (SELECT pg_catalog.to_jsonb(v) ->> 'rowfilter' FROM pg_catalog.pg_publication_tables v
                          WHERE v.pubname = k.pubname AND v.schemaname = n.nspname AND v.tablename = t.relname), '')) AS clause
            FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_class t ON t.oid = r.prrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
            WHERE r.prpubid = k.oid
            UNION ALL
            SELECT pg_catalog.format('TABLES IN SCHEMA %I', n.nspname), pg_catalog.format('TABLES IN SCHEMA %I', n.nspname)
            FROM pg_catalog.pg_depend p JOIN pg_catalog.pg_depend d ON d.classid = p.classid AND d.objid = p.objid AND d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
            JOIN pg_catalog.pg_namespace n ON n.oid = d.refobjid
            WHERE p.classid = 6237 AND p.refclassid = 'pg_catalog.pg_publication'::pg_catalog.regclass AND p.refobjid = k.oid) m)
    FROM pg_catalog.pg_publication k";

// Where it subscribes to can hold a password, and only a superuser may read it.
const SUBSCRIPTIONS: &str = "
    SELECT 'pg_catalog.pg_subscription'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE SUBSCRIPTION %I PUBLICATION %s', k.subname,
            (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(p), ', ' ORDER BY p COLLATE \"C\") FROM pg_catalog.unnest(k.subpublications) p)),
        pg_catalog.jsonb_build_array('enabled=' || k.subenabled, 'binary=' || k.subbinary, 'streaming=' || k.substream::text,
            'slot_name=' || coalesce(k.subslotname, 'none'), 'synchronous_commit=' || k.subsynccommit), '{}'
    FROM pg_catalog.pg_subscription k JOIN pg_catalog.pg_database b ON b.oid = k.subdbid AND b.datname = pg_catalog.current_database()";

const EVENT_TRIGGERS: &str = "
    SELECT 'pg_catalog.pg_event_trigger'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE EVENT TRIGGER %I ON %s%s EXECUTE FUNCTION %s()', k.evtname, k.evtevent,
            coalesce((SELECT ' WHEN TAG IN (' || pg_catalog.string_agg(pg_catalog.quote_literal(t), ', ' ORDER BY t COLLATE \"C\") || ')'
                      FROM pg_catalog.unnest(k.evttags) t), ''), k.evtfoid::pg_catalog.regproc), '[]',
        CASE k.evtenabled WHEN 'O' THEN '{}'::jsonb ELSE pg_catalog.jsonb_build_object('firing',
            CASE k.evtenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END) END
    FROM pg_catalog.pg_event_trigger k";

const TEXT_SEARCH: &str = "
    SELECT 'pg_catalog.pg_ts_config'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)', n.nspname, k.cfgname, pn.nspname, p.prsname), '[]',
        (SELECT coalesce(pg_catalog.jsonb_object_agg(m.alias, m.dictionaries), '{}') FROM (
            SELECT t.alias, pg_catalog.string_agg(c.mapdict::pg_catalog.regdictionary::text, ', ' ORDER BY c.mapseqno) AS dictionaries
            FROM pg_catalog.pg_ts_config_map c JOIN pg_catalog.ts_token_type(k.cfgparser) t ON t.tokid = c.maptokentype
            WHERE c.mapcfg = k.oid GROUP BY t.alias) m)
    FROM pg_catalog.pg_ts_config k JOIN pg_catalog.pg_namespace n ON n.oid = k.cfgnamespace
    JOIN pg_catalog.pg_ts_parser p ON p.oid = k.cfgparser JOIN pg_catalog.pg_namespace pn ON pn.oid = p.prsnamespace
    UNION ALL
    SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I)', n.nspname, k.dictname, tn.nspname, t.tmplname),
        CASE WHEN k.dictinitoption <> '' THEN pg_catalog.jsonb_build_array(k.dictinitoption) ELSE '[]' END, '{}'
    FROM pg_catalog.pg_ts_dict k JOIN pg_catalog.pg_namespace n ON n.oid = k.dictnamespace
    JOIN pg_catalog.pg_ts_template t ON t.oid = k.dicttemplate JOIN pg_catalog.pg_namespace tn ON tn.oid = t.tmplnamespace
    UNION ALL
    SELECT 'pg_catalog.pg_ts_parser'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE TEXT SEARCH PARSER %I.%I (START = %s, GETTOKEN = %s, END = %s, LEXTYPES = %s%s)', n.nspname, k.prsname,
        k.prsstart, k.prstoken, k.prsend, k.prslextype, coalesce(', HEADLINE = ' || nullif(k.prsheadline::text, '-'), '')), '[]', '{}'
    FROM pg_catalog.pg_ts_parser k JOIN pg_catalog.pg_namespace n ON n.oid = k.prsnamespace
    UNION ALL
    SELECT 'pg_catalog.pg_ts_template'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE TEXT SEARCH TEMPLATE %I.%I (%sLEXIZE = %s)', n.nspname, k.tmplname,
        coalesce('INIT = ' || nullif(k.tmplinit::text, '-') || ', ', ''), k.tmpllexize), '[]', '{}'
    FROM pg_catalog.pg_ts_template k JOIN pg_catalog.pg_namespace n ON n.oid = k.tmplnamespace";

const TRANSFORMS: &str = "
    SELECT 'pg_catalog.pg_transform'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE TRANSFORM FOR %s LANGUAGE %I (%s)', pg_catalog.format_type(k.trftype, NULL), l.lanname,
        pg_catalog.concat_ws(', ', 'FROM SQL WITH FUNCTION ' || nullif(k.trffromsql, 0)::pg_catalog.regprocedure, 'TO SQL WITH FUNCTION ' || nullif(k.trftosql, 0)::pg_catalog.regprocedure)), '[]', '{}'
    FROM pg_catalog.pg_transform k JOIN pg_catalog.pg_language l ON l.oid = k.trflang";

const METHODS: &str = "
    SELECT 'pg_catalog.pg_am'::pg_catalog.regclass, k.oid, pg_catalog.format('CREATE ACCESS METHOD %I TYPE %s HANDLER %s', k.amname,
        CASE k.amtype WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END, k.amhandler), '[]', '{}'
    FROM pg_catalog.pg_am k";

// A base type and its functions need each other: what is written of it is for people.
const TYPES: &str = "
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, pg_catalog.format('CREATE TYPE %I.%I', ns.nspname, t.typname), '[]',
        CASE WHEN t.typisdefined THEN pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('INPUT', t.typinput, 'OUTPUT', t.typoutput,
            'RECEIVE', nullif(t.typreceive::text, '-'), 'SEND', nullif(t.typsend::text, '-'), 'TYPMOD_IN', nullif(t.typmodin::text, '-'), 'TYPMOD_OUT', nullif(t.typmodout::text, '-'),
            'ANALYZE', nullif(t.typanalyze::text, '-'), 'INTERNALLENGTH', t.typlen::text, 'PASSEDBYVALUE', t.typbyval::text, 'ALIGNMENT', t.typalign::text, 'STORAGE', t.typstorage::text,
            'CATEGORY', t.typcategory::text, 'PREFERRED', t.typispreferred::text, 'DELIMITER', t.typdelim::text, 'DEFAULT', t.typdefault,
            'ELEMENT', CASE WHEN t.typelem <> 0 THEN pg_catalog.format_type(t.typelem, NULL) END)) ELSE '{}' END
    FROM pg_catalog.pg_type t JOIN ns ON ns.oid = t.typnamespace
    WHERE t.typtype IN ('b', 'p') AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)";
