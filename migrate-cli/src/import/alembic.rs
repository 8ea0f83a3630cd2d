//! Alembic: the graph from its Python files, which are read and not run; the SQL from its own scripts.

mod printed;
mod python;
mod script;

use std::collections::{BTreeMap, HashMap, HashSet};

use migrate_core::RevisionId;

pub(crate) use self::printed::{Downgrades, Printed, upgrades};
use self::python::Script;
use self::script::Way;
use super::names::{self, Named, file_name};
use super::{Body, Imported, Names, Original, Translation, Wrong, something};
use crate::args::Tool;

/// A revision, as its Python file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) id: String,
    /// `down_revision`, and what `depends_on` adds to it.
    pub(crate) parents: Vec<String>,
    message: String,
    created: Option<String>,
    /// The path of its file.
    origin: String,
}

/// What Alembic has to say of one revision, one way: its script, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sql {
    /// What it printed, and why it stopped, if it did.
    Printed { script: String, stopped: Option<String> },
    /// Nobody has given it.
    Missing,
}

/// Revisions that were read from a folder, parents before children, and what is to be said of them.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) revisions: Vec<Revision>,
    pub(crate) notes: Vec<String>,
}

/// Reads the Python files of a folder.
///
/// # Errors
///
/// With everything that is wrong with them.
pub(crate) fn read(originals: &[Original]) -> Result<Graph, Vec<Wrong>> {
    if let Some(wrong) = super::own(originals) {
        return Err(vec![wrong]);
    }
    let mut reading = Reading::default();
    for original in originals {
        reading.file(original);
    }
    reading.resolve();
    let Reading { mut revisions, mut wrong, notes, .. } = reading;
    if revisions.is_empty() && wrong.is_empty() {
        wrong.push(super::empty(Tool::Alembic, super::looks_like(Tool::Alembic, originals, true)));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    sort(&mut revisions);
    Ok(Graph { revisions, notes })
}

#[derive(Default)]
struct Reading {
    revisions: Vec<Revision>,
    /// What `depends_on` says, by revision: an id or a label.
    dependencies: BTreeMap<String, Vec<String>>,
    labels: HashMap<String, String>,
    places: HashMap<String, String>,
    wrong: Vec<Wrong>,
    notes: Vec<String>,
}

impl Reading {
    fn file(&mut self, original: &Original) {
        let path = &original.path;
        let Some(stem) = file_name(path).0.strip_suffix(".py") else { return };
        let text = match &original.text {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            Err(reason) => {
                let what = format!("the file can't be read: {reason}");
                self.wrong.push(Wrong::at(path, what, "fix it, and import again"));
                return;
            }
        };
        let script = python::read(text);
        if script.value("revision").is_none() && script.value("down_revision").is_none() {
            if !matches!(stem, "__init__" | "env") {
                self.notes.push(format!("`{path}` is no revision of Alembic's, and was left out"));
            }
            return;
        }
        let before = self.wrong.len();
        let ids = self.texts(path, &script, "revision");
        let parents = self.texts(path, &script, "down_revision");
        let depends = self.texts(path, &script, "depends_on");
        let labels = self.texts(path, &script, "branch_labels");
        let [id] = ids.as_slice() else {
            if self.wrong.len() == before {
                let help = "write `revision = \"…\"`";
                self.wrong.push(Wrong::at(path, "the revision has no id", help));
            }
            return;
        };
        for id in ids.iter().chain(&parents) {
            if let Err(why) = RevisionId::new(id.as_str()) {
                let what = format!("`{id}` can't be a revision id: {why}");
                let help = "rename the revision where it is named, in the database too";
                self.wrong.push(Wrong::at(path, what, help));
            }
        }
        if let Some(first) = self.places.insert(id.clone(), path.clone()) {
            let what = format!("revision `{id}` is there twice, first in `{first}`");
            self.wrong.push(Wrong::at(path, what, "take one of the two away"));
            return;
        }
        if !labels.is_empty() {
            self.notes.push(format!(
                "`{path}`: the branch label {} has no counterpart, and was left out",
                labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ")
            ));
            self.labels.extend(labels.into_iter().map(|label| (label, id.clone())));
        }
        let about = About::of(&script.docstring);
        self.disagreements(path, id, &parents, &about);
        let words = stem.strip_prefix(id.as_str()).unwrap_or(stem).to_owned();
        let named = Named { version: id.clone(), written: id.clone(), words };
        let message = about.message.unwrap_or_else(|| named.message());
        if !depends.is_empty() {
            self.dependencies.insert(id.clone(), depends);
        }
        let (id, origin, created) = (id.clone(), path.clone(), about.created);
        self.revisions.push(Revision { id, parents, message, created, origin });
    }

    /// The texts of an assignment; one that only Python understands is a problem.
    fn texts(&mut self, path: &str, script: &Script, name: &str) -> Vec<String> {
        match script.value(name) {
            None => Vec::new(),
            Some((_, Ok(texts))) => texts.to_vec(),
            Some((line, Err(found))) => {
                let what = format!("`{name}` is `{found}`, which is not run here");
                let help = "write the value itself: a string, None, or several strings";
                self.wrong.push(Wrong::at(path, what, help).line(line));
                Vec::new()
            }
        }
    }

    /// What the docstring says otherwise than the code; the code is what Alembic goes by.
    fn disagreements(&mut self, path: &str, id: &str, parents: &[String], about: &About) {
        let shown = |ids: &[String]| match ids {
            [] => "nothing".to_owned(),
            ids => ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "),
        };
        if let Some(said) = about.id.as_ref().filter(|said| *said != id) {
            self.notes.push(format!(
                "`{path}`: its docstring says `Revision ID: {said}`, its code `{id}`, which was taken"
            ));
        }
        if let Some(said) = &about.revises {
            let (one, other): (HashSet<_>, HashSet<_>) =
                (said.iter().collect(), parents.iter().collect());
            if one != other {
                self.notes.push(format!(
                    "`{path}`: its docstring says that it revises {}, `down_revision` says {}, which was taken",
                    shown(said),
                    shown(parents)
                ));
            }
        }
    }

    /// Makes parents of dependencies, and finds those that are nowhere.
    fn resolve(&mut self) {
        let known: HashSet<String> = self.revisions.iter().map(|found| found.id.clone()).collect();
        for at in 0..self.revisions.len() {
            let id = self.revisions[at].id.clone();
            let origin = self.revisions[at].origin.clone();
            for parent in self.dependencies.remove(&id).unwrap_or_default() {
                let parent = self.labels.get(&parent).cloned().unwrap_or(parent);
                if self.stands_on(&id, &parent) {
                    continue;
                }
                self.notes.push(format!(
                    "`{origin}`: what it depends on, `{parent}`, became one of its parents"
                ));
                self.revisions[at].parents.push(parent);
            }
            for parent in &self.revisions[at].parents {
                if !known.contains(parent) {
                    let what = format!("`{id}` follows `{parent}`, which is in no file");
                    self.wrong.push(Wrong::at(
                        &origin,
                        what,
                        "add the file, or fix `down_revision`",
                    ));
                }
            }
        }
    }

    /// Whether a revision follows another one already.
    fn stands_on(&self, id: &str, ancestor: &str) -> bool {
        let parents: HashMap<&str, &[String]> = self
            .revisions
            .iter()
            .map(|found| (found.id.as_str(), found.parents.as_slice()))
            .collect();
        let (mut seen, mut left) = (HashSet::new(), vec![id]);
        while let Some(id) = left.pop() {
            for parent in parents.get(id).copied().unwrap_or_default() {
                if parent == ancestor {
                    return true;
                }
                if seen.insert(parent) {
                    left.push(parent);
                }
            }
        }
        false
    }
}

/// Parents before children, else as the files are sorted. A circle is left for the check to tell.
fn sort(revisions: &mut Vec<Revision>) {
    let mut placed: HashSet<String> = HashSet::new();
    let mut sorted = Vec::new();
    while let Some(at) =
        revisions.iter().position(|found| found.parents.iter().all(|id| placed.contains(id)))
    {
        let found = revisions.remove(at);
        placed.insert(found.id.clone());
        sorted.push(found);
    }
    sorted.append(revisions);
    *revisions = sorted;
}

/// What Alembic's template writes into a docstring.
#[derive(Debug, Default)]
struct About {
    message: Option<String>,
    id: Option<String>,
    revises: Option<Vec<String>>,
    created: Option<String>,
}

impl About {
    fn of(docstring: &str) -> Self {
        let mut about = About::default();
        let mut words: Vec<&str> = Vec::new();
        let mut above = true;
        for line in docstring.lines().map(str::trim) {
            let (key, value) = line.split_once(':').unwrap_or((line, ""));
            match (key, value.trim()) {
                ("Revision ID", value) => about.id = Some(value.to_owned()),
                ("Revises", value) => {
                    let ids = value.split(',').map(str::trim);
                    let ids = ids.filter(|id| !id.is_empty() && *id != "None");
                    about.revises = Some(ids.map(str::to_owned).collect());
                }
                ("Create Date", value) => {
                    let digits: String = value.get(..10).unwrap_or_default().split('-').collect();
                    let created = names::created(&digits).unwrap_or_else(|| value.to_owned());
                    about.created = Some(created).filter(|created| !created.is_empty());
                }
                // The first paragraph; more of it would be too long for a line.
                _ if line.is_empty() => above = above && words.is_empty(),
                _ if above => words.push(line),
                _ => {}
            }
        }
        about.message = Some(words.join(" ")).filter(|message| !message.is_empty());
        about
    }
}

/// The chain, from the graph and the scripts: one of each revision, up and down.
///
/// # Errors
///
/// When an upgrade has no SQL.
pub(crate) fn translate(
    graph: Graph,
    mut sql: HashMap<String, (Sql, Sql)>,
    version_table: &str,
) -> Result<Translation, Vec<Wrong>> {
    let Graph { revisions, mut notes } = graph;
    let (mut imported, mut wrong, mut files) = (Vec::new(), Vec::new(), Names::default());
    for revision in revisions {
        let Revision { id, parents, message, created, origin, .. } = revision;
        let (up, down) = sql.remove(&id).unwrap_or((Sql::Missing, Sql::Missing));
        let up = match taken(&up, &id, Way::Up, version_table) {
            Ok(up) => up,
            // A merge that only joins needs none.
            Err(_) if parents.len() > 1 && up == Sql::Missing => Body::default(),
            Err(why) => {
                let what = format!("there is no SQL of the upgrade of `{id}`: {why}");
                let help =
                    "write it into a file yourself, and give the files' folder: `--sql-dir FOLDER`";
                wrong.push(Wrong::at(&origin, what, help));
                continue;
            }
        };
        let only_joins = parents.len() > 1 && up.sql.is_empty();
        let down = match taken(&down, &id, Way::Down, version_table) {
            Ok(down) if only_joins => Ok(down),
            Ok(down) => something(Tool::Alembic, down),
            Err(_) if only_joins => Ok(Body::default()),
            Err(why) => {
                Err(format!("imported from Alembic, which gives no SQL of the downgrade: {why}"))
            }
        };
        if up.non_transactional {
            notes.push(format!(
                "`{origin}`: some of it runs outside a transaction, so all of it does here (`transaction:false`)"
            ));
        }
        let stem = file_name(&origin).0.trim_end_matches(".py");
        let named = Named { version: id.clone(), written: stem.to_owned(), words: String::new() };
        let stem = files.unique(&named, stem.to_owned());
        let original = up.sql.clone();
        imported.push(Imported { id, parents, message, created, stem, origin, up, original, down });
    }
    if wrong.is_empty() { Ok(Translation { revisions: imported, notes }) } else { Err(wrong) }
}

/// The SQL of a revision, one way; or why there is none.
fn taken(sql: &Sql, id: &str, way: Way, version_table: &str) -> Result<Body, String> {
    let Sql::Printed { script, stopped } = sql else {
        return Err("it was not given".to_owned());
    };
    let part = script::part(script, id, way);
    match (part, stopped) {
        (Some(part), None) => Ok(script::body(&part.text, version_table)),
        (Some(part), Some(_)) if part.is_followed => Ok(script::body(&part.text, version_table)),
        (_, Some(why)) => Err(why.clone()),
        (None, None) => Err("the script is of another revision".to_owned()),
    }
}

#[cfg(test)]
mod tests;
