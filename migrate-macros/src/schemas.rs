//! The schemas that chains build. Each is computed once for a crate, however many queries it has.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use migrate_core::analysis::Schema;
use migrate_core::chain::LOCK_FILE;
use migrate_core::{Rejection, check, files};

use crate::chain_directory::ChainDirectory;

/// How long a chain is not looked at again. A compiler reads it once; an editor's process lives on.
const FRESH: Duration = Duration::from_secs(1);

/// The state of a folder: its files, with the time of the last change and the size of each.
type Stamp = Vec<(PathBuf, Option<SystemTime>, u64)>;

struct Known {
    looked: Instant,
    stamp: Stamp,
    schema: Result<Schema, Rejection>,
    /// Whether an error of the chain has been reported.
    is_told: bool,
}

thread_local! {
    static KNOWN: RefCell<HashMap<PathBuf, Known>> = RefCell::default();
}

/// Calls a function with the schema of a chain. If the chain is broken, no query can be checked: the
/// first one says so, since `embed_migrations!()` reports the problems themselves.
pub(crate) fn with<T: Default>(
    place: &ChainDirectory,
    check: impl FnOnce(&mut Schema) -> T,
) -> Result<T, String> {
    KNOWN.with_borrow_mut(|known| {
        let entry = known.entry(place.directory.clone());
        let known = entry.or_insert_with(|| read(place));
        if known.looked.elapsed() > FRESH {
            known.looked = Instant::now();
            if stamp(&place.directory) != known.stamp {
                *known = read(place);
            }
        }
        match &mut known.schema {
            Ok(schema) => Ok(check(schema)),
            Err(_) if std::mem::replace(&mut known.is_told, true) => Ok(T::default()),
            Err(rejection) => Err(broken(place, rejection)),
        }
    })
}

fn broken(place: &ChainDirectory, rejection: &Rejection) -> String {
    let first = rejection.messages().next().unwrap_or_default();
    if !place.directory.exists() {
        return format!(
            "there is no chain at `{}` to check this query against\n  = help: name its folder, from \
             Cargo.toml: `sql!(chain = \"…\", \"…\")`, or `chain = \"…\"` in \
             `[package.metadata.migrate]` of Cargo.toml for all queries of the crate",
            place.shown
        );
    }
    format!("no query is checked, because the chain in `{}` is broken: {first}", place.shown)
}

fn read(place: &ChainDirectory) -> Known {
    let stamp = stamp(&place.directory);
    let chain = check(files::read(&place.directory, place.shown.as_str()));
    let schema = chain.map(|chain| Schema::of(&chain));
    Known { looked: Instant::now(), stamp, schema, is_told: false }
}

/// The files that a schema depends on.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let is_of_chain = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name == LOCK_FILE || name.ends_with(".sql") && !name.starts_with('.')
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_of_chain).collect();
    files.sort();
    files
}

fn stamp(directory: &Path) -> Stamp {
    let state = |path: PathBuf| {
        let metadata = fs::metadata(&path).ok();
        let time = metadata.as_ref().and_then(|metadata| metadata.modified().ok());
        (path, time, metadata.map_or(0, |metadata| metadata.len()))
    };
    files(directory).into_iter().map(state).collect()
}
