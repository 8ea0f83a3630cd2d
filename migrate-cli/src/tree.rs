//! The revisions to show: of a folder, also of a broken one, or of an embedded chain.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use migrate_core::analysis::{BlindSpot, analyse_with, analyse_with_blind_spots, blind_spots};
use migrate_core::chain::{Config, Level, Lint, Outline, OutlineEntry};
use migrate_core::{Chain, Folder, PlanError, Rejection, Target, check, files};

use crate::failure::Failure;

/// Where the chain comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A folder.
    Folder(PathBuf),
    /// This program.
    Embedded(&'static Chain<'static>),
}

impl Source {
    /// The chain, if it is whole.
    pub(crate) fn chain(&self) -> Result<Chain<'static>, Failure> {
        match self {
            Source::Folder(directory) => Ok(check(folder(directory))?),
            Source::Embedded(chain) => Ok((*chain).clone()),
        }
    }

    /// The chain, if a build would take it.
    pub(crate) fn built(&self) -> Result<Chain<'static>, Failure> {
        match self {
            Source::Folder(directory) => Ok(analyse_with(folder(directory), settings(directory))?),
            Source::Embedded(chain) => Ok((*chain).clone()),
        }
    }

    /// The same, and where names are not checked.
    pub(crate) fn built_and_blind(&self) -> Result<(Chain<'static>, Vec<BlindSpot>), Failure> {
        match self {
            Source::Folder(directory) => {
                Ok(analyse_with_blind_spots(folder(directory), settings(directory))?)
            }
            Source::Embedded(chain) => Ok(((*chain).clone(), blind_spots(chain))),
        }
    }

    /// What the project wants of its checks.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        match self {
            Source::Folder(directory) => Ok(settings(directory)?),
            Source::Embedded(_) => Ok(Config::default()),
        }
    }

    /// The folder from which paths in `migrate.toml` count, if there is such a file.
    pub(crate) fn settings_folder(&self) -> Option<PathBuf> {
        let Source::Folder(directory) = self else { return None };
        let path = files::config_path(directory)?;
        let folder = path.parent()?;
        // As a person would write it, who is in the project.
        let here = std::env::current_dir().ok().and_then(|here| here.canonicalize().ok());
        let short = here.as_ref().and_then(|here| folder.strip_prefix(here).ok());
        Some(short.unwrap_or(folder).to_owned())
    }

    /// The chain, where names are not checked, and what a build refuses in its SQL, the lints aside: they are told of such a chain, too.
    pub(crate) fn readable(
        &self,
        config: &Config,
    ) -> Result<(Chain<'static>, Vec<BlindSpot>, Option<Rejection>), Failure> {
        let mild = |config: Config, lint| config.with_level(lint, Level::Allow);
        match self {
            Source::Folder(directory) => {
                let config = Lint::ALL.into_iter().fold(config.clone(), mild);
                let folder = folder(directory);
                match analyse_with_blind_spots(folder.clone(), Ok(config)) {
                    Ok((chain, blind)) => Ok((chain, blind, None)),
                    Err(rejection) => {
                        let chain = check(folder)?;
                        let blind = blind_spots(&chain);
                        Ok((chain, blind, Some(rejection)))
                    }
                }
            }
            Source::Embedded(chain) => Ok(((*chain).clone(), blind_spots(chain), None)),
        }
    }

    /// Where the file of a revision is, if it is a file at all.
    pub(crate) fn path(&self, entry: &OutlineEntry) -> Option<PathBuf> {
        match self {
            Source::Folder(directory) => Some(directory.join(&entry.file)),
            Source::Embedded(_) => None,
        }
    }
}

/// The folder as it is on disk.
pub(crate) fn folder(directory: &Path) -> Folder {
    files::read(directory, directory.to_string_lossy())
}

/// What `migrate.toml` beside a folder says.
pub(crate) fn settings(directory: &Path) -> Result<Config, Rejection> {
    files::config(directory, &directory.to_string_lossy())
}

/// The revisions, parents before children; of a broken chain in the order of its files.
pub(crate) struct Tree {
    pub(crate) entries: Vec<OutlineEntry>,
    texts: Vec<String>,
    /// Who follows whom, as places in `entries`.
    children: HashMap<String, Vec<usize>>,
    /// The chain, or why there is none.
    pub(crate) chain: Result<Chain<'static>, Rejection>,
}

impl Tree {
    pub(crate) fn of(source: &Source) -> Self {
        match source {
            Source::Embedded(chain) => Tree::of_chain((*chain).clone()),
            Source::Folder(directory) => match check(folder(directory)) {
                Ok(chain) => Tree::of_chain(chain),
                Err(rejection) => {
                    let outline = Outline::of(folder(directory));
                    let entries = outline.entries().to_vec();
                    let texts = entries.iter().map(|entry| outline.text(entry).to_owned());
                    Tree::new(texts.collect(), entries, Err(rejection))
                }
            },
        }
    }

    /// The same, where there is something to show.
    pub(crate) fn shown(source: &Source) -> Result<Self, Failure> {
        let tree = Tree::of(source);
        match tree.chain {
            Err(rejection) if tree.entries.is_empty() => Err(rejection.into()),
            _ => Ok(tree),
        }
    }

    fn of_chain(chain: Chain<'static>) -> Self {
        let entry = |migration: &migrate_core::Migration<'_>| OutlineEntry {
            file: migration.file_name().to_owned(),
            id: migration.id.to_string(),
            parents: migration.parents.iter().map(ToString::to_string).collect(),
            message: migration.message.to_string(),
            deployed: migration.deployed,
        };
        let entries = chain.migrations().iter().map(entry).collect();
        let texts = chain.migrations().iter().map(|migration| migration.source.text().to_owned());
        Tree::new(texts.collect(), entries, Ok(chain))
    }

    fn new(
        texts: Vec<String>,
        entries: Vec<OutlineEntry>,
        chain: Result<Chain<'static>, Rejection>,
    ) -> Self {
        let mut children: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            for parent in &entry.parents {
                children.entry(parent.clone()).or_default().push(at);
            }
        }
        Tree { entries, texts, children, chain }
    }

    /// The text of a revision's file.
    pub(crate) fn text(&self, id: &str) -> &str {
        let found = self.entries.iter().zip(&self.texts).find(|(entry, _)| entry.id == id);
        found.map_or("", |(_, text)| text)
    }

    pub(crate) fn get(&self, id: &str) -> Option<&OutlineEntry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// A revision as people write it; in a broken chain without counting.
    pub(crate) fn find(&self, text: &str) -> Result<&OutlineEntry, Failure> {
        let unknown = || Failure::UnknownRevision(text.to_owned());
        match &self.chain {
            Ok(chain) => {
                let target: Target = text.parse().map_err(|_| unknown())?;
                let found = target.find(chain).map_err(|why| match why {
                    PlanError::UnknownRevision { suggestion: None, .. } => unknown(),
                    why => Failure::Plan(why),
                })?;
                found.and_then(|migration| self.get(migration.id.as_str())).ok_or_else(unknown)
            }
            Err(_) if text == "head" => self.heads().next().ok_or_else(unknown),
            Err(_) => {
                let mut begin = self.entries.iter().filter(|entry| entry.id.starts_with(text));
                let only = begin.next().filter(|_| begin.next().is_none());
                self.get(text).or(only).ok_or_else(unknown)
            }
        }
    }

    /// The revisions that no other follows: one, unless the chain forks.
    pub(crate) fn heads(&self) -> impl Iterator<Item = &OutlineEntry> {
        self.entries.iter().filter(|entry| self.is_head(&entry.id))
    }

    pub(crate) fn is_head(&self, id: &str) -> bool {
        !self.children.contains_key(id)
    }

    /// Whether more than one follows it.
    pub(crate) fn is_branch_point(&self, id: &str) -> bool {
        self.children(id).nth(1).is_some()
    }

    /// The revisions that follow this one.
    pub(crate) fn children(&self, id: &str) -> impl Iterator<Item = &OutlineEntry> {
        let places = self.children.get(id).map_or(&[][..], Vec::as_slice);
        places.iter().map(|at| &self.entries[*at])
    }
}
