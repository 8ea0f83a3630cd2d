//! Columns that get another type while the table has rows: what the values become, and what is said.

use migrate_core::schema::diff::script;
use migrate_testkit::Server;
use migrate_testkit::postgres::{Client, SimpleQueryMessage};

use crate::pairs::Pairs;

fn value(client: &mut Client, sql: &str) -> String {
    let rows = client.simple_query(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let row = rows.iter().find_map(|it| match it {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    row.unwrap_or_else(|| "null".to_owned())
}

#[test]
fn values_become_those_of_the_other_type() {
    let mut pairs = Pairs::new("casts");
    let database = Server::shared().unwrap().database("casts").unwrap();
    let mut client = database.connect().unwrap();
    // The session's own zone is to decide nothing.
    client.batch_execute("SET TimeZone TO 'America/New_York'").unwrap();
    for (from, to, before, after, sql, loses) in [
        (
            "timestamp",
            "timestamp(3)",
            "2024-01-02 03:04:05.678912",
            "2024-01-02 03:04:05.679",
            "TYPE timestamp(3) without time zone",
            "fractions of a second",
        ),
        (
            "timestamp(3)",
            "timestamp",
            "2024-01-02 03:04:05.678",
            "2024-01-02 03:04:05.678",
            "TYPE timestamp without time zone",
            "",
        ),
        (
            "interval",
            "interval(2)",
            "00:00:01.239",
            "00:00:01.24",
            "TYPE interval(2)",
            "fractions of a second",
        ),
        (
            "time",
            "time(0)",
            "00:00:01.239",
            "00:00:01",
            "TYPE time(0) without time zone",
            "fractions of a second",
        ),
        ("bit varying(5)", "bit varying(9)", "101", "101", "TYPE bit varying(9)", ""),
        ("varchar(9)", "varchar(4)", "abcd", "abcd", "TYPE character varying(4)", ""),
        ("text", "text COLLATE \"C\"", "x", "x", "TYPE text COLLATE \"C\"", ""),
        ("text COLLATE \"C\"", "text", "x", "x", "TYPE text", ""),
        ("boolean", "int", "true", "1", "USING a::integer", ""),
        ("boolean", "bigint", "true", "1", "USING a::integer::bigint", ""),
        ("int", "boolean", "7", "t", "USING a::boolean", "the numbers in t.a"),
        ("smallint", "boolean", "0", "f", "USING a <> 0", "the numbers in t.a"),
        (
            "timestamp",
            "timestamptz",
            "2024-01-02 03:04:05",
            "2024-01-01 22:04:05-05",
            "USING a AT TIME ZONE 'UTC'",
            "",
        ),
        (
            "timestamptz",
            "timestamp",
            "2024-01-02 03:04:05+00",
            "2024-01-02 03:04:05",
            "USING a AT TIME ZONE 'UTC'",
            "",
        ),
        ("date", "timestamptz", "2024-01-02", "2024-01-01 19:00:00-05", "AT TIME ZONE 'UTC'", ""),
        (
            "timestamptz",
            "date",
            "2024-01-02 01:00:00+00",
            "2024-01-02",
            "AT TIME ZONE 'UTC'",
            "the time of day",
        ),
        ("timestamp", "date", "2024-01-02 03:04:05", "2024-01-02", "", "the time of day"),
        ("timestamp", "time", "2024-01-02 03:04:05", "03:04:05", "", "the date"),
        ("float8", "int", "7.5", "8", "", "after the point"),
        ("numeric(12,4)", "numeric(12,1)", "7.5555", "7.6", "TYPE numeric(12,1)", "beyond 1"),
        ("json", "jsonb", "{\"b\":1, \"a\":2}", "{\"a\": 2, \"b\": 1}", "", "the order of keys"),
        ("inet", "cidr", "10.1.2.0/24", "10.1.2.0/24", "", "the host part"),
        ("time", "interval", "03:04:05", "03:04:05", "USING a::interval", ""),
        ("bit(8)", "int", "00000111", "7", "USING a::integer", ""),
        ("money", "numeric", "7.50", "7.50", "USING a::numeric", ""),
        ("jsonb", "int", "7", "7", "USING a::integer", ""),
        ("macaddr", "macaddr8", "08:00:2b:01:02:03", "08:00:2b:ff:fe:01:02:03", "", ""),
        ("text", "text[]", "x", "{x}", "ARRAY[a] END", ""),
        ("int", "text[]", "7", "{7}", "ARRAY[a::text]", ""),
        ("text[]", "text", "{x,y}", "x", "USING a[1]", "all elements but the first"),
        ("text[]", "varchar(3)[]", "{abc}", "{abc}", "TYPE character varying(3)[]", ""),
        ("int[]", "varchar(3)[]", "{123}", "{123}", "TYPE character varying(3)[]", ""),
        (
            "numeric(10,4)[]",
            "numeric(10,1)[]",
            "{1.26}",
            "{1.3}",
            "TYPE numeric(10,1)[]",
            "beyond 1",
        ),
        ("numeric", "int[]", "1.6", "{2}", "ARRAY[a::integer]", "after the point"),
        ("timestamptz", "date[]", "2024-01-02 01:00+00", "{2024-01-02}", "ZONE", "the time of day"),
        ("int", "varchar(3)[]", "123", "{123}", "ARRAY[a::text]", ""),
        (
            "timestamptz",
            "timestamp(0)",
            "2024-01-02 03:04:05.6+00",
            "2024-01-02 03:04:06",
            "ZONE",
            "fractions",
        ),
        (
            "timestamp",
            "timestamptz(0)",
            "2024-01-02 03:04:05.6",
            "2024-01-01 22:04:06-05",
            "ZONE",
            "fractions",
        ),
        ("timestamptz", "timetz", "2024-01-02 01:00+00", "01:00:00+00", "ZONE", "the date"),
        ("money", "numeric(10,0)", "7.60", "8", "USING a::numeric(10,0)", "beyond 0"),
        ("numeric", "money", "7.567", "$7.57", "USING a::money", "beyond those of money"),
        ("int", "bit(3)", "9", "001", "USING a::bit(3)", "before the last 3"),
        ("int", "\"char\"", "65", "A", "USING a::\"char\"", ""),
        ("text", "\"char\"", "xy", "x", "USING a::\"char\"", "all but the first byte"),
        ("text", "name", "xy", "xy", "TYPE name", "longer than 63 bytes"),
        ("name", "int", "7", "7", "USING a::integer", ""),
        ("time", "interval(0)", "03:04:05.6", "03:04:06", "USING a::interval(0)", "fractions"),
        (
            "interval",
            "interval year to month",
            "1 mon 3 days",
            "1 mon",
            "TYPE interval year to month",
            "less than a month",
        ),
        ("bit(3)", "varbit(5)", "101", "101", "TYPE bit varying(5)", ""),
        ("int", "oid", "7", "7", "TYPE oid", ""),
        ("regclass", "oid", "pg_class", "1259", "TYPE oid", ""),
        ("int4range", "int4multirange", "[1,3)", "{[1,3)}", "USING a::int4multirange", ""),
    ] {
        let table = |kind: &str| format!("CREATE TABLE t (a {kind})");
        let script = script(&pairs.catalog(&table(from)), &pairs.catalog(&table(to)));
        let [step] = &*script.steps else { panic!("{from} -> {to}: {script:?}") };
        assert!(step.doubt.is_none() && step.sql.contains(sql), "{from} -> {to}: {step:?}");
        assert!(
            sql.is_empty()
                || sql.contains("USING")
                || !step.sql.contains("USING")
                || sql.contains("ZONE")
                || sql.contains("ARRAY"),
            "{step:?}"
        );
        let said = step.loses.clone().unwrap_or_default();
        assert!(
            said.contains(loses) && said.is_empty() == loses.is_empty(),
            "{from} -> {to}: {step:?}"
        );
        let sql =
            format!("BEGIN; {}; INSERT INTO t VALUES ('{before}'); {}", table(from), step.sql);
        client.batch_execute(&sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        assert_eq!(value(&mut client, "SELECT a FROM t"), after, "{from} -> {to}: {step:?}");
        client.batch_execute("ROLLBACK").unwrap();
    }
    // Values of a domain are those of the type below it: what is too long is refused, not cut off.
    let texts = "CREATE DOMAIN short AS varchar(3); CREATE DOMAIN rough AS numeric(10,1); CREATE TABLE t (a";
    for (from, to, loses, value, refused) in [
        ("text", "short", "", "abcd", true),
        ("int", "short", "", "1234", true),
        ("text[]", "short[]", "", "{abcd}", true),
        ("text[]", "varchar(3)[]", "", "{abcd}", true),
        ("int", "varchar(3)[]", "", "1234", true),
        ("numeric", "rough", "beyond 1", "1.26", false),
        ("text", "rough", "beyond 1", "1.26", false),
        ("rough", "int", "after the point", "1.3", false),
    ] {
        let table = |kind: &str| format!("{texts} {kind})");
        let script = script(&pairs.catalog(&table(from)), &pairs.catalog(&table(to)));
        let [step] = &*script.steps else { panic!("{from} -> {to}: {script:?}") };
        let said = step.loses.clone().unwrap_or_default();
        assert!(
            said.contains(loses) && said.is_empty() == loses.is_empty() && step.doubt.is_none(),
            "{from} -> {to}: {step:?}"
        );
        let sql = format!("BEGIN; {}; INSERT INTO t VALUES ('{value}'); {}", table(from), step.sql);
        assert_eq!(client.batch_execute(&sql).is_err(), refused, "{from} -> {to}: {step:?}");
        client.batch_execute("ROLLBACK").unwrap();
    }
    let both = ["timestamp[]", "timestamptz[]"]
        .map(|kind| pairs.catalog(&format!("CREATE TABLE t (a {kind})")));
    let caution = script(&both[0], &both[1]).steps[0].caution.clone().unwrap_or_default();
    assert!(caution.contains("in the time zone of the session"), "{caution}");
    // A person has to say what becomes of these.
    for (from, to) in [("boolean", "date"), ("uuid", "int"), ("point", "int"), ("boolean", "int[]")]
    {
        let table = |kind: &str| format!("CREATE TABLE t (a {kind})");
        let script = script(&pairs.catalog(&table(from)), &pairs.catalog(&table(to)));
        assert!(script.steps.iter().any(|it| it.doubt.is_some()), "{from} -> {to}: {script:?}");
    }
    pairs.done();
}

/// A comment says that a table is rewritten where the server does that, and nowhere else.
#[test]
fn what_rewrites_the_table_is_said() {
    let mut pairs = Pairs::new("rewrites");
    let server = Server::shared().unwrap();
    let database = server.database("rewrites").unwrap();
    let mut client = database.connect().unwrap();
    let mut check = |setup: &str, one: &str, other: &str, expected: &str| {
        let [one, other] =
            [one, other].map(|columns| format!("{setup}; CREATE TABLE t (k int{columns})"));
        let script = script(&pairs.catalog(&one), &pairs.catalog(&other));
        let cautions = script.steps.iter().filter_map(|it| it.caution.as_deref());
        assert_eq!(cautions.collect::<Vec<_>>().join(", "), expected, "{one} -> {other}");
        let steps: Vec<&str> = script.steps.iter().map(|it| it.sql.as_str()).collect();
        client.batch_execute(&format!("BEGIN; {one}; INSERT INTO t VALUES (1)")).unwrap();
        let node = "SELECT pg_relation_filenode('t')";
        let before = value(&mut client, node);
        client.batch_execute(&steps.join("; ")).unwrap();
        let is_rewritten = value(&mut client, node) != before;
        assert_eq!(is_rewritten, expected == "rewrites the table", "{one} -> {other}");
        client.batch_execute("ROLLBACK").unwrap();
    };
    let rewrites = "rewrites the table";
    check("", ", a text", ", a varchar", "");
    check("", ", a varchar(9)", ", a text", "");
    check("", ", a xml", ", a text", "");
    check("", ", a int", ", a text", rewrites);
    check("", ", a char(4)", ", a varchar", rewrites);
    check("", ", a name", ", a text", rewrites);
    check("", ", a int", ", a bigint", rewrites);
    check("CREATE DOMAIN d AS text", ", a d", ", a text", "");
    check("CREATE SEQUENCE q", "", ", a bigint DEFAULT nextval('q')", rewrites);
    check("", "", ", a uuid DEFAULT gen_random_uuid()", rewrites);
    check("", "", ", a int GENERATED ALWAYS AS (k * 2) STORED", rewrites);
    check("", "", ", a timestamptz DEFAULT now()", "");
    let call = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'";
    check(call, "", ", a int DEFAULT f()", rewrites);
    check(&format!("{call} STABLE"), "", ", a int DEFAULT f()", "");
    if server.offers_extension("citext").unwrap() {
        let citext = "CREATE EXTENSION citext";
        check(citext, ", a text", ", a citext", "");
        check(citext, ", a citext", ", a varchar", "");
        check(citext, ", a name", ", a citext", rewrites);
        let fails = "fails if two values of a differ in upper and lower case alone";
        check(citext, ", a text UNIQUE", ", a citext UNIQUE", fails);
    }
    pairs.done();
}

/// The next value is one that no row has.
#[test]
fn a_new_sequence_goes_on_behind_the_rows() {
    let mut pairs = Pairs::new("goes on");
    let database = Server::shared().unwrap().database("goes on").unwrap();
    let mut client = database.connect().unwrap();
    let identity = "int GENERATED BY DEFAULT AS IDENTITY";
    for (from, to, rows, next) in [
        ("serial", identity, "(1), (41)", "42"),
        (identity, "serial", "(1), (41)", "42"),
        ("int NOT NULL", identity, "(1), (41)", "42"),
        ("serial", &*format!("{identity} (START 100)"), "(41)", "100"),
        ("int NOT NULL", &*format!("{identity} (START 41)"), "(41)", "42"),
        ("int NOT NULL", &*format!("{identity} (INCREMENT -1)"), "(-5)", "-6"),
    ] {
        let table = |kind: &str| format!("CREATE TABLE t (a {kind}, b int)");
        let script = script(&pairs.catalog(&table(from)), &pairs.catalog(&table(to)));
        for (rows, next) in
            [(format!("INSERT INTO t VALUES {rows};"), Some(next)), (String::new(), None)]
        {
            let steps: Vec<&str> = script.steps.iter().map(|it| it.sql.as_str()).collect();
            let sql = format!("BEGIN; {}; {rows} {}", table(from), steps.join("; "));
            client.batch_execute(&sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            let found = value(&mut client, "INSERT INTO t (b) VALUES (0) RETURNING a");
            assert!(next.is_none_or(|next| next == found), "{from} -> {to}: {found}, {steps:?}");
            client.batch_execute("ROLLBACK").unwrap();
        }
    }
    // Where no value is left, that is for the next row to say.
    let table = |kind: &str| format!("CREATE TABLE t (a smallint {kind}, b int)");
    let full = script(
        &pairs.catalog(&table("NOT NULL")),
        &pairs.catalog(&table("GENERATED ALWAYS AS IDENTITY")),
    );
    let steps: Vec<&str> = full.steps.iter().map(|it| it.sql.as_str()).collect();
    let rows = "INSERT INTO t VALUES (32767)";
    let sql = format!("BEGIN; {}; {rows}; {}", table("NOT NULL"), steps.join("; "));
    client.batch_execute(&sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    client.batch_execute("ROLLBACK").unwrap();
    pairs.done();
}

/// What has to be out of the way goes first, and what is needed comes first.
#[test]
fn bodies_that_were_read_are_in_order() {
    let mut pairs = Pairs::new("bodies");
    let mut check = |one: &str, other: &str| pairs.check_script(one, other);
    check(
        "CREATE TABLE z (a int)",
        "CREATE TABLE z (a int); CREATE SCHEMA s; CREATE FUNCTION s.b(x int) RETURNS int LANGUAGE sql IMMUTABLE RETURN x + 1;
         CREATE FUNCTION b(x text) RETURNS int LANGUAGE sql IMMUTABLE RETURN 1; CREATE FUNCTION a(x int) RETURNS int LANGUAGE sql IMMUTABLE RETURN s.b(x)",
    );
    let sum = |column: &str| {
        format!(
            "CREATE FUNCTION s() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT sum({column}) FROM t; END; CREATE VIEW v AS SELECT s() AS s"
        )
    };
    check(
        &format!("CREATE TABLE t (id int PRIMARY KEY, b int, a int); {}", sum("a")),
        &format!("CREATE TABLE t (id int PRIMARY KEY, b int); {}", sum("b")),
    );
    check(
        &format!("CREATE TABLE t (a int); {}", sum("a")),
        &format!("CREATE TABLE t (a smallint); {}", sum("a")),
    );
    // An attribute comes and goes while a column has the type.
    check(
        "CREATE TYPE addr AS (street text); CREATE TABLE t (a addr)",
        "CREATE TYPE addr AS (street text, city text); CREATE TABLE t (a addr)",
    );
    // A parameter gets another name.
    check(
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT $1'; CREATE VIEW v AS SELECT f(1) AS f",
        "CREATE FUNCTION f(b int) RETURNS int LANGUAGE sql AS 'SELECT $1'; CREATE VIEW v AS SELECT f(1) AS f",
    );
    // Before version 17, partitions do not inherit that.
    let parted = "CREATE TABLE p (id bigint GENERATED ALWAYS AS IDENTITY, k int NOT NULL) PARTITION BY LIST (k)";
    let part = "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)";
    check("", &format!("{parted}; {part}"));
    pairs.done();
}
