//! Tests of the rules and naming patterns of a project.

use super::*;
use crate::chain::rules::STATEMENTS;
use crate::syntax::source::Source;

/// The findings in the last upgrade, each as its text and its message.
fn found(toml: &str, up: &str) -> Vec<String> {
    let config = Config::read(Source::new("migrate.toml", toml.to_owned()))
        .unwrap_or_else(|wrong| panic!("{wrong}"));
    let chain = chain(&[BEFORE, up], None);
    let found = lint(&chain, &config, |migration| migration.id.as_str() == "2");
    let own = found.iter().filter(|found| [Lint::Rule, Lint::Naming].contains(&found.lint));
    let shown = |found: &Finding| {
        let label = found.diagnostic.primary.clone().unwrap_or_else(|| panic!("{found:?}"));
        let source = &chain.migrations()[label.source].source;
        format!("{}: {}", source.slice(label.span), found.diagnostic.problem)
    };
    own.map(shown).collect()
}

fn rule(conditions: &str, up: &str, expected: &[&str]) {
    let found = found(&format!("[[rule]]\nmessage = \"no\"\n{conditions}"), up);
    let expected: Vec<String> = expected.iter().map(|text| format!("{text}: no")).collect();
    assert_eq!(found, expected, "{conditions}: {up}");
}

#[test]
fn every_kind_of_statement() {
    let examples = [
        ("add column", "ALTER TABLE t ADD n int;"),
        ("add constraint", "ALTER TABLE t ADD CHECK (a > 0);"),
        ("alter column type", "ALTER TABLE t ALTER a TYPE bigint;"),
        ("create domain", "CREATE DOMAIN n AS int;"),
        ("create extension", "CREATE EXTENSION n;"),
        ("create function", "CREATE FUNCTION n() RETURNS int RETURN 1;"),
        ("create index", "CREATE INDEX n ON t (a);"),
        ("create policy", "CREATE POLICY n ON t;"),
        ("create schema", "CREATE SCHEMA n;"),
        ("create sequence", "CREATE SEQUENCE n;"),
        ("create table", "CREATE TABLE n (a int);"),
        ("create trigger", "CREATE TRIGGER n BEFORE INSERT ON t EXECUTE FUNCTION f();"),
        ("create type", "CREATE TYPE n AS ENUM ('a');"),
        ("create view", "CREATE VIEW n AS SELECT 1;"),
        ("delete", "DELETE FROM t;"),
        ("do", "DO $$ BEGIN END $$;"),
        ("drop column", "ALTER TABLE t DROP a;"),
        ("drop constraint", "ALTER TABLE t DROP CONSTRAINT n;"),
        ("drop extension", "DROP EXTENSION n;"),
        ("drop function", "DROP FUNCTION n();"),
        ("drop index", "DROP INDEX n;"),
        ("drop policy", "DROP POLICY n ON t;"),
        ("drop schema", "DROP SCHEMA n;"),
        ("drop sequence", "DROP SEQUENCE n;"),
        ("drop table", "DROP TABLE t;"),
        ("drop trigger", "DROP TRIGGER n ON t;"),
        ("drop type", "DROP TYPE n;"),
        ("drop view", "DROP VIEW v;"),
        ("grant", "GRANT SELECT ON t TO n;"),
        ("insert", "INSERT INTO t VALUES (1);"),
        ("lock table", "LOCK TABLE t;"),
        ("rename", "ALTER TABLE t RENAME a TO n;"),
        ("revoke", "REVOKE SELECT ON t FROM n;"),
        ("set not null", "ALTER TABLE t ALTER b SET NOT NULL;"),
        ("truncate", "TRUNCATE t;"),
        ("update", "UPDATE t SET a = 1;"),
    ];
    assert_eq!(examples.map(|(kind, _)| kind), STATEMENTS);
    for (kind, up) in examples {
        for other in STATEMENTS {
            let found = found(&format!("[[rule]]\nmessage = \"no\"\nstatement = \"{other}\""), up);
            assert_eq!(found.len(), usize::from(kind == other), "{other}: {up}");
        }
    }
}

#[test]
fn what_a_rule_matches() {
    rule("table = \"t\"", "DROP TABLE t, o;", &["t"]);
    rule("table = \"?\"\nstatement = \"drop table\"", "DROP TABLE t, o, n2;", &["t", "o"]);
    rule("table = [\"x\", \"o*\"]\nstatement = \"drop table\"", "DROP TABLE t, o;", &["o"]);
    rule(
        "schema = \"s\"",
        "CREATE TABLE s.n (a int); CREATE TABLE n (a int); DROP SCHEMA s;",
        &["s.n", "s"],
    );
    rule("schema = \"public\"", "CREATE TABLE s.n (a int); CREATE TABLE n (a int);", &["n"]);
    rule(
        "schema = \"s\"\ntable = \"n\"",
        "CREATE TABLE s.n (a int); CREATE TABLE s.m (a int);",
        &["s.n"],
    );
    // Types, as they are written and as the server calls them.
    let types = "CREATE TABLE n (a money, b VARCHAR(20), c int); ALTER TABLE t ADD d money, ALTER a TYPE money;";
    rule("type = \"money\"", types, &["money", "d", "a"]);
    rule("type = \"varchar*\"", types, &["VARCHAR(20)"]);
    rule("type = \"character varying\"", types, &["VARCHAR(20)"]);
    rule("type = \"integer\"\ntable = \"n\"", types, &["int"]);
    rule("type = \"money\"\nstatement = \"add column\"", types, &["d"]);
    rule("type = \"money\"", "CREATE DOMAIN x AS money;", &["x"]);
    // Locks on tables in use.
    let add = "ALTER TABLE t ADD n int";
    rule("lock = \"access exclusive\"", &format!("{add};"), &[add]);
    rule("lock = \"share\"", &format!("{add};"), &[add]);
    rule("lock = \"ACCESS EXCLUSIVE\"\ntable = \"o\"", &format!("{add};"), &[]);
    rule("lock = \"access exclusive\"\nschema = \"public\"", &format!("{add};"), &[add]);
    rule("lock = \"access exclusive\"", "CREATE INDEX n ON t (a);", &[]);
    rule("lock = \"access exclusive\"", "CREATE TABLE n (a int); ALTER TABLE n ADD b int;", &[]);
    rule("lock = \"access exclusive\"\nstatement = \"drop column\"", &format!("{add};"), &[]);
    rule("lock = \"access exclusive\"\ntype = \"int\"", &format!("{add};"), &[add]);
}

#[test]
fn levels_and_comments() {
    let toml = "[[rule]]\nmessage = \"no\"\ntype = \"money\"\nlevel = \"deny\"\n";
    let up = "ALTER TABLE t ADD n money;";
    let levels = |toml: &str, up: &str| {
        let config = Config::read(Source::new("migrate.toml", toml.to_owned()));
        let config = config.unwrap_or_else(|wrong| panic!("{wrong}"));
        let chain = chain(&[BEFORE, up], None);
        let found = lint(&chain, &config, |migration| migration.id.as_str() == "2");
        found.iter().map(|found| found.level).collect::<Vec<_>>()
    };
    assert_eq!(levels(toml, up), [Level::Deny]);
    assert_eq!(levels(&toml.replace("level = \"deny\"", ""), up), [Level::Warn]);
    assert_eq!(levels(&format!("{toml}[lints]\nrule = \"allow\""), up), []);
    assert_eq!(
        levels(&format!("{}[lints]\nrule = \"deny\"", toml.replace("level = \"deny\"", "")), up),
        [Level::Deny]
    );
    assert_eq!(levels(toml, &format!("-- migrate:allow(rule): old\n{up}")), []);
}

#[test]
fn names() {
    let naming = |patterns: &str, up: &str, expected: &[&str]| {
        let found = found(&format!("[naming]\n{patterns}"), up);
        let found: Vec<&str> =
            found.iter().filter_map(|line| line.split_once(": ")).map(|(text, _)| text).collect();
        assert_eq!(found, expected, "{patterns}: {up}");
    };
    let snake = "tables = \"{snake}\"\ncolumns = \"{snake}\"";
    naming(
        snake,
        "CREATE TABLE \"Users\" (id int, \"fullName\" text);",
        &["\"Users\"", "\"fullName\""],
    );
    naming(
        snake,
        "ALTER TABLE t ADD \"B\" int; ALTER TABLE t RENAME a TO \"C\"; ALTER TABLE t RENAME TO \"T\";",
        &["\"B\"", "\"C\"", "\"T\""],
    );
    naming(snake, "CREATE TEMP TABLE \"X\" (a int); CREATE TABLE n (LIKE t);", &[]);
    naming("columns = \"{table}_*\"", "CREATE TABLE n (n_id int, id int);", &["id"]);
    let index = "indexes = \"{table}_{columns}_idx\"";
    naming(
        index,
        "CREATE INDEX t_a_b_idx ON t (a, b); CREATE INDEX ix ON t (a); CREATE INDEX ON t (c);",
        &["ix"],
    );
    naming(
        index,
        "CREATE INDEX t_lower_idx ON t (lower(b)); CREATE INDEX x_idx ON t (lower(b));",
        &["x_idx"],
    );
    naming(index, "ALTER INDEX ot RENAME TO o_t_idx; ALTER INDEX ot RENAME TO n;", &["n"]);
    let keys = "constraints = \"c_*\"\nforeign_keys = [\"{table}_{columns}_fkey\", \"fk*\"]\nchecks = \"*_check\"";
    naming(
        keys,
        "CREATE TABLE n (a int CONSTRAINT bad REFERENCES t, CONSTRAINT n_b_fkey FOREIGN KEY (b) REFERENCES t, \
         CONSTRAINT fk1 FOREIGN KEY (b) REFERENCES t, b int CONSTRAINT c_b UNIQUE, CONSTRAINT u UNIQUE (a), CHECK (a > 0), \
         CONSTRAINT c CHECK (a > 1));",
        &["bad", "u", "c"],
    );
    let message =
        found("[naming]\nindexes = \"{table}_{columns}_idx\"", "CREATE INDEX ix ON t (a);");
    assert_eq!(message, ["ix: the name of the index `ix` does not match `{table}_{columns}_idx`"]);
}
