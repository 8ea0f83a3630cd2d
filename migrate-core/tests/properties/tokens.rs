//! Random SQL as tokens, and random layouts of it: what may stand between two tokens without
//! changing what the server reads.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A token and what its neighbours need to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tok {
    pub(crate) text: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    /// Could be read as a part of a comment behind it.
    Operator,
    /// Needs no blank before and behind it.
    Solid,
    /// A string; with or without backslash escapes.
    String {
        backslash: bool,
    },
    /// A further piece of the string before it.
    Continuation,
}

fn tok(text: impl Into<String>, kind: Kind) -> Tok {
    Tok { text: text.into(), kind }
}

fn word() -> impl Strategy<Value = Tok> {
    // `e`, `u`, `x`, … are the prefixes of strings when no blank follows.
    let words =
        ["a", "e", "E", "u", "x", "n", "größe", "users", "id", "_x1$", "from", "where", "日本"];
    select(words.to_vec()).prop_map(|word| tok(word, Kind::Plain))
}

/// The inside of a string: pieces that mean one character each, so that no piece ends it.
fn body(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    vec(select(pieces), 0..6).prop_map(|pieces| pieces.concat())
}

const PLAIN: &[&str] = &["a", " ", "''", "\\", "\"", "$$", "--", "/*", "*/", ";", "\n", "é", "🦀"];
const ESCAPED: &[&str] = &["a", " ", "''", "\\'", "\\\\", "\\n", "\"", "--", "/*", "\n", "é"];
const QUOTED: &[&str] = &["a", " ", "\"\"", "'", "\\", "$$", "--", "/*", ";", "\n", "é"];
const DOLLAR: &[&str] = &["a", " ", "'", "\"", "\\", "$", "$$", "$b$", "--", "/*", ";", "\n", "é"];

fn string() -> impl Strategy<Value = Tok> {
    let plain = (select(&["", "b", "X", "n", "U&"][..]), body(PLAIN))
        .prop_map(|(prefix, body)| (format!("{prefix}'{body}'"), false));
    let escaped = (select(&["e", "E"][..]), body(ESCAPED))
        .prop_map(|(prefix, body)| (format!("{prefix}'{body}'"), true));
    prop_oneof![plain, escaped].prop_map(|(text, backslash)| tok(text, Kind::String { backslash }))
}

/// Right behind either kind of string: nothing in it is an escape, and no quote is alone.
fn continuation() -> impl Strategy<Value = Tok> {
    body(&["a", " ", "''", "\"", "--", "/*", "\n", "é"])
        .prop_map(|body| tok(format!("'{body}'"), Kind::Continuation))
}

fn quoted_identifier() -> impl Strategy<Value = Tok> {
    (select(&["", "U&", "u&"][..]), body(QUOTED))
        .prop_map(|(prefix, body)| tok(format!("{prefix}\"{body}\""), Kind::Plain))
}

fn dollar_string() -> impl Strategy<Value = Tok> {
    (select(&["$$", "$a$", "$tag_1$", "$é$"][..]), body(DOLLAR)).prop_map(|(delimiter, body)| {
        // What would close it early is taken out, together with a dollar that would at the end.
        let body = body.replace(delimiter, "").trim_end_matches('$').replace(delimiter, "");
        let closes = format!("{body}{delimiter}").find(delimiter) == Some(body.len());
        let body = if closes { body } else { "x".to_owned() };
        tok(format!("{delimiter}{body}{delimiter}"), Kind::Plain)
    })
}

fn other() -> impl Strategy<Value = Tok> {
    let numbers = ["0", "42", "1.5", ".5", "1.", "1e10", "1.5e-3", "0xfF", "1_000", "$1", "$22"];
    let punctuation = ["::", ":=", ":", ".", "..", "{", "}"];
    let operators = [
        "+", "-", "*", "/", "<", ">", "=", "<=", ">=", "<>", "!=", "||", "->", "->>", "#>>", "@>",
        "~*", "!~~", "&&", "|", "^", "%", "@-", "?|", "=>",
    ];
    let solid = ["(", ")", "[", "]", ",", ";"];
    prop_oneof![
        select(numbers.to_vec()).prop_map(|text| tok(text, Kind::Plain)),
        select(punctuation.to_vec()).prop_map(|text| tok(text, Kind::Plain)),
        select(operators.to_vec()).prop_map(|text| tok(text, Kind::Operator)),
        select(solid.to_vec()).prop_map(|text| tok(text, Kind::Solid)),
    ]
}

pub(crate) fn token() -> impl Strategy<Value = Tok> {
    prop_oneof![
        3 => word(),
        3 => other(),
        2 => string(),
        2 => continuation(),
        1 => quoted_identifier(),
        1 => dollar_string(),
    ]
}

/// A continuation that continues nothing is a string of its own.
pub(crate) fn settled(mut tokens: Vec<Tok>) -> Vec<Tok> {
    let mut in_string = false;
    for token in &mut tokens {
        if token.kind == Kind::Continuation && !in_string {
            token.kind = Kind::String { backslash: false };
        }
        in_string = is_string(token);
    }
    tokens
}

fn is_string(token: &Tok) -> bool {
    matches!(token.kind, Kind::String { .. } | Kind::Continuation)
}

pub(crate) fn tokens(most: usize) -> impl Strategy<Value = Vec<Tok>> {
    vec(token(), 0..=most).prop_map(settled)
}

/// What may stand between two tokens: blanks, newlines and comments of both kinds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gap(Vec<&'static str>);

const BLANKS: [&str; 5] = [" ", "\t", "  ", "\x0b", "\x0c"];
const LINES: [&str; 5] = ["\n", "\r\n", "\r", "-- it's /* $$\n", "--\r\n"];
const BLOCKS: [&str; 4] = ["/**/", "/* it's */", "/* a /* -- b */\n c */", "/*$$\"*/"];

fn gap() -> impl Strategy<Value = Gap> {
    let any = [&BLANKS[..], &LINES[..], &BLOCKS[..]].concat();
    vec(select(any), 0..5).prop_map(Gap)
}

/// Enough gaps for so many tokens.
pub(crate) fn layout(most: usize) -> impl Strategy<Value = Vec<Gap>> {
    vec(gap(), most + 1)
}

/// The text of these tokens in this layout, and where each token begins.
pub(crate) fn render(tokens: &[Tok], layout: &[Gap]) -> (String, Vec<usize>) {
    let mut text = String::new();
    let mut starts = Vec::new();
    let mut gaps = layout.iter().cycle().map(|gap| gap.0.as_slice());
    let mut before: Option<&Tok> = None;
    for token in tokens {
        text.push_str(&between(before, token, gaps.next().unwrap_or_default()));
        starts.push(text.len());
        text.push_str(&token.text);
        before = Some(token);
    }
    let end = gaps.next().unwrap_or_default().concat();
    let operator = before.is_some_and(|token| token.kind == Kind::Operator);
    text.push_str(if operator { " " } else { "" });
    text.push_str(&end);
    (text, starts)
}

/// The gap, made to fit: a string goes on behind a newline and only there, and what would grow
/// together is kept apart.
fn between(before: Option<&Tok>, token: &Tok, gap: &[&str]) -> String {
    let Some(before) = before else { return gap.concat() };
    let mut pieces: Vec<&str> = gap.to_vec();
    if token.kind == Kind::Continuation {
        pieces.retain(|piece| !BLOCKS.contains(piece));
        if !pieces.iter().any(|piece| LINES.contains(piece)) {
            pieces.push("\n");
        }
    } else if is_string(before) && is_string(token) {
        let newline = pieces.iter().any(|piece| LINES.contains(piece));
        if newline && !pieces.iter().any(|piece| BLOCKS.contains(piece)) {
            pieces.push("/**/");
        }
    }
    let solid = before.kind == Kind::Solid || token.kind == Kind::Solid;
    let blank = before.kind == Kind::Operator || (pieces.is_empty() && !solid);
    // A comment right behind an operator could be a part of it.
    format!("{}{}", if blank { " " } else { "" }, pieces.concat())
}
