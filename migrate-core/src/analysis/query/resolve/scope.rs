//! The scopes of a query: the relations and aliases that names can refer to, level by level.

use std::rc::Rc;

use super::columns::Columns;
use super::{Finding, Resolver};
use crate::analysis::model::{Id, Lookup, Namespace, ObjectKind};
use crate::analysis::names::{Ident, Name, is_system_column};
use crate::analysis::typing::ValueType;

/// The origin of the columns of a FROM item.
#[derive(Debug, Clone)]
pub(in crate::analysis) enum Source {
    /// A relation in the model.
    Table(Id),
    List(Rc<Columns>),
    Unknown,
}

/// A FROM item in scope.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct Item {
    /// Its alias or name; `None` if it cannot be referred to by name.
    pub(in crate::analysis) name: Option<Rc<str>>,
    pub(in crate::analysis) source: Source,
    /// Whether `name.column` is valid, and whether `column` alone is.
    pub(in crate::analysis) is_named: bool,
    pub(in crate::analysis) has_columns: bool,
    /// The columns that a join has merged.
    pub(super) merged: Vec<Rc<str>>,
}

impl Item {
    pub(in crate::analysis) fn new(name: Option<Rc<str>>, source: Source) -> Self {
        Item { name, source, is_named: true, has_columns: true, merged: Vec::new() }
    }

    /// An item whose columns can only be written as `name.column`.
    pub(in crate::analysis) fn qualified(name: Rc<str>, source: Source) -> Self {
        Item { has_columns: false, ..Item::new(Some(name), source) }
    }
}

/// The FROM items of one query.
#[derive(Debug, Default)]
pub(super) struct Level {
    pub(super) items: Vec<Item>,
    /// Items before this index are out of scope: a join condition can only refer to the items of
    /// the join.
    pub(super) start: usize,
    /// A subquery in FROM that is not LATERAL sees none of these items.
    pub(super) is_hidden: bool,
    /// Whether there is an item of which nothing is known, not even its name.
    pub(super) is_open: bool,
    /// Whether it is unknown which columns a NATURAL JOIN has merged.
    pub(super) is_merged_somehow: bool,
}

impl Level {
    pub(super) fn of(items: Vec<Item>) -> Self {
        Level { items, ..Level::default() }
    }
}

/// The names that the body of an SQL function can use in addition to those of tables.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct Parameters {
    pub(in crate::analysis) function: Rc<str>,
    pub(in crate::analysis) names: Vec<Rc<str>>,
}

/// Whether an item has a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Has {
    No,
    Unknown,
    /// The number of columns with this name.
    Yes(usize),
}

/// Functions of PostgreSQL and its extensions that accept a row of any type, so that `t.f` may be a
/// call.
const OF_ROWS: [&str; 38] = [
    "any_value",
    "array_agg",
    "concat",
    "count",
    "first_value",
    "format",
    "hash_record",
    "hstore",
    "json_agg",
    "json_build_array",
    "json_build_object",
    "jsonb_agg",
    "jsonb_build_array",
    "jsonb_build_object",
    "lag",
    "last_value",
    "lead",
    "max",
    "min",
    "mode",
    "num_nonnulls",
    "num_nulls",
    "pg_column_compression",
    "pg_column_size",
    "pg_column_toast_chunk_id",
    "pg_collation_for",
    "pg_typeof",
    "quote_literal",
    "quote_nullable",
    "record_out",
    "record_send",
    "row_to_json",
    "st_asgeojson",
    "st_asmvt",
    "to_json",
    "to_jsonb",
    "st_asflatgeobuf",
    "st_asgeobuf",
];

impl Resolver<'_> {
    /// Whether an item has a column of this name.
    pub(super) fn has(&self, item: &Source, name: &str) -> Has {
        match item {
            Source::Table(_) if is_system_column(name) => Has::Unknown,
            Source::Table(id) => match self.model.find(Namespace::Column, Some(*id), name) {
                Lookup::Yes(_) => Has::Yes(1),
                Lookup::Unknown(_) => Has::Unknown,
                Lookup::No(_) => Has::No,
            },
            Source::List(columns) => match columns.count(name) {
                (0, false) => Has::No,
                (0, true) => Has::Unknown,
                (count, _) => Has::Yes(count),
            },
            Source::Unknown => Has::Unknown,
        }
    }

    /// Whether one level has a column of this name.
    pub(super) fn in_level(&mut self, level: usize, name: &str) -> Has {
        let level = &self.levels[level];
        if level.is_open {
            return Has::Unknown;
        }
        let (mut count, mut maybe) = (0, false);
        let items = level.items.get(level.start..).unwrap_or_default();
        self.looks_left = self.looks_left.saturating_sub(items.len());
        if self.looks_left == 0 {
            return Has::Unknown;
        }
        let is_merged_somehow = level.is_merged_somehow;
        for item in items.iter().filter(|item| item.has_columns) {
            if item.merged.iter().any(|merged| **merged == *name) {
                continue;
            }
            match self.has(&item.source, name) {
                Has::Yes(more) => count += more,
                Has::Unknown => maybe = true,
                Has::No => {}
            }
        }
        match count {
            0 if maybe => Has::Unknown,
            0 => Has::No,
            count if is_merged_somehow => Has::Yes(count.min(1)),
            count => Has::Yes(count),
        }
    }

    /// The item that an alias refers to; an error if there is none or it is unknown.
    fn aliased(&mut self, name: &str) -> Result<Item, Unaliased> {
        let looks: usize = self.levels.iter().map(|level| level.items.len()).sum();
        self.looks_left = self.looks_left.saturating_sub(looks);
        if self.looks_left == 0 {
            return Err(Unaliased::Unknown);
        }
        for level in self.levels.iter().rev().filter(|level| !level.is_hidden) {
            if level.is_open {
                return Err(Unaliased::Unknown);
            }
            let items = level.items.get(level.start..).unwrap_or_default();
            let mut named =
                items.iter().filter(|item| item.is_named && item.name.as_deref() == Some(name));
            if let Some(item) = named.next() {
                // Duplicate aliases are reported elsewhere.
                let is_one = named.next().is_none();
                return if is_one { Ok(item.clone()) } else { Err(Unaliased::Unknown) };
            }
        }
        Err(Unaliased::No)
    }

    /// Resolves a name that refers to a column or to a row. Returns its type.
    pub(super) fn column(&mut self, name: &Name) -> ValueType {
        match name.parts.as_slice() {
            [column] => self.bare_column(column),
            [qualifier, column] => self.qualified_column(qualifier, column),
            [schema, table, column] => {
                let full = Name { parts: vec![schema.clone(), table.clone()] };
                match self.of_schema(&full) {
                    Some(item) => self.must_have(&item, table, column),
                    None => ValueType::Unknown,
                }
            }
            _ => ValueType::Unknown,
        }
    }

    /// The type of the only column with this name in a level.
    fn kind_in_level(&self, level: usize, name: &str) -> ValueType {
        let level = &self.levels[level];
        let items = level.items.get(level.start..).unwrap_or_default();
        let mut items = items
            .iter()
            .filter(|item| item.has_columns && !item.merged.iter().any(|merged| **merged == *name));
        let item = items.find(|item| matches!(self.has(&item.source, name), Has::Yes(_)));
        item.filter(|_| !level.is_merged_somehow)
            .map_or(ValueType::Unknown, |item| self.kind_in(&item.source, name))
    }

    /// The type of a column that an item certainly has.
    fn kind_in(&self, source: &Source, name: &str) -> ValueType {
        match source {
            Source::Table(id) => match self.model.find(Namespace::Column, Some(*id), name) {
                Lookup::Yes(column) => {
                    self.note_use(*id, Some(&name.into()), false);
                    ValueType::of_column(self.model, column)
                }
                _ => ValueType::Unknown,
            },
            Source::List(columns) => columns.kind_of(name),
            Source::Unknown => ValueType::Unknown,
        }
    }

    fn bare_column(&mut self, name: &Ident) -> ValueType {
        for level in (0..self.levels.len()).rev() {
            if self.levels[level].is_hidden {
                continue;
            }
            match self.in_level(level, &name.text) {
                Has::Yes(1) => return self.kind_in_level(level, &name.text),
                Has::Unknown => return ValueType::Unknown,
                Has::Yes(_) => {
                    self.found.push(Finding::Ambiguous(name.clone()));
                    return ValueType::Unknown;
                }
                Has::No => {}
            }
        }
        let is_parameter =
            self.parameters.as_ref().is_some_and(|known| known.names.contains(&name.text));
        // The name refers to a whole row.
        if is_parameter || !matches!(self.aliased(&name.text), Err(Unaliased::No)) {
            return ValueType::Unknown;
        }
        let (table, candidates) = self.in_reach();
        let qualifier = None;
        self.found.push(Finding::Column { name: name.clone(), qualifier, table, candidates });
        ValueType::Unknown
    }

    fn qualified_column(&mut self, qualifier: &Ident, column: &Ident) -> ValueType {
        match self.aliased(&qualifier.text) {
            Ok(item) => return self.must_have(&item, qualifier, column),
            Err(Unaliased::Unknown) => {}
            Err(Unaliased::No) => self.no_alias(qualifier),
        }
        ValueType::Unknown
    }

    /// Reports that nothing has this name.
    fn no_alias(&mut self, qualifier: &Ident) {
        let is_parameter = self.parameters.as_ref().is_some_and(|known| {
            known.function == qualifier.text || known.names.contains(&qualifier.text)
        });
        if is_parameter {
            return;
        }
        let visible = self.levels.iter().filter(|level| !level.is_hidden);
        let named = visible.flat_map(|level| &level.items).filter(|item| item.is_named);
        let candidates = named.filter_map(|item| item.name.clone()).collect();
        self.found.push(Finding::From { name: qualifier.clone(), candidates });
    }

    fn must_have(&mut self, item: &Item, qualifier: &Ident, column: &Ident) -> ValueType {
        let has = self.has(&item.source, &column.text);
        match has {
            Has::Yes(1) => return self.kind_in(&item.source, &column.text),
            Has::Yes(_) => {
                self.found.push(Finding::Ambiguous(column.clone()));
                return ValueType::Unknown;
            }
            // `t.f` may be a call of `f`.
            Has::No if self.may_be_call(&column.text) => return ValueType::Unknown,
            Has::No => {}
            Has::Unknown => return ValueType::Unknown,
        }
        let table = if let Source::Table(id) = item.source { Some(id) } else { None };
        let mut candidates = Vec::new();
        self.names_in(&item.source, &mut candidates);
        let qualifier = Some(qualifier.clone());
        self.found.push(Finding::Column { name: column.clone(), qualifier, table, candidates });
        ValueType::Unknown
    }

    fn may_be_call(&self, name: &str) -> bool {
        OF_ROWS.contains(&name)
            || self.model.is_open(Namespace::Routine)
            || !self.model.routines(name).is_empty()
    }

    /// The item in scope that `schema.table` refers to, if that is certain.
    fn of_schema(&mut self, name: &Name) -> Option<Item> {
        let Lookup::Yes(id) = self.model.resolve(Namespace::Relation, name) else { return None };
        let is_it = |item: &&Item| {
            item.is_named
                && item.name.as_deref() == Some(name.last())
                && matches!(item.source, Source::Table(table) if table == id)
        };
        let visible = self.levels.iter().rev().filter(|level| !level.is_hidden);
        visible.flat_map(|level| &level.items).find(is_it).cloned()
    }

    /// Resolves `t.*`.
    pub(super) fn starred(&mut self, name: &Name) {
        if let [qualifier] = name.parts.as_slice()
            && let Err(Unaliased::No) = self.aliased(&qualifier.text)
        {
            self.no_alias(qualifier);
        }
    }

    /// The columns of `t.*`.
    pub(super) fn columns_of_alias(&mut self, name: &Name) -> Columns {
        match name.parts.as_slice() {
            [qualifier] => match self.aliased(&qualifier.text) {
                Ok(item) => self.columns(&item.source),
                Err(_) => Columns::unknown(),
            },
            _ => Columns::unknown(),
        }
    }

    /// All columns of a source, in order, if they are known.
    pub(super) fn columns(&self, source: &Source) -> Columns {
        match source {
            Source::Table(id) => {
                let Some(names) = self.model.ordered_columns(*id) else {
                    return Columns::unknown();
                };
                let mut columns = Columns::empty();
                for name in names {
                    let kind = self.kind_in(source, &name);
                    columns.push(Some(name), kind);
                }
                columns
            }
            Source::List(columns) => (**columns).clone(),
            Source::Unknown => Columns::unknown(),
        }
    }

    /// The names that are valid without a qualifier, and the table that all of them belong to, if
    /// it is a single one.
    fn in_reach(&self) -> (Option<Id>, Vec<Rc<str>>) {
        let (mut tables, mut candidates) = (Vec::new(), Vec::new());
        for level in self.levels.iter().rev().filter(|level| !level.is_hidden) {
            for item in level.items.iter().skip(level.start).filter(|item| item.has_columns) {
                let table = if let Source::Table(id) = item.source { Some(id) } else { None };
                if !tables.contains(&table) {
                    tables.push(table);
                }
                self.names_in(&item.source, &mut candidates);
            }
        }
        let table = if let [Some(table)] = tables.as_slice() { Some(*table) } else { None };
        (table, candidates)
    }

    pub(super) fn names_in(&self, source: &Source, found: &mut Vec<Rc<str>>) {
        match source {
            Source::Table(id) => {
                let columns = self.model.parts(*id, |class| class == ObjectKind::Column);
                let named = |id: &Id| Some(self.model.get(*id)?.name.clone());
                found.extend(columns.iter().filter_map(named));
            }
            Source::List(columns) => found.extend(columns.names.iter().flatten().cloned()),
            Source::Unknown => {}
        }
    }
}

/// Why an alias cannot be resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unaliased {
    No,
    Unknown,
}
