//! Checks a folder of migrations: returns a chain, or all problems.

mod rejection;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

pub use self::rejection::Rejection;
use crate::chain::chain::{Chain, Digests, Down, Migration};
use crate::chain::diagnostic::Diagnostic;
use crate::chain::executor::{Executor, Sequential};
use crate::chain::file::{self, ParsedFile};
use crate::chain::folder::{self, Folder};
use crate::chain::foreign_folder;
use crate::chain::graph::{self, Node};
use crate::chain::lockfile::{self, LOCK_FILE, Lock, Pin};
use crate::chain::lockfile_check;
use crate::chain::problem::Problem;
use crate::chain::variant;
use crate::syntax::source::{Source, Span, counted};

/// Checks that the files of a folder form a chain, and that no deployed revision was changed.
///
/// # Errors
///
/// Contains all problems, not only the first one.
///
/// ```
/// use migrate_core::{Folder, check};
///
/// let file = "-- revision: 002\n-- parent: 001\n-- message: Users\n\
///             -- migrate:up\nCREATE TABLE users ();\n-- migrate:down\nDROP TABLE users;\n";
/// let rejection = check(Folder::of_texts("migrations", [("002_users.sql", file)])).unwrap_err();
/// assert!(rejection.to_string().starts_with("unknown parent `001`\n --> migrations/002_users.sql:2:12"));
/// ```
pub fn check(folder: Folder) -> Result<Chain<'static>, Rejection> {
    check_with(folder, &Sequential, |_, _, _| Vec::new())
}

/// The same, with these threads and with further checks of the revisions that are not deployed yet.
/// The checks get a file and its problems so far.
pub(crate) fn check_with(
    folder: Folder,
    workers: &impl Executor,
    further: impl Fn(&ParsedFile, &Source<'_>, &[&Diagnostic]) -> Vec<Diagnostic> + Sync,
) -> Result<Chain<'static>, Rejection> {
    if let Some(found) = foreign_folder::foreign(&folder) {
        return Err(Rejection { diagnostics: vec![found], sources: Vec::new() });
    }
    let mut problems = Vec::new();
    let files = folder::open(folder, &mut problems);
    let read = workers.each(&files.migrations, |(index, name)| {
        let mut problems = Vec::new();
        (file::parse(*index, name, &files.sources[*index], &mut problems), problems)
    });
    let (parsed, found): (Vec<ParsedFile>, Vec<_>) = read.into_iter().unzip();
    problems.extend(found.into_iter().flatten());
    let lock = match files.lock {
        Some(index) => lockfile::parse(index, &files.sources[index], &mut problems),
        None => Lock::default(),
    };
    for found in &mut problems {
        if matches!(found.problem, Problem::EmptyChain { .. }) && !lock.ids.is_empty() {
            let gone = counted(lock.ids.len(), "revision");
            found.notes.push(format!(
                "{LOCK_FILE} pins {gone}, and no file is there: restore the files (`git checkout …`)"
            ));
        }
    }

    variants(&parsed, &mut problems);
    // If the id or parents of a file are unknown, it may be the cause of a missing parent or a
    // second head.
    let incomplete = files.incomplete || parsed.iter().any(|file| file.header.is_misplaced());
    let pinned = lockfile_check::check(
        &lock,
        files.lock,
        &parsed,
        &files.sources,
        incomplete,
        &mut problems,
    );
    problems.retain(|found| !lockfile_check::has_run(found, &parsed, &pinned.pins));
    let nodes: Vec<Node<'_>> =
        parsed.iter().zip(&pinned.pins).filter_map(|(file, pin)| node(file, *pin)).collect();
    let deployed = lock.ids.iter().map(String::as_str).collect();
    let context = graph::Context { incomplete, moved: pinned.moved, deployed };
    let order = graph::check(&nodes, &context, &mut problems);
    let orphans: HashSet<usize> = problems
        .iter()
        .filter(|found| found.problem.is_missing_parents())
        .flat_map(|found| found.primary.iter().chain(&found.related))
        .map(|label| label.source)
        .collect();
    problems.retain(|found| {
        let here = found.primary.as_ref().is_some_and(|label| orphans.contains(&label.source));
        !(here && found.problem.is_missing_section())
    });
    let deployed: Vec<bool> = pinned.pins.iter().map(Option::is_some).collect();
    let pending = parsed.iter().zip(&deployed).filter(|(_, deployed)| !**deployed);
    let pending: Vec<&ParsedFile> = pending.map(|(file, _)| file).collect();
    let mut known: HashMap<usize, Vec<&Diagnostic>> = HashMap::new();
    for found in &problems {
        if let Some(label) = &found.primary {
            known.entry(label.source).or_default().push(found);
        }
    }
    let found = workers.each(&pending, |file| {
        let known = known.get(&file.index).map_or(&[][..], Vec::as_slice);
        further(file, &files.sources[file.index], known)
    });
    problems.extend(found.into_iter().flatten());

    if problems.is_empty()
        && let Some(chain) = assemble(parsed, order, &deployed, &files.sources)
    {
        return Ok(chain);
    }
    let key = |found: &Diagnostic| {
        found.primary.as_ref().map_or((0, 0), |label| (label.source + 1, label.span.start))
    };
    problems.sort_by_key(key);
    Err(Rejection { diagnostics: problems, sources: files.sources })
}

/// The position of a file in the graph. A deployed revision has the parents that are in the lock
/// file.
fn node<'n>(file: &'n ParsedFile, pin: Option<&'n Pin>) -> Option<Node<'n>> {
    let (id, id_span) = file.header.id.as_ref()?;
    let own = file.header.parents.iter().map(|(id, span)| (id.as_str(), *span));
    let parents = match pin {
        Some(pin) if !lockfile_check::same_parents(pin, &file.header) => {
            pin.parents.iter().map(|parent| (parent.as_str(), file.header.place())).collect()
        }
        _ => own.collect(),
    };
    let pinned = pin.is_some();
    Some(Node { source: file.index, id: id.as_str(), id_span: *id_span, parents, pinned })
}

/// Reports two files whose names result in the same variant of the typed `Revision`.
fn variants(parsed: &[ParsedFile], problems: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<String, &ParsedFile> = HashMap::new();
    for file in parsed {
        let id = file.header.id.as_ref().map(|(id, _)| id.as_str());
        let variant = variant::variant(&file.name, id);
        if let Some(first) = seen.get(&variant) {
            if id.is_some() && id == first.header.id.as_ref().map(|(id, _)| id.as_str()) {
                // This is a copy of the file. The duplicate id is reported elsewhere.
                continue;
            }
            let start = Span::default();
            let clash = Problem::VariantClash { variant };
            let found = Diagnostic::at(clash, file.index, start, format!("`{}`", file.name));
            problems.push(found.and(first.index, start, format!("`{}`", first.name)));
        } else {
            seen.insert(variant, file);
        }
    }
}

/// Builds the chain from the files, in order; `None` only if a check above has a gap.
fn assemble(
    parsed: Vec<ParsedFile>,
    order: Vec<usize>,
    deployed: &[bool],
    sources: &[Source<'static>],
) -> Option<Chain<'static>> {
    let mut parsed: Vec<Option<ParsedFile>> = parsed.into_iter().map(Some).collect();
    let mut chains = HashMap::new();
    let mut migrations = Vec::with_capacity(order.len());
    for at in order {
        let file = parsed.get_mut(at)?.take()?;
        let source = sources[file.index].clone();
        let ParsedFile { up, down, .. } = file;
        let (id, _) = file.header.id?;
        let parents: Vec<_> = file.header.parents.into_iter().map(|(id, _)| id).collect();
        let under: Option<Vec<_>> = parents.iter().map(|id| chains.get(id).copied()).collect();
        let chain = crate::chain::digest::chain_digest(id.as_str(), &under?, up);
        chains.insert(id.clone(), chain);
        migrations.push(Migration {
            id,
            parents: Cow::Owned(parents),
            message: Cow::Owned(file.header.message?.0),
            created: file.header.created.map(|(created, _)| Cow::Owned(created)),
            up: file::or_empty(file.sections.up),
            down: match file.header.irreversible {
                Some((reason, _)) => Down::Irreversible(Cow::Owned(reason)),
                None => Down::Section(file::or_empty(file.sections.down)),
            },
            source,
            digests: Digests { up, down, chain },
            deployed: deployed.get(at).copied().unwrap_or(false),
        });
    }
    let mut migrations = migrations.into_iter();
    Some(Chain::checked(migrations.next()?, migrations.collect()))
}

#[cfg(test)]
mod tests;
