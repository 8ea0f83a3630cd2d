//! A chain as `embed_migrations!()` writes it into a program: one text and one row of bytes.
//!
//! A compiler checks every literal of a table, and a program that can be moved in memory has an entry
//! for each pointer of it. Two literals cost the same for any number of revisions. They are unpacked
//! when somebody asks for a revision: to see that there is nothing to do, the head and the number of
//! revisions are enough.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use crate::chain::{Chain, Digests, Down, Migration};
use crate::digest::Digest;
use crate::id::RevisionId;
use crate::sections::{Options, Section};
use crate::text::{Source, Span};

/// The version of the format, since a macro and a library of two releases can meet.
pub const FORMAT: u32 = 1;

/// A chain that is packed. Its fields are public for what the macro writes.
#[derive(Debug, Clone, Copy)]
pub struct Packing<'a> {
    /// [`FORMAT`], as the macro has it.
    pub format: u32,
    /// How many revisions there are.
    pub count: usize,
    /// The id of the head.
    pub head: &'a str,
    /// The chain digest of the head.
    pub digest: Digest,
    /// All texts, one behind the other.
    pub texts: &'a str,
    /// How long they are, and all else.
    pub numbers: &'a [u8],
}

/// The same, and what became of it when somebody asked for a revision.
#[derive(Debug, Clone)]
pub(crate) struct Packed<'a> {
    packing: Packing<'a>,
    unpacked: OnceLock<Vec<Migration<'a>>>,
}

impl<'a> Packed<'a> {
    pub(crate) const fn new(packing: Packing<'a>) -> Self {
        assert!(
            packing.format == FORMAT,
            "migrate-macros and migrate-core are of two versions that do not fit together"
        );
        assert!(packing.count > 0, "a chain has at least one revision");
        Packed { packing, unpacked: OnceLock::new() }
    }

    /// What is known without unpacking it.
    pub(crate) const fn packing(&self) -> &Packing<'a> {
        &self.packing
    }

    pub(crate) fn migrations(&self) -> &[Migration<'a>] {
        self.unpacked.get_or_init(|| unpack(&self.packing))
    }
}

/// The texts of a chain, and the numbers.
pub fn pack(chain: &Chain<'_>) -> (String, Vec<u8>) {
    let mut writer = Writer::default();
    for (at, migration) in chain.migrations().iter().enumerate() {
        writer.migration(migration);
        writer.places.insert(migration.id.as_str(), at);
    }
    (writer.texts, writer.numbers)
}

fn unpack<'a>(packing: &Packing<'a>) -> Vec<Migration<'a>> {
    let mut reader = Reader { texts: packing.texts, numbers: packing.numbers };
    let mut migrations = Vec::with_capacity(packing.count);
    for _ in 0..packing.count {
        let migration = reader.migration(&migrations);
        migrations.push(migration);
    }
    migrations
}

/// What stands for a number that is not there; none is as large.
const NONE: u32 = u32::MAX;

/// Writes numbers of four bytes, the lowest first.
#[derive(Default)]
struct Writer<'c> {
    texts: String,
    numbers: Vec<u8>,
    /// Where each revision before is in the chain.
    places: HashMap<&'c str, usize>,
}

impl Writer<'_> {
    fn migration(&mut self, migration: &Migration<'_>) {
        self.text(migration.id.as_str());
        self.number(migration.parents.len());
        for parent in migration.parents.iter() {
            self.number(self.places.get(parent.as_str()).copied().unwrap_or_default());
        }
        self.text(&migration.message);
        self.flag(migration.created.is_some());
        self.text(migration.created.as_deref().unwrap_or_default());
        self.text(migration.source.path());
        self.text(migration.source.text());
        self.section(migration.up);
        self.flag(matches!(migration.down, Down::Section(_)));
        match &migration.down {
            Down::Section(section) => self.section(*section),
            Down::Irreversible(reason) => self.text(reason),
        }
        let Digests { up, down, chain } = migration.digests;
        self.digest(up);
        self.digest(chain);
        self.flag(down.is_some());
        down.into_iter().for_each(|down| self.digest(down));
        self.flag(migration.deployed);
    }

    fn section(&mut self, section: Section) {
        self.number(section.span.start);
        self.number(section.span.end);
        self.flag(section.options.transactional);
        for timeout in [section.options.lock_timeout, section.options.statement_timeout] {
            let milliseconds = timeout.and_then(|timeout| u32::try_from(timeout.as_millis()).ok());
            self.raw(milliseconds.unwrap_or(NONE));
        }
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.texts.push_str(text);
    }

    fn digest(&mut self, digest: Digest) {
        self.numbers.extend_from_slice(digest.as_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.raw(u32::from(flag));
    }

    /// A length or a place, of a file that is far smaller than what fits.
    fn number(&mut self, number: usize) {
        self.raw(u32::try_from(number).unwrap_or(NONE));
    }

    fn raw(&mut self, number: u32) {
        self.numbers.extend_from_slice(&number.to_le_bytes());
    }
}

/// Reads what [`Writer`] has written; where that ends, everything is empty.
struct Reader<'a> {
    texts: &'a str,
    numbers: &'a [u8],
}

impl<'a> Reader<'a> {
    fn migration(&mut self, before: &[Migration<'a>]) -> Migration<'a> {
        let id = RevisionId::embedded(self.text());
        let count = self.number().min(before.len());
        let parents = (0..count).filter_map(|_| before.get(self.number()));
        let parents = parents.map(|parent| parent.id.clone()).collect();
        let message = Cow::Borrowed(self.text());
        let has_date = self.flag();
        let created = Some(Cow::Borrowed(self.text())).filter(|_| has_date);
        let source = Source::embedded(self.text(), self.text());
        let up = self.section();
        let down = match self.flag() {
            true => Down::Section(self.section()),
            false => Down::Irreversible(Cow::Borrowed(self.text())),
        };
        let (up_digest, chain_digest) = (self.digest(), self.digest());
        let has_digest = self.flag();
        let down_digest = has_digest.then(|| self.digest());
        Migration {
            id,
            parents: Cow::Owned(parents),
            message,
            created,
            source,
            up,
            down,
            digests: Digests { up: up_digest, down: down_digest, chain: chain_digest },
            deployed: self.flag(),
        }
    }

    fn section(&mut self) -> Section {
        let span = Span::new(self.number(), self.number());
        let transactional = self.flag();
        let [lock_timeout, statement_timeout] = [self.raw(), self.raw()].map(|milliseconds| {
            (milliseconds != NONE).then(|| Duration::from_millis(milliseconds.into()))
        });
        Section { span, options: Options { transactional, lock_timeout, statement_timeout } }
    }

    fn text(&mut self) -> &'a str {
        let (text, rest) = self.texts.split_at_checked(self.number()).unwrap_or_default();
        self.texts = rest;
        text
    }

    fn digest(&mut self) -> Digest {
        Digest::from_bytes(self.take())
    }

    fn flag(&mut self) -> bool {
        self.raw() == 1
    }

    fn number(&mut self) -> usize {
        self.raw() as usize
    }

    fn raw(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self.numbers.split_first_chunk().unwrap_or((&[0; N], &[]));
        self.numbers = rest;
        *taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::check;
    use crate::folder::Folder;
    use crate::lock::lock_text;

    fn files() -> [(&'static str, &'static str); 5] {
        [
            (
                "1.sql",
                "-- revision: a\n-- message: Größe\n-- created: 2026-01-31\n\
                 -- migrate:up lock_timeout:2s\nSELECT 'ü';\n-- migrate:down\nSELECT 1;\n",
            ),
            (
                "2.sql",
                "-- revision: b\n-- parent: a\n-- message: B\n\
                 -- migrate:up transaction:false statement_timeout:0\nSELECT 2;\n\
                 -- migrate:down transaction:false lock_timeout:596h\nSELECT 3;\n",
            ),
            (
                "3.sql",
                "-- revision: c\n-- parent: a\n-- message: C\n-- irreversible: it is gone\n\
                 -- migrate:up\nSELECT 4;\n",
            ),
            ("4.sql", "-- revision: d\n-- parent: c, b\n-- message: D\n"),
            (
                "5.sql",
                "-- revision: e\n-- parent: d\n-- message: E\n\
                 -- migrate:up\nSELECT 5;\n-- migrate:down\nSELECT 6;\n",
            ),
        ]
    }

    #[test]
    fn what_is_packed_is_unpacked_again() {
        let folder = Folder::of_texts("migrations", files());
        let lock = lock_text(&check(folder.clone()).unwrap(), "d").unwrap();
        let chain = check(folder.with("chain.lock", &lock)).unwrap();
        let (texts, numbers) = pack(&chain);
        let packing = Packing {
            format: FORMAT,
            count: chain.len(),
            head: "e",
            digest: chain.head().digests.chain,
            texts: texts.leak(),
            numbers: numbers.leak(),
        };
        let embedded = Chain::embedded(packing);
        assert_eq!(embedded.len(), 5);
        assert_eq!(embedded.migrations(), chain.migrations());
        assert_eq!(embedded, chain);
        assert_eq!(format!("{embedded:?}"), format!("{chain:?}"));
    }

    #[test]
    fn what_is_no_packing_is_empty() {
        let digest = Digest::from_bytes([0; 32]);
        let numbers = [255; 64];
        let packing =
            Packing { format: FORMAT, count: 2, head: "", digest, texts: "é", numbers: &numbers };
        let migrations = unpack(&packing);
        assert!(migrations.iter().all(|migration| migration.up_sql().is_empty()));
    }
}
