//! The parts of a proposal: what waits until others can go on meanwhile, and what does not.

use migrate_core::schema::diff::{Options, propose};

use crate::pairs::Pairs;

/// The proposal as text: a line for each statement, with what it loses and what to think of.
fn shown(pairs: &mut Pairs, from: &str, to: &str, plain: bool) -> String {
    let (from, to) = (pairs.catalog(from), pairs.catalog(to));
    let proposal = propose(&from, &to, &Options { plain, ..Options::default() });
    assert_eq!((&*proposal.unwritten, &*proposal.not_undone), (&[][..], &[][..]));
    let mut lines = Vec::new();
    for part in proposal.parts {
        for (way, section) in [("up", part.up), ("down", part.down)] {
            let mode = if section.transaction { "" } else { ", not in a transaction" };
            lines.push(format!("{:?} {way}{mode}", part.kind));
            for step in section.steps {
                let loses = step.loses.map_or_else(String::new, |it| format!(" -- loses {it}"));
                let caution = step.caution.map_or_else(String::new, |it| format!(" -- {it}"));
                lines.push(format!("  {}{loses}{caution}", step.sql));
            }
        }
    }
    lines.join("\n")
}

fn check(pairs: &mut Pairs, from: &str, change: &str, expected: &str) {
    let to = format!("{from}; {change}");
    let found = shown(pairs, from, &to, false);
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.trim().to_owned()).filter(|it| !it.is_empty()).collect()
    };
    assert_eq!(lines(&found), lines(expected), "{change}\n{found}");
    pairs.check_script(from, &to);
}

const T: &str = "CREATE TABLE o (id int PRIMARY KEY); CREATE TABLE t (a int, b text);
    CREATE INDEX old ON t (b); CREATE INDEX ix ON t (a)";

#[test]
fn what_reads_a_table_waits() {
    let mut pairs = Pairs::new("online");
    check(
        &mut pairs,
        T,
        "CREATE UNIQUE INDEX n ON t (a, b); DROP INDEX old; DROP INDEX ix; CREATE INDEX ix ON t (a DESC)",
        "Online up, not in a transaction
           ALTER INDEX ix RENAME TO ix_old
           DROP INDEX CONCURRENTLY old
           CREATE INDEX CONCURRENTLY ix ON public.t USING btree (a DESC)
           CREATE UNIQUE INDEX CONCURRENTLY n ON public.t USING btree (a, b) -- fails if two rows are the same there
           DROP INDEX CONCURRENTLY ix_old
         Online down, not in a transaction
           ALTER INDEX ix RENAME TO ix_old
           DROP INDEX CONCURRENTLY n
           CREATE INDEX CONCURRENTLY ix ON public.t USING btree (a)
           CREATE INDEX CONCURRENTLY old ON public.t USING btree (b)
           DROP INDEX CONCURRENTLY ix_old",
    );
    check(
        &mut pairs,
        T,
        "ALTER TABLE t ADD c int NOT NULL, ALTER b SET NOT NULL, ADD CONSTRAINT ck CHECK (a > 0), ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES o,
            ADD CONSTRAINT uq UNIQUE (a) DEFERRABLE INITIALLY DEFERRED",
        "Main up
           ALTER TABLE t ADD COLUMN c integer NOT NULL -- fails if the table has rows: give the column a default, or fill it first
         Main down
           ALTER TABLE t DROP COLUMN c -- loses the column t.c
         Online up, not in a transaction
           ALTER TABLE t ADD CONSTRAINT t_b_is_set CHECK (b IS NOT NULL) NOT VALID
           ALTER TABLE t VALIDATE CONSTRAINT t_b_is_set -- fails if b is null in a row
           ALTER TABLE t ALTER COLUMN b SET NOT NULL
           ALTER TABLE t DROP CONSTRAINT t_b_is_set
           ALTER TABLE t ADD CONSTRAINT ck CHECK ((a > 0)) NOT VALID
           ALTER TABLE t VALIDATE CONSTRAINT ck -- fails if it does not hold for a row
           CREATE UNIQUE INDEX CONCURRENTLY uq ON public.t USING btree (a) -- fails if two rows are the same there
           ALTER TABLE t ADD CONSTRAINT uq UNIQUE USING INDEX uq DEFERRABLE INITIALLY DEFERRED
           ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES public.o(id) NOT VALID
           ALTER TABLE t VALIDATE CONSTRAINT fk -- fails if a row refers to one that is not there
         Online down, not in a transaction
           ALTER TABLE t DROP CONSTRAINT fk
           ALTER TABLE t DROP CONSTRAINT ck
           ALTER TABLE t DROP CONSTRAINT uq
           ALTER TABLE t ALTER COLUMN b DROP NOT NULL",
    );
    check(
        &mut pairs,
        &format!("{T}; ALTER TABLE t ADD CONSTRAINT ck CHECK (a > 0)"),
        "ALTER TABLE t DROP CONSTRAINT ck, ADD CONSTRAINT ck CHECK (a > 1)",
        "Online up, not in a transaction
           ALTER TABLE t DROP CONSTRAINT ck, ADD CONSTRAINT ck CHECK ((a > 1)) NOT VALID
           ALTER TABLE t VALIDATE CONSTRAINT ck -- fails if it does not hold for a row
         Online down, not in a transaction
           ALTER TABLE t DROP CONSTRAINT ck, ADD CONSTRAINT ck CHECK ((a > 0)) NOT VALID
           ALTER TABLE t VALIDATE CONSTRAINT ck -- fails if it does not hold for a row",
    );
    pairs.done();
}

#[test]
fn what_others_need_does_not_wait() {
    let mut pairs = Pairs::new("waits");
    // A new table refers to a new key; a table goes with its index; a column with its own.
    check(
        &mut pairs,
        T,
        "ALTER TABLE t ADD CONSTRAINT uq UNIQUE (a); CREATE TABLE n (a int REFERENCES t (a))",
        "Main up
           CREATE TABLE n (
               a integer
           )
           ALTER TABLE t ADD CONSTRAINT uq UNIQUE (a) -- fails if two rows are the same there
           ALTER TABLE n ADD CONSTRAINT n_a_fkey FOREIGN KEY (a) REFERENCES public.t(a)
         Main down
           ALTER TABLE n DROP CONSTRAINT n_a_fkey
           ALTER TABLE t DROP CONSTRAINT uq
           DROP TABLE n -- loses the table n",
    );
    check(
        &mut pairs,
        T,
        "ALTER TABLE t DROP b",
        "Main up
           DROP INDEX old
           ALTER TABLE t DROP COLUMN b -- loses the column t.b
         Main down
           ALTER TABLE t ADD COLUMN b text
           CREATE INDEX old ON public.t USING btree (b)",
    );
    pairs.done();
}

#[test]
fn labels_go_first_only_where_they_are_used() {
    let mut pairs = Pairs::new("labels");
    let t = "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (m mood)";
    check(
        &mut pairs,
        t,
        "ALTER TYPE mood ADD VALUE 'ok'",
        "Main up
           ALTER TYPE mood ADD VALUE 'ok' AFTER 'sad'
         Main down
           ALTER TYPE mood RENAME TO mood_old
           CREATE TYPE mood AS ENUM ('sad')
           ALTER TABLE t ALTER COLUMN m TYPE public.mood USING m::text::public.mood -- fails if m is ok in a row
           DROP TYPE mood_old",
    );
    // The label can't be used in the transaction that adds it, so the test can't make it there.
    let with = |labels: &str, default: &str| {
        format!("CREATE TYPE mood AS ENUM ({labels}); CREATE TABLE t (m mood {default})")
    };
    let (from, to) = (with("'sad'", ""), with("'sad', 'ok'", "DEFAULT 'ok'"));
    let found = shown(&mut pairs, &from, &to, true);
    assert_eq!(
        found,
        "EnumValues up, not in a transaction
  ALTER TYPE mood ADD VALUE 'ok' AFTER 'sad'
EnumValues down
  ALTER TYPE mood RENAME TO mood_old
  CREATE TYPE mood AS ENUM ('sad')
  ALTER TABLE t ALTER COLUMN m TYPE public.mood USING m::text::public.mood -- fails if m is ok in a row
  DROP TYPE mood_old
Main up
  ALTER TABLE t ALTER COLUMN m SET DEFAULT 'ok'::public.mood
Main down
  ALTER TABLE t ALTER COLUMN m DROP DEFAULT"
    );
    pairs.check_script(&from, &to);
    pairs.done();
}

/// A key that changes is built beside the old one, which serves until then; one that a foreign key needs is not.
#[test]
fn a_changed_key_takes_the_place_of_the_old_one() {
    let mut pairs = Pairs::new("changed_key");
    let u = "CREATE TABLE u (id int NOT NULL, n int NOT NULL, b text, CONSTRAINT u_pkey PRIMARY KEY (id), CONSTRAINT ux UNIQUE (b))";
    check(
        &mut pairs,
        u,
        "ALTER TABLE u DROP CONSTRAINT ux, ADD CONSTRAINT ux UNIQUE (b, n) DEFERRABLE; ALTER TABLE u DROP CONSTRAINT u_pkey, ADD CONSTRAINT u_pkey PRIMARY KEY (id, n);
         COMMENT ON CONSTRAINT ux ON u IS 'x'",
        "Online up, not in a transaction
           CREATE UNIQUE INDEX CONCURRENTLY u_pkey_new ON public.u USING btree (id, n) -- fails if two rows are the same there
           ALTER TABLE u DROP CONSTRAINT u_pkey, ADD CONSTRAINT u_pkey PRIMARY KEY USING INDEX u_pkey_new
           CREATE UNIQUE INDEX CONCURRENTLY ux_new ON public.u USING btree (b, n) -- fails if two rows are the same there
           ALTER TABLE u DROP CONSTRAINT ux, ADD CONSTRAINT ux UNIQUE USING INDEX ux_new DEFERRABLE
           COMMENT ON CONSTRAINT ux ON u IS 'x'
         Online down, not in a transaction
           CREATE UNIQUE INDEX CONCURRENTLY u_pkey_new ON public.u USING btree (id) -- fails if two rows are the same there
           ALTER TABLE u DROP CONSTRAINT u_pkey, ADD CONSTRAINT u_pkey PRIMARY KEY USING INDEX u_pkey_new
           CREATE UNIQUE INDEX CONCURRENTLY ux_new ON public.u USING btree (b) -- fails if two rows are the same there
           ALTER TABLE u DROP CONSTRAINT ux, ADD CONSTRAINT ux UNIQUE USING INDEX ux_new",
    );
    let needed = format!("{u}; CREATE TABLE o (u text CONSTRAINT fk REFERENCES u (b))");
    let found = shown(
        &mut pairs,
        &needed,
        &format!(
            "{u}; ALTER TABLE u DROP CONSTRAINT ux, ADD CONSTRAINT ux UNIQUE (b, n); CREATE TABLE o (u text)"
        ),
        false,
    );
    assert!(!found.contains("ux_new"), "{found}");
    pairs.done();
}

/// Indexes and keys of partitioned tables: first on nobody, then on each partition, then attached.
#[test]
fn partitions_get_their_indexes_one_by_one() {
    let mut pairs = Pairs::new("partition_by_partition");
    let p = "CREATE TABLE p (id int NOT NULL, k int NOT NULL, v text) PARTITION BY RANGE (k); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
        CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20) PARTITION BY LIST (id); CREATE TABLE p21 PARTITION OF p2 FOR VALUES IN (1)";
    check(
        &mut pairs,
        p,
        "CREATE INDEX ix ON p (v)",
        "Online up, not in a transaction
           CREATE INDEX ix ON ONLY public.p USING btree (v)
           CREATE INDEX CONCURRENTLY p1_v_idx ON public.p1 USING btree (v)
           ALTER INDEX ix ATTACH PARTITION p1_v_idx
           CREATE INDEX p2_v_idx ON ONLY public.p2 USING btree (v)
           CREATE INDEX CONCURRENTLY p21_v_idx ON public.p21 USING btree (v)
           ALTER INDEX p2_v_idx ATTACH PARTITION p21_v_idx
           ALTER INDEX ix ATTACH PARTITION p2_v_idx
         Online down, not in a transaction
           DROP INDEX ix",
    );
    check(
        &mut pairs,
        p,
        "ALTER TABLE p ADD CONSTRAINT p_key PRIMARY KEY (id, k)",
        "Online up, not in a transaction
           ALTER TABLE ONLY p ADD CONSTRAINT p_key PRIMARY KEY (id, k)
           CREATE UNIQUE INDEX CONCURRENTLY p1_pkey ON public.p1 USING btree (id, k) -- fails if two rows are the same there
           ALTER TABLE p1 ADD CONSTRAINT p1_pkey PRIMARY KEY USING INDEX p1_pkey
           ALTER INDEX p_key ATTACH PARTITION p1_pkey
           ALTER TABLE ONLY p2 ADD CONSTRAINT p2_pkey PRIMARY KEY (id, k)
           CREATE UNIQUE INDEX CONCURRENTLY p21_pkey ON public.p21 USING btree (id, k) -- fails if two rows are the same there
           ALTER TABLE p21 ADD CONSTRAINT p21_pkey PRIMARY KEY USING INDEX p21_pkey
           ALTER INDEX p2_pkey ATTACH PARTITION p21_pkey
           ALTER INDEX p_key ATTACH PARTITION p2_pkey
         Online down, not in a transaction
           ALTER TABLE p DROP CONSTRAINT p_key",
    );
    // A partition that is made first gets its index with the others.
    let found = shown(
        &mut pairs,
        p,
        &format!(
            "{p}; CREATE INDEX ix ON p (v); CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (20) TO (30)"
        ),
        false,
    );
    assert!(found.contains("CREATE INDEX CONCURRENTLY p3_v_idx"), "{found}");
    pairs.done();
}
