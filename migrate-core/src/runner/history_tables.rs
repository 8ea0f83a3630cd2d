//! Which of migrate's own tables a database has, and what else has one of their names.

#[cfg(feature = "catalog")]
use std::collections::BTreeSet;
use std::fmt;

use crate::plan::history::Row;
use crate::runner::sql::Tables;
#[cfg(feature = "catalog")]
use crate::schema::catalog::{Catalog, Name, RelationKind};

/// The tables of a history that are there, in its schema and with its prefix.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryTables {
    /// Those that are migrate's own; one of them is a sequence.
    pub own: Vec<String>,
    /// What has one of their names and is something else.
    pub foreign: Vec<ForeignRelation>,
}

/// Something that has the name of a table of migrate's, and was not made by migrate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignRelation {
    /// Its name.
    pub name: String,
    /// What it is: `a view`.
    pub what: &'static str,
}

impl fmt::Display for ForeignRelation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is {}", crate::syntax::source::printable(&self.name), self.what)
    }
}

impl HistoryTables {
    /// Those that are missing, in the order of [`Tables::names`].
    pub(crate) fn missing(&self, tables: &Tables) -> Vec<String> {
        let is_missing = |name: &String| !self.own.contains(name);
        tables.names().into_iter().filter(is_missing).collect()
    }

    /// What is in the way, in words.
    pub(crate) fn in_the_way(foreign: &[ForeignRelation]) -> String {
        foreign.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// What each table had in its first layout; later ones only add. In the order of [`Tables::names`].
const COLUMNS: [&[&str]; 5] = [
    &[
        "revision text",
        "position bigint",
        "undoing boolean",
        "chain_digest text",
        "parents text[]",
        "up_digest text",
        "down_digest text",
        "digest_version integer",
        "down_sql text",
        "down_transactional boolean",
        "transactional boolean",
        "applied_at timestamp with time zone",
        "applied_by text",
        "duration_ms bigint",
        "tool text",
    ],
    &[
        "at timestamp with time zone",
        "by text",
        "action text",
        "revision text",
        "duration_ms bigint",
        "error text",
        "tool text",
    ],
    &["version integer"],
    &[
        "revision text",
        "direction text",
        "next_statement integer",
        "started boolean",
        "done_digest text",
        "began timestamp with time zone",
    ],
    &[],
];

/// Which relations of a catalog are histories of migrations, whatever schema they are in and whatever their names
/// begin with: told by their kind and columns. Each chain in a database has its own.
#[cfg(feature = "catalog")]
#[must_use]
pub fn histories_in(catalog: &Catalog) -> BTreeSet<Name> {
    let is_ours = |name: &Name, wanted: &[&str]| {
        let Some(it) = catalog.relations.get(name) else {
            return wanted.is_empty() && catalog.sequences.contains_key(name);
        };
        let has = |column: &&str| {
            it.columns.iter().any(|it| format!("{} {}", it.name, it.data_type) == **column)
        };
        it.kind == RelationKind::Table && !wanted.is_empty() && wanted.iter().all(has)
    };
    let mut found = BTreeSet::new();
    for history in catalog.relations.keys().filter(|name| is_ours(name, COLUMNS[0])) {
        let Some(prefix) = history.name.strip_suffix("history") else { continue };
        let names = Tables::new(&history.schema, prefix).names();
        let names = names.into_iter().map(|name| Name::new(&*history.schema, name));
        found.extend(
            names.zip(COLUMNS).filter(|(name, it)| is_ours(name, it)).map(|(name, _)| name),
        );
    }
    found
}

/// Reads the rows of [`sql::forget::find`](crate::runner::sql::forget::find): name, kind, columns.
pub(crate) fn parse<'r>(tables: &Tables, rows: impl Iterator<Item = &'r Row>) -> HistoryTables {
    let mut found = HistoryTables::default();
    let names = tables.names();
    for row in rows {
        let column = |at: usize| row.get(at).and_then(Option::as_deref).unwrap_or_default();
        let (name, kind) = (column(1), column(2));
        let Some(at) = names.iter().position(|known| known == name) else { continue };
        let columns: Vec<&str> = column(3).split(',').collect();
        let is_own = match COLUMNS[at] {
            [] => kind == "S",
            wanted => kind == "r" && wanted.iter().all(|column| columns.contains(column)),
        };
        if is_own {
            found.own.push(name.to_owned());
        } else {
            found.foreign.push(ForeignRelation { name: name.to_owned(), what: what(kind) });
        }
    }
    let place = |name: &String| names.iter().position(|known| known == name);
    found.own.sort_by_key(place);
    found.foreign.sort_by_key(|it| place(&it.name));
    found
}

/// A kind of relation in words.
fn what(kind: &str) -> &'static str {
    match kind {
        "r" => "a table with other columns",
        "p" => "a partitioned table",
        "f" => "a foreign table",
        "v" => "a view",
        "m" => "a materialized view",
        "S" => "a sequence",
        "i" | "I" => "an index",
        _ => "a type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::sql::layout;

    fn row(name: &str, kind: &str, columns: &str) -> Row {
        ["migrate:table", name, kind, columns].map(|it| Some(it.to_owned())).to_vec()
    }

    #[test]
    fn what_is_ours_is_told_by_its_kind_and_columns() {
        let tables = Tables::new("public", "migrate_");
        let check = |rows: &[Row], own: &str, foreign: &str| {
            let found = parse(&tables, rows.iter());
            let others = HistoryTables::in_the_way(&found.foreign);
            assert_eq!((found.own.join(" ").as_str(), others.as_str()), (own, foreign));
        };
        let log = COLUMNS[1].join(",");
        check(&[], "", "");
        check(&[row("migrate_log", "r", &log)], "migrate_log", "");
        check(&[row("migrate_log", "r", &format!("extra int,{log}"))], "migrate_log", "");
        check(&[row("migrate_log", "v", &log)], "", "`migrate_log` is a view");
        check(
            &[row("migrate_log", "r", "at date")],
            "",
            "`migrate_log` is a table with other columns",
        );
        check(&[row("migrate_log", "type", "")], "", "`migrate_log` is a type");
        check(&[row("migrate_log", "c", &log)], "", "`migrate_log` is a type");
        check(&[row("migrate_statement", "S", "last_value bigint")], "migrate_statement", "");
        check(
            &[row("migrate_statement", "r", "n int"), row("migrate_layout", "S", "")],
            "",
            "`migrate_layout` is a sequence, `migrate_statement` is a table with other columns",
        );
        check(
            &[
                row("migrate_layout", "r", "version integer"),
                row("migrate_history", "r", &COLUMNS[0].join(",")),
            ],
            "migrate_history migrate_layout",
            "",
        );
        check(&[row("users", "r", "")], "", "");
    }

    /// What is looked for is what is made.
    #[test]
    fn the_columns_are_those_of_the_tables() {
        let tables = Tables::new("public", "migrate_");
        let made = layout::create(&tables).replace("timestamptz", "timestamp with time zone");
        for (name, columns) in tables.names().iter().zip(COLUMNS) {
            let Some(from) = made.find(&format!("\"{name}\" ")) else { panic!("{name} is made") };
            let made = made[from..].split(";").next().unwrap_or_default();
            for column in columns {
                assert!(made.contains(column), "{name}: {column}");
            }
        }
    }
}
