//! What checks, partitions and defaults tell about the values of a column: the literals in them.

use std::collections::BTreeMap;

use super::type_name::TypeName;
use super::values::Types;
use crate::schema::catalog::{Catalog, Name, Relation};
use crate::schema::diff::has_word;
use crate::syntax::lexer::{Lexer, Token, TokenKind};

/// Values that a column may have, by what is said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hints {
    /// From checks and the default.
    pub(super) values: Vec<String>,
    /// Whether a check concerns the column.
    pub(super) is_checked: bool,
}

/// The hints for a column of a table.
pub(super) fn of_column(
    catalog: &Catalog,
    table: &Relation,
    column: &str,
    data_type: &str,
) -> Hints {
    let types = Types { catalog };
    let base = TypeName::read(&types.without_domains(data_type));
    let mut hints = Hints::default();
    let mut checks: Vec<&str> = Vec::new();
    for constraint in table.constraints.values() {
        if constraint.kind == "check" && has_word(&constraint.definition, column) {
            checks.push(&constraint.definition);
        }
    }
    let mut domain = TypeName::read(data_type).qualified();
    while let Some(found) = domain.and_then(|name| catalog.domains.get(&name)) {
        checks.extend(found.constraints.values().map(String::as_str));
        domain = TypeName::read(&found.base).qualified();
    }
    hints.is_checked = !checks.is_empty();
    for check in checks {
        for literal in literals(check) {
            hints.add(&base, &literal);
        }
        if check.contains('~') {
            SHAPES.iter().for_each(|shape| hints.add(&base, &Literal::Text((*shape).to_owned())));
        }
    }
    let default = table.columns.iter().find(|it| it.name == column);
    let default = default.filter(|it| it.generated.is_none()).and_then(|it| it.default.as_deref());
    if let Some([literal]) = default.filter(|it| !it.contains('(')).map(literals).as_deref() {
        hints.add(&base, literal);
    }
    hints
}

/// What text often has to look like where a pattern says so.
const SHAPES: [&str; 14] = [
    "a",
    "A",
    "7",
    "abc",
    "ABC",
    "US",
    "USD",
    "en-US",
    "a_b",
    "a-b",
    "user@example.com",
    "https://example.com/a",
    "#aabbcc",
    "+420123456789",
];

impl Hints {
    fn add(&mut self, base: &TypeName, literal: &Literal) {
        let is_text = matches!(
            base.base.as_str(),
            "text" | "character varying" | "character" | "bpchar" | "name"
        ) || base.base.ends_with("citext");
        let mut push = |value: String| {
            if !self.values.contains(&value) {
                self.values.push(value);
            }
        };
        match literal {
            Literal::Text(text) => push(text.clone()),
            // A limit of a length.
            Literal::Number(number) if is_text => {
                for length in [*number, number + 1, number - 1] {
                    if let Some(length) = usize::try_from(length).ok().filter(|it| *it <= 2000) {
                        push("x".repeat(length));
                    }
                }
            }
            Literal::Number(number) => {
                for near in [*number, number + 1, number - 1] {
                    push(near.to_string());
                }
            }
            Literal::Decimal(text) if !is_text => push(text.clone()),
            Literal::Decimal(_) => {}
        }
    }
}

/// A literal in a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Literal {
    Text(String),
    Number(i64),
    Decimal(String),
}

impl Literal {
    fn into_text(self) -> String {
        match self {
            Literal::Text(text) | Literal::Decimal(text) => text,
            Literal::Number(number) => number.to_string(),
        }
    }

    /// The literal that a token is, if it is one.
    fn of(text: &str, token: Token, is_negative: bool) -> Option<Self> {
        let word = token.text(text);
        match token.kind {
            TokenKind::String => Some(Literal::Text(unquoted(word))),
            TokenKind::Number => {
                let signed = if is_negative { format!("-{word}") } else { word.to_owned() };
                Some(match signed.parse() {
                    // Room for the numbers beside it.
                    Ok(number) if (-i64::MAX / 2..i64::MAX / 2).contains(&number) => {
                        Literal::Number(number)
                    }
                    _ => Literal::Decimal(signed),
                })
            }
            _ => None,
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    Lexer::new(text).filter(|token| !token.kind.is_trivia()).collect()
}

/// The literals of an expression, in order. Modifiers of types, as in `varchar(20)`, look like numbers and are
/// harmless.
fn literals(text: &str) -> Vec<Literal> {
    let tokens = tokens(text);
    let literal = |(at, token): (usize, &Token)| {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        Literal::of(text, *token, before.is_some_and(|it| it.text(text) == "-"))
    };
    let numbers_in_strings = |literal: Literal| match literal {
        // As the server prints a negative number: `'-1'::integer`.
        Literal::Text(text) => match text.parse() {
            Ok(number) if (-1_000_000_000..1_000_000_000).contains(&number) => {
                vec![Literal::Text(text), Literal::Number(number)]
            }
            _ => vec![Literal::Text(text)],
        },
        other => vec![other],
    };
    tokens.iter().enumerate().filter_map(literal).flat_map(numbers_in_strings).collect()
}

/// The text of a string as the server prints it.
fn unquoted(word: &str) -> String {
    let is_escaped = word.starts_with(['E', 'e']);
    let inner = word.trim_start_matches(['E', 'e']);
    let inner = inner.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')).unwrap_or(inner);
    let inner = inner.replace("''", "'");
    if is_escaped { inner.replace("\\\\", "\\") } else { inner }
}

/// What a row has to have in the columns of the partition key so that a partition takes it: a set for each
/// partition for which that is known.
pub(super) fn partitions(catalog: &Catalog, table: &Name) -> Vec<BTreeMap<String, String>> {
    let mut found = Vec::new();
    let Some(parent) = catalog.relations.get(table) else { return found };
    let keys = parent.partition_key.as_deref().map(key_columns).unwrap_or_default();
    let children = catalog.relations.iter().filter(|(_, it)| it.inherits.first() == Some(table));
    for (name, child) in children {
        let Some(bound) = &child.bound else { continue };
        for values in bounds(bound) {
            let own: BTreeMap<String, String> = keys.iter().cloned().zip(values).collect();
            let below = match child.partition_key {
                Some(_) => partitions(catalog, name),
                None => vec![BTreeMap::new()],
            };
            for deeper in below {
                found.push(own.clone().into_iter().chain(deeper).collect());
            }
        }
    }
    found
}

/// The columns in `RANGE (created_at, id)`; of an expression, the last word that is a name.
fn key_columns(key: &str) -> Vec<String> {
    let (_, list) = key.split_once('(').unwrap_or(("", key));
    let list = list.strip_suffix(')').unwrap_or(list);
    list.split(", ")
        .filter_map(|part| {
            let tokens = tokens(part);
            let name = |token: &Token| crate::syntax::ident::of(part, *token);
            tokens.iter().rev().find_map(name)
        })
        .collect()
}

/// Values at which a partition begins, or those that it is for; one that is empty says nothing of its row.
fn bounds(bound: &str) -> Vec<Vec<String>> {
    let tokens = tokens(bound);
    let word = |at: usize| tokens.get(at).map(|token| token.text(bound).to_ascii_uppercase());
    let rest = tokens.get(3..).unwrap_or_default();
    let mut values = Vec::new();
    let mut is_negative = false;
    for token in rest.iter().skip(1) {
        match token.text(bound) {
            ")" => break,
            "-" => is_negative = true,
            // There is no such first value.
            "MINVALUE" | "MAXVALUE" | "NULL" => return Vec::new(),
            _ => {
                let literal = Literal::of(bound, *token, is_negative);
                values.extend(literal.map(Literal::into_text));
                is_negative = false;
            }
        }
    }
    match (word(2).as_deref(), values.is_empty()) {
        (Some("FROM"), false) => vec![values],
        (Some("IN"), false) => values.into_iter().map(|value| vec![value]).collect(),
        // By a hash, or all the others.
        _ => vec![Vec::new()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_as_the_server_prints_them() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<String> = literals(text).into_iter().map(Literal::into_text).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("CHECK ((price > (0)::numeric))", &["0"]);
        check("CHECK ((n > '-1'::integer))", &["-1", "-1"]);
        check(
            "CHECK (((status)::text = ANY ((ARRAY['on'::character varying, 'it''s'::character varying])::text[])))",
            &["on", "it's"],
        );
        check("CHECK ((x <> E'a\\\\b'::text))", &["a\\b"]);
        check("CHECK ((a < b))", &[]);
    }

    #[test]
    fn bounds_give_a_row_to_each_partition() {
        let check = |bound: &str, expected: &[&[&str]]| {
            assert_eq!(bounds(bound), expected, "{bound}");
        };
        check("FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')", &[&["2024-01-01"]]);
        check("FOR VALUES FROM (-5, 'a') TO (10, 'b')", &[&["-5", "a"]]);
        check("FOR VALUES FROM (MINVALUE) TO (10)", &[]);
        check("FOR VALUES IN ('a', 'b')", &[&["a"], &["b"]]);
        check("FOR VALUES WITH (modulus 4, remainder 0)", &[&[]]);
        check("DEFAULT", &[&[]]);
    }

    #[test]
    fn the_columns_of_a_key_are_read() {
        assert_eq!(key_columns("RANGE (created_at, \"Id\")"), ["created_at", "Id"]);
        assert_eq!(key_columns("LIST (lower(region))"), ["region"]);
        assert_eq!(key_columns("HASH (id)"), ["id"]);
    }
}
