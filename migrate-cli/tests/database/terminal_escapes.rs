//! What a database says can't speak to the terminal that it is shown on.

use crate::support::Project;

/// A window's title, a cleared screen, hidden text; with eight-bit control characters, too; and text
/// that runs backwards.
const GOTCHA: &str = r"\x1b]0;gotcha\x07\x1b[2J\x1b[8m\u009b2J\r\u202e";

/// All that a terminal obeys, but for our own colours and the end of a line.
fn obeyed(text: &str) -> Vec<char> {
    let plain = regex::Regex::new("\u{1b}\\[([0-2]|3[12346])m").unwrap().replace_all(text, "");
    plain.chars().filter(|c| *c != '\n' && migrate_core::syntax::is_unsafe_to_show(*c)).collect()
}

#[test]
fn a_terminal_is_not_told_what_to_do() {
    let project = Project::line("a b");
    project.run("migrate upgrade a");
    let text = format!("E'{GOTCHA}'");
    let mut client = project.database.connect().unwrap();
    let log = format!(
        "UPDATE migrate_history SET applied_by = {text}, tool = {text}; \
         INSERT INTO migrate_log VALUES (now(), {text}, {text}, {text}, 1, {text}, {text})"
    );
    client.batch_execute(&log).unwrap();
    let raise = format!(
        "DO $$ BEGIN RAISE NOTICE '%', {text}; RAISE EXCEPTION USING MESSAGE = {text}, DETAIL = {text}, \
         HINT = {text}; END $$;"
    );
    project.write("b", "a", &raise, "SELECT 1;");
    let lines = [
        "migrate log -v",
        "migrate log --json",
        "migrate current -v",
        "migrate current --json",
        "migrate status -v",
        "migrate history -i -v",
        "migrate upgrade",
        "migrate upgrade --json",
        "migrate log --json",
    ];
    let check = || {
        for line in lines {
            let shown = project.run(&format!("{line} --color always"));
            assert_eq!(obeyed(&shown), Vec::<char>::new(), "{shown:?}");
        }
    };
    check();
    let raised = project.run("migrate upgrade --color always");
    assert!(raised.contains("\u{fffd}]0;gotcha\u{fffd}\u{fffd}[2J"), "{raised:?}");
    // JSON has it all the same, in escapes.
    let json = project.run("migrate log --json -n 1");
    assert!(json.contains(r"\u001b]0;gotcha\u0007\u001b[2J"), "{json}");
    assert!(json.contains(r"\u009b2J") && json.contains(r"\u202e"), "{json}");
    // A revision's id can't be such a text: the row is none of ours.
    client.batch_execute(&format!("UPDATE migrate_history SET revision = {text}")).unwrap();
    check();
    let row = project.run("migrate current");
    assert!(row.contains("this row is none of ours") && row.ends_with("[exit 1]\n"), "{row}");
}
