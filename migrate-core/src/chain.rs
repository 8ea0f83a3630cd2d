//! The chain: revisions that are known to fit together.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::digest::Digest;
use crate::id::RevisionId;
use crate::sections::{Options, Section};
use crate::text::Source;

/// One revision of a chain: what its file says, and its digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration<'a> {
    /// Its id.
    pub id: RevisionId<'a>,
    /// The revisions it follows: none at the base, several in a merge.
    pub parents: Cow<'a, [RevisionId<'a>]>,
    /// What it does, in words.
    pub message: Cow<'a, str>,
    /// When it was written, if its header says so.
    pub created: Option<Cow<'a, str>>,
    /// Its file.
    pub source: Source<'a>,
    /// Where the upgrade is in the file; empty in a merge that only joins.
    pub up: Section,
    /// How it is undone.
    pub down: Down<'a>,
    /// The digests.
    pub digests: Digests,
    /// Whether the lock file pins it as deployed.
    pub deployed: bool,
}

impl<'a> Migration<'a> {
    /// A migration that `embed_migrations!()` has checked; without a date `created` is empty.
    #[doc(hidden)]
    #[expect(clippy::too_many_arguments, reason = "one call with literals compiles fastest")]
    pub const fn embedded(
        id: &'a str,
        parents: &'a [RevisionId<'a>],
        message: &'a str,
        created: &'a str,
        path: &'a str,
        text: &'a str,
        up: [u64; 5],
        down: Down<'a>,
        up_digest: [u8; 32],
        chain_digest: [u8; 32],
        down_digest: Option<[u8; 32]>,
        deployed: bool,
    ) -> Self {
        Migration {
            id: RevisionId::embedded(id),
            parents: Cow::Borrowed(parents),
            message: Cow::Borrowed(message),
            created: if created.is_empty() { None } else { Some(Cow::Borrowed(created)) },
            source: Source::embedded(path, text),
            up: Section::embedded(up),
            down,
            digests: Digests {
                up: Digest::from_bytes(up_digest),
                chain: Digest::from_bytes(chain_digest),
                down: match down_digest {
                    Some(digest) => Some(Digest::from_bytes(digest)),
                    None => None,
                },
            },
            deployed,
        }
    }
}

impl<'a> Down<'a> {
    /// A section that `embed_migrations!()` has checked; see [`Section::embedded`].
    #[doc(hidden)]
    pub const fn embedded(section: [u64; 5]) -> Self {
        Down::Section(Section::embedded(section))
    }

    /// A reason that `embed_migrations!()` has checked.
    #[doc(hidden)]
    pub const fn embedded_irreversible(reason: &'a str) -> Self {
        Down::Irreversible(Cow::Borrowed(reason))
    }
}

impl Migration<'_> {
    /// The SQL of the upgrade.
    pub fn up_sql(&self) -> &str {
        self.source.slice(self.up.span)
    }

    /// The SQL of the downgrade, if there is one.
    pub fn down_sql(&self) -> Option<&str> {
        match &self.down {
            Down::Section(section) => Some(self.source.slice(section.span)),
            Down::Irreversible(_) => None,
        }
    }

    /// How the downgrade runs.
    pub fn down_options(&self) -> Options {
        match &self.down {
            Down::Section(section) => section.options,
            Down::Irreversible(_) => Options::default(),
        }
    }

    /// The file's name without its folder.
    pub fn file_name(&self) -> &str {
        let path = self.source.path();
        path.rsplit(['/', '\\']).next().unwrap_or(path)
    }
}

/// How a revision is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Down<'a> {
    /// By this section of its file.
    Section(Section),
    /// Not at all, for this reason.
    Irreversible(Cow<'a, str>),
}

/// The digests of a revision; see [`section_digest`](crate::section_digest) and
/// [`chain_digest`](crate::chain_digest).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digests {
    /// Of the upgrade.
    pub up: Digest,
    /// Of the downgrade, where there is one.
    pub down: Option<Digest>,
    /// Of the revision and of all that it stands on.
    pub chain: Digest,
}

/// Revisions that were checked to make a chain: one base, one head, every parent known, no cycle,
/// and no deployed revision changed. Never empty.
///
/// [`check`](crate::check) makes one from a folder at run time, `embed_migrations!()` at build
/// time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain<'a> {
    /// Parents before children.
    migrations: Cow<'a, [Migration<'a>]>,
}

impl<'a> Chain<'a> {
    /// A chain that `embed_migrations!()` has checked.
    ///
    /// # Panics
    ///
    /// When there is no revision: a build error, since the macro calls this for a `static`.
    #[doc(hidden)]
    pub const fn embedded(migrations: &'a [Migration<'a>]) -> Self {
        assert!(!migrations.is_empty(), "a chain has at least one revision");
        Chain { migrations: Cow::Borrowed(migrations) }
    }

    /// The stand-in in a program that does not compile, so that only the chain's own errors show.
    #[doc(hidden)]
    pub const fn broken() -> Self {
        Chain { migrations: Cow::Borrowed(&[]) }
    }

    /// A chain of revisions that [`check`](crate::check) has checked and put in order.
    pub(crate) fn checked(first: Migration<'a>, rest: Vec<Migration<'a>>) -> Self {
        let migrations = std::iter::once(first).chain(rest).collect();
        Chain { migrations: Cow::Owned(migrations) }
    }

    /// All revisions, parents before children; the same order on every machine.
    pub fn migrations(&self) -> &[Migration<'a>] {
        &self.migrations
    }

    /// The revision that begins the chain.
    pub fn base(&self) -> &Migration<'a> {
        &self.migrations[0]
    }

    /// The revision that no other follows.
    pub fn head(&self) -> &Migration<'a> {
        &self.migrations[self.migrations.len() - 1]
    }

    /// How many revisions there are.
    #[expect(clippy::len_without_is_empty, reason = "a chain is never empty")]
    pub fn len(&self) -> usize {
        self.migrations.len()
    }

    /// Where a revision stands in [`migrations`](Self::migrations).
    pub fn position(&self, id: &str) -> Option<usize> {
        self.migrations.iter().position(|migration| migration.id.as_str() == id)
    }

    /// A revision by its id.
    pub fn get(&self, id: &str) -> Option<&Migration<'a>> {
        self.migrations.iter().find(|migration| migration.id.as_str() == id)
    }

    /// A revision and all that it stands on: for each of [`migrations`](Self::migrations),
    /// whether it is one of them.
    pub fn lineage(&self, id: &str) -> Vec<bool> {
        let index: HashMap<&str, usize> =
            self.migrations.iter().enumerate().map(|(at, m)| (m.id.as_str(), at)).collect();
        let mut wanted = vec![false; self.len()];
        let Some(&start) = index.get(id) else { return wanted };
        wanted[start] = true;
        // Parents stand before their children, so one walk backwards marks them all.
        for at in (0..=start).rev() {
            if wanted[at] {
                for parent in self.migrations[at].parents.iter() {
                    if let Some(&parent) = index.get(parent.as_str()) {
                        wanted[parent] = true;
                    }
                }
            }
        }
        wanted
    }
}
