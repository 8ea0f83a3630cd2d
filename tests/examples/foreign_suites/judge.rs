//! One case: autogenerate from one schema to the other, upgrade, downgrade. `pg_dump` says whether that was right.

use std::error::Error;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use migrate_testkit::postgres::error::SqlState;
use migrate_testkit::{Database, Server};

use crate::suite::Case;
use crate::{Result, short};

/// How long autogenerate may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Neither schema is empty: a chain has a statement, and models that build nothing are refused.
const BASE: &str = "CREATE TABLE suite_base (id int);\n";

/// What came of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Word {
    /// There and back as wanted.
    Equal,
    /// Something is left to a person, and the file says what.
    Todo,
    /// Nothing was written, and the program said why.
    Refused,
    /// The server refuses one of the schemas.
    Invalid,
    /// The schemas differ, and nobody was told.
    Silent,
    /// What was written builds another schema.
    Wrong,
    /// What was written does not run.
    Fails,
    /// It did not end.
    Hang,
}

impl Word {
    pub(crate) const ALL: [Word; 8] = [
        Word::Equal,
        Word::Todo,
        Word::Refused,
        Word::Invalid,
        Word::Silent,
        Word::Wrong,
        Word::Fails,
        Word::Hang,
    ];

    pub(crate) fn is_fault(self) -> bool {
        self >= Word::Silent
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

/// The arguments of a step, what the database is then, and what the step is called.
type Step<'a> = (&'a [&'a str], Option<&'a [String]>, &'a str);

/// A word, and why.
pub(crate) struct Verdict {
    pub(crate) word: Word,
    pub(crate) why: String,
}

impl Verdict {
    fn new(word: Word, why: impl Into<String>) -> Self {
        Verdict { word, why: why.into() }
    }
}

pub(crate) struct Judge<'s> {
    migrate: PathBuf,
    server: &'s Server,
    /// Whether the program is to write privileges; if not, they are not compared.
    with_grants: bool,
}

impl<'s> Judge<'s> {
    pub(crate) fn new(migrate: &Path, server: &'s Server, with_grants: bool) -> Result<Self> {
        Ok(Judge { migrate: fs::canonicalize(migrate)?, server, with_grants })
    }

    pub(crate) fn of(&self, case: &Case) -> Verdict {
        let failed =
            |error: Box<dyn Error>| Verdict::new(Word::Fails, format!("the judge: {error}"));
        self.verdict(case).unwrap_or_else(failed)
    }

    fn verdict(&self, case: &Case) -> Result<Verdict> {
        let Case { current, wanted, .. } = case;
        let mut setup = format!("{BASE}{}", case.setup);
        let (before, after) = loop {
            let before = self.dumped(&format!("{setup}{current}"))?;
            let after = self.dumped(&format!("{setup}{wanted}"))?;
            let why = match (before, after) {
                (Ok(before), Ok(after)) => break (before, after),
                (Err(why), _) | (_, Err(why)) => why,
            };
            // The schemas of some suites are made by whoever runs them.
            match missing("schema", &why) {
                Some(schema) => setup.push_str(&format!("CREATE SCHEMA \"{schema}\";\n")),
                None => return Ok(Verdict::new(Word::Invalid, short(&why, 160))),
            }
        };
        let folder = tempfile::tempdir()?;
        let (directory, models) = (folder.path().join("m"), folder.path().join("schema.sql"));
        fs::create_dir(&directory)?;
        let revision = format!(
            "-- revision: 001\n-- message: current\n-- irreversible: a case\n\n-- migrate:up\n{setup}{current}"
        );
        fs::write(directory.join("001.sql"), revision)?;
        fs::write(&models, format!("{setup}{wanted}"))?;
        fs::write(
            folder.path().join("migrate.toml"),
            format!("min_server = {}\n", self.server.version().major),
        )?;
        let migrate = |arguments: &[&OsStr]| {
            let mut command = Command::new(&self.migrate);
            command.arg("-d").arg(&directory).args(arguments);
            command.env_remove("DATABASE_URL").env("MIGRATE_DEV_URL", self.server.admin_url());
            output(command)
        };
        let generate = ["revision", "--autogenerate", "-m", "x", "--grants", "--models"];
        let generate = generate.into_iter().filter(|it| self.with_grants || *it != "--grants");
        let generate: Vec<&OsStr> = generate.map(OsStr::new).collect();
        let Some((status, said)) = migrate(&[&*generate, &[models.as_os_str()]].concat())? else {
            return Ok(Verdict::new(Word::Hang, ""));
        };
        let texts: Vec<String> = fs::read_dir(&directory)?
            .filter_map(|entry| entry.ok().filter(|entry| entry.file_name() != "001.sql"))
            .map(|entry| fs::read_to_string(entry.path()))
            .collect::<std::io::Result<_>>()?;
        if texts.is_empty() {
            let word = match status {
                true if before == after => Word::Equal,
                true => Word::Silent,
                false if said.contains("panicked") => Word::Fails,
                false => Word::Refused,
            };
            let why = if status { differing(&before, &after) } else { error(&said) };
            return Ok(Verdict::new(word, why));
        }
        let todos = texts.iter().flat_map(|text| text.lines());
        let mut todos = todos.skip_while(|line| !line.contains("migrate:todo"));
        if let Some(todo) = todos.next() {
            let next = todos.next().unwrap_or_default();
            return Ok(Verdict::new(Word::Todo, short(&format!("{todo} {next}"), 240)));
        }
        let database = self.server.database("suites")?;
        let url = OsStr::new(database.url());
        let on = |arguments: &[&str]| {
            let arguments = arguments.iter().map(OsStr::new);
            let all: Vec<&OsStr> =
                [OsStr::new("--database-url"), url].into_iter().chain(arguments).collect();
            migrate(&all)
        };
        let steps: [Step<'_>; 3] = [
            (&["check"], None, "check"),
            (&["upgrade"], Some(&after), "up"),
            (&["downgrade", "001", "--yes"], Some(&before), "down"),
        ];
        for (arguments, expected, step) in steps {
            let ran =
                if step == "check" { migrate(&[OsStr::new("check")])? } else { on(arguments)? };
            match ran {
                None => return Ok(Verdict::new(Word::Hang, step)),
                Some((false, said)) => {
                    return Ok(Verdict::new(Word::Fails, format!("{step}: {}", error(&said))));
                }
                Some((true, _)) => {}
            }
            if let Some(expected) = expected {
                let found = self.dump(&database)?;
                if found != expected {
                    let why = format!("{step}: {}", differing(&found, expected));
                    return Ok(Verdict::new(Word::Wrong, why));
                }
            }
        }
        Ok(Verdict::new(Word::Equal, ""))
    }

    /// What a schema is, as `pg_dump` tells it, or why the server refuses it. Roles that it names are made.
    fn dumped(&self, sql: &str) -> Result<std::result::Result<Vec<String>, String>> {
        let database = self.server.database("suites")?;
        let mut client = database.connect()?;
        loop {
            let Err(error) = client.batch_execute(&format!("BEGIN; {sql}\n; COMMIT")) else {
                break;
            };
            let said = error.as_db_error().map(|said| said.message().to_owned());
            let said = said.unwrap_or_else(|| error.to_string());
            let role = missing("role", &said).map(str::to_owned);
            let Some(role) = role else { return Ok(Err(said)) };
            // Another case may have made it meanwhile.
            let made = client.batch_execute(&format!("ROLLBACK; CREATE ROLE \"{role}\""));
            if let Err(error) = made
                && error.code() != Some(&SqlState::DUPLICATE_OBJECT)
            {
                return Ok(Err(said));
            }
        }
        self.dump(&database).map(Ok)
    }

    /// The lines of a dump, sorted: the order of objects, and of columns, is no part of a schema.
    fn dump(&self, database: &Database) -> Result<Vec<String>> {
        let mut command = Command::new("pg_dump");
        command.args(["-s", "-O", "-T", "migrate_*", "-d"]).arg(database.url());
        if !self.with_grants {
            command.arg("-x");
        }
        let Some((true, text)) = output(command)? else {
            return Err("pg_dump failed: is it as new as the server?".into());
        };
        let is_noise = |line: &str| {
            line.is_empty()
                || ["--", "SET ", "SELECT pg_catalog", "\\"].iter().any(|it| line.starts_with(it))
        };
        let lines = text.lines().filter(|line| !is_noise(line));
        let mut lines: Vec<String> =
            lines.map(|line| line.trim_end_matches(',').to_owned()).collect();
        lines.sort();
        Ok(lines)
    }
}

/// The name of what a server's message says does not exist.
fn missing<'m>(kind: &str, message: &'m str) -> Option<&'m str> {
    message.strip_prefix(kind)?.strip_prefix(" \"")?.strip_suffix("\" does not exist")
}

/// Whether a program went well, and what it said; nothing if it had to be ended.
fn output(mut command: Command) -> Result<Option<(bool, String)>> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn()?;
    let id = child.id().to_string();
    let (done, wait) = mpsc::channel();
    thread::spawn(move || done.send(child.wait_with_output()));
    let Ok(output) = wait.recv_timeout(TIMEOUT) else {
        Command::new("kill").args(["-KILL", &id]).status()?;
        return Ok(None);
    };
    let output = output?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Some((output.status.success(), format!("{}{}", said(&output.stdout), said(&output.stderr)))))
}

/// The error of a program's output, with its second line where that says more.
fn error(said: &str) -> String {
    let lines: Vec<&str> =
        said.lines().skip_while(|line| !line.contains("error")).take(3).collect();
    short(&lines.join(" "), 240)
}

/// The first lines that only one of two dumps has.
fn differing(found: &[String], expected: &[String]) -> String {
    let only = |mark: char, these: &[String], others: &[String]| -> Vec<String> {
        let lines = these.iter().filter(|line| !others.contains(line));
        lines.take(2).map(|line| format!("{mark} {}", line.trim())).collect()
    };
    let lines = [only('-', found, expected), only('+', expected, found)].concat();
    short(&lines.join(" | "), 240)
}
