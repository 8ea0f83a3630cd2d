//! Other names: those that lose nothing are written, the others are asked about.

use migrate_core::schema::diff::{Rename, rename_candidates, script};

use crate::pairs::Pairs;

#[test]
fn what_is_the_same_but_for_its_name_is_renamed() {
    let mut pairs = Pairs::new("renamed");
    let t = "CREATE TABLE o (id int CONSTRAINT pk PRIMARY KEY);
        CREATE TABLE t (id serial, a int CONSTRAINT fk REFERENCES o, b text, CONSTRAINT ck CHECK (a > 0), CONSTRAINT uq UNIQUE (b));
        CREATE INDEX ix ON t (b) WHERE a > 3; COMMENT ON INDEX ix IS 'x';
        CREATE UNIQUE INDEX key ON t (id); ALTER TABLE t ALTER id SET NOT NULL, REPLICA IDENTITY USING INDEX key";
    let mut check = |change: &str, expected: &[&str]| {
        let (from, to) = (pairs.catalog(t), pairs.catalog(&format!("{t}; {change}")));
        let steps = script(&from, &to).steps;
        let steps: Vec<&str> = steps.iter().map(|step| step.sql.as_str()).collect();
        assert_eq!(steps, expected);
        pairs.check_script(t, &format!("{t}; {change}"));
    };
    for change in [
        "ALTER TABLE o RENAME CONSTRAINT pk TO o_pkey",
        "ALTER TABLE t RENAME CONSTRAINT fk TO t_a_fkey",
        "ALTER TABLE t RENAME CONSTRAINT ck TO positive",
        "ALTER TABLE t RENAME CONSTRAINT uq TO \"Unique\"",
        "ALTER INDEX ix RENAME TO \"b ON a\"",
        "ALTER INDEX key RENAME TO t_key",
        "ALTER SEQUENCE t_id_seq RENAME TO t_numbers",
    ] {
        check(change, &[change]);
    }
    // Which of two becomes which, nobody knows.
    check(
        "CREATE INDEX one ON t (b) WHERE a > 3; CREATE INDEX two ON t (b) WHERE a > 3; DROP INDEX ix",
        &[
            "DROP INDEX ix",
            "CREATE INDEX one ON public.t USING btree (b) WHERE (a > 3)",
            "CREATE INDEX two ON public.t USING btree (b) WHERE (a > 3)",
        ],
    );
    pairs.done();
}

#[test]
fn what_may_have_been_renamed_is_asked() {
    let mut pairs = Pairs::new("candidates");
    let all = "CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN d AS int; CREATE TYPE pair AS (a int); CREATE SEQUENCE s;
        CREATE SCHEMA app; CREATE TABLE app.people (id bigserial, n int);
        CREATE TABLE t (a int NOT NULL, b text DEFAULT 'x', c text, d int GENERATED ALWAYS AS (1) STORED)";
    for (change, expected) in [
        ("ALTER TABLE t RENAME a TO z", "column t.a -> t.z"),
        ("ALTER TABLE t RENAME b TO z", "column t.b -> t.z"),
        ("ALTER TABLE t RENAME d TO \"Z\"", "column t.d -> t.\"Z\""),
        ("ALTER TABLE app.people RENAME id TO key", "column app.people.id -> app.people.key"),
        ("ALTER TABLE app.people RENAME TO users", "table app.people -> app.users"),
        ("ALTER TYPE mood RENAME TO feeling", "enum mood -> feeling"),
        ("ALTER DOMAIN d RENAME TO e", "domain d -> e"),
        ("ALTER TYPE pair RENAME TO twin", "composite type pair -> twin"),
        ("ALTER SEQUENCE s RENAME TO r", "sequence s -> r"),
    ] {
        let (from, to) = (pairs.catalog(all), pairs.catalog(&format!("{all}; {change}")));
        let found = rename_candidates(&from, &to);
        let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(shown, [expected], "{change}");
        // It leads there, and its reverse back.
        let there = pairs.catalog(&format!("{all}; {}", found[0].sql()));
        assert_eq!(there.differences(&to), []);
        let back = format!("{all}; {change}; {}", found[0].reversed().sql());
        assert_eq!(pairs.catalog(&back).differences(&from), []);
        assert_eq!(Rename::parse(&written(&found[0]), &from).as_ref(), Ok(&found[0]));
    }
    let (from, to) = (
        pairs.catalog(all),
        pairs.catalog(&format!("{all}; ALTER TABLE t DROP a; ALTER TABLE t ADD z bigint NOT NULL; DROP TABLE app.people; CREATE TABLE app.users (id bigint, n int)")),
    );
    assert_eq!(rename_candidates(&from, &to), []);
    pairs.done();
}

/// A rename as people write it.
fn written(it: &Rename) -> String {
    let table = it.table.as_ref().map_or_else(String::new, |table| format!("{table}."));
    format!("{}.{table}{}=\"{}\"", it.schema, it.from, it.to)
}
