//! `migrate queries` in a crate that cargo builds: what is recorded, and what the next build refuses.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const USERS: &str = "\
-- revision: 001
-- message: Create users

-- migrate:up
CREATE TABLE users (
    id bigint PRIMARY KEY,
    email text NOT NULL,
    age integer
);

-- migrate:down
DROP TABLE users;
";

const DROP_AGE: &str = "\
-- revision: 002
-- parent: 001
-- message: Drop the age

-- migrate:up
ALTER TABLE users DROP COLUMN age;

-- migrate:down
ALTER TABLE users ADD COLUMN age integer;
";

const LIB: &str = "\
//! A program.
use migrate_macros::sql;

/// Who is older.
pub const OLDER: &str = sql!(
    \"SELECT id, age
     FROM users WHERE age > $1\"
);
pub const EMAIL: &str = sql!(\"UPDATE users SET email = $2 WHERE id = $1\");
pub const SESSIONS: &str = sql!(unchecked = \"made by the session store\", \"SELECT data FROM sessions\");
pub const STATISTICS: &str = sql!(file = \"src/statistics.sql\");
";

const LOCK: &str = "\
version 1
# The queries of the release, written by `migrate queries --record`; commit this file.
head 001
.sqlx/query-1.json:1\tSELECT email FROM users
src/lib.rs:6\tSELECT id, age\\n     FROM users WHERE age > $1
src/lib.rs:9\tUPDATE users SET email = $2 WHERE id = $1
src/lib.rs:10\tunchecked: made by the session store\tSELECT data FROM sessions
src/statistics.sql:1\tSELECT calls FROM pg_stat_statements\\n
";

/// A crate with a chain and queries.
struct Program(PathBuf);

impl Program {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("queries").join(name);
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        let program = Program(root);
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        program.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = '{name}'\nedition = '2024'\n\n[workspace]\n\n[dependencies]\n\
                 migrate-macros = {{ path = '{}' }}\n\n[package.metadata.migrate]\nchain = 'db/chain'\n",
                workspace.join("migrate-macros").display(),
            ),
        );
        fs::copy(workspace.join("Cargo.lock"), program.0.join("Cargo.lock")).unwrap();
        program.write("src/lib.rs", LIB);
        program.write("src/statistics.sql", "SELECT calls FROM pg_stat_statements\n");
        program.write(
            ".sqlx/query-1.json",
            "{\"db_name\": \"PostgreSQL\", \"query\": \"SELECT email FROM users\"}",
        );
        program.write("db/chain/001_create_users.sql", USERS);
        program
    }

    fn write(&self, file: &str, text: &str) {
        let file = self.0.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap()
    }

    /// Runs a program: its exit code, standard output and standard error.
    fn run(&self, program: &str, arguments: &str) -> (i32, String, String) {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("queries/target");
        let output = Command::new(program)
            .args(arguments.split_whitespace())
            .current_dir(&self.0)
            .env("CARGO", env!("CARGO"))
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn migrate(&self, arguments: &str) -> (i32, String, String) {
        self.run(env!("CARGO_BIN_EXE_migrate"), &format!("-d db/chain {arguments}"))
    }

    #[track_caller]
    fn succeeds(&self, arguments: &str) -> String {
        let (code, out, error) = self.migrate(arguments);
        assert_eq!(code, 0, "{arguments}: {out}{error}");
        out
    }

    #[track_caller]
    fn fails(&self, arguments: &str, expected: &str) {
        let (code, out, error) = self.migrate(arguments);
        assert_eq!(code, 1, "{arguments}: {out}{error}");
        assert!(error.contains(expected), "{arguments}: {out}{error}");
    }
}

#[test]
fn a_release_is_recorded_and_the_next_one_can_not_break_it() {
    let program = Program::new("recorded");
    program.fails("queries", "there is no `db/chain/queries.lock`");
    assert_eq!(program.succeeds("queries --record"), "db/chain/queries.lock\n");
    assert_eq!(program.read("db/chain/queries.lock"), LOCK);
    program.fails(
        "queries --check",
        "queries.lock is of a release at `001`, but no revision is pinned",
    );
    program.succeeds("lock");
    assert_eq!(
        program.succeeds("queries --check"),
        ".sqlx/query-1.json:1  reads users.email\n\
         src/lib.rs:6          reads users.age, users.id\n\
         src/lib.rs:9          reads users.id; writes users.email\n\
         src/lib.rs:10         not checked: its author says: made by the session store\n\
         src/statistics.sql:1  not checked: `pg_stat_statements` is not known: the chain does not create it\n"
    );
    assert_eq!(program.succeeds("queries users.age"), "src/lib.rs:6  reads users.age, users.id\n");
    // The same build again records the same, though nothing has changed.
    program.succeeds("queries --record");
    assert_eq!(program.read("db/chain/queries.lock"), LOCK);

    // The next release: the query goes, and so does the column.
    program.write("db/chain/002_drop_age.sql", DROP_AGE);
    let (_, older) = LIB.split_once("pub const EMAIL").unwrap();
    program.write("src/lib.rs", &format!("use migrate_macros::sql;\npub const EMAIL{older}"));
    program.fails(
        "check",
        "this breaks a query of the deployed release at src/lib.rs:6: there is no column `users.age`",
    );
    program.fails("lock", "this breaks a query of the deployed release");
    program.fails("queries --record", "this breaks a query of the deployed release");
    assert_eq!(program.read("db/chain/queries.lock"), LOCK);
    // In two steps: first without the query, at the same head.
    fs::remove_file(program.0.join("db/chain/002_drop_age.sql")).unwrap();
    program.succeeds("queries --record");
    program.succeeds("lock");
    program.write("db/chain/002_drop_age.sql", DROP_AGE);
    program.succeeds("check");
    let (_, _, said) = program.migrate("lock");
    assert!(
        said.contains("queries.lock is of a release at `001`, and the pinned one is at `002`"),
        "{said}"
    );
}

#[test]
fn a_query_that_is_wrong_does_not_compile_and_an_edit_of_the_chain_is_noticed() {
    let program = Program::new("edited");
    let check = || program.run(env!("CARGO"), "check --color=never");
    let (code, _, error) = check();
    assert_eq!(code, 0, "{error}");
    program.write("db/chain/001_create_users.sql", &USERS.replace("age integer", "years integer"));
    let (code, _, error) = check();
    assert_eq!(code, 101, "{error}");
    assert!(error.contains("error: there is no column `users.age`"), "{error}");
    assert!(error.contains("--> src/lib.rs:6:5"), "{error}");
    program.fails("queries --record", "the build failed, so its queries are not known");
}
