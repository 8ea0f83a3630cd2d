//! Privileges, default privileges and owners as a part of the models: written up and down, and judged by pg_dump.

use std::collections::BTreeSet;
use std::process::Command;

use migrate_core::schema::catalog::Catalog;
use migrate_core::schema::diff::{Options, Section, comparable, propose, usual_owner};
use migrate_testkit::postgres::Client;
use migrate_testkit::{Database, Server};

/// What is there in both databases, and what only one of them has been told. Each case has a schema of its own.
const CASES: &[(&str, &str, &str)] = &[
    // Tables, columns, views, sequences.
    ("CREATE TABLE t (a int, b text)", "", "GRANT SELECT, INSERT ON t TO {app}"),
    (
        "CREATE TABLE t (a int, b text)",
        "GRANT ALL ON t TO {app}",
        "GRANT SELECT ON t TO {app}, {other}",
    ),
    (
        "CREATE TABLE t (a int, b text)",
        "GRANT SELECT ON t TO {app}",
        "GRANT SELECT ON t TO {app} WITH GRANT OPTION",
    ),
    (
        "CREATE TABLE t (a int, b text)",
        "GRANT ALL ON t TO {app} WITH GRANT OPTION",
        "GRANT DELETE ON t TO {app} WITH GRANT OPTION; GRANT UPDATE ON t TO {app}",
    ),
    (
        "CREATE TABLE t (a int, b text)",
        "",
        "GRANT SELECT ON t TO PUBLIC; REVOKE UPDATE, DELETE ON t FROM CURRENT_USER",
    ),
    (
        "CREATE TABLE t (a int, b text)",
        "REVOKE ALL ON t FROM CURRENT_USER",
        "REVOKE ALL ON t FROM CURRENT_USER; GRANT SELECT ON t TO CURRENT_USER",
    ),
    (
        "CREATE TABLE t (a int, \"B c\" text)",
        "GRANT SELECT (a), UPDATE (\"B c\") ON t TO {app}",
        "GRANT SELECT (\"B c\") ON t TO {app} WITH GRANT OPTION; GRANT INSERT (a) ON t TO PUBLIC",
    ),
    // What is revoked on a table is revoked on its columns.
    (
        "CREATE TABLE t (a int, b text)",
        "GRANT SELECT, UPDATE ON t TO {app}; GRANT SELECT (a) ON t TO {app}",
        "GRANT UPDATE ON t TO {app}; GRANT SELECT (a) ON t TO {app}",
    ),
    (
        "CREATE TABLE t (a int, b text)",
        "GRANT SELECT (a) ON t TO {app}",
        "GRANT SELECT ON t TO {app}",
    ),
    (
        "CREATE TABLE t (a int); CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t; CREATE MATERIALIZED VIEW m AS SELECT a FROM t",
        "GRANT SELECT ON v TO {app}",
        "GRANT SELECT, UPDATE (a) ON v TO {other}; GRANT SELECT ON m TO {app}; ALTER VIEW v OWNER TO {own}; ALTER MATERIALIZED VIEW m OWNER TO {own}",
    ),
    (
        "CREATE SEQUENCE q; CREATE TABLE t (id serial, i int GENERATED ALWAYS AS IDENTITY)",
        "GRANT USAGE ON q TO {app}",
        "GRANT SELECT ON q TO {app}; GRANT USAGE ON SEQUENCE t_id_seq, t_i_seq TO {app}; ALTER SEQUENCE q OWNER TO {own}; ALTER TABLE t OWNER TO {own}",
    ),
    (
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
        "GRANT SELECT ON p TO {app}",
        "GRANT SELECT ON p, p1 TO {app}; ALTER TABLE p1 OWNER TO {own}",
    ),
    // Routines and types.
    (
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; CREATE PROCEDURE p() LANGUAGE sql AS ''; CREATE AGGREGATE g(int) (SFUNC = int4pl, STYPE = int)",
        "REVOKE ALL ON FUNCTION f FROM PUBLIC",
        "REVOKE ALL ON FUNCTION f, g FROM PUBLIC; REVOKE ALL ON PROCEDURE p FROM PUBLIC; GRANT EXECUTE ON FUNCTION f TO {app}; ALTER FUNCTION f OWNER TO {own}; ALTER PROCEDURE p OWNER TO {own}; ALTER AGGREGATE g(int) OWNER TO {own}",
    ),
    (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "GRANT EXECUTE ON FUNCTION f TO PUBLIC",
        "GRANT EXECUTE ON FUNCTION f TO {app} WITH GRANT OPTION; GRANT EXECUTE ON FUNCTION f TO PUBLIC",
    ),
    (
        "CREATE TYPE e AS ENUM ('a'); CREATE DOMAIN d AS int; CREATE TYPE c AS (a int); CREATE TYPE r AS RANGE (SUBTYPE = int)",
        "GRANT USAGE ON TYPE e TO {app}",
        "REVOKE ALL ON TYPE e, c, r FROM PUBLIC; REVOKE ALL ON DOMAIN d FROM PUBLIC; GRANT USAGE ON DOMAIN d TO {app}; ALTER TYPE e OWNER TO {own}; ALTER DOMAIN d OWNER TO {own}; ALTER TYPE c OWNER TO {own}; ALTER TYPE r OWNER TO {own}",
    ),
    // Owners: what one had as the owner, the other has.
    ("CREATE TABLE t (a int)", "GRANT SELECT ON t TO {own}", "ALTER TABLE t OWNER TO {own}"),
    (
        "CREATE TABLE t (a int)",
        "ALTER TABLE t OWNER TO {own}; GRANT SELECT ON t TO {app}",
        "ALTER TABLE t OWNER TO {app}; GRANT SELECT ON t TO {own}",
    ),
    (
        "CREATE TABLE t (a int)",
        "GRANT SELECT (a) ON t TO {own}",
        "ALTER TABLE t OWNER TO {own}; GRANT SELECT (a) ON t TO {app}",
    ),
    ("CREATE TABLE t (a int)", "ALTER TABLE t OWNER TO {own}; REVOKE DELETE ON t FROM {own}", ""),
    // A grant option of the new owner would stay in what it has as the owner.
    (
        "CREATE TABLE t (a int, b int)",
        "GRANT SELECT ON t TO {own} WITH GRANT OPTION; GRANT UPDATE (a), SELECT (b) ON t TO {own} WITH GRANT OPTION",
        "ALTER TABLE t OWNER TO {own}; GRANT SELECT (b) ON t TO {own}",
    ),
    (
        "CREATE TABLE t (a int)",
        "ALTER TABLE t OWNER TO {own}; GRANT SELECT ON t TO {app} WITH GRANT OPTION",
        "ALTER TABLE t OWNER TO {app}; GRANT SELECT ON t TO {own} WITH GRANT OPTION",
    ),
    (
        "CREATE TABLE t (a int)",
        "REVOKE DELETE ON t FROM CURRENT_USER; GRANT DELETE ON t TO {own}",
        "ALTER TABLE t OWNER TO {own}; REVOKE DELETE ON t FROM {own}",
    ),
    (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE SCHEMA {case}_s",
        "GRANT ALL ON FUNCTION f() TO {app} WITH GRANT OPTION; GRANT USAGE ON SCHEMA {case}_s TO {app} WITH GRANT OPTION",
        "ALTER FUNCTION f() OWNER TO {app}; ALTER SCHEMA {case}_s OWNER TO {app}",
    ),
    (
        "CREATE SCHEMA {case}_s; GRANT USAGE ON SCHEMA {case}_s TO {other}",
        "",
        "GRANT USAGE, CREATE ON SCHEMA {case}_s TO {app}; REVOKE USAGE ON SCHEMA {case}_s FROM {other}; ALTER SCHEMA {case}_s OWNER TO {own}",
    ),
    (
        "CREATE FOREIGN DATA WRAPPER {case}_w; CREATE SERVER {case}_s FOREIGN DATA WRAPPER {case}_w; CREATE FOREIGN TABLE t (a int) SERVER {case}_s",
        "GRANT USAGE ON FOREIGN SERVER {case}_s TO {app}",
        "GRANT USAGE ON FOREIGN DATA WRAPPER {case}_w TO {app}; GRANT SELECT ON t TO {app}; ALTER SERVER {case}_s OWNER TO CURRENT_USER; ALTER FOREIGN TABLE t OWNER TO {own}",
    ),
    (
        "CREATE COLLATION c (LOCALE = 'C'); CREATE FUNCTION f(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR === (FUNCTION = f, LEFTARG = int, RIGHTARG = int); CREATE TABLE t (a int, b int); CREATE STATISTICS x ON a, b FROM t; CREATE TEXT SEARCH CONFIGURATION ts (COPY = simple); CREATE TEXT SEARCH DICTIONARY td (TEMPLATE = simple); CREATE OPERATOR FAMILY fam USING btree",
        "",
        "ALTER COLLATION c OWNER TO {own}; ALTER OPERATOR === (int, int) OWNER TO {own}; ALTER STATISTICS x OWNER TO {own}; ALTER TEXT SEARCH CONFIGURATION ts OWNER TO {own}; ALTER TEXT SEARCH DICTIONARY td OWNER TO {own}; ALTER OPERATOR FAMILY fam USING btree OWNER TO {own}",
    ),
    (
        "",
        "",
        "CREATE FOREIGN DATA WRAPPER {case}_w; CREATE SERVER {case}_s FOREIGN DATA WRAPPER {case}_w; GRANT USAGE ON FOREIGN SERVER {case}_s TO {app}; CREATE COLLATION c (LOCALE = 'C'); ALTER COLLATION c OWNER TO {own}; CREATE TABLE t (a int, b int); CREATE STATISTICS x ON a, b FROM t; ALTER STATISTICS x OWNER TO {own}; CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER {case}_e ON ddl_command_start WHEN TAG IN ('CREATE CAST') EXECUTE FUNCTION e()",
    ),
    // What an extension or the system has given.
    (
        "",
        "",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO {app}; REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
    ),
    // Default privileges, also beside what is created.
    (
        "",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {case} GRANT SELECT ON TABLES TO {app}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {case} GRANT SELECT, INSERT ON TABLES TO {app} WITH GRANT OPTION; ALTER DEFAULT PRIVILEGES IN SCHEMA {case} GRANT USAGE ON SEQUENCES TO {other}",
    ),
    (
        "",
        "",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {own} IN SCHEMA {case} GRANT EXECUTE ON FUNCTIONS TO {app}; ALTER DEFAULT PRIVILEGES FOR ROLE {own} REVOKE USAGE ON TYPES FROM PUBLIC; ALTER DEFAULT PRIVILEGES FOR ROLE {own} GRANT USAGE ON SCHEMAS TO {app}; ALTER DEFAULT PRIVILEGES FOR ROLE {own} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    ),
    (
        "",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {app} REVOKE ALL ON TABLES FROM {app}; ALTER DEFAULT PRIVILEGES FOR ROLE {app} GRANT SELECT ON TABLES TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {app} REVOKE DELETE ON TABLES FROM {app}",
    ),
    // What is new has what the models say, whatever default privileges give it.
    (
        "",
        "",
        "CREATE TABLE t (id serial, a int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION f FROM PUBLIC; GRANT SELECT (a), INSERT ON t TO {app}; GRANT USAGE ON SEQUENCE t_id_seq TO {app}; ALTER TABLE t OWNER TO {own}",
    ),
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {case} GRANT SELECT ON TABLES TO {app}; ALTER DEFAULT PRIVILEGES IN SCHEMA {case} GRANT EXECUTE ON FUNCTIONS TO {app}",
        "",
        "CREATE TABLE t (a int); CREATE TABLE u (a int); REVOKE ALL ON u FROM {app}; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT INSERT ON t TO {other}",
    ),
    (
        "CREATE TABLE t (a int); GRANT SELECT ON t TO {app}; ALTER TABLE t OWNER TO {own}",
        "CREATE VIEW v AS SELECT a FROM t; GRANT SELECT ON v TO {app}",
        "ALTER TABLE t ALTER a TYPE bigint; CREATE VIEW v AS SELECT a FROM t; GRANT SELECT ON v TO {other}; ALTER VIEW v OWNER TO {app}",
    ),
];

/// Roles of one test: they belong to a server, and other tests run there.
struct Roles {
    suffix: String,
    admin: Database,
}

impl Roles {
    fn new(hint: &str) -> Self {
        let admin = Server::shared().unwrap().database(hint).unwrap();
        let roles = Roles { suffix: format!("{hint}_{}", std::process::id()), admin };
        roles.run("CREATE ROLE {app}; CREATE ROLE {other}; CREATE ROLE {own}");
        roles
    }

    fn run(&self, sql: &str) {
        run(&mut self.admin.connect().unwrap(), &self.named(sql, ""));
    }

    fn named(&self, sql: &str, case: &str) -> String {
        let mut sql = sql.replace("{case}", case);
        for role in ["app", "other", "own"] {
            sql = sql.replace(&format!("{{{role}}}"), &format!("gr_{role}_{}", self.suffix));
        }
        sql
    }

    /// A database in which one side of each case is true.
    fn database(&self, side: impl Fn(&(&str, &str, &str)) -> String) -> Database {
        let database = Server::shared().unwrap().database("grants").unwrap();
        let mut client = database.connect().unwrap();
        for (nth, case) in CASES.iter().enumerate() {
            let name = format!("case_{nth}");
            let sql =
                format!("CREATE SCHEMA {{case}}; SET search_path TO {{case}}; {}", side(case));
            run(&mut client, &self.named(&sql, &name));
        }
        database
    }
}

impl Drop for Roles {
    fn drop(&mut self) {
        self.run("DROP ROLE {app}; DROP ROLE {other}; DROP ROLE {own}");
    }
}

fn run(client: &mut Client, sql: &str) {
    client.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

fn run_section(client: &mut Client, section: &Section) {
    run(client, "RESET search_path");
    for step in &section.steps {
        run(client, &step.sql);
    }
}

/// What a database consists of, in pg_dump's words. The order of grants is nobody's concern.
fn dump(database: &Database) -> Option<BTreeSet<String>> {
    let pg_dump = Server::shared().unwrap().program("pg_dump")?;
    let output = Command::new(pg_dump).args(["--schema-only", "--dbname", database.url()]).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().filter(|it| !it.contains("restrict ")).map(str::to_owned).collect())
}

fn grants(database: &Database) -> Catalog {
    Catalog::read_with_grants(&mut database.connect().unwrap()).unwrap()
}

#[test]
fn all_of_them_are_written_up_and_down() {
    let roles = Roles::new("written");
    let before = roles.database(|(both, one, _)| format!("{both}; {one}"));
    let after = roles.database(|(both, _, other)| format!("{both}; {other}"));
    let (from, to) = (grants(&before), grants(&after));
    let proposal = propose(&from, &to, &Options { plain: true, grants: true });
    assert_eq!((&*proposal.unwritten, &*proposal.not_undone), (&[][..], &[][..]));
    let (at_first, wanted) = (dump(&before), dump(&after));
    let mut client = before.connect().unwrap();
    let mut left = Vec::new();
    let mut compare = |way: &str, catalog: &Catalog, text: &Option<BTreeSet<String>>| {
        let found = grants(&before).differences(catalog);
        left.extend(found.iter().map(|it| format!("{way}: {it}")));
        if let (Some(found), Some(text)) = (dump(&before), text) {
            left.extend(found.difference(text).map(|it| format!("{way}: only there: {it}")));
            left.extend(text.difference(&found).map(|it| format!("{way}: only wanted: {it}")));
        }
    };
    proposal.parts.iter().for_each(|part| run_section(&mut client, &part.up));
    compare("up", &to, &wanted);
    proposal.parts.iter().rev().for_each(|part| run_section(&mut client, &part.down));
    compare("down", &from, &at_first);
    let steps = proposal.parts.iter().flat_map(|part| part.up.steps.iter().chain(&part.down.steps));
    let steps: Vec<&str> = steps.map(|it| it.sql.as_str()).collect();
    drop((client, before, after));
    assert!(left.is_empty(), "{}\n\n{}", left.join("\n"), steps.join("\n"));
}

#[test]
fn what_is_so_by_nature_is_no_privilege() {
    let database = Server::shared().unwrap().database("nature").unwrap();
    let mut client = database.connect().unwrap();
    run(
        &mut client,
        "CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE e AS ENUM ('a')",
    );
    let plain = Catalog::read_with_grants(&mut client).unwrap();
    assert!(plain.grants.is_empty() && plain.owners.is_empty(), "{plain:?}");
    // The server writes down what holds anyway.
    run(
        &mut client,
        "GRANT SELECT ON t TO PUBLIC; REVOKE SELECT ON t FROM PUBLIC; GRANT EXECUTE ON FUNCTION f TO PUBLIC; GRANT USAGE ON TYPE e TO CURRENT_USER;
         REVOKE CREATE ON SCHEMA public FROM PUBLIC; ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
    );
    let found = Catalog::read_with_grants(&mut client).unwrap();
    let mut differences = plain.differences(&found);
    // Until version 14 everybody may create something in the schema `public`.
    differences.retain(|it| !it.name.starts_with("on schema public"));
    assert_eq!(differences, []);
}

#[test]
fn owners_of_two_servers_are_told_from_who_runs_the_chain() {
    let roles = Roles::new("seen");
    let build = |sql: &str| {
        let database = Server::shared().unwrap().database("seen").unwrap();
        run(&mut database.connect().unwrap(), &roles.named(sql, ""));
        database
    };
    let chain = "CREATE TABLE t (a int); CREATE TABLE u (a int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT SELECT ON t TO {app}; GRANT SELECT ON t, u TO {other};
        ALTER TABLE u OWNER TO {own}; GRANT INSERT ON u TO CURRENT_USER; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {other}";
    let rights = "GRANT ALL ON SCHEMA public TO {app}; GRANT {own} TO {app}; GRANT ALL ON SCHEMA public TO {own};";
    let (built, live) = (
        build(&format!("{rights} {chain}")),
        build(&format!("{rights} SET ROLE {{app}}; {chain}")),
    );
    let app = roles.named("{app}", "");
    let found = |live: &Database| -> Vec<String> {
        let mut client = built.connect().unwrap();
        let me: String = client.query_one("SELECT quote_ident(CURRENT_USER)", &[]).unwrap().get(0);
        let seen = Catalog::read_with_grants_of(&mut live.connect().unwrap(), &app).unwrap();
        let (one, other) = comparable((&grants(&built), &me), (&seen, &app));
        one.differences(&other).iter().map(ToString::to_string).collect()
    };
    assert_eq!(found(&live), [""; 0]);
    let change = "GRANT DELETE ON t TO {other}; ALTER FUNCTION f OWNER TO {own}; REVOKE SELECT ON u FROM {other}";
    run(&mut live.connect().unwrap(), &roles.named(change, ""));
    let expected = [
        "~ grant on table t to {other}: SELECT -> DELETE, SELECT",
        "- grant on table u to {other} SELECT",
        "+ owner of routine f() {own}",
    ];
    assert_eq!(found(&live), expected.map(|it| roles.named(it, "")));

    // A dump names an owner for everything: most of it is of the role that is to run it.
    let usual = |sql: &str| usual_owner(&grants(&build(sql))).map(str::to_owned);
    let dumped = "CREATE TABLE t (a serial); ALTER TABLE t OWNER TO {own}; CREATE TABLE u (); ALTER TABLE u OWNER TO {own};
        CREATE TYPE e AS ENUM (); ALTER TYPE e OWNER TO {app};";
    assert_eq!(usual(dumped), Some(roles.named("{own}", "")));
    assert_eq!(usual(&format!("{dumped} CREATE TABLE w ()")), None);
    assert_eq!(usual("CREATE TABLE t (a int)"), None);
}

#[test]
fn what_nobody_can_tell_of_two_roles_is_left_out() {
    let roles = Roles::new("told");
    let build = |sql: &str| {
        let database = Server::shared().unwrap().database("told").unwrap();
        run(&mut database.connect().unwrap(), &roles.named(sql, ""));
        database
    };
    // Run by another role than the one that it names.
    let chain = "ALTER DEFAULT PRIVILEGES FOR ROLE {app} GRANT SELECT ON TABLES TO {other}; CREATE TABLE t (a int); REVOKE INSERT ON t FROM {app}";
    let live = build(&format!("GRANT ALL ON SCHEMA public TO {{app}}; SET ROLE {{app}}; {chain}"));
    let built = build(&format!("GRANT ALL ON SCHEMA public TO {{app}}; {chain}"));
    let found = |live: &Database| -> Vec<String> {
        let app = roles.named("{app}", "");
        let seen = Catalog::read_with_grants_of(&mut live.connect().unwrap(), &app).unwrap();
        let (one, other) = comparable((&grants(&built), "postgres"), (&seen, &app));
        one.differences(&other).iter().map(ToString::to_string).collect()
    };
    assert_eq!(found(&live), [""; 0]);
    run(&mut live.connect().unwrap(), &roles.named("GRANT DELETE ON t TO {own}", ""));
    assert_eq!(found(&live), [roles.named("+ grant on table t to {own} DELETE", "")]);
}
