//! The models, the chain and a live database: compared, and brought together again.

use std::fs;

use migrate_testkit::Server;

use crate::support::{Project, shows};

const SHOP: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    mood mood NOT NULL DEFAULT 'ok'
);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, paid boolean);
";

/// A project with models, and a server to build them on.
pub(crate) struct Shop(pub(crate) Project);

impl Shop {
    pub(crate) fn new(hint: &str) -> Self {
        let shop = Shop(Project::empty(hint));
        shop.models(SHOP);
        shop
    }

    pub(crate) fn models(&self, sql: &str) {
        fs::write(self.0.home().join("schema.sql"), sql).unwrap();
    }

    pub(crate) fn runs(&self, lines: &[&str]) -> String {
        lines.iter().map(|line| self.run(line)).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn run(&self, line: &str) -> String {
        let server = Server::shared().unwrap();
        let variables = [("MIGRATE_MODELS", "schema.sql"), ("MIGRATE_DEV_URL", server.admin_url())];
        self.0.run_with(line, &variables)
    }

    /// The text of a revision's file, without the date of today.
    pub(crate) fn file(&self, name: &str) -> String {
        let text = fs::read_to_string(self.0.home().join("migrations").join(name)).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with("-- created: "));
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// What a change of the models makes of the chain: written, run up and down, and then silent.
    fn change(&self, id: &str, from: &str, to: &str) -> String {
        let models = fs::read_to_string(self.0.home().join("schema.sql")).unwrap();
        assert!(models.contains(from), "{from} is not in {models}");
        self.models(&models.replacen(from, to, 1));
        let mut text =
            self.run(&format!("migrate revision --autogenerate -m 'Change {id}' --rev-id {id}"));
        for (end, words) in [("_values", "_enum_values"), ("", ""), ("_online", "_online")] {
            let name = format!("{id}{end}_change_{id}{words}.sql");
            if self.0.home().join("migrations").join(&name).exists() {
                text.push_str(&format!("\n{}", self.file(&name)));
            }
        }
        for line in ["upgrade", "check --at-head --drift", "downgrade base", "upgrade"] {
            let ran = self.run(&format!("migrate {line} --quiet"));
            assert!(!ran.contains("[exit"), "{text}\n{ran}");
        }
        text
    }
}

#[test]
fn the_loop_of_a_day() {
    let shop = Shop::new("loop");
    let mut text = shop.run("migrate revision --autogenerate -m Start --rev-id start");
    text.push_str(&shop.file("start_start.sql"));
    text.push_str(&shop.run("migrate revision --autogenerate -m Again"));
    text.push_str(&shop.run("migrate revision --autogenerate -m Again --json"));
    text.push_str(&shop.runs(&["migrate upgrade", "migrate check", "migrate check --json"]));
    for (id, from, to) in [
        ("column", "email text", "locale text NOT NULL DEFAULT 'en', email text"),
        (
            "table",
            "CREATE TABLE orders",
            "CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users);\nCREATE TABLE orders",
        ),
        (
            "index",
            "paid boolean);",
            "paid boolean);\nCREATE INDEX ix_orders_user ON orders (user_id) WHERE paid;",
        ),
        ("label", "'ok');", "'ok', 'happy');"),
        ("default", "DEFAULT 'ok'", "DEFAULT 'happy'"),
        ("used", "'happy');\nCREATE TABLE users", "'happy', 'elated');\nCREATE TABLE users"),
        (
            "check",
            "paid boolean);",
            "paid boolean, CONSTRAINT ck_paid CHECK (paid OR user_id > 0));",
        ),
        (
            "type",
            "user_id bigint REFERENCES users, paid",
            "user_id bigint REFERENCES users, total numeric(10, 2), paid",
        ),
        ("wider", "numeric(10, 2)", "numeric(12, 2)"),
        ("drop", "locale text NOT NULL DEFAULT 'en', ", ""),
    ] {
        text.push_str(&format!("\n# {id}\n{}", shop.change(id, from, to)));
    }
    shows("models_the_loop_of_a_day", &text);
}

#[test]
fn what_is_not_certain_is_asked_or_left() {
    let shop = Shop::new("uncertain");
    shop.run("migrate revision --autogenerate -m Start --rev-id start");
    let renamed = SHOP.replace("email", "mail");
    shop.models(&renamed);
    let mut text = shop.run("migrate revision --autogenerate -m Mail --rev-id dropped");
    text.push_str(&shop.file("dropped_mail.sql"));
    text.push_str(&shop.run("rm migrations/dropped_*"));
    let line = "migrate revision --autogenerate -m Mail --rev-id renamed --rename users.email=mail";
    text.push_str(&shop.run(line));
    text.push_str(&shop.file("renamed_mail.sql"));
    text.push_str(&shop.runs(&[
        "migrate check",
        "migrate revision --autogenerate -m Other --rename users.nothing=mail",
        "migrate revision -m Other --rename users.mail=email",
    ]));
    // There is no cast from a boolean to a date.
    shop.models(&renamed.replace("paid boolean", "paid date"));
    text.push_str(&shop.run("migrate revision --autogenerate -m 'Say when' --rev-id cast"));
    text.push_str(&shop.file("cast_say_when.sql"));
    text.push_str(&shop.runs(&["migrate check", "migrate upgrade --quiet"]));
    shows("models_what_is_not_certain", &text);
}

#[test]
fn renames_may_speak_of_each_other() {
    let shop = Shop::new("renames");
    let models = |table: &str, column: &str, part: &str| {
        format!(
            "CREATE TABLE {table} ({column} int, u int UNIQUE);
             CREATE FUNCTION f() RETURNS SETOF {table} LANGUAGE sql AS 'SELECT * FROM {table}';
             CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE {part} PARTITION OF p DEFAULT; CREATE INDEX pi ON p (id);"
        )
    };
    shop.models(&models("b", "a", "p1"));
    shop.run("migrate revision --autogenerate -m Start --rev-id start");
    shop.run("migrate upgrade --quiet");
    shop.models(&models("c", "x", "p2"));
    let text = shop.run(
        "migrate revision --autogenerate -m Next --rev-id next --rename b=c --rename b.a=x --rename p1=p2",
    );
    assert!(!text.contains("left to you") && !text.contains("[exit"), "{text}");
    for line in ["upgrade", "check --drift", "downgrade start --yes", "upgrade"] {
        let ran = shop.run(&format!("migrate {line} --quiet"));
        assert!(!ran.contains("[exit"), "{line}: {ran}\n{}", shop.file("next_next.sql"));
    }
}

/// A table moves with its rows, its index and its sequence; the schema is new, and the downgrade drops it.
#[test]
fn a_table_moves_to_another_schema() {
    let shop = Shop::new("moves");
    let models = |schema: &str, column: &str| {
        format!(
            "CREATE TYPE {schema}.mood AS ENUM ('ok');
             CREATE TABLE {schema}.t (id serial PRIMARY KEY, m {schema}.mood, {column} int UNIQUE);
             CREATE VIEW v AS SELECT id FROM {schema}.t;"
        )
    };
    shop.models(&models("public", "a"));
    shop.run("migrate revision --autogenerate -m Start --rev-id start");
    shop.run("migrate upgrade --quiet");
    shop.models(&format!("CREATE SCHEMA s; {}", models("s", "b")));
    let said = shop.run("migrate revision --autogenerate -m Next --rev-id next");
    assert!(said.contains("`--rename mood=s.mood`"), "{said}");
    shop.run("rm migrations/next_next.sql");
    let text = shop.run(
        "migrate revision --autogenerate -m Next --rev-id next --rename t=s.t --rename mood=s.mood --rename t.a=b",
    );
    let file = shop.file("next_next.sql");
    assert!(!text.contains("left to you") && !text.contains("[exit"), "{text}\n{file}");
    assert!(file.contains("CREATE SCHEMA s;\nALTER TABLE t SET SCHEMA s;"), "{file}");
    assert!(
        file.trim_end().ends_with("ALTER TABLE s.t SET SCHEMA public;\nDROP SCHEMA s;"),
        "{file}"
    );
    assert!(!file.contains("DROP TABLE") && !file.contains("DROP TYPE"), "{file}");
    for line in ["upgrade", "check --drift", "downgrade start --yes", "upgrade"] {
        let ran = shop.run(&format!("migrate {line} --quiet"));
        assert!(!ran.contains("[exit"), "{line}: {ran}\n{file}");
    }
    shop.models(&format!("CREATE SCHEMA s; {}", models("s", "c")));
    let both = shop.run("migrate revision --autogenerate -m Both --rename s.t=public.u");
    assert!(both.contains("--rename s.t=public.t --rename public.t=u"), "{both}");
}

#[test]
fn models_that_are_none() {
    let shop = Shop::new("broken models");
    fs::write(shop.0.file("a"), "-- revision: a\n-- message: m\n-- migrate:up\nCREATE TABLE t ();\n-- migrate:down\nDROP TABLE t;\n").unwrap();
    shop.models("-- nothing yet\n");
    let mut text =
        shop.runs(&["migrate check --models nowhere.sql", "migrate check", "rm migrations/a*"]);
    shop.models("CREATE TABLE a ();\n  CREATE TABLE b (id integre);\n");
    text.push_str(&shop.runs(&[
        "migrate revision --autogenerate -m Start",
        "ls migrations",
        "migrate revision --autogenerate -m Start --json",
        "migrate revision --autogenerate -m Start --dev-url 'host=/nowhere port=1'",
    ]));
    text.push_str(&shop.0.run("migrate revision --autogenerate -m Start"));
    shows("models_that_are_none", &text);
}

/// The server prints a list of varchars otherwise when it has read its own text.
pub(crate) const LISTS: &str = "CREATE TABLE u (id int PRIMARY KEY, s varchar(20) NOT NULL CONSTRAINT ck CHECK (s IN ('a', 'b')),
    g boolean GENERATED ALWAYS AS (s IN ('a', 'b')) STORED, CONSTRAINT ex EXCLUDE (id WITH =) WHERE (s IN ('a', 'b')), z int);
CREATE TABLE parted (s varchar(20)) PARTITION BY LIST ((s IN ('a', 'b')));
CREATE TABLE part PARTITION OF parted DEFAULT;
CREATE STATISTICS st ON id, (s IN ('a', 'b')) FROM u;
CREATE FUNCTION fd(a boolean DEFAULT 'q'::varchar IN ('a', 'b')) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE INDEX ix ON u (id) WHERE s NOT IN ('a', 'x');
CREATE VIEW v AS SELECT id FROM u WHERE s IN ('a', 'b');
CREATE POLICY p ON u USING (s IN ('a', 'b')) WITH CHECK (s IN ('a', 'c'));
CREATE DOMAIN d AS varchar(9) CONSTRAINT dc CHECK (VALUE IN ('a', 'b'));
CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW WHEN (new.s IN ('a', 'b')) EXECUTE FUNCTION tr();
";

/// What a restored dump does: each definition is made once more, from the text that the server prints.
const RESTORED: &str = "DO $$ DECLARE it record; BEGIN
    FOR it IN SELECT conname, pg_get_constraintdef(oid) AS def FROM pg_constraint WHERE conrelid = 'u'::regclass AND conname IN ('ck', 'ex') LOOP
        EXECUTE format('ALTER TABLE u DROP CONSTRAINT %I, ADD CONSTRAINT %I %s', it.conname, it.conname, it.def);
    END LOOP;
    FOR it IN SELECT pg_get_constraintdef(oid) AS def FROM pg_constraint WHERE conname = 'dc' LOOP
        EXECUTE 'ALTER DOMAIN d DROP CONSTRAINT dc'; EXECUTE 'ALTER DOMAIN d ADD CONSTRAINT dc ' || it.def;
    END LOOP;
    FOR it IN SELECT pg_get_indexdef('ix'::regclass) AS i, pg_get_viewdef('v'::regclass) AS v, pg_get_triggerdef(t.oid) AS t, pg_get_expr(p.polqual, p.polrelid) AS p
              FROM pg_trigger t, pg_policy p WHERE tgname = 't' AND polname = 'p' LOOP
        EXECUTE 'DROP INDEX ix'; EXECUTE it.i;
        EXECUTE 'CREATE OR REPLACE VIEW v AS ' || it.v;
        EXECUTE 'DROP TRIGGER t ON u'; EXECUTE it.t;
        EXECUTE format('ALTER POLICY p ON u USING (%s)', it.p);
    END LOOP;
END $$";

#[test]
fn two_texts_that_mean_the_same_are_no_difference() {
    let shop = Shop::new("meaning");
    shop.models(LISTS);
    let text = shop.run("migrate revision --autogenerate -m Start --rev-id start");
    assert!(!text.contains("left to you"), "{text}");
    let same = |line: &str, words: &str| {
        let text = shop.run(line);
        assert!(text.contains(words) && !text.contains("[exit"), "{text}");
    };
    same("migrate revision --autogenerate -m Again", "nothing to do");
    same("migrate upgrade --quiet", "");
    same("migrate check --drift", "is what the chain builds");
    same("migrate downgrade base --yes --quiet", "");

    // The chain is as a person writes it, and the database was restored from a dump.
    let by_hand = format!(
        "-- revision: start\n-- message: Start\n-- irreversible: a test\n\n-- migrate:up\n{LISTS}"
    );
    fs::write(shop.0.home().join("migrations/start_start.sql"), by_hand).unwrap();
    same("migrate upgrade --quiet", "");
    let mut client = shop.0.database.connect().unwrap();
    client.batch_execute(RESTORED).unwrap();
    same("migrate check --drift", "is what the chain builds");
    client
        .batch_execute(
            "ALTER TABLE u DROP CONSTRAINT ck, ADD CONSTRAINT ck CHECK (s IN ('a', 'c'))",
        )
        .unwrap();
    let text = shop.run("migrate check --drift");
    assert!(text.contains("~ constraint u.ck: ") && text.contains("[exit 1]"), "{text}");
    assert_eq!(text.matches("\n~ ").count(), 1, "{text}");
}

/// A difference is never passed over: it is in the file, or it is said that nothing was written.
#[test]
fn what_no_statement_is_known_for_is_listed() {
    let shop = Shop::new("unwritten");
    let role = format!("app_{}", std::process::id());
    let mut client = shop.0.database.connect().unwrap();
    client.batch_execute(&format!("CREATE ROLE {role}")).unwrap();
    let start = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
        REVOKE ALL ON FUNCTION f FROM PUBLIC;";
    let models = |kind: &str, key: &str, rest: &str| {
        format!(
            "CREATE TABLE a (i {kind}); CREATE TABLE p (a int, b int) PARTITION BY LIST ({key}); {rest}"
        )
    };
    shop.models(&models("text", "a", start));
    shop.run("migrate revision --autogenerate -m Start --rev-id start");
    let secret = shop.file("start_start.sql");
    // Nothing was there, so who may use it is for a person to say: it is told, and not written.
    let text = secret
        .replace("-- migrate:down", "REVOKE ALL ON FUNCTION f FROM PUBLIC;\n\n-- migrate:down");
    fs::write(shop.0.home().join("migrations/start_start.sql"), text).unwrap();

    // The mapping with its password and the partition key can't be written, and the rest is.
    let changed =
        start.replace("RETURNS int", "RETURNS bigint").replace("SELECT 1", "SELECT 1::bigint");
    let mapping = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
        CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (password 'hunter2');";
    shop.models(&models("text", "b", &format!("{changed} {mapping}")));
    let text = shop.run("migrate revision --autogenerate -m More --rev-id more");
    assert!(!text.contains("[exit"), "{text}");
    let file = shop.file("more_more.sql");
    assert!(!file.contains("hunter2") && !text.contains("hunter2"), "{file}\n{text}");
    let (up, down) = file.split_once("-- migrate:down").unwrap();
    let key = |from: &str, to: &str| {
        format!(
            "--   ~ partitioned table p: partitioned by LIST ({from}) -> partitioned by LIST ({to}) ("
        )
    };
    for (section, lines) in [
        (up, [key("a", "b"), "--   + user mapping public on server s ".to_owned()]),
        (down, [key("b", "a"), "\nDROP USER MAPPING FOR PUBLIC SERVER s;".to_owned()]),
    ] {
        assert_eq!(section.matches("-- migrate:todo").count(), 1, "{file}");
        assert!(lines.iter().all(|line| section.contains(&**line)), "{file}");
        assert!(section.contains("\nREVOKE ALL ON FUNCTION f(a integer) FROM PUBLIC;"), "{file}");
    }
    fs::remove_file(shop.0.home().join("migrations/more_more.sql")).unwrap();

    // Privileges alone are no part of the models, unless somebody says so.
    let rights =
        format!("{start} GRANT EXECUTE ON FUNCTION f TO {role}; GRANT SELECT ON a TO {role};");
    shop.models(&models("text", "a", &rights));
    let text = shop.run("migrate revision --autogenerate -m Rights");
    for part in [
        "note: 2 differences in privileges, default privileges or owners were left out",
        "`--grants`",
        "nothing to do",
    ] {
        assert_eq!(text.matches(part).count(), 1, "{part}: {text}");
    }
    assert!(!text.contains("[exit"), "{text}");
    client.batch_execute(&format!("DROP ROLE {role}")).unwrap();
}

/// A server waits for the rows of such a statement, and nobody sends them.
#[test]
fn models_with_rows_are_refused_at_once() {
    let shop = Shop::new("rows");
    for copy in
        ["COPY a (id) FROM stdin", "copy a\nFROM STDIN WITH (FORMAT csv)", "COPY a TO stdout"]
    {
        shop.models(&format!("CREATE TABLE a (id int);\n{copy};\n1\n\\.\n\nCREATE TABLE b ();\n"));
        let text = shop.runs(&["migrate revision --autogenerate -m Start", "ls migrations"]);
        for part in ["schema.sql:2:1", "pg_dump --schema-only", "[exit 1]"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("_start.sql"), "{text}");
    }
    // A file of that name is no rows, and nor is a word in a text.
    shop.models("CREATE TABLE a (id int);\nCOMMENT ON TABLE a IS 'COPY a FROM stdin';\n");
    let text = shop.run("migrate revision --autogenerate -m Start --rev-id start");
    assert!(text.contains("migrations/start_start.sql"), "{text}");
}

#[test]
fn models_that_take_too_long_are_stopped() {
    let shop = Shop::new("slow");
    shop.models("CREATE TABLE a (id int);\nSELECT pg_sleep(600.625);\nCREATE TABLE b ();\n");
    let line = "migrate revision --autogenerate -m Start --models-timeout 1s";
    let text = shop.run(line);
    for part in ["schema.sql:2:1", "not built after 1s", "--models-timeout", "[exit 1]"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let mut client = shop.0.database.connect().unwrap();
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%pg_sleep(600.625)%'";
    let left: i64 = client.query_one(sql, &[]).unwrap().get(0);
    assert_eq!(left, 0, "the statement runs on");
}

#[test]
fn what_was_done_by_hand_is_told() {
    let shop = Shop::new("drift");
    shop.run("migrate revision --autogenerate -m Start --rev-id start");
    let before = shop.run("migrate check --drift");
    shop.run("migrate upgrade");
    let url = shop.0.database.url();
    let mut text = before + &shop.runs(&["migrate check --drift"]);
    shop.0.database.connect().unwrap().batch_execute(
        "ALTER TABLE users ADD locale text; DROP INDEX IF EXISTS none; ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey;
         CREATE TABLE alembic_version (version_num varchar(32)); CREATE INDEX by_hand ON orders (paid)",
    ).unwrap();
    text.push_str(&shop.runs(&[
        "migrate check --drift",
        "migrate check --drift --json",
        "migrate check --at-head",
    ]));
    let role = format!("reader_{}", std::process::id());
    let mut client = shop.0.database.connect().unwrap();
    client.batch_execute(&format!("CREATE ROLE {role}; GRANT SELECT, INSERT ON orders TO {role} WITH GRANT OPTION; GRANT UPDATE (email) ON users TO {role}")).unwrap();
    let granted = shop.run("migrate check --drift --grants");
    for line in [
        "+ grant on column users.email to ROLE UPDATE",
        "+ grant on table orders to ROLE INSERT with grant option, SELECT with grant option",
    ] {
        let line = line.replace("ROLE", &role);
        assert!(granted.lines().any(|it| it == line), "{line}: {granted}");
    }
    client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
    let named = shop.run(&format!("migrate check --database-url {url}"));
    let line = named.lines().skip(1).collect::<Vec<_>>().join("\n");
    assert!(line.contains("+ column users.locale text"), "{named}");
    shows("models_drift", &text);
}

/// Without a server to build on, one is started, and nothing of it is left.
#[test]
fn a_server_is_started_where_none_is_named() {
    let shop = Shop::new("own server");
    // Roles belong to a server, and the new one has none.
    shop.models(&format!("{SHOP}GRANT SELECT ON users TO shop_reader, shop_writer;"));
    let variables = [("MIGRATE_MODELS", "schema.sql")];
    let text =
        shop.0.run_with("migrate revision --autogenerate -m Start --rev-id start", &variables);
    assert!(text.contains("2> postgresql "), "{text}");
    assert!(text.contains("\nmigrations/start_start.sql\n"), "{text}");
}

/// On a server that others use, nothing is left behind.
#[test]
fn scratch_databases_are_dropped() {
    let shop = Shop::new("scratch");
    let mut client = shop.0.database.connect().unwrap();
    client.batch_execute("CREATE DATABASE migrate_dev_1000000000_0123abcd_7").unwrap();
    shop.run("migrate revision --autogenerate -m Start");
    let sql =
        "SELECT count(*) FROM pg_database WHERE datname = 'migrate_dev_1000000000_0123abcd_7'";
    let left: i64 = client.query_one(sql, &[]).unwrap().get(0);
    assert_eq!(left, 0, "what a killed run left is dropped by the next");
}
