//! Reads `migrate.toml`, the settings of a project's checks, which is next to the migrations
//! folder.
//!
//! The file is TOML, but only uses numbers, strings, lists of strings and a table of strings. So
//! builds do not depend on a full TOML parser.

mod value;

use std::collections::{BTreeMap, HashSet};
use std::ops::RangeInclusive;

use self::value::{strings, text, without_comment};

use crate::chain::check::Rejection;
use crate::chain::diagnostic::Diagnostic;
use crate::chain::id::did_you_mean;
use crate::chain::lint::{Hazard, Level, Lint};
use crate::chain::problem::Problem;
use crate::syntax::source::{Source, Span};

/// The name of the file.
pub const CONFIG_FILE: &str = "migrate.toml";

/// The oldest PostgreSQL version that a chain can support.
const OLDEST_SERVER: u32 = 14;

/// The default for the oldest supported PostgreSQL version. PostgreSQL's developers support no
/// older one.
const DEFAULT_SERVER: u32 = 15;

/// The top-level settings. A `-` is read as a `_`.
const SETTINGS: [&str; 6] =
    ["allow_hazards", "grants", "min_server", "models", "models_command", "schema_file"];

/// The settings of a project: a level for each lint, the oldest server that the chain must run on,
/// and what the command line compares the chain with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    levels: BTreeMap<Lint, Level>,
    min_server: u32,
    grants: bool,
    models: Vec<String>,
    models_command: Option<String>,
    schema_file: Option<String>,
    allow_hazards: Option<Vec<Hazard>>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            levels: BTreeMap::new(),
            min_server: DEFAULT_SERVER,
            grants: false,
            models: Vec::new(),
            models_command: None,
            schema_file: None,
            allow_hazards: None,
        }
    }
}

impl Config {
    /// The major versions of PostgreSQL that a chain can require.
    pub const KNOWN_SERVERS: RangeInclusive<u32> = OLDEST_SERVER..=18;

    /// Reads a `migrate.toml`.
    ///
    /// ```
    /// use migrate_core::{Config, Level, Lint, Source};
    ///
    /// let text = "min_server = 16\n\n[lints]\ndrop-column = \"deny\"\n";
    /// let config = Config::read(Source::new("migrate.toml", text))?;
    /// assert_eq!(config.min_server(), 16);
    /// assert_eq!(config.level(Lint::DropColumn), Level::Deny);
    /// assert_eq!(config.level(Lint::Serial), Level::Allow);
    /// # Ok::<(), migrate_core::Rejection>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Contains all problems of the file.
    pub fn read(source: Source<'static>) -> Result<Self, Rejection> {
        let (mut config, mut problems) = (Config::default(), Vec::new());
        let mut seen: HashSet<&str> = HashSet::new();
        // The current table; `None` if it is unknown.
        let mut table = Some("");
        let text = source.text();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let entry = Entry::read(line.trim_end_matches('\n'), start);
            start += line.len();
            let wrong = match entry {
                Ok(Entry::Nothing) => continue,
                Ok(Entry::Table("lints", _)) => {
                    table = Some("lints");
                    continue;
                }
                Ok(Entry::Table(name, span)) => {
                    table = None;
                    let meant = did_you_mean(name, ["lints"]).map(|_| "[lints]");
                    let key = format!("[{name}]");
                    Some((Problem::UnknownSetting { key, meant }, span))
                }
                Ok(Entry::Value { key, span, .. }) if seen.contains(key) => {
                    Some((Problem::ConfigSyntax { why: format!("`{key}` is set twice") }, span))
                }
                Ok(Entry::Value { key, span, value, value_span }) => {
                    seen.insert(key);
                    match table {
                        Some("lints") => config.lint(key, span, value, value_span),
                        Some(_) => config.setting(key, span, value, value_span),
                        None => None,
                    }
                }
                Err(span) => Some((Problem::ConfigSyntax { why: WHY.to_owned() }, span)),
            };
            if let Some((problem, span)) = wrong {
                problems.push(Diagnostic::at(problem, 0, span, ""));
            }
        }
        if problems.is_empty() {
            return Ok(config);
        }
        Err(Rejection { diagnostics: problems, sources: vec![source] })
    }

    /// The level of a lint.
    pub fn level(&self, lint: Lint) -> Level {
        self.levels.get(&lint).copied().unwrap_or_else(|| lint.default_level())
    }

    /// Sets the level of a lint.
    #[must_use]
    pub fn with_level(mut self, lint: Lint, level: Level) -> Self {
        self.levels.insert(lint, level);
        self
    }

    /// The oldest server that the chain must run on, as a major version.
    pub fn min_server(&self) -> u32 {
        self.min_server
    }

    /// Sets the oldest server that the chain must run on.
    #[must_use]
    pub fn with_min_server(mut self, version: u32) -> Self {
        self.min_server = version;
        self
    }

    /// Whether privileges, default privileges and owners are compared with models and databases.
    pub fn grants(&self) -> bool {
        self.grants
    }

    /// The files and folders of the models. Paths are relative to the settings file.
    pub fn models(&self) -> &[String] {
        &self.models
    }

    /// The command that prints the models.
    pub fn models_command(&self) -> Option<&str> {
        self.models_command.as_deref()
    }

    /// The file for the schema that the chain builds. The path is relative to the settings file.
    pub fn schema_file(&self) -> Option<&str> {
        self.schema_file.as_deref()
    }

    /// The hazards that a generated revision may have; `None` if this is not set.
    pub fn allow_hazards(&self) -> Option<&[Hazard]> {
        self.allow_hazards.as_deref()
    }

    /// The error in a top-level line, if there is one.
    fn setting(&mut self, key: &str, at: Span, value: &str, span: Span) -> Option<(Problem, Span)> {
        let name = key.replace('-', "_");
        let want = match name.as_str() {
            "min_server" => match value.parse() {
                Ok(version) if Config::KNOWN_SERVERS.contains(&version) => {
                    self.min_server = version;
                    return None;
                }
                _ => "a major version of PostgreSQL from 14 to 18, such as `min_server = 15`",
            },
            "grants" => match value.parse() {
                Ok(grants) => {
                    self.grants = grants;
                    return None;
                }
                Err(_) => "`true` or `false`",
            },
            "models" => match strings(value) {
                Some(paths) if !paths.is_empty() => {
                    self.models = paths;
                    return None;
                }
                _ => "a file or a folder, as `\"schema.sql\"`, or a list of them in one line",
            },
            "models_command" => match text(value) {
                Some(command) => {
                    self.models_command = Some(command);
                    return None;
                }
                None => "a command in quotes, such as `\"cargo run --bin print_schema\"`",
            },
            "schema_file" => match text(value) {
                Some(file) => {
                    self.schema_file = Some(file);
                    return None;
                }
                None => "a file in quotes, such as `\"schema.sql\"`",
            },
            "allow_hazards" => match strings(value).and_then(|names| Hazard::read_all(&names).ok())
            {
                Some(hazards) => {
                    self.allow_hazards = Some(hazards);
                    return None;
                }
                None => {
                    "a list such as `[\"rewrites-table\"]`, of deletes-data, lossy-cast, may-be-rename, \
                     rewrites-table, blocks-writes and may-fail; or `\"all\"` or `\"none\"`"
                }
            },
            _ => {
                let meant = did_you_mean(&name, SETTINGS);
                return Some((Problem::UnknownSetting { key: key.to_owned(), meant }, at));
            }
        };
        Some((bad(key, value, want), span))
    }

    /// The error in a line of `[lints]`, if there is one.
    fn lint(&mut self, code: &str, at: Span, value: &str, span: Span) -> Option<(Problem, Span)> {
        let Some(lint) = Lint::of_code(code) else {
            let meant = Lint::meant(code);
            return Some((Problem::UnknownCode { code: code.to_owned(), meant }, at));
        };
        let name = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        match Level::ALL.into_iter().find(|level| name == Some(level.name())) {
            Some(level) => self.levels.insert(lint, level),
            None => {
                let want = "`\"allow\"`, `\"warn\"` or `\"deny\"`";
                return Some((bad(code, value, want), span));
            }
        };
        None
    }
}

fn bad(key: &str, value: &str, want: &'static str) -> Problem {
    Problem::BadSetting { key: key.to_owned(), value: value.to_owned(), want }
}

const WHY: &str = "a line is a comment, `[lints]`, or `key = value`";

/// The content of a line.
enum Entry<'s> {
    Nothing,
    Table(&'s str, Span),
    Value { key: &'s str, span: Span, value: &'s str, value_span: Span },
}

impl<'s> Entry<'s> {
    /// Parses a line that starts at offset `start`; the error is the position of the syntax error.
    fn read(line: &'s str, start: usize) -> Result<Self, Span> {
        let line = without_comment(line);
        let place = |part: &str| {
            let at = start + (part.as_ptr() as usize - line.as_ptr() as usize);
            Span::new(at, at + part.len())
        };
        let body = line.trim();
        if body.is_empty() {
            return Ok(Entry::Nothing);
        }
        if let Some(name) = body.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let name = name.trim();
            return Ok(Entry::Table(name, place(name)));
        }
        let (key, value) = body.split_once('=').ok_or(place(body))?;
        let (key, value) = (key.trim(), value.trim());
        let bare = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
        let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if bare.is_empty() || !bare.chars().all(is_key) || value.is_empty() {
            return Err(place(body));
        }
        Ok(Entry::Value { key: bare, span: place(bare), value, value_span: place(value) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Set<'s> = (u32, &'s [(Lint, Level)]);

    /// Reads a file and checks its settings or its errors.
    fn check(text: &'static str, expected: Result<Set<'_>, &[&str]>) {
        match Config::read(Source::new("migrate.toml", text)) {
            Ok(config) => {
                let levels: Vec<_> = config.levels.into_iter().collect();
                assert_eq!(Ok((config.min_server, levels.as_slice())), expected, "{text}");
            }
            Err(rejection) => {
                let found: Vec<String> = rejection
                    .diagnostics
                    .iter()
                    .map(|found| {
                        let at = found.primary.as_ref().map_or(0, |label| label.span.start);
                        let place = rejection.sources[0].position(at);
                        format!("{}:{} {}", place.line, place.column, found.problem)
                    })
                    .collect();
                let found: Vec<&str> = found.iter().map(String::as_str).collect();
                assert_eq!(Err(found.as_slice()), expected, "{text}");
            }
        }
    }

    #[test]
    fn what_a_file_sets() {
        check("", Ok((15, &[])));
        check("# nothing\n\n[lints] # none\n", Ok((15, &[])));
        check("min_server = 14", Ok((14, &[])));
        check("min_server=17", Ok((17, &[])));
        check(
            "min_server = 15\r\n[lints]\r\n  drop-column = \"deny\" # why\n\"serial\" = \"warn\"\n",
            Ok((15, &[(Lint::DropColumn, Level::Deny), (Lint::Serial, Level::Warn)])),
        );
    }

    #[test]
    fn privileges_count_if_it_says_so() {
        let read = |text| Config::read(Source::new("migrate.toml", text)).map(|it| it.grants());
        assert_eq!(read(""), Ok(false));
        assert_eq!(read("grants = true"), Ok(true));
        assert_eq!(read("grants = false\n[lints]"), Ok(false));
        check("grants = yes", Err(&["1:10 `yes` is no value for `grants`"]));
        check("grant = true", Err(&["1:1 unknown setting `grant`"]));
    }

    #[test]
    fn where_the_command_line_looks() {
        let text = "models = [\"schema\", 'a#b.sql'] # two\nmodels-command = \"print \\\"x\\\"\"\n\
                    schema_file = \"schema.html\"\nallow-hazards = [\"rewrites-table\"]\n";
        let config = Config::read(Source::new("migrate.toml", text)).unwrap();
        assert_eq!(config.models(), ["schema", "a#b.sql"]);
        assert_eq!(config.models_command(), Some("print \"x\""));
        assert_eq!(config.schema_file(), Some("schema.html"));
        assert_eq!(config.allow_hazards(), Some(&[Hazard::RewritesTable][..]));
        let none = Config::read(Source::new("migrate.toml", "allow_hazards = \"none\"")).unwrap();
        assert_eq!(none.allow_hazards(), Some(&[][..]));
        assert_eq!(Config::default().allow_hazards(), None);
        check("models = 7", Err(&["1:10 `7` is no value for `models`"]));
        check(
            "schema_file = schema.sql",
            Err(&["1:15 `schema.sql` is no value for `schema_file`"]),
        );
        check("schema_fil = 1", Err(&["1:1 unknown setting `schema_fil`"]));
        check(
            "allow-hazards = [\"drops\"]",
            Err(&["1:17 `[\"drops\"]` is no value for `allow-hazards`"]),
        );
    }

    #[test]
    fn what_is_wrong_with_a_file() {
        check("min_server = 13", Err(&["1:14 `13` is no value for `min_server`"]));
        check("min_server = 18", Ok((18, &[])));
        check("min_server = 19", Err(&["1:14 `19` is no value for `min_server`"]));
        check("min_server = 99", Err(&["1:14 `99` is no value for `min_server`"]));
        check("min_server = \"15\"", Err(&["1:14 `\"15\"` is no value for `min_server`"]));
        check("\nmin_sever = 15", Err(&["2:1 unknown setting `min_sever`"]));
        check("[lint]\nserial = \"deny\"", Err(&["1:2 unknown setting `[lint]`"]));
        check(
            "[lints]\ndrop_column = \"deny\"\nserial = \"forbid\"",
            Err(&["2:1 unknown code `drop_column`", "3:10 `\"forbid\"` is no value for `serial`"]),
        );
        check(
            "a b",
            Err(&[
                "1:1 migrate.toml can't be read: a line is a comment, `[lints]`, or `key = value`",
            ]),
        );
        check(
            "min_server =",
            Err(&[
                "1:1 migrate.toml can't be read: a line is a comment, `[lints]`, or `key = value`",
            ]),
        );
        check(
            "min_server = 15\nmin_server = 16",
            Err(&["2:1 migrate.toml can't be read: `min_server` is set twice"]),
        );
    }
}
