//! Finds two statements with a missing semicolon between them, and where the second one starts.

use std::panic::catch_unwind;

use super::{COMMANDS, Fault, SyntaxError, Tree, parse, shown, wanted};
use crate::syntax::lexer::Token;
use crate::syntax::source::Span;
use crate::syntax::statements::Statement;

/// How far before an error the second statement may start: its first word may be parsed as an
/// alias, and the second word as a column.
const FARTHEST: usize = 8;

/// The error at the token where the parser sees a second statement.
pub(super) fn two_statements(sql: &str, statement: &Statement, nth: usize) -> Option<Fault> {
    let tokens = &statement.tokens;
    let word = |at: usize, word: &str| tokens.get(at).is_some_and(|it| it.is_word(sql, word));
    // A single word may be the alias of the table.
    if nth + 1 == tokens.len() && word(0, "create") && word(1, "statistics") {
        return None;
    }
    let nth = nearest(sql, statement, nth).unwrap_or(nth);
    let token = tokens.get(nth)?;
    if is_cut_short(sql, &tokens[..nth]) {
        let (text, label) = (shown(token.text(sql)), wanted(""));
        let error = SyntaxError { span: token.span, text, suggestion: None, instead: None, label };
        return Some(Fault::Error(error));
    }
    Some(Fault::MissingSemicolon(token.span))
}

/// The start of a second statement, if that is why the parser refuses a token.
pub(super) fn second_statement(sql: &str, statement: &Statement, error: usize) -> Option<Span> {
    let nth = nearest(sql, statement, error)?;
    statement.tokens.get(nth).map(|token| token.span)
}

/// The token at which a second statement starts: this one, or one shortly before it.
fn nearest(sql: &str, statement: &Statement, from: usize) -> Option<usize> {
    let near = from.saturating_sub(FARTHEST).max(1)..=from;
    let found: Vec<usize> = near.rev().filter(|at| is_second(sql, statement, *at)).collect();
    // In `SELECT 1 INSERT INTO t VALUES (1)`, it is not `VALUES`, which rarely starts a line.
    let on_line = found.iter().find(|at| begins_line(sql, &statement.tokens, **at));
    Some(first_word(sql, statement, *on_line.or(found.first())?))
}

fn begins_line(sql: &str, tokens: &[Token], nth: usize) -> bool {
    let before = nth.checked_sub(1).and_then(|before| tokens.get(before));
    before.zip(tokens.get(nth)).is_some_and(|(before, token)| {
        sql.get(before.span.end..token.span.start).is_some_and(|gap| gap.contains('\n'))
    })
}

/// The start of the second statement: `ALTER` in `SELECT 1 ALTER TABLE a …`, where the parser may
/// take `ALTER` for an alias and `TABLE a` for the statement.
fn first_word(sql: &str, statement: &Statement, nth: usize) -> usize {
    let before = nth.saturating_sub(1);
    if before > 0 && is_second(sql, statement, before) { before } else { nth }
}

/// Whether the tokens before this one form a statement, and those from here on as well.
fn is_second(sql: &str, statement: &Statement, nth: usize) -> bool {
    let tokens = &statement.tokens;
    let Some(token) = tokens.get(nth).filter(|token| begins_statement(sql, **token)) else {
        return false;
    };
    let (start, at, end) = (statement.span.start, token.span.start, statement.span.end);
    let is_inside = INSIDE.iter().any(|word| token.is_word(sql, word)) || token.text(sql) == "(";
    if is_inside && !begins_line(sql, tokens, nth) || is_cut_short(sql, &tokens[..nth]) {
        return false;
    }
    let tree = |range| sql.get(range).and_then(|text| catch_unwind(|| parse(text)).ok());
    let is_whole = |tree: Tree| tree.error.is_none() && tree.is_any && tree.second.is_none();
    tree(start..at).is_some_and(is_whole) && tree(at..end).is_some_and(|tree| tree.begins_clean())
}

/// Whether the parser takes these tokens for a complete statement that in fact continues.
fn is_cut_short(sql: &str, tokens: &[Token]) -> bool {
    let word = |at: usize, word: &str| tokens.get(at).is_some_and(|it| it.is_word(sql, word));
    let has = |any: &[&str]| (0..tokens.len()).any(|at| any.iter().any(|it| word(at, it)));
    let ends = |any: &[&str]| {
        let last = tokens.len().saturating_sub(1);
        any.iter().any(|it| word(last, it))
    };
    // Whether only a name follows.
    let is_named = |from: usize| {
        let rest = tokens.iter().skip(from).skip_while(|token| {
            ["if", "not", "exists", "only"].iter().any(|word| token.is_word(sql, word))
        });
        let parts: Vec<&str> = rest.map(|token| token.text(sql)).filter(|it| *it != "*").collect();
        parts.iter().skip(1).step_by(2).all(|dot| *dot == ".")
    };
    let table = [1, 2].into_iter().find(|at| word(*at, "table"));
    match tokens.first() {
        Some(first) if first.is_word(sql, "alter") || first.is_word(sql, "create") => {
            table.is_some_and(|at| is_named(at + 1))
        }
        Some(first) if first.is_word(sql, "copy") => !has(&["from", "to"]),
        Some(first) if first.is_word(sql, "drop") => ends(&["table", "exists"]),
        Some(first) if first.is_word(sql, "set") => word(1, "transaction") && tokens.len() == 2,
        Some(first) => first.is_word(sql, "discard") && tokens.len() == 1 || ends(&["set"]),
        None => true,
    }
}

/// A statement that `CREATE SCHEMA name …` cannot contain, although the parser takes it for a part
/// of it.
pub(super) fn schema_element(sql: &str, tokens: &[Token]) -> Option<Span> {
    const ELSEWHERE: [&str; 17] = [
        "aggregate",
        "cast",
        "collation",
        "domain",
        "extension",
        "function",
        "materialized",
        "operator",
        "policy",
        "procedure",
        "publication",
        "role",
        "schema",
        "statistics",
        "text",
        "type",
        "user",
    ];
    let word = |at: usize, word: &str| tokens.get(at).is_some_and(|it| it.is_word(sql, word));
    if !(word(0, "create") && word(1, "schema")) {
        return None;
    }
    let mut depth = 0_usize;
    (2..tokens.len()).find_map(|at| {
        match tokens[at].text(sql) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let replaces = if word(at + 1, "or") && word(at + 2, "replace") { 2 } else { 0 };
        let is_other = ELSEWHERE.iter().any(|kind| word(at + 1 + replaces, kind));
        let is_wrong = is_other || fills_table(sql, &tokens[at..]);
        (depth == 0 && word(at, "create") && is_wrong).then_some(tokens[at].span)
    })
}

/// Whether the tokens up to the next schema element start with `CREATE TABLE … AS`.
fn fills_table(sql: &str, tokens: &[Token]) -> bool {
    let word = |at: usize, word: &str| tokens.get(at).is_some_and(|it| it.is_word(sql, word));
    let kinds = ["unlogged", "temp", "temporary", "local", "global"];
    let table = (1..4).find(|at| !kinds.iter().any(|kind| word(*at, kind)));
    let Some(table) = table.filter(|at| word(*at, "table")) else { return false };
    let mut depth = 0_usize;
    for token in tokens.iter().skip(table + 1) {
        match token.text(sql) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if token.is_word(sql, "create") || token.is_word(sql, "grant") => return false,
            _ if token.is_word(sql, "as") => return true,
            _ => {}
        }
    }
    false
}

/// A transaction mode after `CREATE FUNCTION`. It cannot be set for the function, so it is a
/// separate statement.
pub(super) fn routine_setting(sql: &str, tokens: &[Token]) -> Option<Span> {
    let word = |at: usize, word: &str| tokens.get(at).is_some_and(|it| it.is_word(sql, word));
    let kind = if word(1, "or") { 3 } else { 1 };
    if !(word(0, "create") && (word(kind, "function") || word(kind, "procedure"))) {
        return None;
    }
    let set = (kind..tokens.len()).find(|at| {
        let modes = ["isolation", "read", "not", "deferrable"];
        word(*at, "set")
            && (word(at + 1, "transaction") && modes.iter().any(|mode| word(at + 2, mode))
                || word(at + 1, "session") && word(at + 2, "characteristics"))
    })?;
    // A body in SQL may contain such a name.
    let is_sql = (kind..set).any(|at| word(at, "return") || word(at, "atomic"));
    (!is_sql).then_some(tokens[set].span)
}

/// Whether a statement may start with this token.
fn begins_statement(sql: &str, token: Token) -> bool {
    let is = |words: &[&str]| words.iter().any(|word| token.is_word(sql, word));
    is(&COMMANDS) || is(&RARE_COMMANDS) || token.text(sql) == "("
}

/// The first words of rarer statements. They are not suggested for misspelt words.
const RARE_COMMANDS: [&str; 26] = [
    "ABORT",
    "BEGIN",
    "CHECKPOINT",
    "CLOSE",
    "COMMIT",
    "DEALLOCATE",
    "DECLARE",
    "DISCARD",
    "END",
    "FETCH",
    "IMPORT",
    "LISTEN",
    "LOAD",
    "MOVE",
    "NOTIFY",
    "PREPARE",
    "RELEASE",
    "ROLLBACK",
    "SAVEPOINT",
    "SECURITY",
    "SHOW",
    "START",
    "TABLE",
    "UNLISTEN",
    "VALUES",
    "WITH",
];

/// First words that also occur inside of statements.
const INSIDE: [&str; 12] = [
    "CLUSTER", "DO", "END", "EXECUTE", "FETCH", "LOCK", "RESET", "SET", "START", "TABLE", "VALUES",
    "WITH",
];
