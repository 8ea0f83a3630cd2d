//! Queries and changes of data at random: what the analysis says of their names, the server must say, too, and
//! nearly all that the server says of them.

use std::collections::BTreeMap;
use std::env;

use migrate_core::Folder;
use migrate_core::analysis::analyse;
use migrate_testkit::Server;

use super::differential::number;
use super::random::Random;

const NAMES: [&str; 8] = ["id", "a", "b", "c", "note", "ref_id", "total", "kind"];
const TABLES: [&str; 5] = ["users", "posts", "tags", "app.events", "recent"];

/// A relation in reach: how it is called, and its columns.
type Item = (String, Vec<String>);

/// What a query is made of.
struct Writer<'r> {
    random: &'r mut Random,
    tables: Vec<Item>,
    ctes: Vec<Item>,
    aliases: usize,
}

impl Writer<'_> {
    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("x{}", self.aliases)
    }

    /// A column of what is in reach, mostly.
    fn column(&mut self, scope: &[Item]) -> String {
        let (alias, columns) = match scope.len() {
            0 => return "1".to_owned(),
            count => &scope[self.random.below(count)],
        };
        let column = match columns.len() {
            0 => "id".to_owned(),
            _ if self.random.one_in(25) => self.random.of(&NAMES).to_owned(),
            _ if self.random.one_in(60) => "idd".to_owned(),
            count => columns[self.random.below(count)].clone(),
        };
        let alias = if self.random.one_in(80) { "nobody".to_owned() } else { alias.clone() };
        if self.random.one_in(5) { column } else { format!("{alias}.{column}") }
    }

    fn expression(&mut self, scope: &[Item], depth: usize) -> String {
        let one = self.column(scope);
        if depth == 0 {
            return one;
        }
        let other = |it: &mut Self| it.expression(scope, depth - 1);
        match self.random.below(14) {
            0 => format!("{one} + {}", other(self)),
            1 => format!("coalesce({one}, {})", other(self)),
            2 => format!("CASE WHEN {one} > 1 THEN {} ELSE 0 END", other(self)),
            3 => format!("({one})::int"),
            4 => format!("abs({})", other(self)),
            5 => "1".to_owned(),
            6 => {
                let inner = self.select(scope, 1, depth - 1).0;
                format!("({inner} LIMIT 1)")
            }
            7 => format!("greatest({one}, {}, 3)", other(self)),
            8 => format!("extract(epoch FROM to_timestamp({one}))::int"),
            _ => one,
        }
    }

    fn condition(&mut self, scope: &[Item], depth: usize) -> String {
        let one = self.expression(scope, depth);
        match self.random.below(9) {
            0 if depth > 0 => {
                let inner = self.select(scope, 1, depth - 1).0;
                format!("{one} IN ({inner})")
            }
            1 if depth > 0 => {
                let inner = self.select(scope, 1, depth - 1).0;
                format!("EXISTS ({inner})")
            }
            2 => format!("{one} IS NOT NULL AND NOT {} > 2", self.column(scope)),
            3 => format!("{one} BETWEEN 1 AND {}", self.column(scope)),
            4 => format!("({one}, 1) = ({}, 2)", self.column(scope)),
            5 => format!("{one} = ANY (ARRAY[1, {}])", self.column(scope)),
            _ => format!("{one} = {}", self.column(scope)),
        }
    }

    /// Something behind FROM, and what can be named of it.
    fn item(&mut self, outer: &[Item], left: &[Item], depth: usize) -> (String, Item) {
        let alias = self.alias();
        match self.random.below(10) {
            0 if depth > 0 => {
                let (sql, columns) = self.select(outer, 2, depth - 1);
                (format!("({sql}) AS {alias}"), (alias, columns))
            }
            1 if depth > 0 && !left.is_empty() => {
                let scope: Vec<Item> = left.iter().chain(outer).cloned().collect();
                let (sql, columns) = self.select(&scope, 2, depth - 1);
                (format!("LATERAL ({sql}) AS {alias}"), (alias, columns))
            }
            2 => (
                format!("(VALUES (1, 2), (3, 4)) AS {alias} (p, q)"),
                (alias, vec!["p".to_owned(), "q".to_owned()]),
            ),
            3 => (format!("generate_series(1, 3) AS {alias}"), (alias.clone(), vec![alias])),
            4 if !self.ctes.is_empty() => {
                let (name, columns) = self.ctes[self.random.below(self.ctes.len())].clone();
                (format!("{name} AS {alias}"), (alias, columns))
            }
            _ => {
                let (name, columns) = self.tables[self.random.below(self.tables.len())].clone();
                if self.random.one_in(60) {
                    return ("nothing".to_owned(), ("nothing".to_owned(), columns));
                }
                let own = name.rsplit('.').next().unwrap_or_default().to_owned();
                if left.iter().all(|(known, _)| *known != own) && self.random.one_in(3) {
                    return (name, (own, columns));
                }
                (format!("{name} {alias}"), (alias, columns))
            }
        }
    }

    fn from(&mut self, outer: &[Item], depth: usize) -> (String, Vec<Item>) {
        let (mut sql, first) = self.item(outer, &[], depth);
        let mut items = vec![first];
        for _ in 0..[0, 0, 0, 1, 1, 2][self.random.below(6)] {
            let (next, item) = self.item(outer, &items, depth);
            let join = self.random.below(6);
            items.push(item);
            match join {
                0 => sql = format!("{sql}, {next}"),
                1 => sql = format!("{sql} CROSS JOIN {next}"),
                2 => sql = format!("{sql} NATURAL JOIN {next}"),
                3 => sql = format!("{sql} JOIN {next} USING ({})", self.random.of(&NAMES[..3])),
                _ => {
                    let mut scope = items.clone();
                    scope.extend(outer.iter().cloned());
                    let condition = self.condition(&scope, 0);
                    sql = format!("{sql} LEFT JOIN {next} ON {condition}");
                }
            }
        }
        (sql, items)
    }

    /// A query of so many columns, and their names.
    fn select(&mut self, outer: &[Item], width: usize, depth: usize) -> (String, Vec<String>) {
        let (from, own) = self.from(outer, depth);
        let mut scope = own.clone();
        // What is near is named more often.
        scope.extend(own.iter().cloned());
        scope.extend(outer.iter().cloned());
        let (mut outputs, mut names) = (Vec::new(), Vec::new());
        for nth in 0..width {
            let expression = self.expression(&scope, depth);
            let name = format!("o{nth}");
            let label = if self.random.one_in(2) { " AS" } else { "" };
            outputs.push(format!("{expression}{label} {name}"));
            names.push(name);
        }
        let star = width > 1 && self.random.one_in(5);
        if star {
            outputs = vec!["*".to_owned()];
            names = own.iter().flat_map(|(_, columns)| columns.clone()).collect();
        }
        let mut sql = format!("SELECT {} FROM {from}", outputs.join(", "));
        if self.random.one_in(2) {
            sql = format!("{sql} WHERE {}", self.condition(&scope, depth));
        }
        if !star && self.random.one_in(8) {
            let first = names.first().cloned().unwrap_or_default();
            sql = format!("{sql} UNION ALL SELECT {}", vec!["1"; width].join(", "));
            return (if depth > 1 { format!("{sql} ORDER BY {first}") } else { sql }, names);
        }
        if self.random.one_in(5) {
            let by = match self.random.below(3) {
                0 => names.first().cloned().unwrap_or_default(),
                1 => self.column(&scope),
                _ => "1".to_owned(),
            };
            sql = format!("{sql} ORDER BY {by}");
        }
        (sql, names)
    }

    fn change(&mut self) -> String {
        let (table, columns) = self.tables[self.random.below(self.tables.len() - 1)].clone();
        let own = table.rsplit('.').next().unwrap_or_default().to_owned();
        let mut target = || {
            if self.random.one_in(15) {
                self.random.of(&NAMES).to_owned()
            } else {
                columns[self.random.below(columns.len())].clone()
            }
        };
        let (first, second) = (target(), target());
        let scope = vec![(own.clone(), columns.clone())];
        match self.random.below(5) {
            0 => {
                let (from, items) = self.from(&[], 1);
                let mut all = scope.clone();
                all.extend(items);
                let (value, condition) = (self.expression(&all, 1), self.condition(&all, 1));
                format!(
                    "UPDATE {table} SET {first} = {value} FROM {from} WHERE {condition} RETURNING {own}.{second}"
                )
            }
            1 => {
                let (value, condition) = (self.expression(&scope, 2), self.condition(&scope, 2));
                format!("UPDATE {table} SET {first} = {value}, {second} = 2 WHERE {condition}")
            }
            2 => format!("DELETE FROM {table} WHERE {}", self.condition(&scope, 2)),
            3 => {
                let width = 1 + self.random.below(2);
                let query = self.select(&[], width, 1).0;
                format!(
                    "INSERT INTO {table} ({first}, {second}) {query} RETURNING {}",
                    self.column(&scope)
                )
            }
            _ => {
                let values = vec!["1"; 1 + self.random.below(5)].join(", ");
                let list = if self.random.one_in(2) {
                    String::new()
                } else {
                    format!("({first}, {second})")
                };
                format!("INSERT INTO {table} {list} VALUES ({values})")
            }
        }
    }

    fn statement(&mut self) -> String {
        if self.random.one_in(3) {
            return self.change();
        }
        let mut with = Vec::new();
        for _ in 0..[0, 0, 1, 2][self.random.below(4)] {
            let (sql, columns) = self.select(&[], 2, 1);
            let name = self.alias();
            with.push(format!("{name} AS ({sql})"));
            self.ctes.push((name, columns));
        }
        let depth = 2;
        let sql = self.select(&[], 2, depth).0;
        let with =
            if with.is_empty() { String::new() } else { format!("WITH {} ", with.join(", ")) };
        match self.random.below(6) {
            0 => format!("CREATE VIEW made AS {with}{sql}"),
            1 => format!("CREATE TABLE made AS {with}{sql}"),
            2 => format!(
                "CREATE FUNCTION made() RETURNS SETOF record LANGUAGE sql AS $$ {with}{sql} $$"
            ),
            _ => format!("{with}{sql}"),
        }
    }
}

/// Tables of some columns each, and a view.
fn schema(random: &mut Random) -> (String, Vec<Item>) {
    let (mut sql, mut tables) = ("CREATE SCHEMA app;\n".to_owned(), Vec::new());
    for table in &TABLES[..4] {
        let mut columns: Vec<String> = vec!["id".to_owned()];
        for name in &NAMES[1..] {
            if random.one_in(2) {
                columns.push((*name).to_owned());
            }
        }
        let list: Vec<String> = columns.iter().map(|column| format!("{column} int")).collect();
        sql.push_str(&format!("CREATE TABLE {table} ({});\n", list.join(", ")));
        if columns.len() > 3 && random.one_in(3) {
            let gone = columns.remove(2);
            sql.push_str(&format!("ALTER TABLE {table} DROP COLUMN {gone};\n"));
        }
        tables.push(((*table).to_owned(), columns));
    }
    sql.push_str("CREATE VIEW recent AS SELECT *, 1 AS extra FROM users;\n");
    let mut columns = tables[0].1.clone();
    columns.push("extra".to_owned());
    tables.push(("recent".to_owned(), columns));
    (sql, tables)
}

/// What is said of the statement behind a schema.
pub(crate) fn said(schema: &str, statement: &str) -> Option<String> {
    let head = "-- revision: 1\n-- message: M\n-- irreversible: a test\n-- migrate:up\n";
    let text = format!("{head}{schema}{statement};\n");
    let rejection = analyse(Folder::of_texts("m", [("1.sql", text.as_str())])).err()?;
    let first =
        rejection.diagnostics.iter().find(|found| found.problem.code() != "needs-server")?;
    Some(format!("{}: {}", first.problem.code(), first.problem))
}

#[test]
fn what_is_said_of_names_in_queries_is_true() {
    let database = Server::shared().unwrap().database("queries").unwrap();
    let mut client = database.connect().unwrap();
    let (first, count) = (number("ANALYSIS_SEED", 1), number("ANALYSIS_QUERIES", 800));
    let (mut counts, mut wrong) = (BTreeMap::<String, (usize, usize)>::new(), Vec::new());
    let mut taken = 0;
    for seed in first..first + count.div_ceil(50) {
        let mut random = Random::new(seed as u64);
        let (schema, tables) = schema(&mut random);
        client.batch_execute("DROP SCHEMA IF EXISTS app CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
        client.batch_execute(&schema).unwrap();
        for _ in 0..50 {
            let mut writer = Writer {
                random: &mut random,
                tables: tables.clone(),
                ctes: Vec::new(),
                aliases: 0,
            };
            let statement = writer.statement();
            let said = said(&schema, &statement);
            let explain = if statement.starts_with("CREATE") { "" } else { "EXPLAIN " };
            let answer = client.batch_execute(&format!("BEGIN; {explain}{statement}"));
            client.batch_execute("ROLLBACK").unwrap();
            match (answer, said) {
                (Ok(()), None) => taken += 1,
                (Ok(()), Some(said)) => wrong.push(format!("{said}\n{schema}{statement}")),
                (Err(error), said) => {
                    let code = error.code().map_or("?", |code| code.code()).to_owned();
                    let count = counts.entry(code).or_default();
                    count.0 += 1;
                    count.1 += usize::from(said.is_some());
                    if said.is_none() && env::var_os("ANALYSIS_SHOW").is_some() {
                        let message = error.as_db_error().map_or("", |error| error.message());
                        println!("{message}: {statement}");
                    }
                }
            }
        }
    }
    println!("taken {taken}, false {}, refused (all, foreseen): {counts:?}", wrong.len());
    assert!(
        wrong.is_empty(),
        "{} false:\n\n{}",
        wrong.len(),
        wrong[..wrong.len().min(8)].join("\n\n")
    );
    let of = |code: &str| counts.get(code).copied().unwrap_or_default();
    let (all, foreseen) = (of("42703").0 + of("42P01").0, of("42703").1 + of("42P01").1);
    assert!(taken * 3 > count && all * 20 > count, "{taken} taken, {all} refused of {count}");
    assert!(foreseen * 100 >= all * 95, "{foreseen} of {all}");
}
