//! The differences of two catalogs, as lines for people.

use std::collections::{BTreeMap, BTreeSet};

use super::{Catalog, Column, Table};

/// One line for each object that is not the same in both.
pub(super) fn between(one: &Catalog, other: &Catalog) -> Vec<String> {
    let mut lines = Vec::new();
    each(&one.extensions, &other.extensions, &mut lines, |name, extension| {
        (format!("extension {name}"), format!("in schema {}", extension.schema))
    });
    each(&one.enums, &other.enums, &mut lines, |name, labels| {
        (format!("enum {name}"), format!("({})", labels.join(", ")))
    });
    names("sequence", &one.sequences, &other.sequences, &mut lines);
    names("view", &one.views, &other.views, &mut lines);
    for name in one.tables.keys().chain(other.tables.keys()).collect::<BTreeSet<_>>() {
        match (one.tables.get(name), other.tables.get(name)) {
            (Some(table), None) => lines.push(whole_table('-', name, table)),
            (None, Some(table)) => lines.push(whole_table('+', name, table)),
            (Some(table), Some(changed)) => tables(name, table, changed, &mut lines),
            (None, None) => {}
        }
    }
    lines
}

fn tables(name: &str, one: &Table, other: &Table, lines: &mut Vec<String>) {
    // A column in front of others moves them all: only a changed order among those in both is a difference of theirs.
    let moved = common_order(one, other) != common_order(other, one);
    each(&by_name(one), &by_name(other), lines, |column, shown| {
        (format!("column {name}.{column}"), shown.clone())
    });
    if moved {
        lines.push(format!(
            "~ order of the columns of {name}: {} -> {}",
            common_order(one, other).join(", "),
            common_order(other, one).join(", ")
        ));
    }
    each(&one.constraints, &other.constraints, lines, |constraint, it| {
        (format!("constraint {name}.{constraint}"), it.definition.clone())
    });
    each(&one.indexes, &other.indexes, lines, |index, it| {
        let backs = if it.backs_constraint { " (of a constraint)" } else { "" };
        (format!("index {index}"), format!("{}{backs}", it.definition))
    });
}

/// Columns without their position, which is compared apart.
fn by_name(table: &Table) -> BTreeMap<&str, String> {
    table.columns.iter().map(|column| (column.name.as_str(), shown(column))).collect()
}

fn shown(column: &Column) -> String {
    let mut text = column.data_type.clone();
    if column.not_null {
        text.push_str(" NOT NULL");
    }
    if let Some(default) = &column.default {
        text.push_str(" DEFAULT ");
        text.push_str(default);
    }
    text
}

/// The names of the columns of `table` that `other` has too, in order.
fn common_order<'a>(table: &'a Table, other: &Table) -> Vec<&'a str> {
    let theirs: BTreeSet<&str> = other.columns.iter().map(|column| column.name.as_str()).collect();
    table.columns.iter().map(|c| c.name.as_str()).filter(|name| theirs.contains(name)).collect()
}

fn whole_table(sign: char, name: &str, table: &Table) -> String {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    format!("{sign} table {name} ({})", columns.join(", "))
}

fn names(what: &str, one: &[String], other: &[String], lines: &mut Vec<String>) {
    let (one, other): (BTreeSet<_>, BTreeSet<_>) = (one.iter().collect(), other.iter().collect());
    lines.extend(one.difference(&other).map(|name| format!("- {what} {name}")));
    lines.extend(other.difference(&one).map(|name| format!("+ {what} {name}")));
}

/// Compares two maps; `show` gives an object's title and its description.
fn each<K: Ord + AsRef<str>, V: PartialEq>(
    one: &BTreeMap<K, V>,
    other: &BTreeMap<K, V>,
    lines: &mut Vec<String>,
    show: impl Fn(&str, &V) -> (String, String),
) {
    for name in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
        match (one.get(name), other.get(name)) {
            (Some(only), None) => {
                let (title, text) = show(name.as_ref(), only);
                lines.push(format!("- {title} {text}"));
            }
            (None, Some(only)) => {
                let (title, text) = show(name.as_ref(), only);
                lines.push(format!("+ {title} {text}"));
            }
            (Some(before), Some(after)) if before != after => {
                let ((title, before), (_, after)) =
                    (show(name.as_ref(), before), show(name.as_ref(), after));
                lines.push(format!("~ {title}: {before} -> {after}"));
            }
            _ => {}
        }
    }
}
