//! Correct downgrades behind everything that makes the analysis blind: a server proves them correct, and none is refused.

mod blinders;
mod pairs;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use migrate_core::analysis::analyse;
use migrate_core::chain::lock_text;
use migrate_core::{Chain, Folder, check};
use migrate_testkit::{Server, Staircase};

use self::blinders::{BLINDERS, Blinder, PREPARED};
use self::pairs::{Pair, all};
use super::differential::number;
use super::random::Random;

/// How many pairs a chain has, each in a revision of its own.
const PAIRS_OF_A_CHAIN: usize = 10;

/// Where the blinding statement is.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In an earlier revision, before what the pairs change is made.
    BeforeAll,
    /// In an earlier revision.
    Earlier,
    /// In an earlier revision, which databases have run.
    Pinned,
    /// In the same section, before.
    Before,
    /// In the same section, behind; and in the downgrade before.
    Behind,
}

const PLACES: [Place; 5] =
    [Place::BeforeAll, Place::Earlier, Place::Pinned, Place::Before, Place::Behind];

/// Writes SQL with names of its own.
struct Writer<'r> {
    random: &'r mut Random,
    /// What all names of it begin with; with a capital letter they need quotes.
    prefix: String,
    always_qualified: bool,
}

impl Writer<'_> {
    /// Takes one of each `{a|b}`, the inner ones first, and makes names of `%name`, `#name` and `@name`.
    fn write(&mut self, template: &str) -> String {
        let mut chosen = template.to_owned();
        while let Some((before, behind)) = chosen.split_once('}') {
            let (before, choices) = before.rsplit_once('{').unwrap();
            let choices: Vec<&str> = choices.split('|').collect();
            chosen = format!("{before}{}{behind}", self.random.of(&choices));
        }
        let mut sql = String::new();
        let mut rest = chosen.as_str();
        while let Some(at) = rest.find(['%', '#', '@']) {
            sql.push_str(&rest[..at]);
            let (mark, after) = rest[at..].split_at(1);
            let end = after.find(|c: char| !c.is_ascii_lowercase() && c != '_');
            let (word, behind) = after.split_at(end.unwrap_or(after.len()));
            rest = behind;
            match (mark, word) {
                // `%TYPE`, `%I` and the like.
                (_, "") => sql.push_str(mark),
                ("%", word) => sql.push_str(&self.name(word, true)),
                ("#", word) => sql.push_str(&self.name(word, false)),
                (_, word) => {
                    let _ = write!(sql, "{}{word}", self.prefix);
                }
            }
        }
        sql + rest
    }

    fn name(&mut self, word: &str, may_be_qualified: bool) -> String {
        let name = format!("{}{word}", self.prefix);
        let needs_quotes = name.bytes().any(|byte| byte.is_ascii_uppercase());
        let quoted = needs_quotes || self.random.one_in(3);
        let name = if quoted { format!("\"{name}\"") } else { name };
        match may_be_qualified && (self.always_qualified || self.random.one_in(2)) {
            true => format!("{}.{name}", self.random.of(&["public", "public", "\"public\""])),
            false => name,
        }
    }
}

/// A chain, and what its files are about.
struct Generated {
    files: Vec<(String, String)>,
    /// The pair of each file that has one.
    pairs: BTreeMap<String, &'static str>,
    /// Up to which revision it is pinned.
    pinned: Option<String>,
}

impl Generated {
    fn new(blinder: &Blinder, place: Place, pairs: &[&'static Pair], random: &mut Random) -> Self {
        let always_qualified = blinder.moves_names();
        let mut own = Writer { random: &mut *random, prefix: "z_".to_owned(), always_qualified };
        let helpers = own.write(blinder.helpers);
        let mut made = 0;
        let mut blind = |random: &mut Random| {
            made += 1;
            let mut own = Writer { random, prefix: "z_".to_owned(), always_qualified };
            let mut write = |sql: &str| {
                let z = ["%z", "#z", "@z"].map(|z| (z, format!("{z}{}", "z".repeat(made))));
                let numbered = z.iter().fold(sql.to_owned(), |sql, (z, name)| sql.replace(z, name));
                own.write(&numbered)
            };
            (write(blinder.sql), write(blinder.undo))
        };
        let mut setups = Vec::new();
        let mut revisions = Vec::new();
        for (nth, pair) in pairs.iter().enumerate() {
            let p = if random.one_in(4) { "P" } else { "p" };
            let prefix = format!("{p}{nth}_");
            let mut writer = Writer { random: &mut *random, prefix, always_qualified };
            setups.push(writer.write(pair.setup));
            let (up, down) = (writer.write(pair.up), writer.write(pair.down));
            let (sql, undo) = blind(random);
            let (again, undo_again) = blind(random);
            revisions.push(match place {
                Place::Before => (joined(&[&sql, &up]), joined(&[&down, &undo])),
                Place::Behind => {
                    (joined(&[&up, &sql, &undo]), joined(&[&again, &down, &undo_again]))
                }
                _ => (up, down),
            });
        }
        let setups: Vec<&str> = setups.iter().map(String::as_str).collect();
        let base = (joined(&setups), None);
        let (sql, undo) = blind(random);
        let blinding = (sql, Some(undo));
        let first = (joined(&[&helpers, "SELECT 1"]), None);
        let before = match place {
            Place::BeforeAll => vec![first, blinding, base],
            Place::Earlier | Place::Pinned => vec![first, base, blinding],
            Place::Before | Place::Behind => vec![first, base],
        };
        let pinned = matches!(place, Place::Pinned).then(|| before.len().to_string());
        let mut generated = Generated { files: Vec::new(), pairs: BTreeMap::new(), pinned };
        for (up, down) in before {
            generated.revision(&up, down.as_deref());
        }
        for ((up, down), pair) in revisions.into_iter().zip(pairs) {
            let name = generated.revision(&up, Some(&down));
            generated.pairs.insert(name, pair.name);
        }
        generated
    }

    fn revision(&mut self, up: &str, down: Option<&str>) -> String {
        let number = self.files.len() + 1;
        let mut text = format!("-- revision: {number}\n-- message: M\n");
        if number > 1 {
            let _ = writeln!(text, "-- parent: {}", number - 1);
        }
        if down.is_none() {
            text.push_str("-- irreversible: a test\n");
        }
        let _ = writeln!(text, "-- migrate:up\n{};\nSELECT 1;", up.trim_end_matches(';'));
        if let Some(down) = down {
            let _ = writeln!(text, "-- migrate:down\n{};\nSELECT 1;", down.trim_end_matches(';'));
        }
        let name = format!("{number}.sql");
        self.files.push((name.clone(), text));
        name
    }

    fn folder(&self) -> Folder {
        let files = self.files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let folder = Folder::of_texts("m", files);
        let Some(pinned) = &self.pinned else { return folder };
        let chain = check(folder).unwrap_or_else(|wrong| panic!("{wrong}"));
        let lock = lock_text(&chain, pinned).unwrap();
        let files = self.files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        Folder::of_texts("m", files.chain([("chain.lock", lock.as_str())]))
    }

    fn text(&self) -> String {
        self.files.iter().fold(String::new(), |mut all, (name, text)| {
            let _ = writeln!(all, "==> {name}\n{text}");
            all
        })
    }
}

/// Statements one behind the other; what is empty is left out.
fn joined(statements: &[&str]) -> String {
    let full: Vec<&str> = statements.iter().copied().filter(|sql| !sql.is_empty()).collect();
    full.join(";\n")
}

/// What is refused of a chain that a server has climbed, each with the pair.
fn refused(generated: &Generated) -> Vec<(&'static str, String)> {
    let Err(rejection) = analyse(generated.folder()) else { return Vec::new() };
    let said = rejection.diagnostics.iter().map(|found| {
        let source = found.primary.as_ref().and_then(|label| rejection.sources.get(label.source));
        let file = source.map(|source| source.path().rsplit('/').next().unwrap_or_default());
        let pair = file.and_then(|file| generated.pairs.get(file)).copied();
        (pair.unwrap_or("what is before"), format!("{}: {}", found.problem.code(), found.problem))
    });
    said.collect()
}

#[test]
fn no_correct_downgrade_is_refused() {
    let server = Server::shared().unwrap();
    let seed = number("ANALYSIS_SEED", 1);
    let chains = number("ANALYSIS_CHAINS", 12);
    let mut random = Random::new(seed as u64);
    let table: Vec<&Pair> = all().collect();
    let (mut climbed, mut next) = (0, random.below(table.len()));
    let mut by_pair: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut unproven, mut wrong) = (Vec::new(), Vec::new());
    for nth in 0..chains {
        let blinder = &BLINDERS[(seed + nth) % BLINDERS.len()];
        if blinder.sql.contains("EXTENSION") && !server.offers_extension("pgrowlocks").unwrap() {
            continue;
        }
        // One extension can't be made by each revision.
        let places = if blinder.sql.contains("EXTENSION") { &PLACES[..3] } else { &PLACES };
        let place = places[random.below(places.len())];
        // Steps of a prime: neighbours in the table are not always together, and all have their turn.
        let mut pairs = Vec::new();
        while pairs.len() < PAIRS_OF_A_CHAIN {
            next = (next + 37) % table.len();
            pairs.push(table[next]);
        }
        let generated = Generated::new(blinder, place, &pairs, &mut random);
        let chain: Chain<'static> =
            check(generated.folder()).unwrap_or_else(|wrong| panic!("{wrong}"));
        if let Err(error) = Staircase::new(&chain).prepare(PREPARED).climb(server) {
            let what = format!("{}, {place:?}: {error}\n{}", blinder.name, generated.text());
            unproven.push(what);
            continue;
        }
        climbed += pairs.len();
        for (pair, message) in refused(&generated) {
            *by_pair.entry(pair).or_default() += 1;
            wrong.push(format!("{} | {place:?} | {pair} | {message}", blinder.name));
        }
    }
    println!("{climbed} correct pairs of up and down in {chains} chains; {} errors", wrong.len());
    for (pair, count) in by_pair {
        println!("{count:5} {pair}");
    }
    assert!(unproven.is_empty(), "the server says no:\n{}", unproven.join("\n\n"));
    assert!(wrong.is_empty(), "correct, and refused:\n{}", wrong.join("\n"));
}
