//! What a chain makes, as lines: for the tests that hold it against a server.

use std::collections::BTreeSet;

use super::catalog::{Catalog, Class, Detail, Id, Object};
use super::replay::upgrades;
use crate::chain::chain::Chain;

/// For each revision what is there behind it, as far as it is surely known.
pub fn predicted(chain: &Chain<'_>) -> Vec<BTreeSet<String>> {
    let mut found = Vec::new();
    upgrades(chain, |catalog| {
        let sure = catalog.objects().filter(|(id, _)| catalog.is_sure(*id));
        found.push(sure.filter_map(|(id, object)| line(catalog, id, object)).collect());
    });
    found
}

fn line(catalog: &Catalog, id: Id, object: &Object) -> Option<String> {
    let name = catalog.shown(id);
    let table = object.table.or(object.home).map(|table| catalog.shown(table)).unwrap_or_default();
    let home = object.home.and_then(|home| catalog.get(home)).map(|home| home.class);
    let is_of_view = matches!(home, Some(Class::View | Class::MaterializedView));
    Some(match (object.class, &object.detail) {
        // The columns of a view are its query's.
        (Class::Column, _) if is_of_view => return None,
        (Class::Column, Detail::Column { kind, not_null, .. }) => {
            let null = if *not_null == Some(true) { " not null" } else { "" };
            format!("column {name} {}{null}", kind.as_deref().unwrap_or("?"))
        }
        (Class::Enum, Detail::Enum { labels }) => {
            let labels: Vec<&str> = labels.iter().map(|(label, _)| &**label).collect();
            format!("enum {name} ({})", labels.join(", "))
        }
        (Class::Constraint, _) => format!("constraint {name} of {table}"),
        (Class::Index, _) => format!("index {name} of {table}"),
        (Class::Table | Class::View | Class::MaterializedView | Class::Sequence, _) => {
            format!("{} {name}", object.class.word())
        }
        _ => return None,
    })
}
