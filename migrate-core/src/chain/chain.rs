//! The chain: revisions that have been checked to fit together.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use crate::chain::digest::Digest;
use crate::chain::encoding::{EncodedChain, LazyChain};
use crate::chain::id::RevisionId;
use crate::chain::run_settings::RunSettings;
use crate::chain::sections::{Options, Section};
use crate::syntax::source::Source;

/// One revision of a chain: the content of its file, and its digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration<'a> {
    /// Its id.
    pub id: RevisionId<'a>,
    /// The revisions that it follows: none at the base, several for a merge.
    pub parents: Cow<'a, [RevisionId<'a>]>,
    /// A description of what it does.
    pub message: Cow<'a, str>,
    /// When it was written, if its header says so.
    pub created: Option<Cow<'a, str>>,
    /// Its file.
    pub source: Source<'a>,
    /// The position of the upgrade in the file; empty for a merge without SQL of its own.
    pub up: Section,
    /// How it is undone.
    pub down: Down<'a>,
    /// The digests.
    pub digests: Digests,
    /// Whether the lock file pins it as deployed.
    pub deployed: bool,
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

/// How a revision is downgraded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Down<'a> {
    /// By this section of its file.
    Section(Section),
    /// It cannot be downgraded, for this reason.
    Irreversible(Cow<'a, str>),
}

/// The digests of a revision; see [`section_digest`](crate::chain::section_digest) and
/// [`chain_digest`](crate::chain::chain_digest).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digests {
    /// Of the upgrade.
    pub up: Digest,
    /// Of the downgrade, where there is one.
    pub down: Option<Digest>,
    /// Of the revision and all its ancestors.
    pub chain: Digest,
}

/// Revisions that have been checked to form a chain: one base, one head, all parents known, no
/// cycle, and no deployed revision changed. Never empty.
///
/// [`check`](crate::check()) creates one from a folder at run time, and `embed_migrations!()` at
/// build time.
#[derive(Clone)]
pub struct Chain<'a> {
    revisions: Revisions<'a>,
    settings: RunSettings,
}

/// Ordered: parents come before children.
#[derive(Clone)]
enum Revisions<'a> {
    Checked(Vec<Migration<'a>>),
    Embedded(LazyChain<'a>),
}

impl<'a> Chain<'a> {
    /// A chain that `embed_migrations!()` has checked.
    ///
    /// # Panics
    ///
    /// If it was encoded by another version of this crate. The macro calls this in a `static`, so
    /// this is a build error.
    #[doc(hidden)]
    pub const fn embedded(packing: EncodedChain<'a>, settings: RunSettings) -> Self {
        Chain { revisions: Revisions::Embedded(LazyChain::new(packing)), settings }
    }

    /// A placeholder for a program with errors in its chain, so that the compiler only reports
    /// those.
    #[doc(hidden)]
    pub const fn broken() -> Self {
        Chain { revisions: Revisions::Checked(Vec::new()), settings: RunSettings::NONE }
    }

    /// Creates a chain of revisions that [`check`](crate::check()) has checked and sorted.
    pub(crate) fn checked(first: Migration<'a>, rest: Vec<Migration<'a>>) -> Self {
        let revisions = Revisions::Checked(std::iter::once(first).chain(rest).collect());
        Chain { revisions, settings: RunSettings::NONE }
    }

    /// The same chain with these settings.
    #[must_use]
    pub fn with_settings(self, settings: RunSettings) -> Self {
        Chain { settings, ..self }
    }

    /// The settings of its runs, where `migrate.toml` has some.
    pub fn settings(&self) -> &RunSettings {
        &self.settings
    }

    /// All revisions, parents before children, in an order that is the same on every machine.
    pub fn migrations(&self) -> &[Migration<'a>] {
        match &self.revisions {
            Revisions::Checked(migrations) => migrations,
            Revisions::Embedded(packed) => packed.migrations(),
        }
    }

    /// The head's id and chain digest. This does not decode an embedded chain.
    #[cfg(feature = "runner")]
    pub(crate) fn tip(&self) -> (&str, Digest) {
        match &self.revisions {
            Revisions::Checked(_) => (self.head().id.as_str(), self.head().digests.chain),
            Revisions::Embedded(packed) => (packed.packing().head, packed.packing().digest),
        }
    }

    /// The first revision of the chain.
    pub fn base(&self) -> &Migration<'a> {
        &self.migrations()[0]
    }

    /// The last revision of the chain, which no other follows.
    pub fn head(&self) -> &Migration<'a> {
        &self.migrations()[self.len() - 1]
    }

    /// The number of revisions.
    #[expect(clippy::len_without_is_empty, reason = "a chain is never empty")]
    pub fn len(&self) -> usize {
        match &self.revisions {
            Revisions::Checked(migrations) => migrations.len(),
            Revisions::Embedded(packed) => packed.packing().count,
        }
    }

    /// The index of a revision in [`migrations`](Self::migrations).
    pub fn position(&self, id: &str) -> Option<usize> {
        self.migrations().iter().position(|migration| migration.id.as_str() == id)
    }

    /// A revision by its id.
    pub fn get(&self, id: &str) -> Option<&Migration<'a>> {
        self.migrations().iter().find(|migration| migration.id.as_str() == id)
    }

    /// A revision and all its ancestors: for each of [`migrations`](Self::migrations), whether it
    /// is one of them.
    pub fn lineage(&self, id: &str) -> Vec<bool> {
        let index: HashMap<&str, usize> =
            self.migrations().iter().enumerate().map(|(at, m)| (m.id.as_str(), at)).collect();
        let mut wanted = vec![false; self.len()];
        let Some(&start) = index.get(id) else { return wanted };
        wanted[start] = true;
        // Parents come before their children, so one backward pass marks them all.
        for at in (0..=start).rev() {
            if wanted[at] {
                for parent in self.migrations()[at].parents.iter() {
                    if let Some(&parent) = index.get(parent.as_str()) {
                        wanted[parent] = true;
                    }
                }
            }
        }
        wanted
    }
}

impl fmt::Debug for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("migrations", &self.migrations()).finish()
    }
}

impl PartialEq for Chain<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.migrations() == other.migrations()
    }
}

impl Eq for Chain<'_> {}
