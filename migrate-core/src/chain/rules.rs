//! A project's own rules for statements and names, and the patterns that they are written with.

use std::collections::BTreeMap;

use crate::chain::lint::Level;
use crate::syntax::table_locks::LockMode;

/// The kinds of statements that a rule can name. The first matching kind of a statement is the most
/// specific one.
pub(crate) const STATEMENTS: [&str; 36] = [
    "add column",
    "add constraint",
    "alter column type",
    "create domain",
    "create extension",
    "create function",
    "create index",
    "create policy",
    "create schema",
    "create sequence",
    "create table",
    "create trigger",
    "create type",
    "create view",
    "delete",
    "do",
    "drop column",
    "drop constraint",
    "drop extension",
    "drop function",
    "drop index",
    "drop policy",
    "drop schema",
    "drop sequence",
    "drop table",
    "drop trigger",
    "drop type",
    "drop view",
    "grant",
    "insert",
    "lock table",
    "rename",
    "revoke",
    "set not null",
    "truncate",
    "update",
];

/// A rule: a statement for which all of its conditions hold is reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    /// One of these kinds; any kind, if there is none.
    pub(crate) statements: Vec<&'static str>,
    pub(crate) tables: Vec<Pattern>,
    pub(crate) schemas: Vec<Pattern>,
    /// The type of a new column, or the new type of a column.
    pub(crate) types: Vec<Pattern>,
    /// A lock of this mode or a stronger one on a table in use.
    pub(crate) lock: Option<LockMode>,
    pub(crate) message: String,
    pub(crate) help: String,
    /// `None` for the level of the lint `rule`.
    pub(crate) level: Option<Level>,
}

impl Rule {
    pub(crate) fn has_condition(&self) -> bool {
        let is_free = self.statements.is_empty()
            && self.tables.is_empty()
            && self.schemas.is_empty()
            && self.types.is_empty();
        !is_free || self.lock.is_some()
    }
}

/// What `[naming]` has patterns for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Named {
    Tables,
    Columns,
    Indexes,
    /// All constraints that have no patterns of their own.
    Constraints,
    PrimaryKeys,
    ForeignKeys,
    UniqueConstraints,
    Checks,
}

/// How each is written.
pub(crate) const NAMED: [(Named, &str); 8] = [
    (Named::Tables, "tables"),
    (Named::Columns, "columns"),
    (Named::Indexes, "indexes"),
    (Named::Constraints, "constraints"),
    (Named::PrimaryKeys, "primary_keys"),
    (Named::ForeignKeys, "foreign_keys"),
    (Named::UniqueConstraints, "unique_constraints"),
    (Named::Checks, "checks"),
];

impl Named {
    /// The placeholders that a pattern may contain.
    pub(crate) const fn placeholders(self) -> &'static [&'static str] {
        match self {
            Named::Tables => &["snake"],
            Named::Columns => &["snake", "table"],
            _ => &["snake", "table", "columns"],
        }
    }

    /// In a sentence.
    pub(crate) const fn one(self) -> &'static str {
        match self {
            Named::Tables => "table",
            Named::Columns => "column",
            Named::Indexes => "index",
            Named::Constraints => "constraint",
            Named::PrimaryKeys => "primary key",
            Named::ForeignKeys => "foreign key",
            Named::UniqueConstraints => "unique constraint",
            Named::Checks => "check",
        }
    }
}

/// The patterns of `[naming]`.
pub(crate) type Naming = BTreeMap<Named, Vec<Pattern>>;

/// A pattern for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Is(char),
    /// `?`
    One,
    /// `*`
    Any,
    /// `{snake}`: words of lower-case letters and digits, with `_` between them.
    Snake,
    Table,
    Columns,
}

/// What the placeholders of a pattern stand for; what is not known may be any text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Subject<'n> {
    pub(crate) table: Option<&'n str>,
    pub(crate) columns: Option<&'n str>,
}

impl Pattern {
    /// Reads a pattern; `None` if it is empty, or has a placeholder that is not one of these.
    pub(crate) fn read(text: &str, placeholders: &[&str]) -> Option<Self> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            pieces.push(match c {
                '*' => Piece::Any,
                '?' => Piece::One,
                '{' => {
                    let (name, after) = rest.split_once('}')?;
                    rest = after;
                    placeholders.contains(&name).then_some(())?;
                    match name {
                        "table" => Piece::Table,
                        "columns" => Piece::Columns,
                        _ => Piece::Snake,
                    }
                }
                '}' => return None,
                c => Piece::Is(c),
            });
        }
        (!pieces.is_empty()).then(|| Pattern { text: text.to_owned(), pieces })
    }

    /// The pattern as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The only name that fits, if there is only one.
    pub(crate) fn example(&self, subject: Subject<'_>) -> Option<String> {
        let mut name = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Is(c) => name.push(*c),
                Piece::Table => name.push_str(subject.table?),
                Piece::Columns => name.push_str(subject.columns?),
                Piece::One | Piece::Any | Piece::Snake => return None,
            }
        }
        Some(name)
    }

    /// Whether all of a name has this form.
    pub(crate) fn fits(&self, name: &str, subject: Subject<'_>) -> bool {
        let name: Vec<char> = name.chars().collect();
        // Where in the name the pieces read so far may end.
        let mut ends = vec![false; name.len() + 1];
        ends[0] = true;
        for piece in &self.pieces {
            let mut next = vec![false; name.len() + 1];
            for start in (0..=name.len()).filter(|at| ends[*at]) {
                piece.mark(&name, start, subject, &mut next);
            }
            ends = next;
        }
        ends[name.len()]
    }
}

impl Piece {
    /// Marks where this piece may end if it starts here.
    fn mark(self, name: &[char], start: usize, subject: Subject<'_>, ends: &mut [bool]) {
        let rest = &name[start..];
        match self {
            Piece::Is(c) if rest.first() == Some(&c) => ends[start + 1] = true,
            Piece::One if !rest.is_empty() => ends[start + 1] = true,
            Piece::Is(_) | Piece::One => {}
            Piece::Any => ends[start..].fill(true),
            Piece::Snake => {
                for length in 1..=rest.len() {
                    ends[start + length] |= is_snake(&rest[..length]);
                }
            }
            Piece::Table => text(subject.table, rest, start, ends),
            Piece::Columns => text(subject.columns, rest, start, ends),
        }
    }
}

/// Marks the end of this text; if it is not known, all ends.
fn text(known: Option<&str>, rest: &[char], start: usize, ends: &mut [bool]) {
    let Some(known) = known else { return ends[start..].fill(true) };
    let length = known.chars().count();
    if rest.len() >= length && known.chars().eq(rest[..length].iter().copied()) {
        ends[start + length] = true;
    }
}

fn is_snake(text: &[char]) -> bool {
    let is_word = |word: &[char]| {
        !word.is_empty() && word.iter().all(|c| c.is_lowercase() || c.is_ascii_digit())
    };
    text.first().is_some_and(|c| c.is_lowercase()) && text.split(|c| *c == '_').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_names_fit() {
        let subject = Subject { table: Some("users"), columns: Some("email_name") };
        for (pattern, name, fits) in [
            ("users", "users", true),
            ("users", "user", false),
            ("audit_*", "audit_", true),
            ("audit_*", "audit_log", true),
            ("*_audit", "log_audit", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("{snake}", "users", true),
            ("{snake}", "user_settings2", true),
            ("{snake}", "userSettings", false),
            ("{snake}", "user__settings", false),
            ("{snake}", "_users", false),
            ("{snake}", "2users", false),
            ("{snake}_t", "user_settings_t", true),
            ("{table}_{columns}_idx", "users_email_name_idx", true),
            ("{table}_{columns}_idx", "users_email_idx", false),
            ("ix_{table}_*", "ix_users_", true),
            ("{table}é", "usersé", true),
        ] {
            let read = Pattern::read(pattern, &["snake", "table", "columns"]).unwrap();
            assert_eq!(read.fits(name, subject), fits, "{pattern} {name}");
        }
        let only = Pattern::read("{table}_{columns}_idx", &["table", "columns"]).unwrap();
        assert_eq!(only.example(subject).as_deref(), Some("users_email_name_idx"));
        let columns = Pattern::read("{columns}_idx", &["columns"]).unwrap();
        assert!(columns.fits("anything_idx", Subject::default()));
        assert!(!columns.fits("anything", Subject::default()));
        // It is read in a time that does not explode.
        let slow = Pattern::read(&"*a".repeat(40), &[]).unwrap();
        assert!(!slow.fits(&"a".repeat(39), Subject::default()));
    }

    #[test]
    fn what_is_no_pattern() {
        for text in ["", "{table", "table}", "{}", "{Table}", "{columns}"] {
            assert_eq!(Pattern::read(text, &["snake", "table"]), None, "{text}");
        }
    }

    #[test]
    fn kinds_are_sorted() {
        assert!(STATEMENTS.is_sorted());
    }
}
