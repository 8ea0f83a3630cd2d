//! Recognises a folder of another migration tool, so that one message says so instead of several
//! for each file.

use crate::chain::diagnostic::Diagnostic;
use crate::chain::folder::{Content, Entry, Folder, has_key_line};
use crate::chain::lockfile::LOCK_FILE;
use crate::chain::problem::Problem;

/// A migration tool: its name, and its word for `migrate import`.
type Tool = (&'static str, &'static str);

const ALEMBIC: Tool = ("Alembic", "alembic");
const ATLAS: Tool = ("Atlas", "atlas");
const DBMATE: Tool = ("dbmate", "dbmate");
const DIESEL: Tool = ("Diesel", "diesel");
const DRIZZLE: Tool = ("Drizzle", "drizzle");
const FLYWAY: Tool = ("Flyway", "flyway");
const GOLANG_MIGRATE: Tool = ("golang-migrate", "golang-migrate");
const GOOSE: Tool = ("goose", "goose");
const PRISMA: Tool = ("Prisma", "prisma");
const REFINERY: Tool = ("refinery", "refinery");
const SQLX: Tool = ("sqlx", "sqlx");
const SUPABASE: Tool = ("Supabase", "supabase");

/// The problem of a folder that is another tool's. A folder with a single revision of a chain is
/// never one.
pub(crate) fn foreign(folder: &Folder) -> Option<Diagnostic> {
    let entries = folder.entries.as_ref().ok()?;
    let is_own = |entry: &Entry| entry.name == LOCK_FILE || has_key_line(text(entry));
    if entries.iter().any(is_own) {
        return None;
    }
    let ((name, word), or) = whose(&folder.path, entries)?;
    let or = or.map(|(name, word)| (name.to_owned(), word.to_owned()));
    let (path, tool) = (folder.path.clone(), (name.to_owned(), word.to_owned()));
    Some(Diagnostic::new(Problem::ForeignFolder { path, tool, or }))
}

/// Which tool's the files are, and another one that has them in the same form.
fn whose(path: &str, entries: &[Entry]) -> Option<(Tool, Option<Tool>)> {
    let has = |name: &str| entries.iter().any(|entry| entry.name == name);
    let only = |tool| Some((tool, None));
    if has("migration_lock.toml") {
        return only(PRISMA);
    }
    if has("atlas.sum") {
        return only(ATLAS);
    }
    let is_python =
        |entry: &Entry| entry.name.ends_with(".py") && text(entry).contains("down_revision");
    if has("env.py") && has("script.py.mako") || entries.iter().any(is_python) {
        return only(ALEMBIC);
    }
    let folders = entries.iter().filter(|entry| entry.content == Content::Other);
    let folders: Vec<&str> = folders.map(|entry| entry.name.as_str()).collect();
    let sql: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.name.ends_with(".sql") && entry.content != Content::Other)
        .collect();
    if sql.is_empty() {
        return folders
            .iter()
            .copied()
            .find_map(of_folder)
            .or_else(|| entries.iter().any(|it| is_rust(&it.name)).then_some(REFINERY))
            .map(|tool| (tool, None));
    }
    if sql.iter().any(|entry| has_line(entry, "+goose")) {
        return only(GOOSE);
    }
    let stamps = sql.iter().filter(|entry| digits(&entry.name) == STAMP).count();
    if sql.iter().any(|entry| has_line(entry, "migrate:")) {
        // These are the markers of a chain, too; the names that dbmate gives are not.
        let are_dbmates = stamps == sql.len() && sql.iter().all(|entry| starts_with_up(entry));
        return are_dbmates.then_some((DBMATE, None));
    }
    let names: Vec<&str> = sql.iter().map(|entry| entry.name.as_str()).collect();
    if folders.contains(&"meta") && names.iter().all(|name| digits(name) > 0) {
        return only(DRIZZLE);
    }
    if names.iter().any(|name| is_versioned(name)) {
        let settings = entries.iter().any(|entry| entry.name.ends_with(".sql.conf"));
        let is_flyways = settings || names.iter().any(|name| is_flyways_alone(name));
        return if is_flyways { only(FLYWAY) } else { Some((REFINERY, Some(FLYWAY))) };
    }
    let is_pair = |name: &&str| {
        digits(name) > 0 && (name.ends_with(".up.sql") || name.ends_with(".down.sql"))
    };
    if let Some(pair) = names.iter().find(|name| is_pair(name)) {
        let is_counted = digits(pair) == GOLANG_DIGITS;
        let (first, second) =
            if is_counted { (GOLANG_MIGRATE, SQLX) } else { (SQLX, GOLANG_MIGRATE) };
        return Some((first, Some(second)));
    }
    // One file with a number in its name may be somebody's first revision, without its header.
    let is_numbered = |name: &&str| digits(name) > 0 && name.contains('_');
    if names.iter().all(is_numbered) && (stamps > 0 || names.len() > 1) {
        return only(if path.contains("supabase") { SUPABASE } else { SQLX });
    }
    None
}

/// The length of a time such as `20240102030405`.
const STAMP: usize = 14;

/// The digits that golang-migrate counts with.
const GOLANG_DIGITS: usize = 6;

/// The number of digits before the first `_`; 0 if there is anything else.
fn digits(name: &str) -> usize {
    let number = name.split_once('_').map_or("", |(number, _)| number);
    if number.bytes().all(|byte| byte.is_ascii_digit()) { number.len() } else { 0 }
}

/// Whose a migration is that is a folder of its own: diesel's has dashes in its time.
fn of_folder(name: &str) -> Option<Tool> {
    let (time, _) = name.split_once('_')?;
    let lengths: Vec<usize> = time.split('-').map(str::len).collect();
    let is_number = time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match lengths.as_slice() {
        _ if !is_number => None,
        [4, 2, 2, 6] => Some(DIESEL),
        [STAMP] if time.starts_with("00000000000000") => Some(DIESEL),
        [STAMP] => Some(DRIZZLE),
        _ => None,
    }
}

/// `V1__name.sql`, which is refinery's and Flyway's.
fn is_versioned(name: &str) -> bool {
    let version = name.split_once("__").map_or("", |(version, _)| version);
    let number = version.strip_prefix(['V', 'U', 'B']).unwrap_or_default();
    version == "R" || number.starts_with(|first: char| first.is_ascii_digit())
}

/// What only Flyway has: repeatable and baseline migrations, and versions with dots.
fn is_flyways_alone(name: &str) -> bool {
    let version = name.split_once("__").map_or("", |(version, _)| version);
    is_versioned(name) && (version.starts_with(['R', 'B']) || version.contains(['.', '_']))
}

/// `V1__name.rs`, refinery's migrations in Rust.
fn is_rust(name: &str) -> bool {
    name.ends_with(".rs") && is_versioned(name)
}

/// The text of a file, if it is text.
fn text(entry: &Entry) -> &str {
    match &entry.content {
        Content::File(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
        _ => "",
    }
}

/// Whether one line is a comment that begins with this word, in any case.
fn has_line(entry: &Entry, word: &str) -> bool {
    let begins = |line: &str| {
        let comment = line.trim_start().strip_prefix("--").map(str::trim_start).unwrap_or_default();
        comment.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    text(entry).lines().any(begins)
}

/// Whether nothing stands above the first marker: somebody who forgets one line of a header has
/// another one.
fn starts_with_up(entry: &Entry) -> bool {
    let mut lines = text(entry).trim_start_matches('\u{feff}').lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
    first.strip_prefix("--").is_some_and(|line| line.trim_start().starts_with("migrate:up"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of these files; a name that ends in `/` is a folder in it.
    fn folder(path: &str, files: &[(&str, &str)]) -> Folder {
        let mut folder = Folder::of_texts(path, files.iter().copied());
        for entry in folder.entries.iter_mut().flatten() {
            if let Some(name) = entry.name.strip_suffix('/') {
                *entry = Entry { name: name.to_owned(), content: Content::Other };
            }
        }
        folder
    }

    #[test]
    fn whose_a_folder_is() {
        let check = |files: &[(&str, &str)], expected: &str| {
            let found = foreign(&folder("db/migrations", files)).map(|found| found.problem);
            let found = match found {
                Some(Problem::ForeignFolder { tool: (_, word), or: Some((_, or)), .. }) => {
                    format!("{word} or {or}")
                }
                Some(Problem::ForeignFolder { tool: (_, word), .. }) => word,
                _ => String::new(),
            };
            assert_eq!(found, expected, "{files:?}");
        };
        let sql = "CREATE TABLE a ();\n";
        check(&[("20240102030405_a.sql", sql)], "sqlx");
        check(&[("0001_a.sql", sql), ("0002_b.sql", sql)], "sqlx");
        check(
            &[("20240102030405_a.up.sql", sql), ("20240102030405_a.down.sql", sql)],
            "sqlx or golang-migrate",
        );
        check(&[("000001_a.up.sql", sql)], "golang-migrate or sqlx");
        check(&[("V1__a.sql", sql), ("mod.rs", "")], "refinery or flyway");
        check(&[("V1__a.rs", "fn migration() {}"), ("mod.rs", "")], "refinery");
        check(&[("V1__a.sql", sql), ("R__b.sql", sql)], "flyway");
        check(&[("V1.1__a.sql", sql)], "flyway");
        check(&[("V1__a.sql", sql), ("V1__a.sql.conf", "")], "flyway");
        check(&[("00000000000000_diesel_initial_setup/", ""), (".keep", "")], "diesel");
        check(&[("2024-01-02-030405_a/", "")], "diesel");
        check(&[("00001_a.sql", "-- +goose Up\nSELECT 1;\n")], "goose");
        check(&[("a.sql", "-- why\n--  +GOOSE up\nSELECT 1;\n")], "goose");
        check(
            &[("20240102030405_a.sql", "\n-- migrate:up\nSELECT 1;\n\n-- migrate:down\n")],
            "dbmate",
        );
        check(
            &[("20240102030405_a/", ""), ("migration_lock.toml", "provider = \"postgresql\"\n")],
            "prisma",
        );
        check(&[("0000_a.sql", sql), ("meta/", "")], "drizzle");
        check(&[("20240102030405_a/", "")], "drizzle");
        check(&[("20240102030405_a.sql", sql), ("atlas.sum", "h1:\n")], "atlas");
        check(&[("env.py", ""), ("script.py.mako", ""), ("versions/", "")], "alembic");
        check(&[("1a2b_users.py", "revision = '1a2b'\ndown_revision = None\n")], "alembic");
        // Not certain, or ours.
        let own = "-- revision: 1\n-- message: m\n-- migrate:up\nSELECT 1;\n";
        for files in [
            &[][..],
            &[("README.md", "")],
            &[("001_users.sql", sql)],
            &[("users.sql", sql)],
            &[("20240102030405_a.sql", own)],
            &[("20240102030405_a.sql", sql), ("2_b.sql", own)],
            &[("20240102030405_a.sql", sql), ("chain.lock", "version 1\n")],
            &[("20240102030405_a.sql", "-- revison: 1\n-- mesage: m\n-- migrate:up\nSELECT 1;\n")],
            &[("1_a.sql", "-- migrate:up\nSELECT 1;\n"), ("2_b.sql", "-- migrate:up\nSELECT 1;\n")],
            &[("ä_.sql", "--ä\n"), ("_.sql", "")],
            &[("env.py", "")],
            &[("notes_/", "")],
        ] {
            check(files, "");
        }
        let supabase = foreign(&folder("supabase/migrations", &[("20240102030405_a.sql", sql)]));
        assert!(supabase.is_some_and(|found| found.problem.help().contains("import supabase")));
    }

    #[test]
    fn the_way_on_is_one_line() {
        let check = |path: &str, expected: &str| {
            let found = foreign(&folder(path, &[("V1__a.sql", "")]));
            let help = found.map(|found| found.problem.help()).unwrap_or_default();
            assert!(help.contains(expected), "{help}");
        };
        check("migrations", "`migrate import refinery migrations --to chain`");
        check("./db/migrations", "`migrate import refinery ./db/migrations --to ./db/chain`");
        check("chain", "`migrate import refinery chain --to migrations`");
        check("a b/m", "`migrate import refinery 'a b/m' --to 'a b/chain'`");
    }
}
