//! Lists the differences of two catalogs in a fixed order, one for each object that is not the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::show::{Show, joined};
use super::{Catalog, Column, Name, Relation};
use crate::syntax::ident::shown;

/// What has to happen to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It is only in the other catalog.
    Add,
    /// It is only in this one.
    Remove,
    /// It is in both, and not the same.
    Alter,
}

/// A thing that is not the same in two catalogs. Shown, it is a line for people:
///
/// - `+ column users.locale text` is only in the other;
/// - `- index ix_users_tier CREATE INDEX …` is only in this one;
/// - `~ column users.tier: integer -> text` is in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What has to happen.
    pub change: Change,
    /// What kind of thing it is: `table`, `column`, `event trigger`.
    pub kind: String,
    /// Its name, qualified as far as it has to be.
    pub name: String,
    /// What it is here.
    pub before: Option<String>,
    /// What it is in the other catalog.
    pub after: Option<String>,
}

/// Longer texts are cut before the place where they begin to differ.
const LONG: usize = 160;

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { change, kind, name, .. } = self;
        let mark = match change {
            Change::Add => '+',
            Change::Remove => '-',
            Change::Alter => '~',
        };
        write!(f, "{mark} {kind} {name}")?;
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => {
                let (before, after) = beside(before, after);
                write!(f, ": {before} -> {after}")
            }
            (Some(only), None) | (None, Some(only)) if !only.is_empty() => {
                write!(f, " {}", one_line(only))
            }
            _ => Ok(()),
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Two texts that are not the same, so that a reader can see where.
fn beside(before: &str, after: &str) -> (String, String) {
    let said =
        |text: &str| if text.is_empty() { "nothing special".to_owned() } else { text.to_owned() };
    let (mut one, mut two) = (one_line(before), one_line(after));
    if one == two {
        // The blanks are the difference.
        (one, two) = (format!("{before:?}"), format!("{after:?}"));
    }
    if one.len().max(two.len()) > LONG {
        let same = one.chars().zip(two.chars()).take_while(|(a, b)| a == b).count();
        let shown = |text: &str| -> String {
            let from = same.saturating_sub(40);
            let mut part: String = text.chars().skip(from).take(LONG).collect();
            if from > 0 {
                part.insert(0, '…');
            }
            if text.chars().count() > from + LONG {
                part.push('…');
            }
            part
        };
        (one, two) = (shown(&one), shown(&two));
    }
    (said(&one), said(&two))
}

/// The differences, in the order in which things need each other.
pub(super) fn between(one: &Catalog, other: &Catalog) -> Vec<Difference> {
    let mut found = Vec::new();
    each("schema", &one.schemas, &other.schemas, |name| shown(name), &mut found);
    each("extension", &one.extensions, &other.extensions, |name| shown(name), &mut found);
    each("enum", &one.enums, &other.enums, Name::to_string, &mut found);
    each("domain", &one.domains, &other.domains, Name::to_string, &mut found);
    each("composite type", &one.composites, &other.composites, Name::to_string, &mut found);
    each("range type", &one.ranges, &other.ranges, Name::to_string, &mut found);
    each("sequence", &one.sequences, &other.sequences, Name::to_string, &mut found);
    for name in keys(&one.relations, &other.relations) {
        relation(name, one.relations.get(name), other.relations.get(name), &mut found);
    }
    each("routine", &one.routines, &other.routines, ToString::to_string, &mut found);
    each("statistics", &one.statistics, &other.statistics, Name::to_string, &mut found);
    each("grant", &one.grants, &other.grants, ToString::to_string, &mut found);
    each("owner of", &one.owners, &other.owners, ToString::to_string, &mut found);
    for name in keys(&one.others, &other.others) {
        let pair = (one.others.get(name), other.others.get(name));
        compare(&name.kind, || name.identity.clone(), pair, &mut found);
    }
    found
}

fn keys<'a, K: Ord, V>(one: &'a BTreeMap<K, V>, other: &'a BTreeMap<K, V>) -> BTreeSet<&'a K> {
    one.keys().chain(other.keys()).collect()
}

fn each<K: Ord, V: PartialEq + Show>(
    kind: &str,
    one: &BTreeMap<K, V>,
    other: &BTreeMap<K, V>,
    name: impl Fn(&K) -> String,
    found: &mut Vec<Difference>,
) {
    for key in keys(one, other) {
        compare(kind, || name(key), (one.get(key), other.get(key)), found);
    }
}

fn compare<V: PartialEq + Show>(
    kind: &str,
    name: impl Fn() -> String,
    (before, after): (Option<&V>, Option<&V>),
    found: &mut Vec<Difference>,
) {
    let change = match (before, after) {
        (Some(before), Some(after)) if before != after => Change::Alter,
        (Some(_), None) => Change::Remove,
        (None, Some(_)) => Change::Add,
        _ => return,
    };
    let (before, after) = (before.map(Show::show), after.map(Show::show));
    found.push(Difference { change, kind: kind.to_owned(), name: name(), before, after });
}

/// A table or a view that is in both is compared part by part.
fn relation(
    name: &Name,
    one: Option<&Relation>,
    other: Option<&Relation>,
    found: &mut Vec<Difference>,
) {
    let (one, other) = match (one, other) {
        (Some(one), Some(other)) if one.kind == other.kind => (one, other),
        (one, other) => {
            found.extend(one.map(|relation| whole(Change::Remove, name, relation)));
            found.extend(other.map(|relation| whole(Change::Add, name, relation)));
            return;
        }
    };
    if one == other {
        return;
    }
    let (before, after) = (one.show(), other.show());
    let same = before == after;
    let kind = one.kind.word();
    if !same {
        found.push(Difference {
            change: Change::Alter,
            kind: kind.to_owned(),
            name: name.to_string(),
            before: Some(before),
            after: Some(after),
        });
    }
    // The columns of a view follow from its definition.
    if same || !one.kind.is_view() {
        columns(name, one, other, found);
    }
    let inside = |part: &String| format!("{name}.{}", shown(part));
    let index = |index: &String| Name::new(&*name.schema, index).to_string();
    each("constraint", &one.constraints, &other.constraints, inside, found);
    each("index", &one.indexes, &other.indexes, index, found);
    each("trigger", &one.triggers, &other.triggers, inside, found);
    each("rule", &one.rules, &other.rules, inside, found);
    each("policy", &one.policies, &other.policies, inside, found);
}

fn columns(name: &Name, one: &Relation, other: &Relation, found: &mut Vec<Difference>) {
    let by_name = |relation: &Relation| -> BTreeMap<String, Column> {
        relation.columns.iter().map(|column| (column.name.clone(), column.clone())).collect()
    };
    let inside = |column: &String| format!("{name}.{}", shown(column));
    each("column", &by_name(one), &by_name(other), inside, found);
    // A column in front of others moves them all: only a changed order among those in both is a
    // difference of theirs.
    let (before, after) = (common_order(one, other), common_order(other, one));
    if before != after {
        found.push(Difference {
            change: Change::Alter,
            kind: "order of the columns of".to_owned(),
            name: name.to_string(),
            before: Some(before.join(", ")),
            after: Some(after.join(", ")),
        });
    }
}

/// The names of the columns of `relation` that `other` has too, in order.
fn common_order<'a>(relation: &'a Relation, other: &Relation) -> Vec<&'a str> {
    let theirs: BTreeSet<&str> = other.columns.iter().map(|column| &*column.name).collect();
    relation.columns.iter().map(|column| &*column.name).filter(|n| theirs.contains(n)).collect()
}

/// A whole table, told by its columns; a whole view, by its query.
fn whole(change: Change, name: &Name, relation: &Relation) -> Difference {
    let text = if relation.kind.is_view() {
        relation.show()
    } else {
        let columns: Vec<String> = relation.columns.iter().map(|c| shown(&c.name)).collect();
        format!("({}) {}", joined(&columns), relation.show()).trim_end().to_owned()
    };
    let kind = relation.kind.word().to_owned();
    let (before, after) = match change {
        Change::Remove => (Some(text), None),
        _ => (None, Some(text)),
    };
    Difference { change, kind, name: name.to_string(), before, after }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::catalog::Enum;

    #[test]
    fn lines_are_for_people() {
        let check = |change, before: Option<&str>, after: Option<&str>, expected: &str| {
            let (before, after) = (before.map(str::to_owned), after.map(str::to_owned));
            let (kind, name) = ("view".to_owned(), "v".to_owned());
            let difference = Difference { change, kind, name, before, after };
            assert_eq!(difference.to_string(), expected);
        };
        check(Change::Add, None, Some("SELECT 1\n  FROM t"), "+ view v SELECT 1 FROM t");
        check(Change::Remove, Some(""), None, "- view v");
        check(Change::Alter, Some("a"), Some("b"), "~ view v: a -> b");
        check(Change::Alter, Some(""), Some("b"), "~ view v: nothing special -> b");
        check(Change::Alter, Some("a  b"), Some("a b"), "~ view v: \"a  b\" -> \"a b\"");
        let long = |end: &str| format!("{}{end}{}", "x".repeat(100), "y".repeat(300));
        let cut = |end: &str| format!("…{}{end}{}…", "x".repeat(40), "y".repeat(119));
        let expected = format!("~ view v: {} -> {}", cut("1"), cut("2"));
        check(Change::Alter, Some(&long("1")), Some(&long("2")), &expected);
    }

    #[test]
    fn each_thing_is_told_once_and_in_order() {
        let catalog = |enums: &[(&str, &[&str])]| {
            let mut catalog = Catalog::default();
            for (name, labels) in enums {
                let labels = labels.iter().map(|label| (*label).to_owned()).collect();
                catalog.enums.insert(Name::new("public", *name), Enum { labels, comment: None });
            }
            catalog
        };
        let one = catalog(&[("a", &["x"]), ("b", &["x"]), ("d", &["x"])]);
        let other = catalog(&[("b", &["x", "y"]), ("c", &["x"]), ("d", &["x"])]);
        let lines: Vec<String> = one.differences(&other).iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["- enum a (x)", "~ enum b: (x) -> (x, y)", "+ enum c (x)"]);
        assert_eq!(one.differences(&one), []);
    }
}
