//! Another tool's folder whose names `migrate import` does not take: the same migrations, numbered in their order.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;

/// The dialects that names of files tell apart, those of PostgreSQL first.
const DIALECTS: [&str; 8] =
    ["postgres", "postgresql", "mysql", "mariadb", "sqlite", "sqlite3", "cockroach", "cockroachdb"];
const OURS: &[&str] = &["postgres", "postgresql"];

/// The tool that the folder is of, as `migrate import` calls it.
pub(crate) fn tool(folder: &Path) -> Result<&'static str> {
    let files = files(folder)?;
    let is_diesel = files.iter().any(|path| path.ends_with("up.sql"));
    let has = |marker: &str| {
        files.iter().take(20).any(|path| {
            let text = fs::read_to_string(path).unwrap_or_default();
            text.lines().any(|line| line.replace(' ', "").starts_with(marker))
        })
    };
    let is_refinery = files.iter().any(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let number = name.strip_prefix(['V', 'U']).and_then(|rest| rest.split_once("__"));
        number.is_some_and(|(number, _)| number.parse::<u64>().is_ok())
    });
    Ok(match () {
        () if is_diesel => "diesel",
        () if has("--+goose") => "goose",
        () if has("--migrate:up") => "dbmate",
        () if is_refinery => "refinery",
        () => "sqlx",
    })
}

/// A migration of any tool.
#[derive(Default)]
struct Migration {
    up: Option<Body>,
    down: Option<Body>,
}

struct Body {
    sql: String,
    transactional: bool,
    /// Whether its name says that it is for PostgreSQL: it goes before one that is for all.
    ours: bool,
}

/// Writes the migrations with the names of sqlx's.
pub(crate) fn renumber(from: &Path, to: &Path) -> Result<()> {
    let mut migrations: BTreeMap<Vec<Piece>, (String, Migration)> = BTreeMap::new();
    for path in files(from)? {
        let Some((stem, down, transactional, ours)) = named(&path, from) else { continue };
        let text = fs::read_to_string(&path)?;
        let (_, migration) =
            migrations.entry(pieces(&stem)).or_insert_with(|| (stem.clone(), Migration::default()));
        let (sql, undo) = halves(&text);
        let body = |sql: String| Body {
            sql,
            transactional: transactional
                && !text.to_lowercase().replace(' ', "").contains("+goosenotransaction"),
            ours,
        };
        put(if down { &mut migration.down } else { &mut migration.up }, body(sql));
        if let Some(undo) = undo {
            put(&mut migration.down, body(undo));
        }
    }
    fs::create_dir_all(to)?;
    for (nth, (stem, migration)) in migrations.into_values().enumerate() {
        let Some(up) = migration.up else { continue };
        let name = stem.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_");
        for (body, ending) in [(Some(up), "up"), (migration.down, "down")] {
            let Some(body) = body else { continue };
            let first = if body.transactional { "" } else { "-- no-transaction\n" };
            let path = to.join(format!("{}_{name}.{ending}.sql", nth + 1));
            fs::write(path, format!("{first}{}", body.sql))?;
        }
    }
    Ok(())
}

fn put(place: &mut Option<Body>, body: Body) {
    if place.as_ref().is_none_or(|there| body.ours || !there.ours) {
        *place = Some(body);
    }
}

/// What a file's name says: which migration it is of, whether it undoes it, whether it runs in a transaction, and whether
/// it is for PostgreSQL alone. Nothing where it is for another database, or no SQL.
fn named(path: &Path, root: &Path) -> Option<(String, bool, bool, bool)> {
    let name = path.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/");
    let stem = name.strip_suffix(".sql")?;
    // A folder for each migration: up.sql, down.sql, migration.sql.
    let (stem, down) = match stem.rsplit_once('/') {
        Some((folder, "up" | "migration")) => (folder.to_owned(), false),
        Some((folder, "down")) => (folder.to_owned(), true),
        _ => (stem.to_owned(), false),
    };
    let (mut is_down, mut transactional, mut ours) = (down, true, false);
    let mut left = Vec::new();
    for word in stem.split('.') {
        match word {
            "down" => is_down = true,
            "up" => {}
            "autocommit" => transactional = false,
            word if OURS.contains(&word) => ours = true,
            word if DIALECTS.contains(&word) => return None,
            word => left.push(word),
        }
    }
    Some((left.join("."), is_down, transactional, ours))
}

/// Upgrade and downgrade of a file that has both, by goose's or sql-migrate's markers.
fn halves(text: &str) -> (String, Option<String>) {
    let (mut up, mut down, mut is_down, mut marked) = (String::new(), String::new(), false, false);
    for line in text.split_inclusive('\n') {
        let word = line.trim().to_lowercase().replace(' ', "");
        let marker = word.strip_prefix("--+goose").or_else(|| word.strip_prefix("--+migrate"));
        match marker {
            Some(marker) if marker.starts_with("up") => (is_down, marked) = (false, true),
            Some(marker) if marker.starts_with("down") => (is_down, marked) = (true, true),
            Some(_) => {}
            None if is_down => down.push_str(line),
            None => up.push_str(line),
        }
    }
    (up, (marked && !down.trim().is_empty()).then_some(down))
}

/// A name in pieces, so that 10 comes after 9.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Number(u128),
    Text(String),
}

fn pieces(name: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        let number = if is_digit { piece.parse().ok() } else { None };
        pieces.push(number.map_or_else(|| Piece::Text(piece.to_owned()), Piece::Number));
        rest = after;
    }
    pieces
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "sql") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
