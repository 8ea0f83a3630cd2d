//! From one catalog to another: the statements run, in their order, and lead there and back.

use actorhub_schema::migrations;
use migrate_core::schema::catalog::Catalog;
use migrate_core::schema::diff::script;
use migrate_testkit::Server;

use crate::pairs::Pairs;

const SHOP: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_users PRIMARY KEY, email text NOT NULL, mood mood DEFAULT 'ok');
    CREATE TABLE orders (id bigserial PRIMARY KEY, user_id bigint CONSTRAINT fk REFERENCES users, n int CONSTRAINT ck CHECK (n > 0));
    CREATE INDEX ix ON orders (n)";

/// What people do every day.
#[test]
fn daily_changes_lead_there_and_back() {
    let mut pairs = Pairs::new("daily");
    for change in [
        "ALTER TABLE users ADD locale text NOT NULL DEFAULT 'en'",
        "CREATE TABLE notes (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE)",
        "CREATE INDEX ix_email ON users (lower(email))",
        "CREATE UNIQUE INDEX ix_email ON users (email) WHERE id > 7",
        "ALTER TYPE mood ADD VALUE 'happy'",
        "ALTER TYPE mood ADD VALUE 'awful' BEFORE 'sad'",
        "ALTER TABLE users ADD CONSTRAINT ck_email CHECK (email <> '')",
        "ALTER TABLE orders ALTER n TYPE bigint",
        "ALTER TABLE orders DROP CONSTRAINT ck, ALTER n TYPE text",
        "ALTER TABLE users RENAME CONSTRAINT pk_users TO users_key",
        "ALTER TABLE orders DROP CONSTRAINT fk; ALTER TABLE users DROP CONSTRAINT pk_users",
        "DROP TABLE users, orders",
        "DROP TABLE orders; CREATE SCHEMA app; ALTER TABLE users SET SCHEMA app",
        "CREATE FUNCTION f(u users) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ] {
        pairs.check_script(SHOP, &format!("{SHOP}; {change}"));
    }
    pairs.done();
}

/// What needs what decides over the order.
#[test]
fn what_needs_others_is_made_last_and_dropped_first() {
    let mut pairs = Pairs::new("order");
    let mut check = |one: &str, other: &str| pairs.check_script(one, other);
    // Tables that refer to each other in a circle, and to themselves.
    check("", "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a, up int REFERENCES b);
        ALTER TABLE a ADD CONSTRAINT ab FOREIGN KEY (b) REFERENCES b");
    // Views of views, named against the order of the alphabet.
    check("", "CREATE TABLE t (a int); CREATE VIEW z AS SELECT a FROM t; CREATE VIEW b AS SELECT a FROM z; CREATE MATERIALIZED VIEW c AS SELECT a FROM b;
        CREATE INDEX ON c (a); COMMENT ON VIEW b IS 'x'; COMMENT ON COLUMN b.a IS 'y'");
    // A column that views show changes its type.
    let views = "CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM v; COMMENT ON VIEW w IS 'x'";
    check(
        &format!("CREATE TABLE t (a int); {views}"),
        &format!("CREATE TABLE t (a bigint, b int); {views}"),
    );
    check(
        "CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT a, b FROM t",
        "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t",
    );
    // Defaults, checks and triggers that call functions.
    check("", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (a int DEFAULT f() CHECK (a > f()));
        CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION g(); CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;
        CREATE POLICY p ON t FOR SELECT USING (a > f()); ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE STATISTICS s ON a, (a + 1) FROM t");
    // A function that gives back something else has to be made anew.
    check(
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''x'''",
    );
    // Sequences of their own, of a column, and of one that goes.
    check("CREATE SEQUENCE s", "CREATE TABLE t (a int); CREATE SEQUENCE s OWNED BY t.a");
    check("CREATE TABLE t (a int)", "CREATE TABLE t (a serial)");
    check(
        "CREATE TABLE t (a int NOT NULL)",
        "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY (START 7 CYCLE))",
    );
    check(
        "CREATE TABLE t (a int, b int)",
        "CREATE TABLE t (a int, b int, c int GENERATED ALWAYS AS (a + b) STORED)",
    );
    // Names that have to be quoted.
    check("", "CREATE SCHEMA \"My Shop\"; CREATE TYPE \"My Shop\".\"select\" AS ENUM ('it''s', 'a\\b');
        CREATE TABLE \"My Shop\".\"user\" (\"order\" \"My Shop\".\"select\" DEFAULT 'it''s', \"A\" int PRIMARY KEY, interval int);
        CREATE VIEW \"My Shop\".\"v w\" AS SELECT * FROM \"My Shop\".\"user\"; COMMENT ON COLUMN \"My Shop\".\"user\".\"order\" IS 'a''b\\c'");
    pairs.done();
}

/// Found by trying random pairs.
#[test]
fn what_random_pairs_have_shown() {
    let mut pairs = Pairs::new("shown");
    let mut check = |one: &str, other: &str| pairs.check_script(one, other);
    // Two keys over the same column: in `CREATE TABLE` they would be one.
    check(
        "",
        "CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY (a); ALTER TABLE t ADD CONSTRAINT uq UNIQUE (a);
         ALTER TABLE t ADD CONSTRAINT again UNIQUE (a)",
    );
    // A default goes before an identity comes, and the other way round.
    check(
        "CREATE TABLE t (a int DEFAULT 7)",
        "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY)",
    );
    check("CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY)", "CREATE TABLE t (a serial)");
    check(
        "CREATE TABLE t (a bigint GENERATED ALWAYS AS IDENTITY)",
        "CREATE TABLE t (a int GENERATED BY DEFAULT AS IDENTITY (START 5 CYCLE))",
    );
    // A key that only becomes deferrable, and a foreign key that turns to another one.
    let with = |deferrable: &str, other: &str| {
        format!(
            "CREATE TABLE o (a int PRIMARY KEY); CREATE TABLE t (a int CONSTRAINT uq UNIQUE {deferrable}, CONSTRAINT fk FOREIGN KEY (a) REFERENCES {other} (a))"
        )
    };
    check(&with("", "t"), &with("DEFERRABLE", "o"));
    // A generated column is made of one that comes, goes or changes with it.
    check(
        "CREATE TABLE t (a int)",
        "CREATE TABLE t (b int, a int GENERATED ALWAYS AS (b + 2) STORED)",
    );
    check(
        "CREATE TABLE t (b varchar(20))",
        "CREATE TABLE t (b int, a int GENERATED ALWAYS AS (b + 2) STORED)",
    );
    // A table goes whose policy calls a function that is made anew.
    let f = |kind: &str| {
        format!("CREATE FUNCTION f() RETURNS {kind} LANGUAGE sql AS 'SELECT 0::{kind}'")
    };
    check(
        &format!("{}; CREATE TABLE t (a int); CREATE POLICY p ON t USING (a > f())", f("int")),
        &f("bigint"),
    );
    // A foreign key must not lean on an index that is to go.
    check(
        "CREATE TABLE t (a int, b int); CREATE UNIQUE INDEX ix ON t (a)",
        "CREATE TABLE t (a int PRIMARY KEY, b int); CREATE UNIQUE INDEX ix ON t (b); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES t (a)",
    );
    check(
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX ix ON t (a)",
        "CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE n (a int REFERENCES t)",
    );
    // A sequence goes with its column, which is generated from now on.
    check(
        "CREATE TABLE t (a int, b numeric GENERATED ALWAYS AS (a + 0) STORED)",
        "CREATE TABLE t (a int, b serial)",
    );
    // A foreign key turns to a key that was not there, and back.
    let with = |key: &str, other: &str| {
        format!(
            "CREATE TABLE o (a int {key}); CREATE TABLE t (a int UNIQUE, CONSTRAINT fk FOREIGN KEY (a) REFERENCES {other} (a))"
        )
    };
    check(&with("", "t"), &with("PRIMARY KEY", "o"));
    // A function goes that takes a type which is made anew.
    check(
        "CREATE TYPE e AS ENUM ('x', 'y'); CREATE FUNCTION f(x e[]) RETURNS e LANGUAGE sql AS 'SELECT x[1]'",
        "CREATE TYPE e AS ENUM ('x'); CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x'",
    );
    // A column goes whose default calls a function that is made anew.
    check(
        &format!("{}; CREATE TABLE t (a int DEFAULT f())", f("int")),
        &format!("{}; CREATE TABLE t ()", f("bigint")),
    );
    // A check of a domain changes under its name.
    check("CREATE DOMAIN d AS int CHECK (VALUE > 0)", "CREATE DOMAIN d AS int CHECK (VALUE > 1)");
    pairs.done();
}

/// PostgreSQL can't take a label away.
#[test]
fn an_enum_that_loses_a_label_is_made_anew() {
    let mut pairs = Pairs::new("labels");
    let rest = "CREATE TABLE t (a mood DEFAULT 'ok', b mood[], n int, CONSTRAINT ck CHECK (a <> 'ok' OR n > 0));
        CREATE INDEX ix ON t (n) WHERE a = 'ok'; CREATE INDEX plain ON t (a);
        CREATE VIEW v AS SELECT a FROM t WHERE a = 'ok'; COMMENT ON TYPE mood IS 'x'";
    let with = |labels: &str| format!("CREATE TYPE mood AS ENUM ({labels}); {rest}");
    pairs.check_script(&with("'sad', 'ok'"), &with("'sad', 'ok', 'happy'"));
    pairs.check_script(&with("'sad', 'ok'"), &with("'ok', 'sad'"));
    pairs.check_script(&with("'sad', 'ok'"), &with("'ok', 'fine'"));
    pairs.done();
}

#[test]
fn what_loses_rows_says_so() {
    let mut pairs = Pairs::new("losses");
    let from = pairs.catalog("CREATE TABLE t (a int, b int); CREATE TABLE u (); CREATE SEQUENCE s; CREATE INDEX ix ON t (a)");
    let to = pairs.catalog("CREATE TABLE t (a int)");
    let script = script(&from, &to);
    let steps: Vec<(&str, Option<&str>)> =
        script.steps.iter().map(|step| (step.sql.as_str(), step.loses.as_deref())).collect();
    assert_eq!(
        steps,
        [
            ("DROP INDEX ix", None),
            ("ALTER TABLE t DROP COLUMN b", Some("the column t.b")),
            ("DROP TABLE u", Some("the table u")),
            ("DROP SEQUENCE s", Some("the value of the sequence s")),
        ]
    );
    pairs.done();
}

/// ActorHub's schema from nothing, and back: by scripts alone.
#[test]
fn a_whole_schema_can_be_made_and_unmade() {
    let server = Server::shared().unwrap();
    let (built, empty) = (server.database("built").unwrap(), server.database("empty").unwrap());
    let (mut built, mut empty) = (built.connect().unwrap(), empty.connect().unwrap());
    let nothing = Catalog::read(&mut empty).unwrap();
    migrations::runner().upgrade(&mut built).unwrap();
    let books = |name: &migrate_core::schema::catalog::Name| name.name.starts_with("migrate_");
    let wanted = Catalog::read(&mut built).unwrap().without(books);
    for (from, to) in [(&nothing, &wanted), (&wanted, &nothing)] {
        let script = script(from, to);
        assert_eq!(script.unwritten, []);
        for step in script.steps {
            empty
                .batch_execute(&step.sql)
                .unwrap_or_else(|error| panic!("{}: {error:?}", step.sql));
        }
        assert_eq!(Catalog::read(&mut empty).unwrap().differences(to), []);
    }
}
