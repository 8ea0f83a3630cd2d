//! Token fingerprints (the *marks* of the lock file): a few bits of each token of a deployed
//! section, which make it possible to locate an edit. They prove nothing; the digests do.

use crate::syntax::lexer::Lexer;
use crate::syntax::source::Span;

/// The largest number of marks for a section. In a longer one, each mark covers several tokens.
const MAX_MARKS: usize = 4096;

/// The marks in the format of the lock file: the number of tokens per mark, a colon, and two
/// characters (twelve bits) for each mark.
pub(crate) fn marks(sql: &str) -> String {
    let tokens = hashes(sql);
    let group = tokens.len().div_ceil(MAX_MARKS).max(1);
    format!("{group}:{}", encode(&tokens, group))
}

/// The first position where `sql` differs from the text that the marks were computed from, as far
/// as they show it.
pub(crate) fn first_difference(sql: &str, marks: &str) -> Option<Span> {
    let (group, old) = marks.split_once(':')?;
    let group: usize = group.parse().ok().filter(|group| *group > 0)?;
    let tokens = hashes(sql);
    let new = encode(&tokens, group);
    let (old, new) = (old.as_bytes(), new.as_bytes());
    if old == new {
        return None;
    }
    let same = old.chunks(2).zip(new.chunks(2)).take_while(|(old, new)| old == new).count();
    match tokens.get(same * group) {
        Some((_, span)) => Some(*span),
        // The remaining tokens are unchanged: the end was removed.
        None => tokens.last().map(|(_, span)| Span::new(span.end, span.end)),
    }
}

fn hashes(sql: &str) -> Vec<(u32, Span)> {
    Lexer::new(sql)
        .filter(|token| !token.kind.is_trivia())
        .map(|token| (fnv1a(token.text(sql).as_bytes()), token.span))
        .collect()
}

/// 32-bit FNV-1a.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn encode(tokens: &[(u32, Span)], group: usize) -> String {
    let mark = |tokens: &[(u32, Span)]| {
        let hash = tokens.iter().fold(0, |hash: u32, (token, _)| hash.rotate_left(5) ^ token);
        let digit = |bits: u32| char::from(ALPHABET[(bits & 63) as usize]);
        let folded = hash ^ (hash >> 12) ^ (hash >> 24);
        [digit(folded >> 6), digit(folded)]
    };
    tokens.chunks(group).flat_map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_found_where_it_was_made() {
        let old = "CREATE TABLE t (\n  a int,\n  b text NOT NULL\n);";
        let check = |new: &str, at: Option<&str>| {
            let found = first_difference(new, &marks(old));
            assert_eq!(found.map(|span| &new[span.range()]), at, "{new}");
        };
        check(old, None);
        check("CREATE  TABLE t (a int, b text NOT NULL); -- c", None);
        check("CREATE TABLE t (a bigint, b text NOT NULL);", Some("bigint"));
        check("CREATE TABLE t (a int, c text NOT NULL);", Some("c"));
        check("CREATE TABLE t (a int, b text);", Some(")"));
        check("CREATE TABLE t (a int, b text NOT NULL); SELECT 1;", Some("SELECT"));
        check("CREATE TABLE t (a int, b text NOT NULL)", Some(""));
        check("", None);
    }

    #[test]
    fn a_long_section_is_marked_in_groups() {
        let old = "a ".repeat(10_000);
        let marks = marks(&old);
        assert!(marks.starts_with("3:") && marks.len() < 2 * MAX_MARKS + 3, "{}", marks.len());
        let new = format!("{}b {}", "a ".repeat(6_001), "a ".repeat(3_998));
        let found = first_difference(&new, &marks).map(|span| span.start / 2);
        assert_eq!(found, Some(6_000));
        let swapped = format!("{}b a {}", "a b ".repeat(2_500), "a b ".repeat(2_499));
        assert!(first_difference(&swapped, &super::marks(&"a b ".repeat(5_000))).is_some());
    }

    #[test]
    fn nonsense_tells_nothing() {
        for marks in ["", "x", "0:AA", "-1:AA", "1"] {
            assert_eq!(first_difference("a", marks), None, "{marks}");
        }
    }
}
