//! A folder, a database, and programs that work with both.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use migrate_testkit::{Database, Server, postgres::Client};
use tempfile::TempDir;

const MIGRATE: &str = env!("CARGO_BIN_EXE_migrate");

/// A folder and a database.
pub(crate) struct Place {
    home: TempDir,
    pub(crate) database: Database,
}

impl Place {
    pub(crate) fn new(hint: &str) -> Self {
        let database = Server::shared().unwrap().database(&format!("from {hint}")).unwrap();
        Place { home: TempDir::new().unwrap(), database }
    }

    pub(crate) fn path(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file, and its folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        self.database.connect().unwrap()
    }

    /// Runs a program that must succeed, and gives what it prints.
    pub(crate) fn run(&self, program: &Path, arguments: &str) -> String {
        let (succeeded, out, error) = self.end(program, arguments);
        assert!(succeeded, "{} {arguments}\n{out}{error}", program.display());
        out
    }

    /// Runs `migrate`, which must fail, and gives what it says.
    pub(crate) fn refused(&self, arguments: &str) -> String {
        let (succeeded, out, error) = self.end(Path::new(MIGRATE), arguments);
        assert!(!succeeded, "migrate {arguments}\n{out}{error}");
        error
    }

    /// How a program ends, and what it prints.
    fn end(&self, program: &Path, arguments: &str) -> (bool, String, String) {
        let output = Command::new(program)
            .args(arguments.split_whitespace())
            .current_dir(self.path())
            .env("DATABASE_URL", self.database.url())
            .env("MIGRATE_DEV_URL", self.database.url())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    }

    /// Runs `migrate`.
    pub(crate) fn migrate(&self, arguments: &str) -> String {
        self.run(Path::new(MIGRATE), arguments)
    }

    /// One value, as text.
    pub(crate) fn value(&self, query: &str) -> String {
        let row = self.client().query_one(&format!("SELECT ({query})::text"), &[]).unwrap();
        row.get::<_, Option<String>>(0).unwrap_or_default()
    }
}

/// A program, or `None` where it is not installed and need not be: then the test has nothing to do.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|it| it.join(name)).find(|it| it.is_file());
    if found.is_none() {
        let needed = std::env::var("MIGRATE_REAL_TOOLS").as_deref() == Ok("1");
        assert!(!needed, "{name} is not in PATH: `.ci/tools` installs it");
        eprintln!("NOT TESTED: {name} is not installed; `.ci/tools` installs it");
    }
    found
}
