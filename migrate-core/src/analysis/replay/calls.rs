//! Which functions are known to leave the schema alone: the server's own, those of its extensions,
//! and what looks like a call and is none.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::world::World;
use crate::analysis::cursor::Cursor;
use crate::analysis::statement::calls;

/// The functions of PostgreSQL 14 to 18 and of the extensions that come with it.
const FUNCTIONS: &str = include_str!("functions.txt");

/// Words that a parenthesis may follow, and that are no function.
const WORDS: &str = "add all and any array as asc between by case cast check columns conflict cube \
    default desc distinct else elsif elseif end except exclude exists explain extract filter for from \
    full group grouping having if ilike in include inner insert intersect interval into is join key \
    lateral left like limit loop materialized not null offset on only or order out over overlaps \
    overlay partition position precision primary raise range references return returning right rollup \
    row rows select set sets similar some substring table then timestamp trim unique union update \
    using values varchar varying when where while window with within without xmlelement xmlforest \
    xmltable coalesce nullif greatest least json_table json_object json_array json_value json_query \
    json_exists json_arrayagg json_objectagg json_scalar json_serialize json time numeric decimal \
    char character bit float perform assert exit continue begin collation current_timestamp \
    current_time localtime localtimestamp treat normalize merge_action grouping xmlagg xmlparse \
    xmlroot xmlserialize xmlpi xmlconcat xmlattributes xmlexists percent tablesample vector halfvec \
    enum gin gist btree hash brin spgist owned identity stored interval trigger function immutable stable volatile strict security language";

/// The words of PostgreSQL 14 to 18; in capitals those that can't be a name unless they are quoted.
const KEYWORDS: &str = include_str!("keywords.txt");

/// Whether a word can't be a name where it is not quoted.
pub(super) fn is_reserved(word: &str) -> bool {
    keywords().get(word).copied().unwrap_or(false)
}

/// Whether a word may be a part of SQL and no name.
pub(super) fn is_keyword(word: &str) -> bool {
    keywords().contains_key(word)
}

fn keywords() -> &'static HashMap<String, bool> {
    static WORDS: OnceLock<HashMap<String, bool>> = OnceLock::new();
    let entry = |word: &str| {
        (word.to_ascii_lowercase(), word.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    WORDS.get_or_init(|| KEYWORDS.split_whitespace().map(entry).collect())
}

fn known() -> &'static HashSet<&'static str> {
    static KNOWN: OnceLock<HashSet<&'static str>> = OnceLock::new();
    KNOWN.get_or_init(|| FUNCTIONS.split_whitespace().chain(WORDS.split_whitespace()).collect())
}

pub(super) fn is_harmless(name: &str) -> bool {
    known().contains(name)
}

impl World {
    /// Whether something is called that is not known to be harmless.
    pub(super) fn calls_unknown(&self, text: &Cursor<'_>) -> bool {
        calls(text).iter().any(|name| {
            let last = name.last();
            if self.tainted.contains(last) {
                return true;
            }
            // `INSERT INTO t (a)` and `WITH t (a)` look like calls.
            let is_own = !self.catalog.routines(last).is_empty();
            let is_relation = self.has_relation(last);
            !is_own && !is_relation && !is_harmless(last)
        })
    }

    fn has_relation(&self, name: &str) -> bool {
        self.catalog.schemas.iter().any(|schema| {
            let space = crate::analysis::catalog::Space::Relation;
            self.catalog.find(space, Some(*schema), name).id().is_some()
        })
    }
}
