//! What a replay finds, and what it leaves alone.

use crate::folder::Folder;

/// Checks a chain of these upgrades and downgrades; its errors as `revision:line message: label`, with
/// further places and the help behind.
fn errors(revisions: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<(String, String)> = revisions
        .iter()
        .enumerate()
        .map(|(at, (up, down))| {
            let parent = if at == 0 { "--".to_owned() } else { format!("-- parent: r{at}") };
            let (irreversible, down) = match *down {
                "" => ("-- irreversible: no".to_owned(), String::new()),
                down => ("--".to_owned(), format!("\n-- migrate:down\n{down}")),
            };
            let id = at + 1;
            let text = format!(
                "-- revision: r{id}\n{parent}\n-- message: M{id}\n{irreversible}\n-- migrate:up\n{up}{down}\n"
            );
            (format!("r{id}.sql"), text)
        })
        .collect();
    let folder = Folder::of_texts("m", files.iter().map(|(a, b)| (a.as_str(), b.as_str())));
    let Err(rejection) = crate::analyse(folder) else { return Vec::new() };
    let shown = |found: &crate::Diagnostic| {
        let place = |label: &crate::Label| {
            let source = &rejection.sources[label.source];
            let text = source.slice(label.span).split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{} `{text}` {}", source.path().trim_start_matches("m/"), label.text)
        };
        let places: Vec<String> = found.primary.iter().chain(&found.related).map(place).collect();
        format!("{}: {} = {}", found.problem, places.join("; "), found.problem.help())
    };
    rejection.diagnostics.iter().map(shown).collect()
}

/// One upgrade, and what is said of it, each by how it begins.
fn check(up: &str, expected: &[&str]) {
    let found = errors(&[(up, "")]);
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
    assert!(same, "{up}\nexpected {expected:#?}\nfound {found:#?}");
}

#[test]
fn a_table_is_there_once() {
    check(
        "CREATE TABLE t (a int); CREATE TABLE t ();",
        &["table `t` exists already: r1.sql `t` created again here; r1.sql `t` first created here"],
    );
}

/// The real chain, of which nothing is deployed here.
fn actorhub() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../actorhub-schema/migrations");
    let files = crate::files::read(std::path::Path::new(folder), "m");
    let Ok(chain) = crate::check(files) else { panic!("ActorHub's chain is broken") };
    let text = |m: &crate::Migration<'_>| (m.file_name().to_owned(), m.source.text().to_owned());
    chain.migrations().iter().map(text).collect()
}

#[test]
fn the_real_chain_is_right() {
    let files = actorhub();
    let folder = Folder::of_texts("m", files.iter().map(|(a, b)| (a.as_str(), b.as_str())));
    if let Err(wrong) = crate::analyse(folder) {
        panic!("{wrong}");
    }
}
