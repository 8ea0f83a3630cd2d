//! A schema as people draw it: tables, columns, keys, and what refers to what. Pure; made of a catalog.

mod dot;
mod html;
mod layout;
mod mermaid;

use std::collections::BTreeMap;

use migrate_core::schema::catalog::{Catalog, Constraint, Name, Relation, RelationKind};
use serde::Serialize;

pub(crate) use self::dot::dot;
pub(crate) use self::html::{data_of, html};
pub(crate) use self::mermaid::mermaid;

/// The tables and enums of a schema; as JSON, what docs/CLI.md describes.
#[derive(Debug, Serialize)]
pub(crate) struct Diagram {
    pub(crate) tables: Vec<Table>,
    pub(crate) enums: Vec<EnumType>,
}

/// A table or a view. A partition is a part of its table.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) comment: Option<String>,
    pub(crate) columns: Vec<Column>,
    pub(crate) primary_key: Vec<String>,
    pub(crate) unique: Vec<Vec<String>>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    pub(crate) checks: Vec<Definition>,
    pub(crate) indexes: Vec<Definition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) partitioned_by: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) partitions: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) inherits: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) data_type: String,
    pub(crate) not_null: bool,
    pub(crate) default: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) generated: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identity: Option<String>,
    pub(crate) comment: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ForeignKey {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    pub(crate) references: Referred,
    /// What stands behind the columns that it refers to: `ON DELETE CASCADE`.
    pub(crate) rules: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Referred {
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) definition: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct EnumType {
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) labels: Vec<String>,
    pub(crate) comment: Option<String>,
}

/// A foreign key, by the places of its tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link<'d> {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) key: &'d ForeignKey,
    /// May a row refer to none?
    pub(crate) optional: bool,
    /// Does at most one row refer to another?
    pub(crate) one: bool,
}

impl Diagram {
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let tables = catalog.relations.iter().filter(|(_, it)| it.bound.is_none());
        let tables = tables.map(|(name, it)| table(catalog, name, it)).collect();
        let enums = catalog.enums.iter().map(|(name, it)| EnumType {
            schema: name.schema.clone(),
            name: name.name.clone(),
            labels: it.labels.clone(),
            comment: it.comment.clone(),
        });
        Diagram { tables, enums: enums.collect() }
    }

    /// The foreign keys between tables that are drawn.
    pub(crate) fn links(&self) -> Vec<Link<'_>> {
        let places: BTreeMap<(&str, &str), usize> =
            self.tables.iter().zip(0..).map(|(it, at)| ((&*it.schema, &*it.name), at)).collect();
        let of = |(from, table): (usize, &'_ Table)| -> Vec<(usize, usize, usize)> {
            let keys = table.foreign_keys.iter().zip(0..);
            let to = |key: &ForeignKey| {
                places.get(&(&*key.references.schema, &*key.references.name)).copied()
            };
            keys.filter_map(|(key, nth)| Some((from, to(key)?, nth))).collect()
        };
        let found = self.tables.iter().enumerate().flat_map(of).collect::<Vec<_>>();
        let link = |(from, to, nth): (usize, usize, usize)| {
            let table = self.tables.get(from)?;
            let key = table.foreign_keys.get(nth)?;
            let (optional, one) = (table.may_be_null(&key.columns), table.is_key(&key.columns));
            Some(Link { from, to, key, optional, one })
        };
        found.into_iter().filter_map(link).collect()
    }

    /// As a text of JSON.
    pub(crate) fn json(&self) -> String {
        // Plain data: there is nothing in it that JSON has no words for.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl Table {
    /// As people write it: without the schema where it is `public`.
    pub(crate) fn title(&self) -> String {
        Name::new(&*self.schema, &*self.name).to_string()
    }

    fn may_be_null(&self, columns: &[String]) -> bool {
        let named = |name: &String| self.columns.iter().find(|it| it.name == *name);
        columns.iter().filter_map(named).any(|it| !it.not_null)
    }

    fn is_key(&self, columns: &[String]) -> bool {
        let covers =
            |key: &Vec<String>| !key.is_empty() && key.iter().all(|it| columns.contains(it));
        covers(&self.primary_key) || self.unique.iter().any(covers)
    }

    /// `PK`, `FK` and `UK`, as they hold for a column.
    pub(crate) fn marks(&self, column: &str) -> Vec<&'static str> {
        let is_in = |columns: &[String]| columns.iter().any(|it| it == column);
        let foreign = self.foreign_keys.iter().any(|key| is_in(&key.columns));
        let unique = self.unique.iter().any(|key| key.len() == 1 && is_in(key));
        let marks = [(is_in(&self.primary_key), "PK"), (foreign, "FK"), (unique, "UK")];
        marks.into_iter().filter(|(holds, _)| *holds).map(|(_, mark)| mark).collect()
    }

    pub(crate) fn is_view(&self) -> bool {
        self.kind.ends_with("view")
    }
}

fn table(catalog: &Catalog, name: &Name, it: &Relation) -> Table {
    let columns = it.columns.iter().map(|column| Column {
        name: column.name.clone(),
        data_type: column.data_type.clone(),
        not_null: column.not_null,
        default: column.default.clone(),
        generated: column.generated.clone(),
        identity: column.identity.clone(),
        comment: column.comment.clone(),
    });
    let of_kind = |kind: &'static str| it.constraints.iter().filter(move |(_, it)| it.kind == kind);
    let foreign = of_kind("foreign key").filter_map(|(name, it)| foreign_key(name, it));
    let definition = |name: &String, definition: &String| Definition {
        name: name.clone(),
        definition: definition.clone(),
    };
    let partitions = catalog
        .relations
        .iter()
        .filter(|(_, other)| other.bound.is_some() && other.inherits.first() == Some(name));
    let plain = it.indexes.iter().filter(|(_, it)| it.constraint.is_none());
    Table {
        schema: name.schema.clone(),
        name: name.name.clone(),
        kind: match it.kind {
            RelationKind::Table => "table",
            RelationKind::PartitionedTable => "partitioned table",
            RelationKind::ForeignTable => "foreign table",
            RelationKind::View => "view",
            RelationKind::MaterializedView => "materialized view",
        },
        comment: it.comment.clone(),
        columns: columns.collect(),
        primary_key: of_kind("primary key").flat_map(|(_, it)| it.columns.clone()).collect(),
        unique: of_kind("unique").map(|(_, it)| it.columns.clone()).collect(),
        foreign_keys: foreign.collect(),
        checks: of_kind("check")
            .chain(of_kind("exclusion"))
            .map(|(name, it)| definition(name, &it.definition))
            .collect(),
        indexes: plain.map(|(name, it)| definition(name, &it.definition)).collect(),
        partitioned_by: it.partition_key.clone(),
        partitions: partitions.map(|(name, _)| name.to_string()).collect(),
        inherits: it.inherits.iter().map(ToString::to_string).collect(),
    }
}

fn foreign_key(name: &str, it: &Constraint) -> Option<ForeignKey> {
    let to = it.references.as_ref()?;
    let (columns, rules) = behind_references(&it.definition);
    let references = Referred { schema: to.schema.clone(), name: to.name.clone(), columns };
    Some(ForeignKey { name: name.to_owned(), columns: it.columns.clone(), references, rules })
}

/// The columns that a foreign key refers to, and what stands behind them.
fn behind_references(definition: &str) -> (Vec<String>, String) {
    let rest = definition.split_once(" REFERENCES ").map_or("", |(_, rest)| rest);
    let (mut columns, mut word, mut quoted, mut inside) = (Vec::new(), String::new(), false, false);
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if quoted && chars.peek().is_some_and(|(_, next)| *next == '"') => {
                chars.next();
                word.push('"');
            }
            '"' => quoted = !quoted,
            '(' if !quoted && !inside => {
                inside = true;
                word.clear();
            }
            ',' if inside && !quoted => columns.push(std::mem::take(&mut word)),
            ')' if inside && !quoted => {
                columns.push(word);
                let rules = rest.get(at + 1..).unwrap_or_default().trim().to_owned();
                return (columns, rules);
            }
            ' ' if !quoted => {}
            c => word.push(c),
        }
    }
    (Vec::new(), String::new())
}

/// A type as people write it: `character varying(20)` is `varchar(20)`.
pub(crate) fn short_type(kind: &str) -> String {
    let kind = kind.strip_prefix("public.").unwrap_or(kind);
    let (plain, array) = kind.strip_suffix("[]").map_or((kind, ""), |plain| (plain, "[]"));
    let (head, rest) =
        plain.split_once('(').map_or((plain, None), |(head, rest)| (head, Some(rest)));
    let (modifier, tail) = match rest.and_then(|rest| rest.split_once(')')) {
        Some((modifier, tail)) => (format!("({modifier})"), tail),
        None => (String::new(), ""),
    };
    let short = match format!("{head}{tail}").as_str() {
        "character varying" => "varchar",
        "character" => "char",
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        "time with time zone" => "timetz",
        "time without time zone" => "time",
        "double precision" => "float8",
        "bit varying" => "varbit",
        _ => return kind.to_owned(),
    };
    format!("{short}{modifier}{array}")
}

#[cfg(test)]
mod tests;
