//! NOT NULL constraints, which have names, options and comments since PostgreSQL 18.

use crate::pairs::Pairs;
use crate::rare::check_all;

#[test]
fn of_columns() {
    let t = |columns: &str| format!("CREATE TABLE t (id int, {columns})");
    check_all(
        "not_null",
        18,
        &[
            ("", &t("a int CONSTRAINT nn NOT NULL")),
            ("", &t("a int CONSTRAINT nn NOT NULL NO INHERIT, b int NOT NULL NO INHERIT")),
            (&t("a int"), &t("a int CONSTRAINT nn NOT NULL")),
            (&t("a int NOT NULL"), &t("a int CONSTRAINT nn NOT NULL")),
            (&t("a int CONSTRAINT nn NOT NULL"), &t("a int CONSTRAINT n2 NOT NULL")),
            (&t("a int NOT NULL"), &t("a int CONSTRAINT nn NOT NULL NO INHERIT")),
            (&t("a int"), &format!("{}; ALTER TABLE t ADD NOT NULL a NOT VALID", t("a int"))),
            (
                &t("a int CONSTRAINT n NOT NULL"),
                &format!("{}; ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID", t("a int")),
            ),
            ("", &format!("{}; ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID", t("a int"))),
            (
                &t("a int NOT NULL"),
                &format!(
                    "{}; COMMENT ON CONSTRAINT t_a_not_null ON t IS 'x'; COMMENT ON CONSTRAINT n ON t IS 'y'",
                    t("a int NOT NULL, b int CONSTRAINT n NOT NULL")
                ),
            ),
            (
                &t("a int NOT NULL"),
                &format!("{}; CREATE TABLE u () INHERITS (t)", t("a int CONSTRAINT n NOT NULL")),
            ),
            (
                "CREATE TABLE p (a int NOT NULL) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p DEFAULT",
                "CREATE TABLE p (a int CONSTRAINT n NOT NULL) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p DEFAULT",
            ),
        ],
    );
    let mut pairs = Pairs::new("not_null_names");
    pairs.check_since(
        18,
        "CREATE TABLE t (a int CONSTRAINT nn NOT NULL)",
        "ALTER TABLE t RENAME CONSTRAINT nn TO n2",
        &["~ column t.a: integer CONSTRAINT nn NOT NULL -> integer CONSTRAINT n2 NOT NULL"],
    );
    // The server's own names are none.
    let long = format!("CREATE TABLE {} ({} int", "x".repeat(60), "y".repeat(60));
    pairs.check(&format!("{long})"), &format!("DROP TABLE {}; {long})", "x".repeat(60)), &[]);
    let catalog = pairs.catalog(&format!("{long} NOT NULL)"));
    assert!(
        catalog.relations.values().flat_map(|it| &it.columns).all(|it| it.not_null_name.is_none())
    );
    pairs.done();
}

#[test]
fn of_domains() {
    check_all(
        "domain_not_null",
        17,
        &[
            ("", "CREATE DOMAIN d AS int CONSTRAINT n NOT NULL"),
            ("CREATE DOMAIN d AS int", "CREATE DOMAIN d AS int CONSTRAINT n NOT NULL"),
            ("CREATE DOMAIN d AS int NOT NULL", "CREATE DOMAIN d AS int CONSTRAINT n NOT NULL"),
            (
                "CREATE DOMAIN d AS int CONSTRAINT n NOT NULL",
                "CREATE DOMAIN d AS int CONSTRAINT n2 NOT NULL; COMMENT ON CONSTRAINT n2 ON DOMAIN d IS 'x'",
            ),
        ],
    );
}
