//! From the rows of the query to a catalog.

use serde::de::DeserializeOwned;

use super::names::usual_name;
use super::{Catalog, Column, Name};

/// A row of the server's answer.
pub(crate) type Row = Vec<Option<String>>;

/// A row that can't be read: which one, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) row: String,
    pub(super) reason: String,
}

/// The tag of rows that say nothing about the catalog.
pub(super) const SETTINGS: &str = "settings";

/// Puts a catalog together. What belongs to a relation comes in any order.
pub(super) fn catalog(rows: &[Row]) -> Result<Catalog, Unreadable> {
    let mut catalog = Catalog::default();
    let mut parts = Vec::new();
    for row in rows {
        let unreadable = |reason: String| Unreadable { row: format!("{row:?}"), reason };
        let [Some(kind), Some(name), Some(properties)] = row.as_slice() else {
            match row.first() {
                Some(Some(tag)) if tag == SETTINGS => continue,
                _ => return Err(unreadable("three columns were expected".to_owned())),
            }
        };
        if !whole(&mut catalog, kind, name, properties).map_err(unreadable)? {
            parts.push((row, kind.as_str(), name, properties));
        }
    }
    let mut columns = Vec::new();
    for (row, kind, name, properties) in parts {
        let unreadable = |reason: String| Unreadable { row: format!("{row:?}"), reason };
        if kind == "column" {
            columns.push(column(name, properties).map_err(unreadable)?);
        } else {
            part(&mut catalog, kind, name, properties).map_err(unreadable)?;
        }
    }
    columns.sort_unstable_by_key(|(_, number, _)| *number);
    for (relation, _, column) in columns {
        if let Some(relation) = catalog.relations.get_mut(&relation) {
            relation.columns.push(column);
        }
    }
    without_usual_names(&mut catalog);
    Ok(catalog)
}

/// A NOT NULL that is called as the server calls it has no name of its own.
fn without_usual_names(catalog: &mut Catalog) {
    for (name, domain) in &mut catalog.domains {
        let usual = usual_name(&name.name, None, "not_null");
        domain.not_null_name.take_if(|it| *it == usual);
    }
    for (name, relation) in &mut catalog.relations {
        for column in &mut relation.columns {
            let usual = usual_name(&name.name, Some(&column.name), "not_null");
            column.not_null_name.take_if(|it| *it == usual);
        }
    }
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// What stands alone; false for a part of a relation.
fn whole(catalog: &mut Catalog, kind: &str, name: &str, properties: &str) -> Result<bool, String> {
    /// Puts one row into one of the maps.
    macro_rules! insert {
        ($map:ident) => {{
            catalog.$map.insert(json(name)?, json(properties)?);
            Ok(true)
        }};
    }
    match kind {
        "schema" => insert!(schemas),
        "extension" => insert!(extensions),
        "enum" => insert!(enums),
        "domain" => insert!(domains),
        "composite" => insert!(composites),
        "range" => insert!(ranges),
        "sequence" => insert!(sequences),
        "relation" => insert!(relations),
        "routine" => insert!(routines),
        "statistics" => insert!(statistics),
        "other" => insert!(others),
        "grant" => insert!(grants),
        "owner" => insert!(owners),
        _ => Ok(false),
    }
}

fn column(name: &str, properties: &str) -> Result<(Name, i32, Column), String> {
    let (schema, relation, number): (String, String, i32) = json(name)?;
    Ok((Name::new(schema, relation), number, json(properties)?))
}

/// A part of a relation that has a name in it. It is dropped with its relation, so a part without
/// one is of a moment that is gone.
fn part(catalog: &mut Catalog, kind: &str, name: &str, properties: &str) -> Result<(), String> {
    let (schema, relation, name): (String, String, String) = json(name)?;
    let Some(relation) = catalog.relations.get_mut(&Name::new(schema, relation)) else {
        return Ok(());
    };
    match kind {
        "constraint" => drop(relation.constraints.insert(name, json(properties)?)),
        "index" => drop(relation.indexes.insert(name, json(properties)?)),
        "trigger" => drop(relation.triggers.insert(name, json(properties)?)),
        "rule" => drop(relation.rules.insert(name, json(properties)?)),
        "policy" => drop(relation.policies.insert(name, json(properties)?)),
        other => return Err(format!("`{other}` is no kind of object")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[&str]) -> Row {
        columns.iter().map(|column| Some((*column).to_owned())).collect()
    }

    #[test]
    fn rows_become_objects_or_are_shown() {
        let check = |columns: &[&str], expected: Result<usize, &str>| {
            let found = catalog(&[row(columns)]);
            let found = found.map(|catalog| catalog.schemas.len()).map_err(|error| error.reason);
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{columns:?}"),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
                (found, _) => panic!("{columns:?}: {found:?}"),
            }
        };
        check(&["schema", r#""a""#, r#"{"comment": null}"#], Ok(1));
        check(&["settings"], Ok(0));
        check(&["settings", "a", "b", "c"], Ok(0));
        check(&["policy", r#"["public", "gone", "p"]"#, "{}"], Ok(0));
        check(&["schema", r#""a""#], Err("three columns"));
        check(&[], Err("three columns"));
        check(&["schema", "a", r#"{"comment": null}"#], Err("expected value"));
        check(&["schema", r#""a""#, r#"{"comment": 7}"#], Err("invalid type: integer `7`"));
        check(&["column", r#"["public", "t", "c"]"#, "{}"], Err("invalid type: string"));
        check(&["thing", "[]", "{}"], Err("invalid length 0"));
    }
}
