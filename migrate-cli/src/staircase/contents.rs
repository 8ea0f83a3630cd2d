//! What is in the tables, before a revision and after it was undone; and what of it is lost.

use std::collections::{BTreeMap, BTreeSet};

use migrate_core::__private::quote;
use migrate_core::schema::catalog::{Catalog, Name, RelationKind};
use postgres::{Client, SimpleQueryMessage};

/// The rows of some tables, as text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Contents(BTreeMap<Name, Values>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Values {
    columns: Vec<String>,
    rows: Vec<Vec<Option<String>>>,
}

/// What a table does not have any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) table: Name,
    pub(super) what: What,
}

/// How much of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Rows {
        lost: usize,
        of: usize,
    },
    Values {
        column: String,
        lost: usize,
        of: usize,
    },
    /// Each value is there, in another row.
    Mixed {
        lost: usize,
        of: usize,
    },
}

impl Contents {
    /// Reads the tables of one catalog that are in the other, too, in one round trip.
    pub(super) fn read(
        client: &mut Client,
        wanted: &Catalog,
        present: &Catalog,
    ) -> Result<Self, postgres::Error> {
        let tables = tables(wanted, present);
        let selects = tables.iter().map(|(name, columns)| {
            let columns: Vec<String> = columns.iter().map(|column| quote(column)).collect();
            format!(
                "SELECT {} FROM {}.{};",
                columns.join(", "),
                quote(&name.schema),
                quote(&name.name)
            )
        });
        let mut found = BTreeMap::new();
        let mut left = tables.iter();
        let mut rows = Vec::new();
        for message in client.simple_query(&selects.collect::<String>())? {
            match message {
                SimpleQueryMessage::Row(row) => {
                    let value = |at| row.get(at).map(str::to_owned);
                    rows.push((0..row.len()).map(value).collect());
                }
                SimpleQueryMessage::CommandComplete(_) => {
                    let rows = std::mem::take(&mut rows);
                    let Some((name, columns)) = left.next() else { break };
                    found.insert(name.clone(), Values { columns: columns.clone(), rows });
                }
                _ => {}
            }
        }
        Ok(Contents(found))
    }

    /// What is not there any more. Tables and columns that are gone are for the comparison of catalogs.
    pub(super) fn lost(&self, now: &Self) -> Vec<Lost> {
        let mut found = Vec::new();
        for (table, was) in &self.0 {
            if let Some(is) = now.0.get(table) {
                let lost = |what| Lost { table: table.clone(), what };
                found.extend(was.lost(is).into_iter().map(lost));
            }
        }
        found
    }
}

/// The tables with rows of their own that are in both, each with the columns that are in both. A partition's rows are
/// its table's.
fn tables(wanted: &Catalog, present: &Catalog) -> Vec<(Name, Vec<String>)> {
    let is_table = |kind| matches!(kind, RelationKind::Table | RelationKind::PartitionedTable);
    let mut found = Vec::new();
    for (name, relation) in &wanted.relations {
        let Some(other) = present.relations.get(name).filter(|it| is_table(it.kind)) else {
            continue;
        };
        if !is_table(relation.kind) || relation.bound.is_some() {
            continue;
        }
        let has = |column: &str| other.columns.iter().any(|it| it.name == column);
        let columns = relation.columns.iter().map(|it| it.name.clone()).filter(|it| has(it));
        found.push((name.clone(), columns.collect()));
    }
    found
}

impl Values {
    fn lost(&self, now: &Self) -> Vec<What> {
        let of = self.rows.len();
        if now.rows.len() < of {
            return vec![What::Rows { lost: of - now.rows.len(), of }];
        }
        let common: Vec<(usize, usize)> = (0..self.columns.len())
            .filter_map(|at| {
                Some((at, now.columns.iter().position(|column| *column == self.columns[at])?))
            })
            .collect();
        let mut found: Vec<What> = Vec::new();
        // The columns with the same values, in whatever rows.
        let mut same: Vec<(usize, usize)> = Vec::new();
        for &(was, is) in &common {
            let values = |rows: &'_ [Vec<Option<String>>], at: usize| -> Vec<Option<String>> {
                rows.iter().filter_map(|row| row.get(at).cloned()).collect()
            };
            let (before, after) = (values(&self.rows, was), values(&now.rows, is));
            // Where there was nothing, nothing is lost: a value that an upgrade has filled in may stay.
            let lost = missing(before.iter().filter(|it| it.is_some()), after.iter());
            if lost > 0 {
                found.push(What::Values { column: self.columns[was].clone(), lost, of });
            } else if missing(before.iter(), after.iter()) == 0 {
                same.push((was, is));
            }
        }
        if found.is_empty() {
            let before = |row: &Vec<Option<String>>| {
                same.iter().map(|pair| row.get(pair.0).cloned()).collect::<Vec<_>>()
            };
            let after = |row: &Vec<Option<String>>| {
                same.iter().map(|pair| row.get(pair.1).cloned()).collect::<Vec<_>>()
            };
            let lost = missing(self.rows.iter().map(before), now.rows.iter().map(after));
            found.extend((lost > 0).then_some(What::Mixed { lost, of }));
        }
        found
    }
}

/// How many of these are not among the others; what is there twice has to be there twice.
fn missing<T: Ord>(these: impl Iterator<Item = T>, others: impl Iterator<Item = T>) -> usize {
    let mut left: BTreeMap<T, usize> = BTreeMap::new();
    others.for_each(|value| *left.entry(value).or_default() += 1);
    these
        .filter(|value| match left.get_mut(value) {
            Some(count @ 1..) => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .count()
}

/// The tables of what is lost, each once.
pub(super) fn tables_of(lost: &[Lost]) -> BTreeSet<&Name> {
    lost.iter().map(|it| &it.table).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(columns: &[&str], rows: &[&[&str]]) -> Contents {
        let value = |text: &&str| (*text != "NULL").then(|| (*text).to_owned());
        let values = Values {
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            rows: rows.iter().map(|row| row.iter().map(value).collect()).collect(),
        };
        Contents([(Name::new("public", "t"), values)].into())
    }

    #[test]
    fn what_is_lost_is_told_by_column_or_by_row() {
        let check = |columns: &[&str], was: &[&[&str]], is: &[&[&str]], expected: &[What]| {
            let found = contents(&["a", "b"], was).lost(&contents(columns, is));
            let found: Vec<What> = found.into_iter().map(|lost| lost.what).collect();
            assert_eq!(found, expected, "{was:?} {is:?}");
        };
        let both = &["a", "b"];
        let was: &[&[&str]] = &[&["1", "x"], &["2", "y"], &["2", "NULL"]];
        check(both, was, was, &[]);
        // In another order, and with more.
        check(both, was, &[&["2", "NULL"], &["2", "y"], &["1", "x"], &["9", "z"]], &[]);
        check(&["b", "a"], was, &[&["x", "1"], &["y", "2"], &["NULL", "2"]], &[]);
        check(both, was, &[&["1", "x"], &["2", "y"]], &[What::Rows { lost: 1, of: 3 }]);
        let values = |column: &str, lost| What::Values { column: column.to_owned(), lost, of: 3 };
        check(both, was, &[&["1", "x"], &["1", "y"], &["2", ""]], &[values("a", 1)]);
        check(
            both,
            was,
            &[&["2", "x"], &["1", "y"], &["2", "NULL"]],
            &[What::Mixed { lost: 2, of: 3 }],
        );
        // A value in the place of NULL.
        check(both, was, &[&["1", "x"], &["2", "y"], &["2", "z"]], &[]);
        // A column that is gone is a difference of the catalogs.
        check(&["a"], was, &[&["1"], &["2"], &["2"]], &[]);
    }
}
