//! Brings the FROM items into scope, from left to right.

use std::rc::Rc;

use super::columns::Columns;
use super::scope::{Has, Item, Source};
use super::{Finding, Resolver};
use crate::analysis::model::{Lookup, Namespace, ObjectKind};
use crate::analysis::names::{Ident, Name, is_system_column};
use crate::analysis::query::tree::{Alias, Expr, ExprId, From, FromId, Join, JoinBy};

/// A FROM clause with more relations is not checked.
const MOST_ITEMS: usize = 300;

impl Resolver<'_> {
    /// Brings all FROM items into scope.
    pub(super) fn reach_all(&mut self, from: &[FromId]) {
        for id in from {
            self.reach(*id);
        }
        if let Some(level) = self.levels.last_mut() {
            level.start = 0;
            level.is_open |= level.items.len() > MOST_ITEMS;
        }
    }

    /// Brings a FROM item and its joins into scope.
    pub(super) fn reach(&mut self, id: FromId) {
        let tree = self.tree;
        // A chain of joins is nested to the left: start with its leftmost item.
        let (mut chain, mut leaf): (Vec<&Join>, FromId) = (Vec::new(), id);
        while let From::Join(join) = &tree.from[leaf] {
            chain.push(join);
            leaf = join.left;
        }
        let Some(start) = self.levels.last().map(|level| level.items.len()) else { return };
        if start > MOST_ITEMS {
            return self.open();
        }
        self.leaf(leaf);
        for join in chain.into_iter().rev() {
            let Some(middle) = self.levels.last().map(|level| level.items.len()) else { return };
            if middle > MOST_ITEMS {
                return self.open();
            }
            self.reach(join.right);
            self.join(join, start, middle);
        }
    }

    fn open(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.is_open = true;
        }
    }

    fn push(&mut self, id: FromId, name: Option<Rc<str>>, source: Source) {
        self.sources.insert(id, source.clone());
        if let Some(level) = self.levels.last_mut() {
            level.items.push(Item::new(name, source));
        }
    }

    fn leaf(&mut self, id: FromId) {
        if let Some(level) = self.levels.last_mut() {
            level.start = 0;
        }
        let tree = self.tree;
        match &tree.from[id] {
            From::Relation { name, alias, sample } => {
                let source = self.relation(name);
                self.expressions(sample);
                let shown = alias.as_ref().map_or_else(|| name.last().into(), called);
                let source = self.renamed(source, alias.as_ref());
                self.push(id, Some(shown), source);
            }
            From::Function { call, name, ordinality, alias } => {
                self.called(call);
                let shown = alias.as_ref().map(called).or(name.as_ref().map(|it| it.text.clone()));
                let columns = of_function(name.as_ref(), *ordinality, alias.as_ref());
                if shown.is_none() {
                    self.open();
                }
                self.push(id, shown, Source::List(Rc::new(columns)));
            }
            From::Query { query, lateral, alias } => {
                if let Some(level) = self.levels.last_mut() {
                    level.is_hidden = !lateral;
                }
                let found = self.query(*query);
                if let Some(level) = self.levels.last_mut() {
                    level.is_hidden = false;
                }
                let found = Source::List(Rc::new(found.settled()));
                let source = self.renamed(found, alias.as_ref());
                self.push(id, alias.as_ref().map(called), source);
            }
            From::Unknown { alias } => {
                if alias.is_none() {
                    self.open();
                }
                self.push(id, alias.as_ref().map(called), Source::Unknown);
            }
            // Chains of joins have been flattened before.
            From::Join(_) => self.open(),
        }
    }

    /// Resolves a call in FROM. Only there, `unnest` takes several arrays.
    fn called(&mut self, call: &[ExprId]) {
        let tree = self.tree;
        match call {
            [id] => match &tree.expressions[*id] {
                Expr::Call { name, parts, arguments, .. }
                    if name.last() == "unnest" && *arguments != Some(1) =>
                {
                    self.expressions(parts);
                }
                _ => self.expression(*id),
            },
            _ => self.expressions(call),
        }
    }

    /// Looks up the relation of this name, and reports it if it is missing.
    pub(super) fn relation(&mut self, name: &Name) -> Source {
        if let [only] = name.parts.as_slice()
            && let Some((_, columns)) = self.ctes.iter().rev().find(|(cte, _)| *cte == only.text)
        {
            return Source::List(columns.clone());
        }
        match self.model.resolve(Namespace::Relation, name) {
            Lookup::Yes(id) => match self.model.get(id).map(|object| object.class) {
                Some(
                    ObjectKind::Table
                    | ObjectKind::ForeignTable
                    | ObjectKind::View
                    | ObjectKind::MaterializedView,
                ) => {
                    self.note_use(id, None, false);
                    Source::Table(id)
                }
                _ => Source::Unknown,
            },
            Lookup::Unknown(_) => {
                self.unknown.push(name.clone());
                Source::Unknown
            }
            Lookup::No(_) => {
                self.found.push(Finding::Relation(name.clone()));
                Source::Unknown
            }
        }
    }

    /// Applies the column names of an alias.
    fn renamed(&self, source: Source, alias: Option<&Alias>) -> Source {
        match alias.filter(|alias| !alias.columns.is_empty()) {
            Some(alias) => Source::List(Rc::new(self.columns(&source).renamed(&alias.columns))),
            None => source,
        }
    }

    /// Resolves a join. Its left side starts at `start`, its right side at `middle`.
    fn join(&mut self, join: &Join, start: usize, middle: usize) {
        let mut merged: Vec<Rc<str>> = Vec::new();
        let mut merged_alias = None;
        match &join.by {
            JoinBy::Nothing => {}
            JoinBy::Condition(condition) => {
                if let Some(level) = self.levels.last_mut() {
                    level.start = start;
                }
                self.condition(*condition, "ON");
            }
            JoinBy::Using(columns, alias) => {
                for column in columns {
                    self.must_be_on_both_sides(column, start, middle);
                }
                merged.extend(columns.iter().map(|column| column.text.clone()));
                merged_alias = alias.as_ref().map(|alias| alias.text.clone());
            }
            JoinBy::Natural => match self.natural(join) {
                Some(common) => merged = common,
                None => {
                    if let Some(level) = self.levels.last_mut() {
                        level.is_merged_somehow = true;
                    }
                }
            },
        }
        let columns = join.alias.as_ref().map(|alias| {
            let columns = self.joined(join);
            (alias.name.text.clone(), columns.renamed(&alias.columns))
        });
        let Some(level) = self.levels.last_mut() else { return };
        level.start = 0;
        if let Some((name, columns)) = columns {
            for item in level.items.iter_mut().skip(start) {
                (item.is_named, item.has_columns) = (false, false);
            }
            return level.items.push(Item::new(Some(name), Source::List(Rc::new(columns))));
        }
        if merged.is_empty() {
            return;
        }
        for item in level.items.iter_mut().skip(start) {
            item.merged.extend(merged.iter().cloned());
        }
        let columns = Rc::new(Columns::of(merged));
        let mut item = Item::new(merged_alias, Source::List(columns));
        item.is_named = item.name.is_some();
        level.items.push(item);
    }

    /// Checks that both sides of a join have a column of its USING clause, as far as that is known.
    fn must_be_on_both_sides(&mut self, column: &Ident, start: usize, middle: usize) {
        let Some(end) = self.levels.last().map(|level| level.items.len()) else { return };
        for side in [start..middle, middle..end] {
            let Some(level) = self.levels.last() else { return };
            let mut has =
                if level.is_open || level.is_merged_somehow { Has::Unknown } else { Has::No };
            let mut candidates = Vec::new();
            for item in level.items[side].iter().filter(|item| item.has_columns) {
                if item.merged.contains(&column.text) {
                    continue;
                }
                self.names_in(&item.source, &mut candidates);
                match self.has(&item.source, &column.text) {
                    Has::No => {}
                    Has::Unknown if has == Has::No => has = Has::Unknown,
                    Has::Unknown => {}
                    yes => has = yes,
                }
            }
            if has == Has::No && !is_system_column(&column.text) {
                let (qualifier, table, name) = (None, None, column.clone());
                return self.found.push(Finding::Column { name, qualifier, table, candidates });
            }
        }
    }

    /// The columns that both sides of a join have, if all columns are known.
    fn natural(&self, join: &Join) -> Option<Vec<Rc<str>>> {
        let left = self.columns_of(join.left).known()?;
        let right = self.columns_of(join.right).known()?;
        Some(left.into_iter().filter(|column| right.contains(column)).collect())
    }

    /// All columns of a FROM item, in order.
    pub(super) fn columns_of(&self, id: FromId) -> Columns {
        match &self.tree.from[id] {
            From::Join(join) => {
                let columns = self.joined(join);
                match &join.alias {
                    Some(alias) => columns.renamed(&alias.columns),
                    None => columns,
                }
            }
            _ => match self.sources.get(&id) {
                Some(source) => self.columns(source),
                None => Columns::unknown(),
            },
        }
    }

    /// The columns of a join: the merged ones, those of the left side, those of the right side.
    fn joined(&self, join: &Join) -> Columns {
        let (left, right) = (self.columns_of(join.left), self.columns_of(join.right));
        let merged = match &join.by {
            JoinBy::Using(columns, _) => columns.iter().map(|it| it.text.clone()).collect(),
            JoinBy::Natural => match (left.known(), right.known()) {
                (Some(left), Some(right)) => {
                    left.into_iter().filter(|column| right.contains(column)).collect()
                }
                _ => return Columns::unknown(),
            },
            _ => Vec::new(),
        };
        let mut columns = Columns::of(merged.clone());
        for side in [&left, &right] {
            columns.is_whole &= side.is_whole;
            for (nth, name) in side.names.iter().enumerate() {
                if name.as_ref().is_none_or(|name| !merged.contains(name)) {
                    columns.push(name.clone(), side.kind(nth));
                }
            }
        }
        columns
    }
}

fn called(alias: &Alias) -> Rc<str> {
    alias.name.text.clone()
}

/// The columns of a function in FROM. They are known if they are declared, or if it returns one
/// value for each row.
fn of_function(name: Option<&Ident>, ordinality: bool, alias: Option<&Alias>) -> Columns {
    if let Some(alias) = alias.filter(|alias| alias.is_definition) {
        let mut columns = Columns::of(alias.columns.iter().map(|column| column.text.clone()));
        columns.is_whole &= !ordinality;
        return columns;
    }
    let is_scalar = name.is_some_and(|name| {
        matches!(&*name.text, "generate_series" | "generate_subscripts" | "regexp_split_to_table")
    });
    let aliases = alias.map_or(&[][..], |alias| &alias.columns);
    if !is_scalar {
        return Columns::unknown().renamed(aliases);
    }
    let own = alias.map(|alias| &alias.name).or(name);
    let mut columns = Columns::of(own.map(|name| name.text.clone()));
    if ordinality {
        columns.names.push(Some("ordinality".into()));
    }
    columns.renamed(aliases)
}
