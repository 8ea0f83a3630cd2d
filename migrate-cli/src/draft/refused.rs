//! What the server lacks when it refuses a statement of a draft, and which other statement creates it.

use std::fmt;

use super::{DraftSection, DraftStatement};

/// The SQLSTATEs that another order may help: something is not there yet, is there still, or is still in use.
const OF_ORDER: [&str; 10] =
    ["2BP01", "0A000", "3F000", "42703", "42704", "42710", "42723", "42883", "42P01", "42P07"];

/// Why the server has refused a statement.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Refusal {
    /// Can it be accepted behind other statements?
    pub(super) fn is_of_order(&self) -> bool {
        OF_ORDER.contains(&&*self.code)
    }

    pub(super) fn missing(&self) -> Option<Missing<'_>> {
        missing(&self.message).filter(|_| self.is_of_order())
    }
}

/// What a message says does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing<'a> {
    pub(super) kind: MissingKind,
    /// Without its schema.
    pub(super) name: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MissingKind {
    Relation,
    Type,
    Routine,
    Other,
}

/// Of `relation "public.t" does not exist`: the relation `t`.
pub(super) fn missing(message: &str) -> Option<Missing<'_>> {
    let (before, _) = message.split_once(" does not exist")?;
    let name = match before.split('"').nth(1) {
        Some(quoted) => quoted,
        // An operator's name follows behind.
        None => before.split('(').next()?.rsplit_once(' ')?.1,
    };
    let name = name.rsplit('.').next().filter(|name| !name.is_empty())?;
    let kind = match before.split(' ').next()? {
        "relation" => MissingKind::Relation,
        "type" => MissingKind::Type,
        "function" | "procedure" | "aggregate" | "routine" => MissingKind::Routine,
        _ => MissingKind::Other,
    };
    Some(Missing { kind, name })
}

impl DraftSection {
    /// Leaves a statement to a person: the nth, from 1, of those that are written. False if there is no such one.
    pub(crate) fn leave(&mut self, number: usize, why: String) -> bool {
        let written: Vec<Option<usize>> = self.written().map(|(at, _)| at).collect();
        let at = number.checked_sub(1).and_then(|nth| written.get(nth).copied().flatten());
        match at.and_then(|at| self.statements.get_mut(at)) {
            Some(statement) => {
                (statement.todo, statement.unchecked) = (Some(why), None);
                true
            }
            None => false,
        }
    }
}

impl DraftStatement {
    pub(super) fn is_routine(&self) -> bool {
        matches!(created(&self.step.sql), Some(("FUNCTION" | "PROCEDURE", _)))
    }

    /// Does it create this?
    pub(super) fn creates(&self, it: Missing<'_>) -> bool {
        let sql = &*self.step.sql;
        let kinds: &[&str] = match it.kind {
            MissingKind::Relation => &["TABLE", "VIEW", "SEQUENCE", "INDEX"],
            MissingKind::Type => &["TYPE", "DOMAIN", "TABLE", "VIEW"],
            MissingKind::Routine => &["FUNCTION", "PROCEDURE", "AGGREGATE"],
            MissingKind::Other => {
                let head = sql.split(['(', '\n']).next().unwrap_or_default();
                let head = head.split(" AS ").next().unwrap_or_default();
                let is_named =
                    head.starts_with("CREATE ") && words(head).any(|word| word == it.name);
                return is_named || changes(sql, it.name);
            }
        };
        let is_renamed = it.kind != MissingKind::Routine
            && sql.starts_with("ALTER ")
            && sql.contains(" RENAME TO ")
            && words(sql).last() == Some(it.name);
        is_renamed
            || created(sql).is_some_and(|(kind, name)| kinds.contains(&kind) && name == it.name)
    }

    /// Would this be there if the statement had run? A table has columns, constraints and their indexes.
    pub(super) fn makes(&self, it: Missing<'_>) -> bool {
        let sql = &*self.step.sql;
        let is_part = match it.kind {
            MissingKind::Type | MissingKind::Routine => false,
            MissingKind::Relation => matches!(created(sql), Some(("TABLE", _))),
            MissingKind::Other => sql.starts_with("CREATE "),
        };
        self.creates(it)
            || changes(sql, it.name)
            || is_part && words(sql).any(|word| word == it.name)
    }
}

/// Does it add something of this name, or give it that name?
fn changes(sql: &str, name: &str) -> bool {
    let adds = sql.starts_with("ALTER ") && (sql.contains(" ADD ") || sql.contains(" RENAME "));
    adds && words(sql).any(|word| word == name)
}

/// What a statement creates: the keyword, and the name without its schema.
fn created(sql: &str) -> Option<(&str, String)> {
    const KINDS: [&str; 9] = [
        "TABLE",
        "VIEW",
        "SEQUENCE",
        "INDEX",
        "TYPE",
        "DOMAIN",
        "FUNCTION",
        "PROCEDURE",
        "AGGREGATE",
    ];
    let mut rest = sql.strip_prefix("CREATE ")?;
    let kind = loop {
        let (word, behind) = rest.split_once(' ')?;
        rest = behind;
        if KINDS.contains(&word) {
            break word;
        }
        if !word.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
    };
    for word in ["CONCURRENTLY ", "IF NOT EXISTS "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    Some((kind, last_name(rest)))
}

/// The last part of the name at the beginning of a text, without quotes.
fn last_name(text: &str) -> String {
    let (mut name, mut is_quoted) = (String::new(), false);
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '"' if is_quoted && rest.peek() == Some(&'"') => name.extend(rest.next()),
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => name.clear(),
            '(' | ';' if !is_quoted => break,
            _ if !is_quoted && letter.is_whitespace() => break,
            _ => name.push(letter),
        }
    }
    name
}

fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}
