//! What is found in a statement's words, and what is left alone.

use crate::folder::Folder;

/// Checks a chain of one revision; its errors as `line:column message: label = help`.
fn errors(up: &str) -> Vec<String> {
    let text = section(up);
    let Err(rejection) = crate::analyse(Folder::of_texts("m", [("1.sql", text.as_str())])) else {
        return Vec::new();
    };
    let shown = |found: &crate::Diagnostic| {
        let label = found.primary.clone().unwrap_or_else(|| panic!("{found:?}"));
        let place = rejection.sources[label.source].position(label.span.start);
        let problem = &found.problem;
        format!("{}:{} {problem}: {} = {}", place.line, place.column, label.text, problem.help())
    };
    rejection.diagnostics.iter().map(shown).collect()
}

/// The file of a revision whose upgrade begins on line 4.
fn section(up: &str) -> String {
    format!("-- revision: 1\n-- message: M\n-- migrate:up\n{up}\n-- migrate:down\nSELECT 1;\n")
}

const ALLOW: &str = "mend it; if PostgreSQL takes it as it is, say so above the statement: \
                     `-- migrate:allow(syntax): why`";

#[test]
fn the_word_that_is_wrong_is_named() {
    let check = |up: &str, place: &str, found: &str, label: &str, help: &str| {
        let message = match found {
            "" => "syntax error: the statement ends too early".to_owned(),
            found => format!("syntax error at `{found}`"),
        };
        let help = if help.is_empty() { ALLOW.to_owned() } else { format!("did you mean {help}?") };
        assert_eq!(errors(up), [format!("{place} {message}: {label} = {help}")], "{up}");
    };
    let before = |sign: &str| format!("`{sign}` or something else is missing before this");
    check("CREATE TABEL t (a int);", "4:8", "TABEL", "not expected here", "`TABLE`");
    check("SELEC 1;", "4:1", "SELEC", "not expected here", "`SELECT`");
    check("SELECT 1;\n\nSELECT a FORM t;", "6:15", "t", "not expected here", "`FROM`, not `FORM`");
    check("CREATE TABLE t (a int", "4:22", "", &before(")"), "");
    check("CREATE TABLE t (a int;", "4:22", ";", &before(")"), "");
    check("CREATE TABLE t (a int,);", "4:22", ",", "not expected here", "");
    check("ALTER TABLE t ADD a int DEFALT 1;", "4:25", "DEFALT", "not expected here", "`DEFAULT`");
    check("CREATE INDEX i ON t a;", "4:21", "a", &before("("), "");
    check("DROP TABLE IF EXIST a;", "4:15", "EXIST", "not expected here", "`EXISTS`");
    check("ALTER TABLE o ADD u int REFERENCES user (id);", "4:36", "user", "not expected here", "");
    check("COMMENT ON TABLE t /* c */ 'x';", "4:28", "'x'", &before("IS"), "");
}

#[test]
fn what_the_server_takes_is_no_error() {
    for up in [
        "CREATE TRUSTED LANGUAGE plperl;",
        "CREATE OR REPLACE TRUSTED PROCEDURAL LANGUAGE plperl HANDLER h;",
        "CREATE INDEX IF NOT EXISTS i ON ONLY t USING gin ((a -> 'b') jsonb_path_ops) WHERE c;",
        "ALTER TABLE t ADD CONSTRAINT c EXCLUDE USING gist (a WITH =, tstzrange(b, d) WITH &&);",
        "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY, b text COLLATE \"C\" DEFAULT 'x');",
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a; SELECT a; END;",
        "CREATE TRIGGER t AFTER INSERT OR UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f();",
        "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = excluded.a;",
        "SELECT 'a'\n'b', U&'\\0041', $$x$$, a[1:2], b::int[], c AT TIME ZONE 'UTC';",
        "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO app;",
        "CREATE POLICY p ON t USING (owner = current_user);",
        "DO $$ BEGIN this is not looked at END $$;",
    ] {
        let found: Vec<_> = errors(up).into_iter().filter(|text| text.contains("syntax")).collect();
        assert!(found.is_empty(), "{up}: {found:?}");
    }
}

#[test]
fn each_statement_is_told_and_what_is_known_already_is_told_once() {
    let found = errors("SELEC 1;\nCOMMIT;\nSELECT 2;\nDORP TABLE t;");
    let starts: Vec<_> = found.iter().map(|text| text.split(": ").next().unwrap_or("")).collect();
    assert_eq!(
        starts,
        [
            "4:1 syntax error at `SELEC`",
            "5:1 `COMMIT` in a migration",
            "7:1 syntax error at `DORP`"
        ]
    );
}

/// What stands below it is data, or a part of something that has no end.
#[test]
fn nothing_is_said_of_what_is_hidden() {
    for up in [
        "COPY t FROM STDIN;\n1 2\n\\.",
        "SELEC 'open;\nSELECT 1;",
        "SELECT $$ open;\nDORP TABLE t;",
    ] {
        let found = errors(up);
        assert!(
            !found.is_empty() && !found.iter().any(|text| text.contains("syntax")),
            "{found:?}"
        );
    }
}

#[test]
fn what_the_author_allows_is_allowed() {
    let check = |up: &str, expected: usize| assert_eq!(errors(up).len(), expected, "{up}");
    check("-- migrate:allow(syntax): a newer server takes it\nFROBNICATE t;", 0);
    check("-- migrate:allow(syntax): once\nFROBNICATE t;\nFROBNICATE u;", 1);
    check("FROBNICATE -- migrate:allow(syntax): inside\n t;\nSELECT 1;", 0);
    check("FROBNICATE t;\n-- migrate:allow(syntax): too late", 1);
    // Without a reason, or with a code that is none, it allows nothing, and is an error itself.
    check("-- migrate:allow(syntax)\nSELECT 1;", 1);
    check("-- migrate:allow(syntax):  \nSELECT 1;", 1);
    check("-- migrate:allow(anything): please\nSELECT 1;", 1);
}

/// What databases have run is right, whatever a parser says.
#[test]
fn what_is_deployed_is_right() {
    let allowed = section("-- migrate:allow(syntax): it works\nFROBNICATE t;");
    let Ok(chain) = crate::analyse(Folder::of_texts("m", [("1.sql", allowed.as_str())])) else {
        panic!()
    };
    let lock = crate::lock_text(&chain, "1").unwrap_or_default();
    // The comment is no part of the digest.
    let check = |up: &str| {
        let text = section(up);
        crate::analyse(Folder::of_texts("m", [("1.sql", text.as_str()), ("chain.lock", &lock)]))
    };
    assert!(check("FROBNICATE t;").is_ok());
    let Err(rejection) = check("FROBNICATE u;") else { panic!() };
    assert_eq!(rejection.diagnostics.len(), 1, "{rejection}");
    assert!(rejection.to_string().contains("was edited"), "{rejection}");
}

#[test]
fn settings_that_are_wrong_are_told_beside_the_chain() {
    let text = section("SELEC 1;");
    let folder = || Folder::of_texts("m", [("1.sql", text.as_str())]);
    let config = crate::Config::read(crate::Source::new("migrate.toml", "min_server = 1"));
    let Err(rejection) = crate::analyse_with(folder(), config) else { panic!() };
    let codes: Vec<_> = rejection.diagnostics.iter().map(|found| found.problem.code()).collect();
    assert_eq!(codes, ["syntax", "bad-setting"]);
    assert!(rejection.to_string().contains("--> migrate.toml:1:14"), "{rejection}");
}

#[test]
fn what_needs_a_newer_server_can_be_allowed() {
    let merge = "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE;";
    let opaque = "-- migrate:opaque touches(t, u)";
    let check = |up: &str, expected: usize| {
        let found = errors(up).into_iter().filter(|text| text.contains("needs PostgreSQL")).count();
        assert_eq!(found, expected, "{up}");
    };
    check(&format!("{opaque}\n{merge}"), 1);
    check(&format!("{opaque}\n-- migrate:allow(needs-server): ours are new\n{merge}"), 0);
}

/// A compiler's stack has an end, and whoever repeats a word often enough finds it.
#[test]
fn nothing_is_too_deep_or_too_long() {
    let pieces = "(|[|NOT |- |~ |CASE WHEN |CASE |SELECT (|SELECT |1 + |a AND |a OR |UNION SELECT 1 |a.|a::b |'x' |\
        JOIN t ON |WITH a AS (|ELSE |a, |< |EXISTS |ARRAY|ARRAY[|ROW(|INTERVAL |IN |IN (|LATERAL |BEGIN |COLLATE a |\
        IS NOT |BETWEEN 1 AND |AT TIME ZONE |DEFAULT |CHECK |SET |FROM |VALUES |WHEN |THEN |END |, |) |; |a = ANY |\
        INSERT INTO t |CREATE TABLE |EXPLAIN |a[|DISTINCT ON |ALTER TABLE t |ADD COLUMN |LANGUAGE |AS |PREPARE a AS |\
        a NOT NULL |NOT a IS |- a + |a ^ |@ a |CAST(a AS |CREATE SCHEMA a CREATE VIEW b AS |COPY (|GRANT a |!= |:";
    for piece in pieces.split('|') {
        for prefix in ["", "SELECT ", "CREATE TABLE t (a int DEFAULT "] {
            for count in [10, 63, 65, 500] {
                let _ = errors(&format!("{prefix}{};", piece.repeat(count)));
            }
        }
        let _ = errors(&format!("SELECT {};", piece.repeat(60_000 / piece.len())));
    }
    assert!(errors(&format!("SELEC {};", "1, ".repeat(30_000))).is_empty(), "longer than is read");
}

/// Nothing that a file can hold makes the replay panic, or takes it longer than it is long.
#[test]
fn any_chain_of_words() {
    let pieces = "CREATE TABLE |ALTER TABLE |DROP TABLE |CREATE INDEX |ADD COLUMN |DROP COLUMN |CONSTRAINT |a |b |a int|(|)|, |; |. \
        |REFERENCES |PRIMARY KEY |UNIQUE |CHECK |SET SCHEMA |RENAME TO |CASCADE |IF EXISTS |CREATE VIEW |AS SELECT * FROM |CREATE TYPE \
        |AS ENUM |'x'|DO $$ BEGIN a; END $$|CREATE FUNCTION |RETURNS trigger |LIKE |INHERITS |PARTITION OF |serial |ON |\"\"|SET search_path = \
        |public|COMMENT ON |COLUMN |TO |ALTER TYPE |ADD VALUE |DROP SCHEMA |CREATE SCHEMA |OWNED BY |CREATE SEQUENCE |DROP FUNCTION ";
    let pieces: Vec<&str> = pieces.split('|').collect();
    let mut state = 7_u64;
    for _ in 0..1500 {
        let mut up = String::from("-- migrate:allow(syntax): at random\n");
        for _ in 0..25 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            up.push_str(pieces[(state >> 33) as usize % pieces.len()]);
        }
        let up = up.replace("; ", ";\n-- migrate:allow(syntax): at random\n");
        let _ = errors(&up);
    }
    let columns: Vec<String> = (0..4000).map(|n| format!("c{n} int CHECK (c{n} > 0)")).collect();
    let tables: Vec<String> =
        (0..3000).map(|n| format!("CREATE TABLE u{n} (a int REFERENCES t);")).collect();
    for up in [
        format!("CREATE TABLE t ({});", columns.join(", ")),
        format!("CREATE TABLE t (a int PRIMARY KEY); {}", tables.join(" ")),
    ] {
        let found = errors(&up);
        assert!(found.iter().all(|text| text.contains("the downgrade leaves table")), "{found:?}");
    }
}
