//! `embed_migrations!()` as its users see it: what the compiler says to each way in which a chain
//! can be wrong.
//!
//! A case is `ui/CODE--WORDS.rs`, named after the problem's code, beside `ui/CODE--WORDS/`, its
//! folder of migrations. What the compiler says is in `ui/CODE--WORDS.stderr`. After a change that
//! is meant: `TRYBUILD=overwrite`, and read what it wrote as somebody would who is tired and has
//! never seen this tool. One case alone: `cargo test --test ui -- broken trybuild=fork.rs`.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Instant;

use migrate_core::analysis::analyse_with;
use migrate_core::files;
use trybuild::TestCases;

/// Where the cases are: here, and in the package that they belong to.
const CASES: &str = "ui";

/// What cases are about that no single problem's code names: lints that are denied, the macro's
/// arguments, the types that it makes, its stand-in for a broken chain, many problems at once, and `sql!()`.
const OTHER_SUBJECTS: [&str; 6] = ["lint", "macro", "many", "sql", "stand-in", "typed"];

/// The package that the cases belong to. trybuild builds, twice, whatever the package of a test
/// depends on, which for this one is a client for containers and much else; so the cases get one
/// with no more than their users have.
fn package() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui")
}

/// The folders of the cases, copied into the project that trybuild makes for that package, where
/// paths in the cases begin.
///
/// A link would not do: messages show where a link leads, and trybuild blanks out the line numbers
/// of files outside its project.
static FOLDERS: LazyLock<PathBuf> = LazyLock::new(|| {
    make_package();
    let folders = package().join("target/tests/trybuild/user").join(CASES);
    if folders.exists() {
        fs::remove_dir_all(&folders).unwrap();
    }
    copy(Path::new(CASES), &folders);
    // What can't be committed, or had better not be.
    symlink("gone.sql", folders.join("unreadable--dangling-link/002_add_posts.sql")).unwrap();
    let insert = b"INSERT INTO users VALUES (1, 'ana@example.org');\n";
    fs::write(folders.join("too-large/002_more_users.sql"), insert.repeat(200_000)).unwrap();
    folders
});

fn make_package() {
    let package = package();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = here.parent().unwrap();
    let manifest = format!(
        "[package]\nname = 'user'\nedition = '2024'\n\n[workspace]\n\n\
         [[bin]]\nname = 'user'\npath = 'main.rs'\n\n[dependencies]\npostgres = '*'\n\
         migrate-core = {{ path = '{0}/migrate-core', features = ['postgres'] }}\n\
         migrate-macros = {{ path = '{0}/migrate-macros' }}\n",
        workspace.display()
    );
    fs::create_dir_all(&package).unwrap();
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    fs::copy(workspace.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    let link = package.join(CASES);
    if link.is_symlink() {
        fs::remove_file(&link).unwrap();
    }
    symlink(here.join(CASES), link).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The names of the cases in a folder.
fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let name = |file: OsString| Some(file.to_str()?.strip_suffix(".rs")?.to_owned());
    entries.filter_map(name).collect()
}

/// The code that a case is named after.
fn code(name: &str) -> &str {
    name.split("--").next().unwrap_or(name)
}

/// Runs the cases in a folder, and says how many there are, also where output is captured.
fn run(test: &str, folder: &str, add: fn(&TestCases, String)) {
    let package = package();
    if env::var_os("CARGO_MANIFEST_DIR").as_deref() == Some(package.as_os_str()) {
        // trybuild works when the cases are dropped.
        add(&TestCases::new(), format!("{folder}/*.rs"));
        return;
    }
    let start = Instant::now();
    LazyLock::force(&FOLDERS);
    // The same test again, as cargo would run it for that package.
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .args(env::args().filter(|argument| argument.starts_with("trybuild=")))
        .current_dir(&package)
        .env("CARGO_MANIFEST_DIR", &package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .output()
        .unwrap();
    println!("{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
    let (count, seconds) = (names(folder).len(), start.elapsed().as_secs_f32());
    let line = format!("ui: {count} crates of {folder}/ in {seconds:.1} s\n");
    io::stderr().write_all(line.as_bytes()).unwrap();
    assert!(output.status.success(), "{test}: see above");
}

#[test]
fn broken_chains() {
    run("broken_chains", CASES, TestCases::compile_fail);
}

#[test]
fn healthy_chains() {
    run("healthy_chains", "ui/pass", TestCases::pass);
}

#[test]
fn a_folder_has_the_problem_that_its_case_is_named_after() {
    for name in names(CASES).iter().filter(|name| !OTHER_SUBJECTS.contains(&code(name))) {
        let case = FOLDERS.join(name);
        // Settings are beside the folder of the migrations.
        let folder = Some(case.join("migrations")).filter(|folder| folder.exists()).unwrap_or(case);
        let config = files::config(&folder, name);
        let rejection = analyse_with(files::read(&folder, name.as_str()), config).unwrap_err();
        let codes: BTreeSet<_> =
            rejection.diagnostics.iter().map(|found| found.problem.code()).collect();
        assert_eq!(codes, BTreeSet::from([code(name)]), "{name}: {rejection}");
    }
}

#[test]
fn every_problem_has_a_case() {
    // Each row of the table begins with the code.
    let source = include_str!("../../migrate-core/src/chain/problem/table.rs");
    let rows = source.split(" row(").filter_map(|row| row.trim_start().strip_prefix('"'));
    let codes: BTreeSet<&str> = rows.filter_map(|row| row.split('"').next()).collect();
    assert!(codes.contains("no-directory") && codes.contains("pinned-reparented"), "{codes:?}");
    let names = names(CASES);
    let mut seen: BTreeSet<&str> = names.iter().map(|name| code(name)).collect();
    for subject in OTHER_SUBJECTS {
        assert!(seen.remove(subject), "no case is about `{subject}`");
    }
    assert_eq!(seen, codes);
}
