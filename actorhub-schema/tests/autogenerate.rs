//! The loop of a day on ActorHub's own models: change one, let `actorhub-migrate` write the revision,
//! climb it up and down on a real PostgreSQL, and be silent afterwards.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

use migrate_core::{check, files};
use migrate_testkit::{Server, staircase};
use tempfile::TempDir;

/// A copy of the migrations, and of the models as SQL.
struct Loop {
    folder: TempDir,
    models: String,
}

impl Loop {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        fs::create_dir(folder.path().join("migrations")).unwrap();
        for entry in fs::read_dir(ours).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join("migrations").join(entry.file_name()))
                .unwrap();
        }
        Loop { folder, models: actorhub_schema::models() }
    }

    /// Runs the command; gives whether it was content, and what it printed.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let models = self.folder.path().join("models.sql");
        fs::write(&models, &self.models).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_actorhub-migrate"))
            .args(arguments)
            .args(["--models", "models.sql"])
            .current_dir(self.folder.path())
            .env("MIGRATE_DEV_URL", Server::shared().unwrap().admin_url())
            .output()
            .unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.success(), text)
    }

    /// Writes a revision; gives the differences that it is for, and the text of its files.
    fn change(&mut self, from: &str, to: &str) -> (String, String) {
        assert!(self.models.contains(from), "`{from}` is not in {}", self.models);
        self.models = self.models.replacen(from, to, 1);
        let (done, said) = self.run(&[
            "-d",
            "migrations",
            "revision",
            "--autogenerate",
            "-m",
            &format!("Change {to}"),
        ]);
        assert!(done, "{said}");
        let written = said.lines().filter(|line| line.ends_with(".sql"));
        let texts: String = written
            .map(|path| fs::read_to_string(self.folder.path().join(path)).unwrap())
            .collect();
        (said, texts)
    }
}

#[test]
fn each_change_of_a_model_becomes_a_revision() {
    let mut day = Loop::new();
    let (done, said) =
        day.run(&["-d", "migrations", "revision", "--autogenerate", "-m", "Nothing"]);
    assert!(done && said.contains("nothing to do"), "{said}");
    day.models.push_str(
        ";CREATE TYPE plan AS ENUM ('free', 'pro'); ALTER TABLE \"users\" ADD COLUMN \"plan\" plan DEFAULT 'free'",
    );
    for (from, to, difference, statement) in [
        (
            "'pro')",
            "'pro') ",
            "+ enum plan (free, pro)",
            "CREATE TYPE plan AS ENUM ('free', 'pro')",
        ),
        (
            "'pro')",
            "'pro', 'team')",
            "~ enum plan: (free, pro) -> (free, pro, team)",
            "ALTER TYPE plan ADD VALUE 'team' AFTER 'pro'",
        ),
        (
            "ALTER TABLE \"users\" ADD COLUMN \"plan\"",
            "ALTER TABLE \"users\" ADD COLUMN \"locale\" text; ALTER TABLE \"users\" ADD COLUMN \"plan\"",
            "+ column users.locale text",
            "ALTER TABLE users ADD COLUMN locale text",
        ),
        (
            "ADD COLUMN \"locale\" text;",
            "ADD COLUMN \"locale\" text; CREATE TABLE follows (id bigint PRIMARY KEY, user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE);",
            "+ table follows",
            "REFERENCES public.users(id) ON DELETE CASCADE",
        ),
        (
            "ON DELETE CASCADE);",
            "ON DELETE CASCADE); CREATE INDEX ix_users_locale ON users (lower(locale));",
            "+ index ix_users_locale",
            "CREATE INDEX CONCURRENTLY ix_users_locale",
        ),
        (
            "\"locale\" text;",
            "\"locale\" text CONSTRAINT ck_users_locale CHECK (length(locale) < 12);",
            "+ constraint users.ck_users_locale",
            "VALIDATE CONSTRAINT ck_users_locale",
        ),
        (
            "\"locale\" text CONSTRAINT",
            "\"locale\" varchar(11) CONSTRAINT",
            "~ column users.locale: text -> character varying(11)",
            "ALTER COLUMN locale TYPE character varying(11)",
        ),
        (
            // The last column: PostgreSQL could not bring back another one at its place.
            ", user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE)",
            ")",
            "- column follows.user_id",
            "-- Loses the column follows.user_id",
        ),
    ] {
        let (said, text) = day.change(from, to);
        assert!(said.contains(difference), "{difference}: {said}");
        assert!(text.contains(statement), "{statement}: {said}\n{text}");
    }
    // What was written is a chain that a build takes, and each revision goes down as exactly as it goes up.
    let migrations = day.folder.path().join("migrations");
    let chain = check(files::read(&migrations, "migrations")).unwrap();
    let server = Server::shared().unwrap();
    staircase(server, &chain).unwrap();
    let (done, said) = day.run(&["-d", "migrations", "revision", "--autogenerate", "-m", "Again"]);
    assert!(done && said.contains("nothing to do"), "{said}");
}

/// The program's own models are the chain's.
#[test]
fn check_is_silent() {
    let server = Server::shared().unwrap();
    let database = server.database("check").unwrap();
    let check = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_actorhub-migrate"))
            .args(arguments)
            .env("MIGRATE_DEV_URL", server.admin_url())
            .env("DATABASE_URL", database.url())
            .output()
            .unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{text}");
        text
    };
    assert!(check(&["check"]).contains("the chain matches the models"));
    check(&["upgrade"]);
    let said = check(&["check", "--at-head", "--drift"]);
    assert!(said.contains("is what the chain builds at 20251218_stripe_connect"), "{said}");
    assert!(check(&["revision", "--autogenerate", "-m", "None"]).contains("nothing to do"));
}
