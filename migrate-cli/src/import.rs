//! From another tool's folder of migrations to files of a chain: texts in, files or problems out.
//! Nothing is read or written here.

pub(crate) mod alembic;
mod dbmate;
mod diesel;
mod fitted;
mod flyway;
mod folders;
mod goose;
mod names;
mod pairs;
mod refinery;
mod render;
mod single;

use std::collections::HashMap;

use migrate_core::RevisionId;
use migrate_core::chain::edit::FileEdit;
use migrate_core::syntax::Lexer;

use self::names::Named;
use crate::args::Tool;
use crate::program_name::ProgramName;

/// A file of another tool's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Original {
    /// Its path in the folder, with slashes.
    pub(crate) path: String,
    /// Its text, or why that is unknown.
    pub(crate) text: Result<String, String>,
}

/// A migration of another tool, as a revision of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Imported {
    /// The tool's own version, as its table in the database has it.
    pub(crate) id: String,
    pub(crate) parents: Vec<String>,
    pub(crate) message: String,
    pub(crate) created: Option<String>,
    /// The file that is to be, without its ending.
    pub(crate) stem: String,
    /// The file, or the folder, that it comes from.
    pub(crate) origin: String,
    pub(crate) up: Body,
    /// The upgrade's text as the tool has it.
    pub(crate) original: String,
    /// How it is undone, or why it is not.
    pub(crate) down: Result<Body, String>,
}

/// The SQL of a section, as the other tool has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Body {
    pub(crate) sql: String,
    /// Whether it runs outside a transaction.
    pub(crate) non_transactional: bool,
}

/// Why a folder can't be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Where: a file of the folder, and a line of it, where there is one.
    pub(crate) place: Option<(String, Option<usize>)>,
    pub(crate) what: String,
    pub(crate) help: String,
}

impl Wrong {
    pub(crate) fn at(file: &str, what: impl Into<String>, help: impl Into<String>) -> Self {
        let place = Some((file.to_owned(), None));
        Wrong { place, what: what.into(), help: help.into() }
    }

    pub(crate) fn line(mut self, line: usize) -> Self {
        if let Some((_, place)) = &mut self.place {
            *place = Some(line);
        }
        self
    }
}

impl Wrong {
    pub(crate) fn text(&self, program: &ProgramName) -> String {
        let place = match &self.place {
            Some((file, Some(line))) => format!("\n --> {file}:{line}"),
            Some((file, None)) => format!("\n --> {file}"),
            None => String::new(),
        };
        format!("{}{place}\n = help: {}", self.what, program.in_advice(&self.help))
    }
}

/// The files of a chain, and what is to be said of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Translation {
    pub(crate) revisions: Vec<Imported>,
    pub(crate) notes: Vec<String>,
}

impl Translation {
    /// The files to write.
    pub(crate) fn edits(&self) -> Vec<FileEdit> {
        self.revisions.iter().map(render::edit).collect()
    }
}

/// What a tool's files say, while they are read.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) revisions: Vec<Found>,
    pub(crate) notes: Vec<String>,
    pub(crate) wrong: Vec<Wrong>,
}

/// A migration that was found, not yet in its place.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) named: Named,
    pub(crate) origin: String,
    pub(crate) up: Body,
    pub(crate) down: Result<Body, String>,
}

impl Found {
    fn new(named: Named, origin: String, up: Body, down: Result<Body, String>) -> Self {
        Found { named, origin, up, down }
    }
}

impl Draft {
    /// The text of a file without its byte order mark; a file without a text is a problem.
    pub(crate) fn text<'o>(&mut self, original: &'o Original) -> Option<&'o str> {
        match &original.text {
            Ok(text) => Some(text.strip_prefix('\u{feff}').unwrap_or(text)),
            Err(reason) => {
                let what = format!("the file can't be read: {reason}");
                self.wrong.push(Wrong::at(&original.path, what, "fix it, and import again"));
                None
            }
        }
    }

    /// Says that a file was left alone.
    pub(crate) fn left_out(&mut self, tool: Tool, path: &str) {
        self.notes.push(format!("`{path}` is no migration of {tool}, and was left out"));
    }
}

/// The folder of a tool whose migrations have an order of their own, as a chain in one line.
///
/// # Errors
///
/// With everything that is wrong: nothing is imported in part.
pub(crate) fn translate(tool: Tool, originals: &[Original]) -> Result<Translation, Vec<Wrong>> {
    if let Some(wrong) = own(originals) {
        return Err(vec![wrong]);
    }
    let draft = draft(tool, originals);
    let Draft { mut revisions, notes, mut wrong } = draft;
    revisions.sort_by(|a, b| a.named.order(&b.named, sorts_texts(tool)));
    twins(&revisions, &mut wrong);
    if revisions.is_empty() {
        let suggestion = looks_like(tool, originals, wrong.is_empty());
        if wrong.is_empty() || suggestion.is_some() {
            wrong = vec![empty(tool, suggestion)];
        }
    }
    let mut parent: Option<String> = None;
    let mut files = Names::default();
    let mut imported = Vec::new();
    for Found { named, origin, up, down } in revisions {
        if let Err(why) = RevisionId::new(named.version.as_str()) {
            let what = format!("`{}` can't be a revision id: {why}", named.version);
            wrong.push(Wrong::at(&origin, what, "rename it, and import again"));
            continue;
        }
        let (stem, message) = (files.stem(&named), named.message());
        let id = named.version;
        let original = up.sql.clone();
        let up = fitted::body(up);
        let down = down.and_then(|down| something(tool, fitted::body(down)));
        let parents = parent.replace(id.clone()).into_iter().collect();
        let created = names::created(&id);
        imported.push(Imported { id, parents, message, created, stem, origin, up, original, down });
    }
    if wrong.is_empty() { Ok(Translation { revisions: imported, notes }) } else { Err(wrong) }
}

/// A folder that is a chain already: another tool would take the headers for comments.
fn own(originals: &[Original]) -> Option<Wrong> {
    let is_own = |original: &&Original| {
        let text = original.text.as_deref().unwrap_or_default();
        text.trim_start_matches('\u{feff}').starts_with("-- revision:")
            && text.contains("\n-- message:")
    };
    let help = "there is nothing to import: `migrate check -d FOLDER` reads it";
    let found = originals.iter().find(is_own)?;
    Some(Wrong::at(&found.path, "the folder is a chain already", help))
}

/// Whether a tool has its migrations in the order of their names, whatever numbers are in them.
fn sorts_texts(tool: Tool) -> bool {
    matches!(tool, Tool::Diesel | Tool::Dbmate | Tool::Prisma | Tool::Supabase | Tool::Atlas)
}

fn draft(tool: Tool, originals: &[Original]) -> Draft {
    match tool {
        Tool::Refinery => refinery::read(originals),
        Tool::Sqlx | Tool::GolangMigrate => pairs::read(tool, originals),
        Tool::Flyway => flyway::read(originals),
        Tool::Prisma | Tool::Drizzle => folders::read(tool, originals),
        Tool::Supabase | Tool::Atlas => single::read(tool, originals),
        Tool::Diesel => diesel::read(originals),
        Tool::Dbmate => dbmate::read(originals),
        Tool::Goose => goose::read(originals),
        // It has a graph, and its SQL is elsewhere.
        Tool::Alembic => Draft::default(),
    }
}

/// A downgrade that has a statement. One that has none, but words, has a reason perhaps.
pub(crate) fn something(tool: Tool, down: Body) -> Result<Body, String> {
    let has_sql = Lexer::new(&down.sql).any(|token| !token.kind.is_trivia());
    if let Some(said) = fitted::refusal(&down.sql) {
        return Err(format!("imported from {tool}, where the downgrade raises: {said}"));
    }
    if has_sql {
        return Ok(down);
    }
    let words = down.sql.lines().map(|line| line.trim().trim_start_matches(['-', '/', '*', ' ']));
    let words: Vec<&str> = words.map(|line| line.trim_end_matches(['*', '/', ' '])).collect();
    let words = words.join(" ");
    let said = if words.trim().is_empty() { String::new() } else { format!(": {}", words.trim()) };
    Err(format!("imported from {tool}, where the downgrade has no statement{said}"))
}

/// Two migrations of one version.
fn twins(revisions: &[Found], wrong: &mut Vec<Wrong>) {
    let mut first: HashMap<&str, &str> = HashMap::new();
    for found in revisions {
        let version = found.named.version.as_str();
        if let Some(other) = first.insert(version, &found.origin) {
            let what = format!("version {version} is there twice, first in `{other}`");
            wrong.push(Wrong::at(&found.origin, what, "rename one of the two, or take it away"));
        }
    }
}

/// Whose the files seem to be; almost any folder would do for sqlx.
fn looks_like(tool: Tool, originals: &[Original], with_sqlx: bool) -> Option<Tool> {
    let is_there = |name: &str| originals.iter().any(|it| it.path == name);
    let marked = [
        (Tool::Prisma, "migration_lock.toml"),
        (Tool::Drizzle, "meta/_journal.json"),
        (Tool::Atlas, "atlas.sum"),
    ];
    if let Some((whose, _)) = marked.into_iter().find(|(_, name)| is_there(name)) {
        return Some(whose).filter(|whose| *whose != tool);
    }
    // What says whose it is in each file comes before what almost any folder would do for.
    let shaped =
        [Tool::Goose, Tool::Dbmate, Tool::Diesel, Tool::Refinery, Tool::Flyway, Tool::Prisma];
    let loose = [Tool::Sqlx].into_iter().filter(|_| with_sqlx);
    // Both have `V1__name.sql`, so what is wrong with it says more.
    let is_other = |other: &Tool| {
        let both = [Tool::Refinery, Tool::Flyway];
        *other != tool && !(both.contains(other) && both.contains(&tool))
    };
    shaped.into_iter().chain(loose).filter(is_other).find(|other| {
        let draft = draft(*other, originals);
        !draft.revisions.is_empty() && draft.wrong.is_empty()
    })
}

/// Says that nothing was found.
fn empty(tool: Tool, suggestion: Option<Tool>) -> Wrong {
    let help = match suggestion {
        Some(other) => format!("these look like {other}'s: `migrate import {} …`", other.word()),
        None => format!("{tool} has them as {}", shape(tool)),
    };
    Wrong { place: None, what: format!("there is no migration of {tool} in the folder"), help }
}

fn shape(tool: Tool) -> &'static str {
    match tool {
        Tool::Refinery => "`V1__name.sql`",
        Tool::Sqlx => "`1_name.sql`, or `1_name.up.sql` and `1_name.down.sql`",
        Tool::Diesel => "folders `1_name` with an `up.sql`",
        Tool::Dbmate => "`1_name.sql` with `-- migrate:up`",
        Tool::Goose => "`1_name.sql` with `-- +goose Up`",
        Tool::GolangMigrate => "`1_name.up.sql` and `1_name.down.sql`",
        Tool::Flyway => "`V1__name.sql`",
        Tool::Prisma => "folders `20251217101112_name` with a `migration.sql`",
        Tool::Drizzle => "`0000_name.sql`, or folders with a `migration.sql`",
        Tool::Supabase | Tool::Atlas => "`20251217101112_name.sql`",
        Tool::Alembic => "Python files with `revision = …`",
    }
}

/// The names of files that are to be: no two may give one variant of the typed `Revision`.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: HashMap<String, usize>,
}

impl Names {
    fn stem(&mut self, named: &Named) -> String {
        self.unique(named, named.stem())
    }

    /// This name, with a number behind it where another file has it.
    fn unique(&mut self, named: &Named, stem: String) -> String {
        let variant = |stem: &str| {
            migrate_core::chain::variant(&format!("{stem}.sql"), Some(&named.version))
                .to_lowercase()
        };
        let mut candidate = stem.clone();
        let mut number = *self.taken.get(&variant(&stem)).unwrap_or(&1);
        while self.taken.contains_key(&variant(&candidate)) {
            number += 1;
            candidate = format!("{stem}_{number}");
        }
        self.taken.insert(variant(&stem), number);
        self.taken.insert(variant(&candidate), number);
        candidate
    }
}

#[cfg(test)]
mod tests;
