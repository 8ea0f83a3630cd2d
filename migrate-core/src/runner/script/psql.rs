//! A statement of a migration, written so that psql sends what the file says.
//!
//! Outside of quotes psql puts the value of a variable in the place of `:name`, `:'name'`, `:"name"`
//! and `:{?name}`, and has variables of its own (`:PORT`). A blank after the colon prevents that, and
//! is nothing to the server.

use crate::syntax::lexer::{Lexer, TokenKind};
use crate::syntax::statements::Statement;

/// Adds a statement of `sql` to a script.
pub(super) fn push(script: &mut String, sql: &str, statement: &Statement) {
    let text = &sql[statement.span.range()];
    // Where the body of a routine ends, psql guesses by the word BEGIN. What it is given as the row of
    // a query, it sends as it is.
    if statement.tokens.iter().any(|token| token.is_word(sql, "begin")) {
        let tag = tag(text);
        script.push_str(&format!("SELECT {tag}{text}\n{tag} \\gexec\n"));
        return;
    }
    for token in Lexer::new(text) {
        script.push_str(token.text(text));
        let next = text.as_bytes().get(token.span.end);
        let is_colon = token.kind == TokenKind::Punctuation && token.text(text) == ":";
        if is_colon && next.is_some_and(|byte| begins_a_variable(*byte)) {
            script.push(' ');
        }
    }
    // The last statement of a section may have no semicolon.
    let ended = statement.tokens.last().is_some_and(|token| token.span.end < statement.span.end);
    script.push_str(if ended { "\n" } else { ";\n" });
}

fn begins_a_variable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_'\"{".contains(&byte)
}

/// A quote that the text does not have.
fn tag(text: &str) -> String {
    let mut tag = "$migration$".to_owned();
    let mut number = 0;
    while text.contains(&tag) {
        number += 1;
        tag = format!("$migration{number}$");
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::statements::split_statements;

    fn check(sql: &str, expected: &str) {
        let mut script = String::new();
        for statement in split_statements(sql) {
            push(&mut script, sql, &statement);
        }
        assert_eq!(script, expected, "{sql}");
    }

    #[test]
    fn a_colon_gets_a_blank_where_psql_would_see_a_variable() {
        check("SELECT a[1:x]", "SELECT a[1: x];\n");
        check(
            "SELECT a[1:2], a[:'1'], a[:é], a[:_];",
            "SELECT a[1: 2], a[: '1'], a[: é], a[: _];\n",
        );
        check("SELECT a[1:\"x\"], a[:{?x}]", "SELECT a[1: \"x\"], a[: {?x}];\n");
        check("SELECT a[1: x], a[:], a[:-1], a[:(1)]", "SELECT a[1: x], a[:], a[:-1], a[:(1)];\n");
        check("SELECT 1::int, f(a := b)", "SELECT 1::int, f(a := b);\n");
    }

    #[test]
    fn what_is_quoted_stays() {
        for sql in [
            "SELECT ':x', E'\\':x', \":x\", $$:x '$$, U&'\\0041:x';\n",
            "SELECT 1 -- :x \\q\n;\n",
            "SELECT /* :x \\q */ 1;\n",
        ] {
            check(sql, sql);
        }
    }

    #[test]
    fn a_routine_is_sent_as_a_row() {
        let body = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;";
        check(body, &format!("SELECT $migration${body}\n$migration$ \\gexec\n"));
        let odd = "CREATE FUNCTION begin(text DEFAULT $migration$$migration$) RETURNS int";
        check(odd, &format!("SELECT $migration1${odd}\n$migration1$ \\gexec\n"));
    }
}
