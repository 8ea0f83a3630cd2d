//! The command `actorhub-migrate`, on a real PostgreSQL: the chain needs no file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use migrate_testkit::{Database, Server};
use tempfile::TempDir;

/// Runs the command in an empty folder; gives its exit code, standard output and standard error.
fn run(database: &Database, arguments: &str) -> (i32, String, String) {
    let nowhere = TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_actorhub-migrate"))
        .args(arguments.split_whitespace())
        .current_dir(nowhere.path())
        .env("DATABASE_URL", database.url())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_whole_way_up_and_down() {
    let database = Server::shared().unwrap().database("actorhub-migrate").unwrap();
    let check = |arguments: &str, code: i32, out: &str| {
        let (found, stdout, stderr) = run(&database, arguments);
        assert_eq!((found, stdout.as_str()), (code, out), "{arguments}: {stderr}");
        stderr
    };
    let said = check("check --at-head", 3, "");
    assert!(said.contains("`actorhub-migrate upgrade head`"), "{said}");
    let up = "upgrade <base> -> 001, Initial schema\n\
              upgrade 001 -> 91fd970f8f07, Add 2FA and GDPR fields to users\n";
    check("upgrade 91fd", 0, up);
    check("current", 0, "91fd970f8f07\n");
    let (code, _, _) = run(&database, "upgrade");
    assert_eq!(code, 0);
    check("current", 0, "20251218_stripe_connect (head)\n");
    assert_eq!(run(&database, "verify").0, 0);
    assert_eq!(run(&database, "downgrade base").0, 0);
    check("current", 0, "");
    check("heads", 0, "20251218_stripe_connect (head)\n");
}

// With the models, it has `revision`.
#[cfg(not(feature = "models"))]
#[test]
fn what_writes_files_is_not_there() {
    let database = Server::shared().unwrap().database("actorhub-migrate").unwrap();
    for command in ["revision -m x", "merge -m x", "rebase a --onto b", "lock", "edit"] {
        let (code, _, said) = run(&database, command);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("the chain is embedded in this program"), "{command}: {said}");
    }
    assert_eq!(run(&database, "-d migrations heads").0, 2);
}

/// What it advises is what it has.
#[test]
fn advice_names_this_program() {
    let database = Server::shared().unwrap().database("actorhub-migrate").unwrap();
    for command in ["verify --json", "status --json", "upgrade -h", "status", "verify"] {
        let (_, out, error) = run(&database, command);
        let said = out + &error;
        assert!(said.contains("actorhub-migrate upgrade"), "{command}: {said}");
        assert!(!said.replace("actorhub-migrate", "").contains("migrate upgrade"), "{said}");
    }
}
