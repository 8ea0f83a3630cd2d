//! Tests: which errors are found in the text of a statement, and what is accepted.

mod modes;

use super::syntax::Fault;
use crate::chain::folder::Folder;

/// Checks a chain of one revision. Returns its errors as `line:column message: label = help`.
fn errors(up: &str) -> Vec<String> {
    let text = section(up);
    let Err(rejection) =
        crate::analysis::analyse(Folder::of_texts("m", [("1.sql", text.as_str())]))
    else {
        return Vec::new();
    };
    let shown = |found: &crate::chain::Diagnostic| {
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

const ALLOW: &str = "fix it; if PostgreSQL accepts it as it is, say so above the statement: \
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

/// The start of a second statement without a semicolon before it.
#[test]
fn a_missing_semicolon_is_told_where_the_second_statement_begins() {
    let statements = [
        "CREATE TABLE a (x int)",
        "CREATE TABLE a AS SELECT 1",
        "CREATE UNIQUE INDEX i ON a (x) WHERE x > 1",
        "CREATE VIEW v AS SELECT 1 AS one",
        "CREATE TYPE m AS ENUM ('a')",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END",
        "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE POLICY p ON a USING (true)",
        "CREATE RULE r AS ON DELETE TO a DO (SELECT 1; SELECT 2)",
        "CREATE SEQUENCE q",
        "CREATE EXTENSION hstore",
        "ALTER TABLE a ADD COLUMN y int NOT NULL DEFAULT 1",
        "ALTER TABLE a ENABLE ROW LEVEL SECURITY",
        "ALTER TYPE m ADD VALUE 'b'",
        "DROP TABLE IF EXISTS a, b CASCADE",
        "INSERT INTO a VALUES (1)",
        "INSERT INTO a (x) VALUES (1) ON CONFLICT (x) DO UPDATE SET x = 2",
        "UPDATE a SET x = b.x FROM b",
        "DELETE FROM a",
        "SELECT * FROM a",
        "WITH w AS (SELECT 1) SELECT * FROM w",
        "COMMENT ON TABLE a IS 'x'",
        "GRANT SELECT ON a TO me",
        "TRUNCATE a",
        "DO $$ BEGIN NULL; END $$",
        "CALL p()",
        "SET search_path = public",
        "REFRESH MATERIALIZED VIEW mv",
        "COPY a FROM '/x'",
        "CREATE LANGUAGE plperl",
        "LOCK TABLE a IN SHARE MODE",
    ];
    // The second text is a continuation of the first.
    let is_one = |first: &str, second: &str| {
        first.contains("LANGUAGE sql AS") && second.starts_with("SET")
            || second.starts_with("DELETE") && first == "CREATE TABLE a AS SELECT 1"
    };
    let mut pairs = 0;
    for first in statements {
        for second in statements {
            if is_one(first, second) {
                continue;
            }
            pairs += 1;
            let text = format!("{first}\n  {second};");
            let found = crate::syntax::split_statements(&text);
            let fault = super::syntax::fault(&text, &found[0]);
            let Some(Fault::MissingSemicolon(span)) = fault else { panic!("{text}: {fault:?}") };
            assert_eq!(span.start, first.len() + 3, "{text}");
        }
    }
    assert!(pairs > 1000);
    assert_eq!(
        errors("CREATE TABLE a (x int) -- no end\nCREATE TABLE b (y int);"),
        [
            "5:1 two statements without a `;` between them: `;` is missing before this = end the first \
          statement with `;`; if PostgreSQL accepts the two as one statement, say so above it: \
          `-- migrate:allow(syntax): why`"
        ]
    );
}

/// The parser takes these for one statement; a server does not.
#[test]
fn what_can_be_no_part_of_the_first() {
    for (first, second) in [
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "SET TRANSACTION READ ONLY"),
        (
            "CREATE OR REPLACE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'",
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        ),
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        ),
        ("CREATE SCHEMA s", "CREATE TABLE t AS SELECT 1"),
        (
            "CREATE SCHEMA s CREATE VIEW v AS SELECT 1",
            "CREATE UNLOGGED TABLE IF NOT EXISTS s.t (a) AS TABLE u",
        ),
    ] {
        let found = errors(&format!("{first}\n{second};"));
        assert!(
            found.len() == 1 && found[0].starts_with("5:1 two statements"),
            "{second}: {found:?}"
        );
    }
}

#[test]
fn what_only_looks_like_two_statements() {
    for up in [
        "CREATE SCHEMA s CREATE TABLE a (x int) CREATE VIEW v AS SELECT 1 GRANT SELECT ON v TO me;",
        "CREATE SCHEMA s CREATE TABLE a (x int GENERATED ALWAYS AS (1) STORED) CREATE VIEW v AS SELECT 1;",
        "CREATE SCHEMA s CREATE TABLE a (x int) GRANT SELECT ON a TO me CREATE VIEW v AS SELECT 1;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET TRANSACTION SNAPSHOT 'x' AS 'SELECT 1';",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u VALUES (1); DELETE FROM v);",
        "CREATE RULE r AS ON INSERT TO t DO ALSO\nINSERT INTO u VALUES (1);",
        "EXPLAIN\nSELECT 1;",
        "PREPARE p AS\nSELECT 1;",
        "DECLARE c CURSOR FOR\nSELECT 1;",
        "COPY (SELECT 1) TO '/x';",
        "CREATE VIEW v AS\nWITH w AS (SELECT 1) SELECT * FROM w WITH LOCAL CHECK OPTION;",
        "WITH w AS (SELECT 1)\nINSERT INTO t SELECT * FROM w;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql\nSET search_path = a\nSET ROLE me\nAS 'SELECT 1';",
        "ALTER ROLE me\nSET TIME ZONE 'UTC';",
        "ALTER DATABASE d\nRESET SESSION AUTHORIZATION;",
        "SELECT a update FROM t commit;",
        "CREATE STATISTICS s ON a, b FROM t checkpoint;",
    ] {
        let found: Vec<_> = errors(up)
            .into_iter()
            .filter(|text| text.contains("syntax") || text.contains("`;`"))
            .collect();
        assert!(found.is_empty(), "{up}: {found:?}");
    }
    // The text before is not a statement, so no second statement is reported.
    for (up, place) in [
        ("ALTER TABLE t DELETE COLUMN a;", "4:15 syntax error at `DELETE`"),
        ("ALTER TABLE t\nDROP INDEX i;", "5:12 syntax error at `i`"),
        ("CREATE TABLE t\nINSERT INTO u VALUES (1);", "5:1 syntax error at `INSERT`"),
    ] {
        let found = errors(up);
        assert!(found.len() == 1 && found[0].starts_with(place), "{up}: {found:?}");
    }
}

#[test]
fn values_that_nobody_fills_in() {
    let check = |up: &str, expected: &str| {
        let found = errors(up);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{up}: {found:?}");
    };
    check("INSERT INTO t VALUES (:id);", "4:23 the psql variable `:id` in a migration");
    check("INSERT INTO t SELECT $1;", "4:22 the parameter `$1` in a migration");
    assert!(errors("-- migrate:allow(syntax): it is filled in\nSELECT $1").is_empty());
}

/// SQL of another database is told by how PostgreSQL writes it.
#[test]
fn another_databases_sql_has_help_of_its_own() {
    let check = |up: &str, help: &str| {
        let found = errors(up);
        assert!(found.len() == 1 && found[0].contains(help), "{up}: {found:?}");
        assert!(!found[0].contains("allow("), "{found:?}");
    };
    check(
        "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY);",
        "GENERATED BY DEFAULT AS IDENTITY",
    );
    check("CREATE TABLE `t` (id int);", "double quotes");
    check("CREATE TABLE t (id int) ENGINE=InnoDB;", "storage engines");
    check("CREATE TABLE t (id int UNSIGNED NOT NULL);", "CHECK (name >= 0)");
    check("# a comment\nSELECT 1;", "`--`");
    check("ALTER TABLE t MODIFY COLUMN a int;", "ALTER COLUMN");
    check("INSERT IGNORE INTO t VALUES (1);", "ON CONFLICT DO NOTHING");
    check("REPLACE INTO t VALUES (1);", "ON CONFLICT");
    check("PRAGMA foreign_keys = ON;", "SQLite");
    check("CREATE TABLE [t] (id int);", "double quotes");
    check("CREATE TABLE t (a int, b timestamp ON UPDATE CURRENT_TIMESTAMP);", "trigger");
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
        "DO LANGUAGE plperl $$ this is not looked at $$;",
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

/// The text below it is data, or part of something unterminated.
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
    // Without a reason, or with an unknown code, it allows nothing and is itself an error.
    check("-- migrate:allow(syntax)\nSELECT 1;", 1);
    check("-- migrate:allow(syntax):  \nSELECT 1;", 1);
    check("-- migrate:allow(anything): please\nSELECT 1;", 1);
}

/// Deployed SQL is valid, whatever the parser says.
#[test]
fn what_is_deployed_is_right() {
    let allowed = section("-- migrate:allow(syntax): it works\nFROBNICATE t;");
    let Ok(chain) = crate::analysis::analyse(Folder::of_texts("m", [("1.sql", allowed.as_str())]))
    else {
        panic!()
    };
    let lock = crate::chain::lock_text(&chain, "1").unwrap_or_default();
    // The comment is not part of the digest.
    let check = |up: &str| {
        let text = section(up);
        crate::analysis::analyse(Folder::of_texts(
            "m",
            [("1.sql", text.as_str()), ("chain.lock", &lock)],
        ))
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
    let config =
        crate::chain::Config::read(crate::syntax::Source::new("migrate.toml", "min_server = 1"));
    let Err(rejection) = crate::analysis::analyse_with(folder(), config) else { panic!() };
    let codes: Vec<_> = rejection.diagnostics.iter().map(|found| found.problem.code()).collect();
    assert_eq!(codes, ["syntax", "bad-setting"]);
    assert!(rejection.to_string().contains("--> migrate.toml:1:14"), "{rejection}");
}

#[test]
fn what_needs_a_newer_server_can_be_allowed() {
    let newer = "ALTER TABLE t ALTER a SET EXPRESSION AS (1);";
    let opaque = "-- migrate:opaque touches(t, u)";
    let check = |up: &str, expected: usize| {
        let found = errors(up).into_iter().filter(|text| text.contains("needs PostgreSQL")).count();
        assert_eq!(found, expected, "{up}");
    };
    check(&format!("{opaque}\n{newer}"), 1);
    check(&format!("{opaque}\n-- migrate:allow(needs-server): ours are new\n{newer}"), 0);
}

/// The stack of a compiler is limited, and enough repetition of a word would exhaust it.
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

/// No input may make the replay panic, or run longer than its length justifies.
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
