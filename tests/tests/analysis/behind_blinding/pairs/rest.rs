//! Of triggers, functions, types, sequences, and what else there is.

use super::{Pair, pair};

const T: &str = "CREATE TABLE %t (id int PRIMARY KEY, c int, d text)";
const MOOD: &str = "CREATE TYPE %m AS ENUM ('a', 'b')";
const MOODY: &str = "CREATE TYPE %m AS ENUM ('a', 'b'); CREATE TABLE %t (id int, c %m)";
const SWAPPED: &str = "ALTER TYPE %m RENAME TO #m_old; CREATE TYPE %m AS ENUM ('a', 'b', 'c');
    ALTER TABLE %t ALTER COLUMN c TYPE %m USING c::text::%m; DROP TYPE %m_old";
const SWAPPED_BACK: &str = "ALTER TYPE %m RENAME TO #m_old; CREATE TYPE %m AS ENUM ('a', 'b');
    ALTER TABLE %t ALTER COLUMN c TYPE %m USING (c::text::%m); DROP TYPE %m_old";
const F: &str =
    "CREATE FUNCTION %f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN NEW; END $f$";
const FIRED: &str = "CREATE TABLE %t (id int);
    CREATE FUNCTION %f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN NEW; END $f$;
    CREATE TRIGGER #g BEFORE INSERT ON %t FOR EACH ROW EXECUTE FUNCTION %f()";
const G: &str = "CREATE FUNCTION %g(a {int|integer|int4|pg_catalog.int4}) RETURNS int LANGUAGE sql AS 'SELECT 1'";
const GUARDED: &str = "CREATE TABLE %t (id int); ALTER TABLE %t ENABLE ROW LEVEL SECURITY; CREATE POLICY #p ON %t USING (id > 0)";

pub(super) const PAIRS: &[Pair] = &[
    // Triggers.
    pair(
        "trigger: made, dropped",
        "CREATE TABLE %t (id int); CREATE FUNCTION %f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN NEW; END $f$",
        "CREATE TRIGGER #g BEFORE INSERT OR UPDATE ON %t FOR EACH ROW EXECUTE {FUNCTION|PROCEDURE} %f()",
        "DROP TRIGGER {|IF EXISTS }#g ON %t",
    ),
    pair(
        "trigger: dropped, made again",
        FIRED,
        "DROP TRIGGER #g ON %t",
        "CREATE TRIGGER #g BEFORE INSERT ON %t FOR EACH ROW EXECUTE FUNCTION %f()",
    ),
    pair(
        "trigger: renamed, renamed back",
        FIRED,
        "ALTER TRIGGER #g ON %t RENAME TO #h",
        "ALTER TRIGGER #h ON %t RENAME TO #g",
    ),
    pair(
        "trigger: swapped, swapped back",
        FIRED,
        "DROP TRIGGER #g ON %t; CREATE TRIGGER #g AFTER DELETE ON %t FOR EACH ROW EXECUTE FUNCTION %f()",
        "DROP TRIGGER #g ON %t; CREATE TRIGGER #g BEFORE INSERT ON %t FOR EACH ROW EXECUTE FUNCTION %f()",
    ),
    pair(
        "trigger: made with its function, dropped",
        "CREATE TABLE %t (id int)",
        "CREATE FUNCTION %f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN NEW; END $f$; CREATE TRIGGER #g BEFORE INSERT ON %t FOR EACH ROW EXECUTE FUNCTION %f()",
        "{DROP TRIGGER #g ON %t; DROP FUNCTION %f()|DROP FUNCTION %f CASCADE}",
    ),
    // Functions.
    pair(
        "function: made, dropped",
        "",
        "CREATE {|OR REPLACE }FUNCTION %g(a {int|integer|int4|pg_catalog.int4}, b {text|pg_catalog.text}) RETURNS {bigint|int8} LANGUAGE sql AS 'SELECT 1::bigint'",
        "DROP FUNCTION {|IF EXISTS }%g{|({int|integer|int4|pg_catalog.int4}, {text|pg_catalog.text})}",
    ),
    pair(
        "function: of types with two names",
        "",
        "CREATE FUNCTION %g(a {timestamptz|timestamp with time zone}, b {varchar|character varying}, c {bool|boolean}, d {numeric|decimal|numeric(10, 2)}, e {float8|double precision|float}, f {int[]|int4[]|integer[]}) RETURNS void LANGUAGE sql AS ''",
        "DROP FUNCTION %g({timestamptz|timestamp with time zone}, {varchar|character varying}, {bool|boolean}, {numeric|decimal}, {float8|double precision|float}, {int[]|_int4|integer array})",
    ),
    pair(
        "function: of an own type",
        MOOD,
        "CREATE FUNCTION %g(a %m, b %m[] DEFAULT NULL) RETURNS SETOF %m LANGUAGE sql AS 'SELECT NULL::#m'",
        "DROP FUNCTION %g(%m, %m[])",
    ),
    pair(
        "function: of a row",
        T,
        "CREATE FUNCTION %g(a %t, b %t.c%TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP FUNCTION %g(%t, {int|integer})",
    ),
    pair(
        "function: with an OUT argument",
        "",
        "CREATE FUNCTION %g(a int DEFAULT 1, OUT b text) LANGUAGE sql AS 'SELECT NULL::text'",
        "DROP FUNCTION %g({int|a int|int, OUT text})",
    ),
    pair(
        "function: one more of its name",
        G,
        "CREATE FUNCTION %g(a {text|pg_catalog.text}) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP FUNCTION %g(text)",
    ),
    pair(
        "function: dropped, made again",
        G,
        "DROP FUNCTION {|IF EXISTS }%g({int|integer|int4|pg_catalog.int4})",
        "CREATE FUNCTION %g(a {int|integer|int4|pg_catalog.int4}) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    pair(
        "function: renamed, renamed back",
        G,
        "ALTER FUNCTION %g({int|integer}) RENAME TO #h",
        "ALTER FUNCTION %h({int4|int}) RENAME TO #g",
    ),
    pair(
        "function: replaced, replaced back",
        G,
        "CREATE OR REPLACE FUNCTION %g(a int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "CREATE OR REPLACE FUNCTION %g(a {int|integer}) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    pair(
        "function: swapped, swapped back",
        G,
        "DROP FUNCTION %g(integer); CREATE FUNCTION %g(a int) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'",
        "DROP FUNCTION %g(int4); CREATE FUNCTION %g(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    pair("trigger function: dropped, made again", F, "DROP FUNCTION %f()", F),
    pair(
        "procedure: made, dropped",
        "",
        "CREATE PROCEDURE %g(a {int|int4}) LANGUAGE sql AS 'SELECT 1'",
        "DROP {PROCEDURE|ROUTINE} %g({integer|int})",
    ),
    pair(
        "aggregate: made, dropped",
        "",
        "CREATE AGGREGATE %g({int|int4}) (SFUNC = int4pl, STYPE = int)",
        "DROP AGGREGATE %g({integer|int})",
    ),
    // Types.
    pair(
        "enum: made, dropped",
        "",
        "CREATE TYPE %m AS ENUM ('a', 'b')",
        "DROP TYPE {|IF EXISTS }%m",
    ),
    pair(
        "enum: made and used, dropped",
        "",
        "CREATE TYPE %m AS ENUM ('a', 'b'); CREATE TABLE %t (id int, c %m NOT NULL DEFAULT 'a')",
        "DROP TABLE %t; DROP TYPE %m",
    ),
    pair(
        "enum: made for a column, dropped",
        T,
        "CREATE TYPE %m AS ENUM ('a', 'b'); ALTER TABLE %t ADD COLUMN e %m NOT NULL DEFAULT 'a'",
        "ALTER TABLE %t DROP COLUMN e; DROP TYPE %m",
    ),
    pair(
        "enum: dropped, made again",
        MOOD,
        "DROP TYPE {|IF EXISTS }%m",
        "CREATE TYPE %m AS ENUM ('a', 'b')",
    ),
    pair(
        "enum: renamed, renamed back",
        MOODY,
        "ALTER TYPE %m RENAME TO #n",
        "ALTER TYPE %n RENAME TO #m",
    ),
    pair(
        "enum: a value renamed, renamed back",
        MOODY,
        "ALTER TYPE %m RENAME VALUE 'a' TO 'z'",
        "ALTER TYPE %m RENAME VALUE 'z' TO 'a'",
    ),
    pair("enum: swapped, swapped back", MOODY, SWAPPED, SWAPPED_BACK),
    pair(
        "enum: a value added, swapped back",
        MOODY,
        "ALTER TYPE %m ADD VALUE {|IF NOT EXISTS }'c'{| AFTER 'b'}",
        SWAPPED_BACK,
    ),
    pair(
        "enum: swapped by a new one, and back",
        MOODY,
        "CREATE TYPE %m_new AS ENUM ('a', 'b', 'c'); ALTER TABLE %t ALTER COLUMN c TYPE %m_new USING c::text::%m_new; DROP TYPE %m; ALTER TYPE %m_new RENAME TO #m",
        "CREATE TYPE %m_new AS ENUM ('a', 'b'); ALTER TABLE %t ALTER COLUMN c TYPE %m_new USING c::text::%m_new; DROP TYPE %m; ALTER TYPE %m_new RENAME TO #m",
    ),
    pair(
        "enum: moved, moved back",
        "CREATE SCHEMA #s; CREATE TYPE %m AS ENUM ('a')",
        "ALTER TYPE %m SET SCHEMA #s",
        "ALTER TYPE #s.#m SET SCHEMA public",
    ),
    pair("composite type: made, dropped", "", "CREATE TYPE %m AS (a int, b text)", "DROP TYPE %m"),
    pair(
        "composite type: dropped, made again",
        "CREATE TYPE %m AS (a int, b text)",
        "DROP TYPE %m",
        "CREATE TYPE %m AS (a {int|integer}, b text)",
    ),
    pair(
        "composite type: an attribute added, dropped",
        "CREATE TYPE %m AS (a int)",
        "ALTER TYPE %m ADD ATTRIBUTE b text",
        "ALTER TYPE %m DROP ATTRIBUTE b",
    ),
    pair(
        "composite type: an attribute renamed, renamed back",
        "CREATE TYPE %m AS (a int)",
        "ALTER TYPE %m RENAME ATTRIBUTE a TO b",
        "ALTER TYPE %m RENAME ATTRIBUTE b TO a",
    ),
    pair(
        "domain: made and used, dropped",
        "",
        "CREATE DOMAIN %m AS {int|integer} CHECK (VALUE > 0); CREATE TABLE %t (id %m)",
        "DROP TABLE %t; DROP DOMAIN %m",
    ),
    pair(
        "domain: dropped, made again",
        "CREATE DOMAIN %m AS text NOT NULL",
        "DROP {DOMAIN|TYPE} %m",
        "CREATE DOMAIN %m AS text NOT NULL",
    ),
    pair(
        "domain: renamed, renamed back",
        "CREATE DOMAIN %m AS text",
        "ALTER DOMAIN %m RENAME TO #n",
        "ALTER {DOMAIN|TYPE} %n RENAME TO #m",
    ),
    pair(
        "domain: a constraint added, dropped",
        "CREATE DOMAIN %m AS int",
        "ALTER DOMAIN %m ADD CONSTRAINT #k CHECK (VALUE > 0)",
        "ALTER DOMAIN %m DROP CONSTRAINT #k",
    ),
    pair(
        "domain: NOT NULL and default set, dropped",
        "CREATE DOMAIN %m AS int",
        "ALTER DOMAIN %m SET NOT NULL; ALTER DOMAIN %m SET DEFAULT 1",
        "ALTER DOMAIN %m DROP DEFAULT; ALTER DOMAIN %m DROP NOT NULL",
    ),
    pair(
        "range type: made and used, dropped",
        "",
        "CREATE TYPE %m AS RANGE (SUBTYPE = {int|uuid}); CREATE TABLE %t (c %m)",
        "DROP TABLE %t; DROP TYPE %m",
    ),
    pair(
        "range type: dropped, made again",
        "CREATE TYPE %m AS RANGE (SUBTYPE = uuid)",
        "DROP TYPE %m",
        "CREATE TYPE %m AS RANGE (SUBTYPE = uuid)",
    ),
    // Sequences.
    pair(
        "sequence: made, dropped",
        "",
        "CREATE SEQUENCE {|IF NOT EXISTS }%q",
        "DROP SEQUENCE {|IF EXISTS }%q",
    ),
    pair(
        "sequence: dropped, made again",
        "CREATE SEQUENCE %q",
        "DROP SEQUENCE %q",
        "CREATE SEQUENCE %q",
    ),
    pair(
        "sequence: renamed, renamed back",
        "CREATE SEQUENCE %q",
        "ALTER SEQUENCE %q RENAME TO #r",
        "ALTER {SEQUENCE|TABLE} %r RENAME TO #q",
    ),
    pair(
        "sequence: owned, and not",
        "CREATE SEQUENCE %q; CREATE TABLE %t (c int)",
        "ALTER SEQUENCE %q OWNED BY %t.c",
        "ALTER SEQUENCE %q OWNED BY NONE",
    ),
    pair(
        "sequence: owned by a table of a query, dropped",
        "CREATE TABLE %u (c int)",
        "CREATE TABLE %t AS SELECT c FROM %u; CREATE SEQUENCE %q OWNED BY %t.c",
        "DROP TABLE %t",
    ),
    pair(
        "sequence: another step, the old step",
        "CREATE SEQUENCE %q",
        "ALTER SEQUENCE %q INCREMENT BY 2",
        "ALTER SEQUENCE %q INCREMENT BY 1",
    ),
    // Policies, rules, statistics, schemas.
    pair(
        "policy: made, dropped",
        "CREATE TABLE %t (id int)",
        "ALTER TABLE %t ENABLE ROW LEVEL SECURITY; CREATE POLICY #p ON %t USING (id > 0)",
        "DROP POLICY #p ON %t; ALTER TABLE %t DISABLE ROW LEVEL SECURITY",
    ),
    pair(
        "policy: dropped, made again",
        GUARDED,
        "DROP POLICY {|IF EXISTS }#p ON %t",
        "CREATE POLICY #p ON %t USING (id > 0)",
    ),
    pair(
        "policy: renamed, renamed back",
        GUARDED,
        "ALTER POLICY #p ON %t RENAME TO #r",
        "ALTER POLICY #r ON %t RENAME TO #p",
    ),
    pair(
        "policy: swapped, swapped back",
        GUARDED,
        "DROP POLICY #p ON %t; CREATE POLICY #p ON %t USING (id > 1)",
        "DROP POLICY #p ON %t; CREATE POLICY #p ON %t USING (id > 0)",
    ),
    pair(
        "rule: made, dropped",
        "CREATE TABLE %t (id int)",
        "CREATE RULE #r AS ON DELETE TO %t DO INSTEAD NOTHING",
        "DROP RULE #r ON %t",
    ),
    pair(
        "statistics: made, dropped",
        T,
        "CREATE STATISTICS %x ON id, c FROM %t",
        "DROP STATISTICS %x",
    ),
    pair(
        "schema: made, dropped",
        "",
        "CREATE SCHEMA {|IF NOT EXISTS }#s; CREATE TABLE #s.#t (id int PRIMARY KEY)",
        "{DROP SCHEMA #s CASCADE|DROP TABLE #s.#t; DROP SCHEMA #s}",
    ),
    pair(
        "schema: dropped, made again",
        "CREATE SCHEMA #s; CREATE TABLE #s.#t (id int PRIMARY KEY)",
        "{DROP SCHEMA #s CASCADE|DROP TABLE #s.#t; DROP SCHEMA #s}",
        "CREATE SCHEMA #s; CREATE TABLE #s.#t (id int PRIMARY KEY)",
    ),
    pair(
        "schema: renamed, renamed back",
        "CREATE SCHEMA #s; CREATE TABLE #s.#t (id int PRIMARY KEY)",
        "ALTER SCHEMA #s RENAME TO #z",
        "ALTER SCHEMA #z RENAME TO #s",
    ),
];
