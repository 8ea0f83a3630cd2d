//! Any text as SQL: the lexer, the splitter, the digest, and what is said of a statement's locks.
#![no_main]

use libfuzzer_sys::fuzz_target;
use migrate_core::chain::section_digest;
use migrate_core::syntax::{Lexer, locks, losses, split_statements};

fuzz_target!(|sql: &str| {
    let mut at = 0;
    for token in Lexer::new(sql) {
        assert_eq!(token.span.start, at, "a gap");
        assert!(
            token.span.end > at && sql.is_char_boundary(token.span.end),
            "an empty or half token"
        );
        at = token.span.end;
    }
    assert_eq!(at, sql.len(), "the lexer stops early");
    let mut end = 0;
    for statement in split_statements(sql) {
        assert!(statement.span.start >= end && !statement.tokens.is_empty(), "statements overlap");
        end = statement.span.end;
        let _ = (locks(sql, &statement), losses(sql, &statement));
    }
    // What a digest is of is settled before the newlines are.
    let _ = section_digest(sql, true);
});
