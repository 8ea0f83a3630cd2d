//! Reads identifiers as the server does (folded, unescaped, truncated), and quotes them for SQL.
//!
//! The rules are those of a multi-byte encoding such as UTF8: only the letters A to Z of an
//! unquoted name are folded. In a single-byte encoding, a server also folds other letters according
//! to its locale, which is not known here.

use crate::syntax::lexer::{Token, TokenKind};

/// The maximum length of a name in bytes. The server truncates longer names.
pub(crate) const LONGEST: usize = 63;

/// The identifier at the start of these tokens, and the number of tokens that it uses:
/// `U&"d!0061ta" UESCAPE '!'` uses three. `None` if there is no identifier, or if the server
/// refuses it.
pub(crate) fn read(source: &str, tokens: &[Token]) -> Option<(String, usize)> {
    let first = *tokens.first()?;
    if let Some(name) = of(source, first) {
        return Some((name, 1));
    }
    let inner = first.text(source).get(2..).filter(|_| first.kind == TokenKind::QuotedIdentifier);
    let inner = unquoted(inner?)?;
    let (escape, count) = match tokens {
        [_, word, escape, ..] if word.is_word(source, "uescape") => {
            (escape_character(escape.text(source))?, 3)
        }
        _ => ('\\', 1),
    };
    let name = unescaped(&inner, escape).filter(|name| !name.is_empty())?;
    Some((cut(&name).to_owned(), count))
}

/// The identifier that a single token stands for; `None` for one with Unicode escapes, which
/// depends on the tokens after it.
pub(crate) fn of(source: &str, token: Token) -> Option<String> {
    let text = token.text(source);
    let name = match token.kind {
        TokenKind::Word => fold(text),
        TokenKind::QuotedIdentifier => unquoted(text).filter(|name| !name.is_empty())?,
        _ => return None,
    };
    Some(cut(&name).to_owned())
}

/// The name at the start of these tokens, of one or more parts, and the number of tokens that it
/// uses.
pub fn read_qualified(source: &str, tokens: &[Token]) -> Option<(Vec<String>, usize)> {
    let (first, mut at) = read(source, tokens)?;
    let mut parts = vec![first];
    while tokens.get(at).is_some_and(|token| token.text(source) == ".") {
        let (part, count) = read(source, &tokens[at + 1..])?;
        parts.push(part);
        at += 1 + count;
    }
    Some((parts, at))
}

/// An unquoted name, as the server folds it.
pub(crate) fn fold(word: &str) -> String {
    word.to_ascii_lowercase()
}

/// The part of a name that the server keeps.
pub(crate) fn cut(name: &str) -> &str {
    &name[..name.floor_char_boundary(LONGEST)]
}

/// The text between double quotes.
fn unquoted(text: &str) -> Option<String> {
    Some(text.strip_prefix('"')?.strip_suffix('"')?.replace("\"\"", "\""))
}

/// The escape character of `UESCAPE '!'`, if the server accepts it.
fn escape_character(text: &str) -> Option<char> {
    let mut inner = text.strip_prefix('\'')?.strip_suffix('\'')?.chars();
    let (Some(c), None) = (inner.next(), inner.next()) else { return None };
    let refused = c.is_ascii_hexdigit() || c.is_ascii_whitespace() || matches!(c, '+' | '\'' | '"');
    (c.is_ascii() && !refused).then_some(c)
}

/// Decodes `\0061`, `\+01F600` and `\\`. Two consecutive surrogates are one character.
fn unescaped(text: &str, escape: char) -> Option<String> {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != escape {
            units.extend(c.encode_utf16(&mut [0; 2]).iter());
            continue;
        }
        if let Some(after) = rest.strip_prefix(escape) {
            units.extend(escape.encode_utf16(&mut [0; 2]).iter());
            rest = after;
            continue;
        }
        let (digits, after) = match rest.strip_prefix('+') {
            Some(long) => (long.get(..6)?, &long[6..]),
            None => (rest.get(..4)?, &rest[4..]),
        };
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16).ok().filter(|code| is_hex && *code > 0)?;
        match (u16::try_from(code), char::from_u32(code)) {
            (Ok(unit), _) => units.push(unit),
            (Err(_), Some(c)) => units.extend(c.encode_utf16(&mut [0; 2]).iter()),
            (Err(_), None) => return None,
        }
        rest = after;
    }
    String::from_utf16(&units).ok()
}

/// Puts a name in double quotes.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A name for messages: in double quotes if it would otherwise be read differently. Keywords are
/// not quoted.
pub(crate) fn shown(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if starts && name.chars().all(plain) { name.to_owned() } else { quote(name) }
}

/// A string literal that has the same meaning under any session settings.
pub fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::lexer::Lexer;

    fn tokens(sql: &str) -> Vec<Token> {
        Lexer::new(sql).filter(|token| !token.kind.is_trivia()).collect()
    }

    /// The database tests ask a server for the same.
    #[test]
    fn names_are_what_the_server_makes_of_them() {
        let check = |sql: &str, expected: Option<(&str, usize)>| {
            let found = read(sql, &tokens(sql));
            let found = found.as_ref().map(|(name, count)| (name.as_str(), *count));
            assert_eq!(found, expected, "{sql}");
        };
        check("Users ON", Some(("users", 1)));
        check("Äix", Some(("Äix", 1)));
        check("a$B", Some(("a$b", 1)));
        check("\"Users\"", Some(("Users", 1)));
        check("\"a\"\"b\"", Some(("a\"b", 1)));
        check("U&\"d\\0061ta_ix\" ON t", Some(("data_ix", 1)));
        check("u&\"d!0061ta!+00006E!!\" uescape '!' ON t", Some(("datan!", 3)));
        check("U&\"d\\D83D\\DE00q\"\"x\\\\y\"", Some(("d😀q\"x\\y", 1)));
        check("U&\"\\+01F600\"", Some(("😀", 1)));
        check("U&\"\\D83D\\+00DE00\"", Some(("😀", 1)));
        check(&"X".repeat(70), Some((&"x".repeat(63), 1)));
        check(&format!("a{}", "é".repeat(40)), Some((&format!("a{}", "é".repeat(31)), 1)));
        check(&format!("\"{}\"", "é".repeat(40)), Some((&"é".repeat(31), 1)));
        check(&format!("U&\"{}\"", "\\00E9".repeat(40)), Some((&"é".repeat(31), 1)));
        // UESCAPE does not apply to a name without the `U&` prefix.
        check("\"d!0061\" UESCAPE '!'", Some(("d!0061", 1)));
        // Names that the server refuses.
        for refused in [
            "",
            "'a'",
            "1",
            "\"\"",
            "\"open",
            "U&\"\"",
            "U&\"\\D83D\"",
            "U&\"\\D83Dx\"",
            "U&\"\\DE00\"",
            "U&\"\\0000\"",
            "U&\"\\+110000\"",
            "U&\"\\+\"",
            "U&\"\\00\"",
            "U&\"\\00é\"",
            "U&\"\\+0061\"",
            "U&\"a\\\"",
            "U&\"a\" UESCAPE 'a'",
            "U&\"a\" UESCAPE '+'",
            "U&\"a\" UESCAPE ''",
            "U&\"a\" UESCAPE 'é'",
            "U&\"a\" UESCAPE ' '",
        ] {
            check(refused, None);
        }
    }

    #[test]
    fn qualified_names() {
        let check = |sql: &str, parts: &[&str], count: usize| {
            let found = read_qualified(sql, &tokens(sql));
            let expected = parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
            assert_eq!(found, Some((expected, count)), "{sql}");
        };
        check("App . \"T\" (a)", &["app", "T"], 3);
        check("a.U&\"!0062\" UESCAPE '!'.c", &["a", "b", "c"], 7);
        check("a", &["a"], 1);
        let open = "a.(";
        assert_eq!(read_qualified(open, &tokens(open)), None);
    }

    #[test]
    fn names_and_texts_are_quoted() {
        let check = |text: &str, plain: &str, name: &str, value: &str| {
            assert_eq!(
                (shown(text), quote(text), literal(text)),
                (plain.into(), name.into(), value.into())
            );
        };
        check("a", "a", "\"a\"", "E'a'");
        check("Users", "\"Users\"", "\"Users\"", "E'Users'");
        check("1a", "\"1a\"", "\"1a\"", "E'1a'");
        check("", "\"\"", "\"\"", "E''");
        check("a\"b", "\"a\"\"b\"", "\"a\"\"b\"", "E'a\"b'");
        check("it's", "\"it's\"", "\"it's\"", "E'it''s'");
        check("a\\'b", "\"a\\'b\"", "\"a\\'b\"", "E'a\\\\''b'");
    }
}
