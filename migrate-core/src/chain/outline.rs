//! The outline of a folder: its revisions and their parents, even if they do not form a chain.
//! Commands that repair a chain start from it.

use std::collections::HashSet;

use crate::chain::file::{ParsedFile, parse};
use crate::chain::folder::{self, Files, Folder};
use crate::chain::lockfile;
use crate::syntax::suggest::did_you_mean;

/// The revisions of a folder, as far as their headers can be read.
pub struct Outline {
    pub(crate) files: Files,
    pub(crate) parsed: Vec<ParsedFile>,
    entries: Vec<OutlineEntry>,
}

/// A revision as described by its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineEntry {
    /// Its file's name.
    pub file: String,
    /// Its id.
    pub id: String,
    /// The revisions that it follows.
    pub parents: Vec<String>,
    /// A description of what it does; empty if the header has none.
    pub message: String,
    /// Whether the lock file pins it as deployed.
    pub deployed: bool,
}

impl Outline {
    /// Reads the outline of a folder. Files with unreadable headers are left out.
    ///
    /// ```
    /// use migrate_core::Folder;
    /// use migrate_core::chain::Outline;
    ///
    /// let file = |id: &str, parent: &str| format!("-- revision: {id}\n{parent}-- message: m\n");
    /// let (a, b, c) = (file("a", ""), file("b", "-- parent: a\n"), file("c", "-- parent: a\n"));
    /// let folder = Folder::of_texts("m", [("a.sql", &*a), ("b.sql", &*b), ("c.sql", &*c)]);
    /// let heads: Vec<_> = Outline::of(folder).heads().map(|head| head.id.clone()).collect();
    /// assert_eq!(heads, ["b", "c"]);
    /// ```
    pub fn of(folder: Folder) -> Self {
        // Problems are reported by `check`; here the readable part is enough.
        let mut unheard = Vec::new();
        let files = folder::open(folder, &mut unheard);
        let parsed: Vec<ParsedFile> = files
            .migrations
            .iter()
            .map(|(index, name)| parse(*index, name, &files.sources[*index], &mut unheard))
            .collect();
        let deployed: HashSet<String> = files
            .lock
            .map(|index| lockfile::parse(index, &files.sources[index], &mut unheard))
            .map(|lock| lock.pins.into_iter().map(|(pin, _)| pin.id.to_string()).collect())
            .unwrap_or_default();
        let entries = parsed.iter().filter_map(|file| entry(file, &deployed)).collect();
        Outline { files, parsed, entries }
    }

    /// The revisions, in the order of their files' names.
    pub fn entries(&self) -> &[OutlineEntry] {
        &self.entries
    }

    /// A revision by its id.
    pub fn get(&self, id: &str) -> Option<&OutlineEntry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// A revision by its id, or by a prefix that is unique.
    pub fn find(&self, id: &str) -> Option<&OutlineEntry> {
        let mut begin =
            self.entries.iter().filter(|entry| entry.id.starts_with(id) && !id.is_empty());
        self.get(id).or_else(|| match (begin.next(), begin.next()) {
            (Some(entry), None) => Some(entry),
            _ => None,
        })
    }

    /// The text of a revision's file.
    pub fn text(&self, entry: &OutlineEntry) -> &str {
        let file = self.parsed.iter().find(|file| file.name == entry.file);
        file.map_or("", |file| self.files.sources[file.index].text())
    }

    /// The id that was probably meant.
    pub(crate) fn suggestion(&self, id: &str) -> Option<String> {
        did_you_mean(id, self.entries.iter().map(|entry| entry.id.as_str())).map(str::to_owned)
    }

    /// The revisions without children: one, unless the chain forks.
    pub fn heads(&self) -> impl Iterator<Item = &OutlineEntry> {
        let followed: HashSet<&str> =
            self.entries.iter().flat_map(|entry| &entry.parents).map(String::as_str).collect();
        self.entries.iter().filter(move |entry| !followed.contains(entry.id.as_str()))
    }

    /// The revisions with more than one child.
    pub fn branch_points(&self) -> impl Iterator<Item = &OutlineEntry> {
        self.entries.iter().filter(|entry| self.children(&entry.id).nth(1).is_some())
    }

    /// The children of this revision.
    pub fn children<'o>(&'o self, id: &'o str) -> impl Iterator<Item = &'o OutlineEntry> {
        self.entries.iter().filter(move |entry| entry.parents.iter().any(|parent| parent == id))
    }

    /// Whether `id` is a descendant of `ancestor`, or the same.
    pub(crate) fn stands_on(&self, id: &str, ancestor: &str) -> bool {
        let mut seen: HashSet<&str> = HashSet::from([id]);
        let mut queue = vec![id];
        while let Some(id) = queue.pop() {
            if id == ancestor {
                return true;
            }
            let parents = self.get(id).map_or(&[][..], |entry| &entry.parents);
            queue.extend(parents.iter().map(String::as_str).filter(|parent| seen.insert(parent)));
        }
        false
    }
}

fn entry(file: &ParsedFile, deployed: &HashSet<String>) -> Option<OutlineEntry> {
    let id = file.header.id.as_ref()?.0.to_string();
    Some(OutlineEntry {
        file: file.name.clone(),
        parents: file.header.parents.iter().map(|(parent, _)| parent.to_string()).collect(),
        message: file.header.message.as_ref().map(|(text, _)| text.clone()).unwrap_or_default(),
        deployed: deployed.contains(&id),
        id,
    })
}
