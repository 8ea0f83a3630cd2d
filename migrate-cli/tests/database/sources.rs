//! Where models come from: several files, a folder, a command, migrate.toml.

use std::fs;

use migrate_testkit::Server;

use crate::support::Project;

/// Writes files, and runs lines, in a project.
struct Home(Project);

impl Home {
    fn new(hint: &str, files: &[(&str, &str)]) -> Self {
        let home = Home(Project::empty(hint));
        for (path, text) in files {
            home.write(path, text);
        }
        home
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.home().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, line: &str) -> String {
        let server = Server::shared().unwrap();
        self.0.run_with(line, &[("MIGRATE_DEV_URL", server.admin_url())])
    }

    fn has(&self, line: &str, parts: &[&str]) -> String {
        let text = self.run(line);
        for part in parts {
            assert!(text.contains(part), "{part}: {text}");
        }
        text
    }
}

const AGAIN: &str = "migrate revision --autogenerate -m Again";

#[test]
fn a_folder_is_sorted_by_what_needs_what() {
    let home = Home::new(
        "folder",
        &[
            // By name, each of these needs one that comes later.
            (
                "schema/a_orders.sql",
                "BEGIN;\nCREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES app.users);\nCOMMIT;\n",
            ),
            // As pg_dump writes it: what it sets is for this file alone.
            (
                "schema/b_dump.sql",
                "\\restrict x\n\nSET transaction_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\n\nCREATE VIEW public.names AS SELECT name FROM app.users;\n\\unrestrict x\n",
            ),
            (
                "schema/tables/users.sql",
                "CREATE TABLE app.users (id int PRIMARY KEY, name text, mood mood);\n",
            ),
            (
                "schema/tables/zz_types.sql",
                "CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE plain (a int);\n",
            ),
            ("schema/zz_schema.sql", "CREATE SCHEMA app;\n"),
        ],
    );
    home.has(
        "migrate revision --autogenerate -m Start --rev-id start --models schema",
        &["migrations/start_start.sql"],
    );
    let file = fs::read_to_string(home.0.home().join("migrations/start_start.sql")).unwrap();
    for part in
        ["CREATE TABLE app.users", "CREATE TABLE orders", "CREATE TABLE plain", "CREATE VIEW names"]
    {
        assert!(file.contains(part), "{part}: {file}");
    }
    // The same files by name, in any order.
    let files = ["zz_schema", "tables/zz_types", "a_orders", "tables/users", "b_dump"];
    let files = files.map(|it| format!("--models schema/{it}.sql")).join(" ");
    home.has(&format!("{AGAIN} {files}"), &["nothing to do"]);
    home.has(
        &format!("migrate check {files} --models-command 'cat x'"),
        &["cannot be used with", "[exit 2]"],
    );
    // migrate.toml names it from its own folder.
    home.write("migrate.toml", "models = [\"schema\"]\n");
    home.has("cd migrations && migrate -d . check", &["the chain matches the models"]);
    home.write("migrate.toml", "models = \"schema\"\nmodels_command = \"cat x\"\n");
    home.has("migrate check", &["both `models` and `models_command`", "[exit 2]"]);
}

#[test]
fn what_is_left_is_shown_where_it_stands() {
    let home = Home::new(
        "left",
        &[
            ("schema/a.sql", "CREATE TABLE a (b int REFERENCES b);\nCREATE INDEX ON a (b);\n"),
            ("schema/b.sql", "CREATE TABLE b (id int PRIMARY KEY, c missing_type);\n"),
            ("schema/c.sql", "CREATE TABLE c (id int);\n"),
        ],
    );
    let text = home.has(
        "migrate revision --autogenerate -m Start --models schema",
        &[
            "schema/b.sql:1:39",
            "type \"missing_type\" does not exist",
            "2 more statements did not run",
            "[exit 1]",
        ],
    );
    // What only waits for another one is not told.
    assert!(!text.contains("schema/a.sql"), "{text}");
    // What no order mends is told at once.
    home.write("schema/c.sql", "CREATE TABLE c (id int);\nCREATE TABEL d ();\n");
    home.has(
        "migrate revision --autogenerate -m Start --models schema",
        &["schema/c.sql:2:8", "syntax error"],
    );
    // Two that wait for each other.
    home.write("schema/b.sql", "CREATE VIEW b AS SELECT * FROM c;\n");
    home.write("schema/c.sql", "CREATE VIEW c AS SELECT * FROM b;\n");
    home.write("schema/a.sql", "SELECT 1;\n");
    home.has(
        "migrate revision --autogenerate -m Start --models schema",
        &["schema/b.sql:1:32", "schema/c.sql:1:32"],
    );
    home.has(
        "migrate revision --autogenerate -m Start --models schema/none.sql",
        &["`schema/none.sql` can't be read"],
    );
}

#[test]
fn commands_of_psql_are_told() {
    let home = Home::new("psql", &[("schema.sql", "CREATE TABLE a ();\n\\i tables/b.sql\n")]);
    home.has(
        "migrate revision --autogenerate -m Start --models schema.sql",
        &[
            "`\\i` is a command of psql, not SQL",
            "schema.sql:2:1",
            "`--models` may be repeated",
            "[exit 1]",
        ],
    );
}

#[test]
fn a_command_prints_the_models() {
    let home = Home::new("command", &[("sub/schema.sql", "CREATE TABLE a (id int);\n")]);
    let line = "migrate revision --autogenerate -m Start --rev-id start";
    home.has(
        &format!("{line} --models-command 'echo building >&2; cat sub/schema.sql'"),
        &["2> building", "migrations/start_start.sql"],
    );
    home.has(
        "migrate check --models-command 'echo no >&2; exit 3'",
        &["2> no", "`echo no >&2; exit 3`, failed: exit status: 3", "[exit 1]"],
    );
    home.has(
        "migrate check --models-command 'sleep 600' --models-timeout 1s",
        &["has not ended after 1s, and was stopped", "--models-timeout", "[exit 1]"],
    );
    home.has(
        "migrate check --models-command 'echo CREATE TABLE b \\(id integre\\)'",
        &["the output of `echo CREATE TABLE b \\(id integre\\)`:1:20"],
    );
    // From migrate.toml it runs beside that.
    home.write("migrate.toml", "models_command = \"cat sub/schema.sql\"\n");
    home.has("cd sub && migrate -d ../migrations check", &["the chain matches the models"]);
    // What is said on the command line counts.
    home.write("other.sql", "CREATE TABLE a (id int, b int);\n");
    home.has("migrate check --models other.sql", &["+ column a.b integer"]);
}
