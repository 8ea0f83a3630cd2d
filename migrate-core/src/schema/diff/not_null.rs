//! Writes NOT NULL, which is a constraint with a name and options since PostgreSQL 18.

use super::relations::keyword;
use super::{Draft, Phase, mentions};
use crate::schema::catalog::{Change, Column, Name, Relation, usual_name};

const NOT_VALID: &str = "NOT VALID";
const NO_INHERIT: &str = "NO INHERIT";

impl Column {
    fn has_option(&self, option: &str) -> bool {
        self.not_null_options.as_ref().is_some_and(|it| it.contains(option))
    }

    /// NOT NULL as it stands behind the column's type. One that no row has been checked for can't stand there.
    pub(super) fn not_null_clause(&self) -> String {
        if !self.not_null || self.has_option(NOT_VALID) {
            return String::new();
        }
        let name = self.not_null_name.as_ref();
        let name =
            name.map_or_else(String::new, |it| format!(" CONSTRAINT {}", mentions::ident(it)));
        let option = if self.has_option(NO_INHERIT) { " NO INHERIT" } else { "" };
        format!("{name} NOT NULL{option}")
    }

    /// The name of its NOT NULL.
    fn constraint(&self, table: &Name) -> String {
        let usual = || usual_name(&table.name, Some(&self.name), "not_null");
        let known = self.not_null_name.clone().or_else(|| self.not_null_constraint.0.clone());
        mentions::ident(&known.unwrap_or_else(usual))
    }

    /// The column of a table that leaves a parent: the name that it has from there is its own.
    pub(super) fn leave(&mut self, table: &Name) {
        (self.inherited, self.local) = (false, true);
        let usual = usual_name(&table.name, Some(&self.name), "not_null");
        if self.not_null_name.is_none() {
            let known = self.not_null_constraint.0.clone();
            self.not_null_name = known.filter(|it| self.not_null && *it != usual);
        }
    }
}

impl Draft<'_> {
    /// A column that may be null no more.
    pub(super) fn not_null(
        &mut self,
        table: &Name,
        relation: &Relation,
        it: &Column,
        is_filled: bool,
    ) {
        let shown = format!("ALTER {} {}", keyword(relation.kind), mentions::name(table));
        let name = mentions::ident(&it.name);
        let set = match it.not_null_name.is_none() && it.not_null_options.is_none() {
            true => format!("{shown} ALTER COLUMN {name} SET NOT NULL"),
            false => {
                let options = it.not_null_options.as_ref();
                let options = options.map_or_else(String::new, |it| format!(" {it}"));
                format!("{shown} ADD CONSTRAINT {} NOT NULL {name}{options}", it.constraint(table))
            }
        };
        if it.has_option(NOT_VALID) {
            self.step(Phase::Columns, set);
            return;
        }
        let fill = match &it.default {
            Some(_) => format!(
                "; to fill it first, in batches for a large table: UPDATE {} SET {name} = DEFAULT WHERE {name} IS NULL",
                mentions::name(table)
            ),
            None => String::new(),
        };
        let caution = (!is_filled).then(|| format!("fails if {name} is null in a row{fill}"));
        if !self.online {
            self.careful(Phase::Columns, set, caution);
            return;
        }
        // A check that holds is proof enough: the rows are not read under the lock of SET NOT NULL.
        let proof =
            |suffix: String| mentions::derived(&format!("{}_{}", table.name, it.name), &suffix);
        let free = |name: &String| !relation.constraints.contains_key(name);
        let mut names = (0..).map(|n| proof(format!("_is_set{}", "_".repeat(n))));
        let check = mentions::ident(&names.find(free).unwrap_or_default());
        let sql = format!("{shown} ADD CONSTRAINT {check} CHECK ({name} IS NOT NULL) NOT VALID");
        self.step(Phase::Columns, sql);
        self.careful(Phase::Columns, format!("{shown} VALIDATE CONSTRAINT {check}"), caution);
        self.step(Phase::Columns, set);
        self.step(Phase::Columns, format!("{shown} DROP CONSTRAINT {check}"));
    }

    /// The name, the options and the comment of a NOT NULL that stays, or that is new with its column.
    pub(super) fn not_null_settings(
        &mut self,
        table: &Name,
        relation: &Relation,
        before: Option<&Column>,
        after: &Column,
    ) {
        let alter = format!("ALTER {} {}", keyword(relation.kind), mentions::name(table));
        let usual = || usual_name(&table.name, Some(&after.name), "not_null");
        let constraint = mentions::ident(&after.not_null_name.clone().unwrap_or_else(usual));
        let mut kept = before.filter(|it| it.not_null && after.not_null);
        if let Some(old) = kept {
            let (was, is) = (&old.not_null_options, &after.not_null_options);
            if was != is && !old.has_option(NOT_VALID) && after.has_option(NOT_VALID) {
                // What has been checked can't be unchecked.
                let column = mentions::ident(&after.name);
                let sql = format!("{alter} ALTER COLUMN {column} DROP NOT NULL");
                self.step(Phase::Columns, sql);
                self.not_null(table, relation, after, false);
                kept = None;
            } else {
                if old.not_null_name != after.not_null_name {
                    if after.inherited {
                        let why = "PostgreSQL can't rename a NOT NULL constraint that is inherited";
                        let column = format!("{table}.{}", mentions::ident(&after.name));
                        self.cannot(Change::Alter, "column", column, why);
                        return;
                    }
                    let was = old.constraint(table);
                    self.step(
                        Phase::Columns,
                        format!("{alter} RENAME CONSTRAINT {was} TO {constraint}"),
                    );
                }
                if old.has_option(NO_INHERIT) != after.has_option(NO_INHERIT) {
                    let not = if after.has_option(NO_INHERIT) { "NO " } else { "" };
                    let sql = format!("{alter} ALTER CONSTRAINT {constraint} {not}INHERIT");
                    self.step(Phase::Columns, sql);
                }
                if old.has_option(NOT_VALID) && !after.has_option(NOT_VALID) {
                    let caution =
                        format!("fails if {} is null in a row", mentions::ident(&after.name));
                    let sql = format!("{alter} VALIDATE CONSTRAINT {constraint}");
                    self.careful(Phase::Columns, sql, Some(caution));
                }
            }
        } else if before.is_none() && after.not_null && after.has_option(NOT_VALID) {
            self.not_null(table, relation, after, false);
        }
        let comment = kept.and_then(|it| it.not_null_comment.as_ref());
        if after.not_null {
            let on = format!("CONSTRAINT {constraint} ON {}", mentions::name(table));
            self.comment(&on, comment, after.not_null_comment.as_ref());
        }
    }
}
