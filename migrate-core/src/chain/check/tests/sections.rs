//! Test cases: the sections of a file, and their options.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    let up = |to: &str| chain("1 2:1").edit("2.sql", "-- migrate:up", to);
    let down = |to: &str| chain("1 2:1").edit("2.sql", "-- migrate:down", to);
    let no_down = |files: Files, id: &str| {
        files.edit(&format!("{id}.sql"), &format!("\n-- migrate:down\nDROP TABLE t{id};\n"), "")
    };
    let no_up = |files: Files, id: &str| {
        files.edit(&format!("{id}.sql"), &format!("-- migrate:up\nCREATE TABLE t{id} ();\n"), "")
    };
    let empty = |files: Files, id: &str| {
        let files =
            files.edit(&format!("{id}.sql"), &format!("CREATE TABLE t{id} ();"), "-- later");
        files.edit(&format!("{id}.sql"), &format!("DROP TABLE t{id};\n"), "")
    };
    let merge = || chain("1 2:1 3:1 4:2,3");
    let last = |files: Files, header: &str| {
        files.edit("4.sql", "-- message", &format!("{header}\n-- message"))
    };
    let mut cases = vec![
        case(
            "SQL that is no migration",
            chain("1").and("2.sql", "-- revision: 2\n-- parent: 1\n-- message: m\n\nSELECT 1;\n"),
            &["no-up 2.sql:5:1"],
        ),
        case("a downgrade alone", no_up(chain("1 2:1"), "2"), &["no-up 2.sql:6:1"]),
        case(
            "an empty upgrade",
            chain("1 2:1").edit("2.sql", "CREATE TABLE t2 ();", "-- CREATE TABLE t2 ();"),
            &[],
        ),
        case("no downgrade", no_down(chain("1 2:1"), "2"), &["missing-down 2.sql:6:20"]),
        case(
            "an empty downgrade",
            chain("1 2:1").edit("2.sql", "DROP TABLE t2;", "; ; -- nothing"),
            &["empty-down 2.sql:8:1"],
        ),
        case("both sections empty", empty(chain("1 2:1"), "2"), &[]),
        case(
            "irreversible, and undone",
            chain("1 2:1").edit("2.sql", "-- message", "-- irreversible: no\n-- message"),
            &["irreversible-with-down 2.sql:9:1"],
        ),
        case(
            "irreversible",
            no_down(chain("1 2:1"), "2").edit(
                "2.sql",
                "-- message",
                "-- irreversible: no\n-- message",
            ),
            &[],
        ),
        case(
            "two upgrades, the second meant as downgrade",
            down("-- migrate:up"),
            &["duplicate-section 2.sql:8:1"],
        ),
        case("a misspelt section", down("-- migrate:dwon"), &["unknown-section 2.sql:8:12"]),
        case("an upgrade in capitals", up("-- migrate: UP"), &["unknown-section 2.sql:5:13"]),
        case("no name", up("-- migrate:"), &["unknown-section 2.sql:5:12"]),
        case(
            "something that can't be allowed",
            up("-- migrate:up\n-- migrate:allow(drop-columns): nobody reads it"),
            &["unknown-code 2.sql:6:18"],
        ),
        case(
            "something that can't be allowed, in the header",
            up("-- migrate:allow(error): it is right\n-- migrate:up"),
            &["unknown-code 2.sql:5:18"],
        ),
        case(
            "something that is allowed in the header",
            up("-- migrate:allow(drop-column): nobody reads it\n-- migrate:up"),
            &[],
        ),
        case("a misspelt marker", down("-- migrat:down"), &["unknown-section 2.sql:8:1"]),
        case("a marker without its colon", down("-- migrate down"), &["unknown-section 2.sql:8:1"]),
        case("another tool's marker", up("-- +goose Up"), &["unknown-section 2.sql:5:1"]),
        case(
            "a misspelt marker in a merge",
            merge().edit("4.sql", "-- migrate:down", "-- migrations:down"),
            &["unknown-section 4.sql:8:1"],
        ),
        case(
            "no marker, only a comment",
            up("-- migrate:up\n-- migrate up to the top, then down"),
            &[],
        ),
        case(
            "a misspelt option",
            up("-- migrate:up transactoin:false"),
            &["unknown-option 2.sql:5:15"],
        ),
        case(
            "an option twice",
            up("-- migrate:up lock_timeout:1s lock_timeout:2s"),
            &["duplicate-option 2.sql:5:31"],
        ),
        case(
            "a time without a unit",
            up("-- migrate:up lock_timeout:5"),
            &["bad-option 2.sql:5:15"],
        ),
        case(
            "a marker behind a statement",
            chain("1 2:1").edit("2.sql", "();\n\n-- migrate:down", "(); -- migrate:down"),
            &["marker-not-alone 2.sql:6:21"],
        ),
        case(
            "a marker behind the end of a string of several lines",
            chain("1 2:1").edit(
                "2.sql",
                "();\n\n-- migrate:down",
                "(); SELECT '\n'; -- migrate:down",
            ),
            &["marker-not-alone 2.sql:7:4"],
        ),
        case(
            "an upgrade below a test",
            chain("1 2:1").edit(
                "2.sql",
                "-- migrate:up",
                "-- migrate:test before up\nSELECT 1;\n-- migrate:up",
            ),
            &["section-after-test 2.sql:7:1"],
        ),
        case(
            "a test at no time",
            chain("1 2:1").edit(
                "2.sql",
                "DROP TABLE t2;",
                "DROP TABLE t2;\n-- migrate:test before down",
            ),
            &["unknown-section 2.sql:10:1"],
        ),
        case("a merge", merge(), &[]),
        case("a merge with nothing below its markers", empty(merge(), "4"), &[]),
        case("a merge without a section", no_down(no_up(merge(), "4"), "4"), &[]),
        case(
            "a merge that is irreversible",
            last(no_down(merge(), "4"), "-- irreversible: no"),
            &[],
        ),
        case(
            "a merge that is irreversible, without a section",
            last(no_down(no_up(merge(), "4"), "4"), "-- irreversible: no"),
            &[],
        ),
        case(
            "a merge that does more than it undoes",
            no_down(merge(), "4"),
            &["missing-down 4.sql:6:20"],
        ),
        case(
            "a merge whose downgrade is empty, but not its upgrade",
            merge().edit("4.sql", "DROP TABLE t4;", ""),
            &["empty-down 4.sql:8:1"],
        ),
    ];
    let options = "-- migrate:up transaction:false lock_timeout:0 statement_timeout:10min";
    cases.push(case("all options", up(options), &[]));
    cases.push(case(
        "the downgrade first",
        file("1.sql", "-- revision: 1\n-- message: m\n-- migrate:down\nb\n-- migrate:up\na\n"),
        &[],
    ));
    cases
}
