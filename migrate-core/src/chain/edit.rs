//! Computes changes to a folder as data, for a command to write. Nothing is written here.

use std::fmt;

use crate::chain::folder::Folder;
use crate::chain::id::{BadId, RevisionId};
use crate::chain::lockfile::{self, LOCK_FILE, Pin};
use crate::chain::outline::{Outline, OutlineEntry};
use crate::chain::problem::list;
use crate::chain::variant;
use crate::syntax::source::Span;

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// Its name in the folder.
    pub name: String,
    /// Its full text.
    pub text: String,
    /// Whether it replaces an existing file. Otherwise, the file must not exist yet.
    pub replaces: bool,
}

/// A revision to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRevision<'a> {
    /// Its id.
    pub id: &'a str,
    /// A description of what it does; also used for the name of the file.
    pub message: &'a str,
    /// The date in its header.
    pub created: &'a str,
    /// The revision that it follows; the head if `None`.
    pub parent: Option<&'a str>,
    /// Its upgrade.
    pub up: NewSection<'a>,
    /// Its downgrade.
    pub down: NewSection<'a>,
}

/// A section of a revision to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSection<'a> {
    /// Its SQL; empty if it is to be written later.
    pub sql: &'a str,
    /// Whether it runs in a transaction.
    pub transactional: bool,
}

impl NewSection<'_> {
    /// An empty section.
    pub const EMPTY: Self = NewSection { sql: "", transactional: true };

    fn text(&self, name: &str) -> String {
        let option = if self.transactional { "" } else { " transaction:false" };
        let sql = self.sql.trim_end();
        let end = if sql.is_empty() { "" } else { "\n" };
        format!("-- migrate:{name}{option}\n{sql}{end}")
    }
}

/// Why a change is not possible.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EditError {
    /// The folder contains no such revision.
    UnknownRevision {
        /// The requested id.
        id: String,
        /// The id that was probably meant.
        suggestion: Option<String>,
    },
    /// An id that is not valid.
    BadId {
        /// The id.
        id: String,
        /// Why it is not valid.
        why: BadId,
    },
    /// The folder already contains this revision.
    Exists {
        /// The revision.
        id: String,
        /// Its file.
        file: String,
    },
    /// Another file has the same words in its name, and so the same typed variant.
    SameWords {
        /// The other file.
        file: String,
        /// The variant.
        variant: String,
    },
    /// The message is empty.
    NoMessage,
    /// The chain has several heads, so it is unclear which one to follow.
    SeveralHeads {
        /// The heads.
        heads: Vec<String>,
    },
    /// The chain has one head, so there is nothing to merge.
    OneHead {
        /// The head.
        head: String,
    },
    /// A pinned revision cannot be moved.
    Deployed {
        /// The revision.
        id: String,
        /// The first revision of the other branch and the revision to move it after, if that branch
        /// is not pinned.
        movable: Option<(String, String)>,
        /// Whether the chain has several heads.
        forks: bool,
    },
    /// A merge has several parents, and it is unclear which one to replace.
    Merge {
        /// The revision.
        id: String,
    },
    /// A revision cannot follow itself or one of its descendants.
    Circle {
        /// The revision.
        id: String,
        /// The revision that it was meant to follow.
        onto: String,
    },
    /// The revision is not pinned, so there is no downgrade to accept.
    NotDeployed {
        /// The revision.
        id: String,
    },
}

impl EditError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            EditError::UnknownRevision { suggestion: Some(suggestion), .. } => format!("did you mean `{suggestion}`?"),
            EditError::UnknownRevision { .. } => "`migrate history` lists the revisions".into(),
            EditError::BadId { .. } => {
                "an id is 1 to 128 letters, digits, `_`, `.` or `-`, and begins with a letter or a digit".into()
            }
            EditError::Exists { .. } => "choose another id with `--rev-id`".into(),
            EditError::SameWords { .. } => "say it in other words: `-m \"…\"`".into(),
            EditError::NoMessage => "say what the revision does: `-m \"add users\"`".into(),
            EditError::SeveralHeads { heads } => format!(
                "name one with `--head {}`, or bring them together first: `migrate rebase` or `migrate merge`",
                heads.first().map_or("", String::as_str)
            ),
            EditError::OneHead { .. } => "only branches can be merged".into(),
            EditError::Deployed { movable: Some((first, onto)), .. } => format!(
                "databases ran it in its place; move the other branch: `migrate rebase {first} --onto {onto}`"
            ),
            EditError::Deployed { forks: true, .. } => {
                "databases ran both branches; join them: `migrate merge -m \"…\"`".into()
            }
            EditError::Deployed { .. } => {
                "databases ran it in its place; put the change in a new revision: `migrate revision -m \"…\"`".into()
            }
            EditError::Merge { .. } => "edit its `-- parent:` line by hand".into(),
            EditError::Circle { .. } => "choose a revision of the other branch".into(),
            EditError::NotDeployed { .. } => {
                "a downgrade that is not pinned can be edited freely".into()
            }
        }
    }
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EditError::UnknownRevision { id, .. } => write!(f, "there is no revision `{id}`"),
            EditError::BadId { id, why } => write!(f, "`{id}` can't be a revision id: {why}"),
            EditError::Exists { id, file } => {
                write!(f, "revision `{id}` is there already, in `{file}`")
            }
            EditError::SameWords { file, variant } => {
                write!(f, "`{file}` is the variant `Revision::{variant}` already")
            }
            EditError::NoMessage => write!(f, "the message is empty"),
            EditError::SeveralHeads { heads } => {
                write!(f, "the chain has {} heads: {}", heads.len(), list(heads))
            }
            EditError::OneHead { head } => {
                write!(f, "there is nothing to merge: `{head}` is the one head")
            }
            EditError::Deployed { id, .. } => {
                write!(f, "revision `{id}` is pinned in {LOCK_FILE} and can't be moved")
            }
            EditError::Merge { id } => write!(f, "revision `{id}` is a merge"),
            EditError::Circle { id, onto } => {
                write!(f, "`{id}` can't follow `{onto}`, which stands on it")
            }
            EditError::NotDeployed { id } => {
                write!(f, "revision `{id}` is not pinned in {LOCK_FILE}")
            }
        }
    }
}

impl std::error::Error for EditError {}

/// Creates the file of a new revision, with empty sections to fill in.
///
/// # Errors
///
/// If the id or the message is not valid, or it is unclear which revision to follow.
pub fn new_revision(folder: Folder, new: NewRevision<'_>) -> Result<FileEdit, EditError> {
    let outline = Outline::of(folder);
    let parents = match new.parent {
        Some(parent) => vec![known(&outline, parent)?],
        None => {
            let heads: Vec<String> = outline.heads().map(|head| head.id.clone()).collect();
            if heads.len() > 1 {
                return Err(EditError::SeveralHeads { heads });
            }
            heads
        }
    };
    file(&outline, new, &parents)
}

/// Creates a revision that merges all heads.
///
/// # Errors
///
/// If there is only one head, or the id or the message is not valid.
pub fn merge(folder: Folder, new: NewRevision<'_>) -> Result<FileEdit, EditError> {
    let outline = Outline::of(folder);
    let heads: Vec<String> = outline.heads().map(|head| head.id.clone()).collect();
    if let [head] = heads.as_slice() {
        return Err(EditError::OneHead { head: head.clone() });
    }
    file(&outline, new, &heads)
}

fn file(
    outline: &Outline,
    new: NewRevision<'_>,
    parents: &[String],
) -> Result<FileEdit, EditError> {
    let id =
        RevisionId::new(new.id).map_err(|why| EditError::BadId { id: new.id.to_owned(), why })?;
    if let Some(entry) = outline.get(id.as_str()) {
        return Err(EditError::Exists { id: id.to_string(), file: entry.file.clone() });
    }
    // A single line, whatever line breaks the shell passed.
    let message = new.message.split_whitespace().collect::<Vec<_>>().join(" ");
    if message.is_empty() {
        return Err(EditError::NoMessage);
    }
    let parent = match parents {
        [] => String::new(),
        _ => format!("-- parent: {}\n", parents.join(", ")),
    };
    let text = format!(
        "-- revision: {id}\n{parent}-- message: {message}\n-- created: {created}\n\n\
         {up}\n{down}",
        created = new.created,
        up = new.up.text("up"),
        down = new.down.text("down"),
    );
    let name = format!("{id}_{}.sql", slug(&message));
    let variant = variant::variant(&name, Some(id.as_str()));
    let has_it = |entry: &&OutlineEntry| variant::variant(&entry.file, Some(&entry.id)) == variant;
    if let Some(entry) = outline.entries().iter().find(has_it) {
        return Err(EditError::SameWords { file: entry.file.clone(), variant });
    }
    Ok(FileEdit { name, text, replaces: false })
}

/// The maximum length of a slug, in characters.
const MAX_SLUG: usize = 60;

/// The words of a message in the form used in file names.
fn slug(message: &str) -> String {
    let lower = message.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = String::new();
    for word in words {
        if !slug.is_empty() && slug.len() + 1 + word.len() > MAX_SLUG {
            break;
        }
        if !slug.is_empty() {
            slug.push('_');
        }
        slug.extend(word.chars().take(MAX_SLUG));
    }
    if slug.is_empty() { "revision".to_owned() } else { slug }
}

/// Moves a revision, along with all its descendants, after another one.
///
/// # Errors
///
/// If one of the two is unknown, or if the revision is deployed, a merge, or an ancestor of the
/// other.
pub fn rebase(folder: Folder, id: &str, onto: &str) -> Result<FileEdit, EditError> {
    let outline = Outline::of(folder);
    let (id, onto) = (known(&outline, id)?, known(&outline, onto)?);
    if outline.get(&id).is_some_and(|entry| entry.deployed) {
        let (movable, forks) = (movable(&outline, &id, &onto), outline.heads().nth(1).is_some());
        return Err(EditError::Deployed { id, movable, forks });
    }
    if outline.stands_on(&onto, &id) {
        return Err(EditError::Circle { id, onto });
    }
    let is_it = |header: &crate::chain::header::Header| {
        header.id.as_ref().is_some_and(|(found, _)| found.as_str() == id)
    };
    let unknown = || EditError::UnknownRevision { id: id.clone(), suggestion: None };
    let file = outline.parsed.iter().find(|file| is_it(&file.header)).ok_or_else(unknown)?;
    let source = &outline.files.sources[file.index];
    let (place, new) = match file.header.parents.as_slice() {
        [] => {
            let line = source.line_at(file.header.place().start);
            (Span::new(line.end, line.end), format!("\n-- parent: {onto}"))
        }
        [(_, span)] => (*span, onto),
        _ => return Err(EditError::Merge { id }),
    };
    let mut text = source.text().to_owned();
    text.replace_range(place.range(), &new);
    Ok(FileEdit { name: file.name.clone(), text, replaces: true })
}

/// What can be moved instead of a pinned revision: the branch that the revision was meant to
/// follow, unless that is pinned, too.
fn movable(outline: &Outline, id: &str, onto: &str) -> Option<(String, String)> {
    let is_other = |it: &str| {
        outline.stands_on(onto, it) && !outline.stands_on(id, it) && !outline.stands_on(it, id)
    };
    let other: Vec<_> = outline.entries().iter().filter(|entry| is_other(&entry.id)).collect();
    if other.iter().any(|entry| entry.deployed) {
        return None;
    }
    let first = other.iter().find(|entry| !entry.parents.iter().any(|it| is_other(it)))?;
    let mut heads = outline.heads().filter(|head| outline.stands_on(&head.id, id));
    let head = heads.next().filter(|_| heads.next().is_none())?;
    Some((first.id.clone(), head.id.clone()))
}

/// Updates the lock file to accept the current downgrade of a deployed revision.
///
/// # Errors
///
/// If the revision is unknown or not pinned.
pub fn accept_down(folder: Folder, id: &str) -> Result<FileEdit, EditError> {
    let outline = Outline::of(folder);
    let id = known(&outline, id)?;
    let not_deployed = || EditError::NotDeployed { id: id.clone() };
    let lock = outline.files.lock.ok_or_else(not_deployed)?;
    let mut unheard = Vec::new();
    let lock = lockfile::parse(lock, &outline.files.sources[lock], &mut unheard);
    let mut pins: Vec<Pin> = lock.pins.into_iter().map(|(pin, _)| pin).collect();
    let pin = pins.iter_mut().find(|pin| pin.id.as_str() == id).ok_or_else(not_deployed)?;
    let is_it = |file: &&crate::chain::file::ParsedFile| {
        file.header.id.as_ref().is_some_and(|(found, _)| found.as_str() == id)
    };
    let file = outline.parsed.iter().find(is_it).ok_or_else(not_deployed)?;
    let source = &outline.files.sources[file.index];
    pin.down = file.down;
    let down = file.sections.down.map(|(section, _)| source.slice(section.span));
    pin.down_marks = down.map(crate::chain::token_fingerprints::marks).unwrap_or_default();
    Ok(FileEdit { name: LOCK_FILE.to_owned(), text: lockfile::write(&pins), replaces: true })
}

/// The full id of a revision, from its id or a prefix.
fn known(outline: &Outline, id: &str) -> Result<String, EditError> {
    let unknown =
        || EditError::UnknownRevision { id: id.to_owned(), suggestion: outline.suggestion(id) };
    outline.find(id).map(|entry| entry.id.clone()).ok_or_else(unknown)
}

#[cfg(test)]
mod tests;
