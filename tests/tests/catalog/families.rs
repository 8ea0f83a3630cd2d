//! Partitions and tables that inherit: made, changed through their parents, joined and left.

use crate::pairs::Pairs;

#[test]
fn partitions() {
    let mut pairs = Pairs::new("partitions");
    let mut check = |one: &str, other: &str| pairs.check_script(one, other);
    let p = "CREATE TABLE p (id int, day date NOT NULL, n int DEFAULT 3, CONSTRAINT p_pkey PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
        CREATE INDEX ix ON p (n)";
    let q = "CREATE TABLE q PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')";
    let r = "CREATE TABLE a_rest PARTITION OF p (n DEFAULT 4) DEFAULT PARTITION BY LIST (id); CREATE TABLE r1 PARTITION OF a_rest FOR VALUES IN (1, 2)";
    let all = format!("{p}; {q}; {r}");
    check("", &all);
    check(p, &all);
    check(&format!("{p}; {q}"), &all);
    for change in [
        "ALTER TABLE p ADD c text NOT NULL DEFAULT 'x'",
        "ALTER TABLE p ALTER n TYPE bigint, ALTER n SET DEFAULT 5",
        "ALTER TABLE p ALTER n SET NOT NULL; COMMENT ON COLUMN q.n IS 'x'; COMMENT ON TABLE q IS 'y'",
        "ALTER TABLE p DROP COLUMN n",
        "ALTER TABLE p ADD CONSTRAINT ck CHECK (n > 0)",
        "DROP INDEX ix; CREATE INDEX other ON p (n, id)",
        "ALTER TABLE p ADD UNIQUE (day, n)",
        "ALTER TABLE q ALTER n SET DEFAULT 8",
        "CREATE INDEX own ON q (id)",
    ] {
        check(&format!("{p}; {q}"), &format!("{p}; {q}; {change}"));
    }
    // Another bound, out, and in.
    check(
        &format!("{p}; {q}"),
        &format!(
            "{p}; CREATE TABLE q PARTITION OF p FOR VALUES FROM ('2023-01-01') TO ('2025-01-01')"
        ),
    );
    check(&format!("{p}; {q}"), &format!("{p}; {q}; ALTER TABLE p DETACH PARTITION q"));
    // Its columns stand in another order.
    check(
        p,
        &format!(
            "{p}; CREATE TABLE q (n int, day date NOT NULL, id int NOT NULL); ALTER TABLE p ATTACH PARTITION q DEFAULT"
        ),
    );
    // Others refer to the whole.
    check(
        &all,
        &format!(
            "{all}; CREATE TABLE o (id int, day date, CONSTRAINT fk FOREIGN KEY (id, day) REFERENCES p)"
        ),
    );
    check(
        &format!("CREATE TABLE o (id int PRIMARY KEY); {all}"),
        &format!(
            "CREATE TABLE o (id int PRIMARY KEY); {all}; ALTER TABLE p ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES o"
        ),
    );
    pairs.done();
}

#[test]
fn inheritance() {
    let mut pairs = Pairs::new("inheritance");
    let mut check = |one: &str, other: &str| pairs.check_script(one, other);
    let t = "CREATE TABLE t (a int NOT NULL, b text DEFAULT 'x', CONSTRAINT ck CHECK (a > 0)); CREATE TABLE s (c int)";
    let c = "CREATE TABLE c (d int, b text DEFAULT 'y') INHERITS (t, s)";
    check("", &format!("{t}; {c}"));
    check(t, &format!("{t}; {c}"));
    for change in [
        "ALTER TABLE t ADD e int DEFAULT 7",
        "ALTER TABLE t DROP b",
        "ALTER TABLE t ALTER a TYPE bigint, ALTER a DROP NOT NULL",
        "ALTER TABLE c ADD e int, ALTER a SET DEFAULT 5",
        "ALTER TABLE t ADD CONSTRAINT more CHECK (a < 100)",
        "CREATE INDEX ix ON t (a)",
    ] {
        check(&format!("{t}; {c}"), &format!("{t}; {c}; {change}"));
    }
    let c = "CREATE TABLE c (d int, c int) INHERITS (t, s)";
    check(&format!("{t}; {c}"), &format!("{t}; {c}; ALTER TABLE c NO INHERIT s"));
    pairs.done();
}
