//! Privileges, owners and comments of what is dropped and made again: it gets them back, both ways.

use migrate_core::schema::catalog::Catalog;
use migrate_core::schema::diff::{Options, propose, with_privileges_of};
use migrate_testkit::Server;
use migrate_testkit::postgres::Client;

fn run(client: &mut Client, sql: &str) {
    client.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// What some SQL builds.
fn built(client: &mut Client, sql: &str) -> Catalog {
    run(client, &format!("BEGIN; CREATE ROLE pr_app; CREATE ROLE pr_owner; {sql}"));
    let catalog = Catalog::read_with_grants(client).unwrap();
    run(client, "ROLLBACK");
    catalog
}

/// Why the way from one to the other and back does not keep what it should, if it does not.
fn lost(client: &mut Client, one: &str, other: &str) -> Option<String> {
    let (from, to) = (built(client, one), built(client, other));
    let expected = with_privileges_of(&to, &from);
    let proposal = propose(&from, &to, &Options { plain: true, ..Options::default() });
    run(client, &format!("BEGIN; CREATE ROLE pr_app; CREATE ROLE pr_owner; {one}"));
    let mut statements = Vec::new();
    let mut left = Vec::new();
    for (way, expected) in [("up", &expected), ("down", &from)] {
        for part in &proposal.parts {
            let section = if way == "up" { &part.up } else { &part.down };
            for step in &section.steps {
                run(client, &step.sql);
                statements.push(format!("{way}: {}", step.sql));
            }
        }
        let found = Catalog::read_with_grants(client).unwrap().differences(expected);
        left.extend(found.iter().map(|it| format!("{way}: {it}")));
    }
    run(client, "ROLLBACK");
    let text = || format!("{one}\n{other}\n{}\n{}", statements.join("\n"), left.join("\n"));
    (!left.is_empty()).then(text)
}

#[test]
fn what_is_made_again_gets_them_back() {
    let database = Server::shared().unwrap().database("privileges").unwrap();
    let mut client = database.connect().unwrap();
    let table = |kind: &str| format!("CREATE TABLE t (id int, a {kind})");
    let view = "CREATE VIEW v AS SELECT id, a FROM t; GRANT SELECT, UPDATE (a) ON v TO pr_app; GRANT DELETE ON v TO pr_app WITH GRANT OPTION;
        CREATE VIEW w AS SELECT a FROM v; GRANT SELECT ON w TO PUBLIC; ALTER VIEW w OWNER TO pr_owner; COMMENT ON VIEW w IS 'x'; COMMENT ON COLUMN w.a IS 'y'";
    let matview = "CREATE MATERIALIZED VIEW m AS SELECT a FROM t; GRANT SELECT ON m TO pr_app; ALTER MATERIALIZED VIEW m OWNER TO pr_owner";
    let function = |kind: &str, name: &str| {
        format!(
            "CREATE FUNCTION f({name} int) RETURNS {kind} LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::{kind}';
             REVOKE ALL ON FUNCTION f FROM PUBLIC; GRANT EXECUTE ON FUNCTION f TO pr_app; ALTER FUNCTION f OWNER TO pr_owner; COMMENT ON FUNCTION f IS 'x'"
        )
    };
    let open = |kind: &str| {
        format!("CREATE FUNCTION f() RETURNS {kind} LANGUAGE sql AS 'SELECT 1::{kind}'")
    };
    let procedure = |arguments: &str| {
        format!(
            "CREATE PROCEDURE p({arguments}) LANGUAGE sql AS ''; REVOKE ALL ON PROCEDURE p FROM PUBLIC; ALTER PROCEDURE p OWNER TO pr_owner"
        )
    };
    let aggregate = |start: &str| {
        format!(
            "CREATE AGGREGATE g(int) (SFUNC = int4pl, STYPE = int, INITCOND = '{start}'); REVOKE ALL ON FUNCTION g FROM PUBLIC; ALTER AGGREGATE g(int) OWNER TO pr_owner"
        )
    };
    let mood = |labels: &str| {
        format!(
            "CREATE TYPE mood AS ENUM ({labels}); REVOKE ALL ON TYPE mood FROM PUBLIC; GRANT USAGE ON TYPE mood TO pr_app; ALTER TYPE mood OWNER TO pr_owner;
             COMMENT ON TYPE mood IS 'x'; CREATE TABLE t (a mood); GRANT SELECT (a) ON t TO pr_app"
        )
    };
    let domain = |base: &str| {
        format!(
            "CREATE DOMAIN d AS {base}; REVOKE ALL ON TYPE d FROM PUBLIC; ALTER DOMAIN d OWNER TO pr_owner"
        )
    };
    let composite = |order: &str| {
        format!(
            "CREATE TYPE c AS ({order}); REVOKE ALL ON TYPE c FROM PUBLIC; GRANT USAGE ON TYPE c TO pr_app"
        )
    };
    let range = |kind: &str| {
        format!("CREATE TYPE r AS RANGE (SUBTYPE = {kind}); REVOKE ALL ON TYPE r FROM PUBLIC")
    };
    let generated = |by: &str| {
        format!(
            "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + {by}) STORED); GRANT SELECT (b) ON t TO pr_app"
        )
    };
    let sequence = |column: &str| {
        format!("CREATE TABLE t (id {column}); GRANT USAGE ON SEQUENCE t_id_seq TO pr_app")
    };
    let parted = |by: &str| {
        format!(
            "CREATE TABLE t (id int NOT NULL) {by}; GRANT SELECT, INSERT ON t TO pr_app; ALTER TABLE t OWNER TO pr_owner"
        )
    };
    let defaults = "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pr_app";
    let mut failed = Vec::new();
    for (one, other) in [
        (format!("{}; {view}", table("int")), format!("{}; {view}", table("bigint"))),
        (format!("{}; {matview}", table("int")), format!("{}; {matview}", table("bigint"))),
        (function("int", "a"), function("bigint", "a")),
        (function("int", "a"), function("int", "b")),
        // Dropped for good, so it comes back by the downgrade.
        (function("int", "a"), String::new()),
        (format!("{}; {view}", table("int")), table("int")),
        (open("int"), open("bigint")),
        (procedure("a int"), procedure("b int")),
        (aggregate("0"), aggregate("1")),
        (mood("'sad', 'ok'"), mood("'ok'")),
        (domain("int"), domain("bigint")),
        (composite("a int, b int"), composite("b int, a int")),
        (range("int"), range("bigint")),
        (generated("1"), generated("2")),
        (sequence("serial"), sequence("int GENERATED ALWAYS AS IDENTITY")),
        (parted(""), parted("PARTITION BY LIST (id)")),
        // Something new would have other privileges than what it was.
        (format!("{}; {defaults}", open("int")), format!("{}; {defaults}", open("bigint"))),
        (format!("{defaults}; {}", open("int")), format!("{defaults}; {}", open("bigint"))),
        (
            format!("{}; {view}; REVOKE ALL ON v FROM pr_app; {defaults}", table("int")),
            format!("{}; {view}; REVOKE ALL ON v FROM pr_app; {defaults}", table("bigint")),
        ),
    ] {
        failed.extend(lost(&mut client, &one, &other));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn only_what_is_another_is_written() {
    let database = Server::shared().unwrap().database("privileges").unwrap();
    let mut client = database.connect().unwrap();
    let function = |kind: &str, after: &str| {
        format!(
            "CREATE FUNCTION f(a int) RETURNS {kind} LANGUAGE sql AS 'SELECT 1::{kind}'; {after}"
        )
    };
    let revoke = "REVOKE ALL ON FUNCTION f FROM PUBLIC";
    let granted = |from: &str, to: &str, client: &mut Client| -> Vec<String> {
        let (from, to) = (built(client, from), built(client, to));
        let proposal = propose(&from, &to, &Options::default());
        let steps = proposal.parts.into_iter().flat_map(|part| part.up.steps);
        let steps = steps.filter(|it| it.sql.starts_with("GRANT") || it.sql.starts_with("REVOKE"));
        steps.map(|it| it.sql).collect()
    };
    let none: [&str; 0] = [];
    assert_eq!(granted(&function("int", ""), &function("bigint", ""), &mut client), none);
    let (one, other) = (function("int", revoke), function("bigint", revoke));
    let expected = "REVOKE ALL ON FUNCTION f(a integer) FROM PUBLIC";
    assert_eq!(granted(&one, &other, &mut client), [expected]);
    // Nothing is dropped, so nothing is to be given back.
    assert_eq!(granted(&one, &one.replace("1::", "2::"), &mut client), none);
    // Who may use something new is for its author to say.
    assert_eq!(granted("", &one, &mut client), none);
}
