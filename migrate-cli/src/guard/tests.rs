//! Which problems keep which revisions from running.

use std::path::Path;

use migrate_core::chain::{Config, Level, Lint};
use migrate_core::syntax::Source;
use migrate_core::{Chain, Folder, check};

use super::*;

const GOOD: &str = "CREATE TABLE t_ID ();|DROP TABLE t_ID;";
const LEAVES: &str = "CREATE TABLE t_ID (); CREATE TYPE e_ID AS ENUM ();|DROP TABLE t_ID;";
const SYNTAX: &str = "CREATE TABEL t_ID ();|DROP TABLE t_ID;";
/// A lint may deny it.
const DROPS: &str = "ALTER TABLE t_1 DROP COLUMN c;|ALTER TABLE t_1 ADD COLUMN c int;";
const WIDE: &str = "CREATE TABLE t_ID (c int);|DROP TABLE t_ID;";

/// A chain of these revisions, `id:parents`.
fn chain(revisions: &[(&str, &str)], pinned: &[&str]) -> Chain<'static> {
    let file = |(node, sql): &(&str, &str)| {
        let (id, parents) = node.split_once(':').unwrap_or((node, ""));
        let parent =
            if parents.is_empty() { String::new() } else { format!("-- parent: {parents}\n") };
        let (up, down) = sql.split_once('|').unwrap_or((sql, ""));
        let text = format!(
            "-- revision: {id}\n{parent}-- message: Make {id}\n\n-- migrate:up\n{up}\n\n-- migrate:down\n{down}\n"
        );
        (format!("{id}_make_{id}.sql"), text.replace("ID", id))
    };
    let files: Vec<(String, String)> = revisions.iter().map(file).collect();
    let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let read = check(Folder::of_texts("migrations", texts)).unwrap();
    let pins = |one: &Migration<'_>| pinned.contains(&one.id.as_str());
    check(folder(Path::new("migrations"), &read, |_| true, pins)).unwrap()
}

/// What is refused: the code of each problem, and its place.
fn found(chain: &Chain<'static>, config: Config, wanted: &str, settled: &str) -> Vec<String> {
    let ids = |text| str::split_whitespace(text).collect::<Ids<'_>>();
    let [wanted, settled] = [wanted, settled].map(ids);
    let directory = Path::new("migrations");
    let Some(found) = refused_with(directory, &Ok(config), chain, &wanted, &settled) else {
        return Vec::new();
    };
    let place = |one: &Diagnostic| {
        let label = one.primary.as_ref().unwrap();
        format!("{} {}", one.problem.code(), found.sources[label.source].path())
    };
    found.diagnostics.iter().map(place).collect()
}

#[test]
fn only_what_would_run_is_refused() {
    let line = |first, second, third| chain(&[("1", first), ("2:1", second), ("3:2", third)], &[]);
    let check = |chain: &Chain<'static>, wanted: &str, settled: &str, expected: &[&str]| {
        let found = found(chain, Config::default(), wanted, settled);
        assert_eq!(found, expected, "{wanted} on {settled}");
    };
    let leaves = ["down-leaves migrations/2_make_2.sql"];
    let syntax = ["syntax migrations/2_make_2.sql"];
    let broken = line(GOOD, LEAVES, GOOD);
    check(&broken, "1 2 3", "", &leaves);
    check(&broken, "2", "1", &leaves);
    check(&broken, "3", "1 2", &[]);
    check(&broken, "1", "", &[]);
    check(&line(GOOD, SYNTAX, GOOD), "2 3", "1", &syntax);
    // One error of syntax keeps the chain from being replayed.
    let both = line(SYNTAX, LEAVES, GOOD);
    check(&both, "2 3", "1", &leaves);
    check(&both, "1", "", &["syntax migrations/1_make_1.sql"]);
    let later = line(GOOD, LEAVES, SYNTAX);
    check(&later, "1 2", "", &leaves);
    check(&later, "1", "", &[]);
    check(&line(GOOD, GOOD, SYNTAX), "1 2", "", &[]);
}

/// Nothing is said of what is pinned, also where this database lacks it.
#[test]
fn what_is_pinned_is_right() {
    let pinned = chain(&[("1", GOOD), ("2:1", LEAVES), ("3:2", LEAVES)], &["1", "2"]);
    let check = |wanted: &str, settled: &str, expected: &[&str]| {
        assert_eq!(found(&pinned, Config::default(), wanted, settled), expected, "{wanted}");
    };
    check("1 2", "", &[]);
    check("1 2 3", "", &["down-leaves migrations/3_make_3.sql"]);
    check("3", "1 2", &["down-leaves migrations/3_make_3.sql"]);
}

/// Of two branches that are joined later, one alone is two heads' work, and no fault.
#[test]
fn a_branch_of_a_chain() {
    let of = |second: &str| {
        chain(&[("1", GOOD), ("2:1", second), ("3:1", SYNTAX), ("4:2,3", GOOD)], &[])
    };
    let check = |second: &str, wanted: &str, settled: &str, expected: &[&str]| {
        assert_eq!(found(&of(second), Config::default(), wanted, settled), expected, "{wanted}");
    };
    check(LEAVES, "2", "1", &["down-leaves migrations/2_make_2.sql"]);
    check(GOOD, "2", "1", &[]);
    check(GOOD, "2", "1 3", &[]);
    check(GOOD, "3 4", "1 2", &["syntax migrations/3_make_3.sql"]);
}

#[test]
fn what_a_project_denies_is_refused() {
    let of = |pinned: &[&str]| chain(&[("1", WIDE), ("2:1", DROPS)], pinned);
    let denying = Config::default().with_level(Lint::DropColumn, Level::Deny);
    let check = |config: &Config, wanted: &str, settled: &str, expected: &[&str]| {
        assert_eq!(found(&of(&["1"]), config.clone(), wanted, settled), expected, "{wanted}");
    };
    check(&denying, "2", "1", &["drop-column migrations/2_make_2.sql"]);
    check(&denying, "1", "", &[]);
    check(&Config::default(), "2", "1", &[]);
}

#[test]
fn settings_that_can_not_be_read_are_refused() {
    let chain = chain(&[("1", GOOD)], &[]);
    let config = Config::read(Source::new("migrate.toml", "[lints]\nnothing = \"deny\"\n"));
    let wanted = Ids::from(["1"]);
    let found = refused_with(Path::new("migrations"), &config, &chain, &wanted, &Ids::new());
    assert!(found.unwrap().to_string().contains("migrate.toml:2"));
}

#[test]
fn a_summary_is_a_line_for_each_problem() {
    let many: Vec<(String, String)> = (1..=25)
        .map(|at| {
            let node = if at == 1 { "1".to_owned() } else { format!("{at}:{}", at - 1) };
            (node, SYNTAX.to_owned())
        })
        .collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let chain = chain(&many, &[]);
    let wanted: Ids<'_> = chain.migrations().iter().map(|one| one.id.as_str()).collect();
    let directory = Path::new("migrations");
    let found = refused_with(directory, &Ok(Config::default()), &chain, &wanted, &Ids::new());
    let text = summary(&found.unwrap());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 22, "{text}");
    assert!(lines.contains(&" --> migrations/1_make_1.sql:5:8: syntax error at `TABEL`"), "{text}");
    assert_eq!(lines.last(), Some(&" and 5 more"));
}
