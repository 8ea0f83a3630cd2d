//! Folders of other tools, and what becomes of them; each one is checked as a chain.

use crate::program_name::ProgramName;
use migrate_core::{Folder, check as check_folder};

use super::*;

mod others;

fn originals(files: &[(&str, &str)]) -> Vec<Original> {
    let original = |(path, text): &(&str, &str)| Original {
        path: (*path).to_owned(),
        text: Ok((*text).to_owned()),
    };
    files.iter().map(original).collect()
}

/// Imports a folder. What comes of it makes a chain; it is shown as its files, joined.
fn check(tool: Tool, files: &[(&str, &str)], expected: &[(&str, &str)]) {
    let translation = translate(tool, &originals(files)).unwrap_or_default();
    let edits = translation.edits();
    let found: Vec<(&str, &str)> =
        edits.iter().map(|edit| (edit.name.as_str(), edit.text.as_str())).collect();
    assert_eq!(found, expected, "{tool}: {:?}", translate(tool, &originals(files)));
    if let Err(rejection) = check_folder(Folder::of_texts("m", found)) {
        panic!("{tool}: {rejection}");
    }
}

/// A folder that can't be imported: the places and the beginnings of what is wrong.
fn refuse(tool: Tool, files: &[(&str, &str)], expected: &[&str]) {
    let wrong = translate(tool, &originals(files)).err().unwrap_or_default();
    let found: Vec<String> = wrong
        .iter()
        .map(|wrong| wrong.text(&ProgramName::new("migrate", &[])).replace("\n -->", " @"))
        .collect();
    assert_eq!(found.len(), expected.len(), "{tool}: {found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{tool}: {found} is not {expected}");
    }
}

#[test]
fn refinery() {
    check(
        Tool::Refinery,
        &[
            ("V10__Add_age.sql", "ALTER TABLE a ADD age int;"),
            ("sub/V2__b.sql", "CREATE TABLE b ();\n"),
            ("U1__initial.sql", "\u{feff}CREATE TABLE a ();\r\n"),
            ("mod.rs", ""),
        ],
        &[
            (
                "1_initial.sql",
                "-- revision: 1\n-- message: initial\n-- irreversible: imported from refinery, which has no downgrades\n\n-- migrate:up\nCREATE TABLE a ();\r\n",
            ),
            (
                "2_b.sql",
                "-- revision: 2\n-- parent: 1\n-- message: b\n-- irreversible: imported from refinery, which has no downgrades\n\n-- migrate:up\nCREATE TABLE b ();\n",
            ),
            (
                "10_Add_age.sql",
                "-- revision: 10\n-- parent: 2\n-- message: Add age\n-- irreversible: imported from refinery, which has no downgrades\n\n-- migrate:up\nALTER TABLE a ADD age int;",
            ),
        ],
    );
    refuse(
        Tool::Refinery,
        &[
            ("V1__a.rs", ""),
            ("V1.5__b.sql", "SELECT 1;"),
            ("V01__c.sql", "SELECT 1;"),
            ("a/V1__d.sql", "SELECT 1;"),
        ],
        &[
            "written in Rust can't be imported @ V1__a.rs",
            "`1.5` is no version",
            "version 1 is there twice, first in `V01__c.sql` @ a/V1__d.sql",
        ],
    );
}

#[test]
fn sqlx() {
    check(
        Tool::Sqlx,
        &[
            ("20240102030405_create_users.up.sql", "CREATE TABLE users ();"),
            ("20240102030405_create_users.down.sql", "DROP TABLE users;"),
            (
                "20240103000000_create_users.sql",
                "-- no-transaction\nCREATE INDEX CONCURRENTLY i ON users ((1));\n",
            ),
            ("README.md", ""),
            ("sub/1_x.sql", "no"),
        ],
        &[
            (
                "20240102030405_create_users.sql",
                "-- revision: 20240102030405\n-- message: create users\n-- created: 2024-01-02\n\n-- migrate:up\nCREATE TABLE users ();\n-- migrate:down\nDROP TABLE users;",
            ),
            (
                "20240103000000_create_users_2.sql",
                "-- revision: 20240103000000\n-- parent: 20240102030405\n-- message: create users\n-- created: 2024-01-03\n-- irreversible: imported from sqlx, without a down file\n\n-- migrate:up transaction:false\n-- no-transaction\nCREATE INDEX CONCURRENTLY i ON users ((1));\n",
            ),
        ],
    );
    refuse(
        Tool::Sqlx,
        &[("1_a.down.sql", ""), ("a_b.sql", ""), ("notes.sql", "")],
        &["`a` is no version of sqlx's", "a down file has no up file @ 1_a.down.sql"],
    );
    refuse(
        Tool::Sqlx,
        &[("V1__a.sql", "SELECT 1;")],
        &["these look like refinery's: `migrate import refinery …`"],
    );
    refuse(Tool::Sqlx, &[("2024-01-01-000000_a/up.sql", "x")], &["these look like diesel's"]);
    refuse(Tool::Sqlx, &[], &["sqlx has them as `1_name.sql`"]);
}

#[test]
fn diesel() {
    check(
        Tool::Diesel,
        &[
            ("00000000000000_diesel_initial_setup/down.sql", "DROP FUNCTION f;\n"),
            (
                "00000000000000_diesel_initial_setup/up.sql",
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n",
            ),
            ("2024-01-02-030405_index/up.sql", "CREATE INDEX CONCURRENTLY i ON a (b);\n"),
            ("2024-01-02-030405_index/down.sql", "-- This can't be\n-- undone\n"),
            ("2024-01-02-030405_index/metadata.toml", "run_in_transaction = false\n"),
            (".keep", ""),
        ],
        &[
            (
                "00000000000000_diesel_initial_setup.sql",
                "-- revision: 00000000000000\n-- message: diesel initial setup\n\n-- migrate:up\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n-- migrate:down\nDROP FUNCTION f;\n",
            ),
            (
                "20240102030405_index.sql",
                "-- revision: 20240102030405\n-- parent: 00000000000000\n-- message: index\n-- created: 2024-01-02\n-- irreversible: imported from diesel, where the downgrade has no statement: This can't be undone\n\n-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON a (b);\n",
            ),
        ],
    );
    refuse(
        Tool::Diesel,
        &[
            ("1_a/down.sql", ""),
            ("2_b/up.sql", ""),
            ("2_b/metadata.toml", "run_in_transaction = maybe"),
            ("3_c/notes", ""),
        ],
        &[
            "the folder has no `up.sql` @ 1_a",
            "`run_in_transaction` is `maybe` @ 2_b/metadata.toml:1",
        ],
    );
}

#[test]
fn dbmate() {
    check(
        Tool::Dbmate,
        &[
            (
                "20240102030405_a.sql",
                "-- author: me\n\n-- migrate:up\nCREATE TABLE a ();\n\n-- migrate:down\nDROP TABLE a;\n",
            ),
            (
                "20240102030406.sql",
                "--migrate:up  transaction:false\r\nVACUUM a;\r\n--migrate:down\r\n",
            ),
        ],
        &[
            (
                "20240102030405_a.sql",
                "-- revision: 20240102030405\n-- message: a\n-- created: 2024-01-02\n\n-- migrate:up\n-- author: me\n\nCREATE TABLE a ();\n\n-- migrate:down\nDROP TABLE a;\n",
            ),
            (
                "20240102030406_revision.sql",
                "-- revision: 20240102030406\n-- parent: 20240102030405\n-- message: Revision 20240102030406\n-- created: 2024-01-02\n-- irreversible: imported from dbmate, where the downgrade has no statement\n\n-- migrate:up transaction:false\nVACUUM a;\r\n",
            ),
        ],
    );
    refuse(
        Tool::Dbmate,
        &[
            ("1_a.sql", "SELECT 1;\n-- migrate:up\n"),
            ("2_a.sql", "\n-- migrate:down\n-- migrate:up\n"),
            ("3_a.sql", "-- migrate:up\n-- migrate:up\n"),
            ("4_a.sql", "-- nothing\n"),
        ],
        &[
            "SQL stands above `-- migrate:up` @ 1_a.sql:1",
            "stands above `-- migrate:up` @ 2_a.sql:2",
            "there twice @ 3_a.sql:2",
            "no `-- migrate:up` @ 4_a.sql:1",
        ],
    );
}

#[test]
fn goose() {
    check(
        Tool::Goose,
        &[
            (
                "00001_a.sql",
                "-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;\n-- +goose StatementEnd\n\n-- +goose Down\nDROP FUNCTION f;\n",
            ),
            (
                "00002_b.sql",
                "-- +goose NO TRANSACTION\n-- +goose Up\nVACUUM;\n-- +goose Down\nVACUUM;\n",
            ),
            ("embed.go", ""),
            ("00003_b_test.go", ""),
        ],
        &[
            (
                "00001_a.sql",
                "-- revision: 1\n-- message: a\n\n-- migrate:up\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;\n\n-- migrate:down\nDROP FUNCTION f;\n",
            ),
            (
                "00002_b.sql",
                "-- revision: 2\n-- parent: 1\n-- message: b\n\n-- migrate:up transaction:false\nVACUUM;\n-- migrate:down transaction:false\nVACUUM;\n",
            ),
        ],
    );
    refuse(
        Tool::Goose,
        &[
            ("1_a.go", ""),
            ("2_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\n"),
            ("3_a.sql", "-- +goose Down\n"),
            ("4_a.sql", "SELECT 1;\n"),
            ("5_a.sql", "-- +goose Up\n-- +goose up\n"),
            ("6_a.sql", "-- +goose Up\n-- +goose Sideways\n"),
        ],
        &[
            "written in Go can't be imported @ 1_a.go",
            "filled in from variables when it runs @ 2_a.sql:2",
            "stands above `-- +goose Up` @ 3_a.sql:1",
            "SQL stands above `-- +goose Up` @ 4_a.sql:1",
            "there twice @ 5_a.sql:2",
            "`-- +goose Sideways` is not understood @ 6_a.sql:2",
        ],
    );
}

/// What another tool's file says may not become more than the SQL of one section.
#[test]
fn markers_in_the_sql_are_told_by_the_check() {
    let files = [("1_a.sql", "CREATE TABLE a ();\n-- migrate:down\nDROP TABLE a;\n")];
    let translation = translate(Tool::Sqlx, &originals(&files)).unwrap_or_default();
    let edits = translation.edits();
    let files = edits.iter().map(|edit| (edit.name.as_str(), edit.text.as_str()));
    let rejection = check_folder(Folder::of_texts("m", files)).err();
    assert!(rejection.is_some(), "{edits:?}");
}

#[test]
fn a_chain_is_not_imported_again() {
    let file = ("1_a.sql", "-- revision: 1\n-- message: a\n\n-- migrate:up\nSELECT 1;\n");
    for tool in Tool::lines() {
        refuse(tool, &[file], &["the folder is a chain already @ 1_a.sql"]);
    }
    let wrong = alembic::read(&originals(&[file])).err().unwrap_or_default();
    assert_eq!(wrong.len(), 1);
    // A comment is none.
    let sql = "-- revision: of the tables\nSELECT 1;\n";
    assert!(translate(Tool::Sqlx, &originals(&[("1_a.sql", sql)])).is_ok());
}
