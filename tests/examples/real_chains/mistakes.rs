//! Single mistakes in a statement: how one is made, and of which kind it is.

use std::ops::Range;

use migrate_core::syntax::{Lexer, Token, TokenKind, split_statements};

use crate::random::Random;

/// What is done to a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mistake {
    NameMisspelt,
    TokenDropped,
    StatementDropped,
    StatementsSwapped,
    TypeReplaced,
    ValueReplaced,
    OperatorReplaced,
    ArgumentDropped,
    NamesExchanged,
}

impl Mistake {
    pub(crate) const ALL: [Mistake; 9] = [
        Mistake::NameMisspelt,
        Mistake::TokenDropped,
        Mistake::StatementDropped,
        Mistake::StatementsSwapped,
        Mistake::TypeReplaced,
        Mistake::ValueReplaced,
        Mistake::OperatorReplaced,
        Mistake::ArgumentDropped,
        Mistake::NamesExchanged,
    ];

    const fn word(self) -> &'static str {
        match self {
            Mistake::NameMisspelt => "name misspelt",
            Mistake::TokenDropped => "token dropped",
            Mistake::StatementDropped => "statement dropped",
            Mistake::StatementsSwapped => "statements swapped",
            Mistake::TypeReplaced => "type replaced",
            Mistake::ValueReplaced => "value replaced",
            Mistake::OperatorReplaced => "operator replaced",
            Mistake::ArgumentDropped => "argument dropped",
            Mistake::NamesExchanged => "names exchanged",
        }
    }
}

/// Where a mistake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Definition,
    /// A query or a change of data; a view counts as one.
    Query,
    /// The body of a function or of a block.
    Body,
}

/// The kind of a mistake, as it is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MistakeKind {
    pub(crate) mistake: Mistake,
    pub(crate) part: Part,
}

impl MistakeKind {
    /// Names, syntax and order; the others are types, expressions, queries and bodies.
    pub(crate) fn is_of_names(self) -> bool {
        self.part == Part::Definition
            && matches!(
                self.mistake,
                Mistake::NameMisspelt
                    | Mistake::TokenDropped
                    | Mistake::StatementDropped
                    | Mistake::StatementsSwapped
            )
    }

    pub(crate) fn shown(self) -> String {
        let part = match self.part {
            Part::Definition => "definition",
            Part::Query => "query",
            Part::Body => "body",
        };
        format!("{} in a {part}", self.mistake.word())
    }
}

const TYPES: [&str; 14] = [
    "text",
    "integer",
    "int",
    "bigint",
    "boolean",
    "uuid",
    "jsonb",
    "json",
    "timestamptz",
    "timestamp",
    "date",
    "bytea",
    "smallint",
    "numeric",
];

const OPERATORS: [&str; 10] = ["=", "<", ">", "<>", "+", "-", "||", "->>", "~", "*"];

/// A section with one mistake, and its kind; nothing if there is no room for it.
pub(crate) fn make(
    sql: &str,
    mistake: Mistake,
    random: &mut Random,
) -> Option<(String, MistakeKind)> {
    let statements = split_statements(sql);
    let nth = random.below(statements.len().max(1));
    let range = statements.get(nth)?.span.range();
    let statement = &sql[range.clone()];
    let part = if is_query(statement) { Part::Query } else { Part::Definition };
    let kind = |part| MistakeKind { mistake, part };
    let whole =
        |range: Range<usize>, text: &str| [&sql[..range.start], text, &sql[range.end..]].concat();
    match mistake {
        Mistake::StatementDropped if statements.len() > 1 => Some((whole(range, ""), kind(part))),
        Mistake::StatementsSwapped => {
            let next = statements.get(nth + 1)?.span.range();
            let between = &sql[range.end..next.start];
            let text = format!("{}{between}{statement}", &sql[next.clone()]);
            Some((whole(range.start..next.end, &text), kind(part)))
        }
        Mistake::StatementDropped => None,
        _ => {
            let (body, is_body) = body(statement)
                .filter(|_| random.one_in(2))
                .map_or((0..statement.len(), false), |body| (body, true));
            let (at, text) = edit(&statement[body.clone()], mistake, random)?;
            let at = range.start + body.start + at.start..range.start + body.start + at.end;
            Some((whole(at, &text), kind(if is_body { Part::Body } else { part })))
        }
    }
}

fn is_query(statement: &str) -> bool {
    let words: Vec<String> = Lexer::new(statement)
        .filter(|token| token.kind == TokenKind::Word)
        .take(4)
        .map(|token| token.text(statement).to_lowercase())
        .collect();
    let is = |at: usize, word: &str| words.get(at).is_some_and(|found| found == word);
    ["insert", "update", "delete", "select", "with", "merge"].iter().any(|word| is(0, word))
        || (0..words.len()).any(|at| is(at, "view") && is(0, "create"))
}

/// Where a body in dollars is, if the statement has one.
fn body(statement: &str) -> Option<Range<usize>> {
    let token = Lexer::new(statement).find(|token| token.kind == TokenKind::DollarString)?;
    let text = token.text(statement);
    let tag = text[1..].find('$')? + 2;
    let inner = token.span.start + tag..token.span.end.checked_sub(tag)?;
    (inner.start < inner.end).then_some(inner)
}

/// One place in a text, and what is to stand there instead.
fn edit(text: &str, mistake: Mistake, random: &mut Random) -> Option<(Range<usize>, String)> {
    let tokens: Vec<Token> = Lexer::new(text).collect();
    let shown = |token: &Token| token.text(text);
    let any = |random: &mut Random, is: &dyn Fn(&Token) -> bool| -> Option<Token> {
        let found: Vec<&Token> = tokens.iter().filter(|token| is(token)).collect();
        found.get(random.below(found.len().max(1))).map(|token| **token)
    };
    let is_name = |token: &Token| {
        let long = shown(token).len() > 3;
        let is_lower = shown(token).chars().any(|c| c.is_ascii_lowercase());
        token.kind == TokenKind::Word && long && is_lower && shown(token).is_ascii()
    };
    match mistake {
        Mistake::NameMisspelt => {
            let token = any(random, &is_name)?;
            let mut word = shown(&token).to_owned();
            word.remove(1 + random.below(word.len() - 2));
            Some((token.span.range(), word))
        }
        Mistake::TokenDropped => {
            let token = any(random, &|token| token.kind != TokenKind::DollarString)?;
            Some((token.span.range(), String::new()))
        }
        Mistake::TypeReplaced => {
            let is_type =
                |token: &Token| TYPES.iter().any(|known| shown(token).eq_ignore_ascii_case(known));
            let token = any(random, &is_type)?;
            let other = random.of(&TYPES);
            (!shown(&token).eq_ignore_ascii_case(other))
                .then(|| (token.span.range(), other.to_owned()))
        }
        Mistake::ValueReplaced => {
            let is_value = |token: &Token| {
                matches!(token.kind, TokenKind::String | TokenKind::Number)
                    || ["true", "false"].iter().any(|word| shown(token).eq_ignore_ascii_case(word))
            };
            let token = any(random, &is_value)?;
            let new = match token.kind {
                TokenKind::String => random.of(&["42", "true", "'abc'", "now()", "1.5"]),
                TokenKind::Number => random.of(&["'abc'", "true", "now()"]),
                _ => random.of(&["42", "'maybe'", "now()"]),
            };
            Some((token.span.range(), new.to_owned()))
        }
        Mistake::OperatorReplaced => {
            let is_operator = |token: &Token| OPERATORS.contains(&shown(token));
            let token = any(random, &is_operator)?;
            let other = random.of(&OPERATORS);
            (shown(&token) != other).then(|| (token.span.range(), format!(" {other} ")))
        }
        Mistake::ArgumentDropped => {
            let at = argument(&tokens, text, random)?;
            Some((at, String::new()))
        }
        Mistake::NamesExchanged => {
            let (one, other) = (any(random, &is_name)?, any(random, &is_name)?);
            let is_other = !shown(&one).eq_ignore_ascii_case(shown(&other));
            is_other.then(|| (one.span.range(), shown(&other).to_owned()))
        }
        Mistake::StatementDropped | Mistake::StatementsSwapped => None,
    }
}

/// A comma and the token behind it, where that is a whole element of a list.
fn argument(tokens: &[Token], text: &str, random: &mut Random) -> Option<Range<usize>> {
    let is = |at: usize, signs: &[&str]| {
        tokens.get(at).is_some_and(|token| signs.contains(&token.text(text)))
    };
    let places: Vec<usize> =
        (0..tokens.len()).filter(|at| is(*at, &[","]) && is(at + 2, &[",", ")"])).collect();
    let at = *places.get(random.below(places.len().max(1)))?;
    Some(tokens[at].span.start..tokens[at + 1].span.end)
}
