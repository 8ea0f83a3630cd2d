//! Splits SQL into statements like psql, at each semicolon that ends one.

use crate::syntax::lexer::{Lexer, Token, TokenKind};
use crate::syntax::source::Span;

/// A statement: its tokens without white space and comments, and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// From its first token to its last, including the semicolon if there is one.
    pub span: Span,
    /// Its tokens, without the semicolon; never empty. Spans are relative to the start of the text
    /// that was split.
    pub tokens: Vec<Token>,
}

impl Statement {
    /// Its words from the first one on, in upper case, up to the first token that is not a word.
    pub fn leading_words(&self, sql: &str) -> Vec<String> {
        let words = self.tokens.iter().take_while(|token| token.kind == TokenKind::Word);
        words.map(|token| token.text(sql).to_ascii_uppercase()).collect()
    }
}

/// The statements of `sql`, without empty ones (`;;`).
///
/// A semicolon inside parentheses (`CREATE RULE … DO (…; …)`) or inside a function body in the form
/// `BEGIN ATOMIC … END` does not end a statement.
///
/// ```
/// use migrate_core::syntax::split_statements;
///
/// let sql = "SELECT ';'; DO $$ BEGIN NULL; END $$;";
/// let texts: Vec<_> = split_statements(sql).iter().map(|s| &sql[s.span.range()]).collect();
/// assert_eq!(texts, ["SELECT ';';", "DO $$ BEGIN NULL; END $$;"]);
/// ```
pub fn split_statements(sql: &str) -> Vec<Statement> {
    split(sql, Lexer::new(sql).filter(|token| !token.kind.is_trivia()))
}

/// The same for a text that has already been tokenized, from its tokens without white space and
/// comments.
pub(crate) fn split(sql: &str, all: impl IntoIterator<Item = Token>) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut tokens: Vec<Token> = Vec::new();
    let mut nesting = Nesting::default();
    for token in all {
        if token.text(sql) == ";" && nesting.is_outside() {
            push(&mut statements, std::mem::take(&mut tokens), token.span.end);
            nesting = Nesting::default();
        } else {
            nesting.enter(sql, &tokens, token);
            tokens.push(token);
        }
    }
    let end = tokens.last().map_or(0, |token| token.span.end);
    push(&mut statements, tokens, end);
    statements
}

fn push(statements: &mut Vec<Statement>, tokens: Vec<Token>, end: usize) {
    if let Some(first) = tokens.first() {
        statements.push(Statement { span: Span::new(first.span.start, end), tokens });
    }
}

/// The nesting depth of the splitter inside parentheses and SQL-standard function bodies.
#[derive(Default)]
struct Nesting {
    parentheses: usize,
    /// The number of `END`s expected: for `BEGIN ATOMIC`, and for each `CASE` inside it.
    blocks: usize,
    /// Whether the statement creates a routine. Computed on demand.
    is_routine: Option<bool>,
}

impl Nesting {
    fn is_outside(&self) -> bool {
        self.parentheses == 0 && self.blocks == 0
    }

    fn enter(&mut self, sql: &str, before: &[Token], token: Token) {
        match token.text(sql) {
            "(" if token.kind == TokenKind::Punctuation => self.parentheses += 1,
            ")" if token.kind == TokenKind::Punctuation => {
                self.parentheses = self.parentheses.saturating_sub(1);
            }
            _ if token.is_word(sql, "atomic") => {
                let begins = before.last().is_some_and(|last| last.is_word(sql, "begin"));
                // This depends on its first words, which do not change.
                if begins && *self.is_routine.get_or_insert_with(|| creates_routine(sql, before)) {
                    self.blocks += 1;
                }
            }
            _ if self.blocks > 0 && token.is_word(sql, "case") => self.blocks += 1,
            _ if self.blocks > 0 && token.is_word(sql, "end") => self.blocks -= 1,
            _ => {}
        }
    }
}

fn creates_routine(sql: &str, tokens: &[Token]) -> bool {
    let mut words =
        tokens.iter().filter(|token| !token.is_word(sql, "or") && !token.is_word(sql, "replace"));
    words.next().is_some_and(|word| word.is_word(sql, "create"))
        && words
            .next()
            .is_some_and(|word| word.is_word(sql, "function") || word.is_word(sql, "procedure"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &[&str]) {
        let texts: Vec<_> = split_statements(sql).iter().map(|s| &sql[s.span.range()]).collect();
        assert_eq!(texts, expected, "{sql:?}");
    }

    #[test]
    fn semicolons_end_statements() {
        check("", &[]);
        check(" ; ;; -- c\n", &[]);
        check("a; b", &["a;", "b"]);
        check("a /* ; */ ; -- ;\n b;", &["a /* ; */ ;", "b;"]);
        check("a ';' \";\" $$;$$;b", &["a ';' \";\" $$;$$;", "b"]);
    }

    #[test]
    fn parentheses_hold_statements_together() {
        check(
            "CREATE RULE r AS ON DELETE TO t DO (a; b); c",
            &["CREATE RULE r AS ON DELETE TO t DO (a; b);", "c"],
        );
        check("a ); b", &["a );", "b"]);
    }

    #[test]
    fn function_bodies_hold_statements_together() {
        let body = "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC \
                    SELECT CASE WHEN a THEN 1 ELSE 2 END; SELECT 2; END;";
        check(&format!("{body} SELECT 1;"), &[body, "SELECT 1;"]);
        check(
            "BEGIN; CREATE TABLE atomic (a int); END; b",
            &["BEGIN;", "CREATE TABLE atomic (a int);", "END;", "b"],
        );
        // The words alone do not start a function body.
        check("BEGIN ATOMIC; b", &["BEGIN ATOMIC;", "b"]);
        check(
            "CREATE FUNCTION f(atomic int) AS 'x'; b",
            &["CREATE FUNCTION f(atomic int) AS 'x';", "b"],
        );
        check("SELECT a AS case; b", &["SELECT a AS case;", "b"]);
    }

    #[test]
    fn tokens_leave_out_the_semicolon_and_the_blanks() {
        let statements = split_statements(" drop  table a ; x");
        assert_eq!(statements[0].tokens.len(), 3);
        assert_eq!(statements[0].leading_words(" drop  table a ; x"), ["DROP", "TABLE", "A"]);
    }
}
