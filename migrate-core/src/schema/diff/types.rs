//! Writes schemas, extensions, types, sequences, routines and statistics.

use std::collections::BTreeSet;

use super::privileges::statistics;
use super::{Draft, Phase, mentions};
use crate::schema::catalog::{Catalog, Enum, Name, ObjectName, Sequence, Statistics};

impl Draft<'_> {
    pub(super) fn types(&mut self) {
        let (from, to) = (self.from, self.to);
        for (name, schema) in &to.schemas {
            if !from.schemas.contains_key(name) {
                self.step(Phase::Schemas, format!("CREATE SCHEMA {}", mentions::ident(name)));
                self.made(ObjectName::schema(name));
            }
            let before = from.schemas.get(name).and_then(|it| it.comment.as_ref());
            let on = format!("SCHEMA {}", mentions::ident(name));
            self.comment(&on, before, schema.comment.as_ref());
        }
        for name in from.schemas.keys().filter(|name| !to.schemas.contains_key(*name)) {
            self.step(Phase::DropSchemas, format!("DROP SCHEMA {}", mentions::ident(name)));
        }
        for (name, it) in &to.extensions {
            let (shown, schema) = (mentions::ident(name), mentions::ident(&it.schema));
            match from.extensions.get(name) {
                None => {
                    let sql = format!("CREATE EXTENSION {shown} SCHEMA {schema}");
                    self.step(Phase::Extensions, sql);
                }
                Some(before) if before.schema != it.schema => {
                    let sql = format!("ALTER EXTENSION {shown} SET SCHEMA {schema}");
                    self.step(Phase::Extensions, sql);
                }
                Some(_) => {}
            }
            let comment = from.extensions.get(name).and_then(|it| it.comment.as_ref());
            if comment != it.comment.as_ref() {
                let text = it.comment.as_ref().or(it.usual_comment.as_ref());
                let text = text.filter(|it| !it.is_empty());
                let text = text.map_or_else(|| "NULL".to_owned(), |it| mentions::literal(it));
                self.step(Phase::Comments, format!("COMMENT ON EXTENSION {shown} IS {text}"));
            }
        }
        for name in from.extensions.keys().filter(|name| !to.extensions.contains_key(*name)) {
            self.step(Phase::DropRest, format!("DROP EXTENSION {}", mentions::ident(name)));
        }
        for name in from.enums.keys().chain(to.enums.keys()).collect::<BTreeSet<_>>() {
            self.enumeration(name, from.enums.get(name), to.enums.get(name));
        }
        for name in from.sequences.keys().chain(to.sequences.keys()).collect::<BTreeSet<_>>() {
            let first = self.steps.len();
            self.sequence(name, from.sequences.get(name), to.sequences.get(name));
            if let Some((table, _)) = to.sequences.get(name).and_then(|it| it.owned_by.as_ref()) {
                self.about(first, table);
            }
        }
    }

    fn enumeration(&mut self, name: &Name, before: Option<&Enum>, after: Option<&Enum>) {
        let shown = mentions::name(name);
        let create = |labels: &[String]| {
            let labels: Vec<String> = labels.iter().map(|label| mentions::literal(label)).collect();
            format!("CREATE TYPE {shown} AS ENUM ({})", labels.join(", "))
        };
        match (before, after) {
            (None, Some(after)) => self.step(Phase::Types, create(&after.labels)),
            (Some(_), None) => self.step(Phase::DropEnums, format!("DROP TYPE {shown}")),
            (Some(before), Some(after)) if before.labels != after.labels => {
                if !self.recreated.types.contains(name) {
                    for (at, label) in after.labels.iter().enumerate() {
                        if !before.labels.contains(label) {
                            let place = match at.checked_sub(1).map(|at| &after.labels[at]) {
                                Some(last) => format!(" AFTER {}", mentions::literal(last)),
                                None => before.labels.first().map_or_else(String::new, |first| {
                                    format!(" BEFORE {}", mentions::literal(first))
                                }),
                            };
                            let label = mentions::literal(label);
                            let sql = format!("ALTER TYPE {shown} ADD VALUE {label}{place}");
                            self.step(Phase::Types, sql);
                        }
                    }
                } else {
                    // PostgreSQL can't take a label away: the type is recreated, and the columns of
                    // the old one are changed to it.
                    let old = mentions::old(name);
                    let rename =
                        format!("ALTER TYPE {shown} RENAME TO {}", mentions::ident(&old.name));
                    self.step(Phase::RenameTypes, rename);
                    self.step(Phase::Types, create(&after.labels));
                    self.step(Phase::DropEnums, format!("DROP TYPE {}", mentions::name(&old)));
                }
            }
            _ => {}
        }
        if let Some(after) = after {
            let before = before.filter(|_| !self.recreated.types.contains(name));
            if before.is_none() {
                self.made(ObjectName::of("type", name));
            }
            let before = before.and_then(|before| before.comment.as_ref());
            self.comment(&format!("TYPE {shown}"), before, after.comment.as_ref());
        }
    }

    fn sequence(&mut self, name: &Name, before: Option<&Sequence>, after: Option<&Sequence>) {
        let shown = mentions::name(name);
        let identity = before.is_some_and(|it| it.identity) || after.is_some_and(|it| it.identity);
        let owner = |it: &Sequence| it.owned_by.clone().filter(|_| !it.identity);
        let owned = |it: &Sequence| {
            owner(it).map_or_else(
                || "NONE".to_owned(),
                |(table, column)| {
                    format!("{}.{}", mentions::name(&table), mentions::ident(&column))
                },
            )
        };
        if before.is_none() && after.is_some() {
            self.made(ObjectName::of("sequence", name));
            after.into_iter().for_each(|after| self.go_on(name, after));
        }
        match (before, after) {
            // The column brings it along, or takes it with it.
            (None, Some(after)) if after.identity => {}
            (Some(before), None) if before.identity || self.goes(before.owned_by.as_ref()) => {}
            (Some(_), None) => self.losing(
                Phase::DropRest,
                format!("DROP SEQUENCE {shown}"),
                format!("the value of the sequence {shown}"),
            ),
            (None, Some(after)) => {
                let kind = if after.unlogged { "UNLOGGED SEQUENCE" } else { "SEQUENCE" };
                let options = sequence_options(after);
                self.step(Phase::Sequences, format!("CREATE {kind} {shown} {options}"));
                if let Some((table, _)) = &after.owned_by {
                    // It belongs to whom its table belongs to.
                    if let Some(role) = self.from.owners.get(&ObjectName::of("table", table)) {
                        let sql =
                            format!("ALTER SEQUENCE {shown} OWNER TO {}", mentions::ident(role));
                        self.step(Phase::Constraints, sql);
                    }
                    let sql = format!("ALTER SEQUENCE {shown} OWNED BY {}", owned(after));
                    self.step(Phase::Constraints, sql);
                }
            }
            (Some(before), Some(after)) => {
                if before.identity != after.identity {
                    // An identity column takes its sequence with it, and brings another one along.
                    if !before.identity {
                        let lost = format!("the value of the sequence {shown}");
                        let sql = format!("DROP SEQUENCE {shown}");
                        self.losing(Phase::DropTablesFirst, sql, lost);
                    }
                    self.sequence(name, None, Some(after));
                    return;
                }
                let (was, is) = (sequence_options(before), sequence_options(after));
                if was != is {
                    // That of an identity column follows its type.
                    let phase = if after.identity { Phase::Settings } else { Phase::Sequences };
                    self.step(phase, format!("ALTER SEQUENCE {shown} {is}"));
                }
                if before.unlogged != after.unlogged && !identity {
                    let to = if after.unlogged { "UNLOGGED" } else { "LOGGED" };
                    self.step(Phase::Sequences, format!("ALTER SEQUENCE {shown} SET {to}"));
                }
                if owner(before) != owner(after) {
                    if self.goes(before.owned_by.as_ref()) {
                        let sql = format!("ALTER SEQUENCE {shown} OWNED BY NONE");
                        self.step(Phase::DropParts, sql);
                    }
                    let sql = format!("ALTER SEQUENCE {shown} OWNED BY {}", owned(after));
                    self.step(Phase::Constraints, sql);
                }
            }
            (None, None) => {}
        }
        if let Some(after) = after {
            let before = before.and_then(|it| it.comment.as_ref());
            self.comment(&format!("SEQUENCE {shown}"), before, after.comment.as_ref());
        }
    }

    /// A new sequence of a column that has values goes on behind them.
    fn go_on(&mut self, name: &Name, it: &Sequence) {
        let Some((table, column)) = &it.owned_by else { return };
        let found = |catalog: &Catalog| {
            let mut columns = catalog.relations.get(table)?.columns.iter();
            Some(columns.find(|it| it.name == *column)?.data_type.clone())
        };
        let is_integer = |kind: String| ["smallint", "integer", "bigint"].contains(&&*kind);
        let both = [found(self.from), found(self.to)];
        if !both.into_iter().all(|kind| kind.is_some_and(is_integer))
            || self.recreated.is_renewed(table, column)
            || !self.staying().contains(&table)
        {
            return;
        }
        let (sequence, column) =
            (mentions::literal(&mentions::full(name)), mentions::ident(column));
        let start = it.start;
        let (furthest, of, reaches) = match it.increment > 0 {
            true => ("greatest", "max", ">="),
            false => ("least", "min", "<="),
        };
        let table = mentions::name(table);
        // The last value, not the one behind it: there may be none.
        let sql = format!(
            "SELECT setval({sequence}, {furthest}({of}({column}), {start}), coalesce({of}({column}) {reaches} {start}, false)) FROM {table}"
        );
        self.step(Phase::Settings, sql);
    }

    /// Is this column dropped, for good or for a moment, or its table?
    fn goes(&self, owner: Option<&(Name, String)>) -> bool {
        owner.is_some_and(|(table, column)| {
            let after = self.to.relations.get(table);
            let stays = after.is_some_and(|it| it.columns.iter().any(|it| it.name == *column));
            !stays || self.recreated.is_renewed(table, column)
        })
    }

    pub(super) fn statistics(&mut self) {
        let (from, to) = (self.from, self.to);
        // Those of a table or a view that is recreated go with it.
        let staying: BTreeSet<Name> = self.staying().into_iter().cloned().collect();
        let same = |this: &Self, before: &Statistics, after: &Statistics| {
            before.definition == after.definition
                && !this.recreated.has(&before.definition)
                && !this.recreated.has_renewed(&before.table, &before.definition)
                && staying.contains(&before.table)
        };
        for (name, it) in &from.statistics {
            if to.statistics.get(name).is_none_or(|after| !same(self, it, after)) {
                let sql = format!("DROP STATISTICS IF EXISTS {}", mentions::name(name));
                self.step(Phase::DropParts, sql);
            }
        }
        for (name, it) in &to.statistics {
            let shown = mentions::name(name);
            let before = from.statistics.get(name).filter(|old| same(self, old, it));
            if before.is_none() {
                self.step(Phase::Parts, it.definition.clone());
                self.made(statistics(name));
            }
            // A column that gets another type takes it along.
            let kept = before.filter(|old| !self.recreated.retypes_in(&old.table, &old.definition));
            if kept.and_then(|it| it.target) != it.target {
                let target = it.target.unwrap_or(-1);
                let sql = format!("ALTER STATISTICS {shown} SET STATISTICS {target}");
                self.step(Phase::Comments, sql);
            }
            let before = before.and_then(|it| it.comment.as_ref());
            self.comment(&format!("STATISTICS {shown}"), before, it.comment.as_ref());
        }
    }
}

/// The options of an identity column's sequence that are not what it has by default.
pub(super) fn unusual_options(it: &Sequence) -> Vec<String> {
    let largest = match it.data_type.as_str() {
        "smallint" => i16::MAX.into(),
        "integer" => i32::MAX.into(),
        _ => i64::MAX,
    };
    let usual = (it.increment, it.min, it.max, it.start, it.cache, it.cycle);
    if usual == (1, 1, largest, 1, 1, false) { Vec::new() } else { vec![sequence_options(it)] }
}

/// All options of a sequence.
pub(super) fn sequence_options(it: &Sequence) -> String {
    let Sequence { data_type, start, increment, min, max, cache, .. } = it;
    let cycle = if it.cycle { "CYCLE" } else { "NO CYCLE" };
    let kind = if it.identity { String::new() } else { format!("AS {data_type} ") };
    format!(
        "{kind}INCREMENT BY {increment} MINVALUE {min} MAXVALUE {max} START WITH {start} CACHE {cache} {cycle}"
    )
}
