//! Names of objects, and how they are shown.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::syntax::ident::{LONGEST, shown};

/// A name in a schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct Name {
    /// The schema.
    pub schema: String,
    /// The name in it.
    pub name: String,
}

/// A routine is known by its name and its arguments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct RoutineName {
    /// The schema.
    pub schema: String,
    /// The name in it.
    pub name: String,
    /// The arguments that tell it from others of its name, as PostgreSQL prints them.
    pub arguments: String,
}

/// An object of a rare kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct OtherName {
    /// The kind in PostgreSQL's words: `collation`, `cast`, `event trigger`.
    pub kind: String,
    /// What tells it from others of its kind, as PostgreSQL prints it.
    pub identity: String,
}

/// Who was granted something, and on what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct GrantName {
    /// What it is on: `table`, `column`, `sequence`, `schema`, `routine`, `type`, `server`, `language`,
    /// `foreign-data wrapper`, or `default privileges on tables` and so on.
    pub kind: String,
    /// The schema; empty for what is in none.
    pub schema: String,
    /// The name in it; of default privileges the schema that they are for, and `*` for all.
    pub name: String,
    /// A table's column, or a routine's arguments; of default privileges the role whose new objects they are
    /// for, empty for the one that the catalog is seen from. Empty for others.
    pub part: String,
    /// The role, as SQL has it; `PUBLIC` for everybody, `OWNER` for the owner, and `CURRENT_ROLE` for the role
    /// that the catalog is seen from.
    pub to: String,
}

/// What privileges are on, and what has an owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct ObjectName {
    /// As in [`GrantName`], or another kind in PostgreSQL's words.
    pub kind: String,
    /// As in [`GrantName`].
    pub schema: String,
    /// As in [`GrantName`]; of a rare kind, as PostgreSQL prints it.
    pub name: String,
    /// As in [`GrantName`].
    pub part: String,
}

impl GrantName {
    /// Is it on the same as another one?
    pub(crate) fn is_on(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.schema == other.schema
            && self.name == other.name
            && self.part == other.part
    }

    /// What it is on.
    #[must_use]
    pub fn object(&self) -> ObjectName {
        let GrantName { kind, schema, name, part, to: _ } = self.clone();
        ObjectName { kind, schema, name, part }
    }
}

impl ObjectName {
    /// A table, a view, a sequence, a type.
    pub(crate) fn of(kind: &str, name: &Name) -> Self {
        let Name { schema, name } = name.clone();
        ObjectName { kind: kind.to_owned(), schema, name, part: String::new() }
    }

    /// A routine.
    pub(crate) fn routine(it: &RoutineName) -> Self {
        let part = format!("({})", it.arguments);
        ObjectName { part, ..Self::of("routine", &Name::new(&*it.schema, &*it.name)) }
    }

    /// A column.
    pub(crate) fn column(table: &Name, column: &str) -> Self {
        ObjectName { part: column.to_owned(), ..Self::of("column", table) }
    }

    /// A schema.
    pub(crate) fn schema(name: &str) -> Self {
        Self::of("schema", &Name::new("", name))
    }

    /// An object of a rare kind.
    pub(crate) fn other(it: &OtherName) -> Self {
        Self::of(&it.kind, &Name::new("", &*it.identity))
    }

    /// Of default privileges: the word for what they are on, as `tables`.
    pub(crate) fn default_on(&self) -> Option<&str> {
        self.kind.strip_prefix("default privileges on ")
    }

    /// Is its name one word, which nobody has quoted yet?
    fn is_plain(&self) -> bool {
        const KINDS: [&str; 6] = ["schema", "table", "column", "sequence", "routine", "type"];
        KINDS.contains(&&*self.kind)
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ObjectName { kind, schema, name, part } = self;
        if let Some(kind) = self.default_on() {
            write!(f, "future {kind}")?;
            if name != "*" {
                write!(f, " in schema {}", shown(name))?;
            }
            return if part.is_empty() { Ok(()) } else { write!(f, " created by {part}") };
        }
        f.write_str(kind)?;
        match schema.as_str() {
            "" if !self.is_plain() => write!(f, " {name}")?,
            "" => write!(f, " {}", shown(name))?,
            _ => write!(f, " {}", Name::new(schema, name))?,
        }
        match kind.as_str() {
            "column" => write!(f, ".{}", shown(part)),
            _ => f.write_str(part),
        }
    }
}

impl fmt::Display for GrantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "on {} to {}", self.object(), self.to)
    }
}

impl OtherName {
    /// Does its name, as PostgreSQL prints it, begin with a schema?
    pub(crate) fn is_in(&self, schema: &str) -> bool {
        let shown = shown(schema);
        let rest = self.identity.strip_prefix(&*shown).or_else(|| {
            // A keyword is quoted, too.
            self.identity.strip_prefix(&*crate::syntax::ident::quote(schema))
        });
        rest.is_some_and(|rest| rest.starts_with('.'))
    }
}

impl Name {
    /// A name in a schema.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Name { schema: schema.into(), name: name.into() }
    }
}

/// The name that the server makes of a table's, a column's and a word: the longer of the two is cut.
pub(crate) fn usual_name(table: &str, column: Option<&str>, word: &str) -> String {
    let room = LONGEST.saturating_sub(word.len() + 1 + usize::from(column.is_some()));
    let (mut first, mut second) = (table.len(), column.map_or(0, str::len));
    while first + second > room {
        if first > second { first -= 1 } else { second -= 1 }
    }
    let table = &table[..table.floor_char_boundary(first)];
    match column {
        Some(column) => {
            let column = &column[..column.floor_char_boundary(second)];
            format!("{table}_{column}_{word}")
        }
        None => format!("{table}_{word}"),
    }
}

/// Without the schema where it is `public`; quoted where SQL would need it.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.schema != "public" {
            write!(f, "{}.", shown(&self.schema))?;
        }
        f.write_str(&shown(&self.name))
    }
}

impl fmt::Display for RoutineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Name::new(&*self.schema, &*self.name);
        write!(f, "{name}({})", self.arguments)
    }
}

impl fmt::Display for OtherName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.identity)
    }
}

/// A name as the key of a map in JSON.
macro_rules! serialize_as_shown {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}
serialize_as_shown!(Name, RoutineName, OtherName, GrantName, ObjectName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_cuts_the_longer_name() {
        let check = |table: &str, column: Option<&str>, expected: &str| {
            assert_eq!(usual_name(table, column, "not_null"), expected);
        };
        check("t", Some("a"), "t_a_not_null");
        check("d", None, "d_not_null");
        let (long, rest) = ("x".repeat(60), "x".repeat(50));
        check(&long, Some("abc"), &format!("{rest}_abc_not_null"));
        let half = "y".repeat(26);
        check(
            &"x".repeat(40),
            Some(&"y".repeat(40)),
            &format!("{}_{half}_not_null", "x".repeat(27)),
        );
    }

    #[test]
    fn names_are_shown_as_people_write_them() {
        let check = |schema: &str, name: &str, expected: &str| {
            assert_eq!(Name::new(schema, name).to_string(), expected);
        };
        check("public", "users", "users");
        check("app", "users", "app.users");
        check("My Shop", "a\"b", "\"My Shop\".\"a\"\"b\"");
        check("public", "2fa", "\"2fa\"");
        check("public", "", "\"\"");
        check("public", "Über", "\"Über\"");
    }
}
