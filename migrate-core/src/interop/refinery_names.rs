//! What refinery calls the revisions of a chain. This needs nothing of refinery: a command line compares names, and runs nothing.

use crate::chain::chain::{Chain, Migration};

/// The greatest version; a program may build refinery with longer ones.
#[cfg(feature = "refinery")]
const GREATEST: i64 = refinery_core::SchemaVersion::MAX as i64;
#[cfg(not(feature = "refinery"))]
const GREATEST: i64 = i32::MAX as i64;

impl Chain<'_> {
    /// What refinery calls the revisions, in their order: `V2__add_users`. The version is the id where
    /// that is a number greater than the one before, else the next number; so a revision keeps it
    /// when others are added behind it. The words are those of its file.
    pub fn refinery_names(&self) -> Vec<String> {
        let mut last: i64 = 0;
        let name = |migration: &Migration<'_>| {
            let id = migration.id.as_str();
            let own = id.parse().ok().filter(|version| *version > last && *version <= GREATEST);
            last = own.unwrap_or(last.saturating_add(1).min(GREATEST));
            format!("V{last}__{}", words(migration.file_name(), id))
        };
        self.migrations().iter().map(name).collect()
    }
}

/// The words of a file's name, without its id: letters, digits and `_`, at least one of them.
fn words(file: &str, id: &str) -> String {
    let stem = file.strip_suffix(".sql").unwrap_or(file);
    let (first, rest) = stem.split_once('_').unwrap_or((stem, ""));
    let is_id = first.parse::<u64>().is_ok_and(|number| id.parse() == Ok(number));
    let words = match stem.strip_prefix(id).and_then(|rest| rest.strip_prefix('_')) {
        Some(words) => words,
        None if is_id => rest,
        None => stem,
    };
    let words = if words.is_empty() { id } else { words };
    words.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}
