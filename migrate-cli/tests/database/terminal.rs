//! What a person at a terminal sees, and what Ctrl-C does.

use rexpect::session::{PtySession, spawn_command};

use crate::support::Project;

/// A revision that takes until it is cancelled, or too long.
const SLOW: &str = "CREATE TABLE t_slow ();\nSELECT pg_sleep(60);\nCREATE TABLE t_late ();";

/// Runs a line in a terminal. Its shell survives Ctrl-C, and tells how the line ended.
fn terminal(project: &Project, line: &str) -> PtySession {
    let script = format!("trap : INT; stty cols 100 rows 30; {line}; echo \"[exit $?]\"");
    let mut shell = project.shell(&script);
    shell.env("TERM", "xterm-256color");
    spawn_command(shell, Some(30_000)).unwrap()
}

/// What it printed to the end, and its exit code.
fn end(mut session: PtySession) -> (String, i32) {
    let text = session.exp_eof().unwrap();
    let (text, code) = text.rsplit_once("[exit ").unwrap();
    (text.to_owned(), code.trim_end().trim_end_matches(']').parse().unwrap())
}

#[test]
fn columns_colours_and_a_bar() {
    let project = Project::line("a bcd");
    let (seen, code) = end(terminal(&project, "migrate upgrade"));
    assert_eq!(code, 0, "{seen}");
    // Each revision, when it is done; the bar is gone in the end.
    assert!(seen.contains("\u{1b}[32m+\u{1b}[0m \u{1b}[33ma\u{1b}[0m  Make a  "), "{seen:?}");
    assert!(seen.contains("upgrade bcd Make bcd"), "{seen:?}");
    assert!(seen.contains("2 revisions applied"), "{seen:?}");

    let (seen, _) = end(terminal(&project, "migrate history"));
    assert!(seen.contains("\u{1b}[1m\u{1b}[36m(head)\u{1b}[0m  Make bcd\r\n"), "{seen:?}");
    for quiet in ["NO_COLOR=1 sh -c 'migrate history'", "migrate history --color never"] {
        let (seen, _) = end(terminal(&project, quiet));
        assert_eq!(seen, "a ->       bcd (head)  Make bcd\r\n<base> ->  a           Make a\r\n");
    }
    let seen = project.run("migrate current --color always");
    assert_eq!(
        seen.lines().nth(1),
        Some("\u{1b}[33mbcd\u{1b}[0m \u{1b}[1m\u{1b}[36m(head)\u{1b}[0m")
    );
}

#[test]
fn an_error_has_its_colours_too() {
    let project = Project::empty("colours");
    project.write("a", "", "SELECT wrong();", "SELECT 1;");
    let (seen, code) = end(terminal(&project, "migrate upgrade"));
    assert_eq!(code, 1, "{seen}");
    assert!(seen.contains("\u{1b}[31merror\u{1b}[0m"), "{seen:?}");
    assert_eq!(seen.matches("SELECT wrong();").count(), 1, "{seen}");
}

#[test]
fn a_rename_is_asked() {
    let server = migrate_testkit::Server::shared().unwrap();
    for (answer, expected) in [("y", "RENAME COLUMN a TO b;"), ("n", "DROP COLUMN a;")] {
        let project = Project::empty("rename");
        project.write("start", "", "CREATE TABLE t (a int);", "DROP TABLE t;");
        std::fs::write(project.home().join("schema.sql"), "CREATE TABLE t (b int)").unwrap();
        let line = format!(
            "migrate revision --autogenerate -m Next --rev-id next --models schema.sql --dev-url '{}'",
            server.admin_url()
        );
        let mut session = terminal(&project, &line);
        session.exp_string("column t.a -> t.b: is that a rename?").unwrap();
        session.send_line(answer).unwrap();
        let (seen, code) = end(session);
        assert_eq!(code, 0, "{seen}");
        let text =
            std::fs::read_to_string(project.home().join("migrations/next_next.sql")).unwrap();
        assert!(text.contains(expected), "{answer}: {text}");
    }
}

#[test]
fn before_data_is_deleted_it_is_asked() {
    let server = migrate_testkit::Server::shared().unwrap();
    let gate = "lossy-cast";
    for (allow, models, asked, answer, is_written) in [
        ("", "CREATE TABLE t (b text)", "deletes-data  the column t.a", "n", false),
        ("", "CREATE TABLE t (b text)", "deletes-data  the column t.a", "y", true),
        (
            gate,
            "CREATE TABLE t (a int, b text NOT NULL)",
            "may-fail  fails if b is null",
            "",
            false,
        ),
        (
            gate,
            "CREATE TABLE t (a int, b text NOT NULL)",
            "may-fail  fails if b is null",
            "yes",
            true,
        ),
    ] {
        let project = Project::empty("asked");
        project.write("start", "", "CREATE TABLE t (a int, b text);", "DROP TABLE t;");
        std::fs::write(project.home().join("schema.sql"), models).unwrap();
        let allow =
            if allow.is_empty() { String::new() } else { format!("--allow-hazards {allow}") };
        let line = format!(
            "migrate revision --autogenerate -m Next --rev-id next {allow} --models schema.sql --dev-url '{}'",
            server.admin_url()
        );
        let mut session = terminal(&project, &line);
        session.exp_string(asked).unwrap();
        session.exp_string("Write it? [y/N] ").unwrap();
        session.send_line(answer).unwrap();
        let (seen, code) = end(session);
        assert_eq!(code, i32::from(!is_written), "{seen}");
        assert_eq!(
            seen.contains("nothing was written: 1 hazard is not allowed"),
            !is_written,
            "{seen}"
        );
        let files = std::fs::read_dir(project.home().join("migrations")).unwrap().count();
        assert_eq!(files > 1, is_written, "{seen}");
    }
}

#[test]
fn a_downgrade_asks_and_no_is_no() {
    let project = Project::line("a b");
    project.run("migrate upgrade");
    for (answer, expected) in [("n", "b (head)\n"), ("", "b (head)\n"), ("yes", "a\n")] {
        let mut session = terminal(&project, "migrate downgrade -1");
        session.exp_string("This undoes 1 revision on ").unwrap();
        session.exp_string("Make b").unwrap();
        session.exp_string("drops table t_b").unwrap();
        session.exp_string("Go on? [y/N] ").unwrap();
        session.send_line(answer).unwrap();
        let (seen, code) = end(session);
        assert_eq!(seen.contains("nothing was done"), answer != "yes", "{seen}");
        assert_eq!(code, i32::from(answer != "yes"), "{seen}");
        let current = project.run("migrate current");
        assert_eq!(current, format!("$ migrate current\n{expected}"), "{answer}");
    }
    // Who says so beforehand is not asked.
    assert_eq!(end(terminal(&project, "migrate downgrade base --yes")).1, 0);
}

#[test]
fn two_who_are_asked_at_once_do_not_both_go_on() {
    for command in ["downgrade -1", "stamp -1"] {
        let project = Project::line("a b c");
        project.run("migrate upgrade");
        let mut session = terminal(&project, &format!("migrate {command}"));
        session.exp_string("Go on? [y/N] ").unwrap();
        project.run(&format!("migrate {command} --yes"));
        session.send_line("y").unwrap();
        let (seen, code) = end(session);
        assert!(seen.contains("the database has changed since the plan was made"), "{seen}");
        assert_eq!(code, 1, "{seen}");
        assert_eq!(project.run("migrate current"), "$ migrate current\nb\n", "{command}");
    }
}

#[test]
fn a_stamp_asks_too() {
    let project = Project::line("a b");
    let mut session = terminal(&project, "migrate stamp head --purge");
    session.exp_string("stamp a").unwrap();
    session.exp_string("Go on? [y/N] ").unwrap();
    session.send_line("y").unwrap();
    assert_eq!(end(session).1, 0);
    // There is nothing to ask about.
    assert_eq!(end(terminal(&project, "migrate stamp head")).1, 0);
}

#[test]
fn a_redo_and_a_forget_ask_too() {
    let project = Project::line("a b");
    project.run("migrate upgrade");
    let shown = [
        ("migrate redo", ", and applies it again from its file:", "drops table t_b"),
        ("migrate forget", "This removes migrate's own tables from ", "public.migrate_history"),
    ];
    for (command, first, then) in shown {
        for answer in ["n", "y"] {
            let mut session = terminal(&project, command);
            session.exp_string(first).unwrap();
            session.exp_string(then).unwrap();
            session.exp_string("Go on? [y/N] ").unwrap();
            session.send_line(answer).unwrap();
            let (seen, code) = end(session);
            assert_eq!(code, i32::from(answer == "n"), "{seen}");
            assert_eq!(seen.contains("nothing was done"), answer == "n", "{seen}");
        }
    }
    assert!(project.run("migrate current").contains("no revision is applied"));
}

#[test]
fn ctrl_c_stops_between_statements() {
    let project = Project::line("a");
    let slow = SLOW.replace("60", "3");
    project.write("b", "a", &slow, "DROP TABLE t_slow, t_late;");
    let mut session = terminal(&project, "migrate upgrade");
    session.exp_string("[statement 2 of 3]").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("stopping after this statement; press Ctrl-C again").unwrap();
    let (seen, code) = end(session);
    assert_eq!(code, 1, "{seen}");
    let stopped = "stopped at your request: `a` is done, `b` was rolled back";
    assert!(seen.contains(stopped) && seen.contains("run it again to continue"), "{seen}");
    assert!(project.run("migrate current").ends_with("\na\n"));
}

#[test]
fn a_second_ctrl_c_cancels_the_statement() {
    let project = Project::line("a");
    project.write("b", "a", SLOW, "DROP TABLE t_slow, t_late;");
    let mut session = terminal(&project, "migrate upgrade");
    session.exp_string("[statement 2 of 3]").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("stopping after this statement").unwrap();
    session.send_control('c').unwrap();
    session.exp_string("cancelling what is running").unwrap();
    let (seen, code) = end(session);
    assert_eq!(code, 1, "{seen}");
    // It has not failed.
    let stopped = "stopped at your request: `a` is done, `b` was rolled back";
    assert!(seen.contains(stopped) && !seen.contains("statement_timeout"), "{seen}");
    assert!(project.run("migrate current").ends_with("\na\n"));
    assert!(
        project.run("migrate log --limit 1").contains("canceling statement due to user request")
    );
}

/// Without a terminal a revision is one message, so it is done or not begun.
#[test]
fn sigterm_stops_a_run_after_its_revision() {
    let project = Project::line("a");
    project.write("b", "a", "SELECT pg_sleep(2);", "SELECT 1;");
    project.write("c", "b", "SELECT 1;", "SELECT 1;");
    let seen = project.run(
        "migrate upgrade > out & run=$!; until grep -q Make out; do sleep 0.05; done; kill $run; wait $run",
    );
    assert!(seen.contains("2> stopping at the next safe point; send SIGTERM again"), "{seen}");
    assert!(!seen.contains("Ctrl-C"), "{seen}");
    let stopped = "stopped at your request: 2 revisions are done, up to `b`";
    assert!(seen.contains(stopped) && seen.ends_with("[exit 1]\n"), "{seen}");
    assert!(project.run("migrate current").ends_with("\nb\n"));
}

/// What runs outside a transaction keeps what it has done.
#[test]
fn a_second_sigterm_cancels_what_is_running() {
    let project = Project::line("a");
    let file = project.file("b");
    let text = "-- revision: b\n-- parent: a\n-- message: Make b\n\n-- migrate:up transaction:false\n\
                CREATE TABLE t_slow ();\nSELECT pg_sleep(60);\n\n-- migrate:down\nDROP TABLE t_slow;\n";
    std::fs::write(file, text).unwrap();
    let asleep = "until psql \"$DATABASE_URL\" -qtc \"SELECT count(*) FROM pg_stat_activity WHERE \
                  datname = current_database() AND wait_event = 'PgSleep'\" | grep -q 1; do sleep 0.1; done";
    let seen = project.run(&format!(
        "PATH=$PATH:$(echo /usr/lib/postgresql/*/bin | cut -d' ' -f1); \
         migrate upgrade > out & run=$!; {asleep}; kill $run; sleep 0.5; kill $run; wait $run"
    ));
    let stopped = "stopped at your request: `a` is done, 1 statement of `b` is done";
    assert!(seen.contains(stopped) && seen.ends_with("[exit 1]\n"), "{seen}");
}

/// Nobody reads what it says any more; the run goes on to its end.
#[test]
fn a_run_needs_no_reader() {
    let project = Project::line("a b c d e f");
    project.run("(migrate upgrade 2>&1; echo $? > code) | true");
    assert!(project.run("cat code").ends_with("\n0\n"));
    assert!(project.run("migrate current").ends_with("\nf (head)\n"));
    let wrong = project.run("(migrate upgrade x 2>&1; echo $? > code) | true; cat code");
    assert!(wrong.ends_with("\n1\n"), "{wrong}");
}

/// While it runs, `status` says who migrates.
#[test]
fn status_tells_who_migrates_now() {
    let project = Project::line("a");
    project.write("b", "a", "SELECT pg_sleep(3);", "SELECT 1;");
    let first = "migrate upgrade > out & until grep -q Make out; do sleep 0.05; done; sleep 0.3";
    let seen = project
        .run(&format!("{first}; migrate status; migrate status --json; wait; migrate status"));
    assert_eq!(seen.matches("running: process ").count(), 1, "{seen}");
    assert!(seen.contains(", running the upgrade of b\n"), "{seen}");
    assert!(seen.contains("\"running\":{\"pid\":\""), "{seen}");
}

/// Nothing is silent for minutes: a statement that runs for more than ten seconds is told of, and so is a wait.
#[test]
fn what_takes_long_gives_a_sign_of_life() {
    let project = Project::line("a");
    project.write("b", "a", "SELECT pg_sleep(22);", "SELECT 1;");
    let seen = project.run(
        "migrate upgrade > out 2> err & sleep 1; migrate upgrade; wait; cat err; \
         migrate downgrade -1 --yes; migrate upgrade --json",
    );
    assert!(seen.matches("2> waiting for another migration").count() >= 2, "{seen}");
    assert!(seen.contains("upgrade of `b` has been running for "), "{seen}");
    assert!(
        seen.contains(
            "{\"event\":\"running\",\"direction\":\"upgrade\",\"revision\":\"b\",\"elapsed_ms\":"
        ),
        "{seen}"
    );
}

#[test]
fn who_waits_says_for_whom_and_not_for_ever() {
    let project = Project::line("a");
    project.write("b", "a", "SELECT pg_sleep(4);", "SELECT 1;");
    let first = "migrate upgrade > out & until grep -q Make out; do sleep 0.05; done; sleep 0.3";
    let seen = project.run(&format!(
        "{first}; migrate upgrade --lock-wait-timeout 500ms; echo $?; migrate upgrade --json; wait"
    ));
    assert_eq!(seen.matches("2> waiting for another migration").count(), 1, "{seen}");
    assert!(seen.contains("2> waiting for another migration: process "), "{seen}");
    assert!(seen.contains("2> error: another migration is running: process "), "{seen}");
    // By its revision, and not by what we send around it.
    assert!(seen.contains(", running the upgrade of b; waited"), "{seen}");
    assert!(!seen.contains("BEGIN"), "{seen}");
    assert!(seen.contains("{\"event\":\"waiting\",\"holder\":\"process "), "{seen}");
    // At a terminal, with the statement.
    project.write("c", "b", "SELECT 1;\nSELECT pg_sleep(4);", "SELECT 1;");
    let session = terminal(&project, "migrate upgrade");
    std::thread::sleep(std::time::Duration::from_secs(2));
    let waits = project.run("migrate upgrade --lock-wait-timeout 500ms");
    assert!(waits.contains(", running the upgrade of c, statement 2 of 2; waited"), "{waits}");
    assert_eq!(end(session).1, 0);
    // The one that was patient finds the work done.
    assert!(seen.contains("\"done\":[],\"current\":[{\"revision\":\"b\""), "{seen}");
}
