//! The lexer and the splitter take every text.

use migrate_core::syntax::{Lexer, Source, Span, Token, TokenKind, split_statements};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::tokens::{Kind, layout, render, tokens};

/// Texts that are nearly SQL, in which things are opened and not closed.
fn soup() -> impl Strategy<Value = String> {
    let pieces = [
        "'", "\"", "$$", "$a$", "$", "$1", "--", "/*", "*/", "\n", "\r", " ", "\\", "E'", "e'\\",
        "U&'", "u&\"", "x'", "''", ";", "(", ")", "1", "1e", ".", "..", "1.5e-", "+", "-", "@",
        ":", "begin", "atomic", "create", "function", "case", "end", "é", "\u{a0}", "🦀", "\0",
        "\x1b", "{", "#", "a",
    ];
    prop_oneof![
        vec(select(pieces.to_vec()), 0..30).prop_map(|pieces| pieces.concat()),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn every_byte_is_in_one_token(sql in soup()) {
        let mut at = 0;
        for token in Lexer::new(&sql) {
            prop_assert_eq!(token.span.start, at);
            prop_assert!(token.span.end > at, "an empty token at {}", at);
            prop_assert!(sql.is_char_boundary(token.span.end), "half a character at {}", at);
            at = token.span.end;
            let open = matches!(token.kind, TokenKind::Unterminated(_));
            prop_assert!(!open || at == sql.len(), "unterminated, but not at the end");
        }
        prop_assert_eq!(at, sql.len());
    }

    /// The lexer sees the tokens that were written, whatever stands between them.
    #[test]
    fn tokens_are_read_as_they_were_written(tokens in tokens(12), layout in layout(12)) {
        let (sql, starts) = render(&tokens, &layout);
        let found: Vec<Token> = Lexer::new(&sql).filter(|token| !token.kind.is_trivia()).collect();
        let texts: Vec<&str> = found.iter().map(|token| token.text(&sql)).collect();
        let expected: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
        prop_assert_eq!(texts, expected, "{:?}", sql);
        for ((found, token), start) in found.iter().zip(&tokens).zip(starts) {
            prop_assert_eq!(found.span.start, start);
            let continues = found.kind == TokenKind::StringContinuation;
            prop_assert_eq!(continues, token.kind == Kind::Continuation, "{:?}", sql);
        }
    }

    #[test]
    fn statements_hold_every_token_once(sql in soup()) {
        let statements = split_statements(&sql);
        let mut end = 0;
        for statement in &statements {
            prop_assert!(statement.span.start >= end && statement.span.end <= sql.len());
            end = statement.span.end;
            let (Some(first), Some(last)) = (statement.tokens.first(), statement.tokens.last()) else {
                return Err(TestCaseError::fail("a statement without a token"));
            };
            prop_assert_eq!(statement.span.start, first.span.start);
            prop_assert!(last.span.end <= end);
        }
        let held: Vec<Span> = statements.iter().flat_map(|s| &s.tokens).map(|t| t.span).collect();
        for token in Lexer::new(&sql).filter(|token| !token.kind.is_trivia()) {
            let times = held.iter().filter(|span| **span == token.span).count();
            let ends_one = token.text(&sql) == ";";
            prop_assert!(times == 1 || (times == 0 && ends_one), "{:?} is held {} times", token, times);
        }
    }

    #[test]
    fn positions_are_total(text in soup(), offset in 0_usize..200) {
        let source = Source::new("a.sql", text);
        let position = source.position(offset);
        prop_assert!(position.line >= 1 && position.column >= 1);
        prop_assert!(!source.slice(source.line_at(offset)).contains('\n'));
    }
}
