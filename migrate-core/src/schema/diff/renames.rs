//! Finds objects that may have been renamed. Two catalogs can't prove it, so a person decides.

use std::collections::BTreeSet;
use std::fmt;

use super::mentions;
use crate::schema::catalog::{Catalog, Column, Name, Relation, RelationKind, Sequence};

/// A new name, or another schema, for something that stays what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rename {
    /// What it is.
    pub kind: RenameKind,
    /// The schema it is in.
    pub schema: String,
    /// The table of a column.
    pub table: Option<String>,
    /// The name that it has.
    pub from: String,
    /// The name that it gets.
    pub to: String,
    /// The schema that it moves to, under the name that it has.
    pub to_schema: Option<String>,
}

/// What is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RenameKind {
    /// A table.
    Table,
    /// A column of a table.
    Column,
    /// An enum.
    Enum,
    /// A domain.
    Domain,
    /// A composite type.
    Composite,
    /// A sequence that belongs to no column.
    Sequence,
}

impl RenameKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            RenameKind::Table => "table",
            RenameKind::Column => "column",
            RenameKind::Enum => "enum",
            RenameKind::Domain => "domain",
            RenameKind::Composite => "composite type",
            RenameKind::Sequence => "sequence",
        }
    }

    /// What `ALTER` calls it.
    fn keyword(self) -> &'static str {
        match self {
            RenameKind::Table | RenameKind::Column => "TABLE",
            RenameKind::Enum | RenameKind::Composite => "TYPE",
            RenameKind::Domain => "DOMAIN",
            RenameKind::Sequence => "SEQUENCE",
        }
    }
}

impl Rename {
    /// The statement, without the semicolon.
    ///
    /// ```
    /// use migrate_core::schema::diff::{Rename, RenameKind};
    ///
    /// let rename = Rename {
    ///     kind: RenameKind::Column,
    ///     schema: "public".to_owned(),
    ///     table: Some("users".to_owned()),
    ///     from: "email".to_owned(),
    ///     to: "mail".to_owned(),
    ///     to_schema: None,
    /// };
    /// assert_eq!(rename.to_string(), "column users.email -> users.mail");
    /// assert_eq!(rename.sql(), "ALTER TABLE users RENAME COLUMN email TO mail");
    /// assert_eq!(rename.reversed().sql(), "ALTER TABLE users RENAME COLUMN mail TO email");
    /// ```
    #[must_use]
    pub fn sql(&self) -> String {
        let keyword = self.kind.keyword();
        let (from, to) = (mentions::ident(&self.from), mentions::ident(&self.to));
        match &self.table {
            Some(table) => {
                let table = mentions::name(&Name::new(&*self.schema, table));
                format!("ALTER {keyword} {table} RENAME COLUMN {from} TO {to}")
            }
            None => {
                let from = mentions::name(&Name::new(&*self.schema, &*self.from));
                match &self.to_schema {
                    Some(schema) => {
                        format!("ALTER {keyword} {from} SET SCHEMA {}", mentions::ident(schema))
                    }
                    None => format!("ALTER {keyword} {from} RENAME TO {to}"),
                }
            }
        }
    }

    /// The way back.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let (schema, to_schema) = match self.to_schema.clone() {
            Some(to) => (to, Some(self.schema.clone())),
            None => (self.schema.clone(), None),
        };
        let (from, to) = (self.to.clone(), self.from.clone());
        Rename { schema, to_schema, from, to, ..self.clone() }
    }

    /// As a person writes it for [`parse`](Self::parse): `users.email=mail`.
    #[must_use]
    pub fn to_argument(&self) -> String {
        let to = match &self.to_schema {
            Some(schema) => mentions::full(&Name::new(&**schema, &*self.to)),
            None => mentions::ident(&self.to),
        };
        format!("{}={to}", self.shown(&self.from))
    }

    pub(super) fn shown(&self, name: &str) -> String {
        match &self.table {
            Some(table) => {
                let table = Name::new(&*self.schema, table);
                format!("{table}.{}", mentions::ident(name))
            }
            None => Name::new(&*self.schema, name).to_string(),
        }
    }
}

/// `column users.email -> users.mail`
impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = match &self.to_schema {
            Some(schema) => mentions::full(&Name::new(&**schema, &*self.to)),
            None => self.shown(&self.to),
        };
        let from = self.shown(&self.from);
        write!(f, "{} {from} -> {to}", self.kind.word())
    }
}

/// The statements for some renames, and those for the way back: a schema that something moves to is created first.
///
/// ```
/// use migrate_core::schema::catalog::Catalog;
/// use migrate_core::schema::diff::{Rename, RenameKind, rename_statements};
///
/// let moved = Rename {
///     kind: RenameKind::Table,
///     schema: "public".to_owned(),
///     table: None,
///     from: "orders".to_owned(),
///     to: "orders".to_owned(),
///     to_schema: Some("shop".to_owned()),
/// };
/// let (there, back) = rename_statements(&[moved], &Catalog::default());
/// assert_eq!(there, ["CREATE SCHEMA shop", "ALTER TABLE orders SET SCHEMA shop"]);
/// assert_eq!(back, ["ALTER TABLE shop.orders SET SCHEMA public", "DROP SCHEMA shop"]);
/// ```
#[must_use]
pub fn rename_statements(renames: &[Rename], from: &Catalog) -> (Vec<String>, Vec<String>) {
    let (mut there, mut back) = (Vec::new(), Vec::new());
    let mut schemas: BTreeSet<&str> = from.schemas.keys().map(String::as_str).collect();
    schemas.insert("public");
    for it in renames {
        if let Some(schema) = it.to_schema.as_deref().filter(|schema| schemas.insert(schema)) {
            let schema = mentions::ident(schema);
            there.push(format!("CREATE SCHEMA {schema}"));
            back.push(format!("DROP SCHEMA {schema}"));
        }
        there.push(it.sql());
        back.push(it.reversed().sql());
    }
    back.reverse();
    (there, back)
}

/// What is only in the first catalog, beside what is only in the second and could be the same
/// under another name, or in another schema: a table with the same columns, a column of the same type and default, an
/// enum with the same labels. One thing can be in several candidates.
#[must_use]
pub fn rename_candidates(from: &Catalog, to: &Catalog) -> Vec<Rename> {
    let mut found = Vec::new();
    let table = |it: &Relation| {
        let kinds = [RelationKind::Table, RelationKind::PartitionedTable];
        kinds.contains(&it.kind) && !it.columns.is_empty()
    };
    let same = |one: (&Name, &Relation), other: (&Name, &Relation)| {
        let columns = |(name, it): (&Name, &Relation), catalog: &Catalog| -> Vec<_> {
            it.columns.iter().map(|column| shape(name, column, catalog)).collect()
        };
        table(one.1) && one.1.kind == other.1.kind && columns(one, from) == columns(other, to)
    };
    pairs(RenameKind::Table, &from.relations, &to.relations, same, &mut found);
    for (name, before) in &from.relations {
        let Some(after) = to.relations.get(name).filter(|it| it.kind == before.kind) else {
            continue;
        };
        if table(before) {
            columns(name, (before, from), (after, to), &mut found);
        }
    }
    pairs(RenameKind::Enum, &from.enums, &to.enums, |a, b| a.1.labels == b.1.labels, &mut found);
    let same = |one: (&Name, &_), other: (&Name, &_)| one.1 == other.1;
    pairs(RenameKind::Domain, &from.domains, &to.domains, same, &mut found);
    let same = |one: (&Name, &_), other: (&Name, &_)| one.1 == other.1;
    pairs(RenameKind::Composite, &from.composites, &to.composites, same, &mut found);
    let same = |one: (&Name, &Sequence), other: (&Name, &Sequence)| {
        one.1 == other.1 && one.1.owned_by.is_none()
    };
    pairs(RenameKind::Sequence, &from.sequences, &to.sequences, same, &mut found);
    found
}

/// What is only in one, with what is only in the other and the same.
fn pairs<T>(
    kind: RenameKind,
    one: &std::collections::BTreeMap<Name, T>,
    other: &std::collections::BTreeMap<Name, T>,
    same: impl Fn((&Name, &T), (&Name, &T)) -> bool,
    found: &mut Vec<Rename>,
) {
    for before in one.iter().filter(|(name, _)| !other.contains_key(*name)) {
        for after in other.iter().filter(|(name, _)| !one.contains_key(*name)) {
            let stays = before.0.schema == after.0.schema;
            if (stays || before.0.name == after.0.name) && same(before, after) {
                let (schema, from) = (before.0.schema.clone(), before.0.name.clone());
                let to = after.0.name.clone();
                let to_schema = (!stays).then(|| after.0.schema.clone());
                found.push(Rename { kind, schema, table: None, from, to, to_schema });
            }
        }
    }
}

fn columns(
    name: &Name,
    (before, from): (&Relation, &Catalog),
    (after, to): (&Relation, &Catalog),
    found: &mut Vec<Rename>,
) {
    let has = |it: &Relation, name: &str| it.columns.iter().any(|column| column.name == name);
    for old in before.columns.iter().filter(|it| !has(after, &it.name)) {
        for new in after.columns.iter().filter(|it| !has(before, &it.name)) {
            let mut renamed = shape(name, old, from);
            renamed.0.clone_from(&new.name);
            if renamed == shape(name, new, to) {
                found.push(Rename {
                    kind: RenameKind::Column,
                    schema: name.schema.clone(),
                    table: Some(name.name.clone()),
                    from: old.name.clone(),
                    to: new.name.clone(),
                    to_schema: None,
                });
            }
        }
    }
}

type Shape = (String, String, bool, Option<String>, Option<String>, Option<String>);

/// What is the same of a column that is renamed. A sequence of its own is named after it.
fn shape(table: &Name, it: &Column, catalog: &Catalog) -> Shape {
    let owner = (table.clone(), it.name.clone());
    let own = |(name, sequence): (&Name, &Sequence)| {
        let default = it.default.as_deref().unwrap_or_default();
        sequence.owned_by.as_ref() == Some(&owner) && mentions::mentions(default, name)
    };
    let default = match catalog.sequences.iter().any(own) {
        true => Some("its own sequence".to_owned()),
        false => it.default.clone(),
    };
    let (generated, identity) = (it.generated.clone(), it.identity.clone());
    (it.name.clone(), it.data_type.clone(), it.not_null, default, generated, identity)
}
