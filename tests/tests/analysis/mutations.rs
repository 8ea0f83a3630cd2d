//! Mistakes in ActorHub's chain: which of them a build finds, and which only a server.

use std::collections::BTreeMap;

use migrate_core::Folder;
use migrate_core::analysis::analyse;
use migrate_core::chain::Down;
use migrate_core::schema::catalog::Catalog;
use migrate_core::syntax::{Lexer, TokenKind, split_statements};
use migrate_testkit::Server;
use migrate_testkit::postgres::Client;

use super::actorhub;
use super::differential::number;
use super::random::Random;

/// One revision: what is before its sections, and they.
#[derive(Clone)]
struct Revision {
    head: String,
    up: String,
    down: String,
}

impl Revision {
    fn text(&self) -> String {
        format!("{}-- migrate:up\n{}\n-- migrate:down\n{}\n", self.head, self.up, self.down)
    }
}

fn revisions() -> Vec<Revision> {
    let chain = actorhub::chain();
    let revision = |m: &migrate_core::Migration<'_>| {
        let Down::Section(_) = m.down else { panic!("{} has no downgrade", m.id) };
        let head = m.source.text().split("-- migrate:up").next().unwrap_or_default();
        Revision {
            head: head.to_owned(),
            up: m.up_sql().to_owned(),
            down: m.down_sql().unwrap_or_default().to_owned(),
        }
    };
    chain.migrations().iter().map(revision).collect()
}

/// A section with one mistake; nothing where there is no room for it.
fn mutated(sql: &str, kind: &str, random: &mut Random) -> Option<String> {
    let statements = split_statements(sql);
    match kind {
        "statement dropped" if statements.len() > 1 => {
            let at = &statements[random.below(statements.len())];
            Some(format!("{}{}", &sql[..at.span.start], &sql[at.span.end..]))
        }
        "statements swapped" if statements.len() > 1 => {
            let at = random.below(statements.len() - 1);
            let (a, b) = (statements[at].span, statements[at + 1].span);
            Some(
                [
                    &sql[..a.start],
                    &sql[b.range()],
                    &sql[a.end..b.start],
                    &sql[a.range()],
                    &sql[b.end..],
                ]
                .concat(),
            )
        }
        "name misspelt" => {
            let words: Vec<_> = Lexer::new(sql)
                .filter(|token| token.kind == TokenKind::Word && token.text(sql).len() > 3)
                .filter(|token| token.text(sql).chars().any(|c| c.is_ascii_lowercase()))
                .collect();
            let word = words.get(random.below(words.len().max(1)))?;
            let text = word.text(sql);
            let at = 1 + random.below(text.len() - 2);
            let (first, rest) = text.split_at(at);
            Some(format!(
                "{}{first}{}{}",
                &sql[..word.span.start],
                &rest[1..],
                &sql[word.span.end..]
            ))
        }
        "line dropped" => {
            let lines: Vec<&str> = sql.lines().collect();
            let full: Vec<usize> =
                (0..lines.len()).filter(|at| lines[*at].trim_end().ends_with(',')).collect();
            let at = *full.get(random.below(full.len().max(1)))?;
            Some(
                lines
                    .iter()
                    .enumerate()
                    .filter(|(nth, _)| *nth != at)
                    .map(|(_, line)| *line)
                    .collect::<Vec<_>>()
                    .join("\n"),
            )
        }
        _ => None,
    }
}

/// What a server says of it: of the upgrades, of the downgrades, or of what is left behind them.
fn server_finds(client: &mut Client, revisions: &[Revision], changed: usize) -> Option<String> {
    client.batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
    let mut before = None;
    let run = |client: &mut Client, sql: &str| {
        client.batch_execute(sql).map_err(|error| {
            error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().to_owned())
        })
    };
    for (at, revision) in revisions.iter().enumerate() {
        if at == changed {
            before = Some(Catalog::read(client).unwrap());
        }
        if let Err(error) = run(client, &revision.up) {
            return Some(error);
        }
    }
    for (at, revision) in revisions.iter().enumerate().rev() {
        if let Err(error) = run(client, &revision.down) {
            return Some(error);
        }
        if at == changed {
            let after = Catalog::read(client).unwrap();
            let differences = after.differences(before.as_ref().unwrap());
            return differences.first().map(ToString::to_string);
        }
    }
    None
}

const KINDS: [&str; 4] =
    ["statement dropped", "statements swapped", "name misspelt", "line dropped"];

#[test]
fn a_build_finds_most_mistakes() {
    let original = revisions();
    let database = Server::shared().unwrap().database("mutations").unwrap();
    let mut client = database.connect().unwrap();
    client.batch_execute("SET client_min_messages = error").unwrap();
    let mut random = Random::new(number("ANALYSIS_SEED", 1) as u64);
    // For each kind of mistake: those that a server finds, those of them that a build finds, and those
    // that are none.
    let mut counts: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    let wanted = number("ANALYSIS_MUTATIONS", 60);
    let mut made = 0;
    while made < wanted {
        let kind = KINDS[made % KINDS.len()];
        let changed = random.below(original.len());
        let mut revisions = original.clone();
        let revision = &mut revisions[changed];
        let is_up = random.one_in(2);
        let section = if is_up { &mut revision.up } else { &mut revision.down };
        let Some(sql) = mutated(section, kind, &mut random) else { continue };
        made += 1;
        *section = sql;
        let files: Vec<(String, String)> = revisions
            .iter()
            .enumerate()
            .map(|(at, revision)| (format!("{at}.sql"), revision.text()))
            .collect();
        let folder = Folder::of_texts("m", files.iter().map(|(a, b)| (a.as_str(), b.as_str())));
        let said = analyse(folder).err();
        let found = server_finds(&mut client, &revisions, changed);
        let count = counts.entry(kind).or_default();
        match (&found, &said) {
            (Some(_), said) => {
                count.0 += 1;
                count.1 += usize::from(said.is_some());
            }
            (None, None) => count.2 += 1,
            (None, Some(said)) => wrong.push(format!("{kind} in {changed}: {said}")),
        }
        if let (Some(found), None, true) =
            (&found, &said, std::env::var_os("ANALYSIS_SHOW").is_some())
        {
            println!("only the server: {kind} in {changed}, up {is_up}: {found}");
        }
    }
    for (kind, (server, build, none)) in &counts {
        println!("{kind}: a build finds {build} of {server}; {none} are no mistake");
    }
    println!("false: {}", wrong.len());
    let (server, build) =
        counts.values().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    println!("{made} mutations: a server finds {server}, a build {build} of them");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(build * 2 > server, "{build} of {server}");
}
