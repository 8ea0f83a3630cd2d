//! The columns of a schema, and what can be said about one.

use std::collections::BTreeMap;

use super::slots::{Look, Side, Slot};

/// What can be done with a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Number,
    Text,
    Enum(u8),
    Array,
    Other,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// Its type, without what follows it.
    pub(crate) kind: String,
    pub(crate) class: Class,
    /// All that stands behind the name.
    pub(crate) definition: String,
    pub(crate) is_virtual: bool,
    pub(crate) generated: bool,
}

pub(crate) const TABLES: [&str; 3] = ["t", "app.u", "\"V w\""];
const NAMES: [&str; 5] = ["a", "b", "\"order\"", "d", "e"];

/// One of several, by number.
pub(crate) fn one_of<T>(of: &[T], number: u8) -> Option<&T> {
    of.get(usize::from(number) % of.len().max(1))
}

/// The labels of an enum.
pub(crate) fn labels(look: Look) -> Vec<&'static str> {
    let mut labels = match look[0] % 5 {
        0 => vec!["x", "y"],
        1 => vec!["x", "y", "z"],
        2 => vec!["w", "x", "y"],
        3 => vec!["y", "x"],
        _ => vec!["x", "it's"],
    };
    if look[1] % 3 == 1 {
        labels.push("tip");
    }
    labels
}

/// The columns of each table.
pub(crate) fn columns(side: &Side) -> BTreeMap<u8, Vec<Column>> {
    let mut found: BTreeMap<u8, Vec<Column>> = BTreeMap::new();
    let slots: Vec<(u8, u8, Look)> = side
        .iter()
        .filter_map(|(slot, look)| match slot {
            Slot::Column(table, n) => Some((*table, *n, *look)),
            _ => None,
        })
        .collect();
    // Those that are generated need others.
    for generated in [false, true] {
        for (table, n, look) in &slots {
            let others = found.entry(*table).or_default();
            let source =
                others.iter().find(|it| it.class == Class::Number && !it.generated).cloned();
            let source = source.filter(|_| look[3] % 8 == 5 && *n != 4);
            if generated == source.is_some()
                && others.iter().all(|it| it.name != NAMES[usize::from(*n)])
            {
                let column = column(side, *n, *look, source);
                if let Some(others) = found.get_mut(table) {
                    others.push(column);
                }
            }
        }
    }
    // A table can be without columns.
    for slot in side.keys() {
        if let Slot::Table(table) = slot {
            found.entry(*table).or_default();
        }
    }
    for columns in found.values_mut() {
        columns.sort_by_key(|it| it.name);
    }
    found
}

fn column(side: &Side, n: u8, look: Look, source: Option<Column>) -> Column {
    let name = NAMES[usize::from(n)];
    let enumeration = |n: u8| {
        let labels = labels(*side.get(&Slot::Enum(n))?);
        one_of(&labels, look[4]).map(|label| label.replace('\'', "''"))
    };
    let (kind, class, value) = if n == 4 {
        match look[0] % 3 {
            0 => ("int[]".to_owned(), Class::Array, "ARRAY[1]".to_owned()),
            1 => ("text[]".to_owned(), Class::Array, "'{a}'".to_owned()),
            _ if enumeration(0).is_some() => ("e0[]".to_owned(), Class::Array, "'{x}'".to_owned()),
            _ => ("bigint[]".to_owned(), Class::Array, "'{}'".to_owned()),
        }
    } else {
        let plain = |kind: &str, class, value: &str| (kind.to_owned(), class, value.to_owned());
        let of_enum = |n: u8| {
            enumeration(n).map(|label| (format!("e{n}"), Class::Enum(n), format!("'{label}'")))
        };
        let of_domain = |n: u8| {
            side.contains_key(&Slot::Domain(n))
                .then(|| (format!("d{n}"), Class::Other, "NULL".to_owned()))
        };
        let number = plain("int", Class::Number, "7");
        match look[0] % 14 {
            1 => plain("bigint", Class::Number, "8"),
            2 => plain("text", Class::Text, "'x'"),
            3 => plain("varchar(20)", Class::Text, "'y'"),
            4 => plain("numeric(8,2)", Class::Number, "1.5"),
            5 => plain("boolean", Class::Other, "true"),
            6 => plain("timestamptz", Class::Other, "now()"),
            7 => plain("jsonb", Class::Other, "'{}'"),
            8 => plain("uuid", Class::Other, "gen_random_uuid()"),
            9 | 10 => of_enum(0).unwrap_or(number),
            11 => of_enum(1).unwrap_or(number),
            12 => of_domain(0).unwrap_or(number),
            13 => of_domain(1).unwrap_or(number),
            _ => number,
        }
    };
    let mut column = Column {
        name,
        definition: String::new(),
        class,
        kind: kind.clone(),
        is_virtual: false,
        generated: source.is_some(),
    };
    let collation = if class == Class::Text && look[5] % 4 == 1 { " COLLATE \"C\"" } else { "" };
    let not_null = if look[1] % 3 == 1 { " NOT NULL" } else { "" };
    if let Some(source) = source {
        column.kind = if look[0].is_multiple_of(2) { "numeric" } else { "bigint" }.to_owned();
        column.class = Class::Number;
        let calls = side.contains_key(&Slot::Function(0)) && look[4] % 4 == 3;
        let more = if calls { "f0()".to_owned() } else { (look[4] % 3).to_string() };
        column.definition = format!(
            "{} GENERATED ALWAYS AS ({} + {more}) STORED{not_null}",
            column.kind, source.name
        );
        return column;
    }
    let whole = kind == "int" || kind == "bigint";
    let special = match look[3] % 8 {
        1 if whole => " GENERATED ALWAYS AS IDENTITY",
        2 if whole => " GENERATED BY DEFAULT AS IDENTITY (START 5 CYCLE)",
        _ => "",
    };
    if look[3] % 8 == 3 && whole {
        column.definition = if kind == "int" { "serial" } else { "bigserial" }.to_owned();
        return column;
    }
    let default = match look[2] % 4 {
        _ if !special.is_empty() => String::new(),
        1 => format!(" DEFAULT {value}"),
        2 if whole && side.contains_key(&Slot::Function(0)) => " DEFAULT f0()".to_owned(),
        2 if whole && side.contains_key(&Slot::Sequence) => " DEFAULT nextval('s')".to_owned(),
        3 if whole => " DEFAULT 9".to_owned(),
        _ => String::new(),
    };
    column.definition = format!("{kind}{collation}{not_null}{default}{special}");
    column
}

/// A condition on a column.
pub(crate) fn condition(side: &Side, it: &Column, number: u8) -> String {
    let name = it.name;
    match it.class {
        Class::Number if number % 4 == 3 && side.contains_key(&Slot::Function(0)) => {
            format!("{name} > f0()")
        }
        Class::Number => format!("{name} > {}", number % 3),
        Class::Text => format!("{name} <> '{}'", number % 3),
        Class::Enum(n) => {
            let look = side.get(&Slot::Enum(n)).copied().unwrap_or_default();
            let label = one_of(&labels(look), number).copied().unwrap_or_default();
            format!("{name} <> '{}'", label.replace('\'', "''"))
        }
        _ => format!("{name} IS NOT NULL"),
    }
}
