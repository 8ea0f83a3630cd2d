//! Expressions, queries and changes of data with values of many types, at random: no error of the analysis is false,
//! and it finds most of what the server finds.

use std::collections::BTreeMap;
use std::env;

use migrate_testkit::Server;

use super::differential::number;
use super::queries::said;
use super::random::Random;

const TYPES: [&str; 18] = [
    "int",
    "bigint",
    "smallint",
    "numeric(9, 2)",
    "double precision",
    "text",
    "varchar(20)",
    "boolean",
    "uuid",
    "json",
    "jsonb",
    "date",
    "timestamptz",
    "timestamp",
    "interval",
    "text[]",
    "int[]",
    "mood",
];

/// Types that only casts and a few columns have.
const OTHERS: [&str; 8] =
    ["email", "bytea", "real", "time", "inet", "color", "int4range", "char(3)"];

const OPERATORS: [&str; 22] = [
    "=",
    "<>",
    "<",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "||",
    "->",
    "->>",
    "#>>",
    "@>",
    "<@",
    "&&",
    "?",
    "~",
    "LIKE",
    "ILIKE",
    "IS DISTINCT FROM",
    "AND",
    "OR",
];

const FUNCTIONS: [&str; 52] = [
    "abs",
    "age",
    "array_agg",
    "array_length",
    "array_to_string",
    "avg",
    "bool_and",
    "ceil",
    "char_length",
    "concat",
    "count",
    "date_part",
    "date_trunc",
    "format",
    "greatest",
    "initcap",
    "jsonb_agg",
    "jsonb_array_length",
    "jsonb_build_object",
    "jsonb_set",
    "least",
    "left",
    "length",
    "lower",
    "ltrim",
    "make_date",
    "max",
    "md5",
    "min",
    "mod",
    "now",
    "nullif",
    "octet_length",
    "power",
    "regexp_replace",
    "repeat",
    "replace",
    "round",
    "row_to_json",
    "split_part",
    "sqrt",
    "string_agg",
    "strpos",
    "substr",
    "sum",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_timestamp",
    "upper",
    "width_bucket",
];

const LITERALS: [&str; 20] = [
    "1",
    "0",
    "1.5",
    "9999999999",
    "'abc'",
    "'5'",
    "'1.5'",
    "''",
    "'{}'",
    "'{1,2}'",
    "'[]'",
    "'ok'",
    "'2020-01-01'",
    "'1 day'",
    "true",
    "NULL",
    "now()",
    "current_date",
    "'00000000-0000-0000-0000-000000000000'",
    "'red'",
];

/// Columns with their types.
type Columns = Vec<(String, &'static str)>;

struct Writer<'r> {
    random: &'r mut Random,
    tables: Vec<(String, Columns)>,
}

impl Writer<'_> {
    fn columns(&mut self) -> (String, Columns) {
        self.tables[self.random.below(self.tables.len())].clone()
    }

    fn kind(&mut self) -> &'static str {
        if self.random.one_in(8) { self.random.of(&OTHERS) } else { self.random.of(&TYPES) }
    }

    /// An expression that mostly is of a type.
    fn value(&mut self, scope: &[(String, &'static str)], kind: &str, depth: usize) -> String {
        if self.random.one_in(14) {
            return self.anything(scope, depth);
        }
        let fitting: Vec<&(String, &str)> = scope.iter().filter(|(_, own)| *own == kind).collect();
        if !fitting.is_empty() && self.random.below(3) > 0 {
            return fitting[self.random.below(fitting.len())].0.clone();
        }
        let depth = depth.saturating_sub(1);
        match (kind, self.random.below(if depth == 0 { 2 } else { 6 })) {
            (_, 5) => {
                let (test, one) = (self.condition(scope, depth), self.value(scope, kind, depth));
                format!("CASE WHEN {test} THEN {one} ELSE {} END", self.value(scope, kind, depth))
            }
            (_, 4) => {
                let one = self.value(scope, kind, depth);
                format!("coalesce({one}, {})", self.value(scope, kind, depth))
            }
            ("int" | "bigint" | "smallint" | "numeric(9, 2)" | "double precision", 2) => {
                let one = self.value(scope, kind, depth);
                let other = self.random.of(&TYPES[..5]);
                let sign = self.random.of(&["+", "-", "*", "/"]);
                format!("({one} {sign} {})", self.value(scope, other, depth))
            }
            ("int", 3) => format!("length({})", self.value(scope, "text", depth)),
            ("text" | "varchar(20)", 2) => {
                let other = self.kind();
                let one = self.value(scope, "text", depth);
                format!("({one} || {})", self.value(scope, other, depth))
            }
            ("text", 3) => format!("lower({})", self.value(scope, "varchar(20)", depth)),
            ("boolean", 2 | 3) => self.condition(scope, depth),
            ("jsonb", 2) => format!("to_jsonb({})", self.value(scope, "int", depth)),
            ("timestamptz", 2) => {
                format!("({} - interval '1 day')", self.value(scope, kind, depth))
            }
            ("timestamptz", 3) => format!("date_trunc('day', {})", self.value(scope, kind, depth)),
            ("interval", 2) => {
                let one = self.value(scope, "timestamptz", depth);
                format!("({one} - {})", self.value(scope, "timestamptz", depth))
            }
            ("int" | "bigint" | "smallint", _) => "7".to_owned(),
            ("numeric(9, 2)" | "double precision", _) => "1.5".to_owned(),
            ("text" | "varchar(20)", _) => "'word'".to_owned(),
            ("boolean", _) => "true".to_owned(),
            ("mood", _) => "'ok'".to_owned(),
            ("json" | "jsonb", _) => format!("'{{}}'::{kind}"),
            ("date", _) => "current_date".to_owned(),
            ("timestamptz" | "timestamp", _) => "now()".to_owned(),
            ("int[]", _) => "ARRAY[1, 2]".to_owned(),
            ("text[]", _) => "ARRAY['x']".to_owned(),
            _ => format!("NULL::{kind}"),
        }
    }

    fn anything(&mut self, scope: &[(String, &'static str)], depth: usize) -> String {
        let depth = depth.saturating_sub(1);
        let kind = self.kind();
        match self.random.below(if depth == 0 { 4 } else { 9 }) {
            0 | 1 if !scope.is_empty() => scope[self.random.below(scope.len())].0.clone(),
            0..=2 => self.random.of(&LITERALS).to_owned(),
            3 => format!("({})::{kind}", self.value(scope, kind, depth)),
            4 => {
                let one = self.anything(scope, depth);
                format!("({one} {} {})", self.random.of(&OPERATORS), self.anything(scope, depth))
            }
            5 | 6 => {
                let arguments: Vec<String> =
                    (0..self.random.below(4)).map(|_| self.anything(scope, depth)).collect();
                format!("{}({})", self.random.of(&FUNCTIONS), arguments.join(", "))
            }
            7 => format!("({})::{kind}", self.anything(scope, depth)),
            _ => {
                let (one, other) = (self.anything(scope, depth), self.anything(scope, depth));
                format!("coalesce({one}, {other})")
            }
        }
    }

    fn condition(&mut self, scope: &[(String, &'static str)], depth: usize) -> String {
        let depth = depth.saturating_sub(1);
        let kind = self.kind();
        let one = self.value(scope, kind, depth);
        match self.random.below(12) {
            0 => self.anything(scope, depth),
            1 => format!("{one} IS NULL"),
            2 => format!(
                "{one} IN ({}, {})",
                self.value(scope, kind, depth),
                self.value(scope, kind, depth)
            ),
            3 => format!(
                "{one} BETWEEN {} AND {}",
                self.value(scope, kind, depth),
                self.value(scope, kind, depth)
            ),
            4 => format!("{one} = ANY (ARRAY[{}])", self.value(scope, kind, depth)),
            5 => format!("{} LIKE 'a%'", self.value(scope, "text", depth)),
            6 => format!("NOT {}", self.value(scope, "boolean", depth)),
            7 => {
                let other = self.value(scope, "boolean", depth);
                format!("({one} IS NOT NULL AND {other})")
            }
            8 => format!("{one} {} {}", self.random.of(&OPERATORS), self.anything(scope, depth)),
            _ => {
                let sign = self.random.of(&["=", "<>", "<", ">="]);
                format!("{one} {sign} {}", self.value(scope, kind, depth))
            }
        }
    }

    fn query(&mut self) -> String {
        let (table, mut scope) = self.columns();
        let mut from = table.clone();
        if self.random.one_in(3) {
            let (other, more) = self.columns();
            if other != table {
                let named = |table: &str, scope: &[(String, &'static str)]| {
                    let own =
                        |(name, kind): &(String, &'static str)| (format!("{table}.{name}"), *kind);
                    scope.iter().map(own).collect::<Vec<_>>()
                };
                scope = named(&table, &scope).into_iter().chain(named(&other, &more)).collect();
                let on = self.condition(&scope, 1);
                from = format!("{table} JOIN {other} ON {on}");
            }
        }
        let (one, two) = (self.kind(), self.kind());
        let grouped =
            self.random.one_in(5).then(|| scope[self.random.below(scope.len())].0.clone());
        let outputs = match &grouped {
            Some(column) if self.random.below(3) > 0 => {
                let inner = self.value(&scope, one, 1);
                let call = self.random.of(&[
                    "max",
                    "min",
                    "sum",
                    "count",
                    "array_agg",
                    "bool_or",
                    "string_agg",
                ]);
                format!("{column}, {call}({inner})")
            }
            _ => format!("{}, {} AS o", self.value(&scope, one, 3), self.value(&scope, two, 2)),
        };
        let mut sql = format!("SELECT {outputs} FROM {from}");
        if self.random.below(3) > 0 {
            sql = format!("{sql} WHERE {}", self.condition(&scope, 2));
        }
        if let Some(column) = &grouped {
            sql = format!("{sql} GROUP BY {column}");
            if self.random.one_in(4) {
                sql = format!("{sql} HAVING count(*) > {}", self.value(&scope, "int", 0));
            }
        } else if self.random.one_in(6) {
            let outputs = format!("{}, {}", self.value(&[], one, 1), self.value(&[], two, 1));
            return format!("{sql} UNION SELECT {outputs}");
        }
        match self.random.below(8) {
            0 => format!("{sql} ORDER BY {}", 1 + self.random.below(3)),
            1 => format!("{sql} ORDER BY {}", self.anything(&scope, 1)),
            2 => format!("{sql} LIMIT {}", self.random.of(&LITERALS)),
            _ => sql,
        }
    }

    fn statement(&mut self) -> String {
        let (table, columns) = self.columns();
        let (name, kind) = columns[self.random.below(columns.len())].clone();
        match self.random.below(9) {
            0 => {
                let value = self.value(&columns, kind, 2);
                format!("UPDATE {table} SET {name} = {value} WHERE {}", self.condition(&columns, 2))
            }
            1 => {
                let (other, of_other) = columns[self.random.below(columns.len())].clone();
                let (one, two) = (self.value(&[], kind, 2), self.value(&[], of_other, 1));
                format!("INSERT INTO {table} ({name}, {other}) VALUES ({one}, {two})")
            }
            2 => {
                let (from, scope) = self.columns();
                format!(
                    "INSERT INTO {table} ({name}) SELECT {} FROM {from}",
                    self.value(&scope, kind, 2)
                )
            }
            3 => format!("DELETE FROM {table} WHERE {}", self.condition(&columns, 3)),
            4 => format!("CREATE VIEW made AS {}", self.query()),
            5 => match self.random.below(4) {
                0 => format!("CREATE INDEX made ON {table} (({}))", self.value(&columns, kind, 1)),
                1 => format!(
                    "ALTER TABLE {table} ALTER {name} SET DEFAULT {}",
                    self.value(&[], kind, 1)
                ),
                2 => format!("ALTER TABLE {table} ADD CHECK ({})", self.condition(&columns, 1)),
                _ => {
                    format!("CREATE POLICY made ON {table} USING ({})", self.condition(&columns, 1))
                }
            },
            _ => self.query(),
        }
    }
}

/// Tables with columns of many types.
fn schema(random: &mut Random) -> (String, Vec<(String, Columns)>) {
    let mut sql = "CREATE TYPE mood AS ENUM ('sad', 'ok');\nCREATE TYPE color AS ENUM ('red');\n\
        CREATE DOMAIN email AS text;\n"
        .to_owned();
    let mut tables = Vec::new();
    for table in ["t", "u"] {
        let mut columns = vec![("id".to_owned(), "int")];
        for nth in 0..6 + random.below(6) {
            let kind = if random.one_in(8) { random.of(&OTHERS) } else { random.of(&TYPES) };
            let kind = TYPES.iter().chain(&OTHERS).find(|known| **known == kind).unwrap();
            columns.push((format!("c{nth}"), *kind));
        }
        let list: Vec<String> =
            columns.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
        let key = random.or_none(2, ", PRIMARY KEY (id)");
        sql.push_str(&format!("CREATE TABLE {table} ({}{key});\n", list.join(", ")));
        tables.push((table.to_owned(), columns));
    }
    (sql, tables)
}

#[test]
fn what_is_said_of_types_is_true() {
    let database = Server::shared().unwrap().database("types").unwrap();
    let mut client = database.connect().unwrap();
    client.batch_execute("SET client_min_messages = error").unwrap();
    let (first, count) = (number("ANALYSIS_SEED", 1), number("ANALYSIS_TYPES", 400));
    let (mut counts, mut wrong) = (BTreeMap::<String, (usize, usize)>::new(), Vec::new());
    let mut taken = 0;
    for seed in first..first + count.div_ceil(50) {
        let mut random = Random::new(seed as u64);
        let (schema, tables) = schema(&mut random);
        client.batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
        client.batch_execute(&schema).unwrap();
        for _ in 0..50 {
            let mut writer = Writer { random: &mut random, tables: tables.clone() };
            let statement = writer.statement();
            let said = said(&schema, &statement);
            let answer = client.batch_execute(&format!("BEGIN; {statement}"));
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
    let (all, foreseen) =
        counts.values().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    println!(
        "taken {taken}, false {}, refused {all}, foreseen {foreseen}: {counts:?}",
        wrong.len()
    );
    assert!(
        wrong.is_empty(),
        "{} false:\n\n{}",
        wrong.len(),
        wrong[..wrong.len().min(12)].join("\n\n")
    );
    assert!(taken * 5 > count && all * 5 > count, "{taken} taken, {all} refused of {count}");
    assert!(foreseen * 100 >= all * 60, "{foreseen} of {all}");
}
