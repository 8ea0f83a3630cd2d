//! What a partition has of its own beside what its table gives it.

use crate::pairs::Pairs;

const P: &str = "CREATE TABLE p (a int, k int NOT NULL) PARTITION BY LIST (k); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)";

fn check(hint: &str, pairs: &[(&str, &str)]) {
    let mut all = Pairs::new(hint);
    for (one, other) in pairs {
        all.check_script(&format!("{P}; {one}"), &format!("{P}; {other}"));
    }
    all.done();
}

#[test]
fn constraints_of_their_own() {
    check(
        "own_constraints",
        &[
            (
                "ALTER TABLE p ADD CONSTRAINT q CHECK (a > 0)",
                "ALTER TABLE p1 ADD CONSTRAINT q CHECK (a > 0)",
            ),
            (
                "ALTER TABLE p ADD CONSTRAINT q UNIQUE (k)",
                "ALTER TABLE p1 ADD CONSTRAINT p1_k_key UNIQUE (k)",
            ),
            (
                "CREATE TABLE r (id int PRIMARY KEY); ALTER TABLE p ADD CONSTRAINT q FOREIGN KEY (a) REFERENCES r",
                "CREATE TABLE r (id int PRIMARY KEY); ALTER TABLE p1 ADD CONSTRAINT q FOREIGN KEY (a) REFERENCES r",
            ),
            (
                "ALTER TABLE p ADD CONSTRAINT q CHECK (a > 0)",
                "ALTER TABLE p ADD CONSTRAINT q CHECK (a > 0); COMMENT ON CONSTRAINT q ON p1 IS 'x'",
            ),
            (
                "ALTER TABLE p ADD CONSTRAINT q CHECK (a > 0)",
                "ALTER TABLE p1 ADD CONSTRAINT q CHECK (a > 0); ALTER TABLE p DETACH PARTITION p1",
            ),
        ],
    );
    let mut inherits = Pairs::new("own_inherited");
    let t = "CREATE TABLE t (a int); CREATE TABLE u () INHERITS (t)";
    inherits.check_script(
        &format!("{t}; ALTER TABLE t ADD CONSTRAINT q CHECK (a > 0)"),
        &format!("{t}; ALTER TABLE u ADD CONSTRAINT q CHECK (a > 0)"),
    );
    inherits.done();
}

#[test]
fn indexes_of_their_own() {
    check(
        "own_indexes",
        &[
            (
                "CREATE INDEX mine ON p1 (a)",
                "CREATE INDEX mine ON p1 (a); CREATE INDEX theirs ON p (a)",
            ),
            ("CREATE INDEX mine ON p1 (a)", "CREATE INDEX theirs ON p (a)"),
            (
                "",
                "CREATE INDEX theirs ON p (a); ALTER INDEX p1_a_idx RENAME TO other; COMMENT ON INDEX other IS 'x'",
            ),
            (
                "CREATE INDEX i ON p (a)",
                "CREATE INDEX mine ON p1 (a); CREATE INDEX i ON p (a); COMMENT ON INDEX mine IS 'x'; ALTER INDEX mine SET (fillfactor = 55)",
            ),
            (
                "CREATE INDEX i ON p (a) WITH (fillfactor = 70)",
                "CREATE INDEX i ON p (a) WITH (fillfactor = 70); ALTER INDEX p1_a_idx RESET (fillfactor)",
            ),
            (
                "",
                "CREATE INDEX ON p (lower(a::text)); CREATE INDEX ON p ((a + 1), k) INCLUDE (a); CREATE INDEX ON p (a); CREATE INDEX ON p (a)",
            ),
            (
                "",
                "CREATE UNIQUE INDEX u ON p (k); ALTER TABLE p ADD CONSTRAINT q UNIQUE (k); ALTER INDEX p1_k_key RENAME TO z",
            ),
            (
                "",
                "ALTER TABLE p ADD PRIMARY KEY (k); ALTER TABLE p1 RENAME CONSTRAINT p1_pkey TO mine",
            ),
            (
                "CREATE INDEX i ON p (a)",
                "CREATE INDEX i ON p (a); CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2); ALTER INDEX p2_a_idx RENAME TO mine",
            ),
        ],
    );
}

#[test]
fn triggers_are_switched() {
    let f = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'begin return null; end'; \
             CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2) PARTITION BY LIST (a); CREATE TABLE p2a PARTITION OF p2 DEFAULT";
    let one = format!("{f}; CREATE TRIGGER tr AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f()");
    let two = format!("{f}; CREATE TRIGGER tr AFTER DELETE ON p FOR EACH ROW EXECUTE FUNCTION f()");
    check(
        "switched",
        &[
            (f, &format!("{one}; ALTER TABLE p1 DISABLE TRIGGER tr")),
            (
                &one,
                &format!(
                    "{one}; ALTER TABLE p1 DISABLE TRIGGER tr; ALTER TABLE p2a ENABLE ALWAYS TRIGGER tr"
                ),
            ),
            (
                &one,
                &format!(
                    "{two}; ALTER TABLE p DISABLE TRIGGER tr; ALTER TABLE p1 ENABLE TRIGGER tr"
                ),
            ),
            (&one, &format!("{one}; ALTER TABLE p DISABLE TRIGGER tr")),
            (
                &format!("{one}; ALTER TABLE p1 DISABLE TRIGGER tr"),
                &format!(
                    "{two}; ALTER TABLE p1 DISABLE TRIGGER tr; ALTER TABLE p2 ENABLE REPLICA TRIGGER tr; ALTER TABLE p2a ENABLE TRIGGER tr"
                ),
            ),
        ],
    );
}
