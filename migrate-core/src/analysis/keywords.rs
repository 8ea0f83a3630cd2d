//! The reserved words of PostgreSQL.

use std::collections::HashSet;
use std::sync::OnceLock;

/// The keywords of PostgreSQL 14 to 18. Those in capitals cannot be names unless quoted.
const KEYWORDS: &str = include_str!("replay/keywords.txt");

/// Whether a word cannot be a name unless it is quoted.
pub(super) fn is_reserved(word: &str) -> bool {
    static RESERVED: OnceLock<HashSet<String>> = OnceLock::new();
    let is_upper = |word: &&str| word.starts_with(|c: char| c.is_ascii_uppercase());
    let reserved =
        || KEYWORDS.split_whitespace().filter(is_upper).map(str::to_ascii_lowercase).collect();
    RESERVED.get_or_init(reserved).contains(word)
}
