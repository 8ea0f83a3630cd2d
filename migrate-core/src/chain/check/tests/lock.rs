//! Test cases: the lock file itself.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    let three = || chain("1 2:1 3:2").lock("3");
    let line = |files: &Files, id: &str| {
        let text = files.text(LOCK_FILE);
        let line = text.lines().find(|line| line.starts_with(&format!("{id} "))).unwrap();
        format!("{line}\n")
    };
    let of = |id: &str| line(&three(), id);
    let edit = |from: &str, to: &str| three().edit(LOCK_FILE, from, to);
    // Changes one digit of a digest in the line of revision 2.
    let digit = |key: &str| {
        let line = of("2");
        let at = line.find(key).unwrap() + key.len();
        let digit = if line[at..].starts_with('0') { "1" } else { "0" };
        edit(&line, &format!("{}{digit}{}", &line[..at], &line[at + 1..]))
    };
    let (start, end) = (of("2").find("down=").unwrap(), of("2").find(" chain=").unwrap());
    let without_down = format!("{}down=-{}", &of("2")[..start], &of("2")[end..]);
    // Both sides have pinned the revision that they added: 2 in one branch, 3 in the other.
    let left = line(&chain("1 2:1").lock("2"), "2");
    let right = line(&chain("1 3:1").lock("3"), "3");
    let conflict = format!("<<<<<<< HEAD\n{left}=======\n{right}>>>>>>> topic\n");
    let both = chain("1 2:1 3:1");
    let base = chain("1").lock("1").text(LOCK_FILE);
    vec![
        case(
            "a merge of two branches that both deployed",
            both.and(LOCK_FILE, &format!("{base}{conflict}")),
            &["fork 3.sql:2:12", "lock-conflict chain.lock:5:1"],
        ),
        case(
            "a conflict about one revision, with the common ancestor",
            edit(&of("2"), &format!("<<<<<<< a\n{0}||||||| b\n=======\n{0}>>>>>>> c\n", of("2"))),
            &["lock-conflict chain.lock:5:1"],
        ),
        case("a newer format", edit("version 1", "version 2"), &["lock-version chain.lock:3:1"]),
        case(
            "another file's text",
            chain("1").and(LOCK_FILE, "{}\n"),
            &["lock-version chain.lock:1:1"],
        ),
        case("a lost first line", edit("version 1\n", ""), &["lock-version chain.lock:3:1"]),
        case(
            "a key that there is not",
            edit(&of("2"), &of("2").replace(" up=", " upp=")),
            &["lock-syntax chain.lock:5:1"],
        ),
        case(
            "a line cut short",
            edit(&of("2"), "2 parents=1 up=12\n"),
            &["lock-syntax chain.lock:5:1"],
        ),
        case(
            "a digest cut short, at the end",
            edit(&of("3"), "3 parents=2 up=\n"),
            &["lock-syntax chain.lock:6:1"],
        ),
        case(
            "a bad id",
            edit(&of("2"), &of("2").replacen('2', "base", 1)),
            &["lock-syntax chain.lock:5:1"],
        ),
        case(
            "a line twice",
            edit(&of("2"), &of("2").repeat(2)),
            &["lock-duplicate chain.lock:6:1"],
        ),
        case(
            "a revision twice, once with another downgrade",
            edit(&of("2"), &(without_down + &of("2"))),
            &["lock-duplicate chain.lock:6:1"],
        ),
        case("an edited digest", digit(" up="), &["lock-tampered chain.lock:5:1"]),
        case("an edited chain digest", digit(" chain="), &["lock-tampered chain.lock:5:1"]),
        case(
            "an edited parent",
            edit("3 parents=2", "3 parents=1"),
            &["lock-tampered chain.lock:6:1"],
        ),
        case(
            "an edited id",
            edit("\n2 parents", "\n2b parents"),
            &["lock-tampered chain.lock:5:1"],
        ),
        case("a deleted line", edit(&of("2"), ""), &["lock-tampered chain.lock:5:1"]),
        case(
            "lines in another order",
            edit(&format!("{}{}", of("2"), of("3")), &format!("{}{}", of("3"), of("2"))),
            &[],
        ),
        case("the last line deleted", edit(&of("3"), ""), &[]),
        case("blank lines, comments and CRLF", edit("\n", "\r\n\r\n# a\r\n"), &[]),
        case("an empty lock", chain("1").and(LOCK_FILE, ""), &[]),
    ]
}
