//! What is advised of a statement that the server refused.

use super::*;

#[test]
fn what_is_there_already_has_advice_by_its_statement() {
    let help = |text: &'static str, at: &str| {
        let failure = Failure {
            code: Some("42710".into()),
            message: String::new(),
            detail: None,
            hint: None,
            position: None,
            source: None,
        };
        let start = text.find(at).unwrap_or_default();
        let source = Source::new("m/2.sql", text);
        let (direction, revision) = (Direction::Up, "2".to_owned());
        let span = Span::new(start, start + at.len());
        let error = StatementError {
            direction,
            revision,
            statement: Some(1),
            total: 1,
            source,
            span,
            failure,
            ended: false,
            aftermath: Aftermath::RolledBack,
            notes: Vec::new(),
            done: Vec::new(),
        };
        error.help()
    };
    let up = "-- revision: 2\n-- migrate:up\nSELECT 1; ALTER TYPE mood ADD VALUE 'calm'; CREATE TYPE a AS ENUM ();\n";
    let added = help(up, "ALTER TYPE mood ADD VALUE 'calm'");
    assert!(added.contains("ADD VALUE IF NOT EXISTS") && !added.contains("stamp"), "{added}");
    for other in ["CREATE TYPE", "SELECT"] {
        let said = help(up, other);
        assert!(said.contains("stamp") && !said.contains("ADD VALUE"), "{said}");
    }
}
