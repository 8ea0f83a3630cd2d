//! Words that can't be names.

use std::collections::HashSet;
use std::sync::OnceLock;

/// The words of PostgreSQL 14 to 18; in capitals those that can't be a name unless they are quoted.
const KEYWORDS: &str = include_str!("replay/keywords.txt");

/// Whether a word can't be a name where it is not quoted.
pub(super) fn is_reserved(word: &str) -> bool {
    static RESERVED: OnceLock<HashSet<String>> = OnceLock::new();
    let is_upper = |word: &&str| word.starts_with(|c: char| c.is_ascii_uppercase());
    let reserved =
        || KEYWORDS.split_whitespace().filter(is_upper).map(str::to_ascii_lowercase).collect();
    RESERVED.get_or_init(reserved).contains(word)
}
