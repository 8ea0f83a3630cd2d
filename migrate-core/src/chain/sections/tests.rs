//! Tests: sections, markers and options, valid and invalid.

use super::*;

/// Parses sections. Compares the SQL of both, and the codes of the problems.
fn check(text: &str, up: Option<&str>, down: Option<&str>, codes: &[&str]) -> Sections {
    let source = Source::new("a.sql", text);
    let tokens: Vec<Token> = Lexer::new(source.text()).collect();
    let mut problems = Vec::new();
    let sections = parse(0, &source, &tokens, &markers(&source, &tokens), &mut problems);
    let sql = |section: &Option<(Section, Span)>| {
        section.map(|(section, _)| source.slice(section.span).to_owned())
    };
    assert_eq!(sql(&sections.up).as_deref(), up, "{text:?}");
    assert_eq!(sql(&sections.down).as_deref(), down, "{text:?}");
    let found: Vec<_> = problems.iter().map(|found| found.problem.code()).collect();
    assert_eq!(found, codes, "{text:?}");
    sections
}

#[test]
fn sections_end_where_the_next_begins() {
    check("-- migrate:up\na;\n-- migrate:down\nb;\n", Some("a;\n"), Some("b;\n"), &[]);
    check("--migrate:up\na;\n  -- migrate:down", Some("a;\n"), Some(""), &[]);
    check("-- migrate:down\nb;\n-- migrate:up\na;", Some("a;"), Some("b;\n"), &[]);
    check("-- revision: a\n", None, None, &[]);
}

#[test]
fn a_marker_inside_a_string_or_a_comment_is_none() {
    let text = "-- migrate:up\nSELECT '\n-- migrate:down\n';";
    check(text, Some("SELECT '\n-- migrate:down\n';"), None, &[]);
    check("-- migrate:up\n$$\n-- migrate:down\n$$", Some("$$\n-- migrate:down\n$$"), None, &[]);
    check("-- migrate:up\n/*\n-- migrate:down\n*/", Some("/*\n-- migrate:down\n*/"), None, &[]);
}

#[test]
fn markers_that_are_wrong() {
    check("-- migrate:upp\na", None, None, &["unknown-section"]);
    check("-- Migrate: Up\na", None, None, &["unknown-section"]);
    check("-- migrate:", None, None, &["unknown-section"]);
    check("-- migrate:up\n-- migrate:allow(serials): why\na", Some(""), None, &["unknown-code"]);
    check("-- migrate:up\n-- migrate:allow(serial)\na", Some(""), None, &["unknown-section"]);
    let allowed = "-- migrate:allow(serial): why\na";
    check(&format!("-- migrate:up\n{allowed}"), Some(allowed), None, &[]);
    check("-- migrate:up\na; -- migrate:down\nb", Some("a; "), Some("b"), &["marker-not-alone"]);
    check("-- migrat:up\na", None, None, &["unknown-section"]);
    check("--- migrate:up\na", None, None, &["unknown-section"]);
    check("-- Migration down\na", None, None, &["unknown-section"]);
    check("-- +goose Up\na", None, None, &["unknown-section"]);
    check("-- migrate up the hill\na", None, None, &[]);
    check("-- go up\n-- integrate: up\na", None, None, &[]);
    check("-- migrate:up\na\n-- migrate:up\nb", Some("a\n"), None, &["duplicate-section"]);
}

#[test]
fn what_is_left_to_do_is_a_problem() {
    check(
        "-- migrate:up\n-- migrate:todo mind b\na;",
        Some("-- migrate:todo mind b\na;"),
        None,
        &["todo"],
    );
    check("-- migrate:up\n--migrate:todo", Some("--migrate:todo"), None, &["todo"]);
    check("-- migrate:up\n-- migrate:todone", Some(""), None, &["unknown-section"]);
    check("-- migrate:up\n-- todo", Some("-- todo"), None, &[]);
}

#[test]
fn options_of_a_section() {
    let text = "-- migrate:up  transaction:false lock_timeout:2s\tstatement_timeout:10min\na";
    let options = check(text, Some("a"), None, &[]).up.map(|(section, _)| section.options);
    let expected = Options {
        transactional: false,
        lock_timeout: Some(Duration::from_secs(2)),
        statement_timeout: Some(Duration::from_secs(600)),
    };
    assert_eq!(options, Some(expected));
    let check = |options: &str, codes| {
        check(&format!("-- migrate:up {options}\na"), Some("a"), None, codes);
    };
    check("transaction:true", &[]);
    check("transaction:no", &["bad-option"]);
    check("transaction", &["bad-option"]);
    check("transactions:false", &["unknown-option"]);
    check("lock_timeout:2", &["bad-option"]);
    check("lock_timeout:2s lock_timeout:3s", &["duplicate-option"]);
    check("loktimeout:2s x", &["unknown-option"]);
    check("transaction:falseSELECT 1", &["bad-option"]);
}

#[test]
fn durations() {
    let check = |text, milliseconds: Option<u64>| {
        assert_eq!(parse_duration(text), milliseconds.map(Duration::from_millis), "{text}");
    };
    check("0", Some(0));
    check("250ms", Some(250));
    check("2s", Some(2_000));
    check("10min", Some(600_000));
    check("1h", Some(3_600_000));
    check("2147483647ms", Some(2_147_483_647));
    check("2147483648ms", None);
    check("99999999999999999999h", None);
    check("9999999999999999999h", None);
    check("5", None);
    check("s", None);
    check("-1s", None);
    check("", None);
}

#[test]
fn test_sections_are_no_part_of_the_others() {
    let text = "-- migrate:up\na;\n-- migrate:down\nb;\n-- migrate:test before up\nc;\n\
                --migrate:test  after up\nd;\n-- migrate:test after down\ne;";
    check(text, Some("a;\n"), Some("b;\n"), &[]);
    let source = Source::new("a.sql", text);
    let found: Vec<_> = test_sections(&source)
        .into_iter()
        .map(|section| (section.when, source.slice(section.span)))
        .collect();
    let expected =
        [(TestTime::BeforeUp, "c;\n"), (TestTime::AfterUp, "d;\n"), (TestTime::AfterDown, "e;")];
    assert_eq!(found, expected);
    assert_eq!(without_tests(&source), "-- migrate:up\na;\n-- migrate:down\nb;\n");
    let source = Source::new("a.sql", "-- migrate:up\nSELECT '\n-- migrate:test after up';\n");
    assert_eq!(without_tests(&source), source.text());

    check("-- migrate:up\na\n-- migrate:test befor up\nb", Some("a\n"), None, &["unknown-section"]);
    check("-- migrate:up\na\n-- migrate:test\nb", Some("a\n"), None, &["unknown-section"]);
    let early = "-- migrate:test after up\na\n-- migrate:up\nb";
    check(early, Some("b"), None, &["section-after-test"]);
}
