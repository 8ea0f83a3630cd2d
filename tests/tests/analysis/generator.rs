//! Statements at random: few names, so that they meet.

use crate::random::Random;

const TABLES: [&str; 6] = ["a", "b", "c", "accounts", "\"Odd\"", "s1.a"];
const COLUMNS: [&str; 5] = ["id", "x", "y", "name", "a_id"];
const NAMES: [&str; 12] = [
    "n1",
    "n2",
    "a_pkey",
    "a_x_key",
    "b_x_idx",
    "a_x_check",
    "b_x_fkey",
    "a_id_seq",
    "c_x_y_key",
    "v1",
    "a",
    "mood",
];
const TYPES: [&str; 9] =
    ["int", "text", "varchar(20)", "serial", "bigserial", "mood", "pos", "pair", "timestamptz"];
const VIEWS: [&str; 3] = ["v1", "v2", "s1.v1"];

impl Random {
    fn table(&mut self) -> &'static str {
        self.of(&TABLES)
    }

    fn column(&mut self) -> &'static str {
        self.of(&COLUMNS)
    }

    fn name(&mut self) -> &'static str {
        self.of(&NAMES)
    }

    fn columns(&mut self) -> String {
        let first = self.column();
        let second = self.column();
        if self.one_in(4) && first != second {
            format!("{first}, {second}")
        } else {
            first.to_owned()
        }
    }

    fn named(&mut self) -> String {
        if self.one_in(3) { format!("CONSTRAINT {} ", self.name()) } else { String::new() }
    }

    fn column_constraint(&mut self, column: &str) -> String {
        let named = self.named();
        let what = match self.below(12) {
            0 => "PRIMARY KEY".to_owned(),
            1 => "UNIQUE".to_owned(),
            2 => format!("CHECK ({column} IS NOT NULL)"),
            3 => format!("REFERENCES {}", self.table()),
            4 => format!("REFERENCES {} ({}) ON DELETE CASCADE", self.table(), self.column()),
            5 => return " NOT NULL".to_owned(),
            6 => return " DEFAULT NULL".to_owned(),
            7 if self.one_in(2) => return " GENERATED ALWAYS AS (x + 1) STORED".to_owned(),
            7 => return " GENERATED ALWAYS AS IDENTITY".to_owned(),
            _ => return String::new(),
        };
        format!(" {named}{what}")
    }

    fn definition(&mut self) -> String {
        let column = self.column();
        let kind = self.of(&TYPES);
        format!("{column} {kind}{}", self.column_constraint(column))
    }

    fn constraint(&mut self) -> String {
        let named = self.named();
        let columns = self.columns();
        let what = match self.below(7) {
            0 => format!("PRIMARY KEY ({columns})"),
            1 | 2 => format!("UNIQUE ({columns})"),
            3 if self.one_in(2) => {
                format!("CHECK (extract(dow FROM {}) IS DISTINCT FROM 1)", self.column())
            }
            3 => format!("CHECK ({} IS NOT NULL)", self.column()),
            4 => {
                format!("FOREIGN KEY ({columns}) REFERENCES {} ({})", self.table(), self.columns())
            }
            5 => format!("FOREIGN KEY ({columns}) REFERENCES {}", self.table()),
            _ => format!("CHECK ({} IS NOT NULL OR {} IS NULL)", self.column(), self.column()),
        };
        format!("{named}{what}")
    }

    fn create_table(&mut self) -> String {
        let table = self.table();
        let exists = self.or_none(6, "IF NOT EXISTS ");
        let temporary = if table.contains('.') { "" } else { self.or_none(15, "TEMP ") };
        let mut parts: Vec<String> = Vec::new();
        if self.one_in(4) {
            parts.push("id serial PRIMARY KEY".to_owned());
            parts.push("x int".to_owned());
            parts.push("name text".to_owned());
        }
        let count = self.below(4);
        parts.extend((0..count).map(|_| self.definition()));
        if self.one_in(3) {
            parts.push(self.constraint());
        }
        if self.one_in(10) {
            let options =
                self.of(&["", " INCLUDING ALL", " INCLUDING CONSTRAINTS", " INCLUDING INDEXES"]);
            parts.push(format!("LIKE {}{options}", self.table()));
        }
        let end = match self.below(16) {
            0 => format!(" INHERITS ({})", self.table()),
            1 => " PARTITION BY LIST (x)".to_owned(),
            2 => {
                let (parent, value) = (self.table(), self.below(9));
                return format!(
                    "CREATE TABLE {exists}{table} PARTITION OF {parent} FOR VALUES IN ({value})"
                );
            }
            3 => return format!("CREATE TABLE {exists}{table} AS SELECT * FROM {}", self.table()),
            _ => String::new(),
        };
        format!("CREATE {temporary}TABLE {exists}{table} ({}){end}", parts.join(", "))
    }

    fn action(&mut self) -> String {
        let exists = self.or_none(8, "IF EXISTS ");
        let cascade = self.or_none(5, " CASCADE");
        match self.below(16) {
            0..=2 => {
                let exists = self.or_none(6, "IF NOT EXISTS ");
                format!("ADD COLUMN {exists}{}", self.definition())
            }
            3 | 4 => format!("DROP COLUMN {exists}{}{cascade}", self.column()),
            5..=7 => format!("ADD {}", self.constraint()),
            8 => format!("DROP CONSTRAINT {exists}{}{cascade}", self.name()),
            9 => {
                let table = self.of(&["a", "b", "c"]);
                let (column, label) = (self.column(), self.of(&["key", "check", "fkey"]));
                format!("DROP CONSTRAINT {exists}{table}_{column}_{label}{cascade}")
            }
            10 => format!(
                "ALTER COLUMN {} TYPE {}",
                self.column(),
                self.of(&["text", "varchar(30)", "mood"])
            ),
            11 => format!("ALTER COLUMN {} SET NOT NULL", self.column()),
            12 => format!("ALTER {} DROP DEFAULT", self.column()),
            13 => format!("ADD CONSTRAINT {} UNIQUE USING INDEX {}", self.name(), self.name()),
            14 => format!("VALIDATE CONSTRAINT {}", self.name()),
            _ => format!("ALTER COLUMN {} SET DEFAULT NULL", self.column()),
        }
    }

    fn alter(&mut self) -> String {
        let table = self.table();
        let exists = self.or_none(8, "IF EXISTS ");
        let to = self.of(&["a", "b", "c", "accounts", "v1", "n1"]);
        match self.below(14) {
            0 => format!("ALTER TABLE {exists}{table} RENAME TO {to}"),
            1 => {
                format!("ALTER TABLE {table} RENAME COLUMN {} TO {}", self.column(), self.column())
            }
            2 => {
                format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {}", self.name(), self.name())
            }
            3 => format!("ALTER TABLE {table} SET SCHEMA {}", self.of(&["s1", "public"])),
            4 => format!("ALTER INDEX {exists}{} RENAME TO {}", self.name(), self.name()),
            5 => format!("ALTER TABLE {table} {}, {}", self.action(), self.action()),
            6 => match self.below(4) {
                0 => format!("ALTER TABLE {table} INHERIT {}", self.table()),
                1 => format!("ALTER TABLE {table} NO INHERIT {}", self.table()),
                2 => format!(
                    "ALTER TABLE {table} ATTACH PARTITION {} FOR VALUES IN ({})",
                    self.table(),
                    self.below(9)
                ),
                _ => format!("ALTER TABLE {table} DETACH PARTITION {}", self.table()),
            },
            _ => format!("ALTER TABLE {exists}{table} {}", self.action()),
        }
    }

    fn drop(&mut self) -> String {
        let exists = self.or_none(6, "IF EXISTS ");
        let cascade = self.or_none(4, " CASCADE");
        match self.below(16) {
            0..=4 => format!("DROP TABLE {exists}{}{cascade}", self.table()),
            5 => format!("DROP TABLE {exists}{}, {}{cascade}", self.table(), self.table()),
            6 | 7 => format!("DROP VIEW {exists}{}{cascade}", self.of(&VIEWS)),
            8..=10 => format!("DROP INDEX {exists}{}{cascade}", self.name()),
            11 => format!(
                "DROP SEQUENCE {exists}{}{cascade}",
                self.of(&["a_id_seq", "n1", "b_id_seq"])
            ),
            12 => format!("DROP TYPE {exists}{}{cascade}", self.of(&["mood", "pair", "pos", "a"])),
            13 => format!("DROP DOMAIN {exists}{}{cascade}", self.of(&["pos", "mood"])),
            14 => format!(
                "DROP FUNCTION {exists}{}{cascade}",
                self.of(&["f()", "g()", "f(int)", "f"])
            ),
            _ => format!("DROP SCHEMA {exists}s1{cascade}"),
        }
    }

    fn index(&mut self) -> String {
        let unique = self.or_none(3, "UNIQUE ");
        let exists = self.or_none(8, "IF NOT EXISTS ");
        let table = self.table();
        let name = match self.below(3) {
            0 if exists.is_empty() => "",
            _ => self.name(),
        };
        let keys = match self.below(6) {
            0 => format!("lower({}::text)", self.column()),
            1 => format!("({} IS NULL), {}", self.column(), self.column()),
            2 if self.one_in(2) => format!("lower({}::text) text_pattern_ops DESC", self.column()),
            2 => format!("{} DESC NULLS LAST", self.column()),
            _ => self.columns(),
        };
        let end = if self.one_in(6) {
            format!(" WHERE {} IS NOT NULL", self.column())
        } else {
            String::new()
        };
        format!("CREATE {unique}INDEX {exists}{name} ON {table} ({keys}){end}")
    }

    fn view(&mut self) -> String {
        let view = self.of(&VIEWS);
        let how = self.of(&["", "", "OR REPLACE ", "MATERIALIZED "]);
        let (how, view) = match how {
            "MATERIALIZED " => ("MATERIALIZED VIEW", view),
            "OR REPLACE " => ("OR REPLACE VIEW", view),
            _ => ("VIEW", view),
        };
        let table = self.table();
        match self.below(4) {
            0 => format!("CREATE {how} {view} AS SELECT count(*) AS n FROM {table}"),
            1 => format!("CREATE {how} {view} AS SELECT {} FROM {table}", self.column()),
            2 => format!(
                "CREATE {how} {view} AS SELECT 1 AS one FROM {table} p JOIN {} q ON true",
                self.table()
            ),
            _ => format!(
                "CREATE {how} {view} AS WITH w AS (SELECT 1 FROM {table}) SELECT extract(year FROM now()) AS y FROM w"
            ),
        }
    }

    fn kinds(&mut self) -> String {
        match self.below(12) {
            0..=2 => format!(
                "CREATE TYPE {} AS ENUM ('sad', 'ok')",
                self.of(&["mood", "mood", "a", "pair"])
            ),
            3 => "CREATE TYPE pair AS (x int, y mood)".to_owned(),
            4 => format!(
                "CREATE DOMAIN {} AS {}",
                self.of(&["pos", "mood"]),
                self.of(&["int", "mood"])
            ),
            5 | 6 => {
                let exists = self.or_none(4, "IF NOT EXISTS ");
                let beside = self.of(&["", "", " AFTER 'ok'", " BEFORE 'gone'"]);
                format!(
                    "ALTER TYPE mood ADD VALUE {exists}'{}'{beside}",
                    self.of(&["ok", "new", "newer"])
                )
            }
            7 => format!(
                "ALTER TYPE mood RENAME VALUE '{}' TO '{}'",
                self.of(&["ok", "sad", "new"]),
                self.of(&["ok", "gone", "fine"])
            ),
            8 => format!(
                "ALTER TYPE {} RENAME TO {}",
                self.of(&["mood", "pair", "pos"]),
                self.of(&["mood", "pair", "a"])
            ),
            9 => "ALTER TYPE mood SET SCHEMA s1".to_owned(),
            10 => "ALTER TYPE pair ADD ATTRIBUTE z int".to_owned(),
            _ => "CREATE TABLE typed OF pair".to_owned(),
        }
    }

    fn routine(&mut self) -> String {
        let name = self.of(&["f", "g"]);
        let table = self.table();
        let replace = self.or_none(3, "OR REPLACE ");
        match self.below(10) {
            0 | 1 => format!(
                "CREATE {replace}FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
            ),
            2 => format!(
                "CREATE {replace}FUNCTION {name}(n int) RETURNS int LANGUAGE sql AS 'SELECT 1'"
            ),
            3 => format!(
                "CREATE {replace}FUNCTION {name}(n mood) RETURNS int LANGUAGE sql AS 'SELECT 1'"
            ),
            4 | 5 => format!(
                "CREATE TRIGGER {} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
                self.of(&["t1", "t2"])
            ),
            6 => format!(
                "DROP TRIGGER {}{} ON {table}",
                self.or_none(4, "IF EXISTS "),
                self.of(&["t1", "t2"])
            ),
            7 => format!("ALTER FUNCTION {name}() RENAME TO {}", self.of(&["f", "g"])),
            8 if self.one_in(3) => format!(
                "CREATE CONSTRAINT TRIGGER {} AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
                self.of(&["n1", "t1"])
            ),
            8 => format!("ALTER TRIGGER t1 ON {table} RENAME TO t2"),
            _ => match self.below(3) {
                0 => format!("CREATE POLICY p1 ON {table} USING (true)"),
                1 => format!("DROP POLICY p1 ON {table}"),
                _ => format!("CREATE {replace}RULE r1 AS ON DELETE TO {table} DO NOTHING"),
            },
        }
    }

    fn rest(&mut self) -> String {
        let table = self.table();
        match self.below(22) {
            0 => "CREATE SCHEMA s1".to_owned(),
            1 => "CREATE SCHEMA IF NOT EXISTS s1".to_owned(),
            2 => "ALTER SCHEMA s1 RENAME TO s2".to_owned(),
            3 => "ALTER SCHEMA s2 RENAME TO s1".to_owned(),
            4 => format!(
                "SET search_path TO {}",
                self.of(&["public", "s1, public", "public, s1", "s2"])
            ),
            5 | 6 => "RESET search_path".to_owned(),
            7 => format!("CREATE SEQUENCE {}", self.of(&["a_id_seq", "n1", "s1.n1"])),
            8 => format!(
                "ALTER SEQUENCE {} OWNED BY {table}.{}",
                self.of(&["a_id_seq", "n1"]),
                self.column()
            ),
            9 => format!("INSERT INTO {table} DEFAULT VALUES"),
            10 => format!("DELETE FROM {table}"),
            11 => format!("SELECT count(*) FROM {table}"),
            12 => format!("COMMENT ON TABLE {table} IS 'c'"),
            13 => format!("COMMENT ON COLUMN {table}.{} IS 'c'", self.column()),
            14 => format!(
                "DO $$ BEGIN DROP TABLE IF EXISTS {table}; EXCEPTION WHEN OTHERS THEN NULL; END $$"
            ),
            15 => format!(
                "DO $$ BEGIN ALTER TABLE {table} ADD COLUMN y int UNIQUE; EXCEPTION WHEN OTHERS THEN NULL; END $$"
            ),
            16 => "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || 'c' || ' (id serial)'; EXCEPTION WHEN OTHERS THEN NULL; END $$".to_owned(),
            17 => format!(
                "DO $$ BEGIN CREATE INDEX ON {table} (x); EXCEPTION WHEN OTHERS THEN NULL; END $$"
            ),
            18 => format!("TRUNCATE {table}"),
            19 => format!("ALTER TABLE {table} OWNER TO CURRENT_USER"),
            20 => format!("SELECT * INTO {} FROM {table}", self.of(&["b", "c", "n1"])),
            _ => format!("COMMENT ON CONSTRAINT {} ON {table} IS 'c'", self.name()),
        }
    }

    /// The next statement.
    pub(crate) fn statement(&mut self) -> String {
        match self.below(40) {
            0..=9 => self.create_table(),
            10..=18 => self.alter(),
            19..=23 => self.drop(),
            24..=27 => self.index(),
            28..=30 => self.view(),
            31..=33 => self.kinds(),
            34..=36 => self.routine(),
            _ => self.rest(),
        }
    }
}
