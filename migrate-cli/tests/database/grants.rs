//! Privileges, default privileges and owners on the command line: with `--grants`, and what is said without it.

use std::fs;

use migrate_testkit::Server;
use migrate_testkit::postgres::Client;

use crate::models::Shop;
use crate::support::{Project, shows};

/// Roles belong to a server: these are of one test.
struct Roles {
    admin: Client,
    names: [String; 3],
}

impl Roles {
    fn new(hint: &str) -> Self {
        let url = Server::shared().unwrap().admin_url();
        let mut admin = migrate_core::connect(url).unwrap();
        let names =
            ["app", "reader", "owner"].map(|it| format!("{hint}_{it}_{}", std::process::id()));
        for name in &names {
            let sql = format!("CREATE ROLE {name} LOGIN PASSWORD 'secret'");
            admin.batch_execute(&sql).unwrap();
        }
        Roles { admin, names }
    }

    /// A text with the names of the roles.
    fn named(&self, text: &str) -> String {
        let [app, reader, owner] = &self.names;
        text.replace("{app}", app).replace("{reader}", reader).replace("{owner}", owner)
    }

    /// A text that is the same at each run.
    fn plain(&self, text: &str) -> String {
        let words = ["app", "reader", "owner"];
        // The names are a part of the digests.
        let digest = regex::Regex::new("sha256:[0-9a-f]+").unwrap();
        let text = digest.replace_all(text, "sha256:digest").into_owned();
        self.names.iter().zip(words).fold(text, |text, (it, word)| text.replace(it, word))
    }
}

impl Drop for Roles {
    fn drop(&mut self) {
        for name in &self.names {
            let _ = self.admin.batch_execute(&format!("DROP ROLE {name}"));
        }
    }
}

/// Runs as another role.
fn url_of(project: &Project, role: &str) -> String {
    let url = project.database.url();
    let more = if url.contains('?') { '&' } else { '?' };
    format!("{url}{more}user={role}&password=secret")
}

const TABLES: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE FUNCTION secret() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
";

const RIGHTS: &str = "REVOKE ALL ON FUNCTION secret FROM PUBLIC;
GRANT SELECT (email), INSERT ON users TO {app};
GRANT SELECT ON users TO {reader} WITH GRANT OPTION;
ALTER FUNCTION secret OWNER TO {owner};
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {reader};
";

#[test]
fn they_are_models_if_somebody_says_so() {
    let roles = Roles::new("models");
    let shop = Shop::new("grants");
    shop.models(&roles.named(&format!("{TABLES}{RIGHTS}")));
    // A new function that nobody may call but its owner is not written for everybody in silence.
    let mut text = shop.run("migrate revision --autogenerate -m Start --rev-id plain");
    text.push_str(&shop.run("rm migrations/plain_start.sql"));
    text.push_str(&shop.run("migrate revision --autogenerate -m Start --rev-id start --grants"));
    text.push_str(&shop.file("start_start.sql"));
    text.push_str(&shop.runs(&[
        "migrate upgrade",
        "migrate check --grants --drift",
        "migrate revision --autogenerate -m Again --grants",
        "migrate check",
    ]));
    // What is there already.
    shop.models(&roles.named(&format!("{TABLES}GRANT SELECT, UPDATE ON users TO {{reader}};")));
    text.push_str(&shop.runs(&[
        "migrate check",
        "migrate revision --autogenerate -m Less",
        "migrate revision --autogenerate -m Less --json",
        "ls migrations",
        "printf 'grants = true\\n' > migrate.toml; migrate check",
        "migrate revision --autogenerate -m Less --rev-id less",
    ]));
    text.push_str(&shop.file("less_less.sql"));
    text.push_str(&shop.runs(&[
        "migrate upgrade",
        "migrate check --drift",
        "migrate downgrade base --yes",
    ]));
    shows("grants_are_models", &roles.plain(&text));
}

#[test]
fn what_was_granted_by_hand_is_drift_if_somebody_says_so() {
    let mut roles = Roles::new("drift");
    let shop = Shop::new("granted by hand");
    shop.models(&roles.named(&format!("{TABLES}GRANT SELECT ON users TO {{app}}, {{reader}};")));
    shop.run("migrate revision --autogenerate -m Start --rev-id start --grants");
    let [app, reader, owner] = roles.names.clone();
    let mut client = shop.0.database.connect().unwrap();
    client.batch_execute(&format!("GRANT ALL ON SCHEMA public TO {app}")).unwrap();
    // The role that runs the chain owns what it makes, and is called otherwise on the scratch server.
    let url = url_of(&shop.0, &app);
    let server = Server::shared().unwrap().admin_url();
    let as_app = |line: &str| {
        let variables = [
            ("DATABASE_URL", url.as_str()),
            ("MIGRATE_MODELS", "schema.sql"),
            ("MIGRATE_DEV_URL", server),
        ];
        shop.0.run_with(line, &variables)
    };
    let mut text = as_app("migrate upgrade");
    client.batch_execute(&format!("REVOKE ALL ON SCHEMA public FROM {app}")).unwrap();
    text.push_str(&as_app("migrate check --drift --grants"));
    // Whoever looks may be another one.
    text.push_str(&shop.run("migrate check --drift --grants"));
    client
        .batch_execute(&format!(
            "GRANT DELETE ON users TO {reader}; GRANT {owner} TO {app}; ALTER FUNCTION secret OWNER TO {owner};
             ALTER DEFAULT PRIVILEGES FOR ROLE {app} GRANT INSERT ON TABLES TO {reader}"
        ))
        .unwrap();
    text.push_str(&as_app("migrate check --drift"));
    text.push_str(&as_app("migrate check --drift --grants"));
    text.push_str(&as_app("migrate check --drift --grants --json"));
    let place = regex::Regex::new(r"@[0-9.]+:\d+/").unwrap();
    let text = place.replace_all(&roles.plain(&text), "@db.example:5432/").into_owned();
    roles.admin = migrate_core::connect(shop.0.database.url()).unwrap();
    for role in [app, reader, owner] {
        let sql = format!("REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}");
        roles.admin.batch_execute(&sql).unwrap();
    }
    shows("grants_in_drift", &text);
}

/// A dump names the role that runs the chain as the owner of everything: nothing is to be told of that.
#[test]
fn a_dump_with_one_owner_is_no_difference() {
    let roles = Roles::new("dumped");
    let shop = Shop::new("dumped");
    let owner = "ALTER TABLE users OWNER TO {owner}; ALTER FUNCTION secret OWNER TO {owner};";
    shop.models(&roles.named(&format!("{TABLES}{owner}")));
    let start = shop.run("migrate revision --autogenerate -m Start --rev-id start");
    let again = shop.run("migrate revision --autogenerate -m Again");
    for text in [start, again, shop.run("migrate check")] {
        assert!(!text.contains("privileges") && !text.contains("[exit"), "{text}");
    }
}

#[test]
fn a_role_that_is_missing_is_made_on_a_server_of_ours_alone() {
    let shop = Shop::new("missing role");
    shop.models("CREATE ROLE nobody_else;\nCREATE TABLE t (a int);\nGRANT SELECT ON t TO nobody_else, nobody_here;\n");
    let line = "migrate revision --autogenerate -m Start --rev-id start --grants";
    let named = shop.run(line);
    for part in
        ["schema.sql:3:1", "role \"nobody_here\" does not exist", "CREATE ROLE name", "[exit 1]"]
    {
        assert!(named.contains(part), "{part}: {named}");
    }
    let mut client = shop.0.database.connect().unwrap();
    client.batch_execute("DROP ROLE nobody_else").unwrap();
    let own = shop.0.run_with(line, &[("MIGRATE_MODELS", "schema.sql")]);
    assert!(own.contains("migrations/start_start.sql"), "{own}");
    let file = fs::read_to_string(shop.0.home().join("migrations/start_start.sql")).unwrap();
    assert!(file.contains("GRANT SELECT ON TABLE t TO nobody_here;"), "{file}");
}
