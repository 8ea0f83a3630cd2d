//! Lists the objects that a chain creates, one per line, for tests that compare them with a server.

use std::collections::BTreeSet;

use super::model::{Detail, Id, Model, Object, ObjectKind};
use super::replay::upgrades;
use crate::chain::chain::Chain;

/// For each revision, the objects that certainly exist after it.
pub fn predicted(chain: &Chain<'_>) -> Vec<BTreeSet<String>> {
    let mut found = Vec::new();
    upgrades(chain, |model| {
        let sure = model.objects().filter(|(id, _)| model.is_sure(*id));
        found.push(sure.filter_map(|(id, object)| line(model, id, object)).collect());
    });
    found
}

fn line(model: &Model, id: Id, object: &Object) -> Option<String> {
    let name = model.shown(id);
    let table = object.table.or(object.home).map(|table| model.shown(table)).unwrap_or_default();
    let home = object.home.and_then(|home| model.get(home)).map(|home| home.class);
    let is_of_view = matches!(home, Some(ObjectKind::View | ObjectKind::MaterializedView));
    Some(match (object.class, &object.detail) {
        // The columns of a view follow from its query.
        (ObjectKind::Column, _) if is_of_view => return None,
        (ObjectKind::Column, Detail::Column { kind, not_null, .. }) => {
            let null = if *not_null == Some(true) { " not null" } else { "" };
            format!("column {name} {}{null}", kind.as_deref().unwrap_or("?"))
        }
        (ObjectKind::Enum, Detail::Enum { labels }) => {
            let labels: Vec<&str> = labels.iter().map(|(label, _)| &**label).collect();
            format!("enum {name} ({})", labels.join(", "))
        }
        (ObjectKind::Constraint, _) => format!("constraint {name} of {table}"),
        (ObjectKind::Index, _) => format!("index {name} of {table}"),
        (
            ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Sequence,
            _,
        ) => {
            format!("{} {name}", object.class.word())
        }
        _ => return None,
    })
}
