//! Tests: what a replay reports, and what it accepts.

use crate::chain::folder::Folder;

mod blocks;
mod cascades;
mod downgrades;
mod hidden_calls;
mod keys;
mod modes;
mod operators;
mod paths;
mod queries;
mod temporaries;
mod types;
mod unknown;
mod values;
mod window;

/// Checks a chain of these upgrades and downgrades. Returns its errors as `revision:line message:
/// label`, followed by further locations and the help.
fn errors(revisions: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<(String, String)> = revisions
        .iter()
        .enumerate()
        .map(|(at, (up, down))| {
            let parent = if at == 0 { "--".to_owned() } else { format!("-- parent: r{at}") };
            let (irreversible, down) = match *down {
                "" => ("-- irreversible: no".to_owned(), String::new()),
                down => ("--".to_owned(), format!("\n-- migrate:down\n{down}")),
            };
            let id = at + 1;
            let text = format!(
                "-- revision: r{id}\n{parent}\n-- message: M{id}\n{irreversible}\n-- migrate:up\n{up}{down}\n"
            );
            (format!("r{id}.sql"), text)
        })
        .collect();
    let folder = Folder::of_texts("m", files.iter().map(|(a, b)| (a.as_str(), b.as_str())));
    let Err(rejection) = crate::analysis::analyse(folder) else { return Vec::new() };
    let shown = |found: &crate::chain::Diagnostic| {
        let place = |label: &crate::chain::Label| {
            let source = &rejection.sources[label.source];
            let text = source.slice(label.span).split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{} `{text}` {}", source.path().trim_start_matches("m/"), label.text)
        };
        let places: Vec<String> = found.primary.iter().chain(&found.related).map(place).collect();
        format!("{}: {} = {}", found.problem, places.join("; "), found.problem.help())
    };
    rejection.diagnostics.iter().map(shown).collect()
}

/// Checks what is reported for one upgrade; `expected` holds the beginnings of the messages.
fn check(up: &str, expected: &[&str]) {
    let found = errors(&[(up, "")]);
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
    assert!(same, "{up}\nexpected {expected:#?}\nfound {found:#?}");
}

#[test]
fn what_is_there_is_not_made_again() {
    check(
        "CREATE TABLE t (a int); CREATE TABLE t ();",
        &["table `t` already exists: r1.sql `t` created again here; r1.sql `t` first created here"],
    );
    check("CREATE TABLE t (a int, b int, a int)", &["column `t.a` already exists"]);
    check("CREATE TABLE t (a int); ALTER TABLE t ADD a int, ADD b int", &["column `t.a`"]);
    check("CREATE TABLE t (a int PRIMARY KEY, b int PRIMARY KEY)", &["primary key of `t`"]);
    check("CREATE TABLE t (a int UNIQUE); CREATE INDEX t_a_key ON t (a)", &["index `t_a_key`"]);
    check("CREATE TABLE t (id serial); CREATE SEQUENCE t_id_seq", &["sequence `t_id_seq`"]);
    check(
        "CREATE TABLE t (a int); CREATE INDEX ON t (a); CREATE INDEX t_a_idx ON t (a)",
        &["index"],
    );
    check(
        "CREATE TABLE t (a int CHECK (a > 0)); ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (true)",
        &["constraint `t_a_check` of `t`"],
    );
    check("CREATE TABLE t (); CREATE VIEW t AS SELECT 1", &["table `t` already exists"]);
    check("CREATE TYPE m AS ENUM ('a', 'a')", &["value `a` of type `m` already exists"]);
    check("CREATE TYPE m AS ENUM ('a'); ALTER TYPE m ADD VALUE 'a'", &["value `a` of type `m`"]);
    check("CREATE TYPE m AS ENUM ('a'); CREATE TABLE m ()", &["type `m` already exists"]);
    check("CREATE SCHEMA s; CREATE SCHEMA s", &["schema `s` already exists"]);
    check(
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f(int4) RETURNS text LANGUAGE sql AS 'SELECT 1'",
        &["function `f(integer)`"],
    );
    check("CREATE TABLE t (a int); ALTER TABLE t RENAME a TO a", &["column `t.a`"]);
    check("CREATE TABLE t (); CREATE POLICY p ON t; CREATE POLICY p ON t", &["policy `p` of `t`"]);
}

#[test]
fn what_is_not_there_is_not_used() {
    check("DROP TABLE t", &["there is no table `t`: r1.sql `t` not there = correct"]);
    check(
        "CREATE TABLE users (); DROP TABLE user_s",
        &["there is no table `user_s`: r1.sql `user_s` not there = did you mean `users`?"],
    );
    check("CREATE TABLE t (a int); ALTER TABLE t DROP b", &["there is no column `t.b`"]);
    check("CREATE TABLE t (a int); CREATE INDEX i ON t (a, c)", &["there is no column `t.c`"]);
    check("CREATE TABLE t (a int REFERENCES u)", &["there is no table `u`"]);
    check(
        "CREATE TABLE t (a int); CREATE INDEX ON t (a) WHERE b > 1",
        &["there is no column `t.b`"],
    );
    check("CREATE TABLE t (a int, CHECK (a > lower(c)))", &["there is no column `t.c`"]);
    check("CREATE TABLE t (a mod); CREATE TYPE mood AS ENUM ()", &[]);
    check("CREATE TYPE mood AS ENUM (); CREATE TABLE t (a mod)", &["there is no type `mod`"]);
    check("CREATE TABLE t (a timestmap)", &["there is no type `timestmap`"]);
    check(
        "CREATE TYPE m AS ENUM ('ok'); ALTER TYPE m RENAME VALUE 'no' TO 'x'",
        &["there is no value `no` of type `m`"],
    );
    check(
        "CREATE TABLE t (); DROP TABLE t; INSERT INTO t DEFAULT VALUES",
        &["there is no table `t`: r1.sql `t` not there; r1.sql `t` dropped or renamed here"],
    );
    check("CREATE TABLE t (); SELECT 1 FROM t JOIN u ON true", &["there is no table `u`"]);
    check(
        "CREATE TABLE t (a int); ALTER TABLE t DROP CONSTRAINT t_a_check",
        &["there is no constraint `t_a_check` of `t`"],
    );
    check("CREATE TABLE t (a int); COMMENT ON COLUMN t.b IS 'x'", &["there is no column `t.b`"]);
    check("REFRESH MATERIALIZED VIEW CONCURRENTLY m", &["there is no materialized view `m`"]);
    check("COPY BINARY t FROM '/x'", &["there is no table `t`"]);
    check("CREATE TABLE t (); DROP TRIGGER g ON t", &["there is no trigger `g` of `t`"]);
    check("CREATE SCHEMA s; CREATE TABLE s.t (); DROP TABLE s.u", &["there is no table `s.u`"]);
    check(
        "SET search_path = public; CREATE SCHEMA s; CREATE TABLE s.t (); DROP TABLE t",
        &["there is no table `t`"],
    );
}

#[test]
fn what_others_need_stays() {
    let table = "CREATE TABLE t (a int PRIMARY KEY, b int);";
    let with = |sql: &str, expected: &[&str]| check(&format!("{table} {sql}"), expected);
    with(
        "CREATE VIEW v AS SELECT * FROM t; DROP TABLE t",
        &["table `t` is still needed by view `v`"],
    );
    with(
        "CREATE VIEW v AS SELECT * FROM t; DROP TABLE t CASCADE; DROP VIEW v",
        &["there is no view `v`"],
    );
    with(
        "CREATE TABLE u (a int REFERENCES t); DROP TABLE t",
        &["table `t` is still needed by constraint `u_a_fkey` of `u`"],
    );
    with("CREATE TABLE u (a int REFERENCES t); DROP TABLE t, u", &[]);
    with(
        "CREATE TABLE u (a int REFERENCES t); ALTER TABLE t DROP CONSTRAINT t_pkey",
        &["constraint `t_pkey` of `t` is still needed"],
    );
    with("DROP INDEX t_pkey", &["index `t_pkey` is still needed by constraint `t_pkey` of `t`"]);
    for child in ["CREATE TABLE u () INHERITS (t)", "CREATE TABLE u (a m) INHERITS (t)"] {
        let sql = "ALTER TABLE t ALTER a TYPE text; DROP TYPE m";
        check(&format!("CREATE TYPE m AS ENUM (); CREATE TABLE t (a m); {child}; {sql}"), &[]);
    }
    check(
        "CREATE TYPE m AS ENUM (); CREATE TABLE t (a m, k int) PARTITION BY LIST (k); CREATE TABLE u PARTITION OF t DEFAULT; ALTER TABLE t ALTER a TYPE text; DROP TYPE m",
        &[],
    );
    check(
        "CREATE TYPE m AS ENUM (); CREATE TABLE t (a m); DROP TYPE m",
        &["type `m` is still needed by column `t.a`"],
    );
    check(
        "CREATE TABLE t (id serial); DROP SEQUENCE t_id_seq",
        &["sequence `t_id_seq` is still needed by column `t.id`"],
    );
    check(
        "CREATE SCHEMA s; CREATE TABLE s.t (); DROP SCHEMA s",
        &["schema `s` is still needed by table `s.t`"],
    );
    with("CREATE INDEX i ON t (b); ALTER TABLE t DROP b; DROP INDEX i", &["there is no index `i`"]);
    check(
        "CREATE TABLE t (a int, b int); CREATE TABLE u (a int REFERENCES t (b))",
        &["no unique key of `t` is over `b`"],
    );
    with(
        "CREATE TABLE u (a int, b int, FOREIGN KEY (a, b) REFERENCES t)",
        &["the foreign key has 2 columns, and refers to 1"],
    );
    with("CREATE VIEW v AS SELECT 1; DROP TABLE v", &["`v` is a view, not a table"]);
}

/// A false error is worse than a missed one.
#[test]
fn what_is_not_known_is_no_error() {
    for up in [
        "CREATE TABLE auth.t (); ALTER TABLE auth.users ADD a int; DROP TABLE auth.gone",
        "CREATE TABLE IF NOT EXISTS t (a int); CREATE TABLE IF NOT EXISTS t (b int)",
        "DROP TABLE IF EXISTS t; DROP INDEX IF EXISTS i; ALTER TABLE IF EXISTS t ADD a int",
        "DO $$ BEGIN EXECUTE 'CREATE TABLE t ()'; END $$; DROP TABLE t",
        "DO $$ BEGIN EXECUTE made_elsewhere(); END $$; DROP TABLE t; DROP INDEX anything",
        "DO $$ BEGIN IF now() > '2000-01-01' THEN CREATE TABLE t (id serial); END IF; END $$; DROP SEQUENCE t_id_seq",
        "SELECT made_elsewhere('t'); DROP TABLE t",
        "CREATE EXTENSION timescaledb; DROP TABLE t",
        "CREATE EXTENSION postgis; DROP TABLE spatial_ref_sys",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE t (); END $$; SELECT f(); DROP TABLE t",
        "SELECT set_config('search_path', '', false); CREATE TABLE public.t (); DROP TABLE public.t",
        "CREATE SCHEMA s; CREATE TABLE s.t (); ALTER TABLE t ADD a int",
        "CREATE TABLE t (a citext, b vector(3), c geometry(Point, 4326))",
        "CREATE TABLE t (a agtype, b iprange, c timerange, d bson, e textrange, f jsquery)",
        "CREATE TABLE t (LIKE elsewhere.u INCLUDING ALL); ALTER TABLE t DROP a; DROP INDEX t_a_idx",
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE c PARTITION OF p DEFAULT; CREATE INDEX ON p (a); DROP INDEX c_a_idx CASCADE",
        "CREATE TABLE t (a int); CREATE TABLE u (a int PRIMARY KEY UNIQUE); CREATE TABLE w (CHECK (true)) INHERITS (t)",
        "CREATE TEMP TABLE t (); CREATE TABLE t (); DROP TABLE t; DROP TABLE t",
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) STORED); ALTER TABLE t DROP a CASCADE",
        "CALL anything(); DROP VIEW v",
        "CREATE TABLE t (a timestamp, b text, c jsonb, CHECK (extract(dow FROM a) > 1 AND b ~ '^x' AND t IS NOT NULL)); \
         CREATE INDEX ON t (lower(b) text_pattern_ops DESC, (c ->> 'x'), (a::timestamptz at time zone 'UTC')) WHERE b COLLATE \"C\" > 'a'",
        "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t; ALTER TABLE t DROP a CASCADE; CREATE VIEW v AS SELECT 1",
        "CREATE RECURSIVE VIEW v (n) AS SELECT 1 UNION SELECT n + 1 FROM v",
        "CREATE TYPE p AS (a int); CREATE TABLE t OF p; DROP TYPE p CASCADE; CREATE TABLE t ()",
        "-- migrate:allow(missing): made by the platform\nDROP TABLE platform;",
        "-- migrate:opaque touches(t)\nSELECT make('t');\nDROP TABLE t",
        "CREATE TABLE U&\"d\\0061ta\" (); CREATE TABLE dato (); DROP TABLE data",
        "CREATE FUNCTION user_of(id int, OUT n int) LANGUAGE sql AS 'SELECT 1'; \
         CREATE FUNCTION users_of() RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION user_of(int)",
        "CREATE TABLE t (a int); CREATE FUNCTION f(t.a%TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1'; \
         CREATE FUNCTION f1() RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION f(int)",
        "CREATE TYPE m AS ENUM (); CREATE FUNCTION f(m) RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION f(m); \
         CREATE FUNCTION f(public.m) RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION f(m); \
         CREATE FUNCTION f(public.m) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ] {
        assert_eq!(errors(&[(up, "")]), [""; 0], "{up}");
    }
}

/// Statements that plainly do not change the schema are no blind spots.
#[test]
fn harmless_calls_blind_nothing() {
    for up in [
        "SELECT setval(pg_get_serial_sequence('t', 'id'), 1), now(), gen_random_uuid()",
        "UPDATE t SET a = coalesce(a, length(trim(b))) WHERE id IN (SELECT max(id) FROM t GROUP BY a)",
        "INSERT INTO t (a, b) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET a = excluded.a",
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$ BEGIN \
         NEW.a = now(); IF (NEW.b IS NULL) THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$; \
         CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch(); UPDATE t SET a = 1",
        "CREATE FUNCTION total(n int) RETURNS int LANGUAGE sql AS 'SELECT count(*)::int FROM t'; SELECT total(1)",
        "CREATE EXTENSION pgcrypto; CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\"; SELECT uuid_generate_v4()",
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_type WHERE typname = 'mood') THEN CREATE TYPE mood AS ENUM ('a'); END IF; END $$",
        "GRANT SELECT ON t TO PUBLIC; ANALYZE t; COMMENT ON TABLE t IS 'x'; ALTER TABLE t OWNER TO CURRENT_USER",
        "CREATE COLLATION german (locale = 'de-DE'); CREATE STATISTICS s ON a, b FROM t; SET lock_timeout = '2s'",
    ] {
        let whole = format!("CREATE TABLE t (id serial, a int, b text); {up}; DROP TABLE users");
        check(&whole, &["there is no table `users`"]);
    }
}

#[test]
fn a_search_path_leads_elsewhere() {
    check(
        "CREATE SCHEMA s; SET search_path = s, public; CREATE TABLE t (); RESET search_path; DROP TABLE s.t",
        &[],
    );
    check(
        "CREATE TABLE t (); ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO t; DROP TABLE t",
        &[],
    );
    check(
        "CREATE TABLE t (id serial, a int UNIQUE); CREATE SCHEMA s; ALTER TABLE t SET SCHEMA s; \
         DROP INDEX s.t_a_key; DROP SEQUENCE t_id_seq",
        &["index `s.t_a_key` is still needed"],
    );
}

/// What Alembic generated for ActorHub before it was corrected: duplicates of indexes from the
/// first revision, and constraints under wrong names.
#[test]
fn the_revision_that_failed_in_production() {
    let first = "CREATE TABLE users (id uuid PRIMARY KEY, email text);\n\
                 CREATE TABLE identities (id uuid PRIMARY KEY, user_id uuid REFERENCES users (id), status text);\n\
                 CREATE INDEX ix_identities_user_id ON identities (user_id);\n\
                 CREATE INDEX ix_identities_status ON identities (status);\n\
                 CREATE INDEX ix_users_email ON users (email);";
    let second = "CREATE INDEX ix_identities_user_id ON identities (user_id);\n\
                  CREATE INDEX ix_identities_status ON identities (status);\n\
                  CREATE INDEX ix_users_email ON users (email);\n\
                  CREATE INDEX ix_users_new ON users (email, id);\n\
                  ALTER TABLE identities DROP CONSTRAINT fk_identities_user_id_users;\n\
                  ALTER TABLE identities ADD CONSTRAINT fk_user FOREIGN KEY (user_id) REFERENCES users (id);";
    let found = errors(&[(first, ""), (second, "")]);
    let starts: Vec<&str> = found.iter().filter_map(|text| text.split(": ").next()).collect();
    assert_eq!(
        starts,
        [
            "index `ix_identities_user_id` already exists",
            "index `ix_identities_status` already exists",
            "index `ix_users_email` already exists",
            "there is no constraint `fk_identities_user_id_users` of `identities`",
        ]
    );
    assert!(found[3].ends_with("= did you mean `identities_user_id_fkey`?"), "{}", found[3]);
}

/// Deployed revisions create what later ones depend on, and are never reported themselves.
#[test]
fn nothing_is_said_of_what_is_deployed() {
    let text = |id: &str, parent: &str, up: &str| {
        format!(
            "-- revision: {id}\n{parent}\n-- message: M\n-- irreversible: no\n-- migrate:up\n{up}\n"
        )
    };
    let first = text(
        "1",
        "--",
        "-- migrate:allow(missing): it was there\nDROP TABLE gone;\nCREATE TABLE t ();",
    );
    let Ok(chain) = crate::analysis::analyse(Folder::of_texts("m", [("1.sql", first.as_str())]))
    else {
        panic!()
    };
    let lock = crate::chain::lock_text(&chain, "1").unwrap_or_default();
    let first = text("1", "--", "DROP TABLE gone;\nCREATE TABLE t ();");
    let second = text("2", "-- parent: 1", "CREATE TABLE t ();");
    let files =
        [("1.sql", first.as_str()), ("2.sql", second.as_str()), ("chain.lock", lock.as_str())];
    let Err(rejection) = crate::analysis::analyse(Folder::of_texts("m", files)) else { panic!() };
    assert_eq!(rejection.diagnostics.len(), 1, "{rejection}");
    assert!(
        rejection.to_string().starts_with("table `t` already exists\n --> m/2.sql:6:14"),
        "{rejection}"
    );
}

/// The real chain, with nothing deployed.
fn actorhub() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../actorhub-schema/migrations");
    let files = crate::fs::files::read(std::path::Path::new(folder), "m");
    let Ok(chain) = crate::check(files) else { panic!("ActorHub's chain is broken") };
    let text = |m: &crate::Migration<'_>| (m.file_name().to_owned(), m.source.text().to_owned());
    chain.migrations().iter().map(text).collect()
}

#[test]
fn the_real_chain_is_right() {
    let files = actorhub();
    let folder = Folder::of_texts("m", files.iter().map(|(a, b)| (a.as_str(), b.as_str())));
    if let Err(wrong) = crate::analysis::analyse(folder) {
        panic!("{wrong}");
    }
}
