//! What each command prints, as text and as JSON, and how it exits.

use std::fs;

use crate::support::{Project, shows};

#[test]
fn before_anything_is_applied() {
    let project = Project::line("a b");
    shows(
        "before_anything_is_applied",
        &project.runs(&[
            "migrate current",
            "migrate current --json",
            "migrate status",
            "migrate status --json",
            "migrate status --exit-code --quiet",
            "migrate verify",
            "migrate verify --json",
            "migrate check --at-head",
            "migrate downgrade -1",
            "migrate history -i",
        ]),
    );
}

#[test]
fn up_and_down() {
    let project = Project::line("a b c");
    shows(
        "up_and_down",
        &project.runs(&[
            "migrate upgrade +1",
            "migrate current",
            "migrate current -v",
            "migrate current --json",
            "migrate status -v",
            "migrate status --json",
            "migrate upgrade --json",
            "migrate upgrade",
            "migrate upgrade head --json",
            "migrate current",
            "migrate verify",
            "migrate verify --json",
            "migrate check --at-head",
            "migrate check --at-head --json",
            "migrate status --exit-code",
            "migrate downgrade -1",
            "migrate downgrade -1 --json",
            "migrate upgrade a",
            "migrate upgrade b:c",
            "migrate downgrade head",
            "migrate downgrade base --quiet",
            "migrate downgrade base",
        ]),
    );
}

#[test]
fn stamps() {
    let project = Project::line("a b c");
    shows(
        "stamps",
        &project.runs(&[
            "migrate stamp head --dry-run",
            "migrate stamp b",
            "migrate stamp b --json",
            "migrate stamp head --purge --dry-run --json",
            "migrate stamp head --purge",
            "migrate stamp -1",
            "migrate stamp nowhere",
            "migrate stamp base --json",
            "migrate stamp",
        ]),
    );
}

#[test]
fn the_chain_and_where_the_database_is_in_it() {
    let project = Project::line("a b c d");
    project.run("migrate upgrade b");
    shows(
        "the_chain_and_where_the_database_is_in_it",
        &project.runs(&[
            "migrate history",
            "migrate history --json",
            "migrate history -i",
            "migrate history -r b:c",
            "migrate history -r -2:current -i --json",
            "migrate history -rcurrent:",
            "migrate history -v -r :a",
            "migrate heads",
            "migrate heads -v",
            "migrate heads --json",
            "migrate branches --json",
            "migrate show head-1",
            "migrate show c --json",
            "migrate show base",
        ]),
    );
}

#[test]
fn a_fork_and_its_mending() {
    let project = Project::line("a b");
    project.write("c", "a", "CREATE TABLE t_c ();", "DROP TABLE t_c;");
    let all = project.runs(&[
        "migrate history",
        "migrate heads",
        "migrate heads --json",
        "migrate branches",
        "migrate branches --json",
        "migrate check",
        "migrate check --json",
        "migrate status",
        "migrate current",
        "migrate upgrade",
        "migrate merge -m 'Both of them' --rev-id m --json",
        "migrate history",
        "migrate upgrade",
        "migrate current",
    ]);
    shows("a_fork_and_its_mending", &all);
}

#[test]
fn files_are_written_and_pinned() {
    let project = Project::line("a b");
    project.run("migrate upgrade a");
    let all = project.runs(&[
        "migrate revision -m 'Add users' --rev-id c",
        "migrate revision -m 'Add more' --rev-id d --json",
        "migrate revision -m 'Add users' --autogenerate",
        "migrate rebase d --onto b --json",
        "rm migrations/c_* migrations/d_*; migrate lock --from-database",
        "migrate status",
        "migrate lock --through b --json",
        "migrate lock --accept-down b --json",
        "migrate show b | head -n 6",
        "EDITOR=cat migrate edit b",
        "EDITOR=true migrate edit b --json",
        "EDITOR=no-such-editor migrate edit b",
        "EDITOR=false migrate edit b",
    ]);
    shows("files_are_written_and_pinned", &all);
}

#[test]
fn a_database_that_is_ahead() {
    let project = Project::line("a b c");
    project.run("migrate upgrade");
    fs::remove_file(project.file("c")).unwrap();
    shows(
        "a_database_that_is_ahead",
        &project.runs(&[
            "migrate status --exit-code",
            "migrate status --json",
            "migrate current",
            "migrate verify",
            "migrate upgrade",
            "migrate upgrade --json",
            "migrate downgrade -1",
            "migrate history -i",
            "migrate downgrade a --stored --dry-run",
            "migrate downgrade -1 --stored",
            "migrate status --exit-code",
        ]),
    );
}

#[test]
fn a_database_that_has_diverged() {
    let project = Project::line("a b c");
    project.run("migrate upgrade b");
    project.write("b", "a", "CREATE TABLE other ();", "DROP TABLE other;");
    shows(
        "a_database_that_has_diverged",
        &project.runs(&[
            "migrate status --exit-code",
            "migrate status --json",
            "migrate verify",
            "migrate check --at-head",
            "migrate upgrade",
            "migrate upgrade --json",
            "migrate downgrade -1",
            "migrate lock --from-database",
            "migrate stamp b",
            "migrate status --exit-code",
        ]),
    );
}

#[test]
fn a_statement_that_fails() {
    let project = Project::line("a b");
    let up = "CREATE TABLE t_c ();\nSELECT wrong() FROM t_a;";
    project.write("c", "b", up, "DROP TABLE t_c;");
    shows(
        "a_statement_that_fails",
        &project.runs(&[
            "migrate upgrade",
            "migrate current",
            "migrate upgrade --json",
            "migrate upgrade --quiet",
            "migrate log -n 2",
        ]),
    );
}

#[test]
fn a_backup_comes_first() {
    let project = Project::line("a b");
    let wrong = "migrate upgrade --backup-command 'echo nothing to write to >&2; exit 7'";
    shows(
        "a_backup_comes_first",
        &project.runs(&[
            wrong,
            "migrate current",
            "migrate upgrade --backup-command 'test -n \"$DATABASE_URL\" && echo saved'",
            // There is nothing to do, so there is nothing to save.
            wrong,
        ]),
    );
}

#[test]
fn drawings() {
    let project = Project::line("a b");
    project.write("c", "a", "CREATE TABLE t_c ();", "DROP TABLE t_c;");
    project.run("migrate merge -m Both --rev-id m");
    shows(
        "drawings",
        &project.runs(&[
            "migrate graph",
            "migrate graph --format mermaid",
            "migrate graph --format dot",
            "migrate graph --format svg | head -n 1",
            "migrate graph --json",
            "rm migrations/m_both.sql; migrate graph",
        ]),
    );
}

#[test]
fn words_that_people_try() {
    let project = Project::line("a");
    shows(
        "words_that_people_try",
        &project.runs(&[
            "migrate up",
            "migrate rollback -1",
            "migrate upgrad",
            "migrate setup",
            "migrate migrate",
            "migrate squash",
            "migrate fix",
            "migrate repair",
            "migrate dump",
            "migrate reset",
            "migrate ls",
            "migrate version",
            "migrate upgrade --sq",
            "migrate upgrade -x",
            "migrate upgrade --lock-timeout 5",
            "migrate new -m x --rev-id x",
        ]),
    );
}

#[test]
fn help() {
    let project = Project::line("a");
    let commands = "init revision merge rebase lock edit upgrade downgrade stamp current status verify check history heads branches show graph log completions man";
    let mut lines = vec!["migrate --help".to_owned()];
    lines.extend(commands.split(' ').map(|command| format!("migrate {command} -h")));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    shows("help", &project.runs(&lines));
}

#[test]
fn completions_and_the_manual() {
    let project = Project::line("a");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let text = project.run(&format!("migrate completions {shell}"));
        assert!(text.contains("downgrade") && !text.contains("[exit"), "{shell}: {text}");
    }
    assert!(project.run("migrate completions zsh --json").contains("{\"text\":\"#compdef migrate"));
    let text = project.run("migrate man");
    assert!(text.contains(".TH migrate 1") && text.contains("downgrade"), "{text}");
    let text = project.run("migrate man upgrade");
    assert!(text.contains("backup\\-command"), "{text}");
    let text = project.run("migrate man nothing");
    assert!(text.contains("there is no command `nothing`") && text.contains("[exit 2]"), "{text}");
}

#[test]
fn what_would_run() {
    let project = Project::line("a");
    let up = "CREATE TABLE t_b (\n    id bigint,\n    a text\n);\nCREATE INDEX i_b ON t_b (a);\nCREATE UNIQUE INDEX u_b ON t_b (id);";
    project.write("b", "a", up, "ALTER TABLE t_b DROP COLUMN a; DROP TABLE t_b;");
    let up = "ALTER TABLE t_a ADD COLUMN n int NOT NULL DEFAULT 0;\nUPDATE t_a SET n = 1;";
    project.write("d", "c", up, "ALTER TABLE t_a DROP COLUMN n;");
    project.write("c", "b", "CREATE INDEX CONCURRENTLY i_c ON t_b (id);", "DROP INDEX i_c;");
    let file = project.file("c");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("migrate:up", "migrate:up transaction:false")).unwrap();
    shows(
        "what_would_run",
        &project.runs(&[
            "migrate upgrade --dry-run",
            "migrate upgrade b --dry-run -v",
            "migrate upgrade --dry-run --json",
            "migrate current",
            "migrate upgrade",
            "migrate upgrade --dry-run",
            "migrate downgrade base --dry-run",
            "migrate downgrade a --dry-run --json",
        ]),
    );
}

#[test]
fn scripts() {
    let project = Project::line("a b");
    shows(
        "scripts",
        &project.runs(&[
            "env -u DATABASE_URL migrate upgrade --sql | grep '^-- '",
            "migrate upgrade a:b --sql | grep '^-- '",
            "migrate downgrade b:a --sql | grep '^-- '",
            "migrate downgrade base --sql",
            "migrate upgrade a --sql --json | head -c 50",
            "migrate upgrade a --sql > a.sql && migrate upgrade a --sql | cmp - a.sql",
        ]),
    );
}

/// What looks like a colour is a part of the SQL.
#[test]
fn a_script_has_every_byte_of_the_migration() {
    let project = Project::empty("bytes");
    let up = "SELECT '\u{1b}[1mbold\u{1b}[0m é';";
    project.write("a", "", up, "SELECT 1;");
    let script = project.run("migrate upgrade --sql");
    assert!(script.contains(&format!("\n{up}\n")), "{script:?}");
}

/// What psql makes of a script, the runner takes for its own work.
#[test]
fn a_script_runs_in_psql() {
    let project = Project::line("a b c");
    if project.run("psql --version").contains("[exit") {
        eprintln!("not tested: there is no psql");
        return;
    }
    let lines = [
        "migrate upgrade b --sql > up.sql",
        "psql -X -q -v ON_ERROR_STOP=1 -f up.sql \"$DATABASE_URL\" > /dev/null",
        "migrate current",
        "migrate upgrade current: --sql > rest.sql",
        "psql -X -q -v ON_ERROR_STOP=1 -f rest.sql \"$DATABASE_URL\" > /dev/null",
        "migrate verify",
        "migrate downgrade current:a --sql | psql -X -q -v ON_ERROR_STOP=1 \"$DATABASE_URL\" > /dev/null",
        "migrate current",
    ];
    shows("a_script_runs_in_psql", &project.runs(&lines));
}

#[test]
fn what_was_done() {
    let project = Project::line("a b");
    project.run("migrate log");
    project.run("migrate upgrade");
    project.run("migrate downgrade a");
    project.run("migrate stamp b");
    shows(
        "what_was_done",
        &project.runs(&[
            "migrate log",
            "migrate log -n 1 -v",
            "migrate log -n 0 --json",
            "rm migrations/a_*; migrate log -n 1",
        ]),
    );
}

#[test]
fn all_in_one_transaction_or_none() {
    let project = Project::line("a b");
    project.write("c", "b", "SELECT wrong();", "SELECT 1;");
    shows(
        "all_in_one_transaction_or_none",
        &project.runs(&[
            "migrate upgrade --single-transaction",
            "migrate current",
            "migrate upgrade b --single-transaction --lock-timeout 2s --statement-timeout 1min --lock-wait-timeout 0",
            "migrate downgrade base --single-transaction --json",
        ]),
    );
}
