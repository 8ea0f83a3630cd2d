//! Whatever stands in a file, the lints and the settings are read to the end, and what they point at
//! is there.

use migrate_core::analysis::{analyse_with, blind_spot, lint};
use migrate_core::chain::{Config, Level, Lint};
use migrate_core::syntax::{Source, split_statements};
use migrate_core::{Folder, check};
use proptest::prelude::*;

/// Pieces that statements in migrations are made of, right and wrong.
const PIECES: &str = "CREATE |TABLE |INDEX |CONCURRENTLY |ON |t |u |(a) |(|) |, |a int |ALTER TABLE t |ADD |COLUMN |DROP |\
    RENAME |TO |SET |NOT NULL |DEFAULT |random() |TYPE |varchar(9) |numeric(8, 2) |[] |USING |CONSTRAINT k |CHECK |FOREIGN KEY |\
    REFERENCES |NOT VALID |VALIDATE |UNIQUE |PRIMARY KEY |CASCADE |UPDATE |DELETE FROM |TRUNCATE |WHERE |VIEW |AS |SELECT 1 |\
    MERGE INTO |RETURNING |NULLS |DISTINCT |GENERATED ALWAYS AS |STORED |IDENTITY |SCHEMA s |s.|\"T\" |é|ONLY |PARTITION OF |\
    GRANT MAINTAIN ON |COPY t FROM 'x' |(on_error ignore) |0x1F |-- migrate:allow(drop-column): why\n|\n|;\n|$$ x $$ |DO |serial |\
    CLUSTER |VACUUM |FULL |REINDEX |LIKE u |PERIOD |JSON_TABLE |is json |/* c */ |\
    CREATE INDEX ON t (a);\n|UPDATE t SET a = 1;\n|ALTER TABLE t DROP a;\n|ALTER TABLE t VALIDATE CONSTRAINT k;\n|\
    DROP TABLE u CASCADE;\n|ALTER TABLE t ADD n int NOT NULL;\n|ALTER TABLE t ALTER a TYPE bigint;\n|CREATE TABLE t (a int);\n";

fn sql() -> impl Strategy<Value = String> {
    let pieces: Vec<&str> = PIECES.split('|').collect();
    prop::collection::vec(prop::sample::select(pieces), 0..40).prop_map(|pieces| pieces.concat())
}

fn file(id: &str, parent: &str, up: &str) -> (String, String) {
    let text = format!(
        "-- revision: {id}\n{parent}\n-- message: M\n-- irreversible: a test\n-- migrate:up\n{up}\n;SELECT 1;\n"
    );
    (format!("{id}.sql"), text)
}

proptest! {
    #[test]
    fn lints_are_total(first in sql(), second in sql()) {
        let files = [file("a", "--", &first), file("b", "-- parent: a", &second)];
        let folder = || Folder::of_texts("m", files.iter().map(|(a, b)| (a.as_str(), b.as_str())));
        let all = |config: Config, lint| config.with_level(lint, Level::Deny);
        let strict = Lint::ALL.into_iter().fold(Config::default(), all);
        for statement in split_statements(&first) {
            let _ = blind_spot(&first, &statement);
        }
        let analysed = analyse_with(folder(), Ok(strict.clone()));
        if let Ok(chain) = check(folder()) {
            let found = lint(&chain, &strict, |_| true);
            let sources: Vec<_> = chain.migrations().iter().map(|one| one.source.clone()).collect();
            for found in &found {
                for label in found.diagnostic.primary.iter().chain(&found.diagnostic.related) {
                    let text = sources[label.source].slice(label.span);
                    prop_assert!(!text.is_empty(), "{found:?}");
                }
                prop_assert!(found.diagnostic.render(&sources).contains("= help: "));
            }
            // What is denied is no chain.
            prop_assert!(found.is_empty() || analysed.is_err());
        }
    }

    #[test]
    fn settings_are_total(text in "(min_server|\\[lints\\]|drop-column|serial|=|\"deny\"|\"|#| |\n|15|é|\\[|\\]|\r\n){0,20}") {
        if let Err(rejection) = Config::read(Source::new("migrate.toml", text)) {
            prop_assert!(rejection.to_string().contains("migrate.toml"));
        }
    }
}
