//! What makes an analysis blind, or might: none of it touches what the pairs are about.

/// A statement behind which names may be unknown.
pub(crate) struct Blinder {
    pub(crate) name: &'static str,
    /// What it needs, made before.
    pub(crate) helpers: &'static str,
    pub(crate) sql: &'static str,
    /// Takes back what it has made.
    pub(crate) undo: &'static str,
}

impl Blinder {
    /// Whether a name without a schema means another schema behind it.
    pub(crate) fn moves_names(&self) -> bool {
        self.sql.contains("app, public")
    }
}

/// What every database has before the chain: as an extension would have made it, which the analysis does not know.
pub(crate) const PREPARED: &str = "
    CREATE SCHEMA app; CREATE SCHEMA ext;
    CREATE FUNCTION ext.do_it(what text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE what; END';
    CREATE FUNCTION ext.rows() RETURNS SETOF int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION public.do_it(what text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE what; END'";

const TABLE: &str = "CREATE TABLE %b (id int, d date)";
const RUN: &str = "CREATE FUNCTION %run(what text) RETURNS void LANGUAGE plpgsql AS $f$ BEGIN EXECUTE what; END $f$";
const TRIGGER: &str = "CREATE TABLE %b (id int, d date);
    CREATE TABLE %other (id int);
    CREATE FUNCTION %f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN EXECUTE 'SELECT 1' || NEW.id; RETURN NEW; END $f$;
    CREATE TRIGGER #g BEFORE INSERT OR UPDATE ON %b FOR EACH ROW EXECUTE FUNCTION %f()";

const fn blinder(
    name: &'static str,
    helpers: &'static str,
    sql: &'static str,
    undo: &'static str,
) -> Blinder {
    Blinder { name, helpers, sql, undo }
}

/// `%name`, `#name` and `@name` are names as in the pairs; see there. `z` is what the statement makes, each time another.
pub(crate) const BLINDERS: &[Blinder] = &[
    blinder("nothing", "", "SELECT 1", ""),
    // DO and EXECUTE.
    blinder("EXECUTE of a constant", "", "DO $$ BEGIN EXECUTE 'CREATE TABLE @z (id int)'; END $$", "DROP TABLE %z"),
    blinder("EXECUTE of a query", "", "DO $$ BEGIN EXECUTE 'SELECT 1'; END $$", ""),
    blinder("EXECUTE of a grant", "", "DO $$ BEGIN EXECUTE 'grant usage on schema public to public'; END $$", ""),
    blinder("EXECUTE of a format", "", "DO $$ BEGIN EXECUTE format('CREATE TABLE %I (id int)', '@z'); END $$", "DROP TABLE %z"),
    blinder("EXECUTE of a joined string", "", "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || '@z' || ' (id int)'; END $$", "DROP TABLE %z"),
    blinder("EXECUTE of a variable", "", "DO $$ DECLARE s text := 'CREATE TABLE @z (id int)'; BEGIN EXECUTE s; END $$", "DROP TABLE %z"),
    blinder("EXECUTE of a query in a variable", "", "DO $$ DECLARE s text; BEGIN s := 'SELECT ' || 1; EXECUTE s; END $$", ""),
    blinder("EXECUTE in a loop", "", "DO $$ DECLARE r record; BEGIN FOR r IN SELECT relname FROM pg_class WHERE false LOOP EXECUTE 'DROP TABLE ' || r.relname || ' CASCADE'; END LOOP; END $$", ""),
    blinder("EXECUTE with the words of a name", "", "DO $$ BEGIN EXECUTE 'COMMENT ON SCHEMA public IS ''p1 p2 p1_t p2_m p3_''' || '''s'''; EXECUTE 'COMMENT ON SCHEMA public IS ' || quote_literal('standard public schema'); END $$", ""),
    blinder("words in a DO block", "", "DO $$ BEGIN RAISE DEBUG 'COMMENT ON EXTENSION p1_ p2_ p1_t public p'; END $$", ""),
    // Functions with EXECUTE.
    blinder("PERFORM of an own function", RUN, "DO $$ BEGIN PERFORM %run('SELECT 1'); END $$", ""),
    blinder("SELECT of an own function", RUN, "SELECT %run('CREATE TABLE @z (id int)')", "DROP TABLE %z"),
    blinder(
        "SELECT of a function that makes triggers",
        "CREATE TABLE %b (id int);
        CREATE FUNCTION %f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN NEW; END $f$;
        CREATE FUNCTION %manage(t regclass, name text) RETURNS void LANGUAGE plpgsql AS $f$ BEGIN EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION @f()', name, t); END $f$",
        "SELECT %manage('@b', '@z')",
        "DROP TRIGGER #z ON %b",
    ),
    blinder("CALL", "CREATE PROCEDURE %run() LANGUAGE plpgsql AS $f$ BEGIN EXECUTE 'SELECT ' || 1; END $f$", "CALL %run()", ""),
    blinder("CALL in a DO block", "CREATE PROCEDURE %run() LANGUAGE plpgsql AS $f$ BEGIN EXECUTE 'SELECT ' || 1; END $f$", "DO $$ BEGIN CALL %run(); END $$", ""),
    blinder("PERFORM pg_notify", "", "DO $$ BEGIN PERFORM pg_notify('a', 'b'); END $$", ""),
    blinder("a function of nobody's", "", "SELECT do_it('SELECT 1')", ""),
    blinder("a function of another schema", "", "SELECT ext.do_it('SELECT 1')", ""),
    blinder("PERFORM of a function of another schema", "", "DO $$ BEGIN PERFORM ext.do_it('SELECT 1'); END $$", ""),
    blinder("FROM a function of another schema", "", "SELECT * FROM ext.rows()", ""),
    // What a DO block makes if it is not there.
    blinder("guarded CREATE TYPE", "", "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_type WHERE typname = '@z') THEN CREATE TYPE %z AS ENUM ('a'); END IF; END $$", "DROP TYPE %z"),
    blinder("CREATE TYPE, or there already", "", "DO $$ BEGIN CREATE TYPE %z AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$", "DROP TYPE %z"),
    blinder("CREATE TABLE, or there already", "", "DO $$ BEGIN CREATE TABLE %z (id int PRIMARY KEY); EXCEPTION WHEN duplicate_table THEN RAISE NOTICE 'there'; END $$", "DROP TABLE %z"),
    blinder("ADD COLUMN, or there already", TABLE, "DO $$ BEGIN ALTER TABLE %b ADD COLUMN #z int; EXCEPTION WHEN duplicate_column THEN NULL; END $$", "ALTER TABLE %b DROP COLUMN #z"),
    blinder("ADD CONSTRAINT, or there already", TABLE, "DO $$ BEGIN ALTER TABLE %b ADD CONSTRAINT #z CHECK (id > 0); EXCEPTION WHEN duplicate_object THEN NULL; END $$", "ALTER TABLE %b DROP CONSTRAINT #z"),
    blinder("guarded DROP TABLE", "", "DO $$ BEGIN IF EXISTS (SELECT FROM pg_class WHERE relname = '@nope') THEN DROP TABLE %nope; END IF; END $$", ""),
    blinder("guarded DROP TABLE CASCADE", "", "DO $$ BEGIN IF EXISTS (SELECT FROM pg_class WHERE relname = '@nope') THEN DROP TABLE %nope CASCADE; END IF; END $$", ""),
    blinder("guarded ALTER TABLE", "", "DO $$ BEGIN IF EXISTS (SELECT FROM pg_class WHERE relname = '@nope') THEN ALTER TABLE %nope ADD COLUMN c int; END IF; END $$", ""),
    blinder("DROP TABLE IF EXISTS CASCADE", "", "DROP TABLE IF EXISTS %nope CASCADE", ""),
    blinder("DROP TYPE IF EXISTS CASCADE", "", "DROP TYPE IF EXISTS %nope CASCADE", ""),
    blinder("DROP SCHEMA IF EXISTS CASCADE", "", "DROP SCHEMA IF EXISTS #nope CASCADE", ""),
    // Triggers with EXECUTE.
    blinder("DML that fires a trigger", TRIGGER, "INSERT INTO %b (id) VALUES (1)", ""),
    blinder("DML beside a trigger", TRIGGER, "INSERT INTO %other (id) VALUES (1)", ""),
    blinder("UPDATE that fires a trigger", TRIGGER, "UPDATE %b SET id = 2", ""),
    blinder("DML in a DO block", TRIGGER, "DO $$ BEGIN UPDATE %b SET id = 2; DELETE FROM %other; END $$", ""),
    blinder("DML in a WITH", TRIGGER, "WITH x AS (INSERT INTO %b (id) VALUES (3) RETURNING id) SELECT * FROM x", ""),
    blinder("an event trigger", "CREATE FUNCTION %f() RETURNS event_trigger LANGUAGE plpgsql AS $f$ BEGIN EXECUTE 'SELECT 1'; END $f$", "CREATE EVENT TRIGGER #z ON ddl_command_end EXECUTE FUNCTION %f()", "DROP EVENT TRIGGER #z"),
    // Where names are looked up.
    blinder("SET search_path", "", "SET search_path TO public", ""),
    blinder("SET search_path with the user's schema", "", "SET search_path = \"$user\", public", ""),
    blinder("SET search_path with another schema first", "", "SET search_path TO app, public", ""),
    blinder("SET LOCAL search_path", "", "SET LOCAL search_path TO public, app", ""),
    blinder("set_config of search_path", "", "SELECT set_config('search_path', 'public', false)", ""),
    blinder("RESET search_path", "", "RESET search_path", ""),
    blinder("a temporary table", "", "CREATE TEMP TABLE #tmp (id int); DROP TABLE #tmp", ""),
    blinder("a temporary table until COMMIT", "", "CREATE TEMPORARY TABLE #tmp ON COMMIT DROP AS SELECT 1 AS id", ""),
    // The rest.
    blinder("EXPLAIN", "", "EXPLAIN SELECT 1", ""),
    blinder("EXPLAIN ANALYZE", TABLE, "EXPLAIN (ANALYZE) DELETE FROM %b", ""),
    blinder("EXECUTE of a prepared statement", "", "PREPARE #q AS SELECT 1; EXECUTE #q; DEALLOCATE #q", ""),
    blinder("COPY FROM PROGRAM", TABLE, "COPY %b FROM PROGRAM 'true'", ""),
    blinder("an unknown extension", "", "CREATE EXTENSION IF NOT EXISTS pgrowlocks", "DROP EXTENSION pgrowlocks"),
];
