//! A crate that embeds a chain, built by a real cargo again and again: what the next build notices,
//! and what it does not mind.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use migrate_core::chain::{LOCK_FILE, lock_text};
use migrate_core::{check, files};

const USERS: &str = "\
-- revision: 001
-- message: Create users

-- migrate:up
CREATE TABLE users (
    id bigint PRIMARY KEY,
    email varchar(255) NOT NULL -- as they typed it
);

-- migrate:down
DROP TABLE users;
";

const POSTS: &str = "\
-- revision: 002
-- parent: 001
-- message: Add posts

-- migrate:up
CREATE TABLE posts ();

-- migrate:down
DROP TABLE posts;
";

const TAGS: &str = "\
-- revision: 003
-- parent: 002
-- message: Add tags

-- migrate:up
CREATE TABLE tags ();

-- migrate:down
DROP TABLE tags;
";

/// As strict as a crate can be with itself.
const LIB: &str = "\
//! A schema.
#![forbid(missing_docs, unsafe_code)]
#![deny(warnings)]

migrate_macros::embed_migrations!();

/// A revision by its name.
pub const POSTS: migrations::Revision = migrations::Revision::AddPosts;
";

const BUILD_SCRIPT: &str = r#"fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
"#;

/// A crate with the chain of users and posts, both deployed.
struct Crate {
    name: &'static str,
    root: PathBuf,
}

/// What cargo did.
struct Outcome {
    succeeded: bool,
    /// Whether the crate itself was compiled.
    compiled: bool,
    output: String,
}

impl Crate {
    fn new(name: &'static str) -> Crate {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebuild").join(name);
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        let made = Crate { name, root };
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let path = |package: &str| workspace.join(package).to_str().unwrap().to_owned();
        made.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = '{name}'\nedition = '2024'\n\n[workspace]\n\n[dependencies]\n\
                 migrate-core = {{ path = '{}', features = ['postgres'] }}\n\
                 migrate-macros = {{ path = '{}' }}\n",
                path("migrate-core"),
                path("migrate-macros"),
            ),
        );
        fs::copy(workspace.join("Cargo.lock"), made.root.join("Cargo.lock")).unwrap();
        made.write("src/lib.rs", LIB);
        made.write("build.rs", BUILD_SCRIPT);
        made.write("migrations/001_create_users.sql", USERS);
        made.write("migrations/002_add_posts.sql", POSTS);
        made.write(&format!("migrations/{LOCK_FILE}"), &made.lock());
        made
    }

    /// A lock file that pins all of the chain as it is now.
    fn lock(&self) -> String {
        let chain = check(files::read(&self.root.join("migrations"), "migrations")).unwrap();
        lock_text(&chain, chain.head().id.as_str()).unwrap()
    }

    fn write(&self, file: &str, text: &str) {
        let file = self.root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn remove(&self, file: &str) {
        fs::remove_file(self.root.join(file)).unwrap();
    }

    fn cargo(&self, command: &str) -> Outcome {
        // All crates of this file share what they depend on.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebuild/target");
        let output = Command::new(env!("CARGO"))
            .args([command, "--offline", "--color=never", "--lib"])
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_TERM_QUIET", "false")
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        let output_text = String::from_utf8_lossy(&text).into_owned();
        Outcome {
            succeeded: output.status.success(),
            compiled: output_text.contains(&format!("Compiling {} ", self.name)),
            output: output_text,
        }
    }

    #[track_caller]
    fn builds(&self) {
        let outcome = self.cargo("build");
        assert!(outcome.succeeded && outcome.compiled, "{}", outcome.output);
    }

    #[track_caller]
    fn stays_as_it_is(&self) {
        let outcome = self.cargo("build");
        assert!(outcome.succeeded && !outcome.compiled, "{}", outcome.output);
    }

    /// The next build fails and says all of this.
    #[track_caller]
    fn fails(&self, expected: &[&str]) {
        let outcome = self.cargo("build");
        assert!(!outcome.succeeded, "{}", outcome.output);
        for expected in expected {
            assert!(outcome.output.contains(expected), "no `{expected}` in:\n{}", outcome.output);
        }
    }
}

#[test]
fn an_edit_of_a_deployed_revision_breaks_the_build_at_its_line() {
    let schema = Crate::new("edited");
    schema.builds();
    schema.stays_as_it_is();

    schema.write("migrations/001_create_users.sql", &USERS.replace("varchar(255)", "varchar(256)"));
    schema.fails(&[
        "error: deployed migration `001` was edited",
        "--> migrations/001_create_users.sql:7:19",
        "7 |     email varchar(256) NOT NULL -- as they typed it\n",
        "  |                   ^^^ differs from what was deployed",
    ]);

    schema.write("migrations/001_create_users.sql", USERS);
    schema.builds();
    schema.stays_as_it_is();
}

#[test]
fn blanks_line_ends_and_comments_are_free() {
    let schema = Crate::new("reformatted");
    schema.builds();
    for text in [
        USERS.replace("    ", "\t"),
        USERS.replace(" (\n    id", "(id").replace("NOT NULL", "NOT\n    NULL"),
        USERS.replace('\n', "\r\n"),
        format!("\u{feff}{USERS}"),
        USERS.replace("as they typed it", "in lower case"),
        USERS.replace("Create users", "Create the users"),
    ] {
        schema.write("migrations/001_create_users.sql", &text);
        schema.builds();
    }
}

#[test]
fn a_file_that_goes_is_noticed() {
    let schema = Crate::new("removed");
    schema.write("migrations/003_add_tags.sql", TAGS);
    schema.builds();

    // Not deployed, so it may go.
    schema.remove("migrations/003_add_tags.sql");
    schema.builds();
    schema.remove("migrations/002_add_posts.sql");
    schema.fails(&["error: deployed migration `002` is missing", "--> migrations/chain.lock:5:1"]);
    // A file's name is only its variant's.
    schema.write("migrations/002_add_articles.sql", POSTS);
    schema.fails(&["no variant or associated item named `AddPosts`"]);
    schema.write("src/lib.rs", &LIB.replace("AddPosts", "AddArticles"));
    schema.builds();
}

#[test]
fn a_file_that_comes_is_noticed_thanks_to_the_build_script() {
    let schema = Crate::new("added");
    schema.remove("migrations/chain.lock");
    schema.builds();

    schema.write("migrations/003_add_tags.sql", TAGS);
    schema.builds();
    schema.write("migrations/004_add_likes.sql", &TAGS.replace("003", "004"));
    schema.fails(&["error: the chain forks; it has 2 heads: `003` and `004`"]);
    schema.remove("migrations/004_add_likes.sql");
    schema.builds();

    let lock = schema.lock();
    schema.write("migrations/chain.lock", &lock);
    schema.builds();
    schema.write("migrations/chain.lock", &lock.replace("version 1", "version 9"));
    schema.fails(&["--> migrations/chain.lock:3:1"]);
}

#[test]
fn an_edit_of_the_settings_is_noticed() {
    let schema = Crate::new("settings");
    let tags = TAGS
        .replace("tags ();", "tags ();\nCREATE INDEX users_email ON users (email);")
        .replace("DROP TABLE", "DROP INDEX users_email;\nDROP TABLE");
    schema.write("migrations/003_add_tags.sql", &tags);
    schema.write("migrate.toml", "min_server = 15\n");
    schema.builds();
    schema.stays_as_it_is();

    schema.write("migrate.toml", "[lints]\nindex-blocks-writes = \"deny\"\n");
    schema.fails(&[
        "error: nobody can write to `users` while this index is built",
        "--> migrations/003_add_tags.sql:7:1",
    ]);
    schema.write("migrate.toml", "[lints]\n");
    schema.builds();
}

/// One error that says what to do, and none for each item that is not there then.
#[test]
fn a_client_that_was_forgotten_is_one_error() {
    let schema = Crate::new("forgetful");
    schema.write(
        "src/lib.rs",
        &format!("{LIB}\n/// Runs it.\npub fn run() -> migrations::AtHead {{\n    migrations::runner().run()\n}}\n"),
    );
    let manifest = fs::read_to_string(schema.root.join("Cargo.toml")).unwrap();
    schema.write("Cargo.toml", &manifest.replace(", features = ['postgres']", ""));
    schema.fails(&[
        "error: migrate-core has no client to run the migrations with",
        "`cargo add migrate-core --features postgres`",
    ]);
    let output = schema.cargo("build").output;
    assert_eq!(output.matches("error: ").count(), 2, "{output}");
    assert!(
        output.contains("could not compile `forgetful` (lib) due to 1 previous error"),
        "{output}"
    );
    // With the fault of a chain, there are two.
    schema.write("migrations/002_add_posts.sql", &POSTS.replace("posts ()", "posts (id int)"));
    let output = schema.cargo("build").output;
    assert!(output.contains("(lib) due to 2 previous errors"), "{output}");
    // refinery's runner needs no client of ours.
    schema.write("migrations/002_add_posts.sql", POSTS);
    schema.write("src/lib.rs", LIB);
    schema.write("Cargo.toml", &manifest.replace("'postgres'", "'refinery'"));
    schema.builds();
}

#[test]
fn without_a_build_script_a_test_notices_a_file_that_comes() {
    let schema = Crate::new("forgotten");
    schema.remove("build.rs");
    schema.builds();
    let tested = schema.cargo("test");
    assert!(tested.succeeded, "{}", tested.output);
    assert!(tested.output.contains("test migrations::the_folder_is_what_is_embedded ... ok"));

    schema.write("migrations/003_add_tags.sql", TAGS);
    schema.stays_as_it_is();
    let tested = schema.cargo("test");
    assert!(!tested.succeeded && !tested.compiled, "{}", tested.output);
    let expected =
        "`003_add_tags.sql` is not embedded as it is on disk: the crate needs a build.rs";
    assert!(tested.output.contains(expected), "{}", tested.output);
    // An edit is noticed anyway.
    schema.write("migrations/002_add_posts.sql", &POSTS.replace("posts ()", "posts (id int)"));
    schema.fails(&["--> migrations/002_add_posts.sql:6:21"]);
}

/// sqlx is client enough, and brings no other.
#[test]
fn a_crate_with_sqlx_alone_builds() {
    let schema = Crate::new("with_sqlx");
    let manifest = fs::read_to_string(schema.root.join("Cargo.toml")).unwrap();
    schema.write("Cargo.toml", &manifest.replace("'postgres'", "'sqlx'"));
    schema.builds();
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges=normal", "--prefix=none"])
        .current_dir(&schema.root)
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let has = |name: &str| tree.lines().any(|line| line.split(' ').next() == Some(name));
    assert!(has("sqlx") && has("migrate-core"), "{tree}");
    assert!(!has("tokio-postgres") && !has("postgres"), "{tree}");
}
