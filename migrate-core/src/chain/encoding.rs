//! The encoding of a chain in a program, written by `embed_migrations!()`: one text and one byte
//! string.
//!
//! A compiler checks every literal of a table, and a relocatable program has an entry for each
//! pointer in it. Two literals cost the same for any number of revisions. They are decoded when a
//! revision is first accessed. To find out that there is nothing to do, the head and the number of
//! revisions are enough. Parts of a file are stored as their positions in it. The digests follow
//! from the text and are computed on decoding.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use crate::chain::chain::{Chain, Digests, Down, Migration};
use crate::chain::digest::{Digest, chain_digest, section_digest};
use crate::chain::id::RevisionId;
use crate::chain::sections::{Options, Section, without_tests};
use crate::syntax::source::{Source, Span};

/// The version of the format. A macro and a library of different releases may be used together.
pub const FORMAT: u32 = 1;

/// An encoded chain. The fields are public so that the macro can write them.
#[derive(Debug, Clone, Copy)]
pub struct EncodedChain<'a> {
    /// The value of [`FORMAT`] in the macro.
    pub format: u32,
    /// The number of revisions.
    pub count: usize,
    /// The id of the head.
    pub head: &'a str,
    /// The chain digest of the head.
    pub digest: Digest,
    /// All files, each preceded by the part of its path that differs from the previous one.
    pub texts: &'a str,
    /// The lengths of the files, the positions of their parts, and the parents.
    pub numbers: &'a [u8],
}

/// An encoded chain, with the result of decoding it once that has been requested.
#[derive(Debug, Clone)]
pub(crate) struct LazyChain<'a> {
    packing: EncodedChain<'a>,
    unpacked: OnceLock<Vec<Migration<'a>>>,
}

impl<'a> LazyChain<'a> {
    pub(crate) const fn new(packing: EncodedChain<'a>) -> Self {
        assert!(
            packing.format == FORMAT,
            "migrate-macros and migrate-core are of two versions that do not fit together"
        );
        assert!(packing.count > 0, "a chain has at least one revision");
        LazyChain { packing, unpacked: OnceLock::new() }
    }

    /// What is known without decoding.
    pub(crate) const fn packing(&self) -> &EncodedChain<'a> {
        &self.packing
    }

    pub(crate) fn migrations(&self) -> &[Migration<'a>] {
        self.unpacked.get_or_init(|| unpack(&self.packing))
    }
}

/// Encodes the texts and the numbers of a chain.
pub fn encode(chain: &Chain<'_>) -> (String, Vec<u8>) {
    let mut writer = Writer::default();
    for (at, migration) in chain.migrations().iter().enumerate() {
        writer.migration(at, migration);
    }
    (writer.texts, writer.numbers)
}

fn unpack<'a>(packing: &EncodedChain<'a>) -> Vec<Migration<'a>> {
    let mut reader = Reader { texts: packing.texts, numbers: packing.numbers };
    let mut migrations = Vec::with_capacity(packing.count);
    for _ in 0..packing.count {
        let migration = reader.migration(&migrations);
        migrations.push(migration);
    }
    migrations
}

#[derive(Default)]
struct Writer<'c> {
    texts: String,
    numbers: Vec<u8>,
    /// The index in the chain of each earlier revision.
    places: HashMap<&'c str, usize>,
    /// The path of the previous file.
    path: &'c str,
}

impl<'c> Writer<'c> {
    fn migration(&mut self, at: usize, migration: &'c Migration<'_>) {
        let Migration { id, parents, message, created, source, up, down, deployed, .. } = migration;
        self.path(source.path());
        // Tests are no part of the program.
        let text = without_tests(source);
        self.text(text);
        let place = |parent: &RevisionId<'_>| self.places.get(parent.as_str()).copied();
        // The distance to each parent in the chain.
        let back: Vec<usize> =
            parents.iter().map(|parent| at - place(parent).unwrap_or_default()).collect();
        self.places.insert(id.as_str(), at);
        let is_unusual = |section: &Section| section.options != Options::USUAL;
        let (irreversible, unusual_down) = match down {
            Down::Section(section) => (false, is_unusual(section)),
            Down::Irreversible(_) => (true, false),
        };
        let (follows, dated) = (back == [1], created.is_some());
        self.flags([follows, *deployed, dated, irreversible, is_unusual(up), unusual_down]);
        if !follows {
            self.number(back.len());
            back.into_iter().for_each(|back| self.number(back));
        }
        self.piece(source, id.as_str());
        self.piece(source, message);
        if let Some(created) = created {
            self.piece(source, created);
        }
        self.section(text, *up);
        match down {
            Down::Section(section) => self.section(text, *section),
            Down::Irreversible(reason) => self.piece(source, reason),
        }
    }

    fn section(&mut self, text: &str, Section { span, options }: Section) {
        self.number(span.start);
        // Most sections end at the end of the file.
        self.number(text.len().saturating_sub(span.end));
        if options == Options::USUAL {
            return;
        }
        let Options { transactional, lock_timeout, statement_timeout } = options;
        self.flags([transactional, lock_timeout.is_some(), statement_timeout.is_some()]);
        for timeout in [lock_timeout, statement_timeout].into_iter().flatten() {
            self.number(usize::try_from(timeout.as_millis()).unwrap_or(usize::MAX));
        }
    }

    /// Writes a path: the lengths of the prefix and suffix that it shares with the previous one,
    /// and the part in between.
    fn path(&mut self, path: &'c str) {
        let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
            pairs.take_while(|(here, before)| here == before).map(|(c, _)| c.len_utf8()).sum()
        };
        let start = same(&mut path.chars().zip(self.path.chars()));
        let (rest, before) = (&path[start..], &self.path[start..]);
        let end = same(&mut rest.chars().rev().zip(before.chars().rev()));
        self.number(start);
        self.number(end);
        self.text(&rest[..rest.len() - end]);
        self.path = path;
    }

    /// Writes a part of a file as the position of its first occurrence.
    fn piece(&mut self, source: &Source<'_>, piece: &str) {
        self.number(source.text().find(piece).unwrap_or_default());
        self.number(piece.len());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.texts.push_str(text);
    }

    fn flags<const N: usize>(&mut self, flags: [bool; N]) {
        let bits = flags.into_iter().rev();
        self.number(bits.fold(0, |number, flag| number << 1 | usize::from(flag)));
    }

    /// Writes a number in groups of seven bits, lowest first. The eighth bit says that another
    /// group follows.
    fn number(&mut self, mut number: usize) {
        loop {
            let low = (number & 0x7f) as u8;
            number >>= 7;
            self.numbers.push(low | if number == 0 { 0 } else { 0x80 });
            if number == 0 {
                break;
            }
        }
    }
}

/// Reads what [`Writer`] has written. After the end of the data, all values are empty.
struct Reader<'a> {
    texts: &'a str,
    numbers: &'a [u8],
}

impl<'a> Reader<'a> {
    fn migration(&mut self, before: &[Migration<'a>]) -> Migration<'a> {
        let path = self.path(before.last().map_or("", |last| last.source.path()));
        let text = self.text();
        let [follows, deployed, dated, irreversible, unusual_up, unusual_down] = self.flags();
        let back: Vec<usize> = match follows {
            true => vec![1],
            false => (0..self.number().min(before.len())).map(|_| self.number()).collect(),
        };
        let parent = |back| before.get(before.len().checked_sub(back)?);
        let parents: Vec<&Migration<'a>> = back.into_iter().filter_map(parent).collect();
        let (id, message) = (self.piece(text), self.piece(text));
        let created = dated.then(|| Cow::Borrowed(self.piece(text)));
        let up = self.section(text, unusual_up);
        let down = match irreversible {
            true => Down::Irreversible(Cow::Borrowed(self.piece(text))),
            false => Down::Section(self.section(text, unusual_down)),
        };
        let digest = |section: Section| {
            let sql = text.get(section.span.range()).unwrap_or_default();
            section_digest(sql, section.options.transactional)
        };
        let up_digest = digest(up);
        let down_digest = match &down {
            Down::Section(section) => Some(digest(*section)),
            Down::Irreversible(_) => None,
        };
        let under: Vec<Digest> = parents.iter().map(|parent| parent.digests.chain).collect();
        let chain = chain_digest(id, &under, up_digest);
        Migration {
            id: RevisionId::embedded(id),
            parents: parents.iter().map(|parent| parent.id.clone()).collect(),
            message: Cow::Borrowed(message),
            created,
            source: Source::embedded(path, text),
            up,
            down,
            digests: Digests { up: up_digest, down: down_digest, chain },
            deployed,
        }
    }

    fn section(&mut self, text: &str, is_unusual: bool) -> Section {
        let (start, behind) = (self.number(), self.number());
        let span = Span::new(start, text.len().saturating_sub(behind));
        if !is_unusual {
            return Section { span, options: Options::USUAL };
        }
        let [transactional, waits, takes] = self.flags();
        let mut timeout = |is_there: bool| {
            is_there.then(|| Duration::from_millis(self.number().try_into().unwrap_or(u64::MAX)))
        };
        let (lock_timeout, statement_timeout) = (timeout(waits), timeout(takes));
        Section { span, options: Options { transactional, lock_timeout, statement_timeout } }
    }

    fn path(&mut self, before: &str) -> String {
        let (start, end) = (self.number(), self.number());
        let (start, before) = before.split_at_checked(start).unwrap_or_default();
        let end = before.len().checked_sub(end).and_then(|at| before.get(at..)).unwrap_or_default();
        [start, self.text(), end].concat()
    }

    fn piece(&mut self, text: &'a str) -> &'a str {
        let (start, length) = (self.number(), self.number());
        text.get(start..start.saturating_add(length)).unwrap_or_default()
    }

    fn text(&mut self) -> &'a str {
        let (text, rest) = self.texts.split_at_checked(self.number()).unwrap_or_default();
        self.texts = rest;
        text
    }

    fn flags<const N: usize>(&mut self) -> [bool; N] {
        let bits = self.number();
        std::array::from_fn(|bit| bits >> bit & 1 == 1)
    }

    fn number(&mut self) -> usize {
        let mut number = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let Some((byte, rest)) = self.numbers.split_first() else { return 0 };
            self.numbers = rest;
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::check::check;
    use crate::chain::folder::Folder;
    use crate::chain::lockfile::lock_text;
    use crate::chain::run_settings::RunSettings;

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
        let (texts, numbers) = encode(&chain);
        let packing = EncodedChain {
            format: FORMAT,
            count: chain.len(),
            head: "e",
            digest: chain.head().digests.chain,
            texts: texts.leak(),
            numbers: numbers.leak(),
        };
        let embedded = Chain::embedded(packing, RunSettings::NONE);
        assert_eq!(embedded.len(), 5);
        assert_eq!(embedded.migrations(), chain.migrations());
        assert_eq!(embedded, chain);
        assert_eq!(format!("{embedded:?}"), format!("{chain:?}"));
    }

    /// A file with tests is the same migration, pinned or not, and its tests are in no program.
    #[test]
    fn tests_are_left_out_of_the_program_and_of_digests() {
        let chain = |more: &str| {
            let with = files().map(|(name, text)| (name, format!("{text}{more}")));
            check(Folder::of_texts("m", with.iter().map(|(name, text)| (*name, text.as_str()))))
        };
        let tests = "-- migrate:test before up\nINSERT INTO secrets VALUES (1);\n";
        let (plain, tested) = (chain("").unwrap(), chain(tests).unwrap());
        for (one, other) in plain.migrations().iter().zip(tested.migrations()) {
            assert_eq!(one.digests, other.digests, "{}", one.id);
            assert_eq!(one.up_sql(), other.up_sql());
            assert_eq!(one.down_sql(), other.down_sql());
        }
        assert_eq!(encode(&plain), encode(&tested));
        let lock = lock_text(&plain, "e").unwrap();
        assert_eq!(lock, lock_text(&tested, "e").unwrap());
    }

    #[test]
    fn a_revision_costs_little_more_than_its_text() {
        let sql = "CREATE TABLE things (id bigint PRIMARY KEY);\n".repeat(12);
        let file = |at: usize| {
            let parent = if at == 0 { "" } else { &format!("-- parent: {:05}\n", at - 1) };
            let text = format!(
                "-- revision: {at:05}\n{parent}-- message: Things\n\n\
                 -- migrate:up\n{sql}\n-- migrate:down\nDROP TABLE things;\n"
            );
            (format!("{at:05}_thing_{at}.sql"), text)
        };
        let files: Vec<(String, String)> = (0..500).map(file).collect();
        let pairs = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let (texts, numbers) = encode(&check(Folder::of_texts("migrations", pairs)).unwrap());
        let text: usize = files.iter().map(|(_, text)| text.len()).sum();
        let packed = texts.len() + numbers.len();
        assert!(packed <= text + text / 20, "{packed} B for {text} B");
    }

    #[test]
    fn what_is_no_packing_is_empty() {
        let digest = Digest::from_bytes([0; 32]);
        let numbers = [255; 64];
        let packing = EncodedChain {
            format: FORMAT,
            count: 2,
            head: "",
            digest,
            texts: "é",
            numbers: &numbers,
        };
        let migrations = unpack(&packing);
        assert!(migrations.iter().all(|migration| migration.up_sql().is_empty()));
    }
}
