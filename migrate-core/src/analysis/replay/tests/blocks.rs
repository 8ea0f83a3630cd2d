//! Tests: the effects of `DO` blocks and routines.

use super::{check, errors};

/// The effects of what a block certainly does are known afterwards.
#[test]
fn what_surely_runs_is_done() {
    for (block, expected) in [
        (
            "DO $$ BEGIN CREATE TYPE m AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            "type `m` already exists",
        ),
        (
            "DO $$ BEGIN CREATE TYPE m AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN RAISE NOTICE 'there'; END $$",
            "type `m` already exists",
        ),
        (
            "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'm') THEN CREATE TYPE m AS ENUM ('a'); END IF; END $$",
            "type `m` already exists",
        ),
        (
            "DO $$ BEGIN IF to_regtype('public.m') IS NULL THEN CREATE TYPE m AS ENUM ('a'); END IF; END $$",
            "type `m` already exists",
        ),
        ("DO $$ BEGIN EXECUTE 'CREATE TYPE m AS ENUM (''a'')'; END $$", "type `m` already exists"),
        ("DO 'BEGIN CREATE TYPE m AS ENUM (''a''); END'", "type `m` already exists"),
        (
            "DO $$ BEGIN PERFORM pg_notify('a', 'b'); CREATE TYPE m AS ENUM ('a'); END $$",
            "type `m` already exists",
        ),
        (
            "DO $$ DECLARE q text := 'CREATE TYPE m AS ENUM ()'; BEGIN EXECUTE q; END $$",
            "type `m` already exists",
        ),
    ] {
        check(&format!("{block}; CREATE TYPE m AS ENUM ()"), &[expected]);
        // The same after a statement that cannot be followed.
        check(&format!("SELECT made_elsewhere(); {block}; CREATE TYPE m AS ENUM ()"), &[expected]);
    }
    check(
        "CREATE TABLE t (a int); DO $$ BEGIN ALTER TABLE t ADD COLUMN b int; EXCEPTION WHEN duplicate_column THEN NULL; END $$; ALTER TABLE t ADD b int",
        &["column `t.b` already exists"],
    );
    check(
        "CREATE TABLE t (a int); DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_indexes WHERE indexname = 'i') THEN CREATE INDEX i ON t (a); END IF; END $$; CREATE INDEX i ON t (a)",
        &["index `i` already exists"],
    );
    check(
        "CREATE TABLE t (a int); DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'k') THEN ALTER TABLE t ADD CONSTRAINT k UNIQUE (a); END IF; END $$; ALTER TABLE t ADD CONSTRAINT k CHECK (true)",
        &["constraint `k` of `t` already exists"],
    );
    check(
        "CREATE TABLE t (a int); DO $$ BEGIN IF EXISTS (SELECT FROM pg_tables WHERE tablename = 't') THEN DROP TABLE t; END IF; END $$; ALTER TABLE t ADD b int",
        &["there is no table `t`"],
    );
    check(
        "DO $$ BEGIN DROP TYPE m; EXCEPTION WHEN undefined_object THEN NULL; END $$; ALTER TYPE m RENAME TO n",
        &["there is no type `m`"],
    );
}

/// What a statement that may run creates or drops is unknown afterwards.
#[test]
fn what_may_run_is_unknown() {
    let table =
        "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a)";
    for block in [
        "IF now() > '2000-01-01' THEN DROP INDEX i; END IF;",
        "DROP INDEX i; EXCEPTION WHEN OTHERS THEN NULL;",
        "FOR r IN 1..2 LOOP DROP INDEX i; END LOOP;",
        "IF a() THEN RETURN; END IF; DROP INDEX i;",
        "IF EXISTS (SELECT 1 FROM pg_class WHERE relname = 't') THEN DROP INDEX i; END IF;",
        "CASE WHEN a() THEN DROP INDEX i; ELSE NULL; END CASE;",
        "WHILE a() LOOP DROP INDEX i; END LOOP;",
        "DROP INDEX i; RAISE EXCEPTION 'x'; EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'y';",
        "IF NOT EXISTS (SELECT 1 FROM pg_class WHERE relname = 'z') THEN DROP INDEX i; END IF;",
    ] {
        for behind in [
            "CREATE INDEX i ON t (b)",
            "DROP INDEX i",
            "DROP INDEX IF EXISTS i; CREATE INDEX i ON t (b)",
        ] {
            let up = format!("{table}; DO $$ BEGIN {block} END $$; {behind}");
            assert_eq!(errors(&[(&up, "")]), [""; 0], "{up}");
        }
        // Everything else is known.
        let up = format!(
            "{table}; DO $$ BEGIN {} END $$; DROP TABLE gone",
            block.replace("a()", "true")
        );
        check(&up, &["there is no table `gone`"]);
    }
}

/// Only the effects of a block count, whatever words it contains.
#[test]
fn words_in_a_block_are_not_names() {
    for (block, up, down) in [
        (
            "COMMENT ON EXTENSION plpgsql IS 'x';",
            "CREATE TYPE comment_status AS ENUM ('A')",
            "DROP TYPE comment_status",
        ),
        ("UPDATE users SET a = 1;", "CREATE DOMAIN users_email AS text", "DROP DOMAIN users_email"),
        (
            "REVOKE CREATE ON SCHEMA public FROM public;",
            "CREATE TABLE posts (a int)",
            "DROP TABLE posts",
        ),
        ("RAISE NOTICE 'create table posts';", "CREATE TABLE posts (a int)", "DROP TABLE posts"),
    ] {
        let first = format!("CREATE TABLE users (a int); DO $$ BEGIN {block} END $$");
        assert_eq!(errors(&[(&first, ""), (up, down)]), [""; 0], "{block}");
        // Errors after it are found.
        check(&format!("{first}; DROP TABLE gone"), &["there is no table `gone`"]);
        let found = errors(&[(&first, ""), (up, "SELECT 1")]);
        assert!(
            found.len() == 1 && found[0].starts_with("the downgrade leaves"),
            "{block}: {found:?}"
        );
    }
}

/// Routines take effect when they run, and not before.
#[test]
fn routines_run_when_they_are_called() {
    let touch = "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE what(); RETURN NEW; END $$";
    let manage = "CREATE FUNCTION manage(t regclass) RETURNS void LANGUAGE plpgsql AS $$ BEGIN \
        EXECUTE format('CREATE TRIGGER set_updated_at BEFORE UPDATE ON %s FOR EACH ROW EXECUTE PROCEDURE f()', t); END $$";
    let tables = "CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (a int REFERENCES t ON DELETE CASCADE); CREATE TABLE w (a int)";
    for up in [
        // The function is defined but not called.
        format!("{touch}; UPDATE t SET a = 1"),
        // The trigger is on another table.
        format!(
            "{touch}; CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch(); UPDATE w SET a = 1"
        ),
        format!("{manage}; SELECT manage('t')"),
        format!("{manage}; SELECT manage('t'); UPDATE t SET a = 1"),
        "EXPLAIN SELECT anything()".to_owned(),
    ] {
        check(&format!("{tables}; {up}; DROP TABLE gone"), &["there is no table `gone`"]);
    }
    for up in [
        format!("{touch}; CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch(); UPDATE t SET a = 1"),
        format!("{touch}; CREATE TRIGGER g BEFORE DELETE ON u FOR EACH ROW EXECUTE FUNCTION touch(); DELETE FROM t"),
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE what(); RETURN 1; END $$; ALTER TABLE t ADD b int DEFAULT f()".to_owned(),
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DROP TABLE w; RETURN 1; END $$; SELECT f(); CREATE TABLE w ()".to_owned(),
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE what(); RETURN 1; END $$; \
         CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT f()'; SELECT g()".to_owned(),
        "EXPLAIN ANALYZE SELECT anything()".to_owned(),
    ] {
        let up = format!("{tables}; {up}; {}", if up.contains("CREATE TABLE w ()") { "SELECT 1" } else { "DROP TABLE gone" });
        assert_eq!(errors(&[(&up, "")]), [""; 0], "{up}");
    }
}

/// Cases that only look certain. A server accepts each of these.
#[test]
fn what_only_looks_certain_is_unknown() {
    for up in [
        // The condition asks for more than existence.
        "CREATE TABLE users (a int); DO $$ BEGIN IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'users' AND column_name = 'a' AND data_type = 'text') THEN ALTER TABLE users DROP COLUMN a; END IF; END $$; ALTER TABLE users DROP COLUMN a",
        "CREATE TABLE a (x int); CREATE TABLE b (x int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
         CREATE TRIGGER trg BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f(); \
         DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'trg') THEN CREATE TRIGGER trg BEFORE INSERT ON b FOR EACH ROW EXECUTE FUNCTION f(); END IF; END $$; \
         CREATE TRIGGER trg BEFORE INSERT ON b FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TABLE settings (key text); DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM settings WHERE key = 'users') THEN CREATE TABLE users (a int); END IF; END $$; DROP TABLE IF EXISTS users; CREATE TABLE users (a int)",
        "CREATE SCHEMA other; CREATE TYPE other.m AS ENUM ('a'); DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'm') THEN CREATE TYPE m AS ENUM ('a'); END IF; END $$; CREATE TYPE public.m AS ENUM ('a')",
        // A function with an effect that looks like none.
        "CREATE TABLE gone (a int); CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN DROP TABLE gone; END'; \
         DO $$ BEGIN IF EXISTS (SELECT FROM pg_tables WHERE tablename = 'x') THEN NULL; ELSE PERFORM f(); END IF; END $$; CREATE TABLE gone (a int)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN CREATE TABLE made (a int); RETURN 1; END'; \
         DO $$ DECLARE c CURSOR FOR SELECT f(); r record; BEGIN OPEN c; FETCH c INTO r; END $$; DROP TABLE made",
        "CREATE SCHEMA a; CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql SET search_path = a AS 'BEGIN CREATE TABLE t (x int); END'; SELECT f(); DROP TABLE a.t",
        "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN CREATE TABLE IF NOT EXISTS made (a int); RETURN NEW; END'; \
         CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); INSERT INTO v VALUES (1); DROP TABLE made",
        // The block is left before.
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_tables WHERE tablename = 'a') THEN IF now() > '2000-01-01' THEN RETURN; END IF; CREATE TABLE a (x int); END IF; END $$; CREATE TABLE a (x int)",
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1); DO $$ BEGIN CREATE UNIQUE INDEX u ON t (a); EXCEPTION WHEN unique_violation THEN NULL; END $$; CREATE INDEX u ON t (a)",
        "CREATE TABLE b (x int); DO $$ BEGIN DROP TABLE a, b; EXCEPTION WHEN undefined_table THEN NULL; END $$; DROP TABLE b",
        "CREATE TABLE t (); DO $$ BEGIN IF now() > '2000-01-01' THEN ALTER TABLE t ADD COLUMN a int; END IF; END $$; \
         DO $$ BEGIN ALTER TABLE t ADD COLUMN a int, ADD COLUMN b int; EXCEPTION WHEN duplicate_column THEN NULL; END $$; ALTER TABLE t ADD COLUMN b int",
        "DO $$ BEGIN EXECUTE concat('CREATE VIEW v AS SELECT ', 1 + 0); END $$; CREATE TABLE IF NOT EXISTS v (a int); DROP VIEW v",
        "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (x m); DO $$ BEGIN IF now() > '2000-01-01' THEN ALTER TABLE t ALTER x TYPE text; END IF; END $$; DROP TYPE m",
        "CREATE TYPE x AS RANGE (subtype = int); DO $$ BEGIN IF now() > '2000-01-01' THEN ALTER TYPE x RENAME TO y; END IF; END $$; ALTER TYPE y RENAME TO x; DROP TYPE x",
        // Names and strings as the server quotes them.
        "DO $$ BEGIN EXECUTE format('CREATE TABLE %I (a int)', 'Users'); END $$; ALTER TABLE \"Users\" ADD b int",
        "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || quote_ident('my table') || ' (a int)'; END $$; DROP TABLE \"my table\"",
        "CREATE TABLE t (a int); DO $$ BEGIN EXECUTE format('COMMENT ON TABLE t IS %L', 'it''s; DROP TABLE t;'); END $$; DROP TABLE t",
        // Variables that are set in other ways.
        "CREATE TABLE names (n text); DO $$ DECLARE t text := 'a'; BEGIN INSERT INTO names VALUES ('b') RETURNING n INTO t; EXECUTE 'CREATE TABLE ' || t || ' (x int)'; END $$; DROP TABLE b",
        "DO $$ DECLARE t int := '007'; BEGIN EXECUTE 'CREATE TABLE p' || t || ' (x int)'; END $$; DROP TABLE p7",
        "DO $$ DECLARE t text := 'x'; BEGIN GET STACKED DIAGNOSTICS t = RETURNED_SQLSTATE; EXECUTE 'CREATE TABLE ' || t || ' ()'; END $$; DROP TABLE y",
        "DO $$ BEGIN EXECUTE format('CREATE TABLE %18446744073709551615$I ()', 'x'); END $$; DROP TABLE y",
        "CREATE TABLE u (a int); CREATE FUNCTION f(x text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN IF x IS NULL THEN x := 't'; END IF; EXECUTE 'ALTER TABLE ' || x || ' ADD COLUMN b int'; END $$; \
         SELECT f('u'); ALTER TABLE u DROP COLUMN b",
        "DO $$ <<b>> DECLARE x text := 't'; BEGIN b.x := 'u'; EXECUTE 'CREATE TABLE ' || x || ' ()'; END $$; DROP TABLE u",
        "DO $$ DECLARE x text := 't'; y ALIAS FOR x; BEGIN y := 'u'; EXECUTE 'CREATE TABLE ' || x || ' ()'; END $$; DROP TABLE u",
        // Names that are only known at run time.
        "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (); CREATE TABLE b.t (); DO $$ DECLARE s text; BEGIN FOREACH s IN ARRAY ARRAY['a', 'b'] LOOP \
         EXECUTE format('SET LOCAL search_path = %I', s); ALTER TABLE t ADD COLUMN z int; END LOOP; END $$; ALTER TABLE a.t DROP COLUMN z",
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE c PARTITION OF p DEFAULT; DO $$ BEGIN IF now() > '2000-01-01' THEN ALTER TABLE p DETACH PARTITION c; END IF; END $$; \
         DROP TABLE p; ALTER TABLE c ADD b int",
        "CREATE TABLE u (a int); CREATE VIEW v AS SELECT a FROM u; DO $$ DECLARE c text := lower('V'); BEGIN EXECUTE 'CREATE OR REPLACE VIEW ' || c || ' AS SELECT 1 AS a'; END $$; DROP TABLE u",
        "CREATE TABLE users (a int); DO $$ BEGIN IF EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = 'legacy' AND table_name = 'users') THEN DROP TABLE users; END IF; END $$; ALTER TABLE users ADD COLUMN b int",
        "CREATE TABLE users (a int); DO $$ DECLARE t text := lower('MEMBERS'); BEGIN EXECUTE 'ALTER TABLE users RENAME TO ' || t; END $$; DROP TABLE members",
        "CREATE TABLE users (a int); DO $$ DECLARE t text := lower('UQ'); BEGIN EXECUTE 'ALTER TABLE users ADD CONSTRAINT ' || t || ' UNIQUE (a)'; END $$; ALTER INDEX uq RENAME TO uq2",
        // Statements with special syntax.
        "COMMENT ON TYPE int IS NULL; CREATE TABLE t (a int); COMMENT ON TYPE t IS 'rows'",
        "CREATE EXTENSION citext; COMMENT ON TYPE citext IS 'text without case'",
        "CREATE TABLE t (id int NOT NULL); ALTER TABLE t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME foo); ALTER SEQUENCE foo RESTART",
        "CREATE LOCAL TEMPORARY VIEW tv AS SELECT 1",
        "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TYPE a.m AS ENUM ('x'); CREATE FUNCTION a.f(a.m) RETURNS int LANGUAGE sql AS 'SELECT 1'; \
         ALTER TYPE a.m SET SCHEMA b; ALTER FUNCTION a.f(b.m) SET SCHEMA b; ALTER TYPE b.m SET SCHEMA a; ALTER FUNCTION b.f SET SCHEMA a; DROP FUNCTION a.f(a.m)",
    ] {
        assert_eq!(errors(&[(up, "")]), [""; 0], "{up}");
    }
}

/// Objects that were created or renamed under a condition, and are presupposed afterwards.
#[test]
fn what_perhaps_has_another_name() {
    let perhaps = |statement: &str| {
        format!("DO $$ BEGIN IF now() > '2000-01-01' THEN {statement}; END IF; END $$")
    };
    for (first, up, down) in [
        (
            format!("CREATE TABLE t (z int); {}", perhaps("ALTER TABLE t ADD CONSTRAINT x UNIQUE (z)")),
            "ALTER TABLE t RENAME CONSTRAINT x TO y; ALTER INDEX y RENAME TO w; ALTER INDEX w RENAME TO y".to_owned(),
            "ALTER TABLE t RENAME CONSTRAINT y TO x".to_owned(),
        ),
        (
            format!("CREATE TABLE t (z int); {}", perhaps("ALTER TABLE t ADD CONSTRAINT x CHECK (z > 0)")),
            "ALTER TABLE t RENAME CONSTRAINT x TO y".to_owned(),
            "ALTER TABLE t RENAME CONSTRAINT y TO x".to_owned(),
        ),
        (
            format!("CREATE TABLE t (z int); {}", perhaps("ALTER TABLE t ADD PRIMARY KEY (z)")),
            "CREATE TABLE f (z int REFERENCES t (z), w int REFERENCES t)".to_owned(),
            "DROP TABLE f".to_owned(),
        ),
        (
            "CREATE TABLE x (a serial PRIMARY KEY, b int UNIQUE CHECK (b > 0))".to_owned(),
            format!("{}; ALTER TABLE y RENAME TO x; CREATE INDEX ON x (b); DROP INDEX x_b_idx", perhaps("ALTER TABLE x RENAME TO y")),
            "SELECT 1".to_owned(),
        ),
        (
            "CREATE TABLE t (z int NOT NULL); ALTER TABLE t ADD PRIMARY KEY (z)".to_owned(),
            format!("{}; ALTER INDEX y RENAME TO t_pkey; CREATE TABLE f (z int REFERENCES t)", perhaps("ALTER INDEX t_pkey RENAME TO y")),
            "DROP TABLE f".to_owned(),
        ),
        (
            format!("CREATE TABLE t (z int); CREATE POLICY p ON t; {}", perhaps("ALTER POLICY p ON t RENAME TO q")),
            "ALTER POLICY q ON t RENAME TO r".to_owned(),
            "ALTER POLICY r ON t RENAME TO q".to_owned(),
        ),
    ] {
        assert_eq!(errors(&[(&first, ""), (&up, &down)]), [""; 0], "{first} / {up} / {down}");
    }
}
