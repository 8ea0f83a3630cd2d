//! What things are called, and how that is shown.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::ident::shown;

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
    /// What it is on: `table`, `column`, `sequence`, `schema`, `routine`, `type`, or the default of new ones.
    pub kind: String,
    /// The schema; empty for a schema itself.
    pub schema: String,
    /// The name in it.
    pub name: String,
    /// A table's column, or a routine's arguments; empty for others.
    pub part: String,
    /// The role, `PUBLIC` for everybody.
    pub to: String,
}

/// What privileges are on, and what has an owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct ObjectName {
    /// As in [`GrantName`].
    pub kind: String,
    /// The schema; empty for a schema itself.
    pub schema: String,
    /// The name in it.
    pub name: String,
    /// A table's column, or a routine's arguments; empty for others.
    pub part: String,
}

impl GrantName {
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
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ObjectName { kind, schema, name, part } = self;
        write!(f, "{kind} ")?;
        match schema.as_str() {
            "" => f.write_str(&shown(name))?,
            _ => Name::new(schema, name).fmt(f)?,
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

impl Name {
    /// A name in a schema.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Name { schema: schema.into(), name: name.into() }
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
