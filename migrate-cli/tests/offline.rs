//! The commands that need no database, run as a person runs them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "offline/checked.rs"]
mod checked;
#[path = "offline/foreign.rs"]
mod foreign;
#[path = "offline/reports.rs"]
mod reports;

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A folder to run commands in.
struct Project {
    home: TempDir,
}

impl Project {
    /// A project with these revisions, written as `id:parent`.
    fn with(graph: &str) -> Self {
        let home = TempDir::new().unwrap();
        fs::create_dir(home.path().join("migrations")).unwrap();
        let project = Project { home };
        for node in graph.split_whitespace() {
            let (id, parent) = node.split_once(':').unwrap_or((node, ""));
            let parent =
                if parent.is_empty() { String::new() } else { format!("-- parent: {parent}\n") };
            let sql = format!("-- migrate:up\nSELECT '{id}';\n-- migrate:down\nSELECT '-{id}';\n");
            let text = format!("-- revision: {id}\n{parent}-- message: Make {id}\n\n{sql}");
            fs::write(project.path().join(format!("{id}_make_{id}.sql")), text).unwrap();
        }
        project
    }

    fn path(&self) -> std::path::PathBuf {
        self.home.path().join("migrations")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Runs a command: its exit code, standard output and standard error.
    fn run(&self, arguments: &str) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_migrate"))
            .args(arguments.split_whitespace())
            .current_dir(Path::new(self.home.path()))
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// A command that must succeed, and its output.
    fn check(&self, arguments: &str, expected: &str) {
        let (code, out, error) = self.run(arguments);
        assert_eq!((code, out.as_str()), (0, expected), "{arguments}: {error}");
    }

    /// A command that must fail with this code, say this, and print no data.
    fn refuse(&self, arguments: &str, code: i32, expected: &str) {
        let (found, out, error) = self.run(arguments);
        assert_eq!((found, out.as_str()), (code, ""), "{arguments}: {error}");
        assert!(error.contains(expected), "{arguments}: {error}");
    }
}

#[test]
fn the_chain_is_shown_as_alembic_shows_it() {
    let project = Project::with("a b:a c:b");
    project.check("history", "b -> c (head), Make c\na -> b, Make b\n<base> -> a, Make a\n");
    project.check("heads", "c (head)\n");
    project.check("branches", "");
    let digest = project.run("check").1;
    assert!(digest.starts_with("3 revisions, 0 pinned; head is c (sha256:"), "{digest}");
    let (_, shown, _) = project.run("show b");
    let expected = "Rev: b\nParent: a\nFollowed by: c\nMessage: Make b\nState: not pinned\nFile: b_make_b.sql\nPath: migrations/b_make_b.sql\n\n-- revision: b\n";
    assert!(shown.starts_with(expected), "{shown}");
    project.refuse("show x", 1, "no revision `x`");
}

#[test]
fn a_new_revision_is_written_and_never_over_another() {
    let project = Project::with("a");
    for command in ["revision -m Add_users --rev-id b", "new -m more --rev-id c --head a"] {
        assert_eq!(project.run(command).0, 0, "{command}");
    }
    assert!(
        project
            .read("b_add_users.sql")
            .starts_with("-- revision: b\n-- parent: a\n-- message: Add_users\n-- created: 20")
    );
    project.refuse("revision -m x --rev-id b --head a", 1, "`b` is there already");
    project.refuse("revision -m x", 1, "the chain has 2 heads: `b` and `c`");
    project.refuse("revision", 2, "--message <MESSAGE>");

    let empty = Project::with("");
    let (code, path, _) = empty.run("revision -m First");
    assert_eq!(code, 0);
    assert!(path.starts_with("migrations/20") && path.ends_with("_first.sql\n"), "{path}");
}

#[test]
fn a_project_is_started_and_never_over_another() {
    let project = Project::with("");
    let (code, out, said) = project.run("init");
    let (revision, settings) = out.split_once('\n').unwrap();
    assert_eq!((code, settings), (0, "migrate.toml\n"), "{said}");
    assert!(revision.ends_with("_initial_schema.sql"), "{out}");
    for part in ["Cargo.toml", "build.rs", "    migrate_macros::embed_migrations!();\n"] {
        assert!(said.contains(part), "{said}");
    }
    let (code, out, said) = project.run("check");
    assert_eq!(code, 0, "{said}");
    assert!(out.starts_with("1 revision, 0 pinned"), "{out}");
    project.refuse("init", 1, "`migrations` has revisions already");

    let (code, out, said) = project.run("init -d db/chain -m Users --json");
    assert_eq!(code, 0, "{said}");
    assert!(
        out.starts_with(r#"{"paths":["db/chain/"#) && out.contains(r#","db/migrate.toml"],"#),
        "{out}"
    );
    assert!(said.contains("embed_migrations!(\"db/chain\");"), "{said}");
    let (code, out, said) = project.run("init -d other");
    assert_eq!((code, out.lines().count()), (0, 1), "the settings stay: {said}");
    assert!(said.contains("`migrate.toml` is there already, and stays"), "{said}");
}

#[test]
fn a_fork_is_mended_by_a_rebase_or_by_a_merge() {
    let project = Project::with("a b:a c:a");
    project.refuse("check", 1, "migrate rebase c --onto b");
    project.check("heads", "b (head)\nc (head)\n");
    project.check("branches", "a (branchpoint), Make a\n    -> b, Make b\n    -> c, Make c\n");
    project.check("rebase c --onto b", "migrations/c_make_c.sql\n");
    assert_eq!(project.run("check").0, 0);
    project.check("history", "b -> c (head), Make c\na -> b, Make b\n<base> -> a, Make a\n");

    let project = Project::with("a b:a c:a");
    project.check("merge -m Join --rev-id m", "migrations/m_join.sql\n");
    assert_eq!(project.run("check").0, 0);
    project.refuse("merge -m again", 1, "there is nothing to merge: `m` is the one head");
}

#[test]
fn what_is_locked_stays_as_it_is() {
    let project = Project::with("a b:a c:b");
    let (code, _, said) = project.run("lock --through b");
    assert_eq!((code, said.as_str()), (0, "2 of 3 revisions are pinned; commit the file\n"));
    let file = project.path().join("b_make_b.sql");
    let text = project.read("b_make_b.sql");

    fs::write(&file, text.replace("SELECT 'b'", "SELECT 'x'")).unwrap();
    project.refuse("check", 1, "deployed migration `b` was edited");
    project.refuse("lock", 1, "deployed migration `b` was edited");

    fs::write(&file, text.replace("'-b'", "'undo b'")).unwrap();
    project.refuse("check", 1, "migrate lock --accept-down b");
    project.check("lock --accept-down b", "migrations/chain.lock\n");
    assert_eq!(project.run("check").0, 0);

    project.refuse("rebase b --onto c", 1, "`b` is pinned in chain.lock");
    project.refuse("lock --through x", 1, "no revision `x`");
    project.check("lock", "migrations/chain.lock\n");
    let written = project.read("chain.lock");
    project.check("lock", "migrations/chain.lock\n");
    assert_eq!(project.read("chain.lock"), written, "the same chain makes the same file");
}

#[test]
fn a_downgrade_is_not_accepted_while_something_else_is_wrong() {
    let project = Project::with("a b:a");
    assert_eq!(project.run("lock").0, 0);
    let before = project.read("chain.lock");
    for (id, from, to) in [("a", "'a'", "'x'"), ("b", "'-b'", "'undo b'")] {
        let file = project.path().join(format!("{id}_make_{id}.sql"));
        let text = fs::read_to_string(&file).unwrap().replace(from, to);
        fs::write(file, text).unwrap();
    }
    let (code, _, said) = project.run("lock --accept-down b");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("deployed migration `a` was edited"), "{said}");
    assert_eq!(project.read("chain.lock"), before);
}

#[test]
fn a_folder_that_is_not_there() {
    let project = Project::with("a");
    for command in ["check", "history", "heads", "branches", "graph", "show head", "lock"] {
        let said = "there is no folder `elsewhere`";
        project.refuse(&format!("{command} -d elsewhere"), 1, said);
        project.refuse(
            &format!("-d elsewhere {command}"),
            1,
            "name another folder with `-d FOLDER`",
        );
    }
    project.refuse("upgrades", 2, "unrecognized subcommand");
}

/// Who asks for JSON gets it, also where the arguments make no command.
#[test]
fn a_mistake_in_the_arguments_is_told_to_programs() {
    let project = Project::with("a");
    let (code, out, said) = project.run("--json upgarde");
    assert_eq!(code, 2, "{said}");
    let start = r#"{"error":{"kind":"usage","exit":2,"message":"unrecognized subcommand 'upgarde'","help":"some similar subcommands exist: "#;
    assert!(out.starts_with(start) && out.lines().count() == 1, "{out}");
    assert!(said.starts_with("error: unrecognized subcommand 'upgarde'"), "{said}");
    let (_, out, _) = project.run("history --json --nothing");
    assert!(out.contains(r#""message":"unexpected argument '--nothing' found""#), "{out}");
    let (code, out, _) = project.run("history --json --help");
    assert!(code == 0 && out.starts_with("List the revisions"), "{out}");
    let (code, out, _) = project.run("show -- --json");
    assert_eq!((code, out.as_str()), (1, ""));
}

#[test]
fn another_tools_folder_becomes_a_chain() {
    let project = Project::with("");
    let from = project.home.path().join("old");
    fs::create_dir(&from).unwrap();
    fs::write(from.join("0001_users.up.sql"), "CREATE TABLE users ();").unwrap();
    fs::write(from.join("0001_users.down.sql"), "DROP TABLE users;\n").unwrap();
    let index = "SELECT 1;\nCREATE INDEX CONCURRENTLY i ON users ((1));\n";
    fs::write(from.join("0002_index.sql"), index).unwrap();

    project.refuse("import dbmate old", 1, "nothing was written: 3 problems");
    project.refuse("import goose nowhere", 1, "`nowhere` can't be read");
    let (code, out, said) = project.run("import sqlx old");
    assert_eq!((code, out.as_str()), (0, "migrations/0001_users.sql\nmigrations/0002_index.sql\n"));
    let written = "-- revision: 1\n-- message: users\n\n-- migrate:up\nCREATE TABLE users ();\n\
                   -- migrate:down\nDROP TABLE users;\n";
    assert_eq!(project.read("0001_users.sql"), written);
    for part in [
        "warning: 1 of 2 revisions can't be undone: sqlx has no downgrade for it",
        "warning: `migrate check` refuses the chain: 1 problem\n --> migrations/0002_index.sql:8:1: `CREATE INDEX \
         CONCURRENTLY` can't run inside a transaction\n = help: fix the files; ",
        "2 revisions were written; the chain has 1 problem\n",
    ] {
        assert!(said.contains(part), "{said}");
    }
    project.refuse("import sqlx old", 1, "`migrations` is not empty: it has `0001_users.sql`");
    project.refuse("import sqlx old", 1, "name a new folder: `--to FOLDER`");
    let (code, out, said) = project.run("import sqlx old --to elsewhere/chain --json");
    assert_eq!(code, 0);
    assert!(said.contains("; `migrate -d elsewhere/chain check` shows each line"), "{said}");
    assert!(
        out.starts_with(r#"{"tool":"sqlx","revisions":[{"revision":"1","path":"elsewhere/chain/"#),
        "{out}"
    );
}

#[test]
fn nothing_is_written_when_a_file_can_not_be_imported() {
    let project = Project::with("");
    let from = project.home.path().join("old");
    fs::create_dir(&from).unwrap();
    fs::write(from.join("1_a.sql"), "-- +goose Up\nSELECT 1;\n").unwrap();
    fs::write(from.join("2_b.go"), "package b\n").unwrap();
    fs::write(from.join("3_c.sql"), [0xff]).unwrap();
    let said = "error: a migration written in Go can't be imported\n --> 2_b.go\n";
    project.refuse("import goose old", 1, said);
    project.refuse(
        "import goose old",
        1,
        "the file can't be read: it is not UTF-8\n --> 3_c.sql\n",
    );
    assert_eq!(fs::read_dir(project.path()).unwrap().count(), 0);
}

#[test]
fn alembics_folder_is_read_and_not_run() {
    let project = Project::with("");
    let from = project.home.path().join("versions");
    let sql = project.home.path().join("sql");
    fs::create_dir(&from).unwrap();
    fs::create_dir(&sql).unwrap();
    let text = "\"\"\"Users\n\nRevises: x\n\"\"\"\nrevision = '001'\ndown_revision = None\nraise SystemExit(1)\n";
    fs::write(from.join("001_users.py"), text).unwrap();
    project.refuse(
        "import alembic versions --sql-dir sql",
        1,
        "no SQL of the upgrade of `001`: it was not given\n --> 001_users.py\n",
    );
    project.refuse(
        "import alembic versions --alembic ./nothing",
        1,
        "`./nothing` can't be started",
    );

    let script = "BEGIN;\n-- Running upgrade  -> 001\n\nCREATE TABLE users ();\n\nCOMMIT;\n";
    fs::write(sql.join("001.up.sql"), script).unwrap();
    let (code, out, said) = project.run("import alembic versions --sql-dir sql");
    assert_eq!((code, out.as_str()), (0, "migrations/001_users.sql\n"), "{said}");
    assert!(
        said.contains("its docstring says that it revises `x`, `down_revision` says nothing"),
        "{said}"
    );
    let written = project.read("001_users.sql");
    assert!(written.ends_with("-- migrate:up\nCREATE TABLE users ();\n"), "{written}");
}

/// What has the name of a file and is none: a pipe that nobody writes to, a device without end.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_waited_for() {
    let cases = [
        ("mkfifo migrations/b.sql", "`migrations/b.sql` can't be read: it is not a file"),
        ("mkfifo migrations/chain.lock", "`migrations/chain.lock` can't be read: it is not a file"),
        ("mkdir migrations/b.sql", "`migrations/b.sql` can't be read: it is not a file"),
        ("ln -s /dev/zero migrations/b.sql", "`migrations/b.sql` can't be read: it is not a file"),
        ("ln -s b.sql migrations/b.sql", "`migrations/b.sql` can't be read: "),
        ("ln -s nowhere migrations/b.sql", "`migrations/b.sql` can't be read: "),
        ("truncate -s 3G migrations/b.sql", "the file is too large: 3221225472 bytes"),
        ("mkfifo migrate.toml", "`migrate.toml` can't be read: it is not a file"),
        ("mkdir migrate.toml", "`migrate.toml` can't be read: it is not a file"),
        ("ln -s /dev/zero migrate.toml", "`migrate.toml` can't be read: it is not a file"),
        ("truncate -s 3G migrate.toml", "`migrate.toml` can't be read: it is too large"),
        ("printf '\\377' > migrate.toml", "`migrate.toml` can't be read: it is not UTF-8"),
        ("rm -r migrations; mkfifo migrations", "`migrations` is not a folder"),
    ];
    for (made, expected) in cases {
        let project = Project::with("a");
        let script = format!("{made}; timeout 100 {} check", env!("CARGO_BIN_EXE_migrate"));
        let output = Command::new("sh")
            .arg("-c")
            .arg(script)
            .current_dir(project.home.path())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{made}: {said}");
        assert!(said.contains(expected), "{made}: {said}");
    }
}

#[test]
fn advice_is_for_the_folder_that_was_named() {
    let project = Project::with("a b:a c:a");
    project.refuse("-d migration check", 1, "did you mean `migrations`, which is beside it?");
    project.refuse("-d nothere check", 1, "first revision: `migrate -d nothere revision -m \"…\"`");
    fs::rename(project.path(), project.home.path().join("db")).unwrap();
    project.refuse("-d db check", 1, "`migrate -d db rebase c --onto b`");
    project.refuse("check", 1, "first revision: `migrate revision -m \"…\"`");
}

#[test]
fn pinned_is_what_the_lock_pins() {
    let project = Project::with("a b:a");
    let (_, _, said) = project.run("lock --through a");
    assert_eq!(said, "1 of 2 revisions is pinned; commit the file\n");
    assert!(project.run("show a").1.contains("State: pinned\n"));
    assert!(project.run("show b").1.contains("State: not pinned\n"));
    assert!(project.run("check").1.starts_with("2 revisions, 1 pinned; head is b"));
}

#[test]
fn of_two_pinned_branches_none_can_be_moved() {
    let project = Project::with("a b:a");
    assert_eq!(project.run("lock").0, 0);
    let text =
        project.read("b_make_b.sql").replace("revision: b", "revision: c").replace("'b'", "'c'");
    fs::write(project.path().join("c_make_c.sql"), text).unwrap();
    project.refuse("rebase b --onto c", 1, "move the other branch: `migrate rebase c --onto b`");
    fs::rename(project.path().join("b_make_b.sql"), project.home.path().join("b.sql")).unwrap();
    let first = project.read("chain.lock");
    fs::remove_file(project.path().join("chain.lock")).unwrap();
    assert_eq!(project.run("lock").0, 0);
    let second = project.read("chain.lock");
    fs::rename(project.home.path().join("b.sql"), project.path().join("b_make_b.sql")).unwrap();
    let last = second.lines().last().unwrap();
    fs::write(project.path().join("chain.lock"), format!("{first}{last}\n")).unwrap();
    let merge = "databases ran both branches; join them: `migrate merge -m \"…\"`";
    project.refuse("rebase b --onto c", 1, merge);
    project.refuse("check", 1, "`migrate merge -m \"…\"`");
}

#[test]
fn nouns_agree_with_their_number() {
    let project = Project::with("");
    let from = project.home.path().join("old");
    fs::create_dir(&from).unwrap();
    fs::write(from.join("0001_users.sql"), "CREATE TABLE users ();").unwrap();
    let (code, _, said) = project.run("import sqlx old");
    assert_eq!(code, 0, "{said}");
    for part in [
        "warning: 1 of 1 revision can't be undone: sqlx has no downgrade for it\n",
        "1 revision was written; to take over a database",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let (_, _, said) = project.run("lock");
    assert_eq!(said, "1 of 1 revision is pinned; commit the file\n");
    let (_, _, said) = project.run("lint");
    assert_eq!(
        said,
        "nothing to check: every revision is pinned; `--all` checks pinned revisions, too\n"
    );
}

#[test]
fn targets_that_are_none() {
    let project = Project::with("a");
    let long = "x".repeat(10_000);
    let cases = [
        "+99999999999999999999",
        "-99999999999999999999",
        "a+9223372036854775808",
        "--",
        "+",
        "a+",
        "a++1",
        "größe",
        "\u{1b}[2J",
        "a;DROP",
        long.as_str(),
    ];
    for target in cases {
        // Nothing listens there; a target that is none is found before.
        let (code, out, said) =
            project.run(&format!("upgrade --database-url postgres://u@127.0.0.1:1/d {target}"));
        assert!(matches!(code, 1 | 2) && out.is_empty(), "{target}: {said}");
        assert!(!said.contains("panicked") && said.len() < 25_000, "{target}: {said}");
    }
}
