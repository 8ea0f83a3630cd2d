//! What the analysis reads is never too much for it: any soup of SQL's words, and nesting without end.

use migrate_core::Folder;
use migrate_core::analysis::analyse_with;
use migrate_core::chain::{Config, Level, Lint};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Reads it with each lint denied, so that all of them look at it; whether it found anything.
fn is_refused(up: &str, down: &str) -> bool {
    let file =
        format!("-- revision: 1\n-- message: m\n-- migrate:up\n{up}\n-- migrate:down\n{down}\n");
    let denied = |config: Config, lint: &Lint| config.with_level(*lint, Level::Deny);
    let config = Lint::ALL.iter().fold(Config::default(), denied);
    let read = analyse_with(Folder::of_texts("m", [("1.sql", file.as_str())]), Ok(config));
    read.is_err_and(|rejection| !rejection.to_string().is_empty())
}

/// Beginnings of statements, and what may stand behind them, right or wrong.
fn soup() -> impl Strategy<Value = String> {
    let pieces = "CREATE TABLE t (|CREATE TABLE|ALTER TABLE t|ALTER TABLE|DROP TABLE t|DROP|CREATE INDEX i ON t (|\
        CREATE VIEW v AS|SELECT|ADD COLUMN|ADD CONSTRAINT|DROP COLUMN|RENAME|TO|SET SCHEMA|SET|CREATE TYPE e AS ENUM (|\
        ADD VALUE|ALTER TYPE e|CREATE FUNCTION f(|BEGIN ATOMIC|END|RETURNS|LANGUAGE|AS|$$|DO $$|EXECUTE|CALL f(|\
        CREATE TRIGGER|ON|FOREIGN KEY (|REFERENCES|PRIMARY KEY|UNIQUE (|CHECK (|DEFAULT|LIKE t|INHERITS (|PARTITION OF|\
        FOR VALUES FROM (|IF NOT EXISTS|IF EXISTS|CASCADE|OWNED BY|CREATE SCHEMA s|s.t|t|i|e|f|a int|b serial|\"T\"|\
        search_path =|TEMPORARY|GENERATED ALWAYS AS|IDENTITY|CONCURRENTLY|USING|WHERE|FROM|INSERT INTO t VALUES (|\
        COMMENT ON|GRANT|(|)|,|;|.|::|'|\"|'x'|1|--|/*|\n-- migrate:allow(missing): x\n|\n-- migrate:opaque touches(t)\n|é";
    let pieces: Vec<&'static str> = pieces.split('|').collect();
    // What the parser would refuse is to be replayed, too.
    const TAKEN: &str = "\n-- migrate:allow(syntax): anything goes\n";
    vec(select(pieces), 0..40)
        .prop_map(|pieces| TAKEN.to_owned() + &pieces.join(" ").replace(';', &format!(";{TAKEN}")))
}

proptest! {
    #[test]
    fn any_soup_is_read(up in soup(), down in soup()) {
        is_refused(&up, &down);
    }
}

/// In a stack as small as a thread's of a program, which is a quarter of a compiler's.
#[test]
fn nothing_is_nested_too_deep() {
    let read = || {
        for (open, middle, close) in [
            ("(", "1", ")"),
            ("ARRAY[", "1", "]"),
            ("CASE WHEN a THEN ", "1", " END"),
            ("NOT ", "a", ""),
            ("- ", "1", ""),
            ("a -> ", "b", ""),
            ("(SELECT ", "1", ")"),
            ("f(", "1", ")"),
        ] {
            for count in [100, 1_000] {
                let deep = format!("{}{middle}{}", open.repeat(count), close.repeat(count));
                for sql in [
                    format!("SELECT {deep};"),
                    format!("CREATE TABLE t (a int DEFAULT {deep}, CHECK ({deep}));"),
                    format!("CREATE VIEW v AS SELECT {deep};"),
                    format!("CREATE INDEX i ON t (({deep}));"),
                ] {
                    is_refused(&sql, "SELECT 1;");
                }
            }
        }
        let deepest = format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000));
        is_refused(&format!("CREATE TABLE t (a int DEFAULT {deepest});"), "SELECT 1;");
        let atomic = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC ";
        is_refused(&format!("{} {};", atomic.repeat(5_000), "END; ".repeat(5_000)), "SELECT 1;");
        is_refused(&format!("SELECT 1{};", ", 1".repeat(100_000)), "SELECT 1;");
        is_refused(&format!("CREATE TABLE t ({});", "a int, ".repeat(10_000)), "SELECT 1;");
        is_refused(&"/*".repeat(50_000), "SELECT 1;");
        // Longer than a parser is asked about: no error of its.
        let long = format!("SELECT '{}';", "x".repeat(70 << 10));
        assert!(!is_refused(&long, "SELECT 1;"));
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(read).unwrap();
    thread.join().unwrap();
}
