//! Tables of other tools beside a chain of three.

use migrate_core::{Folder, check as check_folder};

use super::*;
use crate::import::{Body, Original, translate};

fn chain(ids: [&str; 3]) -> Chain<'static> {
    let mut parent = String::new();
    let mut files = Vec::new();
    for id in ids {
        let text = format!(
            "-- revision: {id}\n{parent}-- message: m\n-- irreversible: no\n\n-- migrate:up\nSELECT '{id}';\n"
        );
        parent = format!("-- parent: {id}\n");
        files.push((format!("{id}_make_{id}.sql"), text));
    }
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    check_folder(Folder::of_texts("m", files)).unwrap_or_else(|why| panic!("{why}"))
}

fn row(version: &str) -> Row {
    Row { version: version.to_owned(), ..Row::default() }
}

/// Judges a table of these versions: the revisions to adopt, or the beginnings of what is wrong.
fn check(tool: Tool, ids: [&str; 3], versions: &str, expected: Result<&str, &[&str]>) {
    let rows: Vec<Row> = versions.split_whitespace().map(row).collect();
    let found = verify(tool, &chain(ids), "books", &rows, &[]);
    match (found, expected) {
        (Ok(found), Ok(expected)) => assert_eq!(found.revisions.join(" "), expected, "{versions}"),
        (Err(wrong), Err(expected)) => {
            let found: Vec<&str> = wrong.iter().map(|wrong| wrong.what.as_str()).collect();
            assert_eq!(found, expected, "{versions}");
        }
        (found, _) => panic!("{versions}: {found:?}"),
    }
}

#[test]
fn what_is_applied_is_a_whole_beginning() {
    let ids = ["1", "2", "10"];
    for tool in Tool::lines().filter(|tool| !tool.names_heads_alone()) {
        check(tool, ids, "1 2", Ok("1 2"));
        check(tool, ids, "10 2 1", Ok("1 2 10"));
        check(tool, ids, "", Err(&[&format!("`books` is empty: {tool} has applied nothing here")]));
        check(tool, ids, "1 10", Err(&["`2` is not applied, but `10`, which follows it, is"]));
        check(tool, ids, "1 3", Err(&["`books` has `3`, which is not in this chain"]));
    }
    check(Tool::GolangMigrate, ["000001", "000002", "000010"], "2", Ok("000002"));
    check(Tool::Alembic, ["a", "b", "c"], "b", Ok("b"));
    check(Tool::Alembic, ["a", "b", "c"], "c a", Ok("a c"));
    check(
        Tool::Alembic,
        ["a", "b", "c"],
        "x",
        Err(&["`books` has `x`, which is not in this chain"]),
    );
}

#[test]
fn versions_are_numbers_where_the_tool_counts() {
    check(Tool::Sqlx, ["0001", "0002", "0010"], "1 2", Ok("0001 0002"));
    check(Tool::Diesel, ["0001", "0002", "0010"], "0001", Ok("0001"));
    check(
        Tool::Diesel,
        ["0001", "0002", "0010"],
        "1",
        Err(&["`books` has `1`, which is not in this chain"]),
    );
}

#[test]
fn a_chain_that_refinery_has_run_is_found_by_its_names() {
    let chain = chain(["a", "b", "c"]);
    let migrations = chain.refinery_runner().map(|runner| runner.get_migrations().clone());
    let migrations = migrations.unwrap_or_default();
    let row = |it: &refinery_core::Migration| Row {
        version: it.version().to_string(),
        name: Some(it.name().to_owned()),
        checksum: Some(it.checksum().to_string()),
        failed: false,
    };
    let rows: Vec<Row> = migrations.iter().take(2).map(row).collect();
    let adoption = verify(Tool::Refinery, &chain, "books", &rows, &[]);
    let expected = Adoption { revisions: vec!["a".into(), "b".into()], verified: 2, notes: vec![] };
    assert_eq!(adoption, Ok(expected));
}

#[test]
fn checksums_are_made_again_from_the_chain_or_from_the_original() {
    let chain = chain(["1", "2", "3"]);
    let check = |ran: &str, given: Option<&str>, expected: Result<(usize, usize), &str>| {
        let rows =
            [Row { checksum: checksums::made(Tool::Sqlx, &Row::default(), ran).pop(), ..row("1") }];
        let original = |sql: &str| Imported {
            id: "1".into(),
            parents: vec![],
            message: String::new(),
            created: None,
            stem: String::new(),
            origin: String::new(),
            up: Body { sql: sql.to_owned(), non_transactional: false },
            original: sql.to_owned(),
            down: Err(String::new()),
        };
        let originals: Vec<Imported> = given.map(original).into_iter().collect();
        let found = verify(Tool::Sqlx, &chain, "books", &rows, &originals);
        let found = found.map(|found| (found.verified, found.notes.len()));
        let found =
            found.map_err(|wrong| wrong.iter().map(|it| it.help.clone()).collect::<String>());
        match expected {
            Ok(expected) => assert_eq!(found, Ok(expected), "{ran:?}"),
            Err(part) => {
                assert!(found.as_ref().is_err_and(|help| help.contains(part)), "{found:?}");
            }
        }
    };
    check("SELECT '1';\n", None, Ok((1, 0)));
    check("SELECT '1';", None, Ok((1, 0)));
    check("\u{feff}SELECT '1';\r\n", None, Ok((1, 0)));
    check("SELECT  '1';\n", None, Err("give sqlx's own folder"));
    check("SELECT  '1';\n", Some("SELECT  '1';\n"), Ok((1, 0)));
    check("SELECT 'x';\n", Some("SELECT 'x';\n"), Ok((0, 1)));
    check("SELECT 'x';\n", Some("SELECT 'y';\n"), Err("find the one that was run"));
}

#[test]
fn what_has_failed_is_no_beginning() {
    let rows = [Row { failed: true, ..row("1") }];
    let wrong = verify(Tool::Sqlx, &chain(["1", "2", "3"]), "books", &rows, &[]).err();
    let what = wrong.unwrap_or_default().first().map(|wrong| wrong.what.clone());
    assert_eq!(what.as_deref(), Some("`1` has failed in sqlx, and may be half done"));
}

#[test]
fn tips_are_what_no_other_follows() {
    let chain = chain(["a", "b", "c"]);
    let check = |revisions: &[&str], expected: &[&str]| {
        assert_eq!(tips(&chain, &revisions.iter().copied().collect()), expected);
    };
    check(&["a", "b"], &["b"]);
    check(&["a", "c"], &["a", "c"]);
    check(&[], &[]);
}

#[test]
fn what_a_tool_has_applied_and_nobody_has_recorded() {
    let chain = chain(["1", "2", "3"]);
    let check = |tool, versions: &str, recorded: &[&str], expected: &[&str]| {
        let rows: Vec<Row> = versions.split_whitespace().map(row).collect();
        let recorded = recorded.iter().copied().collect();
        assert_eq!(unrecorded(tool, &chain, &recorded, &rows), expected, "{versions}");
    };
    check(Tool::Sqlx, "1 2", &[], &["1", "2"]);
    check(Tool::Sqlx, "1 2", &["1", "2", "3"], &[]);
    check(Tool::Alembic, "2", &["1"], &["2"]);
    check(Tool::Alembic, "x", &["1"], &["x"]);
    check(Tool::Dbmate, "1 7", &["1"], &["7"]);
    check(Tool::Dbmate, "7", &["1"], &[]);
}

#[test]
fn what_a_tool_has_undone_since() {
    let chain = chain(["1", "2", "3"]);
    let check = |tool, versions: &str, adopted: &[&str], expected: &[&str]| {
        let rows: Vec<Row> = versions.split_whitespace().map(row).collect();
        let adopted = adopted.iter().copied().collect();
        assert_eq!(undone(tool, &chain, &adopted, &rows), expected, "{versions}");
    };
    check(Tool::Sqlx, "1 2", &["1", "2"], &[]);
    check(Tool::Sqlx, "1", &["1", "2"], &["2"]);
    check(Tool::Sqlx, "1", &["1"], &[]);
    check(Tool::Alembic, "2", &["1", "2"], &[]);
    check(Tool::Alembic, "1", &["1", "2", "3"], &["2", "3"]);
    check(Tool::Alembic, "", &["1"], &["1"]);
}

/// Whatever the ends of its lines: what sqlx has run is known again in what was imported.
#[test]
fn an_import_keeps_what_a_checksum_is_of() {
    for (end, last, mark, with_down) in [
        ("\n", "\n", "", false),
        ("\n", "", "", false),
        ("\n", "", "", true),
        ("\n", "\n", "", true),
        ("\r\n", "\r\n", "", false),
        ("\r\n", "\r\n", "", true),
        ("\r\n", "", "", true),
        ("\r\n", "", "\u{feff}", true),
        ("\n", "\n", "\u{feff}", false),
    ] {
        let ran = format!("{mark}SELECT 1;{end}{end}-- é{end}SELECT '2';{last}");
        let file = |path: &str, text: &str| Original { path: path.into(), text: Ok(text.into()) };
        let mut originals = vec![file("1_a.up.sql", &ran)];
        originals.extend(with_down.then(|| file("1_a.down.sql", &format!("SELECT 3;{end}"))));
        let edits = translate(Tool::Sqlx, &originals).unwrap_or_default().edits();
        let files = edits.iter().map(|edit| (edit.name.as_str(), edit.text.as_str()));
        let chain =
            check_folder(Folder::of_texts("m", files)).unwrap_or_else(|why| panic!("{why}"));
        let checksum = checksums::made(Tool::Sqlx, &Row::default(), &ran).pop();
        let adoption = verify(Tool::Sqlx, &chain, "books", &[Row { checksum, ..row("1") }], &[]);
        assert_eq!(adoption.map(|found| found.verified), Ok(1), "{ran:?}");
    }
}
