//! Constraints, indexes, triggers, rules and policies: each property that changes makes a difference.

use crate::pairs::Pairs;

#[test]
fn constraints() {
    let mut pairs = Pairs::new("constraints");
    let t = "CREATE TABLE o (id int PRIMARY KEY, x int UNIQUE); CREATE TABLE t (a int, b int)";
    let mut added = |constraint: &str, expected: &[&str]| {
        pairs.check(t, &format!("ALTER TABLE t ADD CONSTRAINT c {constraint}"), expected);
    };
    added("CHECK (a > 0)", &["+ constraint t.c CHECK ((a > 0))"]);
    added(
        "UNIQUE (a, b)",
        &[
            "+ constraint t.c UNIQUE (a, b)",
            "+ index c CREATE UNIQUE INDEX c ON public.t USING btree (a, b) of the constraint c",
        ],
    );
    added(
        "EXCLUDE USING btree (a WITH =)",
        &[
            "+ constraint t.c EXCLUDE USING btree (a WITH =)",
            "+ index c CREATE INDEX c ON public.t USING btree (a) of the constraint c",
        ],
    );
    added(
        "FOREIGN KEY (a) REFERENCES o",
        &["+ constraint t.c FOREIGN KEY (a) REFERENCES public.o(id)"],
    );
    let changes = [
        ("CHECK (a > 0)", "CHECK (a > 1)", "CHECK ((a > 0)) -> CHECK ((a > 1))"),
        (
            "CHECK (a > 0)",
            "CHECK (a > 0) NOT VALID",
            "CHECK ((a > 0)) -> CHECK ((a > 0)) NOT VALID",
        ),
        (
            "CHECK (a > 0)",
            "CHECK (a > 0) NO INHERIT",
            "CHECK ((a > 0)) -> CHECK ((a > 0)) NO INHERIT",
        ),
    ];
    for (before, after, expected) in changes {
        let before = format!("{t}; ALTER TABLE t ADD CONSTRAINT c {before}");
        let after =
            format!("ALTER TABLE t DROP CONSTRAINT c; ALTER TABLE t ADD CONSTRAINT c {after}");
        pairs.check(&before, &after, &[&format!("~ constraint t.c: {expected}")]);
    }
    for (other, expected) in [
        ("(b) REFERENCES o", "(b) REFERENCES public.o(id)"),
        ("(a) REFERENCES o (x)", "(a) REFERENCES public.o(x)"),
        ("(a) REFERENCES o ON DELETE CASCADE", "(a) REFERENCES public.o(id) ON DELETE CASCADE"),
        ("(a) REFERENCES o ON UPDATE SET NULL", "(a) REFERENCES public.o(id) ON UPDATE SET NULL"),
        ("(a) REFERENCES o MATCH FULL", "(a) REFERENCES public.o(id) MATCH FULL"),
        ("(a) REFERENCES o DEFERRABLE", "(a) REFERENCES public.o(id) DEFERRABLE"),
        (
            "(a) REFERENCES o INITIALLY DEFERRED",
            "(a) REFERENCES public.o(id) DEFERRABLE INITIALLY DEFERRED",
        ),
        ("(a) REFERENCES o NOT VALID", "(a) REFERENCES public.o(id) NOT VALID"),
    ] {
        let before = format!("{t}; ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES o");
        let after = format!(
            "ALTER TABLE t DROP CONSTRAINT c; ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY {other}"
        );
        let expected = format!(
            "~ constraint t.c: FOREIGN KEY (a) REFERENCES public.o(id) -> FOREIGN KEY {expected}"
        );
        pairs.check(&before, &after, &[&expected]);
    }
    pairs.check(
        &format!("{t}; ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)"),
        "COMMENT ON CONSTRAINT c ON t IS 'x'",
        &["~ constraint t.c: CHECK ((a > 0)) -> CHECK ((a > 0)) commented \"x\""],
    );
    pairs.check_since(18, &format!("{t}; ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES o"),
        "ALTER TABLE t ALTER CONSTRAINT c NOT ENFORCED",
        &["~ constraint t.c: FOREIGN KEY (a) REFERENCES public.o(id) -> FOREIGN KEY (a) REFERENCES public.o(id) NOT ENFORCED"],
    );
    pairs.check(
        "CREATE TABLE t (a int); CREATE TABLE u (b int CHECK (b > 0)) INHERITS (t)",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
        &["+ constraint t.c CHECK ((a > 0))", "+ constraint u.c CHECK ((a > 0)) inherited"],
    );
    // What the server makes for each partition that is referred to is not told.
    pairs.check(
        "CREATE TABLE p (d int PRIMARY KEY) PARTITION BY LIST (d); CREATE TABLE q PARTITION OF p DEFAULT; CREATE TABLE t (d int)",
        "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (d) REFERENCES p",
        &["+ constraint t.c FOREIGN KEY (d) REFERENCES public.p(d)"],
    );
    pairs.done();
}

#[test]
fn indexes() {
    let mut pairs = Pairs::new("indexes");
    let t = "CREATE TABLE t (a int, b text, c int4range); CREATE INDEX ix ON t (a)";
    pairs.check(t, "DROP INDEX ix", &["- index ix CREATE INDEX ix ON public.t USING btree (a)"]);
    for (index, expected) in [
        ("UNIQUE INDEX ix ON t (a)", "UNIQUE INDEX ix ON public.t USING btree (a)"),
        ("INDEX ix ON t (a, b)", "INDEX ix ON public.t USING btree (a, b)"),
        ("INDEX ix ON t (a DESC)", "INDEX ix ON public.t USING btree (a DESC)"),
        ("INDEX ix ON t (a NULLS FIRST)", "INDEX ix ON public.t USING btree (a NULLS FIRST)"),
        ("INDEX ix ON t ((a + 1))", "INDEX ix ON public.t USING btree (((a + 1)))"),
        (
            "INDEX ix ON t (b text_pattern_ops)",
            "INDEX ix ON public.t USING btree (b text_pattern_ops)",
        ),
        ("INDEX ix ON t (b COLLATE \"C\")", "INDEX ix ON public.t USING btree (b COLLATE \"C\")"),
        ("INDEX ix ON t (a) INCLUDE (b)", "INDEX ix ON public.t USING btree (a) INCLUDE (b)"),
        ("INDEX ix ON t (a) WHERE a > 0", "INDEX ix ON public.t USING btree (a) WHERE (a > 0)"),
        (
            "INDEX ix ON t (a) WITH (fillfactor = 70)",
            "INDEX ix ON public.t USING btree (a) WITH (fillfactor='70')",
        ),
        ("INDEX ix ON t USING hash (a)", "INDEX ix ON public.t USING hash (a)"),
        ("INDEX ix ON t USING gist (c)", "INDEX ix ON public.t USING gist (c)"),
    ] {
        let before = "CREATE INDEX ix ON public.t USING btree (a)";
        pairs.check(
            t,
            &format!("DROP INDEX ix; CREATE {index}"),
            &[&format!("~ index ix: {before} -> CREATE {expected}")],
        );
    }
    pairs.check_since(15, t, "DROP INDEX ix; CREATE UNIQUE INDEX ix ON t (a) NULLS NOT DISTINCT", &[
        "~ index ix: CREATE INDEX ix ON public.t USING btree (a) -> CREATE UNIQUE INDEX ix ON public.t USING btree (a) NULLS NOT DISTINCT",
    ]);
    pairs.check(t, "CLUSTER t USING ix", &[
        "~ index ix: CREATE INDEX ix ON public.t USING btree (a) -> CREATE INDEX ix ON public.t USING btree (a) clustered",
    ]);
    pairs.check(t, "COMMENT ON INDEX ix IS 'x'", &[
        "~ index ix: CREATE INDEX ix ON public.t USING btree (a) -> CREATE INDEX ix ON public.t USING btree (a) commented \"x\"",
    ]);
    pairs.check(
        "CREATE TABLE t (a int); CREATE INDEX ix ON t ((a + 1))",
        "ALTER INDEX ix ALTER 1 SET STATISTICS 7",
        &["~ index ix: CREATE INDEX ix ON public.t USING btree (((a + 1))) -> CREATE INDEX ix ON public.t USING btree (((a + 1))) statistics (1=7)"],
    );
    pairs.check(
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX ix ON t (a)",
        "ALTER TABLE t ADD CONSTRAINT ix UNIQUE USING INDEX ix",
        &[
            "+ constraint t.ix UNIQUE (a)",
            "~ index ix: CREATE UNIQUE INDEX ix ON public.t USING btree (a) -> CREATE UNIQUE INDEX ix ON public.t USING btree (a) of the constraint ix",
        ],
    );
    pairs.check(
        "CREATE TABLE p (d int) PARTITION BY LIST (d); CREATE TABLE q PARTITION OF p DEFAULT",
        "CREATE INDEX ix ON p (d)",
        &[
            "+ index ix CREATE INDEX ix ON ONLY public.p USING btree (d)",
            "+ index q_d_idx CREATE INDEX q_d_idx ON public.q USING btree (d) part of ix",
        ],
    );
    pairs.check(
        "CREATE TABLE p (d int) PARTITION BY LIST (d); CREATE INDEX ix ON p (d)",
        "DROP INDEX ix; CREATE TABLE q PARTITION OF p DEFAULT; CREATE INDEX ix ON ONLY p (d); DROP TABLE q",
        &["~ index ix: CREATE INDEX ix ON ONLY public.p USING btree (d) -> CREATE INDEX ix ON ONLY public.p USING btree (d) invalid"],
    );
    pairs.done();
}

#[test]
fn triggers_rules_policies() {
    let mut pairs = Pairs::new("triggers");
    let f = "CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'";
    let trigger =
        "CREATE TRIGGER g AFTER INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f()";
    let before = format!("{f}; {trigger}");
    pairs.check(f, trigger, &[&format!("+ trigger t.g {trigger}")]);
    pairs.check(
        &before,
        "ALTER TABLE t DISABLE TRIGGER g",
        &[&format!("~ trigger t.g: {trigger} -> {trigger} disabled")],
    );
    pairs.check(
        &before,
        "ALTER TABLE t ENABLE ALWAYS TRIGGER g",
        &[&format!("~ trigger t.g: {trigger} -> {trigger} always")],
    );
    pairs.check(
        &before,
        "ALTER TABLE t ENABLE REPLICA TRIGGER g",
        &[&format!("~ trigger t.g: {trigger} -> {trigger} replica")],
    );
    pairs.check(
        &before,
        "COMMENT ON TRIGGER g ON t IS 'x'",
        &[&format!("~ trigger t.g: {trigger} -> {trigger} commented \"x\"")],
    );
    pairs.check(&before, "DROP TRIGGER g ON t; CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW WHEN (new.a > 0) EXECUTE FUNCTION f()", &[
        &format!("~ trigger t.g: {trigger} -> CREATE TRIGGER g AFTER INSERT ON public.t FOR EACH ROW WHEN ((new.a > 0)) EXECUTE FUNCTION public.f()"),
    ]);
    pairs.check(f, "CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f()", &[
        "+ trigger t.g CREATE CONSTRAINT TRIGGER g AFTER INSERT ON public.t DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION public.f()",
    ]);
    let parted =
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE t PARTITION OF p DEFAULT;
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'";
    let on_parted =
        "CREATE TRIGGER g AFTER INSERT ON public.p FOR EACH ROW EXECUTE FUNCTION public.f()";
    pairs.check(parted, on_parted, &[&format!("+ trigger p.g {on_parted}")]);
    pairs.check(
        &format!("{parted}; {on_parted}"),
        "ALTER TABLE t DISABLE TRIGGER g",
        &[&format!("+ trigger t.g {trigger} disabled inherited")],
    );

    let rule = "CREATE RULE r AS ON DELETE TO public.t DO INSTEAD NOTHING;";
    pairs.check(f, rule, &[&format!("+ rule t.r {rule}")]);
    pairs.check(
        &format!("{f}; {rule}"),
        "ALTER TABLE t DISABLE RULE r",
        &[&format!("~ rule t.r: {rule} -> {rule} disabled")],
    );
    pairs.check(
        &format!("{f}; {rule}"),
        "COMMENT ON RULE r ON t IS 'x'",
        &[&format!("~ rule t.r: {rule} -> {rule} commented \"x\"")],
    );
    pairs.check(&format!("{f}; {rule}"), "CREATE OR REPLACE RULE r AS ON DELETE TO t DO ALSO NOTHING", &[
        "~ rule t.r: CREATE RULE r AS ON DELETE TO public.t DO INSTEAD NOTHING; -> CREATE RULE r AS ON DELETE TO public.t DO NOTHING;",
    ]);

    let policy = |options: &str| format!("CREATE POLICY p ON t {options}");
    let before = format!("{f}; {}", policy("USING (a > 0)"));
    for (options, expected) in [
        ("USING (a > 1)", "for all to public using (a > 1)"),
        ("USING (a > 0) WITH CHECK (a > 2)", "for all to public using (a > 0) check (a > 2)"),
        ("FOR SELECT USING (a > 0)", "for select to public using (a > 0)"),
        ("FOR DELETE USING (a > 0)", "for delete to public using (a > 0)"),
        ("FOR UPDATE USING (a > 0)", "for update to public using (a > 0)"),
        ("FOR INSERT WITH CHECK (a > 0)", "for insert to public check (a > 0)"),
        ("AS RESTRICTIVE USING (a > 0)", "restrictive for all to public using (a > 0)"),
        (
            "TO pg_monitor, pg_signal_backend USING (a > 0)",
            "for all to pg_monitor, pg_signal_backend using (a > 0)",
        ),
    ] {
        pairs.check(
            &before,
            &format!("DROP POLICY p ON t; {}", policy(options)),
            &[&format!("~ policy t.p: for all to public using (a > 0) -> {expected}")],
        );
    }
    pairs.check(&before, "COMMENT ON POLICY p ON t IS 'x'", &[
        "~ policy t.p: for all to public using (a > 0) -> for all to public using (a > 0) commented \"x\"",
    ]);
    pairs.done();
}
