//! Mistakes in the upgrades of a chain: which of them a build finds, which only a server, and which a build only
//! believes to have found.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use migrate_core::analysis::{analyse_with, analyse_with_blind_spots};
use migrate_core::chain::{Config, LOCK_FILE, lock_text};
use migrate_core::{Chain, Folder, check};
use migrate_testkit::Server;
use migrate_testkit::postgres::Client;

use crate::file::{File, Half};
use crate::mistakes::{Mistake, MistakeKind, make};
use crate::random::Random;
use crate::{Result, short};

/// How often a mistake is tried before a chain is given up.
const ATTEMPTS: usize = 40;

/// How many mistakes of a kind the server refuses, and what a build says of them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) refused: usize,
    pub(crate) found: usize,
    /// Those after which the server accepts all.
    pub(crate) accepted: usize,
    pub(crate) false_errors: usize,
}

impl Count {
    fn add(&mut self, other: Count) {
        self.refused += other.refused;
        self.found += other.found;
        self.accepted += other.accepted;
        self.false_errors += other.false_errors;
    }
}

/// What is found, by kind, and by whether the chain has blind spots.
#[derive(Default)]
pub(crate) struct Tally(BTreeMap<(bool, MistakeKind), Count>);

impl Tally {
    pub(crate) fn false_errors(&self) -> usize {
        self.0.values().map(|count| count.false_errors).sum()
    }

    pub(crate) fn add(&mut self, other: Tally) {
        for (key, count) in other.0 {
            self.0.entry(key).or_default().add(count);
        }
    }

    /// The table, in Markdown.
    pub(crate) fn table(&self) -> String {
        let mut table =
            "| mistake | refused | found | accepted | false |\n| --- | --- | --- | --- | --- |\n"
                .to_owned();
        let mut row = |name: &str, count: Count| {
            let Count { refused, found, accepted, false_errors } = count;
            let _ =
                writeln!(table, "| {name} | {refused} | {found} | {accepted} | {false_errors} |");
        };
        let mut kinds = BTreeMap::<MistakeKind, Count>::new();
        for ((_, kind), count) in &self.0 {
            kinds.entry(*kind).or_default().add(*count);
        }
        for (kind, count) in kinds {
            row(&kind.shown(), count);
        }
        for (is_blind, where_) in [(false, "no blind spot"), (true, "behind a blind spot")] {
            for (of_names, what) in
                [(true, "names, syntax, order"), (false, "types, expressions, queries, bodies")]
            {
                let mut sum = Count::default();
                let chosen = self.0.iter().filter(|((blind, kind), _)| {
                    *blind == is_blind && kind.is_of_names() == of_names
                });
                chosen.for_each(|(_, count)| sum.add(*count));
                row(&format!("all: {what}, {where_}"), sum);
            }
        }
        table
    }
}

/// A revision that mistakes are put into, behind the earlier ones, which are pinned.
struct Stage<'f> {
    files: &'f [File],
    lock: Option<String>,
    config: Config,
    is_blind: bool,
}

impl Stage<'_> {
    /// What a build says of the last revision, if its upgrade is this.
    fn said(&self, up: &str) -> Option<String> {
        let last = with_upgrade(self.files.last()?, up);
        analyse_with(self.folder(&last), Ok(self.config.clone())).err().map(|said| {
            said.diagnostics
                .first()
                .map_or_else(String::new, |one| format!("{}: {}", one.problem.code(), one.problem))
        })
    }

    fn folder(&self, last: &str) -> Folder {
        let (own, earlier) = match self.files.split_last() {
            Some((own, earlier)) => (own.name(), earlier),
            None => ("", self.files),
        };
        let texts = earlier.iter().map(|file| (file.name(), file.text.as_str()));
        let folder = Folder::of_texts("chain", texts.chain([(own, last)]));
        match &self.lock {
            Some(lock) => folder.with(LOCK_FILE, lock),
            None => folder,
        }
    }
}

/// The text of a file with another upgrade and without a downgrade.
fn with_upgrade(file: &File, up: &str) -> String {
    let (head, _) = file.text.split_once("-- migrate:up").unwrap_or((&file.text, ""));
    let marker = file.text[head.len()..].lines().next().unwrap_or_default();
    let has_way = head.contains("-- irreversible:");
    let why = if has_way { "" } else { "-- irreversible: a mistake is tried\n" };
    format!("{head}{why}{marker}\n{up}\n")
}

/// Puts so many mistakes into a chain.
pub(crate) fn mutate(
    server: &Server,
    files: &[File],
    prepare: &str,
    count: usize,
    random: &mut Random,
    lines: &mut Vec<String>,
) -> Result<Tally> {
    let database = server.database("mistakes")?;
    let mut client = database.connect()?;
    client.batch_execute(prepare)?;
    client.batch_execute("SET client_min_messages = error; SET statement_timeout = '60s'")?;
    let mut places: Vec<usize> = (0..count).map(|_| random.below(files.len())).collect();
    places.sort_unstable();
    let texts = files.iter().map(|file| (file.name(), file.text.as_str()));
    let chain = check(Folder::of_texts("chain", texts))?;
    let config = Config::default().with_min_server(server.version().major);
    let mut tally = Tally::default();
    for (nth, file) in files.iter().enumerate() {
        let up = file.section(Half::Up);
        let wanted = places.iter().filter(|place| **place == nth).count();
        if wanted > 0 && file.is_transactional(Half::Up) && run(&mut client, up)?.is_none() {
            let stage = Stage {
                files: &files[..=nth],
                lock: lock(&chain, nth),
                config: config.clone(),
                is_blind: is_blind(&files[..=nth], &config),
            };
            if stage.said(up).is_none() {
                for _ in 0..wanted {
                    tally.add(one(&stage, &mut client, up, random, lines)?);
                }
            }
        }
        for statement in file.statements().iter().filter(|one| one.half == Half::Up) {
            // What the chain itself has wrong is not of interest here.
            let _ = client.batch_execute(&statement.sql);
        }
        client.batch_execute(
            "RESET ALL; SET client_min_messages = error; SET statement_timeout = '60s'",
        )?;
    }
    Ok(tally)
}

fn lock(chain: &Chain<'_>, nth: usize) -> Option<String> {
    let before = chain.migrations().get(nth.checked_sub(1)?)?;
    lock_text(chain, before.id.as_str())
}

fn is_blind(files: &[File], config: &Config) -> bool {
    let texts = files.iter().map(|file| (file.name(), file.text.as_str()));
    let folder = Folder::of_texts("chain", texts);
    analyse_with_blind_spots(folder, Ok(config.clone()))
        .map_or(true, |(_, blind)| !blind.is_empty())
}

/// What the server says of an upgrade, which is taken back.
fn run(client: &mut Client, up: &str) -> Result<Option<String>> {
    client.batch_execute("BEGIN")?;
    let said = client.batch_execute(&format!("{up}\n;SET CONSTRAINTS ALL IMMEDIATE")).err();
    client.batch_execute(
        "ROLLBACK; RESET ALL; SET client_min_messages = error; SET statement_timeout = '60s'",
    )?;
    Ok(said.map(|error| {
        error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
    }))
}

fn one(
    stage: &Stage<'_>,
    client: &mut Client,
    up: &str,
    random: &mut Random,
    lines: &mut Vec<String>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    for _ in 0..ATTEMPTS {
        let mistake = Mistake::ALL[random.below(Mistake::ALL.len())];
        let Some((wrong, kind)) = make(up, mistake, random) else { continue };
        let (refused, said) = (run(client, &wrong)?, stage.said(&wrong));
        let count = tally.0.entry((stage.is_blind, kind)).or_default();
        let shown = changed(up, &wrong);
        let (kind, name) = (kind.shown(), stage.files.last().map_or("", File::name));
        match (refused, said) {
            (Some(why), said) => {
                count.refused += 1;
                count.found += usize::from(said.is_some());
                if said.is_none() {
                    let blind = if stage.is_blind { " (blind)" } else { "" };
                    lines.push(format!("missed{blind}: {kind}: {name}: {why}\n    {shown}"));
                }
            }
            (None, None) => count.accepted += 1,
            (None, Some(said)) => {
                count.false_errors += 1;
                lines.push(format!("FALSE: {kind}: {name}: {said}\n    {shown}"));
            }
        }
        break;
    }
    Ok(tally)
}

/// The place where two texts differ, on one line.
fn changed(before: &str, after: &str) -> String {
    let same = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
    let begin = after.floor_char_boundary(same.saturating_sub(90));
    let end = after.floor_char_boundary((same + 90).min(after.len()));
    let middle = after.floor_char_boundary(same.min(after.len()));
    short(&format!("{} ⟨here⟩ {}", &after[begin..middle], &after[middle..end]), 300)
}
