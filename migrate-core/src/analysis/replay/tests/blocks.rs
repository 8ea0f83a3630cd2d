//! What `DO` blocks and routines do.

use super::{check, errors};

/// What a block surely does is done; with what is known behind it.
#[test]
fn what_surely_runs_is_done() {
    for (block, expected) in [
        (
            "DO $$ BEGIN CREATE TYPE m AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            "type `m` exists",
        ),
        (
            "DO $$ BEGIN CREATE TYPE m AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN RAISE NOTICE 'there'; END $$",
            "type `m` exists",
        ),
        (
            "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'm') THEN CREATE TYPE m AS ENUM ('a'); END IF; END $$",
            "type `m` exists",
        ),
        (
            "DO $$ BEGIN IF to_regtype('public.m') IS NULL THEN CREATE TYPE m AS ENUM ('a'); END IF; END $$",
            "type `m` exists",
        ),
        ("DO $$ BEGIN EXECUTE 'CREATE TYPE m AS ENUM (''a'')'; END $$", "type `m` exists"),
        ("DO 'BEGIN CREATE TYPE m AS ENUM (''a''); END'", "type `m` exists"),
        (
            "DO $$ BEGIN PERFORM pg_notify('a', 'b'); CREATE TYPE m AS ENUM ('a'); END $$",
            "type `m` exists",
        ),
        (
            "DO $$ DECLARE q text := 'CREATE TYPE m AS ENUM ()'; BEGIN EXECUTE q; END $$",
            "type `m` exists",
        ),
    ] {
        check(&format!("{block}; CREATE TYPE m AS ENUM ()"), &[expected]);
        // Behind something that nobody can follow, too.
        check(&format!("SELECT made_elsewhere(); {block}; CREATE TYPE m AS ENUM ()"), &[expected]);
    }
    check(
        "CREATE TABLE t (a int); DO $$ BEGIN ALTER TABLE t ADD COLUMN b int; EXCEPTION WHEN duplicate_column THEN NULL; END $$; ALTER TABLE t ADD b int",
        &["column `t.b` exists"],
    );
    check(
        "CREATE TABLE t (a int); DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_indexes WHERE indexname = 'i') THEN CREATE INDEX i ON t (a); END IF; END $$; CREATE INDEX i ON t (a)",
        &["index `i` exists"],
    );
    check(
        "CREATE TABLE t (a int); DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'k') THEN ALTER TABLE t ADD CONSTRAINT k UNIQUE (a); END IF; END $$; ALTER TABLE t ADD CONSTRAINT k CHECK (true)",
        &["constraint `k` of `t` exists"],
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

/// What may run, or may not, is neither there nor gone.
#[test]
fn what_may_run_is_unknown() {
    let table =
        "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a)";
    for block in [
        "IF now() > '2000-01-01' THEN DROP INDEX i; END IF;",
        "DROP INDEX i; EXCEPTION WHEN OTHERS THEN NULL;",
        "FOR r IN SELECT 1 LOOP DROP INDEX i; END LOOP;",
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
        // And everything else is known.
        let up = format!(
            "{table}; DO $$ BEGIN {} END $$; DROP TABLE gone",
            block.replace("a()", "true")
        );
        check(&up, &["there is no table `gone`"]);
    }
}

/// A block is no more than what it does, whatever words are in it.
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
        // What is wrong is found behind it.
        check(&format!("{first}; DROP TABLE gone"), &["there is no table `gone`"]);
        let found = errors(&[(&first, ""), (up, "SELECT 1")]);
        assert!(
            found.len() == 1 && found[0].starts_with("the downgrade leaves"),
            "{block}: {found:?}"
        );
    }
}

/// Routines do what is in them when they run, and no sooner.
#[test]
fn routines_run_when_they_are_called() {
    let touch = "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE what(); RETURN NEW; END $$";
    let manage = "CREATE FUNCTION manage(t regclass) RETURNS void LANGUAGE plpgsql AS $$ BEGIN \
        EXECUTE format('CREATE TRIGGER set_updated_at BEFORE UPDATE ON %s FOR EACH ROW EXECUTE PROCEDURE f()', t); END $$";
    let tables = "CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (a int REFERENCES t ON DELETE CASCADE); CREATE TABLE w (a int)";
    for up in [
        // It is merely defined.
        format!("{touch}; UPDATE t SET a = 1"),
        // It is on another table.
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
