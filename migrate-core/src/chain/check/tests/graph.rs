//! Test cases: the graph of the revisions.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    let three = || chain("1 2:1 3:2");
    let copy = |files: Files, name: &str| {
        let text = files.text("2.sql");
        files.and(name, &text)
    };
    vec![
        case("a chain", three(), &[]),
        case("branches that meet again", chain("1 2:1 3:1 4:2,3 5:4"), &[]),
        case(
            "a file copied without a new id",
            copy(three(), "4.sql").edit("4.sql", "t2 ()", "t4 ()"),
            &["duplicate-revision 4.sql:1:14"],
        ),
        case(
            "a copy whose name has the same words",
            copy(chain("1 2:1").rename("2.sql", "2_b.sql").and("2.sql", ""), "2.sql")
                .without("2.sql")
                .and("02_b.sql", &chain("2:1").text("2.sql")),
            &["duplicate-revision 2_b.sql:1:14"],
        ),
        case(
            "a file in the middle, not deployed, is deleted",
            three().without("2.sql"),
            &["unknown-parent 3.sql:2:12"],
        ),
        case(
            "a file that two others follow is deleted",
            chain("1 2:1 3:2 4:2 5:3,4").without("2.sql"),
            &["unknown-parent 3.sql:2:12"],
        ),
        case(
            "a misspelt parent",
            chain("add_users index_users:add_users").edit(
                "index_users.sql",
                "parent: add_",
                "parent: ad_",
            ),
            &["unknown-parent index_users.sql:2:12"],
        ),
        case(
            "`none` as parent",
            three().edit("1.sql", "--\n", "-- parent: None\n"),
            &["unknown-parent 1.sql:2:12"],
        ),
        case(
            "a parent named twice",
            chain("1 2:1 3:2").edit("3.sql", "parent: 2", "parent: 2, 2"),
            &["repeated-parent 3.sql:2:15"],
        ),
        case(
            "a new file without its parent",
            three().edit("3.sql", "-- parent: 2", "--"),
            &["several-bases 3.sql:1:14"],
        ),
        case(
            "a parent line lost in the middle",
            three().edit("2.sql", "-- parent: 1", "--"),
            &["several-bases 2.sql:1:14"],
        ),
        case(
            "a new file without its parent, sorted before a deployed chain",
            chain("b c:b").lock("c").and("a.sql", &chain("a").text("a.sql")),
            &["several-bases a.sql:1:14"],
        ),
        case("two bases that meet", chain("1 2 3:1,2"), &["several-bases 2.sql:1:14"]),
        case("a fork", chain("1 2:1 3:1"), &["fork 3.sql:2:12"]),
        case("a fork further up", chain("1 2:1 3:1 4:2 5:3 6:4"), &["fork 2.sql:2:12"]),
        case("a fork into three", chain("1 2:1 3:1 4:2 5:1"), &["fork 5.sql:2:12"]),
        case(
            "a fork whose second branch is deployed",
            chain("1 3:1").lock("3").and("2.sql", &chain("2:1").text("2.sql")),
            &["fork 2.sql:2:12"],
        ),
        case(
            "a fork whose deployed branch goes on",
            chain("1 3:1")
                .lock("3")
                .and("2.sql", &chain("2:1").text("2.sql"))
                .and("4.sql", &chain("4:3").text("4.sql")),
            &["fork 2.sql:2:12"],
        ),
        case(
            "a revision put in the middle of a deployed chain",
            three().lock("3").and("2b.sql", &chain("2b:1").text("2b.sql")),
            &["fork 2b.sql:2:12"],
        ),
        case(
            "a fork whose branches are both deployed",
            chain("1 2:1 3:1 4:2,3")
                .lock("4")
                .edit("chain.lock", "\n4 ", "\n# 4 ")
                .without("4.sql"),
            &["fork 3.sql:2:12"],
        ),
        case(
            "its own parent",
            chain("1 2:1").edit("2.sql", "parent: 1", "parent: 2"),
            &["cycle 2.sql:2:12"],
        ),
        case("a circle", chain("1:3 2:1 3:2"), &["cycle 1.sql:2:12"]),
        case("a circle and what follows it", chain("1 2:4 3:2 4:3 5:4"), &["cycle 2.sql:2:12"]),
        case(
            "the base follows the head",
            chain("1:3 2:1 3:2").lock_of("1 2:1 3:2", "3"),
            &["pinned-reparented 1.sql:2:12"],
        ),
        case("two merges of one pair", chain("1 2:1 3:1 4:2,3 5:3,2"), &["twin-merges 5.sql:2:12"]),
        case(
            "two merges of one pair, the second deployed",
            chain("1 2:1 3:1 5:2,3").lock("5").and("4.sql", &chain("4:2,3").text("4.sql")),
            &["twin-merges 4.sql:2:12"],
        ),
        case(
            "two files that give one variant",
            chain("1 2:1").rename("1.sql", "1_add_users.sql").rename("2.sql", "2-add users.sql"),
            &["variant-clash 2-add users.sql:1:1"],
        ),
    ]
}
