//! Finds the labels that are added to an enum, and the statements that use them.

use std::collections::BTreeSet;

use super::{Step, attempt, mentions};
use crate::schema::catalog::{Catalog, Enum, Name};

/// The enums that get labels which one of the statements uses.
pub(super) fn used(from: &Catalog, to: &Catalog, steps: &[Step]) -> BTreeSet<Name> {
    let mut found = BTreeSet::new();
    for (name, before) in &from.enums {
        let Some(after) = to.enums.get(name).filter(|after| grows(before, after)) else { continue };
        let mut added = after.labels.iter().filter(|label| !before.labels.contains(label));
        if added.any(|label| steps.iter().any(|step| uses(&step.sql, name, label))) {
            found.insert(name.clone());
        }
    }
    found
}

/// The first catalog, with the labels that are used on the way to the second.
pub(super) fn with_used(from: &Catalog, to: &Catalog) -> Catalog {
    let mut labelled = from.clone();
    let steps = attempt(from, to, false, BTreeSet::new(), &BTreeSet::new()).steps;
    for name in used(from, to, &steps) {
        if let (Some(before), Some(after)) = (labelled.enums.get_mut(&name), to.enums.get(&name)) {
            before.labels.clone_from(&after.labels);
        }
    }
    labelled
}

/// Are labels added, and nothing else changed?
fn grows(before: &Enum, after: &Enum) -> bool {
    let mut kept = after.labels.iter().filter(|label| before.labels.contains(label));
    before.labels != after.labels && kept.by_ref().eq(&before.labels)
}

/// The body of a function is a string, or may have the label in it without the type.
fn uses(sql: &str, name: &Name, label: &str) -> bool {
    let other = !sql.starts_with("ALTER TYPE ") && !sql.starts_with("COMMENT ON ");
    let quoted = sql.contains(&mentions::literal(label));
    other && (quoted || sql.contains(label) && mentions::mentions(sql, name))
}
