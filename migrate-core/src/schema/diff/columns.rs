//! Writes the changes of a table's columns.

use std::collections::BTreeSet;

use super::relations::{REWRITES, is_view, keyword};
use super::types::unusual_options;
use super::{Draft, ORDER_OF_COLUMNS, Phase, mentions};
use crate::schema::catalog::{Change, Column, Name, ObjectName, Relation, RelationKind};

impl Draft<'_> {
    /// The columns of a table or a view that stays.
    pub(super) fn columns(&mut self, table: &Name, before: &Relation, after: &Relation) {
        if is_view(after) {
            for column in &after.columns {
                let old = before.columns.iter().find(|it| it.name == column.name);
                self.view_default(table, old, column);
                self.column_settings(table, old, column);
            }
            return;
        }
        let shown = mentions::name(table);
        let recreated: BTreeSet<&str> = before.columns.iter().map(|it| &*it.name).collect();
        let recreated: BTreeSet<&str> =
            recreated.into_iter().filter(|it| self.is_renewed(table, it)).collect();
        let old = |name: &str| {
            before.columns.iter().find(|it| it.name == name && !recreated.contains(name))
        };
        let kept = after.columns.iter().map(|it| &*it.name).filter(|it| !recreated.contains(it));
        let kept: BTreeSet<&str> = kept.collect();
        for column in before.columns.iter().filter(|it| !kept.contains(&*it.name)) {
            let name = mentions::ident(&column.name);
            let sql = format!("ALTER TABLE {shown} DROP COLUMN {name}");
            // What it is made of may change before the others do.
            let calls = column.default.as_ref().is_some_and(|it| self.recreated.has(it));
            let made = column.generated.is_some() || calls || recreated.contains(&*column.name);
            let phase = if made { Phase::LetGo } else { Phase::DropColumns };
            if column.generated.is_some() {
                self.step(phase, sql);
            } else {
                self.losing(phase, sql, format!("the column {shown}.{name}"));
            }
        }
        for column in &after.columns {
            match old(&column.name) {
                Some(before) => self.column_change(table, after, before, column),
                None => {
                    let made = column.generated.is_some();
                    let filled = column.default.is_some() || column.identity.is_some();
                    let caution = (column.not_null && !filled).then(|| {
                        "fails if the table has rows: give the column a default, or fill it first"
                            .to_owned()
                    });
                    let rewrites = self.fills_each_row(column);
                    let caution = caution.or_else(|| rewrites.then(|| REWRITES.to_owned()));
                    let object = ObjectName::column(table, &column.name);
                    let column = self.column(table, column);
                    let sql = format!("ALTER TABLE {shown} ADD COLUMN {column}");
                    self.made(object);
                    let phase = if made { Phase::Generated } else { Phase::Columns };
                    self.careful(phase, sql, caution);
                }
            }
            self.column_settings(table, old(&column.name), column);
        }
        // PostgreSQL adds columns at the end, and moves none.
        let found = before.columns.iter().map(|it| &*it.name).filter(|name| kept.contains(name));
        let new = after.columns.iter().map(|it| &*it.name).filter(|name| old(name).is_none());
        let made =
            |name: &&str| after.columns.iter().any(|it| it.name == *name && it.generated.is_some());
        let (made, plain): (Vec<&str>, Vec<&str>) = new.partition(made);
        let order: Vec<&str> = found.chain(plain).chain(made).collect();
        if order != after.columns.iter().map(|it| &*it.name).collect::<Vec<_>>() {
            let why = "PostgreSQL can't move columns";
            self.cannot(Change::Alter, ORDER_OF_COLUMNS, table, why);
        }
    }

    /// Does a new column get a value of its own in each row that is there, so that all are rewritten?
    fn fills_each_row(&self, column: &Column) -> bool {
        match (&column.generated, &column.default) {
            (Some(kind), _) => kind == "stored",
            (None, Some(default)) => self.is_volatile(default),
            (None, None) => column.identity.is_some(),
        }
    }

    /// Is a column dropped and added again, here and not at a parent?
    fn is_renewed(&self, table: &Name, column: &str) -> bool {
        let relation = self.to.relations.get(table);
        let own = relation.is_some_and(|it| {
            it.columns.iter().any(|it| it.name == column && (it.local || !it.inherited))
        });
        own && self.recreated.is_renewed(table, column)
    }

    /// A column as it stands in `CREATE TABLE`.
    pub(super) fn column(&self, table: &Name, it: &Column) -> String {
        let mut sql = format!("{} {}", mentions::ident(&it.name), it.data_type);
        if let Some(options) = mentions::option_changes(&[], &it.server_options) {
            sql.push_str(&format!(" OPTIONS ({options})"));
        }
        if let Some(collation) = &it.collation {
            sql.push_str(&format!(" COLLATE {collation}"));
        }
        sql.push_str(&it.not_null_clause());
        match (&it.generated, &it.default) {
            (Some(kind), Some(expression)) => {
                let kind = kind.to_uppercase();
                sql.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {kind}"));
            }
            (None, Some(default)) => sql.push_str(&format!(" DEFAULT {default}")),
            _ => {}
        }
        if let Some(identity) = self.identity(table, it) {
            sql.push_str(&format!(" {identity}"));
        }
        sql
    }

    fn identity(&self, table: &Name, it: &Column) -> Option<String> {
        let when = it.identity.as_ref()?.to_uppercase();
        let owner = (table.clone(), it.name.clone());
        let mut sequences = self.to.sequences.iter();
        let sequence =
            sequences.find(|(_, it)| it.identity && it.owned_by.as_ref() == Some(&owner));
        let options = sequence.map_or_else(Vec::new, |(name, sequence)| {
            let by_default = Name::new(&*table.schema, format!("{}_{}_seq", table.name, it.name));
            // Where that name is taken, the server would choose another.
            let is_free = !self.from.sequences.contains_key(name);
            let named = *name != by_default || !is_free;
            let named = named.then(|| format!("SEQUENCE NAME {}", mentions::name(name)));
            named.into_iter().chain(unusual_options(sequence)).collect()
        });
        let options = match options.as_slice() {
            [] => String::new(),
            options => format!(" ({})", options.join(" ")),
        };
        Some(format!("GENERATED {when} AS IDENTITY{options}"))
    }

    fn column_change(
        &mut self,
        table: &Name,
        relation: &Relation,
        before: &Column,
        after: &Column,
    ) {
        let name = mentions::ident(&after.name);
        let column = format!(
            "ALTER {} {} ALTER COLUMN {name}",
            keyword(relation.kind),
            mentions::name(table)
        );
        let set = |what: &str| format!("{column} {what}");
        // What is inherited changes at the parent.
        let inherits = before.inherited && after.inherited;
        let changes = self.recreated.retypes(before, after);
        let retypes = changes && !inherits;
        if before.generated.is_some() && after.generated.is_some() {
            // One that changes is added again.
        } else {
            if before.generated.is_some() {
                self.step(Phase::LetGo, set("DROP EXPRESSION"));
            }
            let before = Column {
                default: before.default.clone().filter(|_| before.generated.is_none()),
                ..before.clone()
            };
            let recreated = before.default.as_ref().is_some_and(|it| self.recreated.has(it));
            if before.default.is_some() && (recreated || changes || after.default.is_none()) {
                self.step(Phase::LetGo, set("DROP DEFAULT"));
            }
            if retypes {
                self.retype(table, relation.kind, &before, after);
            }
            if let Some(default) = &after.default
                && (recreated || changes || before.default != after.default)
            {
                self.step(Phase::Columns, set(&format!("SET DEFAULT {default}")));
            }
        }
        if before.identity.is_some() && after.identity.is_none() {
            self.step(Phase::LetGo, set("DROP IDENTITY"));
        }
        if before.not_null && !after.not_null {
            self.step(Phase::Columns, set("DROP NOT NULL"));
        }
        if !before.not_null && after.not_null {
            let is_filled = self.fill(table, before, after);
            self.not_null(table, relation, after, is_filled);
        }
        match (&before.identity, &after.identity) {
            (None, Some(_)) => {
                let identity = self.identity(table, after).unwrap_or_default();
                self.step(Phase::Columns, set(&format!("ADD {identity}")));
            }
            (Some(was), Some(is)) if was != is => {
                self.step(Phase::Columns, set(&format!("SET GENERATED {}", is.to_uppercase())));
            }
            _ => {}
        }
        if let Some(changes) =
            mentions::option_changes(&before.server_options, &after.server_options)
        {
            self.step(Phase::Columns, set(&format!("OPTIONS ({changes})")));
        }
        let rest = |it: &Column| (it.inherited, it.local);
        if rest(before) != rest(after) {
            let why = "whether it is its own or its parents' stays";
            self.cannot(Change::Alter, "column", format!("{table}.{name}"), why);
        }
    }

    /// The default of a view's column.
    pub(super) fn view_default(&mut self, view: &Name, before: Option<&Column>, after: &Column) {
        if before.and_then(|it| it.default.as_ref()) != after.default.as_ref() {
            let column =
                format!("{} ALTER COLUMN {}", mentions::name(view), mentions::ident(&after.name));
            let to = after.default.as_ref();
            let to = to.map_or_else(|| "DROP DEFAULT".to_owned(), |it| format!("SET DEFAULT {it}"));
            self.step(Phase::Parts, format!("ALTER VIEW {column} {to}"));
        }
    }

    /// What can't stand in `CREATE TABLE`, on every version.
    pub(super) fn column_settings(
        &mut self,
        table: &Name,
        before: Option<&Column>,
        after: &Column,
    ) {
        let shown = format!("{}.{}", mentions::name(table), mentions::ident(&after.name));
        // A view is made after all tables.
        let kind = self.to.relations.get(table).filter(|it| is_view(it)).map(|it| it.kind);
        let phase = if kind.is_some() { Phase::Parts } else { Phase::Settings };
        let column = format!(
            "ALTER {} {} ALTER COLUMN {}",
            keyword(kind.unwrap_or(RelationKind::Table)),
            mentions::name(table),
            mentions::ident(&after.name)
        );
        let was = |value: fn(&Column) -> Option<String>| before.and_then(value);
        if was(|it| it.storage.clone()) != after.storage {
            match &after.storage {
                Some(storage) => {
                    let sql = format!("{column} SET STORAGE {}", storage.to_uppercase());
                    self.step(phase, sql);
                }
                None => match mentions::storage(&after.data_type) {
                    Some(storage) => {
                        self.step(phase, format!("{column} SET STORAGE {storage}"));
                    }
                    None => {
                        let why = "how values of its type are stored by default is not known";
                        self.cannot(Change::Alter, "column", &shown, why);
                    }
                },
            }
        }
        if was(|it| it.compression.clone()) != after.compression {
            let to = after.compression.as_deref().unwrap_or("default");
            self.step(phase, format!("{column} SET COMPRESSION {to}"));
        }
        if was(|it| it.statistics.map(|n| n.to_string())) != after.statistics.map(|n| n.to_string())
        {
            let target = after.statistics.unwrap_or(-1);
            self.step(phase, format!("{column} SET STATISTICS {target}"));
        }
        let old = before.map(|it| it.options.clone()).unwrap_or_default();
        if old != after.options {
            let key = |it: &String| it.split('=').next().unwrap_or_default().to_owned();
            if !old.is_empty() {
                let keys: Vec<String> = old.iter().map(key).collect();
                self.step(phase, format!("{column} RESET ({})", keys.join(", ")));
            }
            if !after.options.is_empty() {
                let options = mentions::options(&after.options);
                self.step(phase, format!("{column} SET ({options})"));
            }
        }
        if let Some(relation) = self.to.relations.get(table).filter(|it| !is_view(it)) {
            self.not_null_settings(table, relation, before, after);
        }
        let before = before.and_then(|it| it.comment.as_ref());
        self.comment(&format!("COLUMN {shown}"), before, after.comment.as_ref());
    }
}
