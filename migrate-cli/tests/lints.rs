//! `migrate lint` as people and programs see it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::process::Command;

use tempfile::TempDir;

const USERS: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text, age int);";
const CHANGES: &str = "CREATE INDEX users_email ON users (email);
CREATE INDEX users_age ON users (age);

-- migrate:allow(drop-column): no release reads it
ALTER TABLE users DROP COLUMN age;

ALTER TABLE users ADD CONSTRAINT set CHECK (email IS NOT NULL) NOT VALID;
ALTER TABLE users VALIDATE CONSTRAINT set;
DO $$ BEGIN NULL; END $$;";

/// A folder with a chain of these upgrades, and perhaps a `migrate.toml`.
struct Project(TempDir);

impl Project {
    fn new(upgrades: &[&str], settings: Option<&str>) -> Self {
        let home = TempDir::new().unwrap();
        let migrations = home.path().join("migrations");
        fs::create_dir(&migrations).unwrap();
        for (at, up) in (1..).zip(upgrades) {
            let parent = if at == 1 { String::new() } else { format!("-- parent: {}\n", at - 1) };
            let text = format!(
                "-- revision: {at}\n{parent}-- message: M\n-- irreversible: a test\n\n-- migrate:up\n{up}\n"
            );
            fs::write(migrations.join(format!("{at}_change_{at}.sql")), text).unwrap();
        }
        if let Some(settings) = settings {
            fs::write(home.path().join("migrate.toml"), settings).unwrap();
        }
        Project(home)
    }

    /// The exit code, and both outputs.
    fn run(&self, arguments: &str) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_migrate"))
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// Commands with what they print, one after the other.
    fn page(&self, commands: &[&str]) -> String {
        let mut page = String::new();
        for command in commands {
            let (code, out, error) = self.run(command);
            page.push_str(&format!("$ migrate {command}\n{out}{error}[{code}]\n\n"));
        }
        page
    }
}

fn shows(name: &str, text: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn what_is_found_is_shown() {
    let project = Project::new(&[USERS, CHANGES], None);
    shows(
        "lint",
        &project.page(&[
            "lint",
            "lint -v",
            "lint 1",
            "lint --all -q",
            "check",
            "lint x",
            "lint --explain drop",
        ]),
    );
}

/// Lints of everything else are told of a chain that a build refuses, and then why it does.
#[test]
fn what_a_build_refuses_hides_no_lint() {
    let project = Project::new(&[USERS, "CREATE INDEX ON users (email);"], None);
    let file = project.0.path().join("migrations/1_change_1.sql");
    let text = fs::read_to_string(&file).unwrap().replace("-- irreversible: a test\n", "");
    fs::write(&file, format!("{text}-- migrate:down\nDROP TABEL users;\n")).unwrap();
    shows("lint_refused", &project.page(&["lint", "lint --format github", "lint --json"]));
}

#[test]
fn programs_read_it() {
    let project = Project::new(&[USERS, CHANGES], None);
    shows("lint_formats", &project.page(&["lint --json", "lint --format github", "check --json"]));
    let (code, out, _) = project.run("lint --format sarif");
    let log: serde_json::Value = serde_json::from_str(&out).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let rules: Vec<&str> = results.iter().filter_map(|found| found["ruleId"].as_str()).collect();
    assert_eq!(code, 0);
    assert_eq!(rules, ["index-blocks-writes", "index-blocks-writes", "validates-under-lock"]);
}

#[test]
fn a_project_sets_levels() {
    let settings = "[lints]\nindex-blocks-writes = \"deny\"\nvalidates-under-lock = \"allow\"\n";
    let project = Project::new(&[USERS, CHANGES], Some(settings));
    shows("lint_levels", &project.page(&["lint", "check", "lint --list", "lint 1"]));
    let project = Project::new(&[USERS], Some("[lints]\ndrop_column = \"deny\"\n"));
    shows("lint_settings", &project.page(&["lint", "check"]));
}

#[test]
fn what_is_deployed_is_done() {
    let project = Project::new(&[USERS, CHANGES], None);
    assert_eq!(project.run("lock").0, 0);
    let (code, out, said) = project.run("lint");
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(said.starts_with("nothing to check: every revision is pinned"), "{said}");
    let (_, out, _) = project.run("lint --all");
    assert!(out.contains("index-blocks-writes"), "{out}");
}

#[test]
fn a_page_is_printed_whole() {
    let project = Project::new(&[USERS], None);
    let (code, out, _) = project.run("lint --explain drop-column");
    assert_eq!((code, out.as_str()), (0, include_str!("../lints/drop-column.md")));
}
