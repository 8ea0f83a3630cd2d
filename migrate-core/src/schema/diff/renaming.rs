//! Reads a rename as people write it: `users.email=mail`, `people=users`, `orders=shop.orders`.

use std::fmt;

use super::mentions;
use super::{Rename, RenameKind};
use crate::schema::catalog::{Catalog, Name, RelationKind};
use crate::syntax::ident::fold;

/// Why what somebody wrote is no rename.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenameError {
    /// It has not the form of one.
    Form {
        /// What was written.
        text: String,
    },
    /// Nothing has the name.
    Unknown {
        /// The name.
        name: String,
    },
    /// The table has no such column.
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Those that there are.
        columns: Vec<String>,
    },
    /// It may be two things.
    Ambiguous {
        /// What was written.
        name: String,
        /// What it may be.
        meanings: Vec<String>,
    },
    /// It moves something to another schema and renames it, which are two statements.
    Both {
        /// The name as it is now.
        name: String,
        /// The schema.
        schema: String,
        /// The name that it is to have.
        to: String,
    },
    /// The new name is in use.
    Taken {
        /// The new name, with what it is in.
        name: String,
    },
}

impl fmt::Display for RenameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RenameError::Form { text } => write!(
                f,
                "`{text}` is no rename: write `table.column=new`, `table=new`, or `table=schema.table` to move \
                 it, with the schema in front where it is not public"
            ),
            RenameError::Both { name, schema, to } => {
                let moved = Name::new(&**schema, name.rsplit('.').next().unwrap_or_default());
                let moved = mentions::full(&moved);
                write!(
                    f,
                    "`{name}` can't be moved and renamed at once: write `--rename {name}={moved} --rename {moved}={to}`"
                )
            }
            RenameError::Unknown { name } => write!(
                f,
                "there is no table, type or sequence `{name}` to rename: name it as it is called now"
            ),
            RenameError::NoColumn { table, column, columns } => write!(
                f,
                "the table {table} has no column `{column}` to rename; it has {}",
                columns.join(", ")
            ),
            RenameError::Ambiguous { name, meanings } => {
                write!(f, "`{name}` may be {}: put the schema in front", meanings.join(" or "))
            }
            RenameError::Taken { name } => {
                write!(f, "there is already a `{name}`: choose a name that is free")
            }
        }
    }
}

impl std::error::Error for RenameError {}

impl Rename {
    /// The rename that somebody has written for the database of a catalog: `users.email=mail` for a
    /// column, `people=users` for a table, an enum, a domain, a composite type or a sequence. What
    /// is not in `public` has its schema in front. Names that SQL would quote are quoted.
    ///
    /// # Errors
    ///
    /// A text of another form, a name that is nobody's, or a new one that somebody has.
    pub fn parse(text: &str, from: &Catalog) -> Result<Self, RenameError> {
        Self::parse_behind(text, from, &[])
    }

    /// The same for a catalog in which these renames are done: a table may be called as before them.
    ///
    /// # Errors
    ///
    /// As those of [`parse`](Self::parse).
    pub fn parse_behind(
        text: &str,
        from: &Catalog,
        earlier: &[Rename],
    ) -> Result<Self, RenameError> {
        let form = || RenameError::Form { text: text.to_owned() };
        let (old, new) = halves(text).ok_or_else(form)?;
        let (to_schema, to) = match new.as_slice() {
            [to] => (None, to.clone()),
            [schema, to] => (Some(schema.clone()), to.clone()),
            _ => return Err(form()),
        };
        let meanings = match meanings(&old, from) {
            none if none.is_empty() => meanings(&named_now(&old, earlier), from),
            found => found,
        };
        let mut found = meanings.iter().map(|(kind, schema, table, from)| Rename {
            kind: *kind,
            schema: schema.clone(),
            table: table.clone(),
            from: from.clone(),
            to: to.clone(),
            to_schema: to_schema.clone().filter(|it| it != schema),
        });
        let Some(rename) = found.next() else {
            return Err(unknown(&old, from).unwrap_or_else(form));
        };
        if let Some(other) = found.next() {
            let shown = |it: &Rename| format!("the {} {}", it.kind.word(), it.shown(&it.from));
            let meanings = vec![shown(&rename), shown(&other)];
            return Err(RenameError::Ambiguous { name: old.join("."), meanings });
        }
        if let Some(schema) = rename.to_schema.clone() {
            if rename.kind == RenameKind::Column {
                return Err(form());
            }
            if rename.from != to {
                let (name, to) = (rename.shown(&rename.from), mentions::ident(&to));
                return Err(RenameError::Both { name, schema, to });
            }
        }
        if rename.taken(from) {
            let schema = rename.to_schema.as_ref().unwrap_or(&rename.schema);
            let name = match &rename.table {
                Some(_) => rename.shown(&to),
                None => Name::new(&**schema, &*to).to_string(),
            };
            return Err(RenameError::Taken { name });
        }
        Ok(rename)
    }

    fn taken(&self, catalog: &Catalog) -> bool {
        let name = Name::new(&**self.to_schema.as_ref().unwrap_or(&self.schema), &*self.to);
        match &self.table {
            Some(table) => {
                let table = catalog.relations.get(&Name::new(&*self.schema, table));
                table.is_some_and(|it| it.columns.iter().any(|it| it.name == self.to))
            }
            None => {
                // A table's name is a type's, too.
                let index = |(table, it): (&Name, &crate::schema::catalog::Relation)| {
                    table.schema == name.schema && it.indexes.contains_key(&name.name)
                };
                catalog.relations.contains_key(&name)
                    || catalog.sequences.contains_key(&name)
                    || catalog.enums.contains_key(&name)
                    || catalog.domains.contains_key(&name)
                    || catalog.composites.contains_key(&name)
                    || catalog.ranges.contains_key(&name)
                    || catalog.relations.iter().any(index)
            }
        }
    }
}

type Meaning = (RenameKind, String, Option<String>, String);

/// What a name with dots can be.
fn meanings(parts: &[String], catalog: &Catalog) -> Vec<Meaning> {
    let mut found = Vec::new();
    let thing = |schema: &str, name: &str| {
        let key = Name::new(schema, name);
        let view = |kind| matches!(kind, RelationKind::View | RelationKind::MaterializedView);
        let table = catalog.relations.get(&key).is_some_and(|it| !view(it.kind));
        [
            (RenameKind::Table, table),
            (RenameKind::Enum, catalog.enums.contains_key(&key)),
            (RenameKind::Domain, catalog.domains.contains_key(&key)),
            (RenameKind::Composite, catalog.composites.contains_key(&key)),
            (RenameKind::Sequence, catalog.sequences.contains_key(&key)),
        ]
        .into_iter()
        .filter(|(_, is)| *is)
        .map(|(kind, _)| (kind, schema.to_owned(), None, name.to_owned()))
        .collect::<Vec<_>>()
    };
    let column = |schema: &str, table: &str, name: &str| {
        let relation = catalog.relations.get(&Name::new(schema, table));
        let has = relation.is_some_and(|it| it.columns.iter().any(|it| it.name == name));
        let (schema, table) = (schema.to_owned(), Some(table.to_owned()));
        has.then(|| (RenameKind::Column, schema, table, name.to_owned()))
    };
    match parts {
        [name] => found.extend(thing("public", name)),
        [one, two] => {
            found.extend(column("public", one, two));
            found.extend(thing(one, two));
        }
        [schema, table, name] => found.extend(column(schema, table, name)),
        _ => {}
    }
    found
}

/// The name of a column, with its table as it is called after some renames.
fn named_now(parts: &[String], earlier: &[Rename]) -> Vec<String> {
    let mut now = parts.to_vec();
    for it in earlier.iter().filter(|it| it.kind == RenameKind::Table) {
        let column = match now.as_slice() {
            [table, column] if it.schema == "public" && *table == it.from => column.clone(),
            [schema, table, column] if *schema == it.schema && *table == it.from => column.clone(),
            _ => continue,
        };
        let schema = it.to_schema.as_ref().unwrap_or(&it.schema);
        now = match schema.as_str() {
            "public" => vec![it.to.clone(), column],
            _ => vec![schema.clone(), it.to.clone(), column],
        };
    }
    now
}

/// Why a name means nothing.
fn unknown(parts: &[String], catalog: &Catalog) -> Option<RenameError> {
    let (table, column) = match parts {
        [table, column] => (Name::new("public", table), column),
        [schema, table, column] => (Name::new(schema, table), column),
        [_] => return Some(RenameError::Unknown { name: parts.join(".") }),
        _ => return None,
    };
    let Some(relation) = catalog.relations.get(&table) else {
        return Some(RenameError::Unknown { name: parts.join(".") });
    };
    let columns = relation.columns.iter().map(|it| mentions::ident(&it.name)).collect();
    let (table, column) = (table.to_string(), column.clone());
    Some(RenameError::NoColumn { table, column, columns })
}

/// The names on both sides of the `=`, each in its parts.
fn halves(text: &str) -> Option<(Vec<String>, Vec<String>)> {
    let mut sides: Vec<Vec<String>> = vec![Vec::new()];
    let (mut word, mut quoted, mut was_quoted) = (String::new(), false, false);
    let mut chars = text.trim().chars().chain(['=']).peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                word.push('"');
            }
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            '.' | '=' if !quoted => {
                let name = if was_quoted { word.clone() } else { fold(word.trim()) };
                if name.is_empty() {
                    return None;
                }
                sides.last_mut()?.push(name);
                word.clear();
                was_quoted = false;
                if c == '=' {
                    sides.push(Vec::new());
                }
            }
            c => word.push(c),
        }
    }
    // The last `=` is ours.
    sides.pop();
    let new = sides.pop()?;
    let old = sides.pop()?;
    (sides.is_empty() && !quoted).then_some((old, new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::catalog::Enum;

    #[test]
    fn what_people_write_is_split() {
        let check = |text: &str, expected: Option<(&[&str], &[&str])>| {
            let found = halves(text);
            let owned = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
            let expected = expected.map(|(old, new)| (owned(old), owned(new)));
            assert_eq!(found, expected, "{text}");
        };
        check("users.email=mail", Some((&["users", "email"], &["mail"])));
        check(" People = users ", Some((&["people"], &["users"])));
        check("\"My.Shop\".\"a\"\"b\"=\"C=d\"", Some((&["My.Shop", "a\"b"], &["C=d"])));
        for wrong in ["", "users", "=users", "users=", "a..b=c", "a=b=c", "a=\"b"] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_table_may_be_called_as_before_its_rename() {
        let rename = |schema: &str| Rename {
            kind: RenameKind::Table,
            schema: schema.to_owned(),
            table: None,
            from: "t".to_owned(),
            to: "u".to_owned(),
            to_schema: None,
        };
        let check = |parts: &[&str], expected: &[&str]| {
            let parts: Vec<String> = parts.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(named_now(&parts, &[rename("public"), rename("s")]), expected);
        };
        check(&["t", "a"], &["u", "a"]);
        check(&["s", "t", "a"], &["s", "u", "a"]);
        check(&["other", "t", "a"], &["other", "t", "a"]);
        check(&["t"], &["t"]);
        let moved =
            Rename { to: "t".to_owned(), to_schema: Some("x".to_owned()), ..rename("public") };
        let parts = ["t".to_owned(), "a".to_owned()];
        assert_eq!(named_now(&parts, &[moved]), ["x", "t", "a"]);
    }

    #[test]
    fn a_name_is_looked_up() {
        let mut catalog = Catalog::default();
        for name in ["mood", "size"] {
            let labels = vec!["s".to_owned()];
            catalog.enums.insert(Name::new("public", name), Enum { labels, comment: None });
        }
        let check = |text: &str, expected: &str| {
            let found = Rename::parse(text, &catalog);
            let found = found.map_or_else(|error| error.to_string(), |it| it.to_string());
            assert!(found.starts_with(expected), "{found}");
        };
        check("mood=feeling", "enum mood -> feeling");
        check("public.mood=feeling", "enum mood -> feeling");
        check("mood=size", "there is already a `size`");
        check("modd=feeling", "there is no table, type or sequence `modd`");
        check("mood.a=b", "there is no table, type or sequence `mood.a`");
        check("a.b.c.d=b", "`a.b.c.d=b` is no rename");
        check("mood=a.mood", "enum mood -> a.mood");
        check("mood=public.feeling", "enum mood -> feeling");
        check(
            "mood=a.b",
            "`mood` can't be moved and renamed at once: write `--rename mood=a.mood --rename a.mood=b`",
        );
        check("mood=a.b.c", "`mood=a.b.c` is no rename");
    }
}
