//! Reads and writes the lock file, `chain.lock`: which revisions are deployed, and their digests at
//! that time.
//!
//! There is one revision per line, parents before children, so that branches that pin different
//! revisions cause a merge conflict where a person should look.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

use crate::chain::chain::{Chain, Migration};
use crate::chain::diagnostic::Diagnostic;
use crate::chain::digest::{Digest, chain_digest};
use crate::chain::id::RevisionId;
use crate::chain::problem::Problem;
use crate::chain::token_fingerprints::marks;
use crate::syntax::source::{Source, Span};

/// The lock file's name.
pub const LOCK_FILE: &str = "chain.lock";

/// The first line that is not a comment: the version of the format and of the digests.
const VERSION: &str = "version 1";

const INTRODUCTION: &str = "\
# The deployed revisions. A build fails when one of them is no longer what databases ran.
# Written by `migrate lock`: commit it, don't edit it.
";

/// A deployed revision, as recorded in the lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Its id.
    pub id: RevisionId<'static>,
    /// Its parents.
    pub parents: Vec<RevisionId<'static>>,
    /// The digest of the upgrade.
    pub up: Digest,
    /// The digest of the downgrade, if there was one.
    pub down: Option<Digest>,
    /// The digest of the revision and all its ancestors.
    pub chain: Digest,
    /// A few bits of each token of the upgrade, to locate an edit.
    pub up_marks: String,
    /// The same for the downgrade.
    pub down_marks: String,
}

impl Pin {
    /// The pin of a revision in its current state.
    pub fn of(migration: &Migration<'_>) -> Pin {
        Pin {
            id: migration.id.clone().into_owned(),
            parents: migration.parents.iter().map(|parent| parent.clone().into_owned()).collect(),
            up: migration.digests.up,
            down: migration.digests.down,
            chain: migration.digests.chain,
            up_marks: marks(migration.up_sql()),
            down_marks: migration.down_sql().map(marks).unwrap_or_default(),
        }
    }
}

/// The text of a lock file that pins the chain up to this revision, and keeps what `old` already
/// pins. `None` if the chain contains no such revision.
///
/// ```
/// use migrate_core::{Folder, check};
/// use migrate_core::chain::lock_text;
///
/// let sql = "-- revision: 001\n-- message: Start\n\
///            -- migrate:up\nCREATE TABLE t ();\n-- migrate:down\nDROP TABLE t;\n";
/// let chain = check(Folder::of_texts("migrations", [("001_start.sql", sql)]))?;
/// let text = lock_text(&chain, "001").ok_or("no such revision")?;
/// assert!(text.contains("\n001 parents=- up="));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lock_text(chain: &Chain<'_>, through: &str) -> Option<String> {
    chain.position(through)?;
    let wanted = chain.lineage(through);
    let deployed = chain.migrations().iter().zip(wanted);
    let pins = deployed.filter(|(migration, wanted)| *wanted || migration.deployed);
    let pins: Vec<Pin> = pins.map(|(migration, _)| Pin::of(migration)).collect();
    Some(write(&pins))
}

/// The text of a lock file with these pins.
pub fn write(pins: &[Pin]) -> String {
    let mut text = format!("{INTRODUCTION}{VERSION}\n");
    for pin in pins {
        let parents: Vec<&str> = pin.parents.iter().map(RevisionId::as_str).collect();
        let parents = if parents.is_empty() { "-".to_owned() } else { parents.join(",") };
        let down = pin.down.map_or("-".to_owned(), |digest| digest.hex());
        let _ = write!(text, "{} parents={parents} up={}", pin.id, pin.up.hex());
        let _ = write!(text, " down={down} chain={}", pin.chain.hex());
        let _ = write!(text, " up-marks={}", pin.up_marks);
        if !pin.down_marks.is_empty() {
            let _ = write!(text, " down-marks={}", pin.down_marks);
        }
        text.push('\n');
    }
    text
}

/// The content of a lock file.
#[derive(Debug, Default)]
pub(crate) struct Lock {
    /// The reliable pins, each with the span of its id.
    pub(crate) pins: Vec<(Pin, Span)>,
    /// All ids that have a line, including unreliable ones.
    pub(crate) ids: HashSet<String>,
}

/// Parses a lock file, as far as possible.
pub(crate) fn parse(index: usize, source: &Source<'_>, problems: &mut Vec<Diagnostic>) -> Lock {
    let mut lock = Lock::default();
    let mut places: HashMap<RevisionId<'static>, Span> = HashMap::new();
    let mut twice: HashSet<RevisionId<'static>> = HashSet::new();
    let (mut version_seen, mut conflict, mut gaps) = (false, false, false);
    let mut at = 0;
    for line in source.text().split('\n') {
        let span = Span::new(at, at + line.len());
        at += line.len() + 1;
        let markers = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
        if markers.iter().any(|marker| line.starts_with(marker)) {
            if !conflict {
                problems.push(Diagnostic::at(Problem::LockConflict, index, span, ""));
            }
            conflict = true;
            continue;
        }
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if !version_seen {
            version_seen = true;
            if line.trim() != VERSION {
                let found = line.chars().take(40).collect();
                problems.push(Diagnostic::at(Problem::LockVersion { found }, index, span, ""));
                return Lock::default();
            }
            continue;
        }
        let id = line.split_ascii_whitespace().next().unwrap_or_default();
        let id_span = Span::new(span.start, span.start + id.len());
        lock.ids.insert(id.to_owned());
        match pin(line) {
            // Both sides of a merge conflict have lines; a person has to decide which ones are
            // valid.
            _ if conflict => {}
            Err(why) => {
                gaps = true;
                problems.push(Diagnostic::at(Problem::LockSyntax { why }, index, id_span, ""));
            }
            Ok(pin) => match places.insert(pin.id.clone(), id_span) {
                Some(first) => {
                    let problem = Problem::LockDuplicate { id: pin.id.to_string() };
                    let again = Diagnostic::at(problem, index, id_span, "the second");
                    problems.push(again.and(index, first, "the first"));
                    twice.insert(pin.id);
                }
                None => lock.pins.push((pin, id_span)),
            },
        }
    }
    if conflict {
        lock.pins.clear();
        return lock;
    }
    let tampered = tampered(index, &lock.pins, gaps, problems);
    lock.pins.retain(|(pin, _)| !twice.contains(&pin.id) && !tampered.contains(&pin.id));
    lock
}

fn pin(line: &str) -> Result<Pin, String> {
    let mut words = line.split_ascii_whitespace();
    let id = |text: &str| {
        let id = RevisionId::new(text.to_owned());
        id.map_err(|why| format!("`{text}` can't be a revision id: {why}"))
    };
    let mut pin = Pin {
        id: id(words.next().unwrap_or_default())?,
        parents: Vec::new(),
        up: Digest::from_bytes([0; 32]),
        down: None,
        chain: Digest::from_bytes([0; 32]),
        up_marks: String::new(),
        down_marks: String::new(),
    };
    let mut missing = vec!["parents", "up", "down", "chain"];
    for word in words {
        let (key, value) = word.split_once('=').ok_or_else(|| format!("`{word}` has no `=`"))?;
        let digest = || value.parse::<Digest>().map_err(|why| format!("`{key}` is {why}"));
        match (key, value) {
            ("parents" | "down", "-") => {}
            ("parents", _) => pin.parents = value.split(',').map(id).collect::<Result<_, _>>()?,
            ("up", _) => pin.up = digest()?,
            ("down", _) => pin.down = Some(digest()?),
            ("chain", _) => pin.chain = digest()?,
            ("up-marks", _) => pin.up_marks = value.to_owned(),
            ("down-marks", _) => pin.down_marks = value.to_owned(),
            _ => return Err(format!("unknown key `{key}`")),
        }
        missing.retain(|wanted| *wanted != key);
    }
    match missing.first() {
        Some(key) => Err(format!("`{key}` is missing")),
        None => Ok(pin),
    }
}

/// Checks chain digests: each must follow from the rest of the line and from the parents' lines. If
/// it does not, the file was edited by hand. `gaps` says that some lines could not be read, which
/// may be those of missing parents.
fn tampered(
    index: usize,
    pins: &[(Pin, Span)],
    gaps: bool,
    problems: &mut Vec<Diagnostic>,
) -> HashSet<RevisionId<'static>> {
    let written: HashMap<_, _> = pins.iter().map(|(pin, _)| (&pin.id, pin.chain)).collect();
    let digest = |pin: &Pin, chains: &HashMap<&RevisionId<'_>, Digest>| {
        let parents: Option<Vec<Digest>> =
            pin.parents.iter().map(|id| chains.get(id).copied()).collect();
        parents.map(|parents| chain_digest(pin.id.as_str(), &parents, pin.up))
    };
    // If a chain digest was edited, those of its children still fit the original one.
    let computed: HashMap<_, _> =
        pins.iter().filter_map(|(pin, _)| Some((&pin.id, digest(pin, &written)?))).collect();
    let mut found = HashSet::new();
    let mut orphans: BTreeMap<&RevisionId<'_>, Vec<&(Pin, Span)>> = BTreeMap::new();
    for line in pins {
        let (pin, span) = line;
        if let Some(parent) = pin.parents.iter().find(|parent| !written.contains_key(parent)) {
            orphans.entry(parent).or_default().push(line);
        } else if [&written, &computed].iter().all(|all| digest(pin, all) != Some(pin.chain)) {
            let problem = Problem::LockTampered { id: pin.id.to_string() };
            let text = "edited by hand, or merged badly";
            problems.push(Diagnostic::at(problem, index, *span, text));
            found.insert(pin.id.clone());
        }
    }
    // The missing line may be the one whose id was edited.
    if !gaps && found.is_empty() {
        for (parent, lines) in orphans {
            let problem = Problem::LockTampered { id: lines[0].0.id.to_string() };
            let text = format!("its parent `{parent}` has no line here");
            let places = lines.iter().map(|(_, span)| (index, *span, text.as_str()));
            problems.push(Diagnostic::across(problem, places));
            found.extend(lines.iter().map(|(pin, _)| pin.id.clone()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::digest::section_digest;

    fn pins() -> Vec<Pin> {
        let id = |id: &str| RevisionId::new(id.to_owned()).map_err(|_| ()).ok();
        let (Some(a), Some(b)) = (id("a"), id("b")) else { return Vec::new() };
        let up = section_digest("SELECT 1", true);
        let base = chain_digest("a", &[], up);
        let first = Pin {
            id: a.clone(),
            parents: vec![],
            up,
            down: None,
            chain: base,
            up_marks: marks("SELECT 1"),
            down_marks: String::new(),
        };
        let second = Pin {
            id: b,
            parents: vec![a],
            down: Some(up),
            chain: chain_digest("b", &[base], up),
            down_marks: marks("SELECT 1"),
            ..first.clone()
        };
        vec![first, second]
    }

    fn check(text: &str, expected: &[&str]) {
        let mut problems = Vec::new();
        parse(0, &Source::new(LOCK_FILE, text), &mut problems);
        let codes: Vec<_> = problems.iter().map(|found| found.problem.code()).collect();
        assert_eq!(codes, expected, "{text}");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = write(&pins());
        let mut problems = Vec::new();
        let read = parse(0, &Source::new(LOCK_FILE, text.as_str()), &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        assert!(read.pins.iter().all(|(pin, span)| &text[span.range()] == pin.id.as_str()));
        assert_eq!(read.pins.into_iter().map(|(pin, _)| pin).collect::<Vec<_>>(), pins());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let good = write(&pins());
        let edit = |from: &str, to: &str| good.replacen(from, to, 1);
        check(&good, &[]);
        check("", &[]);
        check("# nothing\n", &[]);
        check(&good.replace('\n', "\r\n"), &[]);
        check(&edit("version 1", "version 2"), &["lock-version"]);
        check("hello\n", &["lock-version"]);
        check(&edit("a parents", "<<<<<<< HEAD\na parents"), &["lock-conflict"]);
        check(&edit(" up=", " upp="), &["lock-syntax"]);
        check(&edit("down=-", "down=12"), &["lock-syntax"]);
        check(&edit(" down=-", ""), &["lock-syntax"]);
        check(&edit("parents=-", "parents"), &["lock-syntax"]);
        check(&edit("b parents=a", "b parents=-"), &["lock-tampered"]);
        check(&edit("b parents=a", "a parents=-"), &["lock-duplicate"]);
        check(&edit("b parents=a", "head parents=a"), &["lock-syntax"]);
    }
}
