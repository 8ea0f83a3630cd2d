//! Statements at random: where the analysis says that there is an error, the server must say it, too.

use std::collections::BTreeMap;
use std::env;

use migrate_core::{Folder, analyse};
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
    let found = rejection
        .diagnostics
        .iter()
        .find(|found| found.primary.as_ref().is_some_and(|label| label.span.start >= start));
    if found.is_none() {
        panic!("what the server has taken is refused later:\n{text}\n{rejection}");
    }
    found.map(|found| (found.problem.code(), found.problem.to_string()))
}

fn reset(client: &mut Client) {
    let sql = "RESET ALL; DISCARD TEMP; DROP SCHEMA IF EXISTS s1 CASCADE; DROP SCHEMA IF EXISTS s2 CASCADE; \
               DROP SCHEMA public CASCADE; CREATE SCHEMA public;";
    for statement in sql.split_terminator("; ") {
        client.batch_execute(statement).unwrap();
    }
}

/// Counts of what the server refused, by its code: how many in all, and how many were foreseen.
type Counts = BTreeMap<String, (usize, usize)>;

fn chain(client: &mut Client, seed: u64, counts: &mut Counts, wrong: &mut Vec<String>) {
    let mut random = Random::new(seed);
    let mut taken: Vec<String> = Vec::new();
    for _ in 0..LENGTH {
        let statement = random.statement();
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

#[test]
fn no_error_is_false() {
    let database = Server::shared().unwrap().database("differential").unwrap();
    let mut client = database.connect().unwrap();
    client.batch_execute("SET client_min_messages = error").unwrap();
    let (mut counts, mut wrong) = (Counts::new(), Vec::new());
    let first = number("ANALYSIS_SEED", 1);
    let chains = number("ANALYSIS_STATEMENTS", 3000) / LENGTH;
    for seed in first..first + chains {
        reset(&mut client);
        chain(&mut client, seed as u64, &mut counts, &mut wrong);
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
