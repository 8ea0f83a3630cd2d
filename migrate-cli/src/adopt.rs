//! Taking over what another tool has applied: does its table fit the chain, and are the texts the same?
//! Pure; nothing is asked of a database here.

mod books;
mod checksums;
mod closing;
mod union;

use std::collections::{HashMap, HashSet};

use migrate_core::chain::section_digest;
use migrate_core::{Chain, Migration, RevisionId};

pub(crate) use self::books::{Table, query, rows, search_all, whose};
pub(crate) use self::closing::make_idempotent;
pub(crate) use self::union::{both, together};
use crate::args::Tool;
use crate::import::{Imported, Wrong};

/// What another tool's table says of a migration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Row {
    pub(crate) version: String,
    pub(crate) name: Option<String>,
    /// The checksum of its text, of a tool that keeps one.
    pub(crate) checksum: Option<String>,
    /// It was begun, and has failed.
    pub(crate) failed: bool,
}

/// What can be taken over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Adoption {
    /// The revisions that the table names, parents before children.
    pub(crate) revisions: Vec<String>,
    /// How many checksums were made again, and are the same.
    pub(crate) verified: usize,
    pub(crate) notes: Vec<String>,
}

/// Compares a tool's table with the chain. `originals` are the tool's own files, where they are at hand.
///
/// # Errors
///
/// With everything that stands against it.
pub(crate) fn verify(
    tool: Tool,
    chain: &Chain<'static>,
    table: &str,
    rows: &[Row],
    originals: &[Imported],
) -> Result<Adoption, Vec<Wrong>> {
    let wrong = |what: String, help: String| Wrong { place: None, what, help };
    if rows.is_empty() {
        let what = format!("`{table}` is empty: {tool} has applied nothing here");
        return Err(vec![wrong(
            what,
            "an empty database needs no adoption: `migrate upgrade`".into(),
        )]);
    }
    let mut problems = Vec::new();
    let mut adoption = Adoption::default();
    let mut found: HashMap<&str, &Row> = HashMap::new();
    let versions = Versions::of(tool, chain);
    for row in rows {
        let version = &row.version;
        if row.failed {
            let what = format!("`{version}` has failed in {tool}, and may be half done");
            problems.push(wrong(what, format!("fix it with {tool} first, and adopt then")));
        }
        match versions.find(row) {
            Some(migration) => {
                found.insert(migration.id.as_str(), row);
            }
            None => problems.push(wrong(
                format!("`{table}` has `{version}`, which is not in this chain"),
                format!(
                    "add it: `migrate import {} …` makes a chain of {tool}'s folder, and keeps its versions",
                    tool.word()
                ),
            )),
        }
    }
    if !tool.names_heads_alone() {
        for migration in chain.migrations().iter().filter(|it| found.contains_key(it.id.as_str())) {
            for parent in migration.parents.iter().filter(|id| !found.contains_key(id.as_str())) {
                problems.push(wrong(
                    format!(
                        "`{parent}` is not applied, but `{}`, which follows it, is",
                        migration.id
                    ),
                    format!(
                        "apply `{parent}` with {tool} first, or move it behind: `migrate rebase`"
                    ),
                ));
            }
        }
    }
    for migration in chain.migrations() {
        let Some(row) = found.get(migration.id.as_str()) else { continue };
        adoption.revisions.push(migration.id.to_string());
        if row.failed {
            continue;
        }
        let original = originals.iter().find(|it| it.id == row.version);
        match compare(tool, migration, row, original.map(|it| it.original.as_str())) {
            Text::Same => adoption.verified += 1,
            Text::Unknown => {}
            Text::Changed => adoption.notes.push(format!(
                "`{}`: {tool} ran the original text; the chain's is another one, not only in blanks and comments",
                migration.id
            )),
            Text::Other => problems.push(Wrong::at(
                migration.source.path(),
                format!("`{}` is not the text that {tool} ran: its checksum is another one", migration.id),
                match original {
                    Some(_) => "the original folder has another text, too: find the one that was run".to_owned(),
                    None => format!(
                        "if it was edited since the import, give {tool}'s own folder: `--dir FOLDER`"
                    ),
                },
            )),
        }
    }
    if problems.is_empty() { Ok(adoption) } else { Err(problems) }
}

/// The versions of a tool's table that are not recorded, although the tool has applied them. A table
/// whose name other programs have, too, must have a version of the chain.
pub(crate) fn unrecorded(
    tool: Tool,
    chain: &Chain<'static>,
    recorded: &HashSet<&str>,
    rows: &[Row],
) -> Vec<String> {
    let versions = Versions::of(tool, chain);
    let is_anybodys = matches!(tool, Tool::Dbmate | Tool::GolangMigrate);
    if is_anybodys && !rows.iter().any(|row| versions.find(row).is_some()) {
        return Vec::new();
    }
    let is_recorded = |row: &&Row| {
        versions.find(row).is_some_and(|migration| recorded.contains(migration.id.as_str()))
    };
    rows.iter().filter(|row| !is_recorded(row)).map(|row| row.version.clone()).collect()
}

/// The revisions that were taken over from a tool whose table does not name them any more: it has gone back.
pub(crate) fn undone(
    tool: Tool,
    chain: &Chain<'static>,
    adopted: &HashSet<&str>,
    rows: &[Row],
) -> Vec<String> {
    let versions = Versions::of(tool, chain);
    let mut named: HashSet<&str> = HashSet::new();
    for migration in rows.iter().filter_map(|row| versions.find(row)) {
        named.insert(migration.id.as_str());
        if tool.names_heads_alone() {
            let lineage = chain.migrations().iter().zip(chain.lineage(migration.id.as_str()));
            named.extend(lineage.filter_map(|(it, below)| below.then_some(it.id.as_str())));
        }
    }
    let all = chain.migrations().iter().map(|migration| migration.id.as_str());
    all.filter(|id| adopted.contains(id) && !named.contains(id)).map(str::to_owned).collect()
}

/// How a tool's versions are found in a chain.
struct Versions<'c> {
    by_id: HashMap<&'c str, &'c Migration<'static>>,
    by_number: HashMap<i64, &'c Migration<'static>>,
    /// As refinery sees a chain that it has run itself: `V2__add_users`.
    by_name: HashMap<String, &'c Migration<'static>>,
}

impl<'c> Versions<'c> {
    fn of(tool: Tool, chain: &'c Chain<'static>) -> Self {
        let all = chain.migrations();
        let number = |it: &'c Migration<'static>| Some((it.id.as_str().parse().ok()?, it));
        let counts =
            matches!(tool, Tool::Refinery | Tool::Sqlx | Tool::Goose | Tool::GolangMigrate);
        let names = if tool == Tool::Refinery { chain.refinery_names() } else { Vec::new() };
        Versions {
            by_id: all.iter().map(|it| (it.id.as_str(), it)).collect(),
            by_number: all.iter().filter(|_| counts).filter_map(number).collect(),
            by_name: names.into_iter().zip(all).collect(),
        }
    }

    fn find(&self, row: &Row) -> Option<&'c Migration<'static>> {
        let version = row.version.as_str();
        let name = row.name.as_ref().map(|name| format!("V{version}__{name}"));
        let by_name = name.and_then(|name| self.by_name.get(&name));
        let by_number = || self.by_number.get(&version.parse().ok()?);
        by_name.or_else(|| self.by_id.get(version)).or_else(by_number).copied()
    }
}

/// How the chain's text is to what a tool ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Same,
    /// The tool keeps no checksum.
    Unknown,
    /// The original is what the tool ran, and says something else than the chain.
    Changed,
    Other,
}

fn compare(tool: Tool, migration: &Migration<'_>, row: &Row, original: Option<&str>) -> Text {
    let Some(checksum) = &row.checksum else { return Text::Unknown };
    let fits = |text: &str| checksums::made(tool, row, text).iter().any(|made| made == checksum);
    let transactional = migration.up.options.transactional;
    match original {
        _ if checksums::texts(migration.up_sql()).iter().any(|text| fits(text)) => Text::Same,
        Some(original) if checksums::texts(original).iter().any(|text| fits(text)) => {
            match section_digest(original, transactional) == migration.digests.up {
                true => Text::Same,
                false => Text::Changed,
            }
        }
        _ => Text::Other,
    }
}

/// Those of some revisions that no other of them follows.
pub(crate) fn tips<'c>(chain: &'c Chain<'_>, revisions: &HashSet<&str>) -> Vec<&'c str> {
    let all = chain.migrations().iter().filter(|it| revisions.contains(it.id.as_str()));
    let followed: HashSet<&str> =
        all.clone().flat_map(|it| it.parents.iter()).map(RevisionId::as_str).collect();
    all.map(|it| it.id.as_str()).filter(|id| !followed.contains(id)).collect()
}

#[cfg(test)]
mod tests;
