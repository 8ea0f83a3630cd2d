//! What a build knows of types, literals, keys and access methods, held against a server, in both directions.

use migrate_core::Folder;
use migrate_core::analysis::analyse;
use migrate_testkit::Server;
use migrate_testkit::postgres::Client;

/// The types of which a build says what can be done with them.
const TYPES: [&str; 37] = [
    "bigint",
    "bit",
    "bit varying",
    "boolean",
    "box",
    "bytea",
    "character(3)",
    "character varying(9)",
    "cidr",
    "circle",
    "date",
    "double precision",
    "inet",
    "integer",
    "interval",
    "json",
    "jsonb",
    "line",
    "lseg",
    "macaddr",
    "money",
    "name",
    "numeric(9, 2)",
    "oid",
    "path",
    "point",
    "polygon",
    "real",
    "smallint",
    "text",
    "time with time zone",
    "time",
    "timestamptz(3)",
    "timestamp",
    "tsvector",
    "uuid",
    "xml",
];

const METHODS: [&str; 6] = ["brin", "btree", "gin", "gist", "hash", "spgist"];

/// Defaults of each type: constants, and strings that are values of some.
const DEFAULTS: [&str; 40] = [
    "5",
    "-5",
    "1.5",
    "true",
    "9999999999",
    "'abc'",
    "''",
    "' 12 '",
    "'1.5'",
    "'1e3'",
    "'0x1F'",
    "'1_000'",
    "'NaN'",
    "'-Infinity'",
    "'.5'",
    "'.'",
    "'t'",
    "'off'",
    "'of'",
    "'o'",
    "'2'",
    "'{}'",
    "'[]'",
    "'{a'",
    "'null'",
    "'1'",
    "'now'",
    "'now()'",
    "'infinity'",
    "'-infinity'",
    "'CURRENT_DATE'",
    "'2020-01-01'",
    "'today'",
    "'a b'",
    "'2147483648'",
    "'-32769'",
    "'00000000-0000-0000-0000-000000000000'",
    "'{00000000000000000000000000000000}'",
    "'9223372036854775808'",
    "NULL",
];

fn said(sql: &str) -> Option<String> {
    let text =
        format!("-- revision: 1\n-- message: M\n-- irreversible: a test\n-- migrate:up\n{sql};\n");
    let rejection = analyse(Folder::of_texts("m", [("1.sql", text.as_str())])).err()?;
    rejection.diagnostics.first().map(|found| found.problem.to_string())
}

/// What a server says of statements that are taken back.
fn refused(client: &mut Client, sql: &str) -> Option<String> {
    client.batch_execute("BEGIN").unwrap();
    let found = client.batch_execute(sql).err();
    client.batch_execute("ROLLBACK").unwrap();
    let found = found.as_ref().and_then(|error| error.as_db_error());
    found.map(|found| format!("{} {}", found.code().code(), found.message()))
}

/// Each of these is refused by both or by none; where it may be that only the server does, `seldom`.
fn agree(name: &str, statements: impl Iterator<Item = String>, seldom: fn(&str, &str) -> bool) {
    let database = Server::shared().unwrap().database(name).unwrap();
    let mut client = database.connect().unwrap();
    let (mut all, mut foreseen, mut wrong) = (0, 0, Vec::new());
    for sql in statements {
        all += 1;
        match (refused(&mut client, &sql), said(&sql)) {
            (None, None) => {}
            (Some(_), Some(_)) => foreseen += 1,
            (None, Some(said)) => wrong.push(format!("false: {sql}: {said}")),
            (Some(why), None) if seldom(&sql, &why) => {}
            (Some(why), None) => wrong.push(format!("missed: {sql}: {why}")),
        }
    }
    println!("{name}: {all} statements, {foreseen} refused by both");
    assert!(foreseen > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}

fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    TYPES.into_iter().flat_map(|one| TYPES.into_iter().map(move |other| (one, other)))
}

#[test]
fn casts() {
    let alter = |(from, to)| format!("CREATE TABLE t (a {from}); ALTER TABLE t ALTER a TYPE {to}");
    agree("casts", pairs().map(alter), |_, _| false);
}

#[test]
fn foreign_keys() {
    let key = |(key, own)| {
        format!("CREATE TABLE t (a {key} UNIQUE); CREATE TABLE u (a {own} REFERENCES t (a))")
    };
    agree("foreign_keys", pairs().map(key), |_, _| false);
}

#[test]
fn operator_classes() {
    let all = TYPES.into_iter().flat_map(|kind| METHODS.map(|method| (kind, method)));
    let index =
        |(kind, method)| format!("CREATE TABLE t (a {kind}); CREATE INDEX ON t USING {method} (a)");
    // Those that btree_gin and btree_gist have.
    agree("operator_classes", all.map(index), |sql, _| {
        sql.contains("USING gin ") || sql.contains("USING gist ")
    });
}

#[test]
fn defaults() {
    let all = TYPES.into_iter().flat_map(|kind| DEFAULTS.map(|default| (kind, default)));
    let table = |(kind, default)| format!("CREATE TABLE t (a {kind} DEFAULT {default})");
    // The syntax of most types is not looked at.
    agree("defaults", all.map(table), |sql, why| {
        let looked_at = ["integer", "bigint", "smallint", "boolean", "uuid"];
        let is_string = sql.contains('\'');
        let is_looked_at = looked_at.iter().any(|kind| sql.contains(&format!("(a {kind} ")));
        is_string && (!is_looked_at || sql.contains("'0x") || sql.contains("'1_") || why.is_empty())
    });
}
