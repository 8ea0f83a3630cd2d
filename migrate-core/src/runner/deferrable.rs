//! Whether a section may make a constraint that waits for the commit.

use crate::syntax::lexer::TokenKind;
use crate::syntax::statements::Statement;

/// What begins a statement that runs code which stands elsewhere.
const RUNS: [&str; 6] = ["select", "with", "values", "call", "do", "execute"];

/// Whether these statements may make a constraint deferrable. One that is says so, and its text is here unless it stands in
/// a routine or an extension that was in the database before. What a trigger does is not seen.
pub(crate) fn may_defer(sql: &str, statements: &[Statement]) -> bool {
    let says = sql.as_bytes().windows(6).any(|word| word.eq_ignore_ascii_case(b"deferr"));
    let runs = |statement: &Statement| {
        let first = statement.tokens.first();
        let words = statement.tokens.iter().filter(|token| token.kind == TokenKind::Word);
        first.is_some_and(|token| RUNS.iter().any(|word| token.is_word(sql, word)))
            || words.take(2).any(|token| token.is_word(sql, "extension"))
    };
    says || statements.iter().any(runs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::statements::split_statements;

    #[test]
    fn what_may_wait_is_seen() {
        let check = |sql: &str, expected: bool| {
            assert_eq!(may_defer(sql, &split_statements(sql)), expected, "{sql}");
        };
        check("", false);
        check("CREATE TABLE t (a int REFERENCES u); CREATE INDEX ON t (a)", false);
        check("INSERT INTO t SELECT 1; COMMENT ON EXTENSION x IS ''", false);
        check("CREATE TABLE t (a int REFERENCES u DEFERRABLE)", true);
        check("CREATE TABLE t (a int UNIQUE Initially\nDeferred)", true);
        check("DO $$ BEGIN EXECUTE 'alter table t alter constraint c deferrable'; END $$", true);
        check("CREATE TABLE t (); SELECT f()", true);
        check("CALL p()", true);
        check("DO 'BEGIN PERFORM f(); END'", true);
        check("CREATE EXTENSION IF NOT EXISTS x", true);
        check("alter extension x update", true);
    }
}
