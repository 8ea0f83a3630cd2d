//! A project and a database to run commands in, as a person does: in a shell.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use migrate_core::connect::Connector;
use migrate_testkit::{Database, Server};
use regex::Regex;
use tempfile::TempDir;

/// Compares what was printed with what a person has looked at.
pub(crate) fn shows(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// A folder with migrations, and a database.
pub(crate) struct Project {
    home: TempDir,
    pub(crate) database: Database,
}

impl Project {
    /// A project whose chain is one line: each revision makes a table.
    pub(crate) fn line(ids: &str) -> Self {
        let project = Project::empty(ids);
        let mut parent = "";
        for id in ids.split_whitespace() {
            let (up, down) = (format!("CREATE TABLE t_{id} ();"), format!("DROP TABLE t_{id};"));
            project.write(id, parent, &up, &down);
            parent = id;
        }
        project
    }

    /// A project without migrations.
    pub(crate) fn empty(hint: &str) -> Self {
        let home = TempDir::new().unwrap();
        fs::create_dir(home.path().join("migrations")).unwrap();
        let database = Server::shared().unwrap().database(&format!("cli {hint}")).unwrap();
        Project { home, database }
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The file of a revision.
    pub(crate) fn file(&self, id: &str) -> PathBuf {
        self.home().join(format!("migrations/{id}_make_{id}.sql"))
    }

    /// Writes a revision.
    pub(crate) fn write(&self, id: &str, parent: &str, up: &str, down: &str) {
        let parent =
            if parent.is_empty() { String::new() } else { format!("-- parent: {parent}\n") };
        let text = format!(
            "-- revision: {id}\n{parent}-- message: Make {id}\n\n-- migrate:up\n{up}\n\n-- migrate:down\n{down}\n"
        );
        fs::write(self.file(id), text).unwrap();
    }

    /// A shell that finds the command and the database.
    pub(crate) fn shell(&self, line: &str) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_migrate")).parent().unwrap();
        let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(line).current_dir(self.home()).env("PATH", path);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("PG") || name == "NO_COLOR" || name.starts_with("CLICOLOR") {
                shell.env_remove(name);
            }
        }
        shell.env("DATABASE_URL", self.database.url()).env("HOME", self.home());
        shell
    }

    /// Runs a line, and gives what it printed, as a person would see it who minds which stream it
    /// comes from.
    pub(crate) fn run(&self, line: &str) -> String {
        self.run_with(line, &[])
    }

    /// The same with these variables in its environment.
    pub(crate) fn run_with(&self, line: &str, variables: &[(&str, &str)]) -> String {
        let mut shell = self.shell(line);
        shell.envs(variables.iter().copied());
        let Output { status, stdout, stderr } = shell.output().unwrap();
        let mut text = format!("$ {line}\n");
        text.push_str(&String::from_utf8(stdout).unwrap());
        for line in String::from_utf8(stderr).unwrap().lines() {
            text.push_str(format!("2> {line}").trim_end());
            text.push('\n');
        }
        if let Some(code @ 1..) = status.code() {
            text.push_str(&format!("[exit {code}]\n"));
        }
        self.plain(&text)
    }

    /// Runs lines in turn.
    pub(crate) fn runs(&self, lines: &[&str]) -> String {
        lines.iter().map(|line| self.run(line)).collect::<Vec<_>>().join("\n")
    }

    /// Without what is another at each run.
    pub(crate) fn plain(&self, text: &str) -> String {
        let place = Connector::new(self.database.url()).unwrap().to_string();
        let user = place.split_once('@').map_or("", |(user, _)| user);
        let mut text = text.replace(&place, "app@db.example:5432/app");
        text = text.replace(self.database.name(), "app");
        let filters = [
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z".to_owned(), "[time]".to_owned()),
            (r" \(os error \d+\)".to_owned(), String::new()),
            (r"\b\d+ ms\b".to_owned(), "[n] ms".to_owned()),
            (r#""(duration|waited|after)_ms":\d+"#.to_owned(), "\"${1}_ms\":0".to_owned()),
            (r#"("applied_by"|"by"):"[^"]*""#.to_owned(), "$1:\"app\"".to_owned()),
            (format!(r"\bby {user}\b"), "by app".to_owned()),
        ];
        for (pattern, with) in filters {
            text = Regex::new(&pattern).unwrap().replace_all(&text, with).into_owned();
        }
        text
    }
}
