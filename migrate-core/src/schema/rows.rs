//! Rows that a catalog allows: `INSERT` statements for tests, the same for the same seed.
//!
//! [`Rows`] knows the types (also arrays, ranges, enums, domains, composites), the foreign keys, the unique indexes, the
//! partitions, and the literals in checks. What it can't know, a server decides: a row that is refused is generated
//! [again](Rows::insert), with another choice.

mod hints;
mod keys;
mod random;
mod type_name;
mod values;

use std::collections::BTreeMap;

use self::hints::Hints;
use self::keys::{Apart, ForeignKey};
use self::random::Random;
use self::type_name::TypeName;
use self::values::{Pick, Types};
use super::catalog::{Catalog, Column, Name, Relation, RelationKind};
use crate::syntax::ident::{literal, quote};

/// Rows for the tables of a catalog.
///
/// ```
/// use migrate_core::schema::catalog::Catalog;
/// use migrate_core::schema::rows::Rows;
///
/// let catalog = Catalog::default();
/// let rows = Rows::new(&catalog, 7);
/// for table in rows.tables() {
///     println!("{}", rows.insert(table, 0, 0)?);
/// }
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rows<'c> {
    types: Types<'c>,
    seed: u64,
    tables: BTreeMap<Name, Table<'c>>,
    order: Vec<Name>,
}

/// What is known of a table.
#[derive(Debug, Clone)]
struct Table<'c> {
    relation: &'c Relation,
    foreign: Vec<ForeignKey>,
    apart: BTreeMap<String, Apart>,
    hints: BTreeMap<String, Hints>,
    partitions: Vec<BTreeMap<String, String>>,
}

impl<'c> Rows<'c> {
    /// The number of attempts at a row that differ from each other in how careful they are.
    pub const ATTEMPTS: usize = 10;

    /// Rows for the tables of a catalog, by a seed.
    #[must_use]
    pub fn new(catalog: &'c Catalog, seed: u64) -> Self {
        let is_filled = |name: &Name, relation: &Relation| match relation.kind {
            RelationKind::Table => relation.bound.is_none(),
            RelationKind::PartitionedTable => {
                relation.bound.is_none() && !hints::partitions(catalog, name).is_empty()
            }
            _ => false,
        };
        let filled = catalog.relations.iter().filter(|(name, it)| is_filled(name, it));
        let names: Vec<Name> = filled.clone().map(|(name, _)| name.clone()).collect();
        let table = |name: &Name, relation: &'c Relation| {
            let hint = |column: &Column| {
                let hints = hints::of_column(catalog, relation, &column.name, &column.data_type);
                (column.name.clone(), hints)
            };
            Table {
                relation,
                foreign: keys::foreign_keys(relation),
                apart: keys::apart(relation, |column| {
                    relation.columns.iter().any(|it| it.name == column && is_left_out(it))
                }),
                hints: relation.columns.iter().map(hint).collect(),
                partitions: hints::partitions(catalog, name),
            }
        };
        let tables = filled.map(|(name, it)| (name.clone(), table(name, it))).collect();
        let order = keys::in_order(catalog, names);
        Rows { types: Types { catalog }, seed, tables, order }
    }

    /// The tables that are to be filled, each after those that its foreign keys refer to. Views, foreign tables and
    /// partitions are not among them: rows reach a partition through its table.
    #[must_use]
    pub fn tables(&self) -> &[Name] {
        &self.order
    }

    /// The statement that inserts the row of this number, from 0, into a table. A server may refuse it, because of a check or
    /// an expression that is not understood here; then a later attempt, from 0, is more careful, up to
    /// [`ATTEMPTS`](Self::ATTEMPTS).
    ///
    /// # Errors
    ///
    /// If a column needs a value of a type that is not known here.
    pub fn insert(&self, table: &Name, nth: usize, attempt: usize) -> Result<String, String> {
        let Some(about) = self.tables.get(table) else {
            return Err(format!("there is no table {table}"));
        };
        let name = format!("{}.{}", quote(&table.schema), quote(&table.name));
        let row = Row { rows: self, table, about, nth, attempt };
        let cells = row.cells()?;
        if cells.is_empty() {
            return Ok(format!("INSERT INTO {name} DEFAULT VALUES"));
        }
        let columns: Vec<String> = cells.iter().map(|(column, _)| quote(column)).collect();
        let values: Vec<&str> = cells.iter().map(|(_, value)| value.as_str()).collect();
        Ok(format!("INSERT INTO {name} ({}) VALUES ({})", columns.join(", "), values.join(", ")))
    }
}

/// Whether the server gives the value by itself.
fn is_left_out(column: &Column) -> bool {
    let is_counted = column.default.as_deref().is_some_and(|it| it.contains("nextval("));
    column.generated.is_some() || column.identity.is_some() || is_counted
}

/// A row on its way.
struct Row<'r, 'c> {
    rows: &'r Rows<'c>,
    table: &'r Name,
    about: &'r Table<'c>,
    nth: usize,
    attempt: usize,
}

impl Row<'_, '_> {
    /// The columns that get a value, and the expression for it.
    fn cells(&self) -> Result<Vec<(String, String)>, String> {
        let keys = self.keys();
        let mut cells = Vec::new();
        for column in self.about.relation.columns.iter().filter(|it| !is_left_out(it)) {
            let value = match keys.get(&column.name) {
                Some(value) => Some(value.clone()),
                None => self.value(column)?,
            };
            cells.extend(value.map(|value| (column.name.clone(), value)));
        }
        Ok(cells)
    }

    fn random(&self, purpose: &str) -> Random {
        let Name { schema, name } = self.table;
        Random::of(self.rows.seed, &[schema, name, purpose], &[self.nth, self.attempt])
    }

    /// What foreign keys choose: rows that are there.
    fn keys(&self) -> BTreeMap<String, String> {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        for key in &self.about.foreign {
            let open: Vec<usize> = (0..key.columns.len())
                .filter(|at| !found.contains_key(&key.columns[*at]))
                .collect();
            if open.is_empty() {
                continue;
            }
            let mut random = self.random(&key.columns.join(","));
            let can_be_null = open.iter().all(|at| !self.needs_value(&key.columns[*at]));
            let is_own = key.table == *self.table;
            let is_first = is_own && self.nth == 0;
            if can_be_null && (is_first || random.once_in(5) || self.attempt > 7) {
                found.extend(open.iter().map(|at| (key.columns[*at].clone(), "NULL".to_owned())));
                continue;
            }
            if is_own && !can_be_null && self.copies_itself(key, &open, &mut found) {
                continue;
            }
            let step = self.step(&key.columns, &mut random);
            for at in &open {
                let expression = chosen(key, *at, step, &found);
                found.insert(key.columns[*at].clone(), expression);
            }
        }
        found
    }

    /// How many rows are skipped: a number for each row if the key has to tell rows apart.
    fn step(&self, columns: &[String], random: &mut Random) -> usize {
        let apart = columns.iter().find_map(|column| self.about.apart.get(column));
        let (first, second) = keys::pair(self.nth);
        match apart {
            Some(Apart::ByItself) => self.nth,
            Some(Apart::First) => first,
            Some(Apart::Second) => second,
            None => random.below(1000),
        }
    }

    /// A row that refers to itself, where its own key is generated here.
    fn copies_itself(
        &self,
        key: &ForeignKey,
        open: &[usize],
        found: &mut BTreeMap<String, String>,
    ) -> bool {
        let column = |name: &String| self.about.relation.columns.iter().find(|it| it.name == *name);
        let values: Option<Vec<(String, String)>> = open
            .iter()
            .map(|at| {
                let own = column(&key.referenced[*at]).filter(|it| !is_left_out(it))?;
                let value = self.value(own).ok().flatten()?;
                Some((key.columns[*at].clone(), value))
            })
            .collect();
        let is_known = values.is_some();
        found.extend(values.into_iter().flatten());
        is_known
    }

    /// Whether NULL is refused.
    fn needs_value(&self, column: &str) -> bool {
        let column = self.about.relation.columns.iter().find(|it| it.name == column);
        column.is_some_and(|it| it.not_null || self.rows.types.refuses_null(&it.data_type))
    }

    /// The value of a column; `None` leaves it to its default.
    fn value(&self, column: &Column) -> Result<Option<String>, String> {
        let mut random = self.random(&column.name);
        let hints = self.about.hints.get(&column.name);
        if let Some(value) = self.partition(&column.name) {
            return Ok(Some(literal(value)));
        }
        let can_be_null = !self.needs_value(&column.name);
        let is_checked = hints.is_some_and(|it| it.is_checked);
        let nulls = match self.attempt {
            0 => 6,
            1..=5 if is_checked => 3,
            1..=7 => 4,
            _ => 1,
        };
        let apart = self.about.apart.get(&column.name);
        // The first row has a value wherever it may.
        if can_be_null && self.nth > 0 && random.once_in(nulls) {
            return Ok(Some("NULL".to_owned()));
        }
        let hinted = hints.and_then(|it| random.one_of(&it.values));
        let follows = match self.attempt {
            0 => is_checked || random.once_in(3),
            attempt => is_checked && attempt % 3 != 2,
        };
        if let Some(value) = hinted.filter(|_| follows && apart.is_none()) {
            return Ok(Some(literal(value)));
        }
        let pair = keys::pair(self.nth);
        let pick = match apart {
            Some(Apart::ByItself) => Pick::Distinct(self.nth),
            Some(Apart::First) => Pick::Distinct(pair.0),
            Some(Apart::Second) => Pick::Distinct(pair.1),
            None if self.attempt == 0 && !is_checked => Pick::Any,
            None if self.attempt < 4 && self.attempt.is_multiple_of(2) => Pick::Any,
            None => Pick::Plain,
        };
        match self.rows.types.value(&column.data_type, pick, &mut random) {
            Some(value) => Ok(Some(literal(&value))),
            None if can_be_null || column.default.is_some() => Ok(None),
            None => Err(format!(
                "values of type {} are not generated (column {})",
                TypeName::read(&column.data_type).base,
                column.name
            )),
        }
    }

    /// The value by which a partition takes the row.
    fn partition(&self, column: &str) -> Option<&String> {
        let partitions = &self.about.partitions;
        let at = (self.nth + self.attempt).checked_rem(partitions.len())?;
        partitions.get(at)?.get(column)
    }
}

/// An expression that gives a column of a row that the key refers to: of the row behind so many others, among those
/// that fit what other keys have chosen.
fn chosen(key: &ForeignKey, at: usize, step: usize, found: &BTreeMap<String, String>) -> String {
    let table = format!("{}.{}", quote(&key.table.schema), quote(&key.table.name));
    let is_chosen = |(own, other): (&String, &String)| {
        found.get(own).map(|value| format!("{} = {value}", quote(other)))
    };
    let conditions: Vec<String> =
        key.columns.iter().zip(&key.referenced).filter_map(is_chosen).collect();
    let filter = match conditions.is_empty() {
        true => String::new(),
        false => format!(" WHERE {}", conditions.join(" AND ")),
    };
    let order: Vec<String> = key.referenced.iter().map(|column| quote(column)).collect();
    format!(
        "(SELECT {column} FROM {table}{filter} ORDER BY {order} LIMIT 1 OFFSET \
         (SELECT {step} % greatest(count(*), 1) FROM {table}{filter}))",
        column = quote(&key.referenced[at]),
        order = order.join(", ")
    )
}

#[cfg(test)]
mod tests;
