//! Tests: edits, by example.

use super::*;
use crate::chain::check::check;
use crate::chain::lockfile::lock_text;

const NEW: NewRevision<'_> = NewRevision {
    id: "n1",
    message: "Add  users\ntable",
    created: "2026-01-02",
    parent: None,
    up: NewSection::EMPTY,
    down: NewSection::EMPTY,
};

/// Builds a folder of revisions written as `id:parent`.
fn folder(graph: &str, extra: &[(&str, &str)]) -> Folder {
    let file = |node: &str| {
        let (id, parent) = node.split_once(':').unwrap_or((node, ""));
        let parent =
            if parent.is_empty() { String::new() } else { format!("-- parent: {parent}\n") };
        let sql = format!("-- migrate:up\nSELECT '{id}';\n-- migrate:down\nSELECT '-{id}';\n");
        (format!("{id}_file_{id}.sql"), format!("-- revision: {id}\n{parent}-- message: m\n{sql}"))
    };
    let files: Vec<(String, String)> = graph.split_whitespace().map(file).collect();
    let files = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    Folder::of_texts("m", files.chain(extra.iter().copied()))
}

/// The lock file of a chain up to this revision.
fn lock(graph: &str, through: &str) -> String {
    let text = check(folder(graph, &[])).ok().and_then(|chain| lock_text(&chain, through));
    text.unwrap_or_default()
}

#[test]
fn a_new_revision_follows_the_head() {
    let edit = new_revision(folder("a b:a", &[]), NEW);
    let expected = "-- revision: n1\n-- parent: b\n-- message: Add users table\n-- created: 2026-01-02\n\n-- migrate:up\n\n-- migrate:down\n";
    let expected =
        FileEdit { name: "n1_add_users_table.sql".into(), text: expected.into(), replaces: false };
    assert_eq!(edit, Ok(expected));
}

#[test]
fn a_new_revision_can_be_written_whole() {
    let up = NewSection { sql: "SELECT 1;\n\n", transactional: false };
    let down = NewSection { sql: "SELECT 2;", transactional: true };
    let edit = new_revision(folder("a", &[]), NewRevision { up, down, ..NEW });
    let text = edit.map(|edit| edit.text).unwrap_or_default();
    let sections = "-- migrate:up transaction:false\nSELECT 1;\n\n-- migrate:down\nSELECT 2;\n";
    assert!(text.ends_with(sections), "{text}");
}

#[test]
fn the_first_revision_has_no_parent() {
    let edit = new_revision(folder("", &[]), NEW).map(|edit| edit.text.contains("parent"));
    assert_eq!(edit, Ok(false));
}

#[test]
fn what_a_new_revision_can_not_be() {
    let check = |graph: &str, new: NewRevision<'_>, expected: &str| {
        let error = new_revision(folder(graph, &[]), new).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some(expected));
    };
    check("a b:a c:a", NEW, "the chain has 2 heads: `b` and `c`");
    check("a", NewRevision { message: " ", ..NEW }, "the message is empty");
    check(
        "a",
        NewRevision { message: "File a", ..NEW },
        "`a_file_a.sql` is the variant `Revision::FileA` already",
    );
    check(
        "a",
        NewRevision { id: "head", ..NEW },
        "`head` can't be a revision id: this word means a place in every chain",
    );
    check("a n1:a", NEW, "revision `n1` is there already, in `n1_file_n1.sql`");
    check("a", NewRevision { parent: Some("x"), ..NEW }, "there is no revision `x`");
}

#[test]
fn slugs() {
    let check = |message: &str, expected: &str| assert_eq!(slug(message), expected);
    check("Add 2FA & GDPR!", "add_2fa_gdpr");
    check("日本", "revision");
    check(&"word ".repeat(30), &["word"; 12].join("_"));
    check(&"x".repeat(100), &"x".repeat(60));
}

#[test]
fn a_merge_joins_all_heads() {
    let edit = merge(folder("a b:a c:a", &[]), NEW);
    assert_eq!(edit.map(|edit| edit.text.contains("-- parent: b, c\n")), Ok(true));
    let error = merge(folder("a b:a", &[]), NEW);
    assert_eq!(error, Err(EditError::OneHead { head: "b".into() }));
}

#[test]
fn a_rebase_makes_a_fork_a_chain() {
    let fork = "a b:a c:b d:a";
    assert!(check(folder(fork, &[])).is_err());
    let edit = rebase(folder(fork, &[]), "d", "c").unwrap_or(FileEdit {
        name: String::new(),
        text: String::new(),
        replaces: false,
    });
    assert_eq!(edit.name, "d_file_d.sql");
    let mended = folder("a b:a c:b", &[(&edit.name, &edit.text)]);
    let order = check(mended).map(|chain| {
        chain.migrations().iter().map(|migration| migration.id.to_string()).collect::<String>()
    });
    assert_eq!(order.ok().as_deref(), Some("abcd"));
}

#[test]
fn a_second_base_gets_a_parent_line() {
    let edit = rebase(folder("a b", &[]), "b", "a").map(|edit| edit.text);
    assert!(
        edit.is_ok_and(|text| text.starts_with("-- revision: b\n-- parent: a\n-- message: m\n"))
    );
}

#[test]
fn what_can_not_be_rebased() {
    let lock = lock("a b:a", "b");
    let locked = [(LOCK_FILE, lock.as_str())];
    let check = |graph: &str, id: &str, onto: &str, expected: EditError| {
        assert_eq!(rebase(folder(graph, &locked), id, onto), Err(expected), "{id} onto {onto}");
    };
    let pinned = |id: &str, movable: Option<(&str, &str)>, forks| EditError::Deployed {
        id: id.into(),
        movable: movable.map(|(first, onto)| (first.into(), onto.into())),
        forks,
    };
    check("a b:a c:a d:c", "b", "d", pinned("b", Some(("c", "b")), true));
    check("a b:a e:b c:a d:c", "b", "c", pinned("b", Some(("c", "e")), true));
    // There is no fork, so there is nothing to move.
    check("a b:a c:b", "b", "c", pinned("b", None, false));
    check("a b:a c:b", "b", "a", pinned("b", None, false));
    check("a b:a c:b d:c", "c", "d", EditError::Circle { id: "c".into(), onto: "d".into() });
    check("a b:a c:a m:b,c", "m", "a", EditError::Merge { id: "m".into() });
    let unknown = EditError::UnknownRevision { id: "x".into(), suggestion: Some("a".into()) };
    check("a b:a", "x", "a", unknown);
}

#[test]
fn of_two_pinned_branches_none_is_moved() {
    let pins = [lock("a b:a", "b"), lock("a c:a", "c")];
    let pinned_too = pins[1].lines().last().unwrap_or_default();
    let lock = format!("{}{pinned_too}\n", pins[0]);
    let error = rebase(folder("a b:a c:a", &[(LOCK_FILE, &lock)]), "b", "c").err();
    let help = error.map(|error| error.help()).unwrap_or_default();
    assert_eq!(help, "databases ran both branches; join them: `migrate merge -m \"…\"`");
}

#[test]
fn an_accepted_downgrade_is_pinned_anew() {
    let lock = lock("a b:a", "b");
    let edited = "-- revision: b\n-- parent: a\n-- message: m\n-- migrate:up\nSELECT 'b';\n-- migrate:down\nSELECT 'better';\n";
    let files = [("b_file_b.sql", edited), (LOCK_FILE, lock.as_str())];
    assert!(check(folder("a", &files)).is_err());
    let edit = accept_down(folder("a", &files), "b").map(|edit| edit.text).unwrap_or_default();
    let files = [("b_file_b.sql", edited), (LOCK_FILE, edit.as_str())];
    assert!(check(folder("a", &files)).is_ok());
    let not_pinned = accept_down(folder("a c:a", &files[1..]), "c");
    assert_eq!(not_pinned, Err(EditError::NotDeployed { id: "c".into() }));
}
