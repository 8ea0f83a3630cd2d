//! Queries of a release and pending revisions at random: what a build says of the queries, a server must say, too,
//! before the revisions and after them.

use std::collections::BTreeMap;

use migrate_core::analysis::{Schema, analyse};
use migrate_core::chain::{LOCK_FILE, ProgramQuery, QUERIES_FILE, QueriesLock, lock_text};
use migrate_core::{Folder, check};
use migrate_testkit::Server;
use migrate_testkit::postgres::{Client, Error};

use super::differential::number;
use super::random::Random;

const TYPES: [&str; 9] = [
    "integer",
    "bigint",
    "text",
    "varchar(20)",
    "boolean",
    "date",
    "jsonb",
    "numeric(9, 2)",
    "mood",
];

const NAMES: [&str; 7] = ["name", "age", "born", "note", "kind", "price", "state"];

/// A table: its name and its columns with their types.
type Table = (String, Vec<(String, &'static str)>);

struct Writer<'r> {
    random: &'r mut Random,
    tables: Vec<Table>,
}

/// A literal of a type.
fn literal(kind: &str) -> &'static str {
    match kind {
        "text" | "varchar(20)" => "'x'",
        "boolean" => "true",
        "date" => "'2020-01-01'",
        "jsonb" => "'{}'",
        "mood" => "'ok'",
        _ => "1",
    }
}

impl Writer<'_> {
    /// The deployed revision.
    fn schema(random: &mut Random) -> (String, Vec<Table>) {
        let mut sql = "CREATE TYPE mood AS ENUM ('ok', 'bad');\n".to_owned();
        let mut tables = Vec::new();
        for table in ["users", "posts", "tags"] {
            let mut columns = vec![("id".to_owned(), "bigint")];
            for name in NAMES {
                if random.one_in(2) {
                    columns.push((name.to_owned(), TYPES[random.below(TYPES.len())]));
                }
            }
            let shown = |(name, kind): &(String, &'static str)| {
                let rest = match random.below(6) {
                    0 => " NOT NULL".to_owned(),
                    1 => format!(" NOT NULL DEFAULT {}", literal(kind)),
                    _ => String::new(),
                };
                format!("{name} {kind}{rest}")
            };
            let list: Vec<String> = columns.iter().map(shown).collect();
            sql.push_str(&format!("CREATE TABLE {table} ({});\n", list.join(", ")));
            tables.push((table.to_owned(), columns));
        }
        let columns: Vec<&str> = tables[0].1.iter().map(|(name, _)| name.as_str()).collect();
        sql.push_str(&format!("CREATE VIEW people AS SELECT {} FROM users;\n", columns.join(", ")));
        tables.push(("people".to_owned(), tables[0].1.clone()));
        (sql, tables)
    }

    fn table(&mut self) -> Table {
        self.tables[self.random.below(self.tables.len())].clone()
    }

    fn column(&mut self, table: &Table) -> (String, &'static str) {
        if self.random.one_in(40) {
            return (self.random.of(&NAMES).to_owned(), "integer");
        }
        table.1[self.random.below(table.1.len())].clone()
    }

    fn condition(&mut self, table: &Table, alias: &str) -> String {
        let (column, kind) = self.column(table);
        match self.random.below(5) {
            0 => format!("{alias}{column} = $1"),
            1 => format!("{alias}{column} IS NOT NULL"),
            2 => format!("{alias}{column} IN ({0}, {0})", literal(kind)),
            3 => format!("{alias}{column} = ANY ($1)"),
            _ => format!("{alias}{column} = {}", literal(kind)),
        }
    }

    fn query(&mut self) -> String {
        let table = self.table();
        let name = &table.0;
        let (one, kind) = self.column(&table);
        let other = self.column(&table).0;
        match self.random.below(10) {
            0 => format!("SELECT * FROM {name}"),
            1 => {
                let second = self.table();
                let (own, condition) = (self.column(&second).0, self.condition(&second, "b."));
                format!(
                    "SELECT a.{one}, b.{own} AS other FROM {name} a LEFT JOIN {} b ON {condition}",
                    second.0
                )
            }
            2 => format!(
                "UPDATE {name} SET {one} = $1 WHERE {}",
                self.condition(&table, "").replace("$1", "$2")
            ),
            3 => {
                format!("DELETE FROM {name} WHERE {} RETURNING {other}", self.condition(&table, ""))
            }
            4 => {
                let mut columns = vec!["id".to_owned()];
                for (column, _) in &table.1[1..] {
                    if !self.random.one_in(4) {
                        columns.push(column.clone());
                    }
                }
                let values: Vec<String> = columns
                    .iter()
                    .map(|column| {
                        let (_, kind) = table.1.iter().find(|(name, _)| name == column).unwrap();
                        literal(kind).to_owned()
                    })
                    .collect();
                format!(
                    "INSERT INTO {name} ({}) VALUES ({})",
                    columns.join(", "),
                    values.join(", ")
                )
            }
            5 => format!(
                "WITH c AS (SELECT {one}, {other} AS o FROM {name}) SELECT count({one}) FROM c"
            ),
            6 => format!("SELECT max(coalesce({one}, {})) AS top FROM {name}", literal(kind)),
            7 => format!("SELECT {one} FROM {name} ORDER BY {other} LIMIT $1"),
            _ => format!(
                "SELECT {one}, {other} AS o FROM {name} WHERE {}",
                self.condition(&table, "")
            ),
        }
    }

    /// A pending statement, or two that belong together.
    fn statement(&mut self) -> String {
        let table = self.tables[self.random.below(self.tables.len() - 1)].clone();
        let name = &table.0;
        let (column, kind) = table.1[self.random.below(table.1.len())].clone();
        match self.random.below(14) {
            0 | 1 => format!("ALTER TABLE {name} DROP COLUMN {column}"),
            2 => format!("ALTER TABLE {name} DROP COLUMN {column} CASCADE"),
            3 | 4 => format!("ALTER TABLE {name} RENAME COLUMN {column} TO {column}_new"),
            5 => format!("ALTER TABLE {name} RENAME TO {name}_new"),
            6 => format!("DROP TABLE {name}"),
            7 => format!("ALTER TABLE {name} ADD COLUMN added {} NOT NULL", self.random.of(&TYPES)),
            8 => format!("ALTER TABLE {name} ADD COLUMN added integer NOT NULL DEFAULT 1"),
            9 => format!("ALTER TABLE {name} ALTER COLUMN {column} SET NOT NULL"),
            10 => {
                let to = self.random.of(&TYPES);
                format!(
                    "ALTER TABLE {name} ALTER COLUMN {column} TYPE {to} USING {column}::text::{to}"
                )
            }
            11 => "DROP VIEW people".to_owned(),
            12 => "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'".to_owned(),
            _ => format!(
                "ALTER TABLE {name} DROP COLUMN {column}; ALTER TABLE {name} ADD COLUMN {column} {kind}"
            ),
        }
    }
}

/// How the server takes a query: an error, or the types of its result as clients see them.
fn answer(client: &mut Client, query: &str) -> Result<Vec<String>, String> {
    let text =
        |error: Error| error.as_db_error().map_or("?".to_owned(), |it| it.message().to_owned());
    let prepared = client.prepare(query).map_err(text)?;
    let kinds = prepared.columns().iter().map(|column| {
        // Clients read these alike.
        column.type_().name().replace("varchar", "text").replace("mood_new", "mood")
    });
    let kinds = kinds.collect();
    if query.starts_with("INSERT") {
        client.batch_execute("SAVEPOINT run").unwrap();
        let run = client.batch_execute(query).map_err(text);
        client.batch_execute("ROLLBACK TO run").unwrap();
        run?;
    }
    Ok(kinds)
}

fn file(id: usize, up: &str) -> (String, String) {
    let parent = if id == 1 { String::new() } else { format!("-- parent: {}\n", id - 1) };
    let text = format!(
        "-- revision: {id}\n{parent}-- message: M\n-- irreversible: a test\n-- migrate:up\n{up}\n"
    );
    (format!("{id}.sql"), text)
}

/// What a build says of a pending revision, beside a release with one query.
fn said(folder: &Folder, lock: &str, query: &str) -> Vec<String> {
    let query =
        ProgramQuery { path: "a.rs".to_owned(), line: 1, unchecked: None, text: query.to_owned() };
    let queries = QueriesLock { head: "1".to_owned(), queries: vec![query] }.write();
    match analyse(folder.clone().with(LOCK_FILE, lock).with(QUERIES_FILE, &queries)) {
        Ok(_) => Vec::new(),
        Err(rejection) => rejection
            .diagnostics
            .iter()
            .map(|found| format!("{}: {}", found.problem.code(), found.problem))
            .collect(),
    }
}

#[test]
fn what_is_said_of_a_releases_queries_is_true() {
    let database = Server::shared().unwrap().database("window").unwrap();
    let mut client = database.connect().unwrap();
    let (first, count) = (number("ANALYSIS_SEED", 1), number("ANALYSIS_WINDOWS", 60));
    let (mut wrong, mut missed) = (Vec::new(), BTreeMap::<String, usize>::new());
    let (mut queries, mut refused, mut found) = (0, 0, 0);
    let (mut windows, mut broken, mut told) = (0, 0, 0);
    for seed in first..first + count {
        let mut random = Random::new(seed as u64);
        let (schema, tables) = Writer::schema(&mut random);
        let mut writer = Writer { random: &mut random, tables };
        let texts: Vec<String> = (0..12).map(|_| writer.query()).collect();
        let pending: Vec<String> =
            (0..1 + writer.random.below(3)).map(|_| writer.statement()).collect();
        let pending = format!("{};", pending.join(";\n"));

        client.batch_execute("BEGIN; DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
        client.batch_execute(&schema).unwrap();
        let (name, text) = file(1, &schema);
        let deployed = check(Folder::of_texts("m", [(name.as_str(), text.as_str())])).unwrap();
        let mut known = Schema::of(&deployed);
        let mut right = Vec::new();
        for query in texts {
            client.batch_execute("SAVEPOINT before").unwrap();
            let before = answer(&mut client, &query);
            client.batch_execute("ROLLBACK TO before").unwrap();
            let errors = known.check(&query).errors;
            queries += 1;
            match (before, errors.first()) {
                (Ok(kinds), None) => right.push((query, kinds)),
                (Ok(_), Some(error)) => wrong.push(format!("{}\n{schema}{query}", error.message)),
                (Err(_), error) => {
                    refused += 1;
                    found += usize::from(error.is_some());
                }
            }
        }
        client.batch_execute("SAVEPOINT before").unwrap();
        if client.batch_execute(&pending).is_err() {
            client.batch_execute("ROLLBACK").unwrap();
            continue;
        }
        windows += 1;
        let (two, later) = file(2, &pending);
        let folder =
            Folder::of_texts("m", [(name.as_str(), text.as_str()), (two.as_str(), later.as_str())]);
        let lock = lock_text(&deployed, "1").unwrap();
        for (query, kinds) in right {
            client.batch_execute("SAVEPOINT after").unwrap();
            let after = answer(&mut client, &query);
            client.batch_execute("ROLLBACK TO after").unwrap();
            let said = said(&folder, &lock, &query);
            let is_star = query.starts_with("SELECT *");
            let is_changed = after.as_ref().is_ok_and(|after| *after != kinds);
            // A program may not read what has changed.
            if is_changed && is_star {
                continue;
            }
            if after.is_ok() && !is_changed {
                if !said.is_empty() {
                    wrong.push(format!("{said:?}\n{schema}{pending}\n{query}"));
                }
                continue;
            }
            broken += 1;
            if said.is_empty() {
                let why = after.map_or_else(|error| error, |after| format!("{kinds:?} {after:?}"));
                *missed.entry(format!("{why}: {query} / {pending}")).or_default() += 1;
            } else {
                told += 1;
            }
        }
        client.batch_execute("ROLLBACK").unwrap();
    }
    println!(
        "{queries} queries, {refused} refused, {found} of them found; {windows} windows, {broken} broken queries, \
         {told} of them found; {} false",
        wrong.len()
    );
    for (missed, count) in missed.iter().take(20) {
        println!("missed {count}: {missed}");
    }
    assert!(wrong.is_empty(), "{} false errors, such as\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(windows * 4 > count && broken > count, "{windows} windows, {broken} broken");
    assert!(told * 100 >= broken * 80, "{told} of {broken} found");
}
