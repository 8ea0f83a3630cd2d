//! Checks statements with a parser of PostgreSQL's grammar, and phrases its errors in our own
//! words.
//!
//! A false error is worse than a missed one: where the parser could be wrong or fail, it is not
//! run.

use std::panic::catch_unwind;

use squawk_parser::{EntryPoint, LexedStr, StrStep, SyntaxKind};

use self::semicolon::{routine_setting, schema_element, second_statement, two_statements};
use super::dialects;
use crate::syntax::lexer::{Lexer, Token, TokenKind};
use crate::syntax::source::Span;
use crate::syntax::statements::Statement;
use crate::syntax::suggest::did_you_mean;

mod exceptions;
mod semicolon;

/// Longer statements most likely are data.
const MOST_BYTES: usize = 64 << 10;
/// The parser is recursive, and the stack of a compiler thread is limited. It is large enough for
/// this depth, counted in tokens.
const DEEPEST: usize = 400;
/// The number of tokens that a bracket counts for.
const BRACKET: usize = 5;

/// An error in a statement, and its position in the text of the statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) span: Span,
    /// The token that is not allowed there, truncated if it is long; empty at the end.
    pub(super) text: String,
    /// A word that looks like a typo, and the keyword that was meant.
    pub(super) suggestion: Option<(String, &'static str)>,
    /// PostgreSQL's spelling of another database's syntax.
    pub(super) instead: Option<&'static str>,
    /// The label at the position.
    pub(super) label: String,
}

/// The kind of error between two semicolons.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Error(SyntaxError),
    /// Two statements without a semicolon; the second one starts with this word.
    MissingSemicolon(Span),
}

/// The first error in a statement.
pub(super) fn fault(sql: &str, statement: &Statement) -> Option<Fault> {
    let tokens = &statement.tokens;
    let as_written = sql;
    let readable = exceptions::readable(sql, tokens);
    let sql = &*readable;
    let text = sql.get(statement.span.range())?;
    if text.len() > MOST_BYTES || is_deep(sql, tokens) {
        return None;
    }
    if let Some(second) = routine_setting(sql, tokens) {
        return Some(Fault::MissingSemicolon(second));
    }
    if is_unknown(sql, tokens) {
        return None;
    }
    if let Some(from) = unpackaged(sql, tokens) {
        let (text, label) = (shown(from.text(sql)), wanted(""));
        let error = SyntaxError { span: from.span, text, suggestion: None, instead: None, label };
        return Some(Fault::Error(error));
    }
    if let Some(second) = schema_element(sql, tokens) {
        return Some(Fault::MissingSemicolon(second));
    }
    // A panic of the parser is not a fault of the migration. (In a thread other than the macro's
    // own, the compiler prints it and continues.)
    let tree = catch_unwind(|| parse(text)).ok()?;
    let start = statement.span.start;
    if let Some(second) = tree.second.filter(|second| tree.is_clean_before(*second)) {
        let nth = tokens.partition_point(|token| token.span.start < start + second);
        return two_statements(sql, statement, nth);
    }
    let (position, said) = tree.error?;
    let mut at = start + position;
    // The parser may point at the white space before the token.
    let rest = sql.get(at..statement.span.end)?;
    at += Lexer::new(rest)
        .take_while(|token| token.kind.is_trivia())
        .map(|t| t.span.end)
        .last()
        .unwrap_or(0);
    let nth = tokens.partition_point(|token| token.span.end <= at);
    // If the first word can start a command, the next word is the wrong one.
    let nth = if nth == 0 && said.starts_with("expected command") && is_command(sql, tokens) {
        1
    } else {
        nth
    };
    let Some(token) = tokens.get(nth) else {
        let end = statement.span.end;
        let end = if text.ends_with(';') { Span::new(end - 1, end) } else { Span::new(end, end) };
        return Some(Fault::Error(SyntaxError {
            span: end,
            text: String::new(),
            suggestion: None,
            instead: None,
            label: wanted(&said),
        }));
    };
    if let Some(second) = second_statement(sql, statement, nth) {
        return Some(Fault::MissingSemicolon(second));
    }
    let text = shown(token.text(as_written));
    // A misspelt keyword may be parsed as a name, so that the error is at the word after it.
    let before = nth.checked_sub(1).and_then(|before| tokens.get(before));
    let before = before.filter(|_| token.kind == TokenKind::Word);
    let suggestion =
        [Some(token), before].into_iter().flatten().find_map(|token| suggestion(sql, token));
    // What the parser waits for instead says less than the word that was meant.
    let instead = dialects::instead(sql, tokens, nth);
    let is_told = suggestion.is_some() || instead.is_some();
    let label = if is_told { wanted("") } else { wanted(&said) };
    let suggestion = suggestion.filter(|_| instead.is_none());
    Some(Fault::Error(SyntaxError { span: token.span, text, suggestion, instead, label }))
}

/// A token as shown in a message; a long one is truncated.
fn shown(token: &str) -> String {
    const MOST: usize = 40;
    let line = token.lines().next().unwrap_or_default();
    let cut = &line[..line.floor_char_boundary(MOST)];
    if cut.len() == token.len() { token.to_owned() } else { format!("{cut}…") }
}

/// The result of parsing a text that should be a single statement.
#[derive(Debug, Default)]
struct Tree {
    /// The position and message of the first error.
    error: Option<(usize, String)>,
    /// Whether there is any statement.
    is_any: bool,
    /// The position of a second statement without a semicolon before it.
    second: Option<usize>,
}

impl Tree {
    fn is_clean_before(&self, place: usize) -> bool {
        self.error.as_ref().is_none_or(|(error, _)| *error > place)
    }

    /// Whether the text starts with a complete statement.
    fn begins_clean(&self) -> bool {
        self.is_any && self.is_clean_before(self.second.unwrap_or(usize::MAX))
    }
}

fn parse(text: &str) -> Tree {
    let lexed = LexedStr::new(text);
    let output = EntryPoint::SourceFile.parse(&lexed.to_input());
    let mut tree = Tree::default();
    let (mut depth, mut at, mut is_separated) = (0, 0, true);
    lexed.intersperse_trivia(&output, &mut |step| match step {
        StrStep::Error { msg, pos } => {
            tree.error.get_or_insert_with(|| (pos, msg.to_owned()));
        }
        StrStep::Enter { kind } => {
            // The children of the root are statements.
            if depth == 1 && !matches!(kind, SyntaxKind::EMPTY_STMT | SyntaxKind::ERROR) {
                if !is_separated {
                    tree.second.get_or_insert(at);
                }
                tree.is_any = true;
            }
            depth += 1;
        }
        StrStep::Exit => depth -= 1,
        StrStep::Token { kind, text } => {
            at += text.len();
            if !kind.is_trivia() {
                is_separated = kind == SyntaxKind::SEMICOLON;
            }
        }
    });
    tree
}

/// Whether it is one of the statements that the parser does not support.
fn is_unknown(sql: &str, tokens: &[Token]) -> bool {
    let word = |at: usize, words: &[&str]| {
        tokens.get(at).is_some_and(|token| words.iter().any(|word| token.is_word(sql, word)))
    };
    let kind = if word(1, &["or"]) { 3 } else { 1 };
    if word(0, &["create"]) && word(kind, &["trusted", "procedural"]) {
        return true;
    }
    if word(0, &["create"]) && word(kind, &["local", "global"]) {
        return true;
    }
    if word(0, &["create"]) && word(kind, &["language"]) {
        return (0..tokens.len()).any(|at| word(at, &["no"]));
    }
    // The settings of a routine, a role or a database can use SQL's special syntax for settings.
    let all = 0..tokens.len();
    let is_settable = if word(0, &["create"]) {
        // A body in SQL comes last.
        word(kind, &["function", "procedure"])
            && !all.clone().any(|at| word(at, &["return", "atomic"]))
    } else {
        word(0, &["alter"])
            && word(1, &["function", "procedure", "routine", "role", "user", "database"])
    };
    let set = all.clone().find(|at| word(*at, &["set", "reset"])).filter(|_| is_settable);
    let is_text = |at: usize| tokens.get(at).is_some_and(|it| it.kind == TokenKind::String);
    let sets = |at: usize| {
        word(at, &["set", "reset"])
            && (word(at + 1, &["role", "session", "time", "names", "xml", "transaction"])
                || word(at + 1, &["schema", "catalog"]) && is_text(at + 2))
    };
    match set {
        Some(_) if word(0, &["create"]) => all.clone().any(sets),
        Some(first) => sets(first),
        None => false,
    }
}

/// `FROM` in `CREATE EXTENSION name FROM version`, which PostgreSQL supported up to version 12.
fn unpackaged<'t>(sql: &str, tokens: &'t [Token]) -> Option<&'t Token> {
    let word = |at: usize, word: &str| tokens.get(at).is_some_and(|it| it.is_word(sql, word));
    let is_extension = word(0, "create") && word(1, "extension");
    let name = if word(2, "if") { 5 } else { 2 };
    let from = name + 1 + usize::from(word(name + 1, "with"));
    tokens.get(from).filter(|_| is_extension && word(from, "from"))
}

/// Whether the parser may recurse deeply: for brackets, and for sequences without brackets or
/// commas (`NOT NOT …`, `a -> b -> …`), where each token may be one level.
fn is_deep(sql: &str, tokens: &[Token]) -> bool {
    let (mut depth, mut before): (usize, Vec<usize>) = (0, Vec::new());
    for token in tokens {
        match token.text(sql) {
            "(" | "[" => {
                before.push(depth);
                depth += BRACKET;
            }
            ")" | "]" => depth = before.pop().unwrap_or(0) + 1,
            "," | ";" => depth = before.last().map_or(0, |before| before + BRACKET),
            _ if token.is_word(sql, "case") => depth += BRACKET,
            _ => depth += 1,
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

/// Whether a statement starts with the first word of a command.
fn is_command(sql: &str, tokens: &[Token]) -> bool {
    tokens.first().is_some_and(|first| COMMANDS.iter().any(|word| first.is_word(sql, word)))
}

/// The label at the position: what is expected there, if the parser names a single thing.
fn wanted(said: &str) -> String {
    let sign = match said {
        "missing comma" | "expected COMMA" => "`,`",
        "expected L_PAREN" => "`(`",
        "expected R_PAREN" => "`)`",
        "expected EQ" => "`=`",
        "expected SEMICOLON" => "`;`",
        _ => match said.strip_prefix("expected ").and_then(|name| name.strip_suffix("_KW")) {
            Some(word) if word.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                return format!("`{word}` or something else is missing before this");
            }
            _ => return "not expected here".to_owned(),
        },
    };
    format!("{sign} or something else is missing before this")
}

/// A word, and the keyword that was probably meant.
fn suggestion(sql: &str, token: &Token) -> Option<(String, &'static str)> {
    let word = token.text(sql);
    let known = |list: &[&'static str]| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    if token.kind != TokenKind::Word || known(&COMMANDS) || known(&WORDS) || word.len() < 3 {
        return None;
    }
    let suggestion = did_you_mean(word, COMMANDS.into_iter().chain(WORDS))?;
    Some((word.to_owned(), suggestion))
}

/// The first words of statements.
const COMMANDS: [&str; 26] = [
    "ALTER", "ANALYZE", "CALL", "CLUSTER", "COMMENT", "COPY", "CREATE", "DELETE", "DO", "DROP",
    "EXECUTE", "EXPLAIN", "GRANT", "INSERT", "LOCK", "MERGE", "REASSIGN", "REFRESH", "REINDEX",
    "RESET", "REVOKE", "SELECT", "SET", "TRUNCATE", "UPDATE", "VACUUM",
];

/// Keywords that are common in migrations, and often misspelt.
const WORDS: [&str; 47] = [
    "ADD",
    "ALWAYS",
    "AUTHORIZATION",
    "BEFORE",
    "CASCADE",
    "CHECK",
    "COLUMN",
    "CONCURRENTLY",
    "CONFLICT",
    "CONSTRAINT",
    "DEFAULT",
    "DEFERRABLE",
    "DISTINCT",
    "DOMAIN",
    "EXISTS",
    "EXTENSION",
    "FOREIGN",
    "FROM",
    "FUNCTION",
    "GENERATED",
    "GROUP",
    "HAVING",
    "IDENTITY",
    "INDEX",
    "INHERITS",
    "INTO",
    "LANGUAGE",
    "MATERIALIZED",
    "NULL",
    "ORDER",
    "PARTITION",
    "PRIMARY",
    "PROCEDURE",
    "REFERENCES",
    "RENAME",
    "RETURNING",
    "RETURNS",
    "SCHEMA",
    "SEQUENCE",
    "TABLE",
    "TRIGGER",
    "UNIQUE",
    "USING",
    "VALUES",
    "VIEW",
    "WHERE",
    "WITH",
];
