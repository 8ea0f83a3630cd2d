//! A folder, a database, and programs that work with both.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use migrate_testkit::{Database, Server, postgres::Client};
use tempfile::TempDir;

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
        let output = Command::new(program)
            .args(arguments.split_whitespace())
            .current_dir(self.path())
            .env("DATABASE_URL", self.database.url())
            .env("MIGRATE_DEV_URL", self.database.url())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, error) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{} {arguments}\n{out}{error}", program.display());
        out
    }

    /// Runs `migrate`.
    pub(crate) fn migrate(&self, arguments: &str) -> String {
        self.run(Path::new(env!("CARGO_BIN_EXE_migrate")), arguments)
    }

    /// One value, as text.
    pub(crate) fn value(&self, query: &str) -> String {
        let row = self.client().query_one(&format!("SELECT ({query})::text"), &[]).unwrap();
        row.get::<_, Option<String>>(0).unwrap_or_default()
    }
}

static INSTALLING: Mutex<()> = Mutex::new(());

/// A program, or `None` where it is not installed and must not be: then the test has nothing to do. `install`
/// is shell that puts it into its folder, as `program`.
pub(crate) fn tool(name: &str, program: &str, install: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(found) =
        std::env::split_paths(&path).map(|it| it.join(name)).find(|it| it.is_file())
    {
        return Some(found);
    }
    if std::env::var("MIGRATE_REAL_TOOLS").as_deref() != Ok("1") {
        eprintln!(
            "NOT TESTED: {name} is not installed; with MIGRATE_REAL_TOOLS=1 the test installs it"
        );
        return None;
    }
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tool-{name}"));
    let found = tools.join(program);
    // One test installs it, the others wait.
    let _alone = INSTALLING.lock().unwrap();
    if !found.is_file() {
        fs::create_dir_all(&tools).unwrap();
        let mut shell = Command::new("sh");
        let output = shell.args(["-ec", install]).current_dir(&tools).output().unwrap();
        let output = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(found.is_file(), "{name} could not be installed: {output}");
    }
    Some(found)
}
