//! Test cases: deployed revisions that differ from what databases ran.

use super::*;

impl Files {
    /// Adds the lock file of another chain.
    pub(super) fn lock_of(self, graph: &str, through: &str) -> Self {
        self.and(LOCK_FILE, &chain(graph).lock(through).text(LOCK_FILE))
    }
}

pub(super) fn cases() -> Vec<Case> {
    [missing(), edited(), moved(), unchanged()].into_iter().flatten().collect()
}

/// Four revisions; the first three are deployed.
fn four() -> Files {
    chain("1 2:1 3:2 4:3").lock("3")
}

fn missing() -> Vec<Case> {
    let renamed = || four().edit("2.sql", "revision: 2", "revision: two");
    let copied = |name: &str| {
        let text = four().text("2.sql").replace("t2", "t9");
        four().and(name, &text)
    };
    vec![
        case(
            "a file in the middle is deleted",
            four().without("2.sql"),
            &["pinned-missing chain.lock:5:1"],
        ),
        case("the base is deleted", four().without("1.sql"), &["pinned-missing chain.lock:4:1"]),
        case(
            "the deployed head is deleted",
            four().without("3.sql"),
            &["pinned-missing chain.lock:6:1"],
        ),
        case(
            "the head is deleted",
            four().without("4.sql").without("3.sql"),
            &["pinned-missing chain.lock:6:1"],
        ),
        case(
            "the deployed head is deleted, a merge",
            chain("1 2:1 3:1 4:2,3").lock("4").without("4.sql"),
            &["pinned-missing chain.lock:7:1"],
        ),
        case("an id is changed", renamed(), &["pinned-missing 2.sql:1:14"]),
        case(
            "an id is changed, and in the child that names it",
            renamed().edit("3.sql", "parent: 2", "parent: two"),
            &["pinned-missing 2.sql:1:14"],
        ),
        case(
            "the id of the deployed head is changed, and in the child that names it",
            four().edit("3.sql", "revision: 3", "revision: 3b").edit(
                "4.sql",
                "parent: 3",
                "parent: 3b",
            ),
            &["pinned-missing 3.sql:1:14"],
        ),
        case("a copy that sorts after it", copied("2_b.sql"), &["duplicate-revision 2_b.sql:1:14"]),
        case(
            "a copy that sorts before it",
            copied("0_b.sql"),
            &["duplicate-revision 0_b.sql:1:14"],
        ),
    ]
}

fn edited() -> Vec<Case> {
    let alone = chain("1 2:1").edit("2.sql", "migrate:up", "migrate:up transaction:false");
    let misspelt = alone.lock("2").edit("2.sql", "transaction:", "transactoin:");
    let up = |to: &str| four().edit("2.sql", "CREATE TABLE t2 ();", to);
    let marker = |to: &str| four().edit("2.sql", "-- migrate:up", to);
    let down = "\n-- migrate:down\nDROP TABLE t2;\n";
    vec![
        case("a column is added", up("CREATE TABLE t2 (a int);"), &["pinned-edited 2.sql:6:18"]),
        case(
            "a statement is added",
            up("CREATE TABLE t2 ();\nSELECT 1;"),
            &["pinned-edited 2.sql:7:1"],
        ),
        case("the end is cut off", up("CREATE TABLE t2"), &["pinned-edited 2.sql:6:16"]),
        case(
            "the mode is changed",
            marker("-- migrate:up transaction:false"),
            &["pinned-edited 2.sql:5:1"],
        ),
        case("all is deleted", up(""), &["pinned-edited 2.sql:5:1"]),
        case("a string is not closed", up("CREATE TABLE t2 ('a);"), &["pinned-edited 2.sql:6:18"]),
        case(
            "what can't run is put in",
            up("VACUUM; CREATE TABLE t2 ();"),
            &["pinned-edited 2.sql:6:1"],
        ),
        case(
            "a misspelt option",
            marker("-- migrate:up transactoin:false"),
            &["unknown-option 2.sql:5:15"],
        ),
        case("a misspelt option that counts", misspelt, &["unknown-option 2.sql:5:15"]),
        case(
            "a bad value of an option",
            marker("-- migrate:up transaction:no"),
            &["bad-option 2.sql:5:15"],
        ),
        case("a misspelt marker", marker("-- migrate:upp"), &["unknown-section 2.sql:5:12"]),
        case("no marker", marker("--"), &["sql-before-section 2.sql:6:1"]),
        case(
            "a misspelt down marker",
            four().edit("2.sql", "-- migrate:down", "-- migrate:dwn"),
            &["unknown-section 2.sql:8:12"],
        ),
        case(
            "another downgrade",
            four().edit("2.sql", "t2;", "t2 CASCADE;"),
            &["pinned-down-edited 2.sql:9:15"],
        ),
        case(
            "the downgrade is deleted",
            four().edit("2.sql", down, ""),
            &["pinned-down-edited 2.sql:6:20"],
        ),
        case(
            "the downgrade is emptied",
            four().edit("2.sql", "DROP TABLE t2;", ""),
            &["pinned-down-edited 2.sql:8:1"],
        ),
        case(
            "the downgrade gives way to a reason",
            four().edit("2.sql", down, "").edit(
                "2.sql",
                "-- message",
                "-- irreversible: no\n-- message",
            ),
            &["pinned-down-edited 2.sql:7:20"],
        ),
        case(
            "both sections are edited",
            up("CREATE TABLE u2 ();").edit("2.sql", "DROP TABLE t2", "DROP TABLE u2"),
            &["pinned-edited 2.sql:6:14", "pinned-down-edited 2.sql:9:12"],
        ),
    ]
}

fn moved() -> Vec<Case> {
    let new = |graph: &str| four().and("2b.sql", &chain(graph).text("2b.sql"));
    vec![
        case(
            "another parent",
            four().edit("3.sql", "parent: 2", "parent: 1"),
            &["pinned-reparented 3.sql:2:12"],
        ),
        case(
            "an unknown parent",
            four().edit("3.sql", "parent: 2", "parent: x"),
            &["pinned-reparented 3.sql:2:12"],
        ),
        case(
            "a parent that follows it",
            four().edit("2.sql", "parent: 1", "parent: 3"),
            &["pinned-reparented 2.sql:2:12"],
        ),
        case(
            "no parent",
            four().edit("2.sql", "-- parent: 1", "--"),
            &["pinned-reparented 2.sql:1:14"],
        ),
        case(
            "a parent for the base",
            four().edit("1.sql", "--\n", "-- parent: none\n"),
            &["pinned-reparented 1.sql:2:12"],
        ),
        case(
            "a revision put between two deployed ones",
            new("2b:2").edit("3.sql", "parent: 2", "parent: 2b"),
            &["pinned-reparented 3.sql:2:12"],
        ),
        case(
            "a further parent",
            new("2b:1").edit("3.sql", "parent: 2", "parent: 2, 2b"),
            &["pinned-reparented 3.sql:2:12"],
        ),
    ]
}

fn unchanged() -> Vec<Case> {
    let all = |files: Files, edit: fn(&str) -> String| {
        files.0.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>().iter().fold(
            files,
            |files, name| {
                let text = edit(&files.text(name));
                files.and(name, &text)
            },
        )
    };
    let merge = || chain("1 2:1 3:1 4:2,3");
    let sections = "-- migrate:up\nCREATE TABLE t4 ();\n\n-- migrate:down\nDROP TABLE t4;\n";
    let bare = || merge().edit("4.sql", sections, "").lock("4");
    vec![
        case(
            "CRLF and a byte order mark",
            all(four(), |text| format!("\u{feff}{}", text.replace('\n', "\r\n"))),
            &[],
        ),
        case(
            "comments and layout",
            all(four(), |text| text.replace("TABLE", "-- why\n   TABLE")),
            &[],
        ),
        case(
            "a message and a date",
            all(four(), |text| text.replace("-- message: ", "-- created: now\n-- message: The ")),
            &[],
        ),
        case("file names", four().rename("2.sql", "0_second.sql").rename("1.sql", "zero.sql"), &[]),
        case(
            "the order of a merge's parents",
            merge().lock("4").edit("4.sql", "2, 3", "3, 2"),
            &[],
        ),
        case(
            "empty sections in a merge that had none",
            bare()
                .and("4.sql", &format!("{}-- migrate:up\n-- migrate:down\n", bare().text("4.sql"))),
            &[],
        ),
    ]
}
