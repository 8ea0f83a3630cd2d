//! Reads `migrate.toml`, the settings of a project's checks, which is next to the migrations
//! folder.
//!
//! The file is TOML, but only uses numbers, strings, lists of strings and a table of strings. So
//! builds do not depend on a full TOML parser.

mod environments;
mod rules;

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use toml_span::value::{Key, Table};
use toml_span::{ErrorKind, Value};

use crate::chain::check::Rejection;
use crate::chain::diagnostic::Diagnostic;
use crate::chain::lint::{Hazard, Level, Lint};
use crate::chain::problem::Problem;
use crate::chain::rules::{Naming, Rule};
use crate::chain::run_settings::{Environment, NAMES};
use crate::syntax::source::{Source, Span};
use crate::syntax::suggest::did_you_mean;

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

/// The tables, and how they are written.
const TABLES: [(&str, &str); 5] = [
    ("lints", "[lints]"),
    ("env", "[env.NAME]"),
    ("chain", "[chain.FOLDER]"),
    ("rule", "[[rule]]"),
    ("naming", "[naming]"),
];

/// The settings of a project: a level for each lint, the oldest server that the chain must run on,
/// and what the command line compares the chain with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    levels: BTreeMap<Lint, Level>,
    rules: Vec<Rule>,
    naming: Naming,
    min_server: u32,
    grants: bool,
    models: Vec<String>,
    models_command: Option<String>,
    schema_file: Option<String>,
    allow_hazards: Option<Vec<Hazard>>,
    base: Environment,
    /// `[env.NAME]` and `[chain.FOLDER]`, in the order of the file.
    environments: Vec<(String, Environment)>,
    chains: Vec<(String, Environment)>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            levels: BTreeMap::new(),
            rules: Vec::new(),
            naming: Naming::new(),
            min_server: DEFAULT_SERVER,
            grants: false,
            models: Vec::new(),
            models_command: None,
            schema_file: None,
            allow_hazards: None,
            base: Environment::default(),
            environments: Vec::new(),
            chains: Vec::new(),
        }
    }
}

impl Config {
    /// The major versions of PostgreSQL that a chain can require.
    pub const KNOWN_SERVERS: RangeInclusive<u32> = OLDEST_SERVER..=19;

    /// Reads a `migrate.toml`.
    ///
    /// ```
    /// use migrate_core::chain::{Config, Level, Lint};
    /// use migrate_core::syntax::Source;
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
    /// With everything that is wrong with it; of what is not TOML, with the first place.
    pub fn read(source: Source<'static>) -> Result<Self, Rejection> {
        let mut reader =
            Reader { text: source.text(), config: Config::default(), problems: Vec::new() };
        match toml_span::parse(source.text()) {
            Ok(root) => reader.settings(&root),
            Err(error) => reader.not_toml(&error),
        }
        let Reader { config, mut problems, .. } = reader;
        if problems.is_empty() {
            return Ok(config);
        }
        problems.sort_by_key(|found| found.primary.as_ref().map(|label| label.span.start));
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

    /// The rules of the project.
    #[cfg_attr(not(feature = "analysis"), expect(dead_code, reason = "only the lints ask"))]
    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The patterns for names.
    #[cfg_attr(not(feature = "analysis"), expect(dead_code, reason = "only the lints ask"))]
    pub(crate) fn naming(&self) -> &Naming {
        &self.naming
    }

    /// Whether any lint or rule is denied.
    #[cfg_attr(not(feature = "analysis"), expect(dead_code, reason = "only the lints ask"))]
    pub(crate) fn denies_any(&self) -> bool {
        Lint::ALL.iter().any(|lint| self.level(*lint) == Level::Deny)
            || self.rules.iter().any(|rule| rule.level == Some(Level::Deny))
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

    /// What is said of the database: of `[env.NAME]`, where it says nothing of the chain, and
    /// where that says nothing of all. `None` if there is no such environment.
    ///
    /// ```
    /// use migrate_core::chain::Config;
    /// use migrate_core::syntax::Source;
    ///
    /// let text = "table_prefix = \"app_\"\n\n[env.staging]\nschema = \"ops\"\n";
    /// let config = Config::read(Source::new("migrate.toml", text))?;
    /// let staging = config.environment(Some("staging")).unwrap().run;
    /// assert_eq!((staging.schema.as_deref(), staging.table_prefix.as_deref()), (Some("ops"), Some("app_")));
    /// assert!(config.environment(Some("production")).is_none());
    /// # Ok::<(), migrate_core::Rejection>(())
    /// ```
    pub fn environment(&self, name: Option<&str>) -> Option<Environment> {
        let Some(name) = name else { return Some(self.base.clone()) };
        let (_, found) = self.environments.iter().find(|(known, _)| known == name)?;
        Some(found.clone().over(&self.base))
    }

    /// The names of the environments.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        self.environments.iter().map(|(name, _)| name.as_str())
    }

    /// The folders that have a table `[chain.FOLDER]`: chains that share a database.
    pub fn chains(&self) -> impl Iterator<Item = &str> {
        self.chains.iter().map(|(folder, _)| folder.as_str())
    }

    /// The settings of the chain in this folder: what `[chain.FOLDER]` says goes before the rest.
    #[must_use]
    pub fn of_chain(mut self, folder: &str) -> Self {
        if let Some((_, own)) = self.chains.iter().find(|(known, _)| known == folder) {
            self.base = own.clone().over(&self.base);
        }
        self
    }

    /// Takes a setting; what it should be, if it is something else.
    fn set(&mut self, name: &str, value: &Value<'_>) -> Result<(), &'static str> {
        match name {
            "min_server" => {
                let version = value.as_integer().and_then(|version| u32::try_from(version).ok());
                self.min_server =
                    version.filter(|version| Config::KNOWN_SERVERS.contains(version)).ok_or(
                        "a major version of PostgreSQL from 14 to 19, such as `min_server = 15`",
                    )?;
            }
            "grants" => self.grants = value.as_bool().ok_or("`true` or `false`")?,
            "models" => {
                self.models = strings(value)
                    .filter(|paths| !paths.is_empty())
                    .ok_or("a file or a folder, as `\"schema.sql\"`, or a list of them")?;
            }
            "models_command" => {
                let want = "a command in quotes, such as `\"cargo run --bin print_schema\"`";
                self.models_command = Some(string(value).ok_or(want)?);
            }
            "schema_file" => {
                let want = "a file in quotes, such as `\"schema.sql\"`";
                self.schema_file = Some(string(value).ok_or(want)?);
            }
            _ => {
                let hazards = strings(value).and_then(|names| Hazard::read_all(&names).ok());
                self.allow_hazards = Some(hazards.ok_or(
                    "a list such as `[\"rewrites-table\"]`, of deletes-data, lossy-cast, may-be-rename, \
                     rewrites-table, blocks-writes and may-fail; or `\"all\"` or `\"none\"`",
                )?);
            }
        }
        Ok(())
    }
}

/// A string that is not blank.
fn string(value: &Value<'_>) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// A string, or a list of strings.
fn strings(value: &Value<'_>) -> Option<Vec<String>> {
    let Some(list) = value.as_array() else { return Some(vec![string(value)?]) };
    list.iter().map(|one| one.as_str().map(str::to_owned)).collect()
}

fn is_list_of_tables(value: &Value<'_>) -> bool {
    let list = value.as_array().filter(|list| !list.is_empty());
    list.is_some_and(|list| list.iter().all(|one| one.as_table().is_some()))
}

/// Takes the settings from a file, and notes what is wrong with them.
struct Reader<'s> {
    text: &'s str,
    config: Config,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn settings(&mut self, root: &Value<'_>) {
        let mut seen: HashMap<String, Span> = HashMap::new();
        for (key, value) in in_order(root.as_table()) {
            let (name, at) = (key.name.replace('-', "_"), place(key.span));
            if let Some(first) = seen.insert(name.clone(), at) {
                self.set_twice(&key.name, at, first);
            } else if name == "lints" {
                self.lints(value);
            } else if name == "rule" {
                self.rules(value);
            } else if name == "naming" {
                self.naming(value);
            } else if name == "env" || name == "chain" {
                self.environments(&name, value);
            } else if NAMES.contains(&name.as_str()) {
                if let Err(want) = self.config.base.set(&name, value) {
                    self.bad_environment(&key.name, &name, value, want);
                }
            } else if SETTINGS.contains(&name.as_str()) {
                if let Err(want) = self.config.set(&name, value) {
                    self.bad(&key.name, value, want);
                }
            } else if value.as_table().is_some() || is_list_of_tables(value) {
                let suggestion = did_you_mean(&name, TABLES.map(|(known, _)| known));
                let suggestion =
                    suggestion.and_then(|name| TABLES.iter().find(|(known, _)| *known == name));
                let suggestion = suggestion.map(|(_, shown)| *shown);
                let key = match value.as_table() {
                    Some(_) => format!("[{}]", key.name),
                    None => format!("[[{}]]", key.name),
                };
                self.note(Problem::UnknownSetting { key, suggestion }, at);
            } else {
                let (key, suggestion) =
                    (key.name.to_string(), did_you_mean(&name, SETTINGS.into_iter().chain(NAMES)));
                self.note(Problem::UnknownSetting { key, suggestion }, at);
            }
        }
    }

    fn lints(&mut self, lints: &Value<'_>) {
        if lints.as_table().is_none() {
            return self.bad(
                "lints",
                lints,
                "a table: `[lints]`, and below it such as `drop-column = \"allow\"`",
            );
        }
        for (key, value) in in_order(lints.as_table()) {
            let Some(lint) = Lint::of_code(&key.name) else {
                let (code, suggestion) = (key.name.to_string(), Lint::suggestion(&key.name));
                self.note(Problem::UnknownCode { code, suggestion }, place(key.span));
                continue;
            };
            match Level::ALL.into_iter().find(|level| value.as_str() == Some(level.name())) {
                Some(level) => drop(self.config.levels.insert(lint, level)),
                None => self.bad(&key.name, value, "`\"allow\"`, `\"warn\"` or `\"deny\"`"),
            }
        }
    }

    fn note(&mut self, problem: Problem, at: Span) {
        self.problems.push(Diagnostic::at(problem, 0, at, ""));
    }

    fn bad(&mut self, key: &str, value: &Value<'_>, want: &'static str) {
        let at = self.with_quotes(place(value.span));
        let value = self.text.get(at.range()).unwrap_or_default().to_owned();
        self.note(Problem::BadSetting { key: key.to_owned(), value, want }, at);
    }

    fn set_twice(&mut self, key: &str, at: Span, first: Span) {
        let problem = Problem::ConfigSyntax { why: format!("`{key}` is set twice") };
        let found = Diagnostic::at(problem, 0, at, "here again");
        self.problems.push(found.and(0, first, "first set here"));
    }

    /// The parser's first error, in our words.
    fn not_toml(&mut self, error: &toml_span::Error) {
        let at = self.within_line(place(error.span));
        let found = self.text.get(at.range()).unwrap_or_default();
        let why = match &error.kind {
            ErrorKind::DuplicateKey { key, first } => {
                return self.set_twice(key, at, self.within_line(place(*first)));
            }
            ErrorKind::DuplicateTable { name, first } => {
                let first = self.within_line(place(*first));
                return self.set_twice(&format!("[{name}]"), at, first);
            }
            ErrorKind::UnexpectedEof => "a value is missing".to_owned(),
            ErrorKind::UnterminatedString | ErrorKind::InvalidCharInString('\n') => {
                "a string is never closed".to_owned()
            }
            ErrorKind::InvalidCharInString(c) => format!("a string has the character {c:?}"),
            ErrorKind::UnquotedString => {
                format!("`{found}` is not a value: strings are written in quotes")
            }
            ErrorKind::InvalidNumber => format!("`{found}` is not a number"),
            ErrorKind::Wanted { expected, found } => format!("expected {expected}, found {found}"),
            ErrorKind::Unexpected(c) => format!("unexpected character {c:?}"),
            kind => kind.to_string(),
        };
        self.note(Problem::ConfigSyntax { why }, at);
    }

    /// The parser's span of a string is what stands between the quotes; that of an empty one is the quote that opens it.
    fn with_quotes(&self, at: Span) -> Span {
        if let Some(quote @ ("\"" | "'")) = self.text.get(at.range()) {
            let is_closed = self.text.get(at.end..).is_some_and(|rest| rest.starts_with(quote));
            return Span::new(at.start, at.end + usize::from(is_closed));
        }
        let Span { mut start, mut end } = at;
        for quote in ['"', '\''] {
            while self.text.get(..start).is_some_and(|before| before.ends_with(quote))
                && self.text.get(end..).is_some_and(|after| after.starts_with(quote))
            {
                (start, end) = (start - 1, end + 1);
            }
        }
        Span::new(start, end)
    }

    /// The parser's span of an error may end behind the line, or behind the text.
    fn within_line(&self, at: Span) -> Span {
        let start = self.text.floor_char_boundary(at.start.min(self.text.trim_end().len()));
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default().trim_end();
        let end = (start + line.len()).min(at.end.max(start));
        Span::new(start, self.text.floor_char_boundary(end))
    }
}

/// The entries of a table, in the order of the file.
fn in_order<'v, 'd>(table: Option<&'v Table<'d>>) -> Vec<(&'v Key<'d>, &'v Value<'d>)> {
    let mut entries: Vec<_> = table.into_iter().flatten().collect();
    entries.sort_by_key(|(key, _)| key.span.start);
    entries
}

fn place(span: toml_span::Span) -> Span {
    Span::new(span.start, span.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) type Set<'s> = (u32, &'s [(Lint, Level)]);

    /// Reads a file and checks its settings or its errors.
    pub(super) fn check(text: &'static str, expected: Result<Set<'_>, &[&str]>) {
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
        check("grants = 1", Err(&["1:10 `1` is not a value for `grants`"]));
        check(
            "grants = yes",
            Err(&[
                "1:10 migrate.toml can't be read: `yes` is not a value: strings are written in quotes",
            ]),
        );
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
        check("models = 7", Err(&["1:10 `7` is not a value for `models`"]));
        check("schema_file = \"\"", Err(&["1:15 `\"\"` is not a value for `schema_file`"]));
        check("schema_fil = 1", Err(&["1:1 unknown setting `schema_fil`"]));
        check(
            "allow-hazards = [\"drops\"]",
            Err(&["1:17 `[\"drops\"]` is not a value for `allow-hazards`"]),
        );
    }

    #[test]
    fn what_is_wrong_with_a_file() {
        check("min_server = 13", Err(&["1:14 `13` is not a value for `min_server`"]));
        check("min_server = 19", Ok((19, &[])));
        check("min_server = 20", Err(&["1:14 `20` is not a value for `min_server`"]));
        check("min_server = 99", Err(&["1:14 `99` is not a value for `min_server`"]));
        check("min_server = \"15\"", Err(&["1:14 `\"15\"` is not a value for `min_server`"]));
        check("\nmin_sever = 15", Err(&["2:1 unknown setting `min_sever`"]));
        check("[lint]\nserial = \"deny\"", Err(&["1:2 unknown setting `[lint]`"]));
        check(
            "[lints]\ndrop_column = \"deny\"\nserial = \"forbid\"",
            Err(&[
                "2:1 unknown code `drop_column`",
                "3:10 `\"forbid\"` is not a value for `serial`",
            ]),
        );
        let cases = [
            ("a b", "1:3", "expected an equals, found an identifier"),
            ("min_server =", "1:13", "a value is missing"),
            ("models = [\"a\"\n# more", "2:7", "expected a right bracket, found eof"),
            ("models = \"a\n", "1:12", "a string is never closed"),
            ("models = \"a", "1:10", "a string is never closed"),
            ("min_server = 1-5", "1:14", "`1-5` is not a number"),
            ("min_server = 15\nmin_server = 16", "2:1", "`min_server` is set twice"),
            ("min_server = 15\nmin-server = 16", "2:1", "`min-server` is set twice"),
            ("[lints]\nserial = \"deny\"\n[lints]", "3:1", "`[lints]` is set twice"),
            ("lints.serial = \"deny\"\n[lints]\nserial = \"warn\"", "2:2", "`lints` is set twice"),
        ];
        for (text, at, why) in cases {
            check(text, Err(&[&format!("{at} migrate.toml can't be read: {why}")]));
        }
    }

    /// Whatever TOML can write is read.
    #[test]
    fn other_ways_to_write_it() {
        let denied: Set<'_> = (15, &[(Lint::Serial, Level::Deny)]);
        check("lints.serial = \"deny\"", Ok(denied));
        check("lints = { serial = 'deny' }", Ok(denied));
        check("[lints]\n\"serial\" = \"\"\"deny\"\"\"", Ok(denied));
        check("[ lints ]\nserial = \"d\\u0065ny\"", Ok(denied));
        check("min_server = 0x10", Ok((16, &[])));
        check("models = [\n    \"a\", # one\n    \"b\",\n]", Ok((15, &[])));
        check("lints = \"deny\"", Err(&["1:9 `\"deny\"` is not a value for `lints`"]));
    }

    /// No text makes it panic, and each error has a place in the text.
    #[test]
    fn any_text() {
        let pieces = [
            "[", "]", "lints", "=", "\"", "'", "\"\"\"", "\n", "\r\n", "1", ".", ",", "{", "}",
            "ü", "#", "\\", "a",
        ];
        let mut state = 7_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            if let Err(rejection) = Config::read(Source::new("migrate.toml", text)) {
                assert!(!rejection.to_string().is_empty());
            }
        }
    }
}
