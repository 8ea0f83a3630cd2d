//! The dump of a schema: statements that build it again, put together for people to read.

use migrate_core::schema::catalog::Catalog;
use migrate_core::schema::diff::dump;
use migrate_testkit::Server;

use crate::pairs::Pairs;

/// A bit of everything that statements are known for.
const SHOP: &str = r#"
CREATE SCHEMA app;
COMMENT ON SCHEMA app IS 'the shop''s own';
CREATE EXTENSION btree_gist SCHEMA app;
CREATE TYPE mood AS ENUM ('sad', 'it''s', 'ok');
CREATE DOMAIN app.price AS numeric(10, 2) DEFAULT 0 CHECK (VALUE >= 0);
CREATE TYPE app.pair AS (a int, b text);
CREATE TYPE spans AS RANGE (subtype = float8);
CREATE SEQUENCE numbers START 7;
CREATE FUNCTION app.tax(p app.price) RETURNS numeric IMMUTABLE LANGUAGE sql AS 'SELECT p * 1.19';
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email varchar(300) NOT NULL UNIQUE,
    mood mood NOT NULL DEFAULT 'ok',
    kind varchar(9) CHECK (kind IN ('a', 'b')),
    invited_by bigint REFERENCES users
);
COMMENT ON TABLE users IS E'who\nis here';
COMMENT ON COLUMN users.email IS 'where';
CREATE INDEX users_mood ON users (mood) WHERE kind IN ('a', 'b');
CREATE TABLE app."Order" (
    id serial PRIMARY KEY,
    "user" bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    number bigint DEFAULT nextval('numbers'),
    net app.price NOT NULL,
    gross numeric GENERATED ALWAYS AS (app.tax(net)) STORED,
    during tsrange,
    EXCLUDE USING gist ("user" WITH =, during WITH &&)
);
CREATE TABLE app.other (n int DEFAULT nextval('app."Order_id_seq"'), p app.pair, s spans);
CREATE TABLE events (at timestamptz NOT NULL, data jsonb, PRIMARY KEY (at)) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX ON events (data);
CREATE TABLE base (a int CHECK (a > 0)) WITH (fillfactor = 70);
CREATE TABLE child (b int) INHERITS (base);
CREATE VIEW happy AS SELECT id, email FROM users WHERE mood = 'ok';
COMMENT ON VIEW happy IS 'smile';
CREATE VIEW a_view AS SELECT * FROM happy;
CREATE MATERIALIZED VIEW totals AS SELECT "user", sum(net) AS net FROM app."Order" GROUP BY "user";
CREATE UNIQUE INDEX totals_user ON totals ("user");
CREATE FUNCTION count_users() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM users';
CREATE FUNCTION smiling() RETURNS SETOF happy LANGUAGE sql STABLE AS 'SELECT * FROM happy';
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER stamp BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE users DISABLE TRIGGER stamp;
COMMENT ON TRIGGER stamp ON users IS 'off';
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON users USING (id > count_users());
CREATE STATISTICS together ON id, email FROM users;
"#;

#[test]
fn a_dump_builds_the_same_again() {
    let server = Server::shared().unwrap();
    let mut pairs = Pairs::new("dumps");
    let catalog = pairs.catalog(SHOP);
    assert_eq!(dump(&catalog).unwritten, []);
    pairs.rebuilds(&catalog, "a shop");
    // Without the schema that every database has.
    let without =
        pairs.catalog("DROP SCHEMA public; CREATE SCHEMA app; CREATE TABLE app.t (a int)");
    pairs.rebuilds(&without, "no public");
    let circle = "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;
        SET LOCAL check_function_bodies = off;
        CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT g()'; CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT f()'";
    let circle = pairs.catalog(circle);
    pairs.rebuilds(&circle, "circles");
    pairs.done();

    // Also in a database of its own, one statement after the other.
    let database = server.database("dumped").unwrap();
    let mut client = database.connect().unwrap();
    client.batch_execute(&dump(&catalog).to_string()).unwrap();
    assert_eq!(dump(&Catalog::read(&mut client).unwrap()), dump(&catalog));
}

#[test]
fn a_dump_is_put_together_by_table() {
    let mut pairs = Pairs::new("together");
    let text = dump(&pairs.catalog(SHOP)).to_string();
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is not in {text}"));
    let in_order = |parts: &[&str]| {
        for two in parts.windows(2) {
            assert!(at(two[0]) < at(two[1]), "{} before {}:\n{text}", two[0], two[1]);
        }
    };
    in_order(&[
        "-- Schemas\n",
        "CREATE SCHEMA app;\nCOMMENT ON SCHEMA app IS 'the shop''s own';\n",
        "-- Types\n",
        "-- Functions that tables need\n",
        "-- Tables\n\n-- app.\"Order\"\nCREATE TABLE app.\"Order\" (",
        "-- app.other\n",
        "-- base\n",
        "-- child\n",
        "-- events\n",
        "-- users\nCREATE TABLE users (",
        "COMMENT ON TABLE users IS",
        "COMMENT ON COLUMN users.email IS 'where';\n",
        "CREATE INDEX users_mood ON public.users USING btree (mood) WHERE ",
        "-- Foreign keys\n",
        "-- Functions\n",
        "-- Views\n",
        "CREATE VIEW happy",
        "COMMENT ON VIEW happy IS 'smile';\n",
        "CREATE VIEW a_view",
        "-- Functions that need views\n",
        "-- Triggers, rules, policies, statistics and publications\n",
        "CREATE TRIGGER stamp",
        "ALTER TABLE users DISABLE TRIGGER stamp;\nCOMMENT ON TRIGGER stamp ON users IS 'off';\n",
    ]);
    // A sequence that another table counts with, too, comes before both.
    in_order(&["CREATE SEQUENCE app.\"Order_id_seq\"", "-- Tables\n"]);
    assert_eq!(text, dump(&pairs.catalog(SHOP)).to_string());
    pairs.done();
}

#[test]
fn what_a_dump_lacks_is_said() {
    let mut pairs = Pairs::new("lacks");
    let secret = "CREATE TABLE u (a int); CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
        CREATE USER MAPPING FOR public SERVER s OPTIONS (password 'x')";
    let text = dump(&pairs.catalog(secret));
    assert_eq!(text.unwritten.len(), 1, "{text}");
    let text = text.to_string();
    assert!(
        text.contains("\n-- Missing here: user mapping public on server s (it has an option that may be a secret"),
        "{text}"
    );
    assert!(text.contains("CREATE TABLE u ("), "{text}");
    pairs.done();
}
