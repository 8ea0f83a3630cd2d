//! What is about to run, or to be pinned, is analysed first: what `migrate check` refuses goes no further.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use migrate_core::analysis::analyse_with;
use migrate_core::chain::edit::FileEdit;
use migrate_core::chain::{Config, Diagnostic, Down, LOCK_FILE, Pin, QUERIES_FILE, write_lock};
use migrate_core::{Chain, Folder, Migration, Rejection, check};

use crate::failure::Failure;
use crate::tree::{Source, settings};

/// Ids of revisions.
pub(crate) type Ids<'c> = HashSet<&'c str>;

/// The chain of a folder, where all that is wrong with it is told as `migrate check` tells it: a
/// syntax error beside a fork, too.
pub(crate) fn chain(source: &Source, unchecked: bool) -> Result<Chain<'static>, Failure> {
    match source.chain() {
        Err(_) if !unchecked => source.built(),
        chain => chain,
    }
}

/// What `migrate check` says against `wanted`, revisions that stand on `settled`, which databases have run. A
/// chain in a program was checked by its build.
pub(crate) fn refused(
    source: &Source,
    chain: &Chain<'static>,
    wanted: &Ids<'_>,
    settled: &Ids<'_>,
) -> Option<Rejection> {
    let Source::Folder(directory) = source else { return None };
    // Nothing is said of what is pinned, so where all of it is, nobody has to look.
    let mut new = chain.migrations().iter().filter(|one| !one.deployed);
    new.find(|one| wanted.contains(one.id.as_str()))?;
    refused_with(directory, &settings(directory), chain, wanted, settled)
}

fn refused_with(
    directory: &Path,
    config: &Result<Config, Rejection>,
    chain: &Chain<'static>,
    wanted: &Ids<'_>,
    settled: &Ids<'_>,
) -> Option<Rejection> {
    // The texts that will run, and not the folder again, which somebody may have changed meanwhile.
    let queries = fs::read_to_string(directory.join(QUERIES_FILE)).ok();
    let with_queries = |folder: Folder| match &queries {
        Some(text) => folder.with(QUERIES_FILE, text),
        None => folder,
    };
    let all = with_queries(folder(directory, chain, |_| true, |one| one.deployed));
    let found = analyse_with(all, config.clone()).err()?;
    let own = about(found, chain, wanted);
    if !own.diagnostics.is_empty() {
        return Some(own);
    }
    // All problems are in other revisions. But a syntax error anywhere keeps the chain from being replayed,
    // so the others are left out, or taken for right where a database has run them.
    let is_kept = |one: &Migration<'_>| {
        let id = one.id.as_str();
        wanted.contains(id) || settled.contains(id)
    };
    let is_settled = |one: &Migration<'_>| one.deployed || settled.contains(one.id.as_str());
    let alone = with_queries(folder(directory, chain, is_kept, is_settled));
    // Branches that a later revision joins are no chain without it.
    check(alone.clone()).ok()?;
    let found = analyse_with(alone, config.clone()).err()?;
    let own = about(found, chain, wanted);
    (!own.diagnostics.is_empty()).then_some(own)
}

/// What `migrate check` would say of the downgrade of a pinned revision, if it were not pinned. Its upgrade is
/// right: databases have run it.
pub(crate) fn refused_downgrade(
    source: &Source,
    chain: &Chain<'static>,
    id: &str,
) -> Option<Rejection> {
    let Source::Folder(directory) = source else { return None };
    refused_downgrade_with(directory, &settings(directory), chain, id)
}

fn refused_downgrade_with(
    directory: &Path,
    config: &Result<Config, Rejection>,
    chain: &Chain<'static>,
    id: &str,
) -> Option<Rejection> {
    let one = chain.migrations().iter().find(|one| one.id.as_str() == id)?;
    let Down::Section(down) = one.down else { return None };
    let lineage: Ids<'_> = chain
        .migrations()
        .iter()
        .zip(chain.lineage(id))
        .filter_map(|(one, is_below)| is_below.then_some(one.id.as_str()))
        .collect();
    let is_kept = |one: &Migration<'_>| lineage.contains(one.id.as_str());
    let alone = folder(directory, chain, is_kept, |one| one.id.as_str() != id);
    let mut found = analyse_with(alone, config.clone()).err()?;
    let (path, sources) = (one.source.path(), &found.sources);
    let is_of_downgrade = |found: &Diagnostic| {
        let is_incomplete = ["down-leaves", "down-loses"].contains(&found.problem.code());
        let place = found.primary.as_ref();
        is_incomplete
            || place.is_none_or(|place| {
                let is_here = sources.get(place.source).is_some_and(|file| file.path() == path);
                is_here && place.span.end > down.span.start && place.span.start < down.span.end
            })
    };
    found.diagnostics.retain(is_of_downgrade);
    (!found.diagnostics.is_empty()).then_some(found)
}

/// What `migrate check` would say of files that are new in this chain.
pub(crate) fn refused_files(
    source: &Source,
    chain: &Chain<'static>,
    edits: &[FileEdit],
) -> Option<Rejection> {
    let (directory, config) = match source {
        Source::Folder(directory) => (directory.as_path(), settings(directory)),
        Source::Embedded(_) => (Path::new("migrations"), Ok(Config::default())),
    };
    let chain = folder(directory, chain, |_| true, |_| true);
    let all = edits.iter().fold(chain, |folder, edit| folder.with(&edit.name, &edit.text));
    analyse_with(all, config).err()
}

/// Revisions of a chain as a folder, some of them pinned.
fn folder(
    directory: &Path,
    chain: &Chain<'_>,
    is_kept: impl Fn(&Migration<'_>) -> bool,
    is_pinned: impl Fn(&Migration<'_>) -> bool,
) -> Folder {
    let kept = || chain.migrations().iter().filter(|one| is_kept(one));
    let files = kept().map(|one| (one.file_name(), one.source.text()));
    let pins: Vec<Pin> = kept().filter(|one| is_pinned(one)).map(Pin::of).collect();
    let folder = Folder::of_texts(directory.to_string_lossy(), files);
    if pins.is_empty() { folder } else { folder.with(LOCK_FILE, &write_lock(&pins)) }
}

/// Without the problems that are only in other revisions. One in `migrate.toml` counts: what it denies
/// nobody knows.
fn about(mut found: Rejection, chain: &Chain<'_>, wanted: &Ids<'_>) -> Rejection {
    let files = |wanted_ones: bool| -> HashSet<&str> {
        let ones = chain.migrations().iter().filter(|one| !one.deployed);
        ones.filter(|one| wanted.contains(one.id.as_str()) == wanted_ones)
            .map(|one| one.source.path())
            .collect()
    };
    let (own, others) = (files(true), files(false));
    let sources = &found.sources;
    let touches = |diagnostic: &Diagnostic, files: &HashSet<&str>| {
        let mut labels = diagnostic.primary.iter().chain(&diagnostic.related);
        labels.any(|label| {
            sources.get(label.source).is_some_and(|source| files.contains(source.path()))
        })
    };
    found.diagnostics.retain(|one| touches(one, &own) || !touches(one, &others));
    found
}

/// How many problems are told of in short.
const MANY: usize = 20;

/// The problems in short: a line each, with its place.
pub(crate) fn summary(rejection: &Rejection) -> String {
    let line = |found: &Diagnostic| {
        let place = found.primary.as_ref().and_then(|label| {
            let source = rejection.sources.get(label.source)?;
            let at = source.position(label.span.start);
            Some(format!("{}:{}:{}: ", source.path(), at.line, at.column))
        });
        format!("\n --> {}{}", place.unwrap_or_default(), found.problem)
    };
    let mut text: String = rejection.diagnostics.iter().take(MANY).map(line).collect();
    if let Some(more @ 1..) = rejection.diagnostics.len().checked_sub(MANY) {
        text.push_str(&format!("\n and {more} more"));
    }
    text
}

#[cfg(test)]
mod tests;
