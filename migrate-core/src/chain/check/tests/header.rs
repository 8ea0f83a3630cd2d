//! Test cases: the header of a file.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    let two = || chain("1 2:1 3:2");
    vec![
        case("no id", two().edit("2.sql", "-- revision: 2", "--"), &["missing-key 2.sql:1:1"]),
        case("no message", two().edit("2.sql", "-- message: ", "-- "), &["missing-key 2.sql:1:1"]),
        case(
            "neither a header nor a section",
            chain("1").and("2.sql", "CREATE TABLE t (); -- note: mine\n"),
            &["missing-key 2.sql:1:1", "missing-key 2.sql:1:1", "no-up 2.sql:1:1"],
        ),
        case(
            "a misspelt `parent`",
            two().edit("2.sql", "parent", "parnet"),
            &["unknown-key 2.sql:2:4"],
        ),
        case(
            "a misspelt `parent` of a deployed revision",
            two().lock("3").edit("2.sql", "parent", "parnet"),
            &["unknown-key 2.sql:2:4"],
        ),
        case(
            "a misspelt `revision` of a deployed revision",
            two().lock("3").edit("2.sql", "revision", "revison"),
            &["unknown-key 2.sql:1:4"],
        ),
        case(
            "a misspelt `message`",
            two().edit("2.sql", "message", "Message"),
            &["unknown-key 2.sql:3:4"],
        ),
        case(
            "Alembic's word for the parent",
            two().edit("2.sql", "parent", "down_revision"),
            &["unknown-key 2.sql:2:4"],
        ),
        case(
            "a key that there is not",
            two().edit("2.sql", "-- message", "-- author: me\n-- message"),
            &["unknown-key 2.sql:3:4"],
        ),
        case(
            "a misspelt `irreversible`",
            two().edit("3.sql", "\n-- migrate:down\nDROP TABLE t3;\n", "").edit(
                "3.sql",
                "-- message",
                "-- ireversible: data is lost\n-- message",
            ),
            &["unknown-key 3.sql:3:4"],
        ),
        case(
            "free comments",
            two()
                .edit(
                    "2.sql",
                    "-- message",
                    "-- See https://example.org\n-- http://a.b\n-- message",
                )
                .edit("2.sql", "CREATE", "-- note: below the marker\nCREATE"),
            &[],
        ),
        case(
            "two ids",
            two().edit("2.sql", "-- parent", "-- revision: two\n-- parent"),
            &["duplicate-key 2.sql:2:4"],
        ),
        case(
            "two `parent` lines in a merge",
            chain("1 2:1 3:1 4:2,3").edit("4.sql", "2, 3", "2\n-- parent: 3"),
            &["duplicate-key 4.sql:3:4"],
        ),
        case("an empty `message`", two().edit("2.sql", "Table 2", ""), &["empty-value 2.sql:3:13"]),
        case(
            "an empty `parent`",
            two().edit("2.sql", "parent: 1", "parent:"),
            &["empty-value 2.sql:2:11"],
        ),
        case(
            "an empty `revision`",
            two().lock("2").edit("2.sql", "revision: 2", "revision: "),
            &["empty-value 2.sql:1:14"],
        ),
        case(
            "irreversible for no reason",
            two().edit("3.sql", "\n-- migrate:down\nDROP TABLE t3;\n", "").edit(
                "3.sql",
                "-- message",
                "-- irreversible:\n-- message",
            ),
            &["empty-value 3.sql:3:17"],
        ),
        case(
            "two words as an id",
            two().edit("2.sql", "revision: 2", "revision: 2 b"),
            &["bad-id 2.sql:1:14"],
        ),
        case(
            "a bad id as a parent",
            two().edit("2.sql", "parent: 1", "parent: 1 (start)"),
            &["bad-id 2.sql:2:12"],
        ),
        case(
            "`head` as a parent",
            two().edit("2.sql", "parent: 1", "parent: head"),
            &["bad-id 2.sql:2:12"],
        ),
        case(
            "a comma too many",
            two().edit("2.sql", "parent: 1", "parent: 1,"),
            &["bad-id 2.sql:2:14"],
        ),
        case(
            "SQL before the first section",
            two().edit("2.sql", "-- migrate:up", "SET search_path = app;\n-- migrate:up"),
            &["sql-before-section 2.sql:5:1"],
        ),
        case(
            "a line with one dash",
            two().edit("2.sql", "-- parent", "- parent"),
            &["sql-before-section 2.sql:2:1"],
        ),
        case(
            "a line with another tool's comment",
            two().lock("3").edit("2.sql", "-- revision", "# revision"),
            &["sql-before-section 2.sql:1:1"],
        ),
        case(
            "no up marker, so that the upgrade stands in the header",
            two().edit("2.sql", "-- migrate:up\n", ""),
            &["sql-before-section 2.sql:5:1"],
        ),
        case(
            "a comment in the header that is never closed",
            two().lock("2").edit("2.sql", "-- parent", "/* Why?\n-- parent"),
            &["unterminated-comment 2.sql:2:1"],
        ),
        case(
            "a quote in the header that is never closed",
            two().edit("2.sql", "-- message", "' message"),
            &["unterminated-string 2.sql:3:1"],
        ),
    ]
}
