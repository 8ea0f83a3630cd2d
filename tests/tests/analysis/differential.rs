//! Statements at random: where the analysis says that there is an error, the server must say it, too.

use std::collections::BTreeMap;
use std::env;

use migrate_core::Folder;
use migrate_core::analysis::analyse;
use migrate_core::syntax::split_statements;
use migrate_testkit::Server;
use migrate_testkit::postgres::Client;

use super::random::Random;

/// How long a chain becomes, in statements that the server has taken or refused.
const LENGTH: usize = 60;

/// A number from the environment.
pub(crate) fn number(variable: &str, default: usize) -> usize {
    env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What is said of the last of these statements.
fn said(before: &[String], statement: &str) -> Option<(&'static str, String)> {
    let head =
        "-- revision: 1\n-- message: M\n-- irreversible: a test\n-- migrate:up transaction:false\n";
    let mut text = head.to_owned();
    for earlier in before {
        text.push_str(earlier);
        text.push_str(";\n");
    }
    let start = text.len();
    text.push_str(statement);
    text.push_str(";\n");
    let rejection = analyse(Folder::of_texts("m", [("1.sql", text.as_str())])).err()?;
    // What needs a newer server is right on this one.
    let found = rejection
        .diagnostics
        .iter()
        .filter(|found| found.problem.code() != "needs-server")
        .find(|found| found.primary.as_ref().is_some_and(|label| label.span.start >= start));
    let newer = rejection.diagnostics.iter().all(|found| found.problem.code() == "needs-server");
    if found.is_none() && !newer {
        panic!("what the server has taken is refused later:\n{text}\n{rejection}");
    }
    found.map(|found| (found.problem.code(), found.problem.to_string()))
}

fn reset(client: &mut Client) {
    let sql = "RESET ALL; DISCARD TEMP; DROP SCHEMA IF EXISTS s1 CASCADE; DROP SCHEMA IF EXISTS s2 CASCADE; \
               DROP SCHEMA public CASCADE; CREATE SCHEMA public; SET client_min_messages = error; \
               SET statement_timeout = '2s';";
    for statement in sql.split_terminator("; ") {
        client.batch_execute(statement).unwrap();
    }
}

/// Counts of what the server refused, by its code: how many in all, and how many were foreseen.
type Counts = BTreeMap<String, (usize, usize)>;

fn chain(
    client: &mut Client,
    seed: u64,
    statements: impl Iterator<Item = String>,
    counts: &mut Counts,
    wrong: &mut Vec<String>,
) {
    let mut taken: Vec<String> = Vec::new();
    for statement in statements {
        let said = said(&taken, &statement);
        match (client.batch_execute(&statement), said) {
            (Ok(()), None) => taken.push(statement),
            (Ok(()), Some((code, message))) => {
                let before = taken.join(";\n");
                wrong.push(format!("seed {seed}: {code}: {message}\n{before};\n=> {statement}"));
                taken.push(statement);
                return;
            }
            (Err(error), said) => {
                let code = error.code().map_or("?", |code| code.code()).to_owned();
                let count = counts.entry(code).or_default();
                count.0 += 1;
                count.1 += usize::from(said.is_some());
                if said.is_none() && env::var_os("ANALYSIS_SHOW").is_some() {
                    println!(
                        "{seed}: {statement}: {}",
                        error.as_db_error().map_or("", |e| e.message())
                    );
                }
            }
        }
    }
}

/// The statements of the files of a folder, those left out that belong to no migration.
fn corpus(folder: &str) -> Vec<String> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "sql")) {
        let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
        for statement in split_statements(&text) {
            let words = statement.leading_words(&text);
            let first = words.first().map_or("", String::as_str);
            let left_out = [
                "BEGIN",
                "COMMIT",
                "ROLLBACK",
                "START",
                "ABORT",
                "END",
                "COPY",
                "PREPARE",
                "SAVEPOINT",
                "RELEASE",
                "LISTEN",
                "CREATE DATABASE",
                "DROP DATABASE",
                "VACUUM",
                "ALTER SYSTEM",
            ];
            let both = words.iter().take(2).cloned().collect::<Vec<_>>().join(" ");
            let own = &text[statement.span.range()];
            if !left_out.contains(&first)
                && !left_out.contains(&both.as_str())
                && !own.contains('\\')
            {
                found.push(own.trim_end_matches(';').to_owned());
            }
        }
    }
    found
}

/// The same over statements that others have written: `ANALYSIS_CORPUS` names a folder of them; without it
/// ActorHub's own.
#[test]
fn no_error_is_false_of_a_corpus() {
    let actorhub = concat!(env!("CARGO_MANIFEST_DIR"), "/../actorhub-schema/migrations");
    let folder = env::var("ANALYSIS_CORPUS").unwrap_or_else(|_| actorhub.to_owned());
    let database = Server::shared().unwrap().database("corpus").unwrap();
    let mut client = database.connect().unwrap();
    let (mut counts, mut wrong) = (Counts::new(), Vec::new());
    let statements = corpus(&folder);
    for (nth, some) in statements.chunks(2 * LENGTH).enumerate() {
        reset(&mut client);
        chain(&mut client, nth as u64, some.iter().cloned(), &mut counts, &mut wrong);
    }
    let refused: usize = counts.values().map(|count| count.0).sum();
    let foreseen: usize = counts.values().map(|count| count.1).sum();
    println!(
        "{} statements; refused {refused}, foreseen {foreseen}; false {}",
        statements.len(),
        wrong.len()
    );
    assert!(!statements.is_empty(), "{folder} has none");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn no_error_is_false() {
    let database = Server::shared().unwrap().database("differential").unwrap();
    let mut client = database.connect().unwrap();
    let (mut counts, mut wrong) = (Counts::new(), Vec::new());
    let first = number("ANALYSIS_SEED", 1);
    let chains = number("ANALYSIS_STATEMENTS", 3000) / LENGTH;
    for seed in first..first + chains {
        reset(&mut client);
        let mut random = Random::new(seed as u64);
        let statements = (0..LENGTH).map(|_| random.statement());
        chain(&mut client, seed as u64, statements, &mut counts, &mut wrong);
    }
    let all: usize = counts.values().map(|count| count.0).sum();
    let foreseen: usize = counts.values().map(|count| count.1).sum();
    println!(
        "{} statements; refused {all}, foreseen {foreseen}; false {}",
        chains * LENGTH,
        wrong.len()
    );
    for (code, (all, foreseen)) in &counts {
        println!("  {code}: {foreseen} of {all}");
    }
    assert!(
        wrong.is_empty(),
        "{} false errors:\n\n{}",
        wrong.len(),
        wrong[..wrong.len().min(12)].join("\n\n")
    );
    assert!(foreseen * 2 > all, "{foreseen} of {all}");
}
