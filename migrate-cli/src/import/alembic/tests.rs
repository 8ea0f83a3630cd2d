//! Folders of Alembic's, and what becomes of them.

use crate::program_name::ProgramName;
use migrate_core::{Folder, check as check_folder};

use super::*;

/// A revision's file, as Alembic's template has it.
fn file(id: &str, revises: &str, code: &str) -> Original {
    let text = format!(
        "\"\"\"Make {id}\n\nRevision ID: {id}\nRevises: {revises}\nCreate Date: 2025-12-17 10:11:12.131\n\n\"\"\"\nfrom alembic import op\n\nrevision: str = '{id}'\n{code}\n"
    );
    Original { path: format!("versions/{id}_make_{id}.py"), text: Ok(text) }
}

fn printed(script: &str) -> Sql {
    Sql::Printed { script: script.to_owned(), stopped: None }
}

fn stopped(script: &str) -> Sql {
    Sql::Printed { script: script.to_owned(), stopped: Some("NotImplementedError".to_owned()) }
}

fn wrong(originals: &[Original], expected: &[&str]) {
    let found = read(originals).err().unwrap_or_default();
    let found: Vec<String> = found
        .iter()
        .map(|wrong| wrong.text(&ProgramName::new("migrate", &[])).replace("\n -->", " @"))
        .collect();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found} is not {expected}");
    }
}

#[test]
fn a_folder_with_a_fork_and_its_merge() {
    let originals = [
        file("m", "b, c", "down_revision = ('b', 'c')"),
        file("b", "x", "down_revision = 'a'"),
        file("c", "a", "down_revision = 'a'\nbranch_labels = ('right',)\ndepends_on = None"),
        file("a", "", "down_revision = None"),
        Original { path: "versions/__init__.py".into(), text: Ok(String::new()) },
        Original { path: "script.py.mako".into(), text: Ok(String::new()) },
    ];
    let graph = read(&originals).unwrap_or_default();
    let order: Vec<&str> = graph.revisions.iter().map(|found| found.id.as_str()).collect();
    assert_eq!(order, ["a", "b", "c", "m"]);
    assert_eq!(
        graph.notes,
        [
            "`versions/b_make_b.py`: its docstring says that it revises `x`, `down_revision` says `a`, which was taken",
            "`versions/c_make_c.py`: the branch label `right` has no counterpart, and was left out",
        ]
    );
    let up = |id: &str, sql: &str| {
        printed(&format!(
            "BEGIN;\n\n-- Running upgrade  -> {id}\n\n{sql}\n\nUPDATE alembic_version SET x;\n\nCOMMIT;\n\n"
        ))
    };
    let down = |id: &str, sql: &str| {
        printed(&format!(
            "BEGIN;\n\n-- Running downgrade {id} -> \n\n{sql}\n\nUPDATE alembic_version SET x;\n\nCOMMIT;\n\n"
        ))
    };
    let sql = HashMap::from([
        ("a".to_owned(), (up("a", "CREATE TABLE a ();"), down("a", "DROP TABLE a;"))),
        (
            "b".to_owned(),
            (
                up("b", "COMMIT;\nCREATE INDEX CONCURRENTLY i ON a ((1));\nBEGIN;"),
                stopped("-- Running downgrade b -> a\n"),
            ),
        ),
        (
            "c".to_owned(),
            (
                up("c", "SELECT 1;"),
                stopped("-- Running downgrade c -> b\nSELECT 2;\n-- Running downgrade b -> a\n"),
            ),
        ),
    ]);
    let translation = translate(graph, sql, "alembic_version").unwrap_or_default();
    let edits = translation.edits();
    let files: Vec<(&str, &str)> =
        edits.iter().map(|edit| (edit.name.as_str(), edit.text.as_str())).collect();
    assert_eq!(
        files,
        [
            (
                "a_make_a.sql",
                "-- revision: a\n-- message: Make a\n-- created: 2025-12-17\n\n-- migrate:up\nCREATE TABLE a ();\n-- migrate:down\nDROP TABLE a;\n"
            ),
            (
                "b_make_b.sql",
                "-- revision: b\n-- parent: a\n-- message: Make b\n-- created: 2025-12-17\n-- irreversible: imported from Alembic, which gives no SQL of the downgrade: NotImplementedError\n\n-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON a ((1));\n"
            ),
            (
                "c_make_c.sql",
                "-- revision: c\n-- parent: a\n-- message: Make c\n-- created: 2025-12-17\n\n-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n"
            ),
            (
                "m_make_m.sql",
                "-- revision: m\n-- parent: b, c\n-- message: Make m\n-- created: 2025-12-17\n\n-- migrate:up\n-- migrate:down\n"
            ),
        ]
    );
    if let Err(rejection) = check_folder(Folder::of_texts("m", files)) {
        panic!("{rejection}");
    }
}

#[test]
fn a_dependency_becomes_a_parent_unless_it_is_an_ancestor() {
    let originals = [
        file("a", "", "down_revision = None\nbranch_labels = 'base_of_all'"),
        file("b", "a", "down_revision = 'a'"),
        file("c", "a", "down_revision = 'a'\ndepends_on = ('b', 'base_of_all')"),
    ];
    let graph = read(&originals).unwrap_or_default();
    let parents: Vec<String> =
        graph.revisions.iter().map(|found| found.parents.join("+")).collect();
    assert_eq!(parents, ["", "a", "a+b"]);
    assert_eq!(graph.notes.len(), 2, "{:?}", graph.notes);
}

#[test]
fn folders_that_can_not_be_imported() {
    wrong(&[], &["there is no migration of Alembic in the folder"]);
    let diesel = Original { path: "1_a/up.sql".into(), text: Ok("SELECT 1;".into()) };
    wrong(&[diesel], &["these look like diesel's"]);
    wrong(
        &[
            file("a", "", "down_revision = make()"),
            file("b", "a", "down_revision = 'nowhere'"),
            Original { path: "c.py".into(), text: Ok("down_revision = 'b'\n".into()) },
            Original { path: "d.py".into(), text: Ok("revision = 'two words'\n".into()) },
            Original { path: "e.py".into(), text: Ok("revision = 'b'\n".into()) },
            Original { path: "f.py".into(), text: Err("it is not UTF-8".into()) },
        ],
        &[
            "`down_revision` is `make()`, which is not run here @ versions/a_make_a.py:11",
            "the revision has no id @ c.py",
            "`two words` can't be a revision id",
            "revision `b` is there twice, first in `versions/b_make_b.py` @ e.py",
            "the file can't be read: it is not UTF-8 @ f.py",
            "`b` follows `nowhere`, which is in no file",
        ],
    );
}

#[test]
fn an_upgrade_without_sql_is_told() {
    let graph = || read(&[file("a", "", "down_revision = None")]).unwrap_or_default();
    let check = |up: Option<Sql>, expected: &str| {
        let sql = up.map(|up| ("a".to_owned(), (up, Sql::Missing))).into_iter().collect();
        let wrong = translate(graph(), sql, "alembic_version").err().unwrap_or_default();
        let found = wrong.first().map(|wrong| wrong.what.clone()).unwrap_or_default();
        assert_eq!(found, format!("there is no SQL of the upgrade of `a`: {expected}"));
    };
    check(None, "it was not given");
    check(Some(stopped("-- Running upgrade  -> a\n")), "NotImplementedError");
    check(Some(printed("-- Running upgrade a -> b\n")), "the script is of another revision");
}
