//! Schemas, extensions and types: each property that changes makes a difference.

use migrate_testkit::Server;

use crate::pairs::Pairs;

#[test]
fn schemas_and_extensions() {
    let mut pairs = Pairs::new("schemas");
    pairs.check("", "CREATE SCHEMA app", &["+ schema app"]);
    pairs.check(
        "",
        "DROP SCHEMA public",
        &["- schema public commented \"standard public schema\""],
    );
    pairs.check(
        "CREATE SCHEMA app",
        "COMMENT ON SCHEMA app IS 'x'",
        &["~ schema app: nothing special -> commented \"x\""],
    );
    if Server::shared().unwrap().offers_extension("pgcrypto").unwrap() {
        // What an extension owns is the extension's, and so are its version and the comment that it brings along.
        pairs.check("", "CREATE EXTENSION pgcrypto", &["+ extension pgcrypto in schema public"]);
        pairs.check(
            "CREATE EXTENSION pgcrypto",
            "COMMENT ON EXTENSION pgcrypto IS 'x'",
            &["~ extension pgcrypto: in schema public -> in schema public commented \"x\""],
        );
        pairs.check(
            "CREATE EXTENSION pgcrypto",
            "CREATE SCHEMA app; ALTER EXTENSION pgcrypto SET SCHEMA app",
            &["+ schema app", "~ extension pgcrypto: in schema public -> in schema app"],
        );
    }
    pairs.done();
}

#[test]
fn enums_and_composites() {
    let mut pairs = Pairs::new("enums");
    let mood = "CREATE TYPE mood AS ENUM ('sad', 'ok')";
    pairs.check("", mood, &["+ enum mood (sad, ok)"]);
    pairs.check(
        mood,
        "ALTER TYPE mood ADD VALUE 'soso' BEFORE 'ok'",
        &["~ enum mood: (sad, ok) -> (sad, soso, ok)"],
    );
    pairs.check(
        mood,
        "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'",
        &["~ enum mood: (sad, ok) -> (sad, fine)"],
    );
    pairs.check(
        mood,
        "COMMENT ON TYPE mood IS 'x'",
        &["~ enum mood: (sad, ok) -> (sad, ok) commented \"x\""],
    );
    pairs.check("", "CREATE TYPE none AS ENUM ()", &["+ enum none ()"]);
    let pair = "CREATE TYPE pair AS (a int, b text)";
    pairs.check("", pair, &["+ composite type pair (a integer, b text)"]);
    pairs.check(pair, "ALTER TYPE pair ADD ATTRIBUTE c varchar(3) COLLATE \"C\"", &[
        "~ composite type pair: (a integer, b text) -> (a integer, b text, c character varying(3) COLLATE \"C\")",
    ]);
    pairs.check(
        pair,
        "ALTER TYPE pair DROP ATTRIBUTE a",
        &["~ composite type pair: (a integer, b text) -> (b text)"],
    );
    pairs.check(
        pair,
        "ALTER TYPE pair ALTER ATTRIBUTE a TYPE bigint",
        &["~ composite type pair: (a integer, b text) -> (a bigint, b text)"],
    );
    pairs.check(
        pair,
        "COMMENT ON COLUMN pair.a IS 'x'",
        &["~ composite type pair: (a integer, b text) -> (a integer commented \"x\", b text)"],
    );
    pairs.check(
        pair,
        "COMMENT ON TYPE pair IS 'x'",
        &["~ composite type pair: (a integer, b text) -> (a integer, b text) commented \"x\""],
    );
    pairs.done();
}

#[test]
fn domains() {
    let mut pairs = Pairs::new("domains");
    let domain = "CREATE DOMAIN d AS text";
    pairs.check("", domain, &["+ domain d text"]);
    let mut check = |change: &str, expected: &str| {
        pairs.check(domain, change, &[&format!("~ domain d: text -> {expected}")]);
    };
    check("ALTER DOMAIN d SET NOT NULL", "text NOT NULL");
    check("ALTER DOMAIN d SET DEFAULT 'x'", "text DEFAULT 'x'::text");
    check(
        "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE <> '')",
        "text CONSTRAINT c CHECK ((VALUE <> ''::text))",
    );
    check(
        "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE <> '') NOT VALID",
        "text CONSTRAINT c CHECK ((VALUE <> ''::text)) NOT VALID",
    );
    check("DROP DOMAIN d; CREATE DOMAIN d AS text COLLATE \"C\"", "text COLLATE \"C\"");
    check("DROP DOMAIN d; CREATE DOMAIN d AS varchar(7)", "character varying(7)");
    check("COMMENT ON DOMAIN d IS 'x'", "text commented \"x\"");
    pairs.done();
}

#[test]
fn ranges() {
    let mut pairs = Pairs::new("ranges");
    let range = "CREATE TYPE r AS RANGE (subtype = float8)";
    let plain = "of double precision ordered by pg_catalog.float8_ops";
    // Nothing is told of the functions, the casts and the multirange type that come along.
    pairs.check("", range, &[&format!("+ range type r {plain} multirange r_multirange")]);
    pairs.check(range, "COMMENT ON TYPE r IS 'x'", &[&format!(
        "~ range type r: {plain} multirange r_multirange -> {plain} multirange r_multirange commented \"x\""
    )]);
    for (options, expected) in [
        ("subtype = float8, multirange_type_name = m", format!("{plain} multirange m")),
        (
            "subtype = float8, subtype_diff = float8mi",
            format!("{plain} difference double precision_minus multirange r_multirange"),
        ),
        (
            "subtype = float4",
            "of real ordered by pg_catalog.float4_ops multirange r_multirange".to_owned(),
        ),
    ] {
        let change = format!("DROP TYPE r; CREATE TYPE r AS RANGE ({options})");
        let expected = expected
            .replace("double precision_minus", "float8mi(double precision,double precision)");
        pairs.check(
            range,
            &change,
            &[&format!("~ range type r: {plain} multirange r_multirange -> {expected}")],
        );
    }
    pairs.check(
        "CREATE TYPE r AS RANGE (subtype = text)",
        "DROP TYPE r; CREATE TYPE r AS RANGE (subtype = text, collation = \"C\")",
        &["~ range type r: of text ordered by pg_catalog.text_ops multirange r_multirange -> of text ordered by pg_catalog.text_ops COLLATE \"C\" multirange r_multirange"],
    );
    pairs.done();
}
