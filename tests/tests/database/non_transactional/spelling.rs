//! An index by whatever name: what the server calls it is what we look for.

use migrate_core::__private::read_qualified;
use migrate_core::Runner;
use migrate_core::syntax::{Lexer, Token};

use super::{indexes, no_progress, upgrades};
use crate::support::{both, done};

/// How people can write a name.
fn spellings() -> Vec<String> {
    let plain = ["Ix", "Äix", "a$B", "İx", "_1", "日本"];
    let quoted = ["\"Ix\"", "\"a\"\"b\"", "\"a b\"", "\"a.b\"", "\"d\\0061\"", "\"'\""];
    let escaped = [
        "U&\"d\\0061ta_ix\"",
        "u&\"d!0061ta!+00006E!!\" UESCAPE '!'",
        "U&\"\\D83D\\DE00q\"\"x\\\\y\"",
        "U&\"\\+01F600\"",
    ];
    let mut all: Vec<String> =
        [&plain[..], &quoted, &escaped].concat().iter().map(|name| (*name).to_owned()).collect();
    all.extend([
        "X".repeat(70),
        format!("a{}", "é".repeat(40)),
        format!("\"{}\"", "é".repeat(40)),
        format!("U&\"{}\"", "\\00E9".repeat(40)),
    ]);
    all
}

fn read(name: &str) -> Option<String> {
    let tokens: Vec<Token> = Lexer::new(name).filter(|token| !token.kind.is_trivia()).collect();
    let (mut parts, count) = read_qualified(name, &tokens)?;
    assert_eq!(count, tokens.len(), "{name}");
    parts.pop()
}

#[test]
fn a_name_is_what_the_server_makes_of_it() {
    both("spelling", |_, session| {
        for name in spellings() {
            session.execute(&format!("CREATE TABLE {name} ()"));
            let made = session
                .value("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace");
            assert_eq!(read(&name).as_ref(), Some(&made), "{name}");
            session.execute(&format!("DROP TABLE {name}"));
        }
    });
    both("refused", |_, session| {
        for name in ["\"\"", "U&\"\\D83D\"", "U&\"\\0000\"", "U&\"\\00\"", "U&\"a\" UESCAPE '+'"] {
            assert!(session.try_rows(&format!("CREATE TABLE {name} ()")).is_err(), "{name}");
            assert_eq!(read(name), None, "{name}");
        }
    });
}

/// A unique index that fails is left invalid: it is found, dropped, and built again.
#[test]
fn an_invalid_index_is_found_by_any_spelling() {
    both("invalid", |_, session| {
        for name in spellings() {
            let chain = upgrades(&[
                "CREATE TABLE t1 (n int); INSERT INTO t1 VALUES (1), (1);",
                &format!(
                    "!CREATE UNIQUE INDEX CONCURRENTLY {name} ON Public.U&\"!00741\" UESCAPE '!' (n);"
                ),
            ]);
            let runner = Runner::new(&chain);
            session.upgrade(&runner).unwrap_err();
            assert!(indexes(session)[0].ends_with("|f"), "{name}");
            session.execute("TRUNCATE t1");
            assert_eq!(done(&session.upgrade(&runner).unwrap()), "+r2", "{name}");
            assert!(indexes(session)[0].ends_with("|t"), "{name}");
            no_progress(session);
            session.clear();
        }
    });
}
